"""Reports of the program's own errors: they stay on this computer and hold no data, only where in the program it happened."""

from __future__ import annotations

import platform
import sysconfig
import time
import traceback
from pathlib import Path
from types import TracebackType

KEPT = 20


def write_crash_report(kind: type[BaseException] | None, trace: TracebackType | None) -> Path | None:
    """Write where an error happened to the user's log folder.

    Parameters
    ----------
    kind, trace
        Type and traceback of the error. Its message and the values of variables are left out: they may hold names, places or
        paths of a user's files; of the program's own files only the part below the package is named.

    Returns
    -------
    Path or None
        The report; None where the folder cannot be written.
    """
    from platformdirs import user_log_path

    from beatplanner.planning.versions import versions

    lines = [f"{kind.__name__ if kind else 'error'}"]
    for frame in traceback.extract_tb(trace):
        lines.append(f"  {_below_package(frame.filename)}, line {frame.lineno}, in {frame.name}")
    lines += ["", f"{platform.system()} {platform.release()} {platform.machine()}"]
    lines += [f"{name} {number}" for name, number in versions().items()]
    try:
        folder = user_log_path("beatplanner", appauthor=False, ensure_exists=True)
        path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for old in sorted(folder.glob("crash-*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return path


def _below_package(file: str) -> str:
    """Return the part of a file's path that no user chose: below where the program or its libraries lie, else the name alone."""
    path = Path(file)
    libraries = (sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    for folder in (Path(__file__).parents[2], *map(Path, filter(None, libraries))):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
