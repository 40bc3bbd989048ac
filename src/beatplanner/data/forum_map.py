"""The forum's interactive map: one HTML file with everything inside, which opens without a network and names no officer."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import branca.element
import folium
import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours
from beatplanner.data.plan_tables import PlanTables

# Nothing may be loaded from anywhere, and nothing sent.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
# Borders are simplified by this share of the map's width, well below what a screen shows; digits give about a metre.
SIMPLIFY_SHARE = 1 / 4000
DIGITS = 5


def write_forum_map(path: Path, tables: PlanTables) -> None:
    """Write the map of a plan's beats and stations.

    Parameters
    ----------
    path
        The HTML file.
    tables
        A plan with beats. Of the units only names, beats and walking minutes are shown, of the beats residents (not below 5).
    """
    assert tables.beats is not None
    templates = files("beatplanner.data") / "templates"
    units, beats = _simplified(tables.units), tables.beats.copy()
    name_of = dict(zip(beats["beat"].astype(str), beats["name"], strict=True))
    colours = beat_colours(beats)
    rows = beats.assign(label=beats["name"])
    shapes = _dissolved(units, "beat")
    west, south, east, north = shapely.total_bounds(units.geometry.to_numpy())
    view = folium.Map(
        tiles=None, control_scale=True, zoom_control=True, attribution_control=False, zoom_snap=0.25, zoom_delta=0.5
    )
    view.default_js, view.default_css = [], []
    new = folium.FeatureGroup(name="new")
    for b in rows.itertuples(index=False):
        text = f"<b>{escape(str(b.name))}</b><br>Beat {escape(str(b.beat))}{_residents(b.population)}"
        _add(new, shapes[str(b.beat)], colours[str(b.beat)], text)
    new.add_to(view)
    old = None
    current = units["current"].dropna() if "current" in units else pd.Series(dtype=object)
    if len(current):
        old = folium.FeatureGroup(name="old", show=False)
        before = units[units["current"].notna()]
        for beat, shape in _dissolved(before, "current").items():
            _add(old, shape, "#f0f0f0", f"<b>Today's beat {escape(beat)}</b>")
        old.add_to(view)
    _add_stations(view, tables)
    view.fit_bounds([[south, west], [north, east]])
    _plain_head(view, templates)
    places = [
        {"name": str(u.name), "beat": str(u.beat), "at": [round(p.y, DIGITS), round(p.x, DIGITS)], "walk": _walk(u)}
        for u, p in zip(units.itertuples(index=False), shapely.point_on_surface(units.geometry.to_numpy()), strict=True)
    ]
    environment = jinja2.Environment(
        autoescape=True, loader=jinja2.FunctionLoader(lambda n: (templates / n).read_text("utf-8"))
    )
    page = environment.get_template("forum_map.html").render(
        policy=POLICY,
        project=tables.summary["project"],
        map=branca.element.Figure.render(view.get_root()),
        body=_parts(view),
        leaflet_css=(templates / "leaflet" / "leaflet.css").read_text("utf-8"),
        leaflet_js=(templates / "leaflet" / "leaflet.js").read_text("utf-8"),
        map_name=view.get_name(),
        new_name=new.get_name(),
        old_name=old.get_name() if old is not None else "",
        places=_in_script(places),
        beat_names=_in_script(name_of),
        beats=[
            {
                "beat": b.beat,
                "name": b.name,
                "municipality": b.municipality,
                "residents": _residents(b.population, plain=True),
                "posts": b.posts,
            }
            for b in rows.itertuples(index=False)
        ],
        units=sorted(
            ({**p, "beat_name": name_of.get(str(p["beat"]), p["beat"])} for p in places), key=lambda p: str(p["name"])
        ),
        infeasible=not tables.summary["feasible"],
    )
    path.write_text(page, encoding="utf-8")


def _parts(view: folium.Map) -> dict[str, str]:
    figure: Any = view.get_root()
    return {
        "head": figure.header.render(),
        "html": figure.html.render(),
        "script": figure.script.render(),
    }


def _plain_head(view: folium.Map, templates: Any) -> None:
    """Take out of folium's page what would be loaded from elsewhere; the template brings it inline."""
    for child in list(view._children.values()):
        for attribute in ("default_js", "default_css"):
            if hasattr(child, attribute):
                setattr(child, attribute, [])


def _simplified(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units in longitude and latitude with fewer vertices, borders still shared."""
    width = max(1.0, float(np.ptp(frame.total_bounds[[0, 2]])))
    shapes = shapely.coverage_simplify(frame.geometry.to_numpy(), width * SIMPLIFY_SHARE)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return frame.to_crs("EPSG:4326")


def _dissolved(units: gpd.GeoDataFrame, column: str) -> dict[str, Any]:
    found = {}
    for beat, group in units.groupby(units[column].astype(str), sort=True):
        merged = shapely.coverage_union_all(group.geometry.to_numpy())
        found[str(beat)] = merged if shapely.is_valid(merged) else shapely.union_all(group.geometry.to_numpy())
    return found


def _add(group: folium.FeatureGroup, shape: Any, fill: str, text: str) -> None:
    geometry = json.loads(shapely.to_geojson(shapely.set_precision(shape, 10.0**-DIGITS)))
    style = {"fillColor": fill, "color": "#333333", "weight": 1.5, "fillOpacity": 0.65}
    layer = folium.GeoJson({"type": "Feature", "properties": {}, "geometry": geometry}, style_function=lambda _: style)
    folium.Tooltip(_for_template(text), sticky=True).add_to(layer)
    layer.add_to(group)


def _for_template(text: str) -> str:
    """Return HTML that folium may put between backquotes of a script."""
    return (
        text.replace("\\", "&#92;")
        .replace("`", "&#96;")
        .replace("${", "&#36;{")
        .replace("{{", "&#123;{")
        .replace("{%", "&#123;%")
    )


def _add_stations(view: folium.Map, tables: PlanTables) -> None:
    if tables.stations is None:
        return
    points = tables.stations.to_crs("EPSG:4326")
    for s in points.itertuples(index=False):
        kind = "Station" if s.existing else "New station"
        marker = folium.CircleMarker(
            [round(s.geometry.y, DIGITS), round(s.geometry.x, DIGITS)], radius=7, color="#ffffff", weight=2, fill=True,
            fill_color="#08306b" if s.existing else "#cb181d", fill_opacity=1.0,
        )  # fmt: skip
        folium.Tooltip(_for_template(f"<b>{kind}</b><br>{escape(str(s.station))}")).add_to(marker)
        marker.add_to(view)


def _residents(count: float, plain: bool = False) -> str:
    """Return residents in words, not below the threshold of publication; nothing where they are unknown."""
    if count is None or np.isnan(count):
        return ""
    shown = "fewer than 5" if 0 < round(count) < 5 else f"{round(count):,}"
    return shown if plain else f"<br>{shown} residents"


def _walk(unit: Any) -> str:
    if unit.station is None:
        return "no station can be reached on foot" if not np.isfinite(unit.walk_minutes) else ""
    return f"{unit.walk_minutes:.0f} minutes on foot to {unit.station}"


def _in_script(value: Any) -> str:
    """Return JSON that may stand in a script: no text in it can end the script."""
    text = json.dumps(value, ensure_ascii=False)
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
