"""The bound on beats, evaluated from its certificate: a Lagrangian over pairs of unit and site, and a tree.

The claim is that no beats that keep the rules cost less than a number. What is evaluated, and why it proves the claim, stands in ``docs/proofs.md``.
Only numpy and the standard library are used here, and nothing of what found the certificate.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from beatplanner.planning.verification.all_plans import least_of_all
from beatplanner.planning.verification.arrays import NUMBER, WHOLE, check_range, sized, starts
from beatplanner.planning.verification.balance_prices import check_prices, with_prices
from beatplanner.planning.verification.few_plans import MOST_STEPS, least_of_few
from beatplanner.planning.verification.travel_lagrangian import (
    ROUNDING,
    CutCosts,
    Zones,
    lagrangian,
    rounding_of,
    settled_pairs,
)
from beatplanner.planning.verification.travel_pairs import (
    SLACK,
    Area,
    Pairs,
    all_pairs,
    in_reach,
    is_empty,
    joined_pairs,
    linked_subset,
    subset,
    surviving,
    with_links,
    within_price,
)

# Steps of counting in all leaves of a tree together.
MOST_STEPS_OF_ALL = 200_000

# Share by which no plan comes near what all are below.
HAIR = 1e-7

# Rounds that leave more than this share of all pairs are not asked which of them are still within reach, but for the last.
FEW = 0.75


@dataclass
class Look:
    """How much of a tree is looked at: of a larger one the nodes that were made first, and a node whose children are not looked at ends there.

    Attributes
    ----------
    most
        Nodes; None for all.
    steps
        Ways of rings of a map, and pairs of them; None for as many as the checker looks at.
    seen
        Written: the nodes that were looked at. Without the others the certificate proves as much or more.
    short
        Written: whether there were more to look at.
    """

    most: int | None = None
    steps: int | None = None
    seen: set[int] = field(default_factory=set[int])
    short: bool = False


def prove(area: Area, proof: dict[str, np.ndarray], priced: bool, bound: float, look: Look | None = None) -> float:
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
    look
        How many nodes of the tree are looked at; all where it is not given.

    Raises
    ------
    TooLargeError
        Where the problem has more than `MOST_PAIRS` pairs.
    MalformedError
        Where an array is not as it must be.
    """
    check_form(proof, len(area.weight))
    check_prices(proof, len(area.weight), len(area.balances))
    pairs = with_prices(area, all_pairs(area, priced), proof)
    if bound < math.inf:
        return _proven(area, pairs, proof, bound, look, priced=priced)
    # no plan costs more than each unit in its dearest site: where none is below that, there is none
    dearest = np.zeros(len(area.weight))
    np.maximum.at(dearest, pairs.unit, pairs.paid)
    most = math.fsum(dearest.tolist()) * (1 + HAIR) + HAIR
    if not math.isfinite(most):
        return -math.inf
    found = _proven(area, pairs, proof, most, look, priced=priced)
    return math.inf if found >= most else found


def _proven(
    area: Area, pairs: Pairs, proof: dict[str, np.ndarray], bound: float, look: Look | None, *, priced: bool
) -> float:
    """Return what the certificate proves of pairs, as `prove` says."""
    n, step = len(area.weight), float(proof["step"][0])
    best, joined = -math.inf, False
    every, last = len(pairs.site), len(proof["round_price"]) - 1
    for k, (u, price) in enumerate(zip(proof["round_multiplier"], proof["round_price"], strict=True)):
        found = lagrangian(area, pairs, u * step, _price(price), None, bound)
        best = max(best, found.bound)
        if best >= bound:
            return best
        left = surviving(pairs, found.forced < bound)
        if joined or k == last or left.sum() < FEW * every:
            # all pairs are within reach as they come: what joins them is sought once it may have come apart
            pairs = linked_subset(pairs, left) if joined else with_links(subset(pairs, left), area.edges, n)
            joined, alive = True, np.ones(len(pairs.site), bool)
            alive = within_price(pairs, alive, found.extra[left], bound - found.site[left])
            pairs = linked_subset(pairs, in_reach(pairs, alive, area.upper))
        else:
            pairs = subset(pairs, left)
        if is_empty(area, pairs):
            return math.inf
    if "all_plans" in proof:
        best = max(best, least_of_all(area, proof["round_multiplier"][-1] * step, bound, priced=priced))
    if best >= bound or not len(proof["parent"]):
        return best
    tree = _Tree(area, pairs if joined else with_links(pairs, area.edges, n), proof, bound, look or Look())
    return max(best, tree.least())


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
    "counted": (WHOLE, ("L",)),
    "all_plans": (WHOLE, (1,)),
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
    check_range(proof, "parent", -1, len(proof["parent"]))
    check_range(proof, "unit", -1, n)
    check_range(proof, "cut_unit", 0, n)
    check_range(proof, "cut_node", 0, len(proof["parent"]))
    check_range(proof, "cut_of", 0, len(proof["cut"]))
    check_range({"counted": proof.get("counted", np.empty(0, np.int64))}, "counted", 0, len(proof["parent"]))
    # a unit and a centre of each cut
    check_range({"cut": proof["cut"][:, :2]}, "cut", 0, n)


def _price(value: float) -> float:
    return max(0.0, float(value))


class _Tree:
    """Goes through the nodes, parents first, and evaluates each."""

    def __init__(self, area: Area, pairs: Pairs, proof: dict[str, np.ndarray], bound: float, look: Look) -> None:
        self.area, self.pairs, self.proof, self.bound, self.look = area, pairs, proof, bound, look
        self.n, self.step = len(area.weight), float(proof["step"][0])
        self.place = {(int(c), int(g)): s for s, (c, g) in enumerate(zip(pairs.centre, pairs.label, strict=True))}
        key = pairs.site * self.n + pairs.unit
        self.order = np.argsort(key, kind="stable")
        self.key = key[self.order]
        self.cuts = [self._cut(k) for k in range(len(proof["cut"]))]
        self.counted, self.steps_left = set(proof.get("counted", np.empty(0, np.int64)).tolist()), MOST_STEPS_OF_ALL

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
        # in the order in which they were made, so that a part of the tree is always the same part
        waiting = [(0, np.ones(len(self.pairs.site), bool), first, -math.inf, every)]
        seen, most = self.look.seen, math.inf if self.look.most is None else self.look.most
        while waiting:
            k, alive, above, known, zones = heappop(waiting)
            seen.add(k)
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
            known = max(known, found)
            if not own and found < self.bound:
                found = self._leaf(k, alive, left, u, zones)
                known = max(known, found)
            if known >= self.bound:
                least = min(least, known)
                continue
            if own and len(seen) + len(waiting) + len(own) > most:
                self.look.short, own = True, []
            elif own and not self._shared_out(own, zones):
                return -math.inf
            if not own:
                least = min(least, known)
            for c in own:
                heappush(waiting, (c, left, u, known, zones))
        return least

    def _leaf(self, k: int, alive: np.ndarray, left: np.ndarray, u: np.ndarray, zones: Zones) -> float:
        """Return what more is known of a node without children, of whose `alive` pairs some are `left`."""
        found = -math.inf
        while found < self.bound:
            # what is left may be apart by weight, and without it the bound is higher
            fewer = in_reach(self.pairs, left, self.area.upper)
            if fewer.sum() == alive.sum():
                break
            alive = fewer
            found, left = self._evaluate(k, alive, u, zones)
        if found < self.bound and k in self.counted:
            found = max(found, self._counted(left, zones))
        return found

    def _counted(self, alive: np.ndarray, zones: Zones) -> float:
        """Return the least cost of the plans that a leaf has left, the claim at most; -inf where they are too many to go through."""
        if self.steps_left <= 0:
            return -math.inf
        left = linked_subset(self.pairs, alive)
        found, steps = least_of_few(self.area, left, zones, self.bound, min(MOST_STEPS, self.steps_left))
        self.steps_left -= steps
        return found

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
            most = zones.need[int(old[0])] if len(old) else 0
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

    def _cut_costs(self, k: int, alive: np.ndarray) -> CutCosts | None:
        """Return what the cuts of a node add to the costs of its pairs, None where it has none."""
        rows = np.flatnonzero(self.proof["cut_node"] == k)
        if not len(rows):
            return None
        every, size = np.zeros(len(alive)), np.zeros(len(alive))
        for cut, mu in zip(self.proof["cut_of"][rows], self.proof["cut_price"][rows], strict=True):
            held = self.cuts[int(cut)]
            if held is not None and mu > 0 and alive[held[0]]:
                every[held[0]] += mu
                every[held[1]] -= mu
                size[held[0]] += mu
                size[held[1]] += mu
        return CutCosts(every, size * (rounding_of(len(rows)) / ROUNDING)).of(alive)

    def _evaluate(self, k: int, alive: np.ndarray, u: np.ndarray, zones: Zones) -> tuple[float, np.ndarray]:
        """Return a node's bound and the pairs that plans below the claim may still have."""
        area, pairs = self.area, self.pairs
        alive, must = settled_pairs(pairs, joined_pairs(pairs, surviving(pairs, alive)), zones, self.n)
        left = subset(pairs, alive)
        if is_empty(area, left):
            return math.inf, alive
        adds = self._cut_costs(k, alive)
        found = lagrangian(area, left, u * self.step, _price(self.proof["price"][k]), adds, self.bound, zones, must)
        bound = found.bound
        cheapest = np.full(self.n, np.inf)
        np.minimum.at(cheapest, left.unit, left.paid)
        bound = max(bound, math.fsum(cheapest.tolist()) * (1 - ROUNDING))
        if len(left.unit) == self.n:
            # one plan is left
            load, slack = np.bincount(left.site, weights=left.weight)[np.unique(left.site)], SLACK * area.upper
            if load.min() < area.lower - slack or load.max() > area.upper + slack:
                return math.inf, alive
            beat = np.empty(self.n, np.int64)
            beat[left.unit] = left.site
            if area.uneven(beat):
                return math.inf, alive
        if area.budget is not None:
            fewest = np.full(self.n, np.inf)
            np.minimum.at(fewest, left.unit, left.moved)
            if math.fsum(fewest.tolist()) > area.budget * (1 + 1e-9) + 1e-6:
                return math.inf, alive
        if bound >= self.bound:
            return bound, alive
        after, left = alive.copy(), found.forced < self.bound
        after[alive] = left
        extra, most = np.zeros(len(alive)), np.full(len(alive), np.inf)
        extra[after], most[after] = found.extra[left], self.bound - found.site[left]
        after = within_price(pairs, surviving(pairs, after), extra, most)
        if is_empty(area, subset(pairs, after)):
            return math.inf, after
        return bound, after


def cut_shares(pieces: list[float], count: int, lower: float, upper: float) -> bool:
    """Tell whether pieces of a map, by their hours, can hold `count` beats in all within the bounds, each a whole number."""
    least = [max(1, math.ceil(h / upper - 1e-9)) for h in pieces]
    most = [math.floor(h / lower + 1e-9) if lower > 0 else count for h in pieces]
    return all(a <= b for a, b in zip(least, most, strict=True)) and sum(least) <= count <= sum(most)


def connected_pieces(n: int, edges: np.ndarray) -> list[list[int]]:
    """Return the connected pieces of a map."""
    near: dict[int, list[int]] = {}
    for a, b in itertools.chain(edges.tolist(), edges[:, ::-1].tolist()):
        near.setdefault(a, []).append(b)
    found: list[list[int]] = []
    seen = [False] * n
    for i in range(n):
        if seen[i]:
            continue
        seen[i], stack = True, [i]
        piece: list[int] = []
        while stack:
            a = stack.pop()
            piece.append(a)
            for b in near.get(a, ()):
                if not seen[b]:
                    seen[b] = True
                    stack.append(b)
        found.append(piece)
    return found
