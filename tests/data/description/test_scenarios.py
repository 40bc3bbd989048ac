"""Scenario files: what they extend, what they change, and what is told where they are wrong."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beatplanner.data.description.merge_patch import merge, patch_between
from beatplanner.data.description.read import read_description
from beatplanner.data.description.scenarios import changed_rules, find_scenarios, new_scenario
from beatplanner.data.errors import InputError
from beatplanner.data.result.stale import stale

keys = st.sampled_from("abc")
scalars = st.sampled_from([0, 1, True, "x", 1.5]) | st.just([1, 2])
inner = st.dictionaries(keys, scalars, max_size=3)
tables = st.dictionaries(keys, scalars | inner | st.dictionaries(keys, inner, max_size=2), max_size=3)
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@calm
@given(tables, tables)
def test_a_difference_turns_the_base_into_the_other(base, other):
    assert merge(base, patch_between(base, other)) == other


@calm
@given(tables)
def test_nothing_differs_from_itself(base):
    assert patch_between(base, base) == {}


def write(town, name, text):
    folder = town.path("scenarios")
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_scenario_says_only_what_differs(town):
    file = write(
        town,
        "a.toml",
        'extends = "../project.toml"\nremove = ["officers"]\n[scenario]\nname = "A"\n[beats]\ntolerance = 0.5\n',
    )
    d, base = read_description(file), read_description(town.project)
    assert d.beats.tolerance == 0.5 and d.beats.count == base.beats.count and d.officers is None
    # paths lead where those of the base lead, and are relative to the scenario as in every description
    assert d.path(d.units.path) == base.path(base.units.path)
    assert d.file == file.resolve() and d.folder == file.parent.resolve()
    assert changed_rules(base, d) == ("beats.tolerance: 0.25 → 0.5", "officers: officers.xlsx → not given")


def test_scenarios_extend_each_other_and_are_listed_by_file_name(town):
    write(town, "2.toml", 'extends = "1.toml"\n[scenario]\nabout = "More"\n[stations]\ncount = 3\n')
    write(town, "1.toml", 'extends = "../project.toml"\n[scenario]\nname = "First"\n[beats]\ntolerance = 0.5\n')
    write(town, "other.toml", town.project.read_text(encoding="utf-8").replace('"units.gpkg"', '"../units.gpkg"'))
    first, second = find_scenarios(town.project)
    assert (first.name, second.name, second.about) == ("First", "2", "More")
    assert second.base == first.file
    assert second.changes == ("beats.tolerance: 0.25 → 0.5", "stations.count: 2 → 3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'extends = "../project.tml"\n',
            "a.toml, field “extends”: the file “../project.tml” does not exist. Did you mean “project.toml”?",
        ),
        ("extends = 3\n", "a.toml, field “extends”: give the description that this scenario extends, in quotes"),
        ('extends = "a.toml"\n', "scenarios extend each other in a circle: a.toml → a.toml"),
        (
            'extends = "../project.toml"\n[beats]\ntolerence = 0.1\n',
            "a.toml, field “beats.tolerence”: there is no key “tolerence” here. Did you mean “tolerance”?",
        ),
        ('extends = "../project.toml"\n[beets]\n', "there is no section [beets]. Did you mean “beats”?"),
        (
            'extends = "../project.toml"\nremove = ["beats.max_move"]\n',
            "there is no “beats.max_move” to take away in the base",
        ),
        ('extends = "../project.toml"\nremove = "beats"\n', "field “remove”: give a list of keys"),
        (
            'extends = "../project.toml"\n[budget]\npayers = { salary = "ministry" }\n',
            "a.toml, field “budget.payers.salary”: there is no key “salary” here. Did you mean “salaries”?",
        ),
        ('extend = "../project.toml"\n', "Did you mean “extends”?"),
    ],
)
def test_a_bad_scenario_gets_a_clear_error(town, command, text, message):
    file = write(town, "a.toml", text)
    code, _, err = command("plan", file, "--out", town.path("out"))
    assert code == 1
    assert message in err, err
    assert "Traceback" not in err and not town.path("out").exists()


def test_a_circle_of_three_is_named_whole(town):
    for a, b in (("a", "b"), ("b", "c"), ("c", "a")):
        write(town, f"{a}.toml", f'extends = "{b}.toml"\n')
    with pytest.raises(InputError, match=r"a\.toml → b\.toml → c\.toml → a\.toml"):
        read_description(town.path("scenarios") / "a.toml")


def test_an_error_in_the_base_is_told_under_the_base(town):
    file = write(town, "a.toml", 'extends = "../project.toml"\n')
    town.swap("tolerance = 0.25", "tolerance = -1.0")
    with pytest.raises(InputError, match=r"project\.toml, field “beats\.tolerance”"):
        read_description(file)


def test_copy_and_change_by_command(town, command):
    code, out, _ = command(
        "scenarios", town.project, "--new", "Looser", "--set", "beats.tolerance=0.4", "--set", "beats.objective=cut"
    )
    assert code == 0 and "looser.toml" in out
    code, _, _ = command("scenarios", town.project, "--new", "Third", "--from", "Looser", "--set", "stations.count=3")
    assert code == 0
    code, out, _ = command("scenarios", town.project)
    assert code == 0 and "Today" in out and "Looser" in out and "stations.count: 2 → 3" in out
    d = read_description(town.path("scenarios") / "third.toml")
    assert (d.beats.objective, d.beats.tolerance, d.stations.count) == ("cut", 0.4, 3)
    code, _, err = command("scenarios", town.project, "--new", "Bad", "--set", "beats.tolerance=9")
    assert code == 1 and "at most 1" in err and not (town.path("scenarios") / "bad.toml").exists()
    code, _, err = command("scenarios", town.project, "--new", "Looser")
    assert code == 1 and "already" in err


@pytest.mark.usefixtures("without_pack")
def test_a_plan_says_when_it_is_stale(town, command):
    assert command("beats", town.project, "--out", town.path("out"))[0] == 0
    summary = json.loads((town.path("out") / "summary.json").read_text(encoding="utf-8"))
    assert stale(summary, summary["versions"]) == ()
    code, said, _ = command("stale", town.path("out"))
    assert code == 0 and "as they are now" in said
    town.swap("tolerance = 0.25", "tolerance = 0.3")
    sites = town.path("sites.csv").read_text()
    town.path("sites.csv").write_text(sites + sites.splitlines()[-1] + "x\n")
    claims = " ".join(str(n) for n in stale(summary, summary["versions"] | {"numpy": "0.1"}))
    assert (
        "beats.tolerance: 0.25 → 0.3" in claims
        and "sites.csv" in claims
        and "after the plan" in claims
        and "numpy" in claims
    )
    assert command("stale", town.path("out"))[0] == 4
    # a file that is gone hides neither the rules nor what changed in them
    town.path("sites.csv").unlink()
    claims = " ".join(str(n) for n in stale(summary, summary["versions"]))
    assert "not there any more" in claims
    assert "beats.tolerance: 0.25 → 0.3" in claims and "description" not in claims


@pytest.mark.usefixtures("without_pack")
def test_a_plan_by_rules_that_its_project_has_since_is_not_stale(town, command):
    assert command("beats", town.project, "--out", town.path("out"))[0] == 0
    summary = json.loads((town.path("out") / "summary.json").read_text(encoding="utf-8"))
    # as the window plans by rules that were typed, and saves them with the project after that
    summary["project_rules"] = json.loads(json.dumps(summary["rules"]))
    summary["rules"]["beats"]["tolerance"] = 0.3
    assert stale(summary, summary["versions"]) == ()
    town.swap("tolerance = 0.25", "tolerance = 0.3")
    assert stale(summary, summary["versions"]) == ()
    # a rule that is neither the plan's nor that of its project then has changed
    town.swap("tolerance = 0.3", "tolerance = 0.35")
    assert [n.severity for n in stale(summary, summary["versions"])] == ["warning"]


def test_new_scenario_keeps_to_the_sections(town):
    with pytest.raises(InputError, match="Did you mean “beats”"):
        new_scenario(town.project, "X", settings={"beatz.tolerance": "0.2"})
