"""Measure a whole country: North Macedonia planned by 1 and 2 workers, and hours and memory of a synthetic country estimated from a sample.

    python benchmarks/country.py [--data FOLDER] [--workers 1 2] [--sample 40] [--out FILE.md]

FOLDER holds ``units.gpkg`` and ``sites.csv`` of the country (``../shared/macedonia`` beside the checkout); without it only the synthetic country is
measured. Where other programs load the cores, wall seconds say little: the CPU seconds of the municipalities are told beside them, and the scaling
that they give where tasks are handed out the largest first.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import os
import platform
import resource
import subprocess
import tempfile
import time
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
from beatplanner.planning.beats.alone import plan_alone
from beatplanner.planning.beats.municipality import MunicipalityTask, Setting
from beatplanner.planning.beats.parallel import WorkerPool, worker_pool
from beatplanner.planning.beats.problems import Problems
from beatplanner.planning.whole.run import run
from beatplanner.planning.workload import plan_workload
from beatplanner.solver.districts.solve import PROOF_NODES

ROOT = Path(__file__).parents[1]
MACEDONIA = """[project]
name = "North Macedonia"
[units]
path = "{data}/units.gpkg"
id = "settlement"
name = "name"
population = "population"
municipality = "municipality"
[workload]
min_officers_per_beat = 2
[beats]
count = "auto"
tolerance = 0.25
[stations]
count = 60
walk_minutes = 30
candidates = {{ path = "{data}/sites.csv", x = "lon", y = "lat", crs = "EPSG:4326", id = "site", name = "name" }}
"""
MUNICIPALITIES, UNITS_EACH = 2_000, 50
# The country's own step that is not spread: reading, stations, checking, writing.
LPT = "largest first"


def cpu() -> float:
    """CPU seconds of this process and of its children that ended."""
    return sum(
        r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def makespan(seconds: list[float], workers: int) -> float:
    """Return when the last worker ends where tasks are handed out the largest first."""
    busy = [0.0] * workers
    for each in sorted(seconds, reverse=True):
        heapq.heapreplace(busy, busy[0] + each)
    return max(busy)


def timed_alone(setting, asked, seconds, cancelled):
    """One municipality, with its CPU seconds and the worker's greatest memory in MB."""
    begin = time.process_time()
    found = plan_alone(setting, asked, seconds, cancelled)
    return found, time.process_time() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def setting_of(problems: Problems) -> Setting:
    """One thread, seed 0 and a proof of the usual length."""
    names = problems.town.units["name"].to_numpy(object)
    return Setting(names, problems.labels, 1, 0, PROOF_NODES, None)


def municipal_cpu(problems: Problems) -> list[float]:
    """CPU seconds of each municipality, one after another in this process."""
    setting, asked = setting_of(problems), [(p, MunicipalityTask("plan")) for p in problems.parts]
    plan_alone(setting, asked[0], 60.0, lambda: False)  # what is compiled is compiled once
    return [timed_alone(setting, a, 300.0, lambda: False)[1] for a in asked]


def timed_phase() -> dict[str, float]:
    """Have the phase that is spread over the workers tell its wall seconds, from the first task sent to the last one done."""
    time_taken = {"seconds": 0.0}
    each = WorkerPool.each

    def timed(self, *arguments, **options):
        begin = time.monotonic()
        found = each(self, *arguments, **options)
        time_taken["seconds"] = time.monotonic() - begin
        return found

    WorkerPool.each = timed
    return time_taken


def macedonia(data: Path, workers: list[int]) -> list[str]:
    """Plan the country by each number of workers, check that the plans are alike, and tell the times."""
    from beatplanner.data.description.read import read_description
    from beatplanner.data.town.read_town import read_town
    from beatplanner.planning.verification import verify

    lines = [
        "| workers | whole run, s | beats alone, s | CPU, s | beats | status | verified | same plan |",
        "|--:|--:|--:|--:|--:|---|---|---|",
    ]
    phase = timed_phase()
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "project.toml"
        project.write_text(MACEDONIA.format(data=data.as_posix()), encoding="utf-8")
        first = None
        for n in [0, *workers]:
            out = Path(place) / f"out-{n}"
            begin, spent = time.monotonic(), cpu()
            summary = run(project, out, workers=n or None, time_limit=None)
            wall, spent = time.monotonic() - begin, cpu() - spent
            beats = gpd.read_file(out / "plan.gpkg", layer="units")[["unit", "beat"]].to_csv().encode()
            mark = hashlib.sha256(beats).hexdigest()
            first = first or mark
            checked = "yes" if verify(out).ok else "NO"
            lines.append(
                f"| {n or 'serial'} | {wall:.0f} | {phase['seconds'] if n else 0:.1f} | {spent:.0f} | {summary['beats']['count']} | {summary['beats']['status']} | {checked} | {'yes' if mark == first else 'NO'} |"
            )
            print(lines[-1], flush=True)
        town = read_town(read_description(project).model_copy(update={"stations": None}))
        each = municipal_cpu(Problems(town, plan_workload(town)))
    alone, two = sum(each), makespan(each, 2)
    lines.append("")
    lines.append(
        f"CPU seconds of the {len(each)} municipalities' beats: {alone:.1f} in all, the longest {max(each):.1f}. Tasks handed out {LPT}: {two:.1f} s by two "
        f"workers, scaling {alone / two:.2f}."
    )
    return lines


def synthetic() -> Town:
    """A country of 2,000 municipalities with 50 square units each; residents after a town and its villages."""
    rng = np.random.default_rng(1)
    across, wide, high = 50, 10, 5
    m = np.repeat(np.arange(MUNICIPALITIES), UNITS_EACH)
    k = np.tile(np.arange(UNITS_EACH), MUNICIPALITIES)
    x = ((m % across) * wide + k % wide) * 2_000.0 + 100_000
    y = ((m // across) * high + k // wide) * 2_000.0 + 4_600_000
    residents = np.round(rng.lognormal(6.9, 0.9, len(m)))
    names = np.array([f"Place {i}" for i in range(len(m))], dtype=object)
    units = gpd.GeoDataFrame(
        {
            "unit": [str(i) for i in range(len(m))],
            "name": names,
            "municipality": [f"M{i:04d}" for i in m],
            "population": residents,
            "workload": np.nan,
            "current": None,
            "locked": None,
            "x": x + 1_000,
            "y": y + 1_000,
        },
        geometry=shapely.box(x, y, x + 2_000, y + 2_000),
        crs="EPSG:32634",
    )
    i = np.arange(len(m))
    right, up = i[k % wide < wide - 1], i[k // wide < high - 1]
    edges = pd.DataFrame(
        {
            "a": np.concatenate([right, up]),
            "b": np.concatenate([right + 1, up + wide]),
            "metres": 2_000.0,
            "kind": "border",
        }
    )
    rules = Description(
        project=Project(name="Synthetic"),
        units=Units(path=Path("none"), id="unit", population="p", municipality="m"),
        workload=Workload(),
        beats=Beats(count="auto", tolerance=0.25),
    )
    return Town(rules, CRS.from_epsg(32634), units, True, edges)


def estimate(sample: int) -> list[str]:
    """Plan a sample of the synthetic country on one worker that holds the whole country's data, and work out the hours."""
    town = synthetic()
    begin = time.process_time()
    problems = Problems(town, plan_workload(town))
    parts = problems.parts
    prepared = time.process_time() - begin
    chosen = np.random.default_rng(0).choice(len(parts), sample, replace=False)
    beats = sum(p.problem.count for p in parts)
    with tempfile.TemporaryDirectory() as place, worker_pool(1, None, Path(place) / "out") as pool:
        pool.kept = None
        found = pool.each(
            timed_alone,
            setting_of(problems),
            [(parts[k], MunicipalityTask("plan")) for k in chosen],
            [600.0] * sample,
            names=[parts[k].name for k in chosen],
            sizes=[UNITS_EACH] * sample,
            phase="sample",
            settings={},
        )
    seconds = np.array([t[1] for t in found])
    memory = max(t[2] for t in found)
    # the first task of a worker loads the compiled code
    mean = float(np.median(seconds) if sample < 5 else np.mean(np.sort(seconds)[:-1]))
    error = 1.96 * float(np.std(np.sort(seconds)[:-1], ddof=1)) / np.sqrt(max(1, sample - 1))
    whole = mean * len(parts) / 3600
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"Synthetic country: {len(parts):,} municipalities, {len(town.units):,} units, {beats:,} beats; a sample of {sample} municipalities planned by one worker.",
        f"CPU seconds a municipality: {mean:.2f} ± {error:.2f} (95 %); the whole country {whole:.2f} hours of one worker, after {prepared:.0f} s of preparing.",
        f"Greatest memory of the worker {memory:,.0f} MB (limit 1,500), of the process that plans {here:,.0f} MB.",
        f"Workers that bring the beats under an hour: {max(1, int(np.ceil(whole * 1.1)))} (a tenth more than evenly shared).",
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "macedonia")
    options.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    options.add_argument("--sample", type=int, default=40)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    lines = [
        f"Commit {commit}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start.",
        "",
    ]
    if (given.data / "units.gpkg").is_file():
        lines += [*macedonia(given.data, given.workers), ""]
    lines += estimate(given.sample)
    text = "\n".join(lines)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
