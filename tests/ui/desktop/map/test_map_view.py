"""The map as a user handles it: layers, tools, search, pages and data."""

from __future__ import annotations

import os
import re
import unicodedata

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import geopandas as gpd
import numpy as np
import openpyxl
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from typer.testing import CliRunner

from beatplanner.data.errors import InputError
from beatplanner.ui.commands.app import app
from beatplanner.ui.desktop.map import cartography, map_view
from beatplanner.ui.desktop.map.cartography import draw
from beatplanner.ui.desktop.map.export_panel import PrintDialog, write_data
from beatplanner.ui.desktop.map.legend import legend_lines
from beatplanner.ui.desktop.map.map_layers import LayerStack
from beatplanner.ui.desktop.map.printing import PAPER, PrintedPage, write_page
from beatplanner.ui.desktop.map.view import View


@pytest.fixture
def window(make_window, planned_once):
    window = make_window()
    window.open(planned_once.folder / "plan")
    window.map.fit()
    yield window
    window.drawing_panel.process.cancel()


def at(window, unit):
    return window.map.to_widget(*window.map.content.middle[unit]).toPoint()


def test_every_layer_changes_the_picture_or_has_nothing_to_show(window):
    content = window.map.content
    for layer in window.map.stack.layers:
        for other in window.map.stack.layers:
            other.visible = False
        window.map.redraw()
        empty = window.map.grab().toImage()
        window.map.stack.change(layer.name, visible=True)
        something = layer.name not in (
            "Background map",
            "Barriers",
            "Links",
            "Street names",
            "Names of units",
            "Service",  # no service is counted in this town
            "Sectors",  # nor are beats grouped
            "Commands",
        ) and not (layer.name in ("Catchments", "Roads") and layer.name not in content.lines)
        assert (window.map.grab().toImage() != empty) is something or layer.name == "Names of units", layer.name


def test_what_moves_under_the_hand_is_the_last_picture_until_the_hand_rests(window, qtbot):
    view = window.map
    view._cost = 1.0  # as if the picture took long
    view.pan(50, 0)
    assert view._rest.isActive()
    assert view._seen is not None and view._seen.centre[0] != view.centre[0]
    qtbot.waitUntil(lambda: view._seen is not None and view._seen.centre[0] == view.centre[0], timeout=120_000)


def test_lasso_box_and_keys_select_units(window, qtbot):
    window.actions_by_name["map_box"].trigger()
    assert window.actions_by_name["map_box"].isChecked()
    low, high = at(window, 0), at(window, 5)
    with qtbot.waitSignal(window.map.units_selected, timeout=120_000) as signal:
        qtbot.mousePress(window.map, Qt.MouseButton.LeftButton, pos=low - (high - low) / 4)
        qtbot.mouseMove(window.map, high + (high - low) / 4)
        qtbot.mouseRelease(window.map, Qt.MouseButton.LeftButton, pos=high + (high - low) / 4)
    assert signal.args[0].tolist() == [0, 1, 4, 5]
    qtbot.mouseClick(window.map, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at(window, 10))
    assert window.map.selected_units.tolist() == [0, 1, 4, 5, 10]
    qtbot.keyClick(window.map, Qt.Key.Key_Escape)
    assert window.map.tool is None
    assert not window.actions_by_name["map_box"].isChecked()
    window.map.select(window.map.content.ids[0])
    window.actions_by_name["map_select_beat"].trigger()
    assert (window.map.content.label[window.map.selected_units] == 0).all()
    window.actions_by_name["map_select_none"].trigger()
    assert len(window.map.selected_units) == 0


def test_measuring_tells_metres_and_square_kilometres(window):
    window.actions_by_name["map_measure"].trigger()
    tool = window.map.tool
    for corner in ((0, 0), (3000, 0), (3000, 4000)):
        tool.press(*corner, Qt.KeyboardModifier.NoModifier)
    tool.finish()
    assert tool.text() == "7.00 km  ·  6.00 km²"
    window.map.grab()
    tool.cancel()
    assert tool.text() == "0 m"


def test_a_place_is_found_and_shown(window, qtbot):
    field = window.place_search
    name = window.map.content.unit_names[7]
    # QtTest types Latin letters alone
    field.setText(name.lower())
    field.textEdited.emit(name.lower())
    assert field.found(name)[0].name.startswith(name)
    scale = window.map.scale
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.map.scale > scale
    found = window.map.selected_units.tolist()
    assert found == [7] or window.map.content.unit_at(*window.map.centre) == 7


def test_coordinates_are_told_in_degrees_and_metres(window):
    window.coordinates.show_at(540_000.0, 4_650_000.0)
    assert "N 4,650,000 m" in window.coordinates.text()
    assert "° N" in window.coordinates.text()


def test_the_tree_of_layers_rules_the_map(window, qtbot):
    tree = window.layer_tree
    names = [tree.tree.topLevelItem(i).text(0) for i in range(tree.tree.topLevelItemCount())]
    assert names == [layer.name for layer in reversed(window.map.stack.layers)]
    item = tree.tree.topLevelItem(names.index("Population"))
    item.setCheckState(0, Qt.CheckState.Checked)
    assert window.map.stack["Population"].visible
    qtbot.waitUntil(lambda: tree.tree.topLevelItem(names.index("Population")).childCount() > 2, timeout=120_000)
    tree.tree.setCurrentItem(tree.tree.topLevelItem(names.index("Population")))
    tree.classes.setValue(3)
    tree.opacity.setValue(50)
    assert (window.map.stack["Population"].classes, window.map.stack["Population"].opacity) == (3, 0.5)
    assert type(window.map.stack["Population"].classes) is int
    keys = [k.text for k in legend_lines(window.map.content, window.map.stack)]
    assert "Residents per km²" in keys
    window.actions_by_name["layer_patterns"].trigger()
    assert window.map.stack.patterns
    qtbot.waitUntil(tree.patterns.isChecked, timeout=120_000)
    tree.up.click()
    assert window.map.stack.layers[3].name == "Population"
    # dropped by the mouse: the lowest becomes the uppermost
    qtbot.waitUntil(lambda: not tree._later.isActive(), timeout=120_000)
    item = tree.tree.takeTopLevelItem(tree.tree.topLevelItemCount() - 1)
    tree.tree.insertTopLevelItem(0, item)
    qtbot.waitUntil(lambda: window.map.stack.layers[-1].name == "Background map", timeout=120_000)


def test_labels_do_not_collide(window):
    from beatplanner.ui.desktop.map import cartography

    stack = LayerStack()
    for layer in stack.layers:
        layer.visible = layer.name in ("Names", "Names of units", "Stations")
    image = QImage(700, 500, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    taken = []
    view = View(window.map.centre, window.map.scale, 700, 500)
    for layer in stack.layers:
        if layer.visible:
            list(cartography._layer(painter, view, window.map.content, stack, layer, taken))
    painter.end()
    assert len(taken) > 6
    for i, a in enumerate(taken):
        for b in taken[:i]:
            shared = a.intersected(b)
            assert min(shared.width(), shared.height()) <= 3.1, (a, b)


# ---- paper


def test_a_page_has_its_paper_and_its_exact_scale(window, tmp_path):
    pymupdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    page = PrintedPage(title="Grid", paper="A3", scale=20_000)
    write_page(tmp_path / "map.pdf", page, window.map.content, LayerStack())
    box = pymupdf.PdfReader(tmp_path / "map.pdf").pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((420 / 25.4 * 72, 297 / 25.4 * 72), abs=1)


def test_the_run_card_stands_on_the_page_and_in_workbooks(qapp, planned_once, tmp_path):
    import pypdf

    from beatplanner.data.result.folder import read_result
    from beatplanner.data.result.run_card import card_rows
    from beatplanner.ui.desktop.map.headless import print_plan
    from beatplanner.ui.desktop.window.languages import texts_by_english

    summary = read_result(planned_once.folder / "plan").summary
    rows = dict(card_rows(summary, who="Ana", when="01.02.2027"))
    assert rows["Printed"] == "Ana, 01.02.2027" and rows["Beats"] and len(rows["Rules"]) == 10
    assert rows["Date"] == summary["made_on"]
    # a print speaks the window's language, and so does its card
    words = texts_by_english("mk")
    said = card_rows(summary, who="Ana", when="1.2.2027", say=lambda text, **f: words[text].format(**f))
    assert {"Датум", "Отпечатено", "Правила", "Верзија"} <= {what for what, _ in said}
    digests = {i["sha256"][:10] for i in summary["inputs"]}
    assert digests <= {says.split(", ")[-1] for says in rows.values()}
    page = {"paper": "A4", "landscape": True, "scale": None, "title": "", "patterns": False}
    print_plan(planned_once.folder / "plan", tmp_path / "map.pdf", **page)
    said = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "map.pdf").pages).split())
    # two letters f of a hash are one sign in print
    said = unicodedata.normalize("NFKC", said)
    assert "Run card" in said and summary["inputs"][0]["sha256"][:10] in said
    books = [planned_once.folder / "plan" / "officers.xlsx"]
    assert all("Run card" in openpyxl.load_workbook(b).sheetnames for b in books)


@pytest.mark.parametrize("paper", PAPER)
def test_a_picture_of_a_page_measures_what_its_scale_says(window, tmp_path, paper):
    content, stack = window.map.content, LayerStack()
    for layer in stack.layers:
        layer.visible = layer.name == "Beats"
    page = PrintedPage(title="", paper=paper, scale=25_000)
    write_page(tmp_path / "map.png", page, content, stack, dpi=72)
    image = QImage(str(tmp_path / "map.png")).convertToFormat(QImage.Format.Format_RGB32)
    width, height = page.size
    mm = image.width() / width
    assert image.height() / height == pytest.approx(mm, rel=0.01)
    frame = page.frame
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width(), :3]
    top, left = int((frame.top() + 12) * mm), int((frame.left() + 1) * mm)
    inside = pixels[top : int((frame.bottom() - 14) * mm), left : int((frame.right() - 14) * mm)]
    columns = np.flatnonzero((inside != 255).any(axis=(0, 2)))
    west, _, east, _ = content.bounds
    assert (columns.max() - columns.min() + 1) / mm == pytest.approx((east - west) / 25_000 * 1000, abs=2.5 / mm)


def test_incidents_never_leave_the_office_on_a_page(window):
    stack = LayerStack()
    for layer in stack.layers:
        layer.visible = layer.name in ("Incidents", "Incident density")
    image = QImage(300, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    before = image.copy()
    painter = QPainter(image)
    view = View(window.map.centre, 300 / 2500, 300, 300)
    draw(painter, view, window.map.content, stack, public=True)
    assert legend_lines(window.map.content, stack, public=True) == []
    painter.end()
    assert image == before
    painter = QPainter(image)
    draw(painter, view, window.map.content, stack)
    painter.end()
    assert image != before


def test_pages_that_cannot_be_are_refused(window, tmp_path):
    for name, page in (
        ("a.bmp", PrintedPage("")),
        ("a.pdf", PrintedPage("", paper="A9")),
        ("a.pdf", PrintedPage("", scale=1)),
        ("none/a.pdf", PrintedPage("")),
        ("none/a.png", PrintedPage("")),
    ):
        with pytest.raises(InputError):
            write_page(tmp_path / name, page, window.map.content, LayerStack())
    assert list(tmp_path.iterdir()) == [] or not list(tmp_path.glob("*a.*"))


def test_the_print_dialog_shows_the_page(window, qtbot):
    dialog = PrintDialog(window)
    qtbot.addWidget(dialog)
    assert not dialog.picture.pixmap().isNull()
    dialog.scale.setCurrentText("1 : 12,500")
    dialog.preview()
    assert dialog.page().scale == 12_500
    dialog.scale.setCurrentText("1 : 2,500.0")
    assert dialog.page().scale == 2_500
    dialog.scale.setCurrentText("as far as the moon")
    dialog.preview()
    assert not dialog.save.isEnabled()


def test_the_first_paint_shows_the_town_that_was_opened(window, planned_once, monkeypatch):
    """A town of 20,000 units stayed blank, as the start page had left the map, until its picture was drawn bit by bit."""
    window.map.finish_picture()
    window.map._picture.fill(QColor("#ff00ff"))
    # time for one part of the picture, and none afterwards
    monkeypatch.setattr(map_view, "PATIENCE", 0.0)
    monkeypatch.setattr(window.map._work, "start", lambda: None)
    window.open(planned_once.folder / "plan")
    image = QImage(window.map.size(), QImage.Format.Format_RGB32)
    window.map.render(image)
    seen = {image.pixelColor(x, y).name() for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert "#ff00ff" not in seen and len(seen) > 4


def test_what_the_map_is_shaded_by_is_said_in_the_windows_language(window):
    from beatplanner.ui.desktop.map.map_content import FIGURES
    from beatplanner.ui.desktop.window.languages import texts_by_english

    assert set(window.map.content.figures) <= set(FIGURES)
    for language in ("mk", "sq"):
        words = texts_by_english(language)
        assert all(words.get(figure, figure) != figure for figure in FIGURES), language


def test_what_a_run_has_found_is_seen_in_a_town_without_beats(window):
    """The units' own ground lay over it, so that nothing was drawn live where there are no beats of today."""
    content = window.map.content
    count = len(content.polygons)
    content.take_beats([], np.full(count, -1))

    def seen() -> set[str]:
        window.map.redraw()
        window.map.finish_picture()
        image = window.map._picture.toImage()
        return {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}

    bare = seen()
    window.map.take_found(np.arange(count // 2), np.arange(count // 2) % 2)
    fills = set(content.found_colours)
    assert len(fills) == 2 and not fills & bare and fills <= seen()
    # units of which nothing is found yet are seen as before
    assert cartography.NO_BEAT in bare & seen()


def test_the_legend_has_no_border_that_is_not_drawn_while_a_run_finds_beats(window):
    from beatplanner.ui.desktop.map.legend import legend_lines

    view, content = window.map, window.map.content

    def lines() -> list[str]:
        return [key.text for key in legend_lines(content, view.stack)]

    assert "Border of a beat" in lines()
    view.take_found(np.arange(4), np.arange(4) % 2)
    assert "Border of a beat" not in lines() and "Border of a unit" in lines()
    content.forget_found()
    assert "Border of a beat" in lines()


def test_no_name_stands_below_the_legend(window):
    from beatplanner.ui.desktop.map.around import boxes_around

    view = window.map
    view.zoom_to(view.content.bounds, share=0.5)

    def legend_box():
        return boxes_around(view.font(), view.view, view.content, view.stack, view.tr)[-1]

    def below_it():
        view.finish_picture()
        assert view._written
        return [name for name in view._written if name.letters.intersects(legend_box())]

    # a station, and the middle of a beat, come to lie under it
    for place in (view.content.points["Stations"][0], view.content.anchor(0)):
        away = legend_box().center() - view.to_widget(*place)
        view.pan(away.x(), away.y())
        assert not below_it()
        window.actions_by_name["layer_legend"].setChecked(False)
        assert below_it()
        window.actions_by_name["layer_legend"].setChecked(True)
        assert not below_it()


# ---- data


def test_data_for_the_public_hides_small_numbers_and_holds_no_incidents(window, tmp_path):
    files = write_data(window.scenario.plan, tmp_path / "map.gpkg", "public")
    assert gpd.list_layers(files[0])["name"].tolist() == ["units", "beats", "stations"]
    units, beats = (gpd.read_file(files[0], layer=name) for name in ("units", "beats"))
    assert set(units.columns) == {"unit", "name", "municipality", "current", "beat", "geometry"}
    assert beats["residents"].sum() == pytest.approx(window.scenario.units["population"].sum())
    write_data(window.scenario.plan, tmp_path / "office.geojson", "office")
    assert gpd.read_file(tmp_path / "office-beats.geojson").crs.to_epsg() == 4326
    assert "workload" in gpd.read_file(tmp_path / "office-beats.geojson")


def test_no_cell_of_a_workbook_is_a_formula(window, tmp_path):
    window.scenario.plan.units.loc[0, "name"] = "=HYPERLINK(1)"
    write_data(window.scenario.plan, tmp_path / "map.xlsx", "public", [("Project", "=1+1")])
    book = openpyxl.load_workbook(tmp_path / "map.xlsx")
    assert book.sheetnames == ["Units", "Beats", "Stations", "Run card"]
    assert book["Units"]["B2"].value == "'=HYPERLINK(1)"
    write_data(window.scenario.plan, tmp_path / "map.csv", "public")
    assert "'=HYPERLINK(1)" in (tmp_path / "map.csv").read_text(encoding="utf-8-sig")


def test_a_workbook_speaks_the_windows_language(window, tmp_path, monkeypatch):
    from beatplanner.ui.desktop.map import workbook_words
    from beatplanner.ui.desktop.window.languages import texts_by_english

    plan, said = window.scenario.plan, texts_by_english("mk")
    monkeypatch.setattr(window, "tr", lambda text: said[text])
    columns = {c for frame in (plan.units, plan.beats, plan.stations) for c in frame.columns} - {"geometry"}
    words = workbook_words.workbook_words(window, columns)
    assert columns <= set(words), columns - set(words)
    plan.beats["name"] = [f"Beat {b}" for b in plan.beats["beat"]]
    write_data(plan, tmp_path / "map.xlsx", "office", workbook_words.card_of_view(window), words)
    book = openpyxl.load_workbook(tmp_path / "map.xlsx")
    assert book.sheetnames == ["Единици", "Реони", "Станици", "Картичка на пресметката"]
    heads = {c.value for page in book.worksheets[:3] for c in page[1]}
    assert {"Единица", "Реон", "Општина", "Жители"} <= heads
    assert book["Реони"]["B2"].value == f"Реон {plan.beats['beat'].iat[0]}"
    shown = [c.value for page in book.worksheets[:3] for c in page[1]] + [row[0].value for row in book.worksheets[3]]
    files = {i["path"].split("/")[-1] for i in plan.summary["inputs"]}
    assert not [s for s in shown if s and s not in files and ": " not in s and re.search("[a-zA-Z]", s)]
    # programs read the other formats, whose columns keep their names
    write_data(plan, tmp_path / "map.csv", "office", (), words)
    assert "workload" in (tmp_path / "map.csv").read_text(encoding="utf-8-sig").splitlines()[0]


def test_the_command_line_exports_the_same(planned_once, tmp_path):
    plan = str(planned_once.folder / "plan")
    for name in ("map.pdf", "map.png", "map.xlsx"):
        found = CliRunner().invoke(app, ["export", plan, "--out", str(tmp_path / name), "--paper", "A4"])
        assert found.exit_code == 0, found.output
        assert (tmp_path / name).stat().st_size > 1000
    wrong = CliRunner().invoke(app, ["export", plan, "--out", str(tmp_path / "map.doc")])
    assert isinstance(wrong.exception, InputError)


def test_a_page_that_is_stopped_leaves_nothing(window, tmp_path, monkeypatch):
    from PySide6 import QtCore
    from PySide6.QtWidgets import QApplication

    from beatplanner.ui.desktop.session import waiting

    def boxes():
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, waiting.BusyBox) and w.isVisible()]

    monkeypatch.setattr(waiting, "QUIET_MS", -1)
    # Qt has nothing to say of a painter that was left as it was
    messages: list[str] = []
    before = QtCore.qInstallMessageHandler(
        lambda kind, where, said: messages.append(said) if "ainter" in said else None
    )
    for name in ("map.pdf", "map.png"):
        with pytest.raises(waiting.StoppedError), waiting.working(window, "The page is drawn…") as pause:

            def stop(pause=pause):
                if boxes():
                    boxes()[0].stop.click()
                pause()

            write_page(tmp_path / name, PrintedPage("Town"), window.map.content, window.map.stack, pause=stop)
        assert not boxes()
    QtCore.qInstallMessageHandler(before)
    assert messages == []
    assert [p for p in tmp_path.iterdir() if p.suffix in (".pdf", ".png")] == []


def test_the_outline_of_a_beat_crosses_no_name(window):
    """What is lit up lies over the map, and the names that it crosses over it."""
    from PySide6.QtCore import QPointF, QRectF
    from PySide6.QtGui import QPainterPath

    from beatplanner.ui.desktop.map.labels import Written, draw_outline

    window.map.grab()
    assert len(window.map._written) >= len(window.map.content.ids)
    seen = View(np.zeros(2), 1.0, 200, 100)
    view = View(np.array([10.0, 0.0]), 2.0, 200, 100)  # nearer, and moved, since the picture was made
    letters, outline = QPainterPath(), QPainterPath()
    box = QRectF(105, 45, 20, 10)
    letters.addRect(box)
    middle = view.pixel(15.0, 0.0)
    outline.moveTo(QPointF(middle.x(), 5))
    outline.lineTo(QPointF(middle.x(), 95))

    def shown(written):
        image = QImage(200, 100, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        draw_outline(painter, view, outline, seen, written)
        painter.end()
        return [image.pixelColor(round(middle.x()), y).name() for y in (50, 15)]

    assert shown([]) == ["#d7191c", "#d7191c"]
    assert shown([Written(letters, box, None)]) == [view.ink, "#d7191c"]
