"""The figures of a plan in a comparison, recomputed from its tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import number_at, records
from beatplanner.data.result.comparison import Figures
from beatplanner.data.result.draft import STEPS, proven_gap, unsolved_steps
from beatplanner.data.result.sections import section_of
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.verification.budget import today_money
from beatplanner.planning.verification.compared_plan import ComparedPlan
from beatplanner.planning.verification.ledger import day_text, missing, text, whole_months
from beatplanner.planning.verification.service_figures import until_there

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def figures_of(p: ComparedPlan, plans: list[ComparedPlan]) -> Figures:
    """Return the figures of a plan, under the keys that the comparison writes."""
    return {
        **_beats(p, plans),
        **_access(p, plans),
        **_officers(p),
        **_changes(p),
        **_proof(p),
        **_service(p),
        **_money(p, plans),
    }


def loosest_tolerance(plans: list[ComparedPlan]) -> float:
    """Return the loosest tolerance of the compared plans; 0 where none draws beats."""
    return max((p.rules.beats.tolerance for p in plans if p.rules.beats is not None), default=0.0)


def _beats(p: ComparedPlan, plans: list[ComparedPlan]) -> Figures:
    members, w = p.members(), p.rules.workload
    if not members:
        return {}
    hours = {b: p.total("workload", m) for b, m in members.items()}
    people = {b: math.fsum(p.people[i] for i in m) for b, m in members.items()}
    home = {b: p.municipality(m) for b, m in members.items()}
    mean = {m: float(np.mean([hours[b] for b in members if home[b] == m])) for m in set(home.values())}
    away = {b: (hours[b] / mean[home[b]] if mean[home[b]] > 0 else 2.0) - 1 for b in members}
    graph: nx.Graph[int] = nx.Graph()
    place = {str(text(u)): i for i, u in enumerate(p.units["unit"])}
    graph.add_nodes_from(range(len(p.units)))
    for a, b in zip(p.tables.edges["unit_a"], p.tables.edges["unit_b"], strict=True):
        graph.add_edge(place[str(text(a))], place[str(text(b))])
    load = {b: hours[b] / p.posts[b] for b in members if p.posts.get(b)}
    everyone = math.fsum(people.values())
    asked = None if p.today or p.rules.beats is None else p.rules.beats.tolerance
    found: Figures = {
        "beats": len(members),
        "tolerance": asked,
        "beats_outside": None if asked is None else sum(abs(v) > asked + 1e-9 for v in away.values()),
        "people_in_balance": math.fsum(people[b] for b in members if abs(away[b]) <= loosest_tolerance(plans) + 1e-9)
        / everyone
        if loosest_tolerance(plans)
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
            if missing(name) or name in ("", most, f"Beat {most}")
            else str(name)
            if f"({most})" in str(name)
            else f"{name} ({most})"
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


def _access(p: ComparedPlan, plans: list[ComparedPlan]) -> Figures:
    rules, t = p.rules.stations, p.tables
    if rules is None or p.open is None or t.walks is None:
        return {}
    standing: set[str] = set() if t.sites is None else {str(s) for s in t.sites.loc[t.sites["existing"], "station"]}
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
    found: Figures = {
        "stations": len(p.open),
        "walking_limit": rules.walk_minutes,
        "new_stations": len(p.open - standing),
        "closed_stations": len(standing - p.open),
        "station_cost": None if cost is None or not rules.priced else cost * p.exchange,
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
        near = math.fsum(weight(u, r) for h, u, r in homes if minutes.get(h, math.inf) <= edge_of(limit))
        return near / total if total > 0 else None

    def mean(weight: Callable[[int, float], float]) -> float | None:
        total = math.fsum(weight(u, r) for h, u, r in homes if h in minutes)
        way = math.fsum(weight(u, r) * minutes[h] for h, u, r in homes if h in minutes)
        return way / total if total > 0 else None

    def everyone(_: int, residents: float) -> float:
        return residents

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


def _officers(p: ComparedPlan) -> Figures:
    t, rules = p.tables, p.rules.officers
    if t.roster is None or rules is None:
        return {}
    if p.today:
        return {"relationship_kept": 1.0, "change_officer": 0.0, "change_officer_share": 0.0, "officers_moved": 0}
    if t.assignments is None:
        return {}
    claimed = t.summary.get("officers", {})
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
    found: Figures = {k: claimed.get(k) for k in ("rotations", "vacant_months", "tenure_violations")}
    found |= {k: claimed.get(k) if spoken else None for k in ("language_gaps", "speaker_months")}
    ever = {str(o) for o in t.assignments["officer"]}
    found["officers_never_posted"] = sum(
        str(r["officer"]) not in ever
        and not read_truth(r.get("pool"))
        and (missing(r["leaves_on"]) or day_text(r["leaves_on"]) > start)
        for r in records(t.roster)
    )
    if claimed.get("cover") is not None and t.cover is not None:
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


def _changes(p: ComparedPlan) -> Figures:
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


def _proof(p: ComparedPlan) -> Figures:
    """Return what the plan's own checks have found right in its summary."""
    if p.today:
        return {}
    s = p.tables.summary
    beats = section_of(s, "beats")
    rules, least = section_of(beats, "lines").get("rules", []), section_of(beats, "least_minutes")
    sought = least.get("status") == "sought"
    bounded = all(r.get("lower_bound") is not None for r in rules) and (not sought or least["lower_bound"] is not None)
    return {
        "redrawn_bound": bounded if rules or sought else None,
        "rules_met": bool(s.get("feasible")),
        "steps_unsolved": len(unsolved_steps(s)),
        **{f"{k}_gap": proven_gap(s.get(k, {})) for k in STEPS},
        "beats_objective": s.get("beats", {}).get("objective"),
        "beats_bound": s.get("beats", {}).get("lower_bound"),
    }


def _service(p: ComparedPlan) -> Figures:
    """Return the plan's service, whose figures its own checks have found right, and today's, which it tells."""
    plan = section_of(p.tables.summary, "service")
    claimed = plan.get("today") if p.today else plan
    if not claimed:
        return {}
    lost = plan.get("queue") == "lost"
    some_lost = [f["lost_share"] for f in (plan, *plan["shifts"], section_of(plan, "today")) if f.get("lost_share")]
    keys = {"travel": "mean_minutes", "p90": "p90_minutes"} | {k: f"{k}_share" for k in ("own", "away", "people")}
    nobody = claimed.get("vacancies", claimed)["nobody_share"].values()
    return {
        "service_minutes": until_there(claimed),
        **{f"service_{k}": claimed[v] for k, v in keys.items()},
        "service_wait": None if lost else claimed["wait_share"],
        "service_lost": claimed["lost_share"] if lost or some_lost else None,
        "service_nobody": math.fsum(nobody) / len(nobody) if nobody else None,
    }


def _money(p: ComparedPlan, plans: list[ComparedPlan]) -> Figures:
    """Return today's money, and the plan's, whose budget its own checks have found right; in the currency of the first budget."""
    priced = [q for q in plans if not q.today and q.rules.budget is not None and q.tables.summary.get("budget")]
    if not priced or (not p.today and p not in priced):
        return {}
    base = priced[0]
    own = base if p.today else p
    claimed, budget, k = own.tables.summary["budget"], own.rules.budget, p.exchange
    assert budget is not None
    years = [
        y
        for y in base.tables.summary["budget"]["years"]
        if all(y in q.tables.summary["budget"]["years"] for q in priced)
    ]
    at = [claimed["years"].index(y) for y in years]
    # without the roster who is paid today cannot be counted; the plan's own checks say so
    counted = claimed["people"] is None or base.tables.roster is not None
    how = forums_counted(plans)
    which = "today" if p.today else "all_at_once"
    money: list[float] = today_money(base.tables, base.rules) if p.today and counted else claimed[which]
    total = [v + m for v, m in zip(money, _forums_more(claimed, which, how), strict=True)]
    by_year: dict[str, float] = {f"money_{y}": k * total[t] for y, t in zip(years, at, strict=True)}
    found: Figures = {**by_year, "money_total": math.fsum(by_year.values())}
    people = claimed["people"]
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
        0.0 if p.today else math.fsum(s["residents"] for s in claimed["starts"] if s["year"] is None)
    )
    if claimed["limited"] and not p.today:
        spent = [v + m for v, m in zip(claimed["total"], _forums_more(claimed, "total", how), strict=True)]
        for y, v, served in zip(claimed["years"], spent, claimed["residents_served"], strict=True):
            found[f"rollout_{y}"], found[f"served_{y}"] = k * v, served
        found["rollout_total"] = k * math.fsum(spent)
    return found


def forums_counted(plans: list[ComparedPlan]) -> str:
    """Return how forums are to be counted in all columns: by one rule, and in none where a plan has no forums."""
    priced = [q for q in plans if not q.today and q.rules.budget is not None and q.tables.summary.get("budget")]
    claimed = [q.tables.summary["budget"].get("forums") for q in priced]
    if not priced or None in claimed:
        return "as told"
    with_forums = sum(q.rules.forum is not None for q in priced)
    if with_forums not in (0, len(priced)):
        return "left out"
    return "as told" if all(t["rule"] == claimed[0]["rule"] for t in claimed) else "flat price"


def _forums_more(claimed: Claims, which: str, how: str) -> list[float]:
    """Return by how much a sum by year is more than a plan's budget tells, whose own checks have found it right."""
    if how == "as told":
        return [0.0] * len(claimed["years"])
    if how == "flat price":
        return list(claimed["forums"]["more_at_flat_price"][which])
    mine = {
        "total": claimed["lines"]["forums"],
        "today": claimed["today_lines"]["forums"],
        "all_at_once": claimed["forums"]["all_at_once"],
    }
    return [-v for v in mine[which]]
