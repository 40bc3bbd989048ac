"""What the pack tells of work, told only where it tells nothing of a hidden count.

That no beat differs by more than a share from its municipality's mean, and by how much officers' work differs, are inequalities over the work of
beats, and with it over residents and reports. Where the figure of each beat is shown they follow from shown figures and other work, and tell no more. Where
one is hidden, the gate's attacker gets them as further rows, and is taken to know all work but that of the counts in question: with work
``w = o + c·x`` of the atoms x, o and c known ::

    w(beat) ≤ (1 + D)·mean,  w(beat) ≥ (1 − D)·mean,  w(i)/posts(i) ≤ (1 + S)·w(j)/posts(j)  for beats i, j

and, since a measure is told in steps, which bound it from below too, the same turned round for the beats that it was measured in. A measure with which
the interval of a count becomes narrower than several k is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from beatplanner.data.publish.public.plan import PublicPlan
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.rounding import rounded_counts
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.gate import Cell, atoms_of
from beatplanner.planning.forum.pack_figures import PackFigures
from beatplanner.planning.forum.public_plan import SPREAD_STEP, STEP
from beatplanner.solver.suppression import WIDE, attack, reach_of_intervals
from beatplanner.solver.suppression_system import Equations, linear_programme

# Atoms times targets of an attack at most; of larger towns with hidden beats no measure is told that the rules do not imply.
MOST_WORK = 200_000
SLACK = 1e-9


@dataclass(frozen=True)
class WorkOfPlan:
    """The work of a plan.

    Attributes
    ----------
    hours
        (n,) hours a year of each unit.
    beat
        (n,) position of each unit's beat, −1 for none.
    municipality
        (K,) municipality of each beat.
    posts
        (K,) posts of each beat.
    """

    hours: np.ndarray
    beat: np.ndarray
    municipality: Sequence[str]
    posts: np.ndarray


@dataclass(frozen=True)
class BalanceMeasure:
    """A measure as it would be told.

    Attributes
    ----------
    deviation
        No beat differs by more than this share from its municipality's mean.
    deviation_step
        The measure lies in this much below `deviation`; infinite where a rule is told, and not a measure.
    spread, spread_step
        The same for the work hours of one officer, by which the busiest beat exceeds the quietest; None where it is not told.
    """

    deviation: float | None = None
    deviation_step: float = np.inf
    spread: float | None = None
    spread_step: float = np.inf


def tells_a_count(
    measure: BalanceMeasure, work: WorkOfPlan, counts: np.ndarray, each: float, cells: Sequence[Cell], k: int
) -> bool:
    """Tell whether a measure narrows a hidden count.

    Parameters
    ----------
    measure, work
        The measure, and what it is of.
    counts
        (n,) whole counts of one kind: residents, or reports of a theme.
    each
        Hours a year that one of them makes; 0 where work does not follow from them.
    cells
        The figures that people have or will have, with what is shown.
    k
        Counts of 1..k−1 are small.
    """
    cells = [c for c in cells if len(c.members)]
    hidden = np.array([c.shown is None for c in cells], bool)
    if each <= 0 or (measure.deviation is None and measure.spread is None) or not hidden.any():
        return False
    shown = {tuple(np.sort(c.members).tolist()) for c in cells if c.shown is not None}
    if all(tuple(np.flatnonzero(work.beat == b).tolist()) in shown for b in range(len(work.posts))):
        return False
    sums, members = atoms_of(cells, len(counts))
    n = len(members)
    atoms = np.array([counts[m].sum() for m in members])
    small = np.flatnonzero((atoms > 0) & (atoms < k))
    targets = sparse.vstack([sums[hidden], sparse.eye_array(n, format="csr")[small]], format="csr")
    if targets.shape[0] * n > MOST_WORK:
        return measure.deviation_step < np.inf or measure.spread is not None
    of_atom = np.array([work.beat[m[0]] for m in members])
    other = np.array([work.hours[m].sum() for m in members]) - each * atoms
    rows = list(rows_of(measure, work, of_atom, other, each, atoms))
    if not rows:
        return False
    values = sums @ atoms
    most = float(atoms.sum() + 10 * k)
    before = reach_of_intervals(*attack(sums, values, hidden, targets, most=most))
    less = sparse.vstack([sparse.csr_array(np.array([r for r, _ in rows])), -sums[hidden]], format="csr")
    limit = np.concatenate([[b for _, b in rows], -np.ones(int(hidden.sum()))])
    equal: Equations = (
        {"equal": sums[~hidden], "right": values[~hidden]} if (~hidden).any() else {"equal": None, "right": None}
    )
    for target, wide in zip(targets.toarray(), before, strict=True):
        ends = [linear_programme(s * target, **equal, less=less, limit=limit, bounds=(0, most)) for s in (1.0, -1.0)]
        if ends[0] is None or ends[1] is None:
            return True
        if reach_of_intervals(target @ ends[0], target @ ends[1]) < min(wide, WIDE * k):
            return True
    return False


def rows_of(
    measure: BalanceMeasure, work: WorkOfPlan, of_atom: np.ndarray, other: np.ndarray, each: float, atoms: np.ndarray
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield what a measure says, each as a row and its limit over the atoms: row·x ≤ limit."""
    count = len(work.posts)
    of_beat = np.array([of_atom == b for b in range(count)], float)
    spare = 1e-6 * max(1.0, float(work.hours.sum()))

    def at_most(one: np.ndarray, times: float, two: np.ndarray) -> tuple[np.ndarray, float]:
        """Say that the work of some atoms is at most so many times that of others."""
        return each * (one - times * two), float((times * two - one) @ other) + spare

    mean = np.zeros_like(of_beat)
    for name in set(work.municipality):
        own = np.array([m == name for m in work.municipality])
        mean[own] = of_beat[own].sum(axis=0) / own.sum()
    hours = of_beat @ (other + each * atoms)
    if measure.deviation is not None:
        for b in range(count):
            yield at_most(of_beat[b], 1 + measure.deviation, mean[b])
            if measure.deviation < 1:
                yield at_most((1 - measure.deviation) * mean[b], 1.0, of_beat[b])
        if measure.deviation_step < np.inf:
            # who guesses which beat it was measured in knows that it differs by more than the step before
            share = hours / np.maximum(mean @ (other + each * atoms), SLACK) - 1
            b, least = int(np.argmax(np.abs(share))), measure.deviation - measure.deviation_step
            yield (
                at_most((1 + least) * mean[b], 1.0, of_beat[b])
                if share[b] > 0
                else at_most(of_beat[b], 1 - least, mean[b])
            )
    if measure.spread is not None:
        one = of_beat / np.maximum(work.posts, SLACK)[:, None]
        by_officer = hours / np.maximum(work.posts, SLACK)
        busy, quiet = int(np.argmax(by_officer)), int(np.argmin(by_officer))
        for b in range(count):
            yield at_most(one[busy], 1 + measure.spread, one[b])
            yield at_most(one[b], 1 + measure.spread, one[quiet])
        yield at_most((1 + measure.spread - measure.spread_step) * one[quiet], 1.0, one[busy])


def without_narrowing_work(
    plan: PublicPlan, tables: PlanTables, town: Town, figures: PackFigures, themes: Mapping[str, np.ndarray]
) -> PublicPlan:
    """Return the public plan without what it would tell of work where that narrows a hidden count.

    Parameters
    ----------
    plan, tables, town
        What is published, of which plan.
    figures
        The decisions of the gate.
    themes
        By theme: reports of each unit, (n,).
    """
    k, residents = figures.threshold, figures.residents
    if plan.deviation_limit is None and plan.work_spread is None:
        return plan
    known: list[tuple[np.ndarray, float, tuple[Cell, ...]]] = []
    work = _work(tables)
    if residents.cells:
        people = rounded_counts(tables.units["population"].to_numpy(float))
        known.append((people, hours_each(tables, people), residents.cells))
    rules, years = town.description.workload, _years(tables)
    longest = max([rules.default_hours, *rules.hours.values()]) / years
    reports = float(tables.units["reactive_hours"].sum()) > 0
    known += [(themes[name], longest if reports else 0.0, gate.cells) for name, gate in figures.concerns.items()]
    rule_kept = _is_rule(plan, tables)
    deviation = BalanceMeasure(plan.deviation_limit, np.inf if rule_kept else STEP)

    def harmless(measure: BalanceMeasure) -> bool:
        return not any(tells_a_count(measure, work, count, each, cells, k) for count, each, cells in known)

    if harmless(replace(deviation, spread=plan.work_spread, spread_step=SPREAD_STEP)):
        return plan
    plan = replace(plan, work_spread=None)
    return plan if harmless(deviation) else replace(plan, deviation_limit=None)


def _is_rule(plan: PublicPlan, tables: PlanTables) -> bool:
    """Return whether the limit that is told is the rule, which the plan keeps."""
    found = tables.summary.get("beats", {}).get("max_deviation")
    limits = [float(m["tolerance"]) for m in tables.summary.get("beats", {}).get("municipalities", [])]
    return bool(limits) and plan.deviation_limit == max(limits) and float(found or 0.0) <= max(limits) + 1e-9


def _years(tables: PlanTables) -> float:
    """Return for how many years reports were counted, at least one."""
    return max(1.0, float(tables.summary.get("workload", {}).get("years_covered") or 1.0))


def hours_each(tables: PlanTables, people: np.ndarray) -> float:
    """Return the hours a year that a resident makes: those for people, or all where work is given in proportion to residents; else 0."""
    total = float(people.sum())
    community = float(tables.units["community_hours"].sum())
    if total <= 0 or community > 0:
        return community / total if total > 0 else 0.0
    hours = tables.units["workload"].to_numpy(float)
    each = float(hours.sum()) / total
    return each if np.allclose(hours, each * people, rtol=0.01, atol=1e-6) else 0.0


def _work(tables: PlanTables) -> WorkOfPlan:
    beats, units = tables.beats, tables.units
    assert beats is not None
    place = {str(b): i for i, b in enumerate(beats["beat"])}
    beat = np.array([-1 if b is None else place.get(str(b), -1) for b in units["beat"]])
    hours = units["workload"].to_numpy(float).copy()
    # hours that a beat has beside those of its units
    for b, all_of_it in enumerate(beats["workload"].to_numpy(float)):
        own = np.flatnonzero(beat == b)
        if len(own):
            hours[own[0]] += all_of_it - hours[own].sum()
    return WorkOfPlan(hours, beat, [str(m) for m in beats["municipality"]], beats["posts"].to_numpy(float))
