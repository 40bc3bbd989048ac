"""Headings of a table that may be narrower than their words: each line ends in dots of its own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionHeader, QWidget

# Letters that a heading shows at least, so that one column is told from another.
LEAST_LETTERS = 5


class ShortHeads(QHeaderView):
    """The headings of a table's columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)

    def least(self) -> int:
        """Return how narrow a column may be for its heading, in pixels."""
        return self.fontMetrics().averageCharWidth() * LEAST_LETTERS + 2 * self._margin()

    def _margin(self) -> int:
        return self.style().pixelMetric(QStyle.PixelMetric.PM_HeaderMargin, None, self)

    def shown(self, text: str, width: int) -> str:
        """Return a heading as it is seen in a column of so many pixels."""
        room = width - 2 * self._margin()
        return "\n".join(
            self.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, room) for line in text.split("\n")
        )

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, logicalIndex: int) -> None:  # noqa: N802, N803 - Qt's names
        """Let each line end in dots where it is longer than its column."""
        super().initStyleOptionForIndex(option, logicalIndex)
        width = self.sectionSize(logicalIndex)
        if self.isSortIndicatorShown() and self.sortIndicatorSection() == logicalIndex:
            width -= self.style().pixelMetric(QStyle.PixelMetric.PM_HeaderMarkSize, None, self)
        option.text = self.shown(option.text, width)  # type: ignore[attr-defined]
