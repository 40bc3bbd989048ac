"""What proves the beats' bound, from the solver's evidence to arrays of numbers as ``proof/beats.npz`` has them (``docs/proofs.md``)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.description.sections.beats import Beats
from beatplanner.data.result.cells import DIGITS as READABLE_DIGITS
from beatplanner.data.town.town import Town
from beatplanner.planning.verification.arrays import HAIR
from beatplanner.planning.verification.beats_proof import (
    at_hosts,
    certified_areas,
    least_of_choices,
    limited,
    prove_moves,
    prove_part,
)
from beatplanner.planning.verification.cut_proof import EIGEN_UNITS
from beatplanner.planning.verification.evidence import Evidence as PlanEvidence
from beatplanner.planning.verification.travel_bound import Look
from beatplanner.planning.verification.travel_pairs import MOST_PAIRS, Area
from beatplanner.planning.whole.cut_proofs import packed_cone, packed_rings
from beatplanner.solver.districts.evidence import BoundEvidence, Multipliers, Node

if TYPE_CHECKING:
    from beatplanner.planning.beats.municipality import AtHosts, Limited, PartEvidence
    from beatplanner.planning.whole.plan import Plan

Arrays = dict[str, np.ndarray]
# Digits of a bound that is told.
DIGITS = 10
# Nodes kept of a tree, and multipliers in all: a proof is checked within seconds and stays small.
MOST_NODES, MOST_NUMBERS = 700, 1_000_000
# Of larger trees nodes are sought among so many times as many, since the checker may close a node that the search had to split: what it looks at is kept.
TRIED = 5
# Share of a time limit that is left to certificates, and how many nodes of trees are kept for each of its seconds, times the units that each node has: the
# work follows from the limit, not from the clock. A node takes some 15 μs for each unit.
OF_CERTIFICATES, NODES_A_SECOND = 0.06, 4_000
# Share of a limit that they have at most; seconds of a pair of units that the checker looks for, and cubes of units a second of its eigenvalues.
MOST_OF_CERTIFICATES, PAIR_SECONDS, CUBES_A_SECOND = 0.3, 5e-7, 2e9
# Ways of rings that are gone through for each second of the limit, by which three beats of some hundred units are proven: some ten million take a second.
STEPS_A_SECOND = int(OF_CERTIFICATES * 10_000_000)
# Nodes kept of each of several trees, however large another is.
FEWEST_NODES = 100
# Multipliers are kept in steps of this share of their mean, which costs a few millionths of the bound; in finer ones where it costs more, as with a pair
# that is excluded by a hair and that a cut rests on.
STEP, FINE_STEP = 1e-5, 1e-9
WORTH_FINER = 1e-5
# Rounds of a bound that are kept where no tree goes on from what all of them left: the checker looks at each pair of units once a round, and these prove as much.
LAST_ROUNDS = 2


def seconds_of_certificates(town: Town, limit: float) -> float:
    """Return what a time limit leaves to the certificates of beats: a share, and what large maps need besides, which no limit ends."""
    rules = town.description.beats
    if rules is None:
        return OF_CERTIFICATES * limit
    sizes = np.unique(town.units["municipality"].astype(str), return_counts=True)[1].astype(float)
    need = (
        float((sizes[sizes <= EIGEN_UNITS] ** 3).sum()) / CUBES_A_SECOND
        if rules.objective == "cut"
        else float(np.minimum(sizes**2, MOST_PAIRS).sum()) * PAIR_SECONDS
    )
    return min(MOST_OF_CERTIFICATES * limit, OF_CERTIFICATES * limit + need)


def packed(
    evidence: BoundEvidence, most_nodes: int = MOST_NODES, share: float = STEP, most_numbers: int = MOST_NUMBERS
) -> dict[str, np.ndarray]:
    """Return the evidence as arrays; of a large tree the nodes that were made first are kept, which prove a little less.

    Returns
    -------
    dict
        Empty where there is nothing that could be evaluated.
    """
    rounds = evidence.rounds
    if not rounds:
        return {}
    n = len(rounds[0].unit)
    nodes = _kept(evidence, min(most_nodes, most_numbers // max(1, n)))
    step = share * max(1e-300, float(np.abs(rounds[0].unit).mean()))
    of_round = [_whole(r.unit, step) for r in rounds]
    of_node: list[np.ndarray] = []
    price: list[float] = []
    parents: list[int] = []
    for node in nodes:
        above = of_node[node.parent] if node.parent >= 0 else of_round[-1]
        own = node.multipliers
        of_node.append(above if own is None else _whole(own.unit, step))
        price.append(rounds[-1].price if own is None else own.price)
        parents.append(node.parent)
    deltas = [u - (of_node[p] if p >= 0 else of_round[-1]) for u, p in zip(of_node, parents, strict=True)]
    gone = [np.asarray(node.gone, np.int64).reshape(-1, 2) for node in nodes]
    part = [np.asarray(node.part, np.int64).reshape(-1, 2) for node in nodes]
    cut_node, cut_of, cut_price = _cut_rows([node.multipliers for node in nodes])
    used = np.unique(cut_of)
    cuts = [evidence.cuts[int(c)] for c in used]
    every = {"all_plans": np.array([1])} if evidence.every else {}
    held = evidence.balance
    prices = {} if held is None else {"balance_site": _small(held.site), "balance_price": np.asarray(held.price, float)}
    return (
        every
        | prices
        | {
            "step": np.array([step]),
            "round_multiplier": _small(np.array(of_round, np.int64).reshape(len(rounds), n)),
            "round_price": np.array([r.price for r in rounds], float),
            "parent": np.array(parents, np.int64),
            "unit": np.array([node.unit for node in nodes], np.int64),
            "multiplier": _small(np.array(deltas, np.int64).reshape(len(nodes), n)),
            "price": np.array(price, float),
            "gone_start": np.cumsum([0, *map(len, gone)]),
            "gone": _small(np.concatenate([np.empty((0, 2), np.int64), *gone])),
            "part_start": np.cumsum([0, *map(len, part)]),
            "part": _small(np.concatenate([np.empty((0, 2), np.int64), *part])),
            "need": np.array([node.need for node in nodes], np.int64),
            # what is left there is few plans or none, which the multipliers do not say
            "counted": np.array([k for k, node in enumerate(nodes) if node.end in ("empty", "plan")], np.int64),
            "cut_node": cut_node,
            "cut_of": np.searchsorted(used, cut_of),
            "cut_price": cut_price,
            "cut": np.array([(c.unit, c.centre, c.label) for c in cuts], np.int64).reshape(-1, 3),
            "cut_start": np.cumsum([0, *(len(c.separator) for c in cuts)]),
            "cut_unit": np.array([u for c in cuts for u in c.separator], np.int64),
        }
    )


def _whole(values: np.ndarray, step: float) -> np.ndarray:
    return np.round(np.asarray(values, float) / step).astype(np.int64)


def _small(numbers: np.ndarray) -> np.ndarray:
    """Return whole numbers in the smallest type that holds them."""
    most = int(np.abs(numbers).max(initial=0))
    return numbers.astype(np.int16 if most < 2**15 else np.int32 if most < 2**31 else np.int64)


def _kept(evidence: BoundEvidence, most: int) -> list[Node]:
    """Return the first nodes, both children of a node or none of them."""
    nodes = evidence.nodes if evidence.complete else ()
    end = min(len(nodes), most)
    while 1 < end < len(nodes) and nodes[end].parent == nodes[end - 1].parent:
        end -= 1
    return list(nodes[:end])


def _looked_at(evidence: BoundEvidence, seen: set[int]) -> BoundEvidence:
    """Return the evidence with the nodes of its tree that are `seen`, whose parents are as well."""
    at = {k: place for place, k in enumerate(sorted(seen))}
    nodes = tuple(replace(evidence.nodes[k], parent=at.get(evidence.nodes[k].parent, -1)) for k in at)
    return replace(evidence, nodes=nodes)


def _cut_rows(multipliers: list[Multipliers | None]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [
        (k, int(c), float(m))
        for k, own in enumerate(multipliers)
        if own is not None
        for c, m in zip(own.cut, own.cut_price, strict=True)
        if m > 0
    ]
    return (
        np.array([r[0] for r in rows], np.int64),
        np.array([r[1] for r in rows], np.int64),
        np.array([r[2] for r in rows], float),
    )


def beats_arrays(evidence: PlanEvidence, plan: Plan) -> Arrays | None:
    """Return the certificates of all municipalities, each with the bound that it proves; `proves` is what they come to."""
    found = () if plan.beats is None else plan.beats.evidence
    rules = plan.town.description.beats
    if not found or rules is None or plan.beats is None:
        return None
    stated = plan.beats.proof.lower_bound if plan.beats.proof.lower_bound is not None else plan.beats.relaxed_bound
    if stated is None:
        return None
    names, labels = [p.municipality for p in found], list(found[0].labels)
    areas, spare = certified_areas(evidence, names, labels, 0.0)
    arrays: Arrays = {"names": np.array(names, dtype=str), "labels": np.array(labels, dtype=str)}
    hosts = plan.beats.hosts
    if hosts:
        proofs = [p for b in hosts if b.bound < math.inf for p in (*b.evidence, *(x.evidence for x in b.limits))]
        own = _over_hosts(
            hosts, areas, spare, _Writer(rules, stated, _nodes(proofs), most_nodes(evidence), most_steps(evidence))
        )
    else:
        proofs = [*found, *(x.evidence for x in plan.beats.limits)]
        writer = _Writer(rules, stated, _nodes(proofs), most_nodes(evidence), most_steps(evidence))
        own = writer.together(found, float(plan.beats.price), plan.beats.limits, areas, spare)
    return None if own is None else arrays | own


def most_nodes(evidence: PlanEvidence) -> int:
    """Return how many nodes of all trees together are kept: as many as the share of the time limit does for, where there is one."""
    limit, units = evidence.summary.get("time_limit"), max(1, len(evidence.units))
    return MOST_NODES if limit is None else min(MOST_NODES, int(NODES_A_SECOND * limit / units))


def most_steps(evidence: PlanEvidence) -> int | None:
    """Return how many ways of rings are gone through, by the share of the time limit; None where there is no limit, for as many as the checker looks at."""
    limit = evidence.summary.get("time_limit")
    return None if limit is None else int(STEPS_A_SECOND * limit)


def moves_arrays(found: Sequence[PartEvidence], areas: Sequence[Area]) -> Arrays:
    """Return what proves the fewest residents moved in each municipality, and how many they are at least."""
    arrays: Arrays = {}
    bounds: list[float] = []
    for m, (part, area) in enumerate(zip(found, areas, strict=True)):
        held = part.evidence
        usable = held is not None and held.way == "moves" and math.isfinite(held.bound)
        own = packed(held, MOST_NODES // len(areas)) if held is not None and usable else {}
        claimed = held.bound if held is not None and usable else 0.0
        bounds.append(min(claimed, prove_moves(area, own, claimed)))
        arrays |= {f"p{m}.{key}": array for key, array in own.items()}
    return arrays | {"part_bound": np.array(bounds)}


def moves_over_hosts(hosts: Sequence[AtHosts], areas: list[Area]) -> Arrays:
    """Return what proves the fewest residents moved for each choice of the municipality in which a beat of today lives on."""
    arrays = _rows(hosts)
    for k, branch in enumerate(hosts):
        own, _ = at_hosts(areas, list(branch.hosts.labels), branch.hosts.hosts)
        arrays |= {f"h{k}.{key}": array for key, array in moves_arrays(branch.evidence, own).items()}
    return arrays


def _rows(hosts: Sequence[AtHosts]) -> Arrays:
    return {
        "home_label": np.array(hosts[0].hosts.labels, np.int64),
        "home": np.array([b.hosts.hosts for b in hosts], np.int64),
    }


def rounded_down(value: float, *, exact: bool = False) -> float:
    """Return a bound with few digits that is not above `value`.

    A whole number stays, and one that is proven as it stands keeps the digits of a number in JSON, whose last one is rounded down likewise:
    half a unit of the twelfth digit is more than the checker grants for the rounding of a sum.
    """
    if not math.isfinite(value) or value == round(value):
        return value
    digits = READABLE_DIGITS if exact else DIGITS
    stated = float(f"{value:.{READABLE_DIGITS}g}")
    if exact and stated <= value + 0.5 * HAIR * abs(value):
        return stated
    last = Decimal(1).scaleb(math.floor(math.log10(abs(value))) + 1 - digits)
    return float(Decimal(value).quantize(last, rounding=ROUND_FLOOR))


def _nodes(parts: Sequence[PartEvidence]) -> int:
    return sum(0 if p.evidence is None else len(p.evidence.nodes) for p in parts)


def _over_hosts(hosts: Sequence[AtHosts], areas: list[Area], spare: float, writer: _Writer) -> Arrays | None:
    """Return the certificates for each choice of the municipality in which a beat of today lives on; None where they prove nothing."""
    labels = hosts[0].hosts.labels
    arrays = _rows(hosts)
    value = math.inf
    for k, branch in enumerate(hosts):
        own, gone = at_hosts(areas, list(labels), branch.hosts.hosts)
        if branch.bound == math.inf:
            part: Arrays = {"least": np.ones(1), **moves_arrays(branch.evidence, own)}
            least = math.fsum(part["part_bound"].tolist())
            proves = math.inf if least > (spare - gone) * (1 + 1e-9) + 1e-6 else -math.inf
        else:
            made = writer.together(branch.evidence, branch.price, branch.limits, own, spare - gone)
            if made is None:
                return None
            part, proves = made, float(made.pop("proves")[0])
        value = min(value, proves)
        arrays |= {f"h{k}.{key}": array for key, array in part.items()}
    return None if value == -math.inf else arrays | {"proves": np.array([min(value, writer.stated)])}


@dataclass(frozen=True)
class _Writer:
    """Writes sets of certificates: under `rules`, for a bound of `stated`, from so many nodes in all, of which at most so many are kept, with so many ways of rings.

    Attributes
    ----------
    rules, stated, total, most, steps
        As above.
    """

    rules: Beats
    stated: float
    total: int
    most: int
    steps: int | None

    def together(
        self,
        found: Sequence[PartEvidence],
        price: float,
        limits: Sequence[Limited],
        areas: Sequence[Area],
        spare: float,
    ) -> Arrays | None:
        """Return the certificates of municipalities that share `spare` residents who may change beat; None where they prove nothing."""
        if any(p.problem.price != price or (len(found) > 1 and p.problem.budget is not None) for p in found):
            # what was proven with a share of the budget, or at another price, does not add up to a bound of the whole
            return None
        areas = [replace(area, price=price) for area in areas]
        several = len(found) > 1 and self.rules.max_moved is not None
        priced = self.rules.max_moved is not None and (price > 0 or not several)
        arrays: Arrays = {"common_price": np.array([price])}
        bounds: list[float] = []
        for m, (part, area) in enumerate(zip(found, areas, strict=True)):
            wanted = math.inf if part.evidence is None else part.evidence.bound
            known = wanted if math.isfinite(wanted) else 0.0
            bounds.append(self.proven_by(arrays, f"p{m}.", part, area, known, priced=priced))
        if -math.inf in bounds:
            return None
        arrays["part_bound"] = np.array(bounds)
        value = math.fsum(bounds) - (price * spare if several else 0.0)
        if limits:
            of: list[tuple[int, float, float]] = []
            for k, x in enumerate(limits):
                area, within = limited(areas[x.part], x.upto), math.isfinite(x.upto)
                of.append((x.part, x.upto, self.proven_by(arrays, f"l{k}.", x.evidence, area, x.bound, priced=within)))
            arrays["limit_part"] = np.array([m for m, _, _ in of], np.int64)
            arrays["limit_upto"] = np.array([u for _, u, _ in of], float)
            arrays["limit_bound"] = np.array([b for _, _, b in of], float)
            value = max(value, least_of_choices(bounds, of, price, spare, self.stated))
        arrays["proves"] = np.array([value])
        return arrays

    def proven_by(
        self, arrays: Arrays, head: str, part: PartEvidence, area: Area, bound: float, *, priced: bool
    ) -> float:
        """Add the certificate of one municipality, and return what it proves."""
        held, cut = part.evidence, self.rules.objective == "cut"
        few = min(FEWEST_NODES, self.most)
        most = 0 if held is None else max(few, int(self.most * len(held.nodes) / max(1, self.total)))
        by_pairs = held is not None and held.way == "lagrangian" and not (cut and bound < math.inf)
        own: Arrays = {}
        if held is not None and by_pairs:
            look = Look(max(1, min(most, MOST_NUMBERS // len(area.weight))))
            last = _last_rounds(held)
            own, value = _proven(last, look, STEP, area, priced, bound, cut=cut)
            for whole, step in ((held, STEP), (held, FINE_STEP)):
                # where nodes are left out, they are what is missing
                if not own or look.short or value >= bound * (1 - WORTH_FINER):
                    break
                if whole is last and step == STEP:
                    continue
                finer, better = _proven(whole, Look(look.most), step, area, priced, bound, cut=cut)
                own, value = (finer, better) if better > value else (own, value)
        else:
            if held is not None and cut:
                own = ({} if held.cone is None else packed_cone(held.cone)) | (
                    {} if held.rings is None else packed_rings(held.rings)
                )
            value = prove_part(area, own, priced, bound, cut=cut, look=Look(steps=self.steps))
        arrays.update({head + key: array for key, array in own.items()})
        return rounded_down(min(value, bound), exact=value >= bound)


def _last_rounds(evidence: BoundEvidence) -> BoundEvidence:
    """Return the evidence with its last rounds alone; whole where a tree goes on from what its rounds left."""
    if evidence.nodes or evidence.every or len(evidence.rounds) <= LAST_ROUNDS:
        return evidence
    return replace(evidence, rounds=evidence.rounds[-LAST_ROUNDS:])


def _proven(
    evidence: BoundEvidence, look: Look, share: float, area: Area, priced: bool, bound: float, *, cut: bool
) -> tuple[Arrays, float]:
    """Return the arrays of a certificate, with the nodes that the checker looks at, and what they prove."""
    most = look.most or 1
    wide = packed(evidence, TRIED * most, share, TRIED * MOST_NUMBERS)
    value = prove_part(area, wide, priced, bound, cut=cut, look=look)
    look.short = look.short or 0 < len(wide.get("parent", ())) < len(evidence.nodes)
    # the checker finds as much or more of a node whose children are not there
    return packed(_looked_at(evidence, look.seen), most, share), value
