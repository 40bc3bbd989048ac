"""Bring the published schemas of what is written beside a plan up to date: `python docs/result_schemas.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]


def main() -> None:
    """Write them."""
    from beatplanner.data.result.schemas import Written, schema

    for name in get_args(Written):
        (ROOT / "docs" / f"{name}.schema.json").write_text(schema(name), "utf-8")


if __name__ == "__main__":
    main()
