"""Drawing on a plan by hand: edits with undo and redo, the figures after each stroke, and the rules that a drawing breaks, in words.

A drawing holds the beat of every unit, its locks, and the links and barriers that were drawn. It refuses what no plan may do (a beat across a
municipal border, a locked unit moved) and lets everything else happen, since a planner on the way to a better plan passes worse ones: what is
broken meanwhile is told by `Drawing.figures`, and mended by `changes.repair`. Figures are counted anew after each stroke from arrays, in some
milliseconds at thousands of units, so that no sum can drift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from beatplanner.data.description.sections.beats import Drawn
from beatplanner.data.findings import listed
from beatplanner.data.narrowing import Table, is_array, is_sequence
from beatplanner.data.project.edits import Edit
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.drawn_figures import DrawnFigures, drawn_figures
from beatplanner.planning.beats.drawn_plan import DrawnPlan, Pair, RefusedError
from beatplanner.planning.workload import WorkloadPlan


@dataclass(frozen=True)
class Done:
    """An edit that was made: what it changed, so that it can be undone.

    Attributes
    ----------
    edit
        As it goes into the history and the file of edits.
    units, before, after
        Positions of units, and the numbers of their beats.
    locks
        The same of locks.
    drawn
        Links and barriers before and after; None where they stay.
    refused
        What was left out and why, in words; empty where nothing was.
    """

    edit: Edit
    units: np.ndarray
    before: np.ndarray
    after: np.ndarray
    locks: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    drawn: tuple[tuple[dict[Pair, Drawn], dict[Pair, Drawn]], tuple[dict[Pair, Drawn], dict[Pair, Drawn]]] | None = None
    refused: tuple[str, ...] = ()


@dataclass
class _Stroke:
    """A brush that is still down."""

    beat: int
    units: list[int] = field(default_factory=list[int])
    before: list[int] = field(default_factory=list[int])
    foreign: set[int] = field(default_factory=set[int])
    locked: set[int] = field(default_factory=set[int])


class Drawing(DrawnPlan):
    """A plan that is drawn on.

    Parameters
    ----------
    town
        The town.
    workload
        Officer hours a year of each unit.
    beat
        (n,) beat of each unit, text or None; units without one are drawn into "none".
    names
        Names of beats by id, for messages.
    author
        Who draws; kept in each edit.
    clock
        Returns the time of an edit; for tests.

    Attributes
    ----------
    listeners
        Called after every change.
    history
        Every edit, undo and redo in the order in which they happened, as plain values.
    """

    def __init__(
        self,
        town: Town,
        workload: WorkloadPlan,
        beat: np.ndarray,
        *,
        names: Mapping[str, str] | None = None,
        author: str = "",
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        super().__init__(town, workload, beat, names=names)
        self.author, self.clock = author, clock or utc_now
        self.listeners: list[Callable[[], None]] = []
        self.history: list[Table] = []
        self._done: list[Done] = []
        self._undone: list[Done] = []
        self._made: list[tuple[Done, list[tuple[str, np.ndarray]]]] = []  # edits with the beats made up to each
        self._stroke: _Stroke | None = None
        self._figures: DrawnFigures | None = None

    def __getstate__(self) -> dict[str, object]:
        """Go to another process without those who listen, and with the usual clock."""
        return {**vars(self), "listeners": [], "clock": utc_now}

    # ---- what stands

    @property
    def edits(self) -> list[Edit]:
        """The edits in force, in order: replayed on the same plan they give this drawing."""
        return [done.edit for done in self._done]

    @property
    def done(self) -> list[Done]:
        """The edits in force with what each changed."""
        return list(self._done)

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._done)

    @property
    def changed(self) -> bool:
        """Whether anything differs from what was drawn on: an edit in force, or a stroke of the brush under way."""
        return self.can_undo or bool((self.label != self.start).any())

    @property
    def last(self) -> Done | None:
        """The edit made last."""
        return self._done[-1] if self._done else None

    # ---- strokes of a brush

    def begin(self, beat: str) -> None:
        """Put the brush down: what it touches goes to `beat` until `end`."""
        self.end()
        self._stroke = _Stroke(self._known_beat(beat))

    def touch(self, units: Iterable[int]) -> np.ndarray:
        """Paint units with the brush that is down; return the positions of those that changed."""
        stroke = self._stroke
        assert stroke is not None, "the brush is not down"
        # each once, in the order given: a stroke that is laid down again is the same edit
        units = np.array(list(dict.fromkeys(int(u) for u in units)), int)
        units = units[self.label[units] != stroke.beat]
        held, foreign = self.locked[units], self._foreign(units, stroke.beat)
        stroke.locked |= set(units[held].tolist())
        stroke.foreign |= set(units[foreign & ~held].tolist())
        units = units[~held & ~foreign]
        if len(units):
            stroke.units += units.tolist()
            stroke.before += self.label[units].tolist()
            self.label[units] = stroke.beat
            self._changed()
        return units

    def end(self, reason: str = "") -> Done | None:
        """Lift the brush: the stroke becomes one edit; return it, None where nothing was painted."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return None
        refused = self._refusals(stroke.locked, stroke.foreign, self.ids[stroke.beat])
        if not stroke.units:
            if refused:
                raise RefusedError(" ".join(refused))
            return None
        units = np.array(stroke.units)
        edit = self._edit("paint", units=self.unit_ids[units], beat=self.ids[stroke.beat], reason=reason)
        after = np.full(len(units), stroke.beat)
        return self._keep(Done(edit, units, np.array(stroke.before), after, refused=refused))

    # ---- edits

    def paint(self, units: Iterable[int], beat: str, reason: str = "") -> Done | None:
        """Move units (positions) to a beat as one edit; None where nothing changes.

        Raises
        ------
        RefusedError
            Where there is no such beat, or every unit is locked or of another municipality.
        """
        self.begin(beat)
        self.touch(units)
        return self.end(reason)

    def split(self, units: Iterable[int], beat: str = "", reason: str = "") -> Done:
        """Make units of one beat a beat of their own, with the id `beat` or a fresh one.

        Raises
        ------
        RefusedError
            Where the units are of several beats or all of one, some are locked, or the id is taken.
        """
        units = np.unique(np.fromiter((int(u) for u in units), int))
        beat = beat or self.fresh_id()
        if not len(units):
            raise RefusedError("Choose the units of the new beat first.")
        old = np.unique(self.label[units])
        if len(old) > 1:
            raise RefusedError(f"These units belong to {len(old)} beats; a beat is split off from one.")
        if len(units) == len(np.flatnonzero(self.label == old[0])):
            raise RefusedError(f"These are all units of beat {self.name(self.ids[int(old[0])])}; leave it some.")
        if self.locked[units].any():
            raise RefusedError(f"Locked: {self.places(units[self.locked[units]])}. Unlock first.")
        if len(self.members(beat)):
            raise RefusedError(f"There is a beat {beat} already; give the new one another id.")
        self.end()
        number = self._added(beat)
        edit = self._edit("split", units=self.unit_ids[units], beat=beat, reason=reason)
        return self._keep(self._moving(edit, units, np.full(len(units), number)))

    def merge(self, beats: Sequence[str], reason: str = "") -> Done:
        """Make beats one, with the id of the first.

        Raises
        ------
        RefusedError
            Where they are fewer than two, of several municipalities, do not touch, or hold locked units of the later ones.
        """
        beats = list(dict.fromkeys(beats))
        if len(beats) < 2:
            raise RefusedError("Choose two beats at least to merge.")
        numbers = [self._known_beat(b) for b in beats]
        empty = [b for b in beats if not len(self.members(b))]
        if empty:
            raise RefusedError(f"Beat {self.name(empty[0])} has no units any more.")
        towns = sorted({str(self._home(k)) for k in numbers})
        if len(towns) > 1:
            raise RefusedError(f"Beats never cross municipalities, and these lie in {listed(towns)}.")
        units = np.flatnonzero(np.isin(self.label, numbers[1:]))
        if self.locked[units].any():
            raise RefusedError(
                f"Locked to their beat: {self.places(units[self.locked[units]])}. Unlock them, or name their beat first."
            )
        if not self.touching(numbers):
            raise RefusedError(
                f"Beats {listed([self.name(b) for b in beats])} do not touch; draw a link between them first."
            )
        self.end()
        edit = self._edit("merge", beats=beats, reason=reason)
        return self._keep(self._moving(edit, units, np.full(len(units), numbers[0])))

    def lock(self, units: Iterable[int], locked: bool = True, reason: str = "") -> Done | None:
        """Lock units into the beat that they are in, or unlock them; None where nothing changes."""
        units = np.unique(np.fromiter((int(u) for u in units), int))
        units = units[self.locked[units] != locked]
        if not len(units):
            return None
        self.end()
        edit = self._edit("lock" if locked else "unlock", units=self.unit_ids[units], reason=reason)
        none = np.array([], int)
        locks = (units, self.locked[units].copy(), np.full(len(units), locked))
        return self._keep(Done(edit, none, none, none, locks=locks))

    def link(self, one: int, other: int, what: str, reason: str) -> Done:
        """Join two units that officers can go between, such as by a bridge or ferry.

        Raises
        ------
        RefusedError
            Where it is one unit, they are neighbours already or of different municipalities, or the reason is missing.
        """
        if one == other:
            raise RefusedError("A link joins two different units.")
        pair = (min(one, other), max(one, other))
        if not reason.strip():
            raise RefusedError("Give the reason of the link; it is kept with the plan.")
        if self.municipality[one] != self.municipality[other]:
            raise RefusedError(
                f"{self.places([one])} lies in {self.municipality[one]} and {self.places([other])} in {self.municipality[other]}; "
                "beats never cross that border, so a link would do nothing."
            )
        if pair in self.neighbours:
            raise RefusedError(f"{self.places([one])} and {self.places([other])} are neighbours already.")
        drawn = self._drawn([pair], what, reason, self.points[[one, other]])
        edit = self._edit("link", pairs=drawn.pairs, what=what, reason=reason, line=drawn.line)
        closed = {p: d for p, d in self.closed.items() if p != pair}
        return self._keep_drawn(edit, {**self.links, pair: drawn}, closed)

    def barrier(self, line: np.ndarray, what: str, reason: str) -> Done:
        """Close the borders between neighbours whose middles a line, (k, 2) metres, parts.

        Raises
        ------
        RefusedError
            Where the line parts no neighbours, or the reason is missing.
        """
        if not reason.strip():
            raise RefusedError("Give the reason of the barrier; it is kept with the plan.")
        pairs = self.parted_by(np.asarray(line, float))
        if not pairs:
            raise RefusedError("This line passes between no two neighbours; draw it between the middles of units.")
        drawn = self._drawn(pairs, what, reason, np.asarray(line, float))
        edit = self._edit("barrier", pairs=drawn.pairs, what=what, reason=reason, line=drawn.line)
        return self._close(edit, pairs, drawn)

    def remove(self, pairs: Iterable[Pair], reason: str = "") -> Done:
        """Take drawn links and barriers between units away again.

        Raises
        ------
        RefusedError
            Where none was drawn between them.
        """
        wanted = {(min(p), max(p)) for p in pairs}
        gone = [p for p in [*self.links, *self.closed] if p in wanted]
        if not gone:
            raise RefusedError("No link or barrier was drawn here.")
        edit = self._edit("remove", pairs=self.named(gone), reason=reason)
        links = {p: d for p, d in self.links.items() if p not in wanted}
        return self._keep_drawn(edit, links, {p: d for p, d in self.closed.items() if p not in wanted})

    def move(self, moves: Mapping[int, str], kind: str = "repair", reason: str = "") -> Done | None:
        """Move units to several beats at once, as a repair or a solved plan has them; None where nothing changes.

        Raises
        ------
        RefusedError
            Where a unit is locked, or would leave its municipality.
        """
        moves = {u: b for u, b in moves.items() if self.ids[self.label[u]] != b}
        if not moves:
            return None
        units = np.array(sorted(moves))
        if self.locked[units].any():
            raise RefusedError(f"Locked: {self.places(units[self.locked[units]])}. Unlock first.")
        self.end()
        after = np.array([self._added(moves[int(u)]) for u in units])
        named = {str(self.unit_ids[u]): moves[int(u)] for u in units}
        return self._keep(self._moving(self._edit(kind, moves=named, reason=reason), units, after))

    def apply(self, edit: Edit) -> Done | None:
        """Make an edit as a file has it, with its reason, author and time.

        Raises
        ------
        RefusedError
            Where a unit or beat is unknown, or the edit cannot be made.
        """
        units = self._positions(edit.units)
        pairs = [(self._positions([a])[0], self._positions([b])[0]) for a, b in edit.pairs]
        before, size = (self.author, self.clock), len(self.history)
        self.author = edit.author or self.author
        if edit.time:
            try:
                when = dt.datetime.fromisoformat(edit.time)
            except ValueError:
                raise RefusedError(f"“{edit.time}” is no time such as 2026-05-01T12:00:00+00:00.") from None
            self.clock = lambda: when
        try:
            if edit.kind == "paint":
                done = self.paint(units, edit.beat, edit.reason)
            elif edit.kind == "split":
                done = self.split(units, edit.beat, edit.reason)
            elif edit.kind == "merge":
                done = self.merge(edit.beats, edit.reason)
            elif edit.kind in ("lock", "unlock"):
                done = self.lock(units, edit.kind == "lock", edit.reason)
            elif edit.kind == "link":
                done = None
                for a, b in pairs:
                    done = self.link(a, b, edit.what, edit.reason)
            elif edit.kind == "barrier":
                done = self._barrier_again(edit, pairs)
            elif edit.kind == "remove":
                done = self.remove(pairs, edit.reason)
            else:
                moves = {self._positions([u])[0]: b for u, b in edit.moves.items()}
                done = self.move(moves, edit.kind, edit.reason)
        finally:
            self.author, self.clock = before
        assert len(self.history) >= size
        return done

    def _barrier_again(self, edit: Edit, pairs: list[Pair]) -> Done:
        line = np.array(edit.line, float).reshape(-1, 2)
        if not pairs:
            return self.barrier(line, edit.what, edit.reason)
        if not edit.reason.strip():
            raise RefusedError("Give the reason of the barrier; it is kept with the plan.")
        pairs = [(min(p), max(p)) for p in pairs]
        drawn = self._drawn(pairs, edit.what, edit.reason, line)
        again = self._edit("barrier", pairs=drawn.pairs, what=edit.what, reason=edit.reason, line=drawn.line)
        return self._close(again, pairs, drawn)

    # ---- undo and redo

    def undo(self) -> Done | None:
        """Take the last edit back; None where there is none."""
        self.end()
        if not self._done:
            return None
        done = self._done.pop()
        self._undone.append(done)
        self.label[done.units] = done.before
        if done.locks is not None:
            self.locked[done.locks[0]] = done.locks[1]
        if done.drawn is not None:
            self.links, self.closed = done.drawn[0]
            self._set_edges()
        self._call_beats()
        self._note({"kind": "undo", "of": done.edit.kind})
        self._changed()
        return done

    def redo(self) -> Done | None:
        """Make the edit that was taken back last again; None where there is none."""
        self.end()
        if not self._undone:
            return None
        done = self._undone.pop()
        self._done.append(done)
        self._perform(done)
        self._call_beats()
        self._note({"kind": "redo", "of": done.edit.kind})
        self._changed()
        return done

    # ---- figures

    def figures(self) -> DrawnFigures:
        """Return what the drawing comes to now."""
        if self._figures is None:
            self._figures = drawn_figures(self)
        return self._figures

    # ---- inside

    def _call_beats(self) -> None:
        known = self._made  # edits come and go at the end alone: what those before made is known
        while known and (len(known) > len(self._done) or known[-1][0] is not self._done[len(known) - 1]):
            known.pop()
        for done in self._done[len(known) :]:
            new = self._new_beats(done.units, done.after, split=done.edit.kind == "split")
            known.append((done, [*(known[-1][1] if known else []), *new]))
        self.names = self._with_proposed(known[-1][1] if known else [])
        self._figures = None  # what is said of the rules names the beats

    def _edit(self, kind: str, **content: Any) -> Edit:
        content = {k: tuple(v) if is_sequence(v) or is_array(v) else v for k, v in content.items()}
        return Edit(
            kind=kind,  # type: ignore[arg-type]
            author=self.author,
            time=self.clock().isoformat(timespec="seconds"),
            **content,
        )

    def _moving(self, edit: Edit, units: np.ndarray, after: np.ndarray) -> Done:
        return Done(edit, units, self.label[units].copy(), after)

    def _perform(self, done: Done) -> None:
        self.label[done.units] = done.after
        if done.locks is not None:
            self.locked[done.locks[0]] = done.locks[2]
        if done.drawn is not None:
            self.links, self.closed = done.drawn[1]
            self._set_edges()

    def _keep(self, done: Done) -> Done:
        self._perform(done)
        self._done.append(done)
        self._undone.clear()
        self._call_beats()
        self._note(done.edit.as_json())
        self._changed()
        return done

    def _keep_drawn(self, edit: Edit, links: dict[Pair, Drawn], closed: dict[Pair, Drawn]) -> Done:
        self.end()
        none = np.array([], int)
        return self._keep(Done(edit, none, none, none, drawn=((self.links, self.closed), (links, closed))))

    def _close(self, edit: Edit, pairs: Sequence[Pair], drawn: Drawn) -> Done:
        links = {p: d for p, d in self.links.items() if p not in set(pairs)}
        return self._keep_drawn(edit, links, {**self.closed, **dict.fromkeys(pairs, drawn)})

    def _note(self, entry: Mapping[str, object]) -> None:
        about = {"author": self.author, "time": self.clock().isoformat(timespec="seconds")}
        self.history.append({**{k: v for k, v in about.items() if v}, **entry})

    def _changed(self) -> None:
        self._figures = None
        for listener in self.listeners:
            listener()


def utc_now() -> dt.datetime:
    """Return the time, UTC."""
    return dt.datetime.now(tz=dt.UTC)
