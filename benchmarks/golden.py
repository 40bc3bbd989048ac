"""What a change of the code changes in the results: every file of two folders of results, side by side.

Usage: python benchmarks/golden.py OLD NEW. Make the two folders by the same commands, seed and threads, one from each version
of the code. Times, paths, ids made for a run and hashes of what holds them are taken out first: what remains should be equal byte
for byte. Ends with 1 where something differs.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import sqlite3
import sys
import zipfile
from pathlib import Path

# What differs from run to run: seconds, dates and times of day, hashes, process and folder names, sizes of what holds those.
RUNS = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"D:\d{14}[^)]*"), "<time>"),
    (re.compile(r"\b\d{8}T\d{6}Z?\b"), "<time>"),
    (re.compile(r"(?<![0-9a-z])[0-9a-f]{12,64}(?![0-9a-z])"), "<hash>"),
    (re.compile(r"sha256-[\w+/=]+"), "<hash>"),
    (re.compile(r"(\"?\w*seconds\w*\"?\s*[:=,]\s*)[\d.e-]+"), r"\1<seconds>"),
    (re.compile(r"[\d.,]+ (s|seconds|min)\b"), "<seconds>"),
    (re.compile(r"\d\d:\d\d(:\d\d)?"), "<clock>"),
    (re.compile(r"(/[\w.-]+)+/"), "<folder>/"),
]


def main() -> int:
    """Compare and print what differs."""
    old, new = (Path(a) for a in sys.argv[1:3])
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
            for line in [
                x
                for x in difflib.unified_diff(a, b, "old", "new", lineterm="", n=0)
                if not x.startswith(("---", "+++"))
            ][:8]:
                print("    ", line[:300])
    print(f"{len(names)} files compared")
    return worst


def text_of(path: Path) -> list[str]:
    """Return a file's content as lines without what differs from run to run."""
    kind = path.suffix.lower()
    if kind in (".docx", ".xlsx", ".zip"):
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
