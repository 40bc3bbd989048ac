"""Plans of other steps, broken rules and clashes beside others: like is compared with like, and a gap is told alike everywhere."""

import json
from types import SimpleNamespace

import pytest

from conftest import write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


def test_a_gap_is_told_as_in_the_pack_and_never_as_less_than_it_is():
    from beatplanner.data.publish.comparison_words import best, in_words

    shares = {0.0360427: "3.7%", 0.0048: "0.5%", 0.00002: "0.01%", 0.05: "5.0%"}
    assert {g: in_words(g, "gap") for g in shares} == shares
    # of two that are told alike neither is the best
    row = {"kind": "gap", "better": "less", "values": [None, 0.0308, 0.0301]}
    assert best(row) == [False, False, False]
    # and what reads like the best is no worse, today's too
    row = {"kind": "decimal", "better": "less", "values": [5.96, 6.2, 6.04]}
    assert best(row) == [True, False, True]
    row = {"kind": "share", "better": "more", "values": [0.901, 0.9055, 0.9064, 0.9061]}
    assert best(row) == [False, True, True, True]
    assert in_words(0.0, "gap") == "0.00%" and in_words(None, "gap") == "–"


def test_money_is_held_against_plans_of_the_same_steps_alone(monkeypatch):
    from beatplanner.data.publish.comparison_words import _best_in_words, best, choose, verdicts
    from beatplanner.planning.compare import decision as page

    monkeypatch.setattr(page, "draft_in_words", lambda *_, **__: [])

    def column(name, *steps):
        summary = dict.fromkeys(("feasible", *steps), True)
        return SimpleNamespace(name=name, today=not steps, tables=SimpleNamespace(summary=summary), figures={})

    columns = [column("Today"), column("whole", "beats", "stations", "officers"), column("lines", "beats")]
    money = {"key": "money_total", "label": "Money", "kind": "money", "better": "less", "values": [400.0, 500.0, 300.0]}
    walk = {"key": "within_limit", "label": "Walk", "kind": "share", "better": "more", "values": [0.4, 0.6, None]}
    moved = {"key": "moved_share", "label": "Moved", "kind": "share", "better": "less", "values": [0.0, 0.4, 0.2]}
    blocks = [{"title": "", "rows": [money, walk, moved]}]
    decisions = {d["plan"]: d for d in page.decision(columns, blocks)}
    # lines alone cost less because they plan no station and no posting: that is no reason to choose them
    assert [x["key"] for x in decisions["lines"]["best"]] == ["moved_share"] and decisions["lines"]["lacks"] == [
        "stations",
        "officers",
    ]
    assert [x["key"] for x in decisions["whole"]["best"]] == ["within_limit"] and decisions["whole"]["worst"][
        "key"
    ] == "moved_share"
    content = {"blocks": blocks, "columns": [{"name": c.name} for c in columns], "decision": list(decisions.values())}
    said = {c["name"]: c for c in choose(content)}
    # a figure that is no share has its unit
    work = {"key": "hours_per_officer_max", "value": 626.4, "next": 1252.8, "next_plan": "b"}
    with_unit = _best_in_words(work, {"kind": "number"}, "Today", "EUR")
    assert (
        with_unit == "sharing the work counts most (626 hours a year for the officer with the most work; 1,253 with b)"
    )
    assert said["whole"]["choose"] == ["stations on foot counts most (60%; today 40%; the other plans have none)"]
    assert said["lines"]["lacks"] == "no stations and no postings of officers"
    apart = money | {"unlike": [False, False, True]}
    assert best(apart) == [True, False, False] and verdicts(apart) == ["", "worse", ""]


def test_a_plan_that_breaks_a_rule_takes_nothing_from_those_that_can_be_chosen(monkeypatch):
    """It cannot be chosen; so what one of the others is best at is held against the others that can be, here and by the checker."""
    from beatplanner.planning.compare import decision as page
    from beatplanner.planning.verification.decision import _rivals

    monkeypatch.setattr(page, "draft_in_words", lambda *_, **__: [])

    def column(name, clashes=()):
        summary = {"feasible": not clashes, "clashes": list(clashes), "beats": True}
        return SimpleNamespace(name=name, today=name == "Today", tables=SimpleNamespace(summary=summary), figures={})

    columns = [column("Today"), column("a"), column("broken", ["a rule"]), column("c")]
    moved = {"key": "moved_share", "label": "", "kind": "share", "better": "less", "values": [0.0, 0.34, 0.25, 0.41]}
    decisions = {d["plan"]: d for d in page.decision(columns, [{"title": "", "rows": [moved]}])}
    assert decisions["a"]["best"] == [{"key": "moved_share", "value": 0.34, "next": 0.41, "next_plan": "c"}]
    assert decisions["c"]["worst"]["best_plan"] == "a" and decisions["a"]["worst"] is None
    assert decisions["broken"]["best"][0]["next"] == 0.34
    unmet, steps = [[], [], ["a rule"], []], [set()] * 4
    assert [_rivals(moved["values"], k, "moved_share", steps, unmet) for k in (1, 2, 3)] == [
        [0.41],
        [0.34, 0.41],
        [0.34],
    ]
    # what reads alike is no reason to choose: “42%; 42% with c” was told
    alike = moved | {"values": [0.0, 0.4166, 0.1, 0.4234]}
    decisions = {d["plan"]: d for d in page.decision(columns, [{"title": "", "rows": [alike]}])}
    assert decisions["a"]["best"] == [] and decisions["broken"]["best"]
    # where only one can be chosen it is held against all
    two = {d["plan"]: d for d in page.decision(columns[:3], [{"title": "", "rows": [moved]}])}
    assert two["a"]["worst"]["best_plan"] == "broken" and two["broken"]["best"]
    assert _rivals(moved["values"][:3], 1, "moved_share", steps[:3], unmet[:3]) == [0.25]


def test_a_clash_is_no_false_figure_when_its_rule_is_called_by_its_name():
    """A comparison with a plan whose budget of moves is too small was called wrong: its sentence says “Change at most” for the key."""
    from beatplanner.data.publish.comparison_words import ENGLISH
    from beatplanner.data.publish.sentence_templates import without_keys
    from beatplanner.planning.compare.sentences import UNMET
    from beatplanner.planning.verification.comparison import _check_sentences
    from beatplanner.planning.verification.ledger import Ledger

    clash = "beats.max_moved = 10.0% is too small; less than 24.39% is proven impossible."
    plan = SimpleNamespace(name="a", today=False, tables=SimpleNamespace(summary={"clashes": [clash]}))
    for said, kept in ((clash, True), (clash.replace("24.39", "21.17"), False)):
        ledger = Ledger()
        sentence = ENGLISH.text(UNMET, why=without_keys(said))
        assert "beats.max_moved" not in sentence
        _check_sentences(ledger, {"sentences": [[sentence]]}, [plan], [{"posts": 12.0}])
        assert [c.ok for c in ledger.checks] == [kept]


@pytest.mark.usefixtures("without_pack")
def test_all_scenarios_are_run_and_one_that_fails_is_told(tmp_path, command):
    town = write_grid_town(tmp_path / "town")
    (town.folder / "scenarios").mkdir()
    for name, more in (
        ("a", "tolerance = 0.3"),
        ("b", "tolerance = 0.4"),
        ("c", 'current = { path = "../old.gpkg", id = "no" }'),
    ):
        text = f'extends = "../project.toml"\nremove = ["officers", "stations"]\n[beats]\n{more}\n'
        (town.folder / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    code, _out, err = command("scenarios", town.project, "--out", tmp_path / "out")
    assert code == 1 and "no" in err and "old.gpkg" in err
    assert (tmp_path / "out" / "comparison" / "comparison.html").is_file()
    content = json.loads((tmp_path / "out" / "comparison" / "comparison.json").read_text(encoding="utf-8"))
    assert [c["name"] for c in content["columns"]] == ["Today", "a", "b"]
    assert command("scenarios", town.project, "--out", tmp_path / "one", "--only", "zz")[0] == 2
