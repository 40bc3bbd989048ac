"""One save of a project on its way: written beside the last saved state and swapped in, or stopped before that."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from beatplanner.data.description.merge_patch import merge
from beatplanner.data.description.version import open_read_only, version_of
from beatplanner.data.errors import InputError, problem
from beatplanner.data.narrowing import Table
from beatplanner.data.project.content import Content
from beatplanner.data.project.safe_save import replace_package
from beatplanner.data.project.store import PROJECT, keep_old_version, write_content


@dataclass
class SaveJob:
    """One save on its way: everything that it writes, as it was when it was asked for."""

    goal: Path
    base: Path | None
    description: Path | None
    work: Path
    content: Content
    meta: dict[str, str]
    archives: dict[int, Path]
    old_version: int
    # what was changed in the rules of a description since it was opened: its layers, and the paths to them, are built from what it says itself
    changes: Table = field(default_factory=Table)
    # called with what looks whether the save was stopped, before the file is replaced: nobody reads it then
    ready: Callable[[Callable[[], None]], None] = lambda _: None
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def built(self) -> Path:
        """Where the layers of a description are written first, as one file."""
        return self.work / "built.gpkg"

    def stop(self) -> None:
        """Let `write` end before the new version takes the place of the old, if it still can."""
        self.stopped.set()

    def _look(self) -> None:
        if self.stopped.is_set():
            raise InputError(problem("saving was stopped; the last saved state is untouched", file=self.goal))

    def write(self, *, built: bool = False) -> None:
        """Write it; InputError where that fails or was stopped, and the last saved state is untouched then.

        Parameters
        ----------
        built
            Whether the layers of a description stand in `built` already.
        """
        self._look()
        self.ready(self._look)
        base = self.base
        if self.description is not None:
            base = self.built
            if not built:
                build_base(self.description, base)
            with open_read_only(base) as database:
                stored = json.loads(database.execute(f"SELECT description FROM {PROJECT}").fetchone()[0])  # noqa: S608
            self.content.rules = merge(stored, self.changes)
        if self.old_version:
            keep_old_version(self.goal, self.old_version)
        self._look()
        replace_package(self.goal, base, self._change, self._look)

    def _change(self, part: Path) -> None:
        self._look()
        write_content(part, self.content, self.meta, self.archives, self._look)
        self._look()


def check_unchanged(file: Path, save_id: str) -> None:
    """Raise InputError where a project file is gone from its folder, or was saved by another window since the save `save_id`."""
    if not file.is_file():
        if file.parent.is_dir():
            raise InputError(problem("the file is gone from its folder", "Save it under another name", file=file))
        return
    if version_of(file)[1] != save_id:
        raise InputError(
            problem(
                "the file was saved by another window meanwhile",
                "Save yours under another name, and compare",
                file=file,
            )
        )


def build_base(description: Path, base: Path) -> None:
    """Write the layers of a description into one file, which a save starts from; InputError where they cannot be used."""
    from beatplanner.data.project.build import build

    base.unlink(missing_ok=True)
    build(description, base)
