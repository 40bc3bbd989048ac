"""Whether what stations cost is known; apart from the models of a description, which take a tenth of a second to make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def rules_priced(rules: Mapping[str, Any] | None) -> bool:
    """Return whether the rules of stations, as a summary has them, name a column with any cost of a site."""
    columns = ("cost", "yearly_cost", "closing_cost")
    tables: list[Mapping[str, Any]] = [(rules or {}).get(layer) or {} for layer in ("candidates", "existing")]
    return any(t.get(c) is not None for t in tables for c in columns)
