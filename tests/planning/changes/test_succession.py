"""Succession against sums by hand and exact distributions: known leavers, classes in whole people, and posts that nobody can be trained for in time."""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.planning.changes import succession as looked
from beatplanner.planning.changes.succession import succession

COLUMNS = ("languages", "trained_on", "joins_on", "leaves_on", "beat", "pool")


@pytest.fixture
def force(town, monkeypatch):
    """Return a function that looks ahead in a force of one beat: officers by name with what is known of them, postings, posts."""
    rules = read_description(town.project).model_dump(mode="json")
    rules["officers"] |= {"training_months": 4, "handover_months": 1, "years": 2}

    def look(people, postings, posts, languages="", starts=None, **options):
        roster = pd.DataFrame([{"officer": o, **dict.fromkeys(COLUMNS), **row} for o, row in people.items()])
        beats = gpd.GeoDataFrame({"beat": ["1"], "posts": [posts], "languages": [languages]})
        if starts:
            beats["starts"] = starts
        tables = SimpleNamespace(
            assignments=pd.DataFrame(postings, columns=["officer", "beat", "start", "end"]),
            roster=roster.astype(object),
            beats=beats,
            units=pd.DataFrame({"population": [1.0], "beat": ["1"], "current": ["1"]}),
            summary={"rules": rules},
        )
        monkeypatch.setattr(looked, "read_result", lambda _: tables)
        return succession(town.folder, **({"attrition": 0.0, "draws": 4, "seed": 0} | options))

    return look


def test_a_known_leaver_without_reserve_is_one_recruit_five_months_before(force):
    """Ana leaves the only post on 1 March 2028: who follows her begins a course of four months and a month of handover on 1 October 2027."""
    ana = {"Ana": {"languages": "albanian", "beat": "1", "leaves_on": "2028-03-01"}}
    found = force(ana, [("Ana", "1", "2027-01-01", "2028-03-01")], 1, "albanian")
    months = found.months.set_index("month")
    assert months.loc["2028-03"].tolist() == [1, 1, 1] and months["vacancies"].sum() == 1
    assert found.classes.values.tolist() == [[2027, "albanian", 1, 1, "2027-10-01"]]
    assert dict(found.quarters[["quarter", "recruits"]].values.tolist())["2027 Q4"] == 1
    # in training from October to January
    assert found.quarters.loc[found.quarters["seats"] > 0, "quarter"].tolist() == ["2027 Q4", "2028 Q1"]
    # a reserve that is trained fills the post, who still trains on that day does not
    for trained, recruits in (("2028-03-01", 0), ("2028-03-02", 1)):
        more = ana | {"Borko": {"trained_on": trained}}
        found = force(more, [("Ana", "1", "2027-01-01", "2028-03-01")], 1, "albanian")
        assert found.classes["people"].sum() == recruits
    # trained before joining, and there only then
    found = force(
        ana | {"Borko": {"trained_on": "2026-01-01", "joins_on": "2028-04-01"}},
        [("Ana", "1", "2027-01-01", "2028-03-01")],
        1,
    )
    assert found.classes["people"].sum() == 1


def test_nobody_is_recruited_for_what_the_plan_fills_before_a_class_can_end(force):
    """A post that is empty until April is filled by the plan; one that is empty in July, too, waits for the first class, which ends with June's handover."""
    people = {"Ana": {"joins_on": "2026-12-01"}}
    found = force(people, [("Ana", "1", "2027-04-01", "2029-01-01")], 1)
    assert found.months["vacancies"].sum() == 1 and not len(found.classes) and found.quarters["recruits"].sum() == 0
    found = force(people, [("Ana", "1", "2027-07-01", "2029-01-01")], 1)
    assert found.classes.values.tolist() == [[2027, "", 1, 1, "2027-01-01"]]
    # asked on 10 August 2027, the first class is that of September
    gone = {"Ana": {"beat": "1", "leaves_on": "2027-02-01"}}
    found = force(gone, [("Ana", "1", "2027-01-01", "2027-02-01")], 1, today=dt.date(2027, 8, 10))
    assert found.classes["order_by"].tolist() == ["2027-09-01"]


def test_posts_that_a_roll_out_opens_later_need_nobody_before(force):
    """Beat 1 has one of two posts until it starts in 2028: one recruit from then on, and none where it never starts."""
    ana = {"Ana": {"beat": "1"}}
    held = [("Ana", "1", "2027-01-01", "2029-01-01")]
    assert force(ana, held, 2).classes.values.tolist() == [[2027, "", 1, 1, "2027-01-01"]]
    found = force(ana, held, 2, starts=["2028-01-01"])
    # the month of handover after the start is no vacancy yet
    assert found.months.loc[found.months["vacancies"] > 0, "month"].tolist() == ["2028-02"]
    assert found.classes.values.tolist() == [[2027, "", 1, 1, "2027-09-01"]]
    assert not len(force(ana, held, 2, starts=[None]).classes)


def test_median_and_nine_of_ten_are_those_of_the_binomial_distribution(force):
    """Of 40 officers without reserve each leaves in a month with chance h; classes of 2027 are for those who leave in months 1 to 16, of 2028 for 17 to 23."""
    from scipy.stats import binom

    people = {f"O{k}": {"beat": "1"} for k in range(40)}
    found = force(people, [(o, "1", "2027-01-01", "2029-01-01") for o in people], 40, attrition=0.2, draws=600, seed=5)
    stay = 0.8 ** (1 / 12)
    for row, chance in zip(found.classes.to_dict("records"), (1 - stay**16, stay**16 * (1 - stay**7)), strict=True):
        for column, share in (("people", 0.5), ("people_p90", 0.9)):
            # 600 draws leave four standard errors of the percentile open
            error = 4 * (share * (1 - share) / 600) ** 0.5
            low, high = (binom.ppf(min(share + s, 1.0), 40, chance) for s in (-error, error))
            assert low <= row[column] <= high
    assert found.months["vacancies"].sum() == pytest.approx(40 * (1 - stay**23), abs=0.5)
    assert {v % 1 for v in found.months["vacancies_p90"]} == {0}
