"""How postings become the plan: as they were dragged, repaired, or laid down on a plan that was just made by other rules.

`PostingsToPlan` is mixed into the panel of postings; what of it is not kept is always told, and what does not become the plan stays in the draft.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QInputDialog

from beatplanner.data.errors import InputError, problem
from beatplanner.ui.desktop.panels import jobs
from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.session.child_process import Work
from beatplanner.ui.desktop.session.draft import Draft, Planned
from beatplanner.ui.desktop.toolkit.busy_sign import BusySign
from beatplanner.ui.desktop.toolkit.in_language import error_lines, in_language, translated

if TYPE_CHECKING:
    import datetime as dt

    from beatplanner.planning.changes.replanning import ReplanFound
    from beatplanner.planning.changes.roster_edits import Accepted
    from beatplanner.ui.desktop.session.session import Asked


@dataclass(frozen=True)
class Wishes:
    """Postings that are to be laid down on a plan that is still made.

    Attributes
    ----------
    table
        All of them, as the layer ``assignments`` has them.
    dragged
        Those that were moved by hand: officer, beat, first day and the day after the last.
    days
        The months that they are counted in.
    reason
        Why a tenure is cut short by them; "" where none is.
    """

    table: Any
    dragged: tuple[tuple[str, str, str, str], ...]
    days: tuple[dt.date, ...]
    reason: str = ""


class PostingsToPlan:
    """What the panel of postings does to make them the plan."""

    draft: Draft
    work: Work
    # postings that are laid down just now, and what of the draft they are
    waiting_for: tuple[Wishes, Planned] | None = None

    def show_work(self: Any) -> BusySign:
        """Show in the status line that a plan of postings is made; it can be stopped there, and the postings stay changes then."""
        sign = BusySign(self.window_.statusBar(), self.work.busy_changed, self.tr("Stop"), self.stop_work)
        self.work.busy_changed.connect(lambda busy: None if busy else self._show())
        return sign

    def stop_work(self: Any) -> None:
        """End what is under way; the postings stay changes of the draft."""
        self.work.stop()
        self._show()
        said = self._stay() or [self.tr("Stopped; the postings that were dragged stay as changes.")]
        self.window_.statusBar().showMessage(said[0], 8_000)

    def wishes(self: Any) -> Wishes:
        """Return the postings as they were dragged, to be laid down once there is a plan for them."""
        published, days = set(self.judge.published), tuple(self.judge.days)
        dragged = [p for p in self.postings if p not in published]
        said = [(p.officer, p.beat, days[p.start].isoformat(), days[p.end].isoformat()) for p in dragged]
        return Wishes(self.wished(), tuple(said), days)

    def accept_draft(self: Any) -> None:
        """Make the draft the plan, beats and stations in it too."""
        self.window_.make_draft_the_plan()

    def accept(self: Any) -> bool:
        """Make the postings the plan in force, with a reason where a tenure is cut short; return whether that has begun."""
        if self.judged is None or self.folder is None or self.work.busy:
            return False
        if self.judged.broken:
            repair = self.tr("“Repair” finds the fewest changes that keep the rules.")
            lines = [*map(in_language, self.judged.broken), repair]
            self.window_.show_lines(self.tr("These postings cannot be the plan"), lines)
            return False
        reason = self.asked_reason()
        if reason is None:
            return False
        planned = self.draft.to_plan([self.kind])
        self.sign.says(self.tr("Making these postings the plan…"))
        out, postings = _new_folder(), list(self.postings)
        self._let(out, planned, reason, jobs.accept_postings, self.folder, out, postings, reason)
        self._show()
        return True

    def asked_reason(self: Any) -> str | None:
        """Ask why a tenure is cut short by the postings, and return it; "" where none is, None where nobody says why."""
        if self.judged is None or not self.judged.reason_needed:
            return ""
        costs = [in_language(text) for text in self.judged.costs[:6]]
        words = "\n".join([*costs, "", self.tr("Why is this done? The reason is kept with the plan.")])
        reason, agreed = QInputDialog.getText(self, self.tr("Make this the plan"), literal(words))
        if agreed and not reason.strip():
            lines = [
                self.tr("A tenure is cut short, and nobody says why."),
                self.tr("Give a reason; it is kept with the plan."),
            ]
            self.window_.show_lines(self.tr("These postings cannot be the plan"), lines)
        return reason.strip() or None if agreed else None

    def repair(self: Any) -> None:
        """Let the solver find the fewest changes that keep the rules, beginning with what was dragged."""
        if self.judge is not None and self.folder is not None:
            self._replan(self.wished(), self.draft.to_plan([self.kind]))

    def lay_on_plan(self: Any, wishes: Wishes, planned: Planned) -> None:
        """Let the solver lay postings down on the plan in view, which was just made, as they were wished and as far as its rules allow."""
        self.waiting_for = wishes, planned
        plan = self.window_.scenario.plan
        if plan is None or plan.assignments is None:
            self._refused(InputError(problem("this plan has no officers", "Plan the officers")))
            return
        there = set(plan.beats["beat"].astype(str))
        self._replan(wishes.table[wishes.table["beat"].astype(str).isin(there)], planned, wishes)

    def _replan(self: Any, wished: Any, planned: Planned, wishes: Wishes | None = None) -> None:
        scenario = self.window_.scenario
        if scenario.result is None:
            return
        looking = self.tr("Looking for the fewest changes that keep the rules…")
        self.answer.setPlainText(looking)
        self.sign.says(looking if wishes is None else self.tr("Laying down the postings that were dragged…"))
        out, document, reason = _new_folder(), scenario.document, "" if wishes is None else wishes.reason
        # a project may have been copied, renamed or handed on since its plan was made
        project = None if document is None else document.file
        self._let(out, planned, reason, jobs.replan_postings, scenario.result, out, wished, project, reason)

    def _let(self: Any, out: Path, planned: Planned, reason: str, job: Any, *arguments: Any) -> None:
        """Let a child write a plan of postings, and take it."""
        asked = self.window_.scenario.asked(of_plan=True)
        self.work.run(lambda found: self._take(out, found, planned, asked, reason), self._refused, job, *arguments)

    def _take(
        self: Any, out: Path, found: Accepted | ReplanFound, planned: Planned, asked: Asked | None, reason: str = ""
    ) -> None:
        window = self.window_
        document = window.scenario.document
        try:
            window.scenario.take(out, asked)
        except InputError as error:
            self._refused(error)
            return
        waiting, self.waiting_for = self.waiting_for, None
        window.saved = False
        self.draft.became_the_plan(planned)
        words = "; ".join(f"{d['officer']}: {d['before']} → {d['after']}" for d in found["diff"][:5])
        if document is not None:
            document.record(f"Postings moved by hand: {words}", reason)
        changed = [f"• {d['officer']}: {_served(d['before'])} → {_served(d['after'])}" for d in found["diff"]]
        self.answer.setPlainText("\n".join([self.tr("This is the plan now:"), *changed]))
        unkept = [] if waiting is None else self._unkept(waiting[0])
        if unkept:
            window.show_lines(self.tr("By these rules these postings are not as they were dragged"), unkept)

    def _unkept(self: Any, wishes: Wishes) -> list[str]:
        """Return the postings that were dragged and are not so in the plan in view, in words."""
        plan = self.window_.scenario.plan
        there: set[tuple[str, ...]] = set()
        if plan is not None and plan.assignments is not None:
            for row in plan.assignments[["officer", "beat", "start", "end"]].itertuples(index=False):
                officer, beat, start, end = map(str, row)
                there.add((officer, beat, start[:10], end[:10]))
        called = self.window_.map.content.names
        return [
            f"{officer}: {in_language(called.get(beat, beat))}, {start[5:7]}.{start[:4]} – {end[5:7]}.{end[:4]}"
            for officer, beat, start, end in wishes.dragged
            if (officer, beat, start, end) not in there
        ]

    def _refused(self: Any, error: Exception) -> None:
        lines = [in_language(line) for line in error_lines(error)]
        self.window_.show_lines(self.tr("These postings cannot be the plan"), [*lines, *self._stay()])
        self._show()

    def _stay(self: Any) -> list[str]:
        """Let postings that could not be laid down on a plan be changes, and say of which."""
        waiting, self.waiting_for = self.waiting_for, None
        if waiting is None:
            return []
        wishes, planned = waiting
        if self._counts_alike(wishes):
            self.draft.bring_here(planned)
            return [self.tr("There is a plan by the rules; the postings that were dragged stay as changes of it.")]
        return [
            self.tr(
                "There is a plan by the rules; the postings that were dragged stay as changes of the plan before it."
            )
        ]

    def _counts_alike(self: Any, wishes: Wishes) -> bool:
        """Tell whether the plan in view has the months and beats that postings were dragged in."""
        from beatplanner.planning.changes.roster_edits import months_of

        plan = self.window_.scenario.plan
        if plan is None or plan.assignments is None or tuple(months_of(plan)) != wishes.days:
            return False
        return set(wishes.table["beat"].astype(str)) <= set(plan.beats["beat"].astype(str))


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix=f"beatplanner-{os.getpid()}-")) / "plan"


def _served(series: str) -> str:
    """Return the postings of an officer, such as “Kej 2027-05 to 2029-01”, in the window's language."""
    if series == "no post":
        return translated("no post")

    def months(found: re.Match[str]) -> str:
        return translated("{0} to {1}").format(f"{found[2]}.{found[1]}", f"{found[4]}.{found[3]}")

    return re.sub(r"\b(\d{4})-(\d\d) to (\d{4})-(\d\d)\b", months, series)
