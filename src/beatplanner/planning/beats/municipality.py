"""One municipality of a plan, by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from beatplanner.solver.districts.evidence import Evidence
from beatplanner.solver.districts.solve import DistrictingProblem, Districts


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
    evidence: Evidence | None


@dataclass(frozen=True)
class _Part:
    """One municipality: its units and its problem."""

    name: str
    units: np.ndarray
    problem: DistrictingProblem
    mean: float
    tolerance: float
    unavoidable: float  # residents whose today's beat lives on in another municipality
    away: np.ndarray  # units locked to a beat that lives on in another municipality


@dataclass(frozen=True)
class Alone:
    """What became of one municipality: its districts, and what had to be relaxed for them.

    Attributes
    ----------
    found
        The districts.
    relaxed
        Fields of the problem that are other than asked for: ``count``, ``lower``, ``upper``, ``budget``, ``locked``.
    mean, tolerance
        Of the municipality.
    clashes
        In words.
    short
        Whether the change budget did not do; said in words once all municipalities are known.
    """

    found: Districts
    relaxed: dict[str, Any]
    mean: float
    tolerance: float
    clashes: list[str]
    short: bool
