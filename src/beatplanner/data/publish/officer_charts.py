"""Charts of the officers for the internal report: who serves where, vacant posts, tenure, languages; each a matplotlib figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.colours import beat_colours
from beatplanner.data.formats.frames import records
from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.officers_pack import names, plan_months, vacant_posts
from beatplanner.data.publish.plain_figure import bar_chart, plain_figure
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.plan_tables import PlanTables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DARK, MISSING, COVERED = "#252525", "#cb181d", "#9ecae1"


def officer_charts(tables: PlanTables, say: Speech = ENGLISH) -> dict[str, Figure]:
    """Return the figures by name, in a language; those that have nothing to show are left out."""
    if tables.assignments is None or tables.beats is None or tables.roster is None or not len(tables.assignments):
        return {}
    charts = {
        "officers": draw_officers(tables),
        "vacancies": draw_vacancies(tables, say),
        "tenure": draw_tenure(tables, say),
    }
    languages = draw_languages(tables, say)
    return charts if languages is None else {**charts, "languages": languages}


def _years(axes: Any) -> None:
    import matplotlib.dates as mdates

    axes.xaxis.set_major_locator(mdates.YearLocator())
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.grid(axis="x", color="#d9d9d9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def draw_officers(tables: PlanTables) -> Any:
    """Draw a line an officer: the beats held, in the colours of the map, and nothing for the reserve."""
    frame, beats, name = tables.assignments, tables.beats, names(tables)
    assert frame is not None and beats is not None
    colours = beat_colours(beats)
    first = frame.groupby("officer")["start"].min()
    order = [o for o, _ in sorted(first.items(), key=lambda x: (x[1], str(x[0])))]
    place = {o: i for i, o in enumerate(order)}
    figure = plain_figure(9, 1.0 + 0.2 * len(order))
    axes = figure.subplots()
    for officer, beat, start, end in zip(
        frame["officer"],
        frame["beat"].astype(str),
        pd.to_datetime(frame["start"]),
        pd.to_datetime(frame["end"]),
        strict=True,
    ):
        axes.barh(
            place[officer], end - start, left=start, height=0.78, color=colours[beat], edgecolor=DARK, linewidth=0.5
        )
        if (end - start).days > 250:
            axes.annotate(name[beat], (start + (end - start) / 2, place[officer]), ha="center", va="center", fontsize=6)
    axes.set_yticks(range(len(order)), [str(o) for o in order], fontsize=6.5)
    axes.set_ylim(len(order) - 0.5, -0.5)
    _years(axes)
    return figure


def _calendar(tables: PlanTables, values: np.ndarray, labels: list[str], colours: list[str], words: list[str]) -> Any:
    """Draw a square a month: `values` (rows, months) from 0 to len(colours) − 1."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    months = plan_months(tables)[:-1]
    figure = plain_figure(9, 1.0 + 0.22 * len(labels))
    axes = figure.subplots()
    axes.pcolormesh(
        values, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(colours) - 0.5, edgecolors="white", linewidth=0.6
    )
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels, fontsize=7)
    january = [i for i, m in enumerate(months) if m[5:7] == "01"] or [0]
    axes.set_xticks(january, [months[i][:4] for i in january], fontsize=8)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.legend(
        handles=[
            Patch(facecolor=c, edgecolor=DARK, linewidth=0.4, label=w) for c, w in zip(colours, words, strict=True)
        ],
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=len(words),
        fontsize=8,
        frameon=False,
    )
    return figure


def draw_vacancies(tables: PlanTables, say: Speech = ENGLISH) -> Any:
    """Draw the vacancy calendar: vacant posts by beat and month."""
    gaps, name = vacant_posts(tables), names(tables)
    values = np.minimum(gaps.to_numpy(int), 2)
    return _calendar(
        tables,
        values,
        [name[b] for b in gaps.index],
        ["#eef3f8", "#fb6a4a", "#99000d"],
        [say.text("filled"), say.text("one vacant"), say.text("two or more")],
    )


def draw_tenure(tables: PlanTables, say: Speech = ENGLISH) -> Any:
    """Draw how long postings last, months served before the plan counted, in half years."""
    frame, rules = tables.assignments, tables.summary["rules"]["officers"]
    assert frame is not None and tables.roster is not None
    start = str(rules["start"])
    roster = {str(r["officer"]): r for r in records(tables.roster)}
    months: list[float] = []
    for r in records(frame):
        length = (pd.Timestamp(r["end"]) - pd.Timestamp(r["start"])).days / (365.25 / 12)
        row = roster[str(r["officer"])]
        if str(r["start"]) == start and str(row["beat"]) == str(r["beat"]) and row["since"]:
            length += max(0.0, (pd.Timestamp(start) - pd.Timestamp(str(row["since"]))).days / (365.25 / 12))
        months.append(length)
    least, top = rules["min_tenure_months"], max(72, 6 * (int(max(months)) // 6 + 1))
    counts, edges = np.histogram(months, bins=np.arange(0, top + 6, 6))
    figure, axes = bar_chart(
        edges,
        counts,
        ["#fdae6b" if e < least else "#6baed6" for e in edges[:-1]],
        (least, MISSING, say.text("minimum of {n} months", n=least)),
        (
            say.text(
                "months in the post by the end of the posting or of the plan (shorter ones: begun late in the plan, or the officer leaves)"
            ),
            say.text("postings"),
        ),
    )
    axes.yaxis.get_major_locator().set_params(integer=True)
    return figure


def draw_languages(tables: PlanTables, say: Speech = ENGLISH) -> Any:
    """Draw by beat, language and month whether one of the beat's officers speaks it; None where no language is needed."""
    assert tables.beats is not None and tables.assignments is not None and tables.roster is not None
    months, name = plan_months(tables)[:-1], names(tables)
    spoken = {
        str(r["officer"]): r["languages"] if isinstance(r["languages"], str) else ";".join(r["languages"] or ())
        for r in records(tables.roster)
    }
    labels: list[str] = []
    values: list[np.ndarray] = []
    for beat, needed in zip(tables.beats["beat"].astype(str), tables.beats["languages"], strict=True):
        for language in str(needed or "").split(";"):
            if not language:
                continue
            row = np.zeros(len(months), int)
            for r in records(tables.assignments):
                if str(r["beat"]) == beat and language in str(spoken[str(r["officer"])] or "").split(";"):
                    row[[str(r["start"]) <= m < str(r["end"]) for m in months]] = 1
            labels.append(f"{name[beat]}: {say.language_name(language)}")
            values.append(row)
    if not labels:
        return None
    return _calendar(
        tables,
        np.array(values),
        labels,
        ["#fb6a4a", COVERED],
        [say.text("spoken by no officer of the beat"), say.text("spoken")],
    )
