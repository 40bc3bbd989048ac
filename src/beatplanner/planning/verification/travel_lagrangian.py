"""The bound that multipliers of units prove: the cheapest beat of each site within the limits of hours, and the cheapest choice of sites."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from beatplanner.planning.verification.travel_pairs import SLACK, Area, Pairs, joined_pairs

# Sums are taken in floating point; what that may have cost is taken off, as a share of the terms that were added, of which there are up to so many.
ROUNDING, ADDED = 2e-13, 1_000


# Steps of an exact knapsack after which its fractional value stands.
KNAPSACK_STEPS = 4_000


# Sites up to which all that are left are given whole units.
MOST_WHOLE = 60


def rounding_of(terms: int) -> float:
    """Return what a sum of so many terms may have lost by rounding, as a share of their sizes."""
    return ROUNDING * max(1.0, terms / ADDED)


@dataclass(frozen=True)
class CutCosts:
    """What multipliers of contiguity add to the cost of each pair, (P,), and how large all that was added and taken off is, (P,)."""

    more: np.ndarray
    size: np.ndarray

    def of(self, pairs: np.ndarray) -> CutCosts:
        """Return those of some pairs."""
        return CutCosts(self.more[pairs], self.size[pairs])


@dataclass
class Value:
    """A Lagrangian at some multipliers.

    Attributes
    ----------
    bound
        What every plan costs at least.
    forced
        (P,) what a plan with each pair costs at least.
    site
        (P,) what a plan with the site of each pair costs at least, with split units.
    extra
        (P,) what each pair adds to that where it is forced in; those of several pairs of a site add up.
    """

    bound: float
    forced: np.ndarray
    site: np.ndarray
    extra: np.ndarray

    @staticmethod
    def nothing(pairs: int, bound: float) -> Value:
        """Return one that says nothing of pairs but `bound`."""
        return Value(bound, np.full(pairs, bound), np.full(pairs, bound), np.zeros(pairs))


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
    # only units that may be split are put in order: of a site with more than fits, those that pay for themselves
    split = (target[at] >= 0) & (free > 0) & ((reduced < 0) | (gain < least)[at])
    of, hours, ratio = at[split], free[split], reduced[split] / free[split]
    order = np.argsort(ratio, kind="stable")
    order = order[np.argsort(of[order], kind="stable")]
    sigma = np.zeros(len(start))
    if len(of):
        begin = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
        many = np.diff(np.r_[begin, len(of)])
        load = np.cumsum(hours[order])
        load -= np.repeat(load[begin] - hours[order][begin], many)
        enough = load >= target[of] * (1 - 1e-12)
        enough[begin + many - 1] = True
        first = np.flatnonzero(enough)
        first = first[np.r_[True, of[first[1:]] != of[first[:-1]]]]
        sigma[of[first]] = ratio[order][first]
    terms = np.where(own, reduced, np.minimum(0.0, reduced - sigma[at] * free))
    value = np.add.reduceat(terms, start) + np.where(sigma > 0, sigma * least, sigma * room)
    value[(every < least * (1 - SLACK) - SLACK * upper) | (room < -SLACK * upper)] = np.inf
    return site[start], value, sigma, at, start, size


def least_penalty(penalty: list[float], load: list[float], need: float) -> float:
    """Return the least penalty of items that together weigh at least `need`, or less where it takes too long; inf where all weigh less.

    Items by penalty for each unit of load are taken or not, one after the other. What is taken up next is the choice whose fractional value is the least,
    which no choice left is below: where the steps are used up, it is returned.
    """
    order = sorted(range(len(load)), key=lambda k: penalty[k] / load[k])
    load, penalty = [load[k] for k in order], [penalty[k] for k in order]
    m, best = len(load), math.inf
    weighs, costs = [0.0, *itertools.accumulate(load)], [0.0, *itertools.accumulate(penalty)]
    if weighs[m] < need:
        return best
    # (fractional value, items left, penalty paid, load owed)
    waiting: list[tuple[float, int, float, float]] = [(0.0, m, 0.0, need)]
    for _ in range(KNAPSACK_STEPS):
        if not waiting or waiting[0][0] >= best:
            return best
        low, left, paid, rest = heappop(waiting)
        k = m - left
        for took in (True, False):
            owes, pays = (rest - load[k], paid + penalty[k]) if took else (rest, paid)
            if owes <= 0:
                best = min(best, pays)
                continue
            # items from the next one on fill what is owed, the last one in part
            j = bisect_left(weighs, weighs[k + 1] + owes, k + 1) - 1
            if j >= m:
                continue
            value = pays + costs[j] - costs[k + 1] + penalty[j] * (owes - (weighs[j] - weighs[k + 1])) / load[j]
            # a whole number of items fills it too: what is paid with the last one whole
            best = min(best, pays + costs[j + 1] - costs[k + 1])
            if value < best * (1 - 1e-12):
                heappush(waiting, (max(low, value), left - 1, pays, owes))
    return min(best, waiting[0][0]) if waiting else best


def least_of_whole_units(weight: np.ndarray, reduced: np.ndarray, own: np.ndarray, lower: float, upper: float) -> float:
    """Return the least cost of one site with whole units, or somewhat less where that takes too long."""
    taken = own | (reduced < 0)
    base, total = float(reduced[taken].sum()), float(weight[taken].sum())
    slack = SLACK * upper
    if total > upper + slack:
        need, others = total - upper - slack, taken & ~own & (weight > 0)
    elif total < lower - slack:
        need, others = lower - slack - total, ~taken & (weight > 0)
    else:
        return base
    return base + least_penalty(np.abs(reduced[others]).tolist(), weight[others].tolist(), need)


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
        found: list[np.ndarray] = []
        zone = self.of[site]
        for z, need in enumerate(self.need):
            own = np.flatnonzero(zone == z)
            best = own[chosen(value[own], label[own], need)]
            if len(best) < need:
                return None
            found.append(best)
        return found


def settled_pairs(pairs: Pairs, alive: np.ndarray, zones: Zones, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of a mask, (P,) bool, without the sites that no plan has, and for each pair left whether its site's beat must have its unit.

    A unit whose sites are all in a zone of one beat is in that beat, whichever of the zone's sites it has: a site without the unit is none.
    """
    need = np.array([*zones.need, 0])
    while True:
        site, unit = pairs.site[alive], pairs.unit[alive]
        of = zones.of[site]
        low, high = np.full(n, len(need) - 1), np.full(n, -1)
        np.minimum.at(low, unit, of)
        np.maximum.at(high, unit, of)
        one = (low == high) & (need[low] == 1)
        held = one[unit]
        asked = np.bincount(low[one], minlength=len(need))[zones.of]
        lacks = np.bincount(site[held], minlength=len(zones.of)) < asked
        if not lacks[site].any():
            return alive, held
        alive = joined_pairs(pairs, alive & ~lacks[pairs.site])


def lagrangian(
    area: Area,
    pairs: Pairs,
    u: np.ndarray,
    price: float,
    cuts: CutCosts | None,
    wanted: float,
    zones: Zones | None = None,
    held: np.ndarray | None = None,
) -> Value:
    """Evaluate the Lagrangian over some pairs; `cuts` is what multipliers of contiguity add to each pair's cost.

    `zones` tells how many beats have their site where, None where nothing is known of that, and `held`, (P,) bool, which units a site's beat must have
    beside its centre. Whole units are only counted where split ones leave the bound below `wanted`.
    """
    if area.budget is None:
        price = 0.0  # without a limit nothing is paid back for it, and a price would lift the bound above the truth
    reduced = pairs.cost + price * pairs.moved - u[pairs.unit]
    if cuts is not None:
        reduced = reduced + cuts.more
    own = pairs.own if held is None else pairs.own | held
    if not (np.isfinite(u).all() and np.isfinite(reduced).all()):
        return Value.nothing(len(pairs.site), -math.inf)
    site, split, sigma, at, start, size = fractional(pairs.weight, reduced, own, pairs.site, area.lower, area.upper)
    if np.isnan(split).any() or np.isneginf(split).any():
        # numbers so large that they cannot be added up prove nothing
        return Value.nothing(len(pairs.site), -math.inf)
    # multipliers of cuts may cancel each other in a beat, and what they cost by rounding is not seen in its value
    lost = np.zeros(len(site)) if cuts is None else ROUNDING * np.add.reduceat(cuts.size, start)
    split = split - lost
    base = math.fsum(u.tolist()) - (0.0 if area.budget is None else price * area.budget)
    value = split.copy()
    label, exact = pairs.label[site], np.zeros(len(site), bool)
    zones = zones or Zones(np.zeros(len(pairs.centre), np.int64), (area.count,))
    while True:
        of_zone = zones.chosen(site, value, label)
        best = np.concatenate(of_zone) if of_zone else np.empty(0, np.int64)
        if not len(best) or not np.isfinite(value[best]).all():
            return Value.nothing(len(at), math.inf)
        bound = base + math.fsum(value[best].tolist())
        doubtful = best[~exact[best]]
        if bound >= wanted or not len(doubtful):
            break
        for s in doubtful:
            exact[s] = True
            part = slice(start[s], start[s] + size[s])
            better = least_of_whole_units(pairs.weight[part], reduced[part], own[part], area.lower, area.upper)
            value[s] = max(value[s], better - lost[s])
    size_of_terms = (
        math.fsum(np.abs(u).tolist()) + math.fsum(np.abs(value[best]).tolist()) + price * (area.budget or 0.0)
    )
    bound -= rounding_of(len(u)) * size_of_terms
    # what the other beats cost at least where a site is in the plan, whichever it is
    worst = np.array([float(value[b].max(initial=-np.inf)) for b in of_zone or []])[zones.of[site]]
    # a site of a zone without beats is in no plan
    others = np.where(np.isfinite(worst), bound - worst, np.inf)
    for c in best[label[best] >= 0].tolist():
        # where a beat is carried on in one site, it is in no other of the zone
        others[(label == label[c]) & (zones.of[site] == zones.of[site[c]])] = bound - value[c]
    others[best] = bound - value[best]
    open_sites = np.flatnonzero((others + value < wanted) & ~exact)
    for s in open_sites if bound < wanted and len(open_sites) <= MOST_WHOLE else ():
        part = slice(start[s], start[s] + size[s])
        better = least_of_whole_units(pairs.weight[part], reduced[part], own[part], area.lower, area.upper)
        value[s] = max(value[s], better - lost[s])
    extra = np.where(own, 0.0, np.maximum(0.0, reduced - sigma[at] * pairs.weight))
    # a unit that is forced in lifts the value of split units; the value of whole ones holds besides, and they do not add up
    return Value(bound, others[at] + np.maximum(value[at], split[at] + extra), (others + split)[at], extra)
