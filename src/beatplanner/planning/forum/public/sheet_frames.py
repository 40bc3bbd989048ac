"""How tall the map on the sheet of each beat is: as tall as what is said below it leaves room for, so that no sheet ends half-way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from beatplanner.data.publish.public.map_labels import text_width
from beatplanner.planning.forum.public.beat_page import beat_page
from beatplanner.planning.forum.public.blocks import Block
from beatplanner.planning.forum.public.content import PackContent

Frame = tuple[float, float]
# The map on the sheet of a beat, mm, where there is much to say; where there is little it is taller, in steps, and at most so tall.
SHEET_FRAME: Frame = (182.0, 104.0)
STEP, TALLEST = 2.0, 178.0
# Below the lowest map there is room for so much text, mm, in columns of so much, in letters of so many points (as `pack.typ` sets them).
ROOM, COLUMN, LETTERS = 147.0, 87.5, 11.0
POINT = 25.4 / 72
# From a line to the next, between paragraphs, above and below a heading, all in sizes of their letters; a code's height, mm.
LINE, CAP, BETWEEN, ABOVE, BELOW, CODE = 1.23, 0.73, 0.6, 0.8, 0.4, 24.0


def sheet_frames(content: PackContent) -> dict[str, Frame]:
    """Return the frame of the map on the sheet of each beat."""
    picture = "code" if content.settings.map_url else None
    found: dict[str, Frame] = {}
    for beat in content.beats:
        (sides,) = beat_page(content, beat, picture)
        found[str(beat.beat)] = frame_above(height_of([*sides["left"], *sides["right"]]))
    return found


def frame_above(text: float) -> Frame:
    """Return the frame of a map above columns of so many millimetres."""
    spare = max(0.0, ROOM - text) // STEP * STEP
    return SHEET_FRAME[0], min(TALLEST, SHEET_FRAME[1] + spare)


def height_of(blocks: Sequence[Block]) -> float:
    """Return how tall blocks are in two columns, mm: what is under one heading stands together, and the columns are as alike as they can be."""
    parts: list[float] = []
    for block in blocks:
        if block["kind"] == "heading" or not parts:
            parts.append(0.0)
        parts[-1] += _tall(block)
    if not parts:
        return 0.0
    right = (sum(some) for n in range(len(parts)) for some in combinations(parts[1:], n))
    return min(max(tall, sum(parts) - tall) for tall in right)


def _tall(block: Block) -> float:
    """Return how tall a block is, mm, with what is between it and the next one."""
    kind, size = block["kind"], LETTERS * POINT
    if kind == "heading":
        return (_lines(block["text"], COLUMN, size + 1.5 * POINT, bold=True) + ABOVE + BELOW) * (size + 1.5 * POINT)
    if kind == "list":
        return (sum(_lines(item, COLUMN - size, size) + LINE - CAP for item in block["items"]) + BETWEEN) * size
    if kind == "officers":
        each = (_lines(", ".join(o["lines"]), COLUMN - 2.0, size) + LINE + BETWEEN for o in block["items"])
        return sum(each) * size
    if kind == "code":
        return max(CODE, _lines(block["text"], COLUMN - 27.0, size) * size) + BETWEEN * size
    if kind == "small":
        size = 8 * POINT
    return (_lines(block["text"], COLUMN, size) + BETWEEN) * size


def _lines(text: str, room: float, size: float, *, bold: bool = False) -> float:
    """Return how tall a paragraph is, in sizes of its letters: broken between words as it is set."""
    lines, used, gap = 1, 0.0, text_width(" ", bold)
    for word in text.split():
        wide = text_width(word, bold)
        if used and (used + gap + wide) * size > room:
            lines, used = lines + 1, wide
        else:
            used += wide + (gap if used else 0.0)
    return (lines - 1) * LINE + CAP
