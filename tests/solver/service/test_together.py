"""Calls that need several officers at once: every model against a chain of all states, written out here with its queue."""

import numpy as np
import pytest

from beatplanner.solver.service.hypercube import hypercube
from beatplanner.solver.service.simulation import simulate
from beatplanner.solver.service.system import ServiceSystem, preference
from beatplanner.solver.service.together import equal_servers

QUEUE = 300


def system(seed, servers, waits, most=3):
    random = np.random.default_rng(seed)
    minutes = random.uniform(1, 9, (servers, 5))
    own = np.argmin(minutes, axis=0)[None, :] == np.arange(servers)[:, None]
    together = random.uniform(0.05, 0.3, (5, most))
    calls = together @ np.arange(1, most + 1)
    scene = 60.0 * 0.6 * servers / calls.sum()
    return ServiceSystem(calls, preference(minutes, own), minutes, scene, False, waits, together), own


def chain(s):
    """Flow, share that waits or is lost, and mean wait in minutes, by one dense system over all states and places in the queue."""
    n, full = s.servers, 2**s.servers - 1
    size, rate = full + 1 + (QUEUE if s.waits else 0), 60.0 / s.scene_minutes
    a, flow, refused, queued = np.zeros((size, size)), [], [], np.maximum(np.arange(size) - full, 0)
    for state in range(size):
        for i in range(n):
            if state > full:
                a[state - 1, state] += rate
            elif state >> i & 1:
                a[state ^ (1 << i), state] += rate
        for u in range(len(s.calls)):
            for k, calls in enumerate(s.together[u], 1):
                at = state
                for _ in range(k):
                    free = next((i for i in s.order[u] if at < full and not at >> i & 1), None)
                    if free is None:
                        refused.append((state, u, calls))
                        at = min(at + 1, size - 1)
                    else:
                        flow.append((state, free, u, calls))
                        at |= 1 << free
                a[at, state] += calls
    a -= np.diag(a.sum(axis=0))
    a[-1] = 1.0
    p = np.linalg.solve(a, np.eye(size)[-1])
    found = np.zeros(s.minutes.shape)
    for state, i, u, calls in flow:
        found[i, u] += p[state] * calls
    for state, u, calls in refused:
        found[:, u] += p[state] * calls / n if s.waits else 0.0
    share = sum(p[state] * calls for state, _, calls in refused) / s.total
    return found, share, 60.0 * float(p @ queued) / s.total


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("servers", [1, 2, 4])
def test_officers_sent_together_are_those_of_the_balance_equations(servers, waits):
    s, _ = system(servers, servers, waits)
    flow, share, minutes = chain(s)
    found = hypercube(s)
    assert found.flow == pytest.approx(flow, abs=1e-9)
    assert (found.wait_share, found.lost_share) == pytest.approx((share, 0.0) if waits else (0.0, share), abs=1e-9)
    assert found.mean_wait_minutes == pytest.approx(minutes if waits else 0.0, abs=1e-7)
    # counted alone, the numbers of busy servers know nothing of places, and have the same waits
    fates = equal_servers(servers, s.together.sum(axis=0), s.scene_minutes / 60.0, waits)
    assert fates[:2] == pytest.approx(found.by_number[:2], abs=1e-9)


def test_calls_for_one_officer_are_the_plain_hypercube():
    s, _ = system(5, 4, True, most=1)
    plain = ServiceSystem(s.calls, s.order, s.minutes, s.scene_minutes)
    assert hypercube(s).flow == pytest.approx(hypercube(plain).flow, abs=1e-11)


def test_a_simulation_sends_officers_together():
    s, own = system(6, 4, True)
    exact, drawn = hypercube(s), simulate(s, own, calls=200_000, seed=1)
    share = lambda flow: flow[own].sum() / flow.sum()  # noqa: E731
    assert abs(share(drawn.flows.flow) - share(exact.flow)) < 3 * drawn.half_width["own_share"]
    # as many requests that come one by one are answered by the own officer more often
    apart = hypercube(ServiceSystem(s.calls, s.order, s.minutes, s.scene_minutes))
    assert share(apart.flow) > share(exact.flow) + 0.03
