"""What a step proves about its plan, in the words of ``summary.json``; and the shape of its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

from beatplanner.data.result.draft import BROKEN

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

Progress = Callable[[str, float | None, float | None, float], None]
Status = Literal["optimal", "feasible", "infeasible", "unknown"]

# A plan is called optimal at a proven gap of at most this.
OPTIMAL_GAP = 1e-4


class Unproven(str):
    """A clash of rules in words of which nobody has proven that no plan avoids it; a plain text is a clash that is proven."""

    __slots__ = ()


def impossible(clashes: Iterable[str]) -> bool:
    """Tell whether it is proven that no plan keeps all rules: one clash that is proven is enough."""
    return any(not isinstance(c, Unproven) for c in clashes)


class RulesKept(TypedDict):
    """What a summary says of the rules of a plan."""

    feasible: bool
    clashes: list[str]
    unproven_clashes: list[str]


class StepProof(TypedDict):
    """What a summary says of the proof of a step."""

    status: str
    objective: float
    lower_bound: float | None
    gap: float | None
    seconds: float


def rules_in_summary(clashes: Iterable[str], known: Iterable[str] = ()) -> RulesKept:
    """Return the keys of ``summary.json`` on rules that clash.

    Parameters
    ----------
    clashes
        In words; of those of a plan that was read again it is no longer seen which are unproven.
    known
        ``unproven_clashes`` of the plan that was read.
    """
    clashes, known = list(clashes), set(known)
    unproven = [str(c) for c in clashes if isinstance(c, Unproven) or c in known]
    return {"feasible": not clashes, "clashes": [str(c) for c in clashes], "unproven_clashes": unproven}


def unproven_of(*summaries: Claims) -> list[str]:
    """Return the clashes of plans that were read again that are not proven."""
    return [c for s in summaries for c in s.get("unproven_clashes", [])]


def clash_is_proven(summary: Claims) -> bool:
    """Tell of a ``summary.json`` whether it is proven that the rules cannot all be met."""
    unproven = set(summary.get("unproven_clashes", []))
    return any(c not in unproven for c in summary.get("clashes", []))


def silent(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
    """Report progress to nobody."""


def share_left(objective: float, bound: float) -> float:
    """Return the share of the objective that a bound leaves; a bound whose last digit is rounded up to that of the objective leaves none."""
    return max(0.0, objective - bound) / objective if objective > 0 else 0.0


@dataclass(frozen=True)
class Proof:
    """Status, objective and proven bound of a step.

    Attributes
    ----------
    status
        ``"optimal"`` at a proven gap of at most 1e-4, ``"feasible"``; ``"infeasible"`` where rules had to be relaxed as it is proven that no plan
        keeps them, ``"unknown"`` where no plan that keeps them was found.
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
    def of(
        cls, objective: float, lower_bound: float | None, seconds: float, feasible: bool, impossible: bool = True
    ) -> Proof:
        """Make a proof, with the status that objective and bound support; `impossible` tells whether rules that are not kept cannot be."""
        if lower_bound is not None:
            lower_bound = min(lower_bound, objective)
        proof = cls("feasible", objective, lower_bound, seconds)
        if not feasible:
            return cls("infeasible" if impossible else "unknown", objective, None, seconds)
        return (
            cls("optimal", objective, lower_bound, seconds)
            if (proof.gap or 0.0) <= OPTIMAL_GAP and lower_bound is not None
            else proof
        )

    @classmethod
    def closing(
        cls,
        step: str,
        objective: float,
        lower_bound: float | None,
        seconds: float,
        feasible: bool,
        progress: Progress,
        impossible: bool = True,
    ) -> Proof:
        """Make the proof with which a step ends, and tell it as the step's last progress."""
        proof = cls.of(objective, lower_bound, seconds, feasible, impossible)
        progress(step, proof.objective, proof.lower_bound, proof.seconds)
        return proof

    @property
    def relaxed(self) -> bool:
        """Whether the plan does not keep all rules."""
        return self.status in BROKEN

    @property
    def gap(self) -> float | None:
        """(objective − lower bound) / objective; None without a bound."""
        if self.lower_bound is None:
            return None
        return (self.objective - self.lower_bound) / self.objective if self.objective > 0 else 0.0

    def as_summary(self) -> StepProof:
        """Return the five keys that each step has in ``summary.json``."""
        return {
            "status": self.status,
            "objective": self.objective,
            "lower_bound": self.lower_bound,
            "gap": self.gap,
            "seconds": round(self.seconds, 3),
        }
