"""HiGHS made ready: silent, with the options asked for, and ended when a run is; without PuLP, whose import costs time."""

from __future__ import annotations

from collections.abc import Callable

import highspy


def quiet_highs(**options: bool | int | float | str) -> highspy.Highs:
    """Return a solver that prints nothing.

    Parameters
    ----------
    options
        By HiGHS' own names, such as ``threads`` and ``time_limit`` (seconds).
    """
    highs = highspy.Highs()
    # HiGHS keeps its worker threads between runs and refuses a run with another number of them
    highs.resetGlobalScheduler(True)
    for option, value in {"output_flag": False, **options}.items():
        highs.setOptionValue(option, value)
    return highs


def end_when(highs: highspy.Highs, cancelled: Callable[[], bool]) -> None:
    """Let a solver ask now and then, and end with the best that it has once the answer is True."""

    def interrupt(event) -> None:
        if cancelled():
            event.interrupt()

    highs.cbMipInterrupt.subscribe(interrupt)
    highs.cbSimplexInterrupt.subscribe(interrupt)
