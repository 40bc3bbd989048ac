"""Survey waves as tables and a page with intervals; beats in the order of their names."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd

from beatplanner.data.errors import InputError
from beatplanner.data.output_place import cannot_write
from beatplanner.data.result.cells import write_csv


def write_survey_files(
    out: Path,
    project: str,
    waves: list[str],
    questions: list[str],
    rows: pd.DataFrame,
    changes: pd.DataFrame,
    notes: list[str],
) -> None:
    """Write ``survey.csv``, ``changes.csv`` and ``survey.html``; see `beatplanner.planning.compare.surveys.Survey` for the tables.

    Raises
    ------
    InputError
        Where the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_csv(out / "survey.csv", list(rows.columns), rows.itertuples(index=False))
        write_csv(out / "changes.csv", list(changes.columns), changes.itertuples(index=False))
        (out / "survey.html").write_text(_page(project, waves, questions, rows, changes, notes), encoding="utf-8")
    except OSError as error:
        raise InputError(cannot_write(error, out)) from None


def _page(
    project: str, waves: list[str], questions: list[str], rows: pd.DataFrame, changes: pd.DataFrame, notes: list[str]
) -> str:
    parts: list[str] = []
    own = changes[changes["beat"] != ""]
    clear, all_changes = int(own["clear"].sum()), len(own)
    if all_changes:
        chance = 0.05 * all_changes
        many = "1 change in a single beat" if all_changes == 1 else f"{all_changes} changes in single beats"
        parts.append(
            f"<p>Of {many} {clear} {'is' if clear == 1 else 'are'} clear of chance at 95 %; about {chance:.0f} would be by chance alone even if nothing had "
            "changed, so look at the last row of each table first, which compares the same beats each time.</p>"
        )
    for q in questions:
        here = rows[rows["question"] == q]
        share = bool((here["kind"] == "share").all())
        highest = here["high"].dropna().astype(float)
        top = 1.0 if share or highest.empty else float(highest.max()) or 1.0
        head = "".join(f"<th scope='col'>{escape(w)}</th>" for w in waves)
        body: list[str] = []
        beats: list[str] = list(dict.fromkeys(here["beat"]))
        for beat in beats:
            mine = here[here["beat"] == beat]
            cells = "".join(_cell(_first(mine, "wave", w), top, share) for w in waves)
            moved = changes[(changes["question"] == q) & (changes["beat"] == beat)]
            said = "<td>–</td>"
            if len(moved):
                c = moved.iloc[0]
                unit = 100 if share else 1
                mark = "clear" if c["clear"] else "may be chance"
                said = f"<td class='n'>{unit * c['change']:+.1f}{' points' if share else ''}<br><small>{unit * c['low']:+.1f} to {unit * c['high']:+.1f}; {mark}</small></td>"
            name = f"{mine.iloc[0]['name']}" + (
                f" ({beat})" if beat and f"({beat})" not in mine.iloc[0]["name"] else ""
            )
            body.append(f"<tr{' class=all' if not beat else ''}><th scope='row'>{escape(name)}</th>{cells}{said}</tr>")
        parts.append(
            f"<h2>{escape(q)}</h2><table><thead><tr><th></th>{head}<th scope='col' class='n'>Change</th></tr></thead><tbody>{''.join(body)}</tbody></table>"
        )
    warned = "".join(f"<p class='warn'>{escape(n)}</p>" for n in notes)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(project)}: before and after</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{{font:16px/1.45 system-ui,"Segoe UI",sans-serif;max-width:70rem;margin:1.5rem auto;padding:0 1rem;color:#1a1a1a}}h2{{border-bottom:2px solid #08306b;margin-top:2rem}}
table{{border-collapse:collapse;width:100%}}td,th{{padding:.35rem .6rem;border-bottom:1px solid #d6dbe1;text-align:left;vertical-align:top;font-weight:400}}thead th{{font-weight:600}}
tr.all th,tr.all td{{background:#eef2f7;font-weight:600}}.n{{text-align:right}}small{{color:#555;font-weight:400}}.warn{{background:#fff3cd;border-left:4px solid #b58900;padding:.4rem .7rem}}
.i{{display:block;position:relative;height:.6rem;background:#edf0f4;margin-top:.2rem;min-width:9rem}}.i i{{position:absolute;top:.2rem;height:.2rem;background:#4a7fb5}}.i b{{position:absolute;top:0;width:.2rem;height:.6rem;background:#08306b}}</style></head><body>
<h1>{escape(project)}: before and after</h1>
<p>What residents say, with the number of answers and the interval in which the true figure lies 19 times of 20. Beats stand in the order of their names:
this is no ranking, and nothing in it counts crimes.</p>{warned}{"".join(parts)}</body></html>
"""


def _first(rows: pd.DataFrame, column: str, value: str) -> pd.Series:
    """Return the first row that has a value in a column."""
    return rows[rows[column] == value].iloc[0]


def _cell(r: pd.Series, top: float, share: bool) -> str:
    if r["value"] is None or pd.isna(r["value"]):
        return f"<td>{'no answers' if not r['n'] else 'too few answers'}</td>"
    low, value, high = (float(r[k]) for k in ("low", "value", "high"))
    text = (
        f"{value:.0%} <small>{low:.0%} to {high:.0%}, {r['n']:,} answers</small>"
        if share
        else f"{value:.2f} <small>{low:.2f} to {high:.2f}, {r['n']:,} answers</small>"
    )
    left, width, at = (100 * max(0.0, v) / top for v in (low, high - low, value))
    return f"<td>{text}<span class='i'><i style='left:{left:.1f}%;width:{width:.1f}%'></i><b style='left:{at:.1f}%'></b></span></td>"
