"""Texts of map layers whose file says in which code page they are: their letters decide, whatever it says.

Shapefiles say it in a ``.cpg`` file or a mark of their table, MapInfo in its charset, XML in its first line; JSON is UTF-8 by rule.
"""

from __future__ import annotations

import codecs
import re
import shutil
from pathlib import Path

from beatplanner.data.formats.text_tables import CYRILLIC, code_page, fits_better

# More text than this is not turned into Unicode.
MOST_TEXT = 600 << 20
# Texts that are turned into UTF-8 where they are something else; GML is copied in any case.
TEXTS = {".json", ".geojson", ".geojsonl", ".topojson", ".kml"}
# Code pages that a DBF's 30th byte names; others are not trusted, as many programs write anything there.
LANGUAGE_BYTES = {0xC8: "cp1250", 0xC9: "cp1251", 0x26: "cp866", 0x65: "cp866"}
# Charsets of MapInfo.
CHARSETS = {
    "windowslatin1": "cp1252",
    "windowslatin2": "cp1250",
    "windowscyrillic": "cp1251",
    "isolatin1": "iso8859-1",
    "isolatin2": "iso8859-2",
    "isocyrillic": "iso8859-5",
    "codepage866": "cp866",
    "codepage852": "cp852",
    "utf-8": "utf-8",
    "utf8": "utf-8",
}
_PROLOG = re.compile(
    rb"^(\xef\xbb\xbf)?(<\?xml[^>]{0,200}?encoding\s*=\s*[\"'])([\w.:-]+)([\"'][^>]{0,100}\?>)", re.IGNORECASE
)
_CHARSET = re.compile(rb"(charset\s+\"?)([\w.-]+)(\"?)", re.IGNORECASE)
_MARK = re.compile(rb"<!-- read as ([\w-]+), said ([\w-]+) -->")


def part_of(path: Path, suffix: str) -> Path | None:
    """Return another part of a shapefile or MapInfo layer, whatever the case of its ending; None where there is none."""
    for spelled in (suffix, suffix.upper()):
        part = path.with_suffix(spelled)
        if part.is_file():
            return part
    return None


def as_unicode(content: bytes, suffix: str) -> bytes | None:
    """Return a text in UTF-8, None where it is so already and says nothing else.

    Parameters
    ----------
    content
        Of a JSON, KML or GML file.
    suffix
        Its ending, lower case.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    said = _PROLOG.match(content) if suffix in (".kml", ".gml") else None
    declared = (_codec(said[3].decode("ascii")) if said else None) or "utf-8"
    try:
        content.decode("utf-8-sig")
        page = "utf-8"
    except UnicodeDecodeError:
        page = code_page(content) if declared == "utf-8" else fits_better(content, declared)
    if page == declared == "utf-8":
        return None
    text = content.decode(page, errors="replace").encode("utf-8")
    if said is None:
        return text
    mark = f"<!-- read as {page}, said {declared} -->".encode() if page != declared else b""
    head = (said[2] + b"UTF-8" + said[4]).lstrip()
    return head + mark + text[len(said[0]) :]


def mapinfo_by_letters(path: Path, folder: Path) -> Path:
    """Give a MapInfo layer whose texts are not plain as a copy that says nothing of their code page; what it said stands in a ``.cpg`` beside it."""
    kind = path.suffix.lower()
    table = part_of(path, ".mid" if kind == ".mif" else ".dat")
    if table is None or path.stat().st_size > MOST_TEXT or not _is_beyond_ascii(table):
        return path
    content = path.read_bytes()
    said = _CHARSET.search(content[:2000])
    for part in path.parent.iterdir():
        if part.stem == path.stem and part.is_file() and part.suffix.lower() not in (".cpg", ".csv", ".gpkg"):
            shutil.copyfile(part, folder / part.name)
    target = folder / path.name
    plain = _CHARSET.sub(rb"\g<1>Neutral\g<3>", content[:4000]) + content[4000:]
    target.write_bytes(plain)
    declared = CHARSETS.get(said[2].decode("ascii").casefold()) if said else None
    if declared is not None:
        target.with_suffix(".cpg").write_text(declared, encoding="ascii")
    return target


def _is_beyond_ascii(path: Path) -> bool:
    with path.open("rb") as stream:
        content = stream.read(8_000_000)
    start = int.from_bytes(content[8:10], "little") if path.suffix.lower() == ".dat" and len(content) > 32 else 0
    return any(b > 127 for b in content[start:])


def layer_encoding(path: Path) -> tuple[str | None, str]:
    """Return the code page of a layer's texts where GDAL would not know it, and a sentence that says so.

    The letters decide: what a ``.cpg`` file, the table's own mark, a charset or the first line of an XML file says holds where the letters
    fit it as well as anything else.

    Parameters
    ----------
    path
        A file as `beatplanner.data.formats.vector_files.opened` gives it.
    """
    kind = path.suffix.lower()
    if kind in (".kml", ".gml"):
        with path.open("rb") as stream:
            mark = _MARK.search(stream.read(600))
        return None, _in_words("its first line", mark[2].decode(), mark[1].decode()) if mark else ""
    tables = {".shp": ".dbf", ".dbf": ".dbf", ".tab": ".dat", ".mif": ".mid"}
    table = part_of(path, tables[kind]) if kind in tables else None
    if table is None:
        return None, ""
    with table.open("rb") as stream:
        content = stream.read(8_000_000)
    start = int.from_bytes(content[8:10], "little") if len(content) > 32 and kind != ".mif" else 0
    texts, names = content[start:], content[32:start]
    if not any(b > 127 for b in texts) and not any(b > 127 for b in names):
        return None, ""
    said = part_of(path, ".cpg")
    mapinfo = kind in (".tab", ".mif")
    declared, by = None, "the MapInfo layer says no charset" if mapinfo else "the shapefile has no .cpg file"
    if said is not None:
        declared, by = _codec(said.read_bytes()[:40].decode("ascii", errors="replace")), "its .cpg file"
        by = "its charset" if mapinfo else by
    elif not mapinfo and len(content) > 30 and content[29] in LANGUAGE_BYTES:
        declared, by = LANGUAGE_BYTES[content[29]], "its table"
    # texts are cut to their column, if need be through a letter: a few broken ones are no proof
    letters = texts if any(b > 127 for b in texts) else names
    broken = letters.decode("utf-8", errors="replace").count("\ufffd")
    wide = sum(b >= 0xC0 for b in letters)
    if wide > 0 and broken <= 0.02 * wide:
        page = "utf-8"
    elif declared in (None, "utf-8"):
        page = code_page(letters)
    else:
        page = fits_better(letters, declared)
    if page == declared:
        # of MapInfo the copy does not say it any more
        return page, ""
    if declared is None:
        found = "its texts are UTF-8" if page == "utf-8" else f"they were read as {_word(page)}, by their letters"
        return page, f"{by}; {found}"
    return page, _in_words(by, declared, page)


def _in_words(by: str, declared: str, page: str) -> str:
    return f"{by} says {_word(declared)}, which the texts are not; they were read as {_word(page)}, by their letters"


def _word(page: str) -> str:
    return ({"utf-8": "UTF-8"} | CYRILLIC).get(page, page)


def _codec(word: str) -> str | None:
    """Return Python's name of the code page that a file names, None where it is unknown."""
    text = word.strip().lower().replace(" ", "")
    if text in {"65001", "utf8", "utf-8"}:
        return "utf-8"
    digits = re.sub(r"^(ansi|oem|cp|windows-|win|ibm)?", "", text).strip("-_")
    for name in (
        f"cp{digits}" if digits.isdigit() else text,
        {"88591": "iso8859-1"}.get(digits, f"iso8859-{digits[4:]}"),
    ):
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    return None
