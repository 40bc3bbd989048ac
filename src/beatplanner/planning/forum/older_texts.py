"""What the texts of packs of older versions say: their sentences, in every language that they were written in.

Such packs told shares and walking times by how many live where, and the greatest difference of beats' work, and no gate had let these through.
`catalogues/older_sentences.json` has the sentences of all versions by their meaning; a sentence with a number that is none of these, as a force's own
catalogue may have it, is named as not understood. The PDF and the picture say what the pages and the map say, and are not read.
"""

from __future__ import annotations

import html
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.planning.forum.published import Published
from beatplanner.planning.forum.read_back import texts_of

# Fields of a sentence that are numbers; bytes of a file and of its parts that are read at most.
NUMBERS = frozenset(
    [
        "share",
        "found",
        "limit",
        "more",
        "times",
        "gap",
        "n",
        "minutes",
        "small",
        "hidden",
        "all",
        "seed",
        "months",
        "same",
    ],
)
DATES = frozenset({"date", "first", "last", "until"})
DATE = r"(?:[^\W\d]+,? )?(?:\d{1,2}\D{1,20}\d{4}|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}|\d{4}(?:-\d\d-\d\d)?)(?: ?г\.|\.)?"
LARGEST = 60 << 20
# Letters of a text at most.
LONGEST = 20_000
# A text of fewer words is a cell of a table, and the tables are read as tables.
SENTENCE = 4
# Meanings from which something follows about hidden counts; "gap" needs the solver's bound, "of_shown" and "other" follow from what is shown or tell of no count.
ATTACKED = ("moved", "within", "within_of_places", "minutes_of_beat", "deviation_found", "deviation", "spread")


@dataclass
class OlderTexts:
    """What a pack says in sentences.

    Attributes
    ----------
    said
        By meaning: the numbers of each sentence, by its fields.
    of_beat
        By beat: minutes on foot of its residents on average.
    way
        By unit: minutes on foot to its station, whole.
    unknown
        Sentences with numbers that are not understood.
    """

    said: dict[str, list[dict[str, float]]] = field(default_factory=dict[str, list[dict[str, float]]])
    of_beat: dict[str, float] = field(default_factory=dict[str, float])
    way: dict[str, float] = field(default_factory=dict[str, float])
    unknown: list[str] = field(default_factory=list[str])

    def values(self, meaning: str, name: str) -> list[float]:
        """Return what sentences of a meaning say in one field, each value once."""
        return sorted({s[name] for s in self.said.get(meaning, []) if name in s})


def is_older(pack: Published) -> bool:
    """Return whether a pack was made before every number of a text had to pass the gate: its card did not tell of it yet."""
    return not pack.card.get("privacy")


def read_texts(pack: Published) -> OlderTexts:
    """Read the sentences of a pack's pages, map and tables of questions."""
    found = OlderTexts()
    places = {str(b): str(n) for b, n in pack.areas.beat_names.items()}
    names = [*pack.areas.name, *pack.areas.municipality, *places.values(), *places]
    cells = {_plain(c) for f in pack.folder.glob("*.csv") if f.stat().st_size <= LARGEST for c in texts_of(f)}
    # names of the force's own, as of places where forums meet
    names += [c for c in cells if len(c) < 80 and re.search(r"[^\W\d]", c)]
    digits = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True) if re.search(r"\d", n)) or r"(?!)"
    given = re.compile(rf"(?<![\d.,])(?:{digits})(?![.,]?\d)")
    figures = [f"{c.shown:,}" for c in pack.residents if c.shown is not None]
    shown = {number.replace(",", mark) for number in figures for mark in (",", ".", " ", "’", "")}
    for file in sorted(p for p in pack.folder.iterdir() if p.suffix.casefold() in (".html", ".docx", ".csv")):
        if file.suffix.casefold() == ".csv" and not file.name.startswith("questions"):
            continue
        if not file.is_file() or file.stat().st_size > LARGEST:
            found.unknown.append(f"{file.name} is too large to be read")
            continue
        if file.suffix.casefold() == ".html":
            found.way |= _ways(file)
        seen: set[tuple[str, str]] = set()
        for heading, text in _sentences(file):
            plain = _plain(text)
            if len(plain) > LONGEST:
                found.unknown.append(f"{file.name}: a text of {len(plain):,} letters")
                continue
            if re.search(r"\d", plain) and (heading, plain) not in seen:
                seen.add((heading, plain))
                # what stands in a table is read there, or is a text of the force's own
                asked = is_older(pack) and (plain not in cells or file.suffix.casefold() == ".csv")
                _understand(plain, _beat_of(heading, places), found, given if asked else None, shown, file.name)
    found.unknown = list(dict.fromkeys(found.unknown))
    return found


def _understand(
    text: str, beat: str | None, found: OlderTexts, given: re.Pattern[str] | None, shown: set[str], file: str
) -> None:
    """Take in what a text says; `given` are names with digits, None where an unknown sentence is not looked for, `shown` the figures of the tables."""
    rest = text
    for meaning, literal, pattern in _patterns():
        if literal not in rest:
            continue
        for match in pattern.finditer(rest):
            numbers = {k: _number(v) for k, v in match.groupdict().items() if k in NUMBERS}
            if meaning == "minutes_of_beat":
                if beat is not None:
                    found.of_beat[beat] = numbers.get("n", 1.0)
                else:
                    found.unknown.append(f"{file}: “{match[0]}”, of a beat that is not known")
            elif meaning != "other":
                found.said.setdefault(meaning, []).append(numbers)
        rest = pattern.sub(" ", rest)
    if given is not None and len(text.split()) >= SENTENCE and " = " not in text:
        rest = given.sub(" ", re.sub(DATE, " ", rest))
        # what a page says of a beat as its table does: “Residents: 4,490”
        end = re.search(r": (\S(?:.{0,12}\d)?)$", rest)
        rest = rest[: end.start()] if end is not None and end[1] in shown else rest
        if re.search(r"\d", rest):
            found.unknown.append(f"{file}: “{text[:100]}”")


def _sentences(file: Path) -> Iterable[tuple[str, str]]:
    """Yield each text of a file, and the heading of its page."""
    if file.suffix.casefold() != ".docx":
        yield from (("", text) for text in texts_of(file))
        return
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("word/document.xml").file_size > LARGEST:
                raise ValueError("it is far too large when it is unpacked")
            document = archive.read("word/document.xml").decode("utf-8", "replace")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise InputError(
            problem(f"the file cannot be read ({cause(error)})", "Make the pack again", file=file)
        ) from None
    heading = ""
    for paragraph in document.split("</w:p>"):
        text = html.unescape("".join(re.findall(r"<w:t\b[^>]*>([^<]*)</w:t>", paragraph)))
        heading = text if 'w:val="Heading1"' in paragraph else heading
        yield heading, text


def _beat_of(heading: str, places: dict[str, str]) -> str | None:
    """Return the beat whose name stands in a heading; None where none or several do."""
    fitting = [(len(name), beat) for beat, name in places.items() if name and name in heading]
    longest = [beat for size, beat in fitting if size == max(s for s, _ in fitting)]
    return longest[0] if len(longest) == 1 else None


def _ways(page: Path) -> dict[str, float]:
    """Return the minutes on foot of each unit as the map on screen tells them."""
    found: dict[str, float] = {}
    patterns = [(literal, p) for meaning, literal, p in _patterns() if meaning == "way"]
    for record in re.findall(
        r'<script type="application/json"[^>]*>(.*?)</script>', page.read_text("utf-8", "replace"), re.DOTALL
    ):
        try:
            places = json.loads(record)
        except (ValueError, RecursionError):
            continue
        for place in places if is_list(places) else []:
            if is_dict(place) and isinstance(place.get("walk"), str) and "unit" in place:
                walk = _plain(place["walk"])
                match = next((m for literal, p in patterns if literal in walk and (m := p.search(walk))), None)
                if match:
                    found[str(place["unit"])] = _number(match.groupdict().get("n") or "1")
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f⟦⟧]+", " ", text).strip()


def _number(text: str) -> float:
    """Return a whole number, with whatever a locale puts between its digits."""
    return float(re.sub(r"\D", "", text) or "nan")


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    """Return each sentence that a pack has said: its meaning, its longest part without a field, and how it is found; the longest sentences first."""
    table = json.loads((files("beatplanner.data") / "catalogues" / "older_sentences.json").read_text("utf-8"))
    found = [(meaning, *_pattern(text)) for meaning, texts in table.items() for text in texts]
    return sorted(found, key=lambda f: -len(f[2].pattern))


def _pattern(sentence: str) -> tuple[str, re.Pattern[str]]:
    parts = re.split(r"\{(\w+)\}", _plain(sentence))
    said = "".join(_piece(part, bool(i % 2)) for i, part in enumerate(parts))
    return max(parts[::2], key=len), re.compile(said)


def _piece(part: str, is_field: bool) -> str:
    if not is_field:
        return re.escape(part)
    if part in DATES or part == "version":
        return DATE if part in DATES else r"[\d.]*\d\w*"
    return rf"(?P<{part}>\d(?:[\d.,’' ]*\d)?[ \u00a0\u202f]?%?)" if part in NUMBERS else ".{1,400}?"


def attacked_meanings(texts: OlderTexts) -> Iterator[str]:
    """Yield the meanings that are attacked and were found."""
    yield from (m for m in ATTACKED if m in texts.said)
    if texts.of_beat:
        yield "minutes_of_beat"
