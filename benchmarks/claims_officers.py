"""Officers' claims against a model of another kind: whole series of postings are enumerated, and scipy's HiGHS chooses one for each officer.

Nothing of `solver.officers` is used but the problem's plain fields, so that a wrong bound, a wrong optimum or a rule that is wrongly called
unkeepable shows. ``python -m benchmarks.claims_officers 200`` prints how many instances of each kind were tried and what was wrong.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import breaches, measure
from beatplanner.solver.officers.problem import FREE, TenureProblem, Weights

WEIGHTS = Weights(1000.0, 500.0, 50.0, 30.0, 20.0, 0.01, 0.005, 3.0)
KINDS = ("maximum", "frozen", "couples", "moves", "half", "sick", "all", "often", "wish", "fair")
YEAR = 12
Series = tuple[tuple[int, int, int], ...]  # (place, begin, end) by month


def random_problem(seed: int, kind: str) -> TenureProblem:
    """Return a force of 3 to 5 officers, 2 or 3 beats and 4 to 7 months under the rules of a kind."""
    random = np.random.default_rng([seed, KINDS.index(kind)])
    officers, beats, months = int(random.integers(3, 6)), int(random.integers(2, 4)), int(random.integers(4, 8))
    first = np.where(random.random(officers) < 0.3, random.integers(0, months, officers), 0)
    last = np.where(random.random(officers) < 0.3, random.integers(1, months + 1, officers), months + 99)
    home = np.where(first == 0, random.integers(-1, beats, officers), -1)
    least = int(random.integers(0, months))
    more: dict[str, object] = {}
    if kind in ("maximum", "frozen", "all"):
        more["max_tenure"] = max(1, least + int(random.integers(0, 4)))
    if kind in ("frozen", "all"):
        published = np.where(random.random((officers, 1)) < 0.7, home[:, None], -1) * np.ones((1, months), int)
        published[np.arange(months)[None] >= last[:, None]] = -1
        frozen = np.full((officers, months), FREE)
        until = int(random.integers(1, months))
        frozen[:, :until] = published[:, :until]
        frozen[random.random(officers) < 0.3] = FREE
        more |= {"published": published, "frozen": frozen}
    if kind in ("couples", "all"):
        more["couples"] = ((0, officers - 1), (0, 1))
    if kind in ("moves", "all"):
        more["moves_a_month"] = int(random.integers(0, 2))
    if kind in ("half", "all"):
        more["half_a_year"] = True
    if kind in ("sick", "all"):
        works = np.ones((officers, months), bool)
        begin = int(random.integers(months))
        works[int(random.integers(officers)), begin : begin + int(random.integers(1, months + 1))] = False
        more["works"] = works
    if kind in ("often", "fair"):
        more["most_moves"] = int(random.integers(0, 3))
    if kind in ("wish", "fair"):
        more["below"] = random.random((officers, beats)) < 0.4
    if kind == "fair" and random.random() < 0.5:
        # what was published may move somebody too often, or below their wishes
        published = np.where(random.random((officers, months)) < 0.5, home[:, None], -1)
        published[:, months // 2 :] = random.integers(-1, beats, (officers, 1))
        published[np.arange(months)[None] >= last[:, None]] = -1
        frozen = np.full((officers, months), FREE)
        frozen[:2] = published[:2]
        more |= {"published": published, "frozen": frozen}
    return TenureProblem(
        posts=random.integers(1, 3, beats),
        months=months,
        first=first,
        last=last,
        home=home,
        rooted=home >= 0,
        served=random.integers(0, 5, officers),
        kilometres=random.random((officers, beats)) * 9,
        has=random.random((officers, 3)) < 0.5,
        needs=random.random((beats, 3)) < 0.5,
        aspect=np.array([0, 0, 1]),
        min_tenure=least,
        handover=int(random.integers(0, 3)),
        weights=WEIGHTS,
        allowed=random.random((officers, beats)) < 0.9,
        speakers=random.integers(0, 6000, (beats, 3)) * (random.random() < 0.6),
        must=random.random((beats, 3)) < 0.15,
        **more,
    )


def series_of(problem: TenureProblem, o: int) -> Iterator[Series]:
    """Yield every series that officer o may serve, whatever the others do."""
    months, beats = problem.months, len(problem.posts)
    stop, home = int(min(max(problem.last[o], 0), months)), int(problem.home[o])
    longest = 10_000 if problem.max_tenure is None else problem.max_tenure
    frozen = np.full(months, FREE) if problem.frozen is None else problem.frozen[o]

    def on(t: int, held: tuple[tuple[int, int, int], ...]) -> Iterator[Series]:
        if t == stop:
            yield held
            return
        if frozen[t] in (FREE, -1):
            yield from on(t + 1, held)
        used = {p for p, _, _ in held}
        for p in range(beats):
            stays = t == 0 and p == home
            if p in used or (p == home and not stays):
                continue
            if not stays and (t < problem.first[o] or (problem.allowed is not None and not problem.allowed[o, p])):
                continue
            if not stays and problem.below is not None and problem.below[o, p]:
                continue
            limit = max(longest - problem.served[o], problem.handover) if stays else longest
            for e in range(t + 1, stop + 1):
                if frozen[e - 1] not in (FREE, p) or e - t > limit:
                    break
                if stays or e - t >= problem.handover or e == months:
                    yield from on(e, (*held, (p, t, e)))

    if (frozen[stop:] < 0).all():
        yield from on(0, ())


def own_cost(problem: TenureProblem, o: int, series: Series) -> float:
    """Return what a series costs by itself."""
    w, stop, home = problem.weights, int(min(max(problem.last[o], 0), problem.months)), int(problem.home[o])
    stays = [t == 0 and p == home for p, t, _ in series]
    total = 0.0
    for (p, t, e), stay in zip(series, stays, strict=True):
        served = e - t + (int(problem.served[o]) if stay else 0)
        total += w.tenure_violation * (e < stop and served < problem.min_tenure)
        total += w.home_km_month * float(problem.kilometres[o, p]) * (e - t)
    if home >= 0 and problem.last[o] > 0 and not any(stays):
        total += w.tenure_violation * (problem.served[o] < problem.min_tenure)
    total += w.rotation * (stays.count(False) if problem.rooted[o] else max(0, len(series) - 1))
    if problem.published is not None:
        held = np.full(problem.months, -1)
        for p, t, e in series:
            held[t:e] = p
        span = np.arange(problem.months)
        span = (span >= (0 if home >= 0 else problem.first[o])) & (span < stop)
        total += w.changed_month * int(((problem.published[o] >= 0) & (problem.published[o] != held) & span).sum())
    return total


def optimum(problem: TenureProblem) -> float:
    """Return the least objective of postings that keep every rule, inf where there are none."""
    officers, beats, months, h = len(problem.first), len(problem.posts), problem.months, problem.handover
    works = np.ones((officers, months), bool) if problem.works is None else problem.works
    stop = np.clip(problem.last, 0, months)
    chosen = [(o, s) for o in range(officers) for s in series_of(problem, o) if not _too_often(problem, o, s)]
    cost = [own_cost(problem, o, s) for o, s in chosen]
    lower, upper = [0.0] * len(chosen), [1.0] * len(chosen)
    rows: list[dict[int, float]] = []
    low: list[float] = []
    high: list[float] = []

    def column(price: float, most: float) -> int:
        cost.append(price)
        lower.append(0.0)
        upper.append(most)
        return len(cost) - 1

    def row(entries: dict[int, float], least: float, most: float) -> None:
        rows.append(entries)
        low.append(least)
        high.append(most)

    def count(of) -> dict[int, float]:
        """Return the entries of what `of` counts in an officer's series."""
        found = {k: float(of(o, s)) for k, (o, s) in enumerate(chosen)}
        return {k: v for k, v in found.items() if v}

    for o in range(officers):
        row({k: 1.0 for k, (q, _) in enumerate(chosen) if q == o}, 1, 1)
    today = np.bincount(problem.home[(problem.home >= 0) & (problem.last > 0)], minlength=beats)
    back = _back(problem, works)
    for p in range(beats):
        posts = int(problem.posts[p])
        vacancy = []
        for t in range(months):
            there = count(lambda o, s, p=p, t=t: works[o, t] and any(q == p and b <= t < e for q, b, e in s))
            v, some = column(problem.weights.vacant_month, posts), column(0.0, 1)
            vacancy.append(v)
            # v = max(0, posts − there), by whether any post is vacant
            row({**there, v: 1.0}, posts, np.inf)
            row({v: 1.0, some: -posts}, -np.inf, 0)
            row({**there, v: 1.0, some: float(officers)}, -np.inf, posts + officers)
            full = count(
                lambda o, s, p=p, t=t: (
                    works[o, t]
                    and back[o, t] != p
                    and any(q == p and b <= t < (e - h if e < months else e) for q, b, e in s)
                )
            )
            row(full, -np.inf, max(posts, int(today[p])))
            if h and t:
                begun = count(
                    lambda o, s, p=p, t=t: problem.first[o] <= t - h and any(q == p and b == t for q, b, _ in s)
                )
                ends = count(
                    lambda o, s, p=p, t=t: any(
                        q == p and (e == t + h < months or (b < t < e and works[o, t - 1] and not works[o, t]))
                        for q, b, e in s
                    )
                )
                entries = dict(begun)
                for k, n in ends.items():
                    entries[k] = entries.get(k, 0.0) - n
                row({**entries, vacancy[t - 1]: -1.0}, -np.inf, 0)
        for aspect, price in ((0, problem.weights.language_gap), (1, problem.weights.gender_gap)):
            wanted = np.flatnonzero(problem.needs[p] & (problem.aspect == aspect))
            for t in range(months if len(wanted) else 0):
                gap = column(price, 1)
                for k in wanted:
                    alone = WEIGHTS.speaker_month * problem.speakers[p, k] + WEIGHTS.language_must * problem.must[p, k]
                    lacks = column(float(alone), 1)
                    speaking = count(
                        lambda o, s, p=p, t=t, k=k: (
                            problem.has[o, k] and works[o, t] and any(q == p and b <= t < e for q, b, e in s)
                        )
                    )
                    row({**speaking, lacks: 1.0}, 1, np.inf)
                    row({gap: 1.0, lacks: -1.0}, 0, np.inf)
        if problem.half_a_year:
            limit = max(1, posts // 2)
            for t in range(max(1, months - YEAR + 1)):
                span = range(t, min(t + YEAR, months))
                free = count(lambda o, s, p=p, span=span: sum(_changes(problem, o, s, p, u, stop)[0] for u in span))
                all_ = count(lambda o, s, p=p, span=span: sum(sum(_changes(problem, o, s, p, u, stop)) for u in span))
                some = column(0.0, 1)
                row({**free, some: -float(officers * months)}, -np.inf, 0)
                row({**all_, some: float(officers * months)}, -np.inf, limit + officers * months)
    for o, q in problem.couples:
        both = problem.home[o] >= 0 and problem.home[o] == problem.home[q]
        for p in range(beats):
            for t in range(max(1, h) if both else 0, months):
                row(
                    count(lambda x, s, p=p, t=t, o=o, q=q: x in (o, q) and any(r == p and b <= t < e for r, b, e in s)),
                    -np.inf,
                    1,
                )
    if problem.moves_a_month is not None:
        for t in range(months):
            moving = count(
                lambda o, s, t=t: any(
                    b == t and not (t == 0 and p == problem.home[o]) and (problem.rooted[o] or i > 0)
                    for i, (p, b, _) in enumerate(s)
                )
            )
            row(moving, -np.inf, problem.moves_a_month)
    entries = [(i, k, v) for i, r in enumerate(rows) for k, v in r.items()]
    where, which, value = (np.array([e[j] for e in entries]) for j in range(3))
    matrix = csr_array((value, (where, which)), shape=(len(rows), len(cost)))
    found = milp(
        np.array(cost),
        constraints=LinearConstraint(matrix, np.array(low, float), np.array(high, float)),
        bounds=Bounds(np.array(lower), np.array(upper)),
        integrality=np.ones(len(cost)),
        options={"mip_rel_gap": 1e-9},
    )
    if found.status == 2:
        return np.inf
    assert found.status == 0, found.message
    return float(found.fun)


def _changes(problem: TenureProblem, o: int, series: Series, beat: int, t: int, stop: np.ndarray) -> tuple[int, int]:
    """Return how often o leaves a beat in month t by choice, and because they leave the force or are frozen elsewhere."""
    ends = [(p, e) for p, _, e in series if e < problem.months]
    if problem.home[o] >= 0 and stop[o] > 0 and not any(b == 0 and p == problem.home[o] for p, b, _ in series):
        ends.append((int(problem.home[o]), 0))
    free, must = 0, 0
    for p, e in ends:
        if p == beat and e == t:
            forced = t == stop[o] or (problem.frozen is not None and problem.frozen[o, t] not in (FREE, p))
            free, must = free + (not forced), must + forced
    return free, must


def _too_often(problem: TenureProblem, o: int, series: Series) -> bool:
    """Return whether a series moves o more often than may be; of who serves nowhere today the first posting is no move."""
    moves = sum(t > 0 or p != problem.home[o] for p, t, _ in series) - (not problem.rooted[o])
    return problem.most_moves is not None and moves > problem.most_moves


def _back(problem: TenureProblem, works: np.ndarray) -> np.ndarray:
    """Return the place in which an officer, back from sickness, does not count to the room, (O, T)."""
    back = np.full(works.shape, -1)
    for o, t in np.argwhere(works[:, 1:] & ~works[:, :-1]):
        held = problem.home[o] if problem.published is None else problem.published[o, t]
        back[o, t + 1 : t + 1 + max(1, problem.min_tenure)] = held
    return back


def wrong_claims(problem: TenureProblem, seconds: float = 30.0, effort: float = 1.0) -> list[str]:
    """Return what is wrong in what `assign` says of a problem."""
    best = optimum(problem)
    found = assign(problem, seconds=seconds, effort=effort)
    broken = breaches(problem, found.postings)
    wrong = []
    if (found.rules == "kept") != (not broken):
        wrong.append(f"said “{found.rules}” of postings that break {len(broken)} rules")
    if found.rules == "impossible" and np.isfinite(best):
        wrong.append(f"called impossible, but {best:g} can be had")
    if found.rules == "not found" and np.isfinite(best):
        wrong.append(f"not found, but {best:g} can be had")
    if found.rules == "kept":
        worth = measure(problem, found.postings).objective(problem.weights)
        if worth < best - 1e-6:
            wrong.append(f"objective {worth:g} below the optimum {best:g}")
        if found.lower_bound is None or found.lower_bound > best + 1e-6 * max(1.0, best):
            wrong.append(f"bound {found.lower_bound} above the optimum {best:g}")
        elif worth > best * (1 + 1e-4) + 1e-3:
            wrong.append(f"objective {worth:g} where {best:g} is optimal")
    return wrong


def main(number: int) -> None:
    """Try `number` instances, spread over the kinds, and print what was wrong."""
    begin, tried, bad = time.monotonic(), Counter(), Counter()
    for seed in range(number):
        kind = KINDS[seed % len(KINDS)]
        problem = random_problem(seed, kind)
        tried[kind] += 1
        for text in wrong_claims(problem):
            bad[kind] += 1
            print(f"{kind} {seed}: {text}", flush=True)
    print(f"{number} instances in {time.monotonic() - begin:.0f} s")
    for kind in KINDS:
        print(f"{kind:8} {tried[kind]:4} tried, {bad[kind]} wrong")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
