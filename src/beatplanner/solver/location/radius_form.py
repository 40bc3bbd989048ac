"""A p-median as a small exact model in the radius form (García, Labbé and Marín 2011), for PuLP and HiGHS.

Z_S = 1 where no site of the set S is open, Z_{S+j} ≥ Z_S − y_j; demands with the same nearest sites share their Z::

    min  Σ_i c_i,nearest + Σ_S w_S Z_S    s.t. the rules of `site_rules`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.highs import solve
from beatplanner.solver.location.exchange import Near
from beatplanner.solver.location.site_rules import SiteRules

if TYPE_CHECKING:
    import pulp

# Sets S at most, and branches of HiGHS.
SET_LIMIT, MIP_NODES = 20_000, 20_000


@dataclass(frozen=True)
class RadiusForm:
    """Sets of sites, each the one before (-1: the empty one) and its last sites, with what it costs where none is open.

    `covers` are sets of which one site must be open, `fixed` (m,) the sites that are, and `constant` what every plan costs.
    """

    fixed: np.ndarray
    parent: list[tuple[int, tuple[int, ...]]]
    weight: list[float]
    covers: set[int]
    constant: float


@dataclass(frozen=True)
class FoundSites:
    """The open sites (None where none were found), what is proven, and HiGHS's status."""

    open: np.ndarray | None
    bound: float | None
    status: str


def radius_form(cost: np.ndarray, fixed: np.ndarray, reach: np.ndarray) -> RadiusForm | None:
    """Return the form of a p-median; None where it has too many sets.

    Parameters
    ----------
    cost
        (n, m).
    fixed
        (m,) bool: sites that are open.
    reach
        (n,) no demand goes farther in a plan that is sought.
    """
    n, m = cost.shape
    base = cost[:, fixed].min(axis=1) if fixed.any() else np.full(n, np.inf)
    most = min(m, 1 + int((cost <= np.minimum(base, reach)[:, None]).sum(axis=1).max()))
    near = Near.of(cost, most)
    sets: dict[tuple[int, tuple[int, ...]], int] = {}
    parent: list[tuple[int, tuple[int, ...]]] = []
    weight: list[float] = []
    covers: set[int] = set()
    for i in range(n):
        at, k = -1, 0
        while k < most:
            here = near.cost[i, k]
            if here >= base[i]:
                break
            if here > reach[i]:
                covers.add(at)  # one of the sites so far must be open
                break
            last = k + 1
            while last < most and near.cost[i, last] == here:
                last += 1
            step = (at, tuple(sorted(near.site[i, k:last].tolist())))
            if step not in sets:
                if len(parent) >= SET_LIMIT:
                    return None
                sets[step] = len(parent)
                parent.append(step)
                weight.append(0.0)
            at, k = sets[step], last
            after = near.cost[i, k] if k < most else (near.cap[i] if most < m else np.inf)
            if not np.isfinite(min(after, base[i])):
                covers.add(at)
                break
            weight[at] += min(after, base[i]) - here
    return RadiusForm(fixed, parent, weight, covers - {-1}, float(near.cost[:, 0].sum()))


def solve_radius_form(
    form: RadiusForm,
    rules: SiteRules,
    best: float,
    known: np.ndarray | None,
    *,
    seconds: float,
    threads: int,
    seed: int,
    gap: float,
    cancelled: Callable[[], bool],
) -> FoundSites:
    """Solve the form under rules on its sites; `best` is the cost of the best plan, `known` its sites where they are all in the form."""
    import pulp

    end = read_clock(cancelled) + seconds
    # the model is measured so that the best plan has an objective of 100,000, far above HiGHS's tolerances
    scale = 1e5 / max(best - form.constant, 1e-9)
    model: pulp.LpProblem = pulp.LpProblem("p_median", pulp.LpMinimize)
    y = {j: pulp.LpVariable(f"y_{j}", int(fixed), 1, pulp.LpInteger) for j, fixed in enumerate(form.fixed)}
    z: list[pulp.LpVariable] = []
    for k, (before, sites) in enumerate(form.parent):
        variable = pulp.LpVariable(f"z_{k}", 0, 0 if k in form.covers else 1)
        z.append(variable)
        added = [(variable, 1), *((y[j], 1) for j in sites)]
        model += pulp.LpAffineExpression(added if before < 0 else [*added, (z[before], -1)]) >= (1 if before < 0 else 0)
    rules.add_to(model, y)
    model.setObjective(pulp.LpAffineExpression([(v, w * scale) for v, w in zip(z, form.weight, strict=True) if w > 0]))
    start = None if known is None else {y[j]: float(j in set(known.tolist())) for j in y}
    outcome = solve(
        model,
        seconds=end - read_clock(cancelled),
        threads=threads,
        seed=seed,
        gap=gap,
        start=start,
        cancelled=cancelled,
        max_nodes=MIP_NODES,
    )
    chosen = None
    if outcome.objective is not None:
        chosen = np.array([j for j, v in y.items() if (v.varValue or 0) > 0.5], int)
    bound = None if outcome.bound is None else form.constant + (outcome.bound - 1e-3) / scale
    return FoundSites(chosen, bound, outcome.status)
