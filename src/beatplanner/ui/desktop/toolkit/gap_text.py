"""How near to the best a plan is, as the window says it in several places."""

from __future__ import annotations

from beatplanner.data.result.draft_reason import BEST, gap_said
from beatplanner.ui.desktop.toolkit.figures_text import percent
from beatplanner.ui.desktop.toolkit.in_language import translated


def reported_text(gap: float | None) -> str:
    """Return what the search alone reports of a step, beside what is proven of it; "" where it reports nothing else."""
    words = translated("The search reports at most {0}, which the checker cannot check.")
    return "" if gap is None else words.format(gap_said(gap, percent))


def searched_text(gap: float) -> str:
    """Return what a search that is under way has proven so far, which nobody has checked yet."""
    if gap <= BEST:
        return translated("Proven best.")
    return translated("at most {0} from the best possible plan, not checked yet").format(gap_said(gap, percent))
