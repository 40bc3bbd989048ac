"""Reads the tables of the service picture: rates of calls, categories, servers and minutes of travel."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.sections.service import Service
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.cells import counts, numbers, texts
from beatplanner.data.formats.source import Place, Source
from beatplanner.data.town.columns import read_columns
from beatplanner.data.town.reading import Reading, beats_today, known_ids, unit_positions
from beatplanner.data.town.roads import driving_classes
from beatplanner.data.town.town import Town
from beatplanner.data.town.walkable import read_network
from beatplanner.data.town.walking_network import walk_metres


@dataclass(frozen=True)
class ServiceTables:
    """What the section ``[service]`` names.

    Attributes
    ----------
    rules
        The section itself.
    calls
        Columns ``unit`` (position), ``per_hour``, ``shift`` (None for all), ``category`` (``""`` where none); or None.
    categories
        By category, casefolded: minutes on scene, officers sent, priority.
    servers
        Columns ``server``, ``beat`` (None for one that several beats share), ``unit`` (position), ``shift`` (None for all), ``speed_kmh``; or None.
    minutes
        (n, n) travel minutes from unit to unit by a table or along roads; None for the straight line.
    notes, sources
        What was found out, and the files read.
    """

    rules: Service
    calls: pd.DataFrame | None
    categories: dict[str, tuple[float, int, int]]
    servers: pd.DataFrame | None
    minutes: np.ndarray | None
    notes: tuple[Note, ...]
    sources: tuple[Source, ...]


def read_service_tables(town: Town) -> ServiceTables:
    """Read the tables of a town's section ``[service]``; the section's defaults where the description has none.

    Raises
    ------
    InputError
        With every problem of every table.
    """
    rules = town.description.service or Service()
    reading = Reading(town.description)
    names = [shift.name for shift in rules.shifts]
    for name in names:
        if names.count(name) > 1:
            what, file = f"two shifts are called “{name}”", town.description.file
            raise InputError(problem(what, "Give each a name of its own", file=file, field="service.shifts"))
    calls = servers = minutes = None
    categories: dict[str, tuple[float, int, int]] = {}
    keep = reading.findings.keep
    with keep():
        calls = _calls(reading, rules, town.units)
    with keep():
        categories = _categories(reading, rules)
    if calls is not None and categories:
        _note_kinds_without_row(reading, calls, categories, rules)
    with keep():
        servers = _servers(reading, rules, town.units)
    with keep():
        minutes = _minutes(reading, rules, town.units)
    reading.findings.raise_if_any()
    return ServiceTables(
        rules, calls, categories, servers, minutes, tuple(reading.findings.notes), tuple(reading.sources)
    )


def _shifts(reading: Reading, frame: pd.DataFrame, rules: Service, where: Place) -> list[str | None]:
    """Return the shift of each row, None for all; InputError where it is none of the section."""
    if "shift" not in frame:
        return [None] * len(frame)
    names = [s.name for s in rules.shifts]
    values, unknown = known_ids(reading.findings, texts(frame["shift"]), names, where, "shift")
    for i in unknown:
        if (name := values[i]) is not None:
            mend = did_you_mean(name, names) or f"The shifts are: {', '.join(names)}"
            raise InputError(where.problem(f"there is no shift “{name}”", mend, row=where.rows[i], field="shift"))
    return values


def _calls(reading: Reading, rules: Service, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
    if rules.calls is None:
        return None
    table = rules.calls
    frame, where = read_columns(reading, "service.calls", table)
    shift = _shifts(reading, frame, rules, where)
    kind = [t or "" for t in texts(frame["category"])] if "category" in frame else [""] * len(frame)
    reading.record("service.calls", rules.calls.path, len(frame), where=where)
    found = pd.DataFrame(
        {
            "unit": unit_positions(frame["unit"], units, where),
            "per_hour": numbers(frame["per_hour"], where, least=0, notes=reading.findings.notes),
            "shift": pd.Series(shift, dtype=object),
            "category": pd.Series(kind, dtype=object),
        }
    )
    _note_rates_added_up(reading, found, units, where)
    return found


def _note_rates_added_up(reading: Reading, calls: pd.DataFrame, units: gpd.GeoDataFrame, where: Place) -> None:
    """Tell of rows for the same calls, whose rates add up: the same unit, category and shift, or one for all shifts beside one for a shift."""
    kind = calls["category"].str.strip().str.casefold()
    same = pd.DataFrame({"unit": calls["unit"], "kind": kind, "shift": calls["shift"].fillna("")})
    every = same.loc[same["shift"] == "", ["unit", "kind"]].drop_duplicates()
    beside = same.merge(every, on=["unit", "kind"], how="left", indicator=True)["_merge"].to_numpy() == "both"
    again = same.duplicated().to_numpy() | (beside & (same["shift"] != "").to_numpy())
    if not again.any():
        return
    i = int(np.argmax(again))
    like = (same["unit"] == same["unit"].iat[i]) & (same["kind"] == same["kind"].iat[i])
    like &= same["shift"].isin([same["shift"].iat[i], ""])
    other = next(j for j in np.flatnonzero(like.to_numpy()) if j != i)
    more = f" (and {int(again.sum()) - 1:,} more)" if again.sum() > 1 else ""
    reading.findings.note(
        "warning",
        f"rows {where.rows[other]} and {where.rows[i]} are for the same unit ({units['name'].iat[int(calls['unit'].to_numpy(int)[i])]}), category and"
        f" shift{more}: their calls are added up",
        "Keep one row for each unit, category and shift, unless they are meant to add up",
        file=where.file,
        field="per_hour",
    )


def _note_kinds_without_row(
    reading: Reading, calls: pd.DataFrame, categories: dict[str, tuple[float, int, int]], rules: Service
) -> None:
    """Tell of categories of the rates that the table of categories lacks: they are counted with the minutes of all others."""
    lacking = [k for k in dict.fromkeys(map(str, calls["category"])) if k.strip().casefold() not in categories]
    if not lacking or rules.calls is None:
        return
    mend = next((said for k in lacking if k and (said := did_you_mean(k.casefold(), list(categories)))), "")
    names = listed([f"“{k}”" if k else "calls without a category" for k in lacking], 3)
    reading.findings.note(
        "warning",
        f"the table of categories has no row for {names}: these calls take {rules.minutes_on_scene:g} minutes and one officer",
        mend or "Add a row for each",
        file=reading.description.path(rules.calls.path),
        field="category",
    )


def _categories(reading: Reading, rules: Service) -> dict[str, tuple[float, int, int]]:
    if rules.categories is None:
        return {}
    table = rules.categories
    frame, where = read_columns(reading, "service.categories", table)
    minutes = numbers(frame["minutes_on_scene"], where, least=0, notes=reading.findings.notes)
    if (minutes <= 0).any():
        row = where.rows[int(np.argmax(minutes <= 0))]
        raise InputError(
            where.problem("a call takes no time", "Give minutes above 0", row=row, field="minutes_on_scene")
        )
    ones = np.ones(len(frame), int)
    officers, priority = (
        counts(frame[key], where, least=1, empty=1, notes=reading.findings.notes) if key in frame else ones
        for key in ("officers", "priority")
    )
    found: dict[str, tuple[float, int, int]] = {}
    for i, name in enumerate(texts(frame["category"])):
        key = (name or "").strip().casefold()
        if key in found:
            raise InputError(
                where.problem(f"“{name}” stands twice", "Keep one row", row=where.rows[i], field="category")
            )
        found[key] = (float(minutes[i]), int(officers[i]), int(priority[i]))
    reading.record("service.categories", rules.categories.path, len(frame), where=where)
    return found


def _servers(reading: Reading, rules: Service, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
    if rules.servers is None:
        return None
    table = rules.servers
    frame, where = read_columns(reading, "service.servers", table)
    shift = _shifts(reading, frame, rules, where)
    names = texts(frame["server"])
    seen: dict[tuple[str, str | None], str] = {}
    for i, name in enumerate(names):
        if name is None:
            raise InputError(
                where.problem("a server has no name", "Give each server a name", row=where.rows[i], field="server")
            )
        for other in (None, shift[i]) if shift[i] is not None else {s for n, s in seen if n == name} | {None}:
            if (name, other) in seen:
                what = f"the server “{name}” stands twice in one shift (also in row {seen[name, other]})"
                raise InputError(
                    where.problem(what, "Keep one row a server and shift", row=where.rows[i], field="server")
                )
        seen[name, shift[i]] = where.rows[i]
    reading.record("service.servers", rules.servers.path, len(frame), where=where)
    beats = _beats_of_servers(reading, texts(frame["beat"]), units, where)
    return pd.DataFrame(
        {
            "server": pd.Series(names, dtype=object),
            "beat": pd.Series(beats, dtype=object),
            "unit": unit_positions(frame["unit"], units, where),
            "shift": pd.Series(shift, dtype=object),
            "speed_kmh": _speeds(reading, frame, rules, where),
        }
    )


def _beats_of_servers(
    reading: Reading, written: list[str | None], units: gpd.GeoDataFrame, where: Place
) -> list[str | None]:
    """Return the beats of servers as today's layer writes them; InputError where one is none of these. Those of a plan are not known yet."""
    known = beats_today(units)
    if not known:
        return written
    beats, unknown = known_ids(reading.findings, written, known, where, "beat")
    if unknown:
        name = str(written[unknown[0]])
        mend = did_you_mean(name, known) or "Leave the cell empty for a car that several beats share"
        raise InputError(where.problem(f"there is no beat “{name}”", mend, row=where.rows[unknown[0]], field="beat"))
    return beats


def _speeds(reading: Reading, frame: pd.DataFrame, rules: Service, where: Place) -> np.ndarray:
    if "speed_kmh" not in frame:
        return np.full(len(frame), rules.speed_kmh)
    speeds = numbers(frame["speed_kmh"], where, least=0, empty=rules.speed_kmh, notes=reading.findings.notes)
    if (speeds <= 0).any():
        row = where.rows[int(np.argmax(speeds <= 0))]
        raise InputError(where.problem("a server stands still", "Give km/h above 0", row=row, field="speed_kmh"))
    return speeds


def _check_pairs(a: np.ndarray, b: np.ndarray, minutes: np.ndarray, units: gpd.GeoDataFrame, where: Place) -> None:
    """Raise InputError where a way stands twice with other minutes."""
    first: dict[tuple[int, int], int] = {}
    for i, pair in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        before = first.setdefault(pair, i)
        if minutes[before] != minutes[i]:
            what = (
                f"the way from {units['name'].iat[pair[0]]} to {units['name'].iat[pair[1]]} takes {minutes[i]:g} minutes, and"
                f" {minutes[before]:g} in row {where.rows[before]}"
            )
            raise InputError(where.problem(what, "Keep one row a way", row=where.rows[i], field="minutes"))


def _minutes(reading: Reading, rules: Service, units: gpd.GeoDataFrame) -> np.ndarray | None:
    n = len(units)
    if rules.minutes is not None:
        table = rules.minutes
        frame, where = read_columns(reading, "service.minutes", table)
        a, b = unit_positions(frame["from"], units, where), unit_positions(frame["to"], units, where)
        given = numbers(frame["minutes"], where, least=0, notes=reading.findings.notes)
        _check_pairs(a, b, given, units, where)
        found = np.full((n, n), np.nan)
        found[a, b] = given
        found = np.where(np.isnan(found), found.T, found)
        inside = np.diagonal(found).copy()
        np.fill_diagonal(found, np.where(np.isnan(inside), 0.0, inside))
        if np.isnan(found).any():
            i, j = np.argwhere(np.isnan(found))[0]
            what = f"{int(np.isnan(found).sum()):,} of {n * n:,} pairs of units have no minutes, such as {units['name'][i]} to {units['name'][j]}"
            raise InputError(
                where.problem(what, "Give every pair, in one direction at least, or leave service.minutes out")
            )
        reading.record("service.minutes", rules.minutes.path, len(frame), where=where)
        return found
    if rules.roads is None:
        return None
    if n > 5_000:
        what = f"travel along roads between {n:,} units needs more memory than a laptop has"
        raise InputError(problem(what, "Leave service.roads out", file=reading.description.file, field="service.roads"))
    classes = driving_classes(rules.speed_kmh, rules.speeds)
    network, where = read_network(reading, rules.roads, "service.roads", units, None, classes)
    points = units[["x", "y"]].to_numpy(float)
    least = min(1.0, *(c.factor for c in classes.values()))
    metres = walk_metres(network, points, points, least=least)
    np.fill_diagonal(metres, 0.0)
    absent = np.isinf(metres)
    if absent.any():
        straight = np.hypot(points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1])
        metres[absent] = 2.0 * straight[absent]
        reading.findings.note(
            "warning",
            f"no road joins {int(absent.sum()) // 2:,} pairs of units; for these twice the straight line counts",
            file=where.file,
        )
    return metres / (rules.speed_kmh * 1000.0 / 60.0)
