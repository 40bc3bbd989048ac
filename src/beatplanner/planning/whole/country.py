"""A country summed up: by municipality, region and country, with officers and money against what the ministry has, and the officers shared out.

The share-out is that of largest remainders (Hamilton) after a minimum: whoever's quota is below the minimum gets the minimum and leaves the table;
the rest share what is left by workload, whole parts first, then one each by the largest remainder; equal remainders go by name. With ``set_posts`` the
officers of a municipality are the posts of its beats, by the same rule with one for each beat where there are enough, and by beat where there are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.country import Country
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.frames import each_row
from beatplanner.data.formats.ids import as_known
from beatplanner.data.formats.layers import read_layer
from beatplanner.data.result.country import CountryContent
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.manifest import renew_manifest
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of
from beatplanner.planning.whole.country_service import COLUMNS as SERVICE
from beatplanner.planning.whole.country_service import with_service

NO_REGION = "(no region)"


@dataclass(frozen=True)
class CountryPlan:
    """The roll-up.

    Attributes
    ----------
    table
        One row a municipality, region and the country: ``level``, ``name``, ``region``, ``units``, ``beats``, ``residents``, ``hours``,
        ``officers_required``, ``posts``, ``officers_shared`` (of those that the ministry has; NaN where it is not said how many), ``officers_missing``
        and ``officers_over`` (shared below or above required, never negative, added up over municipalities), ``posts_unstaffed`` (posts beyond the
        officers shared), ``hours_per_officer`` (of those shared, else of the posts), ``max_deviation``, ``stations``, ``money`` (all years; NaN
        without a budget), and the service, where there is one: ``service_minutes``, ``service_own``, ``service_people``, ``service_wait``, ``service_lost`` (`country_service`).
    shares
        The share-out, shown: ``municipality``, ``hours``, ``quota``, ``at_minimum``, ``whole``, ``remainder``, ``rank``, ``officers``; None where nothing is
        shared out.
    notes
        Doubts, such as municipalities without a region.
    empty
        Names of beats that get no officer, where the posts are set by the share-out.
    """

    table: pd.DataFrame
    shares: pd.DataFrame | None
    notes: tuple[Note, ...]
    empty: tuple[str, ...] = ()


def largest_remainder(names: Sequence[str], hours: np.ndarray, total: int, minimum: int) -> pd.DataFrame:
    """Share officers out by workload, with a minimum; see the module's docstring.

    Parameters
    ----------
    names, hours
        (m,) municipalities and their workload.
    total
        Officers to share out.
    minimum
        Of each municipality.

    Returns
    -------
    pandas.DataFrame
        See `CountryPlan.shares`.

    Raises
    ------
    InputError
        Where there are fewer officers than the minima take.
    """
    m = len(names)
    if total < minimum * m:
        raise InputError(
            problem(
                f"{total:,} officers are fewer than {minimum} for each of {m:,} municipalities, which take {minimum * m:,}",
                "Lower country.minimum, or give more officers",
                field="country.officers",
            )
        )
    fixed = np.zeros(m, bool)
    while True:
        rest, load = total - minimum * int(fixed.sum()), float(hours[~fixed].sum())
        quota = np.where(fixed, float(minimum), hours * rest / load if load > 0 else rest / max(1, int((~fixed).sum())))
        below = ~fixed & (quota < minimum - 1e-12)
        if not below.any():
            break
        fixed |= below
    whole = np.where(fixed, minimum, np.floor(quota + 1e-12)).astype(int)
    remainder = np.where(fixed, 0.0, np.maximum(0.0, quota - whole))
    left = total - int(whole.sum())
    order = sorted(np.flatnonzero(~fixed).tolist(), key=lambda k: (-round(float(remainder[k]), 12), names[k]))
    rank = np.zeros(m, int)
    officers = whole.copy()
    for place, k in enumerate(order, 1):
        rank[k] = place
        officers[k] += place <= left
    if not order and left:
        # all are at the minimum: what is left goes to the most work
        for k in sorted(range(m), key=lambda k: (-hours[k], names[k]))[:left]:
            officers[k] += 1
    return pd.DataFrame(
        {
            "municipality": list(names),
            "hours": hours,
            "quota": quota,
            "at_minimum": fixed,
            "whole": whole,
            "remainder": remainder,
            "rank": rank,
            "officers": officers,
        }
    )


def shared_posts(beats: pd.DataFrame, has: Country) -> dict[str, int]:
    """Return the posts of each beat by the share-out.

    Parameters
    ----------
    beats
        ``beat``, ``municipality``, ``workload``.
    has
        With a number of officers.

    Raises
    ------
    InputError
        Where there are fewer officers than the minima take.
    """
    assert has.officers is not None
    town = beats["municipality"].astype(str)
    hours = beats["workload"].astype(float).groupby(town).sum()
    shares = largest_remainder(list(hours.index), hours.to_numpy(float), has.officers, has.minimum)
    posts: dict[str, int] = {}
    for name, officers in zip(shares["municipality"], shares["officers"], strict=True):
        here = beats[(town == str(name)).to_numpy(bool)]
        least = 1 if officers >= len(here) else 0
        own = largest_remainder(list(here["beat"].astype(str)), here["workload"].to_numpy(float), int(officers), least)
        posts |= dict(zip(own["municipality"], map(int, own["officers"]), strict=True))
    return posts


# Columns of the roll-up that are summed over municipalities, and all of them in the order in which they are written.
SUMMED = (
    *("officers_missing", "officers_over", "posts_unstaffed", "units", "residents", "hours", "beats"),
    *("officers_required", "posts", "stations", "money", "officers_shared"),
)
COLUMNS = (
    *("level", "name", "region", "units", "beats", "residents", "hours", "officers_required", "posts"),
    *("officers_shared", "officers_missing", "officers_over", "posts_unstaffed"),
    *("hours_per_officer", "max_deviation", "stations", "money"),
)


def country_plan(
    tables: PlanTables, rules: Description, *, officers: int | None = None, minimum: int | None = None
) -> CountryPlan:
    """Sum a plan up.

    Parameters
    ----------
    tables
        A plan with beats.
    rules
        Its rules; ``[country]`` says what the ministry has.
    officers, minimum
        In place of those of the rules.

    Raises
    ------
    InputError
        Where there are no beats, or too few officers to share out.
    """
    beats, has = tables.beats, rules.country
    if beats is None:
        raise InputError(problem("this plan has no beats to sum up", "Plan the beats"))
    officers = officers if officers is not None or has is None else has.officers
    minimum = minimum if minimum is not None else (2 if has is None else has.minimum)
    region, notes = _regions(rules, sorted({str(m) for m in tables.units["municipality"]}))
    frame = _by_municipality(tables, beats, region)
    shares = None
    if officers is not None:
        shares = largest_remainder(list(frame["name"]), frame["hours"].to_numpy(float), officers, minimum)
        frame["officers_shared"] = shares["officers"].to_numpy(float)
    frame["officers_missing"] = (frame["officers_required"] - frame["officers_shared"]).clip(lower=0)
    frame["officers_over"] = (frame["officers_shared"] - frame["officers_required"]).clip(lower=0)
    frame["posts_unstaffed"] = (frame["posts"] - frame["officers_shared"]).clip(lower=0)
    table = _with_sums(frame, str(tables.summary.get("project", "")), by_region=bool(region))
    manned = table["officers_shared"].fillna(table["posts"])
    table["hours_per_officer"] = (table["hours"] / manned.where(manned > 0)).astype(float)
    empty: list[str] = (
        beats.loc[beats["posts"].astype(float) == 0, "name"].astype(str).tolist()
        if has is not None and has.set_posts
        else []
    )
    table = with_service(table[list(COLUMNS)], beats, tables.summary.get("service"))
    return CountryPlan(table, shares, notes, tuple(empty))


def _by_municipality(tables: PlanTables, beats: gpd.GeoDataFrame, region: dict[str, str]) -> pd.DataFrame:
    """Return what the plan comes to in each municipality, one row each; ``officers_shared`` is not known yet."""
    units = tables.units
    own = units.assign(municipality=units["municipality"].astype(str)).groupby("municipality")
    frame = pd.DataFrame(
        {"units": own.size(), "residents": own["population"].sum(min_count=1), "hours": own["workload"].sum()}
    )
    drawn = beats.assign(municipality=beats["municipality"].astype(str), off=beats["deviation"].abs()).groupby(
        "municipality"
    )
    frame["beats"], frame["officers_required"] = drawn.size(), drawn["officers_required"].sum()
    frame["posts"], frame["max_deviation"] = drawn["posts"].sum(), drawn["off"].max()
    frame[["beats", "officers_required", "posts"]] = frame[["beats", "officers_required", "posts"]].fillna(0)
    home = dict(zip(units["unit"].astype(str), units["municipality"].astype(str), strict=True))
    frame["stations"] = 0
    if tables.sites is not None:
        at = pd.Series([home.get(str(u)) for u in tables.sites.loc[tables.sites["chosen"], "unit"]]).value_counts()
        frame["stations"] = at.reindex(frame.index).fillna(0).astype(int)
    frame["money"] = _money(tables, frame.index)
    frame["region"] = [region.get(str(m), NO_REGION if region else "") for m in frame.index]
    frame.insert(0, "name", frame.index.astype(str))
    return frame.assign(officers_shared=np.nan)


def _with_sums(frame: pd.DataFrame, country: str, *, by_region: bool) -> pd.DataFrame:
    """Return the rows of the municipalities with those of the regions, where there are any, and of the country."""
    sums = list(SUMMED)
    parts = [frame.assign(level="municipality")]
    if by_region:
        by = frame.groupby("region")
        parts.append(
            by[sums]
            .sum(min_count=1)
            .assign(
                name=[str(g) for g in by.groups],
                region=[str(g) for g in by.groups],
                level="region",
                max_deviation=by["max_deviation"].max(),
            )
        )
    parts.append(
        pd.DataFrame([frame[sums].sum(min_count=1)]).assign(
            name=country,
            region="",
            level="country",
            max_deviation=frame["max_deviation"].max(),
        )
    )
    return pd.concat(parts, ignore_index=True)


def _regions(rules: Description, municipalities: list[str]) -> tuple[dict[str, str], tuple[Note, ...]]:
    layer = None if rules.country is None else rules.country.regions
    if layer is None:
        return {}, ()
    path = rules.path(layer.path)
    frame, _ = read_layer(path, layer.layer, [layer.municipality, layer.region])
    named = frame[frame[layer.region].notna()]
    towns, _ = as_known(texts(named[layer.municipality]), municipalities)
    found = {t: str(r) for t, r in zip(towns, texts(named[layer.region]), strict=True) if t is not None}
    absent = [m for m in municipalities if m not in found]
    if not absent:
        return found, ()
    mend = (
        did_you_mean(absent[0], found)
        if absent[0] not in as_known(texts(frame[layer.municipality]), municipalities)[0]
        else "Give each its region"
    )
    return found, (
        Note(
            "warning",
            f"{len(absent):,} municipalities have no region: {listed(absent, 4)}",
            mend,
            file=path.name,
            field=layer.municipality,
        ),
    )


def _money(tables: PlanTables, names: pd.Index) -> pd.Series:
    """Return each municipality's part of the budget over all years; NaN without a budget.

    Salaries and courses are shared by posts, vehicles and forums by beats, stations by where they are; the parts add up to the budget.
    """
    budget, beats = tables.summary.get("budget"), tables.beats
    if budget is None or beats is None:
        return pd.Series(np.nan, index=names)
    town = beats["municipality"].astype(str)
    posts = beats["posts"].astype(float).groupby(town).sum().reindex(names).fillna(0.0)
    drawn = town.value_counts().reindex(names).fillna(0.0)
    home = dict(zip(tables.units["unit"].astype(str), tables.units["municipality"].astype(str), strict=True))
    sites = tables.sites[tables.sites["chosen"]] if tables.sites is not None else None
    at = pd.Series([] if sites is None else [home.get(str(u)) for u in sites["unit"]], dtype=object)
    stations = at.value_counts().reindex(names).fillna(0.0)
    weight = {"salaries": posts, "training": posts, "vehicles": drawn, "forums": drawn, "stations": stations}
    money = pd.Series(0.0, index=names)
    for line, sums in budget["lines"].items():
        w = weight[line] if weight[line].sum() > 0 else drawn
        money += w / w.sum() * sum(sums)
    return money


def write_country(folder: Path, tables: PlanTables, plan: CountryPlan) -> None:
    """Write ``country.csv``, ``share-out.csv`` where there is one, and ``country.html`` with the map, into a result folder."""
    from beatplanner.data.publish.country_report import write_country_files

    forum = section_of(tables.summary["rules"], "forum")
    language = (forum.get("languages") or ["en"])[0]
    notes = [str(n) for n in plan.notes]
    write_country_files(folder, tables, plan.table, plan.shares, notes, plan.empty, language)


def sum_up_again(folder: Path) -> CountryPlan:
    """Sum a finished plan up by its own rules, and write the tables and the page into its folder.

    Raises
    ------
    InputError
        Where the folder is no result, or has no beats.
    """
    tables = read_result(folder)
    file = Path(str(tables.summary.get("description_file", "")))
    rules = Description.model_validate(tables.summary["rules"]).model_copy(update={"folder": file.parent, "file": file})
    found = country_plan(tables, rules)
    write_country(folder, tables, found)
    renew_manifest(folder, ["country.csv", "country.html", "share-out.csv"])
    return found


def as_summary(plan: CountryPlan) -> CountryContent:
    """Return what ``summary.json`` tells of the country."""
    last = plan.table.iloc[-1]
    found: CountryContent = {
        "units": float(last["units"]),
        "beats": float(last["beats"]),
        "residents": float(last["residents"]),
        "hours": float(last["hours"]),
        "officers_required": float(last["officers_required"]),
        "posts": float(last["posts"]),
        "officers_shared": float(last["officers_shared"]),
        "officers_missing": float(last["officers_missing"]),
        "officers_over": float(last["officers_over"]),
        "posts_unstaffed": float(last["posts_unstaffed"]),
        "stations": float(last["stations"]),
        "money": float(last["money"]),
        "municipalities": int((plan.table["level"] == "municipality").sum()),
    }
    for key in SERVICE:
        if not np.isnan(last[key]):
            found[key] = float(last[key])  # type: ignore[literal-required]
    if plan.empty:
        found["empty_beats"] = list(plan.empty)
    if plan.shares is not None:
        found["shares"] = [
            {"municipality": r.municipality, "hours": r.hours, "quota": r.quota, "officers": float(r.officers)}
            for r in each_row(plan.shares)
        ]
    return found
