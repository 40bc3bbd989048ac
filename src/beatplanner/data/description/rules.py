"""All rules of the description, gathered from beside their keys; their table for the guide, and the published schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from beatplanner.data.description.models import SECTIONS, Description
from beatplanner.data.description.sections.rule import WRITTEN, Rule, limits, rules_of_section
from beatplanner.data.findings import amount_text
from beatplanner.data.narrowing import Table, is_dict, is_list

# In the order in which a planner meets them.
SECTIONS_WITH_RULES = ("beats", "stations", "officers", "workload", "service", "budget", "forum", "country")
RULES: tuple[Rule, ...] = tuple(r for s in SECTIONS_WITH_RULES for r in rules_of_section(s, SECTIONS[s]))
BY_KEY = {r.key: r for r in RULES}


def schema() -> str:
    """Return the JSON schema of a description as it is published in ``docs/description.schema.json``."""
    made: Table = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Description.model_json_schema(),
    }
    for inner in ("folder", "file"):
        del made["properties"][inner]
    # a scenario's file says less, and from which it starts
    made["properties"]["extends"] = {"type": "string", "description": "The description that this one changes."}
    made["properties"]["remove"] = {"type": "array", "items": {"type": "string"}, "description": "Keys of it that go."}
    made["if"], made["then"] = {"not": {"required": ["extends"]}}, {"required": made.pop("required")}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def rules_as_markdown(section: str) -> str:
    """Return a section's rules as a table of Markdown: key, what it is, default, limits, where it comes from, and who checks it."""
    rows = [
        "| key | what it is | default | allowed | where it comes from | `verify` recomputes |",
        "|---|---|--:|---|---|---|",
    ]
    for rule in (r for r in RULES if r.section == section):
        info = SECTIONS[section].model_fields[rule.name]
        bounds = " and ".join(f"{sign} {_number(rule, bound)}" for sign, bound in limits(info).items())
        if rule.kind == "choice":
            bounds = ", ".join(f"`{c}`" for c in rule.choices)
        elif rule.kind == "switch":
            bounds = "`true`, `false`"
        elif rule.auto:
            bounds = '≥ 1, or `"auto"`'
        elif rule.kind == "text":
            bounds = "text"
        elif rule.kind in ("groups", "rows"):
            bounds = "a list of lists" if rule.kind == "groups" else "a list of tables"
        elif rule.kind == "amounts":
            bounds = f"a number {bounds}, or one of each year"
        elif rule.kind in WRITTEN:
            bounds = f"a {rule.kind}" + (f" of numbers {bounds}" if bounds else "")
        default = "needed" if info.is_required() else _said(rule, rule.default)
        rows.append(
            f"| `{rule.name}` | {rule.label} | {default} | {bounds} | {rule.source} | {f'`{rule.check}`' if rule.check else '–'} |"
        )
    return "\n".join(rows) + "\n"


def _said(rule: Rule, value: Any) -> str:
    """Return a default as it is told: shares in per cent, what is off as “–”."""
    if value is None or value in ([], {}):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if rule.kind == "rows":
        return "; ".join(_said(rule, v) for v in value) if is_list(value) else _table_said(value)
    if is_dict(value):
        return _table_said(value)
    if is_list(value):
        return ", ".join(amount_text(v, 6) if isinstance(v, int | float) else str(v) for v in value)
    if rule.kind == "choice" or isinstance(value, str):
        return f"`{value}`"
    if rule.kind == "share":
        return _number(rule, value)
    return f"{_number(rule, value)} {rule.unit.removesuffix('s') if value == 1 else rule.unit}".rstrip()


def _table_said(value: Mapping[str, object]) -> str:
    shown = {k: ", ".join(map(str, v)) if is_list(v) else v for k, v in value.items() if v is not None}
    return ", ".join(f"`{k}` {amount_text(v, 6) if isinstance(v, int | float) else v}" for k, v in shown.items())


def _number(rule: Rule, value: float) -> str:
    if rule.plain:
        return f"{value:g}"
    return f"{amount_text(value * 100, 6)} %" if rule.kind == "share" else amount_text(value, 6)
