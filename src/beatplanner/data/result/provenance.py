"""Where data come from and what they are as of: as the force declares it, or as the records and the layer tell it; never the date or the name of a file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.forum import SourceOf
from beatplanner.data.endings import PACKAGES
from beatplanner.data.formats.geopackages import opened_database


@dataclass(frozen=True)
class Provenance:
    """What is told of a source.

    Attributes
    ----------
    name
        Declared (one text, or one by language), or the title of the layer; empty where nobody gave one.
    date
        An ISO day, or a year; empty where nothing tells it.
    """

    name: str | Mapping[str, str]
    date: str


def provenance(description: Description, role: str, path: Path, newest: str) -> Provenance:
    """Return what is told of a source.

    Parameters
    ----------
    description
        With what the force declares in ``forum.sources``, by a role or by its section.
    role
        Of the source, such as ``"units"``, ``"beats.current"``, ``"beats.roads:edges"``.
    path
        The file, whose layer may have a title.
    newest
        The newest day of its records, ISO; empty where they have none.
    """
    declared = _declared(description, role.split(":")[0])
    date = newest[:10] if declared is None or declared.as_of is None else str(declared.as_of)
    name: Any = None if declared is None else declared.name
    return Provenance(name if name else _title(path), date)


def _declared(description: Description, role: str) -> SourceOf | None:
    known = {} if description.forum is None else description.forum.sources
    while role:
        if role in known:
            return known[role]
        role = role.rpartition(".")[0]
    return None


def _title(path: Path) -> str:
    """Return the title of the one layer of a GeoPackage; empty where it has none of its own."""
    if path.suffix.casefold() not in PACKAGES or not path.is_file():
        return ""
    try:
        with opened_database(path) as database:
            rows = database.execute("SELECT table_name, identifier FROM gpkg_contents").fetchall()
    except sqlite3.Error:
        return ""
    titles = [str(title) for table, title in rows if title and not _is_a_name(str(title), str(table), path.stem)]
    return titles[0] if len(rows) == 1 and titles else ""


def _is_a_name(title: str, table: str, stem: str) -> bool:
    """Tell whether a title is no title but the name of a layer or a file, as programs write it there: names do not go public."""
    plain = re.sub(r"\W|_", "", title).casefold()
    known = {re.sub(r"\W|_", "", name).casefold() for name in (table, stem)}
    return (
        not plain
        or plain in known
        or bool(re.search(r"[\\/]|\.\w{2,5}$", title))
        or ("_" in title and " " not in title)
    )
