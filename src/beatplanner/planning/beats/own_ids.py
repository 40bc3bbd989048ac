"""Locks to a beat of today whose units are of other beats: the beat that holds them must share residents with today's, or it is another beat with its id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from beatplanner.planning.beats.municipality import Part


def of_today(current: np.ndarray, people: np.ndarray, label: int) -> np.ndarray:
    """Tell which units a beat may share with a beat of today, (n,) bool: those with residents; all, where nobody lives in it."""
    mine = current == label
    lives = mine & (people > 0)
    return lives if lives.any() else mine


def loose(part: Part, current: np.ndarray, people: np.ndarray) -> list[int]:
    """Return the labels of today that units of a municipality are locked to, while none of these units is of that beat.

    Parameters
    ----------
    part
        The municipality, with its locks.
    current, people
        (n,) label of today's beat, and residents, of every unit of the town.
    """
    locked = part.problem.locked
    labels = [int(g) for g in np.unique(locked[locked >= 0]) if (current == g).any()]
    return [g for g in labels if not (of_today(current, people, g)[part.units] & (locked == g)).any()]


def nowhere(part: Part, current: np.ndarray, people: np.ndarray) -> list[int]:
    """Return those of the `loose` labels that no plan can keep: all of that beat lies in other municipalities, or is locked to other beats."""
    locked = part.problem.locked
    return [g for g in loose(part, current, people) if not _free(part, current, people, g, locked).any()]


def _free(part: Part, current: np.ndarray, people: np.ndarray, label: int, locked: np.ndarray) -> np.ndarray:
    return of_today(current, people, label)[part.units] & ((locked < 0) | (locked == label))


def anchored(part: Part, current: np.ndarray, people: np.ndarray, labels: Sequence[int]) -> Part:
    """Return a municipality in which the unit of each of these beats that is nearest to what is locked to it is locked to it too."""
    locked, xy = part.problem.locked.copy(), part.problem.xy
    for g in labels:
        free = np.flatnonzero(_free(part, current, people, g, locked))
        held = np.flatnonzero(locked == g)
        if len(free) and len(held):
            far = np.hypot(*(xy[free][:, None] - xy[held][None]).transpose(2, 0, 1)).min(axis=1)
            locked[free[int(np.argmin(far))]] = g
    return replace(part, problem=replace(part.problem, locked=locked))


def let_go(part: Part, labels: Sequence[int]) -> Part:
    """Return a municipality without its locks to these labels."""
    locked = part.problem.locked
    return replace(part, problem=replace(part.problem, locked=np.where(np.isin(locked, labels), -1, locked)))


def strangers(part: Part, beat: np.ndarray, names: Sequence[str], current: np.ndarray, people: np.ndarray) -> list[int]:
    """Return those of the `loose` labels whose locked units do not lie in a beat that shares with today's."""
    found: list[int] = []
    for g in loose(part, current, people):
        of_it = set(beat[part.units[part.problem.locked == g]])
        if of_it != {names[g]} or not (of_today(current, people, g) & (beat == names[g])).any():
            found.append(g)
    return found
