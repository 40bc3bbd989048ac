"""What time incident records cover, and how many incidents a year each recorded one stands for.

Counted is in whole periods, from a histogram: months, or quarters or years where the dates give no more. A period is covered where it
holds incidents in a number that its neighbours make likely; what lies far outside (one date of 1970), a hole, the thin beginning and end
of an export, and a category that is recorded over a part of the time only, are left out of the time and are named. A year is a calendar
year: each covered day counts 1 / 365, or 1 / 366 in a leap year, so that twelve whole months make exactly one year.

    incidents a year of a category = counted incidents / covered years
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.incidents import Incidents
from beatplanner.data.findings import listed

# Periods without a record are no chance where more incidents than this are expected in them: e^-7 is one in a thousand.
NO_CHANCE = 7.0
# A period with less than this share of the usual number is not covered, where so many are usual that this is no chance either.
THIN, USUAL = 0.1, 20.0
# A category that is recorded only since, or until, some time has at least so many incidents over so many months.
LEAST_OF_CATEGORY, LEAST_MONTHS = 20, 6
# Dates on the first (or last) day of a month in this share give no more than the month.
COARSE = 0.95
MONTHS = {"day": 1, "month": 1, "quarter": 3, "year": 12}
# Up to so much more or less than whole years no season counts more than another that is worth a word.
WHOLE_YEARS = 0.04
# A single period so far from all others is a default date, such as 1 January 1970.
FAR_MONTHS = 24


@dataclass(frozen=True)
class Recorded:
    """The time that incident records cover.

    Attributes
    ----------
    a_year
        (m,) incidents a year that each recorded one stands for; 0 for one that lies outside the covered time.
    years
        Calendar years that the records cover; None where they have no times and nothing else tells.
    days
        Days of that time; None likewise.
    months
        The histogram: columns ``month`` ("2024-03"), ``incidents``, ``covered`` (share of the month's days); empty without times.
    runs
        First day, and the day after the last, of each stretch of covered time.
    facts, doubts
        Sentences, each doubt with what to do about it.
    """

    a_year: np.ndarray
    years: float | None = None
    days: float | None = None
    months: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"month": [], "incidents": [], "covered": []}))
    runs: tuple[tuple[dt.date, dt.date], ...] = ()
    facts: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()


def years_of_days(days: float) -> float:
    """Return calendar years of a number of days: whole years of 365 or 366 days exactly, else by 365.25."""
    whole = round(days / 365.25)
    return float(whole) if whole >= 1 and 365 * whole <= days <= 366 * whole else days / 365.25


def recorded_time(times: pd.Series, category: pd.Series, rules: Incidents) -> Recorded:
    """Find out what time records cover.

    Parameters
    ----------
    times
        (m,) local times, NaT where unknown.
    category
        (m,) kinds as text.
    rules
        ``days``, ``first`` and ``last``, ``seasonal``.
    """
    m = len(times)
    if rules.days is not None:
        years = years_of_days(rules.days)
        fact = (
            f"incidents are scaled to a year by {1 / years:.3f}, from the {rules.days:g} days given as incidents.days"
        )
        return Recorded(np.full(m, 1 / years), years, rules.days, facts=(fact,))
    day = times.dt.normalize()
    known = np.flatnonzero(day.notna().to_numpy())
    if not len(known):
        doubt = (
            "the incidents have no times: they are taken to be those of one year",
            "Name the column as incidents.time, or give incidents.days",
        )
        return Recorded(np.ones(m), doubts=(doubt,) if m else ())
    step, at_end = _resolution(day.iloc[known])
    period = _period(day, step)
    found = _Histogram(period.iloc[known].to_numpy(int), day.iloc[known], step, rules)
    weight = np.zeros(m)
    own, category_doubts = _categories(found, period, category, known, set(rules.seasonal))
    span = found.years(found.start, found.end)
    years = np.full(m, span)
    for name, value in own.items():
        years[(category == name).to_numpy()] = value
    counted = np.ones(m, bool)
    counted[known] = found.inside(day.iloc[known])
    weight[counted] = 1 / years[counted]
    facts, doubts = found.sentences(step, at_end, int((~counted).sum()), m)
    runs = tuple((a.date(), b.date()) for a, b in zip(found.start, found.end, strict=True))
    undated = m - len(known)
    if undated:
        facts.append(f"{undated:,} incidents without a time are counted as those of the covered time")
    return Recorded(
        weight,
        span,
        found.days(found.start, found.end),
        found.table(),
        runs,
        tuple(facts),
        tuple(doubts + category_doubts),
    )


def _resolution(day: pd.Series) -> tuple[str, bool]:
    """Return what dates tell at the finest (day, month, quarter or year), and whether they stand for the end of it."""
    if len(day) < 3:
        return "day", False
    last = day.dt.is_month_end
    for at, at_end in ((day.dt.day == 1, False), (last, True)):
        if at.mean() < COARSE:
            continue
        months = set(day[at].dt.month)
        first = {12} if at_end else {1}
        if months == first:
            return "year", at_end
        if len(day) >= 20 and months <= ({3, 6, 9, 12} if at_end else {1, 4, 7, 10}) and len(months) > 2:
            return "quarter", at_end
        return "month", at_end
    # offices also date a month by its middle, or by the day of the report
    same = day.dt.day.value_counts(normalize=True)
    if len(day) >= 20 and same.iloc[0] >= COARSE and day.dt.to_period("M").nunique() >= 3:
        return "month", False
    return "day", False


def _period(day: pd.Series, step: str) -> pd.Series:
    """Return the number of the month, quarter or year of each date, counted in that unit; -1 without one."""
    month = (day.dt.year * 12 + day.dt.month - 1).fillna(-1).astype(int)
    return month.where(month < 0, month // MONTHS[step])


class _Histogram:
    """Incidents in each period, and the days that are covered: runs from `start` to the day before `end`."""

    def __init__(self, period: np.ndarray, day: pd.Series, step: str, rules: Incidents) -> None:
        self.step, self.given = step, rules.first is not None or rules.last is not None
        self.low = int(period.min())
        self.count = np.bincount(period - self.low)
        there = np.sort(self.count[self.count > 0])
        # what the middle incident sees around it: stray periods with few of them do not lower it
        self.usual = float(there[np.searchsorted(np.cumsum(there), there.sum() / 2)])
        covered = np.ones(len(self.count), bool) if self.given else self._covered()
        bounds = np.flatnonzero(np.diff(np.r_[False, covered, False]))
        self.runs = [(self.low + a, self.low + b) for a, b in zip(bounds[::2], bounds[1::2], strict=True)]
        self.start = [self.first_day(a) for a, _ in self.runs]
        self.end = [self.first_day(b) for _, b in self.runs]
        if self.given:
            first, last = pd.Timestamp(rules.first or day.min()), pd.Timestamp(rules.last or day.max())
            self.start, self.end = [first.normalize()], [last.normalize() + pd.Timedelta(days=1)]
        elif step == "day":
            self._trim(day)

    def _covered(self) -> np.ndarray:
        """Tell which periods the records cover, from the numbers in them."""
        count = self.count
        covered = count > 0
        if self.usual >= USUAL:
            covered &= count >= THIN * self.usual
        covered |= self._returning(covered)
        # empty periods in between that chance explains; what lies beyond a long gap is a stray
        at = np.flatnonzero(covered)
        for a, b in pairwise(at.tolist()):
            if b - a > 1 and (b - a - 1) * self.usual < NO_CHANCE:
                covered[a:b] = True
        bounds = np.flatnonzero(np.diff(np.r_[False, covered, False]))
        runs = list(zip(bounds[::2], bounds[1::2], strict=True))
        total = count[covered].sum()
        largest = max(range(len(runs)), key=lambda k: count[runs[k][0] : runs[k][1]].sum())
        for k, (a, b) in enumerate(runs):
            if k == largest:
                continue
            here = count[a:b].sum()
            away = min([a - e for _, e in runs[:k]] + [s - b for s, _ in runs[k + 1 :]]) * MONTHS[self.step]
            # few incidents far from the rest are slips of the pen, and a pile in one period years away is a default date
            if (here < 0.02 * total and here < self.usual) or (
                b - a == 1 and away >= FAR_MONTHS and here < 0.5 * total
            ):
                covered[a:b] = False
        return covered

    def _returning(self, covered: np.ndarray) -> np.ndarray:
        """Tell which periods are empty in each of several years that are recorded otherwise: a season that returns is no hole."""
        per_year = 12 // MONTHS[self.step]
        number = np.arange(len(covered)) + self.low
        year, season = number // per_year - self.low // per_year, number % per_year
        at = np.flatnonzero(covered)
        inner = (np.arange(len(covered)) > at[0]) & (np.arange(len(covered)) < at[-1])
        active = np.bincount(year, weights=covered) >= per_year / 2
        asked = inner & active[year]
        empty = np.bincount(season, weights=asked & ~covered, minlength=per_year)
        full = np.bincount(season, weights=asked & covered, minlength=per_year)
        return asked & ~covered & ((empty >= 2) & (full == 0))[season]

    def _trim(self, day: pd.Series) -> None:
        """Let the first and last month begin and end with their incidents where chance does not explain that they are empty before and after."""
        a_day = self.usual / 30.4
        for k in range(len(self.runs)):
            own = day[(day >= self.start[k]) & (day < self.end[k])]
            first, last = own.min(), own.max() + pd.Timedelta(days=1)
            if (first - self.start[k]).days * a_day >= NO_CHANCE:
                self.start[k] = first
            if (self.end[k] - last).days * a_day >= NO_CHANCE:
                self.end[k] = last

    def first_day(self, period: int) -> pd.Timestamp:
        """Return the day on which a period of the records begins."""
        month = period * MONTHS[self.step]
        return pd.Timestamp(year=month // 12, month=month % 12 + 1, day=1)

    def days(self, start: list[pd.Timestamp], end: list[pd.Timestamp]) -> float:
        """Return the days of some runs."""
        return float(sum((b - a).days for a, b in zip(start, end, strict=True)))

    def years(self, start: list[pd.Timestamp], end: list[pd.Timestamp]) -> float:
        """Return the calendar years of some runs, each day being 1/365 or 1/366 of its year."""
        whole = 0.0
        for a, b in zip(start, end, strict=True):
            for year in range(a.year, b.year + 1):
                one, two = pd.Timestamp(year, 1, 1), pd.Timestamp(year + 1, 1, 1)
                whole += max(0, (min(b, two) - max(a, one)).days) / (two - one).days
        # sums of days that make a whole year but for their rounding
        return round(whole, 9)

    def inside(self, day: pd.Series) -> np.ndarray:
        """Tell which dates lie in the covered time."""
        found = np.zeros(len(day), bool)
        for a, b in zip(self.start, self.end, strict=True):
            found |= ((day >= a) & (day < b)).to_numpy()
        return found

    def table(self) -> pd.DataFrame:
        """Return the histogram by months (or by the first months of coarser periods), without a long empty stretch."""
        rows: list[tuple[str, int, float]] = []
        for k, n in enumerate(self.count):
            a, b = self.first_day(self.low + k), self.first_day(self.low + k + 1)
            kept = sum(max(0, (min(b, e) - max(a, s)).days) for s, e in zip(self.start, self.end, strict=True))
            if n or kept or len(self.count) <= 240:
                rows.append((f"{a:%Y-%m}", int(n), kept / (b - a).days))
        return pd.DataFrame(rows, columns=["month", "incidents", "covered"])

    def sentences(self, step: str, at_end: bool, left_out: int, total: int) -> tuple[list[str], list[tuple[str, str]]]:
        """Return facts and doubts about the covered time."""
        ask = "If the records cover another time, give its first and last day as incidents.first and incidents.last"
        years = self.years(self.start, self.end)
        spans = [f"{_day(a)} to {_day(b - pd.Timedelta(days=1))}" for a, b in zip(self.start, self.end, strict=True)]
        days = self.days(self.start, self.end)
        scaled = (
            "are counted as they are" if abs(1 / years - 1) < 0.0005 else f"are scaled to a year by {1 / years:.3f}"
        )
        facts = [f"the incidents cover {days:,.0f} days ({', '.join(spans)}) and {scaled}"]
        doubts: list[tuple[str, str]] = []
        if step != "day":
            which = "its last day" if at_end else "its first day"
            sentences = {
                "month": f"the dates tell the month only ({which}), and whole months are counted",
                "quarter": f"the dates tell the quarter only ({which}), and whole quarters are counted",
                "year": f"the dates tell the year only ({which}), and whole years are counted",
            }
            facts.append(sentences[step])
        if left_out:
            stray = self._strays()
            doubts.append(
                (
                    f"{left_out:,} of {total:,} incidents lie outside the time that the records cover and are not counted: {stray}",
                    f"Check their dates. {ask}",
                )
            )
        if len(self.start) > 1:
            holes = [
                f"{_day(b)} to {_day(a - pd.Timedelta(days=1))}"
                for b, a in zip(self.end[:-1], self.start[1:], strict=True)
            ]
            doubts.append(
                (
                    f"the records have holes, which are not counted as time: {listed(holes, 6)}",
                    f"If nothing happened then, that is a season. {ask}",
                )
            )
        if days < 28:
            doubts.append(
                (
                    f"the incidents cover only {days:.0f} days; scaled to a year they say little",
                    "Use at least a year of records",
                )
            )
        elif years < 1 - WHOLE_YEARS:
            doubts.append(
                (
                    f"the incidents cover only {days:.0f} days, so seasons are missing: {self._missing()}",
                    f"Use at least twelve months. {ask}",
                )
            )
        elif abs(years - round(years)) > WHOLE_YEARS and years < 4:
            facts.append(f"the records cover {years:.2f} years, so that some months weigh more than others")
        return facts, doubts

    def _strays(self) -> str:
        named: list[str] = []
        for k in np.flatnonzero(self.count):
            a, b = self.first_day(self.low + int(k)), self.first_day(self.low + int(k) + 1)
            if not any(a < e and b > s for s, e in zip(self.start, self.end, strict=True)):
                named.append(f"{a:%B %Y} ({self.count[k]:,})")
        return listed(named, 5) if named else "before the first or after the last day"

    def _missing(self) -> str:
        there = {
            m
            for a, b in zip(self.start, self.end, strict=True)
            for m in pd.date_range(a, b - pd.Timedelta(days=1)).month
        }
        absent = [pd.Timestamp(2000, m, 1).strftime("%B") for m in range(1, 13) if m not in there]
        return listed(absent, 12) if absent else "parts of months"


def _categories(
    found: _Histogram, period: pd.Series, category: pd.Series, known: np.ndarray, seasonal: set[str]
) -> tuple[dict[str, float], list[tuple[str, str]]]:
    """Return the years of categories that are recorded over a part of the time only, and doubts about them."""
    own: dict[str, float] = {}
    doubts: list[tuple[str, str]] = []
    if found.given or len(found.runs) == 0:
        return own, doubts
    low, high = int(found.runs[0][0]), int(found.runs[-1][1])
    months = MONTHS[found.step]
    dated = pd.DataFrame(
        {"category": category.iloc[known].to_numpy(object), "period": period.iloc[known].to_numpy(int)}
    )
    dated = dated[(dated["period"] >= low) & (dated["period"] < high)]
    limit = NO_CHANCE + np.log(max(1, dated["category"].nunique()))
    for name, group in dated.groupby("category", sort=True):
        if len(group) < LEAST_OF_CATEGORY or name in seasonal or name == "":
            continue
        first, last = int(group["period"].min()), int(group["period"].max()) + 1
        rate = len(group) / (last - first)
        late, early = (first - low) * rate >= limit, (high - last) * rate >= limit
        if not (late or early):
            continue
        gaps = np.diff(np.unique(np.asarray(group["period"], np.int64))) - 1
        when = f"{found.first_day(first):%B %Y} to {found.first_day(last) - pd.Timedelta(days=1):%B %Y}"
        if (late and early) or (last - first) * months < LEAST_MONTHS or (gaps * rate >= limit).any():
            doubts.append(
                (
                    f"“{name}” is recorded only from {when}: taken for a season, it is counted as that of the whole time",
                    "If it was not recorded before or after, leave its rows out or give the records of its time alone",
                )
            )
            continue
        if late:
            start = [
                max(s, found.first_day(first))
                for s, e in zip(found.start, found.end, strict=True)
                if e > found.first_day(first)
            ]
            end = [e for e in found.end if e > found.first_day(first)]
            said = f"only since {found.first_day(first):%B %Y}"
        else:
            end = [
                min(e, found.first_day(last))
                for s, e in zip(found.start, found.end, strict=True)
                if s < found.first_day(last)
            ]
            start = [s for s in found.start if s < found.first_day(last)]
            said = f"only until {found.first_day(last) - pd.Timedelta(days=1):%B %Y}"
        years = found.years(start, end)
        own[str(name)] = years
        doubts.append(
            (
                f"“{name}” is recorded {said}: its {len(group):,} incidents are scaled to a year by {1 / years:.3f}",
                f"If it is a season, name it in incidents.seasonal (“{name}”)",
            )
        )
    return own, doubts


def _day(on: dt.date) -> str:
    """Return a day in words, without the zero that a form has before it."""
    return f"{on.day} {on:%B %Y}"
