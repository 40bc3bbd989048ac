"""Which CRS a layer is in, where the layer does not say it or says it wrong: the systems that fit, for a person to choose from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from beatplanner.data.errors import InputError
from beatplanner.data.formats import geometry
from beatplanner.data.formats.coordinates import names_say
from beatplanner.data.formats.crs_guess import CERTAIN, guess_crs
from beatplanner.data.formats.crs_guess import Guess as GuessedCRS
from beatplanner.data.formats.datums import disputed_change
from beatplanner.data.formats.extracts import is_openstreetmap
from beatplanner.data.formats.layers import NO_CRS, SET_CRS, crs_from, read_layer, read_table
from beatplanner.data.formats.points import read_coordinates, read_points
from beatplanner.data.formats.source import Place
from beatplanner.data.formats.transformers import to_lonlat
from beatplanner.data.town.exchanged import which_is_exchanged
from beatplanner.data.town.reading import Reading

# A layer of lines or areas farther than this from every unit, in km, is out of place.
FAR_KM = 20
Guess = Callable[[np.ndarray, Place, str], InputError]


def guess_units(reading: Reading, what: str = NO_CRS) -> Callable[[gpd.GeoDataFrame, Place], InputError]:
    """Return what makes the error for units without a CRS or in one that cannot be; the other layers say where they may lie."""

    def error(frame: gpd.GeoDataFrame, where: Place) -> InputError:
        points = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy()))
        given = frame.crs.to_string() if frame.crs is not None else None
        return guessed(reading, points, where, what, "units", places_of_others(reading), given=given)

    return error


def guess_beside(reading: Reading, key: str, units: gpd.GeoDataFrame) -> Guess:
    """Return what makes the error for points in no or a wrong CRS; the units say where they may lie."""

    def error(points: np.ndarray, where: Place, what: str) -> InputError:
        return guessed(reading, points, where, what, key, _middles(units), planned=units.crs)

    return error


def _middles(units: gpd.GeoDataFrame) -> np.ndarray:
    """Return longitudes and latitudes of the units, (n, 2)."""
    inner = gpd.GeoSeries(gpd.points_from_xy(units["x"], units["y"]), crs=units.crs).to_crs(4326)
    return shapely.get_coordinates(inner.to_numpy())


def disputed_units(reading: Reading, frame: gpd.GeoDataFrame, where: Place) -> Place:
    """Return the place of the units with what the other layers say where the change of their datum is disputed.

    Layers in the same datum say nothing, as they would move alike.
    """
    assert frame.crs is not None
    shapes = gpd.GeoSeries(frame.geometry[frame.geometry.notna() & ~frame.geometry.is_empty])
    dispute = disputed_change(frame.crs, shapely.get_coordinates(shapely.centroid(shapes.to_numpy()[:200])))
    others = None if dispute is None or not dispute.crs else places_of_others(reading, unlike=frame.crs)
    if dispute is None or others is None:
        return where
    points = np.asarray(shapely.points(others), dtype=object)

    def inside(crs: CRS | str) -> float:
        lonlat = to_lonlat(CRS(crs))
        turned = shapely.transform(
            np.asarray(shapes, dtype=object), lambda xy: np.column_stack(lonlat.transform(xy[:, 0], xy[:, 1]))
        )
        tree = shapely.STRtree(turned)
        return len(np.unique(tree.query(points, predicate="intersects")[0])) / len(points)

    as_it_is, moved = inside(frame.crs), inside(dispute.crs)
    # the doubt of the reading took its metres at another place of the layer, so it is known by the change that it is about
    change = dispute.what.partition(" puts its places about ")[0]
    rest = tuple(n for n in where.notes if not n.what.startswith(change))
    if as_it_is >= moved:
        what = f"{dispute.what}, but the other layers lie on them as they are ({as_it_is:.0%} inside, else {moved:.0%})"
        return replace(where, notes=(*rest, where.fact(what, field="crs")))
    what = f"{dispute.what}, and so do the other layers: {moved:.0%} of them lie inside there, {as_it_is:.0%} here"
    note = where.fact(what, "warning", f'Give crs = "{dispute.crs}" in units', field="crs")
    return replace(where, notes=(*rest, replace(note, fix=(("units.crs", dispute.crs),), asked=True)))


def places_of_others(reading: Reading, but: str = "", unlike: CRS | None = None) -> np.ndarray | None:
    """Return longitudes and latitudes of the layers beside the units whose CRS is known, without those of the key `but`.

    With `unlike`, only of those whose datum is another one.
    """
    found: list[np.ndarray] = []
    d = reading.description
    lonlat = CRS.from_epsg(4326)
    tables = {"incidents": d.incidents} | {
        f"stations.{k}": getattr(d.stations, k, None) for k in ("existing", "candidates")
    }
    for key, table in tables.items():
        if table is not None and key != but and (table.crs is not None or table.x is None):
            with contextlib.suppress(InputError):
                if table.crs is not None and _one_datum(crs_from(table.crs, file=d.file.name, field=key), unlike):
                    continue
                points, _ = read_points(d.path(table.path), table.layer, table.x, table.y, table.crs, [], lonlat, "")
                found.append(points[["x", "y"]].dropna().to_numpy(float)[:2000])
    layers = {f"beats.{k}": getattr(d.beats, k, None) for k in ("current", "barriers", "roads")}
    layers["stations.roads"] = getattr(d.stations, "roads", None)
    for key, layer in layers.items():
        if layer is not None and key != but and not is_openstreetmap(d.path(layer.path)):
            with contextlib.suppress(InputError):
                frame, _ = read_layer(d.path(layer.path), layer.layer, [], layer.crs)
                assert frame.crs is not None
                if _one_datum(frame.crs, unlike):
                    continue
                middle = shapely.centroid(frame.geometry.to_crs(lonlat).to_numpy())
                found.append(shapely.get_coordinates(middle)[:2000])
    found = [f for f in found if len(f)]
    return np.vstack(found) if found else None


def _one_datum(crs: CRS, other: CRS | None) -> bool:
    """Tell whether two systems stand on one datum; nothing does on none."""
    if other is None or crs.geodetic_crs is None or other.geodetic_crs is None:
        return False
    return crs.geodetic_crs.datum == other.geodetic_crs.datum


def guessed(
    reading: Reading,
    points: np.ndarray,
    where: Place,
    what: str,
    key: str,
    others: np.ndarray | None,
    *,
    given: str | None = None,
    planned: CRS | None = None,
) -> InputError:
    """Make the error for coordinates in an unknown or wrong CRS: the systems that fit, with probabilities; a person chooses."""
    d = reading.description
    table: Any = d
    for step in key.split("."):
        table = getattr(table, step, None)
    given = given or getattr(table, "crs", None)
    known = [c for c in (d.project.crs, given, planned is not None and planned.to_string()) if c]
    found = guess_crs(points, others, known)
    if not found:
        return InputError(where.problem(what, SET_CRS, field=f"{key}.crs"))
    best = found[0]
    against = (
        "it fits the other layers best in" if others is not None else "no other layer tells where it lies; it may be"
    )
    more = f"; then {', '.join(str(g) for g in found[1:3])}" if len(found) > 1 else ""
    x, y = getattr(table, "x", None), getattr(table, "y", None)
    mend, fix = f'If that is where it lies, give crs = "{best.code}" in {key}', ((f"{key}.crs", best.code),)
    if best.swapped and x and y:
        mend = f'x and y are swapped: give x = "{y}", y = "{x}"'
        mend += "" if given == best.code else f', crs = "{best.code}"'
        fix = ((f"{key}.x", y), (f"{key}.y", x), *fix)
    elif best.swapped:
        mend = "x and y are swapped: exchange them in QGIS (Swap X and Y coordinates), or let “check --fix” do so in a copy"
        fix = (*(() if given == best.code else fix), (f"{key}.axes", "exchanged"))
    if best.swapped and key != "units" and others is not None:
        # one of two layers is the wrong way round: all layers together say which
        said = which_is_exchanged(reading, points, given, others, key, places_of_others(reading, but=key))
        if said is not None:
            return said
    # the user's own CRS with the axes exchanged is certain where nothing but near relatives of it fit
    alike = sum(g.probability for g in found if g.swapped == best.swapped)
    certain = best.probability >= CERTAIN or (best.code == given and alike >= CERTAIN)
    note = where.problem(f"{what}; {against} {best}{more}", mend, field=f"{key}.crs")
    return InputError(replace(note, fix=fix if certain else (), asked=_is_asked(best, given, x, y)))


def _is_asked(best: GuessedCRS, given: str | None, x: str | None, y: str | None) -> bool:
    """Tell whether a mend moves a layer that has a place: not where the names of its columns say themselves that they are exchanged."""
    if best.swapped and x and y and names_say(x, y) < 0:
        return best.code != (given or best.code)
    return best.swapped or given is not None


def misplaced(
    reading: Reading, key: str, table: Any, units: gpd.GeoDataFrame, where: Place, what: str, mend: str
) -> InputError:
    """Make the error for a layer that lies outside every unit: exchanged axes, here or in the units, or another CRS than is said.

    Parameters
    ----------
    key, table
        Key of the layer, such as ``beats.current``, and what the description says of it.
    units
        As in `Town`.
    where, what, mend
        The file, and what is said where nothing fits better.
    """
    path, given = reading.description.path(table.path), table.crs
    plain = InputError(where.problem(what, mend, field=f"{key}.crs"))
    try:
        if getattr(table, "x", None) is None:
            own, _ = read_layer(path, table.layer, [], table.crs)
            given = own.crs.to_string() if own.crs else None
            raw = shapely.get_coordinates(shapely.centroid(own.geometry.to_numpy()))
        else:
            frame, _ = read_table(path, table.layer, list(dict.fromkeys([table.x, table.y])))
            found = read_coordinates(frame, table.x, table.y)
            if found is None or found.wrong:
                return plain
            raw = np.column_stack([found.east, found.north])
            given = "EPSG:4326" if found.degrees else given
    except InputError:
        return plain
    raw = raw[np.isfinite(raw).all(axis=1)]
    if not len(raw):
        return plain
    middles = _middles(units)
    others = places_of_others(reading, but=key)
    said = which_is_exchanged(reading, raw, given, middles, key, others)
    if said is not None:
        return said
    guesses = guess_crs(raw, middles, [given or ""])
    if not guesses or (guesses[0].code == given and not guesses[0].swapped):
        return plain
    return guessed(reading, raw, where, what, key, middles, given=given, planned=units.crs)


def check_near(reading: Reading, key: str, layer: Any, shapes: np.ndarray, units: gpd.GeoDataFrame) -> None:
    """Raise InputError where every line or area of a layer, in the planning CRS, lies far from the units: it would do nothing, without a word."""
    town = geometry.frame_of(units.geometry.to_numpy())
    frame = shapely.bounds(shapes)
    metres = shapely.distance(shapely.box(frame[:, 0], frame[:, 1], frame[:, 2], frame[:, 3]), town)
    nearest = np.nanmin(metres, initial=np.inf)
    if nearest > FAR_KM * 1000:
        away = f"{nearest / 1000:,.0f} km from the units" if np.isfinite(nearest) else "nowhere in the CRS of its file"
        path = reading.description.path(layer.path)
        what = f"{key} lies {away}"
        raise misplaced(
            reading, key, layer, units, Place(path.name, "", ()), what, "Check the layer's CRS, or leave it out"
        )
