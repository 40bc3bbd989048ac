"""The draft: what was changed by hand and is not in the plan yet, of every kind, in one order that is undone and made again.

Each kind (painted beats, moved stations, dragged postings) has its `DraftPart`, which knows how one of its changes is taken back. The draft knows
only their order. It is kept with the project as it grows, so that a save, a crash or another plan in view loses none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from beatplanner.data.narrowing import Table
    from beatplanner.ui.desktop.session.session import OpenTown

Box = tuple[float, float, float, float]
KEY = "draft"


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


@dataclass(frozen=True)
class Planned:
    """What of a draft is being made the plan.

    Attributes
    ----------
    of, key
        Of what was open, and under which key it is kept.
    state
        The kept changes, of the kinds that are planned.
    """

    of: object
    key: str
    state: Table


class DraftPart(Protocol):
    """One kind of changes, in its panel.

    Attributes
    ----------
    kind
        Its name.
    begins
        How many of the values that are kept stand before the first change.
    """

    kind: str
    begins: int

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
        assert not self._later.isActive(), "what was kept is laid down before anything is changed"
        self.done.append(change)
        self.undone.clear()
        self._keep()

    def undo(self) -> None:
        """Take the last change back, of whatever kind."""
        self.settle()
        if self.done:
            change = self.done.pop()
            self.undone.append(change)
            self.parts[change.kind].take_back()
            self._keep()
            self.returned.emit(change, True)

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        self.settle()
        if self.undone:
            change = self.undone.pop()
            self.done.append(change)
            self.parts[change.kind].make_again()
            self._keep()
            self.returned.emit(self.done[-1], False)

    def _say_anew(self) -> None:
        """Say every change in the words of what is in force now, as the project does once it is opened again: nothing keeps the words of its time."""
        said = {kind: list(part.changes()) for kind, part in self.parts.items()}
        if all(len(changes) == sum(c.kind == kind for c in self.done) for kind, changes in said.items()):
            self.done = [said[change.kind].pop(0) for change in self.done]

    def drop(self) -> None:
        """Take all changes back."""
        self.settle()
        while self.done:
            self.undo()

    # ---- keeping

    def key(self) -> str:
        """Return what the draft is kept under: the number of the plan that it was made on, "0" for today's beats; of a result in a folder how many were made since."""
        scenario = self.scenario
        return str(scenario.plan_shown if scenario.document is not None else scenario.taken)

    def _all(self) -> dict[str, Table]:
        """Return the drafts on every plan of the project, by `key`."""
        document = self.scenario.document
        kept = self._kept if document is None else document.content.state.get(KEY)
        return dict(kept) if isinstance(kept, dict) else {}

    def _keep(self) -> None:
        self._say_anew()
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

    def to_plan(self, kinds: Iterable[str]) -> Planned:
        """Return the changes of these kinds as they are now, for `became_the_plan` once they are one."""
        self.settle()
        state = self._all().get(self.key()) or {}
        return Planned(self._of, self.key(), {kind: state[kind] for kind in kinds if kind in state})

    def kept_on(self, plan: int) -> int:
        """Return how many changes are kept on a plan of the project."""
        return len((self._all().get(str(plan)) or {}).get("order", []))

    def drop_with(self, plan: int) -> None:
        """Drop what is kept on a plan of the project, which is removed."""
        self._write(str(plan), None)

    def became_the_plan(self, planned: Planned) -> None:
        """Let what was planned be no draft any more, and lay down on the plan in view what was changed since, or is of another kind."""
        if planned.of != self._of:
            return
        now = self._all().get(planned.key)
        since = None if now is None else self._since(planned.state, now)
        self._write(planned.key, None)
        if since is not None:
            self._write(self.key(), since)
        self.lay_down()

    def _since(self, planned: Table, now: Table) -> Table | None:
        """Return what a kept draft has beside what was planned of it; None for nothing."""
        rest: Table = {}
        less = dict.fromkeys(self.parts, 0)
        for kind, part in self.parts.items():
            if kind not in now:
                continue
            before, values = planned.get(kind, []), now[kind]
            alike = zip(before, values, strict=False)
            common = next((k for k, (a, b) in enumerate(alike) if a != b), min(len(before), len(values)))
            start = max(0, common - part.begins)
            if len(values) > start + part.begins:
                rest[kind] = values[start:]
            less[kind] = start
        order: list[str] = []
        for kind in now["order"]:
            if less.get(kind, 0) > 0:
                less[kind] -= 1
            elif kind in rest:
                order.append(kind)
        return {"order": order, **rest} if rest else None

    def follow(self) -> None:
        """Something else is shown: the parts forget, and what was kept for it is laid down once they have."""
        self.done, self.undone = [], []
        of = (self.scenario.opened, self.scenario.document)
        if of != self._of:
            self._of, self._kept = of, {}
        # whoever listens still holds what was shown before
        self._later.start(0)

    def settle(self) -> None:
        """Lay down at once what waits for it: a key pressed while the window was busy changes something before that."""
        if self._later.isActive():
            self.lay_down()

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
