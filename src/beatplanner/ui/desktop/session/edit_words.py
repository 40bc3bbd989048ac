"""Edits of a drawing in words, for the history and for what is undone."""

from __future__ import annotations

from typing import Any


def edit_in_words(edit: dict[str, Any]) -> str:
    """Return an edit by hand as a line of the history."""
    from beatplanner.data.findings import listed

    kind, what = str(edit.get("kind", "")), str(edit.get("what", ""))
    units, beats = listed(edit.get("units", []), 5), " and ".join(edit.get("beats", []))
    pairs = listed([" – ".join(p) for p in edit.get("pairs", [])], 3)
    return {
        "paint": f"Painted: units {units} to beat {edit.get('beat', '')}",
        "split": f"Split off: units {units} as beat {edit.get('beat', '')}",
        "merge": f"Merged: beats {beats}",
        "lock": f"Locked: units {units}",
        "unlock": f"Unlocked: units {units}",
        "link": f"Link drawn ({what}): {pairs}",
        "barrier": f"Barrier drawn ({what}): {pairs}",
        "remove": f"Link or barrier taken away: {pairs}",
        "repair": f"Repaired: {len(edit.get('moves', {}))} units moved",
        "take": f"Taken from a solved plan: {len(edit.get('moves', {}))} units moved",
    }.get(kind, kind)
