"""The window's languages: Qt's `tr` finds its texts in gettext catalogues, beside those of the forum pack.

A text that a catalogue lacks stands in English. Texts flagged *fuzzy* are used; they wait for a native reviewer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from beatplanner.data.publish.counts import in_own_counts
from beatplanner.data.publish.percents import PERCENT
from beatplanner.data.publish.sentence_templates import CONTEXT, english_days, keys_in_words, texts_of_window
from beatplanner.ui.desktop.toolkit.in_language import KINDS, LANGUAGE_NAMES, WindowSentences

if TYPE_CHECKING:
    from beatplanner.data.publish.translation import Speech

LANGUAGES = {
    "en": "English",
    "sq": "Shqip",
    "sr-Cyrl": "Српски",
    "sr-Latn": "Srpski",
    "mk": "Македонски",
    "ro": "Română",
    "ru": "Русский",
}
# Words that a force may call by its own name.
TERMS = ("beat", "forum", "station")


def texts_by_english(language: str) -> dict[str, str]:
    """Return the window's texts of a language by their English; empty for English."""
    return texts_of_window(language).get(None, {})


def sentences_by_english(language: str) -> dict[str, str]:
    """Return what planning tells, as templates, of a language by their English; empty for English."""
    return texts_of_window(language).get(CONTEXT, {})


class InterfaceTranslator(QTranslator):
    """Gives `tr` its texts.

    Parameters
    ----------
    language
        One of `LANGUAGES`.
    terms
        A force's own words for `TERMS`.
    """

    def __init__(self, language: str, terms: dict[str, str] | None = None) -> None:
        super().__init__()
        self.texts = texts_by_english(language)
        self.speaks = language if self.texts else "en"
        self._sentences = WindowSentences(sentences_by_english(language))
        self._pack: Speech | None = None
        self.terms = {}
        for term, own in (terms or {}).items():
            said = self.texts.get(term, term)
            self.terms[said.casefold()] = own
            # where the word stands in English, in the plural too
            if not self.texts:
                self.terms[f"{said}s".casefold()] = own if own.endswith("s") else f"{own}s"
        words = "|".join(re.escape(w) for w in sorted(self.terms, key=len, reverse=True))
        self._of_terms = re.compile(rf"\b({words})\b", re.IGNORECASE) if words else None

    def in_sentences(self, text: str) -> str:
        """Return what planning tells in this language, with its quotation marks and days, and percents as the window's own figures have them."""
        if self.speaks == "en":
            said = english_days(text)
        else:
            # this brings the language's figures with it, which an English window does without
            from beatplanner.data.publish.translation import in_own_quotes

            said = in_own_quotes(self._sentences(text), self.speaks)
        said = keys_in_words(said, self.speaks, self.texts, self._sentences)
        return PERCENT.sub("\N{NO-BREAK SPACE}%", in_own_counts(said, self.speaks))

    def kind(self, name: str) -> str | None:
        """Return a kind of incident as the pack calls it in this language; None where it has no word."""
        if self.speaks == "en":
            return None
        from beatplanner.data.publish.translation import Speech
        from beatplanner.planning.forum.public.wording import theme_name

        if self._pack is None:
            self._pack = Speech(self.speaks)
        said = theme_name(self._pack, name)
        # it stands within a line
        return None if said == name else said[:1].lower() + said[1:]

    def language_name(self, code: str) -> str | None:
        """Return what a language of the pack is called in this one, its script in brackets; None for a text that is no such code."""
        if code not in LANGUAGES:
            return None
        from beatplanner.data.publish.translation import Speech

        if self._pack is None:
            self._pack = Speech(self.speaks)
        name, _, script = code.partition("-")
        said = self._pack.language_name(name)
        return f"{said} ({self._pack.locale.scripts[script]})" if script else said

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        """Tell Qt that there are texts."""
        return False

    def translate(self, context: str, text: str, _comment: str | None = None, _number: int = -1) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return a text in this language; None where there is none, and Qt takes the English."""
        if context == "QShortcut":
            # keys are called as on the keyboard: Shift is no shift of officers
            return None
        if context == KINDS:
            return self.kind(text)
        if context == LANGUAGE_NAMES:
            return self.language_name(text)
        said = self.in_sentences(text) if context == CONTEXT else self._of_window(text)
        if self._of_terms is None:
            return said
        return self._of_terms.sub(self._own, said if said is not None else text)

    def _of_window(self, text: str) -> str | None:
        """Return a text of the window itself; why there is a rule is written for the guide too, where keys stand in signs of code."""
        said = self.texts.get(text)
        return said if "`" not in text else keys_in_words((said or text).replace("`", ""), self.speaks, self.texts)

    def _own(self, found: re.Match[str]) -> str:
        own = self.terms[found[0].casefold()]
        return own[:1].upper() + own[1:] if found[0][:1].isupper() else own


class QtTexts(QTranslator):
    """Gives Qt's own dialogs and menus their texts, where Qt has them in the language; keys are called as on the keyboard."""

    def translate(self, context: str, text: str, comment: str | None = None, number: int = -1) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return Qt's own text; None where there is none."""
        return None if context == "QShortcut" else super().translate(context, text, comment or "", number) or None


def of_system() -> str:
    """Return the language of the system where the window speaks it, else English."""
    locale = QLocale.system()
    name = locale.bcp47Name()
    if name.startswith("sr"):
        return "sr-Latn" if locale.script() == QLocale.Script.LatinScript else "sr-Cyrl"
    return next((code for code in LANGUAGES if name.split("-")[0] == code), "en")


# Qt does not own a translator: it lives as long as it is installed.
_installed: list[QTranslator] = []


def install_language(application: QApplication, language: str, terms: dict[str, str] | None = None) -> None:
    """Let all windows that are made from now on speak a language, with its numbers and dates; "" is the system's."""
    language = language if language in LANGUAGES else of_system()
    # what Qt itself says in a language that it has; ours come before
    own = QtTexts()
    translators: list[QTranslator] = [InterfaceTranslator(language, terms)]
    if language != "en" and own.load(
        f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    ):
        translators.insert(0, own)
    for translator in translators:
        application.installTranslator(translator)
    while _installed:
        application.removeTranslator(_installed.pop())
    _installed.extend(translators)
    QLocale.setDefault(QLocale(language.replace("sr-", "sr_")))
