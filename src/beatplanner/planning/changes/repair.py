"""Repairing what was drawn: the least change that restores the rules.

`repair` looks for the beats nearest to the drawing that keep the rules: those in which the fewest residents live in another beat than drawn. On
small problems the exact model of `solver.nearest` finds them and proves it; beyond, a search that counts moved residents (`solver.districting`
with the goal `MOVES`) finds near ones, and what it moved without need is moved back, one connected group of units at a time. Locks hold throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from beatplanner.planning.beats.drawing import Drawing
from beatplanner.planning.beats.drawn_rules import drawn_town
from beatplanner.planning.changes import drawn_municipality
from beatplanner.planning.changes.drawn_municipality import DrawnMunicipality
from beatplanner.planning.proof import Progress, silent
from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.nearest import NearestProblem, nearest_districts

# A solver ends a little before its limit; whatever took this share of it was ended by it.
NEARLY = 0.95


@dataclass(frozen=True)
class Repair:
    """The least change that was found.

    Attributes
    ----------
    moves
        Position of each unit that moves: its new beat.
    residents
        Residents (hours, where residents are unknown) who move.
    bound
        Proven least number of them; None where none was proven.
    left
        Rules that are still broken, in words; empty where all are restored.
    words
        What moves, a sentence a pair of beats.
    cut
        Whether the time ended the search, so that more of it might restore more.
    """

    moves: dict[int, str]
    residents: float
    bound: float | None
    left: tuple[str, ...]
    words: tuple[str, ...]
    cut: bool = False


def repair(
    drawing: Drawing,
    *,
    seconds: float = 20.0,
    threads: int = 1,
    seed: int = 0,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> Repair:
    """Find the least change to a drawing that restores the rules; the drawing itself stays as it is.

    Parameters
    ----------
    drawing
        What was drawn.
    seconds
        Limit of wall time.
    threads, seed, progress, cancelled
        As for the solver.

    Returns
    -------
    Repair
        Without moves where no rule is broken, or nothing better was found; `left` tells.
    """
    end = read_clock(cancelled) + seconds
    figures = drawing.figures()
    beat = drawing.beat.astype(str)
    if not figures.broken:
        return Repair({}, 0.0, 0.0, (), ())
    budget = _budget(drawing)
    parts = [
        DrawnMunicipality(drawing, np.flatnonzero(drawing.municipality == m), beat)
        for m in sorted(set(drawing.municipality))
    ]
    if len(parts) == 1:
        parts[0].budget = budget
    bounds: list[float | None] = []
    cut = False
    for part in parts:
        if part.kept(part.wish):
            bounds.append(0.0)
            continue
        progress(f"repair of {part.name}" if part.name else "repair", None, None, 0.0)
        left = max(1.0, (end - read_clock(cancelled)) * (0.5 if budget is not None else 1.0))
        began = read_clock(cancelled)
        found, bound = part.solve(left, threads, seed, cancelled)
        cut |= read_clock(cancelled) - began >= NEARLY * left
        bounds.append(bound)
        if found is not None:
            beat[part.units] = np.array(part.own, dtype=object)[found]
    if budget is not None and len(parts) > 1 and _moved(drawing, beat) > budget + 1e-6:
        # what each needs by itself is more than all may: the budget is theirs together
        left = max(1.0, end - read_clock(cancelled))
        began = read_clock(cancelled)
        whole = _together(drawing, parts, beat, budget, left, (threads, seed, cancelled))
        cut |= read_clock(cancelled) - began >= NEARLY * left
        if whole is not None:
            bounds = [whole]
    before = drawing.beat.astype(str)
    moved = np.flatnonzero(beat != before)
    tried = replace_beats(drawing, beat)
    residents = float(drawing.people[moved].sum())
    known = [b for b in bounds if b is not None]
    return Repair(
        moves={int(u): str(beat[u]) for u in moved},
        residents=residents,
        bound=min(residents, sum(known)) if len(known) == len(bounds) else None,
        left=tried.figures().broken,
        words=moves_in_words(drawing, before, beat),
        cut=cut,
    )


def _budget(drawing: Drawing) -> float | None:
    """Return how many residents of the town may live elsewhere than today; None for any number."""
    rules = drawing.town.description.beats
    if rules is None or rules.max_moved is None or not drawing.known.any():
        return None
    return float(rules.max_moved * drawing.people[drawing.known].sum())


def _moved(drawing: Drawing, beat: np.ndarray) -> float:
    """Return how many residents of the town live elsewhere than today."""
    current = drawing.town.units["current"].to_numpy(object)
    return float(drawing.people[drawing.known & (current != beat)].sum())


def _together(
    drawing: Drawing,
    parts: Sequence[DrawnMunicipality],
    beat: np.ndarray,
    budget: float,
    seconds: float,
    how: tuple[int, int, Callable[[], bool]],
) -> float | None:
    """Repair municipalities within the budget that they share; `beat` is changed in place. Returns a bound for all, None where none was proven.

    Small towns by one model of all; else each in turn, within what the others leave.
    """
    threads, seed, cancelled = how
    bound = None
    if sum(len(p.units) * len(p.own) for p in parts) <= drawn_municipality.EXACT_PAIRS:
        units = np.concatenate([p.units for p in parts])
        wanted = _joined(parts, budget)
        found, bound = nearest_districts(wanted, seconds=seconds, threads=threads, seed=seed, cancelled=cancelled)
        if found is not None:
            beat[units] = np.array([b for p in parts for b in p.own], dtype=object)[found]
            return bound
    current = drawing.town.units["current"].to_numpy(object)
    end = read_clock(cancelled) + seconds
    for k, part in enumerate(sorted(parts, key=lambda p: -float(p.people.sum()))):
        if _moved(drawing, beat) <= budget + 1e-6:
            break
        others = drawing.known.copy()
        others[part.units] = False
        part.budget = budget - float(drawing.people[others & (current != beat)].sum())
        left = max(1.0, (end - read_clock(cancelled)) / (len(parts) - k))
        found, _ = part.solve(left, threads, seed, cancelled)
        if found is not None:
            beat[part.units] = np.array(part.own, dtype=object)[found]
    return bound


def _joined(parts: Sequence[DrawnMunicipality], budget: float) -> NearestProblem:
    """Return municipalities as one problem, in which each unit may be in beats of its own alone."""
    first = np.cumsum([0, *(len(p.own) for p in parts)])
    units = np.cumsum([0, *(len(p.units) for p in parts)])
    allowed = np.zeros((units[-1], first[-1]), bool)
    for k, (u, b) in enumerate(zip(units, first, strict=True)):
        if k < len(parts):
            allowed[u : units[k + 1], b : first[k + 1]] = True

    def numbered(values: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate([np.where(v >= 0, v + b, v) for v, b in zip(values, first, strict=False)])

    return NearestProblem(
        wish=numbered([p.wish for p in parts]),
        allowed=allowed,
        weight=np.concatenate([p.hours for p in parts]),
        lower=np.concatenate([np.full(len(p.own), p.lower) for p in parts]),
        upper=np.concatenate([np.full(len(p.own), p.upper) for p in parts]),
        residents=np.concatenate([p.people for p in parts]),
        edges=np.concatenate([p.edges + u for p, u in zip(parts, units, strict=False)]),
        locked=numbered([p.locked for p in parts]),
        current=numbered([p.current for p in parts]),
        budget=budget,
    )


def replace_beats(drawing: Drawing, beat: np.ndarray) -> Drawing:
    """Return another drawing of the same town with these beats, (n,), to look at its figures."""
    return Drawing(drawn_town(drawing), drawing.workload, beat.astype(object), names=drawing.names)


def moves_in_words(drawing: Drawing, before: np.ndarray, after: np.ndarray) -> tuple[str, ...]:
    """Say which units change beat, a sentence for each pair of beats, the greatest first."""
    moved = np.flatnonzero(before != after)
    pairs: dict[tuple[str, str], list[int]] = {}
    for u in moved:
        pairs.setdefault((str(before[u]), str(after[u])), []).append(int(u))
    order = sorted(pairs.items(), key=lambda item: -drawing.people[item[1]].sum())
    said: list[str] = []
    for (a, b), places in order:
        units, people = drawing.places(places), drawing.people[places].sum()
        said.append(
            f"{units}: from beat {drawing.name(a)} to {drawing.name(b)}, {people:,.0f} residents."
            if drawing.town.has_population
            else f"{units}: from beat {drawing.name(a)} to {drawing.name(b)}, {people:,.0f} hours a year."
        )
    return tuple(said)
