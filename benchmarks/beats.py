"""Measure the beats: ours and others' on the same instances in the same run.

    python benchmarks/beats.py [ROW …] [--seeds N] [--threads N] [--no-peers] [--out FILE.md]

Rows are the keys of `instances.REGISTRY`; without any, all are measured, which takes two hours. Peers are run for as long as ours
took, at least ten seconds; those that are not installed (gerrychain, spopt, ortools) are said to be absent.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import time
import warnings
from pathlib import Path

import numpy as np
from instances import REGISTRY, SHARED, Instance, town
from peers import PEERS, installed, travel
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.solver.districts.solve import solve_districts

HEADER = (
    "| instance | method | travel, workload-km | above the best bound | worst deviation | broken beats | seconds |\n"
    "|---|---|--:|--:|--:|--:|--:|"
)


def figures(instance: Instance, district: np.ndarray) -> tuple[float, float, int]:
    """Return travel, worst deviation and the number of beats that are not connected."""
    problem = instance.problem
    loads = np.array([problem.weight[district == k].sum() for k in np.unique(district)])
    mean = problem.weight.sum() / problem.count
    a, b = problem.edges[district[problem.edges[:, 0]] == district[problem.edges[:, 1]]].T
    inside = sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(len(district), len(district)))
    piece = csgraph.connected_components(inside, directed=False)[1]
    pieces = np.unique(np.column_stack([district, piece]), axis=0)[:, 0]
    broken = int((np.unique(pieces, return_counts=True)[1] > 1).sum())
    return travel(problem, district), float(np.abs(loads / mean - 1).max()), broken


def line(instance: Instance, method: str, district: np.ndarray | None, bound: float | None, seconds: float) -> str:
    """Return a row of the table; a plan that breaks a rule is marked."""
    if district is None:
        return f"| {instance.name} ±{instance.tolerance:.0%} | {method} | – | – | – | – | {seconds:.1f} |"
    value, deviation, broken = figures(instance, district)
    count = len(np.unique(district))
    kept = broken == 0 and deviation <= instance.tolerance * (1 + 1e-6) and count == instance.problem.count
    gap = f"{value / bound - 1:.2%}" if bound and kept else "rules broken" if not kept else "no bound"
    beats = "" if count == instance.problem.count else f" ({count} beats)"
    return (
        f"| {instance.name} ±{instance.tolerance:.0%} | {method} | {value / 1000:,.0f}{beats} | {gap} | {deviation:.1%} | {broken} | "
        f"{seconds:.1f} |"
    )


def main() -> None:
    """Print the table and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=[], help="keys of the registry")
    parser.add_argument("--seeds", type=int, default=99, help="instances of each row at most")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    print(f"commit {commit}, {platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    # the kernels are compiled once before anything is timed
    solve_districts(town(40, 4, 0.3, 5, 0).problem, seconds=5, threads=options.threads, effort=0.01)
    lines = [HEADER]
    print(HEADER, flush=True)

    def say(text: str) -> None:
        lines.append(text)
        print(text, flush=True)

    for key in options.rows or REGISTRY:
        wanted, makers = REGISTRY[key]
        if key in ("newhaven", "macedonia") and not (SHARED / key).exists():
            print(f"(no data for {key})")
            continue
        met = []
        for k, make in enumerate(makers[: options.seeds]):
            instance = make()
            begin = time.monotonic()
            ours = solve_districts(
                instance.problem, seconds=instance.seconds, threads=options.threads, seed=1, nodes=2**31 - 1, effort=2.0
            )
            spent = time.monotonic() - begin
            met.append((ours.objective / ours.lower_bound - 1) if ours.lower_bound else float("inf"))
            say(line(instance, "**beatplanner**", ours.district, ours.lower_bound, spent))
            if options.no_peers or k > 0:
                continue
            for name, package, largest, peer in PEERS:
                if len(instance.problem.weight) > largest:
                    continue
                if not installed(package):
                    say(f"| {instance.name} ±{instance.tolerance:.0%} | {name} | not installed | | | | |")
                    continue
                begin = time.monotonic()
                try:
                    district = peer(instance.problem, max(10.0, spent))
                except Exception as error:  # a peer that fails is a row of the table
                    print(f"({name}: {type(error).__name__}: {error})")
                    district = None
                say(line(instance, name, district, ours.lower_bound, time.monotonic() - begin))
        print(f"({wanted}; gaps {', '.join(f'{g:.3%}' for g in met)})", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\npeak memory {peak:.2f} GB")
    if options.out is not None:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
