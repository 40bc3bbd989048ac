"""The comparison's window: figures, one scale, and maps that move together."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from conftest import write_grid_town

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6 import QtCore

from beatplanner.planning.whole.run import run
from beatplanner.ui.desktop.panels.comparison import class_limits, install
from beatplanner.ui.desktop.window.theme import DARK, palette_of


def test_plans_side_by_side(qtbot, tmp_path):
    town = write_grid_town(tmp_path / "town")
    frame = town.units()
    frame["place"] = [f'<img src="//evil/{p}.png"> {p}' for p in frame["place"]]
    town.write_units(frame)
    town.swap('name = "Grid"', "name = '<img src=\"//evil/name.png\">'")
    run(town.project, tmp_path / "a", steps=("beats",), pack=False)
    town.swap("count = 4", "count = 6")
    run(town.project, tmp_path / "b", steps=("beats",), pack=False)
    window = QtWidgets.QMainWindow()
    # the registry of actions, as a window has it
    window.actions_by_name = {}
    qtbot.addWidget(window)
    comparing = install(window)
    assert [a.text() for a in window.menuBar().actions()] == ["Compare"]
    comparing.compare([tmp_path / "a", tmp_path / "b"], tmp_path / "comparison")
    shown = comparing.shown
    assert (tmp_path / "comparison" / "comparison.html").is_file()
    assert [shown.table.headerItem().text(k) for k in range(1, 4)] == ["Today", "a", "b"]
    rows = {shown.table.topLevelItem(0).child(i).text(0) for i in range(shown.table.topLevelItem(0).childCount())}
    assert "All rules of the plan are met" in rows
    # in another language labels and figures are of that language
    before = QtCore.QLocale()
    QtCore.QLocale.setDefault(QtCore.QLocale("mk"))
    again = type(shown)(shown.found, shown.out, window)
    QtCore.QLocale.setDefault(before)
    top = again.table.topLevelItem(0)
    assert top.text(0) == "Запазени правила" and top.child(0).text(0) == "Сите правила на планот се исполнети"
    # what is better or worse is read in the dark theme too
    application, light = QtWidgets.QApplication.instance(), QtWidgets.QApplication.palette()
    application.setPalette(palette_of(DARK))
    dark = type(shown)(shown.found, shown.out, window)
    inks = [
        table.topLevelItem(i).child(j).foreground(k).color().name()
        for table in (shown.table, dark.table)
        for i in range(table.topLevelItemCount())
        for j in range(table.topLevelItem(i).childCount())
        for k in (1, 2, 3)
        if table.topLevelItem(i).child(j).text(k)[-1:] in ("▲", "▼")
    ]
    application.setPalette(light)
    half = len(inks) // 2
    assert half and set(inks[:half]) <= {"#1b6e3c", "#a3141c"} and set(inks[half:]) <= {"#7fd19b", "#ff9a90"}
    # what one map shows all show
    shown.maps[0].moved.emit(1.0, 2.0, 3.0)
    assert all((m.centre.x(), m.centre.y(), m.scale) == (1.0, 2.0, 3.0) for m in shown.maps)
    shown.mode.setCurrentIndex(2)
    changed = [m.fills.count(m.fills[0].__class__("#d95f0e")) for m in shown.maps]
    assert changed[0] == 0 and changed[2] > 0
    shown.show_unit(0)
    assert "Today: beat 1" in shown.beat_words.text() and "b: beat" in shown.beat_words.text()
    assert not shown.grab().isNull()
    # a name that looks like a picture is shown letter by letter, and nothing is read
    assert "<img" in shown.beat_words.text() and "<img" in shown.windowTitle()
    for widget in QtWidgets.QApplication.allWidgets():
        assert "<img" not in widget.toolTip(), widget
        if isinstance(widget, QtWidgets.QLabel) and widget.textFormat() != QtCore.Qt.TextFormat.PlainText:
            assert "evil" not in widget.text(), widget


def test_limits_are_round_and_hold_all_values():
    assert class_limits([283.0, 1315.0]) == [500.0, 750.0, 1000.0, 1250.0, 1500.0]
    assert len(class_limits([None, 5.0])) == 5


def test_words_that_are_better_worse_or_wrong_are_read_in_light_and_dark():
    from PySide6.QtGui import QColor, QPalette

    from beatplanner.ui.desktop.toolkit.signal_colours import SIGNALS, signal
    from beatplanner.ui.desktop.window.theme import LIGHT

    def light(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for theme in (LIGHT, DARK):
        palette = palette_of(theme)
        for kind in SIGNALS:
            for ground in ("Window", "Base", "AlternateBase"):
                pair = sorted((light(signal(kind, palette)), light(palette.color(QPalette.ColorRole[ground]))))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (kind, ground)
    assert light(QColor("white")) == pytest.approx(1.0)


def test_todays_beat_of_a_figure_is_called_in_the_windows_language():
    from beatplanner.data.publish.translation import Speech
    from beatplanner.ui.desktop.panels.comparison_table import figure

    assert figure(Speech("mk"), "beat 2", "text") == "реон 2"
    assert figure(Speech("mk"), "Kej 6 (10)", "text") == "Kej 6 (10)"
    assert figure(Speech("en"), "beat 2", "text") == "beat 2"
