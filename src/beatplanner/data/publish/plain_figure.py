"""Figures whose texts are shown letter by letter: a name with two dollar signs is no formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beatplanner.data.late_modules import flat_axes

if TYPE_CHECKING:
    import numpy as np


def plain_figure(width: float, height: float, layout: str | None = "constrained") -> Any:
    """Return an empty matplotlib figure, in inches; formulas are off in all texts that are drawn after it."""
    import matplotlib as mpl

    with flat_axes():
        from matplotlib.figure import Figure

    mpl.rcParams["text.parse_math"] = False
    return Figure(figsize=(width, height), layout=layout)  # type: ignore[arg-type]


def bar_chart(
    edges: np.ndarray, heights: np.ndarray, colours: list[str], limit: tuple[float, str, str], names: tuple[str, str]
) -> tuple[Any, Any]:
    """Draw bars side by side, with a line at a limit.

    Parameters
    ----------
    edges, heights, colours
        (n + 1,) where bars begin and end; (n,) each.
    limit
        Where the line stands, its colour and what it is called.
    names
        Of the axes: along the bars, and up.

    Returns
    -------
    tuple
        The figure and its axes.
    """
    figure = plain_figure(9, 2.6)
    axes = figure.subplots()
    # a hair of white between two bars
    width = 0.92 * float(edges[1] - edges[0])
    axes.bar(edges[:-1], heights, width=width, align="edge", color=colours, edgecolor="#252525", linewidth=0.5)
    at, colour, label = limit
    axes.axvline(at, color=colour, linewidth=1.6, label=label)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    return figure, axes
