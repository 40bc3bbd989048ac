"""What a hand draws: with brush, link and barrier on the map, and by the menu on the selection or the chosen beat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import (
    QInputDialog,
)

from beatplanner.ui.desktop.panels.drawing_dialogs import OBSTACLES, WAYS, ReasonDialog
from beatplanner.ui.desktop.panels.drawing_tools import BarrierTool, Brush, LinkTool, RemoveTool
from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.toolkit.in_language import with_counts

if TYPE_CHECKING:
    from beatplanner.planning.beats.drawing import Done, Drawing


class DrawingEdits:
    """The drawing panel's edits; it needs ``drawing``, ``edit``, ``map`` and ``scenario``."""

    def use_brush(self: Any, on: bool) -> None:
        """Take the brush, or lay it down."""
        if not on:
            self._lay_down(Brush)
            return
        self.begin()
        # who lights a beat up, in a table too, and takes the brush paints into that beat; the list alone changes it then
        self.choose(str(self.map.selected))
        if not self.chosen() and self.beat.count():
            self.beat.setCurrentIndex(0)
        self.map.use(
            Brush(self.map, lambda: self.drawing, self.chosen, self.brush_size.value, self._touched, self._lifted)
        )

    def light_up(self: Any, beat: str) -> None:
        """Let the map, the table and the card show the beat that was chosen to be painted."""
        self.window_.select_row(beat)
        self.map.select(beat)

    def _lay_down(self: Any, kind: type) -> None:
        if isinstance(self.map.tool, kind):
            self.map.use(None)

    def _touched(self: Any, units: np.ndarray) -> None:
        drawing = self.drawing
        assert drawing is not None
        self.map.paint_units(units, drawing.ids.index(self.chosen()))
        self.show_figures()
        self.window_.follow_stroke()

    def _lifted(self: Any) -> None:
        self.edit(lambda d: d.end(self.reason.text().strip()))

    def use_link(self: Any, on: bool) -> None:
        """Draw links."""
        if on:
            self.begin()
            self.map.use(LinkTool(self.map, self._link_drawn))
        else:
            self._lay_down(LinkTool)

    def _link_drawn(self: Any, one: int, other: int) -> None:
        drawing = self.begin()
        if drawing is None:
            return
        question = self.tr("Officers can go from {0} to {1}.").format(drawing.places([one]), drawing.places([other]))
        found = ReasonDialog.ask(self.tr("Link"), question, WAYS, self)
        if found is not None:
            self.edit(lambda d: d.link(one, other, *found))

    def use_barrier(self: Any, on: bool) -> None:
        """Draw barriers."""
        if on:
            self.begin()
            self.map.use(BarrierTool(self.map, lambda: self.drawing, self._barrier_drawn))
        else:
            self._lay_down(BarrierTool)

    def _barrier_drawn(self: Any, line: np.ndarray) -> None:
        drawing = self.begin()
        if drawing is None:
            return
        count = len(drawing.parted_by(line))
        if not count:
            self.say(self.tr("This line passes between no two neighbours; draw it between the middles of units."))
            return
        question = with_counts(self.tr("This line parts {0} pairs of neighbouring units."), count)
        found = ReasonDialog.ask(self.tr("Barrier"), question, OBSTACLES, self)
        if found is not None:
            self.edit(lambda d: d.barrier(line, *found))

    def use_remove(self: Any, on: bool) -> None:
        """Take drawn links and barriers away."""
        if on:
            self.begin()
            self.map.use(RemoveTool(self.map, lambda: self.drawing, self._remove))
        else:
            self._lay_down(RemoveTool)

    def _remove(self: Any, pairs: list) -> None:
        self.edit(lambda d: d.remove(pairs, self.reason.text().strip()))

    def paint_selection(self: Any) -> None:
        """Move the selected units to the chosen beat."""
        self._with_selection(lambda d, units: d.paint(units, self.chosen(), self.reason.text().strip()))

    def split(self: Any) -> None:
        """Make the selected units a beat of their own."""
        self._with_selection(lambda d, units: d.split(units, reason=self.reason.text().strip()))

    def _with_selection(self: Any, make: Callable[[Drawing, np.ndarray], Done | None]) -> None:
        units = self.map.selected_units
        if self.edit(lambda d: make(d, units)):
            self.map.select_units(np.array([], int))

    def _lit(self: Any) -> str:
        """Return the beat that is lit up on the map, else the one in the list of what is painted, "" for none.

        Who chooses a beat in the list lights it up too; a row of the table leaves the list while the brush is held, so that units can still
        be painted into the beat in it. A beat that has lost its last unit, or whose making was taken back, is none any more.
        """
        there = self.map.content.ids if self.drawing is None else self.drawing.beats_in_use()
        return next((b for b in (str(self.map.selected), self.chosen()) if b in there), "")

    def _lit_or_said(self: Any) -> str:
        """Return the beat that is lit up; where there is none, say so."""
        beat = self._lit()
        if not beat:
            self.say(self.tr("Choose a beat of a project first."))
        return beat

    def halve(self: Any) -> None:
        """Split the beat that is lit up into two of about the same hours."""
        beat = self._lit_or_said()
        if beat:
            self.edit(lambda d: d.split(d.halves(beat), reason=self.reason.text().strip()))

    def merge(self: Any) -> None:
        """Ask for another beat and make it and the one that is lit up one."""
        drawing = self.begin()
        if drawing is None:
            return
        first = self._lit_or_said()
        if not first:
            return
        near = self._neighbours(drawing, first)
        if not near:
            self.say(self.tr("No beat of the same municipality touches this one."))
            return
        names = [f"{b}  {self.map.content.names.get(b, '')}".strip() for b in near]
        text, done = QInputDialog.getItem(
            self,
            self.tr("Merge beats"),
            literal(self.tr("Becomes part of beat {0}:").format(drawing.name(first))),
            names,
            0,
            False,
        )
        if done:
            other = near[names.index(text)]
            self.edit(lambda d: d.merge([first, other], self.reason.text().strip()))

    def _neighbours(self: Any, drawing: Drawing, beat: str) -> list[str]:
        """Return the beats that touch a beat and may be merged with it, those with the longest border first."""
        edges, label = drawing.edges, drawing.label
        a, b = label[edges["a"]], label[edges["b"]]
        k = drawing.ids.index(beat)
        home = drawing.municipality[drawing.members(beat)[0]]
        metres: dict[int, float] = {}
        for x, y, m in zip(a, b, edges["metres"], strict=True):
            if (x == k) != (y == k):
                other = int(y if x == k else x)
                metres[other] = metres.get(other, 0.0) + float(m)
        order = sorted(metres, key=lambda o: -metres[o])
        return [drawing.ids[o] for o in order if drawing.municipality[drawing.members(drawing.ids[o])[0]] == home]

    def name_beat(self: Any) -> None:
        """Ask for name and colour of the beat that is lit up on the map."""
        self.named.ask(self._lit())

    def lock(self: Any, locked: bool = True) -> None:
        """Lock the selected units, or the whole beat that is lit up, or let them free."""
        drawing = self.begin()
        if drawing is None:
            return
        units = self.map.selected_units
        if not len(units):
            beat = self._lit_or_said()
            if not beat:
                return
            units = drawing.members(beat)
        if self.edit(lambda d: d.lock(units, locked, self.reason.text().strip())):
            what = self.tr("{0} units locked.") if locked else self.tr("{0} units unlocked.")
            self.say(with_counts(what, len(units)))
