"""The menus as a whole: what stands in them in which order, in groups, and a letter for each menu and each entry.

Panels add their actions as they come; here they are put where a user of other programs looks for them.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

# Groups of actions by menu; what a menu has beyond these comes last, in a group of its own.
GROUPS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("new_from_layers", "choose_project", "choose_result", "open_sample_town"),
        ("save_project", "save_project_as", "save_result"),
        ("print_map", "export_picture", "export_data"),
        ("open_settings",),
        ("close",),
    ),
    (("draw_undo", "draw_redo"), ("drop_draft",)),
    (
        ("run_plan", "pause_plan", "finish_early", "cancel_plan"),
        ("change_rules",),
        ("verify_plan", "open_report", "copy_table"),
    ),
    (
        ("draw_brush", "draw_paint_selection"),
        ("draw_split", "draw_halve", "draw_merge", "draw_name"),
        ("draw_lock", "draw_unlock"),
        ("draw_link", "draw_barrier", "draw_remove"),
        ("draw_show_broken", "draw_repair", "draw_improve", "draw_keep"),
    ),
    (
        ("zoom_in", "zoom_out", "zoom_all"),
        ("show_results", "show_stations", "show_postings", "show_project_dock"),
        ("next_panel", "previous_panel"),
        ("show_card", "show_charts", "show_service", "show_warnings", "show_proof"),
        ("next_beat", "previous_beat", "copy_card"),
        ("layer_legend", "layer_patterns", "background_map", "no_background_map"),
        ("text_larger", "text_smaller"),
    ),
    (
        ("map_move", "map_box", "map_lasso", "map_measure"),
        ("map_select_beat", "map_select_none", "map_zoom_selection"),
        ("map_search",),
    ),
    (("open_guide", "begin_tour"), ("find_action", "show_help"), ("show_about",)),
)


def with_mnemonics(texts: list[str]) -> list[str]:
    """Return titles with an ampersand before a letter that no other has, the first of a word where there is one.

    What has one already keeps it; where letters are few, an earlier title makes room for a later one, so that a title
    gets none only where no choice of letters serves more (augmenting paths of a matching; Kuhn 1955). “&&” is an
    ampersand that is seen.
    """
    lettered = ["&" in t.replace("&&", "") for t in texts]
    kept = {t[t.index("&") + 1].casefold() for t in (t.replace("&&", "") for t in texts) if "&" in t[:-1]}
    owner: dict[str, int] = {}
    place: dict[int, int] = {}

    def served(title: int, tried: set[str]) -> bool:
        """Find a letter for a title, if need be by giving its owner another one."""
        places = [(at, texts[title][at].casefold()) for at in _places(texts[title])]
        for at, letter in sorted(places, key=lambda p: p[1] in owner):
            if letter in kept or letter in tried:
                continue
            tried.add(letter)
            if letter not in owner or served(owner[letter], tried):
                owner[letter], place[title] = title, at
                return True
        return False

    for title, done in enumerate(lettered):
        if not done:
            served(title, set())
    return [f"{t[: place[i]]}&{t[place[i] :]}" if i in place else t for i, t in enumerate(texts)]


def _places(text: str) -> list[int]:
    """Return where a title's letter may stand: the firsts of its words, then the others."""
    starts = [i for i, c in enumerate(text) if c.isalnum() and (i == 0 or not text[i - 1].isalnum())]
    return starts + [i for i, c in enumerate(text) if c.isalpha() and i not in starts]


def name_menus(bar: QMenuBar) -> None:
    """Give every menu of a bar a letter, and while a menu is open every entry of it."""
    _put_letters([a for a in bar.actions() if a.text()])
    for action in bar.actions():
        menu = action.menu()
        if isinstance(menu, QMenu):
            _Letters(menu)


def _put_letters(actions: list[QAction]) -> None:
    for action, text in zip(actions, with_mnemonics([a.text() for a in actions]), strict=True):
        if action.text() != text:
            action.setText(text)


class _Letters(QObject):
    """Letters of a menu's entries, there while it is open: buttons, the palette and the list of keys say the words alone."""

    def __init__(self, menu: QMenu) -> None:
        super().__init__(menu)
        self.menu = menu
        self.before: list[tuple[QAction, str, str]] = []
        menu.aboutToShow.connect(self.put)
        menu.aboutToHide.connect(self.take)

    def put(self) -> None:
        """Give each entry its letter."""
        actions = [a for a in self.menu.actions() if a.text() and not a.isSeparator()]
        words = [a.text() for a in actions]
        _put_letters(actions)
        self.before = [(a, text, a.text()) for a, text in zip(actions, words, strict=True)]

    def take(self) -> None:
        """Take them back, but where the words have changed meanwhile."""
        for action, words, lettered in self.before:
            if action.text() == lettered:
                action.setText(words)
        self.before = []


def arrange(bar: QMenuBar, actions: dict[str, QAction]) -> None:
    """Bring the entries of each menu into their groups, parted by lines."""
    groups_of = {name: groups for groups in GROUPS for group in groups for name in group}
    names = {id(action): name for name, action in actions.items()}
    for title in bar.actions():
        menu = title.menu()
        if not isinstance(menu, QMenu):
            continue
        entries = menu.actions()
        known = [names.get(id(a), "") for a in entries]
        groups = next((groups_of[name] for name in known if name in groups_of), ())
        there = dict(zip(known, entries, strict=True))
        placed = [[there[name] for name in group if name in there] for group in groups]
        placed.append([a for a in entries if not any(a is b for group in placed for b in group)])
        for action in entries:
            menu.removeAction(action)
        for number, group in enumerate(g for g in placed if g):
            if number:
                menu.addSeparator()
            menu.addActions(group)
