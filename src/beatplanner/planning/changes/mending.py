"""Mending a plan that was drawn on: the least change that restores the rules, and solving on from the drawing.

`repair` looks for the beats nearest to the drawing that keep the rules: those in which the fewest residents live in another beat than drawn. On
small problems the exact model of `solver.nearest` finds them and proves it; beyond, a search that counts moved residents (`solver.districting`
with the goal `MOVES`) finds near ones, and what it moved without need is moved back, one connected group of units at a time. Locks hold throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.output_place import check_place
from beatplanner.data.paths import whole_path
from beatplanner.data.project.edits import Edit, write_edits
from beatplanner.data.publish.everything import write_everything
from beatplanner.data.result.folder import check_result_place, read_result
from beatplanner.data.result.service_files import write_service
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.drawing import Drawing, RefusedError, with_rules_of_plan
from beatplanner.planning.beats.naming import ids_of_today, true_ids
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.forum.forum_pack import check_pack_inputs, empty_pack, write_pack
from beatplanner.planning.prepared import prepare_solvers
from beatplanner.planning.progress import of_run
from beatplanner.planning.proof import Progress, Proof, Unproven, silent
from beatplanner.planning.whole.country import write_country
from beatplanner.planning.whole.plan import Plan
from beatplanner.planning.whole.run import STEPS, Step, _beats_of, make_plan, sum_up, summarise, tables
from beatplanner.planning.whole.served import service_inputs, service_of
from beatplanner.planning.whole.verdict import write_verdict
from beatplanner.planning.workload import plan_workload
from beatplanner.solver.clock import read_clock, watch
from beatplanner.solver.districts.nearest import NearestProblem, nearest_districts
from beatplanner.solver.districts.solve import (
    MOVES,
    DistrictingProblem,
    LocksApartError,
    NoRoomError,
    connected,
    solve_districts,
)

# Units times beats up to which the exact model of the nearest beats is tried.
EXACT_PAIRS = 4_000
HAIR = 1e-9
How = Literal["keep", "repair", "improve"]


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
    """

    moves: dict[int, str]
    residents: float
    bound: float | None
    left: tuple[str, ...]
    words: tuple[str, ...]


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
        _DrawnMunicipality(drawing, np.flatnonzero(drawing.municipality == m), beat)
        for m in sorted(set(drawing.municipality))
    ]
    if len(parts) == 1:
        parts[0].budget = budget
    bounds: list[float | None] = []
    for part in parts:
        if part.kept(part.wish):
            bounds.append(0.0)
            continue
        progress(f"repair of {part.name}" if part.name else "repair", None, None, 0.0)
        left = max(1.0, (end - read_clock(cancelled)) * (0.5 if budget is not None else 1.0))
        found, bound = part.solve(left, threads, seed, cancelled)
        bounds.append(bound)
        if found is not None:
            beat[part.units] = np.array(part.own, dtype=object)[found]
    if budget is not None and len(parts) > 1 and _moved(drawing, beat) > budget + 1e-6:
        # what each needs by itself is more than all may: the budget is theirs together
        left = max(1.0, end - read_clock(cancelled))
        whole = _together(drawing, parts, beat, budget, left, (threads, seed, cancelled))
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
    parts: Sequence[_DrawnMunicipality],
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
    if sum(len(p.units) * len(p.own) for p in parts) <= EXACT_PAIRS:
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


def _joined(parts: Sequence[_DrawnMunicipality], budget: float) -> NearestProblem:
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
    return Drawing(drawing.drawn_town(), drawing.workload, beat.astype(object), names=drawing.names)


def moves_in_words(drawing: Drawing, before: np.ndarray, after: np.ndarray) -> tuple[str, ...]:
    """Say which units change beat, a sentence for each pair of beats, the greatest first."""
    moved = np.flatnonzero(before != after)
    pairs: dict[tuple[str, str], list[int]] = {}
    for u in moved:
        pairs.setdefault((str(before[u]), str(after[u])), []).append(int(u))
    what = "residents" if drawing.town.has_population else "hours a year"
    order = sorted(pairs.items(), key=lambda item: -drawing.people[item[1]].sum())
    return tuple(
        f"{drawing.places(units)}: from beat {drawing.name(a)} to {drawing.name(b)}, {drawing.people[units].sum():,.0f} {what}."
        for (a, b), units in order
    )


class _DrawnMunicipality:
    """One municipality of a drawing that is to be repaired."""

    def __init__(self, drawing: Drawing, units: np.ndarray, every: np.ndarray) -> None:
        beat, self.name = every[units], str(drawing.municipality[units[0]] or "")
        town, rules = drawing.town, drawing.town.description.beats
        self.units, self.hours, self.people = units, drawing.workload.hours[units], drawing.people[units]
        self.own = list(dict.fromkeys(beat.tolist()))
        place = {b: k for k, b in enumerate(self.own)}
        self.wish = np.array([place[b] for b in beat])
        self.locked = np.where(drawing.locked[units], self.wish, -1)
        position = np.full(len(drawing.label), -1)
        position[units] = np.arange(len(units))
        ends = position[drawing.edges[["a", "b"]].to_numpy(int)]
        inside = (ends >= 0).all(axis=1)
        self.edges, self.border = ends[inside], drawing.edges["metres"].to_numpy(float)[inside]
        mean = self.hours.sum() / len(self.own)
        tolerance = rules.tolerance if rules is not None else None
        self.lower = mean * (1 - tolerance) if tolerance is not None else 0.0
        self.upper = mean * (1 + tolerance) if tolerance is not None else np.inf
        self.xy = drawing.points[units]
        current = town.units["current"].to_numpy(object)[units]
        self.current = np.array([place.get(c, -2) if isinstance(c, str) else -1 for c in current])
        self.budget: float | None = None

    def moved(self, district: np.ndarray) -> float:
        """Return the residents who live elsewhere than today."""
        return float(self.people[(self.current != -1) & (self.current != district)].sum())

    def kept(self, district: np.ndarray) -> bool:
        """Tell whether districts keep the rules."""
        return (
            self.outside(district) <= HAIR * self.hours.sum()
            and connected(district, self.edges)
            and self.in_budget(district)
        )

    def in_budget(self, district: np.ndarray) -> bool:
        """Tell whether no more residents change beat than may."""
        return self.budget is None or self.moved(district) <= self.budget + 1e-6

    def outside(self, district: np.ndarray) -> float:
        """Return the hours outside the bounds, summed over districts."""
        loads = np.bincount(district, weights=self.hours, minlength=len(self.own))
        over = np.maximum(0.0, loads - self.upper) if np.isfinite(self.upper) else 0.0 * loads
        return float((over + np.maximum(0.0, self.lower - loads)).sum())

    def solve(
        self, seconds: float, threads: int, seed: int, cancelled: Callable[[], bool]
    ) -> tuple[np.ndarray | None, float | None]:
        """Return the nearest districts that were found (None where none keep the rules) and a proven bound."""
        end = read_clock(cancelled) + seconds
        searched = self.searched(0.5 * seconds, threads, seed, cancelled)
        tried = [self.back(d) for d in (*searched, *(self.toward_today(d) for d in searched if not self.in_budget(d)))]
        bound = None
        if len(self.units) * len(self.own) <= EXACT_PAIRS:
            # the search takes a second where the proof may take minutes: what it found stands if the time ends
            exact, bound = self.exact(max(1.0, end - read_clock(cancelled)), threads, seed, cancelled)
            tried += [] if exact is None else [exact]
        kept = [d for d in tried if self.kept(d)]
        # without a plan that keeps every rule, connected beats that are better balanced are still a repair
        some = kept or [d for d in tried if connected(d, self.edges) and self.outside(d) < self.outside(self.wish)]
        some = some or [d for d in tried if connected(d, self.edges) and not connected(self.wish, self.edges)]
        return min(some, key=lambda d: (0.0 if kept else self.outside(d), self.apart(d)), default=None), bound

    def apart(self, district: np.ndarray) -> float:
        """Return the residents who live elsewhere than drawn."""
        return float(self.people[district != self.wish].sum())

    def exact(self, seconds, threads, seed, cancelled) -> tuple[np.ndarray | None, float | None]:
        """Solve the exact model."""
        count = len(self.own)
        wanted = NearestProblem(
            wish=self.wish,
            allowed=np.ones((len(self.units), count), bool),
            weight=self.hours,
            lower=np.full(count, self.lower),
            upper=np.full(count, self.upper),
            residents=self.people,
            edges=self.edges,
            locked=self.locked,
            current=self.current,
            budget=self.budget,
        )
        return nearest_districts(wanted, seconds=seconds, threads=threads, seed=seed, cancelled=cancelled)

    def searched(self, seconds, threads, seed, cancelled) -> list[np.ndarray]:
        """Search from the drawing, made whole, with the fewest residents moved as the goal."""
        whole = self.whole()
        if not np.isfinite(self.upper):
            return [whole]
        wanted = DistrictingProblem(
            weight=self.hours,
            xy=self.xy,
            edges=self.edges,
            border=self.border,
            count=len(self.own),
            lower=self.lower,
            upper=self.upper,
            goal=MOVES,
            residents=self.people + 1e-3,
            current=self.wish,
            locked=self.locked,
        )
        start = whole if connected(whole, self.edges) and len(np.unique(whole)) == len(self.own) else None
        try:
            found = solve_districts(
                wanted,
                seconds=seconds,
                threads=threads,
                seed=seed,
                prove=False,
                start=start,
                effort=0.25,
                cancelled=cancelled,
            )
        except (LocksApartError, NoRoomError, ValueError):
            # locks or barriers leave no such beats; what the drawing made whole is the best that can be said
            return [whole]
        return [whole, *self.relabelled(found.district, found.label)]

    def relabelled(self, district: np.ndarray, label: np.ndarray) -> list[np.ndarray]:
        """Return districts by the number of the drawn beat that each carries on."""
        free = iter(sorted(set(range(len(self.own))) - set(label[label >= 0].tolist())))
        numbers = np.array([k if k >= 0 else next(free) for k in label.tolist()])
        return [numbers[district]]

    def whole(self) -> np.ndarray:
        """Give each piece that its beat does not reach to the neighbour with the fewest hours, the smallest first."""
        district = self.wish.copy()
        n = len(district)
        stuck: set[int] = set()
        for _ in range(n):
            same = district[self.edges[:, 0]] == district[self.edges[:, 1]]
            graph = sparse.csr_matrix((np.ones(same.sum()), tuple(self.edges[same].T)), shape=(n, n))
            piece = csgraph.connected_components(graph, directed=False)[1]
            load = np.bincount(piece, weights=self.hours + 1e-9)
            held = np.bincount(piece, weights=self.locked >= 0) > 0
            of = np.zeros(len(load), int)
            of[piece] = district
            main = {int(k): int(max(np.flatnonzero(of == k), key=lambda p: (held[p], load[p]))) for k in np.unique(of)}
            lonely = [p for p in np.argsort(load) if main[int(of[p])] != p and not held[p] and int(p) not in stuck]
            for p in lonely:
                members = np.flatnonzero(piece == p)
                a, b = self.edges.T
                near = np.unique(np.r_[district[b[np.isin(a, members)]], district[a[np.isin(b, members)]]])
                near = near[near != of[p]]
                if len(near):
                    total = np.bincount(district, weights=self.hours, minlength=len(self.own))
                    district[members] = near[np.argmin(total[near])]
                    stuck = set()
                    break
            else:
                break
        return district

    def back(self, district: np.ndarray) -> np.ndarray:
        """Move back what was moved without need: connected groups first, then single units, while no rule suffers."""
        district = district.copy()
        for _ in range(8):
            changed = False
            for group in self.groups(district):
                before = district[group].copy()
                worth = (self.outside(district), not connected(district, self.edges), not self.in_budget(district))
                district[group] = self.wish[group]
                now = (self.outside(district), not connected(district, self.edges), not self.in_budget(district))
                if all(n <= w + HAIR * self.hours.sum() for n, w in zip(now, worth, strict=True)):
                    changed = True
                else:
                    district[group] = before
            if not changed:
                break
        return district

    def toward_today(self, district: np.ndarray) -> np.ndarray:
        """Give units back to today's beats until no more residents change beat than may, while no other rule suffers."""
        district = district.copy()
        while not self.in_budget(district):
            over = self.moved(district) - (self.budget or 0.0)
            groups = self.groups(district, np.where(self.current >= 0, self.current, district))
            # the fewest residents that do, else the most
            groups.sort(key=lambda g: (self.people[g].sum() < over - 1e-6, abs(float(self.people[g].sum()) - over)))
            for group in groups:
                before = district[group].copy()
                worth = (self.outside(district), not connected(district, self.edges))
                district[group] = self.current[group]
                now = (self.outside(district), not connected(district, self.edges))
                held = (self.locked[group] >= 0) & (self.locked[group] != district[group])
                if not held.any() and all(a <= b + HAIR * self.hours.sum() for a, b in zip(now, worth, strict=True)):
                    break
                district[group] = before
            else:
                return district
        return district

    def groups(self, district: np.ndarray, wish: np.ndarray | None = None) -> list[np.ndarray]:
        """Return connected groups of units that are elsewhere than wished (than drawn), the greatest first, then the units alone."""
        moved = np.flatnonzero(district != (self.wish if wish is None else wish))
        if not len(moved):
            return []
        place = np.full(len(district), -1)
        place[moved] = np.arange(len(moved))
        ends = place[self.edges]
        ends = ends[(ends >= 0).all(axis=1)]
        graph = sparse.csr_matrix((np.ones(len(ends)), tuple(ends.T)), shape=(len(moved), len(moved)))
        piece = csgraph.connected_components(graph, directed=False)[1]
        groups = [moved[piece == p] for p in range(int(piece.max()) + 1)]
        groups = sorted(groups, key=lambda g: -float(self.people[g].sum()))
        single = sorted(moved, key=lambda u: -float(self.people[u]))
        return [g for g in groups if len(g) > 1] + [np.array([u]) for u in single]


def mend(
    project: Path | Description,
    out: Path,
    edits: Sequence[Edit] = (),
    *,
    plan_from: Path | None = None,
    how: How = "keep",
    steps: Sequence[Step] = STEPS,
    author: str = "",
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Draw edits on a plan and write the plan that comes of it.

    Parameters
    ----------
    project
        A TOML description or a project file, or what was read from one.
    out
        Folder of the results; ``edits.json`` in it holds the edits, with those of a repair.
    edits
        Made in this order.
    plan_from
        A result folder, or its ``plan.gpkg``, that is drawn on; None for today's beats.
    how
        ``"keep"``: the beats as drawn; ``"repair"``: with the least change that restores the rules; ``"improve"``: solved on from the drawing,
        with its locks, links and barriers kept.
    steps
        Which of stations and officers are planned on the drawn beats.
    author
        Who draws, where an edit does not say.
    time_limit, seed, threads, progress, cancelled
        As for `plan.run`.

    Returns
    -------
    dict
        The content of ``summary.json``; its key ``drawn`` tells the edits, what a repair moved, and the rules that are still broken.

    Raises
    ------
    InputError
        Where the input cannot be used, or an edit cannot be made.
    """
    begin = read_clock(cancelled)
    check_place(whole_path(out))
    prepare_solvers(["beats"] if how == "keep" else (*STEPS, "service"), progress)
    check_result_place(out)
    progress("reading", None, None, 0.0)
    description = project if isinstance(project, Description) else read_description(project)
    progress = of_run(progress, watch(cancelled).clock, description)
    town = read_town(description)
    check_pack_inputs(town)
    inputs = service_inputs(town)
    beat = town.units["current"].to_numpy(object) if plan_from is None else _beats_of(plan_from, town)
    if plan_from is None and not town.units["current"].notna().any():
        raise InputError(
            problem(
                "there are no beats to draw on",
                "Give a plan with --plan, or today's beats as beats.current",
                file=description.file,
            )
        )
    names = dict(town.beat_names)
    if plan_from is not None:
        # what was drawn on that plan is part of it, and its beats keep their names
        before = read_result(_folder(plan_from))
        town = with_rules_of_plan(town, before.summary.get("rules", {}))
        names |= (
            {}
            if before.beats is None
            else dict(zip(before.beats["beat"].astype(str), before.beats["name"].astype(str), strict=True))
        )
    drawing = Drawing(town, plan_workload(town), beat, names=names, author=author)
    for number, edit in enumerate(edits, 1):
        try:
            drawing.apply(edit)
        except RefusedError as error:
            raise InputError(
                problem(
                    str(error).rstrip("."),
                    "Mend or leave out this edit",
                    file="edits",
                    row=str(number),
                    field=edit.kind,
                )
            ) from None
    found: Repair | None = None
    renamed: dict[str, str] = {}
    if how == "repair":
        found = repair(
            drawing,
            seconds=min(30.0, time_limit or 30.0),
            threads=threads,
            seed=seed,
            progress=progress,
            cancelled=cancelled,
        )
        drawing.move(found.moves, "repair")
    drawn = drawing.drawn_town()
    left = None if time_limit is None else max(1.0, time_limit - (read_clock(cancelled) - begin))
    common: dict[str, Any] = {
        "time_limit": left,
        "seed": seed,
        "threads": threads,
        "progress": progress,
        "cancelled": cancelled,
    }
    if how == "improve":
        if drawn.description.beats is None:
            raise InputError(
                problem(
                    "beats cannot be solved on without a section [beats]",
                    "Add it",
                    file=description.file,
                    field="beats",
                )
            )
        plan = make_plan(drawn, steps=steps, start=drawing.beat, **common)
    else:
        current, held = (town.units[c].to_numpy(object) for c in ("current", "locked"))
        held = np.where(drawing.locked, drawing.beat, held)
        renamed = true_ids(drawing.beat, current, held, drawing.people, ids_of_today(town, ()))
        as_named = np.array([renamed.get(b, b) for b in drawing.beat], dtype=object)
        plan = make_plan(drawn, steps=[s for s in steps if s != "beats"], beat=as_named, **common)
        plan = _with_rules(plan, drawing, as_named)
    summary = summarise(plan, seed=seed, threads=threads, time_limit=time_limit, seconds=read_clock(cancelled) - begin)
    summary["drawn"] = {
        "from": None if plan_from is None else str(whole_path(plan_from)),
        "how": how,
        "edits": [e.as_json() for e in drawing.edits],
        # an id of today is only for a beat that shares residents with today's
        "renamed": renamed,
        "repair": None
        if found is None
        else {"moves": list(found.words), "residents": found.residents, "lower_bound": found.bound},
    }
    progress("writing", None, None, read_clock(cancelled) - begin)
    written, stopped = tables(plan, summary), []
    try:
        service = service_of(drawn, inputs, written, seed=seed)
    except InputError as error:
        # as with servers of a beat that the drawing has not: the drawing is kept
        service = None
        stopped.extend(error.problems)
    summed_up = sum_up(written, drawn.description, seed)

    def finish(folder: Path) -> None:
        if summed_up is not None:
            write_country(folder, written, summed_up)
        if service is not None:
            write_service(folder, *service)
        write_edits(folder / "edits.json", drawing.edits)
        verdict = write_verdict(folder)
        try:
            stopped.extend(write_pack(folder, written, drawn, verdict=verdict))
        except InputError as error:
            # the drawing is kept, whatever the pack says
            stopped.extend(error.problems)
            empty_pack(folder)

    write_everything(out, written, also=finish)
    summary["drawn"]["pack"] = [str(note) for note in stopped]
    return summary


def _folder(plan_from: Path) -> Path:
    return plan_from.parent if plan_from.suffix == ".gpkg" else plan_from


def _with_rules(plan: Plan, drawing: Drawing, beat: np.ndarray) -> Plan:
    """Return a plan of given beats that tells which rules they keep: all, or which are broken, in words."""
    rules, beats = drawing.town.description.beats, plan.beats
    if rules is None or beats is None:
        return plan
    # the hours of mobile stops, if any, are part of the plan's workload
    figures = Drawing(plan.town, plan.workload, beat, names=drawing.names).figures()
    broken = figures.broken
    changed: BeatPlan
    if broken:
        # it was drawn by hand: whether another drawing keeps the rules is not known
        proof = Proof("unknown", beats.proof.objective, None, beats.proof.seconds)
        changed = replace(beats, clashes=tuple(map(Unproven, broken)), proof=proof)
    else:
        home = dict(zip(beats.table["beat"], beats.table["municipality"], strict=True))
        of = np.array([home[b] for b in figures.beat], dtype=object)
        rows = []
        for name in sorted(set(of)):
            k = int(np.flatnonzero(of == name)[0])
            rows.append((name, int((of == name).sum()), figures.lower[k], figures.upper[k], rules.tolerance))
        objective = beats.proof.objective
        if rules.objective == "cut":
            ends, label = drawing.edges[["a", "b"]].to_numpy(int), drawing.label
            objective = float(drawing.edges["metres"].to_numpy(float)[label[ends[:, 0]] != label[ends[:, 1]]].sum())
        proof = Proof("feasible", objective, None, beats.proof.seconds)
        changed = replace(beats, rules=beats.rules.__class__(rows, columns=beats.rules.columns), proof=proof)
    return replace(plan, beats=changed)
