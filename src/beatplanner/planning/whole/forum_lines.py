"""What forums cost a beat before and after it starts: as their places are planned, or at a flat price where no places are known.

::

    as planned  = meetings a year × (Σ of the ways of members who cannot walk × price of a kilometre + price of the place), of all levels
    flat price  = members × meetings a year × ``budget.forum_travel`` for each beat: an assumption

Before its start a beat has the forums of today's beats, each by the share of its residents who live in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.result.plan_tables import PlanTables

WAYS, FLAT = "ways", "flat price"


@dataclass(frozen=True)
class ForumLines:
    """Money of a year in prices of the first one.

    Attributes
    ----------
    rule
        `WAYS` or `FLAT`.
    waiting, started
        (B,) of each beat before and after its start.
    wider
        Of forums of municipalities and the region, which no start changes.
    today
        Of all forums where everything goes on as today.
    """

    rule: str
    waiting: np.ndarray
    started: np.ndarray
    wider: float
    today: float

    def by_year(self, start: np.ndarray, years: int) -> np.ndarray:
        """Return what forums cost in each year, (T,), where beats start in these years (-1: never)."""
        begun = (start[:, None] >= 0) & (start[:, None] <= np.arange(years))
        return np.where(begun, self.started[:, None], self.waiting[:, None]).sum(axis=0) + self.wider


def forum_lines(tables: PlanTables, rules: Description, lives_on: np.ndarray, *, flat: bool = False) -> ForumLines:
    """Return what forums cost.

    Parameters
    ----------
    tables
        A plan with beats; its summary's ``forums`` are the places, where they were planned.
    rules
        With a budget.
    lives_on
        (B, O) the share of each of today's beats, in the order of their ids, that lives on in each beat.
    flat
        Whether the flat price is asked for though places are known.
    """
    assert rules.budget is not None and tables.beats is not None
    forums = tables.summary.get("forums")
    beats = [str(b) for b in tables.beats["beat"]]
    if flat or forums is None:
        meet = meetings(rules) * rules.budget.forum_travel
        old = len({str(b) for b in tables.units["current"].dropna()})
        return ForumLines(FLAT, meet * lives_on.sum(axis=1), np.full(len(beats), meet), 0.0, meet * old)
    each = 1.0 / exchange_rate(rules)
    near = {r["area"]: each * r["year_cost"] for r in forums["plan"] if r["level"] == "neighbourhood"}
    wider = each * sum(r["year_cost"] for r in forums["plan"] if r["level"] != "neighbourhood")
    now = np.array([each * r["year_cost"] for r in sorted(forums["today"], key=lambda r: r["area"])])
    return ForumLines(
        WAYS,
        lives_on @ now if len(now) else np.zeros(len(beats)),
        np.array([near[b] for b in beats]),
        wider,
        float(now.sum()) + wider,
    )


def exchange_rate(rules: Description) -> float:
    """Return how much of the forums' currency is one of the budget's; another one has a stated rate, which the description is asked for."""
    assert rules.budget is not None and rules.forum is not None
    same = rules.forum.currency == rules.budget.currency
    return 1.0 if same else float(rules.budget.rates[rules.forum.currency])


def meetings(rules: Description) -> float:
    """Return the members who come to the neighbourhood forums of a beat in a year, each meeting counted."""
    forum = rules.forum.neighbourhood if rules.forum is not None else None
    return 0.0 if forum is None else float(forum.members * forum.meetings_a_year)
