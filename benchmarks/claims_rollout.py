"""The roll-out's bound against enumeration: every order of starts is tried, and no certificate may deny one that the rules allow.

``python -m benchmarks.claims_rollout 200`` prints how many instances were tried, what was wrong, and how many bounds are above the best order.
"""

from __future__ import annotations

import itertools
import sys
import time

import numpy as np

from beatplanner.planning.verification.rollout_proof import Starts, bound_of, evaluate
from beatplanner.solver.location.fleet import Fleet
from beatplanner.solver.location.rollout import served
from beatplanner.solver.location.rollout_tree import Choices, rollout_tree

# A bound is the best order where it is above it by no more than this, as a share and in resident-years.
CLOSE = 1e-6


def instance(seed: int) -> Starts:
    """Return two to five groups and two to four years, with payers, and by chance pilots, seats, vehicles, savings and a late first year."""
    random = np.random.default_rng(seed)
    g, t, p = int(random.integers(2, 6)), int(random.integers(2, 5)), int(random.integers(1, 4))
    residents = random.integers(0, 1000, g).astype(float)
    if random.random() < 0.2:
        residents += random.random(g)
    on = (np.arange(t)[None, :] >= np.arange(t)[:, None]).astype(float)
    saves = random.uniform(0, 4, (p, g)) * (random.random((p, g)) < 0.3)
    more = (random.uniform(0, 10, (p, g)) - saves)[:, :, None, None] * on
    more = more + random.uniform(0, 15, (p, g))[:, :, None, None] * np.eye(t)
    base = random.uniform(0, 5, (p, t))
    per, live = float(random.choice([0, 0.5, 1, 2])), random.choice([0, 0.3, 0.5, 1, 1.4], g)
    need, extra = np.full(t, per * live.sum()), per * (1 - live)
    yearly = random.uniform(0, 3, (p, t))
    limit = base + random.uniform(0.2, 1.0) * (more.sum(1).max(1) + (need + np.abs(extra).sum()) * yearly)
    limit = limit + random.uniform(0, 20, (p, t))
    limit[random.random((p, t)) < 0.2] = np.inf
    return Starts(
        residents=residents,
        seats=random.integers(1, 5, g).astype(float),
        pilot=random.random(g) < 0.25 if random.random() < 0.4 else np.zeros(g, bool),
        base=base,
        more=more,
        limit=limit,
        room=np.full(t, np.inf) if random.random() < 0.5 else random.integers(2, 8, t).astype(float),
        need=need,
        extra=extra,
        price=random.uniform(0, 12, (p, t)),
        yearly=yearly,
        life=int(random.integers(1, t + 1)),
        first=int(random.random() < 0.2),
    )


def choices_of(s: Starts) -> Choices:
    """Return an instance as the solver takes it."""
    t = len(s.room)
    on = (np.arange(t)[None, :] >= np.arange(t)[:, None]).astype(float)
    fleet = Fleet(s.need, s.extra[:, None, None] * on, s.price, s.yearly, s.life)
    return Choices(s.residents, s.seats, s.pilot, s.more, s.limit, s.base, s.room, fleet, s.first)


def best_of(s: Starts) -> float | None:
    """Return the most resident-years of all orders of starts; None where not even none of them is allowed."""
    g, t = len(s.residents), len(s.room)
    best: float | None = None
    for order in itertools.product([*range(s.first, t), -1], repeat=g):
        start = np.array(order)
        worth = served(s.residents, start, t)
        if (best is None or worth > best) and _is_allowed(s, start):
            best = worth
    return best


def _is_allowed(s: Starts, start: np.ndarray) -> bool:
    g, t = len(s.residents), len(s.room)
    begun = (start[:, None] >= 0) & (start[:, None] <= np.arange(t))
    runs = np.ceil(s.need + (s.extra[:, None] * begun).sum(0) - 1e-5)
    bought = np.zeros(t)
    for year in range(t):
        bought[year] = max(0.0, runs[year] - bought[max(0, year - s.life + 1) : year].sum())
    money = s.base + s.price * bought + s.yearly * runs
    for k in range(g):
        if start[k] >= 0:
            money = money + s.more[:, k, start[k]]
    if (money > s.limit * (1 + 1e-9) + 1e-6).any():
        return False
    if any(s.seats[start == year].sum() > s.room[year] + 1e-6 for year in range(t)):
        return False
    late = np.where(start < 0, t, start)
    others = late[~s.pilot & (start >= 0)]
    return not (len(others) and s.pilot.any() and late[s.pilot].max() >= others.min())


def wrong_claims(seed: int) -> tuple[list[str], bool]:
    """Return what is wrong with the bound of an instance, and whether it is the best order itself."""
    s = instance(seed)
    best, close = best_of(s), True
    # what the plan found decides how far the tree goes, not what it proves
    for reached in (best or 0.0, 0.0):
        bound = bound_of(
            s, evaluate(s, rollout_tree(choices_of(s), reached, most_nodes=400 if reached == 0.0 else 4_000))
        )
        if best is not None and bound < best - CLOSE * max(1.0, best):
            return [f"{seed}: at most {bound} by the certificate, and {best} are served"], False
        if reached == (best or 0.0):
            close = best is None or bound <= best + CLOSE * max(10.0, best)
    return [], close


def main() -> None:
    """Try as many instances as asked for."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    begin, found, close = time.process_time(), list[str](), 0
    for seed in range(count):
        wrong, tight = wrong_claims(seed)
        found += wrong
        close += tight
    print(
        f"{count} roll-outs: {len(found)} wrong, {close} bounds are the best order, {time.process_time() - begin:.1f} s"
    )
    print("\n".join(found))


if __name__ == "__main__":
    main()
