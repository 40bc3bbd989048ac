"""A lock file beside a project: two windows on one project are noticed, on this computer or over a shared folder."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
import platform
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from beatplanner.data.narrowing import Table, is_dict
from beatplanner.data.running_programs import is_running, start_of

# A lock that another computer has not touched for this long belongs to a program that crashed, in seconds.
STALE = 300.0
# How often its owner touches it, in seconds.
BEAT = 60.0


@dataclass(frozen=True)
class Owner:
    """Who has a project open."""

    user: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        if not self.host:
            return self.user
        when = self.since
        with suppress(ValueError):
            when = f"{dt.datetime.fromisoformat(self.since).astimezone():%d.%m.%Y %H:%M}"
        where = "this computer" if self.host == platform.node() else self.host
        return f"{self.user} on {where}, since {when}"


class ProjectLock:
    """One window's hold on a project.

    Attributes
    ----------
    holder
        Who else has the project open; None where this lock holds it.
    held
        Whether this lock holds it. A folder that may only be read holds no lock, and needs none.
    """

    def __init__(self, project: Path) -> None:
        self.project, self.file = project, project.with_name(f".{project.name}.lock")
        self.token = uuid.uuid4().hex
        self.holder: Owner | None = None
        self.held = False

    def acquire(self) -> bool:
        """Take the lock, over a stale one too; return whether it is held."""
        for _ in range(3):
            try:
                handle = os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                other = self._read()
                if other is not None and not self._is_stale(other):
                    self.holder = Owner(
                        str(other.get("user", "another user")),
                        str(other.get("host", "")),
                        int(other.get("pid", 0)),
                        str(other.get("since", "")),
                    )
                    return False
                with suppress(OSError):
                    self.file.unlink()
                continue
            except OSError:
                # a folder that may only be read
                return False
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(self._content(), stream, ensure_ascii=False)
            self.holder, self.held = None, True
            return True
        return False

    def touch(self) -> bool:
        """Tell other computers that the owner still works; return whether the lock is still this one's."""
        if not self.held:
            return False
        other = self._read()
        if other is None and not self.project.exists():
            # the share is away for a while, or the folder was renamed: nobody took the project, and saving tells that it is gone
            return True
        # one that cannot be read at this moment is told about the next time
        if other is None or other.get("token", self.token) != self.token:
            self.held = False
            return False
        with suppress(OSError):
            os.utime(self.file)
        return True

    def release(self) -> None:
        """Give the lock up; one that somebody else has taken stays."""
        if self.held:
            other = self._read()
            if other is not None and other.get("token") == self.token:
                with suppress(OSError):
                    self.file.unlink()
        self.held = False

    def _content(self) -> dict[str, object]:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        pid = os.getpid()
        return {
            "user": user_name(),
            "host": platform.node(),
            "pid": pid,
            "started": start_of(pid),
            "since": now,
            "token": self.token,
        }

    def _read(self) -> Table | None:
        """Return what the lock says: None where there is none, nothing where it may not be read, which is no leave to take it."""
        for _ in range(3):
            try:
                found = json.loads(self.file.read_text(encoding="utf-8"))
                return found if is_dict(found) else {}
            except FileNotFoundError:
                return None
            except (ValueError, OSError):
                # its owner may be writing it at this moment, a scanner may look at it, or it belongs to another user
                time.sleep(0.05)
        return {}

    def _is_stale(self, other: Mapping[str, object]) -> bool:
        if other.get("host") == platform.node():
            pid = int(str(other.get("pid", 0)) or 0)
            return not is_running(pid) or bool(other.get("started") and start_of(pid) not in ("", other["started"]))
        with suppress(OSError):
            return time.time() - self.file.stat().st_mtime > STALE
        return False


def user_name() -> str:
    """Return the name of who is at work, for the lock and the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
