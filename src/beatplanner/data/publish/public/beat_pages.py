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
    styles = {name: document.styles[name].style_id for name in ("Heading 1", "Heading 2", "List Bullet")}
    for number, (name, blocks) in enumerate(pages):
        if number:
            document.add_page_break()
        _paragraph(document, name, styles["Heading 1"])
        for block in blocks:
            _add(document, block, styles, pictures, Mm)
    document.save(str(path))


def _paragraph(document: Any, text: str, style: str) -> None:
    """Add a paragraph by its style's id; by a style's name python-docx goes through all styles each time."""
    document.add_paragraph(text)._p.style = style


def _add(
    document: Any, block: Mapping[str, Any], styles: Mapping[str, str], pictures: Mapping[str, bytes], mm: Any
) -> None:
    kind = block["kind"]
    if kind == "heading":
        _paragraph(document, block["text"], styles["Heading 2"])
    elif kind in ("text", "small", "note"):
        document.add_paragraph(block["text"])
    elif kind == "list":
        for item in block["items"]:
            _paragraph(document, item, styles["List Bullet"])
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
