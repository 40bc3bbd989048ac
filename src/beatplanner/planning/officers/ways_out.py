"""Ways out of what a roster cannot do, each solved with before it is offered: one more officer, one more speaker, a rule lifted in one place.

A way out is the town's problem with one thing changed. It is offered with the figures that the changed problem was found to have; where there was no time to
solve it, it says so, and where it mends nothing it is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import PostingFigures, breaches, broken_tenures, measure
from beatplanner.solver.officers.problem import FREE, Posting, TenureProblem

# Seconds that one trial and all of them may take at most, beside what the plan's own limit leaves; a trial ends by its work long before.
EACH, ALL = 30.0, 90.0
# A trial is a quick look: it ends with a plan, seldom with a proof.
EFFORT = 0.15


class Trials:
    """Solves changed problems while there is time.

    Parameters
    ----------
    problem, postings
        What was planned.
    until
        Monotonic time at which the trials end.
    threads, seed, cancelled
        As for `tenure.assign`.
    report
        Called before the first one: what they take comes after the plan's own proof, and a user sees what it is for.
    """

    def __init__(
        self,
        problem: TenureProblem,
        postings: list[Posting],
        until: float,
        *,
        threads: int = 1,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
        report: Callable[[], None] = lambda: None,
    ) -> None:
        self.problem, self.postings = problem, postings
        self.report, self.tried = report, 0
        self.before = measure(problem, postings)
        self.until = min(until, read_clock(cancelled) + ALL)
        self.threads, self.seed, self.cancelled = threads, seed, cancelled

    def solve(self, changed: TenureProblem) -> tuple[list[Posting], PostingFigures] | None:
        """Return postings and figures of a changed problem, None where there is no time."""
        seconds = min(EACH, self.until - read_clock(self.cancelled))
        if seconds < 0.5 or self.cancelled():
            return None
        if not self.tried:
            self.report()
        self.tried += 1
        found = assign(
            changed,
            seconds=seconds,
            threads=self.threads,
            seed=self.seed,
            effort=EFFORT,
            quick=True,
            cancelled=self.cancelled,
        ).postings
        return found, measure(changed, found)

    def lessens(self, changed: TenureProblem, figure: str, what: str) -> str | None:
        """Return in words what a change makes of a figure, None where it does not lessen it."""
        found = self.solve(changed)
        if found is None:
            return NOT_CHECKED
        was, now = getattr(self.before, figure), getattr(found[1], figure)
        return f"checked by solving with it: {now:,} {what} instead of {was:,}" if now < was else None

    def mends(self, ways: Iterable[tuple[str, TenureProblem]], rule: str, officer: int = -1) -> str:
        """Return the first way out, in words, with which a rule holds (for `officer`, or for all); a rule of a `Breach`, or ``"tenure"``."""
        tried = 0
        for text, changed in ways:
            found = self.solve(changed)
            if found is None:
                return f"{text} ({NOT_CHECKED})"
            tried += 1
            wrong = {b.rule for b in breaches(changed, found[0]) if b.officer == officer or officer < 0}
            if broken_tenures(changed, found[0]):
                wrong.add("tenure")
            if rule not in wrong and found[1].vacant_months <= self.before.vacant_months:
                return f"{text} (checked by solving with it)"
        return f"no single change was found that mends it; {tried} were tried by solving with them"


NOT_CHECKED = "not checked, as no time was left"


def with_officer(problem: TenureProblem, month: int, has: np.ndarray | None = None) -> TenureProblem:
    """Return the problem with one more officer from a month on, who may take every post and lives as far from it as officers do on average."""
    places, months, kinds = len(problem.posts), problem.months, problem.has.shape[1]

    def one(rows: np.ndarray | None, row: object) -> np.ndarray | None:
        return None if rows is None else np.concatenate([rows, np.asarray([row], rows.dtype)])

    return replace(
        problem,
        first=one(problem.first, month),
        last=one(problem.last, months + 10_000),
        home=one(problem.home, -1),
        rooted=one(problem.rooted, False),
        served=one(problem.served, 0),
        kilometres=one(problem.kilometres, problem.kilometres.mean(axis=0)),
        has=one(problem.has, np.zeros(kinds, bool) if has is None else has),
        allowed=one(problem.allowed, np.ones(places, bool)),
        unpreferred=one(problem.unpreferred, np.zeros(places, bool)),
        below=one(problem.below, np.zeros(places, bool)),
        works=one(problem.works, np.ones(months, bool)),
        frozen=one(problem.frozen, np.full(months, FREE)),
        published=one(problem.published, np.full(months, -1)),
        ordered=one(problem.ordered, -1),
        carried=one(problem.carried, False),
    )


def with_speaker(problem: TenureProblem, officer: int, kind: int) -> TenureProblem:
    """Return the problem in which an officer has learnt a language."""
    has = problem.has.copy()
    has[officer, kind] = True
    return replace(problem, has=has)


def with_shorter_tenure(problem: TenureProblem, broken: list[tuple[int, int, int, int]]) -> TenureProblem:
    """Return the problem in which the postings of today that were cut, (officer, place, month, months served), may be; else with a shorter tenure for all."""
    if all(problem.home[o] == p for o, p, _, _ in broken):
        served = problem.served.copy()
        for o, _, _, months in broken:
            served[o] += problem.min_tenure - months
        return replace(problem, served=served)
    return replace(problem, min_tenure=min(months for *_, months in broken))


def without(problem: TenureProblem, rule: str, officer: int, month: int) -> TenureProblem:
    """Return the problem in which a rule is lifted for an officer; of moves one more is allowed, and the maximum is lifted for all."""
    if rule == "couple":
        return replace(problem, couples=tuple(c for c in problem.couples if officer not in c))
    if rule == "moves":
        return replace(problem, moves_a_month=(problem.moves_a_month or 0) + 1)
    if rule == "maximum":
        return replace(problem, max_tenure=None)
    if rule == "often":
        return replace(problem, most_moves=(problem.most_moves or 0) + 1)
    if rule == "wish" and problem.below is not None:
        below = problem.below.copy()
        below[officer] = False
        return replace(problem, below=below)
    frozen = problem.frozen
    if frozen is not None:
        frozen = frozen.copy()
        frozen[officer, month:] = FREE
    return replace(problem, frozen=frozen)
