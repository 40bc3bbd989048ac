"""Measure reading at a city's size: 500,000 incidents in 20,000 units read, checked and joined, beside plain geopandas on the same files.

    python benchmarks/input.py [--incidents N] [--units N] [--out FILE.md]

Each runs in a process of its own, so that its memory is its own. Plain geopandas does less: `pandas.read_csv`, `points_from_xy`, `to_crs` and
`sjoin`; it finds no wrong row, no duplicate, no foreign column and no gap between units.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CRS = "EPSG:32634"
WEST, SOUTH, SIDE = 540_000.0, 4_650_000.0, 250.0
DESCRIPTION = """[project]
name = "City"
[units]
path = "units.gpkg"
id = "unit"
population = "pop"
[incidents]
path = "incidents.csv"
x = "lon"
y = "lat"
crs = "EPSG:4326"
category = "type"
time = "when"
record = "record"
timezone = "Europe/Skopje"
[beats]
count = 40
"""


def write(folder: Path, incidents: int, units: int) -> None:
    """Write units whose corners are moved a bit, so that no border is straight, and incidents around busy corners."""
    import geopandas as gpd
    import pandas as pd
    import shapely
    from pyproj import Transformer

    rng = np.random.default_rng(1)
    wide = round(units**0.5)
    high = -(-units // wide)
    corner = np.stack(np.meshgrid(np.arange(wide + 1), np.arange(high + 1)), axis=-1) * SIDE + rng.uniform(
        -60, 60, (high + 1, wide + 1, 2)
    )
    corner += [WEST, SOUTH]
    number = np.arange(units)
    r, c = number // wide, number % wide
    rings = np.stack([corner[r, c], corner[r, c + 1], corner[r + 1, c + 1], corner[r + 1, c], corner[r, c]], axis=1)
    shapes = shapely.polygons(rings)
    gpd.GeoDataFrame({"unit": number + 1, "pop": rng.integers(0, 900, units)}, geometry=shapes, crs=CRS).to_file(
        folder / "units.gpkg"
    )
    centre = rng.uniform([WEST, SOUTH], [WEST + wide * SIDE, SOUTH + (high - 1) * SIDE], (400, 2))
    place = centre[rng.integers(0, 400, incidents)] + rng.normal(0, 900, (incidents, 2))
    x, y = Transformer.from_crs(CRS, 4326, always_xy=True).transform(*place.T)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730 * 1440, incidents), unit="min")
    record = np.arange(incidents)
    record[rng.integers(0, incidents, incidents // 100)] = 7
    frame = pd.DataFrame(
        {
            "record": record,
            "type": np.array(["theft", "noise", "assault", "burglary"])[rng.integers(0, 4, incidents)],
            "when": when.strftime("%d.%m.%Y %H:%M"),
            "lon": np.round(x, 6),
            "lat": np.round(y, 6),
            "reported by": "a name that is not read",
            "text": "what happened, in words that nobody needs here",
        }
    )
    frame.to_csv(folder / "incidents.csv", index=False)
    (folder / "project.toml").write_text(DESCRIPTION, encoding="utf-8")


def ours(folder: Path) -> dict[str, float]:
    from beatplanner.data.description.read import read_description
    from beatplanner.data.guided_import.checks import check
    from beatplanner.data.town.read_town import read_town

    begin, used = time.perf_counter(), time.process_time()
    town = read_town(read_description(folder / "project.toml"))
    read, read_cpu = time.perf_counter() - begin, time.process_time() - used
    assert town.incidents is not None
    inside = int((town.incidents["unit"] >= 0).sum())
    begin, used = time.perf_counter(), time.process_time()
    check(folder / "project.toml")
    return {
        "seconds": read,
        "cpu": read_cpu,
        "inside": inside,
        "check": time.perf_counter() - begin,
        "check_cpu": time.process_time() - used,
    }


def plain(folder: Path) -> dict[str, float]:
    import geopandas as gpd
    import pandas as pd

    begin, used = time.perf_counter(), time.process_time()
    units = gpd.read_file(folder / "units.gpkg")
    frame = pd.read_csv(folder / "incidents.csv", parse_dates=["when"], dayfirst=True)
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326).to_crs(
        units.crs
    )
    joined = points.sjoin(units, predicate="intersects")
    return {"seconds": time.perf_counter() - begin, "cpu": time.process_time() - used, "inside": len(joined)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=500_000)
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--run", choices=["ours", "plain"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        import resource

        found = {"ours": ours, "plain": plain}[given.run](given.folder)
        found["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory(prefix="input-") as name:
        folder = Path(name)
        write(folder, given.incidents, given.units)
        size = (folder / "incidents.csv").stat().st_size / 1e6
        rows = []
        for method, words in (("ours", "beatplanner: read, check, join"), ("plain", "geopandas: read, sjoin")):
            done = subprocess.run(
                [sys.executable, __file__, "--run", method, "--folder", name],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(done.stderr)
            f = json.loads(done.stdout)
            rows.append(f"| {words} | {f['seconds']:.1f} | {f['cpu']:.1f} | {f['gigabytes']:.2f} | {f['inside']:,} |")
            if "check" in f:
                rows.append(
                    f"| beatplanner check (reads again, then every doubt) | {f['check']:.1f} | {f['check_cpu']:.1f} | | |"
                )
    table = "\n".join(
        [
            "| method | seconds | CPU seconds | memory, GB | incidents placed |",
            "|---|--:|--:|--:|--:|",
            *rows,
            "",
            f"{given.incidents:,} incidents ({size:.0f} MB of CSV) in {given.units:,} units; {platform.machine()}, Python {platform.python_version()}.",
        ]
    )
    print(table)
    if given.out:
        given.out.write_text(table + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
