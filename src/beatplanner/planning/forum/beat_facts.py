"""Facts of a beat that cards and forum packs both ask for: who holds its posts, which languages they speak, the way to a station, its partners."""

from __future__ import annotations

import numpy as np
import pandas as pd

from beatplanner.data.narrowing import is_sequence
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.forum_tables import ForumTables, read_forum_tables, written_as_known
from beatplanner.data.town.town import Town


def people_of(units: pd.DataFrame) -> np.ndarray:
    """Return residents of each unit, (n,); hours of work where they are unknown."""
    people = units["population"].to_numpy(float)
    return people if np.nansum(people) > 0 else units["workload"].to_numpy(float)


def languages_of(tables: PlanTables, officer: str) -> list[str]:
    """Return the languages that an officer speaks, as the roster has them."""
    roster = tables.roster
    if roster is None:
        return []
    found = roster.loc[roster["officer"].astype(str) == officer, "languages"]
    value = found.iloc[0] if len(found) else None
    return [str(w) for w in (value if is_sequence(value) else str(value or "").split(";")) if w]


def walk_of(tables: PlanTables, beat: str) -> tuple[str, float] | None:
    """Return the station that is nearest to most residents of a beat, and the mean minutes to stations; None where none is reached on foot."""
    units = tables.units
    if tables.stations is None:
        return None
    own = units[units["beat"].astype(str) == beat]
    people = people_of(own)
    minutes = own["walk_minutes"].to_numpy(float)
    reached = np.isfinite(minutes)
    if not reached.any() or people[reached].sum() <= 0:
        return None
    living: np.ndarray = people[reached]
    nearest: np.ndarray = own["station"].to_numpy(object)[reached].astype(str)
    by_station = pd.Series(living).groupby(nearest)
    return str(by_station.sum().idxmax()), float(np.average(minutes[reached], weights=people[reached]))


def forum_tables_of(town: Town, tables: PlanTables) -> ForumTables:
    """Read the tables of a town's forums, with beats, municipalities and stations as the plan writes them.

    Raises
    ------
    InputError
        With every problem of every table.
    """
    areas = [] if tables.beats is None else [str(a) for c in ("beat", "name", "municipality") for a in tables.beats[c]]
    there = tables.stations
    stations = [] if there is None else [str(s) for c in ("station", "name") if c in there for s in there[c]]
    return written_as_known(read_forum_tables(town), areas, stations)


def partners_of(extra: ForumTables, beat: str, name: str, municipality: str) -> pd.DataFrame:
    """Return the partners of a beat: its own, its municipality's, and those of everywhere."""
    area = {beat, name, municipality}
    return extra.partners[np.array([a is None or str(a) in area for a in extra.partners["area"]], dtype=bool)]
