"""Where the window was, which panels it showed and how wide their columns were: kept in the user's settings folder and used at the next start."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QTableView

from beatplanner.ui.desktop.panels.beat_table import BeatView
from beatplanner.ui.desktop.window.main_frame import MainFrame

# Of the panels that there are; a place kept by a window with others is not used.
VERSION = 2


def _file() -> Path:
    return user_config_path("beatplanner", appauthor=False) / "window.json"


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: object) -> QByteArray:
    return QByteArray.fromBase64(str(text).encode("ascii", "ignore"))


def _tables(window: MainFrame) -> dict[str, QTableView]:
    """Return the tables that have a name, by it."""
    return {view.objectName(): view for view in window.findChildren(QTableView) if view.objectName()}


def keep_place(window: MainFrame) -> None:
    """Keep it; a folder that cannot be written is no reason to stop."""
    window._put_tools_away(away=False)
    kept = {
        "version": VERSION,
        "geometry": _text(window.saveGeometry()),
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


def use_place(window: MainFrame) -> None:
    """Use what was kept; what cannot be read is as it comes."""
    try:
        kept = json.loads(_file().read_text(encoding="utf-8"))
        if not isinstance(kept, dict) or kept.get("version") != VERSION:
            return
        window._put_tools_away(away=False)
        window.restoreGeometry(_bytes(kept.get("geometry")))
        window.restoreState(_bytes(kept.get("state")), VERSION)
        columns = kept.get("columns")
        for name, view in _tables(window).items():
            if isinstance(columns, dict) and name in columns:
                kept_so = view.horizontalHeader().restoreState(_bytes(columns[name]))
                if isinstance(view, BeatView):
                    view.by_hand = kept_so
        window._put_tools_away(away=not window.scenario.is_open)
    except (OSError, ValueError):
        return
