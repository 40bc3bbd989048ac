"""What import-linter cannot hold: planning writes nothing itself, for only the result's writers (`data/result`, `data/publish`) do."""

from __future__ import annotations

import ast

import pytest

from conftest import ROOT

WRITERS = {
    "write_text",
    "write_bytes",
    "to_file",
    "to_csv",
    "to_excel",
    "to_parquet",
    "savez",
    "savez_compressed",
    "dump",
}
PLANNING = ROOT / "src" / "beatplanner" / "planning"
MAY = {
    "prepared.py": "a mark in the user's cache, that the solvers are compiled",
    "beats/parallel.py": "a municipality that is planned, so that a run that broke off goes on",
}


def _writes(text: str) -> list[str]:
    """Return the calls that write a file."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            words = [*node.args, *(k.value for k in node.keywords if k.arg == "mode")]
            modes = [w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)]
            if name in WRITERS or (name == "open" and any(set(m) & set("wax+") and len(m) < 4 for m in modes)):
                found.append(f"{node.lineno}: {name}")
    return found


def test_planning_writes_nothing():
    wrong = {
        str(p.relative_to(PLANNING).as_posix()): w
        for p in PLANNING.rglob("*.py")
        if (w := _writes(p.read_text("utf-8")))
    }
    assert set(wrong) == set(MAY), f"let a writer of data/result write it: {wrong}"


@pytest.mark.parametrize(
    "line", ["p.write_text('x')", "open(p, 'w')", "p.open(mode='ab')", "frame.to_csv(p)", "json.dump(a, f)"]
)
def test_a_write_is_found(line):
    assert _writes(line)
    assert not _writes("p.read_text(); open(p); p.open('rb')")
