"""Whole series from the mixture that column generation ends with: its program over few series, with each officer taking one.

The master of `columns` mixes series; here the same rows are solved with whole shares over the series of least reduced cost. Its
root with cuts is mostly whole. No bound comes from it: other series may be better. Limits on couples and changes are not among the
rows; the search goes on from what is found and puts them right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from scipy import sparse

from beatplanner.solver.clock import watch
from beatplanner.solver.highs_session import end_at, quiet_highs
from beatplanner.solver.officers.columns import Master

if TYPE_CHECKING:
    from beatplanner.solver.officers.columns import Series
    from beatplanner.solver.officers.prices import PostMultipliers
    from beatplanner.solver.officers.problem import Arrays

# Entries of the program at most; nodes after which to end; gap at which a plan is good enough.
ENTRIES, NODES, GAP = 3_000_000, 50, 1e-3


def whole_series(
    a: Arrays,
    prices: PostMultipliers,
    series: list[tuple[int, Series]],
    *,
    seconds: float,
    seed: int,
    cancelled: Callable[[], bool],
) -> list[tuple[int, int, int, int]] | None:
    """Choose one series for each officer.

    Parameters
    ----------
    a, prices
        The problem, and its prices for the posts that nobody can fill.
    series
        To choose from, those that a mixture uses first; with one of each officer at least.
    seconds
        Limit of wall time.
    seed, cancelled
        Given to HiGHS.

    Returns
    -------
    list of (officer, place, begin, end), or None
        By officer and month; None where none was found.
    """
    clock = watch(cancelled).clock
    end = clock() + seconds
    # each series has an entry for each month and row of its posts
    series = series[: max(len(a.first), ENTRIES // (4 * a.months))]
    master = Master(a, prices.short, 1)
    master.add(series)
    highs = quiet_highs(threads=1, mip_rel_gap=GAP, random_seed=seed % 2**31, mip_max_nodes=NODES)
    highs.passModel(_primal(master))
    if end <= clock():
        return None
    end_at(highs, end, cancelled)
    highs.run()
    if highs.getInfo().primal_solution_status != 2:
        return None
    share = np.asarray(highs.getSolution().col_value)[master.slacks :]
    chosen = sorted(one for one, x in zip(master.series, share, strict=True) if x > 0.5)
    return [(o, *posting) for o, postings in chosen for posting in postings]


def _primal(master: Master) -> highspy.HighsLp:
    """Return the program whose dual a master holds, with whole shares of series."""
    dual, infinite = master.highs.getLp(), highspy.kHighsInf
    kinds, columns = dual.num_col_, dual.num_row_
    entries = dual.a_matrix_
    arrays = (np.asarray(entries.value_), np.asarray(entries.index_), np.asarray(entries.start_))
    by_row = entries.format_ == highspy.MatrixFormat.kRowwise
    matrix = (
        sparse.csr_matrix(arrays, shape=(columns, kinds))
        if by_row
        else sparse.csc_matrix(arrays, shape=(columns, kinds)).tocsr()
    )
    worth, lower, upper = -np.asarray(dual.col_cost_), np.asarray(dual.col_lower_), np.asarray(dual.col_upper_)
    # its annotations ask for lists where it takes arrays
    program: Any = highspy.HighsLp()
    program.num_col_, program.num_row_ = columns, kinds
    program.col_cost_ = master.costs
    program.col_lower_, program.col_upper_ = np.zeros(columns), np.full(columns, infinite)
    # a price of at least 0 is that of a row of at least, one of at most 0 of a row of at most, a free one of an equation
    free = (lower < 0) & (upper > 0)
    program.row_lower_ = np.where((lower >= 0) | free, worth, -infinite)
    program.row_upper_ = np.where((upper <= 0) | free, worth, infinite)
    real, whole = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
    program.integrality_ = [real] * master.slacks + [whole] * (columns - master.slacks)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    return program
