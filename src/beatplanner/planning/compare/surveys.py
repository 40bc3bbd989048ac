"""Before and after: what residents say in survey waves, by beat, with sample size and interval, and what changed with its uncertainty.

A share is told with Wilson's interval, a change of shares with Newcombe's (hybrid score, method 10; Statistics in Medicine 17, 1998), a mean with the
normal interval. A design effect (1 for a simple random sample) divides the sample size. The town's figure weights beats by residents::

    p = Σ w_b p_b,   var = Σ w_b² p_b (1 − p_b) / n_b

Beats stand in the order of their names, never of their results, and nothing here counts crimes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.layers import read_table
from beatplanner.data.publish.survey_report import write_survey_files
from beatplanner.data.result.plan_tables import PlanTables

Z = 1.959963984540054
# Fewer answers say too little about a beat, and could point at people.
FEWEST = 20
COLUMNS = ("beat", "wave", "question", "n")


@dataclass(frozen=True)
class Survey:
    """Survey results.

    Attributes
    ----------
    waves, questions
        In the order of the file.
    rows
        One row a question, beat (the town's is ``""``) and wave: ``question``, ``beat``, ``name``, ``wave``, ``n``, ``value``, ``low``, ``high``, ``kind``
        (``"share"`` or ``"mean"``); value and interval are None where there are fewer answers than told about.
    changes
        One row a question and beat: ``question``, ``beat``, ``name``, ``first``, ``last`` (waves), ``change``, ``low``, ``high``, ``clear`` (whether the
        interval leaves out zero).
    notes
        Doubts.
    """

    waves: list[str]
    questions: list[str]
    rows: pd.DataFrame
    changes: pd.DataFrame
    notes: tuple[Note, ...]


def read_survey(file: Path, tables: PlanTables) -> Survey:
    """Read survey waves of a plan's beats.

    Parameters
    ----------
    file
        Columns ``beat``, ``wave``, ``question``, ``n`` (answers), and ``yes`` (how many agree) or ``mean`` and ``sd``; optionally ``design_effect``.
    tables
        The plan, for the beats' names and residents.

    Raises
    ------
    InputError
        With each row that is wrong.
    """
    frame, _ = read_table(file, None, list(COLUMNS), ["yes", "mean", "sd", "design_effect"])
    assert tables.beats is not None
    names = dict(zip(tables.beats["beat"].astype(str), tables.beats["name"].astype(str), strict=True))
    weight = dict(zip(tables.beats["beat"].astype(str), tables.beats["population"].fillna(1.0), strict=True))
    problems: list[Note] = []
    told: list[dict[str, Any]] = []
    for number, r in enumerate(frame.to_dict("records"), 2):
        place = {"file": file.name, "row": str(number)}
        beat = _text(r["beat"])
        if beat not in names:
            problems.append(problem(f"the plan has no beat “{beat}”", did_you_mean(beat, names) or f"The beats are: {listed(names)}", **place, field="beat"))  # fmt: skip
            continue
        n, yes, mean, sd, effect = (_number(r.get(k)) for k in ("n", "yes", "mean", "sd", "design_effect"))
        if n is None or n < 0 or n != int(n):
            problems.append(problem("the number of answers must be a whole number", "Give how many people answered", **place, field="n"))  # fmt: skip
        elif (yes is None) == (mean is None or sd is None):
            problems.append(problem("give either how many agree or a mean with its standard deviation", "Fill in yes, or mean and sd", **place, field="yes"))  # fmt: skip
        elif yes is not None and not 0 <= yes <= n:
            problems.append(problem(f"{yes:g} agree, but {n:g} answered", "Give a count, not a percentage", **place, field="yes"))  # fmt: skip
        elif effect is not None and effect < 1:
            problems.append(problem("a design effect is at least 1", "Leave it empty for a simple random sample", **place, field="design_effect"))  # fmt: skip
        else:
            told.append({"question": str(r["question"]), "beat": beat, "name": names[beat], "wave": _text(r["wave"]), "n": int(n), "yes": yes, "mean": mean, "sd": sd, "effect": effect or 1.0})  # fmt: skip
    seen: set[tuple[str, str, str]] = set()
    for t in told:
        key = (t["question"], t["beat"], t["wave"])
        if key in seen:
            problems.append(problem(f"beat {t['beat']} has two rows for “{t['question']}” in wave {t['wave']}", "Keep one", file=file.name, field="beat"))  # fmt: skip
        seen.add(key)
    if problems:
        raise InputError(*problems)
    if not told:
        raise InputError(problem("the table has no answers", "Give a row a beat, wave and question", file=file.name))
    waves, questions = (list(dict.fromkeys(t[k] for t in told)) for k in ("wave", "question"))
    order = sorted(names, key=lambda b: (names[b].casefold(), b))
    rows, changes = [], []
    for q in questions:
        kind = "share" if all(t["yes"] is not None for t in told if t["question"] == q) else "mean"
        for beat in [*order, ""]:
            estimates = {}
            for w in waves:
                found = [t for t in told if t["question"] == q and t["wave"] == w and (not beat or t["beat"] == beat)]
                e = _estimate(found, kind, None if beat else weight)
                estimates[w] = e
                n = sum(t["n"] for t in found)
                rows.append({"question": q, "beat": beat, "name": names.get(beat, "All beats"), "wave": w, "n": n, "kind": kind, **e})  # fmt: skip
            known = [w for w in waves if estimates[w]["value"] is not None]
            if len(known) >= 2:
                a, b = estimates[known[0]], estimates[known[-1]]
                change = b["value"] - a["value"]
                low = change - math.hypot(b["value"] - b["low"], a["high"] - a["value"])
                high = change + math.hypot(b["high"] - b["value"], a["value"] - a["low"])
                changes.append({"question": q, "beat": beat, "name": names.get(beat, "All beats"), "first": known[0], "last": known[-1], "kind": kind,
                                "change": change, "low": low, "high": high, "clear": low > 0 or high < 0})  # fmt: skip
    few = sum(t["n"] < FEWEST for t in told)
    notes = (
        (Note("warning", f"{few:,} results have fewer than {FEWEST} answers and are not told", file=file.name),)
        if few
        else ()
    )
    header = ["question", "beat", "name", "first", "last", "kind", "change", "low", "high", "clear"]
    return Survey(waves, questions, pd.DataFrame(rows), pd.DataFrame(changes, columns=header), notes)


def _estimate(found: list[dict[str, Any]], kind: str, weight: Mapping[str, float] | None) -> dict[str, Any]:
    """Return value and interval of a beat, or of the town where weights of its beats are given; None where too few answered."""
    found = [t for t in found if t["n"] >= FEWEST]
    if not found:
        return {"value": None, "low": None, "high": None}
    if weight is None and kind == "share":
        t = found[0]
        return dict(zip(("value", "low", "high"), wilson(t["yes"] / t["n"], t["n"] / t["effect"]), strict=True))
    shares = [1.0] if weight is None else [weight[t["beat"]] for t in found]
    total = sum(shares)
    value = variance = 0.0
    for t, w in zip(found, shares, strict=True):
        at = t["yes"] / t["n"] if kind == "share" else (t["mean"] if t["mean"] is not None else t["yes"] / t["n"])
        spread = at * (1 - at) if t["yes"] is not None else t["sd"] ** 2
        value += w / total * at
        variance += (w / total) ** 2 * spread * t["effect"] / t["n"]
    half = Z * math.sqrt(variance)
    low, high = value - half, value + half
    if kind == "share":
        low, high = max(0.0, low), min(1.0, high)
    return {"value": value, "low": low, "high": high}


def wilson(share: float, n: float) -> tuple[float, float, float]:
    """Return a share with Wilson's 95 % interval (Journal of the American Statistical Association 22, 1927)."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def write_survey(out: Path, project: str, survey: Survey) -> None:
    """Write ``survey.csv``, ``changes.csv`` and ``survey.html`` into a folder."""
    write_survey_files(out, project, survey.waves, survey.questions, survey.rows, survey.changes, [str(n) for n in survey.notes])  # fmt: skip
