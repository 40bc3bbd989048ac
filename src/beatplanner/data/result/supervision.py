"""The table of supervisors as people read it: each area by itself, and the whole force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typing_extensions import TypedDict

# A supervisor leads in one area: what one area has too many of is missing in another all the same.
FORCE, AS_ONE = "All of the force", "All of the force, were it one area"
# The columns of the table beside the area.
COUNTS: Final = ("officers", "supervisors", "needed", "missing")


class Supervision(TypedDict):
    """Supervisors of an area: its officers at their posts, who leads them, how many are needed, and how many are missing; the whole force has no name."""

    area: str
    officers: int
    supervisors: int
    needed: int
    missing: int


def _sum(areas: Sequence[Supervision]) -> Supervision:
    return {
        "area": FORCE,
        "officers": sum(r["officers"] for r in areas),
        "supervisors": sum(r["supervisors"] for r in areas),
        "needed": sum(r["needed"] for r in areas),
        "missing": sum(r["missing"] for r in areas),
    }


def supervision_rows(rows: Sequence[Supervision]) -> list[Supervision]:
    """Return the rows of ``officers.supervision`` for people.

    Parameters
    ----------
    rows
        As the summary has them: first the whole force counted as one area, then each area where there are several.

    Returns
    -------
    list of Supervision
        The whole force as the sum of its areas, where that differs the force counted as one area, and each area.
    """
    if not rows:
        return []
    one, *areas = rows
    if not areas:
        return [{**one, "area": FORCE}]
    whole, as_one = _sum(areas), _sum([one])
    alone: Supervision = {**one, "area": AS_ONE}
    return [whole, *([alone] if whole != as_one else []), *areas]


def missing_supervisors(rows: Sequence[Supervision]) -> int:
    """Return how many supervisors are missing where they are needed, whatever other areas have too many."""
    return supervision_rows(rows)[0]["missing"] if rows else 0
