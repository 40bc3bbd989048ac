"""The prices of the rules as a table and a page."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from beatplanner.data.publish import price_words
from beatplanner.data.publish.price_words import how_in_words, price_interval, price_sentence, rule_in_words
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.cells import RUN_CARD, write_csv, write_twin
from beatplanner.data.result.comparison import PriceRow, RulePrices
from beatplanner.data.result.draft_reason import STEP_NAMES
from beatplanner.data.result.run_card import cards_of

# Columns of prices.csv, and what they are called in the workbook beside it.
COLUMNS = {
    "key": "Rule of the description",
    "rule": "Rule",
    "how": "What is changed",
    "step": "Step",
    "with": "Objective with the rule",
    "with_bound": "… at least, as proven",
    "without": "Objective without it",
    "without_bound": "… without it at least, as proven",
    "gain": "Gained without it",
    "at_least": "Gained at least, as proven",
    "at_most": "Gained at most, as proven",
    "share": "Gained, share of the objective",
    "metres": "Metres on the mean way to work",
    "minutes": "Minutes on the mean walk",
    "moved_residents": "Residents who change beat",
    "residents_within": "Residents within the walking limit",
    "hours": "Hours a year in the heaviest beat",
    "until_there": "Minutes longer until somebody is there",
    "own_share": "Share of calls more that the own officer answers",
    "wait_share": "Share of calls more that wait",
    "lost_share": "Share of calls more that are lost",
    "money": "Money",
    "posts": "Officers' posts",
    "vacant_months": "Post-months without an officer",
    "tenure_violations": "Broken tenures",
    "language_gaps": "Beat-months without a language",
    "rotations": "Officers who move to another beat",
    "feasible": "All rules met",
    "folder": "Folder of the plan",
}


TITLE, PLAN_WITHOUT = "{project}: the price of each rule", "The plan without it"
LEAD = (
    "The plan was planned again without each of its rules, or with it loosened a little. What it would gain is the price of the rule; "
    "the proven bounds say between which values the price of the best possible plans lies."
)
SHEET = "Prices of rules"
PLAN, PRICE, FOUND = "The plan", "Price, proven to lie between", "{what}, as found"
WORDS = (
    *COLUMNS.values(),
    SHEET,
    RUN_CARD,
    "yes",
    "no",
    TITLE,
    PLAN_WITHOUT,
    LEAD,
    PLAN,
    PRICE,
    FOUND,
    *price_words.WORDS,
)


def write_prices(out: Path, content: RulePrices, language: str = "en", project: str = "") -> None:
    """Write ``prices.csv``, ``prices.xlsx`` and ``prices.html``; `content` as `price_rules` returns it, workbook and page in a language of the forum, in which the project may have another name."""
    t = Speech(language)
    yes = {True: t.text("yes"), False: t.text("no")}
    rows = content["prices"]
    table = [[_rounded(row.get(c)) for c in COLUMNS] for row in rows]
    write_csv(out / "prices.csv", list(COLUMNS), table)
    steps = {step: t.text(said) for step, said in STEP_NAMES.items()}
    said = [
        [
            yes[v] if isinstance(v, bool) else steps.get(v, v) if c == "step" else words.get(c, v)
            for c, v in zip(COLUMNS, line, strict=True)
        ]
        for line, words in zip(
            table, ({"rule": rule_in_words(r, t), "how": how_in_words(r, t)} for r in rows), strict=True
        )
    ]
    # the plan itself first
    card = cards_of(out, ("plan", *(str(row["folder"]) for row in rows)), t.text, t.percent)
    write_twin(
        out / "prices.xlsx",
        [t.text(c) for c in COLUMNS.values()],
        said,
        card=card,
        titles=(t.text(SHEET), t.text(RUN_CARD)),
    )
    top = max((abs(r["share"] or 0.0) for r in rows), default=0.0) or 1.0
    items = "".join(
        f"<tr><td>{escape(price_sentence(r, t))} <a href='{escape(r['folder'])}/report.html'>{escape(t.text(PLAN_WITHOUT))}</a></td>"
        f"<td class='n'>{_interval(r, t)}"
        f"<span class='bar'><i style='width:{100 * max(0.0, r['share'] or 0.0) / top:.0f}%'></i></span></td></tr>"
        for r in sorted(rows, key=lambda r: -(r["share"] or 0.0))
    )
    title = escape(t.text(TITLE, project=project or content["project"]))
    page = f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{{font:16px/1.5 system-ui,"Segoe UI",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}}table{{border-collapse:collapse;width:100%}}
td,th{{padding:.5rem;border-bottom:1px solid #d6dbe1;text-align:left;vertical-align:top}}td.n{{text-align:right;min-width:8rem;font-size:1.1rem}}
.bar{{display:block;height:.42rem;background:#e3e8ee;margin-top:.2rem}}.bar i{{display:block;height:100%;background:#b5651d}}</style></head><body>
<h1>{title}</h1>
<p>{escape(t.text(LEAD))} <a href="plan/report.html">{escape(t.text(PLAN))}</a></p>
<table><thead><tr><th>{escape(t.text(COLUMNS["rule"]))}</th><th>{escape(t.text(PRICE))}</th></tr></thead><tbody>{items}</tbody></table></body></html>
"""
    (out / "prices.html").write_text(page, encoding="utf-8")


def _interval(r: PriceRow, t: Speech) -> str:
    price, found = price_interval(r, t)
    return escape(price) + (f"<br><small>{escape(t.text(FOUND, what=found))}</small>" if found else "")


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
