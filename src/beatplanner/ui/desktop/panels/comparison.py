"""Plans side by side in a window of their own: figures by block, maps that move together, one legend."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import QBrush, QColor, QDesktopServices, QFont, QPainter, QPen, QTransform
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.errors import InputError, StoppedError
from beatplanner.data.formats import geometry
from beatplanner.data.result.comparison import Comparison, PlanMap
from beatplanner.ui.desktop.map.rings import path_of
from beatplanner.ui.desktop.map.view import BACKGROUND, DARK_BACKGROUND
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.session.waiting import wait_for
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.frame import Frame
from beatplanner.ui.desktop.toolkit.guide_pages import explain
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.signal_colours import signal
from beatplanner.ui.desktop.toolkit.themed import follow_theme
from beatplanner.ui.desktop.toolkit.tool_actions import add_action

LOAD = ("#ffffd4", "#fee391", "#fec44f", "#fe9929", "#d95f0e", "#7f2704")
WALK = ("#f7fbff", "#c6dbef", "#9ecae1", "#6baed6", "#2171b5", "#08306b")
WALKS = (5.0, 10.0, 15.0, 20.0, 30.0)
UNKNOWN, SAME, CHANGED = "#e4e4e4", "#eceff2", "#d95f0e"
MODES = ("Hours a year per officer", "Minutes on foot to a station", "What changes against today")


class ShownMap(PlanMap):
    """A column's map with the outlines of its beats."""

    outlines: list[shapely.Geometry]


class Shown(TypedDict):
    """What the window shows: the comparison, its maps, and the units' shapes and names."""

    content: Comparison
    maps: list[ShownMap]
    shapes: list[shapely.Geometry]
    names: list[str]


def prepare_comparison(folders: Sequence[Path], out: Path) -> Shown:
    """Compare plans, write the comparison into `out`, and return what the window shows; nothing of Qt, so a child does it."""
    from beatplanner.planning.compare.columns import read_compared
    from beatplanner.planning.compare.comparison import compare, map_of
    from beatplanner.planning.compare.figures import figures_of_column

    content = compare(folders, out)
    columns = read_compared(folders)
    for c in columns:
        c.figures = figures_of_column(c, columns)
    shapes = columns[0].units.geometry.to_numpy()
    maps: list[ShownMap] = []
    for c in columns:
        plan = map_of(c, columns)
        beat = np.array(plan["beat"], dtype=object)
        outlines = [geometry.dissolve(shapes[beat == b]) for b in sorted({b for b in beat if b is not None})]
        maps.append({**plan, "outlines": outlines})
    return {
        "content": content,
        "maps": maps,
        "shapes": list(shapes),
        "names": [str(n) for n in columns[0].units["name"]],
    }


def class_limits(values: Sequence[float | None]) -> list[float]:
    """Return five round limits between the least and the greatest of the values of all maps."""
    known = [v for v in values if v is not None and np.isfinite(v)]
    if not known or max(known) <= min(known):
        return [1.0, 2.0, 3.0, 4.0, 5.0]
    rough = (max(known) - min(known)) / 5
    power = 10 ** np.floor(np.log10(rough))
    step = float(next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= rough - 1e-9))
    first = float(np.floor(min(known) / step) * step + step)
    return [first + k * step for k in range(5)]


class LinkedMap(QWidget):
    """One plan's map; it tells its view to the others when it is dragged or zoomed.

    Signals
    -------
    moved
        Centre x, centre y, and scale.
    hovered
        Position of the unit under the pointer, -1 for none.
    """

    moved = Signal(float, float, float)
    hovered = Signal(int)

    def __init__(self, name: str, paths: list[Any], plan: ShownMap, extent: QRectF) -> None:
        super().__init__()
        self.paths, self.plan, self.extent = paths, plan, extent
        self.fills = [QColor(UNKNOWN)] * len(paths)
        self.centre, self.scale = extent.center(), 0.0
        self._drag: QPointF | None = None
        self.setMinimumSize(160, 150)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Map of the plan {0}").format(name))
        self.outlines = [path_of(shape) for shape in plan["outlines"]]

    def fit(self) -> float:
        """Return the scale at which the whole map is seen."""
        return 0.95 * min(self.width() / self.extent.width(), self.height() / self.extent.height())

    def view(self) -> QTransform:
        """Return the way from metres to pixels."""
        scale = self.scale or self.fit()
        t = QTransform()
        t.translate(self.width() / 2, self.height() / 2)
        t.scale(scale, -scale)
        t.translate(-self.centre.x(), -self.centre.y())
        return t

    def look(self, x: float, y: float, scale: float) -> None:
        """Show the same part as another map does."""
        self.centre, self.scale = QPointF(x, y), scale
        self.update()

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Paint units, beats and stations."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            dark = self.palette().base().color().lightnessF() < 0.5
            painter.fillRect(self.rect(), QColor(DARK_BACKGROUND if dark else BACKGROUND))
            view = self.view()
            painter.setTransform(view)
            thin, thick = QPen(QColor("white"), 0.4), QPen(QColor("#1a1a1a"), 1.5)
            thin.setCosmetic(True)
            thick.setCosmetic(True)
            painter.setPen(thin)
            for path, fill in zip(self.paths, self.fills, strict=True):
                painter.fillPath(path, fill)
                painter.drawPath(path)
            painter.setPen(thick)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for outline in self.outlines:
                painter.drawPath(outline)
            painter.resetTransform()
            painter.setPen(QPen(QColor("white"), 1))
            for x, y, _, existing in self.plan["stations"]:
                painter.setBrush(QColor("#08306b" if existing else "#cb181d"))
                painter.drawEllipse(view.map(QPointF(x, y)), 4.5, 4.5)

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Zoom about the pointer."""
        factor = 1.2 if event.angleDelta().y() > 0 else 1 / 1.2
        before = self.view().inverted()[0].map(event.position())
        scale = (self.scale or self.fit()) * factor
        centre = before + (self.centre - before) / factor
        self.moved.emit(centre.x(), centre.y(), scale)

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Take hold of the map."""
        self._drag = event.position()

    def mouseReleaseEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Let the map go."""
        self._drag = None

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Drag the map, or tell the unit under the pointer."""
        scale = self.scale or self.fit()
        if self._drag is not None:
            step = event.position() - self._drag
            self._drag = event.position()
            self.moved.emit(self.centre.x() - step.x() / scale, self.centre.y() + step.y() / scale, scale)
            return
        at = self.view().inverted()[0].map(event.position())
        self.hovered.emit(next((i for i, p in enumerate(self.paths) if p.contains(at)), -1))


class ComparisonWindow(QDialog):
    """The comparison: maps above, every figure below."""

    def __init__(self, found: Shown, out: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if isinstance(parent, Frame):
            explain(self, parent)
        self.found, self.out = found, out
        from beatplanner.ui.desktop.panels.comparison_table import speech

        content = found["content"]
        self.said = speech()
        self.names = [self.said.known(c["name"]) if c["today"] else c["name"] for c in content["columns"]]
        self.setWindowTitle(self.tr("Comparison: {0}").format(content["project"]))
        self.resize(1250, 760)
        column = QVBoxLayout(self)
        tools = QHBoxLayout()
        self.mode = QComboBox()
        self.mode.addItems([self.tr(m) for m in MODES])
        self.mode.setAccessibleName(self.tr("What the maps show"))
        self.mode.currentIndexChanged.connect(self.paint_maps)
        whole = QPushButton(self.tr("Whole map"))
        whole.clicked.connect(
            lambda: self.look(self.maps[0].extent.center().x(), self.maps[0].extent.center().y(), 0.0)
        )
        page = QPushButton(self.tr("Open as a page"))
        page.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(out / "comparison.html"))))
        book = QPushButton(self.tr("Open the workbook"))
        book.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(out / "comparison.xlsx"))))
        self.legend = Label()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        for widget in (self.mode, whole, page, book):
            tools.addWidget(widget)
        tools.addStretch(1)
        column.addLayout(tools)
        column.addWidget(self.legend)
        row = QWidget()
        side = QHBoxLayout(row)
        side.setContentsMargins(0, 0, 0, 0)
        paths = [path_of(s) for s in found["shapes"]]
        extent = QRectF()
        for path in paths:
            extent = extent.united(path.boundingRect())
        self.maps: list[LinkedMap] = []
        for name, plan in zip(self.names, found["maps"], strict=True):
            box = QVBoxLayout()
            title = Label(name)
            title.setStyleSheet("font-weight: 600")
            title.setToolTip(literal("\n".join(content["sentences"][len(self.maps)])))
            panel = LinkedMap(name, paths, plan, extent)
            panel.moved.connect(self.look)
            panel.hovered.connect(self.show_unit)
            box.addWidget(title)
            box.addWidget(panel, 1)
            side.addLayout(box, 1)
            self.maps.append(panel)
        self.beat_words = Label(" ")
        self.beat_words.setWordWrap(True)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(row)
        split.addWidget(self._table(content))
        split.setSizes([360, 340])
        column.addWidget(split, 1)
        column.addWidget(self.beat_words)
        self.paint_maps()

    def _table(self, content: Comparison) -> QTreeWidget:
        """Return every figure by block; better and worse than today by colour and by a mark."""
        from beatplanner.data.publish.comparison_words import best, verdicts
        from beatplanner.ui.desktop.panels.comparison_table import figure, label

        tree = QTreeWidget()
        tree.setHeaderLabels(["", *self.names])
        tree.setAlternatingRowColors(True)
        for k in range(1, 1 + len(self.names)):
            # a heading stands over its figures
            tree.headerItem().setTextAlignment(k, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        bold = QFont()
        bold.setBold(True)
        coloured: list[tuple[QTreeWidgetItem, int, str]] = []
        for block in content["blocks"]:
            top = QTreeWidgetItem([self.said.known(block["title"])])
            top.setFont(0, bold)
            tree.addTopLevelItem(top)
            for r in block["rows"]:
                item = QTreeWidgetItem([label(self.said, r)])
                item.setToolTip(0, literal(self.tr(r["help"]) if r["help"] else ""))
                for k, (value, verdict, first) in enumerate(zip(r["values"], verdicts(r), best(r), strict=True), 1):
                    mark = {"better": " ▲", "worse": " ▼"}.get(verdict, "")
                    item.setText(k, figure(self.said, value, r["kind"]) + mark)
                    item.setTextAlignment(k, Qt.AlignmentFlag.AlignRight)
                    if verdict:
                        coloured.append((item, k, "good" if verdict == "better" else "wrong"))
                    if first:
                        item.setFont(k, bold)
                top.addChild(item)
            top.setExpanded(True)

        def paint() -> None:
            for item, column, kind in coloured:
                item.setForeground(column, QBrush(signal(kind, tree.palette())))

        follow_theme(tree, paint)
        self.table = tree
        return tree

    def look(self, x: float, y: float, scale: float) -> None:
        """Move all maps together."""
        for panel in self.maps:
            panel.look(x, y, scale)

    def paint_maps(self) -> None:
        """Colour all maps by what is chosen, by one scale."""
        mode, plans = self.mode.currentIndex(), self.found["maps"]
        if mode == 2:
            first = plans[0]["beat"]
            for panel in self.maps:
                panel.fills = [
                    QColor(SAME if a == b else CHANGED) for a, b in zip(panel.plan["beat"], first, strict=True)
                ]
            self._legend([(CHANGED, self.tr("another beat than today")), (SAME, self.tr("the same beat"))])
        else:
            ramp = LOAD if mode == 0 else WALK
            limits = class_limits([v for p in plans for v in p["load"]]) if mode == 0 else list(WALKS)
            for panel in self.maps:
                panel.fills = [
                    QColor(UNKNOWN if v is None or not np.isfinite(v) else ramp[sum(v >= at for at in limits)])
                    for v in panel.plan["load" if mode == 0 else "walk"]
                ]
            words = [self.tr("under {0}").format(number(limits[0]))]
            words += [f"{number(a)}–{number(b)}" for a, b in pairwise(limits)]
            words.append(self.tr("{0} and more").format(number(limits[-1])))
            self._legend([*zip(ramp, words, strict=True), (UNKNOWN, self.tr("not known"))])
        for panel in self.maps:
            panel.update()

    def _legend(self, entries: Sequence[tuple[str, str]]) -> None:
        entries = [*entries, ("#08306b", self.tr("station there today")), ("#cb181d", self.tr("new station"))]
        self.legend.setText(
            "&nbsp;&nbsp; ".join(
                f'<span style="background:{c}; border:1px solid #777">&nbsp;&nbsp;&nbsp;</span> {w}' for c, w in entries
            )
        )

    def show_unit(self, unit: int) -> None:
        """Show the unit under the pointer, in every plan."""
        if unit < 0:
            self.beat_words.setText(" ")
            return
        parts = [self.found["names"][unit]]
        for name, plan in zip(self.names, self.found["maps"], strict=True):
            load = plan["load"][unit]
            beat = plan["beat"][unit]
            text = self.tr("no beat") if beat is None else self.tr("beat {0}").format(beat)
            parts.append(f"{name}: {text}" + ("" if load is None else f", {number(load)} h"))
        self.beat_words.setText("  ·  ".join(parts))


COMPARE = Action(
    "compare_plans", "Compare", "Compare plans…", "Lay result folders side by side, today's plan before them."
)


class Comparing:
    """The menu “Compare” of a window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.shown: ComparisonWindow | None = None
        self.action = add_action(window, COMPARE, self.choose)

    def choose(self) -> None:
        """Ask for result folders one after another, then for where the comparison goes."""
        folders: list[Path] = []
        while True:
            text = (
                self.window.tr("A plan to compare")
                if len(folders) < 2
                else self.window.tr("One more plan; cancel to go on")
            )
            place = QFileDialog.getExistingDirectory(self.window, text, str(folders[-1].parent) if folders else "")
            if not place:
                break
            folders.append(Path(place))
        if len(folders) < 2:
            return
        out = QFileDialog.getSaveFileName(
            self.window, self.window.tr("Folder of the comparison"), str(folders[-1].parent / "comparison")
        )[0]
        if out:
            self.compare(folders, Path(out))

    def compare(self, folders: Sequence[Path], out: Path) -> None:
        """Compare in a child, where it can be stopped, then show."""
        window = self.window
        try:
            found = wait_for(window, window.tr("Comparing…"), prepare_comparison, list(folders), out)
        except StoppedError:
            window.statusBar().showMessage(window.tr("Stopped; nothing was compared."), 8_000)
            return
        except InputError as error:
            QMessageBox.warning(
                window,
                window.tr("These plans cannot be compared"),
                literal("\n".join(in_language(str(p)) for p in error.problems)),
            )
            return
        self.shown = ComparisonWindow(found, out, self.window)
        self.shown.show()


def install(window: Window) -> Comparing:
    """Give a window the menu “Compare”; keep what is returned."""
    return Comparing(window)
