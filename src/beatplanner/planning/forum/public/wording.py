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
# What a file is used for, by the section of the description that names it.
USES = {
    "units": "Areas and residents",
    "incidents": "Reported incidents",
    "workload": "Reported incidents",
    "beats": "Beats",
    "stations": "Stations",
    "officers": "Officers",
    "forum": "Forums",
}
