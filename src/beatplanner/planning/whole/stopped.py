"""What a user's stop leaves of a step: one that breaks rules then says so, since a longer search may have kept them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from beatplanner.planning.proof import Unproven

if TYPE_CHECKING:
    # the steps load their solvers
    from beatplanner.planning.beats.levels import LevelPlan
    from beatplanner.planning.beats.plan import BeatPlan
    from beatplanner.planning.officers.plan import OfficerPlan
    from beatplanner.planning.stations.plan import StationPlan

Found = TypeVar("Found", "BeatPlan", "StationPlan", "OfficerPlan")

# By step, as `summary.json` calls it.
STOPPED = {
    "beats": "The search for beats was stopped before it ended, and until then no plan that keeps all rules was found.",
    "stations": "The search for stations was stopped before it ended, and until then no plan that keeps all rules was found.",
    "officers": "The search for officers' postings was stopped before it ended, and until then no plan that keeps all rules was found.",
    "sectors": "The search for sectors was stopped before it ended, and until then none that keep all rules were found.",
    "commands": "The search for commands was stopped before it ended, and until then none that keep all rules were found.",
}


def of_stopped(step: str, found: Found, cancelled: Callable[[], bool]) -> Found:
    """Return a step that just ended; where the user ended it, and it breaks rules, the first of its clashes says so."""
    if not found.clashes or not cancelled():
        return found
    return replace(found, clashes=(_said(step, found.clashes[0]), *found.clashes[1:]))


def of_stopped_levels(found: Sequence[LevelPlan], cancelled: Callable[[], bool]) -> tuple[LevelPlan, ...]:
    """Return sectors and commands that were just sought, as `of_stopped` does."""
    ended = cancelled()
    return tuple(replace(x, clash=_said(x.name, x.clash)) if ended and x.clash else x for x in found)


def stopped_steps(clashes: Sequence[str]) -> list[str]:
    """Return the steps of whose rules that clash it is said that the user ended the search."""
    return [step for step, said in STOPPED.items() if any(c.endswith(said) for c in clashes)]


def _said(step: str, clash: str) -> str:
    said = f"{clash} {STOPPED[step]}"
    # whether it is proven does not hang on what else is said
    return Unproven(said) if isinstance(clash, Unproven) else said
