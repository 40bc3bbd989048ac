"""How much a chain of dependent draws is worth: its effective sample size, and whether several chains tell the same.

Both are computed of ranks, so that a figure with a long tail is judged as fairly as another, and of halves of chains, so that a chain that still
drifts is found (Vehtari, Gelman, Simpson, Carpenter and Bürkner, *Rank-normalization, folding, and localization: an improved R-hat for assessing
convergence of MCMC*, Bayesian Analysis 16(2), 2021, equations 1 to 14).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

LEAST_DRAWS = 4  # of half a chain: fewer have no variance that says anything


def r_hat(chains: np.ndarray) -> float:
    """Return how much wider all chains are together than each half of one: 1 where they have forgotten where they began.

    Parameters
    ----------
    chains
        (chains, draws) of one figure.

    Returns
    -------
    float
        The greater of R-hat of the ranks and of the ranks of distances from the median; nan where half a chain has fewer than four draws,
        1 where every draw is alike.
    """
    halves = _halves(chains)
    if halves.shape[1] < LEAST_DRAWS:
        return float("nan")
    if np.ptp(halves) == 0:
        return 1.0
    folded = np.abs(halves - np.median(halves))
    return max(_widened(_normal_scores(halves)), _widened(_normal_scores(folded)))


def effective_size(chains: np.ndarray) -> float:
    """Return as how many independent draws the chains count for a figure's middle.

    Parameters
    ----------
    chains
        (chains, draws) of one figure.

    Returns
    -------
    float
        nan where half a chain has fewer than four draws; the number of draws where every draw is alike. At most draws × log10(draws).
    """
    halves = _halves(chains)
    m, n = halves.shape
    if n < LEAST_DRAWS:
        return float("nan")
    if np.ptp(halves) == 0:
        return float(m * n)
    scores = _normal_scores(halves)
    centred = scores - scores.mean(axis=1, keepdims=True)
    covariance = np.array([(centred[:, : n - t] * centred[:, t:]).sum(axis=1) / n for t in range(n)]).mean(axis=1)
    within = covariance[0] * n / (n - 1)
    whole = covariance[0] + scores.mean(axis=1).var(ddof=1)
    if whole <= 0:
        return float(m * n)
    correlation = 1 - (within - covariance * n / (n - 1)) / whole
    correlation[0] = 1.0
    # pairs of neighbouring lags are positive and fall in a reversible chain (Geyer 1992): the sum ends where they do not
    pairs = correlation[: n - n % 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    pairs = np.minimum.accumulate(pairs[: ends[0]] if len(ends) else pairs)
    time = max(-1 + 2 * float(pairs.sum()), 1 / np.log10(m * n))
    return m * n / time


def _halves(chains: np.ndarray) -> np.ndarray:
    """Return each chain as its first and its last half, the middle draw of an odd number left out."""
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, chains.shape[1] - half :]])


def _normal_scores(values: np.ndarray) -> np.ndarray:
    """Return the normal quantiles of the ranks among all values, ties alike."""
    # a third of a second to import, which all that only could ask for it would wait for
    from scipy.stats import rankdata

    ranks = rankdata(values.ravel()).reshape(values.shape)
    scores: np.ndarray = ndtri((ranks - 0.375) / (values.size + 0.25))
    return scores


def _widened(chains: np.ndarray) -> float:
    """Return R-hat of chains that are split already."""
    n = chains.shape[1]
    within = float(chains.var(axis=1, ddof=1).mean())
    if within <= 0:
        return float("inf")
    between = n * float(chains.mean(axis=1).var(ddof=1))
    return float(np.sqrt(((n - 1) / n * within + between / n) / within))
