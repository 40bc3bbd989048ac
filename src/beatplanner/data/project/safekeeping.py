"""What keeps the work on an open project until it is saved: its journal, and what lies beside that; and a word where it cannot be kept."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from beatplanner.data.causes import cause
from beatplanner.data.project.journal import Journal
from beatplanner.data.project.plan_archives import PlanArchives


class Safekeeping:
    """The journal of one project.

    Parameters
    ----------
    plans
        Its plans, which lie beside the journal until they are saved.

    Attributes
    ----------
    journal
        None where none could be begun: work goes on, only less safely.
    unsafe_because
        In words, why what is done would be lost in a crash; empty where it is kept.
    brought_back
        Whether what is kept had gone under the running program, and was written anew.
    """

    def __init__(self, plans: PlanArchives) -> None:
        self.plans = plans
        self.journal: Journal | None = None
        self.unsafe_because = ""
        self.brought_back = False
        self._base: Path | None = None

    def begin(self, project: Path, save_id: str, base: Path | None) -> None:
        """Begin a journal of a project; `base` is its last saved state where it is one file."""
        self._base, self.brought_back = base, False
        with self._noted():
            self.journal = journal = Journal(project, save_id)
            journal.lost = self._bring_back
            if base is not None:
                journal.copy_base(base)
            self.plans.lie_in(journal.folder)

    def write_down(self, done: Mapping[str, object]) -> None:
        """Write down one thing."""
        if self.journal is not None:
            with self._noted():
                self.journal.add(done)

    def flush(self) -> None:
        """Make the system write to the disk, and what has gone anew."""
        if self.journal is not None:
            with self._noted():
                self.journal.flush()

    @contextmanager
    def _noted(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            self.unsafe_because = cause(error)
        else:
            self.unsafe_because = ""

    def _bring_back(self) -> None:
        """Let lie beside the journal again what had gone with its folder: the last saved state, and the plans that are not saved yet."""
        if self.journal is None:
            return
        self.brought_back = True
        if self._base is not None:
            self.journal.copy_base(self._base)
        self.plans.pack_again(int(done["id"]) for done in self.journal.since(0) if done.get("kind") == "plan")
