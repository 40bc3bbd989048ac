"""What the parts of the main window may ask of it beside what every panel may; `MainWindow` keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels.drawing_panel import DrawingPanel
from beatplanner.ui.desktop.panels.rule_editor import RulePanel
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.window.side_width import SideWidth


class Ends(Protocol):
    """A tour that can be left."""

    def end(self) -> None:
        """Leave it."""
        ...


class MainFrame(Window):
    """The main window, as its own parts know it.

    Attributes
    ----------
    side_width
        How wide the panels at the side are.
    drawing_panel, rule_panel
        Where beats are drawn by hand, and where rules are changed.
    tour
        The tour that is under way; None where there is none.
    in_front
        Names of the panels that lay in front when the window was closed, until a town is open.
    """

    in_front: list[str]
    side_width: SideWidth
    drawing_panel: DrawingPanel
    rule_panel: RulePanel
    tour: Ends | None

    def open(self, path: Path, *, asked: bool = False) -> None:
        """Open a project or result; `asked` where it was asked already whether what is open may be left."""
        raise NotImplementedError

    def save_project_as(self) -> bool:
        """Ask for a name and save the project there; return whether it was saved."""
        raise NotImplementedError

    def show_change(self, change: Change) -> None:
        """Show where a change is."""
        raise NotImplementedError

    def put_tools_away(self, *, away: bool) -> None:
        """Hide what belongs to a town while none is open, and bring back what was hidden so."""
        raise NotImplementedError

    def may_drop_refused(self) -> bool:
        """Take the rules that were typed; ask where some are refused and would be lost."""
        raise NotImplementedError

    def may_leave(self) -> bool:
        """Ask before a run is ended or an unsaved plan is lost."""
        raise NotImplementedError

    def may_end_work(self, *, posting: bool = True) -> bool:
        """Ask before what works on the draft is ended."""
        raise NotImplementedError

    def may_lose_draft(self, count: int | None = None) -> bool:
        """Ask before changes by hand (the draft for None) are lost."""
        raise NotImplementedError

    def enable_actions(self) -> None:
        """Let be done what can be done now."""
        raise NotImplementedError
