"""Tenures: how long officers stay, which postings are too short, and the longest minimum tenure that could be asked for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beatplanner.data.description.models import Officers
from beatplanner.data.formats.frames import Row
from beatplanner.data.narrowing import is_dict
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, date_of, text, whole_months
from beatplanner.planning.verification.personnel import Posted, Roster, beat_today, month_of_end, month_ready

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def months_served(row: Row, days: list[dt.date]) -> int:
    """Return the whole months that an officer has served in today's beat before the plan starts."""
    since = date_of(row.get("since"))
    return whole_months(since, days[0]) if since else 0


def couples_of(roster: dict[str, Row]) -> set[tuple[str, str]]:
    """Return the pairs of officers who must not share a beat."""
    order = {o: i for i, o in enumerate(roster)}
    return {
        (o, q) if order[o] < order[q] else (q, o)
        for o, row in roster.items()
        for q in str(text(row.get("not_with")) or "").split(";")
        if q in order and q != o
    }


def short_tenures(
    postings: Posted, roster: Roster, days: list[dt.date], beats: list[str], least: int, evidence: Evidence
) -> list[tuple[str, int, int, int]]:
    """Return the tenures that are cut short: officer, beat's position, first month away, months stayed."""
    found: list[tuple[str, int, int, int]] = []
    for officer, row in roster.items():
        home = beat_today(row, evidence, beats)
        last, served = month_of_end(row, days), months_served(row, days)
        mine = sorted((p for p in postings if p[0] == officer), key=lambda p: p[2])
        kept = [p for p in mine if beats[p[1]] == home and p[2] == 0]
        if home in beats and not kept and last > 0 and served < least:
            found.append((officer, beats.index(home), 0, served))
        for p in mine:
            stayed = p[3] - p[2] + (served if p in kept else 0)
            if p[3] < last and stayed < least:
                found.append((officer, p[1], p[3], stayed))
    return found


def tenure_figures(
    postings: Posted, roster: Roster, days: list[dt.date], beats: list[str], least: int, evidence: Evidence
) -> dict[str, float]:
    """Count broken tenures and rotations."""
    rotations = 0
    for officer, row in roster.items():
        home, today = beat_today(row, evidence, beats), text(row.get("beat"))
        mine = sorted((p for p in postings if p[0] == officer), key=lambda p: p[2])
        kept = [p for p in mine if beats[p[1]] == home and p[2] == 0]
        # a beat that carries on today's under another id is another beat
        rotations += (
            sum(p not in kept or beats[p[1]] != today for p in mine) if today is not None else max(0, len(mine) - 1)
        )
    broken = len(short_tenures(postings, roster, days, beats, least, evidence))
    return {"tenure_violations": float(broken), "rotations": float(rotations)}


def check_longest_tenure(
    ledger: Ledger,
    evidence: Evidence,
    claims: Claims,
    postings: Posted,
    roster: Roster,
    days: list[dt.date],
    beats: list[str],
    rules: Officers,
) -> None:
    """Check ``officers.longest_tenure``, told where tenures are broken.

    The least number of months that a broken tenure lasted is kept by all. Of two who serve in one beat today and must not share one, one leaves within the
    months of a handover, so that no tenure is kept that is longer than what either has served by then.
    """
    broken = short_tenures(postings, roster, days, beats, rules.min_tenure_months, evidence)
    longest = claims.get("longest_tenure")
    if not broken or not is_dict(longest):
        ledger.add(
            "officers.longest_tenure", not broken and longest is None, str(longest), "told where tenures are broken"
        )
        return
    ledger.number("officers.longest_tenure", longest.get("found"), min(stayed for *_, stayed in broken))
    # a key that is left out says nothing, not even that nothing is known
    claimed = longest.get("impossible_above", "left out")
    if rules.published is not None:
        why = "What a published plan leaves of couples is not computed anew."
        ledger.unchecked("officers.longest_tenure_above", str(claimed), why)
        return
    impossible = impossible_above(evidence, roster, days, beats, rules)
    ledger.add("officers.longest_tenure_above", claimed == impossible, str(claimed), str(impossible))


def impossible_above(
    evidence: Evidence, roster: Roster, days: list[dt.date], beats: list[str], rules: Officers
) -> int | None:
    """Return the months above which no minimum tenure can be kept, since two who must not share a beat do so today; None where nothing says so."""
    impossible, grace = None, max(1, rules.handover_months)
    for pair in couples_of(roster):
        rows = [roster[o] for o in pair]
        home = {_home(row, days, beats, rules, evidence) for row in rows}
        if len(home) == 1 and None not in home and all(month_of_end(row, days) > grace for row in rows):
            longest = max(months_served(row, days) for row in rows) + grace
            impossible = longest if impossible is None else min(impossible, longest)
    return impossible


def _home(row: Row, days: list[dt.date], beats: list[str], rules: Officers, evidence: Evidence) -> str | None:
    """Return the beat that an officer holds as the plan starts, None for none."""
    heir = beat_today(row, evidence, beats)
    if heir not in beats or (str(row.get("beat")) not in beats and month_ready(row, days, rules.training_months) > 0):
        return None
    return heir
