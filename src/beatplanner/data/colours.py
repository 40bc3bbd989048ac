"""Colours of beats on every map: a beat's own, else one that is safe for colour-blind readers, never that of a neighbour, and the same from plan to plan."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

# Light fills on which dark labels can be read. Chosen by search so that any two differ by at least 18 (CIE 1976) for readers with usual colour
# vision and for those without red, green or blue cones (as simulated by Machado, Oliveira and Fernandes 2009); a test measures it.
FILLS = ("#7fa3e2", "#fdd99a", "#a3be9a", "#d091b5", "#d9f4d0", "#76d9f4", "#aca364", "#b5fdfd")
# So many of them are used; the last stays for what comes new while drawing.
USED = len(FILLS) - 1
# Red, green and blue that are no further apart than this look alike.
ALIKE = 48.0


def beat_colours(beats: gpd.GeoDataFrame, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a colour for each beat id.

    Parameters
    ----------
    beats
        Polygons with ``beat``, and ``colour`` where a plan has given them colours already, which they keep.
    own
        Colours that a planner gave, by id; they come before everything else.
    """
    ids = [str(b) for b in beats["beat"]]
    known = dict(zip(ids, beats["colour"], strict=True)) if "colour" in beats else {}
    kept = {b: c for b, c in known.items() if isinstance(c, str) and c} | {b: c for b, c in (own or {}).items() if c}
    if all(b in kept for b in ids):
        return {b: kept[b] for b in ids}
    near = _neighbours(beats)
    found: dict[int, str] = {i: kept[b] for i, b in enumerate(ids) if b in kept}
    for i in smallest_last(near):
        if i in found:
            continue
        around = [found[o] for o in near[i] if o in found]
        free = [c for c in FILLS[:USED] if not any(alike(c, other) for other in around)]
        first = FILLS[preferred(ids[i])]
        found[i] = first if first in free or not free else free[0]
    return {b: found[i] for i, b in enumerate(ids)}


def beat_numbers(beats: gpd.GeoDataFrame) -> dict[str, int]:
    """Return a number below `USED` for each beat id, for patterns that are told apart without colour; beats that touch have different ones."""
    ids, near = [str(b) for b in beats["beat"]], _neighbours(beats)
    colours = beat_colours(beats)
    found: dict[int, int] = {}
    for i in smallest_last(near):
        taken = {found[o] for o in near[i] if o in found}
        colour = colours[ids[i]]
        first = FILLS.index(colour) % USED if colour in FILLS else preferred(ids[i])
        free = [k for k in range(USED) if k not in taken]
        found[i] = first if first in free or not free else free[0]
    return {b: found[i] for i, b in enumerate(ids)}


def preferred(beat: str) -> int:
    """Return the number of the fill that a beat has wherever its neighbours let it: it depends on the id alone, so that plans agree."""
    return (int(beat) - 1 if beat.isascii() and beat.isdigit() else zlib.crc32(beat.encode())) % USED


def alike(one: str, other: str) -> bool:
    """Whether two colours, written like ``#7fa3e2``, cannot be told apart at a glance."""
    a, b = (np.array([int(c[k : k + 2], 16) for k in (1, 3, 5)], float) for c in (one, other))
    return float(np.linalg.norm(a - b)) < ALIKE


def _neighbours(beats: gpd.GeoDataFrame) -> list[set[int]]:
    shapes = beats.geometry.to_numpy()
    near: list[set[int]] = [set() for _ in shapes]
    for i, j in zip(*shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=1.0), strict=True):
        if i != j:
            near[int(i)].add(int(j))
    return near


def smallest_last(near: list[set[int]]) -> list[int]:
    """Return the order in which a map drawn in the plane never needs more than six colours (Matula and Beck 1983).

    Parameters
    ----------
    near
        Of each area its neighbours.
    """
    order: list[int] = []
    left, remaining = [set(n) for n in near], set(range(len(near)))
    while remaining:
        area = min(remaining, key=lambda a: (len(left[a]), a))
        remaining.remove(area)
        order.append(area)
        for other in left[area]:
            left[other].discard(area)
    return order[::-1]
