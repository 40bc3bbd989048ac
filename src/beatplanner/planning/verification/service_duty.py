"""Checks of who is on duty (relief factors, rest by a pattern, officers by it), and of what the service asks of the lines of beats.

The rest is counted minute by minute over the cycle, laid down again and again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.ledger import Ledger, same

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

DAY = 1440
WEEK = 7 * DAY


def check_duty(
    ledger: Ledger, claims: Claims, servers: pd.DataFrame, beats: Any, older: frozenset[str] = frozenset()
) -> None:
    """Check relief factors and the pattern.

    Parameters
    ----------
    ledger
        Takes the verdicts.
    claims
        The key ``service`` of the summary, and ``rules`` beside it.
    servers
        Who is on duty: ``shift``, ``server``, ``beat``.
    beats
        Table of the plan's beats with their posts, or None.
    older
        Keys that the version which wrote the result did not tell; "covered" where it counted more hours of a post than shifts have.
    """
    rules = claims["rules"]
    asked, workload = section_of(rules, "service"), section_of(rules, "workload")
    pattern = list_of(asked, "pattern")
    claimed = claims["service"]
    if "annual_hours" not in workload:
        return
    there = 1 - float(workload["absence"])
    rows: list[tuple[str, Any, float | None]] = []
    # a post gives the hours that are paid for, and no more than there are shifts
    most = float(workload["annual_hours"]) * 7 / 365.25
    if "covered" not in older:
        most = min(most, sum(float(p["hours_a_week"]) for p in claimed.get("periods") or claimed.get("shifts", [])))
    for shift in claimed.get("shifts", []):
        if pattern:
            share = pattern.count(shift["name"]) / len(pattern) * there
            factor = 1 / share if share > 0 else None
        else:
            factor = float(shift["hours_a_week"]) / (most * there)
        if "relief_factor" in older and "relief_factor" not in shift:
            continue
        rows.append((f"relief factor of {shift['name']}", shift.get("relief_factor"), factor))
    if rows or "relief_factor" not in older:
        ledger.pairs("service.relief", "posts that keep one officer on duty", rows, "shifts")
    if beats is not None and claimed.get("servers_from_posts") and not claimed.get("periods"):
        _no_more_than_posts(ledger, servers, beats)
    said = claimed.get("pattern")
    if not pattern or not claimed.get("servers_from_posts") or (said is None and "pattern" in older):
        return
    if said is None or list(said["days"]) != pattern:
        ledger.add("service.pattern", False, "the pattern of the rules", str(said and said["days"]))
        return
    between, weekly, hours = _rest(pattern, asked["shifts"])
    rest = section_of(asked, "rest")
    broken = [
        key
        for key, value, limit, least in (
            ("between_shifts", between, rest.get("between_shifts", 11), True),
            ("weekly", weekly, rest.get("weekly", 35), True),
            ("hours_a_week", hours, rest.get("hours_a_week", 48), False),
        )
        if (value < limit - 1e-9 if least else value > limit + 1e-9)
    ]
    wrong = [
        f"{key} is {said[key]}, and {value:g} by the minutes of the cycle."
        for key, value in (("between_shifts", between), ("weekly", weekly), ("hours_a_week", hours))
        if said[key] is not None and not same(said[key], value, 1e-9, 1e-9)
    ]
    if sorted(said["broken"]) != sorted(broken):
        wrong.append(f"{said['broken']} are told to be broken, and {broken} are.")
    if beats is not None and not claimed.get("periods"):
        held = dict(zip(beats["beat"].astype(str), beats["posts"].astype(int), strict=True))
        for shift in claimed["shifts"]:
            share = pattern.count(shift["name"]) / len(pattern) * there
            here: pd.Series[Any] = servers.loc[servers["shift"] == shift["name"], "beat"]
            now = here.value_counts()
            wrong += [
                f"{int(now.get(b, 0))} officers of {b} are on duty in {shift['name']}, and {p * share:.2f} by the pattern."
                for b, p in held.items()
                if abs(int(now.get(b, 0)) - p * share) >= 1 + 1e-9
            ]
    ledger.each("service.pattern", "rest and officers are those of the pattern", wrong, 4, "figures")


def _no_more_than_posts(ledger: Ledger, servers: pd.DataFrame, beats: Any) -> None:
    """Check that no shift has more officers of a beat on duty than the beat has posts."""
    held = dict(zip(beats["beat"].astype(str), beats["posts"].astype(int), strict=True))
    now = Counter(zip(servers["shift"].astype(str), servers["beat"].astype(str), strict=True))
    wrong = [
        f"{n} officers of {b} are on duty in {shift}, and it has {held.get(b, 0)} posts."
        for (shift, b), n in now.items()
        if n > held.get(b, 0)
    ]
    ledger.each("service.posts", "no more on duty than posts", wrong, len(now), "beats and shifts")


def _rest(pattern: list[str], shifts: list[Claims]) -> tuple[float, float, float]:
    """Return hours between shifts, without a break in seven days, and of work a week."""
    days = len(pattern)
    rounds = 2 + -(-16 // days)
    works = np.zeros(rounds * days * DAY + 2 * DAY, bool)
    starts: list[int] = []
    lengths: list[int] = []
    least, last = np.inf, None
    for d, name in enumerate(pattern * rounds):
        shift = next((s for s in shifts if s["name"] == name), None)
        if shift is None:
            continue
        a, b = (int(t.split(":")[0]) * 60 + int(t.split(":")[1]) for t in (shift["start"], shift["end"]))
        b += DAY if b <= a else 0
        works[d * DAY + a : d * DAY + b] = True
        if last is not None:
            least = min(least, max(0, d * DAY + a - last))
        last = d * DAY + b
        if d < days:
            starts.append(d * DAY + a)
            lengths.append(b - a)
    weekly = np.inf
    for start in starts:
        # runs of free minutes in the week from the start of a shift
        edges = np.flatnonzero(np.diff(np.r_[1, works[start : start + WEEK].astype(int), 1]))
        weekly = min(weekly, float((edges[1::2] - edges[::2]).max()) if len(edges) else 0.0)
    return least / 60.0, weekly / 60.0, sum(lengths) / 60.0 * 7 / days


def check_lines(ledger: Ledger, tables: Any, lines: pd.DataFrame | None) -> None:
    """Check what became of the rules for the lines of beats, from the table of units beside the service.

    Parameters
    ----------
    ledger
        Takes the verdicts.
    tables
        The plan.
    lines
        ``unit``, ``peak_work``, ``requests_a_year``, ``minutes``; None where there is none.
    """
    rules, claimed = section_of(tables.summary, "rules"), section_of(tables.summary, "beats").get("lines")
    asked = section_of(rules, "service")
    limits = {
        "peak_tolerance": asked.get("peak_tolerance"),
        "travel_work": section_of(rules, "beats").get("tolerance") if asked.get("travel_work") else None,
        "longest_drive": asked.get("longest_drive"),
    }
    limits = {k: v for k, v in limits.items() if v is not None}
    if claimed is None:
        if lines is not None:
            ledger.add("service.lines", False, "nothing", "lines.csv", "lines.csv stands beside a summary without it.")
        return
    if lines is None:
        ledger.add("service.lines", False, "lines.csv", "missing")
        return
    units = tables.units.assign(unit=tables.units["unit"].astype(str)).merge(
        lines.astype({"unit": str}), on="unit", validate="one_to_one"
    )
    units["way"] = units["workload"].astype(float) + units["requests_a_year"] * units["minutes"] / 60.0
    by = units.groupby(units["beat"].astype(str))
    home: pd.Series[str] = by["municipality"].first().astype(str)

    def off(values: pd.Series[float]) -> float:
        mean = values.groupby(home).transform("mean")
        return float((values / mean.where(mean > 0) - 1).abs().max())

    found = {
        "peak_tolerance": lambda: off(by["peak_work"].sum()),
        "travel_work": lambda: off(by["way"].sum()),
        "longest_drive": lambda: float(by["minutes"].max().max()),
    }
    wrong: list[str] = []
    if {r["rule"] for r in claimed["rules"]} != set(limits) or len(units) != len(tables.units):
        wrong.append("The rules told of are not those asked for, or units are missing.")
    clashes = " ".join(list_of(tables.summary, "unproven_clashes"))
    for row in claimed["rules"]:
        value, limit = found[row["rule"]](), limits.get(row["rule"])
        kept = limit is not None and value <= limit + 1e-6
        if not same(row["found"], value, 1e-6, 1e-9) or row["kept"] is not kept or row["asked"] != limit:
            wrong.append(f"{row['rule']} is {value:g} of {limit} asked for, and {row['found']:g} is told.")
        if not kept and "not reached by redrawing" not in clashes:
            wrong.append(f"{row['rule']} is not kept, and no clash tells of it.")
    ledger.each("service.lines", "the rules for the lines of beats come to what is told", wrong, len(limits), "rules")
