"""Bring the tables of `docs/rules.md` and the published schema up to date: `python docs/rules_table.py`.

Both are made of what stands beside each key in `beatplanner.data.description.sections`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]
PAGE, SCHEMA = ROOT / "docs" / "rules.md", ROOT / "docs" / "description.schema.json"
PLACE = re.compile(r"(### `\[(\w+)\]`\n\n)(?:\|.*\n)*\n*")


def page(text: str) -> str:
    """Return the guide's page with its tables made anew."""
    from beatplanner.data.description.rules import rules_as_markdown

    return PLACE.sub(lambda m: m[1] + rules_as_markdown(m[2]) + "\n", text)


if __name__ == "__main__":
    from beatplanner.data.description.rules import schema

    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    SCHEMA.write_text(schema(), "utf-8")
