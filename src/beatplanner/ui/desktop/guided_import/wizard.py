"""The guided import: pick files, say what they are, see what is doubtful, mend it, and have a project."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_documents_path
from PySide6.QtCore import QAbstractTableModel, QDate, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.endings import PROJECT_ENDING, as_project_name
from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.guided_import import jobs
from beatplanner.ui.desktop.map.preview_map import LOOKS, PreviewMap
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.session.child_process import Work
from beatplanner.ui.desktop.toolkit.frame import Frame
from beatplanner.ui.desktop.toolkit.guide_pages import explain
from beatplanner.ui.desktop.toolkit.quiet import quiet

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
FILES = "*.gpkg *.geojson *.json *.shp *.kml *.gml *.fgb *.tab *.csv *.tsv *.txt *.xlsx *.xlsm *.tif *.tiff *.osm.pbf *.parquet"
ROWS_SHOWN = 500
Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()


class ImportWizard(QDialog):
    """Makes a project from layers; `project` is the file once it is made.

    Signals
    -------
    made
        The project file.
    """

    made = Signal(Path)

    def __init__(self, parent: QWidget | None = None, files: list[Path] | None = None) -> None:
        super().__init__(parent)
        if isinstance(parent, Frame):
            explain(self, parent)
        # what reads layers is loaded when it is needed first
        from beatplanner.data.guided_import.draft import ImportDraft

        self.draft = ImportDraft()
        self.project: Path | None = None
        self.setWindowTitle(self.tr("New project from layers"))
        self.setAcceptDrops(True)
        self.work = Work(self)
        self.work.busy_changed.connect(self._show_busy)
        self._build()
        self._fit_to_screen()
        self._go(0)
        if files:
            self.add_files(files)

    # ---- building

    def _fit_to_screen(self) -> None:
        room = self.screen().availableGeometry() if self.screen() else None
        wide, high = (room.width(), room.height()) if room else (1366, 768)
        self.resize(min(1500, int(wide * 0.94)), min(950, int(high * 0.9)))

    def _build(self) -> None:
        self.pages = QStackedWidget()
        self.steps = [FilesPage(self), ColumnsPage(self), RulesPage(self), DoubtsPage(self), SavePage(self)]
        titles = (self.tr("Files"), self.tr("Columns"), self.tr("Rules"), self.tr("Check"), self.tr("Save"))
        row = QHBoxLayout()
        row.setSpacing(4)
        self.step_labels: list[QLabel] = []
        for number, (title, page) in enumerate(zip(titles, self.steps, strict=True), start=1):
            label = Label(f"{number}  {title}")
            label.setMargin(7)
            self.step_labels.append(label)
            row.addWidget(label)
            self.pages.addWidget(page)
        row.addStretch(1)
        self.map = PreviewMap()
        self.map.legend = {role: self.tr(words) for role, words in _role_names().items()}
        self.table_title = Label()
        self.table_title.setTextFormat(Qt.TextFormat.PlainText)
        self.table_model = PreviewTable()
        self.table = QTableView()
        self.table.setModel(self.table_model)
        self.table.setAccessibleName(self.tr("Preview table"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        below = QWidget()
        inner = QVBoxLayout(below)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.addWidget(self.table_title)
        inner.addWidget(self.table)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.map)
        right.addWidget(below)
        right.setSizes([420, 200])
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.pages)
        self.split.addWidget(right)
        self.split.setStretchFactor(0, 5)
        self.split.setStretchFactor(1, 4)
        self.split.setChildrenCollapsible(False)
        self.split.setSizes([680, 520])
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setMaximumWidth(180)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Reading"))
        self.message = Label()
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)
        self.back_button = QPushButton(self.tr("‹ Back"))
        self.back_button.setAutoDefault(False)
        self.back_button.clicked.connect(lambda: self._go(self.pages.currentIndex() - 1))
        self.next_button = QPushButton(self.tr("Next ›"))
        self.next_button.setDefault(True)
        self.next_button.clicked.connect(self.next)
        foot = QHBoxLayout()
        for widget in (self.bar, self.message, self.cancel_button, self.back_button, self.next_button):
            foot.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.addLayout(row)
        outer.addWidget(self.split, 1)
        outer.addLayout(foot)
        self.bar.setVisible(False)

    # ---- moving on

    def next(self) -> None:
        """Go to the next step, or make the project on the last."""
        here = self.pages.currentIndex()
        self.steps[here].leave()
        if here + 1 == len(self.steps):
            self._make()
            return
        if here == 1 and self.draft.missing():
            self.say("\n".join(self.draft.missing()[:3]))
            return
        self._go(here + 1)

    def _go(self, step: int) -> None:
        self.say("")
        self.pages.setCurrentIndex(step)
        for number, label in enumerate(self.step_labels):
            here = number == step
            font = label.font()
            font.setBold(here)
            label.setFont(font)
            label.setEnabled(number <= step)
            label.setStyleSheet(
                "border-bottom: 3px solid palette(highlight);" if here else "border-bottom: 3px solid transparent;"
            )
        self.steps[step].enter()
        self.enable()

    def enable(self) -> None:
        """Enable the buttons that can be pressed now."""
        step = self.pages.currentIndex()
        self.back_button.setEnabled(step > 0 and not self.work.busy)
        self.next_button.setText(self.tr("Make the project") if step + 1 == len(self.steps) else self.tr("Next ›"))
        self.next_button.setEnabled(not self.work.busy and self.steps[step].is_complete())

    def say(self, text: str) -> None:
        """Show a message beside the buttons."""
        self.message.setText(text)

    def _show_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        for page in self.steps[:4]:
            page.setEnabled(not busy)
        self.enable()

    def failed(self, error: Exception) -> None:
        """Say what went wrong in the child."""
        self.say("\n".join(str(p) for p in error.problems[:3]) if isinstance(error, InputError) else str(error))
        self.steps[self.pages.currentIndex()].enter()
        self.enable()

    # ---- files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files from the file manager."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take in what was dropped."""
        self.add_files([Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()])

    def add_files(self, files: list[Path]) -> None:
        """Look into files, and into those of folders, in a child."""
        wanted: list[Path] = []
        endings = tuple(p.removeprefix("*") for p in FILES.split())
        for file in files:
            wanted += sorted(p for p in file.iterdir() if p.name.lower().endswith(endings)) if file.is_dir() else [file]

        def done(found: tuple) -> None:
            self.take(found[0])
            self.say("\n".join(found[1][:3]))
            self.steps[0].enter()
            self.refresh_map()

        self.say(self.tr("Reading…"))
        self.work.run(done, self.failed, jobs.take_in, jobs.bare(self.draft), wanted)

    def take(self, draft) -> None:
        """Go on with the draft that a child gives back; the tables that were read stay."""
        draft._frames = {**self.draft._frames, **draft._frames}
        self.draft = draft

    def refresh_map(self) -> None:
        """Draw the layers anew, as they are mended."""
        self.work.run(self._show_layers, self.failed, jobs.layers_to_draw, jobs.bare(self.draft), tuple(LOOKS))

    def _show_layers(self, layers: list) -> None:
        self.map.set_layers(layers)
        self.enable()

    def show_table(self, source, rows: tuple[int, ...] = ()) -> None:
        """Show a layer's table, or only some of its rows."""
        from beatplanner.data.guided_import.draft import MEANING_WORDS

        if source is None or source.look.geometry == "raster":
            self.table_model.show_frame(None, {})
            self.table_title.setText(self.tr("A raster has no table.") if source is not None else "")
            return
        frame = self.draft.frame(source) if not rows else self.draft.mended(source)
        means = {c: self.tr(MEANING_WORDS[m]) for m, c in source.columns.items()}
        if rows:
            frame = frame.iloc[[r for r in rows if r < len(frame)]]
            text = self.tr("{0}: rows in doubt").format(source.look.title)
        else:
            text = self.tr("{0}: {1:,} rows").format(source.look.title, source.look.rows)
        self.table_title.setText(text)
        self.table_model.show_frame(frame.head(ROWS_SHOWN), means)
        self.table.resizeColumnsToContents()

    # ---- the end

    def _make(self) -> None:
        page = self.steps[-1]
        assert isinstance(page, SavePage)
        out = as_project_name(Path(page.place.text()))
        if out.exists() and not page.replace_box.isChecked():
            page.replace_box.setVisible(True)
            self.say(self.tr("This file is there already. Give another name, or tick the box to replace it."))
            return
        self.say(self.tr("Making the project…"))

        def done(project: Path) -> None:
            self.project = project
            self.made.emit(project)
            self.accept()

        self.work.run(done, self.failed, jobs.write, jobs.bare(self.draft), out)

    def done(self, result: int) -> None:
        """Close; what is under way ends."""
        self.work.stop()
        super().done(result)


class PreviewTable(QAbstractTableModel):
    """The first rows of a table; columns with a meaning say it above their name."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[list[str]] = []
        self._names: list[str] = []
        self._means: dict[str, str] = {}
        self._labels: list[str] = []

    def show_frame(self, frame, means: dict[str, str]) -> None:
        """Show a table, None for none."""
        self.beginResetModel()
        if frame is None:
            self._rows, self._names, self._labels = [], [], []
        else:
            columns = [c for c in frame.columns if c != "geometry"]
            # those with a meaning stand first
            columns = sorted(columns, key=lambda c: (c not in means, columns.index(c)))
            self._names = [str(c) for c in columns]
            # no cell of a column that will not be imported needs to be seen, but it helps to choose
            self._rows = [
                ["" if v is None or v != v else str(v)[:80] for v in row]
                for row in frame[columns].itertuples(index=False)
            ]
            self._labels = [str(int(i) + 1) for i in frame.index]
        self._means = means
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows."""
        return len(self._rows)

    def columnCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return len(self._names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and self._names[index.column()] not in self._means:
            return QBrush(QColor(128, 128, 128))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802 - Qt's name
        """Return a column's meaning and name, or a row's number."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return self._labels[section]
        name = self._names[section]
        return f"{self._means[name]}\n{name}" if name in self._means else f"–\n{name}"


class Page(QWidget):
    """One step: `enter` shows the draft, `leave` takes what was typed."""

    def __init__(self, wizard: ImportWizard) -> None:
        super().__init__()
        self.wizard = wizard
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 4, 8, 0)

    @property
    def draft(self):
        """The draft."""
        return self.wizard.draft

    def enter(self) -> None:
        """Show the draft as it is."""

    def leave(self) -> None:
        """Take what was typed into the draft."""

    def is_complete(self) -> bool:
        """Whether the next step can be taken."""
        return True

    def text(self, words: str) -> QLabel:
        """Add a line of explanation."""
        label = Label(words)
        label.setWordWrap(True)
        self.column.addWidget(label)
        return label


class FilesPage(Page):
    """Which files, and what they are."""

    def __init__(self, wizard: ImportWizard) -> None:
        super().__init__(wizard)
        self.text(
            self.tr(
                "Give the files that you have: the smallest areas with residents (needed), incidents, today's beats, sites, roads, the roster, "
                "or a raster of residents. Everything stays on this computer, and your files are not changed."
            )
        )
        row = QHBoxLayout()
        self.choose = QPushButton(self.tr("Choose files…"))
        self.choose.clicked.connect(self.choose_files)
        self.folder = QPushButton(self.tr("Choose a folder…"))
        self.folder.clicked.connect(self.choose_folder)
        for button in (self.choose, self.folder):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addWidget(Label(self.tr("or drop them here")))
        row.addStretch(1)
        self.column.addLayout(row)
        self.grid_holder = QWidget()
        self.grid = QGridLayout(self.grid_holder)
        self.grid.setContentsMargins(0, 0, 4, 0)
        self.grid.setColumnStretch(0, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.grid_holder)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.column.addWidget(scroll, 1)
        self.need = Label()
        self.need.setWordWrap(True)
        self.column.addWidget(self.need)
        self.roles: list[QComboBox] = []

    def choose_files(self) -> None:
        """Ask for files."""
        names, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Choose files"), "", self.tr("Layers, tables, rasters ({0});;All files (*)").format(FILES)
        )
        self.wizard.add_files([Path(n) for n in names])

    def choose_folder(self) -> None:
        """Ask for a folder."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder"))
        if name:
            self.wizard.add_files([Path(name)])

    def enter(self) -> None:
        """List the layers with their guessed roles."""
        from beatplanner.data.guided_import.draft import ROLE_WORDS

        _clear(self.grid)
        self.roles = []
        for number, source in enumerate(self.draft.sources):
            look = source.look
            size = self.tr("raster") if look.geometry == "raster" else self.tr("{0:,} rows").format(look.rows)
            name = Label(look.title)
            font = name.font()
            font.setBold(True)
            name.setFont(font)
            name.setTextFormat(Qt.TextFormat.PlainText)
            name.setToolTip(literal(str(look.path)))
            name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            role = QComboBox()
            role.setAccessibleName(self.tr("What {0} is").format(look.title))
            for key in (*(r for r in ROLE_WORDS if r and _fits(r, look.geometry)), ""):
                role.addItem(self.tr(ROLE_WORDS[key]), key)
            role.setCurrentIndex(max(0, role.findData(source.role)))
            role.activated.connect(lambda _, s=source, box=role: self._say(s, box.currentData()))
            out = QPushButton("✕")
            out.setAutoDefault(False)
            out.setFixedWidth(out.fontMetrics().horizontalAdvance("MMM"))
            out.setAccessibleName(self.tr("Leave {0} out").format(look.title))
            out.setToolTip(self.tr("Leave this layer out"))
            out.clicked.connect(lambda _=False, s=source: self._remove(s))
            reason = Label(" · ".join([size, *([source.reason] if source.reason else []), *self._second(source)]))
            reason.setWordWrap(True)
            quiet(reason)
            self.grid.addWidget(name, 2 * number, 0)
            self.grid.addWidget(role, 2 * number, 1)
            self.grid.addWidget(out, 2 * number, 2)
            self.grid.addWidget(reason, 2 * number + 1, 0, 1, 3)
            self.roles.append(role)
        self.grid.setRowStretch(2 * len(self.draft.sources), 1)
        if not self.draft.sources:
            self.need.setText("")
        elif self.draft.first("units") is None:
            self.need.setText(self.tr("⚠ Still needed: a layer of polygons with the smallest areas, the units."))
        else:
            self.need.setText(
                self.tr("✓ The units are there. What else is given is used; what is not can be added later.")
            )
        self.wizard.show_table(self.draft.first("units"))
        self.wizard.enable()

    def _second(self, source) -> list[str]:
        """Return what else a layer may be, in words; nothing where a person has chosen or nothing else is likely."""
        from beatplanner.data.guided_import.draft import ROLE_WORDS

        role, why = source.second
        if not role or role == source.role or source.reason == self.tr("as you chose"):
            return []
        return [self.tr("or else {0} ({1})").format(self.tr(ROLE_WORDS[role]), why)]

    def _say(self, source, role: str) -> None:
        self.draft.set_role(source, role, self.tr("as you chose"))
        self.enter()
        self.wizard.refresh_map()

    def _remove(self, source) -> None:
        self.draft.remove(source)
        self.enter()
        self.wizard.refresh_map()

    def is_complete(self) -> bool:
        """Tell whether units are given."""
        return self.draft.first("units") is not None


def _role_names() -> dict[str, str]:
    from beatplanner.data.guided_import.draft import ROLE_WORDS

    return ROLE_WORDS


def _fits(role: str, geometry: str) -> bool:
    """Tell whether a layer of this geometry can have a role."""
    from beatplanner.data.guided_import.table_roles import TABLE_ROLES

    allowed = {
        "polygon": ("units", "current", "barriers", "candidates", "existing"),
        "line": ("roads", "barriers", "crossings"),
        "point": ("incidents", "candidates", "existing", "crossings", "roster"),
        "raster": ("population_raster", "elevation"),
        "": ("incidents", "candidates", "existing", "roster", "residents", *TABLE_ROLES),
    }
    return role in allowed[geometry]


def _clear(layout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        if item.widget() is not None:
            item.widget().deleteLater()
    for row in range(layout.rowCount() if isinstance(layout, QGridLayout) else 0):
        layout.setRowStretch(row, 0)


class ColumnsPage(Page):
    """What the columns mean, and where the coordinates are."""

    def __init__(self, wizard: ImportWizard) -> None:
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
        from beatplanner.data.guided_import.draft import ROLE_WORDS

        row = max(0, self.layers.currentRow())
        self.layers.blockSignals(True)
        self.layers.clear()
        for source in self.sources():
            self.layers.addItem(f"{self.tr(ROLE_WORDS[source.role])}\n{source.look.title}")
        self.layers.blockSignals(False)
        self.layers.setCurrentRow(min(row, self.layers.count() - 1))
        self._show(self.layers.currentRow())

    def _show(self, row: int) -> None:
        from beatplanner.data.guided_import.draft import MEANING_WORDS
        from beatplanner.data.guided_import.guessing import MEANINGS, NEEDED, crs_in_words

        while self.form.rowCount():
            self.form.removeRow(0)
        self.boxes, self.crs = {}, None
        if not 0 <= row < len(self.sources()):
            return
        source = self.sources()[row]
        for meaning in MEANINGS[source.role]:
            if meaning in ("x", "y") and source.look.geometry:
                continue
            box = QComboBox()
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
            self.crs = QComboBox()
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
            why = Label(source.crs_reason or self.tr("Not known: choose one, or type a code such as EPSG:32634"))
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
            self.wizard.say(str(error.problems[0]))
            return
        self.wizard.say("")
        self.draft.set_crs(source, name)
        self._show(self.layers.currentRow())
        self.wizard.refresh_map()

    def is_complete(self) -> bool:
        """Tell whether all that is needed is named."""
        missing = self.draft.missing()
        if self.wizard.pages.currentWidget() is self:
            self.wizard.say("\n".join(missing[:2]))
        return not missing


class RulesPage(Page):
    """The few rules that a project begins with."""

    def __init__(self, wizard: ImportWizard) -> None:
        super().__init__(wizard)
        self.text(self.tr("A project begins with these rules; all of them, and many more, can be changed later."))
        form = QFormLayout()
        form.setVerticalSpacing(10)
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the project"))
        form.addRow(self.tr("Name of the project"), self.name)
        self.auto = QCheckBox(self.tr("as many as the workload needs"))
        self.beats = QSpinBox()
        self.beats.setRange(1, 2000)
        self.beats.setAccessibleName(self.tr("Number of beats"))
        self.auto.toggled.connect(self.beats.setDisabled)
        row = QHBoxLayout()
        row.addWidget(self.beats)
        row.addWidget(self.auto)
        row.addStretch(1)
        form.addRow(self.tr("Number of beats"), row)
        self.today = Label()
        self.today.setWordWrap(True)
        quiet(self.today)
        form.addRow("", self.today)
        self.tolerance = QDoubleSpinBox()
        self.tolerance.setRange(0.5, 100)
        self.tolerance.setDecimals(1)
        self.tolerance.setPrefix("± ")
        self.tolerance.setSuffix(" %")
        self.tolerance.setAccessibleName(self.tr("Tolerance"))
        self.tolerance.setToolTip(self.tr("How far the workload of a beat may lie from the mean of its municipality."))
        form.addRow(self.tr("Workload of a beat"), self.tolerance)
        self.stations = QSpinBox()
        self.stations.setRange(0, 500)
        self.stations.setSpecialValueText(self.tr("none planned"))
        self.stations.setAccessibleName(self.tr("Outreach stations"))
        form.addRow(self.tr("Outreach stations"), self.stations)
        self.days = QSpinBox()
        self.days.setRange(0, 36500)
        self.days.setSpecialValueText(self.tr("one year"))
        self.days.setSuffix(self.tr(" days"))
        self.days.setAccessibleName(self.tr("Days that the incidents cover"))
        self.days_label = Label(self.tr("The incidents cover"))
        form.addRow(self.days_label, self.days)
        self.start = QDateEdit()
        self.start.setCalendarPopup(True)
        self.start.setDisplayFormat("yyyy-MM-dd")
        self.start.setAccessibleName(self.tr("First day of the officers' plan"))
        self.start_label = Label(self.tr("Officers are planned from"))
        form.addRow(self.start_label, self.start)
        self.years = QSpinBox()
        self.years.setRange(1, 15)
        self.years.setSuffix(self.tr(" years"))
        self.years.setAccessibleName(self.tr("Years planned"))
        self.years_label = Label(self.tr("for"))
        form.addRow(self.years_label, self.years)
        for box in (self.beats, self.tolerance, self.stations, self.days, self.years, self.start):
            box.setMaximumWidth(200)
        self.column.addLayout(form)
        self.column.addStretch(1)

    def enter(self) -> None:
        """Show the rules."""
        rules = self.draft.rules
        self.name.setText(rules.name)
        self.auto.setChecked(rules.beats == "auto")
        self.beats.setValue(rules.beats if isinstance(rules.beats, int) else max(1, self.draft.beats_of_today() or 10))
        today = self.draft.beats_of_today()
        self.today.setText(
            self.tr("Today there are {0:,}.").format(today) if today else self.tr("Today's beats are not known.")
        )
        self.tolerance.setValue(rules.tolerance * 100)
        self.stations.setValue(rules.stations)
        self.days.setValue(rules.days)
        incidents = self.draft.first("incidents")
        asks_days = incidents is not None and "time" not in incidents.columns
        for widget in (self.days, self.days_label):
            widget.setVisible(asks_days)
        for widget in (self.start, self.start_label, self.years, self.years_label):
            widget.setVisible(self.draft.first("roster") is not None)
        self.start.setDate(QDate.fromString(rules.start, "yyyy-MM-dd"))
        self.years.setValue(rules.years)

    def leave(self) -> None:
        """Take the rules."""
        rules = self.draft.rules
        rules.name = self.name.text().strip() or rules.name
        rules.beats = "auto" if self.auto.isChecked() else self.beats.value()
        rules.tolerance = self.tolerance.value() / 100
        rules.stations = self.stations.value()
        rules.days = self.days.value()
        rules.start = self.start.date().toString("yyyy-MM-dd")
        rules.years = self.years.value()


class DoubtsPage(Page):
    """What is wrong or doubtful, each with a place and a mend where there are."""

    def __init__(self, wizard: ImportWizard) -> None:
        super().__init__(wizard)
        row = QHBoxLayout()
        self.summary = Label()
        self.summary.setWordWrap(True)
        row.addWidget(self.summary, 1)
        self.mend_all = QPushButton(self.tr("Mend all"))
        self.mend_all.setAutoDefault(False)
        self.mend_all.clicked.connect(lambda: self._mend([d for d in self.doubts if d.mend not in ("", "days")]))
        row.addWidget(self.mend_all)
        self.column.addLayout(row)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Doubts"))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(lambda item: self.show_place(self.doubts[self.list.row(item)]))
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
            self.wizard._go(1)
            self.wizard.failed(error)

        self.wizard.work.run(done, failed, jobs.check, jobs.bare(self.draft))

    def _show(self, doubts: list) -> None:
        self.doubts, self.checked = doubts, True
        errors, warnings = (sum(d.severity == s for d in doubts) for s in ("error", "warning"))
        if errors:
            text = self.tr("Before the project can be made: {0} to mend. Doubts worth a look: {1}.").format(
                errors, warnings
            )
        elif warnings:
            text = self.tr("The project can be made. Doubts worth a look: {0}.").format(warnings)
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
            colour = {"error": "#c0392b", "warning": "#c77700", "info": "#2a6db0"}[doubt.severity]
            top = QHBoxLayout()
            mark = Label(sign)
            mark.setStyleSheet(f"color: {colour}; font-weight: bold;")
            mark.setAccessibleName(
                {"error": self.tr("Error"), "warning": self.tr("Doubt"), "info": self.tr("Fact")}[doubt.severity]
            )
            mark.setAlignment(Qt.AlignmentFlag.AlignTop)
            text = Label(doubt.text)
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
                mend = QPushButton(self.tr(doubt.mend_words))
                mend.clicked.connect(lambda _=False, d=doubt: self._mend([d]))
                buttons.addWidget(mend)
            if doubt.source is not None and doubt.severity != "info" and doubt.mend not in ("days", "hours"):
                change = QPushButton(self.tr("Change the columns"))
                change.clicked.connect(lambda _=False, d=doubt: self._change(d))
                buttons.addWidget(change)
            for button in (b for b in (show, mend) if b is not None):
                button.setAutoDefault(False)
            buttons.addStretch(1)
            if buttons.count() > 2:
                row.addLayout(buttons)
            item = QListWidgetItem()
            self.list.addItem(item)
            self.list.setItemWidget(item, widget)
            self.show_buttons.append(show)
            self.mend_buttons.append(mend)
        self._set_heights()

    def resizeEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Give each doubt the height that its text needs."""
        super().resizeEvent(event)
        self._set_heights()

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
        from beatplanner.data.guided_import.doubts import mend

        if [d.mend for d in doubts] == ["days"]:
            # only the user knows
            page = self.wizard.steps[2]
            assert isinstance(page, RulesPage)
            self.wizard._go(2)
            page.days.setFocus()
            return
        for doubt in doubts:
            mend(self.draft, doubt)
        self.wizard.refresh_map()
        self.enter()

    def _change(self, doubt) -> None:
        page = self.wizard.steps[1]
        assert isinstance(page, ColumnsPage)
        self.wizard._go(1)
        if doubt.source in page.sources():
            page.layers.setCurrentRow(page.sources().index(doubt.source))

    def is_complete(self) -> bool:
        """Tell whether no error is left."""
        return self.checked and not any(d.severity == "error" for d in self.doubts)


class SavePage(Page):
    """Where the project is saved."""

    def __init__(self, wizard: ImportWizard) -> None:
        super().__init__(wizard)
        self.text(
            self.tr(
                "The project is one file, a GeoPackage with all layers, rules, plans and history. QGIS opens it too."
            )
        )
        row = QHBoxLayout()
        self.place = QLineEdit()
        self.place.setAccessibleName(self.tr("Project file"))
        self.place.textChanged.connect(lambda: self.wizard.enable())
        browse = QPushButton(self.tr("Choose…"))
        browse.setAutoDefault(False)
        browse.clicked.connect(self.browse)
        row.addWidget(self.place, 1)
        row.addWidget(browse)
        self.column.addLayout(row)
        self.replace_box = QCheckBox(self.tr("Replace the file that is there"))
        self.replace_box.setVisible(False)
        self.column.addWidget(self.replace_box)
        self.overview = Label()
        self.overview.setTextFormat(Qt.TextFormat.PlainText)
        self.overview.setWordWrap(True)
        self.column.addSpacing(12)
        self.column.addWidget(self.overview)
        self.column.addStretch(1)

    def browse(self) -> None:
        """Ask for the place."""
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the project"), self.place.text(), self.tr("Project (*.beatplan *.gpkg)")
        )
        if name:
            self.place.setText(name)
            # the dialog has asked already
            self.replace_box.setChecked(Path(name).exists())

    def enter(self) -> None:
        """Propose a place and tell what will be in the project."""
        from beatplanner.data.guided_import.draft import ROLE_WORDS
        from beatplanner.data.output_place import FORBIDDEN

        rules = self.draft.rules
        self.replace_box.setVisible(False)
        self.replace_box.setChecked(False)
        if not self.place.text():
            name = FORBIDDEN.sub("-", rules.name).strip(". ") or "project"
            self.place.setText(str(user_documents_path() / f"{name}{PROJECT_ENDING}"))
        lines = [self.tr("Project “{0}”").format(rules.name), ""]
        for source in self.draft.sources:
            if source.role:
                mended = self.tr(", mended") if source.mends else ""
                size = "" if source.look.geometry == "raster" else self.tr(": {0:,} rows").format(source.look.rows)
                lines.append(f"•  {self.tr(ROLE_WORDS[source.role])}{size}{mended}  ({source.look.title})")
        count = (
            self.tr("as many beats as the workload needs")
            if rules.beats == "auto"
            else self.tr("{0:,} beats").format(rules.beats)
        )
        lines += [
            "",
            self.tr("Rules: {0}, each within ±{1:.1f} % of the mean workload").format(count, rules.tolerance * 100),
        ]
        if self.draft.hours:
            lines.append(
                self.tr("Hours per incident: ") + ", ".join(f"{c} {h:g} h" for c, h in self.draft.hours.items())
            )
        self.overview.setText("\n".join(lines))

    def is_complete(self) -> bool:
        """Tell whether a place is given."""
        return bool(self.place.text().strip())
