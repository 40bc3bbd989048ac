"""Compiled search for a set cover with a given number of sites: a local search whose rows weigh more the longer they stay uncovered."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.looped import looped


@looped()
def _turn(
    row_start: np.ndarray,
    row_site: np.ndarray,
    column_start: np.ndarray,
    column_row: np.ndarray,
    weight: np.ndarray,
    hits: np.ndarray,
    only: np.ndarray,
    gain: np.ndarray,
    j: int,
    is_open: bool,
):
    """Open (`is_open` True) or close a site and bring up to date what the rows and sites are worth.

    `hits` (n,) open sites of each row, `only` (n,) the sum of their numbers, which names the site where there is one, `gain` (m,) weight of the
    rows that a closed site would cover more, or that an open one covers alone.
    """
    for e in range(column_start[j], column_start[j + 1]):
        i = column_row[e]
        w = weight[i]
        if is_open:
            if hits[i] == 0:
                for f in range(row_start[i], row_start[i + 1]):
                    gain[row_site[f]] -= w
                gain[j] += 2 * w
            elif hits[i] == 1:
                gain[only[i]] -= w
            hits[i] += 1
            only[i] += j
        else:
            hits[i] -= 1
            only[i] -= j
            if hits[i] == 0:
                for f in range(row_start[i], row_start[i + 1]):
                    gain[row_site[f]] += w
                gain[j] -= 2 * w
            elif hits[i] == 1:
                gain[only[i]] += w


@looped()
def weighted_search(
    row_start: np.ndarray,
    row_site: np.ndarray,
    column_start: np.ndarray,
    column_row: np.ndarray,
    chosen: np.ndarray,
    steps: int,
    seed: int,
):
    """Cover all rows with as many sites as `chosen` has, by exchanges (Gao, Weise and Li 2015; Zhang, Lü and others 2020 for the p-center).

    The open site whose loss weighs least closes, the best one of a row that is not covered opens, and rows that stay uncovered weigh one more.
    A site that was just moved stays for a few steps.

    Parameters
    ----------
    row_start, row_site
        Sites of each row in compressed form; each row has one at least.
    column_start, column_row
        Rows of each site.
    chosen
        (p,) sites to start from, p at least 1.
    steps
        Exchanges at most.
    seed
        Of the draws.

    Returns
    -------
    tuple
        The sites with the fewest uncovered rows (p,), and the number of those.
    """
    n, m, p = row_start.shape[0] - 1, column_start.shape[0] - 1, chosen.shape[0]
    weight, hits, only = np.ones(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    gain, moved = np.zeros(m, np.int64), np.full(m, -10, np.int64)
    for i in range(n):
        for f in range(row_start[i], row_start[i + 1]):
            gain[row_site[f]] += 1
    chosen = chosen.copy()
    # what stands in a call is a type of its own, for which all that is called is compiled once more
    come, go = bool(np.bool_(True)), bool(np.bool_(False))
    for r in range(p):
        _turn(row_start, row_site, column_start, column_row, weight, hits, only, gain, chosen[r], come)
    best, fewest, state = chosen.copy(), n + 1, np.uint64(seed + 1)
    bare = np.empty(n, np.int64)
    for step in range(steps):
        number = 0
        for i in range(n):
            if hits[i] == 0:
                bare[number] = i
                number += 1
        if number < fewest:
            fewest = number
            best[:] = chosen
        if number == 0:
            break
        out = -1
        for r in range(p):
            j = chosen[r]
            if p > 2 and step - moved[j] < 2:
                continue
            if (
                out < 0
                or gain[j] < gain[chosen[out]]
                or (gain[j] == gain[chosen[out]] and moved[j] < moved[chosen[out]])
            ):
                out = r
        if out < 0:
            out = 0
        left = chosen[out]
        _turn(row_start, row_site, column_start, column_row, weight, hits, only, gain, left, go)
        moved[left] = step
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        i = bare[np.int64((state >> np.uint64(33)) % np.uint64(number))]
        into: int = -1
        for f in range(row_start[i], row_start[i + 1]):
            j = row_site[f]
            if step - moved[j] < 3 and row_start[i + 1] - row_start[i] > 3:
                continue
            if into < 0 or gain[j] > gain[into] or (gain[j] == gain[into] and moved[j] < moved[into]):
                into = j
        if into < 0:
            into = int(row_site[row_start[i]])
        _turn(row_start, row_site, column_start, column_row, weight, hits, only, gain, into, come)
        moved[into] = step
        chosen[out] = into
        for q in range(number):
            i = bare[q]
            if hits[i] == 0:
                weight[i] += 1
                for f in range(row_start[i], row_start[i + 1]):
                    gain[row_site[f]] += 1
    return best, fewest
