"""What the pack says in its languages: every number of it comes as a figure that says why it may be published, and is entered in the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from beatplanner.data.publish.public.figures import PublicFigure, Register
from beatplanner.data.publish.templates import filled
from beatplanner.data.publish.translation import Speech


class PublicSpeech(Speech):
    """A language of the pack in which only figures of a register can be said; parameters as for `Speech`."""

    def __init__(
        self, register: Register, language: str, terms: Mapping[str, Any] | None = None, catalogue: Path | None = None
    ) -> None:
        super().__init__(language, terms, catalogue)
        self.register = register

    def text(self, english: str, **values: Any) -> str:
        """Return a text in this language; its own digits belong to the wording, its values are texts that were entered."""
        self.register.enter("wording", super().text(english))
        return super().text(english, **values)

    def count(self, one: str, many: str, number: Any, **values: Any) -> str:
        """Return a text that depends on a figure, which stands in it as ``{n}``."""
        figure = _figure(number)
        template = self.plural(one, many, int(figure.value))
        self.register.enter("wording", template)
        return filled(template, {"n": self.number(figure), **values})

    def number(self, value: Any, digits: int = 0) -> str:
        """Return a figure as the locale writes it."""
        figure = _figure(value)
        return self.register.enter(figure.kind, super().number(figure.value, digits))

    def percent(self, share: Any, digits: int = 0) -> str:
        """Return a share in percents."""
        figure = _figure(share)
        return self.register.enter(figure.kind, super().percent(figure.value, digits))

    def date(self, day: dt.date | str, form: str = "long") -> str:
        """Return a date of the force or of the pack as the locale writes it."""
        return self.register.enter("force", super().date(day, form))

    def month(self, day: dt.date) -> str:
        """Return a month of the force as the locale writes it."""
        return self.register.enter("force", super().month(day))

    def given(self, text: object) -> str:
        """Return a name or a text that the force wrote, entered as such."""
        return self.register.enter("given", text)

    def worded(self, text: object) -> str:
        """Return a text that the force wrote, in the words that its terms have for this language, entered as such."""
        return self.given(self.terms.get(str(text), text))


def _figure(value: Any) -> PublicFigure:
    if not isinstance(value, PublicFigure):
        raise TypeError(f"only a figure with its source can be published, not {value!r}")
    return value
