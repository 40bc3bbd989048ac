"""The queueing models: against the balance equations solved apart, published formulas, and each other."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

from beatplanner.solver.service.approximate import CONTRADICTS, approximate, birth_and_death, by_formulas, correction
from beatplanner.solver.service.backup import backup_share
from beatplanner.solver.service.groups import by_groups
from beatplanner.solver.service.hypercube import hypercube
from beatplanner.solver.service.simulation import simulate
from beatplanner.solver.service.system import ServiceSystem, preference, waits_by_priority


def random_system(
    seed: int, *, servers: int = 0, load: float = 0.0, atoms: int = 0, waits: bool = True, travel: bool = False
):
    random = np.random.default_rng(seed)
    servers = servers or int(random.integers(2, 11))
    atoms = atoms or int(random.integers(servers, 3 * servers))
    place = random.uniform(0, 10, (atoms, 2))
    minutes = np.hypot(*(place[random.integers(0, atoms, servers)][:, None] - place[None]).transpose(2, 0, 1)) * 2
    beat = np.argmin(minutes, axis=0)
    own = np.arange(servers)[:, None] == beat[None, :]
    calls = random.uniform(0.1, 1.0, atoms)
    scene = 30.0
    load = load or random.uniform(0.05, 0.85)
    calls *= load * servers / (calls.sum() * scene / 60)
    return ServiceSystem(calls, preference(minutes, own), minutes, scene, travel, waits), own


def balance_equations(system: ServiceSystem, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve the balance equations of all states by one sparse system (no line of the solver's), and return flows and busy shares."""
    n = system.servers
    states = np.arange(2**n)
    a = np.zeros((2**n, 2**n))
    first = np.full((len(system.calls), 2**n), -1)
    for u, order in enumerate(system.order):
        for i in order[::-1]:
            first[u, states >> i & 1 == 0] = i
        np.add.at(a, (states[:-1] | 1 << first[u, :-1], states[:-1]), system.calls[u])
    for i in range(n):
        taken = states[states >> i & 1 == 1]
        a[taken ^ 1 << i, taken] += rate[i]
    a[states, states] -= a.sum(axis=0)
    a[-1] = 1.0
    # a dense solver's threads would wait for each other where tests run beside others
    p = spsolve(csc_array(a), np.eye(2**n)[-1])
    ratio = system.calls.sum() / rate.sum()
    tail = p[-1] * ratio / (1 - ratio) if system.waits else 0.0
    p, tail = p / (1 + tail), tail / (1 + tail)
    flow = np.array([np.bincount(row[:-1], weights=p[:-1], minlength=n) for row in first]).T * system.calls
    if system.waits:
        flow += (p[-1] + tail) * np.outer(rate / rate.sum(), system.calls)
    busy = np.array([p[states >> i & 1 == 1].sum() + tail for i in range(n)])
    return flow, busy


def test_the_exact_model_solves_the_balance_equations_of_two_hundred_systems():
    for seed in range(200):
        system, _ = random_system(seed, servers=2 + seed % 7 if seed < 184 else 9 + seed % 2, waits=seed % 3 != 0)
        found = hypercube(system)
        flow, busy = balance_equations(system, np.full(system.servers, 60 / system.scene_minutes))
        assert np.abs(found.flow - flow).max() <= 1e-8 * min(system.total, 1.0), seed
        assert np.abs(found.busy - busy).max() <= 1e-8, seed
        assert found.flow.sum() == pytest.approx(system.total * (1 - found.lost_share), rel=1e-9)


def test_travel_that_counts_is_part_of_the_time_of_the_calls_answered():
    system, _ = random_system(3, servers=4, load=0.4, travel=True)
    found = hypercube(system)
    service = 0.5 + (found.flow * system.minutes).sum(axis=1) / found.flow.sum(axis=1) / 60
    _, busy = balance_equations(system, 1 / service)
    assert np.abs(found.busy - busy).max() <= 1e-7
    # work that comes in is work that is done
    assert (found.flow.sum(axis=1) * service) == pytest.approx(found.busy, abs=0.02)


def test_two_servers_of_two_beats_by_hand():
    # λ1 = λ2 = 1/2 and μ = 1 (Larson & Odoni 1981, ch. 5): p(00) = 1/2.5, each single state 0.5 of it, both 0.5 of it
    system = ServiceSystem(
        np.array([0.5, 0.5]), np.array([[0, 1], [1, 0]]), np.array([[1.0, 3.0], [3.0, 1.0]]), 60.0, waits=False
    )
    found = hypercube(system)
    assert found.lost_share == pytest.approx(0.2)
    assert found.busy == pytest.approx([0.4, 0.4])
    # of its own calls a server answers those that find it free: 0.6
    assert found.flow == pytest.approx(np.array([[0.3, 0.1], [0.1, 0.3]]))


def test_equal_servers_are_the_formulas_of_erlang():
    for servers, offered in ((3, 2.0), (8, 5.5)):
        calls = np.array([offered * 2])
        system = ServiceSystem(calls, np.arange(servers)[None, :], np.ones((servers, 1)), 30.0)
        c = (offered**servers / math.factorial(servers)) / (1 - offered / servers)
        c /= sum(offered**k / math.factorial(k) for k in range(servers)) + c
        found = hypercube(system)
        assert found.wait_share == pytest.approx(c, rel=1e-9)
        assert found.mean_wait_minutes == pytest.approx(60 * c * 0.5 / (servers - offered), rel=1e-9)
        assert birth_and_death(servers, offered, waits=True)[1] == pytest.approx(c, rel=1e-9)


def test_larsons_three_servers_have_the_published_workloads():
    """The city of three servers and ten atoms of Larson and Odoni, *Urban Operations Research* (1981), 5.4.3 and 5.5.3, with a queue.

    1.5 calls in the time of one service; half of them from the area of server 1 (backed up by 2 in atoms 1 and 2, by 3 in atom 4), the others
    from those of 2 and of 3, which 1 backs up. Exact workloads as printed: 0.5574, 0.4734, 0.4693. The rates of single atoms stand in a
    figure; of the sums by order in multiples of 0.05, only one gives these workloads to the printed digits.
    """
    order = np.array([[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 0, 1]])
    printed = np.array([0.5574, 0.4734, 0.4693])

    def workloads(first, second):
        calls = np.array([first, 0.75 - first, second, 0.75 - second])
        return hypercube(ServiceSystem(calls, order, np.ones((3, 4)), 60.0)).busy

    assert workloads(0.5, 0.35) == pytest.approx(printed, abs=5.1e-5)
    steps = np.arange(16) * 0.05
    fits = [(a, b) for a in steps for b in steps if np.abs(workloads(a, b) - printed).max() < 5.1e-5]
    assert np.allclose(fits, [(0.5, 0.35)])
    # a system of so few is exact in our approximation; the book's, of formulas, is within about 1 %: 0.5627, 0.4716, 0.4657
    near = approximate(ServiceSystem(np.array([0.5, 0.25, 0.35, 0.4]), order, np.ones((3, 4)), 60.0)).busy
    assert np.abs(near - printed).max() <= np.abs(np.array([0.5627, 0.4716, 0.4657]) - printed).max()


def test_correction_factors_are_those_printed():
    """Q(3, ½, j) of Larson's approximation: 1, 0.73684 and 0.63158 (*Urban Operations Research*, 5.5.3)."""
    assert correction(birth_and_death(3, 1.5, waits=True)[0], 0.5, 3) == pytest.approx([1, 0.73684, 0.63158], abs=5e-6)


FIGURES = (
    lambda system, own, f: f.flow[own].sum() / f.flow.sum(),
    lambda system, own, f: f.busy.mean(),
    lambda system, own, f: (f.flow * system.minutes).sum() / f.flow.sum(),
)


@pytest.mark.parametrize("load", [0.2, 0.5, 0.7, 0.85])
def test_the_approximation_is_within_two_percent_of_the_exact_model_at_ten_servers(load):
    for seed in range(3):
        system, own = random_system(seed, servers=10, atoms=25 + seed, load=load, waits=seed % 2 == 0)
        exact, near, formulas = hypercube(system), approximate(system), by_groups(system)
        # so few are solved exactly sooner than by formulas, which come near
        assert np.array_equal(near.flow, exact.flow) and near.busy.max() < 1
        assert formulas.flow.sum() == pytest.approx(exact.flow.sum(), rel=1e-6)
        for figure in FIGURES:
            assert figure(system, own, formulas) == pytest.approx(figure(system, own, exact), rel=0.02), seed


def uneven_system(seed: int, servers: int, load: float, waits: bool) -> tuple[ServiceSystem, np.ndarray]:
    """Return a system of a town with a few dense quarters; some beats have several officers, and some none."""
    random = np.random.default_rng(seed)
    places = np.vstack([random.normal(random.uniform(0, 10, 2), 0.7, (servers, 2)) for _ in range(3)])
    centres = random.uniform(0, 10, (servers - 2, 2))
    beat = np.argmin(((places[:, None] - centres[None]) ** 2).sum(axis=-1), axis=1)
    of = random.integers(0, len(centres), servers)
    minutes = np.hypot(*(centres[of][:, None] - places[None]).transpose(2, 0, 1)) * 2.6
    own = of[:, None] == beat[None, :]
    calls = random.gamma(0.5, 1.0, len(places))
    calls *= load * servers * 2 / calls.sum()
    return ServiceSystem(calls, preference(minutes, own), minutes, 30.0, waits=waits), own


@pytest.mark.parametrize("servers", [13, 24])
def test_where_calls_are_uneven_formulas_that_contradict_themselves_give_way(servers):
    worst = 0.0
    for seed, load in ((6, 0.4), (7, 0.4)):
        system, own = uneven_system(seed, servers, load, waits=seed % 2 == 0)
        near, formulas = approximate(system), (by_groups if servers <= 16 else by_formulas)(system)
        known = hypercube(system) if servers <= 13 else simulate(system, own, calls=400_000, seed=3).flows
        assert formulas.apart > CONTRADICTS and near.drawn and near.busy.max() <= 1 and formulas.busy.max() <= 1
        assert near.busy == pytest.approx(known.busy, abs=0.03)
        assert near.flow.sum() == pytest.approx(system.total * (1 - near.lost_share), rel=1e-6)
        for figure in FIGURES:
            assert figure(system, own, near) == pytest.approx(figure(system, own, known), rel=0.025)
        worst = max(worst, float(np.abs(formulas.busy - known.busy).max()))
    assert worst > 0.05


def test_where_beats_are_alike_formulas_agree_with_themselves_and_are_kept():
    places = np.array([(x, y) for x in range(8) for y in range(8)], float)
    beat = (places[:, 0] // 2 * 4 + places[:, 1] // 2).astype(int)
    centres = np.array([places[beat == b].mean(axis=0) for b in range(16)])
    minutes = np.hypot(*(centres[:, None] - places[None]).transpose(2, 0, 1)) * 2
    own = np.arange(16)[:, None] == beat[None, :]
    system = ServiceSystem(np.full(64, 0.15), preference(minutes, own), minutes, 30.0)
    near = approximate(system)
    assert near.apart <= CONTRADICTS and not near.drawn


@pytest.mark.parametrize("load", [0.2, 0.5, 0.8])
def test_the_approximation_is_within_five_percent_of_a_long_simulation_at_forty_beats(load):
    system, own = random_system(8, servers=40, atoms=160, load=load)
    near, drawn = approximate(system), simulate(system, own, calls=400_000, seed=1).flows
    assert near.flow.sum(axis=0) == pytest.approx(system.calls, rel=1e-9)
    for figure in FIGURES:
        assert figure(system, own, near) == pytest.approx(figure(system, own, drawn), rel=0.05)


def test_a_simulation_agrees_with_the_exact_model_within_its_interval_and_repeats_itself():
    system, own = random_system(5, servers=5, load=0.5)
    exact, drawn = hypercube(system), simulate(system, own, calls=100_000, seed=1)
    assert np.array_equal(drawn.flows.flow, simulate(system, own, calls=100_000, seed=1).flows.flow)
    share = drawn.flows.flow[own].sum() / drawn.flows.flow.sum()
    assert abs(share - exact.flow[own].sum() / exact.flow.sum()) <= 2 * drawn.half_width["own_share"]
    assert abs(drawn.flows.wait_share - exact.wait_share) <= 2 * drawn.half_width["wait_share"]


def test_what_is_lost_does_not_depend_on_the_distribution_of_the_time_on_scene():
    # Erlang's loss formula holds for M/G/c/c
    system = ServiceSystem(np.array([6.0]), np.arange(4)[None, :], np.ones((4, 1)), 30.0, waits=False)
    lost = birth_and_death(4, 3.0, waits=False)[2]
    drawn = simulate(system, np.ones((4, 1), bool), calls=200_000, seed=2, variation=2.0)
    assert drawn.flows.lost_share == pytest.approx(lost, abs=0.012)


def test_more_calls_than_anybody_can_answer_are_told():
    system, own = random_system(1, servers=3, load=1.1)
    assert not hypercube(system).stable and not approximate(system).stable and not simulate(system, own).flows.stable


def test_urgent_calls_wait_less_and_all_wait_as_long_as_before():
    # M/M/1 with 0.4 and 0.8 calls an hour of 30 minutes, Cobham by hand: ρ = 0.2 and 0.4, W0 = 0.6 × 30 minutes
    system = ServiceSystem(np.array([1.2]), np.array([[0]]), np.zeros((1, 1)), 30.0)
    flows = hypercube(system)
    waits = waits_by_priority(system, flows, {1: 0.4, 2: 0.8})
    assert waits[1] == pytest.approx(18 / 0.8) and waits[2] == pytest.approx(18 / (0.8 * 0.4))
    assert (0.4 * waits[1] + 0.8 * waits[2]) / 1.2 == pytest.approx(flows.mean_wait_minutes)


@pytest.mark.parametrize("waits", [True, False])
def test_backup_is_there_where_a_second_server_is_free_and_near(waits):
    """Two servers who are both near: the second is free in the state in which both are; one who is far is no backup."""
    minutes = np.array([[1.0, 3.0], [3.0, 1.0]])
    system = ServiceSystem(np.array([0.5, 0.5]), np.array([[0, 1], [1, 0]]), minutes, 60.0, waits=waits)
    flows = hypercube(system)
    assert flows.states is not None
    free = flows.states[0] / (1 - flows.lost_share)
    assert backup_share(system, flows, 5.0) == pytest.approx([free, free])
    # within two minutes only the own server: it helps where the other one was asked first, which never is
    assert backup_share(system, flows, 2.0) == pytest.approx([0, 0])
    large, _ = random_system(4, servers=6, load=0.3, waits=waits)
    exact, alone = hypercube(large), replace(hypercube(large), states=None)
    assert np.abs(backup_share(large, exact, 9.0) - backup_share(large, alone, 9.0)).max() < 0.1


def test_ways_that_differ_by_rounding_alone_are_ties():
    minutes = np.array([[1.0 + 4e-12, 2.0], [1.0, 2.0 + 4e-12]])
    assert preference(minutes, np.zeros((2, 2), bool)).tolist() == [[0, 1], [0, 1]]
