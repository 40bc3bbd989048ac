"""What an export of the map may hold: for people outside only what the privacy gate lets through, for the office the plan's own figures.

For the public: which unit is in which beat, now and before; beats with their residents, small numbers and what would give them back hidden; and
stations. For the office: every figure of the plan's units, beats and stations. Points of incidents are in neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.result.cells import HIDDEN
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of
from beatplanner.planning.forum.gate import Gate
from beatplanner.planning.forum.pack_figures import decide_residents, pack_areas
from beatplanner.planning.forum.public_plan import public_plan
from beatplanner.planning.forum.published import read_published_pack

Audience = Literal["public", "office"]
THRESHOLD = 5  # ONS and ICO practice, where the description sets no other
UNITS = ("unit", "name", "municipality", "current", "beat")
BEATS = ("beat", "name", "municipality")
STATIONS = ("station", "name", "existing")


def exported_layers(tables: PlanTables) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that an export has, as the plan has them."""
    found: dict[str, gpd.GeoDataFrame] = {"units": tables.units}
    if tables.beats is not None:
        found["beats"] = tables.beats
    if tables.stations is not None:
        found["stations"] = tables.stations
    return found


def export_tables(tables: PlanTables, audience: Audience) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of an export: ``units``, and ``beats`` and ``stations`` where the plan has them.

    Parameters
    ----------
    tables
        The plan.
    audience
        ``"public"`` or ``"office"``.

    Raises
    ------
    InputError
        Where hiding small numbers cannot keep them from being computed; the message names what would be given away.
    """
    found = exported_layers(tables)
    if audience == "office":
        return found
    kept = {"units": UNITS, "beats": BEATS, "stations": STATIONS}
    public = {
        name: gpd.GeoDataFrame(frame[[c for c in kept[name] if c in frame] + ["geometry"]])
        for name, frame in found.items()
    }
    if tables.beats is not None and tables.units["population"].notna().all():
        public["beats"].insert(3, "residents", _residents(tables))
    return public


def decided_residents(tables: PlanTables) -> tuple[Gate, int]:
    """Return what the gate decides of a plan's residents beside all packs that its description names, and the threshold."""
    forum = section_of(section_of(tables.summary, "rules"), "forum")
    base = Path(str(tables.summary.get("description_file", ""))).parent
    # what people have from earlier packs counts here as it does for the pack itself
    earlier = [read_published_pack(base / p) for p in forum.get("published_before", [])]
    k = int(forum.get("threshold", THRESHOLD))
    return decide_residents(tables, pack_areas(public_plan(tables)), k, earlier), k


def _residents(tables: PlanTables) -> pd.Series:
    """Return the residents of each beat, NaN where they are hidden."""
    assert tables.beats is not None
    gate, _ = decided_residents(tables)
    if gate.leaks:
        raise InputError(
            *(problem(text, "Move the unit to a neighbouring beat, or export for the office") for text in gate.leaks)
        )
    values = [gate.values.get(("beat", str(b))) for b in tables.beats["beat"]]
    return pd.Series([np.nan if v is None else float(v) for v in values], index=tables.beats.index)


def hides_residents(folder: Path) -> tuple[bool, int]:
    """Return whether the pack of a result hides figures of its residents, or would have to, and the threshold."""
    tables = read_result(folder)
    if tables.beats is None or not tables.units["population"].notna().all():
        return False, THRESHOLD
    gate, k = decided_residents(tables)
    return bool(gate.leaks) or None in gate.values.values(), k


def hidden_as_sign(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table for reading, in which a hidden number of residents is ``*``."""
    if "residents" not in frame:
        return frame
    shown = [HIDDEN if pd.isna(v) else int(v) for v in frame["residents"]]
    return frame.assign(residents=pd.Series(shown, index=frame.index, dtype=object))
