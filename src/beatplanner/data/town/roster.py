"""Reads what is known of officers: the roster, posts that ask for something, and postings that were published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import Findings, did_you_mean
from beatplanner.data.formats.cells import beyond_measure, counts, dates, is_missing, raise_rows, texts
from beatplanner.data.formats.frames import crs_of, each_row, records
from beatplanner.data.formats.layers import crs_from
from beatplanner.data.formats.plain_names import plain
from beatplanner.data.formats.points import check_degrees, coordinates
from beatplanner.data.formats.source import Place
from beatplanner.data.result.names import language_title
from beatplanner.data.town.columns import PERSONNEL_COLUMNS, ROSTER_COLUMNS, read_columns
from beatplanner.data.town.personnel import personnel_notes, read_personnel
from beatplanner.data.town.reading import Reading, beats_today, known_ids, truths, words_in_cell
from beatplanner.data.town.roster_dates import check_dates
from beatplanner.data.town.units import FAR_UNITS_KM

DATES = ("since", "trained_on", "joins_on", "leaves_on", "absent_from", "absent_until", "ordered_on")
# How tables write women and men, in plain letters; anything else stays as it is written.
WOMAN = {
    "f",
    "female",
    "woman",
    "w",
    "z",
    "zenski",
    "zensko",
    "zena",
    "femer",
    "femra",
    "femeie",
    "feminin",
    "zenskij",
    "zenscina",
    "zen",
}
MAN = {
    "m",
    "male",
    "man",
    "muski",
    "musko",
    "maski",
    "masko",
    "maz",
    "muz",
    "mashkull",
    "barbat",
    "masculin",
    "muzskoj",
    "muzcina",
}


def _check_grades(grades: pd.Series, reading: Reading, where: Place) -> None:
    """Refuse a grade that the budget has no salary for, where it has salaries by grade; tell who has none and would cost nothing."""
    budget = reading.description.budget
    paid = {} if budget is None else budget.grades
    for i, grade in enumerate(grades):
        if paid and grade and grade not in paid:
            what = f"the grade “{grade}” of the roster has no salary"
            mend = did_you_mean(grade, paid) or "Add it to budget.grades"
            raise InputError(where.problem(what, mend, row=where.rows[i], field="grade"))
    unpaid = [where.rows[i] for i, grade in enumerate(grades) if not grade]
    if budget is not None and paid and unpaid and not budget.officer_salary:
        who = "1 officer has no grade and is" if len(unpaid) == 1 else f"{len(unpaid)} officers have no grade and are"
        what, mend = (
            f"{who} paid no salary, first in row {unpaid[0]}",
            "Give the grade, or budget.officer_salary for those without one",
        )
        reading.findings.add([where.fact(what, "warning", mend, field="grade")])


def read_roster(reading: Reading, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Read the officers as in `Town`; InputError names the rows that cannot be used."""
    rules = reading.description.officers
    if rules is None:
        return None
    frame, where = read_columns(reading, "officers", rules)
    names = texts(frame["officer"])
    seen: set[str] = set()
    wrong: list[Note] = []
    for i, name in enumerate(names):
        if name is None or name in seen:
            what = f"officer {name} appears twice" if name else "this officer has no name or number"
            mend = "Give each officer one row; where two people have one name, write their number beside it"
            wrong.append(where.problem(what, mend, row=where.rows[i], field="officer"))
        else:
            seen.add(name)
    if wrong:
        raise InputError(*wrong)
    empty = pd.Series([None] * len(frame), dtype=object)

    def column(name: str) -> pd.Series:
        return frame[name] if name in frame else empty.rename(name)

    found = pd.DataFrame({"officer": names})
    problems = Findings()
    with problems.keep():
        found["beat"] = pd.Series(_beats_today(reading, texts(column("beat")), units, where), dtype=object)
    notes: list[Note] = []
    for name in DATES:
        with problems.keep():
            found[name] = pd.Series(dates(column(name), where, notes), dtype=object)
    reading.findings.add(notes)
    for name in ("languages", "not_with", "prefers"):
        found[name] = pd.Series([words_in_cell(v) for v in column(name)], dtype=object)
    found["not_with"] = pd.Series(_in_roster(reading, list(found["not_with"]), names, where), dtype=object)
    found["prefers"] = pd.Series(_wishes_today(reading, list(found["prefers"]), units, where), dtype=object)
    groups = list(reading.description.units.groups)
    found["languages"] = pd.Series([as_in_groups(spoken, groups) for spoken in found["languages"]], dtype=object)
    with problems.keep():
        found["licence"] = truths(column("licence"), where)
    found["grade"] = pd.Series(texts(column("grade")), dtype=object)
    with problems.keep():
        _check_grades(found["grade"], reading, where)
    found["gender"] = pd.Series([gender_of(v) for v in texts(column("gender"))], dtype=object)
    with problems.keep():
        notes = []
        found = pd.concat([found, read_personnel(frame.reset_index(drop=True), where, notes)], axis=1)
        reading.findings.add(notes)
    found["x"], found["y"] = np.nan, np.nan
    with problems.keep():
        if "x" in frame and "y" in frame:
            found["x"], found["y"] = _homes(reading, frame, units, where, rules.crs)
    reading.findings.add(problems.notes)
    problems.raise_if_any()
    problems.add([*_contradictions(found, where), *personnel_notes(found, where, rules)])
    dated = check_dates(found, where, rules)
    problems.add([n for n in dated if n.severity == "error"])
    problems.raise_if_any()
    reading.findings.add([n for n in dated if n.severity != "error"])
    _check_languages(reading, found, where)
    if "beat" not in frame:
        what = "the roster does not say in which beat an officer is today, so every posting of the plan counts as new"
        reading.findings.add(
            [
                where.fact(
                    what,
                    "warning",
                    "Name the column as officers.columns.beat, where there is one",
                    field="officers.columns",
                )
            ]
        )
    reading.record("officers", rules.path, len(frame), where=where)
    return found[["officer", *ROSTER_COLUMNS, *(c for c in PERSONNEL_COLUMNS if c in found)]]


def _beats_today(
    reading: Reading, written: list[str | None], units: gpd.GeoDataFrame, where: Place
) -> list[str | None]:
    """Return the beats of a roster as today's layer writes them; one that is none of them is told, for the plan must draw it."""
    found, strange, mend = _among_today(reading, written, units, where, "beat")
    if strange:
        beat = str(written[strange[0]])
        what = f"beat “{beat}” is none of today's beats ({len(strange):,} such rows); a plan that draws no such beat cannot be made"
        reading.findings.add([where.fact(what, "warning", mend, field="beat")])
    return found


def _wishes_today(
    reading: Reading, wishes: list[tuple[str, ...]], units: gpd.GeoDataFrame, where: Place
) -> list[tuple[str, ...]]:
    """Return the wishes of each officer with beats as today's layer writes them; one that is none of them is told, for it counts for nothing."""
    written: list[str | None] = [w for officer in wishes for w in officer]
    found, strange, mend = _among_today(reading, written, units, where, "prefers")
    if strange:
        beat = str(written[strange[0]])
        what = f"a wish names beat “{beat}”, which is none of today's beats ({len(strange):,} such wishes); unless the plan draws it, nobody can be posted there"
        reading.findings.add([where.fact(what, "warning", mend, field="prefers")])
    rules = reading.description.officers
    if rules is not None and rules.worst_wish is not None and not written:
        what = "officers.worst_wish is given, and no officer of the roster has a wish, so that it binds nobody"
        mend = "Name the column of wishes as officers.columns.prefers, or remove officers.worst_wish"
        reading.findings.add([where.fact(what, "warning", mend, field="prefers")])
    return _by_officer(found, wishes)


def _in_roster(
    reading: Reading, others: list[tuple[str, ...]], names: Sequence[str | None], where: Place
) -> list[tuple[str, ...]]:
    """Return with whom each officer must not serve, as the roster writes them; one whom it does not have stays as it is written."""
    written: list[str | None] = [o for officer in others for o in officer]
    found, _ = known_ids(reading.findings, written, [str(n) for n in names], where, "not_with")
    return _by_officer(found, others)


def _by_officer(found: list[str | None], of: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return ids of one list by the officers whose cells they stand in."""
    each = iter(found)
    return [tuple(str(next(each)) for _ in officer) for officer in of]


def _among_today(
    reading: Reading, written: list[str | None], units: gpd.GeoDataFrame, where: Place, field: str
) -> tuple[list[str | None], list[int], str]:
    """Return beats as today's layer writes them, the positions of those that it does not have, and what to do about the first of these."""
    known = beats_today(units)
    if not known:
        return written, [], ""
    found, strange = known_ids(reading.findings, written, known, where, field)
    mend = "Name one of today's beats, or leave the cell empty"
    if strange:
        mend = did_you_mean(str(written[strange[0]]), known) or mend
    return found, strange, mend


def gender_of(value: str | None) -> str | None:
    """Return “f” or “m” for what tables of the region write, anything else as it is written."""
    if value is None:
        return None
    word = plain(value)
    return "f" if word in WOMAN else "m" if word in MAN else value


def _contradictions(found: pd.DataFrame, where: Place) -> list[Note]:
    """Return errors of officers whose dates contradict each other, or who name nobody of the roster."""
    errors: list[Note] = []
    names = [str(n) for n in found["officer"]]
    known = set(names)
    for i, row in enumerate(records(found)):
        at = where.rows[i]
        if row["leaves_on"] and row["joins_on"] and row["leaves_on"] <= row["joins_on"]:
            what = f"{row['officer']} leaves on {row['leaves_on']}, which is not after joining on {row['joins_on']}"
            errors.append(where.problem(what, "Correct one of the dates", row=at, field="leaves_on"))
        for other in row["not_with"]:
            if other not in known:
                mend = did_you_mean(other, names) or "Name officers of this roster"
                what = f"{row['officer']} must not share a beat with “{other}”, who is not in the roster"
                errors.append(where.problem(what, mend, row=at, field="not_with"))
        begin, end = row["absent_from"], row["absent_until"]
        if (begin is None) != (end is None) or (begin is not None and end <= begin):
            what = f"{row['officer']} is absent from {begin} until {end}"
            errors.append(where.problem(what, "Give both, the second after the first", row=at, field="absent_until"))
    return errors


def read_special_posts(reading: Reading, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Read the posts that ask for a language, a licence, a woman or a man; InputError names the rows that cannot be used."""
    rules = reading.description.officers
    if rules is None or rules.posts is None:
        return None
    more = ["posts", "languages", "licence", "gender", "rank"]
    table = rules.posts
    frame, where = read_columns(reading, "officers.posts", table)
    beats, _ = known_ids(reading.findings, texts(frame["beat"]), beats_today(units), where, "beat")
    empty = pd.Series([None] * len(frame), dtype=object)
    columns = {c: frame[c] if c in frame else empty.rename(c) for c in more}
    licence, ranks = truths(columns["licence"], where), texts(columns["rank"])
    notes: list[Note] = []
    several = counts(columns["posts"], where, least=0, empty=1, notes=notes)
    reading.findings.add(notes)
    rows: list[tuple[str, int, str]] = []
    for i, beat in enumerate(beats):
        if beat is None:
            raise InputError(where.problem("this post has no beat", "Name one", row=where.rows[i], field="beat"))
        gender = gender_of(None if is_missing(columns["gender"].iat[i]) else str(columns["gender"].iat[i]).strip())
        if gender not in (None, "f", "m"):
            raise InputError(
                where.problem(f"holds “{gender}”", "Give f, m or nothing", row=where.rows[i], field="gender")
            )
        asks = [
            *as_in_groups(words_in_cell(columns["languages"].iat[i]), list(reading.description.units.groups)),
            *(["licence"] if licence[i] else []),
            *({"f": ["woman"], "m": ["man"]}.get(gender or "", [])),
            *([rank] if (rank := ranks[i]) else []),
        ]
        rows.append((beat, int(several[i]), ";".join(asks)))
    reading.record("officers.posts", rules.posts.path, len(frame))
    return pd.DataFrame(rows, columns=["beat", "posts", "requires"])


def read_published_postings(
    reading: Reading, units: gpd.GeoDataFrame, roster: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Read the postings that were published, with officers as the roster writes them and beats as today's layer does; InputError names the rows that cannot be used."""
    rules = reading.description.officers
    if rules is None or rules.published is None:
        return None
    table = rules.published
    frame, where = read_columns(reading, "officers.published", table)
    known = {"officer": [] if roster is None else [str(o) for o in roster["officer"]], "beat": beats_today(units)}
    found = pd.DataFrame(
        {c: known_ids(reading.findings, texts(frame[c]), ids, where, c)[0] for c, ids in known.items()}, dtype=object
    )
    for c in ("start", "end"):
        notes: list[Note] = []
        found[c] = pd.Series(dates(frame[c], where, notes), dtype=object)
        reading.findings.add(notes)
    bad = [i for i, r in enumerate(each_row(found)) if None in (r.officer, r.beat, r.start, r.end) or r.end <= r.start]
    if bad:
        what = "a published posting needs an officer, a beat, and an end after its start"
        raise InputError(where.problem(what, "Correct the row", row=where.rows[bad[0]], field="end"))
    found["requires"] = [v or "" for v in texts(frame["requires"])] if "requires" in frame else ""
    reading.record("officers.published", rules.published.path, len(frame))
    return found


def _homes(
    reading: Reading, frame: pd.DataFrame, units: gpd.GeoDataFrame, where: Place, given: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return where officers live, in the planning CRS, NaN where it is not told; InputError for what is no place, or is far from the town."""
    crs = crs_from(given, file=reading.description.file.name, field="officers.crs")
    x, y, crs, of_homes = coordinates(frame, "x", "y", crs, where)
    reading.findings.add(of_homes)
    check_degrees(("x", "y"), x, y, crs, where, "officers")
    there = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs).to_crs(crs_of(units))
    home = np.column_stack([there.x.to_numpy(float), there.y.to_numpy(float)])
    # a place that the CRS does not have is no home at an endless distance
    endless = np.isfinite(x) & np.isfinite(y) & ~np.isfinite(home).all(axis=1)
    if endless.any():
        raise_rows(beyond_measure(x, endless), where, "x", "Correct the cell")
    _check_homes(home, units, where)
    return home[:, 0], home[:, 1]


def _check_homes(home: np.ndarray, units: gpd.GeoDataFrame, where: Place) -> None:
    place = home[np.isfinite(home).all(axis=1)]
    middle = units[["x", "y"]].median().to_numpy(float)
    apart = np.hypot(*(place - middle).T) / 1000
    if len(apart) and np.median(apart) > FAR_UNITS_KM:
        what = f"the homes lie {np.median(apart):,.0f} km from the town"
        raise InputError(where.problem(what, "Check officers.crs and whether x and y are swapped", field="x"))


def as_in_groups(spoken: Iterable[str], groups: Sequence[str]) -> tuple[str, ...]:
    """Return languages by the words of ``units.groups`` where those name the same ones: ``sq`` where residents speak ``albanian``."""
    own = {language_title(g).casefold(): g for g in groups}
    known = (word if word in groups else own.get(language_title(word).casefold(), word) for word in spoken)
    return tuple(dict.fromkeys(known))


def _check_languages(reading: Reading, found: pd.DataFrame, where: Place) -> None:
    groups = reading.description.units.groups
    spoken = {w for languages in found["languages"] for w in languages}
    for group in groups:
        if group not in spoken:
            what = f"no officer speaks “{group}”"
            mend = (
                did_you_mean(group, spoken)
                or "The languages of officers and the names in units.groups must be the same words"
            )
            reading.findings.add([Note("warning", what, mend, where.file, where.layer, "", "languages")])
