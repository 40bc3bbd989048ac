"""Sections that are put into the internal report after it was written, once the forum pack is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from beatplanner.data.narrowing import is_dict


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


def flat_rules(rules: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
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


def rules_of_pack(forum: dict[str, Any] | None) -> str:
    """Return the section on the rules of the forum pack, which is made anew without planning: what stands there is what the pack was made by."""
    rows = "".join(
        f'<tr><th scope="row">{escape(k)}</th><td>{escape(v)}</td></tr>' for k, v in flat_rules({"forum": forum or {}})
    )
    return (
        f'<details><summary>Rules of the forum pack</summary><div class="scroll"><table><tbody>{rows}</tbody></table></div></details>'
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


def forum_costs(levels: Sequence[tuple[str, int, int, float]], currency: str, budget: ForumBudget | None) -> str:
    """Return the section on what forums cost: as their places are planned, and as the budget counts them.

    Parameters
    ----------
    levels
        Name, forums, meetings of each a year, and what all of them cost a year; NaN where their places are not known.
    currency
        Of the costs.
    budget
        What the budget counts; None without one.
    """

    def told_cost(cost: float) -> str:
        return f"{cost:,.0f}" if math.isfinite(cost) else "no place yet"

    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{count:,}</td><td class="n">{meets:,}</td><td class="n">{told_cost(cost)}</td></tr>'
        for name, count, meets, cost in levels
    )
    whole = sum(c for *_, c in levels)
    total = f'<tr><td>All</td><td class="n">{sum(n for _, n, _, _ in levels):,}</td><td class="n"></td><td class="n">{told_cost(whole)}</td></tr>'
    told = "" if budget is None else _beside_budget(whole, budget)
    return (
        "<h2>What the forums cost</h2><p>The ways of members who cannot walk, and the price of the places, as forums meet in this plan; these are the figures of the forum pack. "
        f'{told}</p><div class="scroll"><table><thead><tr><th scope="col">Forums</th><th scope="col" class="n">How many</th><th scope="col" class="n">Meetings of each, a year</th>'
        f'<th scope="col" class="n">Cost of all, a year, {escape(currency)}</th></tr></thead><tbody>{rows}{total}</tbody></table></div>'
    )


def _beside_budget(whole: float, budget: ForumBudget) -> str:
    """Say how the budget counts forums that cost so much; one figure where their places were planned with it."""
    money = f"{budget.money:,.0f} {escape(budget.currency)}"
    if not budget.money:
        return "The budget sets nothing aside for forums."
    if budget.price is not None:
        return (
            f"The plan was made without their places, so its budget takes a flat price, which is an assumption: {money} in {escape(budget.year)}, "
            f"{budget.price:,.2f} for each member and meeting of the neighbourhood forums. Plan again with the pack to have the figures below in the budget."
        )
    if abs(whole / budget.exchange - budget.money) < 0.01:
        return f"The budget counts the same: {money} in {escape(budget.year)}."
    return f"The budget of the plan counts {money} in {escape(budget.year)}, as forums were described when it was made; plan again to have one figure."
