"""Sections that are put into the internal report after it was written, once the forum pack is made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from beatplanner.data.narrowing import is_dict
from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.translation import Speech

RULES, NO_PLACE, COSTS = "Rules of the forum pack", "no place yet", "What the forums cost"
COUNTED = "The ways of members who cannot walk, and the price of the places, as forums meet in this plan; these are the figures of the forum pack."
HOW_MANY, MEETINGS, COST_OF_ALL = "How many", "Meetings of each, a year", "Cost of all, a year, {currency}"
LEVEL_NAMES = ("Neighbourhood", "Municipal", "Regional")
NOTHING = "The budget sets nothing aside for forums."
FLAT = (
    "The plan was made without their places, so its budget takes a flat price, which is an assumption: {sum} in {year}, "
    "{price} for each member and meeting of the neighbourhood forums. Plan again with the pack to have the figures below in the budget."
)
SAME = "The budget counts the same: {sum} in {year}."
OTHER = "The budget of the plan counts {sum} in {year}, as forums were described when it was made; plan again to have one figure."
WORDS = (
    RULES,
    NO_PLACE,
    COSTS,
    COUNTED,
    HOW_MANY,
    MEETINGS,
    COST_OF_ALL,
    *LEVEL_NAMES,
    NOTHING,
    FLAT,
    SAME,
    OTHER,
    "All",
    "Forums",
)


def put_section(report: Path, name: str, section: str) -> None:
    """Put a section at a report's end, in place of an older one of that name; nothing happens where there is no report.

    Parameters
    ----------
    report
        ``report.html``.
    name
        Of the section.
    section
        Its markup.
    """
    if not report.is_file():
        return
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = report.read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    if not rest:
        before, _, after = page.rpartition("</body>")
        after = f"</body>{after}"
    report.write_text(before + begin + section + end + after, encoding="utf-8")


# What a personnel or budget office adds: a force that says nothing of it sees nothing of it.
ADDED = ("officers.notice_months", "officers.drop_out", "budget.allowances", "budget.employer_part")


def flat_rules(rules: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    """Return the rules as key and value, but those that are empty and those of `ADDED` that are off."""
    rows: list[tuple[str, str]] = []
    for key, value in rules.items():
        if is_dict(value):
            rows += flat_rules(value, f"{prefix}{key}.")
        elif key == "then" and not rules.get("ends"):
            continue
        elif value not in (None, []) and (value or prefix + key not in ADDED):
            rows.append((prefix + key, str(value)))
    return rows


def rules_of_pack(forum: Mapping[str, object] | None, say: Speech = ENGLISH) -> str:
    """Return the section on the rules of the forum pack, which is made anew without planning: what stands there is what the pack was made by."""
    rows = "".join(
        f'<tr><th scope="row">{escape(k)}</th><td>{escape(v)}</td></tr>' for k, v in flat_rules({"forum": forum or {}})
    )
    return (
        f'<details><summary>{escape(say.text(RULES))}</summary><div class="scroll"><table><tbody>{rows}</tbody></table></div></details>'
        if rows
        else ""
    )


@dataclass(frozen=True)
class ForumBudget:
    """What a budget counts for forums: in its first year, by the places planned with it or at a flat price for each member and meeting.

    Attributes
    ----------
    year, money, currency
        The first year, what it counts then and in which currency.
    exchange
        How much of the forums' currency is one of the budget's.
    price
        For each member and meeting of the neighbourhood forums; None where places were planned.
    """

    year: str
    money: float
    currency: str
    exchange: float
    price: float | None


def forum_costs(
    levels: Sequence[tuple[str, int, int, float]], currency: str, budget: ForumBudget | None, say: Speech = ENGLISH
) -> str:
    """Return the section on what forums cost: as their places are planned, and as the budget counts them.

    Parameters
    ----------
    levels
        Name, forums, meetings of each a year, and what all of them cost a year; NaN where their places are not known.
    currency
        Of the costs.
    budget
        What the budget counts; None without one.
    say
        The language.
    """

    def cost_cell(cost: float) -> str:
        return say.number(cost) if math.isfinite(cost) else say.text(NO_PLACE)

    rows = "".join(
        f'<tr><td>{escape(say.text(name))}</td><td class="n">{say.number(count)}</td><td class="n">{say.number(meets)}</td><td class="n">{cost_cell(cost)}</td></tr>'
        for name, count, meets, cost in levels
    )
    whole = sum(c for *_, c in levels)
    total = f'<tr><td>{escape(say.text("All"))}</td><td class="n">{say.number(sum(n for _, n, _, _ in levels))}</td><td class="n"></td><td class="n">{cost_cell(whole)}</td></tr>'
    beside = "" if budget is None else _beside_budget(whole, budget, say)
    return (
        f"<h2>{escape(say.text(COSTS))}</h2><p>{escape(say.text(COUNTED))} "
        f'{beside}</p><div class="scroll"><table><thead><tr><th scope="col">{escape(say.text("Forums"))}</th><th scope="col" class="n">{escape(say.text(HOW_MANY))}</th><th scope="col" class="n">{escape(say.text(MEETINGS))}</th>'
        f'<th scope="col" class="n">{escape(say.text(COST_OF_ALL, currency=currency))}</th></tr></thead><tbody>{rows}{total}</tbody></table></div>'
    )


def _beside_budget(whole: float, budget: ForumBudget, say: Speech) -> str:
    """Say how the budget counts forums that cost so much; one figure where their places were planned with it."""
    fields = {"sum": f"{say.number(budget.money)} {budget.currency}", "year": budget.year}
    if not budget.money:
        return escape(say.text(NOTHING))
    if budget.price is not None:
        return escape(say.text(FLAT, price=say.number(budget.price, 2), **fields))
    if abs(whole / budget.exchange - budget.money) < 0.01:
        return escape(say.text(SAME, **fields))
    return escape(say.text(OTHER, **fields))
