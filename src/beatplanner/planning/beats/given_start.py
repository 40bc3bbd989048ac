"""A plan to start from: the districts of a municipality in it, where they suit its problem."""

from __future__ import annotations

import numpy as np

from beatplanner.planning.beats.municipality import Part, Setting
from beatplanner.solver.districts.solve import connected


def given_start(setting: Setting, part: Part) -> np.ndarray | None:
    """Return a municipality's districts in the plan to start from, (units of the part,), where they are as many, connected, and keep its locks."""
    beat = None if setting.start is None else setting.start[part.units]
    if beat is None or not all(isinstance(b, str) for b in beat):
        return None
    ids, district = np.unique(beat.astype(str), return_inverse=True)
    problem = part.problem
    suits = len(ids) == problem.count and connected(district, problem.edges) and _keeps_locks(district, problem.locked)
    return district if suits else None


def _keeps_locks(district: np.ndarray, locked: np.ndarray) -> bool:
    """Tell whether units that are locked to a label are together, and apart from those locked to another."""
    held = locked >= 0
    pairs = np.unique(np.column_stack([locked[held], district[held]]), axis=0) if len(locked) else np.empty((0, 2))
    return len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))
