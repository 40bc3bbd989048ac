"""The beat pages as a Word document, for a force or a forum to edit."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from beatplanner.data.narrowing import is_list
from beatplanner.data.output_place import scratch_folder
from beatplanner.data.side_work import pages_done

# How a picture in pixels begins.
PNG = b"\x89PNG"
# Letters of a line of a column.
LETTERS = 50


def write_beat_pages(
    path: Path,
    pages: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    *,
    title: str,
    language: str,
    pictures: Mapping[str, bytes],
    draft: str = "",
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
        By the names that the blocks use; those in SVG are drawn as pixels, which every word processor shows.
    draft
        What stands at the head of every page of a draft; empty where it is none.
    """
    # a heavy library, wanted for this file only
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(14)
    section.top_margin, section.bottom_margin = Mm(12), Mm(10)
    section.header_distance = section.footer_distance = Mm(5)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "DejaVu Sans", Pt(8)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    for name, size, above in (("Heading 1", 14, 0), ("Heading 2", 9.5, 4), ("List Bullet", 8, 0)):
        other: Any = document.styles[name]
        other.font.size, other.font.name = Pt(size), "DejaVu Sans"
        other.paragraph_format.space_before, other.paragraph_format.space_after = Pt(above), Pt(1)
    marks = style.element.get_or_add_rPr()
    lang = marks.makeelement(qn("w:lang"), {qn("w:val"): language})
    marks.append(lang)
    document.core_properties.title = title
    document.core_properties.author = "beatplanner"
    document.core_properties.language = language
    if draft:
        run = section.header.paragraphs[0].add_run(draft)
        run.bold, run.font.size, run.font.color.rgb = True, Pt(9), RGBColor(0x8A, 0x10, 0x10)
    used = pictures_in(pages, pictures)
    drawings = {f: pictures[f] for f in used if f.endswith(".svg") and not pictures[f].startswith(PNG)}
    shown = {**pictures, **as_pixels(drawings)}
    for number, (name, blocks) in enumerate(pages):
        head = _paragraph(document, name, "Heading 1")
        head.paragraph_format.page_break_before = number > 0
        for block in blocks:
            _add(document, block, shown, Mm)
        pages_done(number + 1, len(pages))
    document.save(str(path))


def pictures_in(pages: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], pictures: Mapping[str, bytes]) -> list[str]:
    """Return the names of the pictures that pages show: maps and their legends, a code and photos."""
    mapped = [b for _, blocks in pages for b in blocks if b["kind"] == "picture"]
    drawn = dict.fromkeys([*(b["file"] for b in mapped), *(b["key"]["file"] for b in mapped)])
    return [*drawn, *(f for f in pictures if f not in drawn and (f == "code.svg" or not f.endswith(".svg")))]


def _paragraph(place: Any, text: str, style: str) -> Any:
    """Add a paragraph by its style's id, its name without the spaces; by the name python-docx goes through all styles each time."""
    made = place.add_paragraph(text)
    made._p.style = style.replace(" ", "")
    return made


def as_pixels(pictures: Mapping[str, bytes], dots: float = 150.0) -> dict[str, bytes]:
    """Return drawings in SVG as PNG of so many dots an inch, by the same names."""
    import typst

    from beatplanner.data.publish.public.pack_pdf import fonts

    if not pictures:
        return {}
    names = list(pictures)
    with scratch_folder() as folder:
        for number, name in enumerate(names):
            (folder / f"{number}.svg").write_bytes(pictures[name])
        lines = ["#set page(width: auto, height: auto, margin: 0mm)"]
        lines.append("#pagebreak(weak: true)\n".join(f'#image("{n}.svg")\n' for n in range(len(names))))
        (folder / "all.typ").write_text("\n".join(lines), encoding="utf-8")
        made: Any = typst.compile(
            str(folder / "all.typ"),
            root=str(folder),
            font_paths=fonts(),
            format="png",
            ppi=dots,
        )
    return dict(zip(names, made if is_list(made) else [made], strict=True))


def _add(place: Any, block: Mapping[str, Any], pictures: Mapping[str, bytes], mm: Any) -> None:
    """Add a block to the document, or to a cell of it."""
    kind = block["kind"]
    if kind == "heading":
        _paragraph(place, block["text"], "Heading 2")
    elif kind in ("text", "small", "note"):
        place.add_paragraph(block["text"])
    elif kind == "list":
        for item in block["items"]:
            _paragraph(place, item, "List Bullet")
    elif kind == "picture":
        _add_picture(place, pictures[block["file"]], mm(block["width"]), block["alt"])
        place.add_paragraph(block["text"])
        # the legend with its signs, as on paper: what they mean is of no use without them
        key = block["key"]
        _add_picture(place, pictures[key["file"]], mm(key["width"]), key["alt"])
    elif kind == "code":
        _add_picture(place, pictures[block["picture"]], mm(22), block["alt"])
        place.add_paragraph(block["text"])
    elif kind == "sides":
        sides = place.add_table(rows=1, cols=2)
        for cell, blocks in zip(sides.rows[0].cells, in_two_columns([*block["left"], *block["right"]]), strict=True):
            for inner in blocks:
                _add(cell, inner, pictures, mm)
            # a cell begins with an empty paragraph of its own
            first = cell.paragraphs[0]._element
            first.getparent().remove(first)
    elif kind == "officers":
        for officer in block["items"]:
            if "photo" in officer:
                _add_picture(place, pictures[officer["photo"]], mm(16), officer["name"])
            line = place.add_paragraph()
            line.add_run(officer["name"]).bold = True
            line.add_run(": " + ", ".join(officer["lines"]))
    elif kind == "table":
        _add_table(place, block)


def in_two_columns(blocks: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return blocks in two columns as alike in height as headings allow, in the order in which they are read."""

    def lines(block: Mapping[str, Any]) -> float:
        texts = [block.get("text", ""), *block.get("items", ())]
        said = [o if isinstance(o, str) else " ".join([o["name"], *o["lines"]]) for o in texts]
        return sum(math.ceil(len(text) / LETTERS) for text in said) + (1.0 if block["kind"] == "heading" else 0.0)

    tall = [lines(b) for b in blocks]
    starts = [i for i, b in enumerate(blocks) if i and b["kind"] == "heading"] or [len(blocks)]
    cut = min(starts, key=lambda i: max(sum(tall[:i]), sum(tall[i:])))
    return list(blocks[:cut]), list(blocks[cut:])


def _add_picture(place: Any, picture: bytes, width: Any, alt: str) -> None:
    """Add a picture with its description for screen readers."""
    run = place.add_paragraph().add_run()
    drawn = run.add_picture(io.BytesIO(picture), width=width)
    drawn._inline.docPr.set("descr", alt)


def _add_table(place: Any, block: Mapping[str, Any]) -> None:
    table = place.add_table(rows=1, cols=len(block["header"]))
    table.style = "Light Grid Accent 1"
    for cell, text in zip(table.rows[0].cells, block["header"], strict=True):
        cell.text = text
    for row in block["rows"]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
