"""What binds units today: the beats they lie in, and the beats they are locked to."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.listed_ids import ids_as_known
from beatplanner.data.description.sections.base import IdLayer
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.formats.layers import read_layer, read_table
from beatplanner.data.formats.polygons import polygons_of
from beatplanner.data.formats.source import Place
from beatplanner.data.town.reading import Reading, beats_today, known_ids, unit_positions
from beatplanner.data.town.where import misplaced

# Less than this share of a unit's area comes from borders digitised twice; from the second on, a part is worth a word.
HAIR = 1e-3
SPLIT = 0.05
# Column of names in the layer ``beats`` of a plan.
NAME = "name"


def read_current(reading: Reading, units: gpd.GeoDataFrame) -> tuple[np.ndarray, dict[str, str]]:
    """Return the id of today's beat that each unit lies in, (n,), None where it lies in none; and the names of today's beats by id.

    The largest share of a unit's area decides; what lies in none of today's beats counts as a share like any other.
    """
    rules = reading.description.beats
    current = np.full(len(units), None, dtype=object)
    if rules is None or rules.current is None:
        return current, {}
    layer: IdLayer = rules.current
    frame, where = reading.noting(read_layer(reading.description.path(layer.path), layer.layer, [layer.id], layer.crs))
    ids = texts(frame[layer.id])
    beat_names = _names_of_beats(reading, layer) if NAME in where.dropped else {}
    shapes, _ = polygons_of(frame, where, [f"beat {i}" for i in ids])
    shapes = np.asarray(gpd.GeoSeries(shapes, crs=frame.crs).to_crs(crs_of(units)).array, dtype=object)
    reading.record("beats.current", layer.path, len(frame))
    shares = _shares(np.asarray(units.geometry.array, dtype=object), shapes, ids)
    best = shares.sort_values(["unit", "share", "beat"], ascending=[True, False, True], na_position="last")
    best = best.drop_duplicates("unit")
    current[best["unit"].to_numpy(int)] = best["beat"].to_numpy(object)
    inside = np.array([c is not None for c in current])
    if not inside.any():
        what = "today's beats lie outside every unit"
        raise misplaced(reading, "beats.current", layer, units, where, what, "Check the layer's CRS")
    if not inside.all():
        names = listed(units["name"][~inside], 5)
        what = f"{int((~inside).sum()):,} units lie in none of today's beats, or by less than half: {names}"
        reading.findings.add([where.fact(what, "warning", field=layer.id)])
    _note_splits(reading, shares, current, units, where, layer.id)
    return current, beat_names


def _names_of_beats(reading: Reading, layer: IdLayer) -> dict[str, str]:
    """Return the names that today's beats have, as in the layer ``beats`` of a plan, by id; what is named twice has none."""
    frame, _ = read_layer(reading.description.path(layer.path), layer.layer, [layer.id, NAME], layer.crs)
    pairs = {(b, n) for b, n in zip(texts(frame[layer.id]), texts(frame[NAME]), strict=True) if b and n}
    ids, names = [b for b, _ in pairs], [n for _, n in pairs]
    return {b: n for b, n in sorted(pairs) if ids.count(b) == 1 and names.count(n) == 1}


def _shares(polygons: np.ndarray, shapes: np.ndarray, ids: list[str | None]) -> pd.DataFrame:
    """Return the share of each unit's area, above a hair, that lies in each of today's beats, and in none (``beat`` None).

    Columns ``unit`` (position), ``beat``, ``share``.
    """
    u, s = shapely.STRtree(shapes).query(polygons, predicate="intersects")
    named = np.array([ids[i] is not None for i in s], bool)
    u, s = u[named], s[named]
    common = np.asarray(geometry.intersection(polygons[u], shapes[s]), dtype=object)
    area = shapely.area(polygons)
    parts = pd.DataFrame(
        {"unit": u, "beat": [ids[int(i)] for i in s], "share": shapely.area(common) / area[u], "common": common}
    )
    parts = parts[parts["share"] > HAIR]
    covered = np.bincount(parts["unit"], weights=parts["share"], minlength=len(polygons))
    # where several pieces meet in a unit, they may lie on each other
    for unit, group in parts.groupby("unit"):
        if len(group) > 1:
            covered[int(unit)] = shapely.area(geometry.union(group["common"].to_numpy())) / area[int(unit)]  # pyright: ignore[reportArgumentType]
    shares = parts.groupby(["unit", "beat"], as_index=False)["share"].sum()
    none = np.flatnonzero(1.0 - covered > HAIR)
    beats = np.array([*shares["beat"], *[None] * len(none)], dtype=object)
    return pd.DataFrame(
        {
            "unit": np.r_[shares["unit"].to_numpy(int), none],
            "beat": pd.Series(beats, dtype=object),
            "share": np.r_[shares["share"].to_numpy(float), 1.0 - covered[none]],
        }
    )


def _note_splits(
    reading: Reading, shares: pd.DataFrame, current: np.ndarray, units: gpd.GeoDataFrame, where: Place, column: str
) -> None:
    """Name the units of which a part that counts lies in another of today's beats, or in none."""
    elsewhere = np.asarray(shares["beat"].to_numpy(object) != current[shares["unit"].to_numpy(int)], bool)
    other = shares.iloc[np.flatnonzero(elsewhere & (shares["share"].to_numpy(float) >= SPLIT))]
    total = shares.groupby("unit")["share"].sum()
    twice = {int(str(u)) for u in total.index[total > 1 + SPLIT]}
    if twice:
        named = [
            f"{units['name'].iat[u]} ({listed(shares.loc[shares['unit'] == u, 'beat'], 3)})" for u in sorted(twice)
        ]
        what = f"today's beats lie on each other in {len(twice):,} units, each of which counts in the one that holds most of it: {listed(named, 5)}"
        mend = "Correct the beats where one of them is an old one; of equal shares the first name counts"
        reading.findings.add([where.fact(what, "warning", mend, field=column)])
    other = other.iloc[np.flatnonzero(~np.isin(other["unit"].to_numpy(int), list(twice)))]
    if other.empty:
        return
    worst = other.sort_values("share", ascending=False).drop_duplicates("unit")
    named: list[str] = []
    for unit, beat, share in worst[["unit", "beat", "share"]].itertuples(index=False):
        held = current[int(unit)]
        named.append(
            f"{units['name'].iat[int(unit)]} (counts {'as ' + held if held is not None else 'in none'}, "
            f"{share:.0%} {'in ' + beat if beat is not None else 'in none'})"
        )
    people = units["population"].to_numpy(float)[other["unit"].to_numpy(int)] * other["share"].to_numpy(float)
    about = f", in these parts about {np.nansum(people):,.0f} residents by area" if np.isfinite(people).any() else ""
    what = (
        f"{len(worst):,} units are split by the lines of today's beats; each counts whole where its largest part lies{about}: "
        f"{listed(named, 5)}"
    )
    reading.findings.add(
        [where.fact(what, "warning", "Where that matters, give the parts ids of their own", field=column)]
    )


def read_locked(reading: Reading, units: gpd.GeoDataFrame) -> np.ndarray:
    """Return the id of the beat that each unit must stay in, (n,), None where it is free; InputError names units and beats that are not there."""
    rules = reading.description.beats
    none = np.full(len(units), None, dtype=object)
    if rules is None:
        return none
    if rules.held:
        place = {u: i for i, u in enumerate(units["unit"])}
        beats = ids_as_known(rules.held, beats_today(units))
        held = [(unit, beat) for beat, members in zip(beats, rules.held.values(), strict=True) for unit in members]
        for unit, beat in zip(ids_as_known([u for u, _ in held], place), [b for _, b in held], strict=True):
            if unit not in place:
                mend = did_you_mean(unit, place) or "Use ids of the units layer"
                raise InputError(
                    problem(f"there is no unit “{unit}”", mend, file=reading.description.file.name, field="beats.held")
                )
            none[place[unit]] = beat
    if rules.locked is None:
        return none
    table = rules.locked
    frame, where = reading.noting(
        read_table(reading.description.path(table.path), table.layer, [table.unit, table.beat])
    )
    at = unit_positions(frame[table.unit], units, where)
    beats, _ = known_ids(reading.findings, texts(frame[table.beat]), beats_today(units), where, table.beat)
    for row, (i, beat) in enumerate(zip(at, beats, strict=True)):
        if beat is None:
            raise InputError(where.problem("no beat is named", "Name the beat", row=where.rows[row], field=table.beat))
        if none[i] not in (None, beat):
            what = f"unit {units['unit'][i]} is locked to both {none[i]} and {beat}"
            raise InputError(where.problem(what, "Keep one", row=where.rows[row], field=table.unit))
        none[i] = beat
    reading.record("beats.locked", table.path, len(frame))
    return none
