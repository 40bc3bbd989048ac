"""The field's table in one run: ours, what is published, and open peers on the same instances.

    PYTHONPATH=src:. python benchmarks/head_of_field.py [FOLDER] [--rows districts cut …] [--seconds 20]

FOLDER holds, at any depth, what the public instances are read from: graphs of states (`states.py`), ``pmed1.txt`` … ``pmed40.txt`` of the OR-Library (`orlib.py`),
``rl1304.tsp`` and larger files of the TSPLIB (`tsplib.py`) and instances of several balances (`several_balances.py`). Where a file is not there a seeded instance of the
kind stands in its place, says so, and has no published value; published values stand in `published.py`. Ours has the seconds of the processor that the row is asked in, or
`--seconds`, one thread; then each peer has as long as ours took, at least ten seconds or those of ours, of the processor or of the clock where its library knows no other. What it took of the
processor stands in the row, and the greatest memory of the process until then (a row alone tells its own). Peers are gerrychain 1, HiGHS on textbook models, spopt on HiGHS,
and CP-SAT of OR-Tools; one that is not installed is named. A gap is held against the best bound that anybody has in the run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks import field_sites, forces, instances, officers, peers, several_balances, states
from benchmarks.field_rows import HEADER, OURS, Answer, Methods, rows_of
from benchmarks.published import known

from beatplanner.solver.clock import Watch
from beatplanner.solver.districts.problem import Amounts, Balance, DistrictingProblem, connected, keeps_budget
from beatplanner.solver.districts.solve import CUT, MOVES, TRAVEL, measured, solve_districts
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import breaches, measure
from beatplanner.solver.officers.problem import TenureProblem

# Units up to which a model of all pairs of units is tried, and officers × beats × months up to which a model of each is.
MODELLED, MODELLED_MONTHS = 130, 3_000_000
# What is asked of a state's tracts, in a gap and seconds; of the others nothing.
TRACTS_ASKED = {
    **dict.fromkeys(("ID", "NH", "ME", "NM", "NE", "UT", "MS", "AR", "OK"), ("≤ 0.01 % in 60 s", 60.0)),
    "KS": ("≤ 0.01 % in 600 s", 600.0),
    "WV": ("≤ 6.6 % in 120 s, ≤ 3 % in 600 s", 120.0),
}
PROVEN_CUTS = ("ID", "NH", "ME", "NM", "NE", "WV")


# ---- districts


def kept(problem: DistrictingProblem, district: np.ndarray) -> bool:
    """Tell whether districts are as many as asked for, connected and within all balances and the change budget."""
    held = np.bincount(district, weights=problem.weight, minlength=problem.count)
    slack = 1e-9 * problem.upper
    even = held.min() >= problem.lower - slack and held.max() <= problem.upper + slack
    others = Amounts.of(problem).outside(district, problem.count) <= slack * problem.count
    budget = keeps_budget(measured(problem, district), problem)
    whole = len(np.unique(district)) == problem.count and connected(district, problem.edges)
    return whole and bool(even) and others and budget


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
        OURS: (None, ours),
        "gerrychain": ("gerrychain", lambda s: of(peers.gerrychain_bursts, s)),
    }
    if len(problem.weight) <= MODELLED and problem.goal == TRAVEL:
        found |= {"HiGHS, Hess's model": (None, hess), "CP-SAT": ("ortools", lambda s: of(peers.cp_sat, s))}
    return found


def of_states(folder: Path | None, level: str, goal: int) -> Iterator[tuple[str, DistrictingProblem]]:
    """Give the states whose files are there: the state, and its problem."""
    for state, (number, count) in states.STATES.items():
        path = None if folder is None else states.file_of(folder, level, number)
        if path is not None:
            yield state, states.problem_of(path, count, goal)


def districts(folder: Path | None, seconds: float | None) -> None:
    """Few large districts, Σ population × km²."""
    work, drawn_any = "few large districts", False
    for state, problem in of_states(folder, "tract", TRAVEL):
        name, drawn_any = f"{state}, tracts", True
        asked, limit = TRACTS_ASKED.get(state, ("", 60.0))
        value = known("travel", name)
        rows_of(work, name, "" if value is None else value.said(), asked, drawn(problem, 1e6), seconds or limit)
    if not drawn_any:
        problem = instances.town(60, 3, 0.005, 60, 1).problem
        apart = (np.hypot(*(problem.xy[:, None] - problem.xy[None]).transpose(2, 0, 1)) / 1e3) ** 2
        problem = replace(problem, distance=apart)
        rows_of(work, "seeded, 60 units, 3 districts, ±0.5 %", "", "", drawn(problem), seconds or 60.0)


def cut(folder: Path | None, seconds: float | None) -> None:
    """Fewest cut edges."""
    drawn_any = False
    for level in states.PLACES:
        for state, problem in of_states(folder, level, CUT):
            value, drawn_any = known("cut", f"{state}, {states.PLACES[level]}"), True
            if value is None:
                continue
            limit = 60.0 if level == "county" else 600.0 if state in PROVEN_CUTS else 60.0
            asked = (
                f"proven in {limit:.0f} s"
                if level == "county" or state in PROVEN_CUTS
                else "a bound, and no worse than published"
            )
            rows_of(
                "cut",
                f"{state}, {states.PLACES[level]}",
                value.said(),
                asked,
                drawn(problem, effort=1.0),
                seconds or limit,
            )
    if not drawn_any:
        problem = instances.town(60, 4, 0.05, 60, 1).problem
        problem = replace(problem, border=np.ones(len(problem.edges)), goal=CUT)
        rows_of("cut", "seeded, 60 units, 4 districts, ±5 %", "", "", drawn(problem, effort=1.0), seconds or 60.0)


def areas(folder: Path | None, seconds: float | None) -> None:
    """The 325-area kind at ±10 %, ±5 % and ±2 %."""
    asked = {0.10: ("proven", 60.0), 0.05: ("proven in 5 min", 300.0), 0.02: ("≤ 0.5 % in 60 s", 60.0)}
    for tolerance, (wanted, limit) in asked.items():
        for seed in (1, 2, 3):
            problem = instances.town(325, 12, tolerance, limit, seed).problem
            name = f"seeded, 325 units, 12 beats, ±{tolerance:.0%}, seed {seed}"
            rows_of("beats", name, "", wanted, drawn(problem, effort=1.0), seconds or limit)


def changed(problem: DistrictingProblem, seconds: float) -> DistrictingProblem:
    """Return a problem with beats of today that are out of balance, and a change budget 2 % of the workload above the fewest that must move."""
    today = peers.by_hand(problem, seconds)
    assert today is not None
    problem = replace(problem, current=today, residents=problem.weight)
    fewest = solve_districts(
        replace(problem, goal=MOVES), seconds=seconds, seed=1, cancelled=Watch(clock=time.process_time)
    )
    return replace(problem, budget=fewest.objective + 0.02 * float(problem.weight.sum()))


def tight(folder: Path | None, seconds: float | None) -> None:
    """Tight budgets and heavy units: 4 beats of 86 units, and a cut of a real country."""
    for tolerance in (0.10, 0.05):
        problem = instances.town(86, 4, tolerance, 60, 1).problem
        name = f"seeded, 86 units, 4 beats, ±{tolerance:.0%}"
        rows_of("beats", name, "", "≤ 0.1 % in 60 s", drawn(problem, effort=1.0), seconds or 60.0)
    problem = changed(problem, seconds or 60.0)
    ours = {OURS: drawn(problem, effort=1.0)[OURS]}
    rows_of("beats, change budget", f"{name}, 2 % above the fewest", "", "≤ 0.1 % in 60 s", ours, seconds or 60.0)
    if not (instances.SHARED / "macedonia" / "units.gpkg").exists():
        print("(the units of Macedonia are not there)")
        return
    country = instances.macedonia(120)
    rows_of(
        "beats", f"{country.name}, ±10 %", "", "≤ 1 % in 120 s", drawn(country.problem, effort=1.0), seconds or 120.0
    )


def balances(folder: Path | None, seconds: float | None) -> None:
    """Several balances at once; of public instances the value is published in a file beside them that is called as its authors call it."""
    files = sorted(p for p in (folder.rglob("*") if folder else ()) if p.suffix in (".in", ".dat"))
    best: dict[str, float] = {}
    for path in sorted(folder.rglob("data.txt")) if folder else ():
        best |= several_balances.read_published(path.read_text("utf-8"))
    found = [several_balances.read(p.read_text("ascii"), p.stem) for p in files[:3]]
    for instance in found or [several_balances.made(60, 4, 1), several_balances.made(200, 6, 1)]:
        value = instance.published(best) if instance.by_number else None
        said = "" if value is None else f"{value:,.10g}"
        rows_of("several balances", instance.name, said, "feasible", drawn(instance.problem()), seconds or 60.0)


def levels(folder: Path | None, seconds: float | None) -> None:
    """Beats in sectors with a span of control, as `planning/beats/levels.py` has them."""
    for members, groups in ((40, 6), (100, 14)):
        town = instances.town(members, groups, 0.25, 60, 2).problem
        span = Balance("members", np.ones(members), float(members // groups - 2), float(members // groups + 2))
        name = f"seeded, {members} beats in {groups} sectors"
        rows_of("two levels", name, "", "proof of each", drawn(replace(town, balances=(span,))), seconds or 60.0)


# ---- officers


def roster(folder: Path | None, seconds: float | None) -> None:
    """Officers over sixty months."""
    for key in ("20 x 30 x 60", "400 x 1000 x 60"):
        beats, people, months, posts, limit, wanted = forces.REGISTRY[key]
        problem = forces.force(beats, people, months, posts, 0)
        asked = "" if wanted is None else f"≤ {wanted:.2%} in {limit:.0f} s"
        name = f"seeded, {beats} beats × {people:,} × {months} months"
        rows_of("officers", name, "", asked, posted(problem), seconds or limit)


def posted(problem: TenureProblem) -> Methods:
    """Return the methods for officers."""
    people, beats, months = len(problem.first), len(problem.posts), problem.months

    def of(postings: list | None, bound: float | None) -> Answer:
        if postings is None:
            return Answer(None, bound)
        return Answer(measure(problem, postings).objective(problem.weights), bound, not breaches(problem, postings))

    def ours(limit: float) -> Answer:
        found = assign(problem, seconds=limit, cancelled=Watch(clock=time.process_time))
        return of(found.postings, found.lower_bound)

    def cp_sat(limit: float) -> Answer:
        size = people * beats * months
        if size > MODELLED_MONTHS:
            return Answer(None, untried=f"not tried: {size:,} months")
        return of(*officers.cp_sat(problem, limit, 1))

    def thumb(limit: float) -> Answer:
        if people > 300:
            return Answer(None, untried="not tried: it looks at all officers in each month")
        return of(officers.rule_of_thumb(problem), None)

    return {OURS: (None, ours), "CP-SAT": ("ortools", cp_sat), "rule of thumb": (None, thumb)}


ROWS: dict[str, Callable[[Path | None, float | None], None]] = {
    "districts": districts,
    "cut": cut,
    "areas": areas,
    "tight": tight,
    "balances": balances,
    "levels": levels,
    **field_sites.ROWS,
    "officers": roster,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rows", nargs="*", choices=[*ROWS], default=[*ROWS])
    parser.add_argument("--seconds", type=float, help="of ours, for each row; else as many as it is asked in")
    options = parser.parse_args()
    # kernels are loaded before anything is timed
    solve_districts(several_balances.made(12, 2, 1).problem(), seconds=60, effort=0.01)
    assign(forces.force(6, 9, 24, 1, 0), seconds=60)
    print(HEADER, flush=True)
    for row in options.rows:
        ROWS[row](options.folder, options.seconds)


if __name__ == "__main__":
    main()
