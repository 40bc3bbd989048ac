"""Background maps from MBTiles and names of streets: in their places, safe to open, and never asked of a network."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import geopandas as gpd
import numpy as np
import pytest
import shapely

pytest.importorskip("PySide6.QtGui", reason="Qt's system libraries are missing", exc_type=ImportError)

from pyproj import Transformer
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage, QPainter

from beatplanner.data.errors import InputError
from beatplanner.data.formats.tiles import HALF_WORLD, open_tiles
from beatplanner.data.town.street_names import merged
from beatplanner.ui.desktop.map import background_action
from beatplanner.ui.desktop.map.background_map import BackgroundMap, decoded
from beatplanner.ui.desktop.map.cartography import draw
from beatplanner.ui.desktop.map.legend import attribution
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import LayerStack
from beatplanner.ui.desktop.map.rings import Rings
from beatplanner.ui.desktop.map.view import View

UTM, ZOOM = 32634, 14
CENTRE = np.array([540_000.0, 4_650_000.0])


@pytest.fixture(scope="module", autouse=True)
def application(qapp):
    """The one application of this process: a lesser one would end the tests of windows that come after it."""
    return qapp


def picture(colour, side=256, kind="PNG"):
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, kind)
    return bytes(content.data())


TO_TILES = Transformer.from_crs(UTM, 3857, always_xy=True)


def tile_of(x, y, zoom=ZOOM):
    east, north = TO_TILES.transform(x, y)
    side = 2 * HALF_WORLD / (1 << zoom)
    return int((east + HALF_WORLD) // side), int((HALF_WORLD - north) // side)


def write_tiles(path, tiles, told=(), scheme="CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)"):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        database.executemany("INSERT INTO metadata VALUES (?, ?)", told)
        database.execute(scheme)
        for (column, row), content in tiles.items():
            database.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (ZOOM, column, (1 << ZOOM) - 1 - row, content))
    database.close()
    return path


def drawn(content, stack, view, paper="white"):
    image = QImage(int(view.width), int(view.height), QImage.Format.Format_RGB32)
    image.fill(QColor(paper))
    painter = QPainter(image)
    draw(painter, view, content, stack)
    painter.end()
    return image


def test_tiles_lie_where_they_belong_in_the_planning_crs(tmp_path):
    column, row = tile_of(*CENTRE)
    colours = {
        (column + i, row + j): ("#c00000", "#00c000", "#0000c0")[(i + 2 * j) % 3]
        for i in range(-3, 4)
        for j in range(-3, 4)
    }
    told = [("attribution", '<a href="https://example.org">© Somebody</a>'), ("bounds", "21.3,41.9,21.7,42.1")]
    path = write_tiles(tmp_path / "town.mbtiles", {t: picture(c) for t, c in colours.items()}, told)
    background = BackgroundMap(path)
    background.use_crs(f"EPSG:{UTM}")
    assert (background.file.least, background.file.most, background.file.attribution) == (ZOOM, ZOOM, "© Somebody")
    assert background.covers((CENTRE[0] - 10, CENTRE[1] - 10, CENTRE[0] + 10, CENTRE[1] + 10))
    content, stack = MapContent(), LayerStack()
    content.background = background
    view = View(CENTRE, 0.1, 400, 300)
    assert attribution(content, stack, view) == ""
    stack.change("Background map", visible=True)
    # whatever part of it is seen, that of a town beside it as well
    content.bounds = (CENTRE[0] + 90_000, CENTRE[1], CENTRE[0] + 90_100, CENTRE[1] + 100)
    assert attribution(content, stack, view) == "© Somebody"
    # nobody is owed what is not seen
    assert attribution(content, stack, View(CENTRE + 90_000, 0.1, 400, 300)) == ""
    image = drawn(content, stack, view)
    checked = 0
    for x in range(5, 400, 13):
        for y in range(5, 300, 13):
            at = CENTRE + np.array([x - 200, 150 - y]) / 0.1
            here = tile_of(*at)
            near = {tile_of(*(at + d)) for d in ((15, 15), (-15, 15), (15, -15), (-15, -15))}
            if near == {here}:
                # not at a seam, where either of two tiles may be seen
                assert image.pixelColor(x, y).name() == colours[here], (x, y)
                checked += 1
    assert checked > 400
    # far away, and with no CRS, there is nothing to draw and nothing goes wrong
    background.use_crs(None)
    assert drawn(content, stack, view).pixelColor(200, 150).name() == "#ffffff"


@pytest.mark.parametrize(
    ("side", "metres", "away", "why"),
    [(256, 500, 0, None), (256, 5, 0, "coarse"), (2048, 500, 0, "large"), (256, 500, 90_000, "elsewhere")],
)
def test_why_nothing_of_a_background_map_is_seen(tmp_path, side, metres, away, why):
    background = BackgroundMap(write_tiles(tmp_path / "town.mbtiles", {tile_of(*CENTRE): picture("red", side)}))
    background.use_crs(f"EPSG:{UTM}")
    x, y = CENTRE + away
    assert background.shows_nothing_because((x - metres, y - metres, x + metres, y + metres)) == why


def test_a_background_map_is_removed_also_for_the_next_start(tmp_path, monkeypatch, make_window):
    monkeypatch.setattr(background_action, "_file", lambda: tmp_path / "background.json")
    path = write_tiles(tmp_path / "town.mbtiles", {tile_of(*CENTRE): picture("red")})
    window = make_window()
    background_action.use_background(window, path)
    assert window.map.background is not None and background_action.remembered() == path
    window.actions_by_name["no_background_map"].trigger()
    assert window.map.background is None and background_action.remembered() is None
    assert window.map.stack["Beats"].opacity == 1.0 and not window.map.stack["Background map"].visible


def test_a_remembered_background_map_says_once_what_is_not_seen_of_it(tmp_path, monkeypatch, make_window):
    monkeypatch.setattr(background_action, "_file", lambda: tmp_path / "background.json")
    tiles = {tile_of(*CENTRE): picture("red")}
    window, said = make_window(), []
    monkeypatch.setattr(window.statusBar(), "showMessage", lambda words, *_: said.append(words))
    monkeypatch.setattr(background_action, "nothing_of_town", lambda *_: "")

    def open_a_town():
        # only what is said of the map is looked at
        with monkeypatch.context() as patch:
            patch.setattr(type(window.scenario), "is_open", True)
            background_action.say_at_opening(window)

    for name, told in (("owed", [("attribution", "© Somebody")]), ("bare", [])):
        background_action._remember(write_tiles(tmp_path / f"{name}.mbtiles", tiles, told))
        background_action.use_remembered(window)
        open_a_town()
    assert len(said) == 1 and "bare" in said[0] and "©" in said[0]
    # nor does one of elsewhere, or one that is gone, vanish without a sentence
    monkeypatch.setattr(background_action, "nothing_of_town", lambda *_: "It shows nothing of this town.")
    open_a_town()
    (tmp_path / "bare.mbtiles").unlink()
    background_action.use_remembered(window)
    assert said[1] == "It shows nothing of this town." and "bare.mbtiles" in said[2]


@pytest.mark.parametrize(("colour", "dimmed"), [("#f0ede5", True), ("#282c34", False)])
def test_a_light_map_is_dimmed_on_dark_paper(tmp_path, colour, dimmed):
    column, row = tile_of(*CENTRE)
    tiles = {(column + i, row + j): picture(colour) for i in range(-2, 3) for j in range(-2, 3)}
    content, stack = MapContent(), LayerStack()
    content.background = BackgroundMap(write_tiles(tmp_path / "town.mbtiles", tiles))
    content.background.use_crs(f"EPSG:{UTM}")
    stack.change("Background map", visible=True)
    light, dark = (View(CENTRE, 0.1, 200, 150, dark=dark) for dark in (False, True))
    assert drawn(content, stack, light).pixelColor(100, 75).name() == colour
    seen = drawn(content, stack, dark, paper=dark.paper).pixelColor(100, 75)
    assert (seen.lightness() < 130 and seen.lightness() > QColor(dark.paper).lightness() + 30) is dimmed
    assert (seen.name() == colour) is not dimmed


def test_pictures_of_strangers_are_decoded_by_their_own_reader_only_and_no_larger_than_a_tile():
    assert decoded(picture("red")) is not None and decoded(picture("red", kind="JPG")) is not None
    assert decoded(picture("red", side=2048)) is None
    assert decoded(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>") is None
    assert decoded(b"\x89PNG\r\n\x1a\n" + b"0" * 40) is None and decoded(b"") is None


def test_files_that_are_no_background_map_are_refused_in_words(tmp_path):
    (tmp_path / "text.mbtiles").write_text("hello")
    write_tiles(tmp_path / "vector.mbtiles", {(1, 1): b"\x1f\x8b\x08pbf"}, [("format", "pbf")])
    write_tiles(tmp_path / "torn.mbtiles", {(1, 1): b"no picture"}, [("format", "png")])
    write_tiles(tmp_path / "empty.mbtiles", {})
    with closing(sqlite3.connect(tmp_path / "other.mbtiles")) as database:
        database.executescript("CREATE TABLE a (b); VACUUM")
    good = write_tiles(tmp_path / "good.mbtiles", {(1, 1): picture("red")})
    (tmp_path / "cut.mbtiles").write_bytes(good.read_bytes()[:5000])
    for name, said in (
        ("text", "no MBTiles"),
        ("vector", "pbf"),
        ("empty", "no pictures"),
        ("other", "damaged"),
        ("cut", "damaged"),
        ("gone", "not there"),
        ("torn", "damaged"),
    ):
        with pytest.raises(InputError, match=said) as raised:
            open_tiles(tmp_path / f"{name}.mbtiles")
        # in words for a planner, none of SQLite's, and the name once
        told = str(raised.value)
        assert "malformed" not in told and "no such" not in told and told.count(f"{name}.mbtiles") == 1


def test_a_file_whose_question_never_ends_is_stopped(tmp_path, monkeypatch):
    from beatplanner.data.formats import tiles

    endless = "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT k zoom_level, 0 tile_column, 0 tile_row, 0 tile_data FROM n WHERE k < 0"
    path = write_tiles(tmp_path / "view.mbtiles", {}, scheme=f"CREATE VIEW tiles AS {endless}")
    monkeypatch.setattr(tiles, "SECONDS", 0.05)
    with pytest.raises(InputError, match="interrupted"):
        open_tiles(path)


def test_a_file_that_breaks_while_it_is_seen_is_drawn_no_more(tmp_path):
    path = write_tiles(tmp_path / "town.mbtiles", {tile_of(*CENTRE): picture("red")})
    background = BackgroundMap(path)
    background.use_crs(f"EPSG:{UTM}")
    path.write_bytes(b"gone")
    content, stack = MapContent(), LayerStack()
    content.background = background
    stack.change("Background map", visible=True)
    drawn(content, stack, View(CENTRE, 0.1, 100, 100))
    assert background.broken


def test_streets_are_joined_by_name_and_named_along_their_way():
    lines = [
        shapely.LineString([(0, 0), (400, 300)]),
        shapely.LineString([(400, 300), (800, 600)]),
        shapely.LineString([(0, 600), (10, 600)]),
        shapely.LineString([(0, 100), (900, 100)]),
    ]
    frame = gpd.GeoDataFrame({"name": ["Главна", " Главна ", "Short", None]}, geometry=lines, crs=UTM)
    streets = merged(frame, "name")
    assert streets is not None
    assert streets.names == ("Главна", "Short")
    assert streets.lengths.tolist() == [1000.0, 10.0]
    assert merged(frame.iloc[3:], "name") is None
    content, stack = MapContent(), LayerStack()
    content.streets = streets
    view = View(np.array([400.0, 300.0]), 0.5, 500, 400)
    named = drawn(content, stack, view)
    stack.change("Street names", visible=False)
    assert named != drawn(content, stack, view)
    assert [(p.name, p.kind) for p in content.places()] == [("Главна", "street"), ("Short", "street")]
    # from far away no name fits its street
    stack.change("Street names", visible=True)
    far = View(np.array([400.0, 300.0]), 0.01, 500, 400)
    image = drawn(content, stack, far)
    stack.change("Street names", visible=False)
    assert image == drawn(content, stack, far)


@pytest.mark.parametrize("beats", [0, 60])
def test_twenty_thousand_units_are_seen_in_the_first_picture(beats):
    side, count = 142, 20_000
    x, y = (a.ravel()[:count] * 200.0 for a in np.meshgrid(np.arange(side), np.arange(side)))
    content = MapContent()
    content.polygons = shapely.box(x, y, x + 200, y + 200)
    content.rings, content.middle = Rings.of(content.polygons), np.column_stack([x, y]) + 100
    content.unit_names, content.current = [""] * count, np.full(count, None, object)
    content.label = np.full(count, -1)
    if beats:
        content.take_beats([str(k) for k in range(beats)], np.arange(count) * beats // count)
    view = View(np.full(2, side * 100.0), 0.92 * 523 / (side * 200.0), 1034, 523)
    image = drawn(content, LayerStack(), view, "#ff00ff")
    # the unit's outlines are far below a pixel apart; the town is seen all the same
    inside = [image.pixelColor(i, j).name() for i in range(300, 740, 7) for j in range(60, 480, 7)]
    assert "#ff00ff" not in inside


def test_borders_of_municipalities_are_thinner_from_far_away_within_bounds():
    content, stack = MapContent(), LayerStack()
    content.lines["Municipality borders"] = Rings.of(np.array([shapely.LineString([(-1e6, 0), (1e6, 0)])]))

    def wide(metres_a_pixel):
        image = drawn(content, stack, View(np.zeros(2), 1 / metres_a_pixel, 20, 40))
        return sum(image.pixelColor(10, y).lightness() < 240 for y in range(40))

    near, town, country, world = map(wide, (1, 20, 250, 4000))
    # a bar of 50 km takes 200 pixels at 250 metres each
    assert near == town >= 7 > country + 2 and country == world >= 3


def test_the_north_arrow_is_seen_on_a_light_background_map_in_the_dark_theme():
    from beatplanner.ui.desktop.map.legend import draw_north

    image = QImage(120, 120, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    view = View(np.zeros(2), 1.0, 120, 120, dark=True)
    painter = QPainter(image)
    box = draw_north(painter, view, 100.0, 20.0)
    painter.end()
    # ink of dark paper is light, so that it needs dark ground, whatever lies below
    assert image.pixelColor(round(box.left()) + 2, round(box.center().y())).lightness() < 90
    assert image.pixelColor(5, 5).lightness() == 255
