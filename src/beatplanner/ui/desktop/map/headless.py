"""The map drawn without a window, for the command line."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from beatplanner.data.errors import InputError, problem
from beatplanner.data.project.lock import user_name


def print_plan(
    folder: Path, out: Path, *, paper: str, landscape: bool, scale: float | None, title: str, patterns: bool
) -> None:
    """Print the map of a result as a page.

    Parameters
    ----------
    folder
        A result folder.
    out
        ``.pdf`` or ``.png``.
    paper, landscape, scale, title
        As for `printing.Page`.
    patterns
        Hatched beats for black and white.

    Raises
    ------
    InputError
        Where the result cannot be read, there is no such paper, or the page cannot be written.
    """
    try:
        from PySide6.QtGui import QGuiApplication
    except ImportError as error:
        raise InputError(
            problem(f"pages are drawn by Qt, which cannot be loaded ({error})", "Install beatplanner with its desktop")
        ) from None
    from beatplanner.data.result.folder import read_result
    from beatplanner.data.result.run_card import card_rows
    from beatplanner.planning.whole.verdict import found_wrong
    from beatplanner.ui.desktop.map.map_content import MapContent
    from beatplanner.ui.desktop.map.map_layers import LayerStack
    from beatplanner.ui.desktop.map.printing import PrintedPage, write_page
    from beatplanner.ui.desktop.session.session import OpenTown

    if QGuiApplication.instance() is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        # kept by Qt itself until the program ends
        print_plan.app = QGuiApplication(["beatplanner"])  # type: ignore[attr-defined]
    scenario = OpenTown()
    scenario.plan, scenario.result = read_result(folder), folder
    stack = LayerStack()
    stack.patterns = patterns
    page = PrintedPage(
        title=title or scenario.name,
        paper=paper,
        landscape=landscape,
        scale=scale,
        card=tuple(
            card_rows(
                scenario.plan.summary,
                who=user_name(),
                when=dt.date.today().isoformat(),
                wrong=found_wrong(folder),
                # as the foot of the page writes it
                day=lambda day: f"{dt.date.fromisoformat(day):%d.%m.%Y}" if day else "",
            )
        ),
    )
    write_page(out, page, MapContent(scenario), stack)
