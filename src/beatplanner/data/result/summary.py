"""The typed model of ``summary.json``: what a plan says of itself. Its JSON schema is published as ``docs/summary.schema.json``.

Every result is held against the model when it is written. Keys that are not here may be added; the checker then lists them as unknown, and in a row of a list calls them wrong.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, field_validator
from typing_extensions import TypedDict

from beatplanner.data.result.budget import BudgetContent
from beatplanner.data.result.country import CountryContent
from beatplanner.data.result.forum_ways import ForumWays
from beatplanner.data.result.history import Drawn, EditedPostings, Replanned
from beatplanner.data.result.phases import Phases
from beatplanner.data.result.service import LeastMinutes, LinesFound, ServiceContent
from beatplanner.data.result.supervision import Supervision

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
# ``summary.json`` as it is read, or a section of it: what its keys are says the model below, which is held against every summary that is written.
Claims = dict[str, Any]


class _SummaryPart(BaseModel):
    # built with the first summary that is held against it, not with every module that names a type of it
    model_config = ConfigDict(extra="allow", defer_build=True)


class Step(_SummaryPart):
    """What each step says of its proof."""

    status: Status = Field(
        description="optimal at a proven gap of at most 1e-4; infeasible where no plan keeps all rules, which is proven; unknown where none was found"
    )
    objective: float
    lower_bound: float | None = Field(description="proven for the problem as described; null where none was computed")
    gap: float | None = Field(description="(objective − lower_bound) / objective")
    seconds: float = Field(ge=0, description="that the step took: search and bound, without reading and certificates")
    certified: bool | None = Field(None, description="whether proof/ proves lower_bound; null where there is no bound")
    certified_bound: float | None = Field(None, description="what proof/ proves, where that is less than lower_bound")


class MunicipalityRules(_SummaryPart):
    """The rules of one municipality in numbers."""

    municipality: str
    beats: int = Field(ge=1)
    lower: float = Field(description="hours a year")
    upper: float = Field(description="hours a year")
    tolerance: float
    gap: float | None = Field(
        None, description="of this municipality alone, as the search proved it; none where it did not"
    )
    certified: bool | None = Field(None, description="whether proof/ proves the gap of this municipality alone")


class BalanceRule(_SummaryPart):
    """A further balance of one municipality: an amount that its beats share."""

    municipality: str
    amount: str = Field(description="residents, area (km²), calls (incidents a year) or a name of units.amounts")
    asked: float = Field(description="tolerance that the rules ask for")
    tolerance: float = Field(description="tolerance that the beats keep; more than asked where the rules clash")
    lower: float = Field(description="of the amount, in a beat")
    upper: float = Field(description="of the amount, in a beat")
    max_deviation: float = Field(description="greatest share by which a beat is off the mean")


class Interval(_SummaryPart):
    """The smallest of something that would do."""

    impossible_below: float | None
    found: float


class Beats(Step):
    """The beats."""

    count: int
    max_deviation: float
    contiguous: bool
    planned: bool = Field(True, description="false for beats that were given")
    municipalities: list[MunicipalityRules] = Field(default_factory=list[MunicipalityRules])
    balances: list[BalanceRule] = Field(default_factory=list[BalanceRule])
    officers_required: int | None = None
    moved_share: float | None = None
    least_minutes: LeastMinutes | None = Field(
        None, description="what redrawing for the least minutes gained and costs"
    )
    lines: LinesFound | None = Field(None, description="what became of the service's rules for the lines of beats")
    smallest_tolerance: Interval | None = None
    smallest_budget: Interval | None = None
    relaxed_bound: float | None = None
    relaxed_gap: float | None = None
    relationship_years_today: float | None = None
    relationship_years_kept: float | None = None
    relationship_years_lost_by_lines: float | None = None
    objective_unit: str | None = Field(None, description="what the objective is counted in")
    exact_officers: float | None = Field(None, description="officers that the work needs, before they are rounded up")
    covered_share: float | None = Field(
        None, description="mean share of a year's hours in which a beat's posts can have one officer on the beat"
    )
    proof_cut_short: list[str] | None = Field(None, description="municipalities whose proof the time cut short")


class Level(Step):
    """Sectors of beats, or commands of sectors; the bound is for as many as there are."""

    count: int
    span: list[int] = Field(description="fewest and most members that they keep; wider than the rule where it clashes")
    tolerance: float = Field(description="of the mean hours, that they keep; wider than the rule where it clashes")
    max_deviation: float
    contiguous: bool


class Group(_SummaryPart):
    """How far a group walks."""

    residents: float
    mean_walk_minutes: float | None
    share_within_limit: float | None


class Mobile(_SummaryPart):
    """Visits where nobody can walk to a station."""

    stops: int
    least_stops: int | None = Field(description="fewest that would do, proven")
    residents: float
    hours_a_year: float
    km_a_year: float


class Stations(Step):
    """The stations."""

    count: int
    mean_walk_minutes: float | None
    share_within_limit: float
    cost: float
    objective_kind: Literal["p-median", "coverage", "p-center", "fewest"] = "p-median"
    walk_minutes: float | None = None
    walk_kmh: float | None = None
    unreachable_residents: float | None = None
    unreached_metres: float | None = None
    homes: int | None = None
    sites: int | None = None
    generated_sites: int | None = None
    closed: list[str] = Field(default_factory=list[str])
    groups: dict[str, Group] = Field(default_factory=dict[str, Group])
    share_by_minutes: dict[str, float | None] = Field(default_factory=dict[str, float | None])
    group_excess: float | None = None
    phases: Phases | None = None
    mobile: Mobile | None = None


class Tenure(_SummaryPart):
    """A minimum tenure that these postings keep, and above which none can."""

    found: float
    impossible_above: float | None


class Recruits(_SummaryPart):
    """Speakers of a language to recruit by a day."""

    by: str
    officers: int


class LanguageNeeds(_SummaryPart):
    """What residents of one language have of officers who speak it."""

    language: str
    beats: int
    speakers: float
    officers: int
    unavoidable_beat_months: int
    unavoidable_speaker_months: float
    recruit: list[Recruits]


class SpecialPosts(_SummaryPart):
    """Posts of a beat that ask for something of their holder."""

    beat: str
    posts: int
    requires: str


class Officers(Step):
    """The officers."""

    posts: float
    vacant_months: float
    rotations: float
    tenure_violations: float
    language_gaps: float
    weights: dict[str, float]
    gender_gaps: float | None = None
    home_km_months: float | None = None
    unpreferred_months: float | None = None
    changed_months: float | None = None
    officers: int | None = None
    months: int | None = None
    broken_rules: list[dict[str, str | None]] = Field(default_factory=list[dict[str, str | None]])
    rules_kept: Literal["yes", "proven impossible", "not found, not proven"] | None = None
    speaker_months: float | None = Field(
        None, description="months in which nobody speaks a language, times its residents"
    )
    must_months: float | None = Field(None, description="months in which a wish that must be kept is not")
    longest_tenure: Tenure | None = None
    relationship_years_today: float | None = None
    relationship_years_kept: float | None = None
    relationship_years_lost_by_lines: float | None = None
    relationship_years_lost_by_moves: float | None = None
    languages: list[LanguageNeeds] = Field(default_factory=list[LanguageNeeds])
    special_posts: list[SpecialPosts] = Field(default_factory=list[SpecialPosts])
    cover: dict[str, int] | None = Field(None, description="officers of the pool, months away, and those covered")
    ranks: dict[str, int] | None = None
    supervision: list[Supervision] = Field(default_factory=list[Supervision])
    part_time: dict[str, float] | None = Field(None, description="officers who work less, and what their posts miss")
    appeals: dict[str, int] | None = None


class Month(_SummaryPart):
    """Incidents of a calendar month, and the share of it that the records cover."""

    month: str
    incidents: int
    covered: float


class ShareOfPlan(TypedDict):
    """``workload.abstraction``: the share of duty away from the beat that is assumed, and the one that a plan was made with."""

    assumed: float
    used: float
    rounds: Annotated[int, Field(ge=1, description="how often the service was looked at until both agreed")]


class Workload(_SummaryPart):
    """Totals of the workload, hours a year."""

    hours: float
    reactive_hours: float
    community_hours: float
    fixed_hours: float
    incidents_read: int = Field(ge=0)
    incidents_outside: int = Field(ge=0)
    incidents_a_year: float | None
    days_covered: float | None
    hours_on_the_beat_per_officer: float
    years_covered: float | None = None
    months: list[Month] = Field(default_factory=list[Month])
    abstraction: ShareOfPlan | None = Field(
        None, description='Where service.abstraction is "counted": the rules have the share that is used'
    )


class Source(_SummaryPart):
    """An input file."""

    role: str
    path: str
    sha256: str
    content: str | None = Field(
        None, description="Hash of what the file says, whatever its bytes; null where it is known by its bytes alone"
    )
    modified: str
    rows_in: int | None
    rows_used: int | None
    repaired: list[str] = Field(default_factory=list[str])
    columns_left_out: int = 0
    newest: str | None = None


class Remark(_SummaryPart):
    """A warning or a fact, in words."""

    severity: str
    text: str


class EndedByPerson(_SummaryPart):
    """A person's stop that kept the best plan so far."""

    steps: list[str] = Field(description="whose search the person ended, or that began after that")
    seconds: float = Field(ge=0, description="of solving until the first of these steps ended")
    of: float = Field(description="seconds of solving that this run had at most")


class Summary(_SummaryPart):
    """``summary.json``. A step that was left out has no key."""

    version: Literal[1]
    project: str
    feasible: bool
    seed: int
    seconds: float = Field(ge=0, description="from the beginning of the run to the end of its steps, with reading")
    threads: int | None = None
    time_limit: float | None = Field(None, description="seconds of solving that were asked for; null where none were")
    solving_limit: float | None = Field(
        None, description="seconds of solving that the run had at most: those of `time_limit`, or what is the rule"
    )
    ended_by_person: EndedByPerson | None = None
    clashes: list[str] = Field(
        default_factory=list[str], description="which rules clash, in words; empty where all are met"
    )
    clashes_of_beats: list[str] | None = Field(None, description="those of the clashes that are the beats'")
    clashes_of_stations: list[str] | None = Field(None, description="those of the clashes that are the stations'")
    clashes_of_officers: list[str] | None = Field(None, description="those of the clashes that are the officers'")
    unproven_clashes: list[str] = Field(
        default_factory=list, description="those of the clashes of which it is not proven that no plan avoids them"
    )
    stopped: list[str] | None = Field(
        None, description="steps that break rules and whose search the user ended: a longer one may keep them"
    )
    beats: Beats | None = None
    sectors: Level | None = None
    commands: Level | None = None
    stations: Stations | None = None
    officers: Officers | None = None
    population: float | None = None
    workload: Workload | None = None
    notes: list[Remark] = Field(default_factory=list[Remark])
    made_on: str | None = Field(None, description="ISO day on which the plan was made")
    crs: str | None = None
    description_file: str | None = None
    description_sha256: str | None = None
    rules: Claims = Field(default_factory=dict)
    project_rules: Claims | None = Field(
        None, description="those of the description when the plan was made, where the plan has rules of its own"
    )
    inputs: list[Source] = Field(default_factory=list[Source])
    versions: dict[str, str] = Field(default_factory=dict[str, str])
    budget: BudgetContent | None = None
    country: CountryContent | None = None
    service: ServiceContent | None = Field(None, description="as ``service.json``")
    forums: ForumWays | None = Field(None, description="where forums meet, and what that costs")
    drawn: Drawn | None = Field(None, description="by which edits of a drawing the plan was made, and of which plan")
    replanned: Replanned | None = Field(
        None, description="of which plan of officers this one is the next, and what changed"
    )
    edited_postings: EditedPostings | None = Field(None, description="postings changed by hand, by whom and why")
    shared_out_from: str | None = Field(None, description="the folder of the country's plan of which this is a part")

    @field_validator("budget", "country", "service", "forums", "drawn", "replanned", "edited_postings", mode="wrap")
    @classmethod
    def _or_older(cls, value: object, held: ValidatorFunctionWrapHandler) -> object:
        """Hold a section against its shape; a key may be missing, since a plan carries on what an older program wrote of it."""
        try:
            return held(value)
        except ValidationError as error:
            if any(e["type"] != "missing" for e in error.errors(include_url=False)):
                raise
            return value
