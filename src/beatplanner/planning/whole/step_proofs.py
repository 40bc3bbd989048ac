"""What each step of a plan proves, in figures that a planner knows: metres to walk, kilometres of border, months without an officer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beatplanner.data.result.draft import Standing, proven_bound, proven_gap, reported_gap, standing_of
from beatplanner.data.result.officer_weights import FIGURE_OF_WEIGHT
from beatplanner.data.result.sections import section_of

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


@dataclass(frozen=True)
class ToldProof:
    """One step.

    Attributes
    ----------
    step
        beats, stations or officers.
    kind
        The objective: ``travel``, ``cut``, ``p-median``, ``coverage``, ``p-center``, ``fewest`` or ``weights``.
    standing
        Proven best; proven within the gap; no bound; rules relaxed; or given and not sought.
    objective, seconds
        As in the summary.
    bound, gap
        What somebody can check; None where nothing can be.
    plain, plain_bound
        The objective and its bound in plain units: metres from the centre for an hour of work (travel), kilometres of border (cut), metres on foot for
        a resident (p-median), residents beyond the limit (coverage), metres of the farthest (p-center), stations (fewest), points (weights).
    parts
        For officers: name of the weight, the figure, points.
    reported
        The gap that the search alone reports, where it is another one.
    """

    step: str
    kind: str
    standing: Standing
    objective: float
    bound: float | None
    gap: float | None
    seconds: float
    plain: float
    plain_bound: float | None
    parts: tuple[tuple[str, float, float], ...] = ()
    reported: float | None = None


def step_proofs(summary: Claims) -> list[ToldProof]:
    """Return what the steps of a summary prove."""
    found: list[ToldProof] = []
    for step in ("beats", "stations", "officers"):
        said = summary.get(step)
        if said is None:
            continue
        kind, size = _kind(summary, step, said)
        objective, bound = float(said["objective"]), proven_bound(said)
        parts = ()
        if step == "officers":
            weights = said.get("weights", {})
            rows = [(w, float(said.get(key) or 0.0)) for w, key in FIGURE_OF_WEIGHT.items()]
            parts = tuple((w, n, n * float(weights.get(w, 0.0))) for w, n in rows if n and weights.get(w))
        found.append(
            ToldProof(
                step=step,
                kind=kind,
                standing=standing_of(said),
                objective=objective,
                bound=bound,
                gap=proven_gap(said),
                seconds=float(said["seconds"]),
                plain=objective / size,
                plain_bound=None if bound is None else bound / size,
                parts=parts,
                reported=reported_gap(said),
            )
        )
    return found


def _kind(summary: Claims, step: str, said: Mapping[str, object]) -> tuple[str, float]:
    """Return a step's objective, and by what it is divided to be told in plain units."""
    if step == "officers":
        return "weights", 1.0
    if step == "stations":
        kind = str(said.get("objective_kind", "p-median"))
        people = summary.get("population") or summary.get("workload", {}).get("hours") or 1.0
        return kind, float(people) if kind == "p-median" else 1.0
    kind = str(section_of(section_of(summary, "rules"), "beats").get("objective", "travel"))
    hours = float(summary.get("workload", {}).get("hours") or 1.0)
    return kind, 1000.0 if kind == "cut" else hours
