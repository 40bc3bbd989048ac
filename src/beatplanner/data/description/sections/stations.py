"""[stations]: how many, where they may open, and how residents walk to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from beatplanner.data.description.sections.base import (
    Layer,
    NonNegative,
    PointTable,
    Positive,
    Section,
    Table,
    as_table,
)


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


WalkTablePath = Annotated[WalkTable, BeforeValidator(as_table)]


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
    bands: Annotated[list[Positive], Field(min_length=1, max_length=6)] = Field(
        default_factory=lambda: [5.0, 10.0, 20.0]
    )
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
