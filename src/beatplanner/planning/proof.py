"""What a step proves about its plan, in the words of ``summary.json``; and the shape of its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Progress = Callable[[str, float | None, float | None, float], None]
Status = Literal["optimal", "feasible", "infeasible"]

# A plan is called optimal at a proven gap of at most this.
OPTIMAL_GAP = 1e-4


def silent(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class Proof:
    """Status, objective and proven bound of a step.

    Attributes
    ----------
    status
        ``"optimal"`` at a proven gap of at most 1e-4, ``"feasible"``, or ``"infeasible"`` where rules had to be relaxed.
    objective
        Of the plan.
    lower_bound
        Proven for the problem as described; None where none was computed.
    seconds
        Wall time.
    """

    status: Status
    objective: float
    lower_bound: float | None
    seconds: float

    @classmethod
    def of(cls, objective: float, lower_bound: float | None, seconds: float, feasible: bool) -> Proof:
        """Make a proof, with the status that objective and bound support."""
        if lower_bound is not None:
            lower_bound = min(lower_bound, objective)
        proof = cls("feasible", objective, lower_bound, seconds)
        if not feasible:
            return cls("infeasible", objective, None, seconds)
        return (
            cls("optimal", objective, lower_bound, seconds)
            if (proof.gap or 0.0) <= OPTIMAL_GAP and lower_bound is not None
            else proof
        )

    @classmethod
    def closing(
        cls, step: str, objective: float, lower_bound: float | None, seconds: float, feasible: bool, progress: Progress
    ) -> Proof:
        """Make the proof with which a step ends, and tell it as the step's last progress."""
        proof = cls.of(objective, lower_bound, seconds, feasible)
        progress(step, proof.objective, proof.lower_bound, proof.seconds)
        return proof

    @property
    def gap(self) -> float | None:
        """(objective − lower bound) / objective; None without a bound."""
        if self.lower_bound is None:
            return None
        return (self.objective - self.lower_bound) / self.objective if self.objective > 0 else 0.0

    def as_summary(self) -> dict[str, Any]:
        """Return the five keys that each step has in ``summary.json``."""
        return {
            "status": self.status,
            "objective": self.objective,
            "lower_bound": self.lower_bound,
            "gap": self.gap,
            "seconds": round(self.seconds, 3),
        }
