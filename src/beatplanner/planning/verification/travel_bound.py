"""The bound on beats, evaluated from its certificate: a Lagrangian over pairs of unit and site, and a tree.

The claim is that no beats that keep the rules cost less than a number. What is evaluated, and why it proves the claim, stands in ``docs/proofs.md``.
Only numpy and the standard library are used here, and nothing of what found the certificate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from beatplanner.planning.verification.arrays import NUMBER, WHOLE, sized, starts, within

# Sums are taken in floating point; what that may have cost is taken off, as a share of the terms that were added.
ROUNDING = 2e-13
# Bounds of workload are met within this share, as plans are.
SLACK = 1e-9
# Pairs up to which a problem is checked.
MOST_PAIRS = 3_000_000
# Steps of an exact knapsack after which its fractional value stands.
KNAPSACK_STEPS = 4_000
# Sites up to which all that are left are given whole units.
MOST_WHOLE = 60


@dataclass(frozen=True)
class Area:
    """One municipality as the checker has it.

    Attributes
    ----------
    weight
        (n,) hours of each unit.
    metres
        Function of units and units to metres, both arrays of one length.
    edges
        (m, 2) adjacent units.
    count, lower, upper
        Beats, and the bounds of a beat's hours.
    residents, current, locked
        (n,) residents; number of today's beat and of the beat that the unit is locked to, -1 for none.
    budget
        Residents that may change beat; None for no limit.
    price
        What a resident who changes beat adds to the cost: the price common to municipalities that share a budget.
    border
        (m,) metres of border of each of `edges`.
    by_moves
        Whether the cost is the residents who change beat instead of travel. Any unit would do as centre then; the first one of a beat is.
    """

    weight: np.ndarray
    metres: Callable[[np.ndarray, np.ndarray], np.ndarray]
    edges: np.ndarray
    count: int
    lower: float
    upper: float
    residents: np.ndarray
    current: np.ndarray
    locked: np.ndarray
    budget: float | None = None
    price: float = 0.0
    border: np.ndarray = field(default_factory=lambda: np.empty(0))
    by_moves: bool = False


class TooLargeError(Exception):
    """The problem has more pairs than are checked."""


@dataclass
class Pairs:
    """Pairs of unit and site, sorted by site; `links` are pairs of the same site whose units are adjacent."""

    site: np.ndarray
    unit: np.ndarray
    cost: np.ndarray
    moved: np.ndarray
    weight: np.ndarray
    centre: np.ndarray  # (S,) of each site
    label: np.ndarray
    links: np.ndarray = field(default_factory=lambda: np.empty((2, 0), np.int64))  # (2, m)

    own: np.ndarray = field(init=False)  # (P,) whether a pair is that of a site's centre

    def __post_init__(self) -> None:
        self.own = self.unit == self.centre[self.site]


def reaches(area: Area) -> list[np.ndarray]:
    """Return the units that can share a beat with each unit: the lightest connection weighs at most what a beat may.

    Raises
    ------
    TooLargeError
        Where there are more than `MOST_PAIRS`.
    """
    n, most = len(area.weight), area.upper * (1 + 1e-6)
    near: list[list[int]] = [[] for _ in range(n)]
    for a, b in area.edges.tolist():
        near[a].append(b)
        near[b].append(a)
    weight, found, total = area.weight.tolist(), [], 0
    for j in range(n):
        path, heap, done = {j: weight[j]}, [(weight[j], j)], set()
        while heap:
            d, i = heappop(heap)
            if i in done:
                continue
            done.add(i)
            for v in near[i]:
                t = d + weight[v]
                if t <= most and t < path.get(v, math.inf) and (v > j or not area.by_moves):
                    path[v] = t
                    heappush(heap, (t, v))
        found.append(np.array(sorted(done), np.int64))
        total += len(done)
        if total > MOST_PAIRS:
            raise TooLargeError
    return found


def all_pairs(area: Area, priced: bool) -> Pairs:
    """Return every pair that a plan could use; `priced` says whether it counts which of today's beats a beat carries on.

    Raises
    ------
    TooLargeError
        Where there are more than `MOST_PAIRS`.
    """
    reach, n = reaches(area), len(area.weight)
    locked, current = area.locked, area.current
    held = {int(g): int((locked == g).sum()) for g in np.unique(locked[locked >= 0])}
    sites, parts, total = [], [], 0
    for j in range(n):
        if area.weight[j] > area.upper * (1 + 1e-6):
            continue
        here = reach[j]
        labels = {int(g) for g in locked[here] if g >= 0} | {-1}
        if priced:
            labels |= {int(g) for g in current[here] if g >= 0}
        for g in sorted(labels):
            if locked[j] >= 0 and locked[j] != g:
                continue
            members = here[(locked[here] < 0) | (locked[here] == g)]
            if g in held and int((locked[members] == g).sum()) < held[g]:
                continue  # the beat of this label must hold all that is locked to it
            total += len(members)
            if total > MOST_PAIRS:
                raise TooLargeError
            sites.append((j, g))
            parts.append(members)
    size = np.array([len(p) for p in parts], np.int64)
    unit = np.concatenate([np.empty(0, np.int64), *parts])
    site = np.repeat(np.arange(len(sites)), size)
    centre, label = np.array(sites, np.int64).reshape(-1, 2).T
    change = (current[unit] >= 0) & (current[unit] != label[site])
    moved = np.where(change, area.residents[unit], 0.0)
    cost = moved if area.by_moves else area.weight[unit] * area.metres(unit, centre[site]) + area.price * moved
    return Pairs(site, unit, cost, moved, area.weight[unit], centre, label)


def with_links(pairs: Pairs, edges: np.ndarray, n: int) -> Pairs:
    """Return the pairs with what connects them within their sites."""
    key = pairs.site * n + pairs.unit
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    found = []
    for a, b in ((0, 1), (1, 0)):
        start = np.searchsorted(edges[:, a], np.arange(n + 1), sorter=np.argsort(edges[:, a], kind="stable"))
        by = edges[np.argsort(edges[:, a], kind="stable")][:, b]
        times = np.diff(start)[pairs.unit]
        one = np.repeat(np.arange(len(pairs.unit)), times)
        offset = np.arange(len(one)) - np.repeat(np.cumsum(times) - times, times)
        other = by[np.repeat(start[pairs.unit], times) + offset]
        want = pairs.site[one] * n + other
        at = np.minimum(np.searchsorted(ordered, want), len(ordered) - 1)
        there = ordered[at] == want
        found.append(np.stack([one[there], order[at[there]]]))
    pairs.links = np.concatenate(found, axis=1)
    return pairs


def subset(pairs: Pairs, mask: np.ndarray) -> Pairs:
    """Return the pairs of a mask alone, with the numbers of their sites as they were."""
    return Pairs(
        pairs.site[mask],
        pairs.unit[mask],
        pairs.cost[mask],
        pairs.moved[mask],
        pairs.weight[mask],
        pairs.centre,
        pairs.label,
    )


def connected(pairs: Pairs, alive: np.ndarray) -> np.ndarray:
    """Return the pairs of a mask that are joined to their centre by others of it and the same site, (P,) bool."""
    one, other = pairs.links
    here = alive[one] & alive[other]
    one, other = one[here], other[here]
    reached = alive & pairs.own
    while len(one):
        left = ~reached[other]
        one, other = one[left], other[left]
        new = other[reached[one]]
        if not len(new):
            break
        reached[new] = True
    return reached


def in_reach(pairs: Pairs, alive: np.ndarray, upper: float) -> np.ndarray:
    """Return the pairs of a mask that a path of it and the same site joins to the centre with at most `upper` hours, (P,) bool."""
    one, other = pairs.links
    here = alive[one] & alive[other]
    one, other = one[here], other[here]
    path, most = np.where(alive & pairs.own, pairs.weight, np.inf), upper * (1 + 1e-6)
    while len(one):
        longer = path[one] + pairs.weight[other]
        better = (longer <= most) & (longer < path[other])
        if not better.any():
            break
        np.minimum.at(path, other[better], longer[better])
    return alive & np.isfinite(path)


@dataclass
class Value:
    """A Lagrangian at some multipliers: the bound, and what a plan with each pair costs at least, (P,)."""

    bound: float
    forced: np.ndarray


def fractional(weight: np.ndarray, reduced: np.ndarray, own: np.ndarray, site: np.ndarray, lower: float, upper: float):
    """Return for each site the least cost with units that can be split, and the multiplier of its balance row.

    For any σ the site costs at least r_centre + Σ min(0, r − σ w) + σ × (what is missing to L where σ > 0, the room up to U where σ < 0).
    """
    start = np.flatnonzero(np.r_[True, site[1:] != site[:-1]])
    size = np.diff(np.r_[start, len(site)])
    at = np.repeat(np.arange(len(start)), size)
    centre = np.add.reduceat(np.where(own, weight, 0.0), start)
    least, room = lower - centre, upper - centre
    free = np.where(own, 0.0, weight)
    gain = np.add.reduceat(np.where(reduced < 0, free, 0.0), start)
    every = np.add.reduceat(free, start)
    target = np.where(gain > room, room, np.where(gain < least, least, -1.0))
    ratio = np.where(free > 0, reduced / np.where(free > 0, free, 1.0), np.inf)
    order = np.lexsort((ratio, at))
    load = np.cumsum(free[order])
    load -= np.repeat(load[start] - free[order][start], size)
    enough = load >= target[at] * (1 - 1e-12)
    enough[start + size - 1] = True
    first = np.flatnonzero(enough)
    first = first[np.r_[True, at[first[1:]] != at[first[:-1]]]]
    sigma = np.where(target >= 0, ratio[order][first], 0.0)
    sigma = np.where(np.isfinite(sigma), sigma, 0.0)
    terms = np.where(own, reduced, np.minimum(0.0, reduced - sigma[at] * free))
    value = np.add.reduceat(terms, start) + np.where(sigma > 0, sigma * least, sigma * room)
    value[(every < least * (1 - SLACK) - SLACK * upper) | (room < -SLACK * upper)] = np.inf
    return site[start], value, sigma, at, start, size


def cover(penalty: list[float], load: list[float], need: float) -> float | None:
    """Return the least penalty of items that together weigh at least `need`; None where it takes too long.

    Depth first over the items by penalty for each unit of load, with the fractional value as a bound.
    """
    order = sorted(range(len(load)), key=lambda k: penalty[k] / load[k])
    load, penalty = [load[k] for k in order], [penalty[k] for k in order]
    m, best = len(load), math.inf
    stack, steps = [(0, 0.0, need)], 0
    while stack:
        k, paid, rest = stack.pop()
        steps += 1
        if steps > KNAPSACK_STEPS:
            return None
        if rest <= 0:
            best = min(best, paid)
            continue
        low, left, j = paid, rest, k
        while j < m and load[j] <= left and low < best:
            left -= load[j]
            low += penalty[j]
            j += 1
        if left > 0:
            if j == m:
                continue
            low += penalty[j] * left / load[j]
        if low >= best * (1 - 1e-12):
            continue
        stack.append((k + 1, paid, rest))
        stack.append((k + 1, paid + penalty[k], rest - load[k]))
    return best


def whole(weight: np.ndarray, reduced: np.ndarray, own: np.ndarray, lower: float, upper: float) -> float | None:
    """Return the least cost of one site with whole units; None where only the fractional value is known."""
    taken = own | (reduced < 0)
    base, total = float(reduced[taken].sum()), float(weight[taken].sum())
    slack = SLACK * upper
    if total > upper + slack:
        need, others = total - upper - slack, taken & ~own & (weight > 0)
    elif total < lower - slack:
        need, others = lower - slack - total, ~taken & (weight > 0)
    else:
        return base
    least = cover(np.abs(reduced[others]).tolist(), weight[others].tolist(), need)
    return None if least is None else base + least


def chosen(value: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` least values with at most one of each label; fewer where there are not so many."""
    order = np.argsort(value, kind="stable")
    if (label >= 0).any():
        ranked = label[order]
        first = np.zeros(len(order), bool)
        first[np.unique(ranked, return_index=True)[1]] = True
        order = order[first | (ranked < 0)]
    return order[:count]


@dataclass(frozen=True)
class Zones:
    """How many beats have their site among which sites: each site of the problem is in one zone."""

    of: np.ndarray  # (S,) zone of each site
    need: tuple[int, ...]  # (Z,) beats of each zone

    def parted(self, sites: np.ndarray, need: int) -> Zones | None:
        """Return the zones with some sites of one zone in a new one that has `need` beats; None where they are of several, or none."""
        old = np.unique(self.of[sites])
        if len(old) != 1 or not 0 <= need <= self.need[old[0]]:
            return None
        of, needs = self.of.copy(), list(self.need)
        of[sites] = len(needs)
        needs[old[0]] -= need
        return Zones(of, (*needs, need))

    def used(self, sites: np.ndarray) -> np.ndarray:
        """Tell which of some sites are in a zone that has beats."""
        return np.array(self.need)[self.of[sites]] > 0

    def chosen(self, site: np.ndarray, value: np.ndarray, label: np.ndarray) -> list[np.ndarray] | None:
        """Return the places of the least values of each zone, as many as it has beats; None where one has fewer sites."""
        found, zone = [], self.of[site]
        for z, need in enumerate(self.need):
            own = np.flatnonzero(zone == z)
            best = own[chosen(value[own], label[own], need)]
            if len(best) < need:
                return None
            found.append(best)
        return found


def lagrangian(
    area: Area,
    pairs: Pairs,
    u: np.ndarray,
    price: float,
    cuts: np.ndarray | None,
    wanted: float,
    zones: Zones | None = None,
) -> Value:
    """Evaluate the Lagrangian over some pairs; `cuts`, (P,), is what multipliers of contiguity add to each pair's cost.

    `zones` tells how many beats have their site where, None where nothing is known of that. Whole units are only counted where split ones leave the bound below `wanted`.
    """
    if area.budget is None:
        price = 0.0  # without a limit nothing is paid back for it, and a price would lift the bound above the truth
    reduced = pairs.cost + price * pairs.moved - u[pairs.unit]
    if cuts is not None:
        reduced = reduced + cuts
    if not (np.isfinite(u).all() and np.isfinite(reduced).all()):
        return Value(-math.inf, np.full(len(pairs.site), -math.inf))
    site, split, sigma, at, start, size = fractional(
        pairs.weight, reduced, pairs.own, pairs.site, area.lower, area.upper
    )
    if np.isnan(split).any() or np.isneginf(split).any():
        # numbers so large that they cannot be added up prove nothing
        return Value(-math.inf, np.full(len(pairs.site), -math.inf))
    base = math.fsum(u.tolist()) - (0.0 if area.budget is None else price * area.budget)
    value = split.copy()
    label, exact = pairs.label[site], np.zeros(len(site), bool)
    zones = zones or Zones(np.zeros(len(pairs.centre), np.int64), (area.count,))
    while True:
        of_zone = zones.chosen(site, value, label)
        best = np.concatenate(of_zone) if of_zone else np.empty(0, np.int64)
        if not len(best) or not np.isfinite(value[best]).all():
            return Value(math.inf, np.full(len(at), math.inf))
        bound = base + math.fsum(value[best].tolist())
        doubtful = best[~exact[best]]
        if bound >= wanted or not len(doubtful):
            break
        for s in doubtful:
            exact[s] = True
            part = slice(start[s], start[s] + size[s])
            better = whole(pairs.weight[part], reduced[part], pairs.own[part], area.lower, area.upper)
            if better is not None:
                value[s] = max(value[s], better)
    size_of_terms = float(np.abs(u).sum()) + float(np.abs(value[best]).sum())
    bound -= ROUNDING * size_of_terms
    # what the other beats cost at least where a site is in the plan, whichever it is
    worst = np.array([float(value[b].max(initial=-np.inf)) for b in of_zone or []])[zones.of[site]]
    # a site of a zone without beats is in no plan
    others = np.where(np.isfinite(worst), bound - worst, np.inf)
    others[best] = bound - value[best]
    open_sites = np.flatnonzero((others + value < wanted) & ~exact)
    for s in open_sites if bound < wanted and len(open_sites) <= MOST_WHOLE else ():
        part = slice(start[s], start[s] + size[s])
        better = whole(pairs.weight[part], reduced[part], pairs.own[part], area.lower, area.upper)
        value[s] = value[s] if better is None else max(value[s], better)
    extra = np.where(pairs.own, 0.0, np.maximum(0.0, reduced - sigma[at] * pairs.weight))
    # a unit that is forced in lifts the value of split units; the value of whole ones holds besides, and they do not add up
    return Value(bound, others[at] + np.maximum(value[at], split[at] + extra))


def prove(area: Area, proof: dict[str, np.ndarray], priced: bool, bound: float) -> float:
    """Return what a certificate proves: the least of the bounds of its leaves, with pairs left out that no plan below `bound` has.

    Where that is `bound` or more, no plan costs less than `bound`.

    Parameters
    ----------
    area
        The municipality.
    proof
        The arrays of the certificate; see ``docs/proofs.md``.
    priced
        Whether it counts which of today's beats a beat carries on.
    bound
        What is claimed; inf where it is claimed that there are no such beats.

    Raises
    ------
    TooLargeError
        Where the problem has more than `MOST_PAIRS` pairs.
    MalformedError
        Where an array is not as it must be.
    """
    n = len(area.weight)
    check_form(proof, n)
    step = float(proof["step"][0])
    pairs, best = all_pairs(area, priced), -math.inf
    for u, price in zip(proof["round_multiplier"], proof["round_price"], strict=True):
        found = lagrangian(area, pairs, u * step, _price(price), None, bound)
        best = max(best, found.bound)
        if best >= bound:
            return best
        pairs = subset(pairs, found.forced < bound)
        pairs = with_links(pairs, area.edges, n)
        pairs = subset(pairs, in_reach(pairs, _surviving(pairs, np.ones(len(pairs.site), bool)), area.upper))
        if _empty(area, pairs):
            return math.inf
    if not len(proof["parent"]):
        return best
    return max(best, _Tree(area, with_links(pairs, area.edges, n), proof, bound).least())


# Arrays of a municipality's certificate: n units, R rounds, N nodes, C cuts; see ``docs/proofs.md``.
FORMS = {
    "step": (NUMBER, (1,)),
    "round_multiplier": (WHOLE, ("R", "n")),
    "round_price": (NUMBER, ("R",)),
    "parent": (WHOLE, ("N",)),
    "unit": (WHOLE, ("N",)),
    "multiplier": (WHOLE, ("N", "n")),
    "price": (NUMBER, ("N",)),
    "gone_start": (WHOLE, ("N+1",)),
    "gone": (WHOLE, ("G", 2)),
    "part_start": (WHOLE, ("N+1",)),
    "part": (WHOLE, ("P", 2)),
    "need": (WHOLE, ("N",)),
    "cut": (WHOLE, ("C", 3)),
    "cut_start": (WHOLE, ("C+1",)),
    "cut_unit": (WHOLE, ("U",)),
    "cut_node": (WHOLE, ("Q",)),
    "cut_of": (WHOLE, ("Q",)),
    "cut_price": (NUMBER, ("Q",)),
}


def check_form(proof: dict[str, np.ndarray], n: int) -> None:
    """Check that the arrays have the sizes that they must have, and that their numbers are those of units, nodes and cuts.

    Raises
    ------
    MalformedError
        Where that is not so.
    """
    sized(proof, {"n": n}, FORMS)
    for key, rows in (("gone_start", "gone"), ("part_start", "part"), ("cut_start", "cut_unit")):
        starts(proof, key, rows)
    within(proof, "parent", -1, len(proof["parent"]))
    within(proof, "unit", -1, n)
    within(proof, "cut_unit", 0, n)
    within(proof, "cut_node", 0, len(proof["parent"]))
    within(proof, "cut_of", 0, len(proof["cut"]))
    # a unit and a centre of each cut
    within({"cut": proof["cut"][:, :2]}, "cut", 0, n)


def _price(value: float) -> float:
    return max(0.0, float(value))


def _surviving(pairs: Pairs, alive: np.ndarray) -> np.ndarray:
    """Return the pairs of a mask whose site still has its centre."""
    has = np.zeros(len(pairs.centre), bool)
    has[pairs.site[alive & pairs.own]] = True
    return alive & has[pairs.site]


def _empty(area: Area, pairs: Pairs) -> bool:
    """Tell whether some unit has no site left, or there are fewer sites than beats."""
    return len(np.unique(pairs.site)) < area.count or len(np.unique(pairs.unit)) < len(area.weight)


class _Tree:
    """Goes through the nodes, parents first, and evaluates each."""

    def __init__(self, area: Area, pairs: Pairs, proof: dict[str, np.ndarray], bound: float) -> None:
        self.area, self.pairs, self.proof, self.bound = area, pairs, proof, bound
        self.n, self.step = len(area.weight), float(proof["step"][0])
        self.place = {(int(c), int(g)): s for s, (c, g) in enumerate(zip(pairs.centre, pairs.label, strict=True))}
        key = pairs.site * self.n + pairs.unit
        self.order = np.argsort(key, kind="stable")
        self.key = key[self.order]
        self.cuts = [self._cut(k) for k in range(len(proof["cut"]))]

    def pair(self, site: int, units: np.ndarray) -> np.ndarray:
        """Return the pairs of a site with some units, those there are."""
        want = site * self.n + np.asarray(units, np.int64)
        at = np.minimum(np.searchsorted(self.key, want), len(self.key) - 1)
        return self.order[at[self.key[at] == want]]

    def _cut(self, k: int) -> tuple[int, np.ndarray] | None:
        """Return a contiguity cut as its pair and those that separate it, None where it does not hold here.

        It holds where the unit loses its centre once the others are gone from the site.
        """
        unit, centre, label = self.proof["cut"][k].tolist()
        site = self.place.get((centre, label))
        start = self.proof["cut_start"]
        if site is None:
            return None
        one = self.pair(site, np.array([unit]))
        if not len(one) or unit == centre:
            return None
        others = self.pair(site, self.proof["cut_unit"][start[k] : start[k + 1]])
        near = self._neighbours(site)
        gone = set(self.pairs.unit[others].tolist())
        if centre in gone:
            return None
        reached, stack = {centre}, [centre]
        while stack:
            for v in near.get(stack.pop(), ()):
                if v not in reached and v not in gone:
                    reached.add(v)
                    stack.append(v)
        return None if unit in reached else (int(one[0]), others)

    def _neighbours(self, site: int) -> dict[int, list[int]]:
        if not hasattr(self, "_near"):
            self._near: dict[int, dict[int, list[int]]] = {}
            of, unit = self.pairs.site, self.pairs.unit
            for a, b in self.pairs.links.T.tolist():
                self._near.setdefault(int(of[a]), {}).setdefault(int(unit[a]), []).append(int(unit[b]))
        return self._near.get(site, {})

    def least(self) -> float:
        """Return the least bound of the leaves; inf where there are no plans."""
        parent = self.proof["parent"]
        children: dict[int, list[int]] = {}
        for k, p in enumerate(parent.tolist()):
            children.setdefault(p, []).append(k)
        if children.get(-1) != [0] or any(p >= k for k, p in enumerate(parent.tolist())):
            return -math.inf
        if self._need(0) >= 0 or int(self.proof["unit"][0]) >= 0:
            # no sibling has the plans that the first node would leave out
            return -math.inf
        least = math.inf
        first = self.proof["round_multiplier"][-1].astype(np.int64)
        # what holds of a node's plans holds of those of its children, whose own multipliers may prove less
        every = Zones(np.zeros(len(self.pairs.centre), np.int64), (self.area.count,))
        stack = [(0, np.ones(len(self.pairs.site), bool), first, -math.inf, every)]
        while stack:
            k, alive, above, known, zones = stack.pop()
            u = above + self.proof["multiplier"][k]
            alive = self._without(k, alive)
            if self._need(k) >= 0:
                part, need = self._part(k), self._need(k)
                if not len(part) and need > 0:
                    continue  # the rounds left none of these sites
                parted = zones.parted(part, need) if len(part) else zones
                if parted is None:
                    return -math.inf
                zones = parted
                alive = alive & zones.used(self.pairs.site)
            own = children.get(k, [])
            found, left = self._evaluate(k, alive, u, zones)
            while not own and found < self.bound:
                # what is left may be apart by weight, and without it the bound is higher
                fewer = in_reach(self.pairs, left, self.area.upper)
                if fewer.sum() == alive.sum():
                    break
                alive = fewer
                found, left = self._evaluate(k, alive, u, zones)
            if found >= self.bound:
                least = min(least, found)
                continue
            known = max(known, found)
            if not own:
                least = min(least, known)
            elif not self._shared_out(own, zones):
                return -math.inf
            stack += [(c, left, u, known, zones) for c in own]
        return least

    def _need(self, k: int) -> int:
        """Return how many beats a node has in the sites that it parted from their zone, -1 where it did not."""
        return int(self.proof["need"][k]) if "need" in self.proof else -1

    def _part(self, k: int) -> np.ndarray:
        """Return the sites that a node parted from their zone, those that the rounds left."""
        start = self.proof["part_start"]
        named = self.proof["part"][start[k] : start[k + 1]].tolist()
        return np.array([self.place[c, g] for c, g in named if (c, g) in self.place], np.int64)

    def _gone(self, k: int) -> np.ndarray:
        start = self.proof["gone_start"]
        return self.proof["gone"][start[k] : start[k + 1]]

    def _shared_out(self, siblings: list[int], zones: Zones) -> bool:
        """Tell whether children leave every plan in one of them.

        Two part one unit's sites, and none is gone from both; or all part the same sites from a zone, one for each number of beats there.
        """
        if any(self._need(k) >= 0 for k in siblings):
            if any(int(self.proof["unit"][k]) >= 0 for k in siblings):
                return False
            parts, needs = [set(self._part(k).tolist()) for k in siblings], {self._need(k) for k in siblings}
            old = np.unique(zones.of[sorted(parts[0])]) if parts[0] else np.empty(0)
            most = zones.need[old[0]] if len(old) else 0
            return len(old) < 2 and all(p == parts[0] for p in parts) and needs >= set(range(most + 1))
        if len(siblings) != 2:
            return False
        one, other = ({tuple(s) for s in self._gone(k).tolist()} for k in siblings)
        return self.proof["unit"][siblings[0]] == self.proof["unit"][siblings[1]] and not one & other

    def _without(self, k: int, alive: np.ndarray) -> np.ndarray:
        """Take away what the branching took."""
        unit = int(self.proof["unit"][k])
        if unit < 0:
            return alive
        alive = alive.copy()
        for site in self._gone(k).tolist():
            s = self.place.get((site[0], site[1]))
            if s is not None:
                alive[self.pair(s, np.array([unit]))] = False
        return alive

    def _evaluate(self, k: int, alive: np.ndarray, u: np.ndarray, zones: Zones) -> tuple[float, np.ndarray]:
        """Return a node's bound and the pairs that plans below the claim may still have."""
        area, pairs = self.area, self.pairs
        alive = connected(pairs, _surviving(pairs, alive))
        left = subset(pairs, alive)
        if _empty(area, left):
            return math.inf, alive
        adds = None
        rows = np.flatnonzero(self.proof["cut_node"] == k)
        if len(rows):
            every = np.zeros(len(alive))
            for cut, mu in zip(self.proof["cut_of"][rows], self.proof["cut_price"][rows], strict=True):
                held = self.cuts[cut]
                if held is not None and mu > 0 and alive[held[0]]:
                    every[held[0]] += mu
                    every[held[1]] -= mu
            adds = every[alive]
        found = lagrangian(area, left, u * self.step, _price(self.proof["price"][k]), adds, self.bound, zones)
        bound = found.bound
        cheapest = np.full(self.n, np.inf)
        np.minimum.at(cheapest, left.unit, left.cost)
        bound = max(bound, math.fsum(cheapest.tolist()) * (1 - ROUNDING))
        if len(left.unit) == self.n:
            # one plan is left
            load, slack = np.bincount(left.site, weights=left.weight)[np.unique(left.site)], SLACK * area.upper
            if load.min() < area.lower - slack or load.max() > area.upper + slack:
                return math.inf, alive
        if area.budget is not None:
            fewest = np.full(self.n, np.inf)
            np.minimum.at(fewest, left.unit, left.moved)
            if math.fsum(fewest.tolist()) > area.budget * (1 + 1e-9) + 1e-6:
                return math.inf, alive
        if bound >= self.bound:
            return bound, alive
        after = alive.copy()
        after[np.flatnonzero(alive)[found.forced >= self.bound]] = False
        after = connected(pairs, _surviving(pairs, after))
        if _empty(area, subset(pairs, after)):
            return math.inf, after
        return bound, after


def cut_shares(pieces: list[float], count: int, lower: float, upper: float) -> bool:
    """Tell whether pieces of a map, by their hours, can hold `count` beats in all within the bounds, each a whole number."""
    least = [max(1, math.ceil(h / upper - 1e-9)) for h in pieces]
    most = [math.floor(h / lower + 1e-9) if lower > 0 else count for h in pieces]
    return all(a <= b for a, b in zip(least, most, strict=True)) and sum(least) <= count <= sum(most)


def pieces_of(n: int, edges: np.ndarray) -> list[list[int]]:
    """Return the connected pieces of a map."""
    near: dict[int, list[int]] = {}
    for a, b in itertools.chain(edges.tolist(), edges[:, ::-1].tolist()):
        near.setdefault(a, []).append(b)
    seen, found = [False] * n, []
    for i in range(n):
        if seen[i]:
            continue
        seen[i], stack, piece = True, [i], []
        while stack:
            a = stack.pop()
            piece.append(a)
            for b in near.get(a, ()):
                if not seen[b]:
                    seen[b] = True
                    stack.append(b)
        found.append(piece)
    return found
