"""No claimed bound is past what the plan itself has.

A plan that exists is a witness: what is claimed as impossible, needed at least or possible at most is wrong where the plan does it, whether or not there is
a certificate that could be looked at. So all such pairs are compared here, apart from what proves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beatplanner.data.findings import share_text
from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.ledger import Ledger, is_number, missing, value_in_words

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

STEPS = ("beats", "sectors", "commands", "stations", "officers")
# Share by which figures that are written with twelve digits, or recomputed by others, may be past each other.
ROUNDED = 1e-9


@dataclass(frozen=True)
class _Pair:
    """A bound and what it bounds: `least` is to be no more than `most`; either may be missing, where nothing is claimed."""

    name: str
    least: object
    beside: str
    most: object

    @property
    def wrong(self) -> str:
        """Why they do not go together; "" where they do."""
        if missing(self.least) or missing(self.most):
            return ""
        if is_number(self.least) and is_number(self.most):
            low, high = float(self.least), float(self.most)
            if low <= high + ROUNDED * max(1.0, abs(high)):
                return ""
        name, least, beside, there = self.name, value_in_words(self.least), self.beside, value_in_words(self.most)
        return f"{name} is {least}, more than {beside}, which is {there}."


def check_claimed_bounds(ledger: Ledger, summary: Claims) -> None:
    """Check that no claimed bound is past the figure that it bounds."""
    pairs = [p for p in _pairs(summary) if not (missing(p.least) or missing(p.most))]
    if pairs:
        wrong = [p.wrong for p in pairs if p.wrong] + _done_all_the_same(summary)
        ledger.each("summary.bounds", "no bound is past what the plan has", wrong, len(pairs), "bounds")


def _done_all_the_same(summary: Claims) -> list[str]:
    """Return what is wrong where a rule is called impossible, and the plan keeps it: below the rule itself nothing need be claimed for that."""
    claims, rules = section_of(summary, "beats"), section_of(section_of(summary, "rules"), "beats")
    asked, has = rules.get("tolerance"), _witness(claims, rules)
    if claims.get("status") != "infeasible" or not section_of(claims, "smallest_tolerance"):
        return []
    if not (is_number(asked) and is_number(has)) or float(has) > float(asked):
        return []
    return [f"No beats are said to be within ±{share_text(float(asked))}, and the plan's are."]


def _witness(claims: Claims, rules: Claims) -> object:
    """Return the deviation of the plan's beats; None where more residents change beat than may, so that they show nothing of what is possible."""
    moved, allowed = claims.get("moved_share"), rules.get("max_moved")
    within = not (is_number(moved) and is_number(allowed)) or float(moved) <= float(allowed) + ROUNDED
    return claims.get("max_deviation") if within else None


def _pairs(summary: Claims) -> Iterator[_Pair]:
    for step in STEPS:
        claims = section_of(summary, step)
        bound, certified = claims.get("lower_bound"), claims.get("certified_bound")
        yield _Pair(f"{step}.certified_bound", certified, f"{step}.lower_bound", bound)
        yield _Pair(f"{step}.certified_bound", certified, f"{step}.objective", claims.get("objective"))
    yield from _of_beats(summary)
    stations, officers = section_of(summary, "stations"), section_of(summary, "officers")
    phases, mobile = section_of(stations, "phases"), section_of(stations, "mobile")
    yield _Pair("phases.lower_bound", phases.get("lower_bound"), "phases.objective", phases.get("objective"))
    yield _Pair("mobile.least_stops", mobile.get("least_stops"), "mobile.stops", mobile.get("stops"))
    tenure = section_of(officers, "longest_tenure")
    above = "longest_tenure.impossible_above"
    yield _Pair("longest_tenure.found", tenure.get("found"), above, tenure.get("impossible_above"))
    yield from _of_languages(officers)
    money = section_of(summary, "budget")
    served, at_most = money.get("resident_years"), money.get("resident_years_bound")
    yield _Pair("budget.resident_years", served, "budget.resident_years_bound", at_most)
    weaker = "budget.certified_bound"
    yield _Pair("budget.resident_years_bound", at_most, weaker, money.get("certified_bound"))
    for shift in list_of(section_of(section_of(summary, "service"), "proposal"), "shifts"):
        if is_dict(shift):
            name = f"service.proposal {shift.get('name')}"
            yield _Pair(f"{name}: at_least", shift.get("at_least"), "on_duty", shift.get("on_duty"))


def _of_beats(summary: Claims) -> Iterator[_Pair]:
    """Yield the intervals of rules that clash: what is impossible below, beside what was found and what the plan has."""
    claims, rules = section_of(summary, "beats"), section_of(section_of(summary, "rules"), "beats")
    yield _Pair("beats.relaxed_bound", claims.get("relaxed_bound"), "beats.objective", claims.get("objective"))
    for key, beside, has in (
        ("smallest_tolerance", "beats.max_deviation", _witness(claims, rules)),
        ("smallest_budget", "beats.moved_share", claims.get("moved_share")),
    ):
        interval, name = section_of(claims, key), f"{key}.impossible_below"
        below = interval.get("impossible_below")
        yield _Pair(name, below, f"{key}.found", interval.get("found"))
        yield _Pair(name, below, beside, has)


def _of_languages(officers: Claims) -> Iterator[_Pair]:
    """Yield what cannot be avoided of the gaps in languages, all languages together, beside what there is."""
    # a stand-in may speak in more beats than one
    rows = [] if officers.get("cover") else [r for r in list_of(officers, "languages") if is_dict(r)]
    for key, figure in (("unavoidable_beat_months", "language_gaps"), ("unavoidable_speaker_months", "speaker_months")):
        values = [r.get(key) for r in rows if not missing(r.get(key))]
        if values:
            numbers = [float(v) for v in values if is_number(v)]
            # what is no number is found wrong as it is
            total = sum(numbers) if len(numbers) == len(values) else str(values)
            yield _Pair(f"officers.languages: {key}", total, f"officers.{figure}", officers.get(figure))
