"""A reason why a plan is a draft, as it may be published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rules", "gap", "unsolved", "sites", "posts"]


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes
    ----------
    kind
        ``rules`` are not kept; the ``gap`` of a step is large; a step is ``unsolved``: nobody knows how far it is from the best; ``sites`` were
        generated and nobody has accepted them; beats have more officers than ``posts`` when the plan begins.
    step
        Of a gap and an unsolved step.
    value
        The gap, or the number of sites or beats.
    """

    kind: Kind
    step: str = ""
    value: float = 0.0
