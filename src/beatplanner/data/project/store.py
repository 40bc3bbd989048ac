"""The tables of a project file, read and written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from beatplanner.data.causes import cause
from beatplanner.data.description.version import META, PROJECT, open_read_only
from beatplanner.data.errors import InputError, problem
from beatplanner.data.narrowing import Table, is_dict
from beatplanner.data.private_files import private_database
from beatplanner.data.project.content import Content, Event, StoredPlan, StoredScenario, plan_figures
from beatplanner.data.project.safe_save import copy_package

SCENARIOS, PLANS = "beatplanner_scenarios", "beatplanner_plans"

ARCHIVES, HISTORY, STATE = "beatplanner_archives", "beatplanner_history", "beatplanner_state"

TABLES = {
    META: "(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    SCENARIOS: "(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, changes TEXT NOT NULL, note TEXT NOT NULL)",
    PLANS: "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, scenario TEXT NOT NULL, made_on TEXT NOT NULL, author TEXT NOT NULL, "
    "feasible INTEGER NOT NULL, beats INTEGER, max_deviation REAL, moved_share REAL, stations INTEGER, summary TEXT NOT NULL)",
    ARCHIVES: "(plan INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    HISTORY: "(id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, "
    "reason TEXT NOT NULL, detail TEXT NOT NULL)",
    STATE: "(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
}

# Those that QGIS lists as tables.
SHOWN = {
    SCENARIOS: "Scenarios: what differs from the project's rules",
    PLANS: "Plans made of this project",
    HISTORY: "History: every edit, solve and override",
}


def read_content(file: Path, content: Content) -> None:
    """Fill in what a project file holds: scenarios, plans, history and state."""
    with open_read_only(file) as database:
        meta = dict(database.execute(f"SELECT key, value FROM {META}"))  # noqa: S608
        for name, changes, note in database.execute(f"SELECT name, changes, note FROM {SCENARIOS} ORDER BY id"):  # noqa: S608
            content.scenarios[name] = StoredScenario(name, json.loads(changes), note)
        rows = database.execute(f"SELECT id, name, scenario, made_on, author, summary FROM {PLANS} ORDER BY id")  # noqa: S608
        for number, name, scenario, made_on, author, summary in rows:
            content.plans[number] = StoredPlan(number, name, scenario, made_on, author, json.loads(summary))
        rows = database.execute(f"SELECT time, author, kind, what, reason, detail FROM {HISTORY} ORDER BY id")  # noqa: S608
        content.history = [
            Event(at, who, kind, what, why, json.loads(detail)) for at, who, kind, what, why, detail in rows
        ]
        content.state = {k: json.loads(v) for k, v in database.execute(f"SELECT key, value FROM {STATE}")}  # noqa: S608
        active = meta.get("active", "")
        content.active = active if active in content.scenarios else ""


def write_content(
    part: Path,
    content: Content,
    meta: dict[str, str],
    archives: dict[int, Path],
    look: Callable[[], None] = lambda: None,
) -> None:
    """Write all but the layers into a GeoPackage that nobody else has open; `look` is called between plans, and may end it by an error."""
    with private_database(part) as database:
        # GeoPackage 1.2, as a result is: older QGIS knows it by this number where the file is not called .gpkg, and no other
        database.execute("PRAGMA user_version=10200")
        for table, columns in TABLES.items():
            database.execute(f"CREATE TABLE IF NOT EXISTS {table} {columns}")
            if table != ARCHIVES:
                database.execute(f"DELETE FROM {table}")  # noqa: S608
        database.execute(f"CREATE TABLE IF NOT EXISTS {PROJECT} (description TEXT NOT NULL)")
        database.execute(f"DELETE FROM {PROJECT}")  # noqa: S608
        database.execute(f"INSERT INTO {PROJECT} VALUES (?)", (_json(content.rules),))  # noqa: S608
        for table, rows in _rows(content, meta).items():
            for row in rows:
                database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        stored = {row[0] for row in database.execute(f"SELECT plan FROM {ARCHIVES}")}  # noqa: S608
        for gone in stored - set(content.plans):
            database.execute(f"DELETE FROM {ARCHIVES} WHERE plan = ?", (gone,))  # noqa: S608
        new = [n for n in content.plans if n not in stored and n in archives and archives[n].is_file()]
        for number in new:
            look()
            database.execute(f"INSERT INTO {ARCHIVES} VALUES (?, ?)", (number, archives[number].read_bytes()))  # noqa: S608
        _list_tables(database)
    if new or stored - set(content.plans):
        from beatplanner.data.project.plan_layers import drop_plan_layers, write_plan_layers

        drop_plan_layers(part, stored - set(content.plans))
        for number in new:
            look()
            write_plan_layers(part, number, archives[number], content.plans[number].name)


def _rows(content: Content, meta: dict[str, str]) -> dict[str, Iterator[tuple[Any, ...]]]:
    return {
        META: ((k, v) for k, v in meta.items()),
        SCENARIOS: ((i + 1, s.name, _json(s.changes), s.note) for i, s in enumerate(content.scenarios.values())),
        PLANS: (
            (p.id, p.name, p.scenario, p.made_on, p.author, *plan_figures(p.summary).values(), _json(p.summary))
            for p in content.plans.values()
        ),
        HISTORY: (
            (i + 1, e.time, e.author, e.kind, e.what, e.reason, _json(e.detail)) for i, e in enumerate(content.history)
        ),
        STATE: ((k, _json(v)) for k, v in content.state.items()),
    }


def _list_tables(database: sqlite3.Connection) -> None:
    """Enter the tables that QGIS shows into the GeoPackage's list of contents."""
    names = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    if "gpkg_contents" not in names:
        return
    for table, text in SHOWN.items():
        database.execute(
            "INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES (?, 'attributes', ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            (table, table, text),
        )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def steps_saved(file: Path, journal: str) -> int:
    """Return how many things of a journal a project file holds already."""
    with suppress(sqlite3.Error, OSError, ValueError), open_read_only(file) as database:
        found = dict(database.execute(f"SELECT key, value FROM {META}"))  # noqa: S608 - a constant
        if found.get("journal") == journal:
            return int(found.get("journal_count", 0))
    return 0


def saved_drafts(file: Path) -> Table:
    """Return the drafts that a project file holds, by the plan that they are drawn on; none where it cannot be read."""
    with suppress(sqlite3.Error, OSError, ValueError), open_read_only(file) as database:
        query = f"SELECT value FROM {STATE} WHERE key = 'draft'"  # noqa: S608 - a constant
        for (value,) in database.execute(query):
            found = json.loads(value)
            return found if is_dict(found) else {}
    return {}


def keep_old_version(file: Path, schema: int) -> Path:
    """Copy a project of an older version beside it, before it is saved in the new one; return the copy; InputError where it cannot be written."""
    copy = file.with_name(f"{file.stem} (format {schema}){file.suffix}")
    number = 1
    while copy.exists():
        number += 1
        copy = file.with_name(f"{file.stem} (format {schema}, {number}){file.suffix}")
    try:
        copy_package(file, copy)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            copy.unlink(missing_ok=True)
        raise InputError(
            problem(
                f"the project is of an older format, and no copy of it can be kept here ({cause(error)})",
                "Save it under another name in a folder of your own",
                file=file,
            )
        ) from None
    return copy
