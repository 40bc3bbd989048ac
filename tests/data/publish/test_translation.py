"""Catalogues: complete, the same values in every text, Serbian in both scripts, and what is missing is seen."""

from __future__ import annotations

import re
import sys

import pytest
from babel.messages.pofile import read_po

from beatplanner.data.errors import InputError
from beatplanner.data.publish import translation
from beatplanner.data.publish.comparison_words import ENGLISH, fields_said, label_said
from beatplanner.data.publish.templates import filled
from beatplanner.data.publish.translation import CLOSE, LOCALES, OPEN, Speech, write_catalogue
from conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import catalogues

FOREIGN = [language for language in LOCALES if language != "en"]


def read(language: str):
    with (catalogues.FOLDER / f"{LOCALES[language]}.po").open("rb") as stream:
        return read_po(stream, locale=LOCALES[language])


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("language", FOREIGN)
def test_every_text_is_translated_with_the_same_values(language):
    found = read(language)
    for message in catalogues.messages():
        english = message[-1] if isinstance(message, tuple) else message
        known = found.get(message[0] if isinstance(message, tuple) else message)
        assert known is not None, message
        said = known.string if isinstance(known.string, tuple | list) else [known.string]
        assert all(said), message
        assert holes(said[-1]) == holes(english), message
        assert len(said) == (found.num_plurals if isinstance(message, tuple) else 1)


def test_serbian_is_the_same_in_both_scripts():
    cyrillic, latin = read("sr-Cyrl"), read("sr-Latn")
    for message in cyrillic:
        if message.id and isinstance(message.string, str):
            assert latin.get(message.id).string == catalogues.latin(message.string)
    assert catalogues.latin("Љубљана, Џеп, {name}") == "Ljubljana, Džep, {name}"


def test_numbers_dates_and_plurals_follow_the_locale():
    assert Speech("en").number(1234567.5, 1) == "1,234,567.5"
    assert Speech("mk").number(1234567.5, 1) == "1.234.567,5"
    assert Speech("sr-Cyrl").date("2027-01-18").startswith("18. јануар 2027")
    assert Speech("sr-Latn").date("2027-01-18").startswith("18. januar 2027")
    one, many = "The plan has one beat.", "The plan has {n} beats."
    assert [Speech("ru").count(one, many, n) for n in (1, 3, 5, 21)] == [
        "В плане 1 участок.",
        "В плане 3 участка.",
        "В плане 5 участков.",
        "В плане 21 участок.",
    ]
    assert Speech("ro").count(one, many, 20) == "Planul are 20 de sectoare."


def test_languages_are_named_in_the_language():
    assert Speech("mk").language_name("albanian") == "албански"
    assert Speech("en").language_name("sq") == "Albanian"
    assert Speech("ro").language_name("dialect of the hills") == "dialect of the hills"
    assert Speech("sr-Latn").language_name("BKS") == "BKS"


@pytest.mark.parametrize("language", ["en", "sq", "sr-Latn", "sr-Cyrl", "mk", "ro", "ru"])
def test_a_language_has_one_form_however_a_file_writes_it(language):
    speech = Speech(language)
    assert len({speech.language_name(name) for name in ("rom", "Romani", "romani", "Romany")}) == 1
    assert len({speech.language_name(name) for name in ("gorani", "Gorani")}) == 1
    assert speech.language_name("Romani")[:1].islower() == speech.language_name("albanian")[:1].islower()


def test_a_missing_text_is_seen_and_a_reviewed_one_counts(tmp_path):
    file = tmp_path / "mk.po"
    write_catalogue(file, "mk")
    text = file.read_text(encoding="utf-8")
    text = text.replace(
        '#, fuzzy\nmsgid "Who decides"\nmsgstr "Кој одлучува"', 'msgid "Who decides"\nmsgstr "Кој го носи решението"'
    )
    text = re.sub(r'msgid "In this pack"\nmsgstr "[^"]*"', 'msgid "In this pack"\nmsgstr ""', text)
    file.write_text(text, encoding="utf-8")
    speech = Speech("mk", catalogue=file)
    assert speech.text("Who decides") == "Кој го носи решението"
    assert speech.text("In this pack") == "⟦In this pack⟧"
    assert speech.missing == {"In this pack"}
    assert speech.unreviewed == set()
    speech.text("Beat")
    assert speech.unreviewed == {"Beat"}


def test_terms_are_settings():
    speech = Speech("sq", {"Beat": {"sq": "Rajon", "en": "Ward"}, "Station": "Post"})
    assert speech.text("Beat") == "Rajon"
    assert speech.text("Station") == "Post"
    assert Speech("mk", {"Beat": {"sq": "Rajon"}}).text("Beat") == "Реон"


def test_a_broken_catalogue_is_a_clear_error(tmp_path):
    file = tmp_path / "mk.po"
    file.write_bytes(b'msgid "a\nmsgstr \xff')
    with pytest.raises(InputError, match="catalogue"):
        Speech("mk", catalogue=file)


def test_no_percents_are_fixed_in_a_text():
    """Each language has its own way with the sign: a share is a field, written as the locale writes it."""
    fixed = [
        m for m in catalogues.messages() for said in (m if isinstance(m, tuple) else (m,)) if re.search(r"\d\s?%", said)
    ]
    assert fixed == []
    for language in FOREIGN:
        for message in read(language):
            assert not re.search(r"\d\s?%", str(message.string)), message.id


@pytest.mark.parametrize("language", LOCALES)
def test_a_label_of_the_comparison_has_the_percents_of_its_language(language):
    said = Speech(language)
    row = {"words": "Residents who live in a beat within ±{band}", "fields": {"band": 0.1}, "label": ""}
    row["label"] = filled(row["words"], fields_said(ENGLISH, row["fields"]))
    assert f"±{said.percent(0.1)}" in label_said(said, row)


# What a beat is called in a language's texts, and what else it was called: a reader takes two words for two things.
BEAT = {
    "sq": (r"\breon", r"\b(zon[aeë]|rajon|sektor)"),
    "mk": (r"\bреон", r"\b(зон[аи]|рејон|рајон|сектор)"),
    "sr_Cyrl": (r"\bрејон", r"\b(зон[аеиу]|реон|рајон|сектор)"),
    "ru": (r"\bучаст(ок|к)", r"\b(зон[аыеу]|район|сектор)"),
}
# English texts of which another word is meant: an area that is no beat.
OTHER_AREAS = re.compile(r"\b(areas?|regions?|zones?|catchments?|sectors?)\b", re.IGNORECASE)


# The same of an officer; an official language and a duty are other words.
OFFICER = {"sq": r"\boficer", "mk": r"\bслужбениц|\bслужбеник"}


@pytest.mark.parametrize("locale", OFFICER)
def test_an_officer_has_one_word_in_a_language(locale):
    for file in [catalogues.FOLDER / place / f"{locale}.po" for place in ("", "interface", "papers")]:
        with file.open("rb") as stream:
            texts = list(read_po(stream))
        for message in texts:
            english, said = (" ".join(t) if isinstance(t, tuple | list) else t for t in (message.id, message.string))
            if re.search(r"\bofficers?\b", english, re.IGNORECASE):
                assert not re.search(OFFICER[locale], said, re.IGNORECASE), (file.name, english, said)


@pytest.mark.parametrize("locale", BEAT)
def test_a_beat_has_one_word_in_a_language(locale):
    folder, (word, others) = catalogues.FOLDER, BEAT[locale]
    named = 0
    for file in [folder / place / f"{locale}.po" for place in ("", "interface", "papers")]:
        if not file.is_file():
            continue
        with file.open("rb") as stream:
            texts = list(read_po(stream))
        for message in texts:
            english, said = (" ".join(t) if isinstance(t, tuple | list) else t for t in (message.id, message.string))
            if not re.search(r"\bbeats?\b", english, re.IGNORECASE):
                continue
            named += bool(re.search(word, said, re.IGNORECASE))
            if not OTHER_AREAS.search(english):
                assert not re.search(others, said, re.IGNORECASE), (file.name, english, said)
    assert named > 100
    row = next(r for r in (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines() if r.startswith("| beat |"))
    assert re.search(word, row)


def test_a_unit_is_no_beat_in_russian():
    # both are “участок”, and a unit says of what
    named = 0
    for place in ("", "interface"):
        with (catalogues.FOLDER / place / "ru.po").open("rb") as stream:
            texts = [(m.id, m.string) for m in read_po(stream) if isinstance(m.id, str) and isinstance(m.string, str)]
        for english, said in texts:
            if re.search(r"\bunits?\b", english, re.IGNORECASE) and not re.search(
                r"\bbeats?\b", english, re.IGNORECASE
            ):
                assert not re.search(r"участ(ок|к\w+)(?! учёта)\b|\bединиц", said, re.IGNORECASE), (english, said)
                named += "учёта" in said
    assert named > 5


@pytest.mark.parametrize("place", ["", "interface", "papers"])
def test_an_officer_has_one_word_in_albanian(place):
    with (catalogues.FOLDER / place / "sq.po").open("rb") as stream:
        said = [m.string if isinstance(m.string, str) else " ".join(m.string) for m in read_po(stream)]
    assert sum("polic" in s.lower() for s in said) > 10
    assert not [s for s in said if "punonjës" in s.lower()]


def test_a_catalogue_of_the_program_is_read_once_and_shared_without_what_one_speech_adds(monkeypatch):
    first, whole = Speech("mk"), Speech("mk").with_papers()
    monkeypatch.setattr(translation, "read_po", lambda *_, **__: pytest.fail("read again"))
    second = Speech("mk", {"Beat": "Зона"})
    assert first.complete and second.complete and first._known == second._known and first._known
    assert Speech("mk").with_papers()._fuzzy == whole._fuzzy >= first._fuzzy
    papers = min(whole._known - first._known)
    assert OPEN not in whole.text(papers)
    assert second.text(papers) == first.text(papers) == f"{OPEN}{papers}{CLOSE}"
