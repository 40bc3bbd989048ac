"""The robustness of a comparison, drawn again with pandas, numpy and geopandas, from the incidents' own file.

Incidents are read, put into the plan's units and counted a year here. Only where that gives each unit the hours of the plan are they drawn from: so the hours of
calls that all plans stand on are worked out apart as well.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd


def records(p: Any) -> pd.DataFrame | None:
    """Return the incidents by the program's rules of the sample: unit, kind, time and hours a year each; None where they are of another kind."""
    rules = p.rules.get("incidents")
    if rules is None or rules["x"] is None or rules["days"] is not None or rules["record"] is not None:
        return None
    source = next((Path(i["path"]) for i in p.summary["inputs"] if i["role"] == "incidents"), None)
    if source is None or source.suffix.lower() not in (".csv", ".tsv", ".txt") or not source.is_file():
        return None
    frame = pd.read_csv(source, sep=None, engine="python", encoding="utf-8-sig", dtype=str).drop_duplicates()
    x, y = (pd.to_numeric(frame[rules[k]], errors="coerce") for k in ("x", "y"))
    shapes = gpd.read_file(p.folder / "plan.gpkg", layer="units")
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), index=frame.index, crs=rules["crs"]).to_crs(shapes.crs)
    place = np.full(len(frame), -1)
    point, unit = shapes.sindex.query(points.to_numpy(), predicate="intersects")
    # on a border, the first unit
    for i, u in sorted(zip(point.tolist(), unit.tolist(), strict=True), reverse=True):
        place[i] = u
    names = shapes["unit"].astype(str)
    kind = frame[rules["category"]].fillna("").str.strip() if rules["category"] else pd.Series("", index=frame.index)
    time = (
        pd.to_datetime(frame[rules["time"]], format="ISO8601")
        if rules["time"]
        else pd.Series(pd.NaT, index=frame.index)
    )
    hours = {k.strip().casefold(): v for k, v in p.rules["workload"]["hours"].items()}
    each = kind.str.casefold().map(hours).fillna(p.rules["workload"]["default_hours"]).astype(float)
    # which months the records cover is taken as it is told; the years that this makes are counted here
    months = pd.DataFrame(p.summary["workload"].get("months") or [], columns=["month", "covered"])
    counted = time.dt.strftime("%Y-%m").isin(months.loc[months["covered"] > 0, "month"]) | time.isna() | months.empty
    found = pd.DataFrame(
        {
            "unit": [names.iat[k] if k >= 0 else None for k in place],
            "kind": kind,
            "time": time,
            "hours": each / years(months),
        }
    )[counted]
    claimed = p.units.set_index("unit")["reactive_hours"].astype(float)
    mine = found.groupby("unit")["hours"].sum().reindex(claimed.index).fillna(0.0)
    return found if np.allclose(claimed, mine, rtol=1e-6, atol=1e-6) else None


def years(months: pd.DataFrame) -> float:
    """Return the calendar years of the covered months, each day 1 / 365 or 1 / 366 of its year; 1 without times."""
    whole = [pd.Period(m, freq="M") for m in months["month"]]
    share = zip(whole, months["covered"], strict=True)
    return math.fsum(c * m.days_in_month / (366 if m.is_leap_year else 365) for m, c in share) or 1.0


def of_draws(p: Any, incidents: pd.DataFrame | None, band: float, draws: int, seed: int) -> dict[str, Any]:
    """Return in how many draws every beat, and the least steady one, stays within the band, the deviation of 19 in 20, and the back-cast."""
    now = dict(zip(p.units["unit"], p.now, strict=True))
    if incidents is None or not band or not any(now.values()):
        return {}
    load = p.units.assign(
        now=p.now, quiet=p.units["community_hours"] + p.units["fixed_hours"], w=p.units["workload"] + 1e-9
    )
    load = load[load["now"].notna()]
    town = load.pivot_table(index="now", columns="municipality", values="w", aggfunc="sum", fill_value=0.0).idxmax(
        axis=1
    )
    quiet = load.groupby("now")["quiet"].sum()
    first = incidents["time"].min()
    rows = incidents[incidents["unit"].notna()]
    rows = rows.assign(beat=rows["unit"].map(now), week=(rows["time"] - first).dt.total_seconds() // 604_800)
    kinds, weeks = sorted(set(rows["kind"])), max(int(rows["week"].max()) + 1, 1) if rows["week"].notna().any() else 1
    rows = rows[rows["beat"].notna()]
    # one row for each beat, kind and week: a draw weighs these alike
    cells = rows.groupby(["beat", "kind", "week"], dropna=False)["hours"].sum().reset_index()

    def away(hours: pd.Series, beat: pd.Series) -> pd.Series:
        sums = quiet + hours.groupby(beat).sum().reindex(quiet.index).fillna(0.0)
        return (sums / sums.groupby(town).transform("mean") - 1).abs()

    random, drawn = np.random.default_rng(seed), []
    for _ in range(draws):
        factor = pd.Series(random.uniform(0.8, 1.2, len(kinds)), index=kinds)
        often = pd.Series(random.multinomial(weeks, np.full(weeks, 1 / weeks)).astype(float))
        drawn.append(
            away(cells["hours"] * cells["kind"].map(factor) * cells["week"].map(often).fillna(1.0), cells["beat"])
        )
    table = pd.DataFrame(drawn)
    within = table <= band + 1e-9
    found: dict[str, Any] = {
        "robust_share": float(within.all(axis=1).mean()),
        "robust_worst": float(within.mean().min()),
        "robust_deviation": float(table.max(axis=1).sort_values().iloc[math.ceil(0.95 * draws) - 1]),
    }
    dated = rows["time"].notna()
    if dated.any():
        begin, end = rows["time"].min(), rows["time"].max()
        early = dated & (rows["time"] < begin + (end - begin) / 2)
        part = rows["hours"][early].sum()
        if part > 0:
            scale = rows["hours"][dated].sum() / part
            found["back_cast"] = float(
                away(rows["hours"].where(~dated, rows["hours"] * early * scale), rows["beat"]).max()
            )
    return found
