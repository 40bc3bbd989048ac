"""What all sections of the description are made of: numbers with their limits, layers and tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _whole_or_auto(value: Any) -> Any:
    # what was found is filled in by the reader of the description
    wanted = 'give a whole number of at least 1, or "auto", but found {found}'
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(wanted)
    if isinstance(value, int) and value < 1:
        raise ValueError(wanted)
    if isinstance(value, str) and value != "auto":
        raise ValueError(wanted)
    return value


CountOrAuto = Annotated[int | Literal["auto"], BeforeValidator(_whole_or_auto)]


Share = Annotated[float, Field(ge=0, le=1, strict=True)]


ShareBelowOne = Annotated[float, Field(ge=0, lt=1, strict=True)]


NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]


Whole = Annotated[int, Field(ge=0, strict=True)]


@dataclass(frozen=True)
class Input:
    """A key that is no rule: a layer, a table, a column, a fact that is told on, or what a planner drew; `words` say what it is."""

    words: str

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Add the words to the published schema."""
        return {**handler(schema), "description": self.words}


class Section(BaseModel):
    """A section of the description: no unknown keys, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Layer(Section):
    """A vector layer; ``layer`` picks a layer of the file, ``crs`` says what its coordinates are in where the file does not, or wrongly."""

    path: Annotated[Path, Input("The file.")]
    layer: Annotated[str | None, Input("Which layer of the file.")] = None
    crs: Annotated[
        str | None, Input("What its coordinates are in, where the file does not say it, or says it wrongly.")
    ] = None


class IdLayer(Layer):
    """A vector layer whose features are named by the column ``id``."""

    id: str


class Table(Section):
    """A table: CSV, TSV, XLSX or any format that GDAL reads; ``layer`` picks a layer or sheet."""

    path: Annotated[Path, Input("The file.")]
    layer: Annotated[str | None, Input("Which layer or sheet of the file.")] = None
    columns: Annotated[dict[str, str], Input("The file's name for each column, where it is not the usual one.")] = (
        Field(default_factory=dict)
    )


def as_table(value: Any) -> Any:
    """Return a bare path as the table that it stands for."""
    return {"path": value} if isinstance(value, str) else value


# A table that may be given as a bare path, or as { path = "…", layer = "…" } to pick a layer or sheet.
TablePath = Annotated[Table, BeforeValidator(as_table, json_schema_input_type=str | Table)]


class PointTable(Table):
    """Points: a vector layer, or a table with ``x`` and ``y`` in ``crs``; both may name one column that holds “latitude, longitude” or MGRS."""

    x: Annotated[str | None, Input("Column of the east coordinate.")] = None
    y: Annotated[str | None, Input("Column of the north coordinate.")] = None
    crs: Annotated[str | None, Input("What the coordinates are in.")] = None
