"""[workload]: from incidents to officer hours."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import NonNegative, Positive, Section, ShareBelowOne
from beatplanner.data.description.sections.rule import Rule


class Workload(Section):
    """From incidents to officer hours a year; defaults and their sources are in ``planning.workload``."""

    default_hours: Annotated[
        NonNegative,
        Rule(
            "Hours of an incident",
            "an incident of a kind without hours of its own takes {value} officer hours",
            unit="hours",
            high=24,
            step=0.25,
            why="Most of a beat's work is what happens there. A kind that is given no hours must count as something.",
            source="1 hour: an assumption.",
            check="units.workload_parts",
        ),
    ] = 1.0
    community_hours_per_1000: Annotated[
        NonNegative,
        Rule(
            "Hours promised to residents",
            "{value} hours a year are kept for people for every 1,000 residents",
            unit="hours",
            high=1000,
            step=10,
            why="Work that no incident asks for: walks, visits, meetings. Without it, a quiet quarter would get nobody.",
            source="120: an assumption; set what your force promises.",
            check="units.workload_parts",
        ),
    ] = 120.0
    hours: Annotated[
        dict[str, NonNegative],
        Rule(
            "Hours by kind of incident",
            "hours by kind: {value}",
            off="all kinds take the same hours",
            why="A burglary takes longer than a parking complaint: all officers, from the call to the last report.",
            source="None: replace the starting hours below by your own dispatch durations.",
            check="units.workload_parts",
        ),
    ] = Field(default_factory=dict)
    fixed_hours_per_beat: Annotated[
        NonNegative,
        Rule(
            "Hours of every beat",
            "each beat has {value} hours a year of fixed work",
            unit="hours",
            high=5000,
            step=10,
            why="Forums and school visits take the same time in a small beat and in a large one.",
            source="0: the force knows its own.",
            check="units.fixed_hours",
        ),
    ] = 0.0
    annual_hours: Annotated[
        Positive,
        Rule(
            "Paid hours of a year",
            "an officer is paid for {value} hours a year",
            unit="hours",
            low=1600,
            high=2200,
            step=10,
            why="All that an officer can do starts from it.",
            source="2,080: relief-factor worksheets, 52 weeks of 40 hours.",
            check="workload.hours_on_the_beat_per_officer",
        ),
    ] = 2080.0
    absence: Annotated[
        ShareBelowOne,
        Rule(
            "Leave, sickness, training",
            "{value} % of the year officers are absent",
            unit="%",
            high=50,
            step=0.1,
            why="What officers do not work cannot be planned with.",
            source="18.4 %: relief-factor worksheets, 382 of 2,080 hours.",
            check="workload.hours_on_the_beat_per_officer",
        ),
    ] = 0.184
    abstraction: Annotated[
        ShareBelowOne,
        Rule(
            "Called away",
            "{value} % of duty is spent away from the beat",
            unit="%",
            high=60,
            why="Football, protests and gaps elsewhere take officers from their beats; a plan that forgets it is short of people from the first day.",
            source="20 %: an assumption, since no published standard was found.",
            check="workload.hours_on_the_beat_per_officer",
        ),
    ] = 0.20
    community_share: Annotated[
        ShareBelowOne,
        Rule(
            "Time kept for people",
            "{value} % of duty is kept free for people, not calls",
            unit="%",
            high=80,
            common=True,
            why="Time that is not protected is eaten by calls: then a beat officer becomes a patrol like any other.",
            source="40 %: staffing studies; below that beat work is difficult.",
            check="beats.exact_officers",
        ),
    ] = 0.40
    admin_share: Annotated[
        ShareBelowOne,
        Rule(
            "Paper and meetings",
            "{value} % of duty goes to paper and meetings",
            unit="%",
            high=20,
            why="Reports are written in time that no resident sees.",
            source="5 %: a staffing study.",
            check="beats.exact_officers",
        ),
    ] = 0.05
    min_officers_per_beat: Annotated[
        int,
        Field(ge=1, strict=True),
        Rule(
            "Officers of a beat at least",
            "a beat has {value} officers at least",
            unit="officers",
            low=1,
            high=10,
            why="Where there is one officer only, there is none on two days of three.",
            source="2: London wards have two officers and a support officer.",
            check="beats.officers_required",
        ),
    ] = 2
