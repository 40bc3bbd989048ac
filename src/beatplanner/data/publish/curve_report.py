"""The curve of change budgets as a table and a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from beatplanner.data.findings import decimals_of_share
from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.publish.translation import Speech, in_own_percents
from beatplanner.data.result.cells import RUN_CARD, write_csv, write_twin
from beatplanner.data.result.run_card import cards_of

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

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


# Sentences and captions of the page.
TITLE = "What change buys"
GUIDE = "Each point is a plan under another limit on the share of residents who change beat. Travel is hours of work × metres to the middle of the beat. The rule of balance is ±{tolerance}."
TRUST = "A relationship-year is a resident whose officer has served their beat for a year; kept is what lines leave of them while every officer stays."
HOLLOW = "A hollow point could not meet its rules: so little change is not enough."
PICTURE = "Travel and greatest deviation against the share of residents who change beat"
KEPT = "{kept} of {today} ({share})"
AXES = ("Travel, million hours × m", "Greatest deviation, %", "Residents who change beat, %")
STATES = ("All rules met", "not all rules met", "not known")
FREE = "no limit"
SHEET = "Change and travel"
WORDS = (
    *COLUMNS.values(),
    SHEET,
    RUN_CARD,
    TITLE,
    GUIDE,
    TRUST,
    HOLLOW,
    PICTURE,
    KEPT,
    *AXES,
    *STATES,
    FREE,
    "Rules",
    "yes",
    "no",
)


def write_curve(out: Path, name: str, rows: list[Row], tolerance: float, language: str = "en") -> None:
    """Write ``curve.csv``, ``curve.xlsx`` and ``curve.html``; `rows` as `run_curve` returns them, page and workbook in a language of the forum."""
    t = Speech(language)
    trust = any(row["relationship_years_today"] for row in rows)
    table = [[round(row[c], 4) if isinstance(row[c], float) else row[c] for c in COLUMNS] for row in rows]
    write_csv(out / "curve.csv", list(COLUMNS), table)
    yes = {True: t.text("yes"), False: t.text("no")}
    said = [[yes[v] if isinstance(v, bool) else v for v in line] for line in table]
    card = cards_of(out, (str(row["folder"]) for row in rows), t.text, t.percent)
    write_twin(
        out / "curve.xlsx",
        [t.text(c) for c in COLUMNS.values()],
        said,
        card=card,
        titles=(t.text(SHEET), t.text(RUN_CARD)),
    )
    cells = "".join(
        f"<tr><td><a href='{escape(row['folder'])}/report.html'>{escape(_limit(t, row))}</a></td><td>{_share(t, row['moved_share'])}</td>"
        f"<td>±{_share(t, row['max_deviation'])}</td><td>{t.number(row['travel'])}</td>{_kept(t, row) if trust else ''}"
        f"<td>{t.text(STATES[0 if row['feasible'] else 1])}</td></tr>"
        for row in rows
    )
    sentences = [
        t.text(GUIDE, tolerance=t.percent(tolerance, decimals_of_share(tolerance))),
        *([t.text(TRUST)] if trust else []),
    ]
    sentences += [] if all(r["feasible"] for r in rows) else [t.text(HOLLOW)]
    heads = ("budget", "moved_share", "max_deviation", "travel", *(["relationship_years_kept"] if trust else []))
    head = "".join(f"<th>{escape(h)}</th>" for h in [*(t.text(COLUMNS[c]) for c in heads), t.text("Rules")])
    title = f"{name}: {t.text(TITLE)}"
    page = f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}td,th{{padding:.35rem .5rem;border-bottom:1px solid #ccc;text-align:left}}
.wide{{overflow-x:auto}}img{{max-width:100%}}</style></head><body>
<h1>{escape(title)}</h1>
<p>{escape(" ".join(sentences))}</p>
<img alt="{escape(t.text(PICTURE))}" src="{_chart(t, rows, tolerance)}">
<div class="wide"><table><thead><tr>{head}</tr></thead>
<tbody>{cells}</tbody></table></div></body></html>
"""
    (out / "curve.html").write_text(page, encoding="utf-8")


def _share(t: Speech, share: float) -> str:
    return t.percent(share, 1)


def _limit(t: Speech, row: Row) -> str:
    """Return a limit in words."""
    return t.text(FREE) if row["budget"] == "free" else in_own_percents(str(row["budget"]), t.locale)


def _kept(t: Speech, row: Row) -> str:
    today, kept = row["relationship_years_today"], row["relationship_years_kept"]
    if not today:
        return f"<td>{t.text(STATES[2])}</td>"
    return f"<td>{t.text(KEPT, kept=t.number(kept), today=t.number(today), share=_share(t, kept / today))}</td>"


# Pixels at which points are one, of a letter of a label and of its line with a gap; a pixel in points.
ONE, LETTER, LINE, POINT = 4.0, 7.0, 14.0, 0.72


def labels_apart(texts: Sequence[str], places: Sequence[tuple[float, float]]) -> list[tuple[str, int, float]]:
    """Return labels of points of which none is written over another: the text, the point that it stands at, and how much higher than usual, in points.

    Parameters
    ----------
    texts
        Of each point; those of points that are one on the picture stand in one label.
    places
        Of each point, in pixels.
    """
    groups: list[list[int]] = []
    for k, (x, y) in enumerate(places):
        same = (g for g in groups if abs(places[g[0]][0] - x) <= ONE and abs(places[g[0]][1] - y) <= ONE)
        group = next(same, None)
        if group is None:
            groups.append([k])
        else:
            group.append(k)
    boxes: list[tuple[float, float, float]] = []
    found: list[tuple[str, int, float]] = []
    for group in sorted(groups, key=lambda g: places[g[0]][1]):
        text = ", ".join(dict.fromkeys(texts[k] for k in group))
        (x, foot), wide = places[group[0]], LETTER * len(text)
        y = foot
        for left, low, width in sorted(boxes, key=lambda b: b[1]):
            if x < left + width and left < x + wide and abs(y - low) < LINE:
                y = low + LINE
        boxes.append((x, y, wide))
        found.append((text, group[0], (y - foot) * POINT))
    return found


def _chart(t: Speech, rows: list[Row], tolerance: float) -> str:
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
    left.set_ylabel(t.text(AXES[0]))
    right.axhline(100 * tolerance, color="#757575", linestyle="--", linewidth=1)
    right.set_ylabel(t.text(AXES[1]))
    for axes in (left, right):
        axes.set_xlabel(t.text(AXES[2]))
        axes.set_ylim(bottom=0, top=1.12 * axes.get_ylim()[1])
        axes.grid(color="#e0e0e0")
        axes.spines[["top", "right"]].set_visible(False)
        values = [row["travel"] / 1e6 if axes is left else 100 * row["max_deviation"] for row in points]
        places = [axes.transData.transform(place) for place in zip(moved, values, strict=True)]
        for text, k, rise in labels_apart(
            [_limit(t, row) for row in points], [(float(x), float(y)) for x, y in places]
        ):
            axes.annotate(text, (moved[k], values[k]), textcoords="offset points", xytext=(4, 6 + rise), fontsize=8)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
