"""Repair and solving on: the least change that restores the rules, from the model and from the command line."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
from typer.testing import CliRunner

from beatplanner.data.colours import FILLS, alike
from beatplanner.data.description.read import read_description
from beatplanner.data.project.edits import read_edits, write_edits
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.json_files import write_json
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.drawing import Drawing
from beatplanner.planning.changes import drawn_municipality, mending
from beatplanner.planning.changes.repair import repair, replace_beats
from beatplanner.planning.verification import verify
from beatplanner.planning.workload import plan_workload
from beatplanner.solver.clock import Watch
from beatplanner.ui.commands.app import app
from conftest import write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")

BEATS = np.array(list("1133114311242244"), dtype=object)


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    town = write_grid_town(tmp_path_factory.mktemp("mending"))
    with town.project.open("a", encoding="utf-8") as file:
        file.write("\n[budget]\nofficer_salary = 1000\n\n[country]\nofficers = 20\n")
    return town


@pytest.fixture
def drawing(grid):
    town = read_town(read_description(grid.project))
    beats = np.array(list("1133114312442244"), dtype=object)
    found = Drawing(town, plan_workload(town), beats)
    assert not found.figures().broken
    return found


def least_change(drawing: Drawing) -> float:
    """Enumerate the western municipality, which alone was drawn on, for the least change that keeps the rules."""
    west = np.flatnonzero(drawing.municipality == "West")
    beat, least = drawing.beat.astype(str), np.inf
    for choice in product("12", repeat=len(west)):
        if any(drawing.locked[u] and b != beat[u] for u, b in zip(west, choice, strict=True)):
            continue
        tried = beat.copy()
        tried[west] = choice
        apart = float(drawing.people[tried != beat].sum())
        if apart < least and len(set(choice)) == 2 and not replace_beats(drawing, tried).figures().broken:
            least = apart
    return least


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("strokes", [[([13], "1")], [([1], "2")], [([8, 9], "1")], [([0, 1, 5], "2")]])
def test_a_repair_is_the_least_change(drawing, strokes, exact, monkeypatch):
    if not exact:
        monkeypatch.setattr(drawn_municipality, "EXACT_PAIRS", 0)
    for units, beat in strokes:
        drawing.paint(units, beat)
    before = drawing.label.copy()
    found = repair(drawing, seconds=1e6)
    np.testing.assert_array_equal(drawing.label, before)
    assert found.left == ()
    assert found.residents == pytest.approx(least_change(drawing))
    if exact:
        assert found.bound == pytest.approx(found.residents, abs=0.1)
    else:
        assert found.bound is None
    assert len(found.words) >= bool(found.moves)
    drawing.move(found.moves)
    assert drawing.figures().broken == ()
    assert drawing.edits[-1].kind == "repair"
    drawing.undo()
    np.testing.assert_array_equal(drawing.label, before)


def test_a_repair_keeps_locks(drawing):
    drawing.paint([13], "1")
    drawing.lock([13])
    found = repair(drawing, seconds=1e6)
    assert 13 not in found.moves
    assert found.left == ()
    assert found.residents == pytest.approx(least_change(drawing))


def test_where_nothing_is_broken_nothing_moves(drawing):
    assert repair(drawing).moves == {}


def test_what_cannot_be_restored_is_said(drawing):
    drawing.paint([13], "1")
    drawing.lock(drawing.members("1"))
    drawing.lock(drawing.members("2"))
    assert repair(drawing, seconds=1e6).left


@pytest.mark.usefixtures("without_pack")
def test_the_command_line_draws_repairs_and_solves_on(grid, drawing, fixed_work):
    drawing.lock([0])
    drawing.paint([13], "1", reason="market")
    write_edits(grid.folder / "edits.json", drawing.edits)
    call = CliRunner().invoke
    plan = grid.folder / "plan"
    assert call(app, ["beats", str(grid.project), "--out", str(plan)]).exit_code == 0
    common = [
        "mend",
        str(grid.project),
        "--plan",
        str(plan),
        "--edits",
        str(grid.folder / "edits.json"),
    ]
    kept = call(app, [*common, "--out", str(grid.folder / "kept")])
    assert kept.exit_code == 3
    assert verify(grid.folder / "kept").ok
    summary = json.loads((grid.folder / "kept" / "summary.json").read_text(encoding="utf-8"))
    assert summary["drawn"]["edits"][1]["reason"] == "market"
    mended = call(app, [*common, "--out", str(grid.folder / "mended"), "--repair"])
    assert mended.exit_code == 0, mended.output
    assert "Moved to restore the rules" in mended.stdout
    assert verify(grid.folder / "mended").ok
    assert read_edits(grid.folder / "mended" / "edits.json")[-1].kind == "repair"
    better = call(app, [*common, "--out", str(grid.folder / "better"), "--improve"])
    assert better.exit_code == 0, better.output
    assert verify(grid.folder / "better").ok
    units = read_result(grid.folder / "better").units
    assert units["beat"].iat[0] == read_result(plan).units["beat"].iat[0]
    # what was drawn on a plan stays with it: the lock holds when the mended plan is drawn on again
    again = call(
        app, ["mend", str(grid.project), "--plan", str(grid.folder / "mended"), "--out", str(grid.folder / "again")]
    )
    assert again.exit_code == 0, again.output
    summary = json.loads((grid.folder / "again" / "summary.json").read_text(encoding="utf-8"))
    assert list(summary["rules"]["beats"]["held"].values()) == [[drawing.unit_ids[0]]]
    wrong = call(app, [*common, "--out", str(grid.folder / "x"), "--repair", "--improve"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("exact", [True, False])
def test_municipalities_share_the_budget_of_a_repair(tmp_path, exact, monkeypatch):
    if not exact:
        monkeypatch.setattr(drawn_municipality, "EXACT_PAIRS", 0)
    place = write_grid_town(tmp_path / "shared")
    place.swap("tolerance = 0.25", "tolerance = 0.6\nmax_moved = 0.13")
    town = read_town(read_description(place.project))
    today = town.units["current"].to_numpy(object)
    drawing = Drawing(town, plan_workload(town), today.copy())
    # a unit or two of each municipality cross over: each municipality within the budget, all together not
    for units, beat in (([4], today[8]), ([9], today[5]), ([6], today[10])):
        drawing.paint(units, str(beat))
    broken = drawing.figures().broken
    assert broken
    painted, drawn = [4, 9, 6], drawing.beat.copy()
    best = min(
        sum(drawing.people[u] for u, back in zip(painted, choice, strict=True) if back)
        for choice in product((False, True), repeat=3)
        if not replace_beats(
            drawing,
            np.array(
                [today[u] if u in painted and choice[painted.index(u)] else b for u, b in enumerate(drawn)],
                dtype=object,
            ),
        )
        .figures()
        .broken
    )
    found = repair(drawing, seconds=1e6)
    assert found.left == ()
    assert found.bound is None or found.bound <= best + 0.1
    assert found.residents >= best
    if exact:
        assert found.residents == pytest.approx(best)
        assert found.bound == pytest.approx(best, abs=0.1)


def drawn_on_today(folder):
    """Return a town whose rules leave much room, the beat of each unit today, and a drawing that begins with these."""
    place = write_grid_town(folder)
    place.swap("tolerance = 0.25", "tolerance = 0.9")
    town = read_town(read_description(place.project))
    today = town.units["current"].to_numpy(object)
    return place, today, Drawing(town, plan_workload(town), today.copy())


def test_ids_of_today_are_not_drawn_on_beats_that_share_nobody_with_them(tmp_path):
    place, today, drawing = drawn_on_today(tmp_path / "names")
    one, two = np.flatnonzero(today == "1"), np.flatnonzero(today == "2")
    # two beats exchange their ids, unit by unit, so that none is empty on the way
    drawing.paint(one[1:], "2")
    drawing.paint(two, "1")
    drawing.paint(one, "2")
    assert list(drawing.beat[one]) == ["2"] * len(one)
    summary = mending.mend(place.project, tmp_path / "out", drawing.edits, steps=())
    assert summary["drawn"]["renamed"] == {"1": "2", "2": "1"}
    units = read_result(tmp_path / "out").units.set_index("unit")["beat"]
    assert [str(units[k + 1]) for k in one] == ["1"] * len(one)
    assert verify(tmp_path / "out").ok, [str(c) for c in verify(tmp_path / "out").failed]


def test_a_beat_that_was_split_off_keeps_the_colour_that_it_was_drawn_with(tmp_path):
    place, today, drawing = drawn_on_today(tmp_path / "colours")
    drawing.split(np.flatnonzero(today == "1")[:2], "7")
    by_itself = mending.mend(place.project, tmp_path / "out", drawing.edits, steps=())
    assert "colours" not in by_itself["drawn"]
    planned = read_result(tmp_path / "out").beats.set_index("beat")["colour"]
    # one that no other beat has, and not the one that it would have got
    shown = next(c for c in FILLS if c not in set(planned) and not any(alike(c, other) for other in planned))
    mending.mend(place.project, tmp_path / "out", drawing.edits, steps=(), colours={**planned, "7": shown})
    found = read_result(tmp_path / "out").beats.set_index("beat")["colour"]
    assert found.to_dict() == {**planned, "7": shown} and planned["7"] != shown
    assert verify(tmp_path / "out").ok, [str(c) for c in verify(tmp_path / "out").failed]
    # what is no colour of beats is none in the checker either
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    summary["drawn"]["colours"]["7"] = "no colour"
    write_json(tmp_path / "out" / "summary.json", summary)
    wrong = [c.detail for c in verify(tmp_path / "out").failed if c.name == "beats.colour"]
    assert len(wrong) == 1 and shown in wrong[0]


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_repair_says_whether_the_time_ended_it(drawing, monkeypatch, share):
    passed = [0.0]

    def solve(_part: object, seconds: float, *_: object) -> tuple[None, None]:
        passed[0] += share * seconds
        return None, None

    monkeypatch.setattr(drawn_municipality.DrawnMunicipality, "solve", solve)
    drawing.paint([13], "1")
    found = repair(drawing, seconds=1e6, cancelled=Watch(lambda: False, lambda: passed[0]))
    assert found.left and found.cut == (share == 1.0)
