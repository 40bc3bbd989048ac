"""Sectors and commands over beats that are drawn by hand: a plan's groups with the beats as they are now, and which of them still keep their rules.

A beat stays in the group that the plan gave it; one that is new is in the group in which most of its units' hours were. A group whose units are the
plan's has the plan's outline. Only the next plan forms groups anew, with bounds.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.formats import geometry
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.beats.amounts import within
from beatplanner.planning.beats.drawing import Drawing
from beatplanner.solver.districts.problem import pieces_of

# The layer of each level with the column of its ids, what its groups are made of, and the column of that one's ids.
LEVELS = (("sectors", "sector", "beats", "beat"), ("commands", "command", "sectors", "sector"))


def with_drawn_levels(drawn: PlanTables, plan: PlanTables, drawing: Drawing) -> PlanTables:
    """Return drawn tables with the sectors and commands of the plan that was drawn on, in the outlines that the beats give them now.

    Parameters
    ----------
    drawn
        Tables with the beats as they are drawn.
    plan
        The plan that was drawn on; its units stand in the order of the drawing's.
    drawing
        The beats as they are drawn.
    """
    beats, planned = drawn.beats, plan.beats
    if beats is None or planned is None:
        return drawn
    before, now = plan.units["beat"].astype(str).to_numpy(object), drawing.beat.astype(str)
    groups: dict[str, gpd.GeoDataFrame] = {}
    for layer, column, members, member in LEVELS:
        known: gpd.GeoDataFrame | None = getattr(plan, layer)
        if known is None or column not in planned:
            break
        given = dict(zip(planned["beat"].astype(str), planned[column].astype(str), strict=True))
        was = np.array([given.get(b, "") for b in before], dtype=object)
        of_beat = _groups(now, was, given, drawing)
        is_ = np.array([of_beat[b] for b in now], dtype=object)
        beats = gpd.GeoDataFrame(beats.assign(**{column: [of_beat[str(b)] for b in beats["beat"]]}))
        changed = set(was[was != is_]) | set(is_[was != is_])
        below = beats if member == "beat" else groups["sectors"]
        groups[layer] = _layer(known, below, beats, changed, (column, members, member))
        if member == "sector":
            above = dict(zip(beats["sector"], beats["command"], strict=True))
            sectors = groups["sectors"]
            groups["sectors"] = gpd.GeoDataFrame(sectors.assign(command=[above[s] for s in sectors["sector"]]))
    return replace(drawn, beats=beats, sectors=groups.get("sectors"), commands=groups.get("commands"))


def _groups(now: np.ndarray, was: np.ndarray, given: dict[str, str], drawing: Drawing) -> dict[str, str]:
    """Return the group of each beat that is drawn; a new beat's is where most of its hours were."""
    found: dict[str, str] = {}
    hours = drawing.workload.hours
    for beat in dict.fromkeys(now.tolist()):
        if beat in given:
            found[beat] = given[beat]
            continue
        mine = now == beat
        # a unit without work counts a little, so that a beat of such units is somewhere too
        held = pd.Series(hours[mine] + 1e-9).groupby(was[mine]).sum()
        found[beat] = str(held.idxmax())
    return found


def _layer(
    known: gpd.GeoDataFrame,
    below: gpd.GeoDataFrame,
    beats: gpd.GeoDataFrame,
    changed: set[str],
    called: tuple[str, str, str],
) -> gpd.GeoDataFrame:
    """Return the layer of a level: hours, members and outlines of its groups, those that nobody changed as the plan has them."""
    column, members, member = called
    ids = [str(g) for g in known[column] if (beats[column] == str(g)).any()]
    if member == "beat":
        of_member = below[column]
    else:
        above = dict(zip(beats[member], beats[column], strict=True))
        of_member = below[member].map(above)
    hours = np.array([float(beats.loc[beats[column] == g, "workload"].sum()) for g in ids])
    shapes = dict(zip(known[column].astype(str), known.geometry, strict=True))
    polygons = [
        geometry.dissolve(beats.geometry[(beats[column] == g).to_numpy()].to_numpy()) if g in changed else shapes[g]
        for g in ids
    ]
    mean = float(hours.mean())
    frame = pd.DataFrame(
        {
            column: ids,
            members: [int((of_member == g).sum()) for g in ids],
            "workload": hours,
            "deviation": hours / mean - 1 if mean > 0 else 0.0 * hours,
        }
    )
    areas = np.empty(len(polygons), dtype=object)
    areas[:] = polygons
    return gpd.GeoDataFrame(frame, geometry=areas, crs=beats.crs)


def broken_groups(drawn: PlanTables, drawing: Drawing) -> list[str]:
    """Return the ids of sectors and commands that no longer keep their rule: members, hours, or being in one piece.

    Parameters
    ----------
    drawn
        What `with_drawn_levels` returned.
    drawing
        The same drawing.
    """
    rules = drawing.town.description.beats
    if rules is None or drawn.beats is None:
        return []
    edges = drawing.town.edges[["a", "b"]].to_numpy(int)
    index = {str(b): k for k, b in enumerate(drawn.beats["beat"])}
    at = np.array([index[str(b)] for b in drawing.beat])
    pairs = at[edges]
    found: list[str] = []
    for layer, column, members, _ in LEVELS:
        groups: gpd.GeoDataFrame | None = getattr(drawn, layer)
        rule = getattr(rules, layer)
        if groups is None or rule is None:
            continue
        lower, upper = within(groups["workload"].to_numpy(float), len(groups), rule.tolerance)
        group = drawn.beats[column].to_numpy(object)
        piece = pieces_of(group, pairs)
        low, high = rule.span
        for name, held, hours in zip(groups[column], groups[members], groups["workload"], strict=True):
            apart = len(set(piece[group == name])) > 1
            outside = not lower * (1 - 1e-9) <= hours <= upper * (1 + 1e-9)
            if apart or outside or not low <= held <= high:
                found.append(str(name))
    return found
