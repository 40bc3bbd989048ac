"""The best prices of the officers' bound so far: what is found is kept where it proves more; the bound itself is evaluated by `bound`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.officers.bound import prefix_prices, price_all, through_costs
from beatplanner.solver.officers.problem import UNLIMITED
from beatplanner.solver.officers.state import INFINITE, SERIES

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays


def limits_moves(a: Arrays) -> bool:
    """Return whether the moves of a month are limited."""
    return a.moves < UNLIMITED


class PostMultipliers:
    """The best multipliers so far and the bound that they prove; without any, each post that nobody can fill costs a vacant month.

    Parameters
    ----------
    a
        The problem.
    """

    def __init__(self, a: Arrays) -> None:
        self.a = a
        places, kinds = len(a.posts), a.has.shape[1]
        self.signature, group = np.unique(a.has, axis=0, return_inverse=True)
        self.group = np.asarray(group, np.int64).reshape(-1)
        month = np.arange(a.months)
        able = a.works & (month < a.stop[:, None]) & ((month >= a.first[:, None]) | (a.home >= 0)[:, None])
        self.short = np.maximum(0, a.posts.sum() - able.sum(axis=0)).astype(np.int64)
        self.series = np.zeros((len(a.first), SERIES + 1, 3), np.int64)
        self.number = np.zeros(len(a.first), np.int64)
        empty = (places, a.months)
        self.best = (
            np.zeros(empty),
            np.zeros(empty),
            np.zeros(empty),
            np.zeros((a.beats, kinds, a.months)),
            np.zeros(a.months),
        )
        self.bound = -INFINITE
        self._prefix, self._priced = (np.zeros(0), np.zeros(0)), None
        self.price(self.best)

    def price(self, multipliers: Sequence[np.ndarray]) -> float:
        """Return the bound that multipliers α, β, γ, δ, μ prove; `series` and `number` hold each officer's cheapest series at them."""
        alpha, beta, gamma, delta, mu = (np.maximum(0.0, x) for x in multipliers)
        # rounding of a linear program must not let a vacancy or a gap earn anything
        a = self.a
        gamma = np.minimum(gamma, a.vacant)
        after = np.concatenate([gamma[:, 1:], np.zeros((len(a.posts), 1))], axis=1)
        alpha = np.minimum(alpha, a.vacant - after)
        for aspect in range(2):
            kinds = a.needs & (a.aspect == aspect)
            alone = np.minimum(delta, a.lack[:, :, None])
            rest = delta - alone
            total = np.where(kinds[:, :, None], rest, 0.0).sum(axis=1, keepdims=True)
            over = np.where(total > a.gap[aspect], a.gap[aspect] / np.maximum(total, 1e-12), 1.0)
            delta = np.where(kinds[:, :, None], alone + rest * over, delta)
        as_rows = np.ascontiguousarray
        made = (
            as_rows(alpha),
            as_rows(beta),
            as_rows(gamma),
            as_rows(delta),
            as_rows(mu if limits_moves(a) else 0.0 * mu),
        )
        found = float(price_all(a, self.short, self.group, self.signature, *made, self.series, self.number))
        if found > self.bound:
            self.bound, self.best = found, made
        return found

    def starts(self, officer: int) -> tuple[float, np.ndarray]:
        """Return the least cost of a series of an officer at the best prices, and (P, T) that of series with a posting that begins there."""
        a = self.a
        if self._priced is not self.best:
            gain = np.zeros((len(self.signature), len(a.posts), a.months + 1))
            room = np.zeros((len(a.posts), a.months + 1))
            prefix_prices(a, self.best[0], self.best[1], self.best[3], self.signature, gain, room)
            self._prefix, self._priced = (gain, room), self.best
        found = np.zeros((len(a.posts), a.months))
        least = through_costs(a, officer, self.group[officer], *self.best, *self._prefix, found)
        return float(least), found
