"""A plan as it is drawn on: the beat of every unit, its locks, and the links and barriers between units, without what led to them.

What asks it (its figures, the description to solve on with) and what changes it (the edits of `Drawing`) stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.data.description.sections.beats import Drawn
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.result.alphabet import natural
from beatplanner.data.town.adjacency import drawn_edges, touching
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.naming import proposed_name
from beatplanner.planning.workload import WorkloadPlan

Pair = tuple[int, int]


class RefusedError(ValueError):
    """An edit that no plan may hold; the message says why, and what can be done."""


class DrawnPlan:
    """Which beat each unit is in, what is locked there, and who is whose neighbour.

    Parameters
    ----------
    town
        The town.
    workload
        Officer hours a year of each unit.
    beat
        (n,) beat of each unit, text or None; units without one are drawn into "none".
    names
        Names of beats by id; see `call`.

    Attributes
    ----------
    names
        What beats are called, by id: a function of the names given and of the edits in force, so that what was taken back leaves none.
    ids
        Ids of beats; `label`, (n,), is each unit's place in them, and `start` what it was when drawing began.
    locked
        (n,) whether the unit must stay in its beat.
    links, closed
        Pairs of units that were joined or parted by hand, with what was drawn.
    edges, ends
        Neighbours as they are drawn now, as a frame and as (m, 2) positions.
    """

    def __init__(
        self,
        town: Town,
        workload: WorkloadPlan,
        beat: np.ndarray,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.town, self.workload = town, workload
        self._given = dict(names or {})
        self.names = dict(self._given)
        self._unit_names: list[str] = town.units["name"].astype(str).tolist()
        units = town.units
        self.unit_ids = units["unit"].to_numpy(object).astype(str)
        self.place = {u: i for i, u in enumerate(self.unit_ids)}
        self.municipality = units["municipality"].to_numpy(object).astype(str)
        self.people = units["population"].to_numpy(float) if town.has_population else workload.hours
        self.points = town.points()
        text = np.array([b if isinstance(b, str) else "none" for b in beat], dtype=object).astype(str)
        self.ids: list[str] = sorted(set(text.tolist()), key=natural)
        self.number = {b: k for k, b in enumerate(self.ids)}
        self.label = np.array([self.number[b] for b in text])
        self.start = self.label.copy()
        current = units["current"].to_numpy(object)
        self.known = np.array([isinstance(c, str) for c in current])
        self.current = current
        locked = units["locked"].to_numpy(object)
        self.locked = np.array([isinstance(b, str) and b == t for b, t in zip(locked, text, strict=True)])
        rules = town.description.beats
        self.links = self._pairs(rules.links if rules else ())
        self.closed = self._pairs(rules.closed if rules else ())
        self._base = self._undrawn()
        self._set_edges()

    @property
    def beat(self) -> np.ndarray:
        """Beat of each unit, (n,) text."""
        return np.array(self.ids, dtype=object)[self.label]

    def beats_in_use(self) -> list[str]:
        """Return the ids of beats that have units, in natural order."""
        return sorted((self.ids[int(k)] for k in np.unique(self.label)), key=natural)

    def members(self, beat: str) -> np.ndarray:
        """Return the positions of a beat's units."""
        return np.flatnonzero(self.label == self.number.get(beat, -1))

    def fresh_id(self) -> str:
        """Return the lowest whole number that no beat has."""
        taken = set(self.ids) | {c for c in self.current if isinstance(c, str)}
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
        return listed([self._unit_names[int(u)] for u in units], most)

    def call(self, names: Mapping[str, str]) -> None:
        """Let beats be called by these names, by id; one that was split off and has none is called after the places in it."""
        self._given = dict(names)
        self._call_beats()

    def _call_beats(self) -> None:
        """Name the beats anew, by what is in force."""
        self.names = self._with_proposed([])

    def _new_beats(self, units: np.ndarray, after: np.ndarray, *, split: bool) -> list[tuple[str, np.ndarray]]:
        """Return the beats that an edit made of units, and which they are; a search may bring one that nobody split off, too."""
        first, numbers = int(self.start.max()) + 1, np.unique(after)
        return [(self.ids[k], units[after == k]) for k in numbers.tolist() if k >= first or split]

    def _with_proposed(self, made: Sequence[tuple[str, np.ndarray]]) -> dict[str, str]:
        """Return the names given, and a proposed one of each beat that is new and has none: its id and the units (positions) that made it, in order."""
        names, units = dict(self._given), self.town.units
        for beat, members in made:
            if not names.get(beat):
                names[beat] = proposed_name(beat, units.iloc[members], self.people[members], names)
        return names

    def halves(self, beat: str) -> np.ndarray:
        """Return the units (positions) of a connected part with about half of a beat's hours, to split off."""
        members = self.members(beat)
        if len(members) < 2:
            raise RefusedError(f"Beat {self.name(beat)} has a single unit, and a unit is never split.")
        place = np.full(len(self.label), -1)
        place[members] = np.arange(len(members))
        inside = (place[self.ends] >= 0).all(axis=1)
        a, b = place[self.ends[inside]].T
        metres = np.hypot(*(self.points[members[a]] - self.points[members[b]]).T) + 1e-6
        graph = sparse.csr_matrix((metres, (a, b)), shape=(len(members), len(members)))
        hours = self.workload.hours[members]
        middle = np.average(self.points[members], axis=0, weights=hours + 1e-9)
        far = int(np.argmax(np.hypot(*(self.points[members] - middle).T)))
        away: np.ndarray = csgraph.dijkstra(graph, directed=False, indices=[far])[0]
        order = np.argsort(away, kind="stable")
        taken = max(1, min(len(members) - 1, int(np.searchsorted(np.cumsum(hours[order]), float(hours.sum()) / 2)) + 1))
        part = np.zeros(len(members), bool)
        part[order[:taken]] = True
        # what the part cuts off from the rest comes along
        rest = np.flatnonzero(~part)
        pieces = csgraph.connected_components(graph[rest][:, rest], directed=False)[1]
        main = np.argmax(np.bincount(pieces, weights=hours[rest] + 1e-9))
        part[rest[pieces != main]] = True
        return members[part]

    def touching(self, numbers: Sequence[int]) -> bool:
        """Say whether beats, by number, hang together over borders that they share."""
        ends = self.label[self.ends]
        inside = np.isin(ends, numbers).all(axis=1)
        order = {k: i for i, k in enumerate(numbers)}
        links = np.array([[order[a], order[b]] for a, b in ends[inside]], int).reshape(-1, 2)
        graph = sparse.csr_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(numbers), len(numbers)))
        return csgraph.connected_components(graph, directed=False)[0] == 1

    def parted_by(self, line: np.ndarray) -> list[Pair]:
        """Return the neighbours that a line, (k, 2) metres, parts: those between whose middles it passes."""
        if len(line) < 2:
            return []
        a, b = self.ends.T
        between = shapely.linestrings(np.stack([self.points[a], self.points[b]], axis=1))
        crossed = np.flatnonzero(shapely.intersects(between, shapely.LineString(line)))
        return [(int(a[i]), int(b[i])) for i in crossed]

    def _known_beat(self, beat: str) -> int:
        if beat not in self.number:
            raise RefusedError(f"There is no beat “{beat}”. {did_you_mean(beat, self.ids)}".strip())
        return self.number[beat]

    def _added(self, beat: str) -> int:
        if beat not in self.number:
            self.number[beat] = len(self.ids)
            self.ids.append(beat)
        return self.number[beat]

    def _home(self, number: int) -> str | None:
        members = np.flatnonzero(self.label == number)
        return str(self.municipality[members[0]]) if len(members) else None

    def _foreign(self, units: np.ndarray, number: int) -> np.ndarray:
        home = self._home(number)
        return np.zeros(len(units), bool) if home is None else self.municipality[units] != home

    def _positions(self, units: Iterable[str]) -> list[int]:
        found: list[int] = []
        for u in units:
            if u not in self.place:
                raise RefusedError(f"There is no unit “{u}”. {did_you_mean(u, self.place)}".strip())
            found.append(self.place[u])
        return found

    def _pairs(self, drawn: Sequence[Drawn]) -> dict[Pair, Drawn]:
        found: dict[Pair, Drawn] = {}
        for item in drawn:
            for a, b in item.pairs:
                i, j = self.place[a], self.place[b]
                found[min(i, j), max(i, j)] = item
        return found

    def named(self, pairs: Iterable[Pair]) -> tuple[tuple[str, str], ...]:
        """Return pairs of positions as pairs of ids."""
        return tuple((str(self.unit_ids[a]), str(self.unit_ids[b])) for a, b in pairs)

    def _drawn(self, pairs: Sequence[Pair], what: str, reason: str, line: np.ndarray) -> Drawn:
        corners = tuple((round(float(x), 2), round(float(y), 2)) for x, y in line)
        return Drawn(pairs=self.named(pairs), what=what, reason=reason.strip(), line=corners)

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

    def _set_edges(self) -> None:
        self.edges = drawn_edges(self._base, list(self.links), list(self.closed))
        self.ends = self.edges[["a", "b"]].to_numpy(int).reshape(-1, 2)
        self.neighbours = set(map(tuple, self.ends.tolist()))

    def _refusals(self, locked: set[int], foreign: set[int], beat: str) -> tuple[str, ...]:
        found: list[str] = []
        if locked:
            found.append(f"Locked to their beat, and left there: {self.places(sorted(locked))}.")
        if foreign:
            found.append(
                f"Outside the municipality of beat {self.name(beat)}, and beats never cross its border: {self.places(sorted(foreign))}."
            )
        return tuple(found)
