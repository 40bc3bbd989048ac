"""Units as a coverage: gaps, overlaps and slivers between them are closed within a limit, and what was moved is told.

Residents are columns of the units and no business of their borders: whatever is closed here, their number stays what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from beatplanner.data.findings import listed
from beatplanner.data.formats import geometry

# A unit that would change by more than this share of its area is left as it is: so large an error is for people to judge.
LARGEST_CHANGE = 0.05
# Parts of a unit below this many m² are slivers of an edit, not land; and so are those narrower than this, in metres.
SLIVER_AREA = 10.0
SLIVER_WIDTH = 0.5
# Changes below this many m² come from moving points onto each other and are no gap or overlap worth a word.
NOTICED = 1.0
# Parts of one unit between which links are looked for.
MOST_PARTS = 300
# Corners from which on only a piece of an outline is laid beside another shape.
LONG_OUTLINE = 200


@dataclass(frozen=True)
class Mended:
    """A coverage and what was done to it.

    Attributes
    ----------
    polygons
        (n,) polygons or multipolygons.
    changed
        (n,) m² that each gained (positive) or lost.
    notes
        What was closed, in sentences.
    left
        What was not, and why.
    matched
        (n,) bool: polygons whose borders match those of their neighbours to the last digit, so that none overlaps another; None where
        that was not looked at.
    """

    polygons: np.ndarray
    changed: np.ndarray
    notes: tuple[str, ...]
    left: tuple[str, ...]
    matched: np.ndarray | None = None


def mend_coverage(polygons: np.ndarray, names: Sequence[str], metres: float) -> Mended:
    """Close gaps and overlaps between units.

    Parameters
    ----------
    polygons
        (n,) valid polygons, metres.
    names
        Of the units, for messages.
    metres
        Gaps are closed up to this width; 0 closes nothing.

    Notes
    -----
    GEOS (3.14) finds the edges that do not match and rebuilds the coverage; each piece of a gap or overlap goes to the unit with which it
    shares the longest border. A coverage without such edges is returned as it is, to the last digit.
    """
    nothing = np.zeros(len(polygons))
    if metres == 0 or len(polygons) < 2:
        return Mended(polygons, nothing, (), ())
    notes: list[str] = []
    kept, slivers = _without_slivers(polygons)
    if slivers.any():
        notes.append(
            f"{int(slivers.sum()):,} slivers of less than {SLIVER_AREA:g} m² were taken out of {listed(np.asarray(names)[slivers > 0], 5)}"
        )
    wrong = ~shapely.is_empty(geometry.coverage_gaps(kept, metres))
    if not wrong.any():
        return Mended(kept, shapely.area(kept) - shapely.area(polygons), tuple(notes), (), ~wrong)
    before = shapely.area(kept)
    left: list[str] = []
    # only what does not match, and its neighbours, is rebuilt
    tree = shapely.STRtree(kept)
    near = np.unique(tree.query(kept[wrong], predicate="dwithin", distance=metres)[1])
    found = _clean(kept, near, metres)
    over = np.abs(shapely.area(found) - before) > np.maximum(LARGEST_CHANGE * before, NOTICED)
    if over.any():
        far = np.flatnonzero(over)
        share = np.abs(shapely.area(found) - before)[far] / before[far]
        first = far[np.argmax(share)]
        left.append(
            f"{len(far):,} units would change by more than {LARGEST_CHANGE:.0%} of their area and were left as they are, most of all {names[first]} "
            f"({share.max():.0%}): {listed(np.asarray(names)[far], 5)}"
        )
        found = _clean(kept, np.setdiff1d(near, far), metres)
        again = np.abs(shapely.area(found) - before) > np.maximum(LARGEST_CHANGE * before, NOTICED)
        if again.any():
            return Mended(kept, shapely.area(kept) - shapely.area(polygons), tuple(notes), tuple(left), ~wrong)
    changed = shapely.area(found) - before
    moved = np.flatnonzero(np.abs(changed) > NOTICED)
    if len(moved):
        most = moved[np.argmax(np.abs(changed[moved]))]
        notes.append(
            f"gaps and overlaps between units were closed: {len(moved):,} units changed by {np.abs(changed[moved]).sum():,.0f} m² in all, most of "
            f"all {names[most]} by {abs(changed[most]):,.0f} m² ({abs(changed[most]) / before[most]:.1%})"
        )
    return Mended(found, shapely.area(found) - shapely.area(polygons), tuple(notes), tuple(left), ~wrong)


def _clean(polygons: np.ndarray, at: np.ndarray, metres: float) -> np.ndarray:
    """Return the polygons with those at some positions rebuilt as a coverage; one that would vanish keeps its shape."""
    found = polygons.copy()
    if len(at) < 2:
        return found
    cleaned = geometry.coverage_clean(polygons[at], metres)
    usable = ~(shapely.is_missing(cleaned) | shapely.is_empty(cleaned)) & shapely.is_valid(cleaned)
    found[at[usable]] = cleaned[usable]
    return found


def _without_slivers(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return multi-part units without their slivers, and how many each lost; the largest part always stays."""
    lost = np.zeros(len(polygons), int)
    found = polygons
    for i in np.flatnonzero(shapely.get_num_geometries(polygons) > 1):
        parts = shapely.get_parts(polygons[i])
        area = shapely.area(parts)
        # area over half the perimeter is about the width of a long thin shape
        width = area / np.maximum(shapely.length(parts) / 2, 1e-9)
        thin = (area < SLIVER_AREA) | (width < SLIVER_WIDTH)
        thin[np.argmax(area)] = False
        if thin.any():
            if found is polygons:
                found = polygons.copy()
            lost[i] = thin.sum()
            kept = parts[~thin]
            found[i] = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
    return found, lost


def part_links(polygons: np.ndarray, gap: float) -> list[tuple[int, float]]:
    """Return the links that units in several parts need to be one piece of ground.

    Parts up to `gap` metres apart, as those on both sides of a street or river, are one piece.

    Returns
    -------
    list of tuple of int and float
        Position of the unit and metres of a link between two of its pieces, the shortest that join all; the longest first.
    """
    found: list[tuple[int, float]] = []
    for i in np.flatnonzero(shapely.get_num_geometries(polygons) > 1):
        parts = shapely.get_parts(polygons[i])
        # of an archipelago the largest islands
        parts = parts[np.argsort(-shapely.area(parts), kind="stable")[:MOST_PARTS]]
        found += [(int(i), float(metres)) for metres in spanning_links(parts) if metres > gap]
    return sorted(found, key=lambda v: -v[1])


def spanning_links(parts: np.ndarray) -> list[float]:
    """Return the metres of the shortest links that join all parts, one fewer than there are (a minimum spanning tree, by Prim).

    Distances are taken only where the frames of two parts are nearer than the best link so far: an archipelago with a long coast has
    thousands of pairs that no link uses.
    """
    bounds = shapely.bounds(parts)
    best = np.full(len(parts), np.inf)
    left = np.ones(len(parts), bool)
    links: list[float] = []
    joined = 0
    left[0] = False
    for _ in range(len(parts) - 1):
        rest = np.flatnonzero(left)
        low, high = bounds[joined, :2], bounds[joined, 2:]
        gaps = np.maximum(0.0, np.maximum(low - bounds[rest, 2:], bounds[rest, :2] - high))
        near = rest[np.hypot(*gaps.T) < best[rest]]
        best[near] = np.minimum(best[near], _distances(parts[joined], parts[near]))
        joined = int(rest[np.argmin(best[rest])])
        links.append(float(best[joined]))
        left[joined] = False
    return links


def _distances(shape: shapely.Geometry, others: np.ndarray) -> np.ndarray:
    """Return the distance of a polygon to each of others, metres; of a long outline only what can be nearest is looked at."""
    if len(others) < 2 or shapely.get_num_coordinates(shape) < LONG_OUTLINE:
        return shapely.distance(shape, others)
    # loaded where an outline is long: it takes longer to load than a town's units to read
    from scipy.spatial import cKDTree

    shapely.prepare(shape)
    meets = shapely.intersects(shape, others)
    tree = cKDTree(shapely.get_coordinates(shape))
    outline = shapely.boundary(shape)
    found = np.zeros(len(others))
    for i, other in enumerate(others):
        if meets[i]:
            continue
        # no farther than two of their corners are
        reach = np.min(tree.query(shapely.get_coordinates(other))[0]) * 1.001 + 0.001
        west, south, east, north = shapely.bounds(other)
        part = shapely.clip_by_rect(outline, west - reach, south - reach, east + reach, north + reach)
        found[i] = shapely.distance(shape if shapely.is_empty(part) else part, other)
    return found
