"""Search for beats that keep what the service asks of their lines (`lines`), from the beats of a plan on.

Units at the borders of beats that break a rule change to the beat next door, alone or in exchange for another. In each step the best such
change is made, though it be for the worse, and is not undone for some steps (tabu search, Glover 1989); beats stay connected, locked units
and the change budget are kept in each, and the balance of the year may be left for some steps at a price that rises while it is left and falls
while it is kept. Of the beats that keep every rule of ``[beats]`` on the way, the nearest are the result. Rounds begin from these anew. All
is counted in steps, and drawn with a fixed seed: the result is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from beatplanner.data.town.town import Town
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.service.lines import Lines
from beatplanner.planning.service.picture import ServiceInputs
from beatplanner.planning.service.redrawing import LineRules, redrawn
from beatplanner.planning.workload import WorkloadPlan

# Rounds, steps without a nearer plan after which one ends, and steps in all.
ROUNDS, STALLED, STEPS = 3, 80, 1_000
# Steps for which a unit may not go back, from and to.
TENURE = (4, 12)
# What is no step nearer, and what deviations within their limits weigh.
NEARER, WITHIN = 1e-9, 1e-3
# Exchanges whose ways are measured in a step at most.
MEASURED = 100
# Bounds of the price of the year's balance.
LEAST_PRICE, MOST_PRICE = 1 / 8, 64.0

Step = list[tuple[int, str]]


class _Now:
    """Beats on the way, with what they come to; `of_beat` of the same units is counted once."""

    def __init__(self, lines: Lines, rules: LineRules, beat: np.ndarray) -> None:
        self.lines, self.rules, self.beat = lines, rules, beat.copy()
        self.known: dict[tuple[str, bytes], tuple[float, float, float, float]] = {}
        self.only_peak = lines.asked == ("peak_tolerance",)
        self.table = lines.of_all(beat)
        self.hours = np.array([float(lines.hours[beat == b].sum()) for b in lines.ids])
        low_high = [rules.limits.get(b, (0.0, np.inf)) for b in lines.ids]
        self.lower, self.upper = (np.array(side, float) for side in zip(*low_high, strict=True))

    def year(self, hours: np.ndarray) -> np.ndarray:
        """Return by which share each beat's hours of the year are off their limits, (K,)."""
        over = hours / np.maximum(self.upper, 1e-12) - 1.0
        short = 1.0 - hours / np.where(self.lower > 0, self.lower, 1.0)
        found = np.maximum(0.0, np.maximum(over, np.where(self.lower > 0, short, 0.0)))
        return np.where(found > NEARER, found, 0.0)

    def after(self, step: Step) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]] | None:
        """Return beats, table, hours of the year and who changed after a step; None where a beat would be empty."""
        found, hours, table = self.beat.copy(), self.hours.copy(), self.table.copy()
        changed: list[str] = []
        for u, to in step:
            home = str(self.beat[u])
            for b, sign in ((home, -1.0), (to, 1.0)):
                hours[self.lines.place[b]] += sign * self.lines.hours[u]
                table[self.lines.place[b], 0] += sign * self.lines.peak[u]
                changed.append(b)
            found[u] = to
        changed = list(dict.fromkeys(changed))
        for b in changed:
            there = found == b
            if not there.any():
                return None
            if not self.only_peak:
                key = (b, np.packbits(there).tobytes())
                if key not in self.known:
                    self.known[key] = self.lines.of_beat(found, b)
                table[self.lines.place[b]] = self.known[key]
        return found, table, hours, changed

    def steps(self, price: float) -> list[Step]:
        """Return the changes of beats that break a rule or are off the year's balance, by what they do to the balance of shift and year, best first.

        Where ways count, exchanges beyond `MEASURED` are left out: how long ways become is not known of them yet.
        """
        wrong = self.lines.excess(self.table) + price * self.year(self.hours) > 0
        names = {self.lines.ids[k] for k in np.flatnonzero(wrong)}
        moves = self.rules.moves(self.beat)
        by_pair: dict[tuple[str, str], list[int]] = {}
        for u, to in moves:
            by_pair.setdefault((str(self.beat[u]), to), []).append(u)
        single: list[Step] = [[(u, to)] for u, to in moves if str(self.beat[u]) in names or to in names]
        double: list[Step] = []
        for (home, to), there in by_pair.items():
            if home < to and (home in names or to in names):
                double += [[(u, to), (v, home)] for u in there for v in by_pair.get((to, home), ())]
        every = single + double
        if not every:
            return []
        score = self._scores(every, price)
        order = np.argsort(score, kind="stable").tolist()
        if self.only_peak:
            return [every[i] for i in order]
        best = [i for i in order if i >= len(single)][:MEASURED]
        return single + [every[i] for i in best]

    def _scores(self, steps: list[Step], price: float) -> np.ndarray:
        """Return the excess of shift and year after each step, of its two beats beside what they have now; means stay what they are."""
        place, lines = self.lines.place, self.lines
        home = np.array([place[str(self.beat[s[0][0]])] for s in steps])
        to = np.array([place[s[0][1]] for s in steps])
        out, back = np.array([s[0][0] for s in steps]), np.array([s[1][0] if len(s) > 1 else -1 for s in steps])
        both = back >= 0
        work = lines.peak[out] - np.where(both, lines.peak[back], 0.0)
        hours = lines.hours[out] - np.where(both, lines.hours[back], 0.0)
        # off is work over the mean less one: the mean follows from any beat that has work
        mean = np.ones(len(lines.ids))
        for members in lines.together:
            mean[members] = max(float(self.table[members, 0].mean()), 1e-12)
        limit = lines.limit["peak_tolerance"] if "peak_tolerance" in lines.asked else None

        def of_shift(k: np.ndarray, more: np.ndarray) -> np.ndarray:
            off = np.abs((self.table[k, 0] + more) / mean[k] - 1.0)
            return np.zeros(len(k)) if limit is None else np.maximum(0.0, off - limit) + WITHIN * off**2

        def of_year(k: np.ndarray, more: np.ndarray) -> np.ndarray:
            now, low, high = self.hours[k] + more, self.lower[k], self.upper[k]
            over, short = now / np.maximum(high, 1e-12) - 1.0, 1.0 - now / np.where(low > 0, low, 1.0)
            return np.maximum(0.0, np.maximum(over, np.where(low > 0, short, 0.0)))

        found = np.zeros(len(steps))
        for k, sign in ((home, -1.0), (to, 1.0)):
            found += of_shift(k, sign * work) - of_shift(k, 0.0 * work)
            found += price * (of_year(k, sign * hours) - of_year(k, 0.0 * hours))
        return found


def nearest_lines(
    lines: Lines, rules: LineRules, beat: np.ndarray, *, cancelled: Callable[[], bool] = lambda: False
) -> tuple[np.ndarray, bool]:
    """Return the beats nearest to the rules that were found, (n,), those given where none are nearer; and whether the search was cut short.

    Rounds and steps are counted: uncut, the same beats are found everywhere. A search is cut short where `cancelled` ends it.

    Parameters
    ----------
    lines, rules
        What is asked of the lines, and what every plan keeps.
    beat
        (n,) beat of each unit; keeps every rule of ``[beats]``.
    cancelled
        Asked at each step; True ends the search.
    """
    best, least = beat.copy(), float(lines.excess(lines.of_all(beat)).sum())
    random, steps = np.random.default_rng(0), 0
    for _ in range(ROUNDS):
        now, price, since = _Now(lines, rules, best), 1.0, 0
        barred: dict[tuple[int, str], int] = {}
        while least > 0 and since < STALLED and steps < STEPS:
            if cancelled():
                return best, True
            found = _step(now, barred, steps, price, least)
            if found is None:
                break
            (now.beat, now.table, now.hours, _), moved = found
            steps, since = steps + 1, since + 1
            for u, home in moved:
                barred[u, home] = steps + int(random.integers(*TENURE))
            kept = not now.year(now.hours).any()
            price = max(LEAST_PRICE, price / 1.5) if kept else min(MOST_PRICE, price * 1.5)
            left = float(lines.excess(now.table).sum())
            if kept and left < least - NEARER:
                best, least, since = now.beat.copy(), left, 0
    return best, False


def keep_lines(
    town: Town,
    workload: WorkloadPlan,
    plan: BeatPlan,
    inputs: ServiceInputs,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[BeatPlan, Lines, bool]:
    """Redraw the beats of a plan until they keep what the service asks of their lines; the last of what is returned tells whether the search was cut short.

    Parameters
    ----------
    town, workload
        As for `plan_beats`.
    plan
        Beats that keep every rule of ``[beats]``; where some clash, they are returned as they are.
    inputs
        What the service is counted from.
    cancelled
        Asked at each step; True ends the search with the beats so far.
    """
    lines = Lines(town, workload, inputs, plan)
    if plan.clashes:
        return plan, lines, False
    rules = LineRules(town, workload, plan)
    beat, cut_short = nearest_lines(lines, rules, plan.beat, cancelled=cancelled)
    return redrawn(town, workload, plan, beat), lines, cut_short


def _step(now: _Now, barred: dict[tuple[int, str], int], steps: int, price: float, least: float) -> Any:
    """Return what the best step that keeps beats connected leads to, and the beats that its units leave; None where there is none."""
    steps_now = now.steps(price)
    if now.only_peak:
        # they come best first: the first that may be made is the step
        for step in steps_now:
            after = now.after(step)
            if after is None or (_barred(step, barred, steps) and not _nearer(now, after, least)):
                continue
            if now.rules.kept(after[0], after[3], balanced=False):
                return after, [(u, str(now.beat[u])) for u, _ in step]
        return None
    ranked: list[tuple[float, Step, Any]] = []
    for step in steps_now:
        after = now.after(step)
        if after is None or (_barred(step, barred, steps) and not _nearer(now, after, least)):
            continue
        _, table, hours, _ = after
        within = float((now.lines.off(table[:, 0]) ** 2).sum()) if "peak_tolerance" in now.lines.asked else 0.0
        excess = float(now.lines.excess(table).sum()) + price * float(now.year(hours).sum())
        ranked.append((excess + WITHIN * within, step, after))
    ranked.sort(key=lambda r: (r[0], r[1]))
    for _, step, after in ranked:
        if now.rules.kept(after[0], after[3], balanced=False):
            return after, [(u, str(now.beat[u])) for u, _ in step]
    return None


def _barred(step: Step, barred: dict[tuple[int, str], int], steps: int) -> bool:
    return any(barred.get(change, 0) > steps for change in step)


def _nearer(now: _Now, after: Any, least: float) -> bool:
    """Tell whether what a step leads to keeps the year's balance and is nearer than all before."""
    return not now.year(after[2]).any() and float(now.lines.excess(after[1]).sum()) < least - NEARER
