"""What stands around a map on paper: the legend as one picture, the grid with its numbers, the coordinate system in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from pyproj import CRS

from beatplanner.data.formats.frames import code_of

FONT, DARK = "DejaVu Sans", "#1a1a1a"
ROW, SIZE, SIGN = 4.6, 2.5, 9.0
# Lines of the grid that a map has at least on its longer side.
LEAST_LINES = 4


def legend(signs: Sequence[tuple[str, str]], width: float) -> tuple[str, float]:
    """Return a legend as one SVG, and its height in mm.

    Parameters
    ----------
    signs
        SVG of a sign of 9 × 5 mm, and what it means.
    width
        Of the map, mm; the signs go on in the next row where there is no room.
    """
    parts: list[str] = []
    x, y = 0.0, 0.0
    for sign, text in signs:
        needed = SIGN + 1.2 + 0.6 * SIZE * len(text) + 4.0
        if x and x + needed > width:
            x, y = 0.0, y + ROW
        parts.append(f'<g transform="translate({x:.2f} {y:.2f}) scale(0.92)">{sign}</g>')
        parts.append(
            f'<text x="{x + SIGN + 1.0:.2f}" y="{y + 3.2:.2f}" font-size="{SIZE}" font-family="{FONT}" fill="{DARK}">{escape(text)}</text>'
        )
        x += needed
    height = y + ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>',
        height,
    )


def grid_step(metres: float) -> float:
    """Return the round distance between lines of a grid over so many metres."""
    rough = max(metres / LEAST_LINES, 1e-9)
    power = 10.0 ** math.floor(math.log10(rough))
    return max(s * power for s in (1.0, 2.0, 5.0) if s * power <= rough)


@dataclass(frozen=True)
class GridNumber:
    """A number at a line of the grid: its text, its SVG and its box (mm)."""

    text: str
    drawn: tuple[str, str]
    box: tuple[float, float, float, float]


def _number(text: str, x: float, y: float, box: tuple[float, float, float, float], middle: bool) -> GridNumber:
    """Return a number of the grid on a light ground, so that a border under it leaves it readable; it is written once, as it is read."""
    anchor, wide = ("middle" if middle else "start"), 1.25 * len(text)
    left = x - wide / 2 if middle else x - 0.1
    ground = f'<rect x="{left:.2f}" y="{y - 1.6:.2f}" width="{wide:.2f}" height="1.9" fill="#fff" fill-opacity="0.75"/>'
    said = f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" font-size="1.9" font-family="{FONT}" fill="#333">{text}</text>'
    return GridNumber(text, (ground, said), box)


def grid(
    west: float, north: float, per_mm: float, width: float, height: float
) -> tuple[list[str], list[GridNumber], float]:
    """Return a grid's short lines at the frame as SVG, the numbers that stand at them, and the step in metres.

    Parameters
    ----------
    west, north
        The frame's corner, metres of the planning CRS.
    per_mm
        Metres of one millimetre.
    width, height
        Of the frame, mm.
    """
    step = grid_step(max(width, height) * per_mm)
    # kilometres, or metres where lines lie closer: whole numbers read alike in each language
    unit = 1000 if step >= 1000 else 1
    parts: list[str] = []
    numbers: list[GridNumber] = []

    def lines(first: float, length: float) -> list[float]:
        start = math.ceil(first / step)
        return [step * k for k in range(start, start + int(length / step) + 1) if first <= step * k <= first + length]

    for east in lines(west, width * per_mm):
        x, text = (east - west) / per_mm, f"{east / unit:.0f}"
        if not 8 < x < width - 8:
            continue
        parts.append(f'<path d="M{x:.2f} 0v2M{x:.2f} {height:g}v-2" stroke="{DARK}" stroke-width="0.2"/>')
        box = (x - 0.65 * len(text), height - 4.4, x + 0.65 * len(text), height)
        numbers.append(_number(text, x, height - 2.6, box, middle=True))
    for up in lines(north - height * per_mm, height * per_mm):
        y, text = (north - up) / per_mm, f"{up / unit:.0f}"
        if not 8 < y < height - 8:
            continue
        parts.append(f'<path d="M0 {y:.2f}h2M{width:g} {y:.2f}h-2" stroke="{DARK}" stroke-width="0.2"/>')
        numbers.append(_number(text, 2.6, y + 0.7, (0.0, y - 1.2, 2.8 + 1.3 * len(text), y + 1.2), middle=False))
    return parts, numbers, step


def system_names(crs: CRS | None) -> tuple[str, str]:
    """Return the name of a coordinate system with its code, and of its datum; empty where there is none."""
    if crs is None:
        return "", ""
    code = code_of(crs)
    name = f"{crs.name} ({code})" if code else crs.name
    # PROJ calls a datum of several realizations an “ensemble”, which is no part of its name
    return name, crs.datum.name.removesuffix(" ensemble") if crs.datum is not None else ""
