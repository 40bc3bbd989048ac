"""The result folders of a project's plans: zipped in the file, unpacked where they are looked at, and beside the journal until they are saved."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from beatplanner.data.causes import cause
from beatplanner.data.description.version import open_read_only
from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import cannot_write, move
from beatplanner.data.paths import whole_path
from beatplanner.data.project.journal import BASE
from beatplanner.data.project.store import ARCHIVES
from beatplanner.data.result.moved_project import point_to

# Files that hold archives or pictures: to deflate them again takes half of the time and gains a hundredth of the size.
PACKED = {".docx", ".npz", ".png", ".xlsx"}


class PlanArchives:
    """Where the plans of an open project lie.

    Attributes
    ----------
    file
        The project.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._folders: dict[int, Path] = {}
        self._journal: Path | None = None
        self._temporary: Path | None = None

    def belong_to(self, file: Path) -> None:
        """Take note that the project was saved as another file."""
        self.file = file
        if self._temporary is not None:
            with suppress(OSError):
                point_to(file, self._temporary)

    def lie_in(self, journal: Path | None) -> None:
        """From now on keep plans beside a journal, with which they can be recovered; None where there is none."""
        self._journal = journal

    @property
    def place(self) -> Path:
        """The folder of zipped plans: that of the journal, else the document's own."""
        return self.own if self._journal is None else self._journal

    @property
    def own(self) -> Path:
        """The folder that goes with the document: plans in view are unpacked there, where they stay also once a save has begun a new journal."""
        if self._temporary is None:
            self._temporary = Path(tempfile.mkdtemp(prefix=f"beatplanner-{os.getpid()}-"))
        return self._temporary

    @property
    def source(self) -> Path:
        """Where the last saved state can be read: the copy beside the journal, else the file itself."""
        if self._journal is not None and (self._journal / BASE).is_file():
            return self._journal / BASE
        return self.file

    def archive(self, plan: int) -> Path:
        """Return where a plan is zipped, which it is when it was made or opened since the last save."""
        return self.place / f"plan-{plan}.zip"

    def folder(self, plan: int) -> Path:
        """Return the result folder of a plan, unpacked where it can be read.

        Raises
        ------
        InputError
            Where the archive is damaged or gone.
        """
        folder = self._folders.get(plan)
        if folder is not None and folder.is_dir():
            return folder
        folder, packed = self.own / f"plan-{plan}", self.archive(plan)
        try:
            if not packed.exists():
                with open_read_only(self.source) as database:
                    row = database.execute(f"SELECT content FROM {ARCHIVES} WHERE plan = ?", (plan,)).fetchone()  # noqa: S608 - a constant
                if row is None:
                    raise InputError(problem(f"there is no plan {plan} in this project", "Plan again", file=self.file))
                packed.write_bytes(row[0])
            unpack(packed, folder)
            point_to(self.file, self.own)
        except (OSError, sqlite3.Error, zipfile.BadZipFile) as error:
            raise InputError(
                problem(f"plan {plan} cannot be read ({cause(error)})", "Plan again", file=self.file)
            ) from None
        self._folders[plan] = folder
        return folder

    def keep(self, plan: int, folder: Path) -> None:
        """Zip a result folder as a plan of the project; InputError where there is no space."""
        try:
            zip_result(folder, self.archive(plan))
        except OSError as error:
            raise InputError(cannot_write(error, self.archive(plan))) from None
        self._folders[plan] = folder

    def pack_again(self, plans: Iterable[int]) -> None:
        """Zip plans once more whose archives have gone with the journal's folder, as far as they are unpacked somewhere."""
        for plan in plans:
            folder = self._folders.get(plan)
            if folder is not None and folder.is_dir() and not self.archive(plan).is_file():
                zip_result(folder, self.archive(plan))

    def recover(self, plan: int, left: Path) -> bool:
        """Take a plan out of the folder that a crash left; return whether it is there."""
        source, target = left / f"plan-{plan}.zip", self.archive(plan)
        if not source.is_file():
            return False
        if source != target:
            shutil.copyfile(source, target)
        self._folders.pop(plan, None)
        return True

    def carry_over(self, before: Path, unsaved: Iterable[int]) -> None:
        """Bring plans that are not saved yet from the folder of an ended journal to that of the new."""
        for plan in unsaved:
            packed = before / f"plan-{plan}.zip"
            if packed.is_file():
                move(packed, self.archive(plan))

    def close(self) -> None:
        """Delete what goes with the document; the journal's folder is deleted, or kept, with the journal."""
        self._journal = None
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None


def zip_result(folder: Path, target: Path) -> None:
    """Zip a result folder; what is packed already is kept as it is."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                method = zipfile.ZIP_STORED if file.suffix in PACKED else zipfile.ZIP_DEFLATED
                archive.write(file, file.relative_to(folder).as_posix(), method)


def unpack(packed: Path, folder: Path) -> None:
    """Unzip a result folder; what would lie outside it is refused."""
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            if not whole_path(folder / name).is_relative_to(whole_path(folder)):
                raise zipfile.BadZipFile(f"“{name}” leads out of the archive")
        archive.extractall(folder)
