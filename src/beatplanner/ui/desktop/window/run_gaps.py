"""What is proven in the end of a run: the chart's gaps by step and municipality, and half a sentence."""

from __future__ import annotations

from typing import Any

from beatplanner.data.result.draft import BROKEN, proven_bound, proven_gap, standing_of
from beatplanner.data.result.draft_reason import gap_said
from beatplanner.data.result.ending import OfMunicipality, of_municipalities
from beatplanner.data.result.sections import section_of
from beatplanner.planning.proof import OPTIMAL_GAP, share_left
from beatplanner.ui.desktop.panels.run_chart import Gap
from beatplanner.ui.desktop.toolkit.figures_text import number, percent

# Of so many municipalities the end of a run tells what is proven of each.
MOST_TOLD = 5


class RunGaps:
    """The main window's words on gaps; it needs ``by_municipality``, ``unmet``, ``scenario``, ``chart`` and ``ended``."""

    def _gaps(self: Any, summary: dict) -> list[Gap]:
        """Return what is proven of each step, of the beats by municipality where there are several."""
        found: list[Gap] = []
        for step, name in self._step_names().items():
            if step not in summary:
                continue
            claims, apart = summary[step], step == "beats" and len(self.by_municipality) > 1
            wider = claims["status"] in BROKEN
            of_all = None if wider else proven_gap(claims)
            if not apart or of_all is not None:
                found.append(self._gap(name, of_all, wider=wider))
            if apart:
                # the plan's figure is of all of them; of each there is what the search told, which holds where all is proven best
                checked = standing_of(claims) == "best"
                for place, (best, bound) in sorted(self.by_municipality.items()):
                    unmet, gap = place in self.unmet, None
                    if not unmet and best is not None and bound is not None and best > 0:
                        gap = share_left(best, bound)
                    found.append(self._gap(f"{name}: {place}", gap, wider=unmet, checked=checked))
        return found

    def _gap(self: Any, name: str, gap: float | None, *, wider: bool, checked: bool = True) -> Gap:
        if gap is None:
            return Gap(name, None, self.tr("rules relaxed") if wider else self.tr("no bound"))
        words = self.tr("proven best") if gap <= OPTIMAL_GAP else gap_said(gap, percent)
        return Gap(name, gap, words if checked else self.tr("{0}, not checked").format(words))

    def _by_municipality(self: Any, step: str, summary: dict) -> str:
        """Return what is proven of each municipality where nothing is of all of them together, those with the least first; "" else."""
        if step != "beats" or summary.get("gap") is not None or len(self.by_municipality) < 2:
            return ""
        known = [
            OfMunicipality(
                place,
                None if best is None or bound is None or best <= 0 else share_left(best, bound),
                place in self.unmet,
            )
            for place, (best, bound) in sorted(self.by_municipality.items())
        ]
        if not any(one.wider or one.gap is not None for one in known):
            # one beside the other would say the same as often as there are municipalities
            return self.tr("nor has any municipality one of its own")
        return self._of_each(known)

    def kept_of_each(self: Any, summary: dict) -> str:
        """Return what a plan, made now or opened again, keeps of the proofs of its municipalities, as a sentence; "" where one figure tells of all together."""
        known = of_municipalities(summary)
        if not known or section_of(summary, "beats").get("gap") is not None:
            return ""
        said = self._of_each(known)
        return f"{said[:1].upper()}{said[1:]}."

    def _of_each(self: Any, known: list[OfMunicipality]) -> str:
        said: list[tuple[float, str]] = []
        for place, gap, wider in known:
            if wider:
                said.append((3.0, self.tr("{0} with wider rules").format(place)))
            elif gap is None:
                said.append((2.0, self.tr("{0} without a bound").format(place)))
            elif gap <= OPTIMAL_GAP:
                said.append((0.0, self.tr("{0} proven best").format(place)))
            else:
                said.append((gap, self.tr("{0} at most {1} from its best").format(place, gap_said(gap, percent))))
        said.sort(key=lambda one: -one[0])
        words, left = [one for _, one in said[:MOST_TOLD]], [rank for rank, _ in said[MOST_TOLD:]]
        # the others are no more of the same kind: each kind has its number
        kinds = (
            (self.tr("{0} more with wider rules"), left.count(3.0)),
            (self.tr("{0} more without a bound"), left.count(2.0)),
            (self.tr("{0} more with a bound"), sum(0.0 < rank < 2.0 for rank in left)),
            (self.tr("{0} more proven best"), left.count(0.0)),
        )
        said_of_each = ", ".join([*words, *(text.format(count) for text, count in kinds if count)])
        bound = any(rank < 2.0 for rank, _ in said)
        return self.tr("by the search, not checked: {0}").format(said_of_each) if bound else said_of_each

    def end_run(self: Any) -> str:
        """Return how the run ended in one sentence: whether the user ended it, after how long, and how near each step is to the best."""
        names, summary = self._step_names(), {} if self.scenario.plan is None else self.scenario.plan.summary
        head = (
            self.tr("Ended by you after {0} s with the best plan so far")
            if self.stopped_early
            else self.tr("Planned in {0} s")
        )
        self.ended = self.scenario.plan, head.format(number(self.spent()))
        for step in names:
            if step in summary:
                self.chart.settle(step, summary[step].get("objective"), proven_bound(summary[step]))
        self.chart.end(self._gaps(summary))
        return self._end_in_words()

    def refresh_end_of_run(self: Any) -> None:
        """Say anew how near the plan of the run is to the best, which is nothing of a plan that the checker found wrong."""
        if self.ended[0] is None or self.ended[0] is not self.scenario.plan or self.solving.running:
            return
        self.phase.setText(self._end_in_words())
        if self.failed_checks():
            self.chart.clear()

    def _end_in_words(self: Any) -> str:
        names, summary = self._step_names(), {} if self.scenario.plan is None else self.scenario.plan.summary
        if wrong := self.failed_checks():
            return f"{self.ended[1]}. {wrong}"
        parts = []
        for step, words in names.items():
            if step in summary:
                said = self._proof(summary[step]).rstrip(".")
                apart = self._by_municipality(step, summary[step])
                parts.append(f"{words}: {said[:1].lower()}{said[1:]}" + (f" ({apart})" if apart else ""))
        kept = self.tr("Kept with the plan before: {0}.").format(self.in_draft(self.kept_before))
        return self.ended[1] + (f" – {'; '.join(parts)}." if parts else ".") + (f" {kept}" if self.kept_before else "")
