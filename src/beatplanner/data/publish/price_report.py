"""The prices of the rules as a table and a page."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.cells import write_csv, write_twin
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


WORDS = (*COLUMNS.values(), "yes", "no")


def write_prices(out: Path, content: dict[str, Any], language: str = "en") -> None:
    """Write ``prices.csv``, ``prices.xlsx`` and ``prices.html``; `content` as `price_rules` returns it, headings of the workbook in a language of the forum."""
    t = Speech(language)
    yes = {True: t.text("yes"), False: t.text("no")}
    rows = content["prices"]
    table = [[_told(row.get(c)) for c in COLUMNS] for row in rows]
    write_csv(out / "prices.csv", list(COLUMNS), table)
    steps = {step: t.text(said) for step, said in STEP_NAMES.items()}
    said = [
        [
            yes[v] if isinstance(v, bool) else steps.get(v, v) if c == "step" else v
            for c, v in zip(COLUMNS, line, strict=True)
        ]
        for line in table
    ]
    # the plan itself first
    card = cards_of(out, ("plan", *(str(row["folder"]) for row in rows)), t.text)
    write_twin(out / "prices.xlsx", [t.text(c) for c in COLUMNS.values()], said, card=card)
    top = max((abs(r["share"] or 0.0) for r in rows), default=0.0) or 1.0
    items = "".join(
        f"<tr><td>{escape(r['sentence'])} <a href='{escape(r['folder'])}/report.html'>The plan without it</a></td>"
        f"<td class='n'>{_interval(r)}"
        f"<span class='bar'><i style='width:{100 * max(0.0, r['share'] or 0.0) / top:.0f}%'></i></span></td></tr>"
        for r in sorted(rows, key=lambda r: -(r["share"] or 0.0))
    )
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(content["project"])}: the price of each rule</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{{font:16px/1.5 system-ui,"Segoe UI",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}}table{{border-collapse:collapse;width:100%}}
td,th{{padding:.5rem;border-bottom:1px solid #d6dbe1;text-align:left;vertical-align:top}}td.n{{text-align:right;min-width:8rem;font-size:1.1rem}}
.bar{{display:block;height:.42rem;background:#e3e8ee;margin-top:.2rem}}.bar i{{display:block;height:100%;background:#b5651d}}</style></head><body>
<h1>{escape(content["project"])}: the price of each rule</h1>
<p>The <a href="plan/report.html">plan</a> was planned again without each of its rules, or with it loosened a little. What it would gain is the price of the rule;
the proven bounds say between which values the price of the best possible plans lies.</p>
<table><thead><tr><th>Rule</th><th>Price, proven to lie between</th></tr></thead><tbody>{items}</tbody></table></body></html>
"""
    (out / "prices.html").write_text(page, encoding="utf-8")


def _told(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _interval(r: dict[str, Any]) -> str:
    """Return a price as an interval with its unit: more travel or walking of all plans without the rule, and metres or minutes of the plans found."""
    if r["share"] is None or not r["feasible"]:
        return "–"
    if r["step"] == "officers":
        least, most = r["at_least"], r["at_most"]
        if least is None or most is None:
            return f"{r['gain']:,.0f} points, not proven"
        low, high = f"{least:,.0f}", f"{most:,.0f}"
        return f"{low} points" if low == high else f"{low} to {high} points"
    what = "travel" if r["step"] == "beats" else "walking"
    least, most, base = r["at_least"], r["at_most"], r["without"]
    if least is None or most is None or not base:
        text = f"{max(0.0, r['share']):.1%} more {what}, not proven"
    else:
        low, high = max(0.0, least / base), max(0.0, most / base)
        text = f"{low:.1%} more {what}" if f"{low:.1%}" == f"{high:.1%}" else f"{low:.1%} to {high:.1%} more {what}"
    if r.get("metres") is not None and r["metres"] >= 0.5:
        text += f"<br><small>{r['metres']:,.0f} m on the mean way to work, as found</small>"
    elif r["step"] == "stations" and r.get("minutes") is not None and r["minutes"] >= 0.05:
        text += f"<br><small>{r['minutes']:.1f} minutes on the mean walk, as found</small>"
    return text
