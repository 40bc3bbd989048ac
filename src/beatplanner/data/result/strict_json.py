"""JSON in which each key of an object stands once: of two, one reader takes the first and another the last."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str) -> Any:
    """Return the content of a JSON text.

    Parameters
    ----------
    text
        As it stands in the file.

    Returns
    -------
    Any
        As ``json.loads`` gives it.

    Raises
    ------
    ValueError
        Where it is no JSON, or a key stands twice in one object.
    """
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"it has the key “{twice}” twice in one object, and nobody can tell which holds")
    return found
