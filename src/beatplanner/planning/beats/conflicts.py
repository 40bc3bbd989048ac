"""Rules of beats that clash, in words: one message a rule, and one number to enter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from beatplanner.data.description.sections.beats import Beats
from beatplanner.data.findings import share_text
from beatplanner.planning.proof import Unproven

if TYPE_CHECKING:
    # its solver compiles: a plan of stations alone does not load it
    from beatplanner.planning.beats.municipality import Relaxed


def in_sentences(rules: Beats, wider: Sequence[Relaxed], short: Relaxed | None) -> list[str]:
    """Return a message for each rule that gives way; one that nobody has proven to clash is `Unproven`.

    Parameters
    ----------
    rules
        Of the beats.
    wider
        The tolerances that municipalities need.
    short
        The share of residents that must change beat, where the budget does not do.
    """
    said: list[str] = []
    if wider:
        found = max(w.found for w in wider)
        proven = max((w.impossible_below for w in wider if w.impossible_below is not None), default=None)
        where = ". ".join(f"In {w.municipality}: {w.why}" if w.municipality else w.why for w in wider)
        impossible = proven is not None and proven >= rules.tolerance * (1 - 1e-12)
        said.append(
            (str if impossible else Unproven)(
                f"{where}. The smallest tolerance found that would do{' in all of them' if len(wider) > 1 else ''} is ±{share_text(found)}"
                f"{no_less(proven, '±')}."
            )
        )
    if short is not None:
        where = f" (most of it in {short.municipality})" if short.municipality else ""
        rule = f"beats.max_moved = {share_text(rules.max_moved or 0.0)}"
        balance = f"the beats within ±{share_text(rules.tolerance)}"
        proven = short.impossible_below is not None and short.impossible_below > (rules.max_moved or 0.0)
        head = (
            f"{rule} is too small to balance {balance}"
            if proven
            else f"No way was found to balance {balance} with {rule}, though that is not proven impossible"
        )
        way = f"The smallest budget found that would do is {share_text(short.found)}{where}{no_less(short.impossible_below, '')}."
        said.append((str if proven else Unproven)(f"{head}. {way}"))
    return said


def no_less(proven: float | None, sign: str) -> str:
    """Return the half-sentence that says below what nothing does; empty where nothing is proven."""
    # rounded down: what is told to be impossible is
    return (
        "" if proven is None else f"; less than {sign}{math.floor(proven * 1e4 + 1e-6) / 1e4:.2%} is proven impossible"
    )
