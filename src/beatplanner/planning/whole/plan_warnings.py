"""What a plan's summary warns of, with the places that each sentence names, so that they can be shown on a map.

Nothing is doubted here: the sentences were found by the steps. What is doubtful in layers, and mended, is found in `data.guided_import.doubts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from beatplanner.data.result.plan_tables import PlanTables

Severity = Literal["clash", "warning", "fact"]
WORD = re.compile(r"[^\W_]+(?:['’./-][^\W_]+)*")
# Names of places have so many words at most; a number alone is a place only behind one of these words.
WORDS = 6
BEFORE_NUMBERS = {"unit": "unit", "units": "unit", "beat": "beat", "beats": "beat"}


@dataclass(frozen=True)
class PlanWarning:
    """A sentence of the summary.

    Attributes
    ----------
    severity
        A rule that clashes, a warning, or a fact about the data.
    text
        As the summary has it.
    beats, units
        Those that it names: ids of beats, and positions of units.
    """

    severity: Severity
    text: str
    beats: tuple[str, ...]
    units: tuple[int, ...]


def plan_warnings(tables: PlanTables) -> list[PlanWarning]:
    """Return clashes, warnings and facts of a plan, in this order."""
    summary = tables.summary
    notes = summary.get("notes", [])
    found: list[tuple[Severity, str]] = []
    found.extend(("clash", str(c)) for c in summary.get("clashes", []))
    found.extend(("warning", str(n["text"])) for n in notes if n["severity"] != "info")
    found.extend(("fact", str(n["text"])) for n in notes if n["severity"] == "info")
    names = PlaceNames(tables)
    return [PlanWarning(severity, text, *names.found_in(text)) for severity, text in found]


class PlaceNames:
    """Finds the names of beats, units, stations and municipalities in sentences.

    A name counts where it stands as it is written in the layers; the longest one at a place counts, and a beat goes before a unit of the same name.
    """

    def __init__(self, tables: PlanTables) -> None:
        units, beats = tables.units, tables.beats
        ids = [str(u) for u in units["unit"]]
        self.unit = {u: i for i, u in enumerate(ids)}
        self.beat: set[str] = set()
        self.names: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {}
        for name, i in [*zip(_names(units, "name"), range(len(ids)), strict=True), *self.unit.items()]:
            self._add(name, (), (i,))
        if tables.sites is not None and "unit" in tables.sites:
            for column in ("station", "name"):
                for name, unit in zip(_names(tables.sites, column), tables.sites["unit"], strict=True):
                    if str(unit) in self.unit:
                        self._add(name, (), (self.unit[str(unit)],))
        if beats is not None:
            self.beat = {str(b) for b in beats["beat"]}
            towns: dict[str, list[str]] = {}
            for beat, municipality in zip(beats["beat"].astype(str), _names(beats, "municipality"), strict=True):
                towns.setdefault(municipality, []).append(beat)
            for name, inside in towns.items():
                self._add(name, tuple(inside), ())
            for beat, name in zip(beats["beat"].astype(str), _names(beats, "name"), strict=True):
                self._add(name, (beat,), ())
                self._add(beat, (beat,), ())

    def _add(self, name: str, beats: tuple[str, ...], units: tuple[int, ...]) -> None:
        # a lone number or a letter stands for anything in a sentence
        if len(name) > 1 and not name.isdecimal():
            self.names[" ".join(WORD.findall(name))] = (beats, units)

    def found_in(self, text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return the beats and the units that a text names, each once, in the order of the text."""
        words = WORD.findall(text)
        beats: dict[str, None] = {}
        units: dict[int, None] = {}
        at, kind = 0, ""
        while at < len(words):
            if words[at].casefold() in BEFORE_NUMBERS:
                kind = BEFORE_NUMBERS[words[at].casefold()]
            elif kind and words[at] in (self.beat if kind == "beat" else self.unit):
                if kind == "beat":
                    beats[words[at]] = None
                else:
                    units[self.unit[words[at]]] = None
                at += 1
                continue
            elif words[at] != "and":
                kind = ""
            for length in range(min(WORDS, len(words) - at), 0, -1):
                place = self.names.get(" ".join(words[at : at + length]))
                if place is not None:
                    beats |= dict.fromkeys(place[0])
                    units |= dict.fromkeys(place[1])
                    at += length - 1
                    break
            at += 1
        return tuple(beats), tuple(units)


def _names(frame: Any, column: str) -> Iterable[str]:
    return ["" if n is None else str(n) for n in frame[column]] if column in frame else [""] * len(frame)
