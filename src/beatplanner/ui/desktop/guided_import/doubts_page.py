"""The page of the guided import that tells what is doubtful, and mends it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.guided_import import jobs
from beatplanner.ui.desktop.guided_import.columns_page import ColumnsPage
from beatplanner.ui.desktop.guided_import.page import Page, Wizard
from beatplanner.ui.desktop.guided_import.rules_page import RulesPage
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.signal_colours import signal_words


class DoubtsPage(Page):
    """What is wrong or doubtful, each with a place and a mend where there are."""

    def __init__(self, wizard: Wizard) -> None:
        super().__init__(wizard)
        row = QHBoxLayout()
        self.summary = Label()
        self.summary.setWordWrap(True)
        row.addWidget(self.summary, 1)
        self.mend_all = QPushButton(self.tr("Mend all"))
        self.mend_all.clicked.connect(lambda: self._mend([d for d in self.doubts if d.mend not in ("", "days")]))
        row.addWidget(self.mend_all)
        self.column.addLayout(row)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Doubts"))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(lambda item: self.show_place(self.doubts[self.list.row(item)]))
        self.list.viewport().installEventFilter(self)
        self.column.addWidget(self.list, 1)
        self.doubts: list = []
        self.show_buttons: list[QPushButton | None] = []
        self.mend_buttons: list[QPushButton | None] = []
        self.checked = False

    def enter(self) -> None:
        """Check in a child, then list."""
        self.checked = False
        self.doubts = []
        self._fill()
        self.summary.setText(self.tr("Reading and checking…"))
        self.wizard.map.clear_highlight()

        def done(found: tuple) -> None:
            self.wizard.take(found[0])
            self._show(found[1])

        def failed(error: Exception) -> None:
            self.summary.setText(self.tr("The check could not be ended."))
            self.wizard.go(1)
            self.wizard.failed(error)

        self.wizard.work.run(done, failed, jobs.checked_draft, jobs.bare(self.draft))

    def _show(self, doubts: list) -> None:
        self.doubts, self.checked = doubts, True
        errors, warnings = (sum(d.severity == s for d in doubts) for s in ("error", "warning"))
        if errors:
            text = self.tr("Before the project can be made: {0} to mend. Warnings worth a look: {1}.").format(
                errors, warnings
            )
        elif warnings:
            text = self.tr("The project can be made. Warnings worth a look: {0}.").format(warnings)
        else:
            text = self.tr("The project can be made; nothing is doubtful.")
        self.summary.setText(text)
        self._fill()
        self.wizard.enable()

    def _fill(self) -> None:
        self.list.clear()
        self.show_buttons, self.mend_buttons = [], []
        self.mend_all.setVisible(sum(d.mend not in ("", "days") for d in self.doubts) > 1)
        for doubt in self.doubts:
            widget = QWidget()
            row = QVBoxLayout(widget)
            row.setContentsMargins(8, 6, 8, 6)
            sign = {"error": "✖", "warning": "⚠", "info": "ℹ"}[doubt.severity]
            kind = {"error": "wrong", "warning": "doubt", "info": "fact"}[doubt.severity]
            top = QHBoxLayout()
            mark = Label(sign)
            signal_words(mark, kind, "font-weight: bold;")
            mark.setAccessibleName(
                {"error": self.tr("Error"), "warning": self.tr("Doubt"), "info": self.tr("Fact")}[doubt.severity]
            )
            mark.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
            mark.setFixedWidth(self.fontMetrics().height() + 4)
            text = Label(in_language(doubt.text))
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            top.addWidget(mark)
            top.addWidget(text, 1)
            row.addLayout(top)
            buttons = QHBoxLayout()
            buttons.addSpacing(22)
            show = mend = None
            if doubt.box or doubt.rows:
                show = QPushButton(self.tr("Show the place") if doubt.box else self.tr("Show the rows"))
                show.clicked.connect(lambda _=False, d=doubt: self.show_place(d))
                buttons.addWidget(show)
            if doubt.mend:
                mend = QPushButton(in_language(doubt.mend_words))
                mend.clicked.connect(lambda _=False, d=doubt: self._mend([d]))
                buttons.addWidget(mend)
            if doubt.source is not None and doubt.severity != "info" and doubt.mend not in ("days", "hours"):
                change = QPushButton(self.tr("Change the columns"))
                change.clicked.connect(lambda _=False, d=doubt: self._change(d))
                buttons.addWidget(change)
            buttons.addStretch(1)
            if buttons.count() > 2:
                row.addLayout(buttons)
            item = QListWidgetItem()
            self.list.addItem(item)
            self.list.setItemWidget(item, widget)
            self.show_buttons.append(show)
            self.mend_buttons.append(mend)
        self._set_heights()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Give each doubt the height that its text needs in the list's width, also once a scroll bar has taken some of it."""
        if event.type() == QEvent.Type.Resize and watched is self.list.viewport():
            self._set_heights()
        return super().eventFilter(watched, event)

    def _set_heights(self) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            widget = self.list.itemWidget(item)
            layout = None if widget is None else widget.layout()
            if widget is not None and layout is not None:
                width = self.list.viewport().width()
                high = layout.heightForWidth(width) if layout.hasHeightForWidth() else widget.sizeHint().height()
                size = item.sizeHint()
                size.setWidth(width)
                size.setHeight(high + 2)
                item.setSizeHint(size)

    def show_place(self, doubt) -> None:
        """Show where a doubt lies, on the map and in the table."""
        self.wizard.map.highlight(doubt.shapes, doubt.box)
        if doubt.source is not None:
            self.wizard.show_table(doubt.source, doubt.rows)

    def _mend(self, doubts: list) -> None:
        from beatplanner.data.guided_import.doubts import mend_doubt

        if [d.mend for d in doubts] == ["days"]:
            # only the user knows
            page = self.wizard.steps[2]
            assert isinstance(page, RulesPage)
            self.wizard.go(2)
            page.days.setFocus()
            return
        for doubt in doubts:
            mend_doubt(self.draft, doubt)
        self.wizard.refresh_map()
        self.enter()

    def _change(self, doubt) -> None:
        page = self.wizard.steps[1]
        assert isinstance(page, ColumnsPage)
        self.wizard.go(1)
        if doubt.source in page.sources():
            page.layers.setCurrentRow(page.sources().index(doubt.source))

    def is_complete(self) -> bool:
        """Tell whether no error is left."""
        return self.checked and not any(d.severity == "error" for d in self.doubts)
