"""Names of beats on a picture of the whole plan, chosen as on the maps on paper: none on another, on a station or on the legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from beatplanner.data.publish.public.map_labels import Box, Named, placed

MM = 25.4
POINT = MM / 72
# From the middle of a station's sign to its edge, mm.
SIGN = 1.4


class Paper:
    """The millimetres of a figure whose axes have their limits."""

    def __init__(self, figure: Any, axes: Any) -> None:
        self.figure, self.axes = figure, axes
        axes.apply_aspect()
        self.width, self.height = (float(v) * MM for v in figure.get_size_inches())
        self.per_pixel = MM / float(figure.get_dpi())

    def mm(self, coordinates: np.ndarray) -> np.ndarray:
        """Return (n, 2) places of the map in millimetres from the upper left corner of the figure."""
        pixels = self.axes.transData.transform(coordinates) * self.per_pixel
        return np.column_stack([pixels[:, 0], self.height - pixels[:, 1]])

    def data(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of the map that lies so many millimetres from there."""
        at = self.axes.transData.inverted().transform((x / self.per_pixel, (self.height - y) / self.per_pixel))
        return float(at[0]), float(at[1])

    def box(self, artist: Any) -> Box:
        """Return the box of what is drawn, such as a legend."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        extent = artist.get_window_extent(FigureCanvasAgg(self.figure).get_renderer())
        left, right = extent.x0 * self.per_pixel, extent.x1 * self.per_pixel
        return left, self.height - extent.y1 * self.per_pixel, right, self.height - extent.y0 * self.per_pixel


def choose_names(
    paper: Paper,
    beats: gpd.GeoDataFrame,
    names: Mapping[str, str],
    points: float,
    stations: gpd.GeoDataFrame | None = None,
    taken: Sequence[Box] = (),
) -> list[Named | None]:
    """Return the name of each beat, or its number, and where it stands, mm.

    Parameters
    ----------
    paper
        The figure.
    beats
        ``beat`` and polygons.
    names
        What each is called.
    points
        Size of the letters.
    stations
        Points whose signs stay free.
    taken
        Other boxes that stay free, mm.
    """
    used = list(taken)
    if stations is not None and len(stations):
        places = paper.mm(shapely.get_coordinates(stations.geometry.to_numpy()))
        used += [(x - SIGN, y - SIGN, x + SIGN, y + SIGN) for x, y in places.tolist()]
    shapes = [
        shapely.transform(max(shapely.get_parts(s), key=lambda p: p.area), paper.mm) for s in beats.geometry.to_numpy()
    ]
    middles = shapely.get_coordinates(shapely.point_on_surface(np.array(shapes, dtype=object)))
    texts = [(names[b], b) for b in beats["beat"].astype(str)]
    return placed(shapes, middles, texts, points * POINT, used, paper.width, paper.height)


def write_names(paper: Paper, chosen: Sequence[Named | None], points: float, colour: str) -> None:
    """Write the names that were chosen, with a halo."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=2.5, foreground="white")]
    for at in chosen:
        if at is None:
            continue
        text, x, y, end = at
        if end is not None:
            (from_x, from_y), (to_x, to_y) = paper.data(*end), paper.data(x, y)
            paper.axes.plot(
                [from_x, to_x], [from_y, to_y], color=colour, linewidth=0.6, zorder=6, scalex=False, scaley=False
            )
        paper.axes.annotate(
            text,
            paper.data(x, y),
            ha="center",
            va="center",
            fontsize=points,
            fontweight="bold",
            color=colour,
            linespacing=1.1,
            path_effects=halo,
            zorder=7,
        )
