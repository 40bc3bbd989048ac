"""Checks of the service picture: its figures from the flows beside it, and the flows from the balance equations, solved anew.

The equations are set up state by state and solved by one dense system (numpy alone), up to `MOST_SERVERS` servers on duty.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service_files import CALLS, FILE, FLOWS, FOLDER, LINES, MINUTES, SERVERS
from beatplanner.planning.verification.ledger import Ledger, same, text
from beatplanner.planning.verification.service_duty import check_duty, check_lines
from beatplanner.planning.verification.service_simulated import second_seed

MOST_SERVERS = 10
EXACT = 1e-7
SHARES = ("own_share", "cross_share", "busy_share", "away_share", "people_share")


def check_service(ledger: Ledger, folder: Path, tables: PlanTables) -> None:
    """Check the key ``service`` of the summary against the files beside it."""
    claims = tables.summary.get("service")
    if claims is None:
        if (folder / FILE).is_file():
            ledger.add("service", False, "nothing", FILE, f"{FILE} stands beside a summary that does not tell of it.")
        return
    try:
        stored = json.loads((folder / FILE).read_text("utf-8"))
        read = {
            name: pd.read_csv(
                folder / FOLDER / name,
                dtype={"unit": str, "server": str, "beat": str, "shift": str},
                encoding="utf-8-sig",
            )
            for name in (CALLS, SERVERS, MINUTES, FLOWS, LINES)
            if (folder / FOLDER / name).is_file()
        }
    except (OSError, ValueError) as error:
        ledger.add("service", False, f"{FILE} and the folder {FOLDER}", "not readable", str(error))
        return
    ledger.add(
        "service.file",
        stored == claims,
        f"{FILE} says what the summary says",
        "the same" if stored == claims else "something else",
    )
    check_lines(ledger, tables, read.get(LINES))
    if CALLS not in read or SERVERS not in read:
        ledger.add("service", False, f"calls and servers in the folder {FOLDER}", "missing")
        return
    if MINUTES not in read or FLOWS not in read:
        ledger.unchecked(
            "service",
            "figures of the service",
            "So many officers and units make tables too large to keep; their flows cannot be looked at.",
        )
        return
    beat = {text(u): text(b) for u, b in zip(tables.units["unit"], tables.units["beat"], strict=True)}
    wrong = [
        f"{s} is of the beat {b}, which the plan has not."
        for s, b in zip(read[SERVERS]["server"], read[SERVERS]["beat"], strict=True)
        if isinstance(b, str) and b not in set(beat.values())
    ]
    ledger.each("service.servers", "officers on duty are of beats of the plan", wrong, len(read[SERVERS]), "officers")
    whole: dict[str, float] = {"answered": 0.0, "own": 0.0, "travel": 0.0, "busy": 0.0, "duty": 0.0, "wait": 0.0}
    complete = True
    # where shifts overlap, the systems are those of the periods that they make
    sums: list[tuple[list[str], dict[str, float]]] = []
    for shift in claims.get("periods") or claims.get("shifts", []):
        found = _shift(ledger, shift, claims, read, beat)
        complete &= found is not None
        week = {key: value * float(shift["hours_a_week"]) for key, value in (found or {}).items()}
        sums.append((shift.get("shifts", [shift["name"]]), week))
        for key, value in week.items():
            whole[key] += value
    if complete and claims.get("periods"):
        _of_periods(ledger, claims, sums)
    if complete and whole["answered"] > 0:
        _of_week(ledger, tables.summary["beats"], claims, whole)
    away = claims.get("abstraction")
    if away is not None:
        assumed = (tables.summary.get("rules", {}).get("workload") or {}).get("abstraction")
        rows = [("counted", away.get("counted"), claims.get("away_share")), ("assumed", away.get("assumed"), assumed)]
        ledger.pairs("service.abstraction", "as in the rules and the figures of the week", rows, "shares")
    rules = tables.summary.get("rules", {})
    check_duty(ledger, {"service": claims, "rules": rules}, read[SERVERS], tables.beats)
    _proposal(ledger, claims, rules)
    if complete:
        _week_of_beats(ledger, claims, read, beat)
    ledger.unchecked(
        "service.calls",
        "calls by hour of the week",
        "How the calls are spread over the week is smoothed when the incidents are read; the rates are taken as they stand beside the plan.",
    )


def _of_week(ledger: Ledger, beats: dict[str, Any], claims: dict[str, Any], whole: dict[str, float]) -> None:
    """Check the figures of the week against the sums of its shifts."""
    own = whole["own"] / whole["answered"]
    rows = [
        ("own_share", claims.get("own_share"), own),
        ("cross_share", claims.get("cross_share"), 1 - own),
        ("mean_minutes", claims.get("mean_minutes"), whole["travel"] / whole["answered"]),
        ("busy_share", claims.get("busy_share"), whole["busy"] / whole["duty"]),
        ("people_share", claims.get("people_share"), 1 - whole["busy"] / whole["duty"]),
    ]
    ledger.pairs("service.week", "the week's figures are those of its shifts", rows, "figures")
    _least_minutes(ledger, beats, claims["method"], (whole["travel"] + whole["wait"]) / whole["answered"])


def _of_periods(ledger: Ledger, claims: dict[str, Any], sums: list[tuple[list[str], dict[str, float]]]) -> None:
    """Check that the figures of shifts that overlap are those of the periods in which they are on duty."""
    rows = []
    for shift in claims["shifts"]:
        mine = [week for names, week in sums if shift["name"] in names]
        total = {key: sum(week.get(key, 0.0) for week in mine) for key in ("answered", "own", "travel", "busy", "duty")}
        if total["answered"] > 0:
            rows += [
                (f"own_share of {shift['name']}", shift["own_share"], total["own"] / total["answered"]),
                (f"mean_minutes of {shift['name']}", shift["mean_minutes"], total["travel"] / total["answered"]),
                (f"busy_share of {shift['name']}", shift["busy_share"], total["busy"] / total["duty"]),
            ]
    ledger.pairs("service.periods", "figures of shifts that overlap are those of their periods", rows, "figures")


def _least_minutes(ledger: Ledger, beats: dict[str, Any], method: str, minutes: float) -> None:
    """Check what redrawing for the least minutes says of the beats that it led to; those before are gone."""
    told = beats.get("least_minutes") or {}
    if told.get("status") != "sought":
        return
    # another method, such as a simulation, gives other minutes
    rows = [("minutes", told["minutes"], minutes)] if told["method"] == method else []
    rows += [(key, told[key], beats[key]) for key in ("max_deviation", "objective")]
    ledger.pairs("service.least_minutes", "what was redrawn is the plan", rows, "figures")
    ledger.unchecked(
        "service.least_minutes.before",
        "minutes, balance and goal before the beats were redrawn",
        "Those beats are not kept.",
    )


def _shift(
    ledger: Ledger, shift: dict[str, Any], claims: dict[str, Any], read: dict[str, pd.DataFrame], beat: dict[Any, Any]
) -> dict[str, float] | None:
    """Check one shift; return its sums an hour, or None where nothing can be summed."""
    name = str(shift.get("name"))
    calls, servers, minutes, flows = (
        t[t["shift"] == name] for t in (read[CALLS], read[SERVERS], read[MINUTES], read[FLOWS])
    )
    ids = servers["server"].tolist()
    if not ids or flows.empty:
        return None if ids else {}
    rate = dict(zip(calls["unit"], calls["per_hour"].astype(float), strict=True))
    way = {(s, u): float(m) for s, u, m in zip(minutes["server"], minutes["unit"], minutes["minutes"], strict=True)}
    flow = {(s, u): float(f) for s, u, f in zip(flows["server"], flows["unit"], flows["per_hour"], strict=True)}
    of = {s: b if isinstance(b, str) else None for s, b in zip(ids, servers["beat"], strict=True)}
    answered, total = sum(flow.values()), sum(rate.values())
    lost = float(shift.get("lost_share") or 0.0)
    method = claims.get("method")
    loose = 0.01 if method == "simulate" else 1e-6
    ledger.add(
        f"service.{name}.flows",
        abs(answered - total * (1 - lost)) <= loose * max(total, 1e-12),
        f"{total * (1 - lost):.6g} calls an hour are answered",
        f"{answered:.6g}",
    )
    own = sum(f for (s, u), f in flow.items() if of[s] is not None and of[s] == beat.get(u))
    travel = sum(f * way[key] for key, f in flow.items())
    scene = float(calls["minutes_on_scene"].iloc[0])
    counts = bool(claims.get("travel_counts"))
    work = dict.fromkeys(ids, 0.0)
    for (s, u), f in flow.items():
        work[s] += f * (scene + (way[s, u] if counts else 0.0)) / 60.0
    rows = [
        ("own_share", shift["own_share"], own / answered),
        ("cross_share", shift["cross_share"], 1 - own / answered),
        ("mean_minutes", shift["mean_minutes"], travel / answered),
    ]
    if method != "simulate":
        busy = sum(work.values()) / len(ids)
        rows += [("busy_share", shift["busy_share"], busy), ("people_share", shift["people_share"], 1 - busy)]
    rows += [
        (f"own share of beat {b}", told["own_share"], share) for b, told, share in _of_beats(shift, flow, of, beat)
    ]
    ledger.pairs(f"service.{name}", "its figures are those of the flows", rows, "figures")
    sums = [f"{k} is {shift[k]}." for k in SHARES if shift[k] is not None and not -1e-9 <= float(shift[k]) <= 1 + 1e-9]
    ledger.each(f"service.{name}.shares", "shares lie between 0 and 1", sums, len(SHARES), "shares")
    if method == "exact" and len(ids) <= MOST_SERVERS:
        _solve_anew(ledger, shift, ids, of, beat, rate, way, flow, work, claims)
    else:
        why = f"more than {MOST_SERVERS} officers" if method == "exact" else f"the method “{method}”"
        ledger.unchecked(
            f"service.{name}.equations",
            "the flows solve the balance equations",
            f"That is looked at for the exact method up to {MOST_SERVERS} officers; here it is {why}.",
        )
        if method != "simulate":
            _of_units(ledger, name, rate, flow, lost)
    if method == "simulate":
        units = sorted(rate)
        second_seed(
            ledger,
            shift,
            int(claims.get("seed") or 0),
            own=np.array([[of[s] is not None and of[s] == beat.get(u) for u in units] for s in ids]),
            minutes=np.array([[way[s, u] for u in units] for s in ids]),
            rate=np.array([rate[u] for u in units]),
            scene=scene,
            travel_counts=counts,
            waits=claims.get("queue") != "lost",
        )
    busy_now = float(shift["busy_share"]) * len(ids)
    wait = float(shift["mean_wait_minutes"]) * total
    return {"answered": answered, "own": own, "travel": travel, "busy": busy_now, "duty": float(len(ids)), "wait": wait}


def _week_of_beats(ledger: Ledger, claims: dict[str, Any], read: dict[str, pd.DataFrame], beat: dict[Any, Any]) -> None:
    """Check that the week's figures of each beat are those of its calls in all shifts."""
    hours = {str(s["name"]): float(s["hours_a_week"]) for s in claims.get("periods") or claims["shifts"]}
    of = {
        (sh, s): b if isinstance(b, str) else None
        for sh, s, b in zip(read[SERVERS]["shift"], read[SERVERS]["server"], read[SERVERS]["beat"], strict=True)
    }
    table = read[FLOWS].merge(read[MINUTES], on=["shift", "server", "unit"], how="left", validate="one_to_one")
    table["calls"] = table["per_hour"].astype(float) * table["shift"].map(hours)
    table["home"] = table["unit"].map(beat)
    table["own"] = [
        of.get((sh, s)) == h for sh, s, h in zip(table["shift"], table["server"], table["home"], strict=True)
    ]
    rows = []
    for name, told in claims.get("beats", {}).items():
        mine = table[table["home"] == name]
        answered = math.fsum(mine["calls"])
        known = answered > 0
        way = math.fsum(mine["calls"] * mine["minutes"].astype(float)) / answered if known else None
        rows.append(
            (
                f"own share of beat {name}",
                told["own_share"],
                math.fsum(mine["calls"][mine["own"]]) / answered if known else None,
            )
        )
        rows.append((f"minutes of beat {name}", told["mean_minutes"], way))
    ledger.pairs("service.week.beats", "the week's figures of each beat are those of its calls", rows, "figures")


def _of_units(ledger: Ledger, name: str, rate: dict[str, float], flow: dict[Any, float], lost: float) -> None:
    """Check that each unit's calls are answered, but for those that are lost."""
    answered = dict.fromkeys(rate, 0.0)
    for (_, u), f in flow.items():
        answered[u] += f
    wrong = [
        f"{answered[u]:.6g} of {rate[u]:.6g} calls an hour are answered in {u}."
        for u in rate
        if not same(answered[u], rate[u] * (1 - lost), 1e-6, 1e-9)
    ]
    ledger.each(
        f"service.{name}.units", "each unit's calls are answered but for the lost ones", wrong, len(rate), "units"
    )


def _of_beats(shift, flow, of, beat):
    for b, told in shift.get("beats", {}).items():
        mine = [(s, f) for (s, u), f in flow.items() if beat.get(u) == b]
        every = sum(f for _, f in mine)
        if every > 0:
            yield b, told, sum(f for s, f in mine if of[s] == b) / every


def _solve_anew(ledger: Ledger, shift, ids, of, beat, rate, way, flow, work, claims: dict[str, Any]) -> None:
    name, waits = shift["name"], claims.get("queue") != "lost"
    n, units = len(ids), sorted(rate)
    answered = {s: sum(f for (t, _), f in flow.items() if t == s) for s in ids}
    speed = np.array([answered[s] / work[s] if work[s] > 0 else np.nan for s in ids])
    speed = np.where(np.isnan(speed), np.nanmean(speed), speed)
    order = {
        u: sorted(
            range(n), key=lambda i: (of[ids[i]] != beat.get(u) or of[ids[i]] is None, round(way[ids[i], u], 6), i)
        )
        for u in units
    }
    size = 2**n
    a = np.zeros((size, size))
    first = {u: [next((i for i in order[u] if not state >> i & 1), -1) for state in range(size)] for u in units}
    for state in range(size - 1):
        for u in units:
            i = first[u][state]
            a[state, state] -= rate[u]
            a[state | 1 << i, state] += rate[u]
    for state in range(size):
        for i in range(n):
            if state >> i & 1:
                a[state, state] -= speed[i]
                a[state ^ 1 << i, state] += speed[i]
    a[-1] = 1.0
    p = np.linalg.solve(a, np.eye(size)[-1])
    total = sum(rate.values())
    ratio = total / speed.sum()
    waiting = 0.0
    if waits:
        p /= 1 + p[-1] * ratio / (1 - ratio)
        waiting = p[-1] / (1 - ratio)
    wrong = []
    for u in units:
        share = np.bincount(first[u][:-1], weights=p[:-1], minlength=n) + waiting * speed / speed.sum()
        for i, s in enumerate(ids):
            said, found = flow.get((s, u), 0.0), share[i] * rate[u]
            if not same(said, found, EXACT, EXACT * max(total, 1e-9)):
                wrong.append(f"{s} answers {said:.8g} calls an hour in {u}, and {found:.8g} by the balance equations.")
    ledger.each(f"service.{name}.equations", "the flows solve the balance equations", wrong, n * len(units), "flows")
    near = claims.get("backup_minutes")
    if near is None or shift.get("backup_share") is None:
        return
    backed, states = 0.0, np.arange(size - 1)
    for u in units:
        close = sum(1 << i for i in range(n) if way[ids[i], u] <= near)
        others = close & ~states & ~(1 << np.array(first[u][:-1]))
        backed += rate[u] * float(p[:-1][others != 0].sum())
    found = backed / sum(flow.values())
    ledger.pairs(
        f"service.{name}.backup",
        "another is free near enough",
        [("backup_share", shift["backup_share"], found)],
        "figures",
    )


def _proposal(ledger: Ledger, claims: dict[str, Any], rules: dict[str, Any]) -> None:
    """Check a proposal's sums, and that what it says it keeps is what was asked for."""
    found = claims.get("proposal")
    if not found:
        return
    standard, wrong = found["standard"], []
    asked = (rules.get("service") or {}).get("standard") or {}
    wrong += [
        f"{k} is {standard.get(k)}, and the rule says {v}."
        for k, v in asked.items()
        if v is not None and standard.get(k) != v
    ]
    posts: dict[str, float] = {}
    for s, shift in zip(found["shifts"], claims["shifts"], strict=True):
        if s["on_duty_now"] != shift["servers_on_duty"]:
            wrong.append(
                f"{s['on_duty_now']} officers are on duty in {s['name']}, and {shift['servers_on_duty']} in the shift."
            )
        shared = s["on_duty_now"] - sum(s["officers_now"].values())
        if s["officers"] is None:
            continue
        if s["on_duty"] != sum(s["officers"].values()) + shared or (s["at_least"] or 0) > s["on_duty"]:
            wrong.append(
                f"{s['on_duty']} officers are proposed for {s['name']}, at least {s['at_least']}, by beat {s['officers']}."
            )
        short = [
            k
            for k in ("within_share", "own_share", "people_share")
            if k in standard and (s["proposed"][k] or 0) < standard[k] - 1e-6
        ]
        wrong += [f"The proposal for {s['name']} misses {k}." for k in short]
        for b, number in s["officers"].items():
            posts[b] = posts.get(b, 0.0) + number * float(shift.get("relief_factor") or 0.0)
    if found["posts"] is not None:
        wrong += [
            f"{b} needs {p:.6g} posts, not {found['posts'].get(b)}."
            for b, p in posts.items()
            if not same(found["posts"].get(b), p, 1e-9, 1e-9)
        ]
    ledger.each(
        "service.proposal",
        "the officers proposed add up and keep what was asked for",
        wrong,
        len(found["shifts"]),
        "shifts",
    )
    ledger.unchecked(
        "service.proposal.fewest",
        "that fewer officers cannot keep the standard",
        "The proposal is measured for officers who are not on duty, and its bound is a small integer program; neither is solved again.",
    )
