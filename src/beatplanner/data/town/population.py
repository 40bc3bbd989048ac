"""Residents that the units' own layer does not hold: tables joined by key, and an older census split over newer units.

Splitting conserves residents to the person. With s_ij ≥ 0 the part of census area i that lies in unit j (its area, or the floor area of
buildings), and Σ_j s_ij = 1, unit j gets Σ_i r_ij where the whole numbers r_ij are s_ij P_i rounded by largest remainders, so that
Σ_j r_ij = P_i. Source of the rounding: Hamilton's method of apportionment; of the split: Goodchild and Lam, Areal interpolation (1980).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from beatplanner.data.findings import listed
from beatplanner.data.formats import geometry
from beatplanner.data.formats.ids import match_ids


@dataclass(frozen=True)
class JoinedTable:
    """Sums by unit.

    Attributes
    ----------
    sums
        (n, columns) sums over the rows of each unit; NaN where a unit has no row.
    facts, doubts
        What matched and how, and what did not, in sentences.
    """

    sums: np.ndarray
    facts: tuple[str, ...]
    doubts: tuple[str, ...]


def join_table(units: Sequence[str], keys: Sequence[str | None], values: np.ndarray) -> JoinedTable:
    """Add up the rows of a table by unit.

    Parameters
    ----------
    units
        (n,) ids.
    keys
        (m,) key of each row.
    values
        (m, columns) numbers.

    Notes
    -----
    Keys match as `match_ids` finds them. A row
    whose key no unit has is a total where it equals the sum of all others, and is left out; else it is told.
    """
    facts: list[str] = []
    doubts: list[str] = []
    match = match_ids(keys, units)
    if match.note:
        first = next(k for k, p in zip(keys, match.positions, strict=True) if p is not None and k != units[p])
        facts.append(f"{match.note}, as {first}")
    at = np.array([-1 if p is None else p for p in match.positions], int)
    sums = np.zeros((len(units), values.shape[1]))
    np.add.at(sums, at[at >= 0], values[at >= 0])
    rows = np.bincount(at[at >= 0], minlength=len(units))
    if (rows > 1).any():
        facts.append(f"{int((rows > 1).sum()):,} units have several rows, which were added up")
    sums[rows == 0] = np.nan
    total = values[at >= 0].sum()
    strange = np.flatnonzero(at < 0)
    is_total = np.abs(values[strange].sum(axis=1) - total) <= max(1.0, 1e-6 * total)
    if is_total.any():
        facts.append(f"a row of totals was left out ({keys[int(strange[np.flatnonzero(is_total)[0]])]})")
    rest = strange[~is_total]
    if len(rest):
        names = listed(sorted({str(k) for k in (keys[int(i)] for i in rest) if k is not None}), 6)
        doubts.append(f"{len(rest):,} rows with {values[rest].sum():,.0f} residents belong to no unit: {names}")
    if (rows == 0).any():
        absent = np.asarray(units, dtype=object)[rows == 0]
        doubts.append(f"{len(absent):,} units have no row: {listed(absent, 6)}")
    return JoinedTable(sums, tuple(facts), tuple(doubts))


def whole_parts(shares: np.ndarray, total: float) -> np.ndarray:
    """Return whole numbers in proportion to shares that add up to a whole total (largest remainders; ties go to the first).

    A total that is no whole number is split exactly instead.
    """
    exact = shares / shares.sum() * total
    if total != int(total):
        return exact
    floor = np.floor(exact)
    order = np.argsort(-(exact - floor), kind="stable")
    floor[order[: int(total - floor.sum())]] += 1
    return floor


@dataclass(frozen=True)
class SplitCensus:
    """Residents of units out of an older census.

    Attributes
    ----------
    people
        (n,) residents.
    split
        Census areas that lie in more than one unit, and the residents of these.
    outside
        Residents of census areas that meet no unit, whose residents are in no unit.
    """

    people: np.ndarray
    split: tuple[int, float]
    outside: float


def split_census(
    areas: np.ndarray, residents: np.ndarray, units: np.ndarray, buildings: np.ndarray | None = None
) -> SplitCensus:
    """Split the residents of census areas over units.

    Parameters
    ----------
    areas
        (k,) polygons of the census, metres.
    residents
        (k,) residents of each.
    units
        (n,) polygons, metres.
    buildings
        Points or polygons of buildings; a part of an area counts by their floor area (points: by their number), and by its own area where
        there are none. None splits by area.
    """
    a, u = shapely.STRtree(units).query(areas, predicate="intersects")
    common = geometry.intersection(areas[a], units[u])
    weight = shapely.area(common)
    # a common border of some centimetres is no part
    real = weight > 1e-3 * np.minimum(shapely.area(areas[a]), shapely.area(units[u]))
    a, u, common, weight = a[real], u[real], common[real], weight[real]
    if buildings is not None and len(buildings):
        middle = shapely.point_on_surface(buildings)
        size = np.where(shapely.get_dimensions(buildings) == 2, shapely.area(buildings), 1.0)
        part, building = shapely.STRtree(middle).query(common, predicate="intersects")
        built = np.bincount(part, weights=size[building], minlength=len(common))
        in_area = np.bincount(a, weights=built, minlength=len(areas))
        weight = np.where(in_area[a] > 0, built, weight)
    people = np.zeros(len(units))
    parts, several = np.bincount(a, minlength=len(areas)), 0.0
    for i in np.unique(a):
        at = np.flatnonzero(a == i)
        np.add.at(people, u[at], whole_parts(weight[at], float(residents[i])) if weight[at].sum() > 0 else 0.0)
        several += residents[i] * (len(at) > 1)
    return SplitCensus(people, (int((parts > 1).sum()), float(several)), float(residents[parts == 0].sum()))
