"""Names of beats, and the words of changes by hand, are what is in force makes of them: nothing keeps those of its time."""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from hand_edits import move_posting

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from beatplanner.ui.desktop.panels.drawing_dialogs import NameDialog
from beatplanner.ui.desktop.window.main_window import MainWindow


@pytest.fixture
def window(make_window, qtbot, tmp_path, monkeypatch, project_once):
    monkeypatch.setattr(MainWindow, "show_lines", lambda self, title, lines: pytest.fail(f"{title}: {lines}"))
    window = make_window((1200, 700))
    window.open(shutil.copyfile(project_once, tmp_path / "town.gpkg"))
    qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)
    return window


@pytest.fixture
def name(window, monkeypatch):
    def named(beat: str, called: str) -> None:
        monkeypatch.setattr(NameDialog, "ask", classmethod(lambda *_: (called, "")))
        before = len(window.draft.done)
        window.drawing_panel.named.ask(beat)
        assert len(window.draft.done) == before + 1, window.drawing_panel.note.text()

    return named


def split(window) -> str:
    """Split the beat of most units in two; return the new one."""
    drawing = window.drawing_panel.begin()
    largest = max(drawing.beats_in_use(), key=lambda b: len(drawing.members(b)))
    window.drawing_panel.edit(lambda d: d.split(d.halves(largest)))
    return window.draft.scenario.drawn.edits[-1].beat


def told(window) -> tuple[list[str], dict[str, str], list[str]]:
    """Return the words of the draft, what the map calls the beats, and what the panel to paint with does."""
    window.draft.settle()
    content, panel = window.map.content, window.drawing_panel
    there = [b for k, b in enumerate(content.ids) if (content.label == k).any()]
    choices = [panel.beat.itemText(k) for k in range(panel.beat.count())]
    return [c.words for c in window.draft.done], {b: content.names.get(b, "") for b in there}, choices


def told_anew(window) -> tuple[list[str], dict[str, str], list[str]]:
    """Return the same once the project is shown anew, which knows only what it keeps."""
    window.scenario.changed()
    return told(window)


def test_a_split_beat_is_called_after_its_places_whatever_it_was_called_meanwhile(window, name):
    beat = split(window)
    proposed, before = window.map.content.names[beat], told(window)[0][0]
    name(beat, "Name 2")
    assert told(window)[0][0].endswith(f"as beat {beat} (Name 2)")
    name(beat, "")
    assert told(window)[1][beat] == proposed and told(window)[0][0] == before
    assert told(window) == told_anew(window)


def test_a_split_beat_is_called_after_a_place_as_soon_as_no_other_is(window, name):
    """And so it is said where it was split off, long before."""
    beat = split(window)
    proposed = window.map.content.names[beat]
    place = proposed.removesuffix(f" ({beat})")
    assert proposed != place
    name(next(b for b, n in told(window)[1].items() if n == place), "Old Mill")
    assert told(window)[1][beat] == place and told(window)[0][0].endswith(f"as beat {beat} ({place})")
    assert told(window) == told_anew(window)
    window.draft.undo()
    assert told(window)[1][beat] == proposed


def test_the_history_takes_a_split_back_by_the_name_that_the_beat_had(window, name):
    named = window.map.content.names
    for number, beat in enumerate([b for b in named if named[b]]):
        name(beat, f"Name {number}")
    beat = split(window)
    called = window.map.content.names[beat]
    window.draft.undo()
    *_, made, taken = (e.what for e in window.scenario.document.content.history)
    assert made.endswith(f"as beat {beat} ({called})") and taken == f"Taken back: {made}"


def test_each_undo_and_redo_says_what_the_project_says_opened_again(window, name):
    content = window.map.content
    first, planned = content.ids[0], content.names[content.ids[0]]
    drawing = window.drawing_panel.begin()
    there = drawing.municipality == drawing.municipality[drawing.members(first)[0]]
    unit = int(np.flatnonzero(there & (drawing.beat != first))[0])
    window.drawing_panel.edit(lambda d: d.paint([unit], first))
    beat = split(window)
    name(beat, "Old Mill")
    # the name that the plan gives the first is free for it again once another name is given by hand, and taken once that is taken back
    name(first, "Name 1")
    name(beat, planned)
    name(first, "Name 3")
    words = told(window)
    assert words[0][0].endswith("(Name 3)") and words[0][1].endswith(f"({planned})")
    seen = [words[0]]
    for _ in range(5):
        window.draft.undo()
        seen.append(told(window)[0])
        # neither a name of what is undone nor of its time is left
        assert len({n.casefold() for n in told(window)[1].values()}) == len(told(window)[1])
    for said in reversed(seen[:-1]):
        window.draft.redo()
        assert told(window)[0] == said
    window.draft.undo()
    window.draft.undo()
    assert told(window) == told_anew(window)
    assert told(window)[0] == seen[2]


def test_a_name_by_hand_that_the_plan_was_made_with_is_none_once_it_is_taken_from_the_beat(window, name):
    beat = window.map.content.ids[0]
    # as a plan has it whose rules gave the name
    plan = window.scenario.plan
    plan.summary["rules"]["beats"].setdefault("names", {})[beat] = "By hand"
    plan.beats.loc[plan.beats["beat"].astype(str) == beat, "name"] = "By hand"
    name(beat, "By hand")
    name(beat, "")
    called = window.map.content.names[beat]
    assert called not in ("By hand", "")
    assert told(window) == told_anew(window)
    assert window.map.content.names[beat] == called


def test_a_posting_calls_its_beat_by_the_name_in_force(window, name):
    move_posting(window)
    panel = window.gantt
    posting = next(p for p in panel.postings if p not in set(panel.judge.published))
    name(posting.beat, "Old Mill")
    assert f"Old Mill (beat {posting.beat})" in told(window)[0][0]
    panel.rows_by.setCurrentIndex(2)
    beats = {panel.table.item(r, 1).text() for r in range(panel.table.rowCount())}
    assert f"Old Mill (beat {posting.beat})" in beats
    # what is no worse than in the plan is not told as worse because a beat is called otherwise
    known = set(panel.judge.as_published.costs)
    assert all("Old Mill" in text or f"(beat {posting.beat})" not in text for text in known)
    words = told_anew(window)
    assert f"Old Mill (beat {posting.beat})" in words[0][0]
    window.draft.undo()
    assert "Old Mill" not in told(window)[0][0]


def test_stations_and_service_call_a_beat_as_the_draft_does(window, name, monkeypatch):
    window.actions_by_name["show_stations"].trigger()
    panel, service, shown = window.stations, window.results.service, []
    panel._begin()
    panel.show_figures()
    planned = panel.before.worst[0]
    beat = next(b for b, n in window.map.content.names.items() if n == planned)
    assert planned in panel.figures.text()
    # a service that is being counted again keeps its figures, not its names
    monkeypatch.setattr(service, "service", object())
    monkeypatch.setattr(service, "show_beats", lambda: shown.append(service.names[beat]))
    monkeypatch.setattr(window.results, "_follow_service", lambda _: None)
    name(beat, "Old Mill")
    assert "Old Mill" in panel.figures.text() and planned not in panel.figures.text()
    assert shown == ["Old Mill"]
    window.draft.undo()
    assert planned in panel.figures.text() and "Old Mill" not in panel.figures.text()
    assert shown == ["Old Mill", planned]
