"""Letters of layers, by public reports and real files: they decide whatever the file declares."""

from __future__ import annotations

import pytest
from layer_cases import grid

from beatplanner.data.errors import InputError
from beatplanner.data.formats.declared_encodings import layer_encoding
from beatplanner.data.formats.layers import read_layer, read_table

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.mark.parametrize(
    ("names", "written", "cpg", "read"),
    [
        (["Чаир", "Карпош", "Ѓорче Петров"], "cp1251", "1252", "cp1251"),
        (["Чаир", "Карпош"], "utf-8", "ISO-8859-1", "utf-8"),
        (["Чаир", "Карпош"], "cp1251", "UTF-8", "cp1251"),
        (["Petrović", "Čačak", "Niš"], "cp1250", "ISO-8859-1", "cp1250"),
        (["Évry", "Orléans", "Besançon"], "cp1252", "1252", "cp1252"),
        (["Gjilan", "Pejë", "Prizren"], "cp1252", "1252", "cp1252"),
    ],
)
def test_letters_decide_whatever_a_cpg_says(tmp_path, names, written, cpg, read):
    grid(2).iloc[: len(names)].assign(unit=names).to_file(tmp_path / "u.shp", encoding=written)
    (tmp_path / "u.cpg").write_text(cpg)
    page, note = layer_encoding(tmp_path / "u.shp")
    assert page == read
    assert bool(note) == (read != "cp1252")


CYRILLIC = ["Чаир", "Карпош", "Ѓорче Петров", "Кисела Вода"]


FRENCH = ["Évry", "Orléans", "Besançon", "Nîmes"]


@pytest.mark.parametrize("kind", ["mif", "tab", "gml", "kml", "geojson", "dbf", "csv"])
@pytest.mark.parametrize(
    ("names", "written", "said"),
    [
        (CYRILLIC, "cp1251", "cp1252"),
        (CYRILLIC, "cp1251", "utf-8"),
        (CYRILLIC, "utf-8", "cp1252"),
        (["Čačak", "Niš", "Požarevac", "Petrović"], "cp1250", "cp1252"),
        (FRENCH, "cp1252", "cp1252"),
    ],
)
def test_letters_decide_in_every_format(tmp_path, kind, names, written, said):
    frame = grid(2).assign(unit=names)
    file = tmp_path / f"u.{kind}"
    charset = {"cp1252": "WindowsLatin1", "utf-8": "UTF-8"}[said]
    if kind in ("mif", "tab"):
        # bytes pass unchanged where nothing is said
        raw = [n.encode(written).decode("latin1") for n in names]
        frame.assign(unit=raw).to_file(file, driver="MapInfo File", encoding="latin1")
        file.write_bytes(file.read_bytes().replace(b"Neutral", charset.encode()))
    elif kind == "gml":
        frame.to_file(file, driver="GML")
        file.write_bytes(file.read_text("utf-8").replace("utf-8", said, 1).encode(written))
    elif kind == "kml":
        places = frame.to_crs(4326).representative_point()
        marks = [
            f"<Placemark><name>{n}</name><Point><coordinates>{p.x},{p.y}</coordinates></Point></Placemark>"
            for n, p in zip(names, places, strict=True)
        ]
        text = f'<?xml version="1.0" encoding="{said}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(marks)}</Document></kml>'
        file.write_bytes(text.encode(written))
    elif kind == "geojson":
        frame.to_crs(4326).to_file(file)
        file.write_bytes(file.read_text("utf-8").encode(written))
    elif kind == "dbf":
        frame.to_file(tmp_path / "u.shp", encoding=written)
        (tmp_path / "u.cpg").write_text(said)
    else:
        file.write_bytes("\n".join(["unit;pop", *(f"{n};100" for n in names)]).encode(written))
    column = "Name" if kind == "kml" else "unit"
    if kind in ("dbf", "csv"):
        found, where = read_table(file, None, [column])
    else:
        found, where = read_layer(file, None, [column])
    assert found[column].tolist() == names
    # JSON is UTF-8 by rule, and text tables say nothing
    if kind not in ("geojson", "csv"):
        assert bool([n for n in where.notes if "letters" in n.what]) == (written != said)


@pytest.mark.parametrize(
    "said", ["zlib", "idna", "punycode", "undefined", "utf-7", "unicode_escape", "cp037", "utf-16"]
)
def test_an_encoding_that_is_no_code_page_is_not_asked(tmp_path, said):
    place = "<Placemark><name>Чаир, Скопје</name><Point><coordinates>21.4,42</coordinates></Point></Placemark>"
    text = f'<?xml version="1.0" encoding="{said}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{place}</Document></kml>'
    (tmp_path / "u.kml").write_bytes(text.encode("cp1251"))
    assert read_layer(tmp_path / "u.kml", None, ["Name"])[0]["Name"].tolist() == ["Чаир, Скопје"]


@pytest.mark.parametrize("page", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
def test_two_or_four_bytes_a_letter_are_read_and_hide_no_link(tmp_path, page):
    place = "<Placemark><name>Чаир</name><Point><coordinates>21.4,42</coordinates></Point></Placemark>"
    text = f'<?xml version="1.0" encoding="UTF-16"?>%s<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{place}</Document></kml>'
    (tmp_path / "u.kml").write_bytes((text % "").encode(page))
    assert read_layer(tmp_path / "u.kml", None, ["Name"])[0]["Name"].tolist() == ["Чаир"]
    (tmp_path / "u.kml").write_bytes((text % '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///x">]>').encode(page))
    with pytest.raises(InputError, match="where else they are"):
        read_layer(tmp_path / "u.kml", None, ["Name"])


def test_numbers_of_a_mapinfo_table_are_no_letters(tmp_path):
    frame = grid(2).assign(pop=[40_000 + i * 250 for i in range(4)], area=0.2, unit=CYRILLIC)
    frame[["pop", "area", "unit", "geometry"]].to_file(tmp_path / "u.tab", driver="MapInfo File", encoding="UTF-8")
    found, _ = read_layer(tmp_path / "u.tab", None, ["unit"])
    assert found["unit"].tolist() == CYRILLIC
