"""Beats with ids, names and figures: who carries on which of today's beats, and what each beat comes to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from beatplanner.data.town.town import Town
from beatplanner.planning.beats.problems import residents_of
from beatplanner.planning.workload import WorkloadPlan, committed_share, exact_officers, officers_required


def carried_on(district: np.ndarray, current: np.ndarray, locked: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Tell which of today's beats each new beat carries on, so that the most residents keep their beat, over all municipalities at once.

    Parameters
    ----------
    district
        (n,) new beat of each unit, 0..K-1.
    current, locked
        (n,) label of the unit's beat of today, and of the beat that it is locked to; -1 for none.
    people
        (n,) residents.

    Returns
    -------
    numpy.ndarray
        (K,) label, -1 for a new beat. A label is given only to a beat that shares residents with today's (a unit, where nobody lives in today's
        beat), or, where it is none of today's, holds units that are locked to it.
    """
    count = int(district.max()) + 1
    labels = np.unique(np.concatenate([current[current >= 0], locked[locked >= 0]]))
    label = np.full(count, -1)
    if not len(labels):
        return label
    shared = np.zeros((count, len(labels)))
    known = current >= 0
    column = np.searchsorted(labels, current[known])
    np.add.at(shared, (district[known], column), people[known])
    empty = np.bincount(column, weights=people[known], minlength=len(labels)) <= 0.0
    units = np.zeros(shared.shape)
    np.add.at(units, (district[known], column), 1.0)
    shared += np.where(empty, 1e-9 * units, 0.0)
    held = locked >= 0
    at = district[held], np.searchsorted(labels, locked[held])
    # a lock to a beat of today gives its id only where something of it is shared
    today = np.isin(labels, current[known])[at[1]]
    shared[at] += np.where(today & (shared[at] <= 0), 0.0, 1e15)
    rows, columns = linear_sum_assignment(-shared)
    fits = shared[rows, columns] > 0
    label[rows[fits]] = labels[columns[fits]]
    return label


def new_ids(taken: Collection[str]) -> Iterator[str]:
    """Yield whole numbers that no beat has, from 1 on."""
    number = 0
    while True:
        number += 1
        if str(number) not in taken:
            yield str(number)


def ids_of_today(town: Town, labels: Sequence[str]) -> set[str]:
    """Return every id that a beat of today or an officer's roster has; none of them is free for a new beat."""
    taken = set(labels)
    if town.roster is not None and "beat" in town.roster:
        taken |= {str(b) for b in town.roster["beat"] if isinstance(b, str)}
    return taken


def true_ids(beat: np.ndarray, current: np.ndarray, people: np.ndarray, taken: set[str]) -> dict[str, str]:
    """Return other ids for beats that have an id of today and share no resident with that beat.

    Such a beat gets the id of that one of today's beats, among those that nobody carries on, with which it shares the most residents; else a new id.

    Parameters
    ----------
    beat, current
        (n,) id of each unit's beat, and of its beat of today; None where there is none.
    people
        (n,) residents.
    taken
        Ids that no new beat may have.
    """
    today = {c for c in current if isinstance(c, str)}
    wrong = [b for b in dict.fromkeys(beat) if b in today and not _shared(beat, current, people, b, b)]
    free = today - (set(beat) - set(wrong))
    fresh = new_ids(taken | today | set(beat))
    found = sharing_most(beat, current, people, wrong, free)
    return {b: found[b] if b in found else next(fresh) for b in wrong}


def sharing_most(
    beat: np.ndarray, before: np.ndarray, people: np.ndarray, new: Collection[str], old: Collection[str]
) -> dict[str, str]:
    """Return which of some `old` beats each of some `new` ones carries on: the pairs that share the most residents first, and each beat once.

    Parameters
    ----------
    beat, before
        (n,) id of each unit's beat, and of its beat before; None where there is none.
    people
        (n,) residents; where nobody lives in an old beat, its units are shared.
    new, old
        Ids.
    """
    pairs = ((_shared(beat, before, people, b, t), b, t) for b in new for t in old)
    found: dict[str, str] = {}
    for common, b, t in sorted(pairs, key=lambda p: (-p[0], p[1], p[2])):
        if common > 0 and b not in found and t not in found.values():
            found[b] = t
    return found


def _shared(beat: np.ndarray, before: np.ndarray, people: np.ndarray, new: str, old: str) -> float:
    common = (beat == new) & (before == old)
    lives = people[before == old].sum() > 0
    return float(people[common].sum()) if lives else float(common.any())


def distances_of(town: Town) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the function that gives metres from units to units, as the objective counts them."""
    given, xy = town.unit_distances, town.points()
    if given is not None:
        return lambda a, b: given[a, b]
    return lambda a, b: np.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1])


def best_member(units: np.ndarray, hours: np.ndarray, distance: Callable[[Any, Any], np.ndarray]) -> int:
    """Return the unit with the least travel from the others."""
    travel = [float((hours[units] * distance(units, np.full(len(units), j))).sum()) for j in units]
    return int(units[int(np.argmin(travel))])


def beat_table(
    town: Town, workload: WorkloadPlan, beat: np.ndarray, ids: list[str], centre: np.ndarray
) -> pd.DataFrame:
    """Compute the figures of each beat, in the order of `ids`."""
    units = town.units
    place = {b: k for k, b in enumerate(ids)}
    district = np.array([place[b] for b in beat])
    municipality = units["municipality"].to_numpy(object)[centre]

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(district, weights=values, minlength=len(ids))

    hours, community = total(workload.hours), total(workload.community)
    reactive = total(workload.reactive + workload.fixed_hours)
    mean = pd.Series(hours).groupby(pd.Series(municipality)).transform("mean").to_numpy()
    current = units["current"].to_numpy(object)
    known = np.array([isinstance(c, str) for c in current])
    moved = known & (current != beat)
    people = residents_of(town, workload)
    officers = officers_required(reactive, community, town.description.workload)
    return pd.DataFrame(
        {
            "beat": ids,
            "name": _names(town, ids, centre, municipality),
            "municipality": municipality,
            "centre": centre,
            "workload": hours,
            "reactive": reactive,
            "community": community,
            "deviation": np.divide(hours, mean, out=np.ones(len(ids)), where=mean > 0) - 1,
            "population": total(units["population"].to_numpy(float)),
            "officers_required": officers,
            "exact_officers": exact_officers(reactive, community, town.description.workload),
            "committed_share": committed_share(reactive, officers, town.description.workload),
            "moved_in": total(np.where(moved, people, 0.0)) if known.any() else np.nan,
        }
    )


def given_names(town: Town) -> dict[str, str]:
    """Return what beats are called by hand, else as today, by id."""
    rules = town.description.beats
    return town.beat_names | ({} if rules is None else dict(rules.names))


def _names(town: Town, ids: list[str], centre: np.ndarray, municipality: np.ndarray) -> list[str]:
    """Name each beat as a planner has by hand, else as today, else by the place of its centre unit; those of one place are told apart by their id."""
    rules = town.description.beats
    given = given_names(town)
    units = town.units
    named = (units["name"] != units["unit"]).to_numpy()
    place = [str(units["name"].iat[c]) if named[c] else str(m) for c, m in zip(centre, municipality, strict=True)]
    kept = {b: given[b] for b in ids if given.get(b)}
    by_hand = {} if rules is None else rules.names
    twice = {p for p in place if place.count(p) > 1}
    wanted = {
        b: kept.get(b) or (p and (f"{p} ({b})" if p in twice else p)) or f"Beat {b}"
        for p, b in zip(place, ids, strict=True)
    }
    # a name given by hand comes first, then one of today
    order = sorted(ids, key=lambda b: (b not in by_hand, b not in kept))
    found: dict[str, str] = {}
    for beat in order:
        found[beat] = distinct(wanted[beat], beat, found.values())
    return [found[b] for b in ids]


def proposed_name(beat: str, units: pd.DataFrame, people: np.ndarray, names: Mapping[str, str]) -> str:
    """Return a name for a beat that has none: the place in it where most people live, else its municipality; no other beat has it.

    Parameters
    ----------
    beat
        Its id.
    units
        The rows of its units, of which there is one at least.
    people
        (n,) residents of each, or hours where no residents are known.
    names
        Of all beats, by id.
    """
    place = units["name"].to_numpy(object).astype(str)
    named = place != units["unit"].to_numpy(object).astype(str)
    if named.any():
        living: np.ndarray = people[named] + 1e-9
        places: np.ndarray = place[named]
        called = str(pd.Series(living).groupby(places).sum().idxmax())
    else:
        called = str(units["municipality"].iat[0]) or f"Beat {beat}"
    return distinct(called, beat, [n for b, n in names.items() if b != beat])


def distinct(name: str, beat: str, others: Iterable[str]) -> str:
    """Return a name that no other beat has, whatever its case: with the beat's id where it is taken."""
    taken = {other.casefold() for other in others}
    number = 1
    while name.casefold() in taken:
        tail = f" ({beat})" if number == 1 else f" ({beat}, {number})"
        name, number = name.removesuffix(f" ({beat})") + tail, number + 1
    return name
