"""Recompute every figure of a comparison with pandas alone, apart from the program.

    python benchmarks/recompute.py COMPARISON          # a folder that “beatplanner compare” or “beatplanner scenarios” made
    python benchmarks/recompute.py --sample FOLDER     # makes the sample town there, plans its scenarios, and recomputes them

Plans are read with sqlite3 and json; nothing of beatplanner is imported but to make the sample town. Each figure is worked out from the tables by
the formulas of docs/scenarios.md and docs/service.md, and compared with what the comparison tells. What is not worked out is named with the reason: the bounds,
which a certificate proves or a solver reports, and kinds of rules that no scenario of the sample town has. Exit code 0 where all agree.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from recompute_draws import of_draws, records
from recompute_proof import of_proof
from recompute_service import of_service

# Why a figure is left out, by the beginning of its key.
WHY = {
    "beats_bound": "a certificate proves it, or a solver reports it; “beatplanner verify” evaluates the certificate",
    "redrawn_bound": "lines redrawn for the service come from a search, whose summary alone tells whether it has a bound",
    "service": "only the exact model is worked out here, with straight ways and officers on duty from the posts",
    "robust": "the incidents cannot be read apart so that they give the plan's hours",
    "back_cast": "the incidents cannot be read apart so that they give the plan's hours",
    "rollout": "roll-outs that money limits are not worked out here",
    "served": "roll-outs that money limits are not worked out here",
    "residents_unfunded": "roll-outs that money limits are not worked out here",
    "money": "roll-outs that money limits are not worked out here",
}
LINES = ("salaries", "stations", "vehicles", "forums", "training")


def table(folder: Path, name: str) -> pd.DataFrame | None:
    """Return a layer of a plan without its geometry; None where there is none."""
    for file in ("plan.gpkg", "people.gpkg"):
        if not (folder / file).is_file():
            continue
        with sqlite3.connect(f"file:{(folder / file).as_posix()}?mode=ro", uri=True) as base:
            known = pd.read_sql("select table_name from gpkg_contents", base)["table_name"]
            if name in set(known):
                frame = pd.read_sql(f'select * from "{name}"', base)
                if name == "roster" and file == "plan.gpkg" and (folder / "people.gpkg").is_file():
                    continue
                return frame.drop(columns=[c for c in ("geom", "geometry", "fid") if c in frame])
    return None


def ids(values: pd.Series) -> pd.Series:
    """Return ids as text; None where empty."""
    return values.map(
        lambda v: None if pd.isna(v) else str(int(v)) if isinstance(v, float) and v == int(v) else str(v)
    ).astype(object)


class Plan:
    """One column of a comparison."""

    def __init__(self, folder: Path, today: bool, order: list[str] | None = None) -> None:
        self.today, self.folder = today, folder
        self.summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        self.rules = self.summary["rules"]
        units = table(folder, "units")
        assert units is not None
        units["unit"], units["current"], units["beat"] = ids(units["unit"]), ids(units["current"]), ids(units["beat"])
        # before it is put into the order of the first plan, the row of a unit is its home
        units["home"] = range(1, len(units) + 1)
        self.units = units if order is None else units.set_index("unit", drop=False).loc[order].reset_index(drop=True)
        self.now = self.units["current"] if today else self.units["beat"]
        self.people = self.units["workload"] if self.units["population"].isna().any() else self.units["population"]
        self.beats, self.roster, self.sites = (table(folder, n) for n in ("beats", "roster", "sites"))
        self.walks, self.homes, self.moves = (table(folder, n) for n in ("walks", "homes", "assignments"))
        w = self.rules["workload"]
        self.free = w["annual_hours"] * (1 - w["absence"]) * (1 - w["abstraction"])
        self.posts = self._posts()
        stations = self.sites if today else table(folder, "stations")
        chosen = None if stations is None else stations[stations["existing"].astype(int) == 1] if today else stations
        self.open = None if chosen is None else set(chosen["station"].astype(str))

    def _posts(self) -> dict[str, float]:
        if not self.today:
            assert self.beats is not None
            return dict(zip(ids(self.beats["beat"]), self.beats["posts"].astype(float), strict=True))
        if self.roster is not None:
            start = self.rules["officers"]["start"]
            here = self.roster[
                self.roster["beat"].notna() & (self.roster["joins_on"].isna() | (self.roster["joins_on"] <= start))
            ]
            return ids(here["beat"]).value_counts().astype(float).to_dict()
        return {b: float(self.needed(g)) for b, g in self.units.groupby(self.now)}

    def needed(self, units: pd.DataFrame) -> int:
        """Return the officers that some units' work asks for."""
        w = self.rules["workload"]
        busy = units["reactive_hours"].sum() + units["fixed_hours"].sum() + w["fixed_hours_per_beat"]
        duty = max(
            busy / (1 - w["community_share"] - w["admin_share"]),
            (busy + units["community_hours"].sum()) / (1 - w["admin_share"]),
        )
        return max(w["min_officers_per_beat"], math.ceil(duty / self.free - 1e-9))


# ---- beats, access, officers and changes


def of_beats(p: Plan, band: float) -> dict[str, Any]:
    """Return the figures of work."""
    if not p.now.notna().any():
        # there are no beats of today
        return {}
    w, posts = p.rules["workload"], p.posts
    frame = p.units.assign(now=p.now, people=p.people)
    g = frame[frame["now"].notna()].groupby("now")
    b = g[["workload", "people", "reactive_hours", "fixed_hours", "community_hours"]].sum()
    b["posts"] = [posts.get(x, 0.0) for x in b.index]
    load = frame.assign(w=frame["workload"] + 1e-9).pivot_table(
        index="now", columns="municipality", values="w", aggfunc="sum", fill_value=0.0
    )
    b["town"] = load.idxmax(axis=1)
    b["off"] = (b["workload"] / b.groupby("town")["workload"].transform("mean") - 1).abs()
    b["busy"] = b["reactive_hours"] + b["fixed_hours"] + w["fixed_hours_per_beat"]
    b["kept"] = (b["posts"] * p.free * (1 - w["admin_share"]) - b["busy"]).clip(lower=0)
    b["kept"] = b[["kept", "community_hours"]].min(axis=1)
    rules = p.rules.get("beats")
    asked = None if p.today or rules is None else rules["tolerance"]
    manned = b[b["posts"] > 0]
    mean = manned["workload"].sum() / manned["posts"].sum() if len(manned) else math.nan
    hours = (manned["workload"] / manned["posts"]) if len(manned) else pd.Series(dtype=float)
    each = (b["workload"] / b["posts"]).where(b["posts"] > 0, math.inf)
    found = {
        "beats": len(b),
        "tolerance": asked,
        "beats_outside": None if asked is None else int((b["off"] > asked + 1e-9).sum()),
        "people_in_balance": b.loc[b["off"] <= band + 1e-9, "people"].sum() / b["people"].sum() if band else None,
        "beats_in_pieces": pieces(p, frame),
        "beats_across": int((g["municipality"].nunique() > 1).sum()),
        "max_deviation": b["off"].max(),
        "beats_without_officer": int((b["posts"] == 0).sum()),
        "posts": b["posts"].sum(),
        "officers_required": sum(p.needed(u) for _, u in g),
        "community_promised": b["community_hours"].sum(),
        "community_protected": b["kept"].sum(),
        "community_share": b["kept"].sum() / b["community_hours"].sum() if b["community_hours"].sum() else None,
    }
    if rules is not None and rules["distances"] is None and rules["roads"] is None:
        way = 0.0
        for _, u in frame[frame["now"].notna()].groupby("now"):
            apart = [
                (((u["x"] - x) ** 2 + (u["y"] - y) ** 2) ** 0.5 * u["workload"]).sum()
                for x, y in zip(u["x"], u["y"], strict=True)
            ]
            way += min(apart)
        found["mean_way"] = way / b["workload"].sum()
    if len(manned):
        found |= {
            "hours_per_officer_max": hours.max(),
            "hours_per_officer_min": hours.min(),
            "hours_per_officer_mean": mean,
            "hours_capacity": p.free,
            "people_overloaded": b.loc[each > 1.1 * mean, "people"].sum() / b["people"].sum(),
            "residents_per_officer_max": None
            if p.units["population"].isna().any()
            else (manned["people"] / manned["posts"]).max(),
            "worst_beat": hours.idxmax(),
        }
    return found


def edges_of(p: Plan) -> pd.DataFrame:
    """Return which units are neighbours, and along how many metres."""
    edges = table(p.folder, "edges")
    assert edges is not None
    return edges.assign(unit_a=ids(edges["unit_a"]), unit_b=ids(edges["unit_b"]))


def pieces(p: Plan, frame: pd.DataFrame) -> int:
    """Count beats that the plan's edges do not join: units of a beat take the least number of their neighbours until nothing changes."""
    edges = edges_of(p)
    beat = dict(zip(frame["unit"], frame["now"], strict=True))
    a, b = edges["unit_a"], edges["unit_b"]
    inside = [(x, y) for x, y in zip(a, b, strict=True) if beat.get(x) is not None and beat.get(x) == beat.get(y)]
    label = {u: k for k, u in enumerate(frame["unit"])}
    changed = True
    while changed:
        changed = False
        for x, y in inside:
            least = min(label[x], label[y])
            if label[x] != least or label[y] != least:
                label[x] = label[y] = least
                changed = True
    parts = frame[frame["now"].notna()].assign(part=lambda f: f["unit"].map(label)).groupby("now")["part"].nunique()
    return int((parts > 1).sum())


def of_access(p: Plan, plans: list[Plan], exchange: float) -> dict[str, Any]:
    """Return the figures of walks and stations."""
    rules = p.rules.get("stations")
    if rules is None or p.open is None or p.walks is None:
        return {}
    old = set() if p.sites is None else set(p.sites.loc[p.sites["existing"].astype(int) == 1, "station"].astype(str))
    cost = 0.0 if p.today else p.summary["stations"]["cost"]
    found: dict[str, Any] = {
        "stations": len(p.open),
        "walking_limit": rules["walk_minutes"],
        "new_stations": len(p.open - old),
        "closed_stations": len(old - p.open),
        "station_cost": None if cost is None else cost * exchange,
    }
    homes = (
        p.homes.rename(columns={"residents": "people"})
        if p.homes is not None
        else p.units.assign(people=p.people)[["home", "unit", "people"]]
    )
    homes = homes.assign(unit=ids(homes["unit"]), metres=math.inf)
    left = set(p.open)
    for q in [x for x in plans if not x.today] if p.today else [p]:
        if q.walks is None or not (q.open or set()) & left:
            continue
        here = q.walks[q.walks["station"].astype(str).isin((q.open or set()) & left)]
        near = here.groupby("home")["metres"].min()
        if q.homes is None:
            near.index = near.index.map(dict(zip(q.units["home"], q.units["unit"], strict=True)))
            reach = homes["unit"].map(near)
        else:
            reach = homes["home"].map(near)
        homes["metres"] = homes["metres"].where(~(reach < homes["metres"]), reach)
        left -= q.open or set()
    if left or not p.open:
        return found
    minutes = homes["metres"] / (rules["walk_kmh"] * 1000 / 60)
    able = minutes < math.inf

    def within(weight: pd.Series, limit: float) -> float | None:
        return weight[minutes <= limit * (1 + 1e-6)].sum() / weight.sum() if weight.sum() > 0 else None

    def mean(weight: pd.Series) -> float | None:
        return (weight * minutes)[able].sum() / weight[able].sum() if weight[able].sum() > 0 else None

    people = homes["people"].astype(float)
    found |= {
        "mean_walk": mean(people),
        "within_limit": within(people, rules["walk_minutes"]),
        "unreached": people[~able].sum(),
    }
    found |= {f"within_{band:g}": within(people, band) for band in rules["bands"]}
    part = people / people.groupby(homes["unit"]).transform("sum")
    for group in p.rules["units"]["groups"]:
        speakers = homes["unit"].map(dict(zip(p.units["unit"], p.units[f"group_{group}"], strict=True))) * part.fillna(
            0.0
        )
        found |= {
            f"within_limit_{group}": within(speakers, rules["walk_minutes"]),
            f"mean_walk_{group}": mean(speakers),
        }
    return found


def yes(value: Any) -> bool:
    """Tell whether a cell says yes."""
    return str(value).casefold() in ("true", "1", "1.0", "yes")


def spans_away(row: dict[str, Any]) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return when an officer is away, half-open."""
    found = []
    if not pd.isna(row.get("absent_from")) and not pd.isna(row.get("absent_until")):
        found.append((pd.Timestamp(row["absent_from"]), pd.Timestamp(row["absent_until"])))
    for part in [] if pd.isna(row.get("time_off")) else str(row["time_off"]).split(";"):
        first, last = part.strip().split(" ")[0].split("..")
        found.append((pd.Timestamp(first), pd.Timestamp(last)))
    return found


def of_postings(p: Plan) -> dict[str, Any]:
    """Return what the postings leave open and break: vacancies, moves, tenures, languages, who never holds a post, and cover."""
    rules, roster = p.rules["officers"], p.roster
    assert roster is not None and p.moves is not None
    days = pd.date_range(rules["start"], periods=12 * rules["years"] + 1, freq=pd.DateOffset(months=1))
    months, row = range(len(days) - 1), {str(r["officer"]): r for r in roster.to_dict("records")}
    cover = table(p.folder, "cover")
    away = {o: {m for m in months for a, z in spans_away(r) if a <= days[m] < z} for o, r in row.items()}
    serves: dict[tuple[str, int], set[str]] = {}
    mine: dict[str, list[tuple[int, int, str]]] = {}
    for o, b, s, e in zip(
        p.moves["officer"].astype(str), ids(p.moves["beat"]), p.moves["start"], p.moves["end"], strict=True
    ):
        a, z = (int(days.get_loc(pd.Timestamp(x))) for x in (s, e))  # pyright: ignore[reportArgumentType]
        mine.setdefault(o, []).append((a, z, b))
        for m in set(range(a, z)) - away[o]:
            serves.setdefault((b, m), set()).add(o)
    for r in [] if cover is None else cover.assign(beat=ids(cover["beat"])).to_dict("records"):
        for m in range(*(int(days.get_loc(pd.Timestamp(r[k]))) for k in ("start", "end"))):  # pyright: ignore[reportArgumentType]
            serves.setdefault((r["beat"], m), set()).add(str(r["officer"]))
    found: dict[str, Any] = {}
    if "starts" not in (p.beats if p.beats is not None else ()):
        found["vacant_months"] = sum(
            max(0, n - len(serves.get((b, m), ()))) for b, n in p.posts.items() for m in months
        )
    groups = list(p.rules["units"]["groups"])
    if groups and "starts" not in (p.beats if p.beats is not None else ()):
        lacks, people, must, least = 0, 0.0, 0, rules["must_language_share"]
        for b, units in p.units.groupby(p.now):
            all_of_them = units["population"].sum()
            spoken = {g: units[f"group_{g}"].sum() for g in groups}
            spoken = {g: n for g, n in spoken.items() if all_of_them > 0 and n >= 0.1 * all_of_them}
            for m in months:
                known = {w for o in serves.get((b, m), ()) for w in str(row[o]["languages"] or "").split(";")}
                gone = [n for g, n in spoken.items() if g not in known]
                lacks, people = lacks + bool(gone), people + sum(gone)
                must += 0 if least is None else sum(n > least * all_of_them for n in gone)
        found |= {"language_gaps": lacks, "speaker_months": people, "must_months": must}
    found |= tenures(p, mine, days) | {"home_km_months": kilometres(p, mine, row)}
    start = pd.Timestamp(rules["start"])
    here = [
        o
        for o, r in row.items()
        if not yes(r.get("pool")) and (pd.isna(r["leaves_on"]) or pd.Timestamp(r["leaves_on"]) > start)
    ]
    found["officers_never_posted"] = len(set(here) - set(mine))
    if cover is not None:
        found["cover_months"] = sum(
            12 * (pd.Timestamp(e).year - pd.Timestamp(s).year) + pd.Timestamp(e).month - pd.Timestamp(s).month
            for s, e in zip(cover["start"], cover["end"], strict=True)
        )
    return found


def kilometres(p: Plan, mine: dict[str, list[tuple[int, int, str]]], row: dict[str, dict[str, Any]]) -> float:
    """Return kilometres from home to the centre unit of the beat × months of each posting; 0 where a home is unknown."""
    assert p.beats is not None
    at = {str(u): (x, y) for u, x, y in zip(p.units["unit"], p.units["x"], p.units["y"], strict=True)}
    centre = dict(zip(ids(p.beats["beat"]), ids(p.beats["centre_unit"]), strict=True))
    total = 0.0
    for o, postings in mine.items():
        x, y = row[o].get("x"), row[o].get("y")
        if x is not None and y is not None and not (pd.isna(x) or pd.isna(y)):
            total += sum((z - a) * math.dist((x, y), at[centre[b]]) / 1000 for a, z, b in postings)
    return total


def tenures(p: Plan, mine: dict[str, list[tuple[int, int, str]]], days: pd.DatetimeIndex) -> dict[str, int]:
    """Return the postings that are cut short and those that begin because an officer moves from another beat."""
    least, known = p.rules["officers"]["min_tenure_months"], set(p.posts)
    weight = p.units["population"].fillna(1.0)
    broken = moved = 0
    assert p.roster is not None
    for r in p.roster.to_dict("records"):
        if yes(r.get("pool")):
            continue
        o, today = str(r["officer"]), ids(pd.Series([r["beat"]])).iat[0]
        home = today
        if today is not None and today not in known:
            inside = p.units["current"] == today
            home = weight[inside].groupby(p.units["beat"][inside]).sum().idxmax() if inside.any() else None
        since = None if pd.isna(r["since"]) else pd.Timestamp(r["since"])
        begin = days[0]
        served = (
            0
            if since is None
            else max(0, 12 * (begin.year - since.year) + begin.month - since.month - int(begin.day < since.day))
        )
        leaves = None if pd.isna(r["leaves_on"]) else pd.Timestamp(r["leaves_on"])
        stop = len(days) - 1 if leaves is None else max(0, int((days <= leaves).sum()) - 1)
        rows = sorted(mine.get(o, []))
        stays = bool(rows) and rows[0][0] == 0 and rows[0][2] == home
        if home in known and not stays and stop > 0 and served < least:
            broken += 1
        for k, (a, z, b) in enumerate(rows):
            on = k == 0 and stays
            broken += z < stop and z - a + (served if on else 0) < least
            if today is not None:
                moved += not on or b != today
            else:
                moved += k > 0
    return {"tenure_violations": broken, "rotations": moved}


def of_officers(p: Plan) -> dict[str, Any]:
    """Return the figures of trust and of moves of officers."""
    rules = p.rules.get("officers")
    if p.roster is None or rules is None:
        return {}
    if p.today:
        return {"relationship_kept": 1.0, "change_officer": 0.0, "change_officer_share": 0.0, "officers_moved": 0}
    if p.moves is None:
        return {}
    start = rules["start"]
    first = p.moves[p.moves["start"] == start]
    at = dict(zip(first["officer"].astype(str), ids(first["beat"]), strict=True))
    before = p.roster[p.roster["beat"].notna()].assign(
        was=lambda f: ids(f["beat"]), officer=lambda f: f["officer"].astype(str)
    )
    found: dict[str, Any] = {
        **of_postings(p),
        "officers_moved": int((before["officer"].map(at).notna() & (before["officer"].map(at) != before["was"])).sum()),
    }
    first_day = pd.Timestamp(start)

    def whole_months(since: Any) -> int:
        day = pd.Timestamp(since)
        return max(0, 12 * (first_day.year - day.year) + first_day.month - day.month - int(first_day.day < day.day))

    months = before["since"].map(lambda d: 0 if pd.isna(d) else whole_months(d))
    pairs = before.assign(years=months / 12, new=before["officer"].map(at)).merge(
        p.units.assign(r=p.units["population"].fillna(1.0)), left_on="was", right_on="current"
    )
    today = (pairs["years"] * pairs["r"]).sum()
    if today > 0:
        found["relationship_kept"] = (pairs["years"] * pairs["r"])[pairs["new"] == pairs["beat_y"]].sum() / today
    known = p.units["current"].isin(set(before["was"]))
    stays = {(b, n) for b, n in zip(before["was"], before["officer"].map(at), strict=True)}
    lost = pd.Series(
        [k and (was, now) not in stays for k, was, now in zip(known, p.units["current"], p.now, strict=True)]
    )
    if known.any():
        found |= {
            "change_officer": p.people[lost].sum(),
            "change_officer_share": p.people[lost].sum() / p.people[known].sum(),
        }
    return found


def of_changes(p: Plan) -> dict[str, Any]:
    """Return who changes beat."""
    known = p.units["current"].notna()
    if not known.any():
        return {}
    moved = known & (p.units["current"] != p.now)
    return {
        "moved_residents": p.people[moved].sum(),
        "moved_share": p.people[moved].sum() / p.people[known].sum(),
        "moved_units": int(moved.sum()),
    }


# ---- money


def calendar(p: Plan) -> list[pd.Timestamp]:
    """Return the first day of each month of the budget, and one more."""
    budget, officers = p.rules["budget"], p.rules.get("officers")
    begin = pd.Timestamp(officers["start"] if officers else dt.date(budget["first_year"] or 2000, 1, 1))
    begin += pd.DateOffset(years=(budget["first_year"] or begin.year) - begin.year)
    return [begin + pd.DateOffset(months=m) for m in range(12 * budget["years"] + 1)]


def staff(p: Plan) -> pd.DataFrame:
    """Return by year: officer-years paid and without post or course, their pay at the prices of the first year, and courses that begin."""
    budget, officers, days = p.rules["budget"], p.rules["officers"], calendar(p)
    assert p.roster is not None
    rows = []
    begin = next((m for m, d in enumerate(days) if d >= pd.Timestamp(officers["start"])), len(days) - 1)
    last = min(len(days) - 1, begin + 12 * officers["years"])
    held: set[tuple[str, int]] = set()
    for r in p.roster[p.roster["beat"].notna()].to_dict("records"):
        held |= {(str(r["officer"]), m) for m in range(len(days) if p.today else begin)}
    for r in [] if p.today or p.moves is None else p.moves.to_dict("records"):
        held |= {
            (str(r["officer"]), m)
            for m in range(begin, last)
            if pd.Timestamp(r["start"]) <= days[m] < pd.Timestamp(r["end"])
        }
    # beyond the officers' plan all is as in its last month
    held |= {(o, m) for o, k in set(held) if k == last - 1 for m in range(last, len(days))} if begin < last else set()
    for r in p.roster.to_dict("records"):
        joins, trained, leaves = (
            None if pd.isna(r.get(k)) else pd.Timestamp(r[k]) for k in ("joins_on", "trained_on", "leaves_on")
        )
        grade = r.get("grade")
        part = 1.0 if pd.isna(r.get("share")) else float(r["share"])
        own = 0.0 if pd.isna(r.get("allowances")) else float(r["allowances"])
        full = budget["grades"].get(grade, budget["officer_salary"]) + budget["allowances"]
        pay = (full * part + own) * (1 + budget["employer_part"])
        course, end, long = None, trained, officers["training_months"]
        if long and trained is not None and trained > pd.Timestamp(officers["start"]):
            course = trained - pd.DateOffset(months=long)
            course = course if joins is None or joins > trained else max(course, joins)
        elif (
            long
            and trained is None
            and joins is not None
            and joins + pd.DateOffset(months=long) > pd.Timestamp(officers["start"])
        ):
            course, end = joins, joins + pd.DateOffset(months=long)
        for m in range(len(days) - 1):
            a, z = days[m], days[m + 1]
            there = max(0, (min(z, leaves or z) - max(a, joins or a)).days) / (z - a).days / 12
            posted = there if (str(r["officer"]), m) in held else 0.0
            learning = 0.0 if course is None else max(0, (min(z, end) - max(a, course)).days) / (z - a).days / 12
            spare = 0.0 if yes(r.get("pool")) else there - posted - min(learning, there - posted)
            begins = course is not None and a <= course < z and (leaves is None or leaves > course)
            rows.append((m // 12, there, there * pay, spare, spare * pay, int(begins)))
    return pd.DataFrame(rows, columns=["year", "paid", "pay", "spare", "spare_pay", "courses"]).groupby("year").sum()


def forums_counted(priced: list[Plan]) -> str:
    """Return how forums are in all columns: as told, at the flat price where only some plans have places, or nowhere where one has no forums."""
    if len({q.rules.get("forum") is None for q in priced}) > 1:
        return "left out"
    return "as told" if len({q.summary.get("forums") is None for q in priced}) == 1 else "flat"


def forum_money(p: Plan, how: str, beats: int, before: bool) -> float:
    """Return what the forums of so many beats cost a year: as their places are told, those of today's beats where `before`, or at the flat price."""
    b, forum, places = p.rules["budget"], p.rules.get("forum"), p.summary.get("forums")
    if forum is None or how == "left out":
        return 0.0
    if how == "flat" or places is None:
        near = forum["neighbourhood"]
        return beats * near["members"] * near["meetings_a_year"] * b["forum_travel"]
    rate = 1.0 if forum["currency"] == b["currency"] else b["rates"][forum["currency"]]
    wider = [r for r in places["plan"] if r["level"] != "neighbourhood"]
    near = places["today"] if before else [r for r in places["plan"] if r["level"] == "neighbourhood"]
    return sum(r["year_cost"] for r in (*wider, *(near if beats else ()))) / rate


def whole_money(p: Plan, people: Plan, how: str = "as told") -> list[float]:
    """Return what a plan costs in each year where all of it starts in its first year, or going on as today; in the prices of each year."""
    b = p.rules["budget"]
    days, years = calendar(p), p.rules["budget"]["years"]
    first = 0 if p.rules.get("officers") is None else pd.Timestamp(p.rules["officers"]["start"]).year - days[0].year
    paid = staff(people) if people.roster is not None and p.rules.get("officers") else None
    one = (b["officer_salary"] + b["allowances"]) * (1 + b["employer_part"])
    old = p.units["current"].dropna().nunique()
    now = p.units["beat"].dropna().nunique()
    before = old if paid is not None else 0
    total, bought = [], []
    for t in range(years):
        beats = old if p.today else (now if t >= first else before)
        cars = math.ceil(b["vehicles_per_beat"] * beats - 1e-5)
        bought.append(max(0, cars - sum(n for k, n in enumerate(bought) if k > t - b["vehicle_years"])))
        money = (
            forum_money(p, how, beats, p.today or t < first)
            + bought[-1] * b["vehicle_price"]
            + cars * b["vehicle_yearly"]
        )
        if paid is not None:
            money += paid["pay"][t] + paid["courses"][t] * b["training_seat"]
        elif p.today:
            money += sum(p.needed(u) for _, u in p.units.groupby("current")) * one
        elif t >= first:
            money += sum(p.posts.values()) * (one + (b["training_seat"] if t == first else 0))
        for s in [] if p.sites is None else p.sites.to_dict("records"):
            rent = b["station_yearly"] + float(s.get("yearly_cost") or 0)
            exists, chosen = bool(int(s["existing"])), bool(int(s["chosen"]))
            if exists and (p.today or chosen or t < first):
                money += rent
            elif exists and t == first and not p.today:
                money += float(s.get("closing_cost") or 0)
            elif chosen and not exists and not p.today and t >= first:
                money += rent + (float(s["cost"]) if t == first else 0)
        total.append(money * (1 + b["inflation"]) ** t)
    return total


def of_money(p: Plan, plans: list[Plan], exchange: float) -> dict[str, Any]:
    """Return the money of a column in the currency of the first budget; roll-outs that money limits are not worked out here."""
    priced = [q for q in plans if not q.today and q.summary.get("budget")]
    if not priced or (not p.today and p not in priced):
        return {}
    base = priced[0]
    own = Plan(base.folder, True) if p.today else p
    b, labels = own.rules["budget"], (base if p.today else p).summary["budget"]["years"]
    years = [y for y in base.summary["budget"]["years"] if all(y in q.summary["budget"]["years"] for q in priced)]
    at = [labels.index(y) for y in years]
    total = whole_money(own, own, forums_counted(priced))
    found: dict[str, Any] = {f"money_{y}": exchange * total[t] for y, t in zip(years, at, strict=True)}
    found["money_total"] = sum(found.values())
    if own.roster is not None and own.rules.get("officers"):
        people = staff(own)
        found["officers_paid"] = people["paid"][at].mean()
        if not p.today:
            found["officers_spare"] = people["spare"][at].mean()
            found["money_spare"] = exchange * sum(people["spare_pay"][t] * (1 + b["inflation"]) ** t for t in at)
        one = (b["officer_salary"] + b["allowances"]) * (1 + b["employer_part"])
        found["money_posts"] = exchange * sum(p.posts.values()) * one * sum((1 + b["inflation"]) ** t for t in at)
    if p.today or not p.summary["budget"]["limited"]:
        found["residents_unfunded"] = 0.0
    return found


def of_search(p: Plan) -> dict[str, Any]:
    """Return how many steps were not solved: broken rules, no bound, or over 5 % from the best."""
    if p.today:
        return {}
    steps = [p.summary[k] for k in ("beats", "stations", "officers") if k in p.summary]
    steps = [s for s in steps if s.get("planned") is not False]
    return {"steps_unsolved": sum(s["status"] in ("infeasible", "unknown") or not _near(s) for s in steps)}


def _near(step: dict[str, Any]) -> bool:
    """Tell whether a step is within 5 % of a bound that somebody can check."""
    bound, objective = step["lower_bound"], step["objective"]
    if step.get("certified") is False:
        bound = step.get("certified_bound")
    return bound is not None and (objective - bound <= 0.05 * abs(objective) or objective <= bound)


# ---- comparing


def recompute(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return each figure as told and as recomputed, and the names of those that are not recomputed here."""
    content = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    places = [None if c["folder"] is None else (folder / c["folder"]).resolve() for c in content["columns"]]
    first = next(p for p in places if p is not None)
    order = list(Plan(first, False).units["unit"])
    plans = [Plan(first if p is None else p, p is None, order) for p in places]
    band = max((p.rules["beats"]["tolerance"] for p in plans if p.rules.get("beats")), default=0.0)
    draws_of = content.get("robustness", {})
    incidents = None if draws_of.get("missing") else records(next(p for p in plans if not p.today))
    rows, left = [], []
    for k, (c, p) in enumerate(zip(content["columns"], plans, strict=True)):
        exchange = c.get("exchange") or 1.0
        found = (
            of_beats(p, band)
            | of_access(p, plans, exchange)
            | of_officers(p)
            | of_changes(p)
            | of_search(p)
            | of_money(p, plans, exchange)
            | of_service(p, plans)
            | of_draws(p, incidents, band, draws_of.get("draws", 0), draws_of.get("seed", 0))
        )
        found |= of_proof(p, found, edges_of(p))
        for block in content["blocks"]:
            for r in block["rows"]:
                claimed, key = r["values"][k], r["key"]
                if claimed is None and found.get(key) is None:
                    continue
                if key not in found:
                    why = next(
                        (v for k, v in WHY.items() if key.startswith(k)), "of a kind that is not worked out here"
                    )
                    left.append(f"{c['name']}: {r['label']} ({why})")
                    continue
                value = found[key]
                if isinstance(claimed, str):
                    alike = str(value) in claimed
                else:
                    alike = (
                        claimed is not None
                        and value is not None
                        and math.isclose(float(claimed), float(value), rel_tol=1e-6, abs_tol=1e-6)
                    )
                rows.append((c["name"], key, claimed, value, alike))
    return pd.DataFrame(rows, columns=["plan", "figure", "told", "found", "alike"]), left


def main() -> int:
    """Recompute and print."""
    if len(sys.argv) == 3 and sys.argv[1] == "--sample":
        from beatplanner.data.sample.sample_town import write_sample_town

        place = Path(sys.argv[2])
        project = write_sample_town(place / "town")
        subprocess.run(
            [sys.executable, "-m", "beatplanner", "scenarios", str(project), "--out", str(place / "results")],
            check=True,
        )
        folder = place / "results" / "comparison"
    elif len(sys.argv) == 2:
        folder = Path(sys.argv[1])
    else:
        print(__doc__)
        return 2
    found, left = recompute(folder)
    wrong = found[~found["alike"]]
    print(
        f"{len(found)} figures of {found['plan'].nunique()} columns recomputed, {len(wrong)} differ; {len(left)} are not recomputed here."
    )
    for name in left:
        print(f"  not here: {name}")
    if len(wrong):
        print(wrong.to_string(index=False))
    return 1 if len(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
