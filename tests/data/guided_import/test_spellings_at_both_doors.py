"""A number is one in every spelling of an office, whether a description names its table or the guided import guesses it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.guided_import.doubts import import_doubts
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.guided_import.staging import stage, staged_description
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.service_tables import read_service_tables
from beatplanner.data.town.town import Town

SIDE = 0.01
IDS = ["001", "002", "003", "004"]
PROJECT = """[project]
name = "t"
[units]
path = "units.gpkg"
id = "unit"
workload = "hours"
population_table = { path = "census.csv", key = "unit", residents = ["residents"] }
[stations]
count = 1
candidates = { path = "sites.csv", x = "x", y = "y", crs = "EPSG:4326", id = "site", cost = "cost" }
distances = "walks.csv"
[service]
calls = "calls.csv"
categories = "kinds.csv"
servers = "cars.csv"
"""
# Each column of spellings, as a number with decimals and as money or a count; None where it is none, which is refused.
SPELLINGS = {
    "1.234 of which nothing tells": (["1.234", "987", "5", "10"], [1.234, 987, 5, 10], [1234, 987, 5, 10]),
    "1.234 beside a decimal comma": (["1.234", "2,5", "5", "10"], [1234, 2.5, 5, 10], [1234, 2.5, 5, 10]),
    "blanks": (["1 234", "987", "5", "10"], [1234, 987, 5, 10], [1234, 987, 5, 10]),
    "blanks that do not break": (["1\u00a0234", "1\u202f234", "5", "10"], [1234, 1234, 5, 10], [1234, 1234, 5, 10]),
    "apostrophes": (["1'234", "1’234", "5", "10"], [1234, 1234, 5, 10], [1234, 1234, 5, 10]),
    "both signs": (["1.234,5", "987", "5", "10"], [1234.5, 987, 5, 10], [1234.5, 987, 5, 10]),
    "powers": (["1e3", "1.5E+02", "5", "10"], [1000, 150, 5, 10], [1000, 150, 5, 10]),
    "Arabic digits": (["١٢٣٤", "٩٨٧", "5", "10"], [1234, 987, 5, 10], [1234, 987, 5, 10]),
    "a half": (["½", "987", "5", "10"], None, None),
    "signs that disagree": (["1.234", "2,5", "2.5", "10"], None, None),
}


def _write_tables(folder: Path, cells: list[str], encoding: str) -> list[Path]:
    """Write a table for each door, its ids without their zeros; return all files."""
    shapes = [
        box(21.4 + SIDE * (i % 2), 42 + SIDE * (i // 2), 21.41 + SIDE * (i % 2), 42.01 + SIDE * (i // 2))
        for i in range(4)
    ]
    gpd.GeoDataFrame({"unit": IDS, "hours": cells}, geometry=shapes, crs="EPSG:4326").to_file(folder / "units.gpkg")
    unit = [str(int(u)) for u in IDS]
    tables = {
        "census": ["unit;residents;место", *(f"{u};{c};Град" for u, c in zip(unit, cells, strict=True))],
        "sites": ["site;x;y;cost", *(f"{'ABCD'[i]};{21.405 + SIDE * (i % 2)};{42.005 + SIDE * (i // 2)};{c}" for i, c in enumerate(cells))],
        "walks": ["unit;site;metres", *(f"{u};{s};{c}" for u in unit for s, c in zip("ABCD", cells, strict=True))],
        "calls": ["unit;per_hour", *(f"{u};{c}" for u, c in zip(unit, cells, strict=True))],
        "kinds": ["category;minutes_on_scene", *(f"{k};{c}" for k, c in zip("abcd", cells, strict=True))],
        "cars": ["server;beat;unit;speed_kmh", *(f"{s};;{u};{c}" for s, u, c in zip("pqrs", unit, cells, strict=True))],
    }  # fmt: skip
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_bytes("\n".join(rows).encode(encoding))
    return [folder / "units.gpkg", *(folder / f"{name}.csv" for name in tables)]


def _figures(town: Town) -> dict[str, list[float]]:
    service = read_service_tables(town)
    assert town.sites is not None and town.walks is not None and service.calls is not None
    assert service.servers is not None and town.units is not None
    return {
        "residents": town.units["population"].tolist(),
        "cost": town.sites["cost"].tolist(),
        "hours": town.units["workload"].tolist(),
        "metres": np.asarray(town.walks)[0].tolist(),
        "calls": service.calls["per_hour"].tolist(),
        "minutes": [minutes for minutes, *_ in service.categories.values()],
        "speed": service.servers["speed_kmh"].tolist(),
    }


def _decided(town: Town) -> list[tuple[str, str]]:
    found = [*town.notes, *read_service_tables(town).notes]
    return sorted((n.field, n.what) for n in found if "1.234" in n.what)


def _refused(description: Description) -> set[tuple[str, str, str]]:
    with pytest.raises(InputError) as error:
        read_town(description)
    return {(n.field, n.row, n.what) for n in error.value.problems}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "utf-16"])
@pytest.mark.parametrize("spelling", list(SPELLINGS))
def test_each_door_reads_a_spelling_alike(tmp_path, spelling, encoding):
    cells, measured, counted = SPELLINGS[spelling]
    try:
        "".join(cells).encode(encoding)
    except UnicodeEncodeError:
        return
    files = _write_tables(tmp_path, cells, encoding)
    (tmp_path / "project.toml").write_text(PROJECT, "utf-8")
    draft = ImportDraft()
    draft.add(files)
    draft.set_role(draft.sources[-1], "service.servers")
    staged = staged_description(stage(draft, tmp_path / "staged"))
    doors = (read_description(tmp_path / "project.toml"), staged)
    if measured is None:
        written, guided = (_refused(d) for d in doors)
        assert written and written == guided
        return
    written, guided = (read_town(d) for d in doors)
    expected = dict.fromkeys(("hours", "metres", "calls", "minutes", "speed"), measured)
    expected |= dict.fromkeys(("residents", "cost"), counted)
    assert _figures(written) == expected
    assert _figures(guided) == expected
    assert _decided(guided) == _decided(written)


def test_what_was_decided_is_told_of_the_file_that_somebody_gave(tmp_path):
    cells, *_ = SPELLINGS["1.234 of which nothing tells"]
    draft = ImportDraft()
    draft.add(_write_tables(tmp_path, cells, "utf-8"))
    draft.set_role(draft.sources[-1], "service.servers")
    doubts = [d for d in import_doubts(draft) if "“1.234” and the like" in d.text]
    named = {d.source.look.path.name for d in doubts if d.source is not None}
    assert {"census.csv", "sites.csv", "units.gpkg", "walks.csv", "calls.csv", "kinds.csv", "cars.csv"} == named
    assert all(d.source is not None and d.text.startswith(d.source.look.title) for d in doubts)


def test_a_wrong_cell_is_told_of_each_file_that_has_one(tmp_path):
    """Of sites the draft's own check tells it, with its mend; of posts the reader does."""
    files = _write_tables(tmp_path, SPELLINGS["powers"][0], "utf-8")
    sites = tmp_path / "sites.csv"
    sites.write_text(sites.read_text("utf-8").replace(";1e3", ";½", 1), "utf-8")
    (tmp_path / "roster.csv").write_text("officer,beat,languages\nAna,1,sq\nBo,2,mk\n", "utf-8")
    (tmp_path / "posts.csv").write_text("beat;posts;languages\n1;½;sq\n2;1;mk\n", "utf-8")
    draft = ImportDraft()
    draft.add([*files, tmp_path / "roster.csv", tmp_path / "posts.csv"])
    draft.set_role(draft.sources[-1], "officers.posts")
    draft.set_column(draft.sources[-1], "posts", "posts")
    draft.rules.start = "2027-01-01"
    doubts = [d for d in import_doubts(draft) if d.severity == "error" and "½" in d.text]
    assert sorted(d.source.look.path.name for d in doubts if d.source is not None) == ["posts.csv", "sites.csv"]
