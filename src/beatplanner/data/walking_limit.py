"""One edge for all limits of walks: what a way may be over a limit by the grid of coordinates alone still counts as within.

Roads are joined on a grid of a micrometre, so a way of 1,500 m may be measured as 1,500.000001 m. Each step, figure, page and check takes the same
edge; were theirs different by a hair, a town whose ways are round numbers would be told in two numbers.
"""

from __future__ import annotations

# a millionth: a millimetre and a half in 20 minutes on foot, some hundred times what the grid can add up to
HAIR = 1e-6


def edge_of(limit: float) -> float:
    """Return the greatest way, in metres or minutes as `limit` is, that counts as within it."""
    return limit * (1 + HAIR)
