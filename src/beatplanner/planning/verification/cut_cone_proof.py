"""The bound on the border between beats from prices: a tree over pairs of units that are together or apart, and prices at its nodes.

What is evaluated, and why it is a bound whatever the prices are, stands in ``docs/proofs.md``. Only numpy and the standard library are used.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from beatplanner.planning.verification.arrays import NUMBER, TRUTH, WHOLE, MalformedError, check_range, sized, starts
from beatplanner.planning.verification.travel_lagrangian import ROUNDING, rounding_of
from beatplanner.planning.verification.travel_pairs import SLACK, Area

# Units up to which prices are evaluated.
MOST_UNITS = 250

# Arrays of a certificate: N nodes, E of them with prices, T triangles, S separators, Q prices of these.
FORMS = {
    "cone_parent": (WHOLE, ("N",)),
    "cone_one": (WHOLE, ("N",)),
    "cone_other": (WHOLE, ("N",)),
    "cone_joined": (TRUTH, ("N",)),
    "cone_priced": (WHOLE, ("E",)),
    "cone_classes": (WHOLE, ("E",)),
    "cone_step": (NUMBER, ("E",)),
    "cone_unit": (NUMBER, ("U",)),
    "cone_load": (NUMBER, ("U",)),
    "cone_total": (NUMBER, ("E",)),
    "cone_pair": (WHOLE, ("P",)),
    "cone_triangle": (WHOLE, ("T", 3)),
    "cone_separated": (WHOLE, ("S", 2)),
    "cone_separator_start": (WHOLE, ("S+1",)),
    "cone_separator": (WHOLE, ("C",)),
    "cone_row_in": (WHOLE, ("Q",)),
    "cone_row": (WHOLE, ("Q",)),
    "cone_row_price": (NUMBER, ("Q",)),
}


def has_prices(part: dict[str, np.ndarray]) -> bool:
    """Tell whether a municipality's certificate is of this kind."""
    return "cone_parent" in part


def prove_cone(area: Area, part: dict[str, np.ndarray]) -> float:
    """Return a bound on the border between beats of a municipality: the least of the leaves, each the greatest value on its way from the root.

    Raises
    ------
    MalformedError
        Where an array is not as it must be.
    """
    n = len(area.weight)
    if n > MOST_UNITS or area.count < 1:
        return -math.inf
    _check_form(part, n)
    parent: list[int] = part["cone_parent"].tolist()
    tree = _Tree(area, part)
    children = [list[int]() for _ in parent]
    for k, p in enumerate(parent[1:], 1):
        children[p].append(k)
    for own in children:
        if own and not _share_out(part, own):
            raise MalformedError("The children of a node leave plans out.")
    todo: list[tuple[int, _Classes, float]] = [(0, first_classes(area), -math.inf)]
    least = math.inf
    while todo:
        k, classes, above = todo.pop()
        value = max(above, tree.value(k, classes))
        if value == math.inf:
            continue
        if not children[k]:
            least = min(least, value)
        for c in children[k]:
            one, other = int(part["cone_one"][c]), int(part["cone_other"][c])
            todo.append((c, branched(area, classes, one, other, joined=bool(part["cone_joined"][c])), value))
    return least


def _check_form(part: dict[str, np.ndarray], n: int) -> None:
    """Check that all arrays are there, with numbers of units, nodes and rows."""
    if missing := [key for key in FORMS if key not in part]:
        raise MalformedError(f"{', '.join(missing)}: missing")
    sized(part, {}, FORMS)
    nodes = len(part["cone_parent"])
    if (
        not nodes
        or int(part["cone_parent"][0]) != -1
        or any(not 0 <= p < k for k, p in enumerate(part["cone_parent"].tolist()) if k)
    ):
        raise MalformedError("cone_parent: parents do not stand before their children")
    for key in ("cone_one", "cone_other"):
        check_range({key: part[key][1:]}, key, 0, n)
    for key in ("cone_triangle", "cone_separated", "cone_separator"):
        check_range(part, key, 0, n)
    check_range(part, "cone_priced", 0, nodes)
    check_range(part, "cone_classes", 1, n + 1)
    check_range(part, "cone_row_in", 0, len(part["cone_priced"]))
    check_range(part, "cone_row", 0, len(part["cone_triangle"]) + len(part["cone_separated"]))
    starts(part, "cone_separator_start", "cone_separator")
    if len(np.unique(part["cone_priced"])) < len(part["cone_priced"]):
        raise MalformedError("cone_priced: a node stands twice")


def _share_out(part: dict[str, np.ndarray], own: list[int]) -> bool:
    """Tell whether two children part the plans of their node: the same two units are together in one and apart in the other."""
    pairs = {(int(part["cone_one"][c]), int(part["cone_other"][c])) for c in own}
    return len(own) == 2 and len(pairs) == 1 and {bool(part["cone_joined"][c]) for c in own} == {True, False}


@dataclass(frozen=True)
class _Classes:
    """Units that are together, numbered by their first ones: class of each unit, hours of each class, and which are apart."""

    of: np.ndarray
    weight: np.ndarray
    apart: np.ndarray
    none: bool


def first_classes(area: Area) -> _Classes:
    """Return the units, of which those locked to one beat are together, and those locked to different ones apart."""
    n = len(area.weight)
    together: dict[int, int] = {}
    of = np.array([together.setdefault(int(g), i) if g >= 0 else i for i, g in enumerate(area.locked.tolist())])
    locked = area.locked[:, None], area.locked[None]
    apart = (locked[0] >= 0) & (locked[1] >= 0) & (locked[0] != locked[1])
    return _numbered(area, of, [(i, j) for i, j in np.argwhere(apart).tolist()] if n else [])


def branched(area: Area, classes: _Classes, one: int, other: int, *, joined: bool) -> _Classes:
    """Return the classes where two units are together, or apart."""
    first = np.unique(classes.of, return_index=True)[1]
    apart = [(int(first[a]), int(first[b])) for a, b in np.argwhere(classes.apart).tolist()]
    if not joined:
        return _numbered(area, classes.of, [*apart, (one, other), (other, one)])
    into, gone = int(classes.of[one]), int(classes.of[other])
    return _numbered(area, np.where(classes.of == gone, into, classes.of), apart)


def _numbered(area: Area, key: np.ndarray, apart: list[tuple[int, int]]) -> _Classes:
    """Return classes by units with the same key, and what follows: of those that are too heavy together, or joined by no path that is light enough."""
    number: dict[int, int] = {}
    of = np.array([number.setdefault(int(k), len(number)) for k in key.tolist()])
    m = len(number)
    weight = np.bincount(of, weights=area.weight, minlength=m)
    most, least = area.upper * (1 + SLACK), area.lower - SLACK * area.upper
    path = np.full((m, m), math.inf)
    a, b = of[area.edges[:, 0]], of[area.edges[:, 1]]
    path[a, b] = weight[a] + weight[b]
    path[b, a] = path[a, b]
    path[np.arange(m), np.arange(m)] = weight
    for k in range(m):
        path = np.minimum(path, path[:, [k]] + path[[k]] - weight[k])
    found = path > most * (1 + 1e-12)
    for i, j in apart:
        found[of[i], of[j]] = True
    found = found | found.T
    # a class that is apart from itself, or too heavy, is in no plan
    none = bool(found.diagonal().any() or (weight > most * (1 + 1e-12)).any() or m < area.count)
    reach = np.where(found, 0.0, weight[None]).sum(axis=1)
    none = none or bool((reach < least - 1e-12 * area.upper).any()) or _many_apart(found, area.count)
    return _Classes(of, weight, found, none)


def _many_apart(apart: np.ndarray, count: int) -> bool:
    """Tell whether more classes than beats are found that are all apart from each other."""
    for first in range(len(apart)):
        left, size = set(np.flatnonzero(apart[first]).tolist()), 1
        while left:
            left &= set(np.flatnonzero(apart[min(left)]).tolist())
            size += 1
        if size > count:
            return True
    return False


class _Tree:
    """What the nodes of a certificate prove, each by itself."""

    def __init__(self, area: Area, part: dict[str, np.ndarray]) -> None:
        self.area, self.part = area, part
        n = len(area.weight)
        self.near = [list[int]() for _ in range(n)]
        self.laplacian = np.zeros((n, n))
        ends: list[tuple[int, int]] = area.edges.tolist()
        for (a, b), metres in zip(ends, area.border.tolist(), strict=True):
            self.near[a].append(b)
            self.near[b].append(a)
            self.laplacian[a, b] -= metres
            self.laplacian[b, a] -= metres
            self.laplacian[a, a] += metres
            self.laplacian[b, b] += metres
        self.lower, self.upper = max(0.0, area.lower - SLACK * area.upper), area.upper * (1 + SLACK)
        self.place = {int(k): e for e, k in enumerate(part["cone_priced"])}
        start = part["cone_separator_start"].tolist()
        units = part["cone_separator"].tolist()
        self.separators = [set(units[a:b]) for a, b in itertools.pairwise(start)]
        separated = part["cone_separated"].tolist()
        self.parted = [self._parts(i, j, c) for (i, j), c in zip(separated, self.separators, strict=True)]
        size = part["cone_classes"].astype(np.int64)
        self.unit_start = np.concatenate([[0], np.cumsum(size)]).tolist()
        self.pair_start = np.concatenate([[0], np.cumsum(size * (size - 1) // 2)]).tolist()
        if self.unit_start[-1] != len(part["cone_unit"]) or self.pair_start[-1] != len(part["cone_pair"]):
            raise MalformedError("cone_classes: other prices than those of the classes")
        order = np.argsort(part["cone_row_in"], kind="stable")
        self.rows = np.split(order, np.searchsorted(part["cone_row_in"][order], np.arange(1, len(size))))

    def _parts(self, one: int, other: int, units: set[int]) -> bool:
        """Tell whether no path joins two units that are not among `units` without these."""
        if one in units or other in units:
            return False
        seen, todo = {one}, [one]
        while todo:
            for v in self.near[todo.pop()]:
                if v not in seen and v not in units:
                    seen.add(v)
                    todo.append(v)
        return other not in seen

    def value(self, k: int, classes: _Classes) -> float:
        """Return what a node proves by itself: inf where no plan is left, the border of the only plan, or its prices' value."""
        if classes.none:
            return math.inf
        if len(classes.weight) == self.area.count:
            return self._plan(classes)
        return self._priced(self.place[k], classes) if k in self.place else -math.inf

    def _plan(self, classes: _Classes) -> float:
        """Return the border between classes that are all beats, inf where one breaks a rule."""
        if (classes.weight < self.lower).any() or (classes.weight > self.upper).any():
            return math.inf
        for c in range(len(classes.weight)):
            inside = set(np.flatnonzero(classes.of == c).tolist())
            seen, todo = {min(inside)}, [min(inside)]
            while todo:
                for v in self.near[todo.pop()]:
                    if v in inside and v not in seen:
                        seen.add(v)
                        todo.append(v)
            if seen != inside:
                return math.inf
        a, b = self.area.edges.T
        return math.fsum(self.area.border[classes.of[a] != classes.of[b]].tolist()) * (1 - ROUNDING)

    def _priced(self, e: int, classes: _Classes) -> float:
        """Return the value of the prices of a node."""
        part, area = self.part, self.area
        m, weight = len(classes.weight), classes.weight
        if self.unit_start[e + 1] - self.unit_start[e] != m:
            raise MalformedError("cone_classes: other classes than those of the node")
        own = slice(self.unit_start[e], self.unit_start[e + 1])
        unit, load = part["cone_unit"][own].astype(float), part["cone_load"][own].astype(float)
        total = max(0.0, float(part["cone_total"][e]))
        pair = np.zeros((m, m))
        pair[np.triu_indices(m, 1)] = part["cone_pair"][self.pair_start[e] : self.pair_start[e + 1]] * float(
            part["cone_step"][e]
        )
        pair = pair + pair.T
        pair = np.where(classes.apart, pair, np.maximum(pair, 0.0))
        z = np.zeros((m, m))
        np.add.at(z, (classes.of[:, None], classes.of[None]), 0.5 * self.laplacian)
        z += 0.5 * (load[:, None] * weight + weight[:, None] * load) + total * weight[:, None] * weight - pair
        z[np.arange(m), np.arange(m)] -= unit
        rows, bulk, right = self._of_rows(e, classes)
        z += rows
        # prices may cancel each other in the matrix, so that what they cost by rounding is not seen in what is left of them
        bulk += np.abs(z) + pair + np.diag(np.abs(unit)) + total * weight[:, None] * weight
        bulk += 0.5 * (np.abs(load)[:, None] * weight + weight[:, None] * np.abs(load))
        size = float(bulk.sum())
        if not math.isfinite(size):
            return -math.inf
        whole, count = float(weight.sum()), area.count
        square = (self.lower + self.upper) * whole - count * self.lower * self.upper
        terms = [
            float(z.sum()) / count,
            m * (1 - 1 / count) * min(0.0, _least_eigenvalue(z) - ROUNDING * float(bulk.sum(axis=1).max())),
            *unit.tolist(),
            *(-np.maximum(load * self.lower, load * self.upper)).tolist(),
            -total * square,
            -right,
        ]
        # what rounding may have taken from each sum
        parts = [size, total * (self.upper + self.lower) * whole, *map(abs, terms)]
        value = math.fsum(terms) - ROUNDING * math.fsum(parts)
        return value if math.isfinite(value) else -math.inf

    def _of_rows(self, e: int, classes: _Classes) -> tuple[np.ndarray, np.ndarray, float]:
        """Return what the rows of a node add to the prices of pairs, how large all of that is, and the sum of their right sides."""
        part, of = self.part, classes.of.tolist()
        found, right = np.zeros((len(classes.weight), len(classes.weight))), 0.0
        size = np.zeros_like(found)
        triangles = part["cone_triangle"].tolist()
        separated = part["cone_separated"].tolist()
        own: list[int] = self.rows[e].tolist()
        for q in own:
            row, price = int(part["cone_row"][q]), max(0.0, float(part["cone_row_price"][q]))
            if row < len(triangles):
                i, j, k = (of[u] for u in triangles[row])
                if len({i, j, k}) < 3:
                    continue
                right += price
                terms = [(i, j, price), (i, k, price), (j, k, -price)]
            else:
                row -= len(triangles)
                i, j = (of[u] for u in separated[row])
                around = {of[u] for u in self.separators[row]}
                if not self.parted[row] or i == j or i in around or j in around:
                    continue
                terms = [(i, j, price), *((i, c, -price) for c in around)]
            for a, b, value in terms:
                found[a, b] += 0.5 * value
                found[b, a] += 0.5 * value
                size[a, b] += 0.5 * abs(value)
                size[b, a] += 0.5 * abs(value)
        return found, size * (rounding_of(len(own)) / ROUNDING), right


def _least_eigenvalue(matrix: np.ndarray) -> float:
    """Return the least eigenvalue of a symmetric matrix, less what rounding may have added: a share of its norm."""
    error = max(1e-12, 1e-15 * len(matrix)) * float(np.abs(matrix).sum(axis=1).max())
    return float(np.linalg.eigvalsh(matrix)[0]) - error
