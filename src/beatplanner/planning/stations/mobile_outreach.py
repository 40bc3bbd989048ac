"""Mobile-outreach stops: the fewest places at which a team reaches, on foot for them, the residents whom no station reaches.

Figures a year, for each stop: visits × (hours a visit + 2 × drive / speed) officer hours and visits × 2 × drive kilometres, where the drive is
the straight line to the nearest station times the detour. The hours count as fixed hours of the unit that the stop lies in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.town.town import Town
from beatplanner.data.town.walking_network import straight_metres, walk_metres
from beatplanner.data.walking_limit import edge_of
from beatplanner.solver.location.covering import fewest
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.location.site_tree import SiteProof

# Places considered for stops, the most populous first.
STOPS_TRIED = 4_000


def mobile_stops(
    town: Town,
    people: np.ndarray,
    chosen: np.ndarray,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[pd.DataFrame, float | None, SiteProof | None]:
    """Choose the stops.

    Parameters
    ----------
    town, people
        The town and the residents of each home, (h,).
    chosen
        Open stations.
    seconds, threads, seed, cancelled
        As for `plan_stations`.

    Returns
    -------
    tuple of pandas.DataFrame, float or None, and SiteProof or None
        One row a stop: ``stop`` (name), ``unit`` (position), ``x``, ``y``, ``residents`` (whose nearest stop it is), ``units`` (reached), ``station``
        (where the team starts), ``km`` and ``hours`` a year, ``visits``; the least number of stops that is proven to be needed, wherever in homes they
        are, None where not all homes were considered; and its proof, over the homes that no station reaches.
    """
    rules, homes, walks, sites = town.description.stations, town.homes, town.walks, town.sites
    assert (
        rules is not None and rules.mobile is not None and homes is not None and walks is not None and sites is not None
    )
    m = rules.mobile
    columns = ["stop", "unit", "x", "y", "residents", "units", "station", "visits", "hours", "km"]
    left = np.flatnonzero(~np.isfinite(walks[:, chosen]).any(axis=1) & (people > 0))
    if not len(left):
        return pd.DataFrame({c: [] for c in columns}), 0.0, None
    place = homes[["x", "y"]].to_numpy(float)
    heavy = np.sort(left[np.argsort(-people[left], kind="stable")[:STOPS_TRIED]])
    speed = rules.walk_kmh * 1000 / 60
    limit = edge_of((m.walk_minutes or rules.walk_minutes) * speed)
    if town.network is not None:
        metres = walk_metres(town.network, place[left], place[heavy], limit=limit)
    else:
        metres = straight_metres(place[left], place[heavy], rules.detour)
    # whoever lives at a stop is at it
    metres[np.searchsorted(left, heavy), np.arange(len(heavy))] = 0.0
    found = fewest(
        metres <= limit,
        SiteRules.plain(len(heavy), None),
        seconds=seconds,
        threads=threads,
        seed=seed,
        prove=len(heavy) == len(left),
        cancelled=cancelled,
    )
    if found is None or not len(found.open):
        return pd.DataFrame({c: [] for c in columns}), None, None
    chosen_stops = found.open
    stops = heavy[chosen_stops]
    nearest = np.argmin(metres[:, chosen_stops], axis=1)
    served = metres[:, chosen_stops].min(axis=1) <= limit
    # beyond the places considered, whoever is left gets a stop at home
    rest = np.flatnonzero(~served)
    nearest[rest] = len(stops) + np.arange(len(rest))
    stops, served = np.concatenate([stops, left[rest]]), np.ones(len(left), bool)
    apart = straight_metres(place[stops], sites[["x", "y"]].to_numpy(float)[chosen], rules.detour)
    drive = apart.min(axis=1) / 1000
    unit = homes["unit"].to_numpy(int)
    name: np.ndarray = town.units["name"].to_numpy(object)[unit[stops]]
    number = pd.Series(name).groupby(name).cumcount().to_numpy()
    rows: list[tuple[Any, ...]] = []
    for k, h in enumerate(stops):
        mine = left[(nearest == k) & served]
        rows.append(
            (
                name[k] if not number[k] else f"{name[k]} ({number[k] + 1})",
                int(unit[h]),
                place[h, 0],
                place[h, 1],
                float(people[mine].sum()),
                len(np.unique(unit[mine])),
                str(sites["station"].iat[int(chosen[np.argmin(apart[k])])]),
                m.visits_per_year,
                m.visits_per_year * (m.hours_per_visit + 2 * drive[k] / m.drive_kmh),
                m.visits_per_year * 2 * drive[k],
            )
        )
    stops_at = pd.DataFrame(rows, columns=columns)
    # other places than those considered might serve more at once
    return (stops_at, found.lower_bound, found.proof) if len(heavy) == len(left) else (stops_at, None, None)
