"""Loops run as Python and compiled are the same loops, to the last digit; the compiler is loaded where it is worth it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from beatplanner.solver import looped
from beatplanner.solver.location import p_median_kernels as loops
from beatplanner.solver.location.exchange import Near
from beatplanner.solver.looped import Kernel

KERNELS = {name: value for name, value in vars(loops).items() if isinstance(value, Kernel)}


def plain(name):
    """Return a kernel as it is written; those that were compiled by other tests know what they were compiled of."""
    kernel = getattr(loops, name)
    return kernel.function if isinstance(kernel, Kernel) else kernel.py_func


@pytest.mark.parametrize("seed", range(12))
def test_python_and_compiled_loops_give_the_same_numbers(seed):
    random = np.random.default_rng(seed)
    n, m = int(random.integers(5, 30)), int(random.integers(4, 12))
    cost = random.uniform(1.0, 1e4, (n, m))
    near = Near.of(cost, int(random.integers(3, m + 1)))
    count = int(random.integers(2, m))
    state = np.zeros(m, np.int8)
    state[random.integers(m)] = loops.OPEN
    # a rule beyond the count: the cost of sites is limited
    rows = (
        np.array([0, m], np.int64),
        np.arange(m, dtype=np.int64),
        random.uniform(1.0, 2.0, m),
        np.array([1.4 * count]),
        np.array([1.5]),
    )
    span, often = random.uniform(0.5, 2.0, n), np.full(m, -1.0)
    chosen = np.sort(random.choice(m, count, replace=False))
    upper = float(cost[:, chosen].min(axis=1).sum())
    place = np.full(m, -1, np.int64)
    place[chosen] = np.arange(count)

    def all_of_it(which):
        u, here, lam, rho = near.cost[:, 1].copy(), state.copy(), np.zeros(1), np.empty(m)
        share = often.copy()
        given = (near.cost, near.site, near.cap, span, u, here, count, upper, upper, 40, 0.1, 0.1, 5, share)
        multipliers = which("ascend")(*given, *rows, lam)
        which("reduced_costs")(near.cost, near.site, u, here, rho)
        return (
            *multipliers,
            u,
            here,
            lam,
            share,
            rho,
            *which("exchange_gains")(near.cost, near.site, cost, chosen, place),
        )

    written = all_of_it(plain)
    compiled = all_of_it(lambda name: getattr(loops, name) if name not in KERNELS else KERNELS[name].compiled())
    for one, other in zip(written, compiled, strict=True):
        assert np.array_equal(one, other)


def test_what_is_large_is_compiled_and_what_is_small_is_not(monkeypatch):
    monkeypatch.setattr(looped, "_done", {"elements": 0, "compiled": False})
    called = []
    kernel = Kernel(lambda rows, steps: called.append(steps), ("rows", "steps"))
    monkeypatch.setattr(kernel, "compiled", lambda: lambda rows, steps: called.append(-steps))
    rows = np.zeros(1_000)
    for steps in (1, 3_000, 1_001):
        kernel(rows, steps)
    assert called == [1, 3_000, -1_001]
    monkeypatch.setattr(looped, "_done", {"elements": 0, "compiled": True})
    kernel(rows, 1)
    assert called[-1] == -1


def test_a_small_choice_of_sites_loads_no_compiler():
    run = """
import sys
import numpy as np
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import SiteRules
found = p_median(np.random.default_rng(0).uniform(1, 100, (40, 12)), SiteRules.plain(12, 4), seconds=1e6, nodes=20)
assert found.proof is not None
print("numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
