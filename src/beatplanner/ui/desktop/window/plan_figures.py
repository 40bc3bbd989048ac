"""The panel of the plan: what is drawn, what is planned, and how near each step is to the best; the run and the rules below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGroupBox, QLabel, QPushButton, QVBoxLayout, QWidget

from beatplanner.data.errors import InputError
from beatplanner.data.result.draft import proven_gap, reported_gap, standing_of
from beatplanner.data.result.draft_reason import gap_said
from beatplanner.planning.proof import clash_is_proven
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.gap_text import reported_text
from beatplanner.ui.desktop.toolkit.in_language import in_language, with_counts
from beatplanner.ui.desktop.toolkit.tall_scroll import TallScroll

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables


def _as_drawn(summary: dict) -> bool:
    """Tell whether a plan is what somebody drew: no other was looked for."""
    return (summary.get("drawn") or {}).get("how") == "keep"


class PlanFigures:
    """The main window's words on the plan; it needs ``scenario``, ``draft`` and ``gantt``."""

    def _side_panel(self: Any) -> QWidget:
        panel = QWidget()
        column = QVBoxLayout(panel)
        self.heading = Label()
        font = self.heading.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self.heading.setFont(font)
        self.heading.setWordWrap(True)
        column.addWidget(self.heading)
        # above what is longer with a plan, so that its buttons stay where they are
        column.addWidget(self.make_run_box())
        self.figures = self._text_box(column, self.tr("The plan"))
        self.rules = self._text_box(column, self.tr("Rules"))
        self.rules_button = QPushButton(self.tr("Change rules…"))
        box = self.rules.parentWidget()
        assert box is not None and box.layout() is not None
        box.layout().addWidget(self.rules_button)  # type: ignore[union-attr]
        column.addStretch(1)
        scroll = TallScroll(panel)
        scroll.setMinimumWidth(250)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return scroll

    def _text_box(self: Any, column: QVBoxLayout, title: str) -> QLabel:
        box = QGroupBox(title)
        inner = QVBoxLayout(box)
        label = Label()
        label.setWordWrap(True)
        # names come from the user's files; a tag in one is text, not a command
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        inner.addWidget(label)
        column.addWidget(box)
        return label

    def _figures(self: Any) -> str:
        plan, drawn, shown = self.scenario.plan, self.scenario.drawn, self.scenario.as_drawn
        lines: list[str] = []
        if drawn is not None and drawn.changed:
            f = drawn.figures()
            words = with_counts(self.tr("As drawn: {0} beats within ±{1}"), len(f.beat), percent(f.max_deviation, 1))
            if f.moved_share is not None:
                words += ", " + with_counts(self.tr("{0} of residents change beat"), percent(f.moved_share, 1))
            lines.append(words + ".")
        lines += self._levels_words()
        if shown is not None and plan is not None and shown.stations is not plan.stations:
            stations = shown.summary["stations"]
            words = self.tr("As moved: {0} stations, {1} of residents within the limit")
            lines.append(with_counts(words, stations["count"], percent(stations["share_within_limit"], 1)) + ".")
        if self.draft.has("postings") and self.gantt.judged is not None:
            vacant = self.gantt.judged.figures.get("vacant_months")
            lines.append(with_counts(self.tr("As dragged: {0} vacant months"), number(vacant)) + ".")
        if plan is None:
            if self.solving.running:
                words = self.tr("There is no plan yet; the first one is being made.")
            elif self.map.content.ids:
                words = self.tr("There is no plan yet; today's beats are shown. Press Plan.")
            else:
                words = self.tr("There is no plan yet. Press Plan.")
            return "\n\n".join([*lines, words])
        s = plan.summary
        if lines:
            lines.append(self.tr("In the plan:"))
        if wrong := self.failed_checks():
            lines.append(wrong)
        if "beats" in s:
            b = s["beats"]
            words = with_counts(self.tr("{0} beats within ±{1}"), b["count"], percent(b["max_deviation"], 1))
            if "moved_share" in b:
                words += ", " + with_counts(self.tr("{0} of residents change beat"), percent(b["moved_share"], 1))
            lines.append(" ".join(part for part in (f"{words}.", self._proof(b), self.kept_of_each(s)) if part))
        if "stations" in s:
            words = with_counts(
                self.tr("{0} stations, {1} of residents within the limit"),
                s["stations"]["count"],
                percent(s["stations"]["share_within_limit"], 1),
            )
            lines.append(f"{words}. {self._proof(s['stations'])}".rstrip())
        if "officers" in s:
            o = s["officers"]
            words = self.tr("{0} posts, {1} vacant months, {2} rotations, {3} broken tenures, {4} language gaps")
            words = with_counts(
                words,
                o["posts"],
                number(o["vacant_months"]),
                o["rotations"],
                o["tenure_violations"],
                number(o["language_gaps"]),
            )
            lines.append(f"{words}. {self._proof(o)}".rstrip())
        unproven = set(s.get("unproven_clashes", []))
        # that rules clash is a claim, which needs a proof
        found = self.tr("As drawn: {0}.") if _as_drawn(s) else self.tr("No plan that keeps all rules was found: {0}.")
        for clash in s.get("clashes", []):
            words = in_language(clash)
            lines.append(
                found.format(words.removesuffix("."))
                if clash in unproven
                else self.tr("Rules clash: {0}").format(words)
            )
        return "\n\n".join(lines)

    def _levels_words(self: Any) -> list[str]:
        """Say of sectors and commands over drawn beats whose groups they are, and which of them keep their rules no more."""
        plan, drawn, shown = self.scenario.plan, self.scenario.drawn, self.scenario.as_drawn
        if plan is None or shown is None or drawn is None or shown.sectors is plan.sectors or shown.sectors is None:
            return []
        from beatplanner.planning.changes.drawn_levels import broken_groups

        words = (
            self.tr("Sectors are grouped as in the plan; the next plan groups the beats again.")
            if shown.commands is None
            else self.tr("Sectors and commands are grouped as in the plan; the next plan groups the beats again.")
        )
        broken = broken_groups(shown, drawn)
        if broken:
            words += " " + self.tr("As drawn, these do not keep their rules: {0}.").format(", ".join(broken))
        return [words]

    def _clash_title(self: Any, plan: PlanTables | None) -> str:
        """Return what is said first of a new plan that breaks rules."""
        if plan is not None and _as_drawn(plan.summary):
            return self.tr("The plan as drawn does not keep all rules")
        if plan is None or clash_is_proven(plan.summary):
            return self.tr("The rules cannot all be met")
        if plan.summary.get("stopped"):
            return self.tr("Stopped before a plan that keeps all rules was found")
        return self.tr("No plan that keeps all rules was found")

    def show_not_planned(self: Any, error: InputError) -> None:
        """Tell why nothing can be planned; rules are blamed only where a key of theirs is wrong."""
        if all(note.gone for note in error.problems):
            title = self.tr("Files of this project are missing")
        elif all(note.field and not note.gone for note in error.problems):
            title = self.tr("These rules cannot be planned")
        else:
            title = self.tr("The input cannot be used")
        self.show_lines(title, [str(note) for note in error.problems])

    def refresh_proof(self: Any) -> None:
        """Say anew what is proven of the plan: the checker has judged it, or judges it again."""
        self.figures.setText(self._figures())
        self.refresh_end_of_run()

    def _proof(self: Any, step: dict) -> str:
        if self.failed_checks():
            return ""  # what was proven is proven of another plan
        if step["status"] in ("infeasible", "unknown"):
            return self.tr("Rules were relaxed.")
        gap = proven_gap(step)
        if gap is None:
            words = self.tr("No bound.")
        elif standing_of(step) == "best":
            words = self.tr("Proven best.")
        else:
            words = self.tr("At most {0} from the best.").format(gap_said(gap, percent))
        return f"{words} {reported_text(reported_gap(step))}".rstrip()
