"""What binds units today: the beats they lie in, and the beats they are locked to."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.models import IdLayer
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.formats.layers import polygons_of, read_layer, read_table, texts
from beatplanner.data.town.reading import Reading, unit_positions


def read_current(reading: Reading, units: gpd.GeoDataFrame) -> np.ndarray:
    """Return the id of today's beat that each unit lies in, (n,), None where it lies in none."""
    rules = reading.description.beats
    none = np.full(len(units), None, dtype=object)
    if rules is None or rules.current is None:
        return none
    layer: IdLayer = rules.current
    frame, where = reading.noting(read_layer(reading.description.path(layer.path), layer.layer, [layer.id], layer.crs))
    ids = texts(frame[layer.id])
    shapes, _ = polygons_of(frame, where, [f"beat {i}" for i in ids])
    shapes = np.asarray(gpd.GeoSeries(shapes, crs=frame.crs).to_crs(units.crs).array, dtype=object)
    polygons = np.asarray(units.geometry.array, dtype=object)
    u, s = shapely.STRtree(shapes).query(polygons, predicate="intersects")
    shared = pd.DataFrame(
        {"u": u, "id": [ids[i] for i in s], "area": shapely.area(shapely.intersection(polygons[u], shapes[s]))}
    )
    shared = shared[shared["id"].notna() & (shared["area"] > 0)].groupby(["u", "id"], as_index=False)["area"].sum()
    best = shared.sort_values(["u", "area", "id"], ascending=[True, False, True]).drop_duplicates("u")
    none[best["u"].to_numpy(int)] = best["id"].to_numpy(object)
    reading.record("beats.current", layer.path, len(frame))
    if not len(best):
        raise InputError(where.problem("today's beats lie outside every unit", "Check the layer's CRS"))
    outside = len(units) - len(best)
    if outside:
        reading.findings.tell("warning", f"{outside:,} units lie in none of today's beats", file=where.file)
    return none


def read_locked(reading: Reading, units: gpd.GeoDataFrame) -> np.ndarray:
    """Return the id of the beat that each unit must stay in, (n,), None where it is free."""
    rules = reading.description.beats
    none = np.full(len(units), None, dtype=object)
    if rules is None:
        return none
    held = {unit: beat for beat, members in rules.held.items() for unit in members}
    if held:
        place = {u: i for i, u in enumerate(units["unit"])}
        for unit, beat in held.items():
            if unit not in place:
                mend = did_you_mean(unit, place) or "Use ids of the units layer"
                raise InputError(
                    problem(f"there is no unit “{unit}”", mend, file=reading.description.file.name, field="beats.held")
                )
            none[place[unit]] = beat
    if rules.locked is None:
        return none
    table = rules.locked
    frame, where = read_table(reading.description.path(table.path), table.layer, [table.unit, table.beat])
    at = unit_positions(frame[table.unit], units, where)
    for row, (i, beat) in enumerate(zip(at, texts(frame[table.beat]), strict=True)):
        if beat is None:
            raise InputError(where.problem("no beat is named", "Name the beat", row=where.rows[row], field=table.beat))
        if none[i] not in (None, beat):
            what = f"unit {units['unit'][i]} is locked to both {none[i]} and {beat}"
            raise InputError(where.problem(what, "Keep one", row=where.rows[row], field=table.unit))
        none[i] = beat
    reading.record("beats.locked", table.path, len(frame))
    return none
