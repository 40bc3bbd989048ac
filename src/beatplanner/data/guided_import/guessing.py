"""Guesses what a file is and what its columns mean, from names in the region's languages and from the values.

A guess is a proposal: it comes with its reason, and a user changes it. Names are compared in Latin letters without diacritics, so that
“Становници”, “Stanovnici” and “становници” are one word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from beatplanner.data.formats.crs_guess import guess_crs, metres_between
from beatplanner.data.formats.plain_names import plain
from beatplanner.data.formats.time_columns import may_count_time
from beatplanner.data.guided_import.looks import ColumnLook, LayerLook
from beatplanner.data.guided_import.table_roles import TABLE_ROLES, guess_table_role, table_columns
from beatplanner.data.town.columns import ROSTER_COLUMNS, TABLES, guessed_columns

# What the reason of a guessed CRS says where another fits nearly as well, and lies elsewhere by more metres than an address is wrong by.
RIVALS, RIVAL, ELSEWHERE = "nearly as likely", 0.1, 60.0

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
    "residents",
    "population_raster",
    "elevation",
    *TABLE_ROLES,
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
    "roster": ("officer", *ROSTER_COLUMNS),
    "residents": ("id", "population"),
    "population_raster": (),
    "elevation": (),
    **{role: (*TABLES[role][0], *TABLES[role][1]) for role in TABLE_ROLES},
}
NEEDED: dict[str, tuple[str, ...]] = {
    "units": ("id",),
    "current": ("id",),
    "candidates": ("id",),
    "existing": ("id",),
    "roster": ("officer",),
    "residents": ("id", "population"),
    **{role: TABLES[role][0] for role in TABLE_ROLES},
}
# Districts of other offices: no municipality, whatever else their name says.
OTHER_DISTRICTS = {
    "stat",
    "statistical",
    "statistic",
    "statisticki",
    "statisticka",
    "statisticko",
    "statistik",
    "statistika",
    "census",
    "popis",
    "popisni",
    "popisna",
    "popisen",
    "enumeration",
    "ea",
    "tract",
    "police",
    "policija",
    "policijska",
    "policijski",
    "mup",
    "school",
    "skola",
    "electoral",
    "election",
    "voting",
    "vote",
    "izborni",
    "izborna",
    "izborno",
    "precinct",
    "ward",
    "postal",
    "post",
    "zip",
    "health",
    "fire",
    "court",
    "sud",
    "cadastral",
    "cadastre",
    "kadastar",
    "katastar",
    "katastarska",
    "kadastarska",
    "nuts",
    "region",
    "regija",
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
    "residents": "census popis population residents stanovnistvo naselenie popullsia populatia demographics",
    "": "municipalities municipality opstine opstini opshtini komunat comune obshtiny boundary border granica kufiri",
    "elevation": "dem srtm elevation elev height heights dtm aster copernicus alti visina relief",
}


# What a census calls all its residents together.
TOTALS = {"total", "totals", "all", "ukupno", "sveukupno", "svega", "vkupno", "gjithsej", "totali", "vsego"}


# ---- what a column means


def guess_columns(look: LayerLook, role: str) -> dict[str, str]:
    """Guess which column has which meaning.

    Returns
    -------
    dict
        Meaning: column; a meaning that no column fits is left out, and each column has one meaning at most.
    """
    if role in TABLE_ROLES:
        return table_columns([c.name for c in look.columns], role)
    wanted = [m for m in MEANINGS[role] if m in WORDS and not (m in ("x", "y") and look.geometry)]
    # what a roster may hold beside, in the words of an office: “absent from” is no “from”
    rest = [m for m in ROSTER_COLUMNS if m not in WORDS] if role == "roster" else []
    beside = guessed_columns([c.name for c in look.columns], rest, set())
    scores: list[tuple[float, int, str, str]] = []
    for place, meaning in enumerate(wanted):
        for column in look.columns:
            if column.name in beside.values():
                continue
            score = _score(column, meaning, role, look.rows)
            if score > 0:
                scores.append((score, -place, meaning, column.name))
    found: dict[str, str] = {}
    for score, _, meaning, name in sorted(scores, key=lambda s: (-round(s[0], 3), -s[1], -s[0], s[3])):
        if score >= 0.5 and meaning not in found and name not in found.values():
            found[meaning] = name
    found |= beside
    both = next((c.name for c in look.columns if c.places == "both"), None)
    if both is not None and "x" in wanted and not {"x", "y"} & set(found):
        found = {m: c for m, c in found.items() if c != both} | {"x": both, "y": both}
    if role == "units" and "current" in found and found["current"] == found.get("id"):
        found.pop("current")
    for needed in NEEDED.get(role, ()):
        if needed not in found and needed in ("id", "officer"):
            # whatever is different in every row names it best
            free = [
                c for c in look.columns if c.name not in found.values() and c.kind in ("text", "number") and not c.empty
            ]
            best = max(free, key=lambda c: (c.distinct, c.kind == "text", c.whole), default=None)
            name = look.column(found.get("name"))
            if best is not None and best.kind == "number" and name is not None and name.distinct >= best.distinct:
                # a measure that happens to differ everywhere names nothing
                found[needed] = name.name
            elif best is not None:
                found[needed] = best.name
            elif "name" in found:
                # what has a name only is known by it
                found[needed] = found.pop("name")
    return {m: found[m] for m in MEANINGS[role] if m in found}


def _score(column: ColumnLook, meaning: str, role: str, rows: int) -> float:
    """Return how well a column fits a meaning, 0 to 1: its name first, then whether its values can mean that."""
    if not _can_mean(column, meaning, role, rows):
        return 0.0
    score = _name_score(column.name, WORDS[meaning])
    if meaning == "municipality" and OTHER_DISTRICTS & set(plain(column.name).split("_")):
        return 0.0
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


def _can_mean(column: ColumnLook, meaning: str, role: str, rows: int) -> bool:
    number, text = column.kind == "number", column.kind == "text"
    if column.kind == "empty":
        return role == "roster"
    if meaning in ("population", "cost", "workload") and column.mostly_numbers:
        # a column called so is taken with its unreadable cells, which are told one by one: without it nobody would know of them
        return _name_score(column.name, WORDS[meaning]) >= 0.8
    if meaning == "population":
        return number and column.high >= 0
    if meaning in ("x", "y"):
        return number or column.places == "degrees"
    if meaning in ("cost", "workload"):
        return number
    if meaning in ("time", "since", "trained_on", "joins_on", "leaves_on"):
        return column.kind == "time" or (number and may_count_time(column.low, column.high))
    if meaning == "id" and role != "current":
        return (number or text) and column.distinct > 0.9 * (rows - column.empty) and (text or column.whole)
    if meaning == "category":
        return (number or text) and 1 <= column.distinct <= max(30, 0.2 * rows)
    if meaning == "municipality":
        # of fewer than two units each it would be something smaller
        return (number or text) and column.distinct <= max(2, 0.5 * rows)
    if meaning == "current":
        return (number or text) and column.distinct < max(2, 0.9 * rows)
    if meaning == "officer":
        return column.distinct >= 0.9 * rows
    if meaning in ("name", "languages"):
        return text
    return True


def census_total(look: LayerLook) -> str | None:
    """Return the column of totals of a table whose name says that it is a census: its residents, None where there is no such."""
    if _name_score(plain(look.layer or look.path.stem), FILE_WORDS["residents"]) < 0.5:
        return None
    fits = [
        c.name for c in look.columns if plain(c.name) in TOTALS and _can_mean(c, "population", "residents", look.rows)
    ]
    return fits[0] if len(fits) == 1 else None


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
    roster = {m for m in columns["roster"] if m in WORDS and _name_score(columns["roster"][m], WORDS[m]) >= 0.7}
    if len(roster & {"languages", "gender", "trained_on", "joins_on", "leaves_on", "since", "beat"}) >= 2 or (
        says["roster"] >= 0.6 and not look.geometry
    ):
        return "roster", f"columns of a roster ({', '.join(columns['roster'].values())})"
    if not place:
        # a sheet without a name of its own is known by its file's
        fixed = guess_table_role([c.name for c in look.columns], look.layer or look.path.stem)
        return fixed if fixed[0] else ("", "neither a place nor a roster")
    return _role_of_points(look, says, columns)


def _role_of_points(look: LayerLook, says: dict[str, float], columns: dict[str, dict[str, str]]) -> tuple[str, str]:
    """Guess what points are, by name, columns and values together; their number alone says little."""
    best = max(("incidents", "candidates", "existing", "crossings"), key=lambda r: says[r])
    people = columns["units"].get("population")
    named = people is not None and _name_score(people, WORDS["population"]) >= 0.6
    category = look.column(columns["incidents"].get("category"))
    repeated = category is not None and category.distinct <= 0.3 * look.rows
    timed = "time" in columns["incidents"]
    if (
        named
        and not timed
        and "cost" not in columns["candidates"]
        and not (says[best] >= 0.5 and best in ("existing", "crossings"))
    ):
        return "", f"points with residents ({people}), as settlements are: neither areas nor incidents"
    if says[best] >= 0.5:
        return best, "points, and its name says so"
    if "cost" in columns["candidates"]:
        return "candidates", f"points with a cost ({columns['candidates']['cost']})"
    if timed:
        return "incidents", "points with a time"
    name = look.column(columns["candidates"].get("name"))
    own_names = name is not None and name.distinct > 0.8 * look.rows
    if look.rows > 300 and not own_names and (repeated or category is None):
        return "incidents", "many points" + (f" of few kinds ({category.name})" if category is not None else "")
    return "candidates", "points" + (" with names of their own" if own_names else "")


def places_by_value(look: LayerLook, box: Sequence[float]) -> tuple[str, str] | None:
    """Return the two columns of a table whose numbers are longitudes and latitudes of a town; None where not exactly two are.

    Parameters
    ----------
    look
        A table whose names of columns do not say it.
    box
        West, south, east and north of the units, in degrees.
    """
    west, south, east, north = box
    margin = 0.2 * max(east - west, north - south)
    numbers = [c for c in look.columns if c.kind == "number" and not c.whole]
    fits = [
        [c.name for c in numbers if low - margin <= c.low and c.high <= high + margin and c.distinct > 1]
        for low, high in ((west, east), (south, north))
    ]
    if [len(f) for f in fits] != [1, 1] or fits[0] == fits[1]:
        return None
    return fits[0][0], fits[1][0]


def role_of_places(look: LayerLook, x: str, y: str) -> tuple[str, str]:
    """Guess what a table with these columns of places is, as `guess_role` does where their names say it."""
    columns = tuple(replace(c, name={x: "lon", y: "lat"}.get(c.name, c.name)) for c in look.columns)
    role, reason = guess_role(replace(look, columns=columns))
    return role, f"{reason}; the numbers of “{x}” and “{y}” are places among the units" if role else reason


def second_guess(look: LayerLook, role: str) -> tuple[str, str]:
    """Return what else a layer may be, and why; empty where nothing else is likely."""
    alike = {
        "polygon": ("units", "current", "barriers"),
        "point": ("incidents", "candidates", "existing", "crossings"),
        "line": ("roads", "barriers", "crossings"),
        "raster": ("population_raster", "elevation"),
    }
    place = look.geometry or ("point" if {"x", "y"} <= set(guess_columns(look, "incidents")) else "")
    name = plain(look.layer or look.path.stem)
    others = [r for r in alike.get(place, ("roster",)) if r != role]
    scored = [(_name_score(name, FILE_WORDS[r]), -i, r) for i, r in enumerate(others)]
    score, _, best = max(scored, default=(0.0, 0, ""))
    if not best or (place == "" and score == 0):
        return "", ""
    return best, "its name could say so" if score >= 0.5 else "so are others of its shape"


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
        *TABLE_ROLES,
    ):
        same = [i for i, (r, _) in enumerate(found) if r == role]
        for i in sorted(same, key=lambda i: -looks[i].rows)[1:]:
            found[i] = (
                "",
                f"there is a larger one of this kind ({looks[max(same, key=lambda j: looks[j].rows)].title})",
            )
    return found


# ---- where it lies


def guess_place(x: np.ndarray, y: np.ndarray, near: np.ndarray | None, prefer: Sequence[str] = ()) -> tuple[str, str]:
    """Guess the CRS of coordinates, as `check` does for a layer without one.

    Parameters
    ----------
    x, y
        Coordinates, (n,); NaN where unknown.
    near
        (k, 2) longitudes and latitudes of the layer that they should lie on; None where nothing is known of the place.
    prefer
        CRSs of other layers, the likeliest.

    Returns
    -------
    tuple of str
        The CRS and the reason; both empty where none fits.
    """
    points = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return "", ""
    in_degrees = bool((np.abs(points[:, 0]) <= 180).all() and (np.abs(points[:, 1]) <= 90).all())
    if near is None or not len(near):
        return ("EPSG:4326", "the numbers are those of longitude and latitude") if in_degrees else ("", "")
    found = guess_crs(points, near, prefer)
    if not found:
        elsewhere = "the numbers are those of longitude and latitude, but lie elsewhere"
        return ("EPSG:4326", elsewhere) if in_degrees else ("", "")
    best = found[0]
    reason = f"it fits the units best, {best.probability:.0%} likely"
    if best.swapped:
        return best.code, f"with x and y swapped {reason}"
    for other in found[1:]:
        apart = metres_between(points, best, other)
        if other.probability > RIVAL and apart > ELSEWHERE:
            return best.code, f"{reason}; nearly as likely {other.code}, {apart:,.0f} m elsewhere"
    return best.code, reason


def crs_in_words(crs: str) -> str:
    """Return a CRS as its code and name."""
    if not crs:
        return ""
    try:
        return f"{crs} – {CRS(crs).name}" if len(crs) < 20 else CRS(crs).name
    except CRSError:
        return crs
