"""Drawing on a plan by hand: edits with undo and redo, the figures after each stroke, and the rules that a drawing breaks, in words.

A drawing holds the beat of every unit, its locks, and the links and barriers that were drawn. It refuses what no plan may do (a beat across a
municipal border, a locked unit moved) and lets everything else happen, since a planner on the way to a better plan passes worse ones: what is
broken meanwhile is told by `Drawing.figures`, and mended by `changes.repair`. Figures are counted anew after each stroke from arrays, in some
milliseconds at thousands of units, so that no sum can drift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.beats import Drawn
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.project.edits import Edit
from beatplanner.data.town.adjacency import drawn_edges, touching
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.naming import distinct
from beatplanner.planning.workload import WorkloadPlan, officers_required

Pair = tuple[int, int]
# Sums of hours are compared with limits up to this share, for their rounding.
HAIR = 1e-9


class RefusedError(ValueError):
    """An edit that no plan may hold; the message says why, and what can be done."""


@dataclass(frozen=True)
class Figures:
    """What a drawing comes to; arrays have a row for each beat that has units, in the order of `beat`.

    Attributes
    ----------
    beat
        (K,) ids.
    hours, mean, lower, upper
        (K,) officer hours a year; its municipality's mean, and between what the tolerance lets it be (0 and inf without rules).
    deviation
        (K,) signed share of the mean.
    residents
        (K,) residents; NaN where unknown.
    officers
        (K,) officers required.
    moved_in
        (K,) residents (hours, where residents are unknown) who come from another of today's beats; NaN without today's beats.
    pieces
        (K,) pieces that the beat falls into; 1 is whole.
    adrift
        Positions of the units outside the main piece of their beat.
    max_deviation
        Greatest absolute deviation.
    moved_share
        Share of residents who change beat against today; None without today's beats.
    changed
        Residents (hours, where residents are unknown) in another beat than when drawing began.
    broken
        Rules that are broken, in words with names.
    """

    beat: tuple[str, ...]
    hours: np.ndarray
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    deviation: np.ndarray
    residents: np.ndarray
    officers: np.ndarray
    moved_in: np.ndarray
    pieces: np.ndarray
    adrift: np.ndarray
    max_deviation: float
    moved_share: float | None
    changed: float
    broken: tuple[str, ...]

    @property
    def contiguous(self) -> bool:
        """Whether every beat is in one piece."""
        return not len(self.adrift)


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
    units: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    foreign: set[int] = field(default_factory=set)
    locked: set[int] = field(default_factory=set)


class Drawing:
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
        self.town, self.workload, self.author, self.clock = town, workload, author, clock or now
        self.names = dict(names or {})
        units = town.units
        self.unit_ids = units["unit"].to_numpy(object).astype(str)
        self.place = {u: i for i, u in enumerate(self.unit_ids)}
        self.municipality = units["municipality"].to_numpy(object).astype(str)
        self.people = units["population"].to_numpy(float) if town.has_population else workload.hours
        self.points = town.points()
        text = np.array([b if isinstance(b, str) else "none" for b in beat], dtype=object).astype(str)
        self.ids: list[str] = sorted(set(text.tolist()), key=_natural)
        self._number = {b: k for k, b in enumerate(self.ids)}
        self.label = np.array([self._number[b] for b in text])
        self.start = self.label.copy()
        current = units["current"].to_numpy(object)
        self.known = np.array([isinstance(c, str) for c in current])
        self._current = current
        locked = units["locked"].to_numpy(object)
        self.locked = np.array([isinstance(b, str) and b == t for b, t in zip(locked, text, strict=True)])
        self.listeners: list[Callable[[], None]] = []
        self.history: list[dict[str, Any]] = []
        self._done: list[Done] = []
        self._undone: list[Done] = []
        self._stroke: _Stroke | None = None
        self._figures: Figures | None = None
        rules = town.description.beats
        self.links = self._pairs(rules.links if rules else ())
        self.closed = self._pairs(rules.closed if rules else ())
        self._base = self._undrawn()
        self._take_edges()

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without those who listen, and with the usual clock."""
        return {**vars(self), "listeners": [], "clock": now}

    # ---- what stands

    @property
    def beat(self) -> np.ndarray:
        """Beat of each unit, (n,) text."""
        return np.array(self.ids, dtype=object)[self.label]

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

    def beats_in_use(self) -> list[str]:
        """Return the ids of beats that have units, in natural order."""
        return sorted((self.ids[k] for k in np.unique(self.label)), key=_natural)

    def members(self, beat: str) -> np.ndarray:
        """Return the positions of a beat's units."""
        return np.flatnonzero(self.label == self._number.get(beat, -1))

    def fresh_id(self) -> str:
        """Return the lowest whole number that no beat has."""
        taken = set(self.ids) | {c for c in self._current if isinstance(c, str)}
        number = 1
        while str(number) in taken:
            number += 1
        return str(number)

    def name(self, beat: str) -> str:
        """Return a beat's name with its id."""
        name = self.names.get(beat, "")
        return f"{beat} ({name})" if name and name not in (beat, f"Beat {beat}") and f"({beat})" not in name else beat

    def places(self, units: Iterable[int], most: int = 4) -> str:
        """Name units in words."""
        names = self.town.units["name"]
        return listed([str(names.iat[int(u)]) for u in units], most)

    # ---- strokes of a brush

    def begin(self, beat: str) -> None:
        """Put the brush down: what it touches goes to `beat` until `end`."""
        self.end()
        self._stroke = _Stroke(self._known_beat(beat))

    def touch(self, units: Iterable[int]) -> np.ndarray:
        """Paint units with the brush that is down; return the positions of those that changed."""
        stroke = self._stroke
        assert stroke is not None, "the brush is not down"
        units = np.unique(np.fromiter((int(u) for u in units), int))
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
            raise RefusedError(f"These are all units of beat {self.name(self.ids[old[0]])}; leave it some.")
        if self.locked[units].any():
            raise RefusedError(f"Locked: {self.places(units[self.locked[units]])}. Unlock first.")
        if len(self.members(beat)):
            raise RefusedError(f"There is a beat {beat} already; give the new one another id.")
        self.end()
        number = self._added(beat)
        if not self.names.get(beat):
            self.names[beat] = self._proposed(units, beat)
        edit = self._edit("split", units=self.unit_ids[units], beat=beat, reason=reason)
        return self._keep(self._moving(edit, units, np.full(len(units), number)))

    def _proposed(self, units: np.ndarray, beat: str) -> str:
        """Return a name for a new beat: the place in it where most people live, else its municipality; no other beat has it."""
        names = self.town.units["name"].to_numpy(object).astype(str)[units]
        by_name = names != self.unit_ids[units]
        if by_name.any():
            people = pd.Series(self.people[units][by_name] + 1e-9).groupby(names[by_name]).sum()
            place = str(people.idxmax())
        else:
            place = self.municipality[units[0]] or f"Beat {beat}"
        return distinct(place, beat, [n for b, n in self.names.items() if b != beat])

    def halves(self, beat: str) -> np.ndarray:
        """Return the units (positions) of a connected part with about half of a beat's hours, to split off."""
        members = self.members(beat)
        if len(members) < 2:
            raise RefusedError(f"Beat {self.name(beat)} has a single unit, and a unit is never split.")
        place = np.full(len(self.label), -1)
        place[members] = np.arange(len(members))
        inside = (place[self._ends] >= 0).all(axis=1)
        a, b = place[self._ends[inside]].T
        metres = np.hypot(*(self.points[members[a]] - self.points[members[b]]).T) + 1e-6
        graph = sparse.csr_matrix((metres, (a, b)), shape=(len(members), len(members)))
        hours = self.workload.hours[members]
        middle = np.average(self.points[members], axis=0, weights=hours + 1e-9)
        far = int(np.argmax(np.hypot(*(self.points[members] - middle).T)))
        order = np.argsort(csgraph.dijkstra(graph, directed=False, indices=[far])[0], kind="stable")
        taken = max(1, min(len(members) - 1, int(np.searchsorted(np.cumsum(hours[order]), hours.sum() / 2)) + 1))
        part = np.zeros(len(members), bool)
        part[order[:taken]] = True
        # what the part cuts off from the rest comes along
        rest = np.flatnonzero(~part)
        pieces = csgraph.connected_components(graph[rest][:, rest], directed=False)[1]
        main = np.argmax(np.bincount(pieces, weights=hours[rest] + 1e-9))
        part[rest[pieces != main]] = True
        return members[part]

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
        ends = self.label[self._ends]
        inside = np.isin(ends, numbers).all(axis=1)
        order = {k: i for i, k in enumerate(numbers)}
        links = np.array([[order[a], order[b]] for a, b in ends[inside]], int).reshape(-1, 2)
        graph = sparse.csr_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(numbers), len(numbers)))
        if csgraph.connected_components(graph, directed=False)[0] > 1:
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
        if pair in self._pairs_now:
            raise RefusedError(f"{self.places([one])} and {self.places([other])} are neighbours already.")
        drawn = self._drawn([pair], what, reason, self.points[[one, other]])
        edit = self._edit("link", pairs=drawn.pairs, what=what, reason=reason, line=drawn.line)
        closed = {p: d for p, d in self.closed.items() if p != pair}
        return self._keep_drawn(edit, {**self.links, pair: drawn}, closed)

    def parted_by(self, line: np.ndarray) -> list[Pair]:
        """Return the neighbours that a line, (k, 2) metres, parts: those between whose middles it passes."""
        if len(line) < 2:
            return []
        a, b = self._ends.T
        between = shapely.linestrings(np.stack([self.points[a], self.points[b]], axis=1))
        crossed = np.flatnonzero(shapely.intersects(between, shapely.LineString(line)))
        return [(int(a[i]), int(b[i])) for i in crossed]

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
        edit = self._edit("remove", pairs=self._named(gone), reason=reason)
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
            self._take_edges()
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
        self._note({"kind": "redo", "of": done.edit.kind})
        self._changed()
        return done

    # ---- figures

    def figures(self) -> Figures:
        """Return what the drawing comes to now."""
        if self._figures is None:
            self._figures = self._counted()
        return self._figures

    def _counted(self) -> Figures:
        count = len(self.ids)
        label, work = self.label, self.workload
        rules, description = self.town.description.beats, self.town.description

        def total(values: np.ndarray) -> np.ndarray:
            return np.bincount(label, weights=values, minlength=count)

        size = np.bincount(label, minlength=count)
        used = np.array(sorted(np.flatnonzero(size), key=lambda k: _natural(self.ids[k])))
        first = np.zeros(count, int)
        first[label[::-1]] = np.arange(len(label))[::-1]
        home = self.municipality[first[used]]
        hours = total(work.hours)[used]
        _, town = np.unique(home, return_inverse=True)
        mean = (np.bincount(town, weights=hours) / np.bincount(town))[town]
        deviation = np.divide(hours, mean, out=np.ones(len(hours)), where=mean > 0) - 1
        tolerance = rules.tolerance if rules is not None else None
        lower = mean * (1 - tolerance) if tolerance is not None else np.zeros(len(mean))
        upper = mean * (1 + tolerance) if tolerance is not None else np.full(len(mean), np.inf)
        officers = officers_required(
            total(work.reactive + work.fixed_hours)[used], total(work.community)[used], description.workload
        )
        moved_in, share = np.full(len(used), np.nan), None
        if self.known.any():
            today = np.array([self._number.get(c, -2) if isinstance(c, str) else -1 for c in self._current])
            moved = self.known & (today != label)
            moved_in = total(np.where(moved, self.people, 0.0))[used]
            whole = self.people[self.known].sum()
            share = float(self.people[moved].sum() / whole) if whole > 0 else 0.0
        pieces, adrift = self._pieces()
        found = Figures(
            beat=tuple(self.ids[k] for k in used),
            hours=hours,
            mean=mean,
            lower=lower,
            upper=upper,
            deviation=deviation,
            residents=total(self.town.units["population"].to_numpy(float))[used],
            officers=officers,
            moved_in=moved_in,
            pieces=pieces[used],
            adrift=adrift,
            max_deviation=float(np.abs(deviation).max()),
            moved_share=share,
            changed=float(self.people[label != self.start].sum()),
            broken=(),
        )
        return replace(found, broken=self._broken(found))

    def _pieces(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how many pieces each beat has, (ids,), and the units outside the main one (that with the most hours)."""
        n, ends = len(self.label), self._ends
        same = self.label[ends[:, 0]] == self.label[ends[:, 1]]
        a, b = ends[same].T
        graph = sparse.csr_matrix((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
        number, piece = csgraph.connected_components(graph, directed=False)
        of = np.zeros(number, int)
        of[piece] = self.label
        pieces = np.bincount(of, minlength=len(self.ids))
        weight = np.bincount(piece, weights=self.workload.hours + 1e-9)
        order = np.lexsort((-weight, of))
        main = np.zeros(number, bool)
        main[order[np.r_[True, of[order][1:] != of[order][:-1]]]] = True
        return pieces, np.flatnonzero(~main[piece])

    def _broken(self, f: Figures) -> tuple[str, ...]:
        """Return the rules that are broken, in words."""
        found = []
        adrift = self.label[f.adrift]
        for k in np.flatnonzero(f.pieces > 1):
            lost = f.adrift[adrift == self._number[f.beat[k]]]
            found.append(
                f"Beat {self.name(f.beat[k])} falls into {f.pieces[k]} pieces; {self.places(lost)} cannot be reached inside it."
            )
        for k in np.flatnonzero((f.hours > f.upper * (1 + HAIR)) | (f.hours < f.lower * (1 - HAIR))):
            side = "more" if f.hours[k] > f.upper[k] else "less"
            found.append(
                f"Beat {self.name(f.beat[k])} has {f.hours[k]:,.0f} hours a year, {side} than the {f.lower[k]:,.0f} to "
                f"{f.upper[k]:,.0f} that the rules allow."
            )
        rules = self.town.description.beats
        if rules is not None and rules.max_moved is not None and (f.moved_share or 0.0) > rules.max_moved + HAIR:
            found.append(
                f"{f.moved_share:.1%} of residents change beat, more than the {rules.max_moved:.1%} that the rules allow."
            )
        locks = self.town.units["locked"].to_numpy(object)
        wrong = [
            i for i, b in enumerate(locks) if isinstance(b, str) and self.locked[i] and self.ids[self.label[i]] != b
        ]
        if wrong:
            found.append(f"{self.places(wrong)} must stay in the beat that the rules lock it to.")
        return tuple(found)

    # ---- for solving on

    def described(self) -> Description:
        """Return the description with the locks, links and barriers as they are drawn."""
        description = self.town.description
        rules = description.beats
        if rules is None:
            return description
        beat = self.beat
        held: dict[str, list[str]] = {}
        for i in np.flatnonzero(self.locked):
            held.setdefault(str(beat[i]), []).append(str(self.unit_ids[i]))
        listed_locks = self.town.units["locked"].to_numpy(object)
        lost = any(isinstance(b, str) and not self.locked[i] for i, b in enumerate(listed_locks))
        count = len(self.beats_in_use())
        changes: dict[str, Any] = {
            "links": self._together(self.links),
            "closed": self._together(self.closed),
            "held": {b: tuple(u) for b, u in sorted(held.items(), key=lambda item: _natural(item[0]))},
            "count": rules.count
            if rules.count == "auto" and count == len({self.ids[k] for k in self.start})
            else count,
        }
        if lost:
            # a table of locks would bring back what was unlocked by hand; the locks that are left stand in `held`
            changes["locked"] = None
        return description.model_copy(update={"beats": rules.model_copy(update=changes)})

    def drawn_town(self) -> Town:
        """Return the town with the locks, links and barriers as they are drawn, as reading `described` would give it."""
        beat = self.beat
        locked = np.array([b if held else None for b, held in zip(beat, self.locked, strict=True)], dtype=object)
        return replace(
            self.town,
            description=self.described(),
            units=self.town.units.assign(locked=locked),
            edges=self.edges.copy(),
            beat_names=self.town.beat_names | {b: n for b, n in self.names.items() if n},
        )

    # ---- inside

    def _edit(self, kind: str, **content: Any) -> Edit:
        content = {k: tuple(v) if isinstance(v, list | np.ndarray) else v for k, v in content.items()}
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
            self._take_edges()

    def _keep(self, done: Done) -> Done:
        self._perform(done)
        self._done.append(done)
        self._undone.clear()
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

    def _note(self, entry: dict[str, Any]) -> None:
        about = {"author": self.author, "time": self.clock().isoformat(timespec="seconds")}
        self.history.append({**{k: v for k, v in about.items() if v}, **entry})

    def _changed(self) -> None:
        self._figures = None
        for listener in self.listeners:
            listener()

    def _known_beat(self, beat: str) -> int:
        if beat not in self._number:
            raise RefusedError(f"There is no beat “{beat}”. {did_you_mean(beat, self.ids)}".strip())
        return self._number[beat]

    def _added(self, beat: str) -> int:
        if beat not in self._number:
            self._number[beat] = len(self.ids)
            self.ids.append(beat)
        return self._number[beat]

    def _home(self, number: int) -> str | None:
        members = np.flatnonzero(self.label == number)
        return str(self.municipality[members[0]]) if len(members) else None

    def _foreign(self, units: np.ndarray, number: int) -> np.ndarray:
        home = self._home(number)
        return np.zeros(len(units), bool) if home is None else self.municipality[units] != home

    def _refusals(self, locked: set[int], foreign: set[int], beat: str) -> tuple[str, ...]:
        found = []
        if locked:
            found.append(f"Locked to their beat, and left there: {self.places(sorted(locked))}.")
        if foreign:
            found.append(
                f"Outside the municipality of beat {self.name(beat)}, and beats never cross its border: {self.places(sorted(foreign))}."
            )
        return tuple(found)

    def _positions(self, units: Iterable[str]) -> list[int]:
        found = []
        for u in units:
            if u not in self.place:
                raise RefusedError(f"There is no unit “{u}”. {did_you_mean(u, self.place)}".strip())
            found.append(self.place[u])
        return found

    def _pairs(self, drawn: Sequence[Drawn]) -> dict[Pair, Drawn]:
        found = {}
        for item in drawn:
            for a, b in item.pairs:
                i, j = self.place[a], self.place[b]
                found[min(i, j), max(i, j)] = item
        return found

    def _named(self, pairs: Iterable[Pair]) -> tuple[tuple[str, str], ...]:
        return tuple((str(self.unit_ids[a]), str(self.unit_ids[b])) for a, b in pairs)

    def _drawn(self, pairs: Sequence[Pair], what: str, reason: str, line: np.ndarray) -> Drawn:
        corners = tuple((round(float(x), 2), round(float(y), 2)) for x, y in line)
        return Drawn(pairs=self._named(pairs), what=what, reason=reason.strip(), line=corners)

    def _together(self, drawn: dict[Pair, Drawn]) -> tuple[Drawn, ...]:
        """Return what was drawn, each with the pairs that it still stands for."""
        found: dict[int, tuple[Drawn, list[Pair]]] = {}
        for pair, item in drawn.items():
            found.setdefault(id(item), (item, []))[1].append(pair)
        return tuple(item.model_copy(update={"pairs": self._named(pairs)}) for item, pairs in found.values())

    def _undrawn(self) -> pd.DataFrame:
        """Return the town's adjacency as it was before links and barriers of the description were drawn."""
        edges, rules = self.town.edges, self.town.description.beats
        if self.links:
            drawn = [
                kind == "link" and (a, b) in self.links
                for a, b, kind in zip(edges["a"], edges["b"], edges["kind"], strict=True)
            ]
            edges = edges[~np.array(drawn, bool)]
        polygons = np.asarray(self.town.units.geometry.array, dtype=object)
        for a, b in self.closed:
            found, *_ = touching(polygons[[a, b]])
            if len(found):
                kind = "file" if rules is not None and rules.adjacency is not None else "border"
                edges = pd.concat([edges, found.assign(a=a, b=b, kind=kind)], ignore_index=True)
        return edges.sort_values(["a", "b"], ignore_index=True)

    def _take_edges(self) -> None:
        self.edges = drawn_edges(self._base, list(self.links), list(self.closed))
        self._ends = self.edges[["a", "b"]].to_numpy(int).reshape(-1, 2)
        self._pairs_now = set(map(tuple, self._ends.tolist()))


def with_rules_of_plan(town: Town, rules: Mapping[str, Any]) -> Town:
    """Return a town with the links, closed borders and locks that were drawn on the plan that is drawn on now.

    Parameters
    ----------
    town
        As it was read from the project, which may know nothing of them.
    rules
        The plan's description as JSON: ``rules`` of its summary.
    """
    beats = town.description.beats
    section = rules.get("beats") or {}
    if beats is None or not any(section.get(key) for key in ("links", "closed", "held")):
        return town
    place = {str(u): i for i, u in enumerate(town.units["unit"])}

    def known(items: Iterable[Mapping[str, Any]], have: Sequence[Drawn]) -> list[Drawn]:
        found = [Drawn.model_validate(item) for item in items]
        return [d for d in found if d not in have and all(u in place for pair in d.pairs for u in pair)]

    links, closed = known(section.get("links", ()), beats.links), known(section.get("closed", ()), beats.closed)
    held = {b: tuple(u for u in units if u in place) for b, units in (section.get("held") or {}).items()}
    lock = town.units["locked"].to_numpy(object).copy()
    for beat, units in held.items():
        for unit in units:
            lock[place[unit]] = beat
    changes = {"links": (*beats.links, *links), "closed": (*beats.closed, *closed), "held": {**beats.held, **held}}
    joined = [(place[a], place[b]) for d in links for a, b in d.pairs]
    apart = [(place[a], place[b]) for d in closed for a, b in d.pairs]
    description = town.description.model_copy(update={"beats": beats.model_copy(update=changes)})
    return replace(
        town,
        description=description,
        edges=drawn_edges(town.edges, joined, apart),
        units=town.units.assign(locked=lock),
    )


def now() -> dt.datetime:
    """Return the time, UTC."""
    return dt.datetime.now(tz=dt.UTC)


def _natural(beat: str) -> tuple[int, int, str]:
    """Sort whole numbers as numbers, before text."""
    return (0, int(beat), "") if beat.isdecimal() else (1, 0, beat)
