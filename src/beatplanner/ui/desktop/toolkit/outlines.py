"""Outlines of what can be operated: boxes, fields and buttons are seen on the ground of the light and of the dark theme."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QProxyStyle, QStyle, QStyleOption, QStyleOptionComplex, QWidget

from beatplanner.ui.desktop.toolkit.signal_colours import signal

# On light and on dark ground: by 3 to 1 at least from the window, a field and a button (WCAG 2.2, 1.4.11).
LINES = ("#7d7d7d", "#a8a8a8")
NAME = "outlined Fusion"

Part = QStyle.PrimitiveElement
# pixels of a corner
ROUND = 2.0
SQUARE = frozenset({Part.PE_IndicatorCheckBox, Part.PE_FrameLineEdit, Part.PE_PanelButtonCommand})
FIELDS = frozenset({QStyle.ComplexControl.CC_SpinBox, QStyle.ComplexControl.CC_ComboBox})


class Outlined(QProxyStyle):
    """Fusion, whose own outlines are darker than the ground by a little, in the dark theme too; what cannot be operated keeps them."""

    def __init__(self) -> None:
        super().__init__("Fusion")
        self.setObjectName(NAME)

    def drawPrimitive(  # noqa: N802 - Qt's name
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Draw a part, and the line around it."""
        super().drawPrimitive(element, option, painter, widget)
        if element in SQUARE:
            _line(painter, option, ROUND if element != Part.PE_IndicatorCheckBox else 0.0)
        elif element == Part.PE_IndicatorRadioButton:
            _line(painter, option, None)

    def drawComplexControl(  # noqa: N802 - Qt's name
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Draw a field with its arrows, and the line around it."""
        super().drawComplexControl(control, option, painter, widget)
        if control in FIELDS:
            _line(painter, option, ROUND)


def _line(painter: QPainter, option: QStyleOption, corner: float | None) -> None:
    """Draw the line around a part, with corners that are so round; None is a circle."""
    state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
    if not state & QStyle.StateFlag.State_Enabled:
        return
    palette: QPalette = option.palette  # type: ignore[attr-defined]
    dark = palette.color(QPalette.ColorRole.Base).lightnessF() < 0.5
    colour = signal("fact", palette) if state & QStyle.StateFlag.State_HasFocus else QColor(LINES[dark])
    around = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5)  # type: ignore[attr-defined]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.0))
    if corner is None:
        side = min(around.width(), around.height()) - 1
        place = QRectF(0, 0, side, side)
        place.moveCenter(around.center())
        painter.setPen(QPen(colour, 1.5))
        painter.drawEllipse(place)
    else:
        painter.drawRoundedRect(around, corner, corner)
    painter.restore()


def draw_outlines(application: QApplication) -> None:
    """Let Fusion with the outlines draw all widgets."""
    if application.style().objectName() != NAME:
        application.setStyle(Outlined())
