"""The ways of a plan's residents to its stations, as its tables tell them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HomeWalks:
    """Homes of the plan: position of the unit, place (h, 2), residents, ways to the stations (h, p), said station and minutes."""

    unit: np.ndarray
    xy: np.ndarray
    people: np.ndarray
    metres: np.ndarray
    station: np.ndarray
    minutes: np.ndarray

    @property
    def least(self) -> np.ndarray:
        """Metres to the nearest station, (h,)."""
        return self.metres.min(axis=1)
