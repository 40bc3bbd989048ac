"""Stations' claims against enumeration: every choice of sites is tried, and no bound, optimum or impossibility may be denied by one of them.

``python -m benchmarks.claims_stations 200`` prints how many instances of each objective were tried and what was wrong.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from beatplanner.solver.location.covering import cheapest_cover, coverage, fewest, p_center
from beatplanner.solver.location.floor_sites import floor_sites
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.phasing import phase, total
from beatplanner.solver.location.relaxation import Floor
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.location.site_tree import evaluate

KINDS = ("p-median", "floor", "coverage", "p-center", "fewest", "cheapest", "phases")
LIMIT = 350.0


def instance(seed: int) -> tuple[np.ndarray, np.ndarray, SiteRules]:
    """Return ways (n, m), people (n,) and rules: kept sites, and by chance a budget, a distance and an area with a station each."""
    random = np.random.default_rng(seed)
    n, m, count = int(random.integers(8, 20)), int(random.integers(5, 11)), int(random.integers(1, 5))
    homes, sites = random.random((n, 2)) * 1000, random.random((m, 2)) * 1000
    metres = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    metres[random.random((n, m)) < 0.1] = np.inf
    metres[np.isinf(metres).all(axis=1), 0] = 900.0
    price = random.integers(1, 10, m).astype(float)
    kept = np.zeros(m, bool)
    kept[random.integers(m)] = True
    close = np.argwhere(np.triu(np.hypot(*(sites[:, None] - sites[None]).transpose(2, 0, 1)) < 220, 1))
    area = (sites[:, 0] > 500).astype(int)
    rules = SiteRules(
        kept,
        count,
        price,
        budget=float(random.integers(4, 25)) if random.random() < 0.5 else np.inf,
        apart=close if random.random() < 0.5 else np.empty((0, 2), int),
        area=area,
        needed=tuple(np.unique(area)) if random.random() < 0.5 else (),
    )
    return metres, random.integers(1, 100, n).astype(float), rules


def choices(rules: SiteRules) -> Iterator[np.ndarray]:
    """Yield every choice that keeps the rules."""
    m = len(rules.kept)
    for k in range(m + 1) if rules.count is None else [rules.count]:
        for chosen in combinations(range(m), k):
            if rules.met(np.array(chosen, int)):
                yield np.array(chosen, int)


def wrong_claims(seed: int, kind: str) -> list[str]:
    """Return what is wrong in what is said of an instance."""
    metres, people, rules = instance(seed)
    finite = np.where(np.isfinite(metres), metres, 4000.0)
    within, free = np.asarray(metres <= LIMIT), rules.replace(count=None)
    able = np.asarray(within.any(axis=1))
    if kind == "phases":
        return _phases(finite * people[:, None], seed)
    if kind == "p-median":
        worth = {tuple(c): float(finite[:, c].min(axis=1) @ people) for c in choices(rules)}
        found = p_median(finite * people[:, None], rules, seconds=20) if worth else None
        cost = finite * people[:, None]
    elif kind == "floor":
        return _floor(finite * people[:, None], within, people, rules, seed)
    elif kind == "coverage":
        worth = {tuple(c): float(people[~within[:, c].any(axis=1)].sum()) for c in choices(rules)}
        found = coverage(within, people, rules, seconds=20) if worth else None
        cost = people[:, None] * ~within
    elif kind == "p-center":
        worth = {tuple(c): float(metres[:, c].min(axis=1).max()) for c in choices(rules)}
        worth = {c: v for c, v in worth.items() if np.isfinite(v)}
        found = p_center(metres, rules, seconds=20)
        proof = None if found is None else found.proof
        cost = None if proof is None else np.asarray(metres >= (proof.threshold or 0.0)).astype(float)
    elif kind == "fewest":
        worth = {tuple(c): float(len(c)) for c in choices(free) if within[able][:, c].any(axis=1).all()}
        found, cost = fewest(within, free, seconds=20), (~within & able[:, None]).astype(float)
    else:
        free = free.replace(budget=np.inf)
        worth = {tuple(c): float(rules.price[c].sum()) for c in choices(free) if within[able][:, c].any(axis=1).all()}
        found, cost = cheapest_cover(within, free, seconds=20), None
    if not worth:
        return [] if found is None else [f"{found.open} though no choice keeps the rules"]
    best = min(worth.values())
    if found is None:
        return [f"called impossible, but {best:g} can be had"]
    wrong, slack = [], 1e-6 * max(1.0, best)
    if tuple(found.open) not in worth or abs(worth[tuple(found.open)] - best) > slack:
        wrong.append(f"{found.open} where {best:g} is optimal")
    if found.lower_bound is None or found.lower_bound > best + slack:
        wrong.append(f"bound {found.lower_bound} above the optimum {best:g}")
    if found.proof is not None and cost is not None:
        proven, least = evaluate(found.proof.tree, cost, rules.kept), found.proof.bound
        if found.proof.bound > best + slack or proven <= (
            1e-6 if kind in ("p-center", "fewest") else least - slack - 1e-9
        ):
            wrong.append(f"the proof shows {proven:g} and says {least:g}; {best:g} is optimal")
    return wrong


def _floor(cost: np.ndarray, within: np.ndarray, people: np.ndarray, rules: SiteRules, seed: int) -> list[str]:
    """Compare the least walking under a coverage floor, mostly a tight one, with every choice."""
    lost = {tuple(c): float(people[~within[:, c].any(axis=1)].sum()) for c in choices(rules)}
    if not lost:
        return []
    low, high = min(lost.values()), max(lost.values())
    share = float(np.random.default_rng(seed).random() ** 6)
    floor = Floor(within, people, float(np.floor(low + share * (high - low))))
    worth = {c: float(cost[:, c].min(axis=1).sum()) for c in lost if lost[c] <= floor.most}
    best, slack = min(worth.values()), 1e-6 * min(worth.values())
    start = np.array(min(lost, key=lambda c: lost[c]), int)
    found = floor_sites(cost, rules, floor, seconds=20, start=start if seed % 2 else None)
    if not len(found.open):
        return [] if (found.lower_bound or 0.0) <= best + slack else [f"bound {found.lower_bound} above {best:g}"]
    wrong = []
    if tuple(found.open) not in worth or abs(found.objective - best) > slack:
        wrong.append(f"{found.open} for {found.objective:g} where {best:g} is optimal")
    if found.lower_bound is None or not best - slack <= found.lower_bound <= best + slack:
        wrong.append(f"bound {found.lower_bound} where {best:g} is optimal")
    proven = -np.inf if found.proof is None else evaluate(found.proof.tree, cost, rules.kept, floor.far)
    if found.proof is None or proven < found.proof.bound - slack or found.proof.bound < best - slack:
        wrong.append(f"the proof shows {proven:g}; {best:g} is optimal")
    return wrong


def _phases(cost: np.ndarray, seed: int) -> list[str]:
    """Compare the order of opening with every order."""
    random = np.random.default_rng(seed)
    p, years = 4, 3
    cost, unreached = cost[:, :p], 4000.0 * np.ones(len(cost)) * 50
    standing, opening = np.arange(p) == 0, random.integers(1, 9, p).astype(float) * (np.arange(p) > 0)
    yearly, budgets = random.integers(0, 3, p).astype(float), random.integers(0, 12, years).astype(float)
    pilots = np.arange(p) == int(random.integers(1, p))
    found = phase(cost, unreached, standing, opening, yearly, budgets, pilots, seconds=20)
    orders = []
    for year in np.ndindex(*([years] * (p - 1))):
        when = np.array([-1, *year])
        spent = np.cumsum([opening[when == t].sum() + yearly[when <= t].sum() for t in range(years)])
        lack = np.maximum.accumulate(np.maximum(0.0, spent - np.cumsum(budgets)))
        early = [b for b in range(1, p) if not pilots[b] and not (when[b] > when[pilots][0] or when[b] == years - 1)]
        if not early:
            orders.append((lack, total(cost, unreached, when, years)))
    least = np.min([lack for lack, _ in orders], axis=0)
    best = min(value for lack, value in orders if (lack <= least + 1e-9).all())
    wrong = []
    if np.abs(found.extra - least).max() > 1e-6:
        wrong.append(f"extra money {found.extra}, where {least} would do")
    if abs(found.objective - best) > 1e-4 * best or found.lower_bound > best * (1 + 1e-6):
        wrong.append(f"objective {found.objective:g}, bound {found.lower_bound:g}; {best:g} is optimal")
    return wrong


def main(number: int) -> None:
    """Try `number` instances of each kind and print what was wrong."""
    begin, bad = time.monotonic(), Counter()
    for kind in KINDS:
        for seed in range(number):
            for text in wrong_claims(seed, kind):
                bad[kind] += 1
                print(f"{kind} {seed}: {text}", flush=True)
    print(f"{number} instances of each kind in {time.monotonic() - begin:.0f} s")
    for kind in KINDS:
        print(f"{kind:10} {bad[kind]} wrong")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
