"""The curve of change budgets as a table and a page."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.result.cells import write_csv, write_twin

# Columns of curve.csv, and what they are called in the workbook beside it.
COLUMNS = {
    "budget": "Residents that may change beat",
    "moved_share": "Share of residents that do",
    "max_deviation": "Greatest deviation, share of the mean",
    "relationship_years_kept": "Relationship-years kept",
    "relationship_years_today": "Relationship-years today",
    "travel": "Travel, hours × m",
    "lower_bound": "Least travel possible, as proven",
    "feasible": "All rules met",
    "folder": "Folder of the plan",
}


def write_curve(out: Path, name: str, rows: list[dict[str, Any]], tolerance: float) -> None:
    """Write ``curve.csv``, ``curve.xlsx`` and ``curve.html``; `rows` as `run_curve` returns them."""
    trust = any(row["relationship_years_today"] for row in rows)
    table = [[round(row[c], 4) if isinstance(row[c], float) else row[c] for c in COLUMNS] for row in rows]
    write_csv(out / "curve.csv", list(COLUMNS), table)
    said = [[{True: "yes", False: "no"}[v] if isinstance(v, bool) else v for v in line] for line in table]
    write_twin(out / "curve.xlsx", list(COLUMNS.values()), said)
    cells = "".join(
        f"<tr><td><a href='{escape(row['folder'])}/report.html'>{escape(row['budget'])}</a></td><td>{row['moved_share']:.1%}</td>"
        f"<td>±{row['max_deviation']:.1%}</td><td>{row['travel']:,.0f}</td>{_kept(row) if trust else ''}"
        f"<td>{'all met' if row['feasible'] else 'relaxed'}</td></tr>"
        for row in rows
    )
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(name)}: what change buys</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}td,th{{padding:.35rem .5rem;border-bottom:1px solid #ccc;text-align:left}}
img{{max-width:100%}}</style></head><body>
<h1>{escape(name)}: what change buys</h1>
<p>Each point is a plan under another limit on the share of residents who change beat. Travel is workload × metres to the beat's centre;
the rule of balance is ±{tolerance:.1%}.{TRUST if trust else ""}{HOLLOW if not all(r["feasible"] for r in rows) else ""}</p>
<img alt="Travel and greatest deviation against the share of residents moved" src="{_chart(rows, tolerance)}">
<table><thead><tr><th>Residents that may change beat</th><th>that do</th><th>Greatest deviation</th><th>Travel, hours × m</th>{"<th>Relationship-years kept</th>" if trust else ""}<th>Rules</th></tr></thead>
<tbody>{cells}</tbody></table></body></html>
"""
    (out / "curve.html").write_text(page, encoding="utf-8")


TRUST = """ A relationship-year is a resident whose officer has served their beat for a year; kept is what lines leave of them while every
officer stays."""


HOLLOW = " A hollow point could not meet its rules: so little change is not enough."


def _kept(row: dict[str, Any]) -> str:
    today, kept = row["relationship_years_today"], row["relationship_years_kept"]
    return f"<td>{kept:,.0f} of {today:,.0f} ({kept / today:.1%})</td>" if today else "<td>not known</td>"


def _chart(rows: list[dict[str, Any]], tolerance: float) -> str:
    figure = plain_figure(9, 4)
    left, right = figure.subplots(1, 2)
    points = sorted(rows, key=lambda row: row["moved_share"])
    moved = [100 * row["moved_share"] for row in points]
    # a plan that breaks a rule is no plan to choose: its point is hollow and off the line
    kept = [bool(row["feasible"]) for row in points]
    for axes, values, colour in (
        (left, [row["travel"] / 1e6 for row in points], "#08306b"),
        (right, [100 * row["max_deviation"] for row in points], "#cb181d"),
    ):
        axes.plot(
            [x for x, k in zip(moved, kept, strict=True) if k],
            [v for v, k in zip(values, kept, strict=True) if k],
            marker="o",
            color=colour,
        )
        axes.plot(
            [x for x, k in zip(moved, kept, strict=True) if not k],
            [v for v, k in zip(values, kept, strict=True) if not k],
            "o",
            mfc="white",
            mec=colour,
        )
    left.set_ylabel("travel, million hours × m")
    right.axhline(100 * tolerance, color="#757575", linestyle="--", linewidth=1)
    right.set_ylabel("greatest deviation, %")
    for axes in (left, right):
        axes.set_xlabel("residents who change beat, %")
        axes.set_ylim(bottom=0, top=1.12 * axes.get_ylim()[1])
        axes.grid(color="#e0e0e0")
        axes.spines[["top", "right"]].set_visible(False)
        for x, row in zip(moved, points, strict=True):
            value = row["travel"] / 1e6 if axes is left else 100 * row["max_deviation"]
            axes.annotate(row["budget"], (x, value), textcoords="offset points", xytext=(4, 6), fontsize=8)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
