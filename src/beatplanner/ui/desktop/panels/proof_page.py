"""The proof: what is proven of each step in words and units, what the checker found, and the run card."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from beatplanner.data.result.draft_reason import gap_said
from beatplanner.data.result.ending import ending_said
from beatplanner.data.result.run_card import FAILED
from beatplanner.ui.desktop.panels import jobs
from beatplanner.ui.desktop.panels.rule_host import by_key
from beatplanner.ui.desktop.plain_text import Browser, literal
from beatplanner.ui.desktop.session.child_process import Work
from beatplanner.ui.desktop.session.verify_process import VerifyProcess
from beatplanner.ui.desktop.toolkit.banner import Banner
from beatplanner.ui.desktop.toolkit.figures_text import NONE, date, number, percent
from beatplanner.ui.desktop.toolkit.gap_text import reported_text
from beatplanner.ui.desktop.toolkit.in_language import in_counts, in_language, with_counts

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims
    from beatplanner.data.result.verdict import WrittenVerdict
    from beatplanner.planning.whole.step_proofs import ToldProof

# Failed checks that are told, and how many of them above the page, which scrolls; the rest are counted.
MOST_SHOWN, SHORT = 12, 3
SHOWN_OF_A_HASH = 12
# What the checker calls several claims that share a reason.
GROUP = re.compile(r"(summary|plan): (\S+)(?: and (\d+) more)?")
# The keys behind a reason.
KEYS = re.compile(r" \(([a-z][\w.\[\]]*(?:, [\w.\[\]]+)*)\)$")
GOOD, BAD, WAITING = "good", "wrong", "waiting"


class ProofPage(QWidget):
    """Proof and verdict of a plan.

    Signals
    -------
    judged
        True where every check passed, False where one failed, None while nobody knows.

    Attributes
    ----------
    verdict
        As `planning.verdict.examine` gives it; None before the checker has ended.
    """

    judged = Signal(object)

    def __init__(self, work: Work, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.work = work
        self.folder: Path | None = None
        self.summary: Claims | None = None
        self.verdict: WrittenVerdict | None = None
        self._said = ""
        self._known: dict[tuple[str, ...], WrittenVerdict] = {}
        self.process = VerifyProcess(self)
        self.process.finished.connect(self._checked)
        self.process.refused.connect(self._refused)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        self.banner = Banner(WAITING)
        self.banner.setWordWrap(True)
        self.banner.setTextFormat(Qt.TextFormat.PlainText)
        self.banner.setAccessibleName(self.tr("The checker's verdict"))
        self.banner.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.banner)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.again, self.copy = QPushButton(self.tr("Check again")), QPushButton(self.tr("Copy"))
        self.copy.setToolTip(self.tr("Copy proof and run card as text"))
        self.copy.setAccessibleName(self.tr("Copy proof and run card as text"))
        self.again.clicked.connect(self._check_or_stop)
        self.copy.clicked.connect(self._copy)
        row.addWidget(self.again)
        row.addWidget(self.copy)
        row.addStretch(1)
        column.addLayout(row)
        self.page = Browser()
        self.page.setOpenLinks(False)
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setAccessibleName(self.tr("What is proven, and the run card"))
        self.page.document().setDocumentMargin(2)
        column.addWidget(self.page, 1)
        self.take(None, None)

    # ---- the plan

    def take(self, folder: Path | None, summary: Claims | None) -> None:
        """Show the proof of a plan; its verdict is read where it lies beside the plan, else the checker begins."""
        self.process.cancel()
        self.folder, self.summary, self.verdict = folder, summary, None
        self._name_button()
        self.copy.setEnabled(summary is not None)
        if summary is None:
            self.page.setHtml("")
            self._show_banner(self.tr("There is no plan yet."), WAITING)
            self.judged.emit(None)
            return
        self.page.setHtml(self._html(summary))
        if folder is None:
            self._show_banner(self.tr("This plan lies in no folder and cannot be checked."), WAITING)
            return
        self._show_banner(self.tr("Looking for the checker's verdict…"), WAITING)
        self.judged.emit(None)

        def done(found: tuple[WrittenVerdict | None, tuple[str, ...]]) -> None:
            if self.folder != folder or self.process.running:
                return
            verdict = found[0] or self._known.get(found[1])
            if verdict is None:
                self.check()
            else:
                self._take(verdict)

        self.work.run(done, lambda _: self.check() if self.folder == folder else None, jobs.look_for_verdict, folder)

    def check(self) -> None:
        """Let the checker recompute every figure, in a process of its own."""
        if self.folder is not None:
            self.verdict = None
            self.process.start(self.folder)
            self._name_button()
            self._show_banner(self.tr("Recomputing every figure without the solvers…"), WAITING)
            self.judged.emit(None)

    def _check_or_stop(self) -> None:
        """Check, or end the check that is under way."""
        if not self.process.running:
            self.check()
            return
        self.process.cancel()
        self._name_button()
        self._show_banner(self.tr("Stopped; the plan was not checked to the end."), WAITING)
        self.judged.emit(None)

    def _name_button(self) -> None:
        """Let the button say what it does now."""
        running = self.process.running
        self.again.setText(self.tr("Stop") if running else self.tr("Check again"))
        self.again.setToolTip(
            self.tr("End the check; the plan stays as it is")
            if running
            else self.tr("Recompute every figure of the plan without the solvers (F7)")
        )
        self.again.setEnabled(self.folder is not None)

    def _checked(self, folder: Path, verdict: WrittenVerdict) -> None:
        if folder == self.folder:
            self._known[tuple(verdict.get("files", {}).values())] = verdict
            self._take(verdict)

    def _refused(self, folder: Path, why: str) -> None:
        if folder == self.folder:
            self._name_button()
            said = (
                in_language(why)
                if why
                else self.tr("the checker ended without a verdict; the computer may be short of memory")
            )
            self._show_banner(self.tr("✘ The plan could not be checked: {0}").format(said), BAD)
            self.judged.emit(None)

    def _take(self, verdict: WrittenVerdict) -> None:
        self.verdict = verdict
        self._name_button()
        failed, unchecked = verdict.get("failed", []), verdict.get("unchecked", [])
        wrong: list[str] = []
        if verdict.get("ok"):
            lines = [
                with_counts(
                    self.tr("✔ All {0} checks passed: every figure was recomputed without the solvers."),
                    number(verdict["checks"] - len(unchecked)),
                )
            ]
        else:
            lines = [self.failed_checks(), *self._failed(SHORT)]
            if len(failed) > SHORT:
                wrong = [self.failed_checks(), *self._failed(MOST_SHOWN)]
        self.page.setHtml(self._html(self.summary or {}, wrong))
        lines += [self._left(u["name"], u["detail"]) for u in unchecked[:3]]
        from beatplanner.planning.verification.coverage import listed_under

        # which figures those are is for who looks closer
        tip: list[str] = []
        for u in unchecked:
            if group := GROUP.fullmatch(u["name"]):
                behind = KEYS.search(u["detail"])
                keys = [group[2]] if behind is None else behind[1].split(", ")
                tip.append("; ".join(dict.fromkeys(self._words(listed_under(key)) for key in keys)))
        self.banner.setToolTip(literal("\n".join(tip)))
        when = _time(verdict.get("checked_on"))
        if when:
            lines.append(self.tr("Checked on {0}.").format(when))
        self._show_banner("\n".join(lines), GOOD if verdict.get("ok") else BAD)
        self.judged.emit(bool(verdict.get("ok")))

    def _failed(self, most: int) -> list[str]:
        """Return what failed, a line each, and how many more there are."""
        failed = [] if self.verdict is None else self.verdict.get("failed", [])
        lines = [f"• {self._words(f['name'])}: {in_language(f['detail'])}" for f in failed[:most]]
        return lines + ([self.tr("And {0} more.").format(len(failed) - most)] if len(failed) > most else [])

    def failed_checks(self) -> str:
        """Return how many checks of how many failed; "" where none did, or nobody knows."""
        verdict = self.verdict
        if verdict is None or verdict.get("ok"):
            return ""
        failed, checks = number(len(verdict.get("failed", []))), number(verdict["checks"])
        return in_counts(self.tr(FAILED).format(failed=failed, checks=checks))

    def _left(self, name: str, why: str) -> str:
        """Return a sentence on what could not be checked, and why."""
        group = GROUP.fullmatch(name)
        if group is None:
            said = self._words(name)
        elif group[3] is None:
            said = {"summary": self.tr("one figure of the summary"), "plan": self.tr("one column of the plan")}[
                group[1]
            ]
        else:
            forms = {"summary": self.tr("{0} figures of the summary"), "plan": self.tr("{0} columns of the plan")}
            said = with_counts(forms[group[1]], number(1 + int(group[3])))
        if group is not None:
            # which they are stands in the tool tip
            why = KEYS.sub("", why)
        return self.tr("Could not be checked: {0}. {1}").format(said, in_language(why))

    def _words(self, name: str) -> str:
        """Return the name of a check or a key, such as beats.max_deviation, as words; a rule by its name."""
        rule = by_key().get(name)
        if rule is not None:
            return self.tr(rule.label)
        bare = name.replace("[]", "")
        words = [self.tr(part.strip().replace("_", " ")) for part in re.split(r"[.:](?= |\w)", bare)]
        return ", ".join([words[0][:1].upper() + words[0][1:], *words[1:]])

    def _show_banner(self, text: str, kind: str) -> None:
        self.banner.setText(text)
        self.banner.setAccessibleDescription(text)
        self.banner.is_about(kind)

    # ---- in words

    def steps(self, summary: Claims) -> list[tuple[str, str, list[str]]]:
        """Return each step: title, standing and sentences."""
        from beatplanner.planning.whole.step_proofs import step_proofs

        titles = {"beats": self.tr("Beats"), "stations": self.tr("Stations"), "officers": self.tr("Officers")}
        found = []
        for proof in step_proofs(summary):
            lines = [self._aim(proof), *self._reach(proof), self._meaning(proof)]
            if proof.parts:
                lines.insert(1, self._parts(proof))
            if self.failed_checks() and proof.standing in ("best", "within"):
                standing = self.tr("nothing is proven")
                lines[1 + bool(proof.parts) :] = [
                    self.tr("What this means: {0}").format(
                        self.tr("the plan was found wrong, so that what was proven is not proven of it.")
                    )
                ]
            else:
                standing = self._standing(proof)
            found.append((titles[proof.step], standing, [line for line in lines if line]))
        return found

    def _standing(self, p: ToldProof) -> str:
        if p.standing == "within" and p.gap is not None:
            return self.tr("proven within {0} of the best").format(gap_said(p.gap, percent))
        return {
            "best": self.tr("proven best"),
            "no bound": self.tr("no bound: nobody knows how much better a plan could be"),
            "relaxed": self.tr("rules were relaxed, nothing is proven"),
            "unknown": self.tr("rules were relaxed, nothing is proven"),
            "given": self.tr("given, not sought"),
        }[p.standing]

    def _aim(self, p: ToldProof) -> str:
        value = self._plain(p, p.plain)
        return {
            "travel": self.tr(
                "Objective: minimise travel. An hour of work lies {0} from the centre of its beat, on average."
            ).format(value),
            "cut": self.tr("Objective: short borders between beats. They are {0} long in total.").format(value),
            "p-median": self.tr(
                "Objective: short walks. A resident walks {0} to the nearest station, on average."
            ).format(value),
            "coverage": self.tr(
                "Objective: as many residents as possible within the walking limit. {0} are beyond it."
            ).format(value),
            "p-center": self.tr("Objective: no walk too long. The longest is {0}.").format(value),
            "fewest": self.tr(
                "Objective: the fewest stations that bring everyone within the limit. It takes {0}."
            ).format(value),
            "weights": self.tr(
                "Objective: few vacant months, broken tenures, language gaps and moves, weighed by points. The plan has {0}."
            ).format(value),
        }.get(p.kind, self.tr("Objective: {0}.").format(value))

    def _plain(self, p: ToldProof, value: float) -> str:
        if p.kind in ("travel", "p-median", "p-center"):
            return self.tr("{0}\N{NO-BREAK SPACE}m").format(number(value, 0 if value >= 100 else 1))
        if p.kind == "cut":
            return self.tr("{0}\N{NO-BREAK SPACE}km").format(number(value, 1))
        if p.kind == "coverage":
            return with_counts(self.tr("{0} residents"), number(value))
        if p.kind == "fewest":
            return with_counts(self.tr("{0} stations"), number(value))
        return with_counts(self.tr("{0} points"), number(value))

    def _in_all(self, p: ToldProof, value: float | None) -> str:
        """Return the objective itself, as the summary has it, with its unit."""
        if value is None:
            return NONE
        if p.kind == "travel":
            return self.tr("{0} hours × metres").format(number(value))
        if p.kind == "p-median":
            return with_counts(self.tr("{0} metres of walks in all"), number(value))
        return self._plain(p, value / 1000 if p.kind == "cut" else value)

    def _parts(self, p: ToldProof) -> str:
        names = {
            "vacant_month": self.tr("vacant months"),
            "tenure_violation": self.tr("broken tenures"),
            "language_gap": self.tr("months with a language gap"),
            "gender_gap": self.tr("months with a gap in the mix of women and men"),
            "rotation": self.tr("rotations"),
            "home_km_month": self.tr("km between home and beat, times months"),
            "unpreferred_month": self.tr("months outside preferred beats"),
            "changed_month": self.tr("months changed against what was published"),
            "speaker_month": self.tr("months of residents whose language no officer speaks"),
            "language_must": self.tr("months without a language that must be spoken"),
        }
        said = [
            with_counts(self.tr("{0} {1}: {2} points"), number(n), names.get(w, w), number(points))
            for w, n, points in p.parts
        ]
        return self.tr("Of these: {0}.").format("; ".join(said))

    def _reach(self, p: ToldProof) -> list[str]:
        """Say what the bound proves."""
        seconds = with_counts(self.tr("Search time: {0} seconds."), number(p.seconds, 0 if p.seconds >= 10 else 1))
        if p.standing == "given":
            return []
        reported = [said] if (said := reported_text(p.reported)) else []
        if p.plain_bound is None or p.gap is None:
            return [*reported, seconds]
        if p.standing == "best":
            said = self.tr("No plan under these rules can have less than {0}.").format(self._plain(p, p.plain_bound))
        else:
            said = self.tr(
                "No plan under these rules can have less than {0}: at most {1} ({2}) could still be gained."
            ).format(self._plain(p, p.plain_bound), self._plain(p, p.plain - p.plain_bound), gap_said(p.gap, percent))
        exact = self.tr("Objective {0}, lower bound {1}, gap {2}.").format(
            self._in_all(p, p.objective), self._in_all(p, p.bound), gap_said(p.gap, percent)
        )
        return [" ".join([said, *reported]), f"{exact} {seconds}"]

    def _meaning(self, p: ToldProof) -> str:
        said = {
            "best": self.tr(
                "the program has proven that no other plan under these rules is better. Longer search changes nothing; only other rules would."
            ),
            "within": self.tr(
                "a better plan may exist, but only by so little. More time may find it, or prove that there is none."
            )
            if p.gap is not None and p.gap <= 0.02
            else self.tr(
                "a better plan may exist, by this much at most. More time may find it, or prove that there is none."
            ),
            "no bound": self.tr(
                "the plan keeps the rules, but nobody has computed how much better another could be. Do not call it the best."
            ),
            "relaxed": self.tr(
                "the rules that you asked for cannot all be kept together. This plan keeps as many as possible; see Warnings for which clash."
            ),
            "unknown": self.tr(
                "no plan was found that keeps all rules, and nobody has proven that there is none. This plan keeps as many as possible; see Warnings."
            ),
            "given": self.tr("these are the beats that you brought along; they were measured, not drawn anew."),
        }[p.standing]
        return self.tr("What this means: {0}").format(said)

    # ---- the page

    def _html(self, summary: Claims, wrong: Sequence[str] = ()) -> str:
        parts = [f"<h3>{_safe(line)}</h3>" for line in wrong[:1]] + [f"<p>{_safe(line)}</p>" for line in wrong[1:]]
        for title, standing, lines in self.steps(summary):
            parts.append(f"<h3>{_safe(title)}: {_safe(standing)}</h3>")
            # the last sentence says what the others mean
            parts += [f"<p>{_safe(line)}</p>" for line in lines[:-1]] + [f"<p><i>{_safe(lines[-1])}</i></p>"]
        parts.append(f"<h3>{_safe(self.tr('Run card'))}</h3>")
        parts += [f"<p>{_safe(line)}</p>" for line in self._run(summary)]
        for title, lines in self._inputs(summary):
            parts.append(f"<p><b>{_safe(title)}</b><br>{'<br>'.join(_safe(line) for line in lines)}</p>")
        versions = ", ".join(f"{name} {number_}" for name, number_ in summary.get("versions", {}).items())
        parts.append(f"<p>{_safe(self.tr('Versions: {0}.').format(versions))}</p>")
        style = "<style>h3 { margin: 10px 0 2px 0; font-size: medium; } p { margin: 2px 0 4px 0; }</style>"
        return style + "".join(parts)

    def _run(self, summary: Claims) -> list[str]:
        limit = summary.get("time_limit")
        said = with_counts(
            self.tr("“{0}”, made in {1} seconds with seed {2} and {3} threads; {4}."),
            summary.get("project", ""),
            number(summary.get("seconds")),
            summary.get("seed", ""),
            summary.get("threads", ""),
            self._no_limit(summary)
            if limit is None
            else with_counts(self.tr("the time limit was {0} seconds"), number(limit)),
        )
        return [said, in_language(ending_said(summary)), self.tr("Coordinates: {0}.").format(summary.get("crs", ""))]

    def _no_limit(self, summary: Claims) -> str:
        most = summary.get("solving_limit")
        if most is None:
            return self.tr("no time limit was given")
        return with_counts(self.tr("no time limit was given, and solving has at most {0} seconds then"), number(most))

    def _inputs(self, summary: Claims) -> list[tuple[str, list[str]]]:
        found = []
        for i in summary.get("inputs", []):
            name = re.split(r"[\\/]", str(i["path"]))[-1]
            lines = [
                with_counts(
                    self.tr("of {0}; {1} of {2} rows used"),
                    _time(i.get("modified")) or "–",
                    number(i.get("rows_used")),
                    number(i.get("rows_in")),
                ),
                f"SHA-256 {str(i.get('sha256', ''))[:SHOWN_OF_A_HASH]}…",
            ]
            found.append((f"{self._words(str(i['role']))}: {name}", lines))
        return found

    def text(self) -> str:
        """Return verdict, proof and run card as text, hashes in full."""
        text = self.page.toPlainText()
        for i in (self.summary or {}).get("inputs", []):
            text = text.replace(f"{str(i.get('sha256', ''))[:SHOWN_OF_A_HASH]}…", str(i.get("sha256", "")))
        return f"{self.banner.text()}\n\n{text}\n"

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


def _safe(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _time(iso: Any) -> str:
    """Return day and time of a moment in ISO, in local time; "" where there is none."""
    try:
        moment = dt.datetime.fromisoformat(str(iso)).astimezone()
    except ValueError:
        return ""
    return f"{date(moment.date())}, {moment:%H:%M}"
