"""What the service picture takes from records and posts: rates of the week, posts that fill a shift, simulations that agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from beatplanner.planning.service.demand import hours_of_week, profile

pytestmark = pytest.mark.usefixtures("bare_plans")


def test_a_planted_week_is_found_within_three_percent():
    random = np.random.default_rng(4)
    truth = 1 + 0.8 * np.sin(np.arange(168) * 2 * np.pi / 24 - 2) + 0.5 * (np.arange(168) // 24 >= 5)
    truth /= truth.sum()
    hours = random.choice(168, size=60_000, p=truth)
    found = profile(hours)
    assert found.sum() == pytest.approx(1)
    shifts = np.arange(168) % 24 // 8
    for s in range(3):
        assert found[shifts == s].sum() == pytest.approx(truth[shifts == s].sum(), rel=0.03)
    assert np.abs(found - truth).sum() < np.abs(np.bincount(hours, minlength=168) / len(hours) - truth).sum()
    assert np.abs(found / truth - 1).mean() < 0.03


def test_a_quiet_shift_of_a_steep_week_is_not_filled_up_by_its_neighbours():
    # calls of the morning are a sixth of the evening's: plain smoothing told 8 % too many
    hour = np.arange(168)
    truth = (
        1 + 0.9 * np.sin((hour % 24 - 14) * 2 * np.pi / 24) + 0.8 * (np.isin(hour // 24, (4, 5)) & (hour % 24 >= 18))
    )
    truth /= truth.sum()
    quiet = (hour % 24 >= 6) & (hour % 24 < 14)
    off = [
        profile(np.random.default_rng(seed).choice(168, size=10_000, p=truth))[quiet].sum() / truth[quiet].sum() - 1
        for seed in range(20)
    ]
    assert abs(np.mean(off)) < 0.03


def test_midnight_is_no_hour_where_it_stands_for_none():
    days = pd.Series(pd.date_range("2025-01-01", periods=300, freq="D"))
    hours, hidden = hours_of_week(pd.concat([days, days[:60] + pd.Timedelta("9h30m")]))
    assert hidden == 300 and len(hours) == 60 and set(hours % 24) == {9}
    every = pd.Series(pd.date_range("2025-01-01", periods=1000, freq="h"))
    assert hours_of_week(every)[1] == 0


def test_no_beat_whose_posts_fill_a_shift_is_left_without_an_officer():
    """Entries, beats, shifts and the whole are rounded by less than one, whatever the calls; two posts are 1.2 shifts of 56 hours."""
    from beatplanner.data.description.sections.workload import Workload
    from beatplanner.planning.service.duty import hours_a_post, mean_on_duty, whole_officers

    rules, random = Workload(), np.random.default_rng(7)
    for _ in range(60):
        shifts, beats = random.integers(1, 6), random.integers(1, 20)
        hours, calls = random.integers(4, 60, shifts).astype(float), random.random((shifts, beats))
        calls *= random.random((shifts, beats)) < 0.8
        names = [str(b) for b in range(beats)]
        posts = {b: int(random.integers(0, 7)) for b in names}
        mean = mean_on_duty(posts, names, hours, calls, rules)
        found, held = whole_officers(mean, hours[:, None] * calls), np.array([posts[b] for b in names])
        # no shift of few hours has more on duty than there are posts; nothing of the others' hours is lost to it
        most = min(hours_a_post(rules), hours.sum() * (1 - rules.absence))
        assert (found <= held).all() and hours @ mean == pytest.approx(held * most)
        total = (calls * hours[:, None]).sum(axis=1) + 1e-12
        plain = np.outer(total / total.sum() / hours, held * hours_a_post(rules))
        if (plain <= held * (1 - rules.absence)).all():
            assert mean == pytest.approx(plain)
        for whole, part in (
            (found, mean),
            (found.sum(axis=0), mean.sum(axis=0)),
            (found.sum(axis=1), mean.sum(axis=1)),
            (found.sum(), mean.sum()),
        ):
            assert (np.abs(whole - part) < 1).all()
    names = [str(b) for b in range(15)]
    calls = np.linspace(0.1, 3.0, 45).reshape(3, 15)
    two = mean_on_duty(dict.fromkeys(names, 2), names, np.full(3, 56.0), calls, rules)
    assert whole_officers(two, 56 * calls).sum(axis=0).min() == 1


@pytest.mark.parametrize("queue", ["wait", "lost"])
def test_simulated_figures_agree_with_a_second_seed_and_others_do_not(queue):
    """Figures of the exact model stand for a long simulation: the checker's own agrees with them, and not with others."""
    from beatplanner.planning.verification.ledger import Ledger
    from beatplanner.planning.verification.service_simulated import second_seed
    from beatplanner.solver.service.hypercube import hypercube
    from beatplanner.solver.service.system import ServiceSystem, preference

    random = np.random.default_rng(2)
    minutes = random.uniform(1, 9, (3, 8))
    own = np.argmin(minutes, axis=0)[None, :] == np.arange(3)[:, None]
    rate = random.uniform(0.2, 0.6, 8)
    system = ServiceSystem(rate, preference(minutes, own), minutes, 30.0, False, queue == "wait")
    flows = hypercube(system)
    shift = {
        "name": "day",
        "own_share": flows.flow[own].sum() / flows.flow.sum(),
        "mean_minutes": (flows.flow * minutes).sum() / flows.flow.sum(),
        "wait_share": flows.wait_share,
        "busy_share": flows.busy.mean(),
    }
    given = {
        "own": own,
        "minutes": minutes,
        "rate": rate,
        "scene": 30.0,
        "travel_counts": False,
        "waits": queue == "wait",
    }
    ledger = Ledger()
    second_seed(ledger, shift, 0, **given)
    second_seed(ledger, {**shift, "own_share": shift["own_share"] * 1.05}, 0, **given)
    assert [c.state for c in ledger.checks] == ["checked", "wrong"]
