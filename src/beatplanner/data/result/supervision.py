"""The table of supervisors as people read it: each area by itself, and the whole force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

# A supervisor leads in one area: what one area has too many of is missing in another all the same.
FORCE, AS_ONE = "All of the force", "All of the force, were it one area"
COUNTS = ("officers", "supervisors", "needed", "missing")


def supervision_rows(told: Sequence[Row]) -> list[Row]:
    """Return the rows of ``officers.supervision`` for people.

    Parameters
    ----------
    told
        As the summary has them: first the whole force counted as one area, then each area where there are several.

    Returns
    -------
    list of dict
        ``area``, ``officers``, ``supervisors``, ``needed`` and ``missing``: the whole force as the sum of its areas, where that differs the force counted
        as one area, and each area.
    """
    if not told:
        return []
    one, *areas = told
    if not areas:
        return [{**one, "area": FORCE}]
    whole = {"area": FORCE} | {k: sum(int(r[k]) for r in areas) for k in COUNTS}
    apart = any(whole[k] != one[k] for k in COUNTS)
    return [whole, *([{**one, "area": AS_ONE}] if apart else []), *areas]


def missing_supervisors(told: Sequence[Row]) -> int:
    """Return how many supervisors are missing where they are needed, whatever other areas have too many."""
    return int(supervision_rows(told)[0]["missing"]) if told else 0
