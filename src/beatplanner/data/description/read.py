"""A description read from a file or a project, and checked."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from beatplanner.data.description.models import (
    PROJECT_TABLE,
    Description,
    _checked_sections,
    _contradictions,
    _missing_files,
    _nearest_file,
    _read_toml,
)
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import Findings
from beatplanner.data.paths import read_only_uri


def read_description(path: Path) -> Description:
    """Read and check a project description.

    Parameters
    ----------
    path
        A TOML description, or a project file made by `beatplanner.data.project.build.build`.

    Returns
    -------
    Description
        Its ``folder`` and ``file`` are absolute.

    Raises
    ------
    InputError
        With every problem found: syntax, unknown or missing keys, wrong types, contradicting rules,
        and files that do not exist.
    """
    file = Path(path).resolve()
    return checked_description(read_raw(file), file)


def read_raw(path: Path) -> dict[str, Any]:
    """Return the sections of a description or project file as they stand there, unchecked; InputError where it is neither."""
    file = Path(path).resolve()
    if not file.is_file():
        what = "this is a folder, not a project" if file.is_dir() else "there is no such file"
        raise InputError(problem(what, _nearest_file(file) or "Give the path of a project description", file=path))
    stored = stored_description(file)
    if stored is None:
        return _read_toml(file)
    # which version wrote it is known by its tables; a newer one is refused before its content is taken for ours
    from beatplanner.data.project.store import version_of

    version_of(file)
    return into_file(json.loads(stored), file.name)


def into_file(value: Any, name: str) -> Any:
    """Return a stored description whose layers lie in the file as it is called now: it may have been renamed."""
    if not isinstance(value, dict):
        return value
    found = {key: into_file(inner, name) for key, inner in value.items()}
    if isinstance(found.get("path"), str) and "layer" in found and not Path(found["path"]).is_absolute():
        found["path"] = name
    return found


def checked_description(raw: dict[str, Any], file: Path) -> Description:
    """Return the checked description of sections that were read from a file, or changed since.

    Parameters
    ----------
    raw
        Sections, as TOML or JSON gives them.
    file
        The description or project file, absolute; paths are relative to its folder.

    Raises
    ------
    InputError
        As for `read_description`.
    """
    if "extends" in raw:
        # a scenario: what it extends is read by the module that knows of them
        from beatplanner.data.description.inherit import resolve

        raw = resolve(file, raw)
    findings = Findings()
    sections = _checked_sections(raw, file.name, findings)
    for name, section in sections.items():
        findings.add(_missing_files(name, section, file))
    findings.add(problem(what, mend, file=file.name, field=key) for key, what, mend in _contradictions(sections))
    findings.raise_if_any()
    return Description(**sections, folder=file.parent, file=file)


def stored_description(path: Path) -> str | None:
    """Return the description (JSON text) inside a project file, or None where the file is none."""
    with path.open("rb") as stream:
        if stream.read(16) != b"SQLite format 3\x00":
            return None
    try:
        with closing(sqlite3.connect(read_only_uri(path), uri=True)) as database:
            query = f"SELECT description FROM {PROJECT_TABLE}"  # noqa: S608 - a constant
            return database.execute(query).fetchone()[0]
    except (sqlite3.Error, TypeError):
        return None
