"""What a pack says of numbers, in every language: a plural form never tells 21 or 31 as one."""

from __future__ import annotations

import datetime as dt
import re
from gettext import c2py  # pyright: ignore[reportAttributeAccessIssue]
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from babel.messages.pofile import read_po

from beatplanner.data.publish import comparison_workbook, officers_pack
from beatplanner.data.publish.public import forum_files, map_sheet, map_signs
from beatplanner.data.publish.public.figures import Register
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.publish.translation import LOCALES, QUOTES, Speech, in_own_quotes, quoted
from beatplanner.data.result.cells import sheet_name
from beatplanner.data.result.draft_reason import Reason, draft_sentences, gap_at_most, gap_digits
from beatplanner.data.result.postings import served_until
from beatplanner.data.town.recorded import Recorded
from beatplanner.planning.forum.themes import period_of, public_period, same_period
from beatplanner.ui.desktop.toolkit.figures_text import percent

FOLDERS = (files("beatplanner.data") / "catalogues", files("beatplanner.data") / "catalogues" / "interface")


@pytest.mark.parametrize("locale", sorted({v for v in LOCALES.values() if v != "en_GB"}))
def test_a_form_of_more_numbers_than_one_says_the_number(locale):
    for folder in FOLDERS:
        with (folder / f"{locale}.po").open("rb") as stream:
            catalogue = read_po(stream, locale=locale)
        form = c2py(catalogue.plural_expr)
        of = {k: [n for n in range(2, 200) if form(n) == k] for k in range(catalogue.num_plurals)}
        for message in catalogue:
            if isinstance(message.id, tuple) and "{n}" in message.id[1]:
                for k, said in enumerate(message.string):
                    assert not said or not of[k] or "{n}" in said, (locale, said, of[k][:3])


def test_a_forces_own_catalogue_that_has_one_day_tells_thirty_one_days(tmp_path):
    own = tmp_path / "mk.po"
    shipped = (FOLDERS[0] / "mk.po").read_text("utf-8")
    own.write_text(shipped.replace('празно {n} ден"', 'празно еден ден"'), encoding="utf-8")
    one, many = (
        "successor from {date}; the post is empty for one day",
        "successor from {date}; the post is empty for {n} days",
    )
    speech = Speech("mk", catalogue=own)
    assert "еден ден" in speech.count(one, many, 1, date="x")
    assert "31 " in speech.count(one, many, 31, date="x")
    assert "31 ден" in Speech("mk").count(one, many, 31, date="x")


def test_a_share_is_written_as_the_locale_writes_it():
    assert Speech("en").percent(0.416) == "42%"
    assert Speech("en").percent(0.006, 1) == "0.6%"
    # what rounds to nothing has no sign
    assert (Speech("en").number(-0.2), Speech("en").percent(-0.0004, 1), Speech("mk").number(-0.04, 1)) == (
        "0",
        "0.0%",
        "0,0",
    )
    assert Speech("mk").percent(0.416) == "42\N{NO-BREAK SPACE}%"
    assert Speech("mk").percent(0.0063, 2) == "0,63\N{NO-BREAK SPACE}%"


def test_papers_round_shares_as_the_window_and_the_command_line_do():
    thousandths = [k / 1000 for k in range(-1000, 1001)]
    said = {share: Speech("en").percent(share) for share in thousandths}
    window = {
        share: percent(share).replace("\N{NO-BREAK SPACE}", "").replace("\N{MINUS SIGN}", "-") for share in thousandths
    }
    assert said == window
    assert said[0.415] == f"{0.415:.0%}" == "42%"


def test_what_a_force_wrote_is_said_in_the_words_that_it_gave():
    terms = {"every day 7–22": {"mk": "секој ден 7–22"}}
    assert PublicSpeech(Register(), "mk", terms).worded("every day 7–22") == "секој ден 7–22"
    assert PublicSpeech(Register(), "sq", terms).worded("every day 7–22") == "every day 7–22"


def test_the_sheet_of_a_part_at_the_edge_moves_over_the_land():
    land, part = shapely.box(0, 0, 20_000, 20_000), (18_000, 18_000, 20_000, 20_000)
    middle = map_sheet.sheet_of(part, 182, 104, 25_000, 1.0)
    moved = map_sheet.filled_sheet(part, 182, 104, 25_000, 1.0, land)
    shown = [shapely.intersection(s.frame, land).area / s.frame.area for s in (middle, moved)]
    assert shown[0] < 0.8 and shown[1] > 0.99
    assert moved.frame.buffer(1).contains(shapely.box(*part))
    # where there is land all around, the part stays in the middle
    inside = (9_000, 9_000, 11_000, 11_000)
    stays = map_sheet.filled_sheet(inside, 182, 104, 25_000, 1.0, land)
    assert np.allclose(stays.frame.centroid.coords[0], (10_000, 10_000))
    # a station that can be shown is
    sheet = map_sheet.filled_sheet(inside, 182, 104, 25_000, 1.0, land, [(7_800, 10_000)])
    assert sheet.west <= 7_800
    # and its sign is whole: where the middle would cut it, the sheet moves on
    at = 10_000 - 91 * 25 + 20.0
    assert map_sheet.sheet_of(inside, 182, 104, 25_000, 1.0).west < at
    sheet = map_sheet.filled_sheet(inside, 182, 104, 25_000, 1.0, land, [(at, 10_000)])
    assert sheet.west + 2.9 * sheet.per_mm <= at
    # a part that fills its sheet gives up some of its edge for a station, and for nothing else
    full = (8_000, 8_720, 12_000, 11_280)
    above, far = (10_000.0, 11_275.0), (10_000.0, 12_000.0)
    for place, moves in ((above, True), (far, False)):
        sheet = map_sheet.filled_sheet(full, 182, 104, 25_000, 1.0, land, [place], 70.0)
        x, y = sheet.mm(np.array([place]))[0]
        assert sheet.holds(float(x), float(y), 2.9) == moves
        assert (sheet.north > 11_310) == moves
        assert sheet.frame.buffer(71).contains(shapely.box(*full))


@pytest.mark.parametrize(("x", "drawn"), [(1.0, False), (2.0, False), (2.5, True), (97.5, True), (98.5, False)])
def test_no_sign_is_cut_by_the_frame(x, drawn):
    sheet = map_sheet.PaperSheet(0, 1000, 10.0, 100, 100)
    stations = gpd.GeoDataFrame(
        {"station": ["s"], "existing": [True], "name": ["Kej"]}, geometry=[shapely.Point(10 * x, 500)], crs="EPSG:32634"
    )
    map_signs.draw_stations(sheet, stations, 3.6)
    assert bool(sheet.parts) == drawn == ("today" in sheet.shown)
    assert map_signs.write_station_names(sheet, stations, {"s": "Kej"}, 3.6) == ([], [])
    assert ("Kej" in "".join(sheet.parts)) == drawn


def test_who_leaves_within_a_month_is_there_until_the_day_of_leaving():
    rules = {"officers": {"start": "2027-01-01", "years": 5}}
    people = ["last of March", "first of April", "mid June", "moves", "stays"]
    tables = SimpleNamespace(
        summary={"rules": rules},
        roster=pd.DataFrame(
            {"officer": people, "leaves_on": ["2028-03-31", "2028-04-01", "2028-06-15", None, "2033-01-01"]}
        ),
        assignments=pd.DataFrame(
            {"officer": people, "end": ["2028-03-01", "2028-04-01", "2028-06-01", "2029-05-01", "2032-01-01"]}
        ),
    )
    after = list(served_until(tables).values())  # pyright: ignore[reportArgumentType]
    assert [d - dt.timedelta(days=1) for d in after] == [
        dt.date(2028, 3, 31),
        dt.date(2028, 3, 31),
        dt.date(2028, 6, 15),
        dt.date(2029, 4, 30),
        dt.date(2031, 12, 31),
    ]


@pytest.mark.parametrize("cost", [None, "cost_eur"])
def test_what_stations_cost_is_unknown_where_no_site_has_a_cost(cost):
    from beatplanner.data.description.sections.stations import Stations, rules_priced

    rules = Stations.model_validate(
        {"count": 2, "candidates": {"path": "sites.csv", "id": "site", "x": "x", "y": "y", "cost": cost}}
    )
    assert rules.priced is (cost is not None)
    assert not Stations.model_validate({"count": 2}).priced
    assert rules_priced(rules.model_dump(mode="json")) is (cost is not None)


@pytest.mark.parametrize(
    ("times", "runs", "said"),
    [
        (["2025-01-03", "2026-09-17"], ((dt.date(2025, 1, 3), dt.date(2026, 9, 18)),), ("2025-01-03", "2026-09-17")),
        # dates give no more than the month: all of it is covered
        (["2025-01-01", "2026-09-01"], ((dt.date(2025, 1, 1), dt.date(2026, 10, 1)),), ("2025-01-01", "2026-09-30")),
        # the length alone was given: what stands is from record to record
        (["2025-01-03", "2026-09-17"], (), ("2025-01-03", "2026-09-17")),
    ],
)
def test_reports_are_told_until_the_last_day_and_not_to_the_end_of_its_month(times, runs, said):
    frame = pd.DataFrame({"a_year": 1.0, "time": pd.to_datetime(times)})
    recorded = Recorded(np.ones(len(times)), days=600.0, runs=runs)
    town: Any = SimpleNamespace(incidents=frame, recorded=recorded)
    period = public_period(period_of(town))
    assert period is not None
    assert (period["from"], period["to"]) == said
    assert period["year"]


def test_an_older_pack_told_the_same_time_in_whole_months():
    now = {"from": "2025-01-03", "to": "2026-09-17", "days": None, "year": True}
    older = now | {"from": "2025-01-01", "to": "2026-09-30"}
    assert same_period(older, now)
    assert same_period(now, older)
    # two packs of a later version that differ by days differ by the few incidents of these
    assert not same_period(now | {"to": "2026-09-20"}, now)
    assert not same_period(older | {"to": "2026-10-31"}, now)
    assert not same_period({"from": "soon", "to": 3}, now)
    assert not same_period(None, now)


@pytest.mark.parametrize("language", LOCALES)
def test_sheets_of_workbooks_are_called_in_the_language(language):
    said = Speech(language)
    for english in (comparison_workbook.SHEETS, officers_pack.SHEETS, tuple(forum_files.SHEETS.values())):
        names: list[str] = []
        for word in english:
            text = said.text(word)
            names.append(sheet_name(text, names))
            # none is cut, and none is like another
            assert names[-1] == text
            assert language == "en" or text != word
    assert not said.missing


def test_the_name_of_a_sheet_is_one_that_programs_open():
    assert sheet_name("Цени: 2027/28 [нацрт]") == "Цени 2027 28 нацрт"
    assert sheet_name("Beats", ["beats"]) == "Beats 2"
    assert len(sheet_name("x" * 40, ["x" * 31])) <= 31
    assert sheet_name("") == "2"


@pytest.mark.parametrize("code", [c for c in LOCALES if c != "en"])
def test_every_text_has_the_quotation_marks_of_its_language(code):
    pair = QUOTES[code]
    for folder in FOLDERS:
        with (folder / f"{LOCALES[code]}.po").open("rb") as stream:
            catalogue = read_po(stream)
        for message in catalogue:
            said = message.string if isinstance(message.string, list | tuple) else [message.string]
            for text in said if message.id else ():
                marks = "".join(c for c in str(text) if c in "“”„«»")
                assert marks == pair * (len(marks) // 2), text


def test_what_the_program_puts_between_quotation_marks_has_those_of_the_language():
    assert quoted("Kej", "mk") == "„Kej“"
    assert in_own_quotes("Задржување на “Kej” и „Маало“", "mk") == "Задржување на „Kej“ и „Маало“"
    assert in_own_quotes("Mbajtja e “Kej”", "sq") == "Mbajtja e „Kej”"
    assert in_own_quotes("the “Kej”", "en") == "the “Kej”"
    for language, pair in QUOTES.items():
        text = without_keys("beats.max_moved = 2.0%", language)
        assert text[0] == pair[0]
        assert text[: text.index(" =")].endswith(pair[1])
    # what planning tells and no template knows
    assert in_language("Kej is “odd” here", "mk") == "Kej is „odd“ here"


# A word for a thing in each language, and one that it is not called by as well.
OTHER_WORDS = {
    "sq": ("beat", r"\bzon"),
    "ro": ("beat", r"\bzon"),
    "sr-Cyrl": ("beat", r"\b[Рр]еон"),
    "sr-Latn": ("beat", r"\b[Rr]eon"),
    "mk": ("officer", r"лужбени"),
}


@pytest.mark.parametrize("code", OTHER_WORDS)
def test_one_thing_is_called_by_one_word(code):
    english, other = OTHER_WORDS[code]
    with (FOLDERS[0] / f"{LOCALES[code]}.po").open("rb") as stream:
        catalogue = read_po(stream)
    seen = 0
    for message in catalogue:
        of = " ".join(message.id) if isinstance(message.id, tuple) else str(message.id)
        if english in of.casefold() and "area" not in of.casefold():
            seen += 1
            assert not re.search(other, str(message.string), re.IGNORECASE), message.string
    assert seen > 50


def test_signs_of_units_are_those_of_the_maps():
    """Scale bars and facts had km and m, the page of the proof км and м."""
    for folder in FOLDERS:
        with (folder / f"{LOCALES['mk']}.po").open("rb") as stream:
            for message in read_po(stream):
                assert not re.search(r"(?<![\w/])к?м(?![\w/.])|км/ч", str(message.string)), message.string


def test_at_most_is_never_less_than_what_is_proven():
    assert [gap_at_most(g) for g in (0.0803, 0.08, 0.0801, 5e-5, 2e-4)] == [0.081, 0.08, 0.081, 1e-4, 1e-3]
    for gap in (0.0501, 0.0803, 0.0999):
        (said,) = draft_sentences([Reason("gap", "officers", gap)], Speech("en"))
        share = float(said.split("up to ")[1].split("%")[0]) / 100
        assert gap <= share <= gap + 1e-3, said
    assert f"{gap_at_most(5e-5):.{gap_digits(gap_at_most(5e-5))}%}" == "0.01%"
