"""Checks of the budget: every line, payer and year from the plan's tables, and the limits of money, seats and pilots."""

from __future__ import annotations

import math
from typing import Any

from beatplanner.data.description.models import Description
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.verification.ledger import Ledger, missing, text

LINES = ("salaries", "stations", "vehicles", "forums", "training")


def check_budget(ledger: Ledger, tables: PlanTables, rules: Description) -> None:
    """Check ``summary["budget"]``."""
    claims, budget = tables.summary.get("budget"), rules.budget
    if budget is None or claims is None:
        if (budget is None) != (claims is None) and tables.beats is not None:
            ledger.add("budget", False, "a budget" if claims else "none", "the rules say otherwise")
        return
    areas = _areas(tables, rules)
    labels, years = claims["years"], budget.years
    first = budget.first_year or (rules.officers.start.year if rules.officers is not None else 1)
    wanted = [str(first + t) for t in range(years)]
    ledger.add("budget.labels", labels == wanted and claims.get("currency") == budget.currency, f"{claims.get('currency')}, {labels}", f"{budget.currency}, {wanted}")  # fmt: skip
    if labels != wanted:
        return
    starts = {s["area"]: None if s["year"] is None else labels.index(s["year"]) for s in claims["starts"]}
    ledger.add("budget.areas", set(starts) == set(areas), len(starts), len(areas))
    if set(starts) != set(areas):
        return
    spent = {line: [0.0] * years for line in LINES}
    whole = [0.0] * years
    for name, area in areas.items():
        for t in range(years):
            rise = (1 + budget.inflation) ** t
            whole[t] += math.fsum(_costs(area, t, rules).values()) * rise
            begin = starts[name]
            if begin is not None and t >= begin:
                for line, cost in _costs(area, t - begin, rules).items():
                    spent[line][t] += cost * rise
    payer = budget.payers.model_dump()
    rows = [(f"{line} in {labels[t]}", claims["lines"].get(line, [None] * years)[t], spent[line][t]) for line in LINES for t in range(years)]  # fmt: skip
    ledger.pairs("budget.lines", "each line by year", rows, "sums")
    rows = [(f"{p} in {labels[t]}", claims["payers"][p][t], math.fsum(spent[k][t] for k in LINES if payer[k] == p)) for p in claims["payers"] for t in range(years)]  # fmt: skip
    ledger.pairs("budget.payers", "each payer by year", rows, "sums")
    total = [math.fsum(spent[line][t] for line in LINES) for t in range(years)]
    ledger.pairs("budget.total", "by year", [(labels[t], claims["total"][t], total[t]) for t in range(years)], "sums")
    ledger.pairs("budget.all_at_once", "by year", [(labels[t], claims["all_at_once"][t], whole[t]) for t in range(years)], "sums")  # fmt: skip
    wrong = []
    for t in range(years):
        limits = [("all", budget.ceiling, total[t])]
        limits += [(p, budget.funds.get(p), claims["payers"][p][t]) for p in claims["payers"]]
        for who, limit, money in limits:
            most = limit[t] if isinstance(limit, list) else limit
            if most is not None and money > most * (1 + 1e-6) + 1e-6:
                wrong.append(f"{who} pay {money:,.0f} in {labels[t]}, more than {most:,.0f}.")
        seats = math.fsum(areas[a]["seats"] for a, b in starts.items() if b == t)
        if budget.training_seats is not None and seats > budget.training_seats + 1e-6:
            wrong.append(f"{seats:,.0f} training seats in {labels[t]}, more than {budget.training_seats:,.0f}.")
    first = [b for a, b in starts.items() if a in budget.pilots]
    for a, b in starts.items():
        if a not in budget.pilots and b is not None and any(p is None or p >= b for p in first):
            wrong.append(f"{a} starts before a pilot has.")
    ledger.each("budget.limits", "money, seats and pilots", wrong, years, "years")
    late = {a for a, b in starts.items() if b is None}
    told = {u["area"] for u in claims["unfunded"]}
    rise = (1 + budget.inflation) ** (years - 1)
    rows = []
    for u in claims["unfunded"]:
        area = areas.get(u["area"])
        if area is not None:
            found = {"residents": area["residents"], "seats": area["seats"], "first_year": math.fsum(_costs(area, 0, rules).values()) * rise,
                     "yearly": math.fsum(_costs(area, min(1, years - 1), rules).values()) * rise}  # fmt: skip
            rows += [(f"{u['area']}, {k}", u.get(k), v) for k, v in found.items()]
    ledger.pairs("budget.unfunded_figures", "what each area left out would cost", rows, "figures")
    ledger.add("budget.unfunded", late == told, ", ".join(sorted(told)) or "none", ", ".join(sorted(late)) or "none")
    served = math.fsum(areas[a]["residents"] * (years - b) for a, b in starts.items() if b is not None)
    ledger.number("budget.resident_years", claims["resident_years"], served)
    rows = [(s["area"], s["seats"], areas[s["area"]]["seats"]) for s in claims["starts"]]
    rows += [(s["area"], s["residents"], areas[s["area"]]["residents"]) for s in claims["starts"]]
    ledger.pairs("budget.starts", "residents and seats of each area", rows, "figures")


def today_money(posts: float, stations: int, rules: Description) -> list[float]:
    """Return what today's officers and stations cost in each year."""
    b = rules.budget
    assert b is not None
    return [(posts * b.officer_salary + stations * b.station_yearly) * (1 + b.inflation) ** t for t in range(b.years)]


def _areas(tables: PlanTables, rules: Description) -> dict[str, dict[str, Any]]:
    assert tables.beats is not None
    towns = {str(m) for m in tables.beats["municipality"]}
    of_beat: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    for row in tables.beats.to_dict("records"):
        beat = str(text(row["beat"]))
        name = str(row["municipality"]) if len(towns) > 1 else beat
        of_beat[beat] = name
        area = found.setdefault(name, {"posts": 0.0, "beats": 0, "residents": 0.0, "stations": 0, "opening": 0.0, "yearly": 0.0, "ready": 0})  # fmt: skip
        area["posts"] += float(row["posts"])
        area["beats"] += 1
        area["residents"] += 0.0 if missing(row["population"]) else float(row["population"])
    home = {
        str(text(u)): of_beat.get(str(text(b))) for u, b in zip(tables.units["unit"], tables.units["beat"], strict=True)
    }
    for site in [] if tables.sites is None else tables.sites.to_dict("records"):
        name = home.get(str(text(site["unit"])))
        if site["chosen"] and name is not None:
            found[name]["stations"] += 1
            found[name]["opening"] += 0.0 if site["existing"] else float(site["cost"])
            found[name]["yearly"] += 0.0 if missing(site.get("yearly_cost")) else float(site["yearly_cost"])
    if tables.assignments is not None and tables.roster is not None and rules.officers is not None:
        start = rules.officers.start.isoformat()
        done = {str(r["officer"]) for r in tables.roster.to_dict("records") if not missing(r["trained_on"]) and str(r["trained_on"]) <= start}  # fmt: skip
        for row in tables.assignments.to_dict("records"):
            if str(row["start"]) == start and str(row["officer"]) in done:
                found[of_beat[str(text(row["beat"]))]]["ready"] += 1
    for area in found.values():
        area["seats"] = max(0.0, area["posts"] - area["ready"])
    return found


def _costs(area: dict[str, Any], age: int, rules: Description) -> dict[str, float]:
    b, forum = rules.budget, rules.forum
    assert b is not None
    meetings = 0 if forum is None else forum.neighbourhood.members * forum.neighbourhood.meetings_a_year
    cars = b.vehicles_per_beat * area["beats"]
    return {
        "salaries": area["posts"] * b.officer_salary,
        "stations": (area["opening"] if age == 0 else 0.0) + area["stations"] * b.station_yearly + area["yearly"],
        "vehicles": cars * b.vehicle_yearly + (cars * b.vehicle_price if age % b.vehicle_years == 0 else 0.0),
        "forums": area["beats"] * meetings * b.forum_travel,
        "training": area["seats"] * b.training_seat if age == 0 else 0.0,
    }
