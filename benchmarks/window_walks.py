"""Random walks over every action of the window, seeded, with painting and undo: no error, no stale figure, no lost draft.

    python benchmarks/window_walks.py PROJECT.gpkg [--walks 200] [--steps 40] [--seed 0]

A step triggers an action of the registry that is enabled (those that ask for a file, plan for minutes or leave the window aside), or paints, moves a
station, drags a posting or names a beat; some walks lay plans side by side. After each step what the window shows is compared with the draft.
PROJECT should hold a plan.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# They ask for a file, take minutes, open a browser or end the window.
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


# One walk in so many lays plans side by side, which is read in a child.
COMPARED = 5


def no_dialogs(put: Callable[[Any, str, Any], object] = setattr) -> None:
    """Let every dialog be dropped at once, and every question be answered with yes; `put` is `setattr`, or a test's own that is undone."""
    from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMenu, QMessageBox

    yes = QMessageBox.StandardButton.Yes
    put(QDialog, "exec", lambda *_: 0)
    put(QMessageBox, "exec", lambda *_: yes)
    put(QMessageBox, "question", staticmethod(lambda *_, **__: yes))
    put(QMessageBox, "information", staticmethod(lambda *_, **__: yes))
    put(QMessageBox, "warning", staticmethod(_warned))
    put(QMessageBox, "about", staticmethod(lambda *_: None))
    put(QMenu, "exec", lambda *_: None)
    for name in ("getText", "getItem"):
        put(QInputDialog, name, staticmethod(lambda *_, **__: ("", False)))
    for name in ("getOpenFileName", "getSaveFileName", "getOpenFileNames"):
        put(QFileDialog, name, staticmethod(lambda *_, **__: ("", "")))
    put(QFileDialog, "getExistingDirectory", staticmethod(lambda *_, **__: ""))


def _warned(_: Any, title: str, text: str, *__: Any) -> None:
    """No action of a walk has a reason to be refused in a box: one ends the step as an error, instead of waiting for somebody to press a button."""
    raise AssertionError(f"{title}: {text}")


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
    from PySide6.QtWidgets import QApplication

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
            shown.tell(int(chance.integers(len(shown.found["names"]))))
            QApplication.processEvents()
        shown.close()
        window.comparing.shown = None


def stale(window: Any) -> list[str]:
    """Return what the window shows and the draft does not have, in words."""
    found, draft = [], window.draft
    parts = {kind: len(part.changes()) for kind, part in draft.parts.items()}
    kinds = {kind: sum(c.kind == kind for c in draft.done) for kind in parts}
    if parts != kinds:
        found.append(f"the draft counts {kinds}, the panels hold {parts}")
    if draft.count and window.badge.text() != window.in_draft():
        found.append(f"the badge says {window.badge.text()}")
    if window.badge.isHidden() != (draft.count == 0):
        found.append("the badge is there without a change, or the other way round")
    drawing = window.drawing_panel.drawing
    if drawing is not None and drawing.can_undo:
        figures, table = drawing.figures(), window.table_model
        shown = {table.beat(r): table._beats()["workload"].iat[r] for r in range(table.rowCount())}
        if shown != dict(zip(figures.beat, figures.hours, strict=True)):
            found.append("the table has other hours than the drawing")
        if (window.map.content.label != drawing.label).any():
            found.append("the map shows other beats than the drawing")
    found += _stale_results(window)
    undo = window.actions_by_name["draw_undo"]
    if undo.isEnabled() != (draft.count > 0 and not window.drawing_panel.process.running):
        found.append("undo is enabled without a change, or not with one")
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
        if any(not called[b] == results.book.names[b] == rows[b] for b in results.book.ids):
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


def walk(window: Any, seed: int, steps: int) -> list[str]:
    """Walk once; return what was wrong, each with its step."""
    from PySide6.QtWidgets import QApplication

    chance, wrong = np.random.default_rng(seed), []
    names = sorted(set(window.actions_by_name) - ASIDE)
    by_hand = {"paint": paint, "station": station, "posting": posting, "name": call}
    for number in range(steps):
        if number == steps // 2 and seed % COMPARED == COMPARED - 1:
            compare(window, chance)
        if chance.random() < 0.4:
            name = str(chance.choice(list(by_hand)))
            by_hand[name](window, chance)
        else:
            name = str(chance.choice([*names, *["draw_undo", "draw_redo"] * 8]))
            if window.actions_by_name[name].isEnabled():
                window.actions_by_name[name].trigger()
        QApplication.processEvents()
        wrong += [f"walk {seed}, step {number} ({name}): {text}" for text in stale(window)]
    before = [c.words for c in window.draft.done]
    window.scenario.changed()
    for _ in range(4):
        QApplication.processEvents()
    after = [c.words for c in window.draft.done]
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
    chosen = parser.parse_args()
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    from beatplanner.ui.desktop.session.collector import Collector
    from beatplanner.ui.desktop.window.main_window import MainWindow

    Collector(application)
    no_dialogs()
    errors: list[str] = []
    window = MainWindow()
    # where it was is half of what it was
    sys.excepthook = lambda *raised: errors.append("".join(traceback.format_exception(*raised)))
    window.show()
    window.open(chosen.project)
    # cards are counted in a child; without them a walk would look at less
    while window.results.book is None and window.scenario.plan is not None:
        application.processEvents()
    wrong: list[str] = []
    for k in range(chosen.walks):
        wrong += walk(window, chosen.seed + k, chosen.steps)
        # who stops a long run knows how far it was
        print(f"walk {k + 1}: {len(errors)} errors, {len(wrong)} stale or lost", file=sys.stderr, flush=True)
    for text in [*wrong[:20], *errors[:20]]:
        print(text)
    print(f"{chosen.walks} walks of {chosen.steps} steps: {len(errors)} errors, {len(wrong)} stale or lost")
    sys.stdout.flush()
    os._exit(1 if wrong or errors else 0)


if __name__ == "__main__":
    main()
