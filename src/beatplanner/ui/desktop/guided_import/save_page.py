"""The page of the guided import where the project gets its name and place."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_documents_path
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
)

from beatplanner.data.endings import PROJECT_ENDING
from beatplanner.ui.desktop.guided_import.page import Page, Wizard
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.figures_text import as_set, number
from beatplanner.ui.desktop.toolkit.in_language import with_counts


class SavePage(Page):
    """Where the project is saved."""

    def __init__(self, wizard: Wizard) -> None:
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
        from beatplanner.data.guided_import.sources import ROLE_WORDS
        from beatplanner.data.output_place import project_name

        rules = self.draft.rules
        self.replace_box.setVisible(False)
        self.replace_box.setChecked(False)
        if not self.place.text():
            name = project_name(rules.name)
            self.place.setText(str(user_documents_path() / f"{name}{PROJECT_ENDING}"))
        lines = [self.tr("Project “{0}”").format(rules.name), ""]
        for source in self.draft.sources:
            if source.role:
                mended = self.tr(", mended") if source.mends else ""
                size = (
                    ""
                    if source.look.geometry == "raster"
                    else with_counts(self.tr(": {0} rows"), number(source.look.rows))
                )
                lines.append(f"•  {self.tr(ROLE_WORDS[source.role])}{size}{mended}  ({source.look.title})")
        count = (
            self.tr("as many beats as the workload needs")
            if rules.beats == "auto"
            else with_counts(self.tr("{0} beats"), number(rules.beats))
        )
        lines += [
            "",
            self.tr("Rules: {0}, each within ±{1} of the mean workload").format(
                count, f"{as_set(100 * rules.tolerance)}\N{NO-BREAK SPACE}%"
            ),
        ]
        if self.draft.hours:
            lines.append(
                self.tr("Hours per incident: ")
                + ", ".join(f"{c} {number(h, len(f'{h:g}'.partition('.')[2]))} h" for c, h in self.draft.hours.items())
            )
        self.overview.setText("\n".join(lines))

    def is_complete(self) -> bool:
        """Tell whether a place is given."""
        return bool(self.place.text().strip())
