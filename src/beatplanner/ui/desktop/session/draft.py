"""The draft: what was changed by hand and is not in the plan yet, of every kind, in one order that is undone and made again.

Each kind (painted beats, moved stations, dragged postings) has its `DraftPart`, which knows how one of its changes is taken back. The draft knows
only their order. It is kept with the project as it grows, so that a save, a crash or another plan in view loses none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from beatplanner.data.errors import InputError
from beatplanner.data.project.content import DRAFT
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.session.typed_steps import TypedSteps

if TYPE_CHECKING:
    from beatplanner.data.narrowing import Table
    from beatplanner.ui.desktop.session.session import OpenTown


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
    stays
        Whether its changes are in force with the project, whatever is shown; others are made again on what is shown.
    """

    kind: str
    begins: int
    stays: bool

    def take_back(self) -> None:
        """Take the last change of this kind back; InputError, and nothing is changed, where that cannot be."""
        ...

    def make_again(self) -> None:
        """Make the change of this kind again that was taken back last; InputError as `take_back`."""
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

    def bring_up(self, field: str = "") -> None:
        """Show the panel, and a field of it where one is named."""
        ...


class Draft(QObject):
    """All changes by hand that are not in the plan.

    Signals
    -------
    changed
        A change was made, taken back, made again or dropped.
    returned
        A change was taken back or made again: the change, and whether it was taken back.
    refused
        A change can neither be taken back nor made again: the error that says why.

    Attributes
    ----------
    before_undo
        Called before a change is taken back: what is typed just now is a change, too.
    typed
        What is typed and not in force, in the order of all changes.
    held
        Kinds that may not be changed now.
    being_planned
        How many of the first changes are being made the plan: they are not taken back meanwhile, since the plan has them all the same.
    """

    changed = Signal()
    returned = Signal(object, bool)
    refused = Signal(object)

    def __init__(self, scenario: OpenTown, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scenario = scenario
        self.parts: dict[str, DraftPart] = {}
        self.done: list[Change] = []
        self.undone: list[Change] = []
        self.typed = TypedSteps()
        self._kept: dict[str, Table] = {}  # where no project keeps it
        self._of: object = None
        self._shown: object = None
        # what was kept when nothing was undone yet, and what of it was undone while the same is shown anew
        self._whole: Table = {}
        self._again: list[Change] = []
        self._laying = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.lay_down)
        self.before_laying: list[Callable[[], None]] = []
        self.before_undo: list[Callable[[], object]] = []
        self.held: set[str] = set()
        self.being_planned = 0

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
        self.typed.undone.clear()
        self._keep()

    def add_typed(self, change: Change, show: Callable[[bool], None]) -> None:
        """Take a step of what is typed and not in force; `show` is that of `TypedStep`."""
        self.settle()
        self.typed.add(change, show, len(self.done))
        self.undone.clear()
        self.changed.emit()

    @property
    def to_undo(self) -> Change | None:
        """The step that is taken back next; None for none."""
        return self.typed.last(len(self.done)) or (self.done[-1] if self.done else None)

    @property
    def to_redo(self) -> Change | None:
        """The step that is made again next; None for none."""
        return self.typed.next(len(self.done)) or (self.undone[-1] if self.undone else None)

    @property
    def can_undo(self) -> bool:
        """Whether the last change can be taken back now."""
        change = self.to_undo
        if change is None or change.kind in self.held:
            return False
        return change.typed or len(self.done) > self.being_planned

    @property
    def can_redo(self) -> bool:
        """Whether the change that was taken back last can be made again now."""
        change = self.to_redo
        return change is not None and change.kind not in self.held

    def undo(self) -> bool:
        """Take the last change back, of whatever kind; return whether that was done."""
        for listener in self.before_undo:
            listener()
        self.settle()
        change = self.to_undo
        if change is None or not self.can_undo:
            return False
        if change.typed:
            self.typed.undo()
            self.changed.emit()
            self.returned.emit(change, True)
            return True
        try:
            self.parts[change.kind].take_back()
        except InputError as error:
            self.refused.emit(error)
            return False
        self.undone.append(self.done.pop())
        self._keep()
        self.returned.emit(change, True)
        return True

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        self.settle()
        change = self.to_redo
        if change is None or not self.can_redo:
            return
        if change.typed:
            self.typed.redo()
            self.changed.emit()
            self.returned.emit(change, False)
            return
        try:
            self.parts[self.undone[-1].kind].make_again()
        except InputError as error:
            self.refused.emit(error)
            return
        self.done.append(self.undone.pop())
        self._keep()
        self.returned.emit(self.done[-1], False)

    def _say_anew(self) -> None:
        """Say every change in the words of what is in force now, as the project does once it is opened again: nothing keeps the words of its time."""
        said = {kind: list(part.changes()) for kind, part in self.parts.items()}
        if all(len(changes) == sum(c.kind == kind for c in self.done) for kind, changes in said.items()):
            self.done = [said[change.kind].pop(0) for change in self.done]

    def drop(self) -> None:
        """Take all changes back."""
        while self.undo():
            pass

    # ---- keeping

    def key(self) -> str:
        """Return what the draft is kept under: the number of the plan that it was made on, "0" for today's beats; of a result in a folder how many were made since."""
        scenario = self.scenario
        return str(scenario.plan_shown if scenario.document is not None else scenario.taken)

    def _all(self) -> dict[str, Table]:
        """Return the drafts on every plan of the project, by `key`."""
        document = self.scenario.document
        kept = self._kept if document is None else document.content.state.get(DRAFT)
        return dict(kept) if isinstance(kept, dict) else {}

    def _keep(self) -> None:
        self._say_anew()
        kept = {kind: part.as_json() for kind, part in self.parts.items() if self.has(kind)}
        # rules that were typed in scenarios which are not in view, each with how many changes stood before it
        apart = {key: value for key, value in (self._all().get(self.key()) or {}).items() if key == "apart"}
        state: Table = {"order": [c.kind for c in self.done], **kept, **apart} if self.done or apart else {}
        if not self.undone:
            self._whole = state
        self._write(self.key(), state or None)
        self.changed.emit()

    def _write(self, key: str, state: Table | None) -> None:
        drafts = self._all()
        if drafts.get(key) == state:
            return
        drafts = {k: v for k, v in drafts.items() if k != key} | ({} if state is None else {key: state})
        if self.scenario.document is None:
            self._kept = drafts
        else:
            self.scenario.document.keep(DRAFT, drafts or None)

    def to_plan(self, kinds: Iterable[str]) -> Planned:
        """Return the changes of these kinds as they are now, for `became_the_plan` once they are one."""
        self.settle()
        state = self._all().get(self.key()) or {}
        return Planned(self._of, self.key(), {kind: state[kind] for kind in kinds if kind in state})

    def kept_on(self, plan: int) -> int:
        """Return how many changes are kept on a plan of the project alone."""
        kinds = (self._all().get(str(plan)) or {}).get("order", [])
        return sum(kind not in self.parts or not self.parts[kind].stays for kind in kinds)

    def drop_with(self, plan: int) -> None:
        """Drop what is kept on a plan of the project, which is removed."""
        self._write(str(plan), None)

    def became_the_plan(self, planned: Planned, later: Planned | None = None) -> None:
        """Let what was planned be no draft any more, and lay down on the plan in view what was changed since, or is of another kind.

        `later` is what of it is still to be laid down on the plan in view: it stays a change of the plan before until then.
        """
        if planned.of != self._of:
            return
        now = self._all().get(planned.key)
        since = None if now is None else self._since(planned.state, now)
        self._write(planned.key, None if later is None else self._alone(later))
        if since is not None:
            self._write(self.key(), since)
        self.lay_down()

    def _alone(self, planned: Planned) -> Table | None:
        """Return a kept draft that has nothing but what was planned."""
        order = [kind for kind, values in planned.state.items() for _ in values[self.parts[kind].begins :]]
        return {"order": order, **planned.state} if order else None

    def bring_here(self, planned: Planned) -> None:
        """Lay changes down on the plan in view that stayed with the plan before; nothing where it has such changes of its own."""
        alone, here = self._alone(planned), self._all().get(self.key()) or {}
        if (
            planned.of != self._of
            or planned.key == self.key()
            or alone is None
            or any(kind in here for kind in planned.state)
        ):
            return
        self._write(planned.key, None)
        self._write(self.key(), {**here, **alone, "order": [*here.get("order", []), *alone["order"]]})
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
        if "apart" in now:
            rest["apart"] = [{**one, "at": 0} for one in now["apart"]]
        order: list[str] = []
        for kind in now["order"]:
            if less.get(kind, 0) > 0:
                less[kind] -= 1
            elif kind in rest:
                order.append(kind)
        return {"order": order, **rest} if rest else None

    def follow(self) -> None:
        """Something else is shown, or the same anew: the parts forget, and what was kept for it is laid down once they have."""
        of = (self.scenario.opened, self.scenario.document)
        shown = (of, self.key(), None if self.scenario.document is None else self.scenario.document.active)
        if shown != self._shown:
            self._shown, self._again, self.being_planned = shown, [], 0
        elif self.undone:
            # with other rules the same is shown: what was undone can still be made again
            self._again = self.undone
        self.done, self.undone = [], []
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
        state = self._of_scenario(self._all().get(self.key()) or {})
        self._write(self.key(), state or None)
        again, self._again = self._again, []
        whole = self._whole if again else state
        self._laying = True
        try:
            if "beats" not in whole:
                for listener in self.before_laying:
                    listener()
            for kind, part in self.parts.items():
                if part.stays and not again:
                    part.lay_down(state.get(kind) or [])
                elif not part.stays and whole.get(kind):
                    part.lay_down(whole[kind])
            if not self._undo_again(again, whole):
                again = []
        finally:
            self._laying = False
        left = {kind: list(part.changes()) for kind, part in self.parts.items()}
        self.done, self.undone = [], again
        if not again:
            self._whole = state
        for kind in state.get("order", []):
            if left.get(kind):
                self.done.append(left[kind].pop(0))
        self.done += [c for changes in left.values() for c in changes]
        self.typed.stand_after(len(self.done), len(self.undone))
        self.changed.emit()

    def _of_scenario(self, state: Table) -> Table:
        """Return a kept draft with the rules of the scenario in view among its changes, and those of others apart."""
        document = self.scenario.document
        if document is None or not ("rules" in state or "apart" in state):
            return state
        rules, changes = iter(state.get("rules", [])), []
        apart: list[Table] = []
        for at, kind in enumerate(state.get("order", [])):
            ruling = next(rules, None) if kind == "rules" else None
            if ruling is None or ruling["scenario"] == document.active:
                changes.append((kind, ruling))
            else:
                apart.append({**ruling, "at": at})
        for ruling in state.get("apart", []):
            if ruling["scenario"] == document.active:
                changes.insert(ruling["at"], ("rules", {k: v for k, v in ruling.items() if k != "at"}))
            else:
                apart.append(ruling)
        found = {key: value for key, value in state.items() if key not in ("order", "rules", "apart")}
        found |= {"order": [kind for kind, _ in changes]}
        own = [ruling for _, ruling in changes if ruling is not None]
        return found | ({"rules": own} if own else {}) | ({"apart": apart} if apart else {})

    def _undo_again(self, again: list[Change], whole: Table) -> bool:
        """Take back what had been undone of what was laid down as a whole; return whether it can all be made again."""
        laid = whole.get("order", [])
        came = True
        for kind, part in self.parts.items():
            if part.stays:
                continue
            undone = sum(c.kind == kind for c in again)
            # where not all came back that was done, as few are taken back as leave what is kept
            left = laid.count(kind) - undone
            came = came and (not undone or len(part.changes()) == laid.count(kind))
            while undone and len(part.changes()) > left:
                part.take_back()
                undone -= 1
        return came
