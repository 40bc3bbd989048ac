"""What is proven in the end of a run: the chart's gaps by step and municipality, and half a sentence."""

from __future__ import annotations

from typing import Any

from beatplanner.data.result.draft_reason import gap_said
from beatplanner.planning.proof import OPTIMAL_GAP
from beatplanner.ui.desktop.panels.run_chart import Gap
from beatplanner.ui.desktop.toolkit.figures_text import percent

# Of so many municipalities the end of a run tells what is proven of each.
MOST_TOLD = 5


class RunGaps:
    """The main window's words on gaps; it needs ``by_municipality`` and ``unmet``."""

    def _gaps(self: Any, summary: dict) -> list[Gap]:
        """Return what is proven of each step, of the beats by municipality where there are several."""
        found: list[Gap] = []
        for step, name in self._step_names().items():
            if step == "beats" and len(self.by_municipality) > 1:
                for place, (best, bound) in sorted(self.by_municipality.items()):
                    wider, gap = place in self.unmet, None
                    if not wider and best is not None and bound is not None and best > 0:
                        gap = max(0.0, (best - bound) / best)
                    found.append(self._gap(f"{name}: {place}", gap, wider=wider))
            elif step in summary:
                wider = summary[step]["status"] in ("infeasible", "unknown")
                found.append(self._gap(name, None if wider else summary[step]["gap"], wider=wider))
        return found

    def _gap(self: Any, name: str, gap: float | None, *, wider: bool) -> Gap:
        if gap is None:
            return Gap(name, None, self.tr("rules relaxed") if wider else self.tr("no bound"))
        return Gap(name, gap, self.tr("proven best") if gap <= OPTIMAL_GAP else gap_said(gap, percent))

    def _by_municipality(self: Any, step: str, summary: dict) -> str:
        """Return what is proven of each municipality where nothing is of all of them together, those with the least first; "" else."""
        if step != "beats" or summary.get("gap") is not None or len(self.by_municipality) < 2:
            return ""
        if not self.unmet and not any(best and bound is not None for best, bound in self.by_municipality.values()):
            # one beside the other would say the same as often as there are municipalities
            return self.tr("nor has any municipality one of its own")
        said: list[tuple[float, str]] = []
        for place, (best, bound) in sorted(self.by_municipality.items()):
            if place in self.unmet:
                said.append((3.0, self.tr("{0} with wider rules").format(place)))
            elif best is None or bound is None or best <= 0:
                said.append((2.0, self.tr("{0} without a bound").format(place)))
            elif (gap := max(0.0, (best - bound) / best)) <= OPTIMAL_GAP:
                said.append((0.0, self.tr("{0} proven best").format(place)))
            else:
                said.append((gap, self.tr("{0} at most {1} from its best").format(place, gap_said(gap, percent))))
        said.sort(key=lambda one: -one[0])
        words = [one for _, one in said[:MOST_TOLD]]
        if len(said) > MOST_TOLD:
            words.append(self.tr("and {0} more").format(len(said) - MOST_TOLD))
        return ", ".join(words)
