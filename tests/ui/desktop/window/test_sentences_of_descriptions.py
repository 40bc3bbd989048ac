"""What is wrong with a project's settings is told whole in the window's language, whatever key has whatever wrong value."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6")
from beatplanner.data.description.checks import checked_sections, contradictions
from beatplanner.data.description.models import SECTIONS
from beatplanner.data.description.raw import FAULTS, read_toml
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import Findings
from beatplanner.data.publish.sentence_templates import CONTEXT, Sentences, texts_of_window

WRONG = (
    "word",
    "",
    3.7,
    -5,
    10**9,
    True,
    [],
    [[]],
    ["word"],
    [-1.5],
    {},
    {"word": "word"},
    dt.time(3),
    dt.date(2027, 1, 1),
)
# What every language writes so: what stands in quotes or brackets, keys, values as TOML writes them, and codes.
KEPT = re.compile(
    r"“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|\[[^\]]*\]|\{ [^}]* \}|\w+ = (?:\S+|…)|\b\w+\.(?:toml|csv)\b|\b[a-z]+(?:_\w+|\.\w+)+\b"
    r"|(?:give one of |дајте едно од |jepni një nga )[\w, -]+?(?=, (?:but|а|por) )|(?:section are: |дел се: |pjese janë: )[\w, ]+"
    r"|\b(?:TOML|GeoPackage|beatplanner|Unicode|UTF|EUR|USD|true|false|en|sq|sr|Latn|Cyrl|mk|ro|ru)\b"
)


def spoken(language: str) -> Sentences:
    return Sentences(texts_of_window(language)[CONTEXT], lambda v, digits: f"{v:.{digits}f}", str)


def english_left(note: str, said: str, language: str, keys: re.Pattern[str]) -> bool:
    """Return whether words of a note are left in English: in Macedonian any Latin letters, in Albanian words of the English text."""
    rest = keys.sub("", KEPT.sub("", said))
    if language == "mk":
        return re.search(r"[A-Za-z]{2,}", rest) is not None
    words = {*re.findall(r"[a-z]{3,}", keys.sub("", KEPT.sub("", note)))} - {"raster"}
    return any(w in words for w in re.findall(r"[a-zçë]{3,}", rest))


def wrong_values() -> set[tuple[str, str]]:
    """Return what is said, and what to do, for each key of each section with each wrong value."""
    found = Findings()
    for name, model in SECTIONS.items():
        for bad in (*WRONG, {"no_such_key": 1}):
            checked_sections({name: bad}, "a.toml", found)
        for key in model.model_fields:
            for bad in WRONG:
                checked_sections({name: {key: bad}}, "a.toml", found)
    return {(n.what, n.mend) for n in found.problems}


# Descriptions whose keys are right alone and not together.
TOGETHER: tuple[dict[str, Any], ...] = (
    {
        "units": {"population": "p", "population_raster": "p.tif"},
        "beats": {"count": 3, "max_moved": 0.1, "roads": {"path": "r"}, "distances": "d.csv"},
        "stations": {
            "objective": "coverage",
            "coverage_floor": 0.9,
            "group_excess": 0.1,
            "roads": {"path": "r"},
            "distances": "w.csv",
            "crossings": {"path": "c"},
            "one_per_municipality": True,
            "bands": [9, 3],
        },
        "incidents": {"path": "i.csv", "address": "a", "timezone": "Mars/Base", "x": "lon"},
        "officers": {"path": "o.csv", "start": dt.date(2027, 1, 1), "max_tenure_months": 3, "freeze_months": 2},
        "forum": {"currency": "USD"},
        "budget": {
            "first_year": 2040,
            "funds": {"nobody": [1, 2]},
            "ends": {"nobody": dt.date(2028, 1, 1)},
            "start_together": [["1", "2"], ["2"]],
        },
    },
    {
        "units": {"population": "p", "census": {"path": "c", "id": "i", "population": "p"}},
        "stations": {"elevation": "e.tif"},
    },
    {"incidents": {"path": "i.csv"}, "budget": {"then": "state", "ends": {"state": dt.date(2028, 1, 1)}}},
)


def contradicting() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for tables in TOGETHER:
        whole = {name: dict(table) for name, table in tables.items()}
        whole["units"] = {"path": "u.gpkg", "id": "unit", **whole.get("units", {})}
        sections = checked_sections({"project": {"name": "A"}, **whole}, "a.toml", findings := Findings())
        assert not findings.problems, findings.problems
        found |= {(what, mend) for _, what, mend in contradictions(sections)}
    return found


TOML = (
    "a = 'b",
    'a = """b',
    "a = [1",
    "[a",
    "a = 1\na = 2",
    "a 1",
    "a = 1 2",
    "= 1",
    'a = "\\q"',
    "a = 2027-02-30",
    "a = word",
    "a = '\x01'",
    "a = " + "[" * 5000,
)


def broken_texts(folder: Path) -> set[tuple[str, str]]:
    """Return what is said of files that are no TOML, and of those that extend others wrongly."""
    (folder / "project.toml").write_text('[project]\nname = "A"\n[units]\npath = "u.gpkg"\nid = "i"\n', "utf-8")
    (folder / "u.gpkg").write_bytes(b"")
    texts = [
        "extends = 3",
        'extends = "none.toml"',
        'extends = "bad.toml"',
        'extends = "project.toml"\nremove = 3',
        'extends = "project.toml"\nremove = ["beats.count"]',
        "[project]\nname = 'A'\n[units]\npath = 'v.gpkg'\nid = 'i'\n",
    ]
    found = set()
    for text in (*TOML, *texts):
        (folder / "bad.toml").write_text(text, "utf-8")
        with pytest.raises(InputError) as caught:
            (read_toml if text in TOML else read_description)(folder / "bad.toml")
        found |= {(n.what, n.mend) for n in caught.value.problems}
    for content in (b"a = '\xff'", b"SQLite format 3\0"):
        (folder / "bad.toml").write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_toml(folder / "bad.toml")
        found |= {(n.what, n.mend) for n in caught.value.problems}
    return found


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_what_is_wrong_with_settings_is_told_in_the_windows_language(tmp_path, language):
    say = spoken(language)
    words = {name for model in SECTIONS.values() for name in model.model_fields} | {*SECTIONS}
    keys = re.compile(rf"\b(?:{'|'.join(sorted(words, key=len, reverse=True))}|x|y)\b")
    values, left = {*wrong_values(), *contradicting(), *broken_texts(tmp_path)}, []
    assert len(values) > 200
    for what, mend in values:
        note = str(problem(what, mend, file="a.toml", field="units.path"))
        said = say(note)
        if english_left(note, said, language, keys):
            left.append((note, said))
    assert not left, "\n".join(f"{a}\n    {b}" for a, b in left)


def test_a_mistake_in_a_text_is_told_in_our_own_words(tmp_path):
    said = {what.partition(": ")[2] for what, _ in broken_texts(tmp_path) if what.startswith("this is not valid TOML")}
    for own in FAULTS.values():
        assert any(own in text for text in said), own
    assert not any(word in " ".join(said) for word in ("Expected", "unterminated", "namespace", "statement"))
