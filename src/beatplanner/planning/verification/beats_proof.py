"""The beats' bound from ``proof/beats.npz``: the certificates of the municipalities, and what they add up to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.arrays import NUMBER, TEXT, WHOLE, MalformedError, check_range, sized
from beatplanner.planning.verification.balances import amounts_of, widest_bounds
from beatplanner.planning.verification.beats import metres_of_pairs
from beatplanner.planning.verification.cut_cone_proof import has_prices
from beatplanner.planning.verification.cut_cycle_proof import has_rings
from beatplanner.planning.verification.cut_proof import prove_cut
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import missing
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.travel_bound import Look, connected_pieces, cut_shares, prove
from beatplanner.planning.verification.travel_lagrangian import ROUNDING
from beatplanner.planning.verification.travel_pairs import Area, TooLargeError

# Arrays of all municipalities together: M of them, L limits, R choices of hosts; see ``docs/proofs.md``.
FORMS = {
    "names": (TEXT, ("M",)),
    "labels": (TEXT, ("G",)),
    "common_price": (NUMBER, (1,)),
    "part_bound": (NUMBER, ("M",)),
    "limit_part": (WHOLE, ("L",)),
    "limit_upto": (NUMBER, ("L",)),
    "limit_bound": (NUMBER, ("L",)),
    "home_label": (WHOLE, ("H",)),
    "home": (WHOLE, ("R", "H")),
}
# Ways to share a budget out, in part, that are gone through.
MOST_STATES = 200_000


def prove_beats(evidence: Evidence, arrays: dict[str, np.ndarray], claimed: float) -> float:
    """Return the bound that the certificates prove.

    Each municipality's part of the claim is taken from the certificate; the parts add up to the bound, less what the budget of residents who may
    change beat is worth at the price that all municipalities have in common.

    Raises
    ------
    CannotProveError
        Where inputs that it needs are gone, or it is too large.
    """
    rules = evidence.rules.beats
    if rules is None or evidence.beats is None:
        raise CannotProveError("There are no rules for beats.")
    names = names_of(evidence, arrays)
    areas, spare = certified_areas(evidence, names, [str(x) for x in arrays["labels"]], 0.0)
    try:
        if len(arrays.get("home", [])) and rules.max_moved is not None and len(areas) > 1:
            return _over_hosts(evidence, areas, arrays, spare, claimed)
        return prove_together(evidence, areas, arrays, spare, claimed)
    except TooLargeError:
        raise CannotProveError("A municipality is too large for this checker.") from None


def prove_together(
    evidence: Evidence, areas: list[Area], arrays: dict[str, np.ndarray], spare: float, claimed: float
) -> float:
    """Return the bound of all municipalities that one set of certificates proves, where `spare` residents may change beat.

    Raises
    ------
    TooLargeError
        Where a municipality has too many pairs.
    """
    rules = evidence.rules.beats
    assert rules is not None
    price = float(arrays["common_price"][0])
    several = len(areas) > 1 and rules.max_moved is not None
    if price < 0 or (price > 0 and not several):
        # what a price adds is only taken off again where municipalities share a budget
        return -math.inf
    areas = [replace(area, price=price) for area in areas]
    parts, cut = arrays["part_bound"].tolist(), rules.objective == "cut"
    priced = rules.max_moved is not None and (price > 0 or not several)
    proven = [
        min(prove_part(area, inner(arrays, f"p{m}."), priced, parts[m], cut=cut), parts[m])
        for m, area in enumerate(areas)
    ]
    if not several:
        return math.fsum(proven)
    limits = _limits(areas, arrays, cut=cut)
    value = math.fsum(proven) - price * spare
    return max(value, least_of_choices(proven, limits, price, spare, claimed)) if limits else value


def _over_hosts(
    evidence: Evidence, areas: list[Area], arrays: dict[str, np.ndarray], spare: float, claimed: float
) -> float:
    """Return what is proven wherever today's beats live on that span municipalities; -inf where a choice of their hosts is missing.

    Raises
    ------
    CannotProveError
        Where there are too many choices.
    """
    labels, rows = _rows_of_homes(arrays)
    for hosts in all_hosts(areas, labels):
        _, gone = at_hosts(areas, labels, hosts)
        if gone <= spare * (1 + 1e-9) + 1e-6 and hosts not in rows:
            return -math.inf
    value = math.inf
    for k, hosts in enumerate(rows):
        own, gone = at_hosts(areas, labels, hosts)
        part = inner(arrays, f"h{k}.")
        if "least" in part:
            found = least_of(own, part)
            value = min(value, math.inf if found > (spare - gone) * (1 + 1e-9) + 1e-6 else -math.inf)
        else:
            value = min(value, prove_together(evidence, own, part, spare - gone, claimed))
    return min(value, claimed)


def _rows_of_homes(arrays: dict[str, np.ndarray]) -> tuple[list[int], list[tuple[int, ...]]]:
    """Return the labels of today's beats that a certificate tells apart by their hosts, and its choices."""
    labels = [int(g) for g in arrays["home_label"]]
    return labels, [tuple(int(m) for m in row) for row in np.asarray(arrays["home"]).reshape(-1, len(labels))]


def all_hosts(areas: list[Area], labels: list[int]) -> Iterator[tuple[int, ...]]:
    """Return every choice of the municipality in which each of today's beats lives on: where it is locked, else where it has residents.

    Raises
    ------
    CannotProveError
        Where there are too many, or a label is no beat of today.
    """
    held = [[m for m, a in enumerate(areas) if (a.locked == g).any()] for g in labels]
    lives = [[m for m, a in enumerate(areas) if a.residents[a.current == g].sum() > 0] for g in labels]
    choices = [h or own for h, own in zip(held, lives, strict=True)]
    if min(labels, default=0) < 0 or not all(choices):
        raise CannotProveError("The certificate is about beats that nobody has today.")
    if math.prod(map(len, choices)) > MOST_STATES:
        raise CannotProveError("There are too many municipalities in which today's beats may live on for this checker.")
    return itertools.product(*choices)


def at_hosts(areas: list[Area], labels: list[int], hosts: tuple[int, ...]) -> tuple[list[Area], float]:
    """Return the municipalities where `labels` live on in `hosts` alone, and the residents of theirs elsewhere, who change beat in every plan."""
    found: list[Area] = []
    gone = 0.0
    for m, area in enumerate(areas):
        away = np.isin(area.current, [g for g, h in zip(labels, hosts, strict=True) if h != m])
        gone += float(area.residents[away].sum())
        found.append(replace(area, current=np.where(away, -1, area.current)))
    return found, gone


def least_of(areas: list[Area], arrays: dict[str, np.ndarray]) -> float:
    """Return how many residents of all municipalities change beat at least, as certificates of the fewest moved prove."""
    bounds = arrays["part_bound"].tolist()
    return math.fsum(
        min(prove_moves(area, inner(arrays, f"p{m}."), bounds[m]), bounds[m]) for m, area in enumerate(areas)
    )


def names_of(evidence: Evidence, arrays: dict[str, np.ndarray]) -> list[str]:
    """Return the municipalities of a certificate.

    Raises
    ------
    CannotProveError
        Where locks are not known.
    MalformedError
        Where they are others.
    """
    rules = evidence.rules.beats
    assert rules is not None
    if (rules.locked is not None or rules.held) and evidence.town is None:
        raise CannotProveError("What is locked is only known from the inputs, which are not there as they were.")
    names = [str(n) for n in arrays["names"]]
    municipality = evidence.units["municipality"].fillna("").astype(str).to_numpy(object)
    if sorted(names) != sorted(set(municipality)):
        raise MalformedError("The certificate is for other municipalities.")
    check_form(arrays, len(names))
    return names


def check_form(arrays: dict[str, np.ndarray], municipalities: int) -> None:
    """Check the sizes of what belongs to no single municipality.

    Raises
    ------
    MalformedError
        Where one is another, or a number names no municipality.
    """
    sized(arrays, {"M": municipalities}, FORMS)
    check_range(arrays, "limit_part", 0, municipalities)
    check_range(arrays, "home", 0, municipalities)
    for k in range(len(arrays.get("home", ()))):
        check_form(inner(arrays, f"h{k}."), municipalities)


def inner(arrays: dict[str, np.ndarray], head: str) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with `head`, without it."""
    return {k.removeprefix(head): v for k, v in arrays.items() if k.startswith(head)}


def prove_part(
    area: Area,
    part: dict[str, np.ndarray],
    priced: bool,
    bound: float,
    *,
    cut: bool = False,
    look: Look | None = None,
) -> float:
    """Return what one municipality's certificate proves; `look` as for `travel_bound.prove`."""
    if cut and (not part or has_prices(part) or has_rings(part)):
        return prove_cut(area, bound, part, None if look is None else look.steps)
    if cut:
        # beats are sought among those of any travel: that there are none is all that such a certificate can say
        none = bound == math.inf and prove(area, part, priced, bound, look) == math.inf
        return math.inf if none else prove_cut(area, bound, None, None if look is None else look.steps)
    if area.count == len(area.weight) or not part:
        # every unit is a beat of its own, or nothing was sought: no travel is the bound that needs no proof
        return 0.0 if bound <= 0 else -math.inf
    if area.count == 1 and area.price == 0 and area.budget is None:
        n = len(area.weight)
        every = np.arange(n)
        return min(float(area.weight @ area.metres(every, np.full(n, j))) for j in range(n))
    return prove(area, part, priced, bound, look)


def _limits(areas: list[Area], arrays: dict[str, np.ndarray], *, cut: bool) -> list[tuple[int, float, float]]:
    """Return for municipalities, by their place: residents, and what plans that move at most so many cost at least."""
    found: list[tuple[int, float, float]] = []
    rows = zip(arrays.get("limit_part", []), arrays.get("limit_upto", []), arrays.get("limit_bound", []), strict=True)
    for k, (m, upto, bound) in enumerate(rows):
        area = limited(areas[int(m)], float(upto))
        value = prove_part(area, inner(arrays, f"l{k}."), area.budget is not None, float(bound), cut=cut)
        found.append((int(m), float(upto), min(value, float(bound))))
    return found


def limited(area: Area, upto: float) -> Area:
    """Return a municipality in which at most so many residents change beat, without a price."""
    return replace(area, price=0.0, budget=upto if math.isfinite(upto) else None)


def least_of_choices(
    priced: list[float], limits: list[tuple[int, float, float]], price: float, spare: float, wanted: float
) -> float:
    """Return the least cost of any choice of a step for each municipality within the budget; `wanted` where none is below that.

    A plan moves more residents of a municipality than one limit and at most as many as the next, so that it costs what is proven of the latter.

    Raises
    ------
    CannotProveError
        Where there are too many choices.
    """
    steps: list[list[tuple[float, float, float]]] = []
    for m, at_price in enumerate(priced):
        own = sorted((u, b) for k, u, b in limits if k == m)
        if not own or own[-1][0] != math.inf:
            own.append((math.inf, 0.0))
        steps.append([])
        for k, (upto, _) in enumerate(own):
            low = own[k - 1][0] if k else 0.0
            bound = max(b for _, b in own[k:])
            if upto < math.inf:
                bound = max(bound, at_price - price * upto)
            if bound < math.inf:
                steps[m].append((low, bound, max(at_price, bound + price * low)))
    most = spare * (1 + 1e-9) + 1e-6
    rest = [
        tuple(math.fsum(min((s[f] for s in own), default=math.inf) for own in steps[k:]) for f in range(3))
        for k in range(len(steps) + 1)
    ]
    states = [(0.0, 0.0, 0.0)]
    for k, own in enumerate(steps):
        after = rest[k + 1]
        states = [
            t
            for a in states
            for s in own
            for t in [(a[0] + s[0], a[1] + s[1], a[2] + s[2])]
            if t[0] + after[0] <= most and max(t[1] + after[1], t[2] + after[2] - price * spare) < wanted
        ]
        if len(states) > MOST_STATES:
            raise CannotProveError("There are too many ways to share the budget out for this checker.")
    return min((max(b, c - price * spare) for _, b, c in states), default=wanted) * (1 - ROUNDING)


def certified_areas(evidence: Evidence, names: list[str], labels: list[str], price: float) -> tuple[list[Area], float]:
    """Return each municipality as the certificates take it, and the residents who may change beat, over all.

    A beat of today that spans several municipalities may live on in each of them: that allows more than a plan can do, so a bound under it
    holds for every plan.
    """
    units, rules, beats = evidence.units, evidence.rules.beats, evidence.beats
    assert rules is not None and beats is not None
    municipality = units["municipality"].fillna("").astype(str).to_numpy(object)
    hours, people, xy_metres = units["workload"].to_numpy(float), evidence.people, metres_of_pairs(evidence)
    if xy_metres is None:
        raise CannotProveError("The distances between units come from a file that is not there as it was.")
    number = {label: g for g, label in enumerate(labels)}
    current = np.array([number.get(str(c), -1) if not missing(c) else -1 for c in units["current"]], int)
    unknown = [c for c in units["current"] if not missing(c) and str(c) not in number]
    locked = np.full(len(units), -1)
    if evidence.town is not None and (rules.locked is not None or rules.held):
        lock = dict(zip(evidence.town.units["unit"], evidence.town.units["locked"], strict=True))
        said = [lock.get(u) for u in units["unit"]]
        unknown += [b for b in said if not missing(b) and str(b) not in number]
        locked = np.array([-1 if missing(b) else number.get(str(b), -1) for b in said], int)
    if unknown:
        raise MalformedError("The certificate does not know all of today's beats.")
    place = {name: m for m, name in enumerate(names)}
    rows = list_of(section_of(evidence.summary, "beats"), "municipalities")
    # where the rules clash each municipality has the tolerance that it needs; a narrower one than the rules' would prove too much
    wider = {str(r["municipality"] or ""): max(rules.tolerance, float(r["tolerance"])) for r in rows}
    amounts, bounds = amounts_of(evidence), widest_bounds(evidence)
    of_unit = np.array([place[m] for m in municipality], int)
    known = float(people[current >= 0].sum())
    spare = math.inf if rules.max_moved is None else rules.max_moved * known
    if len(names) > 1 and math.isfinite(spare) and (people % 1 == 0).all():
        # people come whole
        spare = float(math.floor(spare * (1 + 1e-9) + 1e-6))
    inside_town = evidence.edges[(evidence.edges["a"] >= 0) & (evidence.edges["b"] >= 0)]
    edges, border = inside_town[["a", "b"]].to_numpy(int), inside_town["metres"].to_numpy(float)
    found: list[Area] = []
    for m, name in enumerate(names):
        inside = np.flatnonzero(of_unit == m)
        position = np.full(len(units), -1)
        position[inside] = np.arange(len(inside))
        here = (position[edges] >= 0).all(axis=1) if len(edges) else np.zeros(0, bool)
        own = edges[here] if len(edges) else edges.reshape(0, 2)
        count = int((beats["municipality"].fillna("").astype(str) == name).sum())
        mean = float(hours[inside].sum()) / max(1, count)

        tolerance = wider.get(name, rules.tolerance)

        def metres(a: np.ndarray, b: np.ndarray, inside: np.ndarray = inside) -> np.ndarray:
            return xy_metres(inside[a], inside[b])

        found.append(
            Area(
                hours[inside],
                metres,
                position[own],
                count,
                mean * (1 - tolerance),
                mean * (1 + tolerance),
                people[inside],
                current[inside],
                locked[inside],
                spare if len(names) == 1 and rules.max_moved is not None else None,
                price,
                border[here],
                balances=tuple((a[inside], *bounds[name, b]) for b, a in amounts.items()),
            )
        )
    return found, spare


def least_moved(evidence: Evidence, arrays: dict[str, np.ndarray]) -> float:
    """Return the share of residents that at least change beat in every plan within the tolerances that the municipalities have.

    Raises
    ------
    CannotProveError
        As for `prove_beats`.
    """
    rows = {str(r["municipality"] or ""): float(r["tolerance"]) for r in evidence.summary["beats"]["municipalities"]}
    names = names_of(evidence, arrays)
    areas, _ = certified_areas(evidence, names, [str(x) for x in arrays["labels"]], 0.0)
    known = math.fsum(float(a.residents[a.current >= 0].sum()) for a in areas)
    if known <= 0:
        return 0.0
    areas = [at_tolerance(a, rows[name]) for name, a in zip(names, areas, strict=True)]
    try:
        return (least_over_hosts(areas, arrays) if "home" in arrays else least_of(areas, arrays)) / known
    except TooLargeError:
        raise CannotProveError("A municipality is too large for this checker.") from None


def least_over_hosts(areas: list[Area], arrays: dict[str, np.ndarray]) -> float:
    """Return how many residents change beat at least, wherever today's beats live on; those elsewhere do, where a choice is not in the certificate.

    Raises
    ------
    CannotProveError, TooLargeError
        As for `all_hosts` and `least_of`.
    """
    labels, rows = _rows_of_homes(arrays)
    least = math.inf
    for hosts in all_hosts(areas, labels):
        own, gone = at_hosts(areas, labels, hosts)
        more = least_of(own, inner(arrays, f"h{rows.index(hosts)}.")) if hosts in rows else 0.0
        least = min(least, gone + more)
    return least


def at_tolerance(area: Area, tolerance: float) -> Area:
    """Return a municipality whose beats may be so far from its mean."""
    mean = float(area.weight.sum()) / max(1, area.count)
    return replace(area, lower=mean * (1 - tolerance), upper=mean * (1 + tolerance))


def prove_moves(area: Area, part: dict[str, np.ndarray], claimed: float) -> float:
    """Return how many residents of a municipality change beat at least."""
    by_moves = replace(area, budget=None, price=0.0, by_moves=True)
    return max(0.0, prove(by_moves, part, True, claimed)) if part else 0.0


def impossible_within(evidence: Evidence, tolerance: float, arrays: dict[str, np.ndarray]) -> str:
    """Return why no beats of some municipality are within a tolerance of its mean; "" where that is not proven.

    A unit that weighs more than a beat may is reason enough; so are pieces of the map that cannot each hold a whole number of beats; else the
    certificate ``proof/tolerance.npz`` must leave no plan.

    Raises
    ------
    CannotProveError
        As for `prove_beats`.
    """
    municipality = evidence.units["municipality"].fillna("").astype(str).to_numpy(object)
    names = sorted(set(municipality))
    today = {str(c) for c in evidence.units["current"] if not missing(c)}
    labels = [str(x) for x in arrays["labels"]] if "labels" in arrays else sorted(today)
    areas, _ = certified_areas(evidence, names, labels, 0.0)
    for name, area in zip(names, areas, strict=True):
        mean = float(area.weight.sum()) / max(1, area.count)
        lower, upper = mean * (1 - tolerance), mean * (1 + tolerance)
        # a hair below the tolerance, since it is itself the first that is not excluded
        if float(area.weight.max()) >= upper * (1 - 1e-9):
            return f"{name}: a unit is heavier than a beat may be".lstrip(": ")
        pieces = [float(area.weight[p].sum()) for p in connected_pieces(len(area.weight), area.edges)]
        if not cut_shares(pieces, area.count, lower, upper):
            return f"{name}: a piece of the map holds no whole number of beats".lstrip(": ")
        if arrays and name == str(arrays["name"][0]) and "step" in arrays:
            # of the hours alone: what further balances must give is found for the tolerance that the hours need
            narrow = replace(area, lower=lower, upper=upper, budget=None, balances=())
            if prove(narrow, arrays, False, math.inf) == math.inf:
                return f"{name}: the certificate leaves no plan".lstrip(": ")
    return ""
