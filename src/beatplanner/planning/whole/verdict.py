"""The checker's verdict kept beside a plan, with the hashes of what was checked, so that nobody waits for it twice or trusts an old one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import cast

from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.folder import PEOPLE
from beatplanner.data.result.json_files import write_json
from beatplanner.data.result.manifest import FILE as MANIFEST
from beatplanner.data.result.manifest import changed_since, renew_manifest
from beatplanner.data.result.run_card import FAILED, NOT_CHECKED, OTHER_FILES, PASSED, PASSED_IN_PART, english
from beatplanner.data.result.strict_json import read_json
from beatplanner.data.result.verdict import WrittenVerdict
from beatplanner.data.town.town import Town
from beatplanner.planning.verification import verify

FILE = "verification.json"
CHECKED = ("plan.gpkg", "people.gpkg", "summary.json")


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a result that the checker's verdict is about."""
    found: dict[str, str] = {}
    for name in CHECKED:
        if name == PEOPLE and not (folder / name).is_file():
            # a plan without officers, or one that was handed on without what tells of persons
            continue
        found[name] = file_hash(folder / name)
    return found


def examine(folder: Path, *, finished: bool = True, town: Town | None = None) -> WrittenVerdict:
    """Check a result folder; one that is being written, not `finished`, has no list of its files yet. A `town` was just read from its inputs.

    Returns
    -------
    dict
        ``ok``, ``checks`` (number), ``failed`` and ``unchecked`` (lists of ``name``, ``detail``; what cannot be checked does not fail), ``checked_on``
        (ISO, UTC), ``files`` (hashes).

    Raises
    ------
    InputError
        Where the folder is no result.
    """
    verdict = verify(folder, finished=finished, town=town)
    return {
        "ok": verdict.ok,
        "checks": len(verdict.checks),
        "failed": [{"name": c.name, "detail": c.detail} for c in verdict.checks if not c.ok],
        "unchecked": [{"name": c.name, "detail": c.detail} for c in verdict.unchecked],
        "checked_on": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "files": hashes(folder),
    }


def write_verdict(folder: Path, town: Town | None = None) -> WrittenVerdict:
    """Check a result folder, keep the verdict in it, and return it; see `examine`."""
    finished = (folder / MANIFEST).is_file()
    content = examine(folder, finished=finished, town=town)
    write_json(folder / FILE, content)
    renew_manifest(folder, [FILE])
    return content


def found_wrong(folder: Path, say: Callable[..., str] = english) -> str:
    """Return in words that a plan's files are not what they claim; "" where no check that lies beside them says so, as in `stands`. `say` says it in a language."""
    found = read_verdict(folder)
    if found is not None and not found["ok"]:
        return say(FAILED, failed=f"{len(found['failed']):,}", checks=f"{found['checks']:,}")
    return "" if stands(folder) else say(OTHER_FILES)


def found_right(folder: Path, say: Callable[..., str] = english) -> str:
    """Return in words what a check that lies beside a plan and found no error came to, or that there is none; "" where `found_wrong` says what is wrong."""
    found = read_verdict(folder)
    if found is None:
        return say(NOT_CHECKED) if stands(folder) else ""
    left = found.get("unchecked", [])
    words, more = (PASSED_IN_PART, {"left": f"{len(left):,}"}) if left else (PASSED, {})
    # what could not be checked has passed no check
    return say(words, checks=f"{found['checks'] - len(left):,}", **more) if found["ok"] else ""


def stands(folder: Path | None) -> bool:
    """Tell whether what a plan claims may be said of its files: they are those that were written, and no check that lies beside them found them wrong."""
    if folder is None:
        return True
    found = read_verdict(folder)
    return not changed_since(folder, CHECKED) if found is None else found["ok"]


def read_verdict(folder: Path) -> WrittenVerdict | None:
    """Return the verdict that lies beside a plan; None where there is none, or the plan's files are not those that were checked."""
    try:
        content = read_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not is_dict(content) or not isinstance(content.get("checks"), int):
        return None
    try:
        return cast(WrittenVerdict, content) if content.get("files") == hashes(folder) else None
    except OSError:
        return None
