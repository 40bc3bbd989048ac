"""Beats of today that span municipalities: each lives on in one of them, and which one is a choice of the plan.

In the municipality where such a beat lives on its residents may keep it; those in the others change beat whatever is drawn. A problem in
which it may live on everywhere allows more than any plan can do, so its bound holds, but may be weak. For each way to choose the hosts the
municipalities share what is left of the budget (`shared_budget.py`), and the least of these bounds is one for all plans.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from beatplanner.planning.beats.municipality import AtHosts, Hosts, Part
from beatplanner.planning.beats.shared_budget import CLOSE, Together

# Ways to choose the hosts that are planned; of more, those with the fewest residents who change beat whatever is drawn.
MOST_HOMES = 16


def choices_of_hosts(parts: Sequence[Part]) -> tuple[list[Hosts], bool]:
    """Return the ways to choose hosts, those with the fewest residents who must change beat first, and whether they are all."""
    labels = np.unique(np.concatenate([p.problem.current[p.problem.current >= 0] for p in parts]))
    lives = np.array([[float(p.problem.residents[p.problem.current == g].sum()) for p in parts] for g in labels])
    locked = np.array([[bool((p.problem.locked == g).any()) for p in parts] for g in labels])
    spanning: list[int] = []
    ways, complete = [(0.0, ())], True
    for g, own, held in zip(labels, lives, locked, strict=True):
        if ((own > 0) | held).sum() < 2:
            continue
        spanning.append(int(g))
        # locked units must carry it on where they are
        open_to = np.flatnonzero(held) if held.any() else np.flatnonzero(own > 0)
        ways = sorted((u + float(own.sum() - own[m]), (*picked, int(m))) for u, picked in ways for m in open_to)
        complete &= len(ways) <= MOST_HOMES
        ways = ways[:MOST_HOMES]
    return [Hosts(tuple(spanning), picked, u) for u, picked in ways], complete


def to_plan(ways: Sequence[Hosts], budget: float, found: Sequence[tuple[Hosts, Together]]) -> Iterator[Hosts]:
    """Yield the choices that are worth planning: within the budget; where none of those does, those that could do with less than was found.

    Parameters
    ----------
    ways
        The choices, in order.
    budget
        Residents who may change beat.
    found
        What came of those yielded so far; grows while this is read.
    """
    for hosts in ways:
        if may_move(hosts.unavoidable, budget):
            yield hosts
        elif any(t.short is None for _, t in found) or hosts.unavoidable >= min(
            (needed(*f) for f in found), default=math.inf
        ):
            return
        else:
            yield hosts


def as_good_as(plan: Together, whole: Together) -> bool:
    """Tell whether a plan costs no more than is proven for all, wherever today's beats live on."""
    if plan.short is not None or whole.short is not None or whole.bound is None:
        return False
    return sum(d.objective for d in plan.found) <= whole.bound * (1 + CLOSE)


def may_move(moved: float, budget: float) -> bool:
    """Tell whether so many residents may change beat, but for rounding."""
    return moved <= budget * (1 + 1e-9) + 1e-6


def needed(hosts: Hosts, together: Together) -> float:
    """Return the residents who change beat within the budget that was found for a choice of hosts."""
    return hosts.unavoidable + together.budget


def least_of_homes(
    whole: Together, ways: Sequence[Hosts], complete: bool, found: Sequence[tuple[Hosts, Together]], budget: float
) -> Together:
    """Return the best plan over choices of hosts, and what is proven for all of them.

    Parameters
    ----------
    whole
        What came of the municipalities where today's beats may live on in each of them.
    ways, complete
        The choices, and whether they are all.
    found
        What came of those that were planned, at least one.
    budget
        Residents who may change beat, unavoidable ones too.
    """
    does = [t for _, t in found if t.short is None]
    if not does:
        hosts, plan = min(found, key=lambda f: needed(*f))
        assert plan.short is not None
        short = replace(plan.short, found=plan.short.found + hosts.unavoidable, impossible_below=None, evidence=())
        if whole.short is not None:
            short = replace(short, impossible_below=whole.short.impossible_below, evidence=whole.short.evidence)
        least = _least_of_all(ways, complete, found)
        if least > (short.impossible_below or 0.0):
            branches = tuple(_proven(h, t, budget - h.unavoidable) for h, t in found)
            short = replace(short, impossible_below=least, evidence=(), hosts=branches)
        return replace(whole, found=plan.found, short=short, bound=None)
    plan = min(does, key=lambda t: sum(d.objective for d in t.found))
    done = {hosts.hosts for hosts, _ in found}
    # those that are left out are not within the budget where the last that is not is not either
    complete |= not may_move(ways[-1].unavoidable, budget)
    complete &= all(h.hosts in done or not may_move(h.unavoidable, budget) for h in ways)
    branches = tuple(_proven(h, t, budget - h.unavoidable) for h, t in found if may_move(h.unavoidable, budget))
    bound = min((b.bound for b in branches), default=-math.inf) if complete else -math.inf
    known = -math.inf if whole.bound is None or whole.short is not None else whole.bound
    if bound <= known:
        return replace(whole, found=plan.found, short=None, bound=None if known == -math.inf else known)
    return replace(whole, found=plan.found, short=None, bound=bound, hosts=branches)


def _least_of_all(ways: Sequence[Hosts], complete: bool, found: Sequence[tuple[Hosts, Together]]) -> float:
    """Return how many residents change beat at least, wherever today's beats live on."""
    done = {h.hosts: h.unavoidable + (0.0 if t.short is None else t.short.impossible_below or 0.0) for h, t in found}
    # choices that are left out have more who must change beat than the last that is not
    return min([done.get(h.hosts, h.unavoidable) for h in ways] + ([] if complete else [ways[-1].unavoidable]))


def _proven(hosts: Hosts, together: Together, left: float) -> AtHosts:
    short = together.short
    if short is None:
        bound = -math.inf if together.bound is None else together.bound
        return AtHosts(hosts, bound, together.price, together.evidence, together.limits)
    none = short.impossible_below is not None and not may_move(short.impossible_below, left)
    return AtHosts(hosts, math.inf if none else -math.inf, 0.0, short.evidence, ())
