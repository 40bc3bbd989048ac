"""A second, independent simulation of a shift: fewer calls, another seed, in plain Python; simulated figures must agree with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.findings import amount_text
from beatplanner.data.result.sections import section_of
from beatplanner.planning.verification.ledger import Ledger

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


CALLS, BATCHES = 20_000, 20
# Half widths are of 95 %; figures further apart than so many of them together are called wrong (about five standard deviations).
APART = 2.5
FIGURES = ("own_share", "mean_minutes", "wait_share", "busy_share")


def second_seed(
    ledger: Ledger,
    shift: Claims,
    seed: int,
    *,
    own: np.ndarray,
    minutes: np.ndarray,
    rate: np.ndarray,
    scene: float,
    travel_counts: bool,
    waits: bool,
    together: np.ndarray | None = None,
) -> None:
    """Simulate a shift again and compare.

    Parameters
    ----------
    shift
        Its figures, with ``half_width``.
    seed
        That of the plan; another one is drawn with.
    own, minutes
        (N, n) whether a server is of a unit's beat, and travel.
    rate
        (n,) calls an hour.
    scene
        Minutes on scene.
    travel_counts, waits
        As in the rules.
    together
        (n, M) calls an hour by the officers that they need at once; None where each needs one.
    """
    found = _simulated(own, minutes, rate, scene / 60.0, travel_counts, waits, seed + 1_000_003, together)
    half = section_of(shift, "half_width")
    wrong: list[str] = []
    for key in FIGURES:
        value, width = found[key]
        allowed = APART * math.hypot(width, float(half.get(key, 0.0))) + 1e-9
        if shift[key] is not None and abs(float(shift[key]) - value) > allowed:
            wrong.append(
                f"{key} is {amount_text(shift[key], 6)}, and {amount_text(value, 6)} ± {amount_text(width, 2)} by a second seed."
            )
    ledger.each(
        f"service.{shift['name']}.second_seed",
        f"another {CALLS:,} calls with another seed give the same within both intervals",
        wrong,
        len(FIGURES),
        "figures",
    )


def _simulated(
    own: np.ndarray,
    minutes: np.ndarray,
    rate: np.ndarray,
    scene: float,
    travel_counts: bool,
    waits: bool,
    seed: int,
    together: np.ndarray | None,
) -> dict[str, tuple[float, float]]:
    """Return each figure with half of its 95 % interval."""
    random = np.random.default_rng(seed)
    servers = len(minutes)
    calls = rate[:, None] if together is None else together
    when = np.cumsum(random.exponential(1.0 / calls.sum(), CALLS))
    kind = random.choice(calls.size, size=CALLS, p=calls.ravel() / calls.sum())
    # requests of one call come at the same moment
    number = kind % calls.shape[1] + 1
    now = np.repeat(when, number)[:CALLS].tolist()
    unit = np.repeat(kind // calls.shape[1], number)[:CALLS].tolist()
    length = random.exponential(scene, CALLS).tolist()

    def asked(u: int) -> list[int]:
        return sorted(range(servers), key=lambda i: (not own[i, u], round(float(minutes[i, u]), 6), i))

    order = [asked(u) for u in range(len(rate))]
    until = [0.0] * servers
    rows = np.zeros((CALLS, 4))  # answered, own, minutes, waited
    busy = np.zeros(CALLS)
    for c in range(CALLS):
        u = int(unit[c])
        server = next((i for i in order[u] if until[i] <= now[c]), -1)
        if server < 0:
            if not waits:
                continue
            server = min(range(servers), key=until.__getitem__)
            rows[c, 3] = 1.0
        way = float(minutes[server, u])
        busy[c] = length[c] + (way / 60.0 if travel_counts else 0.0)
        until[server] = max(until[server], now[c]) + busy[c]
        rows[c, :3] = 1.0, own[server, u], way
    first = CALLS // 10
    gaps = np.diff(np.array(now), prepend=0.0)
    answered = rows[first:, 0]

    def figure(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
        parts = [v.sum() / max(w.sum(), 1e-12) for v, w in zip(_split(values), _split(weights), strict=True)]
        return float(values.sum() / max(weights.sum(), 1e-12)), float(2.093 * np.std(parts, ddof=1) / BATCHES**0.5)

    return {
        "own_share": figure(rows[first:, 1], answered),
        "mean_minutes": figure(rows[first:, 2], answered),
        "wait_share": figure(rows[first:, 3], np.ones(CALLS - first)),
        "busy_share": figure(busy[first:] / servers, gaps[first:]),
    }


def _split(values: np.ndarray) -> Sequence[np.ndarray]:
    return np.array_split(values, BATCHES)
