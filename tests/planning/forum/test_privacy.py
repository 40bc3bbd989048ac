"""The privacy gate: what is hidden, what stops a pack, and an audit that finds a small count planted in each table."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.rounding import rounded_counts
from beatplanner.planning.forum import read_back
from beatplanner.planning.forum.areas import PackAreas, concern_cells, resident_cells
from beatplanner.planning.forum.audit import audit
from beatplanner.planning.forum.forum_pack import audit_pack
from beatplanner.planning.forum.gate import Cell, pass_gate
from beatplanner.planning.forum.published import read_published_pack
from beatplanner.planning.forum.themes import is_sensitive
from beatplanner.planning.forum.work_statements import BalanceMeasure, WorkOfPlan, tells_a_count
from conftest import GridTown, write_grid_town

FORUM = """
[forum]
decided_by = "the council"
consents = "consents.csv"
report_back = "minutes.csv"
[forum.themes]
theft = "Theft"
noise = "Noise"
"""


def areas(beat: str, current: str = "") -> PackAreas:
    """One unit a letter."""
    n = len(beat)
    return PackAreas(
        unit=[str(i) for i in range(n)],
        name=[f"Place {i}" for i in range(n)],
        municipality=[""] * n,
        beat=list(beat),
        current=list(current) if current else [None] * n,
        within=None,
        beat_names={b: f"Beat {b}" for b in beat},
    )


def test_counts_are_rounded_without_losing_anybody():
    counts = np.array([0.4, 0.4, 0.4, 10.8])
    assert rounded_counts(counts).sum() == 12
    assert rounded_counts(np.array([3.0, 4.0])).tolist() == [3, 4]


def test_a_sliver_between_old_and_new_lines_is_hidden():
    # three people live where today's beat a becomes beat B
    found = pass_gate(np.array([200.0, 3, 150, 80]), resident_cells(areas("ABBA", "aabb")), ["w", "x", "y", "z"], 5)
    assert found.values["pair", "a", "B"] is None
    # beat B less those who were in it already would give them away
    assert found.values["pair", "b", "B"] is None or found.values["beat", "B"] is None
    assert found.small == 1
    assert found.hidden == 2
    assert 0 < found.lost < 1
    assert found.leaks == ()


@pytest.mark.parametrize(
    ("people", "measure", "tells"),
    [
        # a beat of three people beside one of a hundred, both hidden: within 5 % of what is told there are three to five
        ([100, 3], BalanceMeasure(deviation=0.95, deviation_step=0.05), True),
        ([100, 3], BalanceMeasure(spread=32.4, spread_step=0.1), True),
        # that a rule is kept is a measure, too: each has three or four
        ([3, 4], BalanceMeasure(deviation=0.15), True),
        # figures of both beats are shown, so it follows from them
        ([100, 7], BalanceMeasure(deviation=0.9, deviation_step=0.05), False),
        ([3, 4], BalanceMeasure(), False),
    ],
)
def test_what_is_told_of_work_passes_the_gate(people, measure, tells):
    counts, beats = np.array(people, float), areas("AB")
    gate = pass_gate(counts, resident_cells(beats), ["x", "y"], 5, key=b"x")
    work = WorkOfPlan(0.12 * counts, np.array([0, 1]), ["", ""], np.ones(2))
    assert tells_a_count(measure, work, counts, 0.12, gate.cells, 5) == tells
    # people make no work where hours were given otherwise
    assert not tells_a_count(measure, work, counts, 0.0, gate.cells, 5)
    # somebody who tries every pair of counts finds the same
    shown, total = gate.values["beat", "A"] is not None, int(counts.sum())
    possible = []
    for a in range(1, total):
        pair = np.array([a, total - a])
        off, spread = np.abs(pair / pair.mean() - 1).max(), pair.max() / pair.min() - 1
        fits = measure.deviation is None or measure.deviation - measure.deviation_step < off <= measure.deviation + 1e-9
        fits &= measure.spread is None or measure.spread - measure.spread_step < spread <= measure.spread + 1e-9
        if fits and (pair[0] > pair[1]) == (people[0] > people[1]):
            possible.append(a)
    assert (not shown and len(possible) < 5) == tells or measure == BalanceMeasure()


def test_what_another_scenario_gives_away_stops_the_pack_and_is_named():
    counts = np.array([200.0, 3, 150])
    ours = resident_cells(areas("AAB"))
    before = [
        Cell("beats.csv", "beat Old", ("beat", "O"), np.array([0, 1]), before="pack of May", shown=203),
        Cell("beats.csv", "beat Other", ("beat", "P"), np.array([0]), before="scenario 2", shown=200),
    ]
    found = pass_gate(counts, [*ours, *before], ["Mill", "Hut", "Hill"], 5)
    assert len(found.leaks) >= 1
    text = found.leaks[0]
    assert "3 residents in Hut" in text
    assert "pack of May" in text


def test_an_older_census_does_not_subtract():
    before = [Cell("beats.csv", "beat Old", ("beat", "O"), np.array([0]), before="pack of 1990", shown=77)]
    found = pass_gate(np.array([200.0, 3]), [*resident_cells(areas("AB")), *before], ["Mill", "Hut"], 5)
    assert found.leaks == ()


def test_sensitive_themes_stay_above_the_beat():
    assert is_sensitive("Domestic violence")
    assert is_sensitive("семејно насилство")
    assert is_sensitive("Dhunë në familje")
    assert is_sensitive("code 17", more=["Code 17"])
    assert not is_sensitive("burglary")
    assert {c.key[0] for c in concern_cells(areas("AB"), sensitive=True)} == {"town", "municipality"}
    assert {c.key[0] for c in concern_cells(areas("AB"), sensitive=False)} == {"town", "municipality", "beat"}


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> GridTown:
    """A grid town with a plan whose pack has passed the gate, for a year of incidents."""
    from beatplanner.planning.whole.run import run

    town = write_grid_town(tmp_path_factory.mktemp("packed"))
    rows = town.path("incidents.csv").read_text(encoding="utf-8").splitlines()
    rows += [rows[1 + i % 64].replace("2025-", "2026-") for i in range(300)]
    town.path("incidents.csv").write_text("\n".join(rows), encoding="utf-8")
    town.path("project.toml").write_text(town.project.read_text(encoding="utf-8") + FORUM, encoding="utf-8")
    town.path("consents.csv").write_text(
        "officer,name,contact,agreed_on\nБојан,Бојан Б.,070 1,2026-01-01\n", encoding="utf-8"
    )
    town.path("minutes.csv").write_text("forum,asked_on,asked\n1,2026-03-01,Light\n", encoding="utf-8")
    run(town.project, town.folder / "plan")
    return town


@pytest.fixture
def copy(packed, tmp_path):
    """A copy of the result that a test may spoil."""
    shutil.copytree(packed.folder / "plan", tmp_path / "plan")
    return tmp_path / "plan"


def failed(folder, **options) -> str:
    return "\n".join(f"{c.name}: {c.detail}" for c in audit_pack(folder, **options) if not c.ok)


def test_a_pack_passes_its_own_audit(packed):
    assert failed(packed.folder / "plan") == ""
    # and that of an outsider who has the folder alone
    assert [str(c) for c in audit(packed.folder / "plan" / "forum") if not c.ok] == []


def test_an_audit_reads_each_file_once(packed, monkeypatch):
    read: list[str] = []

    def texts_of(path):
        read.append(path.name)
        return read_back.texts_of(path)

    monkeypatch.setattr("beatplanner.planning.forum.audit.texts_of", texts_of)
    # as it is done when a pack is made, with the gate's register
    assert failed(packed.folder / "plan") == ""
    assert sorted(read) == sorted(p.name for p in (packed.folder / "plan" / "forum").rglob("*") if p.is_file())
    assert len(read) == len(set(read)) > 5


def edited(path, column: str, change) -> None:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    row = next(r for r in rows if r[column] not in ("", "0"))
    row[column] = change(row)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("beats.csv", "residents"),
        ("beats.csv", "within_walk"),
        ("municipalities.csv", "residents"),
        ("old_new.csv", "residents"),
        ("concerns.csv", "incidents"),
    ],
)
def test_a_small_count_planted_in_each_table_is_caught(copy, table, column):
    edited(copy / "forum" / table, column, lambda _: "3")
    said = failed(copy)
    assert "no table shows a count of 1 to 4" in said
    assert f"{table}, " in said
    assert f"changed: {table}" in said
    with pytest.raises(AssertionError):
        assert failed(copy / "forum") == ""


def test_a_small_count_planted_in_the_map_is_caught(copy):
    page = copy / "forum" / "map.html"
    text = page.read_text(encoding="utf-8")
    figures = json.loads(text.split('id="figures">')[1].split("</script>")[0])
    beat = next(iter(figures))
    page.write_text(text.replace(f'"{beat}": {figures[beat]}', f'"{beat}": 3', 1), encoding="utf-8")
    assert "map.html shows the figures of the tables" in failed(copy)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("beats.csv", None, "changed: beats.csv"),
        ("people.csv", "name,age\nAna,30\n", "nothing but the pack"),
        ("streets.csv", "street,lon,lat\nA,21.1,42.0\n", "coordinates"),
        ("streets.csv", "street,group_sq\nA,12\n", "group of residents"),
        ("questions.csv", "beat,place,question,answer\n1,x,Who?,Officer Dritan\n", "no officer is named"),
        ("pack.pdf", "another", "changed: pack.pdf"),
    ],
)
def test_what_does_not_belong_into_a_pack_is_caught(copy, file, text, words):
    path = copy / "forum" / file
    path.write_text(text or path.read_text(encoding="utf-8-sig") + "x,y,z,1,1\n", encoding="utf-8")
    assert words in failed(copy)


def test_an_officer_who_consented_may_be_named(packed, copy):
    forum = packed.folder / "plan" / "forum"
    assert "Бојан Б." in docx_text(forum / "beat_pages.docx")
    assert "Dritan" not in docx_text(forum / "beat_pages.docx")
    # the day after the consent was taken back
    packed.path("consents.csv").write_text(
        "officer,name,contact,agreed_on,until\nБојан,Бојан Б.,070 1,2026-01-01,2026-02-01\n", encoding="utf-8"
    )
    try:
        assert "Бојан in beat_pages.docx" in failed(copy)
    finally:
        packed.path("consents.csv").write_text(
            "officer,name,contact,agreed_on\nБојан,Бојан Б.,070 1,2026-01-01\n", encoding="utf-8"
        )


def docx_text(path) -> str:
    import docx

    document = docx.Document(str(path))
    in_tables = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *in_tables])


def test_less_than_twelve_months_are_not_told(town):
    from beatplanner.planning.whole.run import run

    rows = town.path("incidents.csv").read_text(encoding="utf-8").splitlines()
    town.path("incidents.csv").write_text(
        "\n".join([rows[0], *(r for r in rows[1:] if ",2025-0" in r)]), encoding="utf-8"
    )
    town.path("project.toml").write_text(town.project.read_text(encoding="utf-8") + "\n[forum]\n", encoding="utf-8")
    run(town.project, town.folder / "plan", steps=("beats",))
    forum = town.folder / "plan" / "forum"
    assert not (forum / "concerns.csv").exists()
    # a table that somebody adds by hand is caught
    beat = read_published_pack(forum).areas.beat[0]
    (forum / "concerns.csv").write_text(f"level,area,theme,incidents\nbeat,{beat},Theft,50\n", encoding="utf-8")
    assert "twelve months" in failed(town.folder / "plan")


def test_a_sliver_of_two_packs_stops_the_export_and_the_plan_is_kept(town, command):
    # people have two scenarios whose beats differ by one area with three residents
    frame = town.units()
    frame.loc[0, "pop"] = 3
    town.write_units(frame)
    for name, beats in (("a", ["1"] * 8 + ["2"] * 8), ("b", ["2"] + ["1"] * 7 + ["2"] * 8)):
        folder = town.folder / name
        folder.mkdir()
        total = {b: int(frame["pop"][[x == b for x in beats]].sum()) for b in "12"}
        (folder / "units.csv").write_text(
            "unit,old_beat,new_beat\n" + "".join(f"{i + 1},,{b}\n" for i, b in enumerate(beats)), encoding="utf-8"
        )
        (folder / "beats.csv").write_text(
            "beat,name,residents\n" + "".join(f"{b},Beat {b},{n}\n" for b, n in total.items()), encoding="utf-8"
        )
    text = town.project.read_text(encoding="utf-8") + '\n[forum]\npublished_before = ["a", "b"]\n'
    town.project.write_text(text, encoding="utf-8")
    out = town.folder / "out"
    code, _, error = command("beats", town.project, "--out", out)
    assert code == 1
    assert "Улица 1" in error
    assert "3 residents" in error
    assert (out / "plan.gpkg").exists()
    assert not (out / "forum" / "pack.pdf").exists()
    assert not (out / "forum" / "beats.csv").exists()


def test_a_later_pack_is_protected_against_an_earlier_one(town):
    from beatplanner.planning.whole.run import run

    # the earlier pack told how many live in all areas but one, where three people live
    frame = town.units()
    frame.loc[0, "pop"] = 3
    town.write_units(frame)
    (town.folder / "first").mkdir()
    beats = ["2"] + ["1"] * 15
    (town.folder / "first" / "units.csv").write_text(
        "unit,old_beat,new_beat\n" + "".join(f"{i + 1},,{b}\n" for i, b in enumerate(beats)), encoding="utf-8"
    )
    rest = int(frame["pop"][1:].sum())
    (town.folder / "first" / "beats.csv").write_text(f"beat,name,residents\n1,All,{rest}\n2,Hut,*\n", encoding="utf-8")
    plain = town.project.read_text(encoding="utf-8")
    run(town.project, town.folder / "alone", steps=("beats",))
    town.project.write_text(plain + '\n[forum]\npublished_before = ["first"]\n', encoding="utf-8")
    run(town.project, town.folder / "second", steps=("beats",))

    def total(folder: str) -> str:
        with (town.folder / folder / "forum" / "municipalities.csv").open(encoding="utf-8-sig", newline="") as stream:
            return next(r["residents"] for r in csv.DictReader(stream) if r["municipality"] == "")

    assert total("alone") == str(rest + 3)
    assert total("second") == "*"
    assert failed(town.folder / "second") == ""
    # without the gate both together would have told it
    assert "Улица 1" in failed(town.folder / "alone", others=[town.folder / "first"])


def test_a_total_of_a_shown_figure_and_a_marked_one_says_no_more_than_the_mark(tmp_path):
    """The earlier pack shows all but one area, whose mark says 1 to 4; a total that is hidden for it says the same."""
    for name, beats, total in (("first", "12222", ""), ("second", "11111", "*"), ("third", "11111", "1803")):
        (tmp_path / name).mkdir()
        rows = "".join(f"{i},,{b}\n" for i, b in enumerate(beats))
        (tmp_path / name / "units.csv").write_text("unit,old_beat,new_beat\n" + rows, encoding="utf-8")
        figures = "1,Hut,*\n2,Rest,1800\n" if name == "first" else f"1,All,{total}\n"
        (tmp_path / name / "beats.csv").write_text("beat,name,residents\n" + figures, encoding="utf-8")
    said = {n: [c for c in audit(tmp_path / n, [tmp_path / "first"]) if not c.ok] for n in ("second", "third")}
    assert said["second"] == []
    assert "between 3 and 3" in str(said["third"])


def test_no_pack_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="no forum pack"):
        audit(tmp_path)
