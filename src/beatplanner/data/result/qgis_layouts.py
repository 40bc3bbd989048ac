"""The print layouts of the QGIS project: a page of the whole plan on A3, and an atlas with a page for each beat.

Each sheet has a heading, a map with the coordinates at its edge and an arrow to the grid's north, a scale, a legend, its CRS, its number and the word that it is internal.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from beatplanner.data.result import qgis_words as words
from beatplanner.data.result.styles import by_expression

# The types of items of a layout, as QGIS numbers them.
PAGE, MAP, PICTURE, LABEL, LEGEND, SCALE_BAR = 65638, 65639, 65640, 65641, 65642, 65646
# Millimetres: around the map, above it and below it.
EDGE, ABOVE, BELOW = 14.0, 22.0, 36.0
# Millimetres of a letter and of a line of the list of beats.
LETTER, LINE = 1.35, 3.0
COMMON = 'visibility="1" opacity="1" background="false" frame="false" excludeFromExports="0" itemRotation="0"'
FRAMED = COMMON.replace('frame="false"', 'frame="true"')


@dataclass(frozen=True)
class Sheets:
    """What the sheets are of.

    Attributes
    ----------
    title
        Of the plan.
    extent
        West, south, east, north of the whole plan, in the project's CRS (metres).
    beats
        How many beats there are: pages of the atlas.
    crs, datum
        What the coordinates are in.
    legend
        The layers that the legend of each page names, as the XML of a tree of layers.
    draft
        The word that stands across each page of a draft, and why it is one; empty where it is none.
    names
        Beats with a name, as "10 Kej": a small beat has its number alone on the overview.
    """

    title: str
    extent: tuple[float, float, float, float]
    beats: int
    crs: str
    datum: str
    legend: str
    draft: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def layouts(sheets: Sheets, says: words.Says) -> str:
    """Return both layouts as the XML of a QGIS project; a town that is higher than wide has an upright overview."""
    west, south, east, north = sheets.extent
    paper = (420.0, 297.0) if east - west >= north - south else (297.0, 420.0)
    overview = _layout(says.text(words.OVERVIEW), paper, sheets, says, atlas=False)
    return f"<Layouts>{overview}{_layout(says.text(words.ATLAS), (210.0, 297.0), sheets, says, atlas=True)}</Layouts>"


def _layout(name: str, paper: tuple[float, float], sheets: Sheets, says: words.Says, atlas: bool) -> str:
    kind = "atlas" if atlas else "overview"
    width = paper[0] - 2 * EDGE
    # a page of the atlas is near enough for names
    listed = "" if atlas or not sheets.names else f"{says.text(words.LAYERS[0])}: {'; '.join(sheets.names)}"
    below = math.ceil(len(listed) * LETTER / width) * LINE + (2.0 if listed else 0.0)
    height = paper[1] - ABOVE - BELOW - below
    west, south, east, north = _filled(sheets.extent, width, height)
    chart, foot = _id(kind, "map"), ABOVE + height
    whole = sheets.beats + 1
    number = "[% @atlas_featurenumber + 1 %]" if atlas else "1"
    scale = says.text("Scale 1 : {n}", n="[% format_number(map_get(item_variables('map'), 'map_scale'), 0) %]")
    own = (
        '<AtlasMap margin="0.1" scalingMode="2" atlasDriven="1"/>' + _round_scale(width, height)
        if atlas
        else '<AtlasMap margin="0.1" scalingMode="0" atlasDriven="0"/>'
    )
    items = [
        f'<LayoutItem type="{MAP}" uuid="{chart}" id="map" {_at(EDGE, ABOVE, width, height)} {FRAMED} zValue="1" '
        f'mapRotation="0" keepLayerSet="false" followPreset="false"><Extent xmin="{west:.3f}" ymin="{south:.3f}" xmax="{east:.3f}" ymax="{north:.3f}"/>'
        f"<LayerSet/>{_grid(kind)}{own}</LayoutItem>",
        _label(
            kind,
            "head",
            f"[% {_beat_called(says)} %]" if atlas else sheets.title,
            (EDGE, 8.0, width * 0.7, 11.0),
            16,
            bold=True,
        ),
        _label(kind, "internal", says.text(words.INTERNAL), (EDGE + width * 0.7, 7.0, width * 0.3, 6.0), 8, right=True),
        f'<LayoutItem type="{PICTURE}" uuid="{_id(kind, "north")}" {_at(EDGE + width - 14, ABOVE + 6, 9, 12)} {COMMON} zValue="5" file="arrows/NorthArrow_02.svg" mode="2" '
        f'resizeMode="0" anchorPoint="0" northMode="0" northOffset="0" mapUuid="{chart}" svgFillColor="255,255,255,255" svgBorderColor="0,0,0,255" svgBorderWidth="0.2"/>',
        f'<LayoutItem type="{SCALE_BAR}" uuid="{_id(kind, "bar")}" {_at(EDGE, foot + 3, 90, 12)} {COMMON} zValue="3" style="Single Box" numSegments="4" numSegmentsLeft="0" '
        f'height="3" numUnitsPerSegment="1000" numMapUnitsPerScaleBarUnit="1" unitLabel="m" unitType="meters" segmentSizeMode="1" minBarWidth="35" maxBarWidth="75" mapUuid="{chart}">'
        '<text-style fontSize="9" fontSizeUnit="Point" textColor="0,0,0,255"/></LayoutItem>',
        _label(kind, "scale", scale, (EDGE + width - 80, foot + 4, 80.0, 8.0), 10, right=True),
        _label(
            kind,
            "crs",
            says.text(words.GRID, crs=sheets.crs, datum=sheets.datum),
            (EDGE, foot + 28 + below, width, 6.0),
            7,
        ),
        _label(
            kind,
            "sheet",
            says.text(words.SHEET, n=number, all=whole),
            (EDGE + width * 0.7, 13.0, width * 0.3, 6.0),
            8,
            right=True,
        ),
    ]
    if listed:
        items.append(_label(kind, "beats", listed, (EDGE, foot + 27, width, below), 6))
    if sheets.draft:
        said = _label(kind, "draft", ". ".join(sheets.draft), (EDGE, 1.5, width, 5.5), 8, bold=True)
        across = _label(kind, "across", sheets.draft[0], (EDGE, ABOVE, width, height), 110, bold=True)
        # pale, over the map and in its middle
        across = across.replace('opacity="1"', 'opacity="0.2"').replace('zValue="2"', 'zValue="6"')
        items += [said, across.replace('halign="1"', 'halign="4"')]
    if sheets.legend:
        items.append(_key(kind, sheets.legend, chart, (EDGE, foot + 15, width, 10), columns=3 if atlas else 6))
    coverage = (
        '<Atlas enabled="1" coverageLayer="beatplanner_beats" coverageLayerName="beats" coverageLayerProvider="ogr" hideCoverage="0" '
        'sortFeatures="1" sortKey="&quot;name&quot;" sortAscending="1" filterFeatures="0" filenamePattern="\'beat_\' || &quot;beat&quot;" '
        f"pageNameExpression={quoteattr(_beat_called(says))}/>"
        if atlas
        else '<Atlas enabled="0"/>'
    )
    return (
        f'<Layout name={quoteattr(name)} units="mm" printResolution="300" worldFileMap="">'
        f'<PageCollection><LayoutItem type="{PAGE}" uuid="{_id(kind, "page")}" size="{paper[0]:g},{paper[1]:g},mm" position="0,0,mm" positionOnPage="0,0,mm" visibility="1" background="true"/></PageCollection>'
        f"{''.join(items)}{coverage}</Layout>"
    )


def _key(kind: str, legend: str, chart: str, place: tuple[float, float, float, float], columns: int) -> str:
    """Return the legend."""
    fonts = "".join(
        f'<style name="{style}" alignment="1" marginTop="2" marginLeft="2"><styleFont description="Sans,9,-1,5,50,0,0,0,0,0"/></style>'
        for style in ("title", "group", "subgroup", "symbolLabel")
    )
    return (
        f'<LayoutItem type="{LEGEND}" uuid="{_id(kind, "key")}" {_at(*place)} {COMMON} zValue="4" title="" columnCount="{columns}" splitLayer="1" '
        f'equalColumnWidth="0" columnSpace="4" boxSpace="0" resizeToContents="1" symbolWidth="6" symbolHeight="4" map_uuid="{chart}"><styles>{fonts}</styles>'
        f"<layer-tree-group>{_without_titles(legend)}</layer-tree-group></LayoutItem>"
    )


def _beat_called(says: words.Says) -> str:
    """Return the name of the page's beat with its number, or what a beat without a name is called, as an expression of QGIS."""
    plain = "'" + says.text(words.NUMBERED).replace("'", "''").replace("{name}", "' || \"beat\" || '") + "'"
    return (
        'CASE WHEN "name" IN (\'\', "beat", \'Beat \' || "beat") THEN '
        + plain
        + " ELSE \"name\" || ' (' || \"beat\" || ')' END"
    )


def _at(left: float, top: float, width: float, height: float) -> str:
    return f'position="{left:g},{top:g},mm" positionOnPage="{left:g},{top:g},mm" size="{width:g},{height:g},mm" referencePoint="0"'


def _label(
    layout: str,
    item: str,
    text: str,
    place: tuple[float, float, float, float],
    size: int,
    bold: bool = False,
    right: bool = False,
) -> str:
    return (
        f'<LayoutItem type="{LABEL}" uuid="{_id(layout, item)}" {_at(*place)} {COMMON} zValue="2" labelText={quoteattr(text)} htmlState="0" '
        f'halign="{2 if right else 1}" valign="128"><LabelFont description="Sans,{size},-1,5,{75 if bold else 50},0,0,0,0,0"/></LayoutItem>'
    )


def _grid(layout: str) -> str:
    """Return ticks and coordinates inside the map's frame."""
    sides = " ".join(
        f'{side}AnnotationDisplay="0" {side}AnnotationPosition="0" {side}AnnotationDirection="{1 if side in ("left", "right") else 0}"'
        for side in ("left", "right", "top", "bottom")
    )
    return (
        f'<ComposerMapGrid uuid="{_id(layout, "grid")}" name="grid" show="1" position="3" gridStyle="3" unit="3" minimumIntervalWidth="40" maximumIntervalWidth="80" intervalX="1000" intervalY="1000" offsetX="0" offsetY="0" '
        f'gridFrameStyle="2" gridFrameSideFlags="15" gridFrameWidth="2" gridFramePenThickness="0.2" gridFramePenColor="0,0,0,255" showAnnotation="1" annotationPrecision="0" annotationFormat="0" '
        f'frameAnnotationDistance="2.5" blendMode="0" crossLength="3" {sides}><text-style fontSize="6" fontSizeUnit="Point" textColor="60,60,60,255">'
        '<text-buffer bufferDraw="1" bufferSize="0.5" bufferSizeUnits="MM" bufferColor="255,255,255,200"/></text-style></ComposerMapGrid>'
    )


def _without_titles(legend: str) -> str:
    """Return a legend's layers without the layer's own title over several symbols, which say enough."""
    hidden = '<customproperties><property key="legend/title-style" value="hidden"/></customproperties>'
    first, *others = legend.split('id="beatplanner_stations"')
    return (
        legend
        if not others
        else first + 'id="beatplanner_stations"' + others[0].replace("/>", f">{hidden}</layer-tree-layer>", 1)
    )


def _round_scale(width: float, height: float) -> str:
    """Return what gives a page of the atlas the largest scale that shows its beat, with an edge, and whose number is round."""
    needed = f"1.15 * max(bounds_width(@atlas_geometry) / {width / 1000:g}, bounds_height(@atlas_geometry) / {height / 1000:g})"
    expression = f"with_variable('n', {needed}, ceil(@n / (10 ^ floor(log10(@n)) / 4)) * 10 ^ floor(log10(@n)) / 4)"
    return f"<LayoutObject>{by_expression({'dataDefinedMapScale': expression}, 'dataDefinedProperties')}</LayoutObject>"


def _filled(
    extent: tuple[float, float, float, float], width: float, height: float
) -> tuple[float, float, float, float]:
    """Return an extent a little wider that fills a frame (millimetres) at a round scale."""
    west, south, east, north = extent
    needed = 1040 * max((east - west) / width, (north - south) / height, 1e-3)
    step = 10 ** math.floor(math.log10(needed)) / 4
    scale = math.ceil(needed / step) * step
    x, y, wide, high = (west + east) / 2, (south + north) / 2, scale * width / 1000, scale * height / 1000
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _id(layout: str, item: str) -> str:
    """Return an id that is the same in every run."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"beatplanner/{layout}/{item}")) + "}"
