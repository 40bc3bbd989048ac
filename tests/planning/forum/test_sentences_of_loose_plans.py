"""What pages say of a plan whose rules are loose, or that has no officers yet: nothing that its figures contradict."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pytest
import shapely

from beatplanner.data.publish.public.figures import Register
from beatplanner.data.publish.public.plan import Posted
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.publish.translation import LOCALES, Speech, write_catalogue
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.questions import _lines, way_sentence
from beatplanner.planning.forum.public.town_pages import cost_of_meetings

CELL = shapely.box(0, 0, 1, 1)


def content_of(
    language: str, limit: float | None = 0.1, posted: Any = None, spread: float = 9.6, shape: Any = CELL
) -> Any:
    """Return as much of a pack's content as these sentences need."""
    units = gpd.GeoDataFrame(geometry=[CELL, shape])
    plan = SimpleNamespace(
        deviation_limit=limit, work_spread=spread, contiguous=True, own_municipality=True, units=units
    )
    settings = SimpleNamespace(contact="", objections_until=None)
    speech = PublicSpeech(Register(), language)
    return SimpleNamespace(
        speech=speech, plan=plan, settings=settings, posted=posted or {}, day=dt.date(2027, 1, 1), draft=()
    )


def test_beats_of_very_unequal_work_are_not_said_to_have_about_the_same():
    even, loose = content_of("en", 0.1), content_of("en", 0.9)
    assert _lines(even).startswith("So that beats have about the same work: none differs by more than 10%")
    lines = _lines(loose)
    assert lines.startswith("The work of no beat differs by more than 90% from the mean of its municipality.")
    assert "about the same" not in lines
    assert "about the same work" in way_sentence(even, 3.0, 2.0, "Kej")
    assert "about the same" not in way_sentence(loose, 3.0, 2.0, "Kej")


def test_much_more_work_is_told_as_so_many_times_as_much():
    assert "up to 40% more hours of work" in _lines(content_of("en", spread=0.4))
    assert "has up to 10.6 times the hours of work" in _lines(content_of("en", spread=9.6))


def test_beats_with_a_place_in_pieces_are_not_all_in_one_piece():
    islands = shapely.union_all([CELL, shapely.box(3, 3, 4, 4)])
    assert "Each beat is in one piece." in _lines(content_of("en"))
    lines = _lines(content_of("en", shape=islands))
    assert "in one piece, but where one of its places lies in several pieces itself." in lines


def test_what_meetings_cost_is_told_once_where_travel_is_all_of_it():
    def costs(hall: float, language: str = "en") -> str:
        meeting = SimpleNamespace(year_cost=6 * (10.0 + hall), meetings=6, travel_cost=10.0)
        content = content_of(language)
        content.meetings, content.settings.currency, content.settings.cost_per_km = [meeting], "EUR", 0.15
        said = str(cost_of_meetings(content)[0]["text"])
        assert not content.speech.missing
        return said

    assert costs(0.0) == "Travel that is paid back costs 60 EUR a year; no other cost of the meetings was given."
    assert costs(5.0) == "Travel that is paid back costs 60 EUR a year, all meetings together 90 EUR."
    assert all(costs(0.0, language).count("60") == 1 for language in LOCALES)


def test_nobody_is_sent_to_officers_who_are_not_planned_yet():
    held, empty = Posted(1, True, None, None, None), Posted(1, False, None, None, None)
    assert "your officers" in PackContent.objection(content_of("en", posted={"A": [held]}))
    for nobody in ({}, {"A": [empty]}):
        objection = PackContent.objection(content_of("en", posted=nobody))
        assert (
            objection == "If you disagree, tell your forum or write to the police station. You need not give a reason."
        )


@pytest.mark.parametrize("language", LOCALES)
def test_these_sentences_are_translated(language):
    for islands in (CELL, shapely.union_all([CELL, shapely.box(3, 3, 4, 4)])):
        for spread in (0.4, 9.6):
            content = content_of(language, 0.9, spread=spread, shape=islands)
            assert _lines(content) and not content.speech.missing
    content = content_of(language, 0.9)
    assert all((_lines(content), way_sentence(content, 3.0, 2.0, "Kej"), PackContent.objection(content)))
    assert not content.speech.missing


def test_marks_of_texts_that_are_not_translated_are_told_only_where_there_may_be_some(tmp_path):
    content: Any = SimpleNamespace(speech=Speech("mk"))
    content.speech.text("Beat")
    assert PackContent.review_note(content) == "Овој превод сè уште не е прегледан од изворен говорник."
    # a force's own catalogue of which a text is gone
    write_catalogue(tmp_path / "our.po", "mk")
    text = (tmp_path / "our.po").read_text(encoding="utf-8")
    assert text.count('msgid "Places and their beats"') == 1
    (tmp_path / "our.po").write_text(text.replace('msgid "Places and their beats"', 'msgid "gone"'), encoding="utf-8")
    content.speech = Speech("mk", {}, tmp_path / "our.po")
    content.speech.text("Beat")
    assert "⟦" in PackContent.review_note(content)
