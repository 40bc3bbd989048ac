"""The background map under the beats: pictures of an MBTiles file that the user has, laid where they belong in the planning CRS.

A tile is a square in Web Mercator; in the planning CRS it is a quadrangle with nearly straight sides, so that it is drawn by its four corners. The
error within a tile that is as small as it is seen is far below a pixel.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter, QPolygonF, QTransform

from beatplanner.data.errors import InputError
from beatplanner.data.formats.tiles import HALF_WORLD, TileFile, format_of, open_tiles

# Pixels a side of a tile as it is seen at its own zoom, pixels a side that a picture may have, tiles in one picture, and tiles kept in memory.
TILE, MOST_PIXELS, MOST_TILES, KEPT = 256, 1024, 400, 300
# Pixels of the whole town below which a map has too little of it to be seen, and tiles a side that are looked at for that.
LEAST_SEEN, LOOKED_AT = 16, 4
NothingSeen = Literal["elsewhere", "coarse", "large"]
# What a light map keeps of its light on dark paper, and the lightness (of 255) from which a map is light.
DIMMED, LIGHT = 0.4, 110


class BackgroundMap:
    """A background map over a town.

    Attributes
    ----------
    file
        The map's file.
    broken
        Why it is drawn no more; "" while it is.
    """

    def __init__(self, path: Path) -> None:
        self.file: TileFile = open_tiles(path)
        self.broken = ""
        self._pictures: OrderedDict[tuple[int, int, int], QImage | None] = OrderedDict()
        self._light: bool | None = None
        self._crs: CRS | None = None
        self._to: Transformer | None = None
        self._from: Transformer | None = None

    def use_crs(self, crs: object) -> None:
        """Lay it out in a planning CRS; it is not drawn where there is none."""
        if crs is None:
            self._to = self._from = None
        elif crs != self._crs:
            self._to = Transformer.from_crs(crs, 3857, always_xy=True)
            self._from = Transformer.from_crs(3857, crs, always_xy=True)
        self._crs = None if crs is None else CRS.from_user_input(crs)

    def covers(self, box: tuple[float, float, float, float]) -> bool:
        """Tell whether it shows anything of an area: west, south, east, north, metres of the planning CRS."""
        seen = self._mercator(box)
        if seen is None:
            return False
        west, south, east, north = self.file.box
        return seen[0] < east and seen[2] > west and seen[1] < north and seen[3] > south

    def shows_nothing_because(self, box: tuple[float, float, float, float]) -> NothingSeen | None:
        """Tell why nothing of it would be seen in an area: west, south, east, north, metres of the planning CRS; None where something is.

        Raises
        ------
        InputError
            Where the file is damaged.
        """
        seen = self._mercator(box)
        if seen is None or not self.covers(box):
            return "elsewhere"
        side = 2 * HALF_WORLD / (1 << self.file.most)
        if max(seen[2] - seen[0], seen[3] - seen[1]) < LEAST_SEEN * side / TILE:
            return "coarse"
        inside = (
            max(seen[0], self.file.box[0]),
            max(seen[1], self.file.box[1]),
            min(seen[2], self.file.box[2]),
            min(seen[3], self.file.box[3]),
        )
        columns, rows = self._tiles(self.file.most, inside)
        there = False
        for row in _spread(rows):
            for column in _spread(columns):
                if self.picture(self.file.most, column, row) is not None:
                    return None
                there = there or self.file.picture(self.file.most, column, row) is not None
        if there:
            return "large"
        # a file that does not say what it covers has nothing where none of the tiles is there
        return "elsewhere" if max(len(rows), len(columns)) <= LOOKED_AT else None

    def _mercator(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
        if self._to is None:
            return None
        try:
            found = np.array(self._to.transform_bounds(*box), float)
        except ProjError:
            # far from the town there may be no such place
            return None
        return (found[0], found[1], found[2], found[3]) if np.isfinite(found).all() else None

    def zoom_of(self, metres_a_pixel: float) -> int:
        """Return the zoom at which a pixel of a tile is nearest to a pixel that is seen, within those of the file."""
        zoom = round(math.log2(max(2 * HALF_WORLD / TILE / max(metres_a_pixel, 1e-9), 1.0)))
        return max(self.file.least, min(self.file.most, zoom))

    def draw(
        self,
        painter: QPainter,
        scale: float,
        offset: tuple[float, float],
        window: tuple[float, float, float, float],
        dot: float,
        *,
        dark: bool = False,
    ) -> Iterator[None]:
        """Draw the tiles of what is seen, pausing after each; `scale` is pixels a metre, `offset` the pixel of the origin.

        On dark paper a light map is dimmed, so that it does not outshine what lies over it.
        """
        seen = self._mercator(window)
        if seen is None or self._from is None or self.broken:
            return
        west, south, east, north = (
            max(seen[0], self.file.box[0]),
            max(seen[1], self.file.box[1]),
            min(seen[2], self.file.box[2]),
            min(seen[3], self.file.box[3]),
        )
        if west >= east or south >= north:
            return
        # metres of Web Mercator grow towards the poles; what counts is how many of them a pixel has here
        stretch = (seen[2] - seen[0]) / max(window[2] - window[0], 1e-9)
        zoom = self.zoom_of(dot * stretch / scale)
        columns, rows = self._tiles(zoom, (west, south, east, north))
        while len(columns) * len(rows) > MOST_TILES and zoom > self.file.least:
            zoom -= 1
            columns, rows = self._tiles(zoom, (west, south, east, north))
        if len(columns) * len(rows) > MOST_TILES:
            # from so far away the file has nothing to show
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for row in rows:
            for column in columns:
                try:
                    picture = self.picture(zoom, column, row)
                except InputError as error:
                    self.broken = str(error)
                    return
                if picture is not None:
                    dim = DIMMED if dark and self._is_light(picture) else 1.0
                    _lay(painter, picture, self._corners(zoom, column, row, scale, offset), dim)
                    yield

    def _tiles(self, zoom: int, box: tuple[float, float, float, float]) -> tuple[range, range]:
        """Return the columns and rows that an area meets; Web Mercator, rows from the north."""
        side, last = 2 * HALF_WORLD / (1 << zoom), (1 << zoom) - 1

        def at(metres: float) -> int:
            return max(0, min(last, math.floor(metres / side)))

        return (
            range(at(box[0] + HALF_WORLD), at(box[2] + HALF_WORLD) + 1),
            range(at(HALF_WORLD - box[3]), at(HALF_WORLD - box[1]) + 1),
        )

    def _corners(self, zoom: int, column: int, row: int, scale: float, offset: tuple[float, float]) -> QPolygonF:
        """Return where the corners of a tile are seen, from the north-west on clockwise."""
        side = 2 * HALF_WORLD / (1 << zoom)
        left, top = column * side - HALF_WORLD, HALF_WORLD - row * side
        assert self._from is not None
        x, y = self._from.transform([left, left + side, left + side, left], [top, top, top - side, top - side])
        return QPolygonF([QPointF(offset[0] + a * scale, offset[1] - b * scale) for a, b in zip(x, y, strict=True)])

    def _is_light(self, picture: QImage) -> bool:
        """Tell whether the map is one of light colours, by the first of its pictures that is drawn."""
        if self._light is None:
            mean = picture.scaled(1, 1, mode=Qt.TransformationMode.SmoothTransformation).pixelColor(0, 0)
            self._light = mean.lightness() >= LIGHT
        return self._light

    def picture(self, zoom: int, column: int, row: int) -> QImage | None:
        """Return the picture of a tile; None where there is none, or what is there is no picture of a fair size."""
        key = (zoom, column, row)
        if key in self._pictures:
            self._pictures.move_to_end(key)
            return self._pictures[key]
        content = self.file.picture(*key)
        found = None if content is None else decoded(content)
        self._pictures[key] = found
        if len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)
        return found


def _spread(numbers: range) -> range:
    """Return a few of some numbers in a row, from the first on."""
    return numbers[:: max(1, len(numbers) // LOOKED_AT)]


def decoded(content: bytes) -> QImage | None:
    """Return the picture in some bytes of PNG, JPEG or WebP; None where they are none, or it is larger than a tile can be."""
    kind = format_of(content)
    if not kind:
        return None
    held = QByteArray(content)
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    # the reader of this very format and no other looks at the bytes of a stranger
    reader = QImageReader(buffer, QByteArray(kind.encode()))
    reader.setAutoDetectImageFormat(False)
    size: QSize = reader.size()
    if not size.isValid() or not 0 < max(size.width(), size.height()) <= MOST_PIXELS:
        return None
    image = reader.read()
    return None if image.isNull() else image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _lay(painter: QPainter, picture: QImage, corners: QPolygonF, dim: float = 1.0) -> None:
    """Draw a picture into a quadrangle, a little larger, so that no seam is seen between neighbours; of its colours a share `dim` is seen."""
    middle = corners.boundingRect().center()
    grown = QPolygonF([p + _towards(middle, p, 0.5) for p in corners.toList()])
    flat = QPolygonF(QRectF(0, 0, picture.width(), picture.height()))
    flat.removeLast()
    turn = QTransform()
    if QTransform.quadToQuad(flat, grown, turn):
        painter.save()
        painter.setOpacity(dim * painter.opacity())
        painter.setTransform(turn, combine=True)
        painter.drawImage(QPointF(0, 0), picture)
        painter.restore()


def _towards(middle: QPointF, corner: QPointF, pixels: float) -> QPointF:
    away = corner - middle
    return QPointF(math.copysign(pixels, away.x()), math.copysign(pixels, away.y()))
