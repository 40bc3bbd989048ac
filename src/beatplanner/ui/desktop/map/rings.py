"""Outlines as flat arrays, so that thousands of polygons become one painter's path in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from PySide6.QtCore import QByteArray, QDataStream, Qt
from PySide6.QtGui import QPainterPath

# Rings smaller than this on the screen, in pixels, are not worth drawing.
LEAST_RING = 1.2
_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])


@dataclass(frozen=True)
class Rings:
    """Rings of polygons or parts of lines.

    Attributes
    ----------
    xy
        (v, 2) corners, metres.
    start
        (r + 1,) where each ring begins in `xy`.
    feature
        (r,) the polygon or line that each belongs to.
    box
        (r, 4) west, south, east, north.
    """

    xy: np.ndarray
    start: np.ndarray
    feature: np.ndarray
    box: np.ndarray

    @classmethod
    def of(cls, shapes: np.ndarray) -> Rings:
        """Take polygons, lines, or collections of them, (n,)."""
        shapes = np.asarray(shapes, dtype=object)
        parts, whose = shapely.get_parts(shapes, return_index=True)
        kinds = shapely.get_type_id(parts)
        rings, of = shapely.get_rings(parts[kinds == 3], return_index=True)
        lines = np.flatnonzero((kinds == 1) | (kinds == 2))
        outlines = np.concatenate([rings, parts[lines]])
        feature = np.concatenate([whose[kinds == 3][of], whose[lines]]).astype(int)
        xy, ring = shapely.get_coordinates(outlines, return_index=True)
        start = np.searchsorted(ring, np.arange(len(outlines) + 1))
        box = shapely.bounds(outlines).reshape(-1, 4)
        return cls(xy, start, feature, box)

    def path(
        self,
        scale: float,
        offset: tuple[float, float],
        window: tuple[float, float, float, float],
        only: np.ndarray | None = None,
        least: float = LEAST_RING,
    ) -> QPainterPath:
        """Return the outlines in pixels, y pointing down.

        Parameters
        ----------
        scale
            Pixels a metre.
        offset
            Pixel of the map's origin.
        window
            West, south, east, north of what is seen, metres; rings outside are left out.
        only
            (features,) bool: features to draw; None for all.
        least
            Smaller rings, in pixels, are left out.
        """
        west, south, east, north = window
        box = self.box
        seen = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
        seen &= np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) * scale >= least
        if only is not None:
            seen &= only[self.feature]
        rings = np.flatnonzero(seen)
        if not len(rings):
            return QPainterPath()
        first, size = self.start[rings], self.start[rings + 1] - self.start[rings]
        begins = np.cumsum(size) - size
        at = np.arange(size.sum()) - np.repeat(begins, size) + np.repeat(first, size)
        x, y = self.xy[at, 0] * scale + offset[0], offset[1] - self.xy[at, 1] * scale
        move = np.zeros(len(at), bool)
        move[begins] = True
        # corners within the same half pixel as the one before are not seen
        near = np.empty(len(at), bool)
        near[0] = False
        near[1:] = (np.abs(np.diff(x)) < 0.5) & (np.abs(np.diff(y)) < 0.5)
        last = np.zeros(len(at), bool)
        last[begins + size - 1] = True
        kept = ~near | move | last
        return path_of_arrays(x[kept], y[kept], move[kept])


def path_of_arrays(x: np.ndarray, y: np.ndarray, move: np.ndarray) -> QPainterPath:
    """Return a path through points, a new outline where `move` is true, filled by the odd-even rule."""
    elements = np.empty(len(x), _ELEMENT)
    elements["kind"], elements["x"], elements["y"] = ~move, x, y
    # the form in which Qt itself stores a path: elements, the start of the last outline, and the rule of filling
    starts = np.flatnonzero(move)
    content = (
        np.array([len(x)], ">i4").tobytes()
        + elements.tobytes()
        + np.array([starts[-1] if len(starts) else 0, 0], ">i4").tobytes()
    )
    stream = QDataStream(QByteArray(content))
    path = QPainterPath()
    stream.__rshift__(path)  # what `stream >> path` calls
    path.setFillRule(Qt.FillRule.OddEvenFill)
    return path


def path_of(shape: shapely.Geometry) -> QPainterPath:
    """Return the outline of a polygon or line as a painter's path in its own coordinates, y pointing up as on a map."""
    rings = Rings.of(np.array([shape], dtype=object))
    move = np.zeros(len(rings.xy), bool)
    move[rings.start[:-1]] = True
    return path_of_arrays(rings.xy[:, 0], rings.xy[:, 1], move)
