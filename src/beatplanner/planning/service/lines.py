"""What the service asks of the lines of the beats: balance in the busiest shift, the way as work, the longest drive in a beat.

Once the beats are drawn, units at their borders change to the beat next door, alone or in exchange for another, while every rule of the
plan still holds, until each of these rules is kept or no such step brings them nearer:

- ``peak_tolerance``: the work of the calls in the shift with the most (requests an hour × hours on scene), of each beat within the tolerance of its
  municipality's mean;
- ``travel_work``: hours of work a year with those on the way to calls, from where the beat's officers wait, within the tolerance of ``[beats]``;
- ``longest_drive``: minutes from there to each unit of the beat.

The search is `line_search`: where a rule is not kept, the nearest that was found is told, and nothing is claimed of what other beats could
reach.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.service import Service
from beatplanner.data.errors import InputError, problem
from beatplanner.data.result.service import LineRuleFound, LinesFound
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.proof import Proof, Unproven
from beatplanner.planning.service.demand import WEEKS_A_YEAR
from beatplanner.planning.service.duty import waiting_places
from beatplanner.planning.service.picture import ServiceInputs, travel_minutes
from beatplanner.planning.workload import WorkloadPlan

if TYPE_CHECKING:
    pass

# Units up to which all ways between them are kept at once.
MOST_UNITS = 5_000
# What a search says that the time limit, or a hand, ended.
CUT_SHORT = (
    "The search for lines that keep the rules of the service was ended by the time limit, or by hand: what was found depends on how fast the"
    " computer is, and more time may find nearer ones."
)
NAMES = {
    "peak_tolerance": "balance in the busiest shift",
    "travel_work": "balance with the hours on the way",
    "longest_drive": "longest drive in a beat",
}


def asked_of_lines(rules: Service | None) -> tuple[str, ...]:
    """Return which of the rules are asked for."""
    if rules is None:
        return ()
    return tuple(
        name
        for name, on in (
            ("peak_tolerance", rules.peak_tolerance is not None),
            ("travel_work", rules.travel_work),
            ("longest_drive", rules.longest_drive is not None),
        )
        if on
    )


class Lines:
    """What beats come to by these rules.

    Attributes
    ----------
    asked
        The rules.
    busiest
        Position of the shift with the most work an hour.
    peak, way
        (n,) hours of work an hour of each unit in it; (n,) requests a year.
    minutes
        (n, n) travel.
    """

    def __init__(self, town: Town, workload: WorkloadPlan, inputs: ServiceInputs, plan: BeatPlan) -> None:
        rules = inputs.tables.rules
        if len(town.units) > MOST_UNITS:
            what = f"ways between {len(town.units):,} units need more memory than a laptop has"
            mend = "Leave peak_tolerance, travel_work and longest_drive out"
            raise InputError(problem(what, mend, file=town.description.file, field="service"))
        self.town, self.asked = town, asked_of_lines(rules)
        demand = inputs.demand
        work = demand.calls * demand.scene_minutes[:, None] / 60.0
        self.busiest = int(np.argmax(work.sum(axis=1)))
        self.peak = work[self.busiest]
        hours = np.array([s.hours_a_week for s in inputs.shifts])
        self.way = (demand.calls * hours[:, None]).sum(axis=0) * WEEKS_A_YEAR
        self.hours = workload.hours
        self.minutes = travel_minutes(town, rules, inputs.tables.minutes, np.arange(len(town.units)))
        self.shift = inputs.shifts[self.busiest].name
        self.ids = [str(b) for b in plan.table["beat"]]
        self.place = {b: k for k, b in enumerate(self.ids)}
        home = [str(m) for m in plan.table["municipality"]]
        self.together = [np.array([k for k, m in enumerate(home) if m == name]) for name in dict.fromkeys(home)]
        tolerance = town.description.beats.tolerance if town.description.beats is not None else 1.0
        self.limit = {
            "peak_tolerance": rules.peak_tolerance,
            "travel_work": tolerance,
            "longest_drive": rules.longest_drive,
        }
        self.fixed: dict[str, int] = {}
        if inputs.tables.servers is not None:
            known = inputs.tables.servers[inputs.tables.servers["beat"].notna()]
            self.fixed = dict(zip(known["beat"][::-1], known["unit"][::-1].astype(int), strict=True))

    def of_beat(self, beat: np.ndarray, name: str) -> tuple[float, float, float, float]:
        """Return a beat's work in the busiest shift, hours with the way, minutes beyond the limit (a sum), and longest drive."""
        units = np.flatnonzero(beat == name)
        at = self.fixed[name] if name in self.fixed else waiting_places(self.town, beat, [name])[name]
        minutes = self.minutes[at, units]
        limit = self.limit["longest_drive"]
        beyond = 0.0 if limit is None else float(np.maximum(0.0, minutes - limit - 1e-9).sum())
        hours = float(self.hours[units].sum() + (self.way[units] * minutes).sum() / 60.0)
        return float(self.peak[units].sum()), hours, beyond, float(minutes.max())

    def of_all(self, beat: np.ndarray) -> np.ndarray:
        """Return `of_beat` of all beats, (K, 4)."""
        return np.array([self.of_beat(beat, b) for b in self.ids])

    def off(self, values: np.ndarray) -> np.ndarray:
        """Return deviations from the municipality's mean, (K,), of one value a beat."""
        found = np.zeros(len(values))
        for members in self.together:
            mean = float(values[members].mean())
            if mean > 0:
                found[members] = values[members] / mean - 1
        return found

    def excess(self, table: np.ndarray) -> np.ndarray:
        """Return by how much each beat is off the rules, (K,)."""
        found = np.zeros(len(table))
        for k, name in enumerate(("peak_tolerance", "travel_work")):
            limit = self.limit[name]
            if name in self.asked and limit is not None:
                found += np.maximum(0.0, np.abs(self.off(table[:, k])) - limit - 1e-9)
        if "longest_drive" in self.asked and self.limit["longest_drive"] is not None:
            found += table[:, 2] / self.limit["longest_drive"]
        return found

    def figures(self, beat: np.ndarray) -> dict[str, tuple[float, str]]:
        """Return each rule's figure, and the beat in which it is greatest."""
        table = self.of_all(beat)
        values = {
            "peak_tolerance": np.abs(self.off(table[:, 0])),
            "travel_work": np.abs(self.off(table[:, 1])),
            "longest_drive": table[:, 3],
        }
        return {name: (float(values[name].max()), self.ids[int(np.argmax(values[name]))]) for name in self.asked}

    def table(self, beat: np.ndarray) -> pd.DataFrame:
        """Return what the figures can be computed from again, a row a unit."""
        rows: list[tuple[Any, ...]] = []
        for name in self.ids:
            units = np.flatnonzero(beat == name)
            at = self.fixed[name] if name in self.fixed else waiting_places(self.town, beat, [name])[name]
            rows += [
                (self.town.units["unit"].iat[u], self.peak[u], self.way[u], self.minutes[at, u]) for u in units.tolist()
            ]
        return pd.DataFrame(rows, columns=["unit", "peak_work", "requests_a_year", "minutes"])


def with_line_rules(before: BeatPlan, plan: BeatPlan, lines: Lines, *, cut_short: bool) -> BeatPlan:
    """Return a plan that tells what became of the rules, with a clash for each that is not kept; `cut_short` where the time ended the search."""
    first, last = lines.figures(before.beat), lines.figures(plan.beat)
    rows: list[LineRuleFound] = []
    for name in lines.asked:
        limit = float(lines.limit[name] or 0.0)
        value, where = last[name]
        kept = value <= limit + 1e-6
        rows.append(
            {
                "rule": name,
                "asked": limit,
                "before": first[name][0],
                "found": value,
                "beat": where,
                "kept": kept,
                "lower_bound": None,
            }
        )
    section: LinesFound = {
        "shift": lines.shift,
        "rules": rows,
        "max_deviation_before": before.max_deviation,
        "max_deviation": plan.max_deviation,
        "objective_before": before.proof.objective,
        "objective": plan.proof.objective,
        "units_changed": int((plan.beat != before.beat).sum()),
        "cut_short": cut_short,
    }
    clashes = tuple(Unproven(_clash(row)) for row in rows if not row["kept"])
    if clashes and not plan.clashes:
        # whether other beats keep the rule is not known
        proof = Proof("unknown", plan.proof.objective, None, plan.proof.seconds)
        plan = replace(plan, clashes=clashes, proof=proof)
    return replace(plan, lines=section, lines_table=lines.table(plan.beat))


def _in_words(rule: str, value: float) -> str:
    return f"{value:.1f} minutes" if rule == "longest_drive" else f"±{value:.1%}"


def _clash(row: LineRuleFound) -> str:
    name = row["rule"]
    if row["before"] < row["found"] - 1e-6:
        # nearer before: lines that are nearest to all rules together may give way in one of them
        return (
            f"The {NAMES[name]} of {_in_words(name, row['asked'])} is not kept: it is {_in_words(name, row['found'])}, in beat {row['beat']}, where"
            f" the rules of the service together are nearest, and was {_in_words(name, row['before'])} before redrawing."
        )
    return (
        f"The {NAMES[name]} of {_in_words(name, row['asked'])} was not reached by redrawing; the nearest that was found is"
        f" {_in_words(name, row['found'])}, in beat {row['beat']}."
    )


def sentences_of_lines(section: LinesFound) -> list[str]:
    """Return what `with_line_rules` says, a sentence a rule and one of the price."""
    found = [
        f"The {NAMES[r['rule']]} is {_in_words(r['rule'], r['found'])}, and was {_in_words(r['rule'], r['before'])} before redrawing;"
        f" {_in_words(r['rule'], r['asked'])} is asked for."
        for r in section["rules"]
    ]
    if section["units_changed"]:
        found.append(
            f"Redrawing for the service put {section['units_changed']:,} units into another beat: the fullest or emptiest beat is"
            f" {section['max_deviation']:.1%} off the mean, and was {section['max_deviation_before']:.1%}; the goal of the beats is"
            f" {section['objective'] / section['objective_before'] - 1:+.1%}."
            if section["objective_before"]
            else f"Redrawing for the service put {section['units_changed']:,} units into another beat."
        )
    # plans of older versions do not tell
    if section.get("cut_short"):
        found.append(CUT_SHORT)
    return found
