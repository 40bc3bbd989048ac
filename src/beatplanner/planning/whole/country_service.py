"""The service picture summed up over municipalities, regions and the country, each beat counted by its calls and by its officers' hours on duty."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from beatplanner.data.result.service_files import fates, response_minutes

if TYPE_CHECKING:
    from beatplanner.data.result.service import ServiceContent

# Columns of the country's table.
COLUMNS = ("service_minutes", "service_own", "service_people", "service_wait", "service_lost")


def service_over_beats(service: ServiceContent | None, beats: Iterable[str]) -> dict[str, float]:
    """Return minutes until somebody is there (wait and travel), and the shares of own officers, time left for people, calls that wait and lost ones, over some beats.

    Parameters
    ----------
    service
        The key ``service`` of the summary; None where there is none.
    beats
        Ids.

    Returns
    -------
    dict
        By `COLUMNS`; NaN where it is not known of every beat that has calls, or officers, or where calls cannot wait, or none is lost.
    """
    known = service["beats"] if service else {}
    mine = [known[b] for b in beats if b in known and "calls_a_week" in known[b]]
    came, known_fates = [f.get("calls_a_week", 0.0) for f in mine], fates(service or {})
    answered = [calls * (1 - (f["lost_share"] or 0.0)) for calls, f in zip(came, mine, strict=True)]
    on_duty = [f.get("duty_hours_a_week", 0.0) for f in mine]
    return {
        "service_minutes": _mean([response_minutes(f) for f in mine], answered),
        "service_own": _mean([f["own_share"] for f in mine], answered),
        "service_people": _mean([f["people_share"] for f in mine], on_duty),
        "service_wait": _mean([f["wait_share"] for f in mine], came) if "wait_share" in known_fates else math.nan,
        "service_lost": _mean([f["lost_share"] for f in mine], came) if "lost_share" in known_fates else math.nan,
    }


def _mean(values: list[float | None], weights: list[float]) -> float:
    parts = [(v, w) for v, w in zip(values, weights, strict=True) if w > 0]
    total = math.fsum(w for _, w in parts)
    if not parts or total <= 0 or any(v is None for v, _ in parts):
        return math.nan
    return math.fsum((v or 0.0) * w for v, w in parts) / total


def with_service(table: pd.DataFrame, beats: pd.DataFrame, service: ServiceContent | None) -> pd.DataFrame:
    """Return the country's table with `COLUMNS`; its rows are municipalities, regions and the country."""
    home = beats.groupby(beats["municipality"].astype(str))["beat"].agg(lambda b: list(map(str, b))).to_dict()
    region = table[table["level"] == "municipality"].set_index("name")["region"]
    rows: list[dict[str, float]] = []
    for level, name in zip(table["level"], table["name"], strict=True):
        towns = [name] if level == "municipality" else list(region.index[region == name]) if level == "region" else home
        rows.append(service_over_beats(service, (b for m in towns for b in home.get(m, ()))))
    return pd.concat([table, pd.DataFrame(rows, columns=list(COLUMNS), index=table.index)], axis=1)
