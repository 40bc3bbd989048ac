"""Checks that fewer officers cannot keep the standard of service, with bounds and equations of its own; no solver has a part in it.

Officers N are too few where no staffing of N, officers of each beat m_b, keeps the standard. Of every staffing it holds that (a the work of
the calls, B and C Erlang's formulas or, where calls need several officers at once, the same of as many equal officers):

- all busy officers do the work: a < N where calls wait, and people ≤ 1 − a / N; where calls are lost, those busy are at least as many as of
  M/M/N/N, so people ≤ 1 − a (1 − B(N, a)) / N; where travel counts, every request that is answered takes the nearest place's way besides;
- calls that find all N busy are at least those of C(N, a), so within ≤ (1 − C) × the calls that some officer's place reaches;
- a beat's calls find all its officers busy at least as often as B(m_b, a_b), so own ≤ Σ_b w_b (1 − B + W m_b / N), W the share that waits at most.

Staffings are gone through beat by beat. A branch ends where the best that the officers left can do, for own by dynamic programming and for within
by the places that reach most, is not enough. What is left is measured by the balance equations (`service_states`, `service_together`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.findings import amount_text
from beatplanner.data.result.cells import read_frame
from beatplanner.data.result.sections import section_of
from beatplanner.data.result.service_files import FOLDER, NAMES, PLACES, WAYS
from beatplanner.planning.verification.ledger import Ledger, same
from beatplanner.planning.verification.service_figures import Period
from beatplanner.planning.verification.service_states import (
    CALIBRATED,
    ROUNDS,
    answered,
    first_free,
    queue_of_full,
    steady,
)
from beatplanner.planning.verification.service_together import count_of, fates_of, solve_together

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Branches of the enumeration of one number of officers, and what the bounds may be off by rounding.
BRANCHES, SLACK = 100_000, 5e-7
# Officers whose equations are solved.
MOST_SERVERS = 12
SHARES = ("within_share", "own_share", "people_share")


@dataclass(frozen=True)
class WaitingPlaces:
    """A shift with the places where officers of each beat, and shared cars, wait.

    Attributes
    ----------
    rate, together, beat
        (n,) requests an hour, (n, M) calls by the officers that they need, and (n,) position of each unit's beat, -1 for none.
    minutes, cars
        (K, n) and (F, n) travel from the places of the beats and of the cars.
    scene
        Hours on scene.
    travel_counts, waits
        Rules of the service.
    """

    rate: np.ndarray
    together: np.ndarray
    beat: np.ndarray
    minutes: np.ndarray
    cars: np.ndarray
    scene: float
    travel_counts: bool
    waits: bool


def check_fewest(
    ledger: Ledger,
    folder: Path,
    summary: Claims,
    frames: tuple[pd.DataFrame, pd.DataFrame],
    periods: list[Period],
    units: list[str],
) -> None:
    """Check the officers that a proposal says are needed at least, and what those proposed keep.

    Parameters
    ----------
    ledger
        Takes the verdicts.
    folder
        Of the plan.
    summary
        Of the plan.
    frames
        The plan's units, and the officers on duty as they stand beside the plan.
    periods
        One a shift, as read; their order is that of the proposal.
    units
        Ids in the order of their arrays.
    """
    claims = summary["service"]
    proposal, what = claims.get("proposal"), "that fewer officers cannot keep the standard"
    if not proposal:
        return
    if not all((folder / FOLDER / name).is_file() for name in (PLACES, WAYS)):
        why = "Where the officers proposed would wait is not kept beside the plan: the table is too large, or the version was older."
        ledger.unchecked("service.proposal.fewest", what, why)
        return
    where, way, centre = _read_places(ledger, folder, proposal["shifts"][0], frames[0], section_of(summary, "rules"))
    wrong: list[str] = []
    near_only: list[str] = []
    for claimed, period in zip(proposal["shifts"], periods, strict=True):
        beats = list(claimed["officers_now"])
        at, there = where[where["shift"] == period.name], frames[1][frames[1]["shift"] == period.name]
        place = {b: u for b, u in zip(at["beat"], at["unit"], strict=True) if isinstance(b, str)}
        cars = sorted(at["unit"][at["beat"].isna()])
        first = {b: u for b, u in zip(there["beat"][::-1], there["unit"][::-1], strict=True) if isinstance(b, str)}
        wrong += [
            f"Officers of {b} are taken to wait in {place.get(b)} in {period.name}."
            for b in beats
            if place.get(b) not in ({first[b]} if b in first else centre[b])
        ]
        if cars != sorted(there["unit"][there["beat"].isna()]):
            wrong.append(f"Other shared cars are taken to wait in {period.name}.")
        shift = _places(
            period,
            claims,
            beats,
            [[way[place[b], u] for u in units] for b in beats],
            [[way[c, u] for u in units] for c in cars],
        )
        found, measured_all = _of_shift(claimed, shift, proposal["standard"])
        wrong += [f"In {period.name} {w}." for w in found]
        near_only += [] if measured_all else [period.name]
    ledger.each("service.proposal.fewest", what, wrong, len(periods), "shifts")
    if near_only:
        ledger.unchecked(
            "service.proposal.measured",
            f"what the officers proposed keep in {', '.join(near_only)}",
            f"The equations are solved for up to {MOST_SERVERS} officers; more are measured by an approximation.",
        )


def _read_places(
    ledger: Ledger, folder: Path, claimed: Claims, units: pd.DataFrame, rules: Claims
) -> tuple[pd.DataFrame, dict[tuple[str, str], float], dict[str, set[str]]]:
    """Read where officers wait and the ways from there; return these and the centre of each beat, and check straight lines."""
    where, ways = (read_frame(folder / FOLDER / n, NAMES) for n in (PLACES, WAYS))
    service = section_of(rules, "service")
    x, y, ids, beats = (
        units["x"].to_numpy(float),
        units["y"].to_numpy(float),
        *(units[c].astype(str).to_numpy(object) for c in ("unit", "beat")),
    )
    if not any(service.get(k) is not None for k in ("minutes", "roads")):
        at = pd.Series(np.arange(len(ids)), index=ids)
        a, b = (at.loc[ways[k]].to_numpy() for k in ("from", "to"))
        speed = float(service["speed_kmh"]) * 1000.0 / 60.0 / float(service["detour"])
        off = np.abs(np.hypot(x[a] - x[b], y[a] - y[b]) / speed - ways["minutes"].to_numpy(float))
        ledger.add(
            "service.proposal.ways",
            bool(off.max() <= 1e-6),
            "straight line × detour ÷ speed",
            f"{amount_text(off.max(), 2)} minutes apart at most",
        )
    weight = units["population"].fillna(0).to_numpy(float) + 1e-9
    centre: dict[str, set[str]] = {}
    for beat in claimed["officers_now"]:
        mine = np.flatnonzero(beats == beat)
        apart = np.hypot(x[mine, None] - x[mine], y[mine, None] - y[mine]) @ weight[mine]
        near = mine[apart <= apart.min() * (1 + 1e-9) + 1e-6]
        centre[beat] = set(ids[near])
    return where, {(a, b): float(m) for a, b, m in zip(ways["from"], ways["to"], ways["minutes"], strict=True)}, centre


def _places(period: Period, claims: Claims, beats: list[str], minutes: Any, cars: Any) -> WaitingPlaces:
    n = len(period.rate)
    return WaitingPlaces(
        period.rate,
        period.rate[:, None] if period.together is None else period.together,
        np.array([beats.index(str(b)) if b in beats else -1 for b in period.beat]),
        np.array(minutes, float).reshape(len(beats), n),
        np.array(cars, float).reshape(-1, n),
        period.scene / 60.0,
        bool(claims.get("travel_counts")),
        claims.get("queue") != "lost",
    )


def _of_shift(claimed: Claims, shift: WaitingPlaces, standard: dict[str, float]) -> tuple[list[str], bool]:
    """Return what is wrong with the claims of one shift, and whether the officers proposed were measured by the equations."""
    total, shared = float(shift.rate.sum()), len(shift.cars)
    if total <= 0:
        needed = shared + (1 if not shared and "people_share" in standard else 0)
        wrong = claimed["on_duty"] != needed
        return [f"nobody calls, and {claimed['on_duty']} officers are proposed"] if wrong else [], True
    if claimed["status"] == "impossible":
        reached = (np.vstack([shift.minutes, shift.cars]) <= standard["minutes"] + 1e-9).any(axis=0)
        short = float(shift.rate[reached].sum()) < (standard["within_share"] - 1e-9) * total
        return [] if short else ["enough calls are within the minutes of some place"], True
    wrong, solved = _of_proposed(claimed, shift, standard)
    least = claimed["on_duty"] if claimed["status"] == "fewest" else claimed["at_least"]
    for number in range(max(shared, 1), least or 0):
        kept = _too_few(shift, standard, number, solve=number >= (claimed["at_least"] or 0))
        if kept is not None:
            return [*wrong, f"{number} officers {kept}, and at least {least} are said to be needed"], solved
    return wrong, solved


def _of_proposed(claimed: Claims, shift: WaitingPlaces, standard: dict[str, float]) -> tuple[list[str], bool]:
    """Return what is wrong with what the officers proposed keep, and whether that was looked at."""
    if claimed["officers"] is None:
        return [], True
    if claimed["on_duty"] > MOST_SERVERS:
        return [], False
    found = measured_staffing(shift, np.array(list(claimed["officers"].values()), int), standard.get("minutes"))
    if found is None:
        return ["more calls come than the officers proposed can answer"], True
    said = claimed["proposed"]
    return [
        f"{k} of the officers proposed is {amount_text(said[k], 6)}, and {amount_text(v, 6)} by the equations"
        for k, v in zip(SHARES, found, strict=True)
        if v is not None and not same(said[k], v, 1e-6, 1e-7)
    ], True


def _too_few(shift: WaitingPlaces, standard: dict[str, float], number: int, *, solve: bool) -> str | None:
    """Return None where so many officers cannot keep the standard, else why that is not shown."""
    work = float(shift.rate.sum()) * shift.scene
    people, within = standard.get("people_share"), standard.get("within_share")
    bounds = _Bounds(shift, number)
    if shift.waits and (number <= work or number < bounds.busy - SLACK):
        return None
    if people is not None and 1 - bounds.busy / number < people - SLACK:
        return None
    if within is not None and 1 - bounds.least_refused < within - SLACK:
        return None
    ways = bounds.ways(standard)
    if ways is None:
        return "are not ruled out by going through their staffings"
    if not ways:
        return None
    if not solve or number > MOST_SERVERS:
        return "are not ruled out by the bounds"
    for way in ways:
        found = measured_staffing(shift, way, standard.get("minutes"))
        if found is not None and all(
            v is None or v >= standard.get(k, 0.0) - 1e-9 for k, v in zip(SHARES, found, strict=True)
        ):
            return f"keep the standard as {way.tolist()}"
    return None


class _Bounds:
    """What holds of every staffing with a number of officers."""

    def __init__(self, shift: WaitingPlaces, number: int) -> None:
        self.shift, self.free = shift, number - len(shift.cars)
        calls = shift.together.sum(axis=0)
        requests = calls * np.arange(1, len(calls) + 1)
        longest = float(np.vstack([shift.minutes, shift.cars]).max()) / 60.0 if shift.travel_counts else 0.0
        least, most = (_refused(number, calls, hours, shift.waits) for hours in (shift.scene, shift.scene + longest))
        self.least_refused = float(requests @ least) / float(requests.sum())
        most_refused = float(requests @ most) / float(requests.sum())
        self.alone = float(least[0])
        # officers busy on average, at least: on scene alone, or with the nearest place's way for all requests that are not lost
        near = float(shift.rate @ np.vstack([shift.minutes, shift.cars]).min(axis=0)) / 60.0 if longest else 0.0
        work = float(shift.rate.sum()) * shift.scene
        self.busy = work + near
        if not shift.waits:
            self.busy = max(work * (1 - self.least_refused), self.busy * (1 - float(most.max())))
        waiting = float(most.max()) if shift.waits else 0.0
        faster = (shift.scene + longest) / shift.scene
        beats = len(shift.minutes)
        self.own = np.zeros((beats, max(self.free, 0) + 1))
        for b in range(beats):
            mine = shift.together[shift.beat == b].sum(axis=0)
            asked = mine * np.arange(1, len(mine) + 1)
            share = float(asked.sum()) / float(shift.rate.sum())
            for m in range(1, max(self.free, 0) + 1):
                busy = (
                    float(asked @ _refused(m, mine, shift.scene, False)) / float(asked.sum())
                    if asked.sum() > 0
                    else 0.0
                )
                most_own = 1 - busy + waiting * min(1.0, faster * m / number)
                if not shift.waits:
                    most_own /= max(1 - most_refused, 1e-12)
                self.own[b, m] = share * min(1.0, most_own)

    def ways(self, standard: dict[str, float]) -> list[np.ndarray] | None:
        """Return the staffings that the bounds leave; None where there are too many branches."""
        shift, beats = self.shift, len(self.shift.minutes)
        if self.free < 0:
            return []
        best = np.full((beats + 1, self.free + 1), -np.inf)
        best[beats, 0] = 0.0
        for b in reversed(range(beats)):
            for free in range(self.free + 1):
                best[b, free] = max(self.own[b, m] + best[b + 1, free - m] for m in range(free + 1))
        weight = shift.rate / shift.rate.sum()
        limit = standard.get("minutes", np.inf)
        near, by_car = shift.minutes <= limit + 1e-9, np.asarray((shift.cars <= limit + 1e-9).any(axis=0))
        asked = standard.get("own_share", -np.inf) - SLACK
        covered = (standard.get("within_share", -np.inf) - SLACK) / max(1 - self.alone, 1e-12)
        found: list[np.ndarray] = []
        branches = 0

        def enough(b: int, free: int, own: float, reached: np.ndarray) -> bool:
            if own + best[b, free] < asked:
                return False
            left = weight * ~reached
            gains = np.sort((near[b:] * left).sum(axis=1))[::-1]
            more = min(float(gains[:free].sum()), float(left[near[b:].any(axis=0)].sum()))
            return float(weight[reached].sum()) + more >= covered

        def go(b: int, free: int, own: float, reached: np.ndarray, given: list[int]) -> bool:
            nonlocal branches
            branches += 1
            if branches > BRANCHES:
                return False
            if not enough(b, free, own, reached):
                return True
            if b == beats:
                found.append(np.array(given, int))
                return True
            numbers = range(free, -1, -1) if b < beats - 1 else [free]
            return all(
                go(b + 1, free - m, own + self.own[b, m], reached | near[b] if m else reached, [*given, m])
                for m in numbers
            )

        return found if go(0, self.free, 0.0, by_car, []) else None


def _refused(servers: int, calls: np.ndarray, hours: float, waits: bool) -> np.ndarray:
    """Return the share of the requests that finds all of as many equal officers busy, (M,), by the officers that a call needs."""
    if waits and float(calls @ np.arange(1, len(calls) + 1)) * hours >= servers:
        return np.ones(len(calls))
    # as much goes up past each number of busy officers as comes down from the next
    p = [1.0]
    for m in range(1, servers + 1):
        p.append(sum(p[j] * float(calls[m - j - 1 :].sum()) for j in range(m)) * hours / m)
    fates = fates_of(count_of(p, calls, servers / hours, waits), calls, servers, servers / hours, waits)
    return fates[0] + fates[1]


@dataclass(frozen=True)
class BalancedStaffing:
    """What the balance equations have of a staffing.

    Attributes
    ----------
    flow, waited
        (N, n) requests an hour that each officer answers in each unit, and those of them that waited.
    way, own
        (N, n) travel, and whether an officer is of a unit's beat.
    mean
        (N,) hours that each is busy with a call.
    wait_minutes
        Minutes that the requests of an hour wait in all.
    """

    flow: np.ndarray
    waited: np.ndarray
    way: np.ndarray
    own: np.ndarray
    mean: np.ndarray
    wait_minutes: float

    @property
    def busy(self) -> float:
        """Officers busy on average."""
        return float((self.flow.sum(axis=1) * self.mean).sum())


def measured_staffing(
    shift: WaitingPlaces, officers: np.ndarray, minutes: float | None
) -> tuple[float | None, float, float] | None:
    """Return within, own and people of a staffing by the balance equations; None where more calls come than it can answer."""
    found = solved(shift, officers)
    if found is None:
        return None
    at_once = np.maximum(found.flow - found.waited, 0.0)
    within = None if minutes is None else float(at_once[found.way <= minutes + 1e-9].sum()) / float(shift.rate.sum())
    return within, float(found.flow[found.own].sum()) / float(found.flow.sum()), 1 - found.busy / len(found.way)


def solved(shift: WaitingPlaces, officers: np.ndarray) -> BalancedStaffing | None:
    """Solve the balance equations of a staffing, (K,) officers of each beat; None where more calls come than it can answer, or nobody is there."""
    of = np.repeat(np.arange(len(officers)), officers)
    way = np.vstack([shift.minutes[of], shift.cars])
    own = np.vstack([of[:, None] == shift.beat[None, :], np.zeros(shift.cars.shape, bool)])
    n = len(way)
    if n == 0:
        return None
    # ways that differ by rounding alone are alike, and ask by the order of beats
    order = np.lexsort((np.arange(n)[:, None] + 0.0 * way, way.round(6), ~own), axis=0)
    mean = shift.scene + (way @ shift.rate / shift.rate.sum() / 60.0 if shift.travel_counts else np.zeros(n))
    flow, waited, wait_minutes = np.zeros(way.shape), np.zeros(way.shape), 0.0
    for _ in range(ROUNDS):
        speed = 1.0 / mean
        if shift.waits and float(shift.rate.sum()) >= float(speed.sum()) * (1 - 1e-12):
            return None
        flow, waited, wait_minutes = _flows(shift, order, speed)
        after = shift.scene + (_mean_way(flow, way) / 60.0 if shift.travel_counts else np.zeros(n))
        if np.abs(after - mean).max() <= CALIBRATED * after.max():
            break
        mean = after
    return BalancedStaffing(flow, waited, way, own, mean, wait_minutes)


def _mean_way(flow: np.ndarray, way: np.ndarray) -> np.ndarray:
    sums = flow.sum(axis=1)
    return np.divide((flow * way).sum(axis=1), sums, out=way.mean(axis=1), where=sums > 0)


def _flows(shift: WaitingPlaces, order: np.ndarray, speed: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the requests an hour that each officer answers in each unit, those of them that waited, (N, n), and the minutes that all wait."""
    if shift.together.shape[1] > 1:
        period: Any = SimpleNamespace(together=shift.together, minutes=None)
        flow, fates, _ = solve_together(period, order, speed, shift.waits, None)
        requests = shift.together * np.arange(1, int(shift.together.shape[1]) + 1)
        return flow, (speed / speed.sum())[:, None] * (requests @ fates[0]), float((requests @ fates[2]).sum())
    first = first_free(order)
    total = float(shift.rate.sum())
    p, waiting, _, wait = queue_of_full(steady(first, shift.rate, speed), total, speed, shift.waits)
    waited = waiting * (speed / speed.sum())[:, None] * shift.rate
    return answered(first, p, shift.rate, speed, waiting), waited, wait * total
