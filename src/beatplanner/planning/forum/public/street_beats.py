"""Which beats each named street runs through, on which side where it is a border, and with which house numbers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.publish.public.plan import PublicPlan, PublicTables
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.result.alphabet import natural

# A street this near to a border, in metres, has houses on both sides of it.
BORDER = 8.0
# Pieces of a street that are looked at by themselves, metres.
PIECE = 20.0
# A beat has one side only of a street where so much of what it has of it runs along the border.
ONE_SIDE = 0.75
# The mean direction of a side is told where it is at least so long as a mean of unit vectors: a ring street has none.
STRAIGHT = 0.5
# A side is told from this many metres on; less of it is a crossing.
LEAST_SIDE = 6 * BORDER
# Names of sides, from the east against the clock.
SIDES = (
    "east side",
    "north-east side",
    "north side",
    "north-west side",
    "west side",
    "south-west side",
    "south side",
    "south-east side",
)


@dataclass(frozen=True)
class Street:
    """A named street.

    Attributes
    ----------
    name
        As people know it.
    beats
        Ids of the beats that have a part of it, by their names.
    said
        The same in words, with sides and house numbers.
    lines
        In the plan's CRS.
    """

    name: str
    beats: Sequence[str]
    said: str
    lines: shapely.Geometry


@dataclass
class _Part:
    """What a beat has of a street, metres: both sides, one side, and the sum of directions to that side."""

    both: float = 0.0
    one: float = 0.0
    towards: np.ndarray = field(default_factory=lambda: np.zeros(2))

    @property
    def length(self) -> float:
        return self.both + self.one


@dataclass(frozen=True)
class TracedStreets:
    """What the map says of named streets, in no language: found once for the pages of all.

    Attributes
    ----------
    streets
        Name, lines and what each beat has of it, in the order of names.
    houses
        The beat of each house number, by the street's name.
    """

    streets: Sequence[tuple[str, shapely.Geometry, Mapping[str, _Part]]] = ()
    houses: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


def traced_streets(plan: PublicPlan, tables: PublicTables) -> TracedStreets:
    """Find which beats each named street runs through, and on which side."""
    streets = tables.streets
    if streets is None or streets["name"].isna().all():
        return TracedStreets()
    shapes, ids = plan.beats.geometry.to_numpy(), plan.beats["beat"].astype(str).to_numpy(object)
    tree = shapely.STRtree(shapes)
    named = streets[streets["name"].notna()].groupby("name", sort=True)
    names, lines = zip(*((str(n), geometry.union(group.geometry.to_numpy())) for n, group in named), strict=True)
    parts = _parts(lines, tree, ids)
    return TracedStreets(list(zip(names, lines, parts, strict=True)), _houses(tables.houses, tree, ids))


def streets_of(traced: TracedStreets, names: Mapping[str, str], speech: PublicSpeech) -> list[Street]:
    """Return named streets with the beats that they run through, in words."""
    found: list[Street] = []
    for name, lines, parts in traced.streets:
        least = max(3 * BORDER, 0.02 * shapely.length(lines))
        beats = sorted((b for b, p in parts.items() if p.length > least), key=lambda b: names[b])
        if not beats:
            continue
        numbers = traced.houses.get(name, {})
        said: list[str] = []
        for b in beats:
            # who lives in a street of one beat needs neither side nor number
            more = [] if len(beats) == 1 else [_side(parts[b], speech), *_numbers(b, numbers, speech)]
            more = [m for m in more if m]
            said.append(f"{names[b]}: {', '.join(more)}" if more else names[b])
        # a comma stands within what is said of a beat
        parted = "; " if any(": " in s for s in said) else ", "
        found.append(Street(speech.given(name), beats, parted.join(said), lines))
    return sorted(found, key=lambda r: natural(r.name))


def _parts(lines: Sequence[shapely.Geometry], tree: shapely.STRtree, ids: np.ndarray) -> list[defaultdict[str, _Part]]:
    """Return what each beat has of each street: pieces with one beat on the left and another on the right run along a border."""
    found: list[defaultdict[str, _Part]] = [defaultdict(_Part) for _ in lines]
    pieces, of = shapely.get_parts(shapely.segmentize(np.array(lines, dtype=object), PIECE), return_index=True)
    straight = shapely.get_type_id(pieces) == shapely.GeometryType.LINESTRING
    points, of_point = shapely.get_coordinates(pieces[straight], return_index=True)
    begins = np.flatnonzero(of_point[1:] == of_point[:-1])
    a, b, street = points[begins], points[begins + 1], of[straight][of_point[begins]]
    length = np.hypot(*(b - a).T)
    a, b, street, length = a[length > 0], b[length > 0], street[length > 0], length[length > 0]
    left = np.stack([-(b - a)[:, 1], (b - a)[:, 0]], axis=1) / length[:, None]
    middle = (a + b) / 2
    # all pieces of all streets at once; the piece itself tells where a street ends at the edge of the town
    one_side, other_side, at = (_beat_at(middle + s * 2 * BORDER * left, tree) for s in (1, -1, 0))
    streets: list[int] = street.tolist()
    for i, (k, one, other) in enumerate(zip(streets, one_side.tolist(), other_side.tolist(), strict=True)):
        here = {x for x in (one, other) if x >= 0}
        if len(here) == 2:
            for sign, beat in ((1, one), (-1, other)):
                part = found[k][str(ids[beat])]
                part.one += length[i]
                part.towards += sign * left[i] * length[i]
        elif here or at[i] >= 0:
            found[k][str(ids[here.pop() if here else int(at[i])])].both += length[i]
    return found


def _beat_at(points: np.ndarray, tree: shapely.STRtree) -> np.ndarray:
    """Return the position of the beat at each place, -1 where there is none."""
    found = np.full(len(points), -1)
    which, beat = tree.query(shapely.points(points), predicate="intersects")
    found[which[::-1]] = beat[::-1]
    return found


def _side(part: _Part, speech: PublicSpeech) -> str:
    """Say on which side of a street a beat lies; empty where it has both."""
    if part.one < min(LEAST_SIDE, ONE_SIDE * part.length):
        return ""
    mean = part.towards / part.one
    if np.hypot(*mean) < STRAIGHT:
        side = speech.text("one side")
    else:
        side = speech.text(SIDES[round(math.atan2(mean[1], mean[0]) / (math.pi / 4)) % 8])
    return side if part.one >= ONE_SIDE * part.length else speech.text("in part only the {side}", side=side)


def _houses(houses: pd.DataFrame | None, tree: shapely.STRtree, ids: np.ndarray) -> dict[str, dict[str, str]]:
    """Return the beat of each house number, by its street's name in the layer of streets."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    if houses is None:
        return found
    at = _beat_at(houses[["x", "y"]].to_numpy(float), tree)
    for street, number, beat in zip(houses["street"], houses["number"], at, strict=True):
        if beat >= 0:
            found[str(street)][str(number)] = str(ids[beat])
    return found


def _numbers(beat: str, numbers: Mapping[str, str], speech: PublicSpeech) -> list[str]:
    """Say which house numbers of a street are in a beat: from–to as far as no number of another beat lies between."""
    if beat not in numbers.values():
        return []
    together = _runs(beat, sorted(numbers, key=natural), numbers)
    odd, even = (_runs(beat, sorted((n for n in numbers if _digits(n) % 2 == r), key=natural), numbers) for r in (1, 0))
    if len(together) <= len(odd) + len(even) - (1 if odd and even else 0):
        return [speech.text("house numbers {numbers}", numbers=speech.given(", ".join(together)))]
    said: list[str] = []
    if odd:
        said.append(speech.text("odd house numbers {numbers}", numbers=speech.given(", ".join(odd))))
    if even:
        said.append(speech.text("even house numbers {numbers}", numbers=speech.given(", ".join(even))))
    return said


def _digits(number: str) -> int:
    """Return the number in a house number such as 12a."""
    return int("".join(c if c.isdecimal() else " " for c in number).split()[0])


def _runs(beat: str, ordered: Sequence[str], numbers: Mapping[str, str]) -> list[str]:
    """Return runs of house numbers of one beat, first–last."""
    runs: list[list[str]] = []
    before = False
    for n in ordered:
        if numbers[n] == beat:
            if before:
                runs[-1].append(n)
            else:
                runs.append([n])
        before = numbers[n] == beat
    return [r[0] if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs]
