"""The privacy gate: what a forum pack may show, with everything that was shown before.

Every figure of a pack counts residents or incidents of some units. All figures of one kind (this pack's tables, the maps, earlier packs and
other scenarios that people have) make one system of sums over the areas into which old and new lines cut the town; `solver.suppression`
decides what is hidden, and tells what cannot be protected any more.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from beatplanner.data.findings import listed
from beatplanner.solver.suppression import protect


@dataclass(frozen=True)
class Cell:
    """One figure.

    Attributes
    ----------
    table, row
        Where it stands, in words.
    key
        By which it is found again.
    members
        Positions of the units that it counts.
    before
        The pack in which people have it already; empty for the pack that is being made.
    shown
        Its value there; None where it was hidden, and in the pack that is being made.
    """

    table: str
    row: str
    key: tuple[str, ...]
    members: np.ndarray
    before: str = ""
    shown: int | None = None


@dataclass(frozen=True)
class Gate:
    """What may be shown.

    Attributes
    ----------
    values
        By key: the figure, or None where it is hidden.
    small, hidden
        Figures of this pack hidden for being small, and hidden in all.
    lost
        Share of the information of this pack's figures that hiding cost: log₂(1 + value) of hidden ones over all.
    leaks
        What cannot be protected any more, in words; the pack must not go out.
    slivers
        Areas between lines with few people that the tables were checked for, in words without counts.
    cells
        Every figure that people will have of these counts, of this pack and of earlier ones, with what is shown of it.
    """

    values: dict[tuple[str, ...], int | None]
    small: int = 0
    hidden: int = 0
    lost: float = 0.0
    leaks: tuple[str, ...] = ()
    slivers: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()


def pass_gate(
    counts: np.ndarray, cells: Sequence[Cell], names: Sequence[str], k: int, what: str = "residents", key: bytes = b""
) -> Gate:
    """Decide which figures of a pack are shown.

    Parameters
    ----------
    counts
        (n,) whole counts of the units.
    cells
        The figures of this pack, then those that people have.
    names
        (n,) names of the units, for messages.
    k
        Counts of 1..k−1 are small.
    what
        What is counted, for messages.
    key
        A secret of the data, which nobody outside has. With it the same figures are hidden again tomorrow, while who does not have it cannot tell
        from the choice which of two hidden figures is the small one.

    Returns
    -------
    Gate
    """
    cells = [c for c in cells if len(c.members)]
    if not cells:
        return Gate({})
    sums, members = atoms_of(cells, len(counts))
    atoms = np.array([counts[m].sum() for m in members])
    values = sums @ atoms
    # what people have from other data does not add up with today's, so it cannot be subtracted from it either
    other = np.array(
        [c.before != "" and c.shown is not None and c.shown != v for c, v in zip(cells, values, strict=True)]
    )
    if other.any():
        cells = [c for c, left_out in zip(cells, other, strict=True) if not left_out]
        return pass_gate(counts, cells, names, k, what, key)
    fixed = np.array([c.before != "" for c in cells])
    hidden_before = np.array([c.before != "" and c.shown is None for c in cells])
    found = protect(sums, atoms, k, weight=_weights(cells, key), fixed=fixed, hidden_before=hidden_before)
    leaks = [_leak(i, cells, members, atoms, values, names, what) for i in found.leaks]
    slivers = [
        overlap_of(j, cells, sums)
        for j in np.flatnonzero((atoms > 0) & (atoms < k)).tolist()
        if sums[:, [j]].sum() > 1 and len(members[j]) < min(len(c.members) for c in _holding(j, cells, sums))
    ]
    ours = ~fixed
    information = np.log2(1.0 + values[ours])
    return Gate(
        values={
            c.key: None if h else round(float(v))
            for c, h, v, f in zip(cells, found.hidden, values, fixed, strict=True)
            if not f
        },
        small=int((found.primary & ours).sum()),
        hidden=int((found.hidden & ours).sum()),
        lost=float(information[found.hidden[ours]].sum() / information.sum()) if information.sum() > 0 else 0.0,
        leaks=tuple(leaks),
        slivers=tuple(slivers),
        cells=tuple(
            c if f else replace(c, shown=None if h else round(float(v)))
            for c, h, v, f in zip(cells, found.hidden, values, fixed, strict=True)
        ),
    )


def _weights(cells: Sequence[Cell], key: bytes) -> np.ndarray:
    """Return what hiding each figure costs, (m,): by the number of its units and by chance, and not by its value, which the choice would tell."""
    found: list[float] = []
    for cell in cells:
        digest = hmac.new(key, np.sort(cell.members).astype(np.int64).tobytes(), hashlib.sha256).digest()
        chance = (int.from_bytes(digest[:8], "big") + 0.5) / 2.0**64
        # of two figures each may be the cheaper one, in proportion to their sizes
        found.append(np.log2(1.0 + len(cell.members)) * (0.01 - np.log(chance)))
    return np.array(found)


def atoms_of(cells: Sequence[Cell], n: int) -> tuple[sparse.csr_array, list[np.ndarray]]:
    """Return which atoms each figure adds up, (m, atoms), and the units of each atom."""
    row = np.repeat(np.arange(len(cells)), [len(c.members) for c in cells])
    column = np.concatenate([c.members for c in cells]).astype(int)
    by_unit = sparse.csr_array((np.ones(len(row)), (column, row)), shape=(n, len(cells)))
    by_unit.sort_indices()
    alike: dict[bytes, list[int]] = {}
    for unit in np.unique(column):
        pattern = by_unit.indices[by_unit.indptr[unit] : by_unit.indptr[unit + 1]]
        alike.setdefault(pattern.astype(np.int64).tobytes(), []).append(int(unit))
    members = [np.array(units) for units in alike.values()]
    index = [np.frombuffer(pattern, dtype=np.int64) for pattern in alike]
    rows = np.concatenate(index)
    columns = np.repeat(np.arange(len(index)), [len(i) for i in index])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(cells), len(index))), members


def _holding(atom: int, cells: Sequence[Cell], sums: sparse.csr_array) -> list[Cell]:
    return [cells[int(i)] for i in sums[:, [atom]].nonzero()[0]]


def overlap_of(atom: int, cells: Sequence[Cell], sums: sparse.csr_array) -> str:
    """Name an area between lines by the smallest figures that hold it."""
    holding = sorted(_holding(atom, cells, sums), key=lambda c: len(c.members))
    rows = list(dict.fromkeys(title_of(c) for c in holding))[:3]
    return " and ".join(rows)


def title_of(cell: Cell) -> str:
    """Return where a figure stands, in words."""
    return f"{cell.row} ({cell.before + ', ' if cell.before else ''}{cell.table})"


def _leak(
    index: int,
    cells: Sequence[Cell],
    members: Sequence[np.ndarray],
    atoms: np.ndarray,
    values: np.ndarray,
    names: Sequence[str],
    what: str,
) -> str:
    if index < len(cells):
        cell = cells[index]
        return f"{title_of(cell)} gives away {values[index]:,.0f} {what}"
    units = members[index - len(cells)]
    holding = sorted((c for c in cells if np.isin(units, c.members).all()), key=lambda c: len(c.members))
    where = " and ".join(dict.fromkeys(title_of(c) for c in holding[:2]))
    return (
        f"subtracting published figures gives away {atoms[index - len(cells)]:,.0f} {what} in "
        f"{listed([names[u] for u in units], 4)}, where {where} overlap"
    )
