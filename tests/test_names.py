"""One word for one thing: a public class of the package has a name of its own, so that a search for it ends in one place."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

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
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
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
