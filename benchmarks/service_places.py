"""Today, the balance plan and the plan for least minutes of three places: the sample town, New Haven and Greater Skopje.

    python benchmarks/service_places.py [sample] [new-haven] [skopje]

Each is planned once, by `beatplanner beats` without a time limit, with `service.least_minutes`: the summary tells the minutes until somebody is there
(travel and wait) of today's beats, of the plan before redrawing and after it, and what redrawing costs in balance and goal. New Haven's and
Skopje's data are looked for in `../shared` and are left out where they are not there. Calls of Skopje are made up: one a year for ten
residents, by day, evening and night as 4 : 5 : 3.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
from new_haven import FOLDER, LAYERS

from beatplanner.data.result.service_files import response_minutes
from beatplanner.data.sample.sample_town import write_sample_town
from beatplanner.planning.whole.run import run

SHIFTS = """shifts = [ { name = "day", start = "07:00", end = "15:00" }, { name = "evening", start = "15:00", end = "23:00" }, { name = "night", start = "23:00", end = "07:00" } ]
least_minutes = true
"""


def sample(folder: Path) -> Path:
    """Write the sample town with least minutes asked for."""
    project = write_sample_town(folder)
    text = project.read_text("utf-8")
    project.write_text(text.replace("[service]\n", "[service]\nleast_minutes = true\n"), "utf-8")
    return project


def new_haven(folder: Path) -> Path:
    """Write New Haven's description: 15 beats, cars at 25 km/h, tracts as today's beats."""
    gpd.read_file(FOLDER / "units.gpkg").dissolve("tract", as_index=False)[["tract", "geometry"]].to_file(
        folder / "today.gpkg"
    )
    project = folder / "project.toml"
    rules = (
        '[beats]\ncount = 15\ntolerance = 0.1\ncurrent = { path = "today.gpkg", id = "tract" }\n'
        f"[service]\nspeed_kmh = 25\n{SHIFTS}"
    )
    project.write_text(LAYERS.format(data=FOLDER) + 'category = "type"\n' + rules, "utf-8")
    return project


def skopje(folder: Path) -> Path:
    """Write Greater Skopje's description: 20 beats in its ten municipalities, each of which is a beat today."""
    data = FOLDER.parent / "macedonia"
    towns = gpd.read_file(data / "municipalities.gpkg")
    towns = towns[towns["region"] == "Greater Skopje"]
    units = gpd.read_file(data / "units.gpkg")
    units = units[units["municipality"].isin(towns["name"])]
    units.to_file(folder / "units.gpkg")
    units.dissolve("municipality", as_index=False)[["municipality", "geometry"]].to_file(folder / "today.gpkg")
    rows = ["unit,shift,per_hour"]
    for unit, people in zip(units["settlement"], units["population"], strict=True):
        an_hour = float(people) / 10 / (365.25 * 8)
        rows += [f"{unit},{s},{an_hour * w / 12:.8f}" for s, w in (("day", 4), ("evening", 5), ("night", 3))]
    (folder / "calls.csv").write_text("\n".join(rows) + "\n", "utf-8")
    project = folder / "project.toml"
    project.write_text(
        '[project]\nname = "Greater Skopje"\n[units]\npath = "units.gpkg"\nid = "settlement"\npopulation = "population"\n'
        'municipality = "municipality"\n[beats]\ncount = 20\ntolerance = 0.4\n'
        'current = { path = "today.gpkg", id = "municipality" }\n'
        f'[service]\ncalls = "calls.csv"\nspeed_kmh = 30\n{SHIFTS}',
        "utf-8",
    )
    return project


PLACES = {"sample": sample, "new-haven": new_haven, "skopje": skopje}


def main() -> None:
    """Print the table."""
    for name in sys.argv[1:] or PLACES:
        if name != "sample" and not FOLDER.is_dir():
            print(f"{name}: its data are not here")
            continue
        with tempfile.TemporaryDirectory() as place:
            began = time.process_time()
            summary = run(PLACES[name](Path(place)), Path(place) / "plan", steps=("beats",), seed=1, pack=False)
            service, found = summary["service"], summary["beats"]["least_minutes"]
        today = response_minutes(service["today"])
        print(
            f"{name}: today {'unknown' if today is None else f'{today:.2f}'}, plan {found['minutes_before']:.2f}, redrawn {found['minutes']:.2f} minutes;"
            f" deviation {found['max_deviation_before']:.1%} to {found['max_deviation']:.1%}, goal {found['objective'] / found['objective_before'] - 1:+.2%},"
            f" {found['units_changed']} units, {found['looks']} looks{', cut short' if found['cut_short'] else ''} ({found['method']});"
            f" own officer today {service['today']['own_share'] or 0:.0%}, redrawn {service['own_share'] or 0:.0%};"
            f" on duty today {[s['servers_on_duty'] for s in service['today']['shifts']]}, then {[s['servers_on_duty'] for s in service['shifts']]};"
            f" {time.process_time() - began:.0f} s of processor",
            flush=True,
        )


if __name__ == "__main__":
    main()
