"""The forum pack as a user makes it from the command line."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import tomllib
import xml.etree.ElementTree as ET
from contextlib import closing

import docx
import openpyxl
import pypdf
import pytest
from paper_texts import pages_of

from conftest import GridTown, write_grid_town

# the plan is made on the day of the test, and nobody can have decided upon it before
FORUM = """
[forum]
languages = ["en", "sr-Cyrl"]
decided_by = { en = "the council", sr-Cyrl = "скупштина" }
decided_on = TODAY
contact = "forum@town.example"
consents = "consents.csv"
report_back = "minutes.csv"
hours = "hours.csv"
partners = "partners.csv"
streets = { path = "streets.gpkg", name = "name" }
neighbourhood = { name = "Citizen Advisory Group", first = 2027-02-01 }
[forum.terms]
"Your station" = "Your police point"
"Lamps" = "New lamps"
[forum.themes]
theft = "Theft"
"""


def today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def with_forum(town: GridTown) -> GridTown:
    import geopandas as gpd

    roads = gpd.read_file(town.path("roads.gpkg"))
    roads["name"] = [f"Main {i}" if i < 5 else None for i in range(len(roads))]
    roads.to_file(town.path("streets.gpkg"))
    town.path("consents.csv").write_text(
        "officer,name,contact,photo,agreed_on\nБојан,Бојан Б.,070 1,,2026-01-01\n", encoding="utf-8"
    )
    town.path("minutes.csv").write_text(
        "forum,asked_on,asked,action,responsible,due,done_on,result\n1,2026-03-01,Light at the bus stop,Lamps,Municipality,,2026-05-01,\n",
        encoding="utf-8",
    )
    town.path("hours.csv").write_text("station,hours\nOld station,8-18\n", encoding="utf-8")
    town.path("partners.csv").write_text("kind,name,area,does\nschool,School One,,Walks to school\n", encoding="utf-8")
    rows = town.path("incidents.csv").read_text(encoding="utf-8").splitlines()
    rows += [rows[1 + i % 64].replace("2025-", "2026-") for i in range(300)]
    town.path("incidents.csv").write_text("\n".join(rows), encoding="utf-8")
    rules = town.project.read_text(encoding="utf-8") + FORUM.replace("TODAY", str(today()))
    own = '[beats]\nnames = { "1" = "Old Mill" }\ncolours = { "1" = "#123456" }\n'
    town.project.write_text(rules.replace("[beats]\n", own), encoding="utf-8")
    return town


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> GridTown:
    from beatplanner.planning.whole.run import run

    town = with_forum(write_grid_town(tmp_path_factory.mktemp("packed")))
    run(town.project, town.folder / "plan")
    return town


def text_of(path) -> str:
    # lines of a paragraph are one text here
    return " ".join("\n".join(pages_of(path)).split())


def test_names_and_colours_of_beats_are_those_of_the_plan_on_every_map(packed):
    from beatplanner.data.result.folder import read_result

    folder = packed.folder / "plan"
    beats = read_result(folder).beats.set_index("beat")
    assert beats.loc["1", "name"] == "Old Mill" and beats.loc["1", "colour"] == "#123456"
    page = (folder / "forum" / "map.html").read_text(encoding="utf-8")
    assert all(colour in page for colour in beats["colour"]) and "Old Mill" in page


def test_workbooks_call_themes_and_what_the_force_wrote_as_the_pack_does(packed):
    """Themes of `concerns.xlsx` were English whatever its language; tables for programs keep them as they are."""
    import csv

    import openpyxl

    forum = packed.folder / "plan" / "forum"
    for name, column, mine, said in (
        ("concerns", "theme", "noise", "Noise and neighbour disputes"),
        ("report_back", "action", "Lamps", "New lamps"),
    ):
        with (forum / f"{name}.csv").open(encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
        place = list(rows[0]).index(column)
        sheet = openpyxl.load_workbook(forum / f"{name}.xlsx").worksheets[0]
        themes = [row[place] for row in sheet.iter_rows(min_row=2, values_only=True)]
        assert mine in {r[column] for r in rows} and themes == [said if r[column] == mine else r[column] for r in rows]
    assert "New lamps" in text_of(forum / "pack.pdf")


def test_the_pack_says_what_a_forum_needs(packed):
    forum = packed.folder / "plan" / "forum"
    said = text_of(forum / "pack.pdf")
    decided = tomllib.loads(packed.project.read_text(encoding="utf-8"))["forum"]["decided_on"]
    for words in (
        "Neighbourhood police beats",
        f"Decided by the council on {decided.day} {decided:%B %Y}",
        "Before: today's beats",
        "After: the new beats",
        "Scale 1 :",
        "This bar measures 10 cm",
        "Citizen Advisory Group",
        "1 February 2027",
        "Your police point",
        "Бојан Б.",
        "070 1",
        "Community officer, post 1",
        "Open: 8-18",
        "School One",
        "Walks to school",
        "Light at the bus stop",
        "done on 1 May 2026",
        "write to forum@town.example",
        "Main 1",
        "Why is my place in this beat?",
        "An independent check of",
        "Theft",
    ):
        assert words in said, words
    for secret in ("Dritan", "Cena", "Ana", "Secret Name"):
        assert secret not in said
    # a cover, two maps of the town, and a map and a page for each beat
    assert len(pypdf.PdfReader(forum / "pack.pdf").pages) >= 3 + 2 * 4


def test_the_second_language_and_script(packed):
    forum = packed.folder / "plan" / "forum"
    said = text_of(forum / "pack.sr-Cyrl.pdf")
    for words in (
        "Полицијски рејони",
        "скупштина",
        "Превод није прегледан",
        "Крађа",
        "Улица 1",
    ):
        assert words in said, words
    assert "⟦" not in said.replace("Текстови између ⟦ и ⟧", "")
    assert 'lang="sr-Cyrl"' in (forum / "map.sr-Cyrl.html").read_text(encoding="utf-8")
    card = json.loads((forum / "run_card.json").read_text(encoding="utf-8"))
    assert [language["language"] for language in card["languages"]] == ["en", "sr-Cyrl"]
    assert card["languages"][1]["missing"] == []
    assert card["languages"][1]["waiting_for_review"] > 50
    assert card["verified"]["ok"] is True
    assert card["decided_by"] == "the council"
    assert {"units", "forum.consents", "forum.report_back"} <= {d["role"] for d in card["data"]}
    assert str(packed.folder) not in json.dumps(card)


def test_the_other_outputs_open(packed):
    plan = packed.folder / "plan"
    document = docx.Document(str(plan / "forum" / "beat_pages.docx"))
    assert sum(p.style.name == "Heading 1" for p in document.paragraphs) == 4 + 1
    assert document.paragraphs[-1].text.startswith("Versions: ")
    assert "How this pack was made" in (plan / "forum" / "map.html").read_text(encoding="utf-8")
    assert (plan / "forum" / "picture.png").read_bytes().startswith(b"\x89PNG")
    book = openpyxl.load_workbook(plan / "forum" / "minutes.xlsx")
    assert [c.value for c in book["Minutes"][1]][:3] == ["Forum", "Asked on", "Asked for"]
    # every workbook says from which files, under which rules and how near to the best the plan was made
    books = sorted(p.name for p in (plan / "forum").glob("*.xlsx"))
    assert {"minutes.xlsx", "proposal.xlsx", "beats.xlsx", "streets.xlsx"} <= set(books)
    for name in books:
        card = openpyxl.load_workbook(plan / "forum" / name)["Run card"]
        cells = [str(cell) for row in card.iter_rows(values_only=True) for cell in row if cell is not None]
        assert {"Seal", "Proof", "What was asked of the plan"} <= set(cells)
        assert any(line.startswith("Versions: ") and "Seed: " in line for line in cells)
    project = ET.parse(plan / "plan.qgs").getroot()
    assert project.get("projectname") == "Grid"
    layers = {layer.findtext("layername"): layer for layer in project.iter("maplayer")}
    assert {"Beats", "Areas", "Stations", "Today's beats"} <= set(layers)
    # the oldest QGIS still used says nothing of the project or of its packages
    assert project.get("version").startswith("3.16")
    for package in ("plan.gpkg", "plan_ground.gpkg", "forum/public.gpkg"):
        with closing(sqlite3.connect(plan / package)) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (10200,)
    assert {a.get("name") for a in layers["Beats"].iter("alias")} >= {
        "Workload (hours a year)",
        "Residents",
        "Officers' posts",
    }
    assert [x.get("name") for x in project.iter("Layout")] == ["A3 overview", "Atlas of beats"]
    assert project.find(".//Atlas[@enabled='1']").get("coverageLayer") == layers["Beats"].findtext("id")
    with closing(sqlite3.connect(plan / "plan.gpkg")) as database:
        style = database.execute("SELECT styleQML FROM layer_styles WHERE f_table_name = 'beats'").fetchone()[0]
    categories = ET.fromstring(style.split(">", 1)[1]).findall(".//category")
    assert [c.get("value") for c in layers["Beats"].findall(".//category")] == [c.get("value") for c in categories]


def test_minutes_come_back_as_the_next_report(packed, command):
    out = packed.folder / "plan"
    book = openpyxl.load_workbook(out / "forum" / "minutes.xlsx")
    sheet = book["Minutes"]
    sheet["B2"], sheet["C2"], sheet["F2"] = "2026-10-01", "A bench in the park", "2026-12-31"
    area = sheet["A2"].value
    for row in range(sheet.max_row, 2, -1):
        sheet.delete_rows(row)
    book.save(packed.path("filled.xlsx"))
    packed.swap('report_back = "minutes.csv"', 'report_back = { path = "filled.xlsx", layer = "minutes" }')
    before = shutil.copytree(out, packed.path("before"))
    try:
        code, _, error = command("pack", out, "--language", "mk")
        assert code == 0, error
        assert area
        said = text_of(out / "forum" / "pack.pdf")
        assert "A bench in the park" in said
        assert "рок 31" in said
        assert not (out / "forum" / "pack.sr-Cyrl.pdf").exists()
        assert command("audit", out)[0] == 0
    finally:
        packed.swap('report_back = { path = "filled.xlsx", layer = "minutes" }', 'report_back = "minutes.csv"')
        shutil.rmtree(out)
        before.rename(out)


def test_a_catalogue_of_the_force_is_used(packed, command):
    file = packed.path("ours.po")
    assert command("catalogue", "sr-Cyrl", "-o", file)[0] == 0
    file.write_text(file.read_text(encoding="utf-8").replace('"Ваша станица"', '"Ваш пункт"'), encoding="utf-8")
    packed.swap('contact = "forum', 'catalogues = { sr-Cyrl = "ours.po" }\ncontact = "forum')
    packed.swap('"Your station" = "Your police point"', "")
    assert command("pack", packed.folder / "plan", "--language", "sr-Cyrl")[0] == 0
    assert "Ваш пункт" in text_of(packed.folder / "plan" / "forum" / "pack.pdf")
    assert command("catalogue", "xx", "-o", file)[0] == 2
    assert command("pack", packed.folder / "plan", "--language", "xx")[0] == 2


def test_audit_names_what_leaks(packed, command):
    assert command("audit", packed.folder / "plan")[0] == 0
    table = packed.folder / "plan" / "forum" / "beats.csv"
    kept = table.read_bytes()
    table.write_text(
        table.read_text(encoding="utf-8-sig").replace(
            table.read_text(encoding="utf-8-sig").splitlines()[1].split(",")[3], "2", 1
        ),
        encoding="utf-8",
    )
    try:
        code, said, _ = command("audit", packed.folder / "plan")
    finally:
        table.write_bytes(kept)
    assert code == 1
    assert "LEAKS no table shows a count" in said
    assert "checks failed" in said
    assert command("audit", packed.folder)[0] == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('contact = "forum', 'contakt = "forum', ["contakt", "contact"]),
        ('languages = ["en", "sr-Cyrl"]', 'languages = ["en", "xx"]', ["forum.languages", "sr-Latn"]),
        ('decided_by = { en = "the council"', 'decided_by = { xx = "the council"', ["forum.decided_by"]),
        ("[forum.terms]", "threshold = 2\n[forum.terms]", ["forum.threshold", "at least 3"]),
        ('"consents.csv"', '"consens.csv"', ["consens.csv", "consents.csv"]),
        ("[forum.terms]", 'published_before = ["nowhere"]\n[forum.terms]', ["nowhere"]),
        ('name = "Citizen Advisory Group"', "name = 3", ["forum.neighbourhood.name"]),
    ],
)
def test_a_wrong_key_is_told(town, command, old, new, words):
    with_forum(town).swap(old, new)
    code, said, _ = command("check", town.project)
    assert code == 1
    assert not [w for w in words if w not in said], said


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("consents.csv", "officer,name,agreed_on\nBojan,B,2026-01-01\n", ["no officer “Bojan”", "row 2"]),
        ("consents.csv", "officer,name,agreed_on\nБојан,B,\n", ["no date of consent"]),
        ("consents.csv", "officer,name,agreed_on\nБојан,B,soon\n", ["no date such as"]),
        ("consents.csv", "officer,name,photo,agreed_on\nБојан,B,nobody.png,2026-01-01\n", ["nobody.png"]),
        ("minutes.csv", "forum,asked_on\n1,2026-01-01\n", ["no column “asked”"]),
        ("partners.csv", "kind,name\nchurch,A\n", ["no kind of partner", "school"]),
        ("hours.csv", "station,note\nA,8\n", ["no column “hours”"]),
    ],
)
def test_a_wrong_table_is_told(town, command, file, text, words):
    with_forum(town).path(file).write_text(text, encoding="utf-8")
    code, said, _ = command("check", town.project)
    assert code == 1
    assert not [w for w in words if w not in said], said


def test_a_broken_table_leaves_the_old_pack(packed, command):
    out = packed.folder / "plan"
    before = (out / "forum" / "beats.csv").read_bytes()
    kept = packed.path("hours.csv").read_text(encoding="utf-8")
    packed.path("hours.csv").write_text("nothing\n1\n", encoding="utf-8")
    try:
        assert command("pack", out)[0] == 1
    finally:
        packed.path("hours.csv").write_text(kept, encoding="utf-8")
    assert (out / "forum" / "beats.csv").read_bytes() == before
    assert not [p for p in out.iterdir() if p.name.startswith(".")]


def test_a_photo_that_is_none_keeps_the_plan(town, command):
    with_forum(town)
    town.path("nobody.png").write_bytes(b"no picture at all")
    town.path("consents.csv").write_text(
        "officer,name,photo,agreed_on\nБојан,Б,nobody.png,2026-01-01\n", encoding="utf-8"
    )
    out = town.folder / "out"
    code, _, error = command("plan", town.project, "--out", out)
    assert code == 1
    assert "photo" in error
    assert (out / "plan.gpkg").exists()
    assert not (out / "forum" / "pack.pdf").exists()


def test_an_earlier_pack_that_is_none_is_told_before_planning(town, command):
    (town.folder / "nothing").mkdir()
    with_forum(town).swap("[forum.terms]", 'published_before = ["nothing"]\n[forum.terms]')
    out = town.folder / "out"
    code, _, error = command("plan", town.project, "--out", out)
    assert code == 1
    assert "no forum pack" in error
    assert not out.exists()
