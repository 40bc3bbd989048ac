"""Prices of the balances beside the hours: what each adds to the cost of pairs, so that a bound counts them too.

A plan that keeps a balance has between L and U of its amount in each beat. With the price η, of either sign, of a site, units there cost η a_i more and the
centre max(η L, η U) less: no plan that keeps the balance costs more so than it does. What is proven with such costs holds for the plans that keep it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from beatplanner.planning.verification.arrays import NUMBER, WHOLE, MalformedError, check_range, sized
from beatplanner.planning.verification.travel_lagrangian import ROUNDING
from beatplanner.planning.verification.travel_pairs import SLACK, Area, Pairs

# Arrays of a municipality's certificate: R sites that bear prices, B further balances.
FORMS = {"balance_site": (WHOLE, ("R", 2)), "balance_price": (NUMBER, ("R", "B"))}


def check_prices(proof: dict[str, np.ndarray], n: int, balances: int) -> None:
    """Check the form of the prices, where there are some.

    Raises
    ------
    MalformedError
        Where one array lacks the other, names no unit or names a site twice, or has other balances than there are.
    """
    site, price = proof.get("balance_site"), proof.get("balance_price")
    if site is None and price is None:
        return
    if site is None or price is None:
        raise MalformedError("balance_site and balance_price belong together")
    sized(proof, {"B": balances}, FORMS)
    check_range({"centre": site[:, 0]}, "centre", 0, n)
    if len(np.unique(site, axis=0)) < len(site):
        raise MalformedError("balance_site names a site twice")


def with_prices(area: Area, pairs: Pairs, proof: dict[str, np.ndarray]) -> Pairs:
    """Return the pairs with the prices of a certificate in their costs; what they are where there are none, or some beyond all measure."""
    if "balance_site" not in proof or not len(proof["balance_site"]):
        return pairs
    place = {(int(c), int(g)): k for k, (c, g) in enumerate(proof["balance_site"].tolist())}
    row = np.array([place.get((int(c), int(g)), -1) for c, g in zip(pairs.centre, pairs.label, strict=True)])
    cost = pairs.cost.copy()
    with np.errstate(over="ignore", invalid="ignore"):
        for b, (amount, lower, upper) in enumerate(area.balances):
            price = np.where(row >= 0, proof["balance_price"][row, b].astype(float), 0.0)
            # plans keep their balances to a hair, and what rounding may have cost is taken off
            high, low = upper * (1 + SLACK), lower - SLACK * upper
            terms = len(amount) * (math.fsum(amount.tolist()) + upper)
            off = np.maximum(price * high, price * low) + 2 * ROUNDING * np.abs(price) * terms
            cost += price[pairs.site] * amount[pairs.unit] - np.where(pairs.own, off[pairs.site], 0.0)
    return replace(pairs, cost=cost, plain=pairs.paid) if np.isfinite(cost).all() else pairs
