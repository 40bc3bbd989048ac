"""[project] and [units]: the project's name, and the smallest areas with their residents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import Layer, Section, Table


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
