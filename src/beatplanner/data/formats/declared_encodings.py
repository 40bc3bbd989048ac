"""Texts of map layers whose file says in which code page they are: their letters decide, whatever it says.

Shapefiles say it in a ``.cpg`` file or a mark of their table, MapInfo in its charset, XML in its first line; JSON is UTF-8 by rule.
"""

from __future__ import annotations

import codecs
import re
import shutil
from pathlib import Path

import numpy as np

from beatplanner.data.endings import PACKAGES
from beatplanner.data.formats.text_tables import CYRILLIC, code_page, fits_better
from beatplanner.data.paths import part_of

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
# What a code page must leave as it is: none may pack, or hold escapes that could hide a link.
PLAIN = rb"ab<>&!%\x3c\u003c+ADw-~{~}"
_PROLOG = re.compile(
    rb"^(\xef\xbb\xbf)?(<\?xml[^>]{0,200}?encoding\s*=\s*[\"'])([\w.:-]+)([\"'][^>]{0,100}\?>)", re.IGNORECASE
)
_DECLARED = re.compile(r"^(<\?xml[^>]{0,200}?encoding\s*=\s*[\"'])[\w.:-]+([\"'])", re.IGNORECASE)
_CHARSET = re.compile(rb"(charset\s+\"?)([\w.-]+)(\"?)", re.IGNORECASE)
# A line of the definition of a MapInfo table: a column and its kind.
_FIELD = re.compile(
    rb"^\s+\S+\s+([a-z]+)\b[^;\r\n]*;",
    re.IGNORECASE | re.MULTILINE,
)
_MARK = re.compile(rb"<!-- read as ([\w-]+), said ([\w-]+) -->")


def as_unicode(content: bytes, suffix: str) -> bytes | None:
    """Return a text in UTF-8, None where it is so already and says nothing else.

    Parameters
    ----------
    content
        Of a JSON, KML or GML file.
    suffix
        Its ending, lower case.
    """
    wide = _wide_page(content)
    if wide is not None:
        text = content.decode(wide, errors="replace").removeprefix("\ufeff")
        return (
            _DECLARED.sub(r"\1UTF-8\2", text, count=1).encode("utf-8")
            if suffix in (".kml", ".gml")
            else text.encode("utf-8")
        )
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


def _wide_page(content: bytes) -> str | None:
    """Return the encoding of a text with two or four bytes a letter, by its mark or the zeros at its beginning."""
    for mark, page in (
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return page
    zeros = "".join("0" if b == 0 else "x" for b in content[:4])
    return {
        "x000": "utf-32-le",
        "000x": "utf-32-be",
        "x0x0": "utf-16-le",
        "0x0x": "utf-16-be",
    }.get(zeros)


def mapinfo_by_letters(path: Path, folder: Path) -> Path:
    """Give a MapInfo layer whose texts are not plain as a copy that says nothing of their code page; what it said stands in a ``.cpg`` beside it."""
    kind = path.suffix.lower()
    table = part_of(path, ".mid" if kind == ".mif" else ".dat")
    if table is None or path.stat().st_size > MOST_TEXT or _texts_and_names(path, table)[0].isascii():
        return path
    content = path.read_bytes()
    said = _CHARSET.search(content[:2000])
    for part in path.parent.iterdir():
        if part.stem == path.stem and part.is_file() and part.suffix.lower() not in (".cpg", ".csv", *PACKAGES):
            shutil.copyfile(part, folder / part.name)
    target = folder / path.name
    plain = _CHARSET.sub(rb"\g<1>Neutral\g<3>", content[:4000]) + content[4000:]
    target.write_bytes(plain)
    declared = CHARSETS.get(said[2].decode("ascii").casefold()) if said else None
    if declared is not None:
        target.with_suffix(".cpg").write_text(declared, encoding="ascii")
    return target


def _texts_and_names(path: Path, table: Path) -> tuple[bytes, bytes]:
    """Return the bytes of the texts of a shapefile or MapInfo layer, and those of the names of its columns; numbers may hold any byte."""
    with table.open("rb") as stream:
        content = stream.read(8_000_000)
    start, width = (int.from_bytes(content[at : at + 2], "little") for at in (8, 10))
    if table.suffix.lower() == ".mid" or not 32 < start < len(content) or width == 0:
        return content, b""
    fields = [content[at : at + 32] for at in range(32, start - 31, 32)]
    names = b" ".join(f[:11].split(b"\x00")[0] for f in fields)
    # a table of MapInfo calls every column a text; the file beside it knows better
    kinds = (
        _FIELD.findall(path.read_bytes()[:2_000_000]) if path.suffix.lower() == ".tab" else [f[11:12] for f in fields]
    )
    rows = np.frombuffer(content, np.uint8, offset=start)
    rows = rows[: len(rows) // width * width].reshape(-1, width)
    texts: list[np.ndarray] = []
    at = 1
    for field, kind in zip(fields, kinds, strict=False):
        if kind[:1].upper() == b"C":
            texts.append(rows[:, at : at + field[16]])
        at += field[16]
    return (np.concatenate(texts, axis=1).tobytes() if texts else b""), names


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
    texts, names = _texts_and_names(path, table)
    if texts.isascii() and names.isascii():
        return None, ""
    said = part_of(path, ".cpg")
    mapinfo = kind in (".tab", ".mif")
    declared, by = None, "the MapInfo layer says no charset" if mapinfo else "the shapefile has no .cpg file"
    if said is not None:
        declared, by = _codec(said.read_bytes()[:40].decode("ascii", errors="replace")), "its .cpg file"
        by = "its charset" if mapinfo else by
    elif not mapinfo and (mark := _language_byte(table)) in LANGUAGE_BYTES:
        declared, by = LANGUAGE_BYTES[mark], "its table"
    # texts are cut to their column, if need be through a letter: a few broken ones are no proof
    letters = names if texts.isascii() else texts
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


def _language_byte(table: Path) -> int:
    with table.open("rb") as stream:
        return (stream.read(30) + bytes(30))[29]


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
        {"88591": "iso8859-1"}.get(digits, f"iso8859-{digits[4:]}" if digits.startswith("8859") else text),
    ):
        try:
            if (PLAIN + b"\xc8").decode(name, errors="replace")[: len(PLAIN)] == PLAIN.decode("ascii"):
                return codecs.lookup(name).name
        except (LookupError, UnicodeError):
            continue
    return None
