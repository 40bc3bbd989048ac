"""Texts of somebody's file on a terminal: letter by letter, whatever they hold.

A name may hold what a terminal obeys (escape sequences that clear it, set its title or type for the user), letters that turn the direction of what
stands beside them, or what the library that prints takes for markup. Everything is printed by the console here, which shows all that as signs.
"""

from __future__ import annotations

import unicodedata
from json import dumps, loads
from typing import Any

from rich.console import Console
from rich.text import Text

from beatplanner.data.publish.counts import in_own_counts

# Marks of direction that reach beyond themselves: embeddings, overrides and isolates.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
KEPT = frozenset("\n\t")


def visible(text: str) -> str:
    """Return a text in which nothing is a command to a terminal: control characters stand as their pictures, ␛ for escape."""
    if text.isprintable():
        return text
    return "".join(_sign(c) for c in text)


def _sign(letter: str) -> str:
    if letter in KEPT or not (letter in TURNS or unicodedata.category(letter) == "Cc"):
        return letter
    if ord(letter) < 32:
        return chr(0x2400 + ord(letter))
    return "␡" if letter == "\x7f" else "\ufffd"


class PlainConsole(Console):
    """A console that takes no text for markup, an emoji or a command; parameters as for `rich.console.Console`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, "soft_wrap": True, "emoji": False, "markup": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:  # type: ignore[override]
        """Return a text as it is shown."""
        return super().render_str(in_own_counts(visible(text), "en"), **{**options, "markup": False, "emoji": False})

    def print_json(self, json: str | None = None, **_: Any) -> None:  # type: ignore[override]
        """Print JSON with line breaks; what a terminal would obey stands in it as JSON writes it."""
        text = dumps(loads(json or "null"), indent=2, ensure_ascii=False)
        self.print(Text("".join(c if c == "\n" or _sign(c) == c else f"\\u{ord(c):04x}" for c in text)))
