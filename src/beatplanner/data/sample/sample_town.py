"""The sample town: raw layers of a fictional town, in the formats and coordinate systems that offices hand over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely

from beatplanner.data.sample.sample_forum import write_forum
from beatplanner.data.sample.sample_geography import MUNICIPALITIES, WORKING_CRS, Geography, draw_geography
from beatplanner.data.sample.sample_texts import DESCRIPTION, SCENARIOS

NATIONAL_GRID = "EPSG:6316"  # MGI 1901 / Balkans zone 7
INCIDENTS = 6_000
STRAY_INCIDENTS = 20
# Category: share of incidents, officer hours each (domain's starting numbers), hour of the day around which they gather.
CATEGORIES = {
    "theft": (0.22, 0.75, 14),
    "vandalism": (0.12, 0.75, 22),
    "vehicle crime": (0.10, 0.75, 3),
    "traffic collision": (0.14, 2.0, 16),
    "noise": (0.14, 1.25, 23),
    "assault": (0.07, 3.0, 22),
    "burglary": (0.07, 2.5, 11),
    "drugs or youth": (0.05, 1.5, 20),
    "domestic violence": (0.05, 4.5, 21),
    "welfare": (0.04, 3.0, 10),
}
BEATS_TODAY = (8, 4, 2)
BUILDINGS = (
    "primary school",
    "health centre",
    "library",
    "town hall office",
    "post office",
    "youth centre",
    "market hall",
)
FIRST = (
    "Ana",
    "Arben",
    "Borko",
    "Besa",
    "Vera",
    "Goran",
    "Drita",
    "Elena",
    "Zoran",
    "Ilir",
    "Jana",
    "Kiro",
    "Liridon",
    "Mila",
    "Nikola",
    "Rina",
    "Stojan",
    "Teuta",
    "Filip",
    "Hana",
)
FAMILY = ("Lipova", "Rekovski", "Kodra", "Dolenov", "Guri", "Brezova", "Kamenov", "Lumi", "Topolski", "Zelena")

# Streets of the sample town get their names from these, in the languages that are spoken there.
STREETS = (
    "Lipova",
    "Стара",
    "Rruga e Kodrës",
    "Кејска",
    "Vinogradska",
    "Rruga e Gurit",
    "Железничка",
    "Mlinska",
    "Rruga e Shkollës",
    "Пазарна",
    "Topolska",
    "Rruga e Urës",
    "Бистра",
    "Jablanova",
    "Rruga e Malit",
    "Цветна",
    "Kovačka",
    "Rruga e Liqenit",
    "Сончева",
    "Borova",
    "Rruga e Dardhës",
    "Зелена",
    "Ribarska",
    "Rruga e Pishës",
    "Камена",
    "Orahova",
    "Rruga e Fushës",
    "Полска",
    "Brezova",
    "Rruga e Lumit",
    "Градска",
    "Višnjina",
)
# A street goes straight on: it ends where nothing leaves it within this angle, or after so many blocks.
BEND, BLOCKS = 60.0, 30


def write_sample_town(folder: Path, seed: int = 7) -> Path:
    """Write the sample town's raw layers and its description.

    Parameters
    ----------
    folder
        Made where it does not exist; files of an older sample town are replaced.
    seed
        The same seed gives the same town.

    Returns
    -------
    pathlib.Path
        ``project.toml``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    ground = draw_geography(rng)
    beats = _beats_today(ground, np.random.default_rng(seed + 1))
    _write_units(folder / "census.gpkg", ground, rng)
    _write_incidents(folder / "incidents.csv", ground, rng)
    shapes = _dissolved(gpd.GeoDataFrame({"beat": beats}, geometry=ground.cells, crs=WORKING_CRS))
    _write(shapes.to_crs(NATIONAL_GRID), folder / "beats_today.shp")
    water = folder / "water.gpkg"
    _write(
        gpd.GeoDataFrame(
            {"name": ["Reka"]}, geometry=[ground.river.intersection(ground.outline.buffer(500))], crs=WORKING_CRS
        ),
        water,
        "river",
    )
    names = ["West bridge", "Old bridge", "East bridge"]
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"name": names}, geometry=list(ground.bridges), crs=WORKING_CRS),
        water,
        layer="bridges",
        append=True,
    )
    kinds, lines = zip(*ground.roads, strict=True)
    named = {"kind": kinds, "name": _street_names(kinds, lines)}
    _write(gpd.GeoDataFrame(named, geometry=list(lines), crs=WORKING_CRS), folder / "roads.gpkg", "roads")
    _write_sites(folder, ground, rng)
    _write_roster(folder / "officers.xlsx", ground, beats, rng)
    write_forum(folder)
    hours = "\n".join(f'"{name}" = {each}' for name, (_, each, _) in CATEGORIES.items())
    project = folder / "project.toml"
    project.write_text(DESCRIPTION % {"hours": hours}, encoding="utf-8")
    (folder / "scenarios").mkdir(exist_ok=True)
    for name, text in SCENARIOS.items():
        (folder / "scenarios" / name).write_text(text, encoding="utf-8")
    return project


def _write(frame: gpd.GeoDataFrame, path: Path, layer: str | None = None) -> None:
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame, path, layer=layer, encoding="UTF-8" if path.suffix == ".shp" else None)


def _write_units(path: Path, ground: Geography, rng: np.random.Generator) -> None:
    """Write the census areas, with two minorities that live close together in parts of the town and in some villages."""
    number: dict[str, int] = {}
    names: list[str] = []
    for place in ground.places:
        number[place] = number.get(place, 0) + 1
        names.append(f"{place} {number[place]}")
    share: dict[str, np.ndarray] = {}
    for column, centres, width, top in (("speak_sq", 5, 1_500.0, 0.75), ("speak_rom", 3, 700.0, 0.55)):
        spots = ground.centres[rng.choice(len(ground.centres), centres, replace=False)]
        apart = np.min(np.hypot(*(ground.centres[:, None] - spots[None]).transpose(2, 0, 1)), axis=1)
        share[column] = top * np.exp(-((apart / width) ** 2))
    share["speak_rom"] = np.minimum(share["speak_rom"], 1 - share["speak_sq"])
    units = gpd.GeoDataFrame(
        {
            "unit": np.arange(101, 101 + len(names)),
            "place": names,
            "municipality": ground.municipalities,
            "residents": ground.residents,
            **{column: np.floor(s * ground.residents).astype(int) for column, s in share.items()},
        },
        geometry=ground.cells,
        crs=WORKING_CRS,
    )
    _write(units.to_crs(NATIONAL_GRID), path, "enumeration_areas")


def _dissolved(cells: Any) -> gpd.GeoDataFrame:
    """Return the beats of cells; what geopandas annotates leaves further arguments of `dissolve` open."""
    return cells.dissolve("beat").reset_index()


def _write_incidents(path: Path, ground: Geography, rng: np.random.Generator) -> None:
    """Write a year of incidents: more in the middle of the town, each category at its hours, and a column that import must drop."""
    middle = ground.centres[int(np.argmin(np.hypot(*(ground.centres - ground.centres.mean(axis=0)).T)))]
    apart = np.hypot(*(ground.centres - middle).T)
    pull = ground.residents * (0.6 + 1.2 * np.exp(-((apart / 1_800.0) ** 2)))
    unit = rng.choice(len(pull), INCIDENTS, p=pull / pull.sum())
    points = np.array([_point_in(ground.cells[int(u)], ground.centres[u], rng) for u in unit])
    west, south, east, north = ground.outline.bounds
    angle = rng.uniform(0, 2 * np.pi, STRAY_INCIDENTS)
    radius = np.column_stack([(east - west) * 0.6 * np.cos(angle), (north - south) * 0.6 * np.sin(angle)])
    points = np.vstack([points, np.array([(east + west) / 2, (north + south) / 2]) + radius])
    names = list(CATEGORIES)
    shares = np.array([CATEGORIES[n][0] for n in names])
    kind = rng.choice(len(names), len(points), p=shares / shares.sum())
    hour = (np.array([CATEGORIES[names[k]][2] for k in kind]) + rng.normal(0, 3.5, len(points))) % 24
    weekday = np.array([1.0, 0.95, 0.95, 1.0, 1.25, 1.3, 0.9])
    days = pd.date_range("2025-07-01", "2026-06-30", freq="D")
    chance = weekday[days.dayofweek] * (1 + 0.2 * np.sin(2 * np.pi * (days.dayofyear.to_numpy() - 100) / 365))
    day = days[rng.choice(len(days), len(points), p=chance / chance.sum())]
    day = day.where(np.arange(len(day)) != 0, days[0]).where(np.arange(len(day)) != 1, days[-1])
    when = day + pd.to_timedelta((hour * 60).astype(int), unit="min")
    place = gpd.GeoSeries(gpd.points_from_xy(*points.T), crs=WORKING_CRS).to_crs("EPSG:4326")
    frame = pd.DataFrame(
        {
            "record": [f"R{n:05d}" for n in range(1, len(points) + 1)],
            "category": [names[int(k)] for k in kind],
            "occurred": when.strftime("%Y-%m-%dT%H:%M"),
            "lon": place.x.round(6),
            "lat": place.y.round(6),
            "remarks": "reported by telephone",
        }
    )
    frame.sort_values("occurred", kind="stable").to_csv(
        path, sep=";", index=False, encoding="utf-8-sig", lineterminator="\r\n"
    )


def _point_in(cell: shapely.Polygon, centre: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a point of the cell, near the middle of where people live."""
    reach = 0.35 * np.sqrt(cell.area)
    for _ in range(20):
        spot = centre + rng.normal(0, reach, 2)
        if shapely.contains_xy(cell, *spot):
            return spot
    return centre


def _beats_today(ground: Geography, rng: np.random.Generator) -> np.ndarray:
    """Return today's beat of each unit: in one piece each, drawn well once, and out of balance since."""
    beat = np.zeros(len(ground.cells), int)
    municipality = np.array(ground.municipalities)
    given = 0
    for name, count in zip(MUNICIPALITIES, BEATS_TODAY, strict=True):
        inside = ground.neighbours.subgraph(np.flatnonzero(municipality == name).tolist())
        units = np.array(sorted(inside))
        middle = np.average(ground.centres[units], axis=0, weights=ground.residents[units])
        seeds = [int(units[np.argmin(np.hypot(*(ground.centres[units] - middle).T))])]
        while len(seeds) < count:
            near = np.min(
                np.hypot(*(ground.centres[units][:, None] - ground.centres[seeds][None]).transpose(2, 0, 1)), axis=1
            )
            chance = ground.residents[units] * near**1.5
            seeds.append(int(rng.choice(units, p=chance / chance.sum())))
        # the beat with the fewest residents, as they were then, takes its nearest free neighbour
        growth = rng.uniform(0.6, 1.5, count)
        load = np.zeros(count)
        for k, seed in enumerate(seeds):
            beat[seed], load[k] = 1 + given + k, growth[k] * ground.residents[seed]
        while (beat[units] == 0).any():
            for k in np.argsort(load, kind="stable"):
                border = {v for u in units[beat[units] == 1 + given + k] for v in inside[int(u)] if beat[v] == 0}
                if border:
                    unit = min(
                        sorted(border), key=lambda v: float(np.hypot(*(ground.centres[v] - ground.centres[seeds[k]])))
                    )
                    beat[unit] = 1 + given + k
                    load[k] += growth[k] * ground.residents[unit]
                    break
        given += count
    return beat


def _write_sites(folder: Path, ground: Geography, rng: np.random.Generator) -> None:
    """Write three stations of today, all in the town, and forty public buildings with what opening a station there costs."""
    order = np.argsort(-ground.residents, kind="stable")
    today = order[[0, 9, 23]]
    stations = gpd.GeoDataFrame(
        {"name": [f"Station {ground.places[u]} {i}" for i, u in enumerate(today, 1)]},
        geometry=gpd.points_from_xy(*ground.centres[today].T),
        crs=WORKING_CRS,
    )
    _write(stations.to_crs("EPSG:4326"), folder / "stations.geojson")
    chance = np.sqrt(ground.residents.astype(float))
    chance[today] = 0
    chosen = rng.choice(len(chance), 40, replace=False, p=chance / chance.sum())
    rows: list[tuple[str, float, float, int]] = []
    for i, u in enumerate(chosen, 1):
        east, north = _point_in(ground.cells[int(u)], ground.centres[u], rng)
        kind = BUILDINGS[int(rng.integers(len(BUILDINGS)))]
        rows.append(
            (f"{ground.places[u]} {kind} {i}", round(east, 1), round(north, 1), int(rng.integers(16, 61)) * 500)
        )
    pd.DataFrame(rows, columns=["site", "east", "north", "cost_eur"]).to_csv(
        folder / "sites.csv", index=False, encoding="utf-8"
    )


def _write_roster(path: Path, ground: Geography, beats: np.ndarray, rng: np.random.Generator) -> None:
    """Write forty officers: most hold one of today's beats, some join or finish their course later, some retire."""
    start = pd.Timestamp("2027-01-01")
    posts = np.repeat(np.unique(beats), 2)[:27]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "officers"
    sheet.append(
        [
            "officer",
            "beat",
            "since",
            "languages",
            "gender",
            "x",
            "y",
            "trained_on",
            "joins_on",
            "leaves_on",
            "grade",
            "rank",
            "share",
            "seniority",
            "allowances",
            "hardship",
            "time_off",
            "pool",
            "appeal",
            "appeal_on",
        ]
    )
    homes = gpd.GeoSeries(
        gpd.points_from_xy(*ground.centres[rng.choice(len(beats), 40, p=ground.residents / ground.residents.sum())].T),
        crs=WORKING_CRS,
    ).to_crs("EPSG:4326")
    for i in range(40):
        name = f"{FIRST[i % len(FIRST)]} {FAMILY[(3 * i + i // 20) % len(FAMILY)]}"
        languages = [language for language, share in (("albanian", 0.55), ("romani", 0.2)) if rng.random() < share]
        row: list[Any] = [
            name,
            None,
            None,
            ";".join(languages) or None,
            "f" if rng.random() < 0.3 else "m",
            round(float(homes.x.iloc[i]), 5),
            round(float(homes.y.iloc[i]), 5),
            None,
            None,
            None,
        ]
        if i < len(posts):
            row[1], row[2] = int(posts[i]), (start - pd.DateOffset(months=int(rng.integers(2, 72)))).date()
            row[7] = (pd.Timestamp(row[2]) - pd.DateOffset(months=1)).date()
            if rng.random() < 0.25:
                row[9] = (start + pd.DateOffset(months=int(rng.integers(6, 56)))).date()
        elif i < 32:
            row[7] = (start - pd.DateOffset(months=int(rng.integers(1, 12)))).date()
        else:
            row[8] = (start + pd.DateOffset(months=int(rng.integers(3, 30)))).date()
        row.append("senior" if i < len(posts) and i % 5 == 0 else None)
        service = None if row[7] is None else (pd.Timestamp(row[7]) - pd.DateOffset(months=7 * i % 120)).date()
        row += [
            "sergeant" if i < len(posts) and i % 10 == 0 else "constable",
            0.5 if i == 6 else None,
            service,
            600 if i == 3 else None,
            "yes" if i == 12 else None,
            {4: "2027-03-01..2027-09-01 parental", 9: "2028-02-01..2028-05-01 sick"}.get(i),
            # who stands in for them
            "yes" if i in (30, 31) else None,
            {14: "open", 16: "upheld", 18: "rejected"}.get(i),
            "2026-10-05" if i in (14, 16, 18) else None,
        ]
        sheet.append(row)
    path.unlink(missing_ok=True)
    book.save(path)


def _street_names(kinds: tuple[str, ...], lines: tuple[shapely.LineString, ...]) -> list[str | None]:
    """Name the town's streets: blocks that go straight on belong to one street."""
    names: list[str | None] = [None] * len(lines)
    ends: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for i, (kind, line) in enumerate(zip(kinds, lines, strict=True)):
        if kind == "street":
            points = np.array(line.coords)
            for at, away in ((points[0], points[-1]), (points[-1], points[0])):
                angle = float(np.degrees(np.arctan2(*(away - at)[::-1])))
                ends.setdefault((round(at[0]), round(at[1])), []).append((i, angle))
    number = 0
    for i in np.argsort([-line.length for line in lines], kind="stable"):
        if kinds[i] != "street" or names[i] is not None:
            continue
        turn = number // len(STREETS)
        name = STREETS[number % len(STREETS)] + (f" {turn + 1}" if turn else "")
        number += 1
        names[i] = name
        for end in (0, -1):
            last, blocks = int(i), 0
            place = lines[last].coords[end]
            while blocks < BLOCKS:
                here = (round(place[0]), round(place[1]))
                coming = next(angle for j, angle in ends[here] if j == last) + 180
                on = [(abs((a - coming + 180) % 360 - 180), j) for j, a in ends[here] if names[j] is None]
                if not on or min(on)[0] > BEND:
                    break
                last = min(on)[1]
                names[last] = name
                first, final = lines[last].coords[0], lines[last].coords[-1]
                place = final if (round(first[0]), round(first[1])) == here else first
                blocks += 1
    return names
