"""All plans of a small map, gone through district by district: the proof where prices say little, as under a tolerance of a tenth of a percent.

Every connected set of units whose amounts are within the bounds is a district that could be, with its cost at its best centre; a plan is a choice of
`count` of them that holds each unit once. Plans are put together from the first unit that is in none of their districts: choices that hold the
same units go on as one, the cheapest. With the prices u of units a district S costs c(S) − Σ u more than they say, which is Lagrangian over districts that could be::

    cost of a plan = Σ_i u_i + Σ_S (c(S) − Σ_{i in S} u_i)  ≥  Σ_i u_i + what is chosen + (districts missing) × least of all

so choices that cannot come below what is known are left. Where labels of today count (a change budget, a price of moves, the fewest moves), a district comes once for
each label that it could carry on, which is a unit more that it holds; under a budget choices go on that cost more and move less. All ends by counts, never by a clock, unless who asks stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from beatplanner.solver.districts.annealing import MOVES
from beatplanner.solver.districts.problem import Amounts, DistrictingProblem

# Units up to which all plans are gone through.
WHOLE_UNITS = 24
# Connected sets, choices of districts, and comparisons of a choice with a district after which it is given up.
MOST_SETS, MOST_CHOICES, MOST_LOOKS = 2_000_000, 100_000, 150_000_000
# Units and labels that a choice has room for.
MOST_BITS = 62
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
    """Districts that could be, by their first unit and then what they cost beside the prices: units as bits with the label above them, cost, that, and residents moved."""

    units: np.ndarray
    cost: np.ndarray
    beside: np.ndarray
    moved: np.ndarray


def every_plan(
    problem: DistrictingProblem,
    metres: Callable[[np.ndarray, np.ndarray], np.ndarray],
    locked: np.ndarray,
    price: np.ndarray,
    best_known: float,
    stop: Callable[[], bool],
    *,
    by_label: bool = False,
) -> Every | None:
    """Return the best plan, or that there is none below `best_known`; None where there is too much to go through.

    Parameters
    ----------
    problem
        At most `WHOLE_UNITS` units, of least travel or fewest moves.
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
    by_label
        Whether it counts which of today's districts each carries on.
    """
    n = len(problem.weight)
    order = _along(n, problem.edges)
    one, centre = np.repeat(order, n), np.tile(order, n)
    travel = problem.weight[one].reshape(n, n) * metres(one, centre).reshape(n, n)
    sets = _connected_sets(problem, order, stop) if np.isfinite(travel).all() else None
    labels = np.unique(np.concatenate([problem.current[problem.current >= 0], locked[locked >= 0]]))
    if sets is None or (by_label and n + len(labels) > MOST_BITS):
        return None
    could = _districts(problem, travel, locked, price[order], order, sets, labels if by_label else None)
    bound = float(price.sum())
    budget = np.inf if problem.budget is None else problem.budget * (1 + 1e-9) + 1e-9
    found = _chosen(could, n, problem.count, bound, best_known, budget, stop)
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
    today: np.ndarray | None,
) -> _Could:
    """Return those of the sets that keep the further balances and the locks, with what they cost; once for each label of `today` where these count."""
    n = len(order)
    amounts, locks = Amounts.of(problem), locked[order]
    labels = np.unique(locks[locks >= 0])
    slack = SLACK * problem.upper
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
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
        inside, units = inside[fits], units[fits]
        cost = np.where(inside, inside @ travel, np.inf).min(axis=1, initial=np.inf)
        beside = -(inside @ price)
        if today is None:
            rows.append((units, cost, cost + beside, np.zeros(len(units))))
            continue
        for bit, held, moved in _carried(problem, locks, order, inside, today):
            paid = moved if problem.goal == MOVES else cost[held] + problem.price * moved
            rows.append((units[held] | bit, paid, paid + beside[held], moved))
    units = np.concatenate([np.empty(0, np.int64), *(r[0] for r in rows)])
    cost, beside, moved = (np.concatenate([np.empty(0), *(r[k] for r in rows)]) for k in (1, 2, 3))
    rank = np.lexsort((units, beside, _first(units)))
    return _Could(units[rank], cost[rank], beside[rank], moved[rank])


def _carried(
    problem: DistrictingProblem, locks: np.ndarray, order: np.ndarray, inside: np.ndarray, today: np.ndarray
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Give for each label, and for none, its bit, which of some sets (S, n) could carry it on, and the residents of these that it would move."""
    current = problem.current[order] if len(problem.current) else np.full(len(order), -1)
    people = np.where(current >= 0, problem.residents[order] if len(problem.residents) else problem.weight[order], 0.0)
    known, locked = inside @ people, (inside & (locks >= 0)).any(axis=1)
    new = np.flatnonzero(~locked)
    yield 0, new, known[new]
    for k, label in enumerate(today.tolist()):
        stay, own = inside @ np.where(current == label, people, 0.0), (inside & (locks == label)).any(axis=1)
        held = np.flatnonzero(own | ((stay > 0) & ~locked))
        yield 1 << (len(order) + k), held, (known - stay)[held]


def _first(units: np.ndarray) -> np.ndarray:
    """Return the place of the first unit of each set."""
    return np.bitwise_count((units & -units) - 1).astype(np.int64)


def _chosen(
    could: _Could,
    n: int,
    count: int,
    prices: float,
    best_known: float,
    budget: float,
    stop: Callable[[], bool],
) -> tuple[float, list[int]] | None:
    """Return the least cost of a choice, `best_known` at most, and its districts, as bits (none where there is no cheaper one); None: too much."""
    if not len(could.units):
        return best_known, []
    start = np.searchsorted(_first(could.units), np.arange(n + 1))
    least = float(could.beside.min())
    # what rounding may add to such sums
    hair = SUMMED * (abs(prices) + float(np.abs(could.beside).max()))
    full, looks = (1 << n) - 1, 0
    # choices so far: units and labels, what they cost beside the prices, whom they move, the choice before and the district that was added
    units, spent, gone = np.zeros(1, np.int64), np.zeros(1), np.zeros(1)
    steps: list[tuple[np.ndarray, np.ndarray]] = []
    for k in range(count - 1):
        made: list[tuple[np.ndarray, ...]] = []
        total = 0
        first = np.bitwise_count(units & ~(units + 1)).astype(np.int64)
        for at, (held, paid, left, unit) in enumerate(
            zip(units.tolist(), spent.tolist(), gone.tolist(), first.tolist(), strict=True)
        ):
            low, high = int(start[unit]), int(start[unit + 1])
            room = best_known + hair - prices - paid - (count - k - 1) * least
            end = low + int(np.searchsorted(could.beside[low:high], room))
            looks += end - low + 1
            hit = low + np.flatnonzero((could.units[low:end] & held == 0) & (could.moved[low:end] + left <= budget))
            grown = could.units[hit] | held
            # who holds all units already leaves none for the districts that are missing
            hit, grown = hit[grown & full != full], grown[grown & full != full]
            made.append((grown, could.beside[hit] + paid, could.moved[hit] + left, np.full(len(hit), at), hit))
            total += len(hit)
            if looks > MOST_LOOKS or total > 20 * MOST_CHOICES or (at % 1_000 == 0 and stop()):
                return None
        if not total:
            return best_known, []
        grown, value, moved, before, added = (np.concatenate([m[j] for m in made]) for j in range(5))
        pick = _undominated(grown, value, moved if np.isfinite(budget) else np.zeros(len(grown)))
        units, spent, gone = grown[pick], value[pick], moved[pick]
        steps.append((before[pick], added[pick]))
        if len(units) > MOST_CHOICES:
            return None
    last, place = _last(could, n, (units, spent, gone), budget)
    if last < 0:
        return best_known, []
    chosen = [last]
    for before, added in reversed(steps):
        chosen.append(int(added[place]))
        place = int(before[place])
    cost = float(could.cost[chosen].sum())
    return (cost, [int(u) for u in could.units[chosen]]) if cost < best_known else (best_known, [])


def _undominated(held: np.ndarray, value: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Return the choices, by what they hold, that none of the same units and labels betters in cost without moving more."""
    rank = np.lexsort((moved, value, held))
    _, group = np.unique(held[rank], return_inverse=True)
    # each group lies below the one before it, so that the least so far is that of the group
    below = moved[rank] - group * (float(moved.max(initial=0.0)) + 1.0)
    fewest = np.minimum.accumulate(below)
    new = np.r_[True, group[1:] != group[:-1]]
    return rank[new | np.r_[True, below[1:] < fewest[:-1]]]


def _last(could: _Could, n: int, choices: tuple[np.ndarray, np.ndarray, np.ndarray], budget: float) -> tuple[int, int]:
    """Return the district that completes a choice at least cost, and which: what is left must be one itself; -1 where none is."""
    (held, spent, gone), full = choices, (1 << n) - 1
    whole = could.units & full
    by_units = np.lexsort((could.beside, whole))
    ordered = whole[by_units]
    rest = full & ~held
    low, high = np.searchsorted(ordered, rest), np.searchsorted(ordered, rest, side="right")
    best, found = np.inf, (-1, -1)
    for k in range(int((high - low).max(initial=0))):
        some = np.flatnonzero(low + k < high)
        last = by_units[low[some] + k]
        may = ((could.units[last] & held[some]) == 0) & (could.moved[last] + gone[some] <= budget)
        value = np.where(may, spent[some] + could.beside[last], np.inf)
        at = int(np.argmin(value))
        if value[at] < best:
            best, found = float(value[at]), (int(last[at]), int(some[at]))
    return found
