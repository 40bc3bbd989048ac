"""What the money does not reach, and why: the starts by area and beat, what each that never starts lacks, and pilots that hold up all others.

What an area lacks is the least money that, added to a payer's in each year, would let it start beside all that does start; its year is the one in which
least is lacking. All sums are told in the prices of the first year.
"""

from __future__ import annotations

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import Budget
from beatplanner.data.findings import listed
from beatplanner.data.result.budget import AreaStarts, BeatStarts, Blocked, Lacked, Limits, Unfunded
from beatplanner.planning.whole.areas import VEHICLES, RolloutAreas, whole_vehicles
from beatplanner.planning.whole.budget_frame import BudgetFrame


def limits_section(
    areas: RolloutAreas,
    start: np.ndarray,
    staff: np.ndarray,
    description: Description,
    frame: BudgetFrame,
    pilots: np.ndarray,
    dates: dict[str, str | None],
    by_area: bool,
) -> Limits:
    """Return ``starts``, ``beat_starts``, ``unfunded``, ``blocked`` and ``idle`` of a budget.

    Parameters
    ----------
    areas, start, staff, pilots
        As in `budget`.
    frame
        Years, prices and payers.
    dates
        Day on which each beat starts.
    by_area
        Whether the courses are those of a beat's posts, because no roster says who needs one.
    """
    rules, table = description.budget, areas.table
    assert rules is not None
    residents = table["residents"].to_numpy(float)
    names = _names(areas)
    beats: list[BeatStarts] = [
        {
            "beat": b,
            "name": n,
            "municipality": m,
            "year": None if s < 0 else frame.labels[s],
            "date": dates[b],
            "residents": float(r),
            "pilot": bool(p),
        }
        for b, n, m, s, r, p in zip(
            table["beat"], table["name"], table["municipality"], start, residents, pilots, strict=True
        )
    ]
    several = table["municipality"].nunique() > 1
    area = (table["municipality"] if several else table["beat"]).to_numpy(object)
    courses = 1.0 if by_area else 0.0
    groups: list[tuple[str, np.ndarray]] = []
    for name in dict.fromkeys(area):
        here = np.flatnonzero(area == name)
        # an area whose beats start in different years is told by beat
        groups += [(name, here)] if len(set(start[here])) == 1 else [(names[b], np.array([b])) for b in here]
    starts: list[AreaStarts] = [
        {
            "area": name,
            "year": None if start[here[0]] < 0 else frame.labels[start[here[0]]],
            "beats": [str(table["beat"].iat[b]) for b in here],
            "residents": float(residents[here].sum()),
            "seats": float(courses * table["posts"].iloc[here].sum()),
        }
        for name, here in groups
    ]
    late = start < 0
    left = _left(areas, start, staff, rules, frame)
    none = -1e-6 * np.maximum(1.0, np.where(np.isfinite(left[:, 0]), np.abs(left[:, 0]), 1.0))
    held_up = bool(late[pilots].any())
    blocked = _blocked(areas, start, pilots, staff, rules, frame, names) if held_up else None
    if (left.min(axis=1) < none).any():
        today = _today_unpaid(left, frame, rules.currency)
        # where there is no money for what stands, it is not the pilot alone that is too dear
        blocked = today if blocked is None else _both(blocked, today)
    unfunded: list[Unfunded] = []
    for name, group in groups:
        if not late[group].all():
            continue
        # others start only in the year after the last pilot has
        after = start[pilots].max() + 1 if pilots.any() and not pilots[group].any() and not late[pilots].any() else 0
        year, lacks = _lacking(areas, group, start, staff, rules, frame, int(after))
        first, later = _cost(areas, group, frame.first)
        unfunded.append(
            {
                "area": name,
                "residents": float(residents[group].sum()),
                "beats": [str(table["beat"].iat[b]) for b in group],
                "seats": float(courses * table["posts"].iloc[group].sum()),
                "first_year": first,
                "yearly": later,
                "start": frame.labels[year],
                "lacks": lacks,
                "lacks_in_all": float(
                    sum(x["amount"] for x in lacks if x["payer"] != "all") or sum(x["amount"] for x in lacks)
                ),
                "waits_for_pilot": held_up and not pilots[group].any(),
            }
        )
    idle: list[float | None] | None = None
    if np.isfinite(left).any():
        idle = [None if not np.isfinite(v) else float(max(0.0, v)) for v in left.min(axis=0)]
    return {"starts": starts, "beat_starts": beats, "unfunded": unfunded, "blocked": blocked, "idle": idle}


def _both(blocked: Blocked, today: Blocked) -> Blocked:
    """Return why the pilots do not start where what stands today is not paid for either."""
    both: Blocked = {**blocked, "sentence": f"{blocked['sentence']} {today['sentence']}"}
    both["today"] = today["lacks"]
    return both


def _names(areas: RolloutAreas) -> list[str]:
    table = areas.table
    return [n if f"({b})" in n or n == b else f"{n} ({b})" for b, n in zip(table["beat"], table["name"], strict=True)]


def _left(areas: RolloutAreas, start: np.ndarray, staff: np.ndarray, rules: Budget, frame: BudgetFrame) -> np.ndarray:
    """Return what each payer, and the ceiling last, has left in each year, (P + 1, T); inf without a limit."""
    from beatplanner.planning.whole.spending import spending

    spent = spending(areas, start, staff, rules, frame.rise)
    return np.concatenate([frame.funds - frame.by_payer(spent), (frame.ceiling - spent.sum(axis=0))[None, :]])


def _lacking(
    areas: RolloutAreas,
    group: np.ndarray,
    start: np.ndarray,
    staff: np.ndarray,
    rules: Budget,
    frame: BudgetFrame,
    after: int = 0,
) -> tuple[int, list[Lacked]]:
    """Return the year in which a group of beats lacks least, and what it lacks by payer and year, in the prices of the first year."""
    best: tuple[float, int, np.ndarray] | None = None
    for s in range(min(max(frame.first, after), rules.years - 1), rules.years):
        trial = start.copy()
        trial[group] = s
        short = np.maximum(0.0, -_left(areas, trial, staff, rules, frame)) / frame.rise
        if best is None or short.sum() < best[0] - 1e-9:
            best = (float(short.sum()), s, short)
    assert best is not None
    who = [*frame.payers, "all"]
    rows: list[Lacked] = [
        {"payer": who[p], "year": frame.labels[t], "amount": float(best[2][p, t])}
        for p in range(len(who))
        for t in range(rules.years)
        if best[2][p, t] > 1e-6
    ]
    return best[1], rows


def _cost(areas: RolloutAreas, group: np.ndarray, first: int) -> tuple[float, float]:
    """Return what a group costs more than today in its first year, and in the one after it, at the prices of the first year."""
    more = (areas.started[:, group, first] - areas.waiting[:, group]).sum(axis=(0, 1))
    return float(more[first]), float(more[min(first + 1, len(more) - 1)])


def _blocked(
    areas: RolloutAreas,
    start: np.ndarray,
    pilots: np.ndarray,
    staff: np.ndarray,
    rules: Budget,
    frame: BudgetFrame,
    names: list[str],
) -> Blocked:
    """Return the pilots that cannot be paid, what they lack, and what waits for them, in a sentence."""
    waiting = np.flatnonzero(pilots & (start < 0))
    year, lacks = _lacking(areas, waiting, start, staff, rules, frame)
    others = int((~pilots & (start < 0)).sum())
    who = (
        sorted({str(areas.table["municipality"].iat[b]) for b in waiting.tolist()})
        if areas.table["municipality"].nunique() > 1
        else [names[b] for b in waiting]
    )
    sums = [
        f"{x['amount']:,.0f} {rules.currency} in {x['year']}"
        + ("" if x["payer"] == "all" else f" from the {x['payer']}")
        for x in lacks
    ]
    sure = _in_no_year(areas, waiting, staff, rules, frame)
    text = f"The pilot {listed(who, 4)} {'cannot be paid' if sure else 'does not start'}"
    text += (
        f": to start in {frame.labels[year]} it lacks {', '.join(sums)} (prices of {frame.labels[0]})"
        if sums
        else " within the seats of the courses"
    )
    if others:
        text += f"; {'1 other beat waits' if others == 1 else f'{others} other beats wait'} for it"
    if not sure:
        text += ". That no other order of starts would pay for it is not proven"
    return {
        "pilots": who,
        "start": frame.labels[year],
        "lacks": lacks,
        "waiting": others,
        "proven": sure,
        "prices_of": frame.labels[0],
        "sentence": text + ".",
    }


def _in_no_year(areas: RolloutAreas, pilots: np.ndarray, staff: np.ndarray, rules: Budget, frame: BudgetFrame) -> bool:
    """Tell whether the money of some year does not do for some of the pilots, whenever it starts and whatever the other beats do.

    The others cost at least what they cost if they never start, less what each saves at most in its best year. Where vehicles are not whole, which beats
    may share, or a start saves some, those are counted that run in any case, and are bought in the first year.
    """
    from beatplanner.planning.whole.spending import fleet_need, spending

    towns, names = areas.table["municipality"].to_numpy(object), set(rules.pilots)
    # the beats of a municipality that is a pilot start at once
    groups = [np.flatnonzero(towns == m) for m in names & set(towns[pilots])]
    groups += [np.array([b]) for b in pilots if towns[b] not in names]
    whole = bool((areas.need % 1 == 0).all() and (areas.need[:, 1] >= areas.need[:, 0]).all())
    for group in groups:
        others = np.setdiff1d(np.arange(len(towns)), group)
        saves = np.maximum(0.0, areas.waiting[:, others, None] - areas.started[:, others]).max(axis=2, initial=0.0)
        saves[VEHICLES] = 0.0
        for s in range(frame.first, rules.years):
            trial = np.full(len(towns), -1)
            trial[group] = s
            spent = spending(areas, trial, staff, rules, frame.rise)
            if not whole:
                need = fleet_need(areas, trial, np.arange(int(rules.years)))
                need += (areas.need.min(axis=1) - areas.need[:, 0])[others].sum()
                least = whole_vehicles(need)
                spent[VEHICLES] = least * rules.vehicle_yearly * frame.rise
                spent[VEHICLES, 0] += least[0] * rules.vehicle_price
            spent = spent - saves.sum(axis=1) * frame.rise
            left = np.concatenate([frame.funds - frame.by_payer(spent), (frame.ceiling - spent.sum(axis=0))[None, :]])
            limits = np.concatenate([frame.funds, frame.ceiling[None, :]])
            if not (left < -1e-6 - 1e-6 * np.where(np.isfinite(limits), np.abs(limits), 0.0)).any():
                break
        else:
            return True
    return False


def _today_unpaid(left: np.ndarray, frame: BudgetFrame, currency: str) -> Blocked:
    """Return by how much what stands today is above the money that there is."""
    who = [*frame.payers, "all"]
    short = np.maximum(0.0, -left) / frame.rise
    lacks: list[Lacked] = [
        {"payer": who[p], "year": frame.labels[t], "amount": float(short[p, t])}
        for p in range(len(who))
        for t in range(left.shape[1])
        if short[p, t] > 1e-6
    ]
    sums = ", ".join(
        f"{x['amount']:,.0f} {currency} in {x['year']}" + ("" if x["payer"] == "all" else f" from the {x['payer']}")
        for x in lacks
    )
    text = f"What stands today costs more than there is: {sums} are lacking (prices of {frame.labels[0]}), so nothing new starts."
    return {
        "pilots": [],
        "start": None,
        "lacks": lacks,
        "today": lacks,
        "waiting": 0,
        "prices_of": frame.labels[0],
        "sentence": text,
    }
