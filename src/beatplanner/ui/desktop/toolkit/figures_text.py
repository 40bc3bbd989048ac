"""Numbers, shares and dates as the window shows them: by the locale in force."""

from __future__ import annotations

import datetime as dt

import numpy as np
from PySide6.QtCore import QDate, QLocale

NONE = "–"
MINUS = "\N{MINUS SIGN}"


def _locale() -> QLocale:
    found = QLocale()
    # a system without a locale writes 1000000 without a sign between
    return QLocale(QLocale.Language.English) if found.language() == QLocale.Language.C else found


def number(value: float | None, digits: int = 0, *, sign: bool = False) -> str:
    """Return a number; a dash where there is none."""
    if value is None or not np.isfinite(value):
        return NONE
    value = round(float(value), digits) + 0.0
    text = _locale().toString(abs(value), "f", digits)
    return f"{MINUS if value < 0 else '+' if sign and value > 0 else ''}{text}"


def as_set(value: float | None) -> str:
    """Return a number of a rule with all the decimals that it was given."""
    if value is None or not np.isfinite(value):
        return NONE
    # shares in percents are kept with six decimals
    return number(value, next((d for d in range(6) if abs(value - round(value, d)) < 1e-9), 6))


def percent(share: float | None, digits: int = 0, *, sign: bool = False) -> str:
    """Return a share as per cent, such as 12 %; figure and sign stay on one line."""
    if share is None or not np.isfinite(share):
        return NONE
    return f"{number(100 * share, digits, sign=sign)}\N{NO-BREAK SPACE}%"


def unbroken_parts(text: str) -> str:
    """Return a line of parts with points between so that it breaks only after a point: no figure is parted from its word, and none begins a line."""
    space = "\N{NO-BREAK SPACE}"
    return f"{space}· ".join(part.strip().replace(" ", space) for part in text.split("·"))


def date(day: dt.date) -> str:
    """Return a date, such as 1 June 2029."""
    return _locale().toString(QDate(day.year, day.month, day.day), "d MMMM yyyy")


def written_day() -> str:
    """Return how a day is typed in figures, as Qt says it: as the window's language has it, and in English so that day and month are not taken for each other."""
    english = _locale().language() == QLocale.Language.English
    return "yyyy-MM-dd" if english else "dd.MM.yyyy"


def month(day: dt.date) -> str:
    """Return month and year."""
    return _locale().toString(QDate(day.year, day.month, day.day), "MMMM yyyy")


def weekdays() -> list[str]:
    """Return the short names of the days of the week, from Monday."""
    return [_locale().standaloneDayName(d, QLocale.FormatType.ShortFormat) for d in range(1, 8)]


def weekday(number_: int) -> str:
    """Return the name of a day of the week, 0 for Monday."""
    return _locale().standaloneDayName(number_ + 1, QLocale.FormatType.LongFormat)
