"""What panels may ask of the window that they belong to: here it is said once, and `MainWindow` keeps it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QTableView, QVBoxLayout

from beatplanner.ui.desktop.map.map_view import MapView
from beatplanner.ui.desktop.session.draft import Draft
from beatplanner.ui.desktop.session.session import OpenTown
from beatplanner.ui.desktop.session.solving import SolveProcess
from beatplanner.ui.desktop.toolkit.frame import Frame


class Window(Frame):
    """The window with its map, as panels know it; `MainWindow` is the one that there is.

    Attributes
    ----------
    scenario, map
        What is shown, and the map that shows it.
    draft, solving
        Changes that are in no plan yet, and the run that makes one.
    saved
        Whether nothing would be lost by leaving.
    table, sorted_model
        The table of beats, and the order of its rows.
    run_box, rules_button
        Where the run is told, and what opens the rules.
    place_search, coordinates
        Where a place is looked for, and what tells where the pointer is.
    """

    scenario: OpenTown
    map: MapView
    draft: Draft
    solving: SolveProcess
    saved: bool
    table: QTableView
    sorted_model: QSortFilterProxyModel
    run_box: QVBoxLayout
    rules_button: QPushButton
    place_search: QLineEdit
    coordinates: QLabel

    def beat_at(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """Return the beat of a row of the table as it is sorted."""
        raise NotImplementedError

    def show_lines(self, title: str, lines: list[str]) -> None:
        """Tell what cannot be done, and why."""
        raise NotImplementedError

    def rules_are_taken(self) -> bool:
        """Take the rules that were typed; what of them is refused is told."""
        raise NotImplementedError

    def select_row(self, beat: str) -> None:
        """Select a beat in the table; none where it has no row."""
        raise NotImplementedError

    def failed_checks(self) -> str:
        """Return in words that the checker found the plan wrong; "" where it did not, or has not looked yet."""
        raise NotImplementedError

    def refresh_proof(self) -> None:
        """Say anew, wherever the window does, what is proven of the plan: the checker has judged it, or judges it again."""
        raise NotImplementedError

    def in_draft(self, count: int | None = None) -> str:
        """Return how many changes (those of the draft for None) are not in the plan, in words."""
        raise NotImplementedError

    def follow_stroke(self) -> None:
        """Let what is shown follow a stroke of the brush."""
        raise NotImplementedError

    def make_draft_the_plan(self, *, improve: bool = False) -> bool:
        """Make every change of the draft the plan; return whether that has begun."""
        raise NotImplementedError
