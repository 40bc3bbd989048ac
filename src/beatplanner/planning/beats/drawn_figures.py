"""What a drawn plan comes to, counted anew from arrays, and the rules that it breaks, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.data.findings import amount_text, share_beside, share_text
from beatplanner.data.result.alphabet import natural
from beatplanner.planning.beats.amounts import HAIR, amounts_of, bands, outside
from beatplanner.planning.beats.drawn_plan import DrawnPlan
from beatplanner.planning.beats.held_balances import HeldBalance, held_balances
from beatplanner.planning.workload import officers_required


@dataclass(frozen=True)
class DrawnFigures:
    """What a drawing comes to; arrays have a row for each beat that has units, in the order of `beat`.

    Attributes
    ----------
    beat
        (K,) ids.
    hours, mean, lower, upper
        (K,) officer hours a year; its municipality's mean, and between what the tolerance lets it be (0 and inf without rules).
    deviation
        (K,) signed share of the mean.
    residents
        (K,) residents; NaN where unknown.
    officers
        (K,) officers required.
    moved_in
        (K,) residents (hours, where residents are unknown) who come from another of today's beats; NaN without today's beats.
    pieces
        (K,) pieces that the beat falls into; 1 is whole.
    adrift
        Positions of the units outside the main piece of their beat.
    max_deviation
        Greatest absolute deviation.
    moved_share
        Share of residents who change beat against today; None without today's beats.
    changed
        Residents (hours, where residents are unknown) in another beat than when drawing began.
    balances
        What the beats have of the amounts that are balanced beside the hours.
    broken
        Rules that are broken, in words with names.
    """

    beat: tuple[str, ...]
    hours: np.ndarray
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    deviation: np.ndarray
    residents: np.ndarray
    officers: np.ndarray
    moved_in: np.ndarray
    pieces: np.ndarray
    adrift: np.ndarray
    max_deviation: float
    moved_share: float | None
    changed: float
    balances: tuple[HeldBalance, ...]
    broken: tuple[str, ...]

    @property
    def contiguous(self) -> bool:
        """Whether every beat is in one piece."""
        return not len(self.adrift)


def drawn_figures(drawn: DrawnPlan) -> DrawnFigures:
    """Return what a drawn plan comes to now."""
    count = len(drawn.ids)
    label, work = drawn.label, drawn.workload
    rules, description = drawn.town.description.beats, drawn.town.description

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(label, weights=values, minlength=count)

    size = np.bincount(label, minlength=count)
    used = np.array(sorted(np.flatnonzero(size), key=lambda k: natural(drawn.ids[k])))
    first = np.zeros(count, int)
    first[label[::-1]] = np.arange(len(label))[::-1]
    home = drawn.municipality[first[used]]
    hours = total(work.hours)[used]
    _, town = np.unique(home, return_inverse=True)
    mean = (np.bincount(town, weights=hours) / np.bincount(town))[town]
    deviation = np.divide(hours, mean, out=np.ones(len(hours)), where=mean > 0) - 1
    tolerance = rules.tolerance if rules is not None else None
    free = np.zeros(len(mean)), np.full(len(mean), np.inf)
    lower, upper = free if tolerance is None else bands(mean, tolerance)
    officers = officers_required(
        total(work.reactive + work.fixed_hours)[used], total(work.community)[used], description.workload
    )
    moved_in, share = np.full(len(used), np.nan), None
    if drawn.known.any():
        today = np.array([drawn.number.get(c, -2) if isinstance(c, str) else -1 for c in drawn.current])
        moved = drawn.known & (today != label)
        moved_in = total(np.where(moved, drawn.people, 0.0))[used]
        whole = drawn.people[drawn.known].sum()
        share = float(drawn.people[moved].sum() / whole) if whole > 0 else 0.0
    pieces, adrift = _pieces(drawn)
    row = np.zeros(count, int)
    row[used] = np.arange(len(used))
    shares = rules.balances if rules is not None else {}
    found = DrawnFigures(
        beat=tuple(drawn.ids[int(k)] for k in used),
        hours=hours,
        mean=mean,
        lower=lower,
        upper=upper,
        deviation=deviation,
        residents=total(drawn.town.units["population"].to_numpy(float))[used],
        officers=officers,
        moved_in=moved_in,
        pieces=pieces[used],
        adrift=adrift,
        max_deviation=float(np.abs(deviation).max()),
        moved_share=share,
        changed=float(drawn.people[label != drawn.start].sum()),
        balances=held_balances(amounts_of(drawn.town, work), shares, row[label], home),
        broken=(),
    )
    return replace(found, broken=_broken(drawn, found))


def _pieces(drawn: DrawnPlan) -> tuple[np.ndarray, np.ndarray]:
    """Return how many pieces each beat has, (ids,), and the units outside the main one (that with the most hours)."""
    n, ends = len(drawn.label), drawn.ends
    same = drawn.label[ends[:, 0]] == drawn.label[ends[:, 1]]
    a, b = ends[same].T
    graph = sparse.csr_matrix((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
    number, piece = csgraph.connected_components(graph, directed=False)
    of = np.zeros(number, int)
    of[piece] = drawn.label
    pieces = np.bincount(of, minlength=len(drawn.ids))
    weight = np.bincount(piece, weights=drawn.workload.hours + 1e-9)
    order = np.lexsort((-weight, of))
    main = np.zeros(number, bool)
    main[order[np.r_[True, of[order][1:] != of[order][:-1]]]] = True
    return pieces, np.flatnonzero(~main[piece])


def _uneven(drawn: DrawnPlan, f: DrawnFigures) -> list[str]:
    """Return the beats that break a further balance, in words."""
    found: list[str] = []
    for b in f.balances:
        for k in np.flatnonzero(b.broken):
            unit = " km²" if b.name == "area" else ""
            beat, name, has = drawn.name(f.beat[k]), b.name, f"{amount_text(b.held[k])}{unit}"
            allowed = f"{amount_text(b.lower[k])} – {amount_text(b.upper[k])}{unit}"
            found.append(
                f"Beat {beat} has too much of {name}: {has}, and the rules allow {allowed}."
                if b.held[k] > b.upper[k]
                else f"Beat {beat} has too little of {name}: {has}, and the rules allow {allowed}."
            )
    return found


def _broken(drawn: DrawnPlan, f: DrawnFigures) -> tuple[str, ...]:
    """Return the rules that are broken, in words."""
    found: list[str] = []
    adrift = drawn.label[f.adrift]
    for k in np.flatnonzero(f.pieces > 1):
        lost = f.adrift[adrift == drawn.number[f.beat[k]]]
        found.append(
            f"Beat {drawn.name(f.beat[k])} falls into {f.pieces[k]} pieces; {drawn.places(lost)} cannot be reached inside it."
        )
    for k in np.flatnonzero(outside(f.hours, f.lower, f.upper)):
        side = "more" if f.hours[k] > f.upper[k] else "less"
        found.append(
            f"Beat {drawn.name(f.beat[k])} has {f.hours[k]:,.0f} hours a year, {side} than the {f.lower[k]:,.0f} to "
            f"{f.upper[k]:,.0f} that the rules allow."
        )
    found += _uneven(drawn, f)
    rules = drawn.town.description.beats
    if rules is not None and rules.max_moved is not None and (f.moved_share or 0.0) > rules.max_moved + HAIR:
        moved_share, max_moved = share_beside(f.moved_share or 0.0, rules.max_moved), share_text(rules.max_moved)
        found.append(f"{moved_share} of residents change beat, more than the {max_moved} that the rules allow.")
    locks = drawn.town.units["locked"].to_numpy(object)
    wrong = [
        i for i, b in enumerate(locks) if isinstance(b, str) and drawn.locked[i] and drawn.ids[drawn.label[i]] != b
    ]
    if wrong:
        found.append(f"{drawn.places(wrong)} must stay in the beat that the rules lock it to.")
    return tuple(found)
