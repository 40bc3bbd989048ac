"""Measure districts that balance several amounts at once, on public instances or on ones of the same kind.

    python -m benchmarks.several_balances [FOLDER] [--published FILE] [--count N] [--match TEXT] [--units N] [--districts K] [--effort E] [--nodes N]
        [--seconds S] [--threads N]

FOLDER holds instances of commercial districting in one of two plain formats. That of Gliesch, Ritt and Moreira (2018, EvoCOP, 158–173; Ríos-Mercado and
Fernández 2009 before them, Pereira and Vilà 2024 after): the number of units; a row of number, x, y and three activities for each; the number of edges and a
row of two units for each; then districts, a number that is not used, and the tolerance of each activity. And that of the sets 2DU and DU with centres: each
row of a unit has one number more, the districts are told twice before the tolerances, with one number more, and a table of districts × units says which go
together well. Without FOLDER seeded ones of the kind are made: units at random in a square of 1,000, joined by a Delaunay triangulation, activities in the
ranges of the set DS (4 to 20, 15 to 400 and 15 to 100), ±5 %.

Of the first the literature makes the diameter least, the longest way between two units of a district; ours makes the travel least, so that what compares is
whether a plan within all three tolerances is found. Both values are told, the diameter of ours without any care for it. Of the second it makes the sum of
the ways to the centres least, each unit counted once; so does ours then, and the values compare. FILE has the published ones: rows of ``name = (…, …, value)``, or a
table with the columns ``instance`` and ``cmp``, of several runs each.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay

from beatplanner.solver.districts.problem import Balance, DistrictingProblem, connected, keeps_balance
from beatplanner.solver.districts.solve import solve_districts

RANGES = ((4, 20), (15, 400), (15, 100))
TOLERANCE = 0.05
SIDE = 1_000.0


@dataclass(frozen=True)
class Instance:
    """Points (n, 2), activities (n, 3), edges (m, 2), districts, the tolerance of each activity, and whether units count by their number or by the first activity."""

    name: str
    xy: np.ndarray
    activity: np.ndarray
    edges: np.ndarray
    districts: int
    tolerance: tuple[float, ...]
    by_number: bool = False

    def problem(self) -> DistrictingProblem:
        """Return the problem: the first activity is the workload and the others are balances beside it, or all are where each unit counts once."""
        mean = self.activity.sum(axis=0) / self.districts
        low, high = (mean * (1 + sign * np.array(self.tolerance)) for sign in (-1, 1))
        even = tuple(
            Balance(str(j), self.activity[:, j], float(low[j]), float(high[j])) for j in range(self.activity.shape[1])
        )
        units = float(len(self.xy))
        return DistrictingProblem(
            weight=np.ones(len(self.xy)) if self.by_number else self.activity[:, 0],
            xy=self.xy,
            edges=self.edges,
            border=np.ones(len(self.edges)),
            count=self.districts,
            lower=1.0 if self.by_number else even[0].lower,
            upper=units if self.by_number else even[0].upper,
            balances=even if self.by_number else even[1:],
        )

    def published(self, best: dict[str, float]) -> float | None:
        """Return what is published of this instance; public files of repaired instances are called so, their values are not."""
        return best.get(self.name.removesuffix("-edited"))

    def diameter(self, district: np.ndarray) -> float:
        """Return the longest way between two units of a district."""
        found = 0.0
        for k in range(self.districts):
            at = self.xy[district == k]
            found = max(found, float(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)).max()))
        return found


def read(text: str, name: str = "") -> Instance:
    """Return an instance of the plain format; ValueError says what is wrong with it."""
    numbers = text.split()
    place = 0

    def next_numbers(count: int) -> list[float]:
        nonlocal place
        if place + count > len(numbers):
            raise ValueError(f"the file ends after {len(numbers)} numbers, and more are announced")
        place += count
        return [float(v) for v in numbers[place - count : place]]

    units = int(next_numbers(1)[0])
    with_centres = len(text.partition("\n")[2].partition("\n")[0].split()) == 7
    columns = 7 if with_centres else 6
    rows = np.array(next_numbers(columns * units)).reshape(units, columns)
    if rows[:, 0].tolist() != list(range(units)):
        raise ValueError("the units are not numbered from 0 on")
    edges = int(next_numbers(1)[0])
    ends = np.array(next_numbers(2 * edges), int).reshape(edges, 2)
    if edges and (ends.min() < 0 or ends.max() >= units):
        raise ValueError(f"an edge names a unit that is none of the {units}")
    districts, _, *tolerance = next_numbers(5)
    if with_centres and (next_numbers(1) and set(next_numbers(int(districts) * units)) != {1.0}):
        raise ValueError("units that go together badly are none of what is measured here")
    return Instance(name, rows[:, 1:3], rows[:, 3:6], ends, int(districts), tuple(tolerance), with_centres)


def read_published(text: str) -> dict[str, float]:
    """Return the least value that was published of each instance."""
    found: dict[str, float] = {}
    head, *rows = text.splitlines()
    columns = head.split()
    for row in rows:
        if "cmp" in columns:
            cells = dict(zip(columns, row.split(), strict=False))
            name, value = cells.get("instance", ""), cells.get("cmp", "")
        else:
            name, _, value = row.partition("=")
            value = value.strip(" ()").rpartition(",")[2]
        if name.strip() and value.strip():
            found[name.strip()] = min(float(value), found.get(name.strip(), np.inf))
    return found


def made(units: int, districts: int, seed: int) -> Instance:
    """Return an instance of the kind of the set DS."""
    random = np.random.default_rng(seed)
    xy = random.uniform(0.0, SIDE, (units, 2))
    activity = np.column_stack([random.integers(low, high + 1, units) for low, high in RANGES]).astype(float)
    corners = Delaunay(xy).simplices
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    edges = np.unique(pairs, axis=0)
    return Instance(f"made {units}/{districts} seed {seed}", xy, activity, edges, districts, (TOLERANCE,) * 3)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--published", type=Path, help="a file of published values")
    parser.add_argument("--match", default="", help="only instances whose name has this text")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--districts", type=int, default=10)
    parser.add_argument(
        "--seconds", type=float, default=1e6, help="of the clock; a run ends by its moves and nodes before"
    )
    parser.add_argument("--nodes", type=int, default=0, help="of the proof; without any there is no bound")
    parser.add_argument("--effort", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.folder is not None:
        files = sorted(p for p in options.folder.rglob("*") if p.suffix in (".in", ".dat") and options.match in p.name)
        files = files[: options.count]
        instances = (read(p.read_text("ascii"), p.stem) for p in files)
    else:
        instances = (made(options.units, options.districts, seed) for seed in range(1, options.count + 1))
    best = {} if options.published is None else read_published(options.published.read_text("utf-8"))
    print(
        "| instance | within all | travel | bound | gap | diameter | published | beside it | seconds of the processor |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    kept, looked_at, widest, beside = 0, 0, list[float](), list[float]()
    for instance in instances:
        problem, spent = instance.problem(), time.process_time()
        plan = solve_districts(
            problem,
            seconds=options.seconds,
            threads=options.threads,
            seed=1,
            effort=options.effort,
            prove=options.nodes > 0,
            nodes=options.nodes,
        )
        spent = time.process_time() - spent
        fits = keeps_balance(plan, problem) and connected(plan.district, problem.edges)
        kept, looked_at = kept + fits, looked_at + 1
        diameter = instance.diameter(plan.district)
        widest.append(diameter)
        bound, gap = "–", "–"
        if plan.lower_bound is not None:
            bound, gap = f"{plan.lower_bound:,.0f}", f"{1 - plan.lower_bound / plan.objective:.2%}"
        known = instance.published(best)
        ours = plan.objective if instance.by_number else diameter
        if known is not None and fits:
            beside.append(ours / known - 1)
        row = (
            instance.name,
            "yes" if fits else "no",
            f"{plan.objective:,.0f}",
            bound,
            gap,
            f"{diameter:,.1f}",
            "–" if known is None else f"{known:,.1f}",
            "–" if known is None or not fits else f"{ours / known - 1:+.2%}",
            f"{spent:.1f}",
        )
        print(f"| {' | '.join(row)} |", flush=True)
    print(f"\n{kept} of {looked_at} within all tolerances, mean diameter {np.mean(widest):,.1f}")
    if beside:
        worse = sum(share > 1e-6 for share in beside)
        print(f"beside the published: {np.mean(beside):+.2%} in the mean of {len(beside)}, worse in {worse}")


if __name__ == "__main__":
    main()
