"""[officers]: the roster and the rules of tenure."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import (
    CountOrAuto,
    Input,
    NonNegative,
    Positive,
    Section,
    TablePath,
    Whole,
)
from beatplanner.data.description.sections.rule import Rule


class OfficerWeights(Section):
    """Weights of the officers' objective, in the order of what matters most."""

    vacant_month: NonNegative = 10_000.0
    tenure_violation: NonNegative = 5_000.0
    language_gap: NonNegative = 50.0
    gender_gap: NonNegative = 25.0
    rotation: NonNegative = 20.0
    home_km_month: NonNegative = 0.01
    unpreferred_month: NonNegative = 0.005
    changed_month: NonNegative = 0.0  # a month of the published plan that is not served as published
    speaker_month: NonNegative = 0.01  # a resident of a beat and a month in which nobody there speaks their language
    language_must: NonNegative = 1_000.0  # a month without a language in a beat where `must_language_share` asks for it


class Officers(Section):
    """The roster and the rules of tenure."""

    path: Annotated[Path, Input("The roster: one row an officer, or a person's file.")]
    layer: Annotated[str | None, Input("Layer or sheet of the roster's file.")] = None
    columns: Annotated[dict[str, str], Input("The file's name for each column, where it is not the usual one.")] = (
        Field(default_factory=dict)
    )
    crs: Annotated[str, Input("What the coordinates of homes are in.")] = "EPSG:4326"
    start: Annotated[
        dt.date,
        Rule(
            "First day of the plan",
            "the plan starts on {value}",
            why="Postings are counted in whole months from it.",
            source="No default: the force decides.",
            check="officers.months",
        ),
    ]
    years: Annotated[
        int,
        Field(ge=1, le=15, strict=True),
        Rule(
            "Years of the plan",
            "officers are planned for {value} years",
            unit="years",
            low=1,
            high=15,
            why="A plan that is shorter than a tenure cannot say who comes next.",
            source="5 years: as long as Patten's longer tenure.",
            solver="officers.problem.TenureProblem.months",
            check="officers.months",
        ),
    ] = 5
    min_tenure_months: Annotated[
        Whole,
        Rule(
            "Stay at least",
            "an officer stays in a beat for {value} months at least",
            unit="months",
            high=120,
            common=True,
            why="People trust an officer whom they know. Sudden rotation is what community policing fails by most often.",
            source="36 months: Patten report, recommendation 46: “at least three and preferably five years”.",
            solver="officers.problem.TenureProblem.min_tenure",
            check="officers.tenure_violations",
        ),
    ] = 36
    handover_months: Annotated[
        int,
        Field(ge=0, le=3, strict=True),
        Rule(
            "Handover",
            "the old officer and the new one overlap for {value} months",
            unit="months",
            high=3,
            why="A successor who is taken round is trusted from the first day on.",
            source="1 month: an assumption.",
            solver="officers.problem.TenureProblem.handover",
            check="officers.handover",
        ),
    ] = 1
    training_months: Annotated[
        int,
        Field(ge=0, le=24, strict=True),
        Rule(
            "Training before a post",
            "training takes {value} months before a post is taken",
            unit="months",
            high=24,
            why="Who starts untrained learns at the residents' cost.",
            source="4 months: an assumption; set what your school takes.",
            solver="officers.problem.TenureProblem.first",
            check="officers.availability",
        ),
    ] = 4
    posts_per_beat: Annotated[
        CountOrAuto,
        Rule(
            "Posts in a beat",
            "{value} posts in each beat",
            unit="posts",
            low=1,
            high=20,
            auto="as many posts as a beat's work needs",
            common=True,
            why="One officer alone is absent for a third of the year: two can be known and one is there.",
            source="1 where the description does not say; London wards have two and a support officer.",
            solver="officers.problem.TenureProblem.posts",
            check="officers.posts_per_beat",
        ),
    ] = 1
    posts: Annotated[
        TablePath | None, Input("Table of posts that ask for something: beat, posts, languages, licence, gender.")
    ] = None
    gender_mix: Annotated[
        bool,
        Rule(
            "Women and men in each beat",
            "",
            choices={
                True: "where a beat has several posts, women and men hold them",
                False: "officers are assigned whatever their gender",
            },
            why="Some residents speak of violence at home to a woman only.",
            source="Off: few forces have women enough; gaps are counted, never forbidden.",
            solver="officers.problem.TenureProblem.aspect",
            check="officers.gender_gaps",
        ),
    ] = False
    must_language_share: Annotated[
        Annotated[float, Field(gt=0, le=1)] | None,
        Rule(
            "Languages that must be spoken",
            "a language that {value} % of a beat speak must be spoken there",
            unit="%",
            low=1,
            off="missing languages are told, not forbidden",
            why="Where many speak a language, help needs an officer who does.",
            source="Off: few forces have the speakers.",
            solver="officers.problem.TenureProblem.must",
            check="officers.must_months",
        ),
    ] = None
    max_tenure_months: Annotated[
        Annotated[int, Field(ge=1, strict=True)] | None,
        Rule(
            "Stay at most",
            "after {value} months an officer moves on",
            unit="months",
            low=12,
            high=240,
            off="nobody has to move on",
            why="Some forces limit a posting, so that nobody becomes too close to anybody.",
            source="Off: long postings are what residents ask for.",
            solver="officers.problem.TenureProblem.max_tenure",
            check="officers.max_tenure",
        ),
    ] = None
    moves_a_month: Annotated[
        Whole | None,
        Rule(
            "Moves in a month at most",
            "at most {value} officers move in a month",
            unit="moves",
            off="any number of officers may move in a month",
            why="Each move needs a handover, and handovers need people.",
            source="Off: it depends on the force's size.",
            solver="officers.problem.TenureProblem.moves_a_month",
            check="officers.moves_a_month",
        ),
    ] = None
    half_a_year: Annotated[
        bool,
        Rule(
            "Never all at once",
            "",
            choices={
                True: "at most half of a beat's officers change in any 12 months",
                False: "all officers of a beat may change at once",
            },
            why="Where both officers of a beat go in one year, nobody is left who knows it.",
            source="Off: it needs officers in reserve.",
            solver="officers.problem.TenureProblem.half_a_year",
            check="officers.half_a_year",
        ),
    ] = False
    worst_wish: Annotated[
        Annotated[int, Field(ge=1, strict=True)] | None,
        Rule(
            "Worst wish",
            "nobody is moved to a beat below wish {value}",
            low=1,
            high=20,
            off="wishes are counted, not promised",
            why="A plan is fair where nobody pays for the others with a beat that they did not want.",
            source="Off: it costs vacancies where many wish for the same beats.",
            solver="officers.problem.TenureProblem.below",
            check="officers.worst_wish",
        ),
    ] = None
    most_moves: Annotated[
        Whole | None,
        Rule(
            "Moves of one officer at most",
            "moves of one officer: {value} at most",
            unit="moves",
            high=10,
            off="an officer may be moved any number of times",
            why="Who is moved twice in one plan is known in no beat.",
            source="Off: it depends on the plan's length; 1 means that nobody is moved twice.",
            solver="officers.problem.TenureProblem.most_moves",
            check="officers.most_moves",
        ),
    ] = None
    published: Annotated[
        TablePath | None, Input("Table of the postings that were published: officer, beat, start, end.")
    ] = None
    freeze_months: Annotated[
        Whole,
        Rule(
            "Months that stay as published",
            "the first {value} months stay as they were published",
            unit="months",
            high=24,
            why="Families and forums have read the last plan.",
            source="0: nothing was published before the first plan.",
            solver="officers.problem.TenureProblem.frozen",
            check="officers.frozen",
        ),
    ] = 0
    job_template: Annotated[
        Path | None, Input("A document in the force's own form, which is filled in for each open post.")
    ] = None
    supervisor_ranks: Annotated[
        list[str],
        Rule(
            "Ranks that lead",
            "ranks that lead: {value}",
            off="nobody's rank leads",
            why="Whoever leads others is counted apart.",
            source="None: ranks differ between forces.",
            check="officers.supervision",
        ),
    ] = Field(default_factory=list)
    span_of_control: Annotated[
        Annotated[int, Field(ge=1, strict=True)] | None,
        Rule(
            "Officers of one leader at most",
            "one supervisor leads {value} officers at most",
            unit="officers",
            low=1,
            high=30,
            off="supervisors are not counted",
            why="Who leads too many leads nobody.",
            source="Off: set your force's rule.",
            check="officers.supervision",
        ),
    ] = None
    notice_months: Annotated[
        int,
        Field(ge=0, le=24, strict=True),
        Rule(
            "Notice of a move",
            "nobody is moved within the first {value} months",
            unit="months",
            high=24,
            why="A family that has to move needs time.",
            source="0: set what your law or your contract says.",
            solver="officers.problem.TenureProblem.frozen",
            check="officers.notice",
        ),
    ] = 0
    max_home_km: Annotated[
        Positive | None,
        Rule(
            "From home at most",
            "nobody is moved to a beat over {value} km from home",
            unit="km",
            low=1,
            high=500,
            off="officers may be moved however far",
            why="A long way home wears people out, and they leave.",
            source="Off: a matter of contracts.",
            solver="officers.problem.TenureProblem.allowed",
            check="officers.max_home_km",
        ),
    ] = None
    class_size: Annotated[
        Annotated[int, Field(ge=1, strict=True)] | None,
        Rule(
            "Seats of a course",
            "a course has {value} seats",
            unit="seats",
            low=1,
            high=500,
            off="recruits are told in people, not in courses",
            why="Recruits start together, when a course starts.",
            source="Off: the school knows.",
        ),
    ] = None
    drop_out: Annotated[
        float,
        Field(ge=0, lt=1),
        Rule(
            "Recruits who leave a course",
            "{value} % of those who start a course do not end it",
            unit="%",
            high=60,
            why="More have to start than are needed in the end.",
            source="0 %: set what your school counts.",
        ),
    ] = 0.0
    weights: Annotated[
        OfficerWeights,
        Rule(
            "What counts most",
            "weights: {value}",
            why="Rules that cannot all be kept are broken in the order of these weights: an empty post first of all to be avoided.",
            source="An order that the program's authors chose: an assumption; each is told beside the result.",
            solver="officers.problem.TenureProblem.weights",
            check="officers.weights",
        ),
    ] = OfficerWeights()
