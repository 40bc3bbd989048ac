"""The print layouts of the QGIS project: a page of the whole plan on A3, and an atlas with a page for each beat.

Each sheet has a heading, a map with the coordinates at its edge and an arrow to the grid's north, a scale, a legend, its CRS, its number and the word that it is internal.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from beatplanner.data.result import qgis_words as words
from beatplanner.data.result.styles import ROOM, by_expression, outline

# The types of items of a layout, as QGIS numbers them.
PAGE, MAP, PICTURE, LABEL, LEGEND, SCALE_BAR = 65638, 65639, 65640, 65641, 65642, 65646
# Millimetres: around the map, above it and below it.
EDGE, ABOVE, BELOW = 14.0, 24.0, 55.0
# Below the map, from its foot: the scale bar, the two legends, and the lists; numbers of the grid stand between the map and the bar.
BAR, SIGNS, BEATS, LISTED = 6.0, 18.0, 36.0, 44.0
# Millimetres of a letter and of a line of the lists, and the most lines that a page gives to them.
LETTER, LINE, MOST = 1.35, 3.0, 24
COMMON = 'visibility="1" opacity="1" background="false" frame="false" excludeFromExports="0" itemRotation="0"'
# West, south, east, north in metres.
Box = tuple[float, float, float, float]
# Between two pages of a layout; a part with a page of its own is there so many times larger, and there are so many of these pages at most.
BETWEEN, LARGER, MOST_PARTS = 10.0, 1.6, 3
# Millimetres that signs in three rows, on a page of the atlas, take more than those in one.
ROWS = 10.0
ROMAN = ("I", "II", "III")
# Pages of the atlas are in the order of the numbers of their beats, as the lists are.
PAGES = "lpad(\"beat\", 12, '0')"
FRAMED = COMMON.replace('frame="false"', 'frame="true"')


@dataclass(frozen=True)
class Lists:
    """What a sheet lists below its map because the map has numbers or letters for it.

    Attributes
    ----------
    title
        Of the list.
    layer
        Its id in the project.
    where
        Which of its features have an entry, as an expression of QGIS.
    shows
        The entry of a feature, as an expression.
    order
        By what entries are sorted, as an expression.
    entries
        Each entry and where it is.
    """

    title: str
    layer: str
    where: str
    shows: str
    order: str
    entries: Sequence[tuple[str, BaseGeometry]]

    def text(self) -> str:
        """Return the whole list."""
        return f"{self.title}: {'; '.join(text for text, _ in self.entries)}"

    def on_the_page(self) -> str:
        """Return the list of what the page's map shows, as an expression; nothing where that is nothing."""
        found = (
            f"aggregate('{self.layer}', 'concatenate', {self.shows}, filter:=({self.where}) AND intersects($geometry, @shown), "
            f"concatenator:='; ', order_by:={self.order})"
        )
        title = self.title.replace("'", "''")
        return (
            "[% with_variable('shown', map_get(item_variables('map'), 'map_extent'), "
            f"with_variable('found', {found}, CASE WHEN @found <> '' THEN '{title}: ' || @found ELSE '' END)) %]"
        )

    def most_letters(self, extents: Sequence[Box]) -> int:
        """Return how long the list is at most where it tells what an extent shows."""
        shown = [[t for t, s in self.entries if shapely.intersects(s, shapely.box(*e))] for e in extents]
        return max((len(self.title) + 2 + len("; ".join(texts)) for texts in shown), default=0)


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
    lists
        Beats and stations, whose numbers and letters stand on the map where a name has no room.
    beat_legend
        What the legend says of beats, as the XML of a layer of a tree.
    shapes
        The beats: a page of the atlas each.
    """

    title: str
    extent: Box
    beats: int
    crs: str
    datum: str
    legend: str
    draft: tuple[str, ...] = ()
    lists: tuple[Lists, ...] = ()
    beat_legend: str = ""
    shapes: tuple[BaseGeometry, ...] = ()


@dataclass(frozen=True)
class LayoutPage:
    """A page of a layout.

    Attributes
    ----------
    kind
        By which the ids of its items differ from those of other pages.
    heading, number
        What is written above the map, and the number of the sheet.
    paper
        Width and height, mm.
    top
        Where the page begins in the layout, mm.
    extent
        What its map shows at least; None on a page of the atlas, which shows its beat.
    parts
        What has a page of its own, on which it is larger: its sign, the kind of that page and what its map shows.
    """

    kind: str
    heading: str
    number: str
    paper: tuple[float, float]
    top: float = 0.0
    extent: Box | None = None
    parts: tuple[tuple[str, str, Box], ...] = ()

    @property
    def width(self) -> float:
        """Return the width of its map, mm."""
        return self.paper[0] - 2 * EDGE

    @property
    def atlas(self) -> bool:
        """Return whether it is the page of the atlas."""
        return self.extent is None


def layouts(sheets: Sheets, says: words.Says) -> str:
    """Return both layouts as the XML of a QGIS project; a town that is higher than wide has an upright overview.

    What is too dense on the overview for numbers to be apart has a further page, on which it is larger.
    """
    west, south, east, north = sheets.extent
    paper = (420.0, 297.0) if east - west >= north - south else (297.0, 420.0)
    whole = LayoutPage("overview", sheets.title, "1", paper, extent=sheets.extent)
    kept = _height(whole, sheets)
    scale = _scale_of(_filled(sheets.extent, whole.width, kept), whole.width)
    found = dense_parts(sheets.shapes, scale, whole.width, kept)
    parts = tuple((ROMAN[k], f"part {k + 1}", _filled(box, whole.width, kept)) for k, box in enumerate(found))
    # a line below the map tells what the frames are
    pages = [replace(whole, parts=parts)]
    for k, (sign, kind, shown) in enumerate(parts):
        heading = f"{sheets.title} · {says.text(words.PART, letter=sign)}"
        pages.append(LayoutPage(kind, heading, str(k + 2), paper, (k + 1) * (paper[1] + BETWEEN), shown))
    all_sheets = sheets.beats + len(pages)
    atlas = LayoutPage(
        "atlas", f"[% {_beat_called(says)} %]", f"[% @atlas_featurenumber + {len(pages)} %]", (210.0, 297.0)
    )
    coverage = (
        '<Atlas enabled="1" coverageLayer="beatplanner_beats" coverageLayerName="beats" coverageLayerProvider="ogr" hideCoverage="0" '
        f'sortFeatures="1" sortKey={quoteattr(PAGES)} sortAscending="1" '
        'filterFeatures="0" filenamePattern="\'beat_\' || &quot;beat&quot;" '
        f"pageNameExpression={quoteattr(_beat_called(says))}/>"
    )
    overview = _layout(says.text(words.OVERVIEW), pages, sheets, says, all_sheets, '<Atlas enabled="0"/>')
    return (
        f"<Layouts>{overview}{_layout(says.text(words.ATLAS), [atlas], sheets, says, all_sheets, coverage)}</Layouts>"
    )


def dense_parts(shapes: Sequence[BaseGeometry], scale: float, width: float, height: float) -> list[Box]:
    """Return the parts of a map in which beats are too small for their numbers and that are much larger on a page of their own.

    Parameters
    ----------
    shapes
        Beats.
    scale
        The N of 1 : N of the map.
    width, height
        Of its frame, mm.
    """
    rest: list[BaseGeometry] = [s for s in shapes if math.sqrt(s.area) * 1000 / scale < ROOM]
    found: list[Box] = []
    while len(rest) > 1 and len(found) < MOST_PARTS:
        group = list(rest)
        while len(group) > 1 and LARGER * _scale_of(_filled(_bounds(group), width, height), width) > scale:
            # what lies farthest from the middle of the others is left for another part
            middles = np.array([(s.centroid.x, s.centroid.y) for s in group])
            group.pop(int(np.argmax(np.hypot(*(middles - np.median(middles, axis=0)).T))))
        if len(group) < 2:
            break
        found.append(_bounds(group))
        rest = [s for s in rest if not any(s is g for g in group)]
    return found


def _bounds(shapes: Sequence[BaseGeometry]) -> Box:
    west, south, east, north = (float(v) for v in shapely.total_bounds(np.array(shapes, dtype=object)))
    return west, south, east, north


def _scale_of(extent: Box, width: float) -> float:
    """Return the N of 1 : N at which an extent fills a frame so many millimetres wide."""
    return (extent[2] - extent[0]) * 1000 / width


def _height(page: LayoutPage, sheets: Sheets) -> float:
    """Return the height of a page's map, which leaves room for its lists: all of them, on a page of the atlas what a map there shows at most."""
    room = page.paper[1] - ABOVE - BELOW + (0.0 if page.atlas else ROWS)
    extents = [_filled(s.bounds, page.width, room - MOST * LINE, 1150) for s in sheets.shapes] if page.atlas else []
    lengths = [e.most_letters(extents) if page.atlas else len(e.text()) for e in sheets.lists]
    return room - LINE * min(MOST, sum(math.ceil(n * LETTER / page.width) for n in lengths))


def _layout(
    name: str, pages: Sequence[LayoutPage], sheets: Sheets, says: words.Says, all_sheets: int, coverage: str
) -> str:
    """Return a layout with its pages below one another."""
    drawn = "".join(
        f'<LayoutItem type="{PAGE}" uuid="{_id(p.kind, "page")}" size="{p.paper[0]:g},{p.paper[1]:g},mm" position="0,{p.top:g},mm" positionOnPage="0,0,mm" visibility="1" background="true"/>'
        for p in pages
    )
    items = "".join(item for p in pages for item in _items(p, sheets, says, all_sheets))
    return (
        f'<Layout name={quoteattr(name)} units="mm" printResolution="300" worldFileMap="">'
        f"<PageCollection>{drawn}</PageCollection>{items}{coverage}</Layout>"
    )


def _items(page: LayoutPage, sheets: Sheets, says: words.Says, all_sheets: int) -> list[str]:
    """Return what stands on a page."""
    kind, width, top, height = page.kind, page.width, page.top + ABOVE, _height(page, sheets)
    shown = _filled(page.extent or sheets.extent, width, height)
    foot, right = top + height, EDGE + page.width * 0.7
    chart = _id(kind, "map")
    # an id of its own on each page of a layout, by which the texts beside a map ask for its scale and extent
    called = "map" if page.kind in ("atlas", "overview") else f"map {kind}"
    # as the force's language writes it, whatever that of QGIS is
    number = f"format_number(map_get(item_variables('{called}'), 'map_scale'), 0, 'en')"
    scale = says.text("Scale 1 : {n}", n=f"[% replace({number}, ',', '{says.group()}') %]")
    lists = [(entry.on_the_page() if page.atlas else entry.text()) for entry in sheets.lists]
    if page.parts:
        lists.append(f"{', '.join(sign for sign, *_ in page.parts)}: {says.text(words.LARGER)}")
    items = [
        _map(page, called, shown, (EDGE, top, width, height)),
        _label(kind, "head", page.heading, (EDGE, page.top + 8.0, width * 0.7, 11.0), 16, bold=True),
        _label(kind, "internal", says.text(words.INTERNAL), (right, page.top + 7.0, width * 0.3, 6.0), 8, right=True),
        f'<LayoutItem type="{PICTURE}" uuid="{_id(kind, "north")}" {_at(EDGE + 94, foot + BAR - 1, 8, 11)} {COMMON} zValue="5" file="arrows/NorthArrow_02.svg" mode="2" '
        f'resizeMode="0" anchorPoint="0" northMode="0" northOffset="0" mapUuid="{chart}" svgFillColor="255,255,255,255" svgBorderColor="0,0,0,255" svgBorderWidth="0.2"/>',
        f'<LayoutItem type="{SCALE_BAR}" uuid="{_id(kind, "bar")}" {_at(EDGE, foot + BAR, 90, 12)} {COMMON} zValue="3" style="Single Box" numSegments="4" numSegmentsLeft="0" '
        f'height="3" numUnitsPerSegment="1000" numMapUnitsPerScaleBarUnit="1" unitLabel="m" unitType="meters" segmentSizeMode="1" minBarWidth="35" maxBarWidth="75" mapUuid="{chart}">'
        '<text-style fontFamily="DejaVu Sans" fontSize="9" fontSizeUnit="Point" textColor="0,0,0,255" textOpacity="1"/>'
        f'<numericFormat id="basic">{_separated(says.group())}</numericFormat></LayoutItem>',
        _label(kind, "scale", scale, (EDGE + width - 78, foot + BAR + 1, 78.0, 8.0), 10, right=True),
        _label(
            kind,
            "crs",
            says.text(words.GRID, crs=sheets.crs, datum=sheets.datum),
            (EDGE, page.top + page.paper[1] - 8.0, width, 6.0),
            7,
        ),
        _label(
            kind,
            "sheet",
            says.text(words.SHEET, n=page.number, all=all_sheets),
            (right, page.top + 13.0, width * 0.3, 6.0),
            8,
            right=True,
        ),
    ]
    # the overview is wide enough for one row of signs
    up = 0.0 if page.atlas else ROWS
    if lists:
        place = (EDGE, foot + LISTED - up, width, page.top + page.paper[1] - 9 - (foot + LISTED - up))
        items.append(_label(kind, "lists", "\n".join(lists), place, 6))
    if sheets.draft:
        said = _label(kind, "draft", ". ".join(sheets.draft), (EDGE, page.top + 1.5, width, 5.5), 8, bold=True)
        across = _label(kind, "across", sheets.draft[0], (EDGE, top, width, height), 110, bold=True)
        # pale, over the map and in its middle
        across = across.replace('opacity="1"', 'opacity="0.2"').replace('zValue="2"', 'zValue="6"')
        items += [said, across.replace('halign="1"', 'halign="4"')]
    if sheets.legend:
        place = (EDGE, foot + SIGNS, width, 10.0)
        items.append(_key(kind, "key", sheets.legend, chart, place, columns=3 if page.atlas else 6))
    if sheets.beat_legend:
        # a legend that leaves out what its map does not show would leave out the one beat that stands for all
        place = (EDGE, foot + BEATS - up, width, 6.0)
        items.append(_key(kind, "key of beats", sheets.beat_legend, chart, place, columns=1, whole=True))
    return items + _signs(page, shown, (EDGE, top, width))


def _separated(group: str) -> str:
    """Return how whole numbers of a scale bar are written, with what stands between their thousands."""
    return (
        '<Option type="Map"><Option name="decimals" type="int" value="6"/><Option name="rounding_type" type="int" value="0"/>'
        '<Option name="show_plus" type="bool" value="false"/><Option name="show_trailing_zeros" type="bool" value="false"/>'
        f'<Option name="show_thousand_separator" type="bool" value="true"/><Option name="thousand_separator" type="QChar" value={quoteattr(group)}/></Option>'
    )


def _map(page: LayoutPage, called: str, shown: Box, place: tuple[float, float, float, float]) -> str:
    """Return the map of a page, with a frame around each part that has a page of its own."""
    own = (
        '<AtlasMap margin="0.1" scalingMode="2" atlasDriven="1"/>' + _round_scale(place[2], place[3])
        if page.atlas
        else '<AtlasMap margin="0.1" scalingMode="0" atlasDriven="0"/>'
    )
    frames = "".join(
        f'<ComposerMapOverview uuid="{_id(page.kind, "frame " + kind)}" show="1" name={quoteattr(sign)} position="3" blendMode="0" frameMap="{_id(kind, "map")}" centered="0" inverted="0">'
        f"{outline('#b2182b', 0.6)}</ComposerMapOverview>"
        for sign, kind, _ in page.parts
    )
    west, south, east, north = shown
    return (
        f'<LayoutItem type="{MAP}" uuid="{_id(page.kind, "map")}" id="{called}" {_at(*place)} {FRAMED} zValue="1" '
        f'mapRotation="0" keepLayerSet="false" followPreset="false"><Extent xmin="{west:.3f}" ymin="{south:.3f}" xmax="{east:.3f}" ymax="{north:.3f}"/>'
        f"<LayerSet/>{_grid(page.kind)}{frames}{own}</LayoutItem>"
    )


def _signs(page: LayoutPage, shown: Box, place: tuple[float, float, float]) -> list[str]:
    """Return the signs of the parts, at the corners of their frames."""
    left, top, width = place
    per_mm = (shown[2] - shown[0]) / width
    found: list[str] = []
    for sign, kind, (west, _, _, north) in page.parts:
        at = (left + (west - shown[0]) / per_mm - 9.5, top + (shown[3] - north) / per_mm - 0.5, 9.0, 7.0)
        found.append(_label(page.kind, f"sign {kind}", sign, at, 12, bold=True, right=True, colour="178,24,43,255"))
    return found


def _key(
    kind: str,
    item: str,
    legend: str,
    chart: str,
    place: tuple[float, float, float, float],
    columns: int,
    whole: bool = False,
) -> str:
    """Return a legend, which tells what its map shows; a whole one tells all."""
    fonts = "".join(
        f'<style name="{style}" alignment="1" marginTop="2" marginLeft="2"><styleFont description="Sans,9,-1,5,50,0,0,0,0,0"/></style>'
        for style in ("title", "group", "subgroup", "symbolLabel")
    )
    return (
        f'<LayoutItem type="{LEGEND}" uuid="{_id(kind, item)}" {_at(*place)} {COMMON} zValue="4" title="" legendFilterByMap="{int(not whole)}" columnCount="{columns}" splitLayer="1" '
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
    colour: str = "0,0,0,255",
) -> str:
    red, green, blue, alpha = colour.split(",")
    return (
        f'<LayoutItem type="{LABEL}" uuid="{_id(layout, item)}" id="{item}" {_at(*place)} {COMMON} zValue="2" labelText={quoteattr(text)} htmlState="0" '
        f'halign="{2 if right else 1}" valign="128"><LabelFont description="Sans,{size},-1,5,{75 if bold else 50},0,0,0,0,0"/>'
        f'<FontColor red="{red}" green="{green}" blue="{blue}" alpha="{alpha}"/></LayoutItem>'
    )


def _grid(layout: str) -> str:
    """Return ticks inside the map's frame and coordinates outside it, where they hide nothing."""
    sides = " ".join(
        f'{side}AnnotationDisplay="0" {side}AnnotationPosition="1" {side}AnnotationDirection="{1 if side in ("left", "right") else 0}"'
        for side in ("left", "right", "top", "bottom")
    )
    return (
        f'<ComposerMapGrid uuid="{_id(layout, "grid")}" name="grid" show="1" position="3" gridStyle="3" unit="3" minimumIntervalWidth="40" maximumIntervalWidth="80" intervalX="1000" intervalY="1000" offsetX="0" offsetY="0" '
        f'gridFrameStyle="2" gridFrameSideFlags="15" gridFrameWidth="2" gridFramePenThickness="0.2" gridFramePenColor="0,0,0,255" showAnnotation="1" annotationPrecision="0" annotationFormat="0" '
        f'frameAnnotationDistance="1" blendMode="0" crossLength="3" {sides}><text-style fontFamily="DejaVu Sans" fontSize="6" fontSizeUnit="Point" textColor="0,0,0,255" textOpacity="1"/>'
        "</ComposerMapGrid>"
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


def _filled(extent: Box, width: float, height: float, per_metre: float = 1040) -> Box:
    """Return an extent a little wider that fills a frame (millimetres) at a round scale."""
    west, south, east, north = extent
    needed = per_metre * max((east - west) / width, (north - south) / height, 1e-3)
    step = 10 ** math.floor(math.log10(needed)) / 4
    scale = math.ceil(needed / step) * step
    x, y, wide, high = (west + east) / 2, (south + north) / 2, scale * width / 1000, scale * height / 1000
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _id(layout: str, item: str) -> str:
    """Return an id that is the same in every run."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"beatplanner/{layout}/{item}")) + "}"
