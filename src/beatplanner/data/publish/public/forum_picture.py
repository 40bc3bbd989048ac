"""The picture for social media and a notice board: the new beats, 1200 × 630, with the project's name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from beatplanner.data.colours import beat_colours
from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.publish.public.picture_names import Paper, choose_names, write_names
from beatplanner.data.publish.public.plan import PublicPlan

# Letters of names, points.
NAMES = 8.5


def write_picture(
    path: Path,
    plan: PublicPlan,
    *,
    title: str,
    subtitle: str,
    lines: list[str],
    names: Mapping[str, str],
    draft: str = "",
) -> None:
    """Write the picture.

    Parameters
    ----------
    path
        The PNG file.
    plan
        A plan with beats.
    title, subtitle
        In large and in small letters.
    lines
        Short facts below.
    names
        What each beat is called.
    draft
        A word across the map of a draft; empty where it is none.
    """
    beats = plan.beats
    figure = plain_figure(12, 6.3, None)
    figure.set_facecolor("#ffffff")
    axes = figure.add_axes((0.40, 0.02, 0.59, 0.96))
    colours = beat_colours(beats)
    beats.plot(ax=axes, color=[colours[str(b)] for b in beats["beat"]], edgecolor="#1a1a1a", linewidth=1.2)
    if plan.stations is not None:
        for existing, colour, marker in ((True, "#08306b", "s"), (False, "#b2182b", "D")):
            there = plan.stations[plan.stations["existing"] == existing]
            if len(there):
                axes.scatter(
                    there.geometry.x, there.geometry.y, marker=marker, s=60, color=colour, edgecolor="white", zorder=5
                )
    axes.set_axis_off()
    axes.set_aspect("equal")
    paper = Paper(figure, axes)
    write_names(paper, choose_names(paper, beats, names, NAMES, plan.stations), NAMES, "#1a1a1a")
    if draft:
        figure.text(0.69, 0.5, draft, fontsize=80, rotation=30, ha="center", va="center", color="#00000030", zorder=9)
    # no wrapping of the library: it takes a text with two dollar signs for a formula all the same
    words: dict[str, object] = {"ha": "left", "va": "top"}
    figure.text(0.03, 0.90, _wrapped(title, 20), fontsize=26, fontweight="bold", color="#08306b", **words)
    below = 0.90 - 0.092 * (1 + _wrapped(title, 20).count("\n"))
    figure.text(0.03, below - 0.02, _wrapped(subtitle, 36), fontsize=15, color="#444444", **words)
    figure.text(
        0.03,
        below - 0.14,
        "\n\n".join(_wrapped(line, 42) for line in lines),
        fontsize=12.5,
        color="#1a1a1a",
        linespacing=1.3,
        **words,
    )
    figure.savefig(path, dpi=100, metadata={"Software": None, "Title": np.str_(title).item()})


def _wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width)) or text
