"""Export and print from the map as it is seen: a page on paper, a picture, or the layers as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
)

from beatplanner.data.endings import with_ending
from beatplanner.data.errors import InputError, StoppedError
from beatplanner.data.formats.number_columns import typed_number
from beatplanner.data.output_place import clear_stopped, project_name
from beatplanner.data.paths import whole_path
from beatplanner.ui.desktop.map.printing import PAPER, SCALES, PrintedPage, draw_page, write_page
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.map.workbook_words import UNNAMED, card_of_view, workbook_words
from beatplanner.ui.desktop.plain_text import Label, question
from beatplanner.ui.desktop.session.waiting import wait_for, working
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.guide_pages import explain
from beatplanner.ui.desktop.toolkit.number_box import own_sign
from beatplanner.ui.desktop.toolkit.tool_actions import add_action

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.planning.forum.map_export import Audience

ACTIONS = (
    Action(
        "print_map", "File", "Print map to PDF or PNG…", "Put the map on paper, A4 to A0, at an exact scale.", "Ctrl+P"
    ),
    Action(
        "export_data",
        "File",
        "Export data…",
        "Save beats, units and stations as GeoPackage, GeoJSON, CSV or XLSX.",
        "Ctrl+Shift+E",
    ),
)
FORMATS = (("GeoPackage", "gpkg"), ("GeoJSON", "geojson"), ("CSV", "csv"), ("Excel workbook", "xlsx"))
# What a page is saved as, by how the dialog of files calls it.
PAGES = {"PDF (*.pdf)": ".pdf", "PNG (*.png)": ".png"}
PREVIEW = 380  # pixels of its longer side


class PrintDialog(QDialog):
    """Choose paper, scale and title, with a picture of the page."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        explain(self, window)
        self.window_, self.map = window, window.map
        self.setWindowTitle(self.tr("Print map"))
        row = QHBoxLayout(self)
        left = QVBoxLayout()
        form = QFormLayout()
        self.title = QLineEdit(window.scenario.name)
        self.paper = QComboBox()
        self.paper.addItems(list(PAPER))
        self.direction = QComboBox()
        self.direction.addItems([self.tr("Landscape"), self.tr("Portrait")])
        self.scale = QComboBox()
        self.scale.setEditable(True)
        self.scale.addItems([self.tr("as large as fits"), *(f"1 : {number(s)}" for s in SCALES)])
        self.scale.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.area = QComboBox()
        self.area.addItems([self.tr("Whole town"), self.tr("What is seen now")])
        self.note = QLineEdit()
        self.note.setPlaceholderText(self.tr("Source of the data, contact, …"))
        for text, field in (
            (self.tr("Title"), self.title),
            (self.tr("Paper"), self.paper),
            (self.tr("Direction"), self.direction),
            (self.tr("Middle"), self.area),
            (self.tr("Scale"), self.scale),
            (self.tr("Note"), self.note),
        ):
            field.setAccessibleName(text)
            field.setMinimumWidth(220)
            form.addRow(text, field)
        left.addLayout(form)
        self.hint = Label()
        self.hint.setWordWrap(True)
        left.addWidget(self.hint)
        left.addStretch(1)
        private = Label(self.tr("Incidents and their density are never printed: they may not leave the office."))
        private.setWordWrap(True)
        left.addWidget(private)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.button(QDialogButtonBox.StandardButton.Save)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        left.addWidget(buttons)
        row.addLayout(left)
        self.picture = Label()
        self.picture.setMinimumSize(PREVIEW + 10, PREVIEW + 10)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName(self.tr("Preview of the page"))
        row.addWidget(self.picture, 1)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.timeout.connect(self.preview)
        for box in (self.paper, self.direction, self.area, self.scale):
            box.currentTextChanged.connect(lambda _: self._wait.start(120))
        for field in (self.title, self.note):
            field.textChanged.connect(lambda _: self._wait.start(250))
        self.preview()

    def scale_number(self) -> float | None:
        """Return the scale's number, None for the one that fits; raises ValueError where the field holds none."""
        if self.scale.currentIndex() == 0 and self.scale.currentText() == self.scale.itemText(0):
            return None
        found = typed_number(self.scale.currentText().split(":")[-1], whole=True, own=own_sign())
        if found is None:
            raise ValueError
        return found

    def page(self) -> PrintedPage:
        """Return the page as chosen."""
        seen = self.area.currentIndex() == 1
        x, y = self.map.centre
        centre = (float(x), float(y)) if seen else None
        page = PrintedPage(
            title=self.title.text(),
            paper=self.paper.currentText(),
            landscape=self.direction.currentIndex() == 0,
            scale=self.scale_number(),
            centre=centre,
            note=self.note.text(),
            card=card_of_view(self.window_),
        )
        if seen and page.scale is None:
            view = self.map.view
            half = view.width / 2 / view.scale, view.height / 2 / view.scale
            bounds = (centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1])  # type: ignore[index]
            from dataclasses import replace

            page = replace(page, scale=page.fitting_scale(bounds))
        return page

    def preview(self) -> None:
        """Draw the page small."""
        try:
            page = self.page()
            if page.scale is not None and not 10 <= page.scale <= 1e8:
                raise ValueError
        except ValueError:
            self.hint.setText(self.tr("Give a scale such as 1 : 10,000."))
            self.save.setEnabled(False)
            return
        self.save.setEnabled(True)
        bounds = self.map.content.bounds
        fits = page.fitting_scale(bounds)
        scale = page.scale or fits
        self.hint.setText(
            self.tr("1 : {0}").format(number(scale))
            if scale >= fits or page.centre is not None
            else self.tr("At 1 : {0} the town does not fit; at 1 : {1} it does.").format(number(scale), number(fits))
        )
        width, height = page.size
        ratio = self.devicePixelRatioF()
        mm = PREVIEW * ratio / max(width, height)
        image = QImage(round(width * mm), round(height * mm), QImage.Format.Format_RGB32)
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_page(painter, page, self.map.content, self.map.stack, mm)
            painter.setPen(QColor("#999999"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(0, 0, image.width() - 1, image.height() - 1))
        image.setDevicePixelRatio(ratio)
        self.picture.setPixmap(QPixmap.fromImage(image))


class DataDialog(QDialog):
    """Choose format, and for whom the export is."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        explain(self, window)
        self.setWindowTitle(self.tr("Export data"))
        form = QFormLayout(self)
        self.format = QComboBox()
        self.format.addItems([self.tr(name) for name, _ in FORMATS])
        self.audience = QComboBox()
        self.audience.addItems([self.tr("People outside (small numbers hidden)"), self.tr("The office only")])
        form.addRow(self.tr("Format"), self.format)
        form.addRow(self.tr("For"), self.audience)
        label = Label(self.tr("Beats, units and stations of the plan. Points of incidents are never exported."))
        label.setWordWrap(True)
        form.addRow(label)
        if window.draft.count:
            # the table beside it counts with them
            left = Label(self.tr("Left out: {0}.").format(window.in_draft()))
            left.setWordWrap(True)
            form.addRow(left)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)


def write_data(
    plan: PlanTables,
    path: Path,
    audience: Audience,
    card: Sequence[tuple[str, str]] = (),
    words: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write a plan's layers into a file for those it is for; return the files.

    Parameters
    ----------
    plan
        Its layers.
    path
        The file.
    audience
        Whom it is for.
    card
        Lines of the run card, which a workbook has as its last sheet.
    words
        What a workbook calls its sheets and columns (`workbook_words`).

    Raises
    ------
    InputError
        Where small numbers cannot be hidden, or the file cannot be written.
    """
    from beatplanner.data.result.map_files import write_map_file
    from beatplanner.planning.forum.map_export import export_tables, hidden_as_sign

    layers = export_tables(plan, audience)
    if words and "beats" in layers and path.suffix.lower() == ".xlsx":
        beats = layers["beats"]
        own = [
            words[UNNAMED].format(b) if name == UNNAMED.format(b) else name
            for b, name in zip(beats["beat"], beats["name"], strict=True)
        ]
        layers["beats"] = beats.assign(name=own)
    return write_map_file(path, layers, hidden_as_sign, card, words or {})


def install(window: Window) -> None:
    """Add the actions to the window."""

    def print_map() -> None:
        dialog = PrintDialog(window)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return
        start = f"{project_name(dialog.title.text() or 'map')}.pdf"
        name, kind = QFileDialog.getSaveFileName(window, window.tr("Save the page"), start, ";;".join(PAGES))
        if name:
            endings = sorted(PAGES.values(), key=lambda ending: ending != PAGES.get(kind))
            _export(window, lambda: _written(dialog.page(), with_ending(name, endings)))

    def _written(page: PrintedPage, path: Path) -> list[Path]:
        with working(window, window.tr("The page is drawn…")) as pause:
            write_page(path, page, window.map.content, window.map.stack, pause=pause)
        return [path]

    def _exported(path: Path, audience: Audience) -> list[Path]:
        words = window.tr("The layers are written…")
        try:
            plan = window.scenario.plan
            assert plan is not None
            card = card_of_view(window, public=audience == "public", printed=audience == "office", drawn=False)
            called = workbook_words(window, plan.units.columns)
            return wait_for(window, words, write_data, plan, path, audience, card, called)
        except StoppedError:
            clear_stopped(whole_path(path))
            raise

    def _may_replace(path: Path) -> bool:
        """Ask about the files that are written beside the one that was named, of which the dialog has asked, where such are there already."""
        from beatplanner.data.result.map_files import files_of_export
        from beatplanner.planning.forum.map_export import exported_layers

        plan = window.scenario.plan
        assert plan is not None
        there = [file.name for file in files_of_export(path, exported_layers(plan))[1:] if file.exists()]
        if not there:
            return True
        lines = [window.tr("These files are there already:"), *(f"• {name}" for name in there), ""]
        words = "\n".join([*lines, window.tr("Replace them?")])
        return question(window, window.tr("Export data"), words) == QMessageBox.StandardButton.Yes

    def export_data() -> None:
        if window.scenario.plan is None:
            window.show_lines(
                window.tr("There is no plan to export yet"), [window.tr("Press Plan, or make the drawing the plan.")]
            )
            return
        dialog = DataDialog(window)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return
        ending = FORMATS[dialog.format.currentIndex()][1]
        kind = f"{dialog.format.currentText()} (*.{ending})"
        name, _ = QFileDialog.getSaveFileName(
            window, window.tr("Export data"), f"{project_name(window.scenario.name)}.{ending}", kind
        )
        if name:
            path = with_ending(name, [f".{e}" for _, e in sorted(FORMATS, key=lambda f: f[1] != ending)])
            audience: Audience = "public" if dialog.audience.currentIndex() == 0 else "office"
            if _may_replace(path):
                _export(window, lambda: _exported(path, audience))

    add_action(window, ACTIONS[0], print_map)
    add_action(window, ACTIONS[1], export_data)


def _export(window: Window, write: Any) -> None:
    try:
        files = write()
    except StoppedError:
        window.statusBar().showMessage(window.tr("Stopped; nothing was written."), 8_000)
        return
    except InputError as error:
        window.show_lines(window.tr("This cannot be exported"), [str(note) for note in error.problems])
        return
    window.statusBar().showMessage(window.tr("Written: {0}").format(", ".join(str(f) for f in files)), 15_000)
