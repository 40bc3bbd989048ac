"""What a user likes: language, theme, size of the text and own words; kept in the user's settings folder, and a dialog to change it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from platformdirs import user_config_path
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
)

from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.guide_pages import explain
from beatplanner.ui.desktop.toolkit.number_box import WholeBox
from beatplanner.ui.desktop.toolkit.tool_actions import add_action
from beatplanner.ui.desktop.window import theme
from beatplanner.ui.desktop.window.languages import LANGUAGES, TERMS

SMALLEST, LARGEST, STEP = 80, 250, 10


@dataclass
class Settings:
    """A user's settings.

    Attributes
    ----------
    language
        One of `languages.LANGUAGES`; "" for the system's.
    theme
        ``"system"``, ``"light"`` or ``"dark"``.
    text_size
        Of the system's text, in per cent.
    terms
        Other words for beat, forum and station, such as ``{"beat": "sector"}``.
    """

    language: str = ""
    theme: str = "system"
    text_size: int = 100
    terms: dict[str, str] = field(default_factory=dict)


def _file() -> Path:
    return user_config_path("beatplanner", appauthor=False) / "settings.json"


def read_settings() -> Settings:
    """Return the user's settings; what cannot be read is as it comes. ``BEATPLANNER_LANGUAGE`` goes before the language that was chosen."""
    found = Settings()
    try:
        saved = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        saved = {}
    if isinstance(saved, dict):
        for each in fields(Settings):
            value = saved.get(each.name)
            if type(value) is type(getattr(found, each.name)):
                setattr(found, each.name, value)
    found.text_size = min(max(found.text_size, SMALLEST), LARGEST)
    found.terms = {k: v for k, v in found.terms.items() if k in TERMS and isinstance(v, str) and v}
    found.language = os.environ.get("BEATPLANNER_LANGUAGE", found.language)
    return found


def write_settings(settings: Settings) -> None:
    """Keep the settings; a folder that cannot be written is no reason to stop."""
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(asdict(settings), ensure_ascii=False, indent=1), encoding="utf-8")


class SettingsDialog(QDialog):
    """Changes the settings: theme and size at once, language and words at the next start."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        explain(self, window)
        self.setWindowTitle(self.tr("Settings"))
        self.before = read_settings()
        self.language, self.theme, self.text_size = QComboBox(), QComboBox(), WholeBox()
        self.language.addItem(self.tr("as the system has it"), "")
        for code, name in LANGUAGES.items():
            self.language.addItem(name, code)
        self.language.setCurrentIndex(max(0, self.language.findData(self.before.language)))
        for value, words in (
            ("system", self.tr("as the system has it")),
            ("light", self.tr("light")),
            ("dark", self.tr("dark")),
        ):
            self.theme.addItem(words, value)
        self.theme.setCurrentIndex(max(0, self.theme.findData(self.before.theme)))
        self.text_size.setRange(SMALLEST, LARGEST)
        self.text_size.setSingleStep(STEP)
        self.text_size.setSuffix(" %")
        self.text_size.setValue(self.before.text_size)
        form = QFormLayout()
        for title, widget in (
            (self.tr("Language"), self.language),
            (self.tr("Theme"), self.theme),
            (self.tr("Size of the text"), self.text_size),
        ):
            widget.setAccessibleName(title)
            form.addRow(title, widget)
        self.terms: dict[str, QLineEdit] = {}
        for term in TERMS:
            entry = QLineEdit(self.before.terms.get(term, ""))
            entry.setPlaceholderText(self.tr(term))
            title = self.tr("Your word for “{0}”").format(self.tr(term))
            entry.setAccessibleName(title)
            form.addRow(title, entry)
            self.terms[term] = entry
        self.note = Label(self.tr("Language and words change when beatplanner starts again."))
        self.note.setWordWrap(True)
        self.review = Label(self.tr("Translations were not reviewed by native speakers yet."))
        self.review.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addWidget(self.review)
        column.addWidget(buttons)
        self.theme.currentIndexChanged.connect(lambda _: self._try())
        self.text_size.valueChanged.connect(lambda _: self._try())

    def chosen(self) -> Settings:
        """Return what the fields say."""
        terms = {k: e.text().strip() for k, e in self.terms.items() if e.text().strip()}
        return Settings(self.language.currentData(), self.theme.currentData(), self.text_size.value(), terms)

    def _try(self) -> None:
        look(self.chosen())

    def accept(self) -> None:
        """Keep what was chosen."""
        write_settings(self.chosen())
        look(self.chosen())
        super().accept()

    def reject(self) -> None:
        """Leave everything as it was."""
        look(self.before)
        super().reject()


def look(settings: Settings) -> None:
    """Apply theme and text size."""
    application = QApplication.instance()
    if isinstance(application, QApplication):
        theme.apply_theme(application, settings.theme)
        theme.apply_text_size(application, settings.text_size)


def step_text_size(step: int) -> int:
    """Make all text larger or smaller, and keep that; returns the new size in per cent."""
    settings = read_settings()
    settings.text_size = min(max(settings.text_size + step, SMALLEST), LARGEST)
    write_settings(settings)
    look(settings)
    return settings.text_size


def install(window: Window) -> None:
    """Add the dialog and the keys for the text's size."""
    entries = (
        (
            Action(
                "open_settings",
                "File",
                "Settings…",
                "Choose language, theme, size of the text, and your own words.",
                "Ctrl+,",
            ),
            lambda: SettingsDialog(window).exec(),
        ),
        (
            Action("text_larger", "View", "Larger text", "Make all text of the window larger.", "Ctrl+Alt++"),
            lambda: step_text_size(STEP),
        ),
        (
            Action("text_smaller", "View", "Smaller text", "Make all text of the window smaller.", "Ctrl+Alt+-"),
            lambda: step_text_size(-STEP),
        ),
    )
    for entry, slot in entries:
        add_action(window, entry, slot)
