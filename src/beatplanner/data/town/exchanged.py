"""Axes that are exchanged: names of columns, the other layers, letters and codes of the units and systems of metres say in which layer.

Nothing is taken from one layer alone: with the units' axes exchanged, right incidents lie outside them just as exchanged ones would.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.coordinates import names_say
from beatplanner.data.formats.crs_guess import boxes_overlap
from beatplanner.data.formats.layers import crs_from, read_layer
from beatplanner.data.formats.source import Place
from beatplanner.data.formats.transformers import to_lonlat
from beatplanner.data.town.reading import Reading

# Boxes (west, south, east, north) in which places are named in an alphabet, wide enough for all countries that write it; the share of the
# names that must have such letters. A box speaks only where the exchanged place lies in it and the place itself does not, or the other way.
ALPHABETS = (
    ("Cyrillic", r"[\u0400-\u04ff]", 0.5, (12, 35, 180, 82)),
    ("Greek", r"[\u0370-\u03ff\u1f00-\u1fff]", 0.5, (19, 34, 35, 42)),
    ("Georgian", r"[\u10a0-\u10ff]", 0.5, (39, 41, 47, 44)),
    ("Armenian", r"[\u0530-\u058f]", 0.5, (43, 38, 47, 42)),
    ("written with č, ć, đ, š and ž", r"[čćđšž]", 0.05, (9, 39, 29, 60)),
    ("written with ă, ș and ț", r"[ășțşţ]", 0.05, (20, 43, 31, 49)),
    ("written with ë", r"[ë]", 0.05, (19, 39, 22, 44)),
)
# The same for codes that begin with that of a country (ISO 3166, and EL for Greece as in NUTS).
COUNTRIES = {
    "AL": (19, 39, 22, 43),
    "AM": (43, 38, 47, 42),
    "AZ": (44, 38, 51, 42),
    "BA": (15, 42, 20, 46),
    "BG": (22, 41, 29, 45),
    "EL": (19, 34, 30, 42),
    "GE": (39, 41, 47, 44),
    "GR": (19, 34, 30, 42),
    "HR": (13, 42, 20, 47),
    "HU": (16, 45, 23, 49),
    "KG": (69, 39, 81, 44),
    "KZ": (46, 40, 88, 56),
    "MD": (26, 45, 31, 49),
    "ME": (18, 41, 21, 44),
    "MK": (20, 40, 24, 43),
    "RO": (20, 43, 30, 49),
    "RS": (18, 41, 24, 47),
    "SI": (13, 45, 17, 47),
    "TJ": (67, 36, 76, 42),
    "TM": (52, 35, 67, 43),
    "UA": (22, 44, 41, 53),
    "UZ": (55, 37, 74, 46),
    "XK": (20, 41, 22, 44),
}
MEND = "Exchange them in QGIS (Swap X and Y coordinates), or let “check --fix” do so in a copy"


def lonlat_of(points: np.ndarray, crs: CRS) -> np.ndarray:
    """Return coordinates in a CRS as longitudes and latitudes, (m, 2); none of them where they are no places in it."""
    none = np.zeros((0, 2))
    points = np.asarray(points, float).reshape(-1, 2)
    if crs.is_geographic and len(points) and ((np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)).any():
        return none
    try:
        there = np.column_stack(to_lonlat(crs).transform(points[:, 0], points[:, 1]))
    except (CRSError, ProjError):
        return none
    there = there[np.isfinite(there).all(axis=1)]
    return there if len(there) > 0.9 * len(points) else none


def letters_say(names: list[str], places: np.ndarray, turned: np.ndarray) -> tuple[int, str]:
    """Return 1 where letters or codes of names are at home where the exchanged places lie and not where the places do, -1 the other way round; and why.

    Parameters
    ----------
    names
        Names and codes of the units.
    places, turned
        (m, 2) longitudes and latitudes as they are, and with axes exchanged.
    """
    if not names or not len(places) or not len(turned):
        return 0, ""
    here, there = np.median(places, axis=0), np.median(turned, axis=0)
    found = [(f"the names are {k}", box) for k, letters, least, box in ALPHABETS if _share(letters, names) >= least]
    starts = {n[:2].upper() for n in names if re.match(r"[A-Za-z]{2}[-_ ]?\d", n)}
    found += [(f"the codes begin with {c}", COUNTRIES[c]) for c in sorted(starts & set(COUNTRIES)) if len(starts) == 1]
    for why, (west, south, east, north) in found:
        inside = [west <= x <= east and south <= y <= north for x, y in (here, there)]
        if inside[0] != inside[1]:
            return (1 if inside[1] else -1), why
    return 0, ""


def _share(letters: str, names: list[str]) -> float:
    return sum(re.search(letters, n.casefold()) is not None for n in names) / len(names)


def which_is_exchanged(
    reading: Reading, points: np.ndarray, given: str | None, middles: np.ndarray, key: str, others: np.ndarray | None
) -> InputError | None:
    """Make the error where the units, not a layer beside them, have their axes exchanged, or where nothing tells which; None where the layer has.

    Parameters
    ----------
    points, given
        (m, 2) coordinates of the layer as in its file, and its CRS.
    middles
        (n, 2) longitudes and latitudes of the units.
    key
        Key of the layer, such as ``incidents``.
    others
        (k, 2) longitudes and latitudes of the layers beside both, None where there are none.
    """
    d = reading.description
    try:
        system = crs_from(given or "EPSG:4326", file=d.file.name, field=f"{key}.crs")
        frame, names = _units(reading)
    except InputError:
        return None
    assert frame.crs is not None
    places, turned_places = lonlat_of(points, system), lonlat_of(points[:, ::-1], system)
    raw = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy()))
    turned = lonlat_of(raw[:, ::-1], frame.crs)
    if not len(places) or not len(turned) or boxes_overlap(places, turned) < 0.05:
        return None
    units_wrong: list[str] = []
    points_wrong: list[str] = []
    if not len(turned_places) or boxes_overlap(turned_places, middles) < 0.05:
        units_wrong += ["they lie on each other only so"] * 2
    table = d
    for step in key.split("."):
        table = getattr(table, step, None)
    x, y = getattr(table, "x", None), getattr(table, "y", None)
    named = names_say(x, y) if x and y else 0
    if named > 0:
        units_wrong.append(f"the columns {x} and {y} say themselves what they are")
    elif named < 0:
        points_wrong.append(f"the columns {x} and {y} say that they are the other way round")
    if others is not None:
        if boxes_overlap(others, turned) > boxes_overlap(others, middles) + 0.2:
            units_wrong.append("the other layers lie there too")
        elif boxes_overlap(others, middles) > boxes_overlap(others, turned) + 0.2:
            points_wrong.append("the other layers lie on the units")
    letters, why = letters_say(names, middles, turned)
    if letters:
        (units_wrong if letters > 0 else points_wrong).append(why)
    planned = CRS(d.project.crs) if d.project.crs else None
    inside = in_its_area(planned, turned), in_its_area(planned, middles)
    if planned is not None and inside[0] != inside[1]:
        (units_wrong if inside[0] else points_wrong).append(f"{d.project.crs} is meant for there")
    if frame.crs.is_projected and in_its_area(frame.crs, middles) and not in_its_area(frame.crs, turned):
        # metres cannot come from exchanged degrees and lie right: this says more than a name
        points_wrong += [f"the units lie where {frame.crs.name} is meant for"] * 2
    if len(points_wrong) > len(units_wrong):
        return None
    file = d.path(d.units.path).name
    if len(units_wrong) > len(points_wrong):
        why = "; ".join(dict.fromkeys(units_wrong))
        what = (
            f"latitude and longitude of the units are exchanged: the other way round they lie under {key}, where {why}"
        )
        return InputError(Note("error", what, MEND, file, "", "", "geometry", (("units.axes", "exchanged"),), True))
    what = f"latitude and longitude are exchanged either in the units ({file}) or in {key}, and nothing tells in which"
    which = f"exchange {key}.x and {key}.y" if x and y else f"exchange them in {key}"
    mend = f"Look at both on a map; {which}, or in the units (in QGIS: Swap X and Y coordinates)"
    return InputError(problem(what, mend, file=d.file.name, field=f"{key}.crs"))


def with_doubted_axes(reading: Reading, frame: gpd.GeoDataFrame, where: Place) -> Place:
    """Return the place of the units with a warning where letters and codes of their names are at home where they would lie with axes exchanged.

    Raises
    ------
    InputError
        Where the planning CRS is meant for there, and not for where they lie.
    """
    assert frame.crs is not None
    shapes = frame.geometry[frame.geometry.notna() & ~frame.geometry.is_empty]
    raw = shapely.get_coordinates(shapely.centroid(shapes.to_numpy()))
    places, turned = lonlat_of(raw, frame.crs), lonlat_of(raw[:, ::-1], frame.crs)
    if not len(places):
        return where
    fix = (("units.axes", "exchanged"),)
    asked = f"they lie near {_in_words(places)}"
    other = f"{asked}; with x and y exchanged they would lie near {_in_words(turned)}" if len(turned) else asked
    rules, given = reading.description.project, None
    with contextlib.suppress(CRSError):
        given = CRS(rules.crs) if rules.crs else None
    if given is not None and given.is_projected and not in_its_area(given, places):
        what = f"{rules.crs} is not meant for the place of the units: {other}"
        if len(turned) and in_its_area(given, turned):
            note = where.problem(f"{what}, where it is", f"{MEND}; or correct project.crs", field="geometry")
            raise InputError(replace(note, fix=fix, asked=True))
        mend = "Leave project.crs out, or correct the CRS of the units; lengths and areas are wrong far from where a system is meant for"
        return replace(where, notes=(*where.notes, where.fact(what, "warning", mend, field="project.crs")))
    said, why = letters_say(_names(reading, frame), places, turned)
    if said > 0:
        note = where.fact(f"{why}, but {other}, where such names are at home", "warning", MEND, field="geometry")
        return replace(where, notes=(*where.notes, replace(note, fix=fix, asked=True)))
    return where


def _in_words(places: np.ndarray) -> str:
    x, y = np.median(places, axis=0)
    return f"{abs(y):.1f}° {'N' if y >= 0 else 'S'}, {abs(x):.1f}° {'E' if x >= 0 else 'W'}"


def in_its_area(crs: CRS | None, places: np.ndarray) -> bool:
    """Tell whether most places lie where a system is meant for."""
    area = None if crs is None else crs.area_of_use
    if area is None or not len(places):
        return crs is not None and area is None
    return bool(((places >= [area.west, area.south]) & (places <= [area.east, area.north])).all(axis=1).mean() > 0.5)


def _units(reading: Reading) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the units as in their file, and their names and codes."""
    rules = reading.description.units
    columns = [c for c in (rules.name, rules.municipality, rules.id) if c]
    frame, _ = read_layer(reading.description.path(rules.path), rules.layer, columns, rules.crs, whole=True)
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    return frame, _names(reading, frame)


def _names(reading: Reading, frame: gpd.GeoDataFrame) -> list[str]:
    rules = reading.description.units
    columns = [texts(frame[c].head(5000)) for c in (rules.name, rules.municipality, rules.id) if c in frame.columns]
    rows = ([v for v in row if v] for row in zip(*columns, strict=True))
    return [" ".join(row) for row in rows if row]
