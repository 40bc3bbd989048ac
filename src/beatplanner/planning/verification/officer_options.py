"""Rules of officers that a description may add: pairs, rotation, changes that may not be, languages, classes."""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_left
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.description.models import Officers
from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import records
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, date_of, text
from beatplanner.planning.verification.officer_posts import against_claims, check_months, claimed_broken, serves_today
from beatplanner.planning.verification.personnel import Posted, Roster, beat_today, month_of_end, month_ready, wishes_of
from beatplanner.planning.verification.tenures import couples_of, months_served

if TYPE_CHECKING:
    import pandas as pd

# Months for which an ordered posting is fixed.
ORDER_MONTHS = 12


def check_options(
    ledger: Ledger,
    evidence: Evidence,
    postings: Posted,
    roster: Roster,
    asks: dict[tuple[str, int], str],
    beats: list[str],
    days: list[dt.date],
    rules: Officers,
    everybody: Roster,
) -> None:
    """Check special posts, maximum tenure, couples and the limits on moves and changes, where there are any.

    Where the summary says that such a rule is broken, it must be broken there and nowhere else.
    """
    months = len(days) - 1

    def check(
        rule: str,
        name: str,
        claim: str,
        found: dict[str, str],
        of: int,
        what: str,
        keys: tuple[str, ...] = ("officer",),
    ) -> None:
        against_claims(ledger, evidence, rule, name, claim, found, of, what, keys)

    _check_special_posts(ledger, asks, everybody, days)
    limit = rules.max_tenure_months
    if limit is not None:
        found: dict[str, str] = {}
        for officer, b, a, z in postings:
            row = roster[officer]
            kept = a == 0 and beat_today(row, evidence, beats) == beats[b]
            served = months_served(row, days) if kept else 0
            if z - a > (max(limit - served, rules.handover_months) if kept else limit):
                found[f"{officer} {beats[b]}"] = (
                    f"{officer} is in {evidence.beat_name(beats[b])} for {served + z - a} months."
                )
        claim = f"at most {limit} months in a post"
        check("maximum", "officers.max_tenure", claim, found, len(postings), "postings", ("officer", "beat"))
    apart = couples_of(roster)
    if apart:
        found, grace = {}, max(1, rules.handover_months)
        for o, q in sorted(apart):
            same = beat_today(roster[o], evidence, beats) == beat_today(roster[q], evidence, beats)
            low = grace if same and text(roster[o].get("beat")) else 0
            for p, r in itertools.product(postings, postings):
                if p[0] == o and r[0] == q and p[1] == r[1] and max(p[2], r[2], low) < min(p[3], r[3]):
                    found[o] = f"{o} and {q} are both in {evidence.beat_name(beats[p[1]])}."
        check("couple", "officers.couples", "couples never share a beat", found, len(apart), "pairs")
    if rules.moves_a_month is not None:
        count = np.zeros(months, int)
        for officer, b, a, _ in postings:
            row = roster[officer]
            kept = a == 0 and beat_today(row, evidence, beats) == beats[b]
            earlier = any(p[0] == officer and p[2] < a for p in postings)
            count[a] += not kept and (text(row.get("beat")) is not None or earlier)
        found = {
            days[t].isoformat(): f"{count[t]} officers move in {days[t]}."
            for t in range(months)
            if count[t] > rules.moves_a_month
        }
        claim = f"at most {rules.moves_a_month} moves a month"
        check("moves", "officers.moves_a_month", claim, found, months, "months", ("month",))
    if rules.half_a_year:
        found, first = _changing(evidence, postings, roster, beats, days, rules)
        claim = "at most half of a beat's officers change in any 12 months"
        check("half", "officers.half_a_year", claim, found, len(beats), "beats", ("beat",))
        # whom a published table names is known from the inputs alone
        vague = beats if evidence.town is None and rules.published is not None else ()
        check_months(ledger, evidence, "half", first, unknown=vague)
    _check_fairness(ledger, evidence, postings, roster, beats, days, rules)
    _check_frozen(ledger, evidence, postings, roster, beats, days, rules)


def _check_fairness(
    ledger: Ledger,
    evidence: Evidence,
    postings: Posted,
    roster: Roster,
    beats: list[str],
    days: list[dt.date],
    rules: Officers,
) -> None:
    """Check that nobody is moved below the last wish that may be given, or more often than may be."""
    below: dict[str, str] = {}
    often: dict[str, str] = {}
    count = dict.fromkeys(roster, 0)
    for officer, b, a, _ in sorted(postings, key=lambda p: (p[0], p[2])):
        row = roster[officer]
        if a == 0 and beat_today(row, evidence, beats) == beats[b]:
            continue
        wishes = wishes_of(row)
        if wishes and beats[b] not in wishes[: rules.worst_wish]:
            which = "not the first wish" if rules.worst_wish == 1 else f"none of the first {rules.worst_wish} wishes"
            below[f"{officer} {beats[b]}"] = f"{officer} is moved to {evidence.beat_name(beats[b])}, {which}."
        # who serves nowhere today is not moved by a first posting
        first = text(row.get("beat")) is None and not any(p[0] == officer and p[2] < a for p in postings)
        count[officer] += not first
        # the first move too many is told
        if rules.most_moves is not None and not first and count[officer] == rules.most_moves + 1:
            where, day = evidence.beat_name(beats[b]), days[a].isoformat()
            may = f"which is move {count[officer]}, and {rules.most_moves} may be"
            often[f"{officer} {beats[b]} {day}"] = f"{officer} is moved to {where} on {day}, {may}."
    if rules.worst_wish is not None:
        name, claim = "officers.worst_wish", f"nobody is moved below wish {rules.worst_wish}"
        against_claims(ledger, evidence, "wish", name, claim, below, len(postings), "postings", ("officer", "beat"))
    if rules.most_moves is not None:
        name, claim = "officers.most_moves", f"at most {rules.most_moves} moves of an officer"
        keys = ("officer", "beat", "month")
        against_claims(ledger, evidence, "often", name, claim, often, len(roster), "officers", keys)


def _check_special_posts(
    ledger: Ledger, asks: dict[tuple[str, int], str], everybody: Roster, days: list[dt.date]
) -> None:
    wrong: list[str] = []
    for (officer, start), text_ in asks.items():
        row = everybody[officer]
        has = {
            text(row.get("rank")) or "",
            *str(text(row.get("languages")) or "").split(";"),
            {"f": "woman", "m": "man"}.get(text(row.get("gender")) or "", ""),
        }
        if read_truth(row.get("licence")):
            has.add("licence")
        wrong += [
            f"{officer} has not “{w}”, which the post from {days[start]} needs."
            for w in text_.split(";")
            if w and w not in has
        ]
    if any(asks.values()):
        ledger.each("officers.special_posts", "holders have what their posts ask for", wrong, len(asks), "postings")


def _check_frozen(
    ledger: Ledger,
    evidence: Evidence,
    postings: Posted,
    roster: Roster,
    beats: list[str],
    days: list[dt.date],
    rules: Officers,
) -> None:
    published = None if evidence.town is None else evidence.town.published
    found: dict[str, str] = {}
    if published is not None and rules.freeze_months:
        found = _unfrozen(published, postings, roster, beats, days, rules, evidence)
    claimed = claimed_broken(evidence, "frozen")
    if claimed or (published is not None and rules.freeze_months):
        claim = f"the first {rules.freeze_months} months stay as published"
        # besides, what was ordered or promised stays: whether that is broken where the summary says so is looked at
        perhaps = {str(r.get("officer")) for r in claimed if _not_served(r, postings, beats, days)}
        strangers = {str(r.get("officer")) for r in claimed} - perhaps
        found |= {f"{o} in the months told": f"{o} serves where the summary denies it." for o in sorted(strangers)}
        of = len(postings) if published is None else len(published)
        name = "officers.frozen"
        against_claims(
            ledger, evidence, "frozen", name, claim, found, of, "published postings", perhaps=perhaps | strangers
        )


def _not_served(claimed: Mapping[str, object], postings: Posted, beats: list[str], days: list[dt.date]) -> bool:
    """Tell whether an officer does not serve in the beat and month that are told; where none is told, whether they serve at all."""
    month = next((t for t, day in enumerate(days[:-1]) if day.isoformat() == claimed.get("month")), None)
    if month is None:
        return False
    there = {beats[b] for o, b, a, z in postings if o == claimed.get("officer") and a <= month < z}
    return bool(there) if claimed.get("beat") is None else claimed["beat"] not in there


def _unfrozen(
    published: pd.DataFrame,
    postings: Posted,
    roster: Roster,
    beats: list[str],
    days: list[dt.date],
    rules: Officers,
    evidence: Evidence,
) -> dict[str, str]:
    """Return the officers who do not serve as published in the frozen months in which they are there."""
    found: dict[str, str] = {}
    for r in records(published):
        officer, beat = str(r["officer"]), text(r["beat"])
        if officer not in roster or beat not in beats:
            continue
        row = roster[officer]
        home = serves_today(row, days, rules.training_months, evidence, beats)
        first = 0 if home is not None else month_ready(row, days, rules.training_months)
        start, end = (bisect_left(days[:-1], date_of(r[k])) for k in ("start", "end"))  # pyright: ignore[reportArgumentType]  # both are days
        held = {t for o, b, a, z in postings if o == officer and beats[b] == beat for t in range(a, z)}
        for t in range(max(start, first), min(end, month_of_end(row, days), rules.freeze_months)):
            if t not in held:
                found[officer] = f"{officer} does not serve in {evidence.beat_name(beat)} in {days[t]} as published."
    return found


def _changing(
    evidence: Evidence, postings: Posted, roster: Roster, beats: list[str], days: list[dt.date], rules: Officers
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Return the beats in which too many change by choice, and of each the day from which the first 12 such months go; who leaves, is frozen elsewhere or was ordered away counts but is no choice."""
    found: dict[str, str] = {}
    since: dict[str, set[str]] = {}
    months = len(days) - 1
    assert evidence.beats is not None
    posts = evidence.beats["posts"].to_numpy(int)
    # what nobody published cannot be frozen; whom a table names that is not there, nobody knows
    named: set[str] = set(roster) if evidence.town is None and rules.published is not None else set()
    if evidence.town is not None and evidence.town.published is not None:
        table = evidence.town.published
        named = {str(o) for o in table["officer"][table["beat"].isin(beats)]}
    for b, beat in enumerate(beats):
        ends: list[tuple[int, bool]] = []
        for officer, row in roster.items():
            stop, ordered = month_of_end(row, days), date_of(row.get("ordered_on"))
            fixed = rules.freeze_months - 1 if officer in named else -1
            if ordered is not None and named:
                fixed = max(fixed, bisect_left(days[:-1], ordered) + ORDER_MONTHS - 1)
            mine = [p for p in postings if p[0] == officer and p[1] == b]
            ends += [(p[3], p[3] == stop or p[3] <= fixed) for p in mine if p[3] < months]
            if beat_today(row, evidence, beats) == beat and stop > 0 and not any(p[2] == 0 for p in mine):
                ends.append((0, fixed >= 0))
        for t in range(max(1, months - 11)):
            inside = [forced for z, forced in ends if t <= z < t + 12]
            if not all(inside) and len(inside) > max(1, int(posts[b]) // 2):
                found[str(beat)] = (
                    f"{evidence.beat_name(beat)}: {len(inside)} officers change in the 12 months from {days[t]}."
                )
                since[str(beat)] = {days[t].isoformat()}
                break
    return found, since
