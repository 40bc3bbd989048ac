"""What proves a bound on the border between beats by prices and by the cycles around districts, as arrays of ``proof/beats.npz`` (``docs/proofs.md``)."""

from __future__ import annotations

import math

import numpy as np

from beatplanner.solver.districts.cut_tree import STEPS, ConeNode, ConeTree
from beatplanner.solver.districts.evidence import Perimeters


def packed_cone(tree: ConeTree) -> dict[str, np.ndarray]:
    """Return a tree over pairs of units as arrays, with the prices that its leaves rest on."""
    nodes = tree.nodes
    priced = _needed(nodes)
    held = [p for k in priced if (p := nodes[k].prices) is not None]
    steps = [max(1e-300, float(np.abs(p.pair).max(initial=0.0))) / STEPS for p in held]
    pairs = [np.round(p.pair[np.triu_indices(len(p.unit), 1)] / s) for p, s in zip(held, steps, strict=True)]
    rows = [(e, r, float(v)) for e, p in enumerate(held) for r, v in zip(p.rows, p.row_price, strict=True) if v > 0]
    triangles = sorted({r for _, r, _ in rows if r % 2 == 0})
    separators = sorted({r for _, r, _ in rows if r % 2})
    number = {r: q for q, r in enumerate([*triangles, *separators])}
    parted = [tree.rows.separators[r // 2] for r in separators]
    return {
        "cone_parent": np.array([node.parent for node in nodes], np.int32),
        "cone_one": np.array([node.one for node in nodes], np.int16),
        "cone_other": np.array([node.other for node in nodes], np.int16),
        "cone_joined": np.array([node.joined for node in nodes], bool),
        "cone_priced": np.array(priced, np.int32),
        "cone_classes": np.array([len(p.unit) for p in held], np.int16),
        "cone_step": np.array(steps, float),
        "cone_unit": np.concatenate([np.empty(0), *(p.unit for p in held)]),
        "cone_load": np.concatenate([np.empty(0), *(p.load for p in held)]),
        "cone_total": np.array([p.total for p in held], float),
        "cone_pair": np.concatenate([np.empty(0), *pairs]).astype(np.int16),
        "cone_triangle": np.array([tree.rows.triangles[r // 2] for r in triangles], np.int16).reshape(-1, 3),
        "cone_separated": np.array([(i, j) for i, j, _ in parted], np.int16).reshape(-1, 2),
        "cone_separator_start": np.cumsum([0, *(len(units) for *_, units in parted)]),
        "cone_separator": np.array([u for *_, units in parted for u in units], np.int16),
        "cone_row_in": np.array([e for e, _, _ in rows], np.int32),
        "cone_row": np.array([number[r] for _, r, _ in rows], np.int32),
        "cone_row_price": np.array([v for *_, v in rows], float),
    }


def packed_rings(rings: Perimeters) -> dict[str, np.ndarray]:
    """Return the lengths of cycles that bound three districts and more as arrays."""
    return {
        "ring_anchor": np.array([rings.anchor], np.int32),
        "ring_least": np.array([rings.piece, rings.one, rings.other], float),
    }


def _needed(nodes: list[ConeNode]) -> list[int]:
    """Return the nodes with the greatest value on the way to some leaf, where that is no matter of the leaf itself."""
    parents = {node.parent for node in nodes}
    needed: set[int] = set()
    for k, node in enumerate(nodes):
        if k in parents or not math.isfinite(node.value):
            continue
        while k >= 0 and nodes[k].prices is None:
            k = nodes[k].parent
        if k >= 0:
            needed.add(k)
    return sorted(needed)
