"""The print layouts of the QGIS project: a page of the whole plan on A3, and an atlas with a page for each beat."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import quoteattr

# The types of items of a layout, as QGIS numbers them.
PAGE, MAP, LABEL, LEGEND, SCALE_BAR = 65638, 65639, 65641, 65642, 65646


def layouts(title: str, extent: tuple[float, float, float, float], metres_per_part: float, legend: str = "") -> str:
    """Return both layouts as the XML of a QGIS project.

    Parameters
    ----------
    title
        Of the plan.
    extent
        West, south, east, north of the whole plan, in the project's CRS.
    metres_per_part
        Length of a part of the scale bar of the overview, metres.
    legend
        The layers that the legend of each page names, as the XML of a tree of layers; beats are named on the map itself.
    """
    overview = _layout(
        "A3 overview", (420.0, 297.0), (14.0, 22.0, 392.0, 250.0), title, extent, metres_per_part, False, legend
    )
    heading = '[% CASE WHEN "name" = \'Beat \' || "beat" THEN \'Beat \' || "beat" ELSE "name" || \' (\' || "beat" || \')\' END %]'
    atlas = _layout(
        "Atlas of beats", (210.0, 297.0), (14.0, 22.0, 182.0, 250.0), heading, extent, metres_per_part / 2, True, legend
    )
    return f"<Layouts>{overview}{atlas}</Layouts>"


def _layout(
    name: str,
    paper: tuple[float, float],
    frame: tuple[float, float, float, float],
    heading: str,
    extent: tuple[float, float, float, float],
    metres_per_part: float,
    atlas: bool,
    legend: str,
) -> str:
    left, top, width, height = frame
    west, south, east, north = _filled(extent, width / height)
    page, chart = _id(name, "page"), _id(name, "map")
    common = 'visibility="1" opacity="1" background="false" frame="false" excludeFromExports="0" itemRotation="0" referencePoint="0"'
    own = (
        '<AtlasMap margin="0.1" scalingMode="2" atlasDriven="1"/>'
        if atlas
        else '<AtlasMap margin="0.1" scalingMode="0" atlasDriven="0"/>'
    )
    bar = (
        f'<LayoutItem type="{SCALE_BAR}" uuid="{_id(name, "bar")}" {common} zValue="3" position="{left},{top + height + 4},mm" '
        f'positionOnPage="{left},{top + height + 4},mm" size="90,12,mm" style="Single Box" numSegments="4" numSegmentsLeft="0" height="3" '
        f'numUnitsPerSegment="{metres_per_part:g}" numMapUnitsPerScaleBarUnit="1" unitLabel="m" unitType="meters" segmentSizeMode="0" '
        f'mapUuid="{chart}"/>'
    )
    key = (
        f'<LayoutItem type="{LEGEND}" uuid="{_id(name, "key")}" {common} zValue="4" position="{left + width},{top + height + 3},mm" '
        f'positionOnPage="{left + width},{top + height + 3},mm" size="80,12,mm" title="" columnCount="3" splitLayer="0" equalColumnWidth="0" resizeToContents="1" '
        f'symbolWidth="6" symbolHeight="4" map_uuid="{chart}"><layer-tree-group>{legend}</layer-tree-group></LayoutItem>'.replace(
            'referencePoint="0"', 'referencePoint="2"'
        )
        if legend
        else ""
    )
    coverage = (
        '<Atlas enabled="1" coverageLayer="beatplanner_beats" coverageLayerName="beats" coverageLayerProvider="ogr" hideCoverage="0" '
        'sortFeatures="1" sortKey="&quot;name&quot;" sortAscending="1" filterFeatures="0" filenamePattern="\'beat_\' || &quot;beat&quot;" '
        'pageNameExpression="&quot;name&quot;"/>'
        if atlas
        else '<Atlas enabled="0"/>'
    )
    return (
        f'<Layout name={quoteattr(name)} units="mm" printResolution="300" worldFileMap="">'
        f'<PageCollection><LayoutItem type="{PAGE}" uuid="{page}" size="{paper[0]},{paper[1]},mm" position="0,0,mm" positionOnPage="0,0,mm" visibility="1" background="true"/></PageCollection>'
        f'<LayoutItem type="{MAP}" uuid="{chart}" {common.replace("frame=" + chr(34) + "false", "frame=" + chr(34) + "true")} zValue="1" '
        f'position="{left},{top},mm" positionOnPage="{left},{top},mm" size="{width},{height},mm" mapRotation="0" keepLayerSet="false" followPreset="false">'
        f'<Extent xmin="{west:.3f}" ymin="{south:.3f}" xmax="{east:.3f}" ymax="{north:.3f}"/><LayerSet/>{own}</LayoutItem>'
        f'<LayoutItem type="{LABEL}" uuid="{_id(name, "head")}" {common} zValue="2" position="{left},8,mm" positionOnPage="{left},8,mm" '
        f'size="{width},11,mm" labelText={quoteattr(heading)} htmlState="0" halign="1" valign="128"><LabelFont description="Sans,18,-1,5,75,0,0,0,0,0"/></LayoutItem>'
        f"{bar}{key}{coverage}</Layout>"
    )


def _filled(extent: tuple[float, float, float, float], ratio: float) -> tuple[float, float, float, float]:
    """Return an extent a little wider that has the frame's ratio of width to height."""
    west, south, east, north = extent
    wide, high = 1.04 * (east - west), 1.04 * (north - south)
    wide, high = max(wide, high * ratio), max(high, wide / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _id(layout: str, item: str) -> str:
    """Return an id that is the same in every run."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"beatplanner/{layout}/{item}")) + "}"
