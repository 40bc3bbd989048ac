"""Stations beside other ways to choose them, on the same instances in the same run.

    python benchmarks/stations.py                    # every row of the registry, with peers
    python benchmarks/stations.py 500 2000           # some rows
    python benchmarks/stations.py --orlib FOLDER     # the p-median files of the OR-Library in a folder

Every method runs in a process of its own, so that its memory is its own; a peer is stopped after `--peer-seconds`. "Above the bound" compares
with the best proven lower bound of the run.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import platform
import queue
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import orlib

from beatplanner.solver.location.covering import coverage, fewest, p_center
from beatplanner.solver.location.exchange import greedy
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import SiteRules

# A 20-minute walk at 4.5 km/h.
LIMIT = 1500.0


@dataclass(frozen=True)
class Instance:
    """Ways (n, m) in metres, residents (n,), and stations to open."""

    metres: np.ndarray
    people: np.ndarray
    count: int


def town(demand: int, sites: int, count: int, seed: int) -> Instance:
    """Make a town of 20 × 20 km whose residents crowd around centres; sites stand where people live."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0.15, 0.85, (max(3, demand // 200), 2)) * 20_000
    crowded = centres[random.integers(len(centres), size=demand // 2)] + random.normal(0, 1_500, (demand // 2, 2))
    homes = np.concatenate([crowded, random.uniform(0, 20_000, (demand - demand // 2, 2))])
    places = homes[random.choice(demand, sites, replace=False)]
    metres = 1.3 * np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    return Instance(metres, np.round(random.lognormal(4, 0.8, demand)), count)


# key: (what must hold, demand, sites, stations, seconds of ours, objectives)
REGISTRY: dict[str, tuple[str, int, int, int, float, tuple[str, ...]]] = {
    "500": ("p-median optimal within 1 s", 500, 100, 10, 1.0, ("p-median", "coverage", "p-center", "fewest")),
    "2000": ("p-median ≤ 0.05 % within 5 s", 2_000, 150, 15, 5.0, ("p-median", "coverage", "p-center", "fewest")),
    "5000": (
        "p-median ≤ 0.2 % within 20 s; the others optimal within 30 s",
        5_000,
        200,
        20,
        20.0,
        ("p-median", "coverage", "p-center", "fewest"),
    ),
    "20000": ("p-median ≤ 0.7 % within 120 s, under 4 GB", 20_000, 400, 40, 110.0, ("p-median",)),
}


def value_of(instance: Instance, objective: str, chosen: np.ndarray) -> float:
    """Return the objective of a choice, computed in one way for all methods."""
    least = instance.metres[:, chosen].min(axis=1)
    if objective == "p-median":
        return float(instance.people @ least)
    if objective == "coverage":
        return float(instance.people[least > LIMIT].sum())
    return float(least.max()) if objective == "p-center" else float(len(chosen))


Method = Callable[[Instance, str, float, int], tuple[np.ndarray | None, float | None]]


def ours(instance: Instance, objective: str, seconds: float, threads: int) -> tuple[np.ndarray | None, float | None]:
    """Solve with beatplanner."""
    rules, within = SiteRules.plain(instance.metres.shape[1], instance.count), instance.metres <= LIMIT
    if objective == "p-median":
        found = p_median(instance.metres * instance.people[:, None], rules, seconds=seconds, threads=threads)
    elif objective == "coverage":
        found = coverage(within, instance.people, rules, seconds=30, threads=threads)
    elif objective == "p-center":
        found = p_center(instance.metres, rules, seconds=30, threads=threads)
    else:
        found = fewest(within, rules.replace(count=None), seconds=30, threads=threads)
    return (None, None) if found is None else (found.open, found.lower_bound)


def with_spopt(
    instance: Instance, objective: str, seconds: float, threads: int
) -> tuple[np.ndarray | None, float | None]:
    """Solve with spopt on HiGHS."""
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    cost, people = instance.metres, instance.people
    if objective == "p-median":
        model = PMedian.from_cost_matrix(cost, people, instance.count)
    elif objective == "coverage":
        model = MCLP.from_cost_matrix(cost, people, LIMIT, instance.count)
    elif objective == "p-center":
        model = PCenter.from_cost_matrix(cost, instance.count)
    else:
        # it has no solution where somebody is out of everybody's reach
        model = LSCP.from_cost_matrix(cost[(cost <= LIMIT).any(axis=1)], LIMIT)
    try:
        model.solve(pulp.HiGHS(msg=False, threads=threads, timeLimit=seconds, gapRel=1e-4), results=False)
    except RuntimeError:
        return None, None  # no plan in the time it had
    opened = [j for j, y in enumerate(model.fac_vars) if (y.varValue or 0) > 0.5]
    return (np.array(opened, int) if opened else None), None


def plain_model(
    instance: Instance, objective: str, seconds: float, threads: int
) -> tuple[np.ndarray | None, float | None]:
    """Write the textbook p-median in PuLP and hand it to HiGHS."""
    import pulp

    if objective != "p-median":
        return None, None
    n, m = instance.metres.shape
    cost = instance.metres * instance.people[:, None]
    model = pulp.LpProblem("plain", pulp.LpMinimize)
    y = [pulp.LpVariable(f"y{j}", 0, 1, pulp.LpInteger) for j in range(m)]
    x = [[pulp.LpVariable(f"x{i}_{j}", 0, 1) for j in range(m)] for i in range(n)]
    model += pulp.LpAffineExpression([(x[i][j], float(cost[i, j])) for i in range(n) for j in range(m)])
    model += pulp.lpSum(y) == instance.count
    for i in range(n):
        model += pulp.lpSum(x[i]) == 1
        for j in range(m):
            model += x[i][j] <= y[j]
    model.solve(pulp.HiGHS(msg=False, threads=threads, timeLimit=seconds, gapRel=1e-4))
    opened = [j for j in range(m) if (y[j].varValue or 0) > 0.5]
    return (np.array(opened, int) if len(opened) == instance.count else None), None


def by_greed(
    instance: Instance, objective: str, seconds: float, threads: int
) -> tuple[np.ndarray | None, float | None]:
    """Open the site that helps most, one after the other."""
    cost = instance.metres * instance.people[:, None]
    if objective == "coverage":
        cost = np.where(instance.metres <= LIMIT, 0.0, instance.people[:, None])
    elif objective != "p-median":
        return None, None
    return greedy(cost, SiteRules.plain(cost.shape[1], instance.count)), None


METHODS: dict[str, tuple[Method, int]] = {
    "**beatplanner**": (ours, 10**9),
    "spopt": (with_spopt, 5_000),
    "plain PuLP": (plain_model, 500),
    "greedy": (by_greed, 10**9),
}


def _work(name: str, row: tuple, seed: int, objective: str, seconds: float, threads: int, answers) -> None:
    """Run one method in a process of its own."""
    warnings.simplefilter("ignore")
    instance = town(*row, seed)
    if name == "**beatplanner**":
        ours(town(60, 20, 3, 0), objective, 5, 1)  # the kernels are loaded before anything is timed
    else:
        METHODS[name][0](town(30, 10, 3, 0), objective, 5, threads)  # and so are the libraries
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    chosen, bound = METHODS[name][0](instance, objective, seconds, threads)
    spent = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    value = None if chosen is None else value_of(instance, objective, chosen)
    answers.put((value, bound, spent, peak / 1e6, (peak - before) / 1e6))


def measured(name: str, row: tuple, seed: int, objective: str, seconds: float, threads: int, kill_after: float):
    """Return (objective, bound, seconds, GB) of a method, or None where it was stopped."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_work, args=(name, row, seed, objective, seconds, threads, answers))
    process.start()
    try:
        return answers.get(timeout=kill_after)[:4]
    except queue.Empty:
        return None
    finally:
        process.kill()
        process.join()


HEADER = (
    "| demand × sites | objective | method | value | above the bound | seconds | GB |\n|---|---|---|--:|--:|--:|--:|"
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help="keys of the registry")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer-seconds", type=float, default=120.0)
    parser.add_argument("--objectives", nargs="*", default=["p-median", "coverage", "p-center", "fewest"])
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--orlib", type=Path, help="folder with pmed1.txt … pmed40.txt")
    options = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    print(f"commit {commit}, {platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    if options.orlib is not None:
        run_library(options.orlib, options.threads)
        return
    print(HEADER)
    for key in options.rows or REGISTRY:
        wanted, demand, sites, count, seconds, objectives = REGISTRY[key]
        for objective in (o for o in objectives if o in options.objectives):
            for seed in range(1, options.seeds + 1):
                run_row((demand, sites, count), seed, objective, seconds, options)
        print(f"({wanted})", flush=True)


def run_row(row: tuple, seed: int, objective: str, seconds: float, options) -> None:
    """Print one instance with every method."""
    best, mine = None, None
    for name, (_, largest) in METHODS.items():
        if name != "**beatplanner**" and (options.no_peers or row[0] > largest):
            continue
        if name == "spopt" and importlib.util.find_spec("spopt") is None:
            print(f"| {row[0]:,} × {row[1]} | {objective} | spopt | not installed | | | |")
            continue
        limit = seconds if name == "**beatplanner**" else options.peer_seconds
        found = measured(name, row, seed, objective, limit, options.threads, limit * 1.5 + 60)
        label = f"| {row[0]:,} × {row[1]}, {row[2]} stations | {objective} | {name} |"
        if found is None:
            print(f"{label} stopped | | > {limit * 1.5 + 60:,.0f} | |", flush=True)
            continue
        value, bound, spent, memory = found
        if value is None:
            if name in ("**beatplanner**", "spopt"):
                print(f"{label} none found | | {spent:,.2f} | {memory:.2f} |", flush=True)
            continue
        best = bound if best is None else best
        mine = mine or spent
        gap = "–" if best is None else f"{(value - best) / value:.4%}" if value else "0.0000%"
        times = "" if name == "**beatplanner**" else f" ({spent / mine:,.0f}×)"
        print(f"{label} {value:,.0f} | {gap} | {spent:,.3f}{times} | {memory:.2f} |", flush=True)


def run_library(folder: Path, threads: int) -> None:
    """Print the p-median files of a folder with their known optima."""
    files = sorted(folder.glob("pmed*.txt"), key=lambda p: (len(p.stem), p.stem))
    if not files:
        sys.exit(
            f"There is no pmed*.txt in {folder}. The OR-Library has them: its forty p-median problems are free to download."
        )
    p_median(np.ones((4, 4)), SiteRules.plain(4, 2), seconds=5)
    print("| file | nodes | stations | found | known optimum | bound | seconds |\n|---|--:|--:|--:|--:|--:|--:|")
    reached, total = 0, 0.0
    for path in files:
        problem = orlib.read(path)
        begin = time.perf_counter()
        found = p_median(
            problem.metres, SiteRules.plain(len(problem.metres), problem.count), seconds=60, threads=threads
        )
        spent = time.perf_counter() - begin
        total += spent
        reached += problem.optimum is None or found.objective == problem.optimum
        print(
            f"| {problem.name} | {len(problem.metres)} | {problem.count} | {found.objective:,.0f} | {problem.optimum or '–'} | "
            f"{found.lower_bound or 0:,.1f} | {spent:.2f} |",
            flush=True,
        )
    print(f"\n{reached} of {len(files)} reach the known optimum, {total:.1f} s in all")


if __name__ == "__main__":
    main()
