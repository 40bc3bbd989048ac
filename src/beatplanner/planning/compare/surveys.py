"""Before and after: what residents say in survey waves, by beat, with sample size and interval, and what changed with its uncertainty.

A share is told with Wilson's interval, a change of shares with Newcombe's (hybrid score, method 10; Statistics in Medicine 17, 1998), a mean with the
normal interval. A design effect (1 for a simple random sample) divides the sample size. Waves stand in the order of time, whatever the order of rows.

The figure of all beats compares the same beats in every wave: those that have enough answers in the first and in the last wave (the matched beats). Beats
weigh by residents, and the interval is put together from those of the beats (MOVER; Zou and Donner, Statistics in Medicine 27, 2008)::

    p = Σ w_b p_b,   lower = p − √Σ w_b² (p_b − lower_b)²,   upper = p + √Σ w_b² (upper_b − p_b)²

Beats stand in the order of their names, never of their results, and nothing here counts crimes.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.cells import dates, numbers, text_cell, texts
from beatplanner.data.formats.frames import records
from beatplanner.data.formats.ids import match_ids
from beatplanner.data.formats.source import Place
from beatplanner.data.publish.survey_report import write_survey_files
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.columns import mapped_table

Z = 1.959963984540054
# Fewer answers say too little about a beat, and could point at people.
FEWEST = 20
COLUMNS = ("beat", "wave", "question", "n")
FIGURES = ("n", "yes", "mean", "sd", "design_effect")


class SurveyAnswer(TypedDict):
    """What one wave of a survey says of a beat: answers, and how many agree, or their mean and standard deviation."""

    question: str
    beat: str
    wave: str
    n: int
    yes: float | None
    mean: float | None
    sd: float | None
    effect: float
    day: dt.date | None


class SurveyRow(TypedDict):
    """A share or a mean with its interval."""

    question: str
    beat: str
    name: str
    wave: str
    n: int
    kind: str
    value: float | None
    low: float | None
    high: float | None


class SurveyChange(TypedDict):
    """A change from the first to the last wave that is known, and whether it is clear."""

    question: str
    beat: str
    name: str
    first: str
    last: str
    kind: str
    change: float
    low: float
    high: float
    clear: bool


class _Row(TypedDict):
    """Where a problem is."""

    file: str
    row: str


@dataclass(frozen=True)
class Survey:
    """Survey results.

    Attributes
    ----------
    waves, questions
        Waves in the order of time, questions in that of the file.
    rows
        One row a question, beat (``""`` for the matched beats together) and wave: ``question``, ``beat``, ``name``, ``wave``, ``n``, ``kind`` (``"share"`` or
        ``"mean"``), ``value``, ``low``, ``high``; value and interval are None where there are fewer answers than told about, and for the matched beats where
        one of them lacks answers.
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
    answers, said = _answers(file, tables)
    assert tables.beats is not None
    names = dict(zip(tables.beats["beat"].astype(str), tables.beats["name"].astype(str), strict=True))
    weight = dict(zip(tables.beats["beat"].astype(str), tables.beats["population"].fillna(1.0), strict=True))
    waves = _in_time(answers, file)
    questions = list(dict.fromkeys(t["question"] for t in answers))
    rows: list[SurveyRow] = []
    changes: list[SurveyChange] = []
    notes = list(said)
    for q in questions:
        kind = next("share" if t["yes"] is not None else "mean" for t in answers if t["question"] == q)
        found = {(t["beat"], t["wave"]): t for t in answers if t["question"] == q}
        known = {key: _estimate(t) for key, t in found.items()}
        for beat in sorted(names, key=lambda b: (names[b].casefold(), b)):
            own = {w: known.get((beat, w)) for w in waves}
            for w in waves:
                rows.append(
                    _row(q, beat, names[beat], w, kind, found[beat, w]["n"] if (beat, w) in found else 0, own[w])
                )
            changes += _change(q, beat, names[beat], kind, own)
        asked = [w for w in waves if any(known.get((b, w)) for b in names)]
        matched = [b for b in names if asked and known.get((b, asked[0])) and known.get((b, asked[-1]))]
        name = (
            "All beats"
            if len(matched) == len(names)
            else f"Beats asked {'both times ' if len(asked) > 1 else ''}({len(matched)} of {len(names)})"
        )
        together = {w: _together([known.get((b, w)) for b in matched], [weight[b] for b in matched]) for w in waves}
        for w in waves:
            rows.append(
                _row(q, "", name, w, kind, sum(found[b, w]["n"] for b in matched if (b, w) in found), together[w])
            )
        if len(asked) >= 2:
            changes += _change(q, "", name, kind, {w: together[w] for w in (asked[0], asked[-1])})
            if len(matched) < len(names):
                apart = [names[b] for b in names if b not in matched]
                what = f"“{q}” compares {len(matched)} of {len(names)} beats from {asked[0]} to {asked[-1]}"
                notes.append(
                    Note(
                        "warning",
                        f"{what}; without enough answers both times: {listed(apart, 4)}",
                        "Ask in the same beats each time",
                        file=file.name,
                    )
                )
    few = sum(t["n"] < FEWEST for t in answers)
    if few:
        what = "1 result has" if few == 1 else f"{few:,} results have"
        notes.append(
            Note(
                "warning",
                f"{what} fewer than {FEWEST} answers and {'is' if few == 1 else 'are'} not told",
                file=file.name,
            )
        )
    header = ["question", "beat", "name", "first", "last", "kind", "change", "low", "high", "clear"]
    return Survey(waves, questions, pd.DataFrame(rows), pd.DataFrame(changes, columns=header), tuple(notes))


def _answers(file: Path, tables: PlanTables) -> tuple[list[SurveyAnswer], list[Note]]:
    """Return the checked rows of a survey, and how its columns were found; raises InputError with each that is wrong."""
    frame, where, said = mapped_table(file, None, list(COLUMNS), ["yes", "mean", "sd", "design_effect", "asked_on"])
    assert tables.beats is not None
    names = dict(zip(tables.beats["beat"].astype(str), tables.beats["name"].astype(str), strict=True))
    beats, figures, days = texts(frame["beat"]), _figures(frame, where, said), [None] * len(frame)
    match = match_ids(beats, list(names))
    if match.note:
        said.append(where.fact(match.note, "warning", field="beat"))
    if "asked_on" in frame:
        days = dates(frame["asked_on"], where, said)
    problems: list[Note] = []
    answers: list[SurveyAnswer] = []
    kinds: dict[str, tuple[bool, str]] = {}
    seen: set[tuple[str, str, str]] = set()
    # “Wave 1” and “wave  1” are one wave, by its first spelling
    spelled: dict[str, str] = {}
    for i, r in enumerate(records(frame)):
        number, known = where.rows[i], match.positions[i]
        place: _Row = {"file": file.name, "row": number}
        beat = (beats[i] or "") if known is None else list(names)[known]
        question, wave = (_text(r[k]) for k in ("question", "wave"))
        question, wave = (spelled.setdefault(" ".join(t.casefold().split()), t) for t in (question, wave))
        n, yes, mean, sd, effect = (figures[k][i] for k in FIGURES)
        if known is None:
            problems.append(
                problem(
                    f"the plan has no beat “{beat}”",
                    did_you_mean(beat, names) or f"The beats are: {listed(names)}",
                    **place,
                    field="beat",
                )
            )
        elif not question or not wave:
            problems.append(
                problem(
                    "the row has no question or no wave", "Give both", **place, field="wave" if question else "question"
                )
            )
        elif n is None or n < 0 or n != int(n):
            problems.append(
                problem(
                    "the number of answers must be a whole number", "Give how many people answered", **place, field="n"
                )
            )
        elif (yes is None) == (mean is None or sd is None) or (yes is not None and mean is not None):
            problems.append(
                problem(
                    "give either how many agree or a mean with its standard deviation",
                    "Fill in yes, or mean and sd",
                    **place,
                    field="yes",
                )
            )
        elif yes is not None and not 0 <= yes <= n:
            problems.append(
                problem(f"{yes:g} agree, but {n:g} answered", "Give a count, not a percentage", **place, field="yes")
            )
        elif sd is not None and sd < 0:
            problems.append(problem("a standard deviation is not below 0", "Correct it", **place, field="sd"))
        elif effect is not None and effect < 1:
            problems.append(
                problem(
                    "a design effect is at least 1",
                    "Leave it empty for a simple random sample",
                    **place,
                    field="design_effect",
                )
            )
        elif kinds.setdefault(question, (yes is not None, number))[0] != (yes is not None):
            was = "how many agree" if kinds[question][0] else "a mean"
            problems.append(
                problem(
                    f"“{question}” is told as {was} in row {kinds[question][1]} and as {'a mean' if kinds[question][0] else 'how many agree'} here",
                    "Keep one kind a question, or name them as two questions",
                    **place,
                    field="yes",
                )
            )
        elif (question, beat, wave) in seen:
            problems.append(
                problem(f"beat {beat} has two rows for “{question}” in wave {wave}", "Keep one", **place, field="beat")
            )
        else:
            seen.add((question, beat, wave))
            answers.append(
                {
                    "question": question,
                    "beat": beat,
                    "wave": wave,
                    "n": int(n),
                    "yes": yes,
                    "mean": mean,
                    "sd": sd,
                    "effect": effect or 1.0,
                    "day": days[i],
                }
            )
    if problems:
        raise InputError(*problems)
    if not answers:
        raise InputError(problem("the table has no answers", "Give a row a beat, wave and question", file=file.name))
    return answers, said


def _figures(frame: pd.DataFrame, where: Place, said: list[Note]) -> dict[str, list[float | None]]:
    """Return the columns of figures, None where a cell is empty or there is no such column; counts are whole numbers."""
    found: dict[str, list[float | None]] = {k: [None] * len(frame) for k in FIGURES}
    for key in FIGURES:
        if key in frame:
            cells = numbers(frame[key], where, empty=math.nan, whole=key in ("n", "yes"), notes=said)
            found[key] = [None if math.isnan(v) else float(v) for v in cells]
    return found


MONTHS = {
    m: k for k, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)
}
PARTS = MONTHS | {"winter": 1, "spring": 4, "summer": 7, "autumn": 10, "fall": 10}


# Waves that are named by their place in time alone.
STAGES = {"baseline": 0, "before": 0, "during": 1, "after": 2, "follow-up": 2}


def _moment(wave: str) -> tuple[int, int, int] | None:
    """Return year, month and day of a wave named by a time, such as 2027, 2027-05, Q2 2027, May 2027 or spring 2027; None for other names."""
    text = wave.casefold()
    iso = re.fullmatch(r"(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?(?:[ t]00:00:00)?", text)
    dotted = re.fullmatch(r"(?:(\d{1,2})[./])?(\d{1,2})[./](\d{4})", text)
    if iso or dotted:
        year, month, day = iso.groups() if iso else dotted.groups()[::-1]  # type: ignore[union-attr]
        return (int(year), int(month or 0), int(day or 0)) if int(month or 0) <= 12 else None
    years = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", text)
    rest = re.sub(r"(?<!\d)(?:19|20)\d{2}(?!\d)", " ", text)
    if len(years) != 1:
        return None
    part = re.fullmatch(r"\W*(?:q(?:uarter)?\W*([1-4])|h(?:alf)?\W*([12]))\W*", rest)
    if part:
        return int(years[0]), 3 * int(part[1]) - 2 if part[1] else 6 * int(part[2]) - 5, 0
    word = re.fullmatch(r"\W*([a-z]+)\W*", rest)
    month = None if word is None else PARTS.get(word[1], PARTS.get(word[1][:3]) if len(word[1]) >= 3 else None)
    return None if month is None else (int(years[0]), month, 0)


def _in_time(answers: Sequence[SurveyAnswer], file: Path) -> list[str]:
    """Return the waves in the order of time: by their days, where given, else by the times or the numbers that they are named by."""
    waves = list(dict.fromkeys(t["wave"] for t in answers))
    days = {w: [t["day"] for t in answers if t["wave"] == w and t["day"] is not None] for w in waves}
    if all(days.values()):
        return sorted(waves, key=lambda w: min(days[w]))
    moments = {w: _moment(w) for w in waves}
    same = [w for w in waves if moments[w] and list(moments.values()).count(moments[w]) > 1]
    if same:
        raise InputError(
            problem(
                f"waves of one time have different names: {listed(same, 4)}",
                "Name them alike where they are one wave; else add a column asked_on with the day",
                file=file.name,
                field="wave",
            )
        )
    if all(moments.values()):
        return sorted(waves, key=lambda w: moments[w] or ())
    stages = {w: STAGES.get(w.casefold()) for w in waves}
    if None not in stages.values() and len(set(stages.values())) == len(waves):
        return sorted(waves, key=lambda w: stages[w] or 0)
    split = {w: re.fullmatch(r"(\D*)(\d+)(\D*)", w) for w in waves}
    if (
        all(split.values())
        and len({(m[1].casefold().strip(), m[3].casefold().strip()) for m in split.values() if m}) == 1
    ):
        return sorted(waves, key=lambda w: int(split[w][2]))  # type: ignore[index]
    if len(waves) == 1:
        return waves
    raise InputError(
        problem(
            f"which of the waves came first is not told: {listed(waves, 4)}",
            "Name waves by time (2027-05, Q2 2027) or by number, or add a column asked_on with the day",
            file=file.name,
            field="wave",
        )
    )


Estimate = tuple[float, float, float]


def _estimate(t: SurveyAnswer) -> Estimate | None:
    """Return value, low and high of a beat; None where too few answered."""
    if t["n"] < FEWEST:
        return None
    if t["yes"] is not None:
        return wilson(t["yes"] / t["n"], t["n"] / t["effect"])
    mean, deviation = t["mean"], t["sd"]
    assert mean is not None and deviation is not None
    half = Z * deviation * math.sqrt(t["effect"] / t["n"])
    return mean, mean - half, mean + half


def _together(estimates: Sequence[Estimate | None], weights: Sequence[float]) -> Estimate | None:
    """Return value, low and high of several beats together; None where one lacks answers, or there are none."""
    known = [e for e in estimates if e is not None]
    if not known or len(known) < len(estimates):
        return None
    total = sum(weights)
    shares = [w / total for w in weights] if total > 0 else [1 / len(known)] * len(known)
    value = math.fsum(s * e[0] for s, e in zip(shares, known, strict=True))
    low = math.sqrt(math.fsum((s * (e[0] - e[1])) ** 2 for s, e in zip(shares, known, strict=True)))
    high = math.sqrt(math.fsum((s * (e[2] - e[0])) ** 2 for s, e in zip(shares, known, strict=True)))
    return value, value - low, value + high


def _row(question: str, beat: str, name: str, wave: str, kind: str, n: int, e: Estimate | None) -> SurveyRow:
    value, low, high = e or (None, None, None)
    return {
        "question": question,
        "beat": beat,
        "name": name,
        "wave": wave,
        "n": n,
        "kind": kind,
        "value": value,
        "low": low,
        "high": high,
    }


def _change(
    question: str, beat: str, name: str, kind: str, estimates: Mapping[str, Estimate | None]
) -> list[SurveyChange]:
    """Return the change from the first to the last wave that is known, as a list of one; empty where there are no two."""
    known = [(w, e) for w, e in estimates.items() if e is not None]
    if len(known) < 2:
        return []
    (first, a), (last, b) = known[0], known[-1]
    change = b[0] - a[0]
    low = change - math.hypot(b[0] - b[1], a[2] - a[0])
    high = change + math.hypot(b[2] - b[0], a[0] - a[1])
    return [
        {
            "question": question,
            "beat": beat,
            "name": name,
            "first": first,
            "last": last,
            "kind": kind,
            "change": change,
            "low": low,
            "high": high,
            "clear": low > 0 or high < 0,
        }
    ]


def wilson(share: float, n: float) -> tuple[float, float, float]:
    """Return a share with Wilson's 95 % interval (Journal of the American Statistical Association 22, 1927)."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _text(value: Any) -> str:
    text = text_cell(value) or ""
    # a day alone has no time in it, whatever a workbook says
    return text[:10] if isinstance(value, dt.date) else text


def write_survey(out: Path, project: str, survey: Survey) -> None:
    """Write ``survey.csv``, ``changes.csv`` and ``survey.html`` into a folder."""
    write_survey_files(
        out, project, survey.waves, survey.questions, survey.rows, survey.changes, [str(n) for n in survey.notes]
    )
