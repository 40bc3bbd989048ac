"""The bound of large maps holds, and is that over all pairs but for those that nobody is served by."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import Delaunay

from beatplanner.solver.clock import Watch
from beatplanner.solver.districts.bound import lagrangian_bound
from beatplanner.solver.districts.nearby import nearby_bound, over_all
from beatplanner.solver.districts.search import Search
from beatplanner.solver.districts.solve import DistrictingProblem, _Proof, solve_districts


def cloud(seed: int, n: int = 120, count: int = 8) -> DistrictingProblem:
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 5_000, (n, 2))
    triangles = Delaunay(xy).simplices
    edges = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1), axis=0
    )
    # a river with one bridge, and units without workload
    bank = xy[:, 0] > 2_500
    across = bank[edges[:, 0]] != bank[edges[:, 1]]
    edges = edges[~across | (np.cumsum(across) == 1)]
    weight = np.where(random.random(n) < 0.1, 0.0, random.lognormal(0, 0.6, n) * 20)
    mean = weight.sum() / count
    return DistrictingProblem(weight, xy, edges, np.full(len(edges), 50.0), count, 0.85 * mean, 1.15 * mean)


@pytest.mark.parametrize("seed", range(2))
def test_any_multipliers_prove_no_more_near_than_over_all_pairs(seed):
    problem = cloud(seed)
    search = Search(problem, 1, 1)
    proof = _Proof(problem, search)
    known = solve_districts(problem, seconds=1e6, effort=0.05, nodes=1, seed=1)
    args = (proof.sites.parts, problem.weight, problem.count, problem.lower, problem.upper, known.objective)
    everything = lagrangian_bound(*args)
    near = nearby_bound(problem, search.graph, known.objective, threads=1, multiplier=None, stop=lambda: False)
    # it holds, and loses little to the bound that looks at every pair
    assert near.value <= known.objective * (1 + 1e-9)
    assert near.value == pytest.approx(everything.value, rel=0.01)
    # at multipliers of any kind it is at most what all pairs prove there
    random = np.random.default_rng(seed)
    for scale in (0.3, 1.0, 3.0):
        u = np.where(
            problem.weight > 0, scale * everything.multiplier * random.uniform(0.8, 1.2, len(problem.weight)), 0.0
        )
        exact = lagrangian_bound(*args, steps=0, multiplier=u).value
        found = over_all(problem, search.graph, u, 2)
        assert found is not None and found[0] <= exact + 1e-6 * abs(exact)


def test_without_time_there_is_no_bound():
    problem = cloud(7)
    none = nearby_bound(
        problem, Search(problem, 1, 1).graph, np.inf, threads=1, multiplier=None, stop=Watch(lambda: True)
    )
    assert np.isneginf(none.value)
