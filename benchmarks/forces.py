"""Forces of any size for the measurements of the officers: beats on a map, a roster with leavers and joiners, two minority languages."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.officers.problem import TenureProblem, Weights

# Key: beats, officers, months, posts a beat, seconds, gap aimed at (None: a bound, whatever its gap)
REGISTRY: dict[str, tuple[int, int, int, int, float, float | None]] = {
    "20 x 30 x 60": (20, 30, 60, 1, 5.0, 1e-4),
    "60 x 90 x 60": (60, 90, 60, 1, 30.0, 0.005),
    "150 x 220 x 60": (150, 220, 60, 1, 120.0, 0.01),
    "400 x 1000 x 60": (400, 1000, 60, 2, 60.0, 0.001),
}


def force(beats: int, officers: int, months: int, posts: int, seed: int) -> TenureProblem:
    """Return a force as forces are: nine posts of ten held today, a twelfth of the officers leaving each year and about as many joining.

    A fifth of the beats need a first minority's language and a tenth a second one's; a third and a seventh of the officers speak them. Homes lie around the town, the
    mean way to a random beat is some 5 km.
    """
    random = np.random.default_rng([seed, beats, officers])
    side = np.sqrt(beats)
    middle = random.random((beats, 2)) * side
    homes = random.normal(side / 2, side / 3, (officers, 2))
    home = np.full(officers, -1)
    held = random.permutation(np.repeat(np.arange(beats), posts))[: int(0.9 * beats * posts)]
    home[: len(held)] = held
    rest = np.arange(officers) >= len(held)
    first = np.where(rest & (random.random(officers) < 0.5), random.integers(1, int(0.6 * months), officers), 0)
    leaves = random.random(officers) < months / 12 / 12
    last = np.where(leaves, random.integers(np.minimum(first + 6, months - 1), months, officers), months + 120)
    near = np.exp(-np.hypot(*(middle - middle[random.integers(beats, size=1)]).T) / (0.3 * side))
    needs = np.zeros((beats, 2), bool)
    needs[np.argsort(-near)[: max(1, beats // 5)], 0] = True
    needs[random.permutation(beats)[: max(1, beats // 10)], 1] = True
    return TenureProblem(
        posts=np.full(beats, posts),
        months=months,
        first=first,
        last=last,
        home=home,
        rooted=home >= 0,
        served=np.where(home >= 0, random.integers(0, 72, officers), 0),
        kilometres=np.hypot(*(homes[:, None] - middle[None]).transpose(2, 0, 1)),
        has=random.random((officers, 2)) < [0.33, 0.15],
        needs=needs,
        aspect=np.zeros(2, int),
        min_tenure=36,
        handover=1,
        weights=Weights(),
    )
