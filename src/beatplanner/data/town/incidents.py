"""Reads the incidents: kind, time and place of each, and the unit it lies in."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from beatplanner.data.description.sections.incidents import Incidents
from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import listed
from beatplanner.data.formats.cells import is_missing, texts, times
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.formats.layers import read_table
from beatplanner.data.formats.source import Place
from beatplanner.data.town.addresses import accepted_places, match_addresses, street_only
from beatplanner.data.town.categories import map_categories, personal
from beatplanner.data.town.columns import read_columns
from beatplanner.data.town.reading import Reading, read_placed, truths
from beatplanner.data.town.recorded import Recorded, recorded_time
from beatplanner.data.town.where import guess_beside, misplaced


def read_incidents(reading: Reading, units: gpd.GeoDataFrame) -> tuple[pd.DataFrame | None, Recorded | None]:
    """Read the incidents and the time that they cover, as in `Town`; of each only kind, time and place are taken; InputError where they cannot be used."""
    rules = reading.description.incidents
    if rules is None:
        return None, None
    columns = [rules.category, rules.time, rules.time_of_day, *rules.time_else, rules.record, rules.address]
    columns = list(dict.fromkeys(c for c in columns if c))
    if rules.x is None and rules.address is not None:
        frame, where = reading.noting(
            read_table(reading.description.path(rules.path), rules.layer, columns), unused=False
        )
        frame.insert(0, "x", np.nan)
        frame.insert(1, "y", np.nan)
    else:
        frame, where = read_placed(
            reading, rules, columns, "incidents", crs_of(units), guess_beside(reading, "incidents", units)
        )
    notes: list[Note] = []
    rows = len(frame)
    for c in (rules.category,):
        why = personal([t or "" for t in texts(frame[c])]) if c else ""
        if why:
            mend = "Name the column with the kind of incident; free text and personal data are never read"
            raise InputError(
                where.problem(f"the column {why}, so it is not taken for a kind of incident", mend, field=c or "")
            )
    if rules.address is not None:
        notes += _geocode(reading, frame, rules, where, crs_of(units))
    category = [c or "" for c in texts(frame[rules.category])] if rules.category else [""] * rows
    if rules.categories is not None:
        category, of_categories, listed_kinds = map_categories(reading, category, rules.categories)
        reading.findings.add(of_categories)
        reading.record("incidents.categories", rules.categories.path, listed_kinds)
    found = pd.DataFrame(
        {
            "x": frame["x"],
            "y": frame["y"],
            "unit": -1,
            "category": category,
            "time": _times(frame, rules, where, notes),
        }
    )
    if rules.record is not None:
        found, note = _once_a_record(found, frame[rules.record], where)
        notes += note
    there = np.asarray(np.isfinite(found[["x", "y"]].to_numpy()).all(axis=1))
    unit = np.full(len(found), -1)
    points = np.asarray(shapely.points(found.loc[there, ["x", "y"]].to_numpy(float)), dtype=object)
    polygons = np.asarray(units.geometry.array, dtype=object)
    # asked of the units, whose borders are then looked at once for all their points
    u, p = shapely.STRtree(points).query(polygons, predicate="intersects")
    # a point on a border belongs to the first unit of the layer, always the same
    first = pd.DataFrame({"p": p, "u": u}).groupby("p")["u"].min()
    unit[np.flatnonzero(there)[first.index]] = first.to_numpy()
    _note_outside(reading, found, unit, there, points, units, where)
    found["unit"] = unit
    recorded = _recorded(found, rules, where, notes)
    found["a_year"] = recorded.a_year
    if where.dropped:
        what = f"{len(where.dropped)} column{'s' * (len(where.dropped) > 1)} left out, as of an incident only kind, time and place are taken: {listed(where.dropped, 12)}"
        notes.append(where.fact(what))
    reading.findings.add(notes)
    where = replace(where, notes=(*where.notes, *(n for n in notes if n.severity != "error")))
    reading.record("incidents", rules.path, rows, int((unit >= 0).sum()), where)
    if found["time"].notna().any():
        reading.sources[-1] = replace(reading.sources[-1], newest=f"{found['time'].max():%Y-%m-%d}")
    return found, recorded


def _times(frame: pd.DataFrame, rules: Incidents, where: Place, notes: list[Note]) -> pd.Series:
    """Return when incidents happened: the first of several columns that is filled, with the hour out of its own column where it has one."""
    found = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    for k, column in enumerate([rules.time, *rules.time_else] if rules.time else []):
        if not found.isna().any():
            continue
        open_ = found.isna().to_numpy()
        part = frame[column][open_]
        place = replace(where, rows=tuple(where.rows[i] for i in np.flatnonzero(open_)))
        taken = times(part, place, rules.timezone, notes)
        found[open_] = taken.astype("datetime64[us]")
        if k:
            notes.append(
                where.fact(f"{int(taken.notna().sum()):,} incidents have their time from “{column}”", field=column)
            )
    if rules.time and rules.time_of_day:
        hour = times(_with_a_day(frame[rules.time_of_day]), where, None, notes)
        found = found.dt.normalize() + (hour - hour.dt.normalize()).fillna(pd.Timedelta(0))
    known = found.dropna()
    midnight = int((known == known.dt.normalize()).sum())
    # by chance one in 1,440 falls on it, or one in 24 where hours are rounded
    if midnight > max(5, 0.06 * len(known)):
        what = f"{midnight:,} of {len(known):,} incidents happened at 0:00, which often stands for an unknown hour"
        notes.append(
            where.fact(
                what,
                "info" if midnight == len(known) else "warning",
                "Their day counts, their hour does not",
                field=rules.time or "",
            )
        )
    ahead = int((known > pd.Timestamp.now() + pd.Timedelta(days=2)).sum())
    if ahead:
        notes.append(
            where.fact(
                f"{ahead:,} incidents lie in the future",
                "warning",
                "Check whether day and month, or the year, are mistaken",
                field=rules.time or "",
            )
        )
    return found


def _recorded(found: pd.DataFrame, rules: Incidents, where: Place, notes: list[Note]) -> Recorded:
    """Find out what time the records cover, and tell it."""
    if rules.first is not None and rules.last is not None and rules.last < rules.first:
        what = f"the records end on {rules.last}, before they begin on {rules.first}"
        raise InputError(where.problem(what, "Give their first and last day", field="incidents.last"))
    recorded = recorded_time(found["time"], found["category"], rules)
    notes += [where.fact(what, "warning", mend, field=rules.time or "incidents.time") for what, mend in recorded.doubts]
    notes += [where.fact(what, field=rules.time or "incidents.days") for what in recorded.facts]
    return recorded


def _with_a_day(values: pd.Series) -> pd.Series:
    """Return hours with a day before them, for a reader of times: “22:15”, 22.15, “10:15 PM”, 2215, 0.927 of a spreadsheet's day, or a time."""
    shown = [str(v).strip() for v in values if not is_missing(v)]
    digits = [t.removesuffix(".0") for t in shown if re.fullmatch(r"\d{1,4}(?:\.0)?", t)]
    # 2215 and 5 are hours and minutes without a sign where a column has numbers above 24
    joined = bool(digits) and len(digits) == len(shown) and max(map(int, digits)) > 24

    def full(value: object) -> object:
        if is_missing(value):
            return None
        if isinstance(value, float) and 0 <= value < 1 and not joined:
            return f"2000-01-01T{int(value * 1440) // 60:02d}:{int(value * 1440) % 60:02d}"
        text = str(value).strip()
        if joined:
            text = text.removesuffix(".0").zfill(4)
            text = f"{text[:2]}:{text[2:]}"
        found = re.match(
            r"^(\d{1,2})(?:[:.hч ](\d{2}))?(?:[:.](\d{2})(?:\.\d+)?)?\s*(?:([AaPp])\.?[Mm]\.?|h|ч\.?)?$", text
        )
        if not found:
            return value
        hour, half = int(found[1]), (found[4] or "").casefold()
        hour = hour % 12 + 12 * (half == "p") if half and hour <= 12 else hour
        # 24:00 is the end of the day that is named
        hour = 0 if hour == 24 and found[2] in (None, "00") else hour
        return f"2000-01-01T{hour:02d}:{found[2] or '00'}:{found[3] or '00'}"

    return values.map(full)


def _once_a_record(found: pd.DataFrame, record: pd.Series, where: Place) -> tuple[pd.DataFrame, list[Note]]:
    """Count each record once, and once for each of its kinds; rows without a number stay."""
    number = pd.Series(texts(record), index=found.index, dtype=object)
    key = pd.DataFrame({"number": number, "category": found["category"]})
    twice = key.duplicated() & number.notna()
    # the row with a place is the better one of two
    if twice.any():
        order = found["x"].isna().argsort(kind="stable").to_numpy()
        twice = (key.iloc[order].duplicated() & number.iloc[order].notna()).sort_index()
    several = key[~twice & number.notna()]["number"].duplicated().sum()
    notes: list[Note] = []
    if twice.any():
        notes.append(
            where.fact(
                f"{int(twice.sum()):,} rows repeat a record and were counted once",
                "warning",
                field=str(record.name),
            )
        )
    if several:
        notes.append(
            where.fact(f"{int(several):,} records have several kinds, and count once for each", field=str(record.name))
        )
    return found[~twice].reset_index(drop=True), notes


def _geocode(reading: Reading, frame: pd.DataFrame, rules: Incidents, where: Place, crs: CRS) -> list[Note]:
    """Place incidents without coordinates by their address: exact matches, and those by likeness that a person accepted."""
    assert rules.gazetteer is not None and rules.address is not None
    g = rules.gazetteer
    known, place = read_placed(reading, g, [c for c in (g.address, g.number) if c], "incidents.gazetteer", crs)
    names = [
        " ".join(p for p in parts if p)
        for parts in zip(
            texts(known[g.address]), texts(known[g.number]) if g.number else [""] * len(known), strict=True
        )
    ]
    reading.record("incidents.gazetteer", g.path, len(known), where=place)
    open_ = np.asarray(~np.isfinite(frame[["x", "y"]].to_numpy(float)).all(axis=1))
    addresses = [a if o else None for a, o in zip(texts(frame[rules.address]), open_, strict=True)]
    matches = match_addresses(sorted({a for a in addresses if a}), names)
    accepted: dict[str, str] = {}
    if rules.matches is not None:
        table, at = read_columns(reading, "incidents.matches", rules.matches)
        yes = truths(table["accept"], at)
        accepted = {
            a: m for a, m, y in zip(texts(table["address"]), texts(table["match"]), yes, strict=True) if y and a and m
        }
        reading.record("incidents.matches", rules.matches.path, len(table), len(accepted))
    found = accepted_places(addresses, matches, accepted, names, known[["x", "y"]].to_numpy(float))
    placed = np.isfinite(found).all(axis=1)
    frame.loc[placed, ["x", "y"]] = found[placed]
    doubtful = [m for m in matches if m.at >= 0 and m.score < 1 and m.address not in accepted]
    near = sum(street_only(m, names) for m in doubtful)
    reading.proposals["matches"] = pd.DataFrame(
        [(m.address, names[m.at], round(m.score, 3), "") for m in doubtful],
        columns=["address", "match", "score", "accept"],
    )
    notes = [
        where.fact(
            f"{int(placed.sum()):,} of {int(open_.sum()):,} incidents without coordinates were placed by their address",
            field=rules.address,
        )
    ]
    left = int(open_.sum() - placed.sum())
    if left:
        what = (
            f"{left:,} incidents have an address that the gazetteer does not hold as written; {len(doubtful):,} addresses are like one in it, "
            f"{near:,} of them but for the house number"
        )
        mend = "“beatplanner check --fix” writes the table of matches with their scores; write yes where one holds, and name it as incidents.matches"
        notes.append(where.fact(what, "warning", mend, field=rules.address))
    return notes


def _note_outside(
    reading: Reading,
    frame: pd.DataFrame,
    unit: np.ndarray,
    there: np.ndarray,
    points: np.ndarray,
    units: gpd.GeoDataFrame,
    where: Place,
) -> None:
    """Tell how many incidents have no place or lie outside every unit; InputError where all do."""
    rules = reading.description.incidents
    assert rules is not None
    polygons = np.asarray(units.geometry.array, dtype=object)
    blank = int((~there).sum())
    if blank:
        reading.findings.note(
            "warning", f"{blank:,} of {len(frame):,} incidents have no coordinates", "Geocode them", file=where.file
        )
    outside = int((unit[there] < 0).sum())
    if outside and outside == there.sum():
        what = "every incident lies outside every unit"
        mend = "Check incidents.x, incidents.y and incidents.crs"
        raise misplaced(reading, "incidents", rules, units, where, what, mend)
    if not there.any():
        raise InputError(
            where.problem("no incident has a place", "Name the columns with its coordinates", field="incidents.x")
        )
    if outside:
        _, away = shapely.STRtree(polygons).query_nearest(
            points[unit[there] < 0], return_distance=True, all_matches=False
        )
        far = np.ceil(away.max() / 100) / 10  # up to: never less than it is
        share = outside / len(frame)
        what = f"{outside:,} of {len(frame):,} incidents ({share:.1%}) lie outside every unit, up to {far:,.1f} km away; they are not planned with"
        reading.findings.note("warning" if share > 0.02 else "info", what, file=where.file)
