"""A field for a number takes what people type, in each language."""

from __future__ import annotations

import os
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6 import QtCore, QtTest, QtWidgets
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


@pytest.mark.parametrize("text", ["7,25", "7.25", "0,000001", "61.1255", "40,00"])
def test_what_is_typed_is_kept_to_the_digit_and_shown_as_short_as_it_is(qtbot, speaks, text):
    box = NumberBox()
    box.setRange(0, 99)
    box.setSuffix(" %")
    number = float(text.replace(",", "."))
    assert write(qtbot, box, text) == number
    sign = QtCore.QLocale().decimalPoint()
    assert box.text() == f"{number:.6f}".rstrip("0").rstrip(".").replace(".", sign) + " %"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 2", "“1 2” is no number."),
        ("0,05", "“0,05” is not taken: a number from 1 to 100 % belongs here."),
        (
            "1,234",
            "“1,234” is read as 1234: a number from 1 to 100 % belongs here. Type “1.234” for one with decimals.",
        ),
        ("7,1234567", "“7,1234567” has more than 6 decimals."),
        ("", "A number from 1 to 100 % belongs here."),
    ],
)
@pytest.mark.parametrize("leave", ["tab", "enter", "hide"])
def test_what_cannot_be_taken_stays_in_the_field_and_is_told(qtbot, text, why, leave):
    page = QtWidgets.QWidget()
    qtbot.addWidget(page)
    box, other = NumberBox(page), QtWidgets.QLineEdit(page)
    box.setRange(1, 100)
    box.setSuffix(" %")
    box.setValue(10)
    page.show()
    box.setFocus()
    box.selectAll()
    QtTest.QTest.keyClick(box, QtCore.Qt.Key.Key_Delete)
    QtTest.QTest.keyClicks(box, text)
    seen = box.lineEdit().text()
    if leave == "hide":
        box.hide()
    elif leave == "tab":
        other.setFocus()
        qtbot.waitUntil(other.hasFocus, timeout=120_000)
    else:
        QtTest.QTest.keyClick(box, QtCore.Qt.Key.Key_Return)
    assert box.lineEdit().text() == seen and box.problem() == why
    box.setValue(box.value())
    assert box.problem() == "" and box.lineEdit().text() != seen


def test_a_number_read_as_thousands_says_how_the_one_with_decimals_is_typed(qtbot, speaks):
    box = NumberBox()
    box.setRange(1, 100)
    box.setSuffix(" %")
    box.setValue(10)
    other, own = (",", ".") if speaks == "en" else (".", ",")
    qtbot.addWidget(box)
    box.lineEdit().setText(f"12{other}345")
    assert box.problem() == (
        f"“12{other}345” is read as 12345: a number from 1 to 100 % belongs here. Type “12{own}345” for one with decimals."
    )
    assert write(qtbot, box, f"12{own}345") == 12.345 and not box.problem()


def test_a_part_of_a_thing_that_is_counted_is_told():
    box = WholeBox()
    box.setRange(1, 9)
    box.lineEdit().setText("6,5")
    assert box.problem() == "“6,5” is no whole number." and isinstance(box.value(), int)


def test_a_day_is_typed_as_the_language_writes_it():
    from beatplanner.ui.desktop.toolkit.figures_text import written_day

    before = QtCore.QLocale()
    try:
        for code, written in (("en", "2027-02-01"), ("sq", "01.02.2027"), ("mk", "01.02.2027")):
            QtCore.QLocale.setDefault(QtCore.QLocale(code))
            assert QtCore.QDate(2027, 2, 1).toString(written_day()) == written
    finally:
        QtCore.QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("value", "said"), [(12.5, "12.5"), (20.0, "20"), (100 * 0.0725, "7.25"), (100 * 0.1, "10"), (None, "–")]
)
def test_a_rule_is_told_with_the_decimals_that_it_was_given(value, said):
    from beatplanner.ui.desktop.toolkit.figures_text import as_set

    assert as_set(value) == said


def test_the_guided_import_goes_on_with_no_number_that_it_cannot_take(qtbot):
    from beatplanner.ui.desktop.guided_import.rules_page import RulesPage
    from beatplanner.ui.desktop.guided_import.wizard import ImportWizard

    page = RulesPage(SimpleNamespace())
    qtbot.addWidget(page)
    page.tolerance.lineEdit().setText("± 0 %")
    page.beats.lineEdit().setText("6,5")
    said = [
        "Number of beats: “6,5” is no whole number.",
        "Tolerance: “0” is not taken: a number from 0.000001 to 100 % belongs here.",
    ]
    assert page.problems() == said
    told = []
    wizard = SimpleNamespace(
        pages=SimpleNamespace(currentIndex=lambda: 0),
        steps=[page],
        say=told.append,
        listed=lambda lines: "\n".join(lines),
    )
    ImportWizard.next(wizard)
    assert told == ["\n".join(said)]
    # what is not asked needs no number
    page.auto.setChecked(True)
    page.tolerance.setValue(7.25)
    assert page.problems() == [] and page.tolerance.text() == "± 7.25 %"
