"""The project description: the TOML of a project as checked models."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _whole_or_auto(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError('give a whole number of at least 1, or "auto"')
    if isinstance(value, int) and value < 1:
        raise ValueError('give a whole number of at least 1, or "auto"')
    if isinstance(value, str) and value != "auto":
        raise ValueError('give a whole number of at least 1, or "auto"')
    return value


CountOrAuto = Annotated[int | Literal["auto"], BeforeValidator(_whole_or_auto)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1, strict=True)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
Whole = Annotated[int, Field(ge=0, strict=True)]


class Section(BaseModel):
    """A section of the description: no unknown keys, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Layer(Section):
    """A vector layer; ``layer`` picks a layer of the file, ``crs`` says what its coordinates are in where the file does not, or wrongly."""

    path: Path
    layer: str | None = None
    crs: str | None = None


class IdLayer(Layer):
    """A vector layer whose features are named by the column ``id``."""

    id: str


class Table(Section):
    """A table: CSV, TSV, XLSX or any format that GDAL reads; ``layer`` picks a layer or sheet."""

    path: Path
    layer: str | None = None
    columns: dict[str, str] = Field(
        default_factory=dict
    )  # the file's name for each column, where it is not the usual one


def _as_table(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


# A table that may be given as a bare path, or as { path = "…", layer = "…" } to pick a layer or sheet.
TablePath = Annotated[Table, BeforeValidator(_as_table)]


class LockTable(Table):
    """Units that must stay in a beat."""

    unit: str = "unit"
    beat: str = "beat"


class PointTable(Table):
    """Points: a vector layer, or a table with ``x`` and ``y`` in ``crs``; both may name one column that holds “latitude, longitude” or MGRS."""

    x: str | None = None
    y: str | None = None
    crs: str | None = None


class Candidates(PointTable):
    """Candidate sites of outreach stations.

    ``cost`` is the column with the cost of opening one, ``yearly_cost`` that with its cost a year; ``only`` keeps the rows whose columns
    hold one of the named values, such as ``{ kind = ["school", "townhall"] }``. Polygons count by a point inside them. ``name`` is the
    column with the name that people know it by, where the id is a number.
    """

    id: str
    name: str | None = None
    cost: str | None = None
    yearly_cost: str | None = None
    only: dict[str, list[str]] = Field(default_factory=dict)


class Existing(PointTable):
    """Stations that stand today.

    ``state`` is a column with ``kept`` (stays open; the default), ``closable`` (may close), or ``fixed`` (stays open whatever happens:
    it is never proposed for closing). ``cost``, ``yearly_cost`` and ``closing_cost`` are columns with the cost of keeping one, its cost a
    year, and the cost of closing it; ``name`` is as for candidates. Without such a column ``may_close`` lets all of them close.
    """

    id: str
    name: str | None = None
    cost: str | None = None
    yearly_cost: str | None = None
    closing_cost: str | None = None
    state: str | None = None
    may_close: Annotated[bool, Field(strict=True)] = False


class Roads(Layer):
    """Roads and paths that people walk on: any layer of lines, or an OpenStreetMap extract (``.osm.pbf``).

    ``classes`` is a table of road classes, columns ``class`` and ``walked`` (yes or no), optionally ``factor`` (times the length) and
    ``wait_minutes``; its rows stand before those that come with beatplanner (``beatplanner classes`` writes them for editing).
    """

    classes: Path | None = None


class WalkTable(Table):
    """Walking metres from units to sites; an empty cell is “not reachable on foot”, a missing pair an error unless ``missing`` says so."""

    missing: Literal["error", "unreachable"] = "error"


class Phases(Section):
    """The same stations opened over several years.

    ``budgets`` has one amount a year; what is left of one may be spent later. ``pilots`` names stations that open before all others.
    """

    budgets: Annotated[list[NonNegative], Field(min_length=1, max_length=15)]
    start: Annotated[int, Field(ge=1900, le=2200, strict=True)] | None = None  # the first year; else years 1, 2, …
    pilots: list[str] = Field(default_factory=list)


class Mobile(Section):
    """Mobile-outreach stops for residents whom no station reaches on foot; the defaults are assumptions."""

    visits_per_year: Positive = 24.0
    hours_per_visit: Positive = 3.0
    drive_kmh: Positive = 40.0
    walk_minutes: Positive | None = None  # to a stop; stations.walk_minutes where not given


class Project(Section):
    """The project's name and planning CRS (in metres; the best UTM zone where none is given)."""

    name: str = Field(min_length=1)
    crs: str | None = None


class Homes(Layer):
    """Points where residents live: the columns with the unit's id and with the residents."""

    unit: str = "unit"
    residents: str = "residents"


class PopulationTable(Table):
    """Residents by unit in a table of its own: the columns (such as age and sex groups) are added up, and so are rows of one unit.

    ``key`` is the column with the unit's id. The columns of ``units.groups`` are then those of this table.
    """

    key: str
    residents: Annotated[list[str], Field(min_length=1)]


class Census(Layer):
    """Polygons of an older census, whose residents are split over the units by area, or by the ``buildings`` in them."""

    id: str
    population: str
    buildings: Layer | None = None


class Units(Section):
    """Population polygons, the smallest areas that a beat is made of.

    ``mend_metres`` is how wide gaps and overlaps between units may be that are closed; 0 closes none.
    """

    path: Path
    layer: str | None = None
    crs: str | None = None
    id: str
    name: str | None = None
    population: str | None = None
    population_raster: Path | None = None
    population_table: PopulationTable | None = None
    census: Census | None = None
    mend_metres: Annotated[float, Field(ge=0, le=100, strict=True)] = 2.0
    homes: Homes | None = (
        None  # where residents live inside the units; else from the raster, else a point inside each unit
    )
    municipality: str | None = None
    workload: str | None = None
    groups: dict[str, str] = Field(default_factory=dict)


class Gazetteer(PointTable):
    """Addresses with their places: the columns with the street, and with the house number where it has one of its own."""

    address: str
    number: str | None = None


class Incidents(PointTable):
    """Recorded incidents: points with an optional category and time, and nothing else.

    Attributes
    ----------
    category, categories
        Column of the kind, and a table that a user edits with what each kind counts as: columns ``category`` and ``standard``.
    time, time_of_day, time_else
        Column of the day and hour; of the hour, where it has a column of its own; columns that are taken, in this order, where the first is empty.
    timezone
        The place's time zone, such as ``"Europe/Skopje"``: times with an offset are turned into its clock.
    record
        Column of the record number: an incident that stands in several rows counts once. It is used for this only.
    address, gazetteer, matches
        Column of the address, addresses with places, and a table that a user edits with which doubtful matches hold: columns ``address``,
        ``match``, ``score``, ``accept``. Addresses are used for this only.
    """

    category: str | None = None
    categories: TablePath | None = None
    time: str | None = None
    time_of_day: str | None = None
    time_else: list[str] = Field(default_factory=list)
    timezone: str | None = None
    record: str | None = None
    address: str | None = None
    gazetteer: Gazetteer | None = None
    matches: TablePath | None = None
    days: Positive | None = None  # the time span that the records cover, where no times exist
    first: dt.date | None = (
        None  # the first and last day that the records cover, where a person knows better than their times tell
    )
    last: dt.date | None = None
    seasonal: list[str] = Field(default_factory=list)  # kinds that come in a season, not since their recording began


class Workload(Section):
    """From incidents to officer hours a year; defaults and their sources are in ``planning.workload``."""

    default_hours: NonNegative = 1.0
    community_hours_per_1000: NonNegative = 120.0
    hours: dict[str, NonNegative] = Field(default_factory=dict)
    fixed_hours_per_beat: NonNegative = 0.0
    annual_hours: Positive = 2080.0
    absence: ShareBelowOne = 0.184
    abstraction: ShareBelowOne = 0.20
    community_share: ShareBelowOne = 0.40
    admin_share: ShareBelowOne = 0.05
    min_officers_per_beat: Annotated[int, Field(ge=1, strict=True)] = 2


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Drawn(Section):
    """What a planner drew on the map: links or closed borders, kept with their reason."""

    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)  # units that are joined, or parted
    what: str = ""  # "bridge", "ferry", "railway", …
    reason: str = ""
    line: tuple[tuple[float, float], ...] = ()  # as it was drawn, in the planning CRS


class Beats(Section):
    """How many beats, and the rules that they keep."""

    count: CountOrAuto
    tolerance: Annotated[float, Field(gt=0, le=1, strict=True)] = 0.10
    objective: Literal["travel", "cut"] = "travel"
    distances: TablePath | None = None
    roads: Layer | None = None  # distances between units along these roads
    adjacency: TablePath | None = None
    current: IdLayer | None = None
    max_moved: Share | None = None
    barriers: Layer | None = None
    crossings: Layer | None = None  # points or lines (bridges) at which a barrier may be crossed
    # from, to, accept (yes or no), reason: which proposed links of islands hold, and more
    decided_links: TablePath | None = None
    locked: LockTable | None = None
    links: tuple[Drawn, ...] = ()  # drawn by hand: units that officers can go between, though they do not touch
    closed: tuple[Drawn, ...] = ()  # drawn by hand: borders that nobody crosses
    held: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # drawn by hand: beat and its units that must stay
    names: dict[str, str] = Field(
        default_factory=dict
    )  # given by a planner: beat and its name, in every plan that has the beat
    colours: dict[str, Colour] = Field(default_factory=dict)  # likewise its colour, such as "#80b1d3"


WalkTablePath = Annotated[WalkTable, BeforeValidator(_as_table)]


class Stations(Section):
    """How many outreach stations, where they may open, and how residents walk to them; ``docs/stations.md`` explains the rules.

    Attributes
    ----------
    count, objective
        Stations to open (none for ``"fewest"``), and what is least: residents × metres, residents beyond the limit, the farthest walk, or stations.
    walk_minutes, walk_kmh
        Limit for coverage and reporting, and walking speed.
    candidates, existing
        Sites that may open, and stations of today.
    roads, detour, distances
        How walks are measured: along roads, straight line × detour, or a table.
    budget, cost_years
        Greatest sum of cost, of yearly cost times these years, and of closing costs.
    min_distance
        Metres, straight line, between any two stations, two that are kept aside.
    one_per_municipality
        Whether each municipality gets a station at least.
    group_excess
        No group's mean walk is more than this share above the average.
    reach_minutes
        A longer way counts as not reachable on foot.
    bands
        Minutes of the catchments and of the shares of residents.
    generated
        Sites generated at most where no candidates are given.
    snap_metres, access_metres
        Ends of roads that are joined; and how far from roads and units a site may lie.
    elevation
        Raster of heights in metres; slopes count by Tobler's function.
    barriers, crossings
        Lines or polygons that nobody crosses on foot, and where one may; those of the beats where none are given here.
    phases, mobile
        Opening over years, and mobile-outreach stops.
    """

    count: Annotated[int, Field(ge=1, strict=True)] | None = None
    objective: Literal["p-median", "coverage", "p-center", "fewest"] = "p-median"
    walk_minutes: Positive = 20.0
    walk_kmh: Annotated[float, Field(gt=0, le=10, strict=True)] = 4.5
    candidates: Candidates | None = None
    existing: Existing | None = None
    roads: Roads | None = None
    detour: Annotated[float, Field(ge=1, le=5, strict=True)] = 1.3
    distances: WalkTablePath | None = None
    budget: NonNegative | None = None
    cost_years: NonNegative = 1.0
    min_distance: NonNegative = 0.0
    one_per_municipality: Annotated[bool, Field(strict=True)] = False
    group_excess: NonNegative | None = None
    reach_minutes: Positive | None = None
    bands: Annotated[list[Positive], Field(min_length=1, max_length=6)] = [5.0, 10.0, 20.0]
    generated: Annotated[int, Field(ge=1, le=2000, strict=True)] = 200
    snap_metres: NonNegative = 1.0
    access_metres: Positive = 1000.0
    elevation: Path | None = None
    barriers: Layer | None = None
    crossings: Layer | None = None
    phases: Phases | None = None
    mobile: Mobile | None = None
    held_open: tuple[str, ...] = ()  # set by hand: sites that open whatever the objective says
    accepted: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict
    )  # generated sites that a person looked at: the site and the name that people know the place by


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

    path: Path
    layer: str | None = None
    columns: dict[str, str] = Field(
        default_factory=dict
    )  # the file's name for each column, where it is not the usual one
    crs: str = "EPSG:4326"
    start: dt.date
    years: Annotated[int, Field(ge=1, le=15, strict=True)] = 5
    min_tenure_months: Whole = 36
    handover_months: Annotated[int, Field(ge=0, le=3, strict=True)] = 1
    training_months: Annotated[int, Field(ge=0, le=24, strict=True)] = 4
    posts_per_beat: CountOrAuto = 1
    posts: TablePath | None = None  # posts that ask for something: beat, posts, languages, licence, gender
    gender_mix: bool = False
    must_language_share: Annotated[float, Field(gt=0, le=1)] | None = (
        None  # a language that so many of a beat speak must be spoken there
    )
    max_tenure_months: Annotated[int, Field(ge=1, strict=True)] | None = None
    moves_a_month: Whole | None = None
    half_a_year: bool = False  # at most half of a beat's officers change in any 12 months
    published: TablePath | None = None  # officer, beat, start, end
    freeze_months: Whole = 0
    job_template: Path | None = None
    supervisor_ranks: list[str] = Field(default_factory=list)  # ranks of the roster that supervise
    span_of_control: Annotated[int, Field(ge=1, strict=True)] | None = (
        None  # officers that one supervisor leads at most
    )
    notice_months: Annotated[int, Field(ge=0, le=24, strict=True)] = 0  # nobody is moved from today's beat earlier
    max_home_km: Positive | None = None  # nobody is moved to a beat farther from home, straight
    class_size: Annotated[int, Field(ge=1, strict=True)] | None = None  # of a course
    drop_out: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of those who start a course and do not end it
    weights: OfficerWeights = OfficerWeights()


LANGUAGES = ("en", "sq", "sr-Latn", "sr-Cyrl", "mk", "ro", "ru")


def _languages(value: Any) -> Any:
    """Check languages of the forum pack, given as one or as a list."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not found or any(v not in LANGUAGES for v in found):
        raise ValueError(f"give languages out of {', '.join(LANGUAGES)}")
    return tuple(found)


def _words(value: Any) -> Any:
    """Check words that people read: one text, or one for each language."""
    texts = list(value.values()) if isinstance(value, dict) else [value]
    if not texts or not all(isinstance(v, str) and v for v in texts):
        raise ValueError("give text in quotes, or a table of it by language")
    if isinstance(value, dict) and any(k not in LANGUAGES for k in value):
        raise ValueError(f"give languages out of {', '.join(LANGUAGES)}")
    return value


Words = Annotated[str | dict[str, str], BeforeValidator(_words)]


class Streets(Layer):
    """Named streets, for the maps and the street index; ``name`` is their column."""

    name: str


class Venues(PointTable):
    """Public buildings where forums can meet; ``cost`` is the column with the price of an evening."""

    id: str
    cost: str | None = None


class SourceOf(Section):
    """What people are told of a source: its name, and the day or the year that its data are as of."""

    name: Words | None = None
    as_of: dt.date | Annotated[int, Field(ge=1800, le=2200, strict=True)] | None = None


class ForumLevel(Section):
    """One level of forums."""

    name: Words | None = None  # the local name, such as "Citizen Advisory Group"
    members: Annotated[int, Field(ge=1, le=500, strict=True)] = 15
    meetings_a_year: Annotated[int, Field(ge=1, le=52, strict=True)] = 6
    first: dt.date | None = None  # the first meeting after the plan
    time: str = "18:00"


class Forum(Section):
    """What a forum gets: languages, privacy, meetings, and the tables that the pack tells from."""

    languages: Annotated[tuple[str, ...], BeforeValidator(_languages)] = ("en",)
    catalogues: dict[str, Path] = Field(default_factory=dict)  # a force's own .po file for a language
    terms: dict[str, Words] = Field(default_factory=dict)  # another word for a text of the catalogue
    threshold: Annotated[int, Field(ge=3, le=20, strict=True)] = 5
    themes: dict[str, str] = Field(default_factory=dict)  # category of incidents: theme that people know it by
    sensitive: tuple[str, ...] = ()  # more categories that are told for the municipality only
    published_before: tuple[Path, ...] = ()  # earlier packs and other scenarios that people have
    made_by: str | None = None
    decided_by: Words | None = None
    decided_on: dt.date | None = None
    source: Words | None = None
    sources: dict[str, SourceOf] = Field(default_factory=dict)  # by section or key, such as "units" or "beats.current"
    contact: str | None = None  # where objections go
    objections_until: dt.date | None = None
    streets: Streets | None = None
    consents: TablePath | None = None  # officer, name, contact, photo, agreed_on, until
    report_back: TablePath | None = None  # forum, asked_on, asked, action, responsible, due, done_on, result
    partners: TablePath | None = None  # kind, name, area, does
    hours: TablePath | None = None  # station, hours
    contacts: TablePath | None = None  # area, phone, post: of the officers' role, whoever holds it
    map_url: str | None = None  # where map.html is put; beat pages have its QR code
    venues: Venues | None = None
    roles: tuple[str, ...] = ()  # who is invited beside the residents, in place of the usual roles
    cost_per_km: NonNegative = 0.15
    currency: str = "EUR"
    neighbourhood: ForumLevel = ForumLevel()
    municipality: ForumLevel = ForumLevel(members=25, meetings_a_year=4)
    region: ForumLevel = ForumLevel(members=20, meetings_a_year=2)


BUDGET_LINES = ("salaries", "stations", "vehicles", "forums", "training")
# A sum of every year alike, or one of each year.
Yearly = NonNegative | list[NonNegative]


class Payers(Section):
    """Who pays each line."""

    salaries: Annotated[str, Field(min_length=1)] = "ministry"
    stations: Annotated[str, Field(min_length=1)] = "ministry"
    vehicles: Annotated[str, Field(min_length=1)] = "ministry"
    forums: Annotated[str, Field(min_length=1)] = "ministry"
    training: Annotated[str, Field(min_length=1)] = "ministry"


class Budget(Section):
    """Prices of the first year, what rises, who pays, and what there is; ``docs/scenarios.md`` explains the rules.

    Attributes
    ----------
    currency, first_year, years, inflation
        Of all sums; the first year is that of the officers' start where none is given.
    officer_salary, grades, allowances, employer_part
        Of an officer in a year of full time; by the roster's column ``grade`` where one is given; added to each; and the employer's share on top of both.
    station_yearly
        Rent and running of each station, beside its own yearly cost.
    vehicles_per_beat, vehicle_price, vehicle_years, vehicle_yearly
        How many, what one costs, after how many years it is replaced, and its running a year.
    forum_travel
        A member and meeting of the neighbourhood forums.
    training_seat, training_seats
        Price of a seat, and seats in a year, one number or one of each year.
    vehicle_lead_months, station_lead_months
        How long it takes from order to delivery, and from the decision to the opening.
    payers, funds, ceiling
        Who pays each line (the ministry where none is named), what each payer has a year, and what may be spent a year in all.
    ends, then
        Last day of a payer's money, and who pays its lines after it.
    functions
        COFOG code of a line where it is not 03.1, police services.
    pilots
        Municipalities or beats that start before all others.
    start_by
        What starts at once: a beat, or all beats of a municipality.
    start_together
        Groups of beats that start at once.
    rates
        For a comparison: of another currency, how much is one of this one.
    """

    currency: Annotated[str, Field(min_length=1)] = "EUR"
    first_year: Annotated[int, Field(ge=1900, le=2200, strict=True)] | None = None
    years: Annotated[int, Field(ge=1, le=15, strict=True)] = 5
    inflation: Annotated[float, Field(ge=-0.5, le=5, strict=True)] = 0.0
    officer_salary: NonNegative = 0.0
    grades: dict[str, NonNegative] = Field(default_factory=dict)
    allowances: NonNegative = 0.0
    employer_part: NonNegative = 0.0
    station_yearly: NonNegative = 0.0
    vehicles_per_beat: NonNegative = 0.0
    vehicle_price: NonNegative = 0.0
    vehicle_years: Annotated[int, Field(ge=1, le=30, strict=True)] = 8
    vehicle_yearly: NonNegative = 0.0
    forum_travel: NonNegative = 0.0
    training_seat: NonNegative = 0.0
    training_seats: Whole | list[Whole] | None = None
    vehicle_lead_months: Whole | None = None
    station_lead_months: Whole | None = None
    payers: Payers = Payers()
    funds: dict[str, Yearly] = Field(default_factory=dict)
    ends: dict[str, dt.date] = Field(default_factory=dict)
    then: Annotated[str, Field(min_length=1)] = "ministry"
    ceiling: Yearly | None = None
    functions: dict[Literal["salaries", "stations", "vehicles", "forums", "training"], str] = Field(
        default_factory=dict
    )
    pilots: list[str] = Field(default_factory=list)
    start_by: Literal["beat", "municipality"] = "beat"
    start_together: list[list[str]] = Field(default_factory=list)
    rates: dict[str, Positive] = Field(default_factory=dict)


class Regions(Layer):
    """Which region each municipality lies in: the columns with both names."""

    municipality: str
    region: str


class Country(Section):
    """What a ministry has for all municipalities: officers to share out, at least so many each, and the regions to sum up by.

    With ``set_posts`` the posts of each beat are those that the share-out gives it, in place of ``officers.posts_per_beat``.
    """

    officers: Whole | None = None
    minimum: Whole = 2
    set_posts: Annotated[bool, Field(strict=True)] = False
    regions: Regions | None = None


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Shift(Section):
    """Hours that officers are on duty; one that ends before it starts goes on into the next day. ``days`` are those on which it starts."""

    name: Annotated[str, Field(min_length=1)]
    start: Annotated[str, Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, Field(pattern=r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$")]
    days: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Field(min_length=1)] = (
        WEEKDAYS
    )


WHOLE_DAY = Shift(name="all day", start="00:00", end="24:00")


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
    """When calls come and who answers them; ``docs/service.md`` explains the model.

    Attributes
    ----------
    shifts
        Hours on duty; the whole week where none are given.
    speed_kmh, detour
        Of the straight line between units, or of the roads.
    roads, minutes
        A layer of roads that travel is measured along, or a table of units: columns ``from``, ``to``, ``minutes``.
    calls
        Ready-made rates: columns ``unit``, ``per_hour``, optionally ``shift`` and ``category``; else from the incidents' times.
    categories
        Columns ``category``, ``minutes_on_scene``, optionally ``officers`` (sent to a call) and ``priority`` (1 is the most urgent).
    servers
        Columns ``server``, ``beat`` (empty for a car that several beats share), ``unit`` (where it waits), optionally ``shift``; else the
        posts on duty.
    minutes_on_scene
        Where `categories` says nothing.
    travel_counts
        Whether travel is added to the time that an officer is busy.
    order
        Whom a call goes to: the own beat's free servers, the nearest first, then the nearest free of others.
    queue
        Whether a call waits, first come, first served, or is lost where all are busy.
    standard
        What each shift shall keep; the fewest officers on duty that keep it are then proposed.
    """

    shifts: Annotated[tuple[Shift, ...], Field(min_length=1, max_length=21)] = (WHOLE_DAY,)
    speed_kmh: Annotated[float, Field(gt=0, le=200, strict=True)] = 30.0
    detour: Annotated[float, Field(ge=1, le=5, strict=True)] = 1.3
    roads: Layer | None = None
    minutes: TablePath | None = None
    calls: TablePath | None = None
    categories: TablePath | None = None
    servers: TablePath | None = None
    minutes_on_scene: Positive = 30.0
    travel_counts: Annotated[bool, Field(strict=True)] = False
    order: Literal["own-nearest"] = "own-nearest"
    queue: Literal["wait", "lost"] = "wait"
    standard: ServiceStandard | None = None


class Scenario(Section):
    """What a scenario is called, and what it is about."""

    name: Annotated[str, Field(min_length=1)] | None = None
    about: str | None = None


class Description(Section):
    """A whole project description.

    Attributes
    ----------
    folder
        The folder that paths are relative to.
    file
        The description file itself.
    """

    project: Project
    units: Units
    incidents: Incidents | None = None
    workload: Workload = Workload()
    beats: Beats | None = None
    stations: Stations | None = None
    officers: Officers | None = None
    forum: Forum | None = None
    budget: Budget | None = None
    country: Country | None = None
    service: Service | None = None
    scenario: Scenario | None = None
    folder: Path = Field(default=Path(), exclude=True)
    file: Path = Field(default=Path("project.toml"), exclude=True)

    def path(self, relative: Path) -> Path:
        """Return where a path of the description leads."""
        return (self.folder / relative).resolve()


SECTIONS: dict[str, type[Section]] = {
    "project": Project,
    "units": Units,
    "incidents": Incidents,
    "workload": Workload,
    "beats": Beats,
    "stations": Stations,
    "officers": Officers,
    "forum": Forum,
    "budget": Budget,
    "country": Country,
    "service": Service,
    "scenario": Scenario,
}
