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

from beatplanner.data.description.sections.incidents import Incidents
from beatplanner.data.errors import InputError, Note
from beatplanner.data.formats.coordinates import names_say
from beatplanner.data.formats.crs_guess import CERTAIN, guess_crs, overlap
from beatplanner.data.formats.crs_guess import Guess as GuessedCRS
from beatplanner.data.formats.datums import disputed_change
from beatplanner.data.formats.layers import NO_CRS, SET_CRS, crs_from, read_layer
from beatplanner.data.formats.points import read_points
from beatplanner.data.formats.source import Place
from beatplanner.data.town.reading import Reading
from beatplanner.data.town.roads import is_openstreetmap

Guess = Callable[[np.ndarray, Place, str], InputError]


def guess_units(reading: Reading) -> Callable[[gpd.GeoDataFrame, Place], InputError]:
    """Return what makes the error for units without a CRS; the other layers say where they may lie."""

    def error(frame: gpd.GeoDataFrame, where: Place) -> InputError:
        points = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy()))
        return guessed(reading, points, where, NO_CRS, "units", _places_of_others(reading))

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
    others = None if dispute is None or not dispute.crs else _places_of_others(reading, unlike=frame.crs)
    if dispute is None or others is None:
        return where
    points = np.asarray(shapely.points(others), dtype=object)

    def inside(crs: CRS | str) -> float:
        tree = shapely.STRtree(shapes.set_crs(crs, allow_override=True).to_crs(4326).to_numpy())
        return len(np.unique(tree.query(points, predicate="intersects")[0])) / len(points)

    as_it_is, moved = inside(frame.crs), inside(dispute.crs)
    # the doubt of the reading took its metres at another place of the layer, so it is known by the change that it is about
    change = f"“{dispute.taken}” of the register EPSG"
    rest = tuple(n for n in where.told if change not in n.what)
    if as_it_is >= moved:
        what = f"{dispute.what}, but the other layers lie on them as they are ({as_it_is:.0%} inside, else {moved:.0%})"
        return replace(where, told=(*rest, where.fact(what, field="crs")))
    what = f"{dispute.what}, and so do the other layers: {moved:.0%} of them lie inside there, {as_it_is:.0%} here"
    note = where.fact(what, "warning", f'Give crs = "{dispute.crs}" in units', field="crs")
    return replace(where, told=(*rest, replace(note, fix=(("units.crs", dispute.crs),), asked=True)))


def _places_of_others(reading: Reading, but: str = "", unlike: CRS | None = None) -> np.ndarray | None:
    """Return longitudes and latitudes of the layers beside the units whose CRS is known, without those of the key `but`.

    With `unlike`, only of those whose datum is another one.
    """
    d, found = reading.description, []
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
    layers = [getattr(d.beats, k, None) for k in ("current", "barriers", "roads")]
    for layer in [*layers, getattr(d.stations, "roads", None)]:
        if layer is not None and not is_openstreetmap(d.path(layer.path)):
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
        mend, fix = "x and y are swapped: exchange them in QGIS (Swap X and Y coordinates), and set the CRS", ()
    if best.swapped and key != "units" and others is not None:
        # one of two layers is the wrong way round: all layers together say which
        said = _which_is_swapped(reading, points, given, others, key, x, y)
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


def _which_is_swapped(
    reading: Reading, points: np.ndarray, given: str | None, middles: np.ndarray, key: str, x: str | None, y: str | None
) -> InputError | None:
    """Make the error where the units, not the points, have their axes exchanged, or where nothing tells which; None where the points have.

    The names of the columns, the other layers and the planning CRS each speak for one of them.
    """
    d = reading.description
    try:
        system = crs_from(given or "EPSG:4326", file=d.file.name, field=f"{key}.crs")
    except InputError:
        return None
    there = gpd.GeoSeries(gpd.points_from_xy(points[:, 0], points[:, 1]), crs=system).to_crs(4326)
    places = shapely.get_coordinates(there.to_numpy())
    places = places[np.isfinite(places).all(axis=1)]
    turned = middles[:, ::-1]
    if not len(places) or (np.abs(turned[:, 1]) > 90).any() or overlap(places, turned) < 0.05:
        return None
    units_wrong, points_wrong = [], []
    named = names_say(x, y) if x and y else 0
    if named > 0:
        units_wrong.append(f"the columns {x} and {y} say themselves what they are")
    elif named < 0:
        points_wrong.append(f"the columns {x} and {y} say that they are the other way round")
    others = _places_of_others(reading, but=key)
    if others is not None:
        if overlap(others, turned) > overlap(others, middles) + 0.2:
            units_wrong.append("the other layers lie there too")
        elif overlap(others, middles) > overlap(others, turned) + 0.2:
            points_wrong.append("the other layers lie on the units")
    area = CRS.from_user_input(d.project.crs).area_of_use if d.project.crs else None
    if area is not None:
        inside = [
            ((p >= [area.west, area.south]) & (p <= [area.east, area.north])).all(axis=1).mean() > 0.5
            for p in (turned, middles)
        ]
        if inside[0] != inside[1]:
            (units_wrong if inside[0] else points_wrong).append(f"{d.project.crs} is meant for there")
    if own := _own_grid(reading, middles, turned):
        # metres cannot come from exchanged degrees and lie right: this says more than a name
        points_wrong += [f"the units lie where {own} is meant for"] * 2
    if len(points_wrong) > len(units_wrong):
        return None
    file = d.path(d.units.path).name
    if len(units_wrong) > len(points_wrong):
        what = f"latitude and longitude of the units are exchanged: the other way round they lie under {key}, where {'; '.join(units_wrong)}"
        mend = "Exchange them in QGIS (Swap X and Y coordinates), or let “check --fix” do so in a copy"
        return InputError(
            Note("error", what, mend, file, "", "", "geometry", (("units.axes", "exchanged"),), asked=True)
        )
    what = f"latitude and longitude are exchanged either in the units ({file}) or in {key}, and nothing tells in which"
    mend = f"Look at both on a map; exchange {key}.x and {key}.y, or the units in QGIS (Swap X and Y coordinates)"
    return InputError(Note("error", what, mend, d.file.name, "", "", f"{key}.crs"))


def _own_grid(reading: Reading, middles: np.ndarray, turned: np.ndarray) -> str:
    """Return the name of the units' own system where it is one of metres that is meant for their place, and not for the exchanged one; else nothing."""
    rules = reading.description.units
    with contextlib.suppress(InputError):
        frame, _ = read_layer(reading.description.path(rules.path), rules.layer, [], rules.crs)
        area = None if frame.crs is None or not frame.crs.is_projected else frame.crs.area_of_use
        if frame.crs is not None and area is not None:
            box = np.array([[area.west, area.south], [area.east, area.north]])
            here, there = (((p >= box[0]) & (p <= box[1])).all(axis=1).mean() for p in (middles, turned))
            return frame.crs.name if here > 0.9 and there < 0.1 else ""
    return ""


def misplaced(reading: Reading, rules: Incidents, units: gpd.GeoDataFrame, where: Place) -> InputError:
    """Make the error for incidents that all lie outside: swapped, or in another CRS than is said."""
    what = "every incident lies outside every unit"
    path, given = reading.description.path(rules.path), rules.crs
    try:
        if rules.x is None:
            own, _ = read_layer(path, rules.layer, [], rules.crs)
            given = own.crs.to_string() if own.crs else None
            raw = shapely.get_coordinates(shapely.centroid(own.geometry.to_numpy()))
        else:
            crs = crs_from(given or "EPSG:4326", file=path.name, field="incidents.crs")
            points, _ = read_points(path, rules.layer, rules.x, rules.y, given, [], crs, "incidents")
            raw = points[["x", "y"]].dropna().to_numpy(float)
    except InputError:
        return InputError(
            where.problem(what, "Check incidents.x, incidents.y and incidents.crs", field="incidents.crs")
        )
    middles = _middles(units)
    found = guess_crs(raw, middles, [given or ""])
    if not found or (found[0].code == given and not found[0].swapped):
        return InputError(
            where.problem(what, "Check incidents.x, incidents.y and incidents.crs", field="incidents.crs")
        )
    return guessed(reading, raw, where, what, "incidents", middles, given=given, planned=units.crs)
