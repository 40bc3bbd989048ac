"""Measure districts of US states: ours and published values on the same public graphs.

    python benchmarks/states.py FOLDER [STATE …] [--level tract] [--goal travel|cut] [--seconds S] [--threads N]

FOLDER holds a graph a state, as node-link JSON (``tract16.json``, or any name that has the state's number), GraphML, or two tables
``NAME_units.csv`` (id, population, x, y in degrees or kilometres) and ``NAME_edges.csv`` (from, to). None of them is part of the project. The
travel is Σ population × km² to the centre, within ±0.5 % of the mean, as of Validi, Buchanan and Lykhovyd (2022, Operations Research 70:2); the
cut is the number of edges between districts (Validi and Buchanan 2022, Mathematical Programming Computation 14:4). Their graphs of the travel use points that
are not public any more: where ours differ, so does the value, by up to half a percent; gaps can be compared all the same. Beside the solver's gap stands the
one that the plan's certificate proves, evaluated without the solver. The limit is of seconds of the processor, of all threads together, so that
what else runs on the machine does not change what is proven; the check has none, and its seconds are in no column but the last.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from benchmarks.checker_area import area_of
from benchmarks.published import known

from beatplanner.planning.verification.cut_proof import prove_cut
from beatplanner.planning.verification.travel_bound import prove
from beatplanner.planning.whole.beat_proofs import FINE_STEP, STEP, WORTH_FINER, packed
from beatplanner.planning.whole.cut_proofs import packed_cone, packed_rings
from beatplanner.solver.clock import Watch, read_clock
from beatplanner.solver.districts.annealing import CUT, TRAVEL
from beatplanner.solver.districts.problem import DistrictingProblem, Districts
from beatplanner.solver.districts.solve import solve_districts

EARTH_KM = 6371.0088
TOLERANCE = 0.005
# The levels of the graphs, and what their places are called in the register of published values.
PLACES = {"tract": "tracts", "county": "counties"}
# State: its number and its districts of 2010.
STATES: dict[str, tuple[int, int]] = {
    "ID": (16, 2), "NH": (33, 2), "ME": (23, 2), "NM": (35, 3), "NE": (31, 3), "UT": (49, 4), "MS": (28, 4), "AR": (5, 4), "OK": (40, 5),
    "KS": (20, 4), "WV": (54, 3), "NV": (32, 4), "AL": (1, 7), "IA": (19, 4), "LA": (22, 6),
}  # fmt: skip
PEOPLE = ("population", "P0010001", "TOTPOP", "POP10", "pop")
ACROSS = ("x", "C_X", "INTPTLON20", "INTPTLON10", "lon")
UP = ("y", "C_Y", "INTPTLAT20", "INTPTLAT10", "lat")


def read_graph(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return population (n,), points (n, 2) and edges (m, 2) of a graph in one of the public formats.

    Raises
    ------
    ValueError
        Where a node lacks population or a point; it says which columns are sought.
    """
    if path.suffix == ".json":
        data = json.loads(path.read_text("utf-8"))
        nodes = data["nodes"]
        place = {node["id"]: k for k, node in enumerate(nodes)}
        if "adjacency" in data:
            links = [(k, place[e["id"]]) for k, row in enumerate(data["adjacency"]) for e in row]
        else:
            links = [(place[e["source"]], place[e["target"]]) for e in data.get("links", data.get("edges", []))]
    elif path.suffix == ".graphml":
        graph = nx.read_graphml(path)
        nodes = [dict(graph.nodes[v]) for v in graph.nodes]
        place = {v: k for k, v in enumerate(graph.nodes)}
        links = [(place[a], place[b]) for a, b in graph.edges]
    else:
        table = pd.read_csv(path)
        nodes = table.to_dict("records")
        place = {node["id"]: k for k, node in enumerate(nodes)}
        pairs = pd.read_csv(path.with_name(path.name.replace("_units", "_edges")))
        links = [(place[a], place[b]) for a, b in zip(pairs.iloc[:, 0], pairs.iloc[:, 1], strict=True)]
    edges = sorted({(min(a, b), max(a, b)) for a, b in links if a != b})
    points = np.column_stack([_column(nodes, ACROSS), _column(nodes, UP)])
    return _column(nodes, PEOPLE), points, np.array(edges, int).reshape(-1, 2)


def _column(nodes: list[dict], names: tuple[str, ...]) -> np.ndarray:
    """Return the first of some columns that all nodes have, as numbers."""
    for name in names:
        if all(name in node for node in nodes):
            return np.array([float(node[name]) for node in nodes])
    raise ValueError(f"the nodes have none of the columns {', '.join(names)}")


def kilometres(points: np.ndarray) -> np.ndarray:
    """Return the distances between points, (n, n): along great circles where they are in degrees, else straight."""
    if np.abs(points[:, 0]).max() > 180 or np.abs(points[:, 1]).max() > 90:
        return np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    east, north = np.radians(points).T
    half = np.sin((north[:, None] - north) / 2) ** 2
    half += np.cos(north[:, None]) * np.cos(north) * np.sin((east[:, None] - east) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(1.0, half)))


def problem_of(path: Path, count: int, goal: int) -> DistrictingProblem:
    """Return a state's problem, within ±0.5 % of the mean."""
    people, points, edges = read_graph(path)
    mean = people.sum() / count
    flat = points.copy()
    if np.abs(points).max() <= 180:
        flat = np.radians(points) * EARTH_KM * 1000 * np.array([math.cos(np.radians(points[:, 1].mean())), 1.0])
    return DistrictingProblem(
        weight=people,
        xy=flat,
        edges=edges,
        border=np.ones(len(edges)),
        count=count,
        lower=float(math.ceil(mean * (1 - TOLERANCE))),
        upper=float(math.floor(mean * (1 + TOLERANCE))),
        distance=kilometres(points) ** 2 if goal == TRAVEL else None,
        goal=goal,
    )


def file_of(folder: Path, level: str, number: int) -> Path | None:
    """Return a state's file: its name has the level, if any does, and ends with the state's number."""
    found = sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".graphml") and level in p.name)
    return next((p for p in found if p.stem.endswith(f"{number:02d}")), None)


def certified(problem: DistrictingProblem, plan: Districts) -> float | None:
    """Return the bound that a plan's certificate proves without the solver, as it is written into a result; None where it proves none."""
    if plan.evidence is None or plan.lower_bound is None:
        return None
    area = area_of(problem)
    if problem.goal == CUT:
        held = plan.evidence
        proof = ({} if held.cone is None else packed_cone(held.cone)) | (
            {} if held.rings is None else packed_rings(held.rings)
        )
        return min(prove_cut(area, plan.lower_bound, proof), plan.lower_bound)
    found = -math.inf
    for share in (STEP, FINE_STEP):
        if found < plan.lower_bound * (1 - WORTH_FINER) and (proof := packed(plan.evidence, share=share)):
            found = max(found, prove(area, proof, False, plan.lower_bound))
    return min(found, plan.lower_bound) if found > -math.inf else None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("states", nargs="*", default=[])
    parser.add_argument("--level", choices=("tract", "county"), default="tract")
    parser.add_argument("--goal", choices=("travel", "cut"), default="travel")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_intermixed_args()
    goal = TRAVEL if options.goal == "travel" else CUT
    print(
        "| state | units/districts | ours | bound | gap | certified gap | published | its gap | seconds | of the processor | the check's |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    for state in options.states or STATES:
        number, count = STATES[state]
        path = file_of(options.folder, options.level, number)
        if path is None:
            continue
        problem = problem_of(path, count, goal)
        begin, clock = time.monotonic(), Watch(clock=time.process_time)
        spent = read_clock(clock)
        # the plans of the travel come from its bound, those of the cut from walks
        effort = 0.2 if goal == TRAVEL else 4.0
        plan = solve_districts(
            problem,
            seconds=options.seconds,
            threads=options.threads,
            seed=1,
            nodes=2**31 - 1,
            effort=effort,
            cancelled=clock,
        )
        begin, spent = time.monotonic() - begin, read_clock(clock) - spent
        scale = 1e6 if goal == TRAVEL else 1.0
        gap = 1 - (plan.lower_bound or 0.0) / plan.objective
        published = known(options.goal, f"{state}, {PLACES[options.level]}")
        theirs, their_gap = ("–", "–") if published is None else (f"{published.value:,.10g}", f"{published.gap:.2%}")
        check = read_clock(clock)
        proven = certified(problem, plan)
        check = read_clock(clock) - check
        checked = "–" if proven is None else f"{1 - proven / plan.objective:.3%}"
        value = f"{plan.objective / scale:,.2f}" if plan.outside == 0 else "no plan"
        print(
            f"| {state} | {len(problem.weight):,}/{count} | {value} | {(plan.lower_bound or 0.0) / scale:,.2f} | {gap:.3%} | {checked} | "
            f"{theirs} | {their_gap} | {begin:.1f} | {spent:.1f} | {check:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
