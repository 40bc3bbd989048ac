"""What proves a bound on districts, as plain arrays: enough for a stranger to check it without a solver.

The claim is: *no districts that keep the rules cost less than* `BoundEvidence.bound` (inf: there are none at all). A check goes through

1. `rounds`: with the multipliers of each round, in order, exclude every pair of unit and site that by itself lifts the Lagrangian to the bound
   or above, and then every pair that lost its connection with the site's centre within the site's remaining pairs;
2. `nodes`: a tree over the pairs that are left. The first node has them all. A child has what its parent's multipliers could not exclude, less
   the pairs of its `unit` with the sites `gone`; the two children of a node share the unit's sites out between them, so that every plan is in one.
   Or the children differ in how many districts have their site among some sites of one zone, `part`, which becomes a zone of its own: from none to
   all that the zone had, one child for each number. At first all sites are one zone, which has all districts.

The bound holds where every node without children ends in one of the ways of `End`. Without nodes the bound is the Lagrangian of a round, or
nothing is left after the rounds. Any multipliers give a valid Lagrangian: what is written here can only fail to prove the claim, never prove a
false one. `bound.py` and `knapsack.py` state the Lagrangian, `sites.py` which pairs there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from beatplanner.solver.districts.cut_tree import ConeTree

# split: has two children. bound: its Lagrangian reaches the bound. empty: some unit has no site left, or fewer sites than districts are.
# plan: one site a unit is left, and that plan breaks a rule or costs the bound at least. open: the search ended before (its Lagrangian counts).
End = Literal["split", "bound", "empty", "plan", "open"]

# Numbers that the multipliers of a tree may take up; a larger tree is not kept, and its bound stands unproven beside the root's.
KEPT_NUMBERS = 30_000_000


@dataclass(frozen=True)
class Multipliers:
    """Multipliers of one Lagrangian.

    Attributes
    ----------
    unit
        (n,) of "every unit in one district".
    price
        λ ≥ 0 of the residents moved above the budget.
    cut, cut_price
        (c,) which of `BoundEvidence.cuts` bear a multiplier, and that multiplier ≥ 0.
    """

    unit: np.ndarray
    price: float = 0.0
    cut: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    cut_price: np.ndarray = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Perimeters:
    """What proves a bound of `perimeters.py`: the anchor, and lengths that no cycle is below.

    Attributes
    ----------
    anchor
        Unit.
    piece, one, other
        Of cycles around any whole number of districts, around one, and around one without the anchor.
    """

    anchor: int
    piece: float
    one: float
    other: float

    def border(self, count: int, *, whole: bool) -> float:
        """Return the bound on the border of so many districts, rounded up where borders are whole numbers."""
        both = min(self.one, 2 * self.piece) + (count - 1) * min(self.other, 2 * self.piece)
        return float(np.ceil(both / 2 - 1e-6)) if whole else both / 2


@dataclass(frozen=True)
class BalancePrices:
    """Prices of the further balances, part of the cost of pairs in all rounds and nodes.

    A site (c, g) with the price η of an amount a between L and U costs η a_i more for each unit i, and its centre max(η L, η U) less: no plan that
    keeps the balance costs more than without, whatever η.

    Attributes
    ----------
    site
        (R, 2) centre and label of the sites that bear one.
    price
        (R, B) η of each balance, in the order of the problem's, in the amount's own measure.
    """

    site: np.ndarray
    price: np.ndarray


@dataclass(frozen=True)
class Cut:
    """Contiguity: ``x[unit, site] ≤ Σ x[c, site] for c in separator``, where the separator parts the unit from the site's centre.

    Attributes
    ----------
    centre, label
        The site.
    unit, separator
        The unit, and the units without which no path joins it to the centre within the pairs that the rounds leave the site.
    """

    centre: int
    label: int
    unit: int
    separator: tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """A node of the tree.

    Attributes
    ----------
    parent
        Place of the parent in `BoundEvidence.nodes`, always before its children; -1 for the first.
    unit, gone
        What the branching took away: the pairs of `unit` with the sites ``gone``, (k, 2) of centre and label; -1 and empty for the first, and
        where sites were parted.
    multipliers
        Of the node's Lagrangian; None where the node ended without one.
    bound
        What the Lagrangian came to here, or at a node above.
    end
        See `End`.
    part, need
        (k, 2) the sites, by centre and label, that the branching parted from their zone, and how many districts have their site there; empty
        and -1 where it did not.
    """

    parent: int
    unit: int
    gone: np.ndarray
    multipliers: Multipliers | None
    bound: float
    end: End
    part: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int64))
    need: int = -1


@dataclass(frozen=True)
class BoundEvidence:
    """What proves that no districts cost less than `bound`.

    Attributes
    ----------
    bound
        Of travel (or residents moved, where they are minimised) plus `price` × residents moved; inf where no districts keep the rules.
    price
        Cost for each resident moved that is part of the objective: the price common to all municipalities that share a budget; else 0.
    rounds, nodes, cuts
        See the module.
    complete
        Whether the tree was kept whole; else the rounds alone prove less than `bound`.
    way
        ``"lagrangian"``: as the module says. ``"pieces"``: the map falls into pieces that cannot each hold a whole number of districts within
        the balance, `count` in all, at least one for each label that units of the piece are locked to. ``"moves"``: as lagrangian, for the fewest residents moved, where the centre of a district is its first unit
        (so that a site has pairs with units after its centre alone), since there any centre would do. ``"eigenvalues"``: of the border between
        districts, as `cut_bound.py` states it; the problem is all that it needs. ``"prices"``: of the same, as `cut_tree.py` says. ``"plans"``: of the same, by
        going through all of them as `cut_frontier.py` says, or all cycles that could part two districts as `cut_cycle.py` does; the problem is all that it needs. ``"rings"``: of the same, as `perimeters.py` says. ``"model"``: by HiGHS, which leaves no proof.
    every
        Whether all plans were gone through as `all_plans.py` says, with the prices of the last round: the problem is all that it needs.
    cone
        Of the border between districts: prices that prove `bound`, or less where the way is ``"model"``.
    balance
        Prices of the further balances, None where there are none.
    """

    bound: float
    price: float = 0.0
    rounds: tuple[Multipliers, ...] = ()
    nodes: tuple[Node, ...] = ()
    cuts: tuple[Cut, ...] = ()
    complete: bool = True
    way: Literal["lagrangian", "pieces", "moves", "eigenvalues", "prices", "plans", "rings", "model"] = "lagrangian"
    every: bool = False
    cone: ConeTree | None = None
    rings: Perimeters | None = None
    balance: BalancePrices | None = None
