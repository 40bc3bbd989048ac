"""Names of columns and files in one plain spelling, so that “Становници”, “Stanovnici” and “становници” are one word."""

from __future__ import annotations

import re
import unicodedata

CYRILLIC = dict(
    zip(
        "абвгдежзијклмнопрстуфхцчшѓќѕљњџђћйъыьэюяёщ",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "z",
            "z",
            "i",
            "j",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "h",
            "c",
            "c",
            "s",
            "gj",
            "kj",
            "dz",
            "lj",
            "nj",
            "dz",
            "dj",
            "c",
            "j",
            "",
            "y",
            "",
            "e",
            "ju",
            "ja",
            "e",
            "sc",
        ],
        strict=True,
    )
)


def plain(text: str) -> str:
    """Return a name in lower-case Latin letters without diacritics, words joined by “_”."""
    # an underscore between the parts of a name written like this: popTotal
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).casefold()
    text = "".join(CYRILLIC.get(c, c) for c in text).replace("đ", "dj").replace("ı", "i")
    text = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]+", "_", "".join(c for c in text if not unicodedata.combining(c))).strip("_")
