"""Proofs of a plan before that hold for the new one: of the same problem, the better of both bounds is told.

A bound says that no plan under the rules costs less, so it is as true after a run that proved less. Same inputs and same rules are asked for
first; what the older certificate proves of the new plan's own layers is then evaluated by the checker's code, and no more than that is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.result.cells import readable
from beatplanner.data.result.draft import proven_bound
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.proof import OPTIMAL_GAP, share_left
from beatplanner.planning.verification.proofs import proven
from beatplanner.planning.whole.beat_proofs import rounded_down
from beatplanner.planning.whole.proofs import evidence_of

if TYPE_CHECKING:
    from beatplanner.data.description.models import Description
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.result.summary import Claims
    from beatplanner.data.town.town import Town

SOUGHT = ("optimal", "feasible")
STEPS = ("beats", "stations", "officers")


def keep_proofs(tables: PlanTables, description: Description, town: Town, before: PlanTables | None) -> None:
    """Put the certificate of a plan before in place of a step's where it proves more of the same problem; `tables` are changed in place."""
    if before is None or not same_problem(before.summary, tables.summary):
        return
    evidence = None
    for step in STEPS:
        claims, older, arrays = (
            section_of(tables.summary, step),
            section_of(before.summary, step),
            before.proofs.get(step),
        )
        claimed = proven_bound(older)
        if not arrays or claimed is None or not _proves_more(older, claimed, claims):
            continue
        evidence = evidence_of(tables, description, town) if evidence is None else evidence
        own = tables.proofs.get(step)
        tables.proofs[step] = {name: array for name, array in arrays.items() if name != "bound"}
        found, _ = proven(evidence, step, claimed)
        bound = None if found is None else readable(rounded_down(min(found, claimed), exact=found >= claimed))
        if bound is not None and math.isfinite(bound) and _better(bound, claims):
            tables.proofs[step]["bound"] = np.array([bound])
            _claim(claims, bound)
            if step == "beats":
                _cut_short_as(claims, older)
        elif own is None:
            del tables.proofs[step]
        else:
            tables.proofs[step] = own


def same_problem(before: Claims, now: Claims) -> bool:
    """Return whether two plans are of the same inputs, by their fingerprints, and by the same rules."""
    inputs = [{(str(r.get("role")), str(r.get("sha256"))) for r in list_of(of, "inputs")} for of in (before, now)]
    known = all(sha != "None" for both in inputs for _, sha in both)
    return known and bool(inputs[0]) and inputs[0] == inputs[1] and before.get("rules") == now.get("rules")


def _proves_more(older: Claims, claimed: float, claims: Claims) -> bool:
    """Return whether what a plan before proves is more than is told now, of a plan that keeps all rules as this one does."""
    sought = older.get("status") in SOUGHT and claims.get("status") in SOUGHT
    return sought and claims.get("objective") is not None and _better(claimed, claims)


def _better(bound: float, claims: Mapping[str, object]) -> bool:
    """Return whether a bound is more than a step tells, and none that its own plan belies."""
    of_now, objective = claims.get("lower_bound"), claims.get("objective")
    assert isinstance(objective, int | float)
    within = bound <= objective + 1e-9 * abs(objective)
    if not within or not isinstance(of_now, int | float):
        return within
    # one that anybody can check is better than the same that nobody can
    return bound > of_now or (bound == of_now and not claims.get("certified"))


def _claim(claims: Claims, bound: float) -> None:
    """Tell a bound that is certified."""
    objective = float(claims["objective"])
    claims["lower_bound"], claims["certified"], claims["gap"] = bound, True, share_left(objective, bound)
    claims.pop("certified_bound", None)
    if objective - bound <= OPTIMAL_GAP * objective:
        claims["status"] = "optimal"


def _cut_short_as(claims: Claims, older: Claims) -> None:
    """Tell whose proof the time cut short of the run that proved."""
    claims.pop("proof_cut_short", None)
    if "proof_cut_short" in older:
        claims["proof_cut_short"] = older["proof_cut_short"]
