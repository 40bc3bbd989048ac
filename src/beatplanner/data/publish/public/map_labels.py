"""Where names stand on a map on paper: none on another or on a symbol; what has no room is a number with a line to its place, or is listed.

Boxes are in millimetres: left, top, right, bottom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from beatplanner.data.publish.public.pack_pdf import font_folder

if TYPE_CHECKING:
    from PIL import ImageFont

Box = tuple[float, float, float, float]
Point = tuple[float, float]
# A text, its place, and where in its area a line leads from there; None where no line is needed.
Named = tuple[str, float, float, Point | None]
# Half a line's height and the halo beside its letters, in sizes of the font.
HALF_LINE, HALO = 0.66, 0.14
# Between two boxes there is at least so much, mm: what nearly touches reads as one.
GAP = 0.25
# Ends of lines in an area that are tried.
ENDS = 12
# Size in which the font is measured.
MEASURED = 200
# So much of a full name lies in its own area where it cannot lie there whole, and so much is whole (boxes are a little wider than words).
OWN, WHOLE = 0.85, 0.97
# So many names without room make a part that is drawn larger; a map has so many of these parts at most.
LEAST_TOGETHER, MOST_PARTS = 2, 6
# A name goes so far from its symbol, mm, rather than hide a border.
SHORT_LINE = 23.0
# What is kept between a text and the frame, mm, and places that are looked at together: at first and at most.
EDGE, FEW, MANY = 0.5, 4, 256
# Leader lines are tried in rings of so many millimetres, in so many directions.
RINGS, DIRECTIONS = (4.0, 6.0, 8.0, 11.0, 14.0, 18.0, 23.0, 29.0, 36.0, 44.0), 24


def box_of(text: str, x: float, y: float, size: float, *, bold: bool = False) -> Box:
    """Return the box of a text of one line or more around a place."""
    lines = text.split("\n")
    half = (max(text_width(line, bold) for line in lines) / 2 + HALO) * size
    tall = HALF_LINE * size * len(lines)
    return x - half, y - tall, x + half, y + tall


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    """Return the font of the maps."""
    # wanted where a map is drawn only
    from PIL import ImageFont

    return ImageFont.truetype(str(font_folder() / f"DejaVuSans{'-Bold' if bold else ''}.ttf"), MEASURED)


@lru_cache(maxsize=20_000)
def text_width(line: str, bold: bool = False) -> float:
    """Return how wide a line of text is, in sizes of the font."""
    return float(_font(bold).getlength(line)) / MEASURED


def line_boxes(x: float, y: float, name: Box) -> list[Box]:
    """Return small boxes along the line from a place to the box of its name, so that nothing is written over it."""
    to_x, to_y = (name[0] + name[2]) / 2, (name[1] + name[3]) / 2
    count = max(1, math.ceil(math.hypot(to_x - x, to_y - y)))
    steps = ((x + (to_x - x) * (k + 0.5) / count, y + (to_y - y) * (k + 0.5) / count) for k in range(count))
    wide, high = abs(to_x - x) / count / 2, abs(to_y - y) / count / 2
    found = [(a - wide, b - high, a + wide, b + high) for a, b in steps]
    return [b for b in found if not _meet(b, name)]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def forms_of(text: str) -> list[str]:
    """Return a name on one line, and on two where it has words: broken where the lines are most alike, and never before a number."""
    gaps = [i for i in range(1, len(text) - 1) if text[i] == " " and not (text[i + 1].isdigit() or text[i + 1] == "(")]
    if not gaps:
        return [text]
    at = min(gaps, key=lambda i: max(i, len(text) - i - 1))
    return [text, f"{text[:at]}\n{text[at + 1 :]}"]


def is_free(box: Box, taken: Iterable[Box], width: float, height: float, edge: float = EDGE) -> bool:
    """Return whether a box lies in the frame and on no other box, nor so near that they seem to touch; `edge` is kept at the frame."""
    inside = box[0] >= edge and box[1] >= edge and box[2] <= width - edge and box[3] <= height - edge
    left, top, right, bottom = box[0] - GAP, box[1] - GAP, box[2] + GAP, box[3] + GAP
    return inside and not any(left < t[2] and right > t[0] and top < t[3] and bottom > t[1] for t in taken)


def free_places(
    text: str, places: np.ndarray, size: float, taken: np.ndarray, width: float, height: float, *, bold: bool = False
) -> Iterator[int]:
    """Yield the positions of the places, (m, 2), around which a text is free, as `is_free` has it, (n, 4) boxes being taken; looked at as far as they are asked for."""
    _, _, half, tall = box_of(text, 0.0, 0.0, size, bold=bold)
    begin, together = 0, FEW
    while begin < len(places):
        x, y = places[begin : begin + together].T
        left, top, right, bottom = x - half, y - tall, x + half, y + tall
        inside = (left >= EDGE) & (top >= EDGE) & (right <= width - EDGE) & (bottom <= height - EDGE)
        here = np.flatnonzero(inside)
        if len(here):
            left, top, right, bottom = left[here] - GAP, top[here] - GAP, right[here] + GAP, bottom[here] + GAP
            meets = (left[:, None] < taken[:, 2]) & (right[:, None] > taken[:, 0])
            meets &= (top[:, None] < taken[:, 3]) & (bottom[:, None] > taken[:, 1])
            yield from (begin + here[~meets.any(axis=1)]).tolist()
        # most texts are free at one of the first places
        begin, together = begin + together, min(4 * together, MANY)


def _boxes(taken: Sequence[Box]) -> np.ndarray:
    """Return boxes as an array, (n, 4)."""
    return np.array(taken, dtype=float).reshape(-1, 4)


def inner_places(shape: BaseGeometry, middle: np.ndarray, step: float) -> np.ndarray:
    """Return places inside a shape, (m, 2) in millimetres, the middle first and then by how near they are to it."""
    west, south, east, north = shape.bounds
    count = max(2.0, math.sqrt(max(1.0, (east - west) * (north - south) / 400)))
    xs = np.arange(west + step / 2, east, max(step, (east - west) / (12 * count)))
    ys = np.arange(south + step / 4, north, max(step / 2, (north - south) / (12 * count)))
    if not len(xs) or not len(ys):
        return middle[None, :]
    grid = np.array(np.meshgrid(xs, ys)).reshape(2, -1).T
    grid = grid[shapely.contains_xy(shape, grid[:, 0], grid[:, 1])]
    return np.vstack([middle[None, :], grid[np.argsort(np.hypot(*(grid - middle).T), kind="stable")]])


@cache
def _rings() -> np.ndarray:
    """Return how far places at the end of a line are from where it begins, (m, 2), the nearest first."""
    turns = [2 * math.pi * k / DIRECTIONS for k in range(DIRECTIONS)]
    return np.array([(ring * math.cos(turn), ring * math.sin(turn)) for ring in RINGS for turn in turns])


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
) -> list[Named | None]:
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
        For each area the text (a full name may be broken into two lines), its place, and the place in the area to which a line leads from there, None where none does; None
        where there is no room at all.
    """
    used = list(taken)
    # a place is kept for the short form of each before any full form is written
    kept = [box_of(short or "", middles[i][0], middles[i][1], size, bold=True) for i, (_, short) in enumerate(texts)]
    found: list[Named | None] = [None] * len(shapes)
    order = sorted(range(len(shapes)), key=lambda i: -float(shapely.area(shapes[i])))
    waiting: list[int] = []
    for i in order:
        others = used + [b for j, b in enumerate(kept) if j != i and found[j] is None]
        at = _full_name(texts[i][0], shapes[i], middles[i], size, others, width, height, own, within)
        if at is None:
            waiting.append(i)
            continue
        used.append(box_of(at[0], at[1], at[2], size, bold=True))
        found[i] = *at, None
    for i in sorted(waiting, key=lambda i: shapes[i].area):
        short = texts[i][1]
        if short is None:
            continue
        at = _short_form(short, shapes[i], middles[i], size, used, width, height)
        if at is not None:
            used.append(box_of(short, at[0], at[1], size, bold=True))
            if at[2] is not None:
                used += line_boxes(*at[2], used[-1])
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
    places, others = inner_places(shape, middle, size * 2.0), _boxes(taken)
    for share in (WHOLE, own):
        for form in forms_of(full):
            for k in free_places(form, places, size, others, width, height, bold=True):
                x, y = places[k].tolist()
                box = box_of(form, x, y, size, bold=True)
                if _mostly_in(box, shape, share) and (within is None or _mostly_in(box, within, WHOLE)):
                    return form, x, y
    return None


def _short_form(
    text: str,
    shape: BaseGeometry,
    middle: np.ndarray,
    size: float,
    used: Sequence[Box],
    width: float,
    height: float,
) -> tuple[float, float, Point | None] | None:
    """Return the place of a short form and where a line leads from it: in its area, else at the end of a line that runs over nothing written if there is any."""
    places, taken = inner_places(shape, middle, size), _boxes(used)
    for k in free_places(text, places, size, taken, width, height, bold=True):
        x, y = places[k].tolist()
        return x, y, None
    # a line ends where its area is seen; each so many places are enough to find one
    seen = places[~_lie_in(places, taken)][:: max(1, len(places) // ENDS)]
    crossing: tuple[float, float, Point | None] | None = None
    for x, y in (seen if len(seen) else places[:1]).tolist():
        ends = np.array([x, y]) + _rings()
        for k in free_places(text, ends, size, taken, width, height, bold=True):
            a, b = ends[k].tolist()
            if not _crosses(x, y, a, b, taken):
                return a, b, (x, y)
            crossing = crossing or (a, b, (x, y))
    return crossing


def _lie_in(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return which points, (m, 2), are under what is written or drawn, (n, 4) boxes."""
    x, y = points[:, :1], points[:, 1:]
    left, top, right, bottom = (boxes[:, k] for k in range(4))
    across = (left - GAP <= x) & (x <= right + GAP)
    return np.asarray((across & (top - GAP <= y) & (y <= bottom + GAP)).any(axis=1))


def _crosses(x: float, y: float, to_x: float, to_y: float, taken: np.ndarray) -> bool:
    """Return whether a leader line would run over what is written, (n, 4) boxes; what its place itself lies in is left aside."""
    west, north, east, south = min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)
    left, top, right, bottom = (taken[:, k] for k in range(4))
    near = (left <= east) & (right >= west) & (top <= south) & (bottom >= north)
    near &= ~((left <= x) & (x <= right) & (top <= y) & (y <= bottom))
    if not near.any():
        return False
    line = shapely.LineString([(x, y), (to_x, to_y)])
    boxes: np.ndarray = shapely.box(left[near], top[near], right[near], bottom[near])
    return bool(shapely.intersects(line, boxes).any())


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
    others: Sequence[Point] = (),
    lines: bool = True,
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
    others
        Middles of symbols whose names are written elsewhere, mm: no name is nearer to them than to its own.
    lines
        Whether a name may stand at the end of a line.

    Returns
    -------
    list
        The text of each (it may be broken into two lines), its place, and whether a line leads there; None where there is no room.
    """
    room = _Room(
        list(taken),
        width,
        height,
        [*points, *others],
        shapely.MultiLineString() if borders is None else borders,
        frames,
        leads=lines,
    )
    shapely.prepare(room.borders)
    found: list[tuple[str, float, float, bool] | None] = []
    for point, text in zip(points, texts, strict=True):
        forms = [text] if borders is None and home is None else forms_of(text)
        grounds = [home, None] if home is not None and shapely.contains_xy(home, *point) else [None]
        at = next((a for h in grounds if (a := _kept_apart(forms, point, size, reach, room, h)) is not None), None)
        # a name whose line would run over another is left to the list below the map
        at = at or next((a for f in forms if (a := _beside(f, point, size, reach, room, over=True)) is not None), None)
        at = at or next((a for f in forms if (a := _away(f, point, size, room, over=True)) is not None), None)
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
    leads: bool = True

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
    half, tall = right + reach + 0.4, bottom + reach + GAP + 0.05
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
    if not room.leads:
        return None
    written = _boxes([b for b in room.used if b not in room.frames])
    ends = np.array(point) + _rings()
    if not over:
        long = np.hypot(*(ends - point).T) > SHORT_LINE
        ends = ends[: int(long.argmax()) if long.any() else len(ends)]
    for k in free_places(text, ends, size, _boxes(room.used), room.width, room.height):
        x, y = ends[k].tolist()
        if _crosses(*point, x, y, written):
            continue
        box = box_of(text, x, y, size)
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
