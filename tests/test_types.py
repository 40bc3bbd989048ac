"""What our own code writes and our own code reads has a type with names: `dict[str, Any]` stands at the border alone, with its reason.

A new place fails, and so does one that is listed and no longer needs it. What is written is checked by pyright, which is strict below `ui`.
"""

from __future__ import annotations

import re
from collections import Counter

from conftest import ROOT

SOURCE = ROOT / "src/beatplanner"
UNTYPED = re.compile(r"\bdict\[str, (?:typing\.)?Any\]")

FILES = {
    # names for what is read from outside, so that its kind can be told apart
    "data/formats/frames.py": (
        1,
        "a row of a table of any columns: those of our own frames stand in `town.py` and `plan_tables.py`",
    ),
    "data/narrowing.py": (1, "a table of TOML or JSON as a person wrote it"),
    "data/result/summary.py": (1, "a summary as it was read; the model in this file says what its keys are"),
    "planning/forum/public/blocks.py": (
        1,
        "a block of a page, as the typesetter's JSON has it: each kind has fields of its own",
    ),
    # what others give or ask for
    "data/description/sections/base.py": (1, "a JSON schema, as pydantic asks for it"),
    "data/description/sections/rule.py": (1, "a JSON schema, as pydantic asks for it"),
    "data/description/checks.py": (
        2,
        "sections by name, each of the model of its name; the checked description has them as fields",
    ),
    "data/publish/templates.py": (1, "Jinja's compiled templates"),
    "data/result/cells.py": (1, "openpyxl's inner styles"),
    "solver/suppression_system.py": (1, "sparse matrices, which scipy's annotations do not know"),
    # arguments by name
    "data/result/folder.py": (1, "the fields of `PlanTables` by name"),
    "planning/forum/forum_pack.py": (1, "the fields of `PackContent` by name"),
    "ui/desktop/session/solving.py": (1, "arguments of a run, which go to a child process"),
}


def _found() -> Counter[str]:
    texts = ((p.relative_to(SOURCE).as_posix(), p.read_text("utf-8")) for p in sorted(SOURCE.rglob("*.py")))
    return Counter({name: n for name, text in texts if (n := len(UNTYPED.findall(text)))})


def test_untyped_tables_stand_at_the_border_alone():
    assert _found() == {name: n for name, (n, _) in FILES.items()}, (
        "give what our own code writes and reads a TypedDict or a dataclass (`data/result/service.py`, `budget.py`); take out what is typed by now"
    )


# What turns a check off for a whole file, or without saying which, and a complexity without its reason.
TURNED_OFF = re.compile(
    r"^\s*# *(?:pyright|ruff|mypy|flake8|pylint) *:|^# *type: *ignore|# *(?:type|pyright): *ignore(?!\[)|# *noqa: *C901(?! - \w)|@no_type_check",
    re.MULTILINE,
)


def test_no_check_is_turned_off_in_silence():
    found = {
        p.relative_to(ROOT).as_posix(): wrong
        for folder in ("src", "delivery", "benchmarks", "docs")
        for p in sorted((ROOT / folder).rglob("*.py"))
        if (wrong := TURNED_OFF.findall(p.read_text("utf-8")))
    }
    assert not found, f"name the rule, on its line alone, and of a complexity the reason: {found}"


def test_the_measure_finds_what_is_turned_off():
    for text in (
        "# pyright: basic\nimport a",
        "x = 1\n# pyright: reportAny=false",
        "# ruff: noqa: C901",
        "# type: ignore\nimport a",
        "a()  # type: ignore",
        "a()  # pyright: ignore",
        "def f():  # noqa: C901",
    ):
        assert TURNED_OFF.search(text), text
    assert not TURNED_OFF.search(
        "a()  # pyright: ignore[reportAny]\nb()  # type: ignore[misc]\nc()  # noqa: C901 - one step a sheet"
    )


def test_the_measure_finds_an_untyped_table():
    assert len(UNTYPED.findall("def f(a: dict[str, Any]) -> list[dict[str, Any]]: ...")) == 2
    assert not UNTYPED.findall("a: dict[str, object] = {}")
