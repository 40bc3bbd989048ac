"""The draft: what was changed by hand and is not in the plan yet, of every kind, in one order that is undone and made again.

Each kind (painted beats, moved stations, dragged postings) has its `DraftPart`, which knows how one of its changes is taken back. The draft knows
only their order. It is kept with the project as it grows, so that a save, a crash or another plan in view loses none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from beatplanner.data.narrowing import Table
    from beatplanner.ui.desktop.session.session import OpenTown

Box = tuple[float, float, float, float]
KEY, NAMES = "draft", "names"


@dataclass(frozen=True)
class Change:
    """One change by hand.

    Attributes
    ----------
    kind
        Of its part: ``"beats"``, ``"stations"`` or ``"postings"``.
    words
        What was done, for "Undo: …".
    place
        West, south, east, north in metres, where it is seen; None where it is on no map.
    """

    kind: str
    words: str
    place: Box | None = None


class DraftPart(Protocol):
    """One kind of changes, in its panel."""

    kind: str

    def take_back(self) -> None:
        """Take the last change of this kind back."""
        ...

    def make_again(self) -> None:
        """Make the change of this kind again that was taken back last."""
        ...

    def changes(self) -> list[Change]:
        """Return the changes in force, the oldest first."""
        ...

    def as_json(self) -> Any:
        """Return them as plain values, to be kept."""
        ...

    def lay_down(self, kept: Any) -> None:
        """Make changes again that were kept, on the plan in view."""
        ...

    def broken(self) -> list[str]:
        """Return the rules that are broken, in words."""
        ...

    def bring_up(self) -> None:
        """Show the panel."""
        ...


class Draft(QObject):
    """All changes by hand that are not in the plan.

    Signals
    -------
    changed
        A change was made, taken back, made again or dropped.
    returned
        A change was taken back or made again: the change, and whether it was taken back.
    """

    changed = Signal()
    returned = Signal(object, bool)

    def __init__(self, scenario: OpenTown, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scenario = scenario
        self.parts: dict[str, DraftPart] = {}
        self.done: list[Change] = []
        self.undone: list[Change] = []
        self._kept: dict[str, Table] = {}  # where no project keeps it
        self._of: object = None
        self._laying = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.lay_down)
        self.before_laying: list[Callable[[], None]] = []

    @property
    def count(self) -> int:
        """How many changes are not in the plan."""
        return len(self.done)

    def broken(self) -> list[str]:
        """Return the rules that the draft breaks, in words."""
        kinds = {c.kind for c in self.done}
        return [text for kind, part in self.parts.items() if kind in kinds for text in part.broken()]

    def has(self, kind: str) -> bool:
        """Tell whether there are changes of a kind."""
        return any(c.kind == kind for c in self.done)

    # ---- changing

    def add(self, change: Change) -> None:
        """Take a change that was just made."""
        if self._laying:
            return
        self.done.append(change)
        self.undone.clear()
        if change.kind == NAMES:
            self._say_anew()
        self._keep()

    def undo(self) -> None:
        """Take the last change back, of whatever kind."""
        if self.done:
            change = self.done.pop()
            self.undone.append(change)
            self.parts[change.kind].take_back()
            if change.kind == NAMES:
                self._say_anew()
            self._keep()
            self.returned.emit(change, True)

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        if self.undone:
            change = self.undone.pop()
            self.done.append(change)
            self.parts[change.kind].make_again()
            self._say_anew()
            self._keep()
            self.returned.emit(self.done[-1], False)

    def _say_anew(self) -> None:
        """Let every change call beats by the names that are in force now, as it does once the project is opened again."""
        said = {kind: list(part.changes()) for kind, part in self.parts.items()}
        if all(len(changes) == sum(c.kind == kind for c in self.done) for kind, changes in said.items()):
            self.done = [said[change.kind].pop(0) for change in self.done]

    def drop(self) -> None:
        """Take all changes back."""
        while self.done:
            self.undo()

    # ---- keeping

    def key(self) -> str:
        """Return what the draft is kept under: the number of the plan that it was made on, "0" for today's beats."""
        return str(self.scenario.plan_shown)

    def _all(self) -> dict[str, Table]:
        """Return the drafts on every plan of the project, by `key`."""
        document = self.scenario.document
        kept = self._kept if document is None else document.content.state.get(KEY)
        return dict(kept) if isinstance(kept, dict) else {}

    def _keep(self) -> None:
        kept = {kind: part.as_json() for kind, part in self.parts.items() if self.has(kind)}
        self._write(self.key(), {"order": [c.kind for c in self.done], **kept} if self.done else None)
        self.changed.emit()

    def _write(self, key: str, state: Table | None) -> None:
        drafts = self._all()
        if drafts.get(key) == state:
            return
        drafts = {k: v for k, v in drafts.items() if k != key} | ({} if state is None else {key: state})
        if self.scenario.document is None:
            self._kept = drafts
        else:
            self.scenario.document.keep(KEY, drafts or None)

    def became_the_plan(self, key: str) -> None:
        """Drop the draft that was kept under `key`: it is a plan now."""
        self._write(key, None)
        self._later.start(0)

    def follow(self) -> None:
        """Something else is shown: the parts forget, and what was kept for it is laid down once they have."""
        self.done, self.undone = [], []
        of = (self.scenario.project, self.scenario.result, self.scenario.document)
        if of != self._of:
            self._of, self._kept = of, {}
        # whoever listens still holds what was shown before
        self._later.start(0)

    def lay_down(self) -> None:
        """Make the kept changes again, on the plan that they were made on."""
        self._later.stop()
        state = self._all().get(self.key()) or {}
        self._laying = True
        try:
            if "beats" not in state:
                for listener in self.before_laying:
                    listener()
            for kind, part in self.parts.items():
                if state.get(kind):
                    part.lay_down(state[kind])
        finally:
            self._laying = False
        left = {kind: list(part.changes()) for kind, part in self.parts.items()}
        self.done, self.undone = [], []
        for kind in state.get("order", []):
            if left.get(kind):
                self.done.append(left[kind].pop(0))
        self.done += [c for changes in left.values() for c in changes]
        self.changed.emit()
