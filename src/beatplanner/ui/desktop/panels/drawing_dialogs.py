"""What drawing asks: what a link or barrier is and why, and what a beat is called."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from beatplanner.ui.desktop.plain_text import Label

WAYS = ("bridge", "footbridge", "ferry", "underpass", "road", "other link")
OBSTACLES = ("river", "railway", "motorway", "wall or fence", "steep slope", "other barrier")


class ReasonDialog(QDialog):
    """Ask what is drawn and why."""

    def __init__(self, title: str, question: str, kinds: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        form = QFormLayout(self)
        label = Label(question)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        form.addRow(label)
        self.kind = QComboBox()
        self.kind.addItems([self.tr(k) for k in kinds])
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("kept with the plan and shown to everyone"))
        self.reason.setMinimumWidth(340)
        form.addRow(self.tr("What it is"), self.kind)
        form.addRow(self.tr("Reason"), self.reason)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setEnabled(False)
        self.reason.textChanged.connect(lambda text: self.ok.setEnabled(bool(text.strip())))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    @classmethod
    def ask(cls, title: str, question: str, kinds: tuple[str, ...], parent: QWidget) -> tuple[str, str] | None:
        """Return what and why, None where it was dropped."""
        dialog = cls(title, question, kinds, parent)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return None
        return kinds[dialog.kind.currentIndex()], dialog.reason.text().strip()


class NameDialog(QDialog):
    """Ask for a beat's name and colour."""

    def __init__(self, beat: str, name: str, colour: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Beat {0}").format(beat))
        self.colour = colour
        self.name = QLineEdit(name)
        # typing replaces the proposed name
        self.name.selectAll()
        self.name.setMinimumWidth(300)
        self.name.setAccessibleName(self.tr("Name"))
        self.swatch = QPushButton()
        self.swatch.clicked.connect(self._choose)
        self.none = QPushButton(self.tr("No colour of its own"))
        self.none.clicked.connect(lambda: self._take(""))
        form = QFormLayout(self)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Colour"), self.swatch)
        form.addRow("", self.none)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self._take(colour)

    def _take(self, colour: str) -> None:
        self.colour = colour
        self.swatch.setText(colour or self.tr("Choose…"))
        self.swatch.setStyleSheet(
            f"background: {colour}; color: {'black' if QColor(colour).lightness() > 128 else 'white'};"
            if colour
            else ""
        )

    def _choose(self) -> None:
        found = QColorDialog.getColor(QColor(self.colour or "#80b1d3"), self)
        if found.isValid():
            self._take(found.name())

    @classmethod
    def ask(cls, beat: str, name: str, colour: str, parent: QWidget) -> tuple[str, str] | None:
        """Return name and colour, "" for none; None where it was dropped."""
        dialog = cls(beat, name, colour, parent)
        return (dialog.name.text().strip(), dialog.colour) if dialog.exec() == QDialog.DialogCode.Accepted else None
