"""When each beat starts: as many residents served as early as the money, the seats and the pilots allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from beatplanner.data.description.listed_ids import budget_as_known
from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import BUDGET_LINES, Budget
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.whole.areas import VEHICLES, RolloutAreas, rollout_areas
from beatplanner.planning.whole.budget_frame import budget_frame, staff_money, yearly
from beatplanner.planning.whole.payroll import payroll
from beatplanner.planning.whole.spending import spending

# More beats than these start by municipality, so that the choice stays small.
MOST_BEATS = 400


@dataclass(frozen=True)
class RolloutPlan:
    """When beats start.

    Attributes
    ----------
    start
        (B,) in which year of the budget each beat starts; -1: never.
    bound, limited
        The bound on resident-years, and whether anything limits it.
    proof
        What proves the bound.
    group
        (B,) group of beats that start at once, by which `proof` knows them; empty where nothing is proven.
    """

    start: np.ndarray
    bound: float | None
    limited: bool
    proof: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    group: np.ndarray = field(default_factory=lambda: np.empty(0, int))

    def in_order(self, order: np.ndarray) -> RolloutPlan:
        """Return the same roll-out of beats that stand in another order; groups are numbered by their first beats then, in what proves the bound too.

        Parameters
        ----------
        order
            (B,) place here of each beat.
        """
        found = replace(self, start=self.start[order])
        if not self.proof or not len(self.group):
            return found
        mine = self.group[order]
        first = dict.fromkeys(mine.tolist())
        # variables above the groups are of years
        number = np.arange(max(len(first), int(self.proof["variable"].max(initial=-1)) + 1))
        number[list(first)] = np.arange(len(first))
        variable = np.where(self.proof["variable"] >= 0, number[self.proof["variable"]], self.proof["variable"])
        return replace(found, proof=self.proof | {"variable": variable}, group=number[mine])


def roll_out(tables: PlanTables, description: Description, *, seed: int = 0) -> RolloutPlan:
    """Choose the year in which each beat starts, so that as many residents as possible are served as early as possible.

    Parameters
    ----------
    tables
        A plan with beats; its postings are not looked at.
    description
        Its rules, with a budget.
    seed
        Of the solver.

    Raises
    ------
    InputError
        Where pilots are no areas of the plan, or amounts are not one a year.
    """
    from beatplanner.solver.location.fleet import Fleet
    from beatplanner.solver.location.rollout import rollout
    from beatplanner.solver.location.rollout_tree import Choices, rollout_tree

    frame = budget_frame(description)
    areas = rollout_areas(tables, description, first=frame.first)
    description, rules = with_areas_as_known(description, areas)
    pilots = pilots_of(areas, description)
    people = payroll(tables, description, today=True)
    room = yearly(None if people is not None else rules.training_seats, rules.years, "budget.training_seats")  # type: ignore[arg-type]
    limited = bool(
        np.isfinite(frame.funds).any() or np.isfinite(frame.ceiling).any() or np.isfinite(room).any() or pilots.any()
    )
    count = len(areas.table)
    if not limited:
        return RolloutPlan(np.full(count, frame.first), None, False)
    by_town = rules.start_by == "municipality" or count > MOST_BEATS
    group = _groups(areas, description, by_town=by_town)
    one = (np.arange(int(group.max()) + 1)[:, None] == group[None, :]).astype(float)  # (G, B)
    staff = staff_money(people, rules)
    payers = np.concatenate([frame.paid, np.ones((1, len(BUDGET_LINES), rules.years))])
    limits = np.concatenate([frame.funds, frame.ceiling[None, :]])
    rest = np.arange(len(BUDGET_LINES)) != VEHICLES
    fixed = (staff + areas.fixed + areas.waiting.sum(axis=1))[rest]
    base = np.einsum("plt,lt->pt", payers[:, rest], fixed) * frame.rise
    by_start = (areas.started - areas.waiting[:, :, None, :])[rest]
    more = np.einsum("plt,lbst,gb->pgst", payers[:, rest], by_start, one) * frame.rise
    year = np.arange(rules.years)
    vehicles = Fleet(
        np.full(rules.years, areas.need[:, 0].sum()),
        (one @ (areas.need[:, 1] - areas.need[:, 0]))[:, None, None] * (year[None, :] >= year[:, None]),
        payers[:, VEHICLES] * rules.vehicle_price * frame.rise,
        payers[:, VEHICLES] * rules.vehicle_yearly * frame.rise,
        rules.vehicle_years,
    )
    residents, seats = one @ areas.table["residents"].to_numpy(float), one @ areas.table["posts"].to_numpy(float)
    leads = one @ pilots > 0

    def fits(start: np.ndarray) -> np.ndarray:
        return (
            np.einsum("plt,lt->pt", payers, spending(areas, start, staff, rules, frame.rise))
            <= limits * (1 + 1e-9) + 1e-6
        )

    def chosen(slack: np.ndarray):
        return rollout(
            residents,
            more,
            frame.rise,
            limits - slack,
            seats,
            room,
            leads,
            base=base,
            first=frame.first,
            seed=seed,
            fleet=vehicles,
        )

    best = chosen(np.zeros_like(limits))
    start = best.start[group]
    if not fits(start).all():
        # a rounding of whole vehicles moved a purchase; what that moves is kept back, or the smallest beats are left out
        again = chosen(~fits(start) * (rules.vehicle_price + rules.vehicle_yearly) * frame.rise).start[group]
        tries = [_within(start, pilots, group, areas, fits), _within(again, pilots, group, areas, fits)]
        start = max(tries, key=lambda s: float((areas.table["residents"] * np.where(s >= 0, rules.years - s, 0)).sum()))
    if not best.proven or not fits(best.start[group]).all():
        # no money lies idle that would start another beat
        start = _brought_forward(start, pilots, group, areas, fits, seats, room, frame.first, rules.years)
    # where beats start by municipality only because they are many, the bound is not one of the rules as they stand
    asked = rules.start_by == "municipality" or count <= MOST_BEATS
    if not asked or best.upper_bound is None:
        return RolloutPlan(start, None, True)
    choices = Choices(
        residents, seats, leads, more, limits, base, np.broadcast_to(room, rules.years), vehicles, frame.first
    )
    reached = float((areas.table["residents"] * np.where(start >= 0, rules.years - start, 0)).sum())
    return RolloutPlan(start, best.upper_bound, True, rollout_tree(choices, reached), group)


def _groups(areas: RolloutAreas, description: Description, *, by_town: bool) -> np.ndarray:
    """Return the group of each beat that starts at once, (B,), numbered by their first beats, as in what proves the bound.

    A municipality that is a pilot starts at once, and so do beats that the description puts together.
    """
    rules, together = description.budget, _together(areas, description)
    assert rules is not None
    town = areas.table["municipality"].to_numpy(object)
    keys = [together.get(b) or (m if by_town or m in rules.pilots else f"\0{b}") for b, m in enumerate(town)]
    number = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys])


def _within(
    start: np.ndarray,
    pilots: np.ndarray,
    group: np.ndarray,
    areas: RolloutAreas,
    fits: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return starts of which the last and smallest are left out until whole vehicles are within the money too."""
    start, residents = start.copy(), areas.table["residents"].to_numpy(float)
    begun = sorted(
        {int(g) for g in group[start >= 0]},
        key=lambda g: (pilots[group == g].any(), -start[group == g].max(), residents[group == g].sum()),
    )
    for g in begun:
        if fits(start).all():
            break
        start[group == g] = -1
    return start


def _brought_forward(
    start: np.ndarray,
    pilots: np.ndarray,
    group: np.ndarray,
    areas: RolloutAreas,
    fits: Callable[[np.ndarray], np.ndarray],
    seats: np.ndarray,
    room: np.ndarray,
    first: int,
    years: int,
) -> np.ndarray:
    """Return starts with each group, the largest first, in the earliest year that whole vehicles, seats and pilots allow."""
    start, residents = start.copy(), areas.table["residents"].to_numpy(float)
    if (start[pilots] < 0).any():
        return start
    after = max(first, int(start[pilots].max()) + 1 if pilots.any() else first)
    for g in sorted(set(group[~pilots]), key=lambda g: -residents[group == g].sum()):
        here = group == g
        now = int(start[here].max())
        for s in range(after, years if now < 0 else now):
            trial = start.copy()
            trial[here] = s
            taken = sum(seats[h] for h in set(group) if (trial[group == h] == s).all())
            if taken <= room[s] + 1e-9 and fits(trial).all():
                start = trial
                break
    return start


def with_areas_as_known(description: Description, areas: RolloutAreas) -> tuple[Description, Budget]:
    """Return rules whose budget names municipalities and beats as the plan writes them, and this budget."""
    rules, table = description.budget, areas.table
    assert rules is not None
    towns, beats, names = (table[c].astype(str).tolist() for c in ("municipality", "beat", "name"))
    rules = budget_as_known(rules, towns, beats, names)
    return description.model_copy(update={"budget": rules}), rules


def pilots_of(areas: RolloutAreas, description: Description) -> np.ndarray:
    """Return which beats are pilots, (B,) bool; a pilot is a municipality, a beat or the name of one.

    Raises
    ------
    InputError
        Where a pilot is none of them.
    """
    rules, table = description.budget, areas.table
    assert rules is not None
    named = np.zeros(len(table), bool)
    for pilot in rules.pilots:
        here = (table[["municipality", "beat", "name"]] == pilot).any(axis=1).to_numpy()
        if not here.any():
            several = table["municipality"].nunique() > 1
            names = sorted({*table["municipality"]} if several else {*table["beat"]})
            raise InputError(
                problem(
                    f"the pilot “{pilot}” is no municipality or beat of the plan",
                    did_you_mean(pilot, [*table["municipality"].unique(), *table["name"]])
                    or f"There are: {listed(names)}",
                    file=description.file.name,
                    field="budget.pilots",
                )
            )
        named |= here
    return named


def _together(areas: RolloutAreas, description: Description) -> dict[int, str]:
    """Return the group of each beat that starts together with others, by its position.

    Raises
    ------
    InputError
        Where a beat is none of the plan, or in two groups.
    """
    found: dict[int, str] = {}
    rules = description.budget
    assert rules is not None
    place = {str(v): b for column in ("beat", "name") for b, v in enumerate(areas.table[column])}
    for number, names in enumerate(rules.start_together):
        for name in names:
            if name not in place:
                what, mend = (
                    f"“{name}” is no beat of the plan",
                    did_you_mean(name, list(place)) or "Name beats of the plan",
                )
            elif place[name] in found:
                what, mend = f"beat “{name}” is in two groups", "Name each beat once"
            else:
                found[place[name]] = f"\1{number}"
                continue
            raise InputError(problem(what, mend, file=description.file.name, field="budget.start_together"))
    return found
