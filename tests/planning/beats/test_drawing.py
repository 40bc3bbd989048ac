"""Drawing on a plan: edits, undo, figures, and what is refused; all without a window."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.project.edits import Edit, read_edits, write_edits
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.drawing import Drawing
from beatplanner.planning.beats.drawn_plan import RefusedError
from beatplanner.planning.beats.drawn_rules import drawn_description, drawn_town, with_drawn_ids
from beatplanner.planning.beats.plan import given_beats
from beatplanner.planning.workload import plan_workload
from conftest import write_grid_town

# a town of 4 × 4 units: the two columns in the west are one municipality, those in the east another
BEATS = np.array(list("1133113412442244"), dtype=object)
NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return read_town(read_description(write_grid_town(tmp_path_factory.mktemp("drawing")).project))


@pytest.fixture
def drawing(town):
    return Drawing(town, plan_workload(town), BEATS, author="Ana", clock=lambda: NOON)


def test_figures_are_those_of_the_same_beats_given(town, drawing):
    drawing.paint([9], "1")
    plan = given_beats(town, plan_workload(town), drawing.beat)
    found, table = drawing.figures(), plan.table.set_index("beat")
    for name, column in (
        ("hours", "workload"),
        ("deviation", "deviation"),
        ("residents", "population"),
        ("officers", "officers_required"),
        ("moved_in", "moved_in"),
    ):
        np.testing.assert_allclose(getattr(found, name), table.loc[list(found.beat), column].to_numpy(float))
    assert found.moved_share == pytest.approx(plan.moved_share)
    assert found.max_deviation == pytest.approx(plan.max_deviation)
    assert found.contiguous is plan.contiguous


def test_a_stroke_is_one_edit_that_undo_takes_back(drawing):
    before = drawing.label.copy()
    drawing.begin("2")
    assert drawing.touch([5]).tolist() == [5]
    assert drawing.touch([5, 4]).tolist() == [4]
    done = drawing.end("school district")
    ids = drawing.unit_ids
    assert done.edit.units == (ids[5], ids[4])
    assert (done.edit.kind, done.edit.beat, done.edit.reason) == ("paint", "2", "school district")
    assert len(drawing.edits) == 1
    after = drawing.label.copy()
    drawing.undo()
    np.testing.assert_array_equal(drawing.label, before)
    assert drawing.edits == []
    drawing.redo()
    np.testing.assert_array_equal(drawing.label, after)
    assert [h["kind"] for h in drawing.history] == ["paint", "undo", "redo"]
    assert drawing.history[0]["author"] == "Ana"
    assert drawing.history[0]["time"] == NOON.isoformat(timespec="seconds")


def test_what_no_plan_may_hold_is_refused(drawing):
    with pytest.raises(RefusedError, match="never cross"):
        drawing.paint([2], "1")
    drawing.lock([0])
    with pytest.raises(RefusedError, match="Locked"):
        drawing.paint([0], "2")
    done = drawing.paint([0, 1, 2], "2")
    assert drawing.beat[1] == "2"
    assert len(done.refused) == 2
    with pytest.raises(RefusedError, match="municipalities"):
        drawing.merge(["1", "3"])
    with pytest.raises(RefusedError, match="no beat"):
        drawing.paint([0], "77")
    with pytest.raises(RefusedError, match="reason"):
        drawing.link(0, 9, "bridge", " ")
    with pytest.raises(RefusedError, match="neighbours already"):
        drawing.link(0, 1, "bridge", "new")
    with pytest.raises(RefusedError, match="never cross"):
        drawing.link(0, 3, "bridge", "new")
    with pytest.raises(RefusedError, match="between no two"):
        drawing.barrier(np.array([[0.0, 0.0], [1.0, 1.0]]), "river", "no bridge")


def test_a_broken_beat_is_named_with_its_lonely_part(drawing):
    drawing.paint([1], "2")
    found = drawing.figures()
    assert not found.contiguous
    assert found.adrift.tolist() == [1]
    assert found.pieces[found.beat.index("2")] == 2
    assert any("falls into 2 pieces" in b for b in found.broken)
    drawing.call({"2": "Nova"})
    assert any("(Nova) falls into 2 pieces" in b for b in drawing.figures().broken), "as the beat is called now"
    drawing.link(1, 13, "ferry", "runs daily")
    assert drawing.figures().contiguous
    drawing.remove([(1, 13)])
    assert not drawing.figures().contiguous


def test_a_barrier_parts_those_between_whose_middles_it_passes(drawing):
    x, y = drawing.points[[0, 1], 0].mean(), drawing.points[0, 1]
    line = np.array([[x, y - 100], [x, y + 100]])
    assert drawing.parted_by(line) == [(0, 1)]
    edges = len(drawing.edges)
    drawing.barrier(line, "railway", "no crossing")
    assert len(drawing.edges) == edges - 1
    assert drawing.figures().contiguous  # round the other way
    drawing.undo()
    assert len(drawing.edges) == edges


def test_split_merge_and_halves(drawing):
    with pytest.raises(RefusedError, match="leave it some"):
        drawing.split(drawing.members("1"))
    part = drawing.halves("1")
    done = drawing.split(part)
    assert done.edit.beat == "5"
    assert drawing.beats_in_use() == ["1", "2", "3", "4", "5"]
    assert drawing.figures().contiguous
    drawing.merge(["1", "5"])
    assert drawing.beats_in_use() == ["1", "2", "3", "4"]
    np.testing.assert_array_equal(drawing.label, drawing.start)


def test_a_beat_is_called_as_if_what_was_taken_back_had_never_been(drawing, town):
    """A project that is opened again knows only what is in force, and calls the beats by it."""
    first, second = np.flatnonzero(drawing.beat == "1"), np.flatnonzero(drawing.beat == "2")
    drawing.split(first[:1])
    drawing.undo()
    beat = drawing.split(second[:2]).edit.beat
    again = Drawing(town, plan_workload(town), BEATS)
    again.split(second[:2], beat)
    assert drawing.names == again.names and drawing.names[beat]
    # nor does a name by hand that was taken from a beat whose split was taken back, once that is made again
    proposed = drawing.names[beat]
    drawing.call({beat: "Čair"})
    other = drawing.split(first[:1]).edit.beat
    assert drawing.names[beat] == "Čair" and drawing.names[other]
    drawing.undo()
    drawing.undo()
    assert drawing.names == {beat: "Čair"}
    drawing.call({})
    assert drawing.names == {}
    drawing.redo()
    assert drawing.names == {beat: proposed}


def test_what_is_solved_on_keeps_the_beat_that_was_split_off_and_names_a_new_one(drawing):
    """It came back under the next free number, without a name."""
    drawing.split(drawing.members("1")[:1], "7")
    drawing.undo()
    drawing.split(drawing.members("1")[:2], "8")
    called = drawing.names["8"]
    solved = drawing.beat.copy()
    solved[drawing.members("8")] = "5"
    solved[drawing.members("3")[0]] = "5"
    kept = with_drawn_ids(drawing, solved)
    assert kept[drawing.members("8")].tolist() == ["8"] * 2 and kept[drawing.members("3")[0]] == "8"
    drawing.move({int(u): str(kept[u]) for u in np.flatnonzero(kept != drawing.beat)}, "take")
    assert drawing.names["8"] == called
    # one that shares nobody with what was drawn is new, and is called after the places in it
    drawing.move({int(drawing.members("2")[0]): "7"}, "take")
    assert drawing.names["7"] and list(drawing.names.values()).count(drawing.names["7"]) == 1
    drawing.undo()
    assert "7" not in drawing.names


def test_edits_survive_their_file(drawing, town, tmp_path):
    drawing.paint([9], "1", reason="“Čair” асфалт")
    drawing.split(drawing.halves("4"))
    drawing.lock([0, 1])
    drawing.link(0, 12, "ferry", "runs daily")
    x, y = drawing.points[[2, 3], 0].mean(), drawing.points[2, 1]
    drawing.barrier(np.array([[x, y - 100], [x, y + 100]]), "railway", "no crossing")
    write_edits(tmp_path / "edits.json", drawing.edits)
    again = Drawing(town, plan_workload(town), BEATS)
    for edit in read_edits(tmp_path / "edits.json"):
        again.apply(edit)
    assert again.edits == drawing.edits
    np.testing.assert_array_equal(again.beat, drawing.beat)
    np.testing.assert_array_equal(again.locked, drawing.locked)
    assert again.edges.equals(drawing.edges)


def test_a_file_that_is_no_list_of_edits_is_refused_by_row(tmp_path):
    file = tmp_path / "edits.json"
    for text, part in (("{", "no JSON"), ('{"version": 9}', "newer"), ("3", "no list"), ('[{"kind": "dig"}]', "row 1")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=part):
            read_edits(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_edits(tmp_path / "none.json")


def test_the_drawn_town_is_what_reading_the_drawn_description_gives(drawing):
    drawing.lock([0])
    drawing.link(0, 12, "ferry", "runs daily")
    x, y = drawing.points[[0, 1], 0].mean(), drawing.points[0, 1]
    drawing.barrier(np.array([[x, y - 100], [x, y + 100]]), "railway", "no crossing")
    drawing.split(drawing.halves("1") if 0 not in drawing.halves("1") else [5])
    drawn, read = drawn_town(drawing), read_town(drawn_description(drawing))
    assert read.edges.equals(drawn.edges)
    assert list(read.units["locked"]) == list(drawn.units["locked"])
    assert read.description.beats.count == 5
    # a drawing of a town that was drawn on can take its links and barriers away again
    again = Drawing(read, plan_workload(read), drawing.beat)
    again.remove([(0, 12), (0, 1)])
    assert again.edges.equals(Drawing(drawing.town, drawing.workload, BEATS).edges)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["paint", "split", "merge", "lock", "unlock", "undo", "redo"]),
            st.integers(0, 15),
            st.sampled_from("1234567"),
        ),
        max_size=25,
    )
)
def test_undo_of_everything_is_where_it_began(town, steps):
    drawing = Drawing(town, plan_workload(town), BEATS)
    locked = drawing.locked.copy()
    for kind, unit, beat in steps:
        try:
            if kind == "paint":
                drawing.paint([unit], beat)
            elif kind == "split":
                drawing.split(drawing.halves(beat))
            elif kind == "merge":
                drawing.merge([beat, str(int(beat) % 7 + 1)])
            elif kind in ("lock", "unlock"):
                drawing.lock([unit], kind == "lock")
            else:
                getattr(drawing, kind)()
        except RefusedError:
            continue
        hours = drawing.figures().hours.sum()
        assert hours == pytest.approx(drawing.workload.hours.sum())
    after, last = drawing.label.copy(), drawing.edits
    while drawing.can_undo:
        drawing.undo()
    np.testing.assert_array_equal(drawing.label, drawing.start)
    np.testing.assert_array_equal(drawing.locked, locked)
    for _ in last:
        drawing.redo()
    np.testing.assert_array_equal(drawing.label, after)


def test_an_edit_with_a_broken_time_is_refused(drawing):
    with pytest.raises(RefusedError, match="no time"):
        drawing.apply(Edit(kind="lock", units=("1",), time="yesterday"))


def test_a_stroke_looks_at_no_stroke_before_it(drawing, monkeypatch):
    """Two thousand strokes that are laid down again took five seconds, most of them to name the beats after each."""
    looked = []
    new_beats = drawing._new_beats
    monkeypatch.setattr(drawing, "_new_beats", lambda *a, **k: looked.append(a) or new_beats(*a, **k))
    for k in range(30):
        drawing.paint([9], "12"[k % 2])
    assert len(looked) == len(drawing.edits) >= 29
    drawing.undo()
    drawing.redo()
    assert len(looked) == len(drawing.edits) + 1


@given(st.lists(st.tuples(st.sampled_from(["paint", "split", "undo", "redo"]), st.integers(0, 15)), max_size=25))
@settings(max_examples=25, deadline=None)
def test_beats_are_called_as_if_every_edit_was_looked_at_anew(town, steps):
    drawing = Drawing(town, plan_workload(town), BEATS)
    for kind, unit in steps:
        try:
            if kind == "paint":
                drawing.paint([unit], "1" if unit % 4 < 2 else "2")
            elif kind == "split":
                drawing.split([unit])
            else:
                getattr(drawing, kind)()
        except RefusedError:
            continue
    called = dict(drawing.names)
    drawing._made.clear()
    drawing.call(drawing._given)
    assert drawing.names == called
