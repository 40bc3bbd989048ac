"""The checker in a child process: it may take a while, and the window never waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from beatplanner.ui.desktop.session.child_process import ChildProcess, Line


def _child(folder: str, messages: Line) -> None:
    """Check in the child and send the verdict; the message is (kind, content)."""
    from beatplanner.data.errors import InputError
    from beatplanner.planning.whole.verdict import examine

    try:
        messages.put(("finished", examine(Path(folder))))
    except InputError as error:
        messages.put(("refused", str(error.problems[0])))
    except Exception as error:  # whatever it is, the window says so instead of waiting for ever
        from beatplanner.ui.crash_report import write_crash_report

        write_crash_report(type(error), error.__traceback__)
        messages.put(("refused", type(error).__name__))


class VerifyProcess(ChildProcess):
    """One check of a result folder.

    Signals
    -------
    finished
        The folder and its verdict, as `planning.verdict.examine` gives it.
    refused
        The folder and why it cannot be checked; "" where the child ended without a word.
    """

    finished = Signal(Path, dict)
    refused = Signal(Path, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = Path()

    def start(self, folder: Path) -> None:
        """Begin; a check that is under way ends."""
        self.cancel()
        self._folder = folder
        self.begin(_child, str(folder))

    def ended(self, kind: str, content: Any) -> None:
        """Tell the verdict, or why there is none."""
        (self.finished if kind == "finished" else self.refused).emit(self._folder, content)

    def died(self) -> None:
        """Tell that there is none."""
        self.refused.emit(self._folder, "")
