"""Districts: connected, balanced, little changed where wished, with a proven gap.

Model::

    min  Σ_i w_i d(i, centre of i's district)        goal TRAVEL; or Σ shared border between districts, CUT;
                                                     or residents whose label changes, MOVES
    s.t. every unit in exactly one of K districts; each district connected in the adjacency graph;
         L ≤ workload of a district ≤ U, and so of every further amount that districts balance; the centre of a district is its best member;
         units locked to a label are together, those locked to different labels apart;
         residents whose district's label differs from their unit's current one ≤ budget.

Method: several starts grown from spread seeds (and from today's districts, `district_growth`), each improved by annealing
(`local_search`), for the least border in rounds from the best as well (`rounds`); then a Lagrangian bound on the pairs of units that can share a district at all (`district_sites`,
`district_bound`), with reduced-cost fixing, and branch and bound with whole units and contiguity cuts on what is left (`district_tree`); of a small map all plans are
gone through instead (`all_plans`). The bound is
valid for the whole problem: every step relaxes it and fixes only what cannot be in a better plan. Balances beside the workload are kept by the search,
by the models of the border and by the plans that branch and bound accepts, and have prices in the bounds (`balance_prices`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from beatplanner.solver.clock import Watch, read_clock, watch
from beatplanner.solver.districts.all_plans import WHOLE_UNITS, every_plan
from beatplanner.solver.districts.annealing import CUT, MOVES, TRAVEL
from beatplanner.solver.districts.balance_prices import balanced_bound
from beatplanner.solver.districts.bound import Bound, lagrangian_bound
from beatplanner.solver.districts.cut_ways import NODES_OF_A_CUT, first_cut, has_proof, prove_cut
from beatplanner.solver.districts.dilation import dilated_bound, suits
from beatplanner.solver.districts.evidence import BalancePrices, BoundEvidence, Multipliers
from beatplanner.solver.districts.growth import LocksApartError, NoRoomError, share_out
from beatplanner.solver.districts.labels import best_labels
from beatplanner.solver.districts.nearby import nearby_bound
from beatplanner.solver.districts.parting import parted_anew
from beatplanner.solver.districts.problem import (
    DistrictingProblem,
    Districts,
    connected,
    keeps_balance,
    keeps_budget,
    pieces,
)
from beatplanner.solver.districts.rounds import walked_on
from beatplanner.solver.districts.search import LARGE, Found, PhaseProgress, Search, measured
from beatplanner.solver.districts.sites import joined
from beatplanner.solver.districts.tree import Unfinished, exact_districts

__all__ = [
    "CUT",
    "MOVES",
    "TRAVEL",
    "DistrictingProblem",
    "Districts",
    "LocksApartError",
    "NoRoomError",
    "best_labels",
    "connected",
    "keeps_balance",
    "keeps_budget",
    "measured",
    "pieces",
    "share_out",
    "solve_districts",
]

Progress = Callable[[str, float | None, float | None, float], None]

PROOF_NODES = 2_000
# Nodes of who names a time, which ends the proof instead.
UNLIMITED_NODES = 2**31 - 1
# Share of the time left that each plan made during the ascent may take: the bound must not wait for plans.
PLAN_SHARE = 0.1


def solve_districts(
    problem: DistrictingProblem,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    effort: float = 1.0,
    prove: bool = True,
    nodes: int = PROOF_NODES,
    start: np.ndarray | None = None,
    progress: Progress | None = None,
    seen: Callable[[np.ndarray], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    kept: list[Further] | None = None,
    unmet: float = 1.0,
) -> Districts:
    """Find balanced connected districts and a proven bound on what any could reach.

    Parameters
    ----------
    problem
        What to solve.
    seconds
        Limit of wall time; the best districts so far are returned when it ends.
    threads
        Threads of search and bound; they do not change the districts.
    seed
        Seed of the annealing; the same seed gives the same districts unless the machine is too slow for the time limit.
    effort
        Multiplies the number of moves tried.
    prove
        Whether to compute a bound.
    nodes
        Branch-and-bound nodes of usual size after which the proof ends, so that it ends at the same plan everywhere.
    start
        (n,) connected districts 0..K-1 to start from besides the others; they are not lost if nothing better is found.
    progress
        Called with phase, best objective, bound and seconds.
    seen
        Called with the best districts so far, (n,), now and then, for who wants to look at them.
    cancelled
        Asked often; True ends the search.
    kept
        Gets what can go on with the proof later, where time ended it.
    unmet
        Share of `seconds` that is used where the search finds no districts that keep the rules.

    Returns
    -------
    Districts
        Always connected; `outside` tells whether the balance is kept.

    Raises
    ------
    LocksApartError, NoRoomError
        Where the locked units allow no districts.
    """
    begin = read_clock(cancelled)

    stop = watch(cancelled).until(begin + seconds)

    def phase_progress(phase: str, best: float | None, bound: float | None) -> None:
        if progress is not None:
            progress(phase, best, bound, read_clock(cancelled) - begin)

    search = Search(problem, seed, threads)
    asked, prove = prove, prove and problem.goal != CUT
    modelled = asked and problem.goal == CUT and has_proof(problem, search)
    long_proof = prove or modelled
    search.seen = seen
    share = 0.1 if prove and search.has_large_districts() else 0.55 if long_proof else 0.9
    best = search.run(effort, seconds * share, begin, start, cancelled, phase_progress)
    best = walked_on(search, best, effort, seconds * share, begin, cancelled)
    best = parted_anew(search, best, effort, stop)
    bound: float | None = None
    hurried = False
    infeasible = search.parts is None
    evidence = BoundEvidence(np.inf, problem.price, way="pieces") if infeasible else None
    if unmet < 1 and not search.keeps_rules(best):
        stop, seconds = stop.until(begin + unmet * seconds), unmet * seconds
    if asked and problem.goal == CUT and not search.keeps_rules(best):
        best = first_cut(problem, search, best, stop, max(1, nodes // NODES_OF_A_CUT))
    if asked and problem.goal == CUT and not search.keeps_rules(best) and not stop():
        # the exact model knows travel alone, but what it finds keeps the same rules
        left = seconds - (read_clock(cancelled) - begin)
        other = solve_districts(
            replace(problem, goal=TRAVEL),
            seconds=0.5 * left,
            threads=threads,
            seed=seed,
            effort=effort,
            nodes=nodes,
            cancelled=cancelled,
        )
        infeasible, evidence = other.infeasible, other.evidence if other.infeasible else None
        if search.keeps_rules(search.found(other.district)):
            best = search.run(
                effort,
                seconds - (read_clock(cancelled) - begin),
                read_clock(cancelled),
                other.district,
                cancelled,
                phase_progress,
            )
    if asked and problem.goal == CUT and not infeasible:
        left = seconds - (read_clock(cancelled) - begin)
        most, timed = max(1, nodes // NODES_OF_A_CUT), nodes >= UNLIMITED_NODES
        evidence, better = prove_cut(problem, search, best, left, stop, threads, most, timed=timed)
        bound, infeasible = (evidence.bound, False) if np.isfinite(evidence.bound) else (None, True)
        if better is not None and search.rank(search.found(better)) < search.rank(best):
            best = search.found(better)
        if bound is not None and bound <= 0.0 < best.objective:
            # that a border is not negative needs no proof: nothing was computed
            bound = evidence = None
        hurried = stop() and bound is not None and best.objective > bound * (1 + 1e-4)
    if prove and not infeasible and not stop():
        proof = _Proof(problem, search)
        evidence, better = proof.go_on(best, stop, threads, nodes, phase_progress)
        bound, infeasible = _of_evidence(evidence)
        if better is not None and search.rank(search.found(better)) < search.rank(best):
            best = search.found(better)
        if kept is not None and not infeasible:
            kept.append(Further(proof, nodes, progress))
        hurried = proof.hurried
    elif kept is not None and prove and not infeasible:
        kept.append(Further(_Proof(problem, search), nodes, progress))
    return replace(_districts(search, best, bound, evidence, infeasible, phase_progress), hurried=hurried)


def _districts(
    search: Search,
    best: Found,
    bound: float | None,
    evidence: BoundEvidence | None,
    infeasible: bool,
    progress: PhaseProgress,
) -> Districts:
    """Return what was found, settled and measured."""
    best = search.settled(best)
    if search.seen is not None:
        search.seen(best.district)
    kept = search.keeps_rules(best)
    if kept and bound is not None:
        bound = min(bound, best.objective)
    progress("beats", best.objective if kept else None, bound)
    return Districts(
        best.district,
        best.centre,
        best.label,
        best.objective,
        bound,
        best.outside,
        best.moved,
        infeasible=infeasible and not kept,
        evidence=None if evidence is not None and np.isneginf(evidence.bound) else evidence,
    )


def _of_evidence(evidence: BoundEvidence) -> tuple[float | None, bool]:
    """Return the bound, None where there was no time for one, and whether it is proven that no districts keep the rules."""
    if np.isneginf(evidence.bound):
        return None, False
    return (evidence.bound, False) if np.isfinite(evidence.bound) else (None, True)


class Further:
    """The proof of districts that time ended: it goes on from where it was."""

    def __init__(self, proof: _Proof, nodes: int, progress: Progress | None) -> None:
        self.proof, self.nodes, self.progress = proof, nodes, progress

    def __call__(self, found: Districts, seconds: float, threads: int, cancelled: Callable[[], bool]) -> Districts:
        """Return districts that are no worse than `found`, with a bound that is no lower, after some more seconds."""
        begin, search = read_clock(cancelled), self.proof.search

        def phase_progress(phase: str, best: float | None, bound: float | None) -> None:
            if self.progress is not None:
                self.progress(phase, best, bound, read_clock(cancelled) - begin)

        best = search.found(found.district)
        stop = watch(cancelled).until(begin + seconds)
        evidence, better = self.proof.go_on(best, stop, threads, self.nodes, phase_progress)
        if found.lower_bound is not None and evidence.bound <= found.lower_bound and better is None:
            return found
        bound, infeasible = _of_evidence(evidence)
        if better is not None and search.rank(search.found(better)) < search.rank(best):
            best = search.found(better)
        if bound is not None and found.lower_bound is not None and bound < found.lower_bound:
            bound, evidence = found.lower_bound, found.evidence
        return replace(
            _districts(search, best, bound, evidence, infeasible, phase_progress), hurried=self.proof.hurried
        )


class _Proof:
    """A bound on the objective from below, and the gap closed where the problem is small enough; it may go on when time ended it."""

    def __init__(self, problem: DistrictingProblem, search: Search) -> None:
        self.problem, self.search = problem, search
        self.by_moves = problem.goal == MOVES
        self.bound: Bound | None = None
        self.balance: BalancePrices | None = None
        self.evidence = BoundEvidence(-np.inf)
        self.better: tuple[np.ndarray, float] | None = None
        self.left = Unfinished()
        self.sites = search.all_sites(max(40, 4 * len(problem.weight) // problem.count))

    def go_on(
        self, best: Found, stop: Watch, threads: int, nodes: int, progress: PhaseProgress
    ) -> tuple[BoundEvidence, np.ndarray | None]:
        """Return what proves the bound (inf where no districts keep the rules), and better districts or None."""
        problem, search = self.problem, self.search
        known = best.objective if search.keeps_rules(best) else np.inf
        self.better = None
        if self.left.tree is None:
            self.ascend(known, stop, threads)
            self.price_balances(known, stop, threads)
            if self.better is not None:
                known = min(known, self.better[1])
            progress("beats: bound", known if np.isfinite(known) else None, self.evidence.bound)
        bound = self.bound
        assert bound is not None
        if (
            not np.isfinite(self.evidence.bound)
            or stop()
            or (np.isfinite(known) and known - bound.value <= 1e-4 * known)
        ):
            return self.evidence, self.better_than(best)
        if self.left.tree is None and self.went_through_all(bound, known, stop):
            return self.evidence, self.better_than(best)
        exact = exact_districts(
            bound,
            problem,
            search.graph,
            known,
            stop,
            threads=threads,
            nodes=nodes,
            progress=lambda b, v: progress("beats: proof", b, v),
            improve=search.improver(stop),
            kept=self.left,
        )
        if exact.infeasible or exact.bound > self.evidence.bound:
            value = np.inf if exact.infeasible else exact.bound
            self.evidence = replace(
                exact.evidence, bound=value, price=problem.price, way=self.way, balance=self.balance
            )
        return self.evidence, exact.district if exact.district is not None else self.better_than(best)

    def went_through_all(self, bound: Bound, known: float, stop: Watch) -> bool:
        """Go through all plans of a small map; tell whether that closed the gap."""
        problem, search = self.problem, self.search
        if len(problem.weight) > WHOLE_UNITS:
            return False
        every = every_plan(
            problem, search.metres, search.locked, bound.multiplier, known, stop, by_label=search.by_label
        )
        if every is None:
            return False
        if every.district is not None:
            self.better = every.district, every.cost
        self.evidence = replace(self.evidence, bound=every.cost, every=True)
        return True

    def better_than(self, best: Found) -> np.ndarray | None:
        """Return districts that the ascent came upon, where they are better than those known."""
        better = self.better
        fits = better is not None and (not self.search.keeps_rules(best) or better[1] < best.objective)
        return better[0] if better is not None and fits else None

    def improver(self, stop: Watch) -> Callable[[np.ndarray], float | None]:
        """Return what makes districts from the centres of a relaxation and keeps the best of them, in a share of the time left each."""
        limit = stop.until(np.inf)
        around = self.search.around(limit)

        def improve(centres: np.ndarray) -> float | None:
            limit.end = min(stop.end, stop.clock() + PLAN_SHARE * stop.left())
            made = around(centres)
            if made is not None and (self.better is None or made[1] < self.better[1]):
                self.better = made
            return None if self.better is None else self.better[1]

        return improve

    @property
    def hurried(self) -> bool:
        """Whether the time cut the bound's ascent short."""
        return self.bound is not None and self.bound.hurried

    @property
    def way(self):
        return "moves" if self.by_moves else "lagrangian"

    def ascend(self, known: float, stop: Watch, threads: int) -> None:
        """Find the bound of prices alone, from where an earlier ascent ended."""
        problem, before = self.problem, self.bound
        if self.large():
            multiplier = None if before is None else before.multiplier
            bound = nearby_bound(problem, self.search.graph, known, threads=threads, multiplier=multiplier, stop=stop)
            self.keep_better(bound)
            return
        if before is None and self.plain() and suits(every := joined([s for s, _ in self.sites.parts()]), self.problem):
            improve = self.improver(stop) if self.search.has_large_districts() else None
            found = dilated_bound(every, problem, self.search.graph, known, stop=stop, improve=improve)
            if found is not None and np.isfinite(found.value):
                self.keep_better(found)
                return
        bound = lagrangian_bound(
            self.sites.parts,
            problem.weight,
            problem.count,
            problem.lower,
            problem.upper,
            known,
            budget=problem.budget,
            threads=threads,
            multiplier=None if before is None else before.multiplier,
            price=0.0 if before is None else before.price,
            stop=stop,
        )
        self.keep_better(bound)

    def price_balances(self, known: float, stop: Watch, threads: int) -> None:
        """Lift the bound by prices of the further balances, where these keep plans from it."""
        bound = self.bound
        if not self.problem.balances or self.large() or bound is None or not np.isfinite(bound.value):
            return
        if known <= bound.value * (1 + 1e-4):
            return
        if self.balance is None:
            every = joined([s for s, _ in self.sites.parts()])
            found = balanced_bound(every, self.problem, bound, known, threads=threads, stop=stop)
            if found is not None:
                # the bound that it went from has other costs
                self.bound, self.balance = None, found[1]
                self.keep_better(found[0])

    def large(self) -> bool:
        """Whether the map is too large to look at all pairs, and its distances and rules let the near ones do."""
        problem = self.problem
        return problem.distance is None and len(problem.weight) > LARGE and self.plain()

    def plain(self) -> bool:
        """Whether travel alone counts, and no labels."""
        return self.problem.goal == TRAVEL and not self.search.by_label and not (self.search.locked >= 0).any()

    def keep_better(self, bound: Bound) -> None:
        """Take a bound where it is the better one; the pairs that it leaves open are those of a plan that is as good."""
        if self.bound is None or bound.value >= self.bound.value:
            self.bound = bound
            self.evidence = BoundEvidence(
                bound.value,
                self.problem.price,
                bound.rounds or (Multipliers(bound.multiplier, bound.price),),
                way=self.way,
                balance=self.balance,
            )
