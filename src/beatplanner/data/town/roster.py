"""Reads what is known of officers: the roster, posts that ask for something, and postings that were published."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import Findings, did_you_mean
from beatplanner.data.formats.cells import dates, is_missing, numbers, texts
from beatplanner.data.formats.layers import crs_from, read_table
from beatplanner.data.formats.source import Place
from beatplanner.data.town.reading import Reading, truths, words
from beatplanner.data.town.units import FAR_UNITS_KM

ROSTER_COLUMNS = (
    "beat", "since", "languages", "gender", "x", "y", "trained_on", "joins_on", "leaves_on", "licence", "not_with", "prefers",
    "absent_from", "absent_until", "ordered_on",
)  # fmt: skip


def read_roster(reading: Reading, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Read the officers as in `Town`."""
    rules = reading.description.officers
    if rules is None:
        return None
    frame, where = read_table(reading.description.path(rules.path), rules.layer, ["officer"], ROSTER_COLUMNS)
    names = texts(frame["officer"])
    for i, name in enumerate(names):
        if name is None or name in names[:i]:
            what = f"officer {name} stands there twice" if name else "this officer has no name or number"
            raise InputError(where.problem(what, "Give each officer one row", row=where.rows[i], field="officer"))
    empty = pd.Series([None] * len(frame), dtype=object)

    def column(name: str) -> pd.Series:
        return frame[name] if name in frame else empty.rename(name)

    found = pd.DataFrame({"officer": names})
    problems = Findings()
    with problems.keep():
        found["beat"] = pd.Series(texts(column("beat")), dtype=object)
    for name in ("since", "trained_on", "joins_on", "leaves_on", "absent_from", "absent_until", "ordered_on"):
        with problems.keep():
            found[name] = pd.Series(dates(column(name), where), dtype=object)
    for name in ("languages", "not_with", "prefers"):
        found[name] = pd.Series([words(v) for v in column(name)], dtype=object)
    with problems.keep():
        found["licence"] = truths(column("licence"), where)
    found["gender"] = pd.Series(texts(column("gender")), dtype=object)
    found["x"], found["y"] = np.nan, np.nan
    with problems.keep():
        if "x" in frame and "y" in frame:
            crs = crs_from(rules.crs, file=reading.description.file.name, field="officers.crs")
            x, y = numbers(frame["x"], where, empty=np.nan), numbers(frame["y"], where, empty=np.nan)
            home = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs).to_crs(units.crs)
            found["x"], found["y"] = home.x.to_numpy(float), home.y.to_numpy(float)
            _check_homes(found, units, where)
    reading.findings.add(problems.notes)
    problems.raise_if_any()
    for i, row in found.iterrows():
        if row["leaves_on"] and row["joins_on"] and row["leaves_on"] <= row["joins_on"]:
            what = f"{row['officer']} leaves on {row['leaves_on']}, which is not after joining on {row['joins_on']}"
            problems.add(
                [where.problem(what, "Correct one of the dates", row=where.rows[int(str(i))], field="leaves_on")]
            )
    for i, others in enumerate(found["not_with"]):
        for other in others:
            if other not in names:
                mend = did_you_mean(other, [n for n in names if n]) or "Name officers of this roster"
                what = f"{names[i]} must not share a beat with “{other}”, who is not in the roster"
                problems.add([where.problem(what, mend, row=where.rows[i], field="not_with")])
    for i, row in found.iterrows():
        if (row["absent_from"] is None) != (row["absent_until"] is None) or (
            row["absent_from"] is not None and row["absent_until"] <= row["absent_from"]
        ):
            what = f"{row['officer']} is absent from {row['absent_from']} until {row['absent_until']}"
            problems.add(
                [
                    where.problem(
                        what,
                        "Give both, the second after the first",
                        row=where.rows[int(str(i))],
                        field="absent_until",
                    )
                ]
            )
    problems.raise_if_any()
    _check_languages(reading, found, where)
    reading.record("officers", rules.path, len(frame))
    return found[["officer", *ROSTER_COLUMNS]]


def read_special_posts(reading: Reading) -> pd.DataFrame | None:
    """Read the posts that ask for a language, a licence, a woman or a man."""
    rules = reading.description.officers
    if rules is None or rules.posts is None:
        return None
    more = ["posts", "languages", "licence", "gender"]
    frame, where = read_table(reading.description.path(rules.posts.path), rules.posts.layer, ["beat"], more)
    beats = texts(frame["beat"])
    empty = pd.Series([None] * len(frame), dtype=object)
    columns = {c: frame[c] if c in frame else empty.rename(c) for c in more}
    licence = truths(columns["licence"], where)
    rows = []
    for i, beat in enumerate(beats):
        if beat is None:
            raise InputError(where.problem("this post has no beat", "Name one", row=where.rows[i], field="beat"))
        number = 1 if is_missing(columns["posts"].iat[i]) else numbers(columns["posts"].iloc[[i]], where, least=0)[0]
        if number != int(number):
            raise InputError(where.problem(f"holds {number}", "Give a whole number", row=where.rows[i], field="posts"))
        gender = None if is_missing(columns["gender"].iat[i]) else str(columns["gender"].iat[i]).strip()
        if gender not in (None, "f", "m"):
            raise InputError(
                where.problem(f"holds “{gender}”", "Give f, m or nothing", row=where.rows[i], field="gender")
            )
        asks = [
            *words(columns["languages"].iat[i]),
            *(["licence"] if licence[i] else []),
            *({"f": ["woman"], "m": ["man"]}.get(gender or "", [])),
        ]
        rows.append((beat, int(number), ";".join(asks)))
    reading.record("officers.posts", rules.posts.path, len(frame))
    return pd.DataFrame(rows, columns=["beat", "posts", "requires"])


def read_published(reading: Reading) -> pd.DataFrame | None:
    """Read the postings that were published."""
    rules = reading.description.officers
    if rules is None or rules.published is None:
        return None
    needed = ["officer", "beat", "start", "end"]
    frame, where = read_table(
        reading.description.path(rules.published.path), rules.published.layer, needed, ["requires"]
    )
    found = pd.DataFrame({c: texts(frame[c]) for c in ("officer", "beat")})
    for c in ("start", "end"):
        found[c] = pd.Series(dates(frame[c], where), dtype=object)
    bad = [
        i
        for i, r in enumerate(found.itertuples(index=False))
        if None in (r.officer, r.beat, r.start, r.end) or r.end <= r.start
    ]
    if bad:
        what = "a published posting needs an officer, a beat, and an end after its start"
        raise InputError(where.problem(what, "Correct the row", row=where.rows[bad[0]], field="end"))
    found["requires"] = [v or "" for v in texts(frame["requires"])] if "requires" in frame else ""
    reading.record("officers.published", rules.published.path, len(frame))
    return found


def _check_homes(found: pd.DataFrame, units: gpd.GeoDataFrame, where: Place) -> None:
    known = np.isfinite(found[["x", "y"]].to_numpy(float)).all(axis=1)
    place = found.loc[known, ["x", "y"]].to_numpy(float)
    middle = units[["x", "y"]].median().to_numpy(float)
    apart = np.hypot(*(place - middle).T) / 1000
    if len(apart) and np.median(apart) > FAR_UNITS_KM:
        what = f"the homes lie {np.median(apart):,.0f} km from the town"
        raise InputError(where.problem(what, "Check officers.crs and whether x and y are swapped", field="x"))


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
