"""Checks of the officers: dates, one post at a time, posts not exceeded, and every figure by its definition."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pandas as pd

from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, is_number, missing, text

LANGUAGE_SHARE = 0.10


def check_officers(ledger: Ledger, evidence: Evidence) -> None:
    """Check the postings and the claims of ``summary["officers"]``."""
    claims, tables, rules = evidence.summary.get("officers"), evidence.tables, evidence.rules.officers
    if claims is None or tables.assignments is None or tables.roster is None or evidence.beats is None or rules is None:
        return
    days = [(pd.Timestamp(rules.start) + pd.DateOffset(months=m)).date() for m in range(12 * rules.years + 1)]
    month = {day.isoformat(): m for m, day in enumerate(days)}
    months, beats = len(days) - 1, list(evidence.beats["beat"])
    roster = {str(row["officer"]): row for row in tables.roster.to_dict("records")}
    wrong, postings = [], []
    for row in tables.assignments.to_dict("records"):
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
        len(tables.assignments),
        "postings",
    )
    held = np.zeros((len(beats), months), int)
    for _, b, a, z in postings:
        held[b, a:z] += 1
    _check_availability(ledger, postings, roster, days, rules.training_months, evidence, beats)
    posts = evidence.beats["posts"].to_numpy(int)
    if rules.posts_per_beat != "auto":
        ledger.each("officers.posts_per_beat", f"{rules.posts_per_beat} a beat",
                    [f"{evidence.beat_name(b)} has {p} posts." for b, p in zip(beats, posts, strict=True) if p != rules.posts_per_beat],
                    len(beats), "beats")  # fmt: skip
    ledger.number("officers.posts", claims.get("posts"), int(posts.sum()))
    _check_capacity(ledger, evidence, postings, roster, held, posts, beats, rules.handover_months)
    figures = {
        "vacant_months": float(np.maximum(0, posts[:, None] - held).sum()),
        **_tenure(postings, roster, days, beats, rules.min_tenure_months, months),
        "language_gaps": _language_gaps(ledger, evidence, postings, roster, months, beats),
        "home_km_months": _home(evidence, postings, roster, beats),
    }
    for name, found in figures.items():
        ledger.number(f"officers.{name}", claims.get(name), found)
    weights = claims.get("weights") or {}
    wanted = rules.weights.model_dump()
    ledger.add("officers.weights", weights == wanted, str(weights), str(wanted))
    keys = {"vacant_month": "vacant_months", "tenure_violation": "tenure_violations", "language_gap": "language_gaps",
            "rotation": "rotations", "home_km_month": "home_km_months"}  # fmt: skip
    if all(is_number(weights.get(k)) for k in keys):
        ledger.number(
            "officers.objective",
            claims.get("objective"),
            sum(weights[k] * figures[v] for k, v in keys.items()),
        )


def _date(value: object) -> dt.date | None:
    return None if missing(value) else dt.date.fromisoformat(str(value)[:10])


def _check_availability(ledger, postings, roster, days, training, evidence, beats) -> None:
    wrong = []
    by_officer: dict[str, list] = {}
    for p in postings:
        by_officer.setdefault(p[0], []).append(p)
    for officer, b, a, z in postings:
        row = roster[officer]
        joins, trained, leaves = (_date(row.get(k)) for k in ("joins_on", "trained_on", "leaves_on"))
        ready = (
            max(trained, joins or trained)
            if trained
            else (pd.Timestamp(joins) + pd.DateOffset(months=training)).date()
            if joins
            else None
        )
        where = evidence.beat_name(beats[b])
        serving = text(row.get("beat")) in beats
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


def _check_capacity(ledger, evidence, postings, roster, held, posts, beats, handover) -> None:
    wrong = []
    today = [text(row.get("beat")) for row in roster.values()]
    months = held.shape[1]
    for b, beat in enumerate(beats):
        extra = max(0, today.count(beat) - posts[b])
        ends = [z for _, c, _, z in postings if c == b and z < months]
        for t in range(months):
            over = sum(t < z <= t + handover for z in ends)
            if held[b, t] > posts[b] + extra + over:
                wrong.append(
                    f"{evidence.beat_name(beat)} has {held[b, t]} officers in month {t + 1} for {posts[b]} posts."
                )
                break
    ledger.each("officers.capacity", "no more officers than posts, but in a handover", wrong, len(beats), "beats")


def _tenure(postings, roster, days, beats, least, months) -> dict[str, float]:
    """Count broken tenures and rotations."""
    broken = rotations = 0
    for officer, row in roster.items():
        home = text(row.get("beat"))
        leaves = _date(row.get("leaves_on"))
        last = months if leaves is None else max(0, min(months, int(np.searchsorted(days, leaves, side="right")) - 1))
        since = _date(row.get("since"))
        served = max(0, int(((days[0] - since).days if since else 0) / (365.25 / 12) + 1e-9))
        mine = sorted((p for p in postings if p[0] == officer), key=lambda p: p[2])
        kept = [p for p in mine if beats[p[1]] == home and p[2] == 0]
        if home in beats and not kept and last > 0:
            broken += served < least
        for p in mine:
            broken += p[3] < last and p[3] - p[2] + (served if p in kept else 0) < least
        rotations += sum(p not in kept for p in mine) if home is not None else max(0, len(mine) - 1)
    return {"tenure_violations": float(broken), "rotations": float(rotations)}


def _language_gaps(ledger, evidence: Evidence, postings, roster, months, beats) -> float:
    units = evidence.units
    groups = list(evidence.rules.units.groups)
    people = units["population"].to_numpy(float)
    said = ["" if missing(v) else str(v) for v in evidence.beats["languages"]] if evidence.beats is not None else []
    gaps, wrong = 0, []
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
        for g in spoken_here:
            covered = np.zeros(months, bool)
            for officer, c, a, z in postings:
                languages = roster[officer].get("languages")
                if c == b and not missing(languages) and g in str(languages).split(";"):
                    covered[a:z] = True
            gaps += int((~covered).sum())
    ledger.each("beats.languages", "languages of at least a tenth of residents", wrong, len(beats), "beats")
    return float(gaps)


def _home(evidence: Evidence, postings, roster, beats) -> float:
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
