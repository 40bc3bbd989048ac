"""A project that is being made from layers: what each file is, what its columns mean, what is mended; then one project file.

The desktop's guided import and ``beatplanner new`` are two faces of this. A draft is staged into a folder of clean layers with a description;
`import_doubts` finds what is doubtful there, and a doubt that can be mended names its mend, which the next staging carries out.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats import geometry
from beatplanner.data.formats.archives import is_archive
from beatplanner.data.formats.cells import is_missing, read_numbers, read_times, texts
from beatplanner.data.formats.geopackages import write_layer
from beatplanner.data.formats.ids import match_ids
from beatplanner.data.formats.layers import is_table, whole_layers, whole_table
from beatplanner.data.formats.points import read_coordinates
from beatplanner.data.guided_import.guessing import (
    MEANINGS,
    NEEDED,
    ROLES,
    census_total,
    guess_columns,
    guess_place,
    guess_roles,
    places_by_value,
    role_of_places,
    second_guess,
)
from beatplanner.data.guided_import.looks import LayerLook, look_at
from beatplanner.data.guided_import.table_roles import TABLE_MEANING_WORDS, TABLE_ROLE_WORDS, TABLE_ROLES

# One layer each; of these more than one may be given where a project can hold it.
TIMES = ("time", "since", "trained_on", "joins_on", "leaves_on")
NUMBERS = ("population", "workload", "cost")
ROLE_WORDS = {
    "units": "Units (smallest areas)",
    "incidents": "Incidents",
    "current": "Today's beats",
    "candidates": "Candidate sites",
    "existing": "Stations of today",
    "roads": "Roads and paths",
    "barriers": "Barriers",
    "crossings": "Crossings of barriers",
    "roster": "Officers",
    "residents": "Residents (table by code)",
    "population_raster": "Residents (raster)",
    "elevation": "Heights (raster)",
    **TABLE_ROLE_WORDS,
    "": "Not used",
}
MEANING_WORDS = {
    "id": "Id",
    "name": "Name",
    "population": "Residents",
    "municipality": "Municipality",
    "workload": "Hours a year",
    "current": "Today's beat",
    "x": "East (x, longitude)",
    "y": "North (y, latitude)",
    "category": "Category",
    "time": "Time",
    "cost": "Cost",
    "officer": "Officer",
    "beat": "Today's beat",
    "since": "In the beat since",
    "languages": "Languages",
    "gender": "Gender",
    "trained_on": "Trained on",
    "joins_on": "Joins on",
    "leaves_on": "Leaves on",
    **TABLE_MEANING_WORDS,
}


# Endings of files that a folder is looked through for, and the reason of a layer that a person left out.
READ = {
    ".gpkg",
    ".shp",
    ".geojson",
    ".json",
    ".geojsonl",
    ".topojson",
    ".fgb",
    ".gml",
    ".tab",
    ".mif",
    ".kml",
    ".kmz",
    ".zip",
    ".gdb",
    ".csv",
    ".tsv",
    ".txt",
    ".xlsx",
    ".xls",
    ".ods",
    ".tif",
    ".tiff",
    ".pbf",
}
LEFT_OUT = "as you said"


@dataclass
class Source:
    """One layer of a draft.

    Attributes
    ----------
    look
        What it looks like.
    role
        What it is; empty where it is not used.
    reason
        Why that was guessed.
    second
        What it may be else, and why; empty where nothing else is likely.
    columns
        Meaning: column.
    crs
        CRS of its coordinates; of a layer with one of its own only where it is to be overruled.
    crs_reason
        Why that was guessed.
    mends
        What staging mends, in order.
    """

    look: LayerLook
    role: str = ""
    reason: str = ""
    second: tuple[str, str] = ("", "")
    columns: dict[str, str] = field(default_factory=dict)
    crs: str = ""
    crs_reason: str = ""
    mends: list[str] = field(default_factory=list)

    @property
    def has_place(self) -> bool:
        """Whether it can be shown on a map."""
        return self.look.geometry in ("polygon", "line", "point") or {"x", "y"} <= set(self.columns)


@dataclass
class Rules:
    """The few rules that a new project begins with; all others have defaults."""

    name: str = "New project"
    beats: int | str = "auto"
    tolerance: float = 0.10
    stations: int = 0
    start: str = field(default_factory=lambda: f"{dt.date.today().year + 1}-01-01")
    years: int = 5
    days: int = 0  # that the incidents cover, where they have no times; 0 for a year


class ImportDraft:
    """Layers on their way into a project.

    Attributes
    ----------
    sources
        Every layer of every file given.
    rules
        What the project begins with.
    hours
        Officer hours per incident by category.
    """

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.rules = Rules()
        self.hours: dict[str, float] = {}
        self._frames: dict[tuple[Path, str | None], pd.DataFrame] = {}

    # ---- files and guesses

    def add(self, paths: Sequence[Path]) -> list[Source]:
        """Look into files, guess what they are, and take them in; return the new sources.

        Raises
        ------
        InputError
            For the files that cannot be read; the others are taken in.
        """
        problems, new = [], []
        there = {s.look.path for s in self.sources}
        for path in paths:
            if Path(path).resolve() in there:
                continue
            try:
                new += [Source(look) for look in look_at(path)]
            except InputError as error:
                problems += error.problems
        self.sources += new
        if new:
            self.guess()
        if problems:
            raise InputError(*problems)
        return new

    def remove(self, source: Source) -> None:
        """Leave a layer out again."""
        self.sources.remove(source)

    def guess(self) -> None:
        """Guess roles, columns, CRSs and the first rules anew."""
        guesses = guess_roles([s.look for s in self.sources])
        # the places of all else are guessed by those of the units
        for source, (role, reason) in sorted(zip(self.sources, guesses, strict=True), key=lambda g: g[1][0] != "units"):
            self.set_role(source, role, reason)
            source.second = second_guess(source.look, role)
        self._guess_places()
        self._guess_tables()
        units = self.first("units")
        if units is not None and self.rules.name == "New project":
            folder = units.look.path.parent.name.replace("_", " ").strip()
            self.rules.name = folder[:1].upper() + folder[1:] or "New project"
        if units is not None and "current" in units.columns and self.first("current") is not None:
            # a layer of today's beats says more than a column
            units.columns.pop("current")
        count = self.beats_of_today()
        self.rules.beats = count or "auto"
        self.rules.stations = self._stations_to_start()

    def _guess_places(self) -> None:
        """Know tables whose numbers are places among the units, whatever their columns are called."""
        units = self.first("units")
        area = None if units is None else self.located(units)
        if area is None or not len(area) or not np.isfinite(area.total_bounds).all():
            return
        for source in [s for s in self.sources if not s.role and not s.look.geometry]:
            pair = places_by_value(source.look, area.total_bounds.tolist())
            if pair is not None:
                role, reason = role_of_places(source.look, *pair)
                self.set_role(source, role, reason)
                if role:
                    source.columns |= {"x": pair[0], "y": pair[1]}
                    self.set_crs(source, "EPSG:4326")
                    source.crs_reason = "as its numbers are degrees among the units"

    def _guess_tables(self) -> None:
        """Know a census table by its codes: most of them are ids of units that have no residents of their own."""
        units = self.first("units")
        if units is None or self.first("residents") is not None:
            return
        for source in [s for s in self.sources if not s.role and not s.look.geometry]:
            found = self._as_residents(source, units)
            if found is None:
                continue
            if "population" in units.columns or self.first("population_raster") is not None:
                source.second = ("residents", f"its column “{found['id']}” holds the units' ids")
                source.reason = "the units have residents already"
                continue
            source.role, source.columns = "residents", found
            source.reason = f"its column “{found['id']}” holds the units' ids"
            break

    def _as_residents(self, source: Source, units: Source) -> dict[str, str] | None:
        """Return the columns of a table of residents by unit, None where it is none."""
        population = guess_columns(source.look, "residents").get("population") or census_total(source.look)
        if population is None:
            return None
        ids = texts(self.frame(units)[units.columns["id"]])
        best, share = None, 0.5
        for column in source.look.columns:
            if column.name == population or column.kind not in ("number", "text"):
                continue
            keys = texts(self.frame(source)[column.name])
            match = match_ids(keys, ids)
            met = len({p for p in match.positions if p is not None}) / max(1, len(ids))
            if met > share:
                best, share = column.name, met
        return None if best is None else {"id": best, "population": population}

    def beats_of_today(self) -> int:
        """Return how many beats there are today; 0 where they are unknown."""
        current, units = self.first("current"), self.first("units")
        column = None
        if current is not None:
            column = current.look.column(current.columns.get("id"))
        elif units is not None:
            column = units.look.column(units.columns.get("current"))
        return 0 if column is None else column.distinct

    def _stations_to_start(self) -> int:
        candidates, existing = self.first("candidates"), self.first("existing")
        if candidates is None and existing is None:
            return 0
        today = 0 if existing is None else existing.look.rows
        return max(1, today + (min(3, candidates.look.rows) if candidates is not None else 0))

    def set_role(self, source: Source, role: str, reason: str = "") -> None:
        """Say what a layer is; its columns and CRS are guessed for it."""
        source.role, source.reason = role, reason
        source.columns = guess_columns(source.look, role) if role else {}
        source.mends = []
        self.set_crs(source)
        if role == "units":
            for other in self.sources:
                if other is not source and not other.crs:
                    self.set_crs(other)

    def set_column(self, source: Source, meaning: str, column: str) -> None:
        """Say which column has a meaning; empty for none. A column has one meaning only."""
        for other in [m for m, c in source.columns.items() if c == column or m == meaning]:
            source.columns.pop(other)
        if column:
            source.columns[meaning] = column
        if meaning in ("x", "y") and not source.look.geometry:
            self.set_crs(source)

    def set_crs(self, source: Source, crs: str | None = None) -> None:
        """Set the CRS of a layer, or guess it where none is given."""
        if crs is not None:
            source.crs, source.crs_reason = crs, "as you chose"
            return
        source.crs = source.look.crs
        source.crs_reason = "as the file says" if source.crs else ""
        if source.crs or not source.role:
            return
        if source.look.geometry:
            frame = self.frame(source)
            x, y = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy())).T
        elif (places := self._coordinates(source)) is not None:
            x, y = places.east, places.north
            if places.degrees:
                source.crs, source.crs_reason = "EPSG:4326", places.told[0]
                return
        else:
            return
        near = None if source.role == "units" else self._units_places()
        others = [s.look.crs for s in self.sources if s.look.crs]
        source.crs, source.crs_reason = guess_place(x, y, near, others)

    def _coordinates(self, source: Source) -> Any:
        """Return what the columns of a table hold as coordinates, None where there are none."""
        if not {"x", "y"} <= set(source.columns):
            return None
        return read_coordinates(self.frame(source), source.columns["x"], source.columns["y"])

    def _units_places(self) -> np.ndarray | None:
        """Return longitudes and latitudes of points in the units, (n, 2)."""
        units = self.first("units")
        if units is None or not (units.crs or units.look.crs) or not units.look.box:
            return None
        shapes = self.located(units, mended=False).geometry
        shapes = shapes[shapes.notna() & ~shapes.is_empty].to_numpy()
        return np.vstack([shapely.get_coordinates(shapely.centroid(shapes)), shapely.bounds(shapes).reshape(-1, 2)])

    def first(self, role: str) -> Source | None:
        """Return the layer with a role, None where there is none."""
        return next((s for s in self.sources if s.role == role), None)

    def missing(self) -> list[str]:
        """Return in words what is still needed before the layers can be checked."""
        found = []
        if self.first("units") is None:
            found.append("Name the layer of units: the smallest areas that a beat is made of")
        for role in ROLES:
            several = [s.look.title for s in self.sources if s.role == role]
            if len(several) > 1:
                found.append(f"Only one layer can be “{ROLE_WORDS[role]}”: {', '.join(several)}")
        for source in self.sources:
            for meaning in NEEDED.get(source.role, ()):
                if meaning not in source.columns:
                    found.append(f"{source.look.title}: name the column with “{MEANING_WORDS[meaning]}”")
            if source.role in ("incidents", "candidates", "existing") and not source.has_place:
                found.append(f"{source.look.title}: name the columns with the coordinates")
            if source.role and source.has_place and not source.crs:
                found.append(f"{source.look.title}: choose the CRS of its coordinates")
        return found

    # ---- reading

    def frame(self, source: Source) -> pd.DataFrame:
        """Return a layer as it stands in the file, read once."""
        key = (source.look.path, source.look.layer)
        if key not in self._frames:
            path, layer = key
            if source.look.geometry == "raster":
                raise InputError(problem("a raster has no rows", file=path.name))
            if source.look.geometry or not (is_table(path) or is_archive(path)):
                self._frames[key] = whole_layers(path, layer)[0].frame
            else:
                self._frames[key] = whole_table(path, layer)
        return self._frames[key]

    def located(self, source: Source, *, mended: bool = True) -> gpd.GeoDataFrame:
        """Return a layer with its geometry in EPSG:4326 and its row numbers (from 0) as index; for the preview map."""
        frame = self.mended(source) if mended else self._with_place(source)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
            return gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
        return frame.to_crs("EPSG:4326")

    def _with_place(self, source: Source) -> pd.DataFrame:
        frame = self.frame(source)
        if source.look.geometry:
            found = gpd.GeoDataFrame(frame.copy())
            return found.set_crs(source.crs, allow_override=True) if source.crs else found
        places = self._coordinates(source) if source.crs else None
        if places is not None:
            points = gpd.points_from_xy(places.east, places.north)
            return gpd.GeoDataFrame(frame.copy(), geometry=points, crs=source.crs)
        return frame.copy()

    def mended(self, source: Source) -> pd.DataFrame:
        """Return a layer with what is to be mended done."""
        frame = self._with_place(source)
        for name in source.mends:
            frame = MENDS[name].do(frame, source)
        return frame

    # ---- staging

    def stage(self, folder: Path) -> Path:
        """Write clean layers and a description into a folder; return the description.

        Only columns with a meaning are written: no other column of an incident survives.

        Raises
        ------
        InputError
            Where something is still missing.
        """
        missing = self.missing()
        if missing:
            raise InputError(*(problem(text) for text in missing))
        folder.mkdir(parents=True, exist_ok=True)
        raw: dict[str, Any] = {"project": {"name": self.rules.name}}
        for source in self.sources:
            if source.role:
                _SECTIONS[source.role](self, source, raw, folder)
        self._add_rules(raw)
        file = folder / "project.json"
        file.write_text(json.dumps(raw, ensure_ascii=False, indent=1), encoding="utf-8")
        return file

    def _add_rules(self, raw: dict[str, Any]) -> None:
        r = self.rules
        raw.setdefault("beats", {}).update(count=r.beats, tolerance=r.tolerance)
        if self.hours:
            raw["workload"] = {"hours": self.hours}
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

    def write(self, out: Path) -> None:
        """Make the project file; InputError where the input cannot be used."""
        import tempfile

        from beatplanner.data.project.build import build

        with tempfile.TemporaryDirectory(prefix=f"beatplanner-{os.getpid()}-") as folder:
            build(staged_description(self.stage(Path(folder))), out)


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return files as they are, and those of a folder that may be layers or tables, at any depth."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir() and path.suffix.lower() != ".gdb":
            inside = sorted(
                p for p in path.rglob("*") if p.suffix.lower() in READ and not p.name.startswith((".", "~"))
            )
            found += [p for p in inside if not any(q.suffix.lower() == ".gdb" for q in p.parents)]
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def unused_files(draft: ImportDraft) -> list[Path]:
    """Return the files that were given and of which no layer is used, but those that a person left out."""
    used = {s.look.path for s in draft.sources if s.role or s.reason == LEFT_OUT}
    return list(dict.fromkeys(s.look.path for s in draft.sources if s.look.path not in used))


def staged_description(file: Path) -> Any:
    """Return the checked description of a staged draft."""
    from beatplanner.data.description.read import checked_description

    return checked_description(json.loads(file.read_text(encoding="utf-8")), file)


def _save(frame: pd.DataFrame, folder: Path, role: str, source: Source) -> dict[str, Any]:
    """Write one staged layer; return where it is."""
    used = list(
        dict.fromkeys(source.columns[m] for m in MEANINGS[source.role] if m in source.columns and m not in ("x", "y"))
    )
    for column in used:
        if frame[column].dtype == object:
            frame[column] = _of_one_kind(frame[column])
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name in frame:
        there = frame.geometry.notna() & ~frame.geometry.is_empty
        kept = frame.loc[there if role != "units" else frame.index, [*used, frame.geometry.name]]
        write_layer(gpd.GeoDataFrame(kept), folder / f"{role}.gpkg", role)
        return {"path": f"{role}.gpkg", "layer": role}
    frame[used].to_csv(folder / f"{role}.csv", index=False, encoding="utf-8")
    return {"path": f"{role}.csv"}


def _of_one_kind(values: pd.Series) -> list[Any]:
    """Return the cells of a workbook, which are of several kinds, as numbers where all are, else as text that is read as the same values."""
    cells = [None if is_missing(v) else v for v in values]
    if all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in cells):
        return [np.nan if v is None else v for v in cells]
    return [None if v is None else _as_text(v) for v in cells]


def _as_text(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        # three digits behind the sign could be thousands
        return str(int(value)) if value.is_integer() else re.sub(r"^(-?\d+\.\d{3})$", r"\g<1>0", str(value))
    return str(value)


def _units(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
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


def _incidents(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
    raw["incidents"] = _save(draft.mended(source), folder, "incidents", source) | {
        m: source.columns[m] for m in ("category", "time") if m in source.columns
    }
    if draft.rules.days and "time" not in source.columns:
        raw["incidents"]["days"] = float(draft.rules.days)


def _current(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
    raw.setdefault("beats", {})["current"] = _save(draft.mended(source), folder, "current", source) | {
        "id": source.columns["id"]
    }


def _sites(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
    wanted = ("id", "name", "cost") if source.role == "candidates" else ("id", "name")
    found = _save(draft.mended(source), folder, source.role, source)
    raw.setdefault("stations", {})[source.role] = found | {m: source.columns[m] for m in wanted if m in source.columns}


def _lines(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
    # roads are large and need no mending: their classes stand in columns of their own, which are read as they are
    place: dict[str, Any] = {"path": str(source.look.path)} | (
        {"layer": source.look.layer} if source.look.layer else {}
    )
    if not source.look.crs:
        place = _save(draft.mended(source), folder, source.role, source)
    if source.role == "roads":
        if draft.rules.stations or draft.first("candidates") or draft.first("existing"):
            raw.setdefault("stations", {})["roads"] = place
    elif source.role == "barriers" or draft.first("barriers") is not None:
        raw.setdefault("beats", {})[source.role] = place


def _roster(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
    frame = draft.mended(source)
    # the roster's columns have fixed names
    renamed = pd.DataFrame({m: frame[c] for m, c in source.columns.items()})
    renamed.to_csv(folder / "officers.csv", index=False, encoding="utf-8")
    raw.setdefault("officers", {}).update({"path": "officers.csv"} | ({"crs": source.crs} if source.crs else {}))


def _fixed_table(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
    section, key = source.role.split(".")
    stations = draft.first("candidates") or draft.first("existing")
    if (section == "officers" and draft.first("roster") is None) or (section == "stations" and stations is None):
        return
    frame = draft.mended(source)
    # its columns have fixed names
    renamed = pd.DataFrame({m: frame[c] for m, c in source.columns.items()})
    renamed.to_csv(folder / f"{source.role}.csv", index=False, encoding="utf-8")
    raw.setdefault(section, {})[key] = {"path": f"{source.role}.csv"}


def _population_raster(_draft: ImportDraft, source: Source, raw: dict[str, Any], _folder: Path) -> None:
    raw.setdefault("units", {})["population_raster"] = str(source.look.path)
    raw["units"].pop("population", None)


def _residents(draft: ImportDraft, source: Source, raw: dict[str, Any], folder: Path) -> None:
    place = _save(draft.mended(source), folder, "residents", source)
    table = place | {"key": source.columns["id"], "residents": [source.columns["population"]]}
    raw.setdefault("units", {})["population_table"] = table
    raw["units"].pop("population", None)


def _elevation(draft: ImportDraft, source: Source, raw: dict[str, Any], _folder: Path) -> None:
    if draft.first("roads") is not None and (draft.first("candidates") or draft.first("existing")):
        raw.setdefault("stations", {})["elevation"] = str(source.look.path)


_SECTIONS: dict[str, Callable[[ImportDraft, Source, dict[str, Any], Path], None]] = {
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


# ---- mends


@dataclass(frozen=True)
class Mend:
    """Something that staging can mend: a button's words, and how."""

    words: str
    do: Callable[[Any, Source], Any]


def _number_ids(frame: Any, source: Source) -> Any:
    """Give each row without an id of its own one; rows with a good one keep it."""
    column = source.columns["id"]
    found = texts(frame[column])
    taken = {v for v in found if v is not None}
    seen: set[str] = set()
    new, number = [], 1
    for value in found:
        if value is not None and value not in seen:
            new.append(value)
        else:
            root = value or "unit"
            while f"{root}-{number}" in taken:
                number += 1
            new.append(f"{root}-{number}")
            taken.add(new[-1])
        seen.add(new[-1])
    return frame.assign(**{column: new})


def _without_place(frame: Any, _source: Source) -> Any:
    return frame[frame.geometry.notna() & ~frame.geometry.is_empty].reset_index(drop=True)


def _without_twins(frame: Any, _source: Source) -> Any:
    double = pd.Series([g.normalize().wkb if g is not None else None for g in frame.geometry]).duplicated()
    return frame[~double.to_numpy()].reset_index(drop=True)


def _without_overlaps(frame: Any, _source: Source) -> Any:
    """Give what two polygons share to the one that comes first."""
    shapes = np.array([geometry.valid(g) for g in frame.geometry], dtype=object)
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="overlaps")
    for first, second in sorted({(int(i), int(j)) for i, j in zip(a, b, strict=True) if i < j}):
        shapes[second] = geometry.difference(shapes[second], shapes[first])
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _numbers_or_zero(frame: Any, source: Source) -> Any:
    found = {}
    for meaning in NUMBERS:
        if meaning in source.columns:
            column = source.columns[meaning]
            values = read_numbers(frame[column], whole=meaning == "population", coded=True).values
            found[column] = np.where(values >= 0, values, 0.0)
    return frame.assign(**found)


def _swapped(frame: Any, _source: Source) -> Any:
    turned = shapely.transform(frame.geometry.to_numpy(), lambda c: c[:, ::-1])
    return frame.set_geometry(gpd.GeoSeries(turned, index=frame.index, crs=frame.crs))


def _without_wrong_times(frame: Any, source: Source) -> Any:
    found = {}
    for meaning in TIMES:
        if meaning in source.columns:
            values = frame[source.columns[meaning]]
            right = read_times(values).values.notna().to_numpy()
            found[source.columns[meaning]] = values.astype(object).where(right, None)
    return frame.assign(**found)


def _first_of_each(frame: Any, source: Source) -> Any:
    """Keep the first row of each officer, and none without a name."""
    names = pd.Series(texts(frame[source.columns["officer"]]), index=frame.index)
    return frame[names.notna() & ~names.duplicated()].reset_index(drop=True)


def _only_near(frame: Any, _source: Source) -> Any:
    """Keep what lies within 20 km of the middle half of the layer."""
    centre = frame.geometry.to_crs(frame.estimate_utm_crs()).centroid
    x, y = centre.x.to_numpy(float), centre.y.to_numpy(float)
    apart = np.hypot(x - np.nanmedian(x), y - np.nanmedian(y))
    return frame[apart <= max(20_000.0, 6 * float(np.nanmedian(apart)))].reset_index(drop=True)


def _municipality_filled(frame: Any, source: Source) -> Any:
    """Name the municipality of a unit without one after that of the nearest unit."""
    column = source.columns["municipality"]
    empty = frame[column].map(is_missing).to_numpy(bool)
    if empty.all() or not empty.any():
        return frame
    centre = frame.geometry.representative_point()
    nearest = shapely.STRtree(centre[~empty].to_numpy()).nearest(centre[empty].to_numpy())
    values = frame[column].copy()
    values[empty] = frame.loc[~empty, column].to_numpy()[nearest]
    return frame.assign(**{column: values})


MENDS: dict[str, Mend] = {
    "ids": Mend("Give each an id of its own", _number_ids),
    "no_place": Mend("Leave out those without a place", _without_place),
    "twins": Mend("Keep one of each", _without_twins),
    "overlaps": Mend("Give what is shared to the first", _without_overlaps),
    "numbers": Mend("Count these cells as 0", _numbers_or_zero),
    "swap": Mend("Swap x and y", _swapped),
    "times": Mend("Leave these times empty", _without_wrong_times),
    "officers": Mend("Keep the first row of each", _first_of_each),
    "far": Mend("Leave out those far away", _only_near),
    "municipality": Mend("Take it from the nearest unit", _municipality_filled),
}
