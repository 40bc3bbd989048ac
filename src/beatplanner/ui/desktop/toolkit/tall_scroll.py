"""A scrolled column whose wrapped texts are never cut: it is as high as they need at the width that there is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget


class TallScroll(QScrollArea):
    """Scrolls a widget that is as wide as the area and as high as its layout needs at that width."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setWidget(widget)
        widget.installEventFilter(_NewTexts(self))

    def fit(self) -> None:
        """Give the widget the height that it needs."""
        widget = self.widget()
        layout = None if widget is None else widget.layout()
        if widget is not None and layout is not None and layout.hasHeightForWidth():
            high = layout.totalHeightForWidth(self.viewport().width())
            if widget.minimumHeight() != high:
                widget.setMinimumHeight(high)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit to the new width."""
        super().resizeEvent(event)
        self.fit()


class _NewTexts(QObject):
    """Hears of new texts; the area itself has much to do with the events of its widget, all of which would go through here."""

    def __init__(self, area: TallScroll) -> None:
        super().__init__(area)
        self._area = area

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Fit to the new texts."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._area.fit()
        return False
