"""A beat has one colour in the window: on the map, in lists and charts, in either theme, and while a plan is made."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)


@pytest.fixture
def window(make_window, planned_once):
    window = make_window()
    window.open(planned_once.folder / "plan")
    window.map.fit()
    return window


def test_a_beat_that_a_run_goes_on_from_keeps_its_colour(window):
    """Whatever number a run gives it; and a beat that no plan has yet keeps it while the same project is shown anew."""
    content = window.map.content
    before = {content.ids[k]: content.colours()[content.ids[k]] for k in range(len(content.ids))}
    units = np.flatnonzero(content.label >= 0)
    # as a run numbers them, and with one unit in another beat
    found = content.label[units].max() - content.label[units]
    moved = content._pairs[content.label[content._pairs[:, 0]] != content.label[content._pairs[:, 1]]][0]
    found[units == moved[0]] = found[units == moved[1]]
    window.map.take_found(units, found)
    seen = {
        content.ids[int(content.label[u])]: content.found_colours[int(content.found[u])] for u in units if u != moved[0]
    }
    assert seen == before
    assert len(set(content.found_numbers())) > 1
    window.map.forget_found()
    label, ids = content.label.copy(), [*content.ids, "99"]
    label[units[:2]] = len(ids) - 1
    content.take_beats(ids, label)
    # its neighbours left it no other colour when it was drawn first
    content.colour[-1] = (content.colour[-1] + 1) % 7
    drawn = content.colours()["99"]
    window.map.load()
    window.map.content.take_beats(ids, label)
    near = {window.map.content.colours()[ids[o]] for o in window.map.content._near[len(ids) - 1]}
    assert window.map.content.colours()["99"] == drawn or drawn in near


def test_what_stands_for_a_beat_has_the_colour_that_the_map_has_in_each_theme(window, qapp, qtbot):
    from beatplanner.ui.desktop.window.theme import apply_theme

    results, before = window.results, qapp.palette()
    qtbot.waitUntil(lambda: results.book is not None, timeout=120_000)
    try:
        for theme in ("light", "dark", "light"):
            apply_theme(qapp, theme)
            qapp.processEvents()
            fills = window.map.fills()
            assert window.map.dark == (theme == "dark")
            bars = {bar.key: bar.colour.name() for bar in results.charts.bars.bars.bars}
            assert bars and bars == {beat: fills[beat] for beat in bars}
            window.map.finish_picture()
            picture = window.map._picture.toImage()
            shown = {
                picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(0, picture.height(), 4)
            }
            assert set(fills.values()) <= shown
            box = window.drawing_panel.beat
            for k in range(box.count()):
                assert box.itemIcon(k).pixmap(18, 14).toImage().pixelColor(9, 7).name() == fills[box.itemData(k)]
    finally:
        qapp.styleHints().unsetColorScheme()
        qapp.setPalette(before)
        qapp.setProperty("theme overruled", False)


def test_a_beat_that_is_split_off_is_planned_with_the_colour_that_it_is_shown_with(planned_window, monkeypatch):
    window, began = planned_window, []
    drawing = window.drawing_panel.begin()
    assert window.drawing_panel.edit(lambda d: d.split(np.flatnonzero(d.label == d.label[0])[:1], "77"))
    monkeypatch.setattr(window, "may_keep", lambda: True)
    monkeypatch.setattr(window, "begin_run", lambda project, **options: began.append(options))
    assert window.make_draft_the_plan()
    content = window.map.content
    assert set(began[0]["colours"]) == set(content.ids) and "77" in set(drawing.beat)
    shown = content.colours()
    assert began[0]["colours"] == {b: shown[b] for b in content.ids}
