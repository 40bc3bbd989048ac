"""The problem of officers over months: what is given, and what a posting is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

# A month that is not frozen, in `TenureProblem.frozen`.
FREE = -2

# Moves a month where the rules give no limit.
UNLIMITED = 10_000

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
    speaker_month: float = 0.01
    language_must: float = 1_000.0


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
    speakers
        (B, K) residents who speak it, for each of whom a month without an officer who does counts; none where None.
    must
        (B, K) bool: what a beat must have, as so many speak it; nothing where None.
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
        (O, T) place in whose beat the officer must serve, -1 for none, `FREE` for any; all free where None.
    published
        (O, T) place held in the published plan, -1 for none, whose beat is compared with; nothing where None.
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
    below
        (O, P) bool: below the last wish that officers may be moved to; nowhere where None. Who serves there today may stay.
    most_moves
        Rotations that an officer may begin within the months, or None.
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
    speakers: np.ndarray | None = None
    must: np.ndarray | None = None
    below: np.ndarray | None = None
    most_moves: int | None = None
    arrays: Arrays = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", _arrays(self))


class Arrays(NamedTuple):
    """A problem with nothing left out, as the compiled code takes it.

    `lack` (B, K) is what a month costs in which nobody there has what the beat needs, beside `gap`, `stop` is the first month after an officer's last, `falls` (O, T) whether an officer falls sick in a month, and `back` (O, T) the place in which
    an officer, back from sickness, does not count to the room; -1 for none. `most` are the rotations of an officer, `UNLIMITED` without a limit that could matter. `frozen` and `published` (O, T) are beats, as the public knows them, and
    `asked` (O, T) the places in which a search begins with these; -1 for none.
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
    lack: np.ndarray
    frozen: np.ndarray
    pinned: np.ndarray
    published: np.ndarray
    asked: np.ndarray
    ordered: np.ndarray
    carried: np.ndarray
    partner: np.ndarray
    grace: int
    tenure: int
    longest: int
    handover: int
    moves: int
    most: int
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
    published = np.full((officers, months), -1) if p.published is None else p.published
    partner = np.full((officers, max(1, max((sum(o in c for c in p.couples) for o in range(officers)), default=0))), -1)
    for a, b in p.couples if p.couples else ():
        for one, other in ((a, b), (b, a)):
            partner[one, np.flatnonzero(partner[one] < 0)[0]] = other
    allowed = np.ones((officers, places), bool) if p.allowed is None else np.array(p.allowed, dtype=bool)
    if p.below is not None:
        allowed &= ~np.asarray(p.below, bool)
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
        has=np.ascontiguousarray(p.has, dtype=bool).reshape(officers, np.shape(p.has)[-1]),
        needs=np.ascontiguousarray(p.needs, dtype=bool).reshape(
            int(beat.max()) + 1 if places else 0, np.shape(p.needs)[-1]
        ),
        aspect=p.aspect.astype(np.int64),
        gap=np.array([w.language_gap, w.gender_gap]),
        lack=_lack(p),
        frozen=_beats_of(frozen, beat),
        pinned=(frozen != FREE).any(axis=1) if months else np.zeros(officers, bool),
        published=_beats_of(published, beat),
        asked=np.ascontiguousarray(np.where(frozen == FREE, published, frozen), dtype=np.int64),
        ordered=np.full(officers, -1, np.int64) if p.ordered is None else p.ordered.astype(np.int64),
        carried=w.rotation * (np.zeros(officers) if p.carried is None else np.asarray(p.carried, float)),
        partner=partner.astype(np.int64),
        grace=max(1, p.handover),
        tenure=int(p.min_tenure),
        longest=10_000 if p.max_tenure is None else int(p.max_tenure),
        handover=int(p.handover),
        moves=UNLIMITED if p.moves_a_month is None else int(p.moves_a_month),
        most=UNLIMITED if p.most_moves is None or p.most_moves >= months else int(p.most_moves),
        half=p.half_a_year,
        vacant=float(w.vacant_month),
        broken=float(w.tenure_violation),
        rotation=float(w.rotation),
        changed=float(w.changed_month) if p.published is not None else 0.0,
    )


def _beats_of(places: np.ndarray, beat: np.ndarray) -> np.ndarray:
    """Return the beats of places by officer and month, (O, T); what is below 0 stays."""
    named = beat[np.maximum(places, 0)] if len(beat) else places
    return np.ascontiguousarray(np.where(places >= 0, named, places), dtype=np.int64)


def _lack(p: TenureProblem) -> np.ndarray:
    needs = np.asarray(p.needs, bool).reshape(len(p.needs), np.shape(p.needs)[-1])
    lack = np.zeros(needs.shape)
    if p.speakers is not None:
        lack += p.weights.speaker_month * np.asarray(p.speakers, float)
    if p.must is not None:
        lack += p.weights.language_must * np.asarray(p.must, float)
    return np.where(needs, lack, 0.0)


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
class Postings:
    """The best postings found, a proven bound on the objective (None where none was computed), and what proves it.

    A `proof` of less than `lower_bound` says that the rest was proven by HiGHS, which leaves nothing that can be checked. `rules` says whether the
    postings keep every rule, no postings can (proven), or none that do were found.
    """

    postings: list[Posting]
    lower_bound: float | None
    proof: PriceProof | None = None
    rules: Literal["kept", "impossible", "not found"] = "kept"


@dataclass(frozen=True)
class PriceProof:
    """Multipliers whose bound anybody can evaluate, as in `solver.officers.bound`.

    Attributes
    ----------
    posts, room, handover
        (P, T) α, β and γ.
    needs
        (B, K, T) δ.
    moves
        (T,) μ, 0 where moves are not limited.
    bound
        What they prove.
    """

    posts: np.ndarray
    room: np.ndarray
    handover: np.ndarray
    needs: np.ndarray
    moves: np.ndarray
    bound: float
