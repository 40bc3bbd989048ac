"""Who walks how far: shares of residents by minutes, the effect of opening or closing each site, and catchments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.town.town import Town
from beatplanner.data.town.walking_network import catchments
from beatplanner.data.walking_limit import edge_of


def people_at_homes(town: Town, people: np.ndarray) -> np.ndarray:
    """Return the residents of each home, (h,), from those of the units, (n,)."""
    assert town.homes is not None
    return people[town.homes["unit"].to_numpy(int)] * town.homes["share"].to_numpy(float)


def groups_at_homes(town: Town) -> dict[str, np.ndarray]:
    """Return the residents of each group at each home, (h,); a group is taken to live where its unit's residents do."""
    return {g: people_at_homes(town, town.units[f"group_{g}"].to_numpy(float)) for g in town.groups}


def access_shares(
    town: Town, people: np.ndarray, minutes: np.ndarray, bands: list[float], beat: np.ndarray | None
) -> pd.DataFrame:
    """Return the share of residents within each number of minutes, overall and by beat, municipality and group.

    Parameters
    ----------
    people, minutes
        (h,) residents of each home and their minutes to the nearest station; NaN where not reachable on foot.
    bands
        Minutes, rising.
    beat
        (n,) beat of each unit, or None.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``name``, ``minutes``, ``residents`` (within), ``share``; ``minutes`` NaN for those who cannot reach a station on foot.
    """
    assert town.homes is not None
    unit = town.homes["unit"].to_numpy(int)
    rows: list[tuple[str, str, float, float, float]] = []

    def add(kind: str, name: str, weight: np.ndarray) -> None:
        total = float(weight.sum())
        for band in [*bands, np.nan]:
            inside = np.isnan(minutes) if np.isnan(band) else minutes <= edge_of(band)
            value = float(weight[inside].sum())
            rows.append((kind, name, band, value, value / total if total > 0 else np.nan))

    add("all", town.name, people)
    for kind, label in (("beat", beat), ("municipality", town.units["municipality"].to_numpy(object))):
        if label is None or (kind == "municipality" and not town.description.units.municipality):
            continue
        of_home = label[unit].astype(str)
        for name in sorted(set(of_home)):
            add(kind, name, np.where(of_home == name, people, 0.0))
    for group, weight in groups_at_homes(town).items():
        add("group", group, weight)
    return pd.DataFrame(rows, columns=["kind", "name", "minutes", "residents", "share"])


def site_effects(
    walks: np.ndarray, people: np.ndarray, chosen: np.ndarray, limit: float, metres_a_minute: float
) -> pd.DataFrame:
    """Return what opening each closed site, or closing each open one, would change.

    Parameters
    ----------
    walks
        (h, m) metres; inf where not reachable on foot.
    people
        (h,) residents.
    chosen
        Open sites.
    limit
        Walking limit, metres, as `edge_of` gives it.
    metres_a_minute
        Walking speed.

    Returns
    -------
    pandas.DataFrame
        One row a site: ``change_within_limit`` and ``change_reached`` (residents), ``change_minutes`` (of the mean walk of those who reach a
        station before and after), ``residents_affected`` (whose nearest station would be another, or whose walk would change).
    """
    ways = walks[:, chosen]
    order = np.argsort(ways, axis=1, kind="stable")
    first = np.take_along_axis(ways, order[:, :1], axis=1)[:, 0]
    second = np.take_along_axis(ways, order[:, 1:2], axis=1)[:, 0] if len(chosen) > 1 else np.full(len(ways), np.inf)
    nearest = np.where(np.isfinite(first), chosen[order[:, 0]], -1)
    is_open = np.zeros(walks.shape[1], bool)
    is_open[chosen] = True
    rows: list[tuple[float, float, float, float]] = []
    for j in range(walks.shape[1]):
        after = np.where(nearest == j, second, first) if is_open[j] else np.minimum(first, walks[:, j])
        both = np.isfinite(first) & np.isfinite(after)
        changed = (after != first) & (np.isfinite(first) | np.isfinite(after))
        reached = people[both].sum()
        rows.append(
            (
                float(people[after <= limit].sum() - people[first <= limit].sum()),
                float(people[np.isfinite(after)].sum() - people[np.isfinite(first)].sum()),
                float((people[both] * (after[both] - first[both])).sum() / reached / metres_a_minute)
                if reached > 0
                else 0.0,
                float(people[changed].sum()),
            )
        )
    return pd.DataFrame(rows, columns=["change_within_limit", "change_reached", "change_minutes", "residents_affected"])


def catchment_areas(town: Town, chosen: np.ndarray, threads: int = 1) -> gpd.GeoDataFrame:
    """Return the area within each number of minutes on foot of each station.

    Along the roads where there are any; else circles by detour; else, with a table of distances, the units within reach.

    Returns
    -------
    geopandas.GeoDataFrame
        ``station``, ``minutes``, geometry.
    """
    rules, sites, homes, walks = town.description.stations, town.sites, town.homes, town.walks
    assert rules is not None and sites is not None and homes is not None and walks is not None
    speed = rules.walk_kmh * 1000 / 60
    places = sites[["x", "y"]].to_numpy(float)[chosen]

    def areas() -> Iterator[list[shapely.Geometry]]:
        if town.network is not None:
            yield from catchments(town.network, places, [b * speed for b in rules.bands], threads=threads)
            return
        for j, place in zip(chosen, places, strict=True):
            if rules.distances is None:
                yield [shapely.Point(place).buffer(b * speed / rules.detour, quad_segs=24) for b in rules.bands]
            else:
                shapes = town.units.geometry.to_numpy()
                unit = homes["unit"].to_numpy(int)
                yield [geometry.union(shapes[unit[walks[:, j] <= b * speed]]) for b in rules.bands]

    rows: list[tuple[Any, float]] = []
    shapes: list[shapely.MultiPolygon] = []
    for j, found in zip(chosen, areas(), strict=True):
        for band, area in zip(rules.bands, found, strict=True):
            rows.append((sites["station"].iat[j], band))
            shapes.append(
                shapely.MultiPolygon(shapely.get_parts(area).tolist())
                if not shapely.is_empty(area)
                else shapely.MultiPolygon()
            )
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["station", "minutes"]), geometry=shapes, crs=town.crs)
