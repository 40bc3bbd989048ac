"""What is wrong with the sections of a description, in sentences."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from beatplanner.data.description.models import SECTIONS
from beatplanner.data.description.raw import file_exists, nearest_file
from beatplanner.data.description.sections.base import Section
from beatplanner.data.description.sections.beats import COLOUR, Beats
from beatplanner.data.description.sections.budget import Budget
from beatplanner.data.description.sections.incidents import Incidents
from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.description.sections.service import ENDS, STARTS
from beatplanner.data.description.sections.stations import Stations
from beatplanner.data.description.sections.units import Units
from beatplanner.data.errors import Note, problem
from beatplanner.data.findings import Findings, amount_text, did_you_mean, listed
from beatplanner.data.narrowing import is_dict, is_list, is_tuple

# What texts of a fixed form are, by their pattern.
FORMS = {
    COLOUR: "a colour such as “#80b1d3”",
    STARTS: "a time of day from “00:00” to “23:59”",
    ENDS: "a time of day from “00:00” to “24:00”",
}
# What is asked for where a value is of another type, by how the type's error begins.
WANTED = {
    "string": "give text in quotes, but found {found}",
    "bool": "give true or false, but found {found}",
    "float": "give a number, but found {found}",
    "finite": "give a finite number, but found {found}",
    "int": "give a whole number without quotes, but found {found}",
    "path": "give a file name in quotes, but found {found}",
    "date": "give a date such as 2027-01-01, but found {found}",
    "dict": "give a table such as { name = … }, but found {found}",
    "model": "give a table such as { path = … }, but found {found}",
    "list": "give a list such as [ … ], but found {found}",
    "tuple": "give a list such as [ … ], but found {found}",
}
OTHER = "another kind of value is needed here than the one that was found, {found}"
# What a number is held against, by its error, and where the error has the limit.
LIMITS = {
    "greater_than_equal": ("give a number that is at least {limit}, but found {found}", "ge"),
    "greater_than": ("give a number that is more than {limit}, but found {found}", "gt"),
    "less_than_equal": ("give a number that is at most {limit}, but found {found}", "le"),
    "less_than": ("give a number that is less than {limit}, but found {found}", "lt"),
}


def checked_sections(raw: Mapping[str, object], file: str, findings: Findings) -> dict[str, Any]:
    """Return the valid sections by name; what is wrong with the others goes to the findings."""
    sections: dict[str, Any] = {}  # each of the model of its name
    for name, value in raw.items():
        model = SECTIONS.get(name)
        if model is None:
            mend = did_you_mean(name, [*SECTIONS, "extends", "remove"]) or f"The sections are: {listed(SECTIONS)}"
            findings.add([problem(f"there is no section [{name}]", mend, file=file, field=name)])
            continue
        try:
            sections[name] = model.model_validate(value)
        except ValidationError as error:
            # a list whose only entry is wrong is not empty as well
            wrong = error.errors()
            inner = {e["loc"][:k] for e in wrong for k in range(1, len(e["loc"]))}
            findings.add(
                _as_note(name, model, e, file) for e in wrong if e["type"] != "too_short" or e["loc"] not in inner
            )
    for name in ("project", "units"):
        if name not in raw:
            findings.add([problem(f"the section [{name}] is missing", "Add it", file=file, field=name)])
    return sections


def _as_note(section: str, model: type[Section], error: ErrorDetails, file: str) -> Note:
    """Turn one error of pydantic into plain words."""
    steps = [str(step) for step in error["loc"]]
    field = ".".join([section, *(step for step in steps if step != "[key]")])
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = list(_section_at(model, steps[:-1]).model_fields)
        mend = did_you_mean(steps[-1], known) or f"The keys of this section are: {listed(known, 20)}"
        return problem(f"there is no key “{steps[-1]}” here", mend, file=file, field=field)
    if kind == "missing":
        return problem("this key is missing", f"Add {steps[-1]} = …", file=file, field=field)
    found = _in_words(error["input"])
    if kind in LIMITS:
        words, limit = LIMITS[kind]
        what = words.replace("{limit}", amount_text(limits[limit], 6)).replace("{found}", found)
    elif kind == "literal_error":
        # pydantic's own list, which also knows the choices of a list's entries
        choices = re.findall(r"'([^']*)'", str(limits["expected"])) or [str(limits["expected"])]
        mend = did_you_mean(str(error["input"]), choices)
        return problem(f"give one of {listed(choices)}, but found {found}", mend, file=file, field=field)
    elif kind == "value_error":
        what = str(limits["error"]).replace("{found}", found)
    elif kind == "string_pattern_mismatch" and limits["pattern"] in FORMS:
        what = f"give {FORMS[limits['pattern']]}, but found {found}"
    elif kind == "string_too_short":
        what = "this must not be empty"
    elif kind == "too_short":
        what = "give at least one"
    elif kind == "too_long":
        what = f"give {limits['max_length']} at most, but found {limits['actual_length']}"
    elif kind.startswith("model") and not steps:
        what = f"give a section [{section}] with its keys, but found {found}"
    else:
        what = WANTED.get(kind.split("_")[0], OTHER).replace("{found}", found)
    return problem(what, file=file, field=field)


def _section_at(model: type[Section], steps: list[str]) -> type[Section]:
    """Return the model that a path of keys leads to."""
    for step in steps:
        if step not in model.model_fields:
            continue  # the place in a list, or a key of the user's own
        annotation = model.model_fields[step].annotation
        parts = [annotation, *get_args(annotation)]
        parts += [inner for part in parts for inner in get_args(part)]
        parts += [inner for part in parts for inner in get_args(part)]
        model = next((part for part in parts if isinstance(part, type) and issubclass(part, Section)), model)
    return model


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text “{value}”"
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else str(value)


def missing_files(key: str, section: Section, file: Path) -> Iterator[Note]:
    """Yield a note for each file named in a section that does not exist."""
    for field, path in files_gone(key, section, file):
        mend = nearest_file(file.parent / path) or "Paths are relative to the project description"
        yield problem(f"the file “{path}” does not exist", mend, file=file.name, field=field, gone=True)


def files_gone(key: str, section: Section, file: Path) -> Iterator[tuple[str, Path]]:
    """Yield the key and the path of each file named in a section that does not exist."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from files_gone(f"{key}.{name}", value, file)
        paths = value.values() if is_dict(value) else value if is_tuple(value) else [value]
        for path in paths:
            if isinstance(path, Path) and not file_exists(file.parent / path):
                yield f"{key}.{name}", path


def _of_coverage_floor(rules: Stations) -> Iterator[tuple[str, str, str]]:
    """Yield what a coverage floor cannot be asked for together with."""
    if rules.coverage_floor is not None and rules.objective != "p-median":
        what = f"a coverage floor goes with the objective “p-median”, not with “{rules.objective}”"
        yield "stations.coverage_floor", what, 'Set objective = "p-median", or leave coverage_floor out'
    if rules.coverage_floor is not None and rules.group_excess is not None:
        what = "a coverage floor and a rule for groups cannot be asked for together"
        yield "stations.coverage_floor", what, "Keep coverage_floor or group_excess"


# What beats can balance without a column of its own.
KNOWN_AMOUNTS = ("residents", "area", "calls")


def _of_residents(units: Units) -> Iterator[tuple[str, str, str]]:
    """Yield residents that are given in several ways, and names of groups and amounts that layers cannot tell apart."""
    given = [k for k in ("population", "population_raster", "population_table", "census") if getattr(units, k)]
    if len(given) > 1 and set(given) != {"population", "population_raster"}:
        yield f"units.{given[-1]}", f"residents are given in {len(given)} ways: {listed(given)}", "Keep one of them"
    for section, names in (("units.groups", list(units.groups)), ("units.amounts", list(units.amounts))):
        for k, name in enumerate(names):
            # layers have a column of each, and a GeoPackage takes capital letters for small ones
            twin = next((n for n in names[:k] if n.casefold() == name.casefold()), None)
            if twin is not None:
                what = f"the names “{twin}” and “{name}” differ in capital letters alone"
                yield ".".join((section, name)), what, "Choose another name"


def _of_balances(units: Units, beats: Beats, incidents: Section | None) -> Iterator[tuple[str, str, str]]:
    """Yield what of the further balances is not known, or must not be balanced, and commands without sectors."""
    if beats.commands is not None and beats.sectors is None:
        yield "beats.commands", "commands are made of sectors, and there are none", "Add sectors = { span = [4, 8] }"
    for name, column in units.amounts.items():
        key = f"units.amounts.{name}"
        if name in KNOWN_AMOUNTS:
            yield key, f"“{name}” is an amount that is known without a column", "Choose another name"
        if column in units.groups.values():
            what = f"the column “{column}” counts a group of residents, and no beat is drawn by those"
            yield key, what, "Take it out: groups serve coverage alone"
    known = [*KNOWN_AMOUNTS, *units.amounts]
    people = (units.population, units.population_raster, units.population_table, units.census)
    for name in beats.balances:
        key = f"beats.balances.{name}"
        if name not in known:
            mend = did_you_mean(name, known) or f'Name its column as units.amounts = {{ {name} = "…" }}'
            yield key, f"there is no amount “{name}”; known are {listed(known)}", mend
        elif name == "residents" and not any(p is not None for p in people):
            yield key, "the residents of the units are not known", "Add units.population, or leave residents out"
        elif name == "calls" and incidents is None:
            yield key, "calls are counted from incidents, and there are none", "Add [incidents], or leave calls out"


def contradictions(sections: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:  # noqa: C901 - one line a pair of rules, none deeper than the other
    """Yield key, what is wrong and how to mend it, for keys that are valid alone but not together."""
    units, beats, stations = (sections.get(name) for name in ("units", "beats", "stations"))
    if units and units.population and units.population_raster:
        what = "residents are given twice, as a column and as a raster"
        yield "units.population_raster", what, "Keep population or population_raster"
    if units:
        yield from _of_residents(units)
    incidents = sections.get("incidents")
    if incidents and (incidents.address is None) != (incidents.gazetteer is None):
        absent = "gazetteer" if incidents.gazetteer is None else "address"
        yield f"incidents.{absent}", "addresses and a gazetteer go together", f"Add {absent} = …"
    if incidents and incidents.timezone is not None and not _is_zone(incidents.timezone):
        yield "incidents.timezone", f"“{incidents.timezone}” is no time zone", 'Give one such as "Europe/Skopje"'
    if beats and beats.max_moved is not None and beats.current is None:
        mend = 'Add current = { path = "…", id = "…" }, or take max_moved away'
        yield "beats.max_moved", "a change budget needs today's beats", mend
    if beats and units:
        yield from _of_balances(units, beats, sections.get("incidents"))
    if stations and stations.count is None and stations.objective != "fewest":
        what = f"the objective “{stations.objective}” needs the number of stations"
        yield "stations.count", what, 'Add count = …, or choose objective = "fewest"'
    if beats and beats.roads and beats.distances:
        what = "distances between units are given twice, as a road network and as a table"
        yield "beats.distances", what, "Keep roads or distances"
    if stations and stations.roads and stations.distances:
        what = "walking distances are given twice, as a road network and as a table"
        yield "stations.distances", what, "Keep roads or distances"
    if stations and stations.elevation and not stations.roads:
        yield "stations.elevation", "slopes need a walking network", "Add roads = { path = … }, or leave elevation out"
    if stations and stations.crossings and not (stations.barriers or (beats and beats.barriers)):
        yield "stations.crossings", "crossings are given but no barriers", "Add barriers, or leave crossings out"
    if stations and stations.group_excess is not None and not (units and units.groups):
        mend = "Name the columns as units.groups, or leave group_excess out"
        yield "stations.group_excess", "a rule for groups needs the residents of each group", mend
    if stations:
        yield from _of_coverage_floor(stations)
    if stations and stations.one_per_municipality and not (units and units.municipality):
        mend = "Name the column as units.municipality"
        yield "stations.one_per_municipality", "the units have no municipality", mend
    if stations and list(stations.bands) != sorted(set(stations.bands)):
        yield "stations.bands", "the minutes must rise", "Give them as [5, 10, 20]"
    officers = sections.get("officers")
    if officers and officers.max_tenure_months is not None and officers.max_tenure_months < officers.min_tenure_months:
        what = f"the maximum tenure of {officers.max_tenure_months} months is below the minimum of {officers.min_tenure_months}"
        yield "officers.max_tenure_months", what, "Raise it, or lower min_tenure_months"
    if officers and officers.freeze_months and officers.published is None:
        what = "a freeze needs the postings that were published"
        yield "officers.freeze_months", what, 'Add published = "postings.csv", or take freeze_months away'
    forum, budget = sections.get("forum"), sections.get("budget")
    if budget:
        yield from _of_budget(budget, officers)
    if (
        forum
        and budget
        and "currency" in forum.model_fields_set
        and forum.currency != budget.currency
        and forum.currency not in budget.rates
    ):
        what = f"the sums of the forums are in {forum.currency} and those of the budget in {budget.currency}"
        mend = f"Give one currency, or state the rate: rates = {{ {forum.currency} = … }} in [budget]"
        yield "forum.currency", what, mend
    points = {"incidents": sections.get("incidents")}
    points |= {f"stations.{name}": getattr(stations, name, None) for name in ("candidates", "existing")}
    for key, table in points.items():
        if table and (table.x is None) != (table.y is None):
            given, absent = ("x", "y") if table.y is None else ("y", "x")
            yield f"{key}.{absent}", f"{given} is given but not {absent}", f'Add {absent} = "…", a column'
        elif isinstance(table, Incidents) and table.address is not None and table.x is None:
            continue
        elif (
            table and table.x is None and table.path.suffix.lower() in (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
        ):
            mend = 'Add x = "…", y = "…" (columns) and crs = "EPSG:…"'
            yield (
                f"{key}.x",
                f"“{table.path}” is a table, so its columns with the coordinates are needed",
                mend,
            )


def _of_budget(budget: Budget, officers: Officers | None) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong in a budget by itself: payers that no line names, amounts that are not one a year, years before or after the plan."""
    named = sorted({str(payer) for payer in budget.payers.model_dump().values()})
    for payer in budget.funds:
        if payer not in named and not (budget.ends and payer == budget.then):
            mend = did_you_mean(payer, named) or "Name a payer of budget.payers, or give it a line"
            yield f"budget.funds.{payer}", f"no line is paid by “{payer}”, so its money pays for nothing", mend
    for payer, day in budget.ends.items():
        if payer in named and payer != budget.then:
            continue
        what = f"no line is paid by “{payer}”, whose money ends on {day}"
        mend = "" if payer in named else did_you_mean(payer, named)
        if payer == budget.then:
            what = f"“{payer}” would pay for itself after {day}"
        mend = mend or "Name a payer of budget.payers, and another as budget.then"
        yield f"budget.ends.{payer}", what, mend
    amounts: dict[str, object] = {f"funds.{payer}": value for payer, value in budget.funds.items()}
    amounts |= {"ceiling": budget.ceiling, "training_seats": budget.training_seats}
    for name, value in amounts.items():
        if is_list(value) and len(value) != budget.years:
            what = f"{len(value)} amounts are given for {budget.years} years"
            yield f"budget.{name}", what, "Give one a year, or one number for all"
    seen: set[str] = set()
    for group in budget.start_together:
        for beat in group:
            if beat in seen:
                yield "budget.start_together", f"beat “{beat}” is in two groups", "Name each beat once"
            seen.add(beat)
    first = budget.first_year
    if officers and first is not None and not 0 <= officers.start.year - first < budget.years:
        what = f"the budget is for {first} to {first + budget.years - 1}, and the plan starts on {officers.start}"
        yield "budget.first_year", what, "Give a first_year that is not after the plan's start, and years enough"


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
