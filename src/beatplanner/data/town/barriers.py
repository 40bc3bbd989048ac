"""What nobody crosses on foot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True)
class Barriers:
    """What nobody crosses on foot, `tree` of parts of it, and the points at which one may.

    Attributes
    ----------
    shape
        Lines or polygons, one geometry.
    crossings
        (c, 2) points, metres.
    """

    shape: shapely.Geometry
    crossings: np.ndarray

    def cut(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Tell which straight ways from a to b, (n, 2) each, a barrier cuts."""
        shapely.prepare(self.shape)
        return np.asarray(shapely.intersects(self.shape, shapely.linestrings(np.stack([a, b], axis=1))))
