"""Large libraries are read from the disk while smaller ones are loaded."""

from __future__ import annotations

import importlib.util
import os
from contextlib import suppress
from pathlib import Path

# Libraries of that many bytes and more: what is smaller the system reads at once anyway.
LARGE = 4 << 20


def read_ahead(*packages: str) -> list[Path]:
    """Ask the system to read the large libraries of packages, none of which is loaded by that.

    The first run after a start of the computer waits for the disk, for one library after the other, each when it is loaded: GDAL alone
    is 80 MB. Where the system cannot be asked (Windows, macOS) nothing is done.

    Parameters
    ----------
    packages
        Names of packages whose libraries lie in the folder ``NAME.libs`` beside them, as wheels bring them.

    Returns
    -------
    list of Path
        The libraries that were asked for.
    """
    asked: list[Path] = []
    if not hasattr(os, "posix_fadvise"):
        return asked
    for package in packages:
        # a name without a dot is looked up without loading anything
        spec = importlib.util.find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            with suppress(OSError):
                for library in sorted(Path(f"{place}.libs").iterdir()):
                    if library.stat().st_size >= LARGE:
                        handle = os.open(library, os.O_RDONLY)
                        try:
                            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_WILLNEED)
                        finally:
                            os.close(handle)
                        asked.append(library)
    return asked
