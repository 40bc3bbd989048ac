"""The contents of a pack and the list of its beats name the page on which each begins."""

from __future__ import annotations

import re

import pypdf
import pytest
from paper_texts import POINTS, pages_of

# a line of contents: what it is, dots, and the page
LINE = re.compile(r"^(?:• )?(.+?)(?: \.)+ *(\d+)$")


@pytest.fixture(scope="module")
def pages(planned_once):
    return pages_of(planned_once.folder / "plan" / "forum" / "pack.pdf")


def listed(text: str) -> dict[str, int]:
    lines = [LINE.match(line.strip()) for line in text.splitlines()]
    return {m[1].strip(): int(m[2]) for m in lines if m}


def test_a_page_is_read_without_its_lines_as_with_them(pages, planned_once):
    reader = pypdf.PdfReader(planned_once.folder / "plan" / "forum" / "pack.pdf")
    drawn = [len(POINTS.findall(p.get_contents().get_data())) for p in reader.pages]
    at = drawn.index(max(drawn))
    assert drawn[at] > 100 and pages[at] == reader.pages[at].extract_text()


def test_the_cover_names_the_page_of_every_chapter(pages):
    contents = listed(pages[0])
    for title in ("Forums", "How this pack was made"):
        assert title in pages[contents[title] - 1].splitlines()
    for said, title in (
        ("Maps of the town, today and as planned", "Before: today's beats"),
        ("Answers to questions", "Questions answered"),
    ):
        page = next(n for text, n in contents.items() if text.startswith(said))
        assert title in pages[page - 1]


def test_each_beat_is_found_by_the_page_of_its_sheet(pages):
    where = next(k for k, text in enumerate(pages) if "Beats and their sheets" in text)
    beats = listed(pages[where].split("Beats and their sheets")[1].split("Places and their beats")[0])
    sheets = [text for text in pages if text.startswith("Beat ") and "How to object" in text]
    assert len(beats) == len(sheets) > 1
    for name, page in beats.items():
        assert pages[page - 1].startswith(f"Beat {name}") and "How to object" in pages[page - 1]
