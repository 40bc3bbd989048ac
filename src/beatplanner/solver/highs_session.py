"""HiGHS made ready: silent, with the options asked for, and ended when a run is; without PuLP, whose import costs time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import highspy

from beatplanner.solver.clock import watch


def quiet_highs(**options: bool | int | float | str) -> highspy.Highs:
    """Return a solver that prints nothing.

    Parameters
    ----------
    options
        By HiGHS' own names, such as ``threads``; its limit of time is `end_at`'s.
    """
    highs = highspy.Highs()
    # HiGHS keeps its worker threads between runs and refuses a run with another number of them
    highs.resetGlobalScheduler(True)
    for option, value in {"output_flag": False, **options}.items():
        highs.setOptionValue(option, value)
    return highs


def own_limit(seconds: float) -> float:
    """Return the limit that HiGHS holds by the computer's clock, for the moments in which it asks nobody."""
    return max(0.01, seconds)


def end_at(highs: highspy.Highs, end: float, cancelled: Callable[[], bool]) -> None:
    """Let a solver end with the best that it has at a time of the run's clock, or once `cancelled` says so.

    Parameters
    ----------
    highs
        Not running yet.
    end
        Time, s, of the clock that comes with `cancelled`.
    cancelled
        Asked now and then: a run's `Watch`, or any function.
    """
    until = watch(cancelled).until(end)
    highs.setOptionValue("time_limit", highs.getRunTime() + own_limit(until.left()))

    def interrupt(event: Any) -> None:
        if until():
            event.interrupt()

    highs.cbMipInterrupt.subscribe(interrupt)
    highs.cbSimplexInterrupt.subscribe(interrupt)
