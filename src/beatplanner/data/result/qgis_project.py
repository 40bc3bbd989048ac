"""A QGIS project beside ``plan.gpkg``, for every QGIS from 3.16: the plan's layers in groups, with styles, names of columns and two print layouts.

What the plan does not hold itself (today's beats, rivers, forums) lies in ``plan_ground.gpkg`` beside it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import pyogrio
import shapely
from pyproj import CRS

from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import code_of
from beatplanner.data.formats.geopackages import append_layer
from beatplanner.data.notices import write_notice
from beatplanner.data.result import qgis_words as words
from beatplanner.data.result.folder import INTERNAL
from beatplanner.data.result.names import beat_title
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.qgis_layouts import PAGES, Lists, Sheets, layouts
from beatplanner.data.result.station_names import station_names
from beatplanner.data.result.styles import (
    NAMELESS,
    add_styles,
    by_station,
    ground_styles,
    layer_styles,
    station_letters,
    style_of,
)

# The oldest QGIS that is still used; a newer one opens its projects without a word.
QGIS_VERSION = "3.16.0-Hannover"
GROUND = "plan_ground.gpkg"
# Groups from the top of the legend down: name, file, and layers with what QGIS calls their geometry, their titles and whether they are shown.
GROUPS = (
    (
        words.GROUND,
        GROUND,
        (
            ("forums", "Point", words.FORUMS, True),
            ("today", "Polygon", words.TODAY, False),
            ("river", "Line", words.RIVER, True),
        ),
    ),
    (
        words.PLAN,
        "plan.gpkg",
        (
            ("stations", "Point", words.STATION, True),
            ("commands", "Polygon", words.COMMANDS, True),
            ("sectors", "Polygon", words.SECTORS, True),
            ("beats", "Polygon", "Beats", True),
            ("catchments", "Polygon", "Catchments", False),
            ("stops", "Point", "Mobile stops", False),
            ("sites", "Point", "Candidate sites", False),
        ),
    ),
    (
        words.DATA,
        "plan.gpkg",
        (("units", "Polygon", "Areas", True),),
    ),
)
# What is drawn over what, from the top down: borders of areas are seen in their beat, a forum's ring around a station's sign.
OVER = ("stations", "forums", "stops", "sites", "river", "commands", "sectors", "today", "catchments", "units", "beats")
# What the legend of a printed page names; beats are named on the map itself, and one of them stands for all.
ON_THE_PAGE = ("stations", "forums", "commands", "sectors", "river", "units")


def write_ground(
    path: Path, tables: PlanTables, waters: gpd.GeoSeries | None, forums: gpd.GeoDataFrame | None
) -> list[str]:
    """Write what QGIS shows beside the plan: today's beats, rivers and forums.

    Parameters
    ----------
    path
        ``plan_ground.gpkg``.
    tables
        The plan.
    waters
        Lines of rivers and other barriers.
    forums
        Points with ``beat``, ``venue``, ``first``.

    Returns
    -------
    list of str
        The layers written; no file where there are none.
    """
    path.unlink(missing_ok=True)
    layers: dict[str, gpd.GeoDataFrame] = {}
    units = tables.units
    if "current" in units and units["current"].notna().any():
        known = units[units["current"].notna()]
        layers["today"] = geometry.dissolved(known, "current").rename(columns={"current": "beat"})[["beat", "geometry"]]
    if waters is not None and len(waters):
        layers["river"] = gpd.GeoDataFrame({"name": [""] * len(waters)}, geometry=list(waters), crs=units.crs)
    if forums is not None and len(forums):
        layers["forums"] = forums
    for name, frame in layers.items():
        append_layer(path, name, frame)
    if layers:
        add_styles(path, {n: q for n, q in ground_styles(_station_places(tables)).items() if n in layers})
        write_notice(path, INTERNAL)
    return list(layers)


def write_qgis_project(
    path: Path,
    tables: PlanTables,
    says: words.Says | None = None,
    draft: Sequence[str] = (),
    accepted: Mapping[str, str] | None = None,
) -> None:
    """Write the project; its layers lie in ``plan.gpkg`` and ``plan_ground.gpkg`` of the same folder.

    Parameters
    ----------
    path
        The project, ``plan.qgs``.
    tables
        The plan, for its extent and names.
    says
        The force's language, such as a `Speech`; English where it is not given.
    draft
        The word for a draft in that language, and why the plan is one; empty where it is none.
    accepted
        As for `draft_reasons`.
    """
    says = says or words.English()
    crs = tables.units.crs
    assert crs is not None
    system = _system(crs)
    west, south, east, north = (float(v) for v in tables.units.total_bounds)
    extent = f"<xmin>{west:.3f}</xmin><ymin>{south:.3f}</ymin><xmax>{east:.3f}</xmax><ymax>{north:.3f}</ymax>"
    letters = station_letters(tables)
    styles = layer_styles(tables, says, accepted, letters) | ground_styles(_station_places(tables))
    shown: dict[str, str] = {}
    groups: list[str] = []
    legend: dict[str, str] = {}
    for group, file, wanted in GROUPS:
        package = path.with_name(file)
        there = {str(name) for name, _ in pyogrio.list_layers(package)} if package.is_file() else set[str]()
        tree: list[str] = []
        for name, kind, english, visible in wanted:
            if name not in there:
                continue
            title = says.text(english)
            style = styles.get(name) or style_of(package, name) or ""
            shown[name] = _layer(package, name, kind, title, system, style, says)
            entry = (
                f'<layer-tree-layer id="beatplanner_{name}" name={quoteattr(title)} source={quoteattr(_source(file, name))} providerKey="ogr" '
                f'checked="Qt::{"Checked" if visible else "Unchecked"}" expanded="0"/>'
            )
            tree.append(entry)
            if name in ON_THE_PAGE:
                legend[name] = entry
        if tree:
            groups.append(
                f'<layer-tree-group name={quoteattr(says.text(group))} checked="Qt::Checked" expanded="1">{"".join(tree)}</layer-tree-group>'
            )
    title = says.known(str(tables.summary["project"]))
    order = "".join(f"<item>beatplanner_{n}</item>" for n in OVER if n in shown)
    sheets = Sheets(
        title,
        (west, south, east, north),
        0 if tables.beats is None else len(tables.beats),
        f"{crs.name} ({code_of(crs) or '–'})",
        "–" if crs.datum is None else crs.datum.name.removesuffix(" ensemble"),
        "".join(legend[n] for n in ON_THE_PAGE if n in legend),
        tuple(draft),
        _lists(tables, says, accepted, letters),
        _legend_of_beats(says) if "beats" in shown else "",
        () if tables.beats is None else tuple(tables.beats.geometry),
    )
    path.write_text(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="{QGIS_VERSION}" projectname={quoteattr(title)}><title>{escape(title)} ({escape(says.text(words.INTERNAL))})</title><projectCrs>{system}</projectCrs>'
        f'<layer-tree-group>{"".join(groups)}<custom-order enabled="1">{order}</custom-order></layer-tree-group>'
        f'<mapcanvas name="theMapCanvas"><units>meters</units><extent>{extent}</extent><rotation>0</rotation><destinationsrs>{system}</destinationsrs></mapcanvas>'
        f"<projectlayers>{''.join(shown.values())}</projectlayers>{layouts(sheets, says)}"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths><SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys></properties></qgis>\n',
        encoding="utf-8",
    )


def _station_places(tables: PlanTables) -> list[tuple[float, float]]:
    return (
        []
        if tables.stations is None
        else [(float(x), float(y)) for x, y in shapely.get_coordinates(tables.stations.geometry.to_numpy())]
    )


def _lists(
    tables: PlanTables, says: words.Says, accepted: Mapping[str, str] | None, letters: Mapping[str, str]
) -> tuple[Lists, ...]:
    """Return the beats that have a name of their own, by their numbers, and the stations by their letters."""
    found: list[Lists] = []
    if tables.beats is not None and "name" in tables.beats:
        pairs = [(str(b), str(n)) for b, n in zip(tables.beats["beat"], tables.beats["name"], strict=True)]
        rows = [
            (f"{b} {n}", s) for (b, n), s in zip(pairs, tables.beats.geometry, strict=True) if beat_title(b, n) != b
        ]
        rows.sort(key=lambda row: row[0].split(" ", 1)[0].rjust(12, "0"))
        if rows:
            expression = '"beat" || \' \' || "name"'
            found.append(
                Lists(says.text(words.LAYERS[0]), "beatplanner_beats", f"NOT {NAMELESS}", expression, PAGES, rows)
            )
    if tables.stations is not None and letters:
        names = {s: f"{letters[s]} {n}" for s, n in station_names(tables, says, accepted).items()}
        places = dict(zip(tables.stations["station"].astype(str), tables.stations.geometry, strict=True))
        rows = [(names[s], places[s]) for s in letters]
        order = by_station({s: f"{k:06}" for k, s in enumerate(letters)})
        found.append(Lists(says.text(words.STATION), "beatplanner_stations", "TRUE", by_station(names), order, rows))
    return tuple(found)


def _legend_of_beats(says: words.Says) -> str:
    """Return the first beat as the sign of all in a legend."""
    label = f"{says.text(words.BORDER)}. {says.text(words.FILL)}"
    kept = {"legend/title-style": "hidden", "legend/node-order": "0", "legend/label-0": label}
    properties = "".join(f"<property key={quoteattr(k)} value={quoteattr(v)}/>" for k, v in kept.items())
    return (
        '<layer-tree-layer id="beatplanner_beats" name="" providerKey="ogr" checked="Qt::Checked" expanded="0">'
        f"<customproperties>{properties}</customproperties></layer-tree-layer>"
    )


def _source(file: str, name: str) -> str:
    return f"./{file}|layername={name}"


def _layer(package: Path, name: str, kind: str, title: str, system: str, style: str, says: words.Says) -> str:
    """Return a layer with its style and the names of its columns."""
    inner = re.sub(r"^.*?<qgis[^>]*>|</qgis>\s*$", "", style, flags=re.DOTALL)
    labels = ' labelsEnabled="1"' if "labelsEnabled" in style else ""
    fields = [str(f) for f in pyogrio.read_info(package, layer=name)["fields"]]
    states = _states(says) if name == "sites" else ""
    return (
        f'<maplayer type="vector" geometry="{kind}" styleCategories="AllStyleCategories"{labels}><id>beatplanner_{name}</id>'
        f"<datasource>{escape(_source(package.name, name))}</datasource><layername>{escape(title)}</layername><abstract>{INTERNAL}</abstract><srs>{system}</srs>"
        f'<provider encoding="UTF-8">ogr</provider>{inner}{states}{_aliases(name, fields, says)}</maplayer>'
    )


def _aliases(layer: str, fields: list[str], says: words.Says) -> str:
    """Return what columns are called; the first column of a GeoPackage is its key."""
    known = words.ALIASES | words.OF_LAYER.get(layer, {})
    found = "".join(
        f'<alias field={quoteattr(f)} index="{i}" name={quoteattr(_column(f, known, says))}/>'
        for i, f in enumerate(["fid", *fields])
        if f != "fid"
    )
    return f"<aliases>{found}</aliases>"


def _column(column: str, known: Mapping[str, str], says: words.Says) -> str:
    if column in known:
        return says.text(known[column])
    if column.startswith("group_"):
        return says.text(words.SPEAKERS, language=says.language_name(column.removeprefix("group_").replace("_", " ")))
    return column.replace("_", " ").capitalize()


def _states(says: words.Says) -> str:
    """Return what the states of sites are called in tables and forms."""
    values = "".join(
        f'<Option type="Map"><Option type="QString" name={quoteattr(says.text(word))} value={quoteattr(state)}/></Option>'
        for state, word in words.STATES.items()
    )
    return (
        '<fieldConfiguration><field name="state" configurationFlags="None"><editWidget type="ValueMap"><config><Option type="Map">'
        f'<Option type="List" name="map">{values}</Option></Option></config></editWidget></field></fieldConfiguration>'
    )


def _system(crs: CRS) -> str:
    """Return a CRS as QGIS writes it."""
    name = code_of(crs)
    code = f"<authid>{name}</authid>" if name else ""
    with warnings.catch_warnings():
        # a PROJ string says less than the WKT beside it, and QGIS reads it only where it cannot read that
        warnings.simplefilter("ignore", UserWarning)
        proj = crs.to_proj4()
    return f"<spatialrefsys><wkt>{escape(crs.to_wkt())}</wkt><proj4>{escape(proj)}</proj4><srsid>0</srsid><srid>0</srid>{code}</spatialrefsys>"
