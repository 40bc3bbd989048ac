"""Texts of the pack that stand in tables of the code: who does what, partners, themes, levels of forums."""

from __future__ import annotations

from beatplanner.data.publish.translation import Speech

PARTNER_TITLES = {
    "school": "School",
    "health": "Health centre",
    "social services": "Social services",
    "municipality": "Municipality",
    "other": "Others",
}
# Themes that many forces know; a force's own ones stand as it wrote them, or as its catalogue translates them.
THEMES = (
    "Theft",
    "Theft from and damage to vehicles",
    "Burglary",
    "Robbery",
    "Assault",
    "Vandalism",
    "Drugs",
    "Noise and neighbour disputes",
    "Traffic accidents",
    "Violence in the family",
    "People who need help",
)
# What forces write in their records, beside the themes themselves in any case: it is called as the theme, and stays a figure of its own.
ALSO_CALLED = {
    "noise": "Noise and neighbour disputes",
    "vehicle crime": "Theft from and damage to vehicles",
    "traffic collision": "Traffic accidents",
    "domestic violence": "Violence in the family",
    "missing person or welfare": "People who need help",
}
LEVEL_TITLES = {"neighbourhood": "Neighbourhood forum", "municipality": "Municipal forum", "region": "Regional forum"}
# What a file is used for, by the key of the description that names it, else by its section.
USES = {
    "beats.current": "Today's beats",
    "beats.barriers": "River or other barrier",
    "beats.crossings": "River or other barrier",
    "stations.existing": "Station there today",
    "stations.candidates": "Candidate sites",
    "stations.roads": "Street or road",
    "forum.streets": "Street or road",
    "forum.consents": "Consents of officers",
    "forum.contacts": "How officers are reached",
    "forum.hours": "Opening hours of stations",
    "forum.partners": "Who does what",
    "forum.report_back": "What you asked last time, and what was done",
    "units": "Areas and residents",
    "incidents": "Reported incidents",
    "workload": "Reported incidents",
    "beats": "Beats",
    "stations": "Stations",
    "officers": "Officers",
    "forum": "Forums",
}


def use_of(role: str) -> str:
    """Return what a file is used for, in words of the catalogue, by the key that names it (``beats.current``)."""
    return USES.get(role) or USES.get(role.split(".")[0], USES["units"])


def theme_name(t: Speech, theme: str) -> str:
    """Return a kind of incident in a language, however the records spell one that the catalogue has."""
    if theme in t.terms:
        return t.known(theme)
    folded = theme.strip().casefold()
    usual = {name.casefold(): name for name in THEMES} | ALSO_CALLED
    return t.known(usual.get(folded, theme))
