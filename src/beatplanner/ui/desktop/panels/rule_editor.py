"""The panel of rules: each in words with its field, why it is there, its default, and presets; an edit is a step of the project's history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWhatsThis,
    QWidget,
)

from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.plain_text import Label, question
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel

if TYPE_CHECKING:
    from beatplanner.planning.rule_catalog import Preset, Rule

# Typing is one edit once it rests for so long, in milliseconds.
REST = 600
TITLES = {"beats": "Beats", "stations": "Stations", "officers": "Officers", "workload": "Work"}


def catalog() -> Any:
    """Return the catalogue of rules; it is loaded with the first project, so that the window itself stands at once."""
    from beatplanner.planning import rule_catalog

    return rule_catalog


class RuleField(QFrame):
    """One rule: its field, its sentence, “why?” and, where its value is another, the way back to the default."""

    def __init__(self, panel: RulePanel, rule: Rule) -> None:
        super().__init__()
        self.panel, self.rule, self.value = panel, rule, None
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(REST)
        self.timer.timeout.connect(self._edit)
        self.label = Label(self.tr(rule.label))
        self.label.setWordWrap(True)
        font = QFont(self.label.font())
        font.setBold(True)
        self.label.setFont(font)
        self.sentence, self.wrong = Label(), Label()
        for label in (self.sentence, self.wrong):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.wrong.setStyleSheet("color: #c0392b")
        self.wrong.hide()
        self.number, self.choice, self.on = QDoubleSpinBox(), QComboBox(), QCheckBox()
        self.why = QToolButton()
        self.why.setText(self.tr("why?"))
        self.why.setAutoRaise(True)
        self.why.setAccessibleName(self.tr("Why is there the rule “{0}”?").format(self.label.text()))
        self.why.clicked.connect(self.explain)
        self.back = QToolButton()
        self.back.setText("↺")
        self.back.setAutoRaise(True)
        self.back.setToolTip(self.tr("Back to the default"))
        self.back.setAccessibleName(self.tr("Back to the default: {0}").format(self.label.text()))
        self.back.clicked.connect(lambda: self._set(None))
        self._build()

    def _build(self) -> None:
        rule, name = self.rule, self.label.text()
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.number, self.choice, self.on):
            widget.setAccessibleName(name)
            widget.hide()
        if rule.kind == "choice":
            for value in rule.choices:
                self.choice.addItem(self.tr(rule.choices[value]), value)
            self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.choice.setMinimumContentsLength(12)
            self.choice.activated.connect(lambda _: self._set(self.choice.currentData()))
            row.addWidget(self.choice, 1)
            self.choice.show()
        elif rule.kind == "switch":
            self.on.setText(self.tr("yes"))
            self.on.clicked.connect(lambda on: self._set(bool(on)))
            row.addWidget(self.on, 1)
            self.on.show()
        else:
            self.number.setRange(rule.low, rule.high)
            self.number.setSingleStep(rule.step)
            self.number.setDecimals(0 if rule.kind == "whole" else 1 if rule.step < 1 or rule.kind == "share" else 0)
            self.number.setSuffix(f" {self.tr(rule.unit)}" if rule.unit else "")
            self.number.setKeyboardTracking(True)
            self.number.valueChanged.connect(self._typed)
            if rule.off or rule.auto:
                self.on.setText(self.tr("set") if rule.off else self.tr("by hand"))
                self.on.clicked.connect(self._switched)
                row.addWidget(self.on)
                self.on.show()
            row.addWidget(self.number, 1)
            self.number.show()
        row.addWidget(self.back)
        row.addWidget(self.why)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 6)
        grid.setVerticalSpacing(1)
        grid.addWidget(self.label, 0, 0)
        grid.addLayout(row, 1, 0)
        grid.addWidget(self.sentence, 2, 0)
        grid.addWidget(self.wrong, 3, 0)

    def load(self, rules: dict[str, Any]) -> None:
        """Show the value in force, unless another was just typed."""
        if self.timer.isActive():
            return
        self.value = catalog().value_of(rules, self.rule)
        self.wrong.hide()
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if self.rule.kind == "choice":
            self.choice.setCurrentIndex(self.choice.findData(self.value))
        elif self.rule.kind == "switch":
            self.on.setChecked(bool(self.value))
        else:
            self.number.blockSignals(True)
            if number:
                # a value outside what is usual is shown as it is
                self.number.setRange(
                    min(self.rule.low, catalog().shown(self.rule, self.value)),
                    max(self.rule.high, catalog().shown(self.rule, self.value)),
                )
                self.number.setValue(catalog().shown(self.rule, self.value))
            self.number.blockSignals(False)
            self.number.setEnabled(number)
            self.on.setChecked(number)
        self.back.setEnabled(self.value != catalog().default_of(self.rule) and not self._must_be_said())
        self._say(self.value)

    def _must_be_said(self) -> bool:
        return self.rule.key == "beats.count"

    def _say(self, value: Any) -> None:
        words = catalog().in_words(self.rule, value, self.tr)
        if self.rule.key == "beats.tolerance" and isinstance(value, float):
            hours = self.panel.hours(value)
            if hours:
                words += ": " + self.tr("{0} hours a year").format("; ".join(hours))
        self.sentence.setText(words)
        # a choice says it itself
        self.sentence.setVisible(self.rule.kind != "choice")

    def _typed(self, number: float) -> None:
        self._say(catalog().kept(self.rule, number))
        self.timer.start()

    def _switched(self, on: bool) -> None:
        if on:
            begin = self.number.value() if self.number.value() > self.rule.low else self._usual()
            self._set(catalog().kept(self.rule, begin))
        else:
            self._set("auto" if self.rule.auto else None)

    def _usual(self) -> float:
        default = catalog().default_of(self.rule)
        if isinstance(default, int | float) and not isinstance(default, bool):
            return catalog().shown(self.rule, default)
        if self.rule.key in ("beats.count", "stations.count"):
            count = self.panel.count(self.rule.section)
            if count:
                return float(count)
        return {"%": 10.0, "months": 60.0}.get(self.rule.unit, self.rule.low)

    def _edit(self) -> None:
        self._set(catalog().kept(self.rule, self.number.value()))

    def commit(self) -> None:
        """Take what was typed at once."""
        if self.timer.isActive():
            self._edit()

    def _set(self, value: Any) -> None:
        self.timer.stop()
        problem = self.panel.set({self.rule.key: value})
        self.wrong.setText(problem)
        self.wrong.setVisible(bool(problem))

    def explain(self) -> None:
        """Say why there is such a rule, its default and where that comes from."""
        default = catalog().default_of(self.rule)
        words = (
            self.tr("There is no default.")
            if default is None and self._must_be_said()
            else self.tr("Default: {0}.").format(catalog().in_words(self.rule, default, self.tr))
        )
        text = f"{self.label.text()}\n\n{self.tr(self.rule.why)}\n\n{words}\n{self.tr(self.rule.source)}"
        place = self.why.mapToGlobal(self.why.rect().bottomLeft())
        QWhatsThis.showText(
            place,
            "<p>"
            + text.replace("&", "&amp;").replace("<", "&lt;").replace("\n\n", "</p><p>").replace("\n", "<br>")
            + "</p>",
            self,
        )
        self.panel.explained = text


class RulePanel(QWidget):
    """All rules of the project that is open."""

    def __init__(self, window: Any) -> None:
        super().__init__()
        self.window_ = window
        self.explained = ""
        self.fields: list[RuleField] = []
        self.head, self.stale = Label(), Label()
        for label in (self.head, self.stale):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.presets = QPushButton(self.tr("Presets"))
        menu = QMenu(self.presets)
        menu.aboutToShow.connect(lambda: self._fill_presets(menu))
        menu.setToolTipsVisible(True)
        self.presets.setMenu(menu)
        self.undo = QPushButton(self.tr("Undo"))
        self.undo.clicked.connect(self.take_back)
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
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        outer = QVBoxLayout(self)
        outer.addWidget(self.head)
        row = QHBoxLayout()
        row.addWidget(self.presets)
        row.addWidget(self.undo)
        outer.addLayout(row)
        outer.addWidget(self.stale)
        outer.addWidget(scroll, 1)
        self._keys: tuple[str, ...] = ()
        self._before: list[dict[str, Any]] = []
        self._of: object = None

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

    def rules(self) -> dict[str, Any] | None:
        """Return the rules in force as JSON; None where a result is shown, whose rules are past."""
        document = self.window_.scenario.document
        return None if document is None else document.rules()

    def load(self) -> None:
        """Show the rules in force."""
        document = self.window_.scenario.document
        if document is not self._of:
            self._of, self._before = document, []
        rules = self.rules()
        self.head.setText(
            self.tr("Open the project to change its rules; these are the rules of a plan that was made.")
            if rules is None
            else self.tr("Scenario “{0}”").format(document.active)
            if document.active
            else self.tr("The project's own rules")
        )
        if rules is None:
            plan = self.window_.scenario.plan
            rules = {} if plan is None else dict(plan.summary.get("rules", {}))
        there = catalog().rules_of(rules) if rules else []
        if tuple(r.key for r in there) != self._keys:
            self._build(there)
        for entry in self.fields:
            entry.load(rules)
        self.enable()
        self.stale.setText(self.stale_words())
        self.stale.setVisible(bool(self.stale.text()))

    def _build(self, rules: list[Rule]) -> None:
        for layout in (self.body, self.rest_body):
            while layout.count():
                item = layout.takeAt(0)
                widget = None if item is None else item.widget()
                if widget is not None:
                    widget.deleteLater()
        self.fields, self._keys = [], tuple(r.key for r in rules)
        for layout, common in ((self.body, True), (self.rest_body, False)):
            section = ""
            for rule in (r for r in rules if r.common == common):
                if rule.section != section:
                    section = rule.section
                    layout.addWidget(_heading(self.tr(TITLES[section])))
                entry = RuleField(self, rule)
                self.fields.append(entry)
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

    def stale_words(self) -> str:
        """Return which rules changed since the plan that is shown; "" where none did."""
        plan, rules = self.window_.scenario.plan, self.rules()
        if plan is None or rules is None or not plan.summary.get("rules"):
            return ""
        changed = catalog().differences(plan.summary["rules"], rules)
        if not changed:
            return ""
        lines = [
            f"{self.tr(r.label)}: {catalog().in_words(r, before, self.tr)} → {catalog().in_words(r, now, self.tr)}"
            for r, before, now in changed
        ]
        return (
            self.tr("Changed since the plan that is shown (press Plan to make it anew):")
            + "\n"
            + "\n".join(f"• {t}" for t in lines)
        )

    def enable(self) -> None:
        """Let rules be changed, but not while a plan is made of them."""
        editable = self.rules() is not None and not self.window_.solving.running
        for entry in self.fields:
            entry.setEnabled(editable)
        self.presets.setEnabled(editable)
        self.undo.setEnabled(editable and bool(self._before))

    # ---- what is changed

    def commit(self) -> None:
        """Take what was typed at once: before it is planned with, saved or left."""
        for entry in list(self.fields):
            entry.commit()

    def set(self, values: dict[str, Any], what: str = "") -> str:
        """Change rules; return in words what is wrong, "" where nothing is."""
        document, rules = self.window_.scenario.document, self.rules()
        if document is None or rules is None:
            return ""
        by_key = {r.key: r for r in catalog().RULES}
        values = {
            k: v
            for k, v in values.items()
            if catalog().value_of(rules, by_key[k]) != (catalog().default_of(by_key[k]) if v is None else v)
        }
        if not values:
            return ""
        before = {k: (rules.get(by_key[k].section) or {}).get(by_key[k].name) for k in values}
        words = what or "; ".join(
            f"{by_key[k].label}: {catalog().in_words(by_key[k], catalog().default_of(by_key[k]) if v is None else v)}"
            for k, v in values.items()
        )
        try:
            document.change_rules(catalog().change(values), words)
        except InputError as error:
            return "\n".join(". ".join(t for t in (note.what, note.mend) if t) for note in error.problems)
        self._before.append(before)
        self._took_effect()
        return ""

    def take_back(self) -> None:
        """Undo the last change of rules."""
        self.commit()
        document = self.window_.scenario.document
        if document is not None and self._before:
            before = self._before.pop()
            document.change_rules(catalog().change(before), self.tr("Rules as before"))
            self._took_effect()

    def _took_effect(self) -> None:
        scenario = self.window_.scenario
        scenario.take_rules()
        self.window_.saved = not scenario.document.dirty

    def offer(self, preset: Preset) -> None:
        """Say what a preset would change, and change it where the user agrees."""
        self.commit()
        rules = self.rules()
        if rules is None:
            return
        values, by_key = catalog().preset_values(preset, rules), {r.key: r for r in catalog().RULES}
        if not values:
            QMessageBox.information(self, self.tr(preset.name), self.tr("These rules are in force already."))
            return
        lines = [
            f"• {catalog().in_words(by_key[k], catalog().default_of(by_key[k]) if v is None else v, self.tr)}"
            for k, v in values.items()
        ]
        answer = question(
            self,
            self.tr(preset.name),
            f"{self.tr(preset.about)}\n\n{self.tr('This would be set:')}\n" + "\n".join(lines),
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


def install(window: Any) -> RulePanel:
    """Add the panel, the button that opens it, and its key."""
    panel = RulePanel(window)
    panel.setMinimumWidth(280)
    dock = add_panel(window, panel, "rules", "Rules")

    def open_panel() -> None:
        dock.show()
        dock.raise_()
        panel.load()

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
    window.rule_panel = panel
    panel.load()
    return panel
