"""What the window counts is named as the number asks for: no sentence of it puts a number before a noun by itself."""

from __future__ import annotations

import ast
import re

from beatplanner.data.publish.counts import ENGLISH
from conftest import ROOT

COUNT = re.compile(rf"\{{\d}} (?!of |and )(?:\w+ )?(?:{'|'.join(ENGLISH)})\b(?! ×)")
DESKTOP = ROOT / "src" / "beatplanner" / "ui" / "desktop"


def texts(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def test_no_sentence_with_a_count_is_filled_in_without_regard_to_one():
    bare: list[str] = []
    for file in sorted(DESKTOP.rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "format":
                continue
            template = call.func.value
            named = template.func if isinstance(template, ast.Call) else None
            if getattr(named, "attr", getattr(named, "id", "")) not in ("tr", "translated"):
                continue
            found = [t for t in texts(template) if COUNT.search(t)]
            bare += [f"{file.relative_to(ROOT)}: {t}" for t in found]
    assert bare == []
