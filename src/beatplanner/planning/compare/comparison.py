"""Plans side by side, today's always first: every figure by block, what changes for whom, and the maps' data.

Figures are computed from the tables of the plans alone, so that a comparison can be checked without its inputs. Plans with different numbers of
beats are compared by people and by officers, never by a beat's number::

    hours per officer of a beat  = workload of the beat / its posts (of today's beats: the roster's officers in it)
    protected community hours    = Σ over beats min(promised, max(0, posts × hours on the beat × (1 − admin share) − reactive − fixed))
    residents who change officer = residents of today's beats none of whose officers serves their new beat in the first month
    mean way                     = Σ workload × metres to the beat's centre unit / Σ workload
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.paths import relative_or_whole, whole_path
from beatplanner.data.publish.comparison_files import Said, check_comparison_place, write_comparison
from beatplanner.data.publish.comparison_words import ENGLISH, fields_said
from beatplanner.data.publish.draft_words import draft_in_words
from beatplanner.data.publish.force_language import content_speech, own_words
from beatplanner.data.publish.templates import filled
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.cells import readable
from beatplanner.data.result.comparison import (
    BeatRow,
    ComparedColumn,
    Comparison,
    CurvePoint,
    FigureBlock,
    FigureRow,
    PlanMap,
    PricedRules,
    Robustness,
    read_rule_prices,
)
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.names import language_title
from beatplanner.data.result.run_card import card_rows
from beatplanner.data.result.sections import section_of
from beatplanner.planning.compare.columns import (
    AS_REPORTED,
    LEFT_OUT,
    PlanColumn,
    beat_name,
    currency,
    money_base,
    people,
    read_compared,
)
from beatplanner.planning.compare.decision import decision
from beatplanner.planning.compare.figure_rows import BLOCKS, ComparedFigure
from beatplanner.planning.compare.figures import figures_of_column, homes_of, nearest_walk
from beatplanner.planning.compare.sentences import changed_places, old_new_rows, sentences
from beatplanner.planning.versions import versions
from beatplanner.planning.whole.verdict import found_right, found_wrong

# Rows whose labels have fields: those of walks, and those of money by their keys.
WITHIN = "Residents within {minutes} minutes"
SPEAKERS_WITHIN, SPEAKERS_WALK = (
    "{language} speakers within the walking limit",
    "{language} speakers' mean walk, minutes",
)
MONEY = {
    "money_": "Money in {year}, {currency}",
    "money_total": "Money {span}, {currency}",
    "money_posts": "… salaries if each post were paid once, {currency}",
    "officers_paid": "Officers paid, mean of the years",
    "officers_spare": "… without a post or a course, mean of the years",
    "money_spare": "… and what they are paid {span}, {currency}",
    "rollout_": "Spent in {year} as far as the money reaches, {currency}",
    "rollout_total": "… in all years, {currency}",
    "served_": "Residents whose beat has started by the end of {year}",
    "residents_unfunded": "Residents whose beat the money does not reach",
}


# What is said beside rows of money.
WHOLE = "The whole plan, all of it from its first year; today: going on as today."
BY_POSTS = (
    "Posts (today: officers in beats) × what an officer costs a year; people who are paid without a post are left out."
)
ROSTER = "Everybody in the roster from joining until leaving."
COUNTED = (
    "Salaries of the roster, courses, stations and vehicles, by one rule for all columns; forums are left out, as a plan here has none.",
    "Salaries of the roster, courses, stations, vehicles and forums, by one rule for all columns.",
    "Salaries of the roster, courses, stations, vehicles and forums as their places are planned, by one rule for all columns.",
    "Salaries of the roster, courses, stations, vehicles and forums at a flat price for each member and meeting, which is an assumption, by one rule for all columns.",
)


def titles_and_labels() -> list[str]:
    """Return every title of a block and label of a row, for the catalogues."""
    rows = [text for title, figures_ in BLOCKS for text in (title, *(f.label for f in figures_))]
    return list(
        dict.fromkeys(
            [*rows, WITHIN, SPEAKERS_WITHIN, SPEAKERS_WALK, *MONEY.values(), WHOLE, BY_POSTS, ROSTER, *COUNTED]
        )
    )


# ---- the whole comparison


def blocks(columns: Sequence[PlanColumn]) -> list[FigureBlock]:
    """Return the rows by block, those without any figure left out; the columns' figures must be there."""
    more = {"Access on foot": _access_rows(columns), "Officers, stations and money": _money_rows(columns)}
    known: dict[str, str | float] = {"band": columns[0].band, "currency": currency(money_base(columns) or columns[0])}
    found: list[FigureBlock] = []
    for title, rows in BLOCKS:
        shown: list[FigureRow] = []
        for f in (*rows, *more.get(title, ())):
            values = [c.figures.get(f.key) for c in columns]
            if any(v is not None for v in values):
                fields = {**f.fields, **{k: v for k, v in known.items() if f"{{{k}}}" in f.label and k not in f.fields}}
                shown.append(
                    {
                        "key": f.key,
                        "label": filled(f.label, fields_said(ENGLISH, fields)),
                        "kind": f.kind,
                        "better": f.better,
                        "help": f.help,
                        "values": values,
                        "words": f.label,
                        "fields": fields,
                    }
                )
        if shown:
            found.append({"title": title, "rows": shown})
    return found


def _access_rows(columns: Sequence[PlanColumn]) -> list[ComparedFigure]:
    keys = list(dict.fromkeys(k for c in columns for k in c.figures))
    rows = [
        ComparedFigure(k, WITHIN, "share", "more", fields={"minutes": k.removeprefix("within_")})
        for k in keys
        if k.startswith("within_") and k.removeprefix("within_").replace(".", "").isdigit()
    ]
    for group in dict.fromkeys(g for c in columns for g in c.rules.units.groups):
        who = {"language": language_title(group)}
        rows += [
            ComparedFigure(f"within_limit_{group}", SPEAKERS_WITHIN, "share", "more", fields=who),
            ComparedFigure(f"mean_walk_{group}", SPEAKERS_WALK, "decimal", "less", fields=who),
        ]
    return rows


def _money_rows(columns: Sequence[PlanColumn]) -> list[ComparedFigure]:
    """Return the rows of money: the whole plan beside today, people beside posts, and the roll-out where the money limits it."""
    base = money_base(columns)
    if base is None:
        return []
    unit, years = {"currency": currency(base)}, columns[0].money_years
    span = unit | {"span": years[0] if len(years) == 1 else f"{years[0]}–{years[-1]}"}
    ordered = sorted(
        {
            k
            for c in columns
            for k in c.figures
            if k.startswith(("rollout_2", "served_2")) or (k.startswith(("rollout_", "served_")) and k[-1].isdigit())
        }
    )
    rows = [ComparedFigure(f"money_{y}", MONEY["money_"], "money", "less", WHOLE, unit | {"year": y}) for y in years]
    rows.append(ComparedFigure("money_total", MONEY["money_total"], "money", "less", _counted(base), span))
    rows.append(ComparedFigure("money_posts", MONEY["money_posts"], "money", "less", BY_POSTS, unit))
    rows.append(ComparedFigure("officers_paid", MONEY["officers_paid"], "decimal", "", ROSTER))
    rows.append(ComparedFigure("officers_spare", MONEY["officers_spare"], "decimal", "less"))
    rows.append(ComparedFigure("money_spare", MONEY["money_spare"], "money", "less", fields=span))
    rows += [
        ComparedFigure(k, MONEY["rollout_"], "money", fields=unit | {"year": k.removeprefix("rollout_")})
        for k in ordered
        if k.startswith("rollout_")
    ]
    if any("rollout_total" in c.figures for c in columns):
        rows.append(ComparedFigure("rollout_total", MONEY["rollout_total"], "money", fields=unit))
    rows += [
        ComparedFigure(k, MONEY["served_"], "number", "more", fields={"year": k.removeprefix("served_")})
        for k in ordered
        if k.startswith("served_")
    ]
    return [*rows, ComparedFigure("residents_unfunded", MONEY["residents_unfunded"], "number", "less")]


def _counted(base: PlanColumn) -> str:
    """Say what the money of all columns is made of, and by which rule forums are in it."""
    if base.forums == LEFT_OUT:
        return COUNTED[0]
    budget = base.tables.summary["budget"]
    if base.rules.forum is None or "forums" not in budget:
        return COUNTED[1]
    return COUNTED[2 if base.forums == AS_REPORTED and budget["forums"]["rule"] == "ways" else 3]


def compare(
    folders: Sequence[Path],
    out: Path,
    *,
    draws: int = 200,
    seed: int = 0,
    curve: Path | None = None,
    prices: Path | None = None,
    rates: Mapping[str, float] | None = None,
) -> Comparison:
    """Compare plans and write ``comparison.json``, ``comparison.html`` and ``comparison.xlsx``.

    Parameters
    ----------
    folders
        Two result folders or more.
    out
        Folder of the comparison.
    draws, seed
        Of the robustness.
    curve, prices
        Folders that ``beatplanner curve`` and ``beatplanner prices`` made, to be told too.
    rates
        Of another currency, how much is one of the comparison's.

    Returns
    -------
    dict
        The content of ``comparison.json``.

    Raises
    ------
    InputError
        Where the plans cannot be compared.
    """
    from beatplanner.planning.compare.robustness import robustness_figures

    check_comparison_place(out)
    columns = read_compared(folders, rates)
    for column in columns:
        column.figures = figures_of_column(column, columns)
    drawn = robustness_figures(columns, draws=draws, seed=seed)
    content = as_content(columns, out, {"draws": draws, "seed": seed, **drawn})
    if curve is not None:
        content["curve"] = readable(_curve(curve, out))
    if prices is not None:
        content["prices"] = _prices(prices, out)
    maps = [map_of(c, columns) for c in columns]
    speech = content_speech(content)
    drafts = {c.name: draft_in_words(c.tables, rules=False, language=speech.language) for c in columns if not c.today}
    wrong = {c.name: found_wrong(c.folder, speech.text) for c in columns if c.folder is not None}
    right = {c.name: found_right(c.folder, speech.text) for c in columns if c.folder is not None}
    cards = [
        (
            c.name,
            card_rows(
                c.tables.summary,
                wrong=wrong[c.name],
                checked=right[c.name],
                draft=drafts[c.name],
                out_of_date=_out_of_date(c, speech),
                say=speech.text,
                percent=speech.percent,
                known=speech.known,
                day=lambda day: speech.date(day, "medium") if day else "",
            ),
        )
        for c in columns
        if c.folder is not None
    ]
    said = Said([sentences(c, columns[0], money_base(columns), speech) for c in columns], drafts, wrong, right)
    write_comparison(out, content, columns[0].tables.units, maps, _beat_rows(columns), cards, said)
    return content


def _out_of_date(column: PlanColumn, speech: Speech) -> list[str]:
    """Return what has changed since a plan was made; in a language that the sentences on it are not told in, that something has."""
    if not column.out_of_date or speech.language == "en":
        return list(column.out_of_date)
    return [speech.text("the data or the rules of this plan have changed since.")]


def _curve(folder: Path, out: Path) -> list[CurvePoint]:
    """Return the points of a curve of change budgets: what each allows, moves and buys, and where its plan is."""
    rows: list[CurvePoint] = []
    for place in sorted(folder.glob("moved-*")):
        if not (place / "summary.json").is_file():
            continue
        tables = read_result(place)
        section, limit = tables.summary["beats"], section_of(tables.summary["rules"], "beats").get("max_moved")
        hours = float(tables.units["workload"].sum())
        travel = section_of(tables.summary["rules"], "beats").get("objective") == "travel" and hours > 0
        bound = section["lower_bound"]
        rows.append(
            {
                "budget": "free" if limit is None else f"{limit:.0%}",
                "moved_share": section["moved_share"],
                "max_deviation": section["max_deviation"],
                "travel": section["objective"],
                "mean_way": section["objective"] / hours if travel else None,
                "mean_way_bound": bound / hours if travel and bound is not None else None,
                "feasible": bool(tables.summary["feasible"]),
                "folder": relative_or_whole(whole_path(place), whole_path(out)),
            }
        )
    if not rows:
        raise InputError(
            problem("there is no curve in this folder", "Give one that “beatplanner curve” made", file=folder)
        )
    return sorted(rows, key=lambda r: float("inf") if r["budget"] == "free" else float(r["budget"].rstrip("%")))


def _prices(folder: Path, out: Path) -> PricedRules:
    """Return the sentences of the prices of rules, what they are made of, and where their plans are."""
    content = read_rule_prices(folder)
    where = relative_or_whole(whole_path(folder), whole_path(out))
    return {"sentences": content["sentences"], "prices": content["prices"], "folder": where}


def map_of(c: PlanColumn, columns: Sequence[PlanColumn]) -> PlanMap:
    """Return what a map of the plan shows: beat, hours per officer and walk of each unit, and the stations."""
    frame = pd.DataFrame({"beat": c.beat, "workload": c.units["workload"].to_numpy(float)})
    hours = frame.groupby("beat")["workload"].sum()
    load = [hours[b] / c.posts[b] if b is not None and c.posts.get(b) else None for b in c.beat]
    walk = np.full(len(c.beat), np.nan)
    if c.rules.stations is not None and c.open is not None:
        weight, of_unit = homes_of(c.tables)
        metres = nearest_walk(c, columns, len(weight))
        if metres is not None:
            able = np.isfinite(metres)
            # units without residents count their homes alike
            count = np.bincount(of_unit, weights=weight, minlength=len(walk))[of_unit]
            each = np.where(able, np.where(count > 0, weight, 1.0), 0.0)
            total = np.bincount(of_unit, weights=each, minlength=len(walk))
            way = np.bincount(of_unit[able], weights=(each * np.where(able, metres, 0.0))[able], minlength=len(walk))
            speed = c.rules.stations.walk_kmh * 1000 / 60
            walk = np.divide(way, total * speed, out=np.full(len(walk), np.nan), where=total > 0)
    spots: list[tuple[Any, ...]] = []
    sites = c.tables.sites
    if sites is not None and c.open is not None:
        here = sites[sites["station"].astype(str).isin(c.open)]
        labels = here["name"] if "name" in here else here["station"]
        spots = list(zip(here.geometry.x, here.geometry.y, labels.astype(str), here["existing"], strict=True))
    return {"beat": list(c.beat), "load": load, "walk": walk, "stations": spots}


def _beat_rows(columns: Sequence[PlanColumn]) -> list[BeatRow]:
    """Return one row a beat and plan, for the workbook."""
    rows: list[BeatRow] = []
    for c in columns:
        frame = pd.DataFrame(
            {"beat": c.beat, "workload": c.units["workload"].to_numpy(float), "residents": people(c.units)}
        )
        for beat, r in frame[frame["beat"].notna()].groupby("beat"):
            rows.append(
                {
                    "column": c.name,
                    "beat": beat,
                    "name": beat_name(c, str(beat)),
                    "workload": float(r["workload"].sum()),
                    "residents": float(r["residents"].sum()),
                    "posts": c.posts.get(str(beat), 0.0),
                }
            )
    return rows


def as_content(columns: Sequence[PlanColumn], out: Path, robustness: Robustness) -> Comparison:
    """Return the content of ``comparison.json``."""
    out = whole_path(out)
    entries: list[ComparedColumn] = []
    for c in columns:
        folder = None if c.folder is None else relative_or_whole(c.folder, out)
        entry: ComparedColumn = {
            "exchange": c.exchange,
            "name": c.name,
            "about": c.about,
            "today": c.today,
            "folder": folder,
            "stale": list(c.stale),
            "out_of_date": list(c.out_of_date),
        }
        if c.folder is not None:
            entry = {
                **entry,
                "plan_sha256": file_hash(c.folder / "plan.gpkg"),
                "summary_sha256": file_hash(c.folder / "summary.json"),
                "report": (c.folder / "report.html").is_file(),
                "made_on": c.tables.summary.get("made_on") or "",
                "clashes": list(c.tables.summary.get("clashes", [])),
            }
        entries.append(entry)
    first, rows = columns[0], blocks(columns)
    # the first in which the force's forums are spoken to
    language = first.rules.forum.languages[0] if first.rules.forum is not None else "en"
    terms = {} if first.rules.forum is None else own_words(first.rules.forum.terms, language)
    project = str(first.tables.summary.get("project", ""))
    content: Comparison = {
        "version": 1,
        "project": project,
        "language": language,
        # the force's own words in that language, and what it calls the project
        "terms": terms,
        "project_said": terms.get(project, project),
        "residents": float(people(first.units).sum()),
        "counted_in": "hours of work" if np.isnan(first.units["population"].to_numpy(float)).any() else "residents",
        "columns": entries,
        "blocks": rows,
        "decision": decision(columns, rows),
        "sentences": [sentences(c, columns[0], money_base(columns)) for c in columns],
        "moves": [old_new_rows(c) for c in columns],
        "places": [changed_places(c) for c in columns],
        "robustness": robustness,
        "budgets": [None if c.today else c.tables.summary.get("budget") for c in columns],
        "currency": None if money_base(columns) is None else currency(money_base(columns) or columns[0]),
        "money_years": list(columns[0].money_years),
        "versions": versions(),
    }
    return readable(content)
