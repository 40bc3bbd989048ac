"""Zipped folders: looked into with suspicion, unpacked beside nothing, and gone after reading."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import listed

MOST_MEMBERS = 5_000
MOST_UNPACKED = 2 << 30
# A map layer packs to a tenth at best; a thousandth is a bomb.
MOST_RATIO = 300
# What a zipped folder is opened for, the best first; the other parts of a shapefile come along.
LAYERS = (
    ".gpkg",
    ".shp",
    ".geojson",
    ".json",
    ".fgb",
    ".gml",
    ".tab",
    ".mif",
    ".kml",
    ".csv",
    ".tsv",
    ".xlsx",
    ".ods",
    ".xls",
    ".txt",
    ".tif",
    ".tiff",
)


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zipped folder by its name, as KMZ is; workbooks are zipped too, but have a reader of their own."""
    return path.suffix.lower() in {".zip", ".shz", ".kmz"}


@contextmanager
def unpacked(path: Path, layer: str | None = None) -> Generator[Path]:
    """Unpack a zipped folder into a temporary one and give the layer's file in it; any other file is given as it is.

    Parameters
    ----------
    path
        The file.
    layer
        Where the folder holds several layers, the name of the file that is meant (with or without its ending).

    Raises
    ------
    InputError
        Where there is no such file, or it is no zipped folder, is a bomb, has members that lead out of it, or holds no layer or several.
    """
    if not path.exists():
        raise InputError(problem("there is no such file", "Check the path", file=path))
    if not is_archive(path):
        yield path
        return
    folder = Path(tempfile.mkdtemp(prefix=f"beatplanner-{os.getpid()}-"))
    try:
        _unpack(path, folder)
        yield _layer_file(path, folder, layer)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def members(path: Path) -> list[str | None]:
    """Return the names of the layers and tables in a zipped folder; None alone where there is one only."""
    with tempfile.TemporaryDirectory(prefix=f"beatplanner-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        _unpack(path, Path(folder))
        found = _layer_files(Path(folder))
        if not found:
            _layer_file(path, Path(folder), None)
    return [p.name for p in found] if len(found) > 1 else [None]


def _unpack(path: Path, folder: Path) -> None:
    total, packed = 0, max(1, path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise InputError(
                    problem(f"the zipped folder has {len(members):,} files", "Zip the layer alone", file=path.name)
                )
            for member in members:
                name = PurePosixPath(member.filename.replace("\\", "/"))
                if member.is_dir() or name.name.startswith((".", "__MACOSX")) or "__MACOSX" in name.parts:
                    continue
                if name.is_absolute() or ".." in name.parts or any(":" in p for p in name.parts):
                    what = f"the member “{_shown(member.filename)}” leads out of the zipped folder"
                    raise InputError(problem(what, "Unpack it yourself, look at it and zip it again", file=path.name))
                if member.flag_bits & 1:
                    raise InputError(
                        problem("the zipped folder is protected by a password", "Zip it without one", file=path.name)
                    )
                # names are made anew: what a system cannot hold in a name never reaches it
                target = folder.joinpath(*(_safe(part) for part in name.parts))
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as out:
                    while chunk := source.read(1 << 20):
                        total += len(chunk)
                        if total > MOST_UNPACKED or (total > 1 << 26 and total > MOST_RATIO * packed):
                            what = f"the zipped folder unpacks to more than {total / 1e6:,.0f} MB"
                            raise InputError(problem(what, "Unpack it and name the file in it", file=path.name))
                        out.write(chunk)
    except InputError:
        raise
    except Exception:  # a broken archive raises whatever the step that met it raises
        what = "the zipped folder is damaged, so it cannot be read"
        raise InputError(problem(what, "Send it again, or unpack it", file=path.name)) from None


def _layer_files(folder: Path) -> list[Path]:
    """Return what may be read in an unpacked folder: the map layers, or the tables where there are none."""
    geodatabases = sorted(p for p in folder.rglob("*.gdb") if p.is_dir())
    files = sorted(
        p
        for p in folder.rglob("*")
        if p.is_file() and p.suffix.lower() in LAYERS and not any(g in p.parents for g in geodatabases)
    )
    files = [*geodatabases, *files]
    maps = [p for p in files if p.suffix.lower() in LAYERS[:9] or p.suffix.lower() == ".gdb"]
    return maps or files


def _layer_file(path: Path, folder: Path, layer: str | None) -> Path:
    chosen = _layer_files(folder)
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {*LAYERS, ".gdb"})
    if layer is not None:
        named = [p for p in files if layer.casefold() in {p.name.casefold(), p.stem.casefold()}]
        if named:
            return named[0]
    if not chosen:
        what = "the zipped folder holds no layer or table"
        raise InputError(problem(what, f"It should hold one of {', '.join(LAYERS[:8])}, …", file=path.name))
    if len(chosen) > 1 and layer is None:
        what = f"the zipped folder holds {len(chosen)} layers: {listed([p.name for p in chosen])}"
        raise InputError(problem(what, 'Pick one with layer = "…"', file=path.name))
    return chosen[0]


def _safe(part: str) -> str:
    return "".join(c if c.isprintable() and c not in '<>"|?*' else "_" for c in part).strip(". ")[:120] or "_"


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:80]
