"""Replacing a GeoPackage so that a kill, a full disk or a vanished drive leaves the last saved state."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.output_place import HELD, move, place_to_write
from beatplanner.data.paths import read_only_uri
from beatplanner.data.private_files import flush
from beatplanner.data.running_programs import is_left_over

# How long another program may hold the file before a save gives up, in ms; steps of a backup that may find it held.
BUSY_MS, BUSY_STEPS = 2000, 3
# How often a replacement is tried while a scanner or OneDrive looks at the file.
TRIES = 8
# So many bytes, and pages of a database, are copied between two looks at whether the save was stopped.
PIECE, PAGES = 1 << 20, 256


def replace_package(
    target: Path, base: Path | None, change: Callable[[Path], None], look: Callable[[], None] = lambda: None
) -> None:
    """Write a new version of a GeoPackage beside the old one, flush it to the disk, and swap it in.

    Parameters
    ----------
    target
        The file; what is there stays as it is until the new version is complete.
    base
        The version to start from; None for an empty one. It is read through SQLite, so that what another program has in
        its write-ahead log is not lost.
    change
        Called with the path of the new version, to change it.
    look
        Called often while much is copied; an error that it raises ends the save, and the old version stays.

    Raises
    ------
    InputError
        Where the place cannot be written, the disk is full, or another program holds the file.
    """
    target = place_to_write(target)
    folder = target.parent
    if not folder.is_dir():
        raise InputError(
            problem(
                "the folder is gone; a drive may have been disconnected",
                "Connect it again, or save under another name",
                file=target,
            )
        )
    part = target.with_name(f".{target.name}.{os.getpid()}.part.gpkg")
    clear_leftovers(target)
    try:
        if base is not None:
            copy_package(base, part, look)
        change(part)
        flush(part)
        look()
        put_package(part, target)
        flush_folder(folder)
    except (OSError, sqlite3.Error) as error:
        raise InputError(cannot_save(error, target)) from None
    finally:
        for name in (part, *_companions(part)):
            with suppress(OSError):
                name.unlink(missing_ok=True)


def put_package(part: Path, target: Path) -> None:
    """Put a new version of a GeoPackage in the place of the old; where another program has that open, write into it in one transaction.

    Windows lets nobody replace a file that a reader such as QGIS holds, but SQLite's backup writes into it: readers see the old version
    or the new, and a kill on the way leaves the old, which SQLite's journal brings back.

    Parameters
    ----------
    part
        The new version, beside `target`; where it was written into the old one it is still there.
    target
        Its place.

    Raises
    ------
    OSError, sqlite3.Error
        Where the place cannot be written, or another program is writing into it; `cannot_save` says it in words.
    """
    try:
        _settle(target)
        move(part, target, TRIES)
        return
    except PermissionError:
        if not target.is_file():
            raise
    except sqlite3.OperationalError:
        # a reader holds the log of changes
        pass
    waits = 0

    def report(status: int, _left: int, _all: int) -> None:
        nonlocal waits
        waits += status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if waits > BUSY_STEPS:
            raise sqlite3.OperationalError("the file is locked")

    with closing(sqlite3.connect(part)) as new, closing(sqlite3.connect(target, timeout=BUSY_MS / 1000)) as old:
        new.backup(old, progress=report)


def cannot_save(error: Exception, target: Path) -> Note:
    """Say why a project could not be saved."""
    said = str(getattr(error, "strerror", None) or error).strip()
    full = "full" in said.lower() or getattr(error, "errno", 0) in (27, 28, 122) or "disk i/o" in said.lower()
    if full:
        return problem(
            "there is no room left on the disk; the last saved state is untouched",
            "Free space, or save on another drive",
            file=target,
        )
    held = getattr(error, "winerror", None) in HELD
    if not held and (isinstance(error, PermissionError) or getattr(error, "errno", 0) in (13, 30)):
        return problem(
            "this folder may only be read; the last saved state is untouched",
            "Save under another name in a folder of your own",
            file=target,
        )
    if held or "locked" in said.lower() or "busy" in said.lower():
        return problem(
            "another program, such as QGIS, has the project open with changes of its own",
            "Close it there and save again, or save under another name",
            file=target,
        )
    return problem(
        f"the project cannot be saved ({cause(error)}); the last saved state is untouched",
        "Save again, or under another name on another drive",
        file=target,
    )


def copy_package(source: Path, target: Path, look: Callable[[], None] = lambda: None) -> None:
    """Copy a GeoPackage as it stands, with what its write-ahead log holds; OSError or sqlite3.Error where that fails.

    `look` is called after each piece: a large project on a slow disk takes minutes, and who is asked to stop does not wait for them.
    """
    if not source.is_file():
        raise FileNotFoundError(2, "the file is gone", str(source))
    if not any(p.exists() for p in _companions(source)):
        with source.open("rb") as old, target.open("wb") as new:
            while piece := old.read(PIECE):
                new.write(piece)
                look()
        return
    with (
        closing(sqlite3.connect(read_only_uri(source), uri=True, timeout=BUSY_MS / 1000)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new, pages=PAGES, progress=lambda _status, _left, _all: look())


def _companions(path: Path) -> tuple[Path, ...]:
    """Return the files that SQLite keeps beside a database."""
    return tuple(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))


def _settle(target: Path) -> None:
    """Take away the write-ahead log of the old version, which SQLite would otherwise play over the new one."""
    if not any(p.exists() for p in _companions(target)):
        return
    with closing(sqlite3.connect(target, timeout=BUSY_MS / 1000)) as database:
        mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        # an exclusive lock is had only where no other program is at work on the file
        database.execute("BEGIN EXCLUSIVE")
        database.rollback()
    if mode != "delete" or any(p.exists() for p in _companions(target)):
        raise sqlite3.OperationalError("the file is locked")


def flush_folder(folder: Path) -> None:
    """Make the system write a folder's list of files; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clear_leftovers(target: Path) -> None:
    """Delete what saves that were killed left beside a project."""
    for name in target.parent.glob(f".{target.name}.*.part.gpkg*"):
        number = name.name.removeprefix(f".{target.name}.").split(".", 1)[0]
        if number.isdecimal() and int(number) != os.getpid() and is_left_over(name, int(number)):
            with suppress(OSError):
                name.unlink()
