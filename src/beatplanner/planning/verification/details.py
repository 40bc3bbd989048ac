"""Checks of what the summary and the layers tell beside the steps' main figures: rules, totals, inputs, names, and columns that come from the inputs."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.raw import description_hash
from beatplanner.data.description.read import read_description
from beatplanner.data.description.scenarios import rule_value_in_words
from beatplanner.data.errors import InputError
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.narrowing import is_collection, is_dict, is_list
from beatplanner.data.result.cells import readable
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.town.columns import PERSONNEL_COLUMNS, ROSTER_COLUMNS
from beatplanner.planning.verification.beats import unit_of_objective
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.ledger import NAMED, RELAXED, Ledger, is_number, missing, same, text
from beatplanner.planning.verification.officer_details import check_officer_details
from beatplanner.planning.verification.station_details import check_station_details

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Version of results since which the files of the service and the list of buildings for forums stand among the inputs.
SINCE_LATER = 6
# Columns of a layer that come straight from the inputs, by the key of their rows.
FROM_INPUTS = {
    "sites": ("station", ("name", "cost", "yearly_cost", "closing_cost", "existing", "state", "unit", "x", "y")),
    "roster": (
        "officer",
        (
            *ROSTER_COLUMNS,
            *PERSONNEL_COLUMNS,
        ),
    ),
}


def check_details(ledger: Ledger, evidence: Evidence) -> None:
    """Check what the other modules leave: see the module."""
    _check_totals(ledger, evidence)
    _check_sources(ledger, evidence)
    _check_beats(ledger, evidence)
    check_station_details(ledger, evidence)
    check_officer_details(ledger, evidence)
    _check_columns(ledger, evidence)


def check_rules(ledger: Ledger, summary: Claims, rules: Description) -> bool:
    """Check that the rules in the summary are those of the description, where it is still the one that was planned from.

    Returns whether nothing says otherwise.
    """
    file, known = Path(str(summary.get("description_file", ""))), summary.get("description_sha256")
    if not known and not _saved_since(file, summary, rules):
        ledger.unchecked(
            "rules",
            "the description file",
            "The plan was made by rules of its own, not by those of the description file alone; it is checked by them.",
        )
        return True
    if not file.is_file():
        gone = "The description is gone; the plan is checked by the rules in its summary."
        ledger.unchecked("rules", "the description file", gone)
        return True
    try:
        # of a project file older plans know the layers alone, which say nothing of its rules
        unchanged = known in (description_hash(file), fingerprint(file))
        now = read_description(file).model_dump(mode="json")
    except InputError as error:
        ledger.unchecked("rules", "the description file", str(error.problems[0]))
        return True
    said = rules.model_dump(mode="json")
    if section_of(summary, "versions").get("beatplanner") == importlib.metadata.version("beatplanner"):
        # what is missing would count as its default; another version may not have had it
        said = _marked_missing(said, summary["rules"])
    else:
        # other versions wrote rules with few digits
        said, now = readable(said), readable(now)
    _put_back(said, summary)
    differing = _differing(said, now)
    wrong = [_otherwise(key, a, b, file.name) for key, a, b in differing]
    if differing and not unchanged:
        changed = "The rules have changed since the plan was made: plan again."
        by = "It is checked by the rules in its summary."
        more = [f"And {len(wrong) - NAMED:,} more."] if len(wrong) > NAMED else []
        ledger.unchecked("rules", "the description file", " ".join([changed, by, *wrong[:NAMED], *more]))
        return True
    # one that was saved again, with other comments say, has the same rules
    return ledger.each("rules", f"the rules of {file.name}", wrong, len(now), "sections")


def _saved_since(file: Path, summary: Claims, rules: Description) -> bool:
    """Return whether a plan by rules of its own is one by those that its project was saved with afterwards."""
    if not file.is_file():
        return False
    try:
        now = read_description(file).model_dump(mode="json")
    except InputError:
        return False
    said = rules.model_dump(mode="json")
    _put_back(said, summary)
    return not _differing(said, now)


def _otherwise(key: str, said: Any, now: Any, file: str) -> str:
    """Say that a rule in the summary is not that of the file."""
    beat = key.removeprefix("beats.names.")
    if beat != key and not now:
        return f"Beat {beat} is called “{said}” in the summary, and has no name by hand in {file}."
    if beat != key and not said:
        return f"Beat {beat} has no name by hand in the summary, and is called “{now}” in {file}."
    if beat != key:
        return f"Beat {beat} is called “{said}” in the summary, and “{now}” in {file}."
    if any(is_list(value) or (is_dict(value) and not value.get("path")) for value in (said, now)):
        return f"The rules of {key} are not the same in the summary and in {file}."
    a, b = (rule_value_in_words(value) for value in (said, now))
    if said is None:
        return f"{key} is not given in the summary, and {b:.80} in {file}."
    if now is None:
        return f"{key} is {a:.80} in the summary, and not given in {file}."
    return f"{key} is {a:.80} in the summary, and {b:.80} in {file}."


def _put_back(said: Claims, summary: Claims) -> None:
    """Put back what the workload assumes where the plan was made with the share that the service counts."""
    counted = section_of(summary, "workload").get("abstraction")
    if counted and section_of(said, "service").get("abstraction") == "counted":
        said["workload"] = {**said["workload"], "abstraction": counted.get("assumed")}


def _marked_missing(said: Any, raw: Any) -> Any:
    """Return the rules with what the summary leaves out marked as missing."""
    if is_dict(said) and is_dict(raw):
        return {k: _marked_missing(v, raw[k]) if k in raw else "missing" for k, v in said.items()}
    return said


def _differing(said: Any, now: Any, key: str = "") -> list[tuple[str, Any, Any]]:
    if is_dict(said) and is_dict(now):
        return [d for k in {**now, **said} for d in _differing(said.get(k), now.get(k), f"{key}.{k}".lstrip("."))]
    return [] if said == now else [(key, said, now)]


def _check_totals(ledger: Ledger, evidence: Evidence) -> None:
    summary, units, rules, town = evidence.summary, evidence.units, evidence.rules, evidence.town
    said = summary.get("project")
    ledger.add("summary.project", said == rules.project.name, said, rules.project.name)
    people = units["population"].to_numpy(float)
    ledger.number(
        "summary.population",
        summary.get("population"),
        None if np.isnan(people).any() else math.fsum(people),
        "residents",
    )
    ledger.add("summary.crs", _same_crs(summary.get("crs"), units.crs), summary.get("crs"), str(units.crs))
    drawn = {f.name: getattr(evidence.tables, f.name) for f in fields(evidence.tables)}
    drawn = {name: layer for name, layer in drawn.items() if isinstance(layer, gpd.GeoDataFrame) and len(layer)}
    apart = [
        f"The layer {n} is in {layer.crs}, and the units in {units.crs}."
        for n, layer in drawn.items()
        if layer.crs != units.crs
    ]
    ledger.each("plan.crs", "one coordinate system", apart, len(drawn), "layers")
    work = summary.get("workload")
    if not is_dict(work):
        ledger.add("workload", False, "nothing", "hours of the units", "The summary does not tell of the workload.")
        return
    columns = {
        "hours": "workload",
        "reactive_hours": "reactive_hours",
        "community_hours": "community_hours",
        "fixed_hours": "fixed_hours",
    }
    for key, column in columns.items():
        if column in units:
            ledger.number(f"workload.{key}", work.get(key), math.fsum(units[column]), "hours a year")
    w = rules.workload
    ledger.number(
        "workload.hours_on_the_beat_per_officer",
        work.get("hours_on_the_beat_per_officer"),
        w.annual_hours * (1 - w.absence) * (1 - w.abstraction),
        "hours a year",
    )
    if town is None:
        return
    points = town.incidents
    read, outside = (0, 0) if points is None else (len(points), int((points["unit"] < 0).sum()))
    ledger.number("workload.incidents_read", work.get("incidents_read"), read)
    ledger.number("workload.incidents_outside", work.get("incidents_outside"), outside)
    if "incidents" in units and points is not None and read > outside:
        factor = math.fsum(units["incidents"]) / (read - outside)
        ledger.number(
            "workload.incidents_a_year",
            work.get("incidents_a_year"),
            factor * read if _counts_all(work, factor, read) else factor * (read - outside),
        )
    elif not read:
        ledger.number("workload.incidents_a_year", work.get("incidents_a_year"), 0.0)


def _counts_all(work: Mapping[str, object], factor: float, read: int) -> bool:
    """Return whether the summary counts incidents outside of every unit too; either is a count of the same incidents."""
    return same(work.get("incidents_a_year"), factor * read)


def _same_crs(said: Any, crs: Any) -> bool:
    try:
        return crs is not None and crs == type(crs)(said)
    except Exception:  # whatever the text is, it names no system
        return False


def _check_sources(ledger: Ledger, evidence: Evidence) -> None:
    """Check the list of inputs against the files that the rules read."""
    town, said = evidence.town, evidence.summary.get("inputs")
    if town is None or not is_list(said):
        return
    now = {(s.role, Path(s.path).name): s for s in town.sources}
    # those of the service, and where forums may meet, are read once the town is there
    later = _read_later(evidence)
    named = {(str(s.get("role")), Path(str(s.get("path", ""))).name): s for s in said}
    needed = [*now, *(later if evidence.written >= SINCE_LATER else ())]
    wrong = [f"{role} ({name}) is not listed." for role, name in needed if (role, name) not in named]
    wrong += [
        f"{role} ({name}) is listed, but the rules do not read it."
        for role, name in named
        if (role, name) not in now and (role, name) not in later
    ]
    if later:
        ledger.unchecked(
            "inputs.rows",
            ", ".join(role for role, _ in later),
            "How many rows these files have, and how many were used, is not counted again; what they are known by is looked at.",
        )
    for key in now.keys() & named.keys():
        source, row = now[key], named[key]
        found = {
            "rows_in": source.rows_in,
            "rows_used": source.rows_used,
            "repaired": list(source.repaired),
            "columns_left_out": len(source.dropped),
            "newest": source.newest or None,
        }
        wrong += [
            f"{key[0]}: {k} is {row.get(k)!r:.60}, and {v!r:.60} was found."
            for k, v in found.items()
            if k not in row or row[k] != v
        ]
        modified = str(row.get("modified") or "")
        if modified != source.modified and not _is_time(modified):
            wrong.append(f"{key[0]}: “{modified}” is no time.")
    ledger.each("inputs.listed", "every input with its rows", wrong, len(now), "inputs")


def _read_later(evidence: Evidence) -> list[tuple[str, str]]:
    """Return role and name of the files that the service of a plan is counted from, and of the list of buildings for forums."""
    found: list[tuple[str, str]] = []
    service, forum = evidence.rules.service, evidence.rules.forum
    if service is not None and evidence.summary.get("service") is not None:
        # minutes of a table stand before roads
        ways = "minutes" if service.minutes is not None else "roads"
        for key in ("calls", "categories", "servers", ways):
            table = getattr(service, key)
            if table is not None:
                found.append((f"service.{key}", Path(table.path).name))
    if forum is not None and forum.venues is not None and evidence.summary.get("forums") is not None:
        found.append(("forum.venues", Path(forum.venues.path).name))
    return found


def _is_time(value: str) -> bool:
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _check_beats(ledger: Ledger, evidence: Evidence) -> None:
    claims, beats, rules = evidence.summary.get("beats"), evidence.beats, evidence.rules.beats
    if not is_dict(claims) or beats is None:
        return
    if "objective_unit" in claims:
        ledger.add(
            "beats.objective_unit",
            claims["objective_unit"] == unit_of_objective(evidence),
            claims["objective_unit"],
            unit_of_objective(evidence),
        )
    rows = list_of(claims, "municipalities")
    planned = bool(claims.get("planned", True))
    detail = (
        ""
        if planned == bool(rows)
        else "Beats that were planned have rules in numbers for each municipality, and given ones have none."
    )
    ledger.add("beats.planned", planned == bool(rows), planned, bool(rows), detail)
    if not planned:
        bound = claims.get("lower_bound")
        ledger.add(
            "beats.given",
            missing(bound),
            bound,
            None,
            "" if missing(bound) else "Beats that were not planned have no bound.",
        )
        return
    if rules is None:
        return
    hours = evidence.units.groupby(evidence.units["municipality"].fillna("").astype(str))["workload"].sum()
    count = beats["municipality"].fillna("").astype(str).value_counts()
    wrong: list[str] = []
    met = claims.get("status") not in RELAXED
    for row in rows:
        name = str(row.get("municipality"))
        if name not in hours.index:
            wrong.append(f"There is no municipality “{name}”.")
            continue
        k, t = int(count.get(name, 0)), row.get("tolerance")
        if not is_number(t) or t < rules.tolerance - 1e-12 or (met and not same(t, rules.tolerance)):
            wrong.append(f"{name}: a tolerance of {t}, and the rule is {rules.tolerance}.")
            continue
        found = {
            "beats": k,
            "lower": max(0.0, hours[name] / max(k, 1) * (1 - t)),
            "upper": hours[name] / max(k, 1) * (1 + t),
        }
        wrong += [
            f"{name}: {key} is {row.get(key)}, and {v:,.4f} was found."
            for key, v in found.items()
            if not same(row.get(key), v)
        ]
    wrong += [
        f"{name} is not listed." for name in hours.index if name not in {str(r.get("municipality")) for r in rows}
    ]
    ledger.each("beats.municipalities", "beats and bounds of each municipality", wrong, len(hours), "municipalities")
    if not met:
        ledger.unchecked(
            "beats.municipalities",
            f"{len(rows)} municipalities",
            "Rules were relaxed, and by how much is what was planned with.",
        )
    names = [str(n) for n in beats["name"]]
    twice = sorted({n for n in names if names.count(n) > 1})
    ledger.each(
        "beats.name",
        "every beat has a name of its own",
        [f"“{n}” stands more than once." for n in twice],
        len(names),
        "beats",
    )


def _is_truth(value: object) -> TypeGuard[bool]:
    return isinstance(value, bool | np.bool_)


def _cell(value: Any) -> Any:
    """Return a cell as a GeoPackage holds it, for comparison."""
    if is_collection(value):
        return ";".join(map(str, value)) or None
    if _is_truth(value):
        return bool(value)
    if missing(value) or value is pd.NaT:
        return None
    if is_number(value) and not isinstance(value, str):
        return float(value)
    return str(value)


def _equal(one: Any, other: Any) -> bool:
    a, b = _cell(one), _cell(other)
    if isinstance(a, bool) or isinstance(b, bool):
        return (
            str(a).casefold() in ("true", "1", "1.0")
            if b in (True, "True")
            else str(a).casefold() in ("false", "0", "0.0", "none")
        )
    if isinstance(a, float) and isinstance(b, float):
        return same(a, b, relative=1e-9, absolute=1e-6)
    return a == b or (a is not None and b is not None and text(a) == text(b))


def _check_columns(ledger: Ledger, evidence: Evidence) -> None:
    """Check columns that come straight from the inputs."""
    town = evidence.town
    if town is None:
        return
    units = evidence.units.set_index("unit")
    if len(units) == len(town.units) and units.index.is_unique and set(units.index) == set(town.units["unit"]):
        given = town.units.set_index("unit")
        planned, was = units["name"].to_dict(), given["name"].to_dict()
        wrong = [
            f"Unit {u} is called “{planned[u]}”, and “{v}” in the inputs."
            for u, v in was.items()
            if not _equal(planned[u], v)
        ]
        ledger.each("units.name", "each unit has the name of the inputs", wrong, len(units), "units")
    for layer, (key, columns) in FROM_INPUTS.items():
        table, source = getattr(evidence.tables, layer), getattr(town, layer)
        if table is None or source is None:
            continue
        if layer == "sites":
            table = pd.DataFrame(table).assign(x=table.geometry.x, y=table.geometry.y)
            source = source.assign(unit=town.units["unit"].to_numpy(object)[source["unit"].to_numpy(int)])
        said = table.assign(key=as_text(table[key])).drop_duplicates("key").set_index("key")
        given = source.assign(key=as_text(source[key])).drop_duplicates("key").set_index("key")
        gone = [f"{k} of the inputs is not in the layer {layer}." for k in given.index if k not in said.index]
        gone += [f"{k} in the layer {layer} is not in the inputs." for k in said.index if k not in given.index]
        ledger.each(
            f"{layer}.rows",
            "every one of the inputs, once",
            gone or ([] if len(said) == len(table) else ["One stands twice."]),
            len(given),
            "rows",
        )
        if gone:
            continue
        for column in columns:
            if column not in said or column not in given:
                continue
            planned, was = said[column].to_dict(), given[column].to_dict()
            wrong = [
                f"{k}: “{planned[k]}” in the plan, “{v}” in the inputs."
                for k, v in was.items()
                if not _equal(planned[k], v)
            ]
            ledger.each(f"{layer}.{column}", "as in the inputs", wrong, len(given), "rows")
