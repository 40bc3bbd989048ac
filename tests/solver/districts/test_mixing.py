"""What a chain of dependent draws is worth, against chains whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest

from beatplanner.solver.districts.mixing import effective_size, r_hat


def _autoregressive(rho: float, chains: int, draws: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(chains, draws))
    found = np.empty((chains, draws))
    found[:, 0] = steps[:, 0]
    for t in range(1, draws):
        found[:, t] = rho * found[:, t - 1] + np.sqrt(1 - rho**2) * steps[:, t]
    return found


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_an_autoregressive_chain_counts_as_its_formula_says(rho: float):
    chains = _autoregressive(rho, 4, 5000)
    assert effective_size(chains) == pytest.approx(20_000 * (1 - rho) / (1 + rho), rel=0.15)
    assert r_hat(chains) == pytest.approx(1.0, abs=0.01)


def test_a_monotone_change_of_the_figure_changes_nothing():
    chains = _autoregressive(0.7, 4, 300)
    assert effective_size(np.exp(3 * chains)) == pytest.approx(effective_size(chains))
    # distances from the median are another figure then: only the ranks' own part stays
    assert r_hat(2 * chains + 5) == pytest.approx(r_hat(chains))


def test_chains_that_stay_apart_or_drift_are_found():
    rng = np.random.default_rng(5)
    apart = rng.normal(size=(4, 100)) + np.array([[0.0], [0.0], [0.0], [3.0]])
    assert r_hat(apart) > 1.2 and effective_size(apart) < 40
    drift = rng.normal(size=(1, 400)) + np.linspace(0, 4, 400)
    assert r_hat(drift) > 1.2
    # the same middle, another spread: what the folded ranks are for
    spread = rng.normal(size=(4, 200)) * np.array([[1.0], [1.0], [1.0], [8.0]])
    assert r_hat(spread) > 1.1


def test_too_short_or_constant_chains_say_so():
    assert np.isnan(r_hat(np.zeros((4, 6)))) and np.isnan(effective_size(np.zeros((4, 6))))
    assert r_hat(np.ones((4, 20))) == 1.0 and effective_size(np.ones((4, 20))) == 80
