"""What beats are called that were sought from those of an earlier plan: the same beats as there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.result.sections import names_by_hand
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.naming import distinct, given_names
from beatplanner.planning.beats.problems import residents_of
from beatplanner.planning.workload import WorkloadPlan

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.planning.beats.plan import BeatPlan


def names_carried_on(
    table: pd.DataFrame,
    beat: np.ndarray,
    people: np.ndarray,
    before: np.ndarray,
    names: Mapping[str, str],
    settled: Collection[str],
) -> pd.DataFrame:
    """Return the figures of beats that are called as in the plan that they were sought from, where they are the same beats.

    A beat is the same as an earlier one where more than half of the residents of each live in the other.

    Parameters
    ----------
    table
        K rows, as `beat_table` makes them.
    beat, before
        (n,) id of each unit's beat, and of its beat in the earlier plan; None where there is none.
    people
        (n,) residents; where nobody lives in a beat its units are counted.
    names
        What earlier beats are called, by id.
    settled
        Ids of beats that keep their names: those that a planner names, and those that are called as today.
    """
    common, now, then = Counter[tuple[str, str]](), Counter[str](), Counter[str]()
    for b, t, weight in zip(beat, before, people.astype(float) + 1e-9, strict=True):
        now[str(b)] += weight
        if isinstance(t, str):
            then[t] += weight
            common[str(b), t] += weight
    same = {b: t for (b, t), w in common.items() if t in names and w > now[b] / 2 and w > then[t] / 2}
    proposed = dict(zip(table["beat"].astype(str), table["name"].astype(str), strict=True))
    found = {b: n for b, n in proposed.items() if b in settled}
    for b, earlier in same.items():
        # a name that was told from another's by the id of its beat is that id's
        called = names[earlier]
        if b in proposed and b not in found and (b == earlier or f"({earlier}" not in called):
            found[b] = distinct(called, b, found.values())
    for b, name in proposed.items():
        if b not in found:
            found[b] = distinct(name, b, found.values())
    return table.assign(name=[found[str(b)] for b in table["beat"]])


def called_as_before(
    town: Town, workload: WorkloadPlan, beats: BeatPlan, start: np.ndarray | None, before: PlanTables | None
) -> BeatPlan:
    """Return beats with the names of the same beats in the plan that they were sought from, see `names_carried_on`; `start`, (n,), are its beats."""
    if start is None or before is None or before.beats is None:
        return beats
    # what a planner called a beat then is called so by the rules, or no more
    by_hand = names_by_hand(before.summary)
    names = dict(zip(before.beats["beat"].astype(str), before.beats["name"].astype(str), strict=True))
    names = {b: n for b, n in names.items() if b not in by_hand}
    settled = {b for b, n in given_names(town).items() if n}
    people = residents_of(town, workload)
    return replace(beats, table=names_carried_on(beats.table, beats.beat, people, start, names, settled))
