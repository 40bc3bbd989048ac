"""Checks of the country's sums, and of the share-out of officers by its own rule."""

from __future__ import annotations

import math
from typing import Any

from beatplanner.data.description.models import Description
from beatplanner.data.formats.frames import Row, records
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of
from beatplanner.planning.verification.ledger import Ledger, missing
from beatplanner.planning.verification.service_figures import until_there


def check_country(ledger: Ledger, tables: PlanTables, rules: Description) -> None:
    """Check ``summary["country"]``."""
    claims, has = tables.summary.get("country"), rules.country
    if claims is None or has is None or tables.beats is None:
        return
    units, beats = tables.units, tables.beats
    towns = sorted({str(m) for m in units["municipality"]})
    residents = [float(v) for v in units["population"] if not missing(v)]
    found: dict[str, object] = {
        "units": len(units),
        "municipalities": len(towns),
        "beats": len(beats),
        "residents": math.fsum(residents) if residents else None,
        "hours": math.fsum(float(v) for v in units["workload"]),
        "officers_required": sum(int(v) for v in beats["officers_required"]),
        "posts": math.fsum(float(v) for v in beats["posts"]),
        "stations": 0 if tables.sites is None else int(tables.sites["chosen"].sum()),
        "officers_shared": has.officers,
    }
    hours = dict.fromkeys(towns, 0.0)
    for m, v in zip(units["municipality"], units["workload"], strict=True):
        hours[str(m)] += float(v)
    given = {} if has.officers is None else _hamilton(hours, has.officers, has.minimum)
    differ: dict[str, list[float]] = {"officers_missing": [], "officers_over": [], "posts_unstaffed": []}
    for m, n in given.items():
        here = [r for r in records(beats) if str(r["municipality"]) == m]
        needed, posts = sum(int(r["officers_required"]) for r in here), sum(float(r["posts"]) for r in here)
        differ["officers_missing"].append(max(0, needed - n))
        differ["officers_over"].append(max(0, n - needed))
        differ["posts_unstaffed"].append(max(0.0, posts - n))
    found |= {k: math.fsum(v) if given else None for k, v in differ.items()}
    service = section_of(tables.summary, "service")
    for key, value in (("service_minutes", until_there(service)), ("service_own", service.get("own_share"))):
        if key in claims:
            # the mean of the beats by their calls is that of all calls
            found[key] = value
    lost = service.get("queue") == "lost"
    some = lost or any(s.get("lost_share") for s in (service, *service.get("shifts", []), section_of(service, "today")))
    if "service_wait" in claims:
        found |= {"service_wait": None if lost else service.get("wait_share")}
        found |= {"service_lost": service.get("lost_share") if some else None}
    ledger.pairs("country", "as summed up again", [(k, claims.get(k), v) for k, v in found.items()], "figures")
    shares = {str(s["municipality"]): s for s in claims.get("shares", [])}
    if has.officers is None:
        ledger.add("country.shares", not shares, len(shares), "nothing to share out")
        return
    rows = [(m, shares.get(m, {}).get("officers"), given[m]) for m in towns]
    rows += [(m, shares.get(m, {}).get("hours"), hours[m]) for m in towns]
    ledger.pairs("country.shares", "largest remainders after the minimum", rows, "figures")
    empty = sorted(str(r["name"]) for r in records(beats) if has.set_posts and float(r["posts"]) == 0)
    ledger.add(
        "country.empty",
        sorted(claims.get("empty_beats", [])) == empty,
        ", ".join(sorted(claims.get("empty_beats", []))) or "none",
        ", ".join(empty) or "none",
    )


def posts_by_share(beats: list[Row], has: Any) -> dict[str, int]:
    """Return the posts of each beat where the share-out sets them."""
    hours: dict[str, float] = {}
    for r in beats:
        hours[str(r["municipality"])] = hours.get(str(r["municipality"]), 0.0) + float(r["workload"])
    found: dict[str, int] = {}
    for m, n in _hamilton(dict(sorted(hours.items())), has.officers, has.minimum).items():
        own = {str(r["beat"]): float(r["workload"]) for r in beats if str(r["municipality"]) == m}
        found |= _hamilton(own, n, 1 if n >= len(own) else 0)
    return found


def _hamilton(hours: dict[str, float], officers: int, minimum: int) -> dict[str, int]:
    """Share officers out again: the minimum for those below it, whole parts, then the largest remainders, equal ones by name."""
    at_least: set[str] = set()
    while True:
        free = [m for m in hours if m not in at_least]
        left = officers - minimum * len(at_least)
        load = math.fsum(hours[m] for m in free)
        quota = {m: hours[m] * left / load if load > 0 else left / len(free) for m in free}
        low = {m for m in free if quota[m] < minimum - 1e-12}
        if not low:
            break
        at_least |= low
    given = {m: minimum if m in at_least else math.floor(quota[m] + 1e-12) for m in hours}
    rest = officers - sum(given.values())
    order = sorted(free, key=lambda m: (-round(max(0.0, quota[m] - given[m]), 12), m)) or sorted(
        hours, key=lambda m: (-hours[m], m)
    )
    for m in order[:rest]:
        given[m] += 1
    return given
