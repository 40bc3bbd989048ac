"""Checks of ``summary.json`` itself: its shape, what it says of proofs, and the inputs that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from beatplanner.data.findings import listed
from beatplanner.data.formats.content import PARTS, bound_content, state_of_input
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.paths import whole_path_text
from beatplanner.data.result.manifest import VERSION
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.ledger import (
    DIGITS_SLACK,
    RELAXED,
    Ledger,
    is_number,
    missing,
    same,
    value_in_words,
)

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

OPTIMAL_GAP = 1e-4
PROOF = ("status", "objective", "lower_bound", "gap", "seconds")
FIGURES = {
    "beats": (
        "count",
        "max_deviation",
        "contiguous",
        "planned",
        "municipalities",
        "objective_unit",
        "officers_required",
        "exact_officers",
        "covered_share",
        "certified",
    ),
    "sectors": ("count", "span", "tolerance", "max_deviation", "contiguous", "certified"),
    "commands": ("count", "span", "tolerance", "max_deviation", "contiguous", "certified"),
    "stations": (
        "count",
        "mean_walk_minutes",
        "share_within_limit",
        "cost",
        "objective_kind",
        "walk_minutes",
        "walk_kmh",
        "unreachable_residents",
        "unreached_metres",
        "sites",
        "generated_sites",
        "closed",
        "groups",
        "share_by_minutes",
        "homes",
        "certified",
    ),
    "officers": (
        "posts",
        "vacant_months",
        "rotations",
        "tenure_violations",
        "language_gaps",
        "weights",
        "gender_gaps",
        "home_km_months",
        "unpreferred_months",
        "changed_months",
        "officers",
        "months",
        "broken_rules",
        "certified",
    ),
}
ALWAYS = (
    "project",
    "feasible",
    "seed",
    "seconds",
    "threads",
    "made_on",
    "time_limit",
    "clashes",
    "unproven_clashes",
    "population",
    "workload",
    "notes",
    "crs",
    "description_file",
    "description_sha256",
    "rules",
    "inputs",
    "versions",
)
# Keys that a summary has since this version of results; see `beatplanner.data.result.manifest`.
SINCE = {
    "unproven_clashes": 2,
    "stations.homes": 2,
    "budget.forums": 3,
    "budget.certified": 5,
    "budget.resident_years_bound": 5,
}
# Keys of the budget that say nothing where they are null, so that no figure shows that they are gone.
OF_BUDGET = ("forums", "certified", "resident_years_bound")
TRUST = ("relationship_years_today", "relationship_years_kept", "relationship_years_lost_by_lines")


def check_summary(ledger: Ledger, summary: Claims, written: int = VERSION) -> None:
    """Check that the summary has the contract's keys, and that status, bound and gap of each step fit together.

    `written` is the version of results in which the folder says that it was written: keys that came later may be missing in it.
    """
    version = summary.get("version")
    ledger.add("summary.version", type(version) is int and version == 1, version, 1)
    absent = [key for key in ALWAYS if key not in summary]
    steps = [step for step in FIGURES if is_dict(summary.get(step))]
    absent += [f"{step}.{key}" for step in steps for key in PROOF + FIGURES[step] if key not in summary[step]]
    known = [step for step in steps if any(key in summary[step] for key in TRUST)]
    absent += [f"{step}.{key}" for step in known for key in TRUST if key not in summary[step]]
    if summary.get("budget"):
        absent += [f"budget.{key}" for key in OF_BUDGET if key not in summary["budget"]]
    later = [key for key in absent if SINCE.get(key, 0) > written]
    absent = [key for key in absent if key not in later]
    if later:
        why = f"The result was written by an older version of the program (results of version {written}), which did not tell of them."
        ledger.unchecked("summary.newer_keys", ", ".join(later), why)
    ledger.each(
        "summary.keys",
        "every key of the contract",
        [f"The key {key} is missing." for key in absent],
        len(ALWAYS) + sum(len(PROOF + FIGURES[step]) for step in steps),
        "keys",
    )
    seconds = summary.get("seconds")
    ledger.add("summary.seconds", is_number(seconds) and float(seconds) >= 0, seconds, "a time of 0 s or more")
    if not ending_fits(summary):
        limit, ended = summary.get("solving_limit"), summary.get("ended_by_person")
        what = "a limit of solving that is the time limit where there is one, and steps and seconds of whoever ended it"
        ledger.add("summary.ended", False, f"{limit}, {ended}", what)
    for step in steps:
        _check_proof(ledger, step, summary[step])
    clashes = list_of(summary, "clashes")
    relaxed = [step for step in steps if summary[step].get("status") in RELAXED]
    feasible = not clashes and not relaxed
    ledger.add(
        "summary.feasible",
        summary.get("feasible") is feasible,
        summary.get("feasible"),
        feasible,
        ""
        if summary.get("feasible") is feasible
        else f"There are {len(clashes):,} clashes, and {len(relaxed):,} steps are marked infeasible or unknown.",
    )
    _check_proven(ledger, summary, steps)


def ending_fits(summary: Claims) -> bool:
    """Tell whether what is told of the search's end fits together; whether it is true cannot be told from a plan."""
    asked, limit, ended = summary.get("time_limit"), summary.get("solving_limit"), summary.get("ended_by_person")
    of_limit = limit is None or (is_number(limit) and (asked is None or asked == limit))
    of_person = ended is None or (
        is_dict(ended)
        and bool(list_of(ended, "steps"))
        and is_number(ended.get("seconds"))
        and is_number(ended.get("of"))
        and ended["seconds"] >= 0
    )
    return of_limit and of_person and is_number(summary.get("seconds"))


def _check_proven(ledger: Ledger, summary: Claims, steps: list[str]) -> None:
    """Check that "infeasible" is said where a clash is told as proven, and that its proof was looked at or is told as not checked."""
    clashes, unproven = list_of(summary, "clashes"), summary.get("unproven_clashes", [])
    unproven = unproven if is_list(unproven) else [str(unproven)]
    strangers = [c for c in unproven if c not in clashes]
    proven = [c for c in clashes if c not in unproven] if not strangers else []
    claimed = [step for step in steps if summary[step].get("status") == "infeasible"]
    sound = not strangers and (bool(proven) or not claimed)
    ledger.add(
        "summary.unproven_clashes",
        sound,
        f"{len(unproven):,} of {len(clashes):,}",
        "some of the clashes; not all where a step is infeasible",
        ""
        if sound
        else f"The {listed(claimed)} are called infeasible, and no clash is proven."
        if not strangers
        else "A clash that is called unproven is none of the clashes.",
    )
    if clashes and not claimed:
        why = "Which of the clashes are proven is what the program reports; no step is called infeasible for it."
        ledger.unchecked("summary.proven_clashes", "unproven_clashes", why)
    for step in claimed:
        section = summary[step]
        if step == "beats" and (
            _too_small(section, "smallest_tolerance", summary) or _too_small(section, "smallest_budget", summary)
        ):
            continue  # what is impossible is checked with its certificate
        ledger.unchecked(
            f"{step}.status",
            "infeasible",
            f"That no plan keeps the rules of the {step} is what the program reports; no certificate proves it.",
        )


def _too_small(section: Mapping[str, object], interval: str, summary: Claims) -> bool:
    """Tell whether what is claimed as impossible, for the smallest tolerance or budget, reaches the rule that was asked for."""
    said, rules = section.get(interval), section_of(section_of(summary, "rules"), "beats")
    below = said.get("impossible_below") if is_dict(said) else None
    asked = rules.get("tolerance" if interval == "smallest_tolerance" else "max_moved")
    return is_number(below) and is_number(asked) and float(below) >= float(asked) * (1 - DIGITS_SLACK)


def _check_proof(ledger: Ledger, step: str, result: Claims) -> None:
    status, objective = result.get("status"), result.get("objective")
    bound, gap = result.get("lower_bound"), result.get("gap")
    ledger.add(
        f"{step}.seconds",
        is_number(result.get("seconds")) and result["seconds"] >= 0,
        result.get("seconds"),
        "0 s or more",
    )
    if missing(bound) or missing(gap):
        both = missing(bound) and missing(gap)
        ledger.add(
            f"{step}.gap",
            both,
            f"bound {value_in_words(bound)}, gap {value_in_words(gap)}",
            "both or neither",
            "" if both else f"The {step} have only one of lower bound and gap; one follows from the other.",
        )
        proven = None
    elif not (is_number(bound) and is_number(objective) and is_number(gap)):
        ledger.add(
            f"{step}.gap",
            False,
            value_in_words(gap),
            "not a number",
            f"Objective, bound and gap of the {step} must be numbers.",
        )
        proven = None
    else:
        slack = 1e-9 * max(1.0, abs(objective))
        ledger.add(
            f"{step}.lower_bound",
            bound <= objective + slack,
            bound,
            f"objective {value_in_words(objective)}",
            "" if bound <= objective + slack else "A lower bound cannot be above the objective of a plan that exists.",
        )
        proven = (objective - bound) / objective if objective else 0.0
        close = same(gap, proven, relative=1e-6, absolute=1e-9)
        ledger.add(
            f"{step}.gap",
            close,
            f"{gap:.6%}",
            f"{proven:.6%}",
            "" if close else f"(objective − lower bound) / objective of the {step} is {proven:.6%}, not {gap:.6%}.",
        )
    if status in RELAXED:
        fitting = str(status)
    else:
        fitting = "optimal" if proven is not None and proven <= OPTIMAL_GAP * (1 + 1e-9) else "feasible"
    ledger.add(
        f"{step}.status",
        status == fitting,
        status,
        fitting,
        ""
        if status == fitting
        else f"The {step} are called {status}; with a proven gap of {'none' if proven is None else f'{proven:.4%}'} they are {fitting}.",
    )


def check_inputs(ledger: Ledger, summary: Claims) -> bool:
    """Check that the input files are still those that the plan was made from.

    Returns
    -------
    bool
        Whether every one of them is there and unchanged, so that the plan can be checked against them.
    """
    inputs = summary.get("inputs")
    if not is_list(inputs):
        return False
    if not inputs:
        ledger.unchecked(
            "inputs",
            "none listed",
            "The summary lists no inputs, so the plan is checked against itself only.",
        )
        return False
    there = True
    read = _read_by_rules(summary)
    for source in inputs:
        if not is_dict(source) or not source.get("path"):
            ledger.add("inputs", False, str(source), "an input with its path", "An input has no path.")
            there = False
            continue
        role, place = str(source.get("role", "?")), str(source.get("path", ""))
        path, name = Path(place), PureWindowsPath(place).name
        claimed = str(source.get("sha256", ""))[:12] or "no hash"
        state = state_of_input(source)
        if state == "gone" and read is not None and whole_path_text(place) not in read:
            ledger.add(
                f"inputs.{role}",
                False,
                str(path),
                "not a file that the rules read",
                f"The rules do not read {name}.",
            )
            there = False
            continue
        if state == "gone":
            ledger.unchecked(
                f"inputs.{role}", claimed, f"{name} is not there any more; what depends on it cannot be checked."
            )
            there = False
            continue
        there &= state != "changed"
        ledger.add(
            f"inputs.{role}",
            state != "changed",
            claimed,
            "the same content, saved again" if state == "saved again" else fingerprint(path)[:12],
            ""
            if state != "changed"
            else f"{path.name} has changed since the plan was made: plan again, or bring the old file back.",
        )
        content = source.get("content")
        if state == "unchanged" and content is not None and bound_content(path, str(source["sha256"])) != content:
            what = f"The hash of what {path.name} says is another than the plan tells."
            ledger.add(f"inputs.{role}.content", False, str(content)[:12], "that of the file", what)
        if state == "unchanged" and source.get("content") is None and path.suffix.lower() in PARTS:
            ledger.unchecked(
                f"inputs.{role}.content", claimed, f"What stands in the files beside {path.name} cannot be checked."
            )
    return there


def _read_by_rules(summary: Claims) -> set[str] | None:
    """Return every file that the rules name; None where they cannot be told."""
    found: set[str] = set()
    file = str(summary.get("description_file", ""))

    def collect(value: Any) -> None:
        if is_dict(value):
            for inner in value.values():
                collect(inner)
        elif is_list(value):
            for inner in value:
                collect(inner)
        elif isinstance(value, str) and value:
            found.add(whole_path_text(value, beside=file))

    if not file or not is_dict(summary.get("rules")):
        return None
    collect(summary["rules"])
    return found | {whole_path_text(file)}
