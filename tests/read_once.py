"""A town that a test reads again, from the same files, is not put together again: a plan and its check read it within moments of each other."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

Reader = Callable[[Any], Any]
Files = dict[Path, tuple[int, ...]]

# Where tests look at what is made of a town, and not at how it is read.
ROOMS = {"planning", "commands", "publish", "result", "delivery"}


class ReadOnce:
    """A reader of towns that reads anew where a description or any file beside its layers is another; each reader is given a town of its own.

    Parameters
    ----------
    read
        The reader, which takes a description and returns a town.
    """

    def __init__(self, read: Reader) -> None:
        self.read, self.active = read, False
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
        town = self.read(description)
        places = {description.file, *(Path(source.path) for source in town.sources)}
        if all(place.is_file() for place in places):
            self.towns[of] = (files_beside(places) | before, places, pickle.dumps(town))
        return town

    def forget(self, active: bool) -> None:
        """Begin another test: nothing is kept from one to the next."""
        self.towns.clear()
        self.active = active


# Where a session keeps it.
READ_ONCE = pytest.StashKey[ReadOnce | None]()


@pytest.fixture(autouse=True)
def a_town_is_read_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read a town once in a test of some rooms, while its files are the same: plan and check each read it. Tests of the readers read anew."""
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
    once = ReadOnce(read)
    # what a test itself reads, it reads anew
    for loaded in [m for n, m in sys.modules.items() if n.partition(".")[0] == name.partition(".")[0]]:
        if vars(loaded).get(called) is read:
            setattr(loaded, called, once)
    return once
