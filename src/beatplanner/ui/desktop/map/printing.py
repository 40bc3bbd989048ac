"""The map on paper: a page of a given size at a given scale, with title, legend, scale bar, north arrow and date, as PDF or PNG.

The scale is exact: a metre on the ground takes 1 / scale metres on the page, whatever the resolution. Points of incidents and their density never
go on a page.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import amount_text
from beatplanner.data.output_place import cannot_write, clear_stopped, place_to_write, swap_in, why_not_written
from beatplanner.ui.desktop.map.cartography import fill_of_beat, steps
from beatplanner.ui.desktop.map.legend import (
    attribution,
    draw_attribution,
    draw_key,
    draw_north,
    draw_scale_bar,
    legend_lines,
)
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import LayerStack
from beatplanner.ui.desktop.map.view import INK, View
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.in_language import translated

# ISO 216, millimetres, upright.
PAPER = {"A4": (210, 297), "A3": (297, 420), "A2": (420, 594), "A1": (594, 841), "A0": (841, 1189)}
# Scales that a planner's ruler knows.
SCALES = (
    1_000,
    2_500,
    5_000,
    7_500,
    10_000,
    15_000,
    20_000,
    25_000,
    50_000,
    75_000,
    100_000,
    150_000,
    200_000,
    250_000,
    300_000,
    400_000,
    500_000,
    750_000,
    1_000_000,
)
MARGIN, HEAD, FOOT, SIDE = 10.0, 14.0, 9.0, 58.0  # millimetres
# Of a paper larger than A4 what stands beside the map is wider by this share of what the paper is.
WIDER = 0.5
# Of the height beside the map the run card takes so much at most, and where the list of beats has no room beside it.
CARD, SMALL_CARD = 0.5, 0.3
# Millimetres of the sign of a beat in a list of one column and of two.
SIGNS = {1: 8.0, 2: 4.5}
# How a list of beats is written where it has no room: smaller, then in two columns; letters stay above 2 mm, which is 5.7 points.
LISTS = ((1.0, 1), (0.85, 1), (0.75, 1), (0.85, 2), (0.7, 2))
# A pixel of a screen in millimetres, which lines and letters are drawn by.
DOT = 25.4 / 110
PNG_PIXELS = 100_000_000  # 400 MB of memory; larger papers get a coarser picture


@dataclass(frozen=True)
class PrintedPage:
    """What is printed.

    Attributes
    ----------
    title
        Above the map.
    paper
        A key of `PAPER`.
    landscape
        Whether the longer side lies across.
    scale
        The 10,000 of 1 : 10,000; None for the largest scale of `SCALES` at which the whole town fits.
    centre
        Middle of the map, metres; None for the middle of the town.
    note
        Below the map, such as where the data comes from.
    date
        Of the page.
    card
        Lines of the run card, each what it is about and what it says; they stand below the legend.
    """

    title: str
    paper: str = "A4"
    landscape: bool = True
    scale: float | None = None
    centre: tuple[float, float] | None = None
    note: str = ""
    date: dt.date | None = None
    card: tuple[tuple[str, str], ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, millimetres."""
        short, long = PAPER[self.paper]
        return (long, short) if self.landscape else (short, long)

    @property
    def side(self) -> float:
        """How wide what stands beside the map is, with the gap before it, millimetres; names are read whole on a large paper."""
        return SIDE * (1 + WIDER * (PAPER[self.paper][0] / PAPER["A4"][0] - 1))

    @property
    def frame(self) -> QRectF:
        """Where the map lies on the page, millimetres; the legend stands to the right of it."""
        width, height = self.size
        return QRectF(MARGIN, MARGIN + HEAD, width - 2 * MARGIN - self.side, height - 2 * MARGIN - HEAD - FOOT)

    def fitting_scale(self, bounds: tuple[float, float, float, float]) -> float:
        """Return the largest of the usual scales at which an area, metres, fits into the frame."""
        frame = self.frame
        needed = max((bounds[2] - bounds[0]) / frame.width(), (bounds[3] - bounds[1]) / frame.height()) * 1000 * 1.03
        return float(next((s for s in SCALES if s >= needed), math.ceil(needed / 100_000) * 100_000))


def draw_page(painter: QPainter, page: PrintedPage, content: MapContent, stack: LayerStack, dots_per_mm: float) -> None:
    """Draw a page; see `page_steps`."""
    for _ in page_steps(painter, page, content, stack, dots_per_mm):
        pass


def page_steps(
    painter: QPainter, page: PrintedPage, content: MapContent, stack: LayerStack, dots_per_mm: float
) -> Generator[None, None, None]:
    """Draw a page, pausing after each part; the painter's origin is the corner of the paper and its unit a dot.

    Parameters
    ----------
    painter
        Of a PDF or picture.
    page, content, stack
        What is printed.
    dots_per_mm
        Resolution.
    """
    mm = dots_per_mm
    width, height = (s * mm for s in page.size)
    frame = page.frame
    map_frame = QRectF(frame.x() * mm, frame.y() * mm, frame.width() * mm, frame.height() * mm)
    scale = page.scale or page.fitting_scale(content.bounds)
    west, south, east, north = content.bounds
    centre = page.centre or ((west + east) / 2, (south + north) / 2)
    dot = DOT * mm
    view = View(np.array(centre, float), 1000.0 / scale * mm, map_frame.width(), map_frame.height(), dot)
    painter.fillRect(QRectF(0, 0, width, height), QColor("white"))
    painter.save()
    try:
        painter.setClipRect(map_frame)
        painter.translate(map_frame.topLeft())
        yield from steps(painter, view, content, stack, public=True)
        draw_scale_bar(painter, view, 14 * dot, map_frame.height() - 14 * dot, min(map_frame.width() / 4, 60 * mm))
        draw_north(painter, view, map_frame.width() - 8 * dot, 10 * dot)
        owed = attribution(content, stack, view)
        if owed:
            draw_attribution(painter, view, owed, map_frame.width() - 4 * dot, map_frame.height() - 4 * dot)
    finally:
        # also where who asked for the page wants no more of it
        painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(INK), 0.3 * mm))
    painter.drawRect(map_frame)
    _write(
        painter, QRectF(MARGIN * mm, MARGIN * mm, width - 2 * MARGIN * mm, HEAD * mm), page.title, 6.2 * mm, bold=True
    )
    _draw_legend(painter, page, content, stack, map_frame, view, mm)
    foot = QRectF(MARGIN * mm, height - (MARGIN + FOOT - 2) * mm, width - 2 * MARGIN * mm, (FOOT - 2) * mm)
    date = page.date or dt.date.today()
    parts = [f"1 : {number(scale)}", f"{page.paper}", f"{date:%d.%m.%Y}", page.note, "beatplanner"]
    _write(painter, foot, "   ·   ".join(p for p in parts if p), 2.7 * mm)


def _font(painter: QPainter, size: float, *, bold: bool = False) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(max(1, round(size)))
    font.setBold(bold)
    return font


def _lines(text: str, font: QFont, painter: QPainter, wide: float) -> list[str]:
    """Return a text as lines of words that are no wider; paper has no tool tip that says the rest of it."""
    metrics, found = QFontMetricsF(font, painter.device()), [""]
    for word in text.split(" "):
        longer = f"{found[-1]} {word}" if found[-1] else word
        if found[-1] and metrics.horizontalAdvance(longer) > wide:
            found.append(word)
        else:
            found[-1] = longer
    return found


def _write(painter: QPainter, box: QRectF, text: str, size: float, *, bold: bool = False) -> None:
    """Write a line, shortened where it does not fit."""
    font = _font(painter, size, bold=bold)
    painter.setFont(font)
    painter.setPen(QColor(INK))
    shown = QFontMetricsF(font, painter.device()).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_legend(
    painter: QPainter,
    page: PrintedPage,
    content: MapContent,
    stack: LayerStack,
    frame: QRectF,
    view: View,
    mm: float,
) -> None:
    left, top = frame.right() + 4 * mm, frame.top()
    wide, line = (page.side - 4) * mm, 5.2 * mm
    frame = QRectF(frame)
    keys = legend_lines(content, stack, public=True)
    beats = sum(s is not None for s in content.shapes) if stack["Beats"].visible else 0
    # the list of beats is worth more than a clash told at length: the plan's own run card has that
    rows = (frame.height() * (1 - CARD) - (len(keys) + 3) * line) / line
    share = CARD if beats <= _room(*LISTS[-1], rows) else SMALL_CARD
    frame.setBottom(_draw_card(painter, page.card, frame, left, wide, mm, share))
    _write(painter, QRectF(left, top, wide, line), translated("Legend"), 3.6 * mm, bold=True)
    top += 6.5 * mm
    for key in keys:
        if top + line > frame.bottom():
            break
        if key.kind == "title":
            _write(painter, QRectF(left, top, wide, line), translated(key.text), 3.0 * mm, bold=True)
        else:
            draw_key(painter, key, QRectF(left, top + 0.9 * mm, 8 * mm, line - 1.8 * mm), view)
            _write(painter, QRectF(left + 10 * mm, top, wide - 10 * mm, line), translated(key.text), 3.0 * mm)
        top += line
    if stack["Beats"].visible and top + 3 * line < frame.bottom():
        top += 0.5 * line
        _write(painter, QRectF(left, top, wide, line), translated("Beats"), 3.4 * mm, bold=True)
        top += line * 1.1
        _list_beats(painter, content, stack, QRectF(left, top, wide, frame.bottom() - top), line, mm, view.dot)


def _list_beats(
    painter: QPainter, content: MapContent, stack: LayerStack, box: QRectF, line: float, mm: float, dot: float
) -> None:
    """List the beats; those of one colour stand below each other, so that no colour is in the legend twice."""
    used = [k for k in range(len(content.ids)) if content.shapes[k] is not None]
    fills: dict[tuple[str, object], list[int]] = {}
    for k in used:
        brush = fill_of_beat(content, k, stack.patterns, dot)
        fills.setdefault((brush.color().name(), brush.style()), []).append(k)
    size, columns = _room_of_list(len(used), box.height() / line)
    line, mm, wide = line * size, mm * size, box.width() / columns
    rows = max(1, int(box.height() / line + 1e-9))
    places = [(k, k == numbers[0]) for numbers in fills.values() for k in numbers]
    for n, (k, first) in enumerate(places[: rows * columns]):
        column, row = divmod(n, rows)
        cell = QRectF(box.left() + column * wide, box.top() + row * line, wide - (mm if columns > 1 else 0), line)
        sign = SIGNS[columns] * mm
        if n == rows * columns - 1 and n < len(used) - 1:
            _write(painter, cell, translated("and {0} more").format(number(len(used) - n)), 2.8 * mm)
            return
        if first or row == 0:
            # a colour that goes on in the next column is shown at its head again
            painter.setPen(QPen(QColor("#666666"), 0.2 * mm))
            painter.setBrush(fill_of_beat(content, k, stack.patterns, dot))
            painter.drawRect(QRectF(cell.left(), cell.top() + 0.9 * mm, sign, line - 1.8 * mm))
        name = content.beat_name(k)
        text = name if content.has_no_name(k) else f"{content.ids[k]}  {name}"
        _write(painter, cell.adjusted(sign + 2 * mm, 0, 0, 0), text, 3.0 * mm)


def _room_of_list(count: int, rows: float) -> tuple[float, int]:
    """Return the size of the lines of a list, 1 for the usual, and its columns: the first of `LISTS` that has room for all; else the last.

    Parameters
    ----------
    count
        Lines of the list.
    rows
        How many lines of the usual size stand below each other.
    """
    return next(((size, columns) for size, columns in LISTS if count <= _room(size, columns, rows)), LISTS[-1])


def _room(size: float, columns: int, rows: float) -> int:
    """Return how many lines a list of some size and columns has where so many of the usual size stand below each other."""
    return int(rows / size + 1e-9) * columns


def _draw_card(
    painter: QPainter,
    card: tuple[tuple[str, str], ...],
    frame: QRectF,
    left: float,
    wide: float,
    mm: float,
    share: float = CARD,
) -> float:
    """Write the run card at the bottom of the side, over at most a share of its height; return where it begins."""
    if not card:
        return frame.bottom()
    line = 3.1 * mm
    most = max(1, int(share * frame.height() / line) - 1)
    font = _font(painter, 2.0 * mm)
    written = [_lines(f"{what}: {says}", font, painter, wide) for what, says in card]
    shown: list[str] = []
    left_out = len(card)
    for k, lines in enumerate(written):
        # what does not fit leaves two lines that say so
        if len(shown) + len(lines) > most - 2 * (k < len(written) - 1):
            break
        shown += lines
        left_out -= 1
    if left_out:
        more = f"{translated('and {0} more').format(left_out)}: {translated('in the run card of the plan')}"
        shown += _lines(more, font, painter, wide)
    top = frame.bottom() - (len(shown) + 1) * line
    _write(painter, QRectF(left, top, wide, line), translated("Run card"), 2.4 * mm, bold=True)
    for k, text in enumerate(shown, 1):
        _write(painter, QRectF(left, top + k * line, wide, line), text, 2.0 * mm)
    return top - line


def write_page(
    path: Path,
    page: PrintedPage,
    content: MapContent,
    stack: LayerStack,
    dpi: int = 300,
    pause: Callable[[], None] = lambda: None,
) -> None:
    """Write a page as PDF or PNG, by the file's ending; beside first, then swapped in.

    Parameters
    ----------
    path
        The file.
    page, content, stack
        What is printed.
    dpi
        Of a PNG.
    pause
        Called after each part; an error that it raises ends the page, and nothing is left of it.

    Raises
    ------
    InputError
        Where the ending is another, the paper is unknown, or the file cannot be written.
    """
    path = place_to_write(path)
    if page.paper not in PAPER:
        raise InputError(problem(f"“{page.paper}” is no paper", f"Give one of {', '.join(PAPER)}", field="paper"))
    if page.scale is not None and not 10 <= page.scale <= 1e8:
        raise InputError(
            problem(
                f"1 : {amount_text(page.scale, 6)} is no scale of a map", "Give a number such as 10000", field="scale"
            )
        )
    kind = path.suffix.lower()
    if kind not in (".pdf", ".png"):
        raise InputError(problem(f"“{path.suffix}” is no format of a page", "Give .pdf or .png", file=path))
    draw = (
        (lambda part: _pdf(part, page, content, stack, pause))
        if kind == ".pdf"
        else (lambda part: _png(part, page, content, stack, dpi, pause))
    )
    if not written_beside(path, draw):
        no_place = why_not_written(path)
        raise InputError(no_place or problem("the page cannot be written", "Give another place", file=path))


def written_beside(path: Path, draw: Callable[[Path], bool]) -> bool:
    """Let a file be written beside its place and swap it in; return whether it was written. Nothing is left of one that fails or is stopped.

    Raises
    ------
    InputError
        As `swap_in` does, and where nothing can be written beside the place: Qt says of a file only that it was not written, not why.
    """
    clear_stopped(path)
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        raise InputError(cannot_write(error, path)) from None
    try:
        made = draw(part) and part.exists()
        if made:
            swap_in(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return made


def _pdf(part: Path, page: PrintedPage, content: MapContent, stack: LayerStack, pause: Callable[[], None]) -> bool:
    writer = QPdfWriter(str(part))
    writer.setResolution(600)
    writer.setTitle(page.title)
    writer.setCreator("beatplanner")
    size = QPageSize(QSizeF(*page.size), QPageSize.Unit.Millimeter, "", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)))
    painter = QPainter()
    if not painter.begin(writer):
        return False
    try:
        with closing(page_steps(painter, page, content, stack, 600 / 25.4)) as drawn:
            for _ in drawn:
                pause()
    finally:
        done = painter.end()
    return done


def _png(
    part: Path, page: PrintedPage, content: MapContent, stack: LayerStack, dpi: int, pause: Callable[[], None]
) -> bool:
    width, height = page.size
    dpi = min(dpi, int(math.sqrt(PNG_PIXELS / (width * height)) * 25.4))
    mm = dpi / 25.4
    image = QImage(round(width * mm), round(height * mm), QImage.Format.Format_RGB32)
    if image.isNull():
        return False
    image.setDotsPerMeterX(round(mm * 1000))
    image.setDotsPerMeterY(round(mm * 1000))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    try:
        with closing(page_steps(painter, page, content, stack, mm)) as drawn:
            for _ in drawn:
                pause()
    finally:
        painter.end()
    return image.save(str(part))
