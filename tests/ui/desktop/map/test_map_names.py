"""Names of beats on the map: in their beat, else beside it with a line to it, never over a neighbour without one."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6")
import shapely
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from beatplanner.ui.desktop.map.labels import Name, draw_names
from beatplanner.ui.desktop.map.view import View

BIG, SMALL = shapely.box(0, 0, 300, 200), shapely.box(300, 80, 330, 110)


def drawn(qapp, names, taken=()):
    """Return the boxes of the names that were written on a picture of 400 by 200 pixels, one to a metre."""
    view = View((200.0, 100.0), 1.0, 400, 200)
    image = QImage(400, 200, QImage.Format.Format_ARGB32)
    painter, written = QPainter(image), []
    places = list(taken)
    for _ in draw_names(painter, view, names, places, 12.0, bold=True, written=written):
        pass
    painter.end()
    return [(name.letters, name.box) for name in written], places


def test_a_name_that_fits_stands_in_its_beat(qapp):
    ((_, box),), _ = drawn(qapp, [Name("Big beat", 150, 100, BIG)])
    assert box.center().x() == pytest.approx(150, abs=1)
    assert box.center().y() == pytest.approx(100, abs=1)


def test_a_name_wider_than_its_beat_is_written_beside_it_with_a_line(qapp):
    name = Name("Stara Čaršija 42", 315, 95, SMALL)
    ((letters, box),), taken = drawn(qapp, [Name("Big beat", 150, 100, BIG), name])[0][1:], drawn(qapp, [name])[1]
    # the line ends in a dot in the beat itself
    assert box.contains(315, 105)
    assert letters.contains(QRectF(314.5, 104.5, 1, 1))
    # nothing else may cross the line
    assert len(taken) > 1


def test_a_long_name_takes_two_lines_where_they_fit(qapp):
    area = shapely.box(0, 0, 75, 200)
    ((_, box),), _ = drawn(qapp, [Name("Stara Čaršija 42", 37, 100, area)])
    assert box.left() >= 0
    assert box.right() <= 75
    assert box.height() > 18


def test_no_line_crosses_another_name(qapp):
    names = [Name("A long neighbour’s name", 150, 100, BIG), Name("Stara Čaršija 42", 315, 95, SMALL)]
    around = [QRectF(0, 0, 400, 70), QRectF(0, 130, 400, 70)]
    written, _ = drawn(qapp, names, around)
    first = written[0][1]
    assert not any(letters.intersects(first) for letters, _ in written[1:])


def test_letters_on_the_map_grow_with_the_users_text(qapp, qtbot, monkeypatch):
    from beatplanner.ui.desktop.map.around import boxes_around
    from beatplanner.ui.desktop.map.map_content import MapContent
    from beatplanner.ui.desktop.map.map_layers import LayerStack
    from beatplanner.ui.desktop.map.map_view import MapView
    from beatplanner.ui.desktop.session.session import OpenTown
    from beatplanner.ui.desktop.window.theme import apply_text_size

    image = QImage(400, 200, QImage.Format.Format_ARGB32)
    view, usual = MapView(OpenTown()), qapp.font()
    qtbot.addWidget(view)

    def sizes():
        painter, seen, written = QPainter(image), view.view, []
        seen = View((200.0, 100.0), 1.0, 400, 200, letters=seen.letters)
        for _ in draw_names(painter, seen, [Name("Big beat", 150, 100, BIG)], [], 12.0, written=written):
            pass
        painter.end()
        around = boxes_around(qapp.font(), seen, MapContent(), LayerStack(), str)
        return [box.height() for box in (written[0].box, *around)]

    apply_text_size(qapp, 100)
    try:
        before = sizes()
        apply_text_size(qapp, 130)
        grown = [b / a for a, b in zip(before, sizes(), strict=True)]
    finally:
        apply_text_size(qapp, 100)
        qapp.setFont(usual)
    # name, scale bar, north arrow and legend
    assert len(grown) >= 4 and all(1.15 < g < 1.4 for g in grown), grown


def test_the_scale_bar_is_dark_on_dark_paper(qapp):
    from beatplanner.ui.desktop.map.legend import draw_scale_bar

    for dark in (False, True):
        image = QImage(400, 200, QImage.Format.Format_RGB32)
        view = View((200.0, 100.0), 1.0, 400, 200, dark=dark)
        image.fill(view.paper)
        painter = QPainter(image)
        box = draw_scale_bar(painter, view, 16, 184, 80)
        painter.end()
        ground = image.pixelColor(int(box.left()) + 1, int(box.top()) + 1).lightness()
        assert (ground < 60) == dark
