"""Cells of any column as texts, numbers, dates and times: the one reader of values, which every door of the program uses.

What a cell alone does not tell is decided by its whole column. `read_numbers` and `read_times` are lenient and say what they could not
read; `numbers`, `dates` and `times` raise for it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, Note
from beatplanner.data.formats.number_columns import parse_numbers
from beatplanner.data.formats.source import Place
from beatplanner.data.formats.time_columns import TimeColumn, parse_times
from beatplanner.data.narrowing import is_float

_THREE_BEHIND = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
# Beyond any number of residents, hours, metres or money that a town has.
MOST = 1e15
# Characters that no text shows and that no XML may hold.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]+")
# What statistical offices and GIS programs write where a number is missing or withheld.
MISSING_WORDS = {
    "-",
    "–",
    "—",
    "..",
    "...",
    "…",
    "na",
    "n/a",
    "n.a.",
    # what a spreadsheet computes no number for: its own file has nothing there
    *("#n/a", "#value!", "#div/0!", "#ref!", "#name?", "#num!", "#null!"),
    "null",
    "none",
    "nodata",
    "no data",
    "n/d",
    "n.d.",
    "nan",
    "(null)",
    "<null>",
    ":",
    "?",
    "unknown",
    "непознато",
    "непозната",
    "непознат",
    "нема",
    "nema",
    "nepoznato",
    "nepoznata",
    "неизвестно",
    "нет данных",
    "нема податок",
    "nema podatka",
    "necunoscut",
    "panjohur",
    "s/d",
}
# The last ones are what GIS programs write into a shapefile and a raster, which know no empty number.
MISSING_CODES = (
    *(-99.0, -999.0, -9999.0, -99999.0, -999999.0, -9999999.0, -32768.0, -2147483648.0),
    *(-3.4028234663852886e38, -3.402823466e38, -1.7976931348623157e308, -1.797693e308),
)


# In English and the languages of the region, with what their spreadsheets write for a truth value.
YES = {
    "yes",
    "y",
    "true",
    "t",
    "1",
    "x",
    "да",
    "da",
    "po",
    "д",
    "истина",
    "точно",
    "тачно",
    "istina",
    "tačno",
    "adevărat",
}
NO = {
    "no",
    "n",
    "false",
    "f",
    "0",
    "",
    "не",
    "нет",
    "н",
    "ne",
    "jo",
    "nu",
    "ложь",
    "неточно",
    "нетачно",
    "laž",
    "netačno",
    "fals",
}


def is_missing(value: Any) -> bool:
    """Tell whether a cell is empty."""
    return (
        value is None
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
        or str(value).strip() in {"", "<NA>"}
    )


def _each(values: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Return the position of each cell's value and the different values: a column of texts has few, and each is looked at once."""
    if pd.api.types.infer_dtype(values, skipna=True) == "string":
        codes, different = pd.factorize(values.astype(object), use_na_sentinel=False)
        return codes, list(different)
    return np.arange(len(values)), list(values)


def missing_cells(values: pd.Series) -> np.ndarray:
    """Tell which cells are empty, (n,) bool."""
    codes, different = _each(values)
    return np.fromiter((is_missing(v) for v in different), bool, len(different))[codes]


def text_cell(value: Any) -> str | None:
    """Return a cell as `texts` does, for one whose column tells nothing more."""
    if is_missing(value):
        return None
    return str(int(value)) if is_float(value) and float(value).is_integer() else CONTROL.sub(" ", str(value)).strip()


def texts(values: pd.Series) -> list[str | None]:
    """Return cells as trimmed text, whole numbers without a decimal point, None where empty."""
    codes, different = _each(values)
    found = [text_cell(value) for value in different]
    return found if len(found) == len(codes) else [found[c] for c in codes]


def read_truth(value: Any) -> bool | None:
    """Tell whether a cell says yes; empty is no, None what is neither."""
    # a workbook has its 1 as 1.0, and so has a column of texts that was made of it
    word = "" if is_missing(value) else re.sub(r"^([01])[.,]0+$", r"\1", str(value).strip().casefold())
    return True if word in YES else False if word in NO else None


def read_truths(values: pd.Series) -> list[bool | None]:
    """Return a column of yes and no, each cell as `read_truth` reads it."""
    codes, different = _each(values)
    found = [read_truth(v) for v in different]
    return [found[c] for c in codes]


@dataclass
class NumberCells:
    """A column read as numbers.

    Attributes
    ----------
    values
        (n,) NaN where a cell is empty, stands for a missing number, or is no number.
    missing
        (n,) bool: cells that are empty or stand for a missing number.
    wrong
        Position and sentence of each cell that is no number.
    notes
        What had to be decided, in sentences.
    codes
        Position and content of cells such as −999 that stand for a missing number.
    """

    values: np.ndarray
    missing: np.ndarray
    wrong: list[tuple[int, str]]
    notes: list[str]
    codes: dict[int, str]


def read_numbers(values: pd.Series, *, whole: bool = False, coded: bool = False) -> NumberCells:
    """Return a column as numbers.

    Parameters
    ----------
    values
        Cells: numbers, or text with a decimal point or comma and thousands separators, which the whole column tells apart.
    whole
        Whether whole numbers are expected, such as residents, or money, which has no thousandths, so that “1.234” is likelier a thousand than a
        bit more than one.
    coded
        Whether −999 and the like stand for a missing number, as where none may be below zero.
    """
    wrong: list[tuple[int, str]] = []
    notes: list[str] = []
    codes: dict[int, str] = {}
    if pd.api.types.is_numeric_dtype(values) and values.dtype.kind in "iuf":
        found = values.to_numpy(float, na_value=np.nan, copy=True)
        missing = np.isnan(found)
    else:
        cells = values.to_numpy(object)
        missing = missing_cells(values)
        is_text = np.fromiter((isinstance(v, str) for v in cells), bool, len(cells)) & ~missing
        marks = np.zeros(len(cells), bool)
        for i in np.flatnonzero(is_text):
            text = cells[i].strip()
            if len(text) <= 12 and text.casefold() in MISSING_WORDS:
                marks[i] = True
                codes[int(i)] = text
        missing, is_text = missing | marks, is_text & ~marks
        found = np.full(len(cells), np.nan)
        for i in np.flatnonzero(~is_text & ~missing):
            try:
                # yes and no of a workbook are no 1 and 0: in a text table the same cell is a word
                if isinstance(cells[i], bool | np.bool_):
                    raise TypeError
                found[i] = float(cells[i])
            except (TypeError, ValueError):
                wrong.append((int(i), f"holds “{cells[i]}” where a number is needed"))
        plain = None if _may_be_thousands(cells[is_text], whole) else _plain_numbers(cells[is_text])
        if plain is not None:
            found[is_text] = plain
            is_text = np.zeros(len(cells), bool)
        at = np.flatnonzero(is_text)
        written = [str(c).strip() for c in cells[at]]
        # “50 %” is the 0.5 that a workbook has there; of residents there is no such part
        shares = np.array([c.endswith("%") and not whole for c in written], bool)
        parsed = parse_numbers([c[:-1] if s else c for c, s in zip(written, shares, strict=True)], whole=whole)
        found[at] = np.where(shares, parsed.values / 100, parsed.values)
        for i in parsed.failed:
            cell = str(cells[at[i]]).strip()
            if cell.lstrip("+-").lower() in {"nan", "inf", "infinity"} or _overflows(cell):
                wrong.append((int(at[i]), f"holds {cell}, which is no finite number"))
            else:
                wrong.append((int(at[i]), f"holds the text “{cell[:60]}” where a number is needed"))
        wrong += [
            (int(at[i]), f"holds “{cells[at[i]]}”, where the column does not tell which sign is the decimal one")
            for i in parsed.torn
        ]
        if parsed.note:
            notes.append(parsed.note)
    if coded:
        at = np.flatnonzero(np.isin(found, MISSING_CODES))
        codes |= {int(i): f"{found[i]:g}" if abs(found[i]) < 1e6 else f"{found[i]:.0f}" for i in at}
        found[at] = np.nan
        missing = missing.copy()
        missing[at] = True
    if codes:
        shown = ", ".join(dict.fromkeys(f"“{c}”" for c in codes.values()))
        notes.append(f"{len(codes):,} cells hold {shown}, which stands for a missing number")
    return NumberCells(found, missing, wrong, notes, codes)


def numbers(
    values: pd.Series,
    where: Place,
    *,
    least: float | None = None,
    empty: float | None = None,
    whole: bool = False,
    notes: list[Note],
) -> np.ndarray:
    """Return a column as finite numbers.

    Parameters
    ----------
    values, whole
        As for `read_numbers`.
    where
        For messages.
    least
        Smallest number allowed; where it is 0 or more, −999 and the like stand for a missing number.
    empty
        What an empty cell stands for; None where it is an error.
    notes
        Takes in notes about what had to be decided: no door decides it in silence.

    Raises
    ------
    InputError
        Naming the first rows that hold no such number.
    """
    field = str(values.name)
    cells = read_numbers(values, whole=whole, coded=least is not None and least >= 0)
    found, wrong = cells.values, list(cells.wrong)
    shown = values.to_numpy(object)
    notes += [
        where.fact(what, "warning", "Correct them in the file if that is wrong", field=field) for what in cells.notes
    ]
    if empty is not None:
        found[cells.missing] = empty
    else:
        wrong += [
            (
                int(i),
                f"holds {cells.codes[int(i)]}, which stands for a missing number"
                if int(i) in cells.codes
                else "is empty",
            )
            for i in np.flatnonzero(cells.missing)
        ]
    failed = {i for i, _ in wrong}
    with np.errstate(invalid="ignore"):
        wrong += [
            (int(i), f"holds {shown[i]}, which is no finite number")
            for i in np.flatnonzero(~np.isfinite(found) & ~cells.missing)
            if i not in failed
        ]
        if least is not None:
            wrong += [(int(i), f"holds {found[i]:g}, which is below {least:g}") for i in np.flatnonzero(found < least)]
        wrong += beyond_measure(found, np.isfinite(found) & (np.abs(found) > MOST))
    if wrong:
        raise_rows(sorted(wrong), where, field, "Correct the cell")
    return found


def counts(values: pd.Series, where: Place, *, least: int, empty: int | None = None, notes: list[Note]) -> np.ndarray:
    """Return a column as whole numbers; arguments and errors as for `numbers`."""
    found = numbers(values, where, least=least, empty=empty, whole=True, notes=notes)
    wrong = [(int(i), f"holds {found[i]:g}, which is no whole number") for i in np.flatnonzero(found % 1 != 0)]
    if wrong:
        raise_rows(wrong, where, str(values.name), "Give a whole number")
    return found.astype(int)


def beyond_measure(found: np.ndarray, rows: np.ndarray) -> list[tuple[int, str]]:
    """Return what `raise_rows` says of numbers (n,) that no measure has, where `rows` (n,) is true."""
    return [(int(i), f"holds {found[i]:g}, which is beyond any measure") for i in np.flatnonzero(rows)]


def _may_be_thousands(cells: np.ndarray, whole: bool) -> bool:
    """Tell whether points of texts could part thousands: any of them among `whole` numbers, elsewhere where each has three digits behind it."""
    dotted = [c for c in cells if "." in c]
    return bool(dotted) and (whole or all(_THREE_BEHIND.fullmatch(c.strip()) for c in dotted))


def _plain_numbers(cells: np.ndarray) -> np.ndarray | None:
    """Return texts as numbers where all of them are written plainly, without separators that need thought; else None."""
    found = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(float)
    return found if np.isfinite(found).all() else None


def _overflows(cell: str) -> bool:
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False


def raise_rows(wrong: Sequence[tuple[int, str]], where: Place, field: str, mend: str) -> None:
    """Raise `InputError` for rows: the first three, and how many more."""
    more = f"; so do {len(wrong) - 3:,} more rows" if len(wrong) > 3 else ""
    notes = [
        where.problem(what + (more if i == min(2, len(wrong) - 1) else ""), mend, row=where.rows[row], field=field)
        for i, (row, what) in enumerate(wrong[:3])
    ]
    raise InputError(*notes)


def marks_no_time(value: object) -> bool:
    """Tell whether a cell stands for a time that is missing, such as “n/a”, −999 or 0000-00-00."""
    if not isinstance(value, str):
        return isinstance(value, int | float) and value in MISSING_CODES
    text = value.strip().casefold()
    return (
        text in MISSING_WORDS
        or re.fullmatch(r"[-−–]9{2,7}(?:[.,]0+)?|(?:0+[-./]0+|1900-0?1|0?0[./]0?1)[-./](?:0+|1900)(?: [0:]+)?", text)
        is not None
    )


def read_times(values: pd.Series, zone: str | None = None) -> TimeColumn:
    """Return a column as local times, whatever its cells are; see `parse_times`."""
    cells = values
    if pd.api.types.is_numeric_dtype(values):
        cells = values.where(~values.isin(MISSING_CODES))
    elif not pd.api.types.is_datetime64_any_dtype(values):
        # a mark such as “n/a” or −999 is no time, and no fault either
        marked = values.map(marks_no_time)
        cells = values.astype(object).where(~(missing_cells(values) | marked.to_numpy(bool)), None)
    return parse_times(cells, zone)


def dates(values: pd.Series, where: Place, notes: list[Note]) -> list[dt.date | None]:
    """Return a column as dates, None where empty; written as in any office, as `times` reads them.

    What had to be decided, such as which of two numbers is the day, goes into `notes`: no door decides it in silence.

    Raises
    ------
    InputError
        Naming the first rows that hold no date.
    """
    parsed = read_times(values)
    if len(parsed.failed):
        wrong = [(int(i), f"holds “{values.iat[i]}”, which is no date such as 2027-01-31") for i in parsed.failed]
        raise_rows(wrong, where, str(values.name), "Write dates as year-month-day")
    notes += [where.fact(w, "warning", field=str(values.name)) for w in parsed.warnings]
    notes += [where.fact(f, field=str(values.name)) for f in parsed.facts]
    return [None if pd.isna(v) else v.date() for v in parsed.values]


def read_day(text: str) -> dt.date | None:
    """Return the day that a person typed, as any office writes it; None where it is none, or may be two.

    Examples
    --------
    >>> read_day("31.1.2027"), read_day("2027-01-31"), read_day("01/02/2027")
    (datetime.date(2027, 1, 31), datetime.date(2027, 1, 31), None)
    """
    parsed = read_times(pd.Series([text.strip()], dtype=object))
    # a number alone is a day in a workbook only
    if text.strip().isdecimal() or parsed.warnings:
        return None
    return next((None if pd.isna(v) else v.date() for v in parsed.values), None)


def times(values: pd.Series, where: Place, zone: str | None, notes: list[Note]) -> pd.Series:
    """Return a column as local times without a zone, NaT where empty.

    Parameters
    ----------
    values
        Times in ISO or a local format, as dates, or as a spreadsheet's numbers.
    where
        For messages.
    zone
        Time zone of the place; times with an offset are turned into its clock. None takes the hour as it is written.
    notes
        Takes in notes about what had to be decided, as of `dates`.

    Raises
    ------
    InputError
        Naming the first rows that hold no time.
    """
    parsed = read_times(values, zone)
    if len(parsed.failed):
        wrong = [
            (int(i), f"holds “{str(values.iat[i])[:60]}”, which is no time such as 2026-03-31T22:15")
            for i in parsed.failed
        ]
        raise_rows(wrong, where, str(values.name), "Write times as year-month-day hour:minute")
    notes += [where.fact(w, "warning", field=str(values.name)) for w in parsed.warnings]
    notes += [where.fact(f, field=str(values.name)) for f in parsed.facts]
    return parsed.values
