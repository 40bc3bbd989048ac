"""How a layer in an old datum is moved to WGS 84: how exactly, whether at all, and whether what PROJ takes for it is right.

Two faults are silent in every program that stands on PROJ. A datum whose change to WGS 84 is registered for another country only is not
shifted (“ballpark”), and its places lie hundreds of metres off. And of several changes registered for one place PROJ takes that with the best
figure, which may be wrong: “MGI 1901 to WGS 84 (14)” of the EPSG register, meant for Kosovo and taken in the whole box around it, so also in
Skopje, puts places 1.6 km from where all others put them. Both are told with the metres and what to write instead.
"""

from __future__ import annotations

import functools
import re
import warnings
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from beatplanner.data.formats.crs_guess import apart, sample_of
from beatplanner.data.formats.transformers import to_lonlat

# a missing grid is told with the accuracy that it costs, in words
warnings.filterwarnings("ignore", message="Best transformation is not available", category=UserWarning)
# Metres that changes of one datum may differ by, beyond how exact they say they are: old networks are strained by tens of metres.
ALIKE = 50.0


def _interest(west: float, south: float, east: float, north: float) -> Any:
    # pyproj annotates two classes of this name that it takes for one
    return AreaOfInterest(west, south, east, north)


def accuracy_offline(
    crs: CRS, to: CRS, west: float, south: float, east: float, north: float
) -> tuple[float | None, float | None]:
    """Return how exact coordinates become, in metres: with what PROJ ships, and with the best grid that would have to be downloaded.

    None where it is unknown, or where no grid would do better.

    Parameters
    ----------
    crs, to
        The layer's CRS and the planning CRS.
    west, south, east, north
        Where the layer lies, degrees.
    """
    try:
        group = TransformerGroup(crs, to, always_xy=True, area_of_interest=_interest(west, south, east, north))
    except (ProjError, CRSError, ValueError):
        return None, None
    here = [t.accuracy for t in group.transformers if t.accuracy >= 0]
    better = [o.accuracy for o in group.unavailable_operations if o.accuracy >= 0]
    # the first is what PROJ takes
    mine = group.transformers[0].accuracy if group.transformers else None
    mine = mine if mine is not None and mine >= 0 else (min(here) if here else None)
    best = min(better) if better else None
    return mine, best if best is not None and (mine is None or best < mine - 0.05) else None


@dataclass(frozen=True)
class DatumDoubt:
    """A CRS whose datum PROJ leaves where it is, so that its places lie off.

    Attributes
    ----------
    what, mend
        In sentences, with the metres where they are known.
    code
        The CRS of the same grid whose datum PROJ shifts here, such as ``"EPSG:6316"``, or, where none is registered, that grid with the
        change of the region's datum as text; empty where there is neither.
    metres
        How far apart the two put the middle of the layer; NaN without `code`.
    """

    what: str
    mend: str
    code: str
    metres: float


def datum_doubt(crs: CRS, points: np.ndarray) -> DatumDoubt | None:
    """Return a doubt where coordinates would be moved to WGS 84 by a mere ballpark step, None where the change is a real one.

    Parameters
    ----------
    crs
        The layer's CRS.
    points
        (n, 2) coordinates in it.

    Notes
    -----
    An old ``.prj`` or code names a datum (MGI, D_MGI, Hermannskogel, Pulkovo 1942) whose change to WGS 84 is registered for another
    country only. Then PROJ takes degrees on one ellipsoid for degrees on the other, which is hundreds of metres off, and says so
    nowhere but in the name of the operation: “Ballpark geographic offset”. Systems in use at the place with the same projection and
    ellipsoid are looked for; that whose change is the most exact is offered.
    """
    usable = _usable(crs, points)
    if usable is None or _own_change(crs):
        return None
    found = _ballpark(crs.to_wkt(), *_rounded_middle(crs, usable))
    if found is None:
        return None
    name = _datum_name(crs)
    code, other, metres = found
    if not code:
        what = f"its datum ({name}) is not shifted: no change from it to WGS 84 is known here, so that places may lie hundreds of metres off"
        return DatumDoubt(what, "Ask for the layer in WGS 84, or which system of the region it is in", "", float("nan"))
    what = f"its datum ({name}) is not shifted: no change from it to WGS 84 is known here, and its places would lie about {metres:,.0f} m off"
    if not code.startswith("EPSG:"):
        mend = f'No system in use here has its grid. If it stands on {other}, give crs = "{code}" beside its path'
        return DatumDoubt(what, mend, code, metres)
    mend = f'If it is in {other}, which has the same grid, give crs = "{code}" beside its path'
    return DatumDoubt(what, mend, code, metres)


def _like_wgs84(crs: CRS) -> bool:
    ellipsoid = crs.ellipsoid
    assert ellipsoid is not None
    return abs(ellipsoid.semi_major_metre - 6_378_137) < 1 and abs(ellipsoid.inverse_flattening - 298.2572) < 0.001


@dataclass(frozen=True)
class DatumShift:
    """A registered change of a system to WGS 84 at a place: name, accuracy (metres), where it puts the place, and its ``towgs84``."""

    name: str
    accuracy: float
    lonlat: tuple[float, float]
    towgs84: tuple[float, ...]


@dataclass(frozen=True)
class Dispute:
    """A change that PROJ takes and that the others registered for the place contradict.

    Attributes
    ----------
    taken, others
        Its name, and how many others agree with each other.
    metres
        How far it puts the middle of the layer from where those put it.
    crs
        The same grid with the most exact of those, to be given as ``crs``; empty where it cannot be written so.
    what, mend
        In sentences.
    """

    taken: str
    others: int
    metres: float
    crs: str
    what: str
    mend: str


def disputed_change(crs: CRS, points: np.ndarray) -> Dispute | None:
    """Return that PROJ's change of a layer to WGS 84 is contradicted by the others registered for its place, None where it is not.

    Parameters
    ----------
    crs
        The layer's CRS.
    points
        (n, 2) coordinates in it.
    """
    usable = _usable(crs, points)
    if usable is None:
        return None
    return _dispute(crs.to_wkt(), *_rounded_middle(crs, usable))


@functools.lru_cache(maxsize=64)
def _dispute(wkt: str, x: float, y: float) -> Dispute | None:
    crs = CRS.from_wkt(wkt)
    taken = to_lonlat(crs).transform(x, y)
    if not np.isfinite(taken).all():
        return None
    if _own_change(crs):
        return _own_change_disputed(crs, x, y, taken)
    changes = _changes(crs, x, y, taken)
    if not changes:
        return None
    best, alike = _agreed(changes)
    mine = min(changes, key=lambda c: _metres(c.lonlat, taken))
    metres = _metres(taken, best.lonlat)
    if len(alike) < 2 or mine in alike or metres <= ALIKE:
        return None
    text = _with_towgs84(crs, best, x, y)
    datum = crs.geodetic_crs.name if crs.geodetic_crs is not None else crs.name
    what = (
        f"the change from {datum} to WGS 84 that is usual here (“{mine.name}” of the register EPSG) puts its places about {metres:,.0f} m "
        f"from where the {len(alike)} others registered here put them"
    )
    mend = "Hold the layer against a map, or one in WGS 84. If it lies off"
    mend += f', give crs = "{text}" beside its path' if text else ", ask for it in WGS 84"
    return Dispute(mine.name, len(alike), metres, text, what, mend)


def _own_change_disputed(crs: CRS, x: float, y: float, taken: tuple[float, float]) -> Dispute | None:
    """Return that the change which a file brings along (``TOWGS84``) puts the place where no registered one does: zeros, or another country's."""
    plain = crs.source_crs
    if plain is None:
        return None
    changes = _changes(plain, x, y, taken)
    if changes:
        best = _agreed(changes)[0]
        text, there = _with_towgs84(plain, best, x, y), best.lonlat
    else:
        found = _other_system(plain, x, y, taken)
        if found is None:
            return None
        text, _, there = found
    metres = _metres(taken, there)
    if metres <= ALIKE or not text:
        return None
    what = (
        f"the change from {_datum_name(plain)} to WGS 84 that stands in the file (TOWGS84) puts its places about {metres:,.0f} m from where "
        "those registered here put them"
    )
    mend = f'Hold the layer against a map, or one in WGS 84. If it lies off, give crs = "{text}" beside its path'
    return Dispute("TOWGS84", max(1, len(changes)), metres, text, what, mend)


def _own_change(crs: CRS) -> bool:
    """Tell whether a file brings the change of its datum along, as a ``TOWGS84``."""
    return crs.type_name == "Bound CRS"


def _datum_name(crs: CRS) -> str:
    geodetic = crs.geodetic_crs
    return geodetic.datum.name if geodetic is not None and geodetic.datum is not None else crs.name


def _usable(crs: CRS, points: np.ndarray) -> np.ndarray | None:
    """Return points whose datum may have to be shifted; None where there is none."""
    # another planet's, and what no projection makes, is told elsewhere
    points = np.asarray(points, float)
    points = sample_of(points[(np.abs(points) < 1e8).all(axis=1)])
    if not len(points) or crs.ellipsoid is None or _like_wgs84(crs):
        return None
    return points


def _rounded_middle(crs: CRS, points: np.ndarray) -> tuple[float, float]:
    x, y = np.median(points, axis=0).round(-3 if crs.is_projected else 2)
    return float(x), float(y)


def _changes(crs: CRS, x: float, y: float, lonlat: tuple[float, float]) -> list[DatumShift]:
    """Return the changes to WGS 84 registered for a place, without ballpark steps; those of a neighbour's land where they reach here."""
    area = _interest(lonlat[0] - 0.05, lonlat[1] - 0.05, lonlat[0] + 0.05, lonlat[1] + 0.05)
    try:
        group = TransformerGroup(crs, 4326, always_xy=True, area_of_interest=area)
    except (ProjError, CRSError, ValueError):
        return []
    found: list[DatumShift] = []
    for transformer in group.transformers:
        if "allpark" in transformer.description:
            continue
        there = transformer.transform(x, y)
        if not np.isfinite(there).all():
            continue
        accuracy = transformer.accuracy if transformer.accuracy >= 0 else 1e3
        steps = [s for s in transformer.description.split(" + ") if " to " in s and not s.startswith("Inverse of ")]
        name = steps[-1] if steps else transformer.description
        found.append(DatumShift(name, float(accuracy), (float(there[0]), float(there[1])), _towgs84(transformer)))
    return found


def _agreed(changes: list[DatumShift]) -> tuple[DatumShift, list[DatumShift]]:
    """Return the most exact of the largest group of changes that agree, and the group; the first of PROJ where none has a majority."""
    groups = [
        [o for o in changes if _metres(c.lonlat, o.lonlat) <= ALIKE + c.accuracy + o.accuracy]
        for c in changes
        if c.accuracy < 1e3
    ] or [changes[:1]]
    group = max(groups, key=len)
    return min(group, key=lambda c: c.accuracy), group


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return apart(np.array([a]), np.array([b]))


def _towgs84(transformer: Transformer) -> tuple[float, ...]:
    """Return the parameters of a change as in ``+towgs84`` (position vector; metres, arc seconds, parts per million); empty where it is none of that kind."""
    kinds = ("Geocentric translations", "Position Vector", "Coordinate Frame")
    steps = [o for o in transformer.operations or () if o.method_name.startswith(kinds)]
    if len(steps) != 1:
        return ()
    values = [float(p.value) for p in steps[0].params]
    if steps[0].method_name.startswith("Coordinate Frame"):
        values[3:6] = [-v for v in values[3:6]]
    return tuple(values) if len(values) in (3, 7) else ()


def _with_towgs84(crs: CRS, change: DatumShift, x: float, y: float) -> str:
    """Return a CRS of the same grid with a change of its own, as text; empty where it cannot be written."""
    if not change.towgs84:
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = crs.to_proj4()
    words = [w for w in plain.split() if not w.startswith(("+towgs84", "+datum", "+type", "+no_defs", "+nadgrids"))]
    text = " ".join([*words, "+towgs84=" + ",".join(f"{v:g}" for v in change.towgs84), "+no_defs"])
    try:
        there = Transformer.from_crs(CRS(text), 4326, always_xy=True).transform(x, y)
    except (CRSError, ProjError):
        return ""
    return text if np.isfinite(there).all() and _metres(there, change.lonlat) < 1 else ""


@functools.lru_cache(maxsize=64)
def _ballpark(wkt: str, x: float, y: float) -> tuple[str, str, float] | None:
    """Return code, name and distance of the system to take instead (empty where there is none); None where the change is a real one."""
    crs = CRS.from_wkt(wkt)
    lonlat = to_lonlat(crs).transform(x, y)
    if not np.isfinite(lonlat).all() or _changes(crs, x, y, lonlat):
        return None
    found = _other_system(crs, x, y, lonlat)
    if found is None:
        return "", "", float("nan")
    code, name, there = found
    return code, name, _metres(lonlat, there)


def _other_system(
    crs: CRS, x: float, y: float, lonlat: tuple[float, float]
) -> tuple[str, str, tuple[float, float]] | None:
    """Return code, name and place of the system in use here with the same grid and a known change; as text where none is registered."""
    kind = PJType.PROJECTED_CRS if crs.is_projected else PJType.GEOGRAPHIC_2D_CRS
    fits: list[tuple[Any, ...]] = []
    for other, code in _in_use(kind, lonlat):
        changes = _changes(other, x, y, lonlat) if _same_grid(crs, other) else []
        if changes:
            best = _agreed(changes)[0]
            fits.append((-_alike(crs, other), best.accuracy, code, other.name, best.lonlat))
    if fits:
        _, _, code, name, there = min(fits, key=lambda f: f[:3])
        return f"EPSG:{code}", name, there
    base = crs.geodetic_crs
    if not crs.is_projected or base is None:
        return None
    # the grid is registered with no datum of the region: the change of that datum goes with the grid
    degrees = Transformer.from_crs(crs, base, always_xy=True).transform(x, y)
    for other, code in _in_use(PJType.GEOGRAPHIC_2D_CRS, lonlat):
        changes = _changes(other, *degrees, lonlat) if _same_grid(base, other) else []
        for change in changes and [_agreed(changes)[0]]:
            text = _with_towgs84(crs, change, x, y)
            if text:
                fits.append((-_alike(crs, other), change.accuracy, code, text, other.name, change.lonlat))
    if not fits:
        return None
    *_, text, name, there = min(fits, key=lambda f: f[:3])
    return text, f"the datum of {name}", there


def _in_use(kind: PJType, lonlat: tuple[float, float]) -> list[tuple[CRS, int]]:
    """Return the systems of a kind that are in use around a place, and their codes; a zone is used somewhat beyond its strip."""
    around = _interest(lonlat[0] - 3, lonlat[1] - 1, lonlat[0] + 3, lonlat[1] + 1)
    found = query_crs_info("EPSG", [kind], area_of_interest=around, contains=False)
    return [(CRS.from_epsg(int(i.code)), int(i.code)) for i in found if not i.deprecated]


def _alike(crs: CRS, other: CRS) -> int:
    """Return how many words the datums of two systems share, so that a neighbour's is not offered for its figures alone."""
    return len(_words(crs) & _words(other))


def _words(crs: CRS) -> set[str]:
    name = f"{_datum_name(crs)} {crs.geodetic_crs.name if crs.geodetic_crs is not None else ''}".casefold()
    # S-42, S_42, SK-42, CK-42, S42 and the unnamed datum of Krassowsky's ellipsoid: what the EPSG register calls Pulkovo 1942
    if re.search(r"(?<![a-z])(s|sk|ck|ск|с)[ _-]?42(?![0-9])|krass?[ao]vs?ky|krass?owsky", name):
        name += " pulkovo 1942"
    return set(re.findall(r"[a-z]{3,}|\d{4}", name)) - {"datum", "gcs", "system", "based"}


def _same_grid(a: CRS, b: CRS) -> bool:
    """Tell whether two systems give the same numbers to a place on their ellipsoid."""
    if (
        a.ellipsoid is None
        or b.ellipsoid is None
        or abs(a.ellipsoid.semi_major_metre - b.ellipsoid.semi_major_metre) > 1
    ):
        return False
    if abs(a.ellipsoid.inverse_flattening - b.ellipsoid.inverse_flattening) > 0.01:
        return False
    if not a.is_projected:
        return a.prime_meridian == b.prime_meridian
    return _parameters(a) == _parameters(b)


def _parameters(crs: CRS) -> tuple[float, ...] | None:
    """Return origin, scale and false origin of a Transverse Mercator or other projection, as numbers that do not hang on names."""
    known = {
        8801: "lat",
        8802: "lon",
        8805: "k",
        8806: "fe",
        8807: "fn",
        8821: "lat",
        8822: "lon",
        8823: "p1",
        8824: "p2",
        8826: "fe",
        8827: "fn",
    }
    if crs.coordinate_operation is None:
        return None
    names = {
        "latitude of natural origin": "lat",
        "longitude of natural origin": "lon",
        "scale factor at natural origin": "k",
        "false easting": "fe",
        "false northing": "fn",
    }
    found = {"method": crs.coordinate_operation.method_name.replace("_", " ").casefold()}
    for p in crs.coordinate_operation.params:
        key = known.get(int(p.code) if p.code and p.code.isdecimal() else -1) or names.get(
            p.name.casefold(), p.name.casefold()
        )
        found[key] = f"{p.value:.6f}"
    return tuple(sorted(found.items()))  # type: ignore[return-value]


def same_datum(one: CRS, other: CRS) -> bool:
    """Tell whether two systems stand on one datum, or on none; asked of PROJ once for the two, which takes it 40 ms."""
    return _same_datum(one.to_wkt(), other.to_wkt())


@functools.lru_cache(64)
def _same_datum(one: str, other: str) -> bool:
    ground, under = CRS.from_wkt(one).geodetic_crs, CRS.from_wkt(other).geodetic_crs
    return ground is None or under is None or ground.datum == under.datum


def utm_of(frame: gpd.GeoDataFrame) -> CRS:
    """Return the zone of UTM on WGS 84 in whose six degrees the middle of a layer lies.

    As `GeoDataFrame.estimate_utm_crs`, which looks through PROJ's whole database for it, a tenth of a second in every reading.

    Raises
    ------
    ValueError
        Where the coordinates do not lie on earth between 80° south and 84° north, or in no CRS; whoever asked knows the layer, and says so.
    """
    if frame.crs is None:
        raise ValueError
    west, south, east, north = (float(v) for v in frame.total_bounds)
    if not frame.crs.is_geographic:
        to_degrees = to_lonlat(frame.crs)
        west, south, east, north = to_degrees.transform_bounds(west, south, east, north)
        if west > east:
            # over the date line
            east += 360
    x, y = (west + east) / 2, (south + north) / 2
    x = (x + 180) % 360 - 180 if x > 180 and not frame.crs.is_geographic else x
    if not -180 <= x <= 180 or not -80 <= y <= 84:
        raise ValueError
    return CRS.from_epsg((32600 if y >= 0 else 32700) + min(int((x + 180) // 6), 59) + 1)
