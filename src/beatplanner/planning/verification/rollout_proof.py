"""The bound on the roll-out: how many resident-years no order of starts that money, seats and pilots allow can exceed.

A tree of intervals with multipliers at its leaves; ``docs/proofs.md`` says how to read it. Only numpy and the standard library are used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.planning.verification.arrays import (
    HAIR,
    NUMBER,
    WHOLE,
    Arrays,
    MalformedError,
    are_numbers,
    check_range,
    sized,
)
from beatplanner.planning.verification.force_money import LINES, Force, amount_of, one_officer
from beatplanner.planning.verification.ledger import Ledger, text, value_in_words

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# The certificate.
ROLLOUT = "rollout"
# Its arrays, but for the numbers of the leaves: of the nodes, and of the leaves.
NODES, LEAVES = ("parent", "variable", "least", "most"), ("money", "seats", "need", "needed", "buy", "bought")
# Money that a limit may be missed by: as a share of it, and as a sum. Seats, and a share of a vehicle, likewise.
SHARE, SUM, SEATS, VEHICLE = 1e-9, 1e-6, 1e-6, 1e-5
# Rounding of a sum, as a share of its terms.
ROUNDING = 1e-12
# Nodes that a tree may have.
MOST_NODES = 20_000
# Leaves that are evaluated at once.
AT_ONCE = 100


@dataclass(frozen=True)
class Starts:
    """What the roll-out chooses, by G groups of beats that start together, T years and P limits of money.

    Attributes
    ----------
    residents, seats, pilot
        (G,) of each group.
    base, more
        (P, T) money that is owed where nothing starts, without vehicles; (P, G, T, T) more of it by year of start and year.
    limit
        (P, T) money that there is; inf for no limit.
    room
        (T,) seats; inf for no limit.
    need, extra
        (T,) vehicles where nothing starts, and (G,) more from the start of a group on; whole or not.
    price, yearly, life
        (P, T) of a vehicle that is bought, and of one that runs; years that one lasts.
    first
        Year before which nothing starts.
    """

    residents: np.ndarray
    seats: np.ndarray
    pilot: np.ndarray
    base: np.ndarray
    more: np.ndarray
    limit: np.ndarray
    room: np.ndarray
    need: np.ndarray
    extra: np.ndarray
    price: np.ndarray
    yearly: np.ndarray
    life: int
    first: int

    def variables(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest value of each variable: groups, vehicles needed, purchases, and the last pilot's year."""
        g, t = len(self.residents), len(self.room)
        lowest = self.need + np.minimum(self.extra, 0.0).sum()
        highest = self.need + np.maximum(self.extra, 0.0).sum()
        started = np.full(g, self.first)
        least = [*started, *np.ceil(lowest - 2 * VEHICLE), *np.zeros(t), self.first]
        most = [*np.full(g, t), *np.ceil(highest), *np.ones(t), t]
        return np.array(least, np.int64), np.array(most, np.int64)


def groups_of(force: Force) -> np.ndarray:
    """Return the group of each beat that starts at once, (B,), numbered by their first beats."""
    b = force.budget
    place = {name: k for names in (force.names, force.beats) for k, name in enumerate(names)}
    together = {place[n]: k for k, names in enumerate(b.start_together) for n in names if n in place}
    keys: list[tuple[str, object]] = []
    for k, town in enumerate(force.town):
        whole = b.start_by == "municipality" or town in b.pilots
        keys.append(("together", together[k]) if k in together else ("town", town) if whole else ("beat", k))
    number: dict[tuple[str, object], int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys], np.int64)


def starts_of(force: Force) -> Starts:
    """Return what the roll-out chooses, of a plan's tables, roster and rules."""
    b, years = force.budget, force.budget.years
    group = groups_of(force)
    one = (np.arange(int(group.max(initial=-1)) + 1)[:, None] == group[None, :]).astype(float)
    pilot = [
        any(x in b.pilots for x in (i, n, m)) for i, n, m in zip(force.beats, force.names, force.town, strict=True)
    ]
    payers = sorted({*[str(getattr(b.payers, line)) for line in LINES], *([b.then] if b.ends else list[str]())})
    paid = np.ones((len(payers) + 1, len(LINES), years))
    for k, line in enumerate(LINES):
        for t in range(years):
            by = force.by_payer({line: 1.0}, t)
            paid[:-1, k, t] = [by.get(p, 0.0) for p in payers]
    limit = np.array([_yearly(x, years) for x in (*(b.funds.get(p) for p in payers), b.ceiling)])
    rise = (1 + b.inflation) ** np.arange(years)
    vehicles = LINES.index("vehicles")
    never: list[int | None] = [None] * len(force.beats)
    standing = np.zeros((len(LINES), years))
    staff = force.staff() if force.known else None
    for t in range(years):
        standing[LINES.index("forums"), t] = force.forums(never, t)
        standing[LINES.index("stations"), t] = force.stations_money(never, t)
        if staff is not None:
            standing[LINES.index("salaries"), t] = staff["pay"][t]
            standing[LINES.index("training"), t] = staff["courses"][t] * b.training_seat
    more = np.einsum("plt,lbst,gb->pgst", paid, _more(force), one) * rise
    live = np.array([force.live[x] for x in force.beats])
    return Starts(
        one @ np.array(force.residents),
        one @ np.array(force.posts),
        one @ np.array(pilot, float) > 0,
        np.einsum("plt,lt->pt", paid, standing) * rise,
        more,
        limit,
        np.full(years, math.inf) if force.known else _yearly(b.training_seats, years),
        np.full(years, b.vehicles_per_beat * live.sum()),
        b.vehicles_per_beat * (one @ (1.0 - live)),
        paid[:, vehicles] * b.vehicle_price * rise,
        paid[:, vehicles] * b.vehicle_yearly * rise,
        b.vehicle_years,
        force.first,
    )


def _yearly(value: float | Sequence[float] | None, years: int) -> np.ndarray:
    if isinstance(value, Sequence):
        return np.array(value, float)
    return np.full(years, math.inf if value is None else float(value))


def _more(force: Force) -> np.ndarray:
    """Return what each line costs more in each year if a beat starts in a year than if it never does, (L, B, T, T), without vehicles."""
    b, years = force.budget, force.budget.years
    found = np.zeros((len(LINES), len(force.beats), years, years))
    year = np.arange(years)
    on, at = year[None, :] >= year[:, None], year[None, :] == year[:, None]
    place = {x: k for k, x in enumerate(force.beats)}
    forums = np.array([force.own.get(x, 0.0) for x in force.beats])
    for (was, now), share in force.part.items():
        forums[place[now]] -= share * force.now[was]
    found[LINES.index("forums")] = forums[:, None, None] * on
    if not force.known:
        posts = np.array(force.posts)[:, None, None]
        found[LINES.index("salaries")] = posts * one_officer(b) * on
        found[LINES.index("training")] = posts * b.training_seat * at
    stations = found[LINES.index("stations")]
    for s in force.sites:
        beat = force.home.get(str(text(s["unit"])))
        # a site whose year the phases set opens in it, whatever starts
        if beat not in place or force.phased(s):
            continue
        rent = b.station_yearly + amount_of(s.get("yearly_cost"))
        if s["existing"] and not s["chosen"]:
            stations[place[beat]] += at * amount_of(s.get("closing_cost")) - on * rent
        elif s["chosen"] and not s["existing"]:
            stations[place[beat]] += at * amount_of(s["cost"]) + on * rent
    return found


def prove_rollout(force: Force, arrays: Arrays) -> float:
    """Return how many resident-years no roll-out exceeds, by a certificate; inf where it proves nothing.

    Raises
    ------
    MalformedError, KeyError, IndexError
        Where it is broken.
    """
    starts = starts_of(force)
    return bound_of(starts, evaluate(starts, arrays))


def bound_of(starts: Starts, found: float) -> float:
    """Return a number of resident-years as a bound: whole residents are served for whole years."""
    whole = math.isfinite(found) and bool((starts.residents == np.round(starts.residents)).all())
    return float(math.floor(found + SUM)) if whole else found


def evaluate(starts: Starts, arrays: Arrays) -> float:
    """Return what a certificate proves of these choices; see `prove_rollout`."""
    if not are_numbers(arrays):
        raise MalformedError("values that are no numbers")
    g, years, limits = len(starts.residents), len(starts.room), len(starts.limit)
    forms: dict[str, tuple[str, tuple[str | int, ...]]] = {
        **dict.fromkeys(NODES, (WHOLE, ("N",))),
        "leaf": (WHOLE, ("L",)),
        "money": (NUMBER, ("L", limits, years)),
        **dict.fromkeys(LEAVES[1:], (NUMBER, ("L", years))),
    }
    sized(arrays, {}, forms)
    check_range(arrays, "variable", -1, g + 2 * years + 1)
    least, most = _intervals(starts, arrays)
    leaf = arrays["leaf"]
    check_range(arrays, "leaf", 0, len(least))
    inner = set(arrays["parent"][1:].tolist())
    if sorted(leaf.tolist()) != [k for k in range(len(least)) if k not in inner]:
        raise MalformedError("leaves are others than the tree's")
    if any((arrays[key] < 0).any() for key in LEAVES):
        raise MalformedError("multipliers below 0")
    if (arrays["money"][:, ~np.isfinite(starts.limit)] > 0).any() or (
        arrays["seats"][:, ~np.isfinite(starts.room)] > 0
    ).any():
        raise MalformedError("a price of what is not limited")
    if (arrays["bought"] * (least[leaf, g + years : g + 2 * years] == 0) > 0).any():
        raise MalformedError("a price of purchases that may be none")
    found = 0.0
    for k in range(0, len(leaf), AT_ONCE):
        some = slice(k, k + AT_ONCE)
        own = {key: arrays[key][some].astype(float) for key in LEAVES}
        found = max(found, float(_leaves(starts, least[leaf[some]], most[leaf[some]], own).max()))
    return found


def _intervals(starts: Starts, arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and greatest value of each variable at each node; the children of each must leave no value of theirs out."""
    parent, variable = arrays["parent"], arrays["variable"]
    lowest, highest = starts.variables()
    nodes = len(parent)
    if nodes > MOST_NODES:
        raise MalformedError("a tree too large")
    if not nodes or parent[0] != -1 or variable[0] != -1:
        raise MalformedError("no root")
    least, most = np.tile(lowest, (nodes, 1)), np.tile(highest, (nodes, 1))
    children: dict[int, list[int]] = {}
    for k in range(1, nodes):
        p, v = int(parent[k]), int(variable[k])
        if not 0 <= p < k or v < 0:
            raise MalformedError("a node without a parent before it")
        children.setdefault(p, []).append(k)
        least[k], most[k] = least[p], most[p]
        least[k, v] = max(least[p, v], int(arrays["least"][k]))
        most[k, v] = min(most[p, v], int(arrays["most"][k]))
    for p, own in children.items():
        v = {int(variable[k]) for k in own}
        if len(v) != 1:
            raise MalformedError("children of two variables")
        (what,) = v
        after = int(least[p, what])
        for k in sorted(own, key=lambda k: int(least[k, what])):
            if least[k, what] > after:
                break
            after = max(after, int(most[k, what]) + 1)
        if after <= most[p, what]:
            raise MalformedError("children that leave a value out")
    return least, most


def _leaves(starts: Starts, least: np.ndarray, most: np.ndarray, own: Arrays) -> np.ndarray:
    """Return the Lagrangian of each leaf, rounded up."""
    g, years = len(starts.residents), len(starts.room)
    year = np.arange(years)
    # what multipliers earn whatever is chosen
    given = starts.limit * (1 + SHARE) + SUM - starts.base
    sure = np.where(np.isfinite(given), given, 0.0)
    seats = np.where(np.isfinite(starts.room), starts.room + SEATS, 0.0)
    low, high = starts.need - VEHICLE - SHARE, starts.need + 1 - VEHICLE + SHARE
    terms = [own["money"] * sure, own["seats"] * seats, -own["need"] * low, own["needed"] * high]
    value = np.sum([x.reshape(len(least), -1).sum(axis=1) for x in terms], axis=0)
    size = np.sum([np.abs(x).reshape(len(least), -1).sum(axis=1) for x in terms], axis=0)
    # a group, by its year
    worth = starts.residents[:, None] * (years - year)
    cost: np.ndarray = np.einsum("npt,pgst->ngs", own["money"], starts.more, optimize=True)
    bulk: np.ndarray = np.einsum("npt,pgst->ngs", own["money"], np.abs(starts.more), optimize=True)
    on = (year[None, :] >= year[:, None]).astype(float)
    cars = (own["needed"] - own["need"]) @ on.T
    both = (own["needed"] + own["need"]) @ on.T
    taken = starts.seats[None, :, None] * own["seats"][:, None, :]
    gain = worth - cost - taken + starts.extra[None, :, None] * cars[:, None, :]
    bulk = bulk + worth + taken + np.abs(starts.extra)[None, :, None] * both[:, None, :]
    last, first = most[:, -1], least[:, -1]
    from_year, to_year = least[:, :g].copy(), most[:, :g].copy()
    if starts.pilot.any():
        # pilots start by the last pilot's year at the latest; others after the least that it may be, or never
        to_year[:, starts.pilot] = np.minimum(to_year[:, starts.pilot], last[:, None])
        from_year[:, ~starts.pilot] = np.maximum(from_year[:, ~starts.pilot], first[:, None] + 1)
        from_year = np.where(~starts.pilot[None, :], np.minimum(from_year, years), from_year)
    may = (year >= from_year[:, :, None]) & (year <= to_year[:, :, None])
    gain[~may] = -math.inf
    best: np.ndarray = gain.max(axis=2)
    best = np.where(to_year >= years, np.maximum(best, 0.0), best)
    # vehicles needed and bought, each within its interval
    v = slice(g, g + years)
    running, bought = _vehicle_prices(starts, own)
    best_v = np.maximum(running * least[:, v], running * most[:, v])
    may_buy = most[:, g + years : g + 2 * years] > 0
    best_b = np.maximum(bought, 0.0) * np.maximum(most[:, v], 0) * may_buy
    empty = (least > most).any(axis=1) | np.isneginf(best).any(axis=1)
    size = size + bulk.max(axis=2).sum(axis=1) + np.abs(best_v).sum(axis=1) + best_b.sum(axis=1)
    size = size + _vehicle_bulk(starts, own, most[:, v])
    value = value + best.sum(axis=1) + best_v.sum(axis=1) + best_b.sum(axis=1) + ROUNDING * size
    return np.where(empty, -math.inf, value)


def _vehicle_prices(starts: Starts, own: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Return what one more vehicle needed, and one more bought, earns by the multipliers in each year, (n, T) each."""
    young = _young(starts)
    running = -np.einsum("npt,pt->nt", own["money"], starts.yearly) + own["need"] - own["needed"]
    running = running - own["buy"] + own["bought"]
    bought = -np.einsum("npt,pt->nt", own["money"], starts.price) + (own["buy"] - own["bought"]) @ young
    return running, bought


def _vehicle_bulk(starts: Starts, own: Arrays, most: np.ndarray) -> np.ndarray:
    """Return the size of the terms of `_vehicle_prices`, times the most vehicles there are."""
    terms = np.einsum("npt,pt->nt", own["money"], starts.yearly + starts.price) + own["need"] + own["needed"]
    terms = terms + own["buy"] + own["bought"] + (own["buy"] + own["bought"]) @ _young(starts)
    return (terms * np.maximum(most, 0)).sum(axis=1)


def _young(starts: Starts) -> np.ndarray:
    """Return whether a vehicle that is bought in year u still runs in year t, (T, T) by t and u."""
    year = np.arange(len(starts.room))
    return ((year[None, :] <= year[:, None]) & (year[None, :] > year[:, None] - starts.life)).astype(float)


def check_bound(ledger: Ledger, claims: Claims, force: Force, served: float) -> None:
    """Check the bound on resident-years by its certificate; `served` is what the plan serves."""
    name, bound, certified = "budget.resident_years_bound", claims.get("resident_years_bound"), claims.get("certified")
    arrays, weaker = force.tables.proofs.get(ROLLOUT), claims.get("certified_bound")
    if bound is None:
        ledger.add(name, not arrays, "none", "no certificate" if not arrays else "a certificate")
        ledger.add("budget.certified", certified is None and weaker is None, certified, None)
        return
    if served > bound * (1 + 1e-6) + 1e-6:
        ledger.add(name, False, bound, served, "More is served than the bound says is possible.")
        return
    claim = bound if certified is True else weaker
    if claim is None:
        # nothing but a plain no says that nobody can check a bound
        ledger.unchecked(name, bound, "No certificate was written for this bound; it is what the solver reports.")
        ledger.add("budget.certified", certified is False and not arrays, certified, False)
        return
    why = f"There is no certificate proof/{ROLLOUT}.npz that can be read."
    found = math.inf
    if arrays:
        try:
            with np.errstate(all="ignore"):
                found = prove_rollout(force, arrays)
            why = ""
        except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
            why = f"The certificate proof/{ROLLOUT}.npz is broken ({type(error).__name__})."
    said = (arrays or {}).get("bound", np.array([math.nan])).ravel()
    ok = not why and said.size == 1 and float(said[0]) == float(claim) and found <= float(claim) * (1 + HAIR)
    why = "" if ok else why or f"The certificate proves {value_in_words(found)}, not {value_in_words(claim)}."
    ledger.add(
        name,
        ok,
        f"no roll-out serves more than {value_in_words(claim)}",
        f"certificate proves {value_in_words(found)}",
        why,
    )
    ledger.add("budget.certified", certified is False or ok, certified, ok)
    if certified is not True:
        why = f"The solver reports {value_in_words(bound)}; the certificate proves {value_in_words(claim)}."
        ledger.unchecked("budget.bound", bound, why)
