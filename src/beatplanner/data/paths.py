"""Paths as Windows has them: drives that no relative path crosses, and shares on a network."""

from __future__ import annotations

import os
from pathlib import PurePath
from urllib.parse import quote


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
