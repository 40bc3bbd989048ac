"""Minutes until somebody is there are the wait and travel on every page, and what is called travel is the way alone."""

from __future__ import annotations

import json
import re

import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.service_files import response_minutes
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.compare.service_change import change_of_service
from beatplanner.planning.forum.beat_cards import BeatBook
from beatplanner.planning.service.lines import CUT_SHORT, sentences_of_lines
from beatplanner.planning.verification import verify
from beatplanner.planning.verification.service_figures import until_there
from beatplanner.planning.whole.country_service import service_over_beats
from beatplanner.ui.desktop.plain_text import Label

SERVICE = """
[service]
shifts = [ { name = "day", start = "07:00", end = "19:00" }, { name = "night", start = "19:00", end = "07:00" } ]
calls = "calls.csv"
servers = "servers.csv"
"""


@pytest.fixture
def served(town):
    """Calls that wait by day; nobody is on duty by night, so that the night's calls are lost."""
    town.path("calls.csv").write_text("unit,per_hour\n" + "".join(f"{u},0.1\n" for u in range(1, 17)), "utf-8")
    town.path("servers.csv").write_text("server,beat,unit,shift\nA,1,1,day\nB,4,16,day\n", "utf-8")
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write(SERVICE)
    return town


def test_the_wait_of_lost_calls_thins_no_minutes():
    figures = {"mean_minutes": 4.0, "mean_wait_minutes": 3.0, "lost_share": 0.5}
    assert response_minutes(figures) == until_there(figures) == 10.0
    for part in ({"mean_minutes": None}, {"mean_wait_minutes": None}, {"mean_wait_minutes": None, "lost_share": 1.0}):
        assert response_minutes(figures | part) == until_there(figures | part)
    assert response_minutes(figures | {"mean_minutes": None}) is None and response_minutes({"mean_minutes": 4.0}) == 4.0


@pytest.mark.papers
@pytest.mark.usefixtures("without_pack", "qapp")
def test_one_figure_stands_on_every_page(served, command):
    from beatplanner.ui.desktop.panels.card_words import CardWords
    from beatplanner.ui.desktop.panels.service_page import ServicePage

    code, _, err = command("beats", served.project, "--out", served.path("plan"), "--seed", "1")
    assert code == 0, err
    code, out, _ = command("service", served.path("plan"), "--out", served.path("service"))
    found = json.loads((served.path("service") / "service.json").read_text("utf-8"))
    assert found["lost_share"] == pytest.approx(0.5) and found["mean_wait_minutes"] > 1
    there, travel = response_minutes(found), found["mean_minutes"]
    assert there == pytest.approx(travel + 2 * found["mean_wait_minutes"]) and f"{there:.1f}" != f"{travel:.1f}"
    # by hand, of the shift in which somebody is there
    day = found["shifts"][0]
    assert there == pytest.approx(day["mean_minutes"] + day["mean_wait_minutes"])

    # whole figures in eighty columns
    row = next(line for line in out.splitlines() if line.startswith("all "))
    assert row.split()[3:6] == [f"{v:.1f}" for v in (there, travel, found["p90_minutes"])] and "…" not in out
    tables = read_result(served.path("plan"))
    page = (served.path("plan") / "report.html").read_text("utf-8")
    cells = page.split("whole week")[1].split("</tr>")[0]
    assert f">{there:.1f}<" in cells and f">{travel:.1f}<" in cells
    assert "Minutes until somebody is there" in page and "Of them travel" in page

    beats = tables.beats["beat"].astype(str).tolist()
    assert service_over_beats(tables.summary["service"], beats)["service_minutes"] == pytest.approx(there)
    later = tables.summary["service"] | {"mean_wait_minutes": found["mean_wait_minutes"] + 1}
    assert change_of_service(found, later)["until_there"] == pytest.approx(2)

    command("beats", served.project, "--out", served.path("two"), "--seed", "1")
    assert command("compare", served.path("plan"), served.path("two"), "--out", served.path("compared"))[0] == 0
    claims = json.loads((served.path("compared") / "comparison.json").read_text("utf-8"))
    rows = {r["key"]: r["values"] for b in claims["blocks"] for r in b["rows"]}
    assert rows["service_minutes"][1:] == pytest.approx([there, there])
    assert rows["service_travel"][1:] == pytest.approx([travel, travel])
    for folder in ("plan", "compared"):
        verdict = verify(served.path(folder))
        assert verdict.ok, verdict.failed

    panel = ServicePage()
    panel.take(tables.summary["service"], {}, {})
    grid = panel.table
    texts = [
        [w.text() for c in range(2) if isinstance(w := grid.itemAtPosition(r, c).widget(), Label)]
        for r in range(1, grid.rowCount())
    ]
    shown = {head: value for head, value in texts if value}
    assert shown["Minutes until somebody is there"] == f"{there:.1f}" and shown["Of them travel"] == f"{travel:.1f}"
    assert panel.values() == {b: response_minutes(f) for b, f in found["beats"].items()}
    book, beat = BeatBook(tables, read_town(read_description(served.project))), beats[0]
    of_beat = found["beats"][beat]
    lines = next(s.lines for s in CardWords().sections(book.card(beat), book) if s.key == "service")
    minutes = re.match(
        r"Somebody is there after ([\d.]+) minutes on average, ([\d.]+) of them travel", lines[0]
    ).groups()
    assert minutes == (f"{response_minutes(of_beat):.1f}", f"{of_beat['mean_minutes']:.1f}")


def test_a_search_that_the_time_ended_says_so():
    lines = {"rules": [], "units_changed": 0, "objective_before": 1.0, "cut_short": True}
    assert sentences_of_lines(lines) == [CUT_SHORT]
    # complete, and of an older version
    assert sentences_of_lines(lines | {"cut_short": False}) == []
    assert sentences_of_lines({"rules": [], "units_changed": 0, "objective_before": 1.0}) == []
