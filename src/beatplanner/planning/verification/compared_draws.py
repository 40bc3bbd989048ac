"""Checks of how steady the compared plans are: the same draws of weeks and of work by category, made again."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats.content import state_of_input
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.verification.compared_figures import loosest_tolerance
from beatplanner.planning.verification.compared_plan import ComparedPlan
from beatplanner.planning.verification.ledger import Ledger, text

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import Figures
    from beatplanner.data.result.summary import Claims


def check_draws(ledger: Ledger, plans: list[ComparedPlan], found: list[Figures], claims: Claims) -> bool:
    """Draw again and add the figures to `found`; False where the incidents cannot be had."""
    if claims.get("missing"):
        return True
    first = next(p for p in plans if not p.today)
    summary = first.tables.summary
    for source in summary.get("inputs", []):
        counted = str(source["role"]).split(".")[0] in ("units", "incidents")
        if counted and state_of_input(source) in ("changed", "gone"):
            return False
    try:
        whole = read_description(Path(str(summary["description_file"])))
        town = read_town(whole.model_copy(update={"stations": None, "officers": None, "forum": None, "beats": None}))
    except InputError:
        return False
    if town.incidents is None:
        return False
    rows = town.incidents[(town.incidents["unit"] >= 0) & (town.incidents["a_year"] > 0)]
    every = town.incidents.loc[town.incidents["a_year"] > 0, "time"].dropna()
    a_year = rows["a_year"].to_numpy(float)
    names = [str(u) for u in town.units["unit"]]
    place = {str(text(u)): i for i, u in enumerate(first.units["unit"])}
    unit = np.array([place[names[u]] for u in rows["unit"]])
    kinds = rows["category"].astype(str).str.strip()
    table = sorted(set(kinds))
    kind = np.array([table.index(k) for k in kinds])
    week = np.array([-1 if pd.isna(t) else int((t - every.min()).total_seconds() // 604_800) for t in rows["time"]])
    weeks = max(int(week.max()) + 1, 1)
    band = loosest_tolerance(plans)
    for k, p in enumerate(plans):
        _draw(ledger, p, k, found[k], claims, band, unit, kinds, kind, len(table), week, weeks, a_year, rows["time"])
    return True


def _draw(
    ledger: Ledger,
    p: ComparedPlan,
    column: int,
    found: Figures,
    claims: Claims,
    band: float | None,
    unit: np.ndarray,
    kinds: pd.Series,
    kind: np.ndarray,
    categories: int,
    week: np.ndarray,
    weeks: int,
    a_year: np.ndarray,
    times: pd.Series,
) -> None:
    members = p.members()
    if not members or not band:
        return
    ids = list(members)
    number = np.full(len(p.units), -1)
    for k, b in enumerate(ids):
        number[members[b]] = k
    town = [p.municipality(members[b]) for b in ids]
    quiet = np.array([p.total("community_hours", members[b]) + p.total("fixed_hours", members[b]) for b in ids])
    hours = {k.strip().casefold(): v for k, v in p.rules.workload.hours.items()}
    each = np.array([hours.get(k.casefold(), p.rules.workload.default_hours) for k in kinds])
    each = each * a_year
    at = number[unit]
    inside = at >= 0

    def away(weight: np.ndarray) -> np.ndarray:
        load = quiet + np.bincount(at[inside], weights=weight[inside], minlength=len(ids))
        return np.array(
            [load[k] / np.mean([load[j] for j in range(len(ids)) if town[j] == town[k]]) - 1 for k in range(len(ids))]
        )

    random = np.random.default_rng(claims["seed"])
    worst: list[float] = []
    held = np.zeros(len(ids))
    # the draws know the categories of the incidents inside the beats' units only
    for _ in range(claims["draws"]):
        factor = random.uniform(0.8, 1.2, categories)
        often = random.multinomial(weeks, np.full(weeks, 1 / weeks))
        off = np.abs(away(each * factor[kind] * np.where(week >= 0, often[week], 1)))
        worst.append(float(off.max()))
        held += off <= band + 1e-9
    share = held / claims["draws"]
    found |= {
        "robust_share": float(np.mean([w <= band + 1e-9 for w in worst])),
        "robust_worst": float(share.min()),
        "robust_deviation": sorted(worst)[math.ceil(0.95 * claims["draws"]) - 1],
    }
    stamp = times.reset_index(drop=True)
    dated = stamp.notna().to_numpy()

    def like(here: np.ndarray) -> np.ndarray | None:
        total, part = each[inside & dated].sum(), each[inside & dated & here].sum()
        return None if part <= 0 else away(np.where(dated, np.where(here, each * total / part, 0.0), each))

    known = stamp[dated & inside]
    if len(known):
        middle = known.min() + (known.max() - known.min()) / 2
        early = like((stamp < middle).to_numpy())
        if early is not None:
            found["back_cast"] = float(np.abs(early).max())
    claimed = {r["beat"]: r for r in claims["beats"][column]}
    seasons = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
    rows = [(f"beat {b}", claimed.get(b, {}).get("holds"), float(share[k])) for k, b in enumerate(ids)]
    planned = away(each)
    rows += [(f"beat {b}", claimed.get(b, {}).get("deviation"), float(planned[k])) for k, b in enumerate(ids)]
    for season, months in seasons.items():
        off = like(stamp.dt.month.isin(months).to_numpy())
        rows += [
            (f"beat {b} in {season}", claimed.get(b, {}).get(season), None if off is None else float(off[k]))
            for k, b in enumerate(ids)
        ]
    ledger.pairs(f"{p.name}: steadiness of each beat", "as drawn again", rows, "figures")
