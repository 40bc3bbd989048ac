"""What postings amount to: the figures of the objective and the rules that are broken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beatplanner.solver.officers.problem import CHANGE_WINDOW, FREE, Posting, TenureProblem, Weights


@dataclass(frozen=True)
class PostingFigures:
    """What the postings cost, in the parts of the objective."""

    vacant_months: int
    tenure_violations: int
    language_gaps: int
    gender_gaps: int
    rotations: int
    home_km_months: float
    unpreferred_months: int
    changed_months: int
    speaker_months: float = 0.0
    must_months: int = 0

    def objective(self, weights: Weights) -> float:
        """Return the weighted sum."""
        parts = (
            self.vacant_months,
            self.tenure_violations,
            self.language_gaps,
            self.gender_gaps,
            self.rotations,
            self.home_km_months,
            self.unpreferred_months,
            self.changed_months,
            self.speaker_months,
            self.must_months,
        )
        return float(sum(w * p for w, p in zip(weights, parts, strict=True)))


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
    found: list[tuple[int, int, int, int]] = []
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
        bound[p.officer, span] &= a.published[p.officer, span] != a.beat[p.place]
    return bound.sum(axis=1)


def measure(problem: TenureProblem, postings: list[Posting]) -> PostingFigures:
    """Return the figures of postings.

    A language gap is a beat and month in which a language that the beat needs is spoken by none of its officers, counted once
    however many languages lack, while speakers without an officer are counted by people and months; and a gender gap one in which a beat that should have both has not.
    """
    a = problem.arrays
    vacant = int(np.maximum(0, a.posts[:, None] - staffed(problem, postings)).sum())
    lacking = gap_months(problem, postings)
    without = lacking.sum(axis=2)
    speakers = 0.0 if problem.speakers is None else float((without * problem.speakers * a.needs).sum())
    must = 0 if problem.must is None else int((without * problem.must).sum())
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
    return PostingFigures(vacant, broken, gaps[0], gaps[1], rotations, float(km), unpreferred, changed, speakers, must)


@dataclass(frozen=True)
class Breach:
    """A hard rule that postings break.

    Attributes
    ----------
    rule
        ``"twice"``, ``"available"``, ``"allowed"``, ``"again"``, ``"capacity"``, ``"handover"``, ``"short"``, ``"maximum"``, ``"frozen"``,
        ``"couple"``, ``"moves"``, ``"half"``, ``"wish"`` or ``"often"``; and, of a plan, ``"notice"``.
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
            low = problem.below is not None and bool(problem.below[o, p.place])
            # one posting may be against a wish and against hardship: each is a rule of its own
            other = problem.allowed is not None and not problem.allowed[o, p.place]
            wrong += [Breach("wish", o, p.place, p.begin)] if low else []
            wrong += [Breach("allowed", o, p.place, p.begin)] if other or not low else []
        if (o, int(a.beat[p.place])) in beats_of:
            wrong.append(Breach("again", o, p.place, p.begin))
        beats_of.add((o, int(a.beat[p.place])))
        if not stay and p.end - p.begin < h and p.end < a.months:
            wrong.append(Breach("short", o, p.place, p.begin))
        limit = max(a.longest - a.served[o], h) if stay else a.longest
        if p.end - p.begin > limit:
            wrong.append(Breach("maximum", o, p.place, int(p.begin + limit)))
    wrong += _crowded(problem, postings)
    there = np.where(held >= 0, a.beat[held], -1)
    for o, t in np.argwhere((a.frozen != FREE) & (a.frozen != there)):
        wrong.append(Breach("frozen", int(o), int(a.asked[o, t]), int(t)))
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
    if problem.most_moves is not None:
        wrong += _often(problem, postings)
    if a.half:
        wrong += _changing(problem, postings)
    return wrong


def _often(problem: TenureProblem, postings: list[Posting]) -> list[Breach]:
    """Return the first rotation of each officer beyond the most that there may be."""
    found: list[Breach] = []
    count = np.zeros(len(problem.first), int)
    for p in sorted(postings, key=lambda p: (p.officer, p.begin)):
        count[p.officer] += _rotates(problem, p, postings)
        if count[p.officer] == (problem.most_moves or 0) + 1 and _rotates(problem, p, postings):
            found.append(Breach("often", p.officer, p.place, p.begin))
    return found


def _rotates(problem: TenureProblem, posting: Posting, postings: list[Posting]) -> bool:
    if stays_in(problem, posting):
        return False
    before = any(p.officer == posting.officer and p.begin < posting.begin for p in postings)
    return bool(problem.arrays.rooted[posting.officer]) or before


def _crowded(problem: TenureProblem, postings: list[Posting]) -> list[Breach]:
    a, h = problem.arrays, problem.handover
    wrong: list[Breach] = []
    count, load = staffed(problem, postings), np.zeros((len(a.posts), a.months), int)
    begun, ended = np.zeros_like(load), np.zeros((len(a.posts), a.months + h + 1), int)
    for p in postings:
        until = p.end - h if p.end < a.months else p.end
        span = slice(p.begin, max(p.begin, until))
        load[p.place, span] += a.works[p.officer, span] & (a.back[p.officer, span] != p.place)
        for t in np.flatnonzero(a.falls[p.officer, p.begin + 1 : p.end]) + p.begin + 1:
            # a stand-in begins at once, however near the end of the plan
            ended[p.place, t + h] += 1
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
        must = t == a.stop[o] or a.frozen[o, t] not in (FREE, a.beat[place])
        (forced if must else chosen)[a.beat[place], t] += 1
    return chosen, forced


def _changing(problem: TenureProblem, postings: list[Posting]) -> list[Breach]:
    a = problem.arrays
    wrong: list[Breach] = []
    chosen, forced = changes(problem, postings)
    limit = np.maximum(1, np.bincount(a.beat, weights=a.posts, minlength=a.beats).astype(int) // 2)
    for b in range(a.beats):
        for t in range(max(1, a.months - CHANGE_WINDOW + 1)):
            window = slice(t, t + CHANGE_WINDOW)
            if chosen[b, window].any() and chosen[b, window].sum() + forced[b, window].sum() > limit[b]:
                wrong.append(Breach("half", -1, int(np.flatnonzero(a.beat == b)[0]), t))
                break
    return wrong


def stay(problem: TenureProblem) -> list[Posting]:
    """Return today's postings, each as long as its officer is available."""
    return [
        Posting(o, int(b), 0, int(problem.arrays.stop[o]))
        for o, b in enumerate(problem.home)
        if b >= 0 and problem.last[o] > 0
    ]
