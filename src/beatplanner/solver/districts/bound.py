"""A proven lower bound on the travel of balanced districts, by Lagrangian relaxation of the assignment.

Model (Hess et al. 1965) on sites s = (centre, label), with x_is = 1 where unit i belongs to the district of site s and y_s = 1 where
there is one; without labels that matter a site is a centre::

    min  Σ_is c_is x_is
    s.t. Σ_s x_is = 1                       every unit in one district          (multiplier u_i)
         Σ_is m_is x_is ≤ B                 residents moved within the budget   (multiplier λ ≥ 0)
         L y_s ≤ Σ_i w_i x_is ≤ U y_s       balance
         Σ_s y_s = K,  Σ_{s of label g} y_s ≤ 1,  x_is ≤ y_s,  x binary

Relaxing the first two lines with any u and λ leaves, for every site, a knapsack

    v_s(u, λ) = min { Σ_i (c_is + λ m_is − u_i) x_i : L ≤ Σ_i w_i x_i ≤ U, x_centre = 1, 0 ≤ x ≤ 1 }

solved by sorting, and the bound is Σ_i u_i − λ B + the K smallest v_s with at most one of each label. Contiguity only enters by
the pairs that no connected district of weight at most U can join; the bound holds for the contiguous problem, since it relaxes it.
Multipliers by deflected subgradient steps (Held, Wolfe and Crowder 1974; Camerini, Fratta and Maffioli 1975).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from beatplanner.solver.clock import watch
from beatplanner.solver.compiled import njit
from beatplanner.solver.districts.evidence import Multipliers
from beatplanner.solver.districts.sites import SitePairs, joined

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Pairs that are passed on to an exact model at most.
LEFT_LIMIT = 2_000_000
# How often all pairs are looked at after an ascent, in times of the first look, with some room.
LOOKS = 3.0


@njit(cache=True, nogil=True)
def knapsacks(
    start: np.ndarray,
    unit: np.ndarray,
    cost: np.ndarray,
    moved: np.ndarray,
    weight: np.ndarray,
    multiplier: np.ndarray,
    price: float,
    lower: float,
    upper: float,
    first: int,
    last: int,
    value: np.ndarray,
    share: np.ndarray,
    critical: np.ndarray,
):
    """Fill v_s of the sites `first` … `last - 1`, the part of each pair that is taken, and the multiplier of the balance row.

    A site that cannot reach L gets inf.
    """
    longest = 0
    for s in range(first, last):
        longest = max(longest, start[s + 1] - start[s])
    ratio, order = np.zeros(longest), np.zeros(longest, np.int64)
    for s in range(first, last):
        a, b = start[s], start[s + 1]
        share[a:b] = 0.0
        j = unit[a]
        total = weight[j]
        v = cost[a] + price * moved[a] - multiplier[j]
        share[a] = 1.0
        # inside the bounds a unit of negative reduced cost pays, up to U; one of positive cost is taken only to reach L
        m = 0
        gain = 0.0
        for p in range(a + 1, b):
            i = unit[p]
            reduced = cost[p] + price * moved[p] - multiplier[i]
            if weight[i] <= 0.0:
                if reduced < 0.0:
                    v += reduced
                    share[p] = 1.0
                continue
            if reduced < 0.0:
                gain += weight[i]
            ratio[m] = reduced / weight[i]
            order[m] = p
            m += 1
        critical[s] = 0.0
        if total + gain <= upper and total + gain >= lower:
            for r in range(m):
                if ratio[r] < 0.0:
                    p = order[r]
                    v += ratio[r] * weight[unit[p]]
                    share[p] = 1.0
            total += gain
        else:
            rank = np.argsort(ratio[:m])
            for r in range(m):
                p = order[rank[r]]
                w = weight[unit[p]]
                room = upper - total
                if ratio[rank[r]] >= 0.0:
                    room = lower - total
                if room <= 0.0:
                    break
                part = min(1.0, room / w)
                v += part * w * ratio[rank[r]]
                total += part * w
                share[p] = part
                critical[s] = ratio[rank[r]]
            if total >= lower * (1.0 + 1e-9):
                # L does not bind; the row only holds back what still pays
                critical[s] = min(critical[s], 0.0) if total >= upper * (1.0 - 1e-9) else 0.0
        value[s] = v if total >= lower * (1.0 - 1e-12) and total <= upper * (1.0 + 1e-12) else np.inf


@dataclass(frozen=True)
class Bound:
    """A proven lower bound and what it leaves open.

    Attributes
    ----------
    value
        Lower bound on the cost; inf where the relaxation already shows that no plan exists.
    sites
        The sites and pairs that may still be in a plan better than the best known; None where they are too many to go on with.
    multiplier
        (n,) of the units, to go on from.
    price
        λ, cost for each resident moved.
    hurried
        Whether the time ended the ascent: the bound holds, but says little.
    rounds
        The multipliers that left pairs out, in order, where there were several; the last are those of the bound.
    """

    value: float
    sites: SitePairs | None
    multiplier: np.ndarray
    price: float
    hurried: bool = False
    rounds: tuple[Multipliers, ...] = ()


class Relaxation:
    """The knapsacks of all sites, spread over threads; every site is its own, so the threads do not change the figures."""

    def __init__(
        self, sites: SitePairs, weight: np.ndarray, count: int, lower: float, upper: float, threads: int
    ) -> None:
        self.sites, self.weight, self.count = sites, weight, count
        self.lower, self.upper = lower, upper
        self.value = np.zeros(len(sites.centre))
        self.critical = np.zeros(len(sites.centre))
        self.share = np.zeros(len(sites.unit))
        cuts = np.searchsorted(sites.start, np.linspace(0, len(sites.unit), threads + 1)[1:-1])
        self.slices = list(zip([0, *cuts], [*cuts, len(sites.centre)], strict=True))
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def solve(self, multiplier: np.ndarray, price: float) -> None:
        """Fill the value of each site at multipliers of the units and of residents moved."""
        s = self.sites

        def part(ends: tuple[int, int]) -> None:
            knapsacks(
                s.start,
                s.unit,
                s.cost,
                s.moved,
                self.weight,
                multiplier,
                price,
                self.lower,
                self.upper,
                ends[0],
                ends[1],
                self.value,
                self.share,
                self.critical,
            )

        if self.pool is None:
            part((0, len(s.centre)))
        else:
            list(self.pool.map(part, self.slices))

    def keep(self) -> None:
        """Hear that the multipliers solved last gave the greatest bound so far."""

    def chosen(self) -> np.ndarray:
        """Return the sites of least value, as many as districts."""
        return best_sites(self.value, self.sites.label, self.count)


def relaxed(
    sites: SitePairs, weight: np.ndarray, count: int, lower: float, upper: float, multiplier: np.ndarray, threads: int
) -> np.ndarray:
    """Return v_s of each site at multipliers, (S,)."""
    relaxation = Relaxation(sites, weight, count, lower, upper, threads)
    relaxation.solve(multiplier, 0.0)
    return relaxation.value


def best_sites(value: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` sites of least value with at most one of each label; fewer where there are not so many."""
    if not (label >= 0).any():
        return np.argpartition(value, count - 1)[:count] if count < len(value) else np.arange(len(value))
    order = np.lexsort((value, label))
    firsts = order[np.unique(label[order], return_index=True)[1]]
    candidates = np.concatenate([np.flatnonzero(label < 0), firsts[label[firsts] >= 0]])
    return candidates[np.argsort(value[candidates], kind="stable")[:count]]


def bound_of_pairs(
    sites: SitePairs,
    problem: DistrictingProblem,
    best_known: float,
    *,
    steps: int,
    threads: int,
    multiplier: np.ndarray,
    price: float,
    stop: Callable[[], bool],
) -> Bound:
    """Bound the cost of a problem's districts by pairs in hand, all of them near; the others are as for `lagrangian_bound`."""
    everything = [(sites, np.ones(len(sites.unit), bool))]
    return lagrangian_bound(
        everything.__iter__,
        problem.weight,
        problem.count,
        problem.lower,
        problem.upper,
        best_known,
        budget=problem.budget,
        steps=steps,
        threads=threads,
        multiplier=multiplier,
        price=price,
        stop=stop,
    )


def lagrangian_bound(
    parts: Callable[[], Iterable[tuple[SitePairs, np.ndarray]]],
    weight: np.ndarray,
    count: int,
    lower: float,
    upper: float,
    best_known: float,
    *,
    budget: float | None = None,
    steps: int = 500,
    threads: int = 1,
    multiplier: np.ndarray | None = None,
    price: float = 0.0,
    stop: Callable[[], bool] = lambda: False,
) -> Bound:
    """Bound the cost of `count` districts from below.

    The multipliers are sought on the near pairs alone; the bound is then computed with them over all pairs, which any multipliers
    make valid, and the pairs that it takes from afar join the near ones for another round.

    Parameters
    ----------
    parts
        Gives all sites, part by part, and which of their pairs are near.
    weight
        (n,) workload.
    count
        Number of districts.
    lower, upper
        Bounds of a district's workload.
    best_known
        Cost of a known plan, for step lengths and for fixing by reduced cost; inf where none is known.
    budget
        Residents that may change label; None for no limit.
    steps
        Subgradient steps.
    threads
        Threads; they do not change the bound.
    multiplier, price
        Where to start from, such as those of an earlier bound.
    stop
        Asked at every step; True ends the search with the best bound so far.

    Returns
    -------
    Bound
        The greatest bound met, and the sites and pairs that it could not exclude; -inf where not even the sites were listed in time.
    """
    limit = watch(stop)
    some: list[SitePairs] = []
    begin = limit.clock()
    for sites, mask in parts():
        some.append(sites.keep(mask))
        if limit():
            return Bound(-np.inf, None, np.zeros(len(weight)), price)
    near, full, hurried = joined(some), None, None
    # looking at all pairs twice takes about as long each time as this did: the ascent leaves room for it
    looks = LOOKS * (limit.clock() - begin)
    climbing = limit.also(lambda: limit.left() < looks)
    for _ in range(3):
        search = subgradient(
            near, weight, count, lower, upper, best_known, budget, steps, threads, multiplier, price, climbing
        )
        hurried = climbing() if hurried is None else hurried
        if search is None:
            # the near pairs alone allow no plan; whether all do is asked with no price on anything
            search = (-np.inf, np.zeros(len(weight)), 0.0)
        value, multiplier, price = search
        now, far = _over_all(parts, weight, count, lower, upper, best_known, budget, threads, multiplier, price, limit)
        if full is None or now.value > full.value:
            full = now
        if not np.isfinite(now.value) or far is None or now.value >= value - 1e-4 * abs(value) or climbing():
            break
        near, steps = far, 150
    assert full is not None
    return replace(full, hurried=hurried and bool(np.isfinite(full.value)))


def spans(weight: np.ndarray) -> np.ndarray:
    """Return the units that multipliers are measured in, (n,) with a mean square of 1.

    A multiplier is a unit's travel, which grows with its workload: a town's needs longer steps than a hamlet's. Their square root did best
    on real municipalities and on made towns.
    """
    span = np.sqrt(np.maximum(weight, 1e-2 * weight.mean() + 1e-12))
    return span / np.sqrt((span**2).mean())


def subgradient(
    near: SitePairs,
    weight: np.ndarray,
    count: int,
    lower: float,
    upper: float,
    best_known: float,
    budget: float | None,
    steps: int,
    threads: int,
    multiplier: np.ndarray | None,
    price: float,
    stop: Callable[[], bool],
    relaxation: Relaxation | None = None,
) -> tuple[float, np.ndarray, float] | None:
    """Return the greatest bound on the near pairs with its multipliers, or None where these allow no plan; `relaxation` solves the sites, if not the usual one."""
    n = len(weight)
    if len(near.centre) < count:
        return None
    relaxation = relaxation or Relaxation(near, weight, count, lower, upper, threads)
    multiplier = first_guess(near, n, count) if multiplier is None else multiplier.copy()
    target = best_known if np.isfinite(best_known) else 1.2 * float(multiplier.sum())
    best, best_multiplier, best_price = -np.inf, multiplier.copy(), price
    scale, stalled = 1.0, 0
    allowance = 0.0 if budget is None else budget
    # residents count by thousands where travel counts by millions: one step must suit both
    unit_moved = max(1.0, float(near.moved.max(initial=0.0)))
    span = spans(weight)
    along, along_price = np.zeros(n), 0.0
    for _ in range(steps):
        relaxation.solve(multiplier, price)
        chosen = relaxation.chosen()
        bound = float(multiplier.sum() + relaxation.value[chosen].sum()) - price * allowance
        if len(chosen) < count or not np.isfinite(bound):
            return None
        if bound > best + 1e-7 * abs(best if np.isfinite(best) else bound):
            best, best_multiplier, best_price, stalled = bound, multiplier.copy(), price, 0
            relaxation.keep()
        else:
            stalled += 1
            if stalled >= 12:
                scale, stalled = scale / 1.5, 0
                multiplier, price = best_multiplier.copy(), best_price
                along, along_price = np.zeros(n), 0.0
                if scale < 1e-3:
                    break
                continue
        if not np.isfinite(best_known) and bound > 0.95 * target:
            target = 1.05 * bound / 0.95
        taken = np.concatenate([np.arange(int(near.start[s]), int(near.start[s + 1])) for s in chosen.tolist()])
        slope = span * (1.0 - np.bincount(near.unit[taken], weights=relaxation.share[taken], minlength=n))
        slope_price = 0.0
        if budget is not None:
            slope_price = float(relaxation.share[taken] @ near.moved[taken] - allowance) / unit_moved
            if price <= 0.0 and slope_price < 0.0:
                slope_price = 0.0
        inner = float(slope @ along) + slope_price * along_price
        length = float(along @ along) + along_price**2
        turn = max(0.0, -1.5 * inner / length) if length > 0 else 0.0
        along, along_price = slope + turn * along, slope_price + turn * along_price
        square = float(along @ along) + along_price**2
        if float(slope @ slope) + slope_price**2 < 1e-12 or best >= target * (1 - 1e-9) or stop():
            break
        step = scale * (target - bound) / square
        multiplier = multiplier + step * along * span
        price = max(0.0, price + step * along_price / unit_moved)
    return best, best_multiplier, best_price


def _over_all(
    parts: Callable[[], Iterable[tuple[SitePairs, np.ndarray]]],
    weight: np.ndarray,
    count: int,
    lower: float,
    upper: float,
    best_known: float,
    budget: float | None,
    threads: int,
    multiplier: np.ndarray,
    price: float,
    stop: Callable[[], bool],
) -> tuple[Bound, SitePairs | None]:
    """Return the bound over all pairs, and the near pairs with those taken from afar, or None where none were.

    Excludes the sites and pairs whose presence alone would lift the bound above the best known cost.
    """
    n = len(weight)
    allowance = 0.0 if budget is None else budget
    values: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    kept_near: list[SitePairs] = []
    taken_far = 0
    for sites, mask in parts():
        relaxation = Relaxation(sites, weight, count, lower, upper, threads)
        relaxation.solve(multiplier, price)
        values.append(relaxation.value)
        labels.append(sites.label)
        far = (relaxation.share > 0) & ~mask & np.isfinite(relaxation.value)[sites.site_of_pair]
        taken_far += int(far.sum())
        kept_near.append(sites.keep(mask | far))
    value = np.concatenate(values)
    chosen = best_sites(value, np.concatenate(labels), count)
    nothing = joined([p.keep(np.zeros(len(p.unit), bool)) for p in kept_near])
    if len(chosen) < count or not np.isfinite(value[chosen]).all():
        return Bound(np.inf, nothing, multiplier, price), None
    bound = float(multiplier.sum() + value[chosen].sum()) - price * allowance
    if len(np.unique(np.concatenate([p.unit for p in kept_near]))) < n:
        return Bound(np.inf, nothing, multiplier, price), None
    worst, limit = float(value[chosen].max()), best_known * (1 + 1e-9)
    left: list[SitePairs] = []
    for sites, _ in parts():
        if stop():
            # the bound stands; what it excludes is not looked at
            return Bound(bound, None, multiplier, price), None
        relaxation = Relaxation(sites, weight, count, lower, upper, threads)
        relaxation.solve(multiplier, price)
        # forcing a site in drops at most the worst of the chosen ones
        with_site = bound + np.maximum(0.0, relaxation.value - worst)
        # forcing x_is = 1 on a fractional knapsack costs at least the unit's reduced cost at the row's multiplier
        site = sites.site_of_pair
        reduced = sites.cost + price * sites.moved - multiplier[sites.unit]
        extra = np.maximum(0.0, reduced - relaxation.critical[site] * weight[sites.unit])
        extra[relaxation.share > 0] = 0.0
        extra[sites.start[:-1]] = 0.0
        left.append(sites.keep(with_site[site] + extra <= limit))
        if sum(len(p.unit) for p in left) > LEFT_LIMIT:
            # too many to go on with: no exact model would be tried
            return Bound(bound, None, multiplier, price), (joined(kept_near) if taken_far else None)
    return Bound(bound, joined(left), multiplier, price), (joined(kept_near) if taken_far else None)


def first_guess(sites: SitePairs, n: int, count: int) -> np.ndarray:
    """Return multipliers to start from, (n,): what a unit would cost at one of its nearer centres."""
    # grouped by unit by counting; to sort millions of pairs takes half a second of a short limit
    of_unit = sparse.csr_array((sites.cost, sites.unit, sites.start), shape=(len(sites.centre), n)).tocsc()
    rank = max(1, len(sites.centre) // (2 * count))
    guess = np.zeros(n)
    for unit, (first, last) in enumerate(pairwise(of_unit.indptr.tolist())):
        if last > first:
            nth = min(rank, last - first - 1)
            guess[unit] = np.partition(of_unit.data[first:last], nth)[nth]
    return guess
