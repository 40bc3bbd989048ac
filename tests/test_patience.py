"""No test ends by a clock: a window's by what it waits for, a plan's by its moves and nodes."""

from __future__ import annotations

import re
import sys
import time
import tomllib
from pathlib import Path

from PySide6.QtCore import QTimer

HERE = Path(__file__).parent
# A number of seconds that a plan, a process or another thread is given; what a window's test gives goes unheard (`conftest.py`).
LIMIT = re.compile(
    r"""(?:\b(?:time_limit|seconds|timeout)=|--time-limit(?:=|",\s*"?))([\d_]+(?:\.\d*)?(?:e\d+)?)(?=[,)"\s])"""
)
# Less than a thousand seconds would end something on a slow machine; 0 is no time at all.
ENDLESS = 1e6
# Where a limit is what is looked at.
OF_LIMITS = {
    "test_clock.py": "what a limit ends, by clocks of its own",
    "test_limit_of_several_plans.py": "how several plans share a limit, by a clock of its own",
    "test_local_workers.py": "whoever is refused gives up",
    "test_patience.py": "this",
}


def test_a_busy_machine_ends_no_wait(qtbot):
    looks = []

    def there() -> bool:
        looks.append(None)
        return len(looks) > 2

    qtbot.waitUntil(there, timeout=0)
    timer = QTimer(singleShot=True)
    with qtbot.waitSignal(timer.timeout, timeout=1):
        timer.start(30)


def test_no_test_gives_a_limit_that_could_decide():
    found = []
    for file in sorted(HERE.rglob("*.py")):
        if file.name in OF_LIMITS:
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            # waits of a window, and the seconds that a summary is told
            if re.search(r"qtbot\.wait|summarise\(", line):
                continue
            found += [f"{file.name}:{number}: {m[0]}" for m in LIMIT.finditer(line) if 0 < float(m[1]) < ENDLESS]
    assert found == []


def test_limits_are_far_off_and_a_slow_test_goes_on():
    from beatplanner.solver.clock import now

    before, spent = now(), time.process_time()
    while time.process_time() - spent < 0.05:
        pass
    assert 0 < now() - before < 0.01
    settings = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert "faulthandler_exit_on_timeout" not in settings["tool"]["pytest"]["ini_options"]


def test_rewritten_assertions_are_kept():
    assert not sys.dont_write_bytecode
