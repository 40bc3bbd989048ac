"""A town that tests read again, of files that are the same, is not put together again: hundreds of tests begin with the same few towns."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.formats.source import source_of

Reader = Callable[[Any], Any]
Files = dict[Path, tuple[int, ...]]

# Where tests look at what is made of a town, and not at how it is read.
ROOMS = {"planning", "commands", "publish", "result", "delivery"}
# Names the folder that the workers of a run and their children keep towns in.
SHELF = "TOWNS_OF_THIS_RUN"
# Bytes of a town's files up to which they are looked through for what tells them from others.
SMALL = 8_000_000


class _ElsewhereError(Exception):
    """Something of a town names a place outside its folder."""


class _Packer(pickle.Pickler):
    """Writes a town with the places of its files told from the town's folder, so that it is that of a copy too."""

    def __init__(self, stream: io.BytesIO, folder: Path) -> None:
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self.folder = folder

    def persistent_id(self, what: Any) -> str | None:
        """Tell a path from the folder."""
        if not isinstance(what, Path):
            return None
        if not what.is_relative_to(self.folder):
            raise _ElsewhereError
        return what.relative_to(self.folder).as_posix()


class _Unpacker(pickle.Unpickler):
    """Reads what a `_Packer` wrote, for a folder."""

    def __init__(self, stream: io.BytesIO, folder: Path) -> None:
        super().__init__(stream)
        self.folder = folder

    def persistent_load(self, told: str) -> Path:
        """Return the path in this folder."""
        return self.folder / told


class Shelf:
    """Towns by what lies in their folders: names and contents of all files, and the rules.

    Parameters
    ----------
    folder
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, description: Any) -> Path | None:
        """Return the file for a town, whether it is there or not; None where the folder is a large one or the town's rules lie elsewhere."""
        folder: Path = description.folder
        if description.file.parent != folder or not description.file.is_file():
            return None
        # hidden is the lock of who has a project open
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
        if sum(file.stat().st_size for file in files) > SMALL:
            return None
        rules = description.model_dump_json().replace(json.dumps(str(folder), ensure_ascii=False)[1:-1], ".")
        told = repr([description.file.name, rules, [(file.name, fingerprint(file)) for file in files]])
        return self.folder / hashlib.sha256(told.encode()).hexdigest()

    def keep(self, place: Path, town: Any) -> None:
        """Keep a town whose files all lie in its folder."""
        folder = town.description.folder
        stream = io.BytesIO()
        try:
            _Packer(stream, folder).dump(replace(town, description=None))
        except _ElsewhereError:
            return
        packed = stream.getvalue()
        if any(source.path.parent != folder for source in town.sources) or str(folder).encode() in packed:
            return
        # another worker may keep the same at this moment
        beside = place.with_name(f"{place.name} {os.getpid()}")
        beside.write_bytes(packed)
        beside.replace(place)

    @staticmethod
    def taken(place: Path, description: Any) -> Any:
        """Return a town that is kept, for a description."""
        town = _Unpacker(io.BytesIO(place.read_bytes()), description.folder).load()
        # a copy was written at its own time
        sources = tuple(replace(s, modified=source_of(s.role, s.path, 0, 0).modified) for s in town.sources)
        return replace(town, description=description, sources=sources)


class ReadOnce:
    """A reader of towns that reads anew where a description or any file beside its layers is another; each reader is given a town of its own.

    Parameters
    ----------
    read
        The reader, which takes a description and returns a town.
    shelf
        Where towns are kept from one test to the next; None: nowhere.
    """

    def __init__(self, read: Reader, shelf: Shelf | None = None) -> None:
        self.read, self.shelf, self.active = read, shelf, False
        self.towns: dict[tuple[Path, Path, str], tuple[Files, set[Path], bytes]] = {}

    def __call__(self, description: Any) -> Any:
        """Return the town of a description."""
        if not self.active:
            return self.read(description)
        of = (description.folder, description.file, description.model_dump_json())
        if of in self.towns:
            before, places, kept = self.towns[of]
            if files_beside(places) == before:
                return replace(pickle.loads(kept), description=description)
        # what is written while the town is read is seen the next time
        before = files_beside({description.file})
        place = self.shelf.place(description) if self.shelf else None
        if place is not None and place.exists():
            town = Shelf.taken(place, description)
        else:
            town = self.read(description)
            if self.shelf and place is not None and self.shelf.place(description) == place:
                self.shelf.keep(place, town)
        places = {description.file, *(Path(source.path) for source in town.sources)}
        if all(place.is_file() for place in places):
            self.towns[of] = (files_beside(places) | before, places, pickle.dumps(town))
        return town

    def forget(self, active: bool) -> None:
        """Begin another test: only what lies on the shelf is kept from one to the next."""
        self.towns.clear()
        self.active = active


# Where a session keeps it.
READ_ONCE = pytest.StashKey[ReadOnce | None]()


@pytest.fixture(autouse=True)
def a_town_is_read_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read a town of some rooms' tests once, while its files are the same: plan and check each read it. Tests of the readers read anew."""
    once = request.config.stash.get(READ_ONCE, None)
    if once is None:
        yield
        return
    once.forget(active=bool(ROOMS & set(request.path.relative_to(Path(__file__).parent).parts)))
    yield
    # what a file's own fixtures read is read as it lies there
    once.forget(active=False)


def files_beside(places: set[Path]) -> Files:
    """Return what tells that a file was written, of every file that lies beside one of some files, for whatever a reader of formats looks at there."""
    folders = {place.parent for place in places}
    files = [file for folder in folders if folder.is_dir() for file in folder.iterdir() if file.is_file()]
    states = {file: file.stat() for file in files}
    # the time of the last change of any kind is what no copy brings with it
    return {file: (s.st_ctime_ns, s.st_mtime_ns, s.st_size, s.st_ino) for file, s in states.items()}


def install(name: str) -> ReadOnce | None:
    """Put it in the place of the reader of a module, by the reader's name in every module of its package that has it; None where it is not loaded."""
    module = sys.modules.get(name)
    if module is None:
        return None
    called = name.rpartition(".")[2]
    read = getattr(module, called)
    once = ReadOnce(read, Shelf(Path(os.environ[SHELF])) if SHELF in os.environ else None)
    # what a test itself reads, it reads anew
    for loaded in [m for n, m in sys.modules.items() if n.partition(".")[0] == name.partition(".")[0]]:
        if vars(loaded).get(called) is read:
            setattr(loaded, called, once)
    return once
