"""Where the window was, which panels it showed and how wide their columns were: kept in the user's settings folder and used at the next start."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QSplitter, QTableView

from beatplanner.ui.desktop.panels.beat_table import BeatView
from beatplanner.ui.desktop.window.main_frame import MainFrame

# Of the panels that there are; a place kept by a window with others is not used.
VERSION = 2
# The name of what shares the middle of the window between the map and the table.
MAP_AND_TABLE = "map and table"


def _file() -> Path:
    return user_config_path("beatplanner", appauthor=False) / "window.json"


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: object) -> QByteArray:
    return QByteArray.fromBase64(str(text).encode("ascii", "ignore"))


def _tables(window: MainFrame) -> dict[str, QTableView]:
    """Return the tables that have a name, by it."""
    return {view.objectName(): view for view in window.findChildren(QTableView) if view.objectName()}


def follow_border(split: QSplitter) -> None:
    """Note that the border between map and table was dragged: only then is its place kept."""
    split.splitterMoved.connect(lambda *_: split.setProperty("dragged", True))


def border(window: MainFrame) -> str | None:
    """Return the place of the border between map and table; None where nobody dragged it."""
    split = window.findChild(QSplitter, MAP_AND_TABLE)
    return _text(split.saveState()) if split is not None and split.property("dragged") else None


def _use_border(window: MainFrame, kept: object) -> None:
    split = window.findChild(QSplitter, MAP_AND_TABLE)
    if split is not None and isinstance(kept, str) and split.restoreState(_bytes(kept)):
        split.setProperty("dragged", True)


def keep_place(window: MainFrame) -> None:
    """Keep it; a folder that cannot be written is no reason to stop."""
    in_front = [d.objectName() for d in window.findChildren(QDockWidget) if not d.visibleRegion().isEmpty()]
    # where no town is open none is seen: what was kept before still holds
    in_front = in_front or window.in_front
    window.put_tools_away(away=False)
    kept = {
        "version": VERSION,
        "front": in_front,
        "geometry": _text(window.saveGeometry()),
        "side": window.side_width.dragged,
        "table": border(window),
        "state": _text(window.saveState(VERSION)),
        "columns": {
            name: _text(view.horizontalHeader().saveState())
            for name, view in _tables(window).items()
            # widths that only fitted one town are none that anybody wants for the next
            if not isinstance(view, BeatView) or view.by_hand
        },
    }
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(kept), encoding="utf-8")


def fit_to_screen(window: MainFrame) -> None:
    """Let the whole window lie on a screen: it may have been on one that is gone, or larger than this one."""
    screen = QGuiApplication.screenAt(window.geometry().center()) or window.screen()
    if window.isMaximized() or window.isFullScreen():
        return
    room, frame = screen.availableGeometry(), window.geometry()
    frame.setSize(frame.size().boundedTo(room.size()))
    frame.moveRight(min(frame.right(), room.right()))
    frame.moveBottom(min(frame.bottom(), room.bottom()))
    frame.moveTo(max(frame.left(), room.left()), max(frame.top(), room.top()))
    if frame != window.geometry():
        window.setGeometry(frame)


def use_place(window: MainFrame) -> None:
    """Use what was kept, on the screens that there are; what cannot be read is as it comes."""
    _use_kept(window)
    fit_to_screen(window)


def _use_kept(window: MainFrame) -> None:
    try:
        kept = json.loads(_file().read_text(encoding="utf-8"))
        if not isinstance(kept, dict) or kept.get("version") != VERSION:
            return
        window.put_tools_away(away=False)
        window.restoreGeometry(_bytes(kept.get("geometry")))
        window.restoreState(_bytes(kept.get("state")), VERSION)
        front = kept.get("front")
        window.in_front = [str(name) for name in front] if isinstance(front, list) else []
        side = kept.get("side")
        window.side_width.dragged = side if isinstance(side, int) and side > 0 else None
        _use_border(window, kept.get("table"))
        columns = kept.get("columns")
        for name, view in _tables(window).items():
            if isinstance(columns, dict) and name in columns:
                kept_so = view.horizontalHeader().restoreState(_bytes(columns[name]))
                if isinstance(view, BeatView):
                    view.by_hand = kept_so
        window.put_tools_away(away=not window.scenario.is_open)
    except (OSError, ValueError):
        return
