"""Kernels whose compiler is loaded when there is enough to do for it: loading it takes as long as Python takes for four million elements.

A small problem, such as a town's stations, runs the very same loops as Python and gives the very same numbers: nothing is compiled with liberties of
arithmetic. What was counted is elements and steps and no time, so that the same run does the same everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# Elements that the loops of a process look at as Python; those after them are compiled.
ENOUGH = 4_000_000

_lock = threading.RLock()
_done = {"elements": 0, "compiled": False}


def compile_from_now_on() -> None:
    """Have every kernel compiled at its next call, however small: an installation does so."""
    _done["compiled"] = True


class Kernel:
    """A function that is compiled at its first call that is worth it; `looped` makes it.

    Parameters
    ----------
    function
        What numba compiles, on arrays and numbers.
    work
        Its parameters whose product, of the elements of arrays and of whole numbers, is what it looks at, at most; none: it is always compiled.
    """

    def __init__(self, function: Callable[..., Any], work: Sequence[str] = ()) -> None:
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        self.function, self.factors = function, tuple(names.index(name) for name in work)
        self.dispatcher: Callable[..., Any] | None = None
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, *arguments: Any) -> Any:
        """Call it as it was written, or compiled."""
        if self.dispatcher is None and self._small(arguments):
            with np.errstate(all="ignore"):
                return self.function(*arguments)
        return self.compiled()(*arguments)

    def compiled(self) -> Callable[..., Any]:
        """Return the compiled function, which takes the place of this one, and of those that it calls, in their own modules."""
        with _lock:
            if self.dispatcher is None:
                from beatplanner.solver.compiled import kernels

                home: dict[str, object] = self.function.__globals__
                for name in self.function.__code__.co_names:
                    # compiled code calls only what is compiled
                    if isinstance(inner := home.get(name), Kernel):
                        home[name] = inner.compiled()
                self.dispatcher = kernels()(self.function)
                home[self.function.__name__] = self.dispatcher
            return self.dispatcher

    def _small(self, arguments: Sequence[Any]) -> bool:
        """Count what a call would look at; False where it is to be compiled."""
        if _done["compiled"] or not self.factors:
            return False
        elements = 1
        for place in self.factors:
            given = arguments[place]
            elements *= given.size if isinstance(given, np.ndarray) else int(given)
        _done["elements"] += elements
        return _done["elements"] <= ENOUGH


def looped(*work: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Return a decorator of kernels that are compiled when it is worth it; parameters as for `Kernel`."""
    return lambda function: Kernel(function, work)
