"""The search for lines that keep the balance of the busiest shift, held against all plans of small towns."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.publish.sentence_templates import in_language
from beatplanner.planning.beats.plan import BeatPlan
from beatplanner.planning.proof import Proof, Unproven
from beatplanner.planning.service.line_search import nearest_lines
from beatplanner.planning.service.lines import Lines, with_line_rules
from beatplanner.planning.service.redrawing import LineRules

ROWS, COLUMNS, BEATS = 3, 4, 3
UNITS = ROWS * COLUMNS
YEAR = 0.35


def near_of() -> list[list[int]]:
    at = [(u // COLUMNS, u % COLUMNS) for u in range(UNITS)]
    return [[v for v in range(UNITS) if abs(at[u][0] - at[v][0]) + abs(at[u][1] - at[v][1]) == 1] for u in range(UNITS)]


def small_town(hours: np.ndarray, peak: np.ndarray, tolerance: float) -> tuple[Lines, LineRules]:
    """A town of twelve units and three beats, without a town's files."""
    ids = [str(k) for k in range(BEATS)]
    lines, rules = Lines.__new__(Lines), LineRules.__new__(LineRules)
    lines.asked, lines.limit = (
        ("peak_tolerance",),
        {"peak_tolerance": tolerance, "travel_work": None, "longest_drive": None},
    )
    lines.hours, lines.peak, lines.way = hours, peak, np.zeros(UNITS)
    lines.minutes, lines.fixed = np.zeros((UNITS, UNITS)), dict.fromkeys(ids, 0)
    lines.ids, lines.place, lines.together = ids, {b: k for k, b in enumerate(ids)}, [np.arange(BEATS)]
    rules.workload, rules.ids, rules.near = SimpleNamespace(hours=hours), ids, near_of()
    rules.locked = rules.current = np.full(UNITS, -1)
    rules.people, rules.most_moved = np.ones(UNITS), None
    mean = hours.sum() / BEATS
    rules.limits = dict.fromkeys(ids, ((1 - YEAR) * mean, (1 + YEAR) * mean))
    rules.amounts, rules.amount_limits = {}, {}
    rules.carried = rules._carried(np.array(ids * UNITS, dtype=object)[:UNITS])
    return lines, rules


ALL = np.array(list(itertools.product(range(BEATS), repeat=UNITS - 2)), np.int8)
# units 0 and 1 are taken to be of beats 0 and 0 or 1: names of beats do not matter
ALL = np.vstack([np.hstack([np.tile(np.array([[0, b]], np.int8), (len(ALL), 1)), ALL]) for b in (0, 1)])


def off_of(work: np.ndarray) -> np.ndarray:
    """Return the greatest deviation from the mean of every way to share out the units."""
    sums = np.stack([(k == ALL) @ work for k in range(BEATS)], axis=1)
    return np.abs(sums * BEATS / work.sum() - 1).max(axis=1)


def connected(beat: np.ndarray, near: list[list[int]]) -> bool:
    for k in range(BEATS):
        left = set(np.flatnonzero(beat == k).tolist())
        heap = [left.pop()] if left else []
        if not heap:
            return False
        while heap:
            for v in near[heap.pop()]:
                if v in left:
                    left.remove(v)
                    heap.append(v)
        if left:
            return False
    return True


def test_what_some_plan_of_a_small_town_keeps_is_found():
    """Busy units lie together, as bars do: of twelve towns each has the least peak deviation of all plans, or one within the tolerance."""
    near, random, missed = near_of(), np.random.default_rng(3), 0
    for _ in range(12):
        hours = random.uniform(1, 2, UNITS)
        peak = random.uniform(0.1, 0.5, UNITS)
        busy = random.integers(UNITS)
        peak[[busy, *near[busy]]] *= random.uniform(2, 6)
        year, off = off_of(hours), off_of(peak)
        fit = np.flatnonzero(year <= YEAR)
        order = fit[np.argsort(off[fit], kind="stable")]
        best = next(i for i in order.tolist() if connected(ALL[i], near))
        start = next(i for i in order[::-1].tolist() if connected(ALL[i], near))
        # what is possible, with some room
        tolerance = float(off[best]) * 1.1 + 0.005
        lines, rules = small_town(hours, peak, tolerance)
        found, _ = nearest_lines(lines, rules, ALL[start].astype(str).astype(object))
        assert rules.kept(found, lines.ids) and connected(found.astype(int), near)
        assert lines.excess(lines.of_all(ALL[start].astype(str).astype(object))).sum() > 0
        missed += lines.excess(lines.of_all(found)).sum() > 0
    assert not missed


def test_where_nothing_is_nearer_the_lines_stay_as_they_are():
    hours = np.ones(UNITS)
    lines, rules = small_town(hours, hours.copy(), 0.01)
    even = np.repeat(["0", "1", "2"], 4).astype(object)
    assert (nearest_lines(lines, rules, even)[0] == even).all()
    # one unit has all the work of the shift: no plan is within the tolerance, and the search ends
    lines, rules = small_town(hours, np.eye(UNITS)[0], 0.5)
    found, _ = nearest_lines(lines, rules, even)
    assert rules.kept(found, lines.ids)
    assert lines.excess(lines.of_all(found)).sum() == pytest.approx(lines.excess(lines.of_all(even)).sum())


def test_a_search_that_is_stopped_says_so_and_a_whole_one_finds_the_same_again():
    hours = np.ones(UNITS)
    lines, rules = small_town(hours, np.linspace(1, 5, UNITS), 0.01)
    start = np.repeat(["0", "1", "2"], 4).astype(object)
    once, again = (nearest_lines(lines, rules, start) for _ in range(2))
    assert (once[0] == again[0]).all() and not once[1] and not again[1]
    asked = 0

    def after_two_steps() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    found, cut_short = nearest_lines(lines, rules, start, cancelled=after_two_steps)
    assert cut_short and rules.kept(found, lines.ids)
    # nothing is left to seek, however little time there is
    lines, rules = small_town(hours, hours.copy(), 0.5)
    assert not nearest_lines(lines, rules, start, cancelled=lambda: True)[1]


@pytest.mark.parametrize("before, words", [(0.09, "was ±9.0% before redrawing"), (0.5, "was not reached by redrawing")])
def test_a_rule_that_gave_way_to_the_others_is_not_told_as_never_reached(before, words):
    """The lines before kept the balance with the hours on the way, or were farther from it than those found."""
    lines = Lines.__new__(Lines)
    lines.asked, lines.limit, lines.shift = ("travel_work",), {"travel_work": 0.1}, "day"
    first, last = np.array(["1", "2"], dtype=object), np.array(["2", "1"], dtype=object)
    lines.figures = lambda beat: {"travel_work": (before if beat is first else 0.109, "2")}
    lines.table = lambda beat: pd.DataFrame()
    proof = Proof("feasible", 1.0, None, 0.0)
    plans = [BeatPlan(beat, pd.DataFrame(), proof, 0.1, True, None, (), pd.DataFrame()) for beat in (first, last)]
    found = with_line_rules(*plans, lines, cut_short=False)
    (clash,) = found.clashes
    assert words in clash and "±10.9%, in beat 2" in clash and isinstance(clash, Unproven)
    assert in_language(clash, "mk") != clash and in_language(clash, "sq") != clash
