"""[project] and [units]: the project's name, and the smallest areas with their residents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import Input, Layer, Section, Table


class Project(Section):
    """The project's name and planning CRS (in metres; the best UTM zone where none is given)."""

    name: Annotated[str, Field(min_length=1), Input("The name of the project, as every page tells it.")]
    crs: Annotated[str | None, Input("The planning CRS, in metres; the best UTM zone where none is given.")] = None


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
    """Population polygons, the smallest areas that a beat is made of; what each key is stands beside it."""

    path: Annotated[Path, Input("Layer of the units.")]
    layer: Annotated[str | None, Input("Which layer of the units' file.")] = None
    crs: Annotated[
        str | None, Input("What its coordinates are in, where the file does not say it, or says it wrongly.")
    ] = None
    id: Annotated[str, Input("Column that names the units, each once.")]
    name: Annotated[str | None, Input("Column with the name that people know a unit by.")] = None
    population: Annotated[str | None, Input("Column with the residents.")] = None
    population_raster: Annotated[Path | None, Input("Raster of residents, which are added up by unit.")] = None
    population_table: Annotated[PopulationTable | None, Input("Table of residents by unit.")] = None
    census: Annotated[Census | None, Input("Layer of an older census, whose residents are split over the units.")] = (
        None
    )
    mend_metres: Annotated[
        float,
        Field(ge=0, le=100, strict=True),
        Input(
            "How wide the gaps and overlaps between units may be that are closed, in metres; 0 closes none. 2 metres: an assumption."
        ),
    ] = 2.0
    homes: Annotated[
        Homes | None,
        Input("Points where residents live inside the units; else from the raster, else a point inside each unit."),
    ] = None
    municipality: Annotated[str | None, Input("Column with the municipality, whose border no beat crosses.")] = None
    workload: Annotated[str | None, Input("Column with the officer hours a year, in place of incidents.")] = None
    amounts: Annotated[
        dict[str, str],
        Input("Columns with what beats can share evenly beside hours, by what it is called: see `beats.balances`."),
    ] = Field(default_factory=dict)
    groups: Annotated[
        dict[str, str], Input("Columns with the speakers of a language, by what the language is called.")
    ] = Field(default_factory=dict)
