"""The first-run tour: one thing of the window after another is lit up and told in two sentences; by mouse, keyboard or screen reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.tool_actions import add_action
from beatplanner.ui.desktop.window.main_frame import MainFrame

WIDTH, GAP, AROUND = 340, 14, 6


@dataclass(frozen=True)
class Stop:
    """One stop: what is lit up (None where the window lacks it), its title and its text."""

    at: Callable[[Any], QWidget | None]
    title: str
    text: str


def _dock(name: str) -> Callable[[Any], QWidget | None]:
    return lambda window: window.findChild(QDockWidget, name)


STOPS = (
    Stop(
        lambda w: w.map,
        "The town",
        "Each colour is a beat, the dashed lines are today's beats, the squares are stations. Click a beat to see all about it; turn the "
        "wheel to come nearer.",
    ),
    Stop(
        lambda w: w.rules.parentWidget(),
        "The rules",
        "What the plan must keep, in words and hours. The plan is never allowed to break one in silence: where rules clash, it says which.",
    ),
    Stop(
        lambda w: w.plan_button,
        "Plan",
        "F5 draws the beats, places the stations and assigns the officers. You can go on working meanwhile, stop it, or take the best plan so far.",
    ),
    Stop(
        lambda w: w.table,
        "The beats in figures",
        "Sort by any column, filter by a name, copy it to a spreadsheet. A row that you choose lights up on the map.",
    ),
    Stop(
        _dock("results"),
        "Results and proof",
        "A card for each beat, charts, doubts, and the proof: how far the plan can be from the best one, and the verdict of a second "
        "program that shares nothing with the first.",
    ),
    Stop(
        _dock("draw and mend"),
        "Draw and repair",
        "You know the town better than any program: paint areas from one beat to another, and see at once what it does to hours, officers "
        "and residents. Everything can be undone.",
    ),
    Stop(
        _dock("layers"),
        "Layers",
        "Show or hide what lies on the map: incidents, roads, walking distances, what changes since today. Patterns help in black and white.",
    ),
    Stop(
        lambda w: w.toolbar,
        "Keep it",
        "Save project (Ctrl+S) keeps rules, plans and history in one file. Ctrl+K finds any action by a few letters, and F1 explains the "
        "panel that you are in.",
    ),
)


def bring_in(widget: QWidget) -> None:
    """Let a widget be seen: its panel comes to the front, and what scrolls it goes there."""
    inner: QWidget | None = widget
    while inner is not None and not inner.isWindow():
        if isinstance(inner, QDockWidget):
            inner.show()
            inner.raise_()
        elif isinstance(inner, QScrollArea) and (page := inner.widget()) is not None and page.isAncestorOf(widget):
            # its beginning: what is longer than the panel would be shown from its middle
            inner.verticalScrollBar().setValue(widget.mapTo(page, QPoint(0, 0)).y() - AROUND)
        inner = inner.parentWidget()


def _seen() -> Path:
    return user_config_path("beatplanner", appauthor=False) / "tour-seen"


class Tour(QWidget):
    """A veil over the window with a hole at what is told, and a card beside it."""

    def __init__(self, window: MainFrame) -> None:
        super().__init__(window)
        self.window_, self.number = window, 0
        self.stops = [s for s in STOPS if s.at(window) is not None]
        self.card = QFrame(self)
        self.card.setFrameShape(QFrame.Shape.StyledPanel)
        self.card.setAutoFillBackground(True)
        self.card.setFixedWidth(WIDTH)
        self.title, self.text, self.count = Label(), Label(), Label()
        font = self.title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self.title.setFont(font)
        self.text.setWordWrap(True)
        self.back, self.next, self.leave = (
            QPushButton(self.tr("Back")),
            QPushButton(self.tr("Next")),
            QPushButton(self.tr("Leave the tour")),
        )
        self.back.clicked.connect(lambda: self.go(-1))
        self.next.clicked.connect(lambda: self.go(1))
        self.leave.clicked.connect(self.end)
        column = QVBoxLayout(self.card)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addWidget(self.count)
        row = QHBoxLayout()
        for button in (self.leave, self.back, self.next):
            row.addWidget(button)
        column.addLayout(row)
        application = QApplication.instance()
        assert application is not None
        # of all, so that no key and no shortcut comes past
        application.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self._show_stop()

    def go(self, step: int) -> None:
        """Go to the next stop or back; after the last the tour ends."""
        self.number += step
        if self.number >= len(self.stops):
            self.end()
            return
        self.number = max(0, self.number)
        self._show_stop()

    def end(self) -> None:
        """Leave the window as it is."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.window_.tour = None
        self.hide()
        self.deleteLater()

    def _show_stop(self) -> None:
        stop = self.stops[self.number]
        at = stop.at(self.window_)
        if at is not None:
            bring_in(at)
        self.title.setText(self.tr(stop.title))
        self.text.setText(self.tr(stop.text))
        self.count.setText(self.tr("{0} of {1}").format(self.number + 1, len(self.stops)))
        # a screen reader says what the focus is on: the button carries the whole text
        self.next.setAccessibleName(f"{self.title.text()}. {self.text.text()} {self.count.text()}. {self.tr('Next')}")
        last = self.number == len(self.stops) - 1
        self.next.setText(self.tr("Done") if last else self.tr("Next"))
        self.back.setEnabled(self.number > 0)
        self._place()
        self.next.setFocus()
        # a panel that comes up lies above the veil, some of it only once the window has laid it out
        self.raise_()
        QTimer.singleShot(0, self.card, self._come_up)

    def _come_up(self) -> None:
        self.raise_()
        self._place()

    def lit(self) -> QRect:
        """Return what is lit up now, in the window's pixels."""
        at = self.stops[self.number].at(self.window_)
        if at is None or not at.isVisible():
            return QRect()
        place = QRect(at.mapTo(self.window_, QPoint(0, 0)), at.size())
        around = at.parentWidget()
        while around is not None and around is not self.window_:
            # of what is scrolled only the part that is seen
            place &= QRect(around.mapTo(self.window_, QPoint(0, 0)), around.size())
            around = around.parentWidget()
        return place.adjusted(-AROUND, -AROUND, AROUND, AROUND).intersected(self.rect())

    def _place(self) -> None:
        """Put the card beside what is lit up, where there is most room; inside it where there is none."""
        layout = self.card.layout()
        assert layout is not None
        self.card.setFixedHeight(layout.totalHeightForWidth(WIDTH))
        lit, own = self.lit(), self.card.size()
        room = {
            "right": self.width() - lit.right() - GAP - own.width(),
            "left": lit.left() - GAP - own.width(),
            "below": self.height() - lit.bottom() - GAP - own.height(),
            "above": lit.top() - GAP - own.height(),
        }
        side = max(room, key=lambda k: room[k])
        x, y = lit.center().x() - own.width() // 2, lit.center().y() - own.height() // 2
        if room[side] >= 0:
            x = {"right": lit.right() + GAP, "left": lit.left() - GAP - own.width()}.get(side, x)
            y = {"below": lit.bottom() + GAP, "above": lit.top() - GAP - own.height()}.get(side, y)
        edge = GAP
        self.card.move(
            max(edge, min(x, self.width() - own.width() - edge)), max(edge, min(y, self.height() - own.height() - edge))
        )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the veil."""
        veil, hole = QPainterPath(), QPainterPath()
        veil.addRect(self.rect())
        hole.addRoundedRect(self.lit(), 6, 6)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillPath(veil.subtracted(hole), QColor(0, 0, 0, 130))

    def press(self, key: int) -> bool:
        """Go on at Enter and the right arrow, back at the left one, leave at Escape; return whether the key is one of the tour's."""
        step = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Return: 1,
            Qt.Key.Key_Enter: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Up: -1,
        }.get(Qt.Key(key))
        if key == Qt.Key.Key_Escape:
            self.end()
        elif step is not None:
            if step > 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.leave.hasFocus():
                self.end()
            elif step > 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.back.hasFocus():
                self.go(-1)
            else:
                self.go(step)
        else:
            return False
        return True

    def _stays_inside(self, event: QKeyEvent) -> bool:
        """Move the focus among the tour's own buttons at Tab; return whether it was Tab."""
        step = {Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}.get(Qt.Key(event.key()))
        if step is None:
            return False
        buttons = [b for b in (self.leave, self.back, self.next) if b.isEnabled()]
        at = next((k for k, b in enumerate(buttons) if b.hasFocus()), 0)
        buttons[(at + step) % len(buttons)].setFocus()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Follow the window's size, and take every key: behind the veil nothing is begun."""
        kind = event.type()
        if watched is self.window_ and kind == QEvent.Type.Resize:
            self.setGeometry(self.window_.rect())
            self._place()
            return False
        inside = isinstance(watched, QWidget) and watched.window() is self.window_
        if kind == QEvent.Type.Shortcut:
            return True
        if not inside or kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            # no key is a shortcut now
            event.accept()
            return True
        assert isinstance(event, QKeyEvent)
        if event.key() == Qt.Key.Key_Space:
            return watched not in (self.leave, self.back, self.next)
        return self.press(event.key()) or self._stays_inside(event) or True


def begin(window: MainFrame) -> Tour:
    """Begin the tour, or begin it again."""
    if window.tour is not None:
        window.tour.end()
    window.tour = Tour(window)
    return window.tour


def begin_once(window: MainFrame) -> None:
    """Begin the tour where this user never had it; a settings folder that cannot be written is no reason to stop."""
    if _seen().exists():
        return
    try:
        _seen().parent.mkdir(parents=True, exist_ok=True)
        _seen().touch()
    except OSError:
        return
    begin(window)


def install(window: MainFrame) -> None:
    """Add the tour to the Help menu."""
    window.tour = None
    entry = Action(
        "begin_tour", "Help", "Tour of the window", "Show what is where, one thing after another.", "", False, "open"
    )
    add_action(window, entry, lambda: begin(window))
