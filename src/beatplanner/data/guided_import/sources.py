"""One layer of a draft: its role, its columns and their meanings, and the words for both."""

from __future__ import annotations

from dataclasses import dataclass, field

from beatplanner.data.guided_import.looks import LayerLook
from beatplanner.data.guided_import.table_roles import TABLE_MEANING_WORDS, TABLE_ROLE_WORDS

# One layer each; of these more than one may be given where a project can hold it.
TIMES = ("time", "since", "trained_on", "joins_on", "leaves_on")
NUMBERS = ("population", "workload", "cost")
# All that is a number: a text in such a column is one too.
MEASURES = (
    *NUMBERS,
    *("x", "y", "metres", "minutes", "per_hour", "minutes_on_scene", "officers", "priority", "speed_kmh", "posts"),
)
# Residents and other counts, and money, which has no thousandths: “1.234” is a thousand, as where a plan reads them.
WHOLE = ("population", "cost", "officers", "priority", "posts")
ROLE_WORDS = {
    "units": "Units (smallest areas)",
    "incidents": "Incidents",
    "current": "Today's beats",
    "candidates": "Candidate sites",
    "existing": "Stations of today",
    "roads": "Roads and paths",
    "barriers": "Barriers",
    "crossings": "Crossings of barriers",
    "roster": "Officers",
    "residents": "Residents (table by code)",
    "population_raster": "Residents (raster)",
    "elevation": "Heights (raster)",
    **TABLE_ROLE_WORDS,
    "": "Not used",
}
MEANING_WORDS = {
    "id": "Id",
    "name": "Name",
    "population": "Residents",
    "municipality": "Municipality",
    "workload": "Hours a year",
    "current": "Today's beat",
    "x": "East (x, longitude)",
    "y": "North (y, latitude)",
    "category": "Category",
    "time": "Time",
    "cost": "Cost",
    "officer": "Officer",
    "beat": "Today's beat",
    "since": "In the beat since",
    "languages": "Languages",
    "gender": "Gender",
    "trained_on": "Trained on",
    "joins_on": "Joins on",
    "leaves_on": "Leaves on",
    **TABLE_MEANING_WORDS,
}


@dataclass
class DraftSource:
    """One layer of a draft.

    Attributes
    ----------
    look
        What it looks like.
    role
        What it is; empty where it is not used.
    reason
        Why that was guessed.
    second
        What it may be else, and why; empty where nothing else is likely.
    columns
        Meaning: column.
    crs
        CRS of its coordinates; of a layer with one of its own only where it is to be overruled.
    crs_reason
        Why that was guessed.
    mends
        What staging mends, in order.
    """

    look: LayerLook
    role: str = ""
    reason: str = ""
    second: tuple[str, str] = ("", "")
    columns: dict[str, str] = field(default_factory=dict[str, str])
    crs: str = ""
    crs_reason: str = ""
    mends: list[str] = field(default_factory=list[str])

    @property
    def has_place(self) -> bool:
        """Whether it can be shown on a map."""
        return self.look.geometry in ("polygon", "line", "point") or {"x", "y"} <= set(self.columns)
