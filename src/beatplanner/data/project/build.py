"""The project file: description and layers of a project in one GeoPackage."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import uuid
from contextlib import suppress
from pathlib import Path

import pyogrio.errors

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.description.version import SCHEMA
from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import cannot_write, place_to_write, try_place
from beatplanner.data.private_files import flush
from beatplanner.data.project.content import Content, Event
from beatplanner.data.project.layers import write_layers
from beatplanner.data.project.lock import user_name
from beatplanner.data.project.plan_layers import write_layer_styles
from beatplanner.data.project.safe_save import cannot_save, put_package
from beatplanner.data.project.store import write_content
from beatplanner.data.town.read_town import read_town


def build(description: Path | Description, out: Path) -> None:
    """Read a project's layers and write them, with its description, into one file.

    Parameters
    ----------
    description
        The TOML description, or one that was read already.
    out
        The GeoPackage; an older one is replaced once the new one is complete.

    Raises
    ------
    InputError
        Where the input cannot be used, or the file cannot be written.
    """
    read = description if isinstance(description, Description) else read_description(description)
    out = place_to_write(out)
    try_place(out)
    town = read_town(read)
    if out in {s.path for s in town.sources}:
        raise InputError(
            problem("the project file would overwrite one of its own layers", "Give another name", file=out)
        )
    part = out.with_name(f".{out.name}.{os.getpid()}.part.gpkg")
    try:
        rules = write_layers(read, town, part, out.name)
        made = f"Built from {read.file.name}"
        content = Content(rules, history=[Event(_now(), user_name(), "build", made, "", {"layers": len(town.sources)})])
        meta = {"schema": str(SCHEMA), "save_id": uuid.uuid4().hex, "saved_on": _now(), "saved_by": user_name()}
        write_content(part, content, meta, {})
        write_layer_styles(part)
        flush(part)
        put_package(part, out)
    except sqlite3.OperationalError as error:
        raise InputError(cannot_save(error, out)) from None
    except (OSError, sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(cannot_write(error, out)) from None
    finally:
        with suppress(OSError):
            part.unlink()


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def is_project_file(path: Path) -> bool:
    """Tell whether a file is a project file."""
    from beatplanner.data.description.raw import stored_description

    return path.is_file() and stored_description(path) is not None
