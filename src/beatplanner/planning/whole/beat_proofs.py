"""What proves the beats' bound, from the solver's evidence to arrays of numbers as ``proof/beats.npz`` has them (``docs/proofs.md``)."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.districts.evidence import Evidence, Multipliers, Node

# Nodes kept of a tree, and multipliers in all: a proof is checked within seconds and stays small.
MOST_NODES, MOST_NUMBERS = 700, 1_000_000
# Multipliers are kept in steps of this share of their mean, which costs a few millionths of the bound.
STEP = 1e-5


def packed(evidence: Evidence, most_nodes: int = MOST_NODES) -> dict[str, np.ndarray]:
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
    nodes = _kept(evidence, min(most_nodes, MOST_NUMBERS // max(1, n)))
    step = STEP * max(1e-300, float(np.abs(rounds[0].unit).mean()))
    of_round = [_whole(r.unit, step) for r in rounds]
    of_node: list[np.ndarray] = []
    price, parents = [], []
    for node in nodes:
        above = of_node[node.parent] if node.parent >= 0 else of_round[-1]
        own = node.multipliers
        of_node.append(above if own is None else _whole(own.unit, step))
        price.append(rounds[-1].price if own is None else own.price)
        parents.append(node.parent)
    deltas = [u - (of_node[p] if p >= 0 else of_round[-1]) for u, p in zip(of_node, parents, strict=True)]
    gone = [np.asarray(node.gone, np.int64).reshape(-1, 2) for node in nodes]
    cut_node, cut_of, cut_price = _cut_rows([node.multipliers for node in nodes])
    used = np.unique(cut_of)
    cuts = [evidence.cuts[c] for c in used]
    return {
        "step": np.array([step]),
        "round_multiplier": _small(np.array(of_round, np.int64).reshape(len(rounds), n)),
        "round_price": np.array([r.price for r in rounds], float),
        "parent": np.array(parents, np.int64),
        "unit": np.array([node.unit for node in nodes], np.int64),
        "multiplier": _small(np.array(deltas, np.int64).reshape(len(nodes), n)),
        "price": np.array(price, float),
        "gone_start": np.cumsum([0, *map(len, gone)]),
        "gone": _small(np.concatenate([np.empty((0, 2), np.int64), *gone])),
        "cut_node": cut_node,
        "cut_of": np.searchsorted(used, cut_of),
        "cut_price": cut_price,
        "cut": np.array([(c.unit, c.centre, c.label) for c in cuts], np.int64).reshape(-1, 3),
        "cut_start": np.cumsum([0, *(len(c.separator) for c in cuts)]),
        "cut_unit": np.array([u for c in cuts for u in c.separator], np.int64),
    }


def _whole(values: np.ndarray, step: float) -> np.ndarray:
    return np.round(np.asarray(values, float) / step).astype(np.int64)


def _small(numbers: np.ndarray) -> np.ndarray:
    """Return whole numbers in the smallest type that holds them."""
    most = int(np.abs(numbers).max(initial=0))
    return numbers.astype(np.int16 if most < 2**15 else np.int32 if most < 2**31 else np.int64)


def _kept(evidence: Evidence, most: int) -> list[Node]:
    """Return the first nodes, both children of a node or none of them."""
    nodes = evidence.nodes if evidence.complete else ()
    end = min(len(nodes), most)
    while 1 < end < len(nodes) and nodes[end].parent == nodes[end - 1].parent:
        end -= 1
    return list(nodes[:end])


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
