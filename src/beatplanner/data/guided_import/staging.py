"""A draft as a folder of clean layers with a description, and as the project file that is built of it."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.cells import is_missing, read_numbers
from beatplanner.data.formats.geopackages import write_layer
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.guided_import.guessing import MEANINGS
from beatplanner.data.guided_import.sources import MEASURES, WHOLE, DraftSource
from beatplanner.data.guided_import.table_roles import TABLE_ROLES
from beatplanner.data.narrowing import is_float

# A description while it is put together: keys and values by section.
Sections = dict[str, dict[str, object]]


def stage(draft: ImportDraft, folder: Path) -> Path:
    """Write clean layers and a description into a folder; return the description.

    Only columns with a meaning are written: no other column of an incident survives.

    Raises
    ------
    InputError
        Where something is still missing.
    """
    missing = draft.missing()
    if missing:
        raise InputError(*(problem(text) for text in missing))
    folder.mkdir(parents=True, exist_ok=True)
    raw: Sections = {"project": {"name": draft.rules.name}}
    for source in draft.sources:
        if source.role:
            _SECTIONS[source.role](draft, source, raw, folder)
    _add_rules(draft, raw)
    file = folder / "project.json"
    file.write_text(json.dumps(raw, ensure_ascii=False, indent=1), encoding="utf-8")
    return file


def _add_rules(draft: ImportDraft, raw: Sections) -> None:
    r = draft.rules
    raw.setdefault("beats", {}).update(count=r.beats, tolerance=r.tolerance)
    if draft.hours:
        raw["workload"] = {"hours": draft.hours}
    if r.stations or "stations" in raw:
        section = raw.setdefault("stations", {})
        if r.stations:
            section["count"] = r.stations
        elif not {"candidates", "existing"} & set(section):
            raw.pop("stations")
        else:
            section["objective"] = "fewest"
    if "officers" in raw:
        raw["officers"].update(start=r.start, years=r.years)


def write_project(draft: ImportDraft, out: Path) -> None:
    """Make the project file; InputError where the input cannot be used."""
    from beatplanner.data.project.build import build

    with tempfile.TemporaryDirectory(prefix=f"beatplanner-{os.getpid()}-") as folder:
        build(staged_description(stage(draft, Path(folder))), out)


def staged_description(file: Path) -> Any:
    """Return the checked description of a staged draft."""
    from beatplanner.data.description.read import checked_description

    return checked_description(json.loads(file.read_text(encoding="utf-8")), file)


def _save(frame: pd.DataFrame, folder: Path, role: str, source: DraftSource) -> dict[str, object]:
    """Write one staged layer; return where it is."""
    columns = {m: source.columns[m] for m in MEANINGS[source.role] if m in source.columns and m not in ("x", "y")}
    used = list(dict.fromkeys(columns.values()))
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name in frame:
        for meaning, column in columns.items():
            if frame[column].dtype == object:
                frame[column] = _of_one_kind(frame[column], meaning)
        there = frame.geometry.notna() & ~frame.geometry.is_empty
        kept = frame.loc[there if role != "units" else frame.index, [*used, frame.geometry.name]]
        write_layer(gpd.GeoDataFrame(kept), folder / f"{role}.gpkg", role)
        return {"path": f"{role}.gpkg", "layer": role}
    return _save_table(frame, {c: (m, c) for m, c in columns.items()}, folder / f"{role}.csv")


def _save_table(frame: pd.DataFrame, columns: dict[str, tuple[str, str]], file: Path) -> dict[str, object]:
    """Write columns of a table, each by its new name with its meaning and its name in the frame, as text that is read as the same values."""
    written = {new: [_as_text(v) for v in _values(frame[c], m)] for new, (m, c) in columns.items()}
    pd.DataFrame(written, dtype=object).to_csv(file, index=False, encoding="utf-8")
    return {"path": file.name}


def _of_one_kind(values: pd.Series, meaning: str) -> list[Any]:
    """Return the cells of a workbook, which are of several kinds, as numbers where all are, else as text that is read as the same values."""
    cells = _values(values, meaning)
    if all(v is None or _is_number(v) for v in cells):
        return [np.nan if v is None else v for v in cells]
    return [_as_text(v) for v in cells]


def _values(values: pd.Series, meaning: str) -> list[Any]:
    """Return cells, None where empty; texts among numbers are read here, as the signs of those, once written, would decide of theirs."""
    cells = [None if is_missing(v) else v for v in values]
    if meaning in MEASURES and any(_is_number(v) for v in cells):
        read = read_numbers(values, whole=meaning in WHOLE).values
        return [float(n) if isinstance(v, str) and np.isfinite(n) else v for v, n in zip(cells, read, strict=True)]
    return cells


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.date):
        return value.isoformat()
    if is_float(value):
        # three digits behind the sign could be thousands
        number = float(value)
        return str(int(number)) if number.is_integer() else re.sub(r"^(-?\d+\.\d{3})$", r"\g<1>0", str(number))
    return str(value)


def _units(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    place = _save(draft.mended(source), folder, "units", source)
    columns = source.columns
    raw["units"] = {
        **raw.get("units", {}),
        **place,
        **{m: columns[m] for m in ("id", "name", "population", "municipality", "workload") if m in columns},
    }
    raster = draft.first("population_raster")
    if raster is not None or draft.first("residents") is not None:
        raw["units"].pop("population", None)
    if "current" in columns and draft.first("current") is None:
        raw.setdefault("beats", {})["current"] = place | {"id": columns["current"]}


def _incidents(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    raw["incidents"] = _save(draft.mended(source), folder, "incidents", source) | {
        m: source.columns[m] for m in ("category", "time") if m in source.columns
    }
    if draft.rules.days and "time" not in source.columns:
        raw["incidents"]["days"] = float(draft.rules.days)


def _current(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    raw.setdefault("beats", {})["current"] = _save(draft.mended(source), folder, "current", source) | {
        "id": source.columns["id"]
    }


def _sites(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    wanted = ("id", "name", "cost") if source.role == "candidates" else ("id", "name")
    found = _save(draft.mended(source), folder, source.role, source)
    raw.setdefault("stations", {})[source.role] = found | {m: source.columns[m] for m in wanted if m in source.columns}


def _lines(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    # roads are large and need no mending: their classes stand in columns of their own, which are read as they are
    place: dict[str, object] = {"path": str(source.look.path)}
    if source.look.layer:
        place["layer"] = source.look.layer
    if not source.look.crs:
        place = _save(draft.mended(source), folder, source.role, source)
    elif source.crs != source.look.crs:
        # somebody knows better than the file
        place["crs"] = source.crs
    if source.role == "roads":
        if draft.rules.stations or draft.first("candidates") or draft.first("existing"):
            raw.setdefault("stations", {})["roads"] = place
    elif source.role == "barriers" or draft.first("barriers") is not None:
        raw.setdefault("beats", {})[source.role] = place


def _roster(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    # the roster's columns have fixed names
    place = _save_table(draft.mended(source), {m: (m, c) for m, c in source.columns.items()}, folder / "officers.csv")
    raw.setdefault("officers", {}).update(place | ({"crs": source.crs} if source.crs else {}))


def _fixed_table(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    section, key = source.role.split(".")
    stations = draft.first("candidates") or draft.first("existing")
    if (section == "officers" and draft.first("roster") is None) or (section == "stations" and stations is None):
        return
    # its columns have fixed names
    columns = {m: (m, c) for m, c in source.columns.items()}
    raw.setdefault(section, {})[key] = _save_table(draft.mended(source), columns, folder / f"{source.role}.csv")


def _population_raster(_draft: ImportDraft, source: DraftSource, raw: Sections, _folder: Path) -> None:
    raw.setdefault("units", {})["population_raster"] = str(source.look.path)
    raw["units"].pop("population", None)


def _residents(draft: ImportDraft, source: DraftSource, raw: Sections, folder: Path) -> None:
    place = _save(draft.mended(source), folder, "residents", source)
    table = place | {"key": source.columns["id"], "residents": [source.columns["population"]]}
    raw.setdefault("units", {})["population_table"] = table
    raw["units"].pop("population", None)


def _elevation(draft: ImportDraft, source: DraftSource, raw: Sections, _folder: Path) -> None:
    if draft.first("roads") is not None and (draft.first("candidates") or draft.first("existing")):
        raw.setdefault("stations", {})["elevation"] = str(source.look.path)


_SECTIONS: dict[str, Callable[[ImportDraft, DraftSource, Sections, Path], None]] = {
    "units": _units,
    "incidents": _incidents,
    "current": _current,
    "candidates": _sites,
    "existing": _sites,
    "roads": _lines,
    "barriers": _lines,
    "crossings": _lines,
    "roster": _roster,
    "residents": _residents,
    "population_raster": _population_raster,
    "elevation": _elevation,
    **dict.fromkeys(TABLE_ROLES, _fixed_table),
}
