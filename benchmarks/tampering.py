"""Changes every key, column and file of a planned town in turn and asks ``beatplanner verify`` each time: caught, listed as not checked, or unseen.

    python -m benchmarks.tampering [RESULT]

Without a result the sample town is planned. Prints a table and ends with 1 where something passed unseen.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from tests.planning.test_tampering import is_listed, name_of, paths, with_key

from beatplanner.data.result.manifest import write_manifest


def main() -> int:
    """Run all changes and print what became of each."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "plan"
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], folder)
        else:
            subprocess.run(
                [sys.executable, "-m", "beatplanner", "demo", "--out", folder], check=True, capture_output=True
            )
        sound = asked(folder)
        known = {n for c in sound["checks"] if c["state"] == "not checked" for n in c["claimed"].split(", ")}
        told = {"caught": 0, "not checked": 0, "unseen": 0}
        for name, change in every(folder):
            other = Path(scratch) / "other"
            shutil.copytree(folder, other)
            change(other)
            # who changes a plan can write its list of files anew
            if not name.startswith("file "):
                write_manifest(other)
            became = "caught" if not asked(other)["ok"] else "not checked" if is_listed(name, known) else "unseen"
            told[became] += 1
            if became == "unseen":
                print(f"unseen: {name}", flush=True)
            shutil.rmtree(other)
        print(" · ".join(f"{k} {v}" for k, v in told.items()))
        return int(told["unseen"] > 0)


def asked(folder: Path) -> dict:
    """Return what ``verify --json`` says."""
    command = [sys.executable, "-m", "beatplanner", "verify", folder, "--json"]
    return json.loads(subprocess.run(command, check=False, capture_output=True, text=True).stdout)


def every(folder: Path) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Yield every change with its name."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    seen: set[str] = set()
    for path in paths(summary):
        if name_of(path) in seen or (path[0] == "rules" and len(path) > 3):
            continue
        seen.add(name_of(path))
        for gone in (False, True):
            text = json.dumps(with_key(summary, path, gone=gone), ensure_ascii=False)
            yield name_of(path), lambda at, text=text: (at / "summary.json").write_text(text, encoding="utf-8")
    for file in ("plan.gpkg", "people.gpkg"):
        with closing(sqlite3.connect(folder / file)) as database:
            layers = [row[0] for row in database.execute("SELECT table_name FROM gpkg_contents")]
            columns = {layer: [row[1] for row in database.execute(f'PRAGMA table_info("{layer}")')] for layer in layers}
        for layer, names in columns.items():
            for column in names:
                if column not in ("fid", "geom"):
                    yield f"{layer}.{column}", lambda at, f=file, n=layer, c=column: update(at / f, n, c)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder)
            yield f"file {name}", lambda at, n=name: (at / n).write_bytes((at / n).read_bytes() + b" ")
            yield f"file {name} gone", lambda at, n=name: (at / n).unlink()


def update(file: Path, layer: str, column: str) -> None:
    """Change a column in every row."""
    with closing(sqlite3.connect(file)) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        sign = "CASE WHEN typeof({0}) = 'text' THEN {0} || 'x' ELSE coalesce({0}, 0) + 1 END".format(f'"{column}"')
        database.execute(f'UPDATE "{layer}" SET "{column}" = {sign}')


if __name__ == "__main__":
    sys.exit(main())
