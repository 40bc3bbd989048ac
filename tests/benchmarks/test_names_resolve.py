"""What benchmarks and the makers of the guide take from the program is there: nothing else runs them in every change."""

from __future__ import annotations

import ast
import importlib

import pytest

from conftest import ROOT


@pytest.mark.parametrize("folder", ["benchmarks", "docs", "delivery"])
def test_every_name_taken_from_the_program_is_there(folder):
    asked = {
        (node.module, name.name, f"{path.name}:{node.lineno}")
        for path in sorted((ROOT / folder).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("beatplanner")
        for name in node.names
    }
    assert asked
    missing = []
    for module, name, place in sorted(asked):
        # a name that a module only imports for its types, or inside a function, is no name of it
        if not hasattr(importlib.import_module(module), name):
            try:
                importlib.import_module(f"{module}.{name}")
            except ImportError:
                missing.append(f"{place}: {module} has no {name}")
    assert not missing, "\n".join(missing)
