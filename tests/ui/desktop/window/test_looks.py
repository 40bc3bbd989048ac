"""What a designer saw wrong on the pictures of the screens: bright grounds in the dark theme, words that are cut, false or left in English."""

from __future__ import annotations

import shutil

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtTest import QTest

from beatplanner.ui.desktop.map.preview_map import LOOKS, LOOKS_DARK
from beatplanner.ui.desktop.panels.beat_table import COLUMNS, TWO_LINES, as_text_table, in_two_lines
from beatplanner.ui.desktop.toolkit.figures_text import percent
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.window import palette, tour
from beatplanner.ui.desktop.window.languages import InterfaceTranslator, install_language
from beatplanner.ui.desktop.window.theme import apply_theme
from conftest import let_go

ACROSS = QtCore.Qt.Orientation.Horizontal


@pytest.fixture
def application(qapp):
    yield qapp
    install_language(qapp, "en")
    apply_theme(qapp, "system")


@pytest.fixture(scope="module")
def window(qapp, _window_class, tmp_path_factory, project_once):
    """One window with a planned town, in English; each test leaves it as it was."""
    project = shutil.copyfile(project_once, tmp_path_factory.mktemp("looks") / "town.gpkg")
    install_language(qapp, "en")
    made = _window_class()
    made.resize(1366, 768)
    made.show()
    made.open(project)
    while made.results.book is None:
        qapp.processEvents(QtCore.QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    yield made
    let_go(made)
    made.close()


def luminance(colour: str) -> float:
    shown = QColor(colour)
    channels = (shown.redF(), shown.greenF(), shown.blueF())
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_areas_of_the_import_map_are_no_lamps_in_the_dark():
    assert LOOKS.keys() == LOOKS_DARK.keys()
    assert luminance(LOOKS["units"][0]) > 0.7 and luminance(LOOKS_DARK["units"][0]) < 0.1


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_the_shift_key_is_no_shift_of_officers(application, language):
    translator = InterfaceTranslator(language)
    # the word itself is translated, and was taken for the key
    assert translator.translate("", "Shift") not in (None, "Shift")
    install_language(application, language)
    written = QKeySequence("Ctrl+Shift+E").toString(QKeySequence.SequenceFormat.NativeText)
    assert written == "Ctrl+Shift+E"


@pytest.mark.parametrize(
    ("language", "columns"), [("mk", "неговите колони „area“, „phone“"), ("sq", "kolonat e tij „area”, „phone”")]
)
def test_why_a_table_is_taken_for_what_it_is_names_its_columns(language, columns):
    translator = InterfaceTranslator(language)
    from beatplanner.ui.desktop.toolkit.in_language import CONTEXT

    said = translator.translate(CONTEXT, "its columns “area”, “phone”")
    assert said == columns


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_the_history_and_what_is_checked_speak_the_language(language):
    translator = InterfaceTranslator(language)
    from beatplanner.ui.desktop.toolkit.in_language import CONTEXT

    for said in (
        "Plan 1 made",
        "Built from project.toml",
        "Scenario “By need” added",
        "The forum pack announces no date of the next forum. Give first = a date",
        "the folder may only be read",
    ):
        found = translator.translate(CONTEXT, said)
        assert found not in (None, said), said
        assert not {"made", "from", "added", "the", "of"} & set(found.casefold().split()), found


def test_a_page_that_is_not_counted_yet_does_not_say_that_there_is_nothing(window, monkeypatch):
    results = window.results
    monkeypatch.setattr(results.work, "run", lambda *_: None)
    shown = (results.charts.note, results.service.said, results.warnings.headline)
    book = results.planned
    results._plan = None
    results.load()
    assert {label.text() for label in shown} == {"Counting…"}
    monkeypatch.undo()
    results._take(book)


def test_the_tour_brings_up_the_panel_of_what_it_tells_and_the_ring_goes_with_the_card(window):
    window.stations.window().findChild(QtWidgets.QDockWidget, "stations").raise_()
    QtWidgets.QApplication.processEvents()
    shown = tour.begin(window)
    places = {stop.title: k for k, stop in enumerate(shown.stops)}
    for title in ("The rules", "Plan"):
        shown.go(places[title] - shown.number)
        for _ in range(3):
            QtWidgets.QApplication.processEvents()
        assert not shown.lit().isEmpty(), title
        dock = window.findChild(QtWidgets.QDockWidget, "plan")
        assert dock.geometry().contains(shown.lit().center()), title
        ring, button = window.focus_ring, shown.next
        if button.hasFocus():
            at = button.mapTo(window, QtCore.QPoint(0, 0))
            assert ring.geometry().contains(QtCore.QRect(at, button.size())), title
    shown.end()


def test_the_ring_follows_what_holds_the_widget(qtbot):
    from beatplanner.ui.desktop.toolkit.focus import FocusRing

    window = QtWidgets.QMainWindow()
    qtbot.addWidget(window)
    window.resize(400, 300)
    box = QtWidgets.QFrame(window)
    box.setGeometry(20, 20, 150, 80)
    button = QtWidgets.QPushButton("Next", box)
    ring = FocusRing(window)
    window.show()
    ring.focused(None, button)
    before = ring.geometry()
    box.move(120, 140)
    QtWidgets.QApplication.processEvents()
    assert ring.geometry().topLeft() - before.topLeft() == QtCore.QPoint(100, 120)
    # whoever came to a button by Tab presses it with Enter too, and it does not grow
    pressed: list[bool] = []
    size = QtWidgets.QPushButton("Next", box).sizeHint()
    button.clicked.connect(lambda: pressed.append(True))
    QTest.keyClick(button, QtCore.Qt.Key.Key_Return)
    assert len(pressed) == 1 and button.sizeHint() == size
    # a widget that is gone is no longer asked
    button.deleteLater()
    QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    ring.focused(None, box)
    assert ring.around is box


@pytest.mark.parametrize("language", ["en", "mk", "sq"])
def test_nothing_is_scrolled_sideways_on_a_small_window(window, make_window, application, tmp_path, language):
    if language != "en":
        install_language(application, language)
        project = shutil.copyfile(window.scenario.project, tmp_path / "town.gpkg")
        window = make_window()
        window.open(project)
    QtWidgets.QApplication.processEvents()
    assert window.table.horizontalScrollBar().maximum() == 0
    # headings that are broken are whole in what is copied
    window.table_model.headings = TWO_LINES
    head = as_text_table(window.sorted_model).splitlines()[0].split("\t")
    assert len(head) == len(COLUMNS) and head[3] == window.table_model.tr("Hours a year")
    found = palette.Palette(window)
    found.show()
    item = found.list.item(0)
    menu, keys = item.data(QtCore.Qt.ItemDataRole.UserRole + 1)
    assert menu not in item.text() and menu in item.data(QtCore.Qt.ItemDataRole.AccessibleTextRole)
    assert keys and found.list.horizontalScrollBar().maximum() == 0
    found.close()
    table = palette.ActionTable(window)
    table.show()
    QtWidgets.QApplication.processEvents()
    assert table.table.horizontalScrollBar().maximum() == 0
    table.close()


def test_headings_break_near_their_middle():
    assert in_two_lines("Officers needed") == "Officers\nneeded"
    assert in_two_lines("Hours a year").count("\n") == 1
    assert in_two_lines("Name") == "Name"


def test_layers_begin_in_one_line_and_their_opacity_has_a_figure(window):
    tree = window.layer_tree
    items = [tree.tree.topLevelItem(k) for k in range(tree.tree.topLevelItemCount())]
    assert len(items) > 5 and not any(item.icon(0).isNull() for item in items)
    assert tree.how_opaque.text() == ""
    tree.tree.setCurrentItem(items[0])
    tree.opacity.setValue(60)
    assert tree.how_opaque.text() == percent(0.6)


def test_fields_of_rules_are_no_windows_of_their_own_for_a_moment(window, application):
    shown = []

    class Watch(QtCore.QObject):
        def eventFilter(self, watched, event):  # noqa: N802 - Qt's name
            if event.type() == QtCore.QEvent.Type.Show and isinstance(watched, QtWidgets.QWidget):
                shown.append((type(watched).__name__, watched.isWindow()))
            return False

    panel, watch = window.rule_panel, Watch()
    before = panel.fields
    panel._keys = ()
    application.installEventFilter(watch)
    panel.load()
    made = panel.fields
    QtWidgets.QApplication.processEvents()
    application.removeEventFilter(watch)
    assert made and made is not before
    assert not [name for name, is_window in shown if is_window]


def test_quiet_words_are_read_after_the_theme_has_changed(application, qtbot):
    made = QtWidgets.QWidget()
    qtbot.addWidget(made)
    label = QtWidgets.QLabel("quiet", made)
    apply_theme(application, "light")
    quiet(label)
    for theme in ("dark", "light", "dark"):
        apply_theme(application, theme)
        QtWidgets.QApplication.processEvents()
        text = label.palette().windowText().color()
        whole = application.palette().windowText().color()
        assert text.rgb() == whole.rgb() and text.alpha() < 255, theme


def test_the_brush_says_its_size(window):
    brush = window.drawing_panel.brush_size
    assert brush.said.text() == "1 unit"
    brush.setValue(12)
    assert brush.said.text() == "24 px"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_can_be_operated_has_an_outline(application, qtbot, theme):
    apply_theme(application, theme)
    holder = QtWidgets.QWidget()
    qtbot.addWidget(holder)
    row = QtWidgets.QVBoxLayout(holder)
    layers = QtWidgets.QTreeWidget()
    layers.setHeaderHidden(True)
    layer = QtWidgets.QTreeWidgetItem(["Layer"])
    layer.setCheckState(0, QtCore.Qt.CheckState.Unchecked)
    layers.addTopLevelItem(layer)
    first, box, radio = QtWidgets.QLineEdit(), QtWidgets.QCheckBox("a"), QtWidgets.QRadioButton("b")
    field, line, choice = QtWidgets.QSpinBox(), QtWidgets.QLineEdit(), QtWidgets.QComboBox()
    typed, button = QtWidgets.QComboBox(), QtWidgets.QPushButton("c")
    typed.setEditable(True)
    whole = (field, line, choice, typed, button)
    for widget in (first, box, radio, *whole, layers):
        row.addWidget(widget)
    holder.show()
    first.setFocus()
    picture = holder.grab().toImage()
    ground = luminance(holder.palette().window().color().name())

    def contrast(a: float, b: float) -> float:
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)

    def shade(x: int, y: int) -> float:
        return luminance(picture.pixelColor(x, y).name())

    def outlined(place: QtCore.QRect, back: float, what: object) -> None:
        """Hold that each side has a line that is seen from outside; that on the left also from inside."""
        middle = place.center()
        for across, down, begin in (
            (1, 0, QtCore.QPoint(place.left(), middle.y())),
            (-1, 0, QtCore.QPoint(place.right(), middle.y())),
            (0, 1, QtCore.QPoint(middle.x(), place.top())),
            (0, -1, QtCore.QPoint(middle.x(), place.bottom())),
        ):
            near = [shade(begin.x() + across * k, begin.y() + down * k) for k in (0, 1)]
            best = max(near, key=lambda s: contrast(s, back))
            assert contrast(best, back) >= 3, (theme, what, across, down)
        left = max((shade(place.left() + k, middle.y()) for k in (0, 1)), key=lambda s: contrast(s, back))
        assert contrast(left, shade(place.left() + 4, middle.y())) >= 3, (theme, what)

    part, option = QtWidgets.QStyle.SubElement, QtWidgets.QStyleOptionButton()
    for widget, which in ((box, part.SE_CheckBoxIndicator), (radio, part.SE_RadioButtonIndicator)):
        widget.initStyleOption(option)
        place = widget.style().subElementRect(which, option, widget)
        outlined(place.translated(widget.mapTo(holder, QtCore.QPoint(0, 0))), ground, widget)
    for widget in whole:
        outlined(widget.geometry(), ground, widget)
    item = QtWidgets.QStyleOptionViewItem()
    layers.initViewItemOption(item)
    layers.itemDelegate().initStyleOption(item, layers.indexFromItem(layer))
    item.rect = layers.visualItemRect(layer)
    place = layers.style().subElementRect(part.SE_ItemViewItemCheckIndicator, item, layers)
    place.translate(layers.viewport().mapTo(holder, QtCore.QPoint(0, 0)))
    outlined(place, luminance(layers.palette().base().color().name()), "a box of a list")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_tool_that_is_taken_is_seen(window, application, theme):
    apply_theme(application, theme)
    bar = next(b for b in window.findChildren(QtWidgets.QToolBar) if b.objectName() == "map tools")
    take = {n: window.actions_by_name[n] for n in ("draw_brush", "map_measure")}
    for button, action in (
        (window.drawing_panel.buttons["draw_brush"], take["draw_brush"]),
        (bar.widgetForAction(take["map_measure"]), take["map_measure"]),
    ):
        shades = []
        for on in (False, True, False):
            action.setChecked(on)
            assert button.isChecked() == on
            # a corner of the face, where no word and no icon is
            shades.append(button.grab().toImage().pixelColor(button.width() - 5, button.height() // 2))
            face, word = luminance(shades[-1].name()), luminance(button.palette().buttonText().color().name())
            assert (max(face, word) + 0.05) / (min(face, word) + 0.05) >= 4.5, (theme, on, shades[-1].name())
        off, taken, again = (c.blue() - c.red() for c in shades)
        # blue, not only another grey
        assert abs(off) < 5 and abs(again) < 5 and taken > 30, (theme, action.objectName(), off, taken, again)


def test_work_on_the_drawing_is_seen_while_it_lasts(window, monkeypatch):
    panel = window.drawing_panel
    # a tool that was taken before may have asked for figures
    panel.load()
    assert panel.working.isHidden()
    monkeypatch.setattr(type(panel.process), "running", True)
    panel._enable()
    assert not panel.working.isHidden()
    # nothing is drawn yet, so there is no empty table
    assert panel.table.isHidden()


def test_figures_of_stations_have_units(window, qtbot):
    panel = window.stations
    panel.bring_up()
    qtbot.waitUntil(lambda: panel.judge is not None or not panel.table.isVisible(), timeout=120_000)
    if panel.judge is None:
        pytest.skip("the town has no sites")
    lines = panel.figures.text().splitlines()
    assert any(line.startswith("Mean walk: ") and line.endswith(" minutes") for line in lines), lines


def test_the_badge_leaves_room_for_its_arrow(window):
    badge = window.badge
    badge.setText("1 change not in the plan")
    words = badge.fontMetrics().horizontalAdvance(badge.text())
    arrow = badge.style().pixelMetric(QtWidgets.QStyle.PixelMetric.PM_MenuButtonIndicator, None, badge)
    assert badge.sizeHint().width() >= words + 2 * arrow


@pytest.mark.parametrize("language", ["en", "mk", "sq"])
@pytest.mark.parametrize("text", [100, 130])
def test_the_names_of_the_panels_are_whole_in_a_small_window(make_window, qapp, qtbot, planned_once, language, text):
    from beatplanner.ui.desktop.window.languages import install_language
    from beatplanner.ui.desktop.window.theme import apply_text_size

    usual = qapp.font()
    install_language(qapp, language)
    try:
        window = make_window((1366, 768))
        window.open(planned_once.folder / "plan")
        apply_text_size(qapp, text)
        bar = next(
            b
            for b in window.findChildren(QtWidgets.QTabBar, options=QtCore.Qt.FindChildOption.FindDirectChildrenOnly)
            if b.shape() == QtWidgets.QTabBar.Shape.RoundedEast
        )

        def whole() -> bool:
            option = QtWidgets.QStyleOptionTab()
            names = []
            for k in range(bar.count()):
                bar.initStyleOption(option, k)
                names.append(option.text == bar.tabText(k))
            return len(names) > 4 and all(names)

        # larger letters than usual are there a moment after they are asked for
        qtbot.waitUntil(lambda: whole() and (bar.font().pointSizeF() > usual.pointSizeF()) == (text > 100))
        # a name more, then one less again: letters are as large as there is room for
        project, names, letters = window.findChild(QtWidgets.QDockWidget, "project"), bar.count(), bar.font()
        project.show()
        qtbot.waitUntil(lambda: bar.count() == names + 1 and whole(), timeout=120_000)
        assert bar.font().pointSizeF() >= usual.pointSizeF()
        project.hide()
        qtbot.waitUntil(lambda: bar.count() == names and bar.font() == letters, timeout=120_000)
    finally:
        qapp.setFont(usual)
        install_language(qapp, "en")


def test_scenarios_need_no_more_height_than_there_is_above_the_postings(window):
    # of a screen of 768 pixels the map with all beside it gets half at least; what needs more pushes the status line off it
    dock = window.session.dock
    lines = dock.fontMetrics().lineSpacing()
    assert dock.minimumSizeHint().height() <= 12 * lines, (dock.minimumSizeHint(), lines)


def test_colours_that_are_set_once_follow_the_theme(application, window):
    from beatplanner.ui.desktop.toolkit.banner import Banner
    from beatplanner.ui.desktop.toolkit.signal_colours import signal_words

    apply_theme(application, "light")
    panel = window.drawing_panel
    panel.dock.show()
    panel.dock.raise_()
    assert panel.begin() is not None
    panel.show_figures()
    table, box, words = panel.table, Banner("wrong"), QtWidgets.QLabel("no")
    signal_words(words, "wrong")

    def seen() -> list[str]:
        application.processEvents()
        return [table.item(0, 0).foreground().color().name(), box.styleSheet(), words.styleSheet()]

    light = seen()
    apply_theme(application, "dark")
    dark = seen()
    assert not [a for a, b in zip(light, dark, strict=True) if a == b]
    assert QColor(dark[0]).lightness() > 128
    apply_theme(application, "light")
    assert seen() == light
    panel.load()
