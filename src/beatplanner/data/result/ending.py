"""How a plan's search ended, by itself, by the clock or by a person, and whether it is repeatable from its seed: in one sentence, which every output tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from beatplanner.data.result.sections import list_of, section_of

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

SEARCHED = ("beats", "sectors", "commands", "stations", "officers")
# Where nobody asked for a time, no step comes near the end of its own before the whole run has taken this share of the longest: the least that a step has of it.
NEAR = 0.3
BY_PERSON = "A person ended the search after {seconds} s of at most {most} s of solving and kept the best plan so far: the same data, rules, seed and threads may give another plan."
# Of older plans, whose summaries tell no seconds of it.
BY_SOMEBODY = "A person ended the search and kept the best plan so far: the same data, rules, seed and threads may give another plan."
BY_CLOCK = "The search had at most {most} s of solving, and the clock may have ended it: the same data, rules, seed and threads may give another plan."
UNKNOWN = "The same data, rules, seed and threads give the same plan, unless the clock or a person ended the search."
AGAIN = "The same data, rules, seed and threads give the same plan."
SENTENCES = (BY_PERSON, BY_SOMEBODY, BY_CLOCK, UNKNOWN, AGAIN)


class OfMunicipality(NamedTuple):
    """What is known of one municipality: the gap that the search proved, None where it proved none, and whether its rules had to be wider."""

    name: str
    gap: float | None
    wider: bool


def of_municipalities(summary: Mapping[str, Any]) -> list[OfMunicipality]:
    """Return what the search proved of each municipality, by name; empty where it kept nothing of any."""
    rows = list_of(section_of(summary, "beats"), "municipalities")
    asked = section_of(section_of(summary, "rules"), "beats").get("tolerance", 0.0)
    if len(rows) < 2 or not any("gap" in row for row in rows):
        return []
    found = [OfMunicipality(str(r["municipality"]), r.get("gap"), r["tolerance"] > asked + 1e-9) for r in rows]
    return sorted(found)


def ended_by_person(summary: Mapping[str, Any]) -> bool:
    """Tell whether a person ended the search of a step; of an older plan that is known only where rules were broken."""
    return bool(summary.get("ended_by_person") or summary.get("stopped"))


def person_in_both(before: Mapping[str, Any], officers: Mapping[str, Any]) -> Claims:
    """Return what stands of a person's end in a plan whose officers were planned anew for the beats and stations of another; empty where nobody ended either."""
    found = [c["ended_by_person"] for c in (before, officers) if c.get("ended_by_person")]
    if not found:
        return {}
    steps = {step for one in found for step in one["steps"]}
    return {"ended_by_person": {**found[-1], "steps": [s for s in SEARCHED if s in steps]}}


def repeatable(summary: Mapping[str, Any]) -> bool:
    """Tell whether the seed gives the same plan again: neither a person nor, as far as can be told, the clock ended its search."""
    limit = summary.get("solving_limit")
    if limit is None or ended_by_person(summary):
        return False
    beats = section_of(summary, "beats")
    if beats.get("proof_cut_short") or any(_cut_short(section_of(beats, key)) for key in ("lines", "least_minutes")):
        return False
    if summary.get("time_limit") is None:
        return float(summary.get("seconds", limit)) < NEAR * float(limit)
    # who names a time has it used for the proof: what is proven best ended before
    return all(status == "optimal" for status in _sought(summary))


def _cut_short(section: Mapping[str, Any]) -> bool:
    return bool(section.get("cut_short") or section.get("by_time"))


def _sought(summary: Mapping[str, Any]) -> Iterator[str]:
    for step in SEARCHED:
        section = section_of(summary, step)
        # beats that were given were not sought
        if section and section.get("planned", True):
            yield str(section.get("status"))


def ending(summary: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return how the search ended, and what follows for who plans again: one of `SENTENCES`, and its values."""
    limit, ended = summary.get("solving_limit"), summary.get("ended_by_person")
    if ended:
        return BY_PERSON, {"seconds": f"{float(ended['seconds']):,.0f}", "most": f"{float(ended['of']):,.0f}"}
    if ended_by_person(summary):
        return BY_SOMEBODY, {}
    if limit is None:
        return UNKNOWN, {}
    return (AGAIN, {}) if repeatable(summary) else (BY_CLOCK, {"most": f"{float(limit):,.0f}"})


def ending_said(summary: Mapping[str, Any]) -> str:
    """Return what `ending` says as an English sentence, which the window's catalogues know."""
    sentence, values = ending(summary)
    return sentence.format(**values)
