"""Repair, and solving on from what is drawn: begun, told and taken as one edit that can be undone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtWidgets import QPushButton

from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.in_language import in_language

REPAIR_SECONDS, IMPROVE_SECONDS = 8.0, 60.0


class DrawingSolving:
    """The drawing panel's actions that solve; it needs ``drawing``, ``process`` and ``map``."""

    def repair(self: Any) -> None:
        """Look for the least change that restores the rules; pressed again it stops."""
        self._start("repair", REPAIR_SECONDS)

    def improve(self: Any) -> None:
        """Solve on; pressed again it stops."""
        self._start("improve", IMPROVE_SECONDS)

    def stop(self: Any) -> None:
        """Stop what is at work; the drawing stays as it was."""
        self.process.cancel()
        self.say(self.tr("Stopped; the drawing is as it was."))
        self._enable()

    def _make_at_work(self: Any) -> None:
        """Put what is at work, and Stop, into the status bar: the panel may be hidden."""
        self.at_work, self.stop_work = Label(), QPushButton(self.tr("Stop"))
        self.stop_work.clicked.connect(self.stop)
        for widget in (self.at_work, self.stop_work):
            self.window_.statusBar().addPermanentWidget(widget)
            widget.hide()

    def _gain(self: Any, gained: object) -> list[str]:
        """Say what the objective was and is."""
        if not isinstance(gained, tuple):
            return []
        before, after, unit = gained
        names = {
            "hours × metres": self.tr("hours × km"),
            "metres": self.tr("km"),
            "links or metres": self.tr("links or metres"),
        }
        named = names.get(unit, unit)
        scale = 1000.0 if unit in ("hours × metres", "metres") else 1.0
        # as many digits as tell the two apart
        change = abs(after - before) / scale
        digits = 0 if change >= 10 or not change else min(6, max(0, 1 - math.floor(math.log10(change))))
        part = (after - before) / before if before else 0.0
        share = percent(part, max(1, -math.floor(math.log10(abs(part) * 100))) if part else 0, sign=True)
        words = self.tr("Objective, less is better: {0} → {1} {2} ({3}).")
        return [words.format(number(before / scale, digits), number(after / scale, digits), named, share)]

    def _start(self: Any, job: Any, seconds: float) -> None:
        if self.process.running:
            self.stop()
            return
        # what was typed just now is a rule already for who sees it
        if not self.window_.rules_are_taken():
            return
        drawing = self.begin()
        if drawing is None:
            return
        self.map.use(None)
        self._sought_from = drawing.edits
        self.process.start(drawing, job, seconds)
        self.say(self.tr("At work; press again to stop."))
        self._enable()

    def _show_progress(self: Any, phase: str, best: object, bound: object, seconds: float) -> None:
        from beatplanner.planning.progress import split_unit
        from beatplanner.ui.words import progress_line

        reached = [v if isinstance(v, float | int) else None for v in (best, bound)]
        words = self.tr("{0}\n{1} s; press again to stop.")
        steps = {
            "reading": self.tr("Reading"),
            "preparing": self.tr("Getting ready"),
            "beats": self.tr("Beats"),
            "stations": self.tr("Stations"),
            "officers": self.tr("Officers"),
            "proving": self.tr("Proof"),
            "writing": self.tr("Writing"),
            "repair": self.tr("Repair"),
        }
        bare, unit = split_unit(phase)
        step, mark, rest = bare.partition(",") if "," in bare.partition(":")[0] else bare.partition(":")
        job, _, place = step.partition(" of ")
        of = {"beats": self.tr("Beats of {0}"), "repair": self.tr("Repair of {0}")}
        step = of[job].format(place) if place and job in of else steps.get(step, step)
        head, colon, what = f"{step}{mark}{rest}".partition(":")
        phase = f"{head}{f' [{unit}]' if unit else ''}{colon}{what}"
        line = in_language(progress_line(phase, *reached))
        self.say(words.format(line, number(seconds)))
        # beside the map, where the panel may be hidden, stands what is at work, how far it is and what it has found
        parts = (self._job_name(self.process.job), line, self.tr("{0} s").format(number(seconds)))
        self.at_work.setText(" · ".join(dict.fromkeys(part for part in parts if part)))

    def job_at_work(self: Any) -> str:
        """Return what is at work, as its button calls it."""
        return self._job_name(self.process.job)

    def _job_name(self: Any, job: str) -> str:
        """Return what the button of a job is called while it does not stop it; "" where none was begun."""
        action = self.actions_.get(f"draw_{job}")
        return "" if action is None else action.text().replace("&", "").rstrip("…")

    def _jobs(self: Any, **able: bool) -> dict[str, bool]:
        """Return which jobs can be begun, or stopped: the button of the one that is at work says that it stops it."""
        at_work = self.process.job if self.process.running else None
        for job in able:
            name = f"draw_{job}"
            if name in self.buttons:
                self.buttons[name].setText(self.tr("Stop") if job == at_work else self._job_name(job))
        return {f"draw_{job}": able[job] or job == at_work for job in able}

    def _take(
        self: Any, job: str, moves: object, words: object, left: object, cut: bool = False, gained: object = None
    ) -> None:
        """Take what the child found as one edit, show what was gained and what moved, and let it be undone."""
        drawing = self.drawing
        assert isinstance(moves, dict)
        if drawing is None or drawing.edits != self._sought_from:
            # what was found holds for what was drawn then: on another drawing it would be an edit that nobody asked for
            self._enable()
            self.say(self.tr("The drawing was changed meanwhile; what was found is not taken."))
            return
        if not moves:
            self._enable()
            nothing = (
                self.tr("Nothing better was found.")
                if job == "improve"
                else self.tr("No change was found that restores the rules.")
            )
            self.say("\n".join([nothing, *self._still(left, cut)]))
            return
        from beatplanner.planning.changes.repair import moves_in_words

        before = drawing.beat.astype(str)
        if not self.edit(lambda d: d.move(moves, "repair" if job == "repair" else "take")):
            return
        lines = (
            list(words)
            if isinstance(words, list | tuple) and words
            else list(moves_in_words(drawing, before, drawing.beat.astype(str)))
        )
        broken = self._still(left, cut)
        # what is not done is said before what is
        head = self.tr("Moved toward the rules:") if broken else self.tr("Moved to restore the rules:")
        title = head if job == "repair" else self.tr("Moved by solving on:")
        broken += self._gain(gained)
        more = [self.tr("And {0} more.").format(len(lines) - 6)] if len(lines) > 6 else []
        rest = [self.tr("And {0} more.").format(len(lines) - 1)] if len(lines) > 1 else []
        first = f"{title} {in_language(lines[0])}" if lines else title
        self.say(
            "\n".join([*broken, title, *(f"• {in_language(line)}" for line in lines[:6]), *more]),
            # who has the panel hidden reads one line of it
            " ".join(f"{said.rstrip('.')}." for said in (*broken, first, *rest))
            if lines
            else " ".join([*broken, first]),
        )
        self._repaired = np.array(sorted(moves))
        self.map.select_units(self._repaired)

    def _still(self: Any, left: object, cut: bool) -> list[str]:
        """Say which rules are still broken, and whether the time ended the search for more."""
        if not isinstance(left, list | tuple) or not left:
            return []
        said = [self.tr("Still broken: {0}").format(in_language(b)) for b in left]
        return [*said, self.tr("The time ended the repair; pressed again it goes on from here.")] if cut else said

    def _refused(self: Any, text: str) -> None:
        self.say(in_language(text))
        self._enable()
