"""Beats redrawn for the least minutes until somebody is there, within the rules that the plan keeps.

Units at the borders change to the beat next door, alone or in exchange for one of the other's, as long as every rule of the plan still
holds: beats stay connected and within the tolerance, no more residents change beat than may, locked units stay. A quick figure ranks the
moves: the minutes of a unit in each beat where officers stay and are busy as on average. The first ones are then measured by the queueing
model itself, with the waiting places that they lead to, and the first that is better is made; the search ends where none of them is.
It is a local search: nothing is claimed of what other beats could reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from beatplanner.data.result.service import LeastMinutes, MinutesSought
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.naming import beat_table
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.service.duty import duty
from beatplanner.planning.service.picture import EXACT_SERVERS, ServiceInputs, queueing_system
from beatplanner.planning.service.redrawing import LineRules, redrawn
from beatplanner.planning.workload import WorkloadPlan
from beatplanner.solver.service.approximate import approximate
from beatplanner.solver.service.hypercube import MOST_SERVERS, hypercube
from beatplanner.solver.service.system import ServiceSystem, preference

# Officers on duty at once up to which beats are redrawn: beyond, one look at the queueing model takes seconds.
MOST_ON_DUTY = 64
# Moves that are measured in a row without a gain, and in all, by the exact model and by its approximation.
TRIED_EXACT, TRIED_NEAR, LOOKS_EXACT, LOOKS_NEAR = 60, 16, 600, 100
# What a search says that ended before no exchange was left to measure.
BY_TIME = (
    "The search for the least minutes was ended by the time limit, or by hand: what was found depends on how fast the computer is, and more"
    " time may find fewer."
)
BY_LOOKS = (
    "The search for the least minutes ended before all exchanges were measured; it ends at the same one everywhere."
)
# Gains below this share are noise of the model's fixed points.
GAIN = 1e-6
# The same where states are drawn for one of both, which is with the same numbers each time.
GAIN_DRAWN = 5e-3


def least_minutes(
    town: Town,
    workload: WorkloadPlan,
    plan: BeatPlan,
    inputs: ServiceInputs,
    posts: Callable[[pd.DataFrame], np.ndarray],
    *,
    kept: Callable[[np.ndarray], bool] = lambda beat: True,
    cancelled: Callable[[], bool] = lambda: False,
) -> BeatPlan:
    """Redraw the beats of a plan for the least minutes.

    Parameters
    ----------
    town, workload
        As for `plan_beats`.
    plan
        Beats that keep every rule; where some clash, they are returned as they are.
    inputs
        What the service is counted from.
    posts
        Gives the posts of each beat, (K,), by the table of beats; never more in all than at first.
    kept
        Whether beats keep what the service's other rules ask of the lines (`lines`).
    cancelled
        Asked often; True ends the search with the best beats so far.

    Returns
    -------
    BeatPlan
        Its `least_minutes` says what was gained and what it costs.
    """
    if plan.clashes:
        return replace(plan, least_minutes={"status": "rules clash"})
    judge = _Judge(town, workload, inputs, plan, posts)
    if judge.most > (MOST_SERVERS if judge.exact else MOST_ON_DUTY):
        return replace(plan, least_minutes={"status": "too many officers on duty", "on_duty": judge.most})
    if inputs.demand.calls.sum() <= 0:
        return replace(plan, least_minutes={"status": "no call comes"})
    rules = LineRules(town, workload, plan)
    beat = plan.beat.copy()
    best, drawn_best = judge.minutes(beat)
    before = best
    looks = 1
    tried, limit = (TRIED_EXACT, LOOKS_EXACT) if judge.exact else (TRIED_NEAR, LOOKS_NEAR)
    better = np.isfinite(best)
    by_time = False

    def stopped() -> bool:
        nonlocal by_time
        by_time = by_time or cancelled()
        return by_time

    while better and looks < limit and not stopped():
        better = False
        for move in _ranked(judge, rules, beat)[:tried]:
            found = beat.copy()
            for unit, to in move:
                found[unit] = to
            if not rules.kept(found, [*{beat[u] for u, _ in move}, *(to for _, to in move)]) or not kept(found):
                continue
            if looks >= limit or stopped():
                better = True  # not known to be the end
                break
            looks += 1
            minutes, drawn_now = judge.minutes(found)
            if minutes < best * (1 - (GAIN_DRAWN if drawn_best or drawn_now else GAIN)):
                beat, best, drawn_best, better = found, minutes, drawn_now, True
                break
    drawn = redrawn(town, workload, plan, beat)
    section = _minutes_section(plan, drawn, (before, best, looks, bool(better)))
    section["by_time"] = by_time
    section["method"] = "exact" if judge.exact else "approximate"
    return replace(drawn, least_minutes=section)


def sentences_of_minutes(section: LeastMinutes) -> list[str]:
    """Return what `least_minutes` says: what it found, and whether the search was cut short."""
    found = [_found(section)]
    if section["status"] == "sought" and section["cut_short"]:
        # plans of older versions do not tell by what
        found.append(BY_TIME if section.get("by_time") else BY_LOOKS)
    return found


def _found(section: LeastMinutes) -> str:
    if section["status"] != "sought" or section["minutes"] is None or section["minutes_before"] is None:
        return f"Beats were not redrawn for the least minutes: {section['status']}."
    if not section["units_changed"]:
        if section["cut_short"]:
            return (
                f"No exchange of units at the borders that was measured shortens the {section['minutes']:.2f} minutes until somebody is there"
                " (travel and wait)."
            )
        return f"No exchange of units at the borders shortens the {section['minutes']:.2f} minutes until somebody is there (travel and wait)."
    return (
        f"Redrawn for the least minutes: {section['minutes']:.2f} in place of {section['minutes_before']:.2f} until somebody is there (travel and"
        f" wait), for {section['units_changed']:,} units in another beat. The fullest or emptiest beat is {section['max_deviation']:.1%} off the mean, and"
        f" was {section['max_deviation_before']:.1%}; the goal of the beats is {section['objective'] / section['objective_before'] - 1:+.1%}."
    )


def _minutes_section(plan: BeatPlan, found: BeatPlan, search: tuple[float, float, int, bool]) -> MinutesSought:
    before, best, looks, cut_short = search
    return {
        "status": "sought" if np.isfinite(before) else "more calls than can be answered",
        "minutes_before": before if np.isfinite(before) else None,
        "minutes": best if np.isfinite(best) else None,
        "lower_bound": None,
        "gap": None,
        "max_deviation_before": plan.max_deviation,
        "max_deviation": found.max_deviation,
        "objective_before": plan.proof.objective,
        "objective": found.proof.objective,
        "units_changed": int((found.beat != plan.beat).sum()),
        "looks": looks,
        "cut_short": cut_short,
    }


class _Judge:
    """Minutes until somebody is there, travel and wait, on average over the calls of all shifts; officers on duty stay as many."""

    def __init__(
        self,
        town: Town,
        workload: WorkloadPlan,
        inputs: ServiceInputs,
        plan: BeatPlan,
        posts: Callable[[pd.DataFrame], np.ndarray],
    ) -> None:
        self.town, self.workload, self.inputs, self.posts = town, workload, inputs, posts
        self.ids = [str(b) for b in plan.table["beat"]]
        self.centre = plan.table["centre"].to_numpy(int)
        self.in_all = int(posts(plan.table).sum())
        self.most = max(len(s) for s in self._servers(plan.beat))
        asked = inputs.tables.rules.method
        self.exact = asked == "exact" or (asked != "approximate" and self.most <= EXACT_SERVERS)

    def _servers(self, beat: np.ndarray) -> tuple[pd.DataFrame, ...]:
        # the centre of a beat has no part in its posts
        table = beat_table(self.town, self.workload, beat, self.ids, self.centre)
        number = self.posts(table)
        if number.sum() > self.in_all:
            return ()
        posts = dict(zip(self.ids, number.tolist(), strict=True))
        return duty(self.town, self.inputs.tables, self.inputs.shifts, beat, posts, self.inputs.demand.calls).servers

    def systems(self, beat: np.ndarray) -> Iterator[tuple[float, ServiceSystem, np.ndarray, pd.DataFrame]]:
        """Yield hours a week, system, own and servers of each shift with somebody on duty."""
        demand = self.inputs.demand
        for s, servers in enumerate(self._servers(beat)):
            if len(servers):
                system, own = queueing_system(self.town, self.inputs.tables, servers, beat, demand, s)
                yield self.inputs.shifts[s].hours_a_week, system, own, servers

    def minutes(self, beat: np.ndarray) -> tuple[float, bool]:
        """Return the figure, inf where more calls come than can be answered or more posts are needed than at first; and whether states were drawn."""
        calls, total, drawn = 0.0, 0.0, False
        for hours, system, _, _ in self.systems(beat):
            flows = hypercube(system) if self.exact else approximate(system)
            if not flows.stable:
                return np.inf, drawn
            drawn |= flows.drawn
            answered = float(flows.flow.sum())
            total += hours * (float((flows.flow * system.minutes).sum()) + answered * flows.mean_wait_minutes)
            calls += hours * answered
        return (total / calls if calls > 0 else np.inf), drawn

    def in_each_beat(self, beat: np.ndarray, ids: list[str]) -> np.ndarray:
        """Return call minutes a week of each unit if it were of each beat, (n, K), officers staying where they are."""
        found = np.zeros((len(beat), len(ids)))
        for hours, system, _, servers in self.systems(beat):
            load = min(0.95, system.total * system.scene_minutes / 60.0 / system.servers)
            share = (1 - load) * load ** np.arange(system.servers)
            mine = servers["beat"].to_numpy(object)
            for k, b in enumerate(ids):
                own = np.broadcast_to((mine == b)[:, None], system.minutes.shape)
                order = preference(system.minutes, own)
                found[:, k] += hours * system.calls * (np.take_along_axis(system.minutes.T, order, axis=1) @ share)
        return found


def _ranked(judge: _Judge, rules: LineRules, beat: np.ndarray) -> list[list[tuple[int, str]]]:
    """Return moves and exchanges that keep the balance, the most promising first."""
    ids, place = rules.ids, {b: k for k, b in enumerate(rules.ids)}
    cost = judge.in_each_beat(beat, ids)
    hours = rules.workload.hours
    work = {b: float(hours[beat == b].sum()) for b in ids}
    gain = {(u, to): float(cost[u, place[to]] - cost[u, place[str(beat[u])]]) for u, to in rules.moves(beat)}
    found: list[tuple[float, list[tuple[int, str]]]] = []
    by_pair: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for u, to in gain:
        home = str(beat[u])
        by_pair.setdefault((home, to), []).append((u, to))
        if rules.balanced(work[home] - hours[u], home) and rules.balanced(work[to] + hours[u], to):
            found.append((gain[u, to], [(u, to)]))
    for (home, to), there in by_pair.items():
        if home < to:
            for u, _ in there:
                for v, _ in by_pair.get((to, home), ()):
                    total = gain[u, to] + gain[v, home]
                    change = hours[v] - hours[u]
                    if rules.balanced(work[home] + change, home) and rules.balanced(work[to] - change, to):
                        found.append((total, [(u, to), (v, home)]))
    found.sort(key=lambda f: (f[0], f[1]))
    return [move for _, move in found]
