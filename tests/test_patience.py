"""No test of a window ends by a clock: what it waits for ends it."""

from __future__ import annotations

from PySide6.QtCore import QTimer


def test_a_busy_machine_ends_no_wait(qtbot):
    looks = []

    def there() -> bool:
        looks.append(None)
        return len(looks) > 2

    qtbot.waitUntil(there, timeout=0)
    timer = QTimer(singleShot=True)
    with qtbot.waitSignal(timer.timeout, timeout=1):
        timer.start(30)
