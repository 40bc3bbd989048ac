"""The figures of today's beats, which stand in the table before there is a plan; counted in a child, so that the window is free meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from beatplanner.ui.desktop.session.child_process import ChildTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.town.town import Town
    from beatplanner.planning.beats.drawing import Drawing
    from beatplanner.planning.beats.held_balances import HeldBalance
    from beatplanner.ui.desktop.session.session import OpenTown

# What a unit without a beat is drawn into; it is no beat of today.
NONE = "none"
# How the columns begin that a beat has of an amount which is balanced beside its hours.
BALANCE, ALLOWED, BROKEN = "balance of ", "allowed of ", "broken of "


class Today(QObject):
    """Counts today's beats wherever they are what is shown.

    Signals
    -------
    counted
        `beats` or `counting` has changed.

    Attributes
    ----------
    beats
        One row a beat with the columns of the table; None where there is a plan, or nothing is known of today. While the same beats are counted by other rules, the rows as they were.
    counting
        Whether other figures are on their way.
    """

    counted = Signal()

    def __init__(self, scenario: OpenTown, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scenario = scenario
        self.beats: Any = None
        self.counting = False
        self._of: Town | None = None
        # which project that is the town of
        self._opened = 0
        self._task = ChildTask(self)
        self._task.finished.connect(self._show)
        # figures that cannot be counted are missing from the table; what is wrong with the input is told where it is read
        self._task.failed.connect(lambda _: self._show(None))

    @property
    def known(self) -> bool:
        """Whether today's beats are what is shown."""
        town = self.scenario.town
        return self.scenario.plan is None and town is not None and bool(town.units["current"].notna().any())

    def follow(self) -> None:
        """Count the beats of the town that is shown now, unless that is done."""
        of = self.scenario.town if self.known else None
        if of is self._of:
            return
        same = self._opened == self.scenario.opened and _same_beats(self._of, of)
        self._of, self._opened = of, self.scenario.opened
        self._task.cancel()
        self._show(self.beats if same else None, counting=of is not None)
        if of is not None:
            self._task.start(figures_of_today, of)

    def _show(self, beats: Any, *, counting: bool = False) -> None:
        if beats is not self.beats or counting != self.counting:
            self.beats, self.counting = beats, counting
            self.counted.emit()

    def stop(self) -> None:
        """Count no more; the window is closed."""
        self._task.cancel()


def _same_beats(before: Town | None, after: Town | None) -> bool:
    """Tell whether two towns have the same units in the same beats of today."""
    if before is None or after is None:
        return False
    ids = ["unit", "current"]
    return before.units is after.units or before.units[ids].equals(after.units[ids])


def figures_of_today(town: Town) -> Any:
    """Return a row for each of today's beats, with the columns of the table."""
    from beatplanner.planning.beats.drawing import Drawing
    from beatplanner.planning.workload import plan_workload

    beat = town.units["current"].to_numpy(object)
    found = figures_of_drawing(Drawing(town, plan_workload(town), beat, names=town.beat_names))
    return found[found["beat"] != NONE].reset_index(drop=True)


def figures_of_drawing(drawing: Drawing) -> Any:
    """Return the beats as they are drawn, without a plan, with the columns of the table."""
    import pandas as pd

    f = drawing.figures()
    frame = pd.DataFrame(
        {
            "beat": f.beat,
            "name": [drawing.names.get(b, b) for b in f.beat],
            "municipality": [drawing.municipality[drawing.members(b)[0]] for b in f.beat],
            "workload": f.hours,
            "deviation": f.deviation,
            "population": f.residents,
            "moved_in": f.moved_in,
            "officers_required": f.officers,
            "posts": np.nan,
            "compactness": np.nan,
        }
    )
    return with_balances(frame, f.balances)


def figures_of_plan(plan: PlanTables) -> Any:
    """Return the beats of a plan, or of what is drawn on it, with the columns of the table."""
    from beatplanner.planning.beats.held_balances import balances_of_plan

    return with_balances(plan.beats, balances_of_plan(plan))


def with_balances(beats: Any, balances: Sequence[HeldBalance]) -> Any:
    """Return beats with three columns for each amount that is balanced beside the hours: deviation, what the rules allow, whether it is broken."""
    more: dict[str, np.ndarray | float] = {}
    for b in balances:
        more |= {BALANCE + b.name: b.deviation, ALLOWED + b.name: b.tolerance, BROKEN + b.name: b.broken}
    return beats.assign(**more) if more else beats
