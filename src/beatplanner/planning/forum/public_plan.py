"""What of a plan, a town and its rules may go to the public: picked column by column, so that nothing goes by accident."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import BaseModel

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.formats.frames import each_row
from beatplanner.data.narrowing import is_sequence
from beatplanner.data.publish.public.plan import (
    BEAT_COLUMNS,
    STATION_COLUMNS,
    UNIT_COLUMNS,
    Card,
    PackSettings,
    PublicPlan,
    PublicSource,
    PublicTables,
    PublicVerdict,
    StationWay,
)
from beatplanner.data.result.draft import STEPS, accepted_sites, draft_reasons, proven_gap, unaccepted_sites
from beatplanner.data.result.draft_reason import gap_at_most
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.provenance import provenance
from beatplanner.data.result.station_names import areas_near, own_names
from beatplanner.data.result.summary import Claims
from beatplanner.data.result.verdict import CheckerFound
from beatplanner.data.town.forum_tables import ForumTables
from beatplanner.planning.forum.public_posts import officer_facts

# A deviation that breaks its rule is told in steps this wide, rounded up.
STEP = 0.05
# How unequal the work of officers is, is told in steps this wide, rounded up.
SPREAD_STEP = 0.1
# Sections of a description whose numbers and choices are public; money of the force, persons and paths are not.
PUBLIC_SECTIONS = ("workload", "beats", "stations", "officers")
# Roles of the files from which people and incidents are counted: what is hidden is chosen by their secret.
COUNTED_FROM = ("units", "incidents")


def public_plan(
    tables: PlanTables, accepted: Mapping[str, str] | None = None, verdict: CheckerFound | None = None
) -> PublicPlan:
    """Return the plan as the public may see it; `accepted` and `verdict` as for `draft_reasons`."""
    accepted = accepted_sites(tables) if accepted is None else accepted
    assert tables.beats is not None
    summary = tables.summary
    units = gpd.GeoDataFrame(tables.units[[c for c in UNIT_COLUMNS if c in tables.units]]).copy()
    if "walk_minutes" in units and tables.homes is not None:
        units["station"], units["walk_minutes"] = _ways_by_place(tables)
    stations = _stations(tables, accepted)
    beats = summary.get("beats", {})
    return PublicPlan(
        project=str(summary["project"]),
        feasible=bool(summary["feasible"]),
        units=units,
        beats=gpd.GeoDataFrame(tables.beats[[c for c in BEAT_COLUMNS if c in tables.beats]]),
        stations=stations,
        walk_minutes=None if stations is None else float(summary.get("stations", {}).get("walk_minutes", 20.0)),
        deviation_limit=_deviation_limit(beats, tables.beats),
        contiguous=bool(beats.get("contiguous", True)),
        work_spread=_work_spread(tables.beats),
        own_municipality=_own_municipality(units),
        officers=officer_facts(tables),
        ways=_ways(tables, units),
        draft=draft_reasons(tables, accepted, verdict),
        accepted=sorted(set(accepted) & _generated(tables)),
        closed=_closed(tables),
        closing=_closing(tables),
    )


def _shut(tables: PlanTables) -> gpd.GeoDataFrame | None:
    """Return the sites of today's stations that the plan closes; None where it closes none."""
    if tables.sites is None or tables.stations is None:
        return None
    shut = tables.sites[tables.sites["existing"].astype(bool) & ~tables.sites["chosen"].astype(bool)]
    return gpd.GeoDataFrame(shut) if len(shut) else None


def _closing(tables: PlanTables) -> gpd.GeoDataFrame | None:
    """Return today's stations that the plan closes, as the public may see them."""
    shut = _shut(tables)
    if shut is None:
        return None
    found = gpd.GeoDataFrame(shut[["station", "geometry"]]).assign(existing=True, near="")
    found["name"] = [str(s.name or s.station) for s in each_row(shut)]
    return gpd.GeoDataFrame(found[list(STATION_COLUMNS)])


def _closed(tables: PlanTables) -> dict[str, list[str]]:
    """Return the names of today's stations that the plan closes, by the beat that each lies in."""
    found: dict[str, list[str]] = {}
    shut = _shut(tables)
    if shut is None:
        return found
    beat_of = dict(zip(tables.units["unit"].astype(str), tables.units["beat"].astype(str), strict=True))
    for site in each_row(shut):
        found.setdefault(beat_of.get(str(site.unit), ""), []).append(str(site.name or site.station))
    return found


def _generated(tables: PlanTables) -> set[str]:
    """Return the stations at places that were generated."""
    return unaccepted_sites(tables, {})


def _stations(tables: PlanTables, accepted: Mapping[str, str]) -> gpd.GeoDataFrame | None:
    """Return the stations with the names that people know them by; one at a made-up place has none until a person accepts it."""
    if tables.stations is None:
        return None
    found = gpd.GeoDataFrame(tables.stations[["station", "existing", "geometry"]]).copy()
    found["name"] = pd.Series(list(own_names(tables, accepted).values()), index=found.index, dtype=object)
    found["near"] = areas_near(tables)
    return gpd.GeoDataFrame(found[list(STATION_COLUMNS)])


def _ways(tables: PlanTables, units: gpd.GeoDataFrame) -> dict[str, list[StationWay]]:
    """Return the stations of each beat, counted over its places, each once."""
    if tables.stations is None or tables.beats is None or "walk_minutes" not in units:
        return {}
    beat_of = dict(zip(tables.units["unit"].astype(str), tables.units["beat"], strict=True))
    places = tables.homes if tables.homes is not None else units
    frame = pd.DataFrame(
        {
            "beat": [str(beat_of.get(u)) for u in places["unit"].astype(str)],
            "station": places["station"].astype(object).to_numpy(),
            "minutes": places["walk_minutes"].to_numpy(float),
        }
    )
    frame = frame[np.isfinite(frame["minutes"])]
    found: dict[str, list[StationWay]] = {}
    for beat, shape in zip(tables.beats["beat"].astype(str), tables.beats.geometry, strict=True):
        own = frame[frame["beat"] == beat]
        first = own.groupby(own["station"].astype(str))["minutes"].agg(["size", "mean"])
        ways = [StationWay(str(s), r["size"] / len(own), float(r["mean"])) for s, r in first.iterrows()]
        ways.sort(key=lambda w: (-w.share, w.station))
        inside = tables.stations["station"].astype(str)[tables.stations.geometry.intersects(shape).to_numpy()]
        found[beat] = ways + [StationWay(s, 0.0, float("nan")) for s in sorted(set(inside) - {w.station for w in ways})]
    return found


def _work_spread(beats: gpd.GeoDataFrame) -> float | None:
    """Return by how much an officer's work in the busiest beat exceeds that in the quietest, in wide steps, rounded up."""
    hours, posts = beats["workload"].to_numpy(float), beats["posts"].to_numpy(float)
    if not len(beats) or not (np.isfinite(hours).all() and (hours > 0).all() and (posts > 0).all()):
        return None
    each = hours / posts
    return math.ceil((float(each.max() / each.min()) - 1) / SPREAD_STEP - 1e-6) * SPREAD_STEP


def _own_municipality(units: gpd.GeoDataFrame) -> bool:
    """Return whether every beat lies in one municipality."""
    if "municipality" not in units:
        return True
    known = units[units["beat"].notna()]
    return not len(known) or int(known.groupby("beat")["municipality"].nunique(dropna=False).max()) == 1


def _commonest(values: pd.Series[Any]) -> str:
    """Return what stands most often; of several the first by its letters."""
    return str(values.astype(str).value_counts().sort_index().idxmax())


def _ways_by_place(tables: PlanTables) -> tuple[pd.Series, pd.Series]:
    """Return the station and the mean minutes of each unit over its homes, each counted once: how many live in one is nobody's business."""
    assert tables.homes is not None
    homes = tables.homes.assign(unit=tables.homes["unit"].astype(str))
    reached = homes[homes["walk_minutes"].notna()]
    minutes = reached.groupby("unit")["walk_minutes"].mean()
    station = reached.groupby("unit")["station"].agg(_commonest)
    ids = tables.units["unit"].astype(str)
    return ids.map(station).astype(object).where(ids.isin(station.index), None), ids.map(minutes).astype(float)


def _deviation_limit(beats: Mapping[str, Any], table: gpd.GeoDataFrame) -> float | None:
    """Return a share that no beat's deviation exceeds, of all beats as they are: the rule where the plan keeps it, else the measure in wide steps."""
    limits, found = beats.get("municipalities", []), beats.get("max_deviation")
    if not limits or found is None:
        return None
    if "deviation" in table:
        found = max(float(found), float(table["deviation"].abs().max(skipna=True)))
    widest = max(float(m["tolerance"]) for m in limits)
    kept = float(found) <= widest + 1e-9
    return widest if kept else math.ceil(float(found) / STEP - 1e-9) * STEP


def public_tables(extra: ForumTables) -> PublicTables:
    """Return the force's own tables for the pack."""
    return PublicTables(
        extra.report_back, extra.partners, dict(extra.hours), extra.streets, extra.waters, extra.contacts, extra.houses
    )


def settings_of(rules: Forum) -> PackSettings:
    """Return what the force set for the pack."""
    return PackSettings(
        rules.threshold,
        rules.made_by,
        rules.decided_by,
        rules.decided_on,
        rules.source,
        rules.contact,
        rules.objections_until,
        float(rules.cost_per_km),
        rules.currency,
        {
            "neighbourhood": rules.neighbourhood.name,
            "municipality": rules.municipality.name,
            "region": rules.region.name,
        },
        rules.map_url,
    )


def secret_of(summary: Claims) -> bytes:
    """Return a secret of the data that people and incidents are counted from; nobody has it who has not the files themselves."""
    digest = hashlib.sha256(b"beatplanner")
    for source in summary.get("inputs", []):
        if str(source["role"]).split(".")[0] in COUNTED_FROM:
            digest.update(str(source["sha256"]).encode("ascii"))
    return digest.digest()


def _public_verdict(verdict: CheckerFound) -> PublicVerdict:
    """Return a verdict as the public is told it: a claim that could not be checked is none that passed."""
    unknown = len(verdict.get("unchecked", ()))
    return {"ok": verdict["ok"], "checks": verdict["checks"] - unknown, "not_checked": unknown}


def card_of(
    tables: PlanTables, rules: Description, extra: ForumTables, verdict: CheckerFound | None, key: bytes
) -> Card:
    """Return how the pack was made, without names of files, sheets and layers.

    A hash of a file with few unknown numbers could be guessed; so the public gets a seal, made with the office's key.
    """
    summary = tables.summary
    files = [
        (str(i["role"]), str(i["path"]), str(i.get("newest") or ""), str(i["sha256"]))
        for i in summary.get("inputs", [])
    ]
    files += [(s.role, str(s.path), s.newest, s.sha256) for s in extra.sources]
    data: list[PublicSource] = []
    # a layer that two steps read is one source
    for role, path, newest, sha in dict.fromkeys(files):
        origin = provenance(rules, role, Path(path), newest)
        seal = hmac.new(key, sha.encode("ascii"), hashlib.sha256).hexdigest()
        data.append({"role": role.split(":")[0], "name": origin.name, "date": origin.date, "seal": seal})
    return Card(
        data=data,
        rules={name: found for name in PUBLIC_SECTIONS if (found := public_rules(getattr(rules, name)))},
        gaps={step: _rounded(proven_gap(summary[step])) for step in STEPS if step in summary},
        verdict=None if verdict is None else _public_verdict(verdict),
        versions=dict(summary.get("versions", {})),
        seed=int(summary.get("seed", 0)),
        made=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
    )


def _rounded(gap: float | None) -> float | None:
    """Return a gap as it may be told: to the last digit it would be an equation over the work of single units."""
    return None if gap is None else gap_at_most(gap)


def public_rules(section: Any) -> dict[str, object]:
    """Return the numbers, dates and choices of a section: no text that somebody wrote, no path, no column, no name of a category or a person."""
    if not isinstance(section, BaseModel):
        return {}
    found: dict[str, object] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            inner = {} if "path" in type(value).model_fields else public_rules(value)
            if inner:
                found[name] = inner
        elif isinstance(value, bool | int | float):
            found[name] = value
        elif isinstance(value, dt.date):
            found[name] = value.isoformat()
        elif isinstance(value, str) and value in _choices(field.annotation):
            found[name] = value
        elif is_sequence(value) and value and all(isinstance(v, int | float) for v in value):
            found[name] = list(value)
    return {k: v for k, v in found.items() if not (isinstance(v, float) and not np.isfinite(v))}


def _choices(annotation: Any) -> set[str]:
    """Return the words from which a setting chooses; none where anything may be written."""
    if get_origin(annotation) is Literal:
        return {a for a in get_args(annotation) if isinstance(a, str)}
    return set[str]().union(*(_choices(a) for a in get_args(annotation))) if get_args(annotation) else set()
