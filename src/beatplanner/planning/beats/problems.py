"""A town and its rules turned into a problem for each municipality: beats shared out by workload, labels for today's beats, locks that hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from beatplanner.data.town.town import Town
from beatplanner.planning.beats.amounts import amounts_of
from beatplanner.planning.beats.balances import balances_of, of_count
from beatplanner.planning.beats.municipality import Part
from beatplanner.planning.beats.own_ids import nowhere
from beatplanner.planning.workload import WorkloadPlan, automatic_count
from beatplanner.solver.districts.solve import CUT, TRAVEL, DistrictingProblem, pieces, share_out


def residents_of(town: Town, workload: WorkloadPlan) -> np.ndarray:
    """Return residents, (n,); workload where they are unknown."""
    return town.units["population"].to_numpy(float) if town.has_population else workload.hours


class Problems:
    """The problems of a town's municipalities.

    Attributes
    ----------
    labels
        Ids of today's and locked beats; a label is a place in them.
    current, locked
        (n,) label of each unit's beat of today, and of the beat that it is locked to; -1 for none.
    parts
        One a municipality, in the order of their names.
    amounts
        (n,) by name: what beats balance beside their hours.
    conflicts
        In words: numbers of beats and locks that cannot be as asked for.
    """

    def __init__(self, town: Town, workload: WorkloadPlan) -> None:
        self.town, self.workload = town, workload
        rules = town.description.beats
        assert rules is not None
        self.rules = rules
        self.people = residents_of(town, workload)
        self.amounts = amounts_of(town, workload)
        self.conflicts: list[str] = []
        units = town.units
        current, locked = units["current"].to_numpy(object), units["locked"].to_numpy(object)
        self.labels = tuple(sorted({b for b in [*current, *locked] if isinstance(b, str)}))
        place = {b: g for g, b in enumerate(self.labels)}
        self.current, self.locked = (np.array([place.get(b, -1) for b in of], int) for of in (current, locked))
        self.parts = [self._loosened_locks(part) for part in self._parts()]

    def _counts(self, names: list[str], units: list[np.ndarray]) -> np.ndarray:
        """Share the beats out between municipalities by workload, at least one each and at most one a unit."""
        hours = np.array([self.workload.hours[u].sum() for u in units])
        most = np.array([len(u) for u in units])
        wanted = self.rules.count
        if wanted == "auto":
            counts = np.array([automatic_count(self.workload, u, self.town.description.workload) for u in units])
            return np.minimum(counts, most)
        if wanted < len(names):
            self.conflicts.append(
                f"{wanted} beats are asked for, but there are {len(names)} municipalities and beats never cross their "
                f"borders. The smallest number that would do is {len(names)}."
            )
            wanted = len(names)
        if wanted > most.sum():
            self.conflicts.append(
                f"{wanted:,} beats are asked for, but there are only {most.sum():,} units, and a beat is made of whole units. "
                f"The greatest number that would do is {most.sum():,}."
            )
            wanted = int(most.sum())
        counts = share_out(hours, int(wanted), most=most)
        assert counts is not None
        return counts

    def _parts(self) -> list[Part]:
        town, hours = self.town, self.workload.hours
        municipality = town.units["municipality"].to_numpy(object)
        names = sorted(set(municipality))
        groups = [np.flatnonzero(municipality == name) for name in names]
        counts = self._counts(names, groups)
        home = self._home_of_labels(groups)
        xy, edges = town.points(), town.edges
        position = np.full(len(hours), -1)
        parts: list[Part] = []
        for m, (name, units, count) in enumerate(zip(names, groups, counts, strict=True)):
            position[:] = -1
            position[units] = np.arange(len(units))
            inside = (position[edges["a"]] >= 0) & (position[edges["b"]] >= 0)
            kept = edges[inside]
            mean = float(hours[units].sum() / count)
            current, locked = self.current[units], self.locked[units]
            problem = DistrictingProblem(
                weight=hours[units],
                xy=xy[units],
                edges=position[kept[["a", "b"]].to_numpy(int)],
                border=kept["metres"].to_numpy(float),
                count=int(count),
                lower=mean * (1 - self.rules.tolerance),
                upper=mean * (1 + self.rules.tolerance),
                distance=None if town.unit_distances is None else town.unit_distances[np.ix_(units, units)],
                goal=CUT if self.rules.objective == "cut" else TRAVEL,
                residents=self.people[units],
                current=current,
                locked=locked,
                balances=balances_of(self.amounts, self.rules.balances, units, int(count)),
            )
            away = (locked >= 0) & (home[locked] != m)
            parts.append(Part(name, units, problem, mean, self.rules.tolerance, away))
        return parts

    def _home_of_labels(self, groups: list[np.ndarray]) -> np.ndarray:
        """Return the municipality in which each of today's beats lives on where several hold units of it: that with most of its residents."""
        shared = np.zeros((len(self.labels) + 1, len(groups)))
        for m, units in enumerate(groups):
            known = units[self.current[units] >= 0]
            np.add.at(shared, (self.current[known], np.full(len(known), m)), self.people[known] + 1e-9)
            held = units[self.locked[units] >= 0]
            np.add.at(shared, (self.locked[held], np.full(len(held), m)), 1e12)
        return np.argmax(shared, axis=1)

    def _loosened_locks(self, part: Part) -> Part:
        """Leave out locks that contradict each other or the municipality's borders, and give it a beat for each piece of its map."""
        problem = part.problem
        away = part.away
        if away.any():
            names = ", ".join(sorted({self.labels[int(g)] for g in problem.locked[away]}))
            self.conflicts.append(
                f"Units on both sides of a municipal border are locked to the same beat ({names}); beats never cross it. "
                f"Planned without the locks of {self.places(part.units[away])}."
            )
            problem = replace(problem, locked=np.where(away, -1, problem.locked))
        strange = nowhere(replace(part, problem=problem), self.current, self.people)
        if strange:
            held = np.isin(problem.locked, strange)
            self.conflicts.append(
                no_kin(part, [self.labels[g] for g in strange], self.places(part.units[held]), proven=True)
            )
            problem = replace(problem, locked=np.where(held, -1, problem.locked))
        held = np.unique(problem.locked[problem.locked >= 0])
        if len(held) > problem.count:
            kept = held[np.argsort([-(problem.locked == g).sum() for g in held], kind="stable")[: problem.count]]
            dropped = (problem.locked >= 0) & ~np.isin(problem.locked, kept)
            self.conflicts.append(
                f"{said_of_municipality(part)}units are locked to {len(held)} beats, but it has only {problem.count}. The smallest number that "
                f"would do is {len(held)}; planned without the locks of {self.places(part.units[dropped])}."
            )
            problem = replace(problem, locked=np.where(dropped, -1, problem.locked))
        apart = pieces(problem)
        if len(apart) > problem.count:
            self.conflicts.append(
                f"{said_of_municipality(part)}the map falls into {len(apart)} pieces that no open border joins, such as that of "
                f"{self.places(part.units[apart[-1]])}, but there are only {problem.count} beats. Draw a link or a crossing, or "
                f"plan {len(apart)} beats there, which is what was done."
            )
            mean = part.problem.weight.sum() / len(apart)
            problem = replace(
                of_count(problem, len(apart)), lower=mean * (1 - part.tolerance), upper=mean * (1 + part.tolerance)
            )
            part = replace(part, mean=float(mean))
        return replace(part, problem=problem)

    def places(self, units: np.ndarray) -> str:
        """Name units in words."""
        return units_named(self.town.units["name"].to_numpy(object), units)


def units_named(names: np.ndarray, units: np.ndarray) -> str:
    """Name the first few of some units in words."""
    return ", ".join(str(names[u]) for u in units[:4]) + (f" and {len(units) - 4:,} more" if len(units) > 4 else "")


def no_kin(part: Part, beats: list[str], where: str, *, proven: bool) -> str:
    """Return why locks to beats of today were given up: no beat could hold them and share a resident with today's."""
    listed = ", ".join(sorted(beats))
    why = (
        f"units are locked to today's beat {listed}, of which no resident is free to be in one beat with them"
        if proven
        else f"no beat was found that holds the units locked to today's beat {listed} and shares a resident with it, though that is not proven impossible"
    )
    return f"{said_of_municipality(part)}{why}. Lock a unit of that beat too, or lock to a new id. Planned without the locks of {where}."


def said_of_municipality(part: Part) -> str:
    """Begin a sentence on a municipality."""
    return f"In {part.name}: " if part.name else ""
