"""On paper nothing is shortened that cannot be looked up there: the run card has whole sentences, the legend the ids of beats; what is drawn since is told."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import openpyxl
import pytest
import shapely
from hand_edits import move_station

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox

from beatplanner.data import output_place
from beatplanner.data.errors import InputError
from beatplanner.data.result.json_files import write_json
from beatplanner.data.result.run_card import OTHER_FILES
from beatplanner.planning.whole.verdict import hashes
from beatplanner.ui.desktop.map import printing
from beatplanner.ui.desktop.map.export_panel import DataDialog, PrintDialog, write_data
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import LayerStack
from beatplanner.ui.desktop.map.printing import PrintedPage, write_page
from beatplanner.ui.desktop.map.view import View
from beatplanner.ui.desktop.map.workbook_words import card_of_view
from beatplanner.ui.desktop.window.languages import texts_by_english
from beatplanner.ui.desktop.window.result_actions import CARD_KEY


@pytest.fixture
def window(make_window, planned_once):
    window = make_window()
    window.open(planned_once.folder / "plan")
    return window


def test_a_printed_card_says_each_line_whole_and_what_is_left_out(window, tmp_path):
    import pypdf

    broken = "In Centar: 9 beats with residents within a quarter of the mean were not found, though that is not proven impossible"

    def printed(card):
        page = PrintedPage("Town", landscape=True, card=card)
        write_page(tmp_path / "map.pdf", page, window.map.content, window.map.stack)
        return " ".join("".join(p.extract_text() for p in pypdf.PdfReader(tmp_path / "map.pdf").pages).split())

    few = printed((("Not kept", broken), ("Version", "beatplanner 1")))
    assert f"Not kept: {broken}" in few and "Version: beatplanner 1" in few and "more:" not in few
    many = printed((("Not kept", broken), *((f"layer{k}.gpkg", "1.2.2027, 0123456789") for k in range(60))))
    assert f"Not kept: {broken}" in many and "layer0.gpkg" in many and "layer59.gpkg" not in many
    told = many.count(".gpkg: 1.2.2027")
    assert f"and {60 - told} more: in the run card of the plan" in many


def test_a_legend_has_the_id_of_a_beat_whose_name_holds_it(window):
    content = window.map.content
    content.ids[0], content.names[content.ids[0]] = "1", "Old town 13"
    assert not content.has_no_name(0)
    assert "Old town 13 (1)" in {place.name for place in content.places()}
    content.names["1"] = "Beat 1"
    assert content.has_no_name(0) and "Beat 1" in {place.name for place in content.places()}


@pytest.mark.parametrize(("beats", "left"), [(4, 0), (14, 0), (25, 0), (200, 1)])
def test_a_legend_lists_all_beats_that_smaller_lines_or_a_second_column_have_room_for(monkeypatch, beats, left):
    brush = QBrush(QColor("red"))
    content = SimpleNamespace(ids=[f"B{k}" for k in range(beats)], shapes=[1] * beats)
    content.beat_name, content.has_no_name = (lambda k: f"name {k}"), (lambda k: False)
    said = []
    monkeypatch.setattr(printing, "fill_of_beat", lambda *_: brush)
    monkeypatch.setattr(printing, "_write", lambda _painter, box, text, *_: said.append((text, box)))
    image, room = QImage(100, 100, QImage.Format.Format_RGB32), QRectF(0, 0, 54, 12.3 * 5.2)
    with QPainter(image) as painter:
        printing._list_beats(painter, content, SimpleNamespace(patterns=False), room, 5.2, 1.0, 0.2)
    listed = [box for text, box in said if text.startswith("B")]
    assert [text for text, _ in said if text.startswith("and ")] == (
        [f"and {beats - len(listed)} more"] if left else []
    )
    assert left or [text for text, _ in said] == [f"B{k}  name {k}" for k in range(beats)]
    assert all(room.contains(box) for _, box in said)
    inner = [box.adjusted(0.01, 0.01, -0.01, -0.01) for box in listed]
    assert not any(a.intersects(b) for k, a in enumerate(inner) for b in inner[:k])
    # letters are no smaller than can be read
    assert min(size for size, _ in printing.LISTS) * 3.0 > 2


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_sixty_beats_are_listed_with_whole_names_beside_a_clash_told_at_length(monkeypatch, qapp, paper):
    content, mm = MapContent(), 10.0
    content.ids = [str(k + 1) for k in range(60)]
    content.shapes = [shapely.box(0, 0, 1, 1)] * 60
    content.label, content.colour = np.arange(60), np.arange(60) % 7
    monkeypatch.setattr(MapContent, "beat_name", lambda *_: "Старо Градско")
    said = []

    def write(painter, box, text, size, **_):
        wide = QFontMetricsF(printing._font(painter, size), painter.device()).horizontalAdvance(text)
        said.append((text, wide <= box.width(), box))

    monkeypatch.setattr(printing, "_write", write)
    page = PrintedPage("Town", paper, card=(("Plan", "Town"), ("Not kept", "In Centar: no such beats. " * 30)))
    frame = QRectF(*(v * mm for v in page.frame.getRect()))
    image = QImage(100, 100, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        view = View(np.zeros(2), 1.0, frame.width(), frame.height(), printing.DOT * mm)
        printing._draw_legend(painter, page, content, LayerStack(), frame, view, mm)
    listed = [(whole, box) for text, whole, box in said if text.endswith("Старо Градско")]
    assert len(listed) == 60 and all(whole for whole, _ in listed)
    card = min(box.top() for text, _, box in said if text in ("Run card", "Plan: Town"))
    assert max(box.bottom() for _, box in listed) <= card


def test_a_region_takes_most_of_its_page():
    page = PrintedPage("Region")
    just_not = page.frame.height() / 1000 * 510_000
    assert page.fitting_scale((0, 0, 100, just_not)) == 750_000


def test_a_workbook_has_long_lines_in_several_and_figures_for_people(window, tmp_path):
    broken = "In Centar: 9 beats with residents within a quarter of the mean were not found, though that is not proven impossible"
    words = {"workload": "Hours of work that officers spend in a year"}
    write_data(window.scenario.plan, tmp_path / "map.xlsx", "office", (("Not kept", broken),), words)
    book = openpyxl.load_workbook(tmp_path / "map.xlsx")
    card = book["Run card"]
    assert card["B1"].value == broken and card["B1"].alignment.wrap_text
    # it is as wide as a page, and as high as its lines
    assert card.column_dimensions["B"].width <= 60 and card.row_dimensions[1].height >= 30
    beats = book["Beats"]
    for head, cell in zip(beats[1], beats[2], strict=True):
        if isinstance(cell.value, float) and cell.value % 1:
            assert cell.number_format == "#,##0.0##"
        if head.value == "beat":
            assert cell.number_format == "General"
        if head.value == words["workload"]:
            assert head.alignment.wrap_text and beats.column_dimensions[head.column_letter].width < len(head.value)
    assert {c.number_format for page in book.worksheets[:3] for row in page for c in row} == {
        "General",
        "#,##0",
        "#,##0.0##",
    }
    assert words["workload"] in {head.value for head in beats[1]}
    # the filter of a sheet has its rows and no empty ones
    assert beats.max_row == 1 + len(window.scenario.plan.beats) and book["Units"].auto_filter.ref.endswith("17")
    assert beats.row_dimensions[1].height >= 30


def test_a_picture_holds_the_whole_run_card_in_letters_of_any_language(window, tmp_path, monkeypatch):
    said = texts_by_english("mk")
    monkeypatch.setattr(window, "tr", lambda text: said[text])
    monkeypatch.setitem(window.scenario.plan.summary, "clashes", ["In Исток: one", "In West: two"])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "map.png"), ""))
    window.export_picture()
    kept = QImage(str(tmp_path / "map.png")).text(CARD_KEY)
    assert kept.splitlines() == [f"{what}: {says}" for what, says in card_of_view(window)]
    assert "In Исток: one" in kept and "In West: two" in kept and said["Rules"] in kept


@pytest.mark.parametrize("fails", ["Qt", "disk"])
def test_a_picture_or_page_that_fails_leaves_the_older_one_and_no_part(window, tmp_path, monkeypatch, fails):
    file, told = tmp_path / "out" / "map.png", []
    file.parent.mkdir()
    file.write_bytes(b"older")
    if fails == "Qt":

        def half(image, path, *_):
            Path(path).write_bytes(b"half a picture")
            return False

        monkeypatch.setattr(QImage, "save", half)
    else:

        def full(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(output_place, "flush_packages", full)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    monkeypatch.setattr(window, "show_lines", lambda title, lines: told.append((title, *lines)))
    window.export_picture()
    assert [title for title, *_ in told] == ["The picture cannot be saved"] and str(file) in told[0][1]
    with pytest.raises(InputError):
        write_page(file, PrintedPage("Town"), window.map.content, window.map.stack)
    assert [(f.name, f.read_bytes()) for f in file.parent.iterdir()] == [("map.png", b"older")]


def test_a_picture_or_page_for_a_folder_that_is_gone_says_so(window, tmp_path, monkeypatch):
    file, told = tmp_path / "gone" / "map.png", []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    monkeypatch.setattr(window, "show_lines", lambda title, lines: told.append((title, *lines)))
    window.export_picture()
    with pytest.raises(InputError) as refused:
        write_page(file, PrintedPage("Town"), window.map.content, window.map.stack)
    said = f"{file}: this place cannot be written (it is not there). Give another folder."
    assert told == [("The picture cannot be saved", said)] and str(refused.value) == said


def test_data_say_that_what_is_drawn_is_not_in_them(window, monkeypatch):
    def told():
        return [label.text() for label in DataDialog(window).findChildren(QLabel) if "Left out" in label.text()]

    assert told() == [] and card_of_view(window)[0][0] == "Project"
    move_station(window)
    assert told() == ["Left out: 1 change not in the plan."]
    # a print shows it, and data are those of the plan
    assert card_of_view(window)[0] == ("As drawn", "1 change not in the plan")
    assert card_of_view(window, drawn=False)[0] == ("Left out", "1 change not in the plan")
    # what was proven is proven of the plan alone
    assert "Stations" in dict(card_of_view(window, drawn=False)) and "Stations" not in dict(card_of_view(window))
    monkeypatch.setattr(window.stations, "broken", lambda: ["a rule is broken"])
    assert card_of_view(window)[1] == ("Not kept", "a rule is broken") and "Beats" in dict(card_of_view(window))
    # a long list says how many it leaves out
    monkeypatch.setattr(window.stations, "broken", lambda: [f"rule {k} is broken" for k in range(5)])
    not_kept = [said for what, said in card_of_view(window) if what == "Not kept"]
    assert not_kept == ["rule 0 is broken", "rule 1 is broken", "rule 2 is broken", "And 2 more."]
    monkeypatch.setattr(window.stations, "broken", lambda: ["a rule is broken"])
    assert "1 change not in the plan" not in dict(card_of_view(window, public=True, printed=False)).values()


def test_what_is_drawn_before_there_is_a_plan_is_told_on_paper(make_window, town):
    window = make_window()
    window.open(town.project)
    card = card_of_view(window)
    assert card[0] == ("Project", "Grid") and [what for what, _ in card[1:]] == ["Printed"]
    drawing = window.drawing_panel.begin()
    other = next(
        b
        for b in drawing.beats_in_use()
        if b != str(drawing.beat[0]) and drawing._home(drawing.number[b]) == drawing.municipality[0]
    )
    assert window.drawing_panel.edit(lambda d: d.paint([0], other))
    assert card_of_view(window)[0] == ("As drawn", "1 change not in the plan")


def test_files_are_called_as_every_system_takes_it_and_as_was_typed(window, tmp_path, monkeypatch):
    window.scenario.plan.summary["project"], kept = "A/B <b> %1 " + "ж" * 200, window.scenario.plan.summary["project"]
    monkeypatch.setattr(type(window.scenario), "name", property(lambda self: str(self.plan.summary["project"])))
    monkeypatch.setattr(PrintDialog, "exec", lambda _: PrintDialog.DialogCode.Accepted)
    monkeypatch.setattr(DataDialog, "exec", lambda _: DataDialog.DialogCode.Accepted)
    proposed = []

    def ask(parent, title, start="", kinds="", **_):
        proposed.append(start)
        return str(tmp_path / "St. Jovan"), kinds.split(";;")[-1]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    for ending in ("png", "pdf", "gpkg"):
        (tmp_path / f"St. Jovan.{ending}").write_text("of somebody else")
    for name in ("export_picture", "print_map", "export_data"):
        window.actions_by_name[name].trigger()
    window.scenario.plan.summary["project"] = kept
    assert window.told == []
    assert [p.rpartition(".")[2] for p in proposed] == ["png", "pdf", "gpkg"]
    assert all(len(p.encode()) < 255 and not set("/<>%") & set(p) for p in proposed)
    # the dialog has asked about the name that was typed, and about no other
    assert sorted(p.name for p in tmp_path.glob("St. Jovan*")) == sorted(
        ["St. Jovan.png", "St. Jovan 2.png", "St. Jovan 3.png", "St. Jovan.pdf", "St. Jovan.gpkg", "St. Jovan 2.gpkg"]
    )
    assert {(tmp_path / f"St. Jovan.{e}").read_text() for e in ("png", "pdf", "gpkg")} == {"of somebody else"}


def test_a_plan_that_the_checker_found_wrong_is_not_proven_on_paper(window, qtbot):
    proof = window.results.proof
    qtbot.waitUntil(lambda: proof.verdict is not None)
    assert "Proof" not in dict(card_of_view(window)) and "Beats" in dict(card_of_view(window))
    failed = [{"name": "units.population", "detail": "unit 1: 2 residents is claimed, 1 residents was found"}]
    proof._take({**proof.verdict, "ok": False, "failed": failed})
    for public in (True, False):
        card = card_of_view(window, public=public, printed=not public)
        assert card[0][0] == "Proof" and card[0][1].startswith("✘ 1 of ") and "Do not hand this plan out" in card[0][1]
        assert not {"Beats", "Stations", "Officers"} & set(dict(card))


def test_what_a_killed_export_left_goes_with_the_next(window, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f".map.{gone.pid}.part.gpkg"
    left.write_text("half")
    write_data(window.scenario.plan, tmp_path / "map.gpkg", "office")
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".gpkg"] == ["map.gpkg"]
    (tmp_path / f".page.{gone.pid}.part.png").write_text("half")
    write_page(tmp_path / "page.png", PrintedPage("Town"), window.map.content, window.map.stack, dpi=40)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".png"] == ["page.png"]


@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_files_that_are_written_beside_the_one_that_was_named_are_asked_about(window, tmp_path, monkeypatch, ending):
    asked, answers = [], [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda _parent, _title, text, *_: asked.append(text) or answers.pop(0))
    monkeypatch.setattr(DataDialog, "exec", lambda _: DataDialog.DialogCode.Accepted)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / f"a.{ending}"), ""))
    beside = tmp_path / f"a-beats.{ending}"
    beside.write_text("of somebody else")
    window.actions_by_name["export_data"].trigger()
    assert len(asked) == 1 and f"a-beats.{ending}" in asked[0] and "a-stations" not in asked[0]
    assert beside.read_text() == "of somebody else" and not (tmp_path / f"a.{ending}").exists()
    window.actions_by_name["export_data"].trigger()
    assert beside.read_text() != "of somebody else" and (tmp_path / f"a-stations.{ending}").is_file()


def test_a_plan_that_the_checker_found_wrong_is_called_proven_nowhere_in_the_window(window, qtbot):
    proof = window.results.proof
    qtbot.waitUntil(lambda: proof.verdict is not None)
    said = proof.verdict
    # as after a run
    window.phase.setText(window.end_run())
    claims = ("roven best", "from the best", "No plan under these rules")

    def told() -> str:
        return "\n".join([window.figures.text(), window.phase.text(), proof.page.toPlainText()])

    assert any(claim in window.figures.text() for claim in claims) and "Planned in" in window.phase.text()
    failed = [{"name": "units.population", "detail": "unit 1: 2 residents is claimed, 1 residents was found"}]
    proof._take({**said, "ok": False, "failed": failed})
    assert not any(claim in told() for claim in claims), told()
    for text in (window.figures.text(), window.phase.text()):
        assert "✘ 1 of " in text and "Do not hand this plan out" in text
    # what was mended is what it claims again
    proof._take(said)
    assert "✘" not in told() and any(claim in window.figures.text() for claim in claims)


def test_what_is_printed_or_exported_without_a_window_says_that_the_checker_found_the_plan_wrong(
    qapp, planned_once, tmp_path, command
):
    import pypdf

    folder = Path(shutil.copytree(planned_once.folder / "plan", tmp_path / "plan"))
    failed = [{"name": "beats.tolerance", "detail": "Beat 1 has 900 hours a year."}]

    def handed_out():
        assert command("export", folder, "--out", tmp_path / "map.pdf")[0] == 0
        assert command("export", folder, "--out", tmp_path / "map.xlsx", "--office")[0] == 0
        page = " ".join("".join(p.extract_text() for p in pypdf.PdfReader(tmp_path / "map.pdf").pages).split())
        book = openpyxl.load_workbook(tmp_path / "map.xlsx")
        return page, {row[0].value: row[1].value for row in book[book.sheetnames[-1]].iter_rows()}

    page, card = handed_out()
    assert "Proof" not in page and "Proof" not in card and "Beats" in card
    verdict = {"ok": False, "checks": 1200, "failed": failed, "unchecked": [], "files": hashes(folder)}
    write_json(folder / "verification.json", verdict)
    said = "1 of 1,200 checks failed. Do not hand this plan out."
    page, card = handed_out()
    assert said in page and said in card["Proof"] and not {"Beats", "Stations", "Officers"} & set(card)
    # nor is a plan proven whose files are others by now
    (folder / "verification.json").unlink()
    with (folder / "summary.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    page, card = handed_out()
    assert card["Proof"] == OTHER_FILES and "Beats" not in card


def test_the_dialog_of_files_calls_a_format_as_the_dialog_before_it(window, monkeypatch):
    kinds = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (kinds.append(given[3]), ("", ""))[1])

    def chosen(dialog):
        # in another language it has another name
        dialog.format.setItemText(3, "Работна книга")
        dialog.format.setCurrentIndex(3)
        return DataDialog.DialogCode.Accepted

    monkeypatch.setattr(DataDialog, "exec", chosen)
    window.actions_by_name["export_data"].trigger()
    assert kinds == ["Работна книга (*.xlsx)"]
