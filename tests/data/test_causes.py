"""Why a file cannot be read or written is said in words of our own, whichever library fails, and in the window's languages."""

from __future__ import annotations

import ast
import errno
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyogrio
import pyogrio.errors
import pytest

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError
from beatplanner.data.formats.layers import layer_names, read_layer
from beatplanner.data.output_place import cannot_write, why_not_written
from beatplanner.data.publish.sentence_templates import CONTEXT, Sentences, texts_of_window
from conftest import ROOT

SOURCE = ROOT / "src" / "beatplanner"
# What may be told of a worker's address and of a missing library, which only the command line and who installs the program see.
LIBRARY_WORDS = {"planning/beats/parallel.py", "ui/desktop/map/headless.py"}


def failures(folder: Path) -> dict[str, tuple[Callable[[], object], str]]:
    garbage, cut = folder / "a.gpkg", folder / "a.zip"
    garbage.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    cut.write_bytes(b"PK\x03\x04" + bytes(90))

    def database(path: Path) -> object:
        return sqlite3.connect(path).execute("SELECT * FROM units").fetchall()

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return {
        "database": (lambda: database(garbage), "parts of it are overwritten"),
        "table": (lambda: database(folder / "new.gpkg"), "a table that belongs to it is missing"),
        "archive": (lambda: zipfile.ZipFile(cut).namelist(), "its end or its beginning is missing"),
        "json": (lambda: json.loads('{\n "a": 1,\n'), "it breaks off or has a mistake in line 3, column 1"),
        "letters": (lambda: b"\xff".decode("utf-8"), "its letters are written in another way than it says"),
        "gone": (lambda: (folder / "gone").read_bytes(), "it is not there"),
        "folder": (lambda: folder.read_bytes(), "it is a folder"),
        "drive": (full, "the drive is full"),
        "map": (lambda: pyogrio.list_layers(cut), ""),
        "code": (lambda: [][1], "its content is not what belongs into such a file"),
    }


@pytest.mark.parametrize(
    "kind", ["database", "table", "archive", "json", "letters", "gone", "folder", "drive", "map", "code"]
)
def test_a_cause_is_a_sentence_of_ours_that_the_window_tells(tmp_path, kind):
    fail, wanted = failures(tmp_path)[kind]
    with pytest.raises(Exception) as caught:
        fail()
    said = cause(caught.value)
    assert wanted in said
    for language in ("mk", "sq"):
        say = Sentences(texts_of_window(language)[CONTEXT], lambda v, digits: f"{v:.{digits}f}", str)
        assert say(said) != said, (language, said)


def test_our_own_reason_is_kept():
    assert cause(ValueError("it is far too large")) == "it is far too large"


def test_a_broken_layer_names_the_line_and_no_library(tmp_path):
    broken = tmp_path / "units.geojson"
    broken.write_text('{"type": "FeatureCollection",\n"features": [\n{"type": "Feature" "x": 1}]}', "utf-8")
    for reading in (lambda: read_layer(broken, None, []), lambda: layer_names(broken)):
        with pytest.raises(InputError) as caught:
            reading()
        text = str(caught.value)
        assert text.startswith("units.geojson") and "in line 3, column 20" in text, text
        assert "JSON" not in text.removeprefix("units.geojson").replace("GeoJSON", ""), text


def test_no_problem_is_told_in_the_words_of_a_library():
    """No error is written into a note as it comes: `cause` puts it in words."""
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE).as_posix()
        if name in LIBRARY_WORDS or name.startswith("ui/commands/"):
            continue
        text = file.read_text("utf-8")
        # what never says the word calls nothing of that name
        for call in ast.walk(ast.parse(text)) if "problem" in text else ():
            if not isinstance(call, ast.Call) or getattr(call.func, "id", getattr(call.func, "attr", "")) != "problem":
                continue
            for part in ast.walk(call):
                value = part.value if isinstance(part, ast.FormattedValue) else None
                if (isinstance(value, ast.Name) and value.id == "error") or (
                    isinstance(value, ast.Attribute) and value.attr == "strerror"
                ):
                    found.append(f"{name}:{call.lineno}")
    assert not found


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "this place may only be read. Give a folder of your own."),
        (errno.EACCES, "you may not write here. Give a folder of your own, or ask who looks after it."),
        (errno.ENOSPC, "there is no room left. Free space on that drive, or give another place."),
    ],
)
def test_what_a_library_could_not_write_is_told_by_the_systems_cause(number, said, tmp_path, monkeypatch):
    file = tmp_path / "beats.gpkg"

    def refused(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    error = pyogrio.errors.DataSourceError("sqlite3_open(beats.gpkg) failed: unable to open database file")
    assert str(cannot_write(error, file)).endswith(said)


def test_a_folder_that_is_gone_is_told_as_gone_and_a_place_that_takes_files_as_no_cause(tmp_path):
    assert "it is not there" in str(why_not_written(tmp_path / "gone" / "map.pdf"))
    assert why_not_written(tmp_path / "map.pdf") is None
