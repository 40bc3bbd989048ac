"""Why a plan is a draft: what is not solved, not kept, or made up, read from its tables alone.

Every page that people hold says it, and the checker holds the pack against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.draft_reason import BEST, Reason, gap_at_most
from beatplanner.data.result.sections import section_of

if TYPE_CHECKING:
    # the window asks what a broken step is before any town is read
    from beatplanner.data.result.plan_tables import PlanTables

# A plan that may be farther from the best one than this share is not finished.
LARGEST_GAP = 0.05
STEPS = ("beats", "sectors", "commands", "stations", "officers")
# What a step's status is where not all rules are kept: proven impossible, or no plan that keeps them was found.
UNKNOWN = "unknown"
BROKEN = ("infeasible", UNKNOWN)
# Proven best; proven within a gap; no bound that somebody can check; rules relaxed; no plan that keeps them found; given and not sought.
Standing = Literal["best", "within", "no bound", "relaxed", "unknown", "given"]


def draft_reasons(
    tables: PlanTables, accepted: Mapping[str, str] | None = None, verdict: Mapping[str, object] | None = None
) -> list[Reason]:
    """Return why a plan is a draft; empty where it is none.

    Parameters
    ----------
    tables
        The plan.
    accepted
        Generated sites that a person has accepted since, with their names; those of the plan's own rules where none are given.
    verdict
        What the checker found, with ``ok``; None where nobody has looked.
    """
    summary = tables.summary
    found = [Reason("wrong")] if verdict is not None and verdict.get("ok") is False else []
    found += [] if summary.get("feasible", True) else [Reason("rules")]
    found += unsolved_steps(summary)
    open_sites = unaccepted_sites(tables, accepted)
    if open_sites:
        found.append(Reason("sites", value=len(open_sites)))
    wrong = misposted_beats(tables)
    if wrong:
        found.append(Reason("posts", value=len(wrong)))
    return found


def unsolved_steps(summary: Mapping[str, object]) -> list[Reason]:
    """Return the steps that break a rule, have no bound that somebody can check, or may be more than `LARGEST_GAP` from the best.

    Steps that were given and not sought are left out.
    """
    found: list[Reason] = []
    for step in STEPS:
        claims = summary.get(step)
        if not is_dict(claims) or (step == "beats" and not claims.get("planned", True)):
            continue
        gap = None if claims.get("status") in BROKEN else proven_gap(claims)
        if gap is None:
            found.append(Reason("unsolved", step))
        elif gap > LARGEST_GAP + 1e-9:
            own = claims.get("gap")
            near = claims.get("certified") is False and own is not None and own <= LARGEST_GAP
            found.append(Reason("unchecked" if near else "gap", step, gap))
    return found


def proven_gap(claims: Mapping[str, Any]) -> float | None:
    """Return the gap of a step that somebody can check; None where there is no bound, or only one that nobody can check."""
    gap, objective = claims.get("gap"), claims.get("objective")
    if gap is None or claims.get("certified") is not False:
        return None if gap is None else float(gap)
    bound = claims.get("certified_bound")
    if bound is None or not objective:
        return None
    return max(0.0, (float(objective) - float(bound)) / abs(float(objective)))


def proven_bound(claims: Mapping[str, Any]) -> float | None:
    """Return the bound of a step that somebody can check; None where there is none."""
    bound = claims.get("certified_bound" if claims.get("certified") is False else "lower_bound")
    return None if bound is None or proven_gap(claims) is None else float(bound)


def reported_gap(claims: Mapping[str, Any]) -> float | None:
    """Return the gap that the search alone reports of a step, where it is another than `proven_gap`, as both are told; None else."""
    gap, proven = claims.get("gap"), proven_gap(claims)
    alike = proven is not None and gap is not None and gap_at_most(float(gap)) == gap_at_most(proven)
    return None if gap is None or alike or claims.get("status") in BROKEN else float(gap)


def as_proven(claims: Mapping[str, Any]) -> dict[str, object]:
    """Return the figures of a step, its status and gap by what somebody can check, and as ``reported_gap`` what the search alone reports."""
    gaps = {"gap": proven_gap(claims), "reported_gap": reported_gap(claims)}
    found: dict[str, object] = {}
    for key, value in claims.items():
        found |= {key: value} if key != "gap" else {k: v for k, v in gaps.items() if v is not None}
    if claims.get("status") not in BROKEN:
        found["status"] = "optimal" if standing_of(claims) == "best" else "feasible"
    return found


def standing_of(claims: Mapping[str, Any]) -> Standing:
    """Return how near to the best a step is, by what somebody can check: every output makes this claim, and tells `proven_gap` with it."""
    if claims.get("planned") is False:
        return "given"
    if claims.get("status") in BROKEN:
        return "relaxed" if claims["status"] == "infeasible" else "unknown"
    gap = proven_gap(claims)
    if gap is None:
        return "no bound"
    return (
        "best"
        if claims.get("status") == "optimal" and (claims.get("certified") is not False or gap <= BEST)
        else "within"
    )


def accepted_sites(tables: PlanTables) -> dict[str, str]:
    """Return the generated sites that a person accepted, and the name that the person gave each."""
    rules = section_of(section_of(tables.summary, "rules"), "stations")
    given = {str(k): str(v) for k, v in section_of(rules, "accepted").items()}
    # the window asks what a broken step is before any description is read, and its models are heavy
    from beatplanner.data.description.listed_ids import keys_as_known

    return given if tables.sites is None else keys_as_known(given, tables.sites["station"].astype(str))


def unaccepted_sites(tables: PlanTables, accepted: Mapping[str, str] | None = None) -> set[str]:
    """Return the stations at places that were generated and that no person has accepted; `accepted` as for `draft_reasons`."""
    if tables.stations is None or tables.sites is None or "state" not in tables.sites:
        return set()
    made_up = tables.sites["station"].astype(str)[(tables.sites["state"] == "generated").to_numpy()]
    return set(made_up) & set(tables.stations["station"].astype(str)) - set(
        accepted_sites(tables) if accepted is None else accepted
    )


def misposted_beats(tables: PlanTables) -> list[str]:
    """Return the beats that have more officers than posts when the plan begins."""
    if tables.assignments is None or tables.beats is None or not len(tables.assignments):
        return []
    starts, ends = tables.assignments["start"].astype(str), tables.assignments["end"].astype(str)
    begin = min(starts)
    there = tables.assignments["beat"].astype(str)[((starts <= begin) & (ends > begin)).to_numpy()].value_counts()
    posts = zip(tables.beats["beat"].astype(str), tables.beats["posts"].astype(int), strict=True)
    return [b for b, n in posts if there.get(b, 0) > n]
