"""One municipality of a plan: its problem, what is asked of it, and what became of it. All of it travels to workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from beatplanner.solver.districts.evidence import BoundEvidence
from beatplanner.solver.districts.solve import DistrictingProblem, Districts


@dataclass(frozen=True)
class Part:
    """One municipality: its units and its problem.

    Attributes
    ----------
    name
        Empty where the town has no municipalities.
    units
        (m,) positions of its units in the town.
    problem
        Its problem, with labels for all of today's beats that have units in it.
    mean, tolerance
        Hours of a beat on average, and how far one may be from it.
    away
        (m,) whether a unit is locked to a beat that lives on in another municipality.
    """

    name: str
    units: np.ndarray
    problem: DistrictingProblem
    mean: float
    tolerance: float
    away: np.ndarray


@dataclass(frozen=True)
class MunicipalityTask:
    """What is asked of one municipality.

    Attributes
    ----------
    kind
        ``"plan"``: beats that keep the rules, or the smallest relaxation. ``"least"``: the fewest residents moved. ``"priced"``: the best
        travel plus `price` × residents moved. ``"within"``: the best with at most `budget` residents moved; no relaxation of either.
    budget
        Residents that may change beat; None for any number.
    price
        On each resident who changes beat.
    start
        (m,) districts to start from; None for none.
    effort
        Multiplies the moves tried.
    prove
        Whether a bound is wanted.
    """

    kind: Literal["plan", "least", "priced", "within"]
    budget: float | None = None
    price: float = 0.0
    start: np.ndarray | None = None
    effort: float = 1.0
    prove: bool = True


@dataclass(frozen=True)
class Setting:
    """What all municipalities of a run share.

    Attributes
    ----------
    unit_names
        (n,) names of the town's units, for messages.
    labels
        Ids of today's and locked beats that labels stand for.
    threads, seed, nodes
        Given to the solver; `nodes` None for as many as the time allows.
    start
        (n,) beat of each unit in a plan to start from, None for a unit that it has not; or None.
    enough
        Gap of all together at which the rest of the time is left to other steps.
    """

    unit_names: np.ndarray
    labels: tuple[str, ...]
    threads: int
    seed: int
    nodes: int | None
    start: np.ndarray | None
    enough: float = 0.0


@dataclass(frozen=True)
class PartEvidence:
    """What proves the bound of one municipality.

    Attributes
    ----------
    municipality
        Its name, empty where the town has none.
    units
        (m,) positions of its units in the town; units, centres and labels of `evidence` count within them.
    labels
        Ids of today's and locked beats that the labels stand for.
    problem
        The rules in numbers: bounds of a beat's hours, number of beats, budget and price.
    evidence
        The proof; None where there is none.
    """

    municipality: str
    units: np.ndarray
    labels: tuple[str, ...]
    problem: DistrictingProblem
    evidence: BoundEvidence | None


@dataclass(frozen=True)
class Limited:
    """What one municipality costs at least where at most so many of its residents move.

    Attributes
    ----------
    part
        Its place among the municipalities.
    upto
        Residents; inf for any number.
    bound
        Of travel or border alone; inf where there is no such plan.
    evidence
        What proves it.
    """

    part: int
    upto: float
    bound: float
    evidence: PartEvidence


@dataclass(frozen=True)
class Hosts:
    """One way to choose hosts: the municipality in which each of today's beats that span several lives on.

    Attributes
    ----------
    labels
        Today's beats that have residents in several municipalities.
    hosts
        Of each, the place of the municipality in which it lives on.
    unavoidable
        Residents of these beats in other municipalities.
    """

    labels: tuple[int, ...]
    hosts: tuple[int, ...]
    unavoidable: float

    def parts(self, parts: Sequence[Part]) -> list[Part]:
        """Return the municipalities without the labels that live on elsewhere."""
        found: list[Part] = []
        for m, p in enumerate(parts):
            away = [g for g, h in zip(self.labels, self.hosts, strict=True) if h != m]
            current = np.where(np.isin(p.problem.current, away), -1, p.problem.current)
            found.append(replace(p, problem=replace(p.problem, current=current)))
        return found


@dataclass(frozen=True)
class AtHosts:
    """What is proven of all plans in which today's beats live on in given municipalities.

    Attributes
    ----------
    hosts
        The choice.
    bound
        The least objective of such plans; inf where there are none within the budget.
    price, evidence, limits
        What proves it, as in `Together`; where `bound` is inf, `evidence` proves the fewest residents moved.
    """

    hosts: Hosts
    bound: float
    price: float
    evidence: tuple[PartEvidence, ...]
    limits: tuple[Limited, ...]


@dataclass(frozen=True)
class Relaxed:
    """A rule that one municipality cannot keep, and by how much it must give.

    Attributes
    ----------
    municipality
        Its name.
    why
        In words, without the municipality.
    impossible_below
        Up to what number it is proven that no beats keep the rules; None where nothing is.
    found
        A number with which beats were found.
    evidence
        What proves that less is impossible.
    hosts
        What proves it for each choice of the municipality in which a beat of today lives on that spans several; empty where `evidence` does.
    """

    municipality: str
    why: str
    impossible_below: float | None
    found: float
    evidence: tuple[PartEvidence, ...] = ()
    hosts: tuple[AtHosts, ...] = ()


@dataclass(frozen=True)
class MunicipalityPlan:
    """What became of one municipality: its districts, and what had to be relaxed for them.

    Attributes
    ----------
    found
        The districts.
    relaxed
        Fields of the problem that are other than asked for: ``count``, ``lower``, ``upper``, ``budget``, ``locked``, ``balances``.
    mean, tolerance
        Of the municipality.
    conflicts
        In words: what has no number to enter, such as locks.
    wider
        The tolerance that it needs; None where the one asked for does.
    short
        The residents that must move, where the budget does not do; None where it does.
    uneven
        Of the further balances, by name, the tolerances that had to give and with which beats were found.
    """

    found: Districts
    relaxed: dict[str, object]
    mean: float
    tolerance: float
    conflicts: list[str] = field(default_factory=list[str])
    wider: Relaxed | None = None
    short: Relaxed | None = None
    uneven: dict[str, float] = field(default_factory=dict[str, float])
