"""The share of duty away from the beat as the service counts it, in place of the assumption, where ``service.abstraction`` says so.

The share says how many officers the work asks for, and the officers on duty say how often one is called off the beat. Both are worked
out in turn, from the assumption on: posts by the share, the share by the posts, until the posts are those of the round before. The share
is then the plan's own. Posts are whole, so that no such share may be there: where posts come again that were there some rounds ago, the
greatest share of these rounds is taken. With its posts officers are away for no more than that, since the share that these posts count
is one of those rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.service.abstraction import away_of_own
from beatplanner.planning.service.picture import ServiceInputs, figures_of_service, service_picture
from beatplanner.planning.workload import committed_share, exact_officers, officers_required

if TYPE_CHECKING:
    from beatplanner.data.result.summary import ShareOfPlan

# Rounds at most, and the greatest share that is planned with.
ROUNDS, MOST_AWAY = 20, 0.95


@dataclass(frozen=True)
class CountedShare:
    """The share that a plan's officers are worked out with.

    Attributes
    ----------
    assumed
        What the workload assumes.
    used
        What the plan is made with: counted, or assumed where it could not be counted.
    rounds
        How often the service was looked at.
    """

    assumed: float
    used: float
    rounds: int

    def as_summary(self) -> ShareOfPlan:
        """Return ``workload.abstraction`` of the summary."""
        return {"assumed": self.assumed, "used": self.used, "rounds": self.rounds}


def with_share(description: Description, share: float) -> Description:
    """Return a description whose workload has a share of duty away from the beat."""
    return description.model_copy(
        update={"workload": description.workload.model_copy(update={"abstraction": float(share)})}
    )


def with_counted_share(
    town: Town,
    beats: BeatPlan,
    inputs: ServiceInputs,
    posts: Callable[[Description, pd.DataFrame], np.ndarray],
    *,
    assumed: float | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Town, BeatPlan, CountedShare]:
    """Work out the share, and the officers of the beats with it.

    Parameters
    ----------
    town, beats
        The town with the share that it starts from, and its beats.
    inputs
        What the service is counted from.
    posts
        Gives the posts of each beat, (K,), by the rules and the table of beats.
    assumed
        What the workload assumes, where the town starts from another share.
    seed
        Of a simulation.
    cancelled
        Asked before each round; True ends them with the share so far.

    Returns
    -------
    tuple
        The town and the beats with the share in their rules and figures, and the share.
    """
    start = town.description.workload.abstraction
    assumed = start if assumed is None else assumed
    shares, seen = [start], list[tuple[int, ...]]()
    while True:
        rules = with_share(town.description, shares[-1])
        table = _table(beats, rules)
        held = tuple(int(p) for p in posts(rules, table))
        if held in seen or len(seen) == ROUNDS or cancelled():
            break
        seen.append(held)
        numbers = dict(zip(table["beat"].astype(str), held, strict=True))
        away = away_of_own(figures_of_service(service_picture(town, inputs, beats.beat, numbers, seed=seed)))
        if away is None:
            # more calls than these officers can answer, or nobody on duty: the share before stays, at first the assumption
            return _with(town, beats, CountedShare(assumed, shares[max(0, len(shares) - 2)], len(seen)))
        shares.append(min(float(away), MOST_AWAY))
    if held in seen:
        # those that the posts come round to; one of them where the posts are those of the round before
        shares = shares[seen.index(held) :]
    return _with(town, beats, CountedShare(assumed, max(shares[1:], default=start), len(seen)))


def _with(town: Town, beats: BeatPlan, share: CountedShare) -> tuple[Town, BeatPlan, CountedShare]:
    rules = with_share(town.description, share.used)
    return replace(town, description=rules), replace(beats, table=_table(beats, rules)), share


def _table(beats: BeatPlan, rules: Description) -> pd.DataFrame:
    reactive, community = (beats.table[c].to_numpy(float) for c in ("reactive", "community"))
    officers = officers_required(reactive, community, rules.workload)
    return beats.table.assign(
        officers_required=officers,
        exact_officers=exact_officers(reactive, community, rules.workload),
        committed_share=committed_share(reactive, officers, rules.workload),
    )
