"""Where calls do not wait, what is told everywhere is how many are lost."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from beatplanner.data.publish.price_words import service_parts
from beatplanner.data.publish.service_report import service_heads, service_rows
from beatplanner.data.result.service_files import fates
from beatplanner.planning.compare.figures import _of_service
from beatplanner.planning.compare.service_change import change_of_service
from beatplanner.planning.whole.country_service import service_over_beats

SHARES = ("own_share", "away_share", "people_share")


def service(queue, wait, lost, today_lost=0.0):
    figures = {
        "mean_minutes": 3.0,
        "p90_minutes": 7.0,
        "mean_wait_minutes": 0.5 if wait else 0.0,
        **dict.fromkeys(SHARES, 0.5),
    }
    whole = {**figures, "wait_share": wait, "lost_share": lost, "servers_on_duty": 2}
    beat = {**whole, "calls_a_week": 10.0, "duty_hours_a_week": 40.0}
    return {
        **whole,
        "queue": queue,
        "nobody_share": {"1": 0.5},
        "beats": {"1": beat},
        "shifts": [{"name": "day", **whole}],
        "today": {**whole, "lost_share": today_lost, "nobody_share": {"1": 0.0}, "shifts": []},
    }


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (service("wait", 0.2, 0.0), ("wait_share",)),
        (service("lost", 0.0, 0.1), ("lost_share",)),
        # calls wait, but some hours have nobody on duty, here or today
        (service("wait", 0.2, 0.1), ("wait_share", "lost_share")),
        (service("wait", 0.2, 0.0, today_lost=0.1), ("wait_share", "lost_share")),
    ],
)
def test_waiting_and_lost_calls_are_told_as_the_queue_has_them(given, shown):
    assert fates(given) == shown
    heads = service_heads(given)
    assert [("wait_share" in shown), ("lost_share" in shown)] == [
        any(h == "Calls that wait" for h in heads),
        any(h.startswith("Calls lost") for h in heads),
    ]
    assert all(len(row["cells"]) == len(heads) for row in service_rows(given))
    column = SimpleNamespace(tables=SimpleNamespace(summary={"service": given}), today=False)
    rows, country = _of_service(column), service_over_beats(given, ["1"])
    for key in ("wait_share", "lost_share"):
        name = "service_" + key.removesuffix("_share")
        assert rows[name] == (given[key] if key in shown else None)
        assert country[name] == pytest.approx(given[key] if key in shown else float("nan"), nan_ok=True)


def test_a_price_tells_what_becomes_of_the_calls_without_the_rule():
    change = change_of_service(service("lost", 0.0, 0.1), service("lost", 0.0, 0.13))
    assert change["lost_share"] == pytest.approx(0.03) and "wait_share" not in change
    assert service_parts(change) == ["3.0% more of the calls are lost"]
