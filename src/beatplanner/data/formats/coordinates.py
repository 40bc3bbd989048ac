"""Coordinates as people write them: degrees, minutes and seconds, MGRS, and latitude and longitude in one cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from pyproj import CRS, Transformer

# 42°05'31.2"N, N 42 05 31.2, 42d05'31", 42° 5.52' N; Cyrillic and German letters too.
_HEAD = {"N": 1, "S": -1, "E": 1, "W": -1, "С": 1, "Ю": -1, "В": 1, "З": -1, "O": 1, "Ј": -1, "И": 1}
DMS = re.compile(
    r"^\s*(?P<before>[NSEWOСЮВЗЈИ])?\s*(?P<sign>[+-])?(?P<d>\d{1,3})\s*(?:[°ºd:]|\s)\s*(?:(?P<m>\d{1,2}(?:[.,]\d+)?)\s*(?:['′’´m:]|\s|$)\s*)"
    r"(?:(?P<s>\d{1,2}(?:[.,]\d+)?)\s*(?:[\"″”“s]|''|′′|’’|$)?\s*)?(?P<after>[NSEWOСЮВЗЈИ])?\s*$",
    re.IGNORECASE,
)
MGRS = re.compile(
    r"^\s*(\d{1,2})\s*([C-HJ-NP-X])\s*([A-HJ-NP-Z])\s*([A-HJ-NP-V])\s*(\d{0,5})\s*(\d{0,5})\s*$", re.IGNORECASE
)
# Two numbers with points, or with commas where another sign or a blank parts the two.
PAIRS = (
    re.compile(r"^\s*\(?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*\)?\s*$"),
    re.compile(r"^\s*\(?\s*([+-]?\d{1,3},\d+)(?:\s*;\s*|\s+)([+-]?\d{1,3},\d+)\s*\)?\s*$"),
)
# Names of columns that say which coordinate they hold.
LONGITUDE = {
    "lon",
    "long",
    "lng",
    "longitude",
    "gjatesia",
    "gjatësia",
    "duzina",
    "dužina",
    "dolzina",
    "dolgota",
    "longitudine",
    "должина",
    "дужина",
    "долгота",
}
LATITUDE = {
    "lat",
    "latitude",
    "gjeresia",
    "gjerësia",
    "sirina",
    "širina",
    "shirota",
    "shirina",
    "latitudine",
    "ширина",
    "широта",
}
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")


def names_say(x: str, y: str) -> int:
    """Return 1 where two columns are named longitude and latitude, in this order, -1 where the other way round, 0 where they do not say."""
    kinds = [
        next(
            (k for k, words in (("x", LONGITUDE), ("y", LATITUDE)) if words & set(re.split(r"[\W_\d]+", n.casefold()))),
            "",
        )
        for n in (x, y)
    ]
    return {("x", "y"): 1, ("y", "x"): -1}.get((kinds[0], kinds[1]), 0)


def degrees(text: str) -> float | None:
    """Return degrees, minutes and seconds as a number of degrees, or None where the text is none.

    Examples
    --------
    >>> degrees("42°05′24″N"), degrees("21 30.0 W"), degrees("nowhere")
    (42.09, -21.5, None)

    A sign and a letter that both say west, or south, say it once:

    >>> degrees("-21 30.0 W")
    -21.5
    """
    found = DMS.match(text)
    if not found:
        return None
    d, m, s = (float((found[k] or "0").replace(",", ".")) for k in ("d", "m", "s"))
    if m >= 60 or s >= 60 or d > 180:
        return None
    head = (found["before"] or found["after"] or "").upper()
    sign = min(_HEAD.get(head, 1), -1 if found["sign"] == "-" else 1)
    return sign * (d + m / 60 + s / 3600)


def parse_degrees(texts: Sequence[str | None]) -> np.ndarray | None:
    """Return a column of degrees, minutes and seconds as degrees (NaN where empty); None where it is no such column."""
    given = [t for t in texts if t is not None]
    if not given or sum(degrees(t) is not None for t in given[:200]) < 0.9 * len(given[:200]):
        return None
    return np.array([np.nan if t is None or (v := degrees(t)) is None else v for t in texts])


def parse_pairs(texts: Sequence[str | None]) -> np.ndarray | None:
    """Return a column of “latitude, longitude” or MGRS as longitudes and latitudes, (n, 2), NaN where a cell is neither.

    None where it is no such column. Of two numbers the first is the latitude, as people and web maps write them.
    """
    given = [t for t in texts if t is not None][:200]
    if not given:
        return None
    if sum(MGRS.match(t) is not None for t in given) >= 0.9 * len(given):
        return parse_mgrs(texts)
    if sum(_pair(t) is not None for t in given) >= 0.9 * len(given):
        return np.array([(np.nan, np.nan) if t is None else _pair(t) or (np.nan, np.nan) for t in texts])
    return None


def _pair(text: str) -> tuple[float, float] | None:
    """Return longitude and latitude of a text that has the latitude first, None where it is no pair of numbers."""
    found = PAIRS[0].match(text) or PAIRS[1].match(text)
    return (float(found[2].replace(",", ".")), float(found[1].replace(",", "."))) if found else None


def parse_mgrs(texts: Sequence[str | None]) -> np.ndarray:
    """Return MGRS references as longitudes and latitudes of the middle of their squares, (n, 2); NaN where a text is none.

    Notes
    -----
    The polar regions are left out. Source: NGA.STND.0037 (2014), Universal Grids and Grid Reference Systems, chapter 3.
    """
    found = np.full((len(texts), 2), np.nan)
    zones: dict[tuple[int, bool], list[tuple[int, float, float]]] = {}
    for i, text in enumerate(texts):
        place = None if text is None else _mgrs(text)
        if place is not None:
            zone, north, east, northing = place
            zones.setdefault((zone, north), []).append((i, east, northing))
    for (zone, north), rows in zones.items():
        at, east, northing = (np.array(c) for c in zip(*rows, strict=True))
        change = Transformer.from_crs(CRS.from_epsg((32600 if north else 32700) + zone), 4326, always_xy=True)
        found[at.astype(int)] = np.column_stack(change.transform(east, northing))
    return found


def _mgrs(text: str) -> tuple[int, bool, float, float] | None:
    found = MGRS.match(text)
    if not found:
        return None
    zone, band, column, row = int(found[1]), found[2].upper(), found[3].upper(), found[4].upper()
    digits = found[5] + found[6]
    columns = _COLUMNS[(zone - 1) % 3]
    if not 1 <= zone <= 60 or len(digits) % 2 or len(digits) > 10 or column not in columns:
        return None
    half = len(digits) // 2
    size = 10.0 ** (5 - half)
    east = (columns.index(column) + 1) * 100_000.0
    north = ((_ROWS.index(row) - (5 if zone % 2 == 0 else 0)) % 20) * 100_000.0
    if half:
        east += int(digits[:half]) * size
        north += int(digits[half:]) * size
    # rows of squares repeat every 2,000 km: the one that lies in the band is meant
    least = _foot_of_band(zone, band)
    while north < least - 100_000:
        north += 2_000_000
    return zone, band >= "N", east + size / 2, north + size / 2


@cache
def _foot_of_band(zone: int, band: str) -> float:
    """Return the northing of a band's southern edge, in the middle of a zone."""
    change = Transformer.from_crs(4326, CRS.from_epsg((32600 if band >= "N" else 32700) + zone), always_xy=True)
    return change.transform(6 * zone - 183, -80 + 8 * _BANDS.index(band))[1]
