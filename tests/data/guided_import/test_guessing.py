"""Guesses from names in several languages and from values; doubts with places and mends."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from beatplanner.data.errors import InputError
from beatplanner.data.guided_import.doubts import import_doubts, mend_doubt
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.guided_import.guessing import guess_columns, guess_place, guess_role, plain
from beatplanner.data.guided_import.looks import look_at
from beatplanner.data.guided_import.staging import write_project
from beatplanner.data.guided_import.starting_hours import starting_hours
from conftest import SHARED, write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


def table(folder, name, columns):
    path = folder / name
    pd.DataFrame(columns).to_csv(path, index=False)
    return look_at(path)[0]


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("Становници", "stanovnici"),
        ("Општина", "opstina"),
        ("popTotal", "pop_total"),
        ("Đorđe  Šifra", "djordje_sifra"),
        ("Población", "poblacion"),
    ],
)
def test_names_in_any_script_are_compared_in_latin(text, latin):
    assert plain(text) == latin


@pytest.mark.parametrize(
    "names",
    [
        ("id", "name", "population", "municipality"),
        ("kodi", "emri", "popullsia", "komuna"),
        ("шифра", "назив", "становништво", "општина"),
        ("šifra", "naziv", "stanovnika", "opština"),
        ("cod", "denumire", "populatia", "comuna"),
        ("код", "название", "население", "район"),
    ],
)
def test_units_in_six_languages(tmp_path, names):
    town = write_grid_town(tmp_path / "town")
    units = town.units().rename(columns=dict(zip(("unit", "place", "pop", "muni"), names, strict=True)))
    town.write_units(units.drop(columns="pop_sq"), "layer.gpkg")
    look = look_at(town.path("layer.gpkg"))[0]
    assert guess_role(look)[0] == "units"
    found = guess_columns(look, "units")
    assert [found[m] for m in ("id", "name", "population", "municipality")] == list(names)


def test_values_decide_where_names_do_not(tmp_path):
    n = 60
    look = table(
        tmp_path,
        "a.csv",
        {
            "f1": [f"{1 + i % 28:02}.0{1 + i % 9}.2025" for i in range(n)],
            "lon": np.linspace(21, 21.1, n),
            "lat": [42.0] * n,
            "type": ["a", "b"] * 30,
        },
    )
    assert guess_role(look)[0] == "incidents"
    assert guess_columns(look, "incidents") == {"x": "lon", "y": "lat", "category": "type", "time": "f1"}
    # a column of text is no population, whatever it is called
    text = table(tmp_path, "b.csv", {"population": ["many", "few", "none"]})
    assert guess_columns(text, "units").get("population") is None


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["2025-03-31", "2025-01-02T10:00"], "time"),
        (["31.03.2025", "01.02.2025"], "time"),
        (["03/31/2025", "01/02/2025"], "time"),
        (["31/03/2025 22:15"], "time"),
        (["2025 Jan 03 10:00 AM"], "time"),
        (["5 мај 2025", "6 јуни 2025"], "time"),
        (["12", "13"], "number"),
        (["2011", "2021"], "number"),
        (["1.234", "1.234.567"], "number"),
        (["red", "blue"], "text"),
        (["block 12", "block 13"], "text"),
    ],
)
def test_what_a_column_holds(tmp_path, cells, kind):
    assert table(tmp_path, "a.csv", {"a": cells, "b": 1}).column("a").kind == kind


def test_crs_of_a_table_is_found_by_the_units():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(541_000, 559_000, 50), rng.uniform(4_651_000, 4_669_000, 50)
    degrees = gpd.GeoSeries(gpd.points_from_xy(x, y), crs="EPSG:32634").to_crs("EPSG:4326")
    near = shapely.get_coordinates(degrees.to_numpy())
    assert guess_place(x, y, near, ["EPSG:32634"])[0] == "EPSG:32634"
    assert guess_place(degrees.x.to_numpy(), degrees.y.to_numpy(), near)[0] == "EPSG:4326"
    assert "swapped" in guess_place(degrees.y.to_numpy(), degrees.x.to_numpy(), near)[1]
    local = gpd.GeoSeries(gpd.points_from_xy(x, y), crs="EPSG:32634").to_crs("EPSG:6316")
    code, why = guess_place(local.x.to_numpy(), local.y.to_numpy(), near)
    back = gpd.GeoSeries(gpd.points_from_xy(local.x, local.y), crs=code).to_crs("EPSG:32634")
    # several grids of the region differ by a kilometre: either the place is right, or the rival is named
    assert np.hypot(back.x - x, back.y - y).max() < 60 or "elsewhere" in why
    assert guess_place(np.array([1e9]), np.array([1e9]), near) == ("", "")


def test_usual_hours_are_told_from_the_names():
    assert starting_hours(["burglary, forced", "семејно насилство", "vjedhje", "?"]) == {
        "burglary, forced": 2.5,
        "семејно насилство": 4.5,
        "vjedhje": 0.75,
    }


@pytest.mark.papers
def test_every_doubt_with_a_mend_is_mended_by_it(tmp_path):
    town = write_grid_town(tmp_path / "town")
    units = town.units()
    units["pop"] = units["pop"].astype(float)
    units.loc[2, "pop"] = -5
    units.loc[4, "muni"] = None
    units.loc[7, "unit"] = 7
    shapes = list(units.geometry)
    shapes[9] = shapes[9].union(shapely.affinity.translate(shapes[9], 200, 0))
    units = units.set_geometry(gpd.GeoSeries([*shapes[:15], shapes[14]], crs=units.crs))
    town.write_units(units)
    draft = ImportDraft()
    draft.add([town.path(n) for n in ("units.gpkg", "incidents.csv", "officers.xlsx", "sites.csv")])
    found = {d.mend: d for d in import_doubts(draft) if d.mend}
    assert {"numbers", "municipality", "ids", "twins", "overlaps", "hours"} <= set(found)
    place = units.to_crs("EPSG:4326").geometry.iloc[2].bounds
    assert found["numbers"].rows == (2,)
    assert found["numbers"].box == pytest.approx(place)
    for _ in range(4):
        for doubt in import_doubts(draft):
            if doubt.mend:
                mend_doubt(draft, doubt)
    left = import_doubts(draft)
    assert not [d.text for d in left if d.severity == "error"]
    assert not [d for d in left if d.mend]
    write_project(draft, tmp_path / "town.gpkg")
    from beatplanner.data.description.read import read_description
    from beatplanner.data.town.read_town import read_town

    made = read_town(read_description(tmp_path / "town.gpkg"))
    assert len(made.units) == 15
    assert (made.units["municipality"] != "").all()
    # no person's name of the incidents has come along
    assert b"Secret Name" not in (tmp_path / "town.gpkg").read_bytes()


def test_residents_with_several_cells_that_are_no_numbers_are_taken_and_the_cells_told(town):
    units = town.units()
    said = units["pop"].astype(int).astype(str)
    bad = [1, 4, 7, 10]
    said.iloc[bad] = ["?", "many", "~40", "ten"]
    units["pop"] = said
    # what could be taken instead, and nobody meant
    town.write_units(units.drop(columns="pop_sq"))
    draft = ImportDraft()
    draft.add([town.path("units.gpkg")])
    assert draft.sources[0].columns["population"] == "pop"
    (doubt,) = [d for d in import_doubts(draft) if d.mend == "numbers"]
    assert doubt.rows == tuple(bad)
    # words in a column that is called otherwise are no residents
    draft = ImportDraft()
    town.write_units(units.drop(columns="pop_sq").rename(columns={"pop": "remarks"}))
    draft.add([town.path("units.gpkg")])
    assert "population" not in draft.sources[0].columns


def test_that_incidents_have_no_times_is_told_once(tmp_path, town):
    pd.read_csv(town.path("incidents.csv")).drop(columns="when").to_csv(tmp_path / "calls.csv", index=False)
    draft = ImportDraft()
    draft.add([town.path("units.gpkg"), tmp_path / "calls.csv"])
    assert {s.role for s in draft.sources} == {"units", "incidents"}
    doubts = [d for d in import_doubts(draft) if "no times" in d.text]
    assert [d.mend for d in doubts] == ["days"]


def test_what_is_missing_is_said_in_words(tmp_path, town):
    draft = ImportDraft()
    draft.add([town.path("roads.gpkg")])
    assert "smallest areas" in draft.missing()[0]
    with pytest.raises(InputError, match="smallest areas"):
        write_project(draft, tmp_path / "x.gpkg")
    with pytest.raises(InputError, match="no such file"):
        draft.add([town.path("nothing.csv"), town.path("units.gpkg")])
    assert draft.missing() == []


@pytest.mark.papers
def test_new_from_the_command_line(tmp_path, town, command):
    out = tmp_path / "new.gpkg"
    files = [
        town.path(n)
        for n in (
            "units.gpkg",
            "incidents.csv",
            "old.gpkg",
            "roads.gpkg",
            "sites.csv",
            "stations.geojson",
            "officers.xlsx",
        )
    ]
    code, stdout, _ = command("new", *files, "-o", out, "--guess")
    assert code == 0
    assert not out.exists()
    assert "incidents.csv: Incidents" in stdout
    code, stdout, stderr = command(
        "new", *files, "-o", out, "--name", "Ново", "--beats", "4", "--tolerance", "0.25", "--mend"
    )
    assert code == 0, stderr
    assert command("check", out)[0] == 0
    assert command("beats", out, "--out", tmp_path / "plan")[0] == 0
    assert command("new", *files, "-o", out)[0] == 1
    assert command("new", town.path("roads.gpkg"), "-o", tmp_path / "y.gpkg")[0] == 1
    assert command("new", *files, "-o", tmp_path / "y.gpkg", "--role", "units.gpkg=nonsense")[0] == 2


@pytest.mark.skipif(
    not (SHARED / "macedonia").is_dir(), reason="the layers of North Macedonia are not on this computer"
)
def test_a_country_in_cyrillic():
    draft = ImportDraft()
    draft.add([SHARED / "macedonia" / n for n in ("units.gpkg", "municipalities.gpkg", "sites.csv")])
    assert [s.role for s in draft.sources] == ["units", "", "candidates"]
    assert draft.sources[0].columns == {
        "id": "settlement",
        "name": "name",
        "population": "population",
        "municipality": "municipality",
    }
    assert draft.sources[2].crs == "EPSG:4326"


def test_mended_costs_are_those_that_a_plan_reads(town, tmp_path):
    """A mend wrote 12.5 for “12.500” beside a cell that was no cost."""
    from beatplanner.data.description.read import read_description
    from beatplanner.data.town.read_town import read_town

    lines = town.path("sites.csv").read_text(encoding="utf-8").splitlines()
    costs = ["12.500", "9.000", "free", "11.250"]
    rows = [lines[0], *(f"{line.rpartition(',')[0]},{c}" for line, c in zip(lines[1:], costs, strict=True))]
    town.path("sites.csv").write_text("\n".join(rows), encoding="utf-8")
    draft = ImportDraft()
    draft.add([town.path(n) for n in ("units.gpkg", "sites.csv")])
    next(s for s in draft.sources if s.role == "candidates").columns["cost"] = "cost"
    mend_doubt(draft, next(d for d in import_doubts(draft) if d.mend == "numbers"))
    write_project(draft, tmp_path / "town.gpkg")
    sites = read_town(read_description(tmp_path / "town.gpkg")).sites
    assert sites["cost"].tolist() == [12500, 9000, 0, 11250]
