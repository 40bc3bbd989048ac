"""What each beat of a plan costs beside the salaries of the roster: today's share of it until it starts, its own from then on.

A beat that has not started is served as today: by the part of today's beats that its residents live in. So the costs of all beats before they start are those
of today, those after it are the plan's, and every roll-out in between is the plan as far as it has come::

    carried of a beat = Σ over today's beats of the share of their residents who live in it
    vehicles of a beat = vehicles_per_beat × carried, from its start × 1; whole vehicles of the force are bought when they are needed
    forums = those of today's beats by the same shares, from its start its own; see `forum_lines`
    stations = those of today run until their beat starts and go on where the plan keeps them; new ones open, and others close, when their beat starts
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import BUDGET_LINES, Budget
from beatplanner.data.formats.cells import text_cell, texts
from beatplanner.data.formats.frames import Row, records
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.whole.forum_lines import forum_lines
from beatplanner.planning.whole.payroll import one_officer
from beatplanner.solver.location.fleet import ROUNDING

SALARIES, STATIONS, VEHICLES, FORUMS, TRAINING = range(5)
assert BUDGET_LINES == ("salaries", "stations", "vehicles", "forums", "training")


@dataclass(frozen=True)
class RolloutAreas:
    """The beats of a plan as the roll-out sees them; B beats, T years, L lines.

    Attributes
    ----------
    table
        One row a beat: ``beat``, ``name``, ``municipality``, ``residents``, ``posts``, ``carried``.
    waiting
        (L, B, T) money of a beat in each year until it starts, at the prices of the first year.
    started
        (L, B, T, T) money of a beat that starts in year s, by s and year.
    fixed
        (L, T) money that no start changes: stations that stay, and those whose years the phases set.
    need
        (B, 2) vehicles of a beat before and after its start.
    sites
        Stations by ``station``, ``beat`` (position; -1 for none), ``existing``, ``chosen``.
    phased
        Year of the budget in which the phases open each new station; None without phases.
    first
        Year of the budget in which the plan begins.
    """

    table: pd.DataFrame
    waiting: np.ndarray
    started: np.ndarray
    fixed: np.ndarray
    need: np.ndarray
    sites: pd.DataFrame
    phased: dict[str, int] | None
    first: int

    def opens(self, site: Row, start: np.ndarray) -> int:
        """Return the year in which a new station opens, or one of today closes; -1 for never."""
        if self.phased is not None and site["chosen"] and not site["existing"]:
            return self.phased.get(site["station"], self.first)
        return int(start[site["beat"]]) if site["beat"] >= 0 else self.first


def rollout_areas(tables: PlanTables, rules: Description, *, first: int = 0) -> RolloutAreas:
    """Return what each beat costs before and after its start.

    Parameters
    ----------
    tables
        A plan with beats.
    rules
        With a budget.
    first
        Year of the budget in which the plan begins.
    """
    budget, beats = rules.budget, tables.beats
    assert budget is not None and beats is not None
    years, count = budget.years, len(beats)
    table = pd.DataFrame(
        {
            "beat": beats["beat"].astype(str),
            "name": beats["name"].astype(str),
            "municipality": beats["municipality"].astype(str),
            "residents": beats["population"].fillna(0.0).astype(float),
            "posts": beats["posts"].astype(float),
            # without a roster nobody and nothing of today is known, and the budget is that of what starts
            "carried": carried(tables) if tables.roster is not None else 0.0,
        }
    ).reset_index(drop=True)
    waiting, started = np.zeros((5, count, years)), np.zeros((5, count, years, years))
    fixed = np.zeros((5, years))
    year = np.arange(years)
    on = year[None, :] >= year[:, None]  # (s, t)
    need: np.ndarray = budget.vehicles_per_beat * np.column_stack([table["carried"], np.ones(count)])
    forums = forum_lines(tables, rules, lives_on(tables) * (tables.roster is not None))
    fixed[FORUMS] += forums.wider
    for b in range(count):
        waiting[VEHICLES, b] = _fleet_money(np.full(years, need[b, 0]), budget)
        waiting[FORUMS, b] = forums.waiting[b]
        for s in range(years):
            started[VEHICLES, b, s] = _fleet_money(np.where(on[s], float(need[b, 1]), float(need[b, 0])), budget)
        started[FORUMS, b] = np.where(on, forums.started[b], forums.waiting[b])
    if tables.roster is None:
        # nobody is known: a beat's officers are taken on and trained when it starts
        posts = table["posts"].to_numpy(float)[:, None, None]
        started[SALARIES] = posts * on * one_officer(budget)
        started[TRAINING] = posts * (year[None, :] == year[:, None]) * budget.training_seat
    sites = _sites(tables, table)
    opens = _phased(tables, rules)
    for r in records(sites):
        yearly = budget.station_yearly + r["yearly"]
        at = r["beat"]
        if r["existing"] and r["chosen"]:
            fixed[STATIONS] += yearly
        elif r["existing"]:
            shut = r["closing"] * (year[None, :] == year[:, None]) + np.where(on, 0.0, yearly)
            if at >= 0:
                waiting[STATIONS, at] += yearly
                started[STATIONS, at] += shut
            else:
                fixed[STATIONS] += shut[min(first, years - 1)]
        elif r["chosen"]:
            new = r["cost"] * (year[None, :] == year[:, None]) + yearly * on
            if opens is not None:
                t = opens.get(r["station"], first)
                fixed[STATIONS] += new[t] if t < years else 0.0
            elif at >= 0:
                started[STATIONS, at] += new
            else:
                fixed[STATIONS] += new[min(first, years - 1)]
    return RolloutAreas(table, waiting, started, fixed, need, sites, opens, first)


def carried(tables: PlanTables) -> np.ndarray:
    """Return how many of today's beats live on in each beat, (B,): shares by residents, by units where residents are unknown."""
    return lives_on(tables).sum(axis=1)


def lives_on(tables: PlanTables) -> np.ndarray:
    """Return the share of each of today's beats, in the order of their ids, that lives on in each beat, (B, O); as for `carried`."""
    assert tables.beats is not None
    units = tables.units
    people = units["population"].to_numpy(float)
    weight = np.ones(len(units)) if np.isnan(people).any() else people + 1e-9
    now, was = (pd.Series(texts(units[c]), dtype=object) for c in ("beat", "current"))
    frame = pd.DataFrame({"now": now, "was": was, "weight": weight}).dropna()
    share = frame["weight"] / frame.groupby("was")["weight"].transform("sum")
    found = share.groupby([frame["now"], frame["was"]]).sum().unstack(fill_value=0)
    return found.reindex(
        index=tables.beats["beat"].astype(str), columns=sorted(set(was.dropna())), fill_value=0.0
    ).to_numpy(float)


def fleet(need: np.ndarray, life: int) -> np.ndarray:
    """Return the vehicles that are bought in each year, (T,), so that as many as needed are younger than their life."""
    bought = np.zeros(len(need))
    for t in range(len(need)):
        bought[t] = max(0.0, need[t] - bought[max(0, t - life + 1) : t].sum())
    return bought


def whole_vehicles(need: np.ndarray) -> np.ndarray:
    """Return the whole vehicles that a need takes, (T,); a hundred-thousandth of one is rounding."""
    return np.ceil(need - ROUNDING)


def _fleet_money(need: np.ndarray, rules: Budget) -> np.ndarray:
    return fleet(need, rules.vehicle_years) * rules.vehicle_price + need * rules.vehicle_yearly


def _sites(tables: PlanTables, table: pd.DataFrame) -> pd.DataFrame:
    columns = ["station", "beat", "existing", "chosen", "cost", "yearly", "closing"]
    if tables.sites is None:
        return pd.DataFrame(columns=columns)
    of_unit = dict(zip(texts(tables.units["unit"]), texts(tables.units["beat"]), strict=True))
    place = {b: k for k, b in enumerate(table["beat"])}
    rows: list[tuple[bool | float | int | str, ...]] = []
    for s in records(tables.sites):
        at = place.get(of_unit.get(text_cell(s["unit"])), -1)
        money = [_number(s.get(k)) for k in ("cost", "yearly_cost", "closing_cost")]
        rows.append((str(s["station"]), at, bool(s["existing"]), bool(s["chosen"]), *money))
    return pd.DataFrame(rows, columns=columns)


def _phased(tables: PlanTables, rules: Description) -> dict[str, int] | None:
    """Return the year of the budget (0, 1, …) in which the phases open each new station; None without phases."""
    phases = rules.stations.phases if rules.stations is not None else None
    budget = rules.budget
    if phases is None or budget is None or tables.stations is None or "opens" not in tables.stations:
        return None
    opens = tables.stations[["station", "opens"]].dropna()
    plan = rules.officers.start.year if rules.officers is not None else None
    first = (budget.first_year or plan or phases.start) if phases.start is not None else 1
    return {str(s): max(0, int(y) - int(first or 1)) for s, y in zip(opens["station"], opens["opens"], strict=True)}


def _number(value: object) -> float:
    return 0.0 if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type]
