"""OpenStreetMap extracts come through the door that every layer comes through."""

import geopandas as gpd
import pytest
import shapely
from extracts import write_extract

from beatplanner.data.errors import InputError
from beatplanner.data.formats import extracts, layers
from beatplanner.data.formats.extracts import is_openstreetmap, read_extract

AROUND = gpd.GeoSeries([shapely.box(21.0, 42.0, 21.1, 42.1)], crs=4326)
STREETS = (["name"], "highway IS NOT NULL", AROUND)
# the head of a description of layers elsewhere, which GDAL would go by whatever the file is called
LINK = b'<OGRVRTDataSource><OGRVRTLayer name="lines"><SrcDataSource>http://127.0.0.1:9/a</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.fixture
def extract(tmp_path):
    path = tmp_path / "town.osm.pbf"
    nodes = {1: (21.05, 42.05), 2: (21.06, 42.05), 3: (25.0, 45.0), 4: (25.1, 45.0)}
    write_extract(path, nodes, [([1, 2], {"highway": "path", "name": "Рика"}), ([3, 4], {"highway": "path"})])
    return path


def test_ways_around_the_units_are_read(extract):
    frame, place = read_extract(extract, None, *STREETS)
    assert frame["name"].tolist() == ["Рика"] and frame.crs == 4326
    assert (place.file, place.layer) == ("town.osm.pbf", "lines")
    # what stands behind an exclamation mark GDAL would take for a member of a zipped folder
    other = extract.with_name("a!b.osm.pbf")
    other.write_bytes(extract.read_bytes())
    assert len(read_extract(other, None, *STREETS)[0]) == 1


@pytest.mark.parametrize("name", ["town.osm", "town.osm.pbf", "town.pbf"])
def test_what_leads_elsewhere_is_refused_before_gdal_sees_it(tmp_path, monkeypatch, name):
    path = tmp_path / name
    path.write_bytes(LINK)
    monkeypatch.setattr(extracts.pyogrio, "read_info", lambda *_, **__: pytest.fail("GDAL was asked"))
    with pytest.raises(InputError, match="where else they are"):
        read_extract(path, None, *STREETS)
    assert is_openstreetmap(path)


def test_a_file_of_another_driver_is_refused(extract, monkeypatch):
    monkeypatch.setattr(layers, "VECTOR_DRIVERS", {"GPKG"})
    with pytest.raises(InputError, match="not read here"):
        read_extract(extract, None, *STREETS)


@pytest.mark.parametrize("content", [b"", b"nothing of the kind"])
def test_a_broken_extract_is_told_with_its_name(tmp_path, content):
    path = tmp_path / "town.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"town\.osm\.pbf"):
        read_extract(path, None, *STREETS)
