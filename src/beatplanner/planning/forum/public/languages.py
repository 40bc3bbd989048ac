"""The pack in one language, written by itself: by this process, or by another one while this one writes the next language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beatplanner.data.publish.public.figures import PublicSpeech, Register
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.maps import Maps, write_language
from beatplanner.planning.forum.public.press import Press


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


def write_in(folder: Path, content: PackContent, maps: Maps, suffix: str) -> dict[str, Any]:
    """Write what is said in one language and return what is known of its translation."""
    speech = content.speech
    write_language(Press(folder, speech.register), content, maps.naming(content.station_names), suffix)
    return {
        "language": speech.language,
        "missing": sorted(speech.missing),
        "waiting_for_review": len(speech.unreviewed),
    }


def write_alone(
    folder: Path, common: Mapping[str, object], language: Language, maps: Maps
) -> tuple[Register, dict[str, Any]]:
    """Write what is said in one language; return its published numbers and what is known of its translation.

    Raises
    ------
    UnregisteredNumberError
        Where a number has no entry.
    """
    register = Register()
    return register, write_in(folder, content_in(common, language, register), maps, language.suffix)
