"""What a pack says of places: means of ways are of places and say so, and where nobody lives nobody's beat changes."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from beatplanner.data.publish.public.figures import Register
from beatplanner.data.publish.public.plan import PublicFigures, StationWay
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.publish.translation import LOCALES
from beatplanner.planning.forum.public import town_pages
from beatplanner.planning.forum.public.beat_page import beat_page
from beatplanner.planning.forum.public.questions import questions


def asked(language: str, minutes: float) -> tuple[Any, Any]:
    """Return a pack of one beat whose places are so many minutes from the station, and the beat."""
    residents = {("within", "1"): 90, ("beat", "1"): 100, ("within_town",): 90, ("town",): 100}
    plan = SimpleNamespace(
        ways={"1": [StationWay("s", 1.0, minutes)]},
        stations=pd.DataFrame({"station": ["s"]}),
        units=pd.DataFrame({"walk_minutes": [minutes - 0.2, minutes + 0.2]}),
        walk_minutes=20.0,
        closed={},
        officers=None,
        deviation_limit=None,
        groups={},
    )
    speech = PublicSpeech(Register(), language)
    content: Any = SimpleNamespace(
        speech=speech,
        plan=plan,
        figures=PublicFigures(5, residents, {}, frozenset(), None, current=[None], beat=["1"]),
        station_names={"s": "Kej"},
        hours_of=lambda _: None,
        closing=lambda _: "",
        meeting_of=lambda _: None,
        actions=lambda _: [],
        objection=lambda: "-",
        tables=SimpleNamespace(
            contacts=pd.DataFrame({"area": [], "phone": [], "post": []}),
        ),
        partners=[],
        settings=SimpleNamespace(map_url=None),
        moved="",
        beats=[],
        card=SimpleNamespace(gaps={}),
        tenure="",
        handover="",
    )
    return content, SimpleNamespace(beat="1", name="Kej", municipality="M")


@pytest.mark.parametrize("language", LOCALES)
def test_a_mean_way_is_one_of_places_and_one_minute_is_one(language):
    said: dict[int, list[str]] = {}
    for minutes in (1, 7):
        content, beat = asked(language, float(minutes))
        (sides,) = beat_page(content, beat)
        sentence = next(b["text"] for b in sides["right"] if "Kej" in b.get("text", ""))
        answer = next(a for _, a in questions(content) if "90" in a)
        assert not content.speech.missing
        said[minutes] = [sentence, answer]
    for one, seven in zip(said[1], said[7], strict=True):
        assert re.search(r"\b7\b", seven)
        # not the plural with another number
        assert re.sub(r"\b7\b", "1", seven) != one
    if language == "en":
        assert said[7][0].startswith("Kej. 7 minutes on foot on average, each place counted once.")
        assert said[1][0].startswith("Kej. One minute on foot on average, each place counted once.")
        assert said[1][1].startswith("A place is one minute on foot") and "; 90% of residents" in said[1][1]


def test_a_plan_without_officers_promises_none_who_speak_a_language():
    content, _ = asked("en", 3.0)
    said = dict(questions(content))["Do the police choose where to go by who lives there?"]
    assert said == "No. Language, religion and ethnicity count nowhere in the plan."


def test_where_nobody_lives_nobodys_beat_changes():
    residents = {("pair", "1422", "1423"): 0, ("pair", "1421", "1423"): 612, ("pair", "1423", "1423"): None}
    content: Any = SimpleNamespace(
        speech=PublicSpeech(Register(), "en"),
        names={"1423": "1423"},
        figures=PublicFigures(
            5, residents, {}, frozenset(), None, current=["1422", "1421", "1423"], beat=["1423", "1423", "1423"]
        ),
    )
    content.residents = lambda *key: {None: "*"}.get(residents[key], str(residents[key]))
    table, below = town_pages._old_new(content)
    assert [r[0] for r in table["rows"]] == ["1421", "1423"]
    assert below["text"] == "Areas without residents that change: 1422 → 1423."
