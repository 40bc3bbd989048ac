"""Names and colours that a planner gives to beats, as a part of the draft.

Both stand in the rules of the project as soon as they are given, so that every plan made from then on has them; until one is, they are changes that
the plan in view has not, and are taken back like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely
from PySide6.QtCore import QObject

from beatplanner.data.colours import alike
from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels.drawing_dialogs import NameDialog
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.toolkit.in_language import in_language


@dataclass(frozen=True)
class Naming:
    """One change: the name and the colour that a beat had of a planner, and those that it has since; "" for none."""

    beat: str
    before: tuple[str, str]
    after: tuple[str, str]


class NamedBeats(QObject):
    """The names and colours given by hand; those in force are the project's."""

    kind, begins, stays = "names", 0, True

    # the panel that draws owns this; its type here would make a circle of the two
    def __init__(self, window: Window, panel: Any) -> None:
        super().__init__(panel)
        self.window_, self.panel, self.map, self.scenario = window, panel, window.map, window.scenario
        self.done: list[Naming] = []
        self.undone: list[Naming] = []
        window.draft.parts[self.kind] = self

    def ask(self, beat: str) -> None:
        """Ask for name and colour of a beat, and keep them with the project."""
        self.window_.draft.settle()
        say, content = self.panel.say, self.map.content
        if not beat or self.scenario.document is None:
            say(self.tr("Choose a beat of a project first."))
            return
        before, shown = self._given(beat), content.names.get(beat, "")
        if shown == f"Beat {beat}":
            # what a beat without a name is called is no name, and told in the window's language
            shown = self.tr("Beat {0}").format(beat)
        found = NameDialog.ask(beat, shown, content.own_colours.get(beat, ""), self.panel)
        # a plan may have come while it was asked
        self.window_.draft.settle()
        content = self.map.content
        if found is None:
            return
        name, colour = found
        # a proposed name that was left as it is was not given
        name = before[0] if name == shown else name
        if (name, colour) == before:
            return
        others = {n.casefold() for b, n in content.names.items() if b != beat}
        if name and name.casefold() in others:
            say(self.tr("Another beat is called “{0}” already.").format(name))
            return
        twin = next((b for b, c in content.own_colours.items() if b != beat and colour and alike(c, colour)), "")
        if twin:
            say(self.tr("Beat {0} has a colour that looks the same; choose another.").format(twin))
            return
        naming = Naming(beat, before, (name, colour))
        if self._set(beat, naming.after, self._words(naming)):
            self.done.append(naming)
            self.undone.clear()
            self.window_.draft.add(self._change(naming))
            # in the place of what was refused before
            say(f"{in_language(self._words(naming))}.")

    def _given(self, beat: str) -> tuple[str, str]:
        return self.scenario.given_names.get(beat, ""), self.scenario.given_colours.get(beat, "")

    @staticmethod
    def _words(naming: Naming) -> str:
        """Return what was changed as the history keeps it, for every language to tell."""
        beat, (name, colour) = naming.beat, naming.after
        if name != naming.before[0]:
            return f"Beat {beat} is called “{name}”" if name else f"Beat {beat} has no name of its own"
        return f"Beat {beat} has the colour {colour}" if colour else f"Beat {beat} has no colour of its own"

    def _change(self, naming: Naming) -> Change:
        ids = self.map.content.ids
        shape = self.map.content.shapes[ids.index(naming.beat)] if naming.beat in ids else None
        if shape is None:
            return Change(self.kind, in_language(self._words(naming)))
        west, south, east, north = shapely.bounds(shape).tolist()
        return Change(self.kind, in_language(self._words(naming)), (west, south, east, north))

    def _set(self, beat: str, given: tuple[str, str], words: str) -> bool:
        """Give a beat name and colour, and show them; return whether it has them."""
        document = self.scenario.document
        if document is None:
            return False
        try:
            document.name_beat(beat, *given, words)
            self.scenario.take_names()
        except InputError as error:
            self.window_.show_lines(self.tr("This cannot be done"), [str(note) for note in error.problems])
            return False
        self.map.content.take_colours(self.scenario.given_colours)
        names, drawing = self.scenario.beat_names, self.panel.drawing
        if drawing is not None:
            drawing.call(names)
            names = drawing.names
            self.panel.show_figures()
        self.map.content.names = {b: n for b, n in names.items() if n}
        self.map.redraw()
        self.panel.fill_beats()
        return True

    # ---- as a part of the draft

    def take_back(self) -> None:
        """Give the beat the name and the colour that it had before the last change."""
        naming = self.done.pop()
        self.undone.append(naming)
        self._set(naming.beat, naming.before, f"Taken back: {self._words(naming)}")

    def make_again(self) -> None:
        """Make the change again that was taken back last."""
        naming = self.undone.pop()
        self.done.append(naming)
        self._set(naming.beat, naming.after, self._words(naming))

    def changes(self) -> list[Change]:
        """Return the changes in force."""
        return [self._change(naming) for naming in self.done]

    def as_json(self) -> Any:
        """Return them as plain values."""
        return [{"beat": n.beat, "before": list(n.before), "after": list(n.after)} for n in self.done]

    def lay_down(self, kept: Any) -> None:
        """Take up what was kept: the names are in force with the project; only one that was changed again since is left out."""
        found = [Naming(str(k["beat"]), tuple(k["before"]), tuple(k["after"])) for k in kept]
        last = {n.beat: n.after for n in found}
        self.done, self.undone = [n for n in found if self._given(n.beat) == last[n.beat]], []

    def broken(self) -> list[str]:
        """Return the rules that names break: none."""
        return []

    def bring_up(self, field: str = "") -> None:
        """Show the panel, and light the beat up that is meant."""
        self.panel.bring_up()
