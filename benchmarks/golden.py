"""What a change of the code changes in the results: every file of two runs, side by side.

Usage:
    python -m benchmarks.golden                          this tree twice: is the same plan the same files?
    python -m benchmarks.golden --old COMMIT             a commit, checked out apart, and this tree; --new COMMIT another in its place
    python -m benchmarks.golden --town newhaven          New Haven in place of the sample town, where its data lie beside the project
    python -m benchmarks.golden --folders OLD NEW        two folders that were made before

Each run plans the town with one thread, without a time limit and by a slow clock, so that proofs end after a fixed number of nodes however
busy the machine is, with its forum pack and officers' files, and lays it beside today and a copy of itself. The inputs are written once, by the older code. Times, paths, ids made
for a run and hashes of what holds them are taken out first: what remains should be equal byte for byte. Ends with 1 where something differs.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

import openpyxl
from benchmarks.new_haven import FOLDER, LAYERS

ROOT = Path(__file__).resolve().parents[1]
WRITE_SAMPLE = "import sys, pathlib; from beatplanner.data.sample.sample_town import write_sample_town; write_sample_town(pathlib.Path(sys.argv[1]))"
# The five minutes that a run has at most last for hours.
PLAN = """
import sys, time, pathlib
from beatplanner.planning.whole.run import run
from beatplanner.solver.clock import Watch
if __name__ == "__main__":
    slow = Watch(clock=lambda: time.monotonic() / 60)
    run(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), seed=1, threads=1, cancelled=slow)
"""
NEW_HAVEN = (
    LAYERS
    + """category = "type"
[beats]
count = 10
current = {{ path = "{data}/units.gpkg", id = "tract" }}
[stations]
count = 5
roads = {{ path = "{data}/roads.gpkg" }}
[forum]
"""
)
# What differs from run to run: seconds, dates and times of day, hashes, process and folder names, sizes of what holds those.
RUNS = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"D:\d{14}[^)]*"), "<time>"),
    (re.compile(r"\b\d{8}T\d{6}Z?\b"), "<time>"),
    (re.compile(r"(?<![0-9a-z])[0-9a-f]{12,64}(?![0-9a-z])"), "<hash>"),
    (re.compile(r"sha256-[\w+/=]+"), "<hash>"),
    (re.compile(r"(\"?\w*seconds\w*\"?\s*[:=,]\s*)[\d.e-]+"), r"\1<seconds>"),
    (re.compile(r"[\d.,]+ (s|seconds|min)\b"), "<seconds>"),
    # the column of seconds in the report's table of proofs, which stands behind the gap
    (re.compile(r'(%</td><td class="n">)[\d.,]+(</td><td>Proven)'), r"\1<seconds>\2"),
    (re.compile(r"\d\d:\d\d(:\d\d)?"), "<clock>"),
    (re.compile(r"(/[\w.-]+)+/"), "<folder>/"),
]


def main() -> int:
    """Plan twice and compare, or compare what was made before."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--old", metavar="COMMIT", help="the older code; this tree where none is named")
    parser.add_argument("--new", metavar="COMMIT", help="the newer code, likewise")
    parser.add_argument("--town", choices=("sample", "newhaven"), default="sample")
    parser.add_argument("--out", type=Path, help="where the results stay; else they are deleted")
    parser.add_argument("--folders", nargs=2, type=Path, metavar=("OLD", "NEW"))
    chosen = parser.parse_args()
    if chosen.folders:
        return compare(*chosen.folders)
    if chosen.town == "newhaven" and not FOLDER.is_dir():
        print("The data of New Haven do not lie beside the project.")
        return 0
    scratched = tempfile.TemporaryDirectory(prefix="golden-")
    with scratched as scratch, code_of(chosen.old) as old, code_of(chosen.new) as new:
        place = chosen.out or Path(scratch)
        town = place / "town"
        town.mkdir(parents=True)
        if chosen.town == "sample":
            project = town / "project.toml"
            run(old, "-c", WRITE_SAMPLE, str(town))
        else:
            project = town / "new haven.toml"
            project.write_text(NEW_HAVEN.format(data=FOLDER.as_posix()), encoding="utf-8")
        for tree, name in ((old, "old"), (new, "new")):
            plan = place / name / "plan"
            run(tree, "-c", PLAN, str(project), str(plan))
            again, beside = place / name / "again", place / name / "comparison"
            shutil.copytree(plan, again)
            run(tree, "-m", "beatplanner", "compare", str(plan), str(again), "--out", str(beside), "--draws", "20")
            shutil.rmtree(again)
        return compare(place / "old", place / "new")


@contextmanager
def code_of(commit: str | None) -> Iterator[Path]:
    """Check a commit out apart for as long as it is needed; this tree where none is named."""
    if commit is None:
        yield ROOT
        return
    with tempfile.TemporaryDirectory(prefix="golden-code-") as folder:
        tree = Path(folder) / "code"
        subprocess.run(
            ["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(tree), commit], check=True
        )
        try:
            yield tree
        finally:
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)], check=True)


def run(tree: Path, *command: str) -> None:
    """Run Python with a tree's code."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONHASHSEED": "0"}
    said = " ".join(c for c in command if "\n" not in c)
    print(f"{'this tree' if tree == ROOT else tree}: {said[:160]}", flush=True)
    done = subprocess.run([sys.executable, *command], env=environment, cwd=tree, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout}\n{done.stderr}")


def compare(old: Path, new: Path) -> int:
    """Print what differs between two folders; return 1 where something does."""
    names = sorted({p.relative_to(d).as_posix() for d in (old, new) for p in d.rglob("*") if p.is_file()})
    worst = 0
    for name in names:
        if not (old / name).exists() or not (new / name).exists():
            print("only in", "new" if (new / name).exists() else "old", name)
            worst = 1
            continue
        a, b = text_of(old / name), text_of(new / name)
        if a != b:
            worst = 1
            print("differs", name)
            pairs = [(x, y) for x, y in zip_longest(a, b, fillvalue="") if x != y]
            for x, y in pairs[:4]:
                print(f"     - {x[:300]}\n     + {y[:300]}")
            print(f"     {len(pairs)} lines differ")
    print(f"{len(names)} files compared")
    return worst


def text_of(path: Path) -> list[str]:
    """Return a file's content as lines without what differs from run to run."""
    kind = path.suffix.lower()
    if path.name == "privacy.json":
        # the register of all numbers holds the digits of hashes and seconds
        known = {**json.loads(path.read_text("utf-8")), "register": None}
        lines = json.dumps(known, indent=1, ensure_ascii=False).splitlines()
    elif kind == ".xlsx":
        lines = cells_of(path)
    elif kind in (".docx", ".zip"):
        with zipfile.ZipFile(path) as archive:
            parts = [(n, archive.read(n).decode("utf-8", "replace")) for n in sorted(archive.namelist())]
        lines = [f"{n}: {line}" for n, text in parts for line in re.split(r"(?<=>)(?=<)|\n", text)]
    elif kind == ".gpkg":
        lines = tables_of(path)
    elif kind == ".pdf":
        from pypdf import PdfReader

        lines = [line for page in PdfReader(path).pages for line in page.extract_text().splitlines()]
    else:
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    text = "\n".join(lines)
    for pattern, mark in RUNS:
        text = pattern.sub(mark, text)
    return text.splitlines()


def cells_of(path: Path) -> list[str]:
    """Return all cells of a workbook, a line a row, but how long the search took."""
    book = openpyxl.load_workbook(path)
    rows = [(sheet.title, row) for sheet in book for row in sheet.iter_rows(values_only=True)]
    return [f"{title}: {row!r}" for title, row in rows if row[0] != "Seconds of search"]


def tables_of(path: Path) -> list[str]:
    """Return all rows of a GeoPackage."""
    found = []
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
            if table.startswith(("rtree_", "sqlite_")):
                continue
            stream = io.StringIO()
            csv.writer(stream).writerows(base.execute(f'SELECT * FROM "{table}"').fetchall())
            found += [f"{table}: {line}" for line in stream.getvalue().splitlines()]
    return found


if __name__ == "__main__":
    sys.exit(main())
