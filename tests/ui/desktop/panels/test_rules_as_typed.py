"""A rule's number is typed key by key: what the panel does meanwhile writes nothing over it."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6 import QtCore, QtTest
from rule_host import RuleHost

from beatplanner.data.description.rules import BY_KEY
from beatplanner.ui.desktop.panels.rule_field import RuleField


class Panel(RuleHost):
    """The rules as a panel keeps them."""

    def __init__(self) -> None:
        self.rules: dict[str, object] = {}
        self.fields: list[RuleField] = []

    def set(self, values):
        for key, value in values.items():
            section, name = key.split(".")
            self.rules.setdefault(section, {})[name] = value
        for field in self.fields:
            field.load(self.rules)
        return ""


@pytest.fixture(params=["en", "mk"])
def panel(request, qtbot):
    before = QtCore.QLocale()
    QtCore.QLocale.setDefault(QtCore.QLocale(request.param))
    yield Panel()
    QtCore.QLocale.setDefault(before)


def field_of(panel, qtbot, key: str, value: object) -> RuleField:
    field = RuleField(panel, BY_KEY[key])
    qtbot.addWidget(field)
    panel.fields.append(field)
    panel.set({key: value})
    field.show()
    return field


@pytest.mark.parametrize("text", ["12.5", "12,5"])
def test_a_share_is_typed_with_its_decimals(panel, qtbot, text):
    field = field_of(panel, qtbot, "beats.tolerance", 0.1)
    field.number.selectAll()
    for key in text:
        QtTest.QTest.keyClicks(field.number, key)
        # typing rests after each key: the panel takes the number and shows it
        field.commit()
    assert field.number.value() == 12.5
    assert panel.rules["beats"]["tolerance"] == 0.125
    # and is written in full once the field is left
    QtTest.QTest.keyClick(field.number, QtCore.Qt.Key.Key_Return)
    assert field.number.cleanText() == QtCore.QLocale().toString(12.5, "f", 1)


def test_a_unit_follows_the_number_once_it_is_typed(panel, qtbot):
    field = field_of(panel, qtbot, "officers.min_tenure_months", 36)
    field.number.selectAll()
    for key in "12":
        QtTest.QTest.keyClicks(field.number, key)
        field.commit()
    assert field.number.value() == 12 and panel.rules["officers"]["min_tenure_months"] == 12
    field.number.selectAll()
    QtTest.QTest.keyClicks(field.number, "1")
    QtTest.QTest.keyClick(field.number, QtCore.Qt.Key.Key_Return)
    assert field.number.text() == "1 month"
