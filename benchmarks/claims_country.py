"""A country's claims against enumeration: the roll-out of areas over years, officers shared out, and beats that workers plan against beats planned here.

Every way to start three to five areas in three or four years, or never, is tried, with payers, seats, pilots and whole vehicles by chance; no bound,
optimum or start may be denied by one of them. Towns are those of `claims`, planned through a pool that does what Dask's workers do, one after another.

    python -m benchmarks.claims_country 200
    python -m benchmarks.claims_country 40 --workers
    python -m benchmarks.claims_country 2000 --shares

Shares: every way to give a few officers to a few municipalities, each at least the minimum, is tried; none may be nearer to the exact shares, which are
max(minimum, λ × hours) with the λ that makes their sum that of the officers. Within a municipality likewise, over its beats.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
import time
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.claims import nasty_town, random_town, wrong_claims

from beatplanner.data.description.sections.country import Country
from beatplanner.planning.beats.plan import plan_beats
from beatplanner.planning.whole.country import shared_posts
from beatplanner.planning.workload import plan_workload
from beatplanner.solver.location.rollout import Fleet, rollout


def random_country(seed: int) -> dict[str, Any]:
    """Return the arguments of `rollout` for a random country."""
    random = np.random.default_rng(seed)
    areas, years, payers = int(random.integers(3, 6)), int(random.integers(3, 5)), int(random.integers(1, 3))
    residents = random.integers(0, 50, areas).astype(float) * 100
    cost = random.integers(0, 20, (payers, areas, years)).astype(float)
    rise = 1.03 ** np.arange(years)
    funds = random.integers(10, 60, (payers, years)).astype(float)
    funds[random.random((payers, years)) < 0.2] = np.inf
    more: dict[str, Any] = {}
    if random.random() < 0.4:
        more["base"] = random.integers(0, 12, (payers, years)).astype(float)
    if random.random() < 0.3:
        more["first"] = 1
    if random.random() < 0.5:
        need = random.integers(0, 8, areas) / 4
        starts = np.arange(years)[None, :] >= np.arange(years)[:, None]
        more["fleet"] = Fleet(
            np.full(years, random.integers(0, 8) / 4),
            need[:, None, None] * starts,
            random.integers(0, 12, (payers, years)).astype(float),
            random.integers(0, 4, (payers, years)).astype(float),
            int(random.integers(1, years + 1)),
        )
    seats, pilots = random.integers(0, 5, areas).astype(float), random.random(areas) < 0.2
    room = np.inf if random.random() < 0.5 else random.integers(1, 9, years).astype(float)
    return {
        "residents": residents,
        "cost": cost,
        "rise": rise,
        "funds": funds,
        "seats": seats,
        "seats_a_year": room,
        "pilots": pilots,
        **more,
    }


def keeps(country: dict[str, Any], start: tuple[int, ...], slack: float = 1e-6) -> bool:
    """Tell whether areas may start in these years; -1 for never."""
    payers, _, years = country["cost"].shape
    fleet: Fleet | None = country.get("fleet")
    money = np.array(country.get("base", np.zeros((payers, years))), float)
    for a, s in enumerate(start):
        for t in range(s, years) if s >= 0 else ():
            money[:, t] += country["cost"][:, a, t - s] * country["rise"][t]
    if fleet is not None:
        bought: list[float] = []
        for t in range(years):
            need = fleet.need[t] + sum(fleet.more[a, s, t] for a, s in enumerate(start) if 0 <= s <= t)
            vehicles = float(np.ceil(need - 1e-4))
            young = sum(bought[max(0, t - fleet.life + 1) :])
            bought.append(max(0.0, vehicles - young))
            money[:, t] += fleet.price[:, t] * bought[t] + fleet.yearly[:, t] * vehicles
    room = np.broadcast_to(country["seats_a_year"], years)
    taken = [sum(country["seats"][a] for a, s in enumerate(start) if s == t) for t in range(years)]
    led = [s for a, s in enumerate(start) if country["pilots"][a]]
    others = [s for a, s in enumerate(start) if not country["pilots"][a] and s >= 0]
    return bool(
        (money <= country["funds"] + slack).all()
        and (np.array(taken) <= room + slack).all()
        and all(s < 0 or s >= country.get("first", 0) for s in start)
        and (not led or not others or (min(led) >= 0 and max(led) < min(others)))
    )


def wrong_rollout(seed: int) -> list[str]:
    """Return what a roll-out claims that is not so; empty where all is true."""
    country = random_country(seed)
    _, areas, years = country["cost"].shape
    found = rollout(**country)
    worth = country["residents"]

    def served(start: tuple[int, ...]) -> float:
        return float(sum(r * (years - s) for r, s in zip(worth, start, strict=True) if s >= 0))

    every = itertools.product(range(-1, years), repeat=areas)
    best = max((served(s) for s in every if keeps(country, s)), default=None)
    start, wrong = tuple(int(s) for s in found.start), []
    if best is None:
        return wrong
    if not keeps(country, start, 1e-4):
        wrong.append(f"starts {start} break a limit")
    if abs(found.served - served(start)) > 1e-6:
        wrong.append(f"{found.served} resident-years are told, and it is {served(start)}")
    if found.upper_bound is not None and found.upper_bound < best * (1 - 1e-9) - 1e-6:
        wrong.append(f"bound {found.upper_bound} below {best}")
    if found.proven and found.served < best * (1 - 1.1e-4) - 1e-6:
        wrong.append(f"proven at {found.served}, and {best} can be served")
    return wrong


def exact_shares(hours: np.ndarray, total: int, minimum: int) -> np.ndarray:
    """Return max(minimum, λ × hours) that sum to a total, λ by halving; where nobody has work all are alike."""
    if hours.sum() <= 0:
        return np.full(len(hours), total / len(hours))
    low, high = 0.0, (total + 1) / hours[hours > 0].min()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(minimum, middle * hours).sum() <= total else (low, middle)
    return np.maximum(minimum, low * hours)


def wrong_share(names: list[str], hours: np.ndarray, total: int, minimum: int, given: np.ndarray) -> list[str]:
    """Return what is wrong with officers shared out, against every other way to share them."""
    exact = exact_shares(hours, total, minimum)
    every = [
        np.array((*x, total - sum(x)))
        for x in itertools.product(range(minimum, total + 1), repeat=len(hours) - 1)
        if total - sum(x) >= minimum
    ]
    best = min(float(((x - exact) ** 2).sum()) for x in every)
    own, wrong = float(((given - exact) ** 2).sum()), []
    if given.sum() != total or (given < minimum).any():
        wrong.append(f"{given.tolist()} are not {total} officers, each place at least {minimum}")
    if own > best + 1e-9:
        wrong.append(f"{given.tolist()} for exact shares {exact.round(3).tolist()}: another way is nearer")
    alike = [
        (a, b) for a in range(len(hours)) for b in range(len(hours)) if hours[a] > hours[b] and given[a] < given[b]
    ]
    wrong += [f"{names[a]} has more work and fewer officers than {names[b]}" for a, b in alike]
    return wrong


def wrong_shares(seed: int) -> list[str]:
    """Return what is wrong in one random share-out over municipalities and their beats; empty where all is right."""
    random = np.random.default_rng(seed)
    towns = int(random.integers(1, 4))
    rows = [
        (f"{t}-{b}", f"M{t}", float(random.choice([0, 1, 2, 5, 10]) if random.random() < 0.5 else random.random() * 9))
        for t in range(towns)
        for b in range(int(random.integers(1, 4)))
    ]
    beats = pd.DataFrame(rows, columns=["beat", "municipality", "workload"])
    minimum = int(random.integers(0, 3))
    total = minimum * towns + int(random.integers(0, 8))
    if total == 0:
        return []
    posts = shared_posts(beats, Country(officers=total, minimum=minimum))
    beats["posts"] = beats["beat"].map(posts)
    by_town = beats.groupby("municipality")[["workload", "posts"]].sum()
    hours, given = by_town["workload"].to_numpy(float), by_town["posts"].to_numpy(int)
    wrong = wrong_share(list(by_town.index), hours, total, minimum, given)
    for name, here in beats.groupby("municipality"):
        own = int(here["posts"].sum())
        least = 1 if own >= len(here) else 0
        claimed = wrong_share(
            list(here["beat"]), here["workload"].to_numpy(float), own, least, here["posts"].to_numpy(int)
        )
        wrong += [f"{name}: {line}" for line in claimed]
    return wrong


class OneByOne:
    """Does what `WorkerPool` does, here: each task and each answer goes through a pickle, as to another process and back."""

    workers = 3

    def each(self, what, shared, parts, seconds, **_) -> list[Any]:
        """Do the same for each municipality."""
        return [
            pickle.loads(pickle.dumps(what(*pickle.loads(pickle.dumps((shared, part, limit))), lambda: False)))
            for part, limit in zip(parts, seconds, strict=True)
        ]


def wrong_with_workers(seed: int) -> list[str]:
    """Return what beats claim that workers drew, and what differs from those drawn here; empty where all is true."""
    town = (nasty_town if seed % 2 else random_town)(seed)
    workload = plan_workload(town)
    here = plan_beats(town, workload, seconds=60.0, nodes=500)
    pool: Any = OneByOne()
    there = plan_beats(town, workload, seconds=60.0, nodes=500, worker_pool=pool)
    wrong = wrong_claims(town, there)
    if (here.beat != there.beat).any() or here.proof.lower_bound != there.proof.lower_bound:
        wrong.append("workers drew other beats, or told another bound")
    if here.proof.status != there.proof.status:
        wrong.append(
            f"workers tell another status: {here.proof.status} {here.clashes}, {there.proof.status} {there.clashes}"
        )
    return wrong


def main() -> None:
    """Print a line for each wrong claim, and the sums."""
    parser = argparse.ArgumentParser()
    parser.add_argument("instances", type=int, nargs="?", default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", action="store_true", help="beats through workers in place of roll-outs")
    parser.add_argument("--shares", action="store_true", help="officers shared out in place of roll-outs")
    arguments = parser.parse_args()
    begin, sums = time.monotonic(), Counter()
    for seed in range(arguments.first, arguments.first + arguments.instances):
        check = wrong_with_workers if arguments.workers else wrong_shares if arguments.shares else wrong_rollout
        wrong = check(seed)
        sums["wrong" if wrong else "right"] += 1
        for line in wrong:
            print(f"{seed}: {line}", flush=True)
    print(f"{arguments.instances} instances in {time.monotonic() - begin:.0f} s: {dict(sums)}")


if __name__ == "__main__":
    main()
