"""What cannot be opened is told by its name and its kind, without the words of a library, and all broken layers at once."""

from __future__ import annotations

import random
import shutil
import zipfile

import pytest

from beatplanner.data.errors import InputError, StoppedError
from beatplanner.data.formats.damage import damaged
from beatplanner.data.formats.layers import read_table
from beatplanner.data.guided_import.checks import check
from beatplanner.data.project.build import build
from beatplanner.ui.desktop.session.session import OpenTown
from conftest import write_grid_town

LIBRARIES = ("TOML", "SQLite", "database disk image", "driver", "UTF-8", "Traceback", "JSON line")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    town = write_grid_town(tmp_path_factory.mktemp("damage"))
    build(town.project, town.folder / "town.gpkg")
    return town


def told(path) -> str:
    with pytest.raises(InputError) as error:
        OpenTown().open(path)
    text = "\n".join(str(note) for note in error.value.problems)
    assert not any(word in text for word in LIBRARIES), text
    return text


def test_a_damaged_file_is_named_with_its_kind(project, tmp_path):
    whole = (project.folder / "town.gpkg").read_bytes()
    holes = bytearray(whole)
    holes[4096 * 3 : 4096 * 9] = bytes(4096 * 6)
    cases = {
        "broken.gpkg": (b"x" * 5000, "is damaged"),
        "half.gpkg": (whole[: len(whole) // 2], "50% of it is there"),
        "head.gpkg": (whole[: len(whole) // 200], "hardly any of it is there"),
        "nearly.gpkg": (whole[:-1], "99% of it is there"),
        "holes.gpkg": (bytes(holes), "is damaged: parts of it are overwritten"),
        "nothing.gpkg": (b"", "is empty"),
        "rules.toml": (b"[project\nname = 3", "mistake in line 1"),
        "bytes.toml": (bytes(range(256)) * 10, "mistake in line"),
    }
    for name, (content, words) in cases.items():
        file = tmp_path / name
        file.write_bytes(content)
        text = told(file)
        assert text.startswith(name) and words in text, text


def test_what_holds_no_project_says_what_it_is(project):
    assert "map layers, not a project" in told(project.path("units.gpkg"))
    assert "an Excel workbook, not a project" in told(project.path("officers.xlsx"))


def test_a_file_that_is_no_layer_either_says_what_it_is(tmp_path):
    cases = {
        "town.mbtiles": (b"SQLite format 3\0" + bytes(200), "a background map, not a project", "Background map"),
        "map.PNG": (b"\x89PNG\r\n", "a picture, not a project", ".beatplan"),
        "layers.zip": (b"PK\x03\x04", "a packed folder, not a project", "New from layers"),
        "plan.pdf": (b"%PDF-1.7", "a PDF, not a project", ".toml"),
        "thing.dat": (b"junk\0\1\2", "neither a project nor the settings of one", ".beatplan"),
    }
    for name, (content, *words) in cases.items():
        file = tmp_path / name
        file.write_bytes(content)
        text = told(file)
        assert text.startswith(name) and all(word in text for word in words), text


def test_settings_with_another_ending_or_of_two_bytes_a_letter_are_no_thing(tmp_path):
    for name, content in (("town.settings", b"[project\nname = 3"), ("old.cfg", "[project]\n".encode("utf-16"))):
        (tmp_path / name).write_bytes(content)
        assert "project settings file: it has a mistake" in told(tmp_path / name)


def test_all_broken_layers_are_told_at_once(project, tmp_path):
    folder = shutil.copytree(project.folder, tmp_path / "copy")
    (folder / "units.gpkg").write_bytes(b"y" * 3000)
    (folder / "roads.gpkg").write_bytes(b"z" * 100)
    (folder / "officers.xlsx").write_bytes(b"PK\3\4oops")
    (folder / "stations.geojson").write_text("{", encoding="utf-8")
    (folder / "old.gpkg").unlink()
    text = told(folder / "project.toml")
    for name in (
        "units.gpkg is damaged",
        "roads.gpkg is damaged",
        "officers.xlsx is damaged",
        "stations.geojson is damaged",
    ):
        assert name in text, text
    assert "“old.gpkg” does not exist" in text


def test_the_window_and_the_command_tell_one_list_of_all_that_is_broken(project, tmp_path):
    folder = shutil.copytree(project.folder, tmp_path / "copy")
    file = folder / "project.toml"
    whole = file.read_text("utf-8")

    def listed_by_both() -> str:
        with pytest.raises(InputError) as error:
            OpenTown().open(file)
        assert [str(n) for n in error.value.problems] == [str(n) for n in check(file)]
        return "\n".join(str(n) for n in check(file))

    # units without a column, a table of noise, and a layer that its ending hides nothing of
    file.write_text(whole.replace('population = "pop"', 'population = "people"'), "utf-8")
    (folder / "incidents.csv").write_bytes(random.Random(3).randbytes(3000))
    (folder / "roads.gpkg").write_bytes(b"z" * 100)
    text = listed_by_both()
    for words in ("no column “people”", "incidents.csv is damaged", "roads.gpkg is damaged"):
        assert words in text, text
    assert text.count("incidents.csv") == text.count("roads.gpkg") == 1, text

    # a file of the forum that is gone hides neither of the others
    file.write_text(file.read_text("utf-8") + '\n[forum]\npartners = "gone.csv"\n[forums]\n', "utf-8")
    (folder / "roads.gpkg").write_bytes((project.folder / "roads.gpkg").read_bytes())
    text = listed_by_both()
    for words in ("“gone.csv” does not exist", "no section [forums]", "no column “people”", "incidents.csv is damaged"):
        assert words in text, text


def test_a_reader_that_fails_says_what_is_wrong_with_the_file_and_not_what_its_library_says(project, tmp_path):
    from beatplanner.data.formats.workbooks import read_workbook, sheet_names

    whole = (project.folder / "officers.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "inside.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<oops")
    cases = {
        "text.xlsx": (b"name,beat\nA,1\n", "an Excel workbook: it is plain text"),
        "half.xlsx": (whole[: len(whole) // 2], "its end or its beginning is missing"),
        "noise.xls": (bytes(300), "an Excel workbook: its beginning is not that"),
        "nothing.ods": (b"", "a spreadsheet: there is nothing in it"),
        "inside.xlsx": ((tmp_path / "inside.xlsx").read_bytes(), "parts of it are overwritten"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        for read in (lambda p: read_workbook(p, None, None), sheet_names):
            with pytest.raises(InputError) as error:
                read(tmp_path / name)
            text = str(error.value.problems[0])
            assert text.startswith(f"{name}: the file is damaged") and words in text, text
            assert not any(word in text.casefold() for word in ("zip", "xml", "eocd", "detect")), text


def test_of_a_shapefile_that_is_not_whole_is_said_which_part_is_missing(project, tmp_path):
    import geopandas as gpd

    from beatplanner.data.formats.layers import read_layer

    gpd.read_file(project.path("units.gpkg")).to_file(tmp_path / "units.shp", driver="ESRI Shapefile")
    parts = {p.suffix: p.read_bytes() for p in tmp_path.glob("units.*")}

    def said(**changed):
        for ending, content in parts.items():
            file = tmp_path / f"units{ending}"
            file.write_bytes(changed.get(ending[1:], content) or b"")
            if ending[1:] in changed and changed[ending[1:]] is None:
                file.unlink()
        with pytest.raises(InputError) as error:
            read_layer(tmp_path / "units.shp", None, ["unit"], None, None)
        return str(error.value.problems[0])

    assert "units.shp: the file is damaged" in said(shp=parts[".shp"][: len(parts[".shp"]) // 2])
    assert "50% of it is there" in said(shp=parts[".shp"][: len(parts[".shp"]) // 2 + 1])
    assert "the end of its table (.dbf) is missing" in said(dbf=parts[".dbf"][: len(parts[".dbf"]) // 2])
    assert "They stand in units.dbf, which is missing" in said(dbf=None)


def test_what_may_not_be_read_is_not_told_as_damaged_nor_as_a_fault_of_the_program(tmp_path, monkeypatch):
    from pathlib import Path

    from beatplanner.data.formats.layers import read_layer, read_table

    def refused(self, *args, **more):
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "folder.csv").mkdir()
    names = ("a.csv", "b.xlsx", "c.gpkg", "d.shp")
    for name in names:
        (tmp_path / name).write_bytes(b"unit,name\n1,2\n")
    for name in (*names, "folder.csv"):
        with monkeypatch.context() as patch, pytest.raises(InputError) as error:
            if name != "folder.csv":
                patch.setattr(Path, "open", refused)
            read = read_table if Path(name).suffix in (".csv", ".xlsx") else read_layer
            read(tmp_path / name, None, ["unit"])
        why = "it is a folder" if name == "folder.csv" else "access was denied"
        assert f"{name}: the file cannot be read ({why})" in str(error.value.problems[0])


def test_an_empty_table_and_one_of_another_kind_are_told_with_the_other_broken_layers(project, tmp_path):
    folder = shutil.copytree(project.folder, tmp_path / "copy")
    (folder / "units.gpkg").write_bytes(b"y" * 3000)
    (folder / "incidents.csv").write_bytes(b"PK\3\4" + bytes(300))
    text = told(folder / "project.toml")
    assert "units.gpkg is damaged" in text and "incidents.csv is damaged" in text and "used as a table" in text, text
    (folder / "incidents.csv").write_bytes(b"")
    assert "incidents.csv is empty" in told(folder / "project.toml")


def test_a_text_of_bytes_that_no_text_has_is_told_as_no_text_and_all_that_offices_write_is_one(tmp_path):
    file = tmp_path / "sites.csv"
    for seed in range(20):
        file.write_bytes(random.Random(seed).randbytes(300 * (seed + 1)))
        assert "it is not text" in str(damaged(file)), seed
        with pytest.raises(InputError, match="it is not text"):
            read_table(file, None, ("a",))
    rows = "a;b\nШутка;5\nČair, “Topaana”;7\n" * 20
    for page in (
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1251",
        "cp866",
        "koi8-r",
        "cp855",
        "cp852",
        "mac-cyrillic",
    ):
        file.write_bytes(rows.encode(page, errors="ignore") + b"\x1a" * 3)
        assert damaged(file) is None, page
    # a damaged place, and old programs' marks between records
    for content in (b"a;b\n1;2\n" * 50 + b"\0" * 60, b"a\x1fb\x1e" * 90, b"\x02a;b\x03\n1;2\n" * 9):
        file.write_bytes(content)
        assert damaged(file) is None, content


def test_an_opening_that_is_stopped_once_ends_and_is_no_damage(project):
    asked = []

    def stopped_once(what, *arguments):
        asked.append(what)
        if len(asked) == 1:
            raise StoppedError
        return what(*arguments)

    town = OpenTown()
    town.reading = stopped_once
    with pytest.raises(StoppedError):
        town.open(project.project)
    assert len(asked) == 1 and not town.is_open
