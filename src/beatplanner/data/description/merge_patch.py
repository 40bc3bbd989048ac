"""Merge patches (RFC 7386): what a scenario changes in rules, as tables or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with a merge patch (RFC 7386) applied: tables are merged key by key, None takes a key away, anything else replaces."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            under = merged.get(key)
            merged[key] = merge(under if isinstance(under, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def difference(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what turns `base` into `other`, for `merge`; a key that `other` lacks is None.

    Tables hold no None themselves: a description has none.
    """
    changes: dict[str, Any] = {key: None for key in base if key not in other}
    for key, value in other.items():
        under = base.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            inner = difference(under, value)
            if inner:
                changes[key] = inner
        elif key not in base or under != value or type(under) is not type(value):
            changes[key] = value
    return changes
