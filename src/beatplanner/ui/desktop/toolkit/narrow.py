"""Lists and choices that stand in a narrow panel: what they say is read whole."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize
from PySide6.QtWidgets import QComboBox, QListView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from beatplanner.ui.desktop.plain_text import literal

# As high as no text is.
UNBOUND = 1 << 20


class WholeText(QStyledItemDelegate):
    """Lets each item of a list be as high as its text wrapped.

    Qt counts the lines of an item in a width that is not the one it is then drawn in, and cuts off the last lines of a long text.
    """

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of the item in the width that it is drawn in."""
        view = option.widget  # type: ignore[attr-defined]
        if not isinstance(view, QListView):
            return super().sizeHint(option, index)
        inner = QStyleOptionViewItem(option)
        wide = view.viewport().width() - 2 * view.spacing()
        inner.rect = QRect(0, 0, wide, UNBOUND)  # type: ignore[attr-defined]
        return QSize(wide, super().sizeHint(inner, index).height())


class Choice(QComboBox):
    """A list to choose from that is as wide as its panel lets it be; a longer text is whole in the list that opens, and in the tip.

    Parameters
    ----------
    letters
        It is at least so wide.
    """

    def __init__(self, letters: int = 12, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(letters)

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Open the list, wide enough for its longest text."""
        view = self.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + view.verticalScrollBar().sizeHint().width())
        super().showPopup()

    def event(self, event: QEvent) -> bool:
        """Tell in the tip what is chosen, where it has no tip of its own."""
        if event.type() == QEvent.Type.ToolTip and not self.toolTip() and self.currentText():
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), literal(self.currentText()), self)
            return True
        return super().event(event)
