"""The catalogue of rules says what the description says: fields, limits, choices, defaults; presets change what they name and nothing else."""

from __future__ import annotations

import ast
import importlib
import json
import re
from typing import get_args

import pytest

from beatplanner.data.description.models import SECTIONS
from beatplanner.data.description.raw import read_raw
from beatplanner.data.description.read import checked_description
from beatplanner.data.description.rules import BY_KEY, RULES, SECTIONS_WITH_RULES, schema
from beatplanner.data.description.sections.base import Input
from beatplanner.data.description.sections.rule import WRITTEN, Rule, limits
from beatplanner.planning.rule_catalog import (
    PRESETS,
    change,
    currency_of_rule,
    differences,
    hours_of,
    kept,
    preset_values,
    rule_in_sentence,
    settable_rules,
    shown,
    value_of,
)
from beatplanner.planning.typed_rules import typed, written
from conftest import ROOT, write_grid_town


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A town whose description is read, and never changed."""
    return write_grid_town(tmp_path_factory.mktemp("rules"))


def with_(rules, key, value):
    section, name = key.split(".")
    return {**rules, section: {**rules.get(section, {}), name: value}}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.key)
def test_a_rule_has_what_the_window_needs(rule, town):
    assert rule.why.endswith(".") and rule.source.endswith(".")
    assert rule.label and not rule.label.endswith(".")
    if rule.kind in ("choice", "switch"):
        assert rule.kind == "switch" or set(rule.choices) == set(
            get_args(SECTIONS[rule.section].model_fields[rule.name].annotation)
        )
        values = list(rule.choices)
    else:
        assert "{value}" in rule.words
        values = [] if rule.kind in WRITTEN else [kept(rule, rule.low), kept(rule, rule.high)]
        values += ["auto"] if rule.auto else []
    raw = read_raw(town.project)
    for value in values:
        assert rule_in_sentence(rule, value)
        allowed(rule, value)
        if rule.key not in (
            "stations.objective",
            "stations.group_excess",
            "officers.max_tenure_months",
            "budget.first_year",
        ):
            if not (rule.key == "officers.freeze_months" and value):
                checked_description(with_(raw, rule.key, value), town.project)
    default = rule.default
    if isinstance(default, int | float) and not isinstance(default, bool):
        assert rule.low <= shown(rule, default) <= rule.high
        assert kept(rule, shown(rule, default)) == default
    elif default is None:
        assert rule.off or rule.key in ("beats.count", "stations.count", "officers.start")


def allowed(rule, value):
    """The numbers of a form lie within the description's own limits."""
    signs = {"≥": lambda v, b: v >= b, ">": lambda v, b: v > b, "≤": lambda v, b: v <= b, "<": lambda v, b: v < b}
    for sign, bound in limits(SECTIONS[rule.section].model_fields[rule.name]).items():
        assert signs[sign](value, bound), (rule.key, value, sign, bound)


@pytest.mark.parametrize("rule", [r for r in RULES if r.kind in WRITTEN], ids=lambda r: r.key)
def test_dates_lists_and_tables_are_written_and_read_back(rule, town):
    examples = {
        "beats.balances": ("residents = 0.15, area = 0.2", {"residents": 0.15, "area": 0.2}),
        "beats.sectors": ("span = [4, 8]", {"span": [4, 8]}),
        "beats.commands": ("span = [2, 4], tolerance = 0.3", {"span": [2, 4], "tolerance": 0.3}),
        "stations.bands": ("5; 12.5, 20", [5.0, 12.5, 20.0]),
        "stations.phases": ("budgets = [100, 50], start = 2027", {"budgets": [100, 50], "start": 2027}),
        "stations.mobile": ("drive_kmh = 30", {"drive_kmh": 30}),
        "officers.start": ("2027-02-01", "2027-02-01"),
        "officers.supervisor_ranks": ("Sergeant, Station officer", ["Sergeant", "Station officer"]),
        "officers.weights": ("rotation = 7", {"rotation": 7}),
        "budget.grades": ("senior = 16800", {"senior": 16800}),
        "budget.training_seats": ("6", 6),
        "budget.payers": ('stations = "town"', {"stations": "town"}),
        "budget.funds": ("ministry = [1, 2, 3, 4, 5]", {"ministry": [1, 2, 3, 4, 5]}),
        "budget.ceiling": ("50000; 60000, 1, 2, 0.5", [50000, 60000, 1, 2, 0.5]),
        "budget.currency": ("MKD", "MKD"),
        "budget.ends": ('donor = "2028-06-30"', {"donor": "2028-06-30"}),
        "budget.then": ("town", "town"),
        "budget.functions": ('training = "09.5"', {"training": "09.5"}),
        "budget.pilots": ("A1, A2", ["A1", "A2"]),
        "budget.start_together": ("A1, A2; B1 ,B2;", [["A1", "A2"], ["B1", "B2"]]),
        "budget.rates": ("MKD = 61.5", {"MKD": 61.5}),
        "service.shifts": (
            '{name = "early", start = "06:00", end = "14:00", days = ["mon"]}, {name = "late", start = "14:00", end = "22:00"}',
            [
                {"name": "early", "start": "06:00", "end": "14:00", "days": ["mon"]},
                {"name": "late", "start": "14:00", "end": "22:00"},
            ],
        ),
        "service.speeds": ("primary = 40, residential = 25", {"primary": 40, "residential": 25}),
        "service.pattern": ("day, day, night, night, off", ["day", "day", "night", "night", "off"]),
        "service.rest": ("between_shifts = 12", {"between_shifts": 12}),
        "service.standard": ("minutes = 15, within_share = 0.9", {"minutes": 15, "within_share": 0.9}),
        "forum.languages": ("mk, sq", ["mk", "sq"]),
        "forum.themes": ('"BURG-R" = "Burglary"', {"BURG-R": "Burglary"}),
        "forum.sensitive": ("code 17", ["code 17"]),
        "forum.roles": ("School, Youth club", ["School", "Youth club"]),
        "forum.currency": ("MKD", "MKD"),
        "forum.neighbourhood": (
            'name = {en = "Group", mk = "Група"}, first = 2027-01-18',
            {"name": {"en": "Group", "mk": "Група"}, "first": "2027-01-18"},
        ),
        "forum.municipality": ("members = 30", {"members": 30}),
        "forum.region": ("meetings_a_year = 1", {"meetings_a_year": 1}),
        "workload.hours": ('assault = 3, "noise, music" = 1.25', {"assault": 3, "noise, music": 1.25}),
    }
    text, value = examples[rule.key]
    assert typed(rule, text) == value and typed(rule, written(rule, value)) == value
    assert typed(rule, "  ") is None
    raw = read_raw(town.project)
    if rule.key == "budget.ends":
        raw = with_(raw, "budget.payers", {"salaries": "donor"})
    if rule.key == "beats.commands":
        raw = with_(raw, "beats.sectors", {"span": [2, 8]})
    rules = checked_description(with_(raw, rule.key, value), town.project)
    # a plan's summary tells all of a table, a description what it sets only: they are the same rule
    assert value_of({rule.section: {rule.name: value}}, rule) == value_of(rules.model_dump(mode="json"), rule)
    if rule.kind in ("date", "amounts") or rule.key == "stations.bands":
        with pytest.raises(ValueError, match="write "):
            typed(rule, "31 of May")
    if rule.kind in ("table", "rows"):
        with pytest.raises(ValueError, match="write "):
            typed(rule, "assault: 3")
    said = rule.default
    if rule.kind == "table" and said:
        said = {name: v for name, v in said.items() if v is not None}
    read = typed(rule, written(rule, rule.default))
    # rows are written without what they have anyway
    assert (value_of({rule.section: {rule.name: read}}, rule) if rule.kind == "rows" and read else read) == (
        said or None
    )


def test_rules_as_written_and_as_a_plan_tells_them_do_not_differ(town):
    raw = read_raw(town.project)
    assert differences(checked_description(raw, town.project).model_dump(mode="json"), raw) == []


def test_one_language_as_a_text_is_the_list_of_it():
    assert value_of({"forum": {"languages": "mk"}}, BY_KEY["forum.languages"]) == ["mk"]
    assert rule_in_sentence(BY_KEY["budget.first_year"], 2027) == "the first year of the budget is 2027"


def test_a_name_that_leaves_a_table_is_taken_away():
    before = {"workload": {"hours": {"assault": 3.0, "noise": 1.0}}}
    assert change({"workload.hours": {"noise": 2.0}}, before) == {
        "workload": {"hours": {"assault": None, "noise": 2.0}}
    }
    assert change({"workload.hours": None}, before) == {"workload": {"hours": None}}


@pytest.mark.parametrize("rule", [r for r in RULES if r.solver], ids=lambda r: r.key)
def test_the_solver_has_the_argument_that_a_rule_names(rule):
    module, owner, argument = rule.solver.rsplit(".", 2)
    found = getattr(importlib.import_module(f"beatplanner.solver.{module}"), owner)
    assert argument in found.__annotations__


def test_the_checker_has_the_claim_that_a_rule_names():
    """A claim's name is a text of the checker, or is put together there, such as ``f"officers.{name}"`` of names in a table."""
    texts, starts = set(), set()
    for file in (ROOT / "src/beatplanner/planning/verification").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                starts.add(str(node.values[0].value))
    for rule in RULES:
        section, _, name = rule.check.partition(".")
        assert not rule.check or rule.check in texts or (f"{section}." in starts and name in texts), rule.key


def test_the_guide_and_the_schema_are_made_of_the_rules(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import rules_table

    text = rules_table.PAGE.read_text("utf-8")
    assert rules_table.page(text) == text, "run python docs/rules_table.py"
    assert rules_table.SCHEMA.read_text("utf-8") == schema(), "run python docs/rules_table.py"
    assert len(re.findall(r"^\| `\w+` \|", text, re.MULTILINE)) == len(RULES)
    assert "| `absence` | Leave, sickness, training | 18.4 % | ≥ 0 % and < 100 % |" in text


def test_the_schema_tells_a_right_description_from_a_wrong_one(town):
    # a fifth of a worker's collecting is the grammar that this library makes when it is loaded
    import jsonschema

    check = jsonschema.Draft202012Validator(json.loads(schema()))
    raw = json.loads(json.dumps(read_raw(town.project), default=str))
    assert [e.message for e in check.iter_errors(raw)] == []
    assert check.is_valid({"extends": "project.toml", "beats": {"count": "auto", "adjacency": "a.csv"}})
    for key, value in {"beats.tolerance": 2, "beats.cuont": 3, "officers.years": 16, "stations.bands": []}.items():
        assert not check.is_valid(with_(raw, key, value)), key
    assert not check.is_valid({k: v for k, v in raw.items() if k != "units"})
    assert not check.is_valid({**raw, "folder": "/"})


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
    assert rule_in_sentence(rule, 0.25) == "each beat within ±25 % of its municipality's mean work"
    assert rule_in_sentence(BY_KEY["beats.max_moved"], None) == "any number of residents may change beat"
    assert rule_in_sentence(BY_KEY["officers.posts_per_beat"], 1) == "1 post in each beat"
    assert rule_in_sentence(BY_KEY["officers.posts_per_beat"], "auto") == "as many posts as a beat's work needs"
    assert hours_of([{"municipality": "Y", "lower": 75.0, "upper": 125.0}], 0.1) == [
        ("Y", pytest.approx(90), pytest.approx(110))
    ]
    assert change({"beats.tolerance": 0.1, "beats.max_moved": ...}) == {"beats": {"tolerance": 0.1, "max_moved": None}}
    assert [(r.key, a, b) for r, a, b in differences(raw, with_(raw, "beats.tolerance", 0.1))] == [
        ("beats.tolerance", 0.25, 0.1)
    ]
    only_beats = {k: v for k, v in raw.items() if k in ("project", "units", "beats")}
    assert {r.section for r in settable_rules(only_beats)} == {"workload", "beats"}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_key_of_the_description_is_a_rule_or_an_input_in_words(section):
    """A key that somebody adds to any section cannot be left without words: a rule has a why, a source and a unit, an input says what it is."""
    for name, info in SECTIONS[section].model_fields.items():
        described = [t for t in info.metadata if isinstance(t, Rule | Input)]
        assert len(described) == 1, f"{section}.{name} needs a Rule or an Input beside it"
        if isinstance(described[0], Input):
            assert described[0].words.endswith("."), f"{section}.{name}"
        else:
            assert section in SECTIONS_WITH_RULES and f"{section}.{name}" in BY_KEY


def test_numbers_that_have_a_unit_tell_it():
    """What is counted, measured or paid has its unit beside the number; a ratio, a year, a place in an order and an amount of the budget's money have none."""
    bare = {r.key for r in RULES if r.kind in ("number", "whole", "share") and not r.unit}
    assert bare == {
        "beats.count",
        "stations.detour",
        "stations.budget",
        "officers.worst_wish",
        "service.detour",
        "budget.first_year",
        "budget.vehicle_price",
        "budget.forum_travel",
        "budget.training_seat",
    }


def test_a_name_in_several_languages_is_told_as_people_read_it():
    rule = next(r for r in RULES if r.words.startswith("forums of a beat"))
    value = {"name": {"en": "Advisory Group", "sq": "Grupi këshillues"}, "members": 15, "hours": [{"from": 2.5}, 1]}
    assert rule_in_sentence(rule, value) == (
        "forums of a beat: name (en: Advisory Group, sq: Grupi këshillues), members 15, hours (from 2.5) + 1"
    )


def test_shares_and_spans_within_a_table_are_told_as_such():
    known = {r.key: r for r in RULES}
    assert rule_in_sentence(known["beats.balances"], {"residents": 0.3, "area": 0.125}).endswith(
        ": residents ±30 %, area ±12.5 %"
    )
    sectors = rule_in_sentence(known["beats.sectors"], {"span": [2, 3], "tolerance": 0.6})
    assert sectors == "beats in sectors: span 2–3, tolerance ±60 %"
    standard = rule_in_sentence(known["service.standard"], {"minutes": 8.0, "within_share": 0.9})
    assert "minutes 8" in standard and "within share 90 %" in standard


def test_money_is_told_in_the_currency_of_its_section():
    rules = {r.key: r for r in RULES}
    said = {"budget": {"currency": "MKD"}, "forum": {}, "stations": {}}
    paid = rules["budget.officer_salary"]
    assert currency_of_rule(paid, said) == "MKD" and currency_of_rule(rules["forum.cost_per_km"], said) == "EUR"
    assert (
        currency_of_rule(rules["stations.budget"], {"stations": {}})
        == ""
        == currency_of_rule(rules["budget.years"], said)
    )
    assert rule_in_sentence(paid, 14400.0, currency="MKD") == "an officer is paid 14,400 MKD a year, full time"
    assert rule_in_sentence(rules["budget.grades"], {"senior": 16800}, currency="MKD").endswith("senior 16,800 MKD")
    assert rule_in_sentence(rules["budget.ceiling"], [1, 2], currency="MKD").endswith(": 1 MKD; 2 MKD")
    assert {r.money for r in RULES} <= {"", *rules}


def test_one_of_a_unit_is_told_in_the_singular_and_codes_and_days_by_name():
    rules = {r.key: r for r in RULES}
    assert rule_in_sentence(rules["workload.default_hours"], 1.0).endswith("takes 1 officer hour")
    assert rule_in_sentence(rules["stations.generated"], 1).startswith("1 place is proposed")
    names = {"mk": "Macedonian", "en": "English"}
    assert rule_in_sentence(rules["forum.languages"], ["en", "mk"], lambda t: names.get(t, t)).endswith(
        "English, Macedonian"
    )
    sentence = rule_in_sentence(
        rules["budget.ends"], {"donor": "2029-12-31"}, number=lambda t: {"2029-12-31": "31.12.2029"}[t]
    )
    assert sentence.endswith("donor 31.12.2029")
    assert rule_in_sentence(rules["budget.payers"], {"forums": "donor"}).endswith("forums: donor")
