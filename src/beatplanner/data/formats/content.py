"""What an input says, apart from how its file is written: a file that was saved again says the same in other bytes.

A table says its cells as the reader of tables gives them, whatever its code page, separator, line ends and blank rows; a workbook the cells of each
sheet; a map layer its columns, geometries and CRS. Of a shapefile the cells stand in files beside it, which the hash of the file alone does not see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.errors import InputError
from beatplanner.data.formats.archives import is_archive, members, unpacked
from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.fingerprint import file_hash, fingerprint
from beatplanner.data.formats.layers import TEXT_TABLES, whole_layers
from beatplanner.data.formats.text_tables import read_text_table
from beatplanner.data.formats.workbooks import WORKBOOKS, every_sheet

# Beyond so many bytes a file is known by its bytes alone: reading all of it once more would take longer than it is worth.
MOST_BYTES = 64 << 20
# The files that hold one layer together, by the ending of the one that is named.
PARTS = {
    ".shp": (".shp", ".dbf", ".prj", ".cpg"),
    ".tab": (".tab", ".dat", ".map", ".id"),
    ".mif": (".mif", ".mid"),
}
# Pictures, and what is cut out of a country's extract: known by their bytes.
BY_BYTES = (".tif", ".tiff", ".pbf", ".osm")
State = Literal["unchanged", "saved again", "changed", "gone"]


def state_of_input(source: Mapping[str, Any]) -> State:
    """Tell what has become of an input since it was read.

    Parameters
    ----------
    source
        Of ``summary.json``: its ``path``, ``sha256`` and, in plans of today, ``content``.

    Returns
    -------
    str
        “saved again” where the file has other bytes that say the same; “gone” also where it cannot be read.
    """
    return state_of(Path(str(source.get("path", ""))), str(source.get("sha256")), source.get("content"))


def state_of(path: Path, sha256: str, content: str | None = None) -> State:
    """Tell what has become of a file that had this `fingerprint` and this `bound_content`; None where that is not known."""
    try:
        if not path.exists():
            return "gone"
        same = fingerprint(path) == sha256
    except OSError:
        return "gone"
    # what stands in files beside it is seen in the content alone
    if content is None or (same and path.suffix.lower() not in PARTS):
        return "unchanged" if same else "changed"
    return "changed" if bound_content(path, sha256) != content else "unchanged" if same else "saved again"


def bound_content(path: Path, sha256: str) -> str | None:
    """Return the hash of what a file says together with that of the bytes in which it said so, so that neither can be changed alone; None as `content_of`."""
    content = content_of(path)
    return None if content is None else hashlib.sha256(f"{sha256} {content}".encode()).hexdigest()


def content_of(path: Path) -> str | None:
    """Return the hash of what a file says; None where it is known by its bytes alone, or cannot be read."""
    try:
        parts = _parts(path)
        states = [p.stat() for p in parts]
    except OSError:
        return None
    if path.is_dir() or path.suffix.lower() in BY_BYTES:
        return None
    small = sum(s.st_size for s in states) <= MOST_BYTES
    return _content(path, tuple((p.name, s.st_mtime_ns, s.st_size) for p, s in zip(parts, states, strict=True)), small)


def _parts(path: Path) -> list[Path]:
    """Return the files that hold a layer, in order; the file alone where it is of a kind that needs no other."""
    endings = PARTS.get(path.suffix.lower())
    if endings is None:
        return [path]
    beside = [p for p in path.parent.iterdir() if p.stem == path.stem and p.suffix.lower() in endings and p.is_file()]
    return sorted(beside, key=lambda p: endings.index(p.suffix.lower()))


@lru_cache(maxsize=256)
def _content(path: Path, parts: tuple[tuple[str, int, int], ...], small: bool) -> str | None:
    digest = hashlib.sha256()
    try:
        if small:
            for name in members(path) if is_archive(path) else [None]:
                with unpacked(path, name) as inner:
                    _add_file(digest, inner)
            return digest.hexdigest()
    except (InputError, OSError):
        pass
    if len(parts) == 1:
        return None
    return hashlib.sha256(" ".join(file_hash(path.with_name(name)) for name, *_ in parts).encode()).hexdigest()


def _add_file(digest: Any, path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix in BY_BYTES:
        digest.update(file_hash(path).encode())
    elif suffix in WORKBOOKS:
        for name, rows in every_sheet(path):
            digest.update(repr((name, rows)).encode())
    elif suffix in TEXT_TABLES:
        _add_frame(digest, read_text_table(path, None).frame)
    else:
        for layer in whole_layers(path):
            digest.update(repr(layer.name).encode())
            _add_frame(digest, layer.frame)


def _add_frame(digest: Any, frame: pd.DataFrame) -> None:
    place = frame.crs.to_wkt() if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None else ""
    digest.update(repr(([str(c) for c in frame.columns], len(frame), place)).encode())
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if isinstance(column, gpd.GeoSeries):
            shapes: list[bytes | None] = shapely.to_wkb(column.to_numpy(), byte_order=1).tolist()
            digest.update(b"".join(b"-" if s is None else b"%d:" % len(s) + s for s in shapes))
        elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
            digest.update(np.ascontiguousarray(column.to_numpy()).tobytes())
        else:
            digest.update(repr(texts(column)).encode())
