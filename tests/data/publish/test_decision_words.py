"""What decides between plans is told in the force's language: prices of rules, why money holds up a start, why rules clash."""

import json
import re
import shutil
from html import unescape

import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.publish.blocked_words import blocked_in_words
from beatplanner.data.publish.comparison_words import about, money_in_words
from beatplanner.data.publish.comparison_workbook import lines_of
from beatplanner.data.publish.curve_report import labels_apart
from beatplanner.data.publish.price_words import HOW, RULES, phrase, price_interval, price_sentence
from beatplanner.data.publish.report import page_template
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.publish.translation import LOCALES, Speech
from beatplanner.planning.compare import rule_prices
from beatplanner.planning.compare.answer import paid_by
from beatplanner.planning.compare.rule_prices import relaxations

OTHERS = [code for code in LOCALES if code != "en"]
BEATS = {
    "key": "beats.tolerance",
    "words": {"rule": [RULES["beats.tolerance"], {"share": 0.15}], "how": [HOW["wider"], {"share": 0.2}]},
    "step": "beats",
    "feasible": True,
    "share": 0.02,
    "at_least": 10.0,
    "at_most": 40.0,
    "without": 1000.0,
    "metres": 12.0,
    "minutes": 0.1,
    "moved_residents": -120.0,
    "hours": 9.0,
    "money": None,
}
OFFICERS = {
    "key": "officers.posts_per_beat",
    "words": {"rule": [RULES["officers.posts_per_beat"], {"n": 2}], "how": [HOW["posts"], {"n": 1}]},
    "step": "officers",
    "feasible": True,
    "only_adds": False,
    "share": 0.4,
    "gain": 7200.0,
    "at_least": -5.0,
    "at_most": 7200.0,
    "without": 100.0,
    "vacant_month": 10_000.0,
    "posts": -1,
    "vacant_months": -72,
    "tenure_violations": 0,
    "language_gaps": 1,
    "rotations": 0,
    "money": -4800.0,
    "currency": "EUR",
}


def test_prices_are_sentences():
    assert price_sentence(BEATS) == (
        "Balance within ±15% costs 2.0% more travel (±20% in its place; proven: between 1.0% and 4.0%). Without it: 12 m less on the mean way to "
        "work, 6 s by car, 120 fewer residents change beat, 9 hours a year more in the heaviest beat."
    )
    # least minutes are another goal, of which no bound was computed, whatever older prices tell
    least = {
        "key": "service.least_minutes",
        "words": {"rule": [RULES["service.least_minutes"], {}], "how": [HOW["goal"], {}]},
    }
    assert price_sentence(BEATS | least).startswith(
        "Redrawing beats for the least minutes costs 2.0% more travel (as they are drawn for their goal; no bound was computed)."
    )
    free = price_sentence(BEATS | least | {"share": -0.03, "at_least": None, "at_most": None})
    assert "costs 0.0% more travel (as they are drawn for their goal; no bound was computed)" in free
    assert price_interval(BEATS | least)[0] == "2.0% more travel, not proven"
    assert price_sentence(OFFICERS) == (
        "2 posts a beat costs 7,200 points (1 in their place; proven: between -5 and 7,200; a vacant month counts 10,000). Without it: "
        "1 post fewer, 72 vacant months fewer, 1 month without a language more, 4,800 EUR a year less if each post were paid once."
    )
    assert price_interval(BEATS) == ("1.0% to 4.0% more travel", "12 m less on the mean way to work")


@pytest.mark.parametrize(
    "status, limit, limited", [("unknown", 5.0, True), ("unknown", None, False), ("infeasible", 5.0, False)]
)
@pytest.mark.parametrize("itself", [True, False])
def test_a_price_that_the_time_ended_says_so(status, limit, limited, itself, planned_once, tmp_path, monkeypatch):
    summary = json.loads((planned_once.folder / "plan" / "summary.json").read_text(encoding="utf-8"))

    def found(rules, folder, **_):
        shutil.copytree(planned_once.folder / "plan", folder)
        broken = itself if folder.name == "plan" else not itself
        return summary | ({"beats": summary["beats"] | {"status": status}} if broken else {})

    every = rule_prices.relaxations
    monkeypatch.setattr(rule_prices, "run", found)
    monkeypatch.setattr(rule_prices, "relaxations", lambda d: (r for r in every(d) if r.key == "beats.tolerance"))
    row = rule_prices.price_rules(planned_once.project, tmp_path / "prices", time_limit=limit)["prices"][0]
    assert not row["feasible"] and row["itself_broken"] == itself
    assert ("within the time limit" in row["sentence"].casefold()) == limited, row["sentence"]


@pytest.mark.parametrize("language", OTHERS)
def test_no_price_is_told_in_english_elsewhere(language):
    said = Speech(language)
    none = [
        BEATS | {"feasible": False, "itself_broken": i, "cut_short": c} for i in (True, False) for c in (True, False)
    ]
    for row in (BEATS, OFFICERS, *none):
        text = price_sentence(row, said) + " ".join(price_interval(row, said))
        assert not re.search(r"\b(?:within|costs|more|fewer|without|proven|beat)\b|⟦", text), text
    assert not said.missing


@pytest.mark.parametrize("language", OTHERS)
def test_why_money_holds_up_a_start_is_told_in_the_language(language):
    lacks = [{"payer": "ministry", "year": "2027", "amount": 23_000.0}, {"payer": "all", "year": "2028", "amount": 1.0}]
    blocked = {"pilots": ["Kej"], "start": "2027", "lacks": lacks, "waiting": 2, "proven": False, "prices_of": "2027"}
    blocked |= {"today": lacks, "sentence": "The pilot Kej does not start."}
    said = Speech(language)
    text = blocked_in_words(blocked, "EUR", said)
    assert not re.search(r"\b(?:pilot Kej does|from|lack|wait|ministry)\b|⟦", text)
    assert said.number(23_000) in text
    assert blocked_in_words(blocked, "EUR", Speech("en")) == "The pilot Kej does not start."


@pytest.mark.parametrize("language", OTHERS)
def test_a_clash_is_told_without_keys_of_the_description(language):
    clash = (
        "beats.max_moved = 2.0% is too small to balance the beats within ±3.0%. The smallest budget found that would do is 5.9% "
        "(most of it in Kej and 6 more); less than 4.75% is proven impossible."
    )
    assert without_keys(clash).startswith("“Change at most” = 2.0% is too small")
    text = without_keys(in_language(clash, language), language)
    assert "beats." not in text
    assert not re.search(r"\b(?:too small|balance|most of|proven)\b", text), text


def test_rows_of_a_workbook_have_room_for_their_texts():
    assert lines_of("one two three", 20) == 1
    assert lines_of("one two three", 8) == 2
    assert lines_of("x" * 25, 10) == 3


RULED = """[project]
name = "Town"
[units]
path = "u.gpkg"
id = "unit"
{population}
municipality = "m"
[beats]
count = 4
tolerance = 0.075
max_moved = {most}
current = {{ path = "today.gpkg", id = "beat" }}
barriers = {{ path = "water_2019.gpkg"{layer} }}
[stations]
count = 2
budget = 1000
[officers]
path = "o.csv"
start = 2027-01-01
posts_per_beat = 2
[forum]
languages = ["mk", "en"]
{sources}
"""


def _rules_of(folder, *, most=0.4, layer="", sources="", population='population = "pop"'):
    for name in ("u.gpkg", "today.gpkg", "water_2019.gpkg", "o.csv"):
        (folder / name).touch()
    file = folder / "town.toml"
    text = RULED.format(most=most, layer=layer, sources=sources, population=population)
    file.write_text(text, encoding="utf-8")
    return list(relaxations(read_description(file)))


@pytest.mark.parametrize("language", LOCALES)
def test_each_rule_that_is_priced_reads_differently(tmp_path, language):
    said = Speech(language)
    for population in ('population = "pop"', ""):
        rules = [phrase(*r.rule, said) for r in _rules_of(tmp_path, population=population)]
        assert len(set(rules)) == len(rules) > 8
    assert not said.missing


def test_a_rule_is_told_by_what_it_says(tmp_path):
    found = {r.key: phrase(*r.rule) for r in _rules_of(tmp_path)}
    assert found["beats.tolerance"] == "Balance within ±7.5%", "half a percent is no whole one"
    assert found["beats.max_moved"] == "Moving at most 40% of residents"
    work = {r.key: phrase(*r.rule) for r in _rules_of(tmp_path, population="")}
    assert work["beats.max_moved"] == "Moving at most 40% of the workload", "where nobody lives as far as is known"
    # a little more than nearly all is all: the same rule is not priced twice
    assert "beats.max_moved" not in {r.key for r in _rules_of(tmp_path, most=0.97)}


def test_barriers_are_called_by_their_name_and_never_by_their_file(tmp_path):
    def words_of(language="en", **more):
        return next(phrase(*r.rule, Speech(language)) for r in _rules_of(tmp_path, **more) if r.key == "beats.barriers")

    assert words_of() == "Keeping barriers as borders"
    assert words_of(layer=', layer = "water_2019"') == "Keeping barriers as borders"
    assert words_of(layer=', layer = "river"') == "Keeping the river as a border"
    assert "река" in words_of("mk", layer=', layer = "river"')
    declared = 'sources = { "beats.barriers" = { name = { en = "Vardar", mk = "Вардар" } } }'
    assert words_of(sources=declared) == "Keeping the Vardar as a border"
    assert "Вардар" in words_of("mk", sources=declared)


def _money_table(language="en", *, posts, vacant):
    people = {"posts": posts, "paid": [2.0, 2.5], "in_posts": [2.0, 2.0], "in_training": [0.0, 0.5], "vacant": vacant}
    people |= {"without_post": [0.0, 0.0], "money_without_post": [0.0, 0.0], "money_of_vacant": [0.0, 0.0]}
    money = {"currency": "EUR", "years": ["2027", "2028"], "lines": {}, "payers": {}, "total": [1.0, 1.0], "starts": []}
    page = page_template().environment.from_string(
        '{% from "budget.html" import budget_table %}{{ budget_table(b, say=say) }}'
    )
    text = page.render(b=money | {"people": people, "unfunded": []}, say=Speech(language))
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", text[text.rindex("<table>") :])))


def test_money_that_starts_nothing_is_told_in_words():
    text = _money_table(posts=[0.0, 0.0], vacant=[0.05, 0.6])
    assert "No beat starts in these years, so there is no post of the plan" in text
    assert "Posts" not in text, "no 0.0 of 0.6 posts"
    assert "Months of posts without an officer 1 7 4" in text
    assert "Until a beat starts, the posts that today's officers hold in it are counted." in text


def test_posts_that_start_later_are_whole_figures():
    text = _money_table(posts=[0.0, 4.0], vacant=[0.0, 0.0])
    assert "Posts of beats that have started none 4 2" in text
    assert "without an officer" not in text
    assert "Officers paid 2 2.5 2.2" in text
    assert "Posts 4 4 4" in _money_table(posts=[4.0, 4.0], vacant=[0.0, 0.0])
    for language in OTHERS:
        assert not re.search("⟦|started|without", _money_table(language, posts=[0.0, 4.0], vacant=[0.5, 0.0]))


def test_one_of_something_is_told_in_the_singular():
    one = BEATS | {"moved_residents": 1.0, "hours": -1.0, "until_there": 1.0}
    sentence = price_sentence(one)
    assert "1 more resident changes beat, 1 hour a year less in the heaviest beat, 1 minute longer until" in sentence
    assert "1,200 fewer residents change beat" in price_sentence(one | {"moved_residents": -1200.0})
    assert "2.5 minutes longer" in price_sentence(one | {"until_there": 2.5})
    assert "costs 1 point (" in price_sentence(OFFICERS | {"gain": 1.0})
    assert price_interval(OFFICERS | {"gain": 1.0, "at_least": None})[0] == "1 point, not proven"


def test_who_pays_is_told_in_a_sentence():
    payers = {"donor": 5_320.0, "ministry": 3_280_000.0, "municipality": 348_000.0, "fund": 0.0}
    assert paid_by(payers, "EUR") == (
        "The ministry pays 3.28 million of it, the municipality 348,000, the donor 5,320 EUR."
    )
    assert paid_by({"ministry": 7.0, "donor": 0.0}, "EUR") == "All of it is paid by the ministry."


def test_a_sum_is_told_in_the_digits_that_it_was_rounded_to():
    """“About 46.10 million” stood beside 46.12 million."""
    sums = {
        46_124_420: "46.1 million",
        3_361_000: "3.36 million",
        461_000_000: "461 million",
        9_999_000: "10.0 million",
    }
    assert {v: about(v) for v in sums} == sums
    assert money_in_words(46_124_420) == "46.12 million" and about(-46_124_420, Speech("mk")) == "-46,1 милиони"


def test_a_price_without_a_bound_is_told_as_not_proven_in_its_sentence_too():
    assert "travel, not proven (" in price_sentence(BEATS | {"at_least": None, "at_most": None})
    assert "1 point, not proven (" in price_sentence(OFFICERS | {"gain": 1.0, "at_least": None})
    assert "not proven" not in price_sentence(BEATS) + price_sentence(OFFICERS)


def test_no_label_of_the_curve_is_written_over_another():
    """Limits that led to the same plan were written on top of each other."""
    texts = ["0 %", "5 %", "10 %", "20 %", "без граница"]
    places = [(200.0, 300.0), (190.0, 305.0), (190.0, 305.0), (190.5, 305.0), (600.0, 300.0)]
    found = labels_apart(texts, places)
    assert sorted(text for text, _, _ in found) == ["0 %", "5 %, 10 %, 20 %", "без граница"]
    boxes = [(places[k][0], places[k][1] + rise / 0.72, 7.0 * len(text)) for text, k, rise in found]
    for i, (x, y, wide) in enumerate(boxes):
        assert all(x + wide <= a or a + w <= x or abs(y - b) >= 13.9 for a, b, w in boxes[:i])
    assert [rise for text, _, rise in found if text == "без граница"] == [0.0]
