"""A plan as tables: what is written to ``plan.gpkg`` and ``summary.json``, and read back from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


@dataclass(frozen=True)
class PlanTables:
    """The tables of a plan, each exactly as it stands in ``plan.gpkg`` (roster, homes and their walks: in ``people.gpkg``); the first four are the contract's.

    Attributes
    ----------
    units
        Polygons in the planning CRS (metres): ``unit`` (int or text, as given), ``beat`` (text), ``workload`` (officer hours a
        year), ``population`` (residents; NaN where unknown), then ``name``, ``municipality``, ``current`` (today's
        beat or None), ``reactive_hours``, ``community_hours``, ``fixed_hours``, ``incidents`` (a year),
        ``group_<language>`` (residents), ``amount_<name>`` (of ``units.amounts``), ``x``, ``y`` (representative point), ``station`` (nearest open one on foot, or
        None), ``walk_minutes`` (to it; NaN where not reachable on foot).
    beats
        Polygons: ``beat`` (text), ``name``, ``municipality``, ``centre_unit``, ``workload``, ``deviation`` (signed share of
        the municipality's mean), ``population``, ``officers_required``, ``compactness`` (Polsby–Popper), then
        ``posts`` (planned), ``languages`` ("sr;ro": spoken by at least 10 % of residents), ``moved_in`` (residents who
        come from another of today's beats; NaN without today's beats), ``colour`` (on every map, such as "#7fa3e2"), ``exact_officers`` (before rounding up),
        ``committed_share`` (of the officers' hours on the beat, taken by incidents and fixed hours), ``covered_share`` (of the hours of a year in which the
        posts can have one officer there), ``sector`` and ``command`` where there are any. None where no beats were planned or given.
    stations
        Points: ``station`` (text), ``existing`` (bool), ``residents_within_limit`` (those whose nearest open station this is, within
        the walking limit), ``mean_walk_minutes`` (of those whose nearest it is and who can reach it), then ``residents`` (whose nearest it is), ``cost``, ``name``,
        and ``opens`` (year) where phases are planned.
    assignments
        ``officer``, ``beat``, ``start``, ``end`` (ISO dates, half-open; one row a posting), then ``post`` (1, 2, … within the beat),
        ``requires`` (what the post asks for, such as "sq;licence"; "" where nothing).
    cover
        Temporary postings from the pool: ``officer`` (who stands in), ``for_officer``, ``beat``, ``start``, ``end`` (half-open); None without a pool.
    edges
        Adjacency of units that the plan used: ``unit_a``, ``unit_b``, ``metres``, ``kind`` ("border", "link", "file").
    sites
        Points: every site that was considered: ``station``, ``name``, ``existing``, ``cost``, ``chosen`` (bool), then ``yearly_cost``, ``closing_cost``, ``state``,
        ``unit`` (nearest), and what opening it, or closing it where it is chosen, would change: ``change_within_limit`` and ``change_reached``
        (residents), ``change_minutes`` (of the mean walk), ``residents_affected``.
    walks
        ``unit``, ``station`` (every chosen one), ``metres``; a pair that is missing is not reachable on foot; ``home`` (1, 2, …, sorted by unit;
        a row of `homes`, or of `units` where there are no homes); with homes it lies in ``people.gpkg``.
    homes
        Points where residents live, where they are finer than the units: ``home``, ``unit``, ``residents``, ``station``, ``walk_minutes``; they lie in
        ``people.gpkg``, and ``summary["stations"]["homes"]`` tells how many there are. None where there are none, or the plan was handed on without that file.
    access
        ``kind`` ("all", "beat", "municipality", "group"), ``name``, ``minutes`` (NaN: not reachable on foot), ``residents`` within, ``share``; or None.
    catchments
        Polygons: ``station``, ``minutes``: within so many minutes on foot; or None.
    stops
        Points: mobile-outreach stops: ``stop``, ``unit``, ``residents``, ``units``, ``station`` (the nearest), ``visits``, ``hours``, ``km`` (a year); or None.
    roster
        ``officer``, ``beat`` (today's), ``since``, ``languages`` ("sr;ro"), ``gender``, ``x``, ``y``, ``trained_on``,
        ``joins_on``, ``leaves_on``, ``licence``, ``not_with``, ``prefers``, ``absent_from``, ``absent_until``, ``ordered_on``, ``grade`` and what else the town's has; it lies in ``people.gpkg``, and ``plan.gpkg`` holds the ids of the officers only. None, too, where a plan was handed
        on without that file.
    sectors
        Polygons: ``sector`` ("S1" from north to south), ``beats`` (how many), ``workload``, ``deviation`` (signed share of the mean of all), ``centre_beat``,
        and ``command`` where there are any; the beats have their ``sector`` and ``command``. None where the rules ask for none.
    commands
        Polygons: ``command`` ("C1"), ``sectors`` (how many), ``workload``, ``deviation``, ``centre_sector``; or None.
    proofs
        What proves the bounds, arrays by name for each file of ``proof/``; see ``docs/proofs.md``.
    summary
        The content of ``summary.json``; its additions to the contract: ``inputs`` (list of ``role``, ``path``, ``sha256``,
        ``modified``, ``rows_in``, ``rows_used``, ``repaired``, ``columns_left_out``, ``newest``), ``description_file`` (absolute path), ``rules`` (the description as JSON), ``notes`` (list of
        ``severity``, ``text``), ``versions``, ``population`` and ``workload`` (totals and checks), ``clashes`` (list of texts; empty where feasible).
    """

    units: gpd.GeoDataFrame
    beats: gpd.GeoDataFrame | None
    stations: gpd.GeoDataFrame | None
    assignments: pd.DataFrame | None
    edges: pd.DataFrame
    sites: gpd.GeoDataFrame | None
    walks: pd.DataFrame | None
    roster: pd.DataFrame | None
    summary: Claims
    homes: gpd.GeoDataFrame | None = None
    access: pd.DataFrame | None = None
    catchments: gpd.GeoDataFrame | None = None
    stops: gpd.GeoDataFrame | None = None
    cover: pd.DataFrame | None = None
    sectors: gpd.GeoDataFrame | None = None
    commands: gpd.GeoDataFrame | None = None
    proofs: dict[str, dict[str, np.ndarray]] = field(default_factory=dict[str, dict[str, np.ndarray]])
