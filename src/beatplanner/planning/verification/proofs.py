"""Checks of the bounds: what the certificate of each step proves, and whether that is what the summary claims."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.arrays import HAIR, MalformedError, are_numbers
from beatplanner.planning.verification.beats_proof import impossible_within, least_moved, prove_beats
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.known_arrays import strange_arrays
from beatplanner.planning.verification.ledger import DIGITS_SLACK, RELAXED, Ledger, is_number, missing, value_in_words
from beatplanner.planning.verification.levels import prove_level
from beatplanner.planning.verification.officers_proof import not_evaluated, prove_officers
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.rollout_proof import ROLLOUT
from beatplanner.planning.verification.stations_proof import prove_stations
from beatplanner.planning.verification.travel_pairs import TooLargeError

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row
    from beatplanner.data.result.summary import Claims

Arrays = dict[str, np.ndarray]
# The certificates of the smallest tolerance, of the fewest residents moved, and of the fewest mobile-outreach stops.
TOLERANCE, BUDGET, STOPS = "tolerance", "budget", "stops"

PROVERS: dict[str, Callable[[Evidence, Arrays, float], float]] = {
    "beats": prove_beats,
    "stations": prove_stations,
    "officers": prove_officers,
    "sectors": prove_level,
    "commands": prove_level,
}


class NoCertificate(str):
    """Why nothing is proven where the certificate is gone or broken, which is wrong whatever inputs are there; a plain text says what cannot be evaluated."""

    __slots__ = ()


def proven(evidence: Evidence, step: str, claimed: float) -> tuple[float | None, str]:
    """Return what the certificate of a step proves, None and why where it proves nothing that can be evaluated."""
    arrays = evidence.tables.proofs.get(step)
    if not arrays:
        return None, NoCertificate(f"There is no certificate proof/{step}.npz that can be read.")
    prover = PROVERS.get(step)
    if prover is None:
        return None, "This checker does not know such certificates."
    if not are_numbers(arrays):
        return None, NoCertificate(f"The certificate proof/{step}.npz is broken: it has values that are no numbers.")
    try:
        with np.errstate(all="ignore"):
            found = prover(evidence, arrays, claimed)
        if math.isnan(found):
            return None, NoCertificate(f"The certificate proof/{step}.npz is broken: its numbers cannot be added up.")
        return found, ""
    except CannotProveError as error:
        return None, str(error)
    except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
        return None, NoCertificate(f"The certificate proof/{step}.npz is broken ({type(error).__name__}).")


def check_proofs(ledger: Ledger, evidence: Evidence) -> None:
    """Check the bound of each step."""
    for step in PROVERS:
        claims = evidence.summary.get(step)
        if is_dict(claims):
            _check(ledger, evidence, step, claims)
    _check_tolerance(ledger, evidence)
    _check_budget(ledger, evidence)
    known = {step for step in PROVERS if is_dict(evidence.summary.get(step))}
    for key, name in (("smallest_tolerance", TOLERANCE), ("smallest_budget", BUDGET)):
        if key in section_of(evidence.summary, "beats"):
            known.add(name)
    if "mobile" in section_of(evidence.summary, "stations"):
        known.add(STOPS)
    if isinstance(evidence.summary.get("budget"), dict):
        known.add(ROLLOUT)
    others = sorted(set(evidence.tables.proofs) - known)
    ledger.each(
        "proof.files",
        "each certificate belongs to a step",
        [f"proof/{o}.npz proves nothing that the summary claims." for o in others],
        len(evidence.tables.proofs),
        "certificates",
    )
    strange = [
        f"proof/{kind}.npz has {name}, which proves nothing."
        for kind, arrays in evidence.tables.proofs.items()
        if kind in known
        for name in strange_arrays(kind, arrays)
    ]
    every = sum(map(len, evidence.tables.proofs.values()))
    ledger.each("proof.arrays", "each array belongs to its certificate", strange, every, "arrays")


def _check_tolerance(ledger: Ledger, evidence: Evidence) -> None:
    """Check the interval of the smallest tolerance that would do: impossible below, by its proof, and found above, by the plan."""
    claims = section_of(evidence.summary, "beats")
    interval = claims.get("smallest_tolerance")
    if not is_dict(interval):
        return
    rows = list_of(claims, "municipalities")
    widest = max((float(r["tolerance"]) for r in rows), default=0.0)
    ledger.number("beats.smallest_tolerance", interval.get("found"), widest)
    below = interval.get("impossible_below")
    if below is None or missing(below):
        ledger.add("beats.impossible_below", True, "nothing is proven impossible", "nothing to prove")
        return
    # what is told with few digits may be the rule itself, which has more
    asked = evidence.rules.beats.tolerance if evidence.rules.beats is not None else math.inf
    at = asked if math.isclose(float(below), asked, rel_tol=DIGITS_SLACK) else float(below)
    arrays = evidence.tables.proofs.get(TOLERANCE, {})
    try:
        if not are_numbers(arrays):
            raise MalformedError("values that are no numbers")
        with np.errstate(all="ignore"):
            why = impossible_within(evidence, at, arrays)
    except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
        detail = f"proof/{TOLERANCE}.npz is broken ({type(error).__name__})."
        ledger.add("beats.impossible_below", False, below, "nothing", detail)
        return
    except (CannotProveError, TooLargeError) as error:
        ledger.unchecked(
            "beats.impossible_below", below, str(error) or "The municipality is too large for this checker."
        )
        return
    if why:
        ledger.add("beats.impossible_below", True, f"none within ±{float(below):.4%}", why)
    else:
        ledger.unchecked(
            "beats.impossible_below",
            below,
            "No certificate proves that no beats are within this tolerance; it is what the solver reports.",
        )


def _check_budget(ledger: Ledger, evidence: Evidence) -> None:
    """Check the interval of the smallest change budget that would do: impossible below, by its proof, and found above, by the plan."""
    claims = section_of(evidence.summary, "beats")
    interval = claims.get("smallest_budget")
    if not is_dict(interval):
        return
    # what was found is rounded up to the next tenth of a percent, as it is entered
    found, moved = interval.get("found"), claims.get("moved_share")
    ok = is_number(found) and is_number(moved) and float(found) - float(moved) >= -1e-9 and 0 <= found <= 1.001
    ledger.add("beats.smallest_budget", ok, found, moved, "" if ok else "The plan moves more than what is told to do.")
    below = interval.get("impossible_below")
    if missing(below):
        ledger.add("beats.least_moved", True, "nothing is proven impossible", "nothing to prove")
        return
    arrays = evidence.tables.proofs.get(BUDGET)
    if not arrays:
        why = "No certificate proves that fewer residents cannot do; it is what the solver reports."
        ledger.unchecked("beats.least_moved", below, why)
        return
    try:
        if not are_numbers(arrays):
            raise MalformedError("values that are no numbers")
        with np.errstate(all="ignore"):
            least = least_moved(evidence, arrays)
    except CannotProveError as error:
        ledger.unchecked("beats.least_moved", below, str(error))
        return
    except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
        ledger.add(
            "beats.least_moved", False, below, "nothing", f"proof/budget.npz is broken ({type(error).__name__})."
        )
        return
    ok = is_number(below) and least >= float(below) - HAIR
    detail = "" if ok else f"The certificate proves that {least:.4%} change beat at least, not {value_in_words(below)}."
    ledger.add(
        "beats.least_moved", ok, f"none below {value_in_words(below)}", f"at least {value_in_words(least)}", detail
    )


def _within(evidence: Evidence, rows: list[Row]) -> bool:
    """Tell whether each beat is within the tolerance that its municipality is told to have."""
    beats = evidence.beats
    if beats is None:
        return False
    hours, names = (
        evidence.total(evidence.units["workload"].to_numpy(float)),
        beats["municipality"].fillna("").astype(str),
    )
    for row in rows:
        own = hours[(names == str(row["municipality"] or "")).to_numpy()]
        if len(own) and np.abs(own - own.mean()).max() > (float(row["tolerance"]) + 1e-6) * own.mean():
            return False
    return True


def _check_relaxed(ledger: Ledger, evidence: Evidence, claims: Claims) -> None:
    """Check the bound under the tolerances that the municipalities need, where the rules clash."""
    bound, objective, gap = claims["relaxed_bound"], claims.get("objective"), claims.get("relaxed_gap")
    ledger.add("beats.certified", claims.get("certified") is None, claims.get("certified"), None)
    ledger.add("beats.proof", missing(claims.get("lower_bound")), claims.get("lower_bound"), "none where rules clash")
    if not _within(evidence, list_of(claims, "municipalities")):
        ledger.add(
            "beats.relaxed_bound",
            False,
            bound,
            "a plan within its tolerances",
            "Beats are outside the tolerances that the bound is told for.",
        )
        return
    if not (is_number(bound) and is_number(objective)) or claims.get("status") not in RELAXED:
        ledger.add(
            "beats.relaxed_bound",
            False,
            bound,
            "a number, where rules clash",
            "Such a bound is told where rules clash.",
        )
        return
    ledger.number("beats.relaxed_gap", gap, (objective - bound) / objective if objective > 0 else 0.0)
    found, why = proven(evidence, "beats", float(bound))
    if found is None and not isinstance(why, NoCertificate):
        ledger.unchecked("beats.relaxed_bound", bound, why)
        return
    said = evidence.tables.proofs.get("beats", {}).get("bound", np.array([math.nan]))
    ok = found is not None and float(said.ravel()[0]) == float(bound) and found >= bound - HAIR * abs(bound)
    ok = ok and bound <= objective * (1 + 1e-9)
    detail = "" if ok else why or f"The certificate proves {value_in_words(found)}, not {value_in_words(bound)}."
    ledger.add(
        "beats.relaxed_bound",
        ok,
        f"no plan within these tolerances below {value_in_words(bound)}",
        value_in_words(found),
        detail,
    )


def _check(ledger: Ledger, evidence: Evidence, step: str, claims: Claims) -> None:
    bound, certified = claims.get("lower_bound"), claims.get("certified")
    weaker = claims.get("certified_bound")
    if step == "beats" and "relaxed_bound" in claims:
        _check_relaxed(ledger, evidence, claims)
        return
    if missing(bound):
        ok = certified is not True and missing(weaker)
        ledger.add(
            f"{step}.proof",
            ok,
            "no bound",
            "nothing to prove",
            "" if ok else "There is no bound that could be certified.",
        )
        ledger.add(f"{step}.certified", certified is None or certified is False, certified, None)
        return
    if not is_number(bound):
        return
    claim = bound if certified is True else weaker
    if not is_number(claim) and evidence.tables.proofs.get(step):
        detail = f"There is a certificate, and the summary does not say what it proves: {step}.certified and {step}.certified_bound."
        ledger.add(f"{step}.proof", False, "nothing", "a certificate", detail)
        ledger.add(f"{step}.certified", False, certified, "a certificate", detail)
        return
    if not is_number(claim):
        why = "No certificate was written for this bound; it is what the solver reports."
        if step == "officers":
            why = f"{why} {not_evaluated(evidence)}".strip()
        ledger.unchecked(f"{step}.proof", bound, why)
        # nothing but a plain no says that nobody can check a bound
        ledger.add(f"{step}.certified", certified is False, certified, False)
        return
    found, why = proven(evidence, step, float(claim))
    if found is None:
        # a certificate that is gone proves nothing; only inputs that are gone excuse it
        if isinstance(why, NoCertificate):
            ledger.add(f"{step}.proof", False, claim, "nothing", why)
        else:
            ledger.unchecked(f"{step}.proof", claim, why)
        ledger.unchecked(f"{step}.certified", certified, why)
        return
    if step != "officers":
        found = max(found, 0.0)  # hours, metres, residents and sites are never less than none
    said = evidence.tables.proofs[step].get("bound")
    same = said is not None and said.size == 1 and float(said.ravel()[0]) == float(claim)
    ok = same and (found >= float(claim) - HAIR * abs(float(claim)) or found == math.inf)
    detail = (
        ""
        if ok
        else (
            f"The certificate proves {value_in_words(found)}, not {value_in_words(claim)}."
            if same
            else "The certificate was written for another bound than the summary claims."
        )
    )
    shown = "at least the claim" if found >= float(claim) else value_in_words(found)
    ledger.add(f"{step}.proof", ok, f"no plan below {value_in_words(claim)}", f"certificate proves {shown}", detail)
    ledger.add(f"{step}.certified", certified is False or (ok and certified is True), certified, ok)
    if certified is not True:
        ledger.unchecked(
            f"{step}.bound",
            bound,
            f"The solver reports {value_in_words(bound)}; the certificate proves {value_in_words(claim)}.",
        )
        objective = claims.get("objective")
        if claims.get("status") == "optimal" and is_number(objective) and float(objective) > 0:
            left = max(0.0, float(objective) - float(claim)) / float(objective)
            why = f"That no plan is better is what the solver reports; as far as the certificate proves, one could be {left:.3%} better."
            ledger.unchecked(f"{step}.status", "optimal", why)
