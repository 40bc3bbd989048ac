"""The progress of a whole run: one clock for all its phases, and a unit on its numbers.

A phase reads ``STEP [UNIT]: WHAT``, such as ``beats of West [hours × metres]: proof``; the step's first word says which of the three it is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from beatplanner.planning.proof import Progress

if TYPE_CHECKING:
    # the window reads units of progress before it knows of any project
    from beatplanner.data.description.models import Description

# What the objectives of stations count, by their rule.
STATION_UNITS = {
    "p-median": "residents × metres",
    "coverage": "residents left out",
    "p-center": "metres",
    "fewest": "stations",
}
BEAT_UNITS = {"travel": "hours × metres", "cut": "metres"}
# What comes between the steps and the writing: the limit counts it.
CERTIFICATES = "proving: certificates of the bounds"
# What writing a plan tells, part by part; the pack is told in each language.
MAPS, PACK = "writing: the maps of the pack", "writing: the pack in"
PAPERS, CHECK = "writing: layers, report and officers' papers", "writing: the plan is checked"
LINKS, MOVED, MOVED_WORK, OFFICERS_UNIT = "links or metres", "residents", "hours", "points"
# All that may stand in the brackets: a name may have brackets of its own.
UNITS = {*STATION_UNITS.values(), *BEAT_UNITS.values(), LINKS, MOVED, MOVED_WORK, OFFICERS_UNIT}
# At the end of a phase of writing: how much of it is done.
AMOUNT = re.compile(r" \((\d+) of (\d+) pages\)$")
UNIT = re.compile(rf" \[({'|'.join(sorted(map(re.escape, UNITS)))})\](?=:|$)")


class Unmet(NamedTuple):
    """By how much the best beats so far break the rules that were asked for.

    Attributes
    ----------
    deviation, tolerance
        Of the beat that is farthest from its municipality's mean, and what is allowed, as shares of the mean; None where that is kept.
    amount
        The further balance whose mean that is; "" where it is that of the hours.
    moved, budget
        Residents who change beat, and how many may, as shares of those of today's beats; None where that is kept.
    """

    deviation: float | None = None
    tolerance: float | None = None
    moved: float | None = None
    budget: float | None = None
    amount: str = ""


class SolvingTime:
    """The limit of a command that makes several plans: their solving counts, not what is read and written between; what one leaves goes to those after it.

    Parameters
    ----------
    limit
        Seconds of solving of all plans together; None for no limit.
    clock
        Seconds, of the whole command.
    """

    def __init__(self, limit: float | None, clock: Callable[[], float]) -> None:
        self.limit, self.clock = limit, clock
        self.begin, self.spent = clock(), 0.0
        self.since: float | None = None
        # what a plan tells of its proof while it is written is no solving
        self.written = False

    def share(self, plans: int) -> float | None:
        """Return the seconds of the next plan, of so many that are still to be made; a plan that failed has ended."""
        self._end()
        self.written = False
        return None if self.limit is None else max(0.0, self.limit - self.spent) / plans

    def heard(self, phase: str) -> None:
        """Take a phase of the plan that is being made, as `run` tells it."""
        word = phase.partition(":")[0]
        if word == "writing":
            self._end()
            self.written = True
        elif not self.written and word not in ("reading", "preparing") and self.since is None:
            self.since = self.clock()

    def done(self, progress: Progress) -> None:
        """Tell how long solving took, and the rest apart."""
        self._end()
        total = self.clock() - self.begin
        most = "" if self.limit is None else f" of at most {self.limit:,.0f} s"
        progress(
            f"done: solved in {self.spent:.1f} s{most}, read and written in {total - self.spent:.1f} s",
            None,
            None,
            total,
        )

    def _end(self) -> None:
        if self.since is not None:
            self.spent, self.since = self.spent + self.clock() - self.since, None


def split_unit(phase: str) -> tuple[str, str]:
    """Return a phase without the unit of its numbers, and the unit, empty where it bears none.

    Parameters
    ----------
    phase
        ``STEP [UNIT]: WHAT``; brackets in names of places are no units.
    """
    found = UNIT.search(phase)
    return (phase, "") if found is None else (phase[: found.start()] + phase[found.end() :], found[1])


def with_amount(phase: str, done: int, pages: int) -> str:
    """Return a phase of writing with the pages that are done, as `split_amount` reads it."""
    return f"{phase} ({done} of {pages} pages)"


def amounts_of(progress: Progress, phase: str) -> Callable[[int, int], None]:
    """Return what tells how many of how many pages of a phase of writing are done."""
    return lambda done, pages: progress(with_amount(phase, done, pages), None, None, 0.0)


def only_forward(progress: Progress) -> Progress:
    """Return what tells phases of writing that are done side by side one after the other: of those that have begun the last one, and never fewer of its pages."""
    lock, begun, known = threading.Lock(), list[str](), dict[str, tuple[int, int]]()

    def forward(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
        name, amount = split_amount(phase)
        with lock:
            before = known.get(name)
            if amount is not None:
                if before is not None and amount[0] <= before[0]:
                    return
                known[name] = amount
                # one that others do is told when its turn comes, with what they have done by then
                if begun and begun[-1] == name:
                    progress(phase, best, bound, seconds)
            elif name not in begun:
                begun.append(name)
                progress(phase if before is None else with_amount(name, *before), best, bound, seconds)

    return forward


def split_amount(phase: str) -> tuple[str, tuple[int, int] | None]:
    """Return a phase without the pages that are done and those that there are, and both numbers, None where it bears none."""
    found = AMOUNT.search(phase)
    return (phase, None) if found is None else (phase[: found.start()], (int(found[1]), int(found[2])))


def of_run(progress: Progress, clock: Callable[[], float], rules: Description) -> Progress:
    """Return what tells a run's phases on, with the seconds since now and units.

    Parameters
    ----------
    progress
        Called with phase, best objective, bound and seconds of the whole run.
    clock
        Seconds, of the run.
    rules
        Of the run, for the units.
    """
    begin, lock = clock(), threading.Lock()

    def report(phase: str, best: float | None, bound: float | None, _: float) -> None:
        if best is not None:
            head, colon, rest = phase.partition(":")
            unit = _unit(head, rules)
            phase = f"{head} [{unit}]{colon}{rest}" if unit and not split_unit(phase)[1] else phase
        # municipalities and steps are planned side by side; their words come one after the other
        with lock:
            progress(phase, best, bound, clock() - begin)

    return report


def _unit(head: str, rules: Description) -> str:
    word = head.split()[0] if head.split() else ""
    if word == "officers":
        return OFFICERS_UNIT
    if word in ("sectors", "commands"):
        return BEAT_UNITS["travel"]
    if word == "stations" and rules.stations is not None:
        return STATION_UNITS.get(rules.stations.objective, "")
    if word == "beats" and rules.beats is not None:
        if head.endswith("fewest moved"):
            return MOVED if rules.units.population or rules.units.population_raster else MOVED_WORK
        return unit_of_beats(rules)
    return ""


def unit_of_beats(rules: Description) -> str:
    """Return the unit of the objective of beats; "" where none are planned."""
    if rules.beats is None:
        return ""
    by_links = rules.beats.objective == "cut" and rules.beats.adjacency is not None
    return LINKS if by_links else BEAT_UNITS[rules.beats.objective]
