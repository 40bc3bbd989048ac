"""Location problems beside the published values: ours, what is known, and an open peer on the same instances in the same run.

``python -m benchmarks.location FOLDER [centers medians larger coverage floor] [--peer-seconds 60]``: FOLDER holds ``pmed1.txt`` … ``pmed40.txt`` of the
OR-Library and ``rl1304.tsp``, ``pcb3038.tsp``, ``rl5934.tsp`` of the TSPLIB, both free to download; what is not there is left out and named. Coverage
and the coverage floor are on seeded towns. Limits and seconds are of the processor, of one thread; the clock's stand beside them.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pulp
from benchmarks import orlib, tsplib
from benchmarks.published import REGISTER, instances_of, sites_in
from benchmarks.stations import LIMIT, town

from beatplanner.solver.clock import Watch
from beatplanner.solver.highs import solve
from beatplanner.solver.location.covering import coverage, p_center
from beatplanner.solver.location.floor_sites import floor_sites
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.relaxation import Floor
from beatplanner.solver.location.site_rules import OpenSites, SiteRules

HEADER = "| instance | sites | found | published | bound | certified | gap | CPU s | s | GB |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
# Sites to open in the larger files, seconds, and the gap that is asked for.
LARGER = {"pcb3038": ((100, 300, 500), 120.0, 1e-3), "rl5934": ((500, 1000), 300.0, 5e-3)}
# Demands up to which the peer's model, a variable for each pair, is tried.
PEER_DEMANDS = 600


def timed(
    label: str, count: int, known: float | None, method: Callable[[Watch], OpenSites | None]
) -> tuple[float, OpenSites | None]:
    """Print a row; return the seconds of the processor and what was found."""
    begin, wall = time.process_time(), time.perf_counter()
    found = method(Watch(clock=time.process_time))
    spent, clock = time.process_time() - begin, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    assert found is not None
    bound = found.lower_bound or 0.0
    proof = "–" if found.proof is None else f"{found.proof.bound:,.0f}"
    gap = (found.objective - bound) / max(1e-12, abs(found.objective))
    print(
        f"| {label} | {count} | {found.objective:,.0f} | {'–' if known is None else f'{known:,.0f}'} | {bound:,.0f} | {proof} | {gap:.4%} | "
        f"{spent:.2f} | {clock:.1f} | {memory:.2f} |",
        flush=True,
    )
    return spent, found


def peer(label: str, metres: np.ndarray, count: int, seconds: float) -> None:
    """Print what HiGHS finds of the textbook p-center (Daskin 1995), a variable for each pair, in some seconds of the clock."""
    if seconds <= 0 or len(metres) > PEER_DEMANDS:
        return
    begin, wall = time.process_time(), time.perf_counter()
    n, m = metres.shape
    model = pulp.LpProblem("center", pulp.LpMinimize)
    far = pulp.LpVariable("far", 0)
    y = [pulp.LpVariable(f"y{j}", 0, 1, pulp.LpInteger) for j in range(m)]
    model += far
    model += pulp.lpSum(y) == count
    for i in range(n):
        x = [pulp.LpVariable(f"x{i}_{j}", 0, 1) for j in range(m)]
        model += pulp.lpSum(x) == 1
        model += pulp.LpAffineExpression([(x[j], float(metres[i, j])) for j in range(m)]) <= far
        for j in range(m):
            model += x[j] <= y[j]
    outcome = solve(model, seconds=seconds)
    found = "none" if outcome.objective is None else f"{outcome.objective:,.0f}"
    bound = "–" if outcome.bound is None else f"{outcome.bound:,.0f}"
    print(
        f"| {label}, HiGHS on the textbook model | {count} | {found} | | {bound} | – | | {time.process_time() - begin:.2f} | "
        f"{time.perf_counter() - wall:.1f} | |",
        flush=True,
    )


def centers(folder: Path, seconds: float) -> None:
    """The forty p-centers of the OR-Library; together in 120 s."""
    total, proven, tried = 0.0, 0, 0
    for number in range(1, 41):
        path = folder / f"pmed{number}.txt"
        known = REGISTER["p-center", path.stem].value
        if not path.exists():
            print(f"({path.name} is not in the folder)")
            continue
        file = orlib.read(path)
        rules = SiteRules.plain(len(file.metres), file.count)
        spent, found = timed(
            f"p-center, {file.name}",
            file.count,
            known,
            lambda w, f=file, r=rules: p_center(f.metres, r, seconds=20, cancelled=w),
        )
        assert found is not None
        total, tried = total + spent, tried + 1
        proven += found.lower_bound == found.objective == known
        if number in (1, 6, 11):
            peer(file.name, file.metres, file.count, seconds)
    print(f"({proven} of {tried} proven at the published value, {total:.1f} s of the processor together)")


def medians(folder: Path, seconds: float) -> None:
    """The nine p-medians of rl1304; each in 60 s."""
    path = folder / "rl1304.tsp"
    if not path.exists():
        print(f"({path.name} is not in the folder)")
        return
    metres = tsplib.read(path)
    for name in instances_of("p-median", "rl1304"):
        count, known = sites_in(name), REGISTER["p-median", name].value
        rules = SiteRules.plain(len(metres), count)
        timed("p-median, rl1304", count, known, lambda w, r=rules: p_median(metres, r, seconds=60, cancelled=w))
    if seconds > 0:
        print("(the textbook model has 1.7 million variables and is not tried)")


def larger(folder: Path, seconds: float) -> None:
    """The larger p-medians: 0.1 % in 120 s at 3,038 nodes, 0.5 % in 300 s at 5,934."""
    for name, (counts, limit, gap) in LARGER.items():
        path = folder / f"{name}.tsp"
        if not path.exists():
            print(f"({path.name} is not in the folder)")
            continue
        metres = tsplib.read(path)
        for count in counts:
            rules = SiteRules.plain(len(metres), count)
            timed(
                f"p-median, {name}, {gap:.1%} asked",
                count,
                None,
                lambda w, c=metres, r=rules, s=limit, g=gap: p_median(c, r, seconds=s, gap=g, cancelled=w),
            )


def covered(folder: Path, seconds: float) -> None:
    """Coverage with 100,000 demands; in 60 s and 2 GB."""
    for sites, count, metres in ((100, 15, 4_500.0), (200, 20, 2_500.0)):
        random = np.random.default_rng(1)
        centre = random.uniform(0, 30_000, (200, 2))
        homes = centre[random.integers(200, size=100_000)] + random.normal(0, 1_500, (100_000, 2))
        places = homes[random.choice(100_000, sites, replace=False)]
        within = np.column_stack([1.3 * np.hypot(*(homes - place).T) <= metres for place in places])
        people = np.round(random.lognormal(1, 0.8, 100_000)) + 1
        rules = SiteRules.plain(sites, count)
        timed(
            f"coverage, 100,000 × {sites}",
            count,
            None,
            lambda w, a=within, p=people, r=rules: coverage(a, p, r, seconds=60, cancelled=w),
        )


def floors(folder: Path, seconds: float) -> None:
    """The least walking under a coverage floor, 500 × 500."""
    for seed in (1, 2):
        instance = town(500, 500, 10, seed)
        rules, within = SiteRules.plain(500, 10), instance.metres <= LIMIT
        most = coverage(within, instance.people, rules, seconds=60)
        share = 0.98 * (1 - most.objective / instance.people.sum())
        floor = Floor(within, instance.people, (1 - share) * float(instance.people.sum()))
        cost = instance.metres * instance.people[:, None]
        timed(
            f"floor of {share:.0%}, 500 × 500, seed {seed}",
            10,
            None,
            lambda w, c=cost, r=rules, f=floor, o=most.open: floor_sites(c, r, f, seconds=60, start=o, cancelled=w),
        )


TABLES = {"centers": centers, "medians": medians, "larger": larger, "coverage": covered, "floor": floors}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], default=[])
    parser.add_argument("--peer-seconds", type=float, default=60.0)
    options = parser.parse_args()
    p_median(np.ones((4, 4)), SiteRules.plain(4, 2), seconds=5)  # the kernels are loaded before anything is timed
    p_center(np.eye(6), SiteRules.plain(6, 2), seconds=5)
    print(HEADER)
    for name in options.tables or TABLES:
        TABLES[name](options.folder, options.peer_seconds)


if __name__ == "__main__":
    main()
