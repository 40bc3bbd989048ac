"""A reason why a plan is a draft, as it may be published, and the one sentence that every page has for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Kind = Literal["rules", "gap", "unchecked", "unsolved", "sites", "posts"]


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes
    ----------
    kind
        ``rules`` are not kept; the ``gap`` of a step is large, or only that which can be checked (``unchecked``); a step is ``unsolved``: nobody knows how far it is from the best; ``sites`` were
        generated and nobody has accepted them; beats have more officers than ``posts`` when the plan begins.
    step
        Of a gap and an unsolved step.
    value
        The gap, or the number of sites or beats.
    """

    kind: Kind
    step: str = ""
    value: float = 0.0


# The sentence of each kind, or that of one and that of several; the catalogue of the forum pack has them in its languages.
SENTENCES: dict[Kind, str] = {
    "rules": "This draft does not keep every rule that was asked for.",
    "gap": "{step}: a plan that is better by up to {gap} may exist.",
    "unchecked": "{step}: the search proved that no plan is much better, but what can be checked of its proof leaves {gap} open.",
    "unsolved": "{step}: it is not known how far this is from the best plan.",
}
COUNTED: dict[Kind, tuple[str, str]] = {
    "sites": ("The place of one station is still to be chosen.", "The places of {n} stations are still to be chosen."),
    "posts": ("One beat has more officers than posts.", "{n} beats have more officers than posts."),
}
STEP_NAMES = {"beats": "Beats", "stations": "Stations", "officers": "Officers"}


class Speaks(Protocol):
    """A language that sentences are told in."""

    def text(self, english: str, **values: Any) -> str:
        """Return a text with its values."""
        ...

    def count(self, one: str, many: str, number: Any, **values: Any) -> str:
        """Return a text that depends on a number."""
        ...

    def percent(self, share: Any) -> str:
        """Return a share in whole percents."""
        ...


def draft_sentences(reasons: Iterable[Reason], speech: Speaks, figure: Callable[[float], Any] = float) -> list[str]:
    """Return reasons in sentences.

    Parameters
    ----------
    reasons
        Of a plan.
    speech
        The language.
    figure
        Makes a number one that may be told, where the language asks for that.
    """
    return [
        speech.count(*COUNTED[r.kind], figure(r.value))
        if r.kind in COUNTED
        else speech.text(
            SENTENCES[r.kind],
            **({"step": speech.text(STEP_NAMES[r.step])} if r.step else {}),
            **({"gap": speech.percent(figure(r.value))} if r.kind in ("gap", "unchecked") else {}),
        )
        for r in reasons
    ]
