"""What a description inherits from another, and how two differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from beatplanner.data.description.merge_patch import merge
from beatplanner.data.description.models import Description
from beatplanner.data.description.raw import read_raw
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.narrowing import Table, is_list, is_mapping, is_sequence
from beatplanner.data.paths import relative_or_whole, whole_path

# Keys that a scenario file may have beside the sections.
EXTENDS, REMOVE = "extends", "remove"


def resolve(file: Path, raw: Mapping[str, object], read: Callable[[Path], Description]) -> Table:
    """Return the tables of a scenario file with those of all that it extends, paths relative to it.

    Parameters
    ----------
    file
        The scenario file, absolute.
    raw
        Its content, with the key ``extends``.
    read
        Reads and checks the base.

    Raises
    ------
    InputError
        Where the base is missing or wrong (the message names the file that is), where files extend each other in a circle, or where
        ``remove`` names what the base has not.
    """
    project_of(file)  # no circle
    base = _base_of(file, raw, (file,))
    # whatever is wrong in the base is told under the base's own name
    description = read(base)
    tables = moved_paths(description.model_dump(exclude_unset=True), base.parent, file.parent)
    # a scenario's name and words are its own
    tables.pop("scenario", None)
    for key in _removals(file, raw, tables):
        _remove(tables, key.split("."))
    return merge(tables, {k: v for k, v in raw.items() if k not in (EXTENDS, REMOVE)})


def _base_of(file: Path, raw: Mapping[str, object], chain: tuple[Path, ...]) -> Path:
    name = raw[EXTENDS]
    if not isinstance(name, str) or not name:
        raise InputError(
            problem(
                "give the description that this scenario extends, in quotes",
                'Such as extends = "../project.toml"',
                file=file.name,
                field=EXTENDS,
            )
        )
    base = whole_path(file.parent / name)
    if base in chain:
        circle = " → ".join(p.name for p in (*chain[chain.index(base) :], base))
        raise InputError(
            problem(
                f"scenarios extend each other in a circle: {circle}",
                "Let one of them extend the project itself",
                file=file.name,
                field=EXTENDS,
            )
        )
    if not base.is_file():
        beside = sorted(p.name for p in base.parent.glob("*.toml")) if base.parent.is_dir() else []
        mend = did_you_mean(base.name, beside) or "Paths are relative to the scenario file"
        raise InputError(problem(f"the file “{name}” does not exist", mend, file=file.name, field=EXTENDS, gone=True))
    return base


def _removals(file: Path, raw: Mapping[str, object], tables: Mapping[str, object]) -> list[str]:
    keys = raw.get(REMOVE, [])
    if not is_list(keys) or not all(isinstance(k, str) for k in keys):
        raise InputError(
            problem("give a list of keys", 'Such as remove = ["beats.max_moved"]', file=file.name, field=REMOVE)
        )
    known = list(_keys(tables))
    notes: list[Note] = []
    for key in keys:
        if key not in known:
            mend = did_you_mean(key, known) or "Take it out of the list"
            notes.append(problem(f"there is no “{key}” to take away in the base", mend, file=file.name, field=REMOVE))
    if notes:
        raise InputError(*notes)
    return keys


def _keys(tables: Mapping[str, object], place: str = "") -> Iterator[str]:
    for key, value in tables.items():
        yield f"{place}{key}"
        if is_mapping(value):
            yield from _keys(value, f"{place}{key}.")


def _remove(tables: Table, steps: list[str]) -> None:
    for step in steps[:-1]:
        # keys with dots in them, such as a category's, cannot be named
        tables = tables.get(step, {})
    tables.pop(steps[-1], None)


def moved_paths(value: Any, old: Path, new: Path | None) -> Any:
    """Return tables whose paths, relative to the folder `old`, are relative to `new`; absolute where that is None or on another drive."""
    if isinstance(value, Path):
        if value.is_absolute():
            return value
        whole = whole_path(old / value)
        if new is None:
            return whole
        return Path(relative_or_whole(whole, new))
    if is_mapping(value):
        return {k: moved_paths(v, old, new) for k, v in value.items()}
    return type(value)(moved_paths(v, old, new) for v in value) if is_sequence(value) else value


def project_of(path: Path) -> Path:
    """Return the description at the bottom of a scenario file: the one that extends nothing."""
    file = whole_path(path)
    chain: tuple[Path, ...] = ()
    raw = read_raw(file)
    while EXTENDS in raw:
        chain = (*chain, file)
        file = _base_of(file, raw, chain)
        raw = read_raw(file)
    return file
