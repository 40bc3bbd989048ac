"""Whether three beats of a municipality have less border than is claimed: all short rings around one beat, and all rings that part what each leaves.

Each link between three beats is on the outlines of two, so that these come to twice the border. One beat may lie between the two others, which are
then no neighbours; its outline is both of theirs. So some beat whose outline is the shortest leaves the others in one piece, and its outline is a ring of at
most two thirds of the border (`cut_cycle_proof` says what a ring is).

All rings of less than two thirds of the claim around as many hours as one beat may have are listed. The units on that side are taken out of
the map: the faces around them become one, and a tree over the other units says the hours of each crossing anew. If no ring parts the others
into two beats with what is left of the claim, and that is so for each ring, no three beats have less border.

What parts the others either passes the face that was left, or is itself the outline of a beat, as long as the ring around the first at least. The latter
is looked for in the rest where the first has no more than a third of the claim; else it is one of the rings that are listed, and all pairs of
these are looked at that have no face in common.

No certificate is needed. Nothing else is used but numpy, the standard library, and networkx to draw the map.
"""

from __future__ import annotations

import math

import numpy as np

from beatplanner.planning.verification.cut_cycle_proof import DrawnLinks, RingSearch, drawn_in_plane, hours_beyond
from beatplanner.planning.verification.travel_pairs import SLACK, Area, TooLargeError

# Ways and pairs of them in all, after which it is given up; how many of them taking a beat out of a map is worth, for each link.
MOST_STEPS, STEPS_OF_A_LINK = 6_000_000_000, 10


def no_three_below(area: Area, claimed: float, steps: int | None = None) -> bool:
    """Tell whether it is proven that no three beats within the bounds have less border than `claimed`; False where it takes too long, too."""
    if area.count != 3 or len(area.weight) < 3 or not len(area.edges) or not math.isfinite(claimed):
        return False
    whole, slack = float(area.weight.sum()), SLACK * area.upper
    least, most = max(area.lower, whole - 2 * area.upper) - slack, min(area.upper, whole - 2 * area.lower) + slack
    if least > most:
        return True
    drawn = drawn_in_plane(area, len(area.weight) - 1) if least > 0 else None
    return drawn is not None and _Thirds(area, drawn, (least, most), claimed, steps).none()


class _Thirds:
    """Beats with a short outline, and rings that part what they leave."""

    def __init__(
        self, area: Area, drawn: DrawnLinks, hours: tuple[float, float], claimed: float, steps: int | None
    ) -> None:
        self.area, self.drawn, self.hours, self.below = area, drawn, hours, claimed * (1 - 1e-12)
        self.weight: list[float] = area.weight.tolist()
        if (area.border == np.round(area.border)).all():
            # a border of whole numbers below the claim is a whole number
            self.below = math.ceil(claimed - 1e-6) - 0.5
        self.steps = min(MOST_STEPS, MOST_STEPS if steps is None else steps)
        self.done = set[frozenset[int]]()
        # outlines: how long they are, hours, and units and faces as bits of a number
        self.outlines: list[tuple[float, float, int, int]] = []

    def none(self) -> bool:
        """Tell whether there are no such beats; False where there is too much to look at."""
        whole, (least, most) = float(self.area.weight.sum()), self.hours
        first = RingSearch(
            self.drawn, (self.hours, (whole - most, whole - least)), 2 / 3 * self.below * (1 + 1e-12), steps=self.steps
        )
        try:
            for length, ring in first.rings():
                for beat in self._sides(ring):
                    hours = sum(self.weight[unit] for unit in beat)
                    # as sums along a ring differ from these by rounding
                    slack = SLACK * self.area.upper
                    if least - slack <= hours <= most + slack and beat not in self.done:
                        self.done.add(beat)
                        faces = {int(f) for f in self.drawn.before[ring]}
                        bits = sum(1 << unit for unit in beat), sum(1 << face for face in faces)
                        self.outlines.append((length, hours, *bits))
                        if not self._none_beside(beat, whole - hours, length, first):
                            return False
            return not self._pair(first)
        except TooLargeError:
            return False

    def _pair(self, first: RingSearch) -> bool:
        """Tell whether two outlines without a common face leave a third beat, and have less border together than is claimed.

        Raises
        ------
        TooLargeError
            Where there are too many.
        """
        area, whole = self.area, float(self.area.weight.sum())
        slack = SLACK * area.upper
        outlines = sorted(self.outlines)
        for k, (length, hours, units, faces) in enumerate(outlines):
            if self._goes_beside_any(length):
                continue
            for other, more, beside, passed in outlines[k + 1 :]:
                first.steps -= 1
                if length + other >= self.below:
                    break
                rest = whole - hours - more
                if not units & beside and not faces & passed and area.lower - slack <= rest <= area.upper + slack:
                    return True
            if first.steps < 0:
                raise TooLargeError
        return False

    def _goes_beside_any(self, length: float) -> bool:
        """Tell whether an outline is so short that what parts the others may be one that is not listed."""
        return 3 * length < self.below * (1 + 1e-9)

    def _sides(self, ring: np.ndarray) -> tuple[frozenset[int], frozenset[int]]:
        """Return the units on both sides of a ring."""
        over: list[int] = ring.tolist()
        cut = {self.drawn.links[k] for crossing in over for k in (crossing, crossing ^ 1)}
        one = self.drawn.links[over[0]][0]
        seen, todo = {one}, [one]
        while todo:
            unit = todo.pop()
            for v in self.drawn.near[unit]:
                if v not in seen and (unit, v) not in cut:
                    seen.add(v)
                    todo.append(v)
        return frozenset(seen), frozenset(range(len(self.weight))) - seen

    def _none_beside(self, beat: frozenset[int], hours: float, length: float, first: RingSearch) -> bool:
        """Tell whether what a beat leaves is not parted into two with what its outline leaves of the claim."""
        area, slack = self.area, SLACK * self.area.upper
        least, most = max(area.lower, hours - area.upper) - slack, min(area.upper, hours - area.lower) + slack
        if least > most:
            return True
        first.steps -= STEPS_OF_A_LINK * len(self.drawn.links)
        face = None if self._goes_beside_any(length) else 0
        rings = RingSearch(
            self._without(beat), ((least, most),), self.below - length, face=face, steps=max(0, first.steps)
        )
        found = next(rings.rings(), None)
        first.steps = rings.steps
        return found is None

    def _without(self, beat: frozenset[int]) -> DrawnLinks:
        """Return the map without a beat; the faces around it are one, the first."""
        drawn = self.drawn
        root = next(unit for unit in range(len(self.weight)) if unit not in beat)
        beyond = hours_beyond(drawn.near, self.weight, root, beat)
        kept = [k for k, (a, b) in enumerate(drawn.links) if a not in beat and b not in beat]
        beside = np.ones(len(drawn.links), bool)
        beside[kept] = False
        number = np.ones(drawn.faces, np.int64)
        number[drawn.before[beside]] = 0
        number = np.where(number == 0, 0, np.cumsum(number))
        links = [drawn.links[k] for k in kept]
        return DrawnLinks(
            int(number.max(initial=0)) + 1,
            number[drawn.before[kept]],
            number[drawn.behind[kept]],
            np.array([beyond.get(link, 0.0) for link in links]),
            drawn.metres[kept],
            links,
            drawn.near,
        )
