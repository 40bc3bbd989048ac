"""In which months an officer is at work, and from which month on a post is to be filled."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left

import numpy as np
import pandas as pd

from beatplanner.data.formats.frames import Row
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import date_of, missing
from beatplanner.planning.verification.personnel import Roster, beat_today, days_away


def months_at_work(row: Row, days: list[dt.date]) -> np.ndarray:
    """Return the months in which an officer is at work, not sick, (T,)."""
    month = np.ones(len(days) - 1, bool)
    for off, back in days_away(row):
        month[[off <= d < back for d in days[:-1]]] = False
    return month


def leaves_later(row: Row, evidence: Evidence) -> bool:
    """Tell whether an officer stays for the plan's first month at least."""
    leaves, rules = date_of(row.get("leaves_on")), evidence.rules.officers
    assert rules is not None
    return leaves is None or leaves >= (pd.Timestamp(rules.start) + pd.DateOffset(months=1)).date()


def closed_posts(
    evidence: Evidence, roster: Roster, beats: list[str], posts: np.ndarray, days: list[dt.date], handover: int
) -> np.ndarray:
    """Return the posts of each beat and month that do not exist yet, (B, T): those beyond today's officers until the beat starts and is handed over."""
    months = len(days) - 1
    closed = np.zeros((len(beats), months), int)
    assert evidence.beats is not None
    if "starts" not in evidence.beats:
        return closed
    today = [beat_today(row, evidence, beats) for row in roster.values() if leaves_later(row, evidence)]
    for b, (beat, day) in enumerate(zip(beats, evidence.beats["starts"], strict=True)):
        start = months if missing(day) else bisect_left(days[:-1], dt.date.fromisoformat(str(day)))
        if start:
            until = months if start >= months else min(months, start + handover)
            closed[b, :until] = max(0, posts[b] - today.count(beat))
    return closed
