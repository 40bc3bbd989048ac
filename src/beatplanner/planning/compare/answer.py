"""A question in parliament, answered on one page from any plan: what changes, what it costs and who pays, what stays without, what if officers leave.

Every figure is that of the comparison of the plan with today, of its budget or of its summary; nothing is counted here in another way. Officers are counted
and never named.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import listed
from beatplanner.data.formats.frames import records
from beatplanner.data.publish.comparison_words import about
from beatplanner.data.publish.draft_words import draft_in_words, left_out_of_bound
from beatplanner.data.publish.moves import NO_MORE
from beatplanner.data.publish.moves import moves as reasons
from beatplanner.data.publish.officers_pack import vacancies
from beatplanner.data.result.comparison import amount, known_amount
from beatplanner.data.result.draft_reason import gap_words
from beatplanner.data.result.postings import open_posts
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.result.supervision import supervision_rows
from beatplanner.planning.compare.columns import Column, currency, read_columns
from beatplanner.planning.compare.figures import figures
from beatplanner.planning.compare.sentences import moves

# What is left out where few residents could be told from it: a question in parliament is public.
OF_RESIDENTS = ("moved_residents", "change_officer", "unreached", "within_limit", "hours_per_officer_max")
NOT_COUNTED = "Some figures of residents are so small that they, and those that would give them away, are not shown outside the office; so this page counts none."


def answers(
    folder: Path,
    *,
    leave: int = 20,
    prices: Path | None = None,
    quiet: bool = False,
    few: int = 5,
    today: dt.date | None = None,
) -> dict[str, Any]:
    """Return what a page tells: ``project``, ``name``, ``draft`` (why it is one), ``answers`` (question and sentences), and ``sources``.

    Parameters
    ----------
    folder
        A plan with beats.
    leave
        How many officers leave in the question of what happens then.
    prices
        A folder that ``beatplanner prices`` made.
    quiet
        Whether the plan's forum pack hides figures of residents; then the page counts none.
    few
        Residents from 1 to this less one are few, which the page counts as little.
    today
        The day of the question: what had to be done before it is told as past. The clock's where None.

    Raises
    ------
    InputError
        Where the folder is no plan with beats, or has no prices.
    """
    columns = read_columns([folder])
    for c in columns:
        c.figures = figures(c, columns)
    now, plan = columns
    day = today or dt.date.today()
    of_few = (amount(plan.figures, name) for name in ("moved_residents", "change_officer", "unreached"))
    quiet = quiet or any(n is not None and 0 < n < few for n in of_few)
    if quiet:
        for column in columns:
            column.figures |= dict.fromkeys(OF_RESIDENTS)
    s = plan.tables.summary
    clashes = list(s.get("clashes", []))
    draft = [*clashes, *draft_in_words(plan.tables, rules=not clashes)]
    told = [
        ("What changes for residents?", _residents(plan, now)),
        ("Who moves?", _who_moves(plan, quiet)),
        ("What does it cost, and who pays?", _money(plan)),
        ("From when?", _when(plan, quiet)),
        ("What stays without?", _without(plan, quiet)),
        ("Is the work shared fairly?", _fair(plan, now)),
        ("How far is the next station on foot?", _stations(plan, now)),
        (f"What if {leave} officers leave?", _leavers(plan, leave)),
        ("When is the last day to recruit?", _last_day(plan, day)),
        ("Which rule is dear?", _dear(prices)),
        ("Who stands in for officers who are away?", _cover(s)),
        ("Who leads the officers, and who objects to a move?", _personnel(s)),
        ("What must be ordered, and what follows when a donor leaves?", _orders(plan, day)),
        ("How sure is it, and how can one object?", _sure(plan)),
        ("Why are residents not counted here?", [NOT_COUNTED] if quiet else []),
    ]
    return {
        "project": str(s.get("project", "")),
        "name": plan.name,
        "draft": draft,
        "answers": [{"question": q, "text": t} for q, t in told if t],
        "made": dt.date.fromtimestamp((folder / "summary.json").stat().st_mtime).isoformat(),
        "version": s.get("versions", {}).get("beatplanner", ""),
    }


def _many(number: float, word: str, plural: str = "") -> str:
    return f"{number:,.0f} {word if round(number) == 1 else plural or word + 's'}"


def _residents(c: Column, today: Column) -> list[str]:
    f, t = c.figures, today.figures
    text = f"There are {_many(known_amount(f, 'beats'), 'beat')}"
    text += f" in place of {t['beats']:,.0f}" if t.get("beats") else ""
    moved = amount(f, "moved_residents")
    if moved is not None:
        text += f"; {_many(moved, 'resident')} ({f['moved_share']:.0%}) change beat"
    if f.get("change_officer") is not None:
        text += f" and {f['change_officer']:,.0f} ({f['change_officer_share']:.0%} of those who have officers today) get officers they do not know"
    return [f"{text}{_once(c)}."]


def _once(c: Column) -> str:
    """Say that a figure is that of the plan when all of it has started, where a roll-out starts it later or never."""
    b = c.tables.summary.get("budget")
    if b is None or not b["limited"] or len(b["beat_starts"]) == b["beats_started"][0]:
        return ""
    never = len(b["beat_starts"]) > b["beats_started"][-1]
    return ", once all of it has started" + (", which the money does not allow" if never else "")


def _who_moves(c: Column, quiet: bool) -> list[str]:
    rows = [] if quiet else moves(c)
    found: list[str] = []
    if rows:
        most = [f"{r['residents']:,.0f} from beat {r['from']} to {r['to_name']}" for r in rows[:3]]
        found.append(f"Most residents who change beat: {listed(most)}.")
    moved = amount(c.figures, "officers_moved")
    if moved is not None and not c.today and c.tables.assignments is not None:
        rotations = amount(c.figures, "rotations") or 0
        # an officer whose beat is no more serves on where most of its residents are now
        rules = c.rules.officers
        begin = "" if rules is None else rules.start.isoformat()
        gone = sum(
            m["on"] == begin and m["reason"].startswith(NO_MORE.format(beat=m["from"])) for m in reasons(c.tables)
        )
        since = f" ({gone:,.0f} of them since today's is no more)" if gone else ""
        since += ", where areas go on as today until their beat starts" if _once(c) else ""
        found.append(
            f"{_many(moved, 'officer')} {'starts' if moved == 1 else 'start'} in another beat than today's{since}; over the whole period {_many(rotations, 'move')} between beats."
        )
    return found


def _money(c: Column) -> list[str]:
    b = c.tables.summary.get("budget")
    if b is None:
        return ["The plan has no budget, so its cost is not known."]
    unit, span = currency(c), f"{b['years'][0]} to {b['years'][-1]}" if len(b["years"]) > 1 else b["years"][0]
    total, now = sum(b["total"]), sum(b["today"])
    change = total - now
    text = f"{about(total)} {unit} in {span}, of which {about(sum(b['capital']))} once for vehicles and stations"
    less = f"about {about(abs(change))} {unit} {'more' if change > 0 else 'less'}" if abs(change) >= 0.5 else "as much"
    text += f"; going on as today costs {about(now)}, so it costs {less}."
    found = [text, paid_by({p: sum(v) for p, v in b["payers"].items()}, unit)]
    people = b["people"]
    if people is not None:
        spare = sum(people["without_post"]) / len(b["years"])
        if spare >= 0.05:
            found.append(
                f"On average {spare:,.1f} of {sum(people['paid']) / len(b['years']):,.1f} paid officers have no post, at {about(sum(people['money_without_post']))} {unit} in all."
            )
    return found


def paid_by(payers: Mapping[str, float], unit: str) -> str:
    """Say who pays how much, the one who pays most first."""
    first, *others = sorted(payers, key=lambda p: -payers[p])
    more = [f"the {p} {about(payers[p])}" for p in others if payers[p] >= 0.5]
    if not more:
        return f"All of it is paid by the {first}."
    return f"The {first} pays {about(payers[first])} of it, {listed(more)} {unit}."


def _when(c: Column, quiet: bool) -> list[str]:
    b, rules = c.tables.summary.get("budget"), c.rules.officers
    if b is None or not b["limited"]:
        return [] if rules is None else [f"All of it from {_on(rules.start)}."]
    parts = [
        f"{_many(n, 'beat')}{'' if quiet else ' with ' + _many(r, 'resident')} by the end of {y}"
        for y, n, r in zip(b["years"], b["beats_started"], b["residents_served"], strict=True)
    ]
    found = (
        ["Started: " + ", ".join(parts) + "."]
        if b["beats_started"][-1]
        else [f"Nothing of it starts by the end of {b['years'][-1]}."]
    )
    if b["blocked"]:
        found.append(b["blocked"]["sentence"])
    bound, served = b["resident_years_bound"], b["resident_years"]
    if not quiet and bound is not None and served > 0 and bound > 1.005 * served:
        most = f"{served:,.0f} resident-years are served, and at most {bound:,.0f} can be"
        if not b.get("certified"):
            most += ", by the solver's word, which “verify” cannot check"
        found.append(f"Whether another order reaches more is not proven: {most}.")
    return found


def _without(c: Column, quiet: bool) -> list[str]:
    s, f = c.tables.summary, c.figures
    found: list[str] = []
    b = s.get("budget")
    if b is not None and b["unfunded"]:
        late = [
            f"{u['area']} ({'' if quiet else _many(u['residents'], 'resident') + ', '}{about(u['lacks_in_all'])} {b['currency']} lacking)"
            for u in b["unfunded"]
        ]
        found.append(f"The money does not reach {listed(late, 3)}.")
    officers = s.get("officers")
    if officers:
        text = f"{_many(officers['vacant_months'], 'month')} of posts without an officer"
        gaps = officers.get("language_gaps")
        text += (
            f", {_many(gaps, 'month')} of beats without a language that a tenth of their residents speak"
            if gaps
            else ""
        )
        found.append(text[:1].upper() + text[1:] + f", in {_many(officers['months'] // 12, 'year')}.")
    unreached, kept = amount(f, "unreached"), amount(f, "community_share")
    if unreached:
        found.append(f"{_many(unreached, 'resident')} reach no station on foot.")
    if kept is not None and kept < 0.995:
        found.append(f"{1 - kept:.0%} of the hours promised to residents cannot be kept.")
    return found or ["Nothing that its rules ask for."]


def _fair(c: Column, today: Column) -> list[str]:
    f, was = c.figures, amount(today.figures, "hours_per_officer_max")
    if f.get("hours_per_officer_max") is None:
        return []
    text = f"The officer with the most work has {f['hours_per_officer_max']:,.0f} of {f['hours_capacity']:,.0f} hours a year, the one with the least {f['hours_per_officer_min']:,.0f}{_once(c)}"
    return [text + (f"; today the most is {was:,.0f}." if was is not None else ".")]


def _stations(c: Column, today: Column) -> list[str]:
    f, was = c.figures, amount(today.figures, "within_limit")
    if f.get("within_limit") is None:
        return []
    text = f"{f['within_limit']:.0%} of residents walk at most {f['walking_limit']:g} minutes to one of {_many(known_amount(f, 'stations'), 'station')}{_once(c)}"
    return [text + (f"; today it is {was:.0%}." if was is not None else ".")]


def _leavers(c: Column, leave: int) -> list[str]:
    """Say what is empty when so many holders of a post leave in the first month and all who wait for one step in."""
    rules, table, roster = c.rules.officers, c.tables.assignments, c.tables.roster
    if rules is None or table is None or roster is None:
        return []
    start = rules.start.isoformat()
    # those that there are on the first day: a roll-out opens others later
    posts = int(open_posts(c.tables)[:, 0].sum())
    first = table[table["start"].astype(str) == start]
    held = first["officer"].nunique()
    ready = 0
    for r in records(roster):
        trained, joins, leaves = (_date(r.get(k)) for k in ("trained_on", "joins_on", "leaves_on"))
        free = str(r["officer"]) not in set(first["officer"].astype(str))
        here = (joins is None or joins <= rules.start) and (leaves is None or leaves > rules.start)
        ready += (
            free
            and str(r.get("pool")).casefold() not in ("true", "1", "1.0")
            and here
            and (trained is None or trained <= rules.start)
            and not (trained is None and joins is not None and rules.training_months > 0)
        )
    gone = min(leave, held)
    empty = max(0, posts - held + gone - ready)
    # nobody is left to overlap with, so that who has ended the course begins at once
    months = rules.training_months
    serve = f"{'holds' if held == 1 else 'hold'} {'the' if held == posts else f'{held:,.0f} of the'} {_many(posts, 'post')} at the start"
    lacking = int(vacancies(c.tables).iloc[:, 0].sum())
    spare = held > posts - lacking
    if spare:
        serve = f"{'serves' if held == 1 else 'serve'} in the beats of the {_many(posts, 'post')} at the start"
        serve += f", of which {lacking:,.0f} {'is' if lacking == 1 else 'are'} empty," if lacking else ""
    # those who are more than their beat has posts step in as well, where the rules let them move
    least = "at least " if spare and lacking else ""
    text = f"{_many(held, 'officer')} {serve} and {_many(ready, 'trained officer')} {'waits' if ready == 1 else 'wait'} for one; were {gone:,.0f} of the holders to leave at once, {least}{_many(empty, 'post')} would stay empty"
    return [text + (f", for {_many(months, 'month')} at least: so long takes the course." if empty and months else ".")]


def _last_day(c: Column, today: dt.date) -> list[str]:
    rules = c.rules.officers
    if rules is None or c.tables.assignments is None or c.tables.beats is None:
        return []
    days = [(pd.Timestamp(rules.start) + pd.DateOffset(months=m)).date() for m in range(12 * rules.years + 1)]
    # the same table as in officers.xlsx
    vacant = vacancies(c.tables).to_numpy(float).sum(axis=0)
    # what lies behind us is over: nobody can be recruited for it any more
    here = min(max(0, bisect_right(days, today) - 1), len(vacant))
    ahead = np.flatnonzero(vacant[here:])
    if not len(ahead):
        past = "from now on " if here else ""
        return [f"No post is ever empty {past}by the plan, so nobody beside the roster must be recruited."]
    first = here + int(ahead[0])
    # who follows somebody overlaps with them; in a post that is empty already the officer begins once the course is over, as in the plan
    months = rules.training_months + (rules.handover_months if first else 0)
    last = (pd.Timestamp(days[first]) - pd.DateOffset(months=months)).date()
    begins = (pd.Timestamp(today) + pd.offsets.MonthBegin()).date()
    text = f"The {'first' if first > here or not here else 'next'} post is empty from {days[first]:%B %Y}; who is to fill it "
    later = f"who begins it on {_on(begins)} fills posts from {(pd.Timestamp(begins) + pd.DateOffset(months=rules.training_months)):%B %Y}"
    if here and first == here:
        text = f"Posts are empty in {today:%B %Y} already, and the course for them should be over: {later}"
    elif last >= today:
        text += f"must begin the course by {_on(last)}"
    else:
        text += f"had to begin the course by {_on(last)}, and that day is past: {later}"
    most = vacant[here:].max()
    return [text + f". At most {_many(most, 'post')} {'is' if most == 1 else 'are'} empty at once."]


def _dear(prices: Path | None) -> list[str]:
    if prices is None:
        return ["The rules of this plan were not priced; “beatplanner prices” does it."]
    try:
        content = json.loads((prices / "prices.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(
            problem("there are no prices in this folder", "Give one that “beatplanner prices” made", file=prices)
        ) from None
    rows = sorted((r for r in content["prices"] if r["feasible"] and r["share"] is not None), key=lambda r: -r["share"])
    # travel, walks and officers are measured in different things: the dearest rule of each
    dearest = {r["step"]: r["sentence"] for r in reversed(rows)}
    found = [dearest[s] for s in ("beats", "stations", "officers") if s in dearest]
    return found or ["No price could be told."]


def _cover(s: Mapping[str, object]) -> list[str]:
    cover = section_of(s, "officers").get("cover")
    if not cover:
        return []
    return [
        f"{_many(cover['pool'], 'officer')} of a named pool {'stands' if cover['pool'] == 1 else 'stand'} in for {cover['covered_months']:,.0f} of "
        f"{_many(cover['away_months'], 'month')} in which holders of posts are known to be away; nobody's tenure is broken by it."
    ]


def _personnel(s: dict[str, Any]) -> list[str]:
    found: list[str] = []
    officers = section_of(s, "officers")
    supervision: list[dict[str, Any]] = officers.get("supervision") or []
    if supervision:
        force, areas = supervision_rows(supervision)[0], supervision[1:]
        lack = f"{_many(force['missing'], 'is', 'are')} missing" if force["missing"] else "none is missing"
        # a supervisor leads in one municipality: enough in all may be too few in some
        short = [f"{r['missing']:,.0f} in {r['area']}" for r in areas if r["missing"]]
        apart = f" ({listed(short)})" if short else ""
        found.append(
            f"{_many(force['officers'], 'officer')} at their posts need {_many(force['needed'], 'supervisor')}, and there "
            f"{'is' if force['supervisors'] == 1 else 'are'} {force['supervisors']:,.0f}: {lack}{apart}."
        )
    appeals = officers.get("appeals")
    if appeals and sum(appeals.values()):
        found.append(
            f"Of {_many(sum(appeals.values()), 'appeal')} {appeals['upheld']:,.0f} {'was' if appeals['upheld'] == 1 else 'were'} upheld, "
            f"{appeals['rejected']:,.0f} rejected, and {appeals['open']:,.0f} {'is' if appeals['open'] == 1 else 'are'} open."
        )
    return found


def _orders(c: Column, today: dt.date) -> list[str]:
    b = c.tables.summary.get("budget")
    if b is None:
        return []
    found: list[str] = []
    rows = list_of(b, "procurement")
    if rows:
        cars = sum(r["number"] for r in rows if r["what"] == "vehicles")
        first = dt.date.fromisoformat(rows[0]["order_by"])
        places = sum(r["what"] != "vehicles" for r in rows)
        things = [_many(cars, "vehicle")] * bool(cars) + [_many(places, "station")] * bool(places)
        text = (
            f"{' and '.join(things)} {'is' if cars + places == 1 else 'are'} to be ordered, the first by {_on(first)}"
        )
        late = sum(int(r["number"]) for r in rows if dt.date.fromisoformat(r["order_by"]) < today)
        if late:
            text += f"; for {late:,.0f} of these the day is past, so what is not ordered yet comes late"
        elif any(r["before_start"] for r in rows):
            text += ", before the plan starts"
        found.append(text + ".")
    for row in list_of(b, "donor_ends"):
        day, falls = dt.date.fromisoformat(row["on"]), sum(row["falls_on"])
        then = (
            f"{about(falls)} {currency(c)} of its lines then fall"
            if falls >= 0.5
            else "nothing of its lines then falls"
        )
        found.append(f"The money of the {row['payer']} ends on {_on(day)}; {then} on the {row['then']}.")
    return found


def _sure(c: Column) -> list[str]:
    s = c.tables.summary
    found = ["All of its rules are kept." if s.get("feasible") else "Not all of its rules are kept, see above."]
    known = {s: amount(c.figures, f"{s}_gap") for s in ("beats", "stations", "officers")}
    gaps = [f"{step} {gap_words(gap)}" for step, gap in known.items() if gap is not None]
    if gaps:
        found.append(
            f"As far as it can be checked, the best possible plan is better by at most so much of this one's objective: {listed(gaps)}; “beatplanner verify” checks every figure."
        )
    found += left_out_of_bound(c.tables)
    forum = c.rules.forum
    if forum is not None and forum.contact:
        until = f" until {_on(forum.objections_until)}" if forum.objections_until else ""
        found.append(f"Objections go to {forum.contact}{until}.")
    return found


def _on(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _date(value: object) -> dt.date | None:
    return None if value is None or pd.isna(value) or not str(value) else dt.date.fromisoformat(str(value)[:10])  # type: ignore[call-overload]
