"""Checks of the officers: dates, one post at a time, posts not exceeded, and every figure by its definition."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Officers
from beatplanner.data.formats.frames import Row, records
from beatplanner.data.result.officer_weights import FIGURE_OF_WEIGHT
from beatplanner.data.result.sections import section_of
from beatplanner.planning.verification.beat_figures import LANGUAGE_SHARE
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, date_of, is_number, missing, text
from beatplanner.planning.verification.officer_months import closed_posts, months_at_work
from beatplanner.planning.verification.officer_options import check_options
from beatplanner.planning.verification.officer_posts import (
    changed_months,
    check_capacity,
    check_handover,
    posts_asked,
)
from beatplanner.planning.verification.personnel import (
    Posted,
    Roster,
    beat_today,
    check_limits,
    check_personnel,
    wishes_of,
    with_standins,
)
from beatplanner.planning.verification.tenures import check_longest_tenure, months_served, tenure_figures

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def _postings(
    ledger: Ledger,
    evidence: Evidence,
    assignments: pd.DataFrame,
    roster: Roster,
    beats: list[str],
    month: dict[str, int],
) -> list[tuple[str, int, int, int]]:
    """Return the postings with an officer, a beat and months of the plan: officer, place of the beat, first month and the one after the last."""
    wrong: list[str] = []
    postings: list[tuple[str, int, int, int]] = []
    for row in records(assignments):
        officer, beat, start, end = str(row["officer"]), text(row["beat"]), str(row["start"]), str(row["end"])
        if officer not in roster:
            wrong.append(f"{officer} is not in the roster.")
        elif beat not in beats:
            wrong.append(f"{officer} is posted to “{beat}”, which is no beat.")
        elif start not in month or end not in month or start >= end:
            wrong.append(f"{officer} in {evidence.beat_name(beat)}: {start} to {end} are no months of the plan.")
        else:
            postings.append((officer, beats.index(beat), month[start], month[end]))
    ledger.each(
        "assignments.rows",
        "every posting has an officer, a beat and months",
        wrong,
        len(assignments),
        "postings",
    )
    return postings


def check_officers(ledger: Ledger, evidence: Evidence) -> None:
    """Check the postings and the claims of ``summary["officers"]``."""
    claims, tables, rules = evidence.summary.get("officers"), evidence.tables, evidence.rules.officers
    if claims is not None and tables.assignments is not None and tables.roster is None:
        ledger.unchecked(
            "officers.roster",
            "the officers' figures",
            "people.gpkg is not beside the plan, so the postings cannot be checked.",
        )
        return
    if claims is None or tables.assignments is None or tables.roster is None or evidence.beats is None or rules is None:
        return
    days = [(pd.Timestamp(rules.start) + pd.DateOffset(months=m)).date() for m in range(12 * rules.years + 1)]
    month = {day.isoformat(): m for m, day in enumerate(days)}
    months, beats = len(days) - 1, list(evidence.beats["beat"])
    roster = {str(row["officer"]): row for row in records(tables.roster)}
    postings = _postings(ledger, evidence, tables.assignments, roster, beats, month)
    at_work = {officer: months_at_work(row, days) for officer, row in roster.items()}
    own, everybody = postings, roster
    requires = [text(v) or "" for v in tables.assignments["requires"]]
    asks = dict(zip([(p[0], p[2]) for p in postings], requires, strict=True)) if len(postings) == len(requires) else {}
    _check_availability(ledger, postings, roster, days, rules.training_months, evidence, beats)
    postings, roster, at_work = with_standins(ledger, evidence, postings, roster, at_work, days, beats)
    for officer, b, a, _ in postings[len(own) :]:
        # a stand-in fills the post of whom they stand in for
        asks |= {(officer, a): _asked(evidence, officer, own, asks, b, a)}
    posts = evidence.beats["posts"].to_numpy(int)
    has = evidence.rules.country
    if rules.posts_per_beat != "auto" and not (has is not None and has.set_posts and has.officers is not None):
        ledger.each(
            "officers.posts_per_beat",
            f"{rules.posts_per_beat} a beat",
            [
                f"{evidence.beat_name(b)} has {p} posts."
                for b, p in zip(beats, posts, strict=True)
                if p != rules.posts_per_beat
            ],
            len(beats),
            "beats",
        )
    ledger.number("officers.posts", claims.get("posts"), int(posts.sum()))
    held = np.zeros((len(beats), months), int)
    for officer, b, a, z in postings:
        held[b, a:z] += at_work[officer][a:z]
    check_capacity(ledger, evidence, postings, roster, asks, at_work, posts, beats, days)
    check_handover(ledger, evidence, postings, roster, at_work, held, posts, beats, days)
    check_options(ledger, evidence, own, everybody, asks, beats, days, rules, roster)
    check_limits(ledger, evidence, own, everybody, beats, days)
    check_personnel(ledger, evidence, own, everybody, beats, days)
    closed = closed_posts(evidence, roster, beats, posts, days, rules.handover_months)
    if closed.any():
        _check_starts(ledger, evidence, closed, held, posts, beats, days, rules)
    figures = {
        "vacant_months": _vacant(evidence, claims, postings, asks, at_work, posts, beats, months, closed),
        **tenure_figures(postings, roster, days, beats, rules.min_tenure_months, evidence),
        **_gaps(
            ledger, evidence, postings, roster, at_work, months, beats, posts if rules.gender_mix else posts * 0, closed
        ),
        "home_km_months": _home(evidence, postings, roster, beats),
        "unpreferred_months": _unpreferred(postings, roster, beats),
    }
    if rules.published is None:
        figures["changed_months"] = 0.0
    elif evidence.town is not None and evidence.town.published is not None:
        figures["changed_months"] = changed_months(
            evidence, evidence.town.published, postings, roster, days, beats, posts
        )
    check_longest_tenure(ledger, evidence, claims, postings, roster, days, beats, rules)
    for name, found in figures.items():
        ledger.number(f"officers.{name}", claims.get(name), found)
    _check_objective(ledger, claims, figures, rules)
    _check_relationships(ledger, evidence, claims, rules)


def _check_objective(ledger: Ledger, claims: Claims, figures: dict[str, float], rules: Officers) -> None:
    """Check the weights, and that the objective is the sum of the figures by them."""
    weights = section_of(claims, "weights")
    wanted = rules.weights.model_dump()
    ledger.add("officers.weights", weights == wanted, str(weights), str(wanted))
    keys = FIGURE_OF_WEIGHT
    if all(is_number(weights.get(k)) for k in keys):
        ledger.number(
            "officers.objective",
            claims.get("objective"),
            sum(weights[k] * figures.get(v, claims.get(v) or 0) for k, v in keys.items()),
        )


def _asked(evidence: Evidence, standin: str, own: Posted, asks: dict[tuple[str, int], str], b: int, month: int) -> str:
    """Return what the post asks for that a stand-in fills; they are named by their row in the layer ``cover``."""
    table = evidence.tables.cover
    assert table is not None
    holder = str(table["for_officer"].iat[int(standin[1:].split(" ")[0])])
    start = next((a for o, c, a, z in own if o == holder and c == b and a <= month < z), 0)
    return asks.get((holder, start), "")


def _check_availability(
    ledger: Ledger,
    postings: Posted,
    roster: Roster,
    days: list[dt.date],
    training: int,
    evidence: Evidence,
    beats: list[str],
) -> None:
    wrong: list[str] = []
    by_officer: dict[str, list[tuple[str, int, int, int]]] = {}
    for p in postings:
        by_officer.setdefault(p[0], []).append(p)
    for officer, b, a, z in postings:
        row = roster[officer]
        joins, trained, leaves = (date_of(row.get(k)) for k in ("joins_on", "trained_on", "leaves_on"))
        ready = (
            max(trained, joins or trained)
            if trained
            else (pd.Timestamp(joins) + pd.DateOffset(months=training)).date()
            if joins
            else None
        )
        where = evidence.beat_name(beats[b])
        serving = beat_today(row, evidence, beats) in beats and text(row.get("beat")) is not None
        if ready and not serving and days[a] < ready:
            wrong.append(f"{officer} is posted to {where} from {days[a]}, but ready from {ready}.")
        if leaves and days[z] > leaves:
            wrong.append(f"{officer} is posted to {where} until {days[z]}, but leaves on {leaves}.")
    for officer, mine in by_officer.items():
        mine.sort(key=lambda p: p[2])
        wrong += [
            f"{officer} holds two posts at once from {days[q[2]]}." for p, q in itertools.pairwise(mine) if q[2] < p[3]
        ]
    ledger.each(
        "officers.availability",
        "trained, present and in one post at a time",
        wrong,
        len(postings),
        "postings",
    )


def _vacant(
    evidence: Evidence,
    claims: Claims,
    postings: Posted,
    asks: dict[tuple[str, int], str],
    at_work: dict[str, np.ndarray],
    posts: np.ndarray,
    beats: list[str],
    months: int,
    closed: np.ndarray,
) -> float:
    """Count the post-months without an officer at work; posts that ask for something apart from the others."""
    want = posts_asked(claims, posts, beats)
    held = {key: np.zeros(months, int) for key in want}
    for officer, b, a, z in postings:
        key = (b, asks.get((officer, a), ""))
        if key in held:
            held[key][a:z] += at_work[officer][a:z]
    # posts of a beat that starts later do not exist before, and those that ask for nothing come last
    want_by_month = {key: np.full(months, number) for key, number in want.items()}
    for b in range(len(posts)):
        for t in np.flatnonzero(closed[b]):
            missing_posts = int(closed[b, t])
            for key in sorted((k for k in want if k[0] == b), key=lambda k: k[1], reverse=True):
                cut = min(missing_posts, int(want_by_month[key][t]))
                want_by_month[key][t] -= cut
                missing_posts -= cut
    return float(sum(np.maximum(0, want_by_month[key] - held[key]).sum() for key in want))


def _check_starts(
    ledger: Ledger,
    evidence: Evidence,
    closed: np.ndarray,
    held: np.ndarray,
    posts: np.ndarray,
    beats: list[str],
    days: list[dt.date],
    rules: Officers,
) -> None:
    """Check that nobody new serves in a beat before it starts: no more officers than today, but in a handover."""
    wrong: list[str] = []
    assert evidence.beats is not None
    for b, beat in enumerate(beats):
        before = int((closed[b] > 0).sum())
        before = before if before == closed.shape[1] else max(0, before - rules.handover_months)
        most = posts[b] - closed[b].max()
        over = np.flatnonzero(held[b, : max(0, before - rules.handover_months)] > most)
        if closed[b].any() and not most and len(over):
            wrong.append(
                f"{evidence.beat_name(beat)} has {held[b, over[0]]} officers in {days[over[0]]:%B %Y}, before it starts."
            )
    ledger.each("officers.starts", "beats that start later have no new officers before", wrong, len(beats), "beats")


def _unpreferred(postings: Posted, roster: Roster, beats: list[str]) -> float:
    total = 0
    for officer, b, a, z in postings:
        wishes = wishes_of(roster[officer])
        total += (z - a) * (bool(wishes) and beats[b] not in wishes)
    return float(total)


def _check_relationships(ledger: Ledger, evidence: Evidence, claims: Claims, rules: Officers) -> None:
    """Recompute the residents × years that their officer has been known, today and in the plan's first month."""
    if "relationship_years_today" not in claims:
        return
    units, tables = evidence.units, evidence.tables
    people = units["population"].fillna(1.0).to_numpy(float)
    assert tables.assignments is not None and tables.roster is not None
    first = {
        str(r["officer"]): text(r["beat"])
        for r in records(tables.assignments)
        if str(r["start"]) == rules.start.isoformat()
    }
    today = kept = 0.0
    for row in records(tables.roster):
        inside = (units["current"] == text(row["beat"])).to_numpy()
        years = months_served(row, [pd.Timestamp(rules.start).date()]) / 12
        today += years * people[inside].sum() if text(row["beat"]) is not None else 0.0
        there = (units["beat"] == first.get(str(row["officer"]))).to_numpy()
        kept += years * people[inside & there].sum() if text(row["beat"]) is not None else 0.0
    ledger.number("officers.relationship_years_today", claims["relationship_years_today"], today)
    ledger.number("officers.relationship_years_kept", claims.get("relationship_years_kept"), kept)


def _gaps(
    ledger: Ledger,
    evidence: Evidence,
    postings: Posted,
    roster: Roster,
    at_work: dict[str, np.ndarray],
    months: int,
    beats: list[str],
    mixed: np.ndarray,
    closed: np.ndarray,
) -> dict[str, float]:
    """Count beat-months in which a language of the beat, or a woman or a man where both are wished, is missing."""
    units = evidence.units
    groups = list(evidence.rules.units.groups)
    people = units["population"].to_numpy(float)
    said = ["" if missing(v) else str(v) for v in evidence.beats["languages"]] if evidence.beats is not None else []
    wrong: list[str] = []
    gaps, unmixed = 0, 0
    speaker_months, must_months = 0.0, 0
    share = evidence.rules.officers.must_language_share if evidence.rules.officers else None
    for b, beat in enumerate(beats):
        inside = (units["beat"] == beat).to_numpy()
        residents = people[inside].sum()
        spoken_here = [
            g
            for g in groups
            if residents > 0 and units[f"group_{g}"].to_numpy(float)[inside].sum() >= LANGUAGE_SHARE * residents
        ]
        if sorted(filter(None, said[b].split(";"))) != sorted(spoken_here):
            wrong.append(
                f"{evidence.beat_name(beat)}: “{said[b]}” is claimed, {', '.join(spoken_here) or 'none'} found."
            )
        lacks = np.zeros(months, bool)
        for g in spoken_here:
            alone = ~_covered(
                postings, roster, at_work, b, months, lambda row, g=g: g in str(row.get("languages")).split(";")
            )
            lacks |= alone
            without = int((alone & (closed[b] == 0)).sum())
            speakers = float(units[f"group_{g}"].to_numpy(float)[inside].sum())
            speaker_months += speakers * without
            must_months += without if share is not None and speakers >= share * residents else 0
        gaps += int((lacks & (closed[b] == 0)).sum())
        if mixed[b] >= 2:
            both = [
                _covered(postings, roster, at_work, b, months, lambda row, s=s: row.get("gender") == s) for s in "fm"
            ]
            unmixed += int((~(both[0] & both[1]) & (closed[b] == 0)).sum())
    ledger.each("beats.languages", "languages of at least a tenth of residents", wrong, len(beats), "beats")
    return {
        "language_gaps": float(gaps),
        "gender_gaps": float(unmixed),
        "speaker_months": speaker_months,
        "must_months": float(must_months),
    }


def _covered(
    postings: Posted, roster: Roster, at_work: dict[str, np.ndarray], b: int, months: int, able: Callable[[Row], bool]
) -> np.ndarray:
    covered = np.zeros(months, bool)
    for officer, c, a, z in postings:
        if c == b and able(roster[officer]):
            covered[a:z] |= at_work[officer][a:z]
    return covered


def _home(evidence: Evidence, postings: Posted, roster: Roster, beats: list[str]) -> float:
    units, plan = evidence.units, evidence.beats
    assert plan is not None
    xy = {u: (x, y) for u, x, y in zip(units["unit"], units["x"], units["y"], strict=True)}
    total = 0.0
    for officer, b, a, z in postings:
        row = roster[officer]
        if not missing(row.get("x")) and not missing(row.get("y")):
            x, y = xy[plan["centre_unit"].iat[b]]
            total += (z - a) * float(np.hypot(row["x"] - x, row["y"] - y)) / 1000
    return total
