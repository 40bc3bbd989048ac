"""Plans of municipalities that are kept for a run that goes on: what is read again is what was written, of whatever kind."""

from __future__ import annotations

import json
import types
import typing
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from beatplanner.planning.beats import alone
from beatplanner.planning.beats.kept_parts import as_json, kept_kinds, read_part
from beatplanner.planning.beats.municipality import MunicipalityPlan, PartEvidence, Relaxed
from beatplanner.planning.proof import Unproven
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.problem import Balance, DistrictingProblem
from beatplanner.solver.districts.solve import solve_districts

SCALARS = {int: 3, float: 0.25, bool: True, str: "Ѓорче", object: 0.5}


def filled(declared, depth: int = 0):
    """Return a value of a declared type in which nothing is left out: one element in each list, and the fuller of two kinds."""
    origin, inner = typing.get_origin(declared), [a for a in typing.get_args(declared) if a is not type(None)]
    if isinstance(declared, type) and is_dataclass(declared):
        hints = typing.get_type_hints(declared)
        return declared(**{f.name: filled(hints[f.name], depth + 1) for f in fields(declared)})
    if origin is typing.Literal:
        return inner[0]
    if origin in (typing.Union, types.UnionType):
        return filled(next((a for a in inner if isinstance(a, type) and is_dataclass(a)), inner[0]), depth + 1)
    if origin is tuple:
        return tuple(filled(a, depth + 1) for a in inner if a is not Ellipsis)
    if origin is list:
        return [filled(inner[0], depth + 1)]
    if origin is dict:
        return {filled(inner[0], depth + 1): filled(inner[1], depth + 1)}
    if declared is np.ndarray:
        return np.arange(depth + 2.0).reshape(1, -1)
    return SCALARS[declared]


def kinds_in(value) -> set[str]:
    """Return the dataclasses that a value holds."""
    if is_dataclass(value):
        inner = (kinds_in(getattr(value, f.name)) for f in fields(value))
        return {type(value).__name__}.union(*inner)
    if isinstance(value, list | tuple | dict):
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        return set().union(*map(kinds_in, parts))
    return set()


def differences(one, other, where: str = "plan") -> list[str]:
    """Return where two values differ, or are of other kinds."""
    if type(one) is not type(other):
        return [f"{where}: {type(one).__name__} and {type(other).__name__}"]
    if is_dataclass(one):
        return [
            d
            for f in fields(one)
            for d in differences(getattr(one, f.name), getattr(other, f.name), f"{where}.{f.name}")
        ]
    if isinstance(one, np.ndarray):
        return [] if one.dtype == other.dtype and np.array_equal(one, other) else [where]
    if isinstance(one, list | tuple):
        if len(one) != len(other):
            return [where]
        return [d for k, (a, b) in enumerate(zip(one, other, strict=True)) for d in differences(a, b, f"{where}[{k}]")]
    if isinstance(one, dict):
        return differences(list(one.items()), list(other.items()), where)
    return [] if one == other else [where]


def kept_and_read(plan: MunicipalityPlan, folder) -> MunicipalityPlan | None:
    (folder / "kept.json").write_text(json.dumps(as_json(plan)), encoding="utf-8")
    return read_part(folder / "kept.json")


def test_every_kind_that_a_plan_may_hold_is_kept(tmp_path):
    plan = filled(MunicipalityPlan)
    assert kinds_in(plan) == set(kept_kinds())
    assert {"ConeTree", "ConeNode", "Rows", "Balance", "BalancePrices", "AtHosts", "Limited"} < set(kept_kinds())
    assert not differences(plan, kept_and_read(plan, tmp_path))


def test_a_clash_that_is_not_proven_is_not_proven_when_it_is_read_again(tmp_path):
    conflicts = ["no such beats exist", Unproven("no such beats were found")]
    plan = replace(filled(MunicipalityPlan), conflicts=conflicts)
    again = kept_and_read(plan, tmp_path)
    assert again is not None and again.conflicts == conflicts
    assert [isinstance(c, Unproven) for c in again.conflicts] == [False, True]


def grid(side: int, **more) -> DistrictingProblem:
    """Return a map of side × side units in three districts."""
    at = np.arange(side * side).reshape(side, side)
    across = np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()])
    edges = np.concatenate([across, np.column_stack([at[:-1].ravel(), at[1:].ravel()])])
    weight = 1.0 + np.arange(side * side) % 3
    mean = float(weight.sum()) / 3
    xy = np.column_stack([at.ravel() % side, at.ravel() // side]) * 100.0
    border = 50.0 + np.arange(len(edges)) % 7
    return DistrictingProblem(weight, xy, edges, border, 3, mean * 0.85, mean * 1.15, **more)


@pytest.mark.parametrize("kind", ["ConeTree", "Balance"])
def test_a_plan_that_was_solved_is_the_same_when_it_is_read_again(kind, tmp_path):
    # units with a label are left to the tree over pairs, where the least border is sought
    of_today = {"current": np.arange(25) // 9, "budget": 9.0, "residents": np.ones(25)}
    second = 1.0 + np.arange(25) % 5
    share = float(second.sum()) / 3
    balance = Balance("residents", second, share * 0.7, share * 1.3)
    problem = grid(5, goal=CUT, **of_today) if kind == "ConeTree" else grid(5, balances=(balance,))
    found = solve_districts(problem, seconds=1e6, seed=1, effort=0.1, nodes=1)
    assert found.evidence is not None
    part = PartEvidence("West", np.arange(25), ("1", "2", "3"), problem, found.evidence)
    plan = MunicipalityPlan(found, {}, 24.0, 0.15, wider=Relaxed("West", "why", 0.1, 0.2, (part,)))
    assert kind in kinds_in(plan)
    assert not differences(plan, kept_and_read(plan, tmp_path))


def test_a_unit_too_heavy_is_told_with_the_digits_that_tell_it_from_what_is_allowed():
    part = types.SimpleNamespace(units=np.arange(3), tolerance=0.2)
    problem = types.SimpleNamespace(weight=np.array([900.0, 2179.9, 2179.8]), count=3, lower=1453.12, upper=2179.68)
    said = alone._Municipality.why_not(
        types.SimpleNamespace(part=part, places=lambda units: f"Centar {units[0]}"), problem, proven=True
    )
    assert said.startswith("3 beats between 1,453.1 and 2,179.7 hours a year (±20%) cannot be drawn: ")
    assert "2,179.9 hours" in said
    problem.weight[1] = 5066.4
    assert "between 1,453 and 2,180 hours" in alone._Municipality.why_not(
        types.SimpleNamespace(part=part, places=lambda _: "Bitola"), problem, proven=True
    )
