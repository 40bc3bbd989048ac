"""The country as tables and a page: municipalities, regions, what the ministry has, and the share-out step by step."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.formats.frames import records
from beatplanner.data.formats.geometry import dissolved
from beatplanner.data.publish.comparison_words import share_in_words
from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.cells import write_csv
from beatplanner.data.result.plan_tables import PlanTables

HEADS = {
    "name": "Name",
    "region": "Region",
    "units": "Units",
    "beats": "Beats",
    "residents": "Residents",
    "hours": "Hours of work a year",
    "officers_required": "Officers needed",
    "posts": "Posts",
    "officers_shared": "Officers shared out",
    "officers_missing": "Officers missing",
    "officers_over": "Officers over",
    "posts_unstaffed": "Posts without an officer",
    "hours_per_officer": "Hours per officer",
    "max_deviation": "Greatest deviation",
    "stations": "Stations",
    "money": "Money, all years",
    "service_minutes": "Minutes until somebody is there",
    "service_own": "Calls answered by the own officer",
    "service_people": "Time on duty left for people",
    "service_wait": "Calls that wait",
    "service_lost": "Calls lost",
}
SHARES = {
    "municipality": "Municipality",
    "hours": "Hours of work a year",
    "quota": "Exact share",
    "at_minimum": "At the minimum",
    "whole": "Whole officers",
    "remainder": "Remainder",
    "rank": "Rank of the remainder",
    "officers": "Officers",
}
TITLE, MAP, NOBODY = (
    "{name}: the country",
    "Map of the municipalities by hours of work per officer",
    ("1 beat gets no officer: {beats}.", "{n} beats get no officer: {beats}."),
)
BY_REGION, BY_TOWN, SHARED = "By region", "By municipality", "How the officers are shared out"
RULE = (
    "Each municipality's exact share is by its hours of work. Who would get less than the minimum gets the minimum; the others get the whole part of "
    "their share, and the officers that are left go one each to the largest remainders."
)
SUM = "Beats: {beats}. Residents: {residents}. Hours of work a year: {hours}. Officers that this asks for: {officers}."
HAS = "The ministry has {n} officers."
GAP, OVER = (
    "Municipalities lack {n} of what their work asks for.",
    "Municipalities have {n} more than their work asks for.",
)
EXACT, VACANT = "That is exactly what the work asks for.", "Posts of the plan that stay empty: {n}."
LOAD, STATION, NO_REGION = "hours of work a year per officer", "station", "(no region)"
WORDS = (
    *HEADS.values(),
    *SHARES.values(),
    *(
        TITLE,
        MAP,
        NOBODY,
        BY_REGION,
        BY_TOWN,
        SHARED,
        RULE,
        SUM,
        HAS,
        GAP,
        OVER,
        EXACT,
        VACANT,
        LOAD,
        STATION,
        NO_REGION,
        "yes",
    ),
)


def write_country_files(
    folder: Path,
    tables: PlanTables,
    table: pd.DataFrame,
    shares: pd.DataFrame | None,
    notes: list[str],
    empty: tuple[str, ...] = (),
    language: str = "en",
) -> None:
    """Write ``country.csv``, ``share-out.csv`` and ``country.html``; see `beatplanner.planning.whole.country.CountryPlan` for the tables, and a language of the forum for the page."""
    write_csv(folder / "country.csv", list(table.columns), _rounded(table).itertuples(index=False))
    if shares is not None:
        write_csv(folder / "share-out.csv", list(shares.columns), _rounded(shares).itertuples(index=False))
    t = Speech(language)
    country = table.iloc[-1]
    name = escape(str(country["name"]))
    parts = [f"<p>{escape(_sentence(country, t))}</p>"]
    if empty:
        parts.append(f"<p class='warn'>{escape(t.count(*NOBODY, len(empty), beats=t.listed(list(empty), 12)))}</p>")
    parts += [f"<p class='warn'>{escape(without_keys(in_language(n, language), language))}</p>" for n in notes]
    parts.append(f"<img alt='{escape(t.text(MAP), quote=True)}' src='{_map(tables, table, t)}'>")
    heads = {k: v for k, v in HEADS.items() if not table[k].isna().all() and not (table[k].astype(str) == "").all()}
    for level, title in (("region", BY_REGION), ("municipality", BY_TOWN)):
        rows = table[table["level"] == level]
        if len(rows):
            more = (
                table[table["level"] == "country"]
                if level == "region" or not (table["level"] == "region").any()
                else rows.iloc[:0]
            )
            parts.append(f"<h2>{escape(t.text(title))}</h2>" + _table(pd.concat([rows, more]), heads, t))
    if shares is not None:
        parts.append(f"<h2>{escape(t.text(SHARED))}</h2><p>{escape(t.text(RULE))}</p>" + _table(shares, SHARES, t))
    title = escape(t.text(TITLE, name=str(country["name"])))
    page = f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>body{{font:16px/1.5 system-ui,"Segoe UI",sans-serif;max-width:80rem;margin:1.5rem auto;padding:0 1rem;color:#1a1a1a}}h2{{border-bottom:2px solid #08306b;margin-top:2rem}}
table{{border-collapse:collapse;width:100%;font-size:.9rem}}td,th{{padding:.3rem .5rem;border-bottom:1px solid #d6dbe1;text-align:left;vertical-align:top}}
td.n,th.n{{text-align:right;font-variant-numeric:tabular-nums}}img{{max-width:100%}}.warn{{background:#fff3cd;border-left:4px solid #b58900;padding:.4rem .7rem}}
tr.sum td{{font-weight:600;background:#eef2f7}}.scroll{{overflow-x:auto}}</style></head><body>
<h1>{name}</h1>{"".join(parts)}</body></html>
"""
    (folder / "country.html").write_text(page, encoding="utf-8")


def _sentence(c: pd.Series, t: Speech) -> str:
    residents = "–" if np.isnan(c["residents"]) else t.number(c["residents"])
    fields = {"beats": t.number(c["beats"]), "residents": residents, "hours": t.number(c["hours"])}
    parts = [t.text(SUM, officers=t.number(c["officers_required"]), **fields)]
    if not np.isnan(c["officers_shared"]):
        gap, over, posts = c["officers_missing"], c["officers_over"], c["posts_unstaffed"]
        parts.append(t.text(HAS, n=t.number(c["officers_shared"])))
        parts += [t.text(words, n=t.number(n)) for words, n in ((GAP, gap), (OVER, over)) if n > 0]
        parts += [] if gap > 0 or over > 0 else [t.text(EXACT)]
        parts += [t.text(VACANT, n=t.number(posts))] if posts > 0 else []
    return " ".join(parts)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose numbers are told as exactly as they mean something: hours, money and shares to four places."""
    return table.assign(**{c: table[c].round(4) for c in table.columns if pd.api.types.is_float_dtype(table[c])})


def _cell(key: str, value: Any, t: Speech) -> tuple[str, str]:
    if isinstance(value, bool | np.bool_):
        return "", t.text("yes") if value else ""
    if isinstance(value, str):
        return "", escape(t.text(NO_REGION) if value == NO_REGION else value)
    if value is None or np.isnan(value):
        return "n", "–"
    if key == "max_deviation":
        return "n", f"±{share_in_words(value, 1, t)}"
    if key in ("service_own", "service_people"):
        return "n", share_in_words(value, 0, t)
    if key in ("service_wait", "service_lost"):
        return "n", share_in_words(value, 1, t)
    if key == "service_minutes":
        return "n", t.number(value, 1)
    return "n", t.number(value, 2) if key in ("quota", "remainder") else t.number(value)


def _table(rows: pd.DataFrame, heads: dict[str, str], t: Speech) -> str:
    numbers = {k for k in heads if pd.api.types.is_numeric_dtype(rows[k]) and not pd.api.types.is_bool_dtype(rows[k])}
    head = "".join(
        f"<th scope='col'{' class=n' if k in numbers else ''}>{escape(t.text(v))}</th>" for k, v in heads.items()
    )
    body: list[str] = []
    for row in records(rows):
        cells = "".join("<td class='{}'>{}</td>".format(*_cell(k, row[k], t)) for k in heads)
        body.append(f"<tr{' class=sum' if row.get('level') == 'country' else ''}>{cells}</tr>")
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"


def _map(tables: PlanTables, table: pd.DataFrame, t: Speech) -> str:
    rows = table[table["level"] == "municipality"].set_index("name")
    shapes = tables.units[["municipality", "geometry"]].assign(municipality=tables.units["municipality"].astype(str))
    shapes = dissolved(shapes, "municipality").set_index("municipality")
    load = rows["hours_per_officer"].reindex(shapes.index)
    west, south, east, north = shapes.total_bounds
    figure = plain_figure(10, float(np.clip(10 * (north - south) / max(east - west, 1), 4, 12)))
    axes = figure.subplots()
    shapes.assign(load=load).plot(
        ax=axes,
        column="load",
        cmap="YlOrBr",
        edgecolor="#444444",
        linewidth=0.5,
        legend=True,
        missing_kwds={"color": "#e4e4e4"},
        legend_kwds={"label": t.text(LOAD), "shrink": 0.6},
    )
    if tables.stations is not None:
        axes.scatter(
            tables.stations.geometry.x,
            tables.stations.geometry.y,
            s=9,
            color="#08306b",
            edgecolor="white",
            linewidth=0.4,
            zorder=3,
            label=t.text(STATION),
        )
        axes.legend(loc="lower left", fontsize=8)
    axes.set_axis_off()
    axes.set_aspect("equal")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
