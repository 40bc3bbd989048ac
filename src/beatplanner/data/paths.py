"""Paths as Windows has them: drives that no relative path crosses, and shares on a network."""

from __future__ import annotations

import errno
import ntpath
import os
import re
import stat
from pathlib import Path, PurePath, PureWindowsPath
from urllib.parse import quote

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem

# Letters of a path that Windows opens without its setting for long paths. Source: Microsoft, "Maximum Path Length Limitation".
PATH_LIMIT = 259
# \\server\share and //server/share
SERVER = re.compile(r"^(\\\\|//|\\/|/\\)([^\\/]*)")


def whole_path(path: str | PurePath, *, windows: bool = os.name == "nt") -> Path:
    """Return a path from its drive on, links followed: what `Path.resolve` gives, where Windows cannot follow it too.

    Parameters
    ----------
    path
        As it was given; it need not be there.
    windows
        Whether to refuse what Windows without its setting for long paths does not open: it would say that the file is not there.

    Raises
    ------
    InputError
        Where the path is too long for this system, or a link in it cannot be followed.
    """
    plain = Path(os.path.abspath(path))  # noqa: PTH100
    if windows and len(str(plain)) > PATH_LIMIT and not str(plain).startswith("\\\\?\\") and not long_paths():
        raise InputError(
            problem(
                f"the path has {len(str(plain))} letters, and this Windows opens {PATH_LIMIT}",
                "Move it into a folder with a shorter path, or ask your administrator to allow long paths (LongPathsEnabled)",
                file=str(plain),
            )
        )
    try:
        found = Path(path).resolve()
        found.is_symlink()
        return found
    except (OSError, RuntimeError) as error:
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            raise InputError(
                problem(
                    f"the path has {len(str(plain))} letters, the longest name in it {max(map(len, plain.parts))}, more than this system takes",
                    "Give a shorter one",
                    file=str(plain),
                )
            ) from None
        # disks in memory, some shares and wine do not say where a path leads; without a link in it, it leads where it says
        if isinstance(error, RuntimeError) or any(map(leads_elsewhere, (plain, *plain.parents))):
            raise InputError(
                problem(
                    f"a link in the path cannot be followed ({cause(error) if isinstance(error, OSError) else 'it leads back to itself'})",
                    "Give the place that it leads to",
                    file=str(plain),
                )
            ) from None
        return plain


def whole_path_text(path: str, beside: str = "") -> str:
    """Return a file's whole path; one that was written down on Windows is put together as Windows does, wherever it is read.

    Parameters
    ----------
    path
        From the folder of `beside` on, unless it is whole.
    beside
        A file in the folder that it begins in; empty for the folder of this process.
    """
    # links are not followed on a server: it would be asked, whoever wrote its name down
    lexical = os.name != "nt" or leads_to_server(beside) or leads_to_server(path)
    if lexical and PureWindowsPath(beside or path).is_absolute():
        return ntpath.normcase(ntpath.normpath(ntpath.join(ntpath.dirname(beside), path)))
    return str(whole_path(Path(beside).parent / path))


def leads_to_server(path: str) -> bool:
    """Tell whether a path lies on another computer."""
    return bool(SERVER.match(path))


def asks_another(path: str, near: PurePath) -> bool:
    """Tell whether a look at a path would ask another computer than this one and that on which a place lies that is read anyway."""
    asked, known = SERVER.match(path), SERVER.match(str(near))
    return asked is not None and (known is None or asked[2].casefold() != known[2].casefold())


def leads_elsewhere(path: Path) -> bool:
    """Tell whether a path is a link; on Windows a junction, which anybody may make, is one too."""
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return False
    # the bit of all that stand for another place. Source: Microsoft, "Reparse Point Tags"
    return stat.S_ISLNK(found.st_mode) or bool(getattr(found, "st_reparse_tag", 0) & 0x2000_0000)


def long_paths() -> bool:
    """Tell whether this Windows lets programs open long paths; elsewhere False."""
    try:
        import winreg

        where = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, where) as key:  # type: ignore[attr-defined]
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])  # type: ignore[attr-defined]
    except (ImportError, OSError):
        return False


def read_only_uri(path: PurePath) -> str:
    r"""Return the address by which SQLite opens a file for reading alone.

    Parameters
    ----------
    path
        An absolute path. A share (``\\server\share``) has two slashes more than `pathlib` gives it, as SQLite takes no server's name.

    Returns
    -------
    str
        An address with ``mode=ro``. Source: SQLite, "Uniform Resource Identifiers", section 3.1.
    """
    text = path.as_posix()
    return f"file:{'//' if text.startswith('/') else '///'}{quote(text, safe='/:')}?mode=ro"


def relative_or_whole(path: PurePath, folder: PurePath) -> str:
    """Return a path as seen from a folder, with forward slashes; the whole path where the two are on different drives."""
    try:
        return PurePath(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def part_of(path: Path, suffix: str) -> Path | None:
    """Return another part of a shapefile or MapInfo layer, whatever the case of its ending; None where there is none."""
    for spelled in (suffix, suffix.upper()):
        part = path.with_suffix(spelled)
        if part.is_file():
            return part
    return None
