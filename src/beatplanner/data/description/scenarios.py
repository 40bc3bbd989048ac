"""Scenarios: named sets of rules, each kept as what it changes in another.

A scenario file is a description that begins with ``extends = "project.toml"`` and holds only what differs; ``remove = ["beats.max_moved"]`` takes
keys of the base away, and ``[scenario]`` gives it a name and says what it is about. Paths in it are relative to it, as in every description.
The scenarios of a project are the files in the folder ``scenarios`` beside it, in the order of their names; today's plan needs no file.

`merge` and `difference` work on plain tables, so that a project file can keep scenarios as name and difference::

    merge(base, difference(base, other)) == other
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beatplanner.data.description.models import SECTIONS, Description, read_description, read_raw
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.paths import relative_or_whole
from beatplanner.data.result.output_place import check_place

FOLDER = "scenarios"
# Keys that a scenario file may have beside the sections.
EXTENDS, REMOVE = "extends", "remove"


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


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`: tables are merged key by key, None takes a key away, anything else replaces."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            under = merged.get(key)
            merged[key] = merge(under if isinstance(under, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def difference(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what turns `base` into `other`, for `merge`; a key that `other` lacks is None.

    Tables hold no None themselves: a description has none.
    """
    changes: dict[str, Any] = {key: None for key in base if key not in other}
    for key, value in other.items():
        under = base.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            inner = difference(under, value)
            if inner:
                changes[key] = inner
        elif key not in base or under != value or type(under) is not type(value):
            changes[key] = value
    return changes


def as_table(description: Description) -> dict[str, Any]:
    """Return the keys that a description gives, as plain tables; what it leaves to the defaults is not in it."""
    return json.loads(description.model_dump_json(exclude_unset=True))


def changed_rules(base: Description, other: Description) -> tuple[str, ...]:
    """Say what `other` changes in `base`, a sentence a key, defaults included and the name of the scenario aside."""
    a, b = (json.loads(d.model_dump_json()) for d in (_at_home(base), _at_home(other)))
    for side in (a, b):
        side.pop("scenario", None)
    return tuple(_sentences(a, b))


def _at_home(description: Description) -> Description:
    """Return a description whose paths are absolute, so that descriptions of several folders can be compared."""
    return Description.model_validate(_moved_paths(description.model_dump(exclude_none=True), description.folder, None))


def _sentences(a: Mapping[str, Any], b: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for key in sorted({*a, *b}, key=lambda k: (k not in a, str(k))):
        was, now = a.get(key), b.get(key)
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _sentences(was, now, f"{place}{key}.")
        elif was != now:
            yield f"{place}{key}: {_in_words(was)} → {_in_words(now)}"


def _in_words(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, Mapping):
        inside = value.get("path")
        return Path(str(inside)).name if inside else listed(f"{k} {_in_words(v)}" for k, v in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return listed(_in_words(v) for v in value) if isinstance(value, list) else str(value)


# ---- reading


def resolve(file: Path, raw: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a scenario file with those of all that it extends, paths relative to it.

    Parameters
    ----------
    file
        The scenario file, absolute.
    raw
        Its content, with the key ``extends``.

    Raises
    ------
    InputError
        Where the base is missing or wrong (the message names the file that is), where files extend each other in a circle, or where
        ``remove`` names what the base has not.
    """
    project_of(file)  # no circle
    base = _base_of(file, raw, (file,))
    # whatever is wrong in the base is told under the base's own name
    description = read_description(base)
    tables = _moved_paths(description.model_dump(exclude_unset=True), base.parent, file.parent)
    # a scenario's name and words are its own
    tables.pop("scenario", None)
    for key in _removals(file, raw, tables):
        _take_away(tables, key.split("."))
    return merge(tables, {k: v for k, v in raw.items() if k not in (EXTENDS, REMOVE)})


def _base_of(file: Path, raw: Mapping[str, Any], chain: tuple[Path, ...]) -> Path:
    name = raw[EXTENDS]
    if not isinstance(name, str) or not name:
        raise InputError(
            problem("give the description that this scenario extends, in quotes", 'Such as extends = "../project.toml"',
                    file=file.name, field=EXTENDS)
        )  # fmt: skip
    base = (file.parent / name).resolve()
    if base in chain:
        circle = " → ".join(p.name for p in (*chain[chain.index(base) :], base))
        raise InputError(
            problem(f"scenarios extend each other in a circle: {circle}", "Let one of them extend the project itself",
                    file=file.name, field=EXTENDS)
        )  # fmt: skip
    if not base.is_file():
        beside = sorted(p.name for p in base.parent.glob("*.toml")) if base.parent.is_dir() else []
        mend = did_you_mean(base.name, beside) or "Paths are relative to the scenario file"
        raise InputError(problem(f"the file “{name}” does not exist", mend, file=file.name, field=EXTENDS))
    return base


def _removals(file: Path, raw: Mapping[str, Any], tables: Mapping[str, Any]) -> list[str]:
    keys = raw.get(REMOVE, [])
    if not isinstance(keys, list) or not all(isinstance(k, str) for k in keys):
        raise InputError(
            problem("give a list of keys", 'Such as remove = ["beats.max_moved"]', file=file.name, field=REMOVE)
        )
    known = list(_keys(tables))
    notes = []
    for key in keys:
        if key not in known:
            mend = did_you_mean(key, known) or "Take it out of the list"
            notes.append(problem(f"there is no “{key}” to take away in the base", mend, file=file.name, field=REMOVE))
    if notes:
        raise InputError(*notes)
    return keys


def _keys(tables: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for key, value in tables.items():
        yield f"{place}{key}"
        if isinstance(value, Mapping):
            yield from _keys(value, f"{place}{key}.")


def _take_away(tables: dict[str, Any], steps: list[str]) -> None:
    for step in steps[:-1]:
        # keys with dots in them, such as a category's, cannot be named
        tables = tables.get(step, {})
    tables.pop(steps[-1], None)


def _moved_paths(value: Any, old: Path, new: Path | None) -> Any:
    """Return tables whose paths, relative to the folder `old`, are relative to `new`; absolute where that is None or on another drive."""
    if isinstance(value, Path):
        if value.is_absolute():
            return value
        whole = (old / value).resolve()
        if new is None:
            return whole
        return Path(relative_or_whole(whole, new))
    if isinstance(value, Mapping):
        return {k: _moved_paths(v, old, new) for k, v in value.items()}
    return type(value)(_moved_paths(v, old, new) for v in value) if isinstance(value, list | tuple) else value


def project_of(path: Path) -> Path:
    """Return the description at the bottom of a scenario file: the one that extends nothing."""
    file = Path(path).resolve()
    chain: tuple[Path, ...] = ()
    raw = read_raw(file)
    while EXTENDS in raw:
        chain = (*chain, file)
        file = _base_of(file, raw, chain)
        raw = read_raw(file)
    return file


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
    project = Path(project).resolve()
    base = read_description(project)
    found, problems = [], []
    for file in sorted((project.parent / FOLDER).glob("*.toml")):
        try:
            if project_of(file) != project:
                continue
            description = read_description(file)
        except InputError as error:
            problems += [n for n in error.problems if n not in problems]
            continue
        told = description.scenario
        name = told.name if told is not None and told.name else file.stem
        parent = (file.parent / str(read_raw(file)[EXTENDS])).resolve()
        about = told.about if told is not None and told.about else ""
        found.append(ScenarioFile(name, about, file, parent, changed_rules(base, description)))
    twice = {s.name for s in found if [t.name for t in found].count(s.name) > 1}
    problems += [
        problem(f"two scenarios have the name “{s.name}”", "Give each a name of its own", file=s.file.name, field="scenario.name")
        for s in found if s.name in twice
    ]  # fmt: skip
    if problems:
        raise InputError(*problems)
    return found


# ---- writing


def new_scenario(project: Path, name: str, *, base: Path | None = None, settings: Mapping[str, str] | None = None) -> Path:  # fmt: skip
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
    project = Path(project).resolve()
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


def stale(summary: Mapping[str, Any], now: Mapping[str, str]) -> tuple[Note, ...]:
    """Say why a plan is no longer that of its project: rules, data or versions changed since.

    Parameters
    ----------
    summary
        The plan's ``summary.json``.
    now
        Versions of what computes now.

    Returns
    -------
    tuple of Note
        Empty where nothing changed; a warning for rules and data, a fact for versions, which change a plan seldom.
    """
    import hashlib

    notes: list[Note] = []
    file = Path(str(summary.get("description_file", "")))
    try:
        rules = read_description(file) if file.is_file() else None
    except InputError:
        rules = None
    if rules is None:
        notes.append(Note("warning", "the description of this plan is gone or cannot be read any more", file=file.name))
    else:
        made = Description.model_validate(summary.get("rules", {}))
        a, b = (json.loads(d.model_dump_json()) for d in (made, rules))
        notes += [Note("warning", f"a rule has changed since: {text}", file=file.name) for text in _sentences(a, b)]
    for source in summary.get("inputs", []):
        path = Path(str(source.get("path", "")))
        if not path.is_file():
            notes.append(Note("warning", "this file is not there any more", file=path.name, field=source["role"]))
            continue
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != source.get("sha256"):
            on = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            notes.append(
                Note("warning", f"this file was changed on {on:%d %B %Y}, after the plan", file=path.name, field=source["role"])
            )  # fmt: skip
    made_by = summary.get("versions", {})
    other = [f"{k} {made_by[k]} → {now[k]}" for k in now if k in made_by and made_by[k] != now[k]]
    if other:
        notes.append(Note("info", f"made with other versions: {listed(other)}"))
    return tuple(notes)
