"""What a beat and a language are called: one form for the report, the pack, the workbooks and the map."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

# The language of the Roma has several names and a code; it is called by one.
ROMANI, OF_ROMA = "Romani", ("rom", "roma", "romani", "romany")


def beat_title(beat: str, name: str) -> str:
    """Return a beat's name with its number, or the number alone where it has no name of its own."""
    return beat if name in ("", beat, f"Beat {beat}") else f"{name} ({beat})"


def municipality_beside(name: str, municipality: str) -> str:
    """Return a municipality that is told beside the name of a place in it; empty where the name is called after it already, as that of a unit without a name."""
    plain, area = name.casefold().strip(), municipality.casefold().strip()
    after = plain.removeprefix(area)
    return "" if not area or (plain != after and not after[:1].isalpha()) else municipality


def language_title(language: str) -> str:
    """Return a language as it is written in an English sentence; descriptions and rosters have it in small letters, or as a code of ISO 639."""
    plain = language.strip()
    if plain.casefold() in OF_ROMA:
        return ROMANI
    return _english().get(plain.casefold()) or plain[:1].upper() + plain[1:]


@cache
def _english() -> dict[str, str]:
    from babel import Locale

    return {code.casefold(): name for code, name in language_titles(Locale.parse("en")).items()}


def language_titles(locale: Any) -> Mapping[str, str]:
    """Return the names of languages by code, in the language of a babel locale, which annotates none."""
    return locale.languages
