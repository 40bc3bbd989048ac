"""One word for one thing: what is public in the package has a name of its own, so that a search for it ends in one place, or means the same there."""

from __future__ import annotations

import ast
import tokenize
from collections import defaultdict
from pathlib import Path

from parsed import tree_of, trees_are_forgotten  # noqa: F401 (a fixture of every test)

SOURCES = Path(__file__).resolve().parents[1] / "src" / "beatplanner"
# Names that stand twice for one thing, and why.
TWICE = {
    # what a section of the rules asks for, and what a section of `summary.json` of the same key says
    **dict.fromkeys(
        ("Beats", "Mobile", "Officers", "Stations", "Workload"),
        ("data/description/sections", "data/result/summary.py"),
    ),
    "Phases": ("data/description/sections", "data/result/phases.py"),
    # a part of `summary.json`, as its model tells it and as it is read
    "Source": ("data/formats/source.py", "data/result/summary.py"),
    # the checker has its own code for what a step plans
    "PostGroups": ("planning/officers", "planning/verification"),
}


def test_a_public_class_has_a_name_of_its_own():
    places: dict[str, list[str]] = defaultdict(list)
    for file in sorted(SOURCES.rglob("*.py")):
        for node in tree_of(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(file.relative_to(SOURCES).as_posix())
    assert len(places) > 500
    twice = {name: found for name, found in places.items() if len(found) > 1}
    unlike = {
        name: found
        for name, found in twice.items()
        if len(found) != len(TWICE.get(name, ())) or not all(map(str.startswith, found, TWICE[name]))
    }
    assert not unlike
    assert set(TWICE) == set(twice)


COMMAND = "a command and what it calls"
CHECKER = "a step, and the checker that has its own code for it"
# Functions of one name in several files, and the idea that it stands for there.
ONE_IDEA = {
    **dict.fromkeys(("build", "compare", "audit", "mend", "replan", "succession", "stale", "verify", "check"), COMMAND),
    **dict.fromkeys(
        ("amounts_of", "post_groups", "months_served", "first_classes", "branched", "prove_cut", "one_officer"), CHECKER
    ),
    **dict.fromkeys(("changed_months", "evaluate", "steady", "fractional"), CHECKER),
    **dict.fromkeys(
        ("check_officers", "check_budget", "check_service"), "a part of the checker, loaded where a plan has it"
    ),
    **dict.fromkeys(("measure", "ascend", "solve", "run"), "what a solver's module does, by the name of the module"),
    "install": "puts a panel, a menu or a tool into the window",
    "prepare": "compiles what is run later",
    "check_form": "the sizes of the arrays of a certificate",
    "schema": "the JSON schema that is published of what is read, and of what is written",
    "number": "a number as a page of ours writes it",
    "in_language": "what planning tells, in the language of a page, or of the window",
    "write_json": "JSON of a plan's folder, and of the public pack, which may import nothing of it",
    "dense_parts": "parts of a map that are drawn larger on a page of their own",
}


def test_a_public_function_has_a_name_of_its_own_or_means_the_same():
    places: dict[str, set[str]] = defaultdict(set)
    for file in sorted(SOURCES.rglob("*.py")):
        for node in tree_of(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                places[node.name].add(file.relative_to(SOURCES).as_posix())
    assert len(places) > 1500
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in ONE_IDEA} == {}
    assert set(ONE_IDEA) == set(twice)


# Words that stood for many ideas each: what is called on the way is `progress`, a finding is noted, a result is collected.
NO_NAMES = {"tell", "told"}
# The window still takes plans, drawings and beats.
NOWHERE_ELSE = {"take": SOURCES / "ui" / "desktop"}
# What others named: a file's place, rows of a frame by their places.
OF_OTHERS = {("data/formats/text_tables.py", "tell"), ("planning/verification/units.py", "take")}


def _names(file: Path) -> set[str]:
    """Return all names of a file of Python: what it defines, and what it uses of others."""
    with file.open("rb") as stream:
        return {t.string for t in tokenize.tokenize(stream.readline) if t.type == tokenize.NAME}


def _words(file: Path) -> set[str]:
    """Return the words that no name of a file may begin with, those of others aside."""
    elsewhere = {word for word, room in NOWHERE_ELSE.items() if not file.is_relative_to(room)}
    place = file.relative_to(SOURCES).as_posix()
    names = {name for name in _names(file) if (place, name) not in OF_OTHERS and name != "take_along_axis"}
    return {name for name in names if name.lower().strip("_").split("_")[0] in NO_NAMES | elsewhere}


def test_no_name_begins_with_a_word_of_many_ideas():
    found = {file.relative_to(SOURCES).as_posix(): words for file in SOURCES.rglob("*.py") if (words := _words(file))}
    assert found == {}
    # a list of what others named that is longer than it need be guards less
    assert all(name in _names(SOURCES / place) for place, name in OF_OTHERS)
