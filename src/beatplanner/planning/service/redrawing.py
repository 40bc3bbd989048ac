"""What redrawing for the service keeps of a plan's rules, and the plan with its beats redrawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from beatplanner.data.town.town import Town
from beatplanner.planning.beats.amounts import balance_rows
from beatplanner.planning.beats.naming import beat_table, best_member, carried_on, distances_of
from beatplanner.planning.beats.plan import BeatPlan, moved_share
from beatplanner.planning.beats.problems import Problems
from beatplanner.planning.proof import OPTIMAL_GAP, Proof, Status
from beatplanner.planning.workload import WorkloadPlan

# Said wherever lines were redrawn for the service: a search has no bound.
NO_BOUND = (
    "No bound was computed of what other lines could reach for the service: these are the best that the search found."
)


def redrawn(town: Town, workload: WorkloadPlan, plan: BeatPlan, beat: np.ndarray) -> BeatPlan:
    """Return a plan with other beats that keep its rules; what is proven of the goal stays proven.

    Parameters
    ----------
    town, workload
        As for `plan_beats`.
    plan
        The plan before.
    beat
        (n,) beat of each unit.
    """
    if not (beat != plan.beat).any():
        return plan
    ids, distance = [str(b) for b in plan.table["beat"]], distances_of(town)
    centre = np.array([best_member(np.flatnonzero(beat == b), workload.hours, distance) for b in ids])
    table = beat_table(town, workload, beat, ids, centre)
    place = {b: k for k, b in enumerate(ids)}
    district = np.array([place[str(b)] for b in beat])
    rules = town.description.beats
    if rules is not None and rules.objective == "cut":
        edges, home = town.edges, town.units["municipality"].to_numpy(object)
        a, b = edges["a"].to_numpy(int), edges["b"].to_numpy(int)
        cut = (district[a] != district[b]) & (home[a] == home[b])
        objective = float(edges["metres"].to_numpy(float)[cut].sum())
    else:
        objective = float((workload.hours * distance(np.arange(len(beat)), centre[district])).sum())
    bound = plan.proof.lower_bound
    gap = None if bound is None or objective <= 0 else (objective - bound) / objective
    status: Status = "optimal" if gap is not None and gap <= OPTIMAL_GAP else "feasible"
    return replace(
        plan,
        beat=beat,
        table=table,
        proof=Proof(status, objective, bound, plan.proof.seconds),
        max_deviation=float(table["deviation"].abs().max()),
        moved_share=moved_share(town, workload, beat),
    )


class LineRules:
    """What a plan's beats keep."""

    def __init__(self, town: Town, workload: WorkloadPlan, plan: BeatPlan) -> None:
        self.town, self.workload = town, workload
        problems = Problems(town, workload)
        self.current, self.locked, self.people = problems.current, problems.locked, problems.people
        self.most_moved = problems.rules.max_moved
        self.ids = [str(b) for b in plan.table["beat"]]
        home = dict(
            zip(plan.rules["municipality"], zip(plan.rules["lower"], plan.rules["upper"], strict=True), strict=True)
        )
        self.limits = {
            str(b): home[m] for b, m in zip(plan.table["beat"], plan.table["municipality"], strict=True) if m in home
        }
        self.municipality = town.units["municipality"].to_numpy(object)
        self.amounts = problems.amounts
        rows = balance_rows(town, workload, plan.beat, plan.uneven) if problems.amounts else []
        within = {(r["municipality"], r["amount"]): (r["lower"], r["upper"]) for r in rows}
        places = dict(zip(plan.table["beat"].astype(str), plan.table["municipality"], strict=True))
        self.amount_limits = {(b, name): within[m, name] for b, m in places.items() for name in problems.amounts}
        self.near: list[list[int]] = [[] for _ in plan.beat]
        for a, b in town.edges[["a", "b"]].to_numpy(int).tolist():
            if self.municipality[a] == self.municipality[b]:
                self.near[int(a)].append(int(b))
                self.near[int(b)].append(int(a))
        self.carried = self._carried(plan.beat)

    def _carried(self, beat: np.ndarray) -> list[int]:
        place = {b: k for k, b in enumerate(self.ids)}
        district = np.array([place[str(b)] for b in beat])
        return carried_on(district, self.current, self.locked, self.people).tolist()

    def moves(self, beat: np.ndarray) -> list[tuple[int, str]]:
        """Return units that may change, and to which beat next door."""
        return [
            (u, b)
            for u in range(len(beat))
            if self.locked[u] < 0
            for b in {str(beat[v]) for v in self.near[u]} - {str(beat[u])}
        ]

    def balanced(self, hours: float, beat: str) -> bool:
        """Tell whether a beat may have so many hours."""
        lower, upper = self.limits.get(beat, (0.0, np.inf))
        return lower - 1e-9 * upper <= hours <= upper * (1 + 1e-9)

    def even(self, units: np.ndarray, beat: str) -> bool:
        """Tell whether a beat of these units keeps the further balances."""
        for name, amount in self.amounts.items():
            lower, upper = self.amount_limits[beat, name]
            if not lower - 1e-9 * upper <= float(amount[units].sum()) <= upper * (1 + 1e-9):
                return False
        return True

    def kept(self, beat: np.ndarray, changed: list[str], *, balanced: bool = True) -> bool:
        """Tell whether beats keep the rules, where only some of them changed; without `balanced` all but the balance of the year."""
        for b in changed:
            units = np.flatnonzero(beat == b)
            if not len(units) or (balanced and not self.balanced(float(self.workload.hours[units].sum()), b)):
                return False
            if not self.even(units, b):
                return False
            inside, reached, heap = set(units.tolist()), {int(units[0])}, [int(units[0])]
            while heap:
                for v in self.near[heap.pop()]:
                    if v in inside and v not in reached:
                        reached.add(v)
                        heap.append(v)
            if len(reached) < len(inside):
                return False
        if self.most_moved is not None:
            share = moved_share(self.town, self.workload, beat)
            if share is not None and share > self.most_moved:
                return False
        return self._carried(beat) == self.carried
