"""What is opened and holds no project, told by name and kind, before anything tries to read it."""

from __future__ import annotations

import codecs
from pathlib import Path

from beatplanner.data.endings import PACKAGES
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.damage import KINDS, damaged

# What holds layers beside the kinds that damage is looked for in.
LAYERS = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".kml", ".gpx", ".dbf", ".xls"), "a table or a layer"),
    **dict.fromkeys((".fgb", ".gml", ".parquet", ".tab", ".mif", ".dxf"), "a map layer"),
    **dict.fromkeys((".zip", ".7z", ".gz", ".tar"), "a packed folder"),
}
# What is often double-clicked or dropped and holds no town at all.
OTHERS = {
    ".mbtiles": "a background map",
    ".pdf": "a PDF",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg", ".heic"), "a picture"),
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf"), "a text for a word processor"),
    **dict.fromkeys((".htm", ".html"), "a web page"),
    **dict.fromkeys((".qgs", ".qgz"), "a QGIS project"),
}
# What is said to do where a file can be used nowhere.
PROJECTS = "Choose a project (.beatplan), or its settings (.toml)"
# How a text begins that is no TOML; what follows is told to a planner.
NO_TOML = "this is not valid TOML: "


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
    elif kind := LAYERS.get(ending, KINDS.get(ending)):
        raise InputError(problem(f"{path.name} is {kind}, not a project", layers))
    elif kind := OTHERS.get(ending):
        shown = "Open a project first, then choose it under View, Background map"
        raise InputError(problem(f"{path.name} is {kind}, not a project", shown if ending == ".mbtiles" else PROJECTS))
    elif b"\0" in _beginning(path):
        raise InputError(problem(f"{path.name} is neither a project nor the settings of one", PROJECTS))


def _beginning(path: Path) -> bytes:
    """Return how a file begins; settings are text, which has no zero in it."""
    try:
        with path.open("rb") as stream:
            found = stream.read(1000)
    except OSError:
        # why it cannot be read is told where it is
        return b""
    # texts of two bytes a letter have zeros too, and say so first
    return b"" if found[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else found


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
