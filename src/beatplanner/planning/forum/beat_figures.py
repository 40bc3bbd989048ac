"""Figures of all beats that the plan's table of beats does not hold itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.forum.beat_facts import people_of


def beat_figures(tables: PlanTables) -> pd.DataFrame:
    """Return figures of the beats that the plan's table of beats does not hold itself.

    Parameters
    ----------
    tables
        A plan with beats.

    Returns
    -------
    pandas.DataFrame
        One row a beat in the plan's order: ``beat``, ``share_within`` and ``share_cut_off`` (of residents within the walking limit, and who reach no
        station on foot; NaN without stations), ``walk_minutes`` (mean), ``incidents`` (a year), ``moved_out`` (residents who leave today's beat of
        this number; NaN without today's beats), ``area_km2``.
    """
    assert tables.beats is not None
    units, ids = tables.units, [str(b) for b in tables.beats["beat"]]
    beat = units["beat"].astype(str).to_numpy(object)
    people = people_of(units)
    found = pd.DataFrame({"beat": ids})
    found["incidents"] = _by_beat(ids, beat, units["incidents"].to_numpy(float)) if "incidents" in units else np.nan
    found["area_km2"] = shapely.area(tables.beats.geometry.to_numpy()) / 1e6
    found["share_within"] = found["share_cut_off"] = found["walk_minutes"] = np.nan
    limit = walking_limit(tables)
    if limit is not None and "walk_minutes" in units:
        minutes = units["walk_minutes"].to_numpy(float)
        reached = np.isfinite(minutes)
        total, able = _by_beat(ids, beat, people), _by_beat(ids, beat, people * reached)
        ways = _by_beat(ids, beat, np.where(reached, minutes, 0.0) * people)
        with np.errstate(invalid="ignore", divide="ignore"):
            found["walk_minutes"] = ways / np.where(able > 0, able, np.nan)
            found["share_within"] = _by_beat(
                ids, beat, people * (np.nan_to_num(minutes, nan=np.inf) <= edge_of(limit))
            ) / np.where(total > 0, total, np.nan)
            found["share_cut_off"] = (total - able) / np.where(total > 0, total, np.nan)
        if tables.access is not None:
            # counted at the homes, which may be finer than the units
            rows = tables.access[tables.access["kind"] == "beat"]
            for column, wanted in (
                ("share_within", np.isclose(rows["minutes"].to_numpy(float), limit)),
                ("share_cut_off", rows["minutes"].isna().to_numpy()),
            ):
                share = dict(zip(rows["name"].astype(str)[wanted], rows["share"][wanted], strict=True))
                if set(ids) <= set(share):
                    found[column] = [share[b] for b in ids]
    found["moved_out"] = np.nan
    if "current" in units and units["current"].notna().any() and units["population"].notna().all():
        current = units["current"].astype(object).where(units["current"].notna(), "").astype(str).to_numpy(object)
        gone = np.where(current != beat, units["population"].to_numpy(float), 0.0)
        today = set(current)
        out = _by_beat(ids, current, gone)
        found["moved_out"] = [v if b in today else np.nan for b, v in zip(ids, out, strict=True)]
    return found


def _by_beat(ids: Sequence[str], beat: np.ndarray, value: np.ndarray) -> np.ndarray:
    place = {b: i for i, b in enumerate(ids)}
    at = np.array([place.get(b, len(ids)) for b in beat], int)
    return np.bincount(at, weights=np.nan_to_num(value), minlength=len(ids) + 1)[: len(ids)]


def walking_limit(tables: PlanTables) -> float | None:
    """Return the plan's walking limit in minutes; None without stations."""
    return tables.summary.get("stations", {}).get("walk_minutes", 20.0) if tables.stations is not None else None
