"""Details of the officers in ``summary.json`` and in the tables of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from beatplanner.data.formats.frames import records
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.ledger import RELAXED, Ledger, is_number, missing, text
from beatplanner.planning.verification.personnel import beat_today
from beatplanner.planning.verification.tenures import couples_of, months_served

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


# Names of hard rules on postings.
BREACHES = (
    "again",
    "allowed",
    "available",
    "capacity",
    "couple",
    "frozen",
    "half",
    "handover",
    "maximum",
    "moves",
    "notice",
    "often",
    "short",
    "twice",
    "wish",
)
# Those of a beat and nobody's; those of the month in which a posting begins; and those of a month within one.
OF_BEATS = ("capacity", "half", "handover")
BEGINS = ("again", "allowed", "available", "notice", "often", "short", "twice", "wish")
SERVES = ("couple", "maximum")


def check_officer_details(ledger: Ledger, evidence: Evidence) -> None:
    """Check what the summary and the tables say of officers beside the main figures."""
    claims, rules, tables = evidence.summary.get("officers"), evidence.rules.officers, evidence.tables
    if not is_dict(claims):
        if tables.assignments is not None:
            ledger.add(
                "officers",
                False,
                "nothing",
                f"{len(tables.assignments)} postings",
                "plan.gpkg has postings, but the summary does not tell of them.",
            )
        return
    if tables.roster is None and tables.assignments is not None and rules is not None:
        ledger.unchecked(
            "officers",
            "officers",
            "The roster is not beside the plan (people.gpkg), so postings cannot be held against it.",
        )
        return
    if tables.assignments is None or tables.roster is None or rules is None:
        ledger.add(
            "officers",
            False,
            "officers",
            "no postings",
            "The summary tells of officers, but plan.gpkg or the rules do not.",
        )
        return
    ledger.number("officers.officers", claims.get("officers"), len(tables.roster))
    broken = claims.get("broken_rules")
    sound = is_list(broken) and all(is_dict(r) and r.get("rule") in BREACHES for r in broken)
    # a plan that breaks none of them is no relaxed one
    sound = sound and bool(broken) == (claims.get("status") in RELAXED)
    ledger.add("officers.broken_rules", sound, str(broken), "rules by name, only where they cannot be kept")
    if sound and broken:
        wrong = [why for row in broken for why in _row_of_broken(evidence, row)]
        ledger.each("officers.broken_rows", "officers, beats and months of broken rules", wrong, len(broken), "rows")
    ledger.number("officers.months", claims.get("months"), 12 * rules.years)
    if "special_posts" in claims and evidence.town is not None:
        given = evidence.town.special_posts
        said = [tuple(map(str, row.values())) for row in claims["special_posts"]]
        found = [] if given is None else [tuple(map(str, row.values())) for row in records(given)]
        ledger.add("officers.special_posts_listed", said == found, str(said), str(found))
    today, kept = claims.get("relationship_years_today"), claims.get("relationship_years_kept")
    lines = claims.get("relationship_years_lost_by_lines")
    if lines is not None:
        ledger.number("officers.relationship_years_lost_by_lines", lines, _lost_by_lines(evidence))
        moves = claims.get("relationship_years_lost_by_moves")
        if all(is_number(v) for v in (today, kept, lines)):
            left = float(today) - float(kept) - float(lines)  # type: ignore[arg-type]
            # each has twelve digits, which is all that their difference can tell
            if is_number(moves) and abs(left - float(moves)) <= 2e-11 * abs(float(today)):  # type: ignore[arg-type]
                left = float(moves)
            ledger.number("officers.relationship_years_lost_by_moves", moves, left)
    wrong = _posts(evidence)
    ledger.each("assignments.post", "numbered from 1", wrong, len(tables.assignments), "postings")


def _row_of_broken(evidence: Evidence, row: Claims) -> list[str]:
    """Return what cannot be so of the officer, beat and month that are told of a broken rule."""
    rules, tables, beats = evidence.rules.officers, evidence.tables, evidence.beats
    assert rules is not None and tables.assignments is not None and tables.roster is not None and beats is not None
    if set(row) != {"rule", "officer", "beat", "month"}:
        return [f"The row of “{row['rule']}” tells of {', '.join(map(str, row))}."]
    days = [(pd.Timestamp(rules.start) + pd.DateOffset(months=m)).date().isoformat() for m in range(12 * rules.years)]
    rule, officer, beat, month = row["rule"], row["officer"], row["beat"], row["month"]
    claimed = f"“{rule}” for {officer or 'nobody'} in {beat or 'no beat'} in {month}"
    wanted: tuple[Any, Any] = (
        (None, None) if rule == "moves" else (None, str) if rule in OF_BEATS else (officer and str, str)
    )
    if rule == "frozen" and beat is None:
        wanted = (officer and str, None)  # leave was promised, and no beat
    if (officer and type(officer), beat and type(beat)) != wanted:
        return [f"{claimed}: the rule is one of {'all' if rule == 'moves' else 'a beat' if officer else 'an officer'}."]
    known = {str(o) for o in tables.roster["officer"]}
    if month not in days or (officer and officer not in known) or (beat and beat not in set(beats["beat"])):
        return [f"{claimed}: no month, officer or beat of the plan."]
    rows = [
        (str(r["officer"]), str(text(r["beat"])), str(r["start"]), str(r["end"])) for r in records(tables.assignments)
    ]
    here = [r for r in rows if r[1] == beat and r[2] <= month < r[3]]
    mine = [r for r in here if r[0] == officer]
    # who is taken over from the pool has no posting of their own
    if officer and rule in BEGINS and not any(r[2] == month for r in mine):
        return [f"{claimed}: the officer does not begin there then."]
    if officer and rule in SERVES and not mine:
        return [f"{claimed}: the officer does not serve there then."]
    if rule == "couple" and not any((min(officer, r[0]), max(officer, r[0])) in _couples(evidence) for r in here):
        return [f"{claimed}: nobody whom the officer must not serve with is there then."]
    return []


def _couples(evidence: Evidence) -> set[tuple[str, str]]:
    """Return the pairs of officers who must not share a beat, each in the order of their names."""
    pairs = couples_of({str(r["officer"]): r for r in records(evidence.tables.roster)})  # type: ignore[arg-type]
    return {(min(p), max(p)) for p in pairs}


def _lost_by_lines(evidence: Evidence) -> float:
    """Return the residents × years that new lines cost: who lives neither where the officer's beat goes on nor where the officer serves then."""
    rules, tables, beats, units = evidence.rules.officers, evidence.tables, evidence.beats, evidence.units
    assert rules is not None and tables.roster is not None and tables.assignments is not None and beats is not None
    first = tables.assignments[tables.assignments["start"].astype(str) == rules.start.isoformat()]
    serves = dict(zip(first["officer"].astype(str), as_text(first["beat"]), strict=True))
    people = units["population"].fillna(1.0).to_numpy(float)
    now, before = units["beat"].to_numpy(object), units["current"].to_numpy(object)
    lost = 0.0
    for row in records(tables.roster):
        inside = before == text(row["beat"])
        if text(row["beat"]) is None or not inside.any():
            continue
        heir, mine = beat_today(row, evidence, list(beats["beat"])), serves.get(str(row["officer"]))
        lost += months_served(row, [rules.start]) / 12 * float(people[inside & (now != heir) & (now != mine)].sum())
    return lost


def _posts(evidence: Evidence) -> list[str]:
    """Return where posts are not numbered 1, 2, …: two at once in one, or a number above the posts and those who overlap."""
    table, beats = evidence.tables.assignments, evidence.beats
    assert table is not None and beats is not None
    wrong: list[str] = []
    number = {str(text(b)): int(p) for b, p in zip(beats["beat"], beats["posts"], strict=True)}
    for beat, rows in table.assign(key=as_text(table["beat"])).groupby("key"):
        held = [(str(r["start"]), str(r["end"]), -1 if missing(r["post"]) else int(r["post"])) for r in records(rows)]
        at_once = max(sum(a <= s < e for a, e, _ in held) for s, _, _ in held)
        most = max(number.get(str(beat), 0), at_once)
        numbers = sorted({p for *_, p in held})
        if numbers[0] < 1 or numbers[-1] > most or (number.get(str(beat), 0) == 1 and numbers[0] != 1):
            wrong.append(
                f"Posts of {evidence.beat_name(beat)} are numbered {', '.join(map(str, numbers))}, and there are {most}."
            )
    return wrong
