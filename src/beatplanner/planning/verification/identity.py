"""Whether ids of today are given only to beats that carry today's beats on."""

from __future__ import annotations

from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, missing


def check_identity(ledger: Ledger, evidence: Evidence) -> None:
    """Check that no beat has the id of one of today's beats with which it shares no resident.

    Where nobody lives in today's beat, a unit in common will do. That units are locked to an id makes no beat of today out of another.
    """
    units, people = evidence.units, evidence.people
    if "current" not in units or evidence.beats is None:
        return
    today = [None if missing(c) else str(c) for c in units["current"]]
    if not any(c is not None for c in today):
        return
    now = [None if missing(b) else str(b) for b in units["beat"]]
    kept = sorted({b for b in now if b is not None} & {c for c in today if c is not None})
    wrong: list[str] = []
    for beat in kept:
        common = [i for i, (b, c) in enumerate(zip(now, today, strict=True)) if b == c == beat]
        lives = sum(float(people[i]) for i, c in enumerate(today) if c == beat) > 0
        shares = sum(float(people[i]) for i in common) > 0 if lives else bool(common)
        if not shares:
            wrong.append(f"{evidence.beat_name(beat)} has an id of today, and shares no resident with that beat.")
    ledger.each(
        "beats.identity", "ids of today go to beats that share residents with today's", wrong, len(kept), "ids of today"
    )
