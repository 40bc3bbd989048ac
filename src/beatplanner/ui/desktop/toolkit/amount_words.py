"""What is said of the amounts that beats balance beside their hours, in the window's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beatplanner.data.findings import decimals_of_share
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.in_language import translated

if TYPE_CHECKING:
    from beatplanner.planning.beats.held_balances import BeatBalance

# From these on amounts are written without decimals, and with one.
WHOLE, TENTHS = 100, 10


def amount_word(name: str) -> str:
    """Return what an amount is called; one of the project's own has the name that the project gives it."""
    known = {
        "residents": translated("Residents"),
        "area": translated("Area, km²"),
        "calls": translated("Incidents a year"),
    }
    return known.get(name, name)


def allowed_share(tolerance: float) -> str:
    """Return how far from the mean the rules let beats be, such as ±15 %."""
    return f"±{percent(tolerance, decimals_of_share(tolerance))}"


def amount_heading(name: str, tolerance: float) -> str:
    """Return the heading of a column of deviations: the amount, and how far from the mean the rules let beats be."""
    return f"{amount_word(name)} {allowed_share(tolerance)}"


def about_column(name: str, tolerance: float) -> str:
    """Say what stands in such a column."""
    return translated("{0}: how far each beat is from its municipality's mean; the rules allow {1}.").format(
        amount_word(name), allowed_share(tolerance)
    )


def amount_line(b: BeatBalance) -> str:
    """Say what a beat has of an amount, and whether the rules allow it."""
    form = (
        translated("{0}: {1}, {2} from the mean of {3}. The rules allow {4} to {5}: NOT kept.")
        if b.broken
        else translated("{0}: {1}, {2} from the mean of {3}. The rules allow {4} to {5}: kept.")
    )
    held, mean, lower, upper = (amount_number(v, b.mean) for v in (b.held, b.mean, b.lower, b.upper))
    return form.format(amount_word(b.name), held, percent(b.deviation, 1, sign=True), mean, lower, upper)


def amount_number(value: float, like: float) -> str:
    """Return what a beat has of an amount, with as many decimals as another amount `like` needs."""
    return number(value, 0 if like >= WHOLE else 1 if like >= TENTHS else 2)
