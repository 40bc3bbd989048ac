"""Beats redrawn for what the service asks of them, once they are drawn by the rules of [beats]."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from beatplanner.data.description.models import Description
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service import ServiceContent
from beatplanner.data.result.service_files import LINES
from beatplanner.data.town.town import Town
from beatplanner.planning.whole.served import counted_share
from beatplanner.planning.whole.tables import posts_of_beats
from beatplanner.planning.workload import WorkloadPlan
from beatplanner.solver.clock import read_clock

if TYPE_CHECKING:
    import pandas as pd

    # stations alone need none of the solvers of beats
    from beatplanner.planning.beats.plan import BeatPlan
    from beatplanner.planning.service.counted import CountedShare


def asks_to_redraw(description: Description) -> bool:
    """Tell whether the service asks for anything of the lines of the beats."""
    rules = description.service
    return rules is not None and (
        rules.least_minutes or rules.travel_work or rules.peak_tolerance is not None or rules.longest_drive is not None
    )


def asks_to_count(description: Description) -> bool:
    """Tell whether the share of duty away from the beat is to be counted by the service, for the officers that the work asks for."""
    return description.service is not None and description.service.abstraction == "counted"


def beats_with_counted_share(
    town: Town,
    beats: BeatPlan,
    stay: PlanTables | None,
    *,
    assumed: float | None,
    seed: int,
    cancelled: Callable[[], bool],
) -> tuple[Town, BeatPlan, CountedShare | None]:
    """Return the town and its beats with the counted share, as `with_counted_share`; that of `stay`, a plan whose beats stay, stays too."""
    from beatplanner.planning.service.counted import CountedShare, with_counted_share
    from beatplanner.planning.service.picture import read_inputs

    if stay is not None:
        known = counted_share(stay.summary)
        return town, beats, None if known is None else CountedShare(**known)
    inputs = read_inputs(town)
    return with_counted_share(town, beats, inputs, posts_of_beats, assumed=assumed, seed=seed, cancelled=cancelled)


def redraw(
    town: Town,
    workload: WorkloadPlan,
    beats: BeatPlan,
    posts: Callable[[Any], Any],
    seconds: float | None,
    cancelled: Callable[[], bool],
) -> BeatPlan:
    """Redraw beats as the service asks; ``seconds`` None for a search of fixed length, the same everywhere."""
    from beatplanner.planning.service.least_minutes import least_minutes
    from beatplanner.planning.service.line_search import keep_lines
    from beatplanner.planning.service.lines import asked_of_lines, with_line_rules
    from beatplanner.planning.service.picture import read_inputs

    until = None if seconds is None else read_clock(cancelled) + seconds

    def ended() -> bool:
        return cancelled() or (until is not None and read_clock(cancelled) >= until)

    rules, inputs = town.description.service, read_inputs(town)
    assert rules is not None
    if not asked_of_lines(rules):
        return least_minutes(town, workload, beats, inputs, posts, cancelled=ended)
    found, lines, cut_short = keep_lines(town, workload, beats, inputs, cancelled=ended)
    if rules.least_minutes:
        most = lines.excess(lines.of_all(found.beat)).sum() + 1e-9
        found = least_minutes(
            town,
            workload,
            found,
            inputs,
            posts,
            kept=lambda beat: lines.excess(lines.of_all(beat)).sum() <= most,
            cancelled=ended,
        )
    return with_line_rules(beats, found, lines, cut_short=cut_short)


def note_redrawing(beats: BeatPlan | None, service: tuple[ServiceContent, dict[str, pd.DataFrame]] | None) -> None:
    """Add what redrawing did to the notes of the service, and what its figures can be computed from again."""
    if beats is None or service is None:
        return
    figures, evidence = service
    if beats.lines is not None and beats.lines_table is not None:
        from beatplanner.planning.service.lines import sentences_of_lines

        figures["notes"] += sentences_of_lines(beats.lines)
        evidence[LINES] = beats.lines_table
    if beats.least_minutes is not None:
        from beatplanner.planning.service.least_minutes import sentences_of_minutes

        figures["notes"] += sentences_of_minutes(beats.least_minutes)
    if beats.lines is not None or (beats.least_minutes is not None and beats.least_minutes["status"] == "sought"):
        from beatplanner.planning.service.redrawing import NO_BOUND

        figures["notes"].append(NO_BOUND)
