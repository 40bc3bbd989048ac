"""The figures of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.frames import records
from beatplanner.data.result.comparison import Figures
from beatplanner.data.result.draft import STEPS, proven_gap, unsolved_steps
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of
from beatplanner.data.result.service_files import fates, nobody_share, response_minutes
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.compare.columns import (
    OVERLOAD,
    PlanColumn,
    beat_name,
    forums_more,
    municipality_of,
    people,
)
from beatplanner.planning.officers.cover import in_pool
from beatplanner.planning.officers.trust import relationship_years
from beatplanner.planning.whole.verdict import stands
from beatplanner.planning.workload import hours_on_the_beat, officers_required

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def figures_of_column(column: PlanColumn, columns: Sequence[PlanColumn]) -> Figures:
    """Return every figure of a column by key; None where it cannot be known.

    Parameters
    ----------
    column
        The plan.
    columns
        All of the comparison; today's stations may need the walks of another plan.
    """
    return {
        **_of_beats(column),
        **_of_access(column, columns),
        **_of_officers(column),
        **_of_changes(column),
        **_of_service(column),
        **_of_proof(column),
        **_of_money(column),
    }


def _of_beats(c: PlanColumn) -> Figures:
    units, rules = c.units, c.rules
    tolerance = None if rules.beats is None or c.today else rules.beats.tolerance
    inside = np.array([b is not None for b in c.beat])
    ids = sorted(set(c.beat[inside]))
    if not ids:
        return {"tolerance": tolerance}
    at = pd.Index(ids).get_indexer(pd.Index(c.beat[inside]))

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(at, weights=values[inside], minlength=len(ids))

    hours, residents = total(units["workload"].to_numpy(float)), total(people(units))
    reactive = (
        total((units["reactive_hours"] + units["fixed_hours"]).to_numpy(float)) + rules.workload.fixed_hours_per_beat
    )
    community = total(units["community_hours"].to_numpy(float))
    posts = np.array([c.posts.get(b, 0.0) for b in ids])
    municipality = municipality_of(
        units["municipality"].astype(str).to_numpy(object)[inside],
        at,
        units["workload"].to_numpy(float)[inside],
        len(ids),
    )
    mean = pd.Series(hours).groupby(municipality).transform("mean").to_numpy(float)
    deviation = np.divide(hours, mean, out=np.ones(len(ids)), where=mean > 0) - 1
    manned = posts > 0
    load = np.divide(hours, posts, out=np.full(len(ids), np.nan), where=manned)
    found: Figures = {
        "beats": len(ids),
        "tolerance": tolerance,
        "beats_outside": None if tolerance is None else int((np.abs(deviation) > tolerance + 1e-9).sum()),
        "people_in_balance": float(residents[np.abs(deviation) <= c.band + 1e-9].sum() / residents.sum())
        if c.band
        else None,
        "beats_in_pieces": _in_pieces(c, inside, at, len(ids)),
        "beats_across": sum(len(set(units["municipality"][inside][at == k])) > 1 for k in range(len(ids))),
        "max_deviation": float(np.abs(deviation).max()),
        "beats_without_officer": int((~manned).sum()),
        "posts": float(posts.sum()),
        "officers_required": int(
            officers_required(reactive - rules.workload.fixed_hours_per_beat, community, rules.workload).sum()
        ),
    }
    if manned.any():
        k = int(np.nanargmax(load))
        average = float(hours[manned].sum() / posts[manned].sum())
        found |= {
            "hours_per_officer_max": float(load[k]),
            "worst_beat": beat_name(c, ids[k]),
            "hours_capacity": hours_on_the_beat(rules.workload),
            "hours_per_officer_mean": average,
            "hours_per_officer_min": float(np.nanmin(load)),
            "people_overloaded": float(
                residents[np.nan_to_num(load, nan=np.inf) > (1 + OVERLOAD) * average].sum() / residents.sum()
            ),
            "residents_per_officer_max": float((residents[manned] / posts[manned]).max())
            if not np.isnan(units["population"]).any()
            else None,
        }
    capacity = posts * hours_on_the_beat(rules.workload) * (1 - rules.workload.admin_share) - reactive
    protected = float(np.minimum(community, np.maximum(0.0, capacity)).sum())
    promised = float(community.sum())
    found |= {
        "community_promised": promised,
        "community_protected": protected,
        "community_share": protected / promised if promised else None,
        "mean_way": _mean_way(c, inside, at, ids),
    }
    return found


def _in_pieces(c: PlanColumn, inside: np.ndarray, at: np.ndarray, count: int) -> int:
    """Count the beats that the plan's adjacency does not join."""
    place = {u: i for i, u in enumerate(c.units["unit"])}
    edges = c.tables.edges
    a, b = (np.array([place.get(u, -1) for u in texts(edges[k])], dtype=int) for k in ("unit_a", "unit_b"))
    district = np.full(len(inside), -1)
    district[inside] = at
    within = (a >= 0) & (b >= 0)
    within[within] = (district[a[within]] == district[b[within]]) & (district[a[within]] >= 0)
    graph = coo_array((np.ones(int(within.sum())), (a[within], b[within])), shape=(len(inside), len(inside)))
    piece = connected_components(graph, directed=False)[1]
    return sum(len(set(piece[district == k])) > 1 for k in range(count))


def _mean_way(c: PlanColumn, inside: np.ndarray, at: np.ndarray, ids: list[str]) -> float | None:
    """Return Σ workload × metres to the centre / Σ workload; None where distances are not straight lines."""
    rules = c.rules.beats
    if rules is None or rules.distances is not None or rules.roads is not None:
        return None
    hours, xy = c.units["workload"].to_numpy(float)[inside], c.units[["x", "y"]].to_numpy(float)[inside]
    travel = 0.0
    for k in range(len(ids)):
        here = np.flatnonzero(at == k)
        apart = np.hypot(*(xy[here][:, None] - xy[here][None]).transpose(2, 0, 1))
        travel += float((apart * hours[here]).sum(axis=1).min())
    return travel / float(hours.sum()) if hours.sum() > 0 else None


def _of_access(c: PlanColumn, columns: Sequence[PlanColumn]) -> Figures:
    rules, tables = c.rules.stations, c.tables
    if rules is None or c.open is None or tables.walks is None:
        return {}
    weight, of_unit = homes_of(tables)
    metres = nearest_walk(c, columns, len(weight))
    sites = tables.sites
    standing: set[str] = set() if sites is None else set(sites.loc[sites["existing"], "station"].astype(str))
    found: Figures = {
        "stations": len(c.open),
        "walking_limit": rules.walk_minutes,
        "new_stations": len(set(c.open) - standing),
        "closed_stations": len(standing - set(c.open)),
        "station_cost": _station_cost(c) if rules.priced else None,
    }
    if metres is None:
        return found
    minutes = metres / (rules.walk_kmh * 1000 / 60)
    reached = np.isfinite(minutes)

    def share(of: np.ndarray, limit: float) -> float | None:
        return float(of[reached & (minutes <= edge_of(limit))].sum() / of.sum()) if of.sum() > 0 else None

    found |= {
        "mean_walk": float(np.average(minutes[reached], weights=weight[reached]))
        if weight[reached].sum() > 0
        else None,
        "within_limit": share(weight, rules.walk_minutes),
        "unreached": float(weight[~reached].sum()),
    }
    for band in rules.bands:
        found[f"within_{band:g}"] = share(weight, band)
    inside = np.bincount(of_unit, weights=weight, minlength=len(tables.units))
    for group in c.rules.units.groups:
        speakers = tables.units[f"group_{group}"].to_numpy(float)
        part = np.divide(weight, inside[of_unit], out=np.zeros(len(weight)), where=inside[of_unit] > 0)
        here = speakers[of_unit] * part
        found[f"within_limit_{group}"] = share(here, rules.walk_minutes)
        able = float(here[reached].sum())
        found[f"mean_walk_{group}"] = float((minutes[reached] * here[reached]).sum() / able) if able > 0 else None
    return found


def _station_cost(c: PlanColumn) -> float | None:
    return 0.0 if c.today else _converted(c.tables.summary.get("stations", {}).get("cost"), c)


def _converted(money: float | None, c: PlanColumn) -> float | None:
    return None if money is None else float(money) * c.exchange


def homes_of(tables: PlanTables) -> tuple[np.ndarray, np.ndarray]:
    """Return the residents of each home and the position of its unit, (h,) each."""
    if tables.homes is None:
        return people(tables.units), np.arange(len(tables.units))
    place = {u: i for i, u in enumerate(tables.units["unit"])}
    unit = np.array([place[u] for u in texts(tables.homes["unit"])])
    return tables.homes["residents"].to_numpy(float), unit


def nearest_walk(c: PlanColumn, columns: Sequence[PlanColumn], count: int) -> np.ndarray | None:
    """Return the metres from each home to the nearest station of a column, (count,), inf where none is reached; None where a walk is unknown."""
    metres = np.full(count, np.inf)
    wanted = set(c.open or ())
    for source in [p for p in columns if not p.today] if c.today else [c]:
        walks, known = source.tables.walks, set(source.open or ()) & wanted
        if not known or walks is None or len(homes_of(source.tables)[0]) != count:
            continue
        here = walks[walks["station"].astype(str).isin(known)]
        np.minimum.at(metres, here["home"].to_numpy(int) - 1, here["metres"].to_numpy(float))
        wanted -= known
    return metres if not wanted and c.open else None


def _of_officers(c: PlanColumn) -> Figures:
    tables, rules = c.tables, c.rules.officers
    if tables.roster is None or rules is None:
        return {}
    if c.today:
        return {"relationship_kept": 1.0, "change_officer": 0.0, "change_officer_share": 0.0, "officers_moved": 0}
    if tables.assignments is None or tables.beats is None:
        return {}
    claims = tables.summary.get("officers", {})
    found: Figures = {
        k: claims.get(k) for k in ("rotations", "vacant_months", "tenure_violations", "language_gaps", "speaker_months")
    }
    if not rules_have_languages(c):
        found |= {"language_gaps": None, "speaker_months": None}
    posted = set(tables.assignments["officer"].astype(str))
    here = [
        str(r["officer"])
        for r in records(tables.roster[~in_pool(tables.roster)])
        if not r["leaves_on"] or str(r["leaves_on"])[:10] > rules.start.isoformat()
    ]
    found["officers_never_posted"] = len(set(here) - posted)
    if "cover" in claims:
        found["cover_months"] = claims["cover"]["covered_months"]
    years = relationship_years(tables.units, tables.roster, tables.assignments, tables.beats, rules)
    if years["relationship_years_today"] > 0:
        found["relationship_kept"] = years["relationship_years_kept"] / years["relationship_years_today"]
    first = tables.assignments[tables.assignments["start"].astype(str) == rules.start.isoformat()]
    serves: dict[str, set[str]] = {}
    for officer, beat in zip(first["officer"].astype(str), first["beat"].astype(str), strict=True):
        serves.setdefault(beat, set()).add(officer)
    before: dict[str, set[str]] = {}
    for officer, beat in zip(tables.roster["officer"].astype(str), tables.roster["beat"], strict=True):
        if beat is not None:
            before.setdefault(str(beat), set()).add(officer)
    weight, current = people(tables.units), texts(tables.units["current"])
    known = np.array([b is not None and b in before for b in current])
    lost = np.array(
        [k and not before[str(b)] & serves.get(str(n), set()) for k, b, n in zip(known, current, c.beat, strict=True)],
        dtype=bool,
    )
    if known.any():
        found |= {
            "change_officer": float(weight[lost].sum()),
            "change_officer_share": float(weight[lost].sum() / weight[known].sum()),
        }
    at = {o: b for b, who in serves.items() for o in who}
    found["officers_moved"] = sum(at.get(o, b) != b for b, who in before.items() for o in who)
    return found


def rules_have_languages(c: PlanColumn) -> bool:
    """Tell whether the plan knows residents by language."""
    return bool(c.rules.units.groups)


def _of_changes(c: PlanColumn) -> Figures:
    current = np.array(texts(c.units["current"]), dtype=object)
    known = np.array([b is not None for b in current])
    if not known.any():
        return {}
    weight = people(c.units)
    moved = known & (current != c.beat)
    return {
        "moved_residents": float(weight[moved].sum()),
        "moved_share": float(weight[moved].sum() / weight[known].sum()),
        "moved_units": int(moved.sum()),
    }


def _bound_of_redrawn(beats: Claims) -> bool | None:
    """Tell whether every figure that lines were redrawn for has a bound; None where none were."""
    least = section_of(beats, "least_minutes")
    found = [*section_of(beats, "lines").get("rules", ()), *([least] if least.get("status") == "sought" else [])]
    return all(f.get("lower_bound") is not None for f in found) if found else None


def _of_proof(c: PlanColumn) -> Figures:
    if c.today:
        return {}
    summary = c.tables.summary
    found: Figures = {"rules_met": bool(summary["feasible"]), "steps_unsolved": len(unsolved_steps(summary))}
    # what was proven is not proven of a plan that somebody has changed since, nor of one that was found wrong
    for step in STEPS:
        found[f"{step}_gap"] = proven_gap(summary.get(step, {})) if stands(c.folder) else None
    found |= {
        "beats_objective": summary.get("beats", {}).get("objective"),
        "beats_bound": summary.get("beats", {}).get("lower_bound"),
        "redrawn_bound": _bound_of_redrawn(section_of(summary, "beats")),
    }
    return found


SERVICE = {
    "service_travel": "mean_minutes",
    "service_p90": "p90_minutes",
    "service_own": "own_share",
    "service_wait": "wait_share",
    "service_lost": "lost_share",
    "service_away": "away_share",
    "service_people": "people_share",
}


def _of_service(c: PlanColumn) -> Figures:
    """Return the figures of the service; today's are those that the plan found for today's beats."""
    plan = section_of(c.tables.summary, "service")
    service = plan.get("today") if c.today else plan
    if not service:
        return {}
    hidden = {"wait_share", "lost_share"} - set(fates(plan))
    nobody = list(nobody_share(service).values())
    return {
        "service_minutes": response_minutes(service),
        **{key: None if name in hidden else service[name] for key, name in SERVICE.items()},
        "service_nobody": sum(nobody) / len(nobody) if nobody else None,
    }


def _of_money(c: PlanColumn) -> Figures:
    """Return what the plan costs by year as a whole, and how far its roll-out reaches; today's is what going on as today costs."""
    budget = c.priced if c.today else c.tables.summary.get("budget")
    if budget is None:
        return {}
    which = "today" if c.today else "all_at_once"
    total = [v + m for v, m in zip(budget[which], forums_more(budget, which, c.forums), strict=True)]
    k = c.exchange
    by_year = {
        f"money_{year}": k * float(v) for year, v in zip(budget["years"], total, strict=True) if year in c.money_years
    }
    found: Figures = {**by_year, "money_total": float(sum(by_year.values()))}
    people = budget["people"]
    if people is not None:
        at = [budget["years"].index(y) for y in c.money_years]
        found["officers_paid"] = sum(people["paid"][t] for t in at) / len(at)
        if not c.today:
            found["officers_spare"] = sum(people["without_post"][t] for t in at) / len(at)
            found["money_spare"] = k * sum(people["money_without_post"][t] for t in at)
        found["money_posts"] = k * sum(c.posts.values()) * budget["one_officer"] * sum(budget["rise"][t] for t in at)
    found["residents_unfunded"] = 0.0 if c.today else float(sum(u["residents"] for u in budget["unfunded"]))
    if budget["limited"] and not c.today:
        spent = [v + m for v, m in zip(budget["total"], forums_more(budget, "total", c.forums), strict=True)]
        for year, v, served in zip(budget["years"], spent, budget["residents_served"], strict=True):
            found[f"rollout_{year}"], found[f"served_{year}"] = k * float(v), float(served)
        found["rollout_total"] = k * float(sum(spent))
    return found
