"""The reader of instances with several balances."""

import numpy as np
import pytest
from benchmarks import head_of_field
from benchmarks.several_balances import made, read, read_published

TEXT = "3\n0 0 0 4 15 20\n1 3 4 5 30 15\n2 6 8 6 45 16\n2\n0 1\n1 2\n2 50 0.05 0.1 0.2\n"


def test_an_instance_is_read_with_the_bounds_of_each_amount():
    instance = read(TEXT, "small")
    problem = instance.problem()
    assert problem.count == 2
    assert (problem.lower, problem.upper) == pytest.approx((7.5 * 0.95, 7.5 * 1.05))
    assert [b.amount.tolist() for b in problem.balances] == [[15, 30, 45], [20, 15, 16]]
    assert [(b.lower, b.upper) for b in problem.balances] == [
        (45 * 0.9, 45 * 1.1),
        pytest.approx((25.5 * 0.8, 25.5 * 1.2)),
    ]
    assert problem.edges.tolist() == [[0, 1], [1, 2]]
    assert instance.diameter(np.array([0, 0, 1])) == 5.0


CENTRES = "3\n0 0 0 4 15 20 0\n1 3 4 5 30 15 0\n2 6 8 6 45 16 0\n2\n0 1\n1 2\n2 2 0.05 0.1 0.2 0.2\n1 1 1\n1 1 1\n"


def test_where_the_ways_to_centres_count_each_unit_counts_once_and_all_amounts_are_balanced():
    instance = read(CENTRES, "with centres")
    problem = instance.problem()
    assert instance.by_number and problem.count == 2 and problem.weight.tolist() == [1, 1, 1]
    assert [b.amount.tolist() for b in problem.balances] == [[4, 5, 6], [15, 30, 45], [20, 15, 16]]
    assert (problem.balances[0].lower, problem.balances[2].upper) == pytest.approx((7.5 * 0.95, 25.5 * 1.2))
    assert problem.edges.tolist() == [[0, 1], [1, 2]]
    with pytest.raises(ValueError, match="go together badly"):
        read(CENTRES.replace("1 1 1\n1 1 1\n", "1 1 1\n1 0.5 1\n"))


def test_published_values_are_the_least_of_each_instance():
    plain = "Violation - Loss - Compactness:\n2DU60-05-1\t = (0,0,5305.57)\n2DU60-05-2\t = (0,0,5466.66)\n\n"
    assert read_published(plain) == {"2DU60-05-1": 5305.57, "2DU60-05-2": 5466.66}
    runs = "instance n cmp feas\nd500-01 500 38.5 2\nd500-01 500 38.25 3\nd500-02 500 40.0 1\n"
    assert read_published(runs) == {"d500-01": 38.25, "d500-02": 40.0}


def test_the_table_of_the_field_has_what_is_published_of_the_same_measure(tmp_path, monkeypatch):
    (tmp_path / "2DU3-1-edited.dat").write_text(CENTRES, encoding="ascii")
    (tmp_path / "ds3-1.dat").write_text(TEXT, encoding="ascii")
    (tmp_path / "data.txt").write_text("Compactness:\n2DU3-1 = (0,0,1305.5)\nds3-1 = (0,0,5)\n", encoding="utf-8")
    rows: list[tuple] = []
    monkeypatch.setattr(head_of_field, "rows_of", lambda *row: rows.append(row))
    head_of_field.balances(tmp_path, 1.0)
    # the longest way within a district is no sum of ways
    assert [(name, published) for _, name, published, *_ in rows] == [("2DU3-1-edited", "1,305.5"), ("ds3-1", "")]


@pytest.mark.parametrize(
    "change", [lambda t: t[:40], lambda t: t.replace("\n1 2\n", "\n1 3\n"), lambda t: t.replace("\n2 6", "\n4 6")]
)
def test_a_broken_instance_is_told(change):
    with pytest.raises(ValueError, match=r"file ends|an edge names|not numbered"):
        read(change(TEXT))


def test_what_is_made_is_of_the_kind():
    instance = made(60, 4, 1)
    assert instance.activity.min(axis=0).tolist() >= [4, 15, 15]
    assert instance.activity.max(axis=0).tolist() <= [20, 400, 100]
    assert len(np.unique(instance.edges)) == 60
