"""What the beats claim against the truth by enumeration: status, objective, bound, what is impossible, the smallest relaxation, ids.

Random small towns of two to four municipalities with barriers, locks, today's beats (some across a municipal border), change budgets, tolerances
and both objectives. Every partition of each municipality into connected balanced beats is enumerated; municipalities meet in the budget alone, so
that their Pareto fronts of objective and residents moved are merged to the optimum of the whole.

    python -m benchmarks.claims --instances 200
    python -m benchmarks.claims --instances 200 --nasty
"""

from __future__ import annotations

import argparse
import functools
import itertools
import time
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.beats import Beats
from beatplanner.data.description.sections.units import Project, Units
from beatplanner.data.description.sections.workload import Workload
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.plan import BeatPlan, plan_beats
from beatplanner.planning.proof import impossible
from beatplanner.planning.workload import plan_workload

SIDE = 300.0


def random_town(seed: int) -> Town:
    """Return a random town with its rules: two to four municipalities of four to eight units in two rows."""
    rng = np.random.default_rng(seed)
    objective = "travel" if rng.random() < 0.6 else "cut"
    rows, first = [], 0.0
    edges: list[tuple[int, int, float]] = []
    for m in range(int(rng.integers(2, 5))):
        wide = int(rng.integers(2, 5))
        base = len(rows)
        for k in range(2 * wide):
            rows.append({"municipality": "ABCD"[m], "x": (first + k % wide) * SIDE, "y": (k // wide) * SIDE})
            if k % wide:
                edges.append((base + k - 1, base + k, SIDE))
            if k >= wide:
                edges.append((base + k - wide, base + k, SIDE))
        first += wide + 1
    n = len(rows)
    # barriers: some borders are closed, but none so that a unit stands alone
    degree = np.bincount(np.array([e[:2] for e in edges]).ravel(), minlength=n)
    kept = []
    for a, b, metres in edges:
        if rng.random() < 0.12 and min(degree[a], degree[b]) > 1:
            degree[[a, b]] -= 1
        else:
            kept.append((a, b, float(metres * rng.uniform(0.5, 1.5))))
    frame = pd.DataFrame(rows)
    towns = frame["municipality"].to_numpy(object)
    residents = np.round(rng.lognormal(4.5, 0.5, n))
    residents[rng.random(n) < 0.08] = 0.0
    work = np.round(rng.lognormal(3.0, 0.4, n), 1)
    work[rng.random(n) < 0.05] = 0.0
    names = sorted(set(towns))
    counts = {m: int(rng.integers(1, 4)) for m in names}
    # today's beats by columns, as a rule of one municipality; some units have none
    current = np.array([f"{m}{int(x // (2 * SIDE))}" for m, x in zip(towns, frame["x"], strict=True)], dtype=object)
    if rng.random() < 0.3:
        border = np.flatnonzero(towns == "A")[-1:]
        current[[*border, *np.flatnonzero(towns == "B")[:1]]] = "across"
    current[rng.random(n) < 0.1] = None
    # numbers that a new beat could be given by mistake
    numbers = {c: str(k + 1) for k, c in enumerate(sorted({c for c in current if c is not None}))}
    current = np.array([numbers.get(c) for c in current], dtype=object)
    locked = np.full(n, None, dtype=object)
    for unit in np.flatnonzero(rng.random(n) < 0.04):
        own = [c for c in current[towns == towns[unit]] if c is not None]
        elsewhere = set(current[towns != towns[unit]])
        mine = sorted(set(own) - elsewhere)
        if mine:
            locked[unit] = mine[int(rng.integers(len(mine)))]
    x, y = frame["x"].to_numpy() + rng.uniform(-40, 40, n), frame["y"].to_numpy() + rng.uniform(-40, 40, n)
    units = gpd.GeoDataFrame(
        {
            "unit": [str(i) for i in range(n)],
            "name": [f"Place {i}" for i in range(n)],
            "municipality": towns,
            "population": residents,
            "workload": work,
            "current": current,
            "locked": locked,
            "x": x,
            "y": y,
        },
        geometry=shapely.box(x, y, x + SIDE, y + SIDE),
        crs="EPSG:32634",
    )
    budget = None if rng.random() < 0.25 else float(rng.choice([0.0, 0.05, 0.1, 0.2, 0.3, 0.5]))
    rules = Description(
        project=Project(name="Random"),
        units=Units(path=Path("none"), id="unit", population="p", municipality="m", workload="w"),
        workload=Workload(),
        beats=Beats(
            count=sum(counts.values()),
            tolerance=float(rng.choice([0.15, 0.3, 0.5, 0.8])),
            objective=objective,
            max_moved=budget,
        ),
    )
    table = pd.DataFrame(
        {"a": [e[0] for e in kept], "b": [e[1] for e in kept], "metres": [e[2] for e in kept], "kind": "border"}
    )
    return Town(rules, CRS.from_epsg(32634), units, True, table)


def nasty_town(seed: int) -> Town:
    """Return a random town made worse: equal work, empty units, a municipality of one unit, and a budget that just suffices, or just does not."""
    rng = np.random.default_rng(10_000 + seed)
    town = random_town(seed)
    units, edges, beats = town.units.copy(), town.edges, town.description.beats
    assert beats is not None
    if rng.random() < 0.6:
        units["workload"] = 10.0
    if rng.random() < 0.5:
        units.loc[rng.random(len(units)) < 0.5, "population"] = 0.0
    if rng.random() < 0.5:
        units["population"] = np.where(units["population"] > 0, 50.0, 0.0)
    if rng.random() < 0.5:
        last = len(units) - 1
        units.loc[last, "municipality"] = "Z"
        units.loc[last, "locked"] = None
        edges = edges[(edges["a"] != last) & (edges["b"] != last)].reset_index(drop=True)
    if rng.random() < 0.4:
        units["locked"] = None
    beats = beats.model_copy(update={"count": max(int(beats.count), units["municipality"].nunique())})
    town = replace(town, units=units, edges=edges, description=town.description.model_copy(update={"beats": beats}))
    free = beats.model_copy(update={"max_moved": None})
    rules = plan_beats(
        replace(town, description=town.description.model_copy(update={"beats": free})),
        plan_workload(town),
        seconds=60.0,
        nodes=0,
    ).rules
    truth = Truth(town, dict(zip(rules["municipality"], rules["beats"], strict=True)))
    least = truth.least_moved(beats.tolerance) if truth.known > 0 else np.inf
    if np.isfinite(least):
        just = float(least / truth.known) * (1 if rng.random() < 0.7 else 1 - 1e-6)
        beats = beats.model_copy(update={"max_moved": min(1.0, just)})
    return replace(town, description=town.description.model_copy(update={"beats": beats}))


# ---- the truth


@functools.lru_cache(maxsize=4)
def every_partition(n: int, count: int) -> np.ndarray:
    """Return every partition of n units into `count` parts, a row each, (partitions, n): numbers in order of their first unit."""
    found, used = np.zeros((1, 0), np.int8), np.zeros(1, np.int8)
    for done in range(n):
        # each goes on with every part that it has, and with one more
        choices = np.minimum(used + 1, count)
        of = np.repeat(np.arange(len(found)), choices)
        first = np.repeat(np.cumsum(choices) - choices, choices)
        part = (np.arange(len(of)) - first).astype(np.int8)
        found, used = np.column_stack([found[of], part]), np.maximum(used[of], part + 1)
        enough = used + (n - done - 1) >= count
        found, used = found[enough], used[enough]
    return found


def partitions(n: int, count: int):
    """Yield every partition of n units into `count` parts, as (n,) numbers in order of their first unit."""
    for row in every_partition(n, count):
        yield row.astype(int)


def in_one_piece(units: list[int], neighbours: list[set[int]]) -> bool:
    """Tell whether units are connected."""
    seen, todo, all_of = {units[0]}, [units[0]], set(units)
    while todo:
        for v in neighbours[todo.pop()] & all_of - seen:
            seen.add(v)
            todo.append(v)
    return len(seen) == len(units)


@dataclass
class Choice:
    """A partition of a municipality: greatest deviation, objective, and for each set of labels that it may use the residents moved."""

    deviation: float
    objective: float
    shared: np.ndarray  # (K, G) residents of today's beat g in beat k
    forced: dict[int, int]  # beat k must carry label g on


def choices(town: Town, municipality: str, count: int, labels: list[str]) -> list[Choice]:
    """Return every partition of a municipality into connected beats that keep its locks."""
    u = town.units
    units = np.flatnonzero(u["municipality"].to_numpy(object) == municipality)
    place = {int(i): k for k, i in enumerate(units)}
    pairs = [
        (place[a], place[b], m)
        for a, b, m in town.edges[["a", "b", "metres"]].itertuples(index=False)
        if a in place and b in place
    ]
    neighbours: list[set[int]] = [set() for _ in units]
    for a, b, _ in pairs:
        neighbours[a].add(b)
        neighbours[b].add(a)
    work, people = u["workload"].to_numpy(float)[units], u["population"].to_numpy(float)[units]
    xy = u[["x", "y"]].to_numpy(float)[units]
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    column = {g: k for k, g in enumerate(labels)}
    now = [column.get(c, -1) for c in u["current"].to_numpy(object)[units]]
    held = [column.get(c, -1) for c in u["locked"].to_numpy(object)[units]]
    mean, found = work.sum() / count, []
    everywhere, everybody = u["current"].to_numpy(object), u["population"].to_numpy(float)
    today = {column[c] for c in everywhere if isinstance(c, str)}
    empty = {g for g in today if everybody[everywhere == labels[g]].sum() <= 0}
    beats = town.description.beats
    assert beats is not None
    for part in partitions(len(units), count):
        groups = [np.flatnonzero(part == k) for k in range(count)]
        if not all(in_one_piece(list(map(int, g)), neighbours) for g in groups):
            continue
        forced: dict[int, int] = {}
        if any(held[i] >= 0 and forced.setdefault(int(part[i]), held[i]) != held[i] for i in range(len(units))):
            continue
        if len(set(forced.values())) < len(forced):
            continue
        loads = np.bincount(part, weights=work, minlength=count)
        deviation = float(np.abs(loads / mean - 1).max()) if mean > 0 else 0.0
        if beats.objective == "cut":
            objective = sum(m for a, b, m in pairs if part[a] != part[b])
        else:
            objective = sum(min(float(work[g] @ far[g, j]) for j in g) for g in groups)
        shared = np.zeros((count, len(labels)))
        for i, g in enumerate(now):
            if g >= 0:
                shared[part[i], g] += people[i]
        # a beat of today lives on only where somebody of it does, a unit of it where nobody lives in it, whatever is locked
        if any(
            not (shared[k, g] > 0 or (g in empty and any(now[i] == g for i in groups[k])))
            for k, g in forced.items()
            if g in today
        ):
            continue
        found.append(Choice(deviation, float(objective), shared, forced))
    return found


def kept(choice: Choice, allowed: set[int]) -> float:
    """Return the most residents who keep their beat where a municipality may carry on `allowed` labels."""
    free = [k for k in range(len(choice.shared)) if k not in choice.forced]
    total = sum(choice.shared[k, g] for k, g in choice.forced.items())
    left = sorted(allowed - set(choice.forced.values()))
    best = 0.0
    usable = [[g for g in left if choice.shared[k, g] > 0] for k in free]
    for pick in itertools.product(*[[-1, *gs] for gs in usable]):
        used = [g for g in pick if g >= 0]
        if len(set(used)) == len(used):
            best = max(best, sum(choice.shared[k, g] for k, g in zip(free, pick, strict=True) if g >= 0))
    return float(total + best)


class Truth:
    """Every plan of a town, by municipality."""

    def __init__(self, town: Town, counts: dict[str, int]) -> None:
        u = town.units
        current, people = u["current"].to_numpy(object), u["population"].to_numpy(float)
        self.labels = sorted({c for c in [*current, *u["locked"]] if isinstance(c, str)})
        known = np.array([isinstance(c, str) for c in current])
        self.known = float(people[known].sum())
        self.names = sorted(counts)
        self.all = {m: choices(town, m, counts[m], self.labels) for m in self.names}
        towns = u["municipality"].to_numpy(object)
        # a label lives on in one municipality: where units are locked to it, else in any of those that have it today
        where = [
            {m for m, c in zip(towns, u["locked"], strict=True) if c == g}
            or {m for m, c in zip(towns, current, strict=True) if c == g}
            for g in self.labels
        ]
        self.homes = [dict(enumerate(pick)) for pick in itertools.product(*map(sorted, where))]
        self.memo: dict[tuple[str, int], list[float]] = {}

    def kept_of(self, m: str, home: int) -> list[float]:
        key = (m, home)
        if key not in self.memo:
            allowed = {g for g, lives in self.homes[home].items() if lives == m}
            self.memo[key] = [kept(c, allowed) for c in self.all[m]]
        return self.memo[key]

    def best(self, tolerance: float, budget: float | None) -> float:
        """Return the least objective of any plan with at most `budget` residents moved; inf where there is none."""
        best = np.inf
        for home in range(len(self.homes)):
            front = [(0.0, 0.0)]
            for m in self.names:
                points = {
                    (k, c.objective)
                    for c, k in zip(self.all[m], self.kept_of(m, home), strict=True)
                    if c.deviation <= tolerance + 1e-9
                }
                merged = sorted(((-a - k, b + o) for a, b in front for k, o in points), key=lambda s: s)
                front, least = [], np.inf
                for minus, cost in merged:
                    if cost < least:
                        least = cost
                        front.append((-minus, cost))
            inside = [cost for k, cost in front if budget is None or self.known - k <= budget * (1 + 1e-9) + 1e-6]
            best = min([best, *inside])
        return float(best)

    def least_moved(self, tolerance: float) -> float:
        """Return the fewest residents moved by any plan; inf where there is none."""
        best = np.inf
        for home in range(len(self.homes)):
            total = 0.0
            for m in self.names:
                fits = [
                    k
                    for c, k in zip(self.all[m], self.kept_of(m, home), strict=True)
                    if c.deviation <= tolerance + 1e-9
                ]
                total += max(fits, default=-np.inf)
            best = min(best, self.known - total)
        return float(best)

    def least_tolerance(self) -> float:
        """Return the smallest tolerance of any plan without regard to the budget."""
        return max(min((c.deviation for c in self.all[m]), default=np.inf) for m in self.names)


def wrong_claims(town: Town, plan: BeatPlan) -> list[str]:
    """Return what a plan claims that is not so; empty where all is true."""
    beats = town.description.beats
    assert beats is not None
    counts = dict(zip(plan.rules["municipality"], plan.rules["beats"], strict=True))
    wrong = _wrong_ids(town, plan)
    if _gave_way(plan):
        return wrong  # locks or pieces that gave way: another problem than was asked
    truth = Truth(town, counts)
    budget = None if beats.max_moved is None else beats.max_moved * truth.known
    best = truth.best(beats.tolerance, budget)
    proof = plan.proof
    if plan.feasible:
        if np.isinf(best):
            return [*wrong, "feasible, and no plan exists"]
        if proof.objective < best * (1 - 1e-9) - 1e-6:
            wrong.append(f"objective {proof.objective} below the optimum {best}")
        if proof.lower_bound is not None and proof.lower_bound > best * (1 + 1e-9) + 1e-6:
            wrong.append(f"bound {proof.lower_bound} above the optimum {best}")
        if proof.status == "optimal" and proof.objective > best * (1 + 1.01e-4) + 1e-6:
            wrong.append(f"optimal at {proof.objective}, and the optimum is {best}")
        return wrong
    if np.isfinite(best):
        wrong.append(f"{proof.status}, and a plan of {best} exists")
    if (proof.status == "infeasible") != impossible(plan.clashes):
        wrong.append(f"{proof.status} does not fit the clashes")
    claimed, tolerance = plan.smallest, beats.tolerance
    if "smallest_tolerance" in claimed:
        claim, least = claimed["smallest_tolerance"], truth.least_tolerance()
        if len(truth.names) == 1 and budget is not None:
            least = min(
                (c.deviation for c in truth.all[truth.names[0]] if truth.best(c.deviation, budget) < np.inf),
                default=np.inf,
            )
        wrong += _wrong_interval("tolerance", claim, least, 0.001)
        tolerance = claim["found"] or tolerance
    if "smallest_budget" in claimed and truth.known > 0:
        # each municipality has the tolerance that it needs; those that keep the rule's have that
        own = dict(zip(plan.rules["municipality"], plan.rules["tolerance"], strict=True))
        least = truth.known - max(
            sum(
                max(
                    (k for c, k in zip(truth.all[m], truth.kept_of(m, h), strict=True) if c.deviation <= own[m] + 1e-9),
                    default=-np.inf,
                )
                for m in truth.names
            )
            for h in range(len(truth.homes))
        )
        wrong += _wrong_interval("budget", claimed["smallest_budget"], least / truth.known, 0.001)
    return wrong


def _gave_way(plan: BeatPlan) -> bool:
    """Tell whether locks or the number of beats gave way, which have no number to check."""
    return any("smallest tolerance" not in c and "smallest budget" not in c for c in plan.clashes)


def _wrong_interval(what: str, claim: dict[str, float | None], least: float, step: float) -> list[str]:
    wrong, low, found = [], claim["impossible_below"], claim["found"]
    if low is not None and low > least + 1e-9:
        wrong.append(f"{what} below {low} is told impossible, and {least} does")
    if found is None or found < least - 1e-9:
        wrong.append(f"{what} {found} is told to do, and {least} is the least")
    elif found > least + 2 * step:
        wrong.append(f"{what} {found} is not the smallest, {least} does")
    return wrong


def _wrong_ids(town: Town, plan: BeatPlan) -> list[str]:
    current, people = town.units["current"].to_numpy(object), town.units["population"].to_numpy(float)
    wrong = []
    if len(set(plan.table["beat"])) < len(plan.table):
        wrong.append("an id is given twice")
    for beat in {c for c in current if isinstance(c, str)} & set(plan.table["beat"]):
        own = plan.beat == beat
        lives_there = people[current == beat].sum() > 0
        shares = (people[own & (current == beat)].sum() > 0) if lives_there else (own & (current == beat)).any()
        if not shares:
            wrong.append(f"beat {beat} shares nobody with today's")
    return wrong


def planned(town: Town, seconds: float = 60.0) -> BeatPlan:
    """Plan the beats of a random town, with a proof of fixed length."""
    return plan_beats(town, plan_workload(town), seconds=seconds, nodes=500)


def main() -> None:
    """Print a line for each wrong claim, and the sums."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--nasty", action="store_true", help="equal work, empty units, budgets that just suffice")
    arguments = parser.parse_args()
    made = nasty_town if arguments.nasty else random_town
    begin, sums, gaps = (
        time.monotonic(),
        {"optimal": 0, "feasible": 0, "infeasible": 0, "unknown": 0, "locks or pieces gave way": 0, "wrong": 0},
        [],
    )
    for seed in range(arguments.first, arguments.first + arguments.instances):
        town = made(seed)
        plan = planned(town)
        wrong = wrong_claims(town, plan)
        sums[plan.proof.status] += 1
        sums["wrong"] += bool(wrong)
        sums["locks or pieces gave way"] += _gave_way(plan)
        if plan.proof.gap is not None:
            gaps.append(plan.proof.gap)
        for line in wrong:
            print(f"{seed}: {line} ({plan.proof.status}; {plan.clashes})", flush=True)
    print(
        f"{arguments.instances} instances in {time.monotonic() - begin:.0f} s: {sums}; mean gap {np.mean(gaps or [0.0]):.2%}, greatest {max(gaps, default=0.0):.2%}"
    )


if __name__ == "__main__":
    main()
