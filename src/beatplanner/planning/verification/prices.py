"""Checks of the prices of rules: each from the two plans that it compares, and those plans themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.errors import InputError, problem
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.strict_json import read_json
from beatplanner.planning.verification.ledger import Ledger, Verdict, tells, text
from beatplanner.planning.verification.service_figures import until_there

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row
    from beatplanner.data.result.summary import Claims

# Of a figure, what its rounding to twelve digits may change.
WRITTEN = 2e-11
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")


def verify_prices(folder: Path, verify_plan: Callable[[Path], Verdict]) -> Verdict:
    """Check a folder that ``beatplanner prices`` made; parameters as for `verify_comparison`; InputError where it holds no prices."""
    try:
        content = read_json((folder / "prices.json").read_text(encoding="utf-8"))
        rows = content["prices"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            problem("the prices cannot be read", "Price the rules again", file=folder / "prices.json")
        ) from None
    ledger = Ledger()
    for name in ("plan", *(r["folder"] for r in rows)):
        verdict = verify_plan(folder / name)
        wrong = "; ".join(f"{c.name}: {c.detail}" for c in verdict.failed[:3])
        ledger.add(
            f"{name}: the plan itself",
            verdict.ok,
            f"{len(verdict.checks)} checks",
            f"{len(verdict.failed)} wrong",
            wrong,
        )
    base = read_result(folder / "plan")
    for r in rows:
        other = read_result(folder / r["folder"])
        a, b = base.summary[r["step"]], other.summary[r["step"]]
        found: Claims = {
            "with": a["objective"],
            "without": b["objective"],
            "with_bound": a["lower_bound"],
            "without_bound": b["lower_bound"],
        }
        found["gain"] = found["with"] - found["without"]
        found["share"] = found["gain"] / found["without"] if found["without"] else None
        found["at_least"] = None if a["lower_bound"] is None else a["lower_bound"] - b["objective"]
        if found["at_least"] is not None and not _may_lose(r["key"], base):
            found["at_least"] = max(0.0, found["at_least"])
        found["at_most"] = None if b["lower_bound"] is None else a["objective"] - b["lower_bound"]
        if r["key"] == "service.least_minutes":
            # another goal, which no bound of the beats' goal bounds
            found["at_least"] = found["at_most"] = None
        for key in ("gain", "at_least", "at_most"):
            # a difference of two large figures that are written with twelve digits
            if found[key] is not None and r.get(key) is not None:
                same = abs(found[key] - r[key]) <= WRITTEN * max(1.0, abs(found["with"]), abs(found["without"]))
                found[key] = r[key] if same else found[key]
        if r["step"] == "officers":
            for key in ("vacant_months", "tenure_violations", "language_gaps", "rotations", "posts"):
                found[key] = b[key] - a[key]
            found["vacant_month"] = a["weights"]["vacant_month"]
            found["money"] = found["posts"] * r["one_officer"]
        elif r["step"] == "stations":
            found["money"] = b["cost"] - a["cost"]
            found["minutes"] = (
                None
                if None in (a["mean_walk_minutes"], b["mean_walk_minutes"])
                else a["mean_walk_minutes"] - b["mean_walk_minutes"]
            )
            found["residents_within"] = (b["share_within_limit"] - a["share_within_limit"]) * (
                base.summary.get("population") or 0.0
            )
        else:
            found["metres"] = found["gain"] / float(base.units["workload"].sum()) if r["metres"] is not None else None
            found["minutes"] = None if found["metres"] is None else found["metres"] / 500.0
            found["moved_residents"] = _moved(other) - _moved(base)
            assert base.beats is not None and other.beats is not None
            found["hours"] = float(other.beats["workload"].max()) - float(base.beats["workload"].max())
            found |= _of_service(base.summary.get("service"), other.summary.get("service"), r)
        ledger.pairs(
            f"prices.{r['key']}", "as between the two plans", [(k, r.get(k), v) for k, v in found.items()], "figures"
        )
        of = found["without"] or 1.0
        known = [v for v in found.values() if v is not None]
        known = [*map(abs, known), *(60 * abs(v) for v in known), *(v / of for v in known)]
        claimed = r["sentence"].replace(r["rule"], "").replace(r["how"], "")
        strange = [n for n in NUMBER.findall(claimed) if not tells(n, known)]
        ledger.add(
            f"prices.{r['key']}: sentence", not strange, "its numbers are figures", ", ".join(strange) or "all are"
        )
    return ledger.verdict()


def _may_lose(key: str, base: Any) -> bool:
    """Tell whether a plan with the rule may be none without it, so that the rule may cost less than nothing."""
    away = False
    if key == "officers.min_tenure_months" and base.roster is not None:
        columns = [c for c in ("absent_from", "time_off") if c in base.roster]
        away = any(text(v) is not None for c in columns for v in base.roster[c])
    return away or key in ("units.municipality", "officers.handover_months", "officers.posts_per_beat")


def _of_service(ruled: Claims | None, free: Claims | None, row: Row) -> dict[str, float | None]:
    """Return what a rule of the service changes of it; older results tell nothing of that."""
    if not ruled or not free or "until_there" not in row:
        return {}
    a, b = ({**claimed, "until_there": until_there(claimed)} for claimed in (ruled, free))
    keys = [k for k in ("until_there", "own_share", "wait_share", "lost_share") if k in row]
    found: dict[str, float | None] = {}
    for key in keys:
        before, after = a[key], b[key]
        found[key] = None if before is None or after is None else after - before
    return found


def _moved(tables: Any) -> float:
    units = tables.units
    known = units["population"].notna().all()
    people = units["population" if known else "workload"].astype(float)
    return float(
        sum(
            p
            for p, a, b in zip(people, units["current"], units["beat"], strict=True)
            if text(a) is not None and text(a) != text(b)
        )
    )
