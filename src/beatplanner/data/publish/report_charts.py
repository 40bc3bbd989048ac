"""Charts and maps of the internal report, as pictures that stand in the page."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours
from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import Row
from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.officer_charts import officer_charts
from beatplanner.data.publish.officers_pack import names
from beatplanner.data.publish.plain_figure import bar_chart, plain_figure
from beatplanner.data.publish.public.picture_names import Paper, choose_names, write_names
from beatplanner.data.publish.service_report import draw_week
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

DARK, ACCENT, OPENED = "#252525", "#08306b", "#cb181d"
# Letters of the names on the map, points.
NAMES = 7.5


def pictures_of(tables: PlanTables, say: Speech = ENGLISH) -> dict[str, str]:
    """Return the charts as data addresses of PNG pictures, in a language."""
    # pyplot would look for a screen; figures of their own need none
    pictures: dict[str, str] = {}
    if tables.beats is not None:
        pictures["map"] = picture_of(draw_map(tables, say=say), 130)
        pictures["hours"] = picture_of(_draw_hours(tables, say))
    if tables.summary.get("workload", {}).get("months"):
        pictures["months"] = picture_of(_draw_months(tables.summary["workload"]["months"], say))
    if section_of(tables.summary, "service").get("week"):
        pictures["week"] = picture_of(draw_week(tables.summary["service"]["week"], say))
    if tables.stations is not None:
        pictures["reach"] = picture_of(_draw_reach(tables, say), 120)
        pictures["walks"] = picture_of(_draw_walks(tables, say))
    if tables.assignments is not None and tables.beats is not None and len(tables.assignments):
        pictures["postings"] = picture_of(_draw_postings(tables, say))
        pictures |= {name: picture_of(figure) for name, figure in officer_charts(tables, say).items()}
    return pictures


def picture_of(figure: Any, dpi: int = 100) -> str:
    """Return a figure as the data address of a PNG picture, of so many dots an inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    stream = io.BytesIO()
    figure.set_dpi(dpi)
    # the canvas lays out and draws once; `savefig` would draw all before that and throw it away
    _print(FigureCanvasAgg(figure), stream)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _print(canvas: Any, stream: io.BytesIO) -> None:
    canvas.print_png(stream, metadata={"Software": None})


def _whole(say: Speech) -> Any:
    """Return what writes the whole numbers of an axis."""

    def whole(value: float, _: object) -> str:
        return say.number(value)

    return whole


def _draw_stations(axes: Any, stations: gpd.GeoDataFrame, say: Speech = ENGLISH) -> None:
    for existing, colour, label in (
        (True, ACCENT, say.text("station there today")),
        (False, OPENED, say.text("new station")),
    ):
        there = stations[stations["existing"] == existing]
        if len(there):
            axes.scatter(
                there.geometry.x,
                there.geometry.y,
                marker="s" if existing else "D",
                s=36 if existing else 30,
                color=colour,
                edgecolor="white",
                zorder=5,
                label=label,
            )


def _draw_lines(axes: Axes, lines: Any, **style: Any) -> None:
    lines.plot(ax=axes, **style)


def draw_map(tables: PlanTables, width: float = 9.0, say: Speech = ENGLISH) -> Any:
    """Draw beats with names, today's beats as dashed outlines, and stations, as a matplotlib figure."""
    beats, units = tables.beats, tables.units
    assert beats is not None
    west, south, east, north = beats.total_bounds
    height = float(np.clip(width * (north - south) / max(east - west, 1.0), 0.5 * width, 1.25 * width))
    # the axes stay where they are, so that names can be placed before the picture is drawn
    figure = plain_figure(width, height, None)
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    colours = beat_colours(beats)
    _draw_lines(axes, units.boundary, color="#bdbdbd", linewidth=0.25)
    beats.plot(ax=axes, color=[colours[str(b)] for b in beats["beat"]], edgecolor=DARK, linewidth=1.2, alpha=0.85)
    if "current" in units and units["current"].notna().any():
        today = geometry.dissolved(units[units["current"].notna()], "current")
        _draw_lines(axes, today.boundary, color=DARK, linewidth=0.9, linestyle=(0, (4, 3)), alpha=0.7)
        axes.plot([], [], color=DARK, linewidth=0.9, linestyle=(0, (4, 3)), label=say.text("today's beats"))
    if tables.stations is not None:
        _draw_stations(axes, tables.stations, say)
    metres = _round_length((east - west) / 4)
    axes.plot(
        [west, west + metres], [south - 0.03 * (north - south)] * 2, color=DARK, linewidth=3, solid_capstyle="butt"
    )
    axes.annotate(
        say.text("{n} km", n=f"{metres / 1000:g}"),
        (west + metres / 2, south - 0.035 * (north - south)),
        ha="center",
        va="top",
        fontsize=8,
    )
    axes.set_axis_off()
    axes.set_aspect("equal")
    legend = axes.legend(loc="upper right", fontsize=8, frameon=True) if axes.get_legend_handles_labels()[1] else None
    paper = Paper(figure, axes)
    taken = [] if legend is None else [paper.box(legend)]
    write_names(paper, choose_names(paper, beats, names(tables), NAMES, tables.stations, taken), NAMES, DARK)
    return figure


def _round_length(metres: float) -> float:
    power = 10 ** np.floor(np.log10(metres))
    return float(max(f * power for f in (1, 2, 5) if f * power <= metres))


def _draw_hours(tables: PlanTables, say: Speech = ENGLISH) -> Any:
    beats = tables.beats
    assert beats is not None
    figure = plain_figure(9, 0.9 + 0.27 * len(beats))
    axes = figure.subplots()
    place = np.arange(len(beats))
    axes.barh(place, beats["workload"], color="#6baed6", edgecolor=DARK, linewidth=0.5, height=0.7)
    for m in tables.summary.get("beats", {}).get("municipalities", []):
        inside = np.flatnonzero((beats["municipality"] == m["municipality"]).to_numpy())
        for k, limit in enumerate(("lower", "upper")):
            axes.vlines(
                [m[limit]] * len(inside),
                inside - 0.45,
                inside + 0.45,
                color=OPENED,
                linewidth=1.6,
                label=say.text("limits") if k == 0 and m is tables.summary["beats"]["municipalities"][0] else None,
            )
    axes.set_yticks(place, list(names(tables).values()), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(say.text("officer hours a year"))
    axes.xaxis.set_major_formatter(_whole(say))
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def _draw_months(months: list[Row], say: Speech = ENGLISH) -> Any:
    """Draw the incidents of each recorded period; what is not counted is hatched."""
    figure = plain_figure(9, 2.4)
    axes = figure.subplots()
    place = np.arange(len(months))
    share = np.array([m["covered"] for m in months], float)
    axes.bar(
        place,
        [m["incidents"] for m in months],
        color=["#6baed6" if s > 0 else "white" for s in share],
        edgecolor=DARK,
        linewidth=0.5,
        hatch=["" if s >= 1 else "///" for s in share],
    )
    every = max(1, len(months) // 12)
    axes.set_xticks(place[::every], [m["month"] for m in months][::every], rotation=45, ha="right", fontsize=8)
    axes.set_ylabel(say.text("incidents"))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_reach(tables: PlanTables, say: Speech = ENGLISH) -> Any:
    """Draw who reaches a station on foot: catchments, stations, and sites that stay closed."""
    units, stations = tables.units, tables.stations
    assert stations is not None
    west, south, east, north = units.total_bounds
    height = float(np.clip(9 * (north - south) / max(east - west, 1.0), 4.5, 11.0))
    figure = plain_figure(9, height)
    axes = figure.subplots()
    units.plot(ax=axes, color="#f7f7f7", edgecolor="#bdbdbd", linewidth=0.25)
    if tables.catchments is not None:
        blues = ("#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#084594")
        minutes = sorted(tables.catchments["minutes"].unique(), reverse=True)
        for shade, band in zip(blues[max(0, 3 - len(minutes)) :], minutes, strict=False):
            reached = tables.catchments["minutes"].to_numpy(float) == float(band)
            area = geometry.union(tables.catchments.geometry.to_numpy()[reached])
            for polygon in shapely.get_parts(area):
                axes.fill(*polygon.exterior.xy, color=shade, linewidth=0)
            axes.fill([], [], color=shade, label=say.text("within {minutes} minutes", minutes=f"{band:g}"))
    if tables.sites is not None:
        rest = tables.sites[~tables.sites["chosen"].astype(bool)]
        if len(rest):
            axes.scatter(
                rest.geometry.x,
                rest.geometry.y,
                s=7,
                color="#737373",
                label=say.text("site that stays closed"),
                zorder=4,
            )
    _draw_stations(axes, stations, say)
    if tables.stops is not None and len(tables.stops):
        axes.scatter(
            tables.stops.geometry.x,
            tables.stops.geometry.y,
            marker="^",
            s=16 if len(tables.stops) < 200 else 4,
            color="#e6550d",
            zorder=4,
            label=say.text("mobile-outreach stop"),
        )
    axes.legend(loc="upper right", fontsize=8, frameon=True)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_axis_off()
    axes.set_aspect("equal")
    return figure


def _draw_walks(tables: PlanTables, say: Speech = ENGLISH) -> Any:
    units = tables.units
    people = units["population"].fillna(0).to_numpy(float)
    if people.sum() <= 0:
        people = units["workload"].to_numpy(float)
    minutes = units["walk_minutes"].to_numpy(float)
    reached = np.isfinite(minutes)
    limit = tables.summary["stations"].get("walk_minutes", 20.0)
    top = max(60.0, 2 * limit)
    bins = np.arange(0, top + 5, 5)
    counts, _ = np.histogram(np.clip(minutes[reached], 0, top - 1e-9), bins=bins, weights=people[reached])
    figure, axes = bar_chart(
        bins,
        counts,
        ["#6baed6" if b < limit else "#fdae6b" for b in bins[:-1]],
        (limit, OPENED, say.text("limit of {minutes} minutes", minutes=f"{limit:g}")),
        (
            say.text(
                "minutes on foot to the nearest station (the last bar holds all above {minutes})",
                minutes=f"{top - 5:g}",
            ),
            say.text("residents"),
        ),
    )
    axes.yaxis.set_major_formatter(_whole(say))
    return figure


def _draw_postings(tables: PlanTables, say: Speech = ENGLISH) -> Any:
    import matplotlib.dates as mdates

    frame, beats = tables.assignments, tables.beats
    assert frame is not None and beats is not None
    order = [str(b) for b in beats["beat"]]
    rows = sorted({(order.index(str(b)), int(p)) for b, p in zip(frame["beat"], frame["post"], strict=True)})
    place = {row: i for i, row in enumerate(rows)}
    title = list(names(tables).values())
    figure = plain_figure(9, 1.0 + 0.2 * len(rows))
    axes = figure.subplots()
    start, end = pd.to_datetime(frame["start"]), pd.to_datetime(frame["end"])
    for k, (b, p, s, e, officer) in enumerate(
        zip(frame["beat"], frame["post"], start, end, frame["officer"], strict=True)
    ):
        y = place[order.index(str(b)), int(p)]
        axes.barh(y, e - s, left=s, height=0.78, color="#9ecae1" if k % 2 else "#c6dbef", edgecolor=DARK, linewidth=0.5)
        if (e - s).days > 200:
            axes.annotate(str(officer), (s + (e - s) / 2, y), ha="center", va="center", fontsize=6.5)
    axes.set_yticks(
        range(len(rows)), [say.text("{beat}, post {post}", beat=title[b], post=p) for b, p in rows], fontsize=6.5
    )
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.set_major_locator(mdates.YearLocator())
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.grid(axis="x", color="#d9d9d9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
