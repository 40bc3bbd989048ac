"""Reads p-median problems in the format of the OR-Library (Beasley 1990), which lets anyone run its forty instances from a folder.

First line: nodes, edges, sites to open. Then an edge a line: its two nodes, numbered from 1, and its length; an edge that is given again
replaces the earlier one. Every node is a demand of weight 1 and a site; ways are shortest paths.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.published import known
from scipy import sparse
from scipy.sparse import csgraph


@dataclass(frozen=True)
class PMedianFile:
    """A problem: its name, ways (n, n), sites to open, and the known optimum or None."""

    name: str
    metres: np.ndarray
    count: int
    optimum: int | None


def parse(text: str) -> tuple[np.ndarray, int]:
    """Return ways (n, n) and the number of sites of a problem; ValueError says what is wrong with the text."""
    numbers = text.split()
    if len(numbers) < 3:
        raise ValueError("the first line must give nodes, edges and sites to open")
    n, edges, count = (int(v) for v in numbers[:3])
    if len(numbers) < 3 + 3 * edges:
        raise ValueError(f"{edges} edges are announced, and {(len(numbers) - 3) // 3} are there")
    length: dict[tuple[int, int], float] = {}
    for k in range(edges):
        a, b, c = numbers[3 + 3 * k : 6 + 3 * k]
        i, j = sorted((int(a) - 1, int(b) - 1))
        if not 0 <= i <= j < n:
            raise ValueError(f"edge {k + 1} joins a node that is not among the {n}")
        length[i, j] = float(c)
    ends = np.array([e for e in length if e[0] != e[1]], int).reshape(-1, 2)
    values = [length[int(i), int(j)] for i, j in ends]
    graph = sparse.csr_matrix((values, (ends[:, 0], ends[:, 1])), shape=(n, n))
    metres = csgraph.dijkstra(graph, directed=False)
    if not np.isfinite(metres).all():
        raise ValueError("the network is in pieces")
    return metres, count


def read(path: Path) -> PMedianFile:
    """Read a file; the known optimum is found by its name, such as ``pmed7.txt``."""
    metres, count = parse(path.read_text(encoding="ascii"))
    published = known("p-median", re.sub(r"^pmed0+", "pmed", path.stem))
    return PMedianFile(path.stem, metres, count, None if published is None else int(published.value))


def generate(nodes: int, count: int, seed: int) -> str:
    """Return a random problem in the format, made as those of the library are: a tree and more edges, lengths from 1 to 100."""
    random = np.random.default_rng(seed)
    order = random.permutation(nodes) + 1
    edges = [(order[k], order[random.integers(k)]) for k in range(1, nodes)]
    wanted = nodes * nodes // 50
    edges += [tuple(random.choice(nodes, 2, replace=False) + 1) for _ in range(max(0, wanted - len(edges)))]
    lines = [f"{nodes} {len(edges)} {count}", *(f"{a} {b} {random.integers(1, 101)}" for a, b in edges)]
    return "\n".join(lines) + "\n"
