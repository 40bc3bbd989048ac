"""The service of a comparison's plans, recomputed with pandas and numpy alone: who is on duty, the hypercube's balance equations, and what follows.

Only calls by unit and shift are taken as they stand beside a plan (`service/calls.csv`). Posts become officers on duty by a programme over the beats, one
after the other (the program solves an integer program), and the states' probabilities are one dense system of equations (the program sweeps over levels).
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# States are two to the power of the officers on duty, and the equations are dense.
MOST_OFFICERS = 10
# Rows of a comparison, and the figures of a plan's service that they tell.
KEYS = {
    # with the wait
    "service_minutes": "mean_minutes",
    "service_travel": "mean_minutes",
    "service_p90": "p90_minutes",
    "service_own": "own_share",
    "service_wait": "wait_share",
    "service_away": "away_share",
    "service_people": "people_share",
}


def of_service(p: Any, plans: list[Any]) -> dict[str, Any]:
    """Return the service of a plan, or of today's beats with the roster's officers; nothing where it cannot be worked out apart.

    That is so where travel comes from a table or roads, where servers are given, or where the model is not the exact one.
    """
    rules = p.rules.get("service")
    folder = next(
        (q.folder for q in ([p] if not p.today else plans) if (q.folder / "service" / "calls.csv").is_file()), None
    )
    claimed = p.summary.get("service") or {}
    claimed = claimed.get("today") if p.today else claimed
    if rules is None or folder is None or not claimed or claimed["method"] != "exact":
        return {}
    if any(rules[k] is not None for k in ("roads", "minutes", "servers")):
        return {}
    calls = pd.read_csv(Path(folder) / "service" / "calls.csv", dtype={"unit": str, "shift": str}, encoding="utf-8-sig")
    # units in the order of the town, in which ties are broken
    units = p.units.sort_values("home").reset_index(drop=True)
    now = (units["current"] if p.today else units["beat"]).tolist()
    known = [b for b in dict.fromkeys(now) if b is not None]
    hours = np.array([length(s) for s in rules["shifts"]])
    rate = np.array(
        [
            calls[calls["shift"] == s["name"]].set_index("unit")["per_hour"].reindex(units["unit"]).to_numpy(float)
            for s in rules["shifts"]
        ]
    )
    scene = [float(calls.loc[calls["shift"] == s["name"], "minutes_on_scene"].iloc[0]) for s in rules["shifts"]]
    posts = p.roster["beat"].pipe(as_ids).value_counts().to_dict() if p.today and p.roster is not None else p.posts
    duty = on_duty(p, known, now, {b: float(posts.get(b, 0)) for b in known}, hours, rate)
    if duty.sum(axis=1).max() > MOST_OFFICERS:
        return {}
    place = {b: centre(units, [i for i, x in enumerate(now) if x == b]) for b in known}
    x, y = units["x"].to_numpy(float), units["y"].to_numpy(float)
    sums = dict.fromkeys(("answered", "own", "came", "waited", "minutes", "busy", "away", "duty"), 0.0)
    minutes, weights = [], []
    for s, many in enumerate(duty):
        of = [b for b, n in zip(known, many, strict=True) for _ in range(n)]
        at = [place[b] for b in of]
        came = rate[s].sum() * hours[s]
        sums["came"], sums["duty"] = sums["came"] + came, sums["duty"] + len(of) * hours[s]
        if not of:
            continue
        way = (
            np.hypot(x[at][:, None] - x[None], y[at][:, None] - y[None])
            * rules["detour"]
            / (rules["speed_kmh"] * 1000 / 60)
        )
        own = np.array([[b == u for u in now] for b in of])
        found = steady(rate[s], way, own, scene[s], rules["travel_counts"], rules["queue"] == "wait")
        if found is None:
            return dict.fromkeys(KEYS, None)
        flow, busy, waits, wait = found
        spent = scene[s] / 60 + (way / 60 if rules["travel_counts"] else 0.0)
        sums["answered"] += flow.sum() * hours[s]
        sums["own"] += flow[own].sum() * hours[s]
        sums["waited"] += waits * came
        sums["minutes"] += wait * came
        sums["busy"] += busy.sum() * hours[s]
        sums["away"] += (flow * ~own * spent).sum() * hours[s]
        minutes.append(way.ravel())
        weights.append(flow.ravel() * hours[s])
    row = pd.DataFrame({"minutes": np.concatenate(minutes), "calls": np.concatenate(weights)}).sort_values(
        "minutes", kind="stable"
    )
    late = row["minutes"][row["calls"].cumsum() / row["calls"].sum() >= 0.9 - 1e-12].iloc[0]
    # by the posts that are filled in each month, where the plan fills some; else by all posts
    months = [posts] if p.today or p.moves is None else held_posts(p, known)
    shares = []
    for now_held in {tuple(float(m.get(b, 0)) for b in known): m for m in months}.values():
        there = on_duty(p, known, now, {b: float(now_held.get(b, 0)) for b in known}, hours, rate)
        often = sum(all(m.get(b, 0) == now_held.get(b, 0) for b in known) for m in months)
        shares += [np.mean([1 - hours[there[:, k] > 0].sum() / 168 for k in range(len(known))])] * often
    travel = (row["minutes"] * row["calls"]).sum() / row["calls"].sum()
    return {
        "service_minutes": travel + sums["minutes"] / sums["answered"],
        "service_travel": travel,
        "service_p90": late,
        "service_own": sums["own"] / sums["answered"],
        "service_wait": sums["waited"] / sums["came"],
        "service_away": sums["away"] / sums["duty"],
        "service_people": 1 - sums["busy"] / sums["duty"],
        "service_nobody": float(np.mean(shares)),
    }


def as_ids(values: pd.Series) -> pd.Series:
    """Return beats of a roster as text, those without one left out."""
    return values.dropna().map(lambda v: str(int(v)) if isinstance(v, float) and v == int(v) else str(v))


def length(shift: dict[str, Any]) -> float:
    """Return the hours a week of a shift."""
    start, end = (int(shift[k].split(":")[0]) + int(shift[k].split(":")[1]) / 60 for k in ("start", "end"))
    return (end - start if end > start else end + 24 - start) * len(shift["days"])


def centre(units: pd.DataFrame, members: list[int]) -> int:
    """Return the unit of a beat from which the way to its residents is least, the first of equals."""
    b = units.iloc[members]
    people = b["population"].fillna(0) + 1e-9
    way = [(people * np.hypot(b["x"] - x, b["y"] - y)).sum() for x, y in zip(b["x"], b["y"], strict=True)]
    return members[int(np.argmin(way))]


def held_posts(p: Any, known: list[str]) -> list[dict[str, int]]:
    """Return for each month of the officers' plan how many posts of each beat somebody holds."""
    rules = p.rules["officers"]
    found = []
    for month in range(12 * rules["years"]):
        day = (pd.Timestamp(rules["start"]) + pd.DateOffset(months=month)).date().isoformat()
        holds = p.moves[(p.moves["start"].astype(str) <= day) & (day < p.moves["end"].astype(str))]
        many = as_ids(holds["beat"]).value_counts()
        found.append({b: min(int(many.get(b, 0)), int(p.posts.get(b, 0))) for b in known})
    return found


def on_duty(
    p: Any, known: list[str], now: list[Any], posts: dict[str, float], hours: np.ndarray, rate: np.ndarray
) -> np.ndarray:
    """Return whole officers on duty, (shifts, beats): of all roundings that keep every sum within one, that with most calls answered by an own officer.

    Beat after beat: for each number of officers in each shift so far the best value is kept, and how it came about.
    """
    w = p.rules["workload"]
    week = np.array([posts[b] for b in known]) * w["annual_hours"] * (1 - w["absence"]) / (365.25 / 7)
    calls = np.array([[r[[i for i, x in enumerate(now) if x == b]].sum() for b in known] for r in rate])
    share = (calls * hours[:, None]).sum(axis=1) + 1e-12
    mean = week[None] * (share / share.sum())[:, None] / np.maximum(hours[:, None], 1e-12)
    if round(mean.sum()) == 0:
        return np.zeros(mean.shape, int)
    low, high = np.floor(mean + 1e-9).astype(int), np.ceil(mean - 1e-9).astype(int)
    value = hours[:, None] * calls / (low + 1)
    value = value / max(value.max(), 1e-12) - 1e-6 * np.arange(mean.size).reshape(mean.shape) / mean.size
    of_beat = [(math.floor(m + 1e-9), math.ceil(m - 1e-9)) for m in mean.sum(axis=0)]
    of_shift = [(math.floor(m + 1e-9), math.ceil(m - 1e-9)) for m in mean.sum(axis=1)]
    best: dict[tuple[int, ...], tuple[float, tuple[tuple[int, ...], ...]]] = {(0,) * len(hours): (0.0, ())}
    for k in range(len(known)):
        after: dict[tuple[int, ...], tuple[float, tuple[tuple[int, ...], ...]]] = {}
        choices = [
            c
            for c in itertools.product(*[sorted({a, z}) for a, z in zip(low[:, k], high[:, k], strict=True)])
            if of_beat[k][0] <= sum(c) <= of_beat[k][1]
        ]
        for state, (worth, way) in best.items():
            for c in choices:
                new = tuple(a + b for a, b in zip(state, c, strict=True))
                if any(n > z for n, (_, z) in zip(new, of_shift, strict=True)):
                    continue
                got = worth + float(value[:, k] @ np.array(c))
                if new not in after or got > after[new][0]:
                    after[new] = (got, (*way, c))
        best = after
    whole = round(mean.sum())
    fit = [v for n, v in best.items() if sum(n) == whole and all(a <= x for x, (a, _) in zip(n, of_shift, strict=True))]
    return np.array(max(fit)[1]).T


def steady(
    rate: np.ndarray, way: np.ndarray, own: np.ndarray, scene: float, travels: bool, queue: bool
) -> tuple[np.ndarray, np.ndarray, float, float] | None:
    """Return calls an hour by officer and unit, the busy share of each officer, the share of calls that wait and the mean wait in minutes.

    None where too many calls come.
    """
    n, total = len(way), rate.sum()
    if total <= 0:
        return np.zeros(way.shape), np.zeros(n), 0.0, 0.0
    order = [sorted(range(n), key=lambda i, u=u: (not own[i, u], round(way[i, u], 6), i)) for u in range(len(rate))]
    size = 2**n
    first = np.array([[next((i for i in o if not state >> i & 1), -1) for state in range(size)] for o in unique(order)])
    kind = [unique(order).index(o) for o in order]
    demand = np.bincount(kind, weights=rate, minlength=len(first))
    spent = np.full(n, scene / 60) + ((way @ rate) / total / 60 if travels else 0.0)
    flow, busy, waits, wait = np.zeros(way.shape), np.zeros(n), 0.0, 0.0
    for _ in range(200):
        speed = 1 / spent
        if queue and total >= speed.sum() * (1 - 1e-12):
            return None
        a = np.zeros((size, size))
        for state in range(size):
            for row, d in zip(first, demand, strict=True):
                if row[state] >= 0:
                    a[state, state] -= d
                    a[state | 1 << row[state], state] += d
            for i in range(n):
                if state >> i & 1:
                    a[state, state] -= speed[i]
                    a[state ^ 1 << i, state] += speed[i]
        a[-1] = 1.0
        chance = np.linalg.solve(a, np.eye(size)[-1])
        ratio = total / speed.sum()
        waits = tail = 0.0
        if queue:
            chance = chance / (1 + chance[-1] * ratio / (1 - ratio))
            waits, tail = chance[-1] / (1 - ratio), chance[-1] * ratio / (1 - ratio)
            # calls in line, by Little's law
            wait = tail / (1 - ratio) / total * 60
        share = np.array([np.bincount(row[:-1], weights=chance[:-1], minlength=n) for row in first])
        flow = (share[kind] + waits * speed / speed.sum()).T * rate
        busy = np.array([chance[[s for s in range(size) if s >> i & 1]].sum() for i in range(n)]) + tail
        if not travels:
            return flow, busy, waits, wait
        answered = flow.sum(axis=1)
        again = scene / 60 + np.where(
            answered > 0, (flow * way).sum(axis=1) / np.where(answered > 0, answered, 1) / 60, spent - scene / 60
        )
        if np.abs(again - spent).max() <= 1e-11 * again.max():
            return flow, busy, waits, wait
        spent = again
    return flow, busy, waits, wait


def unique(order: list[list[int]]) -> list[list[int]]:
    """Return the orders in which officers are asked, each once."""
    return [list(o) for o in dict.fromkeys(map(tuple, order))]
