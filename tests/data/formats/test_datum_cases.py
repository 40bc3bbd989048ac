"""Datums of layers, by public reports and real files: which change applies, and which layer contradicts the others."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from layer_cases import grid, project
from pyproj import CRS

from beatplanner.data.description.read import read_description
from beatplanner.data.formats.datums import datum_doubt, disputed_change
from beatplanner.data.guided_import.checks import check
from beatplanner.data.guided_import.repairs import fix
from beatplanner.data.town.read_town import read_town

pytestmark = pytest.mark.usefixtures("bare_plans")


D_MGI = (
    'PROJCS["MGI_Balkans_7",GEOGCS["GCS_MGI",DATUM["D_MGI",SPHEROID["Bessel_1841",6377397.155,299.1528128]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",7500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",21.0],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize("text", [D_MGI, "EPSG:31277", "EPSG:31276", "EPSG:4312"])
def test_a_datum_that_is_not_shifted_is_told_with_metres_and_the_right_code(text):
    crs = CRS.from_user_input(text)
    middle = gpd.GeoSeries([shapely.Point(21.48, 42.0)], crs=4326).to_crs(crs)[0]
    doubt = datum_doubt(crs, np.array([[middle.x, middle.y]]))
    right = {"EPSG:31276": "EPSG:8678", "EPSG:4312": "EPSG:3906"}.get(text, "EPSG:6316")
    assert doubt is not None
    assert doubt.code == right
    # what all changes registered there but one say; of that one see below
    # of EPSG:4312 PROJ takes the change that is meant for Austria
    assert doubt.metres == pytest.approx(331 if text == "EPSG:4312" else 440, abs=15)
    assert f"{doubt.metres:,.0f} m" in doubt.what
    assert right in doubt.mend


@pytest.mark.parametrize("code", [6316, 32634, 4326, 3857, 28404, 3909, 23034])
def test_a_datum_that_is_shifted_is_no_doubt(code):
    middle = gpd.GeoSeries([shapely.Point(21.48, 42.0)], crs=4326).to_crs(code)[0]
    assert datum_doubt(CRS.from_epsg(code), np.array([[middle.x, middle.y]])) is None


BALKANS_7 = "+proj=tmerc +lat_0=0 +lon_0=21 +k=0.9999 +x_0=7500000 +y_0=0 +ellps=bessel +units=m +towgs84={} +no_defs"


@pytest.mark.parametrize(
    ("towgs84", "metres"),
    [
        ("0,0,0", 446),
        ("577.326,90.129,463.919,5.137,1.474,5.297,2.4232", 330),
        ("521.748,229.489,590.921,4.029,4.488,-15.521,-9.78", 0),
    ],
)
def test_a_change_that_a_file_brings_along_is_told_where_no_registered_one_agrees(towgs84, metres):
    # zeros, and what is meant for Austria
    crs = CRS.from_user_input(BALKANS_7.format(towgs84))
    change = disputed_change(crs, np.array([[7_535_000.0, 4_651_000.0]]))
    assert (change is None) == (metres == 0)
    if change is not None:
        assert change.metres == pytest.approx(metres, abs=5) and f"{change.metres:,.0f} m" in change.what
        assert "TOWGS84" in change.what and 'crs = "EPSG:6316"' in change.mend


@pytest.mark.parametrize(
    ("grid", "place", "right", "metres"),
    [
        # a neighbour's datum may have the better figures
        ("EPSG:3836", (19.82, 41.33), "EPSG:3334", 141),
        # no system of the place has this grid: the change goes with it
        ("EPSG:31267", (20.46, 44.8), "+proj=tmerc", 427),
    ],
)
def test_the_right_code_is_of_the_same_datum_or_a_text_where_there_is_none(grid, place, right, metres):
    crs = CRS.from_user_input(grid)
    middle = gpd.GeoSeries([shapely.Point(place)], crs=4326).to_crs(crs)[0]
    doubt = datum_doubt(crs, np.array([[middle.x, middle.y]]))
    assert doubt is not None and doubt.code.startswith(right) and doubt.metres == pytest.approx(metres, abs=5)
    # what is offered is right by the same measure
    again = CRS.from_user_input(doubt.code)
    assert datum_doubt(again, np.array([[middle.x, middle.y]])) is None
    assert disputed_change(again, np.array([[middle.x, middle.y]])) is None


MACEDONIAN = "+proj=tmerc +lat_0=0 +lon_0=21 +k=0.9999 +x_0=7500000 +ellps=bessel +towgs84=521.748,229.489,590.921,4.029,4.488,-15.521,-9.78"


@pytest.mark.parametrize(("written", "share"), [(MACEDONIAN, "25% here"), ("EPSG:6316", "100% inside")])
def test_where_registered_changes_of_a_datum_disagree_the_other_layers_decide(tmp_path, written, share):
    frame = gpd.GeoDataFrame(
        {"unit": range(1, 17), "pop": 100},
        geometry=[shapely.box(x, y, x + 500, y + 500) for y in range(0, 2000, 500) for x in range(0, 2000, 500)],
        crs=32634,
    ).assign(geometry=lambda f: f.translate(540_000, 4_650_000))
    middles = frame.centroid.to_crs(4326)
    pd.DataFrame({"type": "theft", "lon": middles.x, "lat": middles.y}).to_csv(tmp_path / "i.csv", index=False)
    frame.to_crs(written).set_crs(6316, allow_override=True).to_file(tmp_path / "units.gpkg")
    text = '[units]\npath = "units.gpkg"\nid = "unit"\npopulation = "pop"\n[incidents]\npath = "i.csv"\nx = "lon"\ny = "lat"\ncrs = "EPSG:4326"\ncategory = "type"\n'
    file = project(tmp_path, text)
    (note,) = [n for n in read_town(read_description(file)).notes if "1,622 m" in n.what]
    assert share in note.what
    if written == "EPSG:6316":
        assert note.severity == "info"
        return
    assert note.severity == "warning" and note.asked
    mended = fix(file, check).description
    town = read_town(read_description(mended))
    assert (town.incidents["unit"] >= 0).all() if "unit" in town.incidents else len(town.incidents) == 16


def test_the_layer_that_all_others_contradict_is_exchanged_and_only_when_allowed(tmp_path):
    frame = grid(crs=4326)
    middle = frame.geometry.centroid
    swapped = frame.set_geometry(
        gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), lambda c: c[:, ::-1]), crs=4326)
    )
    swapped.to_file(tmp_path / "units.geojson", driver="GeoJSON")
    pd.DataFrame({"lon": middle.x, "lat": middle.y, "type": "theft"}).to_csv(tmp_path / "incidents.csv", index=False)
    file = project(
        tmp_path,
        '[units]\npath = "units.geojson"\nid = "unit"\npopulation = "pop"\n'
        '[incidents]\npath = "incidents.csv"\nx = "lon"\ny = "lat"\ncrs = "EPSG:4326"\ncategory = "type"\n',
    )
    problems = [n for n in check(file) if n.severity == "error"]
    assert [n.file for n in problems] == ["units.geojson"]
    assert fix(file, check, lambda note: False).description is None
    fixed = fix(file, check, lambda note: True)
    town = read_town(read_description(fixed.description))
    assert town.crs.to_epsg() == 32634
    assert (town.incidents["unit"] >= 0).all()
    # columns that say nothing of themselves: neither is changed
    frame = pd.read_csv(tmp_path / "incidents.csv").rename(columns={"lon": "a", "lat": "b"})
    frame.to_csv(tmp_path / "incidents.csv", index=False)
    file.write_text(file.read_text().replace('"lon"', '"a"').replace('"lat"', '"b"'))
    (problems,) = [n for n in check(file) if n.severity == "error"]
    assert "nothing tells in which" in problems.what
    assert not problems.fix
