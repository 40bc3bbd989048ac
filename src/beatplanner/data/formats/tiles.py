"""Background maps that a user has on disk: MBTiles, a SQLite file of small square pictures. No network is ever asked.

Pictures stand in Web Mercator (EPSG:3857), 2^zoom a side; rows count from the south. Source: MBTiles 1.3, github.com/mapbox/mbtiles-spec.
"""

from __future__ import annotations

import math
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.geopackages import opened_database

# Half the width of the world in Web Mercator, metres.
HALF_WORLD = math.pi * 6378137.0
# The deepest zoom of the specification's tools; the largest picture in bytes; seconds that one question to the file may take.
DEEPEST, MOST_BYTES, SECONDS = 24, 4 << 20, 4.0
# What pictures begin with, by format.
SIGNS = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "webp": b"RIFF"}
# What a file may call the pictures that are shown here.
PICTURES = (*SIGNS, "jpeg")
AGAIN = "Make it again, or take it from a backup"


@dataclass(frozen=True)
class TileFile:
    """A background map.

    Attributes
    ----------
    path
        The file.
    name, attribution
        What it is called, and whom it is owed to; plain text.
    least, most
        The coarsest and the finest zoom that it holds.
    box
        West, south, east, north of what it covers, Web Mercator, metres.
    """

    path: Path
    name: str
    attribution: str
    least: int
    most: int
    box: tuple[float, float, float, float]

    def picture(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile as it stands in the file, `row` counted from the north; None where there is none.

        Raises
        ------
        InputError
            Where the file cannot be read any more.
        """
        try:
            with opened_database(self.path, SECONDS) as database:
                database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
                found = database.execute(
                    "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ? LIMIT 1",
                    (zoom, column, (1 << zoom) - 1 - row),
                ).fetchone()
        except (sqlite3.Error, OSError) as error:
            raise InputError(_damaged(self.path, error)) from None
        return bytes(found[0]) if found and isinstance(found[0], bytes) else None


def format_of(picture: bytes) -> str:
    """Return ``"png"``, ``"jpg"`` or ``"webp"`` by the first bytes of a picture; "" for anything else."""
    return next((kind for kind, sign in SIGNS.items() if picture.startswith(sign)), "")


def open_tiles(path: Path) -> TileFile:
    """Open a background map.

    Raises
    ------
    InputError
        Where it is no MBTiles file, is damaged, or holds drawings (vector tiles) in place of pictures.
    """
    if not path.is_file():
        raise InputError(problem("the file is not there", "Choose it again", file=path))
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
        if head != b"SQLite format 3\0":
            what = f"{path.name} is no MBTiles file"
            raise InputError(problem(what, "Choose a background map that ends in .mbtiles"))
        with opened_database(path, 2 * SECONDS) as database:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
            metadata = {
                str(k): str(v)[:1000]
                for k, v in database.execute("SELECT name, value FROM metadata LIMIT 200")
                if k is not None and v is not None
            }
            least, most = _zooms(database, metadata)
            first = database.execute("SELECT tile_data FROM tiles WHERE zoom_level = ? LIMIT 1", (most,)).fetchone()
    except (sqlite3.Error, OSError) as error:
        raise InputError(_damaged(path, error)) from None
    if first is None:
        raise InputError(problem(f"{path.name} holds no pictures", AGAIN))
    if not (isinstance(first[0], bytes) and format_of(first[0])):
        value = metadata.get("format", "unknown")
        if value.lower() in PICTURES:
            raise InputError(problem(f"{path.name} is damaged: what it holds as pictures are none", AGAIN))
        what = f"{path.name} holds “{value}” tiles, which are not pictures"
        raise InputError(problem(what, "Choose one with PNG, JPEG or WebP pictures"))
    return TileFile(
        path,
        _plain(metadata.get("name", "")) or path.stem,
        _plain(metadata.get("attribution", "")),
        least,
        most,
        _box(metadata),
    )


def _zooms(database: sqlite3.Connection, metadata: dict[str, str]) -> tuple[int, int]:
    """Return the coarsest and the finest zoom: as the file says where tiles are there, else as they are."""
    found = database.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
    zooms = [z for z in found if isinstance(z, int)]
    if not zooms:
        zooms = [int(metadata[k]) for k in ("minzoom", "maxzoom") if metadata.get(k, "").strip().isdecimal()]
    zooms = [z for z in zooms if 0 <= z <= DEEPEST]
    return (min(zooms), max(zooms)) if zooms else (0, 0)


def _box(metadata: dict[str, str]) -> tuple[float, float, float, float]:
    """Return what is covered, by the file's own words; the world where they are missing or make no sense."""
    world = (-HALF_WORLD, -HALF_WORLD, HALF_WORLD, HALF_WORLD)
    try:
        west, south, east, north = (float(v) for v in metadata.get("bounds", "").split(","))
    except ValueError:
        return world
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        return world
    (left, bottom), (right, top) = _mercator(west, south), _mercator(east, north)
    return left, bottom, right, top


def _mercator(east: float, north: float) -> tuple[float, float]:
    """Return Web Mercator metres of degrees."""
    north = max(-85.05112878, min(85.05112878, north))
    y = math.log(math.tan(math.pi / 4 + math.radians(north) / 2)) / math.pi
    return east / 180 * HALF_WORLD, y * HALF_WORLD


def _plain(text: str) -> str:
    """Return a text without marks of HTML, on one line, at most 120 letters."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).replace("&copy;", "©").replace("&amp;", "&").split())[:120]


def _damaged(path: Path, error: Exception) -> Note:
    """Say that a file cannot be read in words for a planner; those of SQLite are none."""
    if "interrupted" in str(error):
        return problem(f"{path.name} was read for too long and the reading was interrupted", AGAIN)
    return problem(f"{path.name} is damaged, or no background map", AGAIN)
