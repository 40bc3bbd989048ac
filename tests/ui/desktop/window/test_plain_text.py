"""No text of somebody's file is markup: of all widgets of the window, with a project whose every name is hostile."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import geopandas as gpd
import pytest

from conftest import let_go

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QAbstractListModel, Qt
from PySide6.QtGui import Qt as GuiQt

import beatplanner.ui.desktop as desktop
from beatplanner.ui.desktop import plain_text
from beatplanner.ui.desktop.toolkit import recent
from beatplanner.ui.desktop.window.main_window import MainWindow

BAIT = '<b>Town</b><img src="{0}">'
FOLDER = Path(desktop.__file__).parent


def test_labels_boxes_and_browsers_come_from_one_place():
    wrong = []
    for file in sorted(FOLDER.rglob("*.py")):
        if file.name == "plain_text.py":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            asked = name == "QMessageBox.question"
            told = name in ("QInputDialog.getText", "QInputDialog.getItem") and not _known(node.args[2])
            told = told or (
                name in ("QMessageBox.warning", "QMessageBox.about") and "literal(" not in ast.unparse(node)
            )
            tip = name.endswith(".setToolTip") and not _known(node.args[-1])
            if name in ("QLabel", "QTextBrowser", "QTextEdit") or asked or told or tip:
                wrong.append(f"{file.name}:{node.lineno} {ast.unparse(node)[:90]}")
    assert wrong == []


def test_boxes_that_are_made_by_hand_are_plain_and_no_program_text_reads_files():
    """A box says that its text is plain before it gets one; what stands under it is the program's own, with numbers at most."""
    wrong = []
    for file in sorted(FOLDER.rglob("*.py")):
        source = file.read_text("utf-8")
        for function in [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]:
            said = ast.unparse(function)
            if re.search(r"\bQMessageBox\((?!\.)", said) and ".setTextFormat(Qt.TextFormat.PlainText)" not in said:
                wrong.append(f"{file.name}:{function.lineno} a box that guesses")
            for call in [n for n in ast.walk(function) if isinstance(n, ast.Call)]:
                name = ast.unparse(call.func)
                if name.endswith((".setInformativeText", ".setWhatsThis", ".setLabelText")):
                    filled = [
                        n for n in ast.walk(call) if isinstance(n, ast.Call) and ast.unparse(n.func).endswith(".format")
                    ]
                    plain = all(ast.unparse(a).startswith("len(") for f in filled for a in f.args)
                    if ".tr(" not in ast.unparse(call) or not plain:
                        wrong.append(f"{file.name}:{call.lineno} {name}")
                if name in ("QErrorMessage", "QProgressDialog", "QGraphicsTextItem", "QSplashScreen", "QTextDocument"):
                    wrong.append(f"{file.name}:{call.lineno} {name}")
    assert wrong == []


def test_tips_of_cells_and_choices_are_made_plain():
    """A model, an item or a choice gives Qt its tip by a role, where a widget has a function for it."""
    role, wrong, seen = "Qt.ItemDataRole.ToolTipRole", [], 0
    for file in sorted(FOLDER.rglob("*.py")):
        module = ast.parse(file.read_text("utf-8"))
        tips: list[tuple[int, ast.expr]] = []
        names = {role}
        for node in ast.walk(module):
            if isinstance(node, ast.Assign) and ast.unparse(node.value) == role:
                names |= {ast.unparse(target) for target in node.targets}
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".setData", ".setItemData")):
                if names & {ast.unparse(a) for a in node.args}:
                    tips.append((node.lineno, next(a for a in node.args[::-1] if ast.unparse(a) not in names)))
            elif isinstance(node, ast.If) and any(f"== {name}" in ast.unparse(node.test) for name in names):
                given = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
                tips += [(node.lineno, value) for value in given]
        seen += len(tips)
        wrong += [f"{file.name}:{line} {ast.unparse(tip)[:90]}" for line, tip in tips if not _known(tip)]
    assert seen > 3 and wrong == []


def _known(text: ast.expr) -> bool:
    """Tell whether a tip is one of the program's own texts, or made plain."""
    said = ast.unparse(text)
    return (
        "literal(" in said
        or (".tr(" in said and ".format(" not in said)
        or said in ("tip", "action.toolTip()", "''", '""')
    )


def test_a_text_that_looks_like_markup_is_shown_letter_by_letter(qtbot, tmp_path):
    picture = tmp_path / "seen.png"
    text = BAIT.format(picture.as_uri())
    assert plain_text.literal("a < b & c") == "a < b & c"
    shown = plain_text.literal(text)
    assert "&lt;img" in shown and "<img" not in shown
    label = plain_text.Label(text)
    assert label.textFormat() == Qt.TextFormat.PlainText and label.text() == text
    browser = plain_text.Browser()
    asked = []
    browser.loadResource = lambda *a: asked.append(a)  # type: ignore[method-assign]
    browser.setHtml("<p>fine</p>")
    assert plain_text.Browser().loadResource(2, picture) is None


def test_no_widget_of_the_window_reads_what_a_project_names(qtbot, tmp_path, monkeypatch, town):
    bait = BAIT.format("file:///nowhere/seen.png")
    units = town.units()
    units["place"] = [f"{bait} {n}" for n in range(len(units))]
    units["muni"] = units["muni"].map(lambda m: f"{bait} {m}")
    town.write_units(units)
    town.swap('name = "Grid"', f"name = '{bait}'")
    old = gpd.read_file(town.path("old.gpkg"))
    old["beat"] = [f"{b}<i>" for b in old["beat"]]
    town.path("old.gpkg").unlink()
    old.to_file(town.path("old.gpkg"))
    town.swap(town.project.read_text("utf-8")[town.project.read_text("utf-8").index("[officers]") :], "")
    monkeypatch.setattr(recent, "_file", lambda: tmp_path / "recent.json")
    window = MainWindow()
    qtbot.addWidget(window, before_close_func=let_go)
    window.show()
    window.open(town.project)
    panel = window.drawing_panel
    drawing = panel.begin()
    a, b = next(
        (a, b)
        for a, b in drawing.edges[["a", "b"]].to_numpy(int).tolist()
        if drawing.label[a] != drawing.label[b] and drawing.municipality[a] == drawing.municipality[b]
    )
    panel.edit(lambda d: d.paint([a], str(d.beat[b])))
    window.stations.bring_up()
    window.wizard = window.new_from_layers([town.path("units.gpkg")])
    qtbot.waitUntil(lambda: not window.wizard.work.busy, timeout=120_000)
    seen = 0
    for widget in QtWidgets.QApplication.allWidgets():
        texts = [widget.toolTip(), widget.whatsThis(), *(a.toolTip() for a in widget.actions())]
        if isinstance(widget, QtWidgets.QTabBar):
            texts += [widget.tabToolTip(i) for i in range(widget.count())]
        if isinstance(widget, QtWidgets.QLabel):
            seen += "<img" in widget.text()
            assert widget.textFormat() == Qt.TextFormat.PlainText or "<img" not in widget.text(), widget
        if isinstance(widget, QtWidgets.QAbstractItemView) and widget.model() is not None:
            model = widget.model()
            columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
            texts += [
                str(model.headerData(c, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) or "")
                for c in range(columns)
            ]
            texts += [
                str(model.index(r, c).data(Qt.ItemDataRole.ToolTipRole) or "")
                for r in range(model.rowCount())
                for c in range(columns)
            ]
        for text in texts:
            assert not (GuiQt.mightBeRichText(text) and "<img" in text), (widget, text)
    assert seen > 0, "the hostile name is shown somewhere"
    window.wizard.reject()


def test_boxes_show_what_a_file_says_letter_by_letter(qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(recent, "_file", lambda: tmp_path / "recent.json")
    window = MainWindow()
    qtbot.addWidget(window, before_close_func=let_go)
    bait, labels = BAIT.format("file:///nowhere/seen.png"), []

    def look(box: QtWidgets.QMessageBox) -> QtWidgets.QMessageBox.StandardButton:
        labels.extend((w.text(), w.textFormat()) for w in box.findChildren(QtWidgets.QLabel) if w.text())
        return QtWidgets.QMessageBox.StandardButton.No

    def asked(parent, title, text, *_):
        # what Qt makes of the same call
        return look(QtWidgets.QMessageBox(QtWidgets.QMessageBox.Icon.Question, title, text, parent=parent))

    monkeypatch.setattr(QtWidgets.QMessageBox, "exec", look)
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", asked)
    plain_text.question(window, bait, bait)
    window.show_lines(bait, [bait] * 3)
    assert not window.may_follow([bait] * 20)
    assert sum("img" in text for text, _ in labels) == 3
    for text, form in labels:
        assert form == Qt.TextFormat.PlainText or not (GuiQt.mightBeRichText(text) and "<img" in text), text


def test_paths_that_lead_out_of_a_project_are_asked_about_and_not_touched():
    from beatplanner.ui.desktop.session.foreign_paths import foreign_paths

    rules = {
        "units": {"path": "town.gpkg"},
        "incidents": {"path": r"\\server\share\a.gpkg"},
        "beats": {"current": {"path": "//host/b.gpkg"}},
        "stations": {"roads": {"path": "/etc/roads.gpkg"}, "candidates": {"path": r"C:\sites.csv"}},
        "officers": {"path": "../o.csv"},
    }
    servers = [r"\\server\share\a.gpkg", "//host/b.gpkg"]
    assert foreign_paths(rules, whole=False) == servers
    assert set(foreign_paths(rules, whole=True)) == {*servers, "/etc/roads.gpkg", r"C:\sites.csv", "../o.csv"}
    assert foreign_paths({"project": {"name": "A town, south of the river"}}, whole=True) == []
    # what a project is called leads nowhere, whatever it looks like
    for name in ("A: Centar / Čair", "/north/..", r"\\south", "~ town", "//"):
        assert foreign_paths({"project": {"name": name}}, whole=True) == []
    # an address that is printed on the pages of beats is no file: the sample town opens without a question
    printed = {
        "forum": {"map_url": "https://police.example/map.html"},
        "units": {"path": "https://police.example/u.gpkg"},
    }
    assert foreign_paths(printed, whole=True) == ["https://police.example/u.gpkg"]


def test_a_project_with_a_path_elsewhere_opens_only_where_that_is_agreed(qtbot, tmp_path, monkeypatch, town):
    from beatplanner.ui.desktop.session.session import OpenTown

    town.swap('roads = { path = "roads.gpkg" }', 'roads = { path = "//nowhere/roads.gpkg" }')
    asked, scenario = [], OpenTown()
    scenario.follows = lambda paths: (asked.append(paths), False)[1]
    with pytest.raises(desktop_error(), match="not followed"):
        scenario.open(town.project)
    assert asked == [["//nowhere/roads.gpkg"]]


def desktop_error():
    from beatplanner.data.errors import InputError

    return InputError


def test_a_question_that_names_no_buttons_loses_nothing_by_enter_or_esc(monkeypatch):
    asked = []
    box = QtWidgets.QMessageBox
    monkeypatch.setattr(box, "question", lambda *a: asked.append(a[3:]))
    plain_text.question(None, "beatplanner", "Stop planning and lose what was found?")
    assert asked == [(box.StandardButton.Yes | box.StandardButton.No, box.StandardButton.No)]
