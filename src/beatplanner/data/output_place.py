"""Where results may go: names that every system can hold, and replacing what another program may have open."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path, PurePath

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.paths import PATH_LIMIT, long_paths, whole_path
from beatplanner.data.private_files import flush_packages
from beatplanner.data.running_programs import is_left_over

# Names of devices: Windows takes no file or folder of that name, with any extension, in any case.
# Source: Microsoft, "Naming Files, Paths, and Namespaces".
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
# The longest name that is made inside a result.
LONGEST_INSIDE = 60
TRIES, PAUSE = 20, 0.25
# What programs leave beside a result while they write it: its name, the process, and whether it is the older one set aside.
LEFT_OVER = re.compile(r"\.(.+)\.(\d+)(\.old|\.part(?:\.\w+)?)")
SCRATCH = re.compile(r"beatplanner-(\d+)-")
# Errors that mean a full disk: too large a file, no space, no quota.
NO_ROOM = (errno.EFBIG, errno.ENOSPC, getattr(errno, "EDQUOT", 122))
# Errors of Windows where another program has the file open, or a part of it locked.
HELD = (32, 33)
# What is written to try a place, and the room that even the smallest plan needs, in bytes.
PROBE, PROBE_BYTES, ROOM, ROOM_FOR_A_WHILE = "beatplanner-try", 64 << 10, 4 << 20, 2 << 20


def check_place(out: PurePath, *, windows: bool = os.name == "nt") -> None:
    """Refuse a place that Windows could not hold: results are handed around between computers.

    Parameters
    ----------
    out
        Folder or file to be written, absolute.
    windows
        Whether to count letters too; elsewhere paths may be long.

    Raises
    ------
    InputError
        Where the place is a whole drive or share, or the name is a device's, holds a forbidden sign or ends in a dot or space, or the path is too long.
    """
    name = out.name
    sign = FORBIDDEN.search(name)
    if not name:
        what = f"“{out}” is a whole drive or share, which no result replaces"
    elif RESERVED.fullmatch(name):
        what = f"“{name}” is a name that Windows keeps for a device"
    elif sign:
        what = f"“{name}” holds “{sign[0]}”, which no name may hold on Windows"
    elif name != name.rstrip(". "):
        what = f"“{name}” ends in a dot or space, which Windows drops"
    elif windows and len(str(out)) + LONGEST_INSIDE > PATH_LIMIT and not long_paths():
        over = len(str(out)) + LONGEST_INSIDE - PATH_LIMIT
        what = f"the path is too long for Windows by {over} letters: it has {len(str(out))}, and what is written there up to {LONGEST_INSIDE} more"
    else:
        return
    raise InputError(problem(what, "Give another name or a shorter place", file=str(out)))


def place_to_write(out: PurePath | str) -> Path:
    """Return a place from its drive on, links followed, that Windows could hold.

    Raises
    ------
    InputError
        As `check_place` and `whole_path` do.
    """
    # a device's name leads to the device on Windows, which has another name: it is judged as it was given
    if RESERVED.fullmatch(PurePath(out).name):
        check_place(Path(out).absolute())
    place = whole_path(out)
    check_place(place)
    return place


def project_name(words: str) -> str:
    """Return the name of a file for what a project is called: one name, whatever is in it, and never a way into another folder."""
    return own_name(re.sub(rf"{FORBIDDEN.pattern}|[/\\]", "-", words), set())


def own_name(text: str, taken: set[str]) -> str:
    """Make a name for a file out of what people called a thing, unlike those taken on a system that does not tell A from a.

    Parameters
    ----------
    text
        Any text.
    taken
        Names given so far, case folded; the new one joins them.

    Returns
    -------
    str
        Letters, digits, spaces and hyphens, brackets and full stops inside; no device's name; at most 80 letters.
    """
    plain = re.sub(r"[^\w\- ().]+", "", text).strip(". ")[:80].rstrip(". ") or "unnamed"
    plain = f"{plain} file" if RESERVED.fullmatch(plain) else plain
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain} {number}"
    taken.add(name.casefold())
    return name


def swap_in(part: Path, out: Path) -> None:
    """Put a new folder or file in the place of the old; another program (Excel, OneDrive) may hold it for a while.

    Where the system can exchange two folders in one step it does, so that a kill leaves the old or the new. Elsewhere the old folder is set aside
    first, and `recover_output` brings it back after a kill between the two steps.

    Parameters
    ----------
    part
        What was written, beside `out`.
    out
        Its place; what is there is replaced as a whole or not at all.

    Raises
    ------
    InputError
        Where the old one stays held; the new one then stands beside it under a name that the message gives. Or where the disk does not take it.
    """
    old = out.parent / f".{out.name}.{os.getpid()}.old"
    try:
        flush_packages(part)
    except OSError as error:
        raise InputError(cannot_write(error, out)) from None
    for attempt in range(TRIES):
        try:
            if part.is_file():
                part.replace(out)
                return
            if out.exists() and _exchange(part, out):
                shutil.rmtree(part, ignore_errors=True)
                return
            if out.exists() and not old.exists():
                out.rename(old)
            part.rename(out)
            shutil.rmtree(old, ignore_errors=True)
            return
        except OSError:
            if old.exists() and not out.exists():
                old.rename(out)
            if attempt + 1 < TRIES:
                time.sleep(PAUSE)
    number = 1
    beside = out.with_name(f"{out.stem}-new{out.suffix}")
    while beside.exists():
        # what was kept beside before may be the only copy of a plan
        number += 1
        beside = out.with_name(f"{out.stem}-new-{number}{out.suffix}")
    move(part, beside)
    raise InputError(
        problem(
            "a file of the older result is open in another program, so it could not be replaced",
            f"Close it; the new result is in {beside}",
            file=out,
        )
    )


def check_folder_place(out: Path, mark: str) -> None:
    """Refuse a folder that cannot be written, or that holds something else than what is to be replaced there.

    Parameters
    ----------
    out
        The folder; one that is empty or not there is free.
    mark
        The file that what is replaced holds, such as ``summary.json``.

    Raises
    ------
    InputError
        Saying why.
    """
    out = place_to_write(out)
    recover_output(out)
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / mark).exists())):
        raise InputError(
            problem("there is something else in this place, and it is not overwritten", "Give another folder", file=out)
        )
    try_place(out)


def make_folder(folder: Path) -> None:
    """Make a folder that results go into, and those on the way to it, where they are not there.

    Raises
    ------
    InputError
        Where it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(cannot_write(error, folder)) from None


def delete_files(folder: Path) -> None:
    """Delete the files that lie in a folder; folders in it stay."""
    for old in folder.iterdir():
        if old.is_file():
            old.unlink()


@contextmanager
def written_anew(folder: Path, *faults: type[Exception]) -> Generator[Path]:
    """Give a place beside a folder; what is written there takes the folder's place at the end, and is deleted where something failed.

    Parameters
    ----------
    folder
        Its place, absolute; what is there is replaced as a whole or not at all.
    faults
        Of libraries that write there; they are told as the system's own are.

    Raises
    ------
    InputError
        Where it cannot be written, or not replaced (see `swap_in`).
    """
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    recover_output(folder)
    shutil.rmtree(part, ignore_errors=True)
    try:
        yield part
    except (OSError, *faults) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(cannot_write(error, folder)) from None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    swap_in(part, folder)


def write_file(file: Path, content: bytes) -> None:
    """Write one file whole or not at all: beside its place first, then moved there.

    Parameters
    ----------
    file
        A file that is there is replaced; folders on the way are made.
    content
        All of it.

    Raises
    ------
    InputError
        Where it cannot be written; what was there is as it was.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        move(part, file)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise InputError(cannot_write(error, file)) from None


def move(source: Path, target: Path, tries: int = TRIES) -> None:
    """Move a file or folder, trying again for some seconds: a scanner or OneDrive may hold it for a moment.

    Parameters
    ----------
    source, target
        What is moved, and where to; a file that is there is replaced.
    tries
        How often, with pauses of a quarter of a second.

    Raises
    ------
    OSError
        Of the last try.
    """
    for attempt in range(tries):
        try:
            source.replace(target)
            return
        except PermissionError:
            if attempt + 1 == tries:
                raise
            time.sleep(PAUSE)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # another drive
            shutil.move(source, target)
            return


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or the file system cannot."""
    import ctypes

    here, swap_on_linux, swap_on_mac = -100, 2, 2
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return library.renamex_np(os.fsencode(one), os.fsencode(other), swap_on_mac) == 0
        return library.renameat2(here, os.fsencode(one), here, os.fsencode(other), swap_on_linux) == 0
    except (AttributeError, OSError, TypeError):
        return False


def recover_output(out: Path) -> None:
    """Bring back a folder that a kill left set aside between two steps, and delete what dead programs left beside it.

    Every command does this for the places that it is given; what a program that still runs is writing stays.

    Parameters
    ----------
    out
        A folder or file that is written by `swap_in`.
    """
    # what is no place that this system can hold is told by the command itself
    with suppress(OSError, InputError):
        out = whole_path(out)
        if not out.name:
            return
        if not out.parent.is_dir():
            # a file of a result that was set aside as a whole
            recover_output(out.parent)
        if not out.parent.is_dir():
            return
        found: list[tuple[bool, Path]] = []
        for path in out.parent.iterdir():
            found_name = LEFT_OVER.fullmatch(path.name)
            if found_name and found_name[1] == out.name and is_left_over(path, int(found_name[2])):
                found.append((found_name[3] != ".old", path))
        # the old result, which was whole, before the halves
        for half, path in sorted(found):
            if not half and not out.exists():
                move(path, out)
            elif path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def try_place(out: Path) -> None:
    """Write a little beside a place, and where the system keeps files for a while, before hours of planning end there.

    Raises
    ------
    InputError
        Naming the place that may not be written or has no room, and why.
    """
    out = whole_path(out)
    there = next(p for p in (out.parent, *out.parents) if p.exists())
    held = out.is_dir() and next(out.iterdir(), None) is not None
    for folder, needed in ((there, ROOM), (out if held else there, 0), (Path(tempfile.gettempdir()), ROOM_FOR_A_WHILE)):
        probe = folder / f".{PROBE}.{os.getpid()}.part"
        try:
            with probe.open("wb") as stream:
                stream.write(bytes(PROBE_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
            if shutil.disk_usage(folder).free < needed:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            # the file of the trial is no place that anybody knows
            error.filename = None
            raise InputError(cannot_write(error, folder if folder != there else out)) from None
        finally:
            with suppress(OSError):
                probe.unlink()


def folder_to_write(*folders: Path) -> Path:
    """Return the first of some folders that takes files, the last where none does: what is offered to people as a place can be used."""
    for folder in folders:
        with suppress(InputError):
            if folder.is_dir():
                try_place(folder / PROBE)
                return folder
    return folders[-1]


def cannot_write(error: BaseException, place: str | Path) -> Note:
    """Say why something cannot be written: no room, no permission, a drive that may only be read; a path that the error names comes first.

    Parameters
    ----------
    error
        Of the system, of SQLite or of GDAL.
    place
        What was to be written; empty where only the error knows.
    """
    said = (
        str(getattr(error, "strerror", None) or error).splitlines()[0].strip() if str(error) else type(error).__name__
    )
    number = getattr(error, "errno", None)
    named = getattr(error, "filename", None)
    where: str | Path = Path(os.fsdecode(named)) if isinstance(named, str | bytes) else place
    # what lies in a half-written folder is told as its place; a scratch folder elsewhere is told as such
    if not isinstance(where, Path):
        pass
    elif place and whole_path(place).parent in (*where.parents, where):
        where = place
    elif LEFT_OVER.fullmatch(where.name):
        # a name that is held only while the file is written
        where = where.parent
    if number in NO_ROOM or any(word in said.casefold() for word in ("full", "no space", "disk i/o")):
        return problem("there is no room left", "Free space on that drive, or give another place", file=where)
    if getattr(error, "winerror", None) in HELD:
        return problem(
            "another program, such as Excel or OneDrive, has it open",
            "Close it there and try again, or give another place",
            file=where,
        )
    if number == errno.EROFS or "read-only" in said.casefold() or "readonly" in said.casefold():
        return problem("this place may only be read", "Give a folder of your own", file=where)
    if isinstance(error, PermissionError) or number in (errno.EACCES, errno.EPERM):
        return problem("you may not write here", "Give a folder of your own, or ask who looks after it", file=where)
    # a library says less than the system does of a small file beside it
    if place and not isinstance(error, OSError) and (of_system := why_not_written(Path(place))):
        return of_system
    return problem(f"this place cannot be written ({cause(error)})", "Give another folder", file=where)


def why_not_written(file: Path) -> Note | None:
    """Say why the system takes no file here, of which whoever should have written it only knows that it failed; None where it takes a small one."""
    if not file.parent.is_dir():
        return cannot_write(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), file.parent)
    try:
        try_place(file)
    except InputError as error:
        return error.problems[0]
    return None


@contextmanager
def scratch_folder() -> Generator[Path]:
    """Give a folder for a while; those of programs that were killed are deleted, since they may hold names.

    Raises
    ------
    InputError
        Where the system's folder for such files cannot be written.
    """
    base = Path(tempfile.gettempdir())
    with suppress(OSError):
        for path in base.iterdir():
            found_name = SCRATCH.match(path.name)
            if found_name and is_left_over(path, int(found_name[1])):
                shutil.rmtree(path, ignore_errors=True)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"beatplanner-{os.getpid()}-"))
    except OSError as error:
        raise InputError(cannot_write(error, base)) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_stopped(path: Path) -> None:
    """Delete what an export that was stopped, or killed, left beside its file."""
    for part in path.parent.glob(f".{escape(path.stem)}*.part{escape(path.suffix)}"):
        number = part.name.removesuffix(f".part{path.suffix}").rpartition(".")[2]
        if number.isdecimal() and is_left_over(part, int(number)):
            with suppress(OSError):
                part.unlink()
