"""The words of a comparison: figures as people read them, what is better, and what a plan is best and worst at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from beatplanner.data.publish.translation import Speech, in_own_percents
from beatplanner.data.result.draft_reason import gap_at_most, gap_said

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import BestPoint, Comparison, FigureRow

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
    "station_cost": None,
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
LACKS: dict[tuple[str, ...], str] = {
    ("stations",): "no stations",
    ("officers",): "no postings of officers",
    ("stations", "officers"): "no stations and no postings of officers",
}
# Sentences of the decision page.
WITH = "{what} counts most ({mine}; {other} with {plan})"
ALONE = "{what} counts most ({mine}; today {other}; the other plans have none)"
WORST = "{figure}: {mine}, and {best} with {plan}"
CAPACITY = "{hours} of {capacity} hours a year are used in the beat with the most work"
MONEY = (
    "as much as going on as today",
    "about {sum} more than going on as today",
    "about {sum} less than going on as today",
)
POSTS = (
    "with posts paid in place of people, as much as today",
    "with posts paid in place of people, about {sum} more than today",
    "with posts paid in place of people, about {sum} less than today",
)
MILLION, POINTS, TODAY = "{n} million", "{n} points", "Today"
# Names of a budget's lines, payers, classes, functions and orders.
BUDGET = (
    *("Salaries", "Stations", "Vehicles", "Forums", "Training", "ministry", "municipality", "donor"),
    *("211 wages and salaries", "212 employers' social contributions", "22 use of goods and services"),
    *("311 fixed assets", "COFOG 03.1, police services", "vehicles", "stations", "courses"),
)
WORDS = (
    *BUDGET,
    *(v for v in HEADLINE.values() if v),
    *STRENGTHS.values(),
    *MEASURED_IN.values(),
    *LACKS.values(),
    *(WITH, ALONE, WORST, CAPACITY, *MONEY, *POSTS, MILLION, POINTS, TODAY, "yes", "no"),
)
ENGLISH = Speech("en")


def label_said(said: Speech, row: FigureRow) -> str:
    """Return the label of a row in the force's language; names of languages and percents in it are said in that language too."""
    if said.language == "en" or "words" not in row:
        return in_own_percents(row["label"], said.locale)
    return said.text(row["words"], **fields_said(said, row.get("fields", {})))


def fields_said(said: Speech, fields: Mapping[str, str | float]) -> dict[str, str]:
    """Return what stands in a label, in the force's language: shares in its percents, languages by its names for them."""
    return {
        k: said.language_name(str(v)) if k == "language" else said.percent(v) if isinstance(v, float) else str(v)
        for k, v in fields.items()
    }


def in_words(value: Any, kind: str, said: Speech = ENGLISH) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if kind == "yes":
        return said.text("yes" if value else "no")
    if kind == "text":
        return str(beat_said(said, value))
    if kind == "gap":
        return gap_said(value, said.percent)
    if kind == "share":
        digits = 1 if 0 < abs(value) < 0.0995 or 0.995 < value < 1 else 0
        return share_in_words(value, digits, said)
    if kind == "money":
        return money_in_words(value, said)
    return said.number(value, 1 if kind == "decimal" else 0)


def share_in_words(value: float, digits: int, said: Speech = ENGLISH) -> str:
    """Return a share in percent, with so many digits after the point."""
    return said.percent(value, digits)


def beat_said(said: Speech, value: Any) -> Any:
    """Return a beat that a figure names, “beat 4” or “Kej 6 (beat 4)”, in the force's language; any other value as it is."""
    if said.language == "en" or not isinstance(value, str):
        return value
    return re.sub(r"(^|\()beat (?=\S)", lambda m: f"{m[1]}{said.text('Beat').lower()} ", value)


def money_in_words(value: float, said: Speech = ENGLISH, digits: int = 2) -> str:
    """Return a sum as people say it, millions with so many digits behind the point."""
    return said.text(MILLION, n=said.number(value / 1e6, digits)) if abs(value) >= 1e6 else said.number(value)


def verdicts(row: FigureRow) -> list[str]:
    """Return for each column “better”, “worse” or “” against the first, today's; nothing where neither is better or rounding decides."""
    first = row["values"][0]
    marks: list[str] = []
    unlike = row.get("unlike") or [False] * len(row["values"])
    for value, apart in zip(row["values"], unlike, strict=True):
        if apart or row["better"] == "" or value is None or first is None or row["kind"] == "text":
            marks.append("")
            continue
        difference = float(value) - float(first)
        # a share that differs by less than can be written, 0.0 points, does not differ
        least = 5e-4 if row["kind"] == "share" else 1e-12
        if abs(difference) <= max(0.005 * max(abs(float(first)), abs(float(value))), least):
            marks.append("")
        else:
            marks.append("better" if (difference < 0) == (row["better"] == "less") else "worse")
    return marks


def best(row: FigureRow) -> list[bool]:
    """Tell which columns have the best figure of a row, as it is told; none where all read alike or one value stands alone."""
    unlike = row.get("unlike") or [False] * len(row["values"])
    values = [
        None
        if v is None or apart or row["kind"] in ("text", "yes")
        else gap_at_most(float(v))
        if row["kind"] == "gap"
        else float(v)
        for v, apart in zip(row["values"], unlike, strict=True)
    ]
    known = [v for v in values if v is not None]
    least = max(0.005 * max(map(abs, known), default=0.0), 5e-4 if row["kind"] == "share" else 0.0)
    if row["better"] == "" or len(known) < 2 or max(known) - min(known) <= least:
        return [False] * len(values)
    top = min(known) if row["better"] == "less" else max(known)
    # what reads like the best is no worse than it
    shown = [None if v is None else in_words(v, row["kind"]) for v in values]
    if len({w for w in shown if w is not None}) == 1:
        return [False] * len(values)
    return [v is not None and w == in_words(top, row["kind"]) for v, w in zip(values, shown, strict=True)]


def signed_differences(row: FigureRow, said: Speech = ENGLISH) -> list[str]:
    """Return each column's difference to the first, today's, with its sign; “” where there is none, rounding decides, or it means nothing."""
    shown: list[str] = []
    first = row["values"][0]
    for k, value in enumerate(row["values"]):
        if (
            not k
            or first is None
            or value is None
            or row["kind"] in ("text", "yes")
            or not verdicts({**row, "better": row["better"] or "less"})[k]
        ):
            shown.append("")
            continue
        change = float(value) - float(first)
        if row["kind"] == "share":
            shown.append(_sign(change) + said.text(POINTS, n=said.number(abs(100 * change), 1)))
        elif row["kind"] == "money":
            shown.append(f"{_sign(change)}{about(abs(change), said)}")
        else:
            size = in_words(abs(change), row["kind"], said)
            # what is written as nothing is nothing
            shown.append(_sign(change) + size if size.strip("0.,") else "")
    return shown


def _sign(value: float) -> str:
    return "+" if value > 0 else "−"


def about(value: float, said: Speech = ENGLISH) -> str:
    """Return a sum rounded to three digits, as one says it."""
    if value == 0:
        return "0"
    digits = len(f"{abs(value):.0f}") - 3
    rounded = round(value, -digits) if digits > 0 else round(value)
    # no digit behind those that were kept: 46,124,420 is about 46.1 million, not 46.10
    return money_in_words(rounded, said, max(0, 8 - len(f"{abs(rounded):.0f}") + 1))


class ChoiceWords(TypedDict):
    """What the decision page says of a plan, in words."""

    name: str
    unmet: list[str]
    unsolved: list[str]
    choose: list[str]
    worst: str
    money: str
    lacks: str
    capacity: str


def choose(content: Comparison, said: Speech = ENGLISH) -> list[ChoiceWords]:
    """Return what the decision page says of each plan: ``name``, ``unmet``, ``unsolved``, ``choose`` (sentences), ``worst`` and ``money``.

    Parameters
    ----------
    content
        Of ``comparison.json``, with its ``decision``.
    said
        The language.
    """
    rows = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    unit = content.get("currency") or ""
    choices: list[ChoiceWords] = []
    for plan in content["decision"]:
        words = [_best_in_words(x, rows[x["key"]], content["columns"][0]["name"], unit, said) for x in plan["best"]]
        worst, money, used = plan["worst"], plan["money"], plan["capacity"]
        row = None if worst is None else rows[worst["key"]]
        text = ""
        if money is not None:
            text = _against(money["whole"], unit, MONEY, said)
            if money["posts"] is not None and abs(money["posts"] - money["whole"]) > 0.5:
                text += "; " + _against(money["posts"], unit, POSTS, said)
        lacks = tuple(plan.get("lacks", []))
        choices.append(
            {
                "name": plan["plan"],
                "unmet": plan["unmet"],
                "unsolved": plan.get("unsolved", []),
                "choose": words,
                "worst": ""
                if row is None or worst is None
                else said.text(
                    WORST,
                    figure=_plain(row, said),
                    mine=in_words(worst["value"], row["kind"], said),
                    best=in_words(worst["best"], row["kind"], said),
                    plan=worst["best_plan"],
                ),
                "money": text,
                "lacks": said.text(LACKS[lacks]) if lacks else "",
                "capacity": ""
                if used is None
                else said.text(CAPACITY, hours=said.number(used["hours"]), capacity=said.number(used["capacity"])),
            }
        )
    return choices


def _plain(row: FigureRow, said: Speech) -> str:
    headline = HEADLINE.get(row["key"])
    return (said.text(headline) if headline else label_said(said, row)).strip("… ")


def _best_in_words(x: BestPoint, row: FigureRow, today: str, currency: str, said: Speech = ENGLISH) -> str:
    measured = currency if row["kind"] == "money" else MEASURED_IN.get(x["key"], "")
    measured = said.text(measured) if measured and row["kind"] != "money" else measured
    mine, other = in_words(x["value"], row["kind"], said), in_words(x["next"], row["kind"], said)
    fields = {"what": said.text(STRENGTHS[x["key"]]), "mine": f"{mine} {measured}".strip(), "other": other}
    # what no other plan has is held against today's
    return said.text(ALONE, **fields) if x["next_plan"] == today else said.text(WITH, plan=x["next_plan"], **fields)


def _against(change: float, unit: str, words: tuple[str, str, str], said: Speech) -> str:
    if abs(change) < 0.5:
        return said.text(words[0])
    return said.text(words[1 if change > 0 else 2], sum=f"{about(abs(change), said)} {unit}")
