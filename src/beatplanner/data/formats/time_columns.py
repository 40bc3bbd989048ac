"""Dates and times as offices write them, in local formats, as spreadsheet numbers and with time zones."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pandas._libs import NaTType

# Days of 1930 to 2119 in a spreadsheet, counted from 1899-12-30; seconds and milliseconds since 1970 of 1990 to 2100; and numbers that are
# written as years, months (202503) and days (20250331) are. From the first to below the second.
SERIAL = (10_959, 80_000)
EPOCHS = {"seconds": (6.3e8, 4.1e9), "milliseconds": (6.3e11, 4.1e12)}
YEARS, MONTHS_AS_NUMBERS, DAYS_AS_NUMBERS = (1900, 2200), (190_001, 219_913), (19_000_101, 22_000_000)
LOCAL = (
    r"^(?P<a>\d{1,4})\s?[./\-]\s?(?P<b>\d{1,2})\s?[./\-]\s?(?P<c>\d{1,4})\.?"
    r"(?:[\s,T]+(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?$"
)
_CLOCK = r"(?:[\s,T]+(?:at\s+)?(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?$"
_DAY, _MONTH, _YEAR = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?\.?", r"(?P<month>[^\W\d_]{3,12})\.?", r"(?P<y>\d{4})\.?"
_GAP, _WEEKDAY = r"[\s,\-/]*", r"^(?:[^\W\d_]{2,12}\.?,?\s+)?"
# The month as a word: day first, year first, month first; a name of a day of the week may stand before.
NAMED = (
    _WEEKDAY + _DAY + _GAP + _MONTH + r"(?:[\s,\-/]*(?P<y>\d{4})|[\s,\-/]+'?(?P<yy>\d{2}))\.?" + _CLOCK,
    "^" + _YEAR + _GAP + _MONTH + _GAP + _DAY + _CLOCK,
    _WEEKDAY + _MONTH + _GAP + _DAY + r"[\s,\-/]+" + _YEAR + _CLOCK,
)
ZONED = r"^(?P<local>.*\d[:.]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?)\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$"


def _of_roman_month(date: re.Match[str]) -> str:
    return f"{date[1]}.{_ROMAN[date[2]]}.{date[3]}"


# What offices write between and behind the numbers, with what it means: words for year and hour, “at”, ordinals, the name of a zone.
SPELLED: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^[’']", ""),
    (r"(?<=\d)\.?\s*(?:г\.?|год\.?|години?|година|годин[аеу]|god\.?|godin[aeu]|viti|an(?:ul)?)(?=\s|,|$)", ""),
    (
        r"(?<=[\d.])[\s,;]*(?:\s[-–—]\s|;|\s(?:at|u|во|в|у|në|ne|la ora|ora|à|um|@|ob)\s+)\s*(?=\d{1,2}(?:[:.hH]|\s*(?:h|ч|uhr)\b))",
        " ",
    ),
    (r"(?<=\d)\s*[hHчЧ]\s*(?=[0-5]\d(?:\D|$))", ":"),
    (r"(?<=\s)(\d{1,2})\s*(?:h|H|ч|Ч|Uhr|uhr)\.?$", r"\1:00"),
    (r"(?<=\d)\s*(?:часот|часа|часова|часов|час\.?|sati|časova|ora|orë|uhr|hrs?|h|ч)\.?$", ""),
    (r"(?<=\d)[-\s]?(?:ти|ри|ви|ми|го|ое)(?=\s)", ""),
    (r"\s*\(.*\)$", ""),
    (r"\s(?:GMT|UTC)(?=[+-]\d{4}$)", " "),
    # the hour before the day
    (r"^(\d{1,2}:\d{2}(?::\d{2})?)[\s,]+(\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\.?)$", r"\2 \1"),
    # 31.XII.2025: Roman months
    (r"^(\d{1,2})[\s./-]+(X?I{1,3}|I?[VX]|VI{1,3})[\s./-]+(\d{4})", _of_roman_month),
    # 20250103100500, and 2025 JAN 03 1000
    (r"^((?:19|20|21)\d{2})(\d{2})(\d{2})(\d{2})([0-5]\d)([0-5]\d)?$", r"\1-\2-\3 \4:\5"),
    (r"([^\W\d_]{3,}\.?[\s-]\d{1,2}|[^\W\d_]{3,}[\s-]\d{4})\s([01]\d|2[0-3])([0-5]\d)$", r"\1 \2:\3"),
)
_ROMAN = {r: i for i, r in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"), 1)}
QUARTERS = {**{str(q): q for q in range(1, 5)}, "I": 1, "II": 2, "III": 3, "IV": 4}
_QUARTER = r"(?i:(?:[qkткt]|кв\.?|kv\.?|(?:квартал|kvartal|quart(?:er|al)|tr[io]me(?:stre|stru|sečje|secje|sječje)|tremujor|тр[ио]месечј?[ейи])\w*))"
# Months, quarters and years without a day, as files of statistics have them.
PERIODS = (
    r"^(?P<m>\d{1,2})\s?[./\-]\s?(?P<y>(?:19|20|21)\d{2})\.?$",
    r"^(?P<y>(?:19|20|21)\d{2})\s?[./\-]\s?(?P<m>\d{1,2})\.?$",
    r"^(?P<month>[^\W\d_]{3,12})\.?[\s,.\-/]+(?P<y>(?:19|20|21)\d{2})\.?$",
    r"^(?P<y>(?:19|20|21)\d{2})\.?[\s,.\-/]+(?P<month>[^\W\d_]{3,12})\.?$",
    rf"^{_QUARTER}\s?(?P<q>[1-4]|I{{1,3}}|IV)\.?[\s,./\-]*(?P<y>(?:19|20|21)\d{{2}})\.?$",
    rf"^(?P<y>(?:19|20|21)\d{{2}})[\s,./\-]*{_QUARTER}\s?(?P<q>[1-4]|I{{1,3}}|IV)$",
    rf"^(?P<q>[1-4]|I{{1,3}}|IV)(?:st|nd|rd|th)?[\s.\-]*{_QUARTER}[\s,./\-]*(?P<y>(?:19|20|21)\d{{2}})\.?$",
    # Jan-25 of a spreadsheet, which writes 25-Jan for a day
    r"^(?P<month>[^\W\d_]{3,12})\.?-(?P<yy>\d{2})$",
    r"^(?P<y>(?:19|20|21)\d{2})(?P<m>0[1-9]|1[0-2])$",
    r"^(?P<y>(?:19|20|21)\d{2})\.0?$",
)
# The first letters of the months in English, the languages of the region, and Russian.
MONTHS = (
    ("jan", "јан", "янв", "ian", "sij"),
    ("feb", "феб", "фев", "shk", "velj"),
    ("mar", "мар", "ožu"),
    ("apr", "апр", "pri", "trav"),
    ("maj", "may", "мај", "май", "мая", "svi", "mai"),
    ("jun", "јун", "июн", "qer", "lip", "iun"),
    ("jul", "јул", "июл", "kor", "srp", "iul"),
    ("aug", "avg", "авг", "gus", "kol"),
    ("sep", "сеп", "сен", "sht", "ruj"),
    ("okt", "oct", "окт", "tet", "lis"),
    ("nov", "ное", "нов", "ноя", "nën", "stu", "noi"),
    ("dec", "дек", "дец", "dhj", "pro"),
)


# Formats that one look decides on where a whole column has them; anything else is taken apart.
WHOLE_COLUMN = tuple(
    day + clock
    for day in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
    for clock in ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")
)
# Days and times of 1900 to 2199 as programs write them; at most so many are looked at one by one.
_PLAIN = re.compile(r"(?:19|2[01])\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?", re.ASCII)
PLAIN_CELLS = 1000
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")


def may_count_time(low: float, high: float) -> bool:
    """Tell whether numbers between two may all be times that are counted, or written as one number."""
    kinds = (SERIAL, YEARS, MONTHS_AS_NUMBERS, DAYS_AS_NUMBERS, *EPOCHS.values())
    return any(first <= low and high < end for first, end in kinds)


def _are_whole(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return (values >= bounds[0]) & (values < bounds[1]) & (values % 1 == 0)


@dataclass
class TimeColumn:
    """Parsed times.

    Attributes
    ----------
    values
        Local times without a zone, NaT where empty or no time.
    failed
        Positions of cells that are no time.
    warnings, facts
        What is doubtful and what had to be decided, in sentences.
    """

    values: pd.Series
    failed: np.ndarray
    warnings: list[str] = field(default_factory=list[str])
    facts: list[str] = field(default_factory=list[str])


def parse_times(cells: pd.Series, zone: str | None = None) -> TimeColumn:
    """Return cells as local times.

    Parameters
    ----------
    cells
        Texts, dates or numbers; None or NaN where empty.
    zone
        Time zone of the place, such as ``"Europe/Skopje"``: times with an offset are turned into its clock. Without one the hour is
        taken as written.

    Notes
    -----
    Whether 03/04/2025 is in March or April is decided by the other cells of the column; where none of them tells, the day comes first.
    """
    index = cells.index
    there = cells.notna().to_numpy()
    plain = _of_plain_cells(cells.to_numpy(object)[there]) if cells.dtype == object else None
    if plain is not None:
        values = np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[us]")
        values[there] = plain
        result = TimeColumn(pd.Series(values, index=index), np.array([], int))
        _note_summer_time(result.values, zone, result)
        return result
    cells = cells.reset_index(drop=True)
    found: pd.Series[Any] = pd.Series(np.full(len(cells), np.datetime64("NaT"), dtype="datetime64[us]"))
    result = TimeColumn(found, np.array([], int))
    if pd.api.types.is_datetime64_any_dtype(cells):
        found = _into_zone(cells, zone) if getattr(cells.dt, "tz", None) is not None else cells
        result.values = found.astype("datetime64[us]").set_axis(index)
        return result
    if pd.api.types.is_numeric_dtype(cells):
        is_number, is_text, is_date = there, np.zeros(len(cells), bool), np.zeros(len(cells), bool)
    else:
        kind = cells.map(type)
        is_text = there & kind.isin([str]).to_numpy()
        is_number = there & kind.isin([int, float, np.float64, np.int64]).to_numpy()
        is_date = there & ~is_text & ~is_number
    if is_date.any():
        stamps = [_stamp(v, zone) for v in cells[is_date]]
        found[is_date] = pd.Series(stamps, dtype="datetime64[us]").to_numpy()
    texts = cells[is_text].astype(str).map(_in_our_digits) if is_text.any() else pd.Series([], dtype=object)
    quick = _of_one_format(texts) if len(texts) > 1000 else None
    if quick is not None:
        found[texts.index] = quick.to_numpy()
        _note_summer_time(quick, zone, result)
        texts = texts[:0]
    digits = (
        texts.str.fullmatch(r"\d{5}(?:[.,]\d+)?|\d{6}[.,]\d+|\d{8}|\d{10}|\d{13}")
        if len(texts)
        else pd.Series([], dtype=bool)
    )
    if digits.any():
        is_number[texts.index.to_numpy()[digits.to_numpy(bool)]] = True
        texts = texts[~digits]
    if is_number.any():
        written = cells[is_number].astype(str).str.replace(",", ".", regex=False)
        found[is_number] = _of_numbers(pd.to_numeric(written, errors="coerce").to_numpy(float), zone, result)
    if len(texts):
        kept = len(result.warnings), len(result.facts)
        read = _of_texts(texts, zone, result)
        unread = read.isna()
        plain = texts.copy()
        plain[unread] = texts[unread].map(_plain)
        if (plain != texts).any():
            # once more without what offices write between and behind the numbers: the whole column tells whether the day is first
            del result.warnings[kept[0] :], result.facts[kept[1] :]
            read = _of_texts(plain, zone, result)
        found[texts.index] = read.to_numpy()
    year = found.dt.year
    found[(year < 1900) | (year > 2199)] = pd.NaT
    result.values = found.set_axis(index)
    result.failed = np.flatnonzero(found.isna().to_numpy() & there)
    return result


def _of_plain_cells(cells: np.ndarray) -> np.ndarray | None:
    """Return texts as times where each has the year first, as programs write them, or there is none; else None.

    Such a column leaves nothing to decide; most columns of a roster are of this kind, or empty.
    """
    if len(cells) > PLAIN_CELLS or not all(isinstance(c, str) and _PLAIN.fullmatch(c) for c in cells):
        return None
    try:
        return np.array(list(cells), dtype="datetime64[us]")
    except ValueError:
        return None


def _in_our_digits(text: str) -> str:
    """Return a text without spaces around it, whose digits, of whatever script or width, are 0 to 9."""
    return text.strip() if text.isascii() else _OTHER_DIGIT.sub(lambda d: str(int(d[0])), text.strip())


def _stamp(value: object, zone: str | None) -> pd.Timestamp | NaTType:
    if not isinstance(value, dt.date | dt.datetime):
        return pd.NaT
    stamp = pd.Timestamp(value)
    if stamp.tzinfo is None:
        return stamp
    return (stamp.tz_convert(ZoneInfo(zone)) if zone else stamp).tz_localize(None)


def _into_zone(times: pd.Series, zone: str | None) -> pd.Series:
    return (times.dt.tz_convert(ZoneInfo(zone)) if zone else times).dt.tz_localize(None)


def _of_numbers(values: np.ndarray, zone: str | None, result: TimeColumn) -> np.ndarray:
    found = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
    serial = (values >= SERIAL[0]) & (values < SERIAL[1])
    if serial.any():
        seconds = np.round(values[serial] * 86_400).astype("int64")
        found[serial] = np.datetime64("1899-12-30T00:00:00", "us") + seconds.astype("timedelta64[s]")
        result.facts.append(
            f"{int(serial.sum()):,} times are spreadsheet numbers and were read as days since 1899-12-30"
        )
    day = _are_whole(values, DAYS_AS_NUMBERS)
    if day.any():
        text = pd.Series(values[day].astype("int64").astype(str))
        found[day] = pd.to_datetime(text, format="%Y%m%d", errors="coerce").to_numpy()
    # 202503 is a month and 2025 a year, in whole columns of them
    month = _are_whole(values, MONTHS_AS_NUMBERS) & (values % 100 >= 1) & (values % 100 <= 12)
    year = _are_whole(values, YEARS)
    for alike, written in ((month, values), (year, values * 100 + 1)):
        if len(values) and alike.all():
            text = pd.Series(written.astype("int64").astype(str))
            found = pd.to_datetime(text, format="%Y%m", errors="coerce").to_numpy().astype("datetime64[us]")
    for word, (first, end) in EPOCHS.items():
        scale, epoch = 1.0 if word == "seconds" else 1000.0, (values >= first) & (values < end)
        if epoch.any():
            stamps = pd.Series(pd.to_datetime(np.round(values[epoch] / scale).astype("int64"), unit="s", utc=True))
            found[epoch] = _into_zone(stamps, zone).to_numpy()
            result.facts.append(f"{int(epoch.sum()):,} times are {word} since 1970")
            if not zone:
                result.warnings.append(
                    "the times are in UTC, so hours of the day are shifted; give incidents.timezone, such as “Europe/Skopje”"
                )
    return found


def _of_texts(texts: pd.Series, zone: str | None, result: TimeColumn) -> pd.Series:
    found = pd.Series(np.datetime64("NaT"), index=texts.index, dtype="datetime64[us]")
    zoned = texts.str.extract(ZONED)
    has_zone = zoned["zone"].notna()
    if has_zone.any():
        local = zoned["local"].where(has_zone, texts)
        found = _naive(local, result)
        offsets = zoned["zone"][has_zone].map(_offset)
        if zone:
            utc = (found[has_zone] - pd.to_timedelta(offsets, unit="min")).dt.tz_localize("UTC")
            found[has_zone] = _into_zone(utc, zone).astype("datetime64[us]")
        elif (offsets == 0).all() and has_zone.mean() > 0.5:
            result.warnings.append(
                "the times are in UTC, so hours of the day are shifted; give incidents.timezone, such as “Europe/Skopje”"
            )
        elif offsets.nunique() > 2:
            result.warnings.append(
                f"the times have {offsets.nunique()} different offsets; the hours were taken as written"
            )
    else:
        found = _naive(texts, result)
    _note_summer_time(found[~has_zone], zone, result)
    return found


def _of_one_format(texts: pd.Series) -> pd.Series | None:
    """Return texts as times where all have one format that leaves no doubt; else None."""
    for pattern in WHOLE_COLUMN:
        if pd.to_datetime(texts.iloc[:200], format=pattern, errors="coerce").notna().all():
            found = pd.to_datetime(texts, format=pattern, errors="coerce")
            # a day after the 12th shows which of two numbers the day is
            if found.notna().all() and (pattern.startswith("%Y") or (found.dt.day > 12).any()):
                return found.astype("datetime64[us]")
    return None


def _note_summer_time(times: pd.Series, zone: str | None, result: TimeColumn) -> None:
    """Say how many times lie in the hours that do not exist, or exist twice, in a zone."""
    plain = times.dropna()
    if not zone or plain.empty:
        return
    shifted = plain.dt.tz_localize(ZoneInfo(zone), ambiguous="NaT", nonexistent="NaT").isna()
    forward = plain[shifted].dt.tz_localize(ZoneInfo(zone), ambiguous=True, nonexistent="NaT").isna().sum()
    if forward:
        result.warnings.append(f"{int(forward):,} times lie in the hour that is skipped when summer time begins")
    twice = int(shifted.sum()) - int(forward)
    if twice:
        result.facts.append(f"{twice:,} times lie in the hour that comes twice when summer time ends")


def _plain(text: str) -> str:
    """Return a text without the words that offices write between and behind the numbers of a time."""
    for pattern, by in SPELLED:
        text = re.sub(pattern, by, text)
    return text.strip(" ,;")


def _offset(text: str) -> int:
    if text in {"Z", "UTC", "GMT"}:
        return 0
    digits = text[1:].replace(":", "")
    return (1 if text[0] == "+" else -1) * (int(digits[:2]) * 60 + int(digits[2:] or 0))


def _naive(texts: pd.Series, result: TimeColumn) -> pd.Series:
    """Return texts without a zone as times."""
    found = pd.to_datetime(texts, format="ISO8601", errors="coerce").astype("datetime64[us]")
    rest = texts[found.isna()]
    if len(rest):
        parts = rest.str.extract(LOCAL)
        local = parts[parts["a"].notna()]
        if len(local):
            found[local.index] = _of_parts(local, rest, result)
        for pattern in NAMED:
            left = rest[parts["a"].isna() & found[rest.index].isna()]
            if left.empty:
                break
            named = left.str.extract(pattern)
            named = named[named["month"].notna()]
            if len(named):
                month = named["month"].str.casefold().map(_month)
                year = pd.to_numeric(named["y"])
                if "yy" in named:
                    year = year.fillna(_full_year(pd.to_numeric(named["yy"])))
                found[named.index] = _assembled(year, month, named["d"], named)
        left = rest[found[rest.index].isna()]
        if len(left):
            found[left.index] = _of_periods(left)
    return found


def _of_periods(texts: pd.Series) -> pd.Series:
    """Return the first day of months, quarters and years; NaT for anything else."""
    found = pd.Series(np.datetime64("NaT"), index=texts.index, dtype="datetime64[us]")
    for pattern in PERIODS:
        parts = texts.str.extract(pattern)
        parts = parts[parts["yy" if "yy" in parts else "y"].notna()]
        if parts.empty:
            continue
        if "yy" in parts:
            parts["y"] = _full_year(pd.to_numeric(parts["yy"]))
        if "q" in parts:
            month = 3 * parts["q"].astype(str).map(QUARTERS) - 2
        elif "month" in parts:
            month = parts["month"].str.casefold().map(_month)
        else:
            month = pd.to_numeric(parts["m"]) if "m" in parts else 1
        frame = pd.DataFrame({"year": pd.to_numeric(parts["y"]), "month": month, "day": 1})
        found[parts.index] = pd.to_datetime(frame, errors="coerce").astype("datetime64[us]")
    return found


def _month(word: str) -> float:
    for number, starts in enumerate(MONTHS, 1):
        if word.startswith(starts):
            return number
    return float("nan")


def _full_year(year: pd.Series) -> pd.Series:
    """Return years of two digits as those of 1970 to 2069."""
    return year.where(year >= 100, year + np.where(year < 70, 2000, 1900))


def _of_parts(parts: pd.DataFrame, texts: pd.Series, result: TimeColumn) -> pd.Series:
    a, b, c = (pd.to_numeric(parts[k]) for k in "abc")
    year_first = parts["a"].str.len() == 4
    day_first, month_first = (~year_first & (a > 12)), (~year_first & (b > 12))
    first_is_day = True
    if month_first.any() and not day_first.any():
        first_is_day = False
    elif day_first.any() and month_first.any():
        result.warnings.append(
            f"{int(day_first.sum()):,} dates have the day first and {int(month_first.sum()):,} the month; the day was taken where both are possible"
        )
    elif not day_first.any() and not year_first.all():
        example = texts[parts.index[(~year_first).to_numpy()][0]]
        unsure = f"whether “{example}” has the day or the month first is told by no row; the day was taken"
        if texts.str.contains("/", regex=False).any():
            result.warnings.append(unsure)
        else:
            result.facts.append(unsure)
    # where nothing says it, as the other rows do
    neither = ~year_first & (not first_is_day)
    day = b.where(neither | month_first, a)
    month = a.where(neither | month_first, b)
    year = _full_year(c)
    day, month, year = day.where(~year_first, c), month.where(~year_first, b), year.where(~year_first, a)
    return _assembled(year, month, day, parts)


def _assembled(year: pd.Series, month: pd.Series, day: pd.Series, parts: pd.DataFrame) -> pd.Series:
    hour, minute, second = (
        pd.to_numeric(parts[k]).fillna(0) if k in parts else pd.Series(0, index=parts.index) for k in ("h", "m", "s")
    )
    if "half" in parts:
        half = parts["half"].astype(object).where(parts["half"].notna(), "").str.casefold().str[:1]
        hour = hour.where(half != "p", hour % 12 + 12).where(half != "a", hour % 12)
    frame = pd.DataFrame(
        {
            "year": pd.to_numeric(year),
            "month": pd.to_numeric(month),
            "day": pd.to_numeric(day),
            "hour": hour,
            "minute": minute,
            "second": second,
        },
        index=parts.index,
    )
    midnight = (frame["hour"] == 24) & (frame["minute"] == 0)
    frame.loc[midnight, "hour"] = 0
    wrong = (frame["hour"] > 23) | (frame["minute"] > 59) | (frame["second"] > 59)
    found = pd.to_datetime(frame.where(~wrong), errors="coerce")
    return (found + pd.to_timedelta(midnight.astype(int), unit="D")).astype("datetime64[us]")
