"""Rows of cells: as they stand, as they are pasted below names of columns, and what is wrong in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Of each cell what is read in it, and the word that it had when it was filled.
Cells = tuple[tuple[tuple[str, str], ...], ...]


class CellError(ValueError):
    """What is wrong in one cell.

    Attributes
    ----------
    place
        Row and column, from 0.
    missing
        Whether nothing stands there yet.
    """

    def __init__(self, words: str, place: tuple[int, int], *, missing: bool = False) -> None:
        super().__init__(words)
        self.place, self.missing = place, missing


@dataclass(frozen=True)
class Refusal:
    """Why what was typed is not in force.

    Attributes
    ----------
    words
        What is wrong.
    cell
        Row and column where it is; None where it is in no cell.
    waits
        Whether it is still typed: it is told, but as nothing wrong.
    """

    words: str
    cell: tuple[int, int] | None = None
    waits: bool = False


# Cells with why they are not in force; None where they are.
Standing = tuple[Cells, Refusal | None]


def compared_name(name: str) -> str:
    """Return a name as it is compared."""
    return name.replace("_", " ").removesuffix("(%)").strip().casefold()


def headed(rows: Sequence[Sequence[str]], names: Mapping[str, int]) -> list[int | None] | None:
    """Return the column under each name of the first row, None where the table has no such column; None where that row names no columns.

    Parameters
    ----------
    rows
        Rows of texts.
    names
        The columns by their names, each as `compared_name` has it.
    """
    said = [compared_name(text) for text in rows[0]]
    found = [names.get(name) for name in said]
    known = [column for column in found if column is not None]
    whole = len(known) == sum(map(bool, said)) and (len(rows) > 1 or len(known) > 1)
    return found if len({*known}) == len(known) and known and (whole or len(known) > 1) else None
