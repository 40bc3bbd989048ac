"""What a plan costs by year, who pays, and how far the money reaches: the roster is paid, and beats start as early as the money allows.

Prices are those of the first year; every later year they rise by ``inflation``. The lines of a year::

    salaries = Σ over the officers of the roster of years employed × (salary of the grade + allowances) × (1 + employer's part)
    training = training_seat × courses that begin
    stations = opening and closing of stations + stations × station_yearly + their own yearly cost
    vehicles = vehicle_price × whole vehicles bought + vehicle_yearly × whole vehicles
    forums   = as their places are planned, else beats × neighbourhood members × meetings a year × forum_travel; see `forum_lines`

Everybody in the roster is paid, with a post or without (see `payroll`); without a roster the posts of beats that have started are paid, and a course each.
What stands today goes on until a beat starts (see `areas`). Today's column of a comparison is the same sum with no start at all.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import BUDGET_LINES, Budget
from beatplanner.data.formats.frames import records
from beatplanner.data.result.budget import BudgetContent, DonorEnds, ForumsMoney, PeoplePaid, PoolPaid, Procured
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.verification.rollout_proof import ROLLOUT
from beatplanner.planning.whole.areas import (
    FORUMS,
    SALARIES,
    STATIONS,
    VEHICLES,
    RolloutAreas,
    fleet,
    lives_on,
    rollout_areas,
    whole_vehicles,
)
from beatplanner.planning.whole.budget_frame import BudgetFrame, budget_frame, staff_money, yearly
from beatplanner.planning.whole.forum_lines import ForumLines, forum_lines
from beatplanner.planning.whole.payroll import Payroll, first_days, one_officer, payroll
from beatplanner.planning.whole.rollout import RolloutPlan, pilots_of, roll_out, with_areas_as_known
from beatplanner.planning.whole.rollout_proofs import certified_rollout
from beatplanner.planning.whole.spending import fleet_need, spending
from beatplanner.planning.workload import officers_required


def budget_summary(
    tables: PlanTables, description: Description, *, seed: int = 0, found: RolloutPlan | None = None
) -> BudgetContent | None:
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
    from beatplanner.planning.whole.unfunded import limits_section

    rules = description.budget
    if rules is None or tables.beats is None:
        return None
    frame = budget_frame(description)
    areas = rollout_areas(tables, description, first=frame.first)
    description, rules = with_areas_as_known(description, areas)
    chosen = found or _read_rollout(tables, description) or roll_out(tables, description, seed=seed)
    start = chosen.start
    days = first_days(description)
    dates = {
        b: None if s < 0 else days[12 * int(s)].isoformat() for b, s in zip(areas.table["beat"], start, strict=True)
    }
    people = payroll(tables, description, starts=dates)
    staff = staff_money(people, rules)
    spent = spending(areas, start, staff, rules, frame.rise)
    whole = spending(areas, np.full(len(start), frame.first), staff, rules, frame.rise)
    today = today_lines(tables, description)
    residents = areas.table["residents"].to_numpy(float)
    year = np.arange(rules.years)
    begun = (start[:, None] >= 0) & (start[:, None] <= year[None, :])
    once = _capital(areas, start, rules, frame.rise)
    resident_years = float((residents * np.where(start >= 0, rules.years - start, 0)).sum())
    bound = certified_rollout(tables, description, resident_years, chosen)
    limits = limits_section(
        areas, start, staff, description, frame, pilots_of(areas, description), dates, people is None
    )
    content: BudgetContent = {
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
        "resident_years": resident_years,
        "resident_years_bound": bound["resident_years_bound"],
        "limited": chosen.limited,
        "forums": _forums(tables, description, start, frame),
        **bound,
        **limits,
    }
    if people is not None and rules.training_seats is not None:
        seats = yearly(rules.training_seats, rules.years, "budget.training_seats")  # type: ignore[arg-type]
        content["seats_short"] = [
            {"year": label, "courses": float(n), "seats": float(most)}
            for label, n, most in zip(frame.labels, people.courses, seats, strict=True)
            if n > most
        ]
    if rules.ends:
        content["donor_ends"] = _donor_ends(frame, spent, rules)
    if rules.vehicle_lead_months is not None or rules.station_lead_months is not None:
        content["procurement"] = _procurement(areas, start, rules, days, tables)
    return content


def _forums(tables: PlanTables, description: Description, start: np.ndarray, frame: BudgetFrame) -> ForumsMoney:
    """Return by which rule forums are counted, and what more they would cost at the flat price, which plans without places are counted by."""
    assert description.budget is not None
    shares = lives_on(tables)
    # without a roster nothing of today is known, and a beat costs nothing before it starts
    known = shares * (tables.roster is not None)
    mine, flat = (forum_lines(tables, description, known, flat=f) for f in (False, True))
    whole = np.full(len(start), frame.first)

    def money(of: ForumLines) -> dict[str, np.ndarray]:
        years = description.budget.years  # type: ignore[union-attr]
        lines = {"total": of.by_year(start, years), "all_at_once": of.by_year(whole, years)}
        return {k: v * frame.rise for k, v in (lines | {"today": np.full(years, of.today)}).items()}

    own, other = money(mine), money(flat)
    return {
        "rule": mine.rule,
        "flat_price": description.budget.forum_travel,
        "all_at_once": own["all_at_once"].tolist(),
        "more_at_flat_price": {k: (other[k] - own[k]).tolist() for k in own},
    }


def _read_rollout(tables: PlanTables, description: Description) -> RolloutPlan | None:
    """Return the roll-out that a plan was made by; None where all of it starts at once."""
    assert tables.beats is not None
    if "starts" not in tables.beats:
        return None
    number = {d.isoformat(): m // 12 for m, d in enumerate(first_days(description)) if m % 12 == 0}
    start = np.array([-1 if _empty(d) else number.get(str(d), -1) for d in tables.beats["starts"]], int)
    # a plan that was made earlier has no bound but what its certificate still proves
    return RolloutPlan(start, None, True, tables.proofs.get(ROLLOUT, {}))


def _empty(value: object) -> bool:
    return value is None or value != value


def _capital(areas: RolloutAreas, start: np.ndarray, rules: Budget, rise: np.ndarray) -> list[float]:
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


def _donor_ends(frame: BudgetFrame, spent: np.ndarray, rules: Budget) -> list[DonorEnds]:
    """Return what falls on whom when a payer's money ends: ``payer``, ``on``, ``then`` and ``falls_on`` by year."""
    rows: list[DonorEnds] = []
    for payer, day in sorted(rules.ends.items()):
        lines = np.array([getattr(rules.payers, line) == payer for line in BUDGET_LINES])
        gone = (1 - frame.paid[frame.payers.index(payer)][lines]) * spent[lines]
        rows.append({"payer": payer, "on": day.isoformat(), "then": rules.then, "falls_on": gone.sum(axis=0).tolist()})
    return rows


def _procurement(
    areas: RolloutAreas, start: np.ndarray, rules: Budget, days: list[dt.date], tables: PlanTables
) -> list[Procured]:
    """Return what must be ordered by when: ``what``, ``number``, ``needed_on``, ``order_by``, and ``before_start``, whether that is before the plan starts."""
    rows: list[Procured] = []
    year = np.arange(rules.years)

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


def _people(
    people: Payroll | None, areas: RolloutAreas, begun: np.ndarray, rules: Budget, rise: np.ndarray
) -> PeoplePaid | None:
    """Return the officer-years by year, posts beside people, and what those without a post and the vacant posts stand for."""
    if people is None:
        return None
    posts = (areas.table["posts"].to_numpy(float)[:, None] * begun).sum(axis=0)
    one = one_officer(rules)
    pool: PoolPaid = {}
    if people.pool.any():
        pool["in_pool"] = people.pool.tolist()
    if (people.full_time < people.paid - 1e-12).any():
        pool["full_time"] = people.full_time.tolist()
    return {
        "paid": people.paid.tolist(),
        "in_posts": people.posted.tolist(),
        "in_training": people.training.tolist(),
        "without_post": people.spare.tolist(),
        "posts": posts.tolist(),
        "vacant": people.vacant.tolist(),
        "courses": people.courses.tolist(),
        **pool,
        "money_without_post": (people.spare_money * rise).tolist(),
        "money_of_posts": (posts * one * rise).tolist(),
        "money_of_vacant": (people.vacant * one * rise).tolist(),
    }


def _stations_open(areas: RolloutAreas, start: np.ndarray, year: np.ndarray) -> list[int]:
    """Return how many stations are open in each year."""
    count = np.zeros(len(year), int)
    for r in records(areas.sites):
        at = areas.opens(r, start)
        begun = (at >= 0) & (year >= at)
        count += (begun | r["existing"]) if r["chosen"] else (~begun & r["existing"])
    return count.tolist()


def today_lines(tables: PlanTables, description: Description) -> np.ndarray:
    """Return what going on as today costs by line and year, (L, T): the roster, today's stations, and today's beats with vehicles and forums."""
    rules, frame = description.budget, budget_frame(description)
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
    money[FORUMS] = forum_lines(tables, description, lives_on(tables)).today
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
