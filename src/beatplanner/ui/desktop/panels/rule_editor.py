"""The panel of rules: each in words with its field, why it is there, its default, and presets; an edit is a step of the project's history, and of the draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.errors import InputError, Note
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels.cell_rows import Standing
from beatplanner.ui.desktop.panels.changed_rules import ChangedRules
from beatplanner.ui.desktop.panels.rule_field import RuleField
from beatplanner.ui.desktop.panels.rule_host import by_key, catalog
from beatplanner.ui.desktop.plain_text import Label, literal, question
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.session.draft import Draft
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.in_language import in_counts, in_language, kind_in_language
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel

if TYPE_CHECKING:
    from beatplanner.data.description.sections.rule import Rule
    from beatplanner.data.narrowing import Table
    from beatplanner.planning.rule_catalog import Preset

# So many changed rules are told one by one below the fields; the others are in the tip.
MOST_CHANGED = 3
TITLES = {
    "beats": "Beats",
    "stations": "Stations",
    "officers": "Officers",
    "workload": "Work",
    "service": "Service",
    "budget": "Money",
    "forum": "Forums",
    "country": "Country",
}


class RulePanel(QWidget):
    """All rules of the project that is open; their fields are made when the panel is first seen, or asked for one."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_ = window
        self.explained = ""
        # those made by now, and whether the rules are to be shown yet
        self._made: list[RuleField] = []
        self._late = True
        self.head, self.stale = Label(), Label()
        for label in (self.head, self.stale):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.presets = QPushButton(self.tr("Presets"))
        menu = QMenu(self.presets)
        menu.aboutToShow.connect(lambda: self._fill_presets(menu))
        menu.setToolTipsVisible(True)
        self.presets.setMenu(menu)
        self.more = QToolButton()
        self.more.setText(self.tr("More rules"))
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._show_more)
        self.body = QVBoxLayout()
        self.rest = QWidget()
        self.rest_body = QVBoxLayout(self.rest)
        self.rest_body.setContentsMargins(0, 0, 0, 0)
        self.rest.hide()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.addLayout(self.body)
        column.addWidget(self.more)
        column.addWidget(self.rest)
        column.addStretch(1)
        self.area = scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        outer = QVBoxLayout(self)
        outer.addWidget(self.head)
        outer.addWidget(self.presets)
        outer.addWidget(scroll, 1)
        # below the fields, which stay under the pointer while it grows
        outer.addWidget(self.stale)
        self._keys: tuple[str, ...] = ()
        self._of: object = None
        self.dock: QDockWidget | None = None
        draft: Draft = window.draft
        self.changed = ChangedRules(draft, window.scenario, self.bring_up)
        draft.before_undo.append(self.commit)
        draft.returned.connect(self._returned)

    def _fill_presets(self, menu: QMenu) -> None:
        if menu.isEmpty():
            for preset in catalog().PRESETS:
                action = menu.addAction(self.tr(preset.name))
                action.setToolTip(self.tr(preset.about))
                action.triggered.connect(lambda _=False, p=preset: self.offer(p))

    def _show_more(self, on: bool) -> None:
        self.more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.rest.setVisible(on)

    # ---- what is shown

    def rules(self) -> Table | None:
        """Return the rules in force as JSON; None where a result is shown, whose rules are past."""
        document = self.window_.scenario.document
        return None if document is None else document.rules()

    @property
    def fields(self) -> list[RuleField]:
        """The fields of all rules, with the rules in force."""
        self.catch_up()
        return self._made

    def load(self) -> None:
        """Show the rules in force, unless nobody has looked at any yet."""
        self._late = True
        if self._made or not self.visibleRegion().isEmpty():
            self.catch_up()
        else:
            self.enable()

    def seen(self) -> None:
        """Make the fields where the panel is seen for the first time."""
        if not self.visibleRegion().isEmpty():
            self.catch_up()

    def catch_up(self) -> None:
        """Show the rules in force now, also where nobody sees them."""
        if not self._late:
            return
        self._late = False
        document = self.window_.scenario.document
        of = None if document is None else (document, document.active)
        anew, self._of = of != self._of, of
        rules = self.rules()
        self.head.setText(
            self.tr("Open the project to change its rules; these are the rules of a plan that was made.")
            if rules is None or document is None
            else self.tr("Scenario “{0}”").format(document.active)
            if document.active
            else self.tr("The project's own rules")
        )
        if rules is None:
            plan = self.window_.scenario.plan
            rules = {} if plan is None else dict(plan.summary.get("rules", {}))
        there = catalog().settable_rules(rules) if rules else []
        if tuple(r.key for r in there) != self._keys:
            self._build(there)
            # in fields that are made just now nothing is typed
            anew = True
        if anew:
            self.window_.draft.typed.forget()
        for entry in self._made:
            entry.load(rules, anew=anew)
        self.enable()
        head, *lines = self.stale_words() or [""]
        more = [self.tr("And {0} more.").format(len(lines) - MOST_CHANGED)] if len(lines) > MOST_CHANGED else []
        self.stale.setText("\n".join([head, *lines[:MOST_CHANGED], *more]))
        self.stale.setToolTip(literal("\n".join([head, *lines])) if more else "")
        self.stale.setVisible(bool(head))

    def _build(self, rules: list[Rule]) -> None:
        for layout in (self.body, self.rest_body):
            while layout.count():
                item = layout.takeAt(0)
                widget = None if item is None else item.widget()
                if widget is not None:
                    widget.deleteLater()
        self._made, self._keys = [], tuple(r.key for r in rules)
        for layout, common in ((self.body, True), (self.rest_body, False)):
            section = ""
            for rule in (r for r in rules if r.common == common):
                if rule.section != section:
                    section = rule.section
                    layout.addWidget(_heading(self.tr(TITLES[section])))
                entry = RuleField(self, rule)
                self._made.append(entry)
                layout.addWidget(entry)
        self.more.setVisible(any(not r.common for r in rules))
        self._show_more(self.more.isChecked())

    def hours(self, tolerance: float) -> list[str]:
        """Return what a tolerance means in hours, by the plan that is shown; at most three municipalities."""
        plan = self.window_.scenario.plan
        found = [] if plan is None else (plan.summary.get("beats") or {}).get("municipalities", [])
        lines = []
        for place, low, high in catalog().hours_of(found[:3], tolerance):
            words = self.tr("{0} to {1}").format(number(low), number(high))
            lines.append(f"{place}: {words}" if place else words)
        return lines

    def count(self, section: str) -> int:
        """Return how many beats or stations the plan that is shown has."""
        plan = self.window_.scenario.plan
        return 0 if plan is None else int((plan.summary.get(section) or {}).get("count") or 0)

    def kinds(self) -> Mapping[str, str]:
        """Return what the force calls its kinds of incidents in the pack."""
        return self.window_.scenario.kinds

    def stale_words(self) -> list[str]:
        """Return which rules changed since the plan that is shown, a line each below one that says so; nothing where none did."""
        plan, rules = self.window_.scenario.plan, self.rules()
        if plan is None or rules is None or not plan.summary.get("rules"):
            return []
        changed = catalog().differences(plan.summary["rules"], rules)
        if not changed:
            return []
        kind_words = kind_in_language(self.tr, self.kinds())
        lines: list[str] = []
        for r, before, now in changed:
            values = zip(catalog().what_differs(before, now), (plan.summary["rules"], rules), strict=True)
            was, is_ = (
                # a row that one of the two tables lacks is none there
                "–"
                if value == {}
                else in_counts(
                    catalog().rule_in_sentence(r, value, kind_words, in_language, catalog().currency_of_rule(r, of))
                )
                for value, of in values
            )
            lines.append(f"{self.tr(r.label)}: {was} → {is_}")
        head = self.tr("Changed since the plan that is shown (press Plan to make it anew):")
        return [head, *(f"• {t}" for t in lines)]

    def enable(self) -> None:
        """Let rules be changed, but not while a plan is made of them."""
        editable = self.rules() is not None and not self.window_.solving.running
        for entry in self._made:
            entry.setEnabled(editable)
        self.presets.setEnabled(editable)
        running, draft = self.window_.solving.running, self.window_.draft
        draft.held = {self.changed.kind} if running else set()
        if not running:
            draft.being_planned = 0

    # ---- what is changed

    def commit(self) -> list[str]:
        """Take what was typed at once: before it is planned with, saved or left; return what of it is refused, and why."""
        for entry in list(self._made):
            entry.commit()
        return self.refused()

    def refused(self) -> list[str]:
        """Return what was typed and is not in force, and why."""
        return [f"{entry.label.text()}: {entry.refusal.words}" for entry in self._made if entry.refusal is not None]

    def bring_up_refused(self) -> None:
        """Show the first rule that was typed and is not in force."""
        self.bring_up(next((entry.rule.key for entry in self._made if entry.refused), ""))

    def set(self, values: Mapping[str, object], what: str = "") -> str:
        """Change rules, as one change of the draft; return in words what is wrong, "" where nothing is."""
        document, rules = self.window_.scenario.document, self.rules()
        if document is None or rules is None:
            return ""
        rules_by_key = by_key()
        values = {
            k: v
            for k, v in values.items()
            if catalog().value_of(rules, rules_by_key[k]) != (rules_by_key[k].default if v is None else v)
        }
        if not values:
            return ""
        words = what or "; ".join(
            f"{rules_by_key[k].label}: {catalog().rule_in_sentence(rules_by_key[k], rules_by_key[k].default if v is None else v)}"
            for k, v in values.items()
        )
        try:
            self.changed.change(values, words)
        except InputError as error:
            return "\n".join(self._words_of(note, values) for note in error.problems)
        self._took_effect()
        return ""

    def _words_of(self, note: Note, keys: Iterable[str]) -> str:
        """Return what is wrong with rules; in a table that is changed with its row and column."""
        words = in_language(". ".join(t for t in (note.what, note.mend) if t))
        entry = next((e for e in self._made if e.rule.key in keys and note.field.startswith(f"{e.rule.key}.")), None)
        return words if entry is None else entry.words_in_cell(note.field, words)

    def typed(self, key: str, change: str, shows: tuple[Standing, Standing]) -> None:
        """Take what was typed into cells and is not in force as a step that is undone: how they stood before, and stand since."""
        self.window_.draft.add_typed(
            Change(self.changed.kind, change, field=key, typed=True), lambda after: self._stand(key, shows[after])
        )

    def _stand(self, key: str, standing: Standing) -> None:
        entry = next((e for e in self._made if e.rule.key == key), None)
        if entry is not None:
            entry.stand(standing)

    def _returned(self, change: Change, _back: bool) -> None:
        draft = self.window_.draft
        if change.kind == self.changed.kind and not change.typed:
            self._took_effect()
        draft.typed.show_again(draft.count)
        if not draft.done and not draft.typed.done:
            # nothing is changed any more: no field says otherwise
            for entry in self._made:
                entry.give_up()

    def _took_effect(self) -> None:
        scenario = self.window_.scenario
        scenario.take_rules()
        self.window_.saved = scenario.document is None or not scenario.document.dirty
        # with other rules everything is shown anew, and the draft with it
        self.window_.draft.settle()

    def bring_up(self, key: str = "") -> None:
        """Show the panel, and the field of a rule."""
        if self.dock is not None:
            self.dock.show()
            self.dock.raise_()
        entry = next((e for e in self.fields if e.rule.key == key), None)
        if entry is None:
            return
        if not entry.rule.common:
            self.more.setChecked(True)
        # where a field stands is known once what was hidden has been laid out
        QTimer.singleShot(0, entry, lambda: self.area.ensureWidgetVisible(entry))

    def offer(self, preset: Preset) -> None:
        """Say what a preset would change, and change it where the user agrees."""
        self.commit()
        rules = self.rules()
        if rules is None:
            return
        values, rules_by_key = catalog().preset_values(preset, rules), by_key()
        if not values:
            QMessageBox.information(self, self.tr(preset.name), self.tr("These rules are in force already."))
            return
        lines = [
            "• "
            + in_counts(
                catalog().rule_in_sentence(
                    rules_by_key[k],
                    rules_by_key[k].default if v is None else v,
                    self.tr,
                    in_language,
                    catalog().currency_of_rule(rules_by_key[k], rules),
                )
            )
            for k, v in values.items()
        ]
        answer = question(
            self,
            self.tr(preset.name),
            f"{self.tr(preset.about)}\n\n{self.tr('This would be set:')}\n" + "\n".join(lines),
            # it is undone like any other change of rules
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            QMessageBox.StandardButton.Yes,
        )
        if answer == QMessageBox.StandardButton.Yes:
            self.set(values, f"Preset: {preset.name}")


def _heading(text: str) -> QLabel:
    label = Label(text)
    font = QFont(label.font())
    font.setPointSizeF(font.pointSizeF() * 1.15)
    font.setBold(True)
    label.setFont(font)
    label.setFrameShape(QFrame.Shape.NoFrame)
    label.setBackgroundRole(QPalette.ColorRole.Mid)
    label.setAutoFillBackground(True)
    label.setContentsMargins(6, 2, 6, 2)
    return label


def install(window: Window) -> RulePanel:
    """Add the panel, the button that opens it, and its key."""
    panel = RulePanel(window)
    panel.setMinimumWidth(280)
    dock = panel.dock = add_panel(window, panel, "rules", "Rules")

    def open_panel() -> None:
        dock.show()
        dock.raise_()
        panel.catch_up()

    entry = Action(
        "change_rules",
        "Plan",
        "Change rules…",
        "Change what the plan must keep, in words and units.",
        "Ctrl+L",
        False,
        "open",
    )
    action = add_action(window, entry, open_panel)
    window.rules_button.clicked.connect(action.trigger)
    window.scenario.listeners.append(panel.load)
    # of panels that come back together each is in front for a moment
    dock.visibilityChanged.connect(lambda _: QTimer.singleShot(0, panel, panel.seen))
    panel.catch_up()
    return panel
