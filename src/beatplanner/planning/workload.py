"""From incidents to officer hours a year in each unit, and to the officers that each beat needs.

Formulas (`domain.md`'s; the relief factor is that of staffing worksheets, the shares those of staffing studies)::

    incidents a year  = recorded incidents / covered calendar years, by category (see `data.town.recorded`)
    reactive hours    = Σ over categories: incidents a year × officer hours per incident
    community hours   = residents / 1,000 × community hours per 1,000 residents
    workload          = reactive + community hours + fixed hours of mobile-outreach stops in the unit
    hours on the beat = annual hours × (1 − absence) × (1 − abstraction)
    on-duty hours     = max((reactive + fixed) / (1 − community share − admin share),
                            (reactive + fixed + community) / (1 − admin share))
    officers          = on-duty hours / hours on the beat, rounded up, at least the minimum per beat

The second term of the on-duty hours holds where the community hours that residents were promised exceed what the
community share leaves for them; without them the formula is the plain one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.workload import Workload
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.town.town import Town

HOURS_A_YEAR = 8_760.0


@dataclass(frozen=True)
class WorkloadPlan:
    """Officer hours a year of each unit.

    Attributes
    ----------
    hours
        (n,) workload that the beats share evenly.
    reactive, community
        (n,) parts of it; a ready-made workload counts as reactive.
    incidents
        (n,) incidents a year.
    incidents_a_year
        Incidents a year in all units.
    days
        Days that the records cover; None where unknown, and then nothing was scaled.
    notes
        What was assumed, in words.
    fixed
        (n,) fixed hours of mobile-outreach stops; None for none.
    """

    hours: np.ndarray
    reactive: np.ndarray
    community: np.ndarray
    incidents: np.ndarray
    incidents_a_year: float
    days: float | None
    notes: tuple[Note, ...]
    fixed: np.ndarray | None = None

    @property
    def fixed_hours(self) -> np.ndarray:
        """Fixed hours of each unit, (n,)."""
        return np.zeros(len(self.hours)) if self.fixed is None else self.fixed

    def with_fixed(self, hours: np.ndarray) -> WorkloadPlan:
        """Return the workload with fixed hours, (n,), added."""
        return replace(self, hours=self.hours + hours, fixed=self.fixed_hours + hours)


def plan_workload(town: Town) -> WorkloadPlan:
    """Compute each unit's workload.

    Parameters
    ----------
    town
        The town; its incidents, residents, or ready-made workload.

    Returns
    -------
    WorkloadPlan

    Raises
    ------
    InputError
        Where nothing gives any hours: no incidents, no residents and no workload column, or all of them zero.
    """
    rules = town.description.workload
    n = len(town.units)
    notes: list[Note] = []
    residents = town.units["population"].to_numpy(float) if town.has_population else np.zeros(n)
    incidents, reactive = np.zeros(n), np.zeros(n)
    if town.incidents is not None:
        incidents, reactive = _reactive_hours(town, notes)
    days = None if town.recorded is None else town.recorded.days
    community = residents / 1000.0 * rules.community_hours_per_1000
    ready = town.units["workload"].to_numpy(float)
    if not np.isnan(ready).any():
        notes.append(
            Note("info", f"Workload is taken from the column “{town.description.units.workload}”, in hours a year")
        )
        reactive, community = ready, np.zeros(n)
    hours = reactive + community
    if hours.sum() <= 0:
        raise InputError(
            problem(
                "the workload of every unit is zero: there are no incidents, residents or ready-made workload to plan with",
                "Give incidents, a population column, or units.workload",
                file=town.description.file,
                field="workload",
            )
        )
    return WorkloadPlan(hours, reactive, community, incidents, float(incidents.sum()), days, tuple(notes))


def _reactive_hours(town: Town, notes: list[Note]) -> tuple[np.ndarray, np.ndarray]:
    """Return incidents a year and hours a year for them, (n,) each."""
    rules, points = town.description.workload, town.incidents
    assert points is not None
    per_incident, a_year = hours_per_incident(points["category"], rules), points["a_year"].to_numpy(float)
    inside = points["unit"].to_numpy() >= 0
    unit = points["unit"].to_numpy()[inside]
    n = len(town.units)
    count = np.bincount(unit, weights=a_year[inside], minlength=n)
    hours = np.bincount(unit, weights=(a_year * per_incident)[inside], minlength=n)
    known = {c.strip().casefold() for c in rules.hours}
    unknown = points["category"].str.strip()
    unknown = unknown[(unknown != "") & ~unknown.str.casefold().isin(known)]
    if len(unknown) and rules.hours:
        names = ", ".join(f"“{c}”" for c in unknown.value_counts().index[:6])
        more = f" and {unknown.nunique() - 6} more" if unknown.nunique() > 6 else ""
        notes.append(
            Note(
                "warning",
                f"{len(unknown):,} incidents have a category without a row in [workload.hours] ({names}{more}); "
                f"each counts {rules.default_hours:g} officer hours",
                "Add a row for each, or check the spelling",
            )
        )
    return count, hours


def hours_per_incident(category: pd.Series, rules: Workload) -> np.ndarray:
    """Return officer hours per incident, (m,), by category; the default where a category has no row.

    Categories match without regard to case and surrounding blanks.
    """
    table = {name.strip().casefold(): hours for name, hours in rules.hours.items()}
    return category.str.strip().str.casefold().map(table).fillna(rules.default_hours).to_numpy(float)


def hours_on_the_beat(rules: Workload) -> float:
    """Return the hours a year that one officer spends on the beat."""
    return rules.annual_hours * (1 - rules.absence) * (1 - rules.abstraction)


def on_duty_hours(reactive: np.ndarray, community: np.ndarray, rules: Workload) -> np.ndarray:
    """Return the hours a year that the beats' officers must be on duty, (K,); see the formulas above.

    Parameters
    ----------
    reactive, community
        (K,) hours a year of each beat; `fixed_hours_per_beat` is added here.
    rules
        Shares and fixed hours.
    """
    committed = reactive + rules.fixed_hours_per_beat
    by_share = committed / (1 - rules.community_share - rules.admin_share)
    by_promise = (committed + community) / (1 - rules.admin_share)
    return np.maximum(by_share, by_promise)


def exact_officers(reactive: np.ndarray, community: np.ndarray, rules: Workload) -> np.ndarray:
    """Return the officers that each beat's work needs, (K,), before rounding up and before the minimum per beat."""
    return on_duty_hours(reactive, community, rules) / hours_on_the_beat(rules)


def officers_required(reactive: np.ndarray, community: np.ndarray, rules: Workload) -> np.ndarray:
    """Return the officers that each beat needs, (K,) whole numbers, at least the minimum per beat."""
    # hours that make a whole number of officers but for rounding of the sums must not cost one more
    whole = np.ceil(exact_officers(reactive, community, rules) - 1e-9)
    return np.maximum(whole, rules.min_officers_per_beat).astype(int)


def committed_share(reactive: np.ndarray, officers: np.ndarray, rules: Workload) -> np.ndarray:
    """Return the share of the officers' hours on the beat, (K,), that incidents and fixed hours take."""
    return (reactive + rules.fixed_hours_per_beat) / (np.maximum(officers, 1) * hours_on_the_beat(rules))


def covered_share(posts: np.ndarray, rules: Workload) -> np.ndarray:
    """Return the share of the 8,760 hours of a year, (K,), in which a beat's posts can have one officer on the beat.

    An officer is on the beat for the annual hours less absence and abstraction; posts of one beat are taken to be never on duty at the
    same time, so that this is the most that they can cover.
    """
    return np.minimum(np.asarray(posts, float) * hours_on_the_beat(rules) / HOURS_A_YEAR, 1.0)


def officers_note(reactive: np.ndarray, community: np.ndarray, posts: np.ndarray, rules: Workload) -> Note:
    """Say what decides the number of officers: the work, its rounding up, or the minimum per beat; and what the posts cover."""
    exact, required = exact_officers(reactive, community, rules), officers_required(reactive, community, rules)
    whole = np.ceil(exact - 1e-9)
    floor = int((required - np.maximum(whole, 0)).sum())
    beats = int((required > whole).sum())
    least, most = covered_share(posts, rules).min(), covered_share(posts, rules).max()
    committed = committed_share(reactive, required, rules)
    what = (
        f"{int(required.sum()):,} officers required: the work needs {exact.sum():,.2f} ({exact.min():.2f} to {exact.max():.2f} a beat), "
        f"{whole.sum():,.0f} rounded up beat by beat; the minimum of {rules.min_officers_per_beat} a beat adds {floor:,} in {beats:,} of "
        f"{len(exact):,} beats. Incidents and fixed hours take {committed.min():.0%} to {committed.max():.0%} of their hours on the beat. "
        f"The posts cover {f'{least:.0%}' if round(least, 2) == round(most, 2) else f'{least:.0%} to {most:.0%}'} of the 8,760 hours of a "
        "year in each beat, at most"
    )
    decided = floor * 2 >= required.sum()
    mend = "The minimum decides, not the work: see workload.min_officers_per_beat, or fewer beats" if decided else ""
    return Note("warning" if decided else "info", what, mend, field="workload.min_officers_per_beat")


def automatic_count(plan: WorkloadPlan, units: np.ndarray, rules: Workload) -> int:
    """Return how many beats `units` (positions) need, each with the minimum number of officers."""
    reactive = plan.reactive[units].sum() + plan.fixed_hours[units].sum()
    community = plan.community[units].sum()
    fixed_free = rules.model_copy(update={"fixed_hours_per_beat": 0.0})
    exact = on_duty_hours(np.array([reactive]), np.array([community]), fixed_free)[0]
    # fixed hours come with each beat, so they lessen what a beat's officers have for the rest
    room = hours_on_the_beat(rules) * rules.min_officers_per_beat - rules.fixed_hours_per_beat / (
        1 - rules.community_share - rules.admin_share
    )
    return max(1, math.ceil(exact / room - 1e-9)) if room > 0 else len(units)
