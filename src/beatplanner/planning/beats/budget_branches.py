"""The bound of municipalities that share a change budget, by branching on how the budget is shared out.

What one municipality costs at least grows as fewer of its residents may move. Where it is proven for some numbers of residents u_1 < u_2 < … that
plans that move at most u_k cost at least t_k, every plan of the municipality lies in one *step*: it moves at least u_(k−1) and costs at least
t_k. Plans of the whole take a step in each municipality, and for every choice of steps that the budget B allows::

    Σ u_(k−1) ≤ B,     cost ≥ Σ t_k,     cost ≥ Σ max(t_k + λ u_(k−1), priced_m) − λ B

with λ the common price and priced_m what the municipality costs at least with it. The bound is the least over all choices: a multiple-choice
knapsack, searched depth first. Where it leaves a gap, the step of its choice that is worst known is parted where its best plan lies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Choices that are looked at before the search gives up.
MOST_CHOICES = 200_000


@dataclass(frozen=True)
class BudgetStep:
    """Plans of one municipality that move at least `low` and at most `high` residents: they cost at least `bound`, and `priced` with the price."""

    low: float
    high: float
    bound: float
    priced: float


def steps_of(limits: Sequence[tuple[float, float]], price: float, priced: float) -> list[BudgetStep]:
    """Return the steps of one municipality.

    Parameters
    ----------
    limits
        Residents, and what plans that move at most so many cost at least; one has inf residents.
    price, priced
        The common price, and what the municipality costs at least with it.
    """
    found: list[BudgetStep] = []
    low = 0.0
    for high, bound in sorted(limits):
        # a bound holds for all that move fewer, too
        best = max(b for u, b in limits if u >= high)
        best = max(best, bound)
        if math.isfinite(high):
            best = max(best, priced - price * high)
        if math.isfinite(best):
            found.append(BudgetStep(low, high, best, max(priced, best + price * low)))
        low = high
    return found


def least_choice(
    steps: Sequence[Sequence[BudgetStep]], budget: float, worth: float
) -> tuple[float, tuple[int, ...]] | None:
    """Return the least bound of any choice of steps within a budget, and that choice; inf and () where none is within.

    Parameters
    ----------
    steps
        Of each municipality.
    budget
        Residents who may move.
    worth
        The price of the whole budget, which is taken off the priced sum.

    Returns
    -------
    tuple or None
        None where there are too many choices.
    """
    count = len(steps)
    if not all(steps):
        return math.inf, ()
    rest = [(0.0, 0.0, 0.0)]
    for own in reversed(steps):
        low, bound, priced = rest[0]
        rest.insert(
            0,
            (
                low + min(s.low for s in own),
                bound + min(s.bound for s in own),
                priced + min(s.priced for s in own),
            ),
        )
    best: tuple[float, tuple[int, ...]] = (math.inf, ())
    stack: list[tuple[float, float, float, tuple[int, ...]]] = [(0.0, 0.0, 0.0, ())]
    looked = 0
    while stack:
        low, bound, priced, chosen = stack.pop()
        looked += 1
        if looked > MOST_CHOICES:
            return None
        more = rest[len(chosen)]
        value = max(bound + more[1], priced + more[2] - worth)
        if low + more[0] > budget or value >= best[0]:
            continue
        if len(chosen) == count:
            best = (value, chosen)
            continue
        own = steps[len(chosen)]
        nexts = [(low + s.low, bound + s.bound, priced + s.priced, (*chosen, k)) for k, s in enumerate(own)]
        stack += sorted(nexts, key=lambda c: -max(c[1], c[2] - worth))
    return best
