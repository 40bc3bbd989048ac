"""Amounts in sentences: a power of ten is no number to those who read it, nor to the templates of other languages."""

import pytest

from beatplanner.data.errors import Note, problem
from beatplanner.data.findings import amount_text, share_beside, share_text
from beatplanner.data.publish.sentence_templates import NUMBER
from beatplanner.planning.rule_catalog import rule_in_sentence, settable_rules
from beatplanner.planning.verification.ledger import value_in_words


@pytest.mark.parametrize("value", [0, 1e-9, 0.00012345, 0.5, 412.23, 12_345.6, 1e7, 17_108_539.123456, 2.5e12])
@pytest.mark.parametrize("say", [value_in_words, lambda v: amount_text(v, 6), lambda v: amount_text(-v, 8)])
def test_an_amount_is_a_number_of_sentences(say, value):
    said = say(value)
    assert NUMBER.fullmatch(said)
    assert abs(float(said.replace(",", ""))) == pytest.approx(value, rel=1e-3, abs=1e-6)


def test_small_amounts_of_the_checker_keep_their_digits():
    assert [value_in_words(v) for v in (1e-9, -0.00012345, 0.002, 12.5)] == [
        "0.000000001",
        "-0.0001234",
        "0.0020",
        "12.5000",
    ]


def test_a_rule_of_thousands_of_millions_has_all_its_digits():
    rule = next(r for r in settable_rules({"units": {}, "stations": {}}) if r.key == "stations.budget")
    assert "20,500,000,000" in rule_in_sentence(rule, 20_500_000_000.0)


@pytest.mark.parametrize(
    "share, said",
    [(0.0005, "0.05%"), (0.15, "15%"), (0.29, "29%"), (0.075, "7.5%"), (1.0, "100%"), (1e-8, "0.000001%"), (0.0, "0%")],
)
def test_a_rule_s_share_is_told_with_the_digits_that_it_has(share, said):
    assert share_text(share) == said
    assert NUMBER.fullmatch(said), "in other languages too"


def test_what_breaks_a_rule_is_never_told_as_what_keeps_it():
    assert [share_beside(v, 0.5) for v in (0.621, 0.5004, 0.49999)] == ["62.1%", "50.04%", "49.999%"]
    assert share_beside(0.0006, 0.00055) == "0.060%"


def test_every_note_ends_as_a_sentence_also_where_it_says_what_to_do():
    told = [
        str(Note("info", "2 units meet in less than 2 m")),
        str(Note("info", "2 units meet", "Where officers can cross there, draw a link (beats.links)", file="a.gpkg")),
        str(problem("it is not there", "Was it moved?")),
        str(problem("it is not there", "Choose it again.")),
    ]
    assert [line[-2:] for line in told] == ["m.", ").", "d?", "n."]
