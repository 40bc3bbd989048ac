"""Bring the catalogues of the window up to date: `python docs/interface_catalogues.py`.

Texts come from every `tr("…")` of the desktop, from its tables of actions, layers and choices, and from the rules; the sentences that planning tells
come as templates with fields, in a context of their own (`sentence_templates.py`). New ones come in empty, texts that are
gone are dropped, Serbian in Latin letters is written from Serbian in Cyrillic. A translation that no native speaker has reviewed is flagged "fuzzy".
"""

from __future__ import annotations

import ast
import functools
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "docs")]

from sentence_templates import names_of_checks, names_of_keys, templates

from beatplanner.ui.desktop.toolkit.in_language import CONTEXT

DESKTOP = ROOT / "src" / "beatplanner" / "ui" / "desktop"
FOLDER = ROOT / "src" / "beatplanner" / "data" / "catalogues" / "interface"
LOCALES = ("sq", "sr_Cyrl", "mk", "ro", "ru")
HEADER = "# The window of beatplanner.\n# Written by a machine; texts flagged fuzzy wait for a native speaker."
# What Qt itself writes on the buttons of its dialogs.
BUTTONS = (
    "OK",
    "Cancel",
    "&Yes",
    "&No",
    "Save",
    "Discard",
    "Close",
    "Apply",
    "Reset",
    "Help",
    "Open",
    "Retry",
    "Ignore",
    "Abort",
    # and how it calls the buttons of panels and tabs
    "Float",
    "Undocks and re-attaches the dock widget",
    "Closes the dock widget",
    "Scroll Left",
    "Scroll Right",
)
# What stands in Qt's own dialog of files, in the menu of a field and beside a number; Qt has it in none of our languages but Russian.
DIALOGS = (
    "&Look in:",
    "Go back",
    "Forward",
    "Go forward",
    "Parent Directory",
    "Go to the parent directory",
    "Create New Folder",
    "Create a New Folder",
    "List View",
    "Change to list view mode",
    "Detail View",
    "Change to detail view mode",
    "Sidebar",
    "List of places and bookmarks",
    "Files of &type:",
    "Computer",
    "Drive",
    "Folder",
    "Size",
    "Type",
    "Date Modified",
    "File &name:",
    "&Open",
    "All Files (*)",
    "Show ",
    "&Rename",
    "&Delete",
    "Show &hidden files",
    "&New Folder",
    "New Folder",
    "&Save",
    "Directories",
    "Directory:",
    "&Choose",
    "Find Directory",
    "Save As",
    "Remove",
    "Recent Places",
    "My Computer",
    "%1 already exists.\nDo you want to replace it?",
    "%1\nFile not found.\nPlease verify the correct file name was given.",
    "%1\nDirectory not found.\nPlease verify the correct directory name was given.",
    "'%1' is write protected.\nDo you want to delete it anyway?",
    "Are you sure you want to delete '%1'?",
    "Could not delete directory.",
    "&Undo",
    "&Redo",
    "Cu&t",
    "&Copy",
    "&Paste",
    "Delete",
    "Select All",
    "&Select All",
    "&Step up",
    "Step &down",
)


def menus() -> list[str]:
    """Return menus, actions and the names of panels: what must be translated first."""
    found: dict[str, None] = {}
    for call in _calls("Key"):
        for argument in call.args[2:3]:
            found |= dict.fromkeys(_texts(argument))
    for call in _calls("Action"):
        for argument in call.args[1:3]:
            found |= dict.fromkeys(_texts(argument))
    for file in sorted(DESKTOP.rglob("*.py")):
        for call in _calls_of(file, "QDockWidget"):
            for inner in ast.walk(call):
                if isinstance(inner, ast.Call):
                    found |= dict.fromkeys(t for a in inner.args for t in _texts(a))
    for call in _calls("add_panel"):
        found |= dict.fromkeys(_texts(call.args[3]))
    # menus that are named by a constant
    from beatplanner.ui.desktop.panels import drawing_menu

    return list(dict.fromkeys([*found, drawing_menu.MENU, "Compare", "Compare plans…"]))


def rules() -> list[str]:
    """Return labels, sentences and units of the rules, and the presets."""
    from beatplanner.data.description.rules import RULES
    from beatplanner.planning.rule_catalog import PRESETS
    from beatplanner.ui.desktop.panels.rule_editor import TITLES

    found = list(TITLES.values())
    for r in RULES:
        found += [t for t in (r.label, r.words, r.off, r.auto, r.unit, *r.choices.values()) if t and t != "%"]
    found += [p.name for p in PRESETS] + ["barriers separate beats, except at crossings"]
    return list(dict.fromkeys(found))


def others() -> list[str]:
    """Return all other texts: what `tr` is called with, tables, why there are rules, the tour, what actions do."""
    from beatplanner.data.description.rules import RULES
    from beatplanner.data.guided_import import draft
    from beatplanner.data.result import run_card
    from beatplanner.planning import changed_rules
    from beatplanner.planning.compare.figure_rows import BLOCKS
    from beatplanner.planning.rule_catalog import (
        ONE,
        PRESET,
        PRESETS,
        TAKEN_BACK,
        names_in_tables,
        words_of_one,
    )
    from beatplanner.planning.typed_rules import HOW
    from beatplanner.ui.desktop.map import export_panel, map_content, map_layers, workbook_words
    from beatplanner.ui.desktop.panels import beat_table, comparison, drawing_dialogs, gantt_panel, live_table
    from beatplanner.ui.desktop.window import tour
    from beatplanner.ui.desktop.window.languages import TERMS

    found: dict[str, None] = {}
    for name in ("tr", "translated"):
        for call in _calls(name):
            if call.args:
                found |= dict.fromkeys(_texts(call.args[0]))
    tables = (
        [c[0] for c in (*beat_table.COLUMNS, *beat_table.LEVELS)],
        live_table.COLUMNS,
        [f.help for _, block in BLOCKS for f in block if f.help],
        drawing_dialogs.WAYS,
        drawing_dialogs.OBSTACLES,
        map_content.FIGURES,
        map_layers.METHODS,
        map_layers.SHADES,
        [layer.name for layer in map_layers.first_layers()],
        comparison.MODES,
        [name for name, _ in export_panel.FORMATS],
        workbook_words.WORDS,
        changed_rules.WORDS,
        TERMS,
        BUTTONS,
        DIALOGS,
        ("Menu", "Action", "Keys", "What it does"),
        ("When", "Who", "What", "Why"),
        ("Officer", "Beat", "From", "Until", "Months"),
        ("Site", "Open"),
        ("municipality", "unit", "street"),
        gantt_panel.FIGURES.values(),
        draft.ROLE_WORDS.values(),
        draft.MEANING_WORDS.values(),
        (*run_card.WORDS, run_card.PRINTED, run_card.PROOF, run_card.FAILED),
        _mends(),
    )
    for table in tables:
        found |= dict.fromkeys(str(t) for t in table)
    for stop in tour.STOPS:
        found |= dict.fromkeys((stop.title, stop.text))
    for rule in RULES:
        found |= dict.fromkeys((rule.why, rule.source))
    found |= dict.fromkeys((*filter(None, map(words_of_one, RULES)), *ONE.values()))
    found |= dict.fromkeys(p.about for p in PRESETS)
    found |= dict.fromkeys(
        (
            *HOW.values(),
            PRESET,
            TAKEN_BACK,
            *names_in_tables(),
            *names_of_checks(),
            *names_of_keys(),
            *names_of_inputs(),
        )
    )
    for call in _calls("Action"):
        for argument in call.args[3:4]:
            found |= dict.fromkeys(_texts(argument))
    return list(found)


def names_of_inputs() -> list[str]:
    """Return the words of the keys that are no rules, such as “barriers” of beats.barriers: what the checker's inputs are called, and what sentences call keys."""
    from beatplanner.data.description.models import SECTIONS
    from beatplanner.data.description.rules import BY_KEY

    fields = [(section, name) for section, model in SECTIONS.items() for name in model.model_fields]
    return list(dict.fromkeys(n.replace("_", " ") for s, n in fields if f"{s}.{n}" not in BY_KEY))


def _mends() -> list[str]:
    """Return what the buttons beside a doubt of the guided import say."""
    file = ROOT / "src" / "beatplanner" / "data" / "guided_import" / "doubts.py"
    calls = _calls_of(file, "Doubt")
    return [t for call in calls for k in call.keywords if k.arg == "mend_words" for t in _texts(k.value)]


def messages() -> list[str]:
    """Return every text of the window, the most needed first."""
    return list(dict.fromkeys(t for t in (*menus(), *rules(), *others()) if t.strip()))


def _calls(name: str) -> list[ast.Call]:
    return [call for file in sorted(DESKTOP.rglob("*.py")) for call in _calls_of(file, name)]


def _calls_of(file: Path, name: str) -> list[ast.Call]:
    return _calls_by_name(file).get(name, [])


@functools.cache
def _calls_by_name(file: Path) -> dict[str, list[ast.Call]]:
    """Return every call of a file by the name that is called: a dozen tables look through the same files."""
    found: dict[str, list[ast.Call]] = {}
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found.setdefault(name, []).append(node)
    return found


def _texts(node: ast.AST) -> list[str]:
    """Return the texts that an argument can be: a text, or either of a choice."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return []


def updated(locale: str, wanted: list[str], given: dict[str, str]) -> Catalog:
    """Return a catalogue with just the texts that are wanted, translated as far as the old one or `given` has them."""
    path = FOLDER / f"{locale}.po"
    old = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as stream:
            old = read_po(stream, locale=locale)
    new = Catalog(
        locale=locale, project="beatplanner", version="1", fuzzy=False, copyright_holder="the beatplanner project"
    )
    new.header_comment = old.header_comment if path.exists() else HEADER
    for context, texts in ((None, wanted), (CONTEXT, templates())):
        for text in texts:
            known = old.get(text, context)
            said = given.get(text) or (known.string if known else None)
            flags = {"fuzzy"} if known is None or known.fuzzy or text in given else ()
            new.add(text, said, flags=flags, context=context)
    return new


def save(catalogue: Catalog, locale: str) -> None:
    """Write a catalogue, without the date, so that it changes only where a text does."""
    path = FOLDER / f"{locale}.po"
    with path.open("wb") as stream:
        write_po(stream, catalogue, width=0, omit_header=False, ignore_obsolete=True)
    dates = ('"POT-Creation-Date', '"PO-Revision-Date')
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith(dates)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Update every catalogue and say what is missing.

    A table may be given: lines of English and its translation into each of `LOCALES`, with tabs between.
    """
    from catalogues import latin

    FOLDER.mkdir(exist_ok=True)
    given: dict[str, dict[str, str]] = {locale: {} for locale in LOCALES}
    for name in sys.argv[1:]:
        for line in Path(name).read_text("utf-8").splitlines():
            english, *said = line.replace("\\n", "\n").split("\t")
            for locale, text in zip(LOCALES, said, strict=False):
                given[locale][english] = text
    wanted = messages()
    first = set(menus()) | set(rules())
    for locale in LOCALES:
        catalogue = updated(locale, wanted, given[locale])
        save(catalogue, locale)
        empty = [str(m.id) for m in catalogue if m.id and not m.string]
        print(
            f"{locale}: {len(wanted)} texts, {len(empty)} not translated, {sum(t in first for t in empty)} of them menus and rules"
        )
        if locale == "sr_Cyrl":
            other = Catalog(locale="sr_Latn", project="beatplanner", version="1", fuzzy=False)
            other.header_comment = catalogue.header_comment
            for m in catalogue:
                if m.id:
                    other.add(m.id, latin(str(m.string or "")), flags=m.flags, context=m.context)
            save(other, "sr_Latn")


if __name__ == "__main__":
    main()
