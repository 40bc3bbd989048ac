"""What a value read from a file is, told to the type checker: `isinstance` alone says nothing of what lies inside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

import numpy as np

# A table with names, as TOML and JSON give it.
Table = dict[str, Any]


def is_dict(value: object) -> TypeGuard[Table]:
    """Tell whether a value is a table with names, as TOML and JSON give it."""
    return isinstance(value, dict)


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is a table with names of any kind, such as one that is only read."""
    return isinstance(value, Mapping)


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Tell whether a value is a tuple."""
    return isinstance(value, tuple)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is a list, as TOML and JSON give it."""
    return isinstance(value, list)


def is_sequence(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Tell whether a value is a list or a tuple."""
    return isinstance(value, (list, tuple))


def is_collection(value: object) -> TypeGuard[Collection[Any]]:
    """Tell whether a value is a list, a tuple or a set."""
    return isinstance(value, (list, tuple, set, frozenset))


def is_array(value: object) -> TypeGuard[np.ndarray]:
    """Tell whether a value is an array."""
    return isinstance(value, np.ndarray)


def is_float(value: object) -> TypeGuard[float]:
    """Tell whether a value is a number with a point, numpy's among them."""
    return isinstance(value, float | np.floating)
