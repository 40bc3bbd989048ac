"""Which of two layers has its axes exchanged: names of columns, other layers, letters and codes of names, and systems of metres, all together."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.guided_import.checks import check
from beatplanner.data.guided_import.doubts import import_doubts
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.guided_import.repairs import fix
from beatplanner.data.town.exchanged import letters_say
from beatplanner.data.town.read_town import read_town

HEAD = '[project]\nname = "x"\n{crs}[units]\npath = "units.gpkg"\nid = "unit"\nname = "place"\npopulation = "pop"\n'
BEATS = '[beats]\ncount = 2\ncurrent = { path = "old.gpkg", id = "beat" }\n'


def exchanged(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    turned = shapely.transform(frame.geometry.to_numpy(), lambda c: c[:, ::-1])
    return frame.set_geometry(gpd.GeoSeries(turned, index=frame.index), crs=frame.crs)


class Skopje:
    """Sixteen units in Skopje, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        shapes = [shapely.box(x, y, x + 500, y + 500) for y in range(0, 2000, 500) for x in range(0, 2000, 500)]
        frame = gpd.GeoDataFrame({"unit": range(1, 17), "pop": 100}, geometry=shapes, crs=32634)
        frame.geometry = frame.translate(540_000, 4_650_000)
        self.units = frame.assign(place=[f"Area {i}" for i in range(16)])
        self.old = frame.assign(beat=[i % 2 for i in range(16)]).dissolve("beat").reset_index()[["beat", "geometry"]]
        self.points = frame.centroid.to_crs(4326)

    def project(self, text, crs=""):
        file = self.folder / "p.toml"
        file.write_text(HEAD.format(crs=crs) + text, encoding="utf-8")
        return file

    def write(self, units, **layers):
        units.to_file(self.folder / "units.gpkg")
        for name, frame in layers.items():
            frame.to_file(self.folder / f"{name}.gpkg")


@pytest.fixture
def skopje(tmp_path):
    return Skopje(tmp_path)


def errors(file):
    return [n for n in check(file) if n.severity == "error"]


def mended(file):
    written = fix(file, check, lambda note: True).description
    assert written is not None
    return read_town(read_description(written))


def test_sites_alone_tell_that_the_units_are_exchanged(skopje):
    skopje.write(exchanged(skopje.units.to_crs(4326)))
    sites = pd.DataFrame({"site": range(16), "longitude": skopje.points.x, "latitude": skopje.points.y})
    sites.to_csv(skopje.folder / "s.csv", index=False)
    table = 'candidates = { path = "s.csv", x = "longitude", y = "latitude", crs = "EPSG:4326", id = "site" }\n'
    file = skopje.project(f"[stations]\ncount = 1\n{table}")
    (problem,) = errors(file)
    assert problem.file == "units.gpkg" and problem.asked and problem.fix == (("units.axes", "exchanged"),)
    assert mended(file).crs.to_epsg() == 32634


@pytest.mark.parametrize(("names", "decided"), [("Area", False), ("Улица", True)])
def test_letters_and_codes_of_names_decide_between_units_and_todays_beats(skopje, names, decided):
    units = skopje.units.assign(place=[f"{names} {i}" for i in range(16)]).to_crs(4326)
    skopje.write(exchanged(units), old=skopje.old.to_crs(4326))
    file = skopje.project(BEATS)
    problems = errors(file)
    if not decided:
        assert any("nothing tells in which" in n.what for n in problems) and not any(n.fix for n in problems)
        return
    assert [n.fix for n in problems] == [(("units.axes", "exchanged"),)]
    assert mended(file).crs.to_epsg() == 32634
    # the same names under right units: the beats are the ones
    skopje.write(units, old=exchanged(skopje.old.to_crs(4326)))
    (problems,) = errors(file)
    assert problems.file == "old.gpkg" and problems.asked and problems.fix[0] == ("beats.current.axes", "exchanged")
    assert mended(file).units["current"].notna().all()


def test_units_of_metres_with_northings_first_are_told_by_what_lies_right(skopje):
    skopje.write(exchanged(skopje.units.to_crs(6316)))
    rows = [f"theft,{p.x},{p.y}" for p in skopje.points]
    (skopje.folder / "i.csv").write_text("\n".join(["type,a,b", *rows]))
    file = skopje.project('[incidents]\npath = "i.csv"\nx = "a"\ny = "b"\ncrs = "EPSG:4326"\ncategory = "type"\n')
    (problem,) = errors(file)
    assert problem.file == "units.gpkg" and problem.asked and "lie on each other only so" in problem.what
    incidents = mended(file).incidents
    assert incidents is not None and (incidents["unit"] >= 0).all()


@pytest.mark.parametrize("key", ["beats.barriers", "stations.roads"])
def test_lines_elsewhere_are_never_silent(skopje, key):
    lines = [shapely.LineString([(539_900, y), (542_100, y)]) for y in (4_650_500, 4_651_000)]
    right = gpd.GeoDataFrame({"kind": ["street", "street"]}, geometry=lines, crs=32634)
    skopje.write(skopje.units, lines=exchanged(right.to_crs(4326)))
    section, name = key.split(".")
    file = skopje.project(f'[{section}]\ncount = 1\n{name} = {{ path = "lines.gpkg" }}\n')
    (problem,) = errors(file)
    assert f"{key} lies" in problem.what and problem.asked and problem.fix[0] == (f"{key}.axes", "exchanged")
    mended(file)


def test_the_planning_system_and_names_tell_of_units_alone(skopje):
    units = skopje.units.assign(place=[f"Улица {i}" for i in range(16)])
    skopje.write(exchanged(units.to_crs(4326)))
    (noted,) = errors(skopje.project("", 'crs = "EPSG:32634"\n'))
    assert "is not meant for the place of the units" in noted.what and noted.asked and noted.fix
    file = skopje.project("")
    (noted,) = [n for n in check(file) if "the names are Cyrillic" in n.what]
    assert noted.severity == "warning" and noted.asked and "42.0° N, 21.5° E" in noted.what
    assert mended(file).crs.to_epsg() == 32634
    # a system of another continent, and no exchange that would help
    skopje.write(units)
    notes = check(skopje.project("", 'crs = "EPSG:32614"\n'))
    (noted,) = [n for n in notes if "is not meant for" in n.what]
    assert noted.severity == "warning" and not noted.fix
    assert not [n for n in check(skopje.project("")) if n.severity == "warning"]


def test_the_guided_import_swaps_neither_layer_blindly(skopje):
    incidents = pd.DataFrame({"lon": skopje.points.x, "lat": skopje.points.y, "type": "theft"})
    incidents.to_csv(skopje.folder / "incidents.csv", index=False)
    for swap, title in ((True, "units.gpkg"), (False, "incidents.csv")):
        units = skopje.units if not swap else exchanged(skopje.units.to_crs(4326))
        skopje.write(units)
        if not swap:
            incidents.rename(columns={"lon": "lat", "lat": "lon"}).to_csv(skopje.folder / "incidents.csv", index=False)
        draft = ImportDraft()
        draft.add([skopje.folder / "units.gpkg", skopje.folder / "incidents.csv"])
        (doubt,) = [d for d in import_doubts(draft) if "swapped" in d.text]
        assert doubt.mend == "swap" and doubt.source is not None and doubt.source.look.title == title


def test_letters_say_nothing_of_places_where_they_are_at_home():
    here = np.array([[21.4, 42.0]])
    assert letters_say(["Скопје"], here, here[:, ::-1])[0] == -1
    for name in ("Скопје", "MK-01", "Čair", "Peć", "Lipjan Drenoc i Madh, Pejë"):
        assert letters_say([name], here[:, ::-1], here)[0] == 1, name
    assert letters_say(["Springfield", "Évry"], here[:, ::-1], here)[0] == 0
    # both ways lie where Cyrillic is written
    assert letters_say(["Караганда"], np.array([[73.1, 49.8]]), np.array([[49.8, 73.1]]))[0] == 0
    assert letters_say([], here, here)[0] == 0
