"""The typed shapes of what a summary says of the plan before it: what was drawn on it, which officers were planned anew, which postings were moved by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired

from typing_extensions import TypedDict


class ChangedPostings(TypedDict):
    """An officer whose postings differ, with both series in words."""

    officer: str
    before: str
    after: str


class OfficerChange(TypedDict):
    """What happened to an officer: the kind of `OfficerEvent`, and its days as ISO texts."""

    kind: str
    officer: str
    day: str
    until: str | None
    beat: str | None


class AcceptedOrder(TypedDict):
    """Who accepted that officers are moved, why, when, and which rules that breaks."""

    by: str
    reason: str
    at: str
    broken_rules: list[str]


# ``from`` is a word of the language: the folder of the plan that was there before; None where today's beats were drawn on.
Replanned = TypedDict(
    "Replanned",
    {
        "from": str,
        "changes": list[OfficerChange],
        "diff": list[ChangedPostings],
        # figures before and after
        "price": dict[str, tuple[float, float]],
        "relationship_years_lost_by_order": float,
        "audit": NotRequired[AcceptedOrder],
        # why a tenure is cut short by postings that were made by hand
        "reason": NotRequired[str],
    },
)

EditedPostings = TypedDict(
    "EditedPostings",
    {"from": str, "diff": list[ChangedPostings], "reason": str, "by": str, "at": str, "told": list[str]},
)


class RepairMade(TypedDict):
    """The units that a repair moved, in words, their residents, and how many must at least."""

    moves: list[str]
    residents: float
    lower_bound: float | None


Drawn = TypedDict(
    "Drawn",
    {
        "from": str | None,
        "how": str,
        # as `Edit.as_json` has them
        "edits": list[Mapping[str, object]],
        # the ids of beats as drawn, and as they are in the plan
        "renamed": dict[str, str],
        "repair": RepairMade | None,
        # with which beats were shown while they were drawn, by their ids in the plan
        "colours": NotRequired[dict[str, str]],
        # why no pack was written
        "pack": NotRequired[list[str]],
    },
)
