"""[service]: when calls come and who answers them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from beatplanner.data.description.sections.base import Input, Layer, Positive, Section, TablePath
from beatplanner.data.description.sections.rule import Rule

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Times of day at which a shift may start, and end.
STARTS, ENDS = r"^([01]?\d|2[0-3]):[0-5]\d$", r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$"


class Shift(Section):
    """Hours that officers are on duty; one that ends before it starts goes on into the next day. ``days`` are those on which it starts."""

    name: Annotated[str, Field(min_length=1)]
    start: Annotated[str, Field(pattern=STARTS)]
    end: Annotated[str, Field(pattern=ENDS)]
    days: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Field(min_length=1)] = (
        WEEKDAYS
    )


WHOLE_DAY = Shift(name="all day", start="00:00", end="24:00")
# A free day in a pattern of duty.
OFF = "off"


class Rest(Section):
    """The rest that a pattern of duty must leave: hours between two shifts, hours without a break in every seven days, and work a week at most."""

    between_shifts: Annotated[float, Field(ge=0, le=24, strict=True)] = 11.0
    weekly: Annotated[float, Field(ge=0, le=168, strict=True)] = 35.0
    hours_a_week: Annotated[float, Field(gt=0, le=168, strict=True)] = 48.0


class ServiceStandard(Section):
    """What each shift shall keep, so that the fewest officers on duty can be proposed; at least one share.

    Attributes
    ----------
    minutes, within_share
        At least this share of calls is answered at once by somebody at most so many minutes away; a call that waits is not.
    own_share
        Of the calls answered, at least this share by an officer of the caller's beat.
    people_share
        At least this share of the time on duty is not spent on calls.
    """

    minutes: Positive | None = None
    within_share: Annotated[float, Field(gt=0, le=1, strict=True)] | None = None
    own_share: Annotated[float, Field(gt=0, le=1, strict=True)] | None = None
    people_share: Annotated[float, Field(gt=0, lt=1, strict=True)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.minutes is None) != (self.within_share is None):
            raise ValueError("minutes and within_share belong together: 0.9 within 15 minutes")
        if self.within_share is None and self.own_share is None and self.people_share is None:
            raise ValueError("give at least one of within_share (with minutes), own_share and people_share")
        return self


class Service(Section):
    """When calls come and who answers them; ``docs/service.md`` explains the model, and what each key is stands beside it."""

    shifts: Annotated[
        tuple[Shift, ...],
        Field(min_length=1, max_length=21),
        Rule(
            "Shifts",
            "hours on duty: {value}",
            why="Calls do not come evenly, and nor are officers on duty: at night the same beat has fewer of both.",
            source="One shift round the clock where none is given: the force knows its own.",
            solver="service.system.ServiceSystem.calls",
            check="service.week",
        ),
    ] = (WHOLE_DAY,)
    speed_kmh: Annotated[
        float,
        Field(gt=0, le=200, strict=True),
        Rule(
            "Driving speed",
            "officers come at {value} km/h",
            unit="km/h",
            low=5,
            high=120,
            why="How soon somebody comes hangs on how far the next free officer is, and how fast.",
            source="30 km/h: an assumption for towns; measure it from your dispatch times.",
            solver="service.system.ServiceSystem.minutes",
        ),
    ] = 30.0
    detour: Annotated[
        float,
        Field(ge=1, le=5, strict=True),
        Rule(
            "Detour of officers",
            "officers drive {value} times the straight line",
            low=1,
            high=5,
            step=0.1,
            why="Roads are longer than the straight line; along given roads this counts for nothing.",
            source="1.3: a common value for towns.",
            solver="service.system.ServiceSystem.minutes",
        ),
    ] = 1.3
    roads: Annotated[Layer | None, Input("Layer of roads that travel is measured along.")] = None
    speeds: Annotated[
        dict[str, Annotated[float, Field(ge=0, le=200)]],
        Rule(
            "Speeds by road class",
            "km/h by class of road: {value}",
            off="no class of road has a speed of its own",
            unit="km/h",
            why="Main roads are faster than residential streets, and cars do not drive on footpaths; the roads' column “highway”, “kind”, “fclass” or “type” says the class.",
            source="Starting speeds for OpenStreetMap's classes come with beatplanner: assumptions, stops at crossings included.",
            solver="service.system.ServiceSystem.minutes",
        ),
    ] = Field(default_factory=dict)
    minutes: Annotated[
        TablePath | None,
        Input("Table of travel between units: columns `from`, `to` and `minutes`, in place of speed and roads."),
    ] = None
    calls: Annotated[
        TablePath | None,
        Input(
            "Table of ready-made rates: columns `unit` and `per_hour`, optionally `shift` and `category`; else the incidents' times are counted."
        ),
    ] = None
    categories: Annotated[
        TablePath | None,
        Input(
            "Table of kinds of call: columns `category` and `minutes_on_scene`, optionally `officers` (sent to a call) and `priority` (1 is the most urgent)."
        ),
    ] = None
    servers: Annotated[
        TablePath | None,
        Input(
            "Table of who is on duty: columns `server`, `beat` (empty for a car that beats share), `unit` (where it waits), optionally `shift` and `speed_kmh` (on foot, by bicycle); else the posts."
        ),
    ] = None
    pattern: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(max_length=366),
        Rule(
            "Pattern of duty",
            "officers work a cycle of days: {value}",
            off="no cycle of days is set: hours are shared out to the shifts by their calls",
            why="Officers work in cycles, such as four days on and four days off. Of a beat's posts as many are on duty in a shift as the cycle has days of it, less absence; else the posts' hours go where most calls come.",
            source="Off: paid hours less absence, shared out to the shifts by their calls.",
            check="service.pattern",
        ),
    ] = ()
    rest: Annotated[
        Rest,
        Rule(
            "Rest in a pattern",
            "a pattern of duty leaves at least this rest, in hours: {value}",
            why="Tired officers make mistakes; most countries have a law on rest.",
            source="11 hours between shifts, 35 without a break in seven days, 48 hours of work a week: Directive 2003/88/EC, articles 3, 5 and 6.",
            check="service.pattern",
        ),
    ] = Rest()
    minutes_on_scene: Annotated[
        Positive,
        Rule(
            "Minutes at a call",
            "an officer is busy {value} minutes with a call whose kind says nothing else",
            unit="minutes",
            low=1,
            high=600,
            step=5,
            why="While an officer is at one call, the next goes to somebody else, or waits.",
            source="30 minutes: an assumption; measure it from your dispatch times.",
            solver="service.system.ServiceSystem.scene_minutes",
        ),
    ] = 30.0
    travel_counts: Annotated[
        bool,
        Field(strict=True),
        Rule(
            "The way there counts",
            "",
            choices={
                True: "an officer is busy on the way to a call, too",
                False: "the way to a call is part of the minutes at it",
            },
            why="Dispatch systems differ: some count the way into the minutes of a call, some do not.",
            source="Off: the minutes at a call are taken to hold the way.",
            solver="service.system.ServiceSystem.travel_counts",
        ),
    ] = False
    order: Annotated[
        Literal["own-nearest"],
        Rule(
            "Whom a call goes to",
            "",
            choices={"own-nearest": "a call goes to the beat's own free officers first, then to the nearest free one"},
            why="People know the officers of their beat; where those are busy, whoever is near comes.",
            source="The only one that is modelled: the fixed order of Larson's hypercube model.",
            solver="service.system.ServiceSystem.order",
        ),
    ] = "own-nearest"
    queue: Annotated[
        Literal["wait", "lost"],
        Rule(
            "Where all are busy",
            "",
            choices={
                "wait": "a call waits where all officers are busy, first come, first served",
                "lost": "a call goes to somebody else where all officers are busy",
            },
            why="Where patrols take over what beat officers cannot answer, no call waits for them.",
            source="Waiting: nothing is said of others who would take over.",
            solver="service.system.ServiceSystem.waits",
        ),
    ] = "wait"
    backup_minutes: Annotated[
        Positive | None,
        Rule(
            "Backup within",
            "how often another officer is free within {value} minutes is counted",
            unit="minutes",
            low=1,
            high=120,
            off="backup is not counted",
            why="Who answers a call alone may need a second officer soon; with one officer on duty nobody can come.",
            source="Off: how soon backup must be there is the force's to say.",
            check="service.file",
        ),
    ] = None
    standard: Annotated[
        ServiceStandard | None,
        Rule(
            "What each shift shall keep",
            "each shift shall keep: {value}",
            off="no standard of service is asked for",
            why="How many officers are needed on duty follows from what was promised; the fewest that keep it are proposed.",
            source="Off: a promise to residents is the force's to make.",
            solver="service.staffing.Standard.within_share",
        ),
    ] = None
    abstraction: Annotated[
        Literal["assumed", "counted"],
        Rule(
            "Which share away from the beat",
            "",
            choices={
                "assumed": "officers are worked out with the share away from the beat that the workload assumes",
                "counted": "officers are worked out with the share away from the beat that the calls make",
            },
            why="How often officers are called off the beat decides how many are needed. The service counts it; but courts, events and escorts are no calls, and only an assumption holds them.",
            source="As assumed: the counted share knows calls alone.",
            check="service.abstraction",
        ),
    ] = "assumed"
    peak_tolerance: Annotated[
        float | None,
        Field(gt=0, le=1, strict=True),
        Rule(
            "Balance in the busiest shift",
            "in the shift with most calls each beat is within ±{value} % of its municipality's mean work",
            unit="%",
            low=1,
            off="the work of the year is balanced, not that of the busiest shift",
            why="Beats that are fair over a year may not be so on a Friday evening, when calls come in the centre.",
            source="Off: balance of the year's work is the usual goal.",
            check="service.lines",
        ),
    ] = None
    travel_work: Annotated[
        bool,
        Field(strict=True),
        Rule(
            "The way is work",
            "",
            choices={
                True: "beats are as balanced with the hours on the way to calls as without",
                False: "the way to calls is not counted in the balance of beats",
            },
            why="In a wide beat officers spend hours on the way that a narrow one does not ask for.",
            source="Off: hours of incidents usually hold the way.",
            check="service.lines",
        ),
    ] = False
    longest_drive: Annotated[
        Positive | None,
        Rule(
            "Longest drive in a beat",
            "nobody is farther than {value} minutes from where the beat's officers wait",
            unit="minutes",
            low=1,
            high=240,
            off="any drive in a beat may be as long as it is",
            why="A mean of few minutes may hide a village that nobody reaches.",
            source="Off: how far is too far is the force's to say.",
            check="service.lines",
        ),
    ] = None
    least_minutes: Annotated[
        bool,
        Field(strict=True),
        Rule(
            "Least minutes",
            "",
            choices={
                True: "beats are redrawn, within their rules, for the least minutes until somebody is there",
                False: "beats are drawn for work and ways, whoever is busy when a call comes",
            },
            why="The least travel of a year is not the least wait of a caller: whoever is near may be busy. Borders that lie better for the queue cost some balance and some travel, which is told.",
            source="Off: balance of work is the usual goal.",
            check="service.least_minutes",
        ),
    ] = False
    method: Annotated[
        Literal["auto", "exact", "approximate", "simulate"],
        Rule(
            "How service is counted",
            "",
            choices={
                "auto": "service is counted exactly up to twelve officers on duty, else by the approximation",
                "exact": "service is counted by the exact model, of at most fourteen officers on duty",
                "approximate": "service is counted by the queueing model's approximation",
                "simulate": "service is simulated, 400,000 calls a shift, and has its margins of error",
            },
            why="The exact model cannot count many officers; a simulation tells its margins of error, which the approximation does not.",
            source="Exact where that takes seconds.",
            check="service.week",
        ),
    ] = "auto"
