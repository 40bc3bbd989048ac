"""Scenarios: named sets of rules, each kept as what it changes in another.

A scenario file is a description that begins with ``extends = "project.toml"`` and holds only what differs; ``remove = ["beats.max_moved"]`` takes
keys of the base away, and ``[scenario]`` gives it a name and says what it is about. Paths in it are relative to it, as in every description.
The scenarios of a project are the files in the folder ``scenarios`` beside it, in the order of their names; today's plan needs no file.

`merge` and `patch_between` work on plain tables, so that a project file can keep scenarios as name and difference::

    merge(base, difference(base, other)) == other
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beatplanner.data.description.inherit import EXTENDS, moved_paths, project_of
from beatplanner.data.description.models import SECTIONS, Description
from beatplanner.data.description.raw import read_raw
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.narrowing import is_list, is_mapping
from beatplanner.data.output_place import check_place
from beatplanner.data.paths import relative_or_whole, whole_path

FOLDER = "scenarios"


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario of a project.

    Attributes
    ----------
    name, about
        What people call it, and what it is about.
    file
        Its TOML.
    base
        The description that it extends.
    changes
        What it changes against the project, a sentence a key.
    """

    name: str
    about: str
    file: Path
    base: Path
    changes: tuple[str, ...]


def changed_rules(base: Description, other: Description) -> tuple[str, ...]:
    """Say what `other` changes in `base`, a sentence a key, defaults included and the name of the scenario aside."""
    a, b = (json.loads(d.model_dump_json()) for d in (_at_home(base), _at_home(other)))
    for side in (a, b):
        side.pop("scenario", None)
    return tuple(differences_in_words(a, b))


def _at_home(description: Description) -> Description:
    """Return a description whose paths are absolute, so that descriptions of several folders can be compared."""
    return Description.model_validate(moved_paths(description.model_dump(exclude_none=True), description.folder, None))


def differences_in_words(a: Mapping[str, object], b: Mapping[str, object], place: str = "") -> Iterator[str]:
    """Yield a line for each key whose value differs between two descriptions, as `place.key: was → now`."""
    for key in sorted({*a, *b}, key=lambda k: (k not in a, str(k))):
        was, now = a.get(key), b.get(key)
        if is_mapping(was) and is_mapping(now):
            yield from differences_in_words(was, now, f"{place}{key}.")
        elif was != now:
            yield f"{place}{key}: {rule_value_in_words(was)} → {rule_value_in_words(now)}"


def rule_value_in_words(value: Any) -> str:
    """Return what a rule says, for people: nothing is “not given”, a table of a file is its name."""
    if value is None:
        return "not given"
    if is_mapping(value):
        inside = value.get("path")
        return Path(str(inside)).name if inside else listed(f"{k} {rule_value_in_words(v)}" for k, v in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return listed(rule_value_in_words(v) for v in value) if is_list(value) else str(value)


# ---- reading


def find_scenarios(project: Path) -> list[ScenarioFile]:
    """Return the scenarios of a project, in the order of their file names.

    Parameters
    ----------
    project
        The project's description; the files in its folder ``scenarios`` that extend it, directly or by way of another, are its scenarios.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    project = whole_path(project)
    base = read_description(project)
    found: list[ScenarioFile] = []
    problems: list[Note] = []
    for file in sorted((project.parent / FOLDER).glob("*.toml")):
        try:
            if project_of(file) != project:
                continue
            description = read_description(file)
        except InputError as error:
            problems += [n for n in error.problems if n not in problems]
            continue
        declared = description.scenario
        name = declared.name if declared is not None and declared.name else file.stem
        parent = whole_path(file.parent / str(read_raw(file)[EXTENDS]))
        about = declared.about if declared is not None and declared.about else ""
        found.append(ScenarioFile(name, about, file, parent, changed_rules(base, description)))
    twice = {s.name for s in found if [t.name for t in found].count(s.name) > 1}
    problems += [
        problem(
            f"two scenarios have the name “{s.name}”",
            "Give each a name of its own",
            file=s.file.name,
            field="scenario.name",
        )
        for s in found
        if s.name in twice
    ]
    if problems:
        raise InputError(*problems)
    return found


# ---- writing


def new_scenario(
    project: Path, name: str, *, base: Path | None = None, settings: Mapping[str, str] | None = None
) -> Path:
    """Write a scenario file that extends the project or another scenario.

    Parameters
    ----------
    project
        The project's description.
    name
        What people call it; its file is named after it.
    base
        The scenario that it starts from; None for the project.
    settings
        Values by key, such as ``{"beats.tolerance": "0.05"}``, as TOML writes them; text may do without quotes.

    Returns
    -------
    pathlib.Path
        The new file.

    Raises
    ------
    InputError
        Where there is one of that name already, or where a key or value is wrong; nothing is written then.
    """
    project = whole_path(project)
    stem = re.sub(r"[^\w-]+", "-", name.strip().casefold()).strip("-") or "scenario"
    file = project.parent / FOLDER / f"{stem}.toml"
    check_place(file)
    if file.exists():
        raise InputError(
            problem("there is a scenario of this name already", "Give another name", file=f"{FOLDER}/{file.name}")
        )
    tables: dict[str, dict[str, str]] = {}
    for key, value in (settings or {}).items():
        section, _, inner = key.partition(".")
        if section not in SECTIONS or not inner:
            mend = did_you_mean(section, SECTIONS) or f"The sections are: {listed(SECTIONS)}"
            raise InputError(problem(f"“{key}” names no key of the description", mend, field=key))
        tables.setdefault(section, {})[inner] = value
    start = relative_or_whole(base or project, file.parent)
    lines = [f"extends = {_quoted(start)}", "", "[scenario]", f"name = {_quoted(name)}"]
    for section, keys in tables.items():
        lines += ["", f"[{section}]", *(f"{key} = {_toml_value(value)}" for key, value in keys.items())]
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        read_description(file)
    except BaseException:
        file.unlink()
        raise
    return file


def _toml_value(text: str) -> str:
    import tomllib

    try:
        tomllib.loads(f"v = {text}")
    except tomllib.TOMLDecodeError:
        return _quoted(text)
    return text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
