"""The beat pages of a word processor: what stands on the paper's sheet of a beat stands there too."""

from __future__ import annotations

import io
from typing import Any

import docx
import pytest
import typst
from PIL import Image

from beatplanner.data.publish.public import pack_pdf
from beatplanner.data.publish.public.beat_pages import as_pixels, in_two_columns, pictures_in, write_beat_pages

SIGN = b'<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="9"><path d="M0 2.5H9" stroke="#000"/></svg>'


def block(kind: str, text: str = "") -> dict[str, Any]:
    return {"kind": kind, "text": text}


def test_the_legend_has_its_signs(tmp_path):
    key = {"file": "key.svg", "width": 182.0, "height": 4.6, "alt": "Border of the beat; New station"}
    picture = block("picture", "Scale 1 : 20,000") | {"file": "map.svg", "width": 182.0, "alt": "Map", "key": key}
    pictures = {"map.svg": SIGN % 20, "key.svg": SIGN % 30}
    pages = [(f"Beat {k}", [picture]) for k in "AB"]
    write_beat_pages(tmp_path / "pages.docx", pages, title="T", language="en", pictures=pictures)
    document = docx.Document(str(tmp_path / "pages.docx"))
    described = [s._inline.docPr.get("descr") for s in document.inline_shapes]
    assert described == 2 * ["Map", "Border of the beat; New station"]
    assert len({p.partname for p in document.part.package.iter_parts() if "/media/" in str(p.partname)}) == 2
    # what signs mean is no list of words beside none of them
    assert not any("New station" in p.text for p in document.paragraphs)


def test_columns_are_as_alike_in_height_as_headings_allow():
    heads = [
        [block("heading", f"Head {k}"), block("text", length * "x")] for k, length in enumerate((50, 50, 400, 300))
    ]
    left, right = in_two_columns([b for part in heads for b in part])
    assert (left, right) == ([*heads[0], *heads[1], *heads[2]], heads[3])
    assert in_two_columns([block("text", "alone")]) == ([block("text", "alone")], [])


def test_fonts_are_looked_for_once(monkeypatch: pytest.MonkeyPatch):
    looked: list[object] = []
    of_typst = typst.Fonts

    def counted(**where: Any) -> typst.Fonts:
        looked.append(where)
        return of_typst(**where)

    monkeypatch.setattr(typst, "Fonts", counted)
    pack_pdf.fonts.cache_clear()
    for file in "ab":
        assert as_pixels({file: SIGN % 20})[file].startswith(b"\x89PNG")
    assert len(looked) == 1


def test_only_what_pages_show_goes_to_the_process_that_writes_them():
    key = {"file": "key.svg", "width": 182.0, "height": 4.6, "alt": "Border of the beat"}
    picture = block("picture", "Scale 1 : 20,000") | {"file": "small.svg", "width": 182.0, "alt": "Map", "key": key}
    pictures = dict.fromkeys(["after.svg", "beat.svg", "small.svg", "key.svg", "code.svg", "ana.jpg"], SIGN % 20)
    assert pictures_in([("Beat A", [picture, block("text", "x")])], pictures) == [
        "small.svg",
        "key.svg",
        "code.svg",
        "ana.jpg",
    ]


def test_maps_of_a_word_processor_have_the_dots_that_print_shows():
    inch = b'<svg xmlns="http://www.w3.org/2000/svg" width="25.4mm" height="12.7mm"><path d="M0 2.5H9" stroke="#000"/></svg>'
    with Image.open(io.BytesIO(as_pixels({"map.svg": inch})["map.svg"])) as made:
        assert made.size == (150, 75)
