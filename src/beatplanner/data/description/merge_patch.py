"""Merge patches (RFC 7386): what a scenario changes in rules, as tables or as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from beatplanner.data.narrowing import Table, is_mapping


def merge(base: Mapping[str, object], changes: Mapping[str, object]) -> Table:
    """Return `base` with a merge patch (RFC 7386) applied: tables are merged key by key, None takes a key away, anything else replaces."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif is_mapping(value):
            under = merged.get(key)
            merged[key] = merge(under if is_mapping(under) else {}, value)
        else:
            merged[key] = value
    return merged


def patch_between(base: Mapping[str, object], other: Mapping[str, object]) -> Table:
    """Return what turns `base` into `other`, for `merge`; a key that `other` lacks is None.

    Tables hold no None themselves: a description has none.
    """
    changes: dict[str, object] = {key: None for key in base if key not in other}
    for key, value in other.items():
        under = base.get(key)
        if is_mapping(value) and is_mapping(under):
            inner = patch_between(under, value)
            if inner:
                changes[key] = inner
        elif key not in base or under != value or type(under) is not type(value):
            changes[key] = value
    return changes
