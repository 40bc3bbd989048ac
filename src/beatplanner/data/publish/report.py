"""The internal report: everything in ``summary.json`` in words and pictures, in one file without a network."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import numpy as np
import pandas as pd
from jinja2.runtime import Context

from beatplanner.data.description.priced import rules_priced
from beatplanner.data.findings import decimals_of_share
from beatplanner.data.formats.frames import records
from beatplanner.data.publish.blocked_words import blocked_in_words
from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.draft_words import draft_in_words, left_out_of_bound
from beatplanner.data.publish.force_language import paper_speech
from beatplanner.data.publish.officers_pack import FIGURES, names
from beatplanner.data.publish.page_templates import template_of
from beatplanner.data.publish.report_charts import pictures_of
from beatplanner.data.publish.report_filters import FILTERS
from beatplanner.data.publish.report_section import flat_rules, rules_of_pack
from beatplanner.data.publish.service_report import service_heads, service_rows
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.draft import proven_bound, proven_gap, reported_gap, standing_of
from beatplanner.data.result.draft_reason import STEP_NAMES, gap_said
from beatplanner.data.result.ending import ending_said, of_municipalities
from beatplanner.data.result.officer_weights import FIGURE_OF_WEIGHT
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.postings import plan_span, served_until
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.result.station_names import named
from beatplanner.data.result.supervision import AS_ONE, FORCE, supervision_rows
from beatplanner.data.rounding import rounded_counts

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row
    from beatplanner.data.result.summary import Claims


def write_report(path: Path, tables: PlanTables) -> None:
    """Write ``report.html``.

    Parameters
    ----------
    path
        The file.
    tables
        The plan.
    """
    summary, say = tables.summary, paper_speech(tables.summary)

    def many(one: str, several: str, count: float) -> str:
        return say.count(one, several, round(count))

    project = str(summary["project"])
    page = page_template().render(
        summary=summary,
        ending=ending_said(summary),
        of_municipalities=of_municipalities(summary) if section_of(summary, "beats").get("gap") is None else [],
        say=say,
        t=say.text,
        many=many,
        language=say.language,
        project=say.terms.get(project, project),
        draft=draft_in_words(tables, say=say),
        # parts as they are shown sum to the total as it is shown
        hours_for=dict(zip(PARTS, rounded_counts([summary["workload"][k] for k in PARTS]), strict=True)),
        steps=[(say.text(STEP_NAMES[k]), summary[k]) for k in ("beats", "stations", "officers") if k in summary],
        pictures=pictures_of(tables, say),
        beats=_beats(tables, say),
        priced=rules_priced(summary.get("rules", {}).get("stations")),
        stations=None if tables.stations is None else records(named(tables.stations, tables, say)),
        access=_access(tables, say),
        effects=_effects(tables, say),
        stops=None if tables.stops is None else records(tables.stops.drop(columns="geometry")),
        assignments=_assignments(tables),
        plan_over=None if tables.assignments is None else plan_span(tables)[1].isoformat(),
        cover=_cover(tables),
        supervision=_supervision(summary, say),
        weights=_weights(summary, say),
        service=service_rows(summary.get("service"), say),
        service_heads=service_heads(summary.get("service"), say),
        limits=_limits(summary, say),
        left_out=left_out_of_bound(tables, say),
        warnings=[n["text"] for n in summary.get("notes", []) if n["severity"] == "warning"],
        facts=[n["text"] for n in summary.get("notes", []) if n["severity"] == "info"],
        rules=flat_rules({k: v for k, v in summary.get("rules", {}).items() if k != "forum"}),
        pack_rules=rules_of_pack(summary.get("rules", {}).get("forum"), say),
        # a layer that two steps read is one file of one use
        inputs=list({(i["role"], i["path"], i["sha256"]): i for i in summary.get("inputs", [])}.values()),
    )
    path.write_text(page, encoding="utf-8")


@cache
def page_template() -> jinja2.Template:
    """Return the page's template, compiled once for all plans of a process."""
    filters: dict[str, Callable[..., str]] = {**FILTERS, "proof": _proof}
    return template_of("report.html", {"blocked_in_words": blocked_in_words, "english": ENGLISH}, filters)


# What the hours of a year are for.
PARTS = ("reactive_hours", "community_hours", "fixed_hours")
# What a step proves, for people who know no optimisation.
RELAXED = "The rules could not all be met; this is the best plan found under the smallest relaxation, so nothing is proven about it."
NOT_FOUND = "No plan that keeps all rules was found, and it is not proven that there is none; this is the best that was found with rules relaxed."
NO_BOUND = "No bound was computed: a better plan may exist."
REACHED = "Proven: no plan under these rules has an objective below {bound}, and this one reaches it (gap {gap})."
WITHIN = "Proven: no plan under these rules can have an objective below {bound}; this one has {objective}, so it is at most {gap} above the best possible."
# What others can check of a bound, where that is less than what the solver reports.
REPORTED = "The search itself reports at most {gap}, which “verify” cannot check."
REPORTED_ALONE = (
    "How far this is from the best cannot be checked: the search reports at most {gap}, and left no certificate."
)
# The balance rule in hours, of one beat and of several.
LIMIT = "1 beat between {lower} and {upper} hours a year (±{share})"
LIMITS = "{n} beats, each between {lower} and {upper} hours a year (±{share})"
# A further balance, whose amount has a name of its own or one of these.
BALANCED = "{amount}: each beat within ±{share} of the mean; the farthest is {off} off it"
AMOUNTS = {"residents": "Residents", "area": "Area", "calls": "Incidents a year"}
# Sectors of beats and commands of sectors.
SECTORS = "{n} sectors of {low} to {high} beats, within ±{share} of their mean hours; the farthest is {off} off it"
ONE_NUMBER = "The bound is for {n} groups; fewer were looked for first, and none were found that keep the rule"
COMMANDS = "{n} commands of {low} to {high} sectors, within ±{share} of their mean hours; the farthest is {off} off it"
WORDS = (
    *(RELAXED, NOT_FOUND, NO_BOUND, REACHED, WITHIN, REPORTED, REPORTED_ALONE, LIMIT, LIMITS, FORCE, AS_ONE),
    *(BALANCED, *AMOUNTS.values(), SECTORS, COMMANDS, ONE_NUMBER),
)


@jinja2.pass_context
def _proof(page: Context, step: Claims) -> str:
    return proof_in_words(step, page["say"])


def proof_in_words(step: Claims, say: Speech = ENGLISH) -> str:
    """Say what a step proves, for people who know no optimisation."""
    if step["status"] == "infeasible":
        return say.text(RELAXED)
    if step["status"] == "unknown":
        return say.text(NOT_FOUND)
    gap, bound, reported = proven_gap(step), proven_bound(step), reported_gap(step)
    more = "" if reported is None else gap_said(reported, say.percent)
    if gap is None or bound is None:
        return say.text(REPORTED_ALONE, gap=more) if more else say.text(NO_BOUND)
    fields = {"bound": say.number(bound), "gap": gap_said(gap, say.percent)}
    if standing_of(step) == "best":
        return say.text(REACHED, **fields)
    said = say.text(WITHIN, objective=say.number(step["objective"]), **fields)
    return f"{said} {say.text(REPORTED, gap=more)}" if more else said


def _set(share: float, say: Speech) -> str:
    """Return a share that a rule sets, with the digits that it has."""
    return say.percent(share, decimals_of_share(share))


def _limits(summary: Claims, say: Speech) -> list[str]:
    """Return the balance rule in hours, a sentence a municipality, and the further balances, a sentence each."""

    def limit(m: Claims) -> str:
        fields = {"lower": say.number(m["lower"]), "upper": say.number(m["upper"])}
        words = LIMIT if m["beats"] == 1 else LIMITS
        said = say.text(words, n=say.number(m["beats"]), share=_set(m["tolerance"], say), **fields)
        return f"{m['municipality']}: {said}" if m["municipality"] else said

    def balanced(row: Claims) -> str:
        name = say.text(AMOUNTS[row["amount"]]) if row["amount"] in AMOUNTS else str(row["amount"])
        shares = {"share": _set(row["tolerance"], say), "off": say.percent(row["max_deviation"], 1)}
        said = say.text(BALANCED, amount=name, **shares)
        return f"{row['municipality']}: {said}" if row["municipality"] else said

    beats = section_of(summary, "beats")
    own = [*map(limit, list_of(beats, "municipalities")), *map(balanced, list_of(beats, "balances"))]
    return own + _levels(summary, say)


def _levels(summary: Claims, say: Speech) -> list[str]:
    """Return what there is of sectors and commands, and what is proven of each."""
    found: list[str] = []
    for name, words in (("sectors", SECTORS), ("commands", COMMANDS)):
        level = section_of(summary, name)
        if not level:
            continue
        shares = {"share": _set(level["tolerance"], say), "off": say.percent(level["max_deviation"], 1)}
        low, high = (say.number(v) for v in level["span"])
        found.append(say.text(words, n=say.number(level["count"]), low=low, high=high, **shares))
        found.append(proof_in_words(level, say).removesuffix("."))
        below = section_of(summary, "beats" if name == "sectors" else "sectors").get("count")
        # no fewer could have so few members each
        fewest = below is not None and level["count"] == -(-int(below) // int(level["span"][1]))
        if level.get("lower_bound") is not None and not fewest:
            found.append(say.text(ONE_NUMBER, n=say.number(level["count"])))
    return found


def _supervision(summary: Claims, say: Speech) -> list[Row]:
    rows = supervision_rows(list_of(section_of(summary, "officers"), "supervision"))
    return [{**r, "area": say.text(r["area"]) if r["area"] in (FORCE, AS_ONE) else r["area"]} for r in rows]


def _weights(summary: Claims, say: Speech) -> list[tuple[str, str]]:
    """Return what each figure of the officers' objective weighs."""
    weights = section_of(section_of(summary, "officers"), "weights")

    def weight(value: float) -> str:
        digits = next((k for k in range(6) if round(value, k) == value), 6)
        return say.number(value, digits)

    known = {k: FIGURES.get(FIGURE_OF_WEIGHT.get(str(k), "")) for k in weights}
    return [
        (str(k).replace("_", " ") if known[k] is None else say.text(known[k] or ""), weight(v))
        for k, v in weights.items()
    ]


def _beats(tables: PlanTables, say: Speech) -> list[Row] | None:
    """Return the rows of the beats; one without a name of its own is called by its number in the language."""
    if tables.beats is None:
        return None
    rows = records(tables.beats.drop(columns="geometry"))
    plain = say.text("Beat")
    return [r | {"name": f"{plain} {r['beat']}"} if r["name"] == f"Beat {r['beat']}" else r for r in rows]


def _assignments(tables: PlanTables) -> list[Row]:
    if tables.assignments is None or tables.beats is None:
        return []
    name, served = names(tables), served_until(tables)
    frame = tables.assignments.assign(
        name=pd.Series([name.get(str(b), str(b)) for b in tables.assignments["beat"]], dtype=object).to_numpy(),
        end=[served[i].isoformat() for i in tables.assignments.index],
    )
    return records(frame)


def _cover(tables: PlanTables) -> list[Row]:
    if tables.cover is None:
        return []
    name = {} if tables.beats is None else names(tables)
    return [{**c, "beat": name.get(str(c["beat"]), c["beat"])} for c in records(tables.cover)]


# Rows of the table of sites that stay closed, and of municipalities: the report is for reading, the layers hold them all.
ROWS = 15


def _access(tables: PlanTables, say: Speech) -> dict[str, object] | None:
    """Return shares of residents within some minutes: the minutes, and rows of kind, name, residents and shares."""
    if tables.access is None or tables.access.empty:
        return None
    table = tables.access
    bands = sorted(table["minutes"].dropna().unique())
    rows: list[Row] = []
    for (kind, name), part in table.groupby(["kind", "name"], sort=False):
        within = part.dropna(subset="minutes").set_index("minutes")["share"]
        cut_off = part[part["minutes"].isna()].iloc[0]
        rows.append(
            {
                "kind": kind,
                "name": name,
                "shares": [within[b] for b in bands],
                "cut_off": cut_off["share"],
                "residents": cut_off["residents"],
            }
        )
    kinds = [[r for r in rows if r["kind"] == k] for k in ("all", "group", "beat", "municipality")]
    if tables.beats is not None:
        # by their names and in the order of the other tables
        name = {b: f"{say.text('Beat')} {b}" if b == title else title for b, title in names(tables).items()}
        order = {b: i for i, b in enumerate(name)}
        kinds[2] = [
            {**r, "name": name.get(str(r["name"]), r["name"])}
            for r in sorted(kinds[2], key=lambda r: order.get(str(r["name"]), len(order)))
        ]
    many = [
        part if len(part) <= 2 * ROWS else sorted(part, key=lambda r: np.nan_to_num(r["shares"][-1], nan=2.0))[:ROWS]
        for part in kinds
    ]
    return {
        "minutes": bands,
        "rows": [r for part in many for r in part],
        "left_out": len(rows) - sum(len(p) for p in many),
    }


def _effects(tables: PlanTables, say: Speech) -> dict[str, object] | None:
    """Return the sites with what opening or closing each would change, those that matter most first."""
    sites = tables.sites
    if sites is None or "change_minutes" not in sites:
        return None
    rows = named(sites, tables, say)
    chosen = rows["chosen"].astype(bool)
    opened = rows[chosen].sort_values(["change_minutes"], ascending=False)
    closed = rows[~chosen].sort_values(["change_minutes", "change_within_limit"], ascending=[True, False])
    return {
        "open": records(opened),
        "closed": records(closed.head(ROWS)),
        "left_out": max(0, len(closed) - ROWS),
    }
