"""What the window does with runs: its box with bar and buttons, begin, wait, end early, stop, and what came of it in a sentence.

`RunActions` is mixed into the main window; it needs ``scenario``, ``solving``, ``chart`` and ``rule_panel``.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.errors import InputError
from beatplanner.data.findings import decimals_beside
from beatplanner.planning.progress import Unmet, split_amount, split_unit
from beatplanner.planning.proof import share_left
from beatplanner.ui.desktop.plain_text import Label, question
from beatplanner.ui.desktop.session.session import Asked
from beatplanner.ui.desktop.session.solving import step_of
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.gap_text import searched_text
from beatplanner.ui.desktop.toolkit.in_language import language_in_words
from beatplanner.ui.desktop.window.languages import LANGUAGES
from beatplanner.ui.desktop.window.run_gaps import RunGaps
from beatplanner.ui.desktop.window.status_words import StatusWords
from beatplanner.ui.words import clash_lines

# A run of so many seconds is cancelled after a question only.
ASK_AFTER = 20.0
TICK_MS = 500
# What a run does before its steps, and after them.
BEFORE_STEPS, PROVING, AFTER_STEPS = ("", "preparing", "reading"), "proving", "writing"
# Steps of which neither waits for the other.
SIDE_BY_SIDE = ("beats", "stations")


def _at(place: str, words: str) -> str:
    """Return words with the municipality that they are about; those of a whole town have none."""
    return f"{place}: {words}" if place else words


def _two_shares(found: float, allowed: float) -> tuple[str, str]:
    """Return two shares with as many digits as tell them apart."""
    digits = decimals_beside(found, allowed)
    return percent(found, digits), percent(allowed, digits)


class RunActions(RunGaps, StatusWords):
    """The main window's actions on runs."""

    def make_run_box(self: Any) -> QWidget:
        """Return the box of the run: where it is, a bar, and buttons that stay in their places."""
        self.stopped_early, self.begun, self.step_running, self.limit = False, 0.0, "", 0.0
        # the plan of the run that ended last, and how that is told
        self.ended: tuple[Any, str] = (None, "")
        self.kept_before = 0
        self.asked: Asked | None = None
        self.by_municipality: dict[str, tuple[float | None, float | None]] = {}
        self.waited, self.waiting_since = 0.0, 0.0
        self.search_from: float | None = None
        self.steps_ahead: list[str] = []
        self.unmet: dict[str, Unmet] = {}
        self.written, self.parts, self.writing_from = [], 0, 0.0
        self.pages_written: dict[str, tuple[int, int]] = {}
        box = QGroupBox(self.tr("Run"))
        self.run_box = inner = QVBoxLayout(box)
        self.phase = Label(self.tr("Not running."))
        self.phase.setWordWrap(True)
        self.phase.setTextFormat(Qt.TextFormat.PlainText)
        self.phase.setAccessibleName(self.tr("How far the run is"))
        # so many lines are always there, so that what is below stays in its place
        self.phase.setMinimumHeight(4 * self.phase.fontMetrics().lineSpacing() + 4)
        self.phase.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.bar = QProgressBar()
        self.bar.setAccessibleName(self.tr("Progress of planning"))
        keep = self.bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keep)
        self.bar.setFormat("%p\N{NO-BREAK SPACE}%")
        self.bar.setVisible(False)
        self.plan_button, self.cancel_button = QPushButton(self.tr("Plan")), QPushButton(self.tr("Cancel"))
        self.plan_button.clicked.connect(self.run_plan)
        self.cancel_button.clicked.connect(self.cancel_plan)
        self.enough_button = QPushButton(self.tr("Stop and keep best plan"))
        self.enough_button.setToolTip(self.tr("End the whole run now and keep the best plan that was found."))
        self.enough_button.clicked.connect(self.finish_early)
        self.pause_button = QPushButton(self.tr("Pause"))
        self.pause_button.setToolTip(
            self.tr("Let the run wait, so that the computer is free; its time limit waits too.")
        )
        self.pause_button.clicked.connect(self.pause_plan)
        row = QHBoxLayout()
        for button in (self.plan_button, self.pause_button, self.cancel_button):
            row.addWidget(button)
        # what grows, sentences and the chart of the run, is below the buttons
        inner.addLayout(row)
        inner.addWidget(self.enough_button)
        inner.addWidget(self.phase)
        inner.addWidget(self.bar)
        self.run_clock = QTimer(self)
        self.run_clock.setInterval(TICK_MS)
        self.run_clock.timeout.connect(self._tick)
        return box

    def follow_runs(self: Any) -> None:
        """Take what runs tell."""
        self.run_words = ""
        self.make_run_mark()
        self.solving.limited.connect(self._take_limit)
        self.solving.found.connect(self.show_found)
        self.solving.unmet.connect(self._take_unmet)
        self.solving.progressed.connect(self._show_progress)
        self.solving.finished.connect(self._take_result)
        self.solving.refused.connect(self._show_refusal)
        self.solving.failed.connect(lambda text: self._show_refusal([text], of_program=True))

    def keep_focus_at_run(self: Any, idle: bool, running: bool, going: bool, seeking: bool) -> None:
        """Give the focus to another button of the run before its own is disabled: Qt's next one stands below the rules, and the panel scrolls there. Behind a question too, where nothing of the window has the keys."""
        able = {
            self.plan_button: idle,
            self.pause_button: going,
            self.cancel_button: running,
            self.enough_button: seeking,
        }
        focused = next((b for b in able if b is self.focusWidget()), None)
        if focused is not None and not able[focused]:
            other = next((b for b, on in able.items() if on), None)
            if other is not None:
                other.setEnabled(True)
            (other or self.map).setFocus()

    def follow_plan_in_view(self: Any) -> None:
        """Show nothing of the run that ended last where its plan is in view no more."""
        if self.ended[0] is not None and self.ended[0] is not self.scenario.plan:
            self.ended = (None, "")
            self.forget_run()

    def forget_run(self: Any) -> None:
        """Show nothing of a run: another project is open."""
        if not self.solving.running:
            self.chart.clear()
            self.stopped_early = False
            self.phase.setText(self.tr("Not running."))
            self.bar.setVisible(False)

    def spent(self: Any) -> float:
        """Return the seconds that the run has worked."""
        now = time.monotonic()
        waiting = now - self.waiting_since if self.solving.paused and self.waiting_since else 0.0
        return now - self.begun - self.waited - waiting

    def searched(self: Any) -> float:
        """Return the seconds of the limit that are spent: what is read and made ready before the search takes nothing of it."""
        return 0.0 if self.search_from is None else max(0.0, self.spent() - self.search_from)

    def _take_limit(self: Any, seconds: float, steps: list, parts: int) -> None:
        self.limit, self.steps_ahead, self.parts = seconds, list(steps), parts

    def _take_unmet(self: Any, municipality: str, lacking: Unmet | None) -> None:
        if lacking is None:
            self.unmet.pop(municipality, None)
        else:
            self.unmet[municipality] = lacking
        self._say_run()

    def _unmet_words(self: Any) -> list[str]:
        """Say that no plan keeps all rules yet, and which rule the best one so far breaks, where most of it; nothing where one keeps them."""
        said: list[tuple[float, str]] = []
        for place, lacking in sorted(self.unmet.items()):
            if lacking.deviation is not None:
                over, shares = lacking.deviation - lacking.tolerance, _two_shares(lacking.deviation, lacking.tolerance)
                words = (
                    self.tr("a beat's “{0}” is {1} from the mean, and at most {2} is allowed").format(
                        lacking.amount, *shares
                    )
                    if lacking.amount
                    else self.tr("a beat's work is {0} from the mean, and at most {1} is allowed").format(*shares)
                )
                said.append((over, _at(place, words)))
            if lacking.moved is not None:
                words = self.tr("{0} of residents change beat, and at most {1} may")
                over, shares = lacking.moved - lacking.budget, _two_shares(lacking.moved, lacking.budget)
                said.append((over, _at(place, words.format(*shares))))
        if not said:
            return []
        worst = max(said, key=lambda one: one[0])[1]
        more = " " + self.tr("And {0} more.").format(len(said) - 1) if len(said) > 1 else ""
        if self.step_running == AFTER_STEPS:
            # what is written is what there is
            return [self.tr("No plan that keeps all rules was found: {0}.").format(worst) + more]
        return [self.tr("No plan that keeps all rules has been found yet: {0}.").format(worst) + more]

    def _tick(self: Any) -> None:
        """Let bar and seconds go on, also where the run tells nothing."""
        if not self.solving.running:
            self.run_clock.stop()
            return
        if self.solving.paused:
            return
        if self.step_running == AFTER_STEPS:
            # a step of its own, counted by what is written: seconds of the search have nothing to do with it
            self.bar.setRange(0, max(1, self.parts))
            self.bar.setValue(max(0, len(self.written) - 1))
        elif self.limit and self.search_from is not None and not self.stopped_early:
            self.bar.setRange(0, 1000)
            self.bar.setValue(max(self.bar.value(), min(1000, round(1000 * self.searched() / self.limit))))
        self._say_run()

    def _say_run(self: Any) -> None:
        """Say which step of how many, for how long of how long, and what is found."""
        lines: list[str] = []
        words = self.tr("Taking the best plan so far…") if self.stopped_early else self.run_words
        names, steps = self._step_names(), [*self.steps_ahead, AFTER_STEPS]
        around = {
            "reading": self.tr("Reading the layers…"),
            "preparing": self.tr("Getting ready to compute…"),
            PROVING: self.tr("Working out what proves the bounds…"),
        }
        writing = self.step_running == AFTER_STEPS
        if self.step_running in around:
            lines.append(around[self.step_running])
        elif self.step_running in (beside := self._side_by_side()):
            one, other = beside
            said = names[one], names[other]
            lines.append(
                self.tr("Steps {0} and {1} of {2}: {3}, {4}").format(
                    steps.index(one) + 1, steps.index(other) + 1, len(steps), *said
                )
            )
        elif self.step_running in steps:
            at = steps.index(self.step_running) + 1
            lines.append(
                self.tr("Step {0} of {1}: {2}").format(at, len(steps), names.get(self.step_running, self.step_running))
            )
        elif words:
            # before the run has told of a step: the seconds stand below what is done, then as later
            lines.append(words)
        if writing:
            lines.append(self.tr("{0} s").format(number(self.spent() - self.writing_from)))
            lines += self._written_words()
        elif self.limit and self.step_running in (*self.steps_ahead, PROVING):
            lines.append(self.tr("{0} of {1} s").format(number(self.searched()), number(self.limit)))
        else:
            lines.append(self.tr("{0} s").format(number(self.spent())))
        if words and words not in lines and not writing:
            lines.append(words)
        lines += self._unmet_words()
        if self.solving.paused:
            lines[0] = self.tr("Paused: {0}").format(lines[0])
            lines.append(self.tr("What was found is kept; the time limit waits too."))
        self.phase.setText("\n".join(lines))
        self.say_run_in_status_line(lines)

    def _written_words(self: Any) -> list[str]:
        """Say what is written just now, and how much of how much that is."""
        if not self.written:
            return []
        what = self.written[-1]
        parts = {
            "layers, report and officers' papers": self.tr("layers, report and officers' papers"),
            "the plan is checked": self.tr("the plan is checked"),
            "the maps of the pack": self.tr("the maps of the pack"),
        }
        words = parts.get(what)
        if words is None:
            code = what.removeprefix("the pack in ")
            said = language_in_words(code)
            said = LANGUAGES.get(code, code) if said == code else said
            words = self.tr("the pack in the language {0}").format(said)
        most = max(self.parts, len(self.written))
        far = [self.tr("pages: {0} of {1}").format(*map(number, n)) for w, n in self.pages_written.items() if w == what]
        return [self.tr("Part {0} of {1}: {2}").format(len(self.written), most, words), *far]

    def _step_names(self: Any) -> dict[str, str]:
        return {
            "beats": self.tr("Beats"),
            "stations": self.tr("Stations"),
            "officers": self.tr("Officers"),
            AFTER_STEPS: self.tr("Checking and writing the plan"),
        }

    def _side_by_side(self: Any) -> list[str]:
        """Return the steps of this run that are planned side by side and are told as one, two or none."""
        beside = [step for step in SIDE_BY_SIDE if step in self.steps_ahead]
        return beside if len(beside) > 1 else []

    def _go_to(self: Any, step: str) -> None:
        """Take a step as the one that is under way, unless a later one is."""
        order = [*BEFORE_STEPS, *self.steps_ahead, PROVING, AFTER_STEPS]
        if not self.steps_ahead or (
            step in order and (self.step_running not in order or order.index(step) > order.index(self.step_running))
        ):
            self.step_running = step
        if self.search_from is None and self.step_running not in BEFORE_STEPS:
            self.search_from = self.spent()
        if self.step_running == PROVING:
            # the search is over: there is nothing left to end early
            self.enable_actions()
        if self.step_running == AFTER_STEPS and not self.writing_from:
            self.writing_from = self.spent()
            self.enable_actions()
            self.bar.setRange(0, max(1, self.parts))
            self.bar.setValue(0)

    def _found_words(self: Any, phase: str, best: float | None, bound: float | None) -> str:
        """Return what a phase has found, each figure with its unit."""
        # the phase names what its figures count
        units = {
            "hours × metres": (1000.0, self.tr("hours × km")),
            "residents × metres": (1000.0, self.tr("residents × km")),
            "points": (1.0, self.tr("points (less is better)")),
            "residents left out": (1.0, self.tr("residents left out")),
            "residents": (1.0, self.tr("residents")),
            "stations": (1.0, self.tr("stations")),
            "hours": (1.0, self.tr("hours")),
            "metres": (1000.0, self.tr("km")),
        }
        step = step_of(phase)
        words, unit = split_unit(phase)
        head = words.partition(":")[0]
        scale, named = units.get(unit, (1.0, unit))
        where = head.removeprefix(step).removeprefix(" of ").strip()
        if step in self.steps_ahead and (step != self.step_running or step in self._side_by_side()):
            # one of those that are told above, or one before them
            where = ": ".join(part for part in (self._step_names()[step], where) if part)
        lines = [where] if where else []
        if best is not None:
            lines.append(self.tr("Best plan so far: {0} {1}").format(number(best / scale), named).strip())
        # of a plan with wider rules than those that were asked for a gap says nothing of them
        if best is not None and bound is not None and best > 0 and not (step == "beats" and self.unmet):
            lines.append(searched_text(share_left(best, bound)))
        return "\n".join(lines)

    def run_plan(self: Any) -> None:
        """Plan in a child process."""
        if self.scenario.project is None or self.solving.running:
            return
        if not self.rules_are_taken() or (self.scenario.document is None and not self.may_lose_draft()):
            return
        try:
            project = self.scenario.to_plan()
        except InputError as error:
            self.show_not_planned(error)
            return
        self.begin_run(project, **self.start_of_search())

    def start_of_search(self: Any) -> dict[str, object]:
        """Return what a search begins with: a second run is never worse than the first, as it begins with the plan that is shown."""
        plan, result = self.scenario.plan, self.scenario.result
        return {} if plan is None or result is None else {"start_from": result}

    def rules_are_taken(self: Any) -> bool:
        """Take the rules that were typed; what of them is refused is told, and nothing is planned with others than those in view."""
        refused = self.rule_panel.commit()
        if refused:
            self.show_lines(self.tr("These rules cannot be planned"), refused)
            self.rule_panel.bring_up_refused()
        return not refused

    def may_drop_refused(self: Any) -> bool:
        """Take the rules that were typed; ask where some are refused, since what is shown next has no place for them."""
        refused = self.rule_panel.commit()
        if not refused:
            return True
        words = "\n".join([self.tr("These rules were typed and are not in force:"), *(f"• {line}" for line in refused)])
        words += "\n\n" + self.tr("What was typed is lost then. Go on without it?")
        return question(self, self.tr("beatplanner"), words) == QMessageBox.StandardButton.Yes

    def begin_run(self: Any, project: object, **options: object) -> None:
        """Plan in a child process; `options` are those of `planning.mending.mend` where there are edits, else of `planning.plan.run`."""
        self.solving.start(project, **options)
        self.asked = self.scenario.asked()
        self.stopped_early, self.begun = False, time.monotonic()
        self.waited = self.waiting_since = self.limit = self.writing_from = 0.0
        self.search_from = None
        self.step_running, self.run_words, self.steps_ahead = "", self.tr("Reading the layers…"), []
        self.by_municipality, self.unmet, self.written, self.parts, self.pages_written = {}, {}, [], 0, {}
        self.chart.clear()
        self.bar.setVisible(True)
        self.bar.setRange(0, 0)
        self._say_run()
        self.run_clock.start()
        self.enable_actions()

    def finish_early(self: Any) -> None:
        """End the whole run and take the best that it has, with the bound that was proven for it; at once where nothing was sought yet."""
        if self.solving.running and self.step_running in BEFORE_STEPS:
            # the layers are still read: there is nothing to keep, and nothing to wait for
            self.drop_run(self.tr("Stopped at once: the search had not begun, so there was no plan to keep yet."))
        elif self.solving.running:
            self.solving.finish_early()
            self.stopped_early = True
            self.enable_actions()
            self._say_run()

    def pause_plan(self: Any) -> None:
        """Let the run wait, or go on."""
        if self.solving.running:
            self.solving.pause(not self.solving.paused)
            if self.solving.paused:
                self.waiting_since = time.monotonic()
            elif self.waiting_since:
                self.waited += time.monotonic() - self.waiting_since
                self.waiting_since = 0.0
            self._say_run()
            self.enable_actions()

    def cancel_plan(self: Any) -> None:
        """Stop planning; the plan in force stays. A run that took a while is not thrown away by one wrong key."""
        if not self.solving.running:
            return
        if time.monotonic() - self.begun > ASK_AFTER:
            words = self.tr("Stop planning and lose what was found? “Stop and keep best plan” keeps it.")
            if question(self, self.tr("beatplanner"), words) != QMessageBox.StandardButton.Yes:
                return
        self.drop_run()

    def drop_run(self: Any, words: str = "") -> None:
        """End the run at once, without a question; `words` say what came of it where that is not plain."""
        if self.solving.running:
            self.solving.cancel()
            self.making = None
            self._stopped(words or self.tr("Cancelled; what was there before was kept."))

    def _stopped(self: Any, text: str) -> None:
        self.bar.setVisible(False)
        self.drawn_meanwhile = False
        self.map.forget_found()
        self.run_clock.stop()
        self.phase.setText(text)
        self.say_run_in_status_line([text.partition("\n")[0]], ended=True)
        self.enable_actions()

    def _show_progress(self: Any, phase: str, best: object, bound: object, _seconds: float) -> None:
        # a bound of minus infinity is none
        found = best if isinstance(best, float | int) and math.isfinite(best) else None
        proven = bound if isinstance(bound, float | int) and math.isfinite(bound) else None
        searched = phase.partition(":")[0].partition(" [")[0]
        # a plan of wider rules has no gap from the bound of those asked for
        wider = step_of(phase) == "beats" and searched.removeprefix("beats").removeprefix(" of ") in self.unmet
        self._go_to(step_of(phase))
        # by the clock that the box shows: a step counts its own seconds, and what is made ready before the search
        self.chart.add(phase, self.searched(), None if wider else found, proven)
        written, pages = split_amount(phase)
        part = written.removeprefix(f"{AFTER_STEPS}: ")
        if part != written and part not in self.written:
            self.written.append(part)
        if pages is not None:
            self.pages_written[part] = pages
        if phase.startswith("beats of "):
            place = searched.removeprefix("beats of ")
            if "," not in phase.partition(":")[0]:
                # a phase that tells no bound takes none back
                known = self.by_municipality.get(place, (None, None))[1]
                self.by_municipality[place] = (found, known if proven is None else proven)
        self.run_words = self._found_words(phase, found, proven)
        self._say_run()

    def _take_result(self: Any, folder: Path, feasible: bool, clashes: list) -> None:
        making, self.making = self.making, None
        before = self.scenario.plan_shown
        try:
            self.scenario.take(folder, self.asked)
        except InputError as error:
            self._stopped(self.tr("There is no new plan."))
            self.show_lines(self.tr("This cannot be done"), [str(note) for note in error.problems])
            return
        self.saved = False
        # what was drawn beside the run belongs to the plan before, and is told
        moved_on = making is None and before != self.scenario.plan_shown
        self.kept_before = self.draft.kept_on(before) if moved_on else 0
        self._stopped(self.end_run())
        if making is not None:
            making()
        if not feasible:
            title = self._clash_title(self.scenario.plan)
            self.show_lines(title, [line for c in clashes for line in clash_lines(str(c))])

    def _show_refusal(self: Any, lines: list, *, of_program: bool = False) -> None:
        self.making = None
        self._stopped(self.tr("There is no new plan."))
        title = self.tr("beatplanner met an error of its own") if of_program else self.tr("The input cannot be used")
        self.show_lines(title, [str(line) for line in lines])
