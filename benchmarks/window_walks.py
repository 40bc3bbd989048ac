"""Random walks over every action of the window, seeded, with painting and undo: no error, no stale figure, no lost draft.

    python -m benchmarks.window_walks PROJECT.gpkg [--walks 200] [--steps 40] [--seed 0] [--language mk]

A step triggers an action of the registry that is enabled (those that ask for a file, plan for minutes or leave the window aside), or paints, moves a
station, drags a posting, names a beat, saves under another name, exports, opens the project again, or looks what a crash would leave. Some walks lay
plans side by side; some plan anew, repair, or make the draft the plan, and go on while that runs. After each step what the window shows is compared
with the draft. PROJECT should hold a plan; it is copied first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.window_dialogs import no_dialogs

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# They ask for a file, take minutes, open a browser or end the window; what can be done of it in bounded time is done in `by_hand` and `at_work`.
ASIDE = {
    "close",
    "run_plan",
    "draw_improve",
    "draw_keep",
    "new_from_layers",
    "choose_project",
    "choose_result",
    "open_sample_town",
    "open_report",
    "open_guide",
    "save_project_as",
    "save_result",
    "export_picture",
    "cancel_plan",
    "finish_early",
    "pause_plan",
    "begin_tour",
    "verify_plan",
    "draw_repair",
    "text_larger",
    "text_smaller",
}


# One walk in so many lays plans side by side, which is read in a child; one in so many has a child plan, repair or solve on, for so many seconds.
COMPARED, PLANNED, SEARCH = 5, 8, 1.0


def _events() -> None:
    from PySide6.QtWidgets import QApplication

    QApplication.processEvents()


def paint(window: Any, chance: np.random.Generator) -> None:
    """Paint a unit into the beat of a neighbour."""
    drawing = window.drawing_panel.begin()
    if drawing is None:
        return
    a, b = drawing.edges[["a", "b"]].to_numpy(int)[chance.integers(len(drawing.edges))]
    window.drawing_panel.edit(lambda d: d.paint([int(a)], str(d.beat[int(b)])))


def station(window: Any, chance: np.random.Generator) -> None:
    """Open a site, or close one."""
    panel = window.stations
    if panel.judge is None:
        panel._begin()
    if panel.judge is not None:
        panel.toggle(int(chance.integers(len(panel.judge.ids))))


def posting(window: Any, chance: np.random.Generator) -> None:
    """Drag the end of a posting by a month."""
    panel, plan = window.gantt, window.scenario.plan
    if panel.judge is None and plan is not None and plan.assignments is not None and plan.roster is not None:
        panel._begin(plan)
    if panel.judge is not None and panel.postings:
        panel.move_posting(int(chance.integers(len(panel.postings))), 0, int(chance.choice([-1, 1])), "", 0)


def call(window: Any, chance: np.random.Generator) -> None:
    """Name a beat and pick its colour, or take both from it."""
    from beatplanner.ui.desktop.panels.drawing_dialogs import NameDialog

    window.map.select(str(chance.choice(window.map.content.ids)))
    said = f"Name {chance.integers(6)}" if chance.random() < 0.8 else "", str(chance.choice(["", "#123456", "#fedc00"]))
    dialog = vars(NameDialog)["ask"]
    NameDialog.ask = classmethod(lambda *_: said)  # type: ignore[method-assign, assignment]
    try:
        window.drawing_panel.name_beat()
    finally:
        NameDialog.ask = dialog  # type: ignore[method-assign]


def compare(window: Any, chance: np.random.Generator) -> None:
    """Lay the plan in view beside itself, look at the comparison in each way, and close it."""
    folder = window.scenario.result
    if folder is None:
        return
    with tempfile.TemporaryDirectory() as place:
        window.comparing.compare([folder, folder], Path(place) / "comparison")
        shown = window.comparing.shown
        if shown is None:
            raise AssertionError("no comparison came up")
        for mode in range(shown.mode.count()):
            shown.mode.setCurrentIndex(mode)
            shown.show_unit(int(chance.integers(len(shown.found["names"]))))
            _events()
        shown.close()
        window.comparing.shown = None


def save_as(window: Any, chance: np.random.Generator) -> None:
    """Save the project, in its place or under another name."""
    document = window.scenario.document
    if document is None or window.session.work.busy:
        return
    target = document.file.with_name(f"town {chance.integers(3)}.beatplan") if chance.random() < 0.5 else None
    if target is not None and target != document.file:
        target.unlink(missing_ok=True)
    before = _draft_of(window)
    if not window.session.save_and_wait(target):
        raise AssertionError("the project was not saved")
    if document.dirty or not window.saved or _draft_of(window) != before:
        raise AssertionError("a save leaves the project as it is, and saved")


def export(window: Any, chance: np.random.Generator) -> None:
    """Write the plan's folder and a picture of the map elsewhere: neither saves the project, once a save that is under way has ended."""
    if window.scenario.result is None:
        return
    while window.session.work.busy:
        _events()
    saved = window.saved
    with tempfile.TemporaryDirectory() as place:
        if chance.random() < 0.5:
            window.save_to(Path(place) / "result")
        else:
            window.map.grab().save(str(Path(place) / "map.png"))
        if window.scenario.document is not None and window.saved != saved:
            raise AssertionError("an export saved the project")


def reopen(window: Any, _: np.random.Generator) -> None:
    """Save the project and open it again: the draft is the same, but for what was undone."""
    document = window.scenario.document
    if document is None or (document.dirty and not window.session.save_and_wait(None)):
        return
    before = _draft_of(window)
    window.open(document.file)
    window.draft.settle()
    if _draft_of(window) != before:
        raise AssertionError(f"the draft was {before} and is {_draft_of(window)} once the project is opened again")


def look(window: Any, chance: np.random.Generator) -> None:
    """Look at another figure of the charts, another shift, and shade the map by the service, or no more."""
    results = window.results
    for choice in (results.charts.measure, results.charts.order, results.service.shift, results.service.measure):
        if choice.count():
            choice.setCurrentIndex(int(chance.integers(choice.count())))
    if results.service.service is not None:
        results.service.on_map.click()


def crash(window: Any, _: np.random.Generator) -> None:
    """Look what would be recovered if the program ended here: all that the project holds."""
    from beatplanner.data.project import journal
    from beatplanner.data.project.document import ProjectDocument

    document = window.scenario.document
    if document is None or document._journal is None or not document.dirty:
        return
    document._journal.flush()
    # this program alone counts as ended: empty journals of ended ones are deleted, and other walks may go on beside it
    runs = journal.is_running
    journal.is_running = lambda pid: pid != os.getpid() and runs(pid)
    try:
        left = [r for r in journal.recoveries(document.file) if r.id == document._journal.id]
        copy = ProjectDocument.open(document.file, editing=False)
        try:
            for recovery in left:
                copy.recover(recovery)
            # its paths lead into the file, whatever that was called before
            if copy.description() != document.description():
                raise AssertionError("a crash would lose rules")
            for name in ("scenarios", "active", "plans", "state"):
                if getattr(copy.content, name) != getattr(document.content, name):
                    raise AssertionError(f"a crash would lose of the {name}: {getattr(document.content, name)}")
        finally:
            copy.close()
    finally:
        journal.is_running = runs


def _draft_of(window: Any) -> list[str]:
    window.draft.settle()
    return [c.words for c in window.draft.done]


def at_work(window: Any, chance: np.random.Generator) -> None:
    """Plan, repair, solve on or make the draft the plan for a moment; the walk goes on meanwhile."""
    if window.solving.running or window.drawing_panel.process.running or window.gantt.work.busy:
        return
    panel, begin = window.drawing_panel, window.solving.start
    kind = str(chance.choice(["plan", "keep", "repair", "improve", "postings"]))
    # what is made of edits has no choice of a pack
    window.solving.start = lambda project, **options: begin(
        project, **{**options, "time_limit": SEARCH}, **({} if "edits" in options else {"pack": False})
    )
    try:
        if kind == "plan":
            window.run_plan()
        elif kind == "keep":
            window.make_draft_the_plan(improve=bool(chance.random() < 0.3))
        elif kind == "postings":
            if window.draft.has("postings"):
                window.gantt.repair()
        elif panel._can_draw():
            panel._start(kind, SEARCH)
    finally:
        window.solving.start = begin


def end_work(window: Any) -> None:
    """Wait until what is under way has ended."""
    while window.solving.running or window.drawing_panel.process.running or window.gantt.work.busy:
        _events()
        time.sleep(0.01)
    window.draft.settle()


def stale(window: Any) -> list[str]:
    """Return what the window shows and the draft does not have, in words."""
    found, draft = [], window.draft
    draft.settle()
    parts = {kind: [c.words for c in part.changes()] for kind, part in draft.parts.items()}
    kinds = {kind: [c.words for c in draft.done if c.kind == kind] for kind in parts}
    if parts != kinds:
        found.append(f"the draft says {kinds}, the panels hold {parts}")
    if draft.count and window.badge.text() != window.in_draft():
        found.append(f"the badge says {window.badge.text()}")
    if window.badge.isHidden() != (draft.count == 0):
        found.append("the badge is there without a change, or the other way round")
    found += _stale_drawing(window) + _stale_results(window) + _stale_words(window) + _stale_panels(window)
    undo = window.actions_by_name["draw_undo"]
    # what is being made the plan is not taken back meanwhile, and only then
    if draft.being_planned and window.making is None and not window.solving.running:
        found.append("changes are held for a plan that nobody makes")
    if undo.isEnabled() != (draft.count > draft.being_planned and not window.drawing_panel.process.running):
        found.append("undo is enabled without a change, or not with one")
    return found


def _stale_drawing(window: Any) -> list[str]:
    """Return where table, map and the panel's own figures are not those of the drawing."""
    found, panel, drawing = list[str](), window.drawing_panel, window.drawing_panel.drawing
    if drawing is None or not drawing.can_undo:
        return found
    figures, table = drawing.figures(), window.table_model
    shown = {table.beat(r): table._beats()["workload"].iat[r] for r in range(table.rowCount())}
    if shown != dict(zip(figures.beat, figures.hours, strict=True)):
        found.append("the table has other hours than the drawing")
    if (window.map.content.label != drawing.label).any():
        found.append("the map shows other beats than the drawing")
    live = [panel.table.item(r, 0).text() for r in range(panel.table.rowCount())]
    if live != list(figures.beat):
        found.append(f"the live figures are of the beats {live}")
    offered = {str(panel.beat.itemData(k)) for k in range(panel.beat.count())}
    if offered != set(drawing.beats_in_use()):
        found.append(f"the beats {offered} can be painted, and there are {drawing.beats_in_use()}")
    if panel.headline.text() != panel._headline(drawing, figures):
        found.append("the headline has other figures than the drawing")
    if panel.warning.isHidden() != (not figures.broken):
        found.append("broken rules are told where there are none, or the other way round")
    return found


def _stale_words(window: Any) -> list[str]:
    """Return where status, title, history and menu do not say what is."""
    found, scenario, draft = [], window.scenario, window.draft
    document = scenario.document
    if window.figures.text() != window._figures():
        found.append(f"the panel of the plan says {window.figures.text()!r}, and it is {window._figures()!r}")
    if document is not None:
        if window.windowTitle().startswith("• ") != document.dirty:
            found.append("the title tells what is saved as unsaved, or the other way round")
        if document.active and f" – {document.active} – " not in window.windowTitle():
            found.append("the title lacks the scenario in view")
        if window.saved == document.dirty and not window.solving.running:
            found.append("the window takes the project as saved, which it is not, or the other way round")
        dock = window.session.dock
        if dock.isVisible() and dock.history.rowCount() != len(document.content.history):
            found.append("the history in view is not the project's")
        history = [e.what for e in document.content.history]
        drawn = sum(e.kind == "edit" for e in document.content.history)
        if drawn and sum(what.startswith("Taken back") for what in history) > sum(
            e.kind in ("undo", "rules") for e in document.content.history
        ):
            found.append("the history takes back what was not")
    words = draft.done[-1].words if draft.done else ""
    if words and words[:40].replace("&", "&&") not in window.actions_by_name["draw_undo"].text():
        found.append(f"Undo says {window.actions_by_name['draw_undo'].text()}, and would undo {words}")
    return found


def _stale_panels(window: Any) -> list[str]:
    """Return where the panels of stations and postings, and the legend, are not those of the draft."""
    from PySide6.QtCore import Qt

    from beatplanner.ui.desktop.map.legend import legend_lines

    found = list[str]()
    stations, gantt, content = window.stations, window.gantt, window.map.content
    if stations.judge is not None and stations.table.rowCount():
        ticked = [
            k
            for k in range(stations.table.rowCount())
            if stations.table.item(k, 1).checkState() == Qt.CheckState.Checked
        ]
        if ticked != sorted(stations.chosen):
            found.append(f"the sites {ticked} are ticked, and {stations.chosen} are open")
        text = stations.figures.text()
        stations.show_figures()
        if text != stations.figures.text():
            found.append(f"residents are said to walk {text!r}, and it is {stations.figures.text()!r}")
    if gantt.judge is not None:
        if gantt.gantt.postings != gantt.postings:
            found.append("the bars of postings are not those of the draft")
        if gantt.table.rowCount() != len(gantt.postings):
            found.append("the table of postings has other rows than the draft")
    beats = {str(b) for b in window.drawing_panel.drawing.beats_in_use()} if window.drawing_panel.drawing else None
    if beats is not None and not beats <= set(content.ids):
        found.append(f"the map has no {beats - set(content.ids)}")
    titles = [k.text for k in legend_lines(content, window.map.stack) if k.kind == "title"]
    if any(title not in content.figures for title in titles):
        found.append(f"the legend tells of {titles}")
    results, shaded = window.results, window.map.stack["Service"]
    if (
        results.service.service is not None
        and results.service.on_map.isChecked()
        and shaded.figure not in content.figures
    ):
        found.append("the map is to be shaded by the service, and is not")
    if results.charts.book is not results.book:
        found.append("the charts have other beats than the cards")
    return found


def _stale_results(window: Any) -> list[str]:
    """Return where cards, charts, stations on the map and the words of a unit are not those of the draft."""
    found, scenario, results = [], window.scenario, window.results
    drawing, shown = scenario.drawn, scenario.shown
    if window.draft.count and scenario.plan is not None and scenario.as_drawn is None:
        found.append("the draft is not in what is shown")
    if drawing is not None:
        unit = len(drawing.label) // 2
        if f"Beat {drawing.beat[unit]}" not in scenario.unit_text(unit):
            found.append("the words of a unit name another beat than the drawing")
    if window.draft.has("stations"):
        at = {tuple(p) for p in window.map.content.points["Stations"].tolist()}
        if at != {tuple(window.stations.judge.xy[s].tolist()) for s in window.stations.chosen}:
            found.append("the map shows other stations than the draft")
    if results.book is not None:
        called, table = window.map.content.names, window.table_model
        rows = {table.beat(r): table.data(table.index(r, 1)) for r in range(table.rowCount())}
        if any(not called.get(b) == results.book.names[b] == rows[b] for b in results.book.ids):
            found.append("map, table and cards call a beat by different names")
    if results.book is None or drawing is None:
        return found
    figures = dict(zip(drawing.figures().beat, drawing.figures().hours.tolist(), strict=True))
    if {b: float(h) for b, h in zip(results.book.ids, shown.beats["workload"], strict=True)} != figures:
        found.append("the cards have other hours than the drawing")
    if results.charts.measure.currentData() == "hours":
        bars = {bar.key: bar.value for bar in results.charts.bars.bars.bars}
        if bars != figures:
            found.append("the charts have other hours than the drawing")
    card = results.card.card
    if card is not None and figures.get(card.beat) != card.hours:
        found.append(f"the card of beat {card.beat} has other hours than the drawing")
    return found


def walk(window: Any, seed: int, steps: int, *, planned: bool = False) -> list[str]:
    """Walk once, with children that plan where `planned`; return what was wrong, each with its step."""
    chance, wrong = np.random.default_rng(seed), []
    names = sorted(set(window.actions_by_name) - ASIDE)
    by_hand = {"paint": paint, "station": station, "posting": posting, "name": call}
    seldom = {"save_as": save_as, "export": export, "reopen": reopen, "crash": crash, "look": look}
    assert window.scenario.is_open, "nothing is open to walk over"
    for number in range(steps):
        if number == steps // 2 and seed % COMPARED == COMPARED - 1:
            compare(window, chance)
        if planned and number % 10 == 5:
            at_work(window, chance)
        elif planned and number % 10 == 9 and chance.random() < 0.7:
            end_work(window)
        draw = chance.random()
        if draw < 0.4:
            name = str(chance.choice(list(by_hand)))
            by_hand[name](window, chance)
        elif draw < 0.45:
            name = str(chance.choice(list(seldom)))
            seldom[name](window, chance)
        else:
            name = str(chance.choice([*names, *["draw_undo", "draw_redo"] * 8]))
            if window.actions_by_name[name].isEnabled():
                window.actions_by_name[name].trigger()
        _events()
        wrong += [f"walk {seed}, step {number} ({name}): {text}" for text in stale(window)]
    if planned:
        end_work(window)
        _events()
        wrong += [f"walk {seed}, at its end: {text}" for text in stale(window)]
    before = _draft_of(window)
    window.scenario.changed()
    for _ in range(4):
        _events()
    after = _draft_of(window)
    if before != after:
        wrong.append(f"walk {seed}: the draft was {before} and is {after} once the project is shown anew")
    window.draft.drop()
    if window.draft.count:
        wrong.append(f"walk {seed}: not everything could be undone")
    return wrong


def main() -> None:
    """Walk, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--walks", type=int, default=200)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--language", default="en")
    chosen = parser.parse_args()
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    from beatplanner.ui.desktop.session.collector import Collector
    from beatplanner.ui.desktop.window.languages import install_language
    from beatplanner.ui.desktop.window.main_window import MainWindow

    install_language(application, chosen.language)
    Collector(application)
    no_dialogs()
    errors: list[str] = []
    window = MainWindow()
    sys.excepthook = lambda *raised: errors.append("".join(traceback.format_exception(*raised)))
    window.show()
    folder = tempfile.TemporaryDirectory()
    window.open(Path(shutil.copyfile(chosen.project, Path(folder.name) / f"town{chosen.project.suffix}")))
    # cards are counted in a child; without them a walk would look at less
    while window.results.book is None and window.scenario.plan is not None:
        application.processEvents()
    wrong, printed = list[str](), (0, 0)
    for k in range(chosen.walks):
        seed = chosen.seed + k
        try:
            wrong += walk(window, seed, chosen.steps, planned=seed % PLANNED == PLANNED - 1)
        except Exception:
            errors.append(f"walk {seed}: {traceback.format_exc()}")
        # who stops a long run knows how far it was, and what was found
        for text in [*wrong[printed[0] :], *errors[printed[1] :]]:
            print(text, flush=True)
        printed = len(wrong), len(errors)
        print(f"walk {k + 1}: {len(errors)} errors, {len(wrong)} stale or lost", file=sys.stderr, flush=True)
    print(f"{chosen.walks} walks of {chosen.steps} steps: {len(errors)} errors, {len(wrong)} stale or lost", flush=True)
    os._exit(1 if wrong or errors else 0)


if __name__ == "__main__":
    main()
