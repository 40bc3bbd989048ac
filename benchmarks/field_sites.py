"""The rows of the field's table on stations: p-medians, p-centers, coverage and a coverage floor, ours beside open peers and published values."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from benchmarks import orlib, peers, stations, tsplib
from benchmarks.field_rows import OURS, Answer, Methods, rows_of, together
from benchmarks.published import instances_of, known, sites_in
from scipy import sparse

from beatplanner.solver.clock import Watch
from beatplanner.solver.location.covering import coverage, fewest, p_center
from beatplanner.solver.location.floor_sites import floor_sites
from beatplanner.solver.location.p_median import PROVEN, p_median
from beatplanner.solver.location.relaxation import Floor
from beatplanner.solver.location.site_rules import SiteRules

# Pairs of demand and site up to which the peers' models, a variable a pair, are tried.
MODELLED = 300_000
# Larger files of the TSPLIB and the sites to open in each.
LARGER = {
    "fl1400": (100, 400),
    "u1432": (100,),
    "vm1748": (100,),
    "d2103": (100,),
    "pcb3038": (100, 300, 500),
    "fl3795": (300,),
    "rl5934": (500, 1000),
}
# What is asked of nodes up to so many: gap and seconds.
LARGER_ASKED = {3_038: (1e-3, 120.0), 5_934: (5e-3, 300.0)}


def cpu() -> Watch:
    """Return a watch of the processor's seconds."""
    return Watch(clock=time.process_time)


def ours(instance: stations.Instance, objective: str, seconds: float, gap: float = PROVEN) -> Answer:
    """Solve with beatplanner, within seconds of the processor."""
    metres, people, watch = instance.metres, instance.people, cpu()
    rules, within = SiteRules.plain(metres.shape[1], instance.count), metres <= stations.LIMIT
    if objective == "p-median":
        cost = metres if (people == 1).all() else metres * people[:, None]
        found = p_median(cost, rules, seconds=seconds, gap=gap, cancelled=watch)
    elif objective == "coverage":
        found = coverage(within, people, rules, seconds=seconds, cancelled=watch)
    elif objective == "p-center":
        found = p_center(metres, rules, seconds=seconds, cancelled=watch)
    else:
        found = fewest(within, rules.replace(count=None), seconds=seconds, cancelled=watch)
    return Answer(None) if found is None else Answer(found.objective, found.lower_bound)


def textbook(instance: stations.Instance, objective: str, seconds: float) -> Answer:
    """Return what HiGHS finds of the textbook model: x_ij for each pair, or u_i for who is not covered."""
    model = _covering(instance, objective) if objective in ("coverage", "fewest") else _paired(instance, objective)
    found, m = model.solved(seconds), instance.metres.shape[1]
    if found.x is None:
        return Answer(None, found.bound)
    return Answer(stations.value_of(instance, objective, np.flatnonzero(found.x[-m:] > 0.5)), found.bound)


class _Model:
    """Costs, rows and whole variables of a textbook model; its last variables are the sites."""

    def __init__(self, costs: np.ndarray, sites: int, most: np.ndarray | None = None) -> None:
        self.costs, self.sites = costs, sites
        self.most = np.ones(len(costs)) if most is None else most
        self.rows: list[sparse.csr_matrix] = []
        self.low: list[np.ndarray] = []
        self.high: list[np.ndarray] = []

    def add(self, parts: list, low: float, high: float) -> None:
        """Add rows that are given as their parts from left to right."""
        rows = sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(p) for p in parts]))
        self.rows.append(rows)
        self.low.append(np.full(rows.shape[0], low))
        self.high.append(np.full(rows.shape[0], high))

    def opens(self, count: int) -> None:
        """Let so many sites be open."""
        self.add([np.zeros((1, len(self.costs) - self.sites)), np.ones((1, self.sites))], count, count)

    def solved(self, seconds: float) -> peers.Modelled:
        """Return what HiGHS makes of it."""
        whole = np.arange(len(self.costs)) >= len(self.costs) - self.sites
        rows = sparse.csc_matrix(sparse.vstack(self.rows))
        return peers.highs(
            self.costs, rows, np.concatenate(self.low), np.concatenate(self.high), whole, self.most, seconds
        )


def _covering(instance: stations.Instance, objective: str) -> _Model:
    """Return the model of coverage, or of the fewest sites: u_i + Σ y_j of the sites within reach ≥ 1."""
    m = instance.metres.shape[1]
    within = sparse.csr_matrix(instance.metres <= stations.LIMIT, dtype=float)
    if objective == "fewest":
        model = _Model(np.ones(m), m)
        model.add([within[within.getnnz(axis=1) > 0]], 1, np.inf)
        return model
    model = _Model(np.r_[instance.people, np.zeros(m)], m)
    model.add([sparse.identity(within.shape[0]), within], 1, np.inf)
    model.opens(instance.count)
    return model


def _paired(instance: stations.Instance, objective: str) -> _Model:
    """Return the model of the p-median or the p-center, whose first variable is then the farthest way."""
    metres, people = instance.metres, instance.people
    n, m = metres.shape
    first = 1 if objective == "p-center" else 0
    costs = np.zeros(n * m) if first else (metres * people[:, None]).ravel()
    most = np.r_[np.full(first, np.inf), np.ones(n * m + m)]
    model = _Model(np.r_[np.ones(first), costs, np.zeros(m)], m, most)
    _assigned(model, n, m, first)
    model.opens(instance.count)
    if first:
        ways = sparse.kron(sparse.identity(n), np.ones((1, m))) @ sparse.diags(metres.ravel())
        model.add([-np.ones((n, 1)), ways, sparse.csr_matrix((n, m))], -np.inf, 0)
    return model


def _assigned(model: _Model, n: int, m: int, first: int = 0) -> None:
    """Let each demand have one site, and that be open."""
    pick = sparse.kron(sparse.identity(n), np.ones((1, m)))
    model.add([sparse.csr_matrix((n, first)), pick, sparse.csr_matrix((n, m))], 1, 1)
    site = sparse.kron(np.ones((n, 1)), sparse.identity(m))
    model.add([sparse.csr_matrix((n * m, first)), sparse.identity(n * m), -site], -np.inf, 0)


def placed(instance: stations.Instance, objective: str, gap: float = PROVEN) -> Methods:
    """Return the methods for stations."""
    pairs = instance.metres.size
    # what is not covered is a variable a demand, and the model as sparse as who reaches whom
    size = pairs if objective in ("p-median", "p-center") else int((instance.metres <= stations.LIMIT).sum())
    large = f"not tried: {size:,} pairs"

    def spopt(seconds: float) -> Answer:
        if pairs > MODELLED:
            return Answer(None, untried=f"not tried: {pairs:,} pairs")
        chosen, bound = stations.with_spopt(instance, objective, seconds, 1)
        return Answer(None if chosen is None else stations.value_of(instance, objective, chosen), bound)

    def highs(seconds: float) -> Answer:
        limit = MODELLED if objective in ("p-median", "p-center") else 10 * MODELLED
        return Answer(None, untried=large) if size > limit else textbook(instance, objective, seconds)

    def greed(seconds: float) -> Answer:
        chosen, _ = stations.by_greed(instance, objective, seconds, 1)
        return Answer(None if chosen is None else stations.value_of(instance, objective, chosen))

    found: Methods = {
        OURS: (None, lambda s: ours(instance, objective, s, gap)),
        "HiGHS, textbook model": (None, highs),
        "spopt on HiGHS": ("spopt", spopt),
    }
    return found | ({"greedy": (None, greed)} if objective in ("p-median", "coverage") else {})


def file_in(folder: Path | None, name: str) -> Path | None:
    """Return a file of a name in the folder or below, None where it is not there."""
    return None if folder is None else next(iter(sorted(folder.rglob(name))), None)


def plain(metres: np.ndarray, count: int) -> stations.Instance:
    """Return an instance in which each demand counts once."""
    return stations.Instance(metres, np.ones(len(metres)), count)


def _forty(folder: Path | None, objective: str) -> list[tuple[float, Callable[[], Methods]]]:
    each: list[tuple[float, Callable[[], Methods]]] = []
    for name in instances_of(objective, "pmed"):
        path, value = file_in(folder, f"{name}.txt"), known(objective, name)
        if path is not None and value is not None:

            def methods(path: Path = path) -> Methods:
                file = orlib.read(path)
                return placed(plain(file.metres, file.count), objective)

            each.append((value.value, methods))
    return each


def library(folder: Path | None, seconds: float | None) -> None:
    """The p-medians and p-centers of the OR-Library; where its files are not there, generated ones of its kind."""
    for objective, asked in (("p-median", "all proven, 30 s each"), ("p-center", "all proven, 120 s together")):
        if each := _forty(folder, objective):
            together(objective, f"OR-Library, {len(each)} files", asked, each, seconds or 30.0)
            continue
        for nodes, count in ((100, 10), (300, 30)):
            metres, _ = orlib.parse(orlib.generate(nodes, count, 1))
            name = f"generated as of the OR-Library, {nodes} nodes, {count} sites"
            rows_of(objective, name, "", asked, placed(plain(metres, count), objective), seconds or 30.0)


def clusters(nodes: int) -> np.ndarray:
    """Return the ways between seeded points in clusters, in place of a file of the TSPLIB."""
    random = np.random.default_rng(nodes)
    middle = random.uniform(0, 20_000, (max(9, nodes // 100), 2))
    return tsplib.straight(
        (middle[random.integers(len(middle), size=nodes)] + random.normal(0, 900, (nodes, 2))).round()
    )


def _ways(folder: Path | None, name: str) -> tuple[str, np.ndarray]:
    path = file_in(folder, f"{name}.tsp")
    if path is not None:
        return f"TSPLIB, {name}", tsplib.read(path)
    nodes = int("".join(c for c in name if c.isdigit()))
    return f"seeded in place of {name}", clusters(nodes)


def medians(folder: Path | None, seconds: float | None) -> None:
    """The nine p-medians of rl1304."""
    called, metres = _ways(folder, "rl1304")
    for name in instances_of("p-median", "rl1304"):
        count, value = sites_in(name), known("p-median", name)
        said = "" if value is None or called.startswith("seeded") else value.said()
        methods = placed(plain(metres, count), "p-median")
        rows_of("p-median", f"{called}, {count} sites", said, "proven in 60 s", methods, seconds or 60.0)


def larger(folder: Path | None, seconds: float | None) -> None:
    """The p-medians of 1,400 to 5,934 nodes."""
    for file, counts in LARGER.items():
        called, metres = _ways(folder, file)
        gap, limit = next(v for nodes, v in LARGER_ASKED.items() if len(metres) <= nodes)
        asked = f"≤ {gap:.1%} in {limit:.0f} s" + (", 4 GB" if len(metres) > min(LARGER_ASKED) else "")
        for count in counts:
            methods = placed(plain(metres, count), "p-median", gap)
            rows_of("p-median", f"{called}, {count} sites", "", asked, methods, seconds or limit)


def towns(folder: Path | None, seconds: float | None) -> None:
    """p-median, p-center, coverage and the fewest stations of a seeded town that all peers can model."""
    town = stations.town(500, 100, 10, 1)
    for objective in ("p-median", "p-center", "coverage", "fewest"):
        rows_of(objective, "seeded, 500 × 100", "", "", placed(town, objective), seconds or 30.0)


def crowd(sites: int, count: int, reach: float) -> stations.Instance:
    """Return 100,000 homes around 200 places and sites among them; ways are scaled so that `reach` metres are the limit of coverage."""
    random = np.random.default_rng(1)
    centre = random.uniform(0, 30_000, (200, 2))
    homes = centre[random.integers(200, size=100_000)] + random.normal(0, 1_500, (100_000, 2))
    places = homes[random.choice(100_000, sites, replace=False)]
    metres = np.column_stack([1.3 * np.hypot(*(homes - place).T) for place in places])
    return stations.Instance(metres * (stations.LIMIT / reach), np.round(random.lognormal(1, 0.8, 100_000)) + 1, count)


def covered(folder: Path | None, seconds: float | None) -> None:
    """Coverage with 100,000 demands."""
    for sites, count, reach in ((100, 15, 4_500.0), (200, 20, 2_500.0)):
        methods = placed(crowd(sites, count, reach), "coverage")
        name = f"seeded, 100,000 × {sites}, {count} sites"
        rows_of("coverage", name, "", "optimal in 60 s, 2 GB", methods, seconds or 60.0)


def floors(folder: Path | None, seconds: float | None) -> None:
    """The least walking under a coverage floor."""
    for town, seed in _floors():
        rules, within = SiteRules.plain(town.metres.shape[1], town.count), town.metres <= stations.LIMIT
        cost = town.metres * town.people[:, None]
        most = coverage(within, town.people, rules, seconds=60, cancelled=cpu())
        out = 1.02 * float(town.people[~within[:, most.open].any(axis=1)].sum())
        n, m = cost.shape
        floor = Floor(within, town.people, out)

        def own(limit: float, cost=cost, rules=rules, floor=floor, most=most) -> Answer:
            found = floor_sites(cost, rules, floor, seconds=limit, start=most.open, cancelled=cpu())
            return Answer(found.objective, found.lower_bound)

        def highs(limit: float, cost=cost, floor=floor, count=town.count) -> Answer:
            return floor_model(cost, floor, count, limit)

        methods: Methods = {OURS: (None, own), "HiGHS, textbook model": (None, highs)}
        name = f"seeded, {n} × {m}, seed {seed}"
        rows_of("coverage floor, then the least walk", name, "", "proven at 500 × 500", methods, seconds or 60.0)


def _floors() -> Iterator[tuple[stations.Instance, int]]:
    yield stations.town(200, 60, 8, 1), 1
    for seed in (1, 2):
        yield stations.town(500, 500, 10, seed), seed


def floor_model(cost: np.ndarray, floor: Floor, count: int, seconds: float) -> Answer:
    """Return what HiGHS finds of the textbook model with a floor on who is within the limit."""
    n, m = cost.shape
    if n * m > MODELLED:
        return Answer(None, untried=f"not tried: {n * m:,} pairs")
    model = _Model(np.r_[cost.ravel(), np.zeros(m)], m)
    _assigned(model, n, m)
    model.opens(count)
    model.add([floor.far.reshape(1, -1), np.zeros((1, m))], -np.inf, floor.most)
    found = model.solved(seconds)
    return Answer(None if found.x is None else float(model.costs @ found.x), found.bound)


ROWS: dict[str, Callable[[Path | None, float | None], None]] = {
    "library": library,
    "medians": medians,
    "larger": larger,
    "towns": towns,
    "coverage": covered,
    "floor": floors,
}
