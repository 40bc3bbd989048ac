"""What a beat is called: one form for the report, the pack, the workbooks and the map."""

from __future__ import annotations


def beat_title(beat: str, name: str) -> str:
    """Return a beat's name with its number, or the number alone where it has no name of its own."""
    return beat if name in ("", beat, f"Beat {beat}") else f"{name} ({beat})"


def language_title(language: str) -> str:
    """Return a language as it is written in a sentence; descriptions and rosters have it in small letters."""
    return language[:1].upper() + language[1:]
