"""One change budget over several municipalities: at most so many residents of all of them together change beat.

Each municipality is a problem of its own but for this one row, so that a price λ on each resident moved, common to all, parts them
(Lagrangian relaxation; Everett 1963)::

    bound(λ) = Σ_m min { travel_m + λ moved_m } − λ B          for any λ ≥ 0

The plan is one choice for each municipality out of a pool of plans, each with its travel and its residents moved: a multiple-choice knapsack
(Sinha and Zoltners 1979), solved exactly by merging the pools' Pareto fronts. The pool holds what the search for λ met, the plans with the
fewest moved, and plans that use what the last choice left of the budget. Only where the fewest moved of all municipalities together are more
than the budget is the budget too small. The gap that one price leaves is closed by branching on the shares (`budget_branches.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from beatplanner.planning.beats.amounts import STEP
from beatplanner.planning.beats.budget_branches import BudgetStep, least_choice, steps_of
from beatplanner.planning.beats.looking_on import LOOKING_ON
from beatplanner.planning.beats.municipality import (
    AtHosts,
    Limited,
    MunicipalityPlan,
    MunicipalityTask,
    Part,
    PartEvidence,
    Relaxed,
)
from beatplanner.planning.progress import Unmet
from beatplanner.solver.districts.solve import Districts, measured

# Prices that are tried, and rounds in which what is left of the budget is used.
PRICES, ROUNDS = 8, 3
# Points of a merged front that are kept.
FRONT = 20_000
# Shares of the budget that are proven by themselves, where all municipalities together have so many units, and where they have more.
SMALL, MOST_SHARES, FEW_SHARES = 400, 80, 12
# A bound this close to the plan is as good as met.
CLOSE = 1e-6
Each = Callable[[Sequence[tuple[Part, MunicipalityTask]], float, str], list[MunicipalityPlan]]


@dataclass(frozen=True)
class Together:
    """What became of the municipalities that share a budget.

    Attributes
    ----------
    found
        Districts of each.
    bound
        Proven for all together within the budget that was asked for; None where none was.
    price
        The common price that proves it; 0 where the budget does not bind.
    budget
        The residents who may move, as asked for or, where that does not do, as relaxed.
    evidence
        What proves each municipality's bound at the common price.
    short
        Residents that must move, and the proof that fewer cannot do, where the budget does not do; None where it does.
    limits
        What municipalities cost at least with so many residents moved, where the bound comes of them; empty where the price alone proves it.
    hosts
        What is proven for each choice of the municipality in which a beat of today lives on, where the bound comes of them.
    """

    found: list[Districts]
    bound: float | None
    price: float
    budget: float
    evidence: tuple[PartEvidence, ...]
    short: Relaxed | None
    limits: tuple[Limited, ...] = ()
    hosts: tuple[AtHosts, ...] = ()


def share_budget(
    parts: Sequence[Part],
    free: Sequence[MunicipalityPlan],
    budget: float,
    known: float,
    labels: tuple[str, ...],
    each: Each,
    late: Callable[[], bool] = lambda: False,
    given: Sequence[np.ndarray | None] = (),
) -> Together:
    """Plan municipalities within one budget.

    Parameters
    ----------
    parts
        The municipalities, with the problems that `free` solved.
    free
        Their plans without a budget.
    budget
        Residents of all of them that may change beat.
    known
        Residents of all of today's beats.
    labels
        Ids that labels stand for.
    each
        Does a task for each municipality, with a share of the time left and words for the progress.
    late
        Whether the time is over: what only makes the plan or its bound better is left out then.
    given
        Districts of each municipality in a plan to start from, None where they do not suit; none where there is no such plan.
    """
    sharing = _Sharing(parts, free, budget, known, labels, each, late)
    for part, district in enumerate(given):
        if district is not None:
            sharing.add_one(part, district)
    return sharing.run()


class _Sharing:
    def __init__(
        self,
        parts: Sequence[Part],
        free: Sequence[MunicipalityPlan],
        budget: float,
        known: float,
        labels: tuple[str, ...],
        each: Each,
        late: Callable[[], bool],
    ) -> None:
        self.parts: list[Part] = list(parts)
        self.free: list[MunicipalityPlan] = list(free)
        self.budget, self.known, self.labels, self.each = budget, known, labels, each
        self.late: Callable[[], bool] = late
        self.pool: list[list[Districts]] = [[] for _ in parts]
        self.add([a.found.district for a in free])

    def run(self) -> Together:
        bound, evidence = self.proven(self.free, 0.0)
        price, limits = 0.0, ()
        moved = sum(p[0].moved for p in self.pool)
        if not self.fits(moved):
            self.show_moved(moved)
            short = self.least()
            # each round takes its least time in every municipality: where the time is over, what was found is what there is
            if not self.late():
                bound, evidence, price = self.priced(bound, evidence)
            chosen = self.used_up()
            if short is None and bound is not None:
                bound, chosen, limits = self.branched(bound, chosen, evidence, price)
        else:
            short, chosen = None, self.choice()
        if short is not None:
            bound = None
        return Together(chosen, bound, price, self.budget, evidence, short, limits)

    def priced(
        self, bound: float | None, evidence: tuple[PartEvidence, ...]
    ) -> tuple[float | None, tuple[PartEvidence, ...], float]:
        """Return the greater of a bound and that at a common price, what proves it, and the price; 0 where it is the old one."""
        price = self.price()
        proof = self.each([(p, MunicipalityTask("priced", price=price)) for p in self.parts], 0.7, "common price")
        self.add([a.found.district for a in proof])
        priced, proofs = self.proven(proof, price)
        if priced is not None and (bound is None or priced > bound):
            return priced, proofs, price
        return bound, evidence, 0.0

    def show_moved(self, moved: float) -> None:
        """Tell who looks on whether so many residents moved, the fewest that are known, are more than may."""
        look = LOOKING_ON.get()
        if look is not None and self.known > 0:
            over = None if self.fits(moved) else Unmet(moved=moved / self.known, budget=self.budget / self.known)
            look.unmet("", over)

    def fits(self, moved: float) -> bool:
        return moved <= self.budget * (1 + 1e-9) + 1e-9

    def add(self, districts: Sequence[np.ndarray]) -> list[Districts]:
        """Measure a plan of each municipality without any price and put it into the pool; plans that break a rule stay out."""
        return [self.add_one(m, plan) for m, plan in enumerate(districts)]

    def add_one(self, m: int, district: np.ndarray) -> Districts:
        """Do so for one municipality."""
        part, pool = self.parts[m], self.pool[m]
        found = measured(part.problem, district)
        if not pool or found.outside <= max(pool[0].outside, 1e-9 * part.problem.upper * part.problem.count):
            pool.append(found)
        return found

    def proven(self, alone: Sequence[MunicipalityPlan], price: float) -> tuple[float | None, tuple[PartEvidence, ...]]:
        """Return the bound that the municipalities' own bounds at a price come to, and what proves it."""
        evidence = tuple(
            PartEvidence(p.name, p.units, self.labels, replace(p.problem, price=price), a.found.evidence)
            for p, a in zip(self.parts, alone, strict=True)
        )
        bounds = [a.found.lower_bound for a in alone]
        if any(b is None for b in bounds):
            return None, evidence
        return float(sum(b for b in bounds if b is not None)) - price * self.budget, evidence

    def least(self) -> Relaxed | None:
        """Find the fewest residents moved, and how few they cannot be; raise the budget where it does not do."""
        least = self.each([(p, MunicipalityTask("least")) for p in self.parts], 0.25, "fewest moved")
        plans = self.add([a.found.district for a in least])
        if not self.late():
            within = [
                MunicipalityTask("within", budget=m.moved, start=m.district, effort=0.3, prove=False) for m in plans
            ]
            again = self.each(list(zip(self.parts, within, strict=True)), 0.1, "fewest moved")
            self.add([a.found.district for a in again])
        needed = sum(min(d.moved for d in pool) for pool in self.pool)
        self.show_moved(needed)
        if self.fits(needed):
            return None
        proven = sum(a.found.lower_bound or 0.0 for a in least)
        step = STEP * self.known
        self.budget = min(self.known, math.ceil(needed / step - 1e-9) * step) if step > 0 else needed
        evidence = tuple(
            PartEvidence(p.name, p.units, self.labels, p.problem, a.found.evidence)
            for p, a in zip(self.parts, least, strict=True)
        )
        worst = self.parts[int(np.argmax([a.found.moved for a in least]))].name
        return Relaxed(worst, "", proven if proven > 0 else None, self.budget, evidence)

    def price(self) -> float:
        """Return the price at which the best plans of all come nearest to using the budget up."""
        low = _totals([min(p, key=lambda d: (d.objective, d.moved)) for p in self.pool])
        high = _totals([min(p, key=lambda d: (d.moved, d.objective)) for p in self.pool])
        price = 0.0
        for k in range(PRICES):
            if low[1] <= high[1] or high[0] <= low[0] or self.late():
                break
            price = (high[0] - low[0]) / (low[1] - high[1])
            tasks = [(p, MunicipalityTask("priced", price=price, effort=0.3, prove=False)) for p in self.parts]
            plans = self.add([a.found.district for a in self.each(tasks, 0.3 / (PRICES - k), f"price tried {k + 1}")])

            def priced(d: Districts, price: float = price) -> float:
                return d.objective + price * d.moved

            now = _totals([min([*pool, d], key=priced) for pool, d in zip(self.pool, plans, strict=True)])
            worth = low[0] + price * low[1]
            if now[0] + price * now[1] >= worth - 1e-7 * abs(worth):
                break
            if now[1] > self.budget:
                low = now
            else:
                high = now
        return price

    def used_up(self) -> list[Districts]:
        """Choose a plan for each municipality, and look for better ones with what the choice leaves of the budget."""
        chosen = self.choice()
        for k in range(ROUNDS):
            if self.late():
                break
            left = max(0.0, self.budget - sum(d.moved for d in chosen))
            tasks: list[tuple[Part, MunicipalityTask]] = []
            for part, now in zip(self.parts, chosen, strict=True):
                # what another gives up, who goes back to its next smaller plan
                given = [
                    now_q.moved - max((d.moved for d in pool if d.moved < now_q.moved), default=now_q.moved)
                    for now_q, pool in zip(chosen, self.pool, strict=True)
                    if now_q is not now
                ]
                more = left + (max(given, default=0.0) if k % 2 else 0.0)
                tasks.append(
                    (
                        part,
                        MunicipalityTask(
                            "within", budget=now.moved + more, start=now.district, effort=0.5, prove=False
                        ),
                    )
                )
            self.add([a.found.district for a in self.each(tasks, 0.6 / (ROUNDS - k), f"rest of the budget {k + 1}")])
            better = self.choice()
            if k % 2 and sum(d.objective for d in better) >= sum(d.objective for d in chosen) * (1 - 1e-7):
                return better
            chosen = better
        return chosen

    def branched(
        self, bound: float, chosen: list[Districts], evidence: tuple[PartEvidence, ...], price: float
    ) -> tuple[float, list[Districts], tuple[Limited, ...]]:
        """Close the gap that the price leaves: prove what municipalities cost at least with a share of the budget, where it matters most."""
        priced = [0.0 if e.evidence is None else e.evidence.bound for e in evidence]
        within, hair = self.budget * (1 + 1e-9) + 1e-6, 1e-4 + 1e-6 * self.known
        if all((p.problem.residents % 1 == 0).all() for p in self.parts):
            # people come whole: nothing lies between one number and the next
            within, hair = math.floor(within), 1 / (1 + len(self.parts))
        limits = [
            Limited(
                m,
                math.inf,
                alone.found.lower_bound or 0.0,
                PartEvidence(p.name, p.units, self.labels, p.problem, alone.found.evidence),
            )
            for m, (p, alone) in enumerate(zip(self.parts, self.free, strict=True))
        ]
        most = MOST_SHARES if sum(len(p.units) for p in self.parts) <= SMALL else FEW_SHARES
        best = bound
        for k in range(most):
            steps = [
                steps_of([(x.upto, x.bound) for x in limits if x.part == m], price, priced[m])
                for m in range(len(self.parts))
            ]
            least = least_choice(steps, within, price * self.budget)
            if least is None:
                break
            best = max(best, least[0])
            objective = sum(d.objective for d in chosen)
            if objective - best <= CLOSE * objective or not least[1] or self.late():
                break
            asked = self.to_part([own[i] for own, i in zip(steps, least[1], strict=True)], hair)
            if asked is None:
                break
            m, upto = asked
            limits.append(self.limited(m, upto, 0.5 if k + 1 < most else 0.9, k))
            chosen = min(chosen, self.choice(), key=lambda plans: sum(d.objective for d in plans))
        if best <= bound:
            return bound, chosen, ()
        return best, chosen, tuple(limits)

    def to_part(self, steps: list[BudgetStep], hair: float) -> tuple[int, float] | None:
        """Return the municipality whose step is worst known, and the number of residents at which to part it; None where no step can be parted."""
        worst, found = 0.0, None
        for m, (step, pool) in enumerate(zip(steps, self.pool, strict=True)):
            inside = [d for d in pool if d.moved <= step.high]
            there = min((d.objective for d in inside if d.moved <= step.low + 2 * hair), default=math.inf)
            gap = there - step.bound
            if gap <= worst + CLOSE * max(1.0, step.bound):
                continue
            plan = min(inside, key=lambda d: (d.objective, d.moved), default=None)
            upto = (step.low + min(step.high, self.known)) / 2 if plan is None else plan.moved - hair
            if upto > step.low + hair:
                worst, found = gap, (m, upto)
        return found

    def limited(self, m: int, upto: float, share: float, k: int) -> Limited:
        """Prove what a municipality costs at least where at most so many of its residents move."""
        part = self.parts[m]
        start = min(
            (d for d in self.pool[m] if d.moved <= upto), key=lambda d: (d.objective, d.moved), default=self.pool[m][0]
        )
        task = MunicipalityTask("within", budget=upto, start=start.district, effort=0.5)
        alone = self.each([(part, task)], share, f"share of the budget {k + 1}")[0].found
        self.add_one(m, alone.district)
        bound = math.inf if alone.infeasible else (alone.lower_bound or 0.0)
        problem = replace(part.problem, budget=upto)
        return Limited(m, upto, bound, PartEvidence(part.name, part.units, self.labels, problem, alone.evidence))

    def choice(self) -> list[Districts]:
        """Return a plan for each municipality with the least objective in sum and no more moved than the budget."""
        return cheapest_choice(self.pool, self.budget * (1 + 1e-9) + 1e-9)


def cheapest_choice(pools: Sequence[Sequence[Districts]], budget: float) -> list[Districts]:
    """Return one plan out of each pool, of least objective in sum with at most `budget` residents moved; the fewest moved where none fits."""
    front: list[tuple[float, float, tuple[int, ...]]] = [(0.0, 0.0, ())]
    rest = [min(d.moved for d in pool) for pool in pools]
    for m, pool in enumerate(pools):
        after = sum(rest[m + 1 :])
        merged = [
            (moved + d.moved, cost + d.objective, (*picked, k))
            for moved, cost, picked in front
            for k, d in enumerate(pool)
        ]
        merged.sort(key=lambda s: (s[0], s[1]))
        within = [s for s in merged if s[0] + after <= budget] or merged[:1]
        front, best = [], math.inf
        for state in within:
            if state[1] < best:
                best = state[1]
                front.append(state)
        if len(front) > FRONT:
            # thinned evenly, ends kept: the plan may be a little worse, never the bound
            front = [front[i] for i in np.unique(np.linspace(0, len(front) - 1, FRONT).astype(int))]
    picked = min(front, key=lambda s: (s[1], s[0]))[2]
    return [pool[k] for pool, k in zip(pools, picked, strict=True)]


def _totals(plans: Sequence[Districts]) -> tuple[float, float]:
    return sum(d.objective for d in plans), sum(d.moved for d in plans)
