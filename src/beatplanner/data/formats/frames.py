"""Frames with types: what pandas and geopandas annotate more widely than this program uses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

# A row of a table as a dictionary by column; what the columns are stands in `data/town/town.py` and `data/result/plan_tables.py`.
Row = dict[str, Any]


def crs_of(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """Return the CRS of a layer of the town, which always has one."""
    assert frame.crs is not None
    return frame.crs


def code_of(crs: CRS, confidence: int = 70) -> str:
    """Return the code of a CRS, such as EPSG:32634, where PROJ is so sure of it in per cent; empty where it has none."""
    return ":".join(_authority(crs, confidence) or ())


def _authority(crs: Any, confidence: int) -> tuple[str, str] | None:
    # pyproj annotates nothing here
    return crs.to_authority(min_confidence=confidence)


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table as named tuples, of whatever its columns hold."""
    yield from frame.itertuples(index=False)


def number_at(frame: pd.DataFrame, column: str, row: int) -> float:
    """Return the number in a column of a table at a position of its rows."""
    return float(cast(Any, frame[column].iat[row]))


def day_of(value: object) -> dt.date:
    """Return a day of a table that this program wrote or has read: a text or a moment that begins with it."""
    return dt.date.fromisoformat(str(value)[:10])


def day_if_any(value: object) -> dt.date | None:
    """Return a day as `day_of` does; None where the cell is empty, in each way in which pandas has that."""
    return None if value is None or str(value) in ("", "nan", "NaT", "<NA>") else day_of(value)


def records(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a table as dictionaries by column: `to_dict("records")` in half its time, most of which goes to a column's own class."""
    import pandas as pd

    plain = pd.DataFrame(frame)
    if not len(plain.columns):
        return [{} for _ in range(len(plain))]
    cells = [_cells(column) for _, column in plain.items()]
    return [dict(zip(plain.columns, row, strict=True)) for row in zip(*cells, strict=True)]


def _cells(column: pd.Series) -> list[Any]:
    """Return the cells of a column with numbers as Python's own."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return column.to_numpy().tolist()
    found: list[Any] = []
    for value in column:
        if not isinstance(value, np.generic):
            found.append(None if value is pd.NA else value)
        elif isinstance(value, np.datetime64):
            found.append(pd.Timestamp(cast(Any, value)))
        else:
            found.append(value.item())
    return found
