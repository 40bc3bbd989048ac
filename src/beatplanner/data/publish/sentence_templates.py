"""What planning tells, in another language: its sentences are English with values in them, and the catalogues hold them as templates.

A template has names in braces where a sentence has values, such as “{n} officers”. What stands in a field is told in the same way, so that lists,
clauses and counts inside a sentence follow. A sentence that no template fits stays in English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from beatplanner.data.publish.counts import in_own_counts

# A key of the description, such as “beats.max_moved = 2.0%” or “[workload.hours]”; not in a line of TOML, in a path or in the name of a file.
KEY = re.compile(
    r"(?P<open>[“„«])?(?<![\"'\w./\\-])\[?(?P<key>[a-z]+(?:\.[a-z_]+)+)\]?(?![\"'\w/\\-]|\.\w)(?P<close>[”“»])?"
    r"(?: = (?:(?P<number>[\d.,]*\d%?)|\"(?P<choice>[\w-]+)\"))?"
)
# The context of these sentences in the catalogues of the window.
CONTEXT = "told"
FIELD = re.compile(r"\{(\w+)\}")
NUMBER = re.compile(r"([±+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?( ?(?:%|km²|km|m|s|m²|h))?")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MONTH = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{4}})\b")
DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
# A day within a sentence; neither a part of a file's name nor what somebody wrote or shall write.
DAY_IN_TEXT = re.compile(r"(?<![\w./\\\-“\"'])(?<!= )(\d{4})-(0[1-9]|1[0-2])-(\d\d)(?![\w/\\\-”\"']|\.\w)")
# “census.gpkg, layer “areas”, field “crs”: …”, as a note names its place; a folder by its whole path
_PART = r"(?:[^,:“”]*\.\w{2,8}|(?:[A-Za-z]:)?[/\\][^,:“”]*|layer “[^”]*”|row [^:“]+?|field “[^”]*”)"
PLACE = re.compile(rf"({_PART}(?:, {_PART})*): (?=\S)")
PLACE_WORDS = {
    "layer": re.compile(r"\blayer (?=“)"),
    "row": re.compile(r"\brow (?=\S)"),
    "field": re.compile(r"\bfield (?=“)"),
}
OF_LAYER = re.compile(r"\{\w+\}: (?=\S)")
# A field that holds whole sentences.
BEHIND = re.compile(r"\{\w+\}\. (?=[A-Z])")
CLAUSE = re.compile(r" \(|[,;.:] | and ")
# A sentence may begin with a key, such as “beats.tolerance is 0.25 …”.
STOP = re.compile(r"\. (?=[A-ZА-Я“(]|[a-z]+\.[a-z_]+ )")
# A number that was written for a person: not one of a house, and no year.
WRITTEN = re.compile(r"[±+−-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d{1,3})(?: ?(?:%|km²|km|m|s|m²|h))?")
# What is measured behind a name, such as “burglary 2.5 h”.
MEASURED = re.compile(r"(?<=[^\W\d] )[±+−-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)? ?(?:%|km²|km|m|s|m²|h)$")
# What stands between two numbers that are one value, such as “412.2 – 557.8” or “12.5 ± 0.3”.
SPAN = re.compile(r"( ?[–±×] ?| / )")
# The same of a name that has no figure in it.
NAMED = re.compile(
    r"([^\W\d](?:[^\d()]*[^\W\d])?)(?<!\band)(?<!\bor) ((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)? ?(?:%|km²|km|m|s|m²|h))"
)
# Parts of a list; not what stands in brackets.
LIST = re.compile(r"(; |, )(?![^(]*\))")
PAIR = re.compile(r"( and | or )(?![^(]*\))")
# How a template ends whose last field counts what is not named.
MORE = re.compile(r" more\b")
LONGEST = 6000
# A template of fewer letters than this fits short texts only.
# Words that join others and tell nothing themselves are none of these.
WORD = re.compile(r"\b(?!(?:and|or|to|by|in|of|from|more)\b)[A-Za-z]{2,}")
WEAK, SHORT, TELLING = 12, 100, 40
# So many words in small letters are no name.
LOWER, FEW = re.compile(r"\b[a-z]{2,}\b"), 4
# What is said in brackets at a text's end.
ASIDE = re.compile(r"(.+ |)\(([^()]+)\)")


class Sentences:
    """The templates of one language.

    Parameters
    ----------
    texts
        English templates and what is said for them.
    number
        Writes a number with so many digits.
    month
        Names a month, 1 to 12.
    """

    def __init__(self, texts: dict[str, str], number: Callable[[float, int], str], month: Callable[[int], str]) -> None:
        self.number, self.month = number, month
        # what is told of a layer begins with its name, which a line is told without
        # and a sentence that is only added to others is told like one of its own
        alone = {english[2:]: said.removeprefix(". ") for english, said in texts.items() if english.startswith(". ")}
        alone |= _behind_sentences(texts)
        texts = {**_without_place(texts), **alone, **texts}
        # what says more fits better
        split = [(FIELD.split(english), said) for english, said in texts.items() if FIELD.search(english)]
        self.templates = sorted(split, key=lambda t: -_weight(t[0]))
        self.whole = {english: said for english, said in texts.items() if not FIELD.search(english)}
        self.said = lru_cache(maxsize=4096)(self._said)

    def __call__(self, text: str) -> str:
        """Return a text of planning in this language; what is not known stays."""
        if not self.templates or len(text) > LONGEST:
            return text
        return "\n".join(self._line(line) for line in text.split("\n"))

    def _line(self, text: str) -> str:
        """Return a line told with its place, where it names one."""
        place = PLACE.match(text)
        if place is None:
            return self.said(text, False)
        where = place[1]
        for word, found in PLACE_WORDS.items():
            where = found.sub(f"{self.whole.get(word, word)} ", where)
        return f"{where}: {self.said(text[place.end() :], False)}"

    def _said(self, text: str, inside: bool) -> str:
        bare = text.strip()
        if not bare:
            return text
        before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        said = self._sentence(bare, inside)
        return before + (self._apart(bare, inside) if said is None else said) + after

    def _sentence(self, text: str, inside: bool) -> str | None:
        """Return a text that one template fits; what its fields hold is shorter, so that this ends."""
        stop = "." if text.endswith(".") else ""
        body = text.removesuffix(".")
        for known in (body, body.capitalize() if " " not in body else body):
            if known in self.whole:
                return self.whole[known] + stop
        if NUMBER.fullmatch(body):
            return self._number(body) + stop
        if inside and body in MONTHS:
            return self.month(MONTHS.index(body) + 1) + stop
        if day := DAY.fullmatch(body):
            # as all of these languages write it
            return f"{day[3]}.{day[2]}.{day[1]}{stop}"
        for pieces, said in self.templates:
            if not inside and not WORD.findall("".join(pieces[::2])):
                # “{first} to {last}” fits any sentence
                continue
            values = _values(pieces, body)
            if values is not None:
                names = {name: self.said(value, True) for name, value in zip(pieces[1::2], values, strict=True)}
                if _weight(pieces) < WEAK and any(
                    names[name] == value and len(LOWER.findall(value)) >= FEW
                    for name, value in zip(pieces[1::2], values, strict=True)
                ):
                    # “{a} has {b}” around English is worse than English
                    continue
                return FIELD.sub(lambda found, v=names: v.get(found[1], ""), said) + stop
        return None

    def _apart(self, text: str, inside: bool) -> str:
        """Return a text told sentence by sentence, or, `inside` a field, item by item."""
        stops = list(STOP.finditer(text))
        # a template has few sentences
        for stop in reversed(stops[:4]):
            first = self._sentence(text[: stop.start()], inside)
            if first is not None:
                return f"{first}. {self.said(text[stop.end() :], inside)}"
        if stops:
            return f"{self.said(text[: stops[0].start()], inside)}. {self.said(text[stops[0].end() :], inside)}"
        return self._items(text) if inside else self._date(text)

    def _items(self, text: str) -> str:
        items = LIST.split(text)
        if len(items) == 1 and (named := NAMED.fullmatch(text)):
            # a kind of incidents such as “drugs or youth” is one name
            return f"{self.whole.get(named[1], named[1])} {self._number(named[2])}"
        items = PAIR.split(text) if len(items) == 1 else items
        if len(items) == 1:
            aside = ASIDE.fullmatch(text)
            if aside is None and (span := SPAN.split(text)) and all(WRITTEN.fullmatch(n) for n in span[::2]):
                return "".join(self._number(part) for part in span)
            if aside is None:
                measured = MEASURED.search(text)
                if measured is None:
                    return self._date(text)
                # what is measured is told too: “residents ±15.0%”
                return f"{self.said(text[: measured.start()], True)}{self._number(measured[0])}"
            return f"{self.said(aside[1], True)}({self.said(aside[2], True)})"
        known = [self.said(i.strip(), True) for i in items[::2]]
        between = [self.whole.get(b.strip(), b.strip()) for b in items[1::2]]
        between = [f"{b} " if b in ";," else f" {b} " for b in between]
        return known[0] + "".join(b + i for b, i in zip(between, known[1:], strict=True))

    def _number(self, text: str) -> str:
        """Write a number as the locale does."""
        found = NUMBER.fullmatch(text)
        if found is None:
            return text
        digits = len(found[3] or "")
        if not digits and not found[4] and found[2].isdigit() and (len(found[2]) > 3 or found[2][0] == "0"):
            # a year, or an id: amounts are written with signs between their thousands
            return text
        said = self.number(float(f"{found[2].replace(',', '')}.{found[3] or 0}"), digits)
        unit = (found[4] or "").strip()
        return f"{found[1]}{said}" + (f"\N{NO-BREAK SPACE}{unit}" if unit else "")

    def _date(self, text: str) -> str:
        """Name months in the language."""
        return MONTH.sub(lambda found: f"{self.month(MONTHS.index(found[1]) + 1)} {found[2]}", text)


def english_days(text: str) -> str:
    """Return an English sentence with its days as the window writes them.

    Examples
    --------
    >>> english_days("from 2027-01-01, as calls-2027-01-01.csv says")
    'from 1 January 2027, as calls-2027-01-01.csv says'
    """
    return DAY_IN_TEXT.sub(lambda found: f"{int(found[3])} {MONTHS[int(found[2]) - 1]} {found[1]}", text)


def _without_place(texts: dict[str, str]) -> dict[str, str]:
    """Return the templates that begin with the name of a layer once more, without it."""
    found: dict[str, str] = {}
    for english, said in texts.items():
        named = OF_LAYER.match(english)
        if named is not None and said.startswith(named[0]) and len(WORD.findall(FIELD.sub("", english))) > 1:
            found[english[named.end() :]] = said[named.end() :]
    return found


def _behind_sentences(texts: dict[str, str]) -> dict[str, str]:
    """Return what templates say behind sentences that are a field of theirs, such as “{where}. The smallest …”, as templates of their own."""
    found: dict[str, str] = {}
    for english, said in texts.items():
        before = BEHIND.match(english)
        if before is not None and said.startswith(before[0]) and len(WORD.findall(FIELD.sub("", english))) > 1:
            found[english[before.end() :]] = said[before.end() :]
    return found


def _weight(pieces: list[str]) -> int:
    """Return how much a template says: its letters outside the fields."""
    return sum(len(p) for p in pieces[::2])


def _clause(text: str, start: int, end: int) -> int:
    """Return where a clause begins behind a value; a bracket with more behind it belongs to the value."""
    for found in CLAUSE.finditer(text, start, end):
        if _balanced(text[start : found.start()]) and (found[0] != " (" or text.find(")", found.end(), end) >= end - 1):
            return found.start()
    return end


def _values(pieces: list[str], text: str) -> list[str] | None:
    """Return what stands in the fields of a template; None where the template does not fit."""
    if _weight(pieces) < WEAK and len(text) > SHORT:
        # a few letters between two names fit anything that is long
        return None
    if not text.startswith(pieces[0]) or not text.endswith(pieces[-1]):
        return None
    at, end = len(pieces[0]), len(text) - len(pieces[-1])
    values: list[str] = []
    literals = pieces[2:-1:2]
    for k, literal in enumerate(literals):
        # of two fields side by side the second is a clause, or nothing before what comes next
        behind = text.find(literals[k + 1], at, end) if not literal and k + 1 < len(literals) else end
        # “… and 3 more”: what is counted is behind the last “and”
        counts = k == len(literals) - 1 and MORE.match(pieces[-1]) is not None
        if literal:
            found = text.rfind(literal, at, end) if counts else text.find(literal, at, end)
        else:
            until = behind if behind >= 0 else end
            found = _clause(text, at, until)
            if text[found : found + 2] == ": " and NUMBER.fullmatch(text[found + 2 : until]):
                # “In Centar: 9 beats”: the place ends behind its colon, and the count is a number
                found += 2
        if found < 0:
            return None
        values.append(text[at:found])
        at = found + len(literal)
    if at > end:
        return None
    values.append(text[at:end])
    # “{n} officers” counts, and “Plan {number}” is not what became of it; and no value holds a sentence and the beginning of another, but for the first, before a whole sentence
    alone = len(pieces) == 3 and (pieces[1] == "number" or pieces[:2] == ["", "n"])
    counted = not alone or NUMBER.fullmatch(values[0])
    if any(not _balanced(v) for v in values) or any(", so " in v for v in values[: -1 if not pieces[-1] else None]):
        # a bracket is told whole, and what follows from a clause is its end
        return None
    first = 1 if not pieces[0] and _weight(pieces) >= TELLING else 0
    return values if counted and not any(STOP.search(v) for v in values[first:]) else None


def _balanced(text: str) -> bool:
    """Return whether each bracket that opens closes, and none closes before."""
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


@cache
def texts_of_window(language: str) -> dict[str | None, dict[str, str]]:
    """Return what the window's catalogue of a language has, by context and English; what planning tells is in `CONTEXT`. Empty for English."""
    # the window's first picture waits for none of these
    from babel.messages.pofile import read_po

    from beatplanner.data.publish.translation import LOCALES

    if language not in LOCALES or language == "en":
        return {}
    file = files("beatplanner.data") / "catalogues" / "interface" / f"{LOCALES[language]}.po"
    with file.open("rb") as stream:
        found = read_po(stream)
    texts: dict[str | None, dict[str, str]] = {}
    for message in found:
        if message.id and message.string:
            texts.setdefault(message.context or None, {})[str(message.id)] = str(message.string)
    return texts


@cache
def _sentences(language: str) -> Sentences:
    from babel.dates import get_month_names

    from beatplanner.data.publish.translation import Speech

    speech = Speech(language)
    names = get_month_names("wide", context="stand-alone", locale=speech.locale)
    return Sentences(texts_of_window(language).get(CONTEXT, {}), speech.number, lambda month: str(names[month]))


def in_language(text: str, language: str) -> str:
    """Return what planning tells in a language of the forum; what its templates do not know stays in English."""
    if language == "en":
        return in_own_counts(text, language)
    from babel import Locale

    from beatplanner.data.publish.translation import LOCALES, in_own_percents, in_own_quotes

    said = in_own_counts(in_own_quotes(_sentences(language)(text), language), language)
    return in_own_percents(said, Locale.parse(LOCALES[language]))


def without_keys(text: str, language: str = "en") -> str:
    """Return a text for people in which keys of the description, such as “beats.max_moved = 2.0%”, are the names of the rules."""
    labels = texts_of_window(language).get(None, {})
    return keys_in_words(text, language, labels, lambda number: in_language(number, language))


def keys_in_words(text: str, language: str, labels: Mapping[str, str], number: Callable[[str], str] = str) -> str:
    """Return a text in which keys of the description are called as people know them: a rule by its name, a layer or a table by its words.

    Parameters
    ----------
    text, language
        What is told, in this language.
    labels
        What the window calls rules and words, by their English.
    number
        Turns a number into the language's.
    """
    if KEY.search(text) is None:
        return text
    from beatplanner.data.description.rules import BY_KEY
    from beatplanner.data.publish.translation import quoted

    def said(words: str) -> str:
        return labels.get(words) or words

    def named(found: re.Match[str]) -> str:
        known = _known_key(found["key"])
        if known is None:
            return found[0]
        rule, within = BY_KEY.get(known), found["key"][len(known) + 1 :].split(".")
        section, _, own = known.partition(".")
        if rule is None and own in _of_several():
            # “path” alone does not say of what
            first, within = said(section), [own, *within]
        else:
            first = said(own.replace("_", " ")) if rule is None else said(rule.label)
        parts = [first[:1].upper() + first[1:], *(said(part.replace("_", " ")) for part in within if part)]
        choice = None if rule is None or found["choice"] is None else rule.choices.get(found["choice"])
        name = ", ".join(parts) if choice is None else f"{', '.join(parts)}: {said(choice)}"
        whole = bool(found["open"]) and bool(found["close"])
        name = f"{found['open']}{name}{found['close']}" if whole else quoted(name, language)
        before, after = ("", "") if whole else (found["open"] or "", found["close"] or "")
        behind = f' = "{found["choice"]}"' if found["choice"] and choice is None else ""
        behind = f" = {number(found['number'])}" if found["number"] else behind
        return f"{before}{name}{after}{behind}"

    return KEY.sub(named, text)


@cache
def _of_several() -> frozenset[str]:
    """Return the keys that several sections have."""
    from beatplanner.data.description.models import SECTIONS

    counts = Counter(name for model in SECTIONS.values() for name in model.model_fields)
    return frozenset(name for name, count in counts.items() if count > 1)


def _known_key(text: str) -> str | None:
    """Return the key of the description that dotted words begin with, such as stations.candidates of “stations.candidates.cost”; None where there is none."""
    from beatplanner.data.description.models import SECTIONS

    section, name = text.split(".")[:2]
    model = SECTIONS.get(section)
    return f"{section}.{name}" if model is not None and name in model.model_fields else None
