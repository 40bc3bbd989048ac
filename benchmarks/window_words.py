"""Every text that the window shows in a language, and which of them are left in English.

    python benchmarks/window_words.py PROJECT [--languages mk sq]

The window is driven through the actions of its registry, its panels, tabs and modes, with a beat painted, a station moved and a posting dragged; each
dialog, menu and box that comes up is read and dropped. Read are all widgets: labels, buttons, actions, titles, tabs, entries, cells and headers of
models with their tips, and what is painted by hand. In a language of Cyrillic letters a text is left in English where it has a word of Latin letters
that is no name of the data; in others where the English window shows the same text, with a word in it that is no name. Ends with 1 where one is left.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROWS = 30
CYRILLIC = ("mk", "ru", "sr-Cyrl")
# What every language writes so: programs, formats, signs of keys and units, and what stands for a place in a text.
KEPT = {
    *[
        "beatplanner",
        "QGIS",
        "GeoPackage",
        "GeoJSON",
        "GeoTIFF",
        "MBTiles",
        "Excel",
        "OneDrive",
        "Office",
        "OpenStreetMap",
        "GDAL",
        "Python",
        "Qt",
        "PySide",
        "HiGHS",
        "PROJ",
        "GEOS",
        "SQLite",
    ],
    *[
        "EPSG",
        "UTM",
        "WGS",
        "CRS",
        "MGRS",
        "EUR",
        "USD",
        "PDF",
        "PNG",
        "SVG",
        "JPEG",
        "CSV",
        "TSV",
        "XLSX",
        "DOCX",
        "GPKG",
        "TOML",
        "JSON",
        "HTML",
        "ZIP",
        "KMZ",
        "KML",
        "GPX",
        "ODS",
        "dpi",
        "px",
    ],
    *[
        "Ctrl",
        "Shift",
        "Alt",
        "Esc",
        "Tab",
        "Enter",
        "Del",
        "Home",
        "End",
        "PgUp",
        "PgDown",
        "Ins",
        "Space",
        "Backspace",
        "Return",
        "Up",
        "Down",
        "Left",
        "Right",
        "Meta",
        "Print",
        "Page",
    ],
    *["km", "min", "kmh", "ha", "MB", "GB", "KB", "Wi", "Fi", "OK", "auto"],
}
WORD = re.compile(r"[A-Za-zÀ-ž]{2,}")
NAMES = re.compile(
    r"“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|\S*/\S+|\S+\.(?:\w{1,5}|beatplan|geojson)\b|[\w-]*\d[\w-]*|\b[a-z]+(?:_\w+|\.[a-z_]+)+\b|<[^>]*>|https?:\S+"
)


def texts_of(widget: Any) -> Iterator[tuple[str, str]]:
    """Yield what a widget shows, each with how: itself, its actions, its models."""
    from PySide6.QtCore import QAbstractItemModel, QObject
    from PySide6.QtWidgets import QAbstractItemView, QComboBox, QTabWidget, QToolBox, QTreeView

    simple = [
        "text",
        "windowTitle",
        "toolTip",
        "whatsThis",
        "statusTip",
        "accessibleName",
        "accessibleDescription",
        "title",
        "placeholderText",
        "prefix",
        "suffix",
        "specialValueText",
        "currentMessage",
        "informativeText",
        "detailedText",
        "labelText",
        "format",
        "toPlainText",
    ]
    for name in simple:
        read = getattr(widget, name, None)
        if not callable(read):
            continue
        try:
            said = read()
        except (TypeError, RuntimeError):
            continue
        if isinstance(said, str) and said.strip():
            yield name, said
    if isinstance(widget, QTabWidget | QToolBox):
        for k in range(widget.count()):
            yield "tab", widget.tabText(k) if isinstance(widget, QTabWidget) else widget.itemText(k)
    if isinstance(widget, QComboBox):
        for k in range(min(widget.count(), ROWS)):
            yield "entry", widget.itemText(k)
    models: list[QAbstractItemModel] = (
        [widget.model()] if isinstance(widget, QAbstractItemView) and widget.model() else []
    )
    for model in models:
        # a table has the same rows under each cell, and says so
        yield from _of_model(model, 3 if isinstance(widget, QTreeView) else 0)
    if isinstance(widget, QObject) and hasattr(widget, "actions"):
        for action in widget.actions():
            for name in ("text", "toolTip", "statusTip", "whatsThis"):
                yield f"action {name}", getattr(action, name)()


def _columns(model: Any, parent: Any) -> int:
    """Return the columns of a model; a list has one, and does not say so."""
    try:
        return int(model.columnCount(parent))
    except TypeError:
        return 1


def _of_model(model: Any, deepest: int) -> Iterator[tuple[str, str]]:
    from PySide6.QtCore import QModelIndex, Qt

    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)

    def under(parent: QModelIndex, depth: int) -> Iterator[tuple[str, str]]:
        for row in range(min(model.rowCount(parent), ROWS)):
            for column in range(_columns(model, parent)):
                index = model.index(row, column, parent)
                for role in roles:
                    said = model.data(index, role)
                    if isinstance(said, str):
                        yield "cell", said
                if depth < deepest:
                    yield from under(index, depth + 1)

    for column in range(_columns(model, QModelIndex())):
        for role in roles[:2]:
            said = model.headerData(column, Qt.Orientation.Horizontal, role)
            if isinstance(said, str):
                yield "heading", said
    yield from under(QModelIndex(), 0)


class Reader:
    """Collects every text that came up, with where it was seen first."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        self.seen: dict[str, str] = {}
        # the window of another language is still there, and hidden
        self.others = list(QApplication.topLevelWidgets())

    def read(self, step: str, roots: list[Any] | None = None) -> None:
        """Read all windows, or those that are given, and all in them."""
        from PySide6.QtWidgets import QApplication, QWidget

        print(step, len(self.seen), file=sys.stderr, flush=True)

        for root in roots or [w for w in QApplication.topLevelWidgets() if not any(w is o for o in self.others)]:
            for widget in (root, *root.findChildren(QWidget)):
                for how, said in texts_of(widget):
                    name = widget.objectName() or type(widget).__name__
                    self.add(said, f"{step}: {name}, {how}")

    def add(self, said: str, where: str) -> None:
        """Take in a text, a line at a time."""
        for line in re.sub(r"<[^>]*>", "\n", said).split("\n"):
            bare = line.strip()
            if bare:
                self.seen.setdefault(bare, where)


def watch(reader: Reader, put: Callable[[Any, str, Any], object] = setattr) -> None:
    """Read each dialog, menu, box and what is painted, and drop it; `put` is `setattr`, or a test's own that is undone."""
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMenu, QMessageBox, QToolTip

    yes = QMessageBox.StandardButton.Yes

    def dialog(self: Any, *_: Any) -> int:
        self.show()
        reader.read("dialog", [self])
        self.hide()
        return 0

    def box(self: Any, *_: Any) -> Any:
        reader.read("box", [self])
        return yes

    def said(*found: Any, **named: Any) -> Any:
        for part in (*found, *named.values()):
            if isinstance(part, str):
                reader.add(part, "box or file dialog")
        return yes

    put(QDialog, "exec", dialog)
    put(QMessageBox, "exec", box)
    for name in ("question", "information", "warning", "critical", "about"):
        put(QMessageBox, name, staticmethod(said))
    put(QMenu, "exec", dialog)
    for name in ("getText", "getItem"):
        put(QInputDialog, name, staticmethod(lambda *a, **k: (said(*a, **k), ("", False))[1]))
    for name in ("getOpenFileName", "getSaveFileName", "getOpenFileNames"):
        put(QFileDialog, name, staticmethod(lambda *a, **k: (said(*a, **k), ("", ""))[1]))
    put(QFileDialog, "getExistingDirectory", staticmethod(lambda *a, **k: (said(*a, **k), "")[1]))
    put(QToolTip, "showText", staticmethod(said))
    painted = QPainter.drawText

    def draw(self: Any, *found: Any) -> Any:
        for part in found:
            if isinstance(part, str):
                reader.add(part, "painted")
        return painted(self, *found)

    put(QPainter, "drawText", draw)


def settle(window: Any, ready: Callable[[], bool] = lambda: True) -> None:
    """Let what is under way end: cards, figures and verdicts come from a child."""
    from PySide6.QtCore import QElapsedTimer
    from PySide6.QtWidgets import QApplication

    for _ in range(5):
        QApplication.processEvents()
    clock = QElapsedTimer()
    clock.start()
    while not ready() and clock.elapsed() < 60_000:
        QApplication.processEvents()


def drive(window: Any, reader: Reader) -> None:
    """Go through actions, panels, tabs and modes."""
    import window_walks
    from PySide6.QtWidgets import QApplication, QComboBox, QDockWidget, QTabWidget

    aside = window_walks.ASIDE - {
        "draw_repair",
        "choose_project",
        "choose_result",
        "save_project_as",
        "save_result",
        "export_picture",
        "begin_tour",
        "verify_plan",
    }
    chance = np.random.default_rng(1)
    settle(window, lambda: window.results.book is not None or window.scenario.plan is None)
    reader.read("opened")

    def every_tab(step: str) -> None:
        for dock in window.findChildren(QDockWidget):
            dock.show()
            dock.raise_()
            QApplication.processEvents()
        for tabs in window.findChildren(QTabWidget):
            for k in range(tabs.count()):
                tabs.setCurrentIndex(k)
                QApplication.processEvents()
                reader.read(f"{step}, tab {k}", [tabs])

    every_tab("opened")
    for combo in window.findChildren(QComboBox):
        was = combo.currentIndex()
        for k in range(min(combo.count(), 12)):
            combo.setCurrentIndex(k)
            QApplication.processEvents()
        combo.setCurrentIndex(was)
        reader.read("entries")
    for name, step in (
        ("paint", window_walks.paint),
        ("station", window_walks.station),
        ("posting", window_walks.posting),
        ("name", window_walks.call),
    ):
        for _ in range(2):
            step(window, chance)
            settle(window)
        reader.read(name)
    every_tab("drawn")
    for name in sorted(set(window.actions_by_name) - aside):
        action = window.actions_by_name[name]
        if action.isEnabled():
            action.trigger()
            settle(window)
            reader.read(name)
            settle(window, lambda: not window.drawing_panel.process.running)
            reader.read(name)
            for dialog in QApplication.topLevelWidgets():
                if dialog is not window and dialog.isVisible():
                    dialog.close()
    every_tab("at the end")
    reader.read("at the end")


def import_layers(reader: Reader, home: Path) -> set[str]:
    """Go through the pages of the guided import with the sample's layers, broken files among them; return the names in them."""
    from PySide6.QtWidgets import QApplication, QComboBox

    from beatplanner.data.sample.sample_town import write_sample_town
    from beatplanner.ui.desktop.guided_import.wizard import ImportWizard

    folder = home / "layers"
    if not folder.is_dir():
        write_sample_town(folder)
        (folder / "broken.geojson").write_text('{"type": "FeatureCollection"\n,,', "utf-8")
        (folder / "broken.gpkg").write_bytes(b"x" * 3000)
        (folder / "broken.xlsx").write_bytes(b"PK\x03\x04x")
    files = [f for f in sorted(folder.rglob("*")) if f.suffix in (".gpkg", ".geojson", ".csv", ".xlsx", ".tif")]
    wizard = ImportWizard(None, files)
    wizard.resize(1300, 720)
    wizard.show()
    try:
        settle(wizard, lambda: not wizard.work.busy)
        for step in range(wizard.pages.count()):
            reader.read(f"import, page {step}", [wizard])
            for box in wizard.findChildren(QComboBox)[:20]:
                for k in range(min(box.count(), ROWS)):
                    reader.add(box.itemText(k), f"import, page {step}: entry")
            wizard.next()
            QApplication.processEvents()
            settle(wizard, lambda: not wizard.work.busy)
        reader.read("import, at its end", [wizard])
    finally:
        wizard.hide()
        wizard.deleteLater()
    return {w.casefold() for f in files for w in WORD.findall(f.stem)}


def names_of_data(window: Any) -> set[str]:
    """Return the words that are names of the data: places, people, streets, layers and what was typed."""
    from beatplanner.planning.versions import installed_versions

    found: set[str] = set()
    scenario = window.scenario

    def collect(value: Any) -> None:
        if isinstance(value, str):
            found.update(w.casefold() for w in WORD.findall(value))
        elif isinstance(value, dict):
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list | tuple | set):
            for inner in value:
                collect(inner)

    for tables in (
        vars(scenario.town) if scenario.town is not None else {},
        vars(scenario.plan) if scenario.plan is not None else {},
    ):
        for table in tables.values():
            if hasattr(table, "columns"):
                for column in table.columns:
                    if table[column].dtype == object:
                        collect([v for v in table[column].unique()[:5000] if isinstance(v, str)])
    if scenario.document is not None:
        collect(scenario.document.rules())
        collect(scenario.document.content.scenarios and [s.name for s in scenario.document.content.scenarios])
    collect(str(Path.home()))
    collect(getpass.getuser())
    collect(list(installed_versions()))
    collect(str(scenario.project))
    return found


def left_in_english(language: str, reader: Reader, english: Reader, names: set[str]) -> list[tuple[str, str]]:
    """Return the texts that are English, with where they were seen first."""
    kept = {w.casefold() for w in KEPT} | names
    found = []
    for said, where in reader.seen.items():
        words = [w for w in WORD.findall(NAMES.sub(" ", said)) if w.casefold() not in kept]
        if words and (language in CYRILLIC or said in english.seen):
            found.append((said, where))
    return found


def sweep(project: Path, language: str, home: Path) -> tuple[Reader, set[str]]:
    """Drive a window of a language; return what was seen, and the names of the data."""
    from PySide6.QtWidgets import QApplication

    from beatplanner.ui.desktop.window.languages import install_language
    from beatplanner.ui.desktop.window.main_window import MainWindow

    application = QApplication.instance()
    install_language(application, language)  # type: ignore[arg-type]
    reader = Reader()
    undone: list[tuple[Any, str, Any]] = []

    def put(owner: Any, name: str, new: Any) -> None:
        undone.append((owner, name, getattr(owner, name)))
        setattr(owner, name, new)

    watch(reader, put)
    copy = home / f"{language}{project.suffix}"
    copy.write_bytes(project.read_bytes())
    window = MainWindow()
    try:
        window.resize(1366, 768)
        window.show()
        reader.read("start")
        window.open(copy)
        drive(window, reader)
        names = names_of_data(window) | import_layers(reader, home)
    finally:
        window.draft.drop()
        for part in (*undone[::-1],):
            setattr(*part)
        window.session.stop() if hasattr(window.session, "stop") else None
        window.hide()
    return reader, names


def main() -> None:
    """Sweep each language, and tell what is left in English."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--languages", nargs="+", default=["mk", "sq"])
    parser.add_argument("--all", action="store_true", help="print every text that was seen")
    chosen = parser.parse_args()
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    from beatplanner.ui.desktop.session.collector import Collector

    Collector(application)
    sys.path.insert(0, str(Path(__file__).parent))
    sys.excepthook = lambda kind, error, trace: traceback.print_exception(kind, error, trace)
    number = 0
    with tempfile.TemporaryDirectory() as home:
        # only what has Latin letters in its own language is held against an English window
        latin = [language for language in chosen.languages if language not in CYRILLIC]
        english = sweep(chosen.project, "en", Path(home))[0] if latin else Reader()
        for language in chosen.languages:
            reader, names = sweep(chosen.project, language, Path(home))
            left = left_in_english(language, reader, english, names)
            number += len(left)
            print(f"== {language}: {len(reader.seen)} texts, {len(left)} left in English")
            for said, where in left:
                print(f"{where}\n    {said[:300]}")
            if chosen.all:
                print("\n".join(f"  {said}" for said in reader.seen))
    sys.stdout.flush()
    os._exit(1 if number else 0)


if __name__ == "__main__":
    main()
