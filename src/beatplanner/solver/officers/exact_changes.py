"""The exact model's columns, and its rows for the rule that at most half of a beat's officers change in any twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np

from beatplanner.solver.officers.sparse_model import SparseModel

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays

FREE = -2
WINDOW = 12


@dataclass
class ChangeColumns:
    """Columns of S and E by pair, and what follows from them; E beyond an officer's last month is S of the last."""

    begins: dict[tuple[int, int], np.ndarray]
    ends: dict[tuple[int, int], np.ndarray]
    broken: dict[tuple[int, int], int]
    by_place: list[list[int]]
    constant: float = 0.0

    def ended(self, pair: tuple[int, int], t: int) -> int:
        """Return the column that says whether a posting has ended before month `t`."""
        e = self.ends[pair]
        return int(e[t]) if t < len(e) else int(self.begins[pair][-1])


def summed(columns: list[int], values: list[float]) -> tuple[list[int], list[float]]:
    """Put entries of one column together, which HiGHS wants once."""
    total: dict[int, float] = {}
    for column, value in zip(columns, values, strict=True):
        total[column] = total.get(column, 0.0) + value
    return list(total), list(total.values())


def change_rows(a: Arrays, model: SparseModel, c: ChangeColumns) -> None:
    """Add the rows; a beat in which nobody changes by choice may have more who leave or are frozen elsewhere."""
    infinite = highspy.kHighsInf
    for b in range(a.beats):
        places = np.flatnonzero(a.beat == b)
        limit = max(1, int(a.posts[places].sum()) // 2)
        pairs = [(o, int(p)) for p in places for o in c.by_place[p]]
        for start in range(max(1, a.months - WINDOW + 1)):
            end = min(start + WINDOW, a.months)
            chosen_c: list[int] = []
            chosen_v: list[float] = []
            forced_c: list[int] = []
            forced_v: list[float] = []
            for o, p in pairs:
                e, stop = c.ends[o, p], int(a.stop[o])
                for t in range(start, end):
                    if t < stop:
                        must = a.frozen[o, t] not in (FREE, int(a.beat[p]))
                        columns, values = (forced_c, forced_v) if must else (chosen_c, chosen_v)
                        columns += [int(e[t])] + ([int(e[t - 1])] if t else [])
                        values += [1.0] + ([-1.0] if t else [])
                    elif t == stop:
                        forced_c += [int(c.begins[o, p][-1]), int(e[-1])]
                        forced_v += [1.0, -1.0]
            if not chosen_c:
                continue
            most = float(len(pairs))
            k = int(model.columns(1, 0, 1, 0.0, True)[0])
            columns, values = summed(chosen_c + forced_c, chosen_v + forced_v)
            model.row([*columns, k], [*values, -most], -infinite, limit)
            columns, values = summed(chosen_c, chosen_v)
            model.row([*columns, k], [*values, most], -infinite, most)
