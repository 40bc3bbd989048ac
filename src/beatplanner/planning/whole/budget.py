"""What a plan costs by year, who pays, and what fits: an area after another where the money or the training seats do not reach.

Prices are those of the first year; every later year they rise by ``inflation``. Costs of an area (a municipality, or a beat where the project has no
more than one) in its k-th year, k = 0, 1, …::

    salaries = posts × officer_salary
    stations = opening cost of its new stations in year 0 + its stations × station_yearly + their own yearly cost
    vehicles = vehicles_per_beat × beats × (vehicle_price in years 0, vehicle_years, 2 × vehicle_years, … + vehicle_yearly)
    forums   = beats × neighbourhood members × meetings a year × forum_travel
    training = training_seat × officers who still need a course, in year 0
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.description.models import BUDGET_LINES, Budget, Description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.solver.location.rollout import rollout


def areas_of(tables: PlanTables) -> pd.DataFrame:
    """Return one row an area: ``area``, ``residents``, ``posts``, ``beats``, ``stations``, ``opening``, ``station_yearly``, ``seats``."""
    beats, units = tables.beats, tables.units
    assert beats is not None
    by_town = beats["municipality"].astype(str).nunique() > 1
    area = beats["municipality"].astype(str) if by_town else beats["beat"].astype(str)
    frame = pd.DataFrame({"area": area, "beats": 1, "posts": beats["posts"].astype(float), "residents": beats["population"].fillna(0.0), "beat": beats["beat"].astype(str)})  # fmt: skip
    of_beat = dict(zip(frame["beat"], frame["area"], strict=True))
    found = frame.groupby("area")[["residents", "posts", "beats"]].sum()
    found[["stations", "opening", "station_yearly"]] = 0.0
    if tables.sites is not None:
        unit_area = dict(zip(units["unit"].astype(str), (of_beat.get(str(b)) for b in units["beat"]), strict=True))
        for site in tables.sites[tables.sites["chosen"]].to_dict("records"):
            where = unit_area.get(str(site["unit"]))
            if where is None:
                continue
            found.loc[where, "stations"] += 1
            found.loc[where, "opening"] += 0.0 if site["existing"] else float(site["cost"])
            found.loc[where, "station_yearly"] += float(site.get("yearly_cost") or 0.0)
    found["seats"] = found["posts"]
    if tables.assignments is not None and tables.roster is not None and len(tables.assignments):
        rules = Description.model_validate(tables.summary["rules"]).officers
        assert rules is not None
        start = rules.start.isoformat()
        trained = {str(o) for o, t in zip(tables.roster["officer"], tables.roster["trained_on"], strict=True) if t and str(t) <= start}  # fmt: skip
        first = tables.assignments[tables.assignments["start"].astype(str) == start]
        for officer, beat in zip(first["officer"].astype(str), first["beat"].astype(str), strict=True):
            if officer in trained:
                found.loc[of_beat[beat], "seats"] -= 1
        found["seats"] = found["seats"].clip(lower=0)
    return found.reset_index()


def costs(areas: pd.DataFrame, rules: Budget, members: float) -> np.ndarray:
    """Return what each line of each area costs in its k-th year at first-year prices, (lines, areas, years)."""
    years = rules.years
    money = np.zeros((len(BUDGET_LINES), len(areas), years))
    column = {c: areas[c].to_numpy(float)[:, None] for c in ("posts", "beats", "stations", "opening", "station_yearly", "seats")}  # fmt: skip
    first = (np.arange(years) == 0)[None, :]
    bought = (np.arange(years) % rules.vehicle_years == 0)[None, :]
    vehicles = rules.vehicles_per_beat * column["beats"]
    told = {
        "salaries": column["posts"] * rules.officer_salary * np.ones((1, years)),
        "stations": column["opening"] * first + column["stations"] * rules.station_yearly + column["station_yearly"],
        "vehicles": vehicles * (rules.vehicle_price * bought + rules.vehicle_yearly),
        "forums": column["beats"] * members * rules.forum_travel * np.ones((1, years)),
        "training": column["seats"] * rules.training_seat * first,
    }
    for k, line in enumerate(BUDGET_LINES):
        money[k] = told[line]
    return money


def yearly(value: float | list[float] | None, years: int, key: str) -> np.ndarray:
    """Return an amount of each year, (years,); one number counts for every year, None is no limit."""
    if value is None:
        return np.full(years, np.inf)
    if isinstance(value, list):
        if len(value) != years:
            raise InputError(problem(f"{len(value)} amounts are given for {years} years", "Give one a year, or one number for all", field=key))  # fmt: skip
        return np.array(value, float)
    return np.full(years, float(value))


def budget_summary(tables: PlanTables, description: Description, *, seed: int = 0) -> dict[str, Any] | None:
    """Return the plan's budget: money by year, line and payer, when each area starts, and what is not funded.

    Parameters
    ----------
    tables
        A plan with beats.
    description
        Its rules; without a section ``budget`` there is nothing to tell.
    seed
        Of the solver.

    Raises
    ------
    InputError
        Where pilots are no areas of the plan, or amounts are not one a year.
    """
    rules = description.budget
    if rules is None or tables.beats is None:
        return None
    areas = areas_of(tables)
    names = list(areas["area"])
    absent = [p for p in rules.pilots if p not in names]
    if absent:
        raise InputError(
            problem(f"the pilot “{absent[0]}” is no municipality or beat of the plan",
                    did_you_mean(absent[0], names) or f"There are: {listed(names)}", file=description.file.name, field="budget.pilots")
        )  # fmt: skip
    years = rules.years
    forum = description.forum.neighbourhood if description.forum is not None else None
    members = 0.0 if forum is None else float(forum.members * forum.meetings_a_year)
    money = costs(areas, rules, members)
    rise = (1 + rules.inflation) ** np.arange(years)
    of_line = {line: str(getattr(rules.payers, line)) for line in BUDGET_LINES}
    payers = sorted({*of_line.values(), *rules.funds})
    paid = np.array([[of_line[line] == p for line in BUDGET_LINES] for p in payers], float)
    by_payer = np.einsum("pl,lat->pat", paid, money)
    funds = np.array([yearly(rules.funds.get(p), years, f"budget.funds.{p}") for p in payers])
    ceiling = yearly(rules.ceiling, years, "budget.ceiling")
    pilots = np.array([n in rules.pilots for n in names])
    seats = areas["seats"].to_numpy(float)
    room = float("inf") if rules.training_seats is None else float(rules.training_seats)
    limited = bool(np.isfinite(funds).any() or np.isfinite(ceiling).any() or np.isfinite(room) or pilots.any())
    residents = areas["residents"].to_numpy(float)
    start, bound = np.zeros(len(areas), int), None
    if limited:
        every = np.concatenate([by_payer, by_payer.sum(axis=0, keepdims=True)])
        found = rollout(residents, every, rise, np.vstack([funds, ceiling]), seats, room, pilots, seed=seed)
        start, bound = found.start, found.upper_bound
    spent = spending(money, start, rise)
    whole = spending(money, np.zeros(len(areas), int), rise)
    first = rules.first_year or (description.officers.start.year if description.officers is not None else 1)
    labels = [str(first + t) for t in range(years)]
    tell = paid @ spent
    unfunded = [
        {"area": names[a], "residents": float(residents[a]), "seats": float(seats[a]), "first_year": float(money[:, a, 0].sum() * rise[-1]),
         "yearly": float(money[:, a, min(1, years - 1)].sum() * rise[-1])}
        for a in np.flatnonzero(start < 0)
    ]  # fmt: skip
    return {
        "currency": rules.currency,
        "years": labels,
        "lines": {line: spent[k].tolist() for k, line in enumerate(BUDGET_LINES)},
        "payers": {p: tell[k].tolist() for k, p in enumerate(payers)},
        "total": spent.sum(axis=0).tolist(),
        "all_at_once": whole.sum(axis=0).tolist(),
        "starts": [
            {
                "area": names[a],
                "year": None if start[a] < 0 else labels[start[a]],
                "residents": float(residents[a]),
                "seats": float(seats[a]),
            }
            for a in range(len(areas))
        ],
        "resident_years": float((residents * np.where(start >= 0, years - start, 0)).sum()),
        "resident_years_bound": bound,
        "unfunded": unfunded,
    }


def spending(money: np.ndarray, start: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Return what each line costs in each year, (lines, years), where areas start in the years `start` (-1: never)."""
    lines, areas, years = money.shape
    spent = np.zeros((lines, years))
    for a in range(areas):
        if start[a] >= 0:
            spent[:, start[a] :] += money[:, a, : years - start[a]]
    return spent * rise


def today_money(posts: float, stations: int, rules: Budget) -> list[float]:
    """Return what today's officers and stations cost in each year of the budget."""
    one = posts * rules.officer_salary + stations * rules.station_yearly
    return [one * (1 + rules.inflation) ** t for t in range(rules.years)]
