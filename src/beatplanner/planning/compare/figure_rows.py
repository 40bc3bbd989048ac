"""The rows of a comparison: what each figure is called, what of it is better, and what is said beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from beatplanner.data.result.draft import LARGEST_GAP
from beatplanner.planning.compare.columns import OVERLOAD


@dataclass(frozen=True)
class ComparedFigure:
    """A row of the comparison.

    Attributes
    ----------
    key, label
        Its name in files and for people; a label may have `fields` in braces.
    kind
        ``"number"``, ``"decimal"``, ``"share"``, ``"gap"``, ``"yes"``, ``"text"`` or ``"money"``.
    better
        ``"less"``, ``"more"``, or ``""`` where neither is better.
    help
        What it means, for those who ask.
    fields
        What stands in the label in place of each name in braces, so that another language can put it where it belongs; a number is a share, told in percents.
    """

    key: str
    label: str
    kind: str = "number"
    better: str = ""
    help: str = ""
    fields: Mapping[str, str | float] = field(default_factory=dict[str, str | float])


BLOCKS: tuple[tuple[str, tuple[ComparedFigure, ...]], ...] = (
    (
        "Rules kept",
        (
            ComparedFigure("rules_met", "All rules of the plan are met", "yes", "more"),
            ComparedFigure("tolerance", "Balance that is asked for, ±", "share"),
            ComparedFigure("beats_outside", "Beats outside that balance", "number", "less"),
            ComparedFigure(
                "beats_in_pieces",
                "Beats that are not in one piece",
                "number",
                "less",
                "A river without a crossing and a municipal border divide.",
            ),
            ComparedFigure("beats_across", "Beats across a municipal border", "number", "less"),
        ),
    ),
    (
        "Fairness of work",
        (
            ComparedFigure("beats", "Beats"),
            ComparedFigure(
                "hours_per_officer_max",
                "Hours a year of the officer with the most work",
                "number",
                "less",
                "Workload of the beat shared by its officers.",
            ),
            ComparedFigure("worst_beat", "… in the beat", "text"),
            ComparedFigure(
                "hours_capacity",
                "… of so many hours that an officer has on the beat",
                "number",
                "",
                "Hours of a year less absence and time called away.",
            ),
            ComparedFigure(
                "hours_per_officer_mean",
                "Hours a year per officer, mean",
                "number",
                "",
                "Beats without an officer are left out.",
            ),
            ComparedFigure("hours_per_officer_min", "Hours a year of the officer with the least work", "number"),
            ComparedFigure("beats_without_officer", "Beats without an officer", "number", "less"),
            ComparedFigure(
                "max_deviation", "Greatest deviation of a beat from its municipality's mean", "share", "less"
            ),
            ComparedFigure(
                "people_in_balance",
                "Residents who live in a beat within ±{band}",
                "share",
                "more",
                "The loosest balance that any of these plans was asked for.",
            ),
            ComparedFigure(
                "people_overloaded",
                "Residents whose officers have over {share} more work than the average",
                "share",
                "less",
                fields={"share": OVERLOAD},
            ),
            ComparedFigure("residents_per_officer_max", "Most residents per officer", "number", "less"),
            ComparedFigure("mean_way", "Mean way from a beat's centre to its work, m", "number", "less"),
        ),
    ),
    (
        "Access on foot",
        (
            ComparedFigure("stations", "Stations"),
            ComparedFigure("mean_walk", "Mean walk to a station, minutes", "decimal", "less"),
            ComparedFigure("within_limit", "Residents within the walking limit", "share", "more"),
            ComparedFigure("walking_limit", "The walking limit, minutes"),
            ComparedFigure("unreached", "Residents who reach none on foot", "number", "less"),
        ),
    ),
    (
        "Trust",
        (
            ComparedFigure(
                "relationship_kept",
                "Relationship-years kept",
                "share",
                "more",
                "Residents × years that they have known their officer.",
            ),
            ComparedFigure("change_officer", "Residents who get officers they do not know", "number", "less"),
            ComparedFigure("change_officer_share", "… as a share", "share", "less"),
            ComparedFigure("rotations", "Moves of officers between beats, whole period", "number", "less"),
            ComparedFigure("vacant_months", "Post-months without an officer, whole period", "number", "less"),
            ComparedFigure("tenure_violations", "Postings that end before the minimum tenure", "number", "less"),
            ComparedFigure(
                "language_gaps",
                "Beat-months in which nobody speaks a language of the beat",
                "number",
                "less",
                "A language that at least a tenth of the residents speak.",
            ),
            ComparedFigure(
                "speaker_months",
                "Residents × months without an officer who speaks their language",
                "number",
                "less",
            ),
            ComparedFigure(
                "officers_never_posted",
                "Officers who never hold a post, whole period",
                "number",
                "less",
                "Who stands in for others is left out.",
            ),
            ComparedFigure("cover_months", "Months in which somebody of the pool stands in", "number"),
        ),
    ),
    (
        "Disruption",
        (
            ComparedFigure("moved_residents", "Residents who change beat", "number", "less"),
            ComparedFigure("moved_share", "… as a share", "share", "less"),
            ComparedFigure("moved_units", "Units that change beat", "number", "less"),
            ComparedFigure("officers_moved", "Officers who start in another beat than today's", "number", "less"),
        ),
    ),
    (
        "Officers, stations and money",
        (
            ComparedFigure("posts", "Officers' posts"),
            ComparedFigure("officers_required", "Officers that the workload asks for", "number", "less"),
            ComparedFigure("new_stations", "New stations"),
            ComparedFigure("closed_stations", "Stations that close"),
            ComparedFigure("station_cost", "Cost of stations, {currency}", "money", "less"),
        ),
    ),
    (
        "Community hours protected",
        (
            ComparedFigure("community_promised", "Hours a year promised to residents", "number"),
            ComparedFigure(
                "community_protected",
                "Hours a year that calls leave for them",
                "number",
                "more",
                "Counted beat by beat, at most what is promised there.",
            ),
            ComparedFigure("community_share", "Share of the promise that can be kept", "share", "more"),
        ),
    ),
    (
        "Service, hour by hour",
        (
            ComparedFigure(
                "service_minutes",
                "Minutes until somebody is there",
                "decimal",
                "less",
                "The wait for a free officer and travel, mean of the calls answered.",
            ),
            ComparedFigure("service_travel", "Minutes of travel, mean", "decimal", "less"),
            ComparedFigure("service_p90", "Minutes of travel to nine of ten calls, at most", "decimal", "less"),
            ComparedFigure("service_own", "Calls answered by an officer of the own beat", "share", "more"),
            ComparedFigure("service_wait", "Calls that wait because all are busy", "share", "less"),
            ComparedFigure(
                "service_lost",
                "Calls lost because all are busy or nobody is on duty",
                "share",
                "less",
                "Somebody else answers them, or nobody. Told where calls do not wait, or hours have nobody on duty.",
            ),
            ComparedFigure("service_away", "Officers' time on calls of other beats", "share", "less"),
            ComparedFigure("service_people", "Officers' time on duty left for people", "share", "more"),
            ComparedFigure(
                "service_nobody",
                "Share of the week with nobody of the beat on duty, mean of the beats",
                "share",
                "less",
            ),
        ),
    ),
    (
        "Robustness",
        (
            ComparedFigure(
                "robust_share",
                "Draws in which every beat stays within ±{band}",
                "share",
                "more",
                "Other weeks, and up to a fifth more or less work in each category.",
            ),
            ComparedFigure("robust_worst", "… in which the least steady beat does", "share", "more"),
            ComparedFigure("robust_deviation", "Greatest deviation in 19 of 20 draws", "share", "less"),
            ComparedFigure(
                "back_cast",
                "Greatest deviation had the lines existed in the first half of the records",
                "share",
                "less",
            ),
        ),
    ),
    (
        "Proof",
        (
            ComparedFigure(
                "steps_unsolved",
                "Steps that break a rule, have no bound or may be over {share} from the best",
                "number",
                "less",
                fields={"share": LARGEST_GAP},
            ),
            ComparedFigure("beats_gap", "Beats: at most so far above the best possible", "gap", "less"),
            ComparedFigure("sectors_gap", "Sectors: at most so far above the best possible", "gap", "less"),
            ComparedFigure("commands_gap", "Commands: at most so far above the best possible", "gap", "less"),
            ComparedFigure("stations_gap", "Stations: at most so far above the best possible", "gap", "less"),
            ComparedFigure("officers_gap", "Officers: at most so far above the best possible", "gap", "less"),
            ComparedFigure("beats_objective", "Beats: the objective"),
            ComparedFigure("beats_bound", "Beats: proven that no plan is below"),
            ComparedFigure(
                "redrawn_bound", "Lines redrawn for the service: a bound was computed of what others could reach", "yes"
            ),
        ),
    ),
)
