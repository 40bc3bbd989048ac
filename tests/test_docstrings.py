"""What a function says of itself is so: the parameters that it describes are its own, and what it raises is told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from conftest import ROOT

SOURCE = ROOT / "src" / "beatplanner"
# Errors that a caller is to know of; others tell of a fault of the program.
TOLD = {"InputError", "EndedEarlyError", "ValueError"}
PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", re.DOTALL | re.MULTILINE)


def _functions(text: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (said := ast.get_docstring(node)):
            yield node, said


def _strange_parameters(text: str) -> list[str]:
    """Return the parameters that docstrings describe and functions do not have."""
    found: list[str] = []
    for node, said in _functions(text):
        described = PARAMETERS.search(said)
        named = re.findall(r"^(?! )(.+)$", described[1], re.MULTILINE) if described else []
        a = node.args
        own = {x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if x is not None}
        wrong = {x.strip().lstrip("*") for line in named for x in line.split(",")} - own
        found += [f"{node.name}: {x}" for x in sorted(wrong)]
    return found


def _untold_errors(text: str) -> list[str]:
    """Return the public functions of a module that raise what their docstrings do not name."""
    found: list[str] = []
    if not re.search(rf"\braise\W+(?:{'|'.join(TOLD)})\b", text):
        return found
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        said = ast.get_docstring(node) or ""
        raised = {
            ast.unparse(getattr(n.exc, "func", n.exc)) for n in ast.walk(node) if isinstance(n, ast.Raise) and n.exc
        }
        if raised & TOLD and not any(name in said for name in raised) and not re.search(r"[Rr]aise|[Rr]efuse", said):
            found.append(f"{node.name}: {', '.join(sorted(raised & TOLD))}")
    return found


def test_docstrings_describe_the_parameters_that_are_there():
    files = [p for p in SOURCE.rglob("*.py") if "Parameters\n" in p.read_text("utf-8")]
    assert len(files) > 200
    wrong = {p.relative_to(SOURCE).as_posix(): w for p in files if (w := _strange_parameters(p.read_text("utf-8")))}
    assert not wrong


def test_what_a_public_function_raises_is_told():
    """Commands end with exit codes, which the guide has; below them a caller is told."""
    wrong = {
        p.relative_to(SOURCE).as_posix(): w
        for room in ("solver", "data", "planning")
        for p in (SOURCE / room).rglob("*.py")
        if (w := _untold_errors(p.read_text("utf-8")))
    }
    assert not wrong, f"say in the docstring which error comes when: {wrong}"


def test_the_measures_find_what_is_not_so():
    said = 'def f(a, *b):\n    """Do.\n\n    Parameters\n    ----------\n    a, c\n        One.\n    *b\n        Two.\n    """\n'
    assert _strange_parameters(said) == ["f: c"]
    assert _untold_errors('def f():\n    """Do."""\n    raise InputError(1)\n') == ["f: InputError"]
    assert not _untold_errors('def f():\n    """Do; InputError where not."""\n    raise InputError(1)\n')
