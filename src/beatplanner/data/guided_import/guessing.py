"""Guesses what a file is and what its columns mean, from names in the region's languages and from the values.

A guess is a proposal: it comes with its reason, and a user changes it. Names are compared in Latin letters without diacritics, so that
“Становници”, “Stanovnici” and “становници” are one word.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.layers import TEXT_TABLES, WORKBOOKS, is_missing, whole_table
from beatplanner.data.formats.vector_files import check_kind, shapefile_encoding
from beatplanner.data.formats.workbooks import sheet_names

RASTERS = {".tif", ".tiff", ".vrt", ".asc", ".img"}
VECTORS = {
    ".gpkg",
    ".geojson",
    ".json",
    ".shp",
    ".kml",
    ".gml",
    ".fgb",
    ".tab",
    ".mif",
    ".sqlite",
    ".pbf",
    ".gpx",
    ".dxf",
    ".parquet",
}
# Rows whose values are looked at; all rows are where it matters whether a value stands once.
LOOKED_AT = 4000

# Another CRS is a rival where nearly as many places fit, as a share, and lie elsewhere by more metres than an address is wrong by.
RIVAL, ELSEWHERE, METRES_A_DEGREE = 0.05, 60.0, 111_320.0
RIVALS = "nearly as many in"

ROLES = (
    "units",
    "incidents",
    "current",
    "candidates",
    "existing",
    "roads",
    "barriers",
    "crossings",
    "roster",
    "population_raster",
    "elevation",
)
# What a role needs its columns to mean; the first of each are needed.
MEANINGS: dict[str, tuple[str, ...]] = {
    "units": ("id", "name", "population", "municipality", "workload", "current"),
    "incidents": ("x", "y", "category", "time"),
    "current": ("id",),
    "candidates": ("id", "x", "y", "name", "cost"),
    "existing": ("id", "x", "y", "name"),
    "roads": (),
    "barriers": (),
    "crossings": (),
    "roster": ("officer", "beat", "since", "languages", "gender", "x", "y", "trained_on", "joins_on", "leaves_on"),
    "population_raster": (),
    "elevation": (),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "units": ("id",),
    "current": ("id",),
    "candidates": ("id",),
    "existing": ("id",),
    "roster": ("officer",),
}

# Words for a meaning in English, Albanian, Serbian, Macedonian, Romanian and Russian, in Latin letters without diacritics.
WORDS: dict[str, str] = {
    "id": "id code kod cod sifra sifra kodi nr no num number broj numer numri nomer fid gid objectid oznaka shenja geoid ags unit block bg zone zona",
    "name": "name naziv ime emri emer emertimi nume denumire nazvanie imya naselje naselja naselba naselennyj place settlement vendbanim label",
    "population": "population pop people residents inhabitants popullsia popullsi banore stanovnistvo stanovnici stanovnika ziteli zitelji naselenie "
    "populatie populatia locuitori zhiteli persons total_pop poptotal pop_total pop2011 pop2021 totpop lica",
    "municipality": "municipality muni opstina opstini opshtina opstine komuna komune bashkia comuna municipiu municipalitate obshtina obscina "
    "municipalitet district gmina county rajon raion grad",
    "workload": "workload hours calls load angazman sati casovi ore ngarkesa incarcare nagruzka chasy poziva",
    "current": "beat beats sector sektor rejon reon reoni rajon patrol zona precinct tract today ucastok uchastok kvart sectorul oldbeat",
    "x": "x lon lng long longitude east easting gjatesia duzina longitudine dolgota xcoord x_coord coord_x point_x istok e xft",
    "y": "y lat latitude north northing gjeresia sirina latitudine shirota sirota ycoord y_coord coord_y point_y sever n yft",
    "category": "category type kind offence offense crime class kategorija kategorija kategori lloji vepra vrsta tip tipi delo dela prekrsaj krivicno "
    "krivicna categorie fel infractiune kategoria vid prestuplenie prestuplenija incident nature description opis call",
    "time": "time date when occurred datetime reported datum data koha vreme vrijeme ora dita timestamp vremja den dan oraata occurrence start",
    "cost": "cost price rent cena kosto kostoja cmimi trosak troskovi troshok kirija qira cost_eur pret chirie stoimost budget eur",
    "officer": "officer name badge policajac sluzbenik sluzbenici oficer oficeri polic zyrtar policist politist ofiter agent sotrudnik oficer id ime",
    "beat": "beat sector sektor rejon reon post zona ucastok uchastok patrol",
    "since": "since from od nga prej de din start pocetok pocetak fillimi s_daty posted assigned rasporedjen",
    "languages": "languages language speaks jezik jezici jazik jazici gjuha gjuhet limba limbi jazyk jazyki",
    "gender": "gender sex pol gjinia gen sexul rod",
    "trained_on": "trained training obuka obuken trajnimi instruit obucen obuchen",
    "joins_on": "joins joined join start_date employed zaposlen punesuar angajat prijem",
    "leaves_on": "leaves leave retires retirement penzija penzioniranje pension pensionare odlazi end_date",
}
FILE_WORDS: dict[str, str] = {
    "units": "units unit blocks block census popis naselja naselbi settlements settlement areas tracts population stanovnistvo njesi unitati rayony",
    "incidents": "incidents incident crime crimes calls offences offenses events dogadjaji nastani incidente krivicna ngjarje prestuplenija",
    "current": "beats beat current old today sectors sectors sektori reoni rejoni patrol precincts postojeci sektore sectoare uchastki rajoni",
    "candidates": "candidates candidate sites site schools buildings objekti lokacii lokacije vende places kandidati kandidate",
    "existing": "existing stations station police policija policia policijske stanici stanice stacione sectii otdely postojece",
    "roads": "roads road streets street ulice ulici rruge rruget drumuri strazi dorogi network osm putevi paths",
    "barriers": "barriers barrier river rivers reka reke rivers lumi rail railway zeleznica water lake motorway prepreki pengesa bariera",
    "crossings": "crossings crossing bridges bridge most mostovi mostovite ura urat poduri mosty underpass underpasses",
    "roster": "roster officers officer staff personnel sluzbenici oficeri policajci zyrtare politisti personal kadar kadri",
    "population_raster": "pop population worldpop ghs ghspop landscan hrsl residents",
    "": "municipalities municipality opstine opstini opshtini komunat comune obshtiny boundary border granica kufiri",
    "elevation": "dem srtm elevation elev height heights dtm aster copernicus alti visina relief",
}
CYRILLIC = dict(
    zip(
        "абвгдежзијклмнопрстуфхцчшѓќѕљњџђћйъыьэюяёщ",
        ["a", "b", "v", "g", "d", "e", "z", "z", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h", "c", "c", "s",
         "gj", "kj", "dz", "lj", "nj", "dz", "dj", "c", "j", "", "y", "", "e", "ju", "ja", "e", "sc"],
        strict=True,
    )
)  # fmt: skip
# Ways to write a time, the surest first; ISO needs no reading of its own.
TIME_FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S",
                "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%Y/%m/%d %H:%M:%S",
                "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d")  # fmt: skip


def plain(text: str) -> str:
    """Return a name in lower-case Latin letters without diacritics, words joined by “_”."""
    # an underscore between the parts of a name written like this: popTotal
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).casefold()
    text = "".join(CYRILLIC.get(c, c) for c in text).replace("đ", "dj").replace("ı", "i")
    text = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]+", "_", "".join(c for c in text if not unicodedata.combining(c))).strip("_")


@dataclass(frozen=True)
class Column:
    """What a column looks like.

    Attributes
    ----------
    name
        As in the file.
    kind
        ``"number"``, ``"text"``, ``"time"`` or ``"empty"``.
    distinct, empty
        Different values, and rows without one.
    low, high
        Least and greatest number; NaN where it holds none.
    time_format
        How its times are written, ``"ISO"`` or a `strftime` pattern; empty where it holds none.
    samples
        A few different values.
    """

    name: str
    kind: str
    distinct: int
    empty: int
    low: float
    high: float
    time_format: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class LayerLook:
    """What a layer or table looks like.

    Attributes
    ----------
    path, layer
        The file, and its layer or sheet (None where it has one only).
    geometry
        ``"polygon"``, ``"line"``, ``"point"``, ``"raster"``, or ``""`` for a table.
    crs
        As text such as ``EPSG:4326``; empty where it has none.
    rows
        How many there are.
    columns
        Without the geometry.
    box
        West, south, east, north in `crs`; empty for a table.
    """

    path: Path
    layer: str | None
    geometry: str
    crs: str
    rows: int
    columns: tuple[Column, ...]
    box: tuple[float, ...] = ()

    @property
    def title(self) -> str:
        """How a user knows it."""
        return self.path.name if self.layer in (None, self.path.stem) else f"{self.path.name} – {self.layer}"

    def column(self, name: str | None) -> Column | None:
        """Return a column by its name, None where there is none."""
        return next((c for c in self.columns if c.name == name), None)


def look_at(path: Path) -> list[LayerLook]:
    """Look into a file: every layer or sheet of it.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    path = Path(path).resolve()
    suffix = path.suffix.lower()
    if not path.is_file():
        raise InputError(problem("there is no such file", file=path))
    if suffix in RASTERS:
        return [_look_at_raster(path)]
    if suffix in TEXT_TABLES:
        return [_look_at_table(path, None)]
    if suffix in WORKBOOKS:
        names = sheet_names(path)
        return [_look_at_table(path, name) for name in (names if len(names) > 1 else [None])]
    check_kind(path, path)
    try:
        found = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except Exception as error:  # GDAL's drivers raise whatever they like
        said = str(error).strip().splitlines()
        raise InputError(problem(f"the file cannot be read ({said[0] if said else type(error).__name__})",
                                 "Give a map layer, a table (CSV, XLSX) or a raster (GeoTIFF)", file=path.name)) from None  # fmt: skip
    inner = [
        (n, k) for n, k in found if n not in ("layer_styles", "qgis_projects") and not n.startswith("beatplanner_")
    ]
    single = len(inner) == 1
    return [_look_at_layer(path, name, None if single else name) for name, _ in inner]


def _look_at_layer(path: Path, name: str, layer: str | None) -> LayerLook:
    info = pyogrio.read_info(path, layer=name, force_total_bounds=True, force_feature_count=True)
    frame = pyogrio.read_dataframe(path, layer=name, read_geometry=False, encoding=shapefile_encoding(path)[0])
    kind = str(info["geometry_type"] or "")
    if kind in ("Unknown", "GeometryCollection"):
        kind = _kind_of_first(path, name)
    geometry = next((g for g in ("polygon", "line", "point") if g in kind.lower()), "")
    crs = str(info["crs"]) if info["crs"] and geometry else ""
    box = tuple(float(v) for v in info["total_bounds"]) if geometry and info["total_bounds"] is not None else ()
    return LayerLook(path, layer, geometry, crs, len(frame), _columns(frame), box)


def _kind_of_first(path: Path, layer: str) -> str:
    frame = pyogrio.read_dataframe(path, layer=layer, max_features=5)
    kinds = frame.geometry.geom_type.dropna() if isinstance(frame, gpd.GeoDataFrame) else []
    return str(next(iter(kinds), ""))


def _look_at_table(path: Path, sheet: str | None) -> LayerLook:
    frame = whole_table(path, sheet)
    return LayerLook(path, sheet, "", "", len(frame), _columns(frame))


def _look_at_raster(path: Path) -> LayerLook:
    import rasterio

    try:
        with rasterio.open(path) as raster:
            crs = raster.crs.to_string() if raster.crs else ""
            return LayerLook(path, None, "raster", crs, raster.width * raster.height, (), tuple(raster.bounds))
    except rasterio.errors.RasterioIOError:
        raise InputError(problem("the raster cannot be read", "Give a GeoTIFF", file=path.name)) from None


def _columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    return tuple(_column(frame[name]) for name in frame.columns if name != "geometry")


def as_number(value: object) -> float:
    """Return a cell as a number, NaN where it is none; a decimal comma and blanks between thousands are understood."""
    if isinstance(value, bool) or is_missing(value):
        return np.nan
    try:
        return float(value if not isinstance(value, str) else re.sub(r"[\s\u00a0]", "", value).replace(",", "."))
    except (TypeError, ValueError):
        return np.nan


def _column(values: pd.Series) -> Column:
    cells = values[~values.map(is_missing)]
    few = cells.iloc[:LOOKED_AT]
    found = few.map(as_number).to_numpy(float)
    share = np.isfinite(found).mean() if len(few) else 0.0
    time_format = "" if not len(few) else time_format_of(few)
    kind = "empty" if not len(few) else "time" if time_format else "number" if share > 0.9 else "text"
    numbers = found[np.isfinite(found)]
    samples = tuple(dict.fromkeys(str(v)[:40] for v in few.iloc[:200]))[:6]
    low, high = (float(numbers.min()), float(numbers.max())) if kind == "number" else (np.nan, np.nan)
    return Column(
        str(values.name),
        kind,
        int(cells.astype(str).nunique()),
        int(len(values) - len(cells)),
        low,
        high,
        time_format,
        samples,
    )


def time_format_of(values: pd.Series) -> str:
    """Return how times are written: ``"ISO"`` or a pattern that at least 95 % of the cells follow; empty where they are none."""
    if pd.api.types.is_datetime64_any_dtype(values) or values.map(lambda v: isinstance(v, dt.date)).all():
        return "ISO"
    if pd.api.types.is_numeric_dtype(values):
        return ""
    text = values.astype(str).str.strip().iloc[:500]
    if text.str.match(r"^\d{4}-\d\d-\d\d").mean() > 0.95:
        return "ISO"
    if not text.str.contains(r"\d[./-]\d|^\d{8}$", regex=True).mean() > 0.95:
        return ""
    for pattern in TIME_FORMATS:
        read = pd.to_datetime(text, format=pattern, errors="coerce")
        if read.notna().mean() >= 0.95 and read.dropna().dt.year.between(1950, 2100).all():
            return pattern
    return ""


# ---- what a column means


def guess_columns(look: LayerLook, role: str) -> dict[str, str]:
    """Guess which column has which meaning.

    Returns
    -------
    dict
        Meaning: column; a meaning that no column fits is left out, and each column has one meaning at most.
    """
    wanted = [m for m in MEANINGS[role] if not (m in ("x", "y") and look.geometry)]
    scores = []
    for place, meaning in enumerate(wanted):
        for column in look.columns:
            score = _score(column, meaning, role, look.rows)
            if score > 0:
                scores.append((score, -place, meaning, column.name))
    found: dict[str, str] = {}
    for score, _, meaning, name in sorted(scores, key=lambda s: (-round(s[0], 3), -s[1], -s[0], s[3])):
        if score >= 0.5 and meaning not in found and name not in found.values():
            found[meaning] = name
    if role == "units" and "current" in found and found["current"] == found.get("id"):
        found.pop("current")
    for needed in NEEDED.get(role, ()):
        if needed not in found:
            # whatever is different in every row names it best
            free = [
                c for c in look.columns if c.name not in found.values() and c.kind in ("text", "number") and not c.empty
            ]
            best = max(free, key=lambda c: (c.distinct, c.kind == "text"), default=None)
            if best is not None:
                found[needed] = best.name
            elif "name" in found:
                # what has a name only is known by it
                found[needed] = found.pop("name")
    return {m: found[m] for m in MEANINGS[role] if m in found}


def _score(column: Column, meaning: str, role: str, rows: int) -> float:
    """Return how well a column fits a meaning, 0 to 1: its name first, then whether its values can mean that."""
    if not _can_mean(column, meaning, role, rows):
        return 0.0
    score = _name_score(column.name, WORDS[meaning])
    if meaning in ("x", "y") and re.fullmatch(
        rf"(coord_?)?{meaning}(_.*|coord|ft|m)?|.*_{meaning}", plain(column.name)
    ):
        score = max(score, 0.9)
    if meaning == "time" and column.kind == "time":
        score = max(score, 0.55)
    if meaning == "id" and column.distinct == rows and not column.empty:
        score += 0.15
    return min(score, 1.0)


def _name_score(name: str, words: str) -> float:
    known, text = words.split(), plain(name)
    if text in known:
        return 1.0 - 1e-6 * known.index(text)
    parts = [p for p in re.split(r"_|\d+", text) if p]
    hits = [known.index(p) for p in parts if p in known]
    if hits:
        return 0.8 - 1e-6 * min(hits) - 0.02 * (len(parts) - 1)
    starts = [
        w for w in known if len(w) >= 4 and any(p.startswith(w) or (len(p) >= 4 and w.startswith(p)) for p in parts)
    ]
    return 0.6 if starts else 0.0


def _can_mean(column: Column, meaning: str, role: str, rows: int) -> bool:
    number, text = column.kind == "number", column.kind == "text"
    if column.kind == "empty":
        return role == "roster"
    if meaning in ("x", "y", "population", "cost", "workload"):
        return number
    if meaning in ("time", "since", "trained_on", "joins_on", "leaves_on"):
        return column.kind == "time"
    if meaning == "id" and role != "current":
        return (number or text) and column.distinct > 0.9 * (rows - column.empty) and (text or column.low % 1 == 0)
    if meaning == "category":
        return (number or text) and 1 <= column.distinct <= max(30, 0.2 * rows)
    if meaning in ("municipality", "current"):
        return (number or text) and column.distinct < max(2, 0.9 * rows)
    if meaning == "officer":
        return column.distinct >= 0.9 * rows
    if meaning in ("name", "languages"):
        return text
    return True


# ---- what a file is


def guess_role(look: LayerLook) -> tuple[str, str]:
    """Guess what a layer is, and say why; an empty role for what is of no use here."""
    # the name of a layer says more than that of the file it lies in
    name = plain(look.layer or look.path.stem)
    says = {role: _name_score(name, words) for role, words in FILE_WORDS.items()}
    columns = {role: guess_columns(look, role) for role in MEANINGS}
    if look.geometry == "raster":
        role = "elevation" if says["elevation"] > says["population_raster"] else "population_raster"
        return role, "a raster"
    if look.geometry == "line":
        if says["crossings"] > max(says["roads"], says["barriers"]):
            return "crossings", "lines with the name of crossings"
        return ("barriers", "lines with a barrier's name") if says["barriers"] > says["roads"] else ("roads", "lines")
    if look.geometry == "polygon":
        if says[""] > max(says["units"], says["current"]):
            return "", "borders, which the units themselves name"
        if says["barriers"] > max(says["units"], says["current"]):
            return "barriers", "polygons with a barrier's name"
        if "population" in columns["units"] and says["current"] <= says["units"]:
            return "units", f"polygons with residents ({columns['units']['population']})"
        if says["current"] > says["units"]:
            return "current", "polygons with the name of beats"
        return "units", "polygons"
    place = look.geometry == "point" or {"x", "y"} <= set(columns["incidents"])
    roster = {m for m in columns["roster"] if _name_score(columns["roster"][m], WORDS[m]) >= 0.7}
    if len(roster & {"languages", "gender", "trained_on", "joins_on", "leaves_on", "since", "beat"}) >= 2 or (
        says["roster"] >= 0.6 and not look.geometry
    ):
        return "roster", f"columns of a roster ({', '.join(columns['roster'].values())})"
    if not place:
        return "", "neither a place nor a roster"
    best = max(("incidents", "candidates", "existing", "crossings"), key=lambda r: says[r])
    if says[best] >= 0.5:
        return best, "points, and its name says so"
    if "cost" in columns["candidates"]:
        return "candidates", f"points with a cost ({columns['candidates']['cost']})"
    if "time" in columns["incidents"] or look.rows > 300:
        return "incidents", "many points" if look.rows > 300 else "points with a time"
    return "candidates", "points"


def guess_roles(looks: Sequence[LayerLook]) -> list[tuple[str, str]]:
    """Guess the roles of several layers together: there is one layer of units, and the finer polygons are it."""
    found = [guess_role(look) for look in looks]
    areas = [i for i, (role, _) in enumerate(found) if role == "units"]
    if len(areas) > 1:
        finest = max(areas, key=lambda i: ("population" in guess_columns(looks[i], "units"), looks[i].rows))
        for i in areas:
            if i != finest:
                found[i] = ("current", "polygons, fewer than the units")
    for role in (
        "units",
        "current",
        "roster",
        "population_raster",
        "elevation",
        "incidents",
        "barriers",
        "crossings",
        "roads",
    ):
        same = [i for i, (r, _) in enumerate(found) if r == role]
        for i in sorted(same, key=lambda i: -looks[i].rows)[1:]:
            found[i] = (
                "",
                f"there is a larger one of this kind ({looks[max(same, key=lambda j: looks[j].rows)].title})",
            )
    return found


# ---- where it lies


def guess_crs(x: np.ndarray, y: np.ndarray, near: gpd.GeoSeries | None, tried: Sequence[str] = ()) -> tuple[str, str]:
    """Guess the CRS of coordinates.

    Parameters
    ----------
    x, y
        Coordinates, (n,); NaN where unknown.
    near
        Polygons that most of the points should lie among; None where nothing is known of the place.
    tried
        CRSs of other layers, the likeliest.

    Returns
    -------
    tuple of str
        The CRS and the reason; both empty where none fits.
    """
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return "", ""
    x, y = x[there][:LOOKED_AT], y[there][:LOOKED_AT]
    lonlat = bool((np.abs(x) <= 180).all() and (np.abs(y) <= 90).all())
    if near is None or near.empty or near.crs is None:
        return ("EPSG:4326", "the numbers are those of longitude and latitude") if lonlat else ("", "")
    area = near.to_crs("EPSG:4326")
    west, south, east, north = area.total_bounds
    shape = shapely.union_all(area.to_numpy())
    if lonlat:
        likely, others = ["EPSG:4326"], []
    else:
        likely, others = list(dict.fromkeys([near.crs.to_string(), *tried])), _systems_of(west, south, east, north)
    fits: list[tuple[float, str, np.ndarray]] = []
    for name in dict.fromkeys([*likely, *others]):
        places = _in_degrees(x, y, name)
        share = _share_inside(places, shape)
        fits.append((share, name, places))
        if share > 0.95 and name in likely:
            # the system of another layer that fits needs no rival
            fits = [fits[-1]]
            break
    share, best, places = max(fits, key=lambda f: f[0])
    if share >= 0.5:
        reason = f"{share:.0%} of the places lie among the units then"
        for other, name, elsewhere in sorted(fits, key=lambda f: -f[0]):
            apart = (
                float(np.nanmedian(np.hypot(*((elsewhere - places) * (np.cos(np.radians(south)), 1.0)).T)))
                * METRES_A_DEGREE
            )
            if other > share - RIVAL and apart > ELSEWHERE:
                return best, f"{reason}; {RIVALS} {name}, {apart:,.0f} m elsewhere"
        return best, reason
    around = shapely.box(west, south, east, north)
    for name in [*likely, *others][:8]:
        # as in a table that gives latitude first
        if _share_inside(_in_degrees(y, x, name), around) >= 0.5:
            return name, "with x and y swapped the places lie among the units"
    return ("EPSG:4326", "the numbers are those of longitude and latitude, but lie elsewhere") if lonlat else ("", "")


def _in_degrees(x: np.ndarray, y: np.ndarray, crs: str) -> np.ndarray:
    """Return places as longitude and latitude, (n, 2); NaN where the CRS does not allow them."""
    try:
        points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs).to_crs("EPSG:4326")
    except (CRSError, ValueError, RuntimeError):
        return np.full((len(x), 2), np.nan)
    found = np.column_stack([points.x.to_numpy(float), points.y.to_numpy(float)])
    found[~np.isfinite(found).all(axis=1)] = np.nan
    return found


def _share_inside(places: np.ndarray, shape: shapely.Geometry) -> float:
    shapely.prepare(shape)
    return float(
        shapely.contains_xy(shape, np.nan_to_num(places[:, 0], nan=999), np.nan_to_num(places[:, 1], nan=999)).mean()
    )


def _systems_of(west: float, south: float, east: float, north: float) -> list[str]:
    """Return the projected CRSs that are in use at a place, the smallest areas of use first."""
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    area = AreaOfInterest(west, south, east, north)
    found = query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS], area_of_interest=area, contains=True)
    sized = []
    for info in found:
        use = info.area_of_use
        if use is not None:
            sized.append(((use.east - use.west) * (use.north - use.south), info.code))
    return [f"EPSG:{code}" for _, code in sorted(sized)][:150]


def crs_in_words(crs: str) -> str:
    """Return a CRS as its code and name."""
    if not crs:
        return ""
    try:
        return f"{crs} – {CRS.from_user_input(crs).name}" if len(crs) < 20 else CRS.from_user_input(crs).name
    except CRSError:
        return crs
