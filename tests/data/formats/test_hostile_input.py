"""Three hundred broken files over all formats, and the nastiest ones by hand: told with an error, or read; nothing else happens.

`benchmarks/hostile_input.py` does the same with thousands, in processes of their own.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tracemalloc
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats.coordinates import parse_degrees, parse_pairs
from beatplanner.data.formats.layers import read_table
from beatplanner.data.formats.number_columns import parse_numbers
from beatplanner.data.formats.text_tables import code_page
from beatplanner.data.formats.time_columns import parse_times
from beatplanner.data.guided_import.checks import check
from beatplanner.data.town.read_town import read_town
from conftest import CRS, ROOT, SOUTH, WEST

_file = ROOT / "benchmarks" / "mutations.py"
_spec = importlib.util.spec_from_file_location("mutations", _file)
assert _spec is not None and _spec.loader is not None
mutations = importlib.util.module_from_spec(_spec)
sys.modules["mutations"] = mutations
_spec.loader.exec_module(mutations)
EACH = 14


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.filterwarnings("ignore::RuntimeWarning:pyogrio", "ignore::UserWarning")
@pytest.mark.parametrize("kind", mutations.FORMATS)
def test_a_broken_file_is_told_or_read(kind, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    sound = tmp_path / "sound"
    targets = mutations.write_project(sound, kind)
    assert not [n for n in check(sound / "project.toml") if n.severity == "error"]
    rng = np.random.default_rng(7)
    for i in range(EACH):
        folder = tmp_path / f"broken {i}"
        shutil.copytree(sound, folder)
        how = mutations.break_file(folder / str(rng.choice(targets)), rng)
        before = contents(folder)
        notes = check(folder / "project.toml")
        assert all(n.what for n in notes), how
        assert contents(folder) == before, how
        assert not list(temporary.iterdir()), how


def test_three_hundred_files_are_broken():
    assert EACH * len(mutations.FORMATS) >= 300


def errors(town) -> str:
    return "\n".join(str(n) for n in check(town.project) if n.severity == "error")


def test_a_deeply_nested_description(town):
    town.project.write_text("[project]\nname = " + "[" * 50_000, encoding="utf-8")
    assert "nested" in errors(town)


def test_deeply_nested_json(town):
    town.path("units.geojson").write_text(
        '{"type":"FeatureCollection","features":' + "[" * 200_000 + "]" * 200_000 + "}", encoding="utf-8"
    )
    town.swap("units.gpkg", "units.geojson")
    assert "units.geojson" in errors(town)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e308", "-1e308", "1e999"])
def test_coordinates_that_are_no_places(value, town):
    features = json.loads(town.units().to_crs(4326).to_json())
    text = json.dumps(features)
    first = str(features["features"][2]["geometry"]["coordinates"][0][0][0])
    town.path("units.geojson").write_text(text.replace(first, value, 1), encoding="utf-8")
    town.swap("units.gpkg", "units.geojson")
    assert "units.geojson" in errors(town)


def test_a_polygon_of_a_hundred_thousand_points(town):
    frame = town.units()
    turn = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    x, y, z, w = frame.geometry.iloc[5].bounds
    ring = np.column_stack([(x + z) / 2 + 249 * np.cos(turn), (y + w) / 2 + 249 * np.sin(turn)])
    shapes = frame.geometry.to_numpy().copy()
    shapes[5] = shapely.Polygon(ring)
    town.write_units(frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)))
    assert not errors(town)


def test_more_rows_than_a_laptop_holds(town, monkeypatch):
    # ten million rows would take a minute to write here: the limit is lowered instead, to see that it holds
    monkeypatch.setattr("beatplanner.data.formats.text_tables.MOST_ROWS", 1_000)
    row = "theft,2025-01-01,21.5,42.0\n"
    town.path("incidents.csv").write_text("type,when,lon,lat\n" + row * 5_000, encoding="utf-8")
    tracemalloc.start()
    said = errors(town)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "more than 1,000 rows" in said
    assert peak < 100e6


def test_a_line_without_an_end(town):
    town.path("incidents.csv").write_bytes(b"type,when,lon,lat\n" + b"x" * 6_000_000)
    assert "million letters" in errors(town)


def test_control_characters_right_to_left_text_and_formulas(town):
    frame = town.units()
    frame["place"] = frame["place"].astype(object)
    frame.loc[0, "place"] = '=HYPERLINK("http://x")'
    frame.loc[1, "place"] = "\u202eлив\u202c <script>alert(1)</script>"
    frame.loc[2, "place"] = "a\x07b\x1b[31mc"
    town.write_units(frame)
    names = read_town(read_description(town.project)).units["name"]
    assert names[2] == "a b [31mc"
    assert names[0].startswith("=")


def test_a_name_of_a_place_cannot_lead_out(town, command):
    frame = town.units()
    frame["muni"] = np.where(np.arange(16) % 4 < 2, "../../evil", "C:\\evil")
    frame["place"] = frame["place"].astype(object)
    frame.loc[0, "place"] = "=1+1"
    frame.loc[1, "place"] = "<script>alert(1)</script>"
    town.write_units(frame)
    town.swap("victim", "<script>alert(1)</script>", "incidents.csv")
    before = set(town.folder.parent.rglob("*"))
    out = town.folder / "out"
    code, _, error = command("beats", town.project, "--out", out)
    assert code == 0, error
    assert all(out in p.parents or p == out for p in set(town.folder.parent.rglob("*")) - before)
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in html
    for table in out.rglob("*.csv"):
        assert not any(
            cell.strip('"').startswith(("=", "+", "@"))
            for line in table.read_text("utf-8-sig").splitlines()
            for cell in line.split(",")
        )


def test_planted_personal_values_reach_no_output_and_no_project_file(town, command):
    rng = np.random.default_rng(3)
    planted = [
        f"{first}-{rng.integers(10**8):08d}"
        for first in ("Petrovski", "Blerim", "Живко", "0701987450123", "+38970")
        for _ in range(20)
    ]
    assert len(set(planted)) == 100
    lines = town.path("incidents.csv").read_text(encoding="utf-8").splitlines()
    columns = [lines[0].replace(",victim", ""), "victim", "phone", "id number", "what happened", "officer"]
    rows = [",".join(columns)]
    for n, line in enumerate(lines[1:]):
        kept = line.rsplit(",", 1)[0]
        rows.append(",".join([kept, *(f'"{planted[(5 * n + k) % 100]} said\nthat"' for k in range(5))]))
    town.path("incidents.csv").write_text("\n".join(rows), encoding="utf-8")
    town.swap('time = "when"', 'time = "when"\nrecord = "id number"')
    package = town.folder / "town.gpkg"
    assert command("build", town.project, "-o", package)[0] == 0
    out = town.folder / "out"
    code, said, error = command("beats", town.project, "--out", out)
    assert code == 0, error
    code, checked, _ = command("check", town.project)
    assert "left out" in checked
    assert "what happened" in checked
    everything = {package: package.read_bytes(), Path("shown"): (said + error + checked).encode()}
    everything |= {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    import zipfile

    for p in [p for p in everything if p.suffix in (".docx", ".xlsx", ".zip")]:
        with zipfile.ZipFile(p) as archive:
            everything |= {p / n: archive.read(n) for n in archive.namelist()}
    for value in planted:
        for spelled in (value.encode(), value.encode("utf-16-le"), value.split("-")[1].encode()):
            found = [p for p, content in everything.items() if spelled in content]
            assert not found, f"{value} in {found}"


TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.lists(TEXT, max_size=5), max_size=8).map(
            lambda rows: "\n".join(";".join(r) for r in rows).encode()
        ),
    )
)
def test_no_bytes_break_the_reader_of_text_tables(tmp_path, content):
    file = tmp_path / "any.csv"
    file.write_bytes(content)
    try:
        frame, where = read_table(file, None, [], ["a", "b"])
        assert len(frame) == len(where.rows)
    except InputError as error:
        assert "any.csv" in str(error)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            TEXT,
            st.from_regex(r"[-+]?[0-9.,' ]{1,12}", fullmatch=True),
            st.from_regex(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}( [0-9:]{1,8})?", fullmatch=True),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_text_breaks_numbers_times_and_coordinates(cells):
    numbers = parse_numbers(cells, whole=False)
    assert np.isfinite(np.delete(numbers.values, [*numbers.failed, *numbers.torn])).all()
    times = parse_times(pd.Series(cells, dtype=object), "Europe/Skopje")
    assert len(times.values) == len(cells)
    parse_degrees(cells)
    parse_pairs(cells)
    code_page("".join(cells).encode("utf-16"))


def test_a_scribble_is_told_and_not_untangled(town):
    rng = np.random.default_rng(0)
    frame = town.units()
    shapes = frame.geometry.to_numpy().copy()
    x, y, z, w = shapes[5].bounds
    shapes[5] = shapely.Polygon(rng.uniform([x, y], [z, w], (5_000, 2)))
    town.write_units(frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)))
    assert "scribble" in errors(town)


def test_free_text_named_as_the_kind_is_refused(town):
    town.swap('category = "type"', 'category = "victim"')
    said = errors(town)
    assert "free text" in said
    assert "Secret Name" not in said


def test_a_name_of_a_file_that_no_system_holds(town):
    town.swap('"units.gpkg"', f'"{"x" * 5_000}"')
    assert "does not exist" in errors(town)


def test_units_out_of_nowhere(town):
    frame = town.units()
    shapes = frame.geometry.to_numpy().copy()
    shapes[3] = shapely.Polygon([(WEST, SOUTH), (WEST + np.nan, SOUTH + 1), (WEST + 1, SOUTH)])
    town.write_units(frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)))
    assert "units.gpkg" in errors(town)
