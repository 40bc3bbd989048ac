"""Exports of the map as files: GeoPackage, GeoJSON, CSV and XLSX, each written beside and swapped in."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyogrio.errors

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.geopackages import append_layer
from beatplanner.data.output_place import cannot_write, clear_stopped, place_to_write, swap_in
from beatplanner.data.result.cells import BOLD, fit_heading, fit_pages, safe_cell, write_csv
from beatplanner.data.result.folder import plain_types

LONGEST_TITLE = 31  # letters of a sheet's title
# How a workbook shows a number with decimals.
SHOWN = "#,##0.0##"
# Columns whose numbers are names.
NAMES = ("unit", "beat", "current", "station", "sector", "command")
FORMATS = (".gpkg", ".geojson", ".csv", ".xlsx")
# Formats that hold all layers in one file.
ONE_FILE = (".gpkg", ".xlsx")


def write_map_file(
    path: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    readable: Callable[[pd.DataFrame], pd.DataFrame],
    card: Sequence[tuple[str, str]] = (),
    words: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write layers in the format that the file's ending names.

    Parameters
    ----------
    path
        The file. A GeoJSON or CSV holds one layer: each further one goes into a file of its own beside it, with the layer's name.
    layers
        Layers by name.
    readable
        Turns a table into one for people: signs for hidden numbers.
    card
        Lines of the run card, which a workbook has as its last sheet.
    words
        What a workbook calls a layer, a column, and the ``run card``; those that are not here keep their names, as they do in the other formats.

    Returns
    -------
    list of pathlib.Path
        The files that were written.

    Raises
    ------
    InputError
        Where the format is unknown or the file cannot be written.
    """
    path = place_to_write(path)
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise InputError(
            problem(f"“{path.suffix}” is no format of an export", f"Give one of {', '.join(FORMATS)}", file=path)
        )
    clear_stopped(path)
    files = files_of_export(path, layers)
    if kind in ONE_FILE:
        _swapped(path, lambda part: _write_all(part, layers, readable, card, words or {}))
        return files
    for file, frame in zip(files, layers.values(), strict=True):
        _swapped(file, lambda part, frame=frame: _write_one(part, frame, readable))
    return files


def files_of_export(path: Path, layers: Iterable[str]) -> list[Path]:
    """Return the files that some layers go into: one, or one a layer where the format holds no more."""
    if path.suffix.lower() in ONE_FILE:
        return [path]
    return [path, *(path.with_name(f"{path.stem}-{name}{path.suffix}") for name in list(layers)[1:])]


def _swapped(path: Path, write: Callable[[Path], None]) -> None:
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        write(part)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        part.unlink(missing_ok=True)
        raise InputError(cannot_write(error, path)) from None
    swap_in(part, path)


def _write_one(part: Path, frame: gpd.GeoDataFrame, readable: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    if part.suffix.lower() == ".csv":
        table = readable(_without_shapes(frame))
        write_csv(part, [str(c) for c in table.columns], table.itertuples(index=False))
    else:
        # GeoJSON is in degrees by its standard (RFC 7946)
        pyogrio.write_dataframe(plain_types(frame.to_crs(4326)), part, driver="GeoJSON", RFC7946="YES")


def _write_all(
    part: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    readable: Callable[[pd.DataFrame], pd.DataFrame],
    card: Sequence[tuple[str, str]],
    words: Mapping[str, str],
) -> None:
    if part.suffix.lower() == ".gpkg":
        for name, frame in layers.items():
            append_layer(part, name, plain_types(frame))
        return
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, frame in layers.items():
        table = readable(_without_shapes(frame))
        page = book.create_sheet(_title(words.get(name, name.capitalize())))
        heads = [words.get(str(c), str(c)) for c in table.columns]
        page.append(heads)
        for row in table.itertuples(index=False):
            page.append([_cell(v) for v in row])
        for k, (head, column) in enumerate(zip(heads, table.columns, strict=True), 1):
            page.cell(1, k).font = Font(bold=True)
            # a heading has lines, and a column is as wide as its longest word and what stands below
            page.cell(1, k).alignment = Alignment(wrap_text=True, vertical="top")
            # a look at a cell that is not there makes one
            said = [v for (v,) in page.iter_rows(2, min(201, 1 + len(table)), k, k, values_only=True)]
            widest = max([BOLD * max(map(len, head.split())), *(len(_seen(v)) for v in said)])
            page.column_dimensions[get_column_letter(k)].width = min(48, widest + 2)
            # figures are kept, and shown as people write them; numbers that are names are none
            numbers = [v for v in said if isinstance(v, int | float)]
            shown = SHOWN if any(v % 1 for v in numbers) else "#,##0"
            for (cell,) in page.iter_rows(2, page.max_row, k, k) if numbers and column not in NAMES else ():
                cell.number_format = shown
        fit_heading(page)
        page.freeze_panes = "A2"
        page.auto_filter.ref = page.dimensions
    if card:
        page = book.create_sheet(_title(words.get("run card", "Run card")))
        for row in card:
            page.append([_cell(v) for v in row])
        page.column_dimensions["A"].width, page.column_dimensions["B"].width = 28, 60
        for row in page.iter_rows():
            for cell in row:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    fit_pages(book)
    book.save(part)


def _title(text: str) -> str:
    """Return a title that a workbook takes for a sheet."""
    return re.sub(r"[\\*?:/\[\]]", " ", text)[:LONGEST_TITLE]


def _seen(value: Any) -> str:
    """Return about what is seen of a cell."""
    return "" if value is None else f"{value:,.3f}" if isinstance(value, float) else str(value)


def _cell(value: Any) -> Any:
    """Return a cell that a workbook can hold and no spreadsheet takes for a formula."""
    value = safe_cell(value)
    return value.item() if hasattr(value, "item") else value


def _without_shapes(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(plain_types(frame).drop(columns="geometry"))
