"""Styles that QGIS applies when it opens ``plan.gpkg``: the table ``layer_styles``, one default style a layer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pyogrio
from geopandas import GeoDataFrame

from beatplanner.data.colours import beat_colours
from beatplanner.data.private_files import private_database
from beatplanner.data.result.names import beat_title
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.qgis_words import NEW, OPEN, English, Says
from beatplanner.data.result.station_names import station_names

# A fixed date keeps the file the same for the same plan.
WRITTEN = "2026-01-01T00:00:00.000Z"


def write_styles(path: Path, tables: PlanTables) -> None:
    """Add the styles to a GeoPackage that holds the plan's layers."""
    add_styles(path, layer_styles(tables))


def layer_styles(
    tables: PlanTables,
    says: Says | None = None,
    accepted: Mapping[str, str] | None = None,
    letters: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the styles (QML) of a plan's layers.

    Parameters
    ----------
    tables
        The plan.
    says
        What the legend says is English where nobody says it otherwise.
    accepted
        As for `draft_reasons`.
    letters
        What stands in the sign of each station, where a list beside the map tells its name (`station_letters`).
    """
    says = says or English()
    styles = {"units": _plain_fill("#ffffff00", "#999999", 0.15)}
    if tables.beats is not None:
        styles["beats"] = _beat_fills(tables.beats)
    if tables.stations is not None:
        written = "" if letters is None else _written(letters)
        # one is a square and the other stands on its corner: a photocopy tells them apart
        kinds = {
            "today": (says.text(OPEN), _point("square", "#08306b", STATION, written)),
            "new": (says.text(NEW), _point("diamond", "#b2182b", 1.4 * STATION, written)),
        }
        # the legend names what there is
        there = {"today" if e else "new" for e in tables.stations["existing"]}
        kinds = {k: v for k, v in kinds.items() if k in there}
        styles["stations"] = _kinds(
            "CASE WHEN \"existing\" THEN 'today' ELSE 'new' END",
            kinds,
            _point_labels(stations_called(tables, says, accepted), 8),
        )
    if tables.catchments is not None:
        styles["catchments"] = _plain_fill("#6baed640", "#2171b5", 0.2)
    for level, (line, width) in GROUP_LINES.items():
        if getattr(tables, level) is not None:
            names = _labels(f'"{level.removesuffix("s")}"', 11, "placement='4' priority='3'", bold=True)
            styles[level] = _plain_fill("#ffffff00", line, width, names)
    if tables.stops is not None:
        styles["stops"] = _marker("triangle", "#e6550d", 2.6)
    if tables.sites is not None:
        styles["sites"] = _marker("circle", "#969696", 1.8)
    return styles


def station_letters(tables: PlanTables) -> dict[str, str]:
    """Return the letters of each station, in the order of their ids: A to Z, then AA; I and O look like numbers."""
    if tables.stations is None:
        return {}
    ids = sorted(tables.stations["station"].astype(str), key=lambda s: (len(s), s) if s.isdigit() else (0, s))
    signs, many = "ABCDEFGHJKLMNPQRSTUVWXYZ", 24
    return {s: (signs[k // many - 1] if k >= many else "") + signs[k % many] for k, s in enumerate(ids)}


def by_station(given: Mapping[str, str]) -> str:
    """Return what is given for each station as an expression of QGIS."""
    if not given:
        return "''"
    cases = " ".join(f'WHEN "station" = {_quoted(s)} THEN {_quoted(v)}' for s, v in given.items())
    return f"CASE {cases} END"


def stations_called(tables: PlanTables, says: Says, accepted: Mapping[str, str] | None) -> str:
    """Return what stations are called, as an expression of QGIS: a made-up place is named as in the pack."""
    assert tables.stations is not None
    column = "name" if "name" in tables.stations else "station"
    in_table = dict(zip(tables.stations["station"].astype(str), tables.stations[column].astype(str), strict=True))
    apart = {s: n for s, n in station_names(tables, says, accepted).items() if n != in_table[s]}
    if not apart:
        return f'"{column}"'
    cases = " ".join(f'WHEN "station" = {_quoted(s)} THEN {_quoted(n)}' for s, n in apart.items())
    return f'CASE {cases} ELSE "{column}" END'


def _quoted(text: str) -> str:
    """Return a text as an expression of QGIS writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def add_styles(path: Path, styles: dict[str, str]) -> None:
    """Add default styles (QML, by layer) to a GeoPackage; older styles of the same layers are replaced."""
    with private_database(path) as database:
        geometry = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        database.execute(
            "CREATE TABLE IF NOT EXISTS layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT, f_table_schema TEXT, "
            "f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, "
            "description TEXT, owner TEXT, ui TEXT, update_time DATETIME)"
        )
        for layer, qml in styles.items():
            database.execute("DELETE FROM layer_styles WHERE f_table_name = ?", (layer,))
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, "
                "styleSLD, useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, 'beatplanner', ?, '', 1, '', '', ?)",
                (
                    layer,
                    geometry.get(layer, "geom"),
                    f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>{qml}",
                    WRITTEN,
                ),
            )
        database.execute(
            "INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (WRITTEN,),
        )


# How the layers of a project look in QGIS.
PROJECT_STYLES = {
    "units": lambda: _plain_fill("#f7f7f7", "#969696", 0.15),
    "incidents": lambda: _marker("circle", "#cb181d", 0.9),
    "stations.candidates": lambda: _marker("circle", "#969696", 1.8),
    "stations.existing": lambda: _marker("square", "#08306b", 3.2),
    "beats.current": lambda: _plain_fill("#ffffff00", "#525252", 0.5),
    "units.homes": lambda: _marker("circle", "#bdbdbd", 0.8),
    "forum.venues": lambda: _marker("triangle", "#e6550d", 2.6),
}


def project_styles(layers: set[str]) -> dict[str, str]:
    """Return the styles of those layers of a project that have one."""
    return {layer: PROJECT_STYLES[layer]() for layer in sorted(layers & set(PROJECT_STYLES))}


def plan_styles(beats: GeoDataFrame | None, prefix: str, layers: set[str]) -> dict[str, str]:
    """Return the styles of the layers of one plan inside a project."""
    found = {
        f"{prefix}units": _plain_fill("#ffffff00", "#999999", 0.15),
        f"{prefix}stations": _marker("square", "#08306b", 3.6),
    }
    if beats is not None:
        found[f"{prefix}beats"] = _beat_fills(beats)
    return {layer: qml for layer, qml in found.items() if layer in layers}


def style_of(path: Path, layer: str) -> str | None:
    """Return the default style (QML) of a layer, None where it has none."""
    frame = pyogrio.read_dataframe(path, layer="layer_styles")
    found = frame.loc[frame["f_table_name"] == layer, "styleQML"]
    return None if found.empty else str(found.iloc[0])


def _rgba(colour: str) -> str:
    value = colour.lstrip("#")
    parts = [int(value[i : i + 2], 16) for i in range(0, len(value), 2)]
    return ",".join(str(p) for p in [*parts, 255][:4])


# On a page of the atlas the other beats are pale and the beat of the page has a wide border; everywhere else all are alike.
PALE = "@atlas_featureid IS NOT NULL AND $id <> @atlas_featureid"
OF_THE_PAGE = {
    "fillColor": f"if({PALE}, set_color_part(@symbol_color, 'alpha', 60), @symbol_color)",
    "outlineWidth": "if(@atlas_featureid IS NOT NULL AND $id = @atlas_featureid, 1.2, 0.5)",
}
LINES_OF_THE_PAGE = {"outlineColor": f"if({PALE}, '37,37,37,30', '37,37,37,110')"}


def _fill_symbol(
    name: str, fill: str, line: str, width: float, hatch: float | None = None, dashed: bool = False
) -> str:
    options = {
        "color": _rgba(fill),
        "outline_color": _rgba(line),
        "outline_width": f"{width}",
        "outline_width_unit": "MM",
        "style": "solid",
        "outline_style": "dash" if dashed else "solid",
    }
    own = "" if hatch is None else by_expression(OF_THE_PAGE)
    return f"<symbol type='fill' name='{name}' alpha='1'><layer class='SimpleFill' enabled='1'>{_properties(options)}{own}</layer>{_hatch(name, hatch)}</symbol>"


def by_expression(properties: dict[str, str], element: str = "data_defined_properties") -> str:
    """Return properties of a symbol that expressions give (`QgsPropertyCollection`, the same in every QGIS 3)."""
    options = "".join(
        f"<Option type='Map' name='{k}'><Option type='bool' name='active' value='true'/>"
        f"<Option type='QString' name='expression' value={quoteattr(v)}/><Option type='int' name='type' value='3'/></Option>"
        for k, v in properties.items()
    )
    return (
        f"<{element}><Option type='Map'><Option type='QString' name='name' value=''/>"
        f"<Option type='Map' name='properties'>{options}</Option><Option type='QString' name='type' value='collection'/></Option></{element}>"
    )


def _properties(options: dict[str, str]) -> str:
    """Return the properties of a symbol in the form that every QGIS 3 reads; those before 3.20 know no other."""
    return "".join(f"<prop k='{k}' v='{v}'/>" for k, v in options.items())


# Angles of the lines over a fill (degrees): beats of several colours differ in grey, too.
HATCHES = (45.0, 135.0, 0.0, 90.0, 20.0, 70.0, 110.0, 160.0)


def _hatch(name: str, angle: float | None) -> str:
    """Return lines over a fill, nothing without an angle."""
    if angle is None:
        return ""
    line = {"line_color": "37,37,37,110", "line_width": "0.15", "line_width_unit": "MM"}
    own = {
        "angle": f"{angle:g}",
        "distance": "2.4",
        "distance_unit": "MM",
        "line_width": "0.15",
        "line_width_unit": "MM",
    }
    return (
        f"<layer class='LinePatternFill' enabled='1'>{_properties(own)}<symbol type='line' name='@{name}@1' alpha='1'>"
        f"<layer class='SimpleLine' enabled='1'>{_properties(line)}{by_expression(LINES_OF_THE_PAGE)}</layer></symbol></layer>"
    )


def outline(colour: str, width: float) -> str:
    """Return a symbol that is a line around an area."""
    return _fill_symbol("", "#ffffff00", colour, width)


def _plain_fill(fill: str, line: str, width: float, labels: str = "", dashed: bool = False) -> str:
    return _single(_fill_symbol("0", fill, line, width, dashed=dashed), labels)


def _single(symbol: str, labels: str = "") -> str:
    """Return a style of one symbol."""
    return _style(f"<renderer-v2 type='singleSymbol'><symbols>{symbol}</symbols></renderer-v2>", labels)


def _kinds(expression: str, kinds: dict[str, tuple[str, str]], labels: str = "") -> str:
    """Return a style with a symbol for each value of an expression: value: what the legend calls it, and its symbol."""
    categories = "".join(
        f"<category render='true' symbol='{i}' value={quoteattr(value)} label={quoteattr(title)} type='string'/>"
        for i, (value, (title, _)) in enumerate(kinds.items())
    )
    symbols = "".join(symbol.replace("name='0'", f"name='{i}'", 1) for i, (_, symbol) in enumerate(kinds.values()))
    return _style(
        f"<renderer-v2 type='categorizedSymbol' attr={quoteattr(expression)}><categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>",
        labels,
    )


def _style(renderer: str, labels: str) -> str:
    also = "|Labeling' labelsEnabled='1" if labels else ""
    return f"<qgis version='3.16' styleCategories='Symbology{also}'>{renderer}{labels}</qgis>"


# Letters of a line of a label.
WRAPPED = 24


def _labels(expression: str, size: float, placement: str, callout: str = "", bold: bool = False) -> str:
    """Return labels with a light rim, which QGIS lays so that none hides another or a labelled point; those with a line to their place are all shown where there is any room."""
    style, weight = ("Bold", 75) if bold else ("Regular", 50)
    # one that is too small even for its number has a sheet on which it is larger
    always = (
        by_expression({"AlwaysShow": f"sqrt(area($geometry)) * 1000 / @map_scale >= {ROOM:g}"}, "dd_properties")
        if callout
        else ""
    )
    return (
        f"<labeling type='simple'><settings{' calloutType=' + quoteattr('simple') if callout else ''}>"
        f"<text-style isExpression='1' fieldName={quoteattr(expression)} fontFamily='Sans Serif' fontSize='{size:g}' fontSizeUnit='Point' textColor='0,0,0,255' textOpacity='1' namedStyle='{style}' fontWeight='{weight}' multilineHeight='0.9'>"
        "<text-buffer bufferDraw='1' bufferSize='0.6' bufferSizeUnits='MM' bufferOpacity='1' bufferJoinStyle='128' bufferColor='255,255,255,255'/></text-style>"
        f"<text-format multilineAlign='1' autoWrapLength='{WRAPPED}' useMaxLineLengthForAutoWrap='1'/><placement {placement} distUnits='MM'/><rendering obstacle='1' obstacleFactor='10' drawLabels='1' />{callout}{always}</settings></labeling>"
    )


def _point_labels(expression: str, size: float) -> str:
    """Return labels beside points."""
    return _labels(
        expression,
        size,
        "placement='6' predefinedPositionOrder='R,L,TR,BR,TL,BL,TSR,BSR,TSL,BSL,O,U' dist='1' priority='9' offsetType='1'",
    )


# The borders of sectors and commands, colour and mm: wider than those of beats, and told apart by their width where there is no colour.
GROUP_LINES = {"sectors": ("#000000", 1.2), "commands": ("#08306b", 2.2)}
# Millimetres: the sign of a station, the ring of a forum around it, the sign of a forum elsewhere, a letter of a beat's name, and a beat that has room for its number.
STATION, RING, VENUE, LETTER, ROOM = 3.8, 6.6, 3.2, 2.2, 7.0
# The one form in which a beat is called (`data.result.names`), as an expression of QGIS.
# One whose part on the map has no room for it has its number, which stands with its name on the sheet (`qgis_layouts`).
NAMELESS = '"name" IN (\'\', "beat", \'Beat \' || "beat")'
BEAT_LABEL = (
    f'CASE WHEN {NAMELESS} THEN "beat" '
    f'WHEN sqrt(coalesce(area(intersection($geometry, @map_extent)), area($geometry))) * 1000 / @map_scale < {LETTER:g} * (length("name") + length("beat") + 3) '
    'THEN "beat" ELSE "name" || \' (\' || "beat" || \')\' END'
)


# A line from a label to the beat that it is of, where it has no room in it.
LEADER = (
    "<Option type='Map'><Option type='QString' name='enabled' value='1'/><Option type='QString' name='anchorPoint' value='pole_of_inaccessibility'/>"
    "<Option type='QString' name='labelAnchorPoint' value='point_on_exterior'/><Option type='double' name='minLength' value='3'/>"
    "<Option type='QString' name='minLengthUnit' value='MM'/></Option>"
)


def ground_styles(stations: Iterable[tuple[float, float]] = ()) -> dict[str, str]:
    """Return the styles of what QGIS shows beside the plan.

    Parameters
    ----------
    stations
        Where they are: a forum that meets there has its ring around the station's sign and is not named again.
    """
    line = {"line_color": "58,110,165,255", "line_width": "0.9", "line_width_unit": "MM"}
    river = f"<symbol type='line' name='0' alpha='1'><layer class='SimpleLine' enabled='1'>{_properties(line)}</layer></symbol>"
    today = _labels('"beat"', 8, "placement='4' priority='3'")
    places = ", ".join(_quoted(f"{math.floor(x)} {math.floor(y)}") for x, y in stations)
    in_station = f"floor($x) || ' ' || floor($y) IN ({places})" if places else "FALSE"
    # a page of the atlas names its own forum; a map of the whole town names beats and stations, and forums only where one looks closely
    shown = "CASE WHEN @atlas_featureid IS NOT NULL THEN \"beat\" = attribute(@atlas_feature, 'beat') ELSE @map_scale <= 25000 END"
    # a blank is no name, but keeps other names away from the sign
    venue = f"CASE WHEN {shown} AND NOT ({in_station}) THEN \"venue\" ELSE ' ' END"
    return {
        "today": _plain_fill("#ffffff00", "#a3141c", 0.5, today, dashed=True),
        "river": _single(river),
        "forums": _single(_forum(in_station), _point_labels(venue, 7)),
    }


def _forum(at_station: str) -> str:
    """Return the sign of a forum: a ring with a dot, and where it meets in a station a ring around the station's sign."""
    ink = {"color": "255,255,255,255", "outline_color": "26,26,26,255", "outline_width_unit": "MM", "size_unit": "MM"}
    rim = {**ink, "name": "circle", "outline_width": "0.5", "size": f"{VENUE:g}"}
    dot = {**ink, "name": "circle", "color": "26,26,26,255", "outline_width": "0", "size": f"{VENUE / 3:g}"}
    size = by_expression({"size": f"if({at_station}, {RING:g}, {VENUE:g})"})
    layers = "".join(
        f"<layer class='SimpleMarker' enabled='1'>{_properties(o)}{own}</layer>" for o, own in ((rim, size), (dot, ""))
    )
    return f"<symbol type='marker' name='0' alpha='1'>{layers}</symbol>"


def _beat_fills(beats: GeoDataFrame) -> str:
    """Return a fill for each beat: neighbours differ in colour, colours in hatching, and the legend calls a beat as all files do."""
    colours = beat_colours(beats)
    kinds = {colour: i for i, colour in enumerate(dict.fromkeys(colours.values()))}
    names = beats["name"] if "name" in beats else beats["beat"]
    titles = {str(b): beat_title(str(b), str(n)) for b, n in zip(beats["beat"], names, strict=True)}
    categories = "".join(
        f"<category render='true' symbol='{i}' value={quoteattr(beat)} label={quoteattr(titles[beat])} type='string'/>"
        for i, beat in enumerate(colours)
    )
    symbols = "".join(
        _fill_symbol(str(i), fill, "#252525", 0.5, HATCHES[kinds[fill] % len(HATCHES)])
        for i, fill in enumerate(colours.values())
    )
    renderer = f"<renderer-v2 type='categorizedSymbol' attr='beat'><categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
    # inside where there is room, else beside with a line that leads to the beat
    leader = f"<callout type='simple'>{LEADER}</callout>"
    return _style(
        renderer,
        _labels(
            BEAT_LABEL, 8, "placement='4' polygonPlacementFlags='3' dist='2' priority='10'", callout=leader, bold=True
        ),
    )


def _written(letters: Mapping[str, str]) -> str:
    """Return the layer of a symbol that writes a station's letters in its sign."""
    size = STATION * (0.74 if max(map(len, letters.values()), default=1) == 1 else 0.52)
    options = {
        "chr": "",
        "color": "255,255,255,255",
        "font": "DejaVu Sans",
        "font_style": "Bold",
        "outline_width": "0",
        "size": f"{size:g}",
        "size_unit": "MM",
        "horizontal_anchor_point": "1",
        "vertical_anchor_point": "1",
    }
    return f"<layer class='FontMarker' enabled='1'>{_properties(options)}{by_expression({'char': by_station(letters)})}</layer>"


def _point(shape: str, colour: str, size: float, over: str = "") -> str:
    options = {
        "name": shape,
        "color": _rgba(colour),
        "outline_color": "255,255,255,255",
        "size": f"{size}",
        "size_unit": "MM",
    }
    return f"<symbol type='marker' name='0' alpha='1'><layer class='SimpleMarker' enabled='1'>{_properties(options)}</layer>{over}</symbol>"


def _marker(shape: str, colour: str, size: float, labels: str = "") -> str:
    return _single(_point(shape, colour, size), labels)


# How the homes of residents look, which lie in a file of their own.
HOMES = _marker("circle", "#bdbdbd", 1.0)
