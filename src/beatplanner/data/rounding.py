"""Parts of a total as whole numbers that sum to the total as it is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rounded_counts(counts: np.ndarray | Sequence[float]) -> np.ndarray:
    """Round counts to whole numbers so that their sum is rounded too: the largest remainders go up."""
    counts = np.nan_to_num(np.asarray(counts, float))
    down = np.floor(counts + 1e-9)
    up = round(float(counts.sum())) - int(down.sum())
    order = np.argsort(-(counts - down), kind="stable")[: max(0, up)]
    down[order] += 1
    return down
