"""The typed model of ``summary.json`` holds its sections to their shapes, and knows what an older program did not write."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from beatplanner.data.result.summary import Summary

PLAN = {"version": 1, "project": "t", "feasible": True, "seed": 0, "seconds": 1.0}
WAY = {"level": "neighbourhood", "area": "1", "venue": None, "x": 1.0, "y": 2.0, "members": 3, "meetings_a_year": 4}
COUNTRY = {"units": 16.0, "beats": 4.0, "residents": None, "municipalities": 2}


def test_a_section_is_held_to_its_shape():
    costs = {"travel_cost": 1.0, "year_cost": 4.0}
    sound = {"listed": None, "plan": [WAY | costs], "today": []}
    assert Summary.model_validate(PLAN | {"forums": sound, "country": COUNTRY}).forums == sound
    for wrong in (
        {"forums": sound | {"plan": "none"}},
        {"country": COUNTRY | {"units": "many"}},
        {"budget": {"total": 3}},
    ):
        with pytest.raises(ValidationError):
            Summary.model_validate(PLAN | wrong)


def test_keys_that_an_older_program_did_not_write_may_be_missing():
    older = PLAN | {"forums": {"plan": [WAY]}, "country": {"units": 16.0}, "budget": {"total": [1.0]}}
    read = Summary.model_validate(older)
    assert read.forums == older["forums"] and read.country == older["country"] and read.budget == older["budget"]


def test_redrawing_is_held_to_one_of_its_two_shapes():
    step = {"status": "feasible", "objective": 1.0, "lower_bound": None, "gap": None, "seconds": 1.0}
    beats = step | {"count": 1, "max_deviation": 0.0, "contiguous": True}
    for asked, fits in (
        ({"status": "no call comes"}, True),
        ({"status": "too many officers on duty", "on_duty": 40}, True),
        ({"status": "perhaps"}, False),
        ({"status": "sought"}, False),
    ):
        whole = PLAN | {"beats": beats | {"least_minutes": asked}}
        if fits:
            assert Summary.model_validate(whole).beats.least_minutes == asked
        else:
            with pytest.raises(ValidationError):
                Summary.model_validate(whole)
