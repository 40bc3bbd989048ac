"""Every library that is shipped has a reason, bounds, a licence that fits, and its line in docs/dependencies.md."""

from __future__ import annotations

import importlib.metadata
from email.parser import Parser

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from delivery.dependencies import PAGE, Dependency, direct_dependencies, doubts, rows_of_page
from delivery.licences import fits, licence


def installed_with_all_that_they_need() -> dict[str, importlib.metadata.Distribution]:
    """Return the direct dependencies and everything that they need in turn on this machine."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [(name, "") for name in direct_dependencies()]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        for wanted in found[name].requires or []:
            need = Requirement(wanted)
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                for step in [(canonicalize_name(need.name), e) for e in ("", *need.extras)]:
                    if step not in seen:
                        seen.add(step)
                        waiting.append(step)
    return found


def test_every_direct_dependency_has_reason_and_bounds():
    assert doubts(direct_dependencies().values()) == []
    assert len(doubts([Dependency("a", [">=1"]), Dependency("b", [">=1,<2"], "why")])) == 2


def test_the_page_has_a_true_line_for_every_library():
    rows = rows_of_page(PAGE.read_text("utf-8"))
    hint = "run: python -m delivery.dependencies --write"
    for name, d in direct_dependencies().items():
        assert name in rows, f"{name} has no line in {PAGE.name}; {hint}"
        assert rows[name][1] == ", ".join(d.bounds), f"{name}: {hint}"
        assert rows[name][3] == d.reason, f"{name}: {hint}"
    for name, distribution in installed_with_all_that_they_need().items():
        assert name in rows, f"{name} has no line in {PAGE.name}; {hint}"
        stated = rows[name][2 if name in direct_dependencies() else 1]
        # a wheel of another platform may say in its licence text what this one says in its metadata
        assert stated == licence(distribution.metadata) or fits(stated), f"{name}: {hint}"
        assert not licence(distribution.metadata) or fits(licence(distribution.metadata)), name


def test_every_licence_fits():
    for name, row in rows_of_page(PAGE.read_text("utf-8")).items():
        stated = row[2 if name in direct_dependencies() else 1]
        assert fits(stated), f"{name}: {stated}"


@pytest.mark.parametrize(
    ("expression", "good"),
    [
        ("MIT", True),
        ("GPL-2.0-only", False),
        ("LGPL-3.0-only OR GPL-2.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("MIT AND (GPL-2.0-only OR BSD-3-Clause)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("Proprietary", False),
        ("", False),
        ("MIT AND", False),
    ],
)
def test_licences_are_judged_by_their_expression(expression, good):
    assert fits(expression) is good


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("License: BSD 3-Clause\nClassifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: as my lawyer says", "as my lawyer says"),
        ("Summary: nothing said", ""),
        ("License: Redistribution and use in source and binary forms ... Neither the name of X", "BSD-3-Clause"),
    ],
)
def test_licences_are_read_from_old_and_new_metadata(metadata, expected):
    assert licence(Parser().parsestr(f"Name: x\n{metadata}\n\n")) == expected
