"""Sectors and commands as the result has them: layers, columns of the beats, what the summary says, and the certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.formats import geometry
from beatplanner.planning.proof import StepProof

if TYPE_CHECKING:
    from beatplanner.planning.beats.levels import LevelPlan
    from beatplanner.planning.verification.evidence import Evidence
    from beatplanner.planning.whole.plan import Plan

# How the ids of the groups of each level begin, and the column of theirs in the layer below.
LETTER = {"sectors": "S", "commands": "C"}
COLUMN = {"sectors": "sector", "commands": "command"}


class LevelSummary(StepProof):
    """What the summary says of one level."""

    count: int
    span: list[int]
    tolerance: float
    max_deviation: float
    contiguous: bool


def level_summary(level: LevelPlan) -> LevelSummary:
    """Return what the summary says of a level."""
    return {
        **level.proof.as_summary(),
        "count": len(level.centre),
        "span": list(level.span),
        "tolerance": level.tolerance,
        "max_deviation": level.off,
        "contiguous": True,
    }


def _ids(level: LevelPlan) -> np.ndarray:
    return np.array([f"{LETTER[level.name]}{k + 1}" for k in range(len(level.centre))], dtype=object)


def with_levels(
    beats: gpd.GeoDataFrame, levels: tuple[LevelPlan, ...]
) -> tuple[gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame]]:
    """Return the beats with their ``sector`` and ``command``, and the layers of both levels."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    below, of_beat, single = beats, np.arange(len(beats)), "beat"
    for level in levels:
        column, ids, hours = COLUMN[level.name], _ids(level), level.problem.weight
        of_beat = level.group[of_beat]
        load = np.bincount(level.group, weights=hours, minlength=len(ids))
        mean = float(load.mean())
        beats = gpd.GeoDataFrame(beats.assign(**{column: ids[of_beat]}))
        shapes = beats.geometry.to_numpy()
        frame = pd.DataFrame(
            {
                column: ids,
                f"{single}s": np.bincount(level.group, minlength=len(ids)),
                "workload": load,
                "deviation": load / mean - 1 if mean > 0 else 0.0 * load,
                f"centre_{single}": below[single].to_numpy(object)[level.centre],
            }
        )
        areas = np.array([geometry.dissolve(shapes[of_beat == k]) for k in range(len(ids))], dtype=object)
        layers[level.name] = gpd.GeoDataFrame(frame, geometry=areas, crs=beats.crs)
        if single == "sector":
            layers["sectors"] = gpd.GeoDataFrame(layers["sectors"].assign(command=ids[level.group]))
        below, single = layers[level.name], column
    return beats, layers


def level_arrays(evidence: Evidence, plan: Plan, name: str) -> dict[str, np.ndarray] | None:
    """Return the certificate of a level; a bound of one group needs none but its name."""
    from beatplanner.planning.whole.beat_proofs import packed

    level = next((found for found in plan.levels if found.name == name), None)
    if level is None:
        return None
    held = level.found.evidence
    own = packed(held) if held is not None and held.way == "lagrangian" else {}
    return {"kind": np.array([name])} | {f"p0.{key}": array for key, array in own.items()}
