"""Checks of the service with the officers who are there by the postings: its figures are summed up again, and its systems solved again.

``service/held_sums.csv`` has what each month and shift comes to in an hour, ``service/held_ways.csv`` the ways of each beat's officers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.findings import amount_text
from beatplanner.data.result.sections import section_of
from beatplanner.planning.verification.ledger import Ledger, same
from beatplanner.planning.verification.service_fewest import MOST_SERVERS, WaitingPlaces, solved
from beatplanner.planning.verification.service_figures import Period

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.result.summary import Claims

# States of all systems that are solved again at most.
MOST_STATES = 60_000
SUMS = ("came", "answered", "own", "travel_minutes", "waited", "wait_minutes", "lost", "busy")
FIGURES = (
    "own_share",
    "wait_share",
    "lost_share",
    "mean_minutes",
    "mean_wait_minutes",
    "people_share",
    "overloaded_share",
)
NAME = "service.vacancies.figures"
# So many officers on duty have the exact model at most.
MOST_EXACT = 14


def check_held(
    ledger: Ledger,
    tables: PlanTables,
    sums: pd.DataFrame | None,
    ways: pd.DataFrame | None,
    there: np.ndarray,
    days: list[str],
    periods: list[Period],
) -> None:
    """Check minutes and shares of calls by the postings, in the key ``vacancies`` of the service.

    Parameters
    ----------
    ledger
        Takes the verdicts.
    tables
        The plan.
    sums, ways
        The tables; None where there are none.
    there
        (T, S, K) officers on duty in each month, period and beat.
    days
        First days of the months.
    periods
        Hours and calls of the shifts, or of the periods that they make.
    """
    service = tables.summary["service"]
    claimed, what = service["vacancies"], "minutes and shares of calls by the postings"
    if "months_between" not in claimed:
        if sums is not None or any(k in claimed for k in FIGURES):
            ledger.add(NAME, False, "nothing, or figures with their table", "one without the other")
            return
        why = "So many officers would take too long, or the version was older: nothing is told of them."
        ledger.unchecked(NAME, what, why)
        return
    if sums is None or ways is None:
        ledger.add(NAME, False, "the tables that they are summed from", "missing")
        return
    step = int(claimed["months_between"])
    looked_at = range(0, len(days), step) if step in (1, 3, 6, 12) else range(0)
    wanted = [(days[t], p.name) for t in looked_at for p in periods]
    wrong = (
        [] if wanted == list(zip(sums["first"].astype(str), sums["shift"], strict=True)) else ["Months are missing."]
    )
    numbers = [int(there[t, s].sum()) for t in looked_at for s in range(len(periods))]
    hours = [p.hours for _ in looked_at for p in periods]
    if not wrong and (numbers != sums["on_duty"].tolist() or not np.allclose(hours, sums["hours"])):
        wrong.append("Officers on duty are not those of the postings.")
    ledger.each(
        "service.vacancies.months", "each month looked at has its officers on duty", wrong, len(wanted), "shifts"
    )
    if wrong:
        return
    rows = [(k, claimed.get(k), v) for k, v in _totals(sums).items()]
    for k, year in enumerate(claimed["years"]):
        part = sums[(sums["first"] >= days[12 * k]) & (sums["first"] <= days[12 * k + 11])]
        rows += [(f"{key} in year {year['year']}", year.get(key), v) for key, v in _totals(part).items()]
    ledger.pairs(NAME, "as summed up from the months", rows, "figures")
    exact = service["method"] == "exact" and int(there.sum(axis=2).max()) <= MOST_EXACT
    method = "exact" if exact else "approximate"
    ledger.add(f"{NAME}.method", claimed.get("method") == method, method, str(claimed.get("method")))
    _check_ways(ledger, tables, ways, periods)
    keys = {
        (s, tuple(there[t, s].tolist())): i * len(periods) + s
        for i, t in enumerate(looked_at)
        for s in range(len(periods))
    }
    _solve(ledger, tables, keys, sums, ways, periods)


def _totals(rows: pd.DataFrame) -> dict[str, float | None]:
    known = rows[rows["came"].notna()]
    total = {k: float((known[k] * known["hours"]).sum()) for k in (*SUMS, "on_duty")}

    def over(part: str, whole: str) -> float | None:
        return total[part] / total[whole] if total[whole] > 0 else None

    busy = over("busy", "on_duty")
    found = (
        over("own", "answered"),
        over("waited", "came"),
        over("lost", "came"),
        over("travel_minutes", "answered"),
        over("wait_minutes", "came"),
        None if busy is None else 1 - busy,
        float(rows["hours"][rows["came"].isna()].sum() / rows["hours"].sum()),
    )
    return dict(zip(FIGURES, found, strict=True))


def _check_ways(ledger: Ledger, tables: PlanTables, ways: pd.DataFrame, periods: list[Period]) -> None:
    """Check that ways are those of the officers on duty with all posts filled, and straight lines where they are."""
    units, service = tables.units, section_of(section_of(tables.summary, "rules"), "service")
    ids = units["unit"].astype(str).tolist()
    by_beat = {str(b): w.set_index("unit")["minutes"].reindex(ids).to_numpy(float) for b, w in ways.groupby("beat")}
    rows = [
        (f"{name} in {p.name}", float(np.abs(by_beat[b] - p.minutes[i]).max()) if b in by_beat else np.inf, 0.0)
        for p in periods
        for i, (name, b) in enumerate(zip(p.servers, p.of, strict=True))
        if b is not None
    ]
    if not any(service.get(k) is not None for k in ("minutes", "roads")):
        point = dict(zip(ids, zip(units["x"].astype(float), units["y"].astype(float), strict=True), strict=True))
        speed = float(service["speed_kmh"]) * 1000.0 / 60.0 / float(service["detour"])
        every = np.array([point[u] for u in ids])
        for b, table in ways.groupby("beat"):
            way = np.hypot(*(every - np.array(point[str(table["from"].iloc[0])])).T) / speed
            rows.append((f"beat {b}", float(np.abs(way - by_beat[str(b)]).max()), 0.0))
    ledger.pairs(
        "service.vacancies.ways", "ways are those of the officers with all posts filled", rows, "officers", "minutes"
    )


def _solve(
    ledger: Ledger,
    tables: PlanTables,
    keys: dict[tuple[int, tuple[int, ...]], int],
    sums: pd.DataFrame,
    ways: pd.DataFrame,
    periods: list[Period],
) -> None:
    """Solve systems again, by the beats' officers and the row that they stand in, as many as may be; the others are listed as not checked."""
    assert tables.beats is not None
    service, beats = tables.summary["service"], tables.beats["beat"].astype(str).tolist()
    units = tables.units["unit"].astype(str).tolist()
    asked = sorted(range(len(beats)), key=lambda k: f"{beats[k]}-")
    by_beat = {str(b): w.set_index("unit")["minutes"].reindex(units).to_numpy(float) for b, w in ways.groupby("beat")}
    near = np.array([by_beat[beats[k]] for k in asked])
    left, several = MOST_STATES, any(p.together is not None for p in periods)
    systems = (
        [k for k in keys if sum(k[1]) <= (MOST_SERVERS if not several else 10)] if service["method"] == "exact" else []
    )
    # the first, the last and those between as evenly as may be
    order = sorted(range(len(systems)), key=lambda i: (f"{i:b}"[::-1], i))
    again: list[tuple[int, tuple[int, ...]]] = []
    for i in order:
        states = 1 << sum(systems[i][1])
        if states <= left:
            left, again = left - states, [*again, systems[i]]
    wrong: list[str] = []
    for s, number in again:
        row = sums.iloc[keys[s, number]]
        wrong += _differs(row, periods[s], [number[k] for k in asked], (near, [beats[k] for k in asked]), service)
    ledger.each(
        "service.vacancies.solved", "months by the balance equations, solved again", wrong, len(again), "shifts"
    )
    if len(again) < len(keys):
        why = "The equations are solved again for up to twelve officers, and as many shifts as a minute allows; the others are summed up as they stand."
        ledger.unchecked("service.vacancies.others", f"{len(keys) - len(again)} of {len(keys)} ways to be on duty", why)


def _differs(
    row: pd.Series[Any], period: Period, number: list[int], near: tuple[np.ndarray, list[str]], service: Claims
) -> Iterator[str]:
    """Yield what a row of the table says that the equations of its officers do not."""
    ways, beats = near
    where, total = f"From {row['first']} in {period.name}", float(period.rate.sum())
    place = {b: k for k, b in enumerate(beats)}
    shift = WaitingPlaces(
        period.rate,
        period.rate[:, None] if period.together is None else period.together,
        np.array([-1 if b is None else place.get(str(b), -1) for b in period.beat]),
        ways,
        np.empty((0, len(period.rate))),
        period.scene / 60.0,
        bool(service.get("travel_counts")),
        service.get("queue") != "lost",
    )
    if not sum(number) or total <= 0:
        claimed = (float(row["came"]), float(row["answered"]), float(row["lost"]))
        if not all(same(a, b, 1e-6, 1e-9) for a, b in zip(claimed, (total, 0.0, total), strict=True)):
            yield f"{where} nobody is on duty or calls, and {amount_text(row['answered'], 6)} calls an hour are answered."
        return
    found = solved(shift, np.array(number, int))
    if found is None:
        if not pd.isna(row["came"]):
            yield f"{where} more calls come than the officers can answer, and figures are told."
        return
    answered = float(found.flow.sum())
    again = {
        "came": total,
        "answered": answered,
        "own": float(found.flow[found.own].sum()),
        "travel_minutes": float((found.flow * found.way).sum()),
        "waited": float(found.waited.sum()),
        "wait_minutes": found.wait_minutes,
        "lost": total - answered,
        "busy": found.busy,
    }
    for key, value in again.items():
        if not same(float(row[key]), value, 1e-6, 1e-8):
            yield f"{where} {key} is {amount_text(value, 6)} by the equations, and {amount_text(row[key], 6)} is told."
