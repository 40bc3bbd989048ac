"""What beats balance beside their hours is seen while drawing, beside the brush, in live figures, table and card; sectors and commands are, too."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6 import QtCore, QtWidgets
from PySide6.QtCore import Qt

from beatplanner.planning.forum.beat_cards import BeatBook
from beatplanner.planning.whole.run import run
from beatplanner.ui.desktop.map.cartography import BEAT_WIDTH, LEVEL_WIDTH
from beatplanner.ui.desktop.map.legend import legend_lines
from beatplanner.ui.desktop.panels.beat_card import BeatCardView
from beatplanner.ui.desktop.panels.beat_table import COLUMNS, SHRINK
from beatplanner.ui.desktop.panels.drawing_tools import Brush, bars_of
from beatplanner.ui.desktop.session.today import BALANCE
from beatplanner.ui.desktop.toolkit.amount_words import amount_word
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.window.languages import install_language

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")


@pytest.fixture(scope="module")
def made() -> dict[str, Path]:
    """Plans of this file by their name: each is made by the first test that asks for it."""
    return {}


@pytest.fixture
def balanced(town, made):
    """A planned town whose beats balance residents and kilometres to drive."""
    if "balanced" not in made:
        town.write_units(town.units().assign(km=[1.0, 5.0, 2.0, 9.0] * 4))
        town.swap('municipality = "muni"', 'municipality = "muni"\namounts = { drive = "km" }')
        town.swap("tolerance = 0.25", "tolerance = 0.6\nbalances = { residents = 0.15, drive = 0.3 }")
        text = town.project.read_text(encoding="utf-8")
        town.project.write_text(text[: text.index("[stations]")], encoding="utf-8")
        run(town.project, town.path("plan"))
        made["balanced"] = town.path("plan")
    return made["balanced"]


@pytest.fixture
def speak():
    application = QtWidgets.QApplication.instance()
    yield lambda language: install_language(application, language)
    install_language(application, "en")
    QtCore.QLocale.setDefault(QtCore.QLocale.c())


def headings(model) -> list[str]:
    return [model.headerData(k, Qt.Orientation.Horizontal).replace("\n", " ") for k in range(model.columnCount())]


def pairs_of_neighbours(drawing):
    """Yield each unit with another beat of its municipality that it touches."""
    for a, b in (*drawing.ends, *((b, a) for a, b in drawing.ends)):
        if drawing.label[a] != drawing.label[b] and drawing.municipality[a] == drawing.municipality[b]:
            yield int(a), drawing.ids[drawing.label[b]]


def taken_from_a_neighbour(drawing) -> tuple[int, str]:
    """Return a unit, and another beat of its municipality that it touches."""
    return next(pairs_of_neighbours(drawing))


def test_a_stroke_that_breaks_a_balance_is_seen_wherever_the_hours_are(make_window, balanced):
    window = make_window()
    window.open(balanced)
    model, panel = window.table_model, window.drawing_panel
    assert headings(model)[4:7] == ["Deviation", "Residents ±15\N{NO-BREAK SPACE}%", "drive ±30\N{NO-BREAK SPACE}%"]
    assert "drive ±30" in model.headerData(6, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole).replace(
        ": how far each beat is from its municipality's mean; the rules allow", ""
    )
    red = [
        (r, c)
        for r in range(model.rowCount())
        for c in (5, 6)
        if model.data(model.index(r, c), Qt.ItemDataRole.ForegroundRole)
    ]
    assert red == []
    drawing = panel.begin()
    assert drawing is not None
    unit, beat = taken_from_a_neighbour(drawing)
    panel.edit(lambda d: d.paint([unit], beat))
    f = drawing.figures()
    broken = {(b.name, k) for b in f.balances for k in np.flatnonzero(b.broken)}
    # some are broken and some are kept, so that the marks tell them apart
    assert 0 < len(broken) < 2 * len(f.beat)
    # live figures
    table = panel.table
    assert [table.horizontalHeaderItem(k).text().split("\n")[0] for k in (2, 3, 4, 5)] == [
        "±\N{NO-BREAK SPACE}%",
        "Residents",
        "drive",
        "Officers",
    ]
    for column, b in enumerate(f.balances, start=3):
        for row in range(len(f.beat)):
            item = table.item(row, column)
            assert item.text() == number(100 * float(b.deviation[row]), 1, sign=True)
            assert item.font().bold() == ((b.name, row) in broken)
            assert ("NOT kept" in item.toolTip()) == ((b.name, row) in broken)
    assert (
        f"drive: greatest deviation ±{percent(float(np.abs(f.balances[1].deviation).max()), 1)}, ±30"
        in panel.headline.text()
    )
    # the table of beats, red and bold
    window.table_model.load_draft()
    for row in range(model.rowCount()):
        k = f.beat.index(model.beat(row))
        for column, b in enumerate(f.balances, start=5):
            cell = model.index(row, column)
            assert model.data(cell) == percent(float(b.deviation[k]), 1, sign=True)
            wrong = (b.name, k) in broken
            assert (model.data(cell, Qt.ItemDataRole.ForegroundRole) is not None) == wrong
            assert not wrong or model.data(cell, Qt.ItemDataRole.FontRole).bold()
    # the bars beside the brush
    row = f.beat.index(beat)
    hours, residents, drive = bars_of(f, row)
    assert beat in hours.text and "Hours" in hours.text and hours.kept
    assert residents.text.startswith("Residents  ") and drive.text.startswith("drive  ")
    assert [residents.kept, drive.kept] == [("residents", row) not in broken, ("drive", row) not in broken]
    # and they are drawn there: the box beside the pointer is higher than that of the hours alone
    window.map.fit()
    panel.choose(beat)
    window.actions_by_name["draw_brush"].trigger()
    assert isinstance(window.map.tool, Brush)
    window.map.tool.move(*drawing.points[unit], False)
    with_all = window.map.grab().toImage()
    for b in f.balances:
        b.held[:] = b.mean
    assert window.map.grab().toImage() != with_all
    assert (drive.lower, drive.upper) == (f.balances[1].lower[row], f.balances[1].upper[row])


@pytest.mark.parametrize("language", ["en", "mk", "sq"])
def test_all_columns_are_seen_where_there_is_little_room(make_window, balanced, speak, language):
    speak(language)
    window = make_window()
    window.open(balanced)
    table, head, model = window.table, window.table.horizontalHeader(), window.table_model
    fits = {}
    for width in (1300, 760, 560):
        table.setFixedWidth(width)
        QtWidgets.QApplication.processEvents()
        fits[width] = [model.headerData(k, Qt.Orientation.Horizontal) for k in range(model.columnCount())]
        assert table.horizontalScrollBar().maximum() == 0
        # what is allowed stands below the amount once the headings are broken
        assert width == 1300 or fits[width][5].split("\n") == [amount_word("residents"), "±15\N{NO-BREAK SPACE}%"]
        for k in range(model.columnCount()):
            whole = model.headerData(k, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
            seen = head.shown(fits[width][k], head.sectionSize(k))
            # each line ends in dots of its own, and the tip has the heading whole
            assert seen.count("\n") == fits[width][k].count("\n")
            assert whole and all(
                line.removesuffix("…") in fits[width][k] and len(line.removesuffix("…")) > 0
                for line in seen.split("\n")
            )
            # figures are never cut
            column = model.columns[k][1]
            assert column in SHRINK or table.columnWidth(k) >= table.sizeHintForColumn(k)
    # columns that come and go with a drawing are fitted anew
    drawing = window.drawing_panel.begin()
    unit, beat = taken_from_a_neighbour(drawing)
    window.drawing_panel.edit(lambda d: d.paint([unit], beat))
    window.table_model.load_draft()
    QtWidgets.QApplication.processEvents()
    assert table.horizontalScrollBar().maximum() == 0
    # and so are the live figures, without those that the table of beats has too where nothing else helps
    live = window.drawing_panel.table
    for width in (420, 300, 230):
        live.setFixedWidth(width)
        live.resize(width, 200)
        live.fit()
        assert live.horizontalHeader().length() <= live.viewport().width()
        assert not any(live.isColumnHidden(k) for k in range(5))
    assert live.isColumnHidden(5) and not live.isColumnHidden(6)


def test_widths_that_were_set_stay_with_their_columns(make_window, balanced):
    window = make_window()
    window.open(balanced)
    table = window.table
    table.setColumnWidth(5, 222)
    assert table.by_hand
    names = [name for _, name, _ in window.table_model.columns]
    # a plan whose beats balance no residents has one column less
    window.table_model.columns = tuple(c for c in window.table_model.columns if c[1] != "municipality")
    window.table_model.beginResetModel()
    window.table_model.endResetModel()
    assert table.columnWidth(names.index(BALANCE + "residents") - 1) == 222


def test_the_card_has_a_line_and_a_bar_for_each_balance_of_plan_and_drawing(make_window, balanced):
    window = make_window()
    window.open(balanced)
    panel = window.drawing_panel
    drawing = panel.begin()
    assert drawing is not None
    unit, beat = taken_from_a_neighbour(drawing)
    view = BeatCardView()
    book = BeatBook(window.scenario.plan, window.scenario.town)
    lines = "\n".join(view.words.work_section(book.card(beat)).lines)
    assert lines.count(": kept.") == 3 and "drive: " in lines and "Residents: " in lines
    panel.edit(lambda d: d.paint([unit], beat))
    shown = book.as_drawn(window._as_drawn())
    lines = "\n".join(view.words.work_section(shown.card(beat)).lines)
    assert "NOT kept" in lines
    assert len(view._balances(shown.card(beat))) == 2


def test_without_further_balances_nothing_is_added(make_window, planned_here):
    window = make_window()
    window.open(planned_here.folder / "plan")
    assert headings(window.table_model) == [heading for heading, _, _ in COLUMNS]
    assert not {"Border of a sector", "Border of a command"} & {
        k.text for k in legend_lines(window.map.content, window.map.stack)
    }
    drawing = window.drawing_panel.begin()
    assert drawing is not None
    assert window.drawing_panel.table.columnCount() == 6
    f = drawing.figures()
    (bar,) = bars_of(f, 0)
    assert bar.text == f"{f.beat[0]}  {percent(f.deviation[0], 1, sign=True)}"


def led(town):
    """Eight beats in sectors, and these in commands."""
    rules = "sectors = { span = [2, 3], tolerance = 0.5 }\ncommands = { span = [1, 2], tolerance = 0.6 }"
    town.swap("count = 4\ntolerance = 0.25", f"count = 8\ntolerance = 0.6\n{rules}")
    text = town.project.read_text(encoding="utf-8")
    town.project.write_text(text[: text.index("[stations]")], encoding="utf-8")
    run(town.project, town.path("plan"))
    return town.path("plan")


def test_sectors_and_commands_are_seen_in_table_card_map_and_legend(make_window, town):
    window = make_window()
    window.open(led(town))
    plan, model = window.scenario.plan, window.table_model
    assert headings(model)[2:5] == ["Municipality", "Sector", "Command"]
    for row in range(model.rowCount()):
        mine = plan.beats[plan.beats["beat"].astype(str) == model.beat(row)].iloc[0]
        assert [model.data(model.index(row, c)) for c in (3, 4)] == [mine["sector"], mine["command"]]
    book, view = BeatBook(plan, window.scenario.town), BeatCardView()
    card = book.card(str(plan.beats["beat"].iat[0]))
    assert f"Sector {plan.beats['sector'].iat[0]} · Command {plan.beats['command'].iat[0]}" in view.words.under(card)
    stack, content = window.map.stack, window.map.content
    said = [k.text for k in legend_lines(content, stack)]
    assert {"Border of a sector", "Border of a command"} <= set(said)
    for name in ("Sectors", "Commands"):
        before = window.map.grab().toImage()
        window.map.stack.change(name, visible=False)
        assert window.map.grab().toImage() != before, name
        window.map.stack.change(name, visible=True)
    assert BEAT_WIDTH < LEVEL_WIDTH["Sectors"] < LEVEL_WIDTH["Commands"]
    assert "grouped as in the plan" not in window.figures.text()


def test_while_beats_are_drawn_sectors_and_commands_are_seen_as_the_plan_groups_them(make_window, town):
    window = make_window()
    window.open(led(town))
    plan, model, content = window.scenario.plan, window.table_model, window.map.content
    drawing = window.drawing_panel.begin()
    sector = dict(zip(plan.beats["beat"].astype(str), plan.beats["sector"], strict=True))
    area = dict(zip(plan.sectors["sector"], plan.sectors.geometry, strict=True))
    unit, beat = next(
        (u, b)
        for u, b in pairs_of_neighbours(drawing)
        if sector[b] != sector[drawing.beat[u]] and len(drawing.members(drawing.beat[u])) > 1
    )
    lost = sector[drawing.beat[unit]]
    window.drawing_panel.edit(lambda d: d.paint([unit], beat))
    shown = window.scenario.shown
    now = dict(zip(shown.sectors["sector"], shown.sectors.geometry, strict=True))
    moved = plan.units.geometry.iloc[unit]
    assert now[sector[beat]].equals(area[sector[beat]].union(moved))
    assert now[lost].equals(area[lost].difference(moved))
    assert all(now[s] is area[s] for s in set(area) - {lost, sector[beat]})
    assert shown.sectors["workload"].sum() == pytest.approx(plan.sectors["workload"].sum())
    assert set(headings(model)) >= {"Sector", "Command"} and set(content.lines) >= {"Sectors", "Commands"}
    said = [k.text for k in legend_lines(content, window.map.stack)]
    assert "Border of a sector (as planned)" in said and "Border of a sector" not in said
    at = headings(model).index("Sector")
    assert "as in the plan" in model.headerData(at, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "Sectors and commands are grouped as in the plan" in window.figures.text()
    # a new beat is in the sector that its units were in
    half = next(b for b in sector if len(drawing.members(b)) > 1)
    window.drawing_panel.edit(lambda d: d.split([int(d.members(half)[0])]))
    rows = window.scenario.shown.beats.set_index("beat")["sector"]
    (new,) = set(rows.index) - set(sector)
    assert rows[new] == sector[half]
    for _ in range(2):
        window.drawing_panel.undo()
    assert window.scenario.shown is plan and "grouped as in the plan" not in window.figures.text()
    assert "Border of a sector" in [k.text for k in legend_lines(content, window.map.stack)]


def test_a_sector_that_drawing_takes_out_of_its_rules_is_named(make_window, town):
    window = make_window()
    window.open(led(town))
    drawing = window.drawing_panel.begin()
    sector = dict(zip(window.scenario.plan.beats["beat"], window.scenario.plan.beats["sector"], strict=True))
    # beats of a sector are merged until it has one, and at least two are asked for
    name = sector[drawing.ids[0]]
    mine = [b for b in sector if sector[b] == name]
    window.drawing_panel.edit(lambda d: d.merge(mine))
    (line,) = (t for t in window.figures.text().splitlines() if "do not keep their rules" in t)
    assert name in line.partition("do not keep their rules: ")[2].rstrip(".").split(", ")


@pytest.mark.parametrize(("language", "residents"), [("mk", "Жители"), ("sq", "Banorët")])
def test_amounts_are_called_in_the_windows_language(speak, qtbot, language, residents):
    speak(language)
    assert amount_word("residents") == residents
    assert "Area" not in amount_word("area") and "km²" not in amount_word("area").replace("km²", "", 1)
    assert amount_word("drive") == "drive"
