"""Which CRS a layer is in, guessed from where the others lie, with a probability.

A guess is proposed, never taken: the user sets it as ``crs`` in the description, or lets ``check --fix`` do so where it is nearly certain.

Every CRS of PROJ's database whose area of use meets the other layers is tried. Its likelihood is how well the layer, taken to be in it, lies
on the others (`boxes_overlap`), and its prior how usual it is; both together, normalised over all, are its probability. Systems with nearly
the same place, such as ED50 and WGS 84, fit alike: then the prior speaks, and the probability shows the doubt.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyproj
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError, ProjError
from pyproj.network import set_network_enabled  # pyright: ignore[reportPrivateImportUsage]

from beatplanner.data.formats.transformers import to_lonlat

set_network_enabled(active=False)

# Above this a guess is as good as certain, and `check --fix` takes it.
CERTAIN = 0.95
GEOID = pyproj.Geod(ellps="WGS84")
SAMPLE = 400
# Systems of the region for a layer that nothing else can be held against. Balkans: MGI 1901, national ETRS89 and older ones; Caucasus
# and Central Asia: Gauss-Krüger zones of Pulkovo 1942 and national successors; UTM.
USUAL = (
    4326,
    3857,
    6316,
    6204,
    8677,
    8678,
    8679,
    3765,
    3794,
    6870,
    2462,
    9141,
    8682,
    7801,
    2100,
    3844,
    4026,
    *range(7692, 7697),
    *range(28404, 28416),
    *range(32633, 32646),
    *range(25833, 25836),
    *range(23033, 23038),
)
# Words of systems that no office keeps its layers in.
UNUSUAL = (
    "LAEA",
    "LCC",
    "Equal Earth",
    "GLANCE",
    "Equi7",
    "(N-E)",
    "WGS 72",
    "UPS",
    "EASE",
    "Polar",
    "offshore",
    "grid system",
    "Mollweide",
    "World",
    "Mercator 41",
    "Seamless",
    "North Pole",
    "Antarctic",
)


@dataclass(frozen=True)
class Guess:
    """A CRS that fits: its code, such as ``"EPSG:6316"``, its name, whether x and y are exchanged, and its probability."""

    code: str
    name: str
    swapped: bool
    probability: float

    def __str__(self) -> str:
        return f"{self.code} ({self.name}){', with x and y exchanged' if self.swapped else ''}, {self.probability:.0%}"


def guess_crs(points: np.ndarray, others: np.ndarray | None, prefer: Iterable[str] = ()) -> list[Guess]:
    """Return the systems that points may be in, the likeliest first, at most five.

    Parameters
    ----------
    points
        (m, 2) coordinates as they stand in the file.
    others
        (k, 2) longitudes and latitudes of the other layers, or None where there are none.
    prefer
        Codes that the project uses already; they are likelier.
    """
    points = sample_of(points)
    if len(points) == 0:
        return []
    known = {code.upper() for code in prefer}
    others = None if others is None else sample_of(others)
    if others is not None and not len(others):
        others = None
    scored: list[tuple[float, str, str, bool]] = []
    for code, name, prior in _candidates(others):
        prior *= 3.0 if f"EPSG:{code}" in known else 1.0
        for swapped in (False, True):
            there = _lonlat(points[:, ::-1] if swapped else points, code)
            if there is None:
                continue
            # far outside of where a system is meant for, its formulas may hit any place by chance
            fit = _in_area(there, code) * (0.2 if others is None and code in (4326, 3857) else 1.0)
            fit *= 1.0 if others is None else boxes_overlap(there, others)
            if fit > 0.02:
                scored.append((fit * prior * (0.3 if swapped else 1.0), f"EPSG:{code}", name, swapped))
    total = sum(s[0] for s in scored)
    # what no candidate explains: the layer may be in a system that is not known here, or lie elsewhere
    rest = 0.02 if others is not None else 0.3
    found = [Guess(code, name, swapped, score / (total + rest * total)) for score, code, name, swapped in scored]
    return sorted(found, key=lambda g: (-g.probability, g.code, g.swapped))[:5]


def metres_between(points: np.ndarray, one: Guess, other: Guess) -> float:
    """Return how far apart two guesses put the same coordinates, in metres (the median)."""
    places: list[np.ndarray] = []
    for guess in (one, other):
        given = sample_of(points)
        there = _lonlat(given[:, ::-1] if guess.swapped else given, int(guess.code.split(":")[1]))
        if there is None:
            return float("inf")
        places.append(there)
    return apart(*places)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """Return how far two lists of longitudes and latitudes, (n, 2), lie from each other, metres (the median)."""
    metres = GEOID.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2]
    return float(np.nanmedian(metres))


def _candidates(others: np.ndarray | None) -> list[tuple[int, str, float]]:
    """Return code, name and prior weight of the systems in use around the other layers."""
    if others is None:
        return [(code, CRS.from_epsg(code).name, _prior(CRS.from_epsg(code).name)) for code in USUAL]
    west, south = others.min(axis=0)
    east, north = others.max(axis=0)
    area = AreaOfInterest(float(west), float(south), float(east), float(north))
    found = {4326: ("WGS 84", 1.0)}
    for info in query_crs_info("EPSG", [PJType.PROJECTED_CRS], area_of_interest=area, contains=False):
        use = info.area_of_use
        if info.deprecated or any(w in info.name for w in UNUSUAL) or use is None:
            continue
        wide = (use.east - use.west) % 360 > 40 and "Pseudo-Mercator" not in info.name
        if not wide:
            found[int(info.code)] = (info.name, _prior(info.name))
    return [(code, name, prior) for code, (name, prior) in found.items()]


def _prior(name: str) -> float:
    """Return how usual a system is: the modern ones first, then the old national ones, then military and short-lived ones."""
    if name.startswith(("WGS 84", "ETRS89")) and "Pseudo" not in name:
        return 1.0
    if name.startswith(("MGI 1901", "Macedonia", "Pulkovo 1942 / Gauss-Kruger zone")) or (
        "CM" not in name and "zone" not in name
    ):
        return 0.6
    if "Pseudo" in name:
        return 0.6
    return 0.15 if "ED50" in name else 0.1


def sample_of(points: np.ndarray) -> np.ndarray:
    """Return at most `SAMPLE` of the points that are numbers, evenly over the list, (m, 2)."""
    points = np.asarray(points, float).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) > SAMPLE:
        points = points[np.linspace(0, len(points) - 1, SAMPLE).astype(int)]
    return points


@functools.lru_cache(maxsize=512)
def _area(code: int) -> tuple[float, float, float, float]:
    area = CRS.from_epsg(code).area_of_use
    return (area.west, area.south, area.east, area.north) if area else (0.0, 0.0, 0.0, 0.0)


def _lonlat(points: np.ndarray, code: int) -> np.ndarray | None:
    """Return longitudes and latitudes, or None where the coordinates are none of this system."""
    if code == 4326:
        inside = (np.abs(points[:, 0]) <= 180) & (np.abs(points[:, 1]) <= 90)
        return points if inside.all() else None
    if np.abs(points).max() < 400 or np.abs(points).max() > 1e8:
        return None
    try:
        x, y = to_lonlat(code).transform(points[:, 0], points[:, 1])
    except (CRSError, ProjError):
        return None
    there = np.column_stack([x, y])
    return there if np.isfinite(there).mean() > 0.98 else None


def _in_area(there: np.ndarray, code: int) -> float:
    west, south, east, north = _area(code)
    x, y = there.T
    return float(((x >= west - 0.5) & (x <= east + 0.5) & (y >= south - 0.5) & (y <= north + 0.5)).mean())


def boxes_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Return how well two sets of points lie on each other, 0 to 1: overlap of the boxes that hold the middle 90 % of each.

    The overlap is the share of the smaller box that lies in the larger, as incidents may cover a part of a town only. It falls off
    sharply, so that a town beside is no match.
    """
    boxes: list[tuple[np.ndarray, np.ndarray]] = []
    for points in (a, b):
        points = points[np.isfinite(points).all(axis=1)]
        low, high = np.quantile(points, [0.05, 0.95], axis=0)
        # a box has some size, even that of one point
        boxes.append((low - 0.002, high + 0.002))
    (a0, a1), (b0, b1) = boxes
    common = np.clip(np.minimum(a1, b1) - np.maximum(a0, b0), 0, None).prod()
    return float(common / min((a1 - a0).prod(), (b1 - b0).prod())) ** 2
