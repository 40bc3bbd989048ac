"""Hiding figures: small tables with a known answer, and an attacker with code of its own on random ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from beatplanner.solver.suppression import attack, protect, reach_of_intervals

K = 5


def table(rows: int, columns: int) -> sparse.csr_array:
    """The figures of a table with margins: its cells, sums of rows and columns, and the total."""
    cells = np.arange(rows * columns).reshape(rows, columns)
    sums = [[c] for c in cells.ravel()] + list(cells) + list(cells.T) + [cells.ravel()]
    matrix = np.zeros((len(sums), rows * columns))
    for i, members in enumerate(sums):
        matrix[i, members] = 1
    return sparse.csr_array(matrix)


def interval(matrix: np.ndarray, values: np.ndarray, hidden: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """What an attacker finds about one count: every shown figure is an equation, every hidden one is at least 1."""
    ends = []
    for sign in (1, -1):
        found = linprog(
            sign * target,
            A_eq=matrix[~hidden] if (~hidden).any() else None,
            b_eq=values[~hidden] if (~hidden).any() else None,
            A_ub=-matrix[hidden] if hidden.any() else None,
            b_ub=-np.ones(hidden.sum()) if hidden.any() else None,
            bounds=(0, 10_000),
        )
        assert found.x is not None
        ends.append(sign * found.fun)
    return ends[0], ends[1]


def solved_exactly(matrix: np.ndarray, hidden: np.ndarray, target: np.ndarray) -> bool:
    """Whether a count is a combination of shown figures: plain subtraction gives it away."""
    shown = matrix[~hidden]
    return len(shown) > 0 and np.linalg.matrix_rank(np.vstack([shown, target])) == np.linalg.matrix_rank(shown)


def test_an_attacker_finds_no_interval_narrower_than_k_in_120_tables():
    rng = np.random.default_rng(11)
    lost = figures = attacked = 0
    for _ in range(120):
        rows, columns = rng.integers(2, 5, 2)
        sums = table(rows, columns)
        small, large = rng.integers(0, 8, rows * columns), rng.integers(0, 80, rows * columns)
        atoms = np.where(rng.random(rows * columns) < rng.choice([0.1, 0.3]), small, large).astype(float)
        matrix, values = sums.toarray(), sums @ atoms
        found = protect(sums, atoms, K)
        assert not found.leaks
        assert not ((values > 0) & (values < K) & ~found.hidden).any()
        assert not (found.hidden & (values == 0)).any()
        lost, figures = lost + int(found.hidden.sum()), figures + len(values)
        for i in np.flatnonzero(found.hidden):
            assert not solved_exactly(matrix, found.hidden, matrix[i])
        # the linear programmes cost the most time, so each table has one hidden count attacked, drawn by chance, besides its smallest
        hidden = np.flatnonzero(found.hidden)
        if len(hidden):
            for i in {int(rng.choice(hidden)), int(hidden[np.argmin(values[hidden])])}:
                low, high = interval(matrix, values, found.hidden, matrix[i])
                assert np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= K, (atoms.reshape(rows, columns), i, low, high)
                assert low - 1e-6 <= values[i] <= high + 1e-6
                attacked += 1
    assert attacked > 96
    # what suppression cost: of all figures of these tables, hard ones, so many are hidden
    assert 0.1 < lost / figures < 0.45


def test_nothing_is_hidden_where_nothing_is_small():
    found = protect(table(3, 3), np.full(9, 40.0), K)
    assert not found.hidden.any()
    assert found.leaks == ()


def test_a_lone_small_cell_takes_three_more():
    atoms = np.array([3.0, 40, 50, 60, 70, 80, 90, 20, 30])
    found = protect(table(3, 3), atoms, K)
    assert found.primary.tolist()[:9] == [True] + [False] * 8
    assert found.hidden.sum() == 4
    # the rectangle of least information that holds it
    assert set(np.flatnonzero(found.hidden)) <= set(range(9))


def test_no_figure_hidden_could_be_shown():
    rng = np.random.default_rng(5)
    for _ in range(15):
        atoms = rng.integers(0, 14, 6).astype(float)
        sums = table(2, 3)
        matrix, values = sums.toarray(), sums @ atoms
        found = protect(sums, atoms, K)
        for i in np.flatnonzero(found.hidden & ~found.primary):
            fewer = found.hidden.copy()
            fewer[i] = False
            wanted = [matrix[j] for j in np.flatnonzero(fewer)] + [
                e for e, a in zip(np.eye(6), atoms, strict=True) if 0 < a < K
            ]
            spans_of = [interval(matrix, values, fewer, w) for w in wanted]
            assert any(np.floor(high + 1e-6) - np.ceil(low - 1e-6) < K for low, high in spans_of)


def test_the_cheapest_hiding_of_tiny_tables_is_nearly_reached():
    rng = np.random.default_rng(3)
    ours = best_of_all = 0.0
    for _ in range(12):
        atoms = rng.integers(0, 20, 4).astype(float)
        sums = table(2, 2)
        matrix, values = sums.toarray(), sums @ atoms
        found = protect(sums, atoms, K)
        weight = np.log2(1 + values)
        small = (values > 0) & (values < K)
        if not small.any():
            continue
        best = np.inf
        # the cheapest first: the first one that is safe is the best
        free = np.flatnonzero(~small & (values > 0))
        choices = np.array(list(itertools.product([False, True], repeat=len(free))))
        for choice in choices[np.argsort(choices @ weight[free], kind="stable")]:
            hidden = small.copy()
            hidden[free] = choice
            targets = [matrix[j] for j in np.flatnonzero(hidden)] + [
                e for e, a in zip(np.eye(4), atoms, strict=True) if 0 < a < K
            ]
            if all(
                np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= K
                for low, high in (interval(matrix, values, hidden, t) for t in targets)
            ):
                best = weight[hidden].sum()
                break
        ours, best_of_all = ours + weight[found.hidden].sum(), best_of_all + best
    assert best_of_all > 0
    assert ours <= 1.15 * best_of_all


def test_what_was_published_before_cannot_be_hidden_and_is_told():
    # old beat: 103 people, new beat: the same but for 3; both are out
    sums = sparse.csr_array(np.array([[1.0, 1.0], [1.0, 0.0]]))
    atoms = np.array([100.0, 3.0])
    found = protect(sums, atoms, K, fixed=np.array([True, True]))
    assert found.leaks == (3,)
    # where only the old one is out, the new one is hidden, and nothing leaks
    found = protect(sums, atoms, K, fixed=np.array([True, False]))
    assert found.leaks == ()
    assert found.hidden.tolist() == [False, True]


def test_contradicting_figures_are_an_error():
    sums = sparse.csr_array(np.array([[1.0], [1.0]]))
    with pytest.raises(ValueError, match="contradict"):
        attack(sums, np.array([3.0, 4.0]), np.zeros(2, bool), sums, most=100.0)


def test_spans_count_whole_numbers():
    assert reach_of_intervals(np.array([0.5, 1.0]), np.array([5.5, 6.0])).tolist() == [4, 5]


def test_taking_a_large_attack_apart_changes_no_interval(monkeypatch):
    from beatplanner.solver import suppression

    rng = np.random.default_rng(8)
    for _ in range(25):
        rows, columns = rng.integers(2, 6, 2)
        atoms = rng.integers(0, 12, rows * columns).astype(float)
        sums = table(rows, columns)
        values = sums @ atoms
        hidden = (rng.random(len(values)) < 0.4) & (values > 0)
        targets = sparse.vstack([sums, sparse.eye_array(rows * columns, format="csr")], format="csr")
        whole = attack(sums, values, hidden, targets, most=500.0)
        with monkeypatch.context() as m:
            m.setattr(suppression, "SMALL_BLOCK", 0)
            apart = attack(sums, values, hidden, targets, most=500.0)
        assert np.allclose(whole, apart, atol=1e-6)


def test_a_wrong_total_is_found_when_taken_apart(monkeypatch):
    from beatplanner.solver import suppression

    monkeypatch.setattr(suppression, "SMALL_BLOCK", 0)
    sums = table(2, 2)
    values = sums @ np.array([10.0, 20, 30, 40])
    values[-1] += 1
    with pytest.raises(ValueError, match="contradict"):
        attack(sums, values, np.zeros(len(values), bool), sums, most=500.0)
