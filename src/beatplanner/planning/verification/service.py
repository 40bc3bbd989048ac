"""Checks of the service picture: its figures from the flows beside it, and the flows from the balance equations, solved anew.

The equations are solved level by level (`service_states`), where calls need several officers by one dense system (`service_together`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.findings import amount_text
from beatplanner.data.result.cells import read_frame
from beatplanner.data.result.manifest import written_version
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.result.service_files import (
    CALLS,
    FILE,
    FLOWS,
    FOLDER,
    HELD,
    HELD_SUMS,
    HELD_WAYS,
    LINES,
    MINUTES,
    NAMES,
    SERVERS,
)
from beatplanner.data.result.strict_json import read_json
from beatplanner.planning.verification.beat_figures import officers_of
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, is_number, same, text
from beatplanner.planning.verification.service_duty import check_duty, check_lines
from beatplanner.planning.verification.service_fewest import check_fewest
from beatplanner.planning.verification.service_figures import Period, check_hours, check_minutes, check_service_figures
from beatplanner.planning.verification.service_held import MOST_EXACT
from beatplanner.planning.verification.service_simulated import second_seed
from beatplanner.planning.verification.service_states import answered as answered_by
from beatplanner.planning.verification.service_states import first_free, queue_of_full, steady
from beatplanner.planning.verification.service_together import solve_together
from beatplanner.planning.verification.service_vacancies import check_vacancies

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

MOST_TOGETHER = 10
EXACT = 1e-7
# The share that officers were worked out with is that of the plan where they are this near.
SAME_SHARE = 1e-9
# Version of results since which shifts tell their calls, relief factors and pattern.
SINCE = 3
# What the figures are computed from again.
TABLES = (CALLS, SERVERS, MINUTES, FLOWS, LINES, HELD, HELD_SUMS, HELD_WAYS)
# Version since which the counted share away from the beat is that of the officers of beats alone, without shared cars, and a post gives no
# more hours than shifts have.
SINCE_OWN = 4


def check_service(ledger: Ledger, folder: Path, tables: PlanTables, evidence: Evidence | None = None) -> None:
    """Check the key ``service`` of the summary against the files beside it; `evidence` is of the plan's beats, where there are some."""
    claims = tables.summary.get("service")
    if claims is None:
        if (folder / FILE).is_file():
            ledger.add("service", False, "nothing", FILE, f"{FILE} stands beside a summary that does not tell of it.")
        return
    try:
        stored = read_json((folder / FILE).read_text("utf-8"))
        read = {
            name: read_frame(folder / FOLDER / name, NAMES) for name in TABLES if (folder / FOLDER / name).is_file()
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
    rules = tables.summary.get("rules", {})
    older = _newer_keys(ledger, claims, rules, written_version(folder))
    units = [str(u) for u in beat]
    # where shifts overlap, the systems are those of the periods that they make
    claimed = claims.get("periods") or claims.get("shifts", [])
    periods: list[Period] = []
    waits = True
    for shift in claimed:
        period, known = _shift(ledger, shift, claims, read, beat, units)
        periods.append(period)
        waits &= known
    check_service_figures(ledger, claims, periods, waits, _loose(ledger, claims), older)
    check_hours(ledger, claims, periods, rules)
    at = {
        (str(sh), str(s)): str(u)
        for sh, s, u in zip(read[SERVERS]["shift"], read[SERVERS]["server"], read[SERVERS]["unit"], strict=True)
    }
    places = dict(zip(units, zip(tables.units["x"], tables.units["y"], strict=True), strict=True))
    check_minutes(ledger, periods, places, at, units, rules)
    answered = sum(float(p.flow.sum()) * p.hours for p in periods)
    if answered > 0 and all(p.steady or not p.servers for p in periods):
        minutes = sum(
            float((p.flow * p.minutes).sum() + p.rate.sum() * p.wait_minutes) * p.hours for p in periods if p.steady
        )
        _least_minutes(ledger, tables.summary["beats"], claims["method"], minutes / answered)
    _abstraction(ledger, claims, tables.summary, evidence, _away_of_own(claims, periods, written_version(folder)))
    of_duty = older if written_version(folder) >= SINCE_OWN else older | {"covered"}
    check_duty(ledger, {"service": claims, "rules": rules}, read[SERVERS], tables.beats, of_duty)
    check_vacancies(ledger, tables, read, periods, written_version(folder))
    _proposal(ledger, claims, rules)
    check_fewest(ledger, folder, tables.summary, (tables.units, read[SERVERS]), periods, units)
    ledger.unchecked(
        "service.calls",
        "calls by hour of the week",
        "How the calls are spread over the week is smoothed when the incidents are read; the rates are taken as they stand beside the plan.",
    )


def _loose(ledger: Ledger, claims: Claims) -> frozenset[str]:
    """Return the figures that no flow determines, which are listed as not checked."""
    if claims.get("method") == "exact":
        return frozenset()
    loose = ("backup_share", "busy_share", "people_share")
    why = (
        "A simulation counts officers' time while it runs, and an approximation gives it by a formula; flows determine it for the exact method alone. "
        "A shift's busy share is held against its calls or a second seed."
    )
    ledger.unchecked("service.shares", f"{', '.join(loose)} of the week, shifts, beats and officers", why)
    return frozenset(loose)


def _newer_keys(ledger: Ledger, claims: Claims, rules: Mapping[str, object], written: int) -> frozenset[str]:
    """Return what a service of an older version does not tell, as it came later; each is listed as not checked."""
    claimed = [*list_of(claims, "shifts"), *list_of(claims, "periods")]
    lacks = {key for key in ("calls_an_hour", "relief_factor") if any(key not in shift for shift in claimed)}
    if "pattern" not in claims and section_of(rules, "service").get("pattern"):
        lacks.add("pattern")
    rows = list(section_of(claims, "beats").values())
    lacks |= {f"beats.{k}" for k in ("calls_a_week", "duty_hours_a_week") if any(k not in row for row in rows)}
    if not lacks or written >= SINCE:
        return frozenset()
    why = f"The result was written by an older version of the program (results of version {written}), which did not tell of them."
    ledger.unchecked("service.newer_keys", ", ".join(sorted(lacks)), why)
    return frozenset(lacks)


def _away_of_own(claims: Claims, periods: list[Period], written: int) -> float | None:
    """Return the share of duty that officers of beats are away by the flows; older results counted cars that beats share among them."""
    if not is_number(claims.get("away_share")):
        return None
    if written < SINCE_OWN:
        return float(claims["away_share"])
    away = duty = 0.0
    for p in periods:
        posted = np.array([b is not None for b in p.of], bool)
        duty += float(posted.sum()) * p.hours
        away += float((p.work * ~p.own)[posted].sum()) * p.hours
    return away / duty if duty > 0 else None


def _abstraction(
    ledger: Ledger, claims: Claims, summary: Claims, evidence: Evidence | None, counted: float | None
) -> None:
    """Check the share of the time away from the beat, assumed and counted, and the officers that the workload asks for by each."""
    away, share = claims.get("abstraction"), section_of(summary, "workload").get("abstraction")
    rules = section_of(summary, "rules")
    used = section_of(rules, "workload").get("abstraction")
    if share is not None:
        # the share that the officers were worked out with is the one in the rules; what the workload assumed is told beside it
        asked = section_of(rules, "service").get("abstraction") == "counted"
        right = asked and same(share.get("used"), used, 1e-9, 1e-12)
        ledger.add("service.abstraction.used", right, f"{used} in the rules", share.get("used"))
    if not away:
        ledger.add("service.abstraction", counted is None, "nothing", "nothing, where nothing is counted")
        return
    assumed = used if share is None else share.get("assumed")
    rows = [("counted", away.get("counted"), counted), ("assumed", away.get("assumed"), assumed)]
    if evidence is not None and evidence.beats is not None and counted is not None:
        work = evidence.rules.workload
        by_count = work.model_copy(update={"abstraction": min(counted, 0.99)})
        by_guess = work.model_copy(update={"abstraction": assumed})
        for key, section in (("assumed", by_guess), ("counted", by_count), *([("used", work)] if share else [])):
            by_share = replace(evidence, rules=evidence.rules.model_copy(update={"workload": section}))
            needed = float(officers_of(by_share).sum())
            rows.append((f"officers required as {key}", away.get(f"officers_required_{key}"), needed))
    if share is not None:
        rows += [("used", away.get("used"), used), ("rounds", away.get("rounds"), share.get("rounds"))]
        agrees = is_number(used) and counted is not None and abs(float(used) - counted) <= SAME_SHARE
        ledger.add("service.abstraction.agrees", away.get("agrees") is agrees, agrees, away.get("agrees"))
    ledger.pairs("service.abstraction", "as in the rules and the figures of the week", rows, "figures")


def _least_minutes(ledger: Ledger, beats: Mapping[str, object], method: str, minutes: float) -> None:
    """Check what redrawing for the least minutes says of the beats that it led to; those before are gone."""
    claimed = section_of(beats, "least_minutes")
    if claimed.get("status") != "sought":
        return
    # another method, such as a simulation, gives other minutes
    rows = [("minutes", claimed["minutes"], minutes)] if claimed["method"] == method else []
    rows += [(key, claimed[key], beats[key]) for key in ("max_deviation", "objective")]
    ledger.pairs("service.least_minutes", "what was redrawn is the plan", rows, "figures")
    ledger.unchecked(
        "service.least_minutes.before",
        "minutes, balance and goal before the beats were redrawn",
        "Those beats are not kept.",
    )


def _shift(
    ledger: Ledger,
    shift: Claims,
    claims: Claims,
    read: dict[str, pd.DataFrame],
    beat: dict[Any, Any],
    units: list[str],
) -> tuple[Period, bool]:
    """Check the flows of one shift; return them, and whether its waits were found anew."""
    name = str(shift.get("name"))
    calls, servers, minutes, flows = (
        t[t["shift"] == name] for t in (read[CALLS], read[SERVERS], read[MINUTES], read[FLOWS])
    )
    ids = [str(s) for s in servers["server"]]
    rate = dict(zip(calls["unit"], calls["per_hour"].astype(float), strict=True))
    way = {(s, u): float(m) for s, u, m in zip(minutes["server"], minutes["unit"], minutes["minutes"], strict=True)}
    flow = {(s, u): float(f) for s, u, f in zip(flows["server"], flows["unit"], flows["per_hour"], strict=True)}
    of = {s: b if isinstance(b, str) else None for s, b in zip(ids, servers["beat"], strict=True)}
    answered, total = sum(flow.values()), sum(rate.values())
    numbered = [c for c in calls.columns if c.startswith("calls_for_")]
    together = calls.set_index("unit").loc[units, numbered].to_numpy(float) if numbered else None
    steady = bool(ids) and (bool(flow) or total <= 0)
    period = Period(
        name=name,
        shifts=tuple(shift.get("shifts", [name])),
        hours=float(shift["hours_a_week"]),
        servers=tuple(ids),
        of=tuple(of[s] for s in ids),
        beat=np.array([beat[u] for u in units], dtype=object),
        rate=np.array([rate[u] for u in units]),
        flow=np.array([[flow.get((s, u), 0.0) for u in units] for s in ids]).reshape(len(ids), len(units)),
        minutes=np.array([[way[s, u] for u in units] for s in ids]).reshape(len(ids), len(units)),
        scene=float(calls["minutes_on_scene"].iloc[0]),
        travel_counts=bool(claims.get("travel_counts")),
        steady=steady,
        lost=float(shift.get("lost_share") or 0.0) if steady else 0.0 if ids else 1.0,
        wait=float(shift.get("wait_share") or 0.0),
        wait_minutes=float(shift.get("mean_wait_minutes") or 0.0),
        backed=None,
        together=together,
        by_number=_by_number(shift, together) if steady else None,
    )
    if together is not None:
        asked = together @ np.arange(1, together.shape[1] + 1)
        ledger.add(
            f"service.{name}.together",
            bool(np.allclose(asked, period.rate, rtol=1e-6, atol=1e-9)),
            "each call asks for as many officers as it needs",
            f"{amount_text(asked.sum(), 6)} of {amount_text(period.rate.sum(), 6)} requests an hour",
        )
    if not steady or not flow:
        return period, True
    method = claims.get("method")
    loose = 0.01 if method == "simulate" else 1e-6
    ledger.add(
        f"service.{name}.flows",
        abs(answered - total * (1 - period.lost)) <= loose * max(total, 1e-12),
        f"{amount_text(total * (1 - period.lost), 6)} calls an hour are answered",
        amount_text(answered, 6),
    )
    if method == "simulate":
        second_seed(
            ledger,
            shift,
            int(claims.get("seed") or 0),
            own=period.own,
            minutes=period.minutes,
            rate=period.rate,
            scene=period.scene,
            travel_counts=period.travel_counts,
            waits=claims.get("queue") != "lost",
            together=together,
        )
    else:
        busy = float(period.work.sum()) / len(ids)
        rows = [("busy_share", shift["busy_share"], busy), ("people_share", shift["people_share"], 1 - busy)]
        ledger.pairs(f"service.{name}.busy", "officers are busy with the calls that they answer", rows, "figures")
    most = MOST_EXACT if together is None else MOST_TOGETHER
    if method == "exact" and len(ids) <= most:
        return _solve_anew(ledger, shift, period, units, claims), True
    why = f"more than {most} officers" if method == "exact" else f"the method “{method}”"
    ledger.unchecked(
        f"service.{name}.equations",
        "the flows solve the balance equations",
        f"That is looked at for the exact method up to {most} officers; here it is {why}.",
    )
    if method != "simulate":
        _of_units(ledger, period, units)
    return period, False


def _by_number(shift: Mapping[str, object], together: np.ndarray | None) -> np.ndarray | None:
    """Return what a shift says of the requests of calls that need one officer, two, and so on, (3, M)."""
    said = section_of(shift, "by_officers")
    if together is None or set(said) != {str(k + 1) for k in range(together.shape[1])}:
        return None
    keys = ("wait_share", "lost_share", "mean_wait_minutes")
    return np.array([[float(said[str(k + 1)].get(key) or 0.0) for k in range(together.shape[1])] for key in keys])


def _of_units(ledger: Ledger, period: Period, units: list[str]) -> None:
    """Check that each unit's calls are answered, but for those that are lost."""
    answered, asked = period.flow.sum(axis=0), period.rate - period.fates[1]
    wrong = [
        f"{amount_text(found, 6)} of {amount_text(said, 6)} calls an hour are answered in {u}."
        for u, found, said in zip(units, answered, asked, strict=True)
        if not same(found, said, 1e-6, 1e-9)
    ]
    name = f"service.{period.name}.units"
    ledger.each(name, "each unit's calls are answered but for the lost ones", wrong, len(units), "units")


def _solve_anew(
    ledger: Ledger, shift: Mapping[str, object], period: Period, units: list[str], claims: Claims
) -> Period:
    """Check the flows by the balance equations; return the period with the waits, and with backup, that these have."""
    waits, n, name = claims.get("queue") != "lost", len(period.servers), period.name
    answered, work, rate = period.flow.sum(axis=1), period.work.sum(axis=1), period.rate
    speed = np.divide(answered, work, out=np.full(n, np.nan), where=work > 0)
    speed = np.where(np.isnan(speed), np.nanmean(speed), speed)
    # who is equally near but for rounding is asked by the order of ids
    order = np.lexsort((np.arange(n)[:, None] + 0.0 * period.minutes, period.minutes.round(6), ~period.own), axis=0)
    if period.together is not None:
        return _together_anew(
            ledger, shift, period, units, solve_together(period, order, speed, waits, _near(shift, claims))
        )
    states, total, first = np.arange(1 << n), float(rate.sum()), first_free(order)
    p, waiting, lost, mean_wait = queue_of_full(steady(first, rate, speed), total, speed, waits)
    again = answered_by(first, p, rate, speed, waiting)
    wrong: list[str] = []
    for k, u in enumerate(units):
        for i, s in enumerate(period.servers):
            said, found = period.flow[i, k], again[i, k]
            if not same(said, found, EXACT, EXACT * max(total, 1e-9)):
                wrong.append(
                    f"{s} answers {amount_text(said, 8)} calls an hour in {u}, and {amount_text(found, 8)} by the balance equations."
                )
    ledger.each(f"service.{name}.equations", "the flows solve the balance equations", wrong, n * len(units), "flows")
    period = replace(period, wait=waiting, wait_minutes=mean_wait, lost=lost)
    near = _near(shift, claims)
    if near is None:
        return period
    close = ((period.minutes <= near) * (1 << np.arange(n))[:, None]).sum(axis=0)
    others = close[None, :] & ~states[:-1, None] & ~(1 << first[:-1].astype(int))
    backed = rate * ((others != 0) * p[:-1, None]).sum(axis=0)
    rows = [("backup_share", shift["backup_share"], float(backed.sum()) / float(period.flow.sum()))]
    ledger.pairs(f"service.{name}.backup", "another is free near enough", rows, "figures")
    return replace(period, backed=backed)


def _near(shift: Mapping[str, object], claims: Claims) -> float | None:
    """Return the minutes within which another officer is near, where the shift tells how often one is."""
    return None if shift.get("backup_share") is None else claims.get("backup_minutes")


def _together_anew(
    ledger: Ledger,
    shift: Mapping[str, object],
    period: Period,
    units: list[str],
    found: tuple[np.ndarray, np.ndarray, np.ndarray | None],
) -> Period:
    """Check the flows of a shift whose calls need one or several officers; return the period with what the equations have."""
    flow, fates, backed = found
    name, scale = period.name, max(float(period.rate.sum()), 1e-9)
    wrong = [
        f"{s} answers {amount_text(period.flow[i, k], 8)} calls an hour in {u}, and {amount_text(flow[i, k], 8)} by the balance equations."
        for k, u in enumerate(units)
        for i, s in enumerate(period.servers)
        if not same(period.flow[i, k], flow[i, k], EXACT, EXACT * scale)
    ]
    ledger.each(f"service.{name}.equations", "the flows solve the balance equations", wrong, flow.size, "flows")
    keys = ("wait_share", "lost_share", "mean_wait_minutes")
    said = section_of(shift, "by_officers")
    rows = [
        (f"{key} of calls for {k + 1}", section_of(said, str(k + 1)).get(key), float(fates[r, k]))
        for r, key in enumerate(keys)
        for k in range(fates.shape[1])
    ]
    ledger.pairs(f"service.{name}.by_officers", "as by the balance equations", rows, "figures")
    if backed is not None:
        share = float(backed.sum()) / float(period.flow.sum())
        ledger.pairs(
            f"service.{name}.backup",
            "another is free near enough",
            [("backup_share", shift["backup_share"], share)],
            "figures",
        )
    return replace(period, by_number=fates, backed=backed)


def _proposal(ledger: Ledger, claims: Claims, rules: Mapping[str, object]) -> None:
    """Check a proposal's sums, and that what it says it keeps is what was asked for."""
    found = claims.get("proposal")
    if not found:
        return
    wrong: list[str] = []
    standard = found["standard"]
    asked = section_of(section_of(rules, "service"), "standard")
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
    if found["posts"] is not None and any("relief_factor" not in shift for shift in claims["shifts"]):
        why = "The shifts do not tell how many posts keep one officer on duty."
        ledger.unchecked("service.proposal.posts", "posts of the officers proposed", why)
    elif found["posts"] is not None:
        wrong += [
            f"{b} needs {amount_text(p, 6)} posts, not {found['posts'].get(b)}."
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
