"""Kinds of incidents under one list: a table that a user edits says what each of the force's own words counts as."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.base import Table
from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.cells import texts
from beatplanner.data.town.columns import read_columns
from beatplanner.data.town.reading import Reading

# The list of the starting hours, with beginnings of words by which a kind is known in English, Albanian, Serbian, Macedonian, Romanian,
# Russian; they propose only, a person decides.
STANDARD: dict[str, tuple[str, ...]] = {
    "domestic violence": (
        "domestic",
        "family violence",
        "dhun",
        "nasilje u porodici",
        "nasilje u obitelji",
        "семејно",
        "породиц",
        "домашн",
        "violenta domestica",
        "violență în familie",
        "бытов",
    ),
    "assault": (
        "assault",
        "battery",
        "injury",
        "sulm",
        "lendim",
        "plag",
        "napad",
        "telesn",
        "povred",
        "tuč",
        "напад",
        "телесн",
        "тепач",
        "lovire",
        "избиен",
        "побои",
    ),
    "burglary": (
        "burglar",
        "breaking",
        "break-in",
        "vjedhje e rende",
        "provaln",
        "proval",
        "obij",
        "тешка кражба",
        "провал",
        "spargere",
        "взлом",
    ),
    "theft": (
        "theft",
        "larceny",
        "steal",
        "shoplift",
        "vjedhj",
        "krađ",
        "kradj",
        "krad",
        "кражб",
        "краж",
        "furt",
        "кража",
    ),
    "vehicle crime": (
        "vehicle",
        "car theft",
        "stolen car",
        "auto",
        "veturë",
        "automjet",
        "vozil",
        "возил",
        "vehicul",
        "угон",
        "автомобил",
    ),
    "vandalism": (
        "vandal",
        "criminal damage",
        "graffiti",
        "damage",
        "demtim",
        "dëmtim",
        "oštećen",
        "ostecen",
        "оштету",
        "оштећ",
        "distruger",
        "вандал",
        "порч",
    ),
    "traffic collision": (
        "traffic",
        "collision",
        "accident",
        "rta",
        "aksident",
        "saobrać",
        "saobrac",
        "nezgod",
        "сообраќ",
        "саобраћ",
        "несреќ",
        "accident rutier",
        "дтп",
    ),
    "drugs or youth": ("drug", "narcotic", "cannabis", "youth", "drog", "narkot", "дрог", "наркот", "малолет", "minor"),
    "noise and neighbour disputes": (
        "noise",
        "neighbour",
        "neighbor",
        "nuisance",
        "disturb",
        "zhurm",
        "fqinj",
        "buk",
        "komšij",
        "susjed",
        "sused",
        "бучав",
        "сосед",
        "zgomot",
        "vecin",
        "шум",
        "комшиј",
    ),
    "missing person or welfare": (
        "missing",
        "welfare",
        "concern for",
        "i humbur",
        "zhduk",
        "nestal",
        "nestan",
        "исчезн",
        "нестан",
        "dispar",
        "пропа",
    ),
}
# More kinds than any classification has, or words longer than any name of a kind: that is free text, and may hold names.
MOST_KINDS = 400
LONGEST_KIND = 80
# What no name of a kind holds: e-mail addresses, telephone numbers, numbers of persons, plates.
PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?<!\d)\+?\d[\d /().-]{6,}\d(?!\d)|\b\d{13}\b")


def personal(texts_: Iterable[str]) -> str:
    """Return why a column looks as if it held free text or personal data, or an empty text.

    A column of kinds has few different values, each in many rows; free text has a new one in nearly every row.
    """
    found = pd.Series([t for t in texts_ if t], dtype=object)
    if found.empty:
        return ""
    kinds = found.unique()
    marked = sum(bool(PERSONAL.search(k)) for k in kinds[:2000])
    if marked > 0.02 * len(kinds[:2000]) or marked > 3:
        return "holds telephone numbers, e-mail addresses or numbers of persons"
    if len(kinds) > MOST_KINDS or (len(found) >= 50 and len(kinds) > 0.5 * len(found)):
        return f"has {len(kinds):,} different values in {len(found):,} rows, as free text or names have"
    long = [k for k in kinds if len(k) > LONGEST_KIND]
    if len(long) > 0.05 * len(kinds):
        return f"holds texts of up to {max(map(len, long))} letters, as free text does"
    return ""


def proposed(kind: str) -> tuple[str, float]:
    """Return the standard kind that a word is likeliest to mean, and how likely (0 to 1); an empty text where none is near.

    Examples
    --------
    >>> proposed("Burglary - dwelling"), proposed("Тешка кражба")
    (('burglary', 0.9), ('burglary', 0.9))
    """
    word = _folded(kind)
    if word in STANDARD:
        return word, 1.0
    best, most = "", 0
    for standard, starts in STANDARD.items():
        for start in map(_folded, starts):
            if len(start) > most and re.search(rf"(?:^|[^\w]){re.escape(start)}", word):
                best, most = standard, len(start)
    if best:
        return best, 0.9
    near = difflib.get_close_matches(word, [_folded(s) for s in STANDARD], n=1, cutoff=0.8)
    return (next(s for s in STANDARD if _folded(s) == near[0]), 0.8) if near else ("", 0.0)


def _folded(text: str) -> str:
    """Return text without case and accents, as officers type it."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"\s+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def map_categories(reading: Reading, kinds: list[str], table: Table) -> tuple[list[str], list[Note], int]:
    """Return what each incident's kind counts as, notes, and how many rows the table has.

    Parameters
    ----------
    reading
        Takes in how the table's columns were found.
    kinds
        The force's own words, ``""`` where there is none.
    table
        Columns ``category`` and ``standard``; an empty ``standard`` leaves the word as it is.

    Raises
    ------
    InputError
        Where a word stands twice in the table with different kinds.
    """
    frame, where = read_columns(reading, "incidents.categories", table)
    found: dict[str, str] = {}
    for i, (word, standard) in enumerate(zip(texts(frame["category"]), texts(frame["standard"]), strict=True)):
        if word is None:
            continue
        key = _folded(word)
        if standard is not None and found.get(key, standard) != standard:
            what = f"“{word}” counts as both {found[key]} and {standard}"
            raise InputError(where.problem(what, "Keep one row", row=where.rows[i], field="standard"))
        if standard is not None:
            found[key] = standard
    if not found:
        return (
            kinds,
            [
                where.fact(
                    "the table says of no kind of incident yet what it counts as", mend="Fill the column standard"
                )
            ],
            len(frame),
        )
    folded = {k: _folded(k) for k in dict.fromkeys(kinds)}
    mapped = [found.get(folded[k], k) for k in kinds]
    notes = [
        where.fact(
            f"{len({k for k in folded if folded[k] in found}):,} kinds of incidents count as {len(set(found.values())):,} standard ones"
        )
    ]
    without = pd.Series([k for k in kinds if k and folded[k] not in found], dtype=object).value_counts()
    if len(without):
        what = f"{len(without):,} kinds of {int(without.sum()):,} incidents have no row: {listed(without.index)}"
        notes.append(
            where.fact(what, "warning", "Add a row for each; they count under their own name", field="category")
        )
    unknown = sorted({s for s in found.values() if s not in STANDARD})
    for name in unknown[:5]:
        hint = did_you_mean(name, STANDARD)
        if hint:
            notes.append(where.fact(f"“{name}” is not on the standard list", "warning", hint, field="standard"))
    return mapped, notes, len(frame)


def category_table(kinds: Iterable[str]) -> pd.DataFrame:
    """Return a table of categories for editing: ``category``, ``incidents``, ``standard`` (proposed), ``sure`` (0 to 1), most incidents first."""
    counts = pd.Series([k for k in kinds if k], dtype=object).value_counts()
    guess = [proposed(str(k)) for k in counts.index]
    return pd.DataFrame(
        {
            "category": counts.index.astype(object),
            "incidents": counts.to_numpy(np.int64),
            "standard": [g[0] for g in guess],
            "sure": [g[1] for g in guess],
        }
    )
