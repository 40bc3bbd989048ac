"""How far residents walk to each site: along roads, straight, or by a table."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.sections.stations import WalkTable
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.formats.cells import numbers, texts
from beatplanner.data.formats.source import Place
from beatplanner.data.town.barriers import Barriers
from beatplanner.data.town.columns import read_columns
from beatplanner.data.town.reading import Reading, known_ids, unit_positions
from beatplanner.data.town.walkable import read_network
from beatplanner.data.town.walking_network import WalkingNetwork, access, straight_metres, walk_metres
from beatplanner.data.walking_limit import edge_of


def read_walks(
    reading: Reading,
    units: gpd.GeoDataFrame,
    homes: pd.DataFrame | None,
    sites: pd.DataFrame | None,
    barriers: Barriers | None,
) -> tuple[np.ndarray | None, WalkingNetwork | None]:
    """Return walking metres from homes to sites, (homes, sites), inf where not reachable on foot; and the network they run on; InputError where a table or layer cannot be used."""
    rules = reading.description.stations
    if rules is None or sites is None or homes is None:
        return None, None
    doors, places = homes[["x", "y"]].to_numpy(float), sites[["x", "y"]].to_numpy(float)
    speed = rules.walk_kmh * 1000 / 60
    limit = np.inf if rules.reach_minutes is None else edge_of(rules.reach_minutes * speed)
    network = None
    if rules.distances is not None:
        found = _walks_of_file(reading, units, sites, rules.distances)[homes["unit"].to_numpy(int)]
    elif rules.roads is None:
        found = straight_metres(doors, places, rules.detour, barriers)
    else:
        network, where = read_network(reading, rules.roads, "stations.roads", units, barriers)
        _check_access(reading, network, places, sites, where)
        found = walk_metres(network, doors, places, limit=limit, barriers=barriers)
    found = np.where(found <= limit, found, np.inf)
    if not np.isfinite(found).any():
        mend = "Check that roads, barriers and sites belong to the same place, or raise stations.reach_minutes"
        raise InputError(
            problem(
                "no site can be reached on foot from any unit",
                mend,
                file=reading.description.file.name,
                field="stations",
            )
        )
    return found, network


def _check_access(
    reading: Reading, network: WalkingNetwork, places: np.ndarray, sites: pd.DataFrame, where: Place
) -> None:
    """Raise InputError where a site lies far from every road, as one in a lake does."""
    rules = reading.description.stations
    assert rules is not None
    gap = access(network, places).metres
    far = np.flatnonzero(gap > rules.access_metres * 1.3)
    generated = far[sites["state"].to_numpy(object)[far] == "generated"]
    far = np.setdiff1d(far, generated)
    if len(far):
        i = int(far[np.argmax(gap[far])])
        what = (
            f"site {sites['station'].iat[i]} lies {gap[i] / 1.3:,.0f} m from the nearest road or path, in a lake or a field "
            f"({len(far):,} such sites)"
        )
        mend = "Correct its place, draw the road that leads there, or raise stations.access_metres"
        raise InputError(where.problem(what, mend, field="stations.access_metres"))


def _walks_of_file(reading: Reading, units: gpd.GeoDataFrame, sites: pd.DataFrame, table: WalkTable) -> np.ndarray:
    frame, where = read_columns(reading, "stations.distances", table)
    at = unit_positions(frame["unit"], units, where)
    place = {str(s): j for j, s in enumerate(sites["station"])}
    names, _ = known_ids(reading.findings, texts(frame["site"]), list(place), where, "site")
    unknown = [i for i, v in enumerate(names) if v not in place]
    if unknown:
        i = unknown[0]
        what = f"there is no site “{names[i]}” ({len(unknown):,} such rows)"
        mend = did_you_mean(str(names[i]), place) or "Use names of the existing stations or candidates"
        raise InputError(where.problem(what, mend, row=where.rows[i], field="site"))
    metres = np.full((len(units), len(sites)), np.inf)
    metres[at, [place[str(v)] for v in names]] = numbers(
        frame["metres"], where, least=0, empty=np.inf, notes=reading.findings.notes
    )
    reading.record("stations.distances", table.path, len(frame))
    given = np.zeros(metres.shape, bool)
    given[at, [place[str(v)] for v in names]] = True
    if not given.all():
        i, j = np.argwhere(~given)[0]
        what = (
            f"{int((~given).sum()):,} of {given.size:,} pairs of unit and site are missing, such as {units['unit'][i]} "
            f"({units['name'][i]}) to {sites['station'][j]}"
        )
        if table.missing == "error":
            mend = 'Give every pair, with empty metres where there is no way on foot; or set missing = "unreachable" in stations.distances'
            raise InputError(where.problem(what, mend, field="site"))
        reading.findings.note("warning", f"{what}; they count as not reachable on foot", file=where.file)
    return metres
