"""What is drawn as a part of the draft: how it is taken back, kept and laid down again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.session.edit_words import edit_in_words
from beatplanner.ui.desktop.toolkit.amount_words import allowed_share, amount_word
from beatplanner.ui.desktop.toolkit.figures_text import number, percent, unbroken_parts
from beatplanner.ui.desktop.toolkit.in_language import in_language, with_counts

if TYPE_CHECKING:
    from beatplanner.data.project.edits import Edit
    from beatplanner.planning.beats.drawing import Drawing
    from beatplanner.planning.beats.drawn_figures import DrawnFigures


class DrawnChanges:
    """The drawing panel as a part of the draft; it needs ``drawing``, ``map`` and ``window_``."""

    kind, begins, stays = "beats", 0, False

    def _change(self: Any, edit: Edit, units: np.ndarray) -> Change:
        """Return an edit as a change of the draft, with the place where it is seen."""
        if not len(units):
            named = [
                u
                for u in (*edit.units, *(u for pair in edit.pairs for u in pair), *edit.moves)
                if self.drawing is not None and u in self.drawing.place
            ]
            units = np.array([self.drawing.place[u] for u in named] if self.drawing is not None else [], int)
        words = in_language(edit_in_words(edit.as_json(), self.drawing))
        if not len(units):
            return Change(self.kind, words)
        west, south, east, north = shapely.total_bounds(self.map.content.polygons[units]).tolist()
        return Change(self.kind, words, (west, south, east, north))

    def take_back(self: Any) -> None:
        """Take the last edit of the drawing back; what a repair marked is marked no more."""
        self._back_or_on("undo")

    def make_again(self: Any) -> None:
        """Make it again."""
        self._back_or_on("redo")

    def _back_or_on(self: Any, name: str) -> None:
        drawing = self.drawing
        if drawing is not None:
            done = getattr(drawing, name)()
            if done is not None and len(self._repaired):
                if set(self.map.selected_units.tolist()) == set(self._repaired.tolist()):
                    self.map.select_units(np.array([], int))
                self._repaired = np.array([], int)
            self._after(drawing, None)

    def changes(self: Any) -> list[Change]:
        """Return the edits in force."""
        return [] if self.drawing is None else [self._change(d.edit, d.units) for d in self.drawing.done]

    def as_json(self: Any) -> Any:
        """Return the edits as plain values."""
        return [] if self.drawing is None else [e.as_json() for e in self.drawing.edits]

    def lay_down(self: Any, kept: Any) -> None:
        """Make kept edits again."""
        from beatplanner.data.project.edits import Edit

        if self.drawing is not None and [e.as_json() for e in self.drawing.edits] == kept:
            return
        drawing = self.begin()
        if drawing is None or not kept:
            return
        try:
            for edit in kept:
                drawing.apply(Edit.model_validate(edit))
        except ValueError as error:
            self.window_.show_lines(self.tr("Some manual edits could not be re-applied"), [str(error)])
        self._after(drawing, None)

    def _headline(self: Any, drawing: Drawing, f: DrawnFigures) -> str:
        """Say what the drawing comes to, in a few lines."""
        words = self.tr("{0} beats  ·  greatest deviation ±{1}  ·  {2} officers")
        posts = number(int(f.officers.sum()))
        lines = [unbroken_parts(with_counts(words, len(f.beat), percent(f.max_deviation, 1), posts))]
        for b in f.balances:
            words = self.tr("{0}: greatest deviation ±{1}, {2} allowed")
            off = float(np.abs(b.deviation).max())
            lines.append(words.format(amount_word(b.name), percent(off, 1), allowed_share(b.tolerance)))
        known = drawing.town.has_population
        if f.moved_share is not None:
            words = (
                self.tr("{0} of residents in another beat than today")
                if known
                else self.tr("{0} of the work in another beat than today")
            )
            lines.append(words.format(percent(f.moved_share, 1)))
        words = (
            self.tr("{0} residents moved since drawing began")
            if known
            else self.tr("{0} hours moved since drawing began")
        )
        lines.append(with_counts(words, number(f.changed)))
        return "\n".join(lines)

    def broken(self: Any) -> list[str]:
        """Return the rules that the drawing breaks."""
        return [] if self.drawing is None else list(self.drawing.figures().broken)

    def bring_up(self: Any, field: str = "") -> None:
        """Show the panel."""
        dock = getattr(self, "dock", None)
        if dock is not None:
            dock.show()
            dock.raise_()
