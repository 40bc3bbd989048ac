"""The comparison as files: JSON for programs, a page without a network for people, a workbook with live formulas for staff."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats import geometry
from beatplanner.data.output_place import cannot_write, check_place, settle, swap_in, try_place
from beatplanner.data.result.cells import safe_cell

# Width of the drawing that the maps are in; a tenth of it is told.
WIDTH = 1000.0
# Borders are simplified by so much of the drawing: nobody sees it, and a country stays small.
HAIR = 0.6
# What a minister reads first, in this order; rows that a comparison lacks are left out.
HEADLINE = {
    "hours_per_officer_max": "Hours a year of the officer with the most work",
    "community_share": "Hours promised to residents that can be kept",
    "within_limit": "Residents within the walking limit of a station",
    "moved_share": "Residents who change beat",
    "change_officer_share": "Residents who get officers they do not know",
    "relationship_kept": "Relationship-years kept",
    "robust_share": None,
    "posts": "Officers",
    "station_cost": "Cost of stations",
    "money_total": None,
}

# What a plan that has the best figure is best at.
STRENGTHS = {
    "hours_per_officer_max": "sharing the work",
    "community_share": "keeping hours for residents",
    "within_limit": "stations on foot",
    "moved_share": "changing little",
    "change_officer_share": "keeping officers",
    "relationship_kept": "keeping trust",
    "robust_share": "staying in balance",
    "money_total": "cost",
    "station_cost": "cost of stations",
}


def check_comparison_place(out: Path) -> None:
    """Refuse a folder that holds something that is no comparison.

    Raises
    ------
    InputError
        Saying why.
    """
    out = out.resolve()
    check_place(out)
    settle(out)
    if out.exists() and (
        not out.is_dir() or (any(out.iterdir()) and not (out / "comparison.json").exists())
    ):  # fmt: skip
        raise InputError(
            problem("there is something else in this place, and it is not overwritten", "Give another folder", file=out)
        )
    try_place(out)


def write_comparison(
    out: Path, content: dict[str, Any], units: gpd.GeoDataFrame, maps: Sequence[dict[str, Any]], beats: Sequence[dict[str, Any]]
) -> None:  # fmt: skip
    """Write ``comparison.json``, ``comparison.html`` and ``comparison.xlsx``; an older comparison is replaced only when all are written.

    Parameters
    ----------
    out
        The folder.
    content
        What goes into the JSON.
    units
        Polygons, with ``unit``, ``name``, ``municipality``, ``population``, ``workload``.
    maps
        For each column ``beat`` (text or None), ``load`` (hours per officer), ``walk`` (minutes) of each unit, and ``stations`` (x, y, name, existing).
    beats
        One row a beat and column: ``column``, ``beat``, ``name``, ``workload``, ``residents``, ``posts``.
    """
    out = out.resolve()
    check_comparison_place(out)
    part = out.parent / f".{out.name}.{os.getpid()}.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        (part / "comparison.json").write_text(text, encoding="utf-8")
        page = comparison_page(content, units, maps)
        (part / "comparison.html").write_text(page, encoding="utf-8")
        _write_workbook(part / "comparison.xlsx", content, beats)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(cannot_write(error, out)) from None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    swap_in(part, out)


# ---- words and numbers


def in_words(value: Any, kind: str) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if kind == "yes":
        return "yes" if value else "no"
    if kind == "text":
        return str(value)
    if kind == "share":
        digits = 1 if 0 < abs(value) < 0.0995 or 0.995 < value < 1 else 0
        return f"{value:.{digits}%}"
    if kind == "money":
        return money_in_words(value)
    return f"{value:,.1f}" if kind == "decimal" else f"{value:,.0f}"


def money_in_words(value: float) -> str:
    """Return a sum as people say it."""
    return f"{value / 1e6:,.2f} million" if abs(value) >= 1e6 else f"{value:,.0f}"


def verdicts(row: dict[str, Any]) -> list[str]:
    """Return for each column “better”, “worse” or “” against the first, today's; nothing where neither is better or rounding decides."""
    first = row["values"][0]
    told = []
    for value in row["values"]:
        if row["better"] == "" or value is None or first is None or row["kind"] == "text":
            told.append("")
            continue
        difference = float(value) - float(first)
        if abs(difference) <= 0.005 * max(abs(float(first)), abs(float(value))) + 1e-12:
            told.append("")
        else:
            told.append("better" if (difference < 0) == (row["better"] == "less") else "worse")
    return told


def best(row: dict[str, Any]) -> list[bool]:
    """Tell which columns have the best figure of a row; none where all are alike or one value stands alone."""
    values = [None if v is None or row["kind"] in ("text", "yes") else float(v) for v in row["values"]]
    known = [v for v in values if v is not None]
    least = max(0.005 * max(map(abs, known), default=0.0), 5e-4 if row["kind"] == "share" else 0.0)
    if row["better"] == "" or len(known) < 2 or max(known) - min(known) <= least:
        return [False] * len(values)
    top = min(known) if row["better"] == "less" else max(known)
    return [v is not None and abs(v - top) <= 1e-9 * max(1.0, abs(top)) for v in values]


# ---- the page


def comparison_page(content: dict[str, Any], units: gpd.GeoDataFrame, maps: Sequence[dict[str, Any]]) -> str:
    """Return the page: cards, headline figures, linked maps, every figure, and who moves where."""
    templates = files("beatplanner.data") / "templates"
    environment = jinja2.Environment(
        autoescape=True, loader=jinja2.FunctionLoader(lambda n: (templates / n).read_text("utf-8"))
    )
    script = (templates / "comparison.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    rows = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    headline = [_bars(rows[k]) | ({"label": label} if label else {}) for k, label in HEADLINE.items() if k in rows]
    if "money_total" in rows:
        headline = [r for r in headline if r["key"] != "station_cost"]
    environment.filters.update(figure=in_words)
    environment.globals.update(verdicts=verdicts, best=best)
    leads: list[list[str]] = [[] for _ in content["columns"]]
    for r in headline:
        for k, first in enumerate(best(r)):
            # today is the best at not changing anything, which needs no telling
            if first and k:
                leads[k].append(STRENGTHS.get(r["key"], r["label"].lower()))
    curve = None if not content.get("curve") else _curve_drawing(content["curve"])
    data = json.dumps(_drawing(content, units, maps), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return environment.get_template("comparison.html").render(
        c=content, headline=headline, script=script, digest=digest, data=data.replace("</", "<\\/"), plans=content["columns"][1:],
        leads=leads, curve=curve,
    )  # fmt: skip


def _bars(row: dict[str, Any]) -> dict[str, Any]:
    known = [abs(float(v)) for v in row["values"] if v is not None]
    top = 1.0 if row["kind"] == "share" else max(known, default=0.0)
    return row | {"bars": [0 if v is None or not top else min(100.0, 100 * abs(float(v)) / top) for v in row["values"]]}


def _drawing(content: dict[str, Any], units: gpd.GeoDataFrame, maps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the script draws: units once, and for each column its beats, loads, walks, outlines and stations."""
    west, south, east, north = units.total_bounds
    scale = WIDTH / max(east - west, north - south, 1e-9)
    matrix = np.array([west, north])

    def place(xy: np.ndarray) -> np.ndarray:
        return np.column_stack([(xy[:, 0] - matrix[0]) * scale, (matrix[1] - xy[:, 1]) * scale])

    flat = shapely.transform(shapely.force_2d(units.geometry.to_numpy()), place)
    simple = shapely.coverage_simplify(flat, HAIR) if shapely.coverage_is_valid(flat) else shapely.simplify(flat, HAIR)
    simple = np.where(shapely.is_empty(simple) | shapely.is_missing(simple), flat, simple)
    columns = []
    for told, m in zip(content["columns"], maps, strict=True):
        beat = np.array(m["beat"], dtype=object)
        ids = sorted({b for b in beat if b is not None})
        outlines = [_path(_union(simple[beat == b])) for b in ids]
        spots = []
        if m["stations"]:
            xy = place(np.array([[s[0], s[1]] for s in m["stations"]], float))
            spots = [[round(float(x), 1), round(float(y), 1), s[2], bool(s[3])] for (x, y), s in zip(xy, m["stations"], strict=True)]  # fmt: skip
        columns.append(
            {
                "name": told["name"],
                "beat": [None if b is None else ids.index(b) for b in beat],
                "ids": ids,
                "load": _rounded(m["load"], 1),
                "walk": _rounded(m["walk"], 1),
                "lines": outlines,
                "stations": spots,
            }
        )
    return {
        "width": round((east - west) * scale, 1),
        "height": round((north - south) * scale, 1),
        "metres": 1 / scale,
        "paths": [_path(g) for g in simple],
        "names": [str(v) for v in units["name"]],
        "residents": _rounded(units["population"].to_numpy(float), 0),
        "columns": columns,
    }


def _union(shapes: np.ndarray) -> shapely.Geometry:
    return geometry.dissolve(geometry.valid(shapes))


def _path(shape: shapely.Geometry) -> str:
    parts = []
    for polygon in shapely.get_parts(shape):
        for ring in shapely.get_rings(polygon) if polygon.geom_type == "Polygon" else []:
            xy = np.round(shapely.get_coordinates(ring), 1)
            parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in xy[:-1]) + "Z")
    return "".join(parts)


def _rounded(values: Any, digits: int) -> list[float | None]:
    return [None if v is None or not np.isfinite(v) else round(float(v), digits) for v in values]


def _curve_drawing(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the change budget's curve as a line in a drawing of 640 × 260."""
    left, right, top, bottom = 62.0, 620.0, 18.0, 214.0
    # what could not meet its rules is no plan to choose: it is a hollow point beside the line
    moved = [float(r["moved_share"]) for r in rows]
    ways = [float(r["mean_way"]) if r["mean_way"] is not None else float(r["travel"]) for r in rows]
    far, low, high = max(*moved, 1e-9), min(ways), max(ways)
    span = max(high - low, 1e-9 * max(abs(high), 1.0))
    points = [
        (left + (right - left) * m / far, bottom - (bottom - top) * (w - low) / span)
        for m, w in zip(moved, ways, strict=True)
    ]
    return {
        "line": " ".join(f"{x:.1f},{y:.1f}" for (x, y), r in zip(points, rows, strict=True) if r["feasible"]),
        "points": [{"x": round(x, 1), "y": round(y, 1), "label": r["budget"], "folder": r["folder"], "feasible": r["feasible"]} for (x, y), r in zip(points, rows, strict=True)],
        "low": f"{low:,.0f}", "high": f"{high:,.0f}", "far": f"{far:.0%}",
    }  # fmt: skip


# ---- the workbook


def _write_workbook(path: Path, content: dict[str, Any], beats: Sequence[dict[str, Any]]) -> None:
    """Write the workbook: figures with the differences to today as formulas, the beats with hours per officer as formulas, and who moves."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter as letter

    names = [c["name"] for c in content["columns"]]
    book = Workbook()
    bold, grey = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")

    def head(sheet: Any, cells: Sequence[Any], widths: Sequence[float]) -> None:
        sheet.append([safe_cell(v) for v in cells])
        for cell in sheet[sheet.max_row]:
            cell.font, cell.fill, cell.alignment = bold, grey, Alignment(wrap_text=True, vertical="top")
        for k, width in enumerate(widths, 1):
            sheet.column_dimensions[letter(k)].width = width
        sheet.freeze_panes = f"B{sheet.max_row + 1}"

    main = book.active
    assert main is not None
    main.title = "Comparison"
    listing = book.create_sheet("Beats")
    head(listing, ["Plan", "Beat", "Name", "Hours a year", "Residents", "Officers", "Hours per officer", "Residents per officer"], (20, 10, 28, 14, 12, 10, 16, 18))  # fmt: skip
    span: dict[str, list[int]] = {}
    for b in beats:
        row = listing.max_row + 1
        span.setdefault(b["column"], [row, row])[1] = row
        listing.append([*(safe_cell(b[k]) for k in ("column", "beat", "name", "workload", "residents", "posts")), f"=IF(F{row}>0,D{row}/F{row},\"\")", f"=IF(F{row}>0,E{row}/F{row},\"\")"])  # fmt: skip
        for k in ("D", "E", "G", "H"):
            listing[f"{k}{row}"].number_format = "#,##0"
    # figures that the sheet of beats gives are formulas on it
    live = {
        "beats": "=ROWS(Beats!B{a}:B{z})",
        "hours_per_officer_max": "=MAX(Beats!G{a}:G{z})",
        "hours_per_officer_min": "=MIN(Beats!G{a}:G{z})",
        "hours_per_officer_mean": '=SUMIF(Beats!F{a}:F{z},">0",Beats!D{a}:D{z})/SUM(Beats!F{a}:F{z})',
        "posts": "=SUM(Beats!F{a}:F{z})",
        "beats_without_officer": "=COUNTIF(Beats!F{a}:F{z},0)",
        "community_share": None,
        "change_officer_share": None,
    }
    head(main, [content["project"], *names, *(f"{n} against today" for n in names[1:])], [58, *[18] * (2 * len(names))])
    formats = {"share": "0.0%", "number": "#,##0", "decimal": "#,##0.0", "money": "#,##0"}
    lines: dict[str, int] = {}
    for block in content["blocks"]:
        main.append([safe_cell(block["title"])])
        main.cell(main.max_row, 1).font = bold
        for r in block["rows"]:
            line = main.max_row + 1
            lines[r["key"]] = line
            cells: list[Any] = [safe_cell(r["label"])]
            for k, value in enumerate(r["values"]):
                template = live.get(r["key"])
                if value is None:
                    cells.append(None)
                elif template and names[k] in span:
                    a, z = span[names[k]]
                    cells.append(template.format(a=a, z=z))
                elif r["key"] == "community_share" and "community_protected" in lines:
                    column = letter(2 + k)
                    cells.append(f"={column}{lines['community_protected']}/{column}{lines['community_promised']}")
                else:
                    cells.append(("yes" if value else "no") if r["kind"] == "yes" else safe_cell(value))
            if r["kind"] in formats and r["values"][0] is not None:
                for k in range(1, len(names)):
                    cells.append(None if r["values"][k] is None else f"={letter(2 + k)}{line}-B{line}")
            main.append(cells)
            for cell in main[line][1:]:
                cell.number_format = formats.get(r["kind"], "General")
                cell.alignment = Alignment(horizontal="right")
    moves = book.create_sheet("Who moves")
    head(moves, ["Plan", "From beat", "To beat", "Name", "Residents", "Units"], (20, 12, 12, 28, 12, 8))
    for name, rows in zip(names, content["moves"], strict=True):
        start = moves.max_row + 1
        for m in rows:
            moves.append([safe_cell(v) for v in (name, m["from"], m["to"], m["to_name"], m["residents"], m["units"])])
        if rows:
            end = moves.max_row
            moves.append([safe_cell(f"{name}: all"), None, None, None, f"=SUM(E{start}:E{end})", f"=SUM(F{start}:F{end})"])  # fmt: skip
            for cell in moves[moves.max_row]:
                cell.font = bold
    for row in moves.iter_rows(min_row=2, min_col=5, max_col=6):
        for cell in row:
            cell.number_format = "#,##0"
    about = book.create_sheet("About")
    for line in (
        ("Project", content["project"]), ("Plans", None), *((c["name"], c["about"] or c["folder"]) for c in content["columns"]),
        (None, None), ("Cells that begin with = are formulas: change hours or officers in the sheet “Beats” and the comparison follows.", None),
    ):  # fmt: skip
        about.append([safe_cell(v) if v is not None else None for v in line])
    about.column_dimensions["A"].width = 28
    book.save(path)


def read_workbook(path: Path) -> dict[str, pd.DataFrame]:
    """Read the workbook's sheets as they are written, formulas as text; for checking it."""
    return pd.read_excel(path, sheet_name=None, header=None, dtype=object, engine="openpyxl", engine_kwargs={"data_only": False})  # fmt: skip
