"""How steady beats are when the work is not that of the records: other weeks, other seasons, more or less of a kind of work.

A draw takes as many weeks as the records have, with replacement, and multiplies the hours of each category by a factor between 0.8 and 1.2::

    rng = default_rng(seed); for each draw: f = rng.uniform(0.8, 1.2, categories); m = rng.multinomial(weeks, 1 / weeks each)
    hours of a beat = Σ_c Σ_w f_c m_w h_bcw + its community and fixed hours
    a beat holds where its hours are within the loosest tolerance of the compared plans of the mean of its municipality's beats, in the same draw

with h_bcw the officer hours of the incidents of category c in week w, scaled to a year, categories by name and weeks by time. All plans meet the same
draws. Incidents without a time count in every week alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.description.read import read_rules
from beatplanner.data.errors import InputError
from beatplanner.data.formats.content import state_of_input
from beatplanner.data.result.comparison import Steadiness, SteadyBeat
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.workload import hours_per_incident

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims
    from beatplanner.planning.compare.columns import PlanColumn

FACTOR = 0.2
# Of these shares of the draws the deviation is told: in 19 of 20 it is no greater.
LEVEL = 0.95
SEASONS = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}


@dataclass(frozen=True)
class Records:
    """Incidents that count, (m,) each: position of the unit, category, time, whole weeks since the first, incidents a year; and weeks."""

    unit: np.ndarray
    category: np.ndarray
    time: pd.Series
    week: np.ndarray
    weeks: int
    a_year: np.ndarray


def read_records(summary: Claims, unit_ids: Sequence[str]) -> Records | None:
    """Read the incidents that a plan was made from; None where there are none, or where the files are not those of the plan any more."""
    for source in summary.get("inputs", []):
        counted = str(source["role"]).split(".")[0] in ("units", "incidents")
        if counted and state_of_input(source) in ("changed", "gone"):
            return None
    try:
        description = read_rules(Path(str(summary.get("description_file", ""))))
        only = {"stations": None, "officers": None, "forum": None, "beats": None}
        town = read_town(description.model_copy(update=only))
    except InputError:
        return None
    points = town.incidents
    if points is None or not town.units["workload"].isna().all():
        return None
    order = pd.Index(list(unit_ids)).get_indexer(pd.Index(town.units["unit"].astype(str)))
    points = points[points["a_year"] > 0]
    known = points["time"].dropna()
    points = points[points["unit"] >= 0]
    first = known.min() if len(known) else None
    since = np.full(len(points), -1)
    if first is not None:
        dated = points["time"].notna().to_numpy()
        since[dated] = ((points["time"][dated] - first).dt.total_seconds() // (7 * 86_400)).to_numpy(int)
    return Records(
        unit=order[points["unit"].to_numpy(int)],
        category=points["category"].astype(str).str.strip().to_numpy(object),
        time=points["time"].reset_index(drop=True),
        week=since,
        weeks=int(since.max()) + 1 if len(since) else 0,
        a_year=points["a_year"].to_numpy(float),
    )


def robustness_figures(columns: Sequence[PlanColumn], *, draws: int, seed: int) -> Steadiness:
    """Fill in the figures of robustness of each column, and return what is told beside them.

    Parameters
    ----------
    columns
        Today's plan and the others.
    draws, seed
        How many draws, and from which seed.

    Returns
    -------
    dict
        ``beats``: for each column, each beat's share of draws in which it holds, its greatest deviation by season; or ``missing``: why nothing is told.
    """
    plan = next(c for c in columns if not c.today)
    records = read_records(plan.tables.summary, list(plan.units["unit"]))
    if records is None or not len(records.unit):
        return {
            "missing": "There are no incidents to draw from, or they are not those of the plan any more.",
            "beats": [],
        }
    steady: list[list[SteadyBeat]] = []
    for c in columns:
        frame = steadiness(c, records, draws=draws, seed=seed)
        steady.append([] if frame is None else frame)
    return {"beats": steady}


def steadiness(c: PlanColumn, records: Records, *, draws: int, seed: int) -> list[SteadyBeat] | None:
    """Return one row a beat: ``beat``, ``holds`` (share of draws), ``deviation`` as planned, and by season; fills in the column's figures."""
    from beatplanner.planning.compare.columns import municipality_of

    rules, units = c.rules, c.units
    inside = np.array([b is not None for b in c.beat])
    ids = sorted(set(c.beat[inside]))
    if not c.band or not ids:
        return None
    at = np.full(len(inside), -1)
    at[inside] = pd.Index(ids).get_indexer(pd.Index(c.beat[inside]))
    names = units["municipality"].astype(str).to_numpy(object)
    group = municipality_of(names[inside], at[inside], units["workload"].to_numpy(float)[inside], len(ids))
    code, which = np.unique(group.astype(str), return_inverse=True)
    size = np.bincount(which, minlength=len(code))
    steady_hours = (units["community_hours"] + units["fixed_hours"]).to_numpy(float)
    base = np.bincount(at[inside], weights=steady_hours[inside], minlength=len(ids))
    each = hours_per_incident(pd.Series(records.category), rules.workload) * records.a_year
    categories, kind = np.unique(records.category.astype(str), return_inverse=True)
    counted = at[records.unit] >= 0
    beat, kind, week, each = at[records.unit][counted], kind[counted], records.week[counted], each[counted]
    shape = (len(ids), len(categories), max(records.weeks, 1))
    dated = week >= 0
    table = np.zeros(shape)
    np.add.at(table, (beat[dated], kind[dated], week[dated]), each[dated])
    undated = np.zeros(shape[:2])
    np.add.at(undated, (beat[~dated], kind[~dated]), each[~dated])

    def deviations(hours: np.ndarray) -> np.ndarray:
        mean = np.bincount(which, weights=hours, minlength=len(code)) / size
        return np.divide(hours, mean[which], out=np.ones(len(hours)), where=mean[which] > 0) - 1

    random = np.random.default_rng(seed)
    drawn = np.zeros((draws, len(ids)))
    for d in range(draws):
        factor = random.uniform(1 - FACTOR, 1 + FACTOR, len(categories))
        weeks = random.multinomial(shape[2], np.full(shape[2], 1 / shape[2]))
        drawn[d] = np.abs(deviations(np.einsum("bcw,c,w->b", table, factor, weeks) + undated @ factor + base))
    tolerance = c.band
    holds = (drawn <= tolerance + 1e-9).mean(axis=0)
    c.figures |= {
        "robust_share": float((drawn <= tolerance + 1e-9).all(axis=1).mean()),
        "robust_worst": float(holds.min()),
        "robust_deviation": float(np.sort(drawn.max(axis=1))[int(np.ceil(LEVEL * draws)) - 1]),
    }
    time = records.time[counted].reset_index(drop=True)
    seasons: dict[str, np.ndarray] = {}
    for season, months in SEASONS.items():
        here = time.dt.month.isin(months).to_numpy()
        seasons[season] = _part(here, beat, each, base, len(ids), time, deviations)
    known = time.dropna()
    if len(known):
        middle = known.min() + (known.max() - known.min()) / 2
        early = (time < middle).to_numpy()
        back = _part(early, beat, each, base, len(ids), time, deviations)
        if not np.isnan(back).any():
            c.figures["back_cast"] = float(np.abs(back).max())
    planned = deviations(np.bincount(beat, weights=each, minlength=len(ids)) + base)
    of_season = {s: [None if np.isnan(x) else float(x) for x in v] for s, v in seasons.items()}
    return [
        {
            "beat": b,
            "holds": float(holds[k]),
            "deviation": float(planned[k]),
            "winter": of_season["winter"][k],
            "spring": of_season["spring"][k],
            "summer": of_season["summer"][k],
            "autumn": of_season["autumn"][k],
        }
        for k, b in enumerate(ids)
    ]


def _part(
    here: np.ndarray,
    beat: np.ndarray,
    each: np.ndarray,
    base: np.ndarray,
    count: int,
    time: pd.Series,
    deviations: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return the deviations had the whole year been like a part of the records, (count,); NaN where nothing is known of it."""
    known = time.notna().to_numpy()
    total, part = each[known].sum(), each[here & known].sum()
    if part <= 0:
        return np.full(count, np.nan)
    hours = np.bincount(beat[here & known], weights=each[here & known], minlength=count) * (total / part)
    hours = hours + np.bincount(beat[~known], weights=each[~known], minlength=count)
    return deviations(hours + base)
