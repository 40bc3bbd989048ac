"""The bound of `bound` to its last digit, where there is no budget: Shor's method of space dilation (the r-algorithm) on the multipliers.

A subgradient step goes at right angles to the ridges that a piecewise linear function climbs along, so it stalls a third of a percent short where
districts are few and large. Here the space is stretched, step by step, along the difference of two subgradients in a row (Shor 1985; used for
districts by Validi, Buchanan and Lykhovyd 2022), which takes n × n numbers and reaches the linear relaxation in some hundred steps.

Between stretches of steps, pairs that no plan better than the known one can have are left out by `exclusion.excludable`; each such round is kept, since
the rounds in order prove what is left (`evidence.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.clock import watch
from beatplanner.solver.compiled import njit
from beatplanner.solver.districts.bound import Bound, first_guess, spans
from beatplanner.solver.districts.evidence import Multipliers
from beatplanner.solver.districts.exclusion import excludable
from beatplanner.solver.districts.knapsack import fractional, mendable
from beatplanner.solver.districts.sites import SitePairs, pairs_in_reach

if TYPE_CHECKING:
    from beatplanner.solver.districts.growth import Graph
    from beatplanner.solver.districts.problem import DistrictingProblem

# Units and pairs up to which it is tried: the square of the units is kept, and all pairs are looked at in each step.
MOST_UNITS, MOST_PAIRS = 1_500, 3_000_000
# How much the space is stretched; steps of a stretch, and stretches at most; the rise that a stretch must bring to go on.
STRETCH, STEPS, STRETCHES, RISE = 3.0, 60, 150, 2e-7
# The same of a node of the tree: stretches, and the rise; and the first step, as a share of the multipliers.
NODE_STRETCHES, NODE_RISE, AGAIN = 12, 1e-5, 1e-3
# How far the multiplier of a unit that is settled stands above its dearest pair, in mean multipliers of a mean unit.
LIFT = 10.0
# A round is kept where it leaves out this share of the pairs.
WORTH = 0.05
# A plan is made from the centres in hand after so many stretches.
TRY_AFTER = (1, 3, 6, 10, 20)


@njit(cache=True, nogil=True)
def _parts(
    start: np.ndarray,
    unit: np.ndarray,
    reduced: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    s: int,
    at: np.ndarray,
    ratio: np.ndarray,
    share: np.ndarray,
):
    """Fill the parts of a site's pairs that are worth most, with units that can be split."""
    _, need, m = mendable(start, unit, reduced, weight, lower, upper, s, at, ratio)
    share[start[s]] = 1.0
    for p in range(start[s] + 1, start[s + 1]):
        share[p] = 1.0 if reduced[p] < 0.0 else 0.0
    left = abs(need)
    if left == 0.0:
        return
    order = np.argsort(ratio[:m])
    for q in range(m):
        p = at[order[q]]
        part = min(1.0, left / weight[unit[p]])
        share[p] = part if need > 0.0 else 1.0 - part
        left -= part * weight[unit[p]]
        if left <= 0.0:
            break


@njit(cache=True, nogil=True)
def _relaxed(
    start: np.ndarray,
    unit: np.ndarray,
    cost: np.ndarray,
    zone: np.ndarray,
    need: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    now: np.ndarray,
    slope: np.ndarray,
    row: np.ndarray,
    value: np.ndarray,
    share: np.ndarray,
    chosen: np.ndarray,
    reduced: np.ndarray,
    at: np.ndarray,
    ratio: np.ndarray,
):
    """Return the Lagrangian at multipliers `now`, inf where it has too few sites; fill the sites chosen and the slope.

    `row` has a multiplier of each site's balance row, which bounds the site's value at once; only sites that matter are solved. `zone` and `need` as
    for `knapsack.price_sites`.
    """
    sites, count, end = start.shape[0] - 1, chosen.shape[0], np.cumsum(need)
    for p in range(unit.shape[0]):
        reduced[p] = cost[p] - now[unit[p]]
    for s in range(sites):
        sigma = row[s]
        v = reduced[start[s]] - sigma * weight[unit[start[s]]]
        for p in range(start[s] + 1, start[s + 1]):
            v += min(0.0, reduced[p] - sigma * weight[unit[p]])
        value[s] = v + sigma * (upper if sigma < 0.0 else lower)
    best = np.full(count, np.inf)
    chosen[:] = -1
    for s in np.argsort(value):
        first, last = end[zone[s]] - need[zone[s]], end[zone[s]] - 1
        if last < first or value[s] >= best[last]:
            continue
        v, row[s] = fractional(start, unit, reduced, weight, lower, upper, s, at, ratio)
        if v >= best[last]:
            continue
        while last > first and best[last - 1] > v:
            best[last] = best[last - 1]
            chosen[last] = chosen[last - 1]
            last -= 1
        best[last] = v
        chosen[last] = s
    if chosen.min() < 0:
        return np.inf
    slope[:] = 1.0
    for s in chosen:
        _parts(start, unit, reduced, weight, lower, upper, s, at, ratio, share)
        for p in range(start[s], start[s + 1]):
            slope[unit[p]] -= share[p]
    total = 0.0
    for k in range(count):
        total += best[k]
    for i in range(weight.shape[0]):
        total += now[i]
    return total


@njit(cache=True, nogil=True)
def _stretched(space: np.ndarray, moving: np.ndarray, slope: np.ndarray, inner: np.ndarray, along: np.ndarray):
    """Fill `inner` with a slope, (n,), of the units `moving`, (m,), in stretched space, and `along` with it in the multipliers' own; return its length."""
    m = moving.shape[0]
    inner[:] = 0.0
    for a in range(m):
        s = slope[moving[a]]
        if s != 0.0:
            for b in range(m):
                inner[b] += space[a, b] * s
    for a in range(m):
        t = 0.0
        for b in range(m):
            t += space[a, b] * inner[b]
        along[a] = t
    return np.sqrt((inner * inner).sum())


@njit(cache=True, nogil=True)
def _stretch(
    start: np.ndarray,
    unit: np.ndarray,
    cost: np.ndarray,
    zone: np.ndarray,
    need: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    moving: np.ndarray,
    now: np.ndarray,
    best_at: np.ndarray,
    space: np.ndarray,
    slope: np.ndarray,
    step: float,
    fresh: bool,
    steps: int,
    stretch: float,
    chosen: np.ndarray,
):
    """Go `steps` steps of the r-algorithm; return the greatest bound met, the last step's length and whether it may go on.

    Parameters
    ----------
    start, unit, cost, zone, need, weight, lower, upper
        The sites, which zone each is in, how many districts have their site in each, and the districts' bounds.
    moving
        (m,) units whose multipliers are sought; the others' stay.
    now, best_at
        (n,) multipliers now, and those of the greatest bound met here; both written.
    space
        (m, m) the stretched space, written.
    slope
        (n,) the subgradient at `now`, written; of no meaning where `fresh`, after pairs were left out.
    step
        Length of a step.
    steps, stretch
        Steps, and how much the space is stretched by each.
    chosen
        (K,) sites of the greatest bound, written.
    """
    n, m, sites, longest = weight.shape[0], moving.shape[0], start.shape[0] - 1, 0
    for s in range(sites):
        longest = max(longest, start[s + 1] - start[s])
    row, value, share, reduced = np.zeros(sites), np.zeros(sites), np.zeros(unit.shape[0]), np.zeros(unit.shape[0])
    at, ratio, last, picked = np.zeros(longest, np.int64), np.zeros(longest), np.zeros(n), np.zeros_like(chosen)
    scratch = (row, value, share, picked, reduced, at, ratio)
    best, taken = -np.inf, 0
    inner, along, turn = np.zeros(m), np.zeros(m), np.zeros(n)
    if fresh:
        best = _relaxed(start, unit, cost, zone, need, weight, lower, upper, now, slope, *scratch)
        best_at[:] = now
        chosen[:] = picked
        taken = 1
    while taken < steps and best < np.inf:
        length = _stretched(space, moving, slope, inner, along)
        if length < 1e-12:
            return best, step, False
        along /= length
        tries = 0
        while True:
            tries += 1
            for a in range(m):
                now[moving[a]] += step * along[a]
            bound = _relaxed(start, unit, cost, zone, need, weight, lower, upper, now, last, *scratch)
            taken += 1
            if bound > best:
                best = bound
                best_at[:] = now
                chosen[:] = picked
            rise = 0.0
            for a in range(m):
                rise += last[moving[a]] * along[a]
            # on uphill until the slope turns
            if rise <= 0.0 or taken >= steps or bound == np.inf:
                break
            if tries % 3 == 0:
                step *= 1.21
        if tries == 1:
            step *= 0.95
        # the space is stretched along the difference of the two slopes
        turn[:] = last - slope
        length = _stretched(space, moving, turn, inner, along)
        if length > 1e-12:
            for a in range(m):
                f = along[a] * (1.0 / stretch - 1.0) / (length * length)
                for b in range(m):
                    space[a, b] += f * inner[b]
        slope[:] = last
    return best, step, True


def settled(sites: SitePairs, zone: np.ndarray, need: np.ndarray, problem: DistrictingProblem) -> np.ndarray:
    """Return which units, (n,) bool, have all their sites in one zone that has one district.

    Whichever of those sites is chosen has such a unit: the greater its multiplier the better the bound, until nothing but sites with the unit are chosen.
    """
    n, of = len(problem.weight), zone[sites.site_of_pair]
    low, high = np.full(n, len(need)), np.full(n, -1)
    np.minimum.at(low, sites.unit, of)
    np.maximum.at(high, sites.unit, of)
    one = low == high
    one[one] = need[low[one]] == 1
    return one


def raised(
    sites: SitePairs,
    cost: np.ndarray,
    zone: np.ndarray,
    need: np.ndarray,
    problem: DistrictingProblem,
    multiplier: np.ndarray,
    enough: float,
    halt: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Return the greatest bound met from multipliers (n,) on, inf where there are too few sites, and its multipliers.

    Parameters
    ----------
    sites
        Those of a node of the tree, without labels.
    cost
        (P,) of each pair, with what prices of cuts add to it.
    zone, need
        (S,) zone of each site, and (Z,) districts that have their site in each.
    problem
        The `DistrictingProblem`; without a budget.
    multiplier
        Of the units.
    enough
        A bound at which to end.
    halt
        (1,) bool: True ends.
    """
    now, n, weight = multiplier.copy(), len(multiplier), problem.weight
    fixed = settled(sites, zone, need, problem)
    moving = np.flatnonzero(~fixed)
    size = float(np.abs(now[moving]).mean()) if len(moving) else 1.0
    dearest = np.zeros(n)
    np.maximum.at(dearest, sites.unit, sites.cost)
    lifted = dearest + LIFT * size * (weight / max(1e-300, float(weight.mean())) + 1e-3)
    now[fixed] = np.maximum(now, lifted)[fixed]
    best, at = -np.inf, now.copy()
    best_at, slope, chosen = now.copy(), np.zeros(n), np.zeros(problem.count, np.int64)
    space = np.diag(spans(weight)[moving])
    step = AGAIN * size * np.sqrt(n) + 1e-12
    idle = 0
    for k in range(NODE_STRETCHES):
        value, step, going = _stretch(
            sites.start,
            sites.unit,
            cost,
            zone,
            need,
            weight,
            problem.lower,
            problem.upper,
            moving,
            now,
            best_at,
            space,
            slope,
            step,
            k == 0,
            STEPS,
            STRETCH,
            chosen,
        )
        rise = value - best
        if rise > 0.0:
            best, at = value, best_at.copy()
        idle = 0 if rise >= NODE_RISE * abs(best) else idle + 1
        if not going or not np.isfinite(value) or best >= enough or idle == 2 or halt[0]:
            break
    return best, at


def suits(sites: SitePairs, problem: DistrictingProblem) -> bool:
    """Tell whether the method can take a problem: no budget, no labels, and not too large."""
    small = len(problem.weight) <= MOST_UNITS and len(sites.unit) <= MOST_PAIRS
    return small and problem.budget is None and not (sites.label >= 0).any()


def dilated_bound(
    sites: SitePairs,
    problem: DistrictingProblem,
    graph: Graph,
    best_known: float,
    *,
    stop: Callable[[], bool],
    improve: Callable[[np.ndarray], float | None] | None = None,
) -> Bound | None:
    """Bound the cost of districts from below, and leave out what no better districts can have.

    Parameters
    ----------
    sites
        All of them; `suits` says which.
    problem
        The `DistrictingProblem`.
    graph
        Adjacency of the units.
    best_known
        Cost of a known plan, inf where none is known.
    stop
        Asked between stretches of steps; True ends.
    improve
        Called with the centres (K,) in hand now and then; returns the cost of the best plan known after it, or None.

    Returns
    -------
    Bound or None
        With its rounds; inf where there are no districts, and -inf where the stop left no time for a first stretch. None where the bound rises
        above what any districts cost, so that there are none: the multipliers then grow beyond all measure, and say it less well than others.
    """
    limit, weight, n = watch(stop), problem.weight, len(problem.weight)
    now = first_guess(sites, n, problem.count)
    best_at, slope, chosen = now.copy(), np.zeros(n), np.zeros(problem.count, np.int64)
    space = np.diag(spans(weight))
    step = 0.3 * float(np.abs(now).mean()) * np.sqrt(n) + 1e-12
    found = Bound(-np.inf, None, now, 0.0)
    rounds: list[Multipliers] = []
    fresh, idle = True, 0
    dearest = np.zeros(n)
    np.maximum.at(dearest, sites.unit, sites.cost)
    for k in range(STRETCHES):
        if limit() or len(sites.centre) < problem.count:
            break
        value, step, going = _stretch(
            sites.start,
            sites.unit,
            sites.cost,
            np.zeros(len(sites.centre), np.int64),
            np.array([problem.count]),
            weight,
            problem.lower,
            problem.upper,
            np.arange(n),
            now,
            best_at,
            space,
            slope,
            step,
            fresh,
            STEPS,
            STRETCH,
            chosen,
        )
        fresh = False
        if not np.isfinite(value):
            # with any multipliers there are too few sites: none at all says it as well
            nothing = sites.keep(np.zeros(len(sites.unit), bool))
            return Bound(np.inf, nothing, np.zeros(n), 0.0, rounds=(*rounds, Multipliers(np.zeros(n), 0.0)))
        if value > dearest.sum() * (1 + 1e-6):
            return None
        rise = value - found.value
        if rise > 0.0:
            found = Bound(value, sites, best_at.copy(), 0.0)
        if improve is not None and k + 1 in TRY_AFTER:
            better = improve(sites.centre[chosen])
            best_known = best_known if better is None else min(best_known, better)
        if np.isfinite(best_known):
            fewer = _left(sites, problem, graph, found.multiplier, best_known)
            if len(fewer.unit) < (1.0 - WORTH) * len(sites.unit):
                rounds.append(Multipliers(found.multiplier, 0.0))
                sites, fresh = fewer, True
                if len(sites.centre) < problem.count or len(np.unique(sites.unit)) < n:
                    return Bound(best_known, sites, found.multiplier, 0.0, rounds=tuple(rounds))
        idle = 0 if rise >= RISE * abs(value) else idle + 1
        if not going or idle == 2 or found.value >= best_known * (1.0 - 1e-6):
            break
    if np.isfinite(best_known) and np.isfinite(found.value):
        sites = _left(sites, problem, graph, found.multiplier, best_known)
    rounds.append(Multipliers(found.multiplier, 0.0))
    return Bound(found.value, sites, found.multiplier, 0.0, hurried=limit(), rounds=tuple(rounds))


def _left(
    sites: SitePairs, problem: DistrictingProblem, graph: Graph, multiplier: np.ndarray, best_known: float
) -> SitePairs:
    """Return the pairs that a plan of at most `best_known` may have, connected within their sites."""
    kept = np.zeros(len(sites.unit), np.bool_)
    nothing = np.zeros(1, np.int64), np.zeros(0, np.int64)
    excludable(
        sites.start,
        sites.unit,
        sites.cost,
        sites.moved,
        sites.label,
        np.zeros(len(sites.centre), np.int64),
        np.array([problem.count]),
        problem.weight,
        problem.lower,
        problem.upper,
        -1.0,
        *nothing,
        graph.indptr,
        graph.indices,
        np.append(multiplier, 0.0),
        best_known * (1 + 1e-9),
        kept,
    )
    fewer = sites.keep(kept)
    return fewer.keep(pairs_in_reach(fewer, graph.indptr, graph.indices, problem.weight, problem.upper))
