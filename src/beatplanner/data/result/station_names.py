"""What a station is called: by its own name, or, where its place is made up and nobody has accepted it, by what lies near."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.result.draft import accepted_sites, unaccepted_sites
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.qgis_words import UNNAMED, English, Says


def areas_near(tables: PlanTables) -> list[str]:
    """Return the name of the area that each station lies in or is nearest to."""
    assert tables.stations is not None
    units = tables.units
    names = units["name" if "name" in units else "unit"].to_numpy(object)
    tree = shapely.STRtree(units.geometry.to_numpy())
    station, unit = tree.query_nearest(tables.stations.geometry.to_numpy(), all_matches=True)
    # of units equally near the first, as they stand in the table
    nearest = np.full(len(tables.stations), len(names))
    np.minimum.at(nearest, station, unit)
    return [str(names[k]) for k in nearest]


def own_names(tables: PlanTables, accepted: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Return what people know each station by; None for a made-up place that no person has accepted (`accepted` as for `draft_reasons`)."""
    if tables.stations is None:
        return {}
    accepted = accepted_sites(tables) if accepted is None else accepted
    ids = tables.stations["station"].astype(str)
    known = dict(zip(ids, tables.stations["name"], strict=True)) if "name" in tables.stations else {}
    named = {s: str(known.get(s) or s) for s in ids} | {s: n for s, n in accepted.items() if s in set(ids)}
    open_sites = unaccepted_sites(tables, accepted)
    return {s: None if s in open_sites else named[s] for s in ids}


def station_names(
    tables: PlanTables, says: Says | None = None, accepted: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what each station is called in a language (English where nobody says it otherwise), as in the pack; `accepted` as for `draft_reasons`."""
    names, says = own_names(tables, accepted), says or English()
    if None not in names.values():
        return {s: str(n) for s, n in names.items()}
    near = areas_near(tables)
    return {s: n or says.text(UNNAMED, area=a) for (s, n), a in zip(names.items(), near, strict=True)}


def named(frame: pd.DataFrame, tables: PlanTables, says: Says | None = None) -> pd.DataFrame:
    """Return stations or sites with the name that people know them by, in a language; a chosen site is called as its station is."""
    frame = frame.drop(columns="geometry")
    called = frame["station"].astype(str).map(station_names(tables, says))
    return frame.assign(name=called.fillna(frame["name" if "name" in frame else "station"]))
