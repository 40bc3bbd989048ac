"""A plan under strain: other weeks and seasons, another year, officers who leave, and an ensemble of neutral plans beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import make_folder
from beatplanner.data.paths import whole_path
from beatplanner.data.result.cells import readable, write_csv
from beatplanner.data.result.comparison import NeutralPlans, OtherYear, SteadyBeat, StressTest, amount
from beatplanner.data.result.json_files import write_json
from beatplanner.data.result.schemas import hold
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.beats.amounts import amount_in
from beatplanner.planning.changes.succession import succession
from beatplanner.planning.compare.columns import PlanColumn, read_compared
from beatplanner.planning.compare.robustness import read_records, robustness_figures, steadiness
from beatplanner.planning.proof import Progress, silent
from beatplanner.solver.clock import watch
from beatplanner.solver.districts.mixing import effective_size, r_hat
from beatplanner.solver.districts.recombination import percentile, recombinations

# A plan is called an outlier where fewer than this share of the neutral plans are as far out.
OUTLIER = 0.05
KEPT_EVERY = 10
# Several walks that tell the same have forgotten where they began; two that do not would be taken for one that has.
WALKS = 4
# The first hundred steps of a walk still remember the start.
WARMING = 10
# Below this many independent plans, or above this R-hat, nothing is called an outlier.
LEAST_INDEPENDENT = 100
# Walks that do not suffice are made twice as long, up to so many times.
LONGEST = 32
SETTLED = 1.05


def stress_test(
    folder: Path,
    *,
    draws: int = 200,
    ensemble: int = 200,
    attrition: float = 0.05,
    incidents: Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> StressTest:
    """Put a plan under strain.

    Parameters
    ----------
    folder
        A plan with beats.
    draws
        Of weeks, of work by category, and of officers who leave.
    ensemble
        Neutral plans to compare with; 0 for none.
    attrition
        Share of officers who leave in a year beyond known leavers.
    incidents
        A project description with the incidents of another year, for the same units; None for none.
    seed
        The same seed gives the same draws.
    progress, cancelled
        As for `run`.

    Returns
    -------
    dict
        ``figures`` and ``beats`` of the draws, ``attrition``, ``ensemble``, ``other_year``, and ``sentences``.

    Raises
    ------
    InputError
        Where the plan has no beats.
    """
    clock = watch(cancelled).clock
    begin = clock()

    def report(stage: str, best: float | None, bound: float | None, _: float) -> None:
        progress(stage, best, bound, clock() - begin)

    report("draws", None, None, 0.0)
    today, plan = read_compared([folder])
    drawn = robustness_figures([today, plan], draws=draws, seed=seed)
    rows: list[SteadyBeat] = drawn["beats"][1] if drawn["beats"] else []
    found: StressTest = {
        "draws": draws,
        "seed": seed,
        "tolerance": plan.band,
        "figures": {
            "robust_share": amount(plan.figures, "robust_share"),
            "robust_worst": amount(plan.figures, "robust_worst"),
            "robust_deviation": amount(plan.figures, "robust_deviation"),
            "back_cast": amount(plan.figures, "back_cast"),
        },
        "beats": rows,
        "sentences": [],
    }
    sentences: list[str] = []
    missing = drawn.get("missing")
    if missing:
        sentences.append(missing)
    else:
        weakest = min(rows, key=lambda r: r["holds"])
        sentences.append(
            f"In {plan.figures['robust_share']:.0%} of {draws} draws of other weeks and ±20% work by category every beat stays within ±{plan.band:.0%}; "
            f"beat {weakest['beat']} is the least steady and stays within in {weakest['holds']:.0%}."
        )
        if plan.figures.get("back_cast") is not None:
            sentences.append(
                f"Had these lines existed in the first half of the records, the greatest deviation would have been ±{plan.figures['back_cast']:.1%}."
            )
        off = {
            s: max((abs(v) for r in rows if (v := r[s]) is not None), default=0.0)
            for s in ("winter", "spring", "summer", "autumn")
        }
        worst = max(off, key=lambda s: off[s])
        sentences.append(
            f"Of the seasons {worst} is the hardest: were the whole year like it, the greatest deviation would be ±{off[worst]:.1%}."
        )
    if incidents is not None:
        other = found["other_year"] = _other_year(plan, incidents, draws, seed)
        sentences.append(
            f"With the incidents of {incidents.name} the greatest deviation is ±{other['max_deviation']:.1%}, and {other['within']:.0%} of the beats are within ±{plan.band:.0%}."
        )
    if plan.tables.assignments is not None and plan.tables.roster is not None:
        report("officers who leave", None, None, 0.0)
        left = succession(folder, attrition=attrition, draws=draws, seed=seed)
        vacancies = float(left.months["vacancies"].sum())
        post_months = float(plan.tables.beats["posts"].sum()) * len(left.months)  # type: ignore[index]
        found["attrition"] = {"share_a_year": attrition, "vacant_months": vacancies, "post_months": post_months}
        sentences.append(
            f"Should {attrition:.0%} of the officers leave each year, {vacancies / post_months:.1%} of all post-months would stand empty unless recruits are found."
        )
    if ensemble:
        neutral = found["ensemble"] = neutral_plans(plan, ensemble, seed, report, cancelled)
        sentences += neutral["sentences"]
    return {**found, "sentences": sentences}


def _other_year(plan: PlanColumn, project: Path, draws: int, seed: int) -> OtherYear:
    """Return how the beats would do with the incidents of another description."""
    from beatplanner.data.description.read import read_description
    from beatplanner.data.town.read_town import read_town

    town = read_town(
        read_description(project).model_copy(update={"stations": None, "officers": None, "forum": None, "beats": None})
    )
    if town.incidents is None:
        raise InputError(
            problem("this description has no incidents", "Give one with a section [incidents]", file=project)
        )
    summary: dict[str, object] = {"description_file": str(whole_path(project)), "inputs": []}
    records = read_records(summary, list(plan.units["unit"]))
    if records is None or (records.unit < 0).any():
        raise InputError(
            problem("this description is not for the units of the plan", "Give one with the same units", file=project)
        )
    rows = steadiness(replace(plan, figures={}), records, draws=draws, seed=seed) or []
    off = np.array([abs(r["deviation"]) for r in rows])
    return {"max_deviation": float(off.max()), "within": float((off <= plan.band + 1e-9).mean())}


def neutral_plans(
    plan: PlanColumn, count: int, seed: int, progress: Progress = silent, cancelled: Callable[[], bool] = lambda: False
) -> NeutralPlans:
    """Compare a plan with neutral ones: districts as balanced, in the hours and in all further amounts of the rules, and in one piece as its own, drawn without any other aim.

    Parameters
    ----------
    plan
        The plan.
    count
        Neutral plans of four walks together, one every ten recombinations of each municipality; rounded up to a multiple of four. Where 100 or more
        are asked for and they are too much alike, the walks are made up to 32 times as long.
    seed, progress, cancelled
        As for `stress_test`.

    Returns
    -------
    dict
        ``plans``, and for ``mean_way`` (m), ``border`` (m), ``max_deviation``: the plan's, the neutral plans' 5th, 50th and 95th percentile, the plan's
        percentile, and as how many independent plans the neutral ones count (``effective``, with ``r_hat`` of the four walks; None where they are too
        short to say); ``settled``: whether they suffice for all three; ``outlier``: in which the plan is one, none where they do not suffice;
        ``sentences``.
    """
    units = plan.units
    hours, xy = units["workload"].to_numpy(float), units[["x", "y"]].to_numpy(float)
    place = {u: i for i, u in enumerate(units["unit"])}
    table = plan.tables.edges
    edges = np.array(
        [
            [place[str(a)], place[str(b)]]
            for a, b in zip(table["unit_a"].astype(str), table["unit_b"].astype(str), strict=True)
        ]
    )
    metres = table["metres"].to_numpy(float)
    ids, whole = np.unique(plan.beat.astype(str), return_inverse=True)
    municipality = units["municipality"].astype(str).to_numpy(object)
    if len({(b, m) for b, m in zip(whole, municipality, strict=True)}) > len(ids):
        municipality = np.full(len(whole), "")
    kept = -(-count // WALKS) + WARMING
    walks: list[list[_Walk]] = [[] for _ in range(WALKS)]
    for m, name in enumerate(sorted(set(municipality))):
        inside = np.flatnonzero(municipality == name)
        at = np.full(len(whole), -1)
        at[inside] = np.arange(len(inside))
        own = at[edges[(at[edges[:, 0]] >= 0) & (at[edges[:, 1]] >= 0)]]
        labels, district = np.unique(whole[inside], return_inverse=True)
        load = np.bincount(district, weights=hours[inside])
        bounds = (min(float(load.mean()) * (1 - plan.band), load.min()), max(load.mean() * (1 + plan.band), load.max()))
        further = _balanced(plan, name, inside)
        for c, walk in enumerate(walks):
            rng = np.random.default_rng([seed, m, c])
            walk.append(_Walk(inside, labels, own, hours[inside], bounds, further, rng, [district]))
    own_figures = _measures(whole, hours, xy, edges, metres, municipality)
    spacing = KEPT_EVERY
    while True:
        progress(f"neutral plans, one every {spacing} recombinations", None, None, 0.0)
        for walk in walks:
            for part in walk:
                part.go_on(kept, spacing, cancelled)
        usable = min(len(part.met) for walk in walks for part in walk)
        chains: list[list[tuple[float, float, float]]] = [[] for _ in range(WALKS)]
        for walk, chain in zip(walks, chains, strict=True):
            for k in range(min(WARMING, usable), usable):
                district = np.empty(len(whole), int)
                for part in walk:
                    district[part.inside] = part.labels[part.met[k]]
                chain.append(_measures(district, hours, xy, edges, metres, municipality))
        found = _beside(own_figures, np.array(chains, float).reshape(WALKS, -1, 3))
        if (
            found["settled"]
            or usable < kept
            or count < LEAST_INDEPENDENT
            or spacing >= KEPT_EVERY * LONGEST
            or cancelled()
        ):
            return found
        # twice as long walks, of which every second plan is kept: as many plans, and less alike
        spacing *= 2


def _balanced(plan: PlanColumn, place: str, inside: np.ndarray) -> tuple[tuple[np.ndarray, float, float], ...]:
    """Return the amounts that beats of a municipality balance beside their hours, of its units, with what a beat may have by the plan."""
    found: list[tuple[np.ndarray, float, float]] = []
    for row in list_of(section_of(plan.tables.summary, "beats"), "balances"):
        amount = amount_in(plan.tables.units, str(row["amount"]))
        if str(row["municipality"] or "") == place and amount is not None:
            found.append((amount[inside], float(row["lower"]), float(row["upper"])))
    return tuple(found)


@dataclass
class _Walk:
    """A walk in one municipality: its units, and the plans met."""

    inside: np.ndarray
    labels: np.ndarray
    edges: np.ndarray
    hours: np.ndarray
    bounds: tuple[float, float]
    further: tuple[tuple[np.ndarray, float, float], ...]
    rng: np.random.Generator
    met: list[np.ndarray]

    def go_on(self, kept: int, spacing: int, cancelled: Callable[[], bool]) -> None:
        """Keep so many plans, one every so many steps: the first ones, or as many again at half the spacing and every second of them."""
        first = spacing == KEPT_EVERY
        if len(self.labels) == 1:
            self.met = [self.met[-1]] * kept
            return
        every = spacing if first else spacing // 2
        more = recombinations(
            self.met[-1],
            self.edges,
            self.hours,
            *self.bounds,
            steps=every * kept,
            every=every,
            rng=self.rng,
            further=self.further,
            cancelled=cancelled,
        )
        self.met = more if first else [*self.met, *more][1::2]


def _beside(own: tuple[float, float, float], chains: np.ndarray) -> NeutralPlans:
    """Return the plan's three figures beside those of the neutral plans, (walks, plans of each, 3)."""
    count = chains.shape[0] * chains.shape[1]
    found: NeutralPlans = {"plans": count, "settled": False, "outlier": [], "sentences": []}
    if not count:
        return found
    words: dict[Literal["mean_way", "border", "max_deviation"], tuple[str, str]] = {
        "mean_way": ("mean way to work", "m"),
        "border": ("length of the borders", "m"),
        "max_deviation": ("greatest deviation", ""),
    }
    worth = [(effective_size(chains[:, :, k]), r_hat(chains[:, :, k])) for k in range(len(words))]
    found["settled"] = all(size >= LEAST_INDEPENDENT and r <= SETTLED for size, r in worth)
    for k, (key, (name, unit)) in enumerate(words.items()):
        values = chains[:, :, k].ravel()
        rank = percentile(values, own[k])
        low, middle, high = (float(v) for v in np.quantile(values, [0.05, 0.5, 0.95]))
        size, r = (v if np.isfinite(v) else None for v in worth[k])
        found[key] = {
            "plan": own[k],
            "p05": low,
            "p50": middle,
            "p95": high,
            "percentile": rank,
            "effective": size,
            "r_hat": r,
        }
        out = found["settled"] and (rank <= OUTLIER / 2 or rank >= 1 - OUTLIER / 2)
        if out:
            found["outlier"].append(key)
        better = "better than" if rank < 0.5 else "worse than"
        share = 1 - rank if rank < 0.5 else rank
        end = (": an outlier" if out else ": nothing out of the ordinary") if found["settled"] else ""
        found["sentences"].append(
            f"Its {name} is {_shown(own[k], unit)}, {better} {share:.0%} of {count} neutral plans (most of them between {_shown(low, unit)} and {_shown(high, unit)}){end}."
        )
    found["sentences"].append(_worth_said(count, worth))
    return found


def _worth_said(count: int, worth: list[tuple[float, float]]) -> str:
    """Return for how many independent plans the neutral ones count, and what to do where they are too few."""
    least, most = min(size for size, _ in worth), max(r for _, r in worth)
    if not np.isfinite(least):
        return f"{count} neutral plans are too few to say how independent they are, so nothing is called an outlier: ask for more with --ensemble."
    said = f"The {count} neutral plans of {WALKS} walks count as {min(least, count):,.0f} independent ones"
    if not np.isfinite(most) or most > SETTLED:
        walks = f"R-hat {most:.2f}, above {SETTLED}" if np.isfinite(most) else "R-hat without a bound"
        return f"{said}, and the walks do not yet tell the same ({walks}): nothing is called an outlier; ask for more with --ensemble."
    if least < LEAST_INDEPENDENT:
        return f"{said} (R-hat {most:.2f}), fewer than {LEAST_INDEPENDENT}: nothing is called an outlier; ask for more with --ensemble."
    return f"{said} (R-hat {most:.2f})."


def _shown(value: float, unit: str) -> str:
    """Return a figure of neutral plans as it is told: in metres where it has that unit, else as a share."""
    return f"{value:,.0f} {unit}" if unit else f"{value:.1%}"


def _measures(
    district: np.ndarray,
    hours: np.ndarray,
    xy: np.ndarray,
    edges: np.ndarray,
    metres: np.ndarray,
    municipality: np.ndarray,
) -> tuple[float, float, float]:
    """Return the mean way to work, the length of the borders and the greatest deviation."""
    travel = 0.0
    for k in np.unique(district):
        here = np.flatnonzero(district == k)
        apart = np.hypot(*(xy[here][:, None] - xy[here][None]).transpose(2, 0, 1))
        travel += float((apart * hours[here]).sum(axis=1).min())
    border = float(metres[district[edges[:, 0]] != district[edges[:, 1]]].sum())
    load = pd.Series(hours).groupby(district).sum()
    town = pd.Series(municipality).groupby(district).first()
    mean = load.groupby(town).transform("mean")
    return travel / float(hours.sum()), border, float((load / mean - 1).abs().max())


def write_stress_test(folder: Path, found: StressTest) -> None:
    """Write ``robustness.json`` and ``robustness.csv`` (a row a beat) into a folder."""
    make_folder(folder)
    hold("robustness", readable(found))
    write_json(folder / "robustness.json", found)
    if found["beats"]:
        header = list(found["beats"][0])
        write_csv(folder / "robustness.csv", header, ([r[h] for h in header] for r in found["beats"]))
