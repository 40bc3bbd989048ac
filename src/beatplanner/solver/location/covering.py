"""Covering problems: most people within a limit, the least farthest way, the fewest sites that reach all.

Models, with y_j = 1 where site j opens, a_ij = 1 where site j is within the limit of demand i::

    coverage  min Σ_i w_i z_i   s.t. z_i ≥ 1 − Σ_j a_ij y_j,  Σ_j y_j = p             (Church and ReVelle 1974)
    fewest    min Σ_j y_j       s.t. Σ_j a_ij y_j ≥ 1 for every coverable i            (Toregas et al. 1971)
    p-center  the least limit for which a cover with p sites exists                    (bisection; Minieka 1970)

each with the rules of `site_rules`. Coverage is a p-median whose costs are people out of reach, and is solved as one. Covers are
reduced first, until nothing changes: a demand reached by all sites that another one is reached by is dropped (a dominated row); a site that
reaches no more than another, at no less cost and in the same area, is dropped (a dominated column); a demand with one site left opens
it. Reductions mostly leave nothing; what they leave is a small model for PuLP and HiGHS. The bisection starts between a plan from
exchanges and the farthest of the nearest ways.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pulp

from beatplanner.solver.highs import solve
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import SiteRules, Sites

NODES = 50_000
# Rows are compared with each other up to this many at once; beyond, the larger half is left unreduced.
COMPARED = 6_000


def coverage(
    within: np.ndarray, weight: np.ndarray, rules: SiteRules, *, seconds: float, threads: int = 1, seed: int = 0,
    start: np.ndarray | None = None, tell: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sites:  # fmt: skip
    """Choose sites so that the least weight is out of reach.

    Parameters
    ----------
    within
        (n, m) bool: site j is within the limit of demand i.
    weight
        (n,) people.
    rules, seconds, threads, seed, start, tell, cancelled
        As for `p_median`.

    Returns
    -------
    Sites
        The objective is the weight out of reach.

    Raises
    ------
    ValueError
        Where no choice of sites keeps the rules.
    """
    # demand that the same sites reach is one row, and demand that none reaches is lost whatever is chosen
    packed = np.packbits(within, axis=1)
    _, first, of = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    rows, people = within[first], np.bincount(of.ravel(), weights=weight)
    able = rows.any(axis=1) & (people > 0)
    lost = float(people[~rows.any(axis=1)].sum())
    cost = np.where(rows[able], 0.0, people[able][:, None])
    found = p_median(
        cost, rules, seconds=seconds, threads=threads, seed=seed, start=start, tell=lambda a, b: tell(a + lost, b + lost),
        cancelled=cancelled, exact_after=0,
    )  # fmt: skip
    bound = None if found.lower_bound is None else found.lower_bound + lost
    return Sites(found.open, float(weight[~within[:, found.open].any(axis=1)].sum()), bound)


class _Cover:
    """A set cover under rules, reduced: rows still to be covered, sites still in question, sites that are open."""

    def __init__(self, within: np.ndarray, rules: SiteRules) -> None:
        self.rules = rules
        self.open = rules.kept.copy()
        self.live = np.ones(within.shape[1], bool)
        self.impossible = not within.any(axis=1).all()
        rows = within[~within[:, self.open].any(axis=1)] if len(within) else within
        packed = np.packbits(rows, axis=1)
        self.rows = rows[np.unique(packed, axis=0, return_index=True)[1]] if len(rows) else rows

    def reduce(self) -> None:
        """Drop dominated rows and columns and open sites that a row cannot do without, until nothing changes."""
        while not self.impossible and len(self.rows):
            before = (len(self.rows), int(self.live.sum()))
            self._rows()
            self._columns()
            single = self.rows.sum(axis=1) == 1
            if single.any():
                self.open |= self.rows[single].any(axis=0)
                self.rows = self.rows[~self.rows[:, self.open].any(axis=1)]
            if (len(self.rows), int(self.live.sum())) == before:
                return

    def _rows(self) -> None:
        size = self.rows.sum(axis=1)
        order = np.argsort(size, kind="stable")
        self.rows, size = self.rows[order], size[order]
        few = self.rows[:COMPARED].astype(np.float32)
        common = few @ few.T
        # a later row that holds every site of an earlier one is covered with it
        contains = np.triu(common >= size[: len(few), None] - 0.5, 1)
        keep = np.ones(len(self.rows), bool)
        keep[: len(few)] = ~contains.any(axis=0)
        self.rows = self.rows[keep]

    def _columns(self) -> None:
        live = np.flatnonzero(self.live & ~self.open)
        columns = self.rows[:, live].astype(np.float32)
        size = columns.sum(axis=0)
        common = columns.T @ columns
        inside = common >= size[:, None] - 0.5  # [a, b]: a reaches nothing that b does not
        np.fill_diagonal(inside, False)
        price, rules = self.rules.price[live], self.rules
        if np.isfinite(rules.budget):
            inside &= price[:, None] >= price[None, :]
        if rules.needed and rules.area is not None:
            area = rules.area[live]
            inside &= (area[:, None] == area[None, :]) | (area[:, None] < 0)
        if len(rules.apart):
            # a site that is too close to another may not stand in for one that is not
            inside &= ~np.isin(live, rules.apart)[None, :]
        # of two that are alike the first stays
        alike = inside & inside.T
        inside &= ~alike | np.tril(alike, -1)
        gone = live[inside.any(axis=1)]
        self.live[gone] = False
        self.rows[:, gone] = False

    def solve(
        self, most: int | None, end: float, threads: int, seed: int, cancelled
    ) -> tuple[np.ndarray | None, float, bool]:
        """Return the fewest sites (None where none were found), a bound on their number, and whether that is all proven."""
        if self.impossible:
            return None, np.inf, True
        self.reduce()
        certain = int(self.open.sum())
        if most is not None and certain > most:
            return None, np.inf, True
        if not len(self.rows) and self.rules.only_count:
            return np.flatnonzero(self.open), float(certain), True
        # where the number is exact, a dominated site covers nothing that matters but may be the one that fills it up
        sites = np.flatnonzero(self.live | self.open | (self.rules.count is not None))
        model = pulp.LpProblem("cover", pulp.LpMinimize)
        y = {int(j): pulp.LpVariable(f"y_{j}", int(self.open[j]), 1, pulp.LpInteger) for j in sites}
        for row in self.rows:
            model += pulp.lpSum(y[int(j)] for j in np.flatnonzero(row)) >= 1
        self.rules.add_to(model, y)
        if most is not None:
            model += pulp.lpSum(y.values()) <= most
        model.setObjective(pulp.lpSum(y.values()))
        outcome = solve(
            model, seconds=max(0.1, end - time.monotonic()), threads=threads, seed=seed, gap=1e-6, cancelled=cancelled, max_nodes=NODES
        )  # fmt: skip
        if outcome.status == "infeasible":
            return None, np.inf, True
        bound = float(certain) if outcome.bound is None else float(np.ceil(outcome.bound - 1e-6))
        if outcome.objective is None:
            return None, bound, False
        chosen = np.array([j for j, v in y.items() if (v.varValue or 0) > 0.5], int)
        return chosen, min(bound, float(len(chosen))), outcome.status == "optimal"


def fewest(
    within: np.ndarray, rules: SiteRules, *, seconds: float, threads: int = 1, seed: int = 0, most: int | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sites | None:  # fmt: skip
    """Choose the fewest sites that reach all that any site reaches.

    Parameters
    ----------
    within
        (n, m) bool.
    rules, seconds, threads, seed, cancelled
        As for `p_median`; the rules' count is None, or holds exactly.
    most
        At most this many sites; None for no limit.

    Returns
    -------
    Sites or None
        None where it is proven that there is no such choice; with an empty choice where none was found in time.
    """
    cover = _Cover(within[within.any(axis=1)], rules)
    chosen, bound, proven = cover.solve(most, time.monotonic() + seconds, threads, seed, cancelled)
    if chosen is None:
        return None if proven else Sites(np.empty(0, int), np.inf, bound)
    return Sites(chosen, float(len(chosen)), bound)


def p_center(
    metres: np.ndarray, rules: SiteRules, *, seconds: float, threads: int = 1, seed: int = 0, start: np.ndarray | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sites | None:  # fmt: skip
    """Choose sites so that the farthest demand has the least way.

    Parameters
    ----------
    metres
        (n, m) ways; inf where there is none. Demand that no site reaches is left out.
    rules, seconds, threads, seed, cancelled
        As for `p_median`.
    start
        Sites that keep the rules, to start from.

    Returns
    -------
    Sites or None
        The objective is the farthest way, metres; None where no choice reaches all that can be reached.
    """
    end = time.monotonic() + seconds
    reached = metres[np.isfinite(metres).any(axis=1)]
    if not len(reached):
        chosen = rules.cheapest(np.zeros(len(rules.kept)))
        return None if chosen is None else Sites(chosen, 0.0, 0.0)
    # no plan is better than the farthest of the nearest ways
    least = float(reached.min(axis=1).max())
    best, farthest = None, np.inf
    for first in (start, _spread(reached, rules)):
        if first is not None and rules.met(first):
            far = float(reached[:, first].min(axis=1).max())
            if far < farthest:
                best, farthest = first, far
    limits = np.unique(reached[np.isfinite(reached) & (reached >= least) & (reached <= farthest)])
    most = rules.count
    free = rules.replace(count=None) if rules.only_count else rules
    low, high = -1, len(limits) - 1  # no cover is known at `low`, and one at `high` where there is a best plan
    proven = True
    while best is None or high - low > 1:
        middle = high if best is None else (low + high) // 2
        cover = _Cover(reached <= limits[middle], free)
        chosen, _, sure = cover.solve(
            most, time.monotonic() + max(0.1, (end - time.monotonic()) / 3), threads, seed, cancelled
        )
        if chosen is not None:
            best = chosen
            high = int(np.searchsorted(limits, reached[:, best].min(axis=1).max()))
        elif best is None:
            return None
        else:
            proven = proven and sure
            low = middle
    assert best is not None
    far = float(reached[:, best].min(axis=1).max())
    if most is not None and len(best) < most:
        # a cover that leaves sites over opens those too; more sites make no way longer
        spare = np.setdiff1d(np.arange(len(rules.kept)), best)
        best = np.sort(np.concatenate([best, spare[: most - len(best)]]))
    return Sites(best, far, far if proven else (least if low < 0 else None))


def _spread(metres: np.ndarray, rules: SiteRules) -> np.ndarray | None:
    """Return sites by the farthest-first rule of Gonzalez (1985), each the one nearest to the demand that is worst off."""
    chosen = [int(j) for j in np.flatnonzero(rules.kept)]
    count = rules.count or len(chosen)
    near = metres[:, chosen].min(axis=1) if chosen else np.full(len(metres), np.inf)
    while len(chosen) < count:
        if np.isinf(near).all():
            j = int(np.argmin(np.where(np.isfinite(metres), metres, 1e12).max(axis=0)))
        else:
            j = int(np.argmin(metres[int(np.argmax(near))]))
        if j in chosen:
            break
        chosen.append(j)
        near = np.minimum(near, metres[:, j])
    rest = [j for j in range(metres.shape[1]) if j not in set(chosen)]
    picked = np.array(sorted([*chosen, *rest[: max(0, count - len(chosen))]]), int)
    return picked if rules.met(picked) else None
