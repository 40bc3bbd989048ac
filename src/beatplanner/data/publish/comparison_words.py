"""The words of a comparison: figures as people read them, what is better, and what a plan is best and worst at."""

from __future__ import annotations

import re
from typing import Any

from beatplanner.data.publish.translation import Speech

# What a minister reads first, in this order; rows that a comparison lacks are left out.
HEADLINE = {
    "hours_per_officer_max": "Hours a year of the officer with the most work",
    "community_share": "Hours promised to residents that can be kept",
    "within_limit": "Residents within the walking limit of a station",
    "moved_share": "Residents who change beat",
    "change_officer_share": "Residents who get officers they do not know",
    "relationship_kept": "Relationship-years kept",
    "robust_share": None,
    "service_minutes": None,
    "service_own": None,
    "service_wait": None,
    "service_lost": None,
    "service_people": None,
    "posts": "Officers",
    "station_cost": "Cost of stations",
    "money_total": None,
}

# What a plan that has the best figure is best at: “choose it if … counts most”.
STRENGTHS = {
    "hours_per_officer_max": "sharing the work",
    "community_share": "keeping hours for residents",
    "within_limit": "stations on foot",
    "moved_share": "changing little",
    "change_officer_share": "few residents getting officers they do not know",
    "relationship_kept": "keeping years of trust",
    "robust_share": "staying in balance",
    "service_minutes": "being there soon",
    "service_own": "the own officer coming",
    "service_wait": "nobody having to wait",
    "service_lost": "no call being lost",
    "service_people": "officers' time for people",
    "money_total": "cost",
    "station_cost": "cost of stations",
}
# What the figure of a strength is measured in, where it is no share.
MEASURED_IN = {
    "hours_per_officer_max": "hours a year for the officer with the most work",
    "service_minutes": "minutes",
}

# What a plan leaves out that another has.
LACKS = {"stations": "no stations", "officers": "no postings of officers"}


def in_words(value: Any, kind: str) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if kind == "yes":
        return "yes" if value else "no"
    if kind == "text":
        return str(value)
    if kind == "share":
        digits = 1 if 0 < abs(value) < 0.0995 or 0.995 < value < 1 else 0
        return f"{value:.{digits}%}"
    if kind == "money":
        return money_in_words(value)
    return f"{value:,.1f}" if kind == "decimal" else f"{value:,.0f}"


def beat_said(said: Speech, value: Any) -> Any:
    """Return a beat that a figure names, “beat 4” or “Kej 6 (beat 4)”, in the force's language; any other value as it is."""
    if said.language == "en" or not isinstance(value, str):
        return value
    return re.sub(r"(^|\()beat (?=\S)", lambda m: f"{m[1]}{said.text('Beat').lower()} ", value)


def money_in_words(value: float) -> str:
    """Return a sum as people say it."""
    return f"{value / 1e6:,.2f} million" if abs(value) >= 1e6 else f"{value:,.0f}"


def verdicts(row: dict[str, Any]) -> list[str]:
    """Return for each column “better”, “worse” or “” against the first, today's; nothing where neither is better or rounding decides."""
    first = row["values"][0]
    told = []
    unlike = row.get("unlike") or [False] * len(row["values"])
    for value, apart in zip(row["values"], unlike, strict=True):
        if apart or row["better"] == "" or value is None or first is None or row["kind"] == "text":
            told.append("")
            continue
        difference = float(value) - float(first)
        # a share that differs by less than can be written, 0.0 points, does not differ
        least = 5e-4 if row["kind"] == "share" else 1e-12
        if abs(difference) <= max(0.005 * max(abs(float(first)), abs(float(value))), least):
            told.append("")
        else:
            told.append("better" if (difference < 0) == (row["better"] == "less") else "worse")
    return told


def best(row: dict[str, Any]) -> list[bool]:
    """Tell which columns have the best figure of a row; none where all are alike or one value stands alone."""
    unlike = row.get("unlike") or [False] * len(row["values"])
    values = [
        None if v is None or apart or row["kind"] in ("text", "yes") else float(v)
        for v, apart in zip(row["values"], unlike, strict=True)
    ]
    known = [v for v in values if v is not None]
    least = max(0.005 * max(map(abs, known), default=0.0), 5e-4 if row["kind"] == "share" else 0.0)
    if row["better"] == "" or len(known) < 2 or max(known) - min(known) <= least:
        return [False] * len(values)
    top = min(known) if row["better"] == "less" else max(known)
    return [v is not None and abs(v - top) <= 1e-9 * max(1.0, abs(top)) for v in values]


def signed(row: dict[str, Any]) -> list[str]:
    """Return each column's difference to the first, today's, with its sign; “” where there is none, rounding decides, or it means nothing."""
    first, told = row["values"][0], []
    for k, value in enumerate(row["values"]):
        if (
            not k
            or first is None
            or value is None
            or row["kind"] in ("text", "yes")
            or not verdicts({**row, "better": row["better"] or "less"})[k]
        ):
            told.append("")
            continue
        change = float(value) - float(first)
        if row["kind"] == "share":
            told.append(f"{_sign(change)}{abs(100 * change):.1f} points")
        elif row["kind"] == "money":
            told.append(f"{_sign(change)}{about(abs(change))}")
        else:
            told.append(f"{_sign(change)}{in_words(abs(change), row['kind'])}")
    return told


def _sign(value: float) -> str:
    return "+" if value > 0 else "−"


def about(value: float) -> str:
    """Return a sum rounded to three digits, as one says it."""
    if value == 0:
        return "0"
    digits = len(f"{abs(value):.0f}") - 3
    rounded = round(value, -digits) if digits > 0 else round(value)
    return f"{rounded / 1e6:,.2f} million" if abs(rounded) >= 1e6 else f"{rounded:,.0f}"


def choose(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the decision page says of each plan: ``name``, ``unmet``, ``unsolved``, ``choose`` (sentences), ``worst`` and ``money``.

    Parameters
    ----------
    content
        Of ``comparison.json``, with its ``decision``.
    """
    rows = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    unit = content.get("currency") or ""
    told = []
    for plan in content["decision"]:
        words = [_best_in_words(x, rows[x["key"]], content["columns"][0]["name"], unit) for x in plan["best"]]
        worst = plan["worst"]
        row = None if worst is None else rows[worst["key"]]
        money = plan["money"]
        text = ""
        if money is not None:
            text = f"{_against(money['whole'], unit)} going on as today"
            if money["posts"] is not None and abs(money["posts"] - money["whole"]) > 0.5:
                text += f"; with posts paid in place of people, {_against(money['posts'], unit)} today"
        used = plan["capacity"]
        told.append(
            {
                "name": plan["plan"],
                "unmet": plan["unmet"],
                "unsolved": plan.get("unsolved", []),
                "choose": words,
                "worst": ""
                if row is None or worst is None
                else f"{_plain(row)}: {in_words(worst['value'], row['kind'])}, and {in_words(worst['best'], row['kind'])} with {worst['best_plan']}",
                "money": text,
                "lacks": " and ".join(LACKS[s] for s in plan.get("lacks", [])),
                "capacity": ""
                if used is None
                else f"{used['hours']:,.0f} of {used['capacity']:,.0f} hours a year are used in the beat with the most work",
            }
        )
    return told


def _plain(row: dict[str, Any]) -> str:
    return (HEADLINE.get(row["key"]) or row["label"]).strip("… ")


def _best_in_words(x: dict[str, Any], row: dict[str, Any], today: str, currency: str) -> str:
    what = STRENGTHS[x["key"]]
    measured = currency if row["kind"] == "money" else MEASURED_IN.get(x["key"], "")
    mine, other = in_words(x["value"], row["kind"]), in_words(x["next"], row["kind"])
    # what no other plan has is held against today's
    beside = (
        f"today {other}; the other plans have none" if x["next_plan"] == today else f"{other} with {x['next_plan']}"
    )
    return f"{what} counts most ({f'{mine} {measured}'.strip()}; {beside})"


def _against(change: float, unit: str) -> str:
    if abs(change) < 0.5:
        return "as much as"
    return f"about {about(abs(change))} {unit} {'more' if change > 0 else 'less'} than"
