"""Texts of the pack that stand in tables of the code: who does what, partners, themes, levels of forums."""

from __future__ import annotations

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
    "forum.consents": "Officers",
    "forum.contacts": "Officers",
    "forum.hours": "Stations",
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
