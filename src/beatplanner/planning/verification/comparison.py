"""Checks of a comparison: every figure of every plan recomputed from the plans, and found again in the page and the workbook.

Nothing here is shared with what makes comparisons; formulas are those of ``planning.comparison``'s and ``planning.robustness``'s docstrings.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import openpyxl
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.fingerprint import file_hash, is_unchanged
from beatplanner.data.formats.frames import number_at, records
from beatplanner.data.publish.comparison_words import in_words
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.verification.budget import today_money
from beatplanner.planning.verification.decision import check_decision
from beatplanner.planning.verification.ledger import (
    Ledger,
    Verdict,
    is_number,
    missing,
    same,
    tells,
    text,
    whole_months,
    words,
)

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")


class _Plan:
    """One column, with units by id; today's has the first plan's tables."""

    def __init__(self, claims: dict[str, Any], tables: PlanTables, today: bool, order: list[str]) -> None:
        self.name, self.claims, self.tables, self.today = str(claims["name"]), claims, tables, today
        self.rules = Description.model_validate(tables.summary["rules"])
        # the rate itself is stated by whoever compares; that it is used for all sums of the plan is checked
        self.exchange = float(claims.get("exchange") or 1.0)
        rows = {text(u): i for i, u in enumerate(tables.units["unit"])}
        self.rows = [rows[u] for u in order]
        units = tables.units.iloc[self.rows].reset_index(drop=True)
        self.units = units
        self.before = [text(b) for b in units["current"]]
        self.beat = self.before if today else [text(b) for b in units["beat"]]
        known = units["population"].notna().all()
        self.people = units["population" if known else "workload"].astype(float).tolist()
        self.known_people = bool(known)
        self.posts: dict[str, float] = {}
        if not today:
            assert tables.beats is not None
            self.posts = {
                str(text(b)): float(p) for b, p in zip(tables.beats["beat"], tables.beats["posts"], strict=True)
            }
        elif tables.roster is not None:
            start = self.rules.officers.start.isoformat() if self.rules.officers else "9999"
            for b, joins in zip(tables.roster["beat"], tables.roster["joins_on"], strict=True):
                if not missing(b) and (missing(joins) or str(joins) <= start):
                    self.posts[str(text(b))] = self.posts.get(str(text(b)), 0.0) + 1
        else:
            for b, members in self.members().items():
                self.posts[b] = float(self.officers_needed(members))
        table = tables.sites if today else tables.stations
        self.open = None
        if table is not None:
            chosen = table[table["existing"]] if today else table
            self.open = {str(s) for s in chosen["station"]}

    def members(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for i, b in enumerate(self.beat):
            if b is not None:
                found.setdefault(b, []).append(i)
        return dict(sorted(found.items()))

    def total(self, column: str, members: list[int]) -> float:
        return math.fsum(number_at(self.units, column, i) for i in members)

    def hours_free(self) -> float:
        w = self.rules.workload
        return w.annual_hours * (1 - w.absence) * (1 - w.abstraction)

    def officers_needed(self, members: list[int]) -> int:
        w = self.rules.workload
        busy = self.total("reactive_hours", members) + self.total("fixed_hours", members) + w.fixed_hours_per_beat
        promised = self.total("community_hours", members)
        duty = max(busy / (1 - w.community_share - w.admin_share), (busy + promised) / (1 - w.admin_share))
        return max(w.min_officers_per_beat, math.ceil(duty / self.hours_free() - 1e-9))

    def municipality(self, members: list[int]) -> str:
        load: dict[str, float] = {}
        for i in members:
            m = str(self.units["municipality"].iat[i])
            load[m] = load.get(m, 0.0) + number_at(self.units, "workload", i) + 1e-9
        return max(sorted(load), key=lambda m: load[m])


def verify_comparison(folder: Path, verify_plan: Callable[[Path], Verdict]) -> Verdict:
    """Check a folder that ``beatplanner compare`` made.

    Parameters
    ----------
    folder
        The comparison.
    verify_plan
        Checks one plan.

    Returns
    -------
    Verdict
        Every figure with what was found.

    Raises
    ------
    InputError
        Where the folder's JSON cannot be read.
    """
    try:
        content = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
        columns = content["columns"]
        claimed = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            problem("the comparison cannot be read", "Compare again", file=folder / "comparison.json")
        ) from None
    ledger = Ledger()
    plans = _read(ledger, folder, columns, verify_plan)
    if plans is None:
        return ledger.verdict()
    found = [_figures(p, plans) for p in plans]
    robustness = content.get("robustness", {})
    steady = _robustness(ledger, plans, found, robustness)
    for key, row in claimed.items():
        for k, p in enumerate(plans):
            value, was = row["values"][k], found[k].get(key)
            name = f"{p.name}: {row['label']}"
            if key.startswith(("robust_", "back_cast")) and not steady:
                ledger.unchecked(name, value, "The incidents are gone or changed; plan and compare again.")
            elif isinstance(value, str | bool) or isinstance(was, str):
                ledger.add(name, value == was, value, was, "" if value == was else f"{words(value)} is claimed.")
            else:
                ledger.number(name, value, was)
    absent = [
        f"{p.name}: {key} is {words(v)} and is not told."
        for p, f in zip(plans, found, strict=True)
        for key, v in f.items()
        if v is not None and key not in claimed
    ]
    ledger.each("comparison.rows", "no figure is left out", absent, sum(map(len, found)), "figures")
    _check_moves(ledger, content, plans)
    _check_sentences(ledger, content, plans, found)
    check_decision(
        ledger,
        content,
        [p.name for p in plans],
        found,
        [
            (p.tables.summary.get("clashes") or []) if not p.today and not p.tables.summary.get("feasible") else []
            for p in plans
        ],
    )
    for p, told in zip(plans, content.get("budgets", []), strict=False):
        own = None if p.today else p.tables.summary.get("budget")
        ledger.add(f"{p.name}: budget", told == own, "as in the plan", "as in the plan" if told == own else "another")
    _check_curve(ledger, folder, content.get("curve") or [], verify_plan)
    if content.get("prices"):
        place = (folder / content["prices"]["folder"]).resolve()
        verdict = verify_plan(place)
        told = json.loads((place / "prices.json").read_text(encoding="utf-8"))["sentences"]
        ledger.add(
            "prices of rules",
            verdict.ok,
            f"{len(verdict.checks)} checks",
            f"{len(verdict.failed)} wrong",
            "; ".join(c.name for c in verdict.failed[:5]),
        )
        ledger.add(
            "prices of rules: sentences",
            told == content["prices"]["sentences"],
            "as priced",
            "as priced" if told == content["prices"]["sentences"] else "others",
        )
    _check_page(ledger, folder / "comparison.html", content)
    _check_workbook(ledger, folder / "comparison.xlsx", content)
    return ledger.verdict()


def _read(ledger: Ledger, folder: Path, columns: list[dict[str, Any]], verify_plan: Any) -> list[_Plan] | None:
    tables: list[PlanTables | None] = []
    for c in columns:
        if c.get("folder") is None:
            tables.append(None)
            continue
        place = (folder / c["folder"]).resolve()
        for name, key in (("plan.gpkg", "plan_sha256"), ("summary.json", "summary_sha256")):
            if not (place / name).is_file():
                ledger.add(
                    f"{c['name']}: {name}", False, "compared", "not there", f"{place / name} is gone; compare again."
                )
                return None
            now = file_hash(place / name)
            ledger.add(
                f"{c['name']}: {name}",
                now == c.get(key),
                str(c.get(key))[:12],
                now[:12],
                "" if now == c.get(key) else f"{place.name} was planned again since; compare again.",
            )
        verdict = verify_plan(place)
        wrong = "; ".join(f"{x.name}: {x.detail}" for x in verdict.failed[:3])
        ledger.add(
            f"{c['name']}: the plan itself",
            verdict.ok,
            f"{len(verdict.checks)} checks",
            f"{len(verdict.failed)} wrong",
            wrong,
        )
        tables.append(read_result(place))
    todays = [c.get("folder") is None for c in columns]
    first = next((t for t in tables if t is not None), None)
    if first is None or todays.index(True) != 0 or sum(todays) != 1:
        ledger.add("comparison.columns", False, len(columns), "no plan, or today's is not the first")
        return None
    order = [str(text(u)) for u in first.units["unit"]]
    for c, t in zip(columns, tables, strict=True):
        if t is not None and {text(u) for u in t.units["unit"]} != set(order):
            ledger.add(f"{c['name']}: units", False, "the units of the first plan", "others")
            return None
    return [_Plan(c, t or first, t is None, order) for c, t in zip(columns, tables, strict=True)]


# ---- figures


def _figures(p: _Plan, plans: list[_Plan]) -> dict[str, Any]:
    return {
        **_beats(p, plans),
        **_access(p, plans),
        **_officers(p),
        **_changes(p),
        **_proof(p),
        **_service(p),
        **_money(p, plans),
    }


def _band(plans: list[_Plan]) -> float:
    return max((p.rules.beats.tolerance for p in plans if p.rules.beats is not None), default=0.0)


def _beats(p: _Plan, plans: list[_Plan]) -> dict[str, Any]:
    members, w = p.members(), p.rules.workload
    if not members:
        return {}
    hours = {b: p.total("workload", m) for b, m in members.items()}
    people = {b: math.fsum(p.people[i] for i in m) for b, m in members.items()}
    home = {b: p.municipality(m) for b, m in members.items()}
    mean = {m: np.mean([hours[b] for b in members if home[b] == m]) for m in set(home.values())}
    away = {b: (hours[b] / mean[home[b]] if mean[home[b]] > 0 else 2.0) - 1 for b in members}
    graph = nx.Graph()
    place = {str(text(u)): i for i, u in enumerate(p.units["unit"])}
    graph.add_nodes_from(range(len(p.units)))
    for a, b in zip(p.tables.edges["unit_a"], p.tables.edges["unit_b"], strict=True):
        graph.add_edge(place[str(text(a))], place[str(text(b))])
    load = {b: hours[b] / p.posts[b] for b in members if p.posts.get(b)}
    everyone = math.fsum(people.values())
    asked = None if p.today or p.rules.beats is None else p.rules.beats.tolerance
    found: dict[str, Any] = {
        "beats": len(members),
        "tolerance": asked,
        "beats_outside": None if asked is None else sum(abs(v) > asked + 1e-9 for v in away.values()),
        "people_in_balance": math.fsum(people[b] for b in members if abs(away[b]) <= _band(plans) + 1e-9) / everyone
        if _band(plans)
        else None,
        "beats_in_pieces": sum(not nx.is_connected(graph.subgraph(m)) for m in members.values()),
        "beats_across": sum(p.units["municipality"].iloc[m].astype(str).nunique() > 1 for m in members.values()),
        "max_deviation": max(abs(v) for v in away.values()),
        "beats_without_officer": len(members) - len(load),
        "posts": math.fsum(p.posts.get(b, 0.0) for b in members),
        "officers_required": sum(p.officers_needed(m) for m in members.values()),
    }
    if load:
        most = max(load, key=lambda b: load[b])
        average = math.fsum(hours[b] for b in load) / math.fsum(p.posts[b] for b in load)
        name = None
        if not p.today and p.tables.beats is not None:
            name = next(
                (n for b, n in zip(p.tables.beats["beat"], p.tables.beats["name"], strict=True) if text(b) == most),
                None,
            )
        spoken = (
            f"beat {most}"
            if missing(name) or name in ("", most)
            else str(name)
            if f"({most})" in str(name)
            else f"{name} (beat {most})"
        )
        found |= {
            "hours_per_officer_max": load[most],
            "hours_per_officer_min": min(load.values()),
            "hours_per_officer_mean": average,
            "worst_beat": spoken,
            "hours_capacity": p.hours_free(),
            "people_overloaded": math.fsum(people[b] for b in members if load.get(b, math.inf) > 1.1 * average)
            / everyone,
            "residents_per_officer_max": max(people[b] / p.posts[b] for b in load) if p.known_people else None,
        }
    kept = promised = 0.0
    for b, m in members.items():
        due = p.total("community_hours", m)
        busy = p.total("reactive_hours", m) + p.total("fixed_hours", m) + w.fixed_hours_per_beat
        left = p.posts.get(b, 0.0) * p.hours_free() * (1 - w.admin_share) - busy
        promised, kept = promised + due, kept + min(due, max(0.0, left))
    found |= {
        "community_promised": promised,
        "community_protected": kept,
        "community_share": kept / promised if promised else None,
    }
    rules = p.rules.beats
    found["mean_way"] = None
    if rules is not None and rules.distances is None and rules.roads is None:
        x, y, work = (p.units[c].to_numpy(float) for c in ("x", "y", "workload"))
        way = 0.0
        for m in members.values():
            way += min(float((np.sqrt((x[m] - x[j]) ** 2 + (y[m] - y[j]) ** 2) * work[m]).sum()) for j in m)
        found["mean_way"] = way / work[[i for m in members.values() for i in m]].sum()
    return found


def _access(p: _Plan, plans: list[_Plan]) -> dict[str, Any]:
    rules, t = p.rules.stations, p.tables
    if rules is None or p.open is None or t.walks is None:
        return {}
    standing = set() if t.sites is None else {str(s) for s in t.sites.loc[t.sites["existing"], "station"]}
    cost = 0.0 if p.today else t.summary.get("stations", {}).get("cost")
    if not p.today and t.stations is not None and t.sites is not None and "closing_cost" in t.sites:
        # prices: opening, the years that the budget pays, and closing what may close
        prices = {
            str(s): c + rules.cost_years * y
            for s, c, y in zip(t.sites["station"], t.sites["cost"], t.sites["yearly_cost"], strict=True)
        }
        shut = [
            float(c)
            for s, c, k in zip(t.sites["station"], t.sites["closing_cost"], t.sites["state"], strict=True)
            if k == "closable" and str(s) not in p.open
        ]
        cost = math.fsum(prices[s] for s in p.open) + math.fsum(shut)
    found: dict[str, Any] = {
        "stations": len(p.open),
        "walking_limit": rules.walk_minutes,
        "new_stations": len(p.open - standing),
        "closed_stations": len(standing - p.open),
        "station_cost": None if cost is None else cost * p.exchange,
    }
    nearest: dict[int, float] = {}
    heard: set[str] = set()
    for source in [q for q in plans if not q.today] if p.today else [p]:
        walks = source.tables.walks
        wanted = (source.open or set()) & p.open - heard
        if walks is None or not wanted:
            continue
        heard |= wanted
        # without homes the number of a home is the row of its unit in that plan
        row = {r + 1: i for i, r in enumerate(source.rows)} if source.tables.homes is None else None
        for home, station, metres in zip(walks["home"], walks["station"], walks["metres"], strict=True):
            if str(station) in wanted:
                h = int(home) if row is None else row[int(home)]
                nearest[h] = min(nearest.get(h, math.inf), float(metres))
    if heard != p.open or not p.open:
        return found
    if t.homes is None:
        homes = [(i, i, q) for i, q in enumerate(p.people)]
    else:
        place = {str(text(u)): i for i, u in enumerate(p.units["unit"])}
        homes = [
            (int(h), place[str(text(u))], float(r))
            for h, u, r in zip(t.homes["home"], t.homes["unit"], t.homes["residents"], strict=True)
        ]
    speed = rules.walk_kmh * 1000 / 60
    minutes = {h: nearest[h] / speed for h, _, _ in homes if h in nearest}

    def within(weight: Callable[[int, float], float], limit: float) -> float | None:
        total = math.fsum(weight(u, r) for _, u, r in homes)
        near = math.fsum(weight(u, r) for h, u, r in homes if minutes.get(h, math.inf) <= limit * (1 + 1e-12))
        return near / total if total > 0 else None

    def mean(weight: Callable[[int, float], float]) -> float | None:
        total = math.fsum(weight(u, r) for h, u, r in homes if h in minutes)
        way = math.fsum(weight(u, r) * minutes[h] for h, u, r in homes if h in minutes)
        return way / total if total > 0 else None

    everyone = lambda _, r: r  # noqa: E731 - a weight like those of the groups
    found |= {
        "mean_walk": mean(everyone),
        "within_limit": within(everyone, rules.walk_minutes),
        "unreached": math.fsum(r for h, _, r in homes if h not in minutes),
    }
    for band in rules.bands:
        found[f"within_{band:g}"] = within(everyone, band)
    inside: dict[int, float] = {}
    for _, u, r in homes:
        inside[u] = inside.get(u, 0.0) + r
    for group in p.rules.units.groups:
        speakers = p.units[f"group_{group}"].to_numpy(float)

        def of_group(u: int, r: float, speakers: np.ndarray = speakers) -> float:
            return float(speakers[u]) * r / inside[u] if inside[u] > 0 else 0.0

        found[f"within_limit_{group}"] = within(of_group, rules.walk_minutes)
        found[f"mean_walk_{group}"] = mean(of_group)
    return found


def _officers(p: _Plan) -> dict[str, Any]:
    t, rules = p.tables, p.rules.officers
    if t.roster is None or rules is None:
        return {}
    if p.today:
        return {"relationship_kept": 1.0, "change_officer": 0.0, "change_officer_share": 0.0, "officers_moved": 0}
    if t.assignments is None:
        return {}
    told = t.summary.get("officers", {})
    start = rules.start.isoformat()
    at = {
        str(o): str(text(b))
        for o, b, s in zip(t.assignments["officer"], t.assignments["beat"], t.assignments["start"], strict=True)
        if str(s) == start
    }
    today = kept = 0.0
    before: dict[str, str] = {}
    for o, b, since in zip(t.roster["officer"], t.roster["beat"], t.roster["since"], strict=True):
        if missing(b):
            continue
        before[str(o)] = str(text(b))
        if missing(since):
            continue
        years = whole_months(since, start) / 12
        for i, was in enumerate(p.before):
            if was == before[str(o)]:
                # a resident counts as one where residents are unknown
                r = number_at(p.units, "population", i)
                r = 1.0 if math.isnan(r) else r
                today += years * r
                kept += years * r if at.get(str(o)) == p.beat[i] else 0.0
    spoken = bool(p.rules.units.groups)
    found: dict[str, Any] = {k: told.get(k) for k in ("rotations", "vacant_months", "tenure_violations")}
    found |= {k: told.get(k) if spoken else None for k in ("language_gaps", "speaker_months")}
    ever = {str(o) for o in t.assignments["officer"]}
    found["officers_never_posted"] = sum(
        str(r["officer"]) not in ever
        and str(r.get("pool")).casefold() not in ("true", "1", "1.0")
        and (missing(r["leaves_on"]) or str(r["leaves_on"])[:10] > start)
        for r in records(t.roster)
    )
    if told.get("cover") is not None and t.cover is not None:
        ends = [(pd.Timestamp(a), pd.Timestamp(b)) for a, b in zip(t.cover["start"], t.cover["end"], strict=True)]
        found["cover_months"] = sum(12 * (b.year - a.year) + b.month - a.month for a, b in ends)
    if today > 0:
        found["relationship_kept"] = kept / today
    staffed, lost = 0.0, 0.0
    for i, was in enumerate(p.before):
        theirs = [o for o, b in before.items() if b == was]
        if was is None or not theirs:
            continue
        staffed += p.people[i]
        if not any(at.get(o) == p.beat[i] for o in theirs):
            lost += p.people[i]
    if staffed > 0 or any(b in before.values() for b in p.before):
        found |= {"change_officer": lost, "change_officer_share": lost / staffed}
    found["officers_moved"] = sum(o in at and at[o] != b for o, b in before.items())
    return found


def _changes(p: _Plan) -> dict[str, Any]:
    known = [i for i, b in enumerate(p.before) if b is not None]
    if not known:
        return {}
    moved = [i for i in known if p.before[i] != p.beat[i]]
    residents = math.fsum(p.people[i] for i in moved)
    return {
        "moved_units": len(moved),
        "moved_residents": residents,
        "moved_share": residents / math.fsum(p.people[i] for i in known),
    }


def _proof(p: _Plan) -> dict[str, Any]:
    """Return what the plan's own checks have found right in its summary."""
    if p.today:
        return {}
    s, far = p.tables.summary, 0
    for k in ("beats", "stations", "officers"):
        step = s.get(k)
        if step is not None and not (k == "beats" and step.get("planned") is False):
            far += step["status"] == "infeasible" or step["gap"] is None or step["gap"] > 0.05
    return {
        "rules_met": bool(s.get("feasible")),
        "steps_unsolved": far,
        **{f"{k}_gap": s.get(k, {}).get("gap") for k in ("beats", "stations", "officers")},
        "beats_objective": s.get("beats", {}).get("objective"),
        "beats_bound": s.get("beats", {}).get("lower_bound"),
    }


def _service(p: _Plan) -> dict[str, Any]:
    """Return the plan's service, whose figures its own checks have found right, and today's, which it tells."""
    told = p.tables.summary.get("service") or {}
    told = told.get("today") if p.today else told
    if not told:
        return {}
    keys = {"minutes": "mean_minutes", "p90": "p90_minutes"} | {
        k: f"{k}_share" for k in ("own", "wait", "away", "people")
    }
    nobody = told["nobody_share"].values()
    return {
        **{f"service_{k}": told[v] for k, v in keys.items()},
        "service_nobody": math.fsum(nobody) / len(nobody) if nobody else None,
    }


def _money(p: _Plan, plans: list[_Plan]) -> dict[str, Any]:
    """Return today's money, and the plan's, whose budget its own checks have found right; in the currency of the first budget."""
    priced = [q for q in plans if not q.today and q.rules.budget is not None and q.tables.summary.get("budget")]
    if not priced or (not p.today and p not in priced):
        return {}
    base = priced[0]
    own = base if p.today else p
    told, budget, k = own.tables.summary["budget"], own.rules.budget, p.exchange
    assert budget is not None
    years = [
        y
        for y in base.tables.summary["budget"]["years"]
        if all(y in q.tables.summary["budget"]["years"] for q in priced)
    ]
    at = [told["years"].index(y) for y in years]
    # without the roster who is paid today cannot be counted; the plan's own checks say so
    counted = told["people"] is None or base.tables.roster is not None
    total = (today_money(base.tables, base.rules) if counted else told["today"]) if p.today else told["all_at_once"]
    found: dict[str, Any] = {f"money_{y}": k * total[t] for y, t in zip(years, at, strict=True)}
    found["money_total"] = math.fsum(found.values())
    people = told["people"]
    if people is not None:
        found["officers_paid"] = math.fsum(people["paid"][t] for t in at) / len(at)
        one = (budget.officer_salary + budget.allowances) * (1 + budget.employer_part)
        found["money_posts"] = (
            k * math.fsum(p.posts.values()) * math.fsum(one * (1 + budget.inflation) ** t for t in at)
        )
        if not p.today:
            found["officers_spare"] = math.fsum(people["without_post"][t] for t in at) / len(at)
            found["money_spare"] = k * math.fsum(people["money_without_post"][t] for t in at)
    found["residents_unfunded"] = (
        0.0 if p.today else math.fsum(s["residents"] for s in told["starts"] if s["year"] is None)
    )
    if told["limited"] and not p.today:
        for y, v, served in zip(told["years"], told["total"], told["residents_served"], strict=True):
            found[f"rollout_{y}"], found[f"served_{y}"] = k * v, served
        found["rollout_total"] = k * math.fsum(told["total"])
    return found


# ---- robustness


def _robustness(ledger: Ledger, plans: list[_Plan], found: list[dict[str, Any]], claims: dict[str, Any]) -> bool:
    """Draw again and add the figures to `found`; False where the incidents cannot be had."""
    if claims.get("missing"):
        return True
    first = next(p for p in plans if not p.today)
    summary = first.tables.summary
    for source in summary.get("inputs", []):
        path = Path(str(source["path"]))
        if str(source["role"]).split(".")[0] in ("units", "incidents") and not is_unchanged(
            path, str(source["sha256"])
        ):
            return False
    try:
        whole = read_description(Path(str(summary["description_file"])))
        town = read_town(whole.model_copy(update={"stations": None, "officers": None, "forum": None, "beats": None}))
    except InputError:
        return False
    if town.incidents is None:
        return False
    rows = town.incidents[(town.incidents["unit"] >= 0) & (town.incidents["a_year"] > 0)]
    every = town.incidents.loc[town.incidents["a_year"] > 0, "time"].dropna()
    a_year = rows["a_year"].to_numpy(float)
    names = [str(u) for u in town.units["unit"]]
    place = {str(text(u)): i for i, u in enumerate(first.units["unit"])}
    unit = np.array([place[names[u]] for u in rows["unit"]])
    kinds = rows["category"].astype(str).str.strip()
    table = sorted(set(kinds))
    kind = np.array([table.index(k) for k in kinds])
    week = np.array([-1 if pd.isna(t) else int((t - every.min()).total_seconds() // 604_800) for t in rows["time"]])
    weeks = max(int(week.max()) + 1, 1)
    band = _band(plans)
    for k, p in enumerate(plans):
        _draw(ledger, p, k, found[k], claims, band, unit, kinds, kind, len(table), week, weeks, a_year, rows["time"])
    return True


def _draw(ledger, p, column, found, claims, band, unit, kinds, kind, categories, week, weeks, a_year, times) -> None:
    members = p.members()
    if not members or not band:
        return
    ids = list(members)
    number = np.full(len(p.units), -1)
    for k, b in enumerate(ids):
        number[members[b]] = k
    town = [p.municipality(members[b]) for b in ids]
    quiet = np.array([p.total("community_hours", members[b]) + p.total("fixed_hours", members[b]) for b in ids])
    hours = {k.strip().casefold(): v for k, v in p.rules.workload.hours.items()}
    each = np.array([hours.get(k.casefold(), p.rules.workload.default_hours) for k in kinds])
    each = each * a_year
    at = number[unit]
    inside = at >= 0

    def away(weight: np.ndarray) -> np.ndarray:
        load = quiet + np.bincount(at[inside], weights=weight[inside], minlength=len(ids))
        return np.array(
            [load[k] / np.mean([load[j] for j in range(len(ids)) if town[j] == town[k]]) - 1 for k in range(len(ids))]
        )

    random = np.random.default_rng(claims["seed"])
    worst, held = [], np.zeros(len(ids))
    # the draws know the categories of the incidents inside the beats' units only
    for _ in range(claims["draws"]):
        factor = random.uniform(0.8, 1.2, categories)
        often = random.multinomial(weeks, np.full(weeks, 1 / weeks))
        off = np.abs(away(each * factor[kind] * np.where(week >= 0, often[week], 1)))
        worst.append(float(off.max()))
        held += off <= band + 1e-9
    share = held / claims["draws"]
    found |= {
        "robust_share": float(np.mean([w <= band + 1e-9 for w in worst])),
        "robust_worst": float(share.min()),
        "robust_deviation": sorted(worst)[math.ceil(0.95 * claims["draws"]) - 1],
    }
    stamp = times.reset_index(drop=True)
    dated = stamp.notna().to_numpy()

    def like(here: np.ndarray) -> np.ndarray | None:
        total, part = each[inside & dated].sum(), each[inside & dated & here].sum()
        return None if part <= 0 else away(np.where(dated, np.where(here, each * total / part, 0.0), each))

    known = stamp[dated & inside]
    if len(known):
        middle = known.min() + (known.max() - known.min()) / 2
        early = like((stamp < middle).to_numpy())
        if early is not None:
            found["back_cast"] = float(np.abs(early).max())
    told = {r["beat"]: r for r in claims["beats"][column]}
    seasons = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
    rows = [(f"beat {b}", told.get(b, {}).get("holds"), float(share[k])) for k, b in enumerate(ids)]
    planned = away(each)
    rows += [(f"beat {b}", told.get(b, {}).get("deviation"), float(planned[k])) for k, b in enumerate(ids)]
    for season, months in seasons.items():
        off = like(stamp.dt.month.isin(months).to_numpy())
        rows += [
            (f"beat {b} in {season}", told.get(b, {}).get(season), None if off is None else float(off[k]))
            for k, b in enumerate(ids)
        ]
    ledger.pairs(f"{p.name}: steadiness of each beat", "as drawn again", rows, "figures")


def _check_curve(
    ledger: Ledger, folder: Path, rows: list[dict[str, Any]], verify_plan: Callable[[Path], Verdict]
) -> None:
    """Check the points of the curve against their plans."""
    for r in rows:
        place = (folder / r["folder"]).resolve()
        verdict = verify_plan(place)
        ledger.add(
            f"curve, {r['budget']}: the plan itself",
            verdict.ok,
            f"{len(verdict.checks)} checks",
            f"{len(verdict.failed)} wrong",
            "; ".join(c.name for c in verdict.failed[:3]),
        )
        t = read_result(place)
        beats, hours = t.summary["beats"], math.fsum(t.units["workload"].astype(float))
        straight = (t.summary["rules"].get("beats") or {}).get("objective") == "travel"
        found = {k: beats[k] for k in ("moved_share", "max_deviation")} | {"travel": beats["objective"]}
        found["mean_way"] = beats["objective"] / hours if straight else None
        found["mean_way_bound"] = (
            beats["lower_bound"] / hours if straight and beats["lower_bound"] is not None else None
        )
        ledger.pairs(f"curve, {r['budget']}", "as its plan", [(k, r[k], v) for k, v in found.items()], "figures")


# ---- who moves, sentences, page and workbook


def _check_moves(ledger: Ledger, content: dict[str, Any], plans: list[_Plan]) -> None:
    for p, told, spots in zip(plans, content["moves"], content["places"], strict=True):
        found: dict[tuple[str, str], list[float]] = {}
        by_town: dict[str, list[float]] = {}
        for i, (was, now) in enumerate(zip(p.before, p.beat, strict=True)):
            town = by_town.setdefault(str(p.units["municipality"].iat[i]), [0.0, 0.0])
            if was is None:
                continue
            town[0] += p.people[i]
            if was != now:
                town[1] += p.people[i]
                pair = found.setdefault((was, str(now)), [0.0, 0.0])
                pair[0], pair[1] = pair[0] + p.people[i], pair[1] + 1
        claims = {(m["from"], m["to"]): m for m in told}
        rows = [(f"{a} to {b}", claims.get((a, b), {}).get("residents"), v[0]) for (a, b), v in found.items()]
        rows += [(f"{a} to {b}, units", claims.get((a, b), {}).get("units"), v[1]) for (a, b), v in found.items()]
        rows += [(f"{a} to {b}", m["residents"], None) for (a, b), m in claims.items() if (a, b) not in found]
        ledger.pairs(f"{p.name}: who moves", "residents and units of each way", rows, "figures")
        there = {s["municipality"]: s for s in spots}
        rows = [(m, there.get(m, {}).get("moved"), v[1]) for m, v in by_town.items()]
        rows += [(m, there.get(m, {}).get("residents"), v[0]) for m, v in by_town.items()]
        ledger.pairs(f"{p.name}: where it changes", "residents of each municipality", rows, "figures")


def _check_sentences(ledger: Ledger, content: dict[str, Any], plans: list[_Plan], found: list[dict[str, Any]]) -> None:
    """Check that every number that a sentence tells is one of the figures, the plan's or today's."""
    for p, told, own in zip(plans, content["sentences"], found, strict=True):
        budget = p.tables.summary.get("budget") or {}
        known = {n for label in budget.get("years", []) for n in NUMBER.findall(label)}
        known |= {n.rstrip(",") for u in budget.get("unfunded", []) for n in NUMBER.findall(u["area"])}
        known |= {n.rstrip(",") for n in NUMBER.findall((budget.get("blocked") or {}).get("sentence", ""))}
        wrong, count = [], 0
        clash = (p.tables.summary.get("clashes") or [""])[0] if not p.today else ""
        for sentence in told:
            spoken = sentence.replace(clash, "") if clash else sentence
            for number in NUMBER.findall(spoken):
                count += 1
                if number.rstrip(",") not in known and not tells(number, [*own.values(), *found[0].values()]):
                    wrong.append(f"“{sentence}” tells {number}, which is none of the figures.")
        ledger.each(f"{p.name}: sentences", "every number is a figure", wrong, count, "numbers")


class _Rows(HTMLParser):
    """Collects the cells of each row of a page's tables, help texts left out."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open, self.hidden = False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.open = True
        elif tag == "span" and ("class", "help") in attrs:
            self.hidden = 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.open = False
        elif tag == "span":
            self.hidden = 0

    def handle_data(self, data: str) -> None:
        if self.open and not self.hidden:
            self.rows[-1][-1] += data


def _check_page(ledger: Ledger, path: Path, content: dict[str, Any]) -> None:
    if not path.is_file():
        ledger.add("comparison.html", False, "a page", "not there")
        return
    parser = _Rows()
    parser.feed(path.read_text(encoding="utf-8"))
    rows = [[cell.strip() for cell in row] for row in parser.rows]
    wrong, count = [], 0
    for block in content["blocks"]:
        for r in block["rows"]:
            count += 1
            wanted = [r["label"], *(in_words(v, r["kind"]) for v in r["values"])]
            if wanted not in rows:
                wrong.append(f"{r['label']} does not stand in the page as {', '.join(wanted[1:])}.")
    ledger.each("comparison.html", "every figure stands in the page", wrong, count, "rows")


def _check_workbook(ledger: Ledger, path: Path, content: dict[str, Any]) -> None:
    if not path.is_file():
        ledger.add("comparison.xlsx", False, "a workbook", "not there")
        return
    book = openpyxl.load_workbook(path)
    sheet, beats = book["Comparison"], book["Beats"]
    wrong, count = [], 0
    # rows come in the order of the file
    cells = iter(tuple(sheet.iter_rows(min_row=2)))
    for block in content["blocks"]:
        next(cells)
        for r in block["rows"]:
            row = next(cells)
            for k, value in enumerate(r["values"]):
                count += 1
                cell = row[1 + k].value
                found = _evaluated(cell, beats, row, sheet) if isinstance(cell, str) and cell.startswith("=") else cell
                if r["kind"] == "yes" and value is not None:
                    value = "yes" if value else "no"
                alike = same(value, found) if is_number(value) else (found in (value, f"'{value}"))
                if not alike:
                    wrong.append(
                        f"{r['label']}, {content['columns'][k]['name']}: {words(value)} is told, the workbook gives {words(found)}."
                    )
    ledger.each("comparison.xlsx", "every figure stands in the workbook, formulas worked out", wrong, count, "cells")


def _evaluated(formula: str, beats: Any, row: Any, sheet: Any) -> float | None:
    """Work out one of the workbook's own kinds of formula."""
    span = re.findall(r"Beats!([A-H])(\d+):[A-H](\d+)", formula)
    if not span:
        quotient = re.fullmatch(r"=([A-Z]+)(\d+)/([A-Z]+)(\d+)", formula)
        if quotient is None:
            return None
        over = sheet[f"{quotient[3]}{quotient[4]}"].value
        return float(sheet[f"{quotient[1]}{quotient[2]}"].value) / float(over)
    first, last = int(span[0][1]), int(span[0][2])
    hours = [float(beats[f"D{r}"].value) for r in range(first, last + 1)]
    posts = [float(beats[f"F{r}"].value) for r in range(first, last + 1)]
    load = [h / q for h, q in zip(hours, posts, strict=True) if q > 0]
    if formula.startswith("=ROWS"):
        return float(len(hours))
    if formula.startswith("=MAX"):
        return max(load)
    if formula.startswith("=MIN"):
        return min(load)
    if formula.startswith("=SUMIF"):
        return math.fsum(h for h, q in zip(hours, posts, strict=True) if q > 0) / math.fsum(posts)
    if formula.startswith("=SUM"):
        return math.fsum(posts)
    return float(posts.count(0.0)) if formula.startswith("=COUNTIF") else None
