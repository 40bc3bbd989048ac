"""The plans that a node leaves, gone through one by one where they are few.

The Lagrangian knows nothing of further balances, and little of hours where no plan is known: on a map of a dozen units it would take thousands of
nodes to see that none of the few plans left keeps them, or which one does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beatplanner.solver.districts.growth import Graph
from beatplanner.solver.districts.problem import Amounts, DistrictingProblem
from beatplanner.solver.districts.sites import SitePairs

# Pairs up to which a node is tried, steps that it may take, and steps of all nodes of a tree together.
FEW_PAIRS, MOST_STEPS, MOST_STEPS_OF_ALL = 400, 8_000, 80_000
# Share of the greatest amount up to which sums are compared.
SLACK = 1e-9


@dataclass(frozen=True)
class Counted:
    """What came of it: steps taken, whether all plans were seen, and the best that costs less than what was known, with its cost (None and inf: there is none)."""

    steps: int
    whole: bool
    district: np.ndarray | None = None
    cost: float = np.inf


class FewPlans:
    """The search through the plans of some pairs: each unit in one of its sites, a site that is used with its own centre.

    Parameters
    ----------
    sites
        The pairs.
    zone, need
        (S,) zone of each site, and districts of each zone.
    problem, graph
        What the districts keep, and what joins units.
    """

    def __init__(
        self, sites: SitePairs, zone: np.ndarray, need: np.ndarray, problem: DistrictingProblem, graph: Graph
    ) -> None:
        self.problem, self.graph = problem, graph
        amounts, n = Amounts.of(problem), len(problem.weight)
        # hours are the first of the amounts
        self.amount = np.column_stack([problem.weight, amounts.of_unit])
        slack = SLACK * max(problem.upper, 1e-300)
        self.lower = np.append(problem.lower, amounts.lower) - slack
        self.upper = np.append(problem.upper, amounts.upper) + slack
        ways = [np.flatnonzero(sites.unit == i) for i in range(n)]
        # those with the fewest ways first
        self.order = sorted(range(n), key=lambda i: len(ways[i]))
        self.choices = [sorted(ways[i].tolist(), key=lambda p: float(sites.paid[p])) for i in self.order]
        self.site, self.cost, self.moved = sites.site_of_pair.tolist(), sites.paid.tolist(), sites.moved.tolist()
        self.centre, self.label = sites.centre.tolist(), sites.label.tolist()
        self.zone, self.need = zone.tolist(), need.tolist()
        # what the units from a depth on can cost and move at least, and bring to a site at most
        self.cheapest, self.fewest = np.zeros(n + 1), np.zeros(n + 1)
        self.room = np.zeros((n + 1, len(self.centre), self.amount.shape[1]))
        for k in range(n - 1, -1, -1):
            own = self.choices[k]
            self.cheapest[k] = self.cheapest[k + 1] + min(self.cost[p] for p in own)
            self.fewest[k] = self.fewest[k + 1] + min(self.moved[p] for p in own)
            self.room[k] = self.room[k + 1]
            self.room[k, [self.site[p] for p in own]] += self.amount[self.order[k]]

    def run(self, best: float, most: int = MOST_STEPS) -> Counted:
        """Go through the plans that cost less than `best`, in `most` steps at most."""
        n, problem = len(self.order), self.problem
        budget = np.inf if problem.budget is None else problem.budget * (1 + 1e-9) + 1e-9
        lies, load = np.full(n, -1), np.zeros((len(self.centre), self.amount.shape[1]))
        found: np.ndarray | None = None
        steps, used = 0, list[int]()
        # a pair to take at a depth, or None to take back what was taken there
        stack: list[tuple[int, int | None, float, float, bool]] = [
            (0, p, 0.0, 0.0, False) for p in reversed(self.choices[0])
        ]
        while stack:
            k, p, spent, gone, opened = stack.pop()
            unit = self.order[k]
            if p is None:
                load[lies[unit]] -= self.amount[unit]
                lies[unit] = -1
                if opened:
                    used.pop()
                continue
            steps += 1
            if steps > most:
                return Counted(steps, False, found, best if found is not None else np.inf)
            s, spent, gone = self.site[p], spent + self.cost[p], gone + self.moved[p]
            if spent + self.cheapest[k + 1] >= best or gone + self.fewest[k + 1] > budget:
                continue
            opened = s not in used
            if (opened and not self.may_open(s, used, lies)) or any(self.centre[o] == unit and o != s for o in used):
                continue
            lies[unit] = s
            load[s] += self.amount[unit]
            if opened:
                used.append(s)
            stack.append((k, None, 0.0, 0.0, opened))
            held = load[used]
            if (held[-1 if opened else used.index(s)] > self.upper).any():
                continue
            if (held + self.room[k + 1, used] < self.lower).any():
                continue
            if k + 1 < n:
                stack += [(k + 1, q, spent, gone, False) for q in reversed(self.choices[k + 1])]
            elif len(used) == problem.count and self.graph.holds_together(lies):
                best, found = spent, np.unique(lies, return_inverse=True)[1]
        return Counted(steps, True, found, best if found is not None else np.inf)

    def may_open(self, site: int, used: list[int], lies: np.ndarray) -> bool:
        """Tell whether one more site may be used: its zone has room, nobody has its label, and its centre lies nowhere else."""
        label, zone = self.label[site], self.zone[site]
        if lies[self.centre[site]] >= 0 or sum(self.zone[o] == zone for o in used) >= self.need[zone]:
            return False
        return label < 0 or all(self.label[o] != label for o in used)
