"""Fields for numbers that take what people type: “1,5”, “1.5”, “1 000” and “1.000” in every language, by the one reader of numbers."""

from __future__ import annotations

import re

from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox

from beatplanner.data.formats.number_columns import typed_number

# What a number is typed with; a field that takes other letters could not be told from a text.
TYPED = re.compile(r"[\d.,'’\s\u00a0\u2007\u2009\u202f+−–-]*")


def own_sign() -> str:
    """Return the decimal sign of the window's language."""
    locale = QLocale()
    return "." if locale.language() == QLocale.Language.C else locale.decimalPoint()


def _bare(box: QAbstractSpinBox, text: str, prefix: str, suffix: str) -> str:
    """Return what is typed between prefix and suffix, each of which may have been taken away in part."""
    bare = text.strip().removeprefix(prefix.strip()).strip()
    unit = suffix.strip()
    if unit and unit in bare:
        bare = bare[: bare.rindex(unit)]
    return bare.strip()


class NumberBox(QDoubleSpinBox):
    """A field for a number with decimals."""

    def _read(self, text: str) -> tuple[QValidator.State, float]:
        if self.specialValueText() and text.strip() == self.specialValueText():
            return QValidator.State.Acceptable, self.minimum()
        bare = _bare(self, text, self.prefix(), self.suffix())
        if not TYPED.fullmatch(bare):
            return QValidator.State.Invalid, self.value()
        found = typed_number(bare, whole=self.decimals() == 0, own=own_sign())
        if found is None or not self.minimum() <= found <= self.maximum():
            return QValidator.State.Intermediate, self.value()
        return QValidator.State.Acceptable, round(found, self.decimals())

    def validate(self, input: str, pos: int) -> tuple[QValidator.State, str, int]:  # noqa: A002 - Qt's name
        """Say whether a text is a number of this field, or may become one."""
        return self._read(input)[0], input, pos

    def valueFromText(self, text: str) -> float:  # noqa: N802 - Qt's name
        """Return the number in a text."""
        return self._read(text)[1]


class WholeBox(QSpinBox):
    """A field for a whole number."""

    def _read(self, text: str) -> tuple[QValidator.State, int]:
        if self.specialValueText() and text.strip() == self.specialValueText():
            return QValidator.State.Acceptable, self.minimum()
        bare = _bare(self, text, self.prefix(), self.suffix())
        if not TYPED.fullmatch(bare):
            return QValidator.State.Invalid, self.value()
        found = typed_number(bare, whole=True, own=own_sign())
        if found is None or found != round(found) or not self.minimum() <= found <= self.maximum():
            return QValidator.State.Intermediate, self.value()
        return QValidator.State.Acceptable, round(found)

    def validate(self, input: str, pos: int) -> tuple[QValidator.State, str, int]:  # noqa: A002 - Qt's name
        """Say whether a text is a number of this field, or may become one."""
        return self._read(input)[0], input, pos

    def valueFromText(self, text: str) -> int:  # noqa: N802 - Qt's name
        """Return the number in a text."""
        return self._read(text)[1]
