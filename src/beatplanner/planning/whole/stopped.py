"""What a user's stop leaves of a run: which steps it ended and when; one that breaks rules then says so, since a longer search may have kept them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from beatplanner.planning.proof import Unproven
from beatplanner.planning.whole.plan import Stopped
from beatplanner.solver.clock import Watch, read_clock

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


class Stops:
    """Of which steps of a run the user ended the search, and of which before it kept the rules.

    Parameters
    ----------
    cancelled
        Tells whether the user ends the run.
    """

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._clock = partial(read_clock, cancelled)
        # a watch ends by its clock as well, which is nobody's wish
        self._cancelled = cancelled.cancelled if isinstance(cancelled, Watch) else cancelled
        self._begin = self._clock()
        self._ended: dict[str, float] = {}
        self._breaking: set[str] = set()

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that break rules, as `STOPPED` has them in order."""
        return tuple(step for step in STOPPED if step in self._breaking)

    @property
    def stopped(self) -> Stopped | None:
        """All of it; None where the user ended nothing."""
        if not self._ended:
            return None
        return Stopped(tuple(s for s in STOPPED if s in self._ended), self.steps, min(self._ended.values()))

    def of(self, step: str, found: Found) -> Found:
        """Return a step that just ended; where the user ended it, and it breaks rules, the first of its clashes says so."""
        if not self._ends(step) or not found.clashes:
            return found
        return replace(found, clashes=(self._said(step, found.clashes[0]), *found.clashes[1:]))

    def of_levels(self, found: Sequence[LevelPlan]) -> tuple[LevelPlan, ...]:
        """Return sectors and commands that were just sought, as `of` does."""
        return tuple(
            replace(x, clash=self._said(x.name, x.clash)) if self._ends(x.name) and x.clash else x for x in found
        )

    def _ends(self, step: str) -> bool:
        """Tell whether the user ended a step that has just ended, and keep when."""
        ended = self._cancelled()
        if ended:
            self._ended.setdefault(step, self._clock() - self._begin)
        return ended

    def _said(self, step: str, clash: str) -> str:
        self._breaking.add(step)
        said = f"{clash} {STOPPED[step]}"
        # whether it is proven does not hang on what else is said
        return Unproven(said) if isinstance(clash, Unproven) else said
