"""The sheets of beats: each is filled to its foot, by a map as tall as the text leaves room for and by columns that end alike."""

from __future__ import annotations

from types import SimpleNamespace

import pypdf
import pytest

from beatplanner.data.publish.public.pack_pdf import write_pack_pdf
from beatplanner.planning.forum.public import sheet_frames
from beatplanner.planning.forum.public.blocks import capital, heading, paragraph
from beatplanner.planning.forum.public.content import PackContent

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="182mm" height="104mm" viewBox="0 0 182 104"><path d="M9 9H99"/></svg>'
WORDS = "Each place counts once and each officer is known by name to those who live there. "


def section(name: str, sentences: int) -> list[dict[str, object]]:
    """Return a heading with so many sentences below it."""
    return [heading(name), paragraph(WORDS * sentences)]


def set_sheet(path, left, right, frame) -> list[tuple[float, float, str]]:
    """Set one sheet; return where each text of its page stands, in points from the left and from the foot."""
    svg = SVG.replace(b"104", str(frame[1]).encode())
    key = {"file": "k.svg", "width": 182, "height": 9.2, "alt": "signs"}
    map_ = {
        "kind": "picture",
        "file": "m.svg",
        "width": 182,
        "height": frame[1],
        "alt": "m",
        "text": "1 : 1",
        "key": key,
    }
    sheet = {"kind": "sheet", "title": "Beat", "blocks": [map_, {"kind": "sides", "left": left, "right": right}]}
    data = {
        "lang": "en",
        "script": "latn",
        "title": "Beats",
        "subtitle": "",
        "project": "P",
        "author": "a",
        "cover": [],
        "draft": {"word": "", "why": ""},
        "sections": [sheet],
        "picture": {"file": "k.svg", "height": 9, "alt": "k"},
        "footer": "",
    }
    write_pack_pdf(path, data, {"m.svg": svg, "k.svg": svg})
    pages = pypdf.PdfReader(path).pages
    assert len(pages) == 2
    found: list[tuple[float, float, str]] = []
    pages[1].extract_text(
        visitor_text=lambda text, cm, tm, *_: found.append((*_at(cm, tm), text)) if text.strip() else None
    )
    return found


def _at(cm, tm) -> tuple[float, float]:
    return tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]


@pytest.mark.parametrize("sentences", [1, 4, 7])
def test_a_sheet_is_filled_whether_there_is_much_to_say_or_little(tmp_path, sentences):
    left = [*section("Officers", sentences), *section("Before", sentences)]
    right = [*section("Station", 2 * sentences), *section("Forum", sentences), *section("Object", sentences)]
    frame = sheet_frames.frame_above(sheet_frames.height_of([*left, *right]))
    placed = set_sheet(tmp_path / "sheet.pdf", left, right, frame)
    body = [(x, y) for x, y, text in placed if y > 40]
    # both columns end in the lowest part of the page, where the map could still grow
    for column in ([y for x, y in body if x < 300], [y for x, y in body if x >= 300]):
        assert min(column) < 842 * 0.2 or frame[1] == sheet_frames.TALLEST
    heights = [sheet_frames.height_of([*section("A", n), *section("B", n)]) for n in (1, 4, 7)]
    assert heights == sorted(heights) and heights[0] < heights[2]


def test_little_text_has_a_taller_map_and_much_the_lowest():
    frames = [sheet_frames.frame_above(tall)[1] for tall in (0.0, 80.0, 100.0, 500.0)]
    assert frames == sorted(frames, reverse=True) and len(set(frames)) == 4
    assert frames[0] == sheet_frames.TALLEST and frames[-1] == sheet_frames.SHEET_FRAME[1]
    assert sheet_frames.height_of([]) == 0.0


def test_one_long_section_has_all_others_beside_it(tmp_path):
    left = [*section("Officers", 2), *section("Before", 1), *section("Reported", 1)]
    right = [*section("Station", 9), *section("Forum", 2), *section("Object", 2)]
    placed = set_sheet(tmp_path / "sheet.pdf", left, right, sheet_frames.SHEET_FRAME)
    of = {text.strip(): x for x, _, text in placed if text.strip() in ("Officers", "Station", "Forum", "Object")}
    assert of["Station"] > 300 and all(of[name] < 300 for name in ("Officers", "Forum", "Object"))


def test_a_telephones_number_stays_on_one_line(tmp_path):
    left = [heading("Officers"), paragraph(f"{'m' * 15} 070 555 102")]
    placed = set_sheet(tmp_path / "sheet.pdf", left, section("Station", 1), sheet_frames.SHEET_FRAME)
    rows = {round(y) for x, y, text in placed if x < 300 and any(part in text for part in ("070", "555", "102"))}
    assert len(rows) == 1


def test_forums_are_listed_as_the_pages_of_their_beats_stand():
    beats = [SimpleNamespace(beat=b) for b in ("10", "9", "1405")]
    areas = [("neighbourhood", "9"), ("neighbourhood", "1405"), ("neighbourhood", "10")]
    areas += [("municipality", "Čair"), ("municipality", "Centar"), ("region", "All")]
    content = SimpleNamespace(beats=beats, meetings=[SimpleNamespace(level=level, area=area) for level, area in areas])
    ordered = PackContent.meetings_in_order.func(content)
    assert [m.area for m in ordered] == ["10", "9", "1405", "Centar", "Čair", "All"]
    assert capital("a place near 5, still to be chosen") == "A place near 5, still to be chosen" and capital("") == ""
