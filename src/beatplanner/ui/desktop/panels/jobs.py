"""What the panels let a child do: cards, verdicts and postings. It knows no widget: a child that is asked for them would load all of the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.result.verdict import WrittenVerdict
    from beatplanner.data.town.town import Town
    from beatplanner.planning.changes.replanning import ReplanFound
    from beatplanner.planning.changes.roster_edits import Accepted
    from beatplanner.planning.whole.plan_warnings import PlanWarning

# What the solver may take to mend postings, in seconds.
REPAIR_SECONDS = 30.0


def accept_postings(folder: Path, out: Path, postings: list[Any], reason: str) -> Accepted:
    """Write a plan anew with postings that were made by hand."""
    from beatplanner.planning.changes.roster_edits import accept

    return accept(folder, out, postings, reason=reason)


def replan_postings(folder: Path, out: Path, wished: Any, project: Path | None, reason: str = "") -> ReplanFound:
    """Write a plan anew with the fewest changes that keep the rules, beginning with a table of wishes; `reason` is kept with it."""
    from beatplanner.planning.changes.replanning import replan

    return replan(folder, out, [], wished=wished, project=project, time_limit=REPAIR_SECONDS, reason=reason)


def count_cards(plan: PlanTables, town: Town | None) -> tuple[dict[str, object], list[PlanWarning]]:
    """Return what the cards of a plan hold, but for plan and town themselves, and the plan's warnings."""
    from beatplanner.planning.forum.beat_cards import BeatBook
    from beatplanner.planning.whole.plan_warnings import plan_warnings

    if plan.beats is None:
        return {}, plan_warnings(plan)
    kept = vars(BeatBook(plan, town).read())
    return {k: v for k, v in kept.items() if k not in ("tables", "town")}, plan_warnings(plan)


def look_for_verdict(folder: Path) -> tuple[WrittenVerdict | None, tuple[str, ...]]:
    """Return the verdict that lies beside a plan, None where there is none, and the hashes of the plan's files."""
    from beatplanner.planning.whole.verdict import hashes, read_verdict

    found = read_verdict(folder)
    try:
        return found, () if found is not None else tuple(hashes(folder).values())
    except OSError:
        return found, ()
