"""Readers of public location instances that are no networks: points of the TSPLIB (Reinelt 1991), and plain tables of costs.

Every point of a TSPLIB file is a demand of weight 1 and a site. The published optima of its p-medians hold for straight lines cut off to whole
numbers (Avella, Sassano and Vasil'ev 2007; Duran-Mateluna, Ales and Elloumi 2023), not for the rounded ones of the travelling salesman.
A plain table begins with a line of demands, sites and, optionally, sites to open; then the cost of each demand at each site follows.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np


def points(text: str) -> np.ndarray:
    """Return the points (n, 2) of a TSPLIB file; ValueError says what is wrong with it."""
    size = re.search(r"^DIMENSION\s*:\s*(\d+)", text, re.MULTILINE)
    kind = re.search(r"^EDGE_WEIGHT_TYPE\s*:\s*(\S+)", text, re.MULTILINE)
    begin = re.search(r"^NODE_COORD_SECTION\s*$", text, re.MULTILINE)
    if size is None or begin is None:
        raise ValueError("the file has no DIMENSION or no NODE_COORD_SECTION")
    if kind is not None and kind[1] not in ("EUC_2D", "CEIL_2D", "ATT"):
        raise ValueError(f"its distances are {kind[1]}, which are no straight lines between points")
    rows = [line.split() for line in text[begin.end() :].split("EOF")[0].splitlines() if line.strip()]
    wrong = [k for k, row in enumerate(rows) if len(row) != 3]
    if wrong or len(rows) != int(size[1]):
        raise ValueError(f"{size[1]} points are announced, and {len(rows) - len(wrong)} are there")
    return np.array([[float(row[1]), float(row[2])] for row in rows])


def straight(place: np.ndarray) -> np.ndarray:
    """Return straight lines between points (n, 2), cut off to whole numbers, (n, n)."""
    metres = np.empty((len(place), len(place)))
    for k, at in enumerate(place):
        metres[k] = np.floor(np.hypot(*(place - at).T) + 1e-9)
    return metres


def read(path: Path) -> np.ndarray:
    """Return the ways (n, n) of a TSPLIB file."""
    return straight(points(path.read_text(encoding="ascii")))


def table(text: str) -> tuple[np.ndarray, int | None]:
    """Return the costs (n, m) of a plain table and the sites to open, None where it names none; ValueError says what is wrong with it."""
    head, _, rest = text.strip().partition("\n")
    sizes = [int(v) for v in head.split()]
    if len(sizes) not in (2, 3):
        raise ValueError("the first line must give demands, sites and, optionally, sites to open")
    numbers = np.array(rest.split(), float)
    if len(numbers) != sizes[0] * sizes[1]:
        raise ValueError(f"{sizes[0]} × {sizes[1]} costs are announced, and {len(numbers)} are there")
    return numbers.reshape(sizes[0], sizes[1]), sizes[2] if len(sizes) == 3 else None
