"""What a change of the code changes in the results: every file of two runs, side by side.

Usage:
    python -m benchmarks.golden                          this tree twice: is the same plan the same files?
    python -m benchmarks.golden --old CODE               a commit, checked out apart, or a folder with the code, and this tree; --new CODE another in its place
    python -m benchmarks.golden --town newhaven          New Haven in place of the sample town, where its data lie beside the project
    python -m benchmarks.golden --folders OLD NEW        two folders that were made before
    … --beats PLAN                                       every unit locked to its beat in a plan (`old/plan` of a run with --out): what differs where the solver finds the same beats
    … --expected golden_expected.toml                    leave out the differences that are listed there, each with the entry of the changelog that tells it
    … --all                                              every line that differs, not the first of each file

Each run plans the town with one thread and by small fixed work (`golden_plan.py`: some ten seconds of one core; a commit that is new on this machine
compiles its kernels first, a minute), with its forum pack and officers' files, and lays it beside today and a copy of itself. The inputs are written
once, by the older code. Times, paths, ids made for a run and hashes of what holds them are taken out first: what remains should be equal byte for byte.
Ends with 1 where something differs that is not expected.
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
import tomllib
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import openpyxl
from benchmarks.new_haven import FOLDER, LAYERS

ROOT = Path(__file__).resolve().parents[1]
WRITE_SAMPLE = "import sys, pathlib; from beatplanner.data.sample.sample_town import write_sample_town; write_sample_town(pathlib.Path(sys.argv[1]))"
PLAN = Path(__file__).with_name("golden_plan.py")
# Lines that are printed of a file, gone and new.
SHOWN = 4
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
    (re.compile(r"(?<![0-9a-z.])(?=\d*[a-f])[0-9a-f]{12,64}(?![0-9a-z])"), "<hash>"),
    (re.compile(r"sha256-[\w+/=]+"), "<hash>"),
    # of the rules, as a workbook's run card tells them
    (re.compile(r"('Rules', )'[0-9a-f]{10}'"), r"\1'<hash>'"),
    (re.compile(r"(\"?\w*seconds\w*\"?\s*[:=,]\s*)[\d.e-]+"), r"\1<seconds>"),
    (re.compile(r"[\d.,]+ (s|seconds)\b"), "<seconds>"),
    # the column of seconds in the report's table of proofs, which stands behind the gap
    (re.compile(r'(%</td><td class="n">)[\d.,]+(</td><td>Proven)'), r"\1<seconds>\2"),
    (re.compile(r"\d\d:\d\d(:\d\d)?"), "<clock>"),
    (re.compile(r"(/[\w.-]+)+/"), "<folder>/"),
]


class Expected:
    """Differences that are known, each with the entry of the changelog that tells it.

    Parameters
    ----------
    path
        A TOML file of tables ``[[difference]]`` with `entry`, words of CHANGELOG.md; `files`, patterns of paths; and `lines`, regular expressions of which
        one is found in each line, older or newer, that differs for this reason. ``order = true`` allows the same lines in another order, ``words = true`` other words, pictures and layout
        as long as each number of the older page stands in the newer one, ``only = "new"``
        (or "old") that the file is there alone. None: nothing is expected.

    Raises
    ------
    SystemExit
        Where the changelog has no such entry.
    """

    def __init__(self, path: Path | None) -> None:
        self.known = [] if path is None else tomllib.loads(path.read_text("utf-8"))["difference"]
        changelog = " ".join((ROOT / "CHANGELOG.md").read_text("utf-8").split())
        for one in self.known:
            if one["entry"] not in changelog:
                raise SystemExit(f"{path}: CHANGELOG.md has no entry with “{one['entry']}”")
        self.met: Counter[str] = Counter()

    def _of(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.known if any(fnmatch(name, pattern) for pattern in one["files"])]

    def explains(self, name: str, line: str) -> bool:
        """Return whether a line of a file may differ."""
        for one in self._of(name):
            if any(re.search(pattern, line) for pattern in one.get("lines", ())):
                self.met[one["entry"]] += 1
                return True
        return False

    def allows(self, name: str, key: str, value: object) -> bool:
        """Return whether a file may have its lines in another order, or be in one folder alone."""
        for one in self._of(name):
            if one.get(key) == value:
                self.met[one["entry"]] += 1
                return True
        return False


def main() -> int:
    """Plan twice and compare, or compare what was made before."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--old", metavar="CODE", help="the older code, a commit or a folder; this tree where none is named"
    )
    parser.add_argument("--new", metavar="CODE", help="the newer code, likewise")
    parser.add_argument("--town", choices=("sample", "newhaven"), default="sample")
    parser.add_argument("--out", type=Path, help="where the results stay; else they are deleted")
    parser.add_argument("--beats", type=Path, metavar="PLAN", help="the plan whose beats both keep")
    parser.add_argument("--folders", nargs=2, type=Path, metavar=("OLD", "NEW"))
    parser.add_argument("--expected", type=Path, metavar="FILE.toml", help="differences that are known")
    parser.add_argument("--all", action="store_true", help="print every line that differs")
    chosen = parser.parse_args()
    expected, shown = Expected(chosen.expected), sys.maxsize if chosen.all else SHOWN
    if chosen.folders:
        before, after = chosen.folders
        return compare(before, after, expected, shown)
    if chosen.town == "newhaven" and not FOLDER.is_dir():
        print("The data of New Haven do not lie beside the project.")
        return 0
    scratched = tempfile.TemporaryDirectory(prefix="golden-")
    with scratched as scratch, code_of(chosen.old) as old, code_of(chosen.new) as new:
        place = (chosen.out or Path(scratch)).resolve()
        town = place / "town"
        town.mkdir(parents=True)
        if chosen.town == "sample":
            project = town / "project.toml"
            run(old, "-c", WRITE_SAMPLE, str(town))
        else:
            project = town / "new haven.toml"
            project.write_text(NEW_HAVEN.format(data=FOLDER.as_posix()), encoding="utf-8")
        if chosen.beats:
            lock(project, chosen.beats / "plan.gpkg")
        for tree, name in ((old, "old"), (new, "new")):
            plan = place / name / "plan"
            run(tree, str(PLAN), str(project), str(plan))
            again, beside = place / name / "again", place / name / "comparison"
            shutil.copytree(plan, again)
            run(tree, "-m", "beatplanner", "compare", str(plan), str(again), "--out", str(beside), "--draws", "20")
            shutil.rmtree(again)
        return compare(place / "old", place / "new", expected, shown)


@contextmanager
def code_of(code: str | None) -> Iterator[Path]:
    """Check a commit out apart for as long as it is needed; a folder as it is, and this tree where none is named."""
    if code is None or Path(code, "src").is_dir():
        yield ROOT if code is None else Path(code).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="golden-code-") as folder:
        tree = Path(folder) / "code"
        subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(tree), code], check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)], check=True)


def lock(project: Path, plan: Path) -> None:
    """Lock each unit of a project that has no locks to its beat in a plan."""
    with sqlite3.connect(f"file:{plan}?mode=ro", uri=True) as base:
        rows = base.execute("SELECT unit, beat FROM units ORDER BY unit").fetchall()
    with (project.parent / "locked.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("unit", "beat"), *rows])
    text, here = project.read_text("utf-8"), '\nlocked = { path = "locked.csv", unit = "unit", beat = "beat" }\n'
    project.write_text(text.replace("\n[beats]\n", f"\n[beats]{here}", 1), "utf-8")


def run(tree: Path, *command: str) -> None:
    """Run Python with a tree's code, telling how far it is."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONHASHSEED": "0"}
    said = " ".join(c for c in command if "\n" not in c)
    print(f"{'this tree' if tree == ROOT else tree}: {said[:160]}", flush=True)
    done = subprocess.run([sys.executable, *command], env=environment, cwd=tree, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)


def compare(old: Path, new: Path, expected: Expected, shown: int) -> int:
    """Print what differs between two folders and is not expected; return 1 where something does."""
    names = sorted({p.relative_to(d).as_posix() for d in (old, new) for p in d.rglob("*") if p.is_file()})
    equal = worst = 0
    for name in names:
        missing = [d for d in (old, new) if not (d / name).exists()]
        if missing:
            there = "old" if missing == [new] else "new"
            if not expected.allows(name, "only", there):
                print("only in", there, name)
                worst += 1
            continue
        a, b = text_of(old / name), text_of(new / name)
        if a == b:
            equal += 1
            continue
        if expected.allows(name, "words", True):
            here = set(numbers_of(b))
            a, b = sorted({f"number {number}" for number in numbers_of(a) if number not in here}), []
        ours, theirs = Counter(a), Counter(b)
        gone, come = (
            [line for line in lines.elements() if not expected.explains(name, line)]
            for lines in (ours - theirs, theirs - ours)
        )
        both = {line for line in ours if ours[line] == theirs[line]}
        moved = [x for x in a if x in both] != [x for x in b if x in both] and not expected.allows(name, "order", True)
        if gone or come or moved:
            worst += 1
            print("differs", name, "in the order of its lines" if moved else "")
            for sign, lines in (("-", gone), ("+", come)):
                for line in lines[:shown]:
                    print(f"     {sign} {line[:300]}")
            print(f"     {len(gone)} lines gone, {len(come)} new")
    explained = len(names) - equal - worst
    print(f"{len(names)} files: {equal} equal, {explained} with differences that are expected, {worst} with others")
    for entry, lines in expected.met.most_common():
        print(f"{lines:6d} lines: {entry}")
    return int(worst > 0)


def text_of(path: Path) -> list[str]:
    """Return a file's content as lines without what differs from run to run."""
    kind = path.suffix.lower()
    if kind == ".json":
        lines = list(figures_of(json.loads(path.read_text("utf-8"))))
    elif kind == ".xlsx":
        lines = cells_of(path)
    elif kind in (".docx", ".zip"):
        with zipfile.ZipFile(path) as archive:
            parts = [(n, archive.read(n)) for n in sorted(archive.namelist())]
        lines = [f"{n}: {line}" for n, content in parts for line in marked_up(n, content)]
    elif kind == ".gpkg":
        lines = tables_of(path)
    elif kind == ".pdf":
        from pypdf import PdfReader

        lines = [line for page in PdfReader(path).pages for line in page.extract_text().splitlines()]
    else:
        lines = marked_up(path.name, path.read_bytes())
    text = "\n".join(lines)
    for pattern, mark in RUNS:
        text = pattern.sub(mark, text)
    return text.splitlines()


def numbers_of(lines: Iterable[str]) -> list[str]:
    """Return the numbers that a page shows."""
    text = "\n".join(line for line in lines if "picture " not in line)
    shown = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL)
    return re.findall(r"\d[\d.,–]*\d|\d", shown)


def figures_of(value: object, place: str = "") -> Iterator[str]:
    """Yield what JSON says, a line a figure with the keys that lead to it; the register of all numbers of a pack holds digits of hashes and seconds."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "register":
                yield from figures_of(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            # a row that comes in between is one difference, not one of each row below
            name = inner.get("key", i) if isinstance(inner, dict) else i
            yield from figures_of(inner, f"{place}.{name}")
    else:
        yield f"{place} = {json.dumps(value, ensure_ascii=False)}"


def marked_up(name: str, content: bytes) -> list[str]:
    """Return a text's lines, a tag a line; of a picture, alone or within, one line that its pixels decide."""
    if name.endswith(".png"):
        return [f"picture {len(content)} bytes, {zlib.crc32(content)}"]
    text = re.sub(
        r"(data:[\w/+.-]+;base64,)([\w+/=]+)",
        lambda found: f"{found[1]}{len(found[2])} letters, {zlib.crc32(found[2].encode())}",
        content.decode("utf-8", "replace"),
    )
    tags = name.endswith((".xml", ".rels", ".html", ".qgs"))
    return [line for line in re.split(r"(?<=>)(?=<)|\n" if tags else r"\n", text) if line.strip()]


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
