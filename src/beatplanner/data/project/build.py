"""The project file: description and layers of a project in one GeoPackage."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.description.sections.base import Table
from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.description.version import SCHEMA
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.geopackages import write_layer
from beatplanner.data.formats.layers import read_layer, read_table
from beatplanner.data.formats.points import read_points
from beatplanner.data.output_place import check_place, swap_in
from beatplanner.data.project.content import Content, Event
from beatplanner.data.project.lock import user_name
from beatplanner.data.project.plan_layers import write_layer_styles
from beatplanner.data.project.safe_save import flush
from beatplanner.data.project.store import write_content
from beatplanner.data.town.columns import described_table
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.roads import read_roads
from beatplanner.data.town.town import Town


def build(description: Path | Description, out: Path) -> None:
    """Read a project's layers and write them, with its description, into one file.

    Parameters
    ----------
    description
        The TOML description, or one that was read already.
    out
        The GeoPackage; an older one is replaced once the new one is complete.

    Raises
    ------
    InputError
        Where the input cannot be used, or the file cannot be written.
    """
    read = description if isinstance(description, Description) else read_description(description)
    town = read_town(read)
    out = out.resolve()
    check_place(out)
    if out in {s.path for s in town.sources}:
        raise InputError(
            problem("the project file would overwrite one of its own layers", "Give another name", file=out)
        )
    part = out.with_name(f".{out.name}.{os.getpid()}.part.gpkg")
    try:
        rules = _write_layers(read, town, part, out.name)
        made = f"Built from {read.file.name}"
        content = Content(rules, history=[Event(_now(), user_name(), "build", made, "", {"layers": len(town.sources)})])
        meta = {"schema": str(SCHEMA), "save_id": uuid.uuid4().hex, "saved_on": _now(), "saved_by": user_name()}
        write_content(part, content, meta, {})
        write_layer_styles(part)
        flush(part)
        swap_in(part, out)
    except (OSError, sqlite3.Error) as error:
        raise InputError(
            problem(
                f"the project file cannot be written ({getattr(error, 'strerror', None) or error})",
                "Give another place, with a shorter path",
                file=out,
            )
        ) from None
    finally:
        part.unlink(missing_ok=True)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _write_layers(d: Description, town: Town, part: Path, name: str) -> dict[str, Any]:  # noqa: C901 - one step a layer of the town, in their order
    """Write every layer with the columns that are used; return the description with paths into the file."""
    content = d.model_dump(mode="json", exclude_defaults=True)

    def save(frame: pd.DataFrame, layer: str) -> dict[str, str]:
        write_layer(frame, part, layer)
        return {"path": name, "layer": layer}

    u = d.units
    units = units_as_read(d, town)
    for key in ("crs", "population_table", "census"):
        content["units"].pop(key, None)
    # their borders were mended already
    content["units"]["mend_metres"] = 0.0
    if u.population_table is not None or u.census is not None:
        content["units"]["population"] = "population"
    if u.population_raster is not None:
        content["units"].pop("population_raster")
        content["units"]["population"] = "population"
        if town.homes is not None and len(town.homes) > len(town.units):
            at = town.homes["unit"].to_numpy(int)
            homes = pd.DataFrame(
                {
                    "unit": units[u.id].to_numpy()[at],
                    "residents": town.units["population"].to_numpy()[at] * town.homes["share"],
                }
            )
            points = gpd.points_from_xy(town.homes["x"], town.homes["y"])
            content["units"]["homes"] = save(gpd.GeoDataFrame(homes, geometry=points, crs=town.crs), "units.homes")
    elif u.homes is not None:
        layer = u.homes
        frame, _ = read_layer(d.path(layer.path), layer.layer, [layer.unit, layer.residents], layer.crs)
        content["units"]["homes"].pop("crs", None)
        content["units"]["homes"] |= save(frame, "units.homes")
    content["units"] |= save(units, "units")
    if town.incidents is not None and d.incidents is not None:
        # kind, time and place as they were read: nothing else of an incident exists from here on
        points = town.incidents[[c for c in ("category", "time") if getattr(d.incidents, c)]]
        there = gpd.points_from_xy(town.incidents["x"], town.incidents["y"])
        places = gpd.GeoSeries(np.where(town.incidents["x"].isna(), np.array(None), np.asarray(there)), crs=town.crs)
        content["incidents"] = {
            k: v for k, v in content["incidents"].items() if k in ("days", "first", "last", "seasonal")
        }
        content["incidents"] |= {c: c for c in points.columns}
        content["incidents"] |= save(gpd.GeoDataFrame(points, geometry=places, crs=town.crs), "incidents")
    for section, key in (("stations", "candidates"), ("stations", "existing")):
        table = getattr(getattr(d, section), key, None)
        if table is None:
            continue
        named = ("id", "name", "cost", "yearly_cost", "closing_cost", "state")
        wanted = [getattr(table, k) for k in named if getattr(table, k, None)] + list(getattr(table, "only", {}))
        role = f"{section}.{key}"
        points, _ = read_points(d.path(table.path), table.layer, table.x, table.y, table.crs, wanted, town.crs, role)
        geometry = gpd.points_from_xy(points.pop("x"), points.pop("y"))
        target = content[section][key]
        for coordinate in ("x", "y", "crs"):
            target.pop(coordinate, None)
        target |= save(gpd.GeoDataFrame(points, geometry=geometry, crs=town.crs), role)
    layers = [("beats", key) for key in ("current", "barriers", "crossings", "roads")]
    for section, key in [*layers, *(("stations", key) for key in ("roads", "barriers", "crossings"))]:
        layer = getattr(getattr(d, section), key, None) if getattr(d, section) else None
        if layer is None:
            continue
        target = content[section][key]
        if key == "roads":
            target.pop("classes", None)
            target.pop("crs", None)
            target |= save(_roads(d, layer, town), f"{section}.{key}")
        else:
            frame, _ = read_layer(d.path(layer.path), layer.layer, [layer.id] if key == "current" else [], layer.crs)
            target.pop("crs", None)
            target |= save(frame, f"{section}.{key}")
    if d.stations is not None and d.stations.elevation is not None:
        # a raster does not fit into the file: what the slopes make of the walks does
        content["stations"].pop("elevation")
        content["stations"].pop("roads")
        content["stations"]["distances"] = save(_walks(town), "stations.distances") | {"missing": "unreachable"}
        if town.homes is not None and len(town.homes) > len(town.units):
            raise InputError(
                problem(
                    "a project file cannot hold heights together with homes inside the units",
                    "Leave stations.elevation or the raster of residents out, or plan from the description",
                    file=d.file.name,
                    field="stations.elevation",
                )
            )
    if d.beats is not None and d.beats.locked is not None:
        locked = d.beats.locked
        frame, _ = read_table(d.path(locked.path), locked.layer, [locked.unit, locked.beat])
        content["beats"]["locked"] |= save(frame, "beats.locked")
    if d.beats is not None and d.beats.decided_links is not None:
        links = d.beats.decided_links
        frame = _columns(d, links, "beats.decided_links")
        content["beats"]["decided_links"] = save(_as_text(frame), "beats.decided_links")
    if d.officers is not None:
        frame = _columns(d, d.officers, "officers")
        content["officers"].pop("columns", None)
        content["officers"] |= save(_as_text(frame), "officers")
        if d.officers.posts is not None:
            p = d.officers.posts
            frame = _columns(d, p, "officers.posts")
            content["officers"]["posts"] = save(_as_text(frame), "officers.posts")
        if d.officers.published is not None:
            p = d.officers.published
            frame = _columns(d, p, "officers.published")
            content["officers"]["published"] = save(_as_text(frame), "officers.published")
        if d.officers.job_template is not None:
            content["officers"]["job_template"] = str(d.path(d.officers.job_template))
    for section, key in (("beats", "adjacency"), ("beats", "distances"), ("stations", "distances")):
        table = getattr(getattr(d, section), key, None) if getattr(d, section) else None
        if table is not None:
            frame = _columns(d, table, f"{section}.{key}")
            missing = {"missing": table.missing} if section == "stations" else {}
            content[section][key] = save(frame, f"{section}.{key}") | missing
    for key in ("calls", "categories", "servers", "minutes"):
        table = getattr(d.service, key) if d.service is not None else None
        if table is not None:
            content["service"][key] = save(_as_text(_columns(d, table, f"service.{key}")), f"service.{key}")
    if d.country is not None and d.country.regions is not None:
        regions = d.country.regions
        frame, _ = read_layer(d.path(regions.path), regions.layer, [regions.municipality, regions.region])
        content["country"]["regions"] |= save(frame, "country.regions")
    if d.forum is not None:
        _write_forum_tables(d.forum, d, town, content["forum"], save)
    return content


def _columns(d: Description, table: Table | Officers, key: str) -> pd.DataFrame:
    """Read a table with fixed columns as the town's reader does; the file holds them by their usual names."""
    return described_table(d, key, table)[0]


def _write_forum_tables(rules: Forum, d: Description, town: Town, content: dict[str, Any], save: Any) -> None:
    """Write the tables of the forum pack; catalogues, photos and earlier packs stay where they are, by absolute path."""
    for key in ("consents", "report_back", "partners", "hours"):
        table = getattr(rules, key)
        if table is not None:
            frame = _columns(d, table, f"forum.{key}")
            if key == "consents" and "photo" in frame:
                frame["photo"] = [None if p is None else str(d.path(Path(str(p)))) for p in frame["photo"]]
            content[key] = save(_as_text(frame), f"forum.{key}")
    if rules.streets is not None:
        frame, _ = read_layer(d.path(rules.streets.path), rules.streets.layer, [rules.streets.name])
        content["streets"] |= save(frame, "forum.streets")
    if rules.venues is not None:
        v = rules.venues
        columns = [c for c in (v.id, v.cost) if c]
        points, _ = read_points(d.path(v.path), v.layer, v.x, v.y, v.crs, columns, town.crs, "forum.venues")
        geometry = gpd.points_from_xy(points.pop("x"), points.pop("y"))
        for coordinate in ("x", "y", "crs"):
            content["venues"].pop(coordinate, None)
        content["venues"] |= save(gpd.GeoDataFrame(points, geometry=geometry, crs=town.crs), "forum.venues")
    for key in ("catalogues", "published_before"):
        paths = getattr(rules, key)
        if paths:
            content[key] = (
                {k: str(d.path(p)) for k, p in paths.items()}
                if isinstance(paths, dict)
                else [str(d.path(p)) for p in paths]
            )


def units_as_read(d: Description, town: Town) -> gpd.GeoDataFrame:
    """Return the units as they were read and mended, under the names of the description's columns."""
    u, there = d.units, town.units
    ids = there["unit"].astype("int64") if town.unit_ids_are_whole_numbers else there["unit"]
    found: dict[str, Any] = {u.id: ids}
    named = {u.name: "name", u.municipality: "municipality", u.workload: "workload"}
    residents = u.population or ("population" if town.has_population else None)
    named |= {residents: "population"} | {column: f"group_{group}" for group, column in u.groups.items()}
    found |= {column: there[key] for column, key in named.items() if column is not None and column not in found}
    return gpd.GeoDataFrame(found, geometry=there.geometry.to_numpy(), crs=town.crs)


def _roads(d: Description, layer: Any, town: Town) -> gpd.GeoDataFrame:
    """Return the roads that people walk on, with what the reader made of their classes."""
    classes = getattr(layer, "classes", None)
    found, _, _, _ = read_roads(
        d.path(layer.path), layer, town.crs, town.units.geometry, 1.0, None if classes is None else d.path(classes)
    )
    level = np.where(found.apart, "yes", "no")
    kind = np.where(found.wait > 0, "ferry", np.where(found.factor > 1, "steps", "road"))
    return gpd.GeoDataFrame({"kind": kind, "bridge": level}, geometry=found.lines, crs=town.crs)


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
    return frame.map(
        lambda v: v.date().isoformat() if hasattr(v, "date") else v.isoformat() if hasattr(v, "isoformat") else v
    )


def is_project_file(path: Path) -> bool:
    """Tell whether a file is a project file."""
    from beatplanner.data.description.raw import stored_description

    return path.is_file() and stored_description(path) is not None
