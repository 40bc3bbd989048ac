"""Fields for numbers that take what people type: “1,5”, “1.5”, “1 000” and “1.000” in every language, by the one reader of numbers."""

from __future__ import annotations

import re

from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

from beatplanner.data.formats.number_columns import typed_number

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


def _read(box: QDoubleSpinBox | QSpinBox, text: str, *, whole: bool) -> tuple[QValidator.State, float]:
    """Return whether a text is a number of a field, or may become one, and the number; that in the field where it is none."""
    if box.specialValueText() and text.strip() == box.specialValueText():
        return QValidator.State.Acceptable, box.minimum()
    bare = _bare(text, box.prefix(), box.suffix())
    if not TYPED.fullmatch(bare):
        return QValidator.State.Invalid, box.value()
    found = typed_number(bare, whole=whole, own=own_sign())
    if found is None or not box.minimum() <= found <= box.maximum():
        return QValidator.State.Intermediate, box.value()
    return QValidator.State.Acceptable, found


class NumberBox(QDoubleSpinBox):
    """A field for a number with decimals."""

    def validate(self, input: str, pos: int) -> tuple[QValidator.State, str, int]:  # noqa: A002 - Qt's name
        """Say whether a text is a number of this field, or may become one."""
        return _read(self, input, whole=self.decimals() == 0)[0], input, pos

    def valueFromText(self, text: str) -> float:  # noqa: N802 - Qt's name
        """Return the number in a text."""
        return round(_read(self, text, whole=self.decimals() == 0)[1], self.decimals())


class WholeBox(QSpinBox):
    """A field for a whole number."""

    def _whole(self, text: str) -> tuple[QValidator.State, int]:
        state, found = _read(self, text, whole=True)
        return (state, round(found)) if found == round(found) else (QValidator.State.Intermediate, self.value())

    def validate(self, input: str, pos: int) -> tuple[QValidator.State, str, int]:  # noqa: A002 - Qt's name
        """Say whether a text is a number of this field, or may become one."""
        return self._whole(input)[0], input, pos

    def valueFromText(self, text: str) -> int:  # noqa: N802 - Qt's name
        """Return the number in a text."""
        return self._whole(text)[1]
