"""Where names stand on a map on paper: none on another or on a symbol; what has no room is a number with a line to its place, or is listed.

Boxes are in millimetres: left, top, right, bottom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
# A letter's mean width and half a line's height, in sizes of the font (DejaVu Sans; bold letters are wider).
LETTER, BOLD, HALF_LINE = 0.62, 1.08, 0.62
# So much of a full name lies in its own area where it cannot lie there whole, and so much is whole (boxes are a little wider than words).
OWN, WHOLE = 0.85, 0.97
# So many names without room make a part that is drawn larger; a map has so many of these parts at most.
LEAST_TOGETHER, MOST_PARTS = 2, 6
# A name goes so far from its symbol, mm, rather than hide a border.
SHORT_LINE = 23.0
# Leader lines are tried in rings of so many millimetres, in so many directions.
RINGS, DIRECTIONS = (4.0, 6.0, 8.0, 11.0, 14.0, 18.0, 23.0, 29.0, 36.0, 44.0), 24


def box_of(text: str, x: float, y: float, size: float, *, bold: bool = False) -> Box:
    """Return the box of a text of one line or more around a place."""
    lines = text.split("\n")
    half = LETTER / 2 * size * max(map(len, lines)) * (BOLD if bold else 1.0)
    tall = HALF_LINE * size * len(lines)
    return x - half, y - tall, x + half, y + tall


def forms_of(text: str) -> list[str]:
    """Return a name on one line, and on two where it has words: broken where the lines are most alike, and never before a number."""
    gaps = [i for i in range(1, len(text) - 1) if text[i] == " " and not (text[i + 1].isdigit() or text[i + 1] == "(")]
    if not gaps:
        return [text]
    at = min(gaps, key=lambda i: max(i, len(text) - i - 1))
    return [text, f"{text[:at]}\n{text[at + 1 :]}"]


def is_free(box: Box, taken: Iterable[Box], width: float, height: float) -> bool:
    """Return whether a box lies in the frame and on no other box."""
    inside = box[0] >= 0.5 and box[1] >= 0.5 and box[2] <= width - 0.5 and box[3] <= height - 0.5
    return inside and not any(box[0] < t[2] and box[2] > t[0] and box[1] < t[3] and box[3] > t[1] for t in taken)


def inner_places(shape: BaseGeometry, middle: tuple[float, float], step: float) -> Iterator[tuple[float, float]]:
    """Yield places inside a shape, in millimetres, the middle first and then by how near they are to it."""
    yield middle
    west, south, east, north = shape.bounds
    count = max(2.0, math.sqrt(max(1.0, (east - west) * (north - south) / 400)))
    xs = np.arange(west + step / 2, east, max(step, (east - west) / (12 * count)))
    ys = np.arange(south + step / 4, north, max(step / 2, (north - south) / (12 * count)))
    if not len(xs) or not len(ys):
        return
    grid = np.array(np.meshgrid(xs, ys)).reshape(2, -1).T
    grid = grid[shapely.contains_xy(shape, grid[:, 0], grid[:, 1])]
    for x, y in grid[np.argsort(np.hypot(*(grid - middle).T), kind="stable")]:
        yield float(x), float(y)


def around(x: float, y: float) -> Iterator[tuple[float, float]]:
    """Yield places around another one for a text at the end of a line, the nearest first."""
    for ring in RINGS:
        for k in range(DIRECTIONS):
            turn = 2 * math.pi * k / DIRECTIONS
            yield x + ring * math.cos(turn), y + ring * math.sin(turn)


def _mostly_in(box: Box, shape: shapely.Geometry, own: float) -> bool:
    """Return whether a name lies so far in its own area that nobody takes it for a neighbour's."""
    paper = shapely.box(*box)
    return bool(shapely.area(shapely.intersection(paper, shape)) >= own * shapely.area(paper))


def placed(
    shapes: Sequence[BaseGeometry],
    middles: np.ndarray,
    texts: Sequence[tuple[str, str | None]],
    size: float,
    taken: Sequence[Box],
    width: float,
    height: float,
    own: float = OWN,
    within: BaseGeometry | None = None,
) -> list[tuple[str, float, float, bool] | None]:
    """Choose where the names of areas stand.

    Parameters
    ----------
    shapes
        Areas, mm.
    middles
        (n, 2) the place deepest inside each, mm.
    texts
        A full and a short form of each name; without a short form it is in full or not at all.
    size
        Of the letters, mm.
    taken
        Boxes of symbols, which stay free.
    width, height
        Of the frame, mm.
    own
        Share of a full name that lies in its own area where it has no room to lie there whole.
    within
        What a full name does not leave, mm: the beat of its place; None for no such border.

    Returns
    -------
    list
        For each area the text (a full name may be broken into two lines), its place, and whether a line leads from there to the middle; None where there is no room at all.
    """
    used = list(taken)
    # a place is kept for the short form of each before any full form is written
    kept = [box_of(short or "", middles[i][0], middles[i][1], size, bold=True) for i, (_, short) in enumerate(texts)]
    found: list[tuple[str, float, float, bool] | None] = [None] * len(shapes)
    order = sorted(range(len(shapes)), key=lambda i: -float(shapely.area(shapes[i])))
    waiting: list[int] = []
    for i in order:
        others = used + [b for j, b in enumerate(kept) if j != i and found[j] is None]
        at = _full_name(texts[i][0], shapes[i], middles[i], size, others, width, height, own, within)
        if at is None:
            waiting.append(i)
            continue
        used.append(box_of(at[0], at[1], at[2], size, bold=True))
        found[i] = *at, False
    for i in sorted(waiting, key=lambda i: shapes[i].area):
        short = texts[i][1]
        if short is None:
            continue
        inside = [(x, y, False) for x, y in inner_places(shapes[i], tuple(middles[i]), size)]
        at = _first_free(short, middles[i], inside, size, used, width, height, bold=True)
        if at is not None:
            used.append(box_of(short, at[0], at[1], size, bold=True))
            found[i] = short, *at
    return found


def _full_name(
    full: str,
    shape: BaseGeometry,
    middle: np.ndarray,
    size: float,
    taken: Sequence[Box],
    width: float,
    height: float,
    own: float,
    within: BaseGeometry | None,
) -> tuple[str, float, float] | None:
    """Return a name and its place: whole in its area on one line or on two, else mostly in it; None where neither has room."""
    for share in (WHOLE, own):
        for form in forms_of(full):
            for x, y in inner_places(shape, (float(middle[0]), float(middle[1])), size * 2.0):
                box = box_of(form, x, y, size, bold=True)
                if (
                    is_free(box, taken, width, height)
                    and _mostly_in(box, shape, share)
                    and (within is None or _mostly_in(box, within, WHOLE))
                ):
                    return form, x, y
    return None


def _first_free(
    text: str,
    point: np.ndarray | tuple[float, float],
    near: Sequence[tuple[float, float, bool]],
    size: float,
    used: Sequence[Box],
    width: float,
    height: float,
    *,
    bold: bool = False,
) -> tuple[float, float, bool] | None:
    """Return the first free place of a text: near its point, else at the end of a line, one that runs over nothing written if there is any."""
    x, y = float(point[0]), float(point[1])
    crossing = None
    for a, b, line in [*near, *((a, b, True) for a, b in around(x, y))]:
        if not is_free(box_of(text, a, b, size, bold=bold), used, width, height):
            continue
        if not line or not _crosses(x, y, a, b, used):
            return a, b, line
        crossing = crossing or (a, b, line)
    return crossing


def _crosses(x: float, y: float, to_x: float, to_y: float, taken: Iterable[Box]) -> bool:
    """Return whether a leader line would run over what is written; what its place itself lies in is left aside."""
    line = shapely.LineString([(x, y), (to_x, to_y)])
    return any(
        not (t[0] <= x <= t[2] and t[1] <= y <= t[3]) and shapely.intersects(line, shapely.box(*t)) for t in taken
    )


def beside_points(
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    size: float,
    reach: float,
    taken: Sequence[Box],
    width: float,
    height: float,
    borders: BaseGeometry | None = None,
    frames: Sequence[Box] = (),
    home: BaseGeometry | None = None,
) -> list[tuple[str, float, float, bool] | None]:
    """Choose where the names of symbols stand: above, below or beside them, else at the end of a line.

    Parameters
    ----------
    points
        Middles of the symbols, mm; a name is nearer to its own than to another.
    texts
        Their names.
    size
        Of the letters, mm.
    reach
        From a symbol's middle to its edge, mm.
    taken
        Boxes that stay free, those of the symbols among them.
    width, height
        Of the frame, mm.
    borders
        Lines (mm) that a name hides only where it has no room on one side of them: first on its symbol's side, on one line or two, then at the end of a line.
    frames
        Those of the taken boxes over which a line may lead, such as frames around parts.
    home
        The area of the map, mm: the name of a symbol in it stays in it where it can.

    Returns
    -------
    list
        The text of each (it may be broken into two lines), its place, and whether a line leads there; None where there is no room.
    """
    room = _Room(list(taken), width, height, points, shapely.MultiLineString() if borders is None else borders, frames)
    shapely.prepare(room.borders)
    found: list[tuple[str, float, float, bool] | None] = []
    for point, text in zip(points, texts, strict=True):
        forms = [text] if borders is None and home is None else forms_of(text)
        homes = [home, None] if home is not None and shapely.contains_xy(home, *point) else [None]
        at = next((a for h in homes if (a := _kept_apart(forms, point, size, reach, room, h)) is not None), None)
        at = at or _beside(text, point, size, reach, room, over=True) or _away(text, point, size, room, over=True)
        if at is None:
            near = [(x, y, False) for x, y in _around_symbol(text, point, size, reach)]
            free = _first_free(text, point, near, size, room.used, width, height)
            at = None if free is None else (text, *free)
        if at is not None:
            room.used.append(box_of(at[0], at[1], at[2], size))
            if at[3]:
                room.lines.append(shapely.LineString([point, at[1:3]]))
        found.append(at)
    return found


@dataclass
class _Room:
    """What is written already, the frame, the symbols whose names are written, and the borders, mm."""

    used: list[Box]
    width: float
    height: float
    points: Sequence[tuple[float, float]]
    borders: BaseGeometry
    frames: Sequence[Box] = ()
    lines: list[BaseGeometry] = field(default_factory=list[BaseGeometry])

    def is_clear(self, box: Box, point: tuple[float, float]) -> bool:
        """Return whether a name there hides nothing, no line to another name either, and is not taken for that of another symbol."""
        if not is_free(box, self.used, self.width, self.height):
            return False
        paper = shapely.box(*box)
        if self.lines and shapely.intersects(paper, self.lines).any():
            return False
        own = shapely.distance(paper, shapely.Point(point))
        others = [p for p in self.points if p != point]
        return not others or own < shapely.distance(paper, shapely.points(others)).min()


def _around_symbol(text: str, point: tuple[float, float], size: float, reach: float) -> Iterator[tuple[float, float]]:
    """Yield the places of a name at its symbol, the best first."""
    x, y = point
    _, _, right, bottom = box_of(text, 0.0, 0.0, size)
    half, tall = right + reach + 0.4, bottom + reach + 0.2
    for dx, dy in ((0.0, -tall), (0.0, tall), (half, 0.0), (-half, 0.0)):
        yield x + dx, y + dy
    for wide, v in ((0.8, -0.8), (0.8, 0.8), (1.0, -0.5), (1.0, 0.5)):
        for side in (1.0, -1.0):
            yield x + side * wide * half, y + v * tall


def _kept_apart(
    forms: Sequence[str], point: tuple[float, float], size: float, reach: float, room: _Room, home: BaseGeometry | None
) -> tuple[str, float, float, bool] | None:
    """Return a place of a name that hides no border, in its home where it has one: at its symbol on one line or two, else at the end of a line."""
    for form in forms:
        at = _beside(form, point, size, reach, room, home=home)
        if at is not None:
            return at
    return next((at for form in forms if (at := _away(form, point, size, room, home=home)) is not None), None)


def _beside(
    text: str,
    point: tuple[float, float],
    size: float,
    reach: float,
    room: _Room,
    *,
    over: bool = False,
    home: BaseGeometry | None = None,
) -> tuple[str, float, float, bool] | None:
    """Return a place of a name at its symbol and on its side of all borders, or over borders."""
    for x, y in _around_symbol(text, point, size, reach):
        box = box_of(text, x, y, size)
        to = shapely.LineString([point, (x, y)])
        if home is not None and not _mostly_in(box, home, WHOLE):
            continue
        if room.is_clear(box, point) and (over or not shapely.intersects(room.borders, [shapely.box(*box), to]).any()):
            return text, x, y, False
    return None


def _away(
    text: str,
    point: tuple[float, float],
    size: float,
    room: _Room,
    *,
    over: bool = False,
    home: BaseGeometry | None = None,
) -> tuple[str, float, float, bool] | None:
    """Return a place of a name at the end of a short line that hides no border, or of any line over borders; it runs over nothing written."""
    written = [b for b in room.used if b not in room.frames]
    for x, y in around(*point):
        if not over and math.hypot(x - point[0], y - point[1]) > SHORT_LINE:
            return None
        box = box_of(text, x, y, size)
        if not is_free(box, room.used, room.width, room.height) or _crosses(*point, x, y, written):
            continue
        drawn = np.array([shapely.box(*box), shapely.LineString([point, (x, y)])])
        if room.lines and shapely.intersects(drawn[:, None], np.array(room.lines)[None, :]).any():
            continue
        if home is not None and not _mostly_in(box, home, WHOLE):
            continue
        if over or not shapely.intersects(room.borders, drawn[0]):
            return text, x, y, True
    return None


def dense_parts(
    boxes: Sequence[Box], fits: Callable[[Box], bool], least: int = LEAST_TOGETHER, most: int = MOST_PARTS
) -> list[Box]:
    """Return the parts of a map that are to be drawn larger on sheets of their own.

    Parameters
    ----------
    boxes
        Of what had no room for its name, metres.
    fits
        Whether a part is so small that its own sheet shows it much larger.
    least
        Things without room that make a part: for one alone a number is enough.
    most
        Parts at most, those with most first.
    """
    groups: list[list[Box]] = []

    def together(group: Sequence[Box]) -> Box:
        w, s, e, n = zip(*group, strict=True)
        return min(w), min(s), max(e), max(n)

    for box in sorted(boxes):
        joined = [g for g in groups if fits(together([*g, box]))]
        if joined:
            # to the group that grows least
            nearest = min(joined, key=lambda g: shapely.box(*together([*g, box])).area - shapely.box(*together(g)).area)
            nearest.append(box)
        elif fits(box):
            groups.append([box])
    large = sorted((g for g in groups if len(g) >= least), key=lambda g: (-len(g), together(g)))
    return [together(g) for g in large[:most]]
