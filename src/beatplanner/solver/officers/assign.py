"""Who holds which post, month by month: postings that last, with handover, languages and few rotations.

A *place* is the posts of one beat that ask for the same of their holder (a language, a driving licence, a woman); most beats are one place.
Model over officers o, places p and months t = 0..T−1. S_opt = 1 from the month in which o's posting in p begins, E_opt = 1 from that in
which it ends; so y_opt = S_opt − E_opt says that o holds a post in p. An officer has at most one posting in each beat::

    min  w_v Σ v_pt + w_z Σ z_op + Σ_a w_a Σ g_abt + w_r Σ r_o + Σ c_op y_opt + w_d Σ_ot (1 − y_o,published(o,t),t)
    s.t. S, E do not fall with t, E_opt ≤ S_opt                        one posting a pair
         Σ_p y_opt ≤ 1, y_opt = 0 where o is not available, or the post asks for what o has not
         E_opt ≤ S_op,t−U + z_op while o has not left                  minimum tenure U; for today's holders months served count
         E_opt ≥ S_op,t−X                                              maximum tenure X, where there is one
         Σ_o at work y_opt + v_pt ≥ posts_p                            vacant posts
         Σ_o at work (S_opt − E_op,t+h) ≤ posts_p + surplus_p          more only while a successor overlaps by h months
         Σ_o (S_opt − S_op,t−1) ≤ v_p,t−1 + Σ_o (E_op,t+h − E_op,t+h−1) + Σ_o falls sick in t (S_op,t−1 − E_opt)
                                                                       a beginning fills a vacancy, overlaps or stands in
         Σ_{o has k, p of b} y_opt + g_abt ≥ 1  for each k of a        what the beat's officers should cover: languages, both sexes
         r_o ≥ beginnings of o away from today's beat (without one: beyond the first)
         y_opt given in frozen months; couples never in one beat; at most m rotations a month;
         in any 12 months at most half of a beat's officers change by choice, those who leave counted

E_opt ≤ S_op,t−U is the minimum up-time of Rajan and Takriti (2005), written with cumulative variables so that each row has three entries.
The handover row leaves out officers who were not available h months before, and postings that were ordered: they may begin at once. Surplus
posts are those that today's holders keep where a beat has more officers than posts. Who comes back from sickness to their post does not count
there for U months, so that whoever stood in may serve on for the minimum. A posting that begins lasts at least h months.

Method: a search over whole series of postings (`tenure_search`), a Lagrangian bound in which each officer takes the series that is cheapest
at the prices of posts and languages (`tenure_bound`), prices by column generation, whose program is mostly whole by itself (`tenure_columns`), and, with what
the bound cannot exclude, the exact model (`tenure_exact`).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from beatplanner.solver.officers import bound as tenure_bound
from beatplanner.solver.officers import columns as tenure_columns
from beatplanner.solver.officers import exact as tenure_exact
from beatplanner.solver.officers import search as tenure_search

# A month that is not frozen, in `TenureProblem.frozen`.
FREE = -2
# The window of the rule on changes in a beat, months.
CHANGE_WINDOW = 12


class Weights(NamedTuple):
    """What each figure costs."""

    vacant_month: float = 10_000.0
    tenure_violation: float = 5_000.0
    language_gap: float = 50.0
    gender_gap: float = 25.0
    rotation: float = 20.0
    home_km_month: float = 0.01
    unpreferred_month: float = 0.005
    changed_month: float = 0.0


DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True)
class TenureProblem:
    """Officers, places and months; O, P, B, T, K count officers, places, beats, months and what officers may have.

    Attributes
    ----------
    posts
        (P,) posts of each place.
    months
        T, length of the horizon.
    first, last
        (O,) available in months first <= t < last.
    home
        (O,) place held at the start, -1 for none.
    rooted
        (O,) bool: serves in a beat today, so that every new posting is a rotation; else the first one is none.
    served
        (O,) months served in that place before the start.
    kilometres
        (O, P) from home to the beat.
    has
        (O, K) bool: languages spoken and the like.
    needs
        (B, K) bool: what each beat's officers should cover together.
    aspect
        (K,) 0 for a language, 1 for a sex.
    min_tenure, handover
        Months.
    weights
        Of the figures.
    beat
        (P,) beat of each place; as many places as beats where None.
    allowed
        (O, P) bool: may take a post there; everybody everywhere where None.
    unpreferred
        (O, P) bool: not among the beats that the officer would like; nowhere where None.
    works
        (O, T) bool: at work; an officer who is sick keeps the post but does not fill it. Always where None.
    frozen
        (O, T) place that must be held, -1 for none, `FREE` for any; all free where None.
    published
        (O, T) place held in the published plan, -1 for none, which is compared with; nothing where None.
    ordered
        (O,) month in which an ordered posting begins, which needs no handover; -1 for none, and all where None.
    max_tenure
        Months, or None.
    carried
        (O,) bool: the beat served today exists no more and `home` carries it on, which counts as a rotation; nobody where None.
    couples
        Pairs of officers who must not share a beat.
    moves_a_month
        Rotations that may begin in a month over the force, or None.
    half_a_year
        Whether at most half of a beat's officers may change in any 12 months.
    """

    posts: np.ndarray
    months: int
    first: np.ndarray
    last: np.ndarray
    home: np.ndarray
    rooted: np.ndarray
    served: np.ndarray
    kilometres: np.ndarray
    has: np.ndarray
    needs: np.ndarray
    aspect: np.ndarray
    min_tenure: int
    handover: int
    weights: Weights = DEFAULT_WEIGHTS
    beat: np.ndarray | None = None
    allowed: np.ndarray | None = None
    unpreferred: np.ndarray | None = None
    works: np.ndarray | None = None
    frozen: np.ndarray | None = None
    published: np.ndarray | None = None
    ordered: np.ndarray | None = None
    max_tenure: int | None = None
    carried: np.ndarray | None = None
    couples: tuple[tuple[int, int], ...] = ()
    moves_a_month: int | None = None
    half_a_year: bool = False
    arrays: Arrays = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", _arrays(self))


class Arrays(NamedTuple):
    """A problem with nothing left out, as the compiled code takes it.

    `stop` is the first month after an officer's last, `falls` (O, T) whether an officer falls sick in a month, and `back` (O, T) the place in which
    an officer, back from sickness, does not count to the room; -1 for none.
    """

    posts: np.ndarray
    surplus: np.ndarray
    beat: np.ndarray
    beats: int
    months: int
    first: np.ndarray
    stop: np.ndarray
    home: np.ndarray
    rooted: np.ndarray
    served: np.ndarray
    cost: np.ndarray
    allowed: np.ndarray
    works: np.ndarray
    falls: np.ndarray
    back: np.ndarray
    has: np.ndarray
    needs: np.ndarray
    aspect: np.ndarray
    gap: np.ndarray
    frozen: np.ndarray
    pinned: np.ndarray
    published: np.ndarray
    ordered: np.ndarray
    carried: np.ndarray
    partner: np.ndarray
    grace: int
    tenure: int
    longest: int
    handover: int
    moves: int
    half: bool
    vacant: float
    broken: float
    rotation: float
    changed: float


def _arrays(p: TenureProblem) -> Arrays:
    officers, places, months = len(p.first), len(p.posts), p.months
    w = p.weights
    beat = np.arange(places) if p.beat is None else np.asarray(p.beat)
    cost = w.home_km_month * np.asarray(p.kilometres, float)
    if p.unpreferred is not None:
        cost = cost + w.unpreferred_month * p.unpreferred
    frozen = np.full((officers, months), FREE) if p.frozen is None else p.frozen
    partner = np.full((officers, max(1, max((sum(o in c for c in p.couples) for o in range(officers)), default=0))), -1)
    for a, b in p.couples if p.couples else ():
        for one, other in ((a, b), (b, a)):
            partner[one, np.flatnonzero(partner[one] < 0)[0]] = other
    allowed = np.ones((officers, places), bool) if p.allowed is None else np.array(p.allowed, dtype=bool)
    # who leaves today's beat does not come back
    allowed[(p.home >= 0)[:, None] & (beat == beat[p.home][:, None])] = False
    works = np.ones((officers, months), bool) if p.works is None else np.ascontiguousarray(p.works, dtype=bool)
    falls, back = _sick(p, works)
    there = p.home[(p.home >= 0) & (p.last > 0)].astype(int)
    return Arrays(
        posts=p.posts.astype(np.int64),
        surplus=np.maximum(0, np.bincount(there, minlength=places) - p.posts).astype(np.int64),
        beat=beat.astype(np.int64),
        beats=int(beat.max()) + 1 if places else 0,
        months=months,
        first=np.minimum(p.first, months).astype(np.int64),
        stop=np.clip(p.last, 0, months).astype(np.int64),
        home=p.home.astype(np.int64),
        rooted=np.asarray(p.rooted, bool),
        served=p.served.astype(np.int64),
        cost=np.ascontiguousarray(cost, dtype=float),
        allowed=allowed,
        works=works,
        falls=falls,
        back=back,
        has=np.ascontiguousarray(p.has, dtype=bool).reshape(officers, -1),
        needs=np.ascontiguousarray(p.needs, dtype=bool).reshape(int(beat.max()) + 1 if places else 0, -1),
        aspect=p.aspect.astype(np.int64),
        gap=np.array([w.language_gap, w.gender_gap]),
        frozen=np.ascontiguousarray(frozen, dtype=np.int64),
        pinned=(frozen != FREE).any(axis=1) if months else np.zeros(officers, bool),
        published=np.full((officers, months), -1, np.int64)
        if p.published is None
        else np.ascontiguousarray(p.published, dtype=np.int64),
        ordered=np.full(officers, -1, np.int64) if p.ordered is None else p.ordered.astype(np.int64),
        carried=w.rotation * (np.zeros(officers) if p.carried is None else np.asarray(p.carried, float)),
        partner=partner.astype(np.int64),
        grace=max(1, p.handover),
        tenure=int(p.min_tenure),
        longest=10_000 if p.max_tenure is None else int(p.max_tenure),
        handover=int(p.handover),
        moves=10_000 if p.moves_a_month is None else int(p.moves_a_month),
        half=p.half_a_year,
        vacant=float(w.vacant_month),
        broken=float(w.tenure_violation),
        rotation=float(w.rotation),
        changed=float(w.changed_month) if p.published is not None else 0.0,
    )


def _sick(p: TenureProblem, works: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the months in which officers fall sick, and where they do not count to the room after it, (O, T) each."""
    falls, back = np.zeros(works.shape, bool), np.full(works.shape, -1, np.int64)
    falls[:, 1:] = works[:, :-1] & ~works[:, 1:]
    for o, last in np.argwhere(works[:, 1:] & ~works[:, :-1]):
        held = int(p.home[o]) if p.published is None else int(p.published[o, last])
        back[o, last + 1 : last + 1 + max(1, p.min_tenure)] = held
    return falls, back


@dataclass(frozen=True)
class Posting:
    """Officer `officer` holds a post in place `place` in months begin <= t < end."""

    officer: int
    place: int
    begin: int
    end: int


@dataclass(frozen=True)
class Figures:
    """What the postings cost, in the parts of the objective."""

    vacant_months: int
    tenure_violations: int
    language_gaps: int
    gender_gaps: int
    rotations: int
    home_km_months: float
    unpreferred_months: int
    changed_months: int

    def objective(self, weights: Weights) -> float:
        """Return the weighted sum."""
        parts = (
            self.vacant_months, self.tenure_violations, self.language_gaps, self.gender_gaps, self.rotations, self.home_km_months,
            self.unpreferred_months, self.changed_months,
        )  # fmt: skip
        return float(sum(w * p for w, p in zip(weights, parts, strict=True)))


def presence(problem: TenureProblem, postings: list[Posting]) -> np.ndarray:
    """Return who holds a post where and when, (O, P, T) bool."""
    held = np.zeros((len(problem.first), len(problem.posts), problem.months), bool)
    for p in postings:
        held[p.officer, p.place, p.begin : p.end] = True
    return held


def staffed(problem: TenureProblem, postings: list[Posting]) -> np.ndarray:
    """Return how many officers are at work in each place and month, (P, T)."""
    count = np.zeros((len(problem.posts), problem.months), int)
    for p in postings:
        count[p.place, p.begin : p.end] += problem.arrays.works[p.officer, p.begin : p.end]
    return count


def stays_in(problem: TenureProblem, posting: Posting) -> bool:
    """Return whether a posting goes on from today."""
    return posting.begin == 0 and posting.place == problem.home[posting.officer]


def broken_tenures(problem: TenureProblem, postings: list[Posting]) -> list[tuple[int, int, int, int]]:
    """Return (officer, place, month of the end, months served) of each tenure that is broken.

    A tenure is broken where a posting ends before the minimum though its officer has not left and the horizon has not ended; months
    served before the start count, and so does a posting of today that ends at once.
    """
    found = []
    stop = problem.arrays.stop
    kept = {p.officer for p in postings if stays_in(problem, p)}
    for o in np.flatnonzero((problem.home >= 0) & (problem.last > 0) & (problem.served < problem.min_tenure)):
        if o not in kept:
            found.append((int(o), int(problem.home[o]), 0, int(problem.served[o])))
    for p in postings:
        served = p.end - p.begin + (int(problem.served[p.officer]) if stays_in(problem, p) else 0)
        if p.end < stop[p.officer] and served < problem.min_tenure:
            found.append((p.officer, p.place, p.end, served))
    return sorted(found)


def gap_months(problem: TenureProblem, postings: list[Posting]) -> np.ndarray:
    """Return where and when nobody has what a beat needs, (B, K, T) bool; False where it is not needed."""
    a = problem.arrays
    lacking = np.repeat(a.needs[:, :, None], problem.months, axis=2)
    for p in postings:
        here = a.works[p.officer, p.begin : p.end]
        lacking[a.beat[p.place], a.has[p.officer], p.begin : p.end] &= ~here
    return lacking


def changed_months(problem: TenureProblem, postings: list[Posting]) -> np.ndarray:
    """Return the months of the published plan that each officer, though available, does not serve as published, (O,)."""
    a = problem.arrays
    if problem.published is None:
        return np.zeros(len(a.first), int)
    month = np.arange(a.months)
    bound = (a.published >= 0) & (month < a.stop[:, None]) & ((month >= a.first[:, None]) | (a.home >= 0)[:, None])
    for p in postings:
        span = slice(p.begin, p.end)
        bound[p.officer, span] &= a.published[p.officer, span] != p.place
    return bound.sum(axis=1)


def measure(problem: TenureProblem, postings: list[Posting]) -> Figures:
    """Return the figures of postings.

    A language gap is a beat and month in which a language that the beat needs is spoken by none of its officers, counted once
    however many languages lack; and a gender gap one in which a beat that should have both has not.
    """
    a = problem.arrays
    vacant = int(np.maximum(0, a.posts[:, None] - staffed(problem, postings)).sum())
    lacking = gap_months(problem, postings)
    gaps = [int(lacking[:, a.aspect == k].any(axis=1).sum()) for k in range(2)]
    rotations = 0
    for o in range(len(a.first)):
        mine = [p for p in postings if p.officer == o]
        new = sum(not stays_in(problem, p) for p in mine)
        rotations += new if a.rooted[o] else max(0, len(mine) - 1)
        if problem.carried is not None and problem.carried[o]:
            rotations += len(mine) - new
    km = sum((p.end - p.begin) * float(problem.kilometres[p.officer, p.place]) for p in postings)
    unpreferred = 0
    if problem.unpreferred is not None:
        unpreferred = sum((p.end - p.begin) * int(problem.unpreferred[p.officer, p.place]) for p in postings)
    broken = len(broken_tenures(problem, postings))
    changed = int(changed_months(problem, postings).sum())
    return Figures(vacant, broken, gaps[0], gaps[1], rotations, float(km), unpreferred, changed)


@dataclass(frozen=True)
class Breach:
    """A hard rule that postings break.

    Attributes
    ----------
    rule
        ``"twice"``, ``"available"``, ``"allowed"``, ``"again"``, ``"capacity"``, ``"handover"``, ``"short"``, ``"maximum"``, ``"frozen"``,
        ``"couple"``, ``"moves"`` or ``"half"``.
    officer, place, month
        Where; -1 where it is no one's or nowhere's in particular.
    """

    rule: str
    officer: int
    place: int
    month: int


def breaches(problem: TenureProblem, postings: list[Posting]) -> list[Breach]:
    """Return the hard rules that postings break; empty where none."""
    a, h = problem.arrays, problem.handover
    wrong: list[Breach] = []
    held = np.full((len(a.first), a.months), -1)
    beats_of: set[tuple[int, int]] = set()
    for p in sorted(postings, key=lambda p: (p.officer, p.begin)):
        o, stay = p.officer, stays_in(problem, p)
        if (held[o, p.begin : p.end] >= 0).any():
            wrong.append(Breach("twice", o, p.place, p.begin))
        held[o, p.begin : p.end] = p.place
        if (p.begin < a.first[o] and not stay) or p.end > a.stop[o]:
            wrong.append(Breach("available", o, p.place, p.begin))
        if not stay and not a.allowed[o, p.place]:
            wrong.append(Breach("allowed", o, p.place, p.begin))
        if (o, int(a.beat[p.place])) in beats_of:
            wrong.append(Breach("again", o, p.place, p.begin))
        beats_of.add((o, int(a.beat[p.place])))
        if not stay and p.end - p.begin < h and p.end < a.months:
            wrong.append(Breach("short", o, p.place, p.begin))
        limit = max(a.longest - a.served[o], h) if stay else a.longest
        if p.end - p.begin > limit:
            wrong.append(Breach("maximum", o, p.place, int(p.begin + limit)))
    wrong += _crowded(problem, postings)
    for o, t in np.argwhere((a.frozen != FREE) & (a.frozen != held)):
        wrong.append(Breach("frozen", int(o), int(a.frozen[o, t]), int(t)))
    for o, q in problem.couples:
        both = (held[o] >= 0) & (held[q] >= 0) & (a.beat[held[o]] == a.beat[held[q]])
        if a.home[o] >= 0 and a.home[q] >= 0 and a.beat[a.home[o]] == a.beat[a.home[q]]:
            both[: a.grace] = False
        wrong += [Breach("couple", o, int(held[o, t]), int(t)) for t in np.flatnonzero(both)[:1]]
    if problem.moves_a_month is not None:
        count = np.zeros(a.months, int)
        for p in postings:
            count[p.begin] += _rotates(problem, p, postings)
        wrong += [Breach("moves", -1, -1, int(t)) for t in np.flatnonzero(count > a.moves)]
    if a.half:
        wrong += _changing(problem, postings)
    return wrong


def _rotates(problem: TenureProblem, posting: Posting, postings: list[Posting]) -> bool:
    if stays_in(problem, posting):
        return False
    before = any(p.officer == posting.officer and p.begin < posting.begin for p in postings)
    return bool(problem.arrays.rooted[posting.officer]) or before


def _crowded(problem: TenureProblem, postings: list[Posting]) -> list[Breach]:
    a, h, wrong = problem.arrays, problem.handover, []
    count, load = staffed(problem, postings), np.zeros((len(a.posts), a.months), int)
    begun, ended = np.zeros_like(load), np.zeros((len(a.posts), a.months + h + 1), int)
    for p in postings:
        until = p.end - h if p.end < a.months else p.end
        span = slice(p.begin, max(p.begin, until))
        load[p.place, span] += a.works[p.officer, span] & (a.back[p.officer, span] != p.place)
        for t in np.flatnonzero(a.falls[p.officer, p.begin + 1 : p.end]) + p.begin + 1:
            ended[p.place, t + h] += t + h < a.months
        ended[p.place, p.end] += p.end < a.months
        if p.begin > 0 and h and a.first[p.officer] <= p.begin - h and a.ordered[p.officer] != p.begin:
            begun[p.place, p.begin] += 1
    for p, t in np.argwhere(load > (a.posts + a.surplus)[:, None]):
        wrong.append(Breach("capacity", -1, int(p), int(t)))
    vacant = np.maximum(0, a.posts[:, None] - count)
    filled = vacant[:, : a.months - 1] + ended[:, 1 + h : a.months + h] if a.months > 1 else vacant[:, :0]
    wrong += [Breach("handover", -1, int(p), int(t) + 1) for p, t in np.argwhere(begun[:, 1:] > filled)]
    return wrong


def changes(problem: TenureProblem, postings: list[Posting]) -> tuple[np.ndarray, np.ndarray]:
    """Return ends of postings by beat and month, (B, T) each: those by choice, and those of officers who leave or are frozen elsewhere."""
    a = problem.arrays
    chosen, forced = np.zeros((a.beats, a.months), int), np.zeros((a.beats, a.months), int)
    kept = {p.officer for p in postings if stays_in(problem, p)}
    ends = [(p.officer, p.place, p.end) for p in postings if p.end < a.months]
    ends += [(o, a.home[o], 0) for o in range(len(a.first)) if a.home[o] >= 0 and a.stop[o] > 0 and o not in kept]
    for o, place, t in ends:
        must = t == a.stop[o] or a.frozen[o, t] not in (FREE, place)
        (forced if must else chosen)[a.beat[place], t] += 1
    return chosen, forced


def _changing(problem: TenureProblem, postings: list[Posting]) -> list[Breach]:
    a, wrong = problem.arrays, []
    chosen, forced = changes(problem, postings)
    limit = np.maximum(1, np.bincount(a.beat, weights=a.posts, minlength=a.beats).astype(int) // 2)
    for b in range(a.beats):
        for t in range(max(1, a.months - CHANGE_WINDOW + 1)):
            window = slice(t, t + CHANGE_WINDOW)
            if chosen[b, window].any() and chosen[b, window].sum() + forced[b, window].sum() > limit[b]:
                wrong.append(Breach("half", -1, int(np.flatnonzero(a.beat == b)[0]), t))
                break
    return wrong


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
    effort: float = 1.0,
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
    effort
        Of search, bound and proof; 1 is enough for a proof on a town, less for a quick look.
    tell
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
    end = time.monotonic() + seconds

    def stop() -> bool:
        return cancelled() or time.monotonic() > end

    a = problem.arrays
    if not len(a.first) or not len(a.posts):
        return Postings([], float(a.posts.sum() * a.months * a.vacant))
    search = tenure_search.Search(a, seed)
    prices = tenure_bound.Prices(a)
    moves = _moves(a, effort)

    def look(share: float, heat: float, part: float) -> None:
        now = time.monotonic()
        search.improve(int(part * moves), stop, now + share * max(0.0, end - now), heat)
        tell(search.best, prices.bound)

    def near() -> bool:
        return not search.penalty and search.best - prices.bound <= CLOSE * search.best

    # straight down, then with prices, then from what the prices' program mixes
    look(0.1, 0.0, 0.1)
    until = time.monotonic() + BOUND_SHARE * max(0.0, end - time.monotonic())
    if not stop():
        mixture = tenure_columns.raise_bound(
            a,
            prices,
            search.postings(),
            search.best,
            lambda: -1.0 if cancelled() else until - time.monotonic(),
            most=max(1, int(effort * MASTERS)),
            tell=lambda: tell(search.best, prices.bound),
        )
        search.start_from(_likeliest(mixture))
        tell(search.best, prices.bound)
    for heat in HEAT:
        if stop() or near():
            break
        look(SEARCH_SHARE, heat, 1 / len(HEAT))
    found = [Posting(*p) for p in search.postings()]
    best, bound = measure(problem, found).objective(problem.weights), prices.bound
    clean = not breaches(problem, found)
    small = a.cost.size * a.months <= EXACT_SIZE
    if small and clean and not stop() and best - bound > CLOSE * best:
        known = [(p.officer, p.place, p.begin, p.end) for p in found]
        solved = tenure_exact.solve(
            a,
            known,
            best,
            prices,
            seconds=end - time.monotonic(),
            threads=threads,
            seed=seed,
            effort=effort,
            cancelled=cancelled,
        )
        if solved.postings is not None:
            other = [Posting(*p) for p in solved.postings]
            worth = measure(problem, other).objective(problem.weights)
            if worth < best and not breaches(problem, other):
                found, best = other, worth
        if solved.bound is not None:
            bound = max(bound, solved.bound)
    tell(best, bound)
    return Postings(found, max(0.0, min(bound, best)) if clean else None)


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
        posts=one, months=3, first=0 * one, last=9 * one, home=np.array([0, -1]), rooted=np.array([True, False]), served=one,
        kilometres=np.ones((2, 2)), has=np.ones((2, 1), bool), needs=np.ones((2, 1), bool), aspect=np.zeros(1, int), min_tenure=1, handover=1,
    )  # fmt: skip
    search, prices = tenure_search.Search(problem.arrays, 0), tenure_bound.Prices(problem.arrays)
    search.improve(2, lambda: False, np.inf, 1.0)
    tenure_columns.raise_bound(problem.arrays, prices, search.postings(), search.best, lambda: 60.0, most=2)
    prices.starts(1)


# Shares of the time that is left: for the prices, and then for each round of the search; what remains is the exact model's.
BOUND_SHARE, SEARCH_SHARE = 0.7, 0.2
# How hot each round begins; the first goes straight down.
HEAT = (0.0, 0.1, 0.02)
# Masters solved at most, so that a plan on a slow machine is the same.
MASTERS = 2_000
CLOSE = 5e-5
# Officers × places × months above which the exact model would take longer to build than it could help.
EXACT_SIZE = 5_000_000
# Moves of the search an officer.
MOVES_AN_OFFICER, LEAST_MOVES = 1_500, 20_000


def _moves(a: Arrays, effort: float) -> int:
    return int(effort * max(LEAST_MOVES, MOVES_AN_OFFICER * len(a.first)))


def stay(problem: TenureProblem) -> list[Posting]:
    """Return today's postings, each as long as its officer is available."""
    return [
        Posting(o, int(b), 0, int(problem.arrays.stop[o]))
        for o, b in enumerate(problem.home)
        if b >= 0 and problem.last[o] > 0
    ]
