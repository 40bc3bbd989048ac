"""Columns of tables by their meaning: as the description names them, as this tool does, or in the words of the region's offices.

What is found by a word is told, with the lines that keep it in the description; a column that is not used is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.base import Table
from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.layers import read_table
from beatplanner.data.formats.plain_names import plain
from beatplanner.data.formats.source import Place
from beatplanner.data.town.column_words import WORDS
from beatplanner.data.town.reading import Reading

# The tables of a description whose columns have fixed meanings: by their key, those that must and those that may be there.
ROSTER_COLUMNS = (
    "beat",
    "since",
    "languages",
    "gender",
    "x",
    "y",
    "trained_on",
    "joins_on",
    "leaves_on",
    "licence",
    "not_with",
    "prefers",
    "absent_from",
    "absent_until",
    "ordered_on",
    "grade",
)
# What a personnel office may add; see `personnel`.
PERSONNEL_COLUMNS = (
    "pool",
    "rank",
    "share",
    "seniority",
    "allowances",
    "hardship",
    "time_off",
    "appeal",
    "appeal_on",
)
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "officers": (("officer",), (*ROSTER_COLUMNS, *PERSONNEL_COLUMNS)),
    "officers.posts": (("beat",), ("posts", "languages", "licence", "gender", "rank")),
    "officers.published": (("officer", "beat", "start", "end"), ("requires",)),
    "beats.adjacency": (("from", "to"), ("metres",)),
    "beats.distances": (("from", "to", "metres"), ()),
    "beats.decided_links": (("from", "to", "accept"), ("reason", "metres")),
    "stations.distances": (("unit", "site", "metres"), ()),
    "service.calls": (("unit", "per_hour"), ("shift", "category")),
    "service.categories": (("category", "minutes_on_scene"), ("officers", "priority")),
    "service.servers": (("server", "beat", "unit"), ("shift", "speed_kmh")),
    "service.minutes": (("from", "to", "minutes"), ()),
    "incidents.categories": (("category", "standard"), ()),
    "incidents.matches": (("address", "match", "accept"), ()),
    "forum.consents": (("officer", "name"), ("contact", "photo", "agreed_on", "until")),
    "forum.report_back": (("forum", "asked_on", "asked"), ("action", "responsible", "due", "done_on", "result")),
    "forum.partners": (("kind", "name"), ("area", "does")),
    "forum.hours": (("station", "hours"), ()),
    "forum.contacts": (("area", "phone"), ("post",)),
}
# Columns that ``check --fix`` writes for people to read.
BESIDE = {
    "incidents.categories": ("proposed", "sure", "incidents"),
    "incidents.matches": ("score",),
}


def read_columns(reading: Reading, key: str, table: Table | Officers) -> tuple[pd.DataFrame, Place]:
    """Read a table of the description whose columns have fixed meanings, see `TABLES`; what it tells is taken in by `reading`."""
    frame, where, notes = described_table(reading.description, key, table)
    reading.findings.add(notes)
    return frame, where


def described_table(d: Description, key: str, table: Table | Officers) -> tuple[pd.DataFrame, Place, list[Note]]:
    """Read a table of a description by its key in `TABLES`, as `mapped_table`."""
    needed, optional = TABLES[key]
    given, beside = table.columns, BESIDE.get(key, ())
    return mapped_table(
        d.path(table.path), table.layer, needed, optional, given=given, key=key, file=d.file.name, beside=beside
    )


def mapped_table(
    path: Path,
    layer: str | None,
    needed: Sequence[str],
    optional: Sequence[str] = (),
    *,
    given: Mapping[str, str] | None = None,
    key: str = "",
    file: str = "",
    beside: Sequence[str] = (),
) -> tuple[pd.DataFrame, Place, list[Note]]:
    """Read a table whose columns have fixed meanings.

    Parameters
    ----------
    path, layer
        As in `read_table`.
    needed, optional
        Meanings that must, and may, be there.
    given
        The file's name for a meaning, as the description says.
    key
        Of the table in the description, for messages; empty where no description names it.
    file
        Name of the description.
    beside
        Columns that are there for people to read, and are not named as unused.

    Returns
    -------
    tuple of pandas.DataFrame, Place and list of Note
        Columns are named by their meanings. The notes tell how they were found, and which are not used.

    Raises
    ------
    InputError
        As for `read_table`; and where a name that the description gives is for no meaning.
    """
    meanings, given = [*needed, *optional], dict(given or {})
    for name in given:
        if name not in meanings:
            mend = did_you_mean(name, meanings) or f"The columns are: {listed(meanings, 20)}"
            raise InputError(problem(f"“{name}” is no column of this table", mend, file=file, field=f"{key}.columns"))
    _, looked = read_table(path, layer, [], [*given.values(), *(m for m in meanings if m not in given)])
    headers = [*looked.found]
    by_word = guessed_columns(headers, [m for m in meanings if m not in given], set(given.values()))
    names = {m: given.get(m) or by_word.get(m) or m for m in meanings}
    try:
        frame, where = read_table(path, layer, [names[m] for m in needed], [names[m] for m in optional])
    except InputError as error:
        raise InputError(*(_with_mapping(note, key, headers, needed, names) for note in error.problems)) from None
    frame = frame.rename(columns={v: k for k, v in names.items()})
    absent = [n for m, n in given.items() if m not in frame]
    if absent:
        mend = did_you_mean(absent[0], headers) or f"The columns are: {listed(headers, 20)}"
        raise InputError(where.problem(f"there is no column “{absent[0]}”", mend, field=f"{key}.columns"))
    notes = list(where.notes)
    words = {m: n for m, n in by_word.items() if m in frame and plain(n) != m}
    if words:
        said = ", ".join(f"“{n}” is taken for {m}" for m, n in words.items())
        kept = ", ".join(f'{m} = "{n}"' for m, n in words.items())
        mend = f"To keep or change this, write columns = {{ {kept} }} in {key}" if key else ""
        note = where.fact(said, mend=mend)
        notes.append(replace(note, fix=tuple((f"{key}.columns.{m}", n) for m, n in words.items()) if key else ()))
    unused = [h for h in headers if h not in {*names.values(), *beside}]
    if unused:
        notes.append(_unused(where, key, unused, needed, [m for m in optional if m not in frame], optional))
    return frame, where, notes


def _unused(
    where: Place, key: str, unused: list[str], needed: Sequence[str], open_: list[str], optional: Sequence[str]
) -> Note:
    """Name the columns that are not used; a warning where one of them could be what the table lacks."""
    what = f"{len(unused):,} column{'s are' if len(unused) > 1 else ' is'} not used: {listed(unused, 12)}"
    if optional and len(open_) == len(optional):
        what = f"only {listed(needed)} is understood of this table, and the rest is not used: {listed(unused, 12)}"
    mend = ""
    if open_ and key:
        mend = f"Where one of them is {listed(open_, 20)}, say so: columns = {{ {open_[0]} = “…” }} in {key}"
    return where.fact(what, "warning" if open_ else "info", mend, field=f"{key}.columns" if key else "")


def guessed_columns(headers: Sequence[str], meanings: Sequence[str], taken: set[str]) -> dict[str, str]:
    """Return the header of each meaning that has one: by the meaning itself, then by a word for it that stands for nothing else here."""
    free = {h: plain(h) for h in headers if h not in taken}
    bare = [plain(re.sub(r"\(.*?\)|\[.*?\]", " ", h)) for h in free]
    # “Пол (м/ж)” is “Пол”, where no other header is so but for what stands in its brackets
    free = {h: b if b and bare.count(b) == 1 else p for (h, p), b in zip(free.items(), bare, strict=True)}
    found: dict[str, str] = {}
    for meaning in meanings:
        named = [h for h, p in free.items() if p == meaning and h not in found.values()]
        if named:
            found[meaning] = named[0]
    for whole in (True, False):
        for meaning in meanings:
            if meaning in found:
                continue
            words = [meaning, *WORDS.get(meaning, "").split()]
            # the surest word first
            for word in words:
                named = [
                    h for h, p in free.items() if h not in found.values() and (p == word if whole else _holds(p, word))
                ]
                if named:
                    found[meaning] = named[0]
                    break
    return found


def _holds(header: str, word: str) -> bool:
    """Tell whether a header holds a word as whole words of its own; short words, which stand in many headers, do not count."""
    return len(word) > 3 and f"_{word}_" in f"_{header}_"


def _with_mapping(
    note: Note, key: str, headers: Sequence[str], needed: Sequence[str], names: Mapping[str, str]
) -> Note:
    """Say in a message of a missing column how to name it."""
    missing = next((m for m in needed if names[m] == note.field and "no column" in note.what), None)
    if missing is None:
        return note
    mend = f"The columns are: {listed(headers, 12)}"
    if key:
        mend += f". Say which it is: columns = {{ {missing} = “…” }} in {key}"
    else:
        mend += f". Call the one that it is “{missing}”"
    return Note(note.severity, note.what, mend, note.file, note.layer, note.row, note.field)
