"""The start page: what to begin with, what was open lately, and what a crash left unsaved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.endings import PACKAGES
from beatplanner.data.formats.damage import damaged
from beatplanner.data.project.journal import Recovery, recoveries
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.toolkit.project_names import called_apart, project_called
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.toolkit.recent import recent_projects


class StartPage(QWidget):
    """What a planner sees first.

    Signals
    -------
    opened
        A project that was chosen.
    recovered
        Unsaved work that is to be restored.
    dropped
        Files that were dropped, projects aside.
    """

    opened = Signal(Path)
    recovered = Signal(object)
    dropped = Signal(list)

    def __init__(self, begin: list[tuple[str, str, Callable[[], object]]]) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.begin_buttons: list[QPushButton] = []
        self.recent_buttons: list[QPushButton] = []
        self.recover_buttons: list[QPushButton] = []
        content = QWidget()
        outer = QHBoxLayout(content)
        outer.addStretch(1)
        column = QVBoxLayout()
        column.addStretch(2)
        title = Label("beatplanner")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 2.4)
        font.setBold(True)
        title.setFont(font)
        column.addWidget(title)
        line = Label(self.tr("Fixed neighbourhood beats, outreach stations and officers who stay."))
        quiet(line)
        column.addWidget(line)
        column.addSpacing(self.fontMetrics().height())
        self._unsaved = QVBoxLayout()
        column.addLayout(self._unsaved)
        halves = QHBoxLayout()
        halves.setSpacing(self.fontMetrics().height() * 2)
        halves.addLayout(self._begin(begin), 1)
        self._lately = QVBoxLayout()
        halves.addLayout(self._lately, 1)
        column.addLayout(halves)
        column.addStretch(3)
        foot = Label(
            self.tr(
                "Files can also be dropped here: a project opens, layers begin a new one. Nothing leaves this computer."
            )
        )
        foot.setWordWrap(True)
        quiet(foot)
        column.addWidget(foot)
        outer.addLayout(column, 6)
        outer.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        # the first of the buttons has the focus, not all of the page
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self.refresh()

    def _begin(self, begin: list[tuple[str, str, Callable[[], object]]]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.addWidget(_heading(self.tr("Begin")))
        for text, help_, slot in begin:
            button = _Choice(text, help_)
            button.clicked.connect(lambda _=False, s=slot: s())
            column.addWidget(button)
            self.begin_buttons.append(button)
        column.addStretch(1)
        return column

    def refresh(self) -> None:
        """Show what was open lately and what is unsaved, as it is now."""
        for layout in (self._lately, self._unsaved):
            _clear(layout)
        self.recent_buttons, self.recover_buttons = [], []
        self._lately.addWidget(_heading(self.tr("Opened recently")))
        recent = recent_projects()
        for path in recent:
            button = _Choice(project_called(path), f"{_when(path)} · {path.parent}", middle=True)
            button.setToolTip(literal(str(path)))
            button.clicked.connect(lambda _=False, p=path: self.opened.emit(p))
            self._lately.addWidget(button)
            self.recent_buttons.append(button)
        if not recent:
            none = Label(self.tr("Nothing yet. The sample town shows what a plan looks like."))
            none.setWordWrap(True)
            quiet(none)
            self._lately.addWidget(none)
        self._lately.addStretch(1)
        left = [r for r in recoveries() if r.unsaved]
        for recovery, name in zip(left, called_apart([r.project for r in left]), strict=True):
            self._unsaved.addWidget(self._recovery(recovery, name))

    def _recovery(self, recovery: Recovery, name: str) -> QWidget:
        box = QFrame()
        box.setFrameShape(QFrame.Shape.StyledPanel)
        row = QHBoxLayout(box)
        when = recovery.last
        with suppress(ValueError):
            when = f"{dt.datetime.fromisoformat(recovery.last).astimezone():%d.%m.%Y %H:%M}"
        label = Label(
            self.tr("⚠ {0}: work until {1} was not saved before the program ended (changes: {2}).").format(
                name, when, recovery.changes
            )
        )
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setToolTip(literal(str(recovery.project)))
        row.addWidget(label, 1)
        restore = QPushButton(self.tr("Restore"))
        restore.clicked.connect(lambda: self.recovered.emit(recovery))
        forget = QPushButton(self.tr("Discard"))
        forget.clicked.connect(lambda: (recovery.forget(), self.refresh()))
        row.addWidget(restore)
        row.addWidget(forget)
        self.recover_buttons.append(restore)
        return box

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files from the file manager."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Open a project, or begin one with layers."""
        self.take_files([Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()])

    def take_files(self, files: list[Path]) -> None:
        """Open the one project among files, or begin a new one with them."""
        from beatplanner.data.project.build import is_project_file

        if len(files) == 1 and (
            files[0].suffix.lower() == ".toml"
            or (files[0] / "summary.json").is_file()
            or (files[0].suffix.lower() in PACKAGES and (damaged(files[0]) is not None or is_project_file(files[0])))
        ):
            self.opened.emit(files[0])
        elif files:
            self.dropped.emit(files)


class _InOneLine(Label):
    """A line whose middle is left out where it is too long: name and end of a path are what it is known by."""

    def shown(self) -> str:
        """Return as much of the text as there is room for."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.contentsRect().width())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)
        painter.drawText(self.contentsRect(), flags, self.shown())
        painter.end()


class _Choice(QPushButton):
    """A button of two lines: what it does, and a quieter line below; `middle` leaves out the middle of lines that are too long, whose whole text is in a tip."""

    def __init__(self, text: str, help_: str, *, middle: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(text)
        self.setAccessibleDescription(help_)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setSpacing(1)
        name, below = (_InOneLine(line) if middle else Label(line) for line in (text, help_))
        font = name.font()
        font.setBold(True)
        name.setFont(font)
        quiet(below)
        for row, label in enumerate((name, below)):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setMinimumWidth(0)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(label, row, 0)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave room for both lines."""
        return QSize(320, self.fontMetrics().height() * 2 + 22)


def _heading(text: str) -> QLabel:
    label = Label(text)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * 1.25)
    label.setFont(font)
    return label


def _when(path: Path) -> str:
    try:
        return f"{dt.datetime.fromtimestamp(path.stat().st_mtime):%d.%m.%Y %H:%M}"
    except OSError:
        return ""


def _clear(layout) -> None:
    while layout.count():
        widget = layout.takeAt(0).widget()
        if widget is not None:
            widget.deleteLater()
