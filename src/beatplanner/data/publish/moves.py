"""Why each officer begins in a beat, from the plan's tables: the personnel office's answer to whoever is moved."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import pandas as pd

from beatplanner.data.formats.frames import Row, day_of, records
from beatplanner.data.result.plan_tables import PlanTables

NO_MORE = "beat {beat} exists no more"
LONGEST = "maximum tenure of {months} months in beat {beat} reached"
LEAVES_FORCE, MOVES_ON = "succeeds {officer}, who leaves the force", "succeeds {officer}, who moves"
ORDERED, FIRST, NEEDED, STARTS, FILLS = (
    "ordered",
    "first post",
    "needed more elsewhere",
    "the beat starts",
    "fills an empty post",
)
# What a reason is made of: the catalogues have each.
REASONS = (NO_MORE, LONGEST, LEAVES_FORCE, MOVES_ON, ORDERED, FIRST, NEEDED, STARTS, FILLS)
Reason = tuple[str, dict[str, object]]


# `from` is a word of the language, so that this is not written as a class
Move = TypedDict(
    "Move",
    {
        "officer": str,
        "from": str,
        "to": str,
        "on": str,
        "reason": str,
        "reasons": list[Reason],
        "years": float | None,
        "junior_stays": bool | None,
    },
)


def posting_changes(tables: PlanTables) -> list[Move]:
    """Return every posting that does not go on from today, by day and officer.

    Returns
    -------
    list of dict
        ``officer``, ``from`` and ``to`` (ids of beats, "" for none), ``on`` (ISO), ``reason`` in English words and ``reasons``, what it is made of: text of `REASONS` and its fields, ``years`` in the service where the roster says
        ``seniority`` (else None), and ``junior_stays``: somebody with fewer years stays in the beat that is left (None where not known).
    """
    assert tables.assignments is not None and tables.roster is not None and tables.beats is not None
    start = str(tables.summary["rules"]["officers"]["start"])
    longest = tables.summary["rules"]["officers"].get("max_tenure_months")
    roster = {str(r["officer"]): r for r in records(tables.roster)}
    known = {str(b) for b in tables.beats["beat"]}
    by_officer: dict[str, list[dict[str, object]]] = {}
    for r in records(tables.assignments.sort_values("start")):
        by_officer.setdefault(str(r["officer"]), []).append(r)
    found: list[Move] = []
    for officer, rows in by_officer.items():
        person = roster[officer]
        today = "" if person["beat"] is None else str(person["beat"])
        for i, r in enumerate(rows):
            on, to = str(r["start"])[:10], str(r["beat"])
            before = rows[i - 1] if i else None
            left = str(before["beat"]) if before else today
            if on == start and to == today:
                continue
            reasons = [
                _leaving(person, before, left, today, on, start, known, longest),
                *_coming(tables, r, on, roster, start),
            ]
            found.append(
                {
                    "officer": officer,
                    "from": left,
                    "to": to,
                    "on": on,
                    "reason": "; ".join(text.format(**fields) for text, fields in reasons),
                    "reasons": reasons,
                    "years": _years(person, on),
                    "junior_stays": _junior_stays(tables, roster, person, left, on) if left else None,
                }
            )
    return sorted(found, key=lambda m: (m["on"], m["officer"]))


def _leaving(
    person: Row, before: Row | None, left: str, today: str, on: str, start: str, known: set[str], longest: int | None
) -> Reason:
    """Say why the beat before is left."""
    ordered = person.get("ordered_on")
    if ordered and str(ordered)[:10] == on:
        return ORDERED, {}
    if not left:
        return FIRST, {}
    if not before and today not in known:
        return NO_MORE, {"beat": today}
    if longest is not None and before:
        since = pd.Timestamp(
            person["since"]
            if str(before["beat"]) == today and str(before["start"])[:10] == start and person["since"]
            else before["start"]
        )
        if since + pd.DateOffset(months=longest) <= pd.Timestamp(on):
            return LONGEST, {"months": longest, "beat": left}
    return NEEDED, {}


def _coming(tables: PlanTables, r: Row, on: str, roster: dict[str, Row], start: str) -> list[Reason]:
    """Say what waits in the beat that is taken; nothing where its posts are all held by who is there already."""
    assert tables.assignments is not None and tables.beats is not None
    beat = str(r["beat"])
    post: int = r["post"]
    starts = (
        dict(zip(tables.beats["beat"].astype(str), tables.beats["starts"], strict=True))
        if "starts" in tables.beats
        else {}
    )
    if starts.get(beat) and str(starts[beat])[:10] == on and on != start:
        return [(STARTS, {})]
    earlier = tables.assignments[
        (tables.assignments["beat"].astype(str) == beat)
        & (tables.assignments["post"] == post)
        & (tables.assignments["start"].astype(str) < on)
    ]
    mine = earlier.sort_values("end")
    if not len(mine):
        return [] if _full(tables, beat, on, start, roster) else [(FILLS, {})]
    last = mine.iloc[-1]
    if str(last["end"])[:10] < on:
        return [(FILLS, {})]
    leaves = roster[str(last["officer"])].get("leaves_on")
    if leaves and str(leaves)[:10] <= (day_of(last["end"]) + dt.timedelta(days=31)).isoformat():
        return [(LEAVES_FORCE, {"officer": last["officer"]})]
    return [(MOVES_ON, {"officer": last["officer"]})]


def _full(tables: PlanTables, beat: str, on: str, start: str, roster: dict[str, Row]) -> bool:
    """Tell whether those who were in a beat before a day, and are there on it, hold all of its posts."""
    assert tables.assignments is not None and tables.beats is not None
    there = tables.assignments[
        (tables.assignments["beat"].astype(str) == beat)
        & (tables.assignments["start"].astype(str) <= on)
        & (tables.assignments["end"].astype(str) > on)
    ]
    before = [
        str(r["start"]) < on or (on == start and str(roster[str(r["officer"])]["beat"]) == beat) for r in records(there)
    ]
    posts = tables.beats["posts"][tables.beats["beat"].astype(str) == beat]
    return sum(before) >= int(posts.iloc[0])


def _years(person: Row, on: str) -> float | None:
    since = person.get("seniority")
    return None if since is None or since != since else round((pd.Timestamp(on) - pd.Timestamp(since)).days / 365.25, 1)


def _junior_stays(tables: PlanTables, roster: dict[str, Row], person: Row, left: str, on: str) -> bool | None:
    """Tell whether somebody with fewer years of service goes on in the beat that is left."""
    mine = _years(person, on)
    if mine is None:
        return None
    assert tables.assignments is not None
    there = tables.assignments[
        (tables.assignments["beat"].astype(str) == left)
        & (tables.assignments["start"].astype(str) <= on)
        & (tables.assignments["end"].astype(str) > on)
    ]
    others = [_years(roster[str(o)], on) for o in there["officer"]]
    return any(y is not None and y < mine for y in others)
