"""Who holds which post, month by month: postings that last, with handover, languages and few rotations.

Model over officers o, beats b and months t = 0..T−1. S_obt = 1 from the month in which o's posting in b begins, E_obt = 1 from that in which it
ends; so y_obt = S_obt − E_obt says that o holds a post in b. An officer has at most one posting in each beat::

    min  w_v Σ v_bt + w_z Σ z_ob + w_g Σ g_blt + w_r Σ r_o + w_k Σ km_ob y_obt
    s.t. S, E do not fall with t, E_obt ≤ S_obt                        one posting a pair
         Σ_b y_obt ≤ 1, y_obt = 0 where o is not available
         E_obt ≤ S_ob,t−U + z_ob while o has not left                  minimum tenure U; for today's holders months served count
         Σ_o y_obt + v_bt ≥ posts_b                                    vacant posts
         Σ_o y_obt ≤ posts_b + surplus_b + Σ_o (E_ob,t+h − E_obt)      more only while a successor overlaps
         Σ_o (S_obt − S_ob,t−1) ≤ v_b,t−1 + Σ_o (E_ob,t+h − E_ob,t+h−1)  a beginning fills a vacancy or overlaps by h months
         Σ_{o speaks l} y_obt + g_blt ≥ 1                              languages of the beat
         r_o ≥ beginnings of o away from today's beat (without one: beyond the first)

The third row is the minimum up-time of Rajan and Takriti (2005), written with cumulative variables so that each row has three entries. The overlap row leaves out officers who were not available h months before: they may begin as
soon as they are. Surplus posts are those that today's holders keep where a beat has more officers than posts.

Method: the search and the bound of `tenure_search`; where the model is small, it is then solved from what the search found.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pulp

from beatplanner.solver import tenure_search
from beatplanner.solver.highs import solve

NODES = 2_000
# The exact model is tried up to this many officers × beats × months.
EXACT_LIMIT = 12_000
ROUNDS_A_CALL = 200
# Subgradient steps of the bound: as many as this work allows, within limits; it settles after some two thousand.
BOUND_WORK, LEAST_STEPS, MOST_STEPS = 120_000_000, 300, 3_000


@dataclass(frozen=True)
class TenureProblem:
    """Officers, beats and months.

    Attributes
    ----------
    posts
        (B,) posts of each beat.
    months
        T, length of the horizon.
    first, last
        (O,) available in months first <= t < last.
    home
        (O,) beat held at the start, -1 for none.
    moved
        (O,) bool: holds a beat today that is not among the beats any more, so any posting is a rotation.
    served
        (O,) months served in that beat before the start.
    kilometres
        (O, B) from home to beat.
    speaks
        (O, L) bool.
    needs
        (B, L) bool: languages of the beat.
    min_tenure, handover
        Months.
    weights
        Of a vacant month, a broken tenure, a language gap, a rotation, a home kilometre and month.
    """

    posts: np.ndarray
    months: int
    first: np.ndarray
    last: np.ndarray
    home: np.ndarray
    moved: np.ndarray
    served: np.ndarray
    kilometres: np.ndarray
    speaks: np.ndarray
    needs: np.ndarray
    min_tenure: int
    handover: int
    weights: tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Posting:
    """Officer `officer` holds a post in `beat` in months begin <= t < end."""

    officer: int
    beat: int
    begin: int
    end: int


@dataclass(frozen=True)
class Figures:
    """What the postings cost, in the parts of the objective."""

    vacant_months: int
    tenure_violations: int
    language_gaps: int
    rotations: int
    home_km_months: float

    def objective(self, weights: tuple[float, float, float, float, float]) -> float:
        """Return the weighted sum."""
        parts = (self.vacant_months, self.tenure_violations, self.language_gaps, self.rotations, self.home_km_months)
        return float(sum(w * p for w, p in zip(weights, parts, strict=True)))


def presence(problem: TenureProblem, postings: list[Posting]) -> np.ndarray:
    """Return who holds a post where and when, (O, B, T) bool."""
    held = np.zeros((len(problem.first), len(problem.posts), problem.months), bool)
    for p in postings:
        held[p.officer, p.beat, p.begin : p.end] = True
    return held


def measure(problem: TenureProblem, postings: list[Posting]) -> Figures:
    """Return the figures of postings.

    A tenure is broken where a posting ends before the minimum though its officer has not left and the horizon has not ended; months
    served before the start count, and so does a posting of today that ends at once.
    """
    held = presence(problem, postings)
    count = held.sum(axis=0)
    vacant = int(np.maximum(0, problem.posts[:, None] - count).sum())
    gaps = 0
    for language in range(problem.needs.shape[1]):
        spoken = held[problem.speaks[:, language]].any(axis=0)
        gaps += int((~spoken[problem.needs[:, language]]).sum())
    broken = rotations = 0
    for o in range(len(problem.first)):
        mine = sorted((p for p in postings if p.officer == o), key=lambda p: p.begin)
        stays = [p for p in mine if p.beat == problem.home[o] and p.begin == 0]
        if problem.home[o] >= 0 and not stays and problem.last[o] > 0:
            broken += problem.served[o] < problem.min_tenure
        for p in mine:
            served = p.end - p.begin + (problem.served[o] if p in stays else 0)
            cut_short = p.end < min(problem.last[o], problem.months)
            broken += cut_short and served < problem.min_tenure
        rooted = problem.home[o] >= 0 or problem.moved[o]
        rotations += sum(p not in stays for p in mine) if rooted else max(0, len(mine) - 1)
    km = float((held.sum(axis=2) * problem.kilometres).sum())
    return Figures(vacant, int(broken), gaps, int(rotations), km)


def broken_rules(problem: TenureProblem, postings: list[Posting]) -> list[str]:
    """Return the hard rules that postings break, in words for tests; empty where none."""
    held, wrong = presence(problem, postings), []
    if (held.sum(axis=1) > 1).any():
        wrong.append("two posts at once")
    month = np.arange(problem.months)
    away = (month[None] < problem.first[:, None]) | (month[None] >= problem.last[:, None])
    if (held.any(axis=1) & away).any():
        wrong.append("a post while not available")
    if len({(p.officer, p.beat) for p in postings}) < len(postings):
        wrong.append("a second posting in the same beat")
    surplus, h = _surplus(problem), problem.handover
    count = held.sum(axis=0)
    for b in range(len(problem.posts)):
        ends = [p.end for p in postings if p.beat == b]
        for t in range(problem.months):
            over = sum(t < e <= t + h and e < problem.months for e in ends)
            if count[b, t] > problem.posts[b] + surplus[b] + over:
                wrong.append(f"too many officers in beat {b}, month {t}")
            if h and t:
                begun = sum(p.beat == b and p.begin == t and problem.first[p.officer] <= t - h for p in postings)
                vacant = max(0, problem.posts[b] - count[b, t - 1])
                if begun > vacant + sum(e == t + h and e < problem.months for e in ends):
                    wrong.append(f"no handover in beat {b}, month {t}")
    return wrong


def _surplus(problem: TenureProblem) -> np.ndarray:
    there = problem.home[(problem.home >= 0) & (problem.last > 0)]
    return np.maximum(0, np.bincount(there, minlength=len(problem.posts)) - problem.posts)


@dataclass(frozen=True)
class Postings:
    """The best postings found and a proven bound on the objective (None where none was computed)."""

    postings: list[Posting]
    lower_bound: float | None


def assign(
    problem: TenureProblem,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    tell: Callable[[float, float | None], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Postings:
    """Assign officers to posts.

    Parameters
    ----------
    problem
        What to solve.
    seconds
        Limit of wall time.
    threads, seed
        Of the search, and given to HiGHS.
    tell
        Called with the best objective and the bound.
    cancelled
        True ends the search.

    Returns
    -------
    Postings
        Today's postings as long as they may last, without a bound, where nothing better was found in time.
    """
    end = time.monotonic() + seconds

    def stop() -> bool:
        return cancelled() or time.monotonic() > end

    found = _searched(problem, seed, stop, end - 0.25 * seconds, tell)
    best = _worth(problem, found)
    bound = None if stop() else _bound(problem, best)
    tell(best, bound)
    size = len(problem.first) * len(problem.posts) * problem.months
    if size <= EXACT_LIMIT and not stop() and (bound is None or best - bound > 5e-5 * best):
        model, begins, ends = _model(problem)
        outcome = solve(
            model, seconds=end - time.monotonic(), threads=threads, seed=seed, gap=5e-5,
            start=_start(problem, found, begins, ends), cancelled=cancelled, max_nodes=NODES,
        )  # fmt: skip
        if outcome.objective is not None:
            solved = _postings(problem, begins, ends)
            if not broken_rules(problem, solved) and _worth(problem, solved) < best:
                found, best = solved, _worth(problem, solved)
        if outcome.bound is not None:
            bound = max(outcome.bound, -np.inf if bound is None else bound)
    return Postings(found, None if bound is None else max(0.0, min(bound, best)))


def _arrays(problem: TenureProblem) -> tuple:
    """Return the problem as the compiled search takes it."""
    return (
        problem.posts.astype(np.int64), problem.first.astype(np.int64), problem.last.astype(np.int64), problem.home.astype(np.int64),
        (problem.home >= 0) | problem.moved, problem.served.astype(np.int64), problem.kilometres.astype(float),
        problem.speaks.astype(bool), problem.needs.astype(bool), int(problem.min_tenure),
    )  # fmt: skip


def _searched(problem: TenureProblem, seed: int, stop: Callable[[], bool], until: float, tell) -> list[Posting]:
    """Return the best postings of a search from today's, cooled twice."""
    officers, beats = len(problem.first), len(problem.posts)
    begin, end = np.full((officers, beats), -1, np.int64), np.full((officers, beats), -1, np.int64)
    for p in stay(problem):
        begin[p.officer, p.beat], end[p.officer, p.beat] = p.begin, p.end
    rounds = max(2_000, 150 * officers)
    random = np.random.default_rng(seed)
    for heat in (0.5 * max(problem.weights), 0.05 * max(problem.weights), 0.5, 1e-9):
        for part in range(0, rounds, ROUNDS_A_CALL):
            if stop() or time.monotonic() > until:
                break
            now = tenure_search.search(
                begin, end, *_arrays(problem), int(problem.handover), tuple(map(float, problem.weights)), problem.months,
                _surplus(problem).astype(np.int64), int(random.integers(2**31)), ROUNDS_A_CALL, heat * (1 - part / rounds),
            )  # fmt: skip
            tell(now, None)
    return [Posting(int(o), int(b), int(begin[o, b]), int(end[o, b])) for o, b in np.argwhere(begin >= 0)]


def _bound(problem: TenureProblem, best: float) -> float:
    size = len(problem.first) * len(problem.posts) * problem.months
    steps = int(np.clip(BOUND_WORK / max(1, size), LEAST_STEPS, MOST_STEPS))
    weights = tuple(map(float, problem.weights))
    return float(tenure_search.lower_bound(*_arrays(problem), weights, problem.months, steps, best))


def _worth(problem: TenureProblem, postings: list[Posting]) -> float:
    return measure(problem, postings).objective(problem.weights)


def stay(problem: TenureProblem) -> list[Posting]:
    """Return today's postings, each as long as its officer is available."""
    return [
        Posting(o, int(b), 0, int(min(problem.last[o], problem.months)))
        for o, b in enumerate(problem.home)
        if b >= 0 and problem.last[o] > 0
    ]


Steps = dict[tuple[int, int], list[pulp.LpVariable]]


def _model(problem: TenureProblem) -> tuple[pulp.LpProblem, Steps, Steps]:
    """Build the model of the module's docstring; S and E by officer and beat."""
    officers, beats, months = len(problem.first), len(problem.posts), problem.months
    vacant_w, broken_w, gap_w, rotation_w, km_w = problem.weights
    model = pulp.LpProblem("officers", pulp.LpMinimize)
    cost: list[tuple[pulp.LpVariable, float]] = []
    begins: Steps = {}
    ends: Steps = {}
    present: list[list[list]] = [[[] for _ in range(months)] for _ in range(beats)]
    expression = pulp.LpAffineExpression
    for o in range(officers):
        first, last = int(problem.first[o]), int(min(problem.last[o], months))
        if first >= last:
            continue
        at_once: list[list] = [[] for _ in range(months)]
        rotated: list = []
        for b in range(beats):
            stays = problem.home[o] == b
            s = [
                pulp.LpVariable(f"S_{o}_{b}_{t}", 1 if stays else 0, 1 if stays or t >= first else 0, pulp.LpInteger)
                for t in range(last)
            ]
            e = [
                pulp.LpVariable(f"E_{o}_{b}_{t}", 0, 1 if stays or t > first else 0, pulp.LpInteger)
                for t in range(last)
            ]
            z = pulp.LpVariable(f"z_{o}_{b}", 0, 1)
            cost.append((z, broken_w))
            begins[o, b], ends[o, b] = s, e
            km = km_w * float(problem.kilometres[o, b])
            for t in range(last):
                model += e[t] <= s[t]
                if t:
                    model += s[t - 1] <= s[t]
                    model += e[t - 1] <= e[t]
                before = t - problem.min_tenure
                if stays:
                    if before + problem.served[o] < 0:
                        model += e[t] <= z
                else:
                    model += expression([(e[t], 1), (z, -1)] + ([(s[before], -1)] if before >= 0 else [])) <= 0
                if km:
                    cost += [(s[t], km), (e[t], -km)]
                at_once[t] += [(s[t], 1), (e[t], -1)]
                present[b][t].append(o)
            if not stays:
                rotated.append((s[-1], 1))
        for t in range(first, last):
            model += expression(at_once[t]) <= 1
        if problem.home[o] >= 0 or problem.moved[o]:
            cost += [(s, rotation_w) for s, _ in rotated]
        else:
            r = pulp.LpVariable(f"r_{o}", 0)
            cost.append((r, rotation_w))
            model += expression([*rotated, (r, -1)]) <= 1
    surplus, h = _surplus(problem), problem.handover
    for b in range(beats):
        posts = int(problem.posts[b])
        vacancy = [pulp.LpVariable(f"v_{b}_{t}", 0, posts) for t in range(months)]
        cost += [(v, vacant_w) for v in vacancy]
        for t in range(months):
            held = [pair for o in present[b][t] for pair in ((begins[o, b][t], 1), (ends[o, b][t], -1))]
            model += expression([*held, (vacancy[t], 1)]) >= posts
            over = []
            for o in present[b][t]:
                over += [(_ended(begins[o, b], ends[o, b], min(t + h, months - 1)), -1), (ends[o, b][t], 1)]
            model += _sum(held + over) <= posts + int(surplus[b])
            if h and t:
                begun = []
                for o in present[b][t]:
                    if problem.first[o] <= t - h and problem.home[o] != b:
                        begun += [(begins[o, b][t], 1), (begins[o, b][t - 1], -1)]
                left = []
                for o in present[b][t + h - 1] if begun and t + h < months else []:
                    s, e = begins[o, b], ends[o, b]
                    left += [(_ended(s, e, t + h), -1), (e[t + h - 1], 1)]
                if begun:
                    model += _sum([*begun, *left, (vacancy[t - 1], -1)]) <= 0
            for language in np.flatnonzero(problem.needs[b]):
                g = pulp.LpVariable(f"g_{b}_{language}_{t}", 0, 1)
                cost.append((g, gap_w))
                spoken = [pair for pair, o in ((p, o) for o in present[b][t] if problem.speaks[o, language]
                                               for p in ((begins[o, b][t], 1), (ends[o, b][t], -1)))]  # fmt: skip
                model += expression([*spoken, (g, 1)]) >= 1
    model.setObjective(_sum(cost))
    return model, begins, ends


def _ended(s: list, e: list, t: int) -> pulp.LpVariable:
    """Return the variable that says whether a posting has ended by month t; once its officer has left, that is whether it had begun."""
    return e[t] if t < len(e) else s[-1]


def _sum(terms: list) -> pulp.LpAffineExpression:
    """Return a sum of terms in which a variable may come more than once."""
    total: dict = {}
    for v, c in terms:
        total[v] = total.get(v, 0) + c
    return pulp.LpAffineExpression(list(total.items()))


def _start(problem: TenureProblem, known: list[Posting], begins: Steps, ends: Steps) -> dict:
    """Return the steps of known postings as a start for the solver."""
    held = {(p.officer, p.beat): p for p in known}
    start = {}
    for pair, s in begins.items():
        p = held.get(pair)
        for t, v in enumerate(s):
            start[v] = float(v.lowBound or 0.0) if p is None else float(t >= p.begin)
        for t, v in enumerate(ends[pair]):
            start[v] = 0.0 if p is None else float(t >= p.end)
    return start


def _postings(problem: TenureProblem, begins: Steps, ends: Steps) -> list[Posting]:
    found = []
    for (o, b), s in begins.items():
        held = [t for t in range(len(s)) if round(s[t].varValue or 0) - round(ends[o, b][t].varValue or 0) == 1]
        if held:
            found.append(Posting(o, b, held[0], held[-1] + 1))
    return sorted(found, key=lambda p: (p.officer, p.begin))
