"""The internal report as it is read: on a phone nothing is wider than the screen, and a beat has one name in tables and charts."""

import re
from importlib.resources import files

import browser
import pandas as pd
import pytest

from beatplanner.data.publish import report_charts
from beatplanner.data.publish.report_section import rules_of_pack
from beatplanner.data.result.plan_tables import PlanTables


@pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")
def test_a_long_word_of_the_report_makes_no_phone_scroll_sideways(tmp_path):
    """The parameters of a change of datum are a word of a hundred letters; rules of a pack have as long ones."""
    template = (files("beatplanner.data") / "templates" / "report.html").read_text("utf-8")
    style = re.search(r"(?s)<style>.*?</style>", template)[0]
    page = tmp_path / "page.html"
    word = "+towgs84=" + "521.748,229.489," * 9
    rules = rules_of_pack({"terms": {word: word}})
    page.write_text(
        f'<meta name="viewport" content="width=device-width">{style}<ul><li>{word}</li></ul>{rules}', encoding="utf-8"
    )
    with browser.Page(page, 360, 740, tmp_path / "profile") as p:
        p.run("document.querySelector('details').open = true")
        assert p.run("document.documentElement.scrollWidth") <= 360


@pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")
def test_charts_scroll_on_a_phone_and_are_whole_on_a_screen(tmp_path):
    template = (files("beatplanner.data") / "templates" / "report.html").read_text("utf-8")
    style = re.search(r"(?s)<style>.*?</style>", template)[0]
    charts = re.findall(r'<div class="scroll chart"><img', template)
    assert len(charts) == template.count("<img") > 8
    picture = "<svg xmlns='http://www.w3.org/2000/svg' width='900' height='300'/>"
    page = tmp_path / "page.html"
    page.write_text(
        f'<meta name="viewport" content="width=device-width">{style}<div class="scroll chart">'
        f'<img src="data:image/svg+xml,{picture}" alt=""></div>',
        encoding="utf-8",
    )
    for width, least, most in ((360, 700, 900), (1366, 800, 1000)):
        with browser.Page(page, width, 740, tmp_path / f"profile{width}") as p:
            assert least < p.run("document.querySelector('img').getBoundingClientRect().width") < most
            assert p.run("document.documentElement.scrollWidth") <= width


def test_a_beat_has_one_name_in_tables_and_charts():
    beats = pd.DataFrame({"beat": ["10", "2"], "name": ["Kej 6", "Beat 2"], "workload": [900.0, 800.0]})
    beats["municipality"] = "Grid"
    months = {"start": ["2027-01-01"] * 2, "end": ["2028-01-01"] * 2}
    held = pd.DataFrame({"beat": ["10", "2"], "post": [1, 2], "officer": ["Ana", "Cena"], **months})
    tables = PlanTables(None, beats, None, held, None, None, None, None, {})
    for draw, names in (
        (report_charts._draw_hours, ["Kej 6 (10)", "2"]),
        (report_charts._draw_postings, ["Kej 6 (10), post 1", "2, post 2"]),
    ):
        assert [t.get_text() for t in draw(tables).axes[0].get_yticklabels()] == names
