"""Where results may go: names that every system can hold, and replacing what another program may have open."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path, PurePath

from beatplanner.data.errors import InputError, problem

# Names of devices: Windows takes no file or folder of that name, with any extension, in any case.
# Source: Microsoft, "Naming Files, Paths, and Namespaces".
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
# Windows' limit of a path without its long-path setting, and the longest name that is made inside a result.
PATH_LIMIT, LONGEST_INSIDE = 259, 60
TRIES, PAUSE = 20, 0.25


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
    elif windows and len(str(out)) + LONGEST_INSIDE > PATH_LIMIT and not _long_paths():
        over = len(str(out)) + LONGEST_INSIDE - PATH_LIMIT
        what = f"the path is too long for Windows by {over} letters"
    else:
        return
    raise InputError(problem(what, "Give another name or a shorter place", file=out))


def _long_paths() -> bool:
    """Tell whether Windows lets programs use long paths."""
    try:
        import winreg

        where = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, where) as key:  # type: ignore[attr-defined]
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])  # type: ignore[attr-defined]
    except (ImportError, OSError):
        return False


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

    Parameters
    ----------
    part
        What was written, beside `out`.
    out
        Its place; what is there is replaced as a whole or not at all.

    Raises
    ------
    InputError
        Where the old one stays held; the new one then stands beside it under a name that the message gives.
    """
    old = out.parent / f".{out.name}.{os.getpid()}.old"
    for attempt in range(TRIES):
        try:
            if part.is_file():
                part.replace(out)
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
    part.rename(beside)
    raise InputError(
        problem(
            "a file of the older result is open in another program, so it could not be replaced",
            f"Close it; the new result is in {beside}",
            file=out,
        )
    )
