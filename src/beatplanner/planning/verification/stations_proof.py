"""The stations' bound from ``proof/stations.npz``: a tree of open and closed sites, each leaf with multipliers; see ``docs/proofs.md``.

Only numpy and the standard library are used in the evaluation, and nothing of what found the certificate.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from beatplanner.data.description.listed_ids import stations_as_known
from beatplanner.data.town.walking_network import straight_metres, walk_metres
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.verification.arrays import (
    NUMBER,
    TEXT,
    TRUTH,
    WHOLE,
    MalformedError,
    check_range,
    sized,
    starts,
)
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.travel_lagrangian import ROUNDING, rounding_of

Arrays = dict[str, np.ndarray]
INNER, NO_CHOICE, ONE_CHOICE = -1, -2, -3
# What a value above zero must be at least.
ABOVE_ZERO = 1e-7
# Costs that are looked at, over all leaves.
MOST_COSTS = 600_000_000


# Arrays of the tree: N nodes, L rows of multipliers, h homes, Q rows of rules; see ``docs/proofs.md``.
FORMS = {
    "kind": (TEXT, (1,)),
    "threshold": (NUMBER, (1,)),
    "groups": (NUMBER, ("g",)),
    "parent": (WHOLE, ("N",)),
    "site": (WHOLE, ("N",)),
    "opened": (TRUTH, ("N",)),
    "reason": (WHOLE, ("N",)),
    "step": (NUMBER, (1,)),
    "u": (NUMBER, ("L", "h")),
    "lam": (NUMBER, ("L", "Q")),
    "count": (WHOLE, (1,)),
    "at_most": (TRUTH, (1,)),
    "row_kind": (TEXT, ("Q",)),
    "row_start": (WHOLE, ("Q+1",)),
    "row_site": (WHOLE, ("E",)),
    "row_value": (NUMBER, ("E",)),
    "row_right": (NUMBER, ("Q",)),
}


def check_form(arrays: Arrays, homes: int, sites: int) -> None:
    """Check that the arrays have the sizes that they must have, that each row names a site once, and that their numbers name sites and nodes.

    Raises
    ------
    MalformedError
        Where that is not so.
    """
    sized(arrays, {"h": homes}, FORMS)
    starts(arrays, "row_start", "row_site")
    check_range(arrays, "parent", -1, len(arrays["parent"]))
    check_range(arrays, "site", -1, sites)
    check_range(arrays, "row_site", 0, sites)
    start = arrays["row_start"].tolist()
    for a, b in itertools.pairwise(start):
        if len(np.unique(arrays["row_site"][a:b])) < b - a:
            raise MalformedError("row_site: a site stands twice in a row")
    if (arrays["lam"] < 0).any():
        raise MalformedError("lam: a multiplier is negative, so that nothing is proven")


@dataclass(frozen=True)
class HomesAndSites:
    """Homes and sites as the checker has them: residents (h,), metres (h, m), whether a home counts (h,), and today's kept sites (m,)."""

    people: np.ndarray
    metres: np.ndarray
    counts: np.ndarray
    kept: np.ndarray


def prove_stations(evidence: Evidence, arrays: Arrays, claimed: float) -> float:
    """Return the bound on the stations' objective that the certificate proves.

    Raises
    ------
    CannotProveError
        Where the walks to the sites are not known, or a rule is one that this checker does not know.
    """
    rules, sites = evidence.rules.stations, evidence.tables.sites
    kind = str(arrays["kind"][0])
    if rules is None or sites is None:
        raise CannotProveError("The plan has no stations.")
    if kind != rules.objective:
        return -math.inf
    demand = _demand(evidence)
    return max(
        _trivial(evidence, demand), _by_tree(evidence, arrays, demand, claimed) if "parent" in arrays else -math.inf
    )


def _trivial(evidence: Evidence, demand: HomesAndSites) -> float:
    """Return the bound that needs no certificate: with every site open nothing would be better."""
    rules = evidence.rules.stations
    assert rules is not None
    nearest, counts = demand.metres.min(axis=1, initial=math.inf), demand.counts
    if rules.objective == "p-median":
        return math.fsum((demand.people[counts] * nearest[counts]).tolist()) * (1 - ROUNDING)
    if rules.objective == "p-center":
        return float(nearest[counts].max(initial=0.0))
    within = nearest <= edge_of(rules.walk_minutes * rules.walk_kmh * 1000 / 60)
    if rules.objective == "coverage":
        return math.fsum(demand.people[~within].tolist())
    return float(max(int(demand.kept.sum()), int((within & counts).any())))


def _by_tree(evidence: Evidence, arrays: Arrays, demand: HomesAndSites, claimed: float) -> float:
    rules, kind = evidence.rules.stations, str(arrays["kind"][0])
    assert rules is not None
    if float(demand.metres.size) * max(1, len(arrays["u"])) > MOST_COSTS:
        raise CannotProveError("The certificate is too large for this checker.")
    check_form(arrays, *demand.metres.shape)
    count, at_most = int(arrays["count"][0]), bool(arrays["at_most"][0])
    if kind != "fewest":
        wanted = rules.count or int(demand.kept.sum()) or 1
        if at_most or count != min(max(wanted, int(demand.kept.sum())), len(demand.kept)):
            return -math.inf
    arrays = arrays | _own_rows(evidence, arrays, demand, count)
    limit = edge_of(rules.walk_minutes * rules.walk_kmh * 1000 / 60)
    people, metres, counts = demand.people, demand.metres, demand.counts
    if kind == "p-median":
        longest = float(metres[np.isfinite(metres)].max(initial=0.0))
        ways = np.where(np.isfinite(metres), metres, 2 * longest)
        weight = np.where(counts, _with_groups(evidence, arrays, people, counts), 0.0)
        far = np.where(counts, people, 0.0)[:, None] * (metres > limit)
        return _tree(arrays, weight[:, None] * np.where(counts[:, None], ways, 0.0), demand.kept, count, at_most, far)
    if kind == "coverage":
        value = _tree(arrays, people[:, None] * (metres > limit), demand.kept, count, at_most)
        whole = bool((people == np.round(people)).all())
        return math.ceil(value - 1e-6) if whole and math.isfinite(value) else value
    if kind == "p-center":
        threshold = float(arrays["threshold"][0])
        far = (metres >= threshold * (1 - 1e-12)) & counts[:, None]
        return threshold if _tree(arrays, far.astype(float), demand.kept, count, at_most) > ABOVE_ZERO else -math.inf
    within = metres <= limit
    lacks = ~within & (within.any(axis=1) & counts)[:, None]
    value = _tree(arrays, lacks.astype(float), demand.kept, count, at_most)
    return float(count + 1) if value > ABOVE_ZERO and claimed <= count + 1 and at_most else -math.inf


def prove_stops(evidence: Evidence, arrays: Arrays, cut_off: np.ndarray) -> int:
    """Return how many mobile-outreach stops are needed at least, wherever in the homes that no station reaches they are.

    Parameters
    ----------
    evidence
        The plan; its inputs tell the ways between homes.
    arrays
        The certificate: a tree without sites to branch on that stand, a multiplier for each home that is cut off.
    cut_off
        (h,) bool, in the order of the homes of the inputs.

    Raises
    ------
    CannotProveError
        Where the inputs are not there as they were, or it is too large.
    """
    town, rules = evidence.town, evidence.rules.stations
    if town is None or town.homes is None or rules is None or rules.mobile is None or len(town.homes) != len(cut_off):
        raise CannotProveError("The ways between homes need the inputs, which are not there as they were.")
    place = town.homes[["x", "y"]].to_numpy(float)[cut_off]
    if float(len(place)) ** 2 * max(1, len(arrays["u"])) > MOST_COSTS:
        raise CannotProveError("The certificate is too large for this checker.")
    limit = edge_of((rules.mobile.walk_minutes or rules.walk_minutes) * rules.walk_kmh * 1000 / 60)
    if town.network is not None:
        metres = walk_metres(town.network, place, place, limit=limit)
    else:
        metres = straight_metres(place, place, rules.detour)
    np.fill_diagonal(metres, 0.0)
    check_form(arrays, len(place), len(place))
    if len(arrays["row_kind"]) or not bool(arrays["at_most"][0]):
        return 1
    count = int(arrays["count"][0])
    value = _tree(arrays, (metres > limit).astype(float), np.zeros(len(place), bool), count, at_most=True)
    return count + 1 if value > ABOVE_ZERO else 1


def _demand(evidence: Evidence) -> HomesAndSites:
    town, sites, homes, rules = evidence.town, evidence.tables.sites, evidence.tables.homes, evidence.rules.stations
    assert sites is not None and rules is not None
    if town is None or town.walks is None or town.sites is None or town.homes is None:
        raise CannotProveError("The walks to sites that stay closed need the inputs, which are not there as they were.")
    order = {str(s): j for j, s in enumerate(town.sites["station"])}
    names = [str(s) for s in sites["station"]]
    if sorted(order) != sorted(names):
        raise CannotProveError("The sites are not those of the inputs.")
    if homes is None and evidence.summary["stations"].get("homes") is not None:
        raise CannotProveError("The homes that walks begin at are not beside the plan (people.gpkg).")
    if homes is not None:
        homes = homes.sort_values("home")
        people, walks = homes["residents"].to_numpy(float), town.walks
    else:
        place = {u: i for i, u in enumerate(town.units["unit"])}
        if any(u not in place for u in evidence.units["unit"]):
            raise CannotProveError("The units are not those of the inputs.")
        people, walks = evidence.people, town.walks[[place[u] for u in evidence.units["unit"]]]
    if len(people) != len(walks):
        raise CannotProveError("The homes are not those of the inputs.")
    metres = walks[:, [order[n] for n in names]]
    held = np.isin(names, list(stations_as_known(rules, names).held_open))
    state = sites["state"].to_numpy(object) if "state" in sites else np.full(len(sites), "kept")
    kept = sites["existing"].to_numpy(bool) & (state != "closable") | held
    counts = np.isfinite(metres).any(axis=1) & (people > 0)
    return HomesAndSites(people, metres, counts, kept)


def _with_groups(evidence: Evidence, arrays: Arrays, people: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the weight of each home, with the multipliers of the rule on groups; see ``docs/proofs.md``."""
    lam, rules = arrays["groups"], evidence.rules.stations
    if not len(lam):
        return people
    assert rules is not None
    if rules.group_excess is None or (lam < 0).any() or evidence.tables.homes is not None:
        raise CannotProveError("The rule on groups is only checked where each unit is one home.")
    groups = [
        evidence.units[f"group_{g}"].to_numpy(float)
        for g in evidence.rules.units.groups
        if f"group_{g}" in evidence.units
    ]
    groups = [np.where(counts, g, 0.0) for g in groups if g[counts].sum() > 0]
    if len(groups) != len(lam):
        raise CannotProveError("The certificate is for other groups.")
    everyone = np.where(counts, people, 0.0)
    mean = (1 + rules.group_excess) * everyone / everyone.sum()
    weight = everyone + sum(x * (g / g.sum() - mean) for x, g in zip(lam, groups, strict=True))
    # the multipliers of groups may cancel each other
    weight = weight - ROUNDING * sum(x * (g / g.sum() + mean) for x, g in zip(lam, groups, strict=True))
    if weight.min() < -1e-9 * max(1.0, float(people.max())):
        return np.full(len(people), -math.inf)
    # what is below zero by a hair stays: with zero in its place more would be proven than is so
    return weight


def _own_rows(evidence: Evidence, arrays: Arrays, demand: HomesAndSites, count: int) -> Arrays:
    """Return the rows beyond the count with numbers that follow from the rules, whatever the certificate has by rounding; raise where one does not follow.

    A multiplier may be as large as it likes, so that the smallest share of a number that is not so would be worth any amount.
    """
    rules, sites = evidence.rules.stations, evidence.tables.sites
    assert rules is not None and sites is not None
    place = np.column_stack([sites.geometry.x, sites.geometry.y])
    start = arrays["row_start"]
    values, rights = arrays["row_value"].astype(float), arrays["row_right"].astype(float)
    for k, kind in enumerate(map(str, arrays["row_kind"])):
        site, value = arrays["row_site"][start[k] : start[k + 1]], arrays["row_value"][start[k] : start[k + 1]]
        right, sound = float(arrays["row_right"][k]), False
        if kind == "budget" and rules.budget is not None:
            yearly = (
                sites["yearly_cost"].fillna(0.0).to_numpy(float) if "yearly_cost" in sites else np.zeros(len(sites))
            )
            closable = sites["existing"].to_numpy(bool) & (sites["state"] == "closable").to_numpy()
            closing = (
                np.where(closable & ~demand.kept, sites["closing_cost"].fillna(0.0).to_numpy(float), 0.0)
                if "closing_cost" in sites
                else np.zeros(len(sites))
            )
            price = sites["cost"].fillna(0.0).to_numpy(float) + rules.cost_years * yearly - closing
            sound = bool(np.allclose(value, price[site], rtol=1e-9, atol=1e-6)) and len(site) == len(sites)
            most = rules.budget - float(closing.sum())
            # what a plan may miss a budget by is small change; the true prices, and a budget that is not below the true one
            sound = sound and right >= most * (1 - 1e-12) - 1e-9
            if sound:
                values[start[k] : start[k + 1]], rights[k] = price[site], max(right, most)
        elif kind == "apart" and rules.min_distance > 0:
            apart = np.hypot(*(place[site][:, None] - place[site][None]).transpose(2, 0, 1))
            both = demand.kept[site][:, None] & demand.kept[site][None]
            off = ~np.eye(len(site), dtype=bool)
            sound = bool(((apart < rules.min_distance) & ~both)[off].all()) and bool((value == 1).all()) and right >= 1
        elif kind == "area" and rules.one_per_municipality:
            unit = {u: str(m) for u, m in zip(evidence.units["unit"], evidence.units["municipality"], strict=True)}
            areas = [unit.get(str(u)) for u in sites["unit"]]
            inside = {areas[int(j)] for j in site}
            every = len(inside) == 1 and sum(a in inside for a in areas) == len(site)
            sound = every and bool((value == -1).all()) and right >= -1 and len(set(areas)) <= max(count, 1)
        elif kind == "floor" and rules.coverage_floor is not None:
            # residents beyond the limit whom some site reaches: as many as the floor leaves
            everyone = math.fsum(demand.people.tolist())
            allowed = math.fsum(demand.people[demand.counts].tolist()) - rules.coverage_floor * everyone
            sound = not len(site) and right >= allowed - 1e-9 * max(1.0, everyone)
            rights[k] = max(right, allowed)
        if not sound:
            raise CannotProveError(
                f"A row of the certificate ({kind}) does not follow from the rules as this checker reads them."
            )
    return {"row_value": values, "row_right": rights}


@dataclass(frozen=True)
class _Reduced:
    """What each site costs at the multipliers of a leaf, (m,), and how large all that was added for it is, (m,)."""

    cost: np.ndarray
    size: np.ndarray


def _tree(
    arrays: Arrays, cost: np.ndarray, kept: np.ndarray, count: int, at_most: bool, far: np.ndarray | None = None
) -> float:
    """Return the least bound of the leaves, -inf where the tree leaves a choice out.

    `far` (h, m) is what a home counts in the row of the coverage floor at a site beyond its limit. A leaf costs at least Σ u − Σ λ b + Σ_open ρ + the least ρ of as many free sites as may still open; ρ_j = Σ_i min(0, c_ij − u_i) + Σ λ a_j.
    """
    parent, site, opened, reason = (arrays[k] for k in ("parent", "site", "opened", "reason"))
    u = arrays["u"].astype(float)
    step = float(arrays["step"][0])
    if step > 0:
        u = np.cumsum(arrays["u"].astype(np.int64), axis=0) * step
    rho: list[_Reduced] = []
    start = arrays["row_start"]
    for k in range(len(u)):
        floors = [w for w, kind in zip(arrays["lam"][k], map(str, arrays["row_kind"]), strict=True) if kind == "floor"]
        dear = cost if far is None or not floors else cost + sum(floors) * far
        own = np.minimum(0.0, dear - u[k][:, None]).sum(axis=0)
        size = np.abs(own)
        for q, weight in enumerate(arrays["lam"][k]):
            here, more = (
                arrays["row_site"][start[q] : start[q + 1]],
                weight * arrays["row_value"][start[q] : start[q + 1]],
            )
            np.add.at(own, here, more)
            np.add.at(size, here, np.abs(more))
        rho.append(_Reduced(own, size))
    children: dict[int, list[int]] = {}
    for node, above in enumerate(parent.tolist()):
        if above >= node:
            return -math.inf
        children.setdefault(above, []).append(node)
    if children.get(-1) != [0]:
        return -math.inf
    least = math.inf
    stack: list[tuple[int, np.ndarray | None]] = [(0, np.where(kept, 1, 0).astype(np.int8))]
    while stack:
        node, state = stack.pop()
        if state is None:
            continue
        own = children.get(node, [])
        if own:
            if len(own) != 2 or site[own[0]] != site[own[1]] or bool(opened[own[0]]) == bool(opened[own[1]]):
                return -math.inf
            for child in own:
                j, wish = int(site[child]), 1 if opened[child] else -1
                if state[j] != -wish:
                    after = state.copy()
                    after[j] = wish
                    stack.append((child, after))
            continue
        least = min(least, _leaf(arrays, int(reason[node]), state, cost, rho, u, count, at_most, far))
    return least


def _breaks_a_row(arrays: Arrays, chosen: np.ndarray, far: np.ndarray | None) -> bool:
    """Tell whether a choice breaks a row; all of them follow from the rules."""
    start, place = arrays["row_start"], np.flatnonzero(chosen)
    for k, kind in enumerate(map(str, arrays["row_kind"])):
        inside, right = slice(start[k], start[k + 1]), float(arrays["row_right"][k])
        if kind == "floor":
            value = 0.0 if far is None else math.fsum(far[:, place].min(axis=1).tolist())
        else:
            value = math.fsum(arrays["row_value"][inside][chosen[arrays["row_site"][inside]]].tolist())
        if value > right + 1e-6 * max(1.0, abs(right)):
            return True
    return False


def _leaf(
    arrays: Arrays,
    reason: int,
    state: np.ndarray,
    cost: np.ndarray,
    rho: list[_Reduced],
    u: np.ndarray,
    count: int,
    at_most: bool,
    far: np.ndarray | None,
) -> float:
    is_open, free = state == 1, np.flatnonzero(state == 0)
    rest = count - int(is_open.sum())
    if rest < 0 or (not at_most and rest > len(free)):
        return math.inf
    if reason == ONE_CHOICE and not at_most and rest in (0, len(free)):
        chosen = is_open | ((state == 0) & (rest > 0))
        if not chosen.any():
            return -math.inf
        broken = _breaks_a_row(arrays, chosen, far)
        return math.inf if broken else math.fsum(cost[:, chosen].min(axis=1).tolist())
    if not 0 <= reason < len(u):
        return -math.inf
    own, rows = rho[reason], arrays["lam"][reason] * arrays["row_right"]
    others = np.sort(own.cost[free])[: max(0, rest)]
    if at_most:
        others = np.minimum(others, 0.0)
    terms = [*u[reason].tolist(), *(-rows).tolist(), *own.cost[is_open].tolist(), *others.tolist()]
    # rows may cancel each other, so that what they cost by rounding is not seen in what is left of them
    largest = np.sort(own.size[free])[len(free) - min(len(free), rest) :]
    sizes = [*u[reason].tolist(), *rows.tolist(), *own.size[is_open].tolist(), *largest.tolist()]
    return math.fsum(terms) - rounding_of(len(cost) + len(rows)) * math.fsum(map(abs, sizes))
