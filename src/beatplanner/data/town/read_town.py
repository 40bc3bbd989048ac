"""Reads every layer of a description once, into a town in one metric CRS; every problem is told at once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from beatplanner.data.description.models import Description, IdLayer, Incidents, Layer, PointTable, Table, WalkTable
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import Findings, did_you_mean, listed
from beatplanner.data.formats.crs_guess import CERTAIN, accuracy_offline, guess_crs
from beatplanner.data.formats.layers import (
    NO_CRS,
    SET_CRS,
    Place,
    crs_from,
    dates,
    is_missing,
    numbers,
    polygons_of,
    read_layer,
    read_points,
    read_table,
    source_of,
    texts,
    times,
)
from beatplanner.data.formats.source import Source
from beatplanner.data.formats.vector_files import check_kind
from beatplanner.data.town.addresses import accepted_places, match_addresses, street_only
from beatplanner.data.town.adjacency import drawn_edges, island_links, open_borders, touching
from beatplanner.data.town.categories import map_categories, personal
from beatplanner.data.town.coverage import far_parts, mend_coverage
from beatplanner.data.town.homes import homes_of_layer, homes_of_raster, one_home_a_unit
from beatplanner.data.town.population import join_table, split_census
from beatplanner.data.town.roads import is_openstreetmap, read_roads
from beatplanner.data.town.sites import generated_sites, site_costs, site_states
from beatplanner.data.town.town import Town
from beatplanner.data.town.walking_network import (
    SNAP,
    Barriers,
    WalkingNetwork,
    access,
    straight_metres,
    walk_metres,
    walking_network,
    without_barred,
)

# Units farther than this from the middle of the others, in km, are in the wrong place on earth.
FAR_UNITS_KM = 1_000
# A part of a unit farther than this from the rest, in metres, is likely another place.
FAR_PARTS = 2_000.0
# Candidate sites farther than this from every unit, in km, are those of another town; at the second distance the file is wrong.
FAR_SITES_KM = 20
WRONG_SITES_KM = 500
# Units between which distances along roads are computed at most: 5,000 × 5,000 take 200 MB. A pair that no road joins counts this
# many times its straight line.
ROAD_DISTANCE_LIMIT = 5_000
UNCONNECTED_DETOUR = 2.0
# Cells of a raster that are read at once at most, and more residents than any country has.
MOST_CELLS = 60_000_000
MOST_PEOPLE = 2e9
Frame = TypeVar("Frame", bound=pd.DataFrame)
ROSTER_COLUMNS = (
    "beat", "since", "languages", "gender", "x", "y", "trained_on", "joins_on", "leaves_on", "licence", "not_with", "prefers",
    "absent_from", "absent_until", "ordered_on",
)  # fmt: skip
YES, NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0", ""}


def _words(value: object) -> tuple[str, ...]:
    """Return a list in a cell, separated by semicolons or commas, each word once."""
    if is_missing(value):
        return ()
    return tuple(dict.fromkeys(w.strip() for w in str(value).replace(",", ";").split(";") if w.strip()))


def read_town(description: Description) -> Town:
    """Read the layers of a description.

    Parameters
    ----------
    description
        A description made by `read_description`.

    Returns
    -------
    Town

    Raises
    ------
    InputError
        With every problem of every layer.
    """
    return _Reader(description).town()


class _Reader:
    """One reading: the description, what was found so far, and the files."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self.findings = Findings()
        self.sources: list[Source] = []
        self.group_sums: dict[str, np.ndarray] = {}
        self.in_layer = 0.0
        self.proposals: dict[str, pd.DataFrame] = {}

    def town(self) -> Town:
        d, findings = self.description, self.findings
        # without units nothing else can be placed, so their problems are told alone
        units = self.units()
        edges = pd.DataFrame({"a": [], "b": [], "metres": [], "kind": []})
        incidents = sites = walks = roster = distances = homes = None
        self.stations_network: WalkingNetwork | None = None
        with findings.keep():
            edges = self.with_drawn(units, self.edges(units))
        with findings.keep():
            units["current"] = self.current(units)
        with findings.keep():
            units["locked"] = self.locked(units)
        with findings.keep():
            incidents = self.incidents(units)
        with findings.keep():
            distances = self.unit_distances(units)
        with findings.keep():
            homes = self.homes(units)
        with findings.keep():
            sites = self.sites(units, homes)
        with findings.keep():
            walks = self.walks(units, homes, sites)
        with findings.keep():
            roster = self.roster(units)
        special = published = None
        with findings.keep():
            special = self.special_posts()
        with findings.keep():
            published = self.published()
        findings.raise_if_any()
        return Town(
            description=d,
            crs=self.crs,
            units=units,
            unit_ids_are_whole_numbers=self.whole_ids,
            edges=edges,
            incidents=incidents,
            unit_distances=distances,
            sites=sites,
            homes=homes,
            walks=walks,
            network=self.stations_network,
            roster=roster,
            special_posts=special,
            published=published,
            notes=tuple(findings.notes),
            sources=tuple(self.sources),
            proposals=self.proposals,
        )

    def read(
        self, role: str, path: Path, rows_in: int, rows_used: int | None = None, where: Place | None = None
    ) -> None:
        used = rows_in if rows_used is None else rows_used
        self.sources.append(source_of(role, self.description.path(path), rows_in, used, where))

    def take(self, found: tuple[Frame, Place]) -> tuple[Frame, Place]:
        """Tell how a layer or table had to be read, and give it on."""
        self.findings.add(found[1].told)
        return found

    # ---- units

    def units(self) -> gpd.GeoDataFrame:
        rules = self.description.units
        columns = [
            rules.id,
            rules.name,
            rules.population,
            rules.municipality,
            rules.workload,
            *([] if rules.population_table else rules.groups.values()),
        ]
        frame, where = self.take(
            read_layer(
                self.description.path(rules.path), rules.layer, [c for c in columns if c], rules.crs, self.guess_units
            )
        )
        rows = len(frame)
        frame, where = self.without_empty(frame, where)
        ids = self.unit_ids(frame[rules.id], where)
        shapes, mended = polygons_of(frame, where, [f"unit {i}" for i in ids])
        self.crs = self.planning_crs(frame, where)
        self.tell_accuracy(frame.crs, shapes, where)
        moved = gpd.GeoSeries(shapes, crs=frame.crs).to_crs(self.crs)
        polygons = np.array(moved.array, dtype=object)
        # a change of CRS moves points, and may cross a thin polygon's border over itself
        crossed = np.flatnonzero(~shapely.is_valid(polygons))
        polygons[crossed] = shapely.make_valid(polygons[crossed], method="structure", keep_collapsed=False)
        self.check_places(polygons, ids, where)
        repaired = [f"{mended:,} polygons crossed themselves and were mended"] if mended else []
        polygons = self.as_coverage(polygons, frame, ids, where, repaired)
        self.findings.add(where.fact(r, "warning") for r in repaired)
        n = len(ids)
        inner = shapely.point_on_surface(polygons)
        municipality = self.municipalities(frame, where)
        data: dict[str, object] = {
            "unit": ids,
            "name": self.unit_names(frame, ids, municipality),
            "municipality": municipality,
        }
        with self.findings.keep():
            data["population"] = self.population(frame, polygons, ids, where)
        data["workload"] = np.full(n, np.nan)
        if rules.workload:
            with self.findings.keep():
                data["workload"] = numbers(frame[rules.workload], where, least=0)
        data["current"], data["locked"] = None, None
        for group, column in rules.groups.items():
            if group in self.group_sums:
                data[f"group_{group}"] = self.group_sums[group]
                continue
            with self.findings.keep():
                data[f"group_{group}"] = numbers(frame[column], where, least=0, empty=0.0)
        data["x"], data["y"] = shapely.get_x(inner), shapely.get_y(inner)
        self.findings.raise_if_any()
        units = gpd.GeoDataFrame(data, geometry=polygons, crs=self.crs)
        for column in ("current", "locked"):
            units[column] = units[column].astype(object)
        self.check_groups(units, where)
        where = replace(where, told=(*where.told, *(where.fact(r) for r in repaired)))
        self.read("units", rules.path, rows, n, where)
        return units

    def without_empty(self, frame: gpd.GeoDataFrame, where: Place) -> tuple[gpd.GeoDataFrame, Place]:
        """Leave out rows that hold nothing: no polygon and no residents, or the same as another row in everything."""
        rules = self.description.units
        people = None
        if rules.population:
            # a column that is no number is told later, with its rows
            with contextlib.suppress(InputError):
                people = numbers(frame[rules.population], where, empty=0.0, whole=True)
                self.in_layer = float(people.sum())
        shapes = frame.geometry.to_numpy().copy()
        for i in np.flatnonzero(shapely.get_type_id(shapes) == 7):
            # a collection of a polygon and its label or outline
            parts = shapely.get_parts(shapes[i])
            areas = parts[np.isin(shapely.get_type_id(parts), [3, 6])]
            if len(areas):
                shapes[i] = shapely.union_all(areas)
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
        no_polygon = (
            shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~np.isin(shapely.get_type_id(shapes), [3, 6])
        )
        unused = no_polygon & ((people == 0) if people is not None else pd.isna(frame[rules.id]).to_numpy())
        if no_polygon.all():
            unused[:] = False
        same = pd.DataFrame({c: frame[c].astype(str).to_numpy() for c in frame.columns if c != frame.geometry.name})
        same["shape"] = shapely.to_wkb(shapes)
        twice = same.duplicated().to_numpy() & ~unused
        told = []
        if unused.any():
            what = f"{int(unused.sum()):,} rows without a polygon and without residents were left out"
            told.append(where.fact(what, "warning"))
        if twice.any():
            what = f"{int(twice.sum()):,} rows stand twice, alike in everything, and were counted once"
            told.append(where.fact(what, "warning"))
        if not told:
            return frame, where
        self.findings.add(told)
        kept = np.flatnonzero(~(unused | twice))
        rows = tuple(where.rows[i] for i in kept)
        return frame.iloc[kept].reset_index(drop=True), replace(where, rows=rows, told=(*where.told, *told))

    def as_coverage(
        self, polygons: np.ndarray, frame: gpd.GeoDataFrame, ids: list[str], where: Place, repaired: list[str]
    ) -> np.ndarray:
        """Close gaps and overlaps between units within the limit; what is left of them is a doubt."""
        rules = self.description.units
        names = [n or i for n, i in zip(texts(frame[rules.name]) if rules.name else ids, ids, strict=True)]
        found = mend_coverage(polygons, names, rules.mend_metres)
        repaired += found.told
        for what in found.left:
            self.findings.add([where.fact(what, "warning", "Correct their borders in QGIS", field="geometry")])
        polygons = found.polygons
        a, b = shapely.STRtree(polygons).query(polygons, predicate="overlaps")
        a, b = a[a < b], b[a < b]
        common = shapely.area(shapely.intersection(polygons[a], polygons[b]))
        much = np.flatnonzero(common > 0.01 * np.minimum(shapely.area(polygons[a]), shapely.area(polygons[b])))
        if len(much):
            first = much[np.argmax(common[much])]
            what = (f"{len(much):,} pairs of units overlap, most of all {names[a[first]]} and {names[b[first]]} by "
                    f"{common[first]:,.0f} m²")  # fmt: skip
            self.findings.tell("warning", what, "Check their borders", file=where.file, layer=where.layer)
        many = int((shapely.get_num_geometries(polygons) > 1).sum())
        far = far_parts(polygons, FAR_PARTS)
        if far:
            i, apart = far[0]
            what = (f"{len(far):,} of {many:,} units in several parts have one farther than {FAR_PARTS:,.0f} m from the rest, most of "
                    f"all {names[i]} ({apart:,.0f} m)")  # fmt: skip
            self.findings.add([where.fact(what, "warning", "Give the part an id of its own if it is another place")])
        elif many:
            self.findings.add([where.fact(f"{many:,} units have several parts, near each other")])
        return polygons

    def tell_accuracy(self, crs: CRS, shapes: np.ndarray, where: Place) -> None:
        """Say how exact a change of datum is without a grid that would have to be downloaded."""
        if crs.geodetic_crs is None or self.crs.geodetic_crs is None:
            return
        if crs.geodetic_crs.datum == self.crs.geodetic_crs.datum:
            return
        box = shapely.box(*shapely.total_bounds(shapes))
        bounds = gpd.GeoSeries([box], crs=crs).to_crs(4326).total_bounds
        if not np.isfinite(bounds).all():
            return
        here, better = accuracy_offline(crs, self.crs, *(float(v) for v in bounds))
        if here is not None and here >= 0.5:
            more = f"; a grid that is not here would give {better:g} m" if better is not None else ""
            what = (f"its places are exact to about {here:g} m after the change from {crs.geodetic_crs.name} to "
                    f"{self.crs.name}{more}")  # fmt: skip
            self.findings.add([where.fact(what)])

    # ---- which CRS a layer is in

    def guess_units(self, frame: gpd.GeoDataFrame, where: Place) -> InputError:
        """Make the error for units without a CRS; the other layers say where they may lie."""
        points = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy()))
        return self.guessed(points, where, NO_CRS, "units", self.places_of_others())

    def guess_beside(self, key: str, units: gpd.GeoDataFrame) -> Callable[[np.ndarray, Place, str], InputError]:
        """Return what makes the error for points in no or a wrong CRS; the units say where they may lie."""

        def error(points: np.ndarray, where: Place, what: str) -> InputError:
            inner = gpd.GeoSeries(gpd.points_from_xy(units["x"], units["y"]), crs=units.crs).to_crs(4326)
            return self.guessed(points, where, what, key, shapely.get_coordinates(inner.to_numpy()))

        return error

    def places_of_others(self) -> np.ndarray | None:
        """Return longitudes and latitudes of the layers beside the units whose CRS is known."""
        d, found = self.description, []
        lonlat = CRS.from_epsg(4326)
        for table in (d.incidents, *(getattr(d.stations, k, None) for k in ("existing", "candidates"))):
            if table is not None and (table.crs is not None or table.x is None):
                with contextlib.suppress(InputError):
                    points, _ = read_points(
                        d.path(table.path), table.layer, table.x, table.y, table.crs, [], lonlat, ""
                    )
                    found.append(points[["x", "y"]].dropna().to_numpy(float)[:2000])
        layers = [getattr(d.beats, k, None) for k in ("current", "barriers", "roads")]
        for layer in [*layers, getattr(d.stations, "roads", None)]:
            if layer is not None and not is_openstreetmap(d.path(layer.path)):
                with contextlib.suppress(InputError):
                    frame, _ = read_layer(d.path(layer.path), layer.layer, [], layer.crs)
                    middle = shapely.centroid(frame.geometry.to_crs(lonlat).to_numpy())
                    found.append(shapely.get_coordinates(middle)[:2000])
        found = [f for f in found if len(f)]
        return np.vstack(found) if found else None

    def guessed(
        self, points: np.ndarray, where: Place, what: str, key: str, others: np.ndarray | None, given: str | None = None
    ) -> InputError:
        """Make the error for coordinates in an unknown or wrong CRS: the systems that fit, with probabilities; a person chooses."""
        d = self.description
        table: Any = d
        for step in key.split("."):
            table = getattr(table, step, None)
        given = given or getattr(table, "crs", None)
        planned = getattr(self, "crs", None)
        known = [c for c in (d.project.crs, given, planned and planned.to_string()) if c]
        found = guess_crs(points, others, known)
        if not found:
            return InputError(where.problem(what, SET_CRS, field=f"{key}.crs"))
        best = found[0]
        against = (
            "it fits the other layers best in"
            if others is not None
            else "no other layer tells where it lies; it may be"
        )
        more = f"; then {', '.join(str(g) for g in found[1:3])}" if len(found) > 1 else ""
        x, y = getattr(table, "x", None), getattr(table, "y", None)
        mend, fix = f'If that is where it lies, give crs = "{best.code}" in {key}', ((f"{key}.crs", best.code),)
        if best.swapped and x and y:
            mend = f'x and y are swapped: give x = "{y}", y = "{x}"'
            mend += "" if given == best.code else f', crs = "{best.code}"'
            fix = ((f"{key}.x", y), (f"{key}.y", x), *fix)
        elif best.swapped:
            mend, fix = "x and y are swapped: exchange them in QGIS (Swap X and Y coordinates), and set the CRS", ()
        # the user's own CRS with the axes exchanged is certain where nothing but near relatives of it fit
        alike = sum(g.probability for g in found if g.swapped == best.swapped)
        certain = best.probability >= CERTAIN or (best.code == given and alike >= CERTAIN)
        note = where.problem(f"{what}; {against} {best}{more}", mend, field=f"{key}.crs")
        return InputError(replace(note, fix=fix if certain else ()))

    def unit_ids(self, values: pd.Series, where: Place) -> list[str]:
        found = texts(values)
        empty = [i for i, v in enumerate(found) if v is None]
        if empty:
            what = f"{len(empty):,} units have no id"
            raise InputError(
                where.problem(what, "Give each unit an id", row=where.rows[empty[0]], field=str(values.name))
            )
        counts = pd.Series(found).value_counts()
        double = counts[counts > 1]
        if len(double):
            what = f"ids must be unique, and {len(double):,} are not: {listed(double.index)}"
            raise InputError(where.problem(what, "Give each unit an id of its own", field=str(values.name)))
        self.whole_ids = pd.api.types.is_integer_dtype(values) or (
            pd.api.types.is_float_dtype(values) and bool((values % 1 == 0).all())
        )
        return [str(v) for v in found]

    def planning_crs(self, frame: gpd.GeoDataFrame, where: Place) -> CRS:
        given = self.description.project.crs
        try:
            best = frame.estimate_utm_crs()
        except (RuntimeError, ValueError):
            raise InputError(
                where.problem(f"the coordinates do not lie on earth in the layer's CRS ({frame.crs})", "Set the CRS that the coordinates are in")
            ) from None  # fmt: skip
        if given is None:
            self.findings.tell("info", f"Planned in {best.to_string()}, in metres")
            return best
        crs = crs_from(given, file=self.description.file.name, field="project.crs")
        if not crs.is_projected or any(abs(axis.unit_conversion_factor - 1) > 1e-9 for axis in crs.axis_info):
            what = f"{given} ({crs.name}) is not in metres, and the planning CRS must be"
            mend = f'Give crs = "{best.to_string()}" ({best.name}), or leave it out; layers may be in any CRS'
            raise InputError(problem(what, mend, file=self.description.file.name, field="project.crs"))
        return crs

    def check_places(self, polygons: np.ndarray, ids: list[str], where: Place) -> None:
        centres = shapely.get_coordinates(shapely.centroid(polygons))
        if not np.isfinite(centres).all():
            bad = int(np.flatnonzero(~np.isfinite(centres).all(axis=1))[0])
            raise InputError(
                where.problem(f"unit {ids[bad]} does not lie on earth in the layer's CRS", "Set the right CRS")
            )
        apart = np.hypot(*(centres - np.median(centres, axis=0)).T) / 1000
        far = np.flatnonzero(apart > FAR_UNITS_KM)
        if len(far):
            what = f"unit {ids[far[0]]} lies {apart[far[0]]:,.0f} km from the middle of the others ({len(far):,} such units)"
            raise InputError(where.problem(what, "Correct its polygon", row=where.rows[far[0]], field="geometry"))
        tree = shapely.STRtree(polygons)
        same = tree.query(polygons, predicate="covers")
        twice = [(ids[i], ids[j]) for i, j in same.T if i < j and shapely.equals(polygons[i], polygons[j])]
        if twice:
            what = f"units {twice[0][0]} and {twice[0][1]} are the same polygon ({len(twice):,} such pairs)"
            raise InputError(where.problem(what, "Take one out", field="geometry"))

    def municipalities(self, frame: gpd.GeoDataFrame, where: Place) -> list[str]:
        column = self.description.units.municipality
        if column is None:
            return [""] * len(frame)
        found = texts(frame[column])
        empty = [i for i, v in enumerate(found) if v is None]
        if empty:
            what = f"{len(empty):,} units have no municipality"
            self.findings.add([where.problem(what, "Name one for each unit", row=where.rows[empty[0]], field=column)])
        return [v or "" for v in found]

    def unit_names(self, frame: gpd.GeoDataFrame, ids: list[str], municipality: list[str]) -> list[str]:
        column = self.description.units.name
        if column is None:
            return [f"{m} {i}" if m else i for m, i in zip(municipality, ids, strict=True)]
        return [name or i for name, i in zip(texts(frame[column]), ids, strict=True)]

    def population(self, frame: gpd.GeoDataFrame, polygons: np.ndarray, ids: list[str], where: Place) -> np.ndarray:
        rules = self.description.units
        if rules.population_raster:
            return self.raster_population(polygons, where)
        if rules.population_table:
            return self.table_population(ids)
        if rules.census:
            return self.census_population(polygons)
        if not rules.population:
            self.findings.tell("warning", "Residents are unknown: plans count workload where they would count people",
                               "Name the column as units.population", file=where.file)  # fmt: skip
            return np.full(len(frame), np.nan)
        told: list[Note] = []
        people = numbers(frame[rules.population], where, least=0, whole=True, told=told)
        self.findings.add(told)
        twice = (
            f" ({self.in_layer - people.sum():,.0f} in rows that stand twice)" if self.in_layer != people.sum() else ""
        )
        self.findings.tell(
            "info",
            f"Residents: {self.in_layer:,.0f} in the layer{twice}, {people.sum():,.0f} in the plan",
            file=where.file,
        )
        return people

    def table_population(self, ids: list[str]) -> np.ndarray:
        """Add up the residents of a table by unit; groups whose columns stand in it are kept for the units."""
        rules = self.description.units.population_table
        assert rules is not None
        columns = list(dict.fromkeys([*rules.residents, *self.description.units.groups.values()]))
        frame, where = self.take(read_table(self.description.path(rules.path), rules.layer, [rules.key, *columns]))
        told: list[Note] = []
        values = np.column_stack([numbers(frame[c], where, least=0, empty=0.0, whole=True, told=told) for c in columns])
        found = join_table(ids, texts(frame[rules.key]), values)
        told += [where.fact(f, field=rules.key) for f in found.facts]
        told += [
            where.fact(f, "warning", "Correct the codes; units without a row have no residents", field=rules.key)
            for f in found.doubts
        ]
        sums = np.nan_to_num(found.sums)
        people = sums[:, [columns.index(c) for c in rules.residents]].sum(axis=1)
        if not people.any():
            raise InputError(
                where.problem(
                    "no row of the table belongs to a unit",
                    "Name the column with the units' ids as key",
                    field=rules.key,
                )
            )
        self.group_sums = {g: sums[:, columns.index(c)] for g, c in self.description.units.groups.items()}
        in_table = values[:, [columns.index(c) for c in rules.residents]].sum()
        told.append(where.fact(f"Residents: {in_table:,.0f} in the rows of the table, {people.sum():,.0f} in the plan"))
        self.findings.add(told)
        where = replace(where, told=(*where.told, *told))
        self.read(
            "units.population_table", rules.path, len(frame), int(np.isfinite(found.sums).any(axis=1).sum()), where
        )
        return people

    def census_population(self, polygons: np.ndarray) -> np.ndarray:
        """Split the residents of an older census over the units, to the person."""
        rules = self.description.units.census
        assert rules is not None
        frame, where = self.take(
            read_layer(self.description.path(rules.path), rules.layer, [rules.id, rules.population], rules.crs)
        )
        names = [f"census area {v}" for v in texts(frame[rules.id])]
        shapes, _ = polygons_of(frame, where, names)
        areas = np.asarray(gpd.GeoSeries(shapes, crs=frame.crs).to_crs(self.crs).array, dtype=object)
        residents = numbers(frame[rules.population], where, least=0, whole=True)
        buildings = None if rules.buildings is None else self.shapes("units.census.buildings", rules.buildings)
        found = split_census(areas, residents, polygons, buildings)
        by = "area" if buildings is None else "the buildings in each part"
        what = (f"Residents: {residents.sum():,.0f} in the census, {found.people.sum():,.0f} in the plan; {found.split[0]:,} areas with "
                f"{found.split[1]:,.0f} residents lie in several units and were split by {by}, so that their units' numbers are estimates")  # fmt: skip
        told = [where.fact(what, "warning" if found.split[0] else "info")]
        if found.outside:
            told.append(
                where.fact(
                    f"{found.outside:,.0f} residents live in census areas that meet no unit",
                    "warning",
                    "Check that the units cover the town",
                )
            )
        if not found.people.any():
            raise InputError(where.problem("no census area with residents meets a unit", "Check its CRS"))
        self.findings.add(told)
        self.read("units.census", rules.path, len(frame), where=replace(where, told=(*where.told, *told)))
        return found.people

    def raster_population(self, polygons: np.ndarray, where: Place) -> np.ndarray:
        # heavy libraries, and few projects have a raster
        import rasterio
        from exactextract import exact_extract

        rules = self.description.units
        path = self.description.path(rules.population_raster or Path())
        check_kind(path, path)
        try:
            with rasterio.open(path) as raster:
                crs, size = raster.crs, raster.width * raster.height
                if crs is None:
                    raise InputError(
                        problem("the raster has no CRS", "Set it in QGIS and export it again", file=path.name)
                    )
                shapes = gpd.GeoSeries(polygons, crs=self.crs).to_crs(crs.to_wkt())
                window = None
                if size > MOST_CELLS:
                    # the raster of a country: only what lies around the units is read
                    whole = rasterio.windows.Window(0, 0, raster.width, raster.height)
                    window = rasterio.windows.from_bounds(*shapes.total_bounds, raster.transform).intersection(whole)
                    if window.width * window.height > MOST_CELLS:
                        what = f"the raster has {window.width * window.height:,.0f} cells around the units"
                        raise InputError(problem(what, "Give a coarser one, of 100 m for instance", file=path.name))
                band = raster.read(1, masked=True, window=window).astype(float)
            found = exact_extract(str(path), gpd.GeoDataFrame(geometry=shapes), ["sum"], output="pandas")[
                "sum"
            ].to_numpy(float)
        except InputError:
            raise
        except Exception as error:  # GDAL and exactextract raise whatever they like on broken files
            said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise InputError(
                problem(f"the raster cannot be read ({said[:200]})", "Give a GeoTIFF", file=path.name)
            ) from None
        people = np.nan_to_num(found, posinf=0.0, neginf=0.0)
        people = np.where(people < 0, 0.0, people)
        cells = band.filled(0)
        total = float(cells[np.isfinite(cells)].clip(min=0).sum())
        around = "in the raster" if window is None else "in the raster around the units"
        self.findings.tell("info", f"Residents: {total:,.0f} {around}, {people.sum():,.0f} inside the units "
                           f"({total - people.sum():,.0f} live in cells outside)", file=path.name)  # fmt: skip
        if people.sum() <= 0 or people.sum() > MOST_PEOPLE:
            what = (
                "no resident of the raster lives in any unit"
                if people.sum() <= 0
                else f"the raster has {people.sum():,.0g} residents in the units"
            )
            raise InputError(problem(what, "Check its CRS, extent and unit", file=path.name))
        self.read("units.population_raster", rules.population_raster or Path(), band.size)
        return people

    def check_groups(self, units: gpd.GeoDataFrame, where: Place) -> None:
        for group, column in self.description.units.groups.items():
            more = int((units[f"group_{group}"] > units["population"] + 0.5).sum())
            if more:
                what = f"{more:,} units have more {group} speakers than residents"
                self.findings.tell("warning", what, "Check the column", file=where.file, field=column)

    # ---- adjacency

    def edges(self, units: gpd.GeoDataFrame) -> pd.DataFrame:
        rules = self.description.beats
        polygons = np.asarray(units.geometry.array, dtype=object)
        if rules is not None and rules.adjacency is not None:
            return self.edges_of_file(units, rules.adjacency)
        edges, borders = touching(polygons)
        edges["kind"] = "border"
        links = island_links(polygons, units["municipality"].to_numpy(object), edges)
        names = units["name"]
        ids = units["unit"].to_numpy(object)
        self.proposals["links"] = pd.DataFrame({"from": ids[links["a"].astype(int)], "to": ids[links["b"].astype(int)], "metres": links["distance"].round(),
                                                "accept": "", "reason": ""})  # fmt: skip
        decided = self.decided_links(units) if rules is not None and rules.decided_links is not None else None
        if decided is not None:
            links = self.with_decisions(links, decided, units)
        for a, b, distance in links.itertuples(index=False):
            if decided is not None and (a, b) in decided:
                continue
            what = f"{names[a]} and {names[b]} do not touch; a link of {distance:,.0f} m is proposed so that beats can join them"
            self.findings.tell(
                "warning",
                what,
                "Check that officers can cross there, and say so in beats.decided_links",
                field="beats.decided_links",
            )
        if rules is not None and rules.barriers is not None:
            edges = self.behind_barriers(edges, borders, names)
        joined = pd.DataFrame({"a": links["a"], "b": links["b"], "metres": 0.0, "kind": "link"})
        found = pd.concat([edges, joined], ignore_index=True) if len(links) else edges
        return found.sort_values(["a", "b"], ignore_index=True).astype({"a": int, "b": int})

    def with_drawn(self, units: gpd.GeoDataFrame, edges: pd.DataFrame) -> pd.DataFrame:
        """Return the adjacency with the links and closed borders that were drawn by hand."""
        rules = self.description.beats
        if rules is None or not (rules.links or rules.closed):
            return edges
        place = {u: i for i, u in enumerate(units["unit"])}
        pairs: dict[str, list[tuple[int, int]]] = {}
        for name in ("links", "closed"):
            drawn = [pair for item in getattr(rules, name) for pair in item.pairs]
            unknown = [u for pair in drawn for u in pair if u not in place]
            if unknown:
                what = f"there is no unit “{unknown[0]}” ({len(unknown):,} such ends)"
                mend = did_you_mean(unknown[0], place) or "Use ids of the units layer"
                raise InputError(problem(what, mend, file=self.description.file.name, field=f"beats.{name}"))
            pairs[name] = [(place[a], place[b]) for a, b in drawn]
        return drawn_edges(edges, pairs["links"], pairs["closed"])

    def decided_links(self, units: gpd.GeoDataFrame) -> dict[tuple[int, int], tuple[bool, str]]:
        """Return what people decided about links: positions of the units (a < b), whether it holds, and why."""
        rules = self.description.beats
        assert rules is not None and rules.decided_links is not None
        frame, where = self.take(
            read_table(
                self.description.path(rules.decided_links.path),
                rules.decided_links.layer,
                ["from", "to", "accept"],
                ["reason"],
            )
        )
        a, b = self.positions(frame["from"], units, where), self.positions(frame["to"], units, where)
        open_ = [is_missing(v) for v in frame["accept"]]
        yes = self.truths(frame["accept"], where)
        reason = texts(frame["reason"]) if "reason" in frame else [None] * len(frame)
        found = {}
        for i, (u, v) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
            if u != v and not open_[i]:
                found[min(u, v), max(u, v)] = (yes[i], reason[i] or "")
        self.read("beats.decided_links", rules.decided_links.path, len(frame), len(found))
        return found

    def with_decisions(
        self, links: pd.DataFrame, decided: dict[tuple[int, int], tuple[bool, str]], units: gpd.GeoDataFrame
    ) -> pd.DataFrame:
        """Return proposed links without those that were refused, and with those that people drew; each is told."""
        names, polygons = units["name"], units.geometry.to_numpy()
        for (a, b), (holds, reason) in decided.items():
            why = f" ({reason})" if reason else ""
            self.findings.tell(
                "info",
                f"{names[a]} and {names[b]} are {'linked' if holds else 'not linked, as was decided'}{why}",
                field="beats.decided_links",
            )
        proposed = {(int(a), int(b)) for a, b in zip(links["a"], links["b"], strict=True)}
        kept = [decided.get((int(a), int(b)), (True, ""))[0] for a, b in zip(links["a"], links["b"], strict=True)]
        more = [
            (a, b, float(shapely.distance(polygons[a], polygons[b])))
            for (a, b), (holds, _) in decided.items()
            if holds and (a, b) not in proposed
        ]
        drawn = pd.DataFrame(more, columns=["a", "b", "distance"])
        return pd.concat([links[kept], drawn], ignore_index=True) if more else links[kept].reset_index(drop=True)

    def behind_barriers(self, edges: pd.DataFrame, borders: np.ndarray, names: pd.Series) -> pd.DataFrame:
        rules = self.description.beats
        assert rules is not None and rules.barriers is not None
        barriers = self.shapes("beats.barriers", rules.barriers)
        crossings = self.shapes("beats.crossings", rules.crossings) if rules.crossings else np.array([], dtype=object)
        is_open = open_borders(borders, barriers, crossings)
        self.findings.tell("info", f"Barriers close {int((~is_open).sum()):,} of {len(edges):,} borders between units")
        return edges[is_open]

    def shapes(self, role: str, layer) -> np.ndarray:
        frame, where = self.take(read_layer(self.description.path(layer.path), layer.layer, [], layer.crs))
        found = np.asarray(frame.geometry.to_crs(self.crs).array, dtype=object)
        found = found[~(shapely.is_missing(found) | shapely.is_empty(found))]
        if not len(found):
            raise InputError(where.problem("no feature has a geometry", "Draw them or leave the layer out"))
        self.read(role, layer.path, len(frame), len(found))
        return found

    def positions(self, values: pd.Series, units: gpd.GeoDataFrame, where: Place) -> np.ndarray:
        place = {u: i for i, u in enumerate(units["unit"])}
        found = texts(values)
        unknown = [(i, v) for i, v in enumerate(found) if v not in place]
        if unknown:
            i, v = unknown[0]
            mend = did_you_mean(str(v), place) if v is not None else ""
            what = f"there is no unit “{v if v is not None else ''}” ({len(unknown):,} such rows)"
            raise InputError(
                where.problem(what, mend or "Use ids of the units layer", row=where.rows[i], field=str(values.name))
            )
        return np.array([place[str(v)] for v in found], int)

    def edges_of_file(self, units: gpd.GeoDataFrame, table: Table) -> pd.DataFrame:
        frame, where = read_table(self.description.path(table.path), table.layer, ["from", "to"])
        a, b = self.positions(frame["from"], units, where), self.positions(frame["to"], units, where)
        self.read("beats.adjacency", table.path, len(frame))
        pairs = np.unique(np.sort(np.column_stack([a, b])[a != b], axis=1), axis=0)
        polygons = np.asarray(units.geometry.array, dtype=object)
        border = shapely.length(
            shapely.intersection(shapely.boundary(polygons[pairs[:, 0]]), shapely.boundary(polygons[pairs[:, 1]]))
        )
        return pd.DataFrame({"a": pairs[:, 0], "b": pairs[:, 1], "metres": border, "kind": "file"})

    def unit_distances(self, units: gpd.GeoDataFrame) -> np.ndarray | None:
        rules = self.description.beats
        if rules is not None and rules.roads is not None:
            return self.distances_by_road(units, rules.roads)
        if rules is None or rules.distances is None:
            return None
        frame, where = read_table(
            self.description.path(rules.distances.path), rules.distances.layer, ["from", "to", "metres"]
        )
        a, b = self.positions(frame["from"], units, where), self.positions(frame["to"], units, where)
        n = len(units)
        metres = np.full((n, n), np.inf)
        metres[a, b] = numbers(frame["metres"], where, least=0)
        metres = np.where(np.isinf(metres), metres.T, metres)
        np.fill_diagonal(metres, 0.0)
        self.read("beats.distances", rules.distances.path, len(frame))
        absent = int(np.isinf(metres).sum())
        if absent:
            i, j = np.argwhere(np.isinf(metres))[0]
            what = f"{absent:,} of {n * n:,} pairs of units have no distance, such as {units['name'][i]} to {units['name'][j]}"
            raise InputError(
                where.problem(what, "Give every pair, in one direction at least, or leave beats.distances out")
            )
        return metres

    def distances_by_road(self, units: gpd.GeoDataFrame, roads: Layer) -> np.ndarray:
        """Return metres along the roads between the units' points, (n, n)."""
        points = units[["x", "y"]].to_numpy(float)
        if len(points) > ROAD_DISTANCE_LIMIT:
            what = f"distances along roads between {len(points):,} units need more memory than a laptop has"
            mend = f"Leave beats.roads out; up to {ROAD_DISTANCE_LIMIT:,} units are possible"
            raise InputError(problem(what, mend, file=self.description.file, field="beats.roads"))
        network, where = self.network(roads, "beats.roads", units)
        metres = walk_metres(network, points, points)
        np.fill_diagonal(metres, 0.0)
        absent = np.isinf(metres)
        if absent.any():
            straight = np.hypot(points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1])
            metres[absent] = UNCONNECTED_DETOUR * straight[absent]
            lonely = units["name"].iloc[int(np.argmax(absent.sum(axis=1)))]
            what = (f"no road joins {int(absent.sum()) // 2:,} pairs of units, most of them with {lonely}; for these "
                    f"{UNCONNECTED_DETOUR:.0f} times the straight line counts")  # fmt: skip
            self.findings.tell("warning", what, file=where.file)
        return metres

    def current(self, units: gpd.GeoDataFrame) -> np.ndarray:
        rules = self.description.beats
        none = np.full(len(units), None, dtype=object)
        if rules is None or rules.current is None:
            return none
        layer: IdLayer = rules.current
        frame, where = self.take(read_layer(self.description.path(layer.path), layer.layer, [layer.id], layer.crs))
        ids = texts(frame[layer.id])
        shapes, _ = polygons_of(frame, where, [f"beat {i}" for i in ids])
        shapes = np.asarray(gpd.GeoSeries(shapes, crs=frame.crs).to_crs(self.crs).array, dtype=object)
        polygons = np.asarray(units.geometry.array, dtype=object)
        u, s = shapely.STRtree(shapes).query(polygons, predicate="intersects")
        shared = pd.DataFrame(
            {"u": u, "id": [ids[i] for i in s], "area": shapely.area(shapely.intersection(polygons[u], shapes[s]))}
        )
        shared = shared[shared["id"].notna() & (shared["area"] > 0)].groupby(["u", "id"], as_index=False)["area"].sum()
        best = shared.sort_values(["u", "area", "id"], ascending=[True, False, True]).drop_duplicates("u")
        none[best["u"].to_numpy(int)] = best["id"].to_numpy(object)
        self.read("beats.current", layer.path, len(frame))
        if not len(best):
            raise InputError(where.problem("today's beats lie outside every unit", "Check the layer's CRS"))
        outside = len(units) - len(best)
        if outside:
            self.findings.tell("warning", f"{outside:,} units lie in none of today's beats", file=where.file)
        return none

    def locked(self, units: gpd.GeoDataFrame) -> np.ndarray:
        rules = self.description.beats
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
                        problem(f"there is no unit “{unit}”", mend, file=self.description.file.name, field="beats.held")
                    )
                none[place[unit]] = beat
        if rules.locked is None:
            return none
        table = rules.locked
        frame, where = read_table(self.description.path(table.path), table.layer, [table.unit, table.beat])
        at = self.positions(frame[table.unit], units, where)
        for row, (i, beat) in enumerate(zip(at, texts(frame[table.beat]), strict=True)):
            if beat is None:
                raise InputError(
                    where.problem("no beat is named", "Name the beat", row=where.rows[row], field=table.beat)
                )
            if none[i] not in (None, beat):
                what = f"unit {units['unit'][i]} is locked to both {none[i]} and {beat}"
                raise InputError(where.problem(what, "Keep one", row=where.rows[row], field=table.unit))
            none[i] = beat
        self.read("beats.locked", table.path, len(frame))
        return none

    # ---- incidents

    def incidents(self, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
        rules = self.description.incidents
        if rules is None:
            return None
        columns = [rules.category, rules.time, rules.time_of_day, *rules.time_else, rules.record, rules.address]
        columns = list(dict.fromkeys(c for c in columns if c))
        if rules.x is None and rules.address is not None:
            frame, where = self.take(read_table(self.description.path(rules.path), rules.layer, columns))
            frame.insert(0, "x", np.nan)
            frame.insert(1, "y", np.nan)
        else:
            frame, where = self.points(rules, columns, "incidents", units)
        rows, told = len(frame), []
        for c in (rules.category,):
            why = personal([t or "" for t in texts(frame[c])]) if c else ""
            if why:
                mend = "Name the column with the kind of incident; free text and personal data are never read"
                raise InputError(
                    where.problem(f"the column {why}, so it is not taken for a kind of incident", mend, field=c or "")
                )
        if rules.address is not None:
            told += self.geocode(frame, rules, where)
        category = [c or "" for c in texts(frame[rules.category])] if rules.category else [""] * rows
        if rules.categories is not None:
            category, notes, listed_kinds = map_categories(
                category, self.description.path(rules.categories.path), rules.categories.layer
            )
            self.findings.add(notes)
            self.read("incidents.categories", rules.categories.path, listed_kinds)
        found = pd.DataFrame(
            {
                "x": frame["x"],
                "y": frame["y"],
                "unit": -1,
                "category": category,
                "time": self.incident_times(frame, rules, where, told),
            }
        )
        if rules.record is not None:
            found, note = self.once_a_record(found, frame[rules.record], where)
            told += note
        there = np.isfinite(found[["x", "y"]].to_numpy()).all(axis=1)
        unit = np.full(len(found), -1)
        points = shapely.points(found.loc[there, ["x", "y"]].to_numpy(float))
        polygons = np.asarray(units.geometry.array, dtype=object)
        p, u = shapely.STRtree(polygons).query(points, predicate="intersects")
        # a point on a border belongs to the first unit of the layer, always the same
        first = pd.DataFrame({"p": p, "u": u}).groupby("p")["u"].min()
        unit[np.flatnonzero(there)[first.index]] = first.to_numpy()
        self.tell_outside(found, unit, there, points, units, where)
        found["unit"] = unit
        if where.dropped:
            what = f"{len(where.dropped)} column{'s' * (len(where.dropped) > 1)} left out, as of an incident only kind, time and place are taken: {listed(where.dropped, 12)}"
            told.append(where.fact(what))
        self.findings.add(told)
        where = replace(where, told=(*where.told, *(n for n in told if n.severity != "error")))
        self.read("incidents", rules.path, rows, int((unit >= 0).sum()), where)
        if found["time"].notna().any():
            self.sources[-1] = replace(self.sources[-1], newest=f"{found['time'].max():%Y-%m-%d}")
        return found

    def incident_times(self, frame: pd.DataFrame, rules: Incidents, where: Place, told: list[Note]) -> pd.Series:
        """Return when incidents happened: the first of several columns that is filled, with the hour out of its own column where it has one."""
        found = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
        for k, column in enumerate([rules.time, *rules.time_else] if rules.time else []):
            if column is None or not found.isna().any():
                continue
            open_ = found.isna().to_numpy()
            part = frame[column][open_]
            place = replace(where, rows=tuple(where.rows[i] for i in np.flatnonzero(open_)))
            taken = times(part, place, rules.timezone, told)
            found[open_] = taken.astype("datetime64[us]")
            if k:
                told.append(
                    where.fact(f"{int(taken.notna().sum()):,} incidents have their time from “{column}”", field=column)
                )
        if rules.time and rules.time_of_day:
            hour = times(self.with_a_day(frame[rules.time_of_day]), where, None, told)
            found = found.dt.normalize() + (hour - hour.dt.normalize()).fillna(pd.Timedelta(0))
        known = found.dropna()
        midnight = int((known == known.dt.normalize()).sum())
        # by chance one in 1,440 falls on it, or one in 24 where hours are rounded
        if midnight > max(5, 0.06 * len(known)):
            what = f"{midnight:,} of {len(known):,} incidents happened at 0:00, which often stands for an unknown hour"
            told.append(
                where.fact(
                    what,
                    "info" if midnight == len(known) else "warning",
                    "Their day counts, their hour does not",
                    field=rules.time or "",
                )
            )
        ahead = int((known > pd.Timestamp.now() + pd.Timedelta(days=2)).sum())
        if ahead:
            told.append(
                where.fact(
                    f"{ahead:,} incidents lie in the future",
                    "warning",
                    "Check whether day and month, or the year, are mistaken",
                    field=rules.time or "",
                )
            )
        return found

    @staticmethod
    def with_a_day(values: pd.Series) -> pd.Series:
        """Return hours with a day before them, for a reader of times: “22:15”, 22.15, 0.927 of a spreadsheet's day, or a time."""

        def full(value: object) -> object:
            if is_missing(value):
                return None
            if isinstance(value, float) and 0 <= value < 1:
                return f"2000-01-01T{int(value * 1440) // 60:02d}:{int(value * 1440) % 60:02d}"
            found = re.match(r"^(\d{1,2})(?:[:.h ](\d{2}))?(?:[:.](\d{2})(?:\.\d+)?)?$", str(value).strip())
            return f"2000-01-01T{int(found[1]):02d}:{found[2] or '00'}:{found[3] or '00'}" if found else value

        return values.map(full)

    @staticmethod
    def once_a_record(found: pd.DataFrame, record: pd.Series, where: Place) -> tuple[pd.DataFrame, list[Note]]:
        """Count each record once, and once for each of its kinds; rows without a number stay."""
        number = pd.Series(texts(record), index=found.index, dtype=object)
        key = pd.DataFrame({"number": number, "category": found["category"]})
        twice = key.duplicated() & number.notna()
        # the row with a place is the better one of two
        if twice.any():
            order = found["x"].isna().argsort(kind="stable").to_numpy()
            twice = (key.iloc[order].duplicated() & number.iloc[order].notna()).sort_index()
        several = key[~twice & number.notna()]["number"].duplicated().sum()
        notes = []
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
                where.fact(
                    f"{int(several):,} records have several kinds, and count once for each", field=str(record.name)
                )
            )
        return found[~twice].reset_index(drop=True), notes

    def geocode(self, frame: pd.DataFrame, rules: Incidents, where: Place) -> list[Note]:
        """Place incidents without coordinates by their address: exact matches, and those by likeness that a person accepted."""
        assert rules.gazetteer is not None and rules.address is not None
        g = rules.gazetteer
        known, place = self.points(g, [c for c in (g.address, g.number) if c], "incidents.gazetteer")
        names = [
            " ".join(p for p in parts if p)
            for parts in zip(
                texts(known[g.address]), texts(known[g.number]) if g.number else [""] * len(known), strict=True
            )
        ]
        self.read("incidents.gazetteer", g.path, len(known), where=place)
        open_ = ~np.isfinite(frame[["x", "y"]].to_numpy(float)).all(axis=1)
        addresses = [a if o else None for a, o in zip(texts(frame[rules.address]), open_, strict=True)]
        matches = match_addresses(sorted({a for a in addresses if a}), names)
        accepted: dict[str, str] = {}
        if rules.matches is not None:
            table, at = read_table(
                self.description.path(rules.matches.path), rules.matches.layer, ["address", "match", "accept"]
            )
            yes = self.truths(table["accept"], at)
            accepted = {
                a: m
                for a, m, y in zip(texts(table["address"]), texts(table["match"]), yes, strict=True)
                if y and a and m
            }
            self.read("incidents.matches", rules.matches.path, len(table), len(accepted))
        found = accepted_places(addresses, matches, accepted, names, known[["x", "y"]].to_numpy(float))
        placed = np.isfinite(found).all(axis=1)
        frame.loc[placed, ["x", "y"]] = found[placed]
        doubtful = [m for m in matches if m.at >= 0 and m.score < 1 and m.address not in accepted]
        near = sum(street_only(m, names) for m in doubtful)
        self.proposals["matches"] = pd.DataFrame(
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
            what = (f"{left:,} incidents have an address that the gazetteer does not hold as written; {len(doubtful):,} addresses are like one in it, "
                    f"{near:,} of them but for the house number")  # fmt: skip
            mend = "“beatplanner check --fix” writes the table of matches with their scores; write yes where one holds, and name it as incidents.matches"
            notes.append(where.fact(what, "warning", mend, field=rules.address))
        return notes

    def tell_outside(self, frame, unit, there, points, units: gpd.GeoDataFrame, where: Place) -> None:
        rules = self.description.incidents
        assert rules is not None
        polygons = np.asarray(units.geometry.array, dtype=object)
        blank = int((~there).sum())
        if blank:
            self.findings.tell("warning", f"{blank:,} of {len(frame):,} incidents have no coordinates", "Geocode them",
                               file=where.file)  # fmt: skip
        outside = int((unit[there] < 0).sum())
        if outside and outside == there.sum():
            raise self.misplaced(rules, units, where)
        if not there.any():
            raise InputError(
                where.problem("no incident has a place", "Name the columns with its coordinates", field="incidents.x")
            )
        if outside:
            far = shapely.distance(points[unit[there] < 0], shapely.box(*shapely.total_bounds(polygons))).max() / 1000
            share = outside / len(frame)
            what = f"{outside:,} of {len(frame):,} incidents ({share:.1%}) lie outside every unit, up to {far:,.1f} km away; they are not planned with"
            self.findings.tell("warning" if share > 0.02 else "info", what, file=where.file)

    def misplaced(self, rules: Incidents, units: gpd.GeoDataFrame, where: Place) -> InputError:
        """Make the error for incidents that all lie outside: swapped, or in another CRS than is said."""
        what = "every incident lies outside every unit"
        path, given = self.description.path(rules.path), rules.crs
        try:
            if rules.x is None:
                own, _ = read_layer(path, rules.layer, [], rules.crs)
                given = own.crs.to_string() if own.crs else None
                raw = shapely.get_coordinates(shapely.centroid(own.geometry.to_numpy()))
            else:
                crs = crs_from(given or "EPSG:4326", file=path.name, field="incidents.crs")
                points, _ = read_points(path, rules.layer, rules.x, rules.y, given, [], crs, "incidents")
                raw = points[["x", "y"]].dropna().to_numpy(float)
        except InputError:
            return InputError(
                where.problem(what, "Check incidents.x, incidents.y and incidents.crs", field="incidents.crs")
            )
        inner = gpd.GeoSeries(gpd.points_from_xy(units["x"], units["y"]), crs=units.crs).to_crs(4326)
        found = guess_crs(raw, shapely.get_coordinates(inner.to_numpy()), [given or ""])
        if not found or (found[0].code == given and not found[0].swapped):
            return InputError(
                where.problem(what, "Check incidents.x, incidents.y and incidents.crs", field="incidents.crs")
            )
        return self.guessed(raw, where, what, "incidents", shapely.get_coordinates(inner.to_numpy()), given)

    def points(
        self, table: PointTable, columns: list[str], key: str, units: gpd.GeoDataFrame | None = None
    ) -> tuple[pd.DataFrame, Place]:
        guess = None if units is None else self.guess_beside(key, units)
        return self.take(
            read_points(
                self.description.path(table.path),
                table.layer,
                table.x,
                table.y,
                table.crs,
                columns,
                self.crs,
                key,
                guess,
            )
        )

    # ---- stations

    def homes(self, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
        """Return where residents live inside the units; one point a unit where nothing finer is given."""
        rules = self.description.units
        if self.description.stations is None:
            return None
        if rules.homes is not None:
            layer = rules.homes
            frame, where = read_points(
                self.description.path(layer.path),
                layer.layer,
                None,
                None,
                layer.crs,
                [layer.unit, layer.residents],
                self.crs,
                "units.homes",
            )
            unit = self.positions(frame[layer.unit], units, where)
            people = numbers(frame[layer.residents], where, least=0)
            self.read("units.homes", layer.path, len(frame))
            found = homes_of_layer(frame, unit, people, units, lambda i: f"{where.file}, row {where.rows[i]}")
        elif rules.population_raster is not None and self.description.stations.distances is None:
            found = homes_of_raster(self.description.path(rules.population_raster), units)
        else:
            return one_home_a_unit(units)
        self.findings.tell(
            "info", f"Walks start from {len(found):,} points inside the {len(units):,} units, weighed by residents"
        )
        return found

    def sites(self, units: gpd.GeoDataFrame, homes: pd.DataFrame | None) -> pd.DataFrame | None:
        rules = self.description.stations
        if rules is None:
            return None
        found = []
        for key, table in (("existing", rules.existing), ("candidates", rules.candidates)):
            if table is None:
                continue
            named = [
                table.id,
                table.name,
                table.cost,
                table.yearly_cost,
                getattr(table, "closing_cost", None),
                getattr(table, "state", None),
            ]
            only = getattr(table, "only", {})
            frame, where = self.points(table, [c for c in [*named, *only] if c], f"stations.{key}", units)
            rows = len(frame)
            frame, where = self.only(frame, where, only)
            ids = texts(frame[table.id])
            near = self.check_sites(frame, ids, table.id, units, where, key == "existing")
            called = texts(frame[table.name]) if table.name else ids
            every = pd.DataFrame({"station": ids, "name": called, "x": frame["x"], "y": frame["y"]})
            every = every.join(site_costs(frame, where, table)).assign(
                existing=key == "existing", state=site_states(frame, where, table)
            )
            found.append(every[near])
            self.read(f"stations.{key}", table.path, rows, int(near.sum()))
        if rules.candidates is None and homes is not None:
            generated, what = generated_sites(units, homes, rules.generated)
            self.findings.tell("info", what, "Name real buildings as stations.candidates")
            if rules.existing is not None:
                generated = generated[~generated["station"].isin(found[0]["station"])]
            found.append(generated)
        sites = pd.concat(found, ignore_index=True)
        double = sites["station"][sites["station"].duplicated()]
        if len(double):
            what = f"sites must have names of their own, and {len(double):,} are not the only ones: {listed(double.unique())}"
            raise InputError(problem(what, "Name each site once, over existing stations and candidates", file=self.description.file.name,
                                     field="stations"))  # fmt: skip
        sites["unit"] = shapely.STRtree(units.geometry.to_numpy()).nearest(
            shapely.points(sites[["x", "y"]].to_numpy(float))
        )
        # a building without a name is known by its place
        place = units["name"].to_numpy(object)[sites["unit"]]
        sites["name"] = [
            f"{p} ({s})" if is_missing(n) else str(n)
            for n, p, s in zip(sites["name"], place, sites["station"], strict=True)
        ]
        return sites

    def only(self, frame: pd.DataFrame, where: Place, only: dict[str, list[str]]) -> tuple[pd.DataFrame, Place]:
        """Keep the rows whose columns hold one of the named values."""
        kept = np.ones(len(frame), bool)
        for column, values in only.items():
            here = frame[column].map(lambda v: "" if v is None else str(v).strip().casefold()).to_numpy(object)
            kept &= np.isin(here, [v.strip().casefold() for v in values])
            if not kept.any():
                known = sorted({str(v) for v in frame[column] if not is_missing(v)})
                what = f"no site has {column} = {listed(values)}"
                raise InputError(where.problem(what, f"The values are: {listed(known, 15)}", field=column))
        rows = tuple(r for r, k in zip(where.rows, kept, strict=True) if k)
        return frame[kept].reset_index(drop=True), Place(where.file, where.layer, rows)

    def check_sites(
        self, frame: pd.DataFrame, ids: list, column: str, units: gpd.GeoDataFrame, where: Place, existing: bool
    ) -> np.ndarray:
        """Return which sites are near enough to serve the town, (m,) bool."""
        empty = [i for i, v in enumerate(ids) if v is None]
        if empty:
            raise InputError(
                where.problem(f"{len(empty):,} sites have no name", row=where.rows[empty[0]], field=column)
            )
        place = frame[["x", "y"]].to_numpy(float)
        blank = np.flatnonzero(~np.isfinite(place).all(axis=1))
        if len(blank):
            raise InputError(
                where.problem(f"site {ids[blank[0]]} has no coordinates", "Give them", row=where.rows[blank[0]])
            )
        area = shapely.union_all(units.geometry.to_numpy())
        apart = shapely.distance(shapely.points(place), area) / 1000
        far = np.flatnonzero(apart > (FAR_SITES_KM if existing or (apart > FAR_SITES_KM).all() else WRONG_SITES_KM))
        if len(far):
            what = f"site {ids[far[0]]} lies {apart[far[0]]:,.0f} km from the nearest unit ({len(far):,} such sites)"
            raise InputError(where.problem(what, "Check its coordinates and CRS", row=where.rows[far[0]]))
        rules = self.description.stations
        assert rules is not None
        limit = rules.access_metres / 1000
        out = np.flatnonzero(apart > limit)
        if len(out):
            names = f"{listed([ids[i] for i in out], 4)} ({apart[out[0]] * 1000:,.0f} m away)"
            what = f"{len(out):,} of {len(ids):,} sites lie more than {rules.access_metres:,.0f} m outside every unit, in a lake or across a border: {names}"
            if existing:
                mend = "Correct their place, or raise stations.access_metres"
                raise InputError(where.problem(what, mend, row=where.rows[out[0]]))
            self.findings.tell("warning", f"{what}; they are left out", file=where.file)
        self.check_water(place, ids, where)
        return apart <= limit

    def check_water(self, place: np.ndarray, ids: list, where: Place) -> None:
        """Raise InputError where a site lies in a barrier that has an area, such as a lake."""
        barriers = self.barriers()
        if barriers is None:
            return
        water = [g for g in shapely.get_parts(barriers.shape) if shapely.get_dimensions(g) == 2]
        inside = np.flatnonzero(shapely.contains(shapely.union_all(water), shapely.points(place))) if water else []
        if len(inside):
            what = f"site {ids[inside[0]]} lies in the water of a barrier ({len(inside):,} such sites)"
            raise InputError(where.problem(what, "Correct its place", row=where.rows[inside[0]], field="geometry"))

    def barriers(self) -> Barriers | None:
        """Return what nobody crosses on foot: the stations' barriers, else those of the beats."""
        if not hasattr(self, "_barriers"):
            self._barriers = self._read_barriers()
        return self._barriers

    def _read_barriers(self) -> Barriers | None:
        rules, beats = self.description.stations, self.description.beats
        assert rules is not None
        section = rules if rules.barriers is not None else beats
        name = "stations" if section is rules else "beats"
        if section is None or section.barriers is None:
            return None
        shape = shapely.union_all(self.shapes(f"{name}.barriers", section.barriers))
        crossings = rules.crossings or section.crossings
        if crossings is None:
            return Barriers(shape, np.empty((0, 2)))
        found = self.shapes("stations.crossings" if rules.crossings else "beats.crossings", crossings)
        # a bridge drawn as a line counts where it meets the barrier
        points = [p if shapely.get_type_id(p) in (0, 4) else shapely.line_interpolate_point(shapely.shortest_line(p, shape), 0.0)
                  for p in found]  # fmt: skip
        return Barriers(shape, shapely.get_coordinates(points))

    def walks(
        self, units: gpd.GeoDataFrame, homes: pd.DataFrame | None, sites: pd.DataFrame | None
    ) -> np.ndarray | None:
        """Return walking metres from homes to sites, (homes, sites); inf where not reachable on foot."""
        rules = self.description.stations
        if rules is None or sites is None or homes is None:
            return None
        doors, places = homes[["x", "y"]].to_numpy(float), sites[["x", "y"]].to_numpy(float)
        speed = rules.walk_kmh * 1000 / 60
        limit = np.inf if rules.reach_minutes is None else rules.reach_minutes * speed * (1 + 1e-12)
        barriers = None if rules.distances is not None else self.barriers()
        if rules.distances is not None:
            found = self.walks_of_file(units, sites, rules.distances)[homes["unit"].to_numpy(int)]
        elif rules.roads is None:
            found = straight_metres(doors, places, rules.detour, barriers)
        else:
            network, where = self.network(rules.roads, "stations.roads", units)
            self.stations_network = network
            self.check_access(network, places, sites, where)
            found = walk_metres(network, doors, places, limit=limit, barriers=barriers)
        found = np.where(found <= limit, found, np.inf)
        if not np.isfinite(found).any():
            mend = "Check that roads, barriers and sites belong to the same place, or raise stations.reach_minutes"
            raise InputError(problem("no site can be reached on foot from any unit", mend, file=self.description.file.name,
                                     field="stations"))  # fmt: skip
        return found

    def check_access(self, network: WalkingNetwork, places: np.ndarray, sites: pd.DataFrame, where: Place) -> None:
        """Raise InputError where a site lies far from every road, as one in a lake does."""
        rules = self.description.stations
        assert rules is not None
        gap = access(network, places).metres
        far = np.flatnonzero(gap > rules.access_metres * 1.3)
        generated = far[sites["state"].to_numpy(object)[far] == "generated"]
        far = np.setdiff1d(far, generated)
        if len(far):
            i = int(far[np.argmax(gap[far])])
            what = (f"site {sites['station'].iat[i]} lies {gap[i] / 1.3:,.0f} m from the nearest road or path, in a lake or a field "
                    f"({len(far):,} such sites)")  # fmt: skip
            mend = "Correct its place, draw the road that leads there, or raise stations.access_metres"
            raise InputError(where.problem(what, mend, field="stations.access_metres"))

    def height(self, rules) -> Callable[[np.ndarray], np.ndarray] | None:
        """Return a reader of heights, or None where no raster is given."""
        if rules is None or rules.elevation is None:
            return None
        import rasterio
        from pyproj import Transformer

        path = self.description.path(rules.elevation)
        check_kind(path, path)
        try:
            with rasterio.open(path) as raster:
                crs, band, place = (
                    raster.crs,
                    raster.read(1, masked=True).astype(float).filled(np.nan),
                    ~raster.transform,
                )
        except rasterio.errors.RasterioIOError:
            raise InputError(problem("the raster cannot be read", "Give a GeoTIFF", file=path.name)) from None
        if crs is None:
            raise InputError(problem("the raster has no CRS", "Set it in QGIS and export it again", file=path.name))
        change = Transformer.from_crs(self.crs, crs.to_wkt(), always_xy=True)
        self.read("stations.elevation", rules.elevation, band.size)

        def heights(points: np.ndarray) -> np.ndarray:
            # between the centres of four cells, so that no step of a cell looks like a cliff
            from scipy.ndimage import map_coordinates

            x, y = change.transform(points[:, 0], points[:, 1])
            column, row = (
                place @ (np.asarray(x), np.asarray(y))
                if hasattr(place, "__matmul__")
                else place * (np.asarray(x), np.asarray(y))
            )
            return map_coordinates(band, [row - 0.5, column - 0.5], order=1, cval=np.nan)

        return heights

    def network(self, roads: Layer, role: str, units: gpd.GeoDataFrame) -> tuple[WalkingNetwork, Place]:
        """Read a layer of roads and make a network of those that people walk on."""
        rules = self.description.stations if role == "stations.roads" else None
        path = self.description.path(roads.path)
        classes = getattr(roads, "classes", None)
        speed = (rules.walk_kmh if rules else 4.5) * 1000 / 60
        found, where, rows, left_out = read_roads(
            path, roads, self.crs, units.geometry, speed, None if classes is None else self.description.path(classes)
        )
        self.read(role, roads.path, rows, len(found.lines))
        if classes is not None:
            self.read(f"{role}.classes", classes, 0)
        if left_out:
            names = listed([f"{name or 'without a class'} ({count:,})" for name, count in left_out.items()])
            self.findings.tell(
                "info", f"Nobody walks on {sum(left_out.values()):,} of {rows:,} roads: {names}", file=where.file
            )
        barriers = self.barriers() if rules else None
        if barriers is not None:
            found = without_barred(found, barriers)
        network = walking_network(found, rules.snap_metres if rules else SNAP, self.height(rules))
        if network.joined:
            snap = rules.snap_metres if rules else SNAP
            self.findings.tell(
                "info",
                f"{network.joined:,} ends of roads that nearly met, within {snap:g} m, were joined",
                file=where.file,
            )
        self.tell_pieces(network, units, where)
        return network, where

    def tell_pieces(self, network: WalkingNetwork, units: gpd.GeoDataFrame, where: Place) -> None:
        """Name the pieces of a network that do not meet by the units they lie in."""
        if len(network.piece_metres) < 2:
            return
        total, rest = network.piece_metres.sum(), network.piece_metres[1:].sum()
        of_road = network.piece[network.segments[:, 0]]
        tree, named = shapely.STRtree(units.geometry.to_numpy()), []
        for p in range(1, min(6, len(network.piece_metres))):
            middle = shapely.line_interpolate_point(network.roads[of_road == p], 0.5, normalized=True)
            near = np.bincount(tree.nearest(middle), minlength=len(units))
            named.append(f"{network.piece_metres[p] / 1000:,.1f} km at {units['name'].iat[int(np.argmax(near))]}")
        more = f" and {len(network.piece_metres) - 6:,} more" if len(network.piece_metres) > 6 else ""
        what = (f"the roads fall into {len(network.piece_metres):,} pieces that do not meet; the longest has "
                f"{network.piece_metres[0] / 1000:,.1f} km, the others {rest / 1000:,.1f} km together: {', '.join(named)}{more}")  # fmt: skip
        mend = "Draw the missing link, or raise stations.snap_metres" if rest > 0.02 * total else ""
        self.findings.tell("warning" if rest > 0.02 * total else "info", what, mend, file=where.file)

    def walks_of_file(self, units: gpd.GeoDataFrame, sites: pd.DataFrame, table: WalkTable) -> np.ndarray:
        frame, where = read_table(self.description.path(table.path), table.layer, ["unit", "site", "metres"])
        at = self.positions(frame["unit"], units, where)
        place = {s: j for j, s in enumerate(sites["station"])}
        names = texts(frame["site"])
        unknown = [i for i, v in enumerate(names) if v not in place]
        if unknown:
            i = unknown[0]
            what = f"there is no site “{names[i]}” ({len(unknown):,} such rows)"
            mend = did_you_mean(str(names[i]), place) or "Use names of the existing stations or candidates"
            raise InputError(where.problem(what, mend, row=where.rows[i], field="site"))
        metres = np.full((len(units), len(sites)), np.inf)
        metres[at, [place[str(v)] for v in names]] = numbers(frame["metres"], where, least=0, empty=np.inf)
        self.read("stations.distances", table.path, len(frame))
        told = np.zeros(metres.shape, bool)
        told[at, [place[str(v)] for v in names]] = True
        if not told.all():
            i, j = np.argwhere(~told)[0]
            what = (f"{int((~told).sum()):,} of {told.size:,} pairs of unit and site are missing, such as {units['unit'][i]} "
                    f"({units['name'][i]}) to {sites['station'][j]}")  # fmt: skip
            if table.missing == "error":
                mend = 'Give every pair, with empty metres where there is no way on foot; or set missing = "unreachable" in stations.distances'
                raise InputError(where.problem(what, mend, field="site"))
            self.findings.tell("warning", f"{what}; they count as not reachable on foot", file=where.file)
        return metres

    # ---- officers

    def roster(self, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
        rules = self.description.officers
        if rules is None:
            return None
        frame, where = read_table(self.description.path(rules.path), rules.layer, ["officer"], ROSTER_COLUMNS)
        names = texts(frame["officer"])
        for i, name in enumerate(names):
            if name is None or name in names[:i]:
                what = f"officer {name} stands there twice" if name else "this officer has no name or number"
                raise InputError(where.problem(what, "Give each officer one row", row=where.rows[i], field="officer"))
        empty = pd.Series([None] * len(frame), dtype=object)

        def column(name: str) -> pd.Series:
            return frame[name] if name in frame else empty.rename(name)

        found = pd.DataFrame({"officer": names})
        problems = Findings()
        with problems.keep():
            found["beat"] = pd.Series(texts(column("beat")), dtype=object)
        for name in ("since", "trained_on", "joins_on", "leaves_on", "absent_from", "absent_until", "ordered_on"):
            with problems.keep():
                found[name] = pd.Series(dates(column(name), where), dtype=object)
        for name in ("languages", "not_with", "prefers"):
            found[name] = pd.Series([_words(v) for v in column(name)], dtype=object)
        with problems.keep():
            found["licence"] = self.truths(column("licence"), where)
        found["gender"] = pd.Series(texts(column("gender")), dtype=object)
        found["x"], found["y"] = np.nan, np.nan
        with problems.keep():
            if "x" in frame and "y" in frame:
                crs = crs_from(rules.crs, file=self.description.file.name, field="officers.crs")
                x, y = numbers(frame["x"], where, empty=np.nan), numbers(frame["y"], where, empty=np.nan)
                home = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs).to_crs(self.crs)
                found["x"], found["y"] = home.x.to_numpy(float), home.y.to_numpy(float)
                self.check_homes(found, units, where)
        self.findings.add(problems.notes)
        problems.raise_if_any()
        for i, row in found.iterrows():
            if row["leaves_on"] and row["joins_on"] and row["leaves_on"] <= row["joins_on"]:
                what = f"{row['officer']} leaves on {row['leaves_on']}, which is not after joining on {row['joins_on']}"
                problems.add(
                    [where.problem(what, "Correct one of the dates", row=where.rows[int(str(i))], field="leaves_on")]
                )
        for i, others in enumerate(found["not_with"]):
            for other in others:
                if other not in names:
                    mend = did_you_mean(other, [n for n in names if n]) or "Name officers of this roster"
                    what = f"{names[i]} must not share a beat with “{other}”, who is not in the roster"
                    problems.add([where.problem(what, mend, row=where.rows[i], field="not_with")])
        for i, row in found.iterrows():
            if (row["absent_from"] is None) != (row["absent_until"] is None) or (
                row["absent_from"] is not None and row["absent_until"] <= row["absent_from"]
            ):
                what = f"{row['officer']} is absent from {row['absent_from']} until {row['absent_until']}"
                problems.add(
                    [
                        where.problem(
                            what,
                            "Give both, the second after the first",
                            row=where.rows[int(str(i))],
                            field="absent_until",
                        )
                    ]
                )
        problems.raise_if_any()
        self.check_languages(found, where)
        self.read("officers", rules.path, len(frame))
        return found[["officer", *ROSTER_COLUMNS]]

    def truths(self, values: pd.Series, where: Place) -> list[bool]:
        """Return a column of yes and no; empty is no."""
        found = ["" if is_missing(v) else str(v).strip().casefold() for v in values]
        for i, word in enumerate(found):
            if word not in YES | NO:
                raise InputError(
                    where.problem(
                        f"holds “{values.iat[i]}”", "Write yes or no", row=where.rows[i], field=str(values.name)
                    )
                )
        return [word in YES for word in found]

    def special_posts(self) -> pd.DataFrame | None:
        """Read the posts that ask for a language, a licence, a woman or a man."""
        rules = self.description.officers
        if rules is None or rules.posts is None:
            return None
        more = ["posts", "languages", "licence", "gender"]
        frame, where = read_table(self.description.path(rules.posts.path), rules.posts.layer, ["beat"], more)
        beats = texts(frame["beat"])
        empty = pd.Series([None] * len(frame), dtype=object)
        columns = {c: frame[c] if c in frame else empty.rename(c) for c in more}
        licence = self.truths(columns["licence"], where)
        rows = []
        for i, beat in enumerate(beats):
            if beat is None:
                raise InputError(where.problem("this post has no beat", "Name one", row=where.rows[i], field="beat"))
            number = (
                1 if is_missing(columns["posts"].iat[i]) else numbers(columns["posts"].iloc[[i]], where, least=0)[0]
            )
            if number != int(number):
                raise InputError(
                    where.problem(f"holds {number}", "Give a whole number", row=where.rows[i], field="posts")
                )
            gender = None if is_missing(columns["gender"].iat[i]) else str(columns["gender"].iat[i]).strip()
            if gender not in (None, "f", "m"):
                raise InputError(
                    where.problem(f"holds “{gender}”", "Give f, m or nothing", row=where.rows[i], field="gender")
                )
            asks = [
                *_words(columns["languages"].iat[i]),
                *(["licence"] if licence[i] else []),
                *({"f": ["woman"], "m": ["man"]}.get(gender or "", [])),
            ]
            rows.append((beat, int(number), ";".join(asks)))
        self.read("officers.posts", rules.posts.path, len(frame))
        return pd.DataFrame(rows, columns=["beat", "posts", "requires"])

    def published(self) -> pd.DataFrame | None:
        """Read the postings that were published."""
        rules = self.description.officers
        if rules is None or rules.published is None:
            return None
        needed = ["officer", "beat", "start", "end"]
        frame, where = read_table(
            self.description.path(rules.published.path), rules.published.layer, needed, ["requires"]
        )
        found = pd.DataFrame({c: texts(frame[c]) for c in ("officer", "beat")})
        for c in ("start", "end"):
            found[c] = pd.Series(dates(frame[c], where), dtype=object)
        bad = [
            i
            for i, r in enumerate(found.itertuples(index=False))
            if None in (r.officer, r.beat, r.start, r.end) or r.end <= r.start
        ]
        if bad:
            what = "a published posting needs an officer, a beat, and an end after its start"
            raise InputError(where.problem(what, "Correct the row", row=where.rows[bad[0]], field="end"))
        found["requires"] = [v or "" for v in texts(frame["requires"])] if "requires" in frame else ""
        self.read("officers.published", rules.published.path, len(frame))
        return found

    def check_homes(self, found: pd.DataFrame, units: gpd.GeoDataFrame, where: Place) -> None:
        known = np.isfinite(found[["x", "y"]].to_numpy(float)).all(axis=1)
        place = found.loc[known, ["x", "y"]].to_numpy(float)
        middle = units[["x", "y"]].median().to_numpy(float)
        apart = np.hypot(*(place - middle).T) / 1000
        if len(apart) and np.median(apart) > FAR_UNITS_KM:
            what = f"the homes lie {np.median(apart):,.0f} km from the town"
            raise InputError(where.problem(what, "Check officers.crs and whether x and y are swapped", field="x"))

    def check_languages(self, found: pd.DataFrame, where: Place) -> None:
        groups = self.description.units.groups
        spoken = {w for languages in found["languages"] for w in languages}
        for group in groups:
            if group not in spoken:
                what = f"no officer speaks “{group}”"
                mend = (
                    did_you_mean(group, spoken)
                    or "The languages of officers and the names in units.groups must be the same words"
                )
                self.findings.add([Note("warning", what, mend, where.file, where.layer, "", "languages")])
