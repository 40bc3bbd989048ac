"""What is written beside a plan is as its published schema says, key by key."""

import datetime as dt
import json
import shutil
from typing import get_args

import pytest
from pydantic import ValidationError

from beatplanner.data.result.folder import read_result
from beatplanner.data.result.schemas import Written, hold, schema
from beatplanner.planning.changes.replanning import OfficerEvent, replan
from beatplanner.planning.compare import rule_prices
from beatplanner.planning.compare.comparison import compare
from beatplanner.planning.compare.stress import stress_test, write_stress_test
from conftest import ROOT


def validator(text: str):
    """Return what holds JSON against a schema; its library builds forty grammars when it is imported, two seconds in each process that collects tests."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))


def assert_in_schema(name: Written, file):
    content = json.loads(file.read_text("utf-8"))
    validator(schema(name)).validate(content)
    # a key that no shape names is not in what comes back
    assert json.loads(json.dumps(hold(name, content))) == content
    return content


@pytest.mark.parametrize("name", get_args(Written))
def test_published_schemas_are_current(name):
    text = (ROOT / "docs" / f"{name}.schema.json").read_text("utf-8")
    assert text == schema(name), "run python docs/result_schemas.py"
    assert validator(text)


def test_a_comparison_with_prices_is_in_its_schema(planned_here, tmp_path, monkeypatch, fixed_work):
    every = rule_prices.relaxations
    chosen = ("beats.tolerance", "officers.min_tenure_months")
    monkeypatch.setattr(rule_prices, "relaxations", lambda d: [r for r in every(d) if r.key in chosen])
    rule_prices.price_rules(planned_here.project, tmp_path / "prices", time_limit=None)
    priced = assert_in_schema("prices", tmp_path / "prices" / "prices.json")
    assert {row["key"] for row in priced["prices"]} == set(chosen)
    plan = planned_here.path("plan")
    again = shutil.copytree(plan, tmp_path / "again")
    compare([plan, again], tmp_path / "compared", draws=2, prices=tmp_path / "prices")
    content = assert_in_schema("comparison", tmp_path / "compared" / "comparison.json")
    assert len(content["columns"]) == 3 and content["prices"]["prices"]
    with pytest.raises(ValidationError):
        hold("comparison", content | {"columns": [{}]})


def test_a_plan_under_strain_is_in_its_schema(planned_here, tmp_path):
    plan = planned_here.path("plan")
    whole = stress_test(plan, draws=20, ensemble=4, incidents=planned_here.project)
    write_stress_test(tmp_path / "whole", whole)
    content = assert_in_schema("robustness", tmp_path / "whole" / "robustness.json")
    assert content["attrition"]["post_months"] > 0 and content["other_year"]["within"] <= 1
    # so few neutral plans have no R-hat that is a number
    assert content["ensemble"]["plans"] == 4 and content["ensemble"]["border"]["r_hat"] is None
    write_stress_test(tmp_path / "draws", stress_test(plan, draws=20, ensemble=0))
    alone = assert_in_schema("robustness", tmp_path / "draws" / "robustness.json")
    assert not {"ensemble", "other_year"} & set(alone) and alone["beats"]
    with pytest.raises(ValidationError):
        write_stress_test(tmp_path / "wrong", {**whole, "beats": [{"beat": "1"}]})
    assert not (tmp_path / "wrong" / "robustness.json").exists()


def test_a_plan_after_an_order_says_so_as_its_schema_has_it(planned_here, tmp_path, fixed_work):
    plan = planned_here.path("plan")
    before = json.loads((plan / "summary.json").read_text("utf-8"))
    assert "replanned" not in before
    table = read_result(plan).assignments
    who = table["officer"].iloc[0]
    other = next(b for b in sorted({*table["beat"]}) if b != table["beat"].iloc[0])
    replan(
        plan, tmp_path / "new", [OfficerEvent("moves", who, dt.date(2027, 6, 1), beat=other)], reason="school", by="Ana"
    )
    content = json.loads((tmp_path / "new" / "summary.json").read_text("utf-8"))
    found = hold("summary", content).replanned
    assert json.loads(json.dumps(found)) == content["replanned"] and found["audit"]["by"] == "Ana"
    wrong = {**content["replanned"], "diff": [{"officer": 1}]}
    with pytest.raises(ValidationError):
        hold("summary", content | {"replanned": wrong})
