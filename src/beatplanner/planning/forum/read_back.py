"""What a public file says, read back from the file: every text and number that a reader would see, geometry and programs aside."""

from __future__ import annotations

import csv
import datetime as dt
import html
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.cells import text_cell
from beatplanner.data.output_place import scratch_folder
from beatplanner.data.publish.public.figures import texts_in

# What a page on screen is made with, and what draws its shapes.
PROGRAM = re.compile(
    r"<style\b.*?</style>|<script(?![^>]*application/json)[^>]*>.*?</script>|<svg\b.*?</svg>", re.DOTALL | re.IGNORECASE
)
RECORDS = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
TOOLTIP = re.compile(r"bindTooltip\(\s*`(.*?)`", re.DOTALL)
# Coordinates in the records of a page: places on the map, and colours.
SHAPES = frozenset({"at", "shape", "colours", "lines", "rings", "river"})
# Bytes of a file, and of all parts of an office file, at most.
LARGEST = 200 << 20


def texts_of(path: Path) -> list[str]:
    """Return what a file says; empty for a picture and a PDF, which are made from the same texts as the beat pages.

    Raises
    ------
    InputError
        Where it cannot be read: packs of others may be anything.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is far too large")
        return _texts_of(path)
    except InputError:
        raise
    except Exception as error:  # libraries that read office files end in errors of every kind
        raise InputError(
            problem(f"the file cannot be read ({cause(error)})", "Make the pack again", file=path)
        ) from None


def _texts_of(path: Path) -> list[str]:
    kind = path.suffix.casefold()
    if kind == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [cell for row in csv.reader(stream) for cell in row]
    if kind == ".json":
        return list(texts_in(json.loads(path.read_text("utf-8"))))
    if kind == ".html":
        return list(_of_page(path.read_text("utf-8")))
    if kind in (".docx", ".xlsx"):
        return list(_of_office_file(path))
    if kind == ".gpkg":
        return list(_of_layers(path))
    return []


def _of_page(page: str) -> Iterable[str]:
    for record in RECORDS.findall(page):
        yield from texts_in(json.loads(record), SHAPES)
    for tooltip in TOOLTIP.findall(page):
        yield html.unescape(re.sub(r"<[^>]*>", " ", tooltip))
    body = PROGRAM.sub(" ", RECORDS.sub(" ", page))
    body = re.sub(r'<meta\b[^>]*http-equiv="Content-Security-Policy"[^>]*>|<meta\b[^>]*viewport[^>]*>', " ", body)
    for value in re.findall(r'(?:placeholder|aria-label|value|alt|title)="([^"]*)"', body):
        yield html.unescape(value)
    # a number in one cell never runs into the next
    for text in re.split(r"<[^>]*>", body):
        yield html.unescape(text)


def _of_office_file(path: Path) -> Iterable[str]:
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > LARGEST:
            raise ValueError("it is far too large when it is unpacked")
        for name in archive.namelist():
            if path.suffix.casefold() == ".docx" and re.fullmatch(
                r"word/(document|header\d*|footer\d*|footnotes|comments)\.xml", name
            ):
                # the letters of a paragraph may lie in several runs
                for paragraph in re.split(r"</w:p>", archive.read(name).decode("utf-8")):
                    yield html.unescape("".join(re.findall(r"<w:t\b[^>]*>([^<]*)</w:t>", paragraph)))
    if path.suffix.casefold() == ".xlsx":
        import openpyxl

        book = openpyxl.load_workbook(path, read_only=True)
        for sheet in book.worksheets:
            for row in sheet.iter_rows(values_only=True):
                yield from (
                    cell.date().isoformat() if isinstance(cell, dt.datetime) else str(cell)
                    for cell in row
                    if cell is not None
                )
        book.close()


def _of_layers(path: Path) -> Iterable[str]:
    import pyogrio

    from beatplanner.data.formats.geopackages import plain_geopackage

    with scratch_folder() as folder, plain_geopackage(path, folder) as plain:
        for layer, _ in pyogrio.list_layers(plain):
            frame = pyogrio.read_dataframe(plain, layer=layer, read_geometry=False)
            yield from (str(c) for c in frame.columns)
            for column in frame.columns:
                for value in frame[column].dropna().unique():
                    yield text_cell(value) or ""
