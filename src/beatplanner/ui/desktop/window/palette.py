"""The command palette (Ctrl+K): every action of the window, found by a few letters of its words."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.tool_actions import add_action


def without_accents(text: str) -> str:
    """Return a text in small letters without accents, as people type it in a hurry."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def rank(words: str, action: str) -> int | None:
    """Tell how well typed words fit an action's text: 0 where it begins so, 1 where all are in it, None where one is not."""
    typed, text = without_accents(words).split(), without_accents(action)
    if any(t not in text for t in typed):
        return None
    return 0 if not typed or text.startswith(typed[0]) else 1


def actions_of(window: Window) -> list[tuple[str, QAction]]:
    """Return the actions of the window's menus, each with its menu's title."""
    found: list[tuple[str, QAction]] = []

    def take(title: str, menu: QMenu) -> None:
        for action in menu.actions():
            inner = action.menu()
            if isinstance(inner, QMenu):
                take(f"{title} › {inner.title().replace('&', '')}", inner)
            elif action.text() and not action.isSeparator():
                found.append((title, action))

    for top in window.menuBar().actions():
        menu = top.menu()
        if isinstance(menu, QMenu):
            take(top.text().replace("&", ""), menu)
    return found


WIDEST_KEYS = "Ctrl+Shift+PgDown  "


class ThreeColumns(QStyledItemDelegate):
    """Draws an action at the left, its menu and its keys in line at the right, quieter."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:  # noqa: N802 - Qt's name
        """Let a long text end in dots before the menu begins."""
        super().initStyleOption(option, index)
        menu, _ = index.data(Qt.ItemDataRole.UserRole + 1)
        letters = option.fontMetrics  # type: ignore[attr-defined]
        room = option.rect.width() - letters.horizontalAdvance(WIDEST_KEYS + menu) - 24  # type: ignore[attr-defined]
        option.text = letters.elidedText(option.text, Qt.TextElideMode.ElideRight, room)  # type: ignore[attr-defined]

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a row."""
        super().paint(painter, option, index)
        menu, keys = index.data(Qt.ItemDataRole.UserRole + 1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        palette = option.palette  # type: ignore[attr-defined]
        painter.save()
        painter.setPen((palette.highlightedText() if chosen else palette.placeholderText()).color())
        box = option.rect.adjusted(0, 0, -6, 0)  # type: ignore[attr-defined]
        room = painter.fontMetrics().horizontalAdvance(WIDEST_KEYS)
        line = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box.adjusted(box.width() - room, 0, 0, 0), line | Qt.AlignmentFlag.AlignLeft, keys)
        painter.drawText(box.adjusted(0, 0, -room - 10, 0), line | Qt.AlignmentFlag.AlignRight, menu)
        painter.restore()


class Palette(QDialog):
    """A field and the actions that fit what is typed in it; Enter does the one that is marked."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Find an action"))
        self.setMinimumWidth(620)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("What do you want to do?"))
        self.field.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Actions"))
        self.list.setItemDelegate(ThreeColumns(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.about = Label()
        self.about.setWordWrap(True)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        column = QVBoxLayout(self)
        for widget in (self.field, self.list, self.about):
            column.addWidget(widget)
        self.found = actions_of(window)
        self.field.textChanged.connect(self.show_fitting)
        self.field.returnPressed.connect(self.do)
        self.field.installEventFilter(self)
        self.list.itemActivated.connect(lambda _: self.do())
        self.list.currentRowChanged.connect(self._describe)
        self.show_fitting("")

    def show_fitting(self, words: str) -> None:
        """List the actions that fit, the best first; those that cannot be done now are grey."""
        fitting = []
        for number, (menu, action) in enumerate(self.found):
            fit = rank(words, action.text().replace("&", ""))
            if fit is None:
                fit = rank(words, f"{menu} {action.statusTip()} {action.text()}")
                fit = None if fit is None else fit + 2
            if fit is not None:
                fitting.append((not action.isEnabled(), fit, number))
        self.list.clear()
        for _, _, number in sorted(fitting):
            menu, action = self.found[number]
            keys = action.shortcut().toString()
            text = action.text().replace("&", "").rstrip("…")
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{text}, {menu}" + (f", {keys}" if keys else ""))
            item.setData(Qt.ItemDataRole.UserRole + 1, (menu, keys))
            item.setData(Qt.ItemDataRole.UserRole, number)
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        if not fitting:
            self.about.setText(self.tr("Nothing fits these words."))

    def chosen(self) -> QAction | None:
        """Return the action that is marked."""
        item = self.list.currentItem()
        return None if item is None else self.found[item.data(Qt.ItemDataRole.UserRole)][1]

    def do(self) -> None:
        """Close, and do what is marked where it can be done."""
        action = self.chosen()
        if action is not None and action.isEnabled():
            self.accept()
            action.trigger()

    def _describe(self, _row: int) -> None:
        action = self.chosen()
        self.about.setText("" if action is None else action.statusTip())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let the arrow keys move in the list while the field is typed in."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if step and self.list.count():
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
                return True
        return super().eventFilter(watched, event)


class ActionTable(QDialog):
    """All actions with their menus, keys and what they do."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Actions and keys"))
        self.resize(860, 560)
        found = actions_of(window)
        self.table = QTableWidget(len(found), 4)
        self.table.setHorizontalHeaderLabels([self.tr(t) for t in ("Menu", "Action", "Keys", "What it does")])
        self.table.setAccessibleName(self.tr("Actions and keys"))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setVisible(False)
        self.table.setAlternatingRowColors(True)
        for row, (menu, action) in enumerate(found):
            text = action.text().replace("&", "").rstrip("…")
            for column, value in enumerate((menu, text, action.shortcut().toString(), action.statusTip())):
                self.table.setItem(row, column, QTableWidgetItem(value))
        self.table.resizeColumnsToContents()
        # the last column takes the room that is left, and breaks its sentences where that is little
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        QVBoxLayout(self).addWidget(self.table)


def install(window: Window) -> None:
    """Add the palette to the window's Help menu."""
    entry = Action("find_action", "Help", "Find an action…", "Find any action by a few letters of its words.", "Ctrl+K")
    add_action(window, entry, lambda: Palette(window).exec())
