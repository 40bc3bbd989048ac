"""Measure how reading, planning, proving and writing grow with the town, and which grows worst.

    python benchmarks/scale.py [UNITS …] [--incidents N …] [--no-proof] [--pack] [--out FILE.md]

Without UNITS 100 to 20,000 are measured, which takes ten minutes of a core. Each size is a process of its own, so that its peak memory is its own. Seconds are
those of the processor, which other work on the machine does not change; one thread. Writing is that of layers, report and papers: check and pack, which take
much longer, have columns of their own with ``--pack``, as has the memory with them. The exponent of a phase is the slope of log seconds over
log size through the sizes of at least a thousand (all where there are fewer than two). What must hold: no phase but the proof above n^1.3 in time, none above n in memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

UNITS = (100, 300, 1_000, 3_000, 10_000, 20_000)
INCIDENTS = (10_000, 100_000, 300_000, 1_000_000, 2_000_000)
PHASES = ("reading", "workload", "planning", "proving", "writing", "check and pack")
# What the columns say where that is more than the phase.
HEADS = {"writing": "writing without the pack"}
# Units of a beat, incidents a unit, and units of the town whose incidents are varied.
A_BEAT, A_UNIT, TOWN = 25, 10, 1_000
# Moves a unit are the same at all sizes: this share of a plan's.
EFFORT = 0.02
# What may hold at most.
TIME, MEMORY = 1.3, 1.0


def write_town(folder: Path, units: int, incidents: int) -> Path:
    """Write a town of Voronoi cells, 20 ha each, with residents and incidents; return its description."""
    random = np.random.default_rng(units)
    side = np.sqrt(units * 200_000.0)
    points = random.uniform(0, side, (units, 2))
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=shapely.box(0, 0, side, side), ordered=True)
    polygons = shapely.intersection(np.array(cells.geoms), shapely.box(0, 0, side, side))
    polygons = shapely.transform(polygons, lambda c: c + np.array([500_000.0, 4_600_000.0]))
    residents = random.lognormal(5.5, 0.6, units).astype(int)
    frame = {"unit": [f"u{k}" for k in range(units)], "pop": residents}
    gpd.GeoDataFrame(frame, geometry=polygons, crs=32634).to_file(folder / "units.gpkg")
    where = random.integers(units, size=incidents)
    spread = random.normal(0, 120.0, (incidents, 2))
    at = np.clip(points[where] + spread, 1.0, side - 1.0) + np.array([500_000.0, 4_600_000.0])
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(365 * 24 * 60, size=incidents), unit="min")
    table = {"east": at[:, 0].round(1), "north": at[:, 1].round(1), "occurred": days.strftime("%Y-%m-%d %H:%M")}
    pd.DataFrame(table).to_csv(folder / "incidents.csv", index=False)
    (folder / "town.toml").write_text(
        f"""[project]
name = "Scale"
crs = "EPSG:32634"
[units]
path = "units.gpkg"
id = "unit"
population = "pop"
[incidents]
path = "incidents.csv"
x = "east"
y = "north"
crs = "EPSG:32634"
time = "occurred"
[beats]
count = {max(2, units // A_BEAT)}
tolerance = 0.10
""",
        encoding="utf-8",
    )
    return folder / "town.toml"


def measure(units: int, incidents: int, proof: bool, pack: bool) -> dict[str, float]:
    """Return the processor seconds of each phase, the gap, and the greatest memory in GB."""
    from beatplanner.data.description.read import read_description
    from beatplanner.data.publish.everything import write_everything
    from beatplanner.data.town.read_town import read_town
    from beatplanner.planning.beats.plan import given_beats
    from beatplanner.planning.beats.problems import Problems
    from beatplanner.planning.whole.plan import Plan
    from beatplanner.planning.whole.summarise import summarise
    from beatplanner.planning.whole.tables import tables
    from beatplanner.planning.workload import plan_workload
    from beatplanner.solver.districts.solve import solve_districts
    from beatplanner.solver.prepare import prepare

    prepare(["beats"])
    found: dict[str, float] = {"units": units, "incidents": incidents}
    found["loaded"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    with tempfile.TemporaryDirectory() as name:
        project = write_town(Path(name), units, incidents)
        begin = time.process_time()

        def took(phase: str) -> None:
            nonlocal begin
            found[phase] = time.process_time() - begin
            print(f"{units:,} units: {phase} {found[phase]:.2f} s", file=sys.stderr, flush=True)
            begin = time.process_time()

        town = read_town(read_description(project))
        took("reading")
        workload = plan_workload(town)
        problem = Problems(town, workload).parts[0].problem
        took("workload")
        plan = solve_districts(problem, seconds=1e9, effort=EFFORT, prove=False, seed=1)
        took("planning")
        if proof:
            proven = solve_districts(problem, seconds=1e9, effort=1e-9, nodes=1, start=plan.district, seed=1)
            took("proving")
            found["gap"] = 1 - (proven.lower_bound or 0.0) / proven.objective
        beats = given_beats(town, workload, np.array([f"b{d}" for d in plan.district], dtype=object))
        whole = Plan(town, workload, beats, None, None)
        summary = summarise(whole, seed=1, threads=1, time_limit=None, seconds=0.0)
        out, written = Path(name) / "out", tables(whole, summary)
        write_everything(out, written)
        took("writing")
        found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        if pack:
            from beatplanner.planning.forum.forum_pack import write_pack
            from beatplanner.planning.whole.verdict import write_verdict

            write_pack(out, written, town, verdict=write_verdict(out, town))
            took("check and pack")
            found["with pack"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return found


def exponent(size: list[float], value: list[float]) -> float:
    """Return the slope of log value over log size, through the sizes of at least a thousand where there are two."""
    x, y = np.array(size, float), np.array(value, float)
    large = x >= 1_000
    if large.sum() >= 2:
        x, y = x[large], y[large]
    return float(np.polyfit(np.log(x), np.log(np.maximum(y, 1e-3)), 1)[0]) if len(x) >= 2 else float("nan")


def memory_exponent(size: list[float], memory: list[float], loaded: list[float]) -> float:
    """Return p of memory = a + b size^p.

    Small towns need less than loading the program and drawing its maps do at their peak, which hides what grows: only sizes a fifth above the
    least peak count. Where fewer than three are, the slope of log memory above the loaded program's over log size is returned.
    """
    x, y = np.array(size, float), np.array(memory, float)
    above = y > 1.2 * y.min()
    if above.sum() < 3:
        return exponent(size, [m - base for m, base in zip(memory, loaded, strict=True)])
    x, y = x[above] / x.max(), y[above]
    powers = np.arange(0.3, 3.0, 0.01)
    left = [float(np.sum((y - np.polyval(np.polyfit(x**p, y, 1), x**p)) ** 2)) for p in powers]
    return float(powers[int(np.argmin(left))])


def in_process(units: int, incidents: int, proof: bool, pack: bool) -> dict[str, float]:
    """Measure a size in a process of its own."""
    command = [sys.executable, __file__, "--one", str(units), str(incidents), *([] if proof else ["--no-proof"])]
    command += ["--pack"] if pack else []
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1])


def table(rows: list[dict[str, float]], by: str) -> str:
    """Return the rows as a table with the exponents of each phase below."""
    phases = [p for p in PHASES if all(p in r for r in rows)]
    pack = all("with pack" in r for r in rows)
    heads = [by, *(HEADS.get(p, p) for p in phases), "gap", "memory, GB", *(["with the pack, GB"] if pack else [])]
    lines = [f"| {' | '.join(heads)} |", f"|{'--:|' * len(heads)}"]
    for r in rows:
        gap = f"{r['gap']:.2%}" if "gap" in r else "–"
        seconds = " | ".join(f"{r[p]:.2f}" for p in phases)
        lines.append(
            f"| {r[by]:,.0f} | {seconds} | {gap} | {r['memory']:.2f} |" + (f" {r['with pack']:.2f} |" if pack else "")
        )
    size = [r[by] for r in rows]
    grows = {p: exponent(size, [r[p] for r in rows]) for p in phases}
    memory = memory_exponent(size, [r["memory"] for r in rows], [r["loaded"] for r in rows])
    lines.append(
        f"| grows as n^ | {' | '.join(f'{grows[p]:.2f}' for p in phases)} | | {memory:.2f} |" + (" |" if pack else "")
    )
    worst = max(grows, key=lambda p: grows[p])
    above = [p for p, g in grows.items() if g > TIME and p != "proving"] + (["memory"] if memory > MEMORY else [])
    lines.append(f"\nWorst: {worst}, n^{grows[worst]:.2f}. Above what may be: {', '.join(above) or 'nothing'}.")
    return "\n".join(lines)


def main() -> None:
    """Print both tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("units", nargs="*", type=int)
    parser.add_argument("--incidents", nargs="*", type=int, default=list(INCIDENTS))
    parser.add_argument("--no-proof", action="store_true")
    parser.add_argument("--pack", action="store_true")
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.one:
        units, incidents = options.one
        print(json.dumps(measure(units, incidents, not options.no_proof, options.pack)))
        return
    sizes = options.units or list(UNITS)
    parts = []
    for by, cases in (
        ("units", [(n, A_UNIT * n, not options.no_proof, options.pack) for n in sizes]),
        ("incidents", [(TOWN, n, False, False) for n in options.incidents]),
    ):
        if cases:
            parts.append(table([in_process(*case) for case in cases], by))
            print(parts[-1], flush=True)
    if options.out is not None:
        options.out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
