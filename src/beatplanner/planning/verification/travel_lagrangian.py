"""The bound that multipliers of units prove: the cheapest beat of each site within the limits of hours, and the cheapest choice of sites."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from beatplanner.planning.verification.travel_pairs import SLACK, Area, Pairs

# Sums are taken in floating point; what that may have cost is taken off, as a share of the terms that were added.
ROUNDING = 2e-13


# Steps of an exact knapsack after which its fractional value stands.
KNAPSACK_STEPS = 4_000


# Sites up to which all that are left are given whole units.
MOST_WHOLE = 60


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
        found: list[np.ndarray] = []
        zone = self.of[site]
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
        return Value.nothing(len(pairs.site), -math.inf)
    site, split, sigma, at, start, size = fractional(
        pairs.weight, reduced, pairs.own, pairs.site, area.lower, area.upper
    )
    if np.isnan(split).any() or np.isneginf(split).any():
        # numbers so large that they cannot be added up prove nothing
        return Value.nothing(len(pairs.site), -math.inf)
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
    return Value(bound, others[at] + np.maximum(value[at], split[at] + extra), (others + split)[at], extra)
