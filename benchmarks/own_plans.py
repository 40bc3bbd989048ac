"""Plans random small towns with many rules at once and asks `verify` about each: the program must never call a plan of its own wrong.

Hours, residents, prices and places have many digits, so that every figure that is told rounded is rounded; tolerances, budgets and tenures are often too
narrow, so that intervals, relaxed bounds and suggested fixes are told too.

    python -m benchmarks.own_plans 100
    python -m benchmarks.own_plans 1 --first 17 --keep FOLDER      # one town, which stays there
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.errors import InputError
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run

CRS = "EPSG:32634"
WEST, SOUTH, SIDE = 540_000.0, 4_650_000.0, 437.31


def toml(value: Any) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


class RandomTown:
    """A random town in files.

    Attributes
    ----------
    sections
        What the description says.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.random = folder, np.random.default_rng(seed)
        self.sections: dict[str, dict[str, Any]] = {"project": {"name": f"Random {seed}"}}
        self._units()
        for section, share in (("beats", 1.0), ("stations", 0.8), ("officers", 0.8)):
            if section == "beats" or self.chance(share):
                getattr(self, f"_{section}")()
        if "officers" in self.sections and self.chance(0.5):
            self._budget()
        if "officers" in self.sections and self.chance(0.25):
            calls = pd.DataFrame({"unit": self.units["unit"], "per_hour": self.random.uniform(0, 0.05, self.n)})
            calls.to_csv(folder / "calls.csv", index=False)
            self.sections["service"] = {"calls": "calls.csv", "speed_kmh": round(float(self.random.uniform(20, 40)), 3)}
        text = [
            f"[{name}]\n" + "".join(f"{k} = {toml(v)}\n" for k, v in keys.items())
            for name, keys in self.sections.items()
        ]
        (folder / "project.toml").write_text("\n".join(text), encoding="utf-8")

    def chance(self, share: float) -> bool:
        """Return yes in so many cases."""
        return bool(self.random.random() < share)

    def of(self, *values: Any) -> Any:
        """Return one of some values."""
        return values[int(self.random.integers(len(values)))]

    def _units(self) -> None:
        random = self.random
        wide, high = int(random.integers(3, 8)), int(random.integers(2, 5))
        corner = np.array([[(WEST + SIDE * c, SOUTH + SIDE * r) for c in range(wide + 1)] for r in range(high + 1)])
        corner += random.uniform(-90, 90, corner.shape)
        cells = [
            shapely.Polygon([corner[r, c], corner[r, c + 1], corner[r + 1, c + 1], corner[r + 1, c]])
            for r in range(high)
            for c in range(wide)
        ]
        n, column = wide * high, np.arange(wide * high) % wide
        towns = int(random.integers(1, 4)) if wide > 3 else 1
        people = random.lognormal(5, 0.6, n)
        people = people if self.chance(0.25) else np.round(people)
        people[random.random(n) < 0.08] = 0
        scale = float(10.0 ** random.integers(-1, 5))
        work = random.lognormal(3, 0.4, n) * scale
        if self.chance(0.15):
            work[:] = scale / 3
        work[random.random(n) < 0.05] = 0
        self.muni = np.array([f"Town {c * towns // wide}" for c in column])
        self.n, self.corner, self.cells, self.wide = n, corner, cells, wide
        self.units = gpd.GeoDataFrame(
            {
                "unit": [f"u{i}" for i in range(n)],
                "pop": people,
                "calls": work,
                "muni": self.muni,
                "sr": np.floor(people * random.uniform(0, 0.5, n)),
                "ro": np.floor(people * random.uniform(0, 0.4, n)),
            },
            geometry=cells,
            crs=CRS,
        )
        self.units.to_file(self.folder / "units.gpkg")
        self.sections["units"] = {"path": "units.gpkg", "id": "unit", "workload": "calls"}
        if self.chance(0.9):
            self.sections["units"] |= {"population": "pop", "groups": {"serbian": "sr", "romani": "ro"}}
        if towns > 1:
            self.sections["units"]["municipality"] = "muni"

    def _beats(self) -> None:
        random, folder = self.random, self.folder
        towns = len(set(self.muni))
        keys: dict[str, Any] = {
            "count": self.of("auto", *[int(random.integers(towns, max(towns + 1, self.n // 3)))] * 6),
            "tolerance": float(self.of(0.001, 0.02, 0.05, 0.1, 0.15, 0.25, 0.4, random.uniform(0.01, 0.5))),
            "objective": self.of("travel", "travel", "cut"),
        }
        if self.chance(0.5):
            # rules that can mostly be kept
            keys |= {"count": max(towns, self.n // 7), "tolerance": float(random.uniform(0.3, 0.6))}
        self.today, self.known = None, []
        if self.chance(0.75):
            width = int(random.integers(1, 4))
            label = (np.arange(self.n) % self.wide // width) + 10 * (np.arange(self.n) // self.wide // 2)
            label = (
                label if self.chance(0.3) else np.array([f"{m[-1]}{k}" for m, k in zip(self.muni, label, strict=True)])
            )
            self.today = np.array([f"B{k}" for k in label])
            left = random.random(self.n) > 0.04
            old = self.units.assign(beat=self.today)[left]
            self.known = sorted(set(self.today[left]))
            old.dissolve("beat").reset_index()[["beat", "geometry"]].to_file(folder / "old.gpkg")
            keys["current"] = {"path": "old.gpkg", "id": "beat"}
            if self.chance(0.75):
                keys["max_moved"] = float(self.of(0.0, 0.03, 0.1, 0.2, 0.35, random.uniform(0, 0.4)))
            if self.chance(0.3):
                rows = random.choice(self.n, 2, replace=False)
                table = pd.DataFrame({"unit": self.units["unit"].iloc[rows], "beat": self.today[rows]})
                table.to_csv(folder / "locked.csv", index=False)
                keys["locked"] = {"path": "locked.csv", "unit": "unit", "beat": "beat"}
        if self.chance(0.3):
            row = int(random.integers(self.corner.shape[0]))
            part = self.corner[row][: int(random.integers(2, self.wide + 1))]
            gpd.GeoDataFrame(geometry=[shapely.LineString(part)], crs=CRS).to_file(folder / "river.gpkg")
            keys["barriers"] = {"path": "river.gpkg"}
        if self.chance(0.2):
            pairs = [
                (a, b, random.uniform(10, 500))
                for a in range(self.n)
                for b in (a + 1, a + self.wide)
                if b < self.n and (b != a + 1 or b % self.wide) and self.chance(0.93)
            ]
            table = pd.DataFrame(pairs, columns=["from", "to", "metres"])
            table[["from", "to"]] = "u" + table[["from", "to"]].astype(str)
            table.to_csv(folder / "edges.csv", index=False)
            keys["adjacency"] = "edges.csv"
        if self.chance(0.2):
            far = random.uniform(100, 3000, (self.n, self.n))
            np.fill_diagonal(far, 0)
            rows = [(f"u{a}", f"u{b}", far[a, b]) for a in range(self.n) for b in range(self.n)]
            pd.DataFrame(rows, columns=["from", "to", "metres"]).to_csv(folder / "dist.csv", index=False)
            keys["distances"] = "dist.csv"
        self.sections["beats"] = keys

    def _points(self, number: int) -> np.ndarray:
        low, high = self.corner.reshape(-1, 2).min(axis=0), self.corner.reshape(-1, 2).max(axis=0)
        return self.random.uniform(low, high, (number, 2))

    def _stations(self) -> None:
        random, folder = self.random, self.folder
        objective = self.of("p-median", "p-median", "coverage", "p-center", "fewest")
        count = int(random.integers(1, 5))
        keys: dict[str, Any] = {
            "objective": objective,
            "walk_minutes": round(float(random.uniform(4, 20)), 3),
            "detour": round(float(random.uniform(1, 1.6)), 4),
        }
        if objective != "fewest":
            keys["count"] = count
        number = int(random.integers(5, 14))
        sites = pd.DataFrame(self._points(number), columns=["x", "y"])
        sites["site"] = [f"s{k}" for k in range(number)]
        sites["cost"], sites["yearly"] = random.uniform(100, 9999, number), random.uniform(1, 999, number)
        sites.to_csv(folder / "sites.csv", index=False)
        keys["candidates"] = {"path": "sites.csv", "x": "x", "y": "y", "crs": CRS, "id": "site", "cost": "cost"}
        if self.chance(0.3):
            keys["candidates"]["yearly_cost"] = "yearly"
        if self.chance(0.4):
            old = pd.DataFrame(self._points(2), columns=["x", "y"]).assign(
                name=["old 1", "old 2"], state=["kept", "closable"]
            )
            old["closing"] = random.uniform(10, 99, 2)
            old.to_csv(folder / "old.csv", index=False)
            keys["existing"] = {"path": "old.csv", "x": "x", "y": "y", "crs": CRS, "id": "name", "state": "state"}
            keys["existing"]["closing_cost"] = "closing"
        if self.chance(0.4):
            keys["budget"] = round(float(random.uniform(0.3, 1.2) * sites["cost"].mean() * count), 2)
        if self.chance(0.3):
            keys["min_distance"] = round(float(random.uniform(100, 900)), 2)
        if self.chance(0.25) and "municipality" in self.sections["units"]:
            keys["one_per_municipality"] = True
        if self.chance(0.25) and "groups" in self.sections["units"] and objective != "p-center":
            keys["group_excess"] = float(self.of(0.0, 0.05, 0.2))
        if self.chance(0.25):
            keys["reach_minutes"] = keys["walk_minutes"] * float(random.uniform(1, 3))
        if self.chance(0.3):
            keys["phases"] = {
                "budgets": [round(float(x), 2) for x in random.uniform(0, 12_000, int(random.integers(1, 4)))]
            }
        if self.chance(0.3):
            keys["mobile"] = {"visits_per_year": 12, "walk_minutes": keys["walk_minutes"]}
        self.sections["stations"] = keys

    def _officers(self) -> None:
        random, folder = self.random, self.folder
        number, today = int(random.integers(3, 10)), getattr(self, "today", None)
        place = gpd.GeoSeries(gpd.points_from_xy(*self._points(number).T), crs=CRS).to_crs("EPSG:4326")
        lon, lat = place.x.to_numpy(), place.y.to_numpy()
        beats = self.known if today is not None else []
        rows = [
            {
                "officer": f"o{k}",
                "beat": self.of(*beats) if beats and self.chance(0.7) else None,
                "since": f"20{random.integers(20, 27)}-0{random.integers(1, 10)}-{random.integers(10, 29)}",
                "languages": self.of("serbian", "romani", "serbian;romani", None),
                "gender": self.of("f", "m"),
                "x": lon[k],
                "y": lat[k],
                "joins_on": None,
                "leaves_on": "2028-03-09" if self.chance(0.15) else None,
                "not_with": "o0" if k and self.chance(0.2) else None,
                "grade": self.of("a", "b"),
                "share": self.of(1, 1, 0.5, 0.7),
                "absent_from": "2027-04-20" if k == 1 else None,
                "absent_until": "2027-09-11" if k == 1 else None,
            }
            for k in range(number)
        ]
        for row in rows:
            if row["beat"] is None:
                row["since"] = None
                row["joins_on"] = "2027-05-17" if self.chance(0.3) else None
        pd.DataFrame(rows).to_csv(folder / "officers.csv", index=False)
        keys: dict[str, Any] = {
            "path": "officers.csv",
            "start": "2027-01-01",
            "years": int(random.integers(1, 4)),
            "min_tenure_months": int(self.of(6, 12, 36)),
            "handover_months": int(random.integers(0, 3)),
            "posts_per_beat": self.of(1, 1, 2, "auto"),
        }
        for name, share, values in (
            ("max_tenure_months", 0.4, (12, 24, 48)),
            ("moves_a_month", 0.3, (0, 1, 2)),
            ("half_a_year", 0.3, (True,)),
            ("gender_mix", 0.3, (True,)),
            ("must_language_share", 0.3, (0.2, 0.31)),
            ("training_months", 0.2, (3,)),
        ):
            if self.chance(share):
                keys[name] = self.of(*values)
        if "max_tenure_months" in keys:
            keys["min_tenure_months"] = min(keys["min_tenure_months"], keys["max_tenure_months"])
        if beats and self.chance(0.25):
            published = [(r["officer"], r["beat"], "2027-01-01", "2028-01-01") for r in rows if r["beat"]]
            pd.DataFrame(published, columns=["officer", "beat", "start", "end"]).to_csv(
                folder / "published.csv", index=False
            )
            keys |= {"published": "published.csv", "freeze_months": int(random.integers(0, 5))}
        self.sections["officers"] = keys

    def _budget(self) -> None:
        random = self.random
        keys: dict[str, Any] = {
            "years": int(random.integers(2, 6)),
            "inflation": round(float(random.uniform(0, 0.05)), 4),
            "officer_salary": round(float(random.uniform(5_000, 20_000)), 2),
            "allowances": round(float(random.uniform(0, 900)), 2),
            "employer_part": 0.183,
            "station_yearly": 1234.56,
            "vehicles_per_beat": self.of(0.0, 0.5, 0.3333, 1.0),
            "vehicle_price": 12_345.67,
            "vehicle_years": 3,
            "vehicle_yearly": 987.65,
            "forum_travel": 1.23,
            "training_seat": 321.09,
        }
        if self.chance(0.5):
            keys["ceiling"] = [round(float(x), 2) for x in random.uniform(20_000, 250_000, keys["years"])]
        if self.chance(0.3):
            keys["funds"] = {"ministry": round(float(random.uniform(20_000, 200_000)), 2)}
        if self.chance(0.2) and len(set(self.muni)) > 1:
            keys["pilots"] = ["Town 0"]
        if self.chance(0.3):
            keys["start_by"] = "municipality"
        if self.chance(0.3):
            keys["training_seats"] = int(random.integers(1, 4))
        self.sections["budget"] = keys


def wrong(folder: Path, seed: int) -> tuple[str, list[str]]:
    """Plan a random town; return what became of it, and what its own checker calls wrong."""
    RandomTown(folder, seed)
    try:
        summary = run(folder / "project.toml", folder / "plan", pack=seed % 10 == 0, time_limit=10.0)
    except InputError as error:
        return "refused", [f"refused: {error.problems[0]}"] if seed < 0 else []
    verdict = verify(folder / "plan")
    steps = [s for s in ("beats", "stations", "officers") if s in summary]
    return "planned" if summary["feasible"] else "rules clash", [
        str(c) + f" ({', '.join(steps)})" for c in verdict.failed
    ]


def main() -> None:
    """Print a line for each figure that the program calls wrong in a plan of its own, and the sums."""
    parser = argparse.ArgumentParser()
    parser.add_argument("towns", type=int, nargs="?", default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the towns; else none stays")
    arguments = parser.parse_args()
    begin, sums = time.monotonic(), Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(arguments.first, arguments.first + arguments.towns):
            folder = (arguments.keep or Path(scratch)) / f"town{seed}"
            became, claimed = wrong(folder, seed)
            sums[became] += 1
            sums["called wrong"] += bool(claimed)
            for line in claimed:
                print(f"{seed}: {line}", flush=True)
    print(f"{arguments.towns} towns in {time.monotonic() - begin:.0f} s: {dict(sums)}")


if __name__ == "__main__":
    main()
