"""What the QGIS project of a plan says: groups, layers, columns and sheets in English; the catalogues have them in the force's languages."""

from __future__ import annotations

from typing import Any, Protocol

from beatplanner.data.result.names import language_title

FORUMS, TODAY, RIVER = "Where the forum meets", "Today's beats", "River or other barrier"
STATION, OPEN, NEW = "Stations", "Station there today", "New station"
GROUND, PLAN, DATA = (
    "Today, rivers and forums",
    "Plan (internal: do not hand out)",
    "Data (internal: do not hand out)",
)
OVERVIEW, ATLAS = "A3 overview", "Atlas of beats"
SHEET, INTERNAL = "Sheet {n} of {all}", "Internal: do not hand out"
GRID = "Coordinates at the edge in metres: {crs}; datum: {datum}"
SPEAKERS = "Residents who speak {language}"
NUMBERED = "Beat {name}"
PART, LARGER = "Part {letter}, larger", "Larger on a sheet of its own, under this letter"
BORDER, FILL = "Border of the beat", "Fill and pattern only tell neighbouring beats apart"
SECTORS, COMMANDS = "Sectors", "Commands"
# A station whose place is made up and not accepted by anybody yet.
UNNAMED = "a place near {area}, still to be chosen"
# What columns are called, with their units.
ALIASES = {
    "beat": "Beat",
    "name": "Name",
    "municipality": "Municipality",
    "unit": "Area",
    "current": "Today's beat",
    "workload": "Workload (hours a year)",
    "population": "Residents",
    "deviation": "Deviation from the mean (share)",
    "officers_required": "Officers that the work needs",
    "exact_officers": "Officers that the work needs, before rounding up",
    "posts": "Officers' posts",
    "compactness": "Compactness (Polsby-Popper)",
    "languages": "Languages of a tenth of residents or more",
    "moved_in": "Residents from other beats of today",
    "committed_share": "Officers' hours taken by calls and fixed duties (share)",
    "covered_share": "Hours of the year with an officer in the beat (share)",
    "colour": "Colour on maps",
    "centre_unit": "Centre area",
    "sector": "Sector",
    "command": "Command",
    "beats": "Beats",
    "sectors": SECTORS,
    "centre_beat": "Centre beat",
    "centre_sector": "Centre sector",
    "station": "Station",
    "existing": "There today",
    "residents": "Residents whose nearest station this is",
    "residents_within_limit": "Residents within the walking limit",
    "mean_walk_minutes": "Mean walk (minutes)",
    "walk_minutes": "Walk to the station (minutes)",
    "opens": "Opens in",
    "reactive_hours": "Calls for service (hours a year)",
    "community_hours": "Community work (hours a year)",
    "fixed_hours": "Fixed duties (hours a year)",
    "incidents": "Incidents (a year)",
    "x": "East (metres)",
    "y": "North (metres)",
    "cost": "Cost",
    "yearly_cost": "Cost, a year",
    "closing_cost": "Cost of closing",
    "state": "State",
    "chosen": "Chosen",
    "change_within_limit": "Change of residents within the limit, were it opened or closed",
    "change_reached": "Change of residents who reach a station, were it opened or closed",
    "change_minutes": "Change of the mean walk (minutes), were it opened or closed",
    "residents_affected": "Residents whose nearest station would change",
    "minutes": "Minutes on foot",
    "venue": "Place",
    "first": "First meeting",
    "stop": "Mobile stop",
    "units": "Areas",
    "visits": "Visits a year",
    "hours": "Hours a year",
    "km": "Kilometres a year",
}
# Columns of one layer that are called otherwise there.
OF_LAYER = {"stops": {"residents": "Residents"}}
# What a site's state is called.
STATES = {
    "kept": "stays open",
    "fixed": "stays open",
    "closable": "may close",
    "candidate": "may open",
    "generated": "made by the program, not looked at yet",
}
LAYERS = ("Beats", "Catchments", "Mobile stops", "Candidate sites", "Areas")
# What the catalogues have of it.
_SAID = (FORUMS, TODAY, RIVER, STATION, OPEN, NEW, GROUND, PLAN, DATA, OVERVIEW, ATLAS, SHEET, INTERNAL, GRID)
WORDS = tuple(
    dict.fromkeys(
        (
            *_SAID,
            SPEAKERS,
            NUMBERED,
            PART,
            LARGER,
            BORDER,
            FILL,
            SECTORS,
            COMMANDS,
            UNNAMED,
            *LAYERS,
            *ALIASES.values(),
            *STATES.values(),
        )
    )
)


class Says(Protocol):
    """What the words are said by, such as `Speech`."""

    def text(self, english: str, /, **values: Any) -> str:
        """Return a text in a language."""
        ...

    def language_name(self, name: str, /) -> str:
        """Return a language's name in it."""
        ...

    def known(self, name: str, /) -> str:
        """Return a name in the force's own words, as it is where they have none."""
        ...

    def group(self) -> str:
        """Return what stands between the thousands of a number."""
        ...


class English:
    """Says the words as they stand here, as a `Speech` of English does."""

    def text(self, english: str, /, **values: Any) -> str:
        """Return a text with its fields."""
        return english.format(**values) if values else english

    def language_name(self, name: str, /) -> str:
        """Return a language as it is written in a sentence."""
        return language_title(name)

    def known(self, name: str, /) -> str:
        """Return a name as it is."""
        return name

    def group(self) -> str:
        """Return what stands between the thousands of a number."""
        return ","
