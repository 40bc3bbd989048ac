"""Beats: a town and its rules turned into districts, and districts turned into beats with ids, names and figures.

Each municipality is a problem of its own, since beats never cross municipalities; the beats are shared out between them by
workload, at least one each. A new beat carries on today's beat with which it shares the most residents, and keeps its id. Where the
rules cannot all be met, the smallest relaxation is searched for, said in words, and planned.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.town.town import Town
from beatplanner.planning.beats.municipality import Alone, PartEvidence, _Part
from beatplanner.planning.proof import Progress, Proof, silent
from beatplanner.planning.workload import WorkloadPlan, automatic_count, officers_required
from beatplanner.solver.districts.solve import (
    CUT,
    MOVES,
    TRAVEL,
    DistrictingProblem,
    Districts,
    LocksApartError,
    NoRoomError,
    connected,
    keeps_balance,
    keeps_budget,
    share_out,
    solve_districts,
)

if TYPE_CHECKING:
    from beatplanner.planning.beats.parallel import Farm

# Tolerances are relaxed to the next tenth of a percent above the smallest that a search finds a plan for.
TOLERANCE_STEP = 0.001
UNLIMITED_NODES = 2**31 - 1
# Who names a time wants it used: so many times the usual number of moves are tried, as far as the time goes.
LONG_EFFORT = 2.0


@dataclass(frozen=True)
class BeatPlan:
    """The beats.

    Attributes
    ----------
    beat
        (n,) beat id of each unit, text.
    table
        One row a beat: ``beat``, ``name``, ``municipality``, ``centre`` (position of the centre unit), ``workload``, ``reactive``,
        ``community`` (hours a year), ``deviation`` (signed share of the municipality's mean), ``population``,
        ``officers_required``, ``moved_in`` (residents who come from another of today's beats; NaN without today's beats).
    proof
        Status, objective and bound.
    max_deviation
        Greatest absolute deviation.
    contiguous
        Whether every beat is connected.
    moved_share
        Share of the residents of today's beats who change beat; None without today's beats.
    clashes
        Which rules clash, where, and the smallest relaxation that would do; empty where all are met.
    rules
        The rules of each municipality in numbers: ``municipality``, ``beats``, ``lower``, ``upper`` (hours a year), ``tolerance``.
    evidence
        What proves the bound, by municipality: the bound is the sum of theirs, less `price` × `budget`.
    price, budget
        The price on each resident moved that the municipalities share, and the residents that may move in all of them; 0 where they share none.
    """

    beat: np.ndarray
    table: pd.DataFrame
    proof: Proof
    max_deviation: float
    contiguous: bool
    moved_share: float | None
    clashes: tuple[str, ...]
    rules: pd.DataFrame
    evidence: tuple[PartEvidence, ...] = ()
    price: float = 0.0
    budget: float = 0.0

    @property
    def feasible(self) -> bool:
        """Whether every rule is met."""
        return not self.clashes


def plan_beats(
    town: Town,
    workload: WorkloadPlan,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    nodes: int | None = None,
    start: np.ndarray | None = None,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    farm: Farm | None = None,
) -> BeatPlan:
    """Draw the beats.

    Parameters
    ----------
    town
        The town; its description has a section ``beats``.
    workload
        Officer hours a year of each unit.
    seconds
        Limit of wall time.
    threads, seed
        Given to the solver.
    nodes
        Branch-and-bound nodes of each municipality's proof; None for as many as the time allows.
    start
        (n,) beat of each unit in a plan to start from; the result is no worse where that plan keeps the rules.
    progress
        Called with phase, best objective, bound and seconds.
    cancelled
        Asked often; True ends the search with the best beats so far.
    farm
        Workers that plan the municipalities in parallel; None plans one after another.

    Returns
    -------
    BeatPlan
        Always complete; `clashes` tells whether rules had to be relaxed.
    """
    begin = time.monotonic()
    planner = _Planner(town, workload, begin + seconds, threads, seed, nodes, start, progress, cancelled)
    planner.farm = farm
    return planner.run(begin)


def given_beats(town: Town, workload: WorkloadPlan, beat: np.ndarray) -> BeatPlan:
    """Take beats as they are, such as today's, and compute their figures; units without one (None) become a beat "none".

    Parameters
    ----------
    town, workload
        As for `plan_beats`.
    beat
        (n,) beat id of each unit, text or None.
    """
    beat = np.array([b if isinstance(b, str) else "none" for b in beat], dtype=object)
    ids, district = np.unique(beat.astype(str), return_inverse=True)
    distance = _distances(town)
    centre = np.array([_best_member(np.flatnonzero(district == k), workload.hours, distance) for k in range(len(ids))])
    table = _table(town, workload, beat, list(ids), centre)
    travel = float((workload.hours * distance(np.arange(len(beat)), centre[district])).sum())
    return BeatPlan(
        beat=beat,
        table=table,
        proof=Proof("feasible", travel, None, 0.0),
        max_deviation=float(table["deviation"].abs().max()),
        contiguous=connected(district, town.edges[["a", "b"]].to_numpy(int)),
        moved_share=moved_share(town, workload, beat),
        clashes=(),
        rules=pd.DataFrame(columns=["municipality", "beats", "lower", "upper", "tolerance"]),
    )


def moved_share(town: Town, workload: WorkloadPlan, beat: np.ndarray) -> float | None:
    """Return the share of residents (of workload, without population) in today's beats whose beat changes; None without them."""
    current = town.units["current"].to_numpy(object)
    known = np.array([isinstance(c, str) for c in current])
    people = _people(town, workload)
    if not known.any() or people[known].sum() <= 0:
        return None
    return float(people[known & (current != beat)].sum() / people[known].sum())


def plan_alone(planner: _Planner, part: _Part, seconds: float, cancelled: Callable[[], bool]) -> Alone:
    """Draw the beats of one municipality, here or on a worker."""
    planner = copy.copy(planner)
    planner.clashes, planner.short, planner.cancelled = [], False, cancelled
    planner.until = time.monotonic() + seconds
    solved, found = planner._solve(part, seconds)
    names = ("count", "lower", "upper", "budget", "locked")
    relaxed = {
        k: getattr(solved.problem, k) for k in names if getattr(solved.problem, k) is not getattr(part.problem, k)
    }
    return Alone(found, relaxed, solved.mean, solved.tolerance, planner.clashes, planner.short)


class _Planner:
    """One run of `plan_beats`: the parts, what was relaxed, and the clock."""

    def __init__(self, town, workload, until, threads, seed, nodes, start, progress, cancelled) -> None:
        self.town: Town = town
        self.workload: WorkloadPlan = workload
        self.rules = town.description.beats
        self.until, self.threads, self.seed = until, threads, seed
        self.nodes = UNLIMITED_NODES if nodes is None else nodes
        self.start: np.ndarray | None = start
        self.progress, self.cancelled = progress, cancelled
        self.farm: Farm | None = None
        self.short = False
        self.people = _people(town, workload)
        self.clashes: list[str] = []
        self.current, self.locked, self.labels = self._labels()

    def run(self, begin: float) -> BeatPlan:
        parts = self._parts()
        parts = [self._loosened_locks(part) for part in parts]
        parts = self._budgets(parts)
        total = sum(len(p.units) for p in parts)
        alone: list[Alone | BaseException] = []
        if self.farm is not None:
            alone = self._on_farm(parts)
        else:
            until = self.until
            for part in parts:
                share = max(0.0, until - time.monotonic()) * len(part.units) / total
                total -= len(part.units)
                alone.append(plan_alone(self, part, share, self.cancelled))
        solved, short = [], False
        for part, a in zip(parts, alone, strict=True):
            if isinstance(a, BaseException):
                a = self._left_whole(part, a)
            solved.append(
                (replace(part, problem=replace(part.problem, **a.relaxed), mean=a.mean, tolerance=a.tolerance), a.found)
            )
            self.clashes += a.clashes
            short |= a.short
        if short:
            moved = np.array([d.moved + p.unavoidable for p, d in solved])
            known = float(self.people[self.current >= 0].sum())
            self.clashes.append(self._budget_clash(float(moved.sum()) / known, moved, parts))
        return self._assemble(solved, time.monotonic() - begin)

    def _on_farm(self, parts: list[_Part]) -> list[Alone | BaseException]:
        """Plan the municipalities on the workers, each with its share of all their time."""
        assert self.farm is not None
        shared = copy.copy(self)
        shared.farm, shared.progress, shared.cancelled, shared.workload, shared.clashes = None, silent, _never, None, []  # type: ignore[assignment]
        # of the town the workers need the names of its units alone
        shared.town = replace(
            self.town, units=pd.DataFrame(self.town.units[["name"]]), edges=self.town.edges.iloc[:0], incidents=None, unit_distances=None,
            sites=None, homes=None, walks=None, network=None, roster=None, special_posts=None, published=None, notes=(), sources=(),
        )  # fmt: skip
        left = max(0.0, self.until - time.monotonic())
        sizes = [len(p.units) for p in parts]
        if self.nodes == UNLIMITED_NODES:
            # who names a time wants all of it used, and no more
            seconds = [min(left, left * min(self.farm.workers, len(parts)) * n / sum(sizes)) for n in sizes]
        else:
            seconds = [left] * len(parts)
        settings = {"seed": self.seed, "threads": self.threads, "nodes": self.nodes, "time": left if self.nodes == UNLIMITED_NODES else None,
                    "start": None if self.start is None else tuple(map(str, self.start))}  # fmt: skip
        if settings["time"] is not None:
            settings["time"] = round(settings["time"], -1)
        return self.farm.each(
            plan_alone, shared, parts, seconds, names=[p.name for p in parts], sizes=sizes, phase="beats", settings=settings,
            progress=self.progress, cancelled=self.cancelled,
        )  # fmt: skip

    def _left_whole(self, part: _Part, error: BaseException) -> Alone:
        """Leave a municipality that could not be planned as one beat, and say so: the others are not lost over it."""
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        n, problem = len(part.units), part.problem
        centre = _best_member(np.arange(n), problem.weight, lambda a, b: np.hypot(*(problem.xy[a] - problem.xy[b]).T))
        load = float(problem.weight.sum())
        labels = [int(g) for g in np.unique(problem.current[problem.current >= 0])]
        kept = max(labels, key=lambda g: float(problem.residents[problem.current == g].sum()), default=-1)
        gone = (problem.current >= 0) & (problem.current != kept)
        apart = (
            np.hypot(*(problem.xy - problem.xy[centre]).T) if problem.distance is None else problem.distance[:, centre]
        )
        found = Districts(
            np.zeros(n, int), np.array([centre]), np.array([kept]), float((problem.weight * apart).sum()) if problem.goal == TRAVEL else 0.0,
            None, 0.0, float(problem.residents[gone].sum()), False,
        )  # fmt: skip
        said = (
            f"{self._in(part)}the beats could not be planned ({reason}); it is left as one beat. The other municipalities are planned; "
            "run the same again to plan this one alone."
        )
        return Alone(found, {"count": 1, "lower": load, "upper": load}, load, part.tolerance, [said], False)

    # ---- the problem of each municipality

    def _labels(self) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Return today's and the locked beat of each unit as numbers, (n,) each, and the ids that they stand for."""
        units = self.town.units
        current, locked = units["current"].to_numpy(object), units["locked"].to_numpy(object)
        labels = sorted({b for b in [*current, *locked] if isinstance(b, str)})
        place = {b: g for g, b in enumerate(labels)}
        number = np.vectorize(lambda b: place.get(b, -1), otypes=[int])
        return number(current), number(locked), labels

    def _counts(self, names: list[str], units: list[np.ndarray]) -> np.ndarray:
        """Share the beats out between municipalities by workload, at least one each and at most one a unit."""
        hours = np.array([self.workload.hours[u].sum() for u in units])
        most = np.array([len(u) for u in units])
        wanted = self.rules.count
        if wanted == "auto":
            counts = np.array([automatic_count(self.workload, u, self.town.description.workload) for u in units])
            return np.minimum(counts, most)
        if wanted < len(names):
            self.clashes.append(
                f"{wanted} beats are asked for, but there are {len(names)} municipalities and beats never cross their "
                f"borders. The smallest number that would do is {len(names)}."
            )
            wanted = len(names)
        if wanted > most.sum():
            self.clashes.append(
                f"{wanted:,} beats are asked for, but there are only {most.sum():,} units, and a beat is made of whole units. "
                f"The greatest number that would do is {most.sum():,}."
            )
            wanted = int(most.sum())
        counts = share_out(hours, int(wanted), most=most)
        assert counts is not None
        return counts

    def _parts(self) -> list[_Part]:
        town, hours = self.town, self.workload.hours
        municipality = town.units["municipality"].to_numpy(object)
        names = sorted(set(municipality))
        groups = [np.flatnonzero(municipality == name) for name in names]
        counts = self._counts(names, groups)
        home = self._home_of_labels(groups)
        xy, edges = town.points(), town.edges
        position = np.full(len(hours), -1)
        parts = []
        for m, (name, units, count) in enumerate(zip(names, groups, counts, strict=True)):
            position[:] = -1
            position[units] = np.arange(len(units))
            inside = (position[edges["a"]] >= 0) & (position[edges["b"]] >= 0)
            kept = edges[inside]
            mean = float(hours[units].sum() / count)
            current, locked = self.current[units], self.locked[units]
            foreign = (current >= 0) & (home[current] != m)
            problem = DistrictingProblem(
                weight=hours[units],
                xy=xy[units],
                edges=position[kept[["a", "b"]].to_numpy(int)],
                border=kept["metres"].to_numpy(float),
                count=int(count),
                lower=mean * (1 - self.rules.tolerance),
                upper=mean * (1 + self.rules.tolerance),
                distance=None if town.unit_distances is None else town.unit_distances[np.ix_(units, units)],
                goal=CUT if self.rules.objective == "cut" else TRAVEL,
                residents=self.people[units],
                current=np.where(foreign, -1, current),
                locked=locked,
            )
            unavoidable = float(self.people[units][foreign].sum())
            away = (locked >= 0) & (home[locked] != m)
            parts.append(_Part(name, units, problem, mean, self.rules.tolerance, unavoidable, away))
        return parts

    def _home_of_labels(self, groups: list[np.ndarray]) -> np.ndarray:
        """Return the municipality in which each of today's beats may live on: that with most of its residents."""
        shared = np.zeros((len(self.labels) + 1, len(groups)))
        for m, units in enumerate(groups):
            known = units[self.current[units] >= 0]
            np.add.at(shared, (self.current[known], m), self.people[known] + 1e-9)
            held = units[self.locked[units] >= 0]
            np.add.at(shared, (self.locked[held], m), 1e12)
        return np.argmax(shared, axis=1)

    # ---- what cannot be met

    def _loosened_locks(self, part: _Part) -> _Part:
        """Leave out locks that contradict each other or the municipality's borders, and give it a beat for each piece of its map."""
        problem = part.problem
        away = part.away
        if away.any():
            names = ", ".join(sorted({self.labels[g] for g in problem.locked[away]}))
            self.clashes.append(
                f"Units on both sides of a municipal border are locked to the same beat ({names}); beats never cross it. "
                f"Planned without the locks of {self._places(part.units[away])}."
            )
            problem = replace(problem, locked=np.where(away, -1, problem.locked))
        held = np.unique(problem.locked[problem.locked >= 0])
        if len(held) > problem.count:
            kept = held[np.argsort([-(problem.locked == g).sum() for g in held], kind="stable")[: problem.count]]
            dropped = (problem.locked >= 0) & ~np.isin(problem.locked, kept)
            self.clashes.append(
                f"{self._in(part)}units are locked to {len(held)} beats, but it has only {problem.count}. The smallest number that "
                f"would do is {len(held)}; planned without the locks of {self._places(part.units[dropped])}."
            )
            problem = replace(problem, locked=np.where(dropped, -1, problem.locked))
        pieces = _pieces(problem)
        if len(pieces) > problem.count:
            self.clashes.append(
                f"{self._in(part)}the map falls into {len(pieces)} pieces that no open border joins, such as that of "
                f"{self._places(part.units[pieces[-1]])}, but there are only {problem.count} beats. Draw a link or a crossing, or "
                f"plan {len(pieces)} beats there, which is what was done."
            )
            mean = part.problem.weight.sum() / len(pieces)
            problem = replace(
                problem, count=len(pieces), lower=mean * (1 - part.tolerance), upper=mean * (1 + part.tolerance)
            )
            part = replace(part, mean=float(mean))
        return replace(part, problem=problem)

    def _quick(self, problem: DistrictingProblem, effort: float = 0.2) -> Districts:
        """Search without a proof."""
        left = max(0.5, 0.25 * (self.until - time.monotonic()))
        return solve_districts(
            problem,
            seconds=left,
            threads=self.threads,
            seed=self.seed,
            effort=effort,
            prove=False,
            cancelled=self.cancelled,
        )

    def _budgets(self, parts: list[_Part]) -> list[_Part]:
        """Share the change budget out: what each municipality cannot do without, then by what it would like to move."""
        if self.rules.max_moved is None:
            return parts
        known = float(self.people[self.current >= 0].sum())
        budget = self.rules.max_moved * known - sum(p.unavoidable for p in parts)
        if len(parts) == 1 and budget >= 0:
            return [replace(parts[0], problem=replace(parts[0].problem, budget=budget))]
        least = np.array([self._least_moved(p) for p in parts])
        if least.sum() > budget:
            needed = (least.sum() + sum(p.unavoidable for p in parts)) / known
            self.clashes.append(self._budget_clash(needed, least * 1.02, parts))
            budgets = least * 1.02
        else:
            liked = np.maximum([self._quick(p.problem).moved for p in parts], least)
            wish = liked - least
            spare = budget - least.sum()
            by_size = np.array([p.problem.residents.sum() for p in parts])
            budgets = least + spare * (wish / wish.sum() if wish.sum() > 0 else by_size / by_size.sum())
        return [replace(p, problem=replace(p.problem, budget=float(b))) for p, b in zip(parts, budgets, strict=True)]

    def _least_moved(self, part: _Part) -> float:
        """Return the fewest residents moved that a search finds under the other rules."""
        return self._quick(replace(part.problem, budget=None, goal=MOVES)).moved

    def _budget_clash(self, needed: float, least: np.ndarray, parts: list[_Part]) -> str:
        worst = parts[int(np.argmax(least))]
        where = f", most of them in {worst.name}" if worst.name and len(parts) > 1 else ""
        return (
            f"beats.max_moved = {self.rules.max_moved:.1%} is too small to balance the beats within ±{self.rules.tolerance:.1%}: the "
            f"fewest residents that a search had to move are {needed:.1%}{where}. The smallest budget found that would do is "
            f"{math.ceil(needed * 1020) / 1000:.1%}."
        )

    # ---- solving

    def _solve(self, part: _Part, seconds: float) -> tuple[_Part, Districts]:
        problem = part.problem
        end = time.monotonic() + seconds
        phase = f"beats of {part.name}" if part.name else "beats"

        def tell(step: str, best: float | None, bound: float | None, spent: float) -> None:
            self.progress(phase + step.removeprefix("beats"), best, bound, spent)

        def solve(wanted: DistrictingProblem, prove: bool = True) -> Districts:
            left = max(0.5, end - time.monotonic())
            return solve_districts(
                wanted, seconds=left, threads=self.threads, seed=self.seed, prove=prove, nodes=self.nodes,
                effort=LONG_EFFORT if self.nodes == UNLIMITED_NODES else 1.0,
                start=self._start_of(part), progress=tell, cancelled=self.cancelled,
            )  # fmt: skip

        while True:
            try:
                found = solve(problem)
                break
            except LocksApartError as error:
                dropped = problem.locked == error.label
                self.clashes.append(
                    f"{self._in(part)}the units locked to beat {self.labels[error.label]} cannot be joined into one beat without "
                    f"units that are locked to others. Planned without the locks of {self._places(part.units[dropped])}."
                )
                problem = replace(problem, locked=np.where(dropped, -1, problem.locked))
            except NoRoomError:
                held = problem.locked >= 0
                self.clashes.append(
                    f"{self._in(part)}the locked units leave no room for {problem.count} beats. Planned without the locks of "
                    f"{self._places(part.units[held])}."
                )
                problem = replace(problem, locked=np.full(len(problem.locked), -1))
        part = replace(part, problem=problem)
        if keeps_balance(found, problem) and keeps_budget(found, problem):
            return part, found
        if problem.budget is not None:
            free = self._quick(replace(problem, budget=None), effort=1.0)
            if keeps_balance(free, problem):
                return self._more_budget(part, solve)
        return self._more_tolerance(part, found, solve)

    def _start_of(self, part: _Part) -> np.ndarray | None:
        """Return the districts of the plan to start from, (units of the part,), where they suit the problem."""
        if self.start is None:
            return None
        ids, district = np.unique(self.start[part.units].astype(str), return_inverse=True)
        suits = len(ids) == part.problem.count and connected(district, part.problem.edges)
        return district if suits else None

    def _more_budget(self, part: _Part, solve) -> tuple[_Part, Districts]:
        """Raise the change budget until there is a plan, and say how far."""
        problem = part.problem
        budget = max(self._least_moved(part), problem.budget or 0.0)
        while True:
            budget = max(budget * 1.02, budget + 1.0)
            relaxed = replace(problem, budget=budget)
            found = solve(relaxed)
            if (keeps_balance(found, relaxed) and keeps_budget(found, relaxed)) or budget > problem.residents.sum():
                break
            budget *= 1.1
        self.short = True
        return replace(part, problem=relaxed), found

    def _more_tolerance(self, part: _Part, found: Districts, solve) -> tuple[_Part, Districts]:
        """Find the smallest tolerance that a search finds a plan for, say why it is needed, and plan with it."""
        problem = part.problem
        loads = np.bincount(found.district, weights=problem.weight, minlength=problem.count)
        high = float(np.abs(loads / part.mean - 1).max())
        low = max(part.tolerance, float(problem.weight.max() / part.mean - 1))
        best = found
        for _ in range(7):
            if high - low < TOLERANCE_STEP or self.cancelled():
                break
            middle = (low + high) / 2
            tried = self._quick(_at_tolerance(problem, part.mean, middle), effort=0.5)
            if tried.outside <= 1e-9 * problem.upper and keeps_budget(tried, problem):
                loads = np.bincount(tried.district, weights=problem.weight, minlength=problem.count)
                high, best = float(np.abs(loads / part.mean - 1).max()), tried
            else:
                low = middle
        tolerance = math.ceil(high / TOLERANCE_STEP - 1e-6) * TOLERANCE_STEP
        relaxed = _at_tolerance(problem, part.mean, tolerance)
        final = solve(relaxed)
        if not (keeps_balance(final, relaxed) and keeps_budget(final, relaxed)):
            final = best
        self.clashes.append(self._tolerance_clash(part, found.infeasible, tolerance))
        return replace(part, problem=relaxed, tolerance=tolerance), final

    def _tolerance_clash(self, part: _Part, proven: bool, tolerance: float) -> str:
        problem = part.problem
        range_text = f"between {problem.lower:,.0f} and {problem.upper:,.0f} hours a year (±{part.tolerance:.1%})"
        heavy = np.flatnonzero(problem.weight > problem.upper * (1 + 1e-9))
        if len(heavy):
            units = part.units[heavy[np.argsort(-problem.weight[heavy])]]
            reason = (
                f"{self._places(units)} alone {'has' if len(units) == 1 else 'have up to'} "
                f"{problem.weight[heavy].max():,.0f} hours, and a unit is never split"
            )
        else:
            cut_off = self._cut_off(part)
            reason = cut_off or (
                "no such beats exist" if proven else "no such beats were found, though that is not proven impossible"
            )
        return (
            f"{self._in(part)}{problem.count} beats {range_text} cannot be drawn: {reason}. The smallest tolerance found that "
            f"would do is ±{tolerance:.1%}."
        )

    def _cut_off(self, part: _Part) -> str | None:
        """Name a piece of the map that cannot hold a whole number of beats within the bounds."""
        problem = part.problem
        pieces = _pieces(problem)
        for piece in reversed(pieces) if len(pieces) > 1 else []:
            load = problem.weight[piece].sum()
            if math.floor(load / problem.lower + 1e-9) < max(1, math.ceil(load / problem.upper - 1e-9)):
                return (
                    f"the piece of {self._places(part.units[piece])} is cut off, and its {load:,.0f} hours make no whole number of "
                    "beats; a link or a crossing would help"
                )
        return None

    # ---- words

    def _in(self, part: _Part) -> str:
        return f"In {part.name}: " if part.name else ""

    def _places(self, units: np.ndarray) -> str:
        names = [f"{self.town.units['name'].iat[u]}" for u in units[:4]]
        return ", ".join(names) + (f" and {len(units) - 4:,} more" if len(units) > 4 else "")

    # ---- beats with names

    def _assemble(self, solved: list[tuple[_Part, Districts]], seconds: float) -> BeatPlan:
        n = len(self.people)
        beat, centres, ids = np.empty(n, dtype=object), [], []
        fresh = _fresh_ids({self.labels[g] for _, d in solved for g in d.label if g >= 0})
        objective, bound, rules = 0.0, 0.0, []
        for part, found in solved:
            # new beats are numbered from north to south, so that the numbers can be found on a map
            north = self.town.points()[part.units[found.centre], 1]
            for k in np.argsort(-north, kind="stable"):
                beat_id = self.labels[found.label[k]] if found.label[k] >= 0 else next(fresh)
                beat[part.units[found.district == k]] = beat_id
                ids.append(beat_id)
                centres.append(int(part.units[found.centre[k]]))
            objective += found.objective
            bound = np.nan if found.lower_bound is None else bound + found.lower_bound
            rules.append((part.name, part.problem.count, part.problem.lower, part.problem.upper, part.tolerance))
        feasible = not self.clashes
        table = _table(self.town, self.workload, beat, ids, np.array(centres))
        district = np.unique(beat.astype(str), return_inverse=True)[1]
        return BeatPlan(
            beat=beat,
            table=table,
            proof=Proof.of(objective, None if np.isnan(bound) or not feasible else bound, seconds, feasible),
            max_deviation=float(table["deviation"].abs().max()),
            contiguous=connected(district, self.town.edges[["a", "b"]].to_numpy(int)),
            moved_share=moved_share(self.town, self.workload, beat),
            clashes=tuple(self.clashes),
            rules=pd.DataFrame(rules, columns=["municipality", "beats", "lower", "upper", "tolerance"]),
            evidence=tuple(PartEvidence(p.name, p.units, tuple(self.labels), p.problem, d.evidence) for p, d in solved),
        )


def _never() -> bool:
    return False


def _fresh_ids(taken: set[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        if str(number) not in taken:
            yield str(number)


def _at_tolerance(problem: DistrictingProblem, mean: float, tolerance: float) -> DistrictingProblem:
    return replace(problem, lower=max(0.0, mean * (1 - tolerance)), upper=mean * (1 + tolerance))


def _pieces(problem: DistrictingProblem) -> list[np.ndarray]:
    """Return the connected pieces of the map, the one with the most workload first."""
    label = np.arange(len(problem.weight))
    edges = problem.edges
    while len(edges):
        low = np.minimum(label[edges[:, 0]], label[edges[:, 1]])
        before = label.copy()
        np.minimum.at(label, edges[:, 0], low)
        np.minimum.at(label, edges[:, 1], low)
        label = label[label]
        if (label == before).all():
            break
    pieces = [np.flatnonzero(label == p) for p in np.unique(label)]
    return sorted(pieces, key=lambda units: -float(problem.weight[units].sum()))


def _people(town: Town, workload: WorkloadPlan) -> np.ndarray:
    """Return residents, (n,); workload where they are unknown."""
    return town.units["population"].to_numpy(float) if town.has_population else workload.hours


def _distances(town: Town) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the function that gives metres from units to units, as the objective counts them."""
    given, xy = town.unit_distances, town.points()
    if given is not None:
        return lambda a, b: given[a, b]
    return lambda a, b: np.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1])


def _best_member(units: np.ndarray, hours: np.ndarray, distance: Callable) -> int:
    travel = [float((hours[units] * distance(units, np.full(len(units), j))).sum()) for j in units]
    return int(units[int(np.argmin(travel))])


def _table(town: Town, workload: WorkloadPlan, beat: np.ndarray, ids: list[str], centre: np.ndarray) -> pd.DataFrame:
    """Compute the figures of each beat, in the order of `ids`."""
    units = town.units
    place = {b: k for k, b in enumerate(ids)}
    district = np.array([place[b] for b in beat])
    municipality = units["municipality"].to_numpy(object)[centre]

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(district, weights=values, minlength=len(ids))

    hours, community = total(workload.hours), total(workload.community)
    reactive = total(workload.reactive + workload.fixed_hours)
    mean = pd.Series(hours).groupby(pd.Series(municipality)).transform("mean").to_numpy()
    current = units["current"].to_numpy(object)
    known = np.array([isinstance(c, str) for c in current])
    moved = known & (current != beat)
    people = _people(town, workload)
    return pd.DataFrame(
        {
            "beat": ids,
            "name": _names(units, ids, centre, municipality),
            "municipality": municipality,
            "centre": centre,
            "workload": hours,
            "reactive": reactive,
            "community": community,
            "deviation": np.divide(hours, mean, out=np.ones(len(ids)), where=mean > 0) - 1,
            "population": total(units["population"].to_numpy(float)),
            "officers_required": officers_required(reactive, community, town.description.workload),
            "moved_in": total(np.where(moved, people, 0.0)) if known.any() else np.nan,
        }
    )


def _names(units: pd.DataFrame, ids: list[str], centre: np.ndarray, municipality: np.ndarray) -> list[str]:
    """Name each beat by the place of its centre unit, and tell those of one place apart by their id."""
    named = (units["name"] != units["unit"]).to_numpy()
    place = [str(units["name"].iat[c]) if named[c] else str(m) for c, m in zip(centre, municipality, strict=True)]
    return [(f"{p} ({b})" if place.count(p) > 1 else p) if p else f"Beat {b}" for p, b in zip(place, ids, strict=True)]
