"""Break files of every format by the thousand and read them: each is told with exit code 1, or gives a town; nothing else may happen.

    python benchmarks/hostile_input.py [--files N] [--seed N] [--formats NAME …] [--out FILE.md]

A failure is a traceback (any error but ours), a reader that dies or hangs for more than 60 s, more than 4 GB of memory, or a file that is
written, changed or left anywhere in the project's folder or in the folder of temporary files. The broken files of failures are kept in the
folder that is printed. The 5,250 files of the table took about half an hour on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from mutations import FORMATS, break_file, write_project

LIMIT_SECONDS, LIMIT_BYTES = 60, 4 << 30


def worker() -> None:
    """Read the projects whose folders come on standard input, and say what became of each."""
    import gc
    import warnings

    warnings.simplefilter("ignore")
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES + (2 << 30), LIMIT_BYTES + (2 << 30)))
    except ImportError:
        resource = None
    from beatplanner.data.guided_import.checks import check

    for line in sys.stdin:
        begin = time.monotonic()
        try:
            notes = check(Path(line.strip()) / "project.toml")
            said = "told" if any(n.severity == "error" for n in notes) else "read"
        except BaseException as error:
            import traceback

            said = (
                f"failed: {type(error).__name__}: {str(error)[:120]} at {traceback.format_exc().splitlines()[-3][:160]}"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if resource else 0
        print(json.dumps([said, round(time.monotonic() - begin, 3), peak]), flush=True)
        gc.collect()


class Reader:
    """A process that reads project after project, and is started anew where it dies."""

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None

    def read(self, folder: Path) -> tuple[str, float, int]:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, __file__, "--worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"TMPDIR": str(folder.parent / "temporary")},
            )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        import threading

        # a hang is ended from outside
        alarm = threading.Timer(LIMIT_SECONDS + 10, self.process.kill)
        alarm.start()
        answer = self.process.stdout.readline()
        alarm.cancel()
        if not answer:
            code = self.process.wait()
            self.process = None
            return (f"failed: the reader died ({code})", 0.0, 0)
        said, seconds, peak = json.loads(answer)
        return said, seconds, peak


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def nasty(root: Path) -> Iterator[tuple[str, Path]]:
    """Write projects with the nastiest files made by hand: large, deep, or packed many times over."""
    import geopandas as gpd
    import openpyxl
    import shapely

    def project(name: str, kind: str) -> Path:
        folder = root / name.replace(" ", "-")
        write_project(folder, kind)
        return folder

    folder = project("a polygon of a million vertices", "gpkg")
    units = gpd.read_file(folder / "units.gpkg")
    x, y, z, w = units.geometry.iloc[5].bounds
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    shapes = units.geometry.to_numpy().copy()
    shapes[5] = shapely.Polygon(np.column_stack([(x + z) / 2 + 249 * np.cos(turn), (y + w) / 2 + 249 * np.sin(turn)]))
    units.set_geometry(gpd.GeoSeries(shapes, crs=units.crs)).to_file(folder / "units.gpkg")
    yield "a polygon of a million vertices", folder

    folder = project("a scribble of a million random vertices", "gpkg")
    shapes[5] = shapely.Polygon(np.random.default_rng(0).uniform([x, y], [z, w], (1_000_000, 2)))
    units.set_geometry(gpd.GeoSeries(shapes, crs=units.crs)).to_file(folder / "units.gpkg")
    yield "a scribble of a million random vertices", folder

    folder = project("ten million rows", "csv")
    head, first = (folder / "incidents.csv").read_text(encoding="utf-8").split("\n")[:2]
    with (folder / "incidents.csv").open("w", encoding="utf-8") as stream:
        stream.write(f"{head}\n")
        for _ in range(100):
            stream.write(f"{first}\n" * 100_000)
    yield "ten million rows", folder

    folder = project("a bomb of ten gigabytes in a zipped folder", "zip")
    with (
        zipfile.ZipFile(folder / "units.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("units.gpkg", "w", force_zip64=True) as member,
    ):
        for _ in range(1_000):
            member.write(bytes(10_000_000))
    yield "a bomb of ten gigabytes in a zipped folder", folder

    folder = project("a bomb in a workbook", "xlsx")
    with (
        zipfile.ZipFile(folder / "incidents.xlsx", "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(b"<si><t>x</t></si>" * 600_000)
    yield "a bomb in a workbook", folder

    folder = project("a workbook whose last cell is filled", "xlsx")
    book = openpyxl.load_workbook(folder / "incidents.xlsx")
    book.active["XFD1048576"] = 1
    book.save(folder / "incidents.xlsx")
    yield "a workbook whose last cell is filled", folder

    folder = project("json a million deep", "geojson")
    (folder / "units.geojson").write_text('{"type":"FeatureCollection","features":' + "[" * 1_000_000, encoding="utf-8")
    yield "json a million deep", folder

    folder = project("a line of four hundred megabytes", "csv")
    (folder / "incidents.csv").write_bytes(b"type,when,lon,lat\n" + b"x" * 400_000_000)
    yield "a line of four hundred megabytes", folder


def run(files: int, seed: int, formats: list[str], out: Path | None) -> int:
    root = Path(tempfile.mkdtemp(prefix="hostile-"))
    (root / "temporary").mkdir()
    reader, counts = Reader(), defaultdict(Counter)
    slowest, largest, failures = defaultdict(float), 0, []
    per_format = -(-files // len(FORMATS))
    for kind in formats or FORMATS:
        sound = root / "sound"
        shutil.rmtree(sound, ignore_errors=True)
        targets = write_project(sound, kind)
        said, _, _ = reader.read(sound)
        if said != "read":
            raise SystemExit(f"the sound project of {kind} is {said}")
        rng = np.random.default_rng([seed, list(FORMATS).index(kind)])
        for i in range(per_format):
            folder = root / "broken"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(sound, folder)
            target = str(rng.choice(targets))
            how = break_file(folder / target, rng)
            before = contents(folder)
            said, seconds, peak = reader.read(folder)
            largest = max(largest, peak)
            if said[:6] != "failed" and (contents(folder) != before or any((root / "temporary").iterdir())):
                said = "failed: a file was written"
                shutil.rmtree(root / "temporary")
                (root / "temporary").mkdir()
            if seconds > LIMIT_SECONDS:
                said = f"failed: {seconds:.0f} s"
            if peak * 1024 > LIMIT_BYTES:
                said = f"failed: {peak / 1e6:.1f} GB"
            counts[kind][said.split(":")[0]] += 1
            slowest[kind] = max(slowest[kind], seconds)
            if said.startswith("failed"):
                kept = root / f"{kind.replace(' ', '-')}-{i}"
                shutil.copytree(folder, kept)
                failures.append(f"{kind}, {target}, {how}: {said} ({kept})")
                print(failures[-1], flush=True)
        print(kind, dict(counts[kind]), f"{slowest[kind]:.1f} s", flush=True)
    reader = Reader()
    for name, folder in nasty(root):
        before = contents(folder)
        said, seconds, peak = reader.read(folder)
        if not said.startswith("failed") and (
            contents(folder) != before or seconds > LIMIT_SECONDS or peak * 1024 > LIMIT_BYTES
        ):
            said = (
                "failed: a file was written"
                if contents(folder) != before
                else f"failed: {seconds:.0f} s, {peak / 1e6:.1f} GB"
            )
        counts[f"by hand: {name}"][said.split(":")[0]] += 1
        slowest[f"by hand: {name}"] = seconds
        largest = max(largest, peak)
        print(name, said, f"{seconds:.1f} s", f"{peak / 1e6:.2f} GB so far", flush=True)
        if said.startswith("failed"):
            failures.append(f"{name}: {said}")
        shutil.rmtree(folder)
    total = sum((c for c in counts.values()), Counter())
    rows = [
        f"| {k} | {sum(c.values()):,} | {c['told']:,} | {c['read']:,} | {c['failed']:,} | {slowest[k]:.1f} |"
        for k, c in counts.items()
    ]
    table = "\n".join(
        [
            "| format | files | told as unusable | read | failed | slowest, s |",
            "|---|--:|--:|--:|--:|--:|",
            *rows,
            f"| all | {sum(total.values()):,} | {total['told']:,} | {total['read']:,} | {total['failed']:,} | {max(slowest.values()):.1f} |",
            "",
            f"Greatest memory of the reader: {largest / 1e6:.2f} GB. Seed {seed}.",
        ]
    )
    print(table)
    if out is not None:
        out.write_text(table + "\n", encoding="utf-8")
    if not failures:
        shutil.rmtree(root)
    return 1 if failures else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5_250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--formats", nargs="*", choices=list(FORMATS), default=[], help="these only, with the same broken files"
    )
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        worker()
    else:
        sys.exit(run(given.files, given.seed, given.formats, given.out))


if __name__ == "__main__":
    main()
