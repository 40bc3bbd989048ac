"""The beats of one municipality, here or on a worker: drawn as asked, or with the smallest relaxation that does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.data.findings import decimals_apart, share_text
from beatplanner.planning.beats.amounts import HAIR, STEP, band, next_step
from beatplanner.planning.beats.balances import deviations, tolerance_of, with_tolerances
from beatplanner.planning.beats.given_start import given_start
from beatplanner.planning.beats.looking_on import LOOKING_ON, unmet_by
from beatplanner.planning.beats.municipality import (
    MunicipalityPlan,
    MunicipalityTask,
    Part,
    PartEvidence,
    Relaxed,
    Setting,
)
from beatplanner.planning.beats.problems import said_of_municipality, units_named
from beatplanner.planning.proof import Progress, Unproven, silent
from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.solve import (
    MOVES,
    UNLIMITED_NODES,
    DistrictingProblem,
    Districts,
    Further,
    LocksApartError,
    NoRoomError,
    keeps_balance,
    keeps_budget,
    measured,
    pieces,
    solve_districts,
)

# Seconds that each search has at least: it ends with a plan, however late it is.
LEAST_SECONDS = 0.05
# Share of the time for the plan that was asked for where none is found: the rest is for the least that has to give way.
UNMET = 0.7
# Who names a time wants it used: so many times the usual number of moves are tried, as far as the time goes.
LONG_EFFORT = 2.0
# Units up to which a tolerance on trial is proven too small, and nodes of such a proof.
PROVEN_UNITS, PROOF_NODES_OF_TRIAL = 300, 300


def plan_alone(
    setting: Setting,
    asked: tuple[Part, MunicipalityTask],
    seconds: float,
    cancelled: Callable[[], bool],
    progress: Progress = silent,
    kept: list[Further] | None = None,
) -> MunicipalityPlan:
    """Do a task for one municipality.

    Parameters
    ----------
    setting
        Of the run.
    asked
        The municipality and what is asked of it.
    seconds
        Limit of wall time.
    cancelled, progress
        As for `plan_beats`.
    kept
        Gets what can go on with the proof of the districts returned, where time ended it.
    """
    part, task = asked
    made = _Municipality(setting, part, task, seconds, cancelled, progress)
    alone = made.run()
    if kept is not None and made.kept and alone.found is made.last:
        kept.append(made.kept[-1])
    return alone


class _Municipality:
    def __init__(
        self,
        setting: Setting,
        part: Part,
        task: MunicipalityTask,
        seconds: float,
        cancelled: Callable[[], bool],
        progress: Progress,
    ) -> None:
        self.setting: Setting = setting
        self.part: Part = part
        self.task: MunicipalityTask = task
        self.until = read_clock(cancelled) + seconds
        self.cancelled: Callable[[], bool] = cancelled
        self.progress: Progress = progress
        self.conflicts: list[str] = []
        self.uneven: dict[str, float] = {}
        self.kept: list[Further] = []
        self.last: Districts | None = None

    def run(self) -> MunicipalityPlan:
        task, problem = self.task, replace(self.part.problem, budget=self.task.budget, price=self.task.price)
        if task.kind == "plan":
            return self.plan(problem)
        if task.kind == "least":
            problem = replace(problem, goal=MOVES, price=0.0)
        found = self.solve(problem)
        return self.result(problem, found)

    def result(
        self, problem: DistrictingProblem, found: Districts, wider: Relaxed | None = None, short: Relaxed | None = None
    ) -> MunicipalityPlan:
        asked, part = self.part.problem, self.part
        names = ("count", "lower", "upper", "budget", "locked", "price", "goal", "balances")
        relaxed = {k: getattr(problem, k) for k in names if getattr(problem, k) is not getattr(asked, k)}
        tolerance = part.tolerance if wider is None else wider.found
        return MunicipalityPlan(found, relaxed, part.mean, tolerance, self.conflicts, wider, short, self.uneven)

    def left(self, share: float = 1.0) -> float:
        """Return a share of the seconds that are left."""
        return max(LEAST_SECONDS, share * (self.until - read_clock(self.cancelled)))

    def late(self, kept: float) -> bool:
        """Whether fewer seconds are left than are kept for what comes after, where time ends the run."""
        return self.setting.nodes is None and self.until - read_clock(self.cancelled) < kept

    def solve(
        self, problem: DistrictingProblem, prove: bool | None = None, *, share: float = 1.0, unmet: float = 1.0
    ) -> Districts:
        """Search and prove as the task has it, in a share of the time that is left; see `solve_districts` for `unmet`."""
        setting, task, nodes = self.setting, self.task, self.setting.nodes
        phase = f"beats of {self.part.name}" if self.part.name else "beats"

        def named(step: str, best: float | None, bound: float | None, spent: float) -> None:
            self.progress(phase + step.removeprefix("beats"), best, bound, spent)

        self.kept.clear()
        self.last = solve_districts(
            problem,
            seconds=self.left(share),
            unmet=unmet,
            threads=setting.threads,
            seed=setting.seed,
            prove=task.prove if prove is None else prove,
            nodes=UNLIMITED_NODES if nodes is None else nodes,
            effort=task.effort * (LONG_EFFORT if nodes is None else 1.0),
            start=self.start() if task.start is None else task.start,
            progress=named,
            seen=self.shown,
            cancelled=self.cancelled,
            kept=self.kept if nodes is None else None,
        )
        return self.last

    def shown(self, district: np.ndarray) -> None:
        """Show the best beats so far to who looks on, and by how much they break the rules that were asked for."""
        look = LOOKING_ON.get()
        if look is not None:
            look.found(self.part.units, district)
            budget = self.task.budget if self.task.kind == "plan" else None
            look.unmet(self.part.name, unmet_by(self.part, budget, district))

    def quick(self, problem: DistrictingProblem, effort: float) -> Districts:
        """Search for any plan; small municipalities with a proof, which finds what the search misses, or that there is none."""
        return solve_districts(
            problem,
            seconds=self.left(0.25),
            threads=self.setting.threads,
            seed=self.setting.seed,
            effort=effort,
            prove=len(problem.weight) <= PROVEN_UNITS,
            nodes=PROOF_NODES_OF_TRIAL,
            cancelled=self.cancelled,
        )

    def start(self) -> np.ndarray | None:
        """Return the districts of the plan to start from, (units of the part,), where they suit the problem."""
        return given_start(self.setting, self.part)

    # ---- the beats, or the smallest relaxation

    def plan(self, problem: DistrictingProblem) -> MunicipalityPlan:
        part, labels = self.part, self.setting.labels
        while True:
            try:
                found = self.solve(problem, unmet=UNMET)
                break
            except LocksApartError as error:
                dropped = problem.locked == error.label
                kind = str if _apart(problem, error.label) else Unproven
                self.conflicts.append(
                    kind(
                        f"{said_of_municipality(part)}the units locked to beat {labels[error.label]} {'cannot be' if kind is str else 'were not'} joined into one beat without "
                        f"units that are locked to others{'' if kind is str else ', though that is not proven impossible'}. "
                        f"Planned without the locks of {self.places(part.units[dropped])}."
                    )
                )
                problem = replace(problem, locked=np.where(dropped, -1, problem.locked))
            except NoRoomError:
                held = problem.locked >= 0
                kind = str if _crowded(problem) else Unproven
                no_room = (
                    "the locked units leave no room for"
                    if kind is str
                    else "it is not proven impossible, but no way was found to draw, beside the locked units,"
                )
                self.conflicts.append(
                    kind(
                        f"{said_of_municipality(part)}{no_room} {problem.count} beats. Planned without the locks of {self.places(part.units[held])}."
                    )
                )
                problem = replace(problem, locked=np.full(len(problem.locked), -1))
        if _keeps(found, problem):
            return self.result(problem, found)
        if problem.balances:
            free = replace(problem, balances=())
            hours = self.quick(free, 1.0)
            if _keeps(hours, free):
                final, problem = self.stretched(problem, hours, proven=found.infeasible)
                return self.result(problem, final)
            found = hours
        if problem.budget is not None and self.balanced_without_budget(problem):
            return self.more_budget(problem)
        return self.more_tolerance(problem, found)

    def balanced_without_budget(self, problem: DistrictingProblem) -> bool:
        """Tell whether beats are known that keep all rules but the change budget: those to start from, or what a search finds."""
        given = self.start()
        if given is not None and keeps_balance(measured(problem, given), problem):
            return True
        return keeps_balance(self.quick(replace(problem, budget=None), 1.0), problem)

    # ---- the further balances

    def stretched(
        self, problem: DistrictingProblem, even: Districts, *, proven: bool
    ) -> tuple[Districts, DistrictingProblem]:
        """Find the least that all further balances together must give, and plan with it.

        Parameters
        ----------
        problem
            Its other rules can be kept.
        even
            Districts that keep those.
        proven
            Whether it is proven that none keep the balances as well.

        Returns
        -------
        tuple
            The districts, and the problem with the tolerances that they keep.
        """
        asked = {b.name: tolerance_of(b, problem.count) for b in problem.balances}

        def excess(found: Districts) -> float:
            off = deviations(problem, found.district)
            return max(0.0, *(off[name] - t for name, t in asked.items()))

        given, free = self.start(), replace(problem, balances=())
        start = None if given is None else measured(free, given)
        if start is not None and _keeps(start, free):
            # the plan to start from needs no wider tolerances than it has
            even = min(even, start, key=excess)
        low, high, best, half = 0.0, excess(even), even, self.left(0.5)
        for _ in range(10):
            if high - low < STEP or self.cancelled() or self.late(half):
                break
            middle = (low + high) / 2
            at = with_tolerances(problem, {name: t + middle for name, t in asked.items()})
            tried = self.quick(at, 0.5)
            if _keeps(tried, at):
                high, best = min(middle, excess(tried)), tried
            else:
                low = middle
        off = deviations(problem, best.district)
        need = {name: t if off[name] <= t + HAIR else next_step(off[name]) for name, t in asked.items()}
        relaxed = with_tolerances(problem, need)
        self.task = replace(self.task, start=best.district)
        final = self.solve(relaxed)
        if not _keeps(final, relaxed):
            final = replace(best, lower_bound=final.lower_bound, evidence=final.evidence)
        self.uneven = {name: t for name, t in need.items() if t > asked[name]}
        self.conflicts.append(self.in_words_of(problem, asked, proven))
        return final, relaxed

    def in_words_of(self, problem: DistrictingProblem, asked: dict[str, float], proven: bool) -> str:
        """Say which further balances cannot be kept, and what would do."""
        where, count = said_of_municipality(self.part), problem.count
        rule = ", ".join(f"{name} ±{share_text(t)}" for name, t in asked.items())
        way = ", ".join(f"{name} ±{share_text(t)}" for name, t in self.uneven.items())
        do = f"The smallest tolerances found that would do: {way}."
        for b in problem.balances:
            heavy = np.flatnonzero(b.amount > b.upper * (1 + 1e-9))
            if len(heavy):
                units = self.places(self.part.units[heavy[np.argsort(-b.amount[heavy])]])
                said = (
                    f"{where}{count} beats with {rule} cannot be drawn: what a beat may have of {b.name} is less than in {units} alone, "
                    "and a unit is never split."
                )
                return f"{said} {do}"
        if proven:
            said = f"{where}{count} beats with {rule} cannot be drawn."
            return f"{said} {do}"
        said = f"{where}{count} beats with {rule} were not found, though that is not proven impossible."
        return Unproven(f"{said} {do}")

    def more_budget(self, problem: DistrictingProblem) -> MunicipalityPlan:
        """Raise the change budget to the fewest residents that a search moves, and plan with that."""
        known = float(problem.residents[problem.current >= 0].sum())
        least = self.solve(replace(problem, budget=None, goal=MOVES), prove=True, share=0.5)
        # a number to enter: the next tenth of a percent
        budget = min(known, math.ceil(least.moved / known / STEP - 1e-9) * STEP * known) if known > 0 else least.moved
        relaxed = replace(problem, budget=budget)
        self.task = replace(self.task, start=self.nearer(relaxed, least.district))
        found = self.solve(relaxed)
        if not _keeps(found, relaxed):
            found = measured(relaxed, least.district)
        short = Relaxed(self.part.name, "", least.lower_bound or None, budget, (self.evidence(problem, least),))
        return self.result(relaxed, found, short=short)

    def nearer(self, problem: DistrictingProblem, district: np.ndarray) -> np.ndarray:
        """Return the better of two plans to go on from: districts that keep the rules, and those of the plan to start from."""
        given = self.start()
        start = None if given is None else measured(problem, given)
        if start is None or not _keeps(start, problem) or start.objective >= measured(problem, district).objective:
            return district
        return start.district

    def evidence(self, problem: DistrictingProblem, found: Districts) -> PartEvidence:
        return PartEvidence(self.part.name, self.part.units, self.setting.labels, problem, found.evidence)

    def more_tolerance(self, asked: DistrictingProblem, found: Districts) -> MunicipalityPlan:
        """Find the smallest tolerance that a search finds a plan for, say why it is needed, and plan with it.

        Further balances are left out at first, `found` too: what they must give is sought with the tolerance that the hours need.
        """
        part, problem = self.part, replace(asked, balances=())
        # no beat is lighter than its heaviest unit
        heaviest = float(problem.weight.max() / part.mean - 1) if part.mean > 0 else 0.0
        best = self.least_deviation(problem, found)
        high, low = self._deviation(problem, best), max(part.tolerance, heaviest)
        proven, evidence = (heaviest if heaviest > part.tolerance else 0.0), ()
        if found.infeasible and part.tolerance > proven:
            proven, evidence = part.tolerance, (self.evidence(problem, found),)
        half = self.left(0.5)
        for _ in range(10):
            if high - low < STEP or self.cancelled() or self.late(half):
                break
            middle = (low + high) / 2
            at = _at_tolerance(problem, part.mean, middle)
            tried = self.quick(at, 0.5)
            if _keeps(tried, at):
                high, best = self._deviation(problem, tried), tried
                self.shown(best.district)
            else:
                low = middle
                if tried.infeasible and middle > proven:
                    proven, evidence = middle, (self.evidence(at, tried),)
        tolerance = max(part.tolerance, math.ceil(high / STEP - 1e-6) * STEP)
        relaxed = _at_tolerance(problem, part.mean, tolerance)
        self.task = replace(self.task, start=self.nearer(relaxed, best.district))
        final = self.solve(relaxed)
        if asked.balances:
            whole = replace(relaxed, balances=asked.balances)
            even = final if _keeps(final, relaxed) else best
            both = self.solve(whole)
            final, relaxed = (both, whole) if _keeps(both, whole) else self.stretched(whole, even, proven=False)
        elif not _keeps(final, relaxed):
            # what was proven of it holds within the tolerance that is told, what was proven of `best` in a smaller one
            final = replace(best, lower_bound=final.lower_bound, evidence=final.evidence)
        why = self.why_not(problem, found.infeasible)
        return self.result(relaxed, final, wider=Relaxed(part.name, why, proven or None, tolerance, evidence))

    def least_deviation(self, problem: DistrictingProblem, found: Districts) -> Districts:
        """Return the better balanced of what was found and the plan to start from: no wider tolerance is told than that which it has."""
        given = self.start()
        start = None if given is None else measured(problem, given)
        if start is None or not keeps_budget(start, problem):
            return found
        return min(found, start, key=lambda plan: self._deviation(problem, plan))

    def _deviation(self, problem: DistrictingProblem, found: Districts) -> float:
        loads = np.bincount(found.district, weights=problem.weight, minlength=problem.count)
        return float(np.abs(loads / self.part.mean - 1).max()) if self.part.mean > 0 else 0.0

    # ---- words

    def places(self, units: np.ndarray) -> str:
        return units_named(self.setting.unit_names, units)

    def why_not(self, problem: DistrictingProblem, proven: bool) -> str:
        """Say which beats cannot be drawn, and why."""
        part = self.part
        heavy, digits = np.flatnonzero(problem.weight > problem.upper * (1 + 1e-9)), 0
        if len(heavy):
            units, most = part.units[heavy[np.argsort(-problem.weight[heavy])]], problem.weight[heavy].max()
            # 2,179.9 hours are told from 2,179.6 that are allowed
            digits = decimals_apart(most, problem.upper)
            reason = (
                f"{self.places(units)} alone {'has' if len(units) == 1 else 'have up to'} "
                f"{most:,.{digits}f} hours, and a unit is never split"
            )
        else:
            reason = self.cut_off(problem) or ("no such beats exist" if proven else None)
        wanted = f"{problem.count} beats between {problem.lower:,.{digits}f} and {problem.upper:,.{digits}f} hours a year (±{share_text(part.tolerance)})"
        if reason is None:
            return f"{wanted} were not found, though that is not proven impossible"
        return f"{wanted} cannot be drawn: {reason}"

    def cut_off(self, problem: DistrictingProblem) -> str | None:
        """Name a piece of the map that cannot hold a whole number of beats within the bounds."""
        apart = pieces(problem)
        for piece in reversed(apart if len(apart) > 1 else []):
            load = problem.weight[piece].sum()
            most = math.inf if problem.lower <= 0 else math.floor(load / problem.lower + 1e-9)
            if most < max(1, math.ceil(load / problem.upper - 1e-9)):
                return (
                    f"the piece of {self.places(self.part.units[piece])} is cut off, and its {load:,.0f} hours make no whole number of "
                    "beats; a link or a crossing would help"
                )
        return None


def _keeps(found: Districts, problem: DistrictingProblem) -> bool:
    return keeps_balance(found, problem) and keeps_budget(found, problem)


def _apart(problem: DistrictingProblem, label: int) -> bool:
    """Tell whether units that are locked to a label are joined by no way of units that may be of its district."""
    may = (problem.locked < 0) | (problem.locked == label)
    edges = problem.edges[may[problem.edges].all(axis=1)]
    graph = sparse.coo_array((np.ones(len(edges)), edges.T), shape=(len(may), len(may)))
    _, piece = csgraph.connected_components(graph, directed=False)
    return len(np.unique(piece[problem.locked == label])) > 1


def _crowded(problem: DistrictingProblem) -> bool:
    """Tell whether locks leave no room for the districts by their numbers alone.

    So it is where the pieces of the map, each with a district at least and one for each label locked in it, are more than the districts; or where districts
    without a label, each with a free unit at least, are more than the free units.
    """
    labels = len(np.unique(problem.locked[problem.locked >= 0]))
    if problem.count - labels > int((problem.locked < 0).sum()):
        return True
    fewest = sum(max(1, len(np.unique(held[held >= 0]))) for held in (problem.locked[p] for p in pieces(problem)))
    return fewest > problem.count


def _at_tolerance(problem: DistrictingProblem, mean: float, tolerance: float) -> DistrictingProblem:
    lower, upper = band(mean, tolerance)
    return replace(problem, lower=lower, upper=upper)
