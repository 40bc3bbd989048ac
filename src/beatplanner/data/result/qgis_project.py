"""A QGIS project beside ``plan.gpkg``: the plan's layers in order, with the styles that the GeoPackage carries."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyogrio
from pyproj import CRS

from beatplanner.data.result.folder import INTERNAL
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.styles import style_of

# QGIS reads ids of at least eleven letters only.
# From the top of the legend down, with what QGIS calls their geometry.
LAYERS = (("stations", "Point"), ("beats", "Polygon"), ("sites", "Point"), ("units", "Polygon"))


def write_qgis_project(path: Path, tables: PlanTables) -> None:
    """Write the project; its layers lie in ``plan.gpkg`` of the same folder.

    Parameters
    ----------
    path
        The project, ``plan.qgs``.
    tables
        The plan, for its extent and names.
    """
    package = path.with_name("plan.gpkg")
    there = {str(name) for name, _ in pyogrio.list_layers(package)}
    crs = CRS.from_user_input(tables.units.crs)
    system = _system(crs)
    west, south, east, north = tables.units.total_bounds
    extent = f"<xmin>{west:.3f}</xmin><ymin>{south:.3f}</ymin><xmax>{east:.3f}</xmax><ymax>{north:.3f}</ymax>"
    layers, tree = [], []
    for name, geometry in LAYERS:
        if name not in there:
            continue
        source = f"./plan.gpkg|layername={name}"
        style = style_of(package, name) or ""
        inner = re.sub(r"^.*?<qgis[^>]*>|</qgis>\s*$", "", style, flags=re.DOTALL)
        labels = ' labelsEnabled="1"' if "labelsEnabled" in style else ""
        layers.append(
            f'<maplayer type="vector" geometry="{geometry}" styleCategories="AllStyleCategories"{labels}><id>beatplanner_{name}</id>'
            f"<datasource>{escape(source)}</datasource><layername>{name}</layername><abstract>{INTERNAL}</abstract><srs>{system}</srs>"
            f'<provider encoding="UTF-8">ogr</provider>{inner}</maplayer>'
        )
        checked = "Qt::Unchecked" if name == "sites" else "Qt::Checked"
        tree.append(
            f'<layer-tree-layer id="beatplanner_{name}" name="{name}" source={quoteattr(source)} providerKey="ogr" checked="{checked}" expanded="0"/>'
        )
    title = str(tables.summary["project"])
    path.write_text(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.28.0" projectname={quoteattr(title)}><title>{escape(title)} (internal)</title><projectCrs>{system}</projectCrs>'
        f'<layer-tree-group><layer-tree-group name="Internal: do not hand out" checked="Qt::Checked" expanded="1">{"".join(tree)}</layer-tree-group></layer-tree-group>'
        f'<mapcanvas name="theMapCanvas"><units>meters</units><extent>{extent}</extent><rotation>0</rotation><destinationsrs>{system}</destinationsrs></mapcanvas>'
        f"<projectlayers>{''.join(layers)}</projectlayers>"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths><SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys></properties></qgis>\n',
        encoding="utf-8",
    )


def _system(crs: CRS) -> str:
    """Return a CRS as QGIS writes it."""
    authority = crs.to_authority()
    code = f"<authid>{authority[0]}:{authority[1]}</authid>" if authority else ""
    with warnings.catch_warnings():
        # a PROJ string says less than the WKT beside it, and QGIS reads it only where it cannot read that
        warnings.simplefilter("ignore", UserWarning)
        proj = crs.to_proj4()
    return f"<spatialrefsys><wkt>{escape(crs.to_wkt())}</wkt><proj4>{escape(proj)}</proj4><srsid>0</srsid><srid>0</srid>{code}</spatialrefsys>"
