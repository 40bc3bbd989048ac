"""Checks of a comparison: every figure of every plan recomputed from the plans, and found again in the page and the workbook.

Nothing here is shared with what makes comparisons; formulas are those of ``planning.comparison``'s and ``planning.robustness``'s docstrings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.paths import whole_path
from beatplanner.data.publish.comparison_words import about
from beatplanner.data.publish.draft_words import draft_in_words
from beatplanner.data.publish.sentence_templates import without_keys
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.result.strict_json import read_json
from beatplanner.planning.verification.compared_draws import check_draws
from beatplanner.planning.verification.compared_figures import figures_of
from beatplanner.planning.verification.compared_files import check_page, check_workbook
from beatplanner.planning.verification.compared_plan import ComparedPlan
from beatplanner.planning.verification.decision import check_decision
from beatplanner.planning.verification.ledger import Ledger, Verdict, tells, text, value_in_words

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import ComparedColumn, Comparison, CurvePoint, Figures

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")


def verify_comparison(folder: Path, verify_plan: Callable[[Path], Verdict]) -> Verdict:
    """Check a folder that ``beatplanner compare`` made.

    Parameters
    ----------
    folder
        The comparison.
    verify_plan
        Checks one plan.

    Returns
    -------
    Verdict
        Every figure with what was found.

    Raises
    ------
    InputError
        Where the folder's JSON cannot be read.
    """
    try:
        content = read_json((folder / "comparison.json").read_text(encoding="utf-8"))
        columns = content["columns"]
        claimed = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            problem("the comparison cannot be read", "Compare again", file=folder / "comparison.json")
        ) from None
    ledger = Ledger()
    plans = _read(ledger, folder, columns, verify_plan)
    if plans is None:
        return ledger.verdict()
    found = [figures_of(p, plans) for p in plans]
    robustness = content.get("robustness", {})
    steady = check_draws(ledger, plans, found, robustness)
    for key, row in claimed.items():
        for k, p in enumerate(plans):
            value, was = row["values"][k], found[k].get(key)
            name = f"{p.name}: {row['label']}"
            if key.startswith(("robust_", "back_cast")) and not steady:
                ledger.unchecked(name, value, "The incidents are gone or changed; plan and compare again.")
            elif isinstance(value, str | bool) or isinstance(was, str):
                ledger.add(
                    name, value == was, value, was, "" if value == was else f"{value_in_words(value)} is claimed."
                )
            else:
                ledger.number(name, value, was)
    absent = [
        f"{p.name}: {key} is {value_in_words(v)} and is not told."
        for p, f in zip(plans, found, strict=True)
        for key, v in f.items()
        if v is not None and key not in claimed
    ]
    ledger.each("comparison.rows", "no figure is left out", absent, sum(map(len, found)), "figures")
    _check_words(ledger, content, plans[0])
    _check_moves(ledger, content, plans)
    _check_sentences(ledger, content, plans, found)
    check_decision(
        ledger,
        content,
        [p.name for p in plans],
        found,
        [
            list_of(p.tables.summary, "clashes") if not p.today and not p.tables.summary.get("feasible") else []
            for p in plans
        ],
        [[] if p.today else draft_in_words(p.tables, rules=False) for p in plans],
        [set() if p.today else {"stations", "officers"} & set(p.tables.summary) for p in plans],
    )
    for p, carried in zip(plans, content.get("budgets", []), strict=False):
        own = None if p.today else p.tables.summary.get("budget")
        ledger.add(
            f"{p.name}: budget", carried == own, "as in the plan", "as in the plan" if carried == own else "another"
        )
    _check_curve(ledger, folder, list_of(content, "curve"), verify_plan)
    if content.get("prices"):
        place = whole_path(folder / content["prices"]["folder"])
        verdict = verify_plan(place)
        carried = read_json((place / "prices.json").read_text(encoding="utf-8"))["sentences"]
        ledger.add(
            "prices of rules",
            verdict.ok,
            f"{len(verdict.checks)} checks",
            f"{len(verdict.failed)} wrong",
            "; ".join(c.name for c in verdict.failed[:5]),
        )
        ledger.add(
            "prices of rules: sentences",
            carried == content["prices"]["sentences"],
            "as priced",
            "as priced" if carried == content["prices"]["sentences"] else "others",
        )
    check_page(ledger, folder / "comparison.html", content)
    check_workbook(ledger, folder / "comparison.xlsx", content)
    return ledger.verdict()


def _check_words(ledger: Ledger, content: Comparison, first: ComparedPlan) -> None:
    """Check that the comparison speaks the language of the first plan's force, in its own words and with its name of the project."""
    forum = section_of(section_of(first.tables.summary, "rules"), "forum")
    language = (forum.get("languages") or ["en"])[0]
    ledger.add("comparison.language", content.get("language") == language, str(content.get("language")), language)
    if "project_said" not in content:
        ledger.unchecked(
            "comparison.terms", "none", "It was made before comparisons carried the force's own words; compare again."
        )
        return
    own = {k: v if isinstance(v, str) else v.get(language) for k, v in section_of(forum, "terms").items()}
    own = {k: v for k, v in own.items() if v}
    claimed = section_of(content, "terms")
    wrong = [
        f"“{k}” is said as {value_in_words(claimed.get(k))}, not as {value_in_words(own.get(k))}."
        for k in sorted({*own, *claimed})
        if own.get(k) != claimed.get(k)
    ]
    ledger.each("comparison.terms", "words are the force's own", wrong, len(own), "words")
    project = str(first.tables.summary.get("project", ""))
    said = own.get(project, project)
    ledger.add(
        "comparison.project_said",
        content.get("project_said") == said,
        value_in_words(content.get("project_said")),
        said,
    )


def _read(ledger: Ledger, folder: Path, columns: list[ComparedColumn], verify_plan: Any) -> list[ComparedPlan] | None:
    tables: list[PlanTables | None] = []
    for c in columns:
        at = c.get("folder")
        if at is None:
            tables.append(None)
            continue
        place = whole_path(folder / at)
        for name, key in (("plan.gpkg", "plan_sha256"), ("summary.json", "summary_sha256")):
            if not (place / name).is_file():
                ledger.add(
                    f"{c['name']}: {name}", False, "compared", "not there", f"{place / name} is gone; compare again."
                )
                return None
            now = file_hash(place / name)
            ledger.add(
                f"{c['name']}: {name}",
                now == c.get(key),
                str(c.get(key))[:12],
                now[:12],
                "" if now == c.get(key) else f"{place.name} was planned again since; compare again.",
            )
        verdict = verify_plan(place)
        wrong = "; ".join(f"{x.name}: {x.detail}" for x in verdict.failed[:3])
        ledger.add(
            f"{c['name']}: the plan itself",
            verdict.ok,
            f"{len(verdict.checks)} checks",
            f"{len(verdict.failed)} wrong",
            wrong,
        )
        tables.append(read_result(place))
    todays = [c.get("folder") is None for c in columns]
    first = next((t for t in tables if t is not None), None)
    if first is None or todays.index(True) != 0 or sum(todays) != 1:
        ledger.add("comparison.columns", False, len(columns), "no plan, or today's is not the first")
        return None
    order = [str(text(u)) for u in first.units["unit"]]
    for c, t in zip(columns, tables, strict=True):
        if t is not None and {text(u) for u in t.units["unit"]} != set(order):
            ledger.add(f"{c['name']}: units", False, "the units of the first plan", "others")
            return None
    return [ComparedPlan(c, t or first, t is None, order) for c, t in zip(columns, tables, strict=True)]


def _check_curve(ledger: Ledger, folder: Path, rows: list[CurvePoint], verify_plan: Callable[[Path], Verdict]) -> None:
    """Check the points of the curve against their plans."""
    for r in rows:
        place = whole_path(folder / r["folder"])
        verdict = verify_plan(place)
        ledger.add(
            f"curve, {r['budget']}: the plan itself",
            verdict.ok,
            f"{len(verdict.checks)} checks",
            f"{len(verdict.failed)} wrong",
            "; ".join(c.name for c in verdict.failed[:3]),
        )
        t = read_result(place)
        beats, hours = t.summary["beats"], math.fsum(t.units["workload"].astype(float))
        straight = section_of(t.summary["rules"], "beats").get("objective") == "travel"
        found = {k: beats[k] for k in ("moved_share", "max_deviation")} | {"travel": beats["objective"]}
        found["mean_way"] = beats["objective"] / hours if straight else None
        found["mean_way_bound"] = (
            beats["lower_bound"] / hours if straight and beats["lower_bound"] is not None else None
        )
        ledger.pairs(f"curve, {r['budget']}", "as its plan", [(k, r.get(k), v) for k, v in found.items()], "figures")


def _check_moves(ledger: Ledger, content: Comparison, plans: list[ComparedPlan]) -> None:
    for p, claimed, spots in zip(plans, content["moves"], content["places"], strict=True):
        found: dict[tuple[str, str], list[float]] = {}
        by_town: dict[str, list[float]] = {}
        for i, (was, now) in enumerate(zip(p.before, p.beat, strict=True)):
            town = by_town.setdefault(str(p.units["municipality"].iat[i]), [0.0, 0.0])
            if was is None:
                continue
            town[0] += p.people[i]
            if was != now:
                town[1] += p.people[i]
                pair = found.setdefault((was, str(now)), [0.0, 0.0])
                pair[0], pair[1] = pair[0] + p.people[i], pair[1] + 1
        claims = {(m["from"], m["to"]): m for m in claimed}
        rows: list[tuple[str, float | None, float | None]] = []
        for (a, b), v in found.items():
            claim = claims.get((a, b))
            rows.append((f"{a} to {b}", None if claim is None else claim.get("residents"), v[0]))
            rows.append((f"{a} to {b}, units", None if claim is None else claim.get("units"), v[1]))
        rows += [(f"{a} to {b}", m["residents"], None) for (a, b), m in claims.items() if (a, b) not in found]
        ledger.pairs(f"{p.name}: who moves", "residents and units of each way", rows, "figures")
        there = {s["municipality"]: s for s in spots}
        rows = []
        for m, v in by_town.items():
            spot = there.get(m)
            rows.append((m, None if spot is None else spot.get("moved"), v[1]))
            rows.append((m, None if spot is None else spot.get("residents"), v[0]))
        ledger.pairs(f"{p.name}: where it changes", "residents of each municipality", rows, "figures")


MONEY = ("money_", "rollout_total", "station_cost")


def _check_sentences(ledger: Ledger, content: Comparison, plans: list[ComparedPlan], found: list[Figures]) -> None:
    """Check that every number that a sentence tells is one of the figures, the plan's or today's."""
    for p, claimed, own in zip(plans, content["sentences"], found, strict=True):
        budget = section_of(p.tables.summary, "budget")
        known = {n for label in budget.get("years", []) for n in NUMBER.findall(label)}
        known |= {n.rstrip(",") for u in budget.get("unfunded", []) for n in NUMBER.findall(u["area"])}
        known |= {n.rstrip(",") for n in NUMBER.findall(section_of(budget, "blocked").get("sentence", ""))}
        # money is told in three digits
        figures = [(k, v) for block in (own, found[0]) for k, v in block.items()]
        known |= {about(float(v)).split()[0] for k, v in figures if k.startswith(MONEY) and isinstance(v, int | float)}
        wrong: list[str] = []
        count = 0
        clash = (p.tables.summary.get("clashes") or [""])[0] if not p.today else ""
        for sentence in claimed:
            # the clash as the plan has it, its keys called as people call them; what it tells is checked with the plan
            spoken = sentence.replace(without_keys(clash), "").replace(clash, "") if clash else sentence
            for number in NUMBER.findall(spoken):
                count += 1
                if number.rstrip(",") not in known and not tells(number, [*own.values(), *found[0].values()]):
                    wrong.append(f"“{sentence}” tells {number}, which is none of the figures.")
        ledger.each(f"{p.name}: sentences", "every number is a figure", wrong, count, "numbers")
