"""``manifest.json``: the SHA-256 of every file of a result, written last, so that one that is missing, changed or added is told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.result.strict_json import read_json

FILE = "manifest.json"
# Version of what a result consists of; 2 has the keys `unproven_clashes` and `stations.homes` in its summary, 3 what a shift tells of its calls,
# its relief factor and its pattern, 4 who is on duty by the postings (`service.vacancies`), 5 whether the roll-out's bound is certified (`budget.certified`),
# 6 the files of the service and the list of buildings for forums among its inputs.
VERSION = 6
# What other programs leave beside files; it is no part of a result.
DROPPINGS = ("thumbs.db", "desktop.ini", ".ds_store")
DROPPING_STARTS, DROPPING_ENDS = ("~$", ".~lock.", "._"), ("-wal", "-shm", "-journal")


def is_dropping(name: str) -> bool:
    """Return whether a file is what a spreadsheet, a database or an operating system leaves behind."""
    low = name.casefold()
    return low in DROPPINGS or low.startswith(DROPPING_STARTS) or low.endswith(DROPPING_ENDS)


def files_of(folder: Path) -> list[str]:
    """Return every file of a result but the manifest, with forward slashes, sorted."""
    every = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(name for name in every if name != FILE)


def write_manifest(folder: Path) -> None:
    """Write down every file of a result with its hash; called when all is written."""
    named = {name: file_hash(folder / name) for name in files_of(folder) if not is_dropping(Path(name).name)}
    _write(folder, named, VERSION)


def renew_manifest(folder: Path, changed: Iterable[str]) -> None:
    """Bring the hashes of some files, or of all in some folders (``forum/``), up to date, where there is a manifest."""
    named = read_manifest(folder)
    if named is None:
        return
    for part in changed:
        named = {n: h for n, h in named.items() if n != part and not (part.endswith("/") and n.startswith(part))}
        named |= {
            n: file_hash(folder / n)
            for n in files_of(folder)
            if (n == part or (part.endswith("/") and n.startswith(part))) and not is_dropping(Path(n).name)
        }
    _write(folder, named, written_version(folder))


def written_version(folder: Path) -> int:
    """Return the version in which a result was written; this one where nothing says another."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return VERSION
    return found if type(found) is int else VERSION


def read_manifest(folder: Path) -> dict[str, str] | None:
    """Return the hashes by file; None where there is no manifest that can be read."""
    try:
        content = read_json((folder / FILE).read_text(encoding="utf-8"))
        return {str(name): str(found) for name, found in content["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def changed_since(folder: Path, names: Iterable[str]) -> list[str]:
    """Return which of some files are not what the manifest says of them; none where it says nothing."""
    named = read_manifest(folder) or {}
    return [n for n in names if n in named and (not (folder / n).is_file() or file_hash(folder / n) != named[n])]


def _write(folder: Path, named: dict[str, str], version: int) -> None:
    content = {"version": version, "files": dict(sorted(named.items()))}
    (folder / FILE).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
