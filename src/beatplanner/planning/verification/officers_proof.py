"""The officers' bound from ``proof/officers.npz``: prices of posts, room, handovers and languages, and for each officer the series that is cheapest.

What is evaluated, and why it proves the claim, stands in ``docs/proofs.md``. Only numpy and the standard library are used in the evaluation, and
nothing of what found the prices.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import records
from beatplanner.planning.verification.arrays import NUMBER, sized
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import date_of, day_text, missing, text
from beatplanner.planning.verification.officer_months import closed_posts, months_at_work
from beatplanner.planning.verification.officers_places import FREE, Officer, home_places, post_groups, with_published
from beatplanner.planning.verification.personnel import Roster, beat_today, month_of_end, month_ready, wishes_of
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.tenures import months_served

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

Arrays = dict[str, np.ndarray]
# What sums in floating point may have cost, as a share of the terms.
ROUNDING = 2e-13
# Ends of postings that are looked at, over officers, beats and months.
MOST_ENDS = 2_000_000_000
# What a month against a frozen one costs, in vacant months.
FORBIDDEN = 10.0
# The certificate's arrays; those of earlier versions have no prices of moves, which come last.
PRICES = ("posts", "room", "handover", "needs", "moves")


@dataclass(frozen=True)
class OfficerMultipliers:
    """Multipliers of at least 0: α of posts, β of room, γ of handovers, (P, T) each, δ of what a beat needs, (P, K, T), and μ of moves, (T,)."""

    posts: np.ndarray
    room: np.ndarray
    handover: np.ndarray
    needs: np.ndarray
    moves: np.ndarray


def not_evaluated(evidence: Evidence) -> str:
    """Return why no certificate of such a plan is evaluated, in a sentence; "" where it is."""
    rules, summary = evidence.rules.officers, evidence.summary["officers"]
    special = rules is not None and (rules.posts is not None or bool(summary.get("special_posts")))
    if rules is not None and (special or rules.published is not None) and evidence.town is None:
        return "What posts ask for, and the published plan, are inputs, and these cannot be read as they were."
    cover = evidence.tables.cover
    later = evidence.beats is not None and "starts" in evidence.beats and evidence.beats["starts"].notna().any()
    if special and ((cover is not None and len(cover)) or later):
        return "Posts that ask for something beside a pool or beats that start later are not evaluated by this checker."
    return ""


def prove_officers(evidence: Evidence, arrays: Arrays, _claimed: float) -> float:
    """Return the bound on the officers' objective that the prices prove.

    Raises
    ------
    CannotProveError
        Where inputs that it needs are gone, or posts that ask for something stand beside a pool or beats that start later.
    """
    why = not_evaluated(evidence)
    if why:
        raise CannotProveError(why)
    rules, beats, roster = evidence.rules.officers, evidence.beats, evidence.tables.roster
    if rules is None or beats is None or roster is None:
        raise CannotProveError("The officers are not there.")
    ids = list(beats["beat"])
    by_name = {str(row["officer"]): row for row in records(roster)}
    days = [(pd.Timestamp(rules.start) + pd.DateOffset(months=m)).date() for m in range(12 * rules.years + 1)]
    months, posts = len(days) - 1, beats["posts"].to_numpy(int)
    if len(roster) * len(beats) * months**2 / 2 > MOST_ENDS:
        raise CannotProveError("There are too many officers and beats for this checker.")
    moves = arrays.get("moves", np.zeros(months)).astype(float)
    prices = OfficerMultipliers(*(arrays[k].astype(float) for k in PRICES[:4]), moves=moves)
    places = post_groups(evidence, ids, posts)
    wanted = (len(places.beat), months)
    sized(
        arrays,
        {},
        dict.fromkeys(("posts", "room", "handover"), (NUMBER, ("P", "T")))
        | {"needs": (NUMBER, ("B", "K", "T")), "moves": (NUMBER, ("T",))},
    )
    if prices.moves.shape != (months,) or float(prices.moves.min(initial=0.0)) < 0:
        return -math.inf
    if rules.moves_a_month is None and prices.moves.any():
        # nothing limits them, so a price of theirs proves nothing
        return -math.inf
    if prices.posts.shape != wanted or prices.room.shape != wanted or prices.handover.shape != wanted:
        return -math.inf
    if min(float(p.min(initial=0.0)) for p in (prices.posts, prices.room, prices.handover, prices.needs)) < 0:
        return -math.inf
    groups = list(evidence.rules.units.groups)
    if prices.needs.shape != (len(beats), len(groups) + 2, months):
        return -math.inf
    handover = prices.handover if rules.handover_months > 0 else np.zeros(wanted)
    prices = OfficerMultipliers(prices.posts, prices.room, handover, prices.needs, prices.moves)
    rows = list(by_name.values())
    covers = [] if evidence.tables.cover is None else records(evidence.tables.cover)
    place = {u: i for i, u in enumerate(evidence.units["unit"])}
    at = evidence.units[["x", "y"]].to_numpy(float)[[place[str(c)] for c in beats["centre_unit"]]]
    officers = [
        _officer(evidence, row, days, groups, (_kept(evidence, row, by_name, days, covers), at)) for row in rows
    ]
    officers = with_published(evidence, places, rows, home_places(places, rows, officers), days, ids)
    officers += _standins(evidence, by_name, days, groups, ids)
    officers += _waiting(closed_posts(evidence, by_name, ids, posts, days, rules.handover_months), len(groups), rules)
    weights: dict[str, float] = rules.weights.model_dump()
    needs = np.zeros((len(beats), len(groups) + 2), bool)
    for b, said in enumerate(beats["languages"]):
        spoken = set(("" if missing(said) else str(said)).split(";"))
        needs[b] = [*(g in spoken for g in groups), *[rules.gender_mix and posts[b] >= 2] * 2]
    lack = np.where(needs, _lack(evidence, groups, weights), 0.0)
    terms = _shared(prices, officers, places.posts, needs, lack, weights, months)
    terms.append(-float(rules.moves_a_month or 0) * float(prices.moves.sum()))
    dear = TenureRules(
        rules.min_tenure_months,
        rules.max_tenure_months,
        rules.handover_months,
        weights,
        _moves(rules.most_moves, months),
    )
    for officer in officers:
        terms.append(cheapest(officer, prices, needs, dear, places.beat))
        if officer.published is not None:
            month = np.arange(months)
            claimed = (
                (officer.published >= 0)
                & (month < officer.stop)
                & (month >= (0 if officer.home >= 0 else officer.first))
            )
            terms.append(weights["changed_month"] * float(claimed.sum()))
            # what must be served is a price of so much a month, which rounds
            terms.append(-ROUNDING * FORBIDDEN * weights["vacant_month"] * months * months)
    return (
        math.fsum(terms)
        - ROUNDING * math.fsum(map(abs, terms))
        - ROUNDING * float(prices.posts.sum() * posts.max(initial=1))
    )


@dataclass(frozen=True)
class TenureRules:
    """Tenures and handover in months, the weights of the objective, and the moves that an officer may have, None where no limit matters."""

    least: int
    most: int | None
    handover: int
    weights: dict[str, float]
    moves: int | None = None


def _moves(most: int | None, months: int) -> int | None:
    """Return the limit of an officer's moves, where so many could be."""
    return None if most is None or most >= months else most


def _kept(evidence: Evidence, row: Row, by_name: dict[str, Row], days: list[dt.date], covers: list[Row]) -> int:
    """Return the first months in which an officer must stay in today's beat; `covers` are all months that somebody stands in."""
    rules, who = evidence.rules.officers, str(row["officer"])
    assert rules is not None and evidence.beats is not None
    ids = list(evidence.beats["beat"])
    home = beat_today(row, evidence, ids)
    # who serves in a beat that starts later stays until then
    notice = max(rules.notice_months, _opens(evidence, ids, home, days))
    wishes = {q for q in str(text(row.get("not_with")) or "").split(";") if q in by_name}
    wishes |= {o for o, r in by_name.items() if who in str(text(r.get("not_with")) or "").split(";")}
    if any(beat_today(by_name[q], evidence, ids) == home for q in wishes - {who}):
        notice = 0
    if rules.max_tenure_months is not None:
        notice = min(notice, max(0, rules.max_tenure_months - months_served(row, days)))
    if covers:
        ends = [day_text(r["end"]) for r in covers if str(r["for_officer"]) == who]
        month = {d.isoformat(): m for m, d in enumerate(days)}
        notice = max([notice, *(month.get(e, 0) for e in ends)])
    return min(notice, month_of_end(row, days))


def _opens(evidence: Evidence, ids: list[str], beat: str | None, days: list[dt.date]) -> int:
    """Return the month in which a beat starts; 0 where it starts with the plan, and all months where it never does."""
    assert evidence.beats is not None
    if beat not in ids or "starts" not in evidence.beats:
        return 0
    day = evidence.beats["starts"].iloc[ids.index(str(beat))]
    return len(days) - 1 if missing(day) else bisect_left(days[:-1], dt.date.fromisoformat(str(day)))


def _standins(
    evidence: Evidence, by_name: Roster, days: list[dt.date], groups: list[str], ids: list[str]
) -> list[Officer]:
    """Return an officer for each temporary posting, who serves its months and no other."""
    found: list[Officer] = []
    month = {d.isoformat(): m for m, d in enumerate(days)}
    for r in [] if evidence.tables.cover is None else records(evidence.tables.cover):
        row = by_name[str(r["officer"])]
        spoken, gender = str(text(row.get("languages")) or "").split(";"), text(row.get("gender"))
        begin, end = month[day_text(r["start"])], month[day_text(r["end"])]
        found.append(
            Officer(
                first=begin,
                stop=end,
                home=-1,
                carried=False,
                rooted=False,
                served=0,
                ordered=begin,
                works=np.ones(len(days) - 1, bool),
                cost=np.zeros(len(ids)),
                has=np.array([*(g in spoken for g in groups), gender == "f", gender == "m"]),
                may=np.ones(len(ids), bool),
                pinned=ids.index(str(text(r["beat"]))),
            )
        )
    return found


def _waiting(closed: np.ndarray, groups: int, rules: Any) -> list[Officer]:
    """Return an officer for each post that does not exist yet, who speaks all that is needed and is gone once the beat has started and is handed over.

    A successor may begin in any month of the handover, whether or not that is one: which lowers the bound, if anything.
    """
    found: list[Officer] = []
    months = closed.shape[1]
    for b, posts in enumerate(closed):
        until = int((posts > 0).sum())
        # the end of the stand-in lets one begin as the handover does; where it is the horizon's there is none
        first = until - rules.handover_months + (until < months)
        alone = Officer(
            first=0,
            stop=until,
            home=-1,
            carried=False,
            rooted=False,
            served=0,
            ordered=0,
            works=np.ones(int(months), bool),
            cost=np.zeros(len(closed)),
            has=np.ones(groups + 2, bool),
            may=np.ones(len(closed), bool),
            pinned=b,
            welcomes=tuple(range(max(1, first), min(until + 1, months))),
        )
        found += [alone] * int(posts.max(initial=0))
    return found


def _officer(
    evidence: Evidence, row: Row, days: list[dt.date], groups: list[str], known: tuple[int, np.ndarray]
) -> Officer:
    """Return an officer; `known` are the months in which they must stay, and where the beats' centres lie, (B, 2)."""
    kept, at = known
    rules, beats = evidence.rules.officers, evidence.beats
    assert rules is not None and beats is not None
    ids, today = list(beats["beat"]), text(row.get("beat"))
    heir = beat_today(row, evidence, ids)
    ready = month_ready(row, days, rules.training_months)
    home = ids.index(heir) if heir in ids else -1
    if home >= 0 and today not in ids and ready > 0:
        home = -1
    cost = np.zeros(len(ids))
    if not missing(row.get("x")) and not missing(row.get("y")):
        cost = rules.weights.home_km_month * np.hypot(at[:, 0] - float(row["x"]), at[:, 1] - float(row["y"])) / 1000
    wish = wishes_of(row)
    if wish:
        cost = cost + rules.weights.unpreferred_month * np.array([b not in wish for b in ids])
    spoken = str(text(row.get("languages")) or "").split(";")
    gender = text(row.get("gender"))
    ordered = date_of(row.get("ordered_on"))
    return Officer(
        first=0 if home >= 0 else ready,
        stop=month_of_end(row, days),
        home=home,
        carried=home >= 0 and today not in ids,
        rooted=today is not None,
        served=months_served(row, days),
        ordered=-1 if ordered is None else bisect_left(np.array(days[:-1]), ordered),
        works=months_at_work(row, days),
        cost=cost,
        has=np.array([*(g in spoken for g in groups), gender == "f", gender == "m"]),
        may=_may(row, ids, at, rules.max_home_km, rules.worst_wish),
        kept=kept if home >= 0 else 0,
    )


def _may(row: Row, ids: list[str], at: np.ndarray, most: float | None, worst: int | None) -> np.ndarray:
    """Return the beats to which an officer may be moved: hardship and upheld appeals leave those that they wish, limits those near their home and the first wishes."""
    wish = wishes_of(row)
    found = np.ones(len(ids), bool)
    if (read_truth(row.get("hardship")) or text(row.get("appeal")) == "upheld") and (text(row.get("beat")) or wish):
        found = np.array([b in wish for b in ids], bool)
    if worst is not None and wish:
        found &= np.array([b in wish[:worst] for b in ids], bool)
    if most is not None and not missing(row.get("x")) and not missing(row.get("y")):
        found &= np.hypot(at[:, 0] - float(row["x"]), at[:, 1] - float(row["y"])) / 1000 <= most
    return found


def _lack(evidence: Evidence, groups: list[str], weights: dict[str, float]) -> np.ndarray:
    """Return what a month costs in which nobody in a beat speaks a language, (B, K); sexes cost nothing by themselves."""
    rules, units = evidence.rules.officers, evidence.units
    assert rules is not None and evidence.beats is not None
    residents = evidence.total(units["population"].to_numpy(float))
    found = np.zeros((len(evidence.beats), len(groups) + 2))
    for k, g in enumerate(groups):
        speakers = evidence.total(units[f"group_{g}"].to_numpy(float))
        share = rules.must_language_share
        must = (speakers >= share * residents) & (residents > 0) if share is not None else np.zeros(len(speakers), bool)
        found[:, k] = weights["speaker_month"] * speakers + weights["language_must"] * must
    return found


def _shared(
    prices: OfficerMultipliers,
    officers: list[Officer],
    posts: np.ndarray,
    needs: np.ndarray,
    lack: np.ndarray,
    weights: dict[str, float],
    months: int,
) -> list[float]:
    """Return the terms that belong to no officer: what the rows are worth, and the least that vacancies and gaps cost beyond it."""
    held = np.bincount([o.home for o in officers if o.home >= 0 and o.stop > 0], minlength=len(posts))
    surplus = np.maximum(0, held - posts)
    terms = [float(posts @ prices.posts.sum(axis=1)), -float((posts + surplus) @ prices.room.sum(axis=1))]
    terms.append(float(prices.needs[needs].sum()))
    month = np.arange(months)
    able = np.zeros(months, int)
    for o in officers:
        able += o.works & (month < o.stop) & ((month >= o.first) | (o.home >= 0))
    after = np.concatenate([prices.handover[:, 1:], np.zeros((len(posts), 1))], axis=1)
    rest = weights["vacant_month"] - prices.posts - after
    for t in range(months):
        short = int(posts.sum()) - int(able[t])
        for p in np.argsort(rest[:, t], kind="stable"):
            filled = int(posts[p]) if rest[p, t] < 0 else max(0, min(int(posts[p]), short))
            terms.append(float(rest[p, t]) * filled)
            short -= filled
    languages = needs.shape[1] - 2
    # what lacks costs by itself, and a gap once for all of its kind: the cheapest is to lack whatever is priced higher than that
    over = np.minimum(0.0, np.where(needs[:, :, None], lack[:, :, None] - prices.needs, 0.0))
    for kinds, weight in ((slice(0, languages), "language_gap"), (slice(languages, None), "gender_gap")):
        terms.append(
            float(np.minimum(0.0, weights[weight] + over[:, kinds].sum(axis=1))[needs[:, kinds].any(axis=1)].sum())
        )
    return terms


def cheapest(o: Officer, prices: OfficerMultipliers, needs: np.ndarray, rules: TenureRules, beat: np.ndarray) -> float:
    """Return the least that a series of postings of an officer costs at the prices.

    Backwards over months: ``value[r][t]`` is the least cost from month t on of who is free then, after r − 1 moves where these are limited; r = 0 where the
    first posting is none, and r = 1 in all months after it where they are not.
    """
    places, months = map(int, prices.posts.shape)
    if o.stop <= 0:
        return 0.0
    h, shortest, stop = rules.handover, max(1, rules.handover), o.stop
    gain, room = _prefixes(o, prices, needs, rules, beat)
    # a price, whatever it is, only lowers what is proven: a month that must be served costs much where it is not
    must = np.zeros(months, bool) if o.frozen is None else o.frozen >= 0
    idle = np.where(must, FORBIDDEN * rules.weights["vacant_month"], 0.0)
    ends = np.arange(months + 1)
    shut = np.where(ends == months, months, np.maximum(0, ends - h))
    # what a posting that ends in e costs but for its beginning, (P, T + 1)
    done = o.cost[:, None] * ends - gain + room[:, shut]
    credit = np.where((ends < months) & (ends - h >= 1), ends - h, -1)
    done = done - np.where(credit >= 0, prices.handover[:, np.maximum(credit, 0)], 0.0)
    if o.pinned >= 0:
        welcome = float(prices.handover[o.pinned, list(o.welcomes)].sum())
        return float(done[o.pinned, o.stop] + gain[o.pinned, o.first] - room[o.pinned, o.first]) - welcome
    broken, rotation = rules.weights["tenure_violation"], rules.weights["rotation"]
    allowed = np.ones(places, bool)
    allowed &= o.may
    if o.home >= 0:
        allowed[beat == beat[o.home]] = False
    # from which state a posting leads to which: a limit ends in one from which none does
    layers = 1 if rules.moves is None else rules.moves + 1
    after = [1, *(range(2, layers + 1) if rules.moves is not None else [1])]
    value = np.zeros((layers + 1, months + 1))
    for t in range(stop - 1, -1, -1):
        value[:, t] = value[:, t + 1] + idle[t]
        if t < o.first:
            continue
        last = stop if rules.most is None else min(stop, t + rules.most)
        e = np.arange(t + shortest, last + 1)
        if last == stop == months and t + shortest > stop:
            e = np.array([stop])
        if not len(e):
            continue
        here = done[:, e] + np.where((e < stop) & (e - t < rules.least), broken, 0.0)
        begin = gain[:, t] - room[:, t] - o.cost * t
        if t > 0 and h > 0 and o.first <= t - h and o.ordered != t:
            begin = begin + prices.handover[:, t]
        best = [
            float(np.where(allowed, (here + value[r, e]).min(axis=1) + begin, math.inf).min(initial=math.inf))
            for r in range(1, layers + 1)
        ]
        for r, state in enumerate(after):
            moved = rotation + float(prices.moves[t]) if r else 0.0
            value[r, t] = min(value[r, t], best[state - 1] + moved)
    if o.home < 0:
        return float(value[1 if o.rooted else 0, 0])
    leave = float(value[1, 0]) + (broken if o.served < rules.least else 0.0)
    last = stop if rules.most is None else min(stop, max(rules.most - o.served, h))
    e = np.arange(max(1, min(o.kept, last)), last + 1)
    stay = (
        (rotation if o.carried else 0.0)
        + done[o.home, e]
        + np.where(e < months, value[1, np.minimum(e, months - 1)], 0.0)
    )
    stay = stay + np.where((e < stop) & (o.served + e < rules.least), broken, 0.0)
    return float(stay.min(initial=math.inf)) if o.kept else min(leave, float(stay.min(initial=math.inf)))


def _prefixes(
    o: Officer, prices: OfficerMultipliers, needs: np.ndarray, rules: TenureRules, beat: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what an officer earns in a place up to each month, and what the room costs there, (P, T + 1) each."""
    least = rules.least
    works, months = o.works, len(o.works)
    falls = np.zeros(months, bool)
    falls[1:] = works[:-1] & ~works[1:]
    earn = prices.posts + np.where(needs[:, :, None] & o.has[None, :, None], prices.needs, 0.0).sum(axis=1)[beat]
    earn = np.where(works, earn, np.where(falls, prices.handover, 0.0))
    if o.published is not None and o.frozen is not None:
        earn = earn + np.where(o.published == beat[:, None], rules.weights["changed_month"], 0.0)
        barred = (o.frozen != FREE) & (o.frozen != beat[:, None])
        earn = earn - np.where(barred, FORBIDDEN * rules.weights["vacant_month"], 0.0)
    # who is sick, or came back within the least tenure, takes no room
    back = np.zeros(months, bool)
    for t in np.flatnonzero(~works):
        back[t + 1 : t + 1 + max(1, least)] = True
    room = np.where(works & ~back, prices.room, 0.0)
    zero = np.zeros((len(earn), 1))
    return np.concatenate([zero, np.cumsum(earn, axis=1)], axis=1), np.concatenate(
        [zero, np.cumsum(room, axis=1)], axis=1
    )
