"""What planning tells, in the window's language and with Qt's numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem
from beatplanner.data.publish import sentence_templates
from beatplanner.data.publish.counts import in_own_counts
from beatplanner.data.publish.sentence_templates import CONTEXT

# A language's code as rules have it; a place, rank or kind of so few small letters is called as it is written where no language has that code.
CODE = re.compile(r"[a-z]{2}(-[A-Z][a-z]{3})?")
# The context in which the kinds of incidents of a force's records are asked for.
KINDS = "kinds"
# The context in which languages are asked for by their codes.
LANGUAGE_NAMES = "languages"


def in_language(text: str) -> str:
    """Return what planning tells in the window's language."""
    return QCoreApplication.translate(CONTEXT, text)


def translated(text: str) -> str:
    """Return a text of the window in its language, for what is no object of Qt and has no `tr`."""
    return QCoreApplication.translate("", text)


def in_counts(text: str) -> str:
    """Return a text of the window's language in which one of a thing is named as one."""
    return in_own_counts(text, QLocale().name()[:2])


def with_counts(template: str, *values: object) -> str:
    """Return a template with its values, each noun behind a number as the number asks for."""
    return in_counts(template.format(*values))


def language_in_words(code: str) -> str:
    """Return what a language of the pack is called in the window's."""
    return QCoreApplication.translate(LANGUAGE_NAMES, code)


def kind_in_language(translated: Callable[[str], str], names: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """Return what tells the words within rules: as the window has them, kinds of incidents as the pack calls them, and languages by their names.

    Parameters
    ----------
    translated
        Turns the catalogue's English into the window's language.
    names
        What a force calls its kinds in the pack, by what its records say.
    """
    called = names or {}

    def of_kind(text: str) -> str:
        said = translated(text)
        if said != text:
            return said
        if CODE.fullmatch(text):
            return language_in_words(text)
        kind = called.get(text, text)
        found = QCoreApplication.translate(KINDS, kind)
        return text if found == kind else found

    return of_kind


def error_lines(error: BaseException) -> list[str]:
    """Return what an error says, a sentence a line, for `in_language`: every note of an input that cannot be used, else the file and the cause."""
    if isinstance(error, InputError):
        return [str(note) for note in error.problems]
    if isinstance(error, OSError):
        return [str(problem(cause(error), file=Path(str(error.filename)).name if error.filename else ""))]
    return [str(error)]


class WindowSentences(sentence_templates.Sentences):
    """The templates of one language, with numbers and months as Qt writes them.

    Parameters
    ----------
    texts
        English templates and what is said for them.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__(texts, _number, _month)


def _number(value: float, digits: int) -> str:
    return QLocale().toString(value, "f", digits)


def _month(month: int) -> str:
    return QLocale().standaloneMonthName(month, QLocale.FormatType.LongFormat)
