"""A word that is longer than a column breaks where the column ends, in headings, sentences and tables of the pack."""

from __future__ import annotations

import pypdf

from beatplanner.data.publish.public.pack_pdf import write_pack_pdf

LONG = "Ж" * 200
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 2.5H9" stroke="#000"/></svg>'


def test_a_word_of_two_hundred_letters_stays_within_its_column(tmp_path):
    row = ["12", LONG, "3"]
    content = {
        "lang": "mk",
        "script": "cyrl",
        "title": LONG,
        "subtitle": "s",
        "project": "p",
        "author": "x",
        "footer": "f",
        "draft": {"word": "", "why": ""},
        "picture": {"file": "m.svg", "height": 10, "alt": "small"},
        "cover": [{"kind": "heading", "text": LONG}, {"kind": "text", "text": f"a {LONG} b"}],
        "sections": [
            {
                "kind": "page",
                "title": LONG,
                "blocks": [{"kind": "table", "header": ["a", "b", "c"], "rows": [row], "numbers": [0, 2]}],
            }
        ],
    }
    write_pack_pdf(tmp_path / "pack.pdf", content, {"m.svg": SVG})
    pages = pypdf.PdfReader(tmp_path / "pack.pdf").pages
    lines = [line for page in pages for line in page.extract_text().splitlines()]
    letters = [line.count("Ж") for line in lines]
    # all of it is there: on the cover three times, on the page twice, and a mark of the page where it has one
    assert sum(letters) >= 5 * len(LONG)
    # and no line has more than what a page is wide: 180 mm of letters of 9.5 pt, each some 2.3 mm at least
    assert 0 < max(letters) <= 80
