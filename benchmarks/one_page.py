"""A minister's questions, answered from one page, held against everything else that a comparison's plans tell.

    python benchmarks/one_page.py COMPARISON [--prices DIR]

For every plan of a comparison the page of ``beatplanner answer`` is made, its figures are read out of its sentences, and each is looked for in ``comparison.json``, on the
decision page, in ``comparison.xlsx``, in ``officers.xlsx`` and in ``report.html``. Exit code 0 where nothing contradicts.
"""

from __future__ import annotations

import json
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl

from beatplanner.data.publish.comparison_words import about, in_words
from beatplanner.data.publish.sentence_templates import without_keys
from beatplanner.data.result.draft_reason import gap_at_most
from beatplanner.planning.compare.answer import answers

# What is read out of the page: question, pattern of one figure, and the row of the comparison that has it.
FIGURES = (
    ("What changes for residents?", r"There are ([\d,]+) beats?", "beats"),
    ("What changes for residents?", r"; ([\d,]+) residents? \([\d.]+%\) changes? beat", "moved_residents"),
    ("What changes for residents?", r"; ([\d,]+) residents? \([\d.]+% of those who have officers", "change_officer"),
    ("Who moves?", r"([\d,]+) officers? starts? in another beat", "officers_moved"),
    ("Who moves?", r"whole period ([\d,]+) moves?", "rotations"),
    ("What stays without?", r"([\d,]+) months? of posts without an officer", "vacant_months"),
    ("What stays without?", r"([\d,]+) months? of beats without a language", "language_gaps"),
    ("What stays without?", r"([\d,]+) residents? reach no station", "unreached"),
    ("Is the work shared fairly?", r"most work has ([\d,]+) of", "hours_per_officer_max"),
    ("Is the work shared fairly?", r"the least ([\d,]+)", "hours_per_officer_min"),
    ("How far is the next station on foot?", r"one of ([\d,]+) stations?", "stations"),
    ("What if", r"the ([\d,]+) posts? at the start", "posts"),
    ("Who stands in for officers who are away?", r"stands? in for ([\d,]+) of", "cover_months"),
)
SHARES = (
    ("What changes for residents?", r"\(([\d.]+)%\) changes? beat", "moved_share"),
    ("How far is the next station on foot?", r"([\d.]+)% of residents walk", "within_limit"),
    ("How sure is it", r"Beats ([\d.]+)%", "beats_gap"),
    ("How sure is it", r"Stations ([\d.]+)%", "stations_gap"),
    ("How sure is it", r"Officers ([\d.]+)%", "officers_gap"),
)


def contradictions(folder: Path, prices: Path | None = None) -> tuple[int, list[str]]:
    """Return how many figures of the pages were held against the rest, and what contradicts."""
    content = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    rows = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    sheet = openpyxl.load_workbook(folder / "comparison.xlsx", data_only=False)
    cells = {str(r[0].value): [c.value for c in r[1:]] for s in sheet for r in s.iter_rows() if r[0].value}
    page = _plain((folder / "comparison.html").read_text(encoding="utf-8"))
    wrong, count = [], 0

    def check(sound: bool, text: str) -> None:
        nonlocal count
        count += 1
        if not sound:
            wrong.append(text)

    for k, column in enumerate(content["columns"]):
        if column["today"]:
            continue
        plan = (folder / column["folder"]).resolve()
        claimed = answers(plan, prices=prices)
        said = {a["question"]: " ".join(a["text"]) for a in claimed["answers"]}
        summary = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
        name = column["name"]
        for question, pattern, key in (*FIGURES, *SHARES):
            text = next((t for q, t in said.items() if q.startswith(question)), "")
            found = re.search(pattern, text)
            # a roll-out opens posts later: on the first day there are fewer than the plan's
            if found is None or (key == "posts" and (summary.get("budget") or {}).get("limited")):
                continue
            value = rows[key]["values"][k] if key in rows else None
            share = (question, pattern, key) in SHARES
            digits = len(found[1].partition(".")[2])
            want = None if value is None else f"{100 * value:.{digits}f}" if share else f"{value:,.0f}"
            if value is not None and rows[key]["kind"] == "gap":
                # told rounded up, so that “at most” is true of it
                want = in_words(value, "gap").rstrip("%")
            value_here = found[1].rstrip(",")
            check(value_here == want, f"{name}: the page says {value_here} for {key}, the comparison {want}.")
            # the workbook has the same number, where it is no formula
            label = rows[key]["label"] if key in rows else ""
            cell = cells.get(label, [])
            if k < len(cell) and isinstance(cell[k], int | float):
                beside = gap_at_most(value) if rows[key]["kind"] == "gap" else value
                alike = abs(cell[k] - beside) < 1e-5 * max(1, abs(beside))
                check(alike, f"{name}: the workbook has {cell[k]} for {key}.")
        _money(check, name, said, rows, k, summary, content)
        _posts(check, name, said, plan, summary)
        # rules that are not met and steps that are not solved stand on both pages
        entry = next(d for d in content["decision"] if d["plan"] == name)
        check(bool(claimed["draft"]) == bool(entry["unmet"] or entry["unsolved"]), f"{name}: a draft on one page only.")
        # both call a rule by its name
        for text in (*map(without_keys, entry["unmet"][:3]), *entry["unsolved"]):
            check(_plain(text) in page and text in claimed["draft"], f"{name}: “{text}” is not on both pages.")
        report = plan / "report.html"
        officers = summary.get("officers")
        if report.is_file() and officers:
            inside = _plain(report.read_text(encoding="utf-8"))
            check(f"{officers['vacant_months']:,.0f}" in inside, f"{name}: the report has other vacant months.")
        if prices is not None:
            sentences = json.loads((prices / "prices.json").read_text(encoding="utf-8"))["sentences"]
            dear = next(a["text"] for a in claimed["answers"] if a["question"] == "Which rule is dear?")
            check(all(t in sentences for t in dear), f"{name}: the dear rule is told in other words than the prices.")
    return count, wrong


def _money(
    check: Any, name: str, said: dict[str, str], rows: dict[str, Any], k: int, summary: dict, content: dict
) -> None:
    """Hold what it costs, who pays and what today costs against the budget and the comparison."""
    text, budget = said.get("What does it cost, and who pays?", ""), summary.get("budget")
    if budget is None:
        return
    check(text.startswith(about(sum(budget["total"]))), f"{name}: the page tells another sum than the budget.")
    for payer, money in budget["payers"].items():
        if sum(money) >= 0.5 and len([v for v in budget["payers"].values() if sum(v) >= 0.5]) > 1:
            check(f"the {payer} {about(sum(money))}" in text, f"{name}: the page tells another share of the {payer}.")
    whole = sum(sum(v) for v in budget["payers"].values())
    check(abs(whole - sum(budget["total"])) < 1e-3, f"{name}: the payers do not pay the whole.")
    for key in ("economic", "functional"):
        check(
            abs(sum(map(sum, budget[key].values())) - sum(budget["total"])) < 1e-3,
            f"{name}: the budget by {key} class is another sum.",
        )
    if len(content["money_years"]) == len(budget["years"]) and content["columns"][k].get("exchange") == 1.0:
        if not budget["limited"]:
            mine = rows["money_total"]["values"][k]
            check(abs(mine - sum(budget["total"])) < 1e-3, f"{name}: the comparison has another sum.")
        today = rows["money_total"]["values"][0]
        if abs(today - sum(budget["today"])) < 1e-3:
            check(f"going on as today costs {about(today)}" in text, f"{name}: the page tells another sum for today.")


def _posts(check: Any, name: str, said: dict[str, str], plan: Path, summary: dict[str, Any]) -> None:
    """Hold the first empty post and the most at once against the sheet of vacant posts."""
    book, text = plan / "officers.xlsx", said.get("When is the last day to recruit?", "")
    if not book.is_file() or not text or (summary.get("budget") or {}).get("limited"):
        return
    sheet = openpyxl.load_workbook(book)["Vacant posts"]
    months = [c.value for c in sheet[1][1:]]
    empty = [sum(v or 0 for v in column) for column in sheet.iter_cols(min_row=2, min_col=2, values_only=True)]
    first = next((m for m, n in zip(months, empty, strict=True) if n), None)
    if first is None:
        check("No post is ever empty" in text, f"{name}: the workbook has no empty post.")
        return
    import datetime as dt

    day = dt.date.fromisoformat(f"{first}-01")
    check(f"empty from {day:%B %Y}" in text, f"{name}: the first empty post is another in officers.xlsx ({first}).")
    check(f"At most {max(empty):,.0f} post" in text, f"{name}: {max(empty)} posts are empty at once in officers.xlsx.")


def _plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def main() -> int:
    """Compare and print."""
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--prices"):
        print(__doc__)
        return 2
    count, wrong = contradictions(Path(sys.argv[1]), Path(sys.argv[3]) if len(sys.argv) == 4 else None)
    print(f"{count} figures of the pages were held against the rest, {len(wrong)} contradict.")
    for text in wrong:
        print(f"  {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
