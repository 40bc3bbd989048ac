"""What stands on the pages of a paper: read once, and without the lines of its maps."""

from __future__ import annotations

import functools
import io
import re
from pathlib import Path

# The points of drawn lines, most of what a page with maps holds: whoever reads texts would take each of them apart.
POINTS = re.compile(rb"(?<![\w.(<\[])(?:-?[\d.]+\s+){2}[ml]\s+(?=[-\d])")


def pages_of(paper: Path) -> list[str]:
    """Return the text of each page."""
    return list(_pages(paper.read_bytes()))


@functools.lru_cache(maxsize=16)
def _pages(content: bytes) -> tuple[str, ...]:
    import pypdf
    from pypdf.generic import DecodedStreamObject, NameObject

    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    for page in pages:
        if (drawn := page.get_contents()) is not None:
            said = DecodedStreamObject()
            said.set_data(POINTS.sub(b"", drawn.get_data()))
            page[NameObject("/Contents")] = said
    return tuple(page.extract_text() for page in pages)
