"""The attack with what packs say beside their tables: sentences of older versions, and what their forums cost.

Each is an inequality over residents of single units: a share or a mean ``low·Σ x ≤ weight·x ≤ high·Σ x``, rounded as it was told, or one over the work
of beats (`work_statements`). With all tables they are attacked by linear programming over units and, where the town is small, in whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from beatplanner.data.findings import listed
from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.forum.areas import PackAreas
from beatplanner.planning.forum.audit import AuditCheck
from beatplanner.planning.forum.gate import Cell, atoms_of, title_of
from beatplanner.planning.forum.older_texts import OlderTexts, attacked_meanings, is_older, read_texts
from beatplanner.planning.forum.pack_figures import moved_to
from beatplanner.planning.forum.public_plan import SPREAD_STEP, STEP
from beatplanner.planning.forum.published import Published
from beatplanner.planning.forum.work_statements import BalanceMeasure, WorkOfPlan, hours_each, rows_of
from beatplanner.solver.suppression import WIDE, reach_of_intervals
from beatplanner.solver.suppression_system import Equations, linear_programme

# Units times counts to find at most; units of a town that is attacked in whole numbers; branches of one such search.
MOST_WORK, MOST_UNITS, NODES = 5_000_000, 400, 2_000
# Half of what a whole percent and a whole minute stand for.
PERCENT, MINUTE, SLACK = 0.005, 0.5, 1e-6
# A share that a card may tell at most.
LARGEST = 1_000
Row = tuple[np.ndarray, float]


@dataclass(frozen=True)
class ShareStatement:
    """What a share or a mean says: ``low·Σ x ≤ weight·x ≤ high·Σ x`` over the units `inside`; `weight` is that of one resident."""

    inside: np.ndarray
    weight: np.ndarray
    low: float
    high: float

    def fits(self, counts: np.ndarray) -> bool:
        """Return whether counts, (n,), of the units agree with it."""
        total = counts[self.inside].sum()
        return bool(self.low * total - SLACK <= self.weight @ counts[self.inside] <= self.high * total + SLACK)

    def rows(self, n: int) -> Iterator[Row]:
        """Yield it as rows and their limits over units: ``row·x ≤ limit``."""
        for sign, end in ((1.0, self.high), (-1.0, self.low)):
            one = np.zeros(n)
            one[self.inside] = sign * (self.weight - end)
            yield one, SLACK


def check_texts(
    packs: Sequence[Published],
    areas: PackAreas,
    tables: PlanTables | None = None,
    counts: np.ndarray | None = None,
    also: Sequence[Row] = (),
) -> list[AuditCheck]:
    """Attack the residents with the sentences of packs, and say what of them is not understood.

    Parameters
    ----------
    packs
        The pack, then the others that people have.
    areas
        The units in the order of `tables` and `counts`.
    tables
        The plan, with the work of units and exact ways to stations; None for an outsider.
    counts
        (n,) true residents; None for an outsider, who cannot tell packs of another census apart.
    also
        What costs say, as rows over units.
    """
    other: list[str] = []
    unknown: list[str] = []
    record: list[str] = []
    n, rows, used = len(areas.unit), [*also], 0
    cells: list[Cell] = []
    for pack in packs:
        moved = moved_to(pack, areas)
        if moved is None:
            continue
        cells += [c for c in moved.residents if counts is None or c.shown is None or c.shown == counts[c.members].sum()]
        texts = read_texts(pack)
        unknown += [f"{pack.name}, {u}" for u in texts.unknown]
        if is_older(pack) and pack.privacy.get("tables") and any(c.shown is None for c in pack.residents):
            record.append(pack.name)
        for said in (*_shares(pack, texts, areas, tables), *_measures(pack, texts, areas, tables, counts)):
            if counts is not None and not all(row @ counts <= limit + 1e-3 for row, limit in said):
                other.append(pack.name)
                continue
            used += 1
            rows += said
        if tables is None and any(m.startswith(("deviation", "spread")) for m in attacked_meanings(texts)):
            unknown.append(f"{pack.name}: what it says of work, which only the plan's folder knows")
    checks: list[AuditCheck] = []
    if record:
        detail = f"{listed(record, 5)}: what hiding cost tells hidden counts when it is known to many digits; leave that file out of circulation"
        checks.append(AuditCheck("no pack holds the gate's own record", False, detail))
    name = "sentences of packs tell of no hidden count"
    if any(c.shown is None for c in cells) and used:
        found = attacked(cells, rows, n, int(packs[0].privacy.get("threshold", 5)), counts)
        if found is None:
            unknown.append(f"{used} sentences with shares and measures: the town is too large")
        detail = f"{used} attacked" + (f"; of other data: {listed(sorted(set(other)), 5)}" if other else "")
        checks.append(AuditCheck(name, not found, listed(found, 5) if found else detail))
    if unknown:
        checks.append(AuditCheck("numbers in sentences that are not understood", True, listed(unknown, 5), known=False))
    return checks


def _shares(pack: Published, texts: OlderTexts, areas: PackAreas, tables: PlanTables | None) -> Iterator[list[Row]]:
    """Yield what a pack says by how many live where, each as its rows over units."""
    own, n = pack.areas, len(areas.unit)
    place = {u: i for i, u in enumerate(areas.unit)}
    at, every = np.array([place[u] for u in own.unit]), np.arange(len(own.unit))
    known = np.array([c is not None for c in own.current])
    changes = np.array([b is not None and c is not None and b != c for b, c in zip(own.beat, own.current, strict=True)])
    shares = [(changes, known if is_older(pack) else np.ones(len(at), bool), s) for s in texts.values("moved", "share")]
    budget = _rule(pack, "max_moved")
    if budget is not None and pack.card.get("feasible") is True:
        yield _budget(at, changes, known, budget, n)
    if own.within is not None:
        for meaning in ("within", "within_of_places"):
            shares += [(np.array(own.within), np.ones(len(at), bool), s) for s in texts.values(meaning, "share")]
    for part, inside, percent in shares:
        inner = every[inside]
        share = percent / 100
        yield [*ShareStatement(at[inner], part[inner].astype(float), share - PERCENT, share + PERCENT).rows(n)]
    minutes, spare = _minutes(own, at, texts, tables)
    reached = np.isfinite(minutes)
    means = [(reached, m) for m in texts.values("within", "minutes")]
    if is_older(pack):
        # later versions say it in the same words of places
        of = np.array([str(b) for b in own.beat])
        means += [(reached & (of == beat), m) for beat, m in texts.of_beat.items()]
    for inside, mean in means:
        if inside.any():
            yield [*ShareStatement(at[inside], minutes[inside], mean - MINUTE - spare, mean + MINUTE + spare).rows(n)]


def _rule(pack: Published, name: str) -> float | None:
    """Return a number that the card of a pack tells as a rule of beats; None where it tells none."""
    rules = pack.card.get("rules")
    beats = rules.get("beats") if is_dict(rules) else None
    found = beats.get(name) if is_dict(beats) else None
    return float(found) if isinstance(found, int | float) and 0 <= found <= LARGEST else None


def _budget(at: np.ndarray, changes: np.ndarray, known: np.ndarray, share: float, n: int) -> list[Row]:
    """Return what it says that at most this share of residents change beat."""
    return [*ShareStatement(at[known], changes[known].astype(float), 0.0, share + SLACK).rows(n)]


def budget_tells(cells: Sequence[Cell], areas: PackAreas, share: float, counts: np.ndarray, k: int) -> bool:
    """Tell whether a hidden count follows from it that a plan keeps its limit on residents who change beat.

    Parameters
    ----------
    cells
        The figures that people have or will have, with what is shown.
    areas
        Units, with today's and new beats.
    share
        Of residents who change beat at most.
    counts
        (n,) residents.
    k
        Counts of 1..k−1 are small.
    """
    if not any(c.shown is None for c in cells):
        return False
    known = np.array([c is not None for c in areas.current])
    changes = np.array(
        [b is not None and c is not None and b != c for b, c in zip(areas.beat, areas.current, strict=True)]
    )
    rows = _budget(np.arange(len(counts)), changes, known, share, len(counts))
    return not known.any() or attacked(cells, rows, len(counts), k, counts) != []


def _minutes(own: PackAreas, at: np.ndarray, texts: OlderTexts, tables: PlanTables | None) -> tuple[np.ndarray, float]:
    """Return the minutes on foot of each unit of a pack, and by how much they may be wrong: the plan's own where the pack's map says the same."""
    minutes = np.array([texts.way.get(u, np.nan) for u in own.unit])
    if tables is not None and "walk_minutes" in tables.units:
        exact: np.ndarray = tables.units["walk_minutes"].to_numpy(float)[at]
        if np.array_equal(np.maximum(1, np.round(exact)), minutes, equal_nan=True):
            return exact, 0.0
    return minutes, MINUTE


def _measures(
    pack: Published, texts: OlderTexts, areas: PackAreas, tables: PlanTables | None, counts: np.ndarray | None
) -> Iterator[list[Row]]:
    """Yield what a pack says of work, for somebody who knows all work but that of residents."""
    if tables is None or counts is None or tables.beats is None:
        return
    own, place = pack.areas, {u: i for i, u in enumerate(areas.unit)}
    ids = list(own.beat_names)
    beat = np.full(len(counts), -1)
    town = dict.fromkeys(ids, "")
    for u, b, m in zip(own.unit, own.beat, own.municipality, strict=True):
        if b in town:
            beat[place[u]], town[b] = ids.index(b), m
    posts = np.array([pack.posts.get(b, 1.0) for b in ids])
    hours, each = tables.units["workload"].to_numpy(float), hours_each(tables, counts)
    if each <= 0 or not all((beat == i).any() for i in range(len(ids))):
        return
    work = WorkOfPlan(hours, beat, [town[b] for b in ids], posts)
    rule = _rule(pack, "tolerance")
    measures = [BalanceMeasure(f / 100 + PERCENT, 2 * PERCENT) for f in texts.values("deviation_found", "found")]
    for limit in texts.values("deviation_found", "limit") + texts.values("deviation", "limit"):
        is_rule = is_older(pack) or (rule is not None and abs(rule - limit / 100) <= PERCENT)
        measures.append(BalanceMeasure(limit / 100 + PERCENT, np.inf if is_rule else STEP + 2 * PERCENT))
    # how many times as much is told to one digit, and numbers are read without their marks
    spreads = [m / 100 for m in texts.values("spread", "more")] + [m / 10 - 1 for m in texts.values("spread", "times")]
    measures += [BalanceMeasure(None, np.inf, m + PERCENT, SPREAD_STEP + 2 * PERCENT) for m in spreads]
    there = beat >= 0
    for measure in measures:
        found = rows_of(
            measure, work, beat, np.where(there, hours - each * counts, 0.0), each, np.where(there, counts, 0.0)
        )
        yield [(row, limit) for row, limit in found]


def attacked(
    cells: Sequence[Cell], rows: Sequence[Row], n: int, k: int, counts: np.ndarray | None = None
) -> list[str] | None:
    """Return the hidden counts that are narrower with some rows than k, in words; None where the town is too large.

    Parameters
    ----------
    cells
        Figures of all packs, with what is shown.
    rows
        What else is known: ``row·x ≤ limit`` over units.
    n
        Units.
    k
        Counts of 1..k−1 are small.
    counts
        (n,) true counts, where known: small areas between lines are attacked too.
    """
    cells = [c for c in cells if len(c.members)]
    own = np.repeat(np.arange(len(cells)), [len(c.members) for c in cells])
    sums = sparse.csr_array(
        (np.ones(len(own)), (own, np.concatenate([c.members for c in cells]))), shape=(len(cells), n)
    )
    hidden = np.array([c.shown is None for c in cells])
    values = np.array([c.shown or 0 for c in cells], float)
    targets = {tuple(np.sort(c.members).tolist()): title_of(c) for c in cells if c.shown is None}
    if counts is not None:
        _, atoms = atoms_of(cells, n)
        small = [m for m in atoms if 0 < counts[m].sum() < k]
        targets = {tuple(np.sort(m).tolist()): "an area between lines" for m in small} | targets
    if n * len(targets) > MOST_WORK:
        return None
    most = float(values.sum() + 10 * k) if counts is None else float(counts.sum() + 10 * k)
    less = sparse.vstack([-sums[hidden], sparse.csr_array(np.array([r for r, _ in rows]))], format="csr")
    limit = np.concatenate([-np.ones(int(hidden.sum())), [b for _, b in rows]])
    shown: Equations = (
        {"equal": sums[~hidden], "right": values[~hidden]} if (~hidden).any() else {"equal": None, "right": None}
    )
    narrow: list[str] = []
    for members, title in targets.items():
        target = np.zeros(n)
        target[list(members)] = 1
        points = [linear_programme(s * target, **shown, less=less, limit=limit, bounds=(0, most)) for s in (1.0, -1.0)]
        if points[0] is None or points[1] is None:
            return ["they contradict the tables"]
        low, high = float(target @ points[0]), float(target @ points[1])
        if k <= reach_of_intervals(np.array([low]), np.array([high]))[0] < WIDE * k and n <= MOST_UNITS:
            low, high = _whole(target, (low, high), shown, less, limit, most)
        low, high = np.ceil(low - SLACK), np.floor(high + SLACK)
        if high - low < k and not (low <= 1 and high >= k - 1):
            narrow.append(f"{title}: between {low:,.0f} and {high:,.0f}")
    return narrow


def _whole(
    target: np.ndarray,
    ends: tuple[float, float],
    shown: Equations,
    less: sparse.csr_array,
    limit: np.ndarray,
    most: float,
) -> tuple[float, float]:
    """Return the ends of a count in whole numbers; those of the linear programme where a search did not end."""
    constraints = [LinearConstraint(less, -np.inf, limit)]
    if shown["equal"] is not None and shown["right"] is not None:
        constraints.append(LinearConstraint(shown["equal"], shown["right"], shown["right"]))
    found: list[float] = []
    for sign, end in zip((1.0, -1.0), ends, strict=True):
        answer = milp(
            sign * target,
            constraints=constraints,
            bounds=Bounds(0, most),
            integrality=np.ones(len(target), int),
            options={"node_limit": NODES},
        )
        found.append(end if answer.x is None or answer.status != 0 else float(target @ np.round(answer.x)))
    return found[0], found[1]
