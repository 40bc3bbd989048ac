"""Covering problems: most people within a limit, the least farthest way, the fewest sites that reach all.

Models, with y_j = 1 where site j opens, a_ij = 1 where site j is within the limit of demand i::

    coverage  min Σ_i w_i z_i   s.t. z_i ≥ 1 − Σ_j a_ij y_j,  Σ_j y_j = p             (Church and ReVelle 1974)
    fewest    min Σ_j y_j       s.t. Σ_j a_ij y_j ≥ 1 for every coverable i            (Toregas et al. 1971)
    p-center  the least limit for which a cover with p sites exists                    (bisection; Minieka 1970)

each with the rules of `site_rules`. Coverage is a p-median whose costs are people out of reach, and is solved as one; covers are those of `set_cover`.
A p-center has a bound at once: the farthest of the nearest ways, then by demands that share no site within a limit, then the least limit at which the linear program of the cover has p sites (Elloumi,
Labbé and Pochet 2004), by a bisection that looks for covers too. A second bisection over whole covers is between these two; where only the number of
sites counts, covers are those of `cover_tree`, whose linear programs are small, since rows and columns that others dominate are dropped first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.location.cover_tree import NODES, Decided, decide_cover, packing, search_cover
from beatplanner.solver.location.p_median import EXACT_AFTER, p_median
from beatplanner.solver.location.set_cover import PROVES, SetCover, unreached
from beatplanner.solver.location.site_rules import OpenSites, SiteRules
from beatplanner.solver.location.site_tree import SiteProof, SiteTree, single

# Branches looked at for a proof that can be checked, where HiGHS has proven the same.
PROOF_NODES = 1_500


def coverage(
    within: np.ndarray,
    weight: np.ndarray,
    rules: SiteRules,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    start: np.ndarray | None = None,
    progress: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> OpenSites:
    """Choose sites so that the least weight is out of reach.

    Parameters
    ----------
    within
        (n, m) bool: site j is within the limit of demand i.
    weight
        (n,) people.
    rules, seconds, threads, seed, start, progress, cancelled
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
    of = of.ravel()
    rows, people = within[first], np.bincount(of, weights=weight)
    able = rows.any(axis=1) & (people > 0)
    lost = float(people[~rows.any(axis=1)].sum())
    cost = np.where(rows[able], 0.0, people[able][:, None])
    found = p_median(
        cost,
        rules,
        seconds=seconds,
        threads=threads,
        seed=seed,
        start=start,
        progress=lambda a, b: progress(a + lost, b + lost),
        cancelled=cancelled,
        exact_after=EXACT_AFTER,
    )
    bound = None if found.lower_bound is None else found.lower_bound + lost
    proof = found.proof
    if proof is not None:
        # a row's multiplier is shared out by people; who is lost whatever is chosen has all of it
        tree, row = proof.tree, np.cumsum(able) - 1
        share = weight / np.maximum(people[of], 1e-12)
        inside = able[of]
        u = np.tile(np.asarray(weight, float), (len(tree.u), 1))
        u[:, inside] = tree.u[:, row[of[inside]]] * share[inside]
        tree = replace(tree, u=u, bound=tree.bound + lost, whole=tree.whole and float(lost).is_integer())
        proof = SiteProof("coverage", tree.bound, tree)
    return OpenSites(found.open, float(weight[~within[:, found.open].any(axis=1)].sum()), bound, proof)


def proof_of_unreached(
    within: np.ndarray,
    rules: SiteRules,
    count: int,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    at_most: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> SiteTree | None:
    """Return a tree that proves that `count` sites leave somebody out of reach, by the linear program or by branching; None where none was found."""
    end = read_clock(cancelled) + seconds
    if rules.only_count:
        tree = decide_cover(within, rules, count, seconds=seconds, at_most=at_most, cancelled=cancelled).tree
    else:
        tree = unreached(within, rules, count, seconds=seconds, at_most=at_most, cancelled=cancelled)
    if tree is not None or cancelled() or read_clock(cancelled) > end or (at_most and not rules.only_count):
        return tree
    exact = rules.replace(count=count)
    if not rules.kept.sum() <= count <= len(rules.kept) or exact.cheapest(np.zeros(len(rules.kept))) is None:
        return None
    # one row a kind of demand, each of weight 1
    first = np.unique(np.packbits(within, axis=1), axis=0, return_index=True)[1]
    found = p_median(
        1.0 - within[first],
        exact,
        seconds=end - read_clock(cancelled),
        threads=threads,
        seed=seed,
        nodes=PROOF_NODES,
        exact_after=PROOF_NODES + 1,
        enough=0.5,
        cancelled=cancelled,
    )
    if found.proof is None or found.proof.bound <= PROVES:
        return None
    u = np.zeros((len(found.proof.tree.u), len(within)))
    u[:, first] = found.proof.tree.u
    return replace(found.proof.tree, u=u, at_most=at_most)


def fewest(
    within: np.ndarray,
    rules: SiteRules,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    most: int | None = None,
    prove: bool = True,
    cancelled: Callable[[], bool] = lambda: False,
) -> OpenSites | None:
    """Choose the fewest sites that reach all that any site reaches.

    Parameters
    ----------
    within
        (n, m) bool.
    rules, seconds, threads, seed, cancelled
        As for `p_median`; the rules' count is None, or holds exactly.
    most
        At most this many sites; None for no limit.
    prove
        Whether to look for a proof that can be checked.

    Returns
    -------
    Sites or None
        None where it is proven that there is no such choice; with an empty choice where none was found in time. The proof's tree says that one site
        fewer than its bound leaves somebody out of reach.
    """
    end = read_clock(cancelled) + seconds
    able = within.any(axis=1)
    covered = SetCover(within[able], rules).solve(most, read_clock(cancelled) + 0.7 * seconds, threads, seed, cancelled)
    if covered.open is None and covered.proven:
        return None
    bound, proof = covered.bound, None
    free = rules.replace(count=None)
    for number in range(int(bound) - 1, int(rules.kept.sum()) - 1, -1) if prove else ():
        left = max(0.05, end - read_clock(cancelled))
        if number == int(bound) - 1:
            tree = proof_of_unreached(
                within[able], free, number, seconds=left, threads=threads, seed=seed, at_most=True, cancelled=cancelled
            )
        else:
            tree = unreached(within[able], free, number, seconds=left, at_most=True, cancelled=cancelled)
        if tree is not None:
            u = np.zeros((len(tree.u), len(within)))
            u[:, able] = tree.u
            proof = SiteProof("fewest", number + 1.0, replace(tree, u=u))
        if tree is not None or read_clock(cancelled) > end or cancelled():
            break
    if covered.open is None:
        return OpenSites(np.empty(0, int), np.inf, bound, proof)
    return OpenSites(covered.open, float(len(covered.open)), bound, proof)


def cheapest_cover(
    within: np.ndarray,
    rules: SiteRules,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> OpenSites | None:
    """Choose the cheapest sites that reach all that any site reaches, whatever the budget; as `fewest`, with the sum of prices as the objective."""
    priced = rules.replace(budget=1.0 + 2.0 * float(np.abs(rules.price).sum()))
    covered = SetCover(within[within.any(axis=1)], priced).solve(
        None, read_clock(cancelled) + seconds, threads, seed, cancelled, rules.price
    )
    if covered.open is None:
        return None if covered.proven else OpenSites(np.empty(0, int), np.inf, covered.bound)
    return OpenSites(covered.open, float(rules.price[covered.open].sum()), covered.bound)


def p_center(
    metres: np.ndarray,
    rules: SiteRules,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    start: np.ndarray | None = None,
    progress: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> OpenSites | None:
    """Choose sites so that the farthest demand has the least way.

    Parameters
    ----------
    metres
        (n, m) ways; inf where there is none. Demand that no site reaches is left out.
    rules, seconds, threads, seed, progress, cancelled
        As for `p_median`.
    start
        Sites that keep the rules, to start from.

    Returns
    -------
    Sites or None
        The objective is the farthest way, metres; None where it is proven that no choice reaches all that can be reached; with an empty choice where
        none was found in time. There is a bound in any case.
    """
    able = np.asarray(np.isfinite(metres).any(axis=1))
    if not able.any():
        chosen = rules.cheapest(np.zeros(len(rules.kept)))
        return None if chosen is None else OpenSites(chosen, 0.0, 0.0)
    return _Center(metres, able, rules, read_clock(cancelled) + seconds, threads, seed, progress, cancelled).run(start)


@dataclass
class _Center:
    """One p-center: limits between which the least farthest way lies, the best plan, and what proves the lower one."""

    metres: np.ndarray
    able: np.ndarray
    rules: SiteRules
    end: float
    threads: int
    seed: int
    progress: Callable[[float, float], None]
    cancelled: Callable[[], bool]

    def __post_init__(self) -> None:
        self.reached = self.metres[self.able]
        # no plan is better than the farthest of the nearest ways
        nearest = self.reached.min(axis=1)
        self.limits = np.unique(self.reached[np.isfinite(self.reached) & (self.reached >= nearest.max())])
        self.best: np.ndarray | None = None
        self.high, self.low = (
            len(self.limits) - 1,
            -1,
        )  # a cover is known at `high`, where there is a best plan; none exists at `low`
        u = np.zeros(len(self.reached))
        u[int(np.argmax(nearest))] = 1.0
        self.count = int(self.rules.kept.sum()) if self.rules.count is None else self.rules.count
        side = self.rules.rows()
        self.tree = single(u, np.zeros(len(side)), side, self.count, 1.0)
        self.proven = -1  # the limit that `tree` is about

    def left(self) -> float:
        return self.end - read_clock(self.cancelled)

    def stop(self) -> bool:
        return self.cancelled() or self.left() <= 0

    def consider(self, chosen: np.ndarray | None) -> None:
        """Take a plan that keeps the rules where it is the best."""
        if chosen is None or not self.rules.met(chosen):
            return
        far = float(self.reached[:, chosen].min(axis=1).max())
        if np.isfinite(far) and (self.best is None or far < self.limits[self.high]):
            self.best, self.high = chosen, int(np.searchsorted(self.limits, far))
            self.say()

    def say(self) -> None:
        """Tell the best plan and the bound."""
        if self.best is not None:
            self.progress(float(self.limits[self.high]), float(self.limits[self.low + 1]))

    def run(self, start: np.ndarray | None) -> OpenSites | None:
        self.consider(start)
        self.consider(_spread(self.reached, self.rules))
        self.by_packings()
        self.by_fractions()
        if not self.by_covers():
            return None
        self.prove()
        bound = float(self.limits[self.low + 1])
        proof = SiteProof(
            "p-center", float(self.limits[self.proven + 1]), self.whole_tree(), float(self.limits[self.proven + 1])
        )
        if self.best is None:
            return OpenSites(np.empty(0, int), np.inf, bound, proof)
        return OpenSites(self.best, float(self.limits[self.high]), bound, proof)

    def by_packings(self) -> None:
        """Raise `low` by demands that share no site, which takes no time to speak of."""
        low, high = self.low, self.high
        while high - low > 1 and not self.cancelled():
            middle = (low + high) // 2
            tree = packing(self.reached <= self.limits[middle], self.rules, self.count)
            if tree is None:
                high = middle
            else:
                low = middle
                self.know(low, tree)

    def by_fractions(self) -> None:
        """Raise `low` as far as the linear program does, a bisection that ends with the time."""
        high = self.high
        while min(high, self.high) - self.low > 1 and not self.stop():
            middle = (self.low + min(high, self.high)) // 2
            within = self.reached <= self.limits[middle]
            if self.rules.only_count:
                self.consider(self.filled(search_cover(within, self.rules, self.count, self.seed)))
                if self.best is not None and self.high <= middle:
                    continue
                tree = self.decided(within, 1).tree
            else:
                tree = unreached(within, self.rules, self.count, seconds=self.left() / 3, cancelled=self.cancelled)
            if tree is None:
                high = middle
            else:
                self.know(middle, tree)

    def decided(self, within: np.ndarray, nodes: int) -> Decided:
        """Return whether so many sites cover all within a limit, where only their number counts."""
        return decide_cover(within, self.rules, self.count, seconds=self.left(), nodes=nodes, cancelled=self.cancelled)

    def know(self, low: int, tree: SiteTree | None) -> None:
        """Take it that there is no cover at a limit; with what proves it."""
        self.low = low
        if tree is not None:
            self.tree, self.proven = tree, low
        self.say()

    def by_covers(self) -> bool:
        """Bring `low` and `high` together by whole covers; tell whether there can be any plan."""
        free = self.rules.replace(count=None) if self.rules.only_count else self.rules
        unsure = self.low  # no cover was found there in time
        while (self.best is None or self.high - max(self.low, unsure) > 1) and not self.stop():
            middle = self.high if self.best is None else (max(self.low, unsure) + self.high) // 2
            if self.rules.only_count:
                within = self.reached <= self.limits[middle]
                decided = Decided(search_cover(within, self.rules, self.count, self.seed))
                decided = decided if decided.open is not None else self.decided(within, NODES)
                if decided.open is not None:
                    self.consider(self.filled(decided.open))
                    continue
                if decided.tree is not None:
                    unsure = middle
                    self.know(middle, decided.tree)
                    if self.best is None:
                        return False
                    continue
            covered = SetCover(self.reached <= self.limits[middle], free).solve(
                self.rules.count,
                read_clock(self.cancelled) + max(0.1, self.left() / 3),
                self.threads,
                self.seed,
                self.cancelled,
            )
            if covered.open is not None:
                self.consider(self.filled(covered.open))
            elif covered.proven and self.best is None:
                return False
            elif covered.proven:
                unsure = middle
                self.know(middle, None)
            else:
                unsure = middle
                if self.best is None:
                    break
        return True

    def filled(self, chosen: np.ndarray | None) -> np.ndarray | None:
        """Open sites that a cover leaves over; more sites make no way longer."""
        if chosen is None or self.rules.count is None or len(chosen) >= self.rules.count:
            return chosen
        spare = np.setdiff1d(np.arange(len(self.rules.kept)), chosen)
        return np.sort(np.concatenate([chosen, spare[: self.rules.count - len(chosen)]]))

    def prove(self) -> None:
        """Look for a proof that can be checked of what HiGHS proved."""
        if self.low > self.proven and not self.stop():
            tree = proof_of_unreached(
                self.reached <= self.limits[self.low],
                self.rules,
                self.count,
                seconds=self.left(),
                threads=self.threads,
                seed=self.seed,
                cancelled=self.cancelled,
            )
            if tree is not None:
                self.tree, self.proven = tree, self.low

    def whole_tree(self) -> SiteTree:
        """Return the tree over all demand."""
        u = np.zeros((len(self.tree.u), len(self.able)))
        u[:, self.able] = self.tree.u
        return replace(self.tree, u=u)


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
