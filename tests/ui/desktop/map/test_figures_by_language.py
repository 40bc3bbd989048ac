"""Coordinates, measured ways and the scale are written as the window's language writes them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
from PySide6.QtWidgets import QApplication

from beatplanner.ui.desktop.map.map_tools import Coordinates
from beatplanner.ui.desktop.map.pointer_tools import Measure
from beatplanner.ui.desktop.toolkit.figures_text import unbroken_parts
from beatplanner.ui.desktop.window.languages import install_language


class View(QtCore.QObject):
    """A map that points at places."""

    pointed = QtCore.Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.scenario = SimpleNamespace(is_open=True, units=SimpleNamespace(crs="EPSG:32634"))


@pytest.fixture(params=["mk", "sq", "en"])
def language(request, qapp):
    install_language(qapp, request.param)
    yield request.param
    install_language(QApplication.instance(), "en")
    QtCore.QLocale.setDefault(QtCore.QLocale.c())


def test_coordinates_have_the_letters_and_the_comma_of_the_language(language):
    view = View()
    shown = Coordinates(view)
    view.pointed.emit(535_000.0, 4_650_000.0)
    degrees, metres = shown.text().replace("\N{NO-BREAK SPACE}", ".").split("   ·   ")
    wanted = {
        "mk": ("42,00124° С  21,42262° И", "И 535.000  С 4.650.000 m"),
        "sq": ("42,00124° V  21,42262° L", "L 535.000  V 4.650.000 m"),
        "en": ("42.00124° N  21.42262° E", "E 535,000  N 4,650,000 m"),
    }[language]
    assert (degrees, metres) == wanted


def test_a_measured_way_has_the_comma_of_the_language(language):
    tool = Measure.__new__(Measure)
    tool.line, tool.end = [(0.0, 0.0), (1234.0, 0.0)], None
    assert tool.text() == ("1.23 km" if language == "en" else "1,23 km")


def test_no_figure_is_parted_from_its_word_and_no_line_begins_with_a_point():
    said = unbroken_parts("15 beats  ·  greatest deviation ±10.0 %  ·  30 officers")
    assert [part.replace("\N{NO-BREAK SPACE}", " ") for part in said.split(" ")] == [
        "15 beats ·",
        "greatest deviation ±10.0 % ·",
        "30 officers",
    ]
