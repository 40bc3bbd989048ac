"""The catalogue of rules says what the description says: fields, limits, choices, defaults; presets change what they name and nothing else."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from beatplanner.data.description.raw import read_raw
from beatplanner.data.description.read import checked_description
from beatplanner.planning.rule_catalog import (
    PRESETS,
    RULES,
    SECTIONS,
    change,
    default_of,
    differences,
    hours_of,
    in_words,
    kept,
    preset_values,
    rules_of,
    shown,
    value_of,
)
from conftest import ROOT

BY_KEY = {r.key: r for r in RULES}


def with_(rules, key, value):
    section, name = key.split(".")
    return {**rules, section: {**rules.get(section, {}), name: value}}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.key)
def test_a_rule_has_what_the_window_needs(rule, town):
    assert rule.why.endswith(".") and rule.source.endswith(".")
    if rule.kind in ("choice", "switch"):
        assert rule.kind == "switch" or set(rule.choices) == set(
            get_args(SECTIONS[rule.section].model_fields[rule.name].annotation)
        )
        values = list(rule.choices)
    else:
        assert "{value}" in rule.words
        values = [kept(rule, rule.low), kept(rule, rule.high)] + (["auto"] if rule.auto else [])
    raw = read_raw(town.project)
    for value in values:
        assert in_words(rule, value)
        if rule.key != "stations.objective":
            checked_description(with_(raw, rule.key, value), town.project)
    default = default_of(rule)
    if isinstance(default, int | float) and not isinstance(default, bool):
        assert rule.low <= shown(rule, default) <= rule.high
        assert kept(rule, shown(rule, default)) == default
    elif default is None:
        assert rule.off or rule.key in ("beats.count", "stations.count")


def test_the_guide_has_the_same_defaults():
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    table = {key: cell.strip() for key, cell in re.findall(r"^\| `(\w+)`[^|]*\| ([^|]+) \|", text, re.MULTILINE)}
    for key in ("community_share", "abstraction", "absence", "min_officers_per_beat"):
        rule = BY_KEY[f"workload.{key}"]
        assert table[key].rstrip(" %") == f"{shown(rule, default_of(rule)):g}"
    for key in ("min_tenure_months", "handover_months"):
        assert table[key] == f"{default_of(BY_KEY[f'officers.{key}']):g}"


def test_presets_change_what_they_name(town):
    raw = read_raw(town.project)
    for preset in PRESETS:
        values = preset_values(preset, raw)
        assert set(values) <= set(preset.values)
        changed = {**raw}
        for key, value in values.items():
            section, name = key.split(".")
            changed[section] = {k: v for k, v in {**changed[section], name: value}.items() if v is not None}
        checked_description(changed, town.project)
        # it is in force now: nothing is left to change
        assert preset_values(preset, changed) == {}
    assert preset_values(PRESETS[1], raw)["beats.max_moved"] == 0.1
    without = {**raw, "beats": {k: v for k, v in raw["beats"].items() if k != "current"}}
    assert "beats.max_moved" not in preset_values(PRESETS[1], without)


def test_values_sentences_and_differences(town):
    raw = read_raw(town.project)
    rule = BY_KEY["beats.tolerance"]
    assert value_of(raw, rule) == 0.25
    assert in_words(rule, 0.25) == "each beat within ±25 % of its municipality's mean work"
    assert in_words(BY_KEY["beats.max_moved"], None) == "any number of residents may change beat"
    assert in_words(BY_KEY["officers.posts_per_beat"], "auto") == "as many posts as a beat's work needs"
    assert hours_of([{"municipality": "Y", "lower": 75.0, "upper": 125.0}], 0.1) == [
        ("Y", pytest.approx(90), pytest.approx(110))
    ]
    assert change({"beats.tolerance": 0.1, "beats.max_moved": ...}) == {"beats": {"tolerance": 0.1, "max_moved": None}}
    assert [(r.key, a, b) for r, a, b in differences(raw, with_(raw, "beats.tolerance", 0.1))] == [
        ("beats.tolerance", 0.25, 0.1)
    ]
    only_beats = {k: v for k, v in raw.items() if k in ("project", "units", "beats")}
    assert {r.section for r in rules_of(only_beats)} == {"workload", "beats"}


# Keys that name a file or a layer, or hold what was drawn: no rule that a form edits.
INPUTS = {
    "beats": "distances roads adjacency current barriers crossings decided_links locked links closed held names colours",
    "stations": "candidates existing roads distances generated elevation barriers crossings held_open accepted",
    "officers": "path layer columns crs posts published job_template",
}
# Rules that are set in the description only: they have no words and no why in the catalogue yet.
WITHOUT_ENTRY = {
    "workload": "default_hours community_hours_per_1000 hours fixed_hours_per_beat annual_hours admin_share",
    "stations": "detour budget cost_years reach_minutes bands snap_metres access_metres phases mobile",
    "officers": "start years must_language_share moves_a_month freeze_months supervisor_ranks span_of_control notice_months"
    " max_home_km class_size drop_out weights",
}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_key_of_the_description_has_one_entry_or_is_known_to_have_none(section):
    """A key that somebody adds to the description cannot be forgotten in the catalogue without a word."""
    listed = [r.name for r in RULES if r.section == section]
    without = [*INPUTS.get(section, "").split(), *WITHOUT_ENTRY.get(section, "").split()]
    assert sorted([*listed, *without]) == sorted(SECTIONS[section].model_fields)
