"""The search for districts: several starts, each improved by annealing, and the best of them measured afresh."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts import annealing as local_search
from beatplanner.solver.districts.annealing import CUT, MOVES, TRAVEL
from beatplanner.solver.districts.growth import Graph, Growth, NoRoomError, grown_from, halved, share_out
from beatplanner.solver.districts.labels import best_labels
from beatplanner.solver.districts.problem import (
    Amounts,
    DistrictingProblem,
    Districts,
    connected,
    keeps_balance,
    keeps_budget,
)
from beatplanner.solver.districts.sites import AllSites
from beatplanner.solver.districts.transport import Transport

# Moves tried for each unit where time allows, and moves a second and thread to count on: half of what a laptop of 2020 does, so that
# a time limit gives the same plan on all but the slowest machines.
MOVES_PER_UNIT = 50_000
MOVES_PER_SECOND = 4_000_000
CHUNK = 100_000
# Moves for each pair of units, of which a map of less than three dozen has fewer than moves for each unit: eight units have some hundred plans.
HANDFUL = 60
# First heat of a walk, and of one from a plan worth keeping; moves for each unit in a walk from the centres of a relaxation.
HOT, WARM, COLD = 0.5, 0.05, 0.003
# Of the border: how much hotter, and shares of the mean edge at which a walk ends: a cold one stays where heavy units keep the balance broken.
CUT_HEAT, CUT_COLD = 2.4, (0.002, 0.06)
IMPROVING_MOVES = 5_000
# Units above which walks start from a halved map, and may be a little out of balance while they are hot, as a share of all workload.
LARGE, ALLOWANCE = 2_000, 0.005
# The same of smaller maps, in mean units for each district: where the bounds leave less room than a unit needs, a hot walk that must keep them stands still.
UNIT_ALLOWANCE = 0.25

# Units of a district, on average, from which a walk from centres gives way to a transport problem.
BIG_DISTRICT = 60
# Called with what is going on, objective and bound where they are known.
PhaseProgress = Callable[[str, float | None, float | None], None]


@dataclass(frozen=True)
class Found:
    """Districts as the search measures them; attributes as of `Districts`."""

    district: np.ndarray
    centre: np.ndarray
    label: np.ndarray
    objective: float
    outside: float
    moved: float


class _State:
    """The arrays of one walk: the districts, their lists of units, figures and scratch space of the kernel."""

    def __init__(self, n: int, count: int, district: np.ndarray) -> None:
        self.district = district.astype(np.int64)
        self.head, self.size, self.centre = (np.zeros(count, np.int64) for _ in range(3))
        self.after, self.before, self.mark, self.stack = (np.zeros(n, np.int64) for _ in range(4))
        self.total, self.cost, self.near = np.zeros(count), np.zeros(count), np.zeros(n)

    def lists(self):
        # nine arrays, counted by the checker of types: so no annotation
        return (
            self.district,
            self.head,
            self.after,
            self.before,
            self.size,
            self.total,
            self.near,
            self.centre,
            self.cost,
        )


class Search:
    """Starts grown from seeds and improved by annealing."""

    def __init__(self, problem: DistrictingProblem, seed: int, threads: int) -> None:
        n = len(problem.weight)
        self.problem = problem
        self.seed, self.threads = seed, threads
        self.seen: Callable[[np.ndarray], None] | None = None  # is shown the best districts so far
        self.walked: list[Found] = []  # where walks ended, in no order
        self.graph = Graph(n, problem.edges, problem.border)
        self.distance = problem.distance if problem.distance is not None else np.empty((0, 0))
        none = np.full(n, -1)
        self.current = problem.current if len(problem.current) else none
        self.locked = problem.locked if len(problem.locked) else none
        self.amounts = Amounts.of(problem)
        self.least = min(2_000 * n, HANDFUL * n**2)  # moves of a walk without regard to time
        self.chunk = min(CHUNK, self.least)  # moves of the last descent, and the fewest of a walk
        # whether it matters whose label a district carries on
        self.by_label = problem.budget is not None or problem.goal == MOVES or problem.price > 0.0
        self.residents = (problem.residents if len(problem.residents) else problem.weight).astype(float)
        self.part = self.graph.components()
        loads = np.bincount(self.part, weights=problem.weight)
        room = np.bincount(self.part)
        held = np.unique(np.column_stack([self.part, self.locked])[self.locked >= 0], axis=0)
        fewest = np.bincount(held[:, 0], minlength=len(loads))
        # None where the pieces of the map cannot each hold a whole number of districts within the bounds
        self.parts = share_out(loads, problem.count, problem.lower, problem.upper, room, fewest)
        share = self.parts if self.parts is not None else share_out(loads, problem.count, most=room, fewest=fewest)
        if share is None:
            if len(loads) > problem.count:
                raise ValueError("there are more pieces of the map than districts")
            raise NoRoomError
        self.share: np.ndarray = share

    def keeps_rules(self, found: Found) -> bool:
        """Tell whether districts keep balance and budget."""
        return keeps_balance(found, self.problem) and keeps_budget(found, self.problem)

    def metres(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the metres from units to units."""
        if len(self.distance):
            return self.distance[a, b]
        xy = self.problem.xy
        return np.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1])

    def run(
        self,
        effort: float,
        seconds: float,
        begin: float,
        start: np.ndarray | None,
        cancelled: Callable[[], bool],
        progress: PhaseProgress,
    ) -> Found:
        """Return the best of several walks; each has its own seed, so that threads do not change it."""
        problem = self.problem
        n, count = len(problem.weight), problem.count
        if count == n or count == int(self.part.max()) + 1 == 1:
            return self.found(np.arange(n) if count == n else np.zeros(n, int))
        known = bool((self.current >= 0).any())
        # many short walks beat a few long ones where a short one is long enough to cool down
        walks = max(4, min(16, 4_000 // n, n)) if n <= LARGE else 2
        rounds = -(-walks // self.threads)
        # a handful of units is searched through in a moment
        usual = MOVES_PER_UNIT * n * 4 / max(4, walks) * min(1.0, (n / 60) ** 2)
        moves = int(effort * max(self.least, usual))
        moves = max(self.chunk, min(moves, int(seconds / rounds * MOVES_PER_SECOND)))
        until = [begin + seconds * (w // self.threads + 1) / rounds for w in range(walks)]

        def walk(w: int) -> Found | None:
            if w > 0 and (cancelled() or read_clock(cancelled) > begin + seconds):
                return None
            random = np.random.default_rng([self.seed, w])
            from_today = known and (w == 0 or self.by_label)
            if start is not None and w == 0:
                district, label, gentle = start, self.found(start).label, True
            elif n > LARGE and not from_today and not (self.locked >= 0).any():
                district = halved(problem.weight, problem.xy, self.graph, self.part, self.share, random)
                label = best_labels(district, count, self.current, self.residents, self.locked)
                gentle = False
            else:
                growth = Growth(
                    problem.weight,
                    problem.xy,
                    self.graph,
                    self.residents,
                    self.current,
                    self.locked,
                    self.part,
                    self.share,
                    random,
                )
                district, label = growth.grow(from_today)
                gentle = from_today and self.by_label
            heat = WARM if gentle else HOT
            # every second walk keeps the rules firmly: the others may end outside them where these are hard to keep
            found = self.anneal(district, label, moves, until[w], cancelled, random, heat=heat, odd=w % 2 == 1)
            self.walked.append(found)
            return found

        given = [self.found(d) for d in (start, self.today()) if d is not None]
        best = min(given, key=self.rank, default=None)
        if best is not None and self.seen is not None:
            self.seen(best.district)
        if self.threads > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                walked = pool.map(walk, range(walks))
                best = self.best_of(best, walked, progress)
        else:
            best = self.best_of(best, map(walk, range(walks)), progress)
        assert best is not None
        return best

    def all_sites(self, nearest: int) -> AllSites:
        """Return every site of the problem, with the `nearest` pairs of each unit as its near ones."""
        problem = self.problem
        return AllSites(
            self.graph.indptr,
            self.graph.indices,
            problem.weight,
            problem.upper,
            self.metres,
            self.residents,
            self.current,
            self.locked,
            with_budget=self.by_label,
            count_moves=problem.goal == MOVES,
            nearest=nearest,
            price=problem.price,
        )

    def today(self) -> np.ndarray | None:
        """Return today's districts, (n,), where they are as many as are sought, connected, and keep what is locked; None else."""
        labels, district = np.unique(self.current, return_inverse=True)
        held = self.locked >= 0
        if labels[0] < 0 or len(labels) != self.problem.count or (self.locked[held] != self.current[held]).any():
            return None
        return district if connected(district, self.problem.edges) else None

    def best_of(self, best: Found | None, walked: Iterable[Found | None], progress: PhaseProgress) -> Found | None:
        """Return the best of several walks, and call `progress` with each."""
        for found in walked:
            if found is not None and (best is None or self.rank(found) < self.rank(best)):
                best = found
                if self.seen is not None:
                    self.seen(best.district)
            progress("beats", best.objective if best is not None and self.keeps_rules(best) else None, None)
        return best

    def rank(self, found: Found) -> tuple[float, float]:
        """Return what makes one plan better than another: how far from the rules, then the objective."""
        over = 0.0 if keeps_budget(found, self.problem) else found.moved - (self.problem.budget or 0.0)
        outside = 0.0 if keeps_balance(found, self.problem) else found.outside / max(self.problem.upper, 1e-300)
        return (outside + over / max(1.0, float(self.residents.sum())), found.objective)

    def anneal(
        self,
        district: np.ndarray,
        label: np.ndarray,
        proposals: int,
        until: float,
        cancelled: Callable[[], bool],
        random: np.random.Generator,
        *,
        heat: float,
        odd: bool = False,
    ) -> Found:
        """Walk from `district`, at first at some heat, a share of the mean cost of a unit, and cold at the end of the moves or of the time.

        An `odd` walk ends lukewarm where the border is made least, and else keeps the balance firmly while it is hot.
        """
        problem = self.problem
        n, count = len(problem.weight), problem.count
        state = _State(n, count, district)
        best = state.district.copy()
        tally = np.zeros(local_search.TALLY_SLOTS)
        budget = -1.0 if problem.budget is None else float(problem.budget)
        tally[local_search.BEST_OUTSIDE] = np.inf
        tally[local_search.BEST_COST] = np.inf
        log_unit, log_from = np.zeros((2, min(CHUNK, max(proposals, self.chunk))), np.int64)

        def refresh() -> None:
            """Recompute the figures from the districts, so that rounding never adds up."""
            self.measure(state)
            moved = self.residents[(self.current >= 0) & (self.current != label[state.district])].sum()
            tally[local_search.COST] = self.objective(state.district, state.cost, moved)
            tally[local_search.OUTSIDE] = self.outside(state)
            tally[local_search.MOVED] = moved

        refresh()
        size, hot, cold = self._heat(float(tally[local_search.COST]), heat, lukewarm=odd)
        tally[local_search.WEIGHT_PENALTY] = 2.0 * size / max(problem.weight.sum(), 1e-12)
        tally[local_search.MOVE_PENALTY] = 2.0 * size / max(float(self.residents.sum()), 1e-12)
        arguments = (
            *self._map_and_rules(label),
            budget,
            problem.price,
            *state.lists(),
            state.mark,
            state.stack,
            log_unit,
            log_from,
            best,
            tally,
            self._allowance(heat, odd) / hot,
            2.0 * cold,
        )
        temperature, left, begin, done = hot, proposals, read_clock(cancelled), 0
        while left > 0:
            # too slow a machine for the time: cool faster, so that the walk still ends cold
            spent = read_clock(cancelled) - begin
            if done and left * spent / done > 1.02 * (until - read_clock(cancelled)):
                left = int(done / spent * (until - read_clock(cancelled)))
            if left <= 0 or cancelled():
                break
            chunk = min(left, CHUNK)
            cooling = (cold / temperature) ** (1.0 / left) if temperature > cold else 1.0
            step_seed = int(random.integers(2**31))  # pyright: ignore[reportUnknownArgumentType]  # numpy's stub
            temperature = local_search.anneal(step_seed, chunk, temperature, cooling, *arguments, True)
            refresh()
            left, done = left - chunk, done + chunk
        # a last descent from the best state, at almost no heat, with the rules held firmly
        state.district[:] = best
        refresh()
        tally[local_search.WEIGHT_PENALTY] *= 10.0
        tally[local_search.MOVE_PENALTY] *= 10.0
        step_seed = int(random.integers(2**31))
        local_search.anneal(step_seed, self.chunk, 1e-3 * cold, 1.0, *arguments, False)
        return self.found(best)

    def _allowance(self, heat: float, odd: bool) -> float:
        """Return the workload that may be outside the bounds at the first heat of a walk; it shrinks as the walk cools."""
        problem = self.problem
        n, count = len(problem.weight), problem.count
        if n > LARGE:
            return ALLOWANCE * count * problem.upper
        if odd or problem.goal != TRAVEL:
            # shifts of the border are small steps at any heat, so that balance is no obstacle there
            return 0.0
        return UNIT_ALLOWANCE * count * float(problem.weight.mean()) * heat / HOT

    def _heat(self, cost: float, heat: float, lukewarm: bool) -> tuple[float, float, float]:
        """Return the size of a plan's figures, and the first and last heat of a walk from a plan that costs so much; see `anneal`."""
        problem = self.problem
        if problem.goal == CUT:
            # each step changes a few edges of the border, however many units there are
            edge = max(1e-9, float(problem.border.mean())) if len(problem.border) else 1e-9
            return max(cost, edge), CUT_HEAT * heat * edge, CUT_COLD[1 if lukewarm else 0] * edge
        size = max(cost, float(self.residents.sum()) if problem.goal == MOVES else 0.0)
        # where a plan costs nothing, as many beats as inhabited units, the walk still needs some heat
        size = max(size, 1e-3 * float(problem.weight.sum()) * float(np.ptp(problem.xy, axis=0).max()), 1e-9)
        scale = size / len(problem.weight)
        return size, heat * scale, COLD * scale

    def improver(self, stop: Callable[[], bool]) -> Callable[[np.ndarray], tuple[np.ndarray, float] | None] | None:
        """Return what walks on from centres that a relaxation uses; None where locks or a budget tie districts to labels."""
        problem = self.problem
        if problem.goal != TRAVEL or self.by_label or (self.locked >= 0).any():
            return None
        if self.has_large_districts():
            return self.around(stop)
        random = np.random.default_rng([self.seed, 10**6])
        moves = max(CHUNK, IMPROVING_MOVES * len(problem.weight))

        def improve(centres: np.ndarray) -> tuple[np.ndarray, float] | None:
            district = grown_from(centres, self.graph, self.metres)
            if district is None:
                return None
            label = best_labels(district, problem.count, self.current, self.residents, self.locked)
            found = self.anneal(district, label, moves, np.inf, stop, random, heat=HOT)
            return (found.district, found.objective) if self.keeps_rules(found) else None

        return improve

    def has_large_districts(self) -> bool:
        """Whether a transport problem makes better districts than a walk."""
        problem = self.problem
        plain = problem.goal == TRAVEL and not self.by_label and not (self.locked >= 0).any() and not problem.balances
        return plain and BIG_DISTRICT * problem.count <= len(problem.weight) <= LARGE

    def around(self, stop: Callable[[], bool]) -> Callable[[np.ndarray], tuple[np.ndarray, float] | None]:
        """Return what makes districts around centres by a transport problem; of travel, without labels."""
        transport = Transport(self.problem, self.graph, self.metres, stop)

        def improve(centres: np.ndarray) -> tuple[np.ndarray, float] | None:
            made = [self.found(district) for district in transport.around(centres)]
            found = min((f for f in made if self.keeps_rules(f)), key=lambda f: f.objective, default=None)
            return None if found is None else (found.district, found.objective)

        return improve

    def _map_and_rules(self, label: np.ndarray):
        """Return what the kernels of a walk begin with, in their order."""
        # seventeen arguments, counted by the checker of types: so no annotation
        problem, graph = self.problem, self.graph
        return (
            self.distance,
            problem.xy,
            problem.weight,
            problem.lower,
            problem.upper,
            self.amounts.of_unit,
            self.amounts.lower,
            self.amounts.upper,
            graph.indptr,
            graph.indices,
            graph.length,
            graph.tails,
            problem.goal,
            self.locked >= 0,
            self.residents,
            self.current,
            label,
        )

    def outside(self, state: _State) -> float:
        """Return what is outside the bounds of the workload and of further balances, of a state that is measured."""
        problem = self.problem
        work = _outside(state.total, problem.lower, problem.upper)
        return work + self.amounts.outside(state.district, problem.count) if problem.balances else work

    def measure(self, state: _State) -> None:
        """Bring a walk's bookkeeping up to date with its districts."""
        local_search.measure(
            self.distance,
            self.problem.xy,
            self.problem.weight,
            state.district,
            state.head,
            state.after,
            state.before,
            state.size,
            state.total,
            state.near,
            state.centre,
            state.cost,
        )

    def objective(self, district: np.ndarray, cost: np.ndarray, moved: float) -> float:
        """Return the objective of the problem's goal."""
        problem = self.problem
        if problem.goal == MOVES:
            return float(moved)
        if problem.goal == TRAVEL:
            return float(cost.sum() + problem.price * moved)
        ends = problem.edges.reshape(-1, 2)
        border = problem.border[district[ends[:, 0]] != district[ends[:, 1]]].sum()
        return float(border + problem.price * moved)

    def found(self, district: np.ndarray) -> Found:
        """Measure districts afresh, with the labels that move the fewest residents."""
        problem = self.problem
        state = _State(len(problem.weight), problem.count, district)
        self.measure(state)
        label = best_labels(district, problem.count, self.current, self.residents, self.locked)
        moved = float(self.residents[(self.current >= 0) & (self.current != label[district])].sum())
        outside = self.outside(state)
        objective = self.objective(district, state.cost, moved)
        return Found(state.district, state.centre, label, objective, outside, moved)

    def settled(self, found: Found) -> Found:
        """Among plans of equal worth take one closer to today's and more compact."""
        problem = self.problem
        state = _State(len(problem.weight), problem.count, found.district)
        self.measure(state)
        made = local_search.settle(
            *self._map_and_rules(found.label),
            *state.lists(),
            state.mark,
            state.stack,
        )
        if not made:
            return found
        better = self.found(state.district)
        slack = 1e-9 * abs(found.objective)
        return better if better.objective <= found.objective + slack and better.outside <= found.outside else found


def _outside(total: np.ndarray, lower: float, upper: float) -> float:
    return float(np.maximum(0.0, total - upper).sum() + np.maximum(0.0, lower - total).sum())


def measured(problem: DistrictingProblem, district: np.ndarray) -> Districts:
    """Measure given districts, (n,) of 0..K-1, connected or not, as `solve_districts` would have found them; nothing is proven of them."""
    found = Search(problem, 0, 1).found(district)
    return Districts(
        found.district, found.centre, found.label, found.objective, None, found.outside, found.moved, infeasible=False
    )
