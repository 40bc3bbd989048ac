"""What proves the bound on the roll-out: evaluated once, kept, and told in the budget."""

from __future__ import annotations

import math

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.result.budget import RolloutBound
from beatplanner.data.result.cells import readable
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.verification.force_money import Force
from beatplanner.planning.verification.rollout_proof import ROLLOUT, prove_rollout
from beatplanner.planning.whole.beat_proofs import rounded_down
from beatplanner.planning.whole.rollout import RolloutPlan

# A certified bound stands in place of a stronger one that is not where it is higher by at most this share of what is served.
DEAR = 0.005


def certified_rollout(tables: PlanTables, description: Description, served: float, chosen: RolloutPlan) -> RolloutBound:
    """Return what a budget tells of the bound on the roll-out, and keep the certificate that proves it.

    Parameters
    ----------
    tables
        A plan with beats; its proofs are changed.
    description
        Its rules, with a budget.
    served
        The resident-years of the roll-out.
    chosen
        The roll-out, with its bound and what proves it.

    Returns
    -------
    RolloutBound
        With ``certified``, and ``certified_bound`` where the bound is less than what is proven.
    """
    tables.proofs.pop(ROLLOUT, None)
    bound = chosen.bound
    proves = _proven(tables, description, chosen.proof) if chosen.limited and chosen.proof else math.inf
    if not math.isfinite(proves):
        return {"resident_years_bound": bound, "certified": None if bound is None else False}
    if bound is not None and bound < proves and proves - bound > DEAR * max(served, 1.0):
        of: RolloutBound = {"resident_years_bound": bound, "certified": False, "certified_bound": proves}
    else:
        of = {"resident_years_bound": proves, "certified": True}
    tables.proofs[ROLLOUT] = {**chosen.proof, "bound": np.array([proves])}
    return of


def _proven(tables: PlanTables, description: Description, proof: dict[str, np.ndarray]) -> float:
    """Return what a certificate proves, as it is told; inf where it proves nothing of this plan."""
    try:
        found = prove_rollout(Force(tables, description), proof)
    except (KeyError, IndexError, ValueError, TypeError, AssertionError):
        # a certificate of other beats, or of other years
        return math.inf
    return found if found == round(found) else readable(-rounded_down(-found))
