"""Texts of the pack that stand in tables of the code: who does what, partners, themes, levels of forums."""

from __future__ import annotations

WHO_DOES_WHAT = {
    "police": "Community officers walk the beat, know people by name and bring what they hear to the forum.",
    "school": "Schools teach children about safety and tell the forum what worries pupils and parents.",
    "health": "The health centre looks after people who were hurt and sends those in need to the right help.",
    "social services": "Social services help families, older people and people in trouble.",
    "municipality": "The municipality repairs lights, roads and public places that make people feel unsafe.",
}
PARTNER_TITLES = {
    "police": "Police",
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
