"""Files and folders are moved by one helper, which has patience with scanners; a bare rename fails on Windows at the worst moment."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from beatplanner.data import output_place

SOURCES = Path(output_place.__file__).parents[1]
# The helper itself, the save that knows what to do where a reader holds a project, and copies of the solver, which knows no helper of files and
# compiles what it cannot copy.
HOME = {"output_place.py", "safe_save.py", "compiled.py"}


def bare_moves(text: str) -> list[int]:
    """Return the lines on which something is moved without the helper."""
    found = []
    if not re.search(r"replace|rename|move", text):
        return found
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        bare = node.func.attr == "replace" and len(node.args) == 1 and not node.keywords
        bare |= owner == "shutil" and node.func.attr == "move"
        bare |= owner == "os" and node.func.attr in ("rename", "replace", "renames")
        # a column is renamed by name, a path to a path
        bare |= (
            node.func.attr == "rename"
            and len(node.args) == 1
            and not node.keywords
            and owner in ("part", "path", "folder", "file", "out", "old", "new", "target")
        )
        if bare:
            found.append(node.lineno)
    return found


def test_nothing_is_moved_without_the_helper():
    assert bare_moves("part.replace(out)\nshutil.move(a, b)\nos.rename(a, b)\npart.rename(out)") == [1, 2, 3, 4]
    assert not bare_moves("text.replace('a', 'b')\nframe.rename(columns={})\nreplace(rules, x=1)")
    wrong = [
        f"{p.relative_to(SOURCES)}:{line}"
        for p in sorted(SOURCES.rglob("*.py"))
        if p.name not in HOME
        for line in bare_moves(p.read_text("utf-8"))
    ]
    assert not wrong


def test_a_move_waits_for_who_holds_the_file(tmp_path, monkeypatch):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("new", "utf-8")
    real, held = Path.replace, [PermissionError(13, "held")] * 3

    def replace(self, other):
        if held:
            raise held.pop()
        return real(self, other)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(output_place, "PAUSE", 0.0)
    output_place.move(source, target)
    assert target.read_text("utf-8") == "new"
    held += [PermissionError(13, "held")] * output_place.TRIES
    with pytest.raises(PermissionError):
        output_place.move(target, source)
