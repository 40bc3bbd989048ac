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

from beatplanner.data.description.models import Description, Forum
from beatplanner.data.publish.photos import clean_photo
from beatplanner.data.publish.public.plan import (
    BEAT_COLUMNS,
    STATION_COLUMNS,
    UNIT_COLUMNS,
    Card,
    Posted,
    PublicPlan,
    PublicTables,
    Settings,
)
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.forum_tables import ForumTables, consented
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.beat_facts import languages_of, postings_at_start

# A deviation that breaks its rule is told in steps this wide, rounded up.
STEP = 0.05
# Sections of a description whose numbers and choices are public; money of the force, persons and paths are not.
PUBLIC_SECTIONS = ("workload", "beats", "stations", "officers")
# Roles of the files from which people and incidents are counted: what is hidden is chosen by their secret.
COUNTED_FROM = ("units", "incidents")


def public_plan(tables: PlanTables, rules: Description | None = None) -> PublicPlan:
    """Return the plan as the public may see it."""
    assert tables.beats is not None
    summary = tables.summary
    units = gpd.GeoDataFrame(tables.units[[c for c in UNIT_COLUMNS if c in tables.units]]).copy()
    if "walk_minutes" in units and tables.homes is not None:
        units["station"], units["walk_minutes"] = _ways_by_place(tables)
    stations = None
    if tables.stations is not None:
        stations = gpd.GeoDataFrame(tables.stations[[c for c in STATION_COLUMNS if c in tables.stations]])
    beats, officers = summary.get("beats", {}), None if rules is None else rules.officers
    claims = summary.get("officers", {})
    return PublicPlan(
        project=str(summary["project"]),
        feasible=bool(summary["feasible"]),
        units=units,
        beats=gpd.GeoDataFrame(tables.beats[[c for c in BEAT_COLUMNS if c in tables.beats]]),
        stations=stations,
        walk_minutes=None if stations is None else float(summary.get("stations", {}).get("walk_minutes", 20.0)),
        deviation_limit=_deviation_limit(beats),
        contiguous=bool(beats.get("contiguous", True)),
        tenure_months=None if officers is None or tables.assignments is None else officers.min_tenure_months,
        tenure_kept=not claims.get("tenure_violations"),
        handover_months=None if officers is None else int(officers.handover_months),
    )


def _ways_by_place(tables: PlanTables) -> tuple[pd.Series, pd.Series]:
    """Return the station and the mean minutes of each unit over its homes, each counted once: how many live in one is nobody's business."""
    assert tables.homes is not None
    homes = tables.homes.assign(unit=tables.homes["unit"].astype(str))
    reached = homes[homes["walk_minutes"].notna()]
    minutes = reached.groupby("unit")["walk_minutes"].mean()
    station = reached.groupby("unit")["station"].agg(lambda s: s.astype(str).value_counts().sort_index().idxmax())
    ids = tables.units["unit"].astype(str)
    return ids.map(station).astype(object).where(ids.isin(station.index), None), ids.map(minutes).astype(float)


def _deviation_limit(beats: Mapping[str, Any]) -> float | None:
    """Return a share that no beat's deviation exceeds: the rule where the plan keeps it, else the measure in wide steps."""
    limits, found = beats.get("municipalities", []), beats.get("max_deviation")
    if not limits or found is None:
        return None
    widest = max(float(m["tolerance"]) for m in limits)
    kept = float(found) <= widest + 1e-9
    return widest if kept else math.ceil(float(found) / STEP - 1e-9) * STEP


def posted(tables: PlanTables, extra: ForumTables, town: Town, day: dt.date) -> dict[str, list[Posted]]:
    """Return who holds the posts of each beat at the plan's beginning, named only with consent on the day.

    Raises
    ------
    InputError
        Where a photo cannot be used.
    """
    assert tables.beats is not None
    if tables.assignments is None or town.description.officers is None:
        return {}
    last = max((str(e) for e in tables.assignments["end"]), default="")
    allowed, photos = consented(extra, day), {}
    before = (
        {}
        if tables.roster is None
        else dict(zip(tables.roster["officer"].astype(str), tables.roster["beat"], strict=True))
    )
    for shown in allowed.values():
        if shown["photo"] and shown["photo"] not in photos:
            photos[shown["photo"]] = (
                f"photo{len(photos)}.jpg",
                clean_photo(Path(shown["photo"]), town.description.path(Path())),
            )
    found = {}
    for beat in tables.beats["beat"].astype(str):
        found[beat] = []
        for row, end in postings_at_start(tables, beat):
            agreed = allowed.get(str(row.officer)) or {}
            name, contact = agreed.get("name"), agreed.get("contact")
            found[beat].append(
                Posted(
                    int(row.post),
                    end,
                    end.isoformat() == last,
                    tuple(languages_of(tables, str(row.officer))),
                    str(name) if name else None,
                    str(contact) if contact else None,
                    photos.get(agreed.get("photo")),
                    str(before.get(str(row.officer))) == beat,
                )
            )
    return found


def public_tables(extra: ForumTables) -> PublicTables:
    """Return the force's own tables for the pack."""
    return PublicTables(extra.report_back, extra.partners, dict(extra.hours), extra.streets, extra.waters)


def settings_of(rules: Forum) -> Settings:
    """Return what the force set for the pack."""
    return Settings(
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
    )


def secret_of(summary: Mapping[str, Any]) -> bytes:
    """Return a secret of the data that people and incidents are counted from; nobody has it who has not the files themselves."""
    digest = hashlib.sha256(b"beatplanner")
    for source in summary.get("inputs", []):
        if str(source["role"]).split(".")[0] in COUNTED_FROM:
            digest.update(str(source["sha256"]).encode("ascii"))
    return digest.digest()


def card_of(
    tables: PlanTables, rules: Description, extra: ForumTables, verdict: Mapping[str, Any] | None, key: bytes
) -> Card:
    """Return how the pack was made, without names of files, sheets and layers.

    A hash of a file with few unknown numbers could be guessed; so the public gets a seal, made with the office's key.
    """
    summary = tables.summary
    files = [(str(i["role"]), str(i["modified"]), str(i["sha256"])) for i in summary.get("inputs", [])]
    files += [(s.role, str(s.modified), s.sha256) for s in extra.sources]
    data = [
        {
            "role": role.split(":")[0],
            "date": modified[:10],
            "seal": hmac.new(key, sha.encode("ascii"), hashlib.sha256).hexdigest(),
        }
        for role, modified, sha in files
    ]
    return Card(
        data=data,
        rules={name: found for name in PUBLIC_SECTIONS if (found := public_rules(getattr(rules, name)))},
        gaps={step: summary[step].get("gap") for step in ("beats", "stations", "officers") if step in summary},
        verdict=None if verdict is None else {"ok": verdict["ok"], "checks": verdict["checks"]},
        versions=dict(summary.get("versions", {})),
        seed=int(summary.get("seed", 0)),
        made=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
    )


def public_rules(section: Any) -> dict[str, Any]:
    """Return the numbers, dates and choices of a section: no text that somebody wrote, no path, no column, no name of a category or a person."""
    if not isinstance(section, BaseModel):
        return {}
    found: dict[str, Any] = {}
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
        elif isinstance(value, list | tuple) and value and all(isinstance(v, int | float) for v in value):
            found[name] = list(value)
    return {k: v for k, v in found.items() if not (isinstance(v, float) and not np.isfinite(v))}


def _choices(annotation: Any) -> set[str]:
    """Return the words from which a setting chooses; none where anything may be written."""
    if get_origin(annotation) is Literal:
        return {a for a in get_args(annotation) if isinstance(a, str)}
    return set().union(*(_choices(a) for a in get_args(annotation))) if get_args(annotation) else set()
