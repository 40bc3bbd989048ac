"""Points on the map: incidents as dots or as a density, stations and sites as marks."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from beatplanner.ui.desktop.map.view import View


def _pixels(view: View, points: np.ndarray | None, cell: float) -> tuple[np.ndarray, int, int]:
    """Return the cell of each point that is seen, and the size of the grid."""
    width, height = max(1, int(np.ceil(view.width / cell))), max(1, int(np.ceil(view.height / cell)))
    if points is None or not len(points):
        return np.array([], int), width, height
    left, top = view.offset
    x = np.floor((points[:, 0] * view.scale + left) / cell).astype(np.int64)
    y = np.floor((top - points[:, 1] * view.scale) / cell).astype(np.int64)
    seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return y[seen] * width + x[seen], width, height


def draw_dots(painter: QPainter, view: View, points: np.ndarray | None) -> None:
    """Draw points as dots, the darker the more lie on each other; counted in a grid, since there may be hundreds of thousands."""
    cell = max(1.0, view.dot)
    at, width, height = _pixels(view, points, cell)
    count = np.bincount(at, minlength=width * height).reshape(height, width)
    dots = count.copy()
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        dots += np.roll(count, (dy, dx), (0, 1))
    alpha = (255 * (1 - 0.55 ** np.minimum(dots, 12))).astype(np.uint32)
    red, green, blue = (alpha * c // 255 for c in (150, 20, 90))
    _picture(painter, view, (alpha << 24) | (red << 16) | (green << 8) | blue)


def draw_density(painter: QPainter, view: View, points: np.ndarray | None) -> None:
    """Draw how close points lie together: counted in cells of some pixels and smoothed, from nothing over orange to dark red."""
    cell = 6.0 * view.dot
    at, width, height = _pixels(view, points, cell)
    if not len(at):
        return
    count = np.bincount(at, minlength=width * height).reshape(height, width).astype(np.float32)
    smooth = _smoothed(count, 2.2)
    share = np.sqrt(np.clip(smooth / max(np.quantile(smooth[smooth > 0.01], 0.995), 1e-6), 0, 1))
    stops = np.array([0, 0.35, 0.7, 1.0])
    colours = np.array([[255, 237, 160], [253, 141, 60], [189, 0, 38], [90, 0, 30]], float)
    alpha = np.clip(share * 1.6, 0, 1) * 230
    channel = [np.interp(share, stops, colours[:, c]) * alpha / 255 for c in range(3)]
    red, green, blue = (c.astype(np.uint32) for c in channel)
    _picture(painter, view, (alpha.astype(np.uint32) << 24) | (red << 16) | (green << 8) | blue, smooth=True)


def _smoothed(grid: np.ndarray, width: float) -> np.ndarray:
    """Return a grid smoothed by a bell of this width in cells, first along the rows and then along the columns."""
    reach = int(np.ceil(3 * width))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    for axis in (0, 1):
        padded = np.pad(grid, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)])
        parts = (np.take(padded, np.arange(k, k + grid.shape[axis]), axis) * w for k, w in enumerate(bell / bell.sum()))
        grid = sum(parts, np.zeros_like(grid))
    return grid


def _picture(painter: QPainter, view: View, pixels: np.ndarray, *, smooth: bool = False) -> None:
    pixels = np.ascontiguousarray(pixels, dtype=np.uint32)
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    cell = view.width / width if not smooth else 6.0 * view.dot
    size = QRectF(
        0,
        0,
        width * (max(1.0, view.dot) if not smooth else cell),
        height * (max(1.0, view.dot) if not smooth else cell),
    )
    painter.drawImage(size, image)


def draw_marks(painter: QPainter, view: View, points: np.ndarray | None, *, square: bool, taken: list[QRectF]) -> None:
    """Draw stations as squares, which names keep clear of, or sites as dots."""
    if points is None or not len(points):
        return
    size = (6.0 if square else 3.5) * view.dot
    painter.setPen(QPen(QColor("white"), 1.4 * view.dot))
    painter.setBrush(QColor("#08306b" if square else "#5a5a5a"))
    west, south, east, north = view.window
    seen = (points[:, 0] > west) & (points[:, 0] < east) & (points[:, 1] > south) & (points[:, 1] < north)
    for x, y in points[seen]:
        at = view.pixel(x, y)
        box = QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size)
        if square:
            painter.drawRect(box)
            taken.append(box)
        else:
            painter.drawEllipse(box)
