"""The wheel scrolls, and changes nothing that it passes."""

from __future__ import annotations

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtGui = pytest.importorskip("PySide6.QtGui")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")

FIELDS = (QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox, QtWidgets.QAbstractSlider)


def turn(widget, steps=-3):
    """Turn the wheel over the middle of a widget; return whether the widget took that for itself."""
    middle = QtCore.QPointF(widget.rect().center())
    event = QtGui.QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QtCore.QPoint(),
        QtCore.QPoint(0, 120 * steps),
        QtCore.Qt.MouseButton.NoButton,
        QtCore.Qt.KeyboardModifier.NoModifier,
        QtCore.Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QtWidgets.QApplication.sendEvent(widget, event)
    return event.isAccepted()


def value(widget):
    if isinstance(widget, QtWidgets.QComboBox):
        return widget.currentIndex()
    return widget.value() if hasattr(widget, "value") else widget.text()


def scrolled(within):
    """Give the fields that stand in something that scrolls."""
    for area in within.findChildren(QtWidgets.QScrollArea):
        page = area.widget()
        for field in [] if page is None else page.findChildren(QtWidgets.QWidget):
            # the bar of a table in the page scrolls that table
            if isinstance(field, FIELDS) and not isinstance(field, QtWidgets.QScrollBar):
                yield field


def test_who_scrolls_past_a_field_of_the_window_does_not_change_it(planned_window, qtbot):
    window = planned_window
    rule = window.rule_panel.fields[0]
    fields = list(scrolled(window))
    assert rule.number in fields
    assert "Beat that is painted" in [f.accessibleName() for f in fields]
    before = [value(f) for f in fields]
    for steps in (-3, 3):
        # what leaves the wheel alone leaves it to the area
        assert not [field.accessibleName() for field in fields if turn(field, steps)]
        assert [value(f) for f in fields] == before
