"""A project that is being made from layers: what each file is, what its columns mean, what is mended; then one project file.

The desktop's guided import and ``beatplanner new`` are two faces of this. `staging` makes a folder of clean layers with a description of it;
`import_doubts` finds what is doubtful there, and a doubt that can be mended names its mend, which the next staging carries out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.archives import is_archive
from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.ids import match_ids
from beatplanner.data.formats.layers import is_table, whole_layers, whole_table
from beatplanner.data.formats.points import read_coordinates
from beatplanner.data.guided_import.guessing import (
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
from beatplanner.data.guided_import.looks import look_at
from beatplanner.data.guided_import.mends import MENDS
from beatplanner.data.guided_import.sources import MEANING_WORDS, ROLE_WORDS, DraftSource
from beatplanner.data.paths import whole_path

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
class StartingRules:
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
        self.sources: list[DraftSource] = []
        self.rules = StartingRules()
        self.hours: dict[str, float] = {}
        self.frames: dict[tuple[Path, str | None], pd.DataFrame] = {}

    # ---- files and guesses

    def add(self, paths: Sequence[Path]) -> list[DraftSource]:
        """Look into files, guess what they are, and take them in; return the new sources.

        Raises
        ------
        InputError
            For the files that cannot be read; the others are taken in.
        """
        problems: list[Note] = []
        new: list[DraftSource] = []
        there = {s.look.path for s in self.sources}
        for path in paths:
            if whole_path(path) in there:
                continue
            try:
                new += [DraftSource(look) for look in look_at(path)]
            except InputError as error:
                problems += error.problems
        self.sources += new
        if new:
            self.guess()
        if problems:
            raise InputError(*problems)
        return new

    def remove(self, source: DraftSource) -> None:
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

    def _as_residents(self, source: DraftSource, units: DraftSource) -> dict[str, str] | None:
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

    def set_role(self, source: DraftSource, role: str, reason: str = "") -> None:
        """Say what a layer is; its columns and CRS are guessed for it."""
        source.role, source.reason = role, reason
        source.columns = guess_columns(source.look, role) if role else {}
        source.mends = []
        self.set_crs(source)
        if role == "units":
            for other in self.sources:
                if other is not source and not other.crs:
                    self.set_crs(other)

    def set_column(self, source: DraftSource, meaning: str, column: str) -> None:
        """Say which column has a meaning; empty for none. A column has one meaning only, but one of places may be both x and y."""
        look = source.look.column(column)
        pair = {"x", "y"} if look is not None and look.places == "both" and meaning in ("x", "y") else set[str]()
        for other in [m for m, c in source.columns.items() if m == meaning or (c == column and m not in pair)]:
            source.columns.pop(other)
        if column:
            source.columns[meaning] = column
        if meaning in ("x", "y") and not source.look.geometry:
            self.set_crs(source)

    def set_crs(self, source: DraftSource, crs: str | None = None) -> None:
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
            shapes: np.ndarray = frame.geometry.to_numpy()
            x, y = shapely.get_coordinates(shapely.centroid(shapes)).T
        elif (places := self._coordinates(source)) is not None:
            x, y = places.east, places.north
            if places.degrees:
                source.crs, source.crs_reason = "EPSG:4326", places.notes[0]
                return
        else:
            return
        near = None if source.role == "units" else self._units_places()
        others = [s.look.crs for s in self.sources if s.look.crs]
        source.crs, source.crs_reason = guess_place(x, y, near, others)

    def _coordinates(self, source: DraftSource) -> Any:
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

    def first(self, role: str) -> DraftSource | None:
        """Return the layer with a role, None where there is none."""
        return next((s for s in self.sources if s.role == role), None)

    def missing(self) -> list[str]:
        """Return in words what is still needed before the layers can be checked."""
        found: list[str] = []
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

    def frame(self, source: DraftSource) -> pd.DataFrame:
        """Return a layer as it stands in the file, read once."""
        key = (source.look.path, source.look.layer)
        if key not in self.frames:
            path, layer = key
            if source.look.geometry == "raster":
                raise InputError(problem("a raster has no rows", file=path.name))
            if source.look.geometry or not (is_table(path) or is_archive(path)):
                self.frames[key] = whole_layers(path, layer)[0].frame
            else:
                self.frames[key] = whole_table(path, layer)
        return self.frames[key]

    def located(self, source: DraftSource, *, mended: bool = True) -> gpd.GeoDataFrame:
        """Return a layer with its geometry in EPSG:4326 and its row numbers (from 0) as index; for the preview map."""
        frame = self.mended(source) if mended else self.with_place(source)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
            return gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
        return frame.to_crs("EPSG:4326")

    def with_place(self, source: DraftSource) -> pd.DataFrame:
        """Return the rows of a source with their places, before any mend; a plain table where there are none."""
        frame = self.frame(source)
        if source.look.geometry:
            found = gpd.GeoDataFrame(frame.copy())
            return found.set_crs(source.crs, allow_override=True) if source.crs else found
        places = self._coordinates(source) if source.crs else None
        if places is not None:
            points = gpd.points_from_xy(places.east, places.north)
            return gpd.GeoDataFrame(frame.copy(), geometry=points, crs=source.crs)
        return frame.copy()

    def mended(self, source: DraftSource) -> pd.DataFrame:
        """Return a layer with what is to be mended done."""
        frame = self.with_place(source)
        for name in source.mends:
            frame = MENDS[name].do(frame, source)
        return frame


def possible_layers(paths: Sequence[Path]) -> list[Path]:
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
