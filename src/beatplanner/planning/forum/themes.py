"""What people reported: which themes may be told, and from which months."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.publish.public.plan import PublicPeriod, RecordedPeriod
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.public.wording import THEMES

# Kinds of incidents that are too rare to be named come together under this theme.
OTHERS = "Others"
# A year of records, less what a short month costs.
DAYS_OF_A_YEAR = 360
# Parts of words, in the languages of the pack, by which categories about violence in the family, sexual violence, hate and minors are known.
SENSITIVE = (
    "domestic",
    "sex",
    "rape",
    "hate",
    "minor",
    "child",
    "juvenile",
    "famil",
    "dhun",
    "seksual",
    "urrejt",
    "mitur",
    "nasilje",
    "porod",
    "maloletn",
    "mržnj",
    "silovanj",
    "семеј",
    "семејно",
    "домашн",
    "семейн",
    "секс",
    "омраза",
    "малолет",
    "несовершеннолет",
    "ненавист",
    "насилств",
    "силува",
    "породи",
    "мржњ",
    "силовањ",
    "изнасил",
    "viol",
    "ură",
    "copii",
)


def is_sensitive(category: str, more: Iterable[str] = ()) -> bool:
    """Tell whether a category of incidents must not be told below the municipality."""
    folded = category.casefold()
    return any(part in folded for part in SENSITIVE) or folded in {m.casefold() for m in more}


def period_of(town: Town) -> RecordedPeriod | None:
    """Return the days that the incidents cover: ``from``, ``to`` (both in it), ``days`` (None where nobody knows).

    Where times tell what is covered it is that, else from the first record to the last.
    """
    if town.incidents is None:
        return None
    recorded = town.recorded
    days = None if recorded is None or recorded.days is None else int(recorded.days)
    if recorded is not None and recorded.runs:
        last = recorded.runs[-1][1] - dt.timedelta(days=1)
        return {"from": recorded.runs[0][0].isoformat(), "to": last.isoformat(), "days": days}
    known = town.incidents.loc[town.incidents["a_year"] > 0, "time"].dropna()
    if len(known):
        return {"from": known.min().date().isoformat(), "to": known.max().date().isoformat(), "days": days}
    given = town.description.incidents.days if town.description.incidents else None
    return {"from": None, "to": None, "days": given}


def public_period(period: RecordedPeriod | None) -> PublicPeriod | None:
    """Return a period as the pack tells it: its days, and whether they are those of a year."""
    if period is None:
        return None
    year = period["days"] is not None and period["days"] >= DAYS_OF_A_YEAR
    dated = period["from"] is not None
    return {"from": period["from"], "to": period["to"], "days": None if dated else period["days"], "year": year}


def same_period(one: Mapping[str, object] | None, other: Mapping[str, object] | None) -> bool:
    """Tell whether two packs tell of the same time; older ones told it in whole months."""
    if one is None or other is None or one == other:
        return one == other
    months = _in_months(one)
    return months == _in_months(other) and months in (one, other)


def _in_months(period: Mapping[str, object]) -> Mapping[str, object]:
    """Return a period in whole months, as older packs told it."""
    try:
        first, last = (dt.date.fromisoformat(str(period.get(k))) for k in ("from", "to"))
    except ValueError:
        # without dates, or those of somebody's own file
        return period
    end = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    return {**period, "from": first.replace(day=1).isoformat(), "to": end.isoformat()}


def themes_of(town: Town, rules: Forum) -> tuple[dict[str, np.ndarray], set[str]]:
    """Return incidents of each theme by unit, and which themes are sensitive: those with any sensitive category.

    A theme is named where the force named it, or where its kind is known to many forces or frequent: at least k incidents in at least k units. What is
    rarer may hold a name or a single case; it counts under "Others", and nowhere where it is sensitive.
    """
    if town.incidents is None:
        return {}, set()
    n = len(town.units)
    named = {c.strip().casefold(): t for c, t in rules.themes.items()}
    usual = {t.casefold() for t in THEMES}
    category = town.incidents["category"].astype(str).str.strip()
    inside = ((town.incidents["unit"] >= 0) & (category != "")).to_numpy()
    unit = town.incidents["unit"].to_numpy(int)
    counts: dict[str, np.ndarray] = {}
    sensitive: set[str] = set()
    for folded, rows in pd.Series(np.flatnonzero(inside)).groupby(
        category[inside].str.casefold().to_numpy(object), sort=True
    ):
        at = np.bincount(unit[rows.to_numpy(int)], minlength=n).astype(float)
        spelled = str(category.iloc[int(rows.iloc[0])])
        delicate = is_sensitive(spelled, rules.sensitive)
        if str(folded) in named:
            theme = named[str(folded)]
        elif str(folded) in usual or (at.sum() >= rules.threshold and (at > 0).sum() >= min(rules.threshold, n)):
            theme = spelled
        elif delicate:
            continue
        else:
            theme = OTHERS
        if theme == "":
            continue
        counts[theme] = counts.get(theme, np.zeros(n)) + at
        if delicate:
            sensitive.add(theme)
    return dict(sorted(counts.items())), sensitive
