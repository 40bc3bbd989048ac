"""What an input says, whatever its bytes: files that were saved again, and files of which a part beside them was changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from layer_cases import grid, project

from beatplanner.data.formats import fingerprint as fingerprint_module
from beatplanner.data.formats.content import bound_content, state_of
from beatplanner.data.formats.fingerprint import file_hash, fingerprint

TABLE = pd.DataFrame({"id": ["1", "2"], "ime": ["Чаир", "Ќе"], "n": ["1,5", "2"]})


def _later(path):
    state = path.stat()
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 2_000_000_000))


def _saved_again(path, write):
    """Return the state of a file that is written twice, the second time otherwise."""
    write(path, again=False)
    known = fingerprint(path), bound_content(path, fingerprint(path))
    write(path, again=True)
    _later(path)
    return state_of(path, *known)


def test_a_text_table_with_other_bytes_says_the_same(tmp_path):
    def write(path, *, again):
        TABLE.to_csv(path, index=False, sep=";" if again else "\t", encoding="utf-16" if again else "utf-8-sig")

    assert _saved_again(tmp_path / "t.csv", write) == "saved again"


def test_a_workbook_says_the_same_whenever_it_is_saved(tmp_path):
    import openpyxl

    def write(path, *, again):
        book = openpyxl.Workbook()
        for row in [list(TABLE.columns), *TABLE.to_numpy().tolist(), *([[None, None]] if again else [])]:
            book.active.append(row)
        book.properties.title = "again" if again else "once"
        book.save(path)

    assert _saved_again(tmp_path / "t.xlsx", write) == "saved again"


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb"])
def test_a_layer_that_is_saved_again_says_the_same_until_it_is_changed(tmp_path, ending):
    path = tmp_path / f"u.{ending}"
    frame = grid(2, 4326)
    frame.to_file(path)
    known = fingerprint(path), bound_content(path, fingerprint(path))
    assert state_of(path, *known) == "unchanged"
    for file in tmp_path.glob("u.*"):
        file.unlink()
    gpd.read_file(_of(frame, tmp_path / f"v.{ending}")).to_file(path, layer=None if ending != "gpkg" else "u")
    _later(path)
    assert state_of(path, *known) in ("unchanged", "saved again")
    frame.assign(pop=[100, 100, 100, 101]).to_file(path)
    _later(path)
    assert state_of(path, *known) == "changed"
    path.unlink()
    assert state_of(path, *known) == "gone"


def _of(frame, path):
    frame.to_file(path)
    return path


def test_cells_of_a_shapefile_stand_beside_it(tmp_path):
    grid(2).to_file(tmp_path / "u.shp")
    known = fingerprint(tmp_path / "u.shp"), bound_content(tmp_path / "u.shp", fingerprint(tmp_path / "u.shp"))
    grid(2).assign(pop=7).to_file(tmp_path / "v.shp")
    shutil.copyfile(tmp_path / "v.dbf", tmp_path / "u.dbf")
    assert fingerprint(tmp_path / "u.shp") == known[0]
    assert state_of(tmp_path / "u.shp", *known) == "changed"
    # a plan of before knows the file that is named alone
    assert state_of(tmp_path / "u.shp", known[0]) == "unchanged"


def test_a_zipped_folder_says_what_is_in_it(tmp_path):
    def write(path, *, again):
        folder = tmp_path / f"in {again}"
        folder.mkdir()
        TABLE.to_csv(folder / "a.csv", index=False, lineterminator="\r\n" if again else "\n")
        TABLE.to_csv(folder / "b.csv", index=False)
        shutil.make_archive(str(path.with_suffix("")), "zip", folder)

    assert _saved_again(tmp_path / "t.zip", write) == "saved again"


@pytest.mark.usefixtures("without_pack", "bare_plans")
def test_stale_compare_robustness_and_verify_agree_on_a_file_saved_again(tmp_path, command):
    frame = grid(3)
    frame.to_file(tmp_path / "units.gpkg")
    middle = frame.to_crs(4326).geometry.centroid
    rows = [(p.x, p.y, "theft", f"2025-{m + 1:02}-05 10:00") for p in middle for m in range(12)]
    calls = pd.DataFrame(rows, columns=["lon", "lat", "type", "time"])
    calls.to_csv(tmp_path / "i.csv", index=False)
    file = project(
        tmp_path,
        '[units]\npath = "units.gpkg"\nid = "unit"\npopulation = "pop"\n[incidents]\npath = "i.csv"\nx = "lon"\ny = "lat"\n'
        'crs = "EPSG:4326"\ncategory = "type"\ntime = "time"\n[beats]\ncount = 2\ntolerance = 0.3\n',
    )
    for name in "ab":
        assert command("beats", file, "--out", tmp_path / name, "--seed", ord(name))[0] == 0
    calls.to_csv(tmp_path / "i.csv", index=False, sep=";")
    _later(tmp_path / "i.csv")
    file.write_text(file.read_text(encoding="utf-8") + "# looked at\n", encoding="utf-8")
    code, stdout, stderr = command("stale", tmp_path / "a")
    assert code == 0
    assert "saved again" in stdout + stderr
    assert "with the same content" in stdout + stderr
    code, stdout, stderr = command("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c")
    assert code == 0
    assert "out of date" not in stdout + stderr
    assert "missing" not in json.loads((tmp_path / "c" / "comparison.json").read_text())["robustness"]
    code, stdout, stderr = command("verify", tmp_path / "a", "--json")
    verdict = json.loads(stdout)
    assert (code, verdict["ok"]) == (0, True)
    assert not {"rules", "inputs.incidents"} & {c["name"] for c in verdict["checks"] if c["state"] == "not checked"}
    calls.iloc[1:].to_csv(tmp_path / "i.csv", index=False, sep=";")
    assert command("stale", tmp_path / "a")[0] == 4
    assert command("verify", tmp_path / "a")[0] != 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_a_pipe_or_a_device_that_a_plan_names_is_no_input(tmp_path):
    os.mkfifo(tmp_path / "i.csv")
    assert state_of(tmp_path / "i.csv", "0" * 64, "0" * 64) == "gone"
    assert state_of(Path(os.devnull), "0" * 64) == "gone"


def test_what_the_system_shows_as_a_file_is_not_read_for_ever(tmp_path, monkeypatch):
    """A plan that named “/proc” as its units' folder kept `stale` waiting: kmsg is a file of no bytes that tells on, kcore one of 128 TB."""
    empty, large = tmp_path / "kmsg", tmp_path / "kcore"
    empty.write_bytes(b"")
    large.write_bytes(b"12")
    assert fingerprint(empty) == file_hash(empty) == hashlib.sha256(b"").hexdigest()
    monkeypatch.setattr(fingerprint_module, "MOST_BYTES", 1)
    # what is empty is never opened
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("opened"))
    os.utime(empty)
    assert fingerprint(empty) == hashlib.sha256(b"").hexdigest() and state_of(large, "0" * 64) == "gone"
