"""Checks of what a personnel office adds: temporary postings from the pool, months of notice, hardship, appeals and the way from home."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import Row, records
from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, date_of, day_text, is_number, missing, text, whole_months

# The rows of the roster by officer; postings as officer, place of the beat, first month and the one after the last.
Roster = dict[str, Row]
Posted = list[tuple[str, int, int, int]]


def days_away(row: Row) -> list[tuple[dt.date, dt.date]]:
    """Return the spans in which an officer is away, half-open: sickness, and those of the column ``time_off``."""
    found: list[tuple[dt.date, dt.date]] = []
    off, back = date_of(row.get("absent_from")), date_of(row.get("absent_until"))
    if off and back:
        found.append((off, back))
    for part in (text(row.get("time_off")) or "").split(";"):
        if part.strip():
            first, last = part.strip().split(" ")[0].split("..")
            found.append((dt.date.fromisoformat(first), dt.date.fromisoformat(last)))
    return found


def wishes_of(row: Row) -> list[str]:
    """Return the beats that an officer prefers, the dearest first."""
    return [w for w in (text(row.get("prefers")) or "").split(";") if w]


def beat_today(row: Row, evidence: Evidence, beats: list[str]) -> str | None:
    """Return the beat of the plan that an officer serves at the start: today's, or where most of its residents are now."""
    today = text(row.get("beat"))
    if today is None or today in beats:
        return today
    units = evidence.units[(evidence.units["current"] == today).to_numpy()]
    if not len(units):
        return None
    people = (
        units["population"].fillna(1.0) if evidence.units["population"].notna().all() else pd.Series(1.0, units.index)
    )
    shares = people.groupby(units["beat"].astype(str)).sum()
    return str(shares.idxmax())


def month_of_end(row: Row, days: list[dt.date]) -> int:
    """Return the month in which an officer's own posting ends at the latest; 0 for the pool, who hold none."""
    leaves, months = date_of(row.get("leaves_on")), len(days) - 1
    if read_truth(row.get("pool")):
        return 0  # holds no post of their own
    return months if leaves is None else max(0, min(months, bisect_right(days, leaves) - 1))


def month_ready(row: Row, days: list[dt.date], training: int) -> int:
    """Return the first month in which an officer may take a post."""
    joins, trained = date_of(row.get("joins_on")), date_of(row.get("trained_on"))
    if trained is None and joins is not None:
        trained = (pd.Timestamp(joins) + pd.DateOffset(months=training)).date()
    day = max([d for d in (joins, trained) if d], default=None)
    return 0 if day is None else bisect_left(days[:-1], day)


def with_standins(
    ledger: Ledger,
    evidence: Evidence,
    postings: Posted,
    roster: Roster,
    at_work: dict[str, np.ndarray],
    days: list[dt.date],
    beats: list[str],
):
    """Check the temporary postings, and return postings, roster and months at work with an officer of its own for each.

    Parameters
    ----------
    postings, roster, at_work, days, beats
        As in `officers.check_officers`.

    Returns
    -------
    tuple
        The three with the stand-ins behind; as they are where there is no pool.
    """
    table = evidence.tables.cover
    pool = {o for o, row in roster.items() if read_truth(row.get("pool"))}
    claims = evidence.summary["officers"].get("cover")
    if not pool and table is None and claims is None:
        return postings, roster, at_work
    wrong = [f"{o} is of the pool and holds a post of their own." for o, *_ in postings if o in pool]
    month = {day.isoformat(): m for m, day in enumerate(days)}
    rules, count = evidence.rules.officers, 0
    assert rules is not None
    postings, roster, at_work = [*postings], {**roster}, {**at_work}
    taken: dict[str, set[int]] = {}
    covered: dict[str, set[int]] = {}
    rows = [] if table is None else records(table)
    for k, r in enumerate(rows):
        who, whom, beat = str(r["officer"]), str(r["for_officer"]), text(r["beat"])
        a, z = month.get(day_text(r["start"])), month.get(day_text(r["end"]))
        if who not in pool or whom not in at_work or beat not in beats or a is None or z is None or a >= z:
            wrong.append(f"“{who}” for “{whom}” in “{beat}”: no one of the pool, of the roster, no beat or no months.")
            continue
        b, span, row = beats.index(beat), set(range(a, z)), roster[who]
        joins, trained, leaves = (date_of(row.get(c)) for c in ("joins_on", "trained_on", "leaves_on"))
        if trained is None and joins is not None:
            trained = (pd.Timestamp(joins) + pd.DateOffset(months=rules.training_months)).date()
        ready = max((d for d in (joins, trained) if d), default=None)
        if (ready and days[a] < ready) or (leaves and days[z] > leaves) or not at_work[who][a:z].all():
            wrong.append(f"{who} stands in for {whom} from {days[a]}, and is not there.")
        if at_work[whom][a:z].any():
            wrong.append(f"{who} stands in for {whom} from {days[a]}, who is at work.")
        if not any(o == whom and c == b and s <= a and z <= e for o, c, s, e in postings):
            wrong.append(f"{who} stands in for {whom}, who holds no post in {evidence.beat_name(beat)} then.")
        if span & taken.setdefault(who, set()):
            wrong.append(f"{who} stands in for two at once from {days[a]}.")
        if span & covered.setdefault(whom, set()):
            wrong.append(f"{whom} has two stand-ins at once from {days[a]}.")
        taken[who] |= span
        covered[whom] |= span
        count += len(span)
        name = f"\0{k} {who}"
        roster[name] = {
            **row,
            "pool": None,
            "beat": None,
            "since": None,
            "joins_on": None,
            "trained_on": days[a].isoformat(),
            "leaves_on": days[z].isoformat(),
            "ordered_on": days[a].isoformat(),
            "x": np.nan,
            "y": np.nan,
            "prefers": None,
            "not_with": None,
            "absent_from": None,
            "time_off": None,
        }
        at_work[name] = np.ones(len(days) - 1, bool)
        postings.append((name, b, a, z))
    ledger.each("cover.rows", "stand-ins of the pool for holders who are away", wrong, len(rows), "temporary postings")
    if is_dict(claims):
        ledger.number("officers.cover.pool", claims.get("pool"), len(pool))
        ledger.number("officers.cover.covered_months", claims.get("covered_months"), count)
        away = _away(evidence, {o: r for o, r in roster.items() if not o.startswith("\0")}, at_work, days, beats)
        ledger.number("officers.cover.away_months", claims.get("away_months"), away)
    else:
        ledger.add("officers.cover", False, "nothing", f"{len(pool)} of the pool")
    return postings, roster, at_work


def _away(
    evidence: Evidence, roster: Roster, at_work: dict[str, np.ndarray], days: list[dt.date], beats: list[str]
) -> int:
    """Count the months in which today's holders are away while they are in the force."""
    rules, total = evidence.rules.officers, 0
    assert rules is not None
    for officer, row in roster.items():
        today, home = text(row.get("beat")), beat_today(row, evidence, beats)
        if read_truth(row.get("pool")) or home not in beats:
            continue
        if today not in beats and month_ready(row, days, rules.training_months) > 0:
            continue
        total += int((~at_work[officer][: month_of_end(row, days)]).sum())
    return total


def check_limits(
    ledger: Ledger, evidence: Evidence, postings: Posted, roster: Roster, beats: list[str], days: list[dt.date]
) -> None:
    """Check that nobody is moved in the months of notice, against hardship or an upheld appeal, or too far from home."""
    rules = evidence.rules.officers
    assert rules is not None and evidence.beats is not None
    units, claimed = evidence.units, list_of(evidence.summary["officers"], "broken_rules")
    said = {(str(r.get("rule")), str(r.get("officer"))) for r in claimed}
    excused = {(str(r.get("officer")), str(r.get("beat"))) for r in claimed if r.get("rule") == "allowed"}
    place = {u: (x, y) for u, x, y in zip(units["unit"], units["x"], units["y"], strict=True)}
    kept: list[str] = []
    far: list[str] = []
    early: list[tuple[str, str]] = []
    limited = 0
    for officer, b, a, _ in postings:
        row = roster[officer]
        today, home = text(row.get("beat")), beat_today(row, evidence, beats)
        stays = a == 0 and beats[b] == home
        if stays or officer.startswith("\0"):
            continue
        wishes = wishes_of(row)
        if (read_truth(row.get("hardship")) or text(row.get("appeal")) == "upheld") and (today is not None or wishes):
            limited += 1
            if beats[b] not in wishes and (officer, str(beats[b])) not in excused:
                why = "an upheld appeal" if text(row.get("appeal")) == "upheld" else "hardship"
                kept.append(f"{officer} is moved to {evidence.beat_name(beats[b])} against {why}.")
        if rules.max_home_km is not None and is_number(row.get("x")) and is_number(row.get("y")):
            x, y = place[evidence.beats["centre_unit"].iat[b]]
            km = float(np.hypot(row["x"] - x, row["y"] - y)) / 1000
            if km > rules.max_home_km + 1e-9 and (officer, str(beats[b])) not in excused:
                far.append(f"{officer} is moved {km:.1f} km from home, to {evidence.beat_name(beats[b])}.")
        most = len(days) - 1
        if rules.max_tenure_months is not None:
            since = date_of(row.get("since"))
            most = max(0, rules.max_tenure_months - (whole_months(since, days[0]) if since else 0))
        if rules.notice_months and home in beats and a < min(rules.notice_months, most, len(days) - 1):
            early.append(
                (officer, f"{officer} is moved to {evidence.beat_name(beats[b])} on {days[a]}, within the notice.")
            )
    if any(read_truth(r.get("hardship")) or text(r.get("appeal")) == "upheld" for r in roster.values()):
        ledger.each("officers.hardship", "nobody is moved against hardship or an upheld appeal", kept, limited, "moves")
    if rules.max_home_km is not None:
        ledger.each(
            "officers.max_home_km", f"moves end within {rules.max_home_km:g} km of home", far, len(postings), "postings"
        )
    apart = {
        o
        for o, row in roster.items()
        for q in (text(row.get("not_with")) or "").split(";")
        for o in (o, q)
        if q in roster and beat_today(row, evidence, beats) == beat_today(roster[q], evidence, beats)
    }
    if "starts" in evidence.beats and rules.published is None:
        free = apart | {who for _, who in said}
        _check_waiting(ledger, evidence, postings, {o: r for o, r in roster.items() if o not in free}, beats, days)
    if rules.notice_months:
        known = {officer for rule, officer in said if rule in ("frozen", "notice")}
        found = {officer for officer, _ in early if officer not in apart}
        wrong = [what for officer, what in early if officer in found - known]
        strangers = {officer for rule, officer in said if rule == "notice"} - found
        wrong += [f"The summary says that {o} is moved within the notice, which is not so." for o in sorted(strangers)]
        ledger.each(
            "officers.notice",
            f"nobody is moved in the first {rules.notice_months} months",
            wrong,
            len(postings),
            "postings",
        )


def _check_waiting(
    ledger: Ledger, evidence: Evidence, postings: Posted, roster: Roster, beats: list[str], days: list[dt.date]
) -> None:
    """Check that today's officers of a beat that starts later stay in it until then, but for a maximum tenure or an order."""
    wrong: list[str] = []
    rules, count = evidence.rules.officers, 0
    assert rules is not None and evidence.beats is not None
    months = len(days) - 1
    for officer, row in roster.items():
        home, today = beat_today(row, evidence, beats), text(row.get("beat"))
        if home not in beats or read_truth(row.get("pool")) or text(row.get("ordered_on")):
            continue
        if today not in beats and month_ready(row, days, rules.training_months) > 0:
            continue
        day = text(evidence.beats["starts"].iat[beats.index(home)])
        opens = months if day is None else next(k for k, d in enumerate(days) if d.isoformat() >= day[:10])
        until = min(opens, months, month_of_end(row, days))
        if rules.max_tenure_months is not None:
            since = date_of(row.get("since"))
            until = min(until, max(0, rules.max_tenure_months - (whole_months(since, days[0]) if since else 0)))
        count += until > 0
        if until > 0 and not any(
            o == officer and beats[b] == home and a == 0 and z >= until for o, b, a, z in postings
        ):
            wrong.append(f"{officer} leaves {evidence.beat_name(home)} before the beat starts.")
    ledger.each("officers.waiting", "today's officers stay until their beat starts", wrong, count, "officers")


def check_personnel(
    ledger: Ledger, evidence: Evidence, postings: Posted, roster: Roster, beats: list[str], days: list[dt.date]
) -> None:
    """Check ranks, supervisors, part time and appeals of the summary."""
    claims, rules = evidence.summary["officers"], evidence.rules.officers
    assert rules is not None and evidence.beats is not None
    columns: set[str] = set() if evidence.tables.roster is None else {str(c) for c in evidence.tables.roster.columns}
    people = list(roster.values())
    ranks: dict[str, int] = {}
    for row in people:
        if text(row.get("rank")):
            ranks[str(row["rank"])] = ranks.get(str(row["rank"]), 0) + 1
    if claims.get("ranks") is not None or ranks:
        ledger.add("officers.ranks", section_of(claims, "ranks") == ranks, str(claims.get("ranks")), str(ranks))
    if claims.get("supervision") is not None or (rules.span_of_control is not None and "rank" in columns):
        said = [
            [r["area"], r["officers"], r["supervisors"], r["needed"], r["missing"]]
            for r in list_of(claims, "supervision")
        ]
        found = _supervisors(evidence, postings, roster, beats, rules)
        ledger.add("officers.supervision", said == found, str(said), str(found))
    part = claims.get("part_time")
    shares = {o: 1.0 if missing(r.get("share")) else float(r["share"]) for o, r in roster.items()}
    if part is not None or min(shares.values(), default=1.0) < 1:
        lost = sum((z - a) * (1 - shares[o]) for o, _, a, z in postings)
        part = section_of(claims, "part_time")
        rows: list[tuple[str, Any, float]] = [("officers", part.get("officers"), sum(s < 1 for s in shares.values()))]
        rows.append(("months of full time", part.get("post_months_missing"), lost))
        ledger.pairs("officers.part_time", "part time", rows, "figures")
    found = {state: sum(text(r.get("appeal")) == state for r in people) for state in ("open", "upheld", "rejected")}
    if claims.get("appeals") is not None or any(found.values()):
        said = claims.get("appeals")
        ledger.add("officers.appeals", said == found, str(said), str(found))


def _supervisors(evidence: Evidence, postings: Posted, roster: Roster, beats: list[str], rules: Any) -> list[list[Any]]:
    def row(name: str, led: int, lead: int) -> list[Any]:
        needed = -(-led // rules.span_of_control)
        return [name, led, lead, needed, max(0, needed - lead)]

    assert evidence.beats is not None
    leads = {o for o, r in roster.items() if text(r.get("rank")) in rules.supervisor_ranks}
    here: set[str] = set()
    for o, r in roster.items():
        joins, leaves = date_of(r.get("joins_on")), date_of(r.get("leaves_on"))
        if (joins is None or joins <= rules.start) and (leaves is None or leaves > rules.start):
            here.add(o)
    # who leads, leads in one sector, or in one municipality where there are no sectors
    town = [str(m) for m in evidence.beats["sector" if "sector" in evidence.beats else "municipality"]]
    first = {o: town[b] for o, b, a, _ in postings if a == 0}
    found = [row("", sum(o not in leads for o in first), len(leads & here))]
    for name in sorted(set(town)) if len(set(town)) > 1 else []:
        mine = [o for o, m in first.items() if m == name]
        found.append(row(name, sum(o not in leads for o in mine), sum(o in leads for o in mine)))
    return found
