"""Runs of the window, waited for until they end one way or the other; and how much of it the map has."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot


def wait_for_plan(qtbot: QtBot, window: Any) -> None:
    """Wait for the plan of the run that was just begun; where there will be none the test fails with what the window is told, and waits no longer."""
    ends: list[list[str]] = []
    window.solving.finished.connect(lambda *_: ends.append([]))
    window.solving.refused.connect(lambda lines: ends.append(lines or ["refused"]))
    qtbot.waitUntil(lambda: bool(ends))
    assert ends[0] == []


def map_has_half(window: Any) -> bool:
    """Tell whether the map has half of the window's area at least."""
    return 2 * window.map.width() * window.map.height() >= window.width() * window.height()
