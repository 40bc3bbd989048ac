"""The register of published numbers: every number that a public file shows has an entry that says where it comes from.

A number comes into a public text as a `PublicFigure`, which says why it may stand there; the pack's `PublicSpeech` takes nothing else, and enters what it writes
into the `Register`. What a writer is given is read through once more before it is written: a number without an entry stops the pack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from beatplanner.data.narrowing import is_collection, is_mapping

# Where a number may come from: a count that passed the gate, or what follows from such counts alone; a measure rounded so far that it says no
# more than that a rule is kept, or by how much not; a rule that the force set; the map, which
# is public (ways, distances, scales, how many beats or places there are); the force itself (posts, dates, seats); what computed it; a text that
# the force wrote or a name; the wording.
Kind = Literal["counted", "coarse", "rule", "map", "force", "computed", "given", "wording"]
NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f']\d+)*")


class UnregisteredNumberError(Exception):
    """A number was to be published that never passed the gate."""


@dataclass(frozen=True)
class PublicFigure:
    """A number that may be published, and where it comes from."""

    kind: Kind
    value: float


def counted(value: float) -> PublicFigure:
    """Make a figure that the gate let through, or one that follows from such figures alone."""
    return PublicFigure("counted", value)


def coarse(value: float) -> PublicFigure:
    """Make a measure in such wide steps that no count follows from it."""
    return PublicFigure("coarse", value)


def rule(value: float) -> PublicFigure:
    """Make a figure that the force set."""
    return PublicFigure("rule", value)


def on_map(value: float) -> PublicFigure:
    """Make a figure that follows from the map alone."""
    return PublicFigure("map", value)


def of_force(value: float) -> PublicFigure:
    """Make a figure about the force itself."""
    return PublicFigure("force", value)


def computed(value: float) -> PublicFigure:
    """Make a figure about the computation."""
    return PublicFigure("computed", value)


@dataclass
class Register:
    """The published numbers.

    Attributes
    ----------
    entries
        Each number as it is written, and where it comes from.
    """

    entries: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def enter(self, kind: Kind, text: object) -> str:
        """Enter the numbers of a text and return the text."""
        said = str(text)
        for number in NUMBER.findall(said):
            self.entries.setdefault(number, set()).add(kind)
        return said

    def cell(self, figure: PublicFigure | None) -> Any:
        """Return a figure as a table holds it, entered; ``None`` stays."""
        if figure is None:
            return None
        value = int(figure.value) if float(figure.value).is_integer() else figure.value
        self.enter(figure.kind, value)
        return value

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Return the numbers of some texts that have no entry, each with the text around it."""
        found: dict[str, str] = {}
        for text in texts:
            for number in NUMBER.findall(text):
                if number not in self.entries and number not in found:
                    at = text.index(number)
                    found[number] = f"{number} in “{text[max(0, at - 40) : at + 40].strip()}”"
        return list(found.values())

    def check(self, where: str, content: Any, *, layout: frozenset[str] = frozenset()) -> None:
        """Read through what a writer is given; keys of `layout` say how something is laid out, and not what it says.

        Raises
        ------
        UnregisteredNumberError
            Where a number of it has no entry.
        """
        missing = self.missing(texts_in(content, layout))
        if missing:
            raise UnregisteredNumberError(f"{where}: {'; '.join(missing[:5])}")

    def add(self, other: Register) -> None:
        """Enter what another register holds."""
        for number, kinds in other.entries.items():
            self.entries.setdefault(number, set()).update(kinds)

    def as_json(self) -> dict[str, list[str]]:
        """Return the numbers by where they come from."""
        found: dict[str, list[str]] = {}
        for number, kinds in self.entries.items():
            for kind in kinds:
                found.setdefault(kind, []).append(number)
        return {kind: sorted(found[kind]) for kind in sorted(found)}

    @classmethod
    def from_json(cls, entries: Mapping[str, list[str]]) -> Register:
        """Return the register that was written as JSON."""
        made = cls()
        for kind, numbers in entries.items():
            for number in numbers:
                made.entries.setdefault(number, set()).add(kind)
        return made


def texts_in(content: Any, layout: frozenset[str] = frozenset()) -> Iterable[str]:
    """Return every text and number in nested tables, lists and blocks, as it would be written."""
    if content is None or isinstance(content, bool):
        return
    if is_mapping(content):
        for key, value in content.items():
            if key not in layout:
                yield str(key)
                yield from texts_in(value, layout)
    elif is_collection(content):
        for value in content:
            yield from texts_in(value, layout)
    else:
        yield str(content)


# Keys of blocks for the typesetter.
LAYOUT = frozenset(
    {
        "kind",
        "numbers",
        "widths",
        "count",
        "file",
        "width",
        "height",
        "paper",
        "photo",
        "script",
        "picture",
        "size",
        "to",
    }
)
