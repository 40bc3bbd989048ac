"""What was typed and is not in force, step by step, between the changes of the draft: undone in one order with them, and none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from beatplanner.ui.desktop.session.change import Change


@dataclass
class TypedStep:
    """One step.

    Attributes
    ----------
    change
        What is told of it.
    show
        Shows what stood there before the step, or with true what stood there after it.
    at
        How many changes of the draft came before it.
    """

    change: Change
    show: Callable[[bool], None]
    at: int


class TypedSteps:
    """The steps in their order; they are kept as long as what was typed is in view."""

    def __init__(self) -> None:
        self.done: list[TypedStep] = []
        self.undone: list[TypedStep] = []

    def add(self, change: Change, show: Callable[[bool], None], at: int) -> None:
        """Take a step that was just made, `at` so many changes of the draft."""
        self.done.append(TypedStep(change, show, at))
        self.undone.clear()

    def last(self, at: int) -> Change | None:
        """Return the step that is undone before the last of so many changes is; None for none."""
        return self.done[-1].change if self.done and self.done[-1].at >= at else None

    def next(self, at: int) -> Change | None:
        """Return the step that is made again before another change is, after so many of them; None for none."""
        return self.undone[-1].change if self.undone and self.undone[-1].at <= at else None

    def undo(self) -> None:
        """Show what stood there before the last step."""
        self.undone.append(self.done.pop())
        self.undone[-1].show(False)

    def redo(self) -> None:
        """Show what stood there after the step that was undone last."""
        self.done.append(self.undone.pop())
        self.done[-1].show(True)

    def show_again(self, at: int) -> None:
        """Show what was typed after so many changes."""
        for step in [step for step in self.done if step.at >= at]:
            step.show(True)

    def stand_after(self, count: int, undone: int) -> None:
        """Let no step stand after more changes than there are, `count` and those that are undone and can be made again."""
        for steps, most in ((self.done, count), (self.undone, count + undone)):
            for step in steps:
                step.at = min(step.at, most)

    def forget(self) -> None:
        """Let go of what was typed, once it is in view no more."""
        self.done, self.undone = [], []
