"""The plans that a leaf of a certificate leaves, gone through one by one where they are few: what no multiplier says, counting does."""

from __future__ import annotations

import math

import numpy as np

from beatplanner.planning.verification.travel_lagrangian import ROUNDING, Zones
from beatplanner.planning.verification.travel_pairs import SLACK, Area, Pairs, joined_pairs

# Steps of counting that a leaf may take; beyond, its plans are not few.
MOST_STEPS = 20_000
# Pairs up to which counting is tried at all.
FEW_PAIRS = 400


def least_of_few(area: Area, pairs: Pairs, zones: Zones, bound: float, most: int = MOST_STEPS) -> tuple[float, int]:
    """Return the least cost of the plans that some pairs allow, and the steps it took to see it.

    A plan gives each unit one of its pairs; a site that is used has its own centre, hours within the bounds and its units connected; each zone has
    as many sites as it needs, and no label two; residents who change beat are within the budget.

    Parameters
    ----------
    area
        The municipality.
    pairs
        What is left, with its links.
    zones
        How many sites are used where; of all sites of `pairs`.
    bound
        Plans that cost this or more need not be told apart: where there are no others, it is returned (inf where there is no plan at all below inf).
    most
        Steps that it may take.

    Returns
    -------
    tuple
        The least cost, or `bound` where every plan costs as much; -inf where `most` steps do not do.
    """
    n = len(area.weight)
    if len(pairs.unit) > FEW_PAIRS:
        return -math.inf, 0
    ways = [np.flatnonzero(pairs.unit == i) for i in range(n)]
    order = sorted(range(n), key=lambda i: len(ways[i]))
    cost, moved, site = pairs.paid.tolist(), pairs.moved.tolist(), pairs.site.tolist()
    # cheapest first, so that a good plan is met early
    choices = [sorted(ways[i].tolist(), key=lambda p: cost[p]) for i in order]
    cheapest, fewest = [0.0] * (n + 1), [0.0] * (n + 1)
    for k in range(n - 1, -1, -1):
        cheapest[k] = cheapest[k + 1] + min((cost[p] for p in choices[k]), default=math.inf)
        fewest[k] = fewest[k + 1] + min((moved[p] for p in choices[k]), default=math.inf)
    weight, centre = area.weight.tolist(), pairs.centre.tolist()
    most_moved = math.inf if area.budget is None else area.budget * (1 + 1e-9) + 1e-6
    upper, steps = area.upper * (1 + SLACK), 0
    load: dict[int, float] = {}
    lies: list[int] = [-1] * n  # site of each unit
    taken: list[int] = []
    least = bound
    # each entry: what to do at a depth; a pair to take, or None to take back what was taken there
    stack: list[tuple[int, int | None, float, float]] = [(0, p, 0.0, 0.0) for p in reversed(choices[0])]
    while stack:
        k, p, spent, gone = stack.pop()
        unit = order[k]
        if p is None:
            s = lies[unit]
            load[s] -= weight[unit]
            lies[unit] = -1
            taken.pop()
            continue
        steps += 1
        if steps > most:
            return -math.inf, steps
        s, spent, gone = site[p], spent + cost[p], gone + moved[p]
        if (
            (spent + cheapest[k + 1]) * (1 - ROUNDING) >= least
            or gone + fewest[k + 1] > most_moved
            or load.get(s, 0.0) + weight[unit] > upper
            or lies[centre[s]] not in (-1, s)
            # a site that is used has its centre
            or any(centre[lies[o]] == unit and lies[o] != s for o in order[:k])
            or _too_many(area, zones, s, order[:k], lies, unit)
        ):
            continue
        lies[unit] = s
        load[s] = load.get(s, 0.0) + weight[unit]
        taken.append(p)
        if k + 1 == n:
            if _is_plan(area, pairs, zones, lies, taken):
                least = spent * (1 - ROUNDING)
            load[s] -= weight[unit]
            lies[unit] = -1
            taken.pop()
            continue
        stack.append((k, None, 0.0, 0.0))
        stack += [(k + 1, q, spent, gone) for q in reversed(choices[k + 1])]
    return least, steps


def _too_many(area: Area, zones: Zones, site: int, before: list[int], lies: list[int], unit: int) -> bool:
    """Tell whether a unit in a site makes more sites of a zone than it has beats, or more of a further balance than a beat may have."""
    used, zone = {lies[o] for o in before}, zones.of[site]
    if site not in used and sum(zones.of[o] == zone for o in used) >= zones.need[zone]:
        return True
    own = [o for o in before if lies[o] == site]
    return any(amount[unit] + math.fsum(amount[own]) > upper * (1 + SLACK) for amount, _, upper in area.balances)


def _is_plan(area: Area, pairs: Pairs, zones: Zones, lies: list[int], taken: list[int]) -> bool:
    """Tell whether units that lie in sites make a plan: its sites by zone and label, their hours, and that each is connected with its centre."""
    used = np.unique(lies)
    if np.bincount(zones.of[used], minlength=len(zones.need)).tolist() != list(zones.need):
        return False
    labels = pairs.label[used]
    labels = labels[labels >= 0]
    if len(np.unique(labels)) < len(labels):
        return False
    hours = np.bincount(lies, weights=area.weight, minlength=len(pairs.centre))[used]
    if hours.min() < area.lower - SLACK * area.upper:
        return False
    if area.uneven(np.array(lies, np.int64)):
        return False
    alive = np.zeros(len(pairs.unit), bool)
    alive[taken] = True
    return bool(joined_pairs(pairs, alive)[taken].all())
