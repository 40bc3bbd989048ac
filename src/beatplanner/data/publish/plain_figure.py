"""Figures whose texts are shown letter by letter: a name with two dollar signs is no formula."""

from __future__ import annotations

from typing import Any


def plain_figure(width: float, height: float, layout: str | None = "constrained") -> Any:
    """Return an empty matplotlib figure, in inches; formulas are off in all texts that are drawn after it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["text.parse_math"] = False
    return Figure(figsize=(width, height), layout=layout)  # type: ignore[arg-type]
