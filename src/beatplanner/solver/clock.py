"""What time it is for a run: the clock that all limits are read from, which a pause holds and a test moves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


def now() -> float:
    """Return the seconds of the computer's clock."""
    return time.monotonic()


class Watch:
    """Whether a run goes on, and its clock: given to solvers as their `cancelled`, and asked as often.

    Parameters
    ----------
    cancelled
        True ends the run with the best that it has.
    clock
        Seconds, such as `now`; it may stand still while the user waits on purpose.
    end
        Time of that clock after which the run ends too.
    """

    def __init__(
        self,
        cancelled: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = now,
        end: float = math.inf,
    ) -> None:
        self.cancelled, self.clock, self.end = cancelled, clock, end

    def __call__(self) -> bool:
        """Whether the run ends."""
        return self.cancelled() or self.left() < 0

    def left(self) -> float:
        """Return the seconds that are left; inf without an end."""
        return self.end - self.clock() if math.isfinite(self.end) else math.inf

    def until(self, end: float) -> Watch:
        """Return a watch that ends at a time of the same clock, or with this one."""
        return Watch(self.cancelled, self.clock, min(self.end, end))

    def also(self, cancelled: Callable[[], bool]) -> Watch:
        """Return a watch of the same clock that another reason ends too."""
        return Watch(lambda: self.cancelled() or cancelled(), self.clock, self.end)


def watch(cancelled: Callable[[], bool]) -> Watch:
    """Return a watch: the one that was given, or one with the computer's clock."""
    return cancelled if isinstance(cancelled, Watch) else Watch(cancelled)


def read_clock(cancelled: Callable[[], bool]) -> float:
    """Return the seconds of the clock that comes with `cancelled`."""
    return cancelled.clock() if isinstance(cancelled, Watch) else now()
