"""What a force costs by line and year, summed apart from the planning's own sums."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from beatplanner.data.description.listed_ids import budget_as_known
from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import Budget
from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import number_at, records
from beatplanner.data.result.forum_ways import ForumWays
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.verification.ledger import date_of, missing, text

LINES = ("salaries", "stations", "vehicles", "forums", "training")


class Force:
    """What is paid in each year: officers, beats before and after they start, and stations."""

    def __init__(self, tables: PlanTables, rules: Description, *, flat: bool = False) -> None:
        """Take the plan; `flat` where forums are counted by the flat price though their places are known."""
        assert tables.beats is not None and rules.budget is not None
        self.tables, self.rules, self.budget = tables, rules, rules.budget
        begin = pd.Timestamp(rules.officers.start if rules.officers else dt.date(rules.budget.first_year or 2000, 1, 1))
        begin += pd.DateOffset(years=(self.budget.first_year or begin.year) - begin.year)
        self.days = [(begin + pd.DateOffset(months=m)).date() for m in range(12 * self.budget.years + 1)]
        self.first = 0 if rules.officers is None else rules.officers.start.year - begin.year
        self.known = tables.roster is not None and rules.officers is not None
        self.beats = [str(text(b)) for b in tables.beats["beat"]]
        rows = records(tables.beats)
        self.posts = [float(r["posts"]) for r in rows]
        self.residents = [0.0 if missing(r["population"]) else float(r["population"]) for r in rows]
        self.town = [str(r["municipality"]) for r in rows]
        self.names = [str(r["name"]) for r in rows]
        self.budget = budget_as_known(self.budget, self.town, self.beats, self.names)
        self.old = {str(text(b)) for b in tables.units["current"] if not missing(b)}
        self.part = self._parts() if self.known else {}
        self.live = dict.fromkeys(self.beats, 0.0)
        for (_, now), share in self.part.items():
            self.live[now] += share
        self._meet(None if flat else tables.summary.get("forums"))
        self.home = {
            str(text(u)): str(text(b)) for u, b in zip(tables.units["unit"], tables.units["beat"], strict=True)
        }
        self.sites = [] if tables.sites is None else records(tables.sites)

    def labels(self) -> list[str]:
        """Return the names of the years."""
        if self.rules.officers is None:
            first = self.budget.first_year or 1
            return [str(first + t) for t in range(self.budget.years)]
        whole = (self.days[0].month, self.days[0].day) == (1, 1)
        return [str(d.year) if whole else f"{d.year}/{(d.year + 1) % 100:02d}" for d in self.days[:-1:12]]

    def short(self, start: list[int | None]) -> dict[tuple[str, int], float]:
        """Return what each payer, and all together, lack in each year, in the prices of the first year."""
        found: dict[tuple[str, int], float] = {}
        b = self.budget
        for t, lines in enumerate(self.lines(start)):
            sums = self.by_payer(lines, t)
            limits = {**b.funds, "all": b.ceiling}
            sums["all"] = math.fsum(lines.values())
            for who, limit in limits.items():
                most = limit[t] if isinstance(limit, list) else limit
                if most is not None:
                    found[who, t] = (sums.get(who, 0.0) - most) / (1 + b.inflation) ** t
        return found

    def by_payer(self, lines: dict[str, float], t: int) -> dict[str, float]:
        """Return what each payer pays of a year's lines: day by day, until a payer's last day and from then on the one that follows."""
        found: dict[str, float] = {}
        b = self.budget
        first, after = self.days[12 * t], self.days[12 * t + 12]
        for line, money in lines.items():
            who = str(getattr(b.payers, line))
            long, left = (after - first).days, 0
            if who in b.ends:
                left = sum(first + dt.timedelta(days=d) > b.ends[who] for d in range(long))
            found[who] = found.get(who, 0.0) + money * (long - left) / long
            if b.ends:
                found[b.then] = found.get(b.then, 0.0) + money * left / long
        return found

    def _meet(self, claimed: ForumWays | None) -> None:
        """Set what forums cost a year: of a beat that has started, of one of today's, and of the wider levels; places `claimed` are checked apart."""
        b, forum = self.budget, self.rules.forum
        if claimed is None or forum is None:
            near = forum.neighbourhood if forum is not None else None
            flat = 0.0 if near is None else near.members * near.meetings_a_year * b.forum_travel
            self.own, self.now, self.wider = dict.fromkeys(self.beats, flat), dict.fromkeys(self.old, flat), 0.0
            return
        # a rate says how much of the forums' currency is one of the budget's
        rate = 1.0 if forum.currency == b.currency else b.rates[forum.currency]
        self.own = {r["area"]: r["year_cost"] / rate for r in claimed["plan"] if r["level"] == "neighbourhood"}
        self.now = {r["area"]: r["year_cost"] / rate for r in claimed["today"]}
        self.wider = math.fsum(r["year_cost"] / rate for r in claimed["plan"] if r["level"] != "neighbourhood")

    def forums(self, start: list[int | None], t: int) -> float:
        """Return what forums cost in a year: those of beats that have started, and the part of today's that goes on in the others."""
        on = {x for x, s in zip(self.beats, start, strict=True) if s is not None and s <= t}
        before = math.fsum(share * self.now[was] for (was, now), share in self.part.items() if now not in on)
        return math.fsum(self.own[x] for x in on) + before + self.wider

    def _parts(self) -> dict[tuple[str, str], float]:
        """Return the share of each of today's beats that lives on in each beat."""
        units = self.tables.units
        known = units["population"].notna().all()
        inside: dict[tuple[str, str], float] = {}
        whole: dict[str, float] = {}
        for was, now, people in zip(units["current"], units["beat"], units["population"], strict=True):
            if missing(was) or missing(now):
                continue
            weight = float(people) + 1e-9 if known else 1.0
            key = (str(text(was)), str(text(now)))
            inside[key] = inside.get(key, 0.0) + weight
            whole[key[0]] = whole.get(key[0], 0.0) + weight
        return {(was, now): weight / whole[was] for (was, now), weight in inside.items()}

    def lines(self, start: list[int | None]) -> list[dict[str, float]]:
        """Return each year's lines, in the prices of the year, where beats start in these years."""
        b, years = self.budget, self.budget.years
        staff = self.staff() if self.known else None
        found: list[dict[str, float]] = []
        cars: list[int] = []
        for t in range(years):
            on = [s is not None and s <= t for s in start]
            need = math.fsum(1.0 if o else self.live[x] for o, x in zip(on, self.beats, strict=True))
            cars.append(math.ceil(b.vehicles_per_beat * need - 1e-5))
            lines = {"forums": self.forums(start, t), "stations": self.stations_money(start, t)}
            if staff is not None:
                lines["salaries"], lines["training"] = staff["pay"][t], staff["courses"][t] * b.training_seat
            else:
                lines["salaries"] = one_officer(b) * math.fsum(p for p, o in zip(self.posts, on, strict=True) if o)
                lines["training"] = b.training_seat * math.fsum(
                    p for p, s in zip(self.posts, start, strict=True) if s == t
                )
            found.append(lines)
        self._buy(found, cars)
        return self._risen(found)

    def today(self) -> list[dict[str, float]]:
        """Return each year's lines where all goes on as today."""
        found: list[dict[str, float]] = []
        b = self.budget
        standing = [s for s in self.sites if s["existing"]]
        rent = math.fsum(b.station_yearly + amount_of(s.get("yearly_cost")) for s in standing)
        staff = self.staff() if self.known else None
        for t in range(b.years):
            lines = {"forums": math.fsum(self.now.values()) + self.wider, "stations": rent, "training": 0.0}
            if staff is not None:
                lines["salaries"], lines["training"] = staff["pay"][t], staff["courses"][t] * b.training_seat
            else:
                lines["salaries"] = one_officer(b) * self._officers_by_work()
            found.append(lines)
        self._buy(found, [math.ceil(b.vehicles_per_beat * len(self.old) - 1e-5)] * b.years)
        return self._risen(found)

    def _buy(self, found: list[dict[str, float]], cars: list[int]) -> None:
        bought: list[int] = []
        b = self.budget
        for t, need in enumerate(cars):
            young = sum(n for year, n in enumerate(bought) if year > t - b.vehicle_years)
            bought.append(max(0, need - young))
            found[t]["vehicles"] = bought[t] * b.vehicle_price + need * b.vehicle_yearly

    def _risen(self, found: list[dict[str, float]]) -> list[dict[str, float]]:
        return [{k: v * (1 + self.budget.inflation) ** t for k, v in lines.items()} for t, lines in enumerate(found)]

    def stations_money(self, start: list[int | None], t: int) -> float:
        """Return what stations cost in a year."""
        money = 0.0
        for s in self.sites:
            rent = self.budget.station_yearly + amount_of(s.get("yearly_cost"))
            opens = self.opens(s, start)
            if s["existing"] and (s["chosen"] or opens is None or t < opens):
                money += rent
            elif s["existing"]:
                money += amount_of(s.get("closing_cost")) if t == opens else 0.0
            elif s["chosen"] and opens is not None and t >= opens:
                money += rent + (amount_of(s["cost"]) if t == opens else 0.0)
        return money

    def stations_open(self, start: list[int | None], t: int) -> int:
        """Return how many stations are open in a year."""
        count = 0
        for s in self.sites:
            year = self.opens(s, start)
            begun = year is not None and t >= year
            count += (begun or s["existing"]) if s["chosen"] else (s["existing"] and not begun)
        return count

    def bought(self, start: list[int | None]) -> list[int]:
        """Return the vehicles that are bought in each year."""
        found: list[int] = []
        b = self.budget
        for t in range(b.years):
            need = math.fsum(
                1.0 if s is not None and s <= t else self.live[x] for s, x in zip(start, self.beats, strict=True)
            )
            need = math.ceil(b.vehicles_per_beat * need - 1e-5)
            found.append(max(0, need - sum(n for year, n in enumerate(found) if year > t - b.vehicle_years)))
        return found

    def once(self, start: list[int | None]) -> list[float]:
        """Return what is spent once in each year: vehicles bought, stations opened and closed."""
        found: list[float] = []
        b, bought = self.budget, self.bought(start)
        for t in range(b.years):
            money = bought[t] * b.vehicle_price
            for s in self.sites:
                if self.opens(s, start) == t:
                    money += (
                        amount_of(s["cost"])
                        if s["chosen"] and not s["existing"]
                        else amount_of(s.get("closing_cost"))
                        if s["existing"] and not s["chosen"]
                        else 0.0
                    )
            found.append(money * (1 + b.inflation) ** t)
        return found

    def opens(self, site: Mapping[str, object], start: list[int | None]) -> int | None:
        """Return the year in which a new station opens, or one of today closes; None for never."""
        phases = self.rules.stations.phases if self.rules.stations is not None else None
        if phases is not None and self.phased(site) and self.tables.stations is not None:
            table = self.tables.stations
            year = next(
                (y for s, y in zip(table["station"], table["opens"], strict=True) if str(s) == str(site["station"])),
                None,
            )
            if not missing(year):
                return max(0, int(year) - (self.days[0].year if phases.start is not None else 1))  # type: ignore[arg-type]
            return self.first
        beat = self.home.get(str(text(site["unit"])))
        return start[self.beats.index(beat)] if beat in self.beats else self.first

    def phased(self, site: Mapping[str, object]) -> bool:
        """Tell whether the phases say when a station opens."""
        phases = self.rules.stations.phases if self.rules.stations is not None else None
        new = bool(site["chosen"]) and not site["existing"]
        return phases is not None and new and self.tables.stations is not None

    def _officers_by_work(self) -> float:
        w, u, total = self.rules.workload, self.tables.units, 0.0
        for beat in self.old:
            rows = [i for i, c in enumerate(u["current"]) if not missing(c) and str(text(c)) == beat]
            busy = (
                math.fsum(number_at(u, "reactive_hours", i) + number_at(u, "fixed_hours", i) for i in rows)
                + w.fixed_hours_per_beat
            )
            promised = math.fsum(number_at(u, "community_hours", i) for i in rows)
            duty = max(busy / (1 - w.community_share - w.admin_share), (busy + promised) / (1 - w.admin_share))
            free = w.annual_hours * (1 - w.absence) * (1 - w.abstraction)
            total += max(w.min_officers_per_beat, math.ceil(duty / free - 1e-9))
        return total

    def staff(self) -> dict[str, list[float]]:
        """Return pay, courses, and officer-years paid and in training by year, officer by officer and month by month."""
        b, rules = self.budget, self.rules.officers
        assert rules is not None and self.tables.roster is not None
        found: dict[str, list[float]] = {
            k: [0.0] * b.years
            for k in ("pay", "courses", "paid", "learning", "posted", "idle_pay", "pool", "full_time")
        }
        held = self._held()
        for row in records(self.tables.roster):
            joins, trained, leaves = (date_of(row.get(k)) for k in ("joins_on", "trained_on", "leaves_on"))
            grade = None if missing(row.get("grade")) else str(row["grade"])
            part = 1.0 if missing(row.get("share")) else float(row["share"])
            base = (b.grades.get(grade or "", b.officer_salary) + b.allowances) * part + amount_of(
                row.get("allowances")
            )
            one = base * (1 + b.employer_part)
            stands_in = read_truth(row.get("pool")) is True
            course = None
            if rules.training_months and trained is not None and trained > rules.start:
                first = months_before(trained, rules.training_months)
                course = (first if joins is None or joins > trained else max(first, joins), trained)
            elif rules.training_months and trained is None and joins is not None:
                last = months_before(joins, -rules.training_months)
                course = (joins, last) if last > rules.start else None
            for m in range(12 * b.years):
                a, z = self.days[m], self.days[m + 1]
                long = (z - a).days
                there = max(0, (min(z, leaves or z) - max(a, joins or a)).days) / long
                posted = min(there, float((str(row["officer"]), m) in held))
                found["paid"][m // 12] += there / 12
                found["pay"][m // 12] += there * one / 12
                found["posted"][m // 12] += posted / 12
                learning = 0.0
                if course is not None:
                    learning = max(0, (min(z, course[1]) - max(a, course[0])).days) / long
                    learning = min(learning, there - posted)
                    begins = a <= course[0] < z and (leaves is None or leaves > course[0])
                    found["courses"][m // 12] += begins
                found["learning"][m // 12] += learning / 12
                found["full_time"][m // 12] += there * part / 12
                if stands_in:
                    found["pool"][m // 12] += (there - posted - learning) / 12
                else:
                    found["idle_pay"][m // 12] += (there - posted - learning) * one / 12
        return found

    def _held(self) -> set[tuple[str, int]]:
        """Return officer and month wherever a post is held: today's before the plan, then the plan's, whose last month goes on."""
        rules, roster = self.rules.officers, self.tables.roster
        assert rules is not None and roster is not None
        begin = next((m for m, d in enumerate(self.days) if d >= rules.start), len(self.days) - 1)
        held = {
            (str(o), m)
            for o, b in zip(roster["officer"], roster["beat"], strict=True)
            if not missing(b)
            for m in range(begin)
        }
        if self.tables.assignments is None:
            return held
        last = min(len(self.days) - 1, begin + 12 * rules.years)
        for r in records(self.tables.assignments):
            a, z = date_of(r["start"]), date_of(r["end"])
            assert a is not None and z is not None
            held |= {(str(r["officer"]), m) for m in range(last) if a <= self.days[m] < z}
        held |= {(o, m) for o, k in set(held) if k == last - 1 for m in range(last, len(self.days) - 1) if last > begin}
        return held


def one_officer(budget: Budget) -> float:
    """Return a year's pay of full time without a grade, with allowances and the employer's part."""
    return (budget.officer_salary + budget.allowances) * (1 + budget.employer_part)


def amount_of(value: Any) -> float:
    """Return an amount of a table, 0 where it is empty."""
    return 0.0 if missing(value) else float(value)


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day that lies so many months before another."""
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()
