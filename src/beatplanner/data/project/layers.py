"""What a project file takes in: each key of the description that names a file, and how what lies there gets into the project.

`file_keys` finds these keys in the description's models, so that a new one is written, or refused at once, and never forgotten.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.models import SECTIONS, Description
from beatplanner.data.description.sections.base import Layer, Table
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.geopackages import write_layer
from beatplanner.data.formats.layers import read_layer, read_table
from beatplanner.data.formats.points import read_points
from beatplanner.data.narrowing import Table as Tables
from beatplanner.data.narrowing import is_dict
from beatplanner.data.town.columns import described_table
from beatplanner.data.town.roads import read_roads
from beatplanner.data.town.town import Town

# Columns that a layer or table is read by, as its section names them.
COLUMNS = (
    "id",
    "name",
    "address",
    "number",
    "unit",
    "beat",
    "municipality",
    "region",
    "cost",
    "yearly_cost",
    "closing_cost",
    "state",
)


def write_layers(d: Description, town: Town, part: Path, name: str) -> Tables:
    """Write every layer with the columns that are used.

    Parameters
    ----------
    d, town
        The description, and what was read of it.
    part, name
        The file that is written, and what it will be called.

    Returns
    -------
    dict
        The description with paths into the file; what stays outside is named by its whole path.
    """
    writing = Writing(d, town, part, name, d.model_dump(mode="json", exclude_defaults=True))
    for key in file_keys():
        if writing.rules(key):
            WRITERS[key](writing, key)
    return writing.content


def file_keys() -> Iterator[str]:
    """Yield the keys of the description that name files: ``"units"`` of a section that is a layer itself, else ``"beats.current"``."""
    for section, model in SECTIONS.items():
        if "path" in model.model_fields:
            yield section
        for name, info in model.model_fields.items():
            if name != "path" and any(issubclass(t, Path | Layer | Table) for t in _types(info.annotation)):
                yield f"{section}.{name}"


def _types(annotation: Any) -> Iterator[type]:
    """Yield the types that an annotation is put together of."""
    if isinstance(annotation, type):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _types(part)


@dataclass(frozen=True)
class Writing:
    """A project file while it is written: `content` is the description as the file will hold it."""

    d: Description
    town: Town
    part: Path
    name: str
    content: Tables

    def rules(self, key: str) -> Any:
        """Return what the description says of a key; None where it says nothing."""
        found: Any = self.d
        for step in key.split("."):
            found = None if found is None else getattr(found, step)
        return found

    def save(self, frame: pd.DataFrame, layer: str) -> dict[str, str]:
        """Write a layer; return its place."""
        write_layer(frame, self.part, layer)
        return {"path": self.name, "layer": layer}

    def place(self, key: str, found: Tables, *gone: str) -> None:
        """Say in the content where a key's layer is now, without what was used up in reading it."""
        target = self.content
        for step in key.split("."):
            target = target[step]
        for name in ("crs", *gone):
            target.pop(name, None)
        target |= found


def _units(w: Writing, key: str) -> None:
    """Write the units as they were read and mended, with their residents and homes."""
    d, town, content = w.d, w.town, w.content["units"]
    u, units = d.units, units_as_read(d, town)
    for used in ("population_table", "census", "population_raster"):
        content.pop(used, None)
    # their borders were mended already
    content["mend_metres"] = 0.0
    if u.population_table is not None or u.census is not None or u.population_raster is not None:
        content["population"] = "population"
    if u.population_raster is not None:
        if town.homes is not None and len(town.homes) > len(town.units):
            at = town.homes["unit"].to_numpy(int)
            homes = pd.DataFrame(
                {
                    "unit": units[u.id].to_numpy()[at],
                    "residents": town.units["population"].to_numpy()[at] * town.homes["share"],
                }
            )
            points = gpd.points_from_xy(town.homes["x"], town.homes["y"])
            content["homes"] = w.save(gpd.GeoDataFrame(homes, geometry=points, crs=town.crs), "units.homes")
    elif u.homes is not None:
        frame, _ = read_layer(d.path(u.homes.path), u.homes.layer, [u.homes.unit, u.homes.residents], u.homes.crs)
        w.place("units.homes", w.save(frame, "units.homes"))
    w.place(key, w.save(units, key))


def _with_its_section(w: Writing, key: str) -> None:
    """Leave out what the section's own layer holds already: residents of the units, kinds and places of the incidents."""


def _incidents(w: Writing, key: str) -> None:
    """Write kind, time and place as they were read: nothing else of an incident exists from here on."""
    d, town = w.d, w.town
    assert d.incidents is not None and town.incidents is not None
    points = town.incidents[[c for c in ("category", "time") if getattr(d.incidents, c)]]
    there = gpd.points_from_xy(town.incidents["x"], town.incidents["y"])
    places = gpd.GeoSeries(np.where(town.incidents["x"].isna(), np.array(None), np.asarray(there)), crs=town.crs)
    kept = {k: v for k, v in w.content[key].items() if k in ("days", "first", "last", "seasonal")}
    w.content[key] = kept | {c: c for c in points.columns}
    w.place(key, w.save(gpd.GeoDataFrame(points, geometry=places, crs=town.crs), key))


def _points(w: Writing, key: str) -> None:
    table = w.rules(key)
    wanted = _columns_of(table) + list(getattr(table, "only", {}))
    path = w.d.path(table.path)
    points, _ = read_points(path, table.layer, table.x, table.y, table.crs, wanted, w.town.crs, key)
    geometry = gpd.points_from_xy(points.pop("x"), points.pop("y"))
    w.place(key, w.save(gpd.GeoDataFrame(points, geometry=geometry, crs=w.town.crs), key), "x", "y")


def _shapes(w: Writing, key: str) -> None:
    layer = w.rules(key)
    frame, _ = read_layer(w.d.path(layer.path), layer.layer, _columns_of(layer), layer.crs)
    w.place(key, w.save(frame, key))


def _locked(w: Writing, key: str) -> None:
    table = w.rules(key)
    frame, _ = read_table(w.d.path(table.path), table.layer, _columns_of(table))
    w.place(key, w.save(frame, key))


def _columns_of(layer: Any) -> list[str]:
    return [getattr(layer, k) for k in COLUMNS if getattr(layer, k, None)]


def _roads(w: Writing, key: str) -> None:
    """Write the roads that people walk on, with what the reader made of their classes."""
    layer = w.rules(key)
    classes = getattr(layer, "classes", None)
    found, _, _, _ = read_roads(
        w.d.path(layer.path),
        layer,
        w.town.crs,
        w.town.units.geometry,
        1.0,
        None if classes is None else w.d.path(classes),
    )
    level = np.where(found.apart, "yes", "no")
    kind = np.where(found.wait > 0, "ferry", np.where(found.factor > 1, "steps", "road"))
    frame = gpd.GeoDataFrame({"kind": kind, "bridge": level}, geometry=found.lines, crs=w.town.crs)
    w.place(key, w.save(frame, key), "classes")


def _heights(w: Writing, key: str) -> None:
    """Write the walks: a raster does not fit into the file, what the slopes make of the walks does."""
    d, town, content = w.d, w.town, w.content["stations"]
    if town.homes is not None and len(town.homes) > len(town.units):
        raise InputError(
            problem(
                "a project file cannot hold heights together with homes inside the units",
                "Leave stations.elevation or the raster of residents out, or plan from the description",
                file=d.file.name,
                field=key,
            )
        )
    content.pop("elevation")
    content.pop("roads")
    content["distances"] = w.save(_walks(town), "stations.distances") | {"missing": "unreachable"}


def _table(w: Writing, key: str) -> None:
    """Write a table with fixed columns as the town's reader reads it: the file holds them by their usual names."""
    frame = described_table(w.d, key, w.rules(key))[0]
    if key == "forum.consents" and "photo" in frame:
        frame["photo"] = [None if p is None else str(w.d.path(Path(str(p)))) for p in frame["photo"]]
    place: Any = w.save(_as_text(frame), key)
    if key == "officers":
        w.content[key].pop("columns", None)
        w.content[key] |= place
        return
    section, _, name = key.partition(".")
    there: Tables = w.content[section][name]
    w.content[section][name] = place | {k: v for k, v in there.items() if k == "missing"}


def _outside(w: Writing, key: str) -> None:
    """Leave templates, catalogues and earlier packs where they are, by their whole path."""
    section, _, name = key.partition(".")
    found = w.rules(key)
    if is_dict(found):
        whole: Any = {k: str(w.d.path(p)) for k, p in found.items()}
    else:
        whole = str(w.d.path(found)) if isinstance(found, Path) else [str(w.d.path(p)) for p in found]
    w.content[section][name] = whole


Writer = Callable[[Writing, str], None]
_BY_WRITER: dict[Writer, str] = {
    _units: "units",
    _incidents: "incidents",
    _with_its_section: "units.population_raster units.population_table units.census units.homes"
    " incidents.categories incidents.gazetteer incidents.matches",
    _points: "stations.candidates stations.existing forum.venues forum.addresses",
    _shapes: "beats.current beats.barriers beats.crossings stations.barriers stations.crossings forum.streets country.regions",
    _roads: "beats.roads stations.roads service.roads",
    _heights: "stations.elevation",
    _locked: "beats.locked",
    _table: "beats.distances beats.adjacency beats.decided_links stations.distances officers officers.posts officers.published"
    " forum.consents forum.report_back forum.partners forum.hours forum.contacts"
    " service.calls service.categories service.servers service.minutes",
    _outside: "officers.job_template forum.catalogues forum.published_before",
}
WRITERS: dict[str, Writer] = {key: writer for writer, keys in _BY_WRITER.items() for key in keys.split()}


def units_as_read(d: Description, town: Town) -> gpd.GeoDataFrame:
    """Return the units as they were read and mended, under the names of the description's columns."""
    u, there = d.units, town.units
    ids = there["unit"].astype("int64") if town.unit_ids_are_whole_numbers else there["unit"]
    found: dict[str, object] = {u.id: ids}
    named = {u.name: "name", u.municipality: "municipality", u.workload: "workload"}
    residents = u.population or ("population" if town.has_population else None)
    named |= {residents: "population"} | {column: f"group_{group}" for group, column in u.groups.items()}
    named = {column: f"amount_{name}" for name, column in u.amounts.items()} | named
    found |= {column: there[key] for column, key in named.items() if column is not None and column not in found}
    return gpd.GeoDataFrame(found, geometry=there.geometry.to_numpy(), crs=town.crs)


def _walks(town: Town) -> pd.DataFrame:
    """Return the walks of the units as a table of distances."""
    assert town.walks is not None and town.sites is not None
    unit, site = np.nonzero(np.isfinite(town.walks))
    return pd.DataFrame(
        {
            "unit": town.units["unit"].to_numpy()[unit],
            "site": town.sites["station"].to_numpy()[site],
            "metres": town.walks[unit, site],
        }
    )


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose dates are ISO text, as a GeoPackage's attributes keep them best."""
    words = [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]
    return frame.assign(**{c: frame[c].map(_day) for c in words})


def _day(value: Any) -> Any:
    if hasattr(value, "date"):
        return value.date().isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value
