"""What a beat is called in the window's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def called(beat: str, name: str) -> str:
    """Return the name of a beat; where it has none of its own, which plans write in English and a table of today's beats as its number, its number in words."""
    if name not in ("", beat, f"Beat {beat}"):
        return name
    return QCoreApplication.translate("", "Beat {0}").format(beat)
