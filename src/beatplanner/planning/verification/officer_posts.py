"""Checks of the officers' posts: no more than there are, no beginning without a vacancy or a handover, and rules that are told as broken."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.formats.frames import Row, records
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, date_of, text
from beatplanner.planning.verification.officers_places import qualifies
from beatplanner.planning.verification.personnel import Posted, Roster, beat_today, month_of_end, month_ready
from beatplanner.planning.verification.tenures import months_served

if TYPE_CHECKING:
    import pandas as pd

    from beatplanner.data.result.summary import Claims


# What is said of a rule that is broken and not told, and of one that is told and not broken.
NOT_CLAIMED = " The summary does not say so."
NOT_SO = "The summary says that this rule is broken for "


def claimed_broken(evidence: Evidence, rule: str) -> list[Claims]:
    """Return what the summary tells of a rule that is broken: officer, beat and month."""
    claimed = evidence.summary["officers"].get("broken_rules")
    return [r for r in claimed if is_dict(r) and r.get("rule") == rule] if is_list(claimed) else []


def against_claims(
    ledger: Ledger,
    evidence: Evidence,
    rule: str,
    name: str,
    claim: str,
    found: dict[str, str],
    of: int,
    what: str,
    keys: tuple[str, ...] = ("officer",),
    perhaps: Iterable[str] = (),
) -> None:
    """Compare what is broken, by a key in text, with what the summary says is; what is `perhaps` broken may be told or not."""
    said = {" ".join(str(r.get(k)) for k in keys) for r in claimed_broken(evidence, rule)}
    wrong = [f"{text_}{NOT_CLAIMED}" for key, text_ in found.items() if key not in said]
    strangers = said - set(found) - set(perhaps)
    wrong += [f"{NOT_SO}{key}, and it is not." for key in sorted(strangers)]
    ledger.each(name, claim + (f", but for {len(said)} told in the summary" if said else ""), wrong, of, what)


def check_months(
    ledger: Ledger,
    evidence: Evidence,
    rule: str,
    sure: dict[str, set[str]],
    possible: dict[str, set[str]] | None = None,
    unknown: Iterable[str] = (),
) -> None:
    """Compare the months in which a rule of a beat is told as broken with those in which it is; what is only possible is listed as not checked.

    Parameters
    ----------
    ledger, evidence, rule
        Where to enter it, of which plan, which rule.
    sure, possible
        Months by beat in which it is broken, and in which it may be (where not given, in these alone).
    unknown
        Beats of which nothing is known by month.
    """
    claimed: dict[str, set[str]] = {}
    for row in claimed_broken(evidence, rule):
        claimed.setdefault(str(row.get("beat")), set()).add(str(row.get("month")))
    wrong: list[str] = []
    unsettled: list[str] = []
    for beat in sorted({*claimed, *sure} - set(unknown)):
        said, is_so = claimed.get(beat, set()), sure.get(beat, set())
        may = is_so if possible is None else possible.get(beat, set()) | is_so
        wrong += [f"“{rule}” is broken in {beat} in {m}. The summary does not say so." for m in sorted(is_so - said)]
        wrong += [
            f"The summary says that “{rule}” is broken in {beat} in {m}, and it is not." for m in sorted(said - may)
        ]
        unsettled += [f"{rule} in {beat} in {m}" for m in sorted((said & may) - is_so)]
    unsettled += [f"{rule} in {b} in {m}" for b in sorted(set(claimed) & set(unknown)) for m in sorted(claimed[b])]
    if claimed or wrong:
        ledger.each(
            f"officers.broken_months_{rule}", f"months in which “{rule}” is broken", wrong, len(claimed), "beats"
        )
    if unsettled:
        why = "That these rules may be broken there then is checked; whether they are depends on which of several posts somebody held, or was stood in for."
        ledger.unchecked("officers.broken_months", ", ".join(unsettled), why)


def serves_today(row: Row, days: list[dt.date], training: int, evidence: Evidence, beats: list[str]) -> str | None:
    """Return the beat of the plan in which an officer serves at the start, None for none: who is not ready is not taken over from a beat that is gone."""
    home = beat_today(row, evidence, beats)
    if home not in beats or (text(row.get("beat")) not in beats and month_ready(row, days, training) > 0):
        return None
    return home


def posts_asked(claims: Claims, posts: np.ndarray, beats: list[str]) -> dict[tuple[int, str], int]:
    """Return the posts of each beat by what they ask of their holder."""
    want: dict[tuple[int, str], int] = {(b, ""): int(p) for b, p in enumerate(posts)}
    for row in claims.get("special_posts", []):
        b = beats.index(str(row["beat"]))
        want[b, row["requires"]] = want.get((b, row["requires"]), 0) + int(row["posts"])
        want[b, ""] -= int(row["posts"])
    return want


def _held_today(
    evidence: Evidence,
    roster: Roster,
    days: list[dt.date],
    training: int,
    beats: list[str],
    want: dict[tuple[int, str], int],
) -> dict[tuple[int, str], int]:
    """Return how many of today's officers hold posts of each kind: special ones go first to the longest serving who have what they ask for."""
    number = dict.fromkeys(want, 0)
    for b, beat in enumerate(beats):
        rows = [r for r in roster.values() if serves_today(r, days, training, evidence, beats) == beat]
        rows.sort(key=lambda r: -months_served(r, days))
        for asks in sorted(asks for c, asks in want if c == b and asks):
            chosen = [r for r in rows if qualifies(r, asks)][: want[b, asks]]
            rows = [r for r in rows if not any(r is c for c in chosen)]
            number[b, asks] = sum(month_of_end(r, days) > 0 for r in chosen)
        number[b, ""] = sum(month_of_end(r, days) > 0 for r in rows)
    return number


def check_capacity(
    ledger: Ledger,
    evidence: Evidence,
    postings: Posted,
    roster: Roster,
    asks: dict[tuple[str, int], str],
    at_work: dict[str, np.ndarray],
    posts: np.ndarray,
    beats: list[str],
    days: list[dt.date],
) -> None:
    """Check posts, by what they ask for; who came back from sickness to the same post does not count for as long as a stand-in must stay."""
    rules, claims = evidence.rules.officers, evidence.summary["officers"]
    assert rules is not None
    handover, least, months = rules.handover_months, max(1, rules.min_tenure_months), len(days) - 1
    want = posts_asked(claims, posts, beats)
    today = _held_today(evidence, roster, days, rules.training_months, beats, want)
    found: dict[str, str] = {}
    sure: dict[str, set[str]] = {}
    perhaps: dict[str, set[str]] = {}
    for (b, asked), number in want.items():
        most = max(number, today[b, asked])
        mine = [p for p in postings if p[1] == b and asks.get((p[0], p[2]), "") == asked]
        for t in range(months if mine else 0):
            there = [
                (o, a) for o, _, a, z in mine if a <= t < z and at_work[o][t] and not (z < months and t >= z - handover)
            ]
            if len(there) > most:
                perhaps.setdefault(str(beats[b]), set()).add(days[t].isoformat())
            if sum(at_work[o][max(a, t - least) : t].all() for o, a in there) > most:
                beat, held = evidence.beat_name(beats[b]), len(there)
                what = f"{beat} has {held} officers in {days[t]:%B %Y} for {number} posts."
                if asked:
                    what = f"{beat} has {held} officers in {days[t]:%B %Y} for {number} posts that ask for {asked}."
                found.setdefault(str(beats[b]), what)
                sure.setdefault(str(beats[b]), set()).add(days[t].isoformat())
    claim = "no more officers than posts, but in a handover"
    against_claims(
        ledger, evidence, "capacity", "officers.capacity", claim, found, len(beats), "beats", ("beat",), perhaps
    )
    check_months(ledger, evidence, "capacity", sure, perhaps)


def check_handover(
    ledger: Ledger,
    evidence: Evidence,
    postings: Posted,
    roster: Roster,
    at_work: dict[str, np.ndarray],
    held: np.ndarray,
    posts: np.ndarray,
    beats: list[str],
    days: list[dt.date],
) -> None:
    """Check that who begins fills a vacant post or overlaps; in beats with special posts the post is not known to be the same."""
    rules = evidence.rules.officers
    assert rules is not None
    found: dict[str, str] = {}
    sure: dict[str, set[str]] = {}
    h, months = rules.handover_months, held.shape[1]
    special = {str(r["beat"]) for r in evidence.summary["officers"].get("special_posts", [])}
    # who serves today could begin elsewhere from the start, trained or not
    ready = {
        o: 0
        if serves_today(row, days, rules.training_months, evidence, beats) is not None
        else month_ready(row, days, rules.training_months)
        for o, row in roster.items()
    }
    for b, beat in enumerate(beats):
        if h == 0 or beat in special:
            continue
        for t in range(1, months):
            begun = 0
            for officer, c, a, _ in postings:
                row = roster[officer]
                ordered = date_of(row.get("ordered_on"))
                exempt = ordered is not None and bisect_left(days[:-1], ordered) == t
                begun += c == b and a == t and not exempt and ready[officer] <= t - h
            slots = max(0, posts[b] - held[b, t - 1])
            slots += sum(c == b and z == t + h and z < months for _, c, _, z in postings)
            # who falls sick is stood in for at once
            slots += sum(c == b and a < t < z and at_work[o][t - 1] and not at_work[o][t] for o, c, a, z in postings)
            if begun > slots:
                what = f"{evidence.beat_name(beat)}: {begun} begin in {days[t]:%B %Y}, and {slots} may."
                found.setdefault(str(beat), what)
                sure.setdefault(str(beat), set()).add(days[t].isoformat())
    claim = f"a successor overlaps by {h} months or fills a vacant post"
    against_claims(
        ledger, evidence, "handover", "officers.handover", claim, found, len(beats), "beats", ("beat",), special
    )
    check_months(ledger, evidence, "handover", sure, unknown=special)


def changed_months(
    evidence: Evidence,
    published: pd.DataFrame,
    postings: Posted,
    roster: Roster,
    days: list[dt.date],
    beats: list[str],
    posts: np.ndarray,
) -> float:
    """Count the months of the published plan that officers who could serve them do not serve in that beat, whatever post they hold there."""
    rules, want = evidence.rules.officers, posts_asked(evidence.summary["officers"], posts, beats)
    assert rules is not None
    bound: dict[str, dict[int, str]] = {}
    for row in records(published):
        officer, beat = str(row["officer"]), str(row["beat"])
        if officer not in roster or beat not in beats:
            continue
        mine, b = roster[officer], beats.index(beat)
        home = serves_today(mine, days, rules.training_months, evidence, beats)
        if home != beat and not any(qualifies(mine, asks) for c, asks in want if c == b):
            continue
        start, end = (bisect_left(days[:-1], row[k]) for k in ("start", "end"))
        start = max(start, 0 if home is not None else month_ready(mine, days, rules.training_months))
        for t in range(start, min(end, month_of_end(mine, days))):
            bound.setdefault(officer, {})[t] = beat
    served = {(o, t): beats[b] for o, b, a, z in postings for t in range(a, z)}
    return float(sum(served.get((o, t)) != beat for o, months in bound.items() for t, beat in months.items()))
