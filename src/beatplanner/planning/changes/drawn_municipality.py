"""One municipality of a drawing: the beats nearest to it that keep the rules, by the exact model where it is small and by a search else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from beatplanner.planning.beats.amounts import HAIR, amounts_of, band
from beatplanner.planning.beats.balances import balances_of
from beatplanner.planning.beats.drawing import Drawing
from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.nearest import NearestProblem, nearest_districts
from beatplanner.solver.districts.problem import pieces_of
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


class DrawnMunicipality:
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
        self.lower, self.upper = (0.0, np.inf) if tolerance is None else band(mean, tolerance)
        self.balances = balances_of(
            amounts_of(town, drawing.workload), {} if rules is None else rules.balances, units, len(self.own)
        )
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
        """Return the hours outside the bounds, summed over districts, and what of further balances is, in their measure."""
        loads = np.bincount(district, weights=self.hours, minlength=len(self.own))
        over = np.maximum(0.0, loads - self.upper) if np.isfinite(self.upper) else 0.0 * loads
        off = float((over + np.maximum(0.0, self.lower - loads)).sum())
        return off + self.uneven(district)

    def uneven(self, district: np.ndarray) -> float:
        """Return how much of further balances is outside their bounds, each in the measure of hours."""
        found, hours = 0.0, float(self.hours.sum())
        for kept in self.balances:
            held = np.bincount(district, weights=kept.amount, minlength=len(self.own))
            off = float((np.maximum(0.0, held - kept.upper) + np.maximum(0.0, kept.lower - held)).sum())
            found += off * hours / max(float(kept.amount.sum()), 1e-300)
        return found

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

    def exact(
        self, seconds: float, threads: int, seed: int, cancelled: Callable[[], bool]
    ) -> tuple[np.ndarray | None, float | None]:
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
            balances=self.balances,
        )
        return nearest_districts(wanted, seconds=seconds, threads=threads, seed=seed, cancelled=cancelled)

    def searched(self, seconds: float, threads: int, seed: int, cancelled: Callable[[], bool]) -> list[np.ndarray]:
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
            balances=self.balances,
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
            piece = pieces_of(district, self.edges)
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
        piece = pieces_of(np.zeros(len(moved), int), ends)
        groups = [moved[piece == p] for p in range(int(piece.max()) + 1)]
        groups = sorted(groups, key=lambda g: -float(self.people[g].sum()))
        single = sorted(moved, key=lambda u: -float(self.people[u]))
        return [g for g in groups if len(g) > 1] + [np.array([u]) for u in single]
