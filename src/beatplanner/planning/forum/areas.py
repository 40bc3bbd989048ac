"""The areas of a pack, and which figures it has for them; sensitive themes are told for municipalities only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from beatplanner.planning.forum.gate import Cell


@dataclass(frozen=True)
class PackAreas:
    """The units of a pack, and the areas that its figures are for.

    Attributes
    ----------
    unit, name, municipality
        (n,) text.
    beat, current
        (n,) new and today's beat, text or None.
    within
        (n,) whether a station is within the walking limit; None where there are no stations.
    beat_names
        Name of each new beat.
    """

    unit: list[str]
    name: list[str]
    municipality: list[str]
    beat: list[str | None]
    current: list[str | None]
    within: list[bool] | None
    beat_names: dict[str, str]

    def where(self, column: Sequence[Any]) -> dict[str, np.ndarray]:
        """Return the positions of each value of a column, None aside, in a fixed order."""
        found: dict[str, list[int]] = {}
        for i, value in enumerate(column):
            if value is not None:
                found.setdefault(str(value), []).append(i)
        return {value: np.array(found[value]) for value in sorted(found)}


def resident_cells(areas: PackAreas) -> list[Cell]:
    """Return the figures of a pack that count residents."""
    everyone = np.arange(len(areas.unit))
    cells = [Cell("municipalities.csv", "everyone", ("town",), everyone)]
    for name, members in areas.where(areas.municipality).items():
        cells.append(Cell("municipalities.csv", name or "everyone", ("municipality", name), members))
    for beat, members in areas.where(areas.beat).items():
        cells.append(Cell("beats.csv", f"beat {areas.beat_names.get(beat, beat)}", ("beat", beat), members))
    pairs = [None if b is None or c is None else f"{c}\0{b}" for b, c in zip(areas.beat, areas.current, strict=True)]
    for pair, members in areas.where(pairs).items():
        old, new = pair.split("\0")
        row = f"from today's beat {old} to beat {areas.beat_names.get(new, new)}"
        cells.append(Cell("old_new.csv", row, ("pair", old, new), members))
    if areas.within is not None:
        inside = [b if w else None for b, w in zip(areas.beat, areas.within, strict=True)]
        for beat, members in areas.where(inside).items():
            row = f"beat {areas.beat_names.get(beat, beat)}, within the walking limit"
            cells.append(Cell("beats.csv", row, ("within", beat), members))
        everywhere = np.flatnonzero(areas.within)
        cells.append(Cell("municipalities.csv", "everyone within the walking limit", ("within_town",), everywhere))
    changes = [b is not None and c is not None and b != c for b, c in zip(areas.beat, areas.current, strict=True)]
    cells.append(Cell("municipalities.csv", "everyone whose beat changes", ("moved",), np.flatnonzero(changes)))
    return cells


def concern_cells(areas: PackAreas, sensitive: bool) -> list[Cell]:
    """Return the figures of a pack that count the incidents of one theme: sensitive ones not below the municipality."""
    cells = [Cell("concerns.csv", "everyone", ("town",), np.arange(len(areas.unit)))]
    for name, members in areas.where(areas.municipality).items():
        cells.append(Cell("concerns.csv", name or "everyone", ("municipality", name), members))
    if not sensitive:
        for beat, members in areas.where(areas.beat).items():
            cells.append(Cell("concerns.csv", f"beat {areas.beat_names.get(beat, beat)}", ("beat", beat), members))
    return cells
