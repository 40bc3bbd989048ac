"""Units as a coverage: gaps, overlaps and slivers between them are closed within a limit, and what was moved is told.

Residents are columns of the units and no business of their borders: whatever is closed here, their number stays what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph

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


@dataclass(frozen=True)
class Mended:
    """A coverage and what was done to it.

    Attributes
    ----------
    polygons
        (n,) polygons or multipolygons.
    changed
        (n,) m² that each gained (positive) or lost.
    told
        What was closed, in sentences.
    left
        What was not, and why.
    matched
        (n,) bool: polygons whose borders match those of their neighbours to the last digit, so that none overlaps another; None where
        that was not looked at.
    """

    polygons: np.ndarray
    changed: np.ndarray
    told: tuple[str, ...]
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
    told: list[str] = []
    kept, slivers = _without_slivers(polygons)
    if slivers.any():
        told.append(
            f"{int(slivers.sum()):,} slivers of less than {SLIVER_AREA:g} m² were taken out of {listed(np.asarray(names)[slivers > 0], 5)}"
        )
    wrong = ~shapely.is_empty(geometry.coverage_gaps(kept, metres))
    if not wrong.any():
        return Mended(kept, shapely.area(kept) - shapely.area(polygons), tuple(told), (), ~wrong)
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
            return Mended(kept, shapely.area(kept) - shapely.area(polygons), tuple(told), tuple(left), ~wrong)
    changed = shapely.area(found) - before
    moved = np.flatnonzero(np.abs(changed) > NOTICED)
    if len(moved):
        most = moved[np.argmax(np.abs(changed[moved]))]
        told.append(
            f"gaps and overlaps between units were closed: {len(moved):,} units changed by {np.abs(changed[moved]).sum():,.0f} m² in all, most of "
            f"all {names[most]} by {abs(changed[most]):,.0f} m² ({abs(changed[most]) / before[most]:.1%})"
        )
    return Mended(found, shapely.area(found) - shapely.area(polygons), tuple(told), tuple(left), ~wrong)


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
    found = []
    for i in np.flatnonzero(shapely.get_num_geometries(polygons) > 1):
        parts = shapely.get_parts(polygons[i])
        # of an archipelago the largest islands
        parts = parts[np.argsort(-shapely.area(parts), kind="stable")[:MOST_PARTS]]
        apart = shapely.distance(parts[:, None], parts[None, :])
        # links of no length at all would be none in a sparse matrix
        tree = csgraph.minimum_spanning_tree(sparse.csr_matrix(np.triu(np.maximum(apart, 1e-9), 1))).data
        found += [(int(i), float(metres)) for metres in tree if metres > gap]
    return sorted(found, key=lambda v: -v[1])
