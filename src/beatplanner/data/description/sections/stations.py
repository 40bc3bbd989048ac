"""[stations]: how many, where they may open, and how residents walk to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from beatplanner.data.description.priced import rules_priced
from beatplanner.data.description.sections.base import (
    Input,
    Layer,
    NonNegative,
    PointTable,
    Positive,
    Section,
    Share,
    Table,
    as_table,
)
from beatplanner.data.description.sections.rule import Rule


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
    only: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])


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
    pilots: list[str] = Field(default_factory=list[str])


class Mobile(Section):
    """Mobile-outreach stops for residents whom no station reaches on foot; the defaults are assumptions."""

    visits_per_year: Positive = 24.0
    hours_per_visit: Positive = 3.0
    drive_kmh: Positive = 40.0
    walk_minutes: Positive | None = None  # to a stop; stations.walk_minutes where not given


WalkTablePath = Annotated[WalkTable, BeforeValidator(as_table, json_schema_input_type=str | WalkTable)]


class Stations(Section):
    """How many outreach stations, where they may open, and how residents walk to them; ``docs/stations.md`` explains the rules."""

    count: Annotated[
        Annotated[int, Field(ge=1, strict=True)] | None,
        Rule(
            "Stations",
            "{value} stations in all",
            unit="stations",
            low=1,
            high=500,
            off="as many stations as the goal needs",
            common=True,
            why="Few stations that are always staffed serve better than many that are closed.",
            source="No default: the force decides.",
            solver="location.site_rules.SiteRules.count",
            check="stations.count_wanted",
        ),
    ] = None
    objective: Annotated[
        Literal["p-median", "coverage", "p-center", "fewest"],
        Rule(
            "Stations are placed for",
            "",
            choices={
                "p-median": "short walks: the least mean walk of all residents",
                "coverage": "the most residents within the walking limit",
                "p-center": "the shortest farthest walk",
                "fewest": "the fewest stations that reach everybody within the limit",
            },
            why="The mean walk serves most people well, the farthest walk those at the edge; coverage counts who can reach a station at all.",
            source="Short walks (p-median): the standard model where everybody counts.",
            check="stations.objective",
        ),
    ] = "p-median"
    walk_minutes: Annotated[
        Positive,
        Rule(
            "Walking limit",
            "a station should be within {value} minutes on foot",
            unit="minutes",
            low=5,
            high=120,
            common=True,
            why="A station that takes longer to reach is used by few who need it most: the old, the young, people without a car.",
            source="20 minutes, about 1.5 km: an assumption to be set by the force.",
            check="stations.walk_minutes",
        ),
    ] = 20.0
    walk_kmh: Annotated[
        float,
        Field(gt=0, le=10, strict=True),
        Rule(
            "Walking speed",
            "people walk {value} km an hour",
            unit="km/h",
            low=1,
            high=7,
            step=0.1,
            why="Old people and children walk more slowly: 3 km an hour is what many of them manage.",
            source="4.5 km/h: a common planning value for adults.",
            check="stations.walk_kmh",
        ),
    ] = 4.5
    candidates: Annotated[
        Candidates | None, Input("Sites that may open; places are proposed where none are given.")
    ] = None
    existing: Annotated[Existing | None, Input("Stations of today.")] = None
    roads: Annotated[
        Roads | None,
        Input("Layer of the roads and paths that walks are measured along; else the straight line times the detour."),
    ] = None
    detour: Annotated[
        float,
        Field(ge=1, le=5, strict=True),
        Rule(
            "Detour",
            "where no roads are given, a walk is {value} times the straight line",
            low=1,
            high=2,
            step=0.05,
            why="Nobody walks through houses.",
            source="1.3: a common value for towns.",
            check="walks.straight",
        ),
    ] = 1.3
    distances: Annotated[
        WalkTablePath | None, Input("Table of walking metres from units to sites, in place of roads.")
    ] = None
    budget: Annotated[
        NonNegative | None,
        Rule(
            "Money for stations",
            "stations cost {value} at most",
            money="budget.currency",
            high=100_000_000,
            step=1000,
            off="stations may cost what they cost",
            why="What is opened must be paid for.",
            source="Off: the force decides.",
            solver="location.site_rules.SiteRules.budget",
            check="stations.budget",
        ),
    ] = None
    cost_years: Annotated[
        NonNegative,
        Rule(
            "Years of running costs",
            "the cost of a station counts {value} years of running it",
            unit="years",
            high=30,
            why="A place that is cheap to open may be dear to run.",
            source="1: an assumption.",
            solver="location.site_rules.SiteRules.price",
            check="stations.cost",
        ),
    ] = 1.0
    min_distance: Annotated[
        NonNegative,
        Rule(
            "Apart from each other",
            "stations stand {value} metres apart at least",
            unit="metres",
            high=20_000,
            step=100,
            why="Two stations side by side waste one of them.",
            source="0: the goal spreads them by itself.",
            solver="location.site_rules.SiteRules.apart",
            check="stations.min_distance",
        ),
    ] = 0.0
    one_per_municipality: Annotated[
        bool,
        Field(strict=True),
        Rule(
            "A station for each municipality",
            "",
            choices={
                True: "each municipality gets a station at least",
                False: "a municipality may be left without a station",
            },
            why="A mayor can hardly defend a municipality without a single station, whatever the mean walk is.",
            source="Off: it is a political choice.",
            solver="location.site_rules.SiteRules.area",
            check="stations.municipalities",
        ),
    ] = False
    group_excess: Annotated[
        NonNegative | None,
        Rule(
            "Fair to groups",
            "no language group walks over {value} % longer than the average",
            unit="%",
            high=200,
            off="walks of groups are told, not limited",
            why="Minorities often live at the edge of towns. This limits how much longer than others they may have to walk.",
            source="Off: the shares are always told; the limit is a choice.",
            solver="location.fair_sites.FairRule.excess",
            check="stations.group_rule",
        ),
    ] = None
    coverage_floor: Annotated[
        Share | None,
        Rule(
            "Within the walking limit at least",
            "{value} % of residents at least are within the walking limit, and then all walk as little as can be",
            unit="%",
            off="short walks alone decide, however many are beyond the walking limit",
            why="The shortest mean walk may leave a quarter too far from any station. This says how many must be near one.",
            source="Off: the force decides; 90 % is a common target.",
            solver="location.relaxation.Floor.most",
            check="stations.coverage_rule",
        ),
    ] = None
    reach_minutes: Annotated[
        Positive | None,
        Rule(
            "Farthest that anybody walks",
            "whoever would walk over {value} minutes counts as not reached",
            unit="minutes",
            low=10,
            high=600,
            off="everybody counts as reached, however far they walk",
            why="Nobody walks three hours to a station: such people need visits, not a mean.",
            source="Off: set it where people live far apart.",
            check="walks.reach",
        ),
    ] = None
    bands: Annotated[
        list[Positive],
        Field(min_length=1, max_length=6),
        Rule(
            "Minutes that are told",
            "told is who walks at most {value} minutes",
            why="A mean hides who walks far.",
            source="5, 10 and 20 minutes: an assumption.",
            check="access.shares",
        ),
    ] = Field(default_factory=lambda: [5.0, 10.0, 20.0])
    generated: Annotated[
        int,
        Field(ge=1, le=2000, strict=True),
        Rule(
            "Places that are proposed",
            "{value} places are proposed at most where no sites are given",
            unit="places",
            low=1,
            high=2000,
            why="More places find shorter walks, and take longer to compute.",
            source="200: enough for a town.",
            check="stations.generated_sites",
        ),
    ] = 200
    snap_metres: Annotated[
        NonNegative,
        Rule(
            "Ends of roads that are joined",
            "ends of roads that lie {value} metres apart are joined",
            unit="metres",
            high=50,
            step=0.5,
            why="Roads that were drawn by hand often miss each other by a little.",
            source="1 metre: an assumption.",
        ),
    ] = 1.0
    access_metres: Annotated[
        Positive,
        Rule(
            "Off the roads",
            "a site lies at most {value} metres from roads and units",
            unit="metres",
            low=10,
            high=20_000,
            step=50,
            why="A site far from everything is most often a mistake in its coordinates.",
            source="1,000 metres: an assumption.",
        ),
    ] = 1000.0
    elevation: Annotated[Path | None, Input("Raster of heights in metres; slopes count by Tobler's function.")] = None
    barriers: Annotated[
        Layer | None, Input("Layer of what nobody crosses on foot; that of the beats where none is given here.")
    ] = None
    crossings: Annotated[Layer | None, Input("Layer of the places at which a barrier may be crossed on foot.")] = None
    phases: Annotated[
        Phases | None,
        Rule(
            "Opened over years",
            "opened over years: {value}",
            off="all stations open at once",
            why="Money comes year by year.",
            source="Off: the force knows its budgets.",
            solver="location.phasing.phase.budgets",
            check="phases.budgets",
        ),
    ] = None
    mobile: Annotated[
        Mobile | None,
        Rule(
            "Visits where nobody can walk",
            "stops of a mobile station: {value}",
            off="no mobile station is planned",
            why="Some people live too far from any place that could be opened.",
            source="Off; where it is on, all its numbers are assumptions.",
            check="mobile.residents",
        ),
    ] = None
    held_open: Annotated[tuple[str, ...], Input("Set by hand: sites that open whatever the goal says.")] = ()
    accepted: Annotated[
        dict[str, Annotated[str, Field(min_length=1)]],
        Input("Places that were proposed and looked at: the site, and the name that people know it by."),
    ] = Field(default_factory=dict)

    @property
    def priced(self) -> bool:
        """Whether any cost of a site is known; without one what stations cost is unknown, and not 0."""
        return rules_priced(self.model_dump())
