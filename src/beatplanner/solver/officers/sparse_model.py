"""Columns and rows of a mixed-integer model as they are added, and the model for HiGHS."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np


class SparseModel:
    """Columns and rows as they are added."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self.entries: list[tuple[np.ndarray, np.ndarray]] = []
        self.row_lower: list[float] = []
        self.row_upper: list[float] = []

    def columns(self, number: int, lower: object, upper: object, cost: object = 0.0, whole: bool = False) -> np.ndarray:
        """Add columns and return their numbers; values are one for all, or one each."""
        start = len(self.cost)
        for values, given in ((self.lower, lower), (self.upper, upper), (self.cost, cost)):
            values.extend(np.broadcast_to(np.asarray(given, float), number).tolist())
        self.whole.extend([whole] * number)
        return np.arange(start, start + number)

    def row(self, columns: list[int], values: list[float], lower: float, upper: float) -> None:
        """Add a row of entries between two limits."""
        self.entries.append((np.array(columns, np.int32), np.array(values, float)))
        self.row_lower.append(lower)
        self.row_upper.append(upper)

    def highs(self) -> highspy.HighsLp:
        """Return the model as HiGHS takes it."""
        # its annotations ask for lists where it takes arrays
        lp: Any = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.entries)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.array(self.cost), np.array(self.lower), np.array(self.upper)
        lp.row_lower_, lp.row_upper_ = np.array(self.row_lower), np.array(self.row_upper)
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[w] for w in self.whole]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(c) for c, _ in self.entries])]).astype(np.int32)
        lp.a_matrix_.index_ = np.concatenate([c for c, _ in self.entries] or [np.zeros(0, np.int32)])
        lp.a_matrix_.value_ = np.concatenate([v for _, v in self.entries] or [np.zeros(0)])
        return lp
