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
        """Return the changes of beats that break a rule, or are off the year's balance."""
        wrong = self.lines.excess(self.table) + price * self.year(self.hours) > 0
        names = {self.lines.ids[k] for k in np.flatnonzero(wrong)}
        moves = self.rules.moves(self.beat)
        by_pair: dict[tuple[str, str], list[int]] = {}
        for u, to in moves:
            by_pair.setdefault((str(self.beat[u]), to), []).append(u)
        found: list[Step] = [[(u, to)] for u, to in moves if str(self.beat[u]) in names or to in names]
        for (home, to), there in by_pair.items():
            if home < to and (home in names or to in names):
                found += [[(u, to), (v, home)] for u in there for v in by_pair.get((to, home), ())]
        return found


def nearest_lines(
    lines: Lines, rules: LineRules, beat: np.ndarray, *, cancelled: Callable[[], bool] = lambda: False
) -> np.ndarray:
    """Return the beats nearest to the rules that were found, (n,); those given where none are nearer.

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
        while least > 0 and since < STALLED and steps < STEPS and not cancelled():
            found = _step(now, barred, steps, price, least)
            if found is None:
                break
            (now.beat, now.table, now.hours, _), homes = found
            steps, since = steps + 1, since + 1
            for u, home in homes:
                barred[u, home] = steps + int(random.integers(*TENURE))
            kept = not now.year(now.hours).any()
            price = max(LEAST_PRICE, price / 1.5) if kept else min(MOST_PRICE, price * 1.5)
            left = float(lines.excess(now.table).sum())
            if kept and left < least - NEARER:
                best, least, since = now.beat.copy(), left, 0
    return best


def keep_lines(
    town: Town,
    workload: WorkloadPlan,
    plan: BeatPlan,
    inputs: ServiceInputs,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[BeatPlan, Lines]:
    """Redraw the beats of a plan until they keep what the service asks of their lines.

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
        return plan, lines
    rules = LineRules(town, workload, plan)
    return redrawn(town, workload, plan, nearest_lines(lines, rules, plan.beat, cancelled=cancelled)), lines


def _step(now: _Now, barred: dict[tuple[int, str], int], steps: int, price: float, least: float) -> Any:
    """Return what the best step that keeps beats connected leads to, and the beats that its units leave; None where there is none."""
    ranked: list[tuple[float, Step, Any]] = []
    for step in now.steps(price):
        after = now.after(step)
        if after is None:
            continue
        _, table, hours, _ = after
        left, year = float(now.lines.excess(table).sum()), float(now.year(hours).sum())
        nearer = year <= 0 and left < least - NEARER
        if not nearer and any(barred.get(change, 0) > steps for change in step):
            continue
        within = float((now.lines.off(table[:, 0]) ** 2).sum()) if "peak_tolerance" in now.lines.asked else 0.0
        ranked.append((left + price * year + WITHIN * within, step, after))
    ranked.sort(key=lambda r: (r[0], r[1]))
    for _, step, after in ranked:
        if now.rules.kept(after[0], after[3], balanced=False):
            return after, [(u, str(now.beat[u])) for u, _ in step]
    return None
