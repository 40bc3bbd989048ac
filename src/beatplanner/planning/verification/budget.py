"""Checks of the budget: every line, payer and year from the plan's tables and roster, and the limits of money, seats and pilots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.result.budget import AreaStarts, BeatStarts
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.force_money import LINES, Force, months_before, one_officer
from beatplanner.planning.verification.ledger import Ledger, missing, same
from beatplanner.planning.verification.rollout_proof import check_bound, groups_of

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Checks that need the roster where the budget was made with one.
# What a police budget is for, by the classification of functions of government.
FUNCTION = "COFOG 03.1, police services"
NAMES = (
    "labels",
    "prices",
    "areas",
    "lines",
    "payers",
    "total",
    "all_at_once",
    "today",
    "economic",
    "functional",
    "procurement",
    "today_lines",
    "limits",
    "unfunded",
    "starts",
    "dates",
    "by_year",
    "lacks",
    "idle",
    "forums",
    "forum_rule",
    "people",
    "resident_years",
    "resident_years_bound",
    "certified",
)


def check_budget(ledger: Ledger, tables: PlanTables, rules: Description) -> None:
    """Check ``summary["budget"]``."""
    claims, budget = tables.summary.get("budget"), rules.budget
    if budget is None or claims is None:
        if (budget is None) != (claims is None) and tables.beats is not None:
            ledger.add("budget", False, "a budget" if claims else "none", "the rules say otherwise")
        return
    if claims.get("people") is not None and tables.roster is None:
        for name in NAMES:
            ledger.unchecked(
                f"budget.{name}",
                "the payroll of the roster",
                "The roster is not beside the plan (people.gpkg), so who is paid cannot be counted.",
            )
        return
    force = Force(tables, rules)
    labels, years = claims["years"], budget.years
    wanted = force.labels()
    ledger.add(
        "budget.labels",
        labels == wanted and claims.get("currency") == budget.currency and claims.get("prices_of") == wanted[0],
        f"{claims.get('currency')} of {claims.get('prices_of')}, {labels}",
        f"{budget.currency} of {wanted[0]}, {wanted}",
    )
    if labels != wanted:
        return
    one = one_officer(budget)
    rows = [(f"prices of {y}", claims["rise"][t], (1 + budget.inflation) ** t) for t, y in enumerate(labels)]
    ledger.pairs(
        "budget.prices",
        "of each year, and of an officer",
        [*rows, ("an officer", claims["one_officer"], one)],
        "figures",
    )
    claimed = {str(s["beat"]): s for s in claims["beat_starts"]}
    ledger.add("budget.areas", set(claimed) == set(force.beats), len(claimed), len(force.beats))
    if set(claimed) != set(force.beats):
        return
    start = [None if claimed[b]["year"] is None else labels.index(claimed[b]["year"]) for b in force.beats]
    _check_sums(ledger, claims, force, start)
    _check_forums(ledger, claims, force, start)
    _check_limits(ledger, claims, force, start)
    _check_starts(ledger, claims, force, start, claimed)
    _check_lacks(ledger, claims, force, start)
    _check_procurement(ledger, claims, force, start)
    if force.known:
        _check_people(ledger, claims, force, start)
    served = math.fsum(r * (years - s) for r, s in zip(force.residents, start, strict=True) if s is not None)
    ledger.number("budget.resident_years", claims["resident_years"], served)
    check_bound(ledger, claims, force, served)


def _check_sums(ledger: Ledger, claims: Claims, force: Force, start: list[int | None]) -> None:
    labels, years = claims["years"], force.budget.years
    spent = force.lines(start)
    whole = force.lines([force.first] * len(start))
    today = force.today()
    rows = [
        (f"{line} in {labels[t]}", claims["lines"].get(line, [None] * years)[t], spent[t][line])
        for line in LINES
        for t in range(years)
    ]
    ledger.pairs("budget.lines", "each line by year", rows, "sums")
    rows = [
        (f"{p} in {labels[t]}", claims["payers"].get(p, [None] * years)[t], force.by_payer(spent[t], t).get(p, 0.0))
        for p in {*claims["payers"], *force.by_payer(spent[0], 0)}
        for t in range(years)
    ]
    ledger.pairs("budget.payers", "each payer by year", rows, "sums")
    _check_classes(ledger, claims, force, spent)
    for key, lines in (("total", spent), ("all_at_once", whole), ("today", today)):
        rows = [(labels[t], claims[key][t], math.fsum(lines[t].values())) for t in range(years)]
        ledger.pairs(f"budget.{key}", "by year", rows, "sums")
    once = force.once(start)
    wages = [x["salaries"] / (1 + force.budget.employer_part) for x in spent]
    classes = {
        "211": wages,
        "212": [x["salaries"] - w for x, w in zip(spent, wages, strict=True)],
        "22": [math.fsum(x.values()) - x["salaries"] - c for x, c in zip(spent, once, strict=True)],
        "311": once,
    }
    ledger.add("budget.function", claims.get("function") == FUNCTION, claims.get("function"), FUNCTION)
    claimed = {name.split()[0]: values for name, values in claims["economic"].items()}
    rows = [
        (f"{k} in {labels[t]}", claimed.get(k, [None] * years)[t], v[t])
        for k, v in classes.items()
        for t in range(years)
    ]
    ledger.pairs("budget.economic", "by economic class and year", rows, "sums")
    rows = [
        (f"{line} in {labels[t]}", claims["today_lines"][line][t], today[t][line])
        for line in LINES
        for t in range(years)
    ]
    ledger.pairs("budget.today_lines", "each line of today by year", rows, "sums")


def _check_classes(ledger: Ledger, claims: Claims, force: Force, spent: list[dict[str, float]]) -> None:
    """Check money by function, what falls on whom when a payer's money ends, and what is ordered by when."""
    b, labels = force.budget, claims["years"]
    codes = {b.functions.get(k, "03.1") for k in LINES}  # type: ignore[call-overload]
    said = section_of(claims, "functional")
    rows = [
        (
            f"{code} in {labels[t]}",
            said.get(code, [None] * b.years)[t],
            math.fsum(spent[t][k] for k in LINES if b.functions.get(k, "03.1") == code)  # type: ignore[call-overload]
            if code in codes
            else None,
        )
        for code in sorted(codes | set(said))
        for t in range(b.years)
    ]
    ledger.pairs("budget.functional", "by function and year", rows, "sums")
    claimed = {r["payer"]: r for r in list_of(claims, "donor_ends")}
    if claimed or b.ends:
        rows: list[tuple[str, Any, float | None]] = []
        for who in sorted(set(claimed) | set(b.ends)):
            for t in range(b.years):
                mine = {k: v for k, v in spent[t].items() if getattr(b.payers, k) == who}
                gone = math.fsum(mine.values()) - force.by_payer(mine, t).get(who, 0.0) if who in b.ends else None
                rows.append(
                    (f"after {who} in {labels[t]}", claimed[who]["falls_on"][t] if who in claimed else None, gone)
                )
        wrong = [
            f"{who} ends on {r.get('on')}, then {r.get('then')} pays."
            for who, r in claimed.items()
            if (r.get("on"), r.get("then")) != (str(b.ends.get(who)), b.then)
        ]
        ledger.each("budget.donor_days", "as the rules say", wrong, len(claimed), "payers")
        ledger.pairs("budget.donor_ends", "what falls on whom when a payer's money ends", rows, "sums")


def _check_procurement(ledger: Ledger, claims: Claims, force: Force, start: list[int | None]) -> None:
    """Check what must be ordered by when: vehicles that are bought, and stations that open."""
    b = force.budget
    if claims.get("procurement") is None and b.vehicle_lead_months is None and b.station_lead_months is None:
        return
    found: list[tuple[str, int, int, int]] = []
    if b.vehicle_lead_months is not None:
        found += [("vehicles", n, t, b.vehicle_lead_months) for t, n in enumerate(force.bought(start)) if n]
    if b.station_lead_months is not None:
        for s in force.sites:
            opens = force.opens(s, start)
            if s["chosen"] and not s["existing"] and opens is not None and opens < b.years:
                found.append((f"station {s['station']}", 1, opens, b.station_lead_months))
    want = sorted(
        (months_before(force.days[12 * t], m).isoformat(), what, n, force.days[12 * t].isoformat())
        for what, n, t, m in found
    )
    said = sorted((r["order_by"], r["what"], r["number"], r["needed_on"]) for r in list_of(claims, "procurement"))
    begin = force.days[12 * force.first].isoformat()
    sound = said == want and all(r["before_start"] == (r["order_by"] < begin) for r in list_of(claims, "procurement"))
    ledger.add("budget.procurement", sound, str(said), str(want))


def _check_limits(ledger: Ledger, claims: Claims, force: Force, start: list[int | None]) -> None:
    wrong: list[str] = []
    b, labels = force.budget, claims["years"]
    # what stands today is paid whether there is money for it or not
    nothing = all(s is None for s in start)
    for t in range(b.years):
        limits = [("all", b.ceiling, claims["total"][t])]
        limits += [(p, b.funds.get(p), claims["payers"][p][t]) for p in claims["payers"]]
        for who, limit, money in limits:
            most = limit[t] if isinstance(limit, list) else limit
            if most is not None and money > most * (1 + 1e-6) + 1e-6 and not (nothing and claims.get("blocked")):
                wrong.append(f"{who} pay {money:,.0f} in {labels[t]}, more than {most:,.0f}.")
        seats = math.fsum(p for p, s in zip(force.posts, start, strict=True) if s == t)
        room = b.training_seats[t] if isinstance(b.training_seats, list) else b.training_seats
        if room is not None and not force.known and seats > room + 1e-6:
            wrong.append(f"{seats:,.0f} training seats in {labels[t]}, more than {room:,.0f}.")
    group = groups_of(force)
    for g in range(int(group.max(initial=-1)) + 1):
        here = [k for k in range(len(group)) if group[k] == g]
        if len({start[k] for k in here}) > 1:
            wrong.append(f"{', '.join(force.names[k] for k in here)} do not start at once.")
    pilot = [
        any(x in b.pilots for x in (i, n, m)) for i, n, m in zip(force.beats, force.names, force.town, strict=True)
    ]
    first = [s for s, p in zip(start, pilot, strict=True) if p]
    for name, s, p in zip(force.names, start, pilot, strict=True):
        if not p and s is not None and any(f is None or f >= s for f in first):
            wrong.append(f"{name} starts before a pilot has.")
        if s is not None and s < force.first:
            wrong.append(f"{name} starts before the plan.")
    given = [b.ceiling, *b.funds.values(), None if force.known else b.training_seats]
    amounts = [x for limit in given for x in (limit if isinstance(limit, list | tuple) else [limit])]
    limited = any(x is not None for x in amounts) or any(pilot)
    if claims.get("limited") is not limited:
        wrong.append(f"Whether anything limits the roll-out is told as {claims.get('limited')}.")
    if not limited and any(s != force.first for s in start):
        wrong.append("Beats start late though nothing limits the roll-out.")
    ledger.each("budget.limits", "money, seats and pilots", wrong, b.years, "years")


def _check_each_start(
    ledger: Ledger, labels: list[str], force: Force, start: list[int | None], claimed: Mapping[str, BeatStarts]
) -> None:
    """Check what is told of the start of each beat."""
    wrong: list[str] = []
    for k, (beat, first) in enumerate(zip(force.beats, start, strict=True)):
        said, name, town = claimed[beat], force.names[k], force.town[k]
        wanted = {
            "municipality": town,
            "year": None if first is None else labels[first],
            "date": None if first is None else force.days[12 * first].isoformat(),
            "pilot": any(x in force.budget.pilots for x in (beat, name, town)),
        }
        wrong += [
            f"{beat}: {key} is told as {said.get(key, 'nothing')}, not {value}."
            for key, value in wanted.items()
            if said.get(key, "") != value
        ]
        if not same(said.get("residents"), force.residents[k]) or said.get("name") not in (name, f"{name} ({beat})"):
            wrong.append(f"{beat}: name or residents are told as {said.get('name')}, {said.get('residents')}.")
    ledger.each("budget.beat_starts", "what is told of each beat's start", wrong, len(start), "beats")


def _is_area(force: Force, claimed: AreaStarts) -> bool:
    """Tell whether an area has the name of its municipality, or of its one beat."""
    here = [force.beats.index(b) for b in claimed["beats"]]
    names = {force.town[k] for k in here}
    if len(here) == 1:
        beat, name = force.beats[here[0]], force.names[here[0]]
        names |= {beat, name, f"{name} ({beat})"}
    elif len(names) > 1:
        return False
    return claimed["area"] in names


def _check_starts(
    ledger: Ledger, claims: Claims, force: Force, start: list[int | None], claimed: Mapping[str, BeatStarts]
) -> None:
    late = {b for b, s in zip(force.beats, start, strict=True) if s is None}
    said = {b for u in claims["unfunded"] for b in u["beats"]}
    ledger.add("budget.unfunded", late == said, ", ".join(sorted(said)) or "none", ", ".join(sorted(late)) or "none")
    rows: list[tuple[str, Any, float | None]] = []
    named = [b for s in claims["starts"] for b in s["beats"]]
    wrong = [f"{s['area']} is the area of {', '.join(s['beats'])}." for s in claims["starts"] if not _is_area(force, s)]
    wrong += [f"Beat {b} is in {named.count(b)} areas." for b in force.beats if named.count(b) != 1]
    ledger.each("budget.areas_of_starts", "each beat starts with one area", wrong, len(force.beats), "beats")
    for s in claims["starts"]:
        here = [force.beats.index(b) for b in s["beats"]]
        rows.append((s["area"], s["residents"], math.fsum(force.residents[k] for k in here)))
        year = None if s["year"] is None else claims["years"].index(s["year"])
        rows += [
            (f"{s['area']}, year", -1 if year is None else year, -1 if start[k] is None else start[k]) for k in here
        ]
        seats = 0.0 if force.known else math.fsum(force.posts[k] for k in here)
        rows.append((f"{s['area']}, seats", s["seats"], seats))
    ledger.pairs("budget.starts", "residents, year and seats of each area", rows, "figures")
    _check_each_start(ledger, claims["years"], force, start, claimed)
    # where nothing is to be told a key says so; one that is left out says nothing
    wanted = ["blocked", "idle", "unfunded"]
    if force.known and force.budget.training_seats is not None:
        wanted.append("seats_short")
    wrong = [f"The budget does not tell {key}." for key in wanted if key not in claims]
    ledger.each("budget.keys", "told, also where there is nothing to tell", wrong, len(wanted), "keys")
    assert force.tables.beats is not None
    if "starts" in force.tables.beats:
        wrong: list[str] = []
        for b, day, s in zip(force.beats, force.tables.beats["starts"], start, strict=True):
            want = None if s is None else force.days[12 * s].isoformat()
            if (None if missing(day) else str(day)) != want or claimed[b]["date"] != want:
                wrong.append(f"Beat {b} starts on {day} in the map and on {want} by the budget.")
        ledger.each("budget.dates", "beats start as the budget says", wrong, len(start), "beats")
    rows = []
    for t, label in enumerate(claims["years"]):
        on = [s is not None and s <= t for s in start]
        rows.append(
            (
                f"residents in {label}",
                claims["residents_served"][t],
                math.fsum(r for r, o in zip(force.residents, on, strict=True) if o),
            )
        )
        rows.append((f"beats in {label}", claims["beats_started"][t], sum(on)))
    rows += [
        (f"stations in {label}", claims["stations_open"][t], force.stations_open(start, t))
        for t, label in enumerate(claims["years"])
    ]
    once = force.once(start)
    rows += [(f"bought once in {label}", claims["capital"][t], once[t]) for t, label in enumerate(claims["years"])]
    ledger.pairs("budget.by_year", "what has started by each year", rows, "figures")


def _check_lacks(ledger: Ledger, claims: Claims, force: Force, start: list[int | None]) -> None:
    """Check what areas that never start lack, that they lack least in the year that is told, and what lies idle."""
    wrong: list[str] = []
    rows: list[tuple[str, float | None, float | None]] = []
    labels = claims["years"]
    claimed = [(u["area"], [force.beats.index(b) for b in u["beats"]], u) for u in claims["unfunded"]]
    blocked = claims.get("blocked")
    if blocked and blocked["pilots"]:
        pilots = [
            k
            for k, (i, n, m) in enumerate(zip(force.beats, force.names, force.town, strict=True))
            if start[k] is None and any(x in force.budget.pilots for x in (i, n, m))
        ]
        claimed.append(("the pilots", pilots, blocked))
    for area, beats, u in claimed:
        trials: list[dict[tuple[str, int], float]] = []
        led = [
            any(x in force.budget.pilots for x in (i, n, m))
            for i, n, m in zip(force.beats, force.names, force.town, strict=True)
        ]
        ahead = [s for s, p in zip(start, led, strict=True) if p]
        after = (
            max(s for s in ahead if s is not None) + 1
            if ahead and None not in ahead and not any(led[k] for k in beats)
            else 0
        )
        first = min(max(force.first, after), force.budget.years - 1)
        for s in range(first, force.budget.years):
            trial = [s if k in beats else v for k, v in enumerate(start)]
            trials.append({key: v for key, v in force.short(trial).items() if v > 1e-6})
        least = min(range(len(trials)), key=lambda k: (round(sum(trials[k].values()), 6), k))
        chosen = max(0, labels.index(u["start"]) - first)
        found = {(x["payer"], labels.index(x["year"])): x["amount"] for x in u["lacks"]}
        rows += [
            (f"{area}, {who} in {labels[t]}", found.get((who, t)), trials[chosen].get((who, t)))
            for who, t in {*found, *trials[chosen]}
        ]
        if sum(trials[chosen].values()) > sum(trials[least].values()) + 1e-3:
            wrong.append(f"{area} lacks less in {labels[first + least]} than in {u['start']}.")
    ledger.pairs("budget.lacks", "what each area that never starts lacks", rows, "sums")
    ledger.each("budget.least_lacking", "told for the year in which least is lacking", wrong, len(claimed), "areas")
    over = {key: v * (1 + force.budget.inflation) ** key[1] for key, v in force.short(start).items()}
    idle = [min((-v for (_, t), v in over.items() if t == year), default=None) for year in range(force.budget.years)]
    said = claims.get("idle") or [None] * force.budget.years
    ledger.pairs(
        "budget.idle",
        "money that is left in each year",
        [
            (labels[t], said[t], None if (left := idle[t]) is None else max(0.0, left))
            for t in range(force.budget.years)
        ],
        "sums",
    )


def _check_people(ledger: Ledger, claims: Claims, force: Force, start: list[int | None]) -> None:
    claimed, staff, labels = claims["people"], force.staff(), claims["years"]
    rows: list[tuple[str, Any, float | None]] = []
    for t, label in enumerate(labels):
        rise = (1 + force.budget.inflation) ** t
        one = one_officer(force.budget)
        posts = math.fsum(p for p, s in zip(force.posts, start, strict=True) if s is not None and s <= t)
        spare = staff["paid"][t] - staff["posted"][t] - staff["learning"][t] - staff["pool"][t]
        part = (
            staff["full_time"][t]
            if any(abs(a - b) > 1e-9 for a, b in zip(staff["paid"], staff["full_time"], strict=True))
            else None
        )
        rows += [
            (f"paid in {label}", claimed["paid"][t], staff["paid"][t]),
            (f"in posts in {label}", claimed["in_posts"][t], staff["posted"][t]),
            (f"in training in {label}", claimed["in_training"][t], staff["learning"][t]),
            (f"without a post in {label}", claimed["without_post"][t], spare),
            (f"courses in {label}", claimed["courses"][t], staff["courses"][t]),
            (f"in the pool in {label}", claimed.get("in_pool", [0.0] * len(labels))[t], staff["pool"][t]),
            (f"in full time in {label}", claimed["full_time"][t] if "full_time" in claimed else None, part),
            (f"posts in {label}", claimed["posts"][t], posts),
            (f"money of posts in {label}", claimed["money_of_posts"][t], posts * one * rise),
            (f"money without a post in {label}", claimed["money_without_post"][t], staff["idle_pay"][t] * rise),
            (f"money of vacant posts in {label}", claimed["money_of_vacant"][t], claimed["vacant"][t] * one * rise),
        ]
    seats = force.budget.training_seats
    room = seats if isinstance(seats, list) else [seats] * len(labels)
    said = {x["year"]: x["courses"] for x in list_of(claims, "seats_short")}
    rows += [
        (
            f"courses beyond the seats in {y}",
            said.get(y),
            staff["courses"][t] if most is not None and staff["courses"][t] > most else None,
        )
        for t, (y, most) in enumerate(zip(labels, room, strict=True))
    ]
    ledger.pairs("budget.people", "officers paid, in posts, in training and without a post", rows, "figures")
    # post-months without an officer are those of the officers' step, where both see the same years
    rules, vacant = force.rules.officers, section_of(force.tables.summary, "officers").get("vacant_months")
    assert rules is not None
    if vacant is not None and force.first == 0 and rules.years <= force.budget.years:
        ledger.number(
            "budget.vacant", 12 * float(np.sum(claimed["vacant"][: rules.years])), float(vacant), "post-months"
        )


def today_money(tables: PlanTables, rules: Description) -> list[float]:
    """Return what going on as today costs in each year."""
    return [math.fsum(lines.values()) for lines in Force(tables, rules).today()]


def _check_forums(ledger: Ledger, claims: Claims, force: Force, start: list[int | None]) -> None:
    """Check by which rule forums are counted, and what more they would cost by the other."""
    if "forums" not in claims:
        why = "The result was written by an older version of the program, which counted all forums at the flat price."
        ledger.unchecked("budget.forums", "forums at the flat price", why)
        return
    claimed, years = claims["forums"], force.budget.years
    rule = "flat price" if force.tables.summary.get("forums") is None else "ways"
    ledger.add(
        "budget.forum_rule",
        claimed["rule"] == rule and claimed["flat_price"] == force.budget.forum_travel,
        f"{claimed['rule']}, {claimed['flat_price']}",
        f"{rule}, {force.budget.forum_travel}",
    )
    flat = Force(force.tables, force.rules, flat=True)
    rise = [(1 + force.budget.inflation) ** t for t in range(years)]
    whole: list[int | None] = [force.first] * len(start)
    more = {
        "total": [flat.forums(start, t) - force.forums(start, t) for t in range(years)],
        "all_at_once": [flat.forums(whole, t) - force.forums(whole, t) for t in range(years)],
        "today": [math.fsum(flat.now.values()) - math.fsum(force.now.values()) - force.wider] * years,
    }
    rows = [
        (f"{k} in {claims['years'][t]}", claimed["more_at_flat_price"][k][t], v[t] * rise[t])
        for k, v in more.items()
        for t in range(years)
    ]
    rows += [
        (f"all at once in {y}", claimed["all_at_once"][t], force.forums(whole, t) * rise[t])
        for t, y in enumerate(claims["years"])
    ]
    ledger.pairs("budget.forums", "what forums would cost more at the flat price", rows, "sums")
