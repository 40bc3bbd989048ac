"""Beats: a town and its rules turned into districts, and districts turned into beats with ids, names and figures.

Each municipality is a problem of its own, since beats never cross municipalities, but for a change budget, which they share
(`shared_budget.py`). A new beat carries on today's beat with which it shares the most residents, and keeps its id. Where the
rules cannot all be met, the smallest relaxation is searched for, said in words, and planned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from beatplanner.data.result.service import LeastMinutes, LinesFound
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.alone import plan_alone
from beatplanner.planning.beats.amounts import STEP
from beatplanner.planning.beats.conflicts import in_sentences
from beatplanner.planning.beats.given_start import given_start
from beatplanner.planning.beats.municipality import (
    AtHosts,
    Hosts,
    Limited,
    MunicipalityPlan,
    MunicipalityTask,
    Part,
    PartEvidence,
    Relaxed,
    Setting,
)
from beatplanner.planning.beats.naming import beat_table, best_member, carried_on, distances_of, ids_of_today, new_ids
from beatplanner.planning.beats.own_ids import anchored, let_go, loose, strangers
from beatplanner.planning.beats.parallel import WorkerPool
from beatplanner.planning.beats.problems import Problems, no_kin, residents_of
from beatplanner.planning.beats.shared_budget import Together, share_budget
from beatplanner.planning.beats.side_by_side import SideBySide
from beatplanner.planning.beats.spanning_beats import (
    as_good_as,
    choices_of_hosts,
    least_of_homes,
    may_move,
    to_plan,
)
from beatplanner.planning.proof import Progress, Proof, Unproven, impossible, silent
from beatplanner.planning.workload import WorkloadPlan
from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.solve import Districts, connected


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
    limits
        What municipalities cost at least with a share of the budget, where the bound comes of them.
    hosts
        What is proven for each choice of the municipality in which a beat of today lives on that spans several, where the bound comes of them.
    wider, short
        Where the rules clash: the tolerance, and the share of residents moved, that would do, and up to where less is proven impossible.
    relaxed_bound
        Where tolerances alone had to give: proven for every plan within those of `rules`; None otherwise.
    uneven
        By municipality and name: the tolerances of further balances that had to give.
    hurried
        Municipalities whose bound the time cut short.
    apart
        What each municipality costs, and what the search proved of it alone; empty where they share something, so that nothing is proven of one alone.
    least_minutes
        What redrawing for the least minutes gained and costs, where that is asked for.
    lines, lines_table
        What became of the rules that the service has for the lines, where there are any, and what that can be computed from again.
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
    limits: tuple[Limited, ...] = ()
    hosts: tuple[AtHosts, ...] = ()
    wider: tuple[Relaxed, ...] = ()
    short: Relaxed | None = None
    uneven: Mapping[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    hurried: tuple[str, ...] = ()
    apart: Mapping[str, tuple[float, float | None]] = field(default_factory=dict[str, tuple[float, "float | None"]])
    relaxed_bound: float | None = None
    least_minutes: LeastMinutes | None = None
    lines: LinesFound | None = None
    lines_table: pd.DataFrame | None = None

    @property
    def smallest(self) -> dict[str, dict[str, float | None]]:
        """``smallest_tolerance`` and ``smallest_budget`` as ``summary.json`` has them, where rules clash."""
        intervals: dict[str, dict[str, float | None]] = {}
        if self.wider:
            proven = [w.impossible_below for w in self.wider if w.impossible_below is not None]
            intervals["smallest_tolerance"] = {
                "impossible_below": max(proven, default=None),
                "found": max(w.found for w in self.wider),
            }
        if self.short is not None:
            intervals["smallest_budget"] = {"impossible_below": self.short.impossible_below, "found": self.short.found}
        return intervals

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
    enough: float = 0.0,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
    worker_pool: WorkerPool | None = None,
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
        (n,) beat of each unit in a plan to start from, None where that knows it not; the result is no worse where that plan keeps the rules, and
        needs no wider tolerance than that plan where none keeps them.
    enough
        Gap of all municipalities together at which the rest of the time is left to other steps.
    progress
        Called with phase, best objective, bound and seconds.
    cancelled
        Asked often; True ends the search with the best beats so far.
    worker_pool
        Workers that plan the municipalities in parallel; None plans one after another.

    Returns
    -------
    BeatPlan
        Always complete; `clashes` tells whether rules had to be relaxed.
    """
    problems = Problems(town, workload)
    names = town.units["name"].to_numpy(object)
    setting = Setting(names, problems.labels, threads, seed, nodes, start, enough)
    return _Planner(problems, setting, seconds, progress, cancelled, worker_pool).run()


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
    found, district = np.unique(beat.astype(str), return_inverse=True)
    ids = [str(b) for b in found]
    distance = distances_of(town)
    centre = np.array([best_member(np.flatnonzero(district == k), workload.hours, distance) for k in range(len(ids))])
    table = beat_table(town, workload, beat, ids, centre)
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


def objective_of(town: Town, workload: WorkloadPlan, beat: np.ndarray) -> float:
    """Return the objective of beats as they are, by the rules of the town: its border or its travel."""
    rules = town.description.beats
    if rules is not None and rules.objective == "cut":
        ends = town.edges[["a", "b"]].to_numpy(int)
        return float(town.edges["metres"].to_numpy(float)[beat[ends[:, 0]] != beat[ends[:, 1]]].sum())
    return given_beats(town, workload, beat).proof.objective


def moved_share(town: Town, workload: WorkloadPlan, beat: np.ndarray) -> float | None:
    """Return the share of residents (of workload, without population) in today's beats whose beat changes; None without them."""
    current = town.units["current"].to_numpy(object)
    known = np.array([isinstance(c, str) for c in current])
    people = residents_of(town, workload)
    if not known.any() or people[known].sum() <= 0:
        return None
    return float(people[known & (current != beat)].sum() / people[known].sum())


class _Planner:
    """One run of `plan_beats`."""

    def __init__(
        self,
        problems: Problems,
        setting: Setting,
        seconds: float,
        progress: Progress,
        cancelled: Callable[[], bool],
        worker_pool: WorkerPool | None,
    ) -> None:
        self.problems: Problems = problems
        self.setting: Setting = setting
        self.begin = read_clock(cancelled)
        self.until = self.begin + seconds
        self.progress: Progress = progress
        self.cancelled: Callable[[], bool] = cancelled
        self.worker_pool: WorkerPool | None = worker_pool

    def run(self) -> BeatPlan:
        """Plan so that no beat has the id of one of today's with which it shares no resident, though units are locked to it.

        The plan without that rule has a bound that holds with it. Where it breaks the rule a unit of today's beat is locked too, and the bound stays;
        where that does not do, the locks are given up.
        """
        problems, parts, end = self.problems, self.problems.parts, self.until
        current, people = problems.current, problems.people
        if not any(loose(p, current, people) for p in parts):
            return self.plan(parts)
        self.until = self.begin + (end - self.begin) / 2
        first = self.plan(parts)
        wrong = [strangers(p, first.beat, problems.labels, current, people) for p in parts]
        self.until = end
        if not any(wrong):
            return first
        if first.feasible:
            second = self.plan([anchored(p, current, people, w) for p, w in zip(parts, wrong, strict=True)])
            kept = not any(strangers(p, second.beat, problems.labels, current, people) for p in parts)
            if second.feasible and kept:
                return _proven_by(second, first)
        for p, w in zip(parts, wrong, strict=True):
            if w:
                held = problems.places(p.units[np.isin(p.problem.locked, w)])
                problems.conflicts.append(Unproven(no_kin(p, [problems.labels[g] for g in w], held, proven=False)))
        return self.plan([let_go(p, w) for p, w in zip(parts, wrong, strict=True)])

    def plan(self, parts: list[Part]) -> BeatPlan:
        """Return the plan of some municipalities, each with its locks."""
        problems, most = self.problems, self.problems.rules.max_moved
        people, current = problems.people, problems.current
        known = float(people[current >= 0].sum())
        if most is None or known <= 0:
            return self.assemble(parts, self.each([(p, MunicipalityTask("plan")) for p in parts], 1.0, ""))
        if len(parts) == 1:
            return self.assemble(parts, self.each([(parts[0], MunicipalityTask("plan", budget=most * known))], 1.0, ""))
        free = self.each([(p, MunicipalityTask("plan")) for p in parts], 0.35, "")
        ways, complete = choices_of_hosts(parts)
        shared = bool(ways[0].labels)
        budget = most * known
        together = self.share(parts, free, budget, known, 0.5 if shared else 1.0)
        if shared and not may_move(float(people[self.moved(parts, together.found)].sum()), together.budget):
            # a beat of today that lies in several municipalities lives on in one: the plan let it do so in each
            together = self.at_homes(parts, free, together, (ways, complete), (budget, known))
        alone = [replace(a, found=d) for a, d in zip(free, together.found, strict=True)]
        return self.assemble(parts, alone, together)

    def at_homes(
        self,
        parts: list[Part],
        free: list[MunicipalityPlan],
        whole: Together,
        choices: tuple[list[Hosts], bool],
        people: tuple[float, float],
    ) -> Together:
        """Plan each choice of the municipality in which a beat of today lives on that spans several, and join what comes of them."""
        (ways, complete), (budget, known) = choices, people
        found: list[tuple[Hosts, Together]] = []
        for k, hosts in enumerate(to_plan(ways, budget, found)):
            if found and (as_good_as(found[-1][1], whole) or self.out_of_time()):
                break
            left, there = budget - hosts.unavoidable, known - hosts.unavoidable
            found.append((hosts, self.share(hosts.parts(parts), free, left, there, 1 / (len(ways) - k))))
        return least_of_homes(whole, ways, complete, found, budget)

    def share(
        self, parts: list[Part], free: list[MunicipalityPlan], budget: float, known: float, time_share: float
    ) -> Together:
        relaxed = [replace(p, problem=replace(p.problem, **_rules_of(a))) for p, a in zip(parts, free, strict=True)]

        def each(
            pairs: Sequence[tuple[Part, MunicipalityTask]], part_of_time: float, phase: str
        ) -> list[MunicipalityPlan]:
            return self.each(pairs, part_of_time * time_share, phase)

        given = [given_start(self.setting, p) for p in relaxed]
        return share_budget(relaxed, free, budget, known, self.problems.labels, each, self.out_of_time, given)

    def out_of_time(self) -> bool:
        return (self.setting.nodes is None and read_clock(self.cancelled) >= self.until) or self.cancelled()

    def each(self, pairs: Sequence[tuple[Part, MunicipalityTask]], share: float, phase: str) -> list[MunicipalityPlan]:
        """Do a task for each municipality, here or on the workers, in a share of the time that is left."""
        left = max(0.0, self.until - read_clock(self.cancelled)) * share
        if self.worker_pool is not None:
            return self.on_workers(pairs, left, [len(p.units) for p, _ in pairs], phase)

        def named(step: str, best: float | None, bound: float | None, _: float) -> None:
            head, colon, rest = step.partition(":")
            name = f"{head}, {phase}{colon}{rest}" if phase else step
            self.progress(name, best, bound, read_clock(self.cancelled) - self.begin)

        return SideBySide(self.setting, pairs, read_clock(self.cancelled) + left, self.cancelled, named).run()

    def on_workers(
        self, pairs: Sequence[tuple[Part, MunicipalityTask]], left: float, sizes: list[int], phase: str
    ) -> list[MunicipalityPlan]:
        assert self.worker_pool is not None
        timed = self.setting.nodes is None
        # who names a time wants all of it used, and no more
        at_once = min(self.worker_pool.workers, len(pairs))
        seconds = [min(left, left * at_once * n / sum(sizes)) if timed else left for n in sizes]
        setting = replace(self.setting, threads=1)  # each worker is one core
        settings = {"setting": setting, "phase": phase, "time": round(left, -1) if timed else None}
        return self.worker_pool.each(
            plan_alone,
            setting,
            pairs,
            seconds,
            names=[p.name for p, _ in pairs],
            sizes=sizes,
            phase=f"beats, {phase}" if phase else "beats",
            settings=settings,
            progress=self.progress,
            cancelled=self.cancelled,
        )

    # ---- beats with names

    def moved(self, parts: list[Part], found: Sequence[Districts]) -> np.ndarray:
        """Tell which units change beat, (n,) bool."""
        district, _ = _of_town(parts, found, len(self.problems.people))
        label = carried_on(district, self.problems.current, self.held(parts), self.problems.people)
        return (self.problems.current >= 0) & (label[district] != self.problems.current)

    def held(self, parts: list[Part]) -> np.ndarray:
        """Return the locks that stand, (n,) labels."""
        held = np.full(len(self.problems.people), -1)
        for part in parts:
            held[part.units] = part.problem.locked
        return held

    def assemble(self, parts: list[Part], alone: list[MunicipalityPlan], together: Together | None = None) -> BeatPlan:
        problems, town, workload = self.problems, self.problems.town, self.problems.workload
        solved = [replace(p, problem=replace(p.problem, **_rules_of(a))) for p, a in zip(parts, alone, strict=True)]
        found = [a.found for a in alone]
        district, centres = _of_town(solved, found, len(problems.people))
        label = carried_on(district, problems.current, self.held(solved), problems.people)
        # new beats are numbered from north to south, so that the numbers can be found on a map
        fresh = new_ids(ids_of_today(town, problems.labels))
        ids = np.array([problems.labels[g] if g >= 0 else "" for g in label], dtype=object)
        order: list[int] = []
        first = 0
        north = -town.points()[centres, 1]
        for f in found:
            order += [first + int(k) for k in np.argsort(north[first : first + len(f.centre)], kind="stable")]
            first += len(f.centre)
        for k in order:
            ids[k] = ids[k] or next(fresh)
        beat = ids[district]
        table = beat_table(town, workload, beat, list(ids[order]), centres[order])
        wider = tuple(a.wider for a in alone if a.wider is not None)
        short = together.short if together is not None else next((a.short for a in alone if a.short is not None), None)
        if short is not None:
            known = float(problems.people[problems.current >= 0].sum())
            proven = None if short.impossible_below is None else short.impossible_below / known
            # the next tenth of a percent, as it is entered
            short = replace(short, impossible_below=proven, found=math.ceil(short.found / known / STEP - 1e-6) * STEP)
        conflicts = (
            *problems.conflicts,
            *(c for a in alone for c in a.conflicts),
            *in_sentences(problems.rules, wider, short),
        )
        bounds = [f.lower_bound for f in found]
        bound = None if any(b is None for b in bounds) else float(sum(b for b in bounds if b is not None))
        if together is not None:
            bound = together.bound
        objective = float(sum(f.objective for f in found))
        feasible = not conflicts
        evidence = tuple(
            PartEvidence(p.name, p.units, problems.labels, p.problem, f.evidence)
            for p, f in zip(solved, found, strict=True)
        )
        rules = [
            (p.name, p.problem.count, p.problem.lower, p.problem.upper, a.tolerance)
            for p, a in zip(solved, alone, strict=True)
        ]
        taken = read_clock(self.cancelled) - self.begin
        proof = Proof.closing("beats", objective, bound, taken, feasible, self.progress, impossible(conflicts))
        only_wider = bool(wider) and short is None and not problems.conflicts and not any(a.conflicts for a in alone)
        return BeatPlan(
            beat=beat,
            table=table,
            proof=proof,
            max_deviation=float(table["deviation"].abs().max()),
            contiguous=connected(district, town.edges[["a", "b"]].to_numpy(int)),
            moved_share=moved_share(town, workload, beat),
            clashes=conflicts,
            rules=pd.DataFrame(rules, columns=["municipality", "beats", "lower", "upper", "tolerance"]),
            evidence=evidence if together is None else together.evidence,
            price=0.0 if together is None else together.price,
            budget=0.0 if together is None else together.budget,
            limits=() if together is None else together.limits,
            hosts=() if together is None else together.hosts,
            wider=wider,
            short=short,
            relaxed_bound=min(bound, objective) if only_wider and bound is not None else None,
            uneven={(p.name, name): t for p, a in zip(solved, alone, strict=True) for name, t in a.uneven.items()},
            hurried=tuple(p.name for p, f in zip(solved, found, strict=True) if f.hurried),
            apart={}
            if together is not None
            else {p.name: (f.objective, f.lower_bound) for p, f in zip(solved, found, strict=True)},
        )


def _proven_by(plan: BeatPlan, freer: BeatPlan) -> BeatPlan:
    """Return a plan with the bound, and what proves it, of one with fewer rules."""
    objective, seconds = plan.proof.objective, freer.proof.seconds + plan.proof.seconds
    proof = Proof.of(objective, freer.proof.lower_bound, seconds, True)
    proven = ("evidence", "price", "budget", "limits", "hosts")
    # what was proven of a municipality holds for its units with the further locks only
    return replace(plan, proof=proof, apart={}, **{key: getattr(freer, key) for key in proven})


def _rules_of(alone: MunicipalityPlan) -> dict[str, object]:
    """Return the rules under which a municipality's beats were found, without its budget, price and goal."""
    return {k: v for k, v in alone.relaxed.items() if k not in ("price", "goal")}


def _of_town(parts: Sequence[Part], found: Sequence[Districts], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the district of each unit of the town, (n,), numbered through, and their centres."""
    centres: list[np.ndarray] = []
    district = np.full(n, -1)
    for part, f in zip(parts, found, strict=True):
        district[part.units] = sum(map(len, centres)) + f.district
        centres.append(part.units[f.centre])
    return district, np.concatenate(centres)
