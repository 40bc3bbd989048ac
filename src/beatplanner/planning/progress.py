"""The progress of a whole run: one clock for all its phases, and a unit on its numbers.

A phase reads ``STEP [UNIT]: WHAT``, such as ``beats of West [hours × metres]: proof``; the step's first word says which of the three it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from beatplanner.data.description.models import Description
from beatplanner.planning.proof import Progress

# What the objectives of stations count, by their rule.
STATION_UNITS = {
    "p-median": "residents × metres",
    "coverage": "residents left out",
    "p-center": "metres",
    "fewest": "stations",
}


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

    def told(phase: str, best: float | None, bound: float | None, _: float) -> None:
        if best is not None:
            head, colon, rest = phase.partition(":")
            unit = _unit(head, rules)
            phase = f"{head} [{unit}]{colon}{rest}" if unit and "[" not in head else phase
        # municipalities and steps are planned side by side; their words come one after the other
        with lock:
            progress(phase, best, bound, clock() - begin)

    return told


def _unit(head: str, rules: Description) -> str:
    word = head.split()[0] if head.split() else ""
    if word == "officers":
        return "points"
    if word == "stations" and rules.stations is not None:
        return STATION_UNITS.get(rules.stations.objective, "")
    if word == "beats" and rules.beats is not None:
        if head.endswith("fewest moved"):
            return "residents" if rules.units.population or rules.units.population_raster else "hours"
        by_links = rules.beats.objective == "cut" and rules.beats.adjacency is not None
        return {"travel": "hours × metres", "cut": "links or metres" if by_links else "metres"}[rules.beats.objective]
    return ""
