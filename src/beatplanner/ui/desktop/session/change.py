"""One change by hand, as it is listed, undone and shown."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Change:
    """One change by hand.

    Attributes
    ----------
    kind
        Of its part: ``"beats"``, ``"stations"``, ``"postings"``, ``"names"`` or ``"rules"``.
    words
        What was done, for "Undo: …".
    place
        West, south, east, north in metres, where it is seen; None where it is on no map.
    field
        Where in its panel it is seen; "" for the panel as a whole.
    typed
        Whether it was only typed: it is in force nowhere, and kept nowhere.
    """

    kind: str
    words: str
    place: Box | None = None
    field: str = ""
    typed: bool = False
