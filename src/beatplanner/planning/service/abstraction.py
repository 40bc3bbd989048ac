"""How often officers are called off their beat: the share that the workload assumes beside the one that the calls make."""

from __future__ import annotations

from typing import Any

import numpy as np

from beatplanner.data.town.town import Town
from beatplanner.planning.workload import officers_required, plan_workload

# Shares that differ by less are not worth a word.
NEAR = 0.01


def abstraction(town: Town, beat: np.ndarray, away_share: float | None) -> dict[str, Any] | None:
    """Return the assumed and the counted abstraction, and the officers that the workload asks for by each.

    Counted is the share of the time on duty that officers spend on calls of other beats (`away_share` of the service picture). Courts,
    events and escorts are not calls, and stay outside it.

    Parameters
    ----------
    town
        The town.
    beat
        (n,) beat of each unit, None where it has none.
    away_share
        Of the whole week; None where it could not be counted, and then None is returned.
    """
    if away_share is None:
        return None
    rules, work = town.description.workload, plan_workload(town)
    ids = [b for b in dict.fromkeys(beat) if b is not None]
    of = np.array([beat == b for b in ids], float)
    reactive, community = of @ (work.reactive + work.fixed_hours), of @ work.community
    counted = rules.model_copy(update={"abstraction": min(away_share, 0.99)})
    return {
        "assumed": rules.abstraction,
        "counted": away_share,
        "officers_required_assumed": int(officers_required(reactive, community, rules).sum()),
        "officers_required_counted": int(officers_required(reactive, community, counted).sum()),
    }


def abstraction_sentence(found: dict[str, Any]) -> str | None:
    """Return what `abstraction` says, or None where both shares are alike."""
    if abs(found["assumed"] - found["counted"]) < NEAR:
        return None
    before, after = found["officers_required_assumed"], found["officers_required_counted"]
    asks = f"{after} officers in place of {before}" if before != after else f"{after} officers as before"
    return (
        f"Officers spend {found['counted']:.0%} of their time on duty on calls of other beats, where the workload assumes"
        f" {found['assumed']:.0%} away from the beat (which also holds courts and events). With the counted share it asks for"
        f" {asks}: to plan with it, set workload.abstraction = {found['counted']:.2f}."
    )
