"""The certificates of a plan: what the solvers bring as evidence, made into arrays, evaluated once, and told in the summary.

The bound that a plan reports is the one that its certificate proves, where that costs little; where the solvers know more than can be certified, their
bound stands with ``"certified": false`` and ``certified_bound`` beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.cells import readable
from beatplanner.data.result.folder import plain_types
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.beats.conflicts import no_less
from beatplanner.planning.proof import OPTIMAL_GAP, share_left
from beatplanner.planning.verification.beats_proof import at_tolerance, certified_areas, least_over_hosts
from beatplanner.planning.verification.evidence import Evidence, with_text_ids
from beatplanner.planning.verification.proofs import BUDGET, STOPS, TOLERANCE, proven
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.stations_proof import prove_stops
from beatplanner.planning.verification.travel_pairs import TooLargeError
from beatplanner.planning.whole.beat_proofs import (
    MOST_NODES,
    beats_arrays,
    moves_arrays,
    moves_over_hosts,
    packed,
    rounded_down,
)
from beatplanner.planning.whole.levels import level_arrays
from beatplanner.planning.whole.station_proofs import packed_stations

if TYPE_CHECKING:
    from beatplanner.data.description.models import Description
    from beatplanner.data.result.summary import Claims
    from beatplanner.data.town.town import Town
    from beatplanner.planning.whole.plan import Plan

Arrays = dict[str, np.ndarray]
# A certified bound stands in place of a stronger one that is not where the gap grows by at most this share of the objective.
DEAR = 0.005


def with_proofs(tables: PlanTables, plan: Plan) -> PlanTables:
    """Return the tables with their certificates, and their summary with what these prove; the summary is changed in place."""
    evidence = evidence_of(tables, plan.town.description, plan.town)
    made: dict[str, Callable[[Evidence, Plan], Arrays | None]] = {
        "beats": beats_arrays,
        "stations": _stations,
        "officers": _officers,
        "sectors": partial(level_arrays, name="sectors"),
        "commands": partial(level_arrays, name="commands"),
    }
    for step in made:
        claims = tables.summary.get(step)
        if not is_dict(claims):
            continue
        arrays = None
        if claims.get("lower_bound") is not None:
            try:
                arrays = made[step](evidence, plan)
            except (CannotProveError, TooLargeError, LookupError, ValueError, TypeError, ArithmeticError):
                # whatever goes wrong here, the plan is not lost: its bound is told as not certified
                arrays = None
        _certify(evidence, step, claims, arrays)
    _stops(evidence, plan)
    if plan.beats is not None and plan.beats.relaxed_bound is not None and "beats" in tables.summary:
        _certify_relaxed(evidence, plan, plan.beats.relaxed_bound)
    _tolerance(tables, plan)
    try:
        _least_moved(evidence, plan)
    except (CannotProveError, TooLargeError, LookupError, ValueError, TypeError, ArithmeticError):
        # as above: what was proven is told without a certificate
        tables.proofs.pop(BUDGET, None)
    return tables


def evidence_of(tables: PlanTables, description: Description, town: Town) -> Evidence:
    """Return a plan's tables as the checker takes them; certificates that are put into the tables are its own too."""
    units, beats, edges = with_text_ids(tables)
    # cells as they are read back from a file
    as_read = tables if tables.roster is None else replace(tables, roster=plain_types(tables.roster))
    return Evidence(units, beats, edges, as_read, tables.summary, description, town)


def _certify_relaxed(evidence: Evidence, plan: Plan, bound: float) -> None:
    """Tell the bound within the tolerances that the municipalities need, where its certificate proves one."""
    claims = evidence.summary["beats"]
    try:
        arrays = beats_arrays(evidence, plan)
    except (CannotProveError, TooLargeError, LookupError, ValueError, TypeError, ArithmeticError):
        return
    if arrays is None:
        return
    found = float(arrays.pop("proves")[0])
    certified = readable(rounded_down(min(found, bound), exact=found >= bound))
    if not math.isfinite(certified) or certified <= 0:
        return
    objective = claims["objective"]
    evidence.tables.proofs["beats"] = arrays | {"bound": np.array([certified])}
    claims["relaxed_bound"] = certified
    claims["relaxed_gap"] = share_left(objective, certified)


def _stops(evidence: Evidence, plan: Plan) -> None:
    """Keep what proves the least number of mobile-outreach stops, where it proves the number that is told."""
    found = plan.stations
    if found is None or found.stops_proof is None:
        return
    arrays = packed_stations(found.stops_proof)
    cut_off = (found.home_nearest < 0) & (found.people > 0)
    try:
        if arrays and prove_stops(evidence, arrays, cut_off) >= evidence.summary["stations"]["mobile"]["least_stops"]:
            evidence.tables.proofs[STOPS] = arrays
    except (CannotProveError, LookupError, ValueError, TypeError, ArithmeticError):
        # as for the steps' bounds: the number is told without a certificate
        return


def _least_moved(evidence: Evidence, plan: Plan) -> None:
    """Keep what proves that fewer residents than so many cannot change beat, and tell no more than that."""
    interval = evidence.summary.get("beats", {}).get("smallest_budget")
    short = None if plan.beats is None else plan.beats.short
    if not interval or interval["impossible_below"] is None or short is None or not (short.evidence or short.hosts):
        return
    parts = short.hosts[0].evidence if short.hosts else short.evidence
    names, labels = [p.municipality for p in parts], list(parts[0].labels)
    areas, _ = certified_areas(evidence, names, labels, 0.0)
    rows = {str(r["municipality"] or ""): float(r["tolerance"]) for r in evidence.summary["beats"]["municipalities"]}
    arrays: Arrays = {"names": np.array(names, dtype=str), "labels": np.array(labels, dtype=str)}
    areas = [at_tolerance(a, rows[n]) for n, a in zip(names, areas, strict=True)]
    arrays |= moves_over_hosts(short.hosts, areas) if short.hosts else moves_arrays(short.evidence, areas)
    least = least_over_hosts(areas, arrays) if short.hosts else math.fsum(arrays["part_bound"])
    known = sum(float(a.residents[a.current >= 0].sum()) for a in areas)
    proven = rounded_down(least / known) if known > 0 else 0.0
    if proven <= 0:
        return
    # a stranger's word is worth more than a little more: the interval says what is proven for all to see
    first = interval["impossible_below"]
    interval["impossible_below"] = min(first, proven)
    # one clash has one number, whoever tells it
    before, now = no_less(first, ""), no_less(interval["impossible_below"], "")
    for key in ("clashes", "unproven_clashes"):
        evidence.summary[key] = [c.replace(before, now) for c in evidence.summary.get(key, [])]
    evidence.tables.proofs[BUDGET] = arrays


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


def _certify(evidence: Evidence, step: str, claims: Claims, arrays: Arrays | None) -> None:
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
    if step != "officers":
        # nothing costs less than nothing, whatever rounding has left of a bound of 0
        found = max(found, 0.0)
    # as the summary tells it: the certificate names the same number
    certified = readable(rounded_down(min(found, float(bound)), exact=found >= float(bound)))
    arrays["bound"] = np.array([certified])
    keeps = claims["status"] != "optimal" or objective - certified <= OPTIMAL_GAP * objective
    if keeps and float(bound) - certified <= DEAR * abs(objective):
        claims["lower_bound"], claims["certified"] = certified, True
        claims["gap"] = share_left(objective, certified)
    else:
        claims["certified_bound"] = certified


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
    names = ("posts", "room", "handover", "needs", "moves")
    return {name: getattr(found, name) for name in names}
