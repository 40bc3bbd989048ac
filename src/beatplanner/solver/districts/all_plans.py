"""All plans of a small map, gone through district by district: the proof where prices say little, as under a tolerance of a tenth of a percent.

Every connected set of units whose amounts are within the bounds is a district that could be, with its cost at its best centre; a plan is a choice of
`count` of them that holds each unit once. Plans are put together from the first unit that is in none of their districts: choices that hold the
same units go on as one, the cheapest. With the prices u of units a district S costs c(S) − Σ u more than they say, which is Lagrangian over districts that could be::

    cost of a plan = Σ_i u_i + Σ_S (c(S) − Σ_{i in S} u_i)  ≥  Σ_i u_i + what is chosen + (districts missing) × least of all

so choices that cannot come below what is known are left. All ends by counts, never by a clock, unless who asks stops it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from beatplanner.solver.districts.problem import Amounts, DistrictingProblem

# Units up to which all plans are gone through.
WHOLE_UNITS = 24
# Connected sets, choices of districts, and comparisons of a choice with a district after which it is given up.
MOST_SETS, MOST_CHOICES, MOST_LOOKS = 2_000_000, 100_000, 150_000_000
# Share of the bounds that sums may be off by, and rows of a table at once.
SLACK, ROWS = 1e-9, 50_000
# Rounding of a sum, as a share of its terms.
SUMMED = 1e-12


@dataclass(frozen=True)
class Every:
    """What came of it: the least cost, at most what was known (inf where there is no plan), and the districts of a plan that costs less, or None."""

    cost: float
    district: np.ndarray | None


@dataclass(frozen=True)
class _Could:
    """Districts that could be, by their first unit and then what they cost beside the prices: units as bits, cost, and that."""

    units: np.ndarray
    cost: np.ndarray
    beside: np.ndarray


def every_plan(
    problem: DistrictingProblem,
    metres: Callable[[np.ndarray, np.ndarray], np.ndarray],
    locked: np.ndarray,
    price: np.ndarray,
    best_known: float,
    stop: Callable[[], bool],
) -> Every | None:
    """Return the best plan of least travel, or that there is none below `best_known`; None where there is too much to go through.

    Parameters
    ----------
    problem
        At most `WHOLE_UNITS` units, without a change budget.
    metres
        Distances from units to units.
    locked
        (n,) label that the unit must have, -1 where free.
    price
        (n,) of the units: any are valid, good ones leave less to go through.
    best_known
        Cost of the best plan known, inf for none.
    stop
        Asked now and then; True ends it.
    """
    n = len(problem.weight)
    order = _along(n, problem.edges)
    one, centre = np.repeat(order, n), np.tile(order, n)
    travel = problem.weight[one].reshape(n, n) * metres(one, centre).reshape(n, n)
    sets = _connected_sets(problem, order, stop) if np.isfinite(travel).all() else None
    if sets is None:
        return None
    could = _districts(problem, travel, locked, price[order], order, sets)
    bound = float(price.sum())
    found = _chosen(could, n, problem.count, bound, best_known, stop)
    if found is None:
        return None
    cost, chosen = found
    district = np.full(n, -1)
    for k, units in enumerate(chosen):
        district[order[(units >> np.arange(n)) & 1 == 1]] = k
    return Every(cost, district if chosen else None)


def _along(n: int, edges: np.ndarray) -> np.ndarray:
    """Return the units so that neighbours stand close to each other, (n,)."""
    near: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges.tolist():
        near[int(a)].append(int(b))
        near[int(b)].append(int(a))
    order: list[int] = []
    seen = [False] * n
    for i in sorted(range(n), key=lambda i: len(near[i])):
        queue: list[int] = [] if seen[i] else [i]
        for at in queue:
            if not seen[at]:
                seen[at] = True
                order.append(at)
                queue += [v for v in near[at] if not seen[v]]
    return np.array(order, np.int64)


def _connected_sets(problem: DistrictingProblem, order: np.ndarray, stop: Callable[[], bool]) -> np.ndarray | None:
    """Return the connected sets of units within the bounds of workload, as bits; None where they are too many."""
    n, weight = len(order), problem.weight[order]
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    # bits of 24 units: half the memory of whole numbers of usual size
    near = np.zeros(n, np.int32)
    for a, b in place[problem.edges].tolist():
        near[a] |= 1 << b
        near[b] |= 1 << a
    lower, upper = problem.lower - SLACK * problem.upper, problem.upper * (1 + SLACK)
    units, load, around = 1 << np.arange(n, dtype=np.int32), weight, near
    fits = load <= upper
    units, load, around = units[fits], load[fits], around[fits]
    kept: list[np.ndarray] = []
    total = 0
    while len(units):
        kept.append(units[load >= lower])
        total += len(units)
        if total > MOST_SETS or stop():
            return None
        larger: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for i in range(n):
            may = ((around & ~units) >> i & 1 == 1) & (load + weight[i] <= upper)
            larger.append((units[may] | np.int32(1 << i), load[may] + weight[i], around[may] | near[i]))
        grown, load, around = (np.concatenate([row[k] for row in larger]) for k in range(3))
        larger.clear()
        units, first = np.unique(grown, return_index=True)
        load, around = load[first], around[first]
    return np.concatenate([np.empty(0, np.int32), *kept]).astype(np.int64)


def _districts(
    problem: DistrictingProblem,
    travel: np.ndarray,
    locked: np.ndarray,
    price: np.ndarray,
    order: np.ndarray,
    sets: np.ndarray,
) -> _Could:
    """Return those of the sets that keep the further balances and the locks, with what they cost."""
    n = len(order)
    amounts, locks = Amounts.of(problem), locked[order]
    labels = np.unique(locks[locks >= 0])
    slack = SLACK * problem.upper
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for first in range(0, len(sets), ROWS):
        units = sets[first : first + ROWS]
        inside = units[:, None] >> np.arange(n) & 1 == 1
        held = inside @ amounts.of_unit[order]
        fits = ((held >= amounts.lower - slack) & (held <= amounts.upper + slack)).all(axis=1)
        carried = np.zeros(len(units), np.int64)
        for label in labels:
            own = inside[:, locks == label]
            carried += own.any(axis=1)
            fits &= own.all(axis=1) | ~own.any(axis=1)
        fits &= carried <= 1
        inside = inside[fits]
        cost = np.where(inside, inside @ travel, np.inf).min(axis=1, initial=np.inf)
        rows.append((units[fits], cost, cost - inside @ price))
    units = np.concatenate([np.empty(0, np.int64), *(r[0] for r in rows)])
    cost, beside = (np.concatenate([np.empty(0), *(r[k] for r in rows)]) for k in (1, 2))
    rank = np.lexsort((units, beside, _first(units)))
    return _Could(units[rank], cost[rank], beside[rank])


def _first(units: np.ndarray) -> np.ndarray:
    """Return the place of the first unit of each set."""
    return np.bitwise_count((units & -units) - 1).astype(np.int64)


def _chosen(
    could: _Could, n: int, count: int, prices: float, best_known: float, stop: Callable[[], bool]
) -> tuple[float, list[int]] | None:
    """Return the least cost of a choice, `best_known` at most, and its districts, as bits (none where there is no cheaper one); None: too much."""
    if not len(could.units):
        return best_known, []
    start = np.searchsorted(_first(could.units), np.arange(n + 1))
    least = float(could.beside.min())
    # what rounding may add to such sums
    hair = SUMMED * (abs(prices) + float(np.abs(could.beside).max()))
    full, looks = (1 << n) - 1, 0
    by_units = np.argsort(could.units)
    sorted_units = could.units[by_units]
    # choices so far: units, what they cost beside the prices, the choice before and the district that was added
    units, spent = np.zeros(1, np.int64), np.zeros(1)
    steps: list[tuple[np.ndarray, np.ndarray]] = []
    for k in range(count - 1):
        made: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        total = 0
        first = np.bitwise_count(units & ~(units + 1)).astype(np.int64)
        for at, (held, gone, unit) in enumerate(zip(units.tolist(), spent.tolist(), first.tolist(), strict=True)):
            low, high = int(start[unit]), int(start[unit + 1])
            room = best_known + hair - prices - gone - (count - k - 1) * least
            end = low + int(np.searchsorted(could.beside[low:high], room))
            looks += end - low + 1
            hit = low + np.flatnonzero(could.units[low:end] & held == 0)
            made.append((could.units[hit] | held, could.beside[hit] + gone, np.full(len(hit), at), hit))
            total += len(hit)
            if looks > MOST_LOOKS or total > 20 * MOST_CHOICES or (at % 1_000 == 0 and stop()):
                return None
        if not made:
            return best_known, []
        grown, value, before, added = (np.concatenate([m[j] for m in made]) for j in range(4))
        rank = np.lexsort((value, grown))
        units, one = np.unique(grown[rank], return_index=True)
        # who holds all units already leaves none for the districts that are missing
        units, pick = units[units != full], rank[one[units != full]]
        spent = value[pick]
        steps.append((before[pick], added[pick]))
        if len(units) > MOST_CHOICES:
            return None
    # what is left must be a district itself
    if not len(units):
        return best_known, []
    rest = full & ~units
    at = np.minimum(np.searchsorted(sorted_units, rest), len(sorted_units) - 1)
    fits = np.flatnonzero(sorted_units[at] == rest)
    if not len(fits):
        return best_known, []
    last = by_units[at[fits]]
    total_cost = spent[fits] + could.beside[last]
    best = int(np.argmin(total_cost))
    chosen, place = [int(last[best])], int(fits[best])
    for before, added in reversed(steps):
        chosen.append(int(added[place]))
        place = int(before[place])
    cost = float(could.cost[chosen].sum())
    return (cost, [int(u) for u in could.units[chosen]]) if cost < best_known else (best_known, [])
