"""Fields for numbers that take what people type: “1,5”, “1.5”, “1 000” and “1.000” in every language, by the one reader of numbers.

What is typed is kept to the digit, or it stays in the field with a sentence that says why it is not taken: it is never turned into another number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QValidator
from PySide6.QtWidgets import QDoubleSpinBox

from beatplanner.data.findings import DECIMALS_OF_SHARE
from beatplanner.data.formats.number_columns import typed_number

if TYPE_CHECKING:
    from beatplanner.data.description.sections.rule import Rule

# What a number is typed with; a field that takes other letters could not be told from a text.
TYPED = re.compile(r"[\d.,'’\s\u00a0\u2007\u2009\u202f+−–-]*")


def own_sign() -> str:
    """Return the decimal sign of the window's language."""
    locale = QLocale()
    return "." if locale.language() == QLocale.Language.C else locale.decimalPoint()


def _bare(text: str, prefix: str, suffix: str) -> str:
    """Return what is typed between prefix and suffix, each of which may have been taken away in part."""
    bare = text.strip().removeprefix(prefix.strip()).strip()
    unit = suffix.strip()
    if unit and unit in bare:
        bare = bare[: bare.rindex(unit)]
    return bare.strip()


class NumberBox(QDoubleSpinBox):
    """A field for a number with decimals; it shows as many as the number has.

    Attributes
    ----------
    thousands
        Whether a sign before three digits parts thousands where it could be a decimal one, as in money and whole numbers.
    usual
        Between what the arrows lead; what is typed may be any number of the field's range. None for that range.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.thousands = False
        self.usual: tuple[float, float] | None = None
        self._given = 0.0
        self._held = ""
        self.setDecimals(DECIMALS_OF_SHARE)

    def _read(self, text: str) -> tuple[QValidator.State, float, str]:
        """Return whether a text is a number of this field, or may become one; the number, that in the field where it is none; and why it is none."""
        if self.specialValueText() and text.strip() == self.specialValueText():
            return QValidator.State.Acceptable, self.minimum(), ""
        bare, digits = _bare(text, self.prefix(), self.suffix()), self.decimals()
        if not TYPED.fullmatch(bare):
            return QValidator.State.Invalid, super().value(), self.tr("“{0}” is no number.").format(bare)
        (low, high), other = self._ends(self.minimum(), self.maximum()), ""
        found = typed_number(bare, whole=not digits or self.thousands, own=own_sign())
        joined = found is not None and found.is_integer() and re.search("[.,]", bare)
        if found is None:
            wrong = self.tr("“{0}” is no number.") if bare else self.tr("A number from {1} to {2} belongs here.")
        elif joined and found != self._given and not self._is_usual(found):
            # hardly anybody means 12,500 minutes who types “12,500”
            low, high = self._ends(*(self.usual or (self.minimum(), self.maximum())))
            wrong = self.tr("“{0}” is read as {4}: a number from {1} to {2} belongs here.")
            other = re.sub("[.,]", own_sign(), bare, count=1)
            part = typed_number(other, whole=False, own=own_sign())
            if digits and other != bare and part is not None and self.minimum() <= part <= self.maximum():
                wrong = self.tr(
                    "“{0}” is read as {4}: a number from {1} to {2} belongs here. Type “{5}” for one with decimals."
                )
        elif not self.minimum() <= found <= self.maximum():
            wrong = self.tr("“{0}” is not taken: a number from {1} to {2} belongs here.")
        elif round(found, digits) != found:
            wrong = self.tr("“{0}” has more than {3} decimals.") if digits else self.tr("“{0}” is no whole number.")
        else:
            return QValidator.State.Acceptable, found, ""
        return (
            QValidator.State.Intermediate,
            super().value(),
            wrong.format(bare, low, high, digits, f"{found or 0:.0f}", other),
        )

    def _ends(self, low: float, high: float) -> tuple[str, str]:
        """Return two ends of a range as they are told, the unit behind the last."""
        return self.textFromValue(low), self.textFromValue(high) + self.suffix().rstrip()

    def _is_usual(self, found: float) -> bool:
        low, high = self.usual or (self.minimum(), self.maximum())
        return low <= found <= high

    def setValue(self, val: float) -> None:  # noqa: N802 - Qt's name
        """Show a number."""
        super().setValue(val)
        self._given = super().value()

    def stepBy(self, steps: int) -> None:  # noqa: N802 - Qt's name
        """Go on by steps, but no farther than what is usual, nor away from it."""
        before = self.value()
        super().stepBy(steps)
        low, high = self.usual or (self.minimum(), self.maximum())
        self.setValue(min(self.value(), max(before, high)) if steps > 0 else max(self.value(), min(before, low)))

    def problem(self) -> str:
        """Return why what stands in the field is not taken; "" where it is."""
        return self._read(self._held or self.lineEdit().text())[2]

    def validate(self, input: str, pos: int) -> tuple[QValidator.State, str, int]:  # noqa: A002 - Qt's name
        """Say whether a text is a number of this field, or may become one."""
        return self._read(input)[0], input, pos

    def valueFromText(self, text: str) -> float:  # noqa: N802 - Qt's name
        """Return the number in a text."""
        return self._read(text)[1]

    def textFromValue(self, val: float) -> str:  # noqa: N802 - Qt's name
        """Return a number as it is shown: with as many decimals as it has."""
        text = super().textFromValue(val)
        sign = self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(sign) if sign in text else text

    # ---- Qt puts the last number in the place of a text that is none, as soon as the field is left

    def _hold(self) -> None:
        text = self.lineEdit().text()
        self._held = text if self._read(text)[2] else ""

    def _put_back(self) -> None:
        if self._held and self.lineEdit().text() != self._held:
            self.lineEdit().setText(self._held)
        self._held = ""

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Leave what is not taken as it was typed."""
        self._hold()
        super().focusOutEvent(event)
        self._put_back()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Leave what is not taken as it was typed."""
        self._hold()
        super().hideEvent(event)
        self._put_back()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leave what is not taken as it was typed."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        self._hold()
        super().keyPressEvent(event)
        self._put_back()


class WholeBox(NumberBox):
    """A field for a whole number."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.setDecimals(0)

    def value(self) -> int:
        """Return the number."""
        return round(super().value())


def bound_by(box: NumberBox, rule: Rule) -> None:
    """Let a field take what the description may have of a rule, and its arrows lead through what is usual.

    The catalogue of rules is loaded with the first field, so that the window itself stands at once.
    """
    from beatplanner.planning.rule_catalog import limits_shown

    box.setDecimals(0 if rule.kind == "whole" else DECIMALS_OF_SHARE)
    box.setRange(*limits_shown(rule))
    box.usual = rule.low, rule.high
    box.setSingleStep(rule.step)
