"""The parts of what a result says, by key: a section or a list, empty where a plan has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def section_of(said: Mapping[str, object], key: str) -> dict[str, Any]:
    """Return the section under a key, empty where it is missing or null."""
    found: Any = said.get(key)
    return found or {}


def list_of(said: Mapping[str, object], key: str) -> list[Any]:
    """Return the list under a key, empty where it is missing or null."""
    found: Any = said.get(key)
    return found or []
