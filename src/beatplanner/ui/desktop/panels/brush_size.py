"""How wide the brush is: a slider with its figure beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider

from beatplanner.ui.desktop.plain_text import Label

WIDEST = 60


class BrushSize(QSlider):
    """The radius of the brush in pixels of the screen; 0 paints one unit at a time."""

    def __init__(self, row: QHBoxLayout) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, WIDEST)
        self.setAccessibleName(self.tr("Size of the brush, 0 for one unit"))
        self.setToolTip(self.tr("Size of the brush; quite left it paints one unit at a time"))
        name, self.said = Label(self.tr("Brush")), Label()
        name.setBuddy(self)
        # so wide always as its longest text, so that the slider does not move under the hand
        texts = (self.text_of(0), self.text_of(WIDEST))
        self.said.setMinimumWidth(max(self.said.fontMetrics().horizontalAdvance(t) for t in texts))
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.valueChanged.connect(lambda v: self.said.setText(self.text_of(v)))
        self.said.setText(self.text_of(0))
        row.addWidget(name)
        row.addWidget(self, 1)
        row.addWidget(self.said)

    def text_of(self, size: int) -> str:
        """Return a size in words."""
        return self.tr("{0} px").format(2 * size) if size else self.tr("1 unit")
