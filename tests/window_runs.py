"""Runs of the window, waited for until they end one way or the other."""

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
