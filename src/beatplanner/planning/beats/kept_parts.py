"""Plans of municipalities as they are kept beside a result that is being planned: as JSON, by kind, so that a run that was killed goes on from them."""

from __future__ import annotations

import functools
import json
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from beatplanner.data.narrowing import is_array, is_dict, is_sequence
from beatplanner.planning.beats.municipality import MunicipalityPlan
from beatplanner.planning.proof import Unproven

# Texts that are more than their letters.
TEXTS = {kind.__name__: kind for kind in (Unproven,)}


def as_json(value: Any) -> Any:
    """Return a result as JSON has it; dataclasses, arrays and texts that are more than letters bear their kind."""
    if is_dataclass(value):
        return {"kind": type(value).__name__} | {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if is_array(value):
        return {"kind": "array", "type": value.dtype.str, "values": value.ravel().tolist(), "shape": value.shape}
    if _is_scalar(value):
        return value.item()
    if is_dict(value):
        return {"kind": "dict", "items": [[as_json(k), as_json(v)] for k, v in value.items()]}
    if isinstance(value, str):
        return value if type(value) is str else {"kind": type(value).__name__, "text": str(value)}
    if is_sequence(value):
        return {"kind": type(value).__name__, "items": [as_json(v) for v in value]}
    return value


def read_part(file: Path) -> MunicipalityPlan | None:
    """Return a kept result; None where there is none, or none that this version reads: it is then planned anew."""
    try:
        found = from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if isinstance(found, MunicipalityPlan) else None


def from_json(written: Any) -> Any:
    """Return what `as_json` was given.

    Raises
    ------
    KeyError, TypeError, ValueError
        Where it is nothing that this version writes.
    """
    if not is_dict(written):
        return written
    kind = written.pop("kind")
    if kind == "array":
        return np.array(written["values"], dtype=written["type"]).reshape(written["shape"])
    if kind == "dict":
        return {from_json(k): from_json(v) for k, v in written["items"]}
    if kind in ("list", "tuple"):
        items = [from_json(v) for v in written["items"]]
        return tuple(items) if kind == "tuple" else items
    if kind in TEXTS:
        return TEXTS[kind](written["text"])
    return kept_kinds()[kind](**{k: from_json(v) for k, v in written.items()})


@functools.cache
def kept_kinds() -> Mapping[str, type]:
    """Return every dataclass that a plan of a municipality may hold, by its name: those that its fields and theirs are declared to be."""
    found: dict[str, type] = {}

    def look(declared: Any) -> None:
        if isinstance(declared, type) and is_dataclass(declared) and declared.__name__ not in found:
            found[declared.__name__] = declared
            types = typing.get_type_hints(declared)
            for field in fields(declared):
                look(types[field.name])
        for inner in typing.get_args(declared):
            look(inner)

    look(MunicipalityPlan)
    return found


def _is_scalar(value: object) -> TypeGuard[np.generic[Any]]:
    return isinstance(value, np.generic)
