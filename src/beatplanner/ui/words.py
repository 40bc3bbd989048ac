"""Figures and proofs in words, for command line and window."""

from __future__ import annotations

from typing import Any


def progress_line(phase: str, best: float | None, bound: float | None) -> str:
    """Say in one line how far a phase is."""
    if best is not None and bound is not None and best > 0:
        return f"{phase}: best {best:,.0f}, proven at least {bound:,.0f} (gap {max(0.0, (best - bound) / best):.2%})"
    return f"{phase}: best {best:,.0f}" if best is not None else phase


def proof_in_words(step: dict[str, Any]) -> str:
    """Return what is proven of a step, in a few words."""
    if step["status"] == "infeasible":
        return "rules relaxed"
    if step["gap"] is None:
        return "no bound computed"
    return "proven optimal" if step["status"] == "optimal" else f"within {step['gap']:.2%} of the best possible"


def many(number: float, word: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number:,.0f} {word}" + ("" if number == 1 else "s")


def short(value: Any) -> str:
    """Return a value as a table cell."""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"
