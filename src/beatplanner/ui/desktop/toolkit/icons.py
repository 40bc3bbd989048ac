"""Pictures of actions and of the application, drawn from lines and areas in the colours of the theme; no files."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPen, QPixmap, QPolygonF

SIDE = 16.0
BLUE, GREEN, RED, ORANGE = "#2f6fb0", "#2e8b57", "#c0392b", "#d98200"
# Per picture: strokes of "l" line, "r" rectangle, "e" ellipse, "p" polygon; capital letters are filled. Numbers on a square of 16.
Stroke = tuple[str, str, tuple[float, ...]]
INK = ""
PICTURES: dict[str, tuple[Stroke, ...]] = {
    "new_from_layers": (("r", INK, (3, 2, 10, 12)), ("l", GREEN, (8, 5, 8, 11)), ("l", GREEN, (5, 8, 11, 8))),
    "choose_project": (("p", INK, (2, 5, 6, 5, 7.5, 7, 14, 7, 14, 13, 2, 13)),),
    "choose_result": (("p", INK, (2, 5, 6, 5, 7.5, 7, 14, 7, 14, 13, 2, 13)), ("L", GREEN, (5, 10, 7, 12, 11, 8))),
    "open_sample_town": (("r", INK, (2, 2, 12, 12)), ("l", BLUE, (2, 8, 14, 8)), ("l", BLUE, (8, 2, 8, 14))),
    "save_project": (("r", INK, (2, 2, 12, 12)), ("R", BLUE, (5, 2, 6, 4)), ("r", INK, (4.5, 8.5, 7, 5.5))),
    "save_project_as": (
        ("r", INK, (2, 2, 12, 12)),
        ("R", BLUE, (5, 2, 6, 4)),
        ("l", GREEN, (8, 9, 8, 14)),
        ("l", GREEN, (5.5, 11.5, 10.5, 11.5)),
    ),
    "run_plan": (("P", GREEN, (4, 2.5, 13.5, 8, 4, 13.5)),),
    "pause_plan": (("R", INK, (4, 3, 3, 10)), ("R", INK, (9, 3, 3, 10))),
    "finish_early": (("R", GREEN, (3, 3, 10, 10)),),
    "cancel_plan": (("R", RED, (3, 3, 10, 10)),),
    "verify_plan": (("l", GREEN, (3, 8.5, 6.5, 12.5)), ("l", GREEN, (6.5, 12.5, 13.5, 3.5))),
    "zoom_in": (
        ("e", INK, (2, 2, 9, 9)),
        ("l", INK, (10, 10, 14, 14)),
        ("l", INK, (6.5, 4.5, 6.5, 8.5)),
        ("l", INK, (4.5, 6.5, 8.5, 6.5)),
    ),
    "zoom_out": (("e", INK, (2, 2, 9, 9)), ("l", INK, (10, 10, 14, 14)), ("l", INK, (4.5, 6.5, 8.5, 6.5))),
    "zoom_all": (("r", INK, (2, 3, 12, 10)), ("P", BLUE, (5, 6, 11, 6, 10, 10, 6, 10))),
    "map_move": (
        ("l", INK, (8, 2, 8, 14)),
        ("l", INK, (2, 8, 14, 8)),
        ("P", INK, (8, 1, 10, 4, 6, 4)),
        ("P", INK, (8, 15, 10, 12, 6, 12)),
    ),
    "map_box": (("d", BLUE, (2.5, 3.5, 11, 9)),),
    "map_lasso": (("e", BLUE, (2, 3, 12, 8)), ("l", BLUE, (5, 10.5, 4, 14))),
    "map_measure": (("l", INK, (2, 12, 14, 4)), ("l", INK, (2, 9.5, 2, 14)), ("l", INK, (14, 2, 14, 6.5))),
    "draw_brush": (("l", INK, (13.5, 2, 7.5, 8.5)), ("P", ORANGE, (7.5, 8, 9, 9.5, 5.5, 13.5, 2.5, 14, 3.5, 11))),
    "draw_link": (("e", INK, (1.5, 9, 5, 5)), ("e", INK, (9.5, 2, 5, 5)), ("l", ORANGE, (5.5, 10, 10.5, 6))),
    "draw_barrier": (("l", BLUE, (2, 13, 7, 8)), ("l", BLUE, (7, 8, 9, 9)), ("l", BLUE, (9, 9, 14, 3))),
    "draw_lock": (("R", INK, (3.5, 7.5, 9, 6.5)), ("e", INK, (5.5, 2.5, 5, 8))),
    "draw_undo": (
        ("l", INK, (3, 6, 10, 6)),
        ("l", INK, (10, 6, 13, 9)),
        ("l", INK, (13, 9, 10, 12)),
        ("P", INK, (2, 6, 6, 3, 6, 9)),
    ),
    "draw_redo": (
        ("l", INK, (13, 6, 6, 6)),
        ("l", INK, (6, 6, 3, 9)),
        ("l", INK, (3, 9, 6, 12)),
        ("P", INK, (14, 6, 10, 3, 10, 9)),
    ),
    "draw_repair": (("l", INK, (3, 13, 9, 7)), ("e", INK, (8, 2, 6, 6)), ("P", INK, (10, 1, 14, 1, 12, 5))),
    "draw_keep": (("r", INK, (2, 2, 12, 12)), ("l", GREEN, (4.5, 8.5, 7, 11)), ("l", GREEN, (7, 11, 11.5, 5))),
    "export_picture": (
        ("r", INK, (2, 3, 12, 10)),
        ("P", GREEN, (3, 12, 7, 7, 9, 9.5, 11, 8, 13, 12)),
        ("E", ORANGE, (10, 4.5, 2.5, 2.5)),
    ),
    "print_map": (("r", INK, (4, 2, 8, 4)), ("r", INK, (2, 6, 12, 5)), ("r", INK, (4, 10, 8, 4))),
    "open_report": (
        ("r", INK, (3, 2, 10, 12)),
        ("l", INK, (5, 5.5, 11, 5.5)),
        ("l", INK, (5, 8, 11, 8)),
        ("l", INK, (5, 10.5, 9, 10.5)),
    ),
    "copy_table": (("r", INK, (2, 2, 9, 9)), ("r", INK, (5, 5, 9, 9))),
    "open_guide": (("p", INK, (2, 3, 8, 5, 14, 3, 14, 12, 8, 14, 2, 12)), ("l", INK, (8, 5, 8, 14))),
    "find_action": (("e", INK, (2, 2, 9, 9)), ("l", INK, (10, 10, 14, 14))),
    "open_settings": (
        ("l", INK, (2, 4, 14, 4)),
        ("l", INK, (2, 8, 14, 8)),
        ("l", INK, (2, 12, 14, 12)),
        ("E", BLUE, (9, 2.5, 3, 3)),
        ("E", BLUE, (4, 6.5, 3, 3)),
        ("E", BLUE, (8, 10.5, 3, 3)),
    ),
    "show_postings": (("R", BLUE, (2, 3, 7, 2.5)), ("R", GREEN, (5, 7, 8, 2.5)), ("R", ORANGE, (3, 11, 6, 2.5))),
    "show_stations": (("R", BLUE, (5, 7, 6, 6)), ("P", BLUE, (3.5, 7.5, 8, 2.5, 12.5, 7.5))),
    "show_results": (("R", BLUE, (2, 9, 3, 5)), ("R", GREEN, (6.5, 5, 3, 9)), ("R", ORANGE, (11, 7, 3, 7))),
    "change_rules": (
        ("r", INK, (2, 2, 12, 12)),
        ("l", INK, (5, 5.5, 11, 5.5)),
        ("l", INK, (5, 8.5, 11, 8.5)),
        ("E", ORANGE, (3.2, 10, 2.6, 2.6)),
    ),
}


def _points(numbers: tuple[float, ...]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)])


class _Engine(QIconEngine):
    """Draws a picture in the colours that are in force when it is painted."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def clone(self) -> QIconEngine:
        """Return another of the same."""
        return _Engine(self.name)

    def paint(self, painter: QPainter, rect: object, mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Draw into a rectangle."""
        box = QRectF(rect)  # type: ignore[arg-type]
        ink = QGuiApplication.palette().color(QPalette.ColorRole.ButtonText)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(box.topLeft())
        painter.scale(box.width() / SIDE, box.height() / SIDE)
        painter.setOpacity(0.35 if mode == QIcon.Mode.Disabled else 1.0)
        draws: dict[str, Callable[[tuple[float, ...]], object]] = {
            "l": lambda n: painter.drawPolyline(_points(n)),
            "r": lambda n: painter.drawRect(QRectF(*n)),
            "e": lambda n: painter.drawEllipse(QRectF(*n)),
            "p": lambda n: painter.drawPolygon(_points(n)),
            "d": lambda n: painter.drawRect(QRectF(*n)),
        }
        for kind, colour, numbers in PICTURES[self.name]:
            pen = QPen(
                QColor(colour) if colour else ink,
                1.5,
                Qt.PenStyle.DashLine if kind == "d" else Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
            painter.setPen(pen)
            filled = kind.isupper() and kind != "L"
            painter.setBrush(pen.color() if filled else Qt.BrushStyle.NoBrush)
            draws[kind.lower()](numbers)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return it as a picture."""
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            self.paint(painter, QRectF(0, 0, size.width(), size.height()), mode, state)
        return picture


def icon(name: str) -> QIcon:
    """Return the picture of an action; an empty one where there is none."""
    return QIcon(_Engine(name)) if name in PICTURES else QIcon()


def application_icon() -> QIcon:
    """Return the application's picture: a town of four beats with a station."""
    found = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        picture = QPixmap(side, side)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(side / 32, side / 32)
            painter.setPen(QPen(QColor("#1f2d3a"), 1.6))
            for colour, corners in (
                ("#8dd3c7", (2, 2, 17, 2, 14, 15, 2, 18)),
                ("#ffffb3", (17, 2, 30, 2, 30, 13, 14, 15)),
                ("#fdb462", (2, 18, 14, 15, 18, 30, 2, 30)),
                ("#80b1d3", (14, 15, 30, 13, 30, 30, 18, 30)),
            ):
                painter.setBrush(QColor(colour))
                painter.drawPolygon(_points(tuple(float(c) for c in corners)))
            painter.setBrush(QColor("#08306b"))
            painter.setPen(QPen(QColor("white"), 1.4))
            painter.drawRect(QRectF(10.5, 11, 8, 8))
        found.addPixmap(picture)
    return found
