"""Every number of a pack has an entry in the register, and nothing that is hidden changes a byte of what is public."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pyogrio
import pypdf
import pytest
from paper_texts import pages_of

from beatplanner.data.description.models import Forum
from beatplanner.data.publish.public.figures import Register, UnregisteredNumberError, counted
from beatplanner.data.publish.public.plan import PublicPlan
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.result.folder import read_result
from beatplanner.data.rounding import rounded_counts
from beatplanner.data.side_work import SideWork
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.planning.forum import forum_pack
from beatplanner.planning.forum.areas import PackAreas, resident_cells
from beatplanner.planning.forum.forum_costs import check_costs
from beatplanner.planning.forum.forum_pack import RECORD, audit_pack, remake_pack, town_of, write_pack
from beatplanner.planning.forum.forums import plan_forums, venues_of
from beatplanner.planning.forum.gate import pass_gate
from beatplanner.planning.forum.public_plan import public_plan
from beatplanner.planning.forum.published import Published, read_published_pack
from beatplanner.planning.forum.read_back import texts_of
from conftest import write_grid_town

FORUM = '\n[forum]\nlanguages = ["en", "mk"]\ndecided_by = "the council"\nsource = "census of 2021"\n[forum.themes]\nnoise = "Noise"\n'


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A town with few people in some units, so that figures are hidden, and with rare and personal categories."""
    from beatplanner.planning.whole.run import run

    town = write_grid_town(tmp_path_factory.mktemp("published"))
    frame = town.units()
    # counts above a thousand are written with a separator in one file, without it in another
    frame["pop"] *= 10
    frame.loc[[0, 5, 15], "pop"] = [3, 2, 4]
    frame["pop_sq"] = np.minimum(frame["pop_sq"], frame["pop"])
    town.write_units(frame)
    # two of today's beats are one unit each, with three and four people
    number = np.arange(16)
    today = np.where(number % 4 < 2, number // 8 + 1, number // 8 + 3)
    today[[0, 15]] = 9, 8
    town.write_units(frame.assign(beat=today)[["beat", "geometry"]].dissolve("beat").reset_index(), "old.gpkg")
    rows = town.path("incidents.csv").read_text(encoding="utf-8").splitlines()
    rows += [rows[1 + i % 64].replace("2025-", "2026-") for i in range(300)]
    rows += [rows[1].replace("theft", "theft by Petar Petrov 1977")] * 3
    rows += [rows[2].replace("noise", "rape of a minor")] * 2
    town.path("incidents.csv").write_text("\n".join(rows), encoding="utf-8")
    town.path("project.toml").write_text(town.project.read_text(encoding="utf-8") + FORUM, encoding="utf-8")
    run(town.project, town.folder / "plan")
    return town


def without_halo(line):
    """Return a line of a map's names, of which each is written twice, with each once; any other line as it is."""
    found = re.fullmatch(r"(.+?)\1(?: (.+?)\2)?(?: (.+?)\3)? *", line)
    return line if found is None else " ".join(name for name in found.groups() if name)


def test_every_public_file_is_read_back_and_has_no_number_without_an_entry(packed):
    plan = packed.folder / "plan"
    register = Register.from_json(json.loads((plan / RECORD).read_text(encoding="utf-8"))["register"])
    files = [p for p in (plan / "forum").iterdir() if p.is_file()]
    assert {".pdf", ".docx", ".html", ".csv", ".json", ".xlsx", ".gpkg", ".png"} == {p.suffix for p in files}
    for file in files:
        if file.suffix == ".png":
            continue
        texts = texts_of(file)
        if file.suffix == ".pdf":
            pages = pages_of(file)
            # the labels of pages are the typesetter's own count
            texts = [re.sub(r"\b\d+ / \d+\b", " ", p) for p in pages]
            # a name on a map is written twice, the first time as a halo
            texts = ["\n".join(map(without_halo, t.split("\n"))) for t in texts]
            allowed = {str(n) for n in range(len(pages) + 1)}
        else:
            allowed = set()
        assert texts, file.name
        assert [m for m in register.missing(texts) if m.split(" ")[0] not in allowed] == [], file.name


def test_the_texts_of_the_picture_have_entries(packed, monkeypatch):
    from matplotlib.figure import Figure

    from beatplanner.planning.forum.public import press

    drawn = []
    monkeypatch.setattr(
        Figure,
        "savefig",
        lambda figure, *a, **k: drawn.extend(
            t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))
        ),
    )
    original, registers = press.Press.picture, []

    def kept(self, *arguments, **options):
        registers.append(self.register)
        return original(self, *arguments, **options)

    monkeypatch.setattr(press.Press, "picture", kept)
    copy = packed.folder / "picture"
    shutil.copytree(packed.folder / "plan", copy)
    tables = read_result(copy)
    write_pack(copy, tables, town_of(tables, copy), verdict=None)
    assert len([t for t in drawn if t]) > 4
    assert registers[0].missing(t.replace("\n", " ") for t in drawn) == []


def test_a_number_that_passed_no_gate_stops_the_pack(packed, monkeypatch):
    from beatplanner.planning.forum.public import content

    monkeypatch.setattr(content.PackContent, "decision", property(lambda self: "There are 4711 of them."))
    copy = packed.folder / "stopped"
    shutil.copytree(packed.folder / "plan", copy)
    notes = remake_pack(copy)
    assert "4711" in str(notes[0])
    assert [p.name for p in (copy / "forum").iterdir()] == ["stopped.json"]


def test_measures_of_work_that_would_tell_a_count_are_nowhere_and_gaps_are_coarse(packed, monkeypatch):
    from beatplanner.planning.forum import work_statements

    plan = packed.folder / "plan"
    card = json.loads((plan / "forum" / "run_card.json").read_text(encoding="utf-8"))
    assert card["rules"]["beats"]["tolerance"] > 0
    for gap in card["gaps"].values():
        assert gap in (None, 0.0, 1e-4) or gap == round(gap, 3)
    monkeypatch.setattr(work_statements, "tells_a_count", lambda measure, *_: measure.deviation is not None)
    copy = packed.folder / "quiet"
    shutil.copytree(plan, copy)
    tables = read_result(copy)
    assert write_pack(copy, tables, town_of(tables, copy), verdict=None) == []
    card = json.loads((copy / "forum" / "run_card.json").read_text(encoding="utf-8"))
    assert "tolerance" not in card["rules"]["beats"]
    said = (plan / "forum" / "questions.csv").read_text(encoding="utf-8-sig")
    assert "How were the lines drawn?" in said
    assert "How were the lines drawn?" not in (copy / "forum" / "questions.csv").read_text(encoding="utf-8-sig")


def test_only_figures_can_be_said():
    speech = PublicSpeech(Register(), "en")
    for say in (speech.number, speech.percent, lambda v: speech.count("One.", "{n} of them.", v)):
        for raw in (5, 0.5, np.int64(3)):
            with pytest.raises(TypeError, match="only a figure"):
                say(raw)
    assert speech.number(counted(1234)) == "1,234"
    with pytest.raises(UnregisteredNumberError):
        speech.register.check("a page", [{"text": "1,234 and 77"}])


def test_the_public_plan_holds_no_counts(packed):
    tables = read_result(packed.folder / "plan")
    plan = public_plan(tables)
    for column in ("population", "workload", "incidents", "reactive_hours"):
        assert column not in plan.units
        with pytest.raises(ValueError, match="not public"):
            PublicPlan("x", True, tables.units, plan.beats, None)


def test_what_is_rare_or_names_a_person_is_no_theme_and_no_file_is_named(packed):
    forum = packed.folder / "plan" / "forum"
    for file in forum.iterdir():
        said = " ".join(texts_of(file)) if file.suffix != ".pdf" else " ".join(pages_of(file))
        for secret in (
            "Petrov",
            "minor\b",
            "rape",
            "units.gpkg",
            "incidents.csv",
            "officers.xlsx",
            "pop_sq",
            "roads.gpkg",
        ):
            assert not re.search(re.escape(secret).replace("\\\x08", "\b"), said), (file.name, secret)
    assert not (forum / "privacy.json").exists()
    themes = {row["theme"] for row in csv.DictReader((forum / "concerns.csv").open(encoding="utf-8-sig"))}
    assert themes <= {"theft", "Noise", "Others"}


def test_the_gates_own_figures_stay_in_the_office(packed):
    plan = packed.folder / "plan"
    record = json.loads((plan / RECORD).read_text(encoding="utf-8"))
    assert record["tables"]["residents"]["small"] > 0
    assert "Privacy of the forum pack" in (plan / "report.html").read_text(encoding="utf-8")
    for file in (plan / "forum").iterdir():
        said = " ".join(texts_of(file)).casefold()
        assert "information_lost" not in said and "small_areas" not in said and "for being small" not in said


def public_bytes(folder) -> dict[str, object]:
    """What the public files say; dates, seals and ids that differ from run to run aside."""
    found: dict[str, object] = {}
    for file in sorted((folder / "forum").iterdir()):
        if file.suffix == ".png":
            found[file.name] = file.read_bytes()
        elif file.suffix == ".pdf":
            said = pages_of(file)
            found[file.name] = re.sub(r"[0-9a-f]{16}", "", " ".join(said))
            # what is drawn, beside what is written: lengths of bars, sizes, colours
            pages = zip(pypdf.PdfReader(file).pages, said, strict=True)
            drawn = [p.get_contents() for p, text in pages if not re.search(r"[0-9a-f]{16}", text)]
            found[file.name + " drawn"] = [d.get_data() for d in drawn if d is not None]
        elif file.suffix == ".html":
            found[file.name] = re.sub(r"[0-9a-f]{16,64}|\d{4}-\d\d-\d\dT[\d:+]+", "", file.read_text("utf-8"))
        else:
            texts = [re.sub(r"[0-9a-f]{16,64}|\d{4}-\d\d-\d\dT[\d:+]+", "", t) for t in texts_of(file)]
            found[file.name] = sorted(texts) if file.suffix == ".json" else texts
        if file.suffix == ".docx":
            with zipfile.ZipFile(file) as archive:
                names = [n for n in archive.namelist() if n.startswith("word/")]
                found[file.name + " drawn"] = [re.sub(rb"[0-9a-f]{16}", b"", archive.read(n)) for n in sorted(names)]
        elif file.suffix == ".gpkg":
            for layer, _ in pyogrio.list_layers(file):
                found[f"{file.name} {layer}"] = pyogrio.read_dataframe(file, layer=layer).to_json()
    return found


def test_two_towns_that_differ_in_what_is_hidden_have_the_same_pack(packed):
    """No file says anything of a hidden count: another town with the same shown figures has the same files, to the letter."""
    from scipy import sparse

    from beatplanner.planning.forum.gate import atoms_of
    from beatplanner.planning.forum.pack_figures import pack_areas
    from beatplanner.planning.forum.public_plan import secret_of
    from beatplanner.solver.suppression_whole import witness

    plan = packed.folder / "plan"
    tables = read_result(plan)
    # layers carry the minute of their writing, and of their bytes the secret is made that the choice follows: with one secret in some thirteen, each
    # neighbouring town has another choice
    inputs = [{**i, "sha256": f"{number:064x}"} for number, i in enumerate(tables.summary["inputs"])]
    tables = replace(tables, summary={**tables.summary, "inputs": inputs})
    town = town_of(tables, plan)
    areas = pack_areas(public_plan(tables))
    cells = [c for c in resident_cells(areas) if len(c.members)]
    people = rounded_counts(tables.units["population"].to_numpy(float))
    secret = secret_of(tables.summary)
    gate = pass_gate(people, cells, areas.name, 5, key=secret)
    hidden = np.array([gate.values[c.key] is None for c in cells])
    assert hidden.any()
    sums, members = atoms_of(cells, len(people))
    atoms = np.array([people[m].sum() for m in members])
    copy = packed.folder / "other"
    shutil.copytree(plan, copy)
    write_pack(copy, tables, town, verdict=None)
    before = public_bytes(copy)
    tried, why = 0, []
    for direction in np.random.default_rng(3).normal(size=(60, len(atoms))):
        other = witness(
            sums, sums @ atoms, hidden, direction, np.maximum(atoms - 2, atoms > 0), np.where(atoms > 0, atoms + 2, 0)
        )
        changed = people.copy()
        for unit, old, new in zip(members, atoms, other, strict=True):
            # as many people more or fewer, spread over the units of the area, none below zero
            shares = np.floor(people[unit] * (new / old)) if old else np.zeros(len(unit))
            shares[0] += new - shares.sum()
            changed[unit] = shares
        if (changed < 0).any() or (changed == people).all():
            why.append("nothing changes")
            continue
        again = pass_gate(changed, cells, areas.name, 5, key=secret)
        if any((again.values[c.key] is None) != h for c, h in zip(cells, hidden, strict=True)) or again.leaks:
            why.append("another choice")
            continue
        moved = changed / np.maximum(people, 1)
        units = tables.units.assign(
            population=changed,
            workload=tables.units["workload"] * moved,
            community_hours=tables.units["community_hours"] * moved,
        )
        beats = tables.beats.assign(
            population=[float(changed[(units["beat"] == b).to_numpy()].sum()) for b in tables.beats["beat"]],
            workload=tables.beats["workload"] * 1.01,
            deviation=0.01,
        )
        other_tables = type(tables)(**{**tables.__dict__, "units": units, "beats": beats})
        write_pack(copy, other_tables, town, verdict=None)
        after = public_bytes(copy)
        assert sparse.csr_array(sums) is not None
        for name, said in before.items():
            assert after[name] == said, name
        tried += 1
        if tried == 2:
            break
    assert tried == 2, why


def test_a_pack_that_was_changed_by_a_number_is_caught(packed):
    copy = packed.folder / "changed"
    shutil.copytree(packed.folder / "plan", copy)
    page = copy / "forum" / "questions.csv"
    page.write_text(page.read_text(encoding="utf-8-sig") + "1,x,How many?,It is 98765 people\n", encoding="utf-8-sig")
    said = [c.detail for c in audit_pack(copy) if not c.ok]
    assert any("98765" in detail for detail in said)


def test_costs_of_an_older_pack_are_attacked_and_what_they_give_away_is_found(packed):
    """Older versions told costs by how many live where: an equation over residents of single units, to the cent."""
    plan = packed.folder / "plan"
    found = read_result(plan)
    town = town_of(found, plan)
    # a beat of two units, one of them with three people and from another of today's beats
    beat, current = ["C" if i < 2 else "A" for i in range(16)], ["9", *["1"] * 15]
    units = found.units.assign(beat=beat, current=current)
    counts = rounded_counts(units["population"].to_numpy(float))
    assert counts[0] == 3
    lines = units[["beat", "municipality", "geometry"]].dissolve("beat").reset_index().assign(name=["A", "C"])
    summary = found.summary | {"stations": {"walk_minutes": 2.0, "walk_kmh": 4.5}}
    tables = replace(found, units=units, beats=lines, summary=summary)
    rules = Forum(cost_per_km=3.0)
    town = replace(town, description=town.description.model_copy(update={"forum": rules}))
    extra = read_forum_tables(town)
    areas = PackAreas(
        [str(u) for u in units["unit"]], list(units["name"]), [""] * 16, beat, current, None, {"A": "A", "C": "C"}
    )
    gate = pass_gate(counts, resident_cells(areas), areas.name, 5, key=b"x")
    assert gate.values["pair", "9", "C"] is None

    def pack(name: str, members_from: np.ndarray | None) -> Published:
        folder = packed.folder / name
        folder.mkdir()

        def write(file: str, header: list[str], rows: list) -> None:
            with (folder / file).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([header, *rows])

        def shown(*key: str) -> object:
            return "*" if gate.values[key] is None else gate.values[key]

        write("units.csv", ["unit", "old_beat", "new_beat"], list(zip(areas.unit, current, beat, strict=True)))
        write("beats.csv", ["beat", "name", "residents"], [(b, b, shown("beat", b)) for b in "AC"])
        pairs = [key for key in gate.values if key[0] == "pair"]
        write("old_new.csv", ["old_beat", "new_beat", "residents"], [(*key[1:], shown(*key)) for key in pairs])
        meetings = plan_forums(tables, rules, *venues_of(town, extra), members_from=members_from)
        header = ["level", "area", "venue", "meetings_a_year", "members", "share_who_walk", "travel_cost", "year_cost"]
        rows = [
            (
                m.level,
                m.area,
                m.venue,
                m.meetings,
                m.members,
                round(m.walkers, 2),
                round(m.travel_cost, 2),
                round(m.year_cost, 2),
            )
            for m in meetings
        ]
        write("forums.csv", header, rows)
        return read_published_pack(folder)

    attacked = check_costs([pack("by_residents", None)], areas, tables, town, extra, counts)
    assert not attacked.ok
    assert "from today's beat 9 to beat C (by_residents, old_new.csv): between 3 and 3" in attacked.detail
    # as they are told now, each place counting once, they say nothing
    now = check_costs([pack("by_places", np.ones(16))], areas, tables, town, extra, counts)
    assert now.ok, now.detail
    assert "none follows" in now.detail


def test_where_the_gate_stops_a_part_no_other_part_is_written_on(planned_once, tmp_path, monkeypatch):
    folder = tmp_path / "plan"
    shutil.copytree(planned_once.path("plan"), folder)
    tables = read_result(folder)
    side = SideWork()

    def stop(*_):
        assert side.waiting
        raise UnregisteredNumberError("17")

    monkeypatch.setattr(forum_pack, "write_papers_in", stop)
    notes = forum_pack.write_pack(folder, tables, forum_pack.town_of(tables, folder), verdict=None, side=side)
    assert "17" in str(notes[0])
    assert not side.waiting
    assert [p.name for p in (folder / "forum").iterdir()] == ["stopped.json"]
