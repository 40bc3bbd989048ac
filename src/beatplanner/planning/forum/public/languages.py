"""The pack in one language: its papers, and what is for the screen; each by itself, so that several processes share them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

from beatplanner.data.publish.public.figures import Register
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.side_work import SideWork, Task
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.maps import Maps, write_printed, write_screens
from beatplanner.planning.forum.public.press import Press
from beatplanner.planning.forum.public.small_files import write_sheets


@dataclass(frozen=True)
class Language:
    """A language of the pack.

    Attributes
    ----------
    code
        BCP 47.
    suffix
        Of the names of its files.
    terms
        The force's own words.
    catalogue
        A catalogue of the force's own.
    """

    code: str
    suffix: str
    terms: Mapping[str, Any]
    catalogue: Path | None


def content_in(common: Mapping[str, Any], language: Language, register: Register) -> PackContent:
    """Return the pack's content in a language; `common` are the other attributes of `PackContent`."""
    speech = PublicSpeech(register, language.code, language.terms, language.catalogue)
    return PackContent(**common, speech=speech)


class LanguageWritten(TypedDict):
    """What the run card says of a language: texts that have no translation, and how many wait for a reviewer."""

    language: str
    missing: list[str]
    waiting_for_review: int


@dataclass(frozen=True)
class TranslationState:
    """What is known of a translation from a part of the pack: the English texts without one, and those that nobody has reviewed."""

    language: str
    missing: frozenset[str]
    unreviewed: frozenset[str]

    @staticmethod
    def by(speech: PublicSpeech) -> TranslationState:
        """Return what is known from what was said so far."""
        return TranslationState(speech.language, frozenset(speech.missing), frozenset(speech.unreviewed))

    def __or__(self, other: TranslationState) -> TranslationState:
        """Return what is known from two parts."""
        return replace(self, missing=self.missing | other.missing, unreviewed=self.unreviewed | other.unreviewed)

    def as_json(self) -> LanguageWritten:
        """Return it as the run card tells it."""
        return {
            "language": self.language,
            "missing": sorted(self.missing),
            "waiting_for_review": len(self.unreviewed),
        }


def write_papers_in(
    folder: Path, content: PackContent, maps: Maps, suffix: str, side: SideWork
) -> tuple[TranslationState, Task]:
    """Write what is printed in one language; return what is known of its translation, and the task that has the beat pages written."""
    press = Press(folder, content.speech.register)
    pages = write_printed(press, content, maps.naming(content.station_names), suffix, side)
    return TranslationState.by(content.speech), pages


def write_papers_alone(
    folder: Path, common: Mapping[str, object], language: Language, maps: Maps
) -> tuple[Register, TranslationState]:
    """Write what is printed in one language; return its published numbers and what is known of its translation.

    Raises
    ------
    UnregisteredNumberError
        Where a number has no entry.
    """
    register = Register()
    state, pages = write_papers_in(folder, content_in(common, language, register), maps, language.suffix, SideWork())
    pages.collect()
    return register, state


def write_screens_alone(
    folder: Path, common: Mapping[str, object], language: Language
) -> tuple[Register, TranslationState]:
    """Write what is looked at on a screen in one language; as `write_papers_alone`."""
    register = Register()
    content = content_in(common, language, register)
    write_screens(Press(folder, register), content, language.suffix)
    return register, TranslationState.by(content.speech)


def write_sheets_alone(
    folder: Path, common: Mapping[str, object], language: Language
) -> tuple[Register, TranslationState]:
    """Write tables and sheets, which are said in one language; as `write_papers_alone`."""
    register = Register()
    content = content_in(common, language, register)
    write_sheets(Press(folder, register), content)
    return register, TranslationState.by(content.speech)
