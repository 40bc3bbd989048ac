"""The rows of a comparison: what each figure is called, what of it is better, and what is said beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from beatplanner.data.result.draft import LARGEST_GAP
from beatplanner.planning.compare.columns import OVERLOAD


@dataclass(frozen=True)
class Figure:
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


BLOCKS: tuple[tuple[str, tuple[Figure, ...]], ...] = (
    (
        "Rules kept",
        (
            Figure("rules_met", "All rules of the plan are met", "yes", "more"),
            Figure("tolerance", "Balance that is asked for, ±", "share"),
            Figure("beats_outside", "Beats outside that balance", "number", "less"),
            Figure(
                "beats_in_pieces",
                "Beats that are not in one piece",
                "number",
                "less",
                "A river without a crossing and a municipal border divide.",
            ),
            Figure("beats_across", "Beats across a municipal border", "number", "less"),
        ),
    ),
    (
        "Fairness of work",
        (
            Figure("beats", "Beats"),
            Figure(
                "hours_per_officer_max",
                "Hours a year of the officer with the most work",
                "number",
                "less",
                "Workload of the beat shared by its officers.",
            ),
            Figure("worst_beat", "… in the beat", "text"),
            Figure(
                "hours_capacity",
                "… of so many hours that an officer has on the beat",
                "number",
                "",
                "Hours of a year less absence and time called away.",
            ),
            Figure(
                "hours_per_officer_mean",
                "Hours a year per officer, mean",
                "number",
                "",
                "Beats without an officer are left out.",
            ),
            Figure("hours_per_officer_min", "Hours a year of the officer with the least work", "number"),
            Figure("beats_without_officer", "Beats without an officer", "number", "less"),
            Figure("max_deviation", "Greatest deviation of a beat from its municipality's mean", "share", "less"),
            Figure(
                "people_in_balance",
                "Residents who live in a beat within ±{band}",
                "share",
                "more",
                "The loosest balance that any of these plans was asked for.",
            ),
            Figure(
                "people_overloaded",
                "Residents whose officers have over {share} more work than the average",
                "share",
                "less",
                fields={"share": OVERLOAD},
            ),
            Figure("residents_per_officer_max", "Most residents per officer", "number", "less"),
            Figure("mean_way", "Mean way from a beat's centre to its work, m", "number", "less"),
        ),
    ),
    (
        "Access on foot",
        (
            Figure("stations", "Stations"),
            Figure("mean_walk", "Mean walk to a station, minutes", "decimal", "less"),
            Figure("within_limit", "Residents within the walking limit", "share", "more"),
            Figure("walking_limit", "The walking limit, minutes"),
            Figure("unreached", "Residents who reach none on foot", "number", "less"),
        ),
    ),
    (
        "Trust",
        (
            Figure(
                "relationship_kept",
                "Relationship-years kept",
                "share",
                "more",
                "Residents × years that they have known their officer.",
            ),
            Figure("change_officer", "Residents who get officers they do not know", "number", "less"),
            Figure("change_officer_share", "… as a share", "share", "less"),
            Figure("rotations", "Moves of officers between beats, whole period", "number", "less"),
            Figure("vacant_months", "Post-months without an officer, whole period", "number", "less"),
            Figure("tenure_violations", "Postings that end before the minimum tenure", "number", "less"),
            Figure(
                "language_gaps",
                "Beat-months in which nobody speaks a language of the beat",
                "number",
                "less",
                "A language that at least a tenth of the residents speak.",
            ),
            Figure(
                "speaker_months",
                "Residents × months without an officer who speaks their language",
                "number",
                "less",
            ),
            Figure(
                "officers_never_posted",
                "Officers who never hold a post, whole period",
                "number",
                "less",
                "Who stands in for others is left out.",
            ),
            Figure("cover_months", "Months in which somebody of the pool stands in", "number"),
        ),
    ),
    (
        "Disruption",
        (
            Figure("moved_residents", "Residents who change beat", "number", "less"),
            Figure("moved_share", "… as a share", "share", "less"),
            Figure("moved_units", "Units that change beat", "number", "less"),
            Figure("officers_moved", "Officers who start in another beat than today's", "number", "less"),
        ),
    ),
    (
        "Officers, stations and money",
        (
            Figure("posts", "Officers' posts"),
            Figure("officers_required", "Officers that the workload asks for", "number", "less"),
            Figure("new_stations", "New stations"),
            Figure("closed_stations", "Stations that close"),
            Figure("station_cost", "Cost of stations, {currency}", "money", "less"),
        ),
    ),
    (
        "Community hours protected",
        (
            Figure("community_promised", "Hours a year promised to residents", "number"),
            Figure(
                "community_protected",
                "Hours a year that calls leave for them",
                "number",
                "more",
                "Counted beat by beat, at most what is promised there.",
            ),
            Figure("community_share", "Share of the promise that can be kept", "share", "more"),
        ),
    ),
    (
        "Service, hour by hour",
        (
            Figure(
                "service_minutes",
                "Minutes until somebody is there",
                "decimal",
                "less",
                "The wait for a free officer and travel, mean of the calls answered.",
            ),
            Figure("service_travel", "Minutes of travel, mean", "decimal", "less"),
            Figure("service_p90", "Minutes of travel to nine of ten calls, at most", "decimal", "less"),
            Figure("service_own", "Calls answered by an officer of the own beat", "share", "more"),
            Figure("service_wait", "Calls that wait because all are busy", "share", "less"),
            Figure(
                "service_lost",
                "Calls lost because all are busy or nobody is on duty",
                "share",
                "less",
                "Somebody else answers them, or nobody. Told where calls do not wait, or hours have nobody on duty.",
            ),
            Figure("service_away", "Officers' time on calls of other beats", "share", "less"),
            Figure("service_people", "Officers' time on duty left for people", "share", "more"),
            Figure(
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
            Figure(
                "robust_share",
                "Draws in which every beat stays within ±{band}",
                "share",
                "more",
                "Other weeks, and up to a fifth more or less work in each category.",
            ),
            Figure("robust_worst", "… in which the least steady beat does", "share", "more"),
            Figure("robust_deviation", "Greatest deviation in 19 of 20 draws", "share", "less"),
            Figure(
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
            Figure(
                "steps_unsolved",
                "Steps that break a rule, have no bound or may be over {share} from the best",
                "number",
                "less",
                fields={"share": LARGEST_GAP},
            ),
            Figure("beats_gap", "Beats: at most so far above the best possible", "gap", "less"),
            Figure("stations_gap", "Stations: at most so far above the best possible", "gap", "less"),
            Figure("officers_gap", "Officers: at most so far above the best possible", "gap", "less"),
            Figure("beats_objective", "Beats: the objective"),
            Figure("beats_bound", "Beats: proven that no plan is below"),
            Figure(
                "redrawn_bound", "Lines redrawn for the service: a bound was computed of what others could reach", "yes"
            ),
        ),
    ),
)
