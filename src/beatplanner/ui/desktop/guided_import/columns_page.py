"""The page of the guided import where columns get their meaning and coordinates their system."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QWidget,
)

from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.guided_import.page import Page, Wizard
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.toolkit.still_field import still

# What is proposed beside the guess where a CRS is chosen; others are typed.
KNOWN_CRS = (
    "EPSG:4326",
    "EPSG:32634",
    "EPSG:32635",
    "EPSG:6316",
    "EPSG:8677",
    "EPSG:3909",
    "EPSG:6870",
    "EPSG:4026",
    "EPSG:3844",
    "EPSG:3857",
)


class ColumnsPage(Page):
    """What the columns mean, and where the coordinates are."""

    def __init__(self, wizard: Wizard) -> None:
        super().__init__(wizard)
        self.text(
            self.tr(
                "These are guesses; change what is wrong. Only columns with a meaning are imported: nothing else of an incident is kept."
            )
        )
        row = QHBoxLayout()
        self.layers = QListWidget()
        self.layers.setAccessibleName(self.tr("Layers"))
        self.layers.setMaximumWidth(self.fontMetrics().averageCharWidth() * 30)
        self.layers.setWordWrap(True)
        # a long role stands in two lines, and its file in a third: dots would take the file away
        self.layers.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.layers.setSpacing(4)
        self.layers.currentRowChanged.connect(self._show)
        row.addWidget(self.layers)
        holder = QWidget()
        self.form = QFormLayout(holder)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(holder)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        row.addWidget(scroll, 1)
        self.column.addLayout(row, 1)
        self.boxes: dict[str, QComboBox] = {}
        self.crs: QComboBox | None = None

    def sources(self) -> list:
        """Return the layers that are used."""
        return [s for s in self.draft.sources if s.role]

    def enter(self) -> None:
        """List the layers that are used."""
        from beatplanner.data.guided_import.sources import ROLE_WORDS

        row = max(0, self.layers.currentRow())
        self.layers.blockSignals(True)
        self.layers.clear()
        for source in self.sources():
            self.layers.addItem(f"{self.tr(ROLE_WORDS[source.role])}\n{source.look.title}")
        self.layers.blockSignals(False)
        self.layers.setCurrentRow(min(row, self.layers.count() - 1))
        self._show(self.layers.currentRow())

    def _show(self, row: int) -> None:
        from beatplanner.data.guided_import.guessing import MEANINGS, NEEDED, crs_in_words
        from beatplanner.data.guided_import.sources import MEANING_WORDS

        while self.form.rowCount():
            self.form.removeRow(0)
        self.boxes, self.crs = {}, None
        if not 0 <= row < len(self.sources()):
            return
        source = self.sources()[row]
        for meaning in MEANINGS[source.role]:
            if meaning in ("x", "y") and source.look.geometry:
                continue
            box = still(QComboBox())
            needed = meaning in NEEDED.get(source.role, ()) or (meaning in ("x", "y") and source.role != "roster")
            box.addItem(self.tr("– choose –") if needed else self.tr("– none –"), "")
            for column in source.look.columns:
                few = ", ".join(column.samples[:3])
                box.addItem(
                    f"{column.name}   ({few[:40]}{'…' if len(few) > 40 else ''})" if few else column.name, column.name
                )
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(18)
            box.setCurrentIndex(max(0, box.findData(source.columns.get(meaning, ""))))
            box.setAccessibleName(self.tr(MEANING_WORDS[meaning]))
            box.activated.connect(lambda _, s=source, m=meaning, b=box: self._say(s, m, b.currentData()))
            self.form.addRow(self.tr(MEANING_WORDS[meaning]) + (" *" if needed else ""), box)
            self.boxes[meaning] = box
        if source.has_place or source.look.geometry:
            self.crs = still(QComboBox())
            self.crs.setEditable(True)
            self.crs.setAccessibleName(self.tr("CRS of the coordinates"))
            self.crs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.crs.setMinimumContentsLength(18)
            others = [str(s.crs) for s in self.draft.sources if s.crs]
            own: list[str] = [source.crs] if source.crs else []
            for name in dict.fromkeys([*own, *others, *KNOWN_CRS]):
                self.crs.addItem(crs_in_words(name), name)
            self.crs.setCurrentText(crs_in_words(source.crs))
            self.crs.activated.connect(lambda _, s=source: self._set_crs(s))
            line = self.crs.lineEdit()
            if line is not None:
                line.returnPressed.connect(lambda s=source: self._set_crs(s))
            self.form.addRow(self.tr("CRS *"), self.crs)
            why = Label(
                in_language(source.crs_reason) or self.tr("Not known: choose one, or type a code such as EPSG:32634")
            )
            why.setWordWrap(True)
            if source.crs_reason:
                quiet(why)
            self.form.addRow("", why)
        unused = [c.name for c in source.look.columns if c.name not in source.columns.values()]
        if unused and self.boxes:
            rest = Label(self.tr("Columns that are not used: {0}").format(", ".join(unused)))
            rest.setWordWrap(True)
            quiet(rest)
            self.form.addRow("", rest)
        if not self.boxes and self.crs is None:
            self.form.addRow(Label(self.tr("Nothing to say about this layer.")))
        self.wizard.show_table(source)

    def _say(self, source, meaning: str, column: str) -> None:
        self.draft.set_column(source, meaning, column)
        self._show(self.layers.currentRow())
        self.wizard.enable()
        if meaning in ("x", "y"):
            self.wizard.refresh_map()

    def _set_crs(self, source) -> None:
        assert self.crs is not None
        from beatplanner.data.formats.layers import crs_from

        text = self.crs.currentText()
        index = self.crs.findText(text)
        name = self.crs.itemData(index) if index >= 0 else text.strip().upper()
        if name.isdigit():
            name = f"EPSG:{name}"
        try:
            crs_from(name, file=source.look.title, field="crs")
        except InputError as error:
            self.wizard.say(in_language(str(error.problems[0])))
            return
        self.wizard.say("")
        self.draft.set_crs(source, name)
        self._show(self.layers.currentRow())
        self.wizard.refresh_map()

    def is_complete(self) -> bool:
        """Tell whether all that is needed is named."""
        missing = self.draft.missing()
        if self.wizard.pages.currentWidget() is self:
            self.wizard.say(self.wizard.listed(missing))
        return not missing
