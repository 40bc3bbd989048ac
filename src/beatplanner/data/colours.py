"""Colours of beats on every map: a beat's own, else one that is safe for colour-blind readers, never that of a neighbour, and the same from plan to plan.

A beat that lives on keeps the colour that it had: a planner's, else that with which today's beats are shown. There is one way of colouring: the window,
the plan, its maps and the checker all ask here.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from beatplanner.data.formats import geometry

if TYPE_CHECKING:
    import geopandas as gpd

# Light fills on which dark labels can be read. Chosen by search so that any two differ by at least 18 (CIE 1976) for readers with usual colour
# vision and for those without red, green or blue cones (as simulated by Machado, Oliveira and Fernandes 2009); a test measures it.
FILLS = ("#7fa3e2", "#fdd99a", "#a3be9a", "#d091b5", "#d9f4d0", "#76d9f4", "#aca364", "#b5fdfd")
# So many of them are used; the last stays for what comes new while drawing.
USED = len(FILLS) - 1
# Red, green and blue that are no further apart than this look alike.
ALIKE = 48.0


def beat_colours(
    beats: gpd.GeoDataFrame, own: Mapping[str, str] | None = None, before: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a colour for each beat id; the order of the rows does not matter.

    Parameters
    ----------
    beats
        Polygons with ``beat``, and ``colour`` where a plan has given them colours already, which they keep.
    own
        Colours that a planner gave, by id; they come before everything else.
    before
        Colours that beats had, by id, as those of `today_colours`; see `colours_of`.
    """
    ids = [str(b) for b in beats["beat"]]
    known = dict(zip(ids, beats["colour"], strict=True)) if "colour" in beats else {}
    kept = {b: c for b, c in known.items() if isinstance(c, str) and c} | {b: c for b, c in (own or {}).items() if c}
    if all(b in kept for b in ids):
        return {b: kept[b] for b in ids}
    return colours_of(ids, neighbours(beats.geometry.to_numpy()), kept, before)


def today_colours(current: np.ndarray, polygons: np.ndarray) -> dict[str, str]:
    """Return the colours that today's beats are shown with where no planner gave them others, by id.

    Parameters
    ----------
    current, polygons
        (n,) today's beat of each unit, text or None, and its shape.
    """
    ids, shapes = today_shapes(current, polygons)
    return colours_of(ids, neighbours(shapes))


def today_shapes(current: np.ndarray, polygons: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the ids of today's beats, sorted as text, and their polygons."""
    members = np.flatnonzero([isinstance(c, str) for c in current])
    ids, number = np.unique(np.asarray(current, dtype=object)[members].astype(str), return_inverse=True)
    shapes = np.array([geometry.dissolve(polygons[members[number == k]]) for k in range(len(ids))], dtype=object)
    return [str(b) for b in ids], shapes


def with_shown(today: Mapping[str, str], shown: Mapping[str, object]) -> dict[str, str]:
    """Return the colours that beats of a drawing had, by id: those of today's beats, and of all others with which they were `shown` while they were drawn."""
    return {b: str(c) for b, c in shown.items() if c in FILLS} | dict(today)


def colours_of(
    ids: Sequence[str],
    near: Sequence[set[int]],
    own: Mapping[str, str] | None = None,
    before: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return a colour for each beat id, whatever the order in which they are told.

    Parameters
    ----------
    ids
        Of the beats.
    near
        Of each beat the positions of its neighbours.
    own
        Colours that stay whatever the neighbours have, by id.
    before
        Colours that stay unless a neighbour's looks alike, by id: of two such beats the first by id keeps its colour. All others have that which their
        id likes best where they can, else one that no neighbour has.
    """
    order = sorted(range(len(ids)), key=lambda i: _by_number(ids[i]))
    place = {i: k for k, i in enumerate(order)}
    found = _given([ids[i] for i in order], [{place[o] for o in near[i]} for i in order], own or {}, before or {})
    return {b: found[b] for b in ids}


def older_beat_colours(beats: gpd.GeoDataFrame, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the colours that a plan had before its beats kept those of today's: as `beat_colours`, by the order of the rows."""
    return _given([str(b) for b in beats["beat"]], neighbours(beats.geometry.to_numpy()), own or {}, {})


def _given(
    ids: Sequence[str], near: Sequence[set[int]], own: Mapping[str, str], before: Mapping[str, str]
) -> dict[str, str]:
    """Return the colours by id; a beat that has seven colours around it takes that of neighbours which only have it from before."""
    order, lapsed = smallest_last(near), set[int]()
    while True:
        found = {i: own[b] for i, b in enumerate(ids) if own.get(b)}
        kept: set[int] = set()
        for i, b in enumerate(ids):
            if i in found or i in lapsed or not before.get(b):
                continue
            if not any(alike(before[b], found[o]) for o in near[i] if o in found):
                found[i] = before[b]
                kept.add(i)
        way_out = _rest(ids, near, order, found, kept)
        if not way_out:
            return {b: found[i] for i, b in enumerate(ids)}
        lapsed |= way_out


def _rest(
    ids: Sequence[str], near: Sequence[set[int]], order: Sequence[int], found: dict[int, str], kept: set[int]
) -> set[int]:
    """Give colours to those that have none, in `found`; return the beats that must give up their colour first, none where all went well."""
    for i in order:
        if i in found:
            continue
        around = {o for o in near[i] if o in found}
        free = [c for c in FILLS[:USED] if not any(alike(c, found[o]) for o in around)]
        first = FILLS[preferred(ids[i])]
        if not free:
            holders = [{o for o in around if alike(c, found[o])} for c in FILLS[:USED]]
            willing = [h for h in holders if h <= kept]
            if willing:
                return min(willing, key=lambda h: (len(h), sorted(h)))
        found[i] = first if first in free or not free else free[0]
    return set()


def beat_numbers(beats: gpd.GeoDataFrame, colours: Mapping[str, str] | None = None) -> dict[str, int]:
    """Return a number below `USED` for each beat id, for patterns that are told apart without colour; beats that touch have different ones."""
    ids = [str(b) for b in beats["beat"]]
    return numbers_of(ids, neighbours(beats.geometry.to_numpy()), colours or beat_colours(beats))


def numbers_of(ids: Sequence[str], near: Sequence[set[int]], colours: Mapping[str, str]) -> dict[str, int]:
    """Return the number of each beat's fill, by id; one whose colour is none of the fills has a number that no neighbour has."""
    order = sorted(smallest_last(near), key=lambda i: colours[ids[i]] not in FILLS)
    found: dict[int, int] = {}
    for i in order:
        taken = {found[o] for o in near[i] if o in found}
        colour = colours[ids[i]]
        first = FILLS.index(colour) % USED if colour in FILLS else preferred(ids[i])
        free = [k for k in range(USED) if k not in taken]
        found[i] = first if first in free or not free else free[0]
    return {b: found[i] for i, b in enumerate(ids)}


def preferred(beat: str) -> int:
    """Return the number of the fill that a beat has wherever its neighbours let it: it depends on the id alone, so that plans agree."""
    return (int(beat) - 1 if beat.isascii() and beat.isdigit() else zlib.crc32(beat.encode())) % USED


@lru_cache(maxsize=4096)
def alike(one: str, other: str) -> bool:
    """Whether two colours, written like ``#7fa3e2``, cannot be told apart at a glance."""
    a, b = (np.array([int(c[k : k + 2], 16) for k in (1, 3, 5)], float) for c in (one, other))
    return float(np.linalg.norm(a - b)) < ALIKE


def neighbours(
    shapes: np.ndarray, changed: np.ndarray | None = None, before: Sequence[set[int]] = ()
) -> list[set[int]]:
    """Return of each polygon the positions of those that it touches.

    Parameters
    ----------
    shapes
        Polygons, None for one without ground.
    changed, before
        Positions of those that are not as they were, and the neighbours that the first of them had then; only these are looked at anew.
    """
    asked = np.arange(len(shapes)) if changed is None else changed
    renewed = {int(k) for k in asked}
    near: list[set[int]] = [set() for _ in shapes]
    for k in range(len(shapes)):
        near[k] |= set() if k in renewed else before[k] - renewed
    found = shapely.STRtree(shapes).query(shapes[asked], predicate="dwithin", distance=1.0)
    for i, j in zip(asked[found[0]], found[1], strict=True):
        if i != j:
            near[int(i)].add(int(j))
            near[int(j)].add(int(i))
    return near


def _by_number(beat: str) -> tuple[bool, int, str]:
    """Sort “9” before “10”, and numbers before names."""
    return not beat.isdecimal(), int(beat) if beat.isdecimal() else 0, beat


def smallest_last(near: Sequence[set[int]]) -> list[int]:
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
