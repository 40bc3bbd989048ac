"""A comparison in sentences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.frames import records
from beatplanner.data.publish.blocked_words import blocked_in_words
from beatplanner.data.publish.comparison_words import ENGLISH, about, share_in_words
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.comparison import MoveRow, PlaceRow, amount, known_amount
from beatplanner.planning.compare.columns import (
    PlanColumn,
    beat_name,
    currency,
    people,
)


def old_new_rows(c: PlanColumn) -> list[MoveRow]:
    """Return the old–new table of a plan: from which of today's beats to which of its own, residents and units, the most first."""
    current = pd.Series(texts(c.units["current"]), dtype=object)
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


def changed_places(c: PlanColumn) -> list[PlaceRow]:
    """Return where a plan changes: by municipality, residents who change beat and their share."""
    current = np.array(texts(c.units["current"]), dtype=object)
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
    return [
        {"municipality": str(r["municipality"]), "residents": float(r["residents"]), "moved": float(r["moved"])}
        for r in records(rows)
    ]


# What a plan does; `today` is the figure of today in brackets, or nothing.
MOST_WORK = "The officer with the most work has {hours} of {capacity} hours a year{today}; the average is {mean}."
PROMISED = "{share} of the hours promised to residents can be kept{today}."
ON_FOOT = "{share} of residents walk at most {minutes} minutes to a station{today}."
CHANGE = "{n} residents ({share}) change beat."
CHANGE_OFFICER = "{n} residents ({share}) change beat; {others} get officers they do not know."
NEEDS = "It needs {n} officers{today}."
NEEDS_STATIONS = "It needs {n} officers{today} and {cost} for stations."
COSTS = "All of it costs about {cost} {span}{today}."
SPARE = "{spare} of {paid} paid officers have no post in the mean of the years, at about {cost}."
REACHES = (
    "The money that there is reaches {n} residents by the end of {year} and about {cost} of it are spent; "
    "the figures here are those of the whole plan."
)
NOT_REACHED = "It does not reach {areas}."
UNMET = "Not all of its rules can be met: {why}"
BROKEN = "{plan} does not keep all of its rules"
BEFORE, SPAN = "today {value}", "{first} to {last}"
WORDS = (
    *(MOST_WORK, PROMISED, ON_FOOT, CHANGE, CHANGE_OFFICER, NEEDS, NEEDS_STATIONS, COSTS, SPARE, REACHES),
    *(NOT_REACHED, UNMET, BEFORE, SPAN),
)


def sentences(c: PlanColumn, today: PlanColumn, base: PlanColumn | None = None, said: Speech = ENGLISH) -> list[str]:
    """Say what a plan does in sentences that need no table, in a language; each names today's figure where there is one."""
    f, t = c.figures, today.figures

    def number(value: float) -> str:
        return said.number(value)

    def share(value: float) -> str:
        return share_in_words(value, 0, said)

    def money(value: float) -> str:
        return f"{about(value, said)} {currency(base or c)}"

    def at(key: str) -> float:
        return known_amount(f, key)

    def was(key: str, words: Callable[[float], str]) -> str:
        before = None if c.today else amount(t, key)
        return "" if before is None else f" ({said.text(BEFORE, value=words(before))})"

    found: list[str] = []
    if f.get("hours_per_officer_max") is not None:
        hours, mean = number(at("hours_per_officer_max")), number(at("hours_per_officer_mean"))
        before = was("hours_per_officer_max", number)
        found.append(said.text(MOST_WORK, hours=hours, capacity=number(at("hours_capacity")), today=before, mean=mean))
    if f.get("community_share") is not None:
        found.append(said.text(PROMISED, share=share(at("community_share")), today=was("community_share", share)))
    if f.get("within_limit") is not None:
        minutes = said.number(at("walking_limit"), 0 if float(at("walking_limit")).is_integer() else 1)
        found.append(
            said.text(ON_FOOT, share=share(at("within_limit")), minutes=minutes, today=was("within_limit", share))
        )
    if c.today:
        return found
    if f.get("moved_share") is not None:
        fields = {"n": number(at("moved_residents")), "share": share(at("moved_share"))}
        others = amount(f, "change_officer")
        found.append(
            said.text(CHANGE, **fields)
            if others is None
            else said.text(CHANGE_OFFICER, others=number(others), **fields)
        )
    if f.get("posts") is not None:
        fields = {"n": number(at("posts")), "today": was("posts", number)}
        cost = amount(f, "station_cost")
        found.append(said.text(NEEDS_STATIONS, cost=money(cost), **fields) if cost else said.text(NEEDS, **fields))
    if f.get("money_total") is not None:
        found += _money_sentences(c, said, money, was("money_total", lambda v: about(v, said)))
    if f.get("rules_met") is False:
        english = " ".join(c.tables.summary.get("clashes", [])[:1])
        why = without_keys(in_language(english, said.language), said.language)
        # what no catalogue knows is not told in English within a sentence of another language
        known = said.language == "en" or why != english
        found.append(said.text(UNMET, why=why) if known else said.text(BROKEN, plan=c.name) + ".")
    return found


def _money_sentences(c: PlanColumn, said: Speech, money: Callable[[float], str], before: str) -> list[str]:
    """Say what a plan costs, and how far its money reaches."""
    f, budget, years = c.figures, c.tables.summary["budget"], c.money_years
    span = years[0] if len(years) == 1 else said.text(SPAN, first=years[0], last=years[-1])
    found = [said.text(COSTS, cost=money(known_amount(f, "money_total")), span=span, today=before)]
    # without postings nobody has a post, which says nothing of the plan
    if (amount(f, "officers_spare") or 0.0) >= 0.05 and "officers" in c.tables.summary:
        spare, paid = (said.number(known_amount(f, k), 1) for k in ("officers_spare", "officers_paid"))
        found.append(said.text(SPARE, spare=spare, paid=paid, cost=money(known_amount(f, "money_spare"))))
    if f.get("rollout_total") is not None:
        last = budget["years"][-1]
        reached = said.number(known_amount(f, f"served_{last}"))
        found.append(said.text(REACHES, n=reached, year=last, cost=money(known_amount(f, "rollout_total"))))
        late = [u["area"] for u in budget["unfunded"]]
        if late:
            found.append(said.text(NOT_REACHED, areas=said.listed(late, 4)))
        if budget["blocked"]:
            found.append(blocked_in_words(budget["blocked"], budget["currency"], said))
    return found
