"""What the readers of files say of broken ones is told whole in the window's language: no English sentence around names."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6")
import geopandas as gpd
from openpyxl import Workbook
from shapely.geometry import box

from beatplanner.data.errors import InputError
from beatplanner.data.formats.layers import crs_from, read_layer
from beatplanner.data.formats.rasters import opened_raster
from beatplanner.data.formats.tiles import open_tiles
from beatplanner.data.formats.workbooks import read_workbook
from beatplanner.data.publish.sentence_templates import CONTEXT, Sentences, texts_of_window

# Names of the files below, and words of programs, formats and keys, which every language writes so.
KEPT = re.compile(
    r"\"[^\"]*\"|\S*\.\w{2,8}\b|\b(?:areas|roads|wards|Sheet|Roster|population|pop|the local one|GeoPackage|GeoTIFF|QGIS|CSV|XLSX|CRS|EPSG|Layer > Set CRS|MBTiles|PNG|JPEG|WebP|GDAL|Office|XML|HTML|layer|crs|MB|GB)\b"
)


def broken_files(folder: Path) -> Iterator[Callable[[], Any]]:
    """Yield readings that are each refused for another reason."""

    def zipped(name: str, *members: str) -> Path:
        with zipfile.ZipFile(folder / name, "w") as archive:
            for member in members:
                archive.writestr(member, "x")
        return folder / name

    def layer(path: Path, name: str | None = None, *columns: str) -> Callable[[], Any]:
        return lambda: read_layer(path, name, columns)

    yield layer(zipped("two.zip", "a.geojson", "b.geojson"))
    yield layer(zipped("none.zip", "a.doc"))
    (folder / "cut.zip").write_bytes(b"PK\x03\x04" + bytes(90))
    yield layer(folder / "cut.zip")
    (folder / "wrong.geojson").write_bytes(b"PK\x03\x04" + bytes(200))
    yield layer(folder / "wrong.geojson")
    (folder / "empty.gpkg").write_bytes(b"")
    yield layer(folder / "empty.gpkg")
    shape = {"a": [1]}
    gpd.GeoDataFrame(shape, geometry=[box(0, 0, 1, 1)]).to_file(folder / "bare.gpkg")
    yield layer(folder / "bare.gpkg", None, "a")
    known = folder / "known.gpkg"
    for name in ("areas", "roads"):
        gpd.GeoDataFrame(shape, geometry=[box(0, 0, 1, 1)], crs=32634).to_file(known, layer=name)
    yield layer(known)
    yield layer(known, "wards")
    yield layer(known, "areas", "population")
    yield lambda: crs_from("the local one", file=known, field="units.crs")
    Workbook().save(folder / "book.xlsx")
    yield lambda: read_workbook(folder / "book.xlsx", "Roster", None)
    yield lambda: read_workbook(folder / "book.xlsx", None, None)
    yield lambda: open_tiles(folder / "gone.mbtiles")
    (folder / "text.mbtiles").write_text("no database")
    yield lambda: open_tiles(folder / "text.mbtiles")
    sqlite3.connect(folder / "bare.mbtiles").close()
    yield lambda: open_tiles(folder / "bare.mbtiles")
    yield opened_raster(folder / "people.png").__enter__


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_what_readers_refuse_is_told_in_the_windows_language(tmp_path, language):
    spoken = Sentences(
        texts_of_window(language)[CONTEXT], lambda value, digits: f"{value:,.{digits}f}", lambda month: str(month)
    )
    left = []
    for reading in broken_files(tmp_path):
        with pytest.raises(InputError) as caught:
            reading()
        for note in caught.value.problems:
            said = spoken(str(note))
            english = {*re.findall(r"[A-Za-z]{2,}", KEPT.sub("", str(note)))}
            rest = [w for w in re.findall(r"[A-Za-zÀ-ž]{2,}", KEPT.sub("", said)) if w in english]
            if (language == "mk" and re.search(r"[A-Za-z]{2,}", KEPT.sub("", said))) or len(rest) > 1:
                left.append((str(note), said))
    assert not left


def test_a_beat_without_a_name_is_called_by_its_number_in_the_windows_language(qapp):
    from beatplanner.ui.desktop.toolkit.called import called
    from beatplanner.ui.desktop.window.languages import install_language

    install_language(qapp, "mk")
    try:
        assert called("2", "Beat 2") == called("2", "") == "Реон 2"
        assert called("2", "Kej 6") == "Kej 6"
    finally:
        install_language(qapp, "en")
    assert called("2", "") == "Beat 2"


def test_what_is_counted_at_the_end_of_a_list_is_the_last_of_it():
    spoken = Sentences(
        texts_of_window("mk")[CONTEXT], lambda value, digits: f"{value:,.{digits}f}", lambda month: str(month)
    )
    said = spoken(
        "29 pairs of units meet in less than 2 m of border and so are no neighbours: 539 and 545 (0.38 m), "
        "545 and 591 (0.072 m) and 24 more. Where officers can cross there, draw a link (beats.links)"
    )
    assert "545 и 591 (0.072 m) и уште 24." in said.replace("\N{NO-BREAK SPACE}", " ")


def test_one_warning_is_told_in_the_singular(qapp):
    from beatplanner.planning.whole.plan_warnings import PlanWarning
    from beatplanner.ui.desktop.panels.warnings_page import WarningsPage

    page = WarningsPage()
    one, fact = PlanWarning("warning", "Look.", ("1",), ()), PlanWarning("fact", "So it is.", (), ())
    page.take([one, fact])
    assert page.headline.text() == "No rules clash. 1 warning, 1 fact about the data."
    page.list.setCurrentRow(0)
    assert page.where.text() == "Names 1 beat."
    page.take([one, one, fact, fact])
    assert page.headline.text() == "No rules clash. 2 warnings, 2 facts about the data."


def test_what_could_not_be_checked_is_told_in_words_and_which_figures_in_the_tip(qapp):
    from beatplanner.planning.verification.coverage import HOW_LONG
    from beatplanner.ui.desktop.panels.proof_page import ProofPage
    from beatplanner.ui.desktop.session.child_process import Work
    from beatplanner.ui.desktop.window.languages import install_language

    verdict = {
        "ok": True,
        "checks": 12,
        "unchecked": [
            {"name": "summary: seed and 2 more", "detail": f"{HOW_LONG} (seed, threads, seconds)"},
            {"name": "summary: workload.days_covered", "detail": "The plan was drawn by hand."},
            {"name": "service.calls", "detail": "The incidents are gone or changed; plan and compare again."},
        ],
    }
    said, tips = {}, {}
    for language in ("mk", "en"):
        install_language(qapp, language)
        try:
            page = ProofPage(Work())
            page._take(verdict)
            said[language] = page.banner.text()
            tips[language] = page.banner.toolTip()
        finally:
            install_language(qapp, "en")
    assert tips["en"] == "Seed; Threads; Seconds\nWorkload, days covered"
    assert tips["mk"] == "Почетен број; Нишки; Секунди\nОптовареност, опфатени денови"
    assert f"Could not be checked: 3 figures of the summary. {HOW_LONG}" in said["en"]
    assert "Could not be checked: Service, calls." in said["en"]
    assert "Could not be checked: one figure of the summary. The plan" in said["en"]
    assert "Не можеше да се провери: една бројка од резимето. " in said["mk"] and "days" not in said["mk"]
    assert "3 бројки од резимето" in said["mk"] and "Служба, повици" in said["mk"]
    assert not re.search("seed|summary|calls|more", said["mk"])
