"""What a pack says of officers, places and ways: in the singular where there is one, and nothing that cannot be known."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import pytest

from beatplanner.data.publish.public.figures import Register
from beatplanner.data.publish.public.plan import Posted, Successor
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.publish.translation import LOCALES, Speech
from beatplanner.data.result.names import municipality_beside
from beatplanner.planning.forum.public.beat_page import officer_lines
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.questions import way_sentence, were_here
from beatplanner.planning.forum.public.town_pages import checked_in_words
from beatplanner.planning.forum.public.wording import theme_name


def test_the_day_on_which_an_officer_leaves_is_told_with_consent_alone():
    """Nothing printed of an officer without consent changes with the day of the last month; with consent day and gap are exact."""
    speech = PublicSpeech(Register(), "en")
    first = dt.date(2027, 1, 1)
    plan = SimpleNamespace(officers=SimpleNamespace(first_day=first))

    def said(last: dt.date, comes: dt.date, name: str | None) -> str:
        gap = (comes - last).days - 1
        officer = Posted(1, True, first, last, Successor(comes, max(0, -gap), max(0, gap)), (), name)
        return officer_lines(SimpleNamespace(speech=speech, plan=plan, posted={"B": [officer]}), "B")[0]

    days = [dt.date(2028, 9, d) for d in (1, 17, 29, 30)]
    for comes, ends in (
        (dt.date(2028, 8, 1), "for some time together"),
        (dt.date(2028, 9, 1), "for some time together"),
        (dt.date(2028, 9, 15), "15 September 2028"),
        (dt.date(2028, 10, 1), "1 October 2028"),
        (dt.date(2028, 11, 1), "the post is empty for some time"),
    ):
        sentences = {said(last, comes, None) for last in days}
        assert len(sentences) == 1 and sentences.pop().endswith(ends)
    assert "last day: 17 September 2028, successor from 1 October 2028; the post is empty for 13 days" in said(
        days[1], dt.date(2028, 10, 1), "Ana"
    )


def test_a_building_without_a_name_has_that_of_its_place():
    import numpy as np

    from beatplanner.data.town.sites import _numbered

    places = np.array(["Saraj", "Kale", "Saraj"], dtype=object)
    assert _numbered(places, {"Kale"}) == ["Saraj", "Kale (2)", "Saraj (2)"]


@pytest.mark.parametrize(
    ("served", "together", "said"),
    [
        (1, 0, ("for at least 36 months.", "do not work together.")),
        (0, 1, ("for less than 36 months.", "work together for some time.")),
    ],
)
def test_one_officer_is_told_in_the_singular(served, together, said):
    facts = SimpleNamespace(leaving=1, served=served, tenure_months=36, handovers=1, together=together)
    for language in ("en", "mk", "sq", "sr-Latn", "ro", "ru"):
        content = SimpleNamespace(speech=PublicSpeech(Register(), language), plan=SimpleNamespace(officers=facts))
        sentences = [vars(PackContent)[name].fget(content) for name in ("tenure", "handover")]
        assert all(sentences) and "36" in sentences[0] and "1" not in "".join(sentences), language
        if language == "en":
            assert all(text.endswith(end) for text, end in zip(sentences, said, strict=True))
        else:
            assert "officer " not in sentences[0], language


@pytest.mark.parametrize("language", LOCALES)
def test_one_of_many_is_told_in_the_singular(language):
    facts = SimpleNamespace(leaving=11, served=1, tenure_months=36, handovers=0, together=0)
    card = SimpleNamespace(verdict={"ok": True, "checks": 900, "not_checked": 1})
    speech = PublicSpeech(Register(), language)
    content: Any = SimpleNamespace(speech=speech, plan=SimpleNamespace(officers=facts), card=card)
    stay = [Posted(n, True, None, None, None, was_here=n == 1) for n in (1, 2, 3)]
    sentences = [vars(PackContent)["tenure"].fget(content), were_here(content, stay), checked_in_words(content)]
    sentences += [were_here(content, stay[:1]), were_here(content, stay[1:2])]
    assert not speech.missing
    assert not any(re.search(r"\b1\b", text) for text in sentences), sentences
    assert len(set(sentences)) == 5
    card.verdict["not_checked"] = 0
    assert not re.search(r"\b0\b", checked_in_words(content))


@pytest.mark.parametrize("theme", ["burglary", "BURGLARY", "Burglary "])
def test_a_kind_of_incident_is_no_raw_key_however_the_records_spell_it(theme):
    assert theme_name(Speech("mk"), theme) == "Провални кражби"
    assert theme_name(Speech("mk"), "noise") == "Бучава и расправии меѓу соседи"
    assert theme_name(Speech("mk", {"noise": "Врева"}), "noise") == "Врева"
    assert theme_name(Speech("mk"), "code 17") == "code 17"


def test_who_was_here_before_the_plan_is_not_told_as_new():
    """Without consent the day on which an officer came to the beat is not told; that it lies before the plan is."""
    begin = dt.date(2027, 1, 1)

    def sentence(since: dt.date, was_here: bool) -> str:
        posted = {"B1": [Posted(1, True, since, None, None, was_here=was_here)]}
        officers = SimpleNamespace(first_day=begin)
        content = SimpleNamespace(
            speech=PublicSpeech(Register(), "en"), posted=posted, plan=SimpleNamespace(officers=officers)
        )
        return officer_lines(content, "B1")[0]

    assert "in this beat before 1 January 2027 already" in sentence(begin, True)
    assert "from 1 January 2027" in sentence(begin, False)
    # who consented has the true day
    assert "from 15 March 2022" in sentence(dt.date(2022, 3, 15), True)


@pytest.mark.parametrize(
    ("name", "municipality", "beside"),
    [
        ("Centar", "Centar", ""),
        ("Centar 12 (3)", "Centar", ""),
        ("центар 12", "Центар", ""),
        ("3", "Centar", "Centar"),
        ("Centarska 4", "Centar", "Centar"),
        ("Kej 6 (10)", "Podmostje", "Podmostje"),
        ("Kej 6", "", ""),
    ],
)
def test_a_place_called_after_its_municipality_is_not_told_with_it_twice(name, municipality, beside):
    assert municipality_beside(name, municipality) == beside


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (1.9, 3.1, "The middle of this beat is the nearest: 1.9 km; the next one, Kej, is 3.1 km away."),
        (0.8999, 0.9021, "The middle of this beat is the nearest: 0.900 km; the next one, Kej, is 0.902 km away."),
        (0.9, 0.9, "The middles of this beat and of Kej are equally near: 0.9 km."),
        (0.90021, 0.90011, "The middles of this beat and of Kej are equally near: 0.9 km."),
        (0.9134, 0.9131, "The middles of this beat and of Kej are equally near: 0.913 km."),
        (0.0, 2.5, "The middle of this beat is here; the next one, Kej, is 2.5 km away."),
    ],
)
def test_two_middles_that_are_equally_near_are_told_so(here, there, said):
    content: Any = SimpleNamespace(speech=PublicSpeech(Register(), "en"))
    assert way_sentence(content, here, there, "Kej") == said
    for language in LOCALES:
        content.speech = PublicSpeech(Register(), language)
        sentence = way_sentence(content, here, there, "Kej (2)")
        # a name with its number in brackets stands in no others
        assert "Kej (2)" in sentence and "))" not in sentence
        assert not content.speech.missing
