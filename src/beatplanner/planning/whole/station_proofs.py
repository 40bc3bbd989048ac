"""What proves the stations' bound, from the solver's evidence to arrays of numbers as ``proof/stations.npz`` has them (``docs/proofs.md``)."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.location.site_tree import SiteProof

# Multipliers above this number are not written: the file would be too large to hand around.
MOST_NUMBERS = 3_000_000
# Multipliers are kept in steps of this share of their mean.
STEP = 1e-6
# Up to so many are kept as they are.
EXACT = 100_000


def packed_stations(proof: SiteProof) -> dict[str, np.ndarray]:
    """Return the evidence as arrays; empty where it is too large."""
    tree = proof.tree
    if tree.u.size > MOST_NUMBERS:
        return {}
    step = 0.0
    u = tree.u
    if u.size > EXACT:
        step = STEP * max(1e-300, float(np.abs(u).mean()))
        whole = np.round(u / step).astype(np.int64)
        # what differs from leaf to leaf is small
        u = np.diff(whole, axis=0, prepend=np.zeros((1, whole.shape[1]), np.int64))
        u = u.astype(np.int32) if np.abs(u).max(initial=0) < 2**31 else u
    return {
        "kind": np.array([proof.kind]),
        "threshold": np.array([np.nan if proof.threshold is None else proof.threshold]),
        "groups": np.array([] if proof.groups is None else proof.groups, float),
        "parent": tree.parent.astype(np.int32),
        "site": tree.site.astype(np.int32),
        "opened": tree.opened.astype(bool),
        "reason": tree.reason.astype(np.int32),
        "step": np.array([step]),
        "u": u,
        "lam": tree.lam,
        "count": np.array([tree.count]),
        "at_most": np.array([tree.at_most]),
        "row_kind": np.array([row.kind for row in tree.rows], dtype=str),
        "row_start": np.cumsum([0, *(len(row.site) for row in tree.rows)]),
        "row_site": np.concatenate([np.empty(0, np.int64), *(row.site for row in tree.rows)]).astype(np.int64),
        "row_value": np.concatenate([np.empty(0), *(row.value for row in tree.rows)]).astype(float),
        "row_right": np.array([row.right for row in tree.rows], float),
    }
