"""What planning tells, in the window's language and with Qt's numbers."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from beatplanner.data.publish import told as templates
from beatplanner.data.publish.told import CONTEXT


def told(text: str) -> str:
    """Return what planning tells in the window's language."""
    return QCoreApplication.translate(CONTEXT, text)


class Sentences(templates.Sentences):
    """The templates of one language, with numbers and months as Qt writes them.

    Parameters
    ----------
    texts
        English templates and what is said for them.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__(texts, _number, _month)


def _number(value: float, digits: int) -> str:
    return QLocale().toString(value, "f", digits)


def _month(month: int) -> str:
    return QLocale().standaloneMonthName(month, QLocale.FormatType.LongFormat)
