"""The service of beats while they are drawn: counted in a child after every stroke, the newest drawing next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from beatplanner.ui.desktop.session.child_process import ChildTask

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.result.service import ServiceContent
    from beatplanner.data.town.town import Town
    from beatplanner.planning.service.picture import ServiceInputs


def _read(town: Town) -> tuple[Town, ServiceInputs]:
    """Return what a count needs of the town, and when calls come: read once for all strokes."""
    from beatplanner.planning.service.picture import read_inputs

    return replace(town, incidents=None, network=None), read_inputs(town)


def _count(town: Town, inputs: ServiceInputs, beat: np.ndarray, posts: dict[str, int]) -> ServiceContent:
    """Return the figures of drawn beats; what would be simulated is approximated, which takes a second at most."""
    from beatplanner.planning.service.picture import figures_of_service, service_picture

    quick = "approximate" if inputs.tables.rules.method == "simulate" else None
    return figures_of_service(service_picture(town, inputs, beat, posts, method=quick))


class LiveService(QObject):
    """Counts one drawing after another, and skips those that are old before their turn.

    Signals
    -------
    counted
        The figures, as in ``service.json``.
    """

    counted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task = ChildTask(self)
        self._task.finished.connect(self._take)
        self._task.failed.connect(lambda _: self.stop())
        self._town: object = None
        self._inputs: tuple[Town, ServiceInputs] | None = None
        self._next: tuple[np.ndarray, dict[str, int]] | None = None

    @property
    def ready(self) -> bool:
        """Whether what is counted from has been read."""
        return self._inputs is not None

    def make_ready(self, town: Town) -> None:
        """Read what is counted from, where that is not known of this town yet."""
        if town is not self._town:
            self.stop()
            self._town, self._inputs = town, None
        if self._inputs is None and not self._task.running:
            self._go()

    def follow(self, town: Town, drawn: PlanTables) -> None:
        """Count the service of a plan as it is drawn on a town."""
        if drawn.beats is None:
            return
        self.make_ready(town)
        of_unit = dict(zip(drawn.units["unit"].astype(str), drawn.units["beat"].astype(str), strict=True))
        beat = np.array([of_unit.get(str(u)) for u in town.units["unit"]], dtype=object)
        posts = {str(b): int(p) for b, p in zip(drawn.beats["beat"], drawn.beats["posts"], strict=True)}
        self._next = (beat, posts)
        if not self._task.running:
            self._go()

    def _go(self) -> None:
        if self._inputs is None:
            self._task.start(_read, self._town)
        elif self._next is not None:
            (beat, posts), self._next = self._next, None
            self._task.start(_count, *self._inputs, beat, posts)

    def _take(self, found: Any) -> None:
        if self._inputs is None:
            self._inputs = found
        else:
            self.counted.emit(found)
        self._go()

    def stop(self) -> None:
        """Count no more; what is under way ends."""
        self._next = None
        self._task.cancel()
