"""Where names stand on a map on paper: none on another or on a symbol; what has no room is a number with a line to its place, or is listed.

Boxes are in millimetres: left, top, right, bottom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
# A letter's mean width and half a line's height, in sizes of the font (DejaVu Sans; bold letters are wider).
LETTER, BOLD, HALF_LINE = 0.62, 1.08, 0.62
# So much of a full name lies in its own area.
OWN = 0.7
# Leader lines are tried in rings of so many millimetres, in so many directions.
RINGS, DIRECTIONS = (4.0, 6.0, 8.0, 11.0, 14.0, 18.0, 23.0, 29.0, 36.0, 44.0), 24


def box_of(text: str, x: float, y: float, size: float, *, bold: bool = False) -> Box:
    """Return the box of a text around a place."""
    half, tall = LETTER / 2 * size * len(text) * (BOLD if bold else 1.0), HALF_LINE * size
    return x - half, y - tall, x + half, y + tall


def is_free(box: Box, taken: Iterable[Box], width: float, height: float) -> bool:
    """Return whether a box lies in the frame and on no other box."""
    inside = box[0] >= 0.5 and box[1] >= 0.5 and box[2] <= width - 0.5 and box[3] <= height - 0.5
    return inside and not any(box[0] < t[2] and box[2] > t[0] and box[1] < t[3] and box[3] > t[1] for t in taken)


def inner_places(shape: BaseGeometry, middle: tuple[float, float], step: float) -> Iterator[tuple[float, float]]:
    """Yield places inside a shape, in millimetres, the middle first and then by how near they are to it."""
    yield middle
    west, south, east, north = shape.bounds
    count = max(2.0, math.sqrt(max(1.0, (east - west) * (north - south) / 400)))
    xs = np.arange(west + step / 2, east, max(step, (east - west) / (12 * count)))
    ys = np.arange(south + step / 4, north, max(step / 2, (north - south) / (12 * count)))
    if not len(xs) or not len(ys):
        return
    grid = np.array(np.meshgrid(xs, ys)).reshape(2, -1).T
    grid = grid[shapely.contains_xy(shape, grid[:, 0], grid[:, 1])]
    for x, y in grid[np.argsort(np.hypot(*(grid - middle).T), kind="stable")]:
        yield float(x), float(y)


def around(x: float, y: float) -> Iterator[tuple[float, float]]:
    """Yield places around another one for a text at the end of a line, the nearest first."""
    for ring in RINGS:
        for k in range(DIRECTIONS):
            turn = 2 * math.pi * k / DIRECTIONS
            yield x + ring * math.cos(turn), y + ring * math.sin(turn)


def _mostly_in(box: Box, shape: shapely.Geometry) -> bool:
    """Return whether a name lies so far in its own area that nobody takes it for a neighbour's."""
    paper = shapely.box(*box)
    return bool(shapely.area(shapely.intersection(paper, shape)) >= OWN * shapely.area(paper))


def placed(
    shapes: Sequence[BaseGeometry],
    middles: np.ndarray,
    texts: Sequence[tuple[str, str]],
    size: float,
    taken: Sequence[Box],
    width: float,
    height: float,
) -> list[tuple[str, float, float, bool] | None]:
    """Choose where the names of areas stand.

    Parameters
    ----------
    shapes
        Areas, mm.
    middles
        (n, 2) the place deepest inside each, mm.
    texts
        A full and a short form of each name.
    size
        Of the letters, mm.
    taken
        Boxes of symbols, which stay free.
    width, height
        Of the frame, mm.

    Returns
    -------
    list
        For each area the text, its place, and whether a line leads from there to the middle; None where there is no room at all.
    """
    used = list(taken)
    # a place is kept for the short form of each before any full form is written
    kept = [box_of(short, middles[i][0], middles[i][1], size, bold=True) for i, (_, short) in enumerate(texts)]
    found: list[tuple[str, float, float, bool] | None] = [None] * len(shapes)
    order = sorted(range(len(shapes)), key=lambda i: -float(shapely.area(shapes[i])))
    waiting = []
    for i in order:
        full, step = texts[i][0], size * 2.0
        others = used + [b for j, b in enumerate(kept) if j != i and found[j] is None]
        for x, y in inner_places(shapes[i], tuple(middles[i]), step):
            box = box_of(full, x, y, size, bold=True)
            if is_free(box, others, width, height) and _mostly_in(box, shapes[i]):
                used.append(box)
                found[i] = full, x, y, False
                break
        else:
            waiting.append(i)
    for i in sorted(waiting, key=lambda i: shapes[i].area):
        short = texts[i][1]
        inside = [(x, y, False) for x, y in inner_places(shapes[i], tuple(middles[i]), size)]
        for x, y, line in [*inside, *((x, y, True) for x, y in around(*middles[i]))]:
            box = box_of(short, x, y, size, bold=True)
            if is_free(box, used, width, height):
                used.append(box)
                found[i] = short, x, y, line
                break
    return found
