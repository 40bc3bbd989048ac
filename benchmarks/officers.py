"""Measure the officers: ours, an OR-Tools CP-SAT model of the same problem, and a personnel office's rule of thumb, on the same forces.

    python benchmarks/officers.py [ROW …] [--threads N] [--seed N] [--no-peers] [--out FILE.md]

Rows are the keys of `forces.REGISTRY`; all of them take a quarter of an hour. CP-SAT has as long as ours may take. Every plan is measured by the same
functions and checked against every hard rule; the gap is to the best bound that ours or CP-SAT proved.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import subprocess
import time
from pathlib import Path

import numpy as np
from benchmarks.forces import REGISTRY, force

from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import breaches, measure, stay
from beatplanner.solver.officers.problem import Posting, TenureProblem

HEADER = (
    "| beats x officers x months | method | vacant months | broken tenures | language gaps | rotations | objective | gap | rules broken | seconds | CPU seconds |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)
# CP-SAT takes whole numbers: costs are counted in thousandths.
SCALE = 1_000


def rule_of_thumb(problem: TenureProblem) -> list[Posting]:
    """Fill each vacancy, month by month, with the nearest trained officer who holds no post; who leaves is followed as soon as known."""
    a, h = problem.arrays, problem.handover
    postings = stay(problem)
    busy = {p.officer for p in postings}
    for t in range(a.months):
        for place in range(len(a.posts)):
            # a vacancy is seen a handover ahead, so that the successor overlaps
            later = min(t + h, a.months - 1)
            held = sum(p.place == place and p.begin <= later < p.end for p in postings)
            begin = t
            for _ in range(held, int(a.posts[place])):
                free = [
                    o
                    for o in range(len(a.first))
                    if o not in busy and a.first[o] <= begin < a.stop[o] and a.allowed[o, place]
                ]
                if not free:
                    break
                o = min(free, key=lambda o: problem.kilometres[o, place])
                trial = [*postings, Posting(o, place, begin, int(a.stop[o]))]
                if not breaches(problem, trial):
                    postings = trial
                    busy.add(o)
    return postings


def cp_sat(problem: TenureProblem, seconds: float, threads: int) -> tuple[list[Posting] | None, float | None]:
    """The same problem in CP-SAT: presence by officer, beat and month as sums of beginnings and ends; for forces without options."""
    from ortools.sat.python import cp_model

    a, w, h = problem.arrays, problem.weights, problem.handover
    model = cp_model.CpModel()
    cost: list = []
    y: dict[tuple[int, int], list] = {}
    starts: dict[tuple[int, int], list] = {}
    ends: dict[tuple[int, int], list] = {}
    for o in range(len(a.first)):
        stop = int(a.stop[o])
        for p in range(len(a.posts)):
            stays = a.home[o] == p
            held = [model.new_bool_var("") if stays or t >= a.first[o] else 0 for t in range(stop)]
            begin = [model.new_bool_var("") if not stays and t >= a.first[o] else 0 for t in range(stop)]
            end = [model.new_bool_var("") for _ in range(stop)]
            broken = model.new_bool_var("")
            for t in range(stop):
                before = held[t - 1] if t else int(stays)
                model.add(held[t] - before == begin[t] - end[t])
                if stays:
                    if t + a.served[o] < a.tenure:
                        model.add_implication(end[t], broken)
                else:
                    model.add(sum(begin[max(0, t - a.tenure + 1) : t + 1]) <= held[t] + broken)
            if begin:
                model.add(sum(begin) <= 1)
            cost.append(int(w.tenure_violation * SCALE) * broken)
            if a.cost[o, p]:
                cost.append(round(float(a.cost[o, p]) * SCALE) * sum(held))
            y[o, p], starts[o, p], ends[o, p] = held, begin, end
        for t in range(stop):
            model.add_at_most_one([y[o, p][t] for p in range(len(a.posts)) if not isinstance(y[o, p][t], int)])
        begun = sum(sum(starts[o, p]) for p in range(len(a.posts)))
        if a.rooted[o]:
            cost.append(int(w.rotation * SCALE) * begun)
        else:
            again = model.new_int_var(0, 8, "")
            model.add(again >= begun - 1)
            cost.append(int(w.rotation * SCALE) * again)
    gone = {o: int(a.stop[o]) for o in range(len(a.first))}
    for p in range(len(a.posts)):
        posts, room = int(a.posts[p]), int(a.posts[p] + a.surplus[p])
        vacant = [model.new_int_var(0, posts, "") for _ in range(a.months)]
        cost.append(int(w.vacant_month * SCALE) * sum(vacant))

        def leaving(t: int, p: int = p) -> list:
            there = [ends[o, p][t] for o in gone if t < gone[o]]
            return there + [y[o, p][t - 1] for o in gone if t == gone[o] and t > 0]

        for t in range(a.months):
            there = sum(y[o, p][t] for o in gone if t < gone[o])
            model.add(there + vacant[t] >= posts)
            over = sum(sum(leaving(u)) for u in range(t + 1, min(t + h, a.months - 1) + 1))
            model.add(there <= room + over)
            if t and h:
                slots = vacant[t - 1] + (sum(leaving(t + h)) if t + h < a.months else 0)
                model.add(sum(starts[o, p][t] for o in gone if t < gone[o] and a.first[o] <= t - h) <= slots)
        for t in range(a.months):
            lacks = [k for k in range(a.needs.shape[1]) if a.needs[p, k]]
            if lacks:
                g = model.new_bool_var("")
                cost.append(int(w.language_gap * SCALE) * g)
                for k in lacks:
                    model.add(sum(y[o, p][t] for o in gone if t < gone[o] and a.has[o, k]) + g >= 1)
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = threads
    status = solver.solve(model)
    bound = solver.best_objective_bound / SCALE
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, bound if bound > 0 else None
    found = []
    for (o, p), held in y.items():
        months = [t for t, v in enumerate(held) if not isinstance(v, int) and solver.value(v)]
        if months:
            found.append(Posting(o, p, months[0], months[-1] + 1))
    return found, bound


def line(
    row: str,
    method: str,
    problem: TenureProblem,
    found: list[Posting] | None,
    bound: float | None,
    seconds: float,
    busy: float,
) -> str:
    """Return a row of the table."""
    if found is None:
        return f"| {row} | {method} | – | – | – | – | – | – | – | {seconds:.1f} | {busy:.1f} |"
    f = measure(problem, found)
    value = f.objective(problem.weights)
    gap = "no bound" if bound is None else f"{(value - bound) / value:.3%}"
    rules = len(breaches(problem, found))
    return (
        f"| {row} | {method} | {f.vacant_months} | {f.tenure_violations} | {f.language_gaps} | {f.rotations} | {value:,.1f} | {gap} | {rules} | "
        f"{seconds:.1f} | {busy:.1f} |"
    )


def clocks() -> tuple[float, float]:
    """Return wall and processor time, the latter over all threads; others may load the cores."""
    return time.perf_counter(), time.process_time()


def since(begin: tuple[float, float]) -> tuple[float, float]:
    """Return wall and processor seconds since `clocks`."""
    now = clocks()
    return now[0] - begin[0], now[1] - begin[1]


def main() -> None:
    """Print the table and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=[], help="keys of the registry")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-cp", action="store_true", help="leave CP-SAT out, which takes as long as ours may")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    print(f"commit {commit}, {platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    # the kernels are compiled once before anything is timed
    assign(force(5, 8, 24, 1, 0), seconds=120)
    lines = [HEADER]
    print(HEADER, flush=True)
    for row in options.rows or REGISTRY:
        beats, officers, months, posts, seconds, _ = REGISTRY[row]
        problem = force(beats, officers, months, posts, options.seed)
        begin = clocks()
        ours = assign(problem, seconds=seconds, threads=options.threads)
        rows = [("beatplanner", ours.postings, *since(begin))]
        bound = ours.lower_bound
        if not options.no_peers:
            begin = clocks()
            rows.append(("rule of thumb", rule_of_thumb(problem) if officers <= 300 else None, *since(begin)))
            if options.no_cp:
                pass
            elif importlib.util.find_spec("ortools") is None:
                print("ortools is not installed; its rows are left out")
            elif officers * beats * months <= 3_000_000:
                begin = clocks()
                found, proven = cp_sat(problem, seconds, options.threads)
                rows.append(("OR-Tools CP-SAT", found, *since(begin)))
                bound = max((b for b in (bound, proven) if b is not None), default=None)
        for method, found, took, busy in rows:
            lines.append(line(row, method, problem, found, bound, took, busy))
            print(lines[-1], flush=True)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
