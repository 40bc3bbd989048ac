"""Municipalities planned side by side on the threads of one computer, with the time where the gap is.

Without a time limit each proof has a fixed number of nodes, and each municipality is planned once. With one, all get a share by their number of units
first; what is left of the time goes on with the proofs that are farthest from their end, a slice at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import replace

from beatplanner.planning.beats.alone import plan_alone
from beatplanner.planning.beats.municipality import MunicipalityPlan, MunicipalityTask, Part, Setting
from beatplanner.planning.proof import OPTIMAL_GAP, Progress
from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.solve import Districts, Further

# Share of the time for the first round, where proofs can go on after it; the shortest slice, in seconds; and the gap up to which a
# municipality waits for those with a wider one.
FIRST, SLICE, SMALL = 0.6, 2.0, 0.01


class SideBySide:
    """One round of tasks.

    Parameters
    ----------
    setting
        Of the run; its threads are shared out.
    pairs
        Municipalities and what is asked of them.
    until
        Time of the run's clock at which all end.
    cancelled, progress
        As for `plan_beats`.
    """

    def __init__(
        self,
        setting: Setting,
        pairs: Sequence[tuple[Part, MunicipalityTask]],
        until: float,
        cancelled: Callable[[], bool],
        progress: Progress,
    ) -> None:
        self.pairs, self.until, self.cancelled, self.progress = pairs, until, cancelled, progress
        self.at_once = max(1, min(setting.threads, len(pairs)))
        self.setting = replace(setting, threads=max(1, setting.threads // self.at_once))
        self.kept: list[list[Further]] = [[] for _ in pairs]
        self.timed = setting.nodes is None

    def left(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self.until - read_clock(self.cancelled))

    def run(self) -> list[MunicipalityPlan]:
        """Return what became of each municipality, in order."""
        sizes = [len(p.units) for p, _ in self.pairs]
        # the largest first, so that none is left over at the end
        order = sorted(range(len(sizes)), key=lambda k: (-sizes[k], k)) if self.at_once > 1 else list(range(len(sizes)))
        several = self.timed and len(self.pairs) > 1
        end = self.until - (1.0 - FIRST) * self.left() if several else self.until
        waiting = sum(sizes)

        def plan(k: int) -> MunicipalityPlan:
            nonlocal waiting
            time = max(0.0, end - read_clock(self.cancelled))
            seconds = min(time, time * self.at_once * sizes[k] / max(1, waiting))
            waiting -= sizes[k]
            kept = self.kept[k] if several else None
            return plan_alone(self.setting, self.pairs[k], seconds, self.cancelled, self.progress, kept)

        with ThreadPoolExecutor(self.at_once) as pool:
            # who looks on is known by the context of the run
            tasks = {k: pool.submit(copy_context().run, plan, k) for k in order}
            done = [tasks[k].result() for k in range(len(sizes))]
            if several:
                self.spend(done, pool)
        return done

    def spend(self, done: list[MunicipalityPlan], pool: ThreadPoolExecutor) -> None:
        """Go on with the widest gaps until there is no time or no gap; `done` gets what comes of it."""
        under_way: dict[Future[Districts], int] = {}
        ended: set[int] = set()
        while not self.cancelled():
            open_ = (
                []
                if self.enough(done)
                else [k for k in self.wide(done) if k not in ended and k not in under_way.values()]
            )
            while open_ and len(under_way) < self.at_once and self.left() > SLICE / 4:
                k = open_.pop(0)
                seconds = min(self.left(), max(SLICE, self.left() / 3))
                further, found = self.kept[k][-1], done[k].found
                task = pool.submit(copy_context().run, further, found, seconds, self.setting.threads, self.cancelled)
                under_way[task] = k
            if not under_way:
                return
            ready, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for task in ready:
                k, found = under_way.pop(task), task.result()
                if self.left() > SLICE and found.lower_bound == done[k].found.lower_bound:
                    ended.add(k)  # what could be tried was
                done[k] = replace(done[k], found=found)

    def enough(self, done: list[MunicipalityPlan]) -> bool:
        """Whether all together are as near to their bounds as is asked for."""
        apart = sum(gap_of(a.found) * a.found.objective for a in done)
        return apart <= self.setting.enough * sum(a.found.objective for a in done)

    def wide(self, done: list[MunicipalityPlan]) -> list[int]:
        """Return the municipalities whose proof can go on, the widest gap first: those above one percent before all others."""

        def rank(k: int) -> tuple[bool, float, int]:
            gap = gap_of(done[k].found)
            return gap <= SMALL, -gap * done[k].found.objective, k

        can = [k for k in range(len(done)) if self.kept[k] and gap_of(done[k].found) > OPTIMAL_GAP]
        return sorted(can, key=rank)


def gap_of(found: Districts) -> float:
    """Return the gap as a share of the objective; 1 without a bound."""
    if found.lower_bound is None:
        return 1.0
    return (found.objective - found.lower_bound) / found.objective if found.objective > 0 else 0.0
