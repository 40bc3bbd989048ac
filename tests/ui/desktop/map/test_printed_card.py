"""On paper nothing is shortened that cannot be looked up there: the run card has whole sentences, the legend the ids of beats."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import openpyxl
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from beatplanner.ui.desktop.map.export_panel import write_data
from beatplanner.ui.desktop.map.printing import PrintedPage, write_page


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
    assert beats.row_dimensions[1].height >= 30
