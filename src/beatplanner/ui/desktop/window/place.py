"""Where the window was, which panels it showed and how wide their columns were: kept in the user's settings folder and used at the next start."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QHeaderView, QTableView

from beatplanner.ui.desktop.window.main_frame import MainFrame

# Of the panels that there are; a place kept by a window with others is not used.
VERSION = 2


def _file() -> Path:
    return user_config_path("beatplanner", appauthor=False) / "window.json"


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: object) -> QByteArray:
    return QByteArray.fromBase64(str(text).encode("ascii", "ignore"))


def _headers(window: MainFrame) -> dict[str, QHeaderView]:
    return {"beats": window.table.horizontalHeader()} | {
        f"{k}": view.horizontalHeader()
        for k, view in enumerate(window.findChildren(QTableView))
        if view is not window.table
    }


def keep_place(window: MainFrame) -> None:
    """Keep it; a folder that cannot be written is no reason to stop."""
    window._put_tools_away(away=False)
    kept = {
        "version": VERSION,
        "geometry": _text(window.saveGeometry()),
        "state": _text(window.saveState(VERSION)),
        "columns": {name: _text(head.saveState()) for name, head in _headers(window).items()},
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
        for name, head in _headers(window).items():
            if isinstance(columns, dict) and name in columns:
                head.restoreState(_bytes(columns[name]))
        window._put_tools_away(away=not window.scenario.is_open)
    except (OSError, ValueError):
        return
