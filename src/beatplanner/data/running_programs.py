"""Whether a process of this computer is still at work, without sending it anything."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path


def is_running(pid: int) -> bool:
    """Tell whether a process with this number exists."""
    if pid <= 0:
        return False
    if os.name == "nt":
        return _windows_start(pid) is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # a child that ended and was not yet waited for no longer works
    return _linux_field(pid, 2) != "Z"


def is_left_over(path: Path, pid: int) -> bool:
    """Tell whether a file or folder was left by a process that is gone; a number given to a new process since does not keep it."""
    if not is_running(pid):
        return True
    begun = _began(pid)
    with suppress(OSError):
        return begun is not None and begun > path.lstat().st_mtime + 1.0
    return False


def _began(pid: int) -> float | None:
    """Return when a process of Linux began, in seconds since 1970; None where the system does not say.

    The days of its folder below /proc are no answer: they are those of the first look at it, and new ones where the system, short of memory, forgot
    that look. What is counted here stands still with the process; both count from the start of the computer, in a container too.
    """
    if sys.platform != "linux":
        return None
    try:
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(_linux_field(pid, 21)) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None
    # none can begin later than now: then the two counts are not of one clock
    return time.time() - age if age > -1.0 else None


def start_of(pid: int) -> str:
    """Return a text that tells two processes with the same number apart; empty where the system does not say."""
    if os.name == "nt":
        return _windows_start(pid) or ""
    return _linux_field(pid, 21)


def _linux_field(pid: int, number: int) -> str:
    try:
        # the name, in brackets, may hold spaces
        rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return rest[number - 2] if len(rest) > number - 2 else ""


def _windows_start(pid: int) -> str | None:
    """Return when a process started; None where it does not run. `os.kill` would end it on Windows."""
    import ctypes
    from ctypes import wintypes

    query_limited, still_active, access_denied = 0x1000, 259, 5
    # these two are there on Windows alone
    kernel = vars(ctypes)["WinDLL"]("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(query_limited, False, pid)
    if not handle:
        # a process of another user of this computer runs, though nothing more is told about it
        return "" if vars(ctypes)["get_last_error"]() == access_denied else None
    try:
        code = wintypes.DWORD()
        if not kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code)) or code.value != still_active:
            return None
        times = [wintypes.FILETIME() for _ in range(4)]
        if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *(ctypes.byref(t) for t in times)):
            return ""
        return f"{times[0].dwHighDateTime}.{times[0].dwLowDateTime}"
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
