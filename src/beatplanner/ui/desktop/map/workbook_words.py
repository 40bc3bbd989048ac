"""What an exported workbook calls its sheets and columns in the window's language, and its run card."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beatplanner.data.project.lock import user_name
from beatplanner.data.result.run_card import PRINTED, card_rows
from beatplanner.ui.desktop.toolkit.figures_text import percent
from beatplanner.ui.desktop.toolkit.in_language import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beatplanner.ui.desktop.map.window import Window

SHEETS = {"units": "Units", "beats": "Beats", "stations": "Stations", "run card": "Run card"}
# Columns of the plan's layers; one that is not here keeps its name.
HEADS = {
    "unit": "Unit",
    "beat": "Beat",
    "station": "Station",
    "name": "Name",
    "municipality": "Municipality",
    "sector": "Sector",
    "command": "Command",
    "current": "Today's beat",
    "residents": "Residents",
    "population": "Residents",
    "workload": "Hours a year",
    "reactive_hours": "Hours a year for calls",
    "community_hours": "Hours a year for residents",
    "fixed_hours": "Hours a year of fixed work",
    "incidents": "Incidents a year",
    "x": "East, metres",
    "y": "North, metres",
    "walk_minutes": "Minutes on foot to the station",
    "centre_unit": "Unit at the centre",
    "deviation": "Deviation",
    "officers_required": "Officers needed",
    "exact_officers": "Officers needed, before rounding",
    "compactness": "Compactness",
    "posts": "Posts",
    "languages": "Languages",
    "moved_in": "Moved in",
    "colour": "Colour",
    "committed_share": "Share of time taken by calls and fixed work",
    "covered_share": "Share of hours with an officer there",
    "existing": "Stands today",
    "residents_within_limit": "Residents within the walking limit",
    "mean_walk_minutes": "Mean walk, minutes",
    "cost": "Cost",
    "opens": "Opens in",
}
GROUP, SPEAKERS = "group_", "Residents who speak: {0}"
# Which step of a plan each kind of change by hand is a change of.
CHANGED = {"beats": "beats", "stations": "stations", "postings": "officers"}
# So many broken rules are told at most; how many more there are is told too.
BROKEN = 3
# What a beat is called that has no name of its own; plans write it in English.
UNNAMED = "Beat {0}"
WORDS = (*SHEETS.values(), *HEADS.values(), SPEAKERS, UNNAMED)


def workbook_words(window: Window, columns: Iterable[str]) -> dict[str, str]:
    """Return what sheets and columns are called, by their names in the layers, and how an unnamed beat is called."""
    words = {name: window.tr(text) for name, text in {**SHEETS, **HEADS, UNNAMED: UNNAMED}.items()}
    for column in columns:
        if column.startswith(GROUP):
            words[column] = window.tr(SPEAKERS).format(column.removeprefix(GROUP))
    return words


def card_of_view(
    window: Window, *, public: bool = False, printed: bool = True, drawn: bool = True
) -> tuple[tuple[str, str], ...]:
    """Return the run card of what is seen: of the plan, and what is drawn since; of today's beats who prints them alone.

    Parameters
    ----------
    window
        Whose plan it is.
    public
        Without the clashes.
    printed
        Whether it says who prints it, and on which day; what is handed out does not.
    drawn
        Whether it goes with what is seen; data are those of the plan, without what is drawn since.
    """
    plan, draft = window.scenario.plan, window.draft

    def phrase(text: str, **fields: object) -> str:
        # “Plan” is what a button does in the window's catalogues
        return window.tr("Project" if text == "Plan" else text).format(**fields)

    who, when = (user_name(), dt.date.today().isoformat()) if printed else ("", "")
    shown = printed and drawn
    if plan is not None:
        # what was proven is proven of the plan, not of what is drawn since, nor of a file that was changed
        wrong = window.failed_checks()
        changed = {step for kind, step in CHANGED.items() if shown and draft.has(kind)}
        summary = {key: value for key, value in plan.summary.items() if key not in changed}
        card = card_rows(
            summary, who=who, when=when, public=public, wrong=wrong, say=phrase, percent=percent, day=in_language
        )
        rows = [(what, in_language(says)) for what, says in card]
    else:
        rows = [
            (phrase("Plan"), window.scenario.name),
            *([(phrase(PRINTED), f"{who}, {in_language(when)}")] if who else []),
        ]
    if shown:
        broken = [in_language(text) for text in draft.broken()]
        more = [window.tr("And {0} more.").format(len(broken) - BROKEN)] if len(broken) > BROKEN else []
        rows[:0] = [(phrase("Not kept"), text) for text in [*broken[:BROKEN], *more]]
    if draft.count and printed:
        rows.insert(0, (window.tr("As drawn") if drawn else window.tr("Left out"), window.in_draft()))
    return tuple(rows)
