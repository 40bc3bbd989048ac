"""The forum's languages: catalogues of texts that a force can edit, and numbers, dates and names of languages as each locale writes them.

A catalogue is a gettext ``.po`` file. Texts flagged *fuzzy* are used, and counted as waiting for a native reviewer, who takes the flag away.
A text that a catalogue lacks stands in English between ⟦ and ⟧, so that nobody overlooks it.
"""

from __future__ import annotations

import datetime as dt
import functools
import gettext
import io
import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from babel.numbers import format_decimal, format_percent, get_group_symbol

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem
from beatplanner.data.publish.percents import PERCENT
from beatplanner.data.publish.templates import fields_of, filled, wrong_fields
from beatplanner.data.result.names import OF_ROMA, language_title, language_titles

LOCALES = {"en": "en_GB", "sq": "sq", "sr-Latn": "sr_Latn", "sr-Cyrl": "sr_Cyrl", "mk": "mk", "ro": "ro", "ru": "ru"}
OPEN, CLOSE = "⟦", "⟧"
# Quotation marks of each language; English ones are those of the code.
QUOTES = {"en": "“”", "sq": "„”", "sr-Latn": "„“", "sr-Cyrl": "„“", "mk": "„“", "ro": "„”", "ru": "«»"}
QUOTED = re.compile("“([^“”„«»]*)”")
# The folder of the catalogues of papers, and the languages that it has.
PAPERS, IN_PAPERS = "papers", ("en", "mk", "sq")
# A list of names that is cut short.
AND_MORE = "{names} and {n} more"
# Bytes of a force's own catalogue at most.
LARGEST = 8 << 20


def quoted(text: str, language: str = "en") -> str:
    """Return a text between the quotation marks of a language."""
    first, last = QUOTES[language]
    return f"{first}{text}{last}"


def in_own_quotes(text: str, language: str) -> str:
    """Return a text in which what stands between English quotation marks stands between those of a language."""
    return QUOTED.sub(lambda found: quoted(found[1], language), text)


def in_own_percents(text: str, locale: Locale) -> str:
    """Return a text whose percent signs stand behind their figures as the locale writes them, never at the beginning of a line."""
    if "%" not in text:
        return text
    sign = locale.percent_formats[None].pattern.rpartition("0")[2]
    return PERCENT.sub(sign, text)


def _rounded(value: float, digits: int) -> float:
    """Return a number rounded, without the sign of what is a zero then."""
    return round(value, digits) or 0.0


def _key(message: Message) -> Any:
    """Return the English text of a message of a catalogue, of its singular where it has several forms."""
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


class Speech:
    """One language of the forum pack.

    Parameters
    ----------
    language
        One of `LOCALES`.
    terms
        Other words for texts of the catalogue: English text: what is said in its place, or a table of that by language.
    catalogue
        A ``.po`` file of the force, in place of the one that comes with the program.

    Raises
    ------
    InputError
        Where the force's catalogue cannot be read, or a text of it, or an own term, has a field that its English text has not.
    """

    def __init__(
        self, language: str, terms: Mapping[str, str | Mapping[str, str]] | None = None, catalogue: Path | None = None
    ) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES[language])
        self.catalogue = catalogue
        self.terms: dict[str, str] = {}
        for english, said in (terms or {}).items():
            if isinstance(said, str):
                self.terms[english] = said
            elif language in said:
                self.terms[english] = said[language]
        for english, said in self.terms.items():
            _check_fields(english, [english], said, "forum.terms", "")
        self.missing: set[str] = set()
        self.unreviewed: set[str] = set()
        self.complete = True
        self._known: set[Any] = set()
        self._fuzzy: set[Any] = set()
        self._texts: gettext.NullTranslations = gettext.NullTranslations()
        if language != "en" or catalogue is not None:
            found = _own_texts(language) if catalogue is None else _texts_of(_catalogue(language, catalogue), catalogue)
            self._texts = self._noted(found)
            wanted = found if language == "en" else _own_texts(language)
            self.complete = wanted.every <= self._known

    def _noted(self, found: _Texts) -> gettext.NullTranslations:
        """Return the texts of a catalogue, and note which it has."""
        self._fuzzy |= found.fuzzy - self._known
        self._known |= found.known
        # what is added to the texts of one speech is not added to those of another
        return copy(found.texts)

    def with_papers(self) -> Speech:
        """Return this language with the texts of the papers that a force itself holds, which no forum sees; English has them all."""
        if self.language != "en":
            self._texts.add_fallback(self._noted(_own_texts(self.language, PAPERS)))
        return self

    def text(self, english: str, **values: Any) -> str:
        """Return a text in this language, with the values in place of its ``{names}``."""
        said = self.terms.get(english)
        if said is None:
            said = self._texts.gettext(english) if self._note(english) else f"{OPEN}{english}{CLOSE}"
        said = in_own_percents(said, self.locale)
        return filled(said, values) if values else said

    def count(self, one: str, many: str, number: int, **values: Any) -> str:
        """Return a text that depends on a number, which stands in it as ``{n}``."""
        return filled(self.plural(one, many, number), {"n": self.number(number), **values})

    def plural(self, one: str, many: str, number: int) -> str:
        """Return the form of a text that a number asks for, its fields still in it."""
        said = self.terms.get(one if number == 1 else many)
        if said is None:
            said = self._texts.ngettext(one, many, int(number))
            if number != 1 and "{n}" in many and "{n}" not in said:
                # Macedonian counts 21 as one: a catalogue that writes “one day” there would tell 31 days as one
                said = self._texts.ngettext(one, many, 5)
            if not self._note(one):
                said = f"{OPEN}{said}{CLOSE}"
        return in_own_percents(said, self.locale)

    def known(self, name: str) -> str:
        """Return a name that a user gave in this language where the catalogue has it, and as it is elsewhere."""
        return self.terms.get(name) or (self.text(name) if name in self._known else name)

    def own(self, words: str | Mapping[str, str] | None) -> str | None:
        """Return words of the description in this language: one text for all languages, or a table by language."""
        if words is None or isinstance(words, str):
            return words
        return words.get(self.language) or next(iter(words.values()))

    def _note(self, english: str) -> bool:
        if self.language == "en" and not self._known:
            return True
        if english not in self._known:
            self.missing.add(english)
            return False
        if english in self._fuzzy:
            self.unreviewed.add(english)
        return True

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as the locale writes it."""
        shown = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(_rounded(value, digits), format=shown, locale=self.locale)

    def group(self) -> str:
        """Return what stands between the thousands of a number."""
        return str(get_group_symbol(self.locale))

    def percent(self, share: float, digits: int = 0) -> str:
        """Return a share in percents as the locale writes them: some set a space before the sign.

        The percents are rounded, as the window and the command line round them: 0.415 is 42 %, and rounded as a share it would be 41 %.
        """
        usual = self.locale.percent_formats[None].pattern
        shown = usual.replace("0", "0" + ("." + "0" * digits if digits else ""))
        return format_percent(_rounded(100 * share, digits) / 100, format=shown, locale=self.locale)

    def date(self, day: dt.date | str, form: str = "long") -> str:
        """Return a date as the locale writes it."""
        if isinstance(day, str):
            day = dt.date.fromisoformat(day[:10])
        return format_date(day, format=form, locale=self.locale)

    def month(self, day: dt.date) -> str:
        """Return the month of a day with its year, as it stands alone in this language."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def listed(self, names: Iterable[object], most: int = 8) -> str:
        """Return names as “a, b, c and 4 more”."""
        every = [str(name) for name in names]
        shown = ", ".join(every[:most])
        return shown if len(every) <= most else self.text(AND_MORE, names=shown, n=self.number(len(every) - most))

    def language_name(self, name: str) -> str:
        """Return a language's name in this language; one that it has no name for has one form, in small letters where its own names have them."""
        if self.language == "en":
            return language_title(name)
        folded = name.strip().casefold()
        english = {v.casefold(): k for k, v in language_titles(Locale.parse("en")).items()}
        code = "rom" if folded in OF_ROMA else english.get(folded, folded)
        own = language_titles(self.locale)
        if code in own:
            return own[code]
        known = language_title(name)
        return known[:1].lower() + known[1:] if own["en"][:1].islower() and known[1:].islower() else known


def _check_fields(key: str, english: list[str], said: str, where: str, file: str | Path) -> None:
    """Raise InputError where a text has another field than its English text, or a field that does more than stand for a word."""
    allowed = set[str]().union(*(fields_of(t) for t in english)) if all(_plain(t) for t in english) else set[str]()
    wrong = wrong_fields(said, allowed)
    if wrong:
        mend = "Use the fields of the English text, as they stand there"
        raise InputError(problem(f"the text for “{key[:60]}” cannot be used: {wrong}", mend, file=file, field=where))


def _plain(text: str) -> bool:
    try:
        fields_of(text)
    except ValueError:
        return False
    return True


def _catalogue(language: str, path: Path | None, folder: str = "") -> Catalog:
    room = files("beatplanner.data") / "catalogues"
    file = (room / folder if folder else room) / f"{LOCALES[language]}.po" if path is None else path
    try:
        if isinstance(file, Path) and file.stat().st_size > LARGEST:
            raise ValueError("it is far too large")
        with file.open("rb") as stream:
            return read_po(stream, locale=LOCALES[language])
    except (OSError, PoFileError, ValueError, UnicodeDecodeError) as error:
        raise InputError(
            problem(
                f"the catalogue cannot be read ({cause(error)})",
                "Make a new one with “beatplanner catalogue”",
                file=path or "",
            )
        ) from None


@dataclass(frozen=True)
class _Texts:
    """A catalogue as it is spoken: its texts, all keys, those that are translated, and of these those that wait for a reviewer."""

    texts: gettext.GNUTranslations
    every: frozenset[Any]
    known: frozenset[Any]
    fuzzy: frozenset[Any]


def _texts_of(found: Catalog, own: str | Path) -> _Texts:
    """Return the texts of a catalogue; InputError where one has a field that its English text has not."""
    known: set[Any] = set()
    fuzzy: set[Any] = set()
    for message in found:
        key = _key(message)
        complete = all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)
        if key and complete and key not in known:
            english = list(message.id) if isinstance(message.id, tuple | list) else [key]
            for text in message.string if isinstance(message.string, tuple | list) else [message.string]:
                _check_fields(key, english, str(text), "forum.catalogues", own)
            known.add(key)
            if message.fuzzy:
                fuzzy.add(key)
    stream = io.BytesIO()
    write_mo(stream, found, use_fuzzy=True)
    stream.seek(0)
    every = frozenset(_key(m) for m in found if _key(m))
    return _Texts(gettext.GNUTranslations(stream), every, frozenset(known), frozenset(fuzzy))


@functools.cache
def _own_texts(language: str, folder: str = "") -> _Texts:
    """Return the texts of a catalogue of the program: read once, since each page, sheet and sentence begins with them."""
    return _texts_of(_catalogue(language, None, folder), "")


def write_catalogue(path: Path, language: str) -> None:
    """Write the catalogue of a language for a force to edit."""
    with path.open("wb") as stream:
        write_po(stream, _catalogue(language, None), width=120)
