"""Two levels above the beats: beats in sectors with a span of control, sectors in commands.

Both are the districting model of the beats over a coarser graph: a member is a beat (a sector), its place that of its centre, its weight the hours
of work; members are neighbours where any of their units are. A group is connected, has between the least and the most members that one person can lead,
and hours within a tolerance of the mean of all groups; least is Σ hours × metres to the group's centre member. There are as few groups as the span
allows, one more where so few keep no rules, and so on. The span is a further balance, of one for each member.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from beatplanner.data.description.sections.beats import Grouping
from beatplanner.data.findings import share_text
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.amounts import deviation, next_step, within
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.proof import Progress, Proof, Unproven, impossible, silent
from beatplanner.planning.workload import WorkloadPlan
from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.problem import Balance, DistrictingProblem, Districts, keeps_balance, pieces
from beatplanner.solver.districts.solve import UNLIMITED_NODES, NoRoomError, connected, measured, solve_districts

LevelName = Literal["sectors", "commands"]
# Numbers of groups that are tried, from the fewest on.
COUNTS = 12
# Halvings of the interval of tolerances.
HALVINGS = 8
# Share of the seconds for finding how many groups there are.
SEARCHING = 0.5
# Seconds that each search has at least: it ends with groups, however late it is.
LEAST_SECONDS = 0.05
# Members up to which a number of groups on trial is tried with a proof, which finds what the search misses, and nodes of such a proof.
PROVEN_MEMBERS, PROOF_NODES_OF_TRIAL = 100, 300


@dataclass(frozen=True)
class LevelPlan:
    """One level.

    Attributes
    ----------
    name
        What its groups are.
    problem
        As it was solved; members are its units.
    found
        The groups.
    proof
        Status, objective and bound, for as many groups as there are.
    asked
        The rule.
    span, tolerance
        What the groups keep: as the rule asks, or wider where it clashes.
    clash
        In words; "" where the rule is kept.
    group, centre
        (m,) group of each member, numbered from north to south; (K,) its centre member.
    """

    name: LevelName
    problem: DistrictingProblem
    found: Districts
    proof: Proof
    asked: Grouping
    span: tuple[int, int]
    tolerance: float
    clash: str
    group: np.ndarray
    centre: np.ndarray

    @property
    def off(self) -> float:
        """The greatest share by which a group's hours are off the mean."""
        return deviation(self.problem.weight, self.group, len(self.centre))


def plan_levels(
    town: Town,
    workload: WorkloadPlan,
    beats: BeatPlan,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    nodes: int | None = None,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[LevelPlan, ...]:
    """Group the beats into sectors, and these into commands, as far as the rules ask for it.

    Parameters
    ----------
    town, workload
        As for `plan_beats`.
    beats
        The beats.
    seconds, threads, seed, nodes, progress, cancelled
        As for `plan_beats`.

    Returns
    -------
    tuple of Level
        The sectors, then the commands; empty where the rules ask for neither.
    """
    rules = town.description.beats
    if rules is None or rules.sectors is None:
        return ()
    ids = {str(b): k for k, b in enumerate(beats.table["beat"])}
    member = np.array([ids[str(b)] for b in beats.beat])
    centre = beats.table["centre"].to_numpy(int)
    hours = np.bincount(member, weights=workload.hours, minlength=len(ids))
    found: list[LevelPlan] = []
    asked: list[tuple[LevelName, Grouping]] = [("sectors", rules.sectors)]
    if rules.commands is not None:
        asked.append(("commands", rules.commands))
    begin = read_clock(cancelled)
    for k, (name, rule) in enumerate(asked):
        left = max(LEAST_SECONDS, seconds - (read_clock(cancelled) - begin)) / (len(asked) - k)
        made = _Grouped(name, rule, _members(town, member, centre, hours), (left, threads, seed, nodes), cancelled)
        level = made.level(progress)
        found.append(level)
        member, centre = level.group[member], centre[level.centre]
        hours = np.bincount(level.group, weights=hours, minlength=len(level.centre))
    return tuple(found)


def _members(town: Town, member: np.ndarray, centre: np.ndarray, hours: np.ndarray) -> DistrictingProblem:
    """Return members, (n,) of the units, as the units of a problem of one group without rules."""
    edges = town.edges
    ends = np.sort(member[edges[["a", "b"]].to_numpy(int)].reshape(-1, 2), axis=1)
    apart = ends[:, 0] != ends[:, 1]
    pairs, which = np.unique(ends[apart], axis=0, return_inverse=True)
    border = np.bincount(which.ravel(), weights=edges["metres"].to_numpy(float)[apart], minlength=len(pairs))
    given = town.unit_distances
    return DistrictingProblem(
        weight=hours,
        xy=town.points()[centre],
        edges=pairs.reshape(-1, 2),
        border=border,
        count=1,
        lower=0.0,
        upper=float(hours.sum()),
        distance=None if given is None else given[np.ix_(centre, centre)],
    )


class _Grouped:
    """The search for the groups of one level; `limits` are seconds, threads, seed and nodes."""

    def __init__(
        self,
        name: LevelName,
        rule: Grouping,
        members: DistrictingProblem,
        limits: tuple[float, int, int, int | None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.name: LevelName = name
        self.rule, self.members, self.cancelled = rule, members, cancelled
        self.seconds, self.threads, self.seed, self.nodes = limits
        self.start: np.ndarray | None = None
        # numbers of groups of which it is proven that none keep the rule
        self.impossible: set[int] = set()
        self.begin = read_clock(cancelled)

    def problem(self, count: int, tolerance: float, span: tuple[int, int]) -> DistrictingProblem:
        """Return the problem of so many groups."""
        lower, upper = within(self.members.weight, count, tolerance)
        ones = np.ones(len(self.members.weight))
        return replace(
            self.members,
            count=count,
            lower=lower,
            upper=upper,
            balances=(Balance("members", ones, float(span[0]), float(span[1])),),
        )

    def solve(
        self, problem: DistrictingProblem, share: float, start: np.ndarray | None = None, *, last: bool = False
    ) -> Districts | None:
        """Return groups, None where the map leaves no room for any; the last ones are proven as far as time and nodes go, those on trial in a few nodes.

        Groups to start from, (m,), are not lost where nothing better is found.
        """
        left = max(LEAST_SECONDS, share * (self.seconds - (read_clock(self.cancelled) - self.begin)))
        most = UNLIMITED_NODES if self.nodes is None else self.nodes
        try:
            return solve_districts(
                problem,
                seconds=left,
                threads=self.threads,
                seed=self.seed,
                effort=0.25,
                prove=last or len(problem.weight) <= PROVEN_MEMBERS,
                nodes=most if last else PROOF_NODES_OF_TRIAL,
                start=start,
                cancelled=self.cancelled,
            )
        except NoRoomError:
            return None

    def late(self) -> bool:
        """Tell whether the seconds are over, where time ends the search: what was found is what there is then."""
        return self.nodes is None and read_clock(self.cancelled) - self.begin > SEARCHING * self.seconds

    def level(self, progress: Progress) -> LevelPlan:
        """Return the groups: the fewest that keep the rule, else those that are nearest to it."""
        low, high = self.rule.span
        members, apart = len(self.members.weight), len(pieces(self.members))
        fewest, most = max(1, -(-members // high), apart), members // low
        tolerance, span, clash = self.rule.tolerance, (low, high), ""
        best: tuple[float, int] | None = None
        for count in range(fewest, min(most, fewest + COUNTS - 1) + 1):
            if best is not None and self.late():
                # groups are known: more numbers of them would be tried beyond the limit
                continue
            problem = self.problem(count, tolerance, span)
            tried = self.solve(problem, SEARCHING / COUNTS)
            if tried is not None and keeps_balance(tried, problem):
                self.start = tried.district
                break
            if tried is None or tried.infeasible:
                self.impossible.add(count)
            loose = self.problem(count, float(count), span)
            free = self.solve(loose, SEARCHING / COUNTS)
            if free is not None and keeps_balance(free, loose):
                off = deviation(problem.weight, free.district, count)
                if best is None or off < best[0]:
                    best, self.start = (off, count), free.district
                if off <= tolerance:
                    # what the search for balance missed it met on the way to least travel
                    break
        else:
            count, tolerance, span, clash = self.relaxed(best, fewest, most)
        problem = self.problem(count, tolerance, span)
        found = self.solve(problem, 0.9, self.start, last=True)
        assert found is not None
        if not keeps_balance(found, problem):
            # a search that found them before had another share of the time
            sizes, off = np.bincount(found.district), deviation(problem.weight, found.district, count)
            span = (min(span[0], int(sizes.min())), max(span[1], int(sizes.max())))
            tolerance = max(tolerance, next_step(off))
            found = replace(found, lower_bound=None, evidence=None)
            clash = clash or self.not_found(f"±{share_text(tolerance)}, {span[0]}–{span[1]}")
        as_asked = self.problem(count, self.rule.tolerance, (low, high))
        if clash and keeps_balance(measured(as_asked, found.district), as_asked):
            # the search for less travel met what the one for balance had missed
            problem, tolerance, span, clash = as_asked, self.rule.tolerance, (low, high), ""
            found = replace(found, lower_bound=None, evidence=None)
        return self.outcome(problem, found, span, tolerance, clash, progress)

    def relaxed(
        self, best: tuple[float, int] | None, fewest: int, most: int
    ) -> tuple[int, float, tuple[int, int], str]:
        """Return number of groups, tolerance, span and clash where no number of groups keeps the rule."""
        low, high = self.rule.span
        proven = self.impossible >= set(range(fewest, most + 1))
        if best is not None:
            off, count = best
            least = self.rule.tolerance
            for _ in range(HALVINGS):
                if self.late():
                    break
                middle = (least + off) / 2
                problem = self.problem(count, middle, (low, high))
                tried = self.solve(problem, SEARCHING / HALVINGS)
                if tried is not None and keeps_balance(tried, problem):
                    off, self.start = min(middle, deviation(problem.weight, tried.district, count)), tried.district
                else:
                    least = middle
            if off <= self.rule.tolerance:
                return count, self.rule.tolerance, (low, high), ""
            tolerance = next_step(off)
            return count, tolerance, (low, high), self.not_found(f"±{share_text(tolerance)}", proven=proven)
        members, count = len(self.members.weight), fewest
        # without the rule on hours, as even as the map has it
        span = (1, members)
        problem = self.problem(count, float(count), span)
        found = self.solve(problem, SEARCHING)
        if found is not None:
            self.start = found.district
            sizes = np.bincount(found.district, minlength=count)
            span = (min(low, int(sizes.min())), max(high, int(sizes.max())))
        wide = f"{span[0]}–{span[1]}"
        if fewest > most and len(pieces(self.members)) <= -(-members // high):
            if self.name == "sectors":
                said = (
                    f"1 beat makes no sector of {low} to {high}."
                    if members == 1
                    else f"{members} beats make no whole number of sectors of {low} to {high}."
                )
            else:
                said = (
                    f"1 sector makes no command of {low} to {high}."
                    if members == 1
                    else f"{members} sectors make no whole number of commands of {low} to {high}."
                )
            way = f"The smallest span found that would do: {wide}."
            return count, float(count), span, f"{said} {way}"
        return count, float(count), span, self.not_found(wide, proven=proven)

    def not_found(self, way: str, *, proven: bool = False) -> str:
        """Say that no groups were found that keep the rule, or that there are none, and what would do."""
        (low, high), share = self.rule.span, share_text(self.rule.tolerance)
        if proven:
            said = (
                f"No connected sectors of {low} to {high} beats are within ±{share} of the mean hours, however many they are."
                if self.name == "sectors"
                else f"No connected commands of {low} to {high} sectors are within ±{share} of the mean hours, however many they are."
            )
            found = f"What was found: {way}."
            return f"{said} {found}"
        said = (
            f"Sectors of {low} to {high} beats within ±{share} of the mean hours were not found, though that is not proven impossible."
            if self.name == "sectors"
            else f"Commands of {low} to {high} sectors within ±{share} of the mean hours were not found, though that is not proven impossible."
        )
        found = f"What was found: {way}."
        return Unproven(f"{said} {found}")

    def outcome(
        self,
        problem: DistrictingProblem,
        found: Districts,
        span: tuple[int, int],
        tolerance: float,
        clash: str,
        progress: Progress,
    ) -> LevelPlan:
        """Return the level, with its groups numbered from north to south."""
        order = np.argsort(-problem.xy[found.centre, 1], kind="stable")
        number = np.empty(problem.count, int)
        number[order] = np.arange(problem.count)
        taken, kept = read_clock(self.cancelled) - self.begin, not clash
        bound = found.lower_bound if kept else None
        proof = Proof.closing(self.name, found.objective, bound, taken, kept, progress, impossible([clash]))
        assert connected(found.district, problem.edges)
        return LevelPlan(
            self.name,
            problem,
            found,
            proof,
            self.rule,
            span,
            tolerance,
            clash,
            number[found.district],
            found.centre[order],
        )
