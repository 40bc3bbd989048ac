"""Which keys a summary may have, by its model, and which rows of its lists are each about something else.

What nobody reads is no claim that was checked: it is told, and in a row of a list it is wrong.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, Required, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.result.manifest import VERSION
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.result.summary import Summary
from beatplanner.planning.verification.ledger import Ledger

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Sections that a plan carries on from the one before it, as an older program may have written them.
CARRIED = ("drawn", "replanned", "edited_postings", "shared_out_from")
# Lists of which each row is about something else, and the keys that say what.
ONCE: dict[tuple[str, str], tuple[str, ...]] = {
    ("beats", "municipalities"): ("municipality",),
    ("beats", "balances"): ("municipality", "amount"),
    ("officers", "languages"): ("language",),
    ("officers", "special_posts"): ("beat", "requires"),
    ("workload", "months"): ("month",),
}


@cache
def _fields(kind: Any) -> Mapping[str, Any]:
    """Return the keys of a typed shape with their kinds; empty where it is none."""
    typed: Any = kind  # what a class is told apart by leaves the checker of types without its kind
    if is_typeddict(typed):
        return get_type_hints(typed, include_extras=True)
    return {name: field.annotation for name, field in getattr(typed, "model_fields", {}).items()}


def _plain(kind: Any) -> Iterator[Any]:
    """Yield what a kind may be, without what is said beside it: `Annotated`, unions and keys that may be missing are gone into."""
    origin = get_origin(kind)
    if origin in (Annotated, Required, NotRequired):
        yield from _plain(get_args(kind)[0])
    elif origin in (Union, types.UnionType):
        for one in get_args(kind):
            yield from _plain(one)
    else:
        yield kind


def unknown_keys(content: object, kinds: Iterable[Any] = (Summary,), name: str = "") -> Iterator[str]:
    """Yield the keys of a summary that its model does not have, named as in `coverage`: ``beats.municipalities[].lower``."""
    kinds = [one for kind in kinds for one in _plain(kind)]
    if any(kind in (Any, object, dict, list) for kind in kinds):
        return
    if is_dict(content):
        known: dict[str, list[Any]] = {}
        for kind in kinds:
            for key, inner in _fields(kind).items():
                known.setdefault(key, []).append(inner)
        values = [get_args(kind)[1] for kind in kinds if get_origin(kind) in (dict, Mapping)]
        for key, value in content.items():
            there = f"{name}.{key}".lstrip(".")
            if key in known or values:
                yield from unknown_keys(value, known.get(key, values), there)
            elif any(map(_fields, kinds)):
                yield there
    elif is_list(content):
        rows = [get_args(kind)[0] for kind in kinds if get_origin(kind) in (list, tuple, Sequence) and get_args(kind)]
        for value in content if rows else ():
            yield from unknown_keys(value, rows, f"{name}[]")


def check_rows(ledger: Ledger, summary: Claims, written: int = VERSION) -> None:
    """Check that the rows of lists have the keys of a summary alone, and that no two are about the same.

    `written` is the version of results in which the folder says that it was written: an older one may have had keys that are gone.
    """
    strange = [key for key in dict.fromkeys(unknown_keys(summary)) if "[]" in key]
    older = written < VERSION or any(key in summary for key in CARRIED)
    if strange and older:
        why = "The result, or a part of it, was written by an older version of the program; this checker does not know what it tells there."
        ledger.unchecked("summary.older_keys", ", ".join(strange), why)
    wrong = [] if older else [f"No row of a summary has the key {key}." for key in strange]
    lists = 0
    for (section, key), of in ONCE.items():
        rows = list_of(section_of(summary, section), key)
        lists += bool(rows)
        about = [tuple(str(row.get(k)) for k in of) for row in rows if is_dict(row)]
        name = f"{section}.{key}"
        wrong += [f"{name}: {', '.join(a)} stands twice." for a in dict.fromkeys(about) if about.count(a) > 1]
    ledger.each("summary.rows", "rows of known keys, each about something else", wrong, lists, "lists")
