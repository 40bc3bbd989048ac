"""What a plan costs by year, who pays, and how far the money reaches: the roster is paid, and beats start as early as the money allows.

Prices are those of the first year; every later year they rise by ``inflation``. The lines of a year::

    salaries = Σ over the officers of the roster of years employed × (salary of the grade + allowances) × (1 + employer's part)
    training = training_seat × courses that begin
    stations = opening and closing of stations + stations × station_yearly + their own yearly cost
    vehicles = vehicle_price × whole vehicles bought + vehicle_yearly × whole vehicles
    forums   = beats × neighbourhood members × meetings a year × forum_travel

Everybody in the roster is paid, with a post or without (see `payroll`); without a roster the posts of beats that have started are paid, and a course each.
What stands today goes on until a beat starts (see `areas`). Today's column of a comparison is the same sum with no start at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import BUDGET_LINES, Budget
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.frames import records
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.whole.areas import (
    SALARIES,
    STATIONS,
    TRAINING,
    VEHICLES,
    Areas,
    areas_of,
    fleet,
    meetings,
    whole_vehicles,
)
from beatplanner.planning.whole.payroll import Payroll, first_days, one_officer, payroll
from beatplanner.planning.whole.spending import fleet_need, spending
from beatplanner.planning.workload import officers_required

# More beats than these start by municipality, so that the choice stays small.
MOST_BEATS = 400


@dataclass(frozen=True)
class Rollout:
    """In which year of the budget each beat starts (-1: never), (B,); the bound on resident-years; and whether anything limits it."""

    start: np.ndarray
    bound: float | None
    limited: bool


@dataclass(frozen=True)
class Frame:
    """What all sums of a budget share: labels of its years, prices, the share of each line and year by payer, (P, L, T), what each payer has, and the plan's first year."""

    labels: list[str]
    rise: np.ndarray
    payers: list[str]
    paid: np.ndarray
    funds: np.ndarray
    ceiling: np.ndarray
    first: int

    def by_payer(self, spent: np.ndarray) -> np.ndarray:
        """Return what each payer pays in each year, (P, T), of money by line and year."""
        return np.einsum("plt,lt->pt", self.paid, spent)


def frame_of(description: Description) -> Frame:
    """Return the years, prices and payers of a budget; `description.checks` has refused what contradicts itself."""
    rules = description.budget
    assert rules is not None
    days = first_days(description)
    whole = days[0].month == days[0].day == 1 or description.officers is None
    labels = [f"{d.year}" if whole else f"{d.year}/{(d.year + 1) % 100:02d}" for d in days[:-1:12]]
    if description.officers is None and rules.first_year is None:
        labels = [str(t + 1) for t in range(rules.years)]
    of_line = {line: str(getattr(rules.payers, line)) for line in BUDGET_LINES}
    payers = sorted({*of_line.values(), *([rules.then] if rules.ends else list[str]())})
    first = 0 if description.officers is None else description.officers.start.year - days[0].year
    return Frame(
        labels,
        (1 + rules.inflation) ** np.arange(rules.years),
        payers,
        _shares(rules, of_line, payers, days),
        np.array([yearly(rules.funds.get(p), rules.years, f"budget.funds.{p}") for p in payers]),
        yearly(rules.ceiling, rules.years, "budget.ceiling"),
        first,
    )


def _shares(rules: Budget, of_line: dict[str, str], payers: list[str], days: list[dt.date]) -> np.ndarray:
    """Return the share of each line and year that a payer pays, (P, L, T): until the last day of the payer's money, then the one that follows."""
    found = np.zeros((len(payers), len(BUDGET_LINES), rules.years))
    for k, line in enumerate(BUDGET_LINES):
        end = rules.ends.get(of_line[line])
        for t in range(rules.years):
            first, after = days[12 * t], days[12 * t + 12]
            part = 1.0 if end is None else min(1.0, max(0.0, ((end - first).days + 1) / (after - first).days))
            found[payers.index(of_line[line]), k, t] += part
            if part < 1.0:
                found[payers.index(rules.then), k, t] += 1.0 - part
    return found


def yearly(value: float | list[float] | None, years: int, key: str) -> np.ndarray:
    """Return an amount of each year, (years,); one number counts for every year, None is no limit."""
    if value is None:
        return np.full(years, np.inf)
    if isinstance(value, list):
        if len(value) != years:
            raise InputError(
                problem(
                    f"{len(value)} amounts are given for {years} years",
                    "Give one a year, or one number for all",
                    field=key,
                )
            )
        return np.array(value, float)
    return np.full(years, float(value))


def staff_money(people: Payroll | None, rules: Budget) -> np.ndarray:
    """Return salaries and courses of the roster by line and year at the prices of the first year, (L, T)."""
    money = np.zeros((len(BUDGET_LINES), rules.years))
    if people is not None:
        money[SALARIES], money[TRAINING] = people.salaries, people.courses * rules.training_seat
    return money


def roll_out(tables: PlanTables, description: Description, *, seed: int = 0) -> Rollout:
    """Choose the year in which each beat starts, so that as many residents as possible are served as early as possible.

    Parameters
    ----------
    tables
        A plan with beats; its postings are not looked at.
    description
        Its rules, with a budget.
    seed
        Of the solver.

    Raises
    ------
    InputError
        Where pilots are no areas of the plan, or amounts are not one a year.
    """
    from beatplanner.solver.location.rollout import Fleet, rollout

    rules, frame = description.budget, frame_of(description)
    assert rules is not None
    areas = areas_of(tables, description, first=frame.first)
    pilots = pilots_of(areas, description)
    people = payroll(tables, description, today=True)
    room = yearly(None if people is not None else rules.training_seats, rules.years, "budget.training_seats")  # type: ignore[arg-type]
    limited = bool(
        np.isfinite(frame.funds).any() or np.isfinite(frame.ceiling).any() or np.isfinite(room).any() or pilots.any()
    )
    count = len(areas.table)
    if not limited:
        return Rollout(np.full(count, frame.first), None, False)
    by_town = rules.start_by == "municipality" or count > MOST_BEATS
    town = areas.table["municipality"].to_numpy(object)
    together = _together(areas, description)
    # a municipality that is a pilot starts at once, and so do beats that the description puts together
    group = np.unique(
        [together.get(b) or (m if by_town or m in rules.pilots else f"\0{b}") for b, m in enumerate(town)],
        return_inverse=True,
    )[1]
    one = (np.arange(group.max() + 1)[:, None] == group[None, :]).astype(float)  # (G, B)
    staff = staff_money(people, rules)
    payers = np.concatenate([frame.paid, np.ones((1, len(BUDGET_LINES), rules.years))])
    limits = np.concatenate([frame.funds, frame.ceiling[None, :]])
    rest = np.arange(len(BUDGET_LINES)) != VEHICLES
    fixed = (staff + areas.fixed + areas.waiting.sum(axis=1))[rest]
    base = np.einsum("plt,lt->pt", payers[:, rest], fixed) * frame.rise
    by_start = (areas.started - areas.waiting[:, :, None, :])[rest]
    more = np.einsum("plt,lbst,gb->pgst", payers[:, rest], by_start, one) * frame.rise
    year = np.arange(rules.years)
    vehicles = Fleet(
        np.full(rules.years, areas.need[:, 0].sum()),
        (one @ (areas.need[:, 1] - areas.need[:, 0]))[:, None, None] * (year[None, :] >= year[:, None]),
        payers[:, VEHICLES] * rules.vehicle_price * frame.rise,
        payers[:, VEHICLES] * rules.vehicle_yearly * frame.rise,
        rules.vehicle_years,
    )
    residents, seats = one @ areas.table["residents"].to_numpy(float), one @ areas.table["posts"].to_numpy(float)
    leads = one @ pilots > 0

    def fits(start: np.ndarray) -> np.ndarray:
        return (
            np.einsum("plt,lt->pt", payers, spending(areas, start, staff, rules, frame.rise))
            <= limits * (1 + 1e-9) + 1e-6
        )

    def chosen(slack: np.ndarray):
        return rollout(
            residents,
            more,
            frame.rise,
            limits - slack,
            seats,
            room,
            leads,
            base=base,
            first=frame.first,
            seed=seed,
            fleet=vehicles,
        )

    best = chosen(np.zeros_like(limits))
    start = best.start[group]
    if not fits(start).all():
        # a rounding of whole vehicles moved a purchase; what that moves is kept back, or the smallest beats are left out
        again = chosen(~fits(start) * (rules.vehicle_price + rules.vehicle_yearly) * frame.rise).start[group]
        tries = [_within(start, pilots, group, areas, fits), _within(again, pilots, group, areas, fits)]
        start = max(tries, key=lambda s: float((areas.table["residents"] * np.where(s >= 0, rules.years - s, 0)).sum()))
    if not best.proven or not fits(best.start[group]).all():
        # no money lies idle that would start another beat
        start = _brought_forward(start, pilots, group, areas, fits, seats, room, frame.first, rules.years)
    # where beats start by municipality only because they are many, the bound is not one of the rules as they stand
    asked = rules.start_by == "municipality" or count <= MOST_BEATS
    return Rollout(start, best.upper_bound if asked else None, True)


def _within(
    start: np.ndarray, pilots: np.ndarray, group: np.ndarray, areas: Areas, fits: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return starts of which the last and smallest are left out until whole vehicles are within the money too."""
    start, residents = start.copy(), areas.table["residents"].to_numpy(float)
    begun = sorted(
        {int(g) for g in group[start >= 0]},
        key=lambda g: (pilots[group == g].any(), -start[group == g].max(), residents[group == g].sum()),
    )
    for g in begun:
        if fits(start).all():
            break
        start[group == g] = -1
    return start


def _brought_forward(
    start: np.ndarray,
    pilots: np.ndarray,
    group: np.ndarray,
    areas: Areas,
    fits: Callable[[np.ndarray], np.ndarray],
    seats: np.ndarray,
    room: np.ndarray,
    first: int,
    years: int,
) -> np.ndarray:
    """Return starts with each group, the largest first, in the earliest year that whole vehicles, seats and pilots allow."""
    start, residents = start.copy(), areas.table["residents"].to_numpy(float)
    if (start[pilots] < 0).any():
        return start
    after = max(first, int(start[pilots].max()) + 1 if pilots.any() else first)
    for g in sorted(set(group[~pilots]), key=lambda g: -residents[group == g].sum()):
        here = group == g
        now = int(start[here].max())
        for s in range(after, years if now < 0 else now):
            trial = start.copy()
            trial[here] = s
            taken = sum(seats[h] for h in set(group) if (trial[group == h] == s).all())
            if taken <= room[s] + 1e-9 and fits(trial).all():
                start = trial
                break
    return start


def pilots_of(areas: Areas, description: Description) -> np.ndarray:
    """Return which beats are pilots, (B,) bool; a pilot is a municipality, a beat or the name of one.

    Raises
    ------
    InputError
        Where a pilot is none of them.
    """
    rules, table = description.budget, areas.table
    assert rules is not None
    named = np.zeros(len(table), bool)
    for pilot in rules.pilots:
        here = (table[["municipality", "beat", "name"]] == pilot).any(axis=1).to_numpy()
        if not here.any():
            several = table["municipality"].nunique() > 1
            names = sorted({*table["municipality"]} if several else {*table["beat"]})
            raise InputError(
                problem(
                    f"the pilot “{pilot}” is no municipality or beat of the plan",
                    did_you_mean(pilot, [*table["municipality"].unique(), *table["name"]])
                    or f"There are: {listed(names)}",
                    file=description.file.name,
                    field="budget.pilots",
                )
            )
        named |= here
    return named


def budget_summary(
    tables: PlanTables, description: Description, *, seed: int = 0, found: Rollout | None = None
) -> dict[str, Any] | None:
    """Return the plan's budget: money by year, line and payer, people beside posts, when each beat starts, and what is not funded.

    Parameters
    ----------
    tables
        A plan with beats.
    description
        Its rules; without a section ``budget`` there is nothing to tell.
    seed
        Of the solver.
    found
        The roll-out by which the plan was made; it is chosen where None.

    Raises
    ------
    InputError
        Where pilots are no areas of the plan, or amounts are not one a year.
    """
    from beatplanner.planning.whole.unfunded import told_of_limits

    rules = description.budget
    if rules is None or tables.beats is None:
        return None
    frame = frame_of(description)
    areas = areas_of(tables, description, first=frame.first)
    chosen = found or _read_rollout(tables, description) or roll_out(tables, description, seed=seed)
    start = chosen.start
    days = first_days(description)
    dates = {b: None if s < 0 else days[12 * s].isoformat() for b, s in zip(areas.table["beat"], start, strict=True)}
    people = payroll(tables, description, starts=dates)
    staff = staff_money(people, rules)
    spent = spending(areas, start, staff, rules, frame.rise)
    whole = spending(areas, np.full(len(start), frame.first), staff, rules, frame.rise)
    today = today_lines(tables, description)
    residents = areas.table["residents"].to_numpy(float)
    year = np.arange(rules.years)
    begun = (start[:, None] >= 0) & (start[:, None] <= year[None, :])
    once = _capital(areas, start, rules, frame.rise)
    told: dict[str, Any] = {
        "currency": rules.currency,
        "years": frame.labels,
        "prices_of": frame.labels[0],
        "rise": frame.rise.tolist(),
        "one_officer": one_officer(rules),
        "lines": {line: spent[k].tolist() for k, line in enumerate(BUDGET_LINES)},
        "payers": {p: frame.by_payer(spent)[k].tolist() for k, p in enumerate(frame.payers)},
        "total": spent.sum(axis=0).tolist(),
        "all_at_once": whole.sum(axis=0).tolist(),
        "today": today.sum(axis=0).tolist(),
        "today_lines": {line: today[k].tolist() for k, line in enumerate(BUDGET_LINES)},
        "capital": once,
        "economic": _economic(spent, once, rules),
        "function": "COFOG 03.1, police services",
        "functional": _functional(spent, rules),
        "people": _people(people, areas, begun, rules, frame.rise),
        "residents_served": (residents[:, None] * begun).sum(axis=0).tolist(),
        "beats_started": begun.sum(axis=0).tolist(),
        "stations_open": _stations_open(areas, start, year),
        "resident_years": float((residents * np.where(start >= 0, rules.years - start, 0)).sum()),
        "resident_years_bound": chosen.bound,
        "limited": chosen.limited,
    }
    told |= told_of_limits(
        areas, start, staff, description, frame, pilots_of(areas, description), dates, people is None
    )
    if people is not None and rules.training_seats is not None:
        seats = yearly(rules.training_seats, rules.years, "budget.training_seats")  # type: ignore[arg-type]
        told["seats_short"] = [
            {"year": label, "courses": float(n), "seats": float(most)}
            for label, n, most in zip(frame.labels, people.courses, seats, strict=True)
            if n > most
        ]
    if rules.ends:
        told["donor_ends"] = _donor_ends(frame, spent, rules)
    if rules.vehicle_lead_months is not None or rules.station_lead_months is not None:
        told["procurement"] = _procurement(areas, start, rules, days, tables)
    return told


def _read_rollout(tables: PlanTables, description: Description) -> Rollout | None:
    """Return the roll-out that a plan was made by; None where all of it starts at once."""
    assert tables.beats is not None
    if "starts" not in tables.beats:
        return None
    number = {d.isoformat(): m // 12 for m, d in enumerate(first_days(description)) if m % 12 == 0}
    start = np.array([-1 if _empty(d) else number.get(str(d), -1) for d in tables.beats["starts"]], int)
    return Rollout(start, (tables.summary.get("budget") or {}).get("resident_years_bound"), True)


def _empty(value: object) -> bool:
    return value is None or value != value


def _capital(areas: Areas, start: np.ndarray, rules: Budget, rise: np.ndarray) -> list[float]:
    """Return the part of each year's money that buys what lasts: vehicles, and opening and closing of stations."""
    one_off, need = np.zeros(rules.years), fleet_need(areas, start, np.arange(rules.years))
    price = fleet(whole_vehicles(need), rules.vehicle_years) * rules.vehicle_price
    for r in records(areas.sites):
        at = areas.opens(r, start)
        if 0 <= at < rules.years:
            one_off[at] += (
                r["cost"]
                if r["chosen"] and not r["existing"]
                else r["closing"]
                if not r["chosen"] and r["existing"]
                else 0.0
            )
    return ((price + one_off) * rise).tolist()


def _economic(spent: np.ndarray, once: list[float], rules: Budget) -> dict[str, list[float]]:
    """Return each year's money by economic class, codes of the Government Finance Statistics Manual 2014: running apart from capital."""
    wages = spent[SALARIES] / (1 + rules.employer_part)
    total, capital = spent.sum(axis=0), np.array(once)
    classes = {
        "211 wages and salaries": wages,
        "212 employers' social contributions": spent[SALARIES] - wages,
        "22 use of goods and services": total - spent[SALARIES] - capital,
        "311 fixed assets": capital,
    }
    return {name: values.tolist() for name, values in classes.items()}


def _functional(spent: np.ndarray, rules: Budget) -> dict[str, list[float]]:
    """Return each year's money by function, codes of COFOG: 03.1 police services where the rules name no other for a line."""
    found: dict[str, np.ndarray] = {}
    for k, line in enumerate(BUDGET_LINES):
        code = rules.functions.get(line, "03.1")  # type: ignore[call-overload]
        found[code] = found.get(code, np.zeros(rules.years)) + spent[k]
    return {code: found[code].tolist() for code in sorted(found)}


def _donor_ends(frame: Frame, spent: np.ndarray, rules: Budget) -> list[dict[str, Any]]:
    """Return what falls on whom when a payer's money ends: ``payer``, ``on``, ``then`` and ``falls_on`` by year."""
    rows = []
    for payer, day in sorted(rules.ends.items()):
        lines = np.array([getattr(rules.payers, line) == payer for line in BUDGET_LINES])
        gone = (1 - frame.paid[frame.payers.index(payer)][lines]) * spent[lines]
        rows.append({"payer": payer, "on": day.isoformat(), "then": rules.then, "falls_on": gone.sum(axis=0).tolist()})
    return rows


def _procurement(
    areas: Areas, start: np.ndarray, rules: Budget, days: list[dt.date], tables: PlanTables
) -> list[dict[str, Any]]:
    """Return what must be ordered by when: ``what``, ``number``, ``needed_on``, ``order_by``, and ``before_start``, whether that is before the plan starts."""
    year, rows = np.arange(rules.years), []

    def row(what: str, number: int, t: int, months: int) -> None:
        needed = days[12 * t]
        order = (pd.Timestamp(needed) - pd.DateOffset(months=months)).date()
        begin = days[12 * areas.first]
        rows.append(
            {
                "what": what,
                "number": number,
                "needed_on": needed.isoformat(),
                "order_by": order.isoformat(),
                "before_start": order < begin,
            }
        )

    if rules.vehicle_lead_months is not None:
        bought = fleet(whole_vehicles(fleet_need(areas, start, year)), rules.vehicle_years)
        for t in np.flatnonzero(bought):
            row("vehicles", int(bought[t]), int(t), rules.vehicle_lead_months)
    if rules.station_lead_months is not None:
        for r in records(areas.sites):
            at = areas.opens(r, start)
            if r["chosen"] and not r["existing"] and 0 <= at < rules.years:
                row(f"station {r['station']}", 1, at, rules.station_lead_months)
    return sorted(rows, key=lambda r: (r["order_by"], r["what"]))


def _together(areas: Areas, description: Description) -> dict[int, str]:
    """Return the group of each beat that starts together with others, by its position.

    Raises
    ------
    InputError
        Where a beat is none of the plan, or in two groups.
    """
    rules, found = description.budget, {}
    assert rules is not None
    place = {str(v): b for column in ("beat", "name") for b, v in enumerate(areas.table[column])}
    for number, names in enumerate(rules.start_together):
        for name in names:
            if name not in place:
                what, mend = (
                    f"“{name}” is no beat of the plan",
                    did_you_mean(name, list(place)) or "Name beats of the plan",
                )
            elif place[name] in found:
                what, mend = f"beat “{name}” is in two groups", "Name each beat once"
            else:
                found[place[name]] = f"\1{number}"
                continue
            raise InputError(problem(what, mend, file=description.file.name, field="budget.start_together"))
    return found


def _people(
    people: Payroll | None, areas: Areas, begun: np.ndarray, rules: Budget, rise: np.ndarray
) -> dict[str, Any] | None:
    """Return the officer-years by year, posts beside people, and what those without a post and the vacant posts stand for."""
    if people is None:
        return None
    posts = (areas.table["posts"].to_numpy(float)[:, None] * begun).sum(axis=0)
    one = one_officer(rules)
    return {
        "paid": people.paid.tolist(),
        "in_posts": people.posted.tolist(),
        "in_training": people.training.tolist(),
        "without_post": people.spare.tolist(),
        "posts": posts.tolist(),
        "vacant": people.vacant.tolist(),
        "courses": people.courses.tolist(),
        **({"in_pool": people.pool.tolist()} if people.pool.any() else {}),
        **({"full_time": people.full_time.tolist()} if (people.full_time < people.paid - 1e-12).any() else {}),
        "money_without_post": (people.spare_money * rise).tolist(),
        "money_of_posts": (posts * one * rise).tolist(),
        "money_of_vacant": (people.vacant * one * rise).tolist(),
    }


def _stations_open(areas: Areas, start: np.ndarray, year: np.ndarray) -> list[int]:
    """Return how many stations are open in each year."""
    count = np.zeros(len(year), int)
    for r in records(areas.sites):
        at = areas.opens(r, start)
        begun = (at >= 0) & (year >= at)
        count += (begun | r["existing"]) if r["chosen"] else (~begun & r["existing"])
    return count.tolist()


def today_lines(tables: PlanTables, description: Description) -> np.ndarray:
    """Return what going on as today costs by line and year, (L, T): the roster, today's stations, and today's beats with vehicles and forums."""
    rules, frame = description.budget, frame_of(description)
    assert rules is not None
    people = payroll(tables, description, today=True)
    money = staff_money(people, rules)
    beats = today_beats(tables)
    if people is None:
        money[SALARIES] = today_posts(tables, description) * one_officer(rules)
    if tables.sites is not None:
        here = tables.sites[tables.sites["existing"]]
        own = float(here["yearly_cost"].fillna(0).sum()) if "yearly_cost" in here else 0.0
        money[STATIONS] = len(here) * rules.station_yearly + own
    need = whole_vehicles(np.full(rules.years, rules.vehicles_per_beat * len(beats)))
    money[VEHICLES] = fleet(need, rules.vehicle_years) * rules.vehicle_price + need * rules.vehicle_yearly
    money[3] = len(beats) * meetings(description) * rules.forum_travel
    return money * frame.rise


def today_beats(tables: PlanTables) -> list[str]:
    """Return the ids of today's beats."""
    return sorted({str(b) for b in tables.units["current"].dropna()})


def today_posts(tables: PlanTables, description: Description) -> float:
    """Return the officers that today's beats need by their work, where no roster says who there is."""
    units, total = tables.units, 0.0
    for beat in today_beats(tables):
        here = units[(units["current"].astype(str) == beat).to_numpy()]
        busy = np.array([float((here["reactive_hours"] + here["fixed_hours"]).sum())])
        total += float(
            officers_required(busy, np.array([float(here["community_hours"].sum())]), description.workload)[0]
        )
    return total
