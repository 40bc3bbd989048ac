"""Certificates of shared budgets, of least cut and of the smallest budget: what they prove, and that no change of them proves more."""

from __future__ import annotations

import copy
import functools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.claims import planned, random_town, wrong_claims

from beatplanner.data.description.read import read_description
from beatplanner.data.result.cells import readable
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning import verification
from beatplanner.planning.beats import alone
from beatplanner.planning.verification.cut_proof import prove_cut
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.proofs import HAIR
from beatplanner.planning.verification.travel_pairs import Area
from beatplanner.planning.whole.beat_proofs import rounded_down
from beatplanner.planning.whole.run import run
from beatplanner.solver.districts import search
from conftest import FEWEST_MOVES, write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")

CASES = {
    "shared budget": ("travel", 0.25, 0.05),
    "cut": ("cut", 0.25, 0.05),
    "budget too small": ("cut", 0.05, 0.0),
    "tolerance too small": ("travel", 0.001, None),
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    found = {}
    for name, (objective, tolerance, moved) in CASES.items():
        town = write_grid_town(tmp_path_factory.mktemp("certified"))
        rules = f'tolerance = {tolerance}\nobjective = "{objective}"'
        rules += "" if moved is None else f"\nmax_moved = {moved}"
        town.swap("tolerance = 0.25", rules)
        found[name] = beats_planned(town)
    return found


def beats_planned(town):
    """Plan a town's beats with a part of the usual work, which eight units a municipality do not need: all that is asked for is proven all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "CHUNK", FEWEST_MOVES)
        patch.setattr(alone, "LONG_EFFORT", 0.2)
        run(town.project, town.folder / "out", steps=("beats",), pack=False)
    return read_result(town.folder / "out")


def spanning_town(folder, today, rules):
    """Plan the town with other beats of today: a function of columns and rows."""
    town = write_grid_town(folder)
    number = np.arange(16)
    units = town.units().assign(beat=today(number % 4, number // 4))
    units.dissolve("beat").reset_index()[["beat", "geometry"]].to_file(town.path("old.gpkg"))
    town.swap("tolerance = 0.25", f"tolerance = 0.25\n{rules}")
    return beats_planned(town)


@pytest.fixture(scope="module")
def spanning(tmp_path_factory):
    """A plan of a town where a beat of today, the middle two columns, lies in both municipalities."""
    rules = 'objective = "cut"\nmax_moved = 0.45'
    return spanning_town(tmp_path_factory.mktemp("spanning"), lambda c, _: np.array([1, 2, 2, 3])[c], rules)


@functools.cache
def inputs_of(description):
    """Read a plan's inputs, once for all that is tried with its certificates."""
    return read_town(read_description(Path(description)))


def states(tables, **proofs):
    """Return what became of each claim, with other certificates."""
    ledger, inputs = Ledger(), inputs_of(tables.summary["description_file"])
    verification.check_tables(ledger, replace(tables, proofs=tables.proofs | proofs), read=inputs)
    verdict = ledger.verdict()
    return {c.name: c.state for c in verdict.checks}


def with_bound(tables, bound):
    summary = copy.deepcopy(tables.summary)
    objective = summary["beats"]["objective"]
    summary["beats"] |= {"lower_bound": bound, "gap": (objective - bound) / objective}
    return replace(tables, summary=summary)


def last_digit(value):
    """Return a unit in the last of the ten digits that a bound is told with."""
    return 10.0 ** (math.floor(math.log10(value)) + 1 - 10)


@pytest.mark.parametrize("name", ["shared budget", "cut"])
def test_the_bound_is_certified_and_more_is_caught(plans, name):
    tables = plans[name]
    claims, arrays = tables.summary["beats"], tables.proofs["beats"]
    assert claims["status"] == "optimal" and claims["certified"] is True
    assert states(tables)["beats.proof"] == "checked"
    above = claims["lower_bound"] + last_digit(claims["lower_bound"])
    # the bound may be the objective itself, which is no lie
    for bound in (above, max(above, claims["objective"])):
        raised = with_bound(tables, bound)
        assert states(raised)["beats.proof"] == "wrong"
        # with the claim in the certificate raised too, and its parts, more than the truth is not proven
        more = max(bound, claims["objective"] * 1.0001)
        lied = {"bound": np.array([more]), "part_bound": arrays["part_bound"] * 1.001}
        if "limit_bound" in arrays:
            lied |= {"limit_bound": arrays["limit_bound"] * 1.001}
        assert states(with_bound(tables, more), beats=arrays | lied)["beats.proof"] == "wrong"


def test_shares_of_the_budget_that_are_changed_or_gone_prove_nothing(plans):
    tables = plans["shared budget"]
    arrays = tables.proofs["beats"]
    count = len(arrays["limit_part"])
    assert count > 2
    finite = int(np.flatnonzero(np.isfinite(arrays["limit_upto"]))[0])
    changes = {
        "a limit gone": {k: np.delete(arrays[k], finite) for k in ("limit_part", "limit_upto", "limit_bound")},
        "all limits gone": {k: arrays[k][:0] for k in ("limit_part", "limit_upto", "limit_bound")},
        "told of more residents": {"limit_upto": np.full(count, np.inf)},
        "told of the other municipality": {"limit_part": 1 - arrays["limit_part"]},
    }
    for what, change in changes.items():
        assert states(tables, beats=arrays | change)["beats.proof"] == "wrong", what
    # where all plans are gone through a limit that is told too dear counts for what it is; without them it proves nothing
    without = {k: v for k, v in arrays.items() if not k.endswith("all_plans")}
    claimed = tables.summary["beats"]["lower_bound"]
    more = with_bound(tables, claimed + last_digit(claimed))
    for dearer in (arrays["limit_bound"] + 50_000.0, np.full(count, np.inf)):
        assert states(tables, beats=without | {"limit_bound": dearer})["beats.proof"] == "wrong"
        assert states(more, beats=arrays | {"limit_bound": dearer})["beats.proof"] == "wrong"
    bare = {k: v for k, v in arrays.items() if not k.startswith(f"l{finite}.")}
    assert states(tables, beats=bare)["beats.proof"] == "wrong"
    # another budget in the rules is another claim
    summary = copy.deepcopy(tables.summary)
    summary["rules"]["beats"]["max_moved"] = 0.5
    assert "wrong" in states(replace(tables, summary=summary)).values()


def test_the_bound_is_proven_wherever_a_beat_of_two_municipalities_lives_on(spanning):
    claims, arrays = spanning.summary["beats"], spanning.proofs["beats"]
    assert claims["status"] == "optimal" and claims["certified"] is True
    assert sorted(arrays["home"].tolist()) == [[0], [1]]
    assert states(spanning)["beats.proof"] == "checked"
    more = claims["lower_bound"] + last_digit(claims["lower_bound"])
    assert states(with_bound(spanning, more))["beats.proof"] == "wrong"
    changes = {
        "a choice gone": {"home": arrays["home"][:1]},
        "one choice twice": {"home": arrays["home"][[0, 0]]},
        "another beat": {"home_label": (arrays["home_label"] + 1) % len(arrays["labels"])},
        "as if there were no plan": {"h0.least": np.ones(1)},
    }
    for what, change in changes.items():
        assert states(spanning, beats=arrays | change)["beats.proof"] == "wrong", what
    # neither units without a beat of today nor a beat that nobody has may stand for a choice
    rows, count = arrays["home"], len(arrays["labels"])
    for label in (-1, count):
        two = {"home_label": np.array([*arrays["home_label"], label]), "home": np.hstack([rows, 0 * rows])[:1]}
        assert states(spanning, beats=arrays | two)["beats.proof"] != "checked"


def test_the_smallest_budget_is_proven_wherever_beats_of_two_municipalities_live_on(tmp_path):
    # the first row is one beat of today, the others of each municipality are too large for one: some must leave that too
    tables = spanning_town(tmp_path, lambda c, r: np.where(r == 0, 2, np.where(c < 2, 1, 3)), "max_moved = 0.0")
    claims, arrays = tables.summary["beats"], tables.proofs["budget"]
    assert claims["smallest_budget"]["impossible_below"] == pytest.approx(claims["moved_share"], rel=1e-4)
    assert states(tables)["beats.least_moved"] == "checked"
    for what, change in {
        "a choice gone": {"home": arrays["home"][1:]},
        "fewer moved": {"h0.part_bound": arrays["h0.part_bound"] * 0.5},
        "nobody's beat": {"home_label": np.array([-1])},
        "nothing but choices": {k: v for k, v in arrays.items() if "part_bound" in k} | {"home": arrays["home"] + 5},
    }.items():
        assert states(tables, budget=arrays | change)["beats.least_moved"] != "checked", what


def test_a_price_where_no_budget_is_shared_out_proves_nothing(plans):
    # a price on residents moved is only worth something against a limit; without one it would lift any bound
    tables = plans["shared budget"]
    arrays = dict(tables.proofs["beats"])
    claimed = tables.summary["beats"]["objective"] * 2
    for key in [k for k in arrays if k.endswith(("round_price", ".price"))]:
        arrays[key] = arrays[key] + 1e6
    arrays |= {
        "bound": np.array([claimed]),
        "part_bound": np.full(2, claimed),
        "limit_upto": np.full(len(arrays["limit_part"]), np.inf),
        "limit_bound": np.full(len(arrays["limit_part"]), claimed),
    }
    assert states(with_bound(tables, claimed), beats=arrays)["beats.proof"] == "wrong"


def test_the_smallest_budget_is_proven_from_below(plans):
    tables = plans["budget too small"]
    interval = tables.summary["beats"]["smallest_budget"]
    known = states(tables)
    assert known["beats.smallest_budget"] == known["beats.least_moved"] == "checked"
    assert interval["impossible_below"] == pytest.approx(tables.summary["beats"]["moved_share"], rel=1e-6)
    for key, value, check in (
        ("impossible_below", interval["impossible_below"] + 1e-9, "beats.least_moved"),
        ("impossible_below", interval["found"], "beats.least_moved"),
        ("found", interval["found"] - 0.002, "beats.smallest_budget"),
    ):
        summary = copy.deepcopy(tables.summary)
        summary["beats"]["smallest_budget"][key] = value
        assert states(replace(tables, summary=summary))[check] == "wrong"
    arrays = tables.proofs["budget"]
    lied = states(tables, budget=arrays | {"part_bound": arrays["part_bound"] * 0.5})
    assert lied["beats.least_moved"] == "wrong"
    gone = states(replace(tables, proofs={k: v for k, v in tables.proofs.items() if k != "budget"}))
    assert gone["beats.least_moved"] == "not checked"


def test_a_bound_is_told_within_the_tolerances_that_had_to_give(plans):
    tables = plans["tolerance too small"]
    claims = tables.summary["beats"]
    assert claims["status"] == "infeasible" and claims["lower_bound"] is None
    assert 0 <= claims["relaxed_gap"] <= 1e-4
    assert states(tables)["beats.relaxed_bound"] == "checked"
    for bound in (claims["relaxed_bound"] + last_digit(claims["relaxed_bound"]), claims["objective"] * 1.01):
        summary = copy.deepcopy(tables.summary)
        summary["beats"] |= {"relaxed_bound": bound, "relaxed_gap": (claims["objective"] - bound) / claims["objective"]}
        assert states(replace(tables, summary=summary))["beats.relaxed_bound"] == "wrong"
    gone = {k: v for k, v in tables.proofs.items() if k != "beats"}
    assert states(replace(tables, proofs=gone))["beats.relaxed_bound"] == "wrong"


def test_a_budget_shared_by_municipalities_leaves_no_gap():
    # one price on residents moved left 12 % and 0.6 % here
    for seed in (4, 10):
        town = random_town(seed)
        plan = planned(town, seconds=1e6)
        assert plan.proof.status == "optimal" and plan.limits
        assert wrong_claims(town, plan) == []


def test_cuts_are_proven_against_every_partition():
    random = np.random.default_rng(3)
    for _ in range(12):
        wide = int(random.integers(2, 4))
        n = 2 * wide
        pairs = [(i, i + 1) for i in range(n - 1) if i % wide < wide - 1] + [(i, i + wide) for i in range(n - wide)]
        weight, border = random.integers(0, 9, n).astype(float), random.integers(1, 9, len(pairs)).astype(float)
        weight[0] += 1.0
        count, mean = 2, weight.sum() / 2
        current, budget = random.integers(-1, 2, n), float(random.integers(0, 12))
        people = random.integers(0, 6, n).astype(float)
        best = math.inf
        for code in range(1, 2 ** (n - 1)):
            side = np.array([code >> i & 1 for i in range(n)])
            near = [(a, b) for a, b in pairs if side[a] == side[b]]
            joined = _pieces(n, near) == 2
            load = float(weight[side == 1].sum())
            kept = max(
                sum(people[i] for i in range(n) if current[i] >= 0 and current[i] == names[side[i]])
                for names in ((0, 1), (1, 0))
            )
            moved = people[current >= 0].sum() - kept
            if joined and 0.5 * mean <= load <= 1.5 * mean and moved <= budget:
                best = min(best, sum(m for (a, b), m in zip(pairs, border, strict=True) if side[a] != side[b]))
        area = Area(
            weight,
            lambda a, b: np.zeros(len(a)),
            np.array(pairs),
            count,
            0.5 * mean,
            1.5 * mean,
            people,
            current,
            np.full(n, -1),
            budget,
            border=border,
        )
        assert prove_cut(area, math.inf) == best
        if best < math.inf:
            assert best * (1 - 1e-9) <= prove_cut(area, best) <= best
            assert prove_cut(area, best + 0.5) == best


def _pieces(n, pairs):
    root = list(range(n))

    def top(i):
        while root[i] != i:
            i = root[i]
        return i

    for a, b in pairs:
        root[top(a)] = top(b)
    return len({top(i) for i in range(n)})


def test_a_bound_that_is_told_is_never_above_what_its_certificate_proves():
    values = np.random.default_rng(1).uniform(0.5, 1, 20_000) * 10.0 ** (np.arange(20_000) % 12)
    for value in [11397754.146451, *values.tolist()]:
        for exact in (True, False):
            shown = readable(rounded_down(value, exact=exact))
            assert shown <= value * (1 + HAIR)
            assert shown >= value * (1 - (1e-11 if exact else 1e-9))
    assert rounded_down(17282.159999999996, exact=True) == 17282.16
    assert rounded_down(464743.0) == 464743.0
    # that there is no plan at all with so few moved stays so, and does not keep the other certificates from being written
    assert rounded_down(math.inf) == math.inf
