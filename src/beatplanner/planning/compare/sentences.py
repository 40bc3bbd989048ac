"""A comparison in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.findings import listed
from beatplanner.data.formats.frames import records
from beatplanner.data.publish.comparison_words import about
from beatplanner.planning.compare.columns import (
    Column,
    _text,
    beat_name,
    currency,
    people,
)


def moves(c: Column) -> list[dict[str, Any]]:
    """Return the old–new table of a plan: from which of today's beats to which of its own, residents and units, the most first."""
    current = _text(c.units["current"])
    frame = pd.DataFrame({"from": current, "to": c.beat, "residents": people(c.units), "units": 1})
    frame = frame[frame["from"].notna() & (frame["from"] != frame["to"])]
    rows = (
        frame.groupby(["from", "to"], as_index=False)
        .sum()
        .sort_values(["residents", "from", "to"], ascending=[False, True, True])
    )
    return [
        {
            "from": str(r["from"]),
            "to": str(r["to"]),
            "to_name": beat_name(c, str(r["to"])),
            "residents": float(r["residents"]),
            "units": int(r["units"]),
        }
        for r in records(rows)
    ]


def places(c: Column) -> list[dict[str, Any]]:
    """Return where a plan changes: by municipality, residents who change beat and their share."""
    current = np.array(_text(c.units["current"]), dtype=object)
    known = np.array([b is not None for b in current])
    weight = people(c.units)
    moved = known & (current != c.beat)
    frame = pd.DataFrame(
        {
            "municipality": c.units["municipality"].astype(str),
            "residents": np.where(known, weight, 0.0),
            "moved": np.where(moved, weight, 0.0),
        }
    )
    rows = (
        frame.groupby("municipality", as_index=False)
        .sum()
        .sort_values(["moved", "municipality"], ascending=[False, True])
    )
    return [{k: (v if isinstance(v, str) else float(v)) for k, v in r.items()} for r in records(rows)]


def sentences(c: Column, today: Column, base: Column | None = None) -> list[str]:
    """Say what a plan does in sentences that need no table; each names today's figure where there is one."""
    f, t = c.figures, today.figures

    def was(key: str, text: str, value: Any = None) -> str:
        return "" if c.today or t.get(key) is None else f" (today {text.format(t[key] if value is None else value)})"

    found = []
    if f.get("hours_per_officer_max") is not None:
        text = f"The officer with the most work has {f['hours_per_officer_max']:,.0f} of {f['hours_capacity']:,.0f} hours a year"
        found.append(
            text + (was("hours_per_officer_max", "{:,.0f}")) + f"; the average is {f['hours_per_officer_mean']:,.0f}."
        )
    if f.get("community_share") is not None:
        found.append(
            f"{f['community_share']:.0%} of the hours promised to residents can be kept{was('community_share', '{:.0%}')}."
        )
    if f.get("within_limit") is not None:
        found.append(
            f"{f['within_limit']:.0%} of residents walk at most {f['walking_limit']:g} minutes to a station{was('within_limit', '{:.0%}')}."
        )
    if c.today:
        return found
    if f.get("moved_share") is not None:
        text = f"{f['moved_residents']:,.0f} residents ({f['moved_share']:.0%}) change beat"
        if f.get("change_officer") is not None:
            text += f"; {f['change_officer']:,.0f} get officers they do not know"
        found.append(text + ".")
    if f.get("posts") is not None:
        text = f"It needs {f['posts']:,.0f} officers{was('posts', '{:,.0f}')}"
        if f.get("station_cost"):
            text += f" and {about(f['station_cost'])} {currency(base or c)} for stations"
        found.append(text + ".")
    if f.get("money_total") is not None:
        unit, budget = currency(base or c), c.tables.summary["budget"]
        span = c.money_years[0] if len(c.money_years) == 1 else f"{c.money_years[0]} to {c.money_years[-1]}"
        found.append(
            f"All of it costs about {about(f['money_total'])} {unit} {span}{was('money_total', '{}', about(t.get('money_total') or 0.0))}."
        )
        # without postings nobody has a post, which says nothing of the plan
        if (f.get("officers_spare") or 0.0) >= 0.05 and "officers" in c.tables.summary:
            found.append(
                f"{f['officers_spare']:,.1f} of {f['officers_paid']:,.1f} paid officers have no post in the mean of the years, at about {about(f['money_spare'])} {unit}."
            )
        if f.get("rollout_total") is not None:
            last = budget["years"][-1]
            found.append(
                f"The money that there is reaches {f['served_' + last]:,.0f} residents by the end of {last} and about {about(f['rollout_total'])} {unit} of it are spent; "
                "the figures here are those of the whole plan."
            )
            late = [u["area"] for u in budget["unfunded"]]
            if late:
                found.append(f"It does not reach {listed(late, 4)}.")
            if budget["blocked"]:
                found.append(budget["blocked"]["sentence"])
    if f.get("rules_met") is False:
        found.append("Not all of its rules can be met: " + " ".join(c.tables.summary.get("clashes", [])[:1]))
    return found
