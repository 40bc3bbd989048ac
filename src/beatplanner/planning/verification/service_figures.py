"""Every figure of the service picture from the flows beside it: of each period, shift, beat and officer, and of the week.

Flows, travel and rates are those of the folder ``service``; only numpy is used. What is known of waits comes from the balance equations where these were
solved anew; else the shift's own share is taken, and told as not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from beatplanner.data.result.sections import list_of, number_of, section_of
from beatplanner.planning.verification.ledger import Ledger, is_number, missing, same, value_in_words

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Figures of the calls that the officers answer, which are told of officers too.
ANSWERED = ("own_share", "cross_share", "mean_minutes", "median_minutes", "p90_minutes")
TIME = ("busy_share", "away_share", "people_share")
CAME = ("wait_share", "lost_share", "mean_wait_minutes")
QUANTILES = {"median_minutes": 0.5, "p90_minutes": 0.9}
# What calls at the border of a quantile may weigh, as a share of all: rounding.
BORDER = 1e-6
# Whatever else stands in a shift or period, and is checked or told elsewhere.
MINUTES_OF_DAY, MINUTES_OF_WEEK = 24 * 60, 7 * 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Period:
    """Hours of the week in which the same officers are on duty.

    Attributes
    ----------
    name, shifts, hours
        Hours a week.
    servers, of
        Who is on duty, and the beat of each, None for none.
    beat
        (n,) beat of each unit.
    rate
        (n,) calls an hour.
    flow, minutes
        (N, n) calls an hour that each answers, and travel.
    scene, travel_counts
        Minutes on scene, and whether travel is time busy.
    steady
        Whether the officers can answer the calls at all, and there are some.
    lost, wait, wait_minutes
        Shares of calls, and the mean wait.
    backed
        (n,) calls an hour for which another is free near enough; None where that is not known.
    together, by_number
        (n, M) calls an hour by the officers that they need at once, and (3, M) shares that wait and are lost, and mean wait, of their
        requests; None where each needs one.
    """

    name: str
    shifts: tuple[str, ...]
    hours: float
    servers: tuple[str, ...]
    of: tuple[str | None, ...]
    beat: np.ndarray
    rate: np.ndarray
    flow: np.ndarray
    minutes: np.ndarray
    scene: float
    travel_counts: bool
    steady: bool
    lost: float
    wait: float
    wait_minutes: float
    backed: np.ndarray | None
    together: np.ndarray | None = None
    by_number: np.ndarray | None = None

    @property
    def fates(self) -> np.ndarray:
        """(3, n) calls an hour of each unit that wait, that are lost, and their minutes of waiting."""
        if self.together is None or self.by_number is None:
            return np.outer([self.wait, self.lost, self.wait_minutes], self.rate)
        return self.by_number @ (self.together * np.arange(1, int(self.together.shape[1]) + 1)).T

    @property
    def own(self) -> np.ndarray:
        """(N, n) whether an officer is of a unit's beat."""
        mine = np.array(self.of, dtype=object).reshape(-1, 1)
        known = np.array([b is not None for b in self.of], bool).reshape(-1, 1)
        return (known & (mine == self.beat[None, :])).astype(bool)

    @property
    def work(self) -> np.ndarray:
        """(N, n) officers busy with the calls of a unit."""
        return self.flow * (self.scene + (self.minutes if self.travel_counts else 0.0)) / 60.0


def call_figures(
    parts: Sequence[tuple[Period, float, np.ndarray, np.ndarray]], *, of_servers: bool = False
) -> tuple[dict[str, float | None], tuple[np.ndarray, np.ndarray]]:
    """Return the figures of some units' calls and some officers' time, and travel with its weights.

    Parameters
    ----------
    parts
        Period, its hours, (n,) bool units, (N,) bool officers.
    of_servers
        Whether the calls are those that the officers answer, wherever they come from.
    """
    answered = own = came = lost = waited = wait_time = busy = away = on_duty = backed = 0.0
    known, near = True, True
    ways, weights = [np.empty(0)], [np.empty(0)]
    for period, hours, unit, server in parts:
        calls = float(period.rate[unit].sum()) * hours
        came += calls
        on_duty += float(server.sum()) * hours
        fates = period.fates[:, unit].sum(axis=1) * hours
        lost += float(fates[1])
        if not period.steady:
            known &= not (period.servers and calls > 0)
            continue
        waited += float(fates[0])
        wait_time += float(fates[2])
        seen = (
            (server[:, None] & np.ones(len(unit), bool)) if of_servers else (np.ones(len(server), bool)[:, None] & unit)
        )
        flow = period.flow * hours
        answered += float(flow[seen].sum())
        own += float(flow[seen & period.own].sum())
        ways.append(period.minutes[seen])
        weights.append(flow[seen])
        busy += float(period.work[server].sum()) * hours
        posted = server & np.array([b is not None for b in period.of], bool)
        away += float((period.work * ~period.own)[posted].sum()) * hours
        near &= period.backed is not None
        backed += 0.0 if period.backed is None else float(period.backed[unit].sum()) * hours

    def share(part: float, whole: float) -> float | None:
        return part / whole if known and whole > 0 else None

    way, weight = np.concatenate(ways), np.concatenate(weights)
    mean = float((way * weight).sum() / weight.sum()) if known and answered > 0 else None
    found = {
        "own_share": share(own, answered),
        "cross_share": share(answered - own, answered),
        "busy_share": share(busy, on_duty),
        "wait_share": None if of_servers else share(waited, came),
        "lost_share": None if of_servers else share(lost, came),
        "mean_minutes": mean,
        "mean_wait_minutes": None if of_servers else share(wait_time, came),
        "away_share": share(away, on_duty),
        "people_share": share(on_duty - busy, on_duty),
    }
    if near and not of_servers:
        found["backup_share"] = share(backed, answered)
    return found, (way, weight) if mean is not None else (way[:0], weight[:0])


def until_there(claimed: Mapping[str, object]) -> float | None:
    """Return the minutes until somebody is there of figures that are told: travel, and the wait of the calls that are not lost."""
    travel, wait = number_of(claimed, "mean_minutes"), number_of(claimed, "mean_wait_minutes") or 0.0
    if travel is None:
        return None
    answered = 1.0 - (number_of(claimed, "lost_share") or 0.0)
    return travel + (wait / answered if answered > 0 else 0.0)


def _differences(
    claimed: Mapping[str, object],
    parts: Sequence[tuple[Period, float, np.ndarray, np.ndarray]],
    loose: frozenset[str],
    *,
    of_servers: bool = False,
) -> Iterator[str]:
    """Yield each figure of `claimed` that is not that of the flows, but for the names in `loose`."""
    found, (way, weight) = call_figures(parts, of_servers=of_servers)
    for key in (*ANSWERED, *TIME, *CAME, "backup_share"):
        if key in loose or (key not in claimed and (key == "backup_share")):
            continue
        said = claimed[key]
        if key in QUANTILES:
            if not _is_quantile(said, way, weight, QUANTILES[key]):
                yield f"{key} is told as {value_in_words(said)}, which is not so by the flows."
        elif key in found and not same(said, found[key], 1e-6, 1e-8):
            yield f"{key} is told as {value_in_words(said)}, and {value_in_words(found[key])} by the flows."


def _is_quantile(said: Any, way: np.ndarray, weight: np.ndarray, share: float) -> bool:
    """Tell whether so large a share of the weights lies at or below a value, and no more below it."""
    if not len(way) or missing(said):
        return not len(way) and missing(said)
    if not is_number(said):
        return False
    slack = 1e-9 * max(1.0, abs(float(said)))
    # the value is a travel that there is
    there = bool((np.abs(way[weight > 0] - float(said)) <= slack).any())
    total = float(weight.sum())
    at_most, below = (float(weight[way <= float(said) + s].sum()) / total for s in (slack, -slack))
    return there and at_most >= share - BORDER and below <= share + BORDER


def check_service_figures(
    ledger: Ledger,
    claims: Claims,
    periods: list[Period],
    waits_known: bool,
    loose: frozenset[str],
    older: frozenset[str] = frozenset(),
) -> None:
    """Check all figures of shifts, periods, beats, officers and the week.

    Parameters
    ----------
    ledger, claims
        Takes the checks; what ``service.json`` says.
    periods
        In the order of the shifts.
    waits_known
        Whether waits come from equations that were solved anew.
    loose
        Figures that no flow determines, such as those of a simulation's time.
    older
        Keys that the version which wrote the result did not tell.
    """
    known_beats = [b for b in dict.fromkeys(periods[0].beat) if b is not None] if periods else []
    claimed = [(s["name"], s, [p for p in periods if s["name"] in p.shifts]) for s in claims.get("shifts", [])]
    claimed += [(p["name"], p, [q for q in periods if q.name == p["name"]]) for p in claims.get("periods", [])]
    for name, said, mine in claimed:
        wrong = [
            f"{x}"
            for x in _of_hours(
                said, mine, known_beats, loose, older, weekly="periods" in claims and said in claims["shifts"]
            )
        ]
        ledger.each(
            f"service.{name}", "its figures are those of the flows", wrong, 1 + len(known_beats), "rows of figures"
        )
    if claims.get("periods"):
        ledger.add(
            "service.periods", ledger_all(ledger, claimed), "figures of shifts that overlap", "those of their periods"
        )
    wrong = list(_of_hours(claims, periods, known_beats, loose, older, weekly=True))
    ledger.each(
        "service.week", "the week's figures are those of its shifts", wrong, 1 + len(known_beats), "rows of figures"
    )
    if not waits_known:
        ledger.unchecked(
            "service.waits",
            "how many calls wait, and how long",
            "Waits follow from the balance equations, which are solved anew for the exact method with few officers alone.",
        )


def ledger_all(ledger: Ledger, claimed: Sequence[tuple[Any, ...]]) -> bool:
    """Tell whether the figures of all shifts hold."""
    return all(ledger.state(f"service.{name}") == "checked" for name, *_ in claimed)


def _of_hours(
    said: Claims,
    periods: list[Period],
    beats: list[str],
    loose: frozenset[str],
    older: frozenset[str],
    *,
    weekly: bool,
) -> Iterator[str]:
    """Yield what is wrong of a shift, a period or the week: its own figures, and those of its beats and officers."""
    hours = [p.hours if weekly else 1.0 for p in periods]
    length = sum(p.hours for p in periods)

    def parts(unit: Callable[[Period], np.ndarray], server: Callable[[Period], np.ndarray]):
        return [(p, h, unit(p), server(p)) for p, h in zip(periods, hours, strict=True)]

    def all_units(p: Period) -> np.ndarray:
        return np.ones(len(p.beat), bool)

    yield from _differences(said, parts(all_units, lambda p: np.ones(len(p.servers), bool)), loose)
    if "method" not in said:  # a shift, not the week
        calls = sum(float(p.rate.sum()) * p.hours for p in periods) / max(length, 1e-12)
        duty = sum(len(p.servers) * p.hours for p in periods) / max(length, 1e-12)
        for key, found in (("calls_an_hour", calls), ("servers_on_duty", duty), ("hours_a_week", length)):
            if not (key in older and key not in said) and not same(said[key], found):
                yield f"{key} is told as {value_in_words(said[key])}, and {value_in_words(found)} beside it."
    if set(said["beats"]) != set(beats):
        yield "The beats that figures are told for are not those of the plan."
    for b in set(said["beats"]) & set(beats):
        rows = parts(lambda p, b=b: p.beat == b, lambda p, b=b: np.array([x == b for x in p.of], bool))
        yield from (f"Beat {b}: {x}" for x in _differences(said["beats"][b], rows, loose))
        yield from _of_beats_week(said["beats"][b], b, periods, older, weekly=weekly)
    there = dict.fromkeys(s for p in periods for s in p.servers)
    if set(said["servers"]) != set(there):
        yield "The officers that figures are told for are not those on duty."
    for s in set(said["servers"]) & set(there):
        mine = [(p, h) for p, h in zip(periods, hours, strict=True) if s in p.servers]
        rows = [(p, h, all_units(p), np.array([x == s for x in p.servers], bool)) for p, h in mine]
        claimed = said["servers"][s]
        yield from (f"Officer {s}: {x}" for x in _differences(claimed, rows, loose, of_servers=True))
        first = mine[0][0]
        if claimed.get("beat") != first.of[first.servers.index(s)]:
            yield f"Officer {s} is told to be of beat {claimed.get('beat')}."


def _of_beats_week(
    claimed: Mapping[str, object], beat: str, periods: list[Period], older: frozenset[str], *, weekly: bool
) -> Iterator[str]:
    """Yield what is wrong of a beat's calls and of its officers' hours of a week, which are told over several shifts alone."""
    found = {
        "calls_a_week": sum(float(p.rate[p.beat == beat].sum()) * p.hours for p in periods),
        "duty_hours_a_week": sum(p.of.count(beat) * p.hours for p in periods),
    }
    for key, value in found.items():
        if key not in claimed and (not weekly or f"beats.{key}" in older):
            continue
        if not same(claimed.get(key), value):
            yield f"Beat {beat}: {key} is told as {value_in_words(claimed.get(key))}, and {value_in_words(value)} beside it."


def check_hours(ledger: Ledger, claims: Claims, periods: list[Period], rules: Mapping[str, object]) -> None:
    """Check what the rules say of the service, when shifts are on duty, calls of the week, and beats without anybody."""
    service = section_of(rules, "service")
    minutes = {str(s["name"]): _minutes(s) for s in list_of(service, "shifts")}
    rows = [(p.name, p.hours, _together(p, minutes).sum() / 60.0) for p in periods if set(p.shifts) <= set(minutes)]
    ledger.pairs("service.hours", "hours a week are those of the shifts in the rules", rows, "periods", "hours")
    calls = sum(float(p.rate.sum()) * p.hours for p in periods)
    ledger.number("service.calls_a_week", claims.get("calls_a_week"), calls, "calls")
    beats = [b for b in dict.fromkeys(periods[0].beat) if b is not None] if periods else []
    with_own = {b: sum(p.hours for p in periods if b in p.of) for b in beats}
    claimed = claims.get("nobody_share", {})
    rows = [(f"beat {b}", claimed.get(b), 1.0 - with_own[b] / 168.0) for b in beats]
    ledger.pairs("service.nobody_share", "the share of the week without an officer of its own", rows, "beats")
    ledger.add("service.nobody_of", set(claimed) == set(beats), f"{len(claimed)} beats", f"{len(beats)} beats")
    asked = [
        (k, claims.get(k), service.get(k))
        for k in ("queue", "travel_counts", "backup_minutes")
        if k in service or k in claims
    ]
    wrong = [f"{k} is told as {a}, and the rule says {b}." for k, a, b in asked if a != b]
    ledger.each("service.rules", "as the rules say", wrong, len(asked), "rules")
    from_posts = service.get("servers") is None
    ledger.add(
        "service.servers_from_posts",
        claims.get("servers_from_posts") is from_posts,
        claims.get("servers_from_posts"),
        from_posts,
    )
    method = service.get("method", "auto")
    fits = claims.get("method") in ("exact", "approximate", "simulate") and method in ("auto", claims.get("method"))
    ledger.add("service.method", fits, claims.get("method"), method if method != "auto" else "any of the three")


def check_minutes(
    ledger: Ledger,
    periods: list[Period],
    places: dict[str, tuple[float, float]],
    at: dict[tuple[str, str], str],
    units: list[str],
    rules: Mapping[str, object],
) -> None:
    """Check travel along the straight line; by roads, by a table, or of officers on foot it is taken as it stands."""
    service = section_of(rules, "service")
    if any(service.get(k) is not None for k in ("minutes", "roads", "servers")):
        ledger.unchecked(
            "service.minutes",
            "minutes of travel",
            "Travel by roads, by a table, or of officers with a speed of their own is taken as it stands beside the plan.",
        )
        return
    point = np.array([places[u] for u in units])
    speed = float(service["speed_kmh"]) * 1000.0 / 60.0 / float(service["detour"])
    rows: list[tuple[str, float, float]] = []
    for p in periods:
        for i, s in enumerate(p.servers):
            way = np.hypot(*(point - np.array(places[at[p.name, s]])).T) / speed
            far = int(np.abs(way - p.minutes[i]).argmax())
            rows.append((f"{s} to {units[far]} ({p.name})", float(p.minutes[i, far]), float(way[far])))
    ledger.pairs("service.minutes", "travel is the straight line × detour ÷ speed", rows, "officers", "minutes")


def _minutes(shift: Claims) -> np.ndarray:
    """Return the minutes of the week in which a shift is on duty, (10,080,) bool."""
    start, end = (
        sum(int(t) * m for t, m in zip(str(shift[k]).split(":"), (60, 1), strict=True)) for k in ("start", "end")
    )
    length = (end - start) % MINUTES_OF_DAY or MINUTES_OF_DAY
    found = np.zeros(MINUTES_OF_WEEK, bool)
    for d, day in enumerate(DAYS):
        if not shift.get("days") or day in shift["days"]:
            found[(d * MINUTES_OF_DAY + start + np.arange(length)) % MINUTES_OF_WEEK] = True
    return found


def _together(period: Period, minutes: dict[str, np.ndarray]) -> np.ndarray:
    found = np.ones(MINUTES_OF_WEEK, bool)
    for name, present in minutes.items():
        found &= present if name in period.shifts else ~present
    return found
