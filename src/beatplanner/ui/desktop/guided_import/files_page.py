"""The page of the guided import where files are chosen, and said what each is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QWidget,
)

from beatplanner.ui.desktop.guided_import.page import Page, Wizard
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.in_language import in_language, with_counts
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.toolkit.still_field import still

FILES = "*.gpkg *.geojson *.json *.shp *.kml *.gml *.fgb *.tab *.csv *.tsv *.txt *.xlsx *.xlsm *.tif *.tiff *.osm.pbf *.parquet"
# The reason of what a person chose, as the draft says it too.
CHOSEN = "as you chose"


class FilesPage(Page):
    """Which files, and what they are."""

    def __init__(self, wizard: Wizard) -> None:
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
        from beatplanner.data.guided_import.sources import ROLE_WORDS

        _clear(self.grid)
        self.roles = []
        for place, source in enumerate(self.draft.sources):
            look = source.look
            size = (
                self.tr("raster") if look.geometry == "raster" else with_counts(self.tr("{0} rows"), number(look.rows))
            )
            name = Label(look.title)
            font = name.font()
            font.setBold(True)
            name.setFont(font)
            name.setTextFormat(Qt.TextFormat.PlainText)
            name.setToolTip(literal(str(look.path)))
            name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            role = still(QComboBox())
            role.setAccessibleName(self.tr("What {0} is").format(look.title))
            for key in (*(r for r in ROLE_WORDS if r and _fits(r, look.geometry)), ""):
                role.addItem(self.tr(ROLE_WORDS[key]), key)
            role.setCurrentIndex(max(0, role.findData(source.role)))
            role.activated.connect(lambda _, s=source, box=role: self._say(s, box.currentData()))
            out = QPushButton("✕")
            out.setFixedWidth(out.fontMetrics().horizontalAdvance("MMM"))
            out.setAccessibleName(self.tr("Leave {0} out").format(look.title))
            out.setToolTip(self.tr("Leave this layer out"))
            out.clicked.connect(lambda _=False, s=source: self._remove(s))
            reason = Label(
                " · ".join([size, *([self._reason(source.reason)] if source.reason else []), *self._second(source)])
            )
            reason.setWordWrap(True)
            quiet(reason)
            self.grid.addWidget(name, 2 * place, 0)
            self.grid.addWidget(role, 2 * place, 1)
            self.grid.addWidget(out, 2 * place, 2)
            self.grid.addWidget(reason, 2 * place + 1, 0, 1, 3)
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

    def _reason(self, reason: str) -> str:
        """Return why a layer is taken for what it is."""
        # a word alone is no sentence: it may be the name of a layer elsewhere
        shapes = {
            "lines": self.tr("line features"),
            "points": self.tr("point features"),
            "polygons": self.tr("polygon features"),
        }
        return shapes.get(reason) or in_language(reason)

    def _second(self, source) -> list[str]:
        """Return what else a layer may be, in words; nothing where a person has chosen or nothing else is likely."""
        from beatplanner.data.guided_import.sources import ROLE_WORDS

        role, why = source.second
        if not role or role == source.role or source.reason == CHOSEN:
            return []
        return [self.tr("or else {0} ({1})").format(self.tr(ROLE_WORDS[role]), self._reason(why))]

    def _say(self, source, role: str) -> None:
        self.draft.set_role(source, role, CHOSEN)
        self.enter()
        self.wizard.refresh_map()

    def _remove(self, source) -> None:
        self.draft.remove(source)
        self.enter()
        self.wizard.refresh_map()

    def is_complete(self) -> bool:
        """Tell whether units are given."""
        return self.draft.first("units") is not None


def role_names() -> dict[str, str]:
    """Return what each role is called."""
    from beatplanner.data.guided_import.sources import ROLE_WORDS

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
