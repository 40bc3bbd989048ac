"""One node of the proof's tree: its pairs in arrays of their own, its Lagrangian raised, its pairs narrowed, and its split.

`Shared` is what all nodes of a tree have in common; see `tree.py` for the search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.districts.bound import spans
from beatplanner.solver.districts.dilation import raised, suits
from beatplanner.solver.districts.exclusion import excludable
from beatplanner.solver.districts.growth import Graph
from beatplanner.solver.districts.knapsack import ascend
from beatplanner.solver.districts.problem import keeps_amounts
from beatplanner.solver.districts.separation import piece_apart
from beatplanner.solver.districts.sites import SitePairs, pairs_in_reach

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

GAP = 1e-4
# Steps of each trial of a split, and units that are tried.
TRIAL_STEPS = 12
CANDIDATES = 5
# Zones whose split is tried, and units of a district, on average, from which they are: where districts are small, a unit's split says as much. Where there
# are more than so many districts each must be larger: it is a long way until each has a zone of its own.
ZONE_CANDIDATES, ZONE_UNITS = 3, 20
MANY_DISTRICTS, MANY_ZONE_UNITS = 16, 40
# Cost of a pair that a trial leaves out: above any plan's, and far from the limits of floating point.
FORBIDDEN = 1e30


@dataclass(frozen=True)
class OpenNode:
    """A node that waits to be worked on: what the branching left it."""

    bound: float
    packed: np.ndarray  # the pairs still allowed, as bits
    dual: np.ndarray  # multipliers of units and budget
    cuts: dict[tuple[int, ...], float]  # cuts that matter, with their multipliers
    reached: float = -np.inf  # what these multipliers come to; `bound` may be that of a node above
    unit: int = -1  # the unit that was branched on
    gone: np.ndarray | None = None  # its pairs that were taken away
    place: int = 0  # in the list of nodes that proves the bound
    zone: np.ndarray | None = None  # (S,) of each site of the tree; None where all are one
    need: tuple[int, ...] = ()  # districts of each zone
    part: np.ndarray | None = None  # the sites, in the tree's numbers, that the branching parted from their zone


@dataclass(frozen=True)
class Branch:
    """A child that a split would make: pairs, (P,) bool, of `unit` taken away, or of sites, (S,) bool, that are a zone of their own."""

    gone: np.ndarray
    unit: int = -1
    part: np.ndarray | None = None
    need: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # (Z + 1,) districts of each zone


def has_zones(problem: DistrictingProblem) -> bool:
    """Tell whether districts are so large and few that the sites of a zone are parted."""
    units = ZONE_UNITS if problem.count <= MANY_DISTRICTS else MANY_ZONE_UNITS
    return len(problem.weight) >= units * problem.count


def parted(at: np.ndarray, share: np.ndarray, need: int) -> tuple[float, np.ndarray] | None:
    """Return how much a line would part a zone's sites, and which are on its far side, (S,) bool; None where there is nothing to part.

    Parameters
    ----------
    at, share
        (S, 2) centres and (S,) how much the relaxation uses each.
    need
        Districts of the zone. Of several, the widest gap between used sites parts them; of one, a line through the middle of its use.
    """
    used = share > 0.02
    if need == 0 or len(at) < 2 or used.sum() < 2:
        return None
    weight = np.where(used, share, 0.0)
    middle = weight @ at / weight.sum()
    off = at - middle
    xx, yy, both = (float(weight @ (off[:, a] * off[:, b])) for a, b in ((0, 0), (1, 1), (0, 1)))
    axis = 0.5 * np.arctan2(2 * both, xx - yy)
    best = None
    for angle in axis + np.arange(4 if need > 1 else 1) * np.pi / 4:
        along = off @ np.array([np.cos(angle), np.sin(angle)])
        order = np.flatnonzero(used)[np.argsort(along[used], kind="stable")]
        place, before = along[order], np.cumsum(weight[order])
        gap = np.diff(place)
        even = np.minimum(before[:-1], before[-1] - before[:-1])
        worth = gap * np.minimum(even, 1.0) if need > 1 else np.where(gap > 1e-9, even, -1.0)
        cut = int(np.argmax(worth))
        if gap[cut] > 1e-9 and (best is None or worth[cut] > best[0]):
            best = (float(worth[cut]), along > (place[cut] + place[cut + 1]) / 2)
    if best is None:
        return None
    return float(np.sqrt(xx + yy) * (1.0 if need > 1 else best[0])), best[1]


class Shared:
    """What the nodes of a tree share.

    Parameters
    ----------
    sites
        All pairs of the tree.
    problem
        The `DistrictingProblem`.
    graph
        Adjacency of the units.
    best_known
        Cost of the best plan known, inf for none.
    lower_bound
        Proven so far.
    stop
        Asked between steps; True ends.
    """

    def __init__(
        self,
        sites: SitePairs,
        problem: DistrictingProblem,
        graph: Graph,
        best_known: float,
        lower_bound: float,
        stop: Callable[[], bool],
    ):
        self.sites, self.site = sites, sites.site_of_pair
        self.problem, self.graph, self.stop = problem, graph, stop
        self.xy = problem.xy
        self.span = spans(problem.weight)
        self.best, self.lower_bound = best_known, lower_bound
        self.halt = np.zeros(1, np.bool_)
        self.cuts: list[tuple[int, ...]] = []
        self.large = has_zones(problem) and suits(sites, problem)
        self.largest = 1.0 if problem.budget is None else max(1.0, float(sites.moved.max(initial=0.0)))

    def enough(self) -> float:
        """Return the bound at which a node need not be looked at any more."""
        return self.best * (1 - GAP / 2)


class LocalNode:
    """One node's sites in compressed rows of their own, with its cuts and multipliers."""

    def __init__(self, tree: Shared, pairs: np.ndarray, node: OpenNode) -> None:
        self.tree, self.problem = tree, tree.problem
        self.n = len(self.problem.weight)
        self.empty = False
        self.dual, self.reached = node.dual, node.reached
        self.mu = dict.fromkeys(tree.cuts, 0.0) | node.cuts
        self.whole_found = False
        self.zones = np.zeros(len(tree.sites.centre), np.int64) if node.zone is None else node.zone
        self.need = np.array(node.need or (self.problem.count,), np.int64)
        self._keep_pairs(pairs)

    def _keep_pairs(self, pairs: np.ndarray) -> None:
        """Keep the pairs of a mask over all pairs that are connected with their centre, and make the arrays of the kernel."""
        problem, tree = self.problem, self.tree
        while True:
            self.pairs = np.flatnonzero(tree.sites.surviving(pairs))
            self.sites = tree.sites.keep(pairs)
            self.numbers = np.flatnonzero(pairs[tree.sites.start[:-1]])
            self.zone = self.zones[self.numbers]
            lacks = np.bincount(self.zone, minlength=len(self.need)) < self.need
            if lacks.any() or not np.bincount(self.sites.unit, minlength=self.n).all():
                self.empty = True
                return
            reach = pairs_in_reach(self.sites, tree.graph.indptr, tree.graph.indices, problem.weight, problem.upper)
            if reach.all():
                break
            pairs = np.zeros(len(pairs), bool)
            pairs[self.pairs[reach]] = True
        self.mask = np.zeros(len(pairs), bool)
        self.mask[self.pairs] = True
        self.mean = np.zeros(len(self.pairs))
        self.whole = np.zeros(len(self.pairs))
        self._compress_cuts()

    def _compress_cuts(self) -> None:
        place = np.full(len(self.tree.site), -1)
        place[self.pairs] = np.arange(len(self.pairs))
        rows: list[int] = [0]
        flat: list[int] = []
        self.active: list[tuple[int, ...]] = []
        for cut in self.mu:
            here = place[list(cut)]
            if here[0] >= 0:
                self.active.append(cut)
                flat += [int(here[0]), *(int(h) for h in here[1:] if h >= 0)]
                rows.append(len(flat))
        self.cut_start, self.cut_pair = np.array(rows), np.array(flat, dtype=np.int64)

    def _arguments(self):
        s, problem = self.sites, self.problem
        budget = -1.0 if problem.budget is None else float(problem.budget)
        return (
            s.start,
            s.unit,
            s.cost,
            s.moved,
            s.label,
            self.zone,
            self.need,
            problem.weight,
            problem.lower,
            problem.upper,
            budget,
            self.cut_start,
            self.cut_pair,
        )

    def _price_unit(self) -> float:
        """Return what the price of residents moved is measured by here, in the tree's own measure: a kernel takes the most that a pair it is given moves."""
        return max(1.0, float(self.sites.moved.max(initial=0.0))) / self.tree.largest

    def _full_dual(self) -> np.ndarray:
        price = self.dual[self.n :] * self._price_unit()
        return np.concatenate([self.dual[: self.n], [self.mu[c] for c in self.active], price])

    def _aims(self) -> tuple[float, float]:
        """Return what the bound is hoped to reach, and what is enough."""
        tree = self.tree
        if np.isfinite(tree.best):
            return tree.best, tree.enough()
        return 1.02 * abs(tree.lower_bound) + 1.0, np.inf

    def climb(self, steps: int, scale: float) -> float:
        """Raise the bound and keep the best multipliers, those from before where nothing better was met; return the bound met."""
        before = self.dual, self.mu.copy()
        if self.tree.large:
            self._dilate()
        bound, dual, found = ascend(
            *self._arguments(),
            self.tree.span,
            self._full_dual(),
            *self._aims(),
            steps,
            scale,
            max(8, steps // 40),
            self.tree.halt,
            self.mean,
            self.whole,
        )
        self.whole_found = self.whole_found or found
        self.dual = np.append(dual[: self.n], dual[-1] / self._price_unit())
        for c, value in zip(self.active, dual[self.n : -1], strict=True):
            self.mu[c] = float(value)
        if bound < self.reached:
            # what is stretched is the bound of split units: whole ones may come to less there
            self.dual, self.mu = before
        self.reached = max(self.reached, bound)
        return bound

    def _dilate(self) -> None:
        """Better the multipliers of units by space dilation, with those of the cuts as they are."""
        cost = self.sites.cost.copy()
        for k, cut in enumerate(self.active):
            price = self.mu[cut]
            if price > 0.0:
                pairs = self.cut_pair[self.cut_start[k] : self.cut_start[k + 1]]
                cost[pairs[0]] += price
                cost[pairs[1:]] -= price
        _, enough = self._aims()
        value, dual = raised(
            self.sites, cost, self.zone, self.need, self.problem, self.dual[: self.n], enough, self.tree.halt
        )
        if np.isfinite(value):
            self.dual = np.append(dual, self.dual[-1])

    def multipliers(self) -> tuple[np.ndarray, dict[tuple[int, ...], float]]:
        """Return the multipliers of units and budget, and of the cuts that bear one, as they stand."""
        return self.dual, {c: self.mu[c] for c in self.active if self.mu[c] > 0.0}

    def centres(self) -> np.ndarray:
        """Return the centres, (K,), that the mean of the ascent uses most, each once."""
        used = np.bincount(self.sites.centre, weights=self.mean[self.sites.start[:-1]], minlength=self.n)
        return np.argsort(-used, kind="stable")[: self.problem.count]

    def separate(self) -> list[tuple[int, ...]]:
        """Return new cuts, of pairs in the tree's numbers, that the mean breaks.

        They separate in the graph of all the tree's pairs, so that they hold in every node.
        """
        sites, graph = self.tree.sites, self.tree.graph
        mean = np.zeros(len(self.tree.site))
        mean[self.pairs] = self.mean
        place, state = np.full(self.n, -1), np.zeros(self.n, np.int64)
        stack, separator = np.zeros(self.n, np.int64), np.zeros(self.n, np.int64)
        new: list[tuple[int, ...]] = []
        heads = self.sites.start[:-1]
        for k in self.tree.site[self.pairs[heads[self.mean[heads] > 0.02]]]:
            for least in (0.02, 0.3):
                top, found = piece_apart(
                    sites.start, sites.unit, mean, graph.indptr, graph.indices, k, least, place, state, stack, separator
                )
                if top < 0:
                    continue
                chosen = np.sort(separator[:found])
                if mean[top] > mean[chosen].sum() + 0.05:
                    cut = (int(top), *(int(p) for p in chosen))
                    if cut not in self.mu:
                        new.append(cut)
        return list(dict.fromkeys(new))

    def add(self, cuts: list[tuple[int, ...]]) -> None:
        """Let new cuts join the Lagrangian."""
        self.mu |= dict.fromkeys(cuts, 0.0)
        self._compress_cuts()

    def plan(self) -> tuple[np.ndarray | None, float]:
        """Return the districts of a relaxed solution that kept every row, where they are connected."""
        if not self.whole_found:
            return None, np.inf
        s = self.sites
        taken = np.flatnonzero(self.whole > 0.5)
        district = np.empty(self.n, int)
        site = s.site_of_pair[taken]
        used, district[s.unit[taken]] = np.unique(site, return_inverse=True)
        # a leaf can be left with more sites than there may be districts
        if len(taken) != self.n or len(used) != self.problem.count or not self.tree.graph.holds_together(district):
            return None, np.inf
        load = np.bincount(district, weights=self.problem.weight)
        slack = 1e-9 * self.problem.upper
        if load.min() < self.problem.lower - slack or load.max() > self.problem.upper + slack:
            return None, np.inf
        if not keeps_amounts(district, self.problem):
            return None, np.inf
        return district, float(s.paid[taken].sum())

    def narrow(self, best: float) -> None:
        """Drop the pairs that no better plan of this node can have."""
        if not np.isfinite(best):
            return
        kept = np.zeros(len(self.pairs), np.bool_)
        mean = self.mean
        graph = self.tree.graph
        excludable(*self._arguments(), graph.indptr, graph.indices, self._full_dual(), best * (1 + 1e-9), kept)
        if kept.all():
            return
        before = self.pairs
        pairs = np.zeros(len(self.tree.site), bool)
        pairs[before[kept]] = True
        self._keep_pairs(pairs)
        if not self.empty:
            full = np.zeros(len(self.tree.site))
            full[before] = mean
            self.mean = full[self.pairs]

    def leaf(self) -> tuple[np.ndarray | None, float]:
        """Return the only plan left where every unit has one site, if it keeps the rules."""
        self.whole[:] = 1.0
        self.whole_found = True
        moved = float(self.sites.moved.sum())
        if self.problem.budget is not None and moved > self.problem.budget * (1 + 1e-9) + 1e-9:
            return None, np.inf
        return self.plan()

    def split(self, bound: float) -> list[OpenNode]:
        """Return the children of the split, among a few, that lifts the bound most."""
        tree = self.tree
        best_children, best_score = [], -np.inf
        most = tree.best if np.isfinite(tree.best) else bound + abs(bound)
        for ways in [*self.zone_ways(), *self.unit_ways()]:
            children = [self.child(bound, way) for way in ways]
            gains = sorted(min(c.bound, most) - bound for c in children)
            floor = 1e-7 * abs(bound)
            score = max(gains[0], floor) * max(gains[1], floor)
            if score > best_score:
                best_children, best_score = children, score
            if min(c.bound for c in children) >= tree.enough():
                break
        return best_children

    def child(self, bound: float, way: Branch) -> OpenNode:
        """Return a child of the node, bounded in a few steps."""
        value, dual, mu = self.trial(way)
        pairs = self.mask.copy()
        pairs[self.pairs[way.gone]] = False
        packed, taken = np.packbits(pairs), self.pairs[way.gone]
        own, value = value, max(bound, value)
        if way.part is None:
            zone, need = (None, ()) if len(self.need) == 1 else (self.zones, tuple(self.need.tolist()))
            return OpenNode(value, packed, dual, mu, own, way.unit, taken, zone=zone, need=need)
        zone = self.zones.copy()
        zone[self.numbers[way.part]] = len(self.need)
        return OpenNode(value, packed, dual, mu, own, zone=zone, need=tuple(way.need), part=self.numbers[way.part])

    def unit_ways(self) -> list[list[Branch]]:
        """Return splits of the sites of one unit in two."""
        ways: list[list[Branch]] = []
        for unit, beyond in self.candidates():
            own = self.sites.unit == unit
            ways.append([Branch(own & beyond, unit), Branch(own & ~beyond, unit)])
        return ways

    def zone_ways(self) -> list[list[Branch]]:
        """Return splits of the sites of one zone in two by a line, with a child for each number of districts on one side."""
        s = self.sites
        # a zone knows nothing of the labels of another, so that a label would be carried twice
        if (s.label >= 0).any() or not has_zones(self.problem):
            return []
        heads, at = self.mean[s.start[:-1]], self.tree.xy[s.centre]
        found: list[tuple[float, int, list[Branch]]] = []
        for z, need in enumerate(self.need.tolist()):
            members = np.flatnonzero(self.zone == z)
            cut = parted(at[members], heads[members], need)
            if cut is None:
                continue
            worth, side = cut
            part = np.zeros(len(s.centre), bool)
            part[members[side]] = True
            ways: list[Branch] = []
            for a in range(need + 1):
                needs = self.need.copy()
                needs[z] = need - a
                dropped = part if a == 0 else (self.zone == z) & ~part if a == need else np.zeros(len(part), bool)
                ways.append(Branch(np.repeat(dropped, np.diff(s.start)), part=part, need=np.append(needs, a)))
            found.append((worth, z, ways))
        found.sort(key=lambda f: (-f[0], f[1]))
        return [ways for *_, ways in found[:ZONE_CANDIDATES]]

    def trial(self, way: Branch) -> tuple[float, np.ndarray, dict[tuple[int, ...], float]]:
        """Bound a child in a few steps; return also the multipliers of units and of cuts."""
        arguments, zone, need = self._arguments(), self.zone, self.need
        if way.part is not None:
            zone, need = np.where(way.part, len(self.need), self.zone), way.need
        bound, dual, _ = ascend(
            *arguments[:2],
            # a price that no plan pays keeps the pairs out and the arrays as they are
            np.where(way.gone, FORBIDDEN, self.sites.cost),
            *arguments[3:5],
            zone,
            need,
            *arguments[7:],
            self.tree.span,
            self._full_dual(),
            *self._aims(),
            TRIAL_STEPS,
            0.15,
            TRIAL_STEPS,
            self.tree.halt,
            np.zeros(len(way.gone)),
            np.zeros(len(way.gone)),
        )
        mu = {c: float(m) for c, m in zip(self.active, dual[self.n : -1], strict=True) if m > 0.0}
        return bound, np.append(dual[: self.n], dual[-1] / self._price_unit()), mu

    def candidates(self) -> list[tuple[int, np.ndarray]]:
        """Return a few units with the pairs, (P,) bool, whose centre is beyond a line: those whose centre is most undecided first."""
        s, mean, xy = self.sites, self.mean, self.tree.xy
        at = xy[s.centre[s.site_of_pair]]
        share = np.where((mean > 0.02) & (mean < 0.98), mean, 0.0)

        def total(values: np.ndarray) -> np.ndarray:
            return np.bincount(s.unit, weights=share * values, minlength=self.n)

        mass = np.maximum(total(np.ones(len(share))), 1e-12)
        middle = np.column_stack([total(at[:, 0]), total(at[:, 1])]) / mass[:, None]
        off = at - middle[s.unit]
        xx, yy, both = (total(off[:, a] * off[:, b]) for a, b in ((0, 0), (1, 1), (0, 1)))
        worth = np.sqrt(np.maximum(xx + yy, 0.0)) * (self.problem.weight + 1e-9)
        angle = 0.5 * np.arctan2(2 * both, xx - yy)
        ranked: list[tuple[float, int, float]] = []
        for i in np.argsort(-worth, kind="stable")[: 3 * CANDIDATES]:
            if worth[i] <= 1e-9 * max(1.0, float(worth.max())):
                break
            pairs = np.flatnonzero((s.unit == i) & (share > 0))
            along = off[pairs] @ np.array([np.cos(angle[i]), np.sin(angle[i])])
            order = np.argsort(along, kind="stable")
            before = np.cumsum(share[pairs][order])
            even = np.minimum(before[:-1], before[-1] - before[:-1])
            gap = along[order][1:] > along[order][:-1] + 1e-9
            if not gap.any():
                continue
            cut = int(np.argmax(np.where(gap, even, -1.0)))
            edge = (along[order][cut] + along[order][cut + 1]) / 2
            ranked.append((float(worth[i] * even[cut]), int(i), edge))
        ranked.sort(key=lambda r: (-r[0], r[1]))
        found: list[tuple[int, np.ndarray]] = []
        for _, i, edge in ranked[:CANDIDATES]:
            found.append((i, off @ np.array([np.cos(angle[i]), np.sin(angle[i])]) > edge))
        return found or self.any_split()

    def any_split(self) -> list[tuple[int, np.ndarray]]:
        """Return a split of the unit with the most sites, whatever the mean says."""
        s = self.sites
        unit = int(np.argmax(np.bincount(s.unit, minlength=self.n)))
        own = np.flatnonzero(s.unit == unit)
        at = self.tree.xy[s.centre[s.site_of_pair[own]]]
        axis = int(np.argmax(np.ptp(at, axis=0)))
        first = own[np.lexsort((own, at[:, axis]))[: len(own) // 2]]
        beyond = np.zeros(len(s.unit), bool)
        beyond[first] = True
        return [(unit, beyond)]
