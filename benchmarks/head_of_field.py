"""The field's table in one run: ours, what is published, and open peers on the same instances.

    python benchmarks/head_of_field.py [FOLDER] [--rows districts cut …] [--seconds 20]

FOLDER holds what the public instances are read from: graphs of states (`states.py`), ``pmed1.txt`` of the OR-Library (`orlib.py`), ``rl1304.tsp`` (`tsplib.py`) and instances of
several balances (`several_balances.py`). Where a file is not there a seeded instance of the kind stands in its place, with no published value. Each method has so many seconds
of the processor, one thread, or of the clock where its library knows no other; what it took of the processor stands in the row. Peers are gerrychain 1, HiGHS on textbook
models, spopt on HiGHS, and CP-SAT of OR-Tools; one that is not installed is named. A gap is held against the best bound that anybody has in the run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import forces
import instances
import numpy as np
import officers
import orlib
import peers
import several_balances
import states
import stations
import tsplib

from beatplanner.solver.clock import Watch
from beatplanner.solver.districts.problem import Amounts, Balance, DistrictingProblem, connected
from beatplanner.solver.districts.solve import CUT, TRAVEL, solve_districts
from beatplanner.solver.location.covering import coverage
from beatplanner.solver.location.floor_sites import floor_sites
from beatplanner.solver.location.relaxation import Floor
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import breaches, measure

HEADER = "| work | instance | method | value | bound | gap | rules | published | CPU s |\n|---|---|---|--:|--:|--:|---|--:|--:|"
# Units up to which a model of all pairs of units is tried.
MODELLED = 130


@dataclass(frozen=True)
class Answer:
    """What a method gave: value, bound and whether all rules are kept; None where it gave none."""

    value: float | None
    bound: float | None = None
    kept: bool = True


Methods = dict[str, tuple[str | None, Callable[[float], Answer]]]


def rows_of(work: str, name: str, published: str, methods: Methods, seconds: float) -> None:
    """Let each method work on an instance, and print their rows."""
    answers: list[tuple[str, Answer | None, float]] = []
    for method, (package, run) in methods.items():
        if not peers.installed(package):
            print(f"| {work} | {name} | {method} | not installed | | | | | |", flush=True)
            continue
        begin = time.process_time()
        try:
            answer = run(seconds)
        except Exception as error:  # a peer that fails is a row of the table
            print(f"({method}: {type(error).__name__}: {error})")
            answer = None
        answers.append((method, answer, time.process_time() - begin))
    best = max((a.bound for _, a, _ in answers if a is not None and a.bound is not None), default=None)
    for k, (method, answer, spent) in enumerate(answers):
        value = bound = gap = kept = "–"
        if answer is not None and answer.bound is not None:
            bound = f"{answer.bound:,.6g}"
        if answer is not None and answer.value is not None:
            value, kept = f"{answer.value:,.6g}", "kept" if answer.kept else "broken"
            if best is not None and answer.kept:
                # what a bound is above by rounding is no gap
                gap = f"{max(0.0, answer.value - best) / max(1e-12, abs(answer.value)):.2%}"
        said = published if k == 0 else ""
        print(f"| {work} | {name} | {method} | {value} | {bound} | {gap} | {kept} | {said} | {spent:.1f} |", flush=True)


# ---- districts


def kept(problem: DistrictingProblem, district: np.ndarray) -> bool:
    """Tell whether districts are as many as asked for, connected and within all balances."""
    held = np.bincount(district, weights=problem.weight, minlength=problem.count)
    slack = 1e-9 * problem.upper
    even = held.min() >= problem.lower - slack and held.max() <= problem.upper + slack
    others = Amounts.of(problem).outside(district, problem.count) <= slack * problem.count
    return len(np.unique(district)) == problem.count and bool(even) and others and connected(district, problem.edges)


def drawn(problem: DistrictingProblem, scale: float = 1.0, effort: float = 0.2) -> Methods:
    """Return the methods for districts."""

    def ours(seconds: float) -> Answer:
        watch = Watch(clock=time.process_time)
        found = solve_districts(problem, seconds=seconds, seed=1, effort=effort, nodes=2**31 - 1, cancelled=watch)
        bound = None if found.lower_bound is None else found.lower_bound / scale
        return Answer(found.objective / scale, bound, kept(problem, found.district))

    def of(method: Callable[[DistrictingProblem, float], np.ndarray | None], seconds: float) -> Answer:
        district = method(problem, seconds)
        if district is None:
            return Answer(None)
        return Answer(peers.cost(problem, district) / scale, None, kept(problem, district))

    def hess(seconds: float) -> Answer:
        district, bound = peers.highs_hess(problem, seconds)
        bound = None if bound is None else bound / scale
        if district is None:
            return Answer(None, bound)
        return Answer(peers.cost(problem, district) / scale, bound, kept(problem, district))

    found: Methods = {
        "**beatplanner**": (None, ours),
        "gerrychain": ("gerrychain", lambda s: of(peers.gerrychain_bursts, s)),
    }
    if len(problem.weight) <= MODELLED and problem.goal == TRAVEL:
        found |= {"HiGHS, Hess's model": (None, hess), "CP-SAT": ("ortools", lambda s: of(peers.cp_sat, s))}
    return found


def of_states(folder: Path | None, level: str, goal: int) -> Iterator[tuple[str, str, DistrictingProblem]]:
    """Give the states whose files are there: name, published value, problem."""
    for state, (number, count, travel, cut) in states.STATES.items():
        path = None if folder is None else states.file_of(folder, level, number)
        if path is not None:
            known = travel if goal == TRAVEL else cut if level == "tract" else states.COUNTIES.get(state)
            said = "" if known is None else str(known if isinstance(known, int) else known[0])
            yield f"{state}, {level}s", said, states.problem_of(path, count, goal)


def districts(folder: Path | None, seconds: float) -> None:
    """Few large districts, Σ population × km²."""
    found = list(of_states(folder, "tract", TRAVEL))
    if not found:
        problem = instances.town(60, 3, 0.005, seconds, 1).problem
        apart = (np.hypot(*(problem.xy[:, None] - problem.xy[None]).transpose(2, 0, 1)) / 1e3) ** 2
        found = [("seeded, 60 units, 3 districts, ±0.5 %", "", replace(problem, distance=apart))]
    for name, published, problem in found:
        rows_of("few large districts", name, published, drawn(problem, 1e6 if published else 1.0), seconds)


def cut(folder: Path | None, seconds: float) -> None:
    """Fewest cut edges."""
    found = [*of_states(folder, "county", CUT), *of_states(folder, "tract", CUT)]
    if not found:
        problem = instances.town(60, 4, 0.05, seconds, 1).problem
        found = [
            ("seeded, 60 units, 4 districts, ±5 %", "", replace(problem, border=np.ones(len(problem.edges)), goal=CUT))
        ]
    for name, published, problem in found:
        rows_of("cut", name, published, drawn(problem, effort=1.0), seconds)


def areas(folder: Path | None, seconds: float) -> None:
    """The 325-area kind at ±5 % and ±2 %, and tight small ones."""
    for units, count, tolerance in ((86, 4, 0.05), (325, 12, 0.05), (325, 12, 0.02)):
        problem = instances.town(units, count, tolerance, seconds, 1).problem
        rows_of("beats", f"seeded, {units} units, {count} beats, ±{tolerance:.0%}", "", drawn(problem), seconds)


def balances(folder: Path | None, seconds: float) -> None:
    """Several balances at once."""
    files = sorted(p for p in (folder.rglob("*") if folder else ()) if p.suffix in (".in", ".dat"))
    found = [several_balances.read(p.read_text("ascii"), p.stem) for p in files[:3]]
    for instance in found or [several_balances.made(60, 4, 1), several_balances.made(200, 6, 1)]:
        rows_of("several balances", instance.name, "", drawn(instance.problem()), seconds)


def levels(folder: Path | None, seconds: float) -> None:
    """Beats in sectors with a span of control, as `planning/beats/levels.py` has them."""
    for members, groups in ((40, 6), (100, 14)):
        town = instances.town(members, groups, 0.25, seconds, 2).problem
        span = Balance("members", np.ones(members), float(members // groups - 2), float(members // groups + 2))
        rows_of(
            "two levels",
            f"seeded, {members} beats in {groups} sectors",
            "",
            drawn(replace(town, balances=(span,))),
            seconds,
        )


# ---- stations and officers


def placed(instance: stations.Instance, objective: str) -> Methods:
    """Return the methods for stations."""

    def of(method: stations.Method, seconds: float) -> Answer:
        chosen, bound = method(instance, objective, seconds, 1)
        return Answer(None if chosen is None else stations.value_of(instance, objective, chosen), bound)

    return {
        "**beatplanner**": (None, lambda s: of(stations.ours, s)),
        "spopt on HiGHS": ("spopt", lambda s: of(stations.with_spopt, s)),
        "greedy": (None, lambda s: of(stations.by_greed, s)),
    }


def sites(folder: Path | None, seconds: float) -> None:
    """p-median, p-center and coverage."""
    town = stations.town(500, 100, 10, 1)
    for objective in ("p-median", "p-center", "coverage", "fewest"):
        rows_of(objective, "seeded, 500 × 100", "", placed(town, objective), seconds)
    path = None if folder is None else folder / "pmed1.txt"
    if path is not None and path.exists():
        file = orlib.read(path)
        own = stations.Instance(file.metres, np.ones(len(file.metres)), file.count)
        rows_of("p-center", "OR-Library, pmed1", f"{orlib.CENTERS[0]:,}", placed(own, "p-center"), seconds)
    path = None if folder is None else folder / "rl1304.tsp"
    if path is not None and path.exists():
        metres = tsplib.read(path)
        for count, known in tsplib.OPTIMA["rl1304"].items():
            own = stations.Instance(metres, np.ones(len(metres)), count)
            rows_of("p-median", f"TSPLIB, rl1304, {count} sites", f"{known:,}", placed(own, "p-median"), seconds)


def floor(folder: Path | None, seconds: float) -> None:
    """The least walking under a coverage floor."""
    town = stations.town(200, 60, 8, 1)
    within, people, count = town.metres <= stations.LIMIT, town.people, town.count
    rules, cost = SiteRules.plain(within.shape[1], count), town.metres * people[:, None]
    most = coverage(within, people, rules, seconds=30)
    out = 1.02 * float(people[~within[:, most.open].any(axis=1)].sum())

    def ours(limit: float) -> Answer:
        watch = Watch(clock=time.process_time)
        found = floor_sites(cost, rules, Floor(within, people, out), seconds=limit, start=most.open, cancelled=watch)
        return Answer(found.objective, found.lower_bound)

    def highs(limit: float) -> Answer:
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        n, m = cost.shape
        one = sparse.kron(sparse.identity(n), np.ones((1, m)))
        own = sparse.hstack([sparse.identity(n * m), -sparse.kron(np.ones((n, 1)), sparse.identity(m))])
        beyond = np.r_[(people[:, None] * ~within).ravel(), np.zeros(m)]
        limits = [
            LinearConstraint(sparse.hstack([one, sparse.csr_matrix((n, m))]), 1, 1),
            LinearConstraint(own, -np.inf, 0),
            LinearConstraint(np.r_[np.zeros(n * m), np.ones(m)][None], count, count),
            LinearConstraint(beyond[None], -np.inf, out),
        ]
        whole = np.r_[np.zeros(n * m), np.ones(m)]
        costs, options = np.r_[cost.ravel(), np.zeros(m)], {"time_limit": limit, "mip_rel_gap": 1e-4}
        found = milp(costs, integrality=whole, bounds=Bounds(0, 1), constraints=limits, options=options)
        return Answer(None if found.x is None else float(found.fun), found.mip_dual_bound)

    methods: Methods = {"**beatplanner**": (None, ours), "HiGHS, textbook model": (None, highs)}
    rows_of("coverage floor, then the least walk", "seeded, 200 × 60", "", methods, seconds)


def roster(folder: Path | None, seconds: float) -> None:
    """Officers over sixty months."""
    beats, people, months, posts, *_ = forces.REGISTRY["20 x 30 x 60"]
    problem = forces.force(beats, people, months, posts, 0)

    def of(postings: list | None, bound: float | None) -> Answer:
        if postings is None:
            return Answer(None, bound)
        return Answer(measure(problem, postings).objective(problem.weights), bound, not breaches(problem, postings))

    def ours(limit: float) -> Answer:
        found = assign(problem, seconds=limit)
        return of(found.postings, found.lower_bound)

    methods: Methods = {
        "**beatplanner**": (None, ours),
        "CP-SAT": ("ortools", lambda s: of(*officers.cp_sat(problem, s, 1))),
        "rule of thumb": (None, lambda s: of(officers.rule_of_thumb(problem), None)),
    }
    rows_of("officers", f"seeded, {beats} beats × {people} × {months} months", "", methods, seconds)


ROWS: dict[str, Callable[[Path | None, float], None]] = {
    "districts": districts,
    "cut": cut,
    "areas": areas,
    "balances": balances,
    "levels": levels,
    "sites": sites,
    "floor": floor,
    "officers": roster,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rows", nargs="*", choices=[*ROWS], default=[*ROWS])
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    # kernels are loaded before anything is timed
    solve_districts(several_balances.made(12, 2, 1).problem(), seconds=60, effort=0.01)
    print(HEADER, flush=True)
    for row in options.rows:
        ROWS[row](options.folder, options.seconds)


if __name__ == "__main__":
    main()
