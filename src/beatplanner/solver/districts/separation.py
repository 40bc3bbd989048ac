"""Separators: what parts a piece of a site's used units from the site's centre (Carvajal et al. 2013)."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.compiled import njit


@njit(cache=True, nogil=True)
def piece_apart(
    start: np.ndarray,
    unit: np.ndarray,
    mean: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    s: int,
    least: float,
    place: np.ndarray,
    state: np.ndarray,
    stack: np.ndarray,
    separator: np.ndarray,
):
    """Find a piece of a site's used units that is apart from the centre, and what separates it.

    Returns the heaviest pair of the piece (-1 for none) and the number of pairs written to `separator`.
    """
    a, b = start[s], start[s + 1]
    for p in range(a, b):
        place[unit[p]] = p
        state[unit[p]] = 0
    # 1: joined to the centre by used units
    top = 0
    stack[0] = unit[a]
    state[unit[a]] = 1
    while top >= 0:
        i = stack[top]
        top -= 1
        for e in range(indptr[i], indptr[i + 1]):
            v = indices[e]
            if place[v] >= 0 and state[v] == 0 and mean[place[v]] > least:
                state[v] = 1
                top += 1
                stack[top] = v
    heaviest = -1
    for p in range(a, b):
        if state[unit[p]] == 0 and mean[p] > least and (heaviest < 0 or mean[p] > mean[heaviest]):
            heaviest = p
    found = 0
    if heaviest >= 0:
        # 2: its piece; 3: the border of that
        top = 0
        stack[0] = unit[heaviest]
        state[unit[heaviest]] = 2
        while top >= 0:
            i = stack[top]
            top -= 1
            for e in range(indptr[i], indptr[i + 1]):
                v = indices[e]
                if place[v] >= 0 and state[v] != 2 and state[v] != 3:
                    if mean[place[v]] > least and state[v] == 0:
                        state[v] = 2
                        top += 1
                        stack[top] = v
                    else:
                        state[v] = 3
        # 4: what the centre reaches without passing the border; the border's units beside it separate
        centre = unit[a]
        if state[centre] != 3:
            top = 0
            stack[0] = centre
            state[centre] = 4
            while top >= 0:
                i = stack[top]
                top -= 1
                for e in range(indptr[i], indptr[i + 1]):
                    v = indices[e]
                    if place[v] < 0:
                        continue
                    if state[v] == 3:
                        state[v] = 5
                        separator[found] = place[v]
                        found += 1
                    elif state[v] == 0 or state[v] == 1:
                        state[v] = 4
                        top += 1
                        stack[top] = v
        else:
            heaviest = -1
    for p in range(a, b):
        place[unit[p]] = -1
    return heaviest, found
