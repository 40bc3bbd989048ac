"""Attacks the forum packs of random small towns with everything that is public: tables, shares, two packs, by linear and by whole numbers.

    python benchmarks/privacy.py --towns 200

Each town has units with planted counts of 1 to 4. A first pack goes out, then a second one with other lines, which knows the first. The attacker
knows the map, every shown figure of both packs, every rounded share, what is told of work (and all work but that of residents), and that a hidden
figure is at least 1; of each hidden figure, and of each area between lines with 1 to k − 1 people, he seeks the interval. What forums cost and how far people walk is computed from the map alone
(`tests/planning/forum/test_published_numbers.py` shows that no public byte follows from a hidden count), so it tells him nothing.

The code of the attack is its own, on units and not on the gate's areas. Beside it: how many figures are hidden, and how many τ-Argus hides in a
table of its own kind, where `pytauargus` is installed and solves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from beatplanner.planning.forum.areas import PackAreas, resident_cells
from beatplanner.planning.forum.gate import Cell, Gate, pass_gate
from beatplanner.planning.forum.work_statements import BalanceMeasure, WorkOfPlan, tells_a_count

K = 5


@dataclass(frozen=True)
class Found:
    """What the attack of one town found: targets, those narrower than k, and how many figures were hidden of how many."""

    targets: int
    narrow: tuple[str, ...]
    hidden: int
    figures: int
    stopped: bool


def random_areas(rng: np.random.Generator, rows: int, columns: int) -> PackAreas:
    """Draw municipalities, today's and new beats as bands of a grid, and who is within the walking limit."""
    n = rows * columns
    row, column = np.divmod(np.arange(n), columns)
    municipality = np.where(column < columns // 2, "West", "East") if rng.random() < 0.6 else np.full(n, "")
    split, other = rng.integers(1, rows, 2)
    beat = np.array([f"{m}{int(r >= split)}" for m, r in zip(municipality, row, strict=True)])
    current = np.array([f"{m}{int(r >= other)}" for m, r in zip(municipality, row, strict=True)])
    stray = rng.random(n) < 0.15
    current[stray] = rng.permutation(current)[stray]
    within = (
        (np.abs(row - rng.integers(rows)) + np.abs(column - rng.integers(columns)) <= rng.integers(1, rows)).tolist()
        if rng.random() < 0.7
        else None
    )
    units = [str(i) for i in range(n)]
    return PackAreas(
        units, units, municipality.tolist(), beat.tolist(), current.tolist(), within, {b: b for b in set(beat)}
    )


def published(gate: Gate, cells: list[Cell], name: str) -> list[Cell]:
    """Return the figures of a pack as people have them."""
    from dataclasses import replace

    return [replace(c, before=name, shown=gate.values[c.key]) for c in cells if c.key in gate.values]


def measures(
    rng: np.random.Generator, areas: PackAreas, people: np.ndarray, cells: list[Cell]
) -> list[tuple[np.ndarray, float]]:
    """Return what a pack tells of work, as rows and limits over residents, for somebody who knows all other work: nothing where the program is quiet.

    Work is 0.12 hours a resident and something else; the deviation is told as a rule or as a measure in steps, the spread of officers' work in steps.
    """
    n, each = len(people), 0.12
    other = rng.uniform(0, 30, n) * rng.integers(0, 2)
    ids = sorted({b for b in areas.beat if b is not None})
    beat = np.array([-1 if b is None else ids.index(b) for b in areas.beat])
    hours = other + each * people
    of_beat = np.array([beat == b for b in range(len(ids))], float)
    town = [areas.municipality[int(np.flatnonzero(beat == b)[0])] for b in range(len(ids))]
    posts = rng.integers(1, 4, len(ids)).astype(float)
    mean = np.array([of_beat[[t == m for t in town]].mean(axis=0) for m in town])
    off = np.abs((of_beat @ hours) / (mean @ hours) - 1).max()
    by_officer = of_beat @ hours / posts
    spread = np.ceil((by_officer.max() / by_officer.min() - 1) / 0.1) * 0.1 if by_officer.min() > 0 else None
    step = 0.05 if rng.random() < 0.5 else np.inf
    measure = BalanceMeasure(np.ceil(off / 0.05) * 0.05, step, spread, 0.1)
    work = WorkOfPlan(hours, beat, town, posts)
    if tells_a_count(measure, work, people, each, cells, K):
        measure = BalanceMeasure(measure.deviation, step)
        if tells_a_count(measure, work, people, each, cells, K):
            return []
    found = []

    def at_most(one: np.ndarray, times: float, two: np.ndarray) -> None:
        found.append((each * (one - times * two), float((times * two - one) @ other) + 1e-3))

    assert measure.deviation is not None
    for b in range(len(ids)):
        at_most(of_beat[b], 1 + measure.deviation, mean[b])
        at_most((1 - measure.deviation) * mean[b], 1, of_beat[b])
        if measure.spread is not None:
            for other_beat in range(len(ids)):
                at_most(of_beat[b] / posts[b], 1 + measure.spread, of_beat[other_beat] / posts[other_beat])
    return found


def shares(gate: Gate, cells: list[Cell]) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Return every share in whole percents that a pack tells: units of the part, units of the whole, share."""
    members = {c.key: c.members for c in cells}
    found = []
    pairs = [(("moved",), ("town",)), (("within_town",), ("town",))]
    pairs += [(key, ("beat", key[1])) for key in members if key[0] == "within"]
    for part, all_of_it in pairs:
        inside, total = gate.values.get(part), gate.values.get(all_of_it)
        if inside is not None and total:
            found.append((members[part], members[all_of_it], round(inside / total, 2)))
    return found


class Attacker:
    """Somebody with all that is public.

    Parameters
    ----------
    n
        Units.
    packs
        Figures that are shown or hidden, of all packs.
    work_rows
        Shares in whole percents.
    work
        What is told of work: rows and limits over residents.
    """

    def __init__(
        self,
        n: int,
        packs: list[Cell],
        work_rows: list[tuple[np.ndarray, np.ndarray, float]],
        work: Sequence[tuple[np.ndarray, float]] = (),
    ) -> None:
        def row(members: np.ndarray) -> np.ndarray:
            found = np.zeros(n)
            found[members] = 1
            return found

        shown = [c for c in packs if c.shown is not None]
        hidden = [c for c in packs if c.shown is None]
        self.equal = np.array([row(c.members) for c in shown]).reshape(-1, n)
        self.right = np.array([c.shown for c in shown], float)
        less = [*((-row(c.members), -1.0) for c in hidden), *work]
        for part, whole, share in work_rows:
            less.append((row(part) - (share + 0.005) * row(whole), 1e-6))
            less.append(((share - 0.005) * row(whole) - row(part), 1e-6))
        self.less = np.array([a for a, _ in less]).reshape(-1, n)
        self.limit = np.array([b for _, b in less])
        self.most = float(self.right.sum() + 10 * K)

    def by_linear_programme(self, target: np.ndarray) -> tuple[float, float]:
        """Return the least and the greatest value of a count."""
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * target,
                self.less if len(self.less) else None,
                self.limit if len(self.less) else None,
                self.equal if len(self.equal) else None,
                self.right if len(self.equal) else None,
                (0, self.most),
                method="highs",
            )
            ends.append(sign * found.fun)
        return ends[0], ends[1]

    def by_whole_numbers(self, target: np.ndarray) -> tuple[float, float]:
        """Return the same where people are whole."""
        constraints = []
        if len(self.equal):
            constraints.append(LinearConstraint(self.equal, self.right, self.right))
        if len(self.less):
            constraints.append(LinearConstraint(self.less, -np.inf, self.limit))
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * target, constraints=constraints, integrality=np.ones(len(target)), bounds=Bounds(0, self.most)
            )
            ends.append(float(target @ np.round(found.x)))
        return ends[0], ends[1]


def attack_town(seed: int, *, largest: int = 6, whole: bool = True) -> Found:
    """Publish two packs of a random town and attack both together.

    Parameters
    ----------
    seed
        Of the town.
    largest
        Rows and columns at most.
    whole
        Whether whole numbers are attacked, too.
    """
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(3, largest + 1, 2)
    n = int(rows * columns)
    people = rng.integers(20, 400, n).astype(float)
    planted = rng.random(n) < rng.choice([0.1, 0.3, 0.6])
    people[planted] = rng.integers(1, K, int(planted.sum()))
    people[rng.random(n) < 0.05] = 0
    key = rng.bytes(32)
    packs: list[Cell] = []
    work_rows: list[tuple[np.ndarray, np.ndarray, float]] = []
    work: list[tuple[np.ndarray, float]] = []
    hidden = figures = 0
    for number in range(2):
        areas = random_areas(rng, int(rows), int(columns))
        cells = [c for c in resident_cells(areas) if len(c.members)]
        gate = pass_gate(people, [*cells, *packs], areas.name, K, key=key)
        if gate.leaks:
            # the second pack is stopped, and people have the first one alone
            break
        packs += published(gate, cells, f"pack {number}")
        work_rows += shares(gate, cells)
        work += measures(rng, areas, people, list(gate.cells))
        hidden, figures = hidden + sum(v is None for v in gate.values.values()), figures + len(gate.values)
    attacker, narrow = Attacker(n, packs, work_rows, work), []
    targets = {tuple(c.members): f"{c.key} of {c.before}" for c in packs if c.shown is None}
    # areas that no published figure divides
    pattern = np.array([np.isin(np.arange(n), c.members) for c in packs]).T
    for one in np.unique(pattern, axis=0):
        members = np.flatnonzero((pattern == one).all(axis=1))
        if one.any() and 0 < people[members].sum() < K:
            targets.setdefault(tuple(members), f"area {members.tolist()}")
    for members, name in targets.items():
        target = np.zeros(n)
        target[list(members)] = 1
        low, high = attacker.by_linear_programme(target)
        if whole and np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= K:
            low, high = attacker.by_whole_numbers(target)
        if np.floor(high + 1e-6) - np.ceil(low - 1e-6) < K:
            narrow.append(f"town {seed}, {name}: {low:g} to {high:g}, is {target @ people:g}")
    return Found(
        len(targets), tuple(narrow), hidden, figures, len(packs) == 0 or not any(c.before == "pack 1" for c in packs)
    )


def beside_tau_argus(tables: int, seed: int) -> dict[str, int] | None:
    """Count what is hidden here and by τ-Argus (optimal suppression, HiGHS or SCIP behind it) in the same random tables with margins.

    τ-Argus protects a count of less than k by 99 % of itself upward and downward, here an interval of k whole numbers must stay possible and
    zeros are shown; so the two are beside each other, not equal.

    Returns
    -------
    dict or None
        ``tables``, ``small`` (figures of 1..k−1), ``ours``, ``tau_argus``; None where it is not installed.
    """
    try:
        import pytauargus
    except ImportError:
        return None
    import contextlib
    import tempfile

    import pandas as pd
    from scipy import sparse

    from beatplanner.solver.suppression import protect

    rng = np.random.default_rng(seed)
    found = {"tables": 0, "small": 0, "ours": 0, "tau_argus": 0}
    while found["tables"] < tables:
        rows, columns = rng.integers(3, 6, 2)
        counts = rng.integers(6, 60, (rows, columns))
        small = rng.random((rows, columns)) < 0.12
        counts[small] = rng.integers(1, K, int(small.sum()))
        if not small.any():
            continue
        people = [(f"r{i}", f"c{j}", 1) for i in range(rows) for j in range(columns) for _ in range(counts[i, j])]
        frame = pd.DataFrame(people, columns=["row", "column", "one"])
        # it writes logs where it runs
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            other = pytauargus.protect(
                frame, ["row", "column"], "one", safety_rules=f"FREQ({K},99)", suppress="OPT(1)", workdir=folder
            )
            status = pd.DataFrame(other.tables[0].dataframe())["status"].astype(str)
        cells = np.arange(rows * columns).reshape(rows, columns)
        sums = [[c] for c in cells.ravel()] + list(cells) + list(cells.T) + [cells.ravel()]
        matrix = np.zeros((len(sums), rows * columns))
        for i, members in enumerate(sums):
            matrix[i, members] = 1
        atoms = counts.ravel().astype(float)
        ours = protect(sparse.csr_array(matrix), atoms, K)
        found["tables"] += 1
        found["small"] += int(ours.primary.sum())
        found["ours"] += int(ours.hidden.sum())
        found["tau_argus"] += int((status != "S").sum())
    return found


def main() -> None:
    """Attack towns and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--towns", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begin = time.monotonic()
    found = [attack_town(options.seed + s) for s in range(options.towns)]
    narrow = [text for f in found for text in f.narrow]
    print(f"towns                        {len(found)}")
    print(f"second pack stopped          {sum(f.stopped for f in found)}")
    print(f"hidden counts attacked       {sum(f.targets for f in found)}")
    print(f"narrower than {K}              {len(narrow)}")
    print(f"figures hidden               {sum(f.hidden for f in found)} of {sum(f.figures for f in found)}")
    print(f"seconds                      {time.monotonic() - begin:.0f}")
    for text in narrow[:20]:
        print(text)
    beside = beside_tau_argus(min(40, options.towns), options.seed)
    print(
        "τ-Argus                      not installed (pip install pytauargus)"
        if beside is None
        else f"beside τ-Argus               {beside}"
    )
    raise SystemExit(bool(narrow))


if __name__ == "__main__":
    main()
