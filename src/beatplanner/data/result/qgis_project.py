"""A QGIS project beside ``plan.gpkg``, for every QGIS from 3.16: the plan's layers in groups, with styles, names of columns and two print layouts.

What the plan does not hold itself (today's beats, rivers, forums) lies in ``plan_ground.gpkg`` beside it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import pyogrio
from pyproj import CRS

from beatplanner.data.formats import geometry
from beatplanner.data.notices import write_notice
from beatplanner.data.result.folder import INTERNAL
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.qgis_layouts import layouts
from beatplanner.data.result.styles import GEOPACKAGE, add_styles, ground_styles, style_of

# The oldest QGIS that is still used; a newer one opens its projects without a word.
QGIS_VERSION = "3.16.0-Hannover"
GROUND = "plan_ground.gpkg"
# QGIS reads ids of at least eleven letters only.
# Groups from the top of the legend down: name, file, and layers with what QGIS calls their geometry, their titles and whether they are shown.
GROUPS = (
    (
        "Today and ground",
        GROUND,
        (
            ("forums", "Point", "Forums", True),
            ("today", "Polygon", "Today's beats", False),
            ("river", "Line", "River and other barriers", True),
        ),
    ),
    (
        "Plan (internal: do not hand out)",
        "plan.gpkg",
        (
            ("stations", "Point", "Stations", True),
            ("beats", "Polygon", "Beats", True),
            ("catchments", "Polygon", "Catchments", False),
            ("stops", "Point", "Mobile stops", False),
            ("sites", "Point", "Candidate sites", False),
        ),
    ),
    (
        "Data (internal: do not hand out)",
        "plan.gpkg",
        (("units", "Polygon", "Areas", True),),
    ),
)
# What the legend of a printed page names.
ON_THE_PAGE = ("forums", "river", "stations")
# What columns are called, with their units.
ALIASES = {
    "beat": "Beat",
    "name": "Name",
    "municipality": "Municipality",
    "unit": "Area",
    "current": "Today's beat",
    "workload": "Workload (hours a year)",
    "population": "Residents",
    "deviation": "Deviation from the mean (share)",
    "officers_required": "Officers that the work needs",
    "posts": "Posts",
    "compactness": "Compactness (Polsby-Popper)",
    "languages": "Languages of at least 10 % of residents",
    "moved_in": "Residents from other beats of today",
    "centre_unit": "Centre area",
    "station": "Station",
    "existing": "There today",
    "residents_within_limit": "Residents within the walking limit",
    "mean_walk_minutes": "Mean walk (minutes)",
    "walk_minutes": "Walk to the station (minutes)",
    "reactive_hours": "Calls for service (hours a year)",
    "community_hours": "Community work (hours a year)",
    "fixed_hours": "Fixed duties (hours a year)",
    "incidents": "Incidents (a year)",
    "cost": "Cost",
    "chosen": "Chosen",
    "minutes": "Minutes on foot",
    "venue": "Venue",
    "first": "First meeting",
}


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
        options: dict[str, Any] = {} if path.exists() else {"dataset_options": GEOPACKAGE}
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists(), **options)
    if layers:
        add_styles(path, {n: q for n, q in ground_styles().items() if n in layers})
        write_notice(path, INTERNAL)
    return list(layers)


def write_qgis_project(path: Path, tables: PlanTables) -> None:
    """Write the project; its layers lie in ``plan.gpkg`` and ``plan_ground.gpkg`` of the same folder.

    Parameters
    ----------
    path
        The project, ``plan.qgs``.
    tables
        The plan, for its extent and names.
    """
    crs = CRS.from_user_input(tables.units.crs)
    system = _system(crs)
    west, south, east, north = (float(v) for v in tables.units.total_bounds)
    extent = f"<xmin>{west:.3f}</xmin><ymin>{south:.3f}</ymin><xmax>{east:.3f}</xmax><ymax>{north:.3f}</ymax>"
    shown, groups, order, legend = [], [], [], []
    for group, file, wanted in GROUPS:
        package = path.with_name(file)
        there = {str(name) for name, _ in pyogrio.list_layers(package)} if package.is_file() else set()
        tree = []
        for name, kind, title, visible in wanted:
            if name not in there:
                continue
            shown.append(_layer(package, name, kind, title, system))
            order.append(name)
            if name in ON_THE_PAGE:
                legend.append(
                    f'<layer-tree-layer id="beatplanner_{name}" name={quoteattr(title)} source={quoteattr(_source(file, name))} providerKey="ogr" checked="Qt::Checked" expanded="1"/>'
                )
            checked = "Qt::Checked" if visible else "Qt::Unchecked"
            tree.append(
                f'<layer-tree-layer id="beatplanner_{name}" name={quoteattr(title)} source={quoteattr(_source(file, name))} providerKey="ogr" checked="{checked}" expanded="0"/>'
            )
        if tree:
            groups.append(
                f'<layer-tree-group name={quoteattr(group)} checked="Qt::Checked" expanded="1">{"".join(tree)}</layer-tree-group>'
            )
    title = str(tables.summary["project"])
    part = 10.0 ** (len(str(int(max(east - west, north - south) / 10))) - 1)
    custom = "".join(f"<item>beatplanner_{n}</item>" for n in order)
    path.write_text(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="{QGIS_VERSION}" projectname={quoteattr(title)}><title>{escape(title)} (internal)</title><projectCrs>{system}</projectCrs>'
        f'<layer-tree-group>{"".join(groups)}<custom-order enabled="0">{custom}</custom-order></layer-tree-group>'
        f'<mapcanvas name="theMapCanvas"><units>meters</units><extent>{extent}</extent><rotation>0</rotation><destinationsrs>{system}</destinationsrs></mapcanvas>'
        f"<projectlayers>{''.join(shown)}</projectlayers>{layouts(title, (west, south, east, north), part, ''.join(legend))}"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths><SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys></properties></qgis>\n',
        encoding="utf-8",
    )


def _source(file: str, name: str) -> str:
    return f"./{file}|layername={name}"


def _layer(package: Path, name: str, kind: str, title: str, system: str) -> str:
    """Return a layer with its style and the names of its columns."""
    style = style_of(package, name) or ""
    inner = re.sub(r"^.*?<qgis[^>]*>|</qgis>\s*$", "", style, flags=re.DOTALL)
    labels = ' labelsEnabled="1"' if "labelsEnabled" in style else ""
    fields = [str(f) for f in pyogrio.read_info(package, layer=name)["fields"]]
    aliases = _aliases(fields)
    return (
        f'<maplayer type="vector" geometry="{kind}" styleCategories="AllStyleCategories"{labels}><id>beatplanner_{name}</id>'
        f"<datasource>{escape(_source(package.name, name))}</datasource><layername>{escape(title)}</layername><abstract>{INTERNAL}</abstract><srs>{system}</srs>"
        f'<provider encoding="UTF-8">ogr</provider>{inner}{aliases}</maplayer>'
    )


def _aliases(fields: list[str]) -> str:
    """Return what columns are called; the first column of a GeoPackage is its key."""
    known: Mapping[str, str] = ALIASES
    found = "".join(
        f'<alias field={quoteattr(f)} index="{i}" name={quoteattr(known.get(f) or _words(f))}/>'
        for i, f in enumerate(["fid", *fields])
        if f != "fid"
    )
    return f"<aliases>{found}</aliases>"


def _words(column: str) -> str:
    """Return what a column without a name of its own is called."""
    if column.startswith("group_"):
        return f"Residents who speak {column.removeprefix('group_').replace('_', ' ').title()}"
    return column.replace("_", " ").capitalize()


def _system(crs: CRS) -> str:
    """Return a CRS as QGIS writes it."""
    authority = crs.to_authority()
    code = f"<authid>{authority[0]}:{authority[1]}</authid>" if authority else ""
    with warnings.catch_warnings():
        # a PROJ string says less than the WKT beside it, and QGIS reads it only where it cannot read that
        warnings.simplefilter("ignore", UserWarning)
        proj = crs.to_proj4()
    return f"<spatialrefsys><wkt>{escape(crs.to_wkt())}</wkt><proj4>{escape(proj)}</proj4><srsid>0</srsid><srid>0</srid>{code}</spatialrefsys>"
