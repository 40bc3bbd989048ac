"""What the answer to a question in parliament says of officers: those who leave, recruits, stand-ins, supervisors and appeals."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import day_if_any, records
from beatplanner.data.publish.officers_pack import vacant_posts
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.postings import open_posts
from beatplanner.data.result.sections import section_of
from beatplanner.data.result.supervision import Supervision, supervision_rows
from beatplanner.planning.compare.columns import PlanColumn

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def leavers(c: PlanColumn, leave: int, say: Speech) -> list[str]:
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
        trained, joins, leaves = (day_if_any(r.get(k)) for k in ("trained_on", "joins_on", "leaves_on"))
        free = str(r["officer"]) not in set(first["officer"].astype(str))
        here = (joins is None or joins <= rules.start) and (leaves is None or leaves > rules.start)
        ready += (
            free
            and not read_truth(r.get("pool"))
            and here
            and (trained is None or trained <= rules.start)
            and not (trained is None and joins is not None and rules.training_months > 0)
        )
    gone = min(leave, held)
    empty = max(0, posts - held + gone - ready)
    # nobody is left to overlap with, so that who has ended the course begins at once
    months = rules.training_months
    lacking = int(vacant_posts(c.tables).iloc[:, 0].sum())
    spare = held > posts - lacking
    all_posts = say.count("{n} post", "{n} posts", posts)
    if spare:
        none = say.count(", of which {n} is empty,", ", of which {n} are empty,", lacking) if lacking else ""
        serve = say.count(
            "{n} officer serves in the beats of the {posts} at the start{empty}",
            "{n} officers serve in the beats of the {posts} at the start{empty}",
            held,
            posts=all_posts,
            empty=none,
        )
    elif held == posts:
        serve = say.count(
            "{n} officer holds the {posts} at the start",
            "{n} officers hold the {posts} at the start",
            held,
            posts=all_posts,
        )
    else:
        serve = say.count(
            "{n} officer holds {n} of the {posts} at the start",
            "{n} officers hold {n} of the {posts} at the start",
            held,
            posts=all_posts,
        )
    wait = say.count("{n} trained officer waits for one", "{n} trained officers wait for one", ready)
    without = say.count("{n} post", "{n} posts", empty)
    # those who are more than their beat has posts step in as well, where the rules let them move
    fields = {"serve": serve, "wait": wait, "gone": say.number(gone)}
    fields["posts"] = say.text("at least {posts}", posts=without) if spare and lacking else without
    if empty and months:
        return [
            say.text(
                "{serve} and {wait}; were {gone} of the holders to leave at once, {posts} would stay empty, for {months} at least: so long takes the course.",
                months=say.count("{n} month", "{n} months", months),
                **fields,
            )
        ]
    return [
        say.text("{serve} and {wait}; were {gone} of the holders to leave at once, {posts} would stay empty.", **fields)
    ]


def last_day(c: PlanColumn, today: dt.date, say: Speech) -> list[str]:
    """Say until when who is to fill the next empty post must begin the course."""
    rules = c.rules.officers
    if rules is None or c.tables.assignments is None or c.tables.beats is None:
        return []
    days = [(pd.Timestamp(rules.start) + pd.DateOffset(months=m)).date() for m in range(12 * rules.years + 1)]
    # the same table as in officers.xlsx
    vacant = vacant_posts(c.tables).to_numpy(float).sum(axis=0)
    # what lies behind us is over: nobody can be recruited for it any more
    here = min(max(0, bisect_right(days, today) - 1), len(vacant))
    ahead = np.flatnonzero(vacant[here:])
    if not len(ahead):
        if here:
            return [
                say.text(
                    "No post is ever empty from now on by the plan, so nobody beside the roster must be recruited."
                )
            ]
        return [say.text("No post is ever empty by the plan, so nobody beside the roster must be recruited.")]
    first = here + int(ahead[0])
    # who follows somebody overlaps with them; in a post that is empty already the officer begins once the course is over, as in the plan
    months = rules.training_months + (rules.handover_months if first else 0)
    last = (pd.Timestamp(days[first]) - pd.DateOffset(months=months)).date()
    begins = (pd.Timestamp(today) + pd.offsets.MonthBegin()).date()
    fills = (pd.Timestamp(begins) + pd.DateOffset(months=rules.training_months)).date()
    later = say.text("who begins it on {day} fills posts from {month}", day=say.date(begins), month=say.month(fills))
    fields = {"month": say.month(days[first]), "day": say.date(last)}
    if here and first == here:
        text = say.text(
            "Posts are empty in {month} already, and the course for them should be over: {later}.",
            month=say.month(today),
            later=later,
        )
    elif last >= today:
        text = (
            say.text(
                "The first post is empty from {month}; who is to fill it must begin the course by {day}.", **fields
            )
            if first > here or not here
            else say.text(
                "The next post is empty from {month}; who is to fill it must begin the course by {day}.", **fields
            )
        )
    else:
        text = say.text(
            "The first post is empty from {month}; who is to fill it had to begin the course by {day}, and that day is past: {later}.",
            later=later,
            **fields,
        )
    most = round(vacant[here:].max())
    return [f"{text} " + say.count("At most {n} post is empty at once.", "At most {n} posts are empty at once.", most)]


def cover_of_absences(s: Mapping[str, object], say: Speech) -> list[str]:
    """Say for how much of known absences the pool stands in."""
    figures = section_of(s, "officers").get("cover")
    if not figures:
        return []
    return [
        say.count(
            "{n} officer of a named pool stands in for {covered} of {away} in which holders of posts are known to be away; nobody's tenure is broken by it.",
            "{n} officers of a named pool stand in for {covered} of {away} in which holders of posts are known to be away; nobody's tenure is broken by it.",
            round(figures["pool"]),
            covered=say.number(figures["covered_months"]),
            away=say.count("{n} month", "{n} months", round(figures["away_months"])),
        )
    ]


def personnel(s: Claims, say: Speech) -> list[str]:
    """Say which supervisors are needed and missing, and what became of appeals."""
    found: list[str] = []
    officers = section_of(s, "officers")
    supervision: list[Supervision] = officers.get("supervision") or []
    if supervision:
        force, areas = supervision_rows(supervision)[0], supervision[1:]
        # a supervisor leads in one municipality: enough in all may be too few in some
        short = [
            say.text("{n} in {area}", n=say.number(r["missing"]), area=say.known(str(r["area"])))
            for r in areas
            if r["missing"]
        ]
        found.append(
            say.text(
                "Supervisors: {needed} needed for {officers} at their posts, {there} there, {missing} missing{apart}.",
                needed=say.number(force["needed"]),
                officers=say.count("{n} officer", "{n} officers", round(force["officers"])),
                there=say.number(force["supervisors"]),
                missing=say.number(force["missing"]),
                apart=f" ({say.listed(short)})" if short else "",
            )
        )
    appeals = officers.get("appeals")
    if appeals and sum(appeals.values()):
        found.append(
            say.text(
                "Appeals: {n}, of which {upheld} upheld, {rejected} rejected and {open} open.",
                n=say.number(sum(appeals.values())),
                **{k: say.number(appeals[k]) for k in ("upheld", "rejected", "open")},
            )
        )
    return found
