"""One call that solves a PuLP model with HiGHS and says what was proven about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import highspy
import numpy as np

from beatplanner.solver.clock import watch
from beatplanner.solver.highs_session import end_at

if TYPE_CHECKING:
    import pulp
Status = Literal["optimal", "feasible", "infeasible", "unknown"]

_PROVEN = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
_FEASIBLE = 2  # kSolutionStatusFeasible of HiGHS


@dataclass(frozen=True)
class Outcome:
    """What came of a solve; the values stand in the variables of the model.

    Attributes
    ----------
    status
        ``"optimal"`` within the gap asked for, ``"feasible"`` (a solution, not proven), ``"infeasible"``
        (proven that there is none), or ``"unknown"`` (no solution found in time).
    objective
        Of the solution, in the model's sense; None without a solution.
    bound
        Proven dual bound: no solution is better. None where none was proven.
    """

    status: Status
    objective: float | None
    bound: float | None


def solve(
    model: pulp.LpProblem,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    gap: float = 5e-5,
    start: Mapping[pulp.LpVariable, float] | None = None,
    cancelled: Callable[[], bool] | None = None,
    max_nodes: int | None = None,
) -> Outcome:
    """Solve a linear or mixed-integer model.

    Parameters
    ----------
    model
        The model; its variables hold the values afterwards (None without a solution).
    seconds
        Limit of wall time.
    threads, seed
        Of HiGHS.
    gap
        Relative gap at which a solution counts as optimal.
    start
        A known solution, of all variables or of those that determine the others.
    cancelled
        Asked during the solve; True ends it with the best solution so far.
    max_nodes
        Branch-and-bound nodes after which to end: a limit that gives the same answer on every machine.

    Returns
    -------
    Outcome
        Status, objective and bound.
    """
    import pulp

    variables = model.variables()
    stop = watch(cancelled or (lambda: False))
    end = stop.clock() + seconds
    if seconds <= 0:
        _forget(variables)
        return Outcome("unknown", None, None)
    solver = pulp.HiGHS(
        msg=False, threads=threads, timeLimit=seconds, gapRel=gap, gapAbs=1e-9, random_seed=seed % 2**31
    )
    solver.createAndConfigureSolver(model)
    solver.buildSolverModel(model)
    highs = cast(highspy.Highs, model.solverModel)
    if max_nodes is not None:
        highs.setOptionValue("mip_max_nodes", max_nodes)
    if start:
        # PuLP numbers the variables as it builds the model
        index = np.array([cast(Any, v).index for v in start], np.int32)
        highs.setSolution(len(start), index, np.array(list(start.values()), float))
    # HiGHS keeps its worker threads between runs and refuses a run with another number of them
    highs.resetGlobalScheduler(True)
    # what it took to hand the model over is part of the limit
    end_at(highs, end, stop)
    highs.run()
    outcome = _outcome(model, highs, variables)
    del model.solverModel
    return outcome


def _outcome(model: pulp.LpProblem, highs: highspy.Highs, variables: list[pulp.LpVariable]) -> Outcome:
    """Read status, values and bound."""
    import pulp

    status, info = highs.getModelStatus(), highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        _forget(variables)
        return Outcome("infeasible", None, None)
    sense = -1.0 if model.sense == pulp.LpMaximize else 1.0
    constant = 0.0 if model.objective is None else float(model.objective.constant)
    discrete = any(v.cat == pulp.LpInteger for v in variables)
    bound: float | None = None
    if discrete and math.isfinite(info.mip_dual_bound):
        bound = sense * info.mip_dual_bound + constant
    elif not discrete and status in _PROVEN:
        bound = sense * info.objective_function_value + constant
    if status not in _PROVEN and info.primal_solution_status != _FEASIBLE:
        _forget(variables)
        return Outcome("unknown", None, bound)
    for variable, value in zip(variables, highs.getSolution().col_value, strict=True):
        variable.varValue = round(value) if variable.cat == pulp.LpInteger else value
    objective = sense * info.objective_function_value + constant
    return Outcome("optimal" if status in _PROVEN else "feasible", objective, bound)


def _forget(variables: list[pulp.LpVariable]) -> None:
    """Leave no value of an earlier solve behind."""
    for variable in variables:
        variable.varValue = None
