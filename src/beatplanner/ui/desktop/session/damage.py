"""What is opened and cannot be used, told by name and kind: all broken layers of a project at once, before anything tries to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from beatplanner.data.endings import PACKAGES
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.damage import KINDS, damaged
from beatplanner.ui.desktop.session.foreign_paths import leads_to_server

# How a text begins that is no TOML; what follows is told to a planner.
NO_TOML = "this is not valid TOML: "


def damaged_layers(folder: Path, rules: Mapping[str, object]) -> list[Note]:
    """Return what is wrong with each file that a project's rules name, in order and each once; files of other computers are not touched."""
    found: dict[str, Note | None] = {}
    for name in _paths(rules):
        path = folder / name
        if leads_to_server(name) or str(path) in found:
            continue
        found[str(path)] = damaged(path)
    return [note for note in found.values() if note is not None]


def _paths(rules: Any) -> Iterator[str]:
    if isinstance(rules, str):
        if Path(rules).suffix.lower() in KINDS and len(rules) < 1000 and "\n" not in rules:
            yield rules
    elif isinstance(rules, dict):
        for inner in rules.values():
            yield from _paths(inner)
    elif isinstance(rules, list | tuple):
        for inner in rules:
            yield from _paths(inner)


def refuse_what_is_no_project(path: Path) -> None:
    """Raise an `InputError` in words for a file that is damaged, or of a kind that holds no project."""
    note = damaged(path)
    if note is not None:
        raise InputError(note)
    ending = path.suffix.lower()
    if not path.is_file() or ending == ".toml":
        return
    layers = "Press New from layers and choose it there, or open the project that uses it"
    if ending in PACKAGES:
        from beatplanner.data.project.build import is_project_file

        if not is_project_file(path):
            raise InputError(problem(f"{path.name} is a GeoPackage of map layers, not a project", layers))
    elif ending in KINDS or ending in (".csv", ".tsv", ".txt", ".kml", ".gpx", ".dbf", ".xls"):
        raise InputError(problem(f"{path.name} is {KINDS.get(ending, 'a table or a layer')}, not a project", layers))


def in_plain_words(path: Path, error: InputError) -> InputError:
    """Return an error of a settings file that is no such file in words for a planner: the name, the kind, the line, and what is wrong there."""
    found: list[Note] = []
    for note in error.problems:
        if note.what.startswith(NO_TOML) or "is not UTF-8" in note.what:
            name, fault = Path(note.file or path).name, note.what.removeprefix(NO_TOML)
            if fault == note.what:
                what = f"{name} is not a readable project settings file: it has a mistake in line {note.row}, where letters are written in an older way"
                mend = "Open it in a text editor and save it as Unicode"
            else:
                where = f" in line {note.row}" if note.row else ""
                what = f"{name} is not a readable project settings file: it has a mistake{where}: {fault}"
                mend = "Open it in a text editor: each line is a name, an equals sign and a value, and text stands in quotes"
            found.append(problem(what, mend))
        else:
            found.append(note)
    return InputError(*found)
