"""The project description: the TOML of a project as checked models."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import Findings, did_you_mean, listed


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
    """A vector layer; ``layer`` picks a layer of the file."""

    path: Path
    layer: str | None = None


class IdLayer(Layer):
    """A vector layer whose features are named by the column ``id``."""

    id: str


class Table(Section):
    """A table: CSV, TSV, XLSX or any format that GDAL reads; ``layer`` picks a layer or sheet."""

    path: Path
    layer: str | None = None


def _as_table(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


# A table that may be given as a bare path, or as { path = "…", layer = "…" } to pick a layer or sheet.
TablePath = Annotated[Table, BeforeValidator(_as_table)]


class LockTable(Table):
    """Units that must stay in a beat."""

    unit: str = "unit"
    beat: str = "beat"


class PointTable(Table):
    """Points: a vector layer, or a table with ``x`` and ``y`` in ``crs``."""

    x: str | None = None
    y: str | None = None
    crs: str | None = None


class Candidates(PointTable):
    """Candidate sites of outreach stations; ``cost`` is the column with the cost of opening one."""

    id: str
    cost: str | None = None


class Existing(PointTable):
    """Stations that stand today and are kept open."""

    id: str
    cost: str | None = None


class Project(Section):
    """The project's name and planning CRS (in metres; the best UTM zone where none is given)."""

    name: str = Field(min_length=1)
    crs: str | None = None


class Units(Section):
    """Population polygons, the smallest areas that a beat is made of."""

    path: Path
    layer: str | None = None
    id: str
    name: str | None = None
    population: str | None = None
    population_raster: Path | None = None
    municipality: str | None = None
    workload: str | None = None
    groups: dict[str, str] = Field(default_factory=dict)


class Incidents(PointTable):
    """Recorded incidents: points with an optional category and time, and nothing else."""

    category: str | None = None
    time: str | None = None
    days: Positive | None = None  # the time span that the records cover, where no times exist


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


class Beats(Section):
    """How many beats, and the rules that they keep."""

    count: CountOrAuto
    tolerance: Annotated[float, Field(gt=0, le=1, strict=True)] = 0.10
    objective: Literal["travel", "cut"] = "travel"
    distances: TablePath | None = None
    adjacency: TablePath | None = None
    current: IdLayer | None = None
    max_moved: Share | None = None
    barriers: Layer | None = None
    crossings: Layer | None = None  # points or lines (bridges) at which a barrier may be crossed
    locked: LockTable | None = None


class Stations(Section):
    """How many outreach stations, where they may open, and how residents walk to them."""

    count: Annotated[int, Field(ge=1, strict=True)] | None = None
    objective: Literal["p-median", "coverage", "p-center", "fewest"] = "p-median"
    walk_minutes: Positive = 20.0
    walk_kmh: Annotated[float, Field(gt=0, le=10, strict=True)] = 4.5
    candidates: Candidates | None = None
    existing: Existing | None = None
    roads: Layer | None = None
    detour: Annotated[float, Field(ge=1, le=5, strict=True)] = 1.3
    distances: TablePath | None = None
    budget: NonNegative | None = None


class OfficerWeights(Section):
    """Weights of the officers' objective, in the order of what matters most."""

    vacant_month: NonNegative = 1000.0
    tenure_violation: NonNegative = 500.0
    language_gap: NonNegative = 50.0
    rotation: NonNegative = 20.0
    home_km_month: NonNegative = 0.01


class Officers(Section):
    """The roster and the rules of tenure."""

    path: Path
    layer: str | None = None
    crs: str = "EPSG:4326"
    start: dt.date
    years: Annotated[int, Field(ge=1, le=15, strict=True)] = 5
    min_tenure_months: Whole = 36
    handover_months: Annotated[int, Field(ge=0, le=3, strict=True)] = 1
    training_months: Annotated[int, Field(ge=0, le=24, strict=True)] = 4
    posts_per_beat: CountOrAuto = 1
    weights: OfficerWeights = OfficerWeights()


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
    folder: Path = Field(default=Path("."), exclude=True)
    file: Path = Field(default=Path("project.toml"), exclude=True)

    def path(self, relative: Path) -> Path:
        """Return where a path of the description leads."""
        return (self.folder / relative).resolve()
