"""A field for a number takes what people type, in each language."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6 import QtCore, QtTest
from PySide6.QtGui import QValidator

from beatplanner.ui.desktop.toolkit.number_box import NumberBox, WholeBox


@pytest.fixture(params=["en", "mk", "sq"])
def speaks(request):
    before = QtCore.QLocale()
    QtCore.QLocale.setDefault(QtCore.QLocale(request.param))
    yield request.param
    QtCore.QLocale.setDefault(before)


def write(qtbot, box, text: str) -> float:
    """Type a text over what stands in a field, key by key, and leave it."""
    qtbot.addWidget(box)
    box.show()
    box.selectAll()
    QtTest.QTest.keyClicks(box, text)
    box.interpretText()
    return box.value()


@pytest.mark.parametrize("text", ["12,5", "12.5"])
def test_decimals_are_typed_with_either_sign(qtbot, speaks, text):
    box = NumberBox()
    box.setDecimals(1)
    box.setRange(0.5, 100)
    box.setPrefix("± ")
    box.setSuffix(" %")
    assert write(qtbot, box, text) == 12.5


@pytest.mark.parametrize("text", ["1000", "1 000", "1.000", "1,000"])
@pytest.mark.parametrize("kind", [NumberBox, WholeBox])
def test_thousands_are_typed_with_any_sign(qtbot, speaks, text, kind):
    box = kind()
    if kind is NumberBox:
        box.setDecimals(0)
    box.setRange(1, 2000)
    box.setSuffix(" years")
    assert write(qtbot, box, text) == 1000


def test_a_number_may_mean_two_things_and_is_read_in_the_windows_language(qtbot, speaks):
    box = NumberBox()
    box.setDecimals(3)
    box.setRange(0, 10000)
    assert write(qtbot, box, "1.234") == (1.234 if speaks == "en" else 1234)


def test_letters_and_what_is_out_of_range_do_not_change_the_number(qtbot, speaks):
    box = WholeBox()
    box.setRange(5, 20)
    box.setSpecialValueText("none")
    box.setValue(7)
    assert write(qtbot, box, "x") == 7
    assert box.validate("21", 2)[0] == box.validate("1", 1)[0] == QValidator.State.Intermediate
    assert box.validate("6,5", 3)[0] == QValidator.State.Intermediate
    assert box.validate("none", 0)[0] == QValidator.State.Acceptable and box.valueFromText("none") == 5


def test_a_day_is_typed_as_the_language_writes_it():
    from beatplanner.ui.desktop.toolkit.figures_text import written_day

    before = QtCore.QLocale()
    try:
        for code, written in (("en", "2027-02-01"), ("sq", "01.02.2027"), ("mk", "01.02.2027")):
            QtCore.QLocale.setDefault(QtCore.QLocale(code))
            assert QtCore.QDate(2027, 2, 1).toString(written_day()) == written
    finally:
        QtCore.QLocale.setDefault(before)
