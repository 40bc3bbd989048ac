"""A districting problem as the checker has it, which builds its own from a plan's tables: for benchmarks and tests that know no tables."""

from __future__ import annotations

import numpy as np

from beatplanner.planning.verification.travel_pairs import Area
from beatplanner.solver.districts.problem import DistrictingProblem


def area_of(problem: DistrictingProblem) -> Area:
    """Return a problem as the checker's area; where it knows no distances they are straight lines."""
    n, xy, distance = len(problem.weight), problem.xy, problem.distance
    none = np.full(n, -1)
    return Area(
        problem.weight,
        (lambda a, b: np.hypot(*(xy[a] - xy[b]).T)) if distance is None else (lambda a, b: distance[a, b]),
        problem.edges,
        problem.count,
        problem.lower,
        problem.upper,
        problem.residents if len(problem.residents) else np.zeros(n),
        problem.current if len(problem.current) else none,
        problem.locked if len(problem.locked) else none,
        problem.budget,
        problem.price,
        border=problem.border,
        balances=tuple((b.amount, b.lower, b.upper) for b in problem.balances),
    )
