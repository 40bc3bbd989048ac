"""Changes every key, column and file of a planned town in turn and asks the checker each time: caught, listed as not checked, or unseen.

    python -m benchmarks.tampering [RESULT [NAME]]

Without a result the sample town is planned; with a NAME only what begins with it is changed. Prints a table and ends with 1 where something passed unseen. The inputs, which nothing here changes, are
read once for each set of rules, tables once until a change is made to them, and a municipality's proof is evaluated once for the same arrays and the
same map. A change is caught with the first check that fails: the others are not made. The check that a change is most likely to fail is asked first, alone; whatever it lets pass is shown to all. Keys that the checker lists as not
checked anyhow are counted without being asked for, and what is told of the service is changed in both files that tell it.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.errors import InputError
from beatplanner.data.result.manifest import FILE as MANIFEST
from beatplanner.data.result.manifest import files_of, renew_manifest
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.town import Town
from beatplanner.planning import verification
from beatplanner.planning.verification import beats_proof
from beatplanner.planning.verification.ledger import Check, Ledger, Verdict
from beatplanner.planning.verification.travel_pairs import Area


def main() -> int:
    """Run all changes and print what became of each."""
    reading_once()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "plan"
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], folder)
        else:
            subprocess.run(
                [sys.executable, "-m", "beatplanner", "demo", "--out", folder], check=True, capture_output=True
            )
        sound = asked(folder)
        assert sound.ok, [str(c) for c in sound.failed]
        known = listed(sound)
        verification.Ledger = FirstWrong
        outcomes = {"caught": 0, "not checked": 0, "unseen": 0}
        base = verification.read_result(folder)
        for name, change in every(folder):
            if not name.startswith(sys.argv[2] if len(sys.argv) > 2 else ""):
                continue
            bare = name.removeprefix("file ").removesuffix(" gone").removesuffix(" (gone)")
            if is_listed(bare, known):
                outcomes["not checked"] += 1
                continue
            other = Path(scratch) / "other"
            shutil.copytree(folder, other, copy_function=os.link)
            change(other)
            # who changes a plan can write its list of files anew
            if not name.startswith(("file ", MANIFEST.partition(".")[0])):
                renew(other, folder)
            verdict = first_asked(name, other, base)
            if verdict.ok:
                verdict = asked(other)
            now = known | {n for c in verdict.unchecked for n in c.detail.rstrip(".").split(": ")[-1].split(", ")}
            became = "caught" if not verdict.ok else "not checked" if is_listed(bare, now) else "unseen"
            outcomes[became] += 1
            if became == "unseen":
                print(f"unseen: {name}", flush=True)
            shutil.rmtree(other)
        print(" · ".join(f"{k} {v}" for k, v in outcomes.items()))
        return int(outcomes["unseen"] > 0)


class CaughtError(Exception):
    """A check has failed."""


class FirstWrong(Ledger):
    """A ledger that ends the checks with the first that fails."""

    def add(self, name: str, ok: bool, claimed: Any, found: Any, detail: str = "") -> bool:
        """Enter a check; see `Ledger.add`."""
        return super().add(name, ok, claimed, found, detail) or self.ended(name)

    def number(self, name: str, claimed: Any, found: float | None, unit: str = "", detail: str = "") -> bool:
        """Enter a check of a number; see `Ledger.number`."""
        return super().number(name, claimed, found, unit, detail) or self.ended(name)

    def ended(self, name: str) -> bool:
        """End the checks."""
        raise CaughtError(name)


def reading_once() -> None:
    """Let the checker read the inputs once for each set of rules, and evaluate a proof once for the same arguments."""
    read, known = verification.read_town, {}
    prove, proven = beats_proof.prove, {}

    def evaluated(area: Area, *others: Any) -> float:
        every = np.indices((len(area.weight), len(area.weight))).reshape(2, -1)
        content = pickle.dumps((replace(area, metres=None), area.metres(*every), others))
        key = hashlib.sha256(content).digest()
        if key not in proven:
            proven[key] = prove(area, *others)
        return proven[key]

    beats_proof.prove = evaluated

    def once(description: Description) -> Town:
        key = (str(description.file), description.model_dump_json())
        if key not in known:
            known[key] = read(description)
        return known[key]

    verification.read_town = once


def first_asked(name: str, folder: Path, base: PlanTables) -> Verdict:
    """Return what the check says that most likely sees a change; what it lets pass is no verdict yet."""
    ledger, part = FirstWrong(), name.partition(".")[0]
    try:
        tables = replace(base, summary=json.loads((folder / "summary.json").read_text(encoding="utf-8")))
        if name.startswith(("file ", MANIFEST.partition(".")[0])):
            verification.check_files(ledger, folder, tables)
        elif part == "service":
            verification.check_service(ledger, folder, tables)
        elif part == "rules":
            rules = Description.model_validate(tables.summary["rules"])
            verification.check_rules(ledger, tables.summary, rules)
        elif part == "budget":
            verification.check_budget(ledger, tables, Description.model_validate(tables.summary["rules"]))
    except (CaughtError, OSError, KeyError, IndexError, TypeError, ValueError, AttributeError, AssertionError) as error:
        # what a check cannot read it calls wrong, see `verification._tried`
        ledger.checks.append(Check(part, "", str(error), ok=False))
    return ledger.verdict()


def asked(folder: Path) -> Verdict:
    """Return what the checker says; a result that it cannot read at all is caught too."""
    try:
        return verification.verify(folder)
    except (InputError, CaughtError) as error:
        return Verdict(ok=False, checks=(Check("read", "a result", str(error), ok=False),))


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
            yield name_of(path) + " (gone)" * gone, lambda at, text=text: with_summary(at, text)
    for file in ("plan.gpkg", "people.gpkg"):
        with closing(sqlite3.connect(folder / file)) as database:
            layers = [row[0] for row in database.execute("SELECT table_name FROM gpkg_contents")]
            layers = [n for n in layers if database.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0]]
            # the number of a row is nothing that the plan says
            columns = {
                layer: [row[1] for row in database.execute(f'PRAGMA table_info("{layer}")') if not row[5]]
                for layer in layers
            }
        for layer, names in columns.items():
            for column in names:
                if column != "geom":
                    yield f"{layer}.{column}", lambda at, f=file, n=layer, c=column: update(at / f, n, c)
    for path in sorted(folder.rglob("*")):
        # a blank at its end changes nothing that a list says
        if path.is_file() and path.name != MANIFEST:
            name = path.relative_to(folder)
            yield f"file {name}", lambda at, n=name: anew(at / n, (at / n).read_bytes() + b" ")
            yield f"file {name} gone", lambda at, n=name: (at / n).unlink()
            yield f"manifest without {name}", lambda at, n=name: without(at, n.as_posix())
    yield "file added", lambda at: (at / "forum" / "note.txt").write_text("the best plan ever", encoding="utf-8")
    yield f"{MANIFEST} gone", lambda at: (at / MANIFEST).unlink()


def with_summary(folder: Path, text: str) -> None:
    """Write a summary, and what it says of the service into the file that says the same."""
    anew(folder / "summary.json", text.encode())
    service, beside = json.loads(text).get("service"), folder / "service.json"
    if service is not None and beside.is_file():
        anew(beside, json.dumps(service, indent=2, ensure_ascii=False).encode())


def anew(file: Path, content: bytes) -> None:
    """Write a file that may be a link to one that must stay as it is."""
    file.unlink()
    file.write_bytes(content)


def renew(folder: Path, before: Path) -> None:
    """Write the list of files anew for those that were changed."""
    changed_files = [
        name
        for name in files_of(folder)
        if not (before / name).is_file() or not (folder / name).samefile(before / name)
    ]
    anew(folder / MANIFEST, (folder / MANIFEST).read_bytes())
    renew_manifest(folder, changed_files)


def without(folder: Path, name: str) -> None:
    """Take a file off the list of files."""
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content["files"].pop(name, None)
    anew(folder / MANIFEST, json.dumps(content).encode())


def changed(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + max(1, abs(value) // 50)
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, list):
        return value[:-1] if value else ["x"]
    return {} if value else 1


def paths(content: Any, above: tuple = ()) -> Iterator[tuple]:
    """Yield the path of every key and element."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*above, key)
        yield from paths(value, (*above, key))


def name_of(path: tuple) -> str:
    """Return the name of a key; the elements of a list share one."""
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def listed(verdict: Verdict) -> set[str]:
    """Return the keys and columns that are listed as not checked."""
    return {name for c in verdict.unchecked for name in c.claimed.split(", ")}


def is_listed(name: str, known: set[str]) -> bool:
    """Tell whether a name, or one above it, is listed."""
    return any(name == k or name.startswith((k + ".", k + "[")) for k in known)


def with_key(summary: dict[str, Any], path: tuple, *, gone: bool) -> dict[str, Any]:
    """Return a summary with another value of a key, or without it."""
    other = copy.deepcopy(summary)
    part: Any = other
    for step in path[:-1]:
        part = part[step]
    if gone:
        del part[path[-1]]
    else:
        part[path[-1]] = changed(part[path[-1]])
    return other


def update(file: Path, layer: str, column: str) -> None:
    """Change a column in every row."""
    anew(file, file.read_bytes())
    with closing(sqlite3.connect(file)) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        sign = "CASE WHEN typeof({0}) = 'text' THEN {0} || 'x' ELSE coalesce({0}, 0) + 1 END".format(f'"{column}"')
        database.execute(f'UPDATE "{layer}" SET "{column}" = {sign}')


if __name__ == "__main__":
    sys.exit(main())
