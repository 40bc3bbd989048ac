"""The internal report: everything in ``summary.json`` in words and pictures, in one file without a network."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours
from beatplanner.data.description.sections.stations import rules_priced
from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import records
from beatplanner.data.publish.blocked_words import blocked_in_words
from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.publish.draft_words import draft_in_words, left_out_of_bound
from beatplanner.data.publish.officer_charts import officer_charts
from beatplanner.data.publish.officers_pack import names
from beatplanner.data.publish.page_templates import template_of
from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.publish.public.picture_names import Paper, choose_names, write_names
from beatplanner.data.publish.report_filters import DAYS, number, share, signed
from beatplanner.data.publish.report_section import flat_rules, rules_of_pack
from beatplanner.data.publish.service_report import draw_week, service_heads, service_rows
from beatplanner.data.result.draft import proven_gap
from beatplanner.data.result.names import language_title
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.postings import served_until
from beatplanner.data.result.sections import section_of
from beatplanner.data.result.station_names import named

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from beatplanner.data.formats.frames import Row
    from beatplanner.data.result.summary import Claims

DARK, ACCENT, OPENED = "#252525", "#08306b", "#cb181d"
# Letters of the names on the map, points.
NAMES = 7.5


def write_report(path: Path, tables: PlanTables) -> None:
    """Write ``report.html``.

    Parameters
    ----------
    path
        The file.
    tables
        The plan.
    """
    summary = tables.summary
    page = page_template().render(
        summary=summary,
        draft=draft_in_words(tables),
        steps=[(name, summary[name]) for name in ("beats", "stations", "officers") if name in summary],
        pictures=_pictures(tables),
        beats=None if tables.beats is None else tables.beats.drop(columns="geometry").to_dict("records"),
        priced=rules_priced(summary.get("rules", {}).get("stations")),
        stations=None if tables.stations is None else named(tables.stations, tables).to_dict("records"),
        access=_access(tables),
        effects=_effects(tables),
        stops=None if tables.stops is None else tables.stops.drop(columns="geometry").to_dict("records"),
        assignments=_assignments(tables),
        cover=_cover(tables),
        service=service_rows(summary.get("service")),
        service_heads=service_heads(summary.get("service")),
        limits=_limits(summary),
        left_out=left_out_of_bound(tables),
        warnings=[n["text"] for n in summary.get("notes", []) if n["severity"] == "warning"],
        facts=[n["text"] for n in summary.get("notes", []) if n["severity"] == "info"],
        rules=flat_rules({k: v for k, v in summary.get("rules", {}).items() if k != "forum"}),
        pack_rules=rules_of_pack(summary.get("rules", {}).get("forum")),
        # a layer that two steps read is one file of one use
        inputs=list({(i["role"], i["path"], i["sha256"]): i for i in summary.get("inputs", [])}.values()),
    )
    path.write_text(page, encoding="utf-8")


@cache
def page_template() -> jinja2.Template:
    """Return the page's template, compiled once for all plans of a process."""
    filters: dict[str, Callable[..., str]] = {
        "number": number,
        "share": share,
        "proof": proof_in_words,
        "signed": signed,
        "language": language_title,
        **DAYS,
    }
    return template_of("report.html", {"blocked_in_words": blocked_in_words, "english": ENGLISH}, filters)


def _whole(value: float, _: object) -> str:
    return f"{value:,.0f}"


def proof_in_words(step: dict[str, Any]) -> str:
    """Say what a step proves, for people who know no optimisation."""
    if step["status"] == "infeasible":
        return "The rules could not all be met; this is the best plan found under the smallest relaxation, so nothing is proven about it."
    if step["status"] == "unknown":
        return "No plan that keeps all rules was found, and it is not proven that there is none; this is the best that was found with rules relaxed."
    if step["lower_bound"] is None:
        return "No bound was computed: a better plan may exist."
    if step["status"] == "optimal":
        return f"Proven: no plan under these rules has an objective below {step['lower_bound']:,.0f}, and this one reaches it (gap {step['gap']:.3%}).{_by_whom(step)}"
    return (
        f"Proven: no plan under these rules can have an objective below {step['lower_bound']:,.0f}; this one has {step['objective']:,.0f}, "
        f"so it is at most {step['gap']:.2%} above the best possible.{_by_whom(step)}"
    )


def _by_whom(step: dict[str, Any]) -> str:
    """Say what others can check of a bound, where that is less than what the solver reports."""
    if step.get("certified") is not False:
        return ""
    gap = proven_gap(step)
    if gap is None:
        return " This is the solver's word: there is no certificate, and “verify” cannot check it."
    return f" This is the solver's word: what “verify” can check proves at most {gap:.2%}."


def _limits(summary: Claims) -> list[str]:
    """Return the balance rule in hours, a sentence a municipality."""
    return [
        f"{m['municipality'] + ': ' if m['municipality'] else ''}{m['beats']} {'beat' if m['beats'] == 1 else 'beats, each'} between {m['lower']:,.0f} and "
        f"{m['upper']:,.0f} hours a year (±{m['tolerance']:.1%})"
        for m in summary.get("beats", {}).get("municipalities", [])
    ]


def _assignments(tables: PlanTables) -> list[dict[str, Any]]:
    if tables.assignments is None or tables.beats is None:
        return []
    name, served = names(tables), served_until(tables)
    frame = tables.assignments.assign(
        name=pd.Series([name.get(str(b), str(b)) for b in tables.assignments["beat"]], dtype=object).to_numpy(),
        end=[served[i].isoformat() for i in tables.assignments.index],
    )
    return records(frame)


def _cover(tables: PlanTables) -> list[dict[str, Any]]:
    if tables.cover is None:
        return []
    name = {} if tables.beats is None else names(tables)
    return [{**c, "beat": name.get(str(c["beat"]), c["beat"])} for c in records(tables.cover)]


def _pictures(tables: PlanTables) -> dict[str, str]:
    """Return the charts as data addresses of PNG pictures."""
    # pyplot would look for a screen; figures of their own need none
    pictures: dict[str, str] = {}
    if tables.beats is not None:
        pictures["map"] = _picture(draw_map(tables), 130)
        pictures["hours"] = _picture(_draw_hours(tables))
    if tables.summary.get("workload", {}).get("months"):
        pictures["months"] = _picture(_draw_months(tables.summary["workload"]["months"]))
    if section_of(tables.summary, "service").get("week"):
        pictures["week"] = _picture(draw_week(tables.summary["service"]["week"]))
    if tables.stations is not None:
        pictures["reach"] = _picture(_draw_reach(tables), 120)
        pictures["walks"] = _picture(_draw_walks(tables))
    if tables.assignments is not None and tables.beats is not None and len(tables.assignments):
        pictures["postings"] = _picture(_draw_postings(tables))
        pictures |= {name: _picture(figure) for name, figure in officer_charts(tables).items()}
    return pictures


def _picture(figure: Any, dpi: int = 100) -> str:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    stream = io.BytesIO()
    figure.set_dpi(dpi)
    # the canvas lays out and draws once; `savefig` would draw all before that and throw it away
    _print(FigureCanvasAgg(figure), stream)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _print(canvas: Any, stream: io.BytesIO) -> None:
    canvas.print_png(stream, metadata={"Software": None})


def _draw_stations(axes: Any, stations: gpd.GeoDataFrame) -> None:
    for existing, colour, label in ((True, ACCENT, "station there today"), (False, OPENED, "new station")):
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


def draw_map(tables: PlanTables, width: float = 9.0) -> Any:
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
        axes.plot([], [], color=DARK, linewidth=0.9, linestyle=(0, (4, 3)), label="today's beats")
    if tables.stations is not None:
        _draw_stations(axes, tables.stations)
    metres = _round_length((east - west) / 4)
    axes.plot(
        [west, west + metres], [south - 0.03 * (north - south)] * 2, color=DARK, linewidth=3, solid_capstyle="butt"
    )
    axes.annotate(
        f"{metres / 1000:g} km", (west + metres / 2, south - 0.035 * (north - south)), ha="center", va="top", fontsize=8
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


def _draw_hours(tables: PlanTables) -> Any:
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
                label="limits" if k == 0 and m is tables.summary["beats"]["municipalities"][0] else None,
            )
    axes.set_yticks(place, list(names(tables).values()), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("officer hours a year")
    axes.xaxis.set_major_formatter(_whole)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


# Rows of the table of sites that stay closed, and of municipalities: the report is for reading, the layers hold them all.
ROWS = 15


def _draw_months(months: list[dict[str, Any]]) -> Any:
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
    axes.set_ylabel("incidents")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _access(tables: PlanTables) -> dict[str, Any] | None:
    """Return shares of residents within some minutes: the minutes, and rows of kind, name, residents and shares."""
    if tables.access is None or tables.access.empty:
        return None
    table = tables.access
    bands = sorted(table["minutes"].dropna().unique())
    rows: list[Row] = []
    for (kind, name), part in table.groupby(["kind", "name"], sort=False):
        within = part.dropna(subset="minutes").set_index("minutes")["share"]
        cut_off = part[part["minutes"].isna()].iloc[0]
        rows.append(
            {
                "kind": kind,
                "name": name,
                "shares": [within[b] for b in bands],
                "cut_off": cut_off["share"],
                "residents": cut_off["residents"],
            }
        )
    kinds = [[r for r in rows if r["kind"] == k] for k in ("all", "group", "beat", "municipality")]
    if tables.beats is not None:
        # by their names and in the order of the other tables
        name = {b: f"Beat {b}" if b == title else title for b, title in names(tables).items()}
        order = {b: i for i, b in enumerate(name)}
        kinds[2] = [
            {**r, "name": name.get(str(r["name"]), r["name"])}
            for r in sorted(kinds[2], key=lambda r: order.get(str(r["name"]), len(order)))
        ]
    many = [
        part if len(part) <= 2 * ROWS else sorted(part, key=lambda r: np.nan_to_num(r["shares"][-1], nan=2.0))[:ROWS]
        for part in kinds
    ]
    return {
        "minutes": bands,
        "rows": [r for part in many for r in part],
        "left_out": len(rows) - sum(len(p) for p in many),
    }


def _effects(tables: PlanTables) -> dict[str, Any] | None:
    """Return the sites with what opening or closing each would change, those that matter most first."""
    sites = tables.sites
    if sites is None or "change_minutes" not in sites:
        return None
    rows = named(sites, tables)
    chosen = rows["chosen"].astype(bool)
    opened = rows[chosen].sort_values(["change_minutes"], ascending=False)
    closed = rows[~chosen].sort_values(["change_minutes", "change_within_limit"], ascending=[True, False])
    return {
        "open": opened.to_dict("records"),
        "closed": closed.head(ROWS).to_dict("records"),
        "left_out": max(0, len(closed) - ROWS),
    }


def _draw_reach(tables: PlanTables) -> Any:
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
            axes.fill([], [], color=shade, label=f"within {band:g} minutes")
    if tables.sites is not None:
        rest = tables.sites[~tables.sites["chosen"].astype(bool)]
        if len(rest):
            axes.scatter(
                rest.geometry.x, rest.geometry.y, s=7, color="#737373", label="site that stays closed", zorder=4
            )
    _draw_stations(axes, stations)
    if tables.stops is not None and len(tables.stops):
        axes.scatter(
            tables.stops.geometry.x,
            tables.stops.geometry.y,
            marker="^",
            s=16 if len(tables.stops) < 200 else 4,
            color="#e6550d",
            zorder=4,
            label="mobile-outreach stop",
        )
    axes.legend(loc="upper right", fontsize=8, frameon=True)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_axis_off()
    axes.set_aspect("equal")
    return figure


def _draw_walks(tables: PlanTables) -> Any:
    units = tables.units
    people = units["population"].fillna(0).to_numpy(float)
    if people.sum() <= 0:
        people = units["workload"].to_numpy(float)
    minutes = units["walk_minutes"].to_numpy(float)
    reached = np.isfinite(minutes)
    limit = tables.summary["stations"].get("walk_minutes", 20.0)
    top = max(60.0, 2 * limit)
    figure = plain_figure(9, 2.6)
    axes = figure.subplots()
    bins = np.arange(0, top + 5, 5)
    counts, _ = np.histogram(np.clip(minutes[reached], 0, top - 1e-9), bins=bins, weights=people[reached])
    axes.bar(
        bins[:-1],
        counts,
        width=4.6,
        align="edge",
        color=["#6baed6" if b < limit else "#fdae6b" for b in bins[:-1]],
        edgecolor=DARK,
        linewidth=0.5,
    )
    axes.axvline(limit, color=OPENED, linewidth=1.6, label=f"limit of {limit:g} minutes")
    axes.set_xlabel(f"minutes on foot to the nearest station (the last bar holds all above {top - 5:g})")
    axes.set_ylabel("residents")
    axes.yaxis.set_major_formatter(_whole)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _draw_postings(tables: PlanTables) -> Any:
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
    axes.set_yticks(range(len(rows)), [f"{title[b]}, post {p}" for b, p in rows], fontsize=6.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.set_major_locator(mdates.YearLocator())
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.grid(axis="x", color="#d9d9d9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
