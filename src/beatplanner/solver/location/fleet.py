"""Whole vehicles of a force, as the roll-out sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# So little of a vehicle is rounding; more than what the solver takes for nothing.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Fleet:
    """Whole vehicles of the force.

    Attributes
    ----------
    need, more
        (T,) needed whatever starts; (A, T, T) more for an area that starts in year s, by s and year.
    price, yearly
        (P, T) what one that is bought, and one that runs, costs each payer in each year.
    life
        Years that one lasts.
    """

    need: np.ndarray
    more: np.ndarray
    price: np.ndarray
    yearly: np.ndarray
    life: int

    @staticmethod
    def none(payers: int, areas: int, years: int) -> Fleet:
        """Return a force without vehicles."""
        nothing = np.zeros((payers, years))
        return Fleet(np.zeros(years), np.zeros((areas, years, years)), nothing, nothing, 1)
