"""What the pack's files are: maps at an exact scale, embedded fonts, tags, a map page that runs under its policy."""

from __future__ import annotations

import io
import itertools
import json
import re
import time
import zlib
from itertools import pairwise
from typing import Any

import browser
import geopandas as gpd
import map_boxes
import numpy as np
import pypdf
import pytest
import shapely
from pyproj import CRS

from beatplanner.data.publish.public import map_labels, map_margin, map_sheet, map_signs, pack_maps
from beatplanner.data.publish.public.pack_pdf import write_pack_pdf


def test_round_scales_fit():
    assert map_sheet.round_scale((0, 0, 10_000, 5_000), 400, 250) == 25_000
    assert map_sheet.round_scale((0, 0, 10_001, 5_000), 400, 250) == 30_000
    assert map_sheet.round_scale((0, 0, 1, 1), 1000, 1000) == 1


def test_metres_of_the_projection_are_metres_on_the_ground():
    # in the middle of a UTM zone 2,500 m of ground are 2,499 m of the grid; web Mercator doubles them at 60°
    assert map_sheet.ground_per_map_metre(CRS("EPSG:32634"), 500_000, 4_650_000) == pytest.approx(1 / 0.9996, rel=1e-5)
    assert map_sheet.ground_per_map_metre(CRS("EPSG:3857"), 0, 8_399_738) == pytest.approx(0.5, rel=0.01)


def test_a_kilometre_measures_four_centimetres_at_1_to_25000():
    sheet = map_sheet.sheet_of((500_000, 4_650_000, 504_000, 4_654_000), 200, 200, 25_000, 1.0)
    a, b = sheet.mm(np.array([[501_000, 4_651_000], [502_000, 4_651_000]]))
    assert b - a == pytest.approx([40.0, 0.0])


def test_labels_do_not_lie_on_one_another():
    sheet = map_sheet.sheet_of((0, 0, 100, 100), 100, 100, 1000, 1.0)
    written = [sheet.label("Улица", 50, 50 + k, 3) for k in range(6)]
    assert any(written)
    for i, a in enumerate(sheet.taken):
        for b in sheet.taken[:i]:
            assert a[2] < b[0] or a[0] > b[2] or a[3] < b[1] or a[1] > b[3]


def test_names_of_areas_lie_on_nothing_and_what_has_no_room_is_numbered():
    """Many small areas between large ones: every name or number has its own room, and leader lines lead to the rest."""
    rng = np.random.default_rng(5)
    # a dense centre of 64 cells of 2 mm, around it 8 large ones
    cells = [shapely.box(60 + 2 * c, 60 + 2 * r, 62 + 2 * c, 62 + 2 * r) for r in range(8) for c in range(8)]
    large = [shapely.box(60 * c, 60 * r, 60 * c + 60, 60 * r + 60) for r in range(3) for c in range(3)]
    shapes = [*cells, *(s.difference(shapely.box(60, 60, 76, 76)) for s in large)]
    middles = np.array([shapely.get_coordinates(shapely.maximum_inscribed_circle(s))[0] for s in shapes])
    texts = [(f"Neighbourhood {i} ({i})", str(i)) for i in range(len(shapes))]
    symbols = [(x - 1.0, y - 1.0, x + 1.0, y + 1.0) for x, y in rng.uniform(20, 160, (12, 2))]
    found = map_labels.placed(shapes, middles, texts, 2.2, symbols, 180, 180)
    assert all(found), "every area has a name or a number"
    boxes = [map_labels.box_of(text, x, y, 2.2, bold=True) for text, x, y, _ in found]
    for i, a in enumerate(boxes):
        for b in [*boxes[:i], *symbols]:
            assert a[2] <= b[0] or a[0] >= b[2] or a[3] <= b[1] or a[1] >= b[3], found[i]
    assert {f[0] for f in found[-9:]} == {t[0] for t in texts[-9:]}
    assert any(line for *_, line in found) and all(f[0] == t[1] for f, t in zip(found[:64], texts, strict=False))


def test_a_name_does_not_cross_the_border_of_its_beat():
    """A narrow area has its name on two lines, a place's name may reach over a neighbouring area of its beat, never out of the beat."""
    shapes = [shapely.box(30 * k, 30, 30 * k + 30, 60) for k in range(3)]
    middles = np.array([shapely.get_coordinates(s.centroid)[0] for s in shapes])
    texts = [("Bërvenicë Strimnicë", "1"), ("Sellarcë e Vogël", "2"), ("Xhepçishtenjeve", "3")]
    found = map_labels.placed(shapes, middles, texts, 2.8, [], 90, 90)
    assert [f[0] for f in found] == ["Bërvenicë\nStrimnicë", "Sellarcë e Vogël", "Xhepçishtenjeve"]
    # a word that is too long for its place
    narrow = [shapely.box(10 * k + 10, 10, 10 * k + 20, 30) for k in range(3)]
    middles = np.array([shapely.get_coordinates(s.centroid)[0] for s in narrow])
    beat = shapely.union_all(narrow)
    found = map_labels.placed(narrow, middles, [("Strimnicë", f"{k}") for k in range(3)], 2.2, [], 60, 60, 0.35, beat)
    assert [f[0] for f in found] == ["Strimnicë"] * 3
    for text, x, y, _ in found:
        assert beat.buffer(0.4).contains(shapely.box(*map_labels.box_of(text, x, y, 2.2, bold=True)))
    alone = map_labels.placed(narrow[:1], middles[:1], [("Strimnicë e Epërme", "7")], 2.8, [], 60, 60, 0.35, narrow[0])
    assert alone[0][0] == "7"


def test_the_name_of_a_station_stays_in_the_beat_that_the_map_is_of():
    """A station close to the border: its name lies across it where nothing tells the beat, and inside where that has room."""
    beat, text, size = shapely.box(20, 20, 80, 60), "Station Kej 2", 2.6

    def lies(point: tuple[float, float], home: shapely.Geometry | None) -> tuple[shapely.Geometry, bool]:
        (found,) = map_labels.beside_points([point], [text], size, 2.3, [], 120, 90, home=home)
        assert found is not None
        return shapely.box(*map_labels.box_of(*found[:3], size)), found[3]

    assert not beat.contains(lies((22, 40), None)[0])
    for point in ((22, 40), (78, 22), (50, 58), (21, 59)):
        assert beat.buffer(0.4).contains(lies(point, beat)[0]), point
    # a station of a neighbour is named where it stands, and a beat without room hides no name
    assert lies((10, 10), beat) == lies((10, 10), None)
    assert lies((22, 40), shapely.box(20, 38, 24, 42)) == lies((22, 40), None)


def test_the_name_of_a_station_hides_no_border_and_is_nearer_to_its_own_sign():
    # the border is so near that a name beside the sign would lie on it, but for one side
    border = shapely.LineString([(44, 0), (44, 90)])
    [(text, x, y, line)] = map_labels.beside_points([(46, 45)], ["Station Kej"], 2.7, 1.7, [], 90, 90, border)
    box = map_labels.box_of(text, x, y, 2.7)
    assert text == "Station Kej" and not line and box[0] > 46
    # in a corridor that is too narrow for one line the name has two
    corridor = shapely.MultiLineString([[(39, 0), (39, 90)], [(61, 0), (61, 90)]])
    [(text, x, y, line)] = map_labels.beside_points(
        [(50, 45)],
        ["Podmostje health centre"],
        2.7,
        1.7,
        [],
        90,
        90,
        shapely.transform(corridor, lambda p: (p - [50, 0]) * [1.2, 1] + [50, 0]),
    )
    assert text.count("\n") == 1 and not line
    # in a narrower one it goes to the end of a line, over the border but not on it
    narrow = shapely.MultiLineString([[(47, 0), (47, 90)], [(53, 0), (53, 90)]])
    [(text, x, y, line)] = map_labels.beside_points([(50, 45)], ["Podmostje"], 2.7, 1.7, [], 90, 90, narrow)
    assert line and not shapely.intersects(narrow, shapely.box(*map_labels.box_of(text, x, y, 2.7)))
    # out of a frame around a part a line leads, if not over what is written
    frame = [(40.0, 38.0, 41.0, 52.0), (59.0, 38.0, 60.0, 52.0), (40.0, 38.0, 60.0, 39.0), (40.0, 51.0, 60.0, 52.0)]
    [(_, x, y, line)] = map_labels.beside_points([(50, 45)], ["Podmostje"], 2.7, 1.7, frame, 90, 90, narrow, frame)
    assert line and not shapely.intersects(narrow, shapely.box(*map_labels.box_of("Podmostje", x, y, 2.7)))
    # two signs near each other: each name is nearer to its own, and on no line to the other's
    signs = [(44.0, 45.0), (48.0, 47.0)]
    taken = [(x - 1.7, y - 1.7, x + 1.7, y + 1.7) for x, y in signs]
    found = map_labels.beside_points(signs, ["Station Stara", "Station Kej"], 2.7, 1.7, taken, 90, 90, narrow)
    boxes = [shapely.box(*map_labels.box_of(text, x, y, 2.7)) for text, x, y, _ in found]
    assert not shapely.intersects(*boxes)
    for k, (own, (_, x, y, line)) in enumerate(zip(boxes, found, strict=True)):
        other = 1 - k
        if line:
            assert not shapely.intersects(shapely.LineString([signs[k], (x, y)]), boxes[other])
        else:
            assert shapely.distance(own, shapely.Point(signs[k])) < shapely.distance(own, shapely.Point(signs[other]))


def test_the_grid_and_the_paper_fit_what_is_shown():
    ticks, numbers, step = map_margin.grid(500_000, 4_654_000, 25, 392, 242)
    assert step == 2000 and [n.text for n in numbers] == ["502", "504", "506", "508", "4650", "4652"]
    assert len(ticks) == len(numbers)
    for number in numbers:
        ((text, ink),) = map_boxes.written("".join(number.drawn))
        assert text == number.text
        # room is kept for all of it
        assert shapely.box(*number.box).contains(ink)
    wide, tall = (0, 0, 10_000, 5_000), (0, 0, 5_000, 10_000)
    frames = [(392.0, 236.0), (269.0, 354.0)]
    assert map_sheet.paper_frame(wide, frames) == frames[0] and map_sheet.paper_frame(tall, frames) == frames[1]
    svg, height = map_margin.legend([("<g/>", "Border of the beat")] * 9, 184)
    assert svg.count("<text") == 9 and height > map_margin.ROW
    name, datum = map_margin.system_names(CRS("EPSG:32634"))
    assert name == "WGS 84 / UTM zone 34N (EPSG:32634)" and datum == "World Geodetic System 1984"
    # half kilometres are metres: no language has to write a decimal
    assert map_margin.grid(533_200, 4_655_600, 12.5, 180, 100)[1][0].text == "533500"


def dense_town() -> Any:
    """A town of 8 × 8 beats of 100 m in one corner of 9 of 3 km, a river on a border, three stations beside each other and as many venues."""
    small = [shapely.box(100 * c, 100 * r, 100 * c + 100, 100 * r + 100) for r in range(8) for c in range(8)]
    large = [shapely.box(3000 * c, 3000 * r, 3000 * c + 3000, 3000 * r + 3000) for r in range(3) for c in range(3)]
    shapes = [*small, large[0].difference(shapely.box(0, 0, 800, 800)), *large[1:]]
    ids = [str(i) for i in range(len(shapes))]
    beats = gpd.GeoDataFrame({"beat": ids}, geometry=shapes, crs="EPSG:32634")
    units = beats.assign(name=[f"Стара чаршија со многу долго име {i}" for i in ids])
    places = [shapely.Point(x, 450) for x in (405, 425, 445)]
    stations = gpd.GeoDataFrame(
        {"station": ["a", "b", "c"], "existing": [True, False, True]}, geometry=places, crs="EPSG:32634"
    )
    return map_boxes.MappedTown(beats=beats, units=units, stations=stations)


def test_a_dense_centre_has_a_sheet_of_its_own_and_every_station_a_name():
    town = dense_town()
    labels = {b: f"Beat with a long name {b} ({b})" for b in town.beats["beat"]}
    names = {"a": "Station West", "b": "Station in the middle", "c": "Station East"}
    river = gpd.GeoSeries([shapely.LineString([(-50, 3000), (9050, 3000)])], crs="EPSG:32634")

    def draw(**which: Any) -> Any:
        return pack_maps.draw_town(
            town, town.beats, labels, width=269, height=354, stations=town.stations, names=names, waters=river, **which
        )

    whole = draw()
    # what has no room stands in the part that is drawn larger, and is named in full there or in the list
    (part,) = whole.parts
    assert shapely.box(*part).contains(shapely.box(0, 0, 800, 800)) and "larger" in whole.shown
    close = draw(part=part)
    assert close.scale * 1.5 <= whole.scale and not close.parts
    for drawing in (whole, close):
        lines = re.findall(r'fill="#\w+">([^<]*)</text>', drawing.svg)
        # a name may be broken into two lines
        written = {*lines, *(f"{a} {b}" for a, b in pairwise(lines))}
        assert set(names.values()) <= written | set(drawing.unnamed), "each station is named or listed"
        for beat, label in labels.items():
            if drawing is whole or int(beat) < 64:
                assert label in written or label in drawing.listed, "each beat is named or listed"
    assert set(names.values()) <= {label for label, _ in map_boxes.labels(close.svg)}
    # a river under a border is seen on both sides of it, and the legend says so only where it is
    assert "river_border" in whole.shown and "river_border" not in close.shown
    wide = [float(w) for w in re.findall(rf'stroke="{map_sheet.WATER}" stroke-width="([\d.]+)"', whole.svg)]
    assert max(wide) > 0.6
    assert not {"line", "venue", "street"} & whole.shown, "a legend explains what is drawn, and nothing else"


def test_a_forum_in_a_building_that_is_called_like_a_station_elsewhere_has_its_name():
    town = dense_town()
    town.ways, town.stations = {}, town.stations[1:2]
    at = town.stations.geometry.iloc[0]

    def written(x: float) -> list[str]:
        drawing = pack_maps.draw_beat(
            town,
            "36",
            width=180,
            height=180,
            streets=None,
            waters=None,
            names={},
            venue=(at.x + x, at.y),
            venue_name="Post",
            stations={"b": "Post"},
        )
        assert "venue" in drawing.shown
        return re.findall(r'fill="#\w+">(Post)</text>', drawing.svg)

    assert len(written(0.0)) + 1 == len(written(30.0)) == 2


@pytest.mark.parametrize("numbered", [True, False])
def test_places_of_a_beat_are_named_or_numbered_and_lie_on_nothing(numbered):
    town = dense_town()
    sheet = map_sheet.sheet_of((0, 0, 800, 800), 184, 184, 5_000, 1.0)
    own = gpd.GeoDataFrame(town.units[:64])
    # names of one word, which no second line makes shorter
    own["name"] = own["name"].str.replace(" ", "-")
    before = len(sheet.taken)
    listed = map_signs.place_names(sheet, own, numbered)
    written = re.findall(r'fill="#1a1a1a">([^<]*)</text>', "".join(sheet.parts))
    full = {n for n in own["name"] if n in written}
    assert bool(listed) == numbered and {str(k) for k, _ in listed} == set(written) - full
    if numbered:
        assert full | {n for _, n in listed} == set(own["name"]), "no place is left out"
    boxes = sheet.taken[before:]
    for i, a in enumerate(boxes):
        for b in sheet.taken[: before + i]:
            assert a[2] <= b[0] or a[0] >= b[2] or a[3] <= b[1] or a[1] >= b[3]


def test_neighbours_differ_in_pattern_too():
    cells = [shapely.box(c, r, c + 1, r + 1) for r in range(3) for c in range(3)]
    beats = gpd.GeoDataFrame({"beat": [str(i) for i in range(9)]}, geometry=cells, crs="EPSG:32634")
    fills = pack_maps.fills_of(beats, beats)
    for i, a in enumerate(cells):
        for j, b in enumerate(cells):
            if i < j and a.touches(b):
                assert map_sheet.PATTERNS[fills[str(i)][1]] != map_sheet.PATTERNS[fills[str(j)][1]]
    assert len(set(map_sheet.PATTERNS)) == len(map_sheet.PATTERNS)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="50mm" viewBox="0 0 100 50"><text x="5" y="20" font-family="DejaVu Sans" font-size="5">\xd0\x88\xd1\x83\xd0\xb3 &lt;b&gt;</text></svg>'


def of_one_map() -> dict[str, Any]:
    """What the template shows of a pack of one map and one page, in all scripts."""
    return {
        "lang": "sr",
        "script": "cyrl",
        "title": "Рејони #let x = 1",
        "subtitle": "*not bold*",
        "project": "Скопје",
        "author": "x",
        "footer": "f",
        "draft": {"word": "", "why": ""},
        "cover": [{"kind": "heading", "text": "ქართული"}, {"kind": "text", "text": "Հայերեն ⟦x⟧ $a$ #panic()"}],
        "picture": {"file": "m.svg", "height": 40, "alt": "small"},
        "sections": [
            {
                "kind": "map",
                "paper": "a3",
                "title": "Map",
                "file": "m.svg",
                "alt": "A map",
                "width": 100,
                "height": 50,
                "scale": "1 : 25 000",
                "ticks": list("012345"),
                "north": "С",
                "key": {"file": "m.svg", "width": 100, "height": 5, "alt": "signs"},
                "listed": "",
                "bar": "bar",
                "lines": ["a", "b"],
            },
            {
                "kind": "page",
                "title": "Page",
                "blocks": [{"kind": "table", "header": ["a", "b"], "rows": [["<script>", "2"]], "numbers": [1]}],
            },
        ],
    }


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """A pack of one map and one page, set."""
    path = tmp_path_factory.mktemp("paper") / "pack.pdf"
    write_pack_pdf(path, of_one_map(), {"m.svg": SVG})
    return path


def test_a_wordy_language_needs_no_more_paper(tmp_path):
    """Macedonian and Ukrainian say more than English: the cover is one side, and so is each map at its scale."""
    content = of_one_map()
    content["title"] = "Полициски реони во соседството и околните населби"
    content["cover"] += [{"kind": "note", "text": "Овој превод сè уште не е прегледан. " * 8}] * 5
    content["picture"]["height"] = 88
    content["sections"][0] |= {
        "paper": "a4",
        "width": 184,
        "height": 216,
        "key": {"file": "m.svg", "width": 184, "height": 9.2, "alt": "signs"},
        "lines": ["Координати: WGS 84 / UTM zone 34N (EPSG:32634); датум: World Geodetic System 1984 ensemble. " * 2]
        * 3,
    }
    write_pack_pdf(tmp_path / "pack.pdf", content, {"m.svg": SVG})
    assert len(pypdf.PdfReader(tmp_path / "pack.pdf").pages) == 3


def test_every_font_is_embedded_and_every_script_can_be_read(paper):
    reader = pypdf.PdfReader(io.BytesIO(paper.read_bytes()))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for said in ("Рејони #let x = 1", "*not bold*", "ქართული", "Հայերեն", "⟦x⟧", "$a$ #panic()", "<script>"):
        assert said in text, said
    fonts = [f.get_object() for page in reader.pages for f in page["/Resources"].get("/Font", {}).values()]
    assert fonts
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in inner or "/FontFile3" in inner
        assert "DejaVuSans" in font["/BaseFont"]


def test_the_pdf_is_tagged_for_screen_readers(paper):
    reader = pypdf.PdfReader(io.BytesIO(paper.read_bytes()))
    root = reader.trailer["/Root"]
    # an object of pypdf is true whatever it holds
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"].startswith("sr")
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()


def test_the_bar_measures_ten_centimetres(paper):
    reader = pypdf.PdfReader(io.BytesIO(paper.read_bytes()))
    page = reader.pages[1]
    assert float(page.mediabox.width) == pytest.approx(420 / 25.4 * 72, abs=0.01)
    # five boxes of 20 mm, drawn by corners in points; the page itself is not scaled
    content = page.get_contents().get_data().decode("latin-1")
    assert len(re.findall(r"56\.69\d*", content)) >= 5


def test_no_stream_of_the_pdf_is_a_script(paper):
    raw = paper.read_bytes()
    streams = [zlib.decompress(m) for m in re.findall(rb"stream\r?\n(.*?)endstream", raw, re.DOTALL) if m[:1] == b"x"]
    assert streams
    assert not any(b"/JavaScript" in s for s in [raw, *streams])


NAMES = [
    "<script>window.hit=1</script>",
    "</script><script>window.hit=2</script>",
    "`${window.hit=3}`",
    '"><img src=x onerror=window.hit=4>',
    "=1+1",
]


@pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")
def test_the_map_page_in_a_browser_without_a_network(town, command, tmp_path):
    frame = town.units()
    frame["place"] = [*NAMES, *frame["place"][len(NAMES) :]]
    town.write_units(frame)
    out = town.folder / "out"
    assert command("beats", town.project, "--out", out)[0] == 0
    page = out / "forum" / "map.html"
    assert page.stat().st_size < 5_000_000
    with browser.Page(page, 360, 740, tmp_path) as p:
        assert p.complaints() == []
        assert p.run("window.hit") is None
        assert p.run("document.documentElement.scrollWidth") <= 360
        # a name that reads like a script is found as a name, and painted, and saved, and never runs
        p.run("var s = document.getElementById('search'); s.value = 'улица 16'; s.dispatchEvent(new Event('change'))")
        assert p.run("document.getElementById('answer').textContent").startswith("Улица 16 is in beat")
        p.run(f"s.value = {NAMES[1]!r}; s.dispatchEvent(new Event('change'))")
        assert NAMES[1] in p.run("document.getElementById('answer').textContent")
        # a number of today's beats is found, and its layer has the names of its own beats
        old = p.run(
            "JSON.parse(document.getElementById('places').textContent).map(function (q) { return q.old; }).filter(Boolean)[0]"
        )
        p.run(f"s.value = {old!r}; s.dispatchEvent(new Event('change'))")
        assert f"Today's beats: {old} → " in p.run("document.getElementById('answer').textContent")
        p.run("document.getElementById('show-old').click()")
        shown = "[...document.querySelectorAll('.beat-name')].filter(e => e.style.visibility === 'visible').map(e => e.textContent)"
        now = set(
            p.run(
                "JSON.parse(document.getElementById('words').textContent).labels.map(function (n) { return n.text; })"
            )
        )
        assert not now - set(
            p.run("JSON.parse(document.getElementById('places').textContent).map(function (q) { return q.old; })")
        ) & set(p.run(shown))
        assert p.run("document.getElementById('show-old').getAttribute('aria-pressed')") == "true"
        assert p.run("document.getElementById('show-new').getAttribute('aria-pressed')") == "false"
        p.run("document.getElementById('proposal').open = true; document.getElementById('start').click()")
        middle = p.run(
            "(function(){var m=document.querySelector('.folium-map');m.scrollIntoView({block:'center'});var r=m.getBoundingClientRect();return [r.x+r.width/2+9,r.y+r.height/2+9]})()"
        )
        # the unit may be of that beat already, and a busy browser may answer late: each beat is tried until one is a change
        for beat in itertools.cycle((1, 0)):
            p.run(f"document.getElementById('paint').selectedIndex = {beat}")
            for kind in ("mousePressed", "mouseReleased"):
                p.call("Input.dispatchMouseEvent", type=kind, x=middle[0], y=middle[1], button="left", clickCount=1)
            if any(not p.run("document.getElementById('save').disabled") or time.sleep(0.05) for _ in range(40)):
                break
        p.wait("!document.getElementById('save').disabled")
        p.run("document.getElementById('save').click()")
        while not ((tmp_path / "proposal.csv").exists() and (tmp_path / "proposal.csv").stat().st_size):
            p.wait("true")
            time.sleep(0.05)
        assert p.run("window.hit") is None
        assert p.complaints() == []
        assert p.run("document.querySelectorAll('table caption').length") >= 1
        assert p.run("document.querySelectorAll('tbody th[scope=row]').length") == 16 + 4
    code, said, error = command("proposal", out, tmp_path / "proposal.csv", "--out", tmp_path / "judged")
    assert code == 0, error
    assert "nearest" in said or "keeps every rule" in said


@pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")
def test_each_beat_has_its_name_or_number_on_the_map_however_many_forums_meet_there(town, command, tmp_path):
    out = town.folder / "out"
    assert command("beats", town.project, "--out", out)[0] == 0
    page = out / "forum" / "map.html"
    text = page.read_text(encoding="utf-8")
    inside = re.search(r'id="words">(.*?)</script>', text, re.DOTALL)
    assert inside is not None
    words = json.loads(inside[1])
    # a forum at each place where the name of a beat could stand; at each second beat with the ring of who meets where something is
    words["signs"] = [
        {"kind": "venue", "at": at, "name": "Hall", "said": "Forum", "rows": [], "beats": [n["beat"]]}
        for k, n in enumerate(words["labels"])
        for at in n["at"] * (1 + k % 2)
    ]
    crowded = json.dumps(words).replace("<", "\\u003c")
    page.write_text(text.replace(inside[1], crowded), encoding="utf-8", newline="\n")
    with browser.Page(page, 360, 740, tmp_path) as p:
        shown = "[...document.querySelectorAll('.beat-name:not(.sign-name)')].filter(e => e.style.visibility === 'visible').map(e => e.textContent)"
        p.wait(f"{shown}.length > 0")
        numbers = {n["beat"] for n in words["labels"]}
        assert numbers == {t if t in numbers else t.rsplit("(", 1)[-1].rstrip(")") for t in p.run(shown)}
        assert p.run("[...document.querySelectorAll('.sign')].some(e => e.style.visibility === 'hidden')")
        # a word of a table is not cut where the table could be wider
        assert p.run("getComputedStyle(document.querySelector('td')).overflowWrap") == "break-word"
        assert p.complaints() == []


@pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")
def test_a_script_that_slipped_in_would_not_run(town, command, tmp_path):
    out = town.folder / "out"
    assert command("beats", town.project, "--out", out)[0] == 0
    page = out / "forum" / "map.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(
        text.replace("</h1>", "</h1><script>window.hit=1</script><img src=x onerror='window.hit=2'>", 1),
        encoding="utf-8",
        newline="\n",
    )
    with browser.Page(page, 1280, 800, tmp_path) as p:
        assert p.run("window.hit") is None
        assert any("Content Security Policy" in c for c in p.complaints())
