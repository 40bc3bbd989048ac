"""The pack as a screen reader has it: tags, titles, languages, texts for pictures, the order of headings and of the keyboard.

It asks of a whole pack what a checker of PDF/UA-1 can ask without looking: the rules by their number in the Matterhorn protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pypdf
import pytest

HEADING = re.compile(r"/H([1-6])$")
# What stands in the structure under a table, its rows and its groups of rows.
ROWS, CELLS = {"/TR"}, {"/TH", "/TD"}


@pytest.fixture(scope="module")
def reader(planned_once):
    return pypdf.PdfReader(planned_once.folder / "plan" / "forum" / "pack.pdf")


def elements(node: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """Yield the elements of a structure in the order in which they are read."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for kid in node:
            yield from elements(kid, depth)
    elif isinstance(node, dict) and "/S" in node:
        yield node, depth
        yield from elements(node.get("/K", []), depth + 1)


def tree(reader: Any) -> list[Any]:
    return [e for e, _ in elements(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])]


def kids(element: Any) -> list[Any]:
    found = element.get("/K", [])
    found = found.get_object() if hasattr(found, "get_object") else found
    return [k.get_object() for k in (found if isinstance(found, list) else [found])]


def test_the_document_says_what_it_is(reader):
    root = reader.trailer["/Root"]
    # 06-001 to 06-004, 07-001 and 07-002, 11-006
    meta = root["/Metadata"].get_object().get_data().decode("utf-8")
    assert re.search(r"pdfuaid:part(?:>|=\")1", meta) and "Neighbourhood police beats" in meta
    # pypdf's False is no Python False
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert root["/MarkInfo"].get("/Suspects", False) == False  # noqa: E712
    assert root["/Lang"] in ("en", "en-GB")


def test_every_figure_has_a_text_and_no_heading_is_skipped_or_empty(reader):
    found = tree(reader)
    figures = [e for e in found if e["/S"] == "/Figure"]
    # 13-004: maps, legends, the small picture of the cover
    assert len(figures) >= 2 * 4 and all(str(e.get("/Alt", "")).strip() for e in figures)
    levels = [int(m[1]) for e in found if (m := HEADING.match(str(e["/S"])))]
    # 14-002 and 14-003: from one level down to the next only
    assert levels[0] == 1 and levels.count(1) > 6
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(kids(e) for e in found if HEADING.match(str(e["/S"])))


def test_tables_have_rows_with_headings_alike_in_width(reader):
    tables = [e for e in tree(reader) if e["/S"] == "/Table"]
    assert tables
    for table in tables:
        rows = [e for e, _ in elements(table["/K"]) if e["/S"] in ROWS]
        # 15-003: the first row heads the others
        assert all(c["/S"] == "/TH" for c in kids(rows[0]) if isinstance(c, dict) and "/S" in c)
        widths = {sum(1 for c in kids(r) if isinstance(c, dict) and c.get("/S") in CELLS) for r in rows}
        assert len(widths) == 1 and widths.pop() > 1


def test_all_that_is_on_a_page_is_tagged_or_no_content(reader):
    for page in reader.pages:
        # 28-018: the keyboard goes as the text is read
        assert page.get("/Tabs", "/S") == "/S"
        # 01-003: each piece that draws stands in a tag or is marked as no content
        depth, outside = 0, 0
        for _, operator in page.get_contents().operations:
            if operator in (b"BDC", b"BMC"):
                depth += 1
            elif operator == b"EMC":
                depth -= 1
            elif depth == 0 and operator in (b"Tj", b"TJ", b"f", b"f*", b"S", b"B", b"Do", b"sh"):
                outside += 1
        assert depth == 0 and outside == 0


def test_links_have_a_description(reader):
    for page in reader.pages:
        for note in page.get("/Annots", []):
            # 28-011
            assert str(note.get_object().get("/Contents", "")).strip()
