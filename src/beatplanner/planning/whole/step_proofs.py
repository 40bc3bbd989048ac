"""What each step of a plan proves, in figures that a planner knows: metres to walk, kilometres of border, months without an officer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from beatplanner.data.result.draft import BROKEN
from beatplanner.data.result.officer_weights import FIGURE_OF_WEIGHT
from beatplanner.data.result.sections import section_of

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

Standing = Literal["best", "within", "no bound", "relaxed", "unknown", "given"]


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
    objective, bound, gap, seconds
        As in the summary; bound and gap None where none was computed.
    plain, plain_bound
        The objective and its bound in plain units: metres from the centre for an hour of work (travel), kilometres of border (cut), metres on foot for
        a resident (p-median), residents beyond the limit (coverage), metres of the farthest (p-center), stations (fewest), points (weights).
    parts
        For officers: name of the weight, the figure, points.
    certified
        Whether the result proves the bound, so that the checker can check it; None where there is none.
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
    certified: bool | None = None


def step_proofs(summary: Claims) -> list[ToldProof]:
    """Return what the steps of a summary prove."""
    found: list[ToldProof] = []
    for step in ("beats", "stations", "officers"):
        said = summary.get(step)
        if said is None:
            continue
        kind, size = _kind(summary, step, said)
        objective, bound = float(said["objective"]), said["lower_bound"]
        parts = ()
        if step == "officers":
            weights = said.get("weights", {})
            rows = [(w, float(said.get(key) or 0.0)) for w, key in FIGURE_OF_WEIGHT.items()]
            parts = tuple((w, n, n * float(weights.get(w, 0.0))) for w, n in rows if n and weights.get(w))
        found.append(
            ToldProof(
                step=step,
                kind=kind,
                standing=_standing(said),
                objective=objective,
                bound=None if bound is None else float(bound),
                gap=None if said["gap"] is None else float(said["gap"]),
                seconds=float(said["seconds"]),
                plain=objective / size,
                plain_bound=None if bound is None else float(bound) / size,
                parts=parts,
                certified=said.get("certified"),
            )
        )
    return found


def _standing(said: Mapping[str, object]) -> Standing:
    if said.get("planned") is False:
        return "given"
    if said["status"] in BROKEN:
        return "relaxed" if said["status"] == "infeasible" else "unknown"
    if said["lower_bound"] is None:
        return "no bound"
    return "best" if said["status"] == "optimal" else "within"


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
