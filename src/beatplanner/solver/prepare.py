"""The compiled kernels made ready before any clock starts.

The kernels are compiled at their first call and kept on disk beside the sources (or in the user's cache where those cannot be written).
An installation calls ``python -m beatplanner.solver.prepare``, so that no plan waits for a compiler; a plan calls `prepare` too, which
only loads what is on disk. Each room is driven by tiny problems through the functions that planning calls: what they compile is what a
real plan needs, and `tests/solver/test_prepare.py` holds that against real plans.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from beatplanner.solver.looped import compile_from_now_on

ROOMS = ("beats", "stations", "officers", "service")
# Long enough for a compiler on a busy machine: nothing here ends by it.
PLENTY = 3_600.0


def prepare(rooms: Iterable[str] = ROOMS) -> None:
    """Load the kernels of some steps, compiling them where no copy is on disk.

    Parameters
    ----------
    rooms
        Steps whose kernels are wanted, of `ROOMS`.
    """
    compile_from_now_on()
    for room in rooms:
        _PREPARED[room]()


@functools.cache
def _beats() -> None:
    from beatplanner.solver.districts.growth import Graph
    from beatplanner.solver.districts.nearby import nearby_bound
    from beatplanner.solver.districts.problem import Balance
    from beatplanner.solver.districts.solve import CUT, MOVES, DistrictingProblem, solve_districts

    side, random = 6, np.random.default_rng(0)
    place = np.arange(side * side).reshape(side, side)
    across = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    edges = np.concatenate([across, np.column_stack([place[:-1].ravel(), place[1:].ravel()])])
    n = side * side
    weight = random.uniform(5.0, 15.0, n)
    mean = weight.sum() / 4
    free = DistrictingProblem(
        weight=weight,
        xy=np.column_stack([place.ravel() % side, place.ravel() // side]) * 100.0,
        edges=edges,
        border=np.full(len(edges), 100.0),
        count=4,
        lower=mean * 0.98,
        upper=mean * 1.02,
    )
    today = place.ravel() // 9
    changed = replace(free, residents=weight, current=today, budget=float(weight.sum()) / 2)
    # an amount of its own, against the run of the workload, so that the bound is lifted by its prices
    amount = random.uniform(1.0, 30.0, n)
    share = amount.sum() / 4
    balanced = replace(free, balances=(Balance("amount", amount, share * 0.97, share * 1.03),))
    apart = np.hypot(*(free.xy[:, None] - free.xy[None]).transpose(2, 0, 1))
    for problem in (
        free,
        changed,
        replace(changed, distance=apart),
        replace(free, goal=CUT),
        replace(changed, goal=MOVES),
        balanced,
    ):
        solve_districts(problem, seconds=PLENTY, effort=0.001, nodes=50)
    # what maps of thousands of units are bounded by
    nearby_bound(free, Graph(n, edges, free.border), np.inf, threads=1, multiplier=None, stop=lambda: False)


@functools.cache
def _stations() -> None:
    from beatplanner.solver.location.cover_tree import search_cover
    from beatplanner.solver.location.exchange import exchange
    from beatplanner.solver.location.p_median import p_median
    from beatplanner.solver.location.site_rules import SiteRules

    # a ring, in which nothing dominates anything, so that a cover is searched for
    ring = np.eye(5, dtype=bool)
    search_cover(ring | np.roll(ring, 1, axis=1), SiteRules.plain(5, 3), 3, 0)
    cost = np.random.default_rng(0).uniform(1.0, 100.0, (40, 30))
    rules = SiteRules.plain(30, 8)
    p_median(cost, rules, seconds=PLENTY, nodes=20)
    price = np.linspace(1.0, 2.0, 30)
    p_median(cost, replace(rules, price=price, budget=11.0), seconds=PLENTY, nodes=20)
    exchange(cost, np.array([0, 1, 2]), rules)


@functools.cache
def _officers() -> None:
    from beatplanner.solver.officers.assign import prepare as of_officers

    of_officers()


@functools.cache
def _service() -> None:
    from beatplanner.solver.service.backup import backup_share
    from beatplanner.solver.service.drawn import by_drawn_states
    from beatplanner.solver.service.groups import by_groups
    from beatplanner.solver.service.hypercube import hypercube
    from beatplanner.solver.service.simulation import simulate
    from beatplanner.solver.service.system import ServiceSystem, preference

    own, minutes = np.array([[True, False], [False, True]]), np.array([[1.0, 2.0], [2.0, 1.0]])
    for waits in (True, False):
        system = ServiceSystem(np.ones(2), preference(minutes, own), minutes, 6.0, travel_counts=True, waits=waits)
        backup_share(system, hypercube(system), 1.5)
        by_groups(system)
        simulate(system, own, calls=100)
        shares = np.ones((2, 2)) / 4
        hypercube(replace(system, calls=shares @ [1.0, 2.0], together=shares))
    by_drawn_states(system)


_PREPARED = {"beats": _beats, "stations": _stations, "officers": _officers, "service": _service}


if __name__ == "__main__":
    prepare()
