"""Edits of a drawing in words, for the history and for what is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beatplanner.ui.desktop.toolkit.in_language import in_counts, in_language, translated

if TYPE_CHECKING:
    from beatplanner.data.narrowing import Table
    from beatplanner.planning.beats.drawing import Drawing


# Units of an edit that are named; of more only the number is said.
SHOWN = 5


def history_words(what: str) -> str:
    """Return a line of the history in the window's language; rules are kept as their English sentences."""
    from beatplanner.planning.rule_catalog import in_words_again

    rules = in_words_again(what, translated, in_language)
    return in_language(what) if rules is None else in_counts(rules)


def edit_in_words(edit: Table, drawing: Drawing | None = None) -> str:
    """Return an edit by hand as a line of the history, in English; the window tells it in its language.

    Parameters
    ----------
    edit
        As it is kept.
    drawing
        Where it was made, for the names of units and beats; without one their ids stand for them.
    """
    from beatplanner.data.findings import listed

    def unit(of: str) -> str:
        return drawing.places([drawing.place[of]]) if drawing is not None and of in drawing.place else of

    def beat_name(of: str) -> str:
        return drawing.name(of) if drawing is not None else of

    kind, what, beat = str(edit.get("kind", "")), str(edit.get("what", "")), beat_name(str(edit.get("beat", "")))
    every = edit.get("units", [])
    # those that are only counted need no name: every change is said anew with each that is made
    units = listed([*(unit(u) for u in every[:SHOWN]), *every[SHOWN:]], SHOWN)
    beats = " and ".join(beat_name(b) for b in edit.get("beats", []))
    pairs = listed([" – ".join(unit(u) for u in p) for p in edit.get("pairs", [])], 3)
    n = len(edit.get("moves", {}))
    # one of a thing is said as one, in every language
    one = len(every) == 1
    said = {
        "paint": f"Painted: unit {units} to beat {beat}" if one else f"Painted: units {units} to beat {beat}",
        "split": f"Split off: unit {units} as beat {beat}" if one else f"Split off: units {units} as beat {beat}",
        "merge": f"Merged: beats {beats}",
        "lock": f"Locked: unit {units}" if one else f"Locked: units {units}",
        "unlock": f"Unlocked: unit {units}" if one else f"Unlocked: units {units}",
        "link": f"Link drawn ({what}): {pairs}",
        "barrier": f"Barrier drawn ({what}): {pairs}",
        "remove": f"Link or barrier taken away: {pairs}",
        "repair": "Repaired: 1 unit moved" if n == 1 else f"Repaired: {n} units moved",
        "take": "Taken from a solved plan: 1 unit moved" if n == 1 else f"Taken from a solved plan: {n} units moved",
    }
    return said.get(kind, kind)
