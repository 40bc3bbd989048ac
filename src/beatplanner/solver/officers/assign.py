"""Who holds which post, month by month: postings that last, with handover, languages and few rotations.

A *place* is the posts of one beat that ask for the same of their holder (a language, a driving licence, a woman); most beats are one place.
Model over officers o, places p and months t = 0..T−1. S_opt = 1 from the month in which o's posting in p begins, E_opt = 1 from that in
which it ends; so y_opt = S_opt − E_opt says that o holds a post in p. An officer has at most one posting in each beat::

    min  w_v Σ v_pt + w_z Σ z_op + Σ_a w_a Σ g_abt + Σ l_bk n_bkt + w_r Σ r_o + Σ c_op y_opt + w_d Σ_ot (1 − Σ_{p of published(o,t)} y_opt)
    s.t. S, E do not fall with t, E_opt ≤ S_opt                        one posting a pair
         Σ_p y_opt ≤ 1, y_opt = 0 where o is not available, or the post asks for what o has not
         E_opt ≤ S_op,t−U + z_op while o has not left                  minimum tenure U; for today's holders months served count
         E_opt ≥ S_op,t−X                                              maximum tenure X, where there is one
         Σ_o at work y_opt + v_pt ≥ posts_p                            vacant posts
         Σ_o at work (S_opt − E_op,t+h) ≤ posts_p + surplus_p          more only while a successor overlaps by h months
         Σ_o (S_opt − S_op,t−1) ≤ v_p,t−1 + Σ_o (E_op,t+h − E_op,t+h−1) + Σ_o falls sick in t (S_op,t−1 − E_opt)
                                                                       a beginning fills a vacancy, overlaps or stands in
         Σ_{o has k, p of b} y_opt + n_bkt ≥ 1,  g_abt ≥ n_bkt         what the beat's officers should cover: languages (l_bk by speakers), both sexes
         r_o ≥ beginnings of o away from today's beat (without one: beyond the first)
         Σ_{p new to o} S_op,T−1 ≤ m_o                                 rotations of an officer at most, one more where o serves nowhere today
         S_op,T−1 = 0 where b of p stands below the last wish of o that may be given, or hardship or the way from home rules it out
         Σ_{p of b} y_opt given in frozen months; couples never in one beat; at most m rotations a month;
         in any 12 months at most half of a beat's officers change by choice, those who leave counted

E_opt ≤ S_op,t−U is the minimum up-time of Rajan and Takriti (2005), written with cumulative variables so that each row has three entries.
The handover row leaves out officers who were not available h months before, and postings that were ordered: they may begin at once. Surplus
posts are those that today's holders keep where a beat has more officers than posts. Who comes back from sickness to their post does not count
there for U months, so that whoever stood in may serve on for the minimum. A posting that begins lasts at least h months.

Method: a search over whole series of postings (`search`), a Lagrangian bound in which each officer takes the series that is cheapest
at the prices of posts and languages (`bound`, `prices`), prices by column generation (`columns`), whole series from what it mixes (`whole`), and, with what
the bound cannot exclude, the exact model (`exact`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from beatplanner.solver.clock import read_clock, watch
from beatplanner.solver.officers import columns as tenure_columns
from beatplanner.solver.officers import exact as tenure_exact
from beatplanner.solver.officers import prices as tenure_prices
from beatplanner.solver.officers import search as tenure_search
from beatplanner.solver.officers import whole as tenure_whole
from beatplanner.solver.officers.figures import breaches, measure
from beatplanner.solver.officers.problem import Arrays, Posting, Postings, PriceProof, TenureProblem


def assign(
    problem: TenureProblem,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    effort: float = 1.0,
    quick: bool = False,
    progress: Callable[[float, float | None], None] = lambda best, bound: None,
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
    effort
        Of search, bound and proof; 1 is enough for a proof on a town.
    quick
        Whether it is a look of fixed length: models whose length nobody knows before are left out, but where the search broke a rule that the exact
        one may keep.
    progress
        Called with the best objective and the bound.
    cancelled
        True ends the search.

    Returns
    -------
    Postings
        Today's postings as long as they may last, without a bound, where nothing better was found in time. Where rules on couples,
        moves or changes cannot be kept, `breaches` of the postings names what is left of them.
    """
    prepare()
    end = read_clock(cancelled) + seconds
    stop = watch(cancelled).until(end)

    a = problem.arrays
    if not len(a.first) or not len(a.posts):
        return Postings([], float(a.posts.sum() * a.months * a.vacant))
    search = tenure_search.PostingSearch(a, seed)
    prices = tenure_prices.PostMultipliers(a)
    moves = _moves(a, effort)

    def report() -> None:
        # what breaks a rule is no plan yet: its penalties are no figure of a plan
        if not search.penalty:
            progress(search.best, prices.bound)

    def look(share: float, heat: float, part: float) -> None:
        until = read_clock(cancelled) + share * max(0.0, end - read_clock(cancelled))
        search.improve(int(part * moves), watch(cancelled).until(min(end, until)), heat)
        report()

    def near() -> bool:
        return not search.penalty and search.best - prices.bound <= CLOSE * search.best

    # straight down, then with prices, then from what the prices' program mixes
    look(0.1, 0.0, 0.1)
    until = read_clock(cancelled) + BOUND_SHARE * max(0.0, end - read_clock(cancelled))
    if not stop():
        mixture = tenure_columns.raise_bound(
            a,
            prices,
            search.postings(),
            search.best,
            lambda: -1.0 if cancelled() else until - read_clock(cancelled),
            # each master is dearer than the one before it
            most=max(1, int(effort ** (2 if quick else 1) * MASTERS)),
            progress=report,
        )
        search.start_from(_likeliest(mixture.shares))
        if tenure_columns.stays_coarse(a):
            # of coarse rows the likeliest series seldom fit together
            search.go_back()
        elif not quick and not near() and not stop():
            seconds_left = WHOLE_SHARE * (end - read_clock(cancelled))
            whole = tenure_whole.whole_series(
                a, prices, mixture.series, seconds=seconds_left, seed=seed, cancelled=stop
            )
            if whole is not None:
                search.start_from(whole)
        report()
    for heat in HEAT:
        if stop() or near():
            break
        look(SEARCH_SHARE, heat, 1 / len(HEAT))
    found = [Posting(*p) for p in search.postings()]
    outcome = _decide(
        problem, found, prices, end, threads=threads, seed=seed, effort=effort, quick=quick, cancelled=cancelled
    )
    progress(measure(problem, outcome.postings).objective(problem.weights), outcome.lower_bound or prices.bound)
    return outcome


def _decide(
    problem: TenureProblem,
    found: list[Posting],
    prices: tenure_prices.PostMultipliers,
    end: float,
    *,
    threads: int,
    seed: int,
    effort: float,
    quick: bool,
    cancelled: Callable[[], bool],
) -> Postings:
    """Let the exact model better what the search found, or say whether the rules that it broke can be kept at all."""
    a, proof = problem.arrays, PriceProof(*prices.best, bound=prices.bound)
    best, bound = measure(problem, found).objective(problem.weights), prices.bound
    clean, impossible = not breaches(problem, found), False
    small = a.cost.size * a.months <= EXACT_SIZE
    # first as it is; again where a handover was bought by a vacancy that nobody had
    for strict in (False, True):
        done = clean and (quick or best - bound <= CLOSE * best)
        if not small or done or cancelled() or read_clock(cancelled) > end:
            break
        known = [(p.officer, p.place, p.begin, p.end) for p in found] if clean else []
        solved = tenure_exact.solve(
            a,
            known,
            best if clean else np.inf,
            prices,
            seconds=end - read_clock(cancelled),
            threads=threads,
            seed=seed,
            effort=effort,
            strict=strict,
            cancelled=cancelled,
        )
        bound = bound if solved.bound is None else max(bound, solved.bound)
        impossible = solved.impossible
        if solved.postings is None:
            break
        other = [Posting(*p) for p in solved.postings]
        worth = measure(problem, other).objective(problem.weights)
        if not breaches(problem, other):
            if worth < best or not clean:
                found, best, clean = other, worth, True
            break
    if clean:
        return Postings(found, max(0.0, min(bound, best)), proof)
    return Postings(found, None, proof, "impossible" if impossible else "not found")


def _likeliest(mixture: list[tuple[int, tuple[tuple[int, int, int], ...], float]]) -> list[tuple[int, int, int, int]]:
    """Return the postings of the series with the largest share of each officer, by officer and month."""
    share: dict[int, float] = {}
    chosen: dict[int, tuple[tuple[int, int, int], ...]] = {}
    for o, series, x in mixture:
        if x > share.get(o, 0.0):
            share[o], chosen[o] = x, series
    return [(o, *posting) for o in sorted(chosen) for posting in chosen[o]]


@functools.cache
def prepare() -> None:
    """Compile search and bound, before the clock starts: it takes half a minute once on a machine, and is kept on disk."""
    one = np.ones(2, int)
    problem = TenureProblem(
        posts=one,
        months=3,
        first=0 * one,
        last=9 * one,
        home=np.array([0, -1]),
        rooted=np.array([True, False]),
        served=one,
        kilometres=np.ones((2, 2)),
        has=np.ones((2, 1), bool),
        needs=np.ones((2, 1), bool),
        aspect=np.zeros(1, int),
        min_tenure=1,
        handover=1,
        speakers=np.ones((2, 1)),
    )
    search, prices = tenure_search.PostingSearch(problem.arrays, 0), tenure_prices.PostMultipliers(problem.arrays)
    search.improve(2, lambda: False, 1.0)
    tenure_columns.raise_bound(problem.arrays, prices, search.postings(), search.best, lambda: 60.0, most=2)
    prices.starts(1)


# Shares of the time that is left: for the prices, for whole series of what they mix, and then for each round of the search; what remains is
# the exact model's.
BOUND_SHARE, WHOLE_SHARE, SEARCH_SHARE = 0.7, 0.7, 0.2
# How hot each round begins; the first goes straight down.
HEAT = (0.0, 0.1, 0.02)
# Masters solved at most, so that a plan on a slow machine is the same.
MASTERS = 2_000
CLOSE = 5e-5
# Officers × places × months above which the exact model would take longer to build than it could help.
EXACT_SIZE = 5_000_000
# Moves of the search an officer.
MOVES_AN_OFFICER, LEAST_MOVES, MOST_MOVES = 1_500, 20_000, 330_000


def _moves(a: Arrays, effort: float) -> int:
    return int(effort * min(MOST_MOVES, max(LEAST_MOVES, MOVES_AN_OFFICER * len(a.first))))
