"""Choosing a background map from the user's disk, and using it again at the next start."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_config_path
from PySide6.QtWidgets import QFileDialog

from beatplanner.data.errors import InputError
from beatplanner.data.paths import whole_path
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.tool_actions import add_action

if TYPE_CHECKING:
    from beatplanner.ui.desktop.map.background_map import BackgroundMap

ENDING = ".mbtiles"
ACTION = Action(
    "background_map",
    "View",
    "Background map…",
    "Lay a map of your own, an MBTiles file, under the beats; no network is asked.",
    "Ctrl+Shift+B",
)
REMOVE = Action(
    "no_background_map",
    "View",
    "Remove background map",
    "Lay no map under the beats any more; its file stays.",
    "",
)
# What the beats keep of their colour over a background map, so that it is seen through them.
SEEN_THROUGH = 0.55


def _file() -> Path:
    return user_config_path("beatplanner", appauthor=False) / "background.json"


def remembered() -> Path | None:
    """Return the background map that was chosen last; None where none was."""
    try:
        path = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Path(path) if isinstance(path, str) else None


def _remember(path: Path | None) -> None:
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(None if path is None else str(whole_path(path))), encoding="utf-8")


def use(window: Window, path: Path) -> None:
    """Lay a background map under the beats.

    Raises
    ------
    InputError
        Where the file is no background map.
    """
    from beatplanner.ui.desktop.map.background_map import BackgroundMap

    window.map.take_background(BackgroundMap(path))
    beats = window.map.stack["Beats"]
    if beats.opacity > SEEN_THROUGH:
        window.map.stack.change("Beats", opacity=SEEN_THROUGH)


def use_background(window: Window, path: Path) -> None:
    """Use a background map and remember it, or tell why it cannot be used."""
    try:
        use(window, path)
    except InputError as error:
        window.show_lines(window.tr("This background map cannot be used"), [str(note) for note in error.problems])
        return
    _remember(path)
    background = window.map.background
    why = nothing_of_town(window, background) if window.scenario.is_open and background is not None else ""
    if why:
        window.show_lines(window.tr("Background map"), [why])
    elif words := owed_to_nobody(window):
        window.statusBar().showMessage(words)
    else:
        window.statusBar().showMessage(window.tr("Background map: {0}").format(path.name), 8_000)


def owed_to_nobody(window: Window) -> str:
    """Say that the file of the background map names nobody whom it is owed to, so that nothing of that stands on the map; "" where it does."""
    background = window.map.background
    if background is None or background.file.attribution:
        return ""
    words = window.tr("Background map “{0}”: its file does not say who made it, so no © stands on the map.")
    return words.format(background.file.name)


def say_at_opening(window: Window) -> None:
    """Say once of the background map of the last time what is not seen on the map of the project that was opened: the map itself, or who made it."""
    if window.map.background is not None and window.scenario.is_open:
        words = nothing_of_town(window, window.map.background) or owed_to_nobody(window)
        if words:
            window.statusBar().showMessage(words)


def nothing_of_town(window: Window, background: BackgroundMap) -> str:
    """Say why nothing of a background map is seen under the town; "" where something is."""
    from beatplanner.ui.desktop.map.background_map import MOST_PIXELS

    try:
        why = background.shows_nothing_because(window.map.content.bounds)
    except InputError as error:
        return str(error)
    words = {
        None: "",
        "elsewhere": window.tr("“{0}” shows nothing of this town."),
        "coarse": window.tr("“{0}” is too coarse for this town: its finest zoom is {1}."),
        "large": window.tr(
            "The pictures of “{0}” are larger than {2} pixels a side, or no pictures, and are not shown."
        ),
    }[why]
    return words.format(background.file.name, background.file.most, number(MOST_PIXELS))


def remove_background(window: Window) -> None:
    """Lay no background map under the beats any more, also not at the next start."""
    if window.map.background is None:
        window.statusBar().showMessage(window.tr("There is no background map."), 8_000)
        return
    window.map.take_background(None)
    if window.map.stack["Beats"].opacity == SEEN_THROUGH:
        window.map.stack.change("Beats", opacity=1.0)
    _remember(None)
    window.statusBar().showMessage(window.tr("The background map is removed."), 8_000)


def use_remembered(window: Window) -> None:
    """Use the background map of the last time; one that is gone or broken is left out, and that is said."""
    path = remembered()
    if path is None:
        return
    try:
        use(window, path)
    except InputError as error:
        window.statusBar().showMessage(in_language(str(error.problems[0])))


def install(window: Window) -> None:
    """Add the action to the window."""

    def ask() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window, window.tr("Background map"), "", window.tr("Background maps (*.mbtiles)")
        )
        if name:
            use_background(window, Path(name))

    add_action(window, ACTION, ask)
    add_action(window, REMOVE, lambda: remove_background(window))
