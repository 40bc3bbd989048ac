"""Who looks on while beats are sought: what was found so far, and by how much it breaks the rules that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace

import numpy as np

from beatplanner.planning.beats.amounts import HAIR, deviation
from beatplanner.planning.beats.balances import deviations, tolerance_of
from beatplanner.planning.beats.municipality import Part
from beatplanner.planning.progress import Unmet
from beatplanner.solver.districts.solve import keeps_budget, measured


@dataclass(frozen=True)
class Onlooker:
    """Who looks on while beats are sought here, not on a worker.

    Attributes
    ----------
    found
        Called with positions of units, and the number of the beat of each so far.
    unmet
        Called with a municipality ("" for all of a town) and by how much its best beats so far break the rules; None where they keep them.
    """

    found: Callable[[np.ndarray, np.ndarray], None]
    unmet: Callable[[str, Unmet | None], None]


LOOKING_ON: ContextVar[Onlooker | None] = ContextVar("looking on", default=None)


def unmet_by(part: Part, budget: float | None, district: np.ndarray) -> Unmet | None:
    """Return by how much districts break the rules that were asked for, also while relaxed ones are sought; None where they keep them.

    Parameters
    ----------
    part
        The municipality.
    budget
        Residents who may change beat; None where that is no rule of this municipality alone.
    district
        (units of the part,) districts 0..K-1.
    """
    problem, lacking = replace(part.problem, budget=budget), Unmet()
    off = deviation(problem.weight, district, problem.count)
    if off > part.tolerance + HAIR:
        lacking = lacking._replace(deviation=off, tolerance=part.tolerance)
    else:
        others = deviations(problem, district)
        allowed = {b.name: tolerance_of(b, problem.count) for b in problem.balances}
        worst = max(others, key=lambda name: others[name] - allowed[name], default="")
        if worst and others[worst] > allowed[worst] + HAIR:
            lacking = lacking._replace(deviation=others[worst], tolerance=allowed[worst], amount=worst)
    known = float(problem.residents[problem.current >= 0].sum()) if len(problem.residents) else 0.0
    if budget is not None and known > 0:
        found = measured(problem, district)
        if not keeps_budget(found, problem):
            lacking = lacking._replace(moved=found.moved / known, budget=budget / known)
    return None if lacking == Unmet() else lacking
