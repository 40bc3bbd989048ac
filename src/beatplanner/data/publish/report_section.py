"""Sections that are put into the internal report after it was written, once the forum pack is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path


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


def forum_costs(
    levels: Sequence[tuple[str, int, int, float]],
    currency: str,
    aside: tuple[str, float, float] | None,
    just: float | None,
) -> str:
    """Return the section on what forums cost: as their places are planned, beside what the budget sets aside.

    Parameters
    ----------
    levels
        Name, forums, meetings of each a year, and what all of them cost a year; NaN where their places are not known.
    currency
        Of the costs.
    aside
        Of the budget: its first year, what it sets aside for neighbourhood forums then, and its price for a member and meeting; None without a budget.
    just
        The price for a member and meeting that would set aside what the neighbourhood forums cost; None where none meets.
    """

    def told_cost(cost: float) -> str:
        return f"{cost:,.0f}" if math.isfinite(cost) else "no place yet"

    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{count:,}</td><td class="n">{meets:,}</td><td class="n">{told_cost(cost)}</td></tr>'
        for name, count, meets, cost in levels
    )
    total = f'<tr><td>All</td><td class="n">{sum(n for _, n, _, _ in levels):,}</td><td class="n"></td><td class="n">{told_cost(sum(c for *_, c in levels))}</td></tr>'
    told = ""
    if aside is not None:
        year, money, price = aside
        told = (
            f"In {escape(year)} the budget sets {money:,.0f} {escape(currency)} aside for the neighbourhood forums: {price:,.2f} for each member and meeting, "
            "whether the member walks or not."
            if money
            else "The budget sets nothing aside for forums."
        )
        if just is not None:
            told += f" A price of {just:,.2f} (<code>budget.forum_travel</code>) would set aside just what the places that are planned cost."
    return (
        "<h2>What the forums cost</h2><p>The ways of members who cannot walk, and the price of the places, as forums meet in this plan; these are the figures of the forum pack. "
        f'{told}</p><div class="scroll"><table><thead><tr><th scope="col">Forums</th><th scope="col" class="n">How many</th><th scope="col" class="n">Meetings of each, a year</th>'
        f'<th scope="col" class="n">Cost of all, a year, {escape(currency)}</th></tr></thead><tbody>{rows}{total}</tbody></table></div>'
    )
