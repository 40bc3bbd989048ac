"""Numbers of beats are numbers in a workbook, beside names of municipalities too; and a run card tells a gap as every page does."""

import openpyxl

from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.cells import write_twin
from beatplanner.data.result.run_card import card_rows


def test_numbers_among_names_are_numbers_but_where_zeros_lead(tmp_path):
    rows = [["10", "007", "5"], ["Podmostje", "12", "West"], ["", "1", "6"]]
    write_twin(tmp_path / "forums.xlsx", ["Area", "Unit", "Name"], rows, ids=(0, 1))
    cells = list(openpyxl.load_workbook(tmp_path / "forums.xlsx").active.iter_rows(min_row=2, values_only=True))
    assert cells == [(10, "007", "5"), ("Podmostje", "12", "West"), (None, "1", "6")]
    assert openpyxl.load_workbook(tmp_path / "forums.xlsx").active["A2"].alignment.horizontal == "left"


def test_a_run_card_rounds_no_gap_down_and_writes_it_as_the_language_does():
    summary = {"project": "Grid", "seed": 0, "beats": {"status": "feasible", "gap": 0.00612, "objective": 1.0}}
    assert "0.7%" in dict(card_rows(summary))["Beats"]
    speech = Speech("mk")
    assert "0,7\xa0%" in dict(card_rows(summary, say=speech.text, percent=speech.percent))[speech.text("Beats")]
