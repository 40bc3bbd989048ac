"""Tabs that are all in sight: where there is no room for whole words the longest give way, and their tool tips say them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QProxyStyle,
    QStyle,
    QStyleOption,
    QStyleOptionTab,
    QTabBar,
    QTabWidget,
    QWidget,
)

# Pixels on both sides of a tab's word together; Fusion takes four times as much. Words that stand one above the other are told apart by some more.
AROUND, FUSIONS, UPRIGHT = 6, 24, 18


class _Narrow(QProxyStyle):
    """Fusion with less beside the words of tabs."""

    def __init__(self, around: int = AROUND) -> None:
        super().__init__("Fusion")
        self.around = around

    def pixelMetric(  # noqa: N802 - Qt's name
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        """Return Fusion's measure, but for what is beside a word."""
        if metric == QStyle.PixelMetric.PM_TabBarTabHSpace:
            return self.around
        return super().pixelMetric(metric, option, widget)


class _Fair(QTabBar):
    """Takes what is missing from the longest tabs alone; Qt would shorten the shortest words as well."""

    def tabSizeHint(self, index: int) -> QSize:  # noqa: N802 - Qt's name
        """Return what a tab gets of the room that its pages have."""
        size, pages = super().tabSizeHint(index), self.parentWidget()
        widths = sorted(super(_Fair, self).tabSizeHint(k).width() for k in range(self.count()))
        left = 0 if pages is None else pages.width()
        for k, width in enumerate(widths):
            share = left // (len(widths) - k)
            if width > share:
                size.setWidth(min(size.width(), max(share, AROUND)))
                break
            left -= width
        return size

    def initStyleOption(self, option: QStyleOptionTab, index: int) -> None:  # noqa: N802 - Qt's name
        """Shorten a word from its end, so that the number or the mark behind it stays."""
        super().initStyleOption(option, index)
        whole = self.tabText(index)
        word, _, behind = whole.rpartition(" ")
        if option.text != whole and word and not behind[:1].isalpha():
            room = self.style().subElementRect(QStyle.SubElement.SE_TabBarTabText, option, self).width()
            left = room - self.fontMetrics().horizontalAdvance(f" {behind}")
            option.text = f"{self.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, left)} {behind}"


class Tabs(QTabWidget):
    """Pages whose tabs stand side by side in a narrow panel, none behind an arrow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabBar(_Fair(self))
        self.setDocumentMode(True)
        self._style = _Narrow()
        self._style.setParent(self.tabBar())
        self.tabBar().setStyle(self._style)
        all_in_sight(self.tabBar())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Share the room anew."""
        super().resizeEvent(event)
        all_in_sight(self.tabBar())

    def name(self, page: QWidget, words: str) -> None:
        """Call a page's tab, whose tool tip has the words whole."""
        at = self.indexOf(page)
        self.setTabText(at, words)
        self.setTabToolTip(at, words)


def whole_where_they_fit(bar: QTabBar, least: float) -> None:
    """Let tabs that stand upright at the side of the window have less around their words, and smaller letters where their words would be cut; not smaller than `least` points."""
    if bar.shape() not in (QTabBar.Shape.RoundedEast, QTabBar.Shape.RoundedWest):
        return
    texts = [bar.tabText(k) for k in range(bar.count()) if bar.isTabVisible(k)]
    font = QFont(QApplication.font())
    size = font.pointSizeF()
    if _long(texts, font, FUSIONS) > bar.height() and not isinstance(bar.style(), _Narrow):
        style = _Narrow(UPRIGHT)
        style.setParent(bar)
        bar.setStyle(style)
    while size > least and _long(texts, font, UPRIGHT) > bar.height():
        size = max(least, size - 0.5)
        font.setPointSizeF(size)
    if bar.font() != font:
        bar.setFont(font)


def _long(texts: list[str], font: QFont, around: int) -> float:
    """Return how long tabs with these words and so much around each are together, in pixels."""
    metrics = QFontMetricsF(font)
    return sum(metrics.horizontalAdvance(text) + around + 2 for text in texts)


def all_in_sight(bar: QTabBar) -> None:
    """Let a bar have no arrows: the longest words are shortened."""
    bar.setUsesScrollButtons(False)
    bar.setElideMode(Qt.TextElideMode.ElideRight)
