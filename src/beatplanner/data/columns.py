"""Turns the cells of a column into numbers, ids and dates, strictly, naming the rows that are wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.findings import Place, listed


def texts(cells: pd.Series) -> pd.Series:
    """Return cells as stripped text; None where empty. Whole numbers lose the “.0” that some formats add."""
    return pd.Series([_text(c) for c in cells], index=cells.index, dtype=object)


def _text(cell: Any) -> str | None:
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() or None


def ids(cells: pd.Series, place: Place, *, unique: bool = True) -> pd.Series:
    """Return ids as text.

    Raises
    ------
    InputError
        An id is empty or, where they must be unique, stands twice.
    """
    named, column = texts(cells), str(cells.name)
    empty = named.isna()
    if empty.any():
        mend = "Give each row an id"
        raise place.error(f"{empty.sum():,} ids are empty", mend, row=listed(named.index[empty]), field=column)
    twice = named[named.duplicated(keep=False)] if unique else named[:0]
    if len(twice):
        what = f"ids stand more than once: {listed(twice.unique())}"
        raise place.error(what, "Give each row its own id", row=listed(twice.index), field=column)
    return named


def whole_numbers(cells: pd.Series) -> bool:
    """Tell whether a column of ids holds whole numbers, not text that looks like them."""
    numeric = [c for c in cells if not isinstance(c, str)]
    return len(numeric) == len(cells) and all(not isinstance(c, bool) and float(c).is_integer() for c in numeric)


def numbers(
    cells: pd.Series,
    place: Place,
    *,
    least: float | None = 0.0,
    blank: bool = False,
    labels: pd.Series | None = None,
) -> np.ndarray:
    """Return a column as finite numbers.

    Parameters
    ----------
    cells, place
        The column and where it stands.
    least
        The smallest number allowed; None for any.
    blank
        Whether empty cells are allowed (NaN); else they are an error.
    labels
        The rows' names for messages; else the index.

    Returns
    -------
    numpy.ndarray
        (rows,) float.

    Raises
    ------
    InputError
        Cells that are empty, not a number, not finite or too small.
    """
    column = str(cells.name)
    rows = pd.Series(cells.index.astype(str), index=cells.index) if labels is None else labels
    raw = texts(cells)
    values = pd.to_numeric(raw, errors="coerce").to_numpy(float)
    empty = raw.isna().to_numpy()

    def refuse(bad: np.ndarray, what: Callable[[str], str], mend: str) -> None:
        if bad.any():
            more = f" ({bad.sum():,} such rows)" if bad.sum() > 1 else ""
            named = listed(rows[bad])
            raise place.error(what(str(raw[bad].iloc[0])) + more, mend, row=named, field=column)

    is_bool = np.array([isinstance(c, bool | np.bool_) for c in cells])
    refuse(
        np.isnan(values) & ~empty | is_bool,
        lambda v: f"“{v}” is not a number{_why_not(v)}",
        "Write it as 1234.5",
    )
    refuse(np.isinf(values), lambda v: f"“{v}” is not a finite number", "Write the number")
    if not blank:
        refuse(
            empty,
            lambda _: "the cell is empty; a number is needed",
            "Fill it in; write 0 where there is none",
        )
    if least is not None:
        refuse(values < least, lambda v: f"{v} is less than {least:g}", f"Give a number of at least {least:g}")
    return values


def _why_not(value: str) -> str:
    digits = value.replace(" ", "").replace("\u00a0", "").replace(",", "").replace(".", "").replace("'", "")
    return ": it has a comma, space or apostrophe in it" if digits.lstrip("+-").isdigit() else ""


def dates(cells: pd.Series, place: Place) -> pd.Series:
    """Return a column of ISO dates as `datetime.date`, None where empty.

    Raises
    ------
    InputError
        A cell is no date, or a date written the local way.
    """
    return pd.Series([_date(c, str(row), str(cells.name), place) for row, c in cells.items()], cells.index, object)


def _date(cell: Any, row: str, column: str, place: Place) -> dt.date | None:
    text = _text(cell)
    if text is None:
        return None
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    try:
        return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text).date()
    except ValueError:
        mend = "Write it as year-month-day, such as 2027-03-31"
        raise place.error(f"“{text}” is not a date", mend, row=row, field=column) from None


def times(cells: pd.Series, place: Place) -> pd.Series:
    """Return a column of ISO dates or times as ``datetime64`` without time zone (the local time as written).

    Raises
    ------
    InputError
        A cell is no ISO date or time.
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return cells.dt.tz_localize(None)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells
    raw = texts(cells).astype("str")
    written = raw.str.replace(r"(?<=\d)\s*(Z|[+-]\d{2}:?\d{2})$", "", regex=True).where(raw.str.len() > 10, raw)
    iso = written.str.match(r"\d{4}-\d{2}-\d{2}([ T]|$)", na=False)
    values = pd.to_datetime(written.where(iso), format="ISO8601", errors="coerce")
    bad = values.isna() & texts(cells).notna()
    if bad.any():
        more = f" ({bad.sum():,} such rows)" if bad.sum() > 1 else ""
        mend = "Write it as year-month-day, such as 2027-03-31 or 2027-03-31 22:15"
        what = f"“{raw[bad].iloc[0]}” is not a date or time{more}"
        raise place.error(what, mend, row=listed(raw.index[bad]), field=str(cells.name))
    return values
