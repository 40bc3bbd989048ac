"""Choices of sites in which no group walks much farther than all: Σ_i g_i d_i / Σ g ≤ (1 + x) · Σ_i w_i d_i / Σ w for each group.

d_i is the way of demand i to its nearest open site, so that the rule cannot be met by sending people elsewhere.

Search: exchanges of one site for another with the rule's breach as a penalty. Bound for a p-median (any choice that keeps the rules costs no
less): the rule goes into the objective with multipliers λ ≥ 0, which leaves a p-median with the weights
w_i + Σ λ_g (g_i / Σ g − (1 + x) w_i / Σ w), as long as none of these is negative.

Small problems are solved exactly with x_ij = 1 where demand i goes to site j, and to the nearest open one::

    min Σ w_i d_ij x_ij   s.t. Σ_j x_ij = 1,  x_ij ≤ y_j,  Σ_{k no farther than j} x_ik ≥ y_j  for all i, j,  the rules
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.clock import read_clock, watch
from beatplanner.solver.highs import solve
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import OpenSites, SiteRules

if TYPE_CHECKING:
    import pulp

ROUNDS, RESTARTS = 8, 4
# Pairs of demand and site up to which the exact model is tried.
EXACT_PAIRS, MIP_NODES = 12_000, 5_000
# Pairs of demand and site, times choices, up to which every choice is tried.
TRIED = 20_000_000
PENALTIES = (2.0, 20.0, 200.0)


@dataclass(frozen=True)
class FairRule:
    """`groups` (G, n) people of each group, `people` (n,) all, `excess` the greatest share above the average."""

    groups: np.ndarray
    people: np.ndarray
    excess: float

    def breach(self, metres: np.ndarray) -> np.ndarray:
        """Return by how much the mean way of the worst-off group exceeds (1 + x) times the average, as a share of it; (k,).

        `metres` is (n, k): ways of demand under k choices.
        """
        mean = self.people @ metres / max(self.people.sum(), 1e-12)
        of_groups = self.groups @ metres / np.maximum(self.groups.sum(axis=1), 1e-12)[:, None]
        return np.max(of_groups, axis=0, initial=0.0) / np.maximum(mean * (1 + self.excess), 1e-12) - 1.0

    def met(self, metres: np.ndarray) -> bool:
        """Tell whether ways (n,) keep the rule."""
        return bool(self.breach(metres[:, None])[0] <= 1e-9)


def none_is_fair(metres: np.ndarray, rules: SiteRules, fair: FairRule) -> bool:
    """Tell whether it is proven that no choice keeps all rules: every choice of a number given is tried, where they are few."""
    kept, free = np.flatnonzero(rules.kept), np.flatnonzero(~rules.kept)
    if rules.count is None or not 0 <= rules.count - len(kept) <= len(free):
        return False
    more = rules.count - len(kept)
    if math.comb(len(free), more) * metres.size > TRIED:
        return False
    choices = (np.append(kept, added).astype(int) for added in itertools.combinations(free, more))
    return not any(rules.met(chosen) and fair.met(metres[:, chosen].min(axis=1)) for chosen in choices)


def fair_exchange(
    metres: np.ndarray,
    worth: Callable[[np.ndarray], np.ndarray],
    chosen: np.ndarray,
    rules: SiteRules,
    fair: FairRule,
    stop: Callable[[], bool],
) -> np.ndarray:
    """Exchange one site for another as long as that lowers objective and breach of the rule, the breach weighing more and more.

    Parameters
    ----------
    metres
        (n, m) ways.
    worth
        Turns ways (n, k) into objectives (k,).
    chosen
        Open sites that keep the other rules.

    Returns
    -------
    numpy.ndarray
        Open sites, sorted.
    """
    chosen = np.array(chosen, int)
    everyone = np.arange(len(metres))
    for penalty in PENALTIES:
        while not stop():
            ways = metres[:, chosen]
            at = np.argmin(ways, axis=1)
            first = ways[everyone, at]
            second = np.partition(ways, 1, axis=1)[:, 1] if len(chosen) > 1 else np.full(len(metres), metres.max())
            base = float(worth(first[:, None])[0])
            scale = penalty * max(base, 1e-9)
            now = base + scale * max(0.0, float(fair.breach(first[:, None])[0]))
            allowed = rules.exchanges(chosen)
            best, pair = now - 1e-9 * max(1.0, abs(now)), None
            for out in range(len(chosen)):
                into = np.flatnonzero(allowed[out])
                if not len(into) or stop():
                    continue
                left = np.where(at == out, second, first)
                tried = np.minimum(left[:, None], metres[:, into])
                value = worth(tried) + scale * np.maximum(0.0, fair.breach(tried))
                k = int(np.argmin(value))
                if value[k] < best:
                    best, pair = float(value[k]), (out, int(into[k]))
            if pair is None:
                break
            chosen[pair[0]] = pair[1]
        if fair.met(metres[:, chosen].min(axis=1)):
            break
    return np.sort(chosen)


def fair_sites(
    metres: np.ndarray,
    worth: Callable[[np.ndarray], np.ndarray],
    rules: SiteRules,
    fair: FairRule,
    start: OpenSites,
    *,
    linear: bool,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[OpenSites, bool]:
    """Choose sites under the fairness rule.

    Parameters
    ----------
    metres, worth, rules, fair
        As for `fair_exchange`.
    start
        The best choice without the rule; its bound holds with it.
    linear
        Whether `worth` is Σ people × metres, so that the bound can be raised.
    seconds, threads, seed, cancelled
        As for `p_median`.

    Returns
    -------
    tuple of Sites and bool
        The best choice found and whether it keeps the rule; where none was found that does, the one with the least breach.
    """
    end = read_clock(cancelled) + seconds
    stop = watch(cancelled).until(end)

    def ways(chosen: np.ndarray) -> np.ndarray:
        return metres[:, chosen].min(axis=1)

    best: np.ndarray | None = None
    value, least, fairest = np.inf, np.inf, start.open
    bound = -np.inf if start.lower_bound is None else start.lower_bound
    proof = start.proof

    def consider(chosen: np.ndarray) -> None:
        nonlocal best, value, least, fairest
        for tried in (chosen, fair_exchange(metres, worth, chosen, rules, fair, stop)):
            d = ways(tried)
            breach = float(fair.breach(d[:, None])[0])
            if breach < least:
                least, fairest = breach, tried
            if breach <= 1e-9 and float(worth(d[:, None])[0]) < value:
                best, value = tried, float(worth(d[:, None])[0])

    consider(start.open)
    slope_of = fair.groups / np.maximum(fair.groups.sum(axis=1), 1e-12)[:, None] - (
        1 + fair.excess
    ) * fair.people / max(fair.people.sum(), 1e-12)
    lam = np.zeros(len(fair.groups))
    chosen = start.open
    for _ in range(ROUNDS if linear else 0):
        if stop() or (np.isfinite(value) and value - bound <= 1e-7 * value):
            break
        slope = slope_of @ ways(chosen)
        upper = value if np.isfinite(value) else 1.03 * float(worth(ways(chosen)[:, None])[0])
        length = max(upper - bound, 1e-3 * upper) / max(float((slope**2).sum()), 1e-12)
        lam = np.maximum(0.0, lam + length * slope)
        change = lam @ slope_of
        weight = fair.people + change
        if weight.min() < 0:
            share = float(np.min(-fair.people[change < 0] / change[change < 0]))
            lam, weight = lam * share, np.maximum(fair.people + change * share, 0.0)
        found = p_median(
            metres * weight[:, None],
            rules,
            seconds=max(0.05, (end - read_clock(cancelled)) / 3),
            threads=threads,
            seed=seed,
            start=chosen,
            nodes=400,
            cancelled=cancelled,
        )
        bound = max(bound, found.lower_bound if found.lower_bound is not None else -np.inf)
        if found.proof is not None and (proof is None or found.proof.bound > proof.bound):
            proof = replace(found.proof, groups=lam.copy())
        chosen = found.open
        consider(chosen)
    random = np.random.default_rng(seed)
    for _ in range(RESTARTS if best is None else 0):
        other = rules.cheapest(random.random(int(metres.shape[1])))
        if other is not None and not stop():
            consider(other)
    if linear and metres.size <= EXACT_PAIRS and not stop() and (best is None or value - bound > 1e-7 * value):
        exact, proven = _exact(metres, rules, fair, best, end - read_clock(cancelled), threads, seed, cancelled)
        if exact is not None:
            consider(exact)
        if proven is not None:
            bound = max(bound, proven)
    met = best is not None
    picked = best if best is not None else fairest
    objective = float(worth(ways(picked)[:, None])[0])
    return OpenSites(picked, objective, min(bound, objective) if np.isfinite(bound) else None, proof), met


def _exact(
    metres: np.ndarray,
    rules: SiteRules,
    fair: FairRule,
    start: np.ndarray | None,
    seconds: float,
    threads: int,
    seed: int,
    cancelled: Callable[[], bool],
) -> tuple[np.ndarray | None, float | None]:
    """Solve the exact model; return the sites (None where there are none, or none were found) and a bound on the objective."""
    import pulp

    n, m = metres.shape
    scale = 1e5 / max(float(fair.people @ metres.min(axis=1)), 1e-9)
    model: pulp.LpProblem = pulp.LpProblem("fair_sites", pulp.LpMinimize)
    y = {j: pulp.LpVariable(f"y_{j}", 0, 1, pulp.LpInteger) for j in range(m)}
    rules.add_to(model, y)
    x = [[pulp.LpVariable(f"x_{i}_{j}", 0, 1) for j in range(m)] for i in range(n)]
    for i in range(n):
        model += pulp.lpSum(x[i]) == 1
        order: list[int] = np.argsort(metres[i], kind="stable").tolist()
        for rank, j in enumerate(order):
            model += x[i][j] <= y[int(j)]
            last = rank + int((metres[i, order[rank:]] <= metres[i, j]).sum())
            model += pulp.lpSum(x[i][k] for k in order[:last]) >= y[int(j)]
    for weight in fair.groups:
        row = weight / max(weight.sum(), 1e-12) - (1 + fair.excess) * fair.people / max(fair.people.sum(), 1e-12)
        size = max(float(np.abs(row[:, None] * metres).max()), 1e-12)
        model += (
            pulp.LpAffineExpression(
                [(x[i][j], float(row[i] * metres[i, j] / size)) for i in range(n) for j in range(m)]
            )
            <= 0
        )
    cost = fair.people[:, None] * metres * scale
    model.setObjective(pulp.LpAffineExpression([(x[i][j], float(cost[i, j])) for i in range(n) for j in range(m)]))
    known = None if start is None else {y[j]: float(j in set(start.tolist())) for j in y}
    outcome = solve(
        model,
        seconds=seconds,
        threads=threads,
        seed=seed,
        gap=1e-7,
        start=known,
        cancelled=cancelled,
        max_nodes=MIP_NODES,
    )
    bound = None if outcome.bound is None else (outcome.bound - 1e-3) / scale
    if outcome.objective is None:
        return None, bound
    return np.array([j for j, v in y.items() if (v.varValue or 0) > 0.5], int), bound
