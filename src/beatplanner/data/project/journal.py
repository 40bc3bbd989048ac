"""What was done since the last save, written down at once, so that a crash loses no work."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from beatplanner.data.narrowing import Table, is_dict
from beatplanner.data.output_place import move
from beatplanner.data.paths import whole_path
from beatplanner.data.project.content import VIEW
from beatplanner.data.project.safe_save import copy_package
from beatplanner.data.project.store import saved_drafts, steps_saved
from beatplanner.data.running_programs import is_running, start_of

JOURNAL, BASE = "journal.jsonl", "base.gpkg"
# A project of more bytes is copied beside the work: from a slow drive that takes minutes, and a project is opened before.
AT_ONCE = 4 << 20
# The system writes to the disk at the latest after so many seconds; a power cut loses no more than that, a crash nothing.
FLUSH_AFTER = 5.0


def recovery_folder() -> Path:
    """Return the folder of this computer where journals lie: never on a network drive."""
    from platformdirs import user_state_path

    return user_state_path("beatplanner", appauthor=False) / "recovery"


class _EnoughError(Exception):
    """The copy is not wanted any more."""


class Journal:
    """One line for each thing that was done to a project since its last save.

    Attributes
    ----------
    folder
        Where the journal, a copy of the last saved state, and the plans made since lie.
    id
        Names this journal in the project that it was saved into.
    count
        How many things it holds.
    lost
        Called once the folder was made anew, because it had gone under the running program: what else lay there has to come back.
    """

    def __init__(self, project: Path, save_id: str) -> None:
        self.id = uuid.uuid4().hex
        self.folder = recovery_folder() / self.id
        self.folder.mkdir(parents=True)
        self.count = 0
        self.lost: Callable[[], None] = lambda: None
        self._flushed = time.monotonic()
        # to be read as well: what was written is known also where the file has gone
        self._stream = self._opened()
        self._copying: threading.Thread | None = None
        self._enough = threading.Event()
        pid = os.getpid()
        head = {
            "journal": self.id,
            "project": str(project),
            "save_id": save_id,
            "host": platform.node(),
            "pid": pid,
            "started": start_of(pid),
        }
        self._write(head)

    def copy_base(self, project: Path) -> None:
        """Keep a copy of the last saved state: a drive that vanishes takes the layers along, and with the copy the project can be saved elsewhere.

        Until the copy is complete there is none in its place.
        """
        with suppress(OSError):
            if project.stat().st_size <= AT_ONCE:
                self._copy(project)
                return
            self._copying = threading.Thread(target=self._copy, args=(project,), name="base copy", daemon=True)
            self._copying.start()

    def _copy(self, project: Path) -> None:
        part = self.folder / f"{BASE}.part"
        with suppress(OSError, sqlite3.Error, _EnoughError):
            copy_package(project, part, self._look)
            move(part, self.folder / BASE)
        with suppress(OSError):
            part.unlink(missing_ok=True)

    def _look(self) -> None:
        if self._enough.is_set():
            raise _EnoughError

    def wait_for_base(self, look: Callable[[], None] = lambda: None) -> None:
        """Wait until the project is copied, so that its file can be replaced on every system; `look` is called meanwhile, and may end it by an error."""
        while self._copying is not None and self._copying.is_alive():
            look()
            self._copying.join(0.1)

    def add(self, done: Mapping[str, object]) -> None:
        """Write down one thing; OSError where nothing of it is kept where a recovery looks for it."""
        self.count += 1
        self._write(done)

    def since(self, count: int) -> list[Table]:
        """Return what was done after the first `count` things."""
        return _things(self._written())[1][count:]

    def flush(self) -> None:
        """Make the system write to the disk; OSError where it cannot."""
        if not self._stream.closed:
            self._stay()
            self._stream.flush()
            os.fsync(self._stream.fileno())
        self._flushed = time.monotonic()

    def _write(self, content: Mapping[str, object]) -> None:
        self._stream.write(json.dumps(content, ensure_ascii=False) + "\n")
        self._stream.flush()
        self._stay()
        if time.monotonic() - self._flushed > FLUSH_AFTER:
            self.flush()

    def _opened(self) -> TextIO:
        return (self.folder / JOURNAL).open("a+", encoding="utf-8")

    def _written(self) -> str:
        """Return all lines, also of a file that has gone."""
        self._stream.seek(0)
        text = self._stream.read()
        self._stream.seek(0, os.SEEK_END)
        return text

    def _is_there(self) -> bool:
        """Tell whether what is written goes where a recovery looks for it: whoever cleans up may delete the folder of a running program."""
        try:
            there = (self.folder / JOURNAL).stat()
        except OSError:
            return False
        return os.path.samestat(os.fstat(self._stream.fileno()), there)

    def _stay(self) -> None:
        """Write all of it anew where its file has gone."""
        if self._is_there():
            return
        lines = self._written()
        self.folder.mkdir(parents=True, exist_ok=True)
        stream = self._opened()
        try:
            # a file of another's in its place is none of ours
            stream.truncate(0)
            stream.write(lines)
            stream.flush()
        except OSError:
            stream.close()
            raise
        self._stream.close()
        self._stream = stream
        self.lost()

    def close(self, *, keep: bool = False) -> None:
        """End the journal; it is deleted unless it is to be kept for recovery."""
        if self._copying is not None:
            self._enough.set()
            self._copying.join()
        self._stream.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Recovery:
    """Work that was not saved before a crash.

    Attributes
    ----------
    folder
        The journal's.
    project
        The project that it belongs to.
    save_id
        The saved state that it starts from.
    done
        What was done since, in order.
    last
        When the last of it was done, ISO.
    """

    folder: Path
    project: Path
    save_id: str
    done: tuple[Table, ...]
    last: str

    @property
    def id(self) -> str:
        """The journal's name."""
        return self.folder.name

    @property
    def unsaved(self) -> tuple[Table, ...]:
        """What of it the project's file does not hold: the program may have ended right after a save."""
        found = self.done[steps_saved(self.project, self.id) :]
        return found if changed_by(found) else ()

    @property
    def changes(self) -> int:
        """How many changes it holds that are not saved; see `changes_in`."""
        return changes_in(self.unsaved, saved_drafts(self.project))

    def forget(self) -> None:
        """Delete it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def changed_by(things: Sequence[Table]) -> bool:
    """Tell whether things done change what a project holds: who only looks at another plan loses nothing."""
    return any(done["kind"] != VIEW for done in things)


def changes_in(things: Sequence[Table], saved: Mapping[str, object]) -> int:
    """Return how many changes some things done are: those of the drafts, as the window's badge counts each, and what else the history tells.

    Parameters
    ----------
    things
        What was done since the last save.
    saved
        The drafts of that save, by the plan that they are drawn on: one that is still the same is not lost.
    """
    apart = 0
    kept = [done["state"]["draft"] for done in things if "draft" in done.get("state", {})]
    drafts: Table = (kept[-1] if kept else None) or {}
    drafted = sum(len(d.get("order", [])) for key, d in drafts.items() if is_dict(d) and d != saved.get(key))
    for done in things:
        # a change of the draft is written down as a state, and for beats and names once more as what was done
        part = kept and done.get("kind") in ("edit", "undo")
        apart += (
            bool(done.get("what"))
            and done.get("kind") not in ("activate", "recovery")
            and not part
            and not done.get("drafted")
            and not _names_beats(done)
        )
    return drafted + apart


def _names_beats(done: Mapping[str, object]) -> bool:
    """Tell whether a change of rules only names beats or picks their colours, which is a change of the draft."""
    changes = done.get("changes")
    if done.get("kind") != "rules" or not is_dict(changes) or set(changes) != {"beats"}:
        return False
    beats = changes["beats"]
    return is_dict(beats) and set(beats) <= {"names", "colours"}


def recoveries(project: Path | None = None) -> list[Recovery]:
    """Return what programs that no longer run left unsaved, the latest first; journals without content are deleted.

    Parameters
    ----------
    project
        Only this project's; None for every project's.
    """
    found: list[Recovery] = []
    root = recovery_folder()
    for folder in root.iterdir() if root.is_dir() else ():
        head, done = _read(folder / JOURNAL)
        if head is None:
            # a program that has just begun has written no line yet
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > 60:
                    shutil.rmtree(folder, ignore_errors=True)
            continue
        pid = int(head.get("pid", 0))
        here = head.get("host") == platform.node()
        if here and is_running(pid) and start_of(pid) in ("", head.get("started")):
            continue
        if not changed_by(done):
            # of a program on another computer nobody knows here whether it runs
            if here:
                shutil.rmtree(folder, ignore_errors=True)
            continue
        path = Path(str(head.get("project")))
        if project is None or path == whole_path(project):
            last = max(str(d.get("time", "")) for d in done)
            found.append(Recovery(folder, path, str(head.get("save_id", "")), tuple(done), last))
    return sorted(found, key=lambda r: r.last, reverse=True)


def _read(file: Path) -> tuple[Table | None, list[Table]]:
    """Return the head and the things done of a file; none where it cannot be read."""
    try:
        return _things(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None, []


def _things(text: str) -> tuple[Table | None, list[Table]]:
    """Return the head and the things done; the last line may have been cut by the crash."""
    found: list[dict[str, object]] = []
    # what a person wrote may hold signs that end a line elsewhere
    for line in text.split("\n"):
        try:
            content = json.loads(line)
        except ValueError:
            break
        if not is_dict(content):
            break
        found.append(content)
    return (found[0], found[1:]) if found and "journal" in found[0] else (None, [])
