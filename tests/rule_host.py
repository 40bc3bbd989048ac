"""What a field of a rule asks of the panel that it stands in."""

from __future__ import annotations

from collections.abc import Mapping


class RuleHost:
    """A panel without a window."""

    explained = ""

    def kinds(self) -> dict[str, str]:
        return {}

    def hours(self, _tolerance: float) -> list[object]:
        return []

    def count(self, _section: str) -> int:
        return 0

    def set(self, _values: Mapping[str, object]) -> str:
        return ""

    def typed(self, *_step: object) -> None:
        """Nothing is undone here."""
