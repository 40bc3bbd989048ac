"""The beat pages as a Word document, for a force or a forum to edit."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_beat_pages(
    path: Path,
    pages: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    *,
    title: str,
    language: str,
    pictures: Mapping[str, bytes],
) -> None:
    """Write pages of blocks, each on a new page.

    Parameters
    ----------
    path
        The document.
    pages
        Title and blocks.
    title
        Of the document.
    language
        BCP 47, for the spelling checker.
    pictures
        By the names that the blocks use.
    """
    # a heavy library, wanted for this file only
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(16)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10.5)
    marks = style.element.get_or_add_rPr()
    lang = marks.makeelement(qn("w:lang"), {qn("w:val"): language})
    marks.append(lang)
    document.core_properties.title = title
    document.core_properties.author = "beatplanner"
    document.core_properties.language = language
    for number, (name, blocks) in enumerate(pages):
        if number:
            document.add_page_break()
        document.add_heading(name, 1)
        for block in blocks:
            _add(document, block, pictures, Mm)
    document.save(str(path))


def _add(document: Any, block: Mapping[str, Any], pictures: Mapping[str, bytes], mm: Any) -> None:
    kind = block["kind"]
    if kind == "heading":
        document.add_heading(block["text"], 2)
    elif kind in ("text", "small", "note"):
        document.add_paragraph(block["text"])
    elif kind == "list":
        for item in block["items"]:
            document.add_paragraph(item, style="List Bullet")
    elif kind == "officers":
        for officer in block["items"]:
            if "photo" in officer:
                document.add_picture(io.BytesIO(pictures[officer["photo"]]), height=mm(26))
            line = document.add_paragraph()
            line.add_run(officer["name"]).bold = True
            line.add_run(": " + ", ".join(officer["lines"]))
    elif kind == "table":
        _add_table(document, block)


def _add_table(document: Any, block: Mapping[str, Any]) -> None:
    table = document.add_table(rows=1, cols=len(block["header"]), style="Light Grid Accent 1")
    for cell, text in zip(table.rows[0].cells, block["header"], strict=True):
        cell.text = text
    for row in block["rows"]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
