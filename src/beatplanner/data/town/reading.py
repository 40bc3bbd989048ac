"""One reading of a description: what was found so far, which files were used, and the cells that several layers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.base import Layer, PointTable
from beatplanner.data.errors import InputError
from beatplanner.data.findings import Findings, listed
from beatplanner.data.formats.cells import is_missing, read_truths, texts
from beatplanner.data.formats.ids import as_known, id_advice, match_ids
from beatplanner.data.formats.layers import read_layer
from beatplanner.data.formats.points import read_points
from beatplanner.data.formats.source import Place, Source, source_of

Frame = TypeVar("Frame", bound=pd.DataFrame)


@dataclass
class Reading:
    """What is collected while the layers of one description are read; layers themselves are taken and returned by functions.

    Attributes
    ----------
    description
        What is read.
    findings
        Problems, doubts and facts.
    sources
        The files read, in order.
    proposals
        Tables for a person to decide on, as in `Town`.
    unused
        Columns that no layer has used so far, by file and layer.
    """

    description: Description
    findings: Findings = field(default_factory=Findings)
    sources: list[Source] = field(default_factory=list[Source])
    proposals: dict[str, pd.DataFrame] = field(default_factory=dict[str, pd.DataFrame])
    unused: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], list[str]])

    def record(
        self, role: str, path: Path, rows_in: int, rows_used: int | None = None, where: Place | None = None
    ) -> None:
        """Record a file as used."""
        used = rows_in if rows_used is None else rows_used
        self.sources.append(source_of(role, self.description.path(path), rows_in, used, where))

    def noting(self, found: tuple[Frame, Place], *, unused: bool = True) -> tuple[Frame, Place]:
        """Tell how a layer or table had to be read and, unless the caller does, which columns are not used; give it on."""
        where = found[1]
        self.findings.add(where.notes)
        if unused:
            # a file may hold several layers of the plan, as units do that name today's beats
            place = (where.file, where.layer)
            self.unused[place] = [c for c in where.dropped if c in self.unused.get(place, where.dropped)]
        return found

    def note_unused_columns(self) -> None:
        """Name the columns that no layer of the description uses."""
        for (file, layer), columns in self.unused.items():
            if columns:
                many = f"{len(columns)} column{'s are' if len(columns) > 1 else ' is'}"
                self.findings.note("info", f"{many} not used: {listed(columns, 12)}", file=file, layer=layer)


def words_in_cell(value: object) -> tuple[str, ...]:
    """Return a list in a cell, separated by semicolons or commas, each word once."""
    if is_missing(value):
        return ()
    return tuple(dict.fromkeys(w.strip() for w in str(value).replace(",", ";").split(";") if w.strip()))


def unit_positions(values: pd.Series, units: gpd.GeoDataFrame, where: Place) -> np.ndarray:
    """Return the positions of units by their ids; InputError names the first that is none."""
    found, known = texts(values), units["unit"].tolist()
    match = match_ids(found, known)
    unknown = [(i, found[i]) for i in match.missing]
    if unknown:
        i, v = unknown[0]
        mend = id_advice(v, known, [f for f in found if f]) if v is not None else ""
        what = f"there is no unit “{v if v is not None else ''}” ({len(unknown):,} such rows)"
        raise InputError(
            where.problem(what, mend or "Use ids of the units layer", row=where.rows[i], field=str(values.name))
        )
    return np.array(match.positions, int)


def known_ids(
    findings: Findings, written: Sequence[str | None], known: Sequence[str], where: Place, field: str
) -> tuple[list[str | None], list[int]]:
    """Return ids as the table that they belong to writes them, and the positions of those that it does not have; how they were compared is noted.

    Parameters
    ----------
    findings
        Take the note, where they are not written alike.
    written
        Ids as they stand in a table; None where a cell is empty.
    known
        Ids of the table that they belong to.
    where, field
        Where they stand.
    """
    found, match = as_known(written, known)
    if match.note:
        findings.add([where.fact(match.note, "warning", field=field)])
    return found, [i for i in match.missing if written[i] is not None]


def beats_today(units: gpd.GeoDataFrame) -> list[str]:
    """Return the ids of today's beats, in order; none where the description has no beats of today."""
    return sorted({str(b) for b in units["current"] if isinstance(b, str)}) if "current" in units else []


def read_shapes(reading: Reading, role: str, layer: Layer, crs: CRS) -> np.ndarray:
    """Return the geometries of a layer that are there, in the planning CRS, (m,); InputError where there is none."""
    frame, where = reading.noting(read_layer(reading.description.path(layer.path), layer.layer, [], layer.crs))
    found = np.asarray(frame.geometry.to_crs(crs).array, dtype=object)
    found = found[~(shapely.is_missing(found) | shapely.is_empty(found))]
    if not len(found):
        raise InputError(where.problem("no feature has a geometry", "Draw them or leave the layer out"))
    reading.record(role, layer.path, len(frame), len(found))
    return found


def read_placed(
    reading: Reading,
    table: PointTable,
    columns: list[str],
    key: str,
    crs: CRS,
    guess: Callable[[np.ndarray, Place, str], InputError] | None = None,
) -> tuple[pd.DataFrame, Place]:
    """Read points into the planning CRS: columns ``x``, ``y`` (metres) and those that are named; `guess` as in `read_points`."""
    return reading.noting(
        read_points(
            reading.description.path(table.path), table.layer, table.x, table.y, table.crs, columns, crs, key, guess
        ),
        unused=key != "incidents",
    )


def truths(values: pd.Series, where: Place) -> list[bool]:
    """Return a column of yes and no; empty is no; InputError names a row that says neither."""
    found: list[bool] = []
    for i, said in enumerate(read_truths(values)):
        if said is None:
            raise InputError(
                where.problem(f"holds “{values.iat[i]}”", "Write yes or no", row=where.rows[i], field=str(values.name))
            )
        found.append(said)
    return found
