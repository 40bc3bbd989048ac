"""Whether two beats of a municipality have less border than is claimed: all rings around as many hours as a beat may have are gone through.

A map that can be drawn in the plane has faces between its links (the outside is one). Two beats that hold together are parted by a ring: it goes
from face to face over each link between them once, and no face twice. Each link has a number for who crosses it in one direction, its negative in the other: the
hours beyond it where the link belongs to a tree over all units, else none. Along a ring the numbers come to the hours of the side without the tree's root.

Each ring is met at the face that comes first in an order, as two ways from there, each shorter than half of the claim, and one link between their ends. All such
ways are listed, face by face; those that end alike are sorted by what their numbers come to, and where two of them would make a ring it is seen whether they
share a face. Where no ring is below the claim, no two such beats are.

Where there are more beats, each link between two is on the outlines of both. What lies beside a beat falls into pieces, each parted from all else by a ring around
one beat or more. An outline is one ring around all but one beat, or two rings and more. One unit, the anchor, is in one beat alone: so twice the border is at
least the shortest ring around any one beat (or two of any) and, for each other beat, that of one without the anchor. A certificate says the anchor and the
three lengths; that no ring is below them is found out.

No certificate is needed for two beats: the map is drawn anew (networkx finds how the links lie around each unit, and Euler's formula tells whether the faces
that come of it are those of a drawing in the plane). Nothing else is used but numpy and the standard library.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.planning.verification.arrays import NUMBER, WHOLE, check_range, sized
from beatplanner.planning.verification.travel_pairs import SLACK, Area, TooLargeError

if TYPE_CHECKING:
    import networkx as nx

# Ways and pairs of them in all, and ways from one face, after which it is given up; pairs that are looked at together.
MOST_STEPS, MOST_WAYS, AT_ONCE = 250_000_000, 6_000_000, 1_000_000
# Arrays of a certificate of three beats and more.
FORMS = {"ring_anchor": (WHOLE, (1,)), "ring_least": (NUMBER, (3,))}
# Faces with more links than these are the first in the order.
CROSSROADS = 6


@dataclass
class DrawnLinks:
    """Crossings k of links in one direction, k ^ 1 in the other: faces before and behind, hours and metres, and the units of the link, that in whose direction it is crossed last.

    `near` are the neighbours of each unit, `first` is where the crossings of each face begin.
    """

    faces: int
    before: np.ndarray
    behind: np.ndarray
    hours: np.ndarray
    metres: np.ndarray
    links: list[tuple[int, int]]
    near: list[list[int]]

    def __post_init__(self) -> None:
        self.by_face = np.argsort(self.before, kind="stable")
        self.first = np.searchsorted(self.before[self.by_face], np.arange(self.faces + 1))

    def crossings(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return rows of `faces` and crossings that lead on from them."""
        number = self.first[faces + 1] - self.first[faces]
        row = np.repeat(np.arange(len(faces)), number)
        ahead = np.arange(len(row)) - (np.cumsum(number) - number)[row]
        return row, self.by_face[self.first[faces[row]] + ahead]


def no_ring_below(area: Area, claimed: float, steps: int | None = None) -> bool:
    """Tell whether it is proven that no two beats within the bounds have less border than `claimed`; False where it takes too long, too."""
    if area.count != 2 or len(area.weight) < 2 or not len(area.edges) or not np.isfinite(claimed):
        return False
    whole, slack = float(area.weight.sum()), SLACK * area.upper
    least, most = max(area.lower, whole - area.upper) - slack, min(area.upper, whole - area.lower) + slack
    if least > most:
        return True
    drawn = drawn_in_plane(area, len(area.weight) - 1) if least > 0 else None
    at_most = min(MOST_STEPS, MOST_STEPS if steps is None else steps)
    return drawn is not None and RingSearch(drawn, ((least, most),), claimed * (1 - 1e-12), steps=at_most).none()


def has_rings(part: dict[str, np.ndarray]) -> bool:
    """Tell whether a municipality's certificate has lengths of rings."""
    return "ring_anchor" in part


def prove_rings(area: Area, part: dict[str, np.ndarray]) -> float:
    """Return a bound on the border between three beats and more from lengths that no ring around one or more of them is below; 0 where one is.

    Raises
    ------
    MalformedError
        Where an array of the certificate is not as it must be.
    """
    sized(part, {}, FORMS)
    check_range(part, "ring_anchor", 0, len(area.weight))
    count, whole, slack = area.count, float(area.weight.sum()), SLACK * area.upper * area.count
    piece, one, other = (float(v) for v in part["ring_least"])
    if count < 3 or area.lower <= slack or not len(area.edges) or not all(map(math.isfinite, (piece, one, other))):
        return 0.0
    hours = [
        (max(k * area.lower, whole - (count - k) * area.upper), min(k * area.upper, whole - (count - k) * area.lower))
        for k in range(1, count)
    ]
    hours = [(low - slack, high + slack) for low, high in hours]
    drawn = drawn_in_plane(area, int(part["ring_anchor"][0]))
    if drawn is None or any(low > high or low <= 0 for low, high in hours):
        return 0.0
    # around the side without the anchor: of one beat, of all but one, of any number of them
    alone, rest = hours[0], (whole - hours[0][1], whole - hours[0][0])
    claims: list[tuple[tuple[tuple[float, float], ...], float]] = [((alone,), other), ((alone, rest), one)]
    if count > 3:
        claims.append((tuple(hours), piece))
    else:
        piece = min(piece, one)
    if not all(RingSearch(drawn, around, length * (1 - 1e-12)).none() for around, length in claims):
        return 0.0
    both = min(one, 2 * piece) + (count - 1) * min(other, 2 * piece)
    links = bool((area.border == np.round(area.border)).all())
    return float(math.ceil(both / 2 - 1e-6)) if links else both / 2 * (1 - 1e-12)


def drawn_in_plane(area: Area, root: int) -> DrawnLinks | None:
    """Return the faces and crossings of a map, None where it does not hold together or cannot be drawn in the plane; `root` is that of the tree."""
    import networkx as nx

    metres: dict[tuple[int, int], float] = {}
    ends: list[tuple[int, int]] = area.edges.tolist()
    for (a, b), length in zip(ends, area.border.tolist(), strict=True):
        if a != b:
            metres[min(a, b), max(a, b)] = metres.get((min(a, b), max(a, b)), 0.0) + length
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(area.weight)))
    graph.add_edges_from(metres)
    if not nx.is_connected(graph):
        return None
    _, found = nx.check_planarity(graph)
    if not isinstance(found, nx.PlanarEmbedding):
        return None
    after: dict[tuple[int, int], tuple[int, int]] = {}
    for unit in graph:
        around = [int(v) for v in found.neighbors_cw_order(unit)] if graph.degree(unit) else []
        for one, other in pairwise([*around, *around[:1]]):
            after[one, unit] = (unit, other)
    face: dict[tuple[int, int], int] = {}
    faces = 0
    for side in after:
        at = side
        while at not in face:
            face[at] = faces
            at = after[at]
        faces += face[side] == faces
    if len(face) != 2 * len(metres) or len(graph) - len(metres) + faces != 2:
        return None
    near = [list(graph.adj[unit]) for unit in range(len(graph))]
    beyond = hours_beyond(near, area.weight.tolist(), root, set())
    sides = [(a, b) for link in metres for a, b in (link, link[::-1])]
    return DrawnLinks(
        faces,
        np.array([face[s] for s in sides]),
        np.array([face[b, a] for a, b in sides]),
        np.array([beyond.get(s, 0.0) for s in sides]),
        np.repeat(list(metres.values()), 2),
        sides,
        near,
    )


def hours_beyond(near: list[list[int]], weight: list[float], root: int, gone: Set[int]) -> dict[tuple[int, int], float]:
    """Return the hours beyond each link of a tree from its root on, negative from its other side; units that are gone are left out."""
    todo, above, order = [root], {root: root}, list[int]()
    while todo:
        unit = todo.pop()
        order.append(unit)
        for v in near[unit]:
            if v not in above and v not in gone:
                above[v] = unit
                todo.append(v)
    hours, beyond = list(weight), dict[tuple[int, int], float]()
    for unit in order[:0:-1]:
        hours[above[unit]] += hours[unit]
        beyond[above[unit], unit], beyond[unit, above[unit]] = hours[unit], -hours[unit]
    return beyond


class RingSearch:
    """Rings shorter than a claim around the side without the tree's root, where that has hours within some bounds; where `face` is given, through that alone."""

    def __init__(
        self,
        drawn: DrawnLinks,
        hours: tuple[tuple[float, float], ...],
        below: float,
        *,
        face: int | None = None,
        steps: int | None = None,
    ) -> None:
        self.drawn, self.hours, self.below = drawn, hours, below
        self.steps = MOST_STEPS if steps is None else steps
        # where a way has no more crossings it has no face
        self.after = np.append(drawn.behind, -1).astype(np.int32)
        if face is None:
            links = np.bincount(drawn.before, minlength=drawn.faces)
            busy = sorted((f for f in range(drawn.faces) if links[f] > CROSSROADS), key=lambda f: -links[f])
            self.order = [*busy, *(f for f in self._along(self._along(0)[-1]) if links[f] <= CROSSROADS)]
        else:
            self.order = [face]
        self.place = np.full(drawn.faces, len(self.order))
        self.place[self.order] = np.arange(len(self.order))

    def _along(self, face: int) -> list[int]:
        """Return the faces by how many links lie between them and one."""
        found = {face: None}
        now = [face]
        while now:
            _, crossing = self.drawn.crossings(np.array(now))
            now = [int(f) for f in dict.fromkeys(self.drawn.behind[crossing].tolist()) if f not in found]
            found.update(dict.fromkeys(now))
        return list(found)

    def none(self) -> bool:
        """Tell whether there is no ring; False where there is too much to look at."""
        try:
            return next(self.rings(), None) is None
        except TooLargeError:
            return False

    def rings(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yield how long each ring is, and its crossings; some twice.

        Raises
        ------
        TooLargeError
            Where there is too much to look at.
        """
        drawn = self.drawn
        alone = (drawn.before == drawn.behind) & (drawn.metres < self.below)
        for least, most in self.hours:
            for k in np.flatnonzero(alone & (drawn.hours >= least) & (drawn.hours <= most)):
                yield float(drawn.metres[k]), np.array([k])
        for face in self.order:
            yield from self._from(face)

    def _spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise TooLargeError

    def _from(self, start: int) -> Iterator[tuple[float, np.ndarray]]:
        """Yield the rings whose first face is one."""
        drawn = self.drawn
        face, hours, metres = np.array([start]), np.zeros(1), np.zeros(1)
        crossed = np.empty((1, 0), np.int32)
        kept = [(face, hours, metres, crossed)]
        bridges: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        ways = 1
        while len(face):
            row, crossing = drawn.crossings(face)
            to = drawn.behind[crossing]
            ways += len(row)
            self._spend(len(row) if ways <= MOST_WAYS else self.steps + 1)
            fits = (self.place[to] >= self.place[start]) & (to != face[row])
            for column in crossed.T:
                fits &= self.after[column][row] != to
            row, crossing, to = row[fits], crossing[fits], to[fits]
            sums, length = hours[row] + drawn.hours[crossing], metres[row] + drawn.metres[crossing]
            over = np.column_stack([crossed[row], crossing.astype(np.int32)])
            bridges.append((to, sums, metres[row], drawn.metres[crossing], over))
            on = (2 * length < self.below * (1 + 1e-12)) & (to != start)
            face, hours, metres, crossed = to[on], sums[on], length[on], over[on]
            kept.append((face, hours, metres, crossed))
        ends, sums, lengths = (np.concatenate([k[c] for k in kept]) for c in range(3))
        back = _Back(ends, sums, lengths, [k[3] for k in kept])
        for bridge in bridges:
            for least, most in self.hours:
                yield from self._closed(back, *bridge, least, most)

    def _closed(
        self,
        back: _Back,
        to: np.ndarray,
        hours: np.ndarray,
        before: np.ndarray,
        across: np.ndarray,
        crossed: np.ndarray,
        least: float,
        most: float,
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield the rings of ways, the last link of which is the one in the middle, and of ways to where that ends."""
        low, high = back.between(to, hours - most, hours - least)
        number = high - low
        upto = np.cumsum(number)
        done = 0
        while done < len(to):
            end = max(done + 1, int(np.searchsorted(upto, (upto[done - 1] if done else 0) + AT_ONCE, "right")))
            held = number[done:end]
            self._spend(int(held.sum()))
            one = np.repeat(np.arange(done, done + len(held)), held)
            other = low[one] + np.arange(len(one)) - np.repeat(np.cumsum(held) - held, held)
            ring = before[one] + across[one] + back.metres[other]
            worth = (ring < self.below) & (2 * before[one] <= ring * (1 + 1e-12))
            worth &= 2 * back.metres[other] <= ring * (1 + 1e-12)
            one, other, ring = one[worth], other[worth], ring[worth]
            shared = np.zeros(len(one), bool)
            # the way back ends where the link in the middle does, which is no face of the way there
            there = self.after[crossed[one, :-1]]
            for column in self.after[back.crossed[other]].T:
                shared |= (column >= 0) & (there == column[:, None]).any(axis=1)
            for k in np.flatnonzero(~shared):
                way = back.crossed[other[k]]
                yield float(ring[k]), np.concatenate([crossed[one[k]], way[way >= 0] ^ 1])
            done = end


class _Back:
    """Ways from one face, sorted by where they end and what their numbers come to."""

    def __init__(self, face: np.ndarray, hours: np.ndarray, metres: np.ndarray, crossed: list[np.ndarray]) -> None:
        wide = max(c.shape[1] for c in crossed)
        held = np.concatenate([np.pad(c, ((0, 0), (0, wide - c.shape[1])), constant_values=-1) for c in crossed])
        self.values = np.unique(hours)
        key = face * (len(self.values) + 1) + np.searchsorted(self.values, hours)
        order = np.argsort(key, kind="stable")
        self.key, self.metres, self.crossed = key[order], metres[order], held[order]

    def between(self, face: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return from and up to where the ways end in a face with numbers between two others."""
        base = face * (len(self.values) + 1)
        begin = np.searchsorted(self.key, base + np.searchsorted(self.values, low, "left"))
        return begin, np.searchsorted(self.key, base + np.searchsorted(self.values, high, "right"))
