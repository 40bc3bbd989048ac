"""Counter-proposals: each broken rule is told, and the nearest one that keeps them is the nearest."""

from __future__ import annotations

import itertools
import json

import networkx as nx
import numpy as np
import openpyxl
import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.planning.forum.counter_proposal import judge_proposal
from conftest import GridTown, write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> GridTown:
    from beatplanner.planning.whole.run import run

    town = write_grid_town(tmp_path_factory.mktemp("planned"))
    run(town.project, town.folder / "plan", steps=("beats",))
    return town


def propose(town: GridTown, change: dict[int, str], name: str = "proposal.csv"):
    file = town.folder / name
    file.write_text("unit,proposed_beat\n" + "".join(f"{u},{b}\n" for u, b in change.items()), encoding="utf-8")
    return judge_proposal(town.folder / "plan", file, town.folder / "judged", seconds=1e6)


def beats(town: GridTown) -> dict[int, str]:
    units = read_result(town.folder / "plan").units
    return dict(zip(units["unit"], units["beat"].astype(str), strict=True))


def graph(town: GridTown) -> nx.Graph:
    edges = read_result(town.folder / "plan").edges
    return nx.Graph(list(zip(edges["unit_a"], edges["unit_b"], strict=True)))


def test_every_beat_swallowed_is_told(planned):
    now = beats(planned)
    west = sorted({now[u] for u in now if (u - 1) % 4 < 2})
    found = propose(planned, {u: west[0] for u, b in now.items() if b == west[1]})
    said = "\n".join(found.broken)
    assert "has no area left" in said
    assert "hours of work a year, more than" in said
    assert found.nearest is not None
    assert found.apart > 0
    assert found.bound is None or found.bound <= found.apart + 1e-6


def test_a_beat_in_pieces_and_over_a_border_is_told(planned):
    now = beats(planned)
    east = next(b for u, b in now.items() if (u - 1) % 4 == 3)
    corner = next(u for u in (1, 13) if now[u] != east)
    said = "\n".join(propose(planned, {corner: east}).broken)
    assert "crosses the border" in said
    assert "pieces" in said
    assert f"Улица {corner}" in said


def test_the_nearest_is_the_nearest_of_all(planned):
    """Compared with every way to cut the western municipality's eight units into two connected, balanced beats."""
    now = beats(planned)
    tables = read_result(planned.folder / "plan")
    people = dict(zip(tables.units["unit"], tables.units["population"], strict=True))
    hours = dict(zip(tables.units["unit"], tables.units["workload"], strict=True))
    west = [u for u in now if (u - 1) % 4 < 2]
    limits = next(m for m in tables.summary["beats"]["municipalities"] if m["municipality"] == "West")
    one, two = sorted({now[u] for u in west})
    joined = graph(planned)
    kept = []
    for choice in itertools.product((one, two), repeat=len(west)):
        sides = [[u for u, c in zip(west, choice, strict=True) if c == b] for b in (one, two)]
        if all(
            s
            and nx.is_connected(joined.subgraph(s))
            and limits["lower"] - 1e-6 <= sum(hours[u] for u in s) <= limits["upper"] + 1e-6
            for s in sides
        ):
            kept.append(dict(zip(west, choice, strict=True)))
    assert len(kept) >= 4
    rng = np.random.default_rng(2)
    tried = 0
    for _ in range(6):
        change = {int(u): str(rng.choice([one, two])) for u in rng.choice(west, 4, replace=False)}
        change = {u: b for u, b in change.items() if b != now[u]}
        if not change:
            continue
        wanted = {**{u: now[u] for u in west}, **change}
        found = propose(planned, change)
        best = min(sum(people[u] for u in west if k[u] != wanted[u]) for k in kept)
        assert found.nearest is not None
        assert found.apart == pytest.approx(best)
        if found.bound is not None:
            assert found.bound <= best + 1e-6
        assert bool(found.broken) == (best > 0)
        tried += 1
    assert tried >= 3


@pytest.mark.papers
def test_the_sheet_is_read_back_and_the_nearest_can_be_proposed_again(planned):
    now = beats(planned)
    file = planned.folder / "plan" / "forum" / "proposal.xlsx"
    book = openpyxl.load_workbook(file)
    sheet = book["Proposal"]
    assert [c.value for c in sheet[1]] == ["Unit", "Name", "Beat", "Proposed beat"]
    unit = int(sheet["A2"].value)
    other = next(b for u, b in now.items() if b != now[unit] and ((u - 1) % 4 < 2) == ((unit - 1) % 4 < 2))
    sheet["D2"] = other
    book.save(planned.folder / "sheet.xlsx")
    found = judge_proposal(
        planned.folder / "plan", planned.folder / "sheet.xlsx", planned.folder / "sheet", seconds=1e6
    )
    assert found.changes["unit"].tolist()[0] == str(unit)
    written = json.loads((planned.folder / "sheet" / "proposal.json").read_text(encoding="utf-8"))
    assert written["keeps_the_rules"] == (not found.broken)
    assert "<script" not in (planned.folder / "sheet" / "proposal.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unit,proposed_beat\n99,1\n", "no unit “99”"),
        ("unit,proposed_beat\n1,nowhere\n", "no beat “nowhere”"),
        ("unit,proposed_beat\n1,\n", "changes nothing"),
        ("area,beat\n1,2\n", "no column “unit”"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(planned, text, words):
    file = planned.folder / "bad.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        judge_proposal(planned.folder / "plan", file, planned.folder / "judged")


def test_units_and_beats_are_found_as_every_table_finds_them(planned):
    """A spreadsheet takes zeros in front and adds decimals; what another wrote has other blanks."""
    now = beats(planned)
    other = next(b for u, b in now.items() if b != now[1] and u in (3, 4, 5, 6, 9, 13))
    plain = propose(planned, {1: other})
    found = propose(planned, {"01": f" {other}.0"})
    assert found.changes["unit"].tolist() == plain.changes["unit"].tolist()
    assert (found.proposal.beat == plain.proposal.beat).all()
    assert sum("without leading zeros" in str(n) for n in found.notes) == 2


def test_a_proposal_against_an_older_plan_is_doubted(planned):
    now = beats(planned)
    unit, other = 1, next(b for b in set(now.values()) if b != now[1])
    file = planned.folder / "old.csv"
    file.write_text(f"unit,beat,proposed_beat\n{unit},77,{other}\n", encoding="utf-8")
    found = judge_proposal(planned.folder / "plan", file, planned.folder / "judged", seconds=1e6)
    assert "another plan" in str(found.notes[0])
