"""A reason why a plan is a draft, as it may be published, and the one sentence that every page has for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Kind = Literal["wrong", "rules", "gap", "unchecked", "unsolved", "sites", "posts"]


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes
    ----------
    kind
        The checker found something ``wrong``; ``rules`` are not kept; the ``gap`` of a step is large, or only that which can be checked (``unchecked``); a step is ``unsolved``: nobody knows how far it is from the best; ``sites`` were
        generated and nobody has accepted them; beats have more officers than ``posts`` when the plan begins.
    step
        Of a gap and an unsolved step.
    value
        The gap, or the number of sites or beats.
    """

    kind: Kind
    step: str = ""
    value: float = 0.0


# What a pack says of a plan in which the checker found errors, as a draft and where it is told how it was made.
FAULTY = "An independent check of the plan found errors; do not use this pack."
# The sentence of each kind, or that of one and that of several; the catalogue of the forum pack has them in its languages.
SENTENCES: dict[Kind, str] = {
    "wrong": FAULTY,
    "rules": "This draft does not keep every rule that was asked for.",
    "gap": "{step}: a plan that is better by up to {gap} may exist.",
    "unchecked": "{step}: the search proved that no plan is much better, but what can be checked of its proof leaves {gap} open.",
    "unsolved": "{step}: it is not known how far this is from the best plan.",
}
COUNTED: dict[Kind, tuple[str, str]] = {
    "sites": ("The place of one station is still to be chosen.", "The places of {n} stations are still to be chosen."),
    "posts": ("One beat has more officers than posts.", "{n} beats have more officers than posts."),
}
# What is told of gaps is rounded up to so much; what is no larger than the other counts as proven best.
GAP_STEP, BEST = 0.001, 1e-4
STEP_NAMES = {
    "beats": "Beats",
    "sectors": "Sectors",
    "commands": "Commands",
    "stations": "Stations",
    "officers": "Officers",
}


class Speaks(Protocol):
    """A language that sentences are told in."""

    def text(self, english: str, **values: Any) -> str:
        """Return a text with its values."""
        ...

    def count(self, one: str, many: str, number: Any, **values: Any) -> str:
        """Return a text that depends on a number."""
        ...

    def percent(self, share: Any, digits: int = 0) -> str:
        """Return a share in percents."""
        ...


def gap_at_most(gap: float) -> float:
    """Return a gap as it is told everywhere: rounded up to tenths of a percent, so that “at most” is true of it."""
    if gap <= 0:
        return gap
    return BEST if gap <= BEST else round(math.ceil(gap / GAP_STEP - 1e-6) * GAP_STEP, 6)


def gap_digits(gap: float) -> int:
    """Return the digits that a gap is told with, in percents: what counts as proven best is not “0.0 %”."""
    return 1 if gap >= GAP_STEP else 2


def gap_said(gap: float, percent: Callable[[float, int], str]) -> str:
    """Return a gap as every output tells it; `percent` writes a share with so many digits. Only a gap of nothing is told as nothing."""
    most = gap_at_most(gap)
    return percent(most, gap_digits(most))


def gap_words(gap: float) -> str:
    """Return a gap as every output tells it, in English."""
    return gap_said(gap, lambda share, digits: f"{share:.{digits}%}")


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
            **({"gap": speech.percent(figure(gap_at_most(r.value)), 1)} if r.kind in ("gap", "unchecked") else {}),
        )
        for r in reasons
    ]
