"""How often officers are called off their beat: the share that the workload assumes beside the one that the calls make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.result.service import Abstraction, ServiceContent
from beatplanner.data.town.town import Town
from beatplanner.planning.workload import officers_required, plan_workload

if TYPE_CHECKING:
    from beatplanner.data.result.summary import ShareOfPlan

# Shares that differ by less are not worth a word.
NEAR = 0.01
# The share that a plan was made with is that of its officers where they are this near.
AGREES = 1e-9


def away_of_own(figures: ServiceContent) -> float | None:
    """Return the share of duty that the beats' own officers spend on calls of other beats; None where it is not known.

    Cars that several beats share are away from nowhere: counted in, they would thin the share of those who have a beat.

    Parameters
    ----------
    figures
        The content of ``service.json``.
    """
    own = [
        (b["away_share"], hours) for b in figures["beats"].values() if (hours := b.get("duty_hours_a_week", 0.0)) > 0
    ]
    known = [(share, hours) for share, hours in own if share is not None]
    if figures["away_share"] is None or not own or len(known) < len(own):
        return None
    return sum(share * hours for share, hours in known) / sum(hours for _, hours in known)


def abstraction(
    town: Town, beat: np.ndarray, away_share: float | None, share: ShareOfPlan | None = None
) -> Abstraction | None:
    """Return the assumed and the counted abstraction, and the officers that the workload asks for by each.

    Counted is the share of the time on duty that the officers of beats spend on calls of other beats (`away_of_own`). Courts, events and
    escorts are not calls, and stay outside it.

    Parameters
    ----------
    town
        The town.
    beat
        (n,) beat of each unit, None where it has none.
    away_share
        Of the whole week; None where it could not be counted, and then None is returned.
    share
        ``workload.abstraction`` of a plan whose officers were worked out with the counted share (`counted`); the town's rules have it.
    """
    if away_share is None:
        return None
    rules, work = town.description.workload, plan_workload(town)
    ids = [b for b in dict.fromkeys(beat) if b is not None]
    of = np.array([beat == b for b in ids], float)
    reactive, community = of @ (work.reactive + work.fixed_hours), of @ work.community

    def work_of(part: float) -> int:
        return int(officers_required(reactive, community, rules.model_copy(update={"abstraction": part})).sum())

    assumed = rules.abstraction if share is None else float(share["assumed"])
    found: Abstraction = {
        "assumed": assumed,
        "counted": away_share,
        "officers_required_assumed": work_of(assumed),
        "officers_required_counted": work_of(min(away_share, 0.99)),
    }
    if share is None:
        return found
    used = float(share["used"])
    return {
        **found,
        "used": used,
        "officers_required_used": work_of(used),
        "rounds": int(share["rounds"]),
        "agrees": abs(used - away_share) <= AGREES,
    }


def sentences_of_abstraction(found: Abstraction) -> list[str]:
    """Return what `abstraction` says; nothing where both shares are alike and the counted one is not planned with."""
    if "used" in found:
        return _of_used(found)
    if abs(found["assumed"] - found["counted"]) < NEAR:
        return []
    before, after = found["officers_required_assumed"], found["officers_required_counted"]
    asks = f"{after} officers in place of {before}" if before != after else f"{after} officers as before"
    return [
        f"Officers spend {found['counted']:.0%} of their time on duty on calls of other beats, where the workload assumes"
        f" {found['assumed']:.0%} away from the beat (which also holds courts and events). With the counted share it asks for"
        f' {asks}: to plan with it, set service.abstraction = "counted".'
    ]


def not_counted(share: ShareOfPlan) -> str:
    """Say that the share of a plan that asks for the counted one could not be counted."""
    return f"How much of duty is spent away from the beat could not be counted with these officers: {share['used']:.1%} is planned with."


def _of_used(found: Abstraction) -> list[str]:
    """Say with which share the officers were worked out, and whether it is that of the plan."""
    assert "used" in found and "officers_required_used" in found and "agrees" in found
    before, after = found["officers_required_assumed"], found["officers_required_used"]
    sentences = [
        f"Officers are worked out with {found['used']:.1%} of their time on duty away from the beat, as the service counts it, in place of the"
        f" {found['assumed']:.1%} that the workload assumes: {after} are required, and {before} by the assumption."
    ]
    if found["agrees"]:
        sentences.append("With these officers the service counts the same share away from the beat.")
    elif found["used"] > found["counted"]:
        sentences.append(
            f"With the officers of this plan {found['counted']:.1%} is spent away from the beat, less than it was made with: they are enough."
        )
    else:
        sentences.append(
            f"With the officers of this plan {found['counted']:.1%} is spent away from the beat, more than it was made with: plan again."
        )
    return [*sentences, "Courts, events and escorts are no calls, and not in the counted share."]
