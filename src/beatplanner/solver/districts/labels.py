"""Which of today's districts each new one carries on."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment


def best_labels(
    district: np.ndarray, count: int, current: np.ndarray, residents: np.ndarray, locked: np.ndarray
) -> np.ndarray:
    """Give each district the label of today's district so that the fewest residents change label.

    Parameters
    ----------
    district
        (n,) new district of each unit.
    count
        Number of new districts.
    current
        (n,) label of today's district, -1 for none.
    residents
        (n,) residents.
    locked
        (n,) label that a unit's district must bear, -1 where free.

    Returns
    -------
    numpy.ndarray
        (K,) label of each district, -1 for a new one.
    """
    labels = np.unique(np.concatenate([current[current >= 0], locked[locked >= 0]]))
    if not len(labels):
        return np.full(count, -1)
    shared = np.zeros((count, len(labels)))
    known = current >= 0
    np.add.at(shared, (district[known], np.searchsorted(labels, current[known])), residents[known] + 1e-9)
    held = locked >= 0
    shared[district[held], np.searchsorted(labels, locked[held])] += 1e12
    rows, columns = linear_sum_assignment(-shared)
    label = np.full(count, -1)
    fits = shared[rows, columns] > 0
    label[rows[fits]] = labels[columns[fits]]
    return label
