"""The certificates of a plan: what the solvers bring as evidence, made into arrays, evaluated once, and told in the summary.

The bound that a plan reports is the one that its certificate proves, where that costs little; where the solvers know more than can be certified, their
bound stands with ``"certified": false`` and ``certified_bound`` beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from beatplanner.data.result.folder import plain_types
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.proof import OPTIMAL_GAP
from beatplanner.planning.verification.beats_proof import areas_of, least_of_choices, limited, prove_moves, prove_part
from beatplanner.planning.verification.evidence import Evidence, with_text_ids
from beatplanner.planning.verification.proofs import BUDGET, TOLERANCE, proven
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.travel_bound import Area, TooLargeError
from beatplanner.planning.whole.beat_proofs import MOST_NODES, packed
from beatplanner.planning.whole.station_proofs import packed_stations

if TYPE_CHECKING:
    from beatplanner.planning.beats.municipality import PartEvidence
    from beatplanner.planning.whole.plan import Plan

Arrays = dict[str, np.ndarray]
# A certified bound stands in place of a stronger one that is not where the gap grows by at most this share of the objective.
DEAR = 0.005
# Digits of a bound that is told.
DIGITS = 10


def with_proofs(tables: PlanTables, plan: Plan) -> PlanTables:
    """Return the tables with their certificates, and their summary with what these prove; the summary is changed in place."""
    units, beats, edges = with_text_ids(tables)
    # cells as they are read back from a file
    as_read = tables if tables.roster is None else replace(tables, roster=plain_types(tables.roster))
    evidence = Evidence(units, beats, edges, as_read, tables.summary, plan.town.description, plan.town)
    made: dict[str, Callable[[Evidence, Plan], Arrays | None]] = {
        "beats": _beats,
        "stations": _stations,
        "officers": _officers,
    }
    for step in ("beats", "stations", "officers"):
        claims = tables.summary.get(step)
        if not isinstance(claims, dict):
            continue
        arrays = None
        if claims.get("lower_bound") is not None and step in made:
            try:
                arrays = made[step](evidence, plan)
            except (CannotProveError, TooLargeError, LookupError, ValueError, TypeError, ArithmeticError):
                # whatever goes wrong here, the plan is not lost: its bound is told as not certified
                arrays = None
        _tell(evidence, step, claims, arrays)
    if plan.beats is not None and plan.beats.relaxed_bound is not None and "beats" in tables.summary:
        _tell_relaxed(evidence, plan, plan.beats.relaxed_bound)
    _tolerance(tables, plan)
    try:
        _least_moved(evidence, plan)
    except (CannotProveError, TooLargeError, LookupError, ValueError, TypeError, ArithmeticError):
        # as above: what was proven is told without a certificate
        tables.proofs.pop(BUDGET, None)
    return tables


def _tell_relaxed(evidence: Evidence, plan: Plan, bound: float) -> None:
    """Tell the bound within the tolerances that the municipalities need, where its certificate proves one."""
    claims = evidence.summary["beats"]
    try:
        arrays = _beats(evidence, plan)
    except (CannotProveError, TooLargeError, LookupError, ValueError, TypeError, ArithmeticError):
        return
    if arrays is None:
        return
    found = float(arrays.pop("proves")[0])
    certified = rounded_down(min(found, bound), exact=found >= bound)
    if not math.isfinite(certified) or certified <= 0:
        return
    objective = claims["objective"]
    evidence.tables.proofs["beats"] = arrays | {"bound": np.array([certified])}
    claims["relaxed_bound"] = certified
    claims["relaxed_gap"] = (objective - certified) / objective if objective > 0 else 0.0


def _least_moved(evidence: Evidence, plan: Plan) -> None:
    """Keep what proves that fewer residents than so many cannot change beat, and tell no more than that."""
    told = evidence.summary.get("beats", {}).get("smallest_budget")
    short = None if plan.beats is None else plan.beats.short
    if not told or told["impossible_below"] is None or short is None or not short.evidence:
        return
    names, labels = [p.municipality for p in short.evidence], list(short.evidence[0].labels)
    areas, _ = areas_of(evidence, names, labels, 0.0)
    rows = {str(r["municipality"] or ""): float(r["tolerance"]) for r in evidence.summary["beats"]["municipalities"]}
    arrays: Arrays = {"names": np.array(names, dtype=str), "labels": np.array(labels, dtype=str)}
    bounds = []
    for m, (part, area) in enumerate(zip(short.evidence, areas, strict=True)):
        held = part.evidence
        usable = held is not None and held.way == "moves" and math.isfinite(held.bound)
        own = packed(held, MOST_NODES // len(areas)) if held is not None and usable else {}
        claimed = held.bound if held is not None and usable else 0.0
        bounds.append(min(claimed, prove_moves(area, own, rows[part.municipality], claimed)))
        arrays |= {f"p{m}.{key}": array for key, array in own.items()}
    known = sum(float(a.residents[a.current >= 0].sum()) for a in areas)
    proven = rounded_down(math.fsum(bounds) / known) if known > 0 else 0.0
    if proven <= 0:
        return
    # a stranger's word is worth more than a little more: the interval says what is proven for all to see
    told["impossible_below"] = min(told["impossible_below"], proven)
    evidence.tables.proofs[BUDGET] = arrays | {"part_bound": np.array(bounds)}


def _tolerance(tables: PlanTables, plan: Plan) -> None:
    """Keep what proves below which tolerance there are no beats; the checker says whether it does."""
    wider = () if plan.beats is None else plan.beats.wider
    proven = [w for w in wider if w.impossible_below is not None and w.evidence and w.evidence[0].evidence is not None]
    if not proven or "smallest_tolerance" not in tables.summary.get("beats", {}):
        return
    tightest = max(proven, key=lambda w: w.impossible_below or 0.0)
    part = tightest.evidence[0]
    if part.evidence is None or part.problem.budget is not None:
        return
    arrays = packed(part.evidence, 7 * MOST_NODES)
    if arrays:
        tables.proofs[TOLERANCE] = {
            "name": np.array([part.municipality], dtype=str),
            "labels": np.array(list(part.labels), dtype=str),
            **arrays,
        }


def _tell(evidence: Evidence, step: str, claims: dict[str, Any], arrays: Arrays | None) -> None:
    """Keep the certificate of a step where it proves something, and say in the summary what."""
    bound, objective = claims.get("lower_bound"), claims.get("objective")
    claims["certified"] = None if bound is None else False
    if bound is None or objective is None or not arrays:
        return
    evidence.tables.proofs[step] = arrays
    if step == "beats":
        # each part was evaluated when it was made
        found = float(arrays.pop("proves")[0])
    else:
        found, _ = proven(evidence, step, float(bound))
    if found is None or found == -math.inf:
        del evidence.tables.proofs[step]
        return
    certified = rounded_down(min(found, float(bound)), exact=found >= float(bound))
    arrays["bound"] = np.array([certified])
    keeps = claims["status"] != "optimal" or objective - certified <= OPTIMAL_GAP * objective
    if keeps and float(bound) - certified <= DEAR * abs(objective):
        claims["lower_bound"], claims["certified"] = certified, True
        claims["gap"] = (objective - certified) / objective if objective > 0 else 0.0
    else:
        claims["certified_bound"] = certified


def rounded_down(value: float, *, exact: bool = False) -> float:
    """Return a bound with few digits that is not above `value`; a whole number, or one that is proven as it stands, stays."""
    if exact or value == round(value) or not math.isfinite(value):
        return value
    last = Decimal(1).scaleb(math.floor(math.log10(abs(value))) + 1 - DIGITS)
    return float(Decimal(value).quantize(last, rounding=ROUND_FLOOR))


def _beats(evidence: Evidence, plan: Plan) -> Arrays | None:
    """Return the certificates of all municipalities, each with the bound that it proves."""
    found = () if plan.beats is None else plan.beats.evidence
    rules = plan.town.description.beats
    if not found or rules is None or plan.beats is None:
        return None
    told = plan.beats.proof.lower_bound if plan.beats.proof.lower_bound is not None else plan.beats.relaxed_bound
    if told is None:
        return None
    price, cut = float(plan.beats.price), rules.objective == "cut"
    if any(p.problem.price != price or (len(found) > 1 and p.problem.budget is not None) for p in found):
        # what was proven with a share of the budget, or at another price, does not add up to a bound of the whole
        return None
    names = [p.municipality for p in found]
    labels = list(next(iter(found)).labels)
    areas, spare = areas_of(evidence, names, labels, price)
    several = len(names) > 1 and rules.max_moved is not None
    limits = plan.beats.limits
    proofs = [p.evidence for p in (*found, *(x.evidence for x in limits))]
    total = sum(0 if e is None else len(e.nodes) for e in proofs)
    arrays: Arrays = {
        "names": np.array(names, dtype=str),
        "labels": np.array(labels, dtype=str),
        "common_price": np.array([price]),
    }

    def proven_by(head: str, part: PartEvidence, area: Area, bound: float, *, priced: bool) -> float:
        """Add the certificate of one municipality, and return what it proves."""
        held = part.evidence
        own = (
            {}
            if held is None or held.way != "lagrangian" or (cut and bound < math.inf)
            else packed(held, max(50, int(MOST_NODES * len(held.nodes) / max(1, total))))
        )
        value = prove_part(area, own, priced, bound, cut=cut)
        arrays.update({head + key: array for key, array in own.items()})
        return rounded_down(min(value, bound), exact=value >= bound)

    bounds = []
    for m, (part, area) in enumerate(zip(found, areas, strict=True)):
        wanted = math.inf if part.evidence is None else part.evidence.bound
        known = wanted if math.isfinite(wanted) else 0.0
        priced = rules.max_moved is not None and (price > 0 or not several)
        bounds.append(proven_by(f"p{m}.", part, area, known, priced=priced))
    if -math.inf in bounds:
        return None
    arrays["part_bound"] = np.array(bounds)
    value = math.fsum(bounds) - (price * spare if several else 0.0)
    if limits:
        of = [
            (
                x.part,
                x.upto,
                proven_by(f"l{k}.", x.evidence, limited(areas[x.part], x.upto), x.bound, priced=math.isfinite(x.upto)),
            )
            for k, x in enumerate(limits)
        ]
        arrays["limit_part"] = np.array([m for m, _, _ in of], np.int64)
        arrays["limit_upto"] = np.array([u for _, u, _ in of], float)
        arrays["limit_bound"] = np.array([b for _, _, b in of], float)
        value = max(value, least_of_choices(bounds, of, price, spare, told))
    arrays["proves"] = np.array([value])
    return arrays


def _stations(_evidence: Evidence, plan: Plan) -> Arrays | None:
    """Return the certificate of the stations."""
    found, rules = None if plan.stations is None else plan.stations.certificate, plan.town.description.stations
    assert rules is not None
    # some bounds need no certificate, such as the number of stations that stand already
    return {"kind": np.array([rules.objective])} if found is None else packed_stations(found)


def _officers(_evidence: Evidence, plan: Plan) -> Arrays | None:
    """Return the certificate of the officers: the prices."""
    found = None if plan.officers is None else plan.officers.certificate
    if found is None:
        return None
    return {"posts": found.posts, "room": found.room, "handover": found.handover, "needs": found.needs}
